import type { BrowserContext, Page } from "playwright";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { crashPage, createProfile, type Profile } from "./harness/browser.ts";
import { addDocuments, openSearchPage, readStatus, type SearchPage, untilOpen } from "./harness/search-page.ts";
import { holdBack, startServer, type TestServer } from "./harness/server.ts";
import { tinyModels } from "./neural/harness.ts";
import { handbook, manyDocuments } from "./scenarios/documents.ts";

/** What the page keeps between two looks at it. */
interface PathPage extends SearchPage {
  /** Vectors of the second model when it began on this visit. */
  begunAt?: number | null;
  hasServiceWorker?: boolean;
}

const document = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">
<script type="module" src="/main.js"></script></html>`;

/** An app with a real transformer behind the instant model, and a service worker that keeps all it has loaded. */
const script = `
import { createSearch } from "/dist/index.js";
import { neural } from "/dist/neural.js";
await navigator.serviceWorker.register("/service-worker.js");
await navigator.serviceWorker.ready;
while (navigator.serviceWorker.controller === null) await new Promise((done) => setTimeout(done, 20));
window.hasServiceWorker = true;
const worker = () => new Worker("/slow-neural-worker.js", { type: "module" });
const model = neural("/models/tiny-bert-mean/", { dtype: "fp32", runtimeUrl: "/runtime/", wasmUrl: "/ort/", worker });
const search = await createSearch({ name: "path", model, upgrade: "always" });
window.begunAt = null;
search.addEventListener("progress", ({ progress }) => {
  if (progress.phase === "upgrade") window.begunAt ??= progress.done;
});
window.search = search;
`;

const serviceWorker = `
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
async function answer(request) {
  const cache = await caches.open("app");
  try {
    const response = await fetch(request);
    if (response.ok && request.method === "GET") await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}`;

/** Why slower: it must not be done before the tab is killed, on whatever machine. A step of the model is a timer apart. */
const slowTimers = `
const later = self.setTimeout;
self.setTimeout = (run, ms = 0) => later(run, ms + 30);
`;
// Why imports, and no import(): messages that come before a worker listens are lost.
const slowWorker = `import "/slow-timers.js"; import "/dist/neural-worker.js";`;

let server: TestServer;
let profile: Profile;
let context: BrowserContext;

beforeEach(async () => {
  server = await startServer({
    folders: {
      "/dist/": `${root}dist`,
      "/models/": tinyModels,
      "/runtime/": `${root}node_modules/@huggingface/transformers/dist`,
      "/ort/": `${root}node_modules/onnxruntime-web/dist`,
    },
  });
  const serve = (path: RegExp, type: string, text: string): void =>
    void server.alter(path, { status: 200, headers: { "content-type": type }, body: () => text });
  serve(/^\/$/, "text/html", document);
  serve(/^\/main\.js$/, "text/javascript", script);
  serve(/^\/service-worker\.js$/, "text/javascript", serviceWorker);
  serve(/^\/slow-timers\.js$/, "text/javascript", slowTimers);
  serve(/^\/slow-neural-worker\.js$/, "text/javascript", slowWorker);
  profile = await createProfile();
  context = await profile.open();
});

afterEach(async () => {
  await context.close();
  await server.close();
  await profile.remove();
});

async function untilStatus(page: Page, isReached: (status: Library.Status) => boolean): Promise<Library.Status> {
  for (;;) {
    const status = await readStatus(page);
    if (isReached(status)) return status;
    const { error = null } = status.upgrade ?? {};
    if (error !== null) throw new Error(`The second model has failed: ${error.message}`);
    await page.waitForTimeout(20);
  }
}

function ask(page: Page, text: string): Promise<[Library.Tier, string | undefined]> {
  return page.evaluate(async (query) => {
    const { tier, hits } = await (window as PathPage).search!.query(query);
    return [tier, hits[0]?.url];
  }, text);
}

test("words answer, then the instant model, then the neural one, through a crash of the tab and without a network", async () => {
  const letCome = holdBack(server, /^\/dist\/models\//);
  const first = await openSearchPage(context, server.origin);
  const documents = [...handbook, ...manyDocuments(120)];
  const adding = addDocuments(first, documents);
  // Why: it is awaited below; a failure before would end all tests, and not only this one.
  adding.catch(() => {});
  await untilStatus(first, (status) => status.documents === documents.length);
  expect(await ask(first, "mark first17x")).toEqual(["words", "/log/17"]);
  letCome();
  await adding;
  expect(await ask(first, "someone took my computer")).toEqual(["instant", "/handbook/laptop"]);

  await untilStatus(first, ({ upgrade }) => upgrade?.state === "embedding");
  for (const mark of [3, 30, 100]) expect(await ask(first, `mark first${mark}x`)).toEqual(["instant", `/log/${mark}`]);
  const halfWay = await untilStatus(first, ({ upgrade }) => (upgrade?.done ?? 0) > 0);
  expect(halfWay.upgrade!.done).toBeLessThan(halfWay.passages);
  expect(halfWay.tier).toBe("instant");
  await crashPage(first);
  await context.close();

  context = await profile.open();
  const second = await openSearchPage(context, server.origin);
  expect((await readStatus(second)).documents).toBe(documents.length);
  await untilStatus(second, ({ tier }) => tier !== "words");
  expect((await ask(second, "someone took my computer"))[1]).toBe("/handbook/laptop");
  const ended = await untilStatus(second, ({ upgrade }) => upgrade?.state === "done");
  expect(await second.evaluate(() => (window as PathPage).begunAt)).toBeGreaterThanOrEqual(halfWay.upgrade!.done);
  expect(ended).toMatchObject({ tier: "neural", withoutVector: 0, fallbacks: [] });
  expect(await ask(second, "mark last119x")).toEqual(["neural", "/log/119"]);

  await server.close();
  await second.reload();
  await untilOpen(second);
  const offline = await untilStatus(second, ({ tier }) => tier === "neural");
  expect(offline.documents).toBe(documents.length);
  expect(await ask(second, "mark last119x")).toEqual(["neural", "/log/119"]);
  expect(
    await addDocuments(second, [{ url: "/new", title: "New", text: "The word zyzzyva came without a network." }]),
  ).toMatchObject({
    added: 1,
    withoutVector: 0,
  });
  expect(await ask(second, "zyzzyva")).toEqual(["neural", "/new"]);
  expect((await readStatus(second)).fallbacks).toEqual([]);
}, 120_000);
