import { describe, expect, test } from "vitest";
import type { EnrichedSection } from "../../../../src/core/segment/prepare.ts";
import { makeReader } from "../../../property/make-reader.ts";

const long = Array.from({ length: 60 }, (_, i) => `Sentence ${i} of a long section.`).join(" ");

function document(sections: readonly EnrichedSection[]): {
  url: string;
  title: string;
  sections: readonly EnrichedSection[];
} {
  return { url: "/a", title: "Title", sections };
}

describe("hidden text of passages", () => {
  test("is kept for the passage it was given for, beside heading and text", async () => {
    const reader = makeReader([
      document([
        { heading: "First", anchor: "first", text: "Short." },
        { heading: "Second", text: long, hidden: ["", "of the second passage"] },
        { heading: "Third", text: "Last.", hidden: ["of the last one"] },
      ]),
    ]);
    const passages = Array.from({ length: reader.passageCount }, (_, i) => i);
    expect(passages.map((passage) => [reader.sectionOf(passage), reader.hiddenText(passage)])).toEqual([
      [0, ""],
      [1, ""],
      [1, "of the second passage"],
      [2, "of the last one"],
    ]);
    expect(reader.places(0).map(({ path }) => path)).toEqual([["First"], ["Second"], ["Third"]]);
    const sections = await reader.readSections(0);
    expect(sections.map(({ heading, text, hidden }) => [heading, text, hidden])).toEqual([
      ["First", "Short.", undefined],
      ["Second", long, ["", "of the second passage"]],
      ["Third", "Last.", ["of the last one"]],
    ]);
  });

  test("changes the document's hash and the passage's, and nothing where there is none", () => {
    const [without, empty, filled] = [[], ["  "], ["hidden"]].map((hidden) =>
      makeReader([document([{ text: "Text.", hidden }])]),
    );
    const hashes = (reader: typeof without): unknown => [reader!.documentHash(0), reader!.passageHash(0)];
    expect(hashes(empty)).toEqual(hashes(makeReader([document([{ text: "Text." }])])));
    expect(hashes(empty)).toEqual(hashes(without));
    expect(filled!.passageHash(0)).not.toBe(empty!.passageHash(0));
    expect(filled!.documentHash(0)).not.toEqual(empty!.documentHash(0));
  });

  test("cannot pass for a heading or another passage's by the sign that parts them", () => {
    const reader = makeReader([document([{ heading: "A\0B", text: "Text.", hidden: ["x\0y"] }])]);
    expect(reader.sectionHeads(0)[0]).toMatchObject({ heading: "A\ufffdB", hidden: ["x\ufffdy"] });
  });

  test("is counted by its words", () => {
    const lengths = (hidden: string[]): number =>
      makeReader([document([{ text: "Two words.", hidden }])]).fieldLengths[2]!;
    expect([lengths([]), lengths(["three more words"])]).toEqual([2, 5]);
  });
});
