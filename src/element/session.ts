import type { AttributeScalar, Facets, Progress, QueryAnswer, QueryOptions, Search } from "../index.ts";
import { report } from "./report.ts";
import type { Settings } from "./settings.ts";
import { dropSource, releaseSource, type Source, takeSource } from "./sources.ts";
import { toJson } from "./to-json.ts";

/**
 * What has changed: an answer to what was typed; a better one to the same question; how far the source is; or why there is no
 * answer.
 */
export type Change = "answer" | "better" | "progress" | "problem";

/** An answer, and the question it belongs to. */
export interface Answered {
  readonly text: string;
  readonly answer: QueryAnswer;
}

type GivenSearch = Search | Promise<Search> | null;

/** After this time an answer by words alone is asked for as well, where meaning needs longer. */
const wordsAfterMs = 60;

/** Between two questions that are asked again while pages are still being read. */
const refreshEveryMs = 400;

/** One visitor's search: the question of the moment and its answer. The last question wins; answers to earlier ones are dropped. */
export class Session {
  text = "";
  answered: Answered | null = null;
  problem: unknown = null;
  /** Values that the answer can be narrowed down to, by attribute. */
  facets: Facets = {};
  /** Values that it is narrowed down to. */
  filters: Readonly<Record<string, ReadonlySet<AttributeScalar>>> = {};
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #given: () => GivenSearch;
  readonly #settings: () => Settings;
  #source: Source | null = null;
  #sourceKey: readonly unknown[] = [];
  #unwatch: () => void = () => undefined;
  #pending: AbortController | null = null;
  #refreshedAt = 0;
  #hasReported = false;
  #isOutdated = false;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;

  /** The functions are asked whenever their values are needed: they may change. */
  constructor(given: () => GivenSearch, settings: () => Settings) {
    this.#given = given;
    this.#settings = settings;
  }

  /** Calls back at each change. @returns what ends that. */
  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get progress(): Progress | null {
    return this.#source?.progress ?? null;
  }

  /** Whether a better answer than the present one may still come to the same question. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** Whether everything that is to be searched is there. */
  get isFilled(): boolean {
    return this.#source?.isFilled ?? false;
  }

  /** Whether the present answer is the last one to its question: all is there, and it was asked after that. */
  get isSettled(): boolean {
    return this.isFilled && !this.isPending && this.#refreshTimer === undefined;
  }

  /** Opens the source, unless it is open; one that has failed is tried once more. */
  open(): Source {
    if (this.#source !== null && this.problem !== null) {
      dropSource(this.#source);
      this.disconnect();
    }
    return this.#source ?? this.#take();
  }

  #take(): Source {
    this.problem = null;
    this.#sourceKey = this.#readSourceKey();
    const source = takeSource(this.#given(), this.#settings().source);
    this.#source = source;
    this.#unwatch = source.watch(() => this.#onSource(source));
    return source;
  }

  #readSourceKey(): readonly unknown[] {
    return [this.#given(), toJson(this.#settings().source)];
  }

  /** Answers a text; an empty one has no answer. */
  ask(text: string): void {
    this.text = text.trim();
    this.#stop();
    if (this.text === "") {
      this.answered = null;
      this.#tell("answer");
      return;
    }
    void this.#answer();
    // Why: until the search is there, nothing else would say that there will be an answer.
    if (this.answered === null && !this.isFilled) this.#tell("better");
  }

  /** Asks the present question again. */
  refresh(): void {
    if (this.text === "" || this.#source === null) return;
    // Why not now: what is being asked was asked before there was something better, and comes first.
    if (this.#pending === null) void this.#answer();
    else this.#isOutdated = true;
  }

  /** Takes settings over that have changed: another source, or another number of pages. */
  change(): void {
    const key = this.#readSourceKey();
    const isSame = this.#sourceKey.every((value, position) => value === key[position]);
    if (!isSame && this.#source !== null) {
      this.disconnect();
      this.answered = null;
      this.ask(this.text);
    } else this.refresh();
  }

  /** Narrows the answer down to a value of an attribute, or takes that back. */
  toggle(name: string, value: AttributeScalar): void {
    const values = new Set(this.filters[name]);
    if (!values.delete(value)) values.add(value);
    this.filters = { ...this.filters, [name]: values };
    this.answered = null;
    this.ask(this.text);
  }

  /** Stops what is running and gives the source back; the next question opens it again. */
  disconnect(): void {
    this.#stop();
    this.#unwatch();
    if (this.#source) releaseSource(this.#source);
    this.#source = null;
  }

  #stop(): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = undefined;
    this.#pending?.abort();
    this.#pending = null;
  }

  /** What is asked beside the text. */
  #question(): Omit<QueryOptions, "limit"> & { readonly limit: number } {
    const { limit, facets } = this.#settings();
    if (facets.length === 0) return { limit };
    const chosen = Object.entries(this.filters).filter(([, values]) => values.size > 0);
    const where = Object.fromEntries(chosen.map(([name, values]) => [name, { in: [...values] }]));
    return { limit, facets, ...(chosen.length === 0 ? {} : { where }) };
  }

  async #answer(): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const { text } = this;
    this.#pending = controller;
    this.#isOutdated = false;
    try {
      const search = await (this.#source ?? this.#take()).search;
      signal.throwIfAborted();
      const wanted = this.#query(search, text, { signal });
      const timer = setTimeout(() => void this.#answerByWords(search, text, signal), wordsAfterMs);
      const answer = await wanted.finally(() => clearTimeout(timer));
      if (!signal.aborted) this.#finish(text, answer);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  async #answerByWords(search: Search, text: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#query(search, text, { mode: "words", signal }).catch(() => null);
    if (answer === null || this.#pending?.signal !== signal || this.answered?.text === text) return;
    this.#keep(text, answer);
    this.#tell("answer");
  }

  /** Asks without filters where no page has such attributes: those that do may not be there yet. */
  async #query(search: Search, text: string, options: QueryOptions): Promise<QueryAnswer> {
    const { limit, ...filters } = this.#question();
    try {
      return await search.query(text, { limit, ...filters, ...options });
    } catch (error) {
      const { code = "" } = error as { readonly code?: string };
      if (code !== "argument/facets" && code !== "argument/where") throw error;
      if (this.isFilled && !this.#hasReported) report(error);
      this.#hasReported ||= this.isFilled;
      return search.query(text, { limit, ...options });
    }
  }

  #finish(text: string, answer: QueryAnswer): void {
    const isFirst = this.answered?.text !== text;
    this.#pending = null;
    this.#keep(text, answer);
    this.#tell(isFirst ? "answer" : "better");
    if (this.#isOutdated) this.refresh();
  }

  #keep(text: string, answer: QueryAnswer): void {
    this.answered = { text, answer };
    this.problem = this.#source?.problem ?? null;
    // Why not those of an attribute that is chosen by: of its values only the chosen ones are left to be counted.
    const counted = Object.entries(answer.facets ?? {}).filter(([name]) => !this.filters[name]?.size);
    this.facets = { ...this.facets, ...Object.fromEntries(counted) };
  }

  #fail(error: unknown): void {
    // Why the difference: the source may have told of the same error.
    const change = this.problem === error ? "answer" : "problem";
    this.#pending = null;
    this.problem = error;
    this.answered = null;
    this.#tell(change);
  }

  #onSource(source: Source): void {
    if (source.isFilled && source.problem !== null && this.problem !== source.problem) {
      this.problem = source.problem;
      this.#tell("problem");
    }
    this.#tell("progress");
    const wait = Math.max(0, this.#refreshedAt + refreshEveryMs - performance.now());
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = undefined;
      this.#refreshedAt = performance.now();
      this.refresh();
    }, wait);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
