import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright";
import { startServer, type ServerOptions, type TestServer } from "../harness/server.ts";
import type { Surroundings, Tab } from "../harness/use-browser.ts";

const dist = fileURLToPath(new URL("../../../dist", import.meta.url));

const filler = "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.</p>".repeat(30);

/** The articles of the site that the tests search: path -> title, language, and sections by anchor. */
const articles: Readonly<
  Record<string, readonly [title: string, lang: string, sections: Readonly<Record<string, string>>]>
> = {
  "tea.html": [
    "Making tea",
    "en",
    {
      water: "Bring fresh water to the boil and let it cool for a minute before you pour it over the leaves.",
      leaves: "Take two grams of leaves for each cup. Green tea becomes bitter when the water is too hot.",
    },
  ],
  "bicycle.html": [
    "Bicycle repair",
    "en",
    {
      puncture: "Take the wheel off, find the hole in the inner tube, roughen the rubber and glue a patch on it.",
      brakes: "Brakes that squeal need cleaning. Wipe the rim with alcohol and look at the pads.",
      chain: "Wipe the chain with a dry cloth and put one drop of oil on each link.",
    },
  ],
  "garden.html": [
    "The garden in spring",
    "de",
    {
      tomatoes: "Sow tomatoes on a sunny window sill in March, and plant them out when the nights stay warm.",
      compost: "Turn the compost heap with a fork, so that air and water reach every layer of it.",
    },
  ],
};

/** The articles as documents for `search.add`. */
export const documents: readonly object[] = Object.entries(articles).map(([url, [title, lang, sections]]) => ({
  url,
  title,
  lang,
  attributes: { topic: url === "garden.html" ? "outdoors" : "household", wet: url !== "bicycle.html" },
  sections: Object.entries(sections).map(([anchor, text]) => ({ heading: anchor, level: 2, anchor, text })),
}));

const script = '<script type="module" src="/lib/inkling.js"></script>';

/** A whole page around some markup. */
export function htmlOf(body: string, head = script, language = "en"): string {
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>`;
}

function articleHtml(path: string): string {
  const [title, lang, sections] = articles[path]!;
  const parts = Object.entries(sections).map(
    ([anchor, text]) => `${filler}<h2 id="${anchor}">${anchor}</h2><p>${text}</p>`,
  );
  return htmlOf(
    `<inkling-search></inkling-search><main><h1>${title}</h1>${parts.join("")}${filler}</main>`,
    script,
    lang,
  );
}

/** Serves the articles, `documents.json` and the built library under `/lib/`. */
export async function serveArticles(options: Pick<ServerOptions, "headers" | "cors"> = {}): Promise<TestServer> {
  const server = await startServer({ ...options, folders: { "/lib/": dist } });
  for (const path of Object.keys(articles)) servePage(server, `/${path}`, articleHtml(path));
  server.alter(/^\/documents\.json$/, { status: 200, body: () => JSON.stringify(documents) });
  return server;
}

/** Serves a page of its own under a path, for instance with a content security policy. */
export function servePage(
  server: TestServer,
  path: string,
  html: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const pattern = new RegExp(`^${path.replace(/[.?*+^$|()[\]{}\\/]/g, "\\$&")}(?:\\?.*)?$`);
  server.alter(pattern, { body: () => html, headers: { "content-type": "text/html; charset=utf-8", ...headers } });
}

/** Serves the articles and some pages: path -> HTML. */
export async function serveWith(pages: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await serveArticles();
  for (const [path, html] of Object.entries(pages)) servePage(server, path, html);
  return server;
}

/** A module that opens a search over the articles and hands it to every element of the page. */
export const givingScript = `import { createSearch } from "/lib/index.js";
const opened = createSearch({ name: "articles", storage: "memory" });
window.search = opened;
window.ready = opened.then(async (search) => search.add(await (await fetch("/documents.json")).json()));
for (const element of document.querySelectorAll("inkling-search, inkling-box")) element.search = opened;
`;

/** The same as markup. */
export const giveSearch = `<script type="module">${givingScript}</script>`;

/** Waits until the search given by `giveSearch` has all articles and their vectors. */
export async function waitUntilFilled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    while (!("ready" in window)) await new Promise(requestAnimationFrame);
    const { search, ready } = window as unknown as {
      search: Promise<EventTarget & { status(): Promise<{ tier: string }> }>;
      ready: Promise<void>;
    };
    await ready;
    const opened = await search;
    while ((await opened.status()).tier === "words")
      await new Promise((resolve) => opened.addEventListener("betteranswers", resolve, { once: true }));
  });
}

/** The options on the screen: their text, and whether they are chosen. */
export function optionsOf(within: Page | Locator): Locator {
  return within.getByRole("option");
}

/** Asks in the field that has the focus's element, and waits for its first option. */
export async function ask(field: Locator, question: string): Promise<void> {
  await field.fill(question);
  await field.page().getByRole("option").first().waitFor();
}

/** The element that has the focus, looked for in shadow trees as well: `#id` or its name. */
export function readFocus(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.id ? `#${element.id}` : (element?.localName ?? "");
  });
}

/** Text of the passage that is highlighted, once there is one. */
export async function readLanding(page: Page): Promise<string> {
  await page.locator("html").evaluate(async () => {
    while (!CSS.highlights.has("inkling-passage")) await new Promise(requestAnimationFrame);
  });
  return page.evaluate(() =>
    [...CSS.highlights.get("inkling-passage")!].map((range) => (range as Range).toString()).join(),
  );
}

/** Presses the key that opens the dialog, and waits for its field. */
export async function openDialog(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await fieldOf(page).waitFor();
}

/** Answers that the page has asked for and does not get yet. */
export interface HeldAnswers {
  /** Waits until there is one. */
  asked(): Promise<void>;
  /** Whether the page does not want them any more. */
  isCalledOff(): Promise<boolean>;
  /** Lets them come, and waits until the page has dealt with them. */
  release(): Promise<void>;
}

/** Keeps the answers to a question from the elements, in a page with `giveSearch`. */
export async function holdAnswers(page: Page, question: string): Promise<HeldAnswers> {
  const held = await page.evaluateHandle(async (text) => {
    type Query = (text: string, options: { signal?: AbortSignal }) => Promise<unknown>;
    const search = await (window as unknown as { search: Promise<{ query: Query }> }).search;
    const query = search.query.bind(search);
    let open = (): void => undefined;
    let noteAsked = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const asked = new Promise<void>((resolve) => (noteAsked = resolve));
    const signals: AbortSignal[] = [];
    search.query = async (wanted, options) => {
      if (wanted !== text) return query(wanted, options);
      const { signal, ...others } = options;
      if (signal) signals.push(signal);
      const answer = await query(wanted, others);
      noteAsked();
      await gate;
      return answer;
    };
    return { open: () => open(), asked, signals };
  }, question);
  return {
    asked: () => held.evaluate(({ asked }) => asked),
    isCalledOff: () => held.evaluate(({ signals }) => signals.every(({ aborted }) => aborted)),
    // Why a task: all that follows from an answer is done by then, down to the last promise.
    release: () =>
      held.evaluate(({ open }) => {
        open();
        return new Promise((resolve) => setTimeout(resolve));
      }),
  };
}

/** Markup of a page about xylophones, whose search has some attributes. */
export function xylophones(attributes = ""): string {
  const main = '<main><h1 id="heading">Start</h1><p>A page about xylophones.</p></main>';
  return `<inkling-search ${attributes}></inkling-search>${main}`;
}

/** Opens `/start.html`, a page with `giveSearch`, and waits until its search has all articles. */
export async function openStart(here: Surroundings): Promise<Page> {
  const { page } = await here.open("/start.html");
  await waitUntilFilled(page);
  return page;
}

/** The dialog of a search in English. */
export function dialogOf(page: Page): Locator {
  return page.getByRole("dialog", { name: "Search" });
}

/** The field of the dialog. */
export function fieldOf(page: Page): Locator {
  return page.getByRole("dialog").getByRole("combobox");
}

/** Opens the dialog and finds the page that `xylophones` is. */
export async function findXylophones(page: Page): Promise<void> {
  await openDialog(page);
  await ask(fieldOf(page), "xylophones");
}

/** Serves a page and opens it. */
export function openHtml(here: Surroundings, html: string, headers?: Readonly<Record<string, string>>): Promise<Tab> {
  servePage(here.server, "/page.html", html, headers);
  return here.open("/page.html");
}
