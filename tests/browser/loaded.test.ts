import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as Library from "../../src/index.ts";
import { runCommandLine } from "../../cli/main.ts";
import { captureTerminal } from "../unit/cli/capture-terminal.ts";
import { launchBrowser } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
let browser: Browser;
let server: TestServer;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-loaded-"));
  await cp(join(root, "docs/guide"), join(folder, "site"), { recursive: true });
  await cp(join(root, "tests/fixtures/site"), join(folder, "other"), { recursive: true });
  for (const site of ["site", "other"]) {
    const terminal = captureTerminal();
    const code = await runCommandLine(["build", join(folder, site), "--pieces", "--base-url", `/${site}/`], terminal);
    if (code !== 0) throw new Error(terminal.error());
  }
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await startServer({
    folders: { "/dist/": join(root, "dist"), "/site/": join(folder, "site"), "/other/": join(folder, "other") },
  });
  server.alter(/^\/$/, { headers: { "content-type": "text/html" }, body: () => "<!doctype html><title>page</title>" });
  context = await browser.newContext();
  page = await openPage();
});

afterEach(async () => {
  await context.close();
  await server.close();
});

async function openPage(): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(`${server.origin}/`);
  return opened;
}

/** Runs in a page with the published library. */
function inPage<Value>(run: (library: typeof Library) => Promise<Value>, where: Page = page): Promise<Value> {
  return where.evaluate(`import("/dist/index.js").then(${run.toString()})`) as Promise<Value>;
}

function pathsOf(part: string): string[] {
  return server.requests.map(({ path }) => path).filter((path) => path.includes(part));
}

describe("load", () => {
  test("answers by words at once and by meaning soon, without the model's 4 MB", async () => {
    const result = await inPage(async ({ createSearch }) => {
      const search = await createSearch({ name: "alone" });
      const better = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
      const loaded = await search.load("/site/inkling");
      const words = await search.query("quota", { mode: "words" });
      await better;
      const answer = await search.query("will it work without a connection");
      const status = await search.status();
      await search.close();
      return { loaded, words, answer, status };
    });
    expect(result.loaded).toMatchObject({ url: `${server.origin}/site/inkling/`, model: "inkling-instant-v1" });
    expect(result.words.hits[0]!.passages[0]!.ranges.length).toBeGreaterThan(0);
    expect(result.answer).toMatchObject({ mode: "hybrid", tier: "instant" });
    expect(result.answer.hits.map(({ url }) => url)).toContain("/site/storage-and-privacy.md");
    expect(result.status).toMatchObject({ tier: "instant", fallbacks: [], model: { state: "waiting" } });
    expect(result.status.loaded[0]).toMatchObject({ tier: "instant", offline: false, keep: "off" });
    expect(pathsOf("model.safetensors")).toEqual([]);
  });

  test("fetches no block twice, also for two queries at the same time and on the next visit", async () => {
    const visit = async ({ createSearch }: typeof Library): Promise<string[]> => {
      const search = await createSearch({ name: "twice" });
      const better = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
      await search.load("/site/inkling/");
      await better;
      const answers = await Promise.all([search.query("strict policy"), search.query("strict policy")]);
      await search.close();
      return answers.map(({ hits }) => hits[0]!.url);
    };
    const first = await inPage(visit);
    const blocks = pathsOf("/pieces/");
    expect(blocks.length).toBeGreaterThan(5);
    expect(new Set(blocks).size).toBe(blocks.length);
    expect(await inPage(visit, await openPage())).toEqual(first);
    expect(pathsOf("/pieces/")).toEqual(blocks);
  });

  test("with keep, everything answers with the network off", async () => {
    await inPage(async ({ createSearch }) => {
      const search = await createSearch({ name: "kept" });
      await new Promise<void>((resolve) => {
        void search.load("/other/inkling/", {
          keep: true,
          onProgress: ({ done, total }) => done === total && resolve(),
        });
      });
      while ((await search.status()).loaded[0]!.keep === "keeping") await new Promise((each) => setTimeout(each, 20));
      await search.close();
    });
    const next = await openPage();
    await inPage(
      async ({ createSearch }) => void ((globalThis as { made?: unknown }).made = createSearch({ name: "kept" })),
      next,
    );
    await next.evaluate("made.then((search) => search.query('x'))");
    server.alter(/inkling/, { drop: true });
    const before = pathsOf("/pieces/").length;
    const result = (await next.evaluate(`made.then(async (search) => {
      const better = new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
      await search.load("/other/inkling/");
      await better;
      const answer = await search.query("stop the page from jumping while images load");
      return { answer, status: await search.status() };
    })`)) as { answer: Library.QueryAnswer; status: Library.Status };
    expect(result.answer.hits.map(({ url }) => url)).toContain("/other/css/aspect-ratio.html");
    expect(result.status.loaded[0]).toMatchObject({ offline: true, tier: "instant" });
    expect(pathsOf("/pieces/").length).toBe(before);
  }, 180_000);

  test("clear gives back what is kept of it, stops what is being brought, and it goes on answering", async () => {
    const result = await inPage(async ({ createSearch }) => {
      const count = (): Promise<number> =>
        new Promise((resolve) => {
          const opening = indexedDB.open(`inkling-loaded:${location.origin}/other/inkling/`);
          opening.addEventListener("success", () => {
            const request = opening.result.transaction("pieces").objectStore("pieces").count();
            request.addEventListener("success", () => {
              opening.result.close();
              resolve(request.result);
            });
          });
        });
      const until = async (isSo: () => Promise<boolean>): Promise<void> => {
        while (!(await isSo())) await new Promise((each) => setTimeout(each, 10));
      };
      const search = await createSearch({ name: "cleared" });
      await search.load("/other/inkling/", { keep: true });
      // Why its meaning: what it reads for that after the call is kept again, as what a query reads is.
      await until(async () => (await search.status()).loaded[0]!.tier === "instant" && (await count()) > 0);
      const keepBefore = (await search.status()).loaded[0]!.keep;
      await search.clear();
      const first = await count();
      const { hits } = await search.query("stop the page from jumping while images load");
      await until(async () => (await count()) > 0);
      await search.clear();
      const second = await count();
      const { loaded, fallbacks } = await search.status();
      await search.close();
      const keeps = [keepBefore, loaded[0]!.keep];
      return { counts: [first, second], urls: hits.map(({ url }) => url), keeps, fallbacks };
    });
    expect(result).toMatchObject({ counts: [0, 0], keeps: ["keeping", "off"], fallbacks: [] });
    expect(result.urls).toContain("/other/css/aspect-ratio.html");
  });

  test("makes one list of several indexes and added documents, with the attributes given", async () => {
    const result = await inPage(async ({ createSearch }) => {
      const search = await createSearch({ name: "mixed" });
      await search.load("/site/inkling/", { attributes: { version: "guide" } });
      await search.load("/other/inkling/", { attributes: { version: "fixtures" } });
      await search.add([
        {
          url: "/own/bees",
          title: "Bees",
          text: "Bees dance to tell each other where nectar is. A queue of bees waits at the hive.",
          attributes: { version: "own" },
        },
      ]);
      const own = await search.query("how do bees tell where nectar is");
      const css = await search.query("aspect-ratio of an image");
      const guide = await search.query("content security policy");
      const phrase = await search.query('aspect-ratio or content security policy, "waits at the hive"');
      const listed = await search.query("", { sort: { version: "desc" }, limit: 200 });
      const status = await search.status();
      await search.close();
      return { own, css, guide, phrase, listed, status };
    });
    expect(result.own.hits[0]!.url).toBe("/own/bees");
    expect(result.css.hits[0]).toMatchObject({
      url: "/other/css/aspect-ratio.html",
      attributes: { version: "fixtures" },
    });
    expect(result.guide.hits[0]!.attributes).toMatchObject({ version: "guide" });
    expect(result.phrase.hits[0]!.url).toBe("/own/bees");
    const versions = result.listed.hits.map(({ attributes }) => String(attributes["version"]));
    expect(new Set(versions)).toEqual(new Set(["own", "guide", "fixtures"]));
    expect(versions).toEqual([...versions].sort().reverse());
    expect(result.status.loaded).toHaveLength(2);
    expect(result.status.fallbacks).toEqual([]);
  });

  test("says what is wrong with an address, and leaves the search in use", async () => {
    const result = await inPage(async ({ createSearch }) => {
      const search = await createSearch({ name: "wrong" });
      const codes: string[] = [];
      for (const url of ["/nowhere/", "ftp://example.org/", "/site/"]) {
        await search.load(url).catch((error: { code: string }) => codes.push(error.code));
      }
      await search.load("/site/inkling/");
      await search.query("a", { sort: { colour: "asc" } }).catch((error: { code: string }) => codes.push(error.code));
      const { hits } = await search.query("worker", { mode: "words" });
      await search.close();
      return { codes, found: hits.length };
    });
    expect(result.codes).toEqual(["index/missing", "argument/option", "index/missing", "argument/sort"]);
    expect(result.found).toBeGreaterThan(0);
  });

  test("works under a strict content security policy", async () => {
    server.alter(/^\/strict$/, {
      headers: {
        "content-type": "text/html",
        "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'",
      },
      body: () => "<!doctype html><title>page</title><script type=module src=/dist/index.js></script>",
    });
    await page.goto(`${server.origin}/strict`);
    const found = await inPage(async ({ createSearch }) => {
      const search = await createSearch({ name: "strict" });
      await search.load("/site/inkling/");
      const { hits } = await search.query("memory", { mode: "words" });
      await search.close();
      return hits.length;
    });
    expect(found).toBeGreaterThan(0);
  });
});
