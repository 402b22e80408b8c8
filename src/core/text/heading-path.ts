import type { Section } from "../../types.ts";

/** A section's place in its document. */
export interface SectionPlace {
  /** Headings from the outermost to the section's own; empty before the first heading. */
  readonly path: readonly string[];
  /** The section's own anchor, else that of the nearest heading above it, else `""`. */
  readonly anchor: string;
  /** Its own language; absent where that is the one of the document. */
  readonly lang?: string;
}

interface OpenHeading {
  readonly level: number;
  readonly heading: string;
  readonly anchor: string;
}

/**
 * Places of all sections of one document, in order. Skipped levels are allowed; a heading closes those of its level and deeper. O(n · 6).
 *
 * @param title - of the document: a heading that repeats it is left out of the paths, as most pages begin with one.
 */
export function placeSections(sections: readonly Section[], title: string): SectionPlace[] {
  const open: OpenHeading[] = [];
  return sections.map((section) => {
    const heading = section.heading ?? "";
    const level = section.level ?? 2;
    if (heading !== "") {
      while (open.length > 0 && open[open.length - 1]!.level >= level) open.pop();
      open.push({ level, heading, anchor: section.anchor ?? "" });
    }
    const path = open.map((entry) => entry.heading).filter((text) => text !== title);
    const place = { path, anchor: section.anchor || nearestAnchor(open) };
    return section.lang ? { ...place, lang: section.lang } : place;
  });
}

function nearestAnchor(open: readonly OpenHeading[]): string {
  return open.findLast((entry) => entry.anchor !== "")?.anchor ?? "";
}
