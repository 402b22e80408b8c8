import type { FilterableSegment } from "../../src/core/filter/filter-readers.ts";
import type { RankedPage } from "../../src/core/retrieval/group.ts";
import type { LoadedFilter } from "./filter-loaded.ts";
import type { LoadedIndex } from "./loaded-index.ts";

/** Where pages come from that are put in order. */
export interface PageSources {
  readonly filter: LoadedFilter;
  readonly indexes: readonly LoadedIndex[];
  /** Pages wanted. */
  readonly limit: number;
  /** Pages of the indexes that answer, best first; asked for when those that were added are ranked. */
  rank(): Promise<readonly RankedPage[]>;
}

/** An answer's pages in the order asked for. */
export interface SortedPages {
  /** The first ones: of either kind as many as are wanted, if there are. `isLoaded` tells whose `segment` is the place of an index. */
  readonly shown: readonly { readonly page: RankedPage; readonly isLoaded: boolean }[];
  readonly total: number;
}

/** Puts pages of loaded indexes and those that were added in one order, by attributes that either have. */
export class PageSorter {
  readonly #sources: PageSources;
  #sorted: SortedPages = { shown: [], total: 0 };

  constructor(sources: PageSources) {
    this.#sources = sources;
  }

  /** What the last `arrange` came to. */
  get sorted(): SortedPages {
    return this.#sorted;
  }

  /**
   * @param readers - of the added documents.
   * @param own - pages of them that answer, best first.
   * @param hasText - false where the query has no text: all documents that fit are listed then, each with its first passage.
   * @returns the added ones of the pages that are to be shown, in order.
   */
  async arrange(
    readers: readonly FilterableSegment[],
    own: readonly RankedPage[],
    hasText: boolean,
  ): Promise<readonly RankedPage[]> {
    const pages = hasText ? await this.#order(readers, own) : await this.#list(readers);
    const isLoaded = ({ segment }: RankedPage): boolean => segment >= readers.length;
    const shown = new Set([false, true].flatMap((kind) => this.#first(pages, (page) => isLoaded(page) === kind)));
    this.#sorted = {
      shown: pages.filter((page) => shown.has(page)).map((page) => toShown(page, readers.length)),
      total: pages.length,
    };
    return pages.filter((page) => shown.has(page) && !isLoaded(page));
  }

  #first(pages: readonly RankedPage[], isWanted: (page: RankedPage) => boolean): RankedPage[] {
    return pages.filter(isWanted).slice(0, this.#sources.limit);
  }

  async #order(readers: readonly FilterableSegment[], own: readonly RankedPage[]): Promise<readonly RankedPage[]> {
    const loaded = (await this.#sources.rank()).map((page) => ({ ...page, segment: page.segment + readers.length }));
    const ranked = [...own, ...loaded].sort((a, b) => b.score - a.score);
    return this.#sources.filter.filter(readers).order(ranked);
  }

  async #list(readers: readonly FilterableSegment[]): Promise<readonly RankedPage[]> {
    const { filter, indexes } = this.#sources;
    const listed = filter.filter(readers).list();
    const starts = await Promise.all(indexes.map((index) => index.attempt(() => index.passageStarts())));
    return listed.flatMap(({ segment, document, score }) => {
      const known = starts[segment - readers.length];
      const [passage, end] =
        segment < readers.length
          ? readers[segment]!.passageRange(document)
          : [known?.[document] ?? 0, known?.[document + 1] ?? 0];
      return passage < end ? [{ segment, document, score, passages: [{ segment, passage, score }] }] : [];
    });
  }
}

function toShown(page: RankedPage, own: number): { page: RankedPage; isLoaded: boolean } {
  const isLoaded = page.segment >= own;
  return { page: isLoaded ? { ...page, segment: page.segment - own } : page, isLoaded };
}
