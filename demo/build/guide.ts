import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readFrontMatter } from "./front-matter.ts";
import type { Site, SiteAssets, SitePage } from "./site-page.ts";

const guideFolder: string = fileURLToPath(new URL("../../docs/guide/", import.meta.url));

/** A page of the guide, as written. */
export interface GuidePage extends SitePage {
  /** File name without `.md`. */
  readonly name: string;
  readonly order: number;
  /** The whole file. */
  readonly source: string;
}

async function readPage(file: string): Promise<GuidePage> {
  const source = await readFile(guideFolder + file, "utf8");
  const { values, markdown } = readFrontMatter(source);
  const name = file.replace(/\.md$/, "");
  const value = (key: string): string => {
    const found = values.get(key);
    if (!found)
      throw new Error(`${file} has no ${key}: begin it with --- and a title, description, group and order, then ---`);
    return found;
  };
  const script = values.get("script");
  return {
    name,
    url: `${name}.html`,
    title: value("title"),
    description: value("description"),
    group: value("group"),
    order: Number(value("order")),
    source,
    markdown,
    ...(script === undefined ? {} : { script }),
  };
}

/** Gives the pages of the guide in reading order. */
export async function readGuide(): Promise<GuidePage[]> {
  const files = (await readdir(guideFolder)).filter((file) => file.endsWith(".md"));
  const pages = await Promise.all(files.map(readPage));
  return pages.toSorted((a, b) => a.order - b.order);
}

/** Questions offered on the first page. */
const examples = [
  "does what my readers type get sent anywhere?",
  "why did the second visit not compute anything?",
  "what if someone has the site open in two tabs?",
  "argument/duplicate-url",
];

/** Gives the site of the guide, which its own script indexes in the visitor's browser. */
export function describeGuide(pages: readonly SitePage[], assets: SiteAssets, content: string): Site {
  return {
    name: "Inkling",
    label: "Search the guide",
    title: (page) => (page.url === "index.html" ? "Inkling: search that lives in the page" : `${page.title} · Inkling`),
    assets,
    content,
    searchAttributes: () => 'name="inkling-guide"',
    listedWith: () => pages,
    examples,
    footer: `<p>This page searches itself: the guide was read and indexed in your browser, and nothing you type leaves it.</p>
<p id="index-status" data-index-status data-state="waiting">The index is not open yet.</p>`,
  };
}
