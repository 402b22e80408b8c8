import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { siteFolder } from "../../demo/build.mjs";
import { createProfile, launchBrowser } from "../browser/harness/browser.ts";
import type { Alteration, TestServer } from "../browser/harness/server.ts";
import { ask, fieldOf, openDialog, readResults, serveSite, type Visit, visit, waitUntilReady } from "./site.ts";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
const restores: (() => void)[] = [];

/** Changes the server's answers until the test is over. Gives what takes the change back earlier. */
function alter(path: RegExp, alteration: Alteration): () => void {
  const restore = server.alter(path, alteration);
  restores.push(restore);
  return restore;
}

beforeAll(async () => {
  server = await serveSite();
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ reducedMotion: "reduce" });
});

afterEach(async () => {
  for (const restore of restores.splice(0)) restore();
  await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A promise that is kept when `release` is called. */
function makeGate(): { opened: Promise<void>; release: () => void } {
  let release = (): void => undefined;
  const opened = new Promise<void>((resolve) => (release = resolve));
  return { opened, release };
}

function expectQuiet({ errors, requests }: Visit): void {
  expect(errors).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith("data:"))).toEqual([]);
}

describe("the first visit", () => {
  test("indexes every passage, asks no foreign host, and reports no error", async () => {
    const first = await visit(context, server.origin);
    const { passages, embedded, text } = await waitUntilReady(first.page);
    expect(passages).toBeGreaterThan(80);
    expect(embedded).toBe(passages);
    expect(text).toBe(`Index ready: ${passages} passages, ${passages} new`);
    await ask(first.page, "does it phone home");
    expectQuiet(first);
    expect(first.requests.some((url) => url.includes("worker"))).toBe(true);
  });

  test("answers by words while the model is loading, and by meaning as soon as it is there", async () => {
    const model = makeGate();
    alter(/safetensors/, { until: () => model.opened });
    const { page, errors } = await visit(context, server.origin);
    await openDialog(page);
    await fieldOf(page).fill("private windows");
    const note = page.locator("[part=note]");
    await page.getByRole("option").first().waitFor();
    await note.filter({ hasText: /by words(?! and)/ }).waitFor();
    expect((await readResults(page))[0]?.href).toBe("./storage-and-privacy.html#private-windows-and-forbidden-storage");
    model.release();
    await note.filter({ hasText: "by words and meaning" }).waitFor();
    expect(errors).toEqual([]);
  });

  test("can be interrupted by a reload, and is made good by the next one", async () => {
    const model = makeGate();
    alter(/safetensors/, { until: () => model.opened });
    const { page } = await visit(context, server.origin);
    await page.locator('#index-status[data-state="reading"]').waitFor();
    await ask(page, "private windows");
    const reloaded = page.reload();
    model.release();
    await reloaded;
    const { passages, embedded } = await waitUntilReady(page);
    const whole = await visit(await browser.newContext(), server.origin);
    expect(passages).toBe((await waitUntilReady(whole.page)).passages);
    expect(embedded).toBeLessThanOrEqual(passages);
    await whole.page.context().close();
    expect((await ask(page, "which languages are understood")).length).toBeGreaterThan(0);
  });

  test("survives twenty reloads in the middle of indexing", async () => {
    const { page } = await visit(context, server.origin);
    for (let i = 0; i < 20; i++) {
      await page.waitForTimeout(10 * i);
      await page.reload({ waitUntil: "commit" });
    }
    const { passages } = await waitUntilReady(page);
    await page.reload();
    expect(await waitUntilReady(page)).toMatchObject({ passages, embedded: 0 });
  });
});

describe("a second visit", () => {
  test("embeds nothing, on any page of the site", async () => {
    const first = await visit(context, server.origin);
    const { passages } = await waitUntilReady(first.page);
    await first.page.close();
    for (const path of ["/", "/faq.html"]) {
      const second = await visit(context, server.origin + path);
      expect(await waitUntilReady(second.page)).toEqual({
        passages,
        embedded: 0,
        text: `Index ready: ${passages} passages, 0 new`,
      });
      expectQuiet(second);
      await second.page.close();
    }
  });

  test("embeds nothing after the browser was closed in between", async () => {
    const profile = await createProfile();
    try {
      const before = await profile.open();
      const { passages } = await waitUntilReady((await visit(before, server.origin)).page);
      await before.close();
      const after = await profile.open();
      const { page } = await visit(after, server.origin);
      expect(await waitUntilReady(page)).toMatchObject({ passages, embedded: 0 });
      expect((await ask(page, "which languages are understood"))[0]?.href).toBe("./limits.html#languages");
      await after.close();
    } finally {
      await profile.remove();
    }
  });

  test("works in two tabs at a time", async () => {
    const [one, two] = await Promise.all([visit(context, server.origin), visit(context, `${server.origin}/faq.html`)]);
    const indexes = await Promise.all([waitUntilReady(one.page), waitUntilReady(two.page)]);
    expect(indexes[0].passages).toBe(indexes[1].passages);
    for (const { page, errors } of [one, two]) {
      expect((await ask(page, "which languages are understood"))[0]?.href).toBe("./limits.html#languages");
      expect(errors).toEqual([]);
    }
  });

  test("takes pages out of the index that have left the guide", async () => {
    const content = (await readdir(join(siteFolder, "assets"))).find((name) => name.startsWith("content-"))!;
    const documents = JSON.parse(await readFile(join(siteFolder, "assets", content), "utf8")) as { url: string }[];
    const retired = { url: "retired.html", title: "Retired", text: "The xylophone chapter was taken out." };
    const restore = alter(/content-/, { body: () => JSON.stringify([...documents, retired]) });
    const { page } = await visit(context, server.origin);
    await waitUntilReady(page);
    expect((await ask(page, "xylophone"))[0]?.href).toBe("./retired.html");
    restore();
    await page.reload();
    await waitUntilReady(page);
    expect((await ask(page, "xylophone")).filter(({ href }) => href.includes("retired"))).toEqual([]);
  });
});

describe("when something is missing", () => {
  test("answers go on without a connection, once everything was loaded", async () => {
    const { page, errors } = await visit(context, server.origin);
    await waitUntilReady(page);
    await openDialog(page);
    await context.setOffline(true);
    expect((await ask(page, "which languages are understood"))[0]?.href).toBe("./limits.html#languages");
    expect(await page.locator("[part=note]").textContent()).toContain("words and meaning");
    expect(errors).toEqual([]);
  });

  test("without the model, words answer and the page says so", async () => {
    alter(/safetensors/, { status: 404 });
    const { page } = await visit(context, server.origin);
    const { text } = await waitUntilReady(page);
    expect(text).toContain("found by their words only");
    expect((await ask(page, "private windows"))[0]?.href).toContain("#private-windows-and-forbidden-storage");
  });

  test("without the worker, the visitor is told in plain words and the console has the reason", async () => {
    alter(/worker[^/]*\.js/, { status: 404 });
    const { page, errors } = await visit(context, server.origin);
    await page.locator('#index-status[data-state="failed"]').waitFor();
    await openDialog(page);
    await fieldOf(page).fill("anything");
    await page.locator("[part=message]").filter({ hasText: "Search cannot run in this browser" }).waitFor();
    expect(await fieldOf(page).getAttribute("aria-expanded")).toBe("false");
    expect(errors.join("\n")).toContain("The search worker could not be started");
  });

  test("without the text of the guide, what was indexed before still answers", async () => {
    const first = await visit(context, server.origin);
    await waitUntilReady(first.page);
    await first.page.close();
    alter(/content-/, { status: 500 });
    const { page } = await visit(context, server.origin);
    await page.locator('#index-status[data-state="failed"]').waitFor();
    expect((await ask(page, "which languages are understood"))[0]?.href).toBe("./limits.html#languages");
  });
});
