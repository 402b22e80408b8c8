import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as Library from "../../src/index.ts";
import { collectErrors, launchBrowser, waitForValue } from "./harness/browser.ts";
import { startSite, type TestSite } from "./harness/site.ts";

interface PageState {
  search: Library.Search;
  errors: string[];
  result?: Library.AddResult;
}

let browser: Browser;
let site: TestSite;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite()]);
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
  errors = collectErrors(page);
});

afterEach(async () => {
  expect(errors).toEqual([]);
  await page.context().close();
});

const opening = `<link rel="icon" href="data:,"><script type="module">
  import { createSearch, highlight } from "/dist/index.js";
  window.highlight = highlight;
  window.search = await createSearch({ name: "page", storage: "memory", model: null });
  window.errors = [];
  window.search.addEventListener("error", ({ error }) => window.errors.push(String(error)));
</script>`;

/** Opens a page at `/a`, or another path; its head and body are given. */
async function open(body: string, head = "<title>Page</title>", path = "/a"): Promise<void> {
  site.pages.set(path, {
    body: `<!doctype html><html lang="en"><head>${head}${opening}</head><body>${body}</body></html>`,
  });
  await page.goto(site.origin + path);
  await waitForValue(page, () => (window as unknown as PageState).errors !== undefined);
}

function addPage(options: Omit<Library.AddPageOptions, "root"> = {}): Promise<Library.AddResult> {
  return page.evaluate((given) => (window as unknown as PageState).search.addPage(given), options);
}

/** Urls and texts of what a query finds by words. */
function find(text: string): Promise<string[]> {
  return page.evaluate(async (query) => {
    const { hits } = await (window as unknown as PageState).search.query(query, { mode: "words" });
    return hits.map(({ url, passages }) => `${url.replace(location.origin, "")} ${passages[0]!.excerpt}`);
  }, text);
}

/** Waits until a query finds a page, or none. */
async function untilFound(text: string, url: string | null): Promise<void> {
  await page.evaluate(
    async ([query, wanted]) => {
      const { search } = window as unknown as PageState;
      for (;;) {
        const { hits } = await search.query(query, { mode: "words" });
        const found = hits.map((hit) => hit.url.replace(location.origin, ""));
        if (wanted === null ? found.length === 0 : found.includes(wanted)) return;
        await new Promise((done) => setTimeout(done, 30));
      }
    },
    [text, url] as const,
  );
}

describe("addPage", () => {
  test("adds the main content of the live page under its own address, as scripts have made it", async () => {
    await open('<nav>Menu of all</nav><main><h1>Tea</h1><p id="text">Old</p></main>');
    await page.evaluate(() => {
      document.querySelector("#text")!.textContent = "Pour boiling water over the leaves.";
      history.replaceState(null, "", "/a?utm_source=mail&x=1#text");
    });
    expect(await addPage()).toMatchObject({ added: 1, warnings: [] });
    expect(await find("boiling")).toEqual(["/a?x=1 Pour boiling water over the leaves."]);
    expect(await find("menu")).toEqual([]);
  });

  test("takes the canonical address, or the one that is given", async () => {
    await open("<main><p>Leaves and water.</p></main>", '<title>Tea</title><link rel="canonical" href="/tea">');
    await addPage();
    await addPage({ url: "tea-again" });
    expect((await find("leaves")).map((hit) => hit.split(" ")[0]!).toSorted()).toEqual(["/tea", "tea-again"]);
  });

  test("reads a part of the page as its content, and the title of the page", async () => {
    await open('<main><p>Not this.</p></main><aside lang="de"><h2 id="note">Notiz</h2><p>Nur hier.</p></aside>');
    const hit = await page.evaluate(async () => {
      const { search } = window as unknown as PageState;
      await search.addPage({ root: document.querySelector("aside")! });
      return (await search.query("nur hier")).hits[0];
    });
    expect(hit).toMatchObject({ title: "Page", passages: [{ section: "Notiz", anchor: "note" }] });
    expect(await find("not this")).toEqual([]);
  });

  test("reads open shadow roots with what is slotted into them, and not the library's own elements", async () => {
    await open(
      "<main><x-card>Light text<b slot='gone'>unslotted</b></x-card><inkling-search>Our own results</inkling-search></main>",
    );
    await page.evaluate(() => {
      const host = document.querySelector("x-card")!;
      host.attachShadow({ mode: "open" }).append(document.createElement("p"), document.createElement("slot"));
      host.shadowRoot!.firstElementChild!.textContent = "Shadow text";
    });
    await addPage();
    expect(await find("shadow text")).toEqual(["/a Shadow text\nLight text"]);
    expect([await find("unslotted"), await find("results")]).toEqual([[], []]);
  });

  test("gives no anchor that is not on the page, and finds the passage by its text all the same", async () => {
    await open("<main><h2>No anchor here</h2><p>Find me by my words.</p></main>");
    await addPage();
    const found = await page.evaluate(async () => {
      const { search } = window as unknown as PageState;
      const passage = (await search.query("find words", { mode: "words" })).hits[0]!.passages[0]!;
      const { highlight } = window as unknown as { highlight: typeof Library.highlight };
      return [passage.anchor, passage.section, highlight(passage)?.toString()];
    });
    expect(found).toEqual(["", "No anchor here", "Find me by my words."]);
  });

  test("finds rows of tables on the page, though they are indexed as sentences", async () => {
    await open(
      `<main><p>Before.</p><table><thead><tr><th>Plant</th><th>Days</th><th>Light</th></tr></thead><tbody>
       <tr><td>fern</td><td>3</td><td>shade: all day</td></tr>
       <tr><td>cactus</td><td>21</td><td>full sun</td></tr></tbody></table><p>After.</p></main>`,
    );
    await addPage();
    const found = await page.evaluate(async () => {
      const { search, highlight } = window as unknown as PageState & { highlight: typeof Library.highlight };
      const passage = (await search.query("cactus days", { mode: "words" })).hits[0]!.passages[0]!;
      const row = { ...passage, excerpt: "Plant: cactus; Days: 21; Light: full sun.", ranges: [[7, 13]] as const };
      const range = highlight(row);
      const words = [...CSS.highlights.get("inkling-match")!].map((match) => (match as Range).toString());
      return {
        excerpt: passage.excerpt,
        row: range?.toString().replace(/\s+/g, " "),
        words,
        whole: highlight(passage) !== null,
      };
    });
    expect(found.excerpt).toContain("Plant: cactus; Days: 21; Light: full sun.");
    expect([found.row?.trim(), found.words, found.whole]).toEqual(["cactus21full sun", ["cactus"], true]);
  });

  test("takes out a page that asks not to be indexed, and says so", async () => {
    await open("<main><p>Secret plans.</p></main>");
    await addPage();
    await page.evaluate(() => {
      const meta = Object.assign(document.createElement("meta"), { name: "robots", content: "noindex" });
      document.head.append(meta);
    });
    const result = await addPage();
    expect(result).toMatchObject({ added: 0, replaced: 0 });
    expect(result.warnings).toMatchObject([
      { code: "page/skipped", message: "The page is not indexed: robots noindex." },
    ]);
    expect(await find("secret")).toEqual([]);
  });

  test("names what is no option", async () => {
    await open("<p>Text.</p>");
    const codes = await page.evaluate(async () => {
      const { search } = window as unknown as PageState;
      const wrong = [{ root: {} }, { url: "" }, { watch: "yes" }, { url: 7 }] as unknown as Library.AddPageOptions[];
      return Promise.all(
        wrong.map((options) => search.addPage(options).catch((error: { code: string }) => error.code)),
      );
    });
    expect(codes).toEqual(Array(4).fill("argument/option"));
  });

  test("rejects where the worker cannot be started, and where the search is closed", async () => {
    await open("<p>Text.</p>");
    const codes = await page.evaluate(async () => {
      const { search } = window as unknown as PageState;
      const code = (error: { code: string }): string => error.code;
      const started = await search.addPage({ workerUrl: "/not-here.js" }).catch(code);
      await search.close();
      return [started, await search.addPage().catch(code)];
    });
    expect(codes).toEqual(["worker/start", "search/closed"]);
    expect(errors.filter((error) => !error.includes("404"))).toEqual([]);
    (errors as string[]).length = 0;
  });

  test("reads a large page in small slices, and lets it work between them", async () => {
    await open("<main id='main'></main>");
    const measured = await page.evaluate(async () => {
      const main = document.querySelector("#main")!;
      for (let i = 0; i < 20_000; i++) {
        const paragraph = document.createElement("p");
        paragraph.append(`Line ${i} of a page that is `, document.createElement("b"));
        paragraph.lastElementChild!.textContent = "very long";
        main.append(paragraph);
      }
      // Why counted and not timed: how long a slice takes depends on what else the machine does.
      const slices: number[] = [];
      let turns = 0;
      const post = Worker.prototype.postMessage as (this: Worker, ...args: unknown[]) => void;
      Worker.prototype.postMessage = function (this: Worker, ...args: unknown[]): void {
        const { path, argumentList } = args[0] as { path?: string[]; argumentList?: { value: unknown[] }[] };
        if (path?.[0] === "write") slices.push(argumentList![0]!.value.length);
        post.apply(this, args);
      };
      const wait = window.requestIdleCallback.bind(window);
      window.requestIdleCallback = (callback, options) => {
        turns++;
        return wait(callback, options);
      };
      const { search } = window as unknown as PageState;
      const { passages } = await search.addPage();
      return {
        passages,
        turns,
        steps: slices.reduce((sum, steps) => sum + steps, 0),
        slices: slices.length,
        longest: Math.max(...slices),
      };
    });
    expect(measured.passages).toBeGreaterThan(300);
    expect(measured.steps).toBeGreaterThan(120_000);
    expect(measured.longest).toBeLessThanOrEqual(1500);
    expect(measured.slices).toBeGreaterThanOrEqual(80);
    expect(measured.turns).toBe(measured.slices);
  });
});

describe("a page that is watched", () => {
  test("is read again when its content changes, and when it is taken away", async () => {
    await open("<main><h1>Notes</h1><p id='text'>First version.</p></main>");
    expect(await addPage({ watch: true })).toMatchObject({ added: 1 });
    await page.evaluate(() => (document.querySelector("#text")!.firstChild as Text).replaceData(0, 5, "Second"));
    await untilFound("second", "/a");
    expect(await find("first")).toEqual([]);
    await page.evaluate(() => document.querySelector("#text")!.setAttribute("hidden", ""));
    await untilFound("second", null);
    await page.evaluate(() => document.querySelector("main")!.replaceChildren());
    await untilFound("notes", null);
    expect(await page.evaluate(() => (window as unknown as PageState).errors)).toEqual([]);
  });

  test.each([
    ["with the Navigation API", ""],
    [
      "without it",
      "<script>delete window.navigation; Object.defineProperty(window, 'navigation', { value: undefined });</script>",
    ],
  ])("keeps each route of an app under its own address, %s", async (_, head) => {
    await open("<main><p>Page of apples.</p></main>", `<title>A</title><link rel="canonical" href="/a">${head}`);
    await addPage({ watch: true });
    await page.evaluate(async () => {
      history.pushState(null, "", "/b");
      // An app shows the new address first, and its content later.
      await new Promise((done) => setTimeout(done, 1200));
      document.title = "B";
      document
        .querySelector("main")!
        .replaceChildren(Object.assign(document.createElement("p"), { textContent: "Page of pears." }));
    });
    await untilFound("pears", "/b");
    expect(await find("apples")).toEqual(["/a Page of apples."]);
    await page.evaluate(() => history.back());
    await page.evaluate(() => document.querySelector("main")!.replaceChildren("Page of plums."));
    await untilFound("plums", "/a");
    expect(await find("apples")).toEqual([]);
    expect((await find("pears")).map((hit) => hit.split(" ")[0])).toEqual(["/b"]);
  });

  test("does not take the page before for the one that is still to come", async () => {
    await open("<main><p>Page of apples.</p></main>");
    await addPage({ watch: true });
    await page.evaluate(async () => {
      history.pushState(null, "", "/slow");
      await new Promise((done) => setTimeout(done, 2500));
    });
    expect((await find("apples")).map((hit) => hit.split(" ")[0])).toEqual(["/a"]);
  });

  test("sees what is changed in shadow roots, and elements that are defined later", async () => {
    await open("<main><p>Start.</p><x-late></x-late></main>");
    await addPage({ watch: true });
    await page.evaluate(() =>
      customElements.define(
        "x-late",
        class extends HTMLElement {
          connectedCallback(): void {
            this.attachShadow({ mode: "open" }).append("Defined at last.");
          }
        },
      ),
    );
    await untilFound("defined", "/a");
    await page.evaluate(() => document.querySelector("x-late")!.shadowRoot!.replaceChildren("Changed inside."));
    await untilFound("inside", "/a");
  });

  test("is read although it changes for ever, and is left time to do so", async () => {
    await open("<main><p>Clock: <b id='clock'>0</b></p><p id='late'></p></main>");
    await addPage({ watch: true });
    const turns = await page.evaluate(async () => {
      let count = 0;
      const tick = (): void => {
        document.querySelector("#clock")!.textContent = String(count++);
        setTimeout(tick, 4);
      };
      tick();
      document.querySelector("#late")!.textContent = "Still noticed.";
      const before = count;
      const { search } = window as unknown as PageState;
      const started = performance.now();
      while ((await search.query("noticed", { mode: "words" })).hits.length === 0) {
        if (performance.now() - started > 20_000) return "never read";
        await new Promise((done) => setTimeout(done, 50));
      }
      return count - before > 50 ? "read" : `the page stood still: ${count - before}`;
    });
    expect(turns).toBe("read");
  });

  test.each(["signal", "close"])("is left alone after %s", async (how) => {
    await open("<main><p>Before.</p></main>");
    const found = await page.evaluate(async (end) => {
      const { search } = window as unknown as PageState;
      const controller = new AbortController();
      await search.addPage({ watch: true, signal: controller.signal });
      const generation = (await search.status()).generation;
      if (end === "close") await search.close();
      else controller.abort();
      document.querySelector("main")!.textContent = "After.";
      history.pushState(null, "", "/after");
      await new Promise((done) => setTimeout(done, 1500));
      return end === "close" ? "closed" : (await search.status()).generation - generation;
    }, how);
    expect(found).toBe(how === "close" ? "closed" : 0);
    expect(await page.evaluate(() => (window as unknown as PageState).errors)).toEqual([]);
  });

  test("rests in the back/forward cache, and reads what was changed when it comes back", async () => {
    await open("<main><p>Before.</p></main>");
    await addPage({ watch: true });
    // Why sent by hand: a driven browser keeps no pages in that cache.
    await page.evaluate(async () => {
      dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      document.querySelector("main")!.textContent = "While away.";
      await new Promise((done) => setTimeout(done, 1200));
    });
    expect(await find("away")).toEqual([]);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await untilFound("away", "/a");
  });
});
