import { constants } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
// Why this import: what is shown of MDX must be what the command line finds in it.
// oxlint-disable-next-line no-restricted-imports
import { mdxToMarkdown } from "../../cli/extract/mdx.ts";
import { readFrontMatter } from "./front-matter.ts";
import { escapeHtml } from "./markdown.ts";
import { encodeAddress, renderPage, toRoot } from "./page.ts";
import type { Site, SiteAssets, SitePage } from "./site-page.ts";

/** Folder of the index within a site that is made of a folder of pages. */
export const indexFolder = "search-index";

/** Most pages of a folder that the navigation lists. */
const maxListed = 200;

/** A folder of somebody's own pages, as read. Paths are relative to it. */
export interface ContentFolder {
  readonly path: string;
  readonly htmlFiles: readonly string[];
  /** What its files of Markdown become. */
  readonly pages: readonly SitePage[];
  /** All other files: pictures, scripts, styles. */
  readonly others: readonly string[];
}

/**
 * Reads a folder of pages. Names that begin with a dot and `node_modules` are left out.
 *
 * @throws where it has no page.
 */
export async function readContent(path: string): Promise<ContentFolder> {
  const files = await listFiles(path);
  const htmlFiles = files.filter((file) => /\.x?html?$/i.test(file));
  const markdownFiles = files.filter((file) => /\.(?:md|mdx|markdown)$/i.test(file));
  if (htmlFiles.length + markdownFiles.length === 0)
    throw new Error(`--content ${path} has no page: give a folder with files of HTML or Markdown.`);
  const taken = new Set(htmlFiles);
  const pages = await Promise.all(markdownFiles.map((file) => readMarkdownPage(path, file, taken)));
  const others = files.filter((file) => !taken.has(file) && !markdownFiles.includes(file));
  return { path, htmlFiles, pages, others };
}

/**
 * Writes a site of somebody's own pages: Markdown becomes pages like those of the guide; pages of HTML are taken as they are, with
 * the search element put in; all other files are copied.
 *
 * @param output - where to write, beside the built scripts of the site.
 */
export async function writeContent(content: ContentFolder, output: string, assets: SiteAssets): Promise<void> {
  const { path, htmlFiles, pages, others } = content;
  const hasFirstPage = [...htmlFiles, ...pages.map(({ url }) => url)].includes("index.html");
  const all = hasFirstPage ? pages : [listPages(content), ...pages];
  const site = describeContent(basename(path), all, assets);
  for (const page of all) await write(output, page.url, renderPage(page, site));
  for (const file of htmlFiles) {
    // Why: written back byte by byte, whatever the encoding is; what is put in is ASCII.
    const html = await readFile(join(path, file), "latin1");
    await write(output, file, putSearchIn(html, toRoot(file), assets), "latin1");
  }
  for (const file of others) await copy(join(path, file), join(output, file));
}

/** Gives the paths of all files below a folder, relative to it, in order. */
async function listFiles(folder: string, below = ""): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = below + entry.name;
    if (entry.isDirectory()) files.push(...(await listFiles(folder, `${path}/`)));
    else if (entry.isFile()) files.push(path);
  }
  return files.toSorted();
}

async function readMarkdownPage(folder: string, file: string, taken: ReadonlySet<string>): Promise<SitePage> {
  const { values, markdown } = readFrontMatter(await readFile(join(folder, file), "utf8"));
  const wanted = file.replace(/\.\w+$/, ".html");
  const name = basename(file).replace(/\.\w+$/, "");
  return {
    // Why: a page of HTML may have the same name.
    url: taken.has(wanted) ? `${file}.html` : wanted,
    title: values.get("title") ?? firstHeading(markdown) ?? name,
    description: values.get("description") ?? "",
    group: dirname(file) === "." ? basename(folder) : dirname(file),
    markdown: /\.mdx$/i.test(file) ? mdxToMarkdown(markdown) : markdown,
  };
}

function firstHeading(markdown: string): string | undefined {
  return /^#\s+(.+?)\s*#*\s*$/m.exec(markdown)?.[1]?.replace(/[`*_]/g, "");
}

/** The first page of a folder that has none: its pages by their folder. */
function listPages({ path, htmlFiles, pages }: ContentFolder): SitePage {
  const links = [
    ...pages.map(({ url, title }) => ({ url, title })),
    ...htmlFiles.map((url) => ({ url, title: url })),
  ].map(({ url, title }) => `<li><a href="./${encodeAddress(url)}">${escapeHtml(title)}</a></li>`);
  const title = basename(path);
  return {
    url: "index.html",
    title,
    description: `The pages of ${title}`,
    group: title,
    isUnsearched: true,
    markdown: `# ${title.replace(/[\\`*_[\]<>]/g, "\\$&")}\n\n<ul>${links.join("\n")}</ul>\n`,
  };
}

function describeContent(name: string, pages: readonly SitePage[], assets: SiteAssets): Site {
  const byGroup = new Map<string, SitePage[]>();
  for (const page of pages) byGroup.set(page.group, [...(byGroup.get(page.group) ?? []), page]);
  return {
    name,
    label: `Search ${name}`,
    title: (page) => (page.title === name ? name : `${page.title} · ${name}`),
    assets,
    content: null,
    searchAttributes: (root) => `index="${root}${indexFolder}/"`,
    listedWith: (page) => byGroup.get(page.group)!.slice(0, maxListed),
    examples: [],
    footer: "<p>Questions are answered in your browser, from an index of these pages.</p>",
  };
}

/** Gives a page of HTML with the search element in its upper corner, unless it has one. */
export function putSearchIn(html: string, root: string, { dropIn }: Pick<SiteAssets, "dropIn">): string {
  if (/<inkling-(?:search|box)[\s>]/i.test(html)) return html;
  const style = "position:fixed;top:.5rem;inset-inline-end:.5rem;z-index:1000";
  const tags =
    `<inkling-search index="${root}${indexFolder}/" style="${style}"></inkling-search>\n` +
    `<script type="module" src="${root}${dropIn}"></script>\n`;
  const end = /<\/body\s*>(?![\s\S]*<\/body\s*>)/i.exec(html)?.index ?? html.length;
  return html.slice(0, end) + tags + html.slice(end);
}

async function write(output: string, url: string, text: string, encoding: "utf8" | "latin1" = "utf8"): Promise<void> {
  const path = join(output, url);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, encoding);
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}
