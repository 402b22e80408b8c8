/** What stands above a Markdown page, and the page without it. */
export interface FrontMatter {
  /** Values by name, in lower case; several where the name holds a list. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/**
 * Takes off what stands between `---` lines (YAML) or `+++` lines (TOML) at the top, and reads its plain lines: `key: value`,
 * and lists as `[a, b]` or as lines that begin with a dash. Deeper structure is passed over.
 */
export function splitFrontMatter(markdown: string): FrontMatter {
  const match = /^(---|\+\+\+)[\t ]*\r?\n([\s\S]*?)(?:^|\n)\1[\t ]*(?:\r?\n|$)/.exec(markdown);
  if (match === null) return { fields: new Map(), body: markdown };
  const fields = new Map<string, string[]>();
  let list: string[] | undefined;
  for (const line of match[2]!.split(/\r\n?|\n/)) {
    const item = /^\s*-\s+(.+?)\s*$/.exec(line);
    if (item !== null) {
      list?.push(unquote(item[1]!));
      continue;
    }
    const entry = /^([\w-]+)[\t ]*[:=][\t ]*(.*?)[\t ]*$/.exec(line);
    list = entry === null ? undefined : readValue(entry[2]!);
    if (entry !== null && list !== undefined) fields.set(entry[1]!.toLowerCase(), list);
  }
  return { fields, body: markdown.slice(match[0].length) };
}

function readValue(written: string): string[] {
  const list = /^\[(.*)\]$/.exec(written);
  if (list !== null) return (list[1]!.match(/"[^"]*"|'[^']*'|[^,\s][^,]*/g) ?? []).map((item) => unquote(item.trim()));
  return written === "" ? [] : [unquote(written)];
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1(?:\s+#.*)?$/.exec(value);
  if (quoted === null) return value.replace(/\s+#.*$/, "");
  return quoted[1] === '"' ? quoted[2]!.replace(/\\(["\\])/g, "$1") : quoted[2]!.replaceAll("''", "'");
}
