import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stem, stemPrefix } from "../../../../src/core/text/stem.ts";

const suffixes = [
  "",
  "s",
  "ed",
  "ing",
  "er",
  "ers",
  "ly",
  "able",
  "ability",
  "ation",
  "ment",
  "ness",
  "ful",
  "ity",
  "al",
  "ive",
  "ization",
];

/** Words of the user guide, and what English makes of them; forms that do not exist cost nothing. */
function collectWords(): string[] {
  const guide = new URL("../../../../docs/guide/", import.meta.url);
  const text = readdirSync(guide)
    .map((name) => readFileSync(new URL(name, guide), "utf8"))
    .join("\n");
  const words = new Set(text.toLowerCase().match(/\b[a-z]{3,}\b/g));
  return [
    ...new Set(
      [...words].flatMap((word) => suffixes.flatMap((suffix) => [word + suffix, word.replace(/e$|y$/, "") + suffix])),
    ),
  ];
}

test("the beginning that a stem gives is shared by its words: all but 1 in 2,000", () => {
  const words = collectWords();
  const missed = words.filter((word) => !word.startsWith(stemPrefix(stem(word))));
  console.info(
    `${missed.length} of ${words.length} words are missed by the beginning of their stem: ${missed.slice(0, 20).join(" ")}`,
  );
  expect(words.length).toBeGreaterThan(3000);
  expect(missed.length / words.length).toBeLessThan(0.0005);
});

test("the beginning of a stem is not empty for any word of more than three letters", () => {
  expect(collectWords().filter((word) => word.length > 3 && stemPrefix(stem(word)) === "")).toEqual([]);
});
