import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { BrowserContext, Page } from "playwright";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { collectErrors, createProfile, type Profile, waitForValue } from "./harness/browser.ts";
import { engines, openIn, startSink } from "./harness/engines.ts";
import { startServer, type TestServer } from "./harness/server.ts";

declare global {
  interface Window {
    search: Library.Search;
    createSearch: typeof Library.createSearch;
    /** Set by the first line of the scripts of a release. */
    inklingRelease?: string;
  }
}

const registration = `navigator.serviceWorker?.register("/sw.js");`;
const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>`;
const appPage = `${head}<body><main><h1>Kites</h1><p>Flown on windy days.</p></main><script>${registration}</script>
<script type="module">
  import { createSearch } from "/inkling/index.js";
  window.createSearch = createSearch;
  window.search = await createSearch({ name: "offline" });
</script></body></html>`;

/** The service worker of the guide, as a reader copies it. */
async function readRecipe(): Promise<string> {
  const guide = await readFile(`${root}docs/guide/offline.md`, "utf8");
  const recipe = /```js\n\/\/ sw\.js\n([^]*?)```/.exec(guide)?.[1];
  if (recipe === undefined) throw new Error("docs/guide/offline.md has no sw.js");
  return recipe;
}

/** Serves an app with the published files, and that service worker. */
async function startApp(page: string): Promise<TestServer> {
  const recipe = await readRecipe();
  const server = await startServer({ folders: { "/inkling/": `${root}dist` } });
  server.alter(/^\/(\?.*)?$/, { headers: { "content-type": "text/html" }, body: () => page });
  server.alter(/^\/sw\.js$/, { body: () => recipe });
  return server;
}

const documents = [
  { url: "/tea", title: "Tea", attributes: { kind: "drink" }, text: "Pour boiling water over the leaves." },
  {
    url: "/bike",
    title: "Bicycle",
    text: "Take the wheel off, find the hole in the inner tube and glue a patch on it.",
  },
];

describe("in Chromium", () => {
  let server: TestServer;
  let profile: Profile;
  let context: BrowserContext;

  beforeEach(async () => {
    server = await startApp(appPage);
    profile = await createProfile();
    context = await profile.open();
  });

  afterEach(async () => {
    await context.close();
    await profile.remove();
    await server.close();
  });

  /** A new tab with an open search. */
  async function openTab(): Promise<{ page: Page; errors: readonly string[] }> {
    const page = await context.newPage();
    const errors = collectErrors(page);
    await page.goto(`${server.origin}/`);
    await waitForValue(page, () => window.search !== undefined);
    return { page, errors };
  }

  /** Waits until a service worker of the page is active. */
  async function waitForServiceWorker(page: Page): Promise<void> {
    await waitForValue(page, async () => (await navigator.serviceWorker.ready).active?.state === "activated");
  }

  test("words, meaning, attributes, pages and new documents work when the server is gone, after a restart too", async () => {
    const { page } = await openTab();
    await page.evaluate((list) => window.search.add(list), documents);
    await waitForServiceWorker(page);
    await server.close();
    await context.close();
    context = await profile.open();
    const { page: offline, errors } = await openTab();
    const answer = await offline.evaluate(async () => {
      await window.search.add([{ url: "/soup", title: "Soup", text: "Simmer red lentils with carrots." }]);
      const { added } = await window.search.addPage();
      const { hits, tier } = await window.search.query("how do I repair a flat tyre?");
      const { hits: drinks } = await window.search.query("water", { where: { kind: "drink" } });
      const { hits: soups } = await window.search.query("soup");
      const { fallbacks } = await window.search.status();
      return { added, tier, fallbacks, urls: [hits, drinks, soups].map(([best]) => best?.url) };
    });
    expect(answer).toEqual({ added: 1, tier: "instant", fallbacks: [], urls: ["/bike", "/tea", "/soup"] });
    expect(errors).toEqual([]);
  });

  test("stored bytes are told, and clear gives them back", async () => {
    const { page } = await openTab();
    await page.evaluate((list) => window.search.add(list), documents);
    const bytes = await page.evaluate(async () => {
      const before = (await window.search.status()).bytes;
      await window.search.clear();
      return [before, (await window.search.status()).bytes];
    });
    expect([bytes[0]! > 500, bytes[1]]).toEqual([true, 0]);
  });

  /** Publishes a release: the first line of its scripts says which it is. @param stale - whether the list of files is of the one before. */
  async function publish(release: string, stale = false): Promise<void> {
    const recipe = await readRecipe();
    const stamp = (bytes: Buffer | string): string => `globalThis.inklingRelease = "${release}";\n${bytes.toString()}`;
    const hashes = JSON.parse(await readFile(`${root}dist/integrity.json`, "utf8")) as Record<string, string>;
    for (const name of ["index.js", "worker.js"]) {
      const script = stamp(await readFile(`${root}dist/${name}`));
      hashes[name] = `sha384-${createHash("sha384").update(script).digest("base64")}`;
      server.alter(new RegExp(`^/inkling/${name}`), { body: () => script });
    }
    if (!stale) server.alter(/integrity\.json/, { body: () => JSON.stringify(hashes) });
    server.alter(/^\/sw\.js$/, { body: () => recipe.replace('release = "1"', `release = "${release}"`) });
  }

  /** Releases of the page's script and of every worker that it has, of a search that is opened now too. */
  async function releasesOf(page: Page): Promise<readonly string[]> {
    await page.evaluate(async () => {
      await (await window.createSearch({ name: "another", model: null })).query("tea");
    });
    const workers = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.inklingRelease)));
    return [await page.evaluate(() => window.inklingRelease), ...workers].map(String);
  }

  /** Looks for another service worker. @returns what became of it. */
  const update = (page: Page): Promise<string> =>
    page.evaluate(async () => {
      const registered = await navigator.serviceWorker.ready;
      const found = await registered.update().then(() => registered.installing ?? registered.waiting);
      if (found === null) return "none";
      while (found.state === "installing")
        await new Promise((done) => found.addEventListener("statechange", done, { once: true }));
      return found.state;
    });

  test("a page never has the worker of another version, before, while and after a new one is published", async () => {
    await publish("1");
    const { page: first } = await openTab();
    await waitForServiceWorker(first);
    await first.reload();
    await waitForValue(first, () => window.search !== undefined);
    expect(await releasesOf(first)).toEqual(["1", "1", "1"]);

    await publish("2");
    expect(await update(first)).toBe("installed");
    const { page: second } = await openTab();
    expect(await releasesOf(first)).toEqual(["1", "1", "1", "1"]);
    expect(await releasesOf(second)).toEqual(["1", "1", "1"]);

    await first.close();
    await second.close();
    const seen: (readonly string[])[] = [];
    // Why more than one try: the browser takes its time to see that no tab is left.
    while (!seen.at(-1)?.includes("2") && seen.length < 20) {
      const { page } = await openTab();
      seen.push(await releasesOf(page));
      await page.close();
    }
    expect(seen.filter((releases) => new Set(releases).size > 1)).toEqual([]);
    expect(seen.at(-1)).toEqual(["2", "2", "2"]);
  });

  test("a release that is half published is not installed", async () => {
    await publish("1");
    const { page } = await openTab();
    await waitForServiceWorker(page);
    await publish("2", true);
    expect(await update(page)).toBe("redundant");
    await page.reload();
    await waitForValue(page, () => window.search !== undefined);
    expect(await releasesOf(page)).toEqual(["1", "1", "1"]);
  });
});

/** Adds documents, stops the server, loads itself again and asks; sends what happened to a place that is still there. */
const selfTestingPage = (sink: string): string => `${head}<body><script type="module">
  const outcome = { visit: sessionStorage.visit = Number(sessionStorage.visit ?? 0) + 1 };
  const tell = () => fetch(${JSON.stringify(sink)}, { method: "POST", body: JSON.stringify(outcome) });
  try {
    const { createSearch } = await import("/inkling/index.js");
    const search = await createSearch({ name: "offline" });
    if (outcome.visit === 1) {
      await search.add(${JSON.stringify(documents)});
      await search.close();
      await navigator.serviceWorker.register("/sw.js");
      await navigator.serviceWorker.ready;
      await fetch("/stop").catch(() => {});
      location.reload();
    } else {
      outcome.isServerGone = await fetch("/inkling/README").then(() => false, () => true);
      const ask = () => search.query("how do I repair a flat tyre?");
      let { hits, tier } = await ask();
      for (const end = Date.now() + 30_000; tier === "words" && Date.now() < end; ({ hits, tier } = await ask())) await new Promise((done) => setTimeout(done, 50));
      const { fallbacks } = await search.status();
      await tell(Object.assign(outcome, { url: hits[0]?.url, tier, fallbacks }));
    }
  } catch (error) {
    await tell(Object.assign(outcome, { failure: String(error.code) + ": " + error }));
  }
</script></body></html>`;

describe.each(engines)("in $name", (engine) => {
  const reason = engine.command === null ? " (skipped: it is not on this machine)" : "";

  test.skipIf(engine.command === null)(`search works after a reload with the server gone${reason}`, async () => {
    const sink = await startSink();
    const server = await startApp(selfTestingPage(sink.url));
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= server.close());
    server.alter(/^\/stop$/, { body: () => (void close(), "") });
    try {
      const outcome = await openIn(engine, `${server.origin}/`, sink.result);
      expect(outcome).toEqual({ visit: 2, isServerGone: true, url: "/bike", tier: "instant", fallbacks: [] });
    } finally {
      sink.close();
      await close();
    }
  });
});
