import { CrawlWorker } from "../site/crawl-worker.ts";
import { ownAddress } from "../site/page-address.ts";
import type { PageHost } from "../page-host.ts";
import type { PageTreeEvents } from "../page-tree.ts";
import type { LivePage as ReadPage } from "../site/protocol.ts";
import type { AddResult } from "../types.ts";
import type { AddPageOptions } from "./options.ts";
import { sendPage } from "./send-page.ts";

/** A page's text as it was last indexed, and under which address. */
interface Indexed {
  readonly url: string;
  readonly signature: string;
}

/** A live page, and what of it is in the index. */
export class LivePage {
  readonly #host: PageHost;
  readonly #options: AddPageOptions;
  readonly #signal: AbortSignal;
  #worker: CrawlWorker | undefined;
  #last: Indexed | undefined;
  /** How long the last reading kept the page from its own work, in ms. */
  busyMs = 0;
  /** Canonical address -> the path that the page had when it was first named. */
  readonly #canonicals = new Map<string, string>();

  constructor(host: PageHost, options: AddPageOptions, signal: AbortSignal) {
    this.#host = host;
    this.#options = options;
    this.#signal = signal;
  }

  /** Brings the index up to date with the page as it stands. */
  async update(events: PageTreeEvents = {}): Promise<AddResult> {
    const { root = document, onProgress } = this.#options;
    const worker = (this.#worker ??= new CrawlWorker(this.#options.workerUrl));
    const here = new URL(location.href);
    this.busyMs = await sendPage(root, (tokens) => worker.call((api) => api.write(tokens)), this.#signal, events);
    const page = await worker.call((api) => api.read(here.href) as Promise<ReadPage>);
    const call = { signal: this.#signal, ...(onProgress === undefined ? {} : { onProgress }) };
    if ("skipped" in page) return this.#leaveOut(here, page.skipped, page.isEmpty);
    const url = this.#addressOf(here, page.canonical);
    if (this.#isNotRendered(url, page.signature)) return this.#host.add([], call);
    this.#last = { url, signature: page.signature };
    return this.#host.add([{ ...page.document, url }], call);
  }

  /** Ends the worker until the page is read again. */
  rest(): void {
    this.#worker?.stop(new DOMException("The page is at rest.", "AbortError"));
    this.#worker = undefined;
  }

  /** Whether an app shows another address already, and still the text of the one before. */
  #isNotRendered(url: string, signature: string): boolean {
    return this.#last !== undefined && this.#last.url !== url && this.#last.signature === signature;
  }

  async #leaveOut(here: URL, reason: string, isEmpty: boolean): Promise<AddResult> {
    const call = { signal: this.#signal };
    const canonical = document.querySelector<HTMLLinkElement>("link[rel~=canonical]")?.getAttribute("href") ?? "";
    const urls = [...new Set([this.#addressOf(here, canonical), this.#addressOf(here, "")])];
    // Why not if empty: an app that goes to another page may show nothing for a moment. What was removed here goes.
    if (!isEmpty || urls.includes(this.#last?.url ?? "")) await this.#host.remove(urls, call);
    const message = `The page is not indexed: ${reason}.`;
    return { ...(await this.#host.add([], call)), warnings: [{ url: urls[0]!, code: "page/skipped", message }] };
  }

  #addressOf(here: URL, canonical: string): string {
    const { url } = this.#options;
    if (url !== undefined) return url;
    return ownAddress(here, this.#isForgotten(here, canonical) ? "" : canonical, document.baseURI);
  }

  /** Whether an app goes on to another page and leaves the canonical address of the one before where it is. */
  #isForgotten({ pathname }: URL, canonical: string): boolean {
    const first = this.#canonicals.get(canonical) ?? pathname;
    this.#canonicals.set(canonical, first);
    return first !== pathname;
  }
}
