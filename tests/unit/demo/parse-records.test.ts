import { describe, expect, test } from "vitest";
import { parseRecords } from "../../../demo/src/playground/parse-records.ts";

describe("parseRecords", () => {
  test.each([
    ["a list of documents", '[{"url":"/a","title":"A","text":"T","lang":"en"}]', "a.json"],
    ["an object that holds a list", '{"count":1,"pages":[{"url":"/a","title":"A","text":"T","lang":"en"}]}', "a.json"],
    ["a record on each line", '{"url":"/a","title":"A","text":"T","lang":"en"}\n\n', "a.jsonl"],
    ["fields of other names", '[{"href":"/a","name":"A","content":"T","lang":"en"}]', "a.json"],
  ])("takes %s", (_, source, path) => {
    expect(parseRecords(source, path)).toEqual([{ url: "/a", title: "A", text: "T", lang: "en" }]);
  });

  test("keeps sections and attributes, and names records that have no address", () => {
    const sections = [{ heading: "H", text: "T" }];
    expect(
      parseRecords(
        JSON.stringify([
          { sections, attributes: { n: 1 } },
          { id: 0, body: "B" },
        ]),
        "x.json",
      ),
    ).toEqual([
      { url: "x.json #1", title: "", sections, attributes: { n: 1 } },
      { url: "0", title: "", text: "B" },
    ]);
  });

  test.each([
    ["{", /x\.json is no JSON/],
    ["", /x\.json is no JSON/],
    ["[]", /x\.json has no records/],
    ['{"a":1}', /x\.json has no records/],
    ["3", /x\.json has no records/],
    ["[null]", /x\.json #1 is no object, but null/],
    ['[{"url":"a","text":"t"},{"n":1}]', /x\.json #2 has no text/],
  ])("refuses %s in words", (source, reason) => {
    expect(() => parseRecords(source, "x.json")).toThrow(reason);
  });
});
