import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildContentSite } from "../../demo/build.mjs";
import { serveFolder } from "../../demo/server.mjs";
import { collectErrors, launchBrowser } from "../browser/harness/browser.ts";
import { readResults, waitForAnswer, writeFiles } from "./site.ts";

const files: Readonly<Record<string, string>> = {
  "README.md": "# Our zoo\n\nVisitors come by tram. See [the otters](animals/otters.md#food).\n",
  "animals/otters.md":
    "---\ntitle: Otters & friends\n---\n\nThey hold hands in the water.\n\n## Food\n\nFish, crabs and mussels, four times a day.\n",
  "animals/seals.mdx":
    'import { Card } from "./card.js";\n\n# Seals\n\nexport const pups = 3;\n\n<Card title="Pups">\n\nThey bask on the warm rocks beside the [otters](otters.md).\n\n</Card>\n',
  "animals/no title.md": "Nothing but <b>text</b> on [more](#).\n",
  "animals/ferrets.html":
    "<!doctype html><html lang=en><title>Ferrets</title><link rel=icon href=data:,><body><main><h1>Ferrets</h1><p>A business of ferrets dozes in hammocks.</main>" +
    "<script>document.title = document.title + '!'</script></body></html>",
  "animals/latin1.htm": "<title>Caf\xe9</title><meta charset=latin1><main><p>Caf\xe9 for keepers",
  "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
  ".hidden/secret.md": "# Secret\n\nxylophone",
  "node_modules/package/readme.md": "# Package\n\nxylophone",
};

let folder: string;
let site: Awaited<ReturnType<typeof buildContentSite>>;
let server: Awaited<ReturnType<typeof serveFolder>>;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zoo-"));
  await writeFiles(folder, files);
  site = await buildContentSite(folder);
  server = await serveFolder(site.folder, { policy: null });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  for (const each of [folder, site?.folder]) if (each) await rm(each, { recursive: true, force: true });
});

/** Asks on a page and gives the addresses of the options. */
async function ask(page: Page, question: string): Promise<string[]> {
  await page.locator("inkling-search").getByRole("button").click();
  await page.getByRole("combobox").fill(question);
  await waitForAnswer(page, question);
  await page.getByRole("option").first().waitFor();
  return (await readResults(page)).map(({ href }) => href);
}

describe("a site of somebody's own pages", () => {
  test.each([
    ["index.html", "how often do they eat fish", "./animals/otters.html#food"],
    ["animals/otters.html", "a nap in hammocks", "./animals/ferrets.html"],
    ["animals/ferrets.html", "how to get there by tram", "./README.html"],
    ["README.html", "who basks on warm rocks", "./animals/seals.html"],
  ])("%s finds pages of HTML and of Markdown", async (start, question, expected) => {
    const page = await browser.newPage();
    const errors = collectErrors(page);
    await page.goto(server.url + start);
    expect((await ask(page, question))[0]).toContain(expected);
    await page.getByRole("option").first().click();
    await page.waitForURL((url) => url.href.startsWith(new URL(expected, server.url).href.split("#")[0]!));
    expect(errors).toEqual([]);
    await page.close();
  });

  test("has a first page that lists all others, where the folder has none", async () => {
    const page = await browser.newPage();
    await page.goto(server.url);
    const links = await page
      .locator("article a")
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
    expect(links.map((href) => decodeURIComponent(href.slice(server.url.length))).toSorted()).toEqual([
      "README.html",
      "animals/ferrets.html",
      "animals/latin1.htm",
      "animals/no title.html",
      "animals/otters.html",
      "animals/seals.html",
    ]);
    for (const href of links) expect((await fetch(href)).status).toBe(200);
    await page.close();
  });

  test("shows of MDX the text around its modules and components", async () => {
    const html = await readFile(join(site.folder, "animals/seals.html"), "utf8");
    expect(html).toContain('<p>They bask on the warm rocks beside the <a href="otters.html">otters</a>.</p>');
    expect(html).not.toMatch(/import \{|export const|<Card/i);
  });

  test("leaves pages of HTML as they are but for the search, byte by byte", async () => {
    const bytes = await readFile(join(site.folder, "animals/latin1.htm"));
    expect(bytes.toString("latin1")).toContain(files["animals/latin1.htm"]);
    const page = await browser.newPage();
    await page.goto(`${server.url}animals/ferrets.html`);
    expect(await page.title()).toBe("Ferrets!");
    expect(await page.locator("inkling-search").count()).toBe(1);
    await page.close();
  });

  test("copies other files, and leaves out what is hidden or not the site's own", async () => {
    expect(await readFile(join(site.folder, "picture.svg"), "utf8")).toBe(files["picture.svg"]);
    const names = (await readdir(site.folder, { recursive: true })).join("\n");
    expect(names).not.toMatch(/secret|node_modules/);
    expect(site.summary).toContain("6 pages");
  });

  test("changes nothing in the folder", async () => {
    expect((await readdir(folder)).toSorted()).toEqual([
      ".hidden",
      "README.md",
      "animals",
      "node_modules",
      "picture.svg",
    ]);
  });
});

describe("what is no folder of pages", () => {
  test.each([
    ["README.md", /is no folder/],
    ["gone", /is no folder/],
    [".hidden/empty", /has no page/],
  ])("%s is refused, and leaves nothing behind", async (name, reason) => {
    await mkdir(join(folder, ".hidden/empty"), { recursive: true });
    // Why: others may make folders in the usual place meanwhile.
    const work = await mkdtemp(join(tmpdir(), "inkling-work-"));
    vi.stubEnv("TMPDIR", work);
    try {
      await expect(buildContentSite(join(folder, name))).rejects.toThrow(reason);
      expect((await readdir(work)).filter((each) => each.startsWith("inkling-content-"))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(work, { recursive: true, force: true });
    }
  });
});
