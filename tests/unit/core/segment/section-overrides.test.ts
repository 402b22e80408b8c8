import { describe, expect, test } from "vitest";
import { decodeBlock } from "../../../../src/core/segment/codec.ts";
import { decodeOverrides, encodeOverrides } from "../../../../src/core/segment/section-overrides.ts";
import { columnCounts } from "../../../../src/core/segment/writer.ts";
import { makeReader, writeSegment } from "../../../property/make-reader.ts";

const sections = [
  { heading: "First", level: 1, text: "Short.", weight: 0.5, hidden: ["of the first one"] },
  { heading: "Second", level: 2, text: "Longer, and in French.", lang: "fr" },
  { heading: "Third", level: 3, text: "Plain.", weight: 1, lang: "" },
  { heading: "Last", level: 4, text: "Last.", weight: 1e-7, lang: "zh-Hant-TW" },
];
const documents = [
  { url: "/a", text: "Before." },
  { url: "/b", sections },
];

describe("overrides of sections", () => {
  test("are listed for those that have one", () => {
    const text = encodeOverrides(sections);
    expect(text).toBe("0 0.5 \n1 1 fr\n3 1e-7 zh-Hant-TW");
    expect([...decodeOverrides(text)]).toEqual([
      [0, { weight: 0.5 }],
      [1, { lang: "fr" }],
      [3, { weight: 1e-7, lang: "zh-Hant-TW" }],
    ]);
    expect([encodeOverrides([{}, {}]), decodeOverrides("").size]).toEqual(["", 0]);
  });

  test("come back with their sections and passages, beside what is hidden", async () => {
    const reader = makeReader(documents);
    expect([0, 1, 2, 3, 4].map((passage) => reader.sectionWeight(passage))).toEqual([1, 0.5, 1, 1, 1e-7]);
    expect([0, 1, 2, 3, 4].map((passage) => reader.hiddenText(passage))).toEqual(["", "of the first one", "", "", ""]);
    const [first, second, { weight: _, lang: __, ...third }, last] = sections as [
      object,
      object,
      object & { weight: number; lang: string },
      object,
    ];
    expect(await reader.readSections(1)).toEqual(
      [first, second, third, last].map((section) => ({ anchor: "", ...section })),
    );
    expect(reader.places(1).map(({ lang }) => lang)).toEqual([undefined, "fr", undefined, "zh-Hant-TW"]);
  });

  test("stand where readers of version 0.1.0 do not look, and take no byte where there are none", () => {
    const columns = decodeBlock(writeSegment(documents).blocks.documents, "documents", columnCounts.documents);
    const plain = documents.map(({ url }) => ({
      url,
      sections: sections.map(({ heading, level, text }) => ({ heading, level, text })),
    }));
    const bare = decodeBlock(writeSegment(plain).blocks.documents, "documents", columnCounts.documents);
    expect([...columns.at(-1)!.subarray(0, 5)]).toEqual([2, 1, 2, 3, 4]);
    expect(bare.at(-1)).toEqual(Uint8Array.from([1, 2, 3, 4, 1, 2, 3, 4]));
  });
});
