import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const guideFolder: string = fileURLToPath(new URL("../../docs/guide/", import.meta.url));

/** A page of the guide, as written. */
export interface GuidePage {
  /** File name without `.md`. */
  readonly name: string;
  /** Address relative to the site's root. */
  readonly url: string;
  readonly title: string;
  readonly description: string;
  /** Heading of its group in the navigation. */
  readonly group: string;
  readonly order: number;
  /** The whole file. */
  readonly source: string;
  /** The file without its front matter. */
  readonly markdown: string;
}

const frontMatter = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/;

function readFrontMatter(source: string, file: string): { values: Map<string, string>; markdown: string } {
  const block = frontMatter.exec(source);
  if (!block)
    throw new Error(`${file} has no front matter: begin it with --- and a title, description, group and order`);
  const values = new Map<string, string>();
  for (const line of (block[1] ?? "").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    values.set(
      line.slice(0, colon).trim(),
      line
        .slice(colon + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1"),
    );
  }
  return { values, markdown: source.slice(block[0].length) };
}

async function readPage(file: string): Promise<GuidePage> {
  const source = await readFile(guideFolder + file, "utf8");
  const { values, markdown } = readFrontMatter(source, file);
  const name = file.replace(/\.md$/, "");
  const value = (key: string): string => {
    const found = values.get(key);
    if (!found) throw new Error(`${file} has no ${key} in its front matter`);
    return found;
  };
  return {
    name,
    url: `${name}.html`,
    title: value("title"),
    description: value("description"),
    group: value("group"),
    order: Number(value("order")),
    source,
    markdown,
  };
}

/** Gives the pages of the guide in reading order. */
export async function readGuide(): Promise<GuidePage[]> {
  const files = (await readdir(guideFolder)).filter((file) => file.endsWith(".md"));
  const pages = await Promise.all(files.map(readPage));
  return pages.toSorted((a, b) => a.order - b.order);
}
