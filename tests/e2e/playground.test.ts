import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { siteFolder } from "../../demo/build.mjs";
import { serveFolder } from "../../demo/server.mjs";
import { audit } from "../browser/harness/audit.ts";
import { collectErrors, launchBrowser } from "../browser/harness/browser.ts";
import { waitUntilReady, writeFiles } from "./site.ts";

const files: Readonly<Record<string, string>> = {
  "zoo/otters.html":
    "<!doctype html><title>Otters</title><nav>Home</nav><main><h1>Otters</h1><p>They hold hands in the water.</p><h2 id=food>Food</h2><p>Fish, crabs and mussels, four times a day.</p></main>",
  "zoo/ferrets.md": "---\ntitle: Ferrets\n---\n\n# Ferrets\n\nA business of ferrets dozes in hammocks for hours.\n",
  "zoo/deep/down/owls.txt": "Owls hunt mice at night and turn their heads a long way round.",
  "zoo/picture.png": "\x89PNG\0",
  "zoo/broken.json": "{ not json",
  "zoo/.hidden/secret.txt": "xylophone",
  "zoo/node_modules/a/readme.md": "xylophone",
};

let folder: string;
let server: Awaited<ReturnType<typeof serveFolder>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let errors: readonly string[];
const requests: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-playground-"));
  await writeFiles(folder, files);
  // Why this server: the site is served here under its own strict policy.
  server = await serveFolder(siteFolder);
  browser = await launchBrowser();
  // Why one context: the playground keeps nothing, and the index of the guide, which each of its pages has, is made once.
  context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 800, height: 900 } });
  context.on("request", (request) => requests.push(request.url()));
  const guide = await context.newPage();
  await guide.goto(server.url);
  await waitUntilReady(guide);
  await guide.close();
});

beforeEach(async () => {
  page = await context.newPage();
  errors = collectErrors(page);
  requests.length = 0;
  await page.goto(`${server.url}playground.html`);
});

afterEach(async () => {
  // Why each time: whatever is dropped, nothing may go anywhere else.
  expect(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:"))).toEqual([]);
  await page.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const stateOf = () => page.locator(".playground .state");

async function waitForState(text: RegExp): Promise<string> {
  const state = stateOf().filter({ hasText: text });
  await state.waitFor();
  return (await state.textContent()) ?? "";
}

const field = () => page.getByRole("combobox", { name: "Search what you dropped" });

/** Titles of the pages that answer, once the scores of the question are there, too. */
async function ask(question: string): Promise<string[]> {
  await field().fill(question);
  await page.locator(".plot").filter({ hasText: "Scores of the last question" }).waitFor();
  return page.locator("inkling-results [part~=title]").allTextContents();
}

/** Lets the browser drop a file or folder of the disk onto a part of the page. */
async function drop(path: string, target = ".drop-zone"): Promise<void> {
  const { x, y, width, height } = (await page.locator(target).boundingBox())!;
  const session = await context.newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
  }
}

describe("what can be put into the playground", () => {
  test("a dropped folder: HTML, Markdown and text of all folders below, and why others are left out", async () => {
    await drop(join(folder, "zoo"));
    expect(await waitForState(/^Ready/)).toMatch(/^Ready: \d+ passages of 3 documents\.$/);
    expect((await ask("what do they eat"))[0]).toBe("Otters");
    await page.getByText("2 left out").click();
    expect((await page.locator(".left-out li").allTextContents()).join("\n")).toMatch(
      /zoo\/broken\.json: .*no JSON[^]*zoo\/picture\.png: not a kind of file/,
    );
    expect(errors).toEqual([]);
  });

  test("a chosen folder, and then files beside it", async () => {
    await page.locator("#folder").setInputFiles(join(folder, "zoo"));
    await waitForState(/of 3 documents/);
    await page.locator("#files").setInputFiles({
      name: "records.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify({ animals: [{ id: 7, name: "Newt", body: "Newts live in ponds." }] })),
    });
    await waitForState(/of 4 documents/);
    expect((await ask("amphibians in a pond"))[0]).toBe("Newt");
  });

  test("two at the same time, of which none is lost", async () => {
    await Promise.all([
      drop(join(folder, "zoo/otters.html"), "h1"),
      page.locator("#folder").setInputFiles(join(folder, "zoo/deep")),
    ]);
    await waitForState(/of 2 documents/);
  });

  test("records that are typed in, with a reason where they are none", async () => {
    const records = page.getByLabel("Or records as JSON");
    await records.fill("[1]");
    await records.press("Tab");
    await page.keyboard.press("Enter");
    await waitForState(/Nothing of it could be indexed/);
    expect(await page.locator(".left-out li").allTextContents()).toEqual([
      "records.json: records.json #1 is no object, but 1.",
    ]);
    await records.fill('[{ "url": "/a", "title": "Bakery", "text": "Bread is baked at four in the morning." }]');
    await page.getByRole("button", { name: "Index them" }).click();
    await waitForState(/^Ready: 1 passages of 1 documents/);
  });

  test("a sitemap of this site, whose pages can be opened from the results", async () => {
    await page.getByRole("button", { name: "Read its pages" }).click();
    expect(await waitForState(/^Ready/)).toMatch(/of \d\d documents/);
    expect((await ask("which languages are understood"))[0]).toBe("Limits and browser support");
    await page.locator("inkling-results a").first().click();
    await page.waitForURL(/limits\.html/);
  });

  test.each([
    ["https://elsewhere.example/sitemap.xml", /origin|elsewhere\.example/],
    ["/nothing-here.xml", /nothing-here\.xml/],
    ["http://[", /no address/],
  ])("not %s, and the visitor is told", async (address, reason) => {
    await page.getByLabel("Or a sitemap of this site").fill(address);
    await page.getByRole("button", { name: "Read its pages" }).click();
    await page.locator(".playground .state.failed").waitFor();
    expect(await stateOf().textContent()).toMatch(reason);
  });

  test("nothing at all, and the visitor is told", async () => {
    await drop(join(folder, "zoo/.hidden"));
    await waitForState(/There is no file to read/);
  });
});

describe("what the playground shows", () => {
  beforeEach(async () => {
    await page.locator("#folder").setInputFiles(join(folder, "zoo"));
    await waitForState(/^Ready/);
  });

  test("a dot for each passage, and the scores of each tier, as plots and as tables", async () => {
    const map = page.getByRole("img", { name: /^\d+ of \d+ passages as dots$/ });
    const count = Number(/^\d+/.exec((await map.getAttribute("aria-label"))!)![0]);
    expect(count).toBeGreaterThanOrEqual(4);
    const isDrawn = (canvas: SVGElement | HTMLElement) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const pixels = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height).data;
      return pixels.some((value) => value > 0);
    };
    expect(await map.evaluate(isDrawn)).toBe(true);
    await ask("sleepy animals in a hammock");
    expect(await page.getByRole("img", { name: "Scores of the last question" }).evaluate(isDrawn)).toBe(true);
    for (const summary of await page.getByText("The same as a table").all()) await summary.click();
    const [passages, scores] = await page.locator(".plot .table").all();
    expect(await passages!.getByRole("row").count()).toBe(count + 1);
    expect(await scores!.getByRole("row").first().allTextContents()).toEqual(["pagewordsmeaningboth"]);
    expect(await scores!.getByRole("row").nth(1).textContent()).toMatch(/^Ferrets\d+ %\d+ %100 %$/);
  });

  test("the passage that was chosen, of a file that has no address", async () => {
    await ask("sleepy animals in a hammock");
    await page.locator("inkling-results a").first().click();
    const passage = page.locator(".passage");
    expect(await passage.textContent()).toContain("dozes in hammocks");
    expect(await passage.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(new URL(page.url()).pathname).toBe("/playground.html");
  });

  test("nothing any more after a fresh start", async () => {
    await page.getByRole("button", { name: "Start over" }).click();
    await waitForState(/Nothing is indexed/);
    expect(await field().isVisible()).toBe(false);
    await page
      .locator("#files")
      .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("One text.") });
    await waitForState(/of 1 documents/);
  });
});

describe("for everybody", () => {
  test.each([
    [320, "light"],
    [1280, "dark"],
  ] as const)("%i pixels wide in %s colours it has room, and axe finds nothing", async (width, colorScheme) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await page.locator("#folder").setInputFiles(join(folder, "zoo"));
    await waitForState(/^Ready/);
    await ask("what do they eat");
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      const { scrollWidth: whole, clientWidth: seen } = document.documentElement;
      return { scrollWidth: whole, clientWidth: seen };
    });
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expect(await audit(page)).toEqual([]);
  });

  test("it works by keyboard alone", async () => {
    const choosing = page.waitForEvent("filechooser");
    await page.getByLabel("A folder").focus();
    await page.keyboard.press("Enter");
    // Why again: a browser without a window sometimes opens nothing at the first key.
    const pressing = setInterval(() => void page.keyboard.press("Enter").catch(() => {}), 1000);
    const chooser = await choosing.finally(() => clearInterval(pressing));
    await chooser.setFiles(join(folder, "zoo"));
    await waitForState(/^Ready/);
    for (let presses = 0; presses < 20 && !(await field().evaluate((input) => input.matches(":focus"))); presses++) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.type("what do they eat");
    // Why its text: what was typed so far is answered, too, and the first letters by another passage.
    await expect.poll(() => page.locator("inkling-results a").first().textContent()).toContain("mussels");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".passage").textContent()).toContain("mussels");
  });
});
