import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { holdBack, startServer, type TestServer } from "../harness/server.ts";
import { type Tab, useBrowser } from "../harness/use-browser.ts";
import {
  ask,
  fieldOf,
  findXylophones,
  htmlOf,
  openDialog,
  openHtml,
  readLanding,
  serveArticles,
  xylophones,
} from "./harness.ts";

const dist = fileURLToPath(new URL("../../../dist", import.meta.url));

/** Holds a site with an index in pieces, `docs/`, made by the first test that needs it. */
let folder: string | null = null;

const here = useBrowser(serveArticles);

afterAll(async () => {
  if (folder !== null) await rm(folder, { recursive: true, force: true });
});

async function buildPieces(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "inkling-pieces-"));
  const main = '<main><h1>The garden</h1><h2 id="compost">Compost</h2><p>Turn the compost heap with a fork.</p></main>';
  await mkdir(join(made, "docs/deep"), { recursive: true });
  await writeFile(join(made, "docs/deep/garden.html"), htmlOf(`<inkling-search></inkling-search>${main}`));
  await promisify(execFile)(process.execPath, [join(dist, "cli.js"), "build", "docs", "--pieces"], { cwd: made });
  return made;
}

/** Runs with a server of the articles that has the index in pieces as well, under `/docs/inkling/` or another address. */
async function withPieces(run: (site: TestServer) => Promise<void>, at = "/docs/inkling/"): Promise<void> {
  folder ??= await buildPieces();
  const folders = { "/docs/": join(folder, "docs"), [at]: join(folder, "docs/inkling"), "/lib/": dist };
  const site = await startServer({ folders });
  await run(site).finally(() => site.close());
}

/** Opens a page of a site. */
function openOn(site: TestServer, html: string): Promise<Tab> {
  return openHtml({ ...here, server: site, open: (path) => here.open(site.origin + path) }, html);
}

/** What the console said of ours, by code. */
const codesOf = ({ errors }: Tab): string[] => errors.flatMap((text) => /^Inkling (\S+):/.exec(text)?.[1] ?? []);

const cannotLoad = "What can be searched could not be loaded.";

describe("a source by attribute", () => {
  test("page: this page alone, nothing is stored", async () => {
    const { page, errors, requests } = await openHtml(here, htmlOf(xylophones("page")));
    await findXylophones(page);
    expect(await page.getByRole("option").count()).toBe(1);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    expect(requests.filter((path) => !path.startsWith("/lib/"))).toEqual(["/page.html"]);
    expect(errors).toEqual([]);
  });

  test("sitemap: the pages it names, and how far reading is", async () => {
    const letModelCome = holdBack(here.server, /model\.safetensors$/);
    const letPageCome = holdBack(here.server, /^\/slow\.html/, {
      headers: { "content-type": "text/html" },
      body: () => htmlOf("<main><h1>Slow</h1><p>A page about snails.</p></main>", ""),
    });
    const urls = ["tea.html", "bicycle.html", "garden.html", "slow.html"].map(
      (path) => `<url><loc>${here.server.origin}/${path}</loc></url>`,
    );
    const restore = here.server.alter(/^\/sitemap\.xml/, {
      headers: { "content-type": "application/xml" },
      body: () =>
        `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join("")}</urlset>`,
    });
    const { page } = await openHtml(here, htmlOf(xylophones('sitemap="/sitemap.xml"')));
    const modelRead = page.waitForEvent("requestfinished", (request) => request.url().endsWith(".safetensors"));
    const note = page.locator("[part=note]");
    await openDialog(page);
    await fieldOf(page).fill("snails");
    try {
      // Why both orders: the last of the pages and the rest of the model may come first, and neither may hide the other for good.
      await note.filter({ hasText: /Reading page 3 of 4|Loading the language model/ }).waitFor();
      letModelCome();
      await modelRead;
      await note.filter({ hasText: "Reading page 3 of 4" }).waitFor();
    } finally {
      letModelCome();
      letPageCome();
    }
    await page.getByRole("option").filter({ hasText: "snails" }).first().waitFor();
    await note.filter({ hasText: "Reading" }).waitFor({ state: "detached" });
    await ask(fieldOf(page), "compost heap");
    await page.getByRole("option").filter({ hasText: "fork" }).first().click();
    await page.waitForURL((url) => url.pathname === "/garden.html");
    restore();
  });

  test("sitemap that is not there: the visitor reads that nothing could be loaded, the console has the code", async () => {
    const tab = await openHtml(here, htmlOf(xylophones('sitemap="/none.xml"')));
    await openDialog(tab.page);
    await tab.page.getByText(cannotLoad).first().waitFor();
    expect(codesOf(tab)).toEqual(["site/unreachable"]);
  });

  test("index: an index in pieces, whose addresses are relative to the folder it is in", () =>
    withPieces(async (site) => {
      const { page, requests, errors } = await openOn(
        site,
        htmlOf('<inkling-search index="/docs/inkling/"></inkling-search>'),
      );
      await openDialog(page);
      await ask(fieldOf(page), "compost heap");
      await page.locator("[part=note]").filter({ hasText: "by words and meaning" }).waitFor();
      expect(requests.filter((path) => path.endsWith(".safetensors"))).toEqual([]);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.pathname === "/docs/deep/garden.html");
      expect(await readLanding(page)).toContain("compost heap");
      expect(errors).toEqual([]);
    }));

  test("index that is not there: the visitor reads that it could not be loaded, the console has the code", async () => {
    const tab = await openHtml(here, htmlOf('<inkling-search index="/none/"></inkling-search>'));
    await openDialog(tab.page);
    await tab.page.getByText(cannotLoad).first().waitFor();
    expect(codesOf(tab)).toEqual(["index/missing"]);
  });

  test.each<[string, (entry: string) => string, string]>([
    ["of a newer version", (entry) => entry.replace(/"format":\d+/, '"format":99'), "index/newer-format"],
    ["that is damaged", (entry) => entry.replace(/"words":"[^"]*"/, '"words":"?"'), "index/format"],
  ])("index %s: the visitor reads that it could not be loaded, the console has the code", (_, change, code) =>
    withPieces(async (site) => {
      site.alter(/inkling-pieces\.json/, { body: (bytes) => change(bytes.toString()) });
      const tab = await openOn(site, htmlOf('<inkling-search index="/docs/inkling/"></inkling-search>'));
      await openDialog(tab.page);
      await tab.page.getByText(cannotLoad).first().waitFor();
      expect(codesOf(tab)).toEqual([code]);
    }),
  );
});

describe("with nothing given", () => {
  const links = '<a href="/tea.html">Tea</a> <a href="/garden.html">Garden</a>';

  test("the index at the default place is searched, and no page is read", () =>
    withPieces(async (site) => {
      const { page, requests } = await openOn(
        site,
        htmlOf(`${xylophones()}<a href="/docs/deep/garden.html">Garden</a>`),
      );
      await openDialog(page);
      await ask(fieldOf(page), "compost heap");
      expect(requests).toContain("/inkling/inkling-pieces.json");
      expect(requests).not.toContain("/lib/crawl-worker.js");
    }, "/inkling/"));

  test("this page and those that it leads to are searched, where there is no index", async () => {
    const { page } = await openHtml(here, htmlOf(`${xylophones()}${links}`));
    await findXylophones(page);
    await fieldOf(page).fill("compost heap");
    await page.getByRole("option").filter({ hasText: "fork" }).first().waitFor();
  });

  test("the same where the index cannot be read, and the console says why", () =>
    withPieces(async (site) => {
      site.alter(/inkling-pieces\.json/, { body: () => "{}" });
      const tab = await openOn(site, htmlOf(xylophones()));
      await findXylophones(tab.page);
      expect(codesOf(tab)).toEqual(["index/format"]);
    }, "/inkling/"));

  test("only this page is read where the visitor saves data", async () => {
    await here.context.addInitScript(() =>
      Object.defineProperty(navigator, "connection", { value: { saveData: true } }),
    );
    const { page } = await openHtml(here, htmlOf(`${xylophones()}${links}`));
    const before = here.server.requests.length;
    await findXylophones(page);
    await page.locator("[part=progress]").waitFor({ state: "hidden" });
    expect(here.server.requests.slice(before).filter(({ path }) => /tea|garden/.test(path))).toEqual([]);
  });
});

describe("elements that ask for", () => {
  const box = (attributes: string): string =>
    `<inkling-box ${attributes} shortcut="none" label="Box"></inkling-box><p>Text about xylophones.</p>`;

  /** Asks in a dialog and in a box, and gives the number of workers that were started. */
  async function countWorkers(attributes: string): Promise<number> {
    const { page, requests } = await openHtml(here, htmlOf(`${xylophones("page")}${box(attributes)}`));
    await findXylophones(page);
    await page.keyboard.press("Escape");
    await ask(page.getByRole("combobox", { name: "Box" }), "xylophones");
    return requests.filter((path) => path === "/lib/worker.js").length;
  }

  test("the same share one search", async () => {
    expect(await countWorkers("page")).toBe(1);
  });

  test("indexes of other names have one each", async () => {
    expect(await countWorkers('page name="other"')).toBe(2);
  });
});
