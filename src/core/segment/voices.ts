import type { Section } from "../../types.ts";

/** Greatest weight of a page or a section. */
export const maxWeight = 10;

/** What an author says of a section; absent where its weight is 1, and its language that of the document. */
export type Voice = Pick<Section, "weight" | "lang">;

/** Lists the sections that have a voice, as text: only few have one. Each line has section, weight and language, or nothing for it. */
export function encodeVoices(sections: readonly Voice[]): string {
  return sections
    .flatMap(({ weight = 1, lang = "" }, i) => (weight === 1 && lang === "" ? [] : [`${i} ${weight} ${lang}`]))
    .join("\n");
}

/** Section -> voice, of what `encodeVoices` gave. */
export function decodeVoices(text: string): Map<number, Voice> {
  const lines = text === "" ? [] : text.split("\n");
  return new Map(
    lines.map((line) => {
      const [section, weight, lang] = line.split(" ");
      return [Number(section), { ...(weight === "1" ? {} : { weight: Number(weight) }), ...(lang ? { lang } : {}) }];
    }),
  );
}
