type Child = Node | string;

/** Makes an element with attributes and children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function makePlot(
  id: string,
  title: string,
  hint: string,
): { section: HTMLElement; canvas: HTMLCanvasElement; table: HTMLElement } {
  const canvas = make("canvas", { role: "img", "aria-label": title });
  const table = make("div", { class: "table", role: "region", "aria-label": `${title}, as a table`, tabindex: "0" });
  const section = make(
    "section",
    { class: "plot", "aria-labelledby": id },
    make("h2", { id }, title),
    make("p", {}, hint),
    make("div", { class: "canvas" }, canvas),
    make("details", {}, make("summary", {}, "The same as a table"), table),
  );
  return { section, canvas, table };
}

/** Gives the playground's elements; `root` holds them all. */
export function makeView() {
  const files = make("input", { type: "file", id: "files", multiple: "", class: "visually-hidden" });
  const folder = make("input", { type: "file", id: "folder", webkitdirectory: "", class: "visually-hidden" });
  const drop = make(
    "div",
    { class: "drop-zone" },
    make("p", {}, "Drop a folder or files here, or choose them:"),
    make(
      "p",
      { class: "choices" },
      folder,
      make("label", { for: "folder" }, "A folder"),
      files,
      make("label", { for: "files" }, "Files"),
    ),
  );
  const address = make("input", {
    id: "sitemap",
    type: "text",
    inputmode: "url",
    placeholder: "/sitemap.xml",
    autocomplete: "off",
  });
  const site = make(
    "form",
    { class: "sitemap" },
    make("label", { for: "sitemap" }, "Or a sitemap of this site"),
    make("span", { class: "line" }, address, make("button", { type: "submit" }, "Read its pages")),
  );
  const records = make("textarea", {
    id: "records",
    rows: "3",
    spellcheck: "false",
    placeholder: '[{ "title": "…", "text": "…" }]',
  });
  const json = make(
    "form",
    { class: "records" },
    make("label", { for: "records" }, "Or records as JSON"),
    records,
    make("button", { type: "submit" }, "Index them"),
  );
  const state = make("p", { role: "status", class: "state" }, "Nothing is indexed yet.");
  const leftOut = make("details", { class: "left-out", hidden: "" });
  const reset = make("button", { type: "button", class: "reset", hidden: "" }, "Start over");
  const box = make("inkling-box", {
    id: "playground-box",
    shortcut: "none",
    recent: "none",
    label: "Search what you dropped",
    limit: "5",
  });
  const results = make("inkling-results" as "div", { for: "playground-box" });
  const passage = make("blockquote", { class: "passage", tabindex: "-1", "aria-label": "The passage", hidden: "" });
  const map = makePlot("map", "The index", "Passages that are alike lie close together. Click on a dot to read it.");
  const scores = makePlot(
    "scores",
    "Scores of the last question",
    "Shares of the best score by words, by meaning and by both.",
  );
  const search = make(
    "div",
    { class: "playground-search", hidden: "" },
    box,
    results,
    passage,
    map.section,
    scores.section,
  );
  scores.section.hidden = true;
  const root = make("div", { class: "playground" }, drop, site, json, state, leftOut, reset, search);
  return {
    root,
    files,
    folder,
    drop,
    address,
    site,
    records,
    json,
    state,
    leftOut,
    reset,
    box,
    search,
    passage,
    map,
    scores,
  };
}

/** The parts of the playground. */
export type View = ReturnType<typeof makeView>;

/** Puts rows of text into a table. */
export function fillTable(place: HTMLElement, head: readonly string[], rows: readonly (readonly string[])[]): void {
  place.replaceChildren(
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...head.map((cell) => make("th", { scope: "col" }, cell)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))),
    ),
  );
}
