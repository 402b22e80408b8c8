import { createSearch, type CreateSearchOptions, type Progress, type Search, type SearchError } from "../index.ts";
import { attributeError, reportAttribute } from "./attributes.ts";
import { report } from "./report.ts";
import { toJson } from "./to-json.ts";

/** Where the text to be searched comes from, as the attributes say. */
export interface SourceOptions {
  /** Address of a prebuilt index. */
  readonly index: string | null;
  /** Whether all of it is kept in the browser. */
  readonly keep: boolean;
  readonly sitemap: string | null;
  /** This page. */
  readonly page: boolean;
  /** Selector of the part of this page that is searched. */
  readonly root: string | null;
  /** Name of the stored index. */
  readonly name: string;
  readonly assetsUrl: string | null;
  readonly workerUrl: string | null;
  /** Words alone, where it is `none`. */
  readonly model: string | null;
  /** Whether the browser is asked to keep what is stored. */
  readonly persist: boolean;
}

/** Where a build puts its index unless it is told otherwise. */
const defaultIndex = "/inkling/";

/** Reads the attributes of an element. */
export function readOptions(host: Element): SourceOptions {
  const index = host.getAttribute("index");
  return {
    index: index === "" ? defaultIndex : index,
    keep: host.hasAttribute("keep"),
    sitemap: host.getAttribute("sitemap"),
    page: host.hasAttribute("page"),
    root: host.getAttribute("root"),
    name: host.getAttribute("name") || "inkling",
    assetsUrl: host.getAttribute("assets-url"),
    workerUrl: host.getAttribute("worker-url"),
    model: host.getAttribute("model"),
    persist: host.hasAttribute("persist"),
  };
}

/**
 * What relative addresses of hits are relative to: the folder that the prebuilt index is in. `base` is asked for in the first
 * place.
 */
export function readBase(host: Element & { readonly search: unknown }): string {
  const base = host.getAttribute("base");
  if (base !== null && URL.canParse(base, document.baseURI)) return new URL(base, document.baseURI).href;
  if (base !== null) reportAttribute("base", base, "an address; that of the page is used");
  const index = `${readOptions(host).index ?? defaultIndex}/`;
  if (base !== null || host.search !== null || !URL.canParse(index, document.baseURI)) return document.baseURI;
  return new URL("..", new URL(index.replace(/\/+$/, "/"), document.baseURI)).href;
}

/** A search and what fills it, shared by all elements that ask for the same. */
export class Source {
  readonly search: Promise<Search>;
  isFilled = false;
  /** Elements that it is shared by. */
  users = 0;
  /** Why it could not be opened or filled; what was there before still answers where it is open. */
  problem: unknown = null;
  /** What is being done, by phase: a model may be loading while pages are read. */
  readonly #running = new Map<Progress["phase"], Progress>();
  readonly #isOwn: boolean;
  readonly #listeners = new Set<() => void>();
  readonly #ended: AbortController = new AbortController();

  /**
   * @param search - one that the page has opened, or is opening. Without it, one is opened.
   * @param options - what to fill it with; ignored where the page brings its own.
   */
  constructor(search: Search | Promise<Search> | null, options: SourceOptions) {
    this.#isOwn = search === null;
    this.search = search === null ? this.#open(options) : Promise.resolve(search);
    void this.#prepare(options);
  }

  /** What is being done; null where nothing is. */
  get progress(): Progress | null {
    return [...this.#running.values()].at(-1) ?? null;
  }

  /** Calls back when anything of this has changed. @returns what ends that. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends what listens to the search, and closes one that was opened here. */
  async close(): Promise<void> {
    this.#ended.abort();
    if (!this.#isOwn) return;
    await this.search.then((search) => search.close()).catch(() => undefined);
  }

  #open({ name, page, index, sitemap, assetsUrl, workerUrl, model, persist }: SourceOptions): Promise<Search> {
    const isPageAlone = page && index === null && sitemap === null;
    const options: CreateSearchOptions = {
      name,
      // Why: reading one page takes less time than opening a database, and other pages of the site are not wanted in it.
      storage: isPageAlone ? "memory" : "indexeddb",
      persist,
      ...(assetsUrl === null ? {} : { assetsUrl }),
      ...(workerUrl === null ? {} : { workerUrl }),
      ...(model === "none" ? { model: null } : {}),
      onProgress: this.#report,
    };
    return createSearch(options);
  }

  async #prepare(options: SourceOptions): Promise<void> {
    try {
      const search = await this.search;
      search.addEventListener("betteranswers", () => this.#changed(), { signal: this.#ended.signal });
      if (this.#isOwn) await fill(search, options, this.#report);
    } catch (error) {
      this.problem = error;
    }
    this.isFilled = true;
    this.#running.clear();
    this.#changed();
  }

  readonly #report = (progress: Progress): void => {
    // Why not told: bringing an index into storage is nothing that a visitor waits for.
    if (progress.phase === "keep") return;
    // Why: a progress message may come after the call it belongs to has ended.
    const isOver = this.isFilled && progress.phase !== "model" && progress.phase !== "upgrade";
    this.#running.delete(progress.phase);
    if (!isOver && progress.done < progress.total) this.#running.set(progress.phase, progress);
    this.#changed();
  };

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

type Report = (progress: Progress) => void;

async function fill(search: Search, options: SourceOptions, onProgress: Report): Promise<void> {
  const { index, keep, sitemap, page, root } = options;
  if (index !== null) await search.load(index, { keep, onProgress });
  if (page) await addThisPage(search, root, onProgress);
  if (sitemap !== null) await search.addSite(sitemap, { onProgress });
  if (index === null && sitemap === null && !page) await fillByDefault(search, options, onProgress);
}

/** The prebuilt index, if there is one; else this page, and what can be reached from it. */
async function fillByDefault(search: Search, { keep, root }: SourceOptions, onProgress: Report): Promise<void> {
  try {
    await search.load(defaultIndex, { keep, onProgress });
    return;
  } catch (error) {
    // Why not the end: the pages themselves can be read where their index cannot.
    if ((error as SearchError).code !== "index/missing") report(error);
  }
  await addThisPage(search, root, onProgress);
  await search.addSite(undefined, { onProgress });
}

async function addThisPage(search: Search, selector: string | null, onProgress: Report): Promise<void> {
  const root = selector === null ? null : findRoot(selector);
  if (selector !== null && root === null) {
    throw attributeError("root", selector, "a selector that fits an element of this page");
  }
  await search.addPage({ ...(root === null ? {} : { root }), onProgress });
}

/** The part of this page that a selector names; null where it names none, or is none. */
export function findRoot(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    return null;
  }
}

const shared = new Map<string, Source>();

/** Gives an element its source: a new one, or that of another element which asks for the same. */
export function takeSource(given: Search | Promise<Search> | null, options: SourceOptions): Source {
  if (given !== null) return new Source(given, options);
  const key = toJson(options);
  const source = shared.get(key) ?? new Source(null, options);
  shared.set(key, source);
  source.users++;
  return source;
}

/** Gives a source back; the last one who does closes it. */
export function releaseSource(source: Source): void {
  if (--source.users <= 0) dropSource(source);
}

/** Forgets a source, such as one that has failed, so that the next one who asks opens another. */
export function dropSource(source: Source): void {
  for (const [key, other] of shared) if (other === source) shared.delete(key);
  void source.close();
}
