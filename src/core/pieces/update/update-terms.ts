import type { Utf8 } from "../../utf8.ts";
import { PayloadReader } from "../bytes.ts";
import { encodeKeyList, type KeyList, compareKeys, placeOf, readKeyList, writeKeyLists } from "../key-list.ts";
import type { PieceStore } from "../put-piece.ts";
import {
  decodePostings,
  decodeTermBlock,
  encodePostings,
  headPostings,
  maxInlinePostings,
  type PostingList,
  TermBlockWriter,
  type TermEntry,
  tierSize,
} from "../term-block.ts";
import { termBlockBytes, writeEntry, writeTermBlocks } from "../write-terms.ts";

/** Blocks of a list that has grown to this many are divided among several. */
const maxListed = 128;

interface ChangingBlock {
  readonly key: string;
  readonly name: string;
  /** Null until they are read. */
  entries: TermEntry[] | null;
  isChanged: boolean;
}

interface ChangingList {
  readonly key: string;
  readonly name: string;
  blocks: ChangingBlock[] | null;
  isChanged: boolean;
}

/** Changes postings in a dictionary that is written already: what no changed term stands in is neither read nor written. */
export class TermChanges {
  readonly #lists: readonly ChangingList[];
  readonly #listKeys: readonly string[];
  readonly #isGone: (passage: number) => boolean;
  readonly #store: PieceStore;
  readonly #utf8: Utf8;

  /** @param isGone - whether postings of a passage are to be taken out. */
  constructor({ keys, names }: KeyList, isGone: (passage: number) => boolean, store: PieceStore, utf8: Utf8) {
    this.#lists = keys.map((key, i) => ({ key, name: names[i]!, blocks: null, isChanged: false }));
    this.#listKeys = keys;
    this.#isGone = isGone;
    this.#store = store;
    this.#utf8 = utf8;
  }

  /**
   * Takes the postings of passages that are gone out of a term's list, and adds others.
   *
   * @param added - with ordinals above all that are there.
   */
  change(term: string, added: PostingList): void {
    const list = this.#lists[placeOf(this.#listKeys, term)]!;
    const blocks = (list.blocks ??= this.#readList(list.name));
    const block =
      blocks[
        placeOf(
          blocks.map(({ key }) => key),
          term,
        )
      ]!;
    const entries = (block.entries ??= decodeTermBlock(this.#store.read(block.name), this.#utf8));
    const found = entries.findIndex((entry) => compareKeys(entry.term, term) >= 0);
    const at = found < 0 ? entries.length : found;
    const known = entries[at]?.term === term ? entries[at] : null;
    const next = known === null ? this.#write(term, [added]) : this.#changeEntry(known, added);
    entries.splice(at, known === null ? 0 : 1, ...(next === null ? [] : [next]));
    list.isChanged = block.isChanged = true;
  }

  #readList(name: string): ChangingBlock[] {
    const { keys, names } = readKeyList(new PayloadReader(this.#store.read(name), this.#utf8));
    return keys.map((key, i) => ({ key, name: names[i]!, entries: null, isChanged: false }));
  }

  #changeEntry(entry: TermEntry, added: PostingList): TermEntry | null {
    const parts = [entry.head, ...entry.tiers.map(({ name }) => decodePostings(this.#store.read(name), this.#utf8))];
    const before = [...parts];
    parts.forEach((part, i) => (parts[i] = this.#withoutGone(part)));
    addByLevel(parts, added);
    if (!keepsShape(parts)) {
      for (const { name } of entry.tiers) this.#store.release(name);
      return this.#write(entry.term, parts);
    }
    const tiers = entry.tiers.map((tier, i) => {
      const part = parts[i + 1]!;
      if (part === before[i + 1]) return tier;
      this.#store.release(tier.name);
      return { count: part.passages.length, name: this.#store.put(encodePostings(part, this.#utf8)) };
    });
    const frequency = parts.reduce((sum, { passages }) => sum + passages.length, 0);
    return { term: entry.term, frequency, head: parts[0]!, tiers };
  }

  #withoutGone(list: PostingList): PostingList {
    const kept = Array.from(list.passages.keys()).filter((i) => !this.#isGone(list.passages[i]!));
    return kept.length === list.passages.length ? list : pick(list, kept);
  }

  /** Writes a term with all its postings; null where it has none. */
  #write(term: string, parts: readonly PostingList[]): TermEntry | null {
    const list = join(parts);
    return list.passages.length === 0 ? null : writeEntry({ term, list }, this.#store.put, this.#utf8);
  }

  /** Writes what has changed. @returns the lists of blocks of terms. */
  finish(): KeyList {
    const keys: string[] = [];
    const names: string[] = [];
    for (const list of this.#lists) {
      const written = list.isChanged ? this.#writeList(list) : { keys: [list.key], names: [list.name] };
      keys.push(...written.keys);
      names.push(...written.names);
    }
    return { keys, names };
  }

  #writeList({ name, blocks }: ChangingList): KeyList {
    this.#store.release(name);
    const keys: string[] = [];
    const names: string[] = [];
    for (const block of blocks!) {
      const written = block.isChanged ? this.#writeBlock(block) : { keys: [block.key], names: [block.name] };
      keys.push(...written.keys);
      names.push(...written.names);
    }
    if (keys.length === 0) return { keys, names };
    if (keys.length > maxListed) return writeKeyLists({ keys, names }, this.#store.put, this.#utf8);
    return { keys: [keys[0]!], names: [this.#store.put(encodeKeyList({ keys, names }, this.#utf8))] };
  }

  #writeBlock({ name, entries }: ChangingBlock): KeyList {
    this.#store.release(name);
    const all = new TermBlockWriter(this.#utf8);
    for (const entry of entries!) all.add(entry);
    // Why not cut at the size of a new block: nearly all that have changed would leave a small rest.
    const bytes = all.length > 2 * termBlockBytes ? termBlockBytes : Number.POSITIVE_INFINITY;
    return writeTermBlocks(entries!, bytes, this.#store.put, this.#utf8);
  }
}

/** Puts postings where the others of their level are: the best part that has any as low, else the last. */
function addByLevel(parts: PostingList[], added: PostingList): void {
  const lowest = parts.map(({ levels }) =>
    levels.reduce((low, level) => Math.min(low, level), Number.POSITIVE_INFINITY),
  );
  const into: number[][] = parts.map(() => []);
  added.levels.forEach((level, i) => {
    const found = lowest.findIndex((low) => level >= low);
    into[found < 0 ? parts.length - 1 : found]!.push(i);
  });
  into.forEach((indices, i) => {
    if (indices.length > 0) parts[i] = join([parts[i]!, pick(added, indices)]);
  });
}

/** Whether the parts of a list are about as long as those of one that is cut anew. */
function keepsShape([head, ...tiers]: readonly PostingList[]): boolean {
  const total = tiers.reduce((sum, { passages }) => sum + passages.length, head!.passages.length);
  if (tiers.length === 0 || total <= maxInlinePostings / 2) return false;
  const fits = ({ passages }: PostingList, size: number): boolean => passages.length > 0 && passages.length <= 2 * size;
  return fits(head!, headPostings) && tiers.every((tier, i) => fits(tier, tierSize(i)));
}

function pick({ passages, levels }: PostingList, indices: readonly number[]): PostingList {
  return {
    passages: Uint32Array.from(indices, (i) => passages[i]!),
    levels: Uint8Array.from(indices, (i) => levels[i]!),
  };
}

/** All postings of some lists, in order of passages. */
function join(parts: readonly PostingList[]): PostingList {
  const all = parts.flatMap(({ passages, levels }) =>
    Array.from(passages, (passage, i) => ({ passage, level: levels[i]! })),
  );
  all.sort((a, b) => a.passage - b.passage);
  return {
    passages: Uint32Array.from(all, ({ passage }) => passage),
    levels: Uint8Array.from(all, ({ level }) => level),
  };
}
