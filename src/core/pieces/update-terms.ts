import type { Utf8 } from "../utf8.ts";
import { PayloadReader } from "./bytes.ts";
import { encodeKeyList, type KeyList, compareKeys, placeOf, readKeyList, writeKeyLists } from "./key-list.ts";
import type { PieceStore } from "./put-piece.ts";
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
} from "./term-block.ts";
import { termBlockBytes, writeEntry, writeTermBlocks } from "./write-terms.ts";

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
  readonly #gone: Uint8Array;
  readonly #store: PieceStore;
  readonly #utf8: Utf8;

  /** @param gone - [passages] 1 for those whose postings are to be taken out. */
  constructor({ keys, names }: KeyList, gone: Uint8Array, store: PieceStore, utf8: Utf8) {
    this.#lists = keys.map((key, i) => ({ key, name: names[i]!, blocks: null, isChanged: false }));
    this.#listKeys = keys;
    this.#gone = gone;
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
    parts.forEach((part, i) => (parts[i] = withoutGone(part, this.#gone)));
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

function withoutGone(list: PostingList, gone: Uint8Array): PostingList {
  const { passages } = list;
  let at = 0;
  while (at < passages.length && gone[passages[at]!] !== 1) at++;
  // Why told apart: of a long list, nearly all parts stay as they are, and are not written again.
  if (at === passages.length) return list;
  const kept: number[] = [];
  for (let i = 0; i < passages.length; i++) if (gone[passages[i]!] !== 1) kept.push(i);
  return pick(list, kept);
}

/** Puts postings behind the others of their level: into the best part that has any as low, else into the last. */
function addByLevel(parts: PostingList[], added: PostingList): void {
  if (added.passages.length === 0) return;
  const lowest = parts.map(({ levels }) => lowestOf(levels));
  const into: number[][] = parts.map(() => []);
  added.levels.forEach((level, i) => {
    const found = lowest.findIndex((low) => level >= low);
    into[found < 0 ? parts.length - 1 : found]!.push(i);
  });
  into.forEach((indices, i) => {
    if (indices.length > 0) parts[i] = append(parts[i]!, pick(added, indices));
  });
}

function lowestOf(levels: Uint8Array): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const level of levels) if (level < lowest) lowest = level;
  return lowest;
}

/** Whether the parts of a list are about as long as those of one that is cut anew. */
function keepsShape([head, ...tiers]: readonly PostingList[]): boolean {
  const total = tiers.reduce((sum, { passages }) => sum + passages.length, head!.passages.length);
  if (tiers.length === 0 || total <= maxInlinePostings / 2) return false;
  const fits = ({ passages }: PostingList, size: number): boolean => passages.length > 0 && passages.length <= 2 * size;
  return fits(head!, headPostings) && tiers.every((tier, i) => fits(tier, tierSize(i)));
}

function pick({ passages, levels }: PostingList, indices: ArrayLike<number>): PostingList {
  const picked = { passages: new Uint32Array(indices.length), levels: new Uint8Array(indices.length) };
  for (let i = 0; i < indices.length; i++) {
    picked.passages[i] = passages[indices[i]!]!;
    picked.levels[i] = levels[indices[i]!]!;
  }
  return picked;
}

/** @param later - of passages after all of the others. */
function append(list: PostingList, later: PostingList): PostingList {
  const passages = new Uint32Array(list.passages.length + later.passages.length);
  const levels = new Uint8Array(passages.length);
  passages.set(list.passages);
  passages.set(later.passages, list.passages.length);
  levels.set(list.levels);
  levels.set(later.levels, list.levels.length);
  return { passages, levels };
}

/** All postings of some lists, in order of passages. */
function join(parts: readonly PostingList[]): PostingList {
  const { passages, levels } = parts.reduce(append);
  const order = Uint32Array.from(passages.keys()).sort((a, b) => passages[a]! - passages[b]!);
  return pick({ passages, levels }, order);
}
