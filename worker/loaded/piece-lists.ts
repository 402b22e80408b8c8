import { PayloadReader } from "../../src/core/pieces/bytes.ts";
import { type KeyList, placeOf, placesOf, readKeyList } from "../../src/core/pieces/key-list.ts";
import { utf8 } from "../utf8.ts";

/** Reads the payload of a block. */
export type ReadPiece = (name: string) => Promise<Uint8Array>;

/** Finds the blocks of sorted keys by way of lists of their first keys: the root names the lists, the lists name the blocks. */
export class PieceLists {
  readonly #root: KeyList;
  /** Payload of a block, by its name. */
  readonly read: ReadPiece;
  readonly #lists: Map<string, Promise<KeyList>> = new Map();

  constructor(root: KeyList, read: ReadPiece) {
    this.#root = root;
    this.read = read;
  }

  get isEmpty(): boolean {
    return this.#root.names.length === 0;
  }

  /** The block in which a key stands, if it stands anywhere; undefined in an empty index. */
  async at(key: string): Promise<string | undefined> {
    if (this.isEmpty) return undefined;
    const list = await this.#list(placeOf(this.#root.keys, key));
    return list.names[placeOf(list.keys, key)];
  }

  /** The first blocks in which keys with this beginning may stand, in order; more than `most` only where one list has them. */
  async range(prefix: string, most: number = Number.POSITIVE_INFINITY): Promise<string[]> {
    if (this.isEmpty) return [];
    const names: string[] = [];
    const [start, end] = placesOf(this.#root.keys, prefix);
    for (let place = start; place < end && names.length <= most; place++) {
      const list = await this.#list(place);
      const [from, to] = placesOf(list.keys, prefix);
      names.push(...list.names.slice(from, to));
    }
    return names;
  }

  /** Names of the blocks of keys. */
  async *names(): AsyncGenerator<string> {
    for (let place = 0; place < this.#root.names.length; place++) yield* (await this.#list(place)).names;
  }

  /** Names of the blocks of lists. */
  get listNames(): readonly string[] {
    return this.#root.names;
  }

  #list(place: number): Promise<KeyList> {
    const name = this.#root.names[place]!;
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const reading = this.read(name).then((payload) => readKeyList(new PayloadReader(payload, utf8)));
    this.#lists.set(name, reading);
    reading.catch(() => this.#lists.delete(name));
    return reading;
  }
}
