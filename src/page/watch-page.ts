import type { PageHost } from "../page-host.ts";
import type { AddResult } from "../types.ts";
import type { AddPageOptions } from "./options.ts";
import type { LivePage } from "./live-page.ts";

/** A page is read when nothing has changed for so long, */
const quietMs = 500;

/** or so long after the first change that was not read yet: some pages change for ever. */
const longestWaitMs = 5000;

/**
 * While a page changes for ever, pauses are so many times as long as the reading kept it from its own work, and at least as
 * long as all that the reading took, which is work of others.
 */
const pauseFactor = 10;

const watched: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  // Why not all: animations write classes and styles at every frame, and extraction reads few of them.
  attributes: true,
  attributeFilter: ["hidden", "aria-hidden", "role", "lang", "id", "alt", "content", "href", "data-inkling-ignore"],
};

/**
 * Reads a page, and again whenever it changes: its content, or its address. Changes are noted at once, and read when they have
 * settled and the page is idle. A page in the back/forward cache rests. Later failures fire the event `error` at the search,
 * and the next change is another attempt.
 *
 * @returns what the first reading gave. @throws where it fails; nothing is watched then.
 */
export async function watchPage(
  page: LivePage,
  host: PageHost,
  options: AddPageOptions,
  signal: AbortSignal,
): Promise<AddResult> {
  const failed = new AbortController();
  const watch = new PageWatch(page, host, options.root ?? document, AbortSignal.any([signal, failed.signal]));
  try {
    return await watch.begin();
  } catch (error) {
    failed.abort();
    throw error;
  }
}

class PageWatch {
  readonly #page: LivePage;
  readonly #host: PageHost;
  readonly #root: ParentNode & Node;
  readonly #signal: AbortSignal;
  readonly #observer = new MutationObserver(() => this.#note());
  /** Names of elements whose definition is waited for. */
  readonly #awaited = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstChange: number | undefined;
  #lastChange = 0;
  /** No reading before this time. */
  #notBefore = 0;
  #isReading = false;
  #isResting = false;
  #address = location.href;

  constructor(page: LivePage, host: PageHost, root: ParentNode & Node, signal: AbortSignal) {
    this.#page = page;
    this.#host = host;
    this.#root = root;
    this.#signal = signal;
  }

  begin(): Promise<AddResult> {
    const signal = this.#signal;
    this.#observer.observe(this.#root, watched);
    const note = (): void => this.#noteAddress();
    // Why no more: where there is no Navigation API, a route that is pushed shows by what it renders.
    navigationOf(window)?.addEventListener("currententrychange", note, { signal });
    addEventListener("popstate", note, { signal });
    addEventListener("hashchange", note, { signal });
    addEventListener("pagehide", () => this.#rest(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#resume(), { signal });
    signal.addEventListener("abort", () => this.#end(), { once: true });
    return this.#read();
  }

  #noteAddress(): void {
    if (location.href === this.#address) return;
    this.#address = location.href;
    this.#note();
  }

  /** Notes a change. Cheap: a page may change at every frame. */
  #note(): void {
    this.#lastChange = performance.now();
    this.#firstChange ??= this.#lastChange;
    if (this.#timer === undefined && !this.#isReading && !this.#isResting) this.#wait(quietMs);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const rest = this.#restMs();
      if (rest > 0) this.#wait(rest);
      else this.#read().catch((error: unknown) => this.#report(error));
    }, ms);
  }

  /** Time until the page is to be read, in ms. */
  #restMs(): number {
    const settled = Math.min(this.#lastChange + quietMs, this.#firstChange! + longestWaitMs);
    return Math.max(settled, this.#notBefore) - performance.now();
  }

  async #read(): Promise<AddResult> {
    this.#firstChange = undefined;
    this.#isReading = true;
    const started = performance.now();
    try {
      return await this.#page.update({
        onShadowRoot: (root) => this.#observer.observe(root, watched),
        onUndefined: (name) => this.#awaitDefinition(name),
      });
    } finally {
      const now = performance.now();
      this.#notBefore = now + Math.max(this.#page.busyMs * pauseFactor, now - started);
      this.#isReading = false;
      this.#goOn();
    }
  }

  /** Waits for the next reading where something has changed during the last one. */
  #goOn(): void {
    if (this.#signal.aborted || this.#isResting) return;
    if (this.#firstChange === undefined) this.#page.rest();
    else this.#wait(quietMs);
  }

  #report(error: unknown): void {
    if (this.#signal.aborted || this.#isResting) return;
    this.#host.dispatchEvent(Object.assign(new Event("error"), { error }));
  }

  #awaitDefinition(name: string): void {
    if (this.#awaited.has(name)) return;
    this.#awaited.add(name);
    customElements.whenDefined(name).then(
      () => this.#note(),
      () => {},
    );
  }

  #rest(): void {
    this.#isResting = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#page.rest();
  }

  #resume(): void {
    this.#isResting = false;
    this.#note();
  }

  #end(): void {
    this.#observer.disconnect();
    this.#rest();
  }
}

/** Not in every browser, and not in the types of all that have it. */
function navigationOf(window: Window): EventTarget | undefined {
  return (window as { readonly navigation?: EventTarget }).navigation;
}
