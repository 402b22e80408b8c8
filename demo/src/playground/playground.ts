import type { Search, VectorPassage } from "inkling-search";
import type { QueryDetail, SelectDetail } from "inkling-search/element";
import type { DroppedFiles } from "./dropped-files.ts";
import { fillFromFiles, fillFromSite, type LeftOut } from "./fill-search.ts";
import type { PassagePlot, ScorePlot } from "./plots.ts";
import { compareTiers } from "./tier-scores.ts";
import { fillTable, make, type View } from "./view.ts";

/** Rows of the table that stands for the plot of the index. */
const maxTableRows = 100;

interface Plots {
  readonly passages: PassagePlot;
  readonly scores: ScorePlot;
}

/** What happens in the playground: content comes in, questions are asked, plots are drawn. */
export class Playground {
  readonly #view: View;
  #search: Promise<Search> | null = null;
  #plots: Promise<Plots> | null = null;
  /** Ends what is being read, when everything is to be forgotten. */
  #ending = new AbortController();
  #lastFill: Promise<void> = Promise.resolve();
  #asking: AbortController | null = null;

  constructor(view: View) {
    this.#view = view;
  }

  /** Reads files that were dropped or chosen, beside what is there already. */
  addFiles({ files, omitted }: DroppedFiles): Promise<void> {
    return this.#fill(async (search, signal) => {
      if (files.length === 0) throw new Error("There is no file to read.");
      const leftOut = await fillFromFiles(search, files, signal, (done, total) =>
        this.#say(`Reading: ${done} of ${total} files`),
      );
      if (omitted > 0) leftOut.push({ path: `${omitted} files more`, reason: "too many at once" });
      return leftOut;
    });
  }

  /** Reads the pages of a sitemap. */
  addSite(address: string): Promise<void> {
    return this.#fill((search, signal) =>
      fillFromSite(search, address, signal, ({ phase, done, total }) => {
        if (phase === "crawl") this.#say(`Reading: ${done} of ${total} pages`);
      }),
    );
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.#ending.abort();
    this.#ending = new AbortController();
    await this.#lastFill;
    await (await this.#open()).clear();
    const { search, leftOut, reset, passage, scores } = this.#view;
    for (const each of [search, leftOut, reset, passage, scores.section]) each.hidden = true;
    this.#say("Nothing is indexed yet.");
    this.#view.folder.focus();
  }

  /** Shows the scores of a question by each tier, and where its pages lie. */
  async explain({ query }: QueryDetail): Promise<void> {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    try {
      const [search, plots] = await Promise.all([this.#open(), this.#loadPlots()]);
      const scores = await compareTiers(search, query, signal);
      const { section, table } = this.#view.scores;
      section.hidden = scores.length === 0;
      plots.scores.show(scores);
      plots.passages.mark(scores.map(({ url }) => url));
      const percent = (value: number): string => `${Math.round(100 * value)} %`;
      const rows = scores.map(({ title, words, meaning, fused }) => [
        title,
        percent(words),
        percent(meaning),
        percent(fused),
      ]);
      fillTable(table, ["page", "words", "meaning", "both"], rows);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Shows the passage that was chosen. @returns false where its page can be opened instead. */
  showHit({ hit, passage }: SelectDetail): boolean {
    // Why: pages of this site can be opened; a file that was dropped has no address.
    if (URL.canParse(hit.url) && new URL(hit.url).origin === location.origin) return false;
    this.#showPassage(hit.title || hit.url, passage.section, passage.excerpt);
    return true;
  }

  #showPassage(title: string, section: string, text: string): void {
    const { passage } = this.#view;
    const heading = [title, section].filter(Boolean).join(" › ");
    passage.replaceChildren(make("p", { class: "where" }, heading), make("p", {}, text));
    passage.hidden = false;
    passage.scrollIntoView({ block: "nearest" });
    passage.focus();
  }

  #open(): Promise<Search> {
    this.#search ??= import("inkling-search").then(({ createSearch }) =>
      createSearch({ name: "inkling-playground", storage: "memory" }),
    );
    return this.#search.catch((error: unknown) => {
      // Why: the next attempt is one.
      this.#search = null;
      throw error;
    });
  }

  #loadPlots(): Promise<Plots> {
    const { map, scores } = this.#view;
    const choose = ({ title, url, section, text }: VectorPassage): void =>
      this.#showPassage(title || url, section, text);
    this.#plots ??= import("./plots.ts").then(({ PassagePlot, ScorePlot }) => ({
      passages: new PassagePlot(map.canvas, choose),
      scores: new ScorePlot(scores.canvas),
    }));
    return this.#plots;
  }

  /** Reads something after all that came before it: what was dropped first is not lost where more is dropped. */
  #fill(read: (search: Search, signal: AbortSignal) => Promise<LeftOut[]>): Promise<void> {
    const { signal } = this.#ending;
    this.#lastFill = this.#lastFill.then(() => this.#fillNow(read, signal));
    return this.#lastFill;
  }

  async #fillNow(
    read: (search: Search, signal: AbortSignal) => Promise<LeftOut[]>,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    this.#say("Opening…");
    try {
      const search = await this.#open();
      const leftOut = await read(search, signal);
      signal.throwIfAborted();
      await this.#show(search, leftOut);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  async #show(search: Search, leftOut: readonly LeftOut[]): Promise<void> {
    const { documents, passages, fallbacks } = await search.status();
    this.#showLeftOut(leftOut);
    const { box, reset, search: part } = this.#view;
    part.hidden = documents === 0;
    reset.hidden = documents === 0;
    if (documents > 0) {
      box.search = search;
      box.refresh();
      await this.#showIndex(search);
    }
    const [lost] = fallbacks;
    const note = lost === undefined ? "" : ` ${lost.error.message} Now in use: ${lost.instead}.`;
    this.#say(
      documents === 0
        ? "Nothing of it could be indexed."
        : `Ready: ${passages} passages of ${documents} documents.${note}`,
    );
  }

  async #showIndex(search: Search): Promise<void> {
    const [plots, vectors] = await Promise.all([this.#loadPlots(), search.vectors()]);
    const { section, canvas, table } = this.#view.map;
    section.hidden = vectors.passages.length === 0;
    canvas.setAttribute("aria-label", `${vectors.passages.length} of ${vectors.total} passages as dots`);
    plots.passages.show(vectors);
    const rows = vectors.passages
      .slice(0, maxTableRows)
      .map(({ title, url, section: heading, text }) => [
        [title || url, heading].filter(Boolean).join(" › "),
        text.slice(0, 120),
      ]);
    fillTable(table, ["place", "begins with"], rows);
  }

  #showLeftOut(leftOut: readonly LeftOut[]): void {
    const list = make("ul", {}, ...leftOut.map(({ path, reason }) => make("li", {}, `${path}: ${reason}`)));
    this.#view.leftOut.replaceChildren(make("summary", {}, `${leftOut.length} left out`), list);
    this.#view.leftOut.hidden = leftOut.length === 0;
  }

  #say(text: string): void {
    this.#view.state.textContent = text;
    this.#view.state.classList.remove("failed");
  }

  #fail(error: unknown): void {
    console.error(error);
    this.#say(error instanceof Error ? error.message : String(error));
    this.#view.state.classList.add("failed");
  }
}
