import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import { waitForValue } from "./harness/browser.ts";
import { engines, openIn, startSink } from "./harness/engines.ts";
import { readRecipe } from "./harness/guide.ts";
import {
  documents,
  expectReleasesApart,
  openReady,
  question,
  releasesOf,
  stampScript,
  updateServiceWorker,
  waitForServiceWorker,
} from "./harness/releases.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import type { Tab } from "./harness/use-browser.ts";
import { useProfile } from "./harness/use-profile.ts";

const registration = `navigator.serviceWorker?.register("/sw.js");`;
const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>`;
const appPage = `${head}<body><main><h1>Kites</h1><p>Flown on windy days.</p></main><script>${registration}</script>
<script type="module">
  import { createSearch } from "/inkling/index.js";
  window.createSearch = createSearch;
  window.search = await createSearch({ name: "offline" });
</script></body></html>`;

/** Serves an app with the published files, and that service worker. */
async function startApp(page: string): Promise<TestServer> {
  const recipe = await readRecipe("offline.md", "sw.js");
  const server = await startServer({ folders: { "/inkling/": `${root}dist` } });
  server.alter(/^\/(\?.*)?$/, { headers: { "content-type": "text/html" }, body: () => page });
  server.alter(/^\/sw\.js$/, { body: () => recipe });
  return server;
}

describe("in Chromium", () => {
  const browser = useProfile();
  let server: TestServer;

  beforeEach(async () => {
    server = await startApp(appPage);
  });

  afterEach(() => server.close());

  const openApp = (): Promise<Tab> => openReady(browser.context, `${server.origin}/`);

  test("words, meaning, attributes, pages and new documents work when the server is gone, after a restart too", async () => {
    const { page } = await openApp();
    await page.evaluate((list) => window.search.add(list), documents);
    await waitForServiceWorker(page);
    await server.close();
    await browser.restart();
    const { page: offline, errors } = await openApp();
    const answer = await offline.evaluate(async (text) => {
      await window.search.add([{ url: "/soup", title: "Soup", text: "Simmer red lentils with carrots." }]);
      const { added } = await window.search.addPage();
      const { hits, tier } = await window.search.query(text);
      const { hits: drinks } = await window.search.query("water", { where: { kind: "drink" } });
      const { hits: soups } = await window.search.query("soup");
      const { fallbacks } = await window.search.status();
      return { added, tier, fallbacks, urls: [hits, drinks, soups].map(([best]) => best?.url) };
    }, question);
    expect(answer).toEqual({ added: 1, tier: "instant", fallbacks: [], urls: ["/bike", "/tea", "/soup"] });
    expect(errors).toEqual([]);
  });

  test("stored bytes are told, and clear gives them back", async () => {
    const { page } = await openApp();
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
    const recipe = await readRecipe("offline.md", "sw.js");
    const hashes = JSON.parse(await readFile(`${root}dist/integrity.json`, "utf8")) as Record<string, string>;
    for (const name of ["index.js", "worker.js"]) {
      const script = stampScript(await readFile(`${root}dist/${name}`, "utf8"), release);
      hashes[name] = `sha384-${createHash("sha384").update(script).digest("base64")}`;
      server.alter(new RegExp(`^/inkling/${name}`), { body: () => script });
    }
    if (!stale) server.alter(/integrity\.json/, { body: () => JSON.stringify(hashes) });
    server.alter(/^\/sw\.js$/, { body: () => recipe.replace('release = "1"', `release = "${release}"`) });
  }

  test("a page never has the worker of another version, before, while and after a new one is published", async () => {
    await expectReleasesApart(browser.context, `${server.origin}/`, publish);
  }, 180_000);

  test("a release that is half published is not installed", async () => {
    await publish("1");
    const { page } = await openApp();
    await waitForServiceWorker(page);
    await publish("2", true);
    expect(await updateServiceWorker(page)).toBe("redundant");
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
      const ask = () => search.query(${JSON.stringify(question)});
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
