import { descend, type HtmlElement, textOf } from "./tree.ts";

/** An object of JSON-LD. */
export type LinkedObject = Readonly<Record<string, unknown>>;

/** More is not read: no page describes itself at such length. */
const maxCharacters = 1_000_000;
const maxObjects = 1000;

/** Kinds that describe the page itself, and not its site, its author or its trail. */
const pageKinds =
  /(?:Article|BlogPosting|NewsArticle|WebPage|Page|Posting|Product|Recipe|HowTo|Event|Book|Course|Movie|Question|Report|Guide|CreativeWork|SoftwareSourceCode|SoftwareApplication|APIReference|Dataset|VideoObject)$/;

/** Gives the JSON-LD objects that describe the page, the more telling kinds first: an article before the page it stands on. Damaged JSON is passed over. */
export function readLinkedData(page: HtmlElement): LinkedObject[] {
  const found: LinkedObject[] = [];
  for (const element of descend(page)) {
    const type = element.attributes["type"] ?? "";
    if (element.name !== "script" || !/^application\/ld\+json\b/i.test(type.trim())) continue;
    collect(parse(textOf(element)), found);
  }
  const isPage = (object: LinkedObject): boolean => kindsOf(object).every((kind) => /(?:^|\/)\w*Page$/.test(kind));
  return [...found.filter((object) => !isPage(object)), ...found.filter(isPage)];
}

function parse(text: string): unknown {
  if (text.length > maxCharacters) return undefined;
  try {
    return JSON.parse(text.replace(/^\s*(?:<!--|\/\/<!\[CDATA\[)|(?:-->|\/\/\]\]>)\s*$/g, "")) as unknown;
  } catch {
    return undefined;
  }
}

/** Objects at the top, in a list, in `@graph`, and as the main entity of another. */
function collect(value: unknown, found: LinkedObject[]): void {
  const waiting = [value];
  for (let seen = 0; waiting.length > 0 && seen < maxObjects; seen++) {
    const next = waiting.shift();
    if (Array.isArray(next)) waiting.push(...next.slice(0, maxObjects));
    else if (isObject(next)) {
      if (kindsOf(next).some((kind) => pageKinds.test(kind))) found.push(next);
      for (const key of ["@graph", "mainEntity"]) if (next[key] !== undefined) waiting.push(next[key]);
    }
  }
}

function kindsOf(object: LinkedObject): string[] {
  const kind = object["@type"];
  return (Array.isArray(kind) ? kind : [kind]).filter((name): name is string => typeof name === "string");
}

/** Texts of a property: itself, or the names of the objects it holds; those of a list one after the other. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [value.trim()];
  if (Array.isArray(value)) return value.slice(0, 100).flatMap((item) => (Array.isArray(item) ? [] : textsOf(item)));
  if (!isObject(value)) return [];
  const text = value["name"] ?? value["url"] ?? value["contentUrl"];
  return typeof text === "string" ? textsOf(text) : [];
}

function isObject(value: unknown): value is LinkedObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
