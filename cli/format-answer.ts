import type { FacetCount, Hit, HitPassage, QueryAnswer, TextRange } from "../src/types.ts";

/** One line of JSON: the query, its hits and, where any were asked for, its facets. */
export function formatJson(query: string, { hits, facets }: QueryAnswer): string {
  return JSON.stringify({
    query,
    hits: hits.map(({ url, title, score, passages }) => ({
      url,
      title,
      score,
      passages: passages.map(({ section, anchor, excerpt, score: passageScore }) => ({
        section,
        anchor,
        excerpt,
        score: passageScore,
      })),
    })),
    ...(Object.keys(facets).length === 0 ? {} : { facets }),
  });
}

/**
 * Lines for a reader: each hit with its address and best passage.
 *
 * @param isStyled - emphasise the words of the query by escape codes.
 */
export function formatAnswer(query: string, answer: QueryAnswer, isStyled: boolean): string {
  const head = `${clean(query)}: the best ${answer.hits.length} of ${answer.total} candidate pages, by ${answer.mode}, ${answer.timings.totalMs.toFixed(1)} ms`;
  const hits = answer.hits.map((hit, i) => formatHit(hit, i + 1, isStyled));
  const facets = Object.entries(answer.facets).map(([name, counts]) => `${clean(name)}: ${formatCounts(counts)}`);
  return [head, ...hits, ...facets].join("\n");
}

/** Values that a line of facets lists. */
const listedValues = 20;

function formatCounts(counts: readonly FacetCount[]): string {
  const listed = counts.slice(0, listedValues).map(({ value, count }) => `${clean(String(value))} (${count})`);
  const more = counts.length > listedValues ? `, and ${counts.length - listedValues} more` : "";
  return `${listed.join(", ") || "none"}${more}`;
}

function formatHit(hit: Hit, rank: number, isStyled: boolean): string {
  const best = hit.passages[0];
  const address = best === undefined || best.anchor === "" ? hit.url : `${hit.url}#${best.anchor}`;
  const lines = [
    `${String(rank).padStart(3)}. ${clean(hit.title || hit.url)}  (${hit.score.toFixed(3)})`,
    `     ${clean(address)}`,
  ];
  if (best !== undefined) lines.push(...formatPassage(best, isStyled));
  return lines.join("\n");
}

function formatPassage(passage: HitPassage, isStyled: boolean): string[] {
  const excerpt = isStyled ? emphasise(passage.excerpt, passage.ranges) : clean(passage.excerpt);
  const path = passage.path.length === 0 ? [] : [`     ${clean(passage.path.join(" › "))}`];
  return excerpt === "" ? path : [...path, `     ${excerpt}`];
}

function emphasise(text: string, ranges: readonly TextRange[]): string {
  let styled = "";
  let position = 0;
  for (const [start, end] of ranges) {
    styled += `${clean(text.slice(position, start))}\u001b[1m${clean(text.slice(start, end))}\u001b[22m`;
    position = end;
  }
  return styled + clean(text.slice(position));
}

/** Why: text of a page must not steer the terminal. */
function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
