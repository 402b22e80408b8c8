import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser, waitForValue } from "../harness/browser.ts";
import { startServer, type TestServer } from "../harness/server.ts";
import { ask, giveSearch, htmlOf, openTab, serveArticles, servePage, type Tab, waitUntilFilled } from "./harness.ts";

const dist = new URL("../../../dist/", import.meta.url);

let server: TestServer;
let other: TestServer;
let browser: Browser;
let context: BrowserContext;

const plainDialog =
  '<inkling-search></inkling-search><main><h1 id="heading">Start</h1><p>A page about xylophones.</p></main>';

beforeAll(async () => {
  server = await serveArticles();
  other = await serveArticles({ cors: true });
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ reducedMotion: "reduce" });
});

afterEach(() => context.close());

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), other?.close()]);
});

const open = async (page: Page): Promise<void> => {
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
};

/** Serves and opens a page. */
function openHtml(html: string, path = "/page.html"): Promise<Tab> {
  servePage(server, path, html);
  return openTab(context, server.origin + path);
}

describe("what is loaded", () => {
  test("is one small file, until the visitor goes for the search", async () => {
    const { page, requests, errors } = await openHtml(htmlOf(`${plainDialog}<inkling-box></inkling-box>`));
    await page.evaluate(() => customElements.whenDefined("inkling-search"));
    await page.waitForLoadState("networkidle");
    expect(requests).toEqual(["/page.html", "/lib/inkling.js"]);
    await page.getByRole("button", { name: /Search/ }).hover();
    await expect.poll(() => requests).toContain("/lib/element-panel.js");
    expect(requests.filter((path) => /worker|model|inkling\//.test(path))).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("comes when the button gets the focus, too", async () => {
    const { page, requests } = await openHtml(htmlOf(plainDialog));
    await page.keyboard.press("Tab");
    await expect.poll(() => requests).toContain("/lib/element-panel.js");
  });

  test("is in the language of the page", async () => {
    const { page, requests } = await openHtml(htmlOf(plainDialog, undefined, "de-AT"));
    await open(page);
    await page.getByRole("button", { name: "Schließen" }).waitFor();
    expect(requests).toContain("/lib/element-de.js");
    expect(requests).not.toContain("/lib/element-fr.js");
    await page.getByRole("combobox", { name: "Suchen" }).waitFor();
  });

  test("does not move the page", async () => {
    const { page } = await openHtml(htmlOf(`${plainDialog}${giveSearch}`));
    await waitUntilFilled(page);
    await open(page);
    await ask(page.getByRole("combobox"), "water");
    await page.keyboard.press("Escape");
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            resolve(
              list.getEntries().reduce((sum, entry) => sum + (entry as PerformanceEntry & { value: number }).value, 0),
            );
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(0), 300);
        }),
    );
    // Before the element is defined its button takes no room; nothing else may move.
    expect(shift).toBeLessThan(0.1);
  });
});

describe("when the rest cannot be loaded", () => {
  test("the visitor reads so, in the language of the page, and the next try works", async () => {
    const restore = server.alter(/element-panel/, { status: 404 });
    const { page, errors } = await openHtml(htmlOf(plainDialog, undefined, "fr"));
    await page.getByRole("button").click();
    await page.getByRole("alert").filter({ hasText: "La recherche n’a pas pu être chargée." }).waitFor();
    expect(errors.join()).toContain("Failed to fetch dynamically imported module");
    await page.getByRole("button").click();
    expect(await page.getByRole("alert").count()).toBe(1);
    restore();
  });

  test("a language that is missing is replaced by English", async () => {
    const restore = server.alter(/element-es/, { status: 404 });
    const { page } = await openHtml(htmlOf(plainDialog, undefined, "es"));
    await open(page);
    await page.getByRole("button", { name: "Close" }).waitFor();
    restore();
  });
});

describe("from another origin", () => {
  const head = (): string => `<script type="module" src="${other.origin}/lib/inkling.js"></script>`;

  test("one tag searches the page, with worker and model of the other host", async () => {
    const { page, errors } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", "<inkling-search page"), head()),
    );
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    await page
      .getByText(/by words and meaning/)
      .first()
      .waitFor();
    expect(errors).toEqual([]);
  });

  test("under the strictest policy that the guide names", async () => {
    const guide = await readFile(new URL("../../../docs/guide/drop-in.md", import.meta.url), "utf8");
    const policy = /```\n(default-src[^`]*)\n```/.exec(guide)![1]!.replaceAll("https://cdn.example", other.origin);
    servePage(server, "/csp.html", "");
    server.alter(/^\/csp\.html/, {
      headers: { "content-type": "text/html", "content-security-policy": `${policy}; img-src data:` },
      body: () => htmlOf(plainDialog.replace("<inkling-search", "<inkling-search page"), head()),
    });
    const { page, errors } = await openTab(context, `${server.origin}/csp.html`);
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    await page
      .getByText(/by words and meaning/)
      .first()
      .waitFor();
    expect(errors).toEqual([]);
  });

  test("two copies of the script are as good as one", async () => {
    const both = `${head()}<script type="module" src="/lib/inkling.js"></script><script type="module" src="/lib/element.js"></script>`;
    const { page, errors } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", "<inkling-search page"), both),
    );
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    expect(await page.getByRole("dialog").count()).toBe(1);
    expect(errors).toEqual([]);
  });
});

describe("where something is forbidden", () => {
  const withPage = plainDialog.replace("<inkling-search", "<inkling-search page");

  test("the worker: the visitor reads that search cannot run, the console has code and remedy", async () => {
    servePage(server, "/no-worker.html", "");
    server.alter(/^\/no-worker/, {
      headers: { "content-type": "text/html", "content-security-policy": "worker-src 'none'" },
      body: () => htmlOf(withPage),
    });
    const { page, errors } = await openTab(context, `${server.origin}/no-worker.html`);
    await open(page);
    await page.getByText("Search cannot run in this browser, or the site does not allow it to.").first().waitFor();
    expect(errors.join("\n")).toMatch(/Inkling worker\/start: .*Content Security Policy/);
    await page.keyboard.press("Escape");
    expect(await page.locator("#heading").isVisible()).toBe(true);
  });

  test("WebAssembly: everything is found all the same", async () => {
    servePage(server, "/no-wasm.html", "");
    server.alter(/^\/(?:no-wasm|lib\/worker)/, {
      headers: { "content-security-policy": "script-src 'self'" },
    });
    server.alter(/^\/no-wasm/, {
      headers: { "content-type": "text/html", "content-security-policy": "script-src 'self'" },
      body: () => htmlOf(withPage),
    });
    const { page } = await openTab(context, `${server.origin}/no-wasm.html`);
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
  });

  test("storage: nothing is remembered, and everything is found", async () => {
    await context.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException("Denied", "SecurityError");
          },
        });
      }
    });
    const { page, errors } = await openHtml(htmlOf(withPage));
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    await page.keyboard.press("Enter");
    await waitForValue(page, () => CSS.highlights.has("inkling-passage"));
    expect(errors).toEqual([]);
  });

  test("nearly everything, in a sandboxed frame: the visitor reads so, and the console says it once", async () => {
    const head = `<script type="module" src="${other.origin}/lib/inkling.js"></script>`;
    servePage(server, "/framed.html", htmlOf(withPage, head));
    const frameHtml = '<iframe sandbox="allow-scripts" src="/framed.html" width="600" height="500"></iframe>';
    const { page, errors } = await openHtml(htmlOf(frameHtml, ""));
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: /Search/ }).click();
    await frame.getByRole("combobox").fill("xylophones");
    // Browsers start no worker for a page without an origin of its own.
    await frame.getByText("Search cannot run in this browser").first().waitFor();
    expect(errors.filter((text) => text.startsWith("Inkling"))).toHaveLength(1);
    expect(await frame.locator("#heading").count()).toBe(1);
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
    const { page, errors } = await openHtml(htmlOf(`${hostile}${plainDialog}${giveSearch}`));
    await waitUntilFilled(page);
    await open(page);
    await ask(page.getByRole("combobox"), "compost heap");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/garden.html");
    expect(errors).toEqual([]);
  });

  test("which breaks what every script needs: the visitor reads so, and the page goes on", async () => {
    const broken = "<script>Array.prototype.map = () => { throw new Error('no map'); };</script>";
    const { page, errors } = await openHtml(htmlOf(`${broken}${plainDialog}`));
    await page.locator("inkling-search button").first().click();
    await page.locator("inkling-search [role=alert]").waitFor();
    expect(await page.locator("dialog").count()).toBe(0);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatch(/^Inkling .*no map/);
  });

  test("whose own scripts throw all the time", async () => {
    const throwing = "<script>setInterval(() => { throw new Error('page'); }, 5); onerror = () => true;</script>";
    const { page } = await openHtml(htmlOf(`${throwing}${plainDialog}${giveSearch}`));
    await waitUntilFilled(page);
    await open(page);
    await ask(page.getByRole("combobox"), "compost heap");
  });

  test("whose attributes mean nothing: defaults take their place, and the console says which", async () => {
    const attributes = 'page limit="many" base="http://[" texts="{" theme="pink" shortcut="/"';
    const { page, errors } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", `<inkling-search ${attributes}`)),
    );
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    const said = errors.join("\n");
    expect(said).toContain(
      'Inkling argument/option: The attribute `limit` is "many", expected a whole number from 1 to 100',
    );
    expect(said).toContain('Inkling argument/option: The attribute `base` is "http://["');
    expect(said).toContain("JSON");
  });

  test("whose facets are attributes of no page: answers come without them, and the console says which there are", async () => {
    const { page, errors } = await openHtml(
      htmlOf(`${plainDialog.replace("<inkling-search", '<inkling-search facets="colour"')}${giveSearch}`),
    );
    await waitUntilFilled(page);
    await open(page);
    await ask(page.getByRole("combobox"), "compost heap");
    await page.getByRole("combobox").fill("tomatoes");
    await page.getByRole("option").filter({ hasText: "March" }).first().waitFor();
    expect(errors).toEqual([expect.stringMatching(/Inkling argument\/facets: .*colour.*topic/)]);
  });

  test("whose root is no selector: the visitor reads that search is not set up", async () => {
    const { page, errors } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", '<inkling-search page root="!!"')),
    );
    await open(page);
    await page.getByText("Search is not set up properly on this page.").first().waitFor();
    expect(errors.join()).toContain('The attribute `root` is "!!"');
  });
});

describe("a source by attribute", () => {
  test("page: this page alone, nothing is stored", async () => {
    const { page, errors, requests } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", "<inkling-search page")),
    );
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    expect(await page.getByRole("option").count()).toBe(1);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect(requests.filter((path) => !path.startsWith("/lib/"))).toEqual(["/page.html"]);
    expect(errors).toEqual([]);
  });

  test("sitemap: the pages it names, while they are being read", async () => {
    const urls = ["tea.html", "bicycle.html", "garden.html"].map(
      (path) => `<url><loc>${server.origin}/${path}</loc></url>`,
    );
    server.alter(/^\/sitemap\.xml/, {
      headers: { "content-type": "application/xml" },
      body: () =>
        `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join("")}</urlset>`,
    });
    const { page } = await openHtml(
      htmlOf(plainDialog.replace("<inkling-search", '<inkling-search sitemap="/sitemap.xml"')),
    );
    await open(page);
    await ask(page.getByRole("combobox"), "compost heap");
    await page.getByRole("option").filter({ hasText: "fork" }).first().click();
    await page.waitForURL((url) => url.pathname === "/garden.html");
  });

  test("index: an index in pieces, whose addresses are relative to the folder it is in", async () => {
    const folder = await mkdtemp(join(tmpdir(), "inkling-pieces-"));
    const site = await startServer({ folders: { "/": folder, "/lib/": fileURLToPath(dist) } });
    try {
      const page =
        '<main><h1>The garden</h1><h2 id="compost">Compost</h2><p>Turn the compost heap with a fork.</p></main>';
      await mkdir(join(folder, "docs/deep"), { recursive: true });
      await writeFile(join(folder, "docs/deep/garden.html"), htmlOf(`<inkling-search></inkling-search>${page}`));
      await promisify(execFile)(
        process.execPath,
        [fileURLToPath(new URL("cli.js", dist)), "build", "docs", "--pieces"],
        { cwd: folder },
      );
      await writeFile(join(folder, "start.html"), htmlOf('<inkling-search index="/docs/inkling/"></inkling-search>'));
      const tab = await openTab(context, `${site.origin}/start.html`);
      await open(tab.page);
      await ask(tab.page.getByRole("combobox"), "compost heap");
      await tab.page
        .getByText(/by words and meaning/)
        .first()
        .waitFor();
      expect(tab.requests.filter((path) => path.endsWith(".safetensors"))).toEqual([]);
      await tab.page.keyboard.press("Enter");
      await tab.page.waitForURL((url) => url.pathname === "/docs/deep/garden.html");
      await waitForValue(tab.page, () => CSS.highlights.has("inkling-passage"));
      expect(tab.errors).toEqual([]);
    } finally {
      await site.close();
      await rm(folder, { recursive: true });
    }
  });

  test("an index that is not there: the visitor reads that it could not be loaded, the console has the code", async () => {
    const { page, errors } = await openHtml(htmlOf('<inkling-search index="/none/"></inkling-search>'));
    await open(page);
    await page.getByText("What can be searched could not be loaded.").first().waitFor();
    expect(errors.join("\n")).toContain("Inkling index/missing:");
  });

  test("nothing given: this page, and the pages that it leads to", async () => {
    const links = '<a href="/tea.html">Tea</a> <a href="/garden.html">Garden</a>';
    const { page } = await openHtml(htmlOf(`${plainDialog}${links}`));
    await open(page);
    await ask(page.getByRole("combobox"), "xylophones");
    await page.getByRole("combobox").fill("compost heap");
    await page.getByRole("option").filter({ hasText: "fork" }).first().waitFor();
  });

  test("two elements that ask for the same share one search", async () => {
    const { page, requests } = await openHtml(
      htmlOf(
        `<inkling-search page></inkling-search><inkling-box page shortcut="none" label="Box"></inkling-box><p>Text about xylophones.</p>`,
      ),
    );
    await open(page);
    await ask(page.getByRole("combobox", { name: "Search" }), "xylophones");
    await page.keyboard.press("Escape");
    await ask(page.getByRole("combobox", { name: "Box" }), "xylophones");
    expect(requests.filter((path) => path === "/lib/worker.js")).toHaveLength(1);
  });
});

describe("the scripts", () => {
  const sizeOf = async (name: string): Promise<number> =>
    gzipSync(await readFile(new URL(name, dist)), { level: 9 }).length;

  test("weigh 3 KB until the visitor comes, and 20 KB with the library", async () => {
    const [first, panel, library] = await Promise.all(["inkling.js", "element-panel.js", "index.js"].map(sizeOf));
    expect(first).toBeLessThanOrEqual(3 * 1024);
    expect(first! + panel! + library!).toBeLessThanOrEqual(20 * 1024);
    expect(await sizeOf("element.js")).toBeLessThanOrEqual(3 * 1024);
    for (const language of ["de", "es", "fr"]) expect(await sizeOf(`element-${language}.js`)).toBeLessThanOrEqual(1024);
  });

  test.each(["inkling.js", "element.js"])("%s does nothing where there is no browser", async (name) => {
    const code = `import(${JSON.stringify(new URL(name, dist).href)}).then((m) => console.log(Object.keys(m).join()))`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
      cwd: fileURLToPath(dist),
    });
    expect([stdout.trim(), stderr]).toEqual(["InklingBox,InklingSearch", ""]);
  });
});
