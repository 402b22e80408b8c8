import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { SiteResult } from "../../src/index.ts";
import { engines, openIn, startSink } from "./harness/engines.ts";
import { prose, startSite } from "./harness/site.ts";

/** What the page below sends. */
interface Outcome {
  readonly failure?: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Of readings that failed while the page was watched. */
  readonly errors: readonly string[];
  readonly crawls: readonly SiteResult[];
}

/** Reads its page, goes on to another route, and crawls the site twice. */
const script = (sink: string): string => `
  const outcome = { crawls: [], errors: [] };
  try {
    const { createSearch } = await import("/dist/index.js");
    const search = await createSearch({ name: "engines", model: null });
    search.addEventListener("error", ({ error }) => outcome.errors.push(String(error)));
    const find = async (text) => (await search.query(text, { mode: "words" })).hits.map(({ url }) => new URL(url).pathname);
    await search.addPage({ watch: true });
    outcome.before = await find("apples");
    history.pushState(null, "", "/next");
    document.querySelector("main").textContent = "Page of pears.";
    const end = Date.now() + 20_000;
    while ((outcome.after = await find("pears")).length === 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
    for (let i = 0; i < 2; i++) outcome.crawls.push(await search.addSite(undefined, { delayMs: 0 }));
    await search.close();
  } catch (error) {
    outcome.failure = String(error.code) + ": " + error;
  }
  await fetch(${JSON.stringify(sink)}, { method: "POST", body: JSON.stringify(outcome) });`;

describe.each(engines)("$name", (engine) => {
  const reason = engine.command === null ? " (skipped: it is not on this machine)" : "";

  test.skipIf(engine.command === null)(`reads its page, a route, and a site twice${reason}`, async () => {
    const [site, sink] = await Promise.all([
      startSite({
        "/robots.txt": {
          headers: { "content-type": "text/plain" },
          body: "Sitemap: /map.xml.gz\nUser-agent: *\nDisallow: /private",
        },
        "/tea": { headers: { etag: '"1"' }, body: prose("Tea", "Pour boiling water over the leaves.") },
        "/bike": { headers: { etag: '"2"' }, body: prose("Bike", "Glue a patch on the inner tube.") },
      }),
      startSink(),
    ]);
    const urls = ["/tea", "/bike", "/private/diary"].map((path) => `<url><loc>${site.origin}${path}</loc></url>`);
    site.pages.set("/map.xml.gz", {
      headers: { "content-type": "application/gzip" },
      body: gzipSync(`<urlset>${urls.join("")}</urlset>`),
    });
    site.pages.set("/start", {
      body: `<!doctype html><title>A</title><main>Page of apples.</main><script type="module">${script(sink.url)}</script>`,
    });
    try {
      const outcome = (await openIn(engine, `${site.origin}/start`, sink.result)) as Outcome;
      expect([outcome.failure, outcome.errors]).toEqual([undefined, []]);
      expect([outcome.before, outcome.after]).toEqual([["/start"], ["/next"]]);
      expect(outcome.crawls).toMatchObject([
        { state: "done", added: 2, unchanged: 0, failed: [] },
        { state: "done", added: 0, unchanged: 2, failed: [] },
      ]);
      const asked = site.requests.filter(({ path }) => path === "/tea").map(({ status }) => status);
      expect(asked).toEqual([200, 304]);
      expect(site.requests.map(({ path }) => path)).not.toContain("/private/diary");
    } finally {
      sink.close();
      await site.close();
    }
  });
});
