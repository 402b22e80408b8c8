/** The lines between `---` at the beginning of a file. */
const block = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/;

/** Splits a Markdown file into the plain values of its front matter and the rest; without one, all of it is the rest. */
export function readFrontMatter(source: string): { values: ReadonlyMap<string, string>; markdown: string } {
  const found = block.exec(source);
  const values = new Map<string, string>();
  for (const line of (found?.[1] ?? "").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    // Why only these: lists and nested values are none of a page's title.
    if (colon < 1 || /^\s/.test(line)) continue;
    const value = line.slice(colon + 1).trim();
    values.set(line.slice(0, colon).trim(), value.replace(/^(["'])(.*)\1$/, "$2"));
  }
  return { values, markdown: source.slice(found?.[0].length ?? 0) };
}
