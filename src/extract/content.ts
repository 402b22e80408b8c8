import { isHidden } from "./chrome.ts";
import { directiveOf, isIgnored, weightOf } from "./directives.ts";
import { languageOf } from "./sections.ts";
import type { HtmlElement } from "./tree.ts";

/** How the content of a page was found: its author marked it, it is the main element, or the whole page is taken. */
export type ContentKind = "marked" | "main" | "page";

/** A part of a page that is content, and what its surroundings say of it. */
export interface ContentRoot {
  readonly element: HtmlElement;
  /** As the nearest element around it declares, or it itself; `""` where none does. */
  readonly lang: string;
}

/** The content of a page. */
export interface Content {
  readonly kind: ContentKind;
  /** In document order, none within another; none where the author takes the whole page out. */
  readonly roots: readonly ContentRoot[];
  /** What the author gives to all of it, 0 to 10; 1 where nothing is said. */
  readonly weight: number;
}

interface Candidate extends ContentRoot {
  readonly isMarked: boolean;
  readonly isMain: boolean;
  readonly isArticle: boolean;
}

/**
 * Finds the content of a page: what is marked by `data-inkling-body`, else the first `main` or element of that role, else
 * the only `article`, else the whole page. What is hidden or ignored is never content.
 */
export function findContent(page: HtmlElement): Content {
  const candidates: Candidate[] = [];
  collect(page, "", candidates);
  const { lang, weight } = readFrame(page);
  const marked = candidates.filter(({ isMarked }) => isMarked);
  if (marked.length > 0) return { kind: "marked", roots: marked, weight };
  const articles = candidates.filter(({ isArticle }) => isArticle);
  const main = candidates.find(({ isMain }) => isMain) ?? (articles.length === 1 ? articles[0] : undefined);
  if (main !== undefined) return { kind: "main", roots: [main], weight: weightOf(main.element) ?? weight };
  return { kind: "page", roots: isTakenOut(page) ? [] : [{ element: page, lang }], weight };
}

/** What `html` and `body` say of all that is in them. */
function readFrame(page: HtmlElement): { lang: string; weight: number } {
  let lang = "";
  let weight = 1;
  for (const element of frameOf(page)) {
    lang = languageOf(element) ?? lang;
    weight = weightOf(element) ?? weight;
  }
  return { lang, weight };
}

function frameOf(page: HtmlElement): HtmlElement[] {
  return page.children.flatMap((child) =>
    typeof child !== "string" && (child.name === "html" || child.name === "body") ? [child, ...frameOf(child)] : [],
  );
}

function isTakenOut(page: HtmlElement): boolean {
  return frameOf(page).some((element) => isIgnored(element));
}

function collect(parent: HtmlElement, lang: string, candidates: Candidate[]): void {
  for (const element of parent.children) {
    if (typeof element === "string" || element.name === "template" || element.name === "svg") continue;
    if (isHidden(element) || isIgnored(element)) continue;
    const own = languageOf(element) ?? lang;
    const isMarked = directiveOf(element, "body") !== undefined;
    const isMain = element.name === "main" || element.attributes["role"] === "main";
    const isArticle = element.name === "article";
    if (isMarked || isMain || isArticle) candidates.push({ element, lang: own, isMarked, isMain, isArticle });
    // Why: what is marked within marked content is read with it.
    if (!isMarked) collect(element, own, candidates);
  }
}
