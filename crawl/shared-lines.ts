import { Boilerplate, type PageEdges, type SharedLines } from "../src/extract/boilerplate.ts";

/** A page whose lines are counted, and what was taken off it. */
interface CountedPage {
  readonly edges: PageEdges;
  /** Key of the lines that its document in the index is without. */
  applied: string;
}

const noLines: SharedLines = { head: [], tail: [] };

/** Key of shared lines: equal keys, equal lines. */
function keyOfLines({ head, tail }: SharedLines): string {
  return head.length + tail.length === 0 ? "" : `${head.join()};${tail.join()}`;
}

/**
 * What the pages of a crawl have in common at their ends, as in a build. It is known for sure only when all pages are: until then
 * each is judged by those before it, and in the end by all.
 */
export class SiteLines {
  readonly #boilerplate = new Boilerplate();
  readonly #pages = new Map<string, CountedPage>();

  /** @param applied - key of the lines that the document in the index is without. */
  add(url: string, edges: PageEdges, applied: string): void {
    this.#boilerplate.add(pathOf(url), edges);
    this.#pages.set(url, { edges, applied });
  }

  /** What is to be taken off a page, by the pages so far. */
  find(url: string): SharedLines {
    const page = this.#pages.get(url);
    return page === undefined ? noLines : this.#boilerplate.findShared(pathOf(url), page.edges);
  }

  /** Says that the document in the index is without these lines. */
  apply(url: string, lines: SharedLines): void {
    const page = this.#pages.get(url);
    if (page !== undefined) page.applied = keyOfLines(lines);
  }

  /** Key of the lines that the document in the index is without. */
  appliedTo(url: string): string {
    return this.#pages.get(url)?.applied ?? "";
  }

  /** Pages that have been judged in another way than they are now. */
  *stale(): Generator<string, void> {
    for (const [url, { applied }] of this.#pages) if (keyOfLines(this.find(url)) !== applied) yield url;
  }
}

/** Path of an address, as of a file in a folder. */
function pathOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
