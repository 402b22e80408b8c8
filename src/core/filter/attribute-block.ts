import type { AttributeScalar } from "../../types.ts";
import { damaged, decodeBlock, encodeBlock } from "../segment/codec.ts";
import { encodeStrings, stringAt } from "../segment/strings.ts";
import type { Utf8 } from "../utf8.ts";
import { AttributeColumn } from "./attribute-column.ts";

/** What a value is, beside its spelling; the index is what stands in the block. */
const kinds = ["string", "number", "boolean"] as const;

const columnCount = 5;

/**
 * Freezes the values of one attribute in the documents of one segment into a block, so that an index in pieces can be filtered
 * without its documents. `docs/FORMAT.md` has the layout.
 */
export function encodeAttribute({ values, starts, codes }: AttributeColumn, utf8: Utf8): Uint8Array {
  const spelled = encodeStrings(values.map(String), utf8);
  const kindOf = Uint8Array.from(values, (value) => kinds.indexOf(typeof value as (typeof kinds)[number]));
  return encodeBlock([kindOf, spelled.bytes, spelled.offsets, starts, codes]);
}

/**
 * Reads a block of `encodeAttribute`.
 *
 * @param name - of the block, for messages.
 * @param documents - of its segment.
 * @throws {IndexFormatError} `index/newer-format`, `index/truncated` or `index/format`.
 */
export function decodeAttribute(block: Uint8Array, name: string, documents: number, utf8: Utf8): AttributeColumn {
  const [kindOf, bytes, offsets, starts, codes] = decodeBlock(block, name, columnCount) as [
    Uint8Array,
    Uint8Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const check = (isSound: boolean, what: string): void => {
    if (!isSound) throw damaged(name, what);
  };
  check(starts.length === documents + 1, `it is of ${starts.length - 1} documents, expected ${documents}`);
  check(offsets.length === kindOf.length + 1, "its values do not fit their kinds");
  check(starts[0] === 0 && starts[documents] === codes.length && isRising(starts), "its documents overlap");
  check(
    codes.every((code) => code < kindOf.length),
    "a document has a value that is not there",
  );
  const values = Array.from(kindOf, (kind, i) => readValue(kinds[kind], stringAt({ bytes, offsets }, i, utf8)));
  check(!values.includes(NaN), "a value is of no known kind");
  return new AttributeColumn(values, starts, codes);
}

function isRising(starts: Uint32Array): boolean {
  return starts.every((start, i) => i === 0 || start >= starts[i - 1]!);
}

/** NaN, which no attribute is, for a kind that is not known. */
function readValue(kind: (typeof kinds)[number] | undefined, text: string): AttributeScalar {
  if (kind === "string") return text;
  if (kind === "boolean") return text === "true";
  return kind === "number" ? Number(text) : NaN;
}
