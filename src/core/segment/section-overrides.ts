import type { Section } from "../../types.ts";

/** Greatest weight of a page or a section. */
export const maxWeight = 10;

/** What a section has other than its document; absent where its weight is 1, and its language that of the document. */
export type SectionOverrides = Pick<Section, "weight" | "lang">;

/** Lists the sections with overrides, as text: only few have any. Each line has section, weight and language, or nothing for it. */
export function encodeOverrides(sections: readonly SectionOverrides[]): string {
  return sections
    .flatMap(({ weight = 1, lang = "" }, i) => (weight === 1 && lang === "" ? [] : [`${i} ${weight} ${lang}`]))
    .join("\n");
}

/** Section -> overrides, of what `encodeOverrides` gave. */
export function decodeOverrides(text: string): Map<number, SectionOverrides> {
  const lines = text === "" ? [] : text.split("\n");
  return new Map(
    lines.map((line) => {
      const [section, weight, lang] = line.split(" ");
      return [Number(section), { ...(weight === "1" ? {} : { weight: Number(weight) }), ...(lang ? { lang } : {}) }];
    }),
  );
}
