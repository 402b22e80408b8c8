import { isIgnored } from "./directives.ts";
import { someText, textOf, wordsOf, type HtmlElement } from "./tree.ts";

/** Elements that never hold content to search for. */
const skippedElements = new Set(
  // Why not `head`: where a page leaves out `</head>`, text may stand in it for a parser.
  (
    "script style noscript noframes noembed template svg title meta link base iframe object embed canvas video audio map dialog " +
    "button input select textarea option optgroup datalist output progress meter rp rt annotation annotation-xml " +
    "nav footer rustdoc-toolbar rustdoc-search"
  ).split(" "),
);

const skippedRoles = new Set(
  "navigation search banner contentinfo doc-toc dialog alertdialog menu menubar toolbar tooltip tablist".split(" "),
);

/** Class names that generators of documentation give to navigation, permalinks, line numbers and notes to the reader's tools. */
const skippedClasses = new Set(
  // Sphinx, Read the Docs, docutils
  (
    "sphinxsidebar sphinxsidebarwrapper headerlink viewcode-link viewcode-back linenos related wy-breadcrumbs rst-footer-buttons " +
    "genindex-jumpbox indextable genindextable " +
    // Doxygen, rustdoc, javadoc
    "permalink ttc navpath qindex out-of-band srclink rightside hideme notable-traits-tooltip skip-nav skipnav top-nav sub-nav bottom-nav " +
    // VitePress, Docusaurus, MkDocs, GitHub
    "header-anchor hash-link anchor-link headeranchor headeranchor-link heading-link theme-edit-this-page edit-this-page " +
    // MediaWiki
    "mw-editsection mw-jump-link navbox printfooter catlinks noprint " +
    // Everywhere
    "toc table-of-contents tableofcontents breadcrumb breadcrumbs navbar nav-panel pagination pager prev-next skip-link skip-to-content " +
    "visually-hidden sr-only screen-reader-text footer lineno line-number hljs-ln-numbers nosearch no-search cookie-banner"
  ).split(" "),
);

const skippedIds = new Set(
  "toc TOC table-of-contents breadcrumbs nav-path side-nav MSearchSelectWindow MSearchResultsWindow".split(" "),
);

/** Elements that are content inside an article or section, and page furniture outside. */
const furnitureElements = new Set(["header", "aside"]);

const neighbourLinks = new Set(["next", "prev", "previous", "up"]);

/** Longest line of links to neighbouring pages, in characters. */
const maxNeighbourLine = 400;

/**
 * Whether an element is left out of the text, with all below it: hidden, interactive, or navigation.
 *
 * @param isFurnished - the element stands among page furniture, outside of any main content.
 */
export function isChrome(element: HtmlElement, isFurnished: boolean): boolean {
  const { name, attributes } = element;
  return (
    skippedElements.has(name) ||
    (isFurnished && furnitureElements.has(name)) ||
    isHidden(element) ||
    isIgnored(element) ||
    skippedRoles.has(attributes["role"] ?? "") ||
    skippedIds.has(attributes["id"] ?? "") ||
    hasSkippedClass(element) ||
    (name === "a" && (isSkipLink(element) || isSign(element))) ||
    ((name === "p" || name === "div") && isNeighbourLine(element))
  );
}

/** Whether a link in a heading only points at the heading: `¶`, `#`, `§` or an icon. */
export function isPermalink(element: HtmlElement): boolean {
  return (
    element.name === "a" && (element.attributes["href"] ?? "").startsWith("#") && !someText(element, /[\p{L}\p{N}]/u)
  );
}

/** Whether a browser shows nothing of the element. */
export function isHidden({ attributes }: HtmlElement): boolean {
  const hidden = attributes["hidden"];
  return (
    (hidden !== undefined && hidden !== "until-found") ||
    attributes["aria-hidden"] === "true" ||
    /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(attributes["style"] ?? "")
  );
}

function hasSkippedClass(element: HtmlElement): boolean {
  if (element.attributes["class"] === undefined) return false;
  const classes = wordsOf(element, "class");
  // Why: `contents` alone is Doxygen's main column; docutils' table of contents is `contents topic` or `contents local`.
  const isContents = classes.includes("contents") && (classes.includes("topic") || classes.includes("local"));
  return isContents || classes.some((word) => skippedClasses.has(word));
}

/** A permalink beside a heading or line, not within: only signs that nobody writes as the text of another link. */
function isSign(element: HtmlElement): boolean {
  return isPermalink(element) && /^[\s¶§🔗◆◇]+$/u.test(textOf(element));
}

function isSkipLink(element: HtmlElement): boolean {
  return (element.attributes["href"] ?? "").startsWith("#") && /^\s*(?:skip|jump) to\b/i.test(textOf(element));
}

/** Texinfo and others: `Next: …, Previous: …, Up: …` in a paragraph without a class. */
function isNeighbourLine(element: HtmlElement): boolean {
  const hasLink = element.children.some(
    (child) =>
      typeof child !== "string" && child.name === "a" && wordsOf(child, "rel").some((rel) => neighbourLinks.has(rel)),
  );
  return hasLink && textOf(element).length <= maxNeighbourLine;
}
