import { expect, test } from "vitest";
import { normalizeBert, splitBert } from "../../../../src/core/model/bert-normalizer.ts";

const all = { cleanText: true, handleChineseChars: true, stripAccents: true, lowercase: true };

function wordsOf(text: string): string {
  return splitBert(normalizeBert(text, all)).join("|");
}

// Expected values are those of the reference implementation (tokenizers 0.23, Rust).
test.each([
  ["Crème BRÛLÉE", "creme|brulee"],
  ["ΣΊΣΥΦΟΣ", "σισυφοσ"],
  ["İstanbul IĞDIR", "istanbul|igdir"],
  ["ẞ straße", "ß|straße"],
  ["搜索engine引擎", "搜|索|engine|引|擎"],
  ["\uF900x\u{20000}y\u{2A6DF}", "豈|x|𠀀|y|𪛟"],
  ["日本ではカタカナ", "日|本|てはカタカナ"],
  ["한국어", "한국어".normalize("NFD")],
  ["a\u0000b\u0007c\uFFFDd\u200Be\u00ADf\uE000g", "abcdefg"],
  ["a\u000Bb\u000Cc\u0085d\u001Ce", "abcde"],
  ["a\u00A0b\u2003c\u3000d\u2028e\u2029f\tg\nh\ri", "a|b|c|d|e|f|g|h|i"],
  ["lone \uD800x \uDC00y", "lone|x|y"],
  ["don't stop-it $5 #a_b ^`~", "don|'|t|stop|-|it|$|5|#|a|_|b|^|`|~"],
  ["“x” … «y» ¿z? 、。", "“|x|”|…|«|y|»|¿|z|?|、|。"],
  ["€5 ©2 ½ № ×", "€5|©2|½|№|×"],
  ["مَرْحَبًا", "مرحبا"],
  ["e\u0301 \u0301 ,\u0301x", "e|,|x"],
  ["👩\u200D👧❤\uFE0F", "👩👧❤"],
  ["\u2B820 \u{2B820}a\u{2B920}b", "\u2B820".replace("0", "") + "0|\u{2B820}a|\u{2B920}|b"],
  ["", ""],
  [" \t\n", ""],
])("%j becomes the words %j", (text, words) => {
  expect(wordsOf(text)).toBe(words);
});

test("each switch works by itself", () => {
  const none = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
  const text = "É\u0007中B";
  expect(normalizeBert(text, none)).toBe(text);
  expect(normalizeBert(text, { ...none, cleanText: true })).toBe("É中B");
  expect(normalizeBert(text, { ...none, handleChineseChars: true })).toBe("É\u0007 中 B");
  expect(normalizeBert(text, { ...none, stripAccents: true })).toBe("E\u0007中B");
  expect(normalizeBert(text, { ...none, lowercase: true })).toBe("é\u0007中b");
});
