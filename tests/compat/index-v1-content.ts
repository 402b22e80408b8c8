import type { Document } from "../../src/types.ts";
import type { Embedder } from "../../worker/ports.ts";

/** What `index-v1` was made of, apart from `second.html`. */
export const indexV1Documents: readonly Document[] = [
  {
    url: "layout.html",
    title: "Boxes",
    lang: "en",
    attributes: { area: "css", year: 2026, tags: ["a", "b"], draft: false },
    sections: [
      { text: "How boxes get their size." },
      { heading: "aspect-ratio", level: 2, anchor: "aspect-ratio", text: "Reserves room for an image before it has loaded." },
      { heading: "Details", level: 4, text: "One sentence of a long section. ".repeat(60) + "The last one says zebra." },
    ],
  },
  { url: "ja.html", title: "東京の天気", lang: "ja", text: "明日の東京は雨が降るでしょう。𠮷野家で傘を。" },
  { url: "ελ.html", title: "Ο καφές", text: "Ο Ελληνικός καφές ψήνεται στο μπρίκι." },
];

const dim = 8;

/** Eight numbers from the letters of a text: a stand-in that never changes, so that stored vectors stay comparable. */
function letterVector(text: string): Float32Array {
  const vector = new Float32Array(dim);
  for (const letter of text.toLowerCase()) vector[letter.codePointAt(0)! % dim]! += 1;
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}

/** The embedder of `index-v1`; the built-in model may be replaced by a better one, its vectors then have nothing to compare with. */
export async function loadCompatEmbedder(): Promise<Embedder> {
  return {
    fingerprint: { id: "letters", revision: "1", dim },
    denseWeight: 0.4,
    embed: async (texts) => Float32Array.from(texts.flatMap((text) => [...letterVector(text)])),
    embedQuery: async (text) => ({ vector: letterVector(text), coverage: 1, truncated: false }),
    close: async () => {},
  };
}
