import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { expect, test } from "vitest";
import { normalizeBert, splitBert } from "../../../../src/core/model/bert-normalizer.ts";
import { createWordPieceTokenizer } from "../../../../src/core/model/wordpiece.ts";
import { PortRepairs, readGoldenLines, referenceWords } from "./tokenizer-reference.ts";

const builtIn = new URL("../../../../public/models/inkling-instant-v1/tokenizer.json", import.meta.url);
const json = JSON.parse(readFileSync(builtIn, "utf8")) as object;
const lines = readGoldenLines();

test("the lines are ten thousand, in many scripts", () => {
  expect(lines).toHaveLength(10_000);
  const all = lines.map(({ text }) => text).join("");
  for (const script of [
    "Latn",
    "Grek",
    "Cyrl",
    "Arab",
    "Hebr",
    "Deva",
    "Thai",
    "Hang",
    "Hira",
    "Hani",
    "Ethi",
    "Geor",
    "Armn",
  ])
    expect([script, new RegExp(`\\p{Script=${script}}`, "u").test(all)]).toEqual([script, true]);
  expect(all).toMatch(/\p{Cc}/u);
  expect(all).toMatch(/\p{Extended_Pictographic}/u);
});

test("ids of every line are those of the reference", () => {
  const tokenizer = createWordPieceTokenizer(json);
  for (const { text, ids } of lines) expect([text, ...tokenizer.encode(text, 1e6).ids]).toEqual([text, ...ids]);
});

test("every code point becomes the words that the reference makes of it", () => {
  const all = { cleanText: true, handleChineseChars: true, stripAccents: true, lowercase: true };
  const wrong: string[] = [];
  let count = 0;
  for (const [code, words] of referenceWords()) {
    const found = splitBert(normalizeBert(`a${String.fromCodePoint(code)}b`, all));
    if (found.join("\n") !== words.join("\n")) wrong.push(code.toString(16));
    count++;
  }
  expect(wrong).toEqual([]);
  expect(count).toBe(0x110000 - 0x800);
});

test("@huggingface/tokenizers gives the same ids, but for three kinds of characters", () => {
  const port = new Tokenizer(json, {});
  const idsOf = (text: string): number[] => [...port.encode(text, { add_special_tokens: false }).ids];
  const repairs = new PortRepairs();
  const differing: Record<string, number> = {};
  for (const { text, ids } of lines) {
    // Where no such character is, the text is not repaired: then its ids must be the same as they are.
    expect([text, ...idsOf(repairs.repair(text))]).toEqual([text, ...ids]);
    const found = [...repairs.find(text)];
    if (idsOf(text).join() === ids.join()) continue;
    expect([text, found]).not.toEqual([text, []]);
    const kind = found.join(", ");
    differing[kind] = (differing[kind] ?? 0) + 1;
  }
  // How many characters are later than Unicode 8 is up to the JavaScript that runs this.
  const some = expect.any(Number) as number;
  expect(differing).toEqual({
    "final sigma": 163,
    "ideographs beyond the basic plane": 411,
    "characters later than Unicode 8": some,
    "ideographs beyond the basic plane, characters later than Unicode 8": some,
  });
});
