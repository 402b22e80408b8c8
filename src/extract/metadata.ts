import { isIgnoredWholly } from "./directives.ts";
import { normalizeDate } from "./dates.ts";
import { type LinkedObject, readLinkedData, textsOf } from "./json-ld.ts";
import { descend, type HtmlElement, textOf, wordsOf } from "./tree.ts";

/** What a page says about itself in its head, in `<time>`, by OpenGraph and by JSON-LD. Empty where it says nothing. */
export interface PageMetadata {
  /** Of `<title>`, else of OpenGraph, else of JSON-LD. */
  readonly title: string;
  readonly description: string;
  readonly image: string;
  /** As written: absolute, or relative to the page. */
  readonly canonical: string;
  readonly author: readonly string[];
  readonly tags: readonly string[];
  readonly section: string;
  /** OpenGraph's kind of page, such as `article`. */
  readonly type: string;
  /** In the form of `normalizeDate`. */
  readonly published: string;
  readonly modified: string;
  /** Name of the program that wrote the page, in lower case. */
  readonly generator: string;
  /** Why the page asks not to be indexed; `""` where it does not. */
  readonly refusal: string;
}

const names = {
  description: ["description", "og:description", "twitter:description", "dc.description", "dcterms.description"],
  image: ["og:image", "og:image:url", "og:image:secure_url", "twitter:image"],
  author: ["author", "article:author", "dc.creator", "dcterms.creator"],
  tags: ["article:tag"],
  section: ["article:section"],
  published: [
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "dcterms.issued",
    "pubdate",
  ],
  modified: [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "revised",
  ],
} as const;

/** Content of `<meta>` by its name, property or item property, in lower case; as often as it is given. */
type MetaContents = ReadonlyMap<string, readonly string[]>;

interface Head {
  readonly metas: MetaContents;
  readonly title: string;
  readonly canonical: string;
  readonly refusal: string;
  readonly times: ReadonlyMap<string, string>;
}

/** Reads what a page says about itself. */
export function readMetadata(page: HtmlElement): PageMetadata {
  const head = readHead(page);
  const linked = readLinkedData(page);
  const first = (wanted: readonly string[]): string => contentsOf(head.metas, wanted)[0] ?? "";
  return {
    title: head.title || first(["og:title", "twitter:title"]) || ofLinked(linked, ["headline", "name"])[0] || "",
    description: first(names.description) || ofLinked(linked, ["description", "abstract"])[0] || "",
    image: first(names.image) || ofLinked(linked, ["image", "thumbnailUrl"])[0] || "",
    canonical: head.canonical || first(["og:url"]),
    author: unique([
      ...contentsOf(head.metas, names.author).filter(isName),
      ...ofLinked(linked, ["author", "creator"]),
    ]),
    tags: unique([...contentsOf(head.metas, names.tags), ...ofLinked(linked, ["keywords"]).flatMap(splitKeywords)]),
    section: first(names.section) || ofLinked(linked, ["articleSection"])[0] || "",
    type: first(["og:type"]),
    published: pickDate(
      contentsOf(head.metas, names.published),
      ofLinked(linked, ["datePublished", "dateCreated"]),
      head,
      "published",
    ),
    modified: pickDate(contentsOf(head.metas, names.modified), ofLinked(linked, ["dateModified"]), head, "modified"),
    generator: first(["generator"]).toLowerCase(),
    refusal: head.refusal,
  };
}

function readHead(page: HtmlElement): Head {
  const metas = new Map<string, string[]>();
  const times = new Map<string, string>();
  let title: string | undefined;
  let canonical = "";
  let refusal = "";
  // Why: what stands in `noscript` is for browsers that run no scripts, often a redirect to a page that says so.
  const isRead = (element: HtmlElement): boolean =>
    !["noscript", "svg", "template", "iframe"].includes(element.name) && !isIgnoredWholly(element);
  for (const element of descend(page, isRead)) {
    if (element.name === "meta") {
      addMeta(element, metas);
      refusal ||= findRefusal(element);
    } else if (element.name === "title") title ??= textOf(element).replace(/\s+/g, " ").trim();
    else if (element.name === "link" && wordsOf(element, "rel").some((rel) => rel.toLowerCase() === "canonical"))
      canonical ||= (element.attributes["href"] ?? "").trim();
    else if (element.name === "time") addTime(element, times);
  }
  return { metas, title: title ?? "", canonical, refusal, times };
}

function addMeta({ attributes }: HtmlElement, metas: Map<string, string[]>): void {
  const content = (attributes["content"] ?? "").replace(/\s+/g, " ").trim();
  const keys = [attributes["name"], attributes["property"], attributes["itemprop"]];
  for (const key of new Set(keys.map((name) => name?.trim().toLowerCase()))) {
    if (key === undefined || key === "" || content === "") continue;
    const known = metas.get(key);
    if (known === undefined) metas.set(key, [content]);
    else known.push(content);
  }
}

/** Robots rules are lists: `max-image-preview:none` forbids nothing. */
const robotNames = new Set(["robots", "inkling"]);

function findRefusal({ attributes }: HtmlElement): string {
  const content = attributes["content"] ?? "";
  if (robotNames.has(attributes["name"]?.trim().toLowerCase() ?? "")) {
    return content.split(",").some((rule) => /^\s*(?:noindex|none)\s*$/i.test(rule)) ? "robots noindex" : "";
  }
  const target = /url\s*=\s*["']?([^"']*)/i.exec(content)?.[1]?.trim();
  const isRefresh = attributes["http-equiv"]?.trim().toLowerCase() === "refresh";
  return isRefresh && target !== undefined ? `redirect to ${target}` : "";
}

function addTime(element: HtmlElement, times: Map<string, string>): void {
  const property = (element.attributes["itemprop"] ?? "").toLowerCase();
  const kind =
    property === "datepublished" ||
    element.attributes["pubdate"] !== undefined ||
    wordsOf(element, "class").includes("dt-published")
      ? "published"
      : property === "datemodified" || wordsOf(element, "class").includes("dt-updated")
        ? "modified"
        : undefined;
  const date = kind && normalizeDate(element.attributes["datetime"] ?? textOf(element));
  if (kind !== undefined && date !== undefined && !times.has(kind)) times.set(kind, date);
}

function contentsOf(metas: MetaContents, wanted: readonly string[]): string[] {
  return wanted.flatMap((name) => metas.get(name) ?? []);
}

function ofLinked(linked: readonly LinkedObject[], properties: readonly string[]): string[] {
  for (const object of linked) {
    for (const property of properties) {
      const texts = textsOf(object[property]);
      if (texts.length > 0) return texts;
    }
  }
  return [];
}

function pickDate(named: readonly string[], linked: readonly string[], { times }: Head, kind: string): string {
  for (const text of [...named, ...linked]) {
    const date = normalizeDate(text);
    if (date !== undefined) return date;
  }
  return times.get(kind) ?? "";
}

/** OpenGraph's author is the address of a profile: nothing to show. */
function isName(author: string): boolean {
  return !/^https?:\/\//i.test(author);
}

function splitKeywords(keywords: string): string[] {
  return keywords.split(",").map((word) => word.trim());
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ""))];
}
