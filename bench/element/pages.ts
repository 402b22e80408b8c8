import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer, type TestServer } from "../../tests/browser/harness/server.ts";

const root = new URL("../../", import.meta.url);
const partsOfPage = 8;

/** Paragraphs of the user guide: real sentences to make pages of. */
async function readParagraphs(): Promise<string[]> {
  const folder = new URL("docs/guide/", root);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".md")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  return texts.flatMap((text) => text.split(/\n\n+/)).filter((part) => /^[A-Z]/.test(part) && part.length > 80);
}

const toHtml = (text: string): string => text.replace(/[&<]/g, (character) => `&#${character.charCodeAt(0)};`);

function makePage(paragraphs: readonly string[], number: number): string {
  const parts = Array.from({ length: partsOfPage }, (_, part) => {
    const text = paragraphs[(number * 7 + part * 13) % paragraphs.length] ?? "";
    return `<h2 id="part-${part}">Part ${part}</h2><p>${toHtml(text)} (${number})</p>`;
  });
  return `<!doctype html><html lang="en"><title>Page ${number}</title><main><h1>Page ${number}</h1>${parts.join("")}</main>`;
}

/** A page with a search element, which a script has given an empty index, and nothing to search by itself. */
const startPage = `<!doctype html><html lang="en"><title>Start</title><link rel="icon" href="data:,">
<script type="module" src="/lib/inkling.js"></script><inkling-search></inkling-search><main><h1>Start</h1></main>
<script type="module">import { createSearch } from "/lib/index.js";
window.search = createSearch({ name: "site", storage: "memory" });
document.querySelector("inkling-search").search = window.search;</script>`;

/** A site on a server of its own. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves so many pages with a sitemap, `/start.html` with an element, and the built library under `/lib/`. */
export async function serveSite(pages: number): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-bench-"));
  const paragraphs = await readParagraphs();
  await mkdir(join(folder, "site"));
  await writeFile(join(folder, "start.html"), startPage);
  for (let number = 0; number < pages; number++)
    await writeFile(join(folder, `site/${number}.html`), makePage(paragraphs, number));
  const server: TestServer = await startServer({
    folders: { "/": folder, "/lib/": fileURLToPath(new URL("dist", root)) },
  });
  const locations = Array.from({ length: pages }, (_, i) => `<url><loc>${server.origin}/site/${i}.html</loc></url>`);
  await writeFile(join(folder, "sitemap.xml"), `<urlset>${locations.join("")}</urlset>`);
  return {
    origin: server.origin,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
