/** Pages of one path that differ by their query; calendars and filters have no end of them. */
const maxQueries = 20;

/** Pages of one form, such as `/calendar/#/#/`, with numbers in place of `#`: half of the limit, and at least so many. */
const minOfForm = 20;

const maxAddress = 2000;
const maxParts = 20;

/** Times that a part of a path may stand in it: links that are wrong by a folder lead ever deeper. */
const maxRepeats = 3;

/** What is no page, by its name: not worth a request. */
const otherFile =
  /\.(?:7z|avi|avif|bin|bz2|css|csv|deb|dmg|docx?|eot|epub|exe|gif|gz|ico|iso|jar|jpe?g|js|json|m4a|mjs|mkv|mov|mp[34]|msi|ogg|otf|pdf|png|pptx?|rar|rpm|rss|svg|tar|tgz|ttf|wasm|wav|webm|webmanifest|webp|woff2?|xlsx?|xml|xz|zip)$/i;

/** Asking for these does something, or shows a form: of a wiki, of a shop, of whoever has an account. */
const action = /(?:log|sign)-?(?:out|off)(?:[/.?&=]|$)|[?&](?:action|do|add-to-cart|replytocom)=/i;

/** Pages that are still to be asked for, in the order they were found, each once. */
export class Frontier {
  readonly #limit: number;
  readonly #waiting: string[] = [];
  readonly #seen = new Set<string>();
  readonly #queries = new Map<string, number>();
  readonly #forms = new Map<string, number>();
  #next = 0;

  /** @param limit - most pages that `next` gives. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Pages known, those above the limit not counted. */
  get total(): number {
    return Math.min(this.#waiting.length, this.#limit);
  }

  /** Whether there are more pages than the limit allows. */
  get isLimited(): boolean {
    return this.#waiting.length > this.#limit;
  }

  /** Adds the address of a page that somebody named. */
  add(url: string): void {
    if (this.#seen.has(url)) return;
    this.#seen.add(url);
    this.#waiting.push(url);
  }

  /** Adds the address that a link leads to, unless it is no page or a way without end. */
  addLink(url: string): void {
    if (!this.#seen.has(url) && isWorthAsking(url) && this.#isBounded(url)) this.add(url);
  }

  /** Marks the address that another one led to, so that it is not asked for again. @returns false where it was known already. */
  mark(url: string): boolean {
    if (this.#seen.has(url)) return false;
    this.#seen.add(url);
    return true;
  }

  next(): string | undefined {
    return this.#next < this.total ? this.#waiting[this.#next++] : undefined;
  }

  #isBounded(url: string): boolean {
    const { pathname, search } = new URL(url);
    if (search !== "" && count(this.#queries, pathname) > maxQueries) return false;
    const form = pathname.replace(/\d+/g, "#");
    return form === pathname || count(this.#forms, form) <= Math.max(minOfForm, this.#limit / 2);
  }
}

function isWorthAsking(url: string): boolean {
  if (url.length > maxAddress) return false;
  const { pathname, search } = new URL(url);
  if (otherFile.test(pathname) || action.test(pathname + search)) return false;
  const parts = pathname.split("/").filter((part) => part !== "");
  return (
    parts.length <= maxParts && parts.every((part) => parts.filter((other) => other === part).length <= maxRepeats)
  );
}

function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
