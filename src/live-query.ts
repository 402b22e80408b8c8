import { InvalidArgumentError } from "./errors.ts";
import type { Search } from "./search.ts";
import type { Hit, QueryAnswer, QueryOptions } from "./types.ts";

/**
 * The search that a component asks: an open one or a promise of it, which the app closes; or a function that opens one, which
 * is closed with the component. `signal` is aborted when the component goes before the search is open. Null asks none yet.
 */
export type SearchSource = Search | Promise<Search> | ((signal: AbortSignal) => Promise<Search>) | null;

/** How a component asks. */
export type LiveQueryOptions = Omit<QueryOptions, "signal">;

/** What a component shows. */
export interface LiveAnswer {
  /** The open search, to add documents for instance; null until it is open. */
  readonly search: Search | null;
  /** The latest answer, which stays while the next one is made; null for a blank question and after an error. */
  readonly answer: QueryAnswer | null;
  /** The pages of `answer`, best first; empty where there is none. */
  readonly hits: readonly Hit[];
  /** Whether the present question still waits for its answer. */
  readonly isPending: boolean;
  /** Why the search could not be opened, or the question not be answered; null where all is well. */
  readonly error: unknown;
}

/** What a component shows before it has asked. */
export const noAnswer: LiveAnswer = { search: null, answer: null, hits: [], isPending: false, error: null };

/**
 * One text that changes, and always the answer to its latest state: what a component of any framework needs of a search.
 * Answers that were overtaken are dropped; a better answer to the same question takes the place of the first.
 */
export class LiveQuery {
  readonly #onChange: (state: LiveAnswer) => void;
  readonly #ended: AbortController = new AbortController();
  #state: LiveAnswer = noAnswer;
  #canAsk: boolean;
  #question: readonly [text: string, options: LiveQueryOptions] = ["", {}];
  #running: AbortController | null = null;

  /** @param onChange - told of every new state until `close`. */
  constructor(source: SearchSource, onChange: (state: LiveAnswer) => void) {
    this.#onChange = onChange;
    this.#canAsk = source !== null;
    if (source !== null) void this.#open(source);
  }

  /** Asks in place of what was asked before; before the search is open, as soon as it is. */
  ask(text: string, options: LiveQueryOptions): void {
    this.#question = [text, options];
    this.#running?.abort();
    if (!isBlank(text, options)) {
      this.#change({ isPending: this.#canAsk });
      this.#answer();
    } else this.#change({ answer: null, hits: [], isPending: false, error: this.#canAsk ? null : this.#state.error });
  }

  /** Asks the same question again, after documents were added for instance. What is shown stays until then. */
  refresh(): void {
    if (!isBlank(...this.#question)) this.#answer();
  }

  /** Tells no more, and closes the search if it was opened here. */
  close(): void {
    this.#running?.abort();
    this.#ended.abort();
  }

  async #open(source: NonNullable<SearchSource>): Promise<void> {
    const { signal } = this.#ended;
    // Why: React's StrictMode ends the first copy of a component at once, and that must not start a worker.
    await Promise.resolve();
    if (signal.aborted) return;
    try {
      const isOwn = typeof source === "function";
      const search = checkSearch(await (isOwn ? source(signal) : source));
      if (isOwn) closeAtEnd(search, signal);
      if (signal.aborted) return;
      search.addEventListener("betteranswers", () => this.refresh(), { signal });
      this.#change({ search });
      this.refresh();
    } catch (error) {
      this.#canAsk = false;
      this.#change({ error, isPending: false });
    }
  }

  #answer(): void {
    const { search } = this.#state;
    if (search === null) return;
    this.#running?.abort();
    const { signal } = (this.#running = new AbortController());
    const [text, options] = this.#question;
    const tell = (change: Partial<LiveAnswer>): void => {
      if (!signal.aborted) this.#change({ ...change, isPending: false });
    };
    search.query(text, { ...options, signal }).then(
      (answer) => tell({ answer, hits: answer.hits, error: null }),
      (error: unknown) => tell({ answer: null, hits: [], error }),
    );
  }

  #change(change: Partial<LiveAnswer>): void {
    this.#state = { ...this.#state, ...change };
    if (!this.#ended.signal.aborted) this.#onChange(this.#state);
  }
}

/** A text that tells whether options have changed: frameworks make new objects of the same content all the time. */
export function keyOf(options: LiveQueryOptions): string {
  try {
    return JSON.stringify(options);
  } catch {
    // Why: what cannot be written is complained of by `query`, with its code, and not in the middle of drawing a component.
    return "unreadable";
  }
}

/** With `sort`, a blank question asks for all documents. */
function isBlank(text: unknown, { sort }: LiveQueryOptions): boolean {
  return typeof text === "string" && text.trim() === "" && sort === undefined;
}

function checkSearch(found: unknown): Search {
  if (typeof (found as Partial<Search> | null | undefined)?.query === "function") return found as Search;
  throw new InvalidArgumentError(
    "argument/option",
    `The source of useSearch: found ${String(found)}, expected a search, a promise of one, or a function that opens one, such as () => createSearch({ name: "docs" }).`,
  );
}

function closeAtEnd(search: Search, signal: AbortSignal): void {
  // Why no complaint: whoever could hear it is gone.
  const close = (): void => void search.close().catch(() => {});
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
}
