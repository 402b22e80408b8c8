import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright";
import { describe, expect, test } from "vitest";
import { createProfile } from "../harness/browser.ts";
import { holdBack, type TestServer } from "../harness/server.ts";
import { openTab, type Tab, useBrowser } from "../harness/use-browser.ts";
import {
  ask,
  fieldOf,
  findXylophones,
  giveSearch,
  htmlOf,
  openDialog,
  openHtml,
  readLanding,
  serveArticles,
  servePage,
  waitUntilFilled,
  xylophones,
} from "./harness.ts";

// Why the rule: a name other than that of this machine itself makes an origin that is not secure.
const here = useBrowser(serveArticles, { flags: ["--host-resolver-rules=MAP plain.test 127.0.0.1"] });

/** What the console said of ours. */
const saidBy = ({ errors }: Tab): string[] => errors.filter((text) => text.startsWith("Inkling"));

const cannotRun = "Search cannot run in this browser, or the site does not allow it to.";

/** Expects that the visitor reads a line in the dialog, and that the page behind is as it was. */
async function expectReads(page: Page, text: string): Promise<void> {
  await openDialog(page);
  await page.locator("[part=message]").filter({ hasText: text }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.locator("#heading").textContent()).toBe("Start");
  expect(await page.locator("#heading").isVisible()).toBe(true);
}

/** Expects that answers come by meaning, from this page alone. */
async function expectFindsAll(page: Page): Promise<void> {
  await findXylophones(page);
  await page.locator("[part=note]").filter({ hasText: "by words and meaning" }).waitFor();
}

describe("where something is forbidden", () => {
  test("the worker: the visitor reads that search cannot run, the console has code and remedy", async () => {
    const tab = await openHtml(here, htmlOf(xylophones("page")), { "content-security-policy": "worker-src 'none'" });
    const told = tab.page.evaluate(
      () =>
        new Promise((resolve) =>
          addEventListener("inkling-error", (event) =>
            resolve((event as CustomEvent<{ error: { code: string } }>).detail.error.code),
          ),
        ),
    );
    await expectReads(tab.page, cannotRun);
    expect(saidBy(tab).join("\n")).toMatch(/^Inkling worker\/start: .*Content Security Policy/);
    expect(await told).toBe("worker/start");
  });

  test("WebAssembly: everything is found all the same", async () => {
    const policy = { "content-security-policy": "script-src 'self'" };
    const restore = here.server.alter(/^\/lib\/worker/, { headers: policy });
    const tab = await openHtml(here, htmlOf(xylophones("page")), policy);
    await expectFindsAll(tab.page);
    expect(tab.errors).toEqual([]);
    restore();
  });

  test("the storage of the page: nothing is remembered, and everything is found", async () => {
    await here.context.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException("Denied", "SecurityError");
          },
        });
      }
    });
    const { page, errors } = await openHtml(here, htmlOf(xylophones("page")));
    await findXylophones(page);
    await page.keyboard.press("Enter");
    expect(await readLanding(page)).toContain("xylophones");
    expect(errors).toEqual([]);
  });

  test("all storage, by a setting of the browser: everything is found", async () => {
    const block = 2;
    const profile = await createProfile([], { profile: { default_content_setting_values: { cookies: block } } });
    const context = await profile.open();
    try {
      servePage(here.server, "/page.html", htmlOf(`${xylophones()}<a href="/garden.html">Garden</a>`));
      const tab = await openTab(context, `${here.server.origin}/page.html`);
      const isDenied = await tab.page.evaluate(() => {
        try {
          return localStorage === null;
        } catch {
          return true;
        }
      });
      expect(isDenied).toBe(true);
      await findXylophones(tab.page);
      await fieldOf(tab.page).fill("compost heap");
      await tab.page.getByRole("option").filter({ hasText: "fork" }).first().waitFor();
      expect(saidBy(tab)).toEqual([]);
    } finally {
      await context.close();
      await profile.remove();
    }
  });

  test("what only secure origins may: everything is found on plain http", async () => {
    servePage(here.server, "/page.html", htmlOf(xylophones("page")));
    const address = new URL("/page.html", here.server.origin);
    address.hostname = "plain.test";
    const { page, errors } = await here.open(address.href);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await expectFindsAll(page);
    expect(errors).toEqual([]);
  });
});

describe("in a place without an origin", () => {
  let other: TestServer;

  /** A page whose script comes from a server that lets all others have it. */
  const withForeignScript = async (html: string): Promise<string> => {
    other = await serveArticles({ cors: true });
    return htmlOf(html, `<script type="module" src="${other.origin}/lib/inkling.js"></script>`);
  };

  test("such as a sandboxed frame, the visitor reads that search cannot run, and the console says it once", async () => {
    servePage(here.server, "/framed.html", await withForeignScript(xylophones("page")));
    const frameHtml = '<iframe sandbox="allow-scripts" src="/framed.html" width="600" height="500"></iframe>';
    const tab = await openHtml(here, htmlOf(frameHtml, ""));
    const frame = tab.page.frameLocator("iframe");
    await frame.getByRole("button", { name: /Search/ }).click();
    // Browsers start no worker for a page without an origin of its own.
    await frame.locator("[part=message]").filter({ hasText: cannotRun }).waitFor();
    expect(saidBy(tab)).toEqual([expect.stringMatching(/^Inkling worker\/start: /)]);
    expect(await frame.locator("#heading").count()).toBe(1);
    await other.close();
  });

  /** Opens a page from the disk. */
  async function openFile(html: string, run: (tab: Tab) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "inkling-file-"));
    await writeFile(join(folder, "page.html"), html);
    const tab = await here.open(pathToFileURL(join(folder, "page.html")).href);
    await run(tab).finally(() => rm(folder, { recursive: true }));
  }

  test("such as a page on the disk, with the script from a server, the visitor gets answers or reads why not", async () => {
    await openFile(await withForeignScript(xylophones("page")), async (tab) => {
      await openDialog(tab.page);
      await fieldOf(tab.page).fill("xylophones");
      await tab.page.locator("[part=option], [part=message]:not([hidden])").first().waitFor();
      expect(await tab.page.locator("#heading").count()).toBe(1);
    });
    await other.close();
  });

  test("such as a page and a script on the disk, which browsers forbid, the page's own link stands for the button", async () => {
    const link = '<inkling-search><a slot="trigger" id="own" href="search.html">Find</a></inkling-search>';
    await openFile(htmlOf(`${link}<h1>Start</h1>`, '<script type="module" src="inkling.js"></script>'), async (tab) => {
      expect(await tab.page.locator("#own").isVisible()).toBe(true);
      expect(await tab.page.locator("h1").isVisible()).toBe(true);
      expect(tab.errors.join()).toContain("CORS");
    });
  });
});

describe("on a page that is no help", () => {
  test("which adds to Array.prototype and replaces parts of it, as old libraries do", async () => {
    const hostile = `<script>
      Array.prototype.last = function () { return this[this.length - 1]; };
      Array.prototype.remove = function (value) { this.splice(this.indexOf(value), 1); };
      Object.prototype.extra = "extra";
      Array.prototype.toJSON = function () { return "hostile"; };
      String.prototype.contains = function () { return true; };
      Array.prototype.find = function () { return "hostile"; };
      Array.from = function (list) { return list.length === undefined ? [list] : Array.prototype.slice.call(list); };
    </script>`;
    const { page, errors } = await openHtml(here, htmlOf(`${hostile}${xylophones('facets="topic"')}${giveSearch}`));
    await waitUntilFilled(page);
    await openDialog(page);
    await ask(fieldOf(page), "compost heap");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/garden.html");
    expect(errors).toEqual([]);
  });

  test("which breaks what every script needs: the visitor reads so, and the page goes on", async () => {
    const broken = "<script>Array.prototype.map = () => { throw new Error('no map'); };</script>";
    const { page, errors } = await openHtml(here, htmlOf(`${broken}${xylophones()}`));
    await page.locator("inkling-search button").first().click();
    await page.locator("inkling-search [role=alert]").waitFor();
    expect(await page.locator("dialog").count()).toBe(0);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatch(/^Inkling .*no map/);
  });

  test("whose own scripts throw all the time, also when an event of ours is told", async () => {
    const throwing = `<script>setInterval(() => { throw new Error("page"); }, 5); onerror = () => true;
      for (const name of ["open", "query", "select", "close"])
        addEventListener("inkling-" + name, () => { throw new Error("page"); }, { capture: true });</script>`;
    const { page } = await openHtml(here, htmlOf(`${throwing}${xylophones()}${giveSearch}`));
    await waitUntilFilled(page);
    await openDialog(page);
    await ask(fieldOf(page), "compost heap");
    await page.getByRole("status").filter({ hasText: "page" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/garden.html");
    expect(await readLanding(page)).toContain("compost heap");
  });

  test("which takes the element away while the rest is loading: nothing opens, nothing is said", async () => {
    const letCome = holdBack(here.server, /element-panel/);
    const tab = await openHtml(here, htmlOf(xylophones("page")));
    const element = await tab.page.locator("inkling-search").elementHandle();
    await tab.page.getByRole("button").click();
    await element!.evaluate((found) => found.remove());
    const loaded = tab.page.waitForResponse(/element-panel/);
    letCome();
    await loaded;
    await element!.evaluate((found) => document.body.prepend(found));
    await findXylophones(tab.page);
    expect(await tab.page.getByRole("dialog").count()).toBe(1);
    expect(tab.errors).toEqual([]);
  });
});

describe("attributes that mean nothing", () => {
  test.each<[string, string, string]>([
    ["limit", "many", "a whole number from 1 to 100; 8 is used"],
    ["base", "http://[", "an address; that of the page is used"],
    ["theme", "pink", "light or dark or auto"],
    ["model", "large", "none"],
    ["recent", "never", "none"],
    ["shortcut", "ctrl+shift+x", "`none`, or keys such as `mod+k /`"],
  ])("%s=%j: the default takes its place, and the console says so, once", async (name, value, expected) => {
    const tab = await openHtml(here, htmlOf(xylophones(`page ${name}="${value}"`)));
    await tab.page.getByRole("button").click();
    await ask(fieldOf(tab.page), "xylophones");
    await tab.page.locator("inkling-search").evaluate((element) => element.setAttribute("limit", "3"));
    const about = saidBy(tab).filter((text) => text.includes(`\`${name}\``));
    const quoted = JSON.stringify(value);
    expect(about).toEqual([
      expect.stringContaining(`Inkling argument/option: The attribute \`${name}\` is ${quoted}, expected ${expected}.`),
    ]);
  });

  test("texts that are no JSON: the words of the language stay, and the console says so", async () => {
    const tab = await openHtml(here, htmlOf(xylophones('page texts="{"')));
    await findXylophones(tab.page);
    await tab.page.getByRole("button", { name: "Close" }).waitFor();
    expect(saidBy(tab).join()).toContain("JSON");
  });

  test("facets that no page has: answers come without them, and the console says which there are", async () => {
    const tab = await openHtml(here, htmlOf(`${xylophones('facets="colour"')}${giveSearch}`));
    await waitUntilFilled(tab.page);
    await openDialog(tab.page);
    await ask(fieldOf(tab.page), "compost heap");
    await fieldOf(tab.page).fill("tomatoes");
    await tab.page.getByRole("option").filter({ hasText: "March" }).first().waitFor();
    expect(tab.errors).toEqual([expect.stringMatching(/Inkling argument\/facets: .*colour.*topic/)]);
  });

  test("a root that is no selector: the visitor reads that search is not set up", async () => {
    const tab = await openHtml(here, htmlOf(xylophones('page root="!!"')));
    await expectReads(tab.page, "Search is not set up properly on this page.");
    expect(saidBy(tab)).toEqual([expect.stringContaining('Inkling argument/option: The attribute `root` is "!!"')]);
  });

  test("results for an element that is not there: the console says so", async () => {
    const parts = '<inkling-results for="nobody"></inkling-results>';
    const tab = await openHtml(here, htmlOf(`${xylophones("page")}${parts}`));
    await findXylophones(tab.page);
    await expect.poll(() => saidBy(tab)).toEqual([expect.stringContaining('The attribute `for` is "nobody"')]);
  });

  test.each(["assets-url", "worker-url"])(
    "%s that leads nowhere: words answer, or the visitor reads why not",
    async (name) => {
      const tab = await openHtml(here, htmlOf(xylophones(`page ${name}="http://["`)));
      await openDialog(tab.page);
      await fieldOf(tab.page).fill("xylophones");
      await tab.page
        .locator("[part=message]")
        .filter({ hasText: /not set up properly|cannot run/ })
        .waitFor();
      expect(saidBy(tab).length).toBeGreaterThan(0);
    },
  );
});
