import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IndexFormatError } from "../../src/errors.ts";
import { type Column, decodeBlock, encodeBlock, formatVersion } from "../../src/core/segment/codec.ts";
import type { Document, Section } from "../../src/types.ts";
import { humanLine, humanText } from "./arbitraries.ts";
import { makeReader, writeSegment } from "./make-reader.ts";

const column: fc.Arbitrary<Column> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.int8Array({ maxLength: 40 }),
  fc.uint16Array({ maxLength: 40 }),
  fc.uint32Array({ maxLength: 40 }),
  fc.float32Array({ maxLength: 40 }),
);
const columns = fc.array(column, { maxLength: 6 });

function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    return error instanceof IndexFormatError ? error.code : `crash: ${String(error)}`;
  }
}

describe("a block", () => {
  test("gives back its columns, aligned in memory or not", () => {
    fc.assert(
      fc.property(columns, fc.nat(7), (list, shift) => {
        const block = encodeBlock(list);
        const moved = new Uint8Array(block.length + shift);
        moved.set(block, shift);
        expect(decodeBlock(moved.subarray(shift), "b", list.length)).toEqual(list);
        const buffer = Buffer.concat([Buffer.alloc(shift), block]).subarray(shift);
        expect(decodeBlock(buffer, "b", list.length)).toEqual(list);
      }),
    );
  });

  test("cut anywhere is index/truncated", () => {
    fc.assert(
      fc.property(columns, fc.nat(), (list, seed) => {
        const block = encodeBlock(list);
        const cut = seed % block.length;
        expect(codeOf(() => decodeBlock(block.slice(0, cut), "b", list.length))).toBe("index/truncated");
      }),
    );
  });

  test("with any byte of its header changed is refused or gives columns inside of it, and never crashes", () => {
    fc.assert(
      fc.property(columns, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, seed, change) => {
        const block = encodeBlock(list);
        const at = seed % Math.min(block.length, 16 + list.length * 16);
        block[at]! ^= change;
        const code = codeOf(() => decodeBlock(block, "b", list.length));
        expect(["accepted", "index/format", "index/newer-format", "index/truncated"]).toContain(code);
        if (at < 4) expect(code).toBe("index/format");
        if (at >= 6 && at < 8) expect(code).toBe("index/format");
        if (at >= 8 && at < 12) expect(code).toBe("index/truncated");
      }),
      { numRuns: 500 },
    );
  });

  test("of a newer format is refused as such, of another kind as damaged", () => {
    const block = encodeBlock([new Uint8Array(3)]);
    expect(codeOf(() => decodeBlock(block, "b", 2))).toBe("index/format");
    new DataView(block.buffer).setUint16(4, formatVersion + 1, true);
    expect(codeOf(() => decodeBlock(block, "b", 1))).toBe("index/newer-format");
  });

  test("whose list of columns does not fit into it is refused", () => {
    const block = encodeBlock([]);
    new DataView(block.buffer).setUint16(6, 3, true);
    expect(codeOf(() => decodeBlock(block, "b", 3))).toBe("index/format");
  });
});

const section: fc.Arbitrary<Section> = fc.record({
  heading: humanLine,
  level: fc.integer({ min: 1, max: 6 }),
  anchor: humanLine,
  weight: fc.constantFrom(1, 0, 0.5, 10, 1e-7),
  lang: fc.constantFrom("", "fr", "pt-BR"),
  text: fc.oneof(
    humanText,
    humanText.map((text) => text.repeat(20)),
    fc.constant(""),
    fc.constant(" \n"),
  ),
});
const documents: fc.Arbitrary<Document[]> = fc
  .array(
    fc.record({
      title: humanLine,
      lang: fc.constantFrom("", "en", "el", "zh-Hant"),
      attributes: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
      sections: fc.array(section, { maxLength: 5 }),
    }),
    { maxLength: 6 },
  )
  .map((list) => list.map((document, i) => ({ url: `url ${i} ü`, ...document })));

/** What is stored of a section: a text of white space alone is empty where it has no passage. */
const stored = ({ heading = "", level, anchor, weight, lang, text }: Section): object => ({
  heading: heading.trim(),
  level,
  anchor: anchor!.replaceAll("\0", "\ufffd"),
  ...(weight === 1 ? {} : { weight }),
  ...(lang === "" ? {} : { lang }),
  text: text.trim() === "" ? "" : text.replaceAll("\0", "\ufffd"),
});

describe("a segment", () => {
  test("gives back documents, sections and texts as they were", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (list) => {
        const reader = makeReader(list);
        expect(reader.documentCount).toBe(list.length);
        for (const [i, document] of list.entries()) {
          expect(reader.url(i)).toBe(document.url);
          expect(reader.title(i)).toBe(document.title!.trim());
          expect(reader.lang(i)).toBe(document.lang);
          expect({ ...reader.attributes(i) }).toEqual({ ...document.attributes });
          const sections = (await reader.readSections(i)).map(({ text, ...rest }) => ({
            ...rest,
            text: text.trim() === "" ? "" : text,
          }));
          expect(sections).toEqual(
            document.sections!.length > 0
              ? document.sections!.map(stored)
              : [{ heading: "", level: 2, anchor: "", text: "" }],
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test("gives the text of every passage by its offsets", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (list) => {
        const reader = makeReader(list);
        for (let passage = 0; passage < reader.passageCount; passage++) {
          const { document } = reader.passagePlace(passage);
          const text = list[document]!.sections?.[reader.sectionOf(passage)]?.text.replaceAll("\0", "\ufffd") ?? "";
          expect(await reader.passageText(passage)).toBe(text.slice(...reader.span(passage)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("of the same documents has the same bytes", () => {
    fc.assert(
      fc.property(documents, (list) => {
        expect(writeSegment(structuredClone(list))).toEqual(writeSegment(list));
      }),
      { numRuns: 30 },
    );
  });

  test("of much text is read from several blocks", async () => {
    const sections = Array.from({ length: 40 }, (_, i) => ({
      heading: `h${i}`,
      text: `Sentence ${i} с текстом. `.repeat(400),
    }));
    const list = [{ url: "a", title: "t", sections }];
    const reader = makeReader(list);
    expect(reader.reference.blocks.text.length).toBeGreaterThan(3);
    expect((await reader.readSections(0)).map((read) => read.text)).toEqual(sections.map(({ text }) => text));
  });
});
