/** A page of the site, written in Markdown. */
export interface SitePage {
  /** Address relative to the site's root. */
  readonly url: string;
  readonly title: string;
  readonly description: string;
  /** Heading of its group in the navigation. */
  readonly group: string;
  /** Text without front matter. */
  readonly markdown: string;
  /** Whether it is left out of what is searched: a list of other pages answers nothing. */
  readonly isUnsearched?: boolean;
  /** Name of a script that the page has beside that of all pages. */
  readonly script?: string;
}

/** Addresses of the built files, relative to the site's root. */
export interface SiteAssets {
  /** The released `inkling.js`. */
  readonly dropIn: string;
  /** What all pages have. */
  readonly main: ScriptAssets;
  /** What single pages have, by the name of their script. */
  readonly others: Readonly<Record<string, ScriptAssets>>;
}

/** A script, and the styles that it comes with. */
export interface ScriptAssets {
  readonly script: string;
  readonly styles: readonly string[];
}

/** What the pages of a site have in common. */
export interface Site {
  readonly name: string;
  /** Name of the search. */
  readonly label: string;
  readonly title: (page: SitePage) => string;
  readonly assets: SiteAssets;
  /** Address of the documents that the page's script indexes; null where the drop-in finds what is searched by itself. */
  readonly content: string | null;
  /** Attributes of `<inkling-search>`, for a page with this way to the root. */
  readonly searchAttributes: (root: string) => string;
  /** Pages that the navigation of a page lists, in reading order. */
  readonly listedWith: (page: SitePage) => readonly SitePage[];
  /** Questions offered on the first page. */
  readonly examples: readonly string[];
  /** Lines of HTML at the foot of each page. */
  readonly footer: string;
}
