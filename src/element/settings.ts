import { checkWord, reportAttribute } from "./attributes.ts";
import type { SearchHost } from "./shell.ts";
import { readBase, readOptions, type SourceOptions } from "./sources.ts";

/** What the attributes of an element ask for. */
export interface Settings {
  readonly source: SourceOptions;
  /** Number of pages shown. */
  readonly limit: number;
  /** Names of the attributes that answers can be narrowed down by. */
  readonly facets: readonly string[];
  /** What relative addresses of hits are relative to. */
  readonly base: string;
  /** Whether searches are offered again. */
  readonly keepsRecent: boolean;
}

/** Keys with a blank or comma between them, or `none`. */
const shortcuts = /^(?:none|(?:mod\+)?\S(?:[\s,]+(?:mod\+)?\S)*)$/iu;
const defaultLimit = 8;
const maxLimit = 100;

/** Reads the attributes of an element. A wrong value is reported, and the default takes its place. */
export function readSettings(host: SearchHost): Settings {
  const source = readOptions(host);
  checkWord(host, "theme", ["light", "dark", "auto"]);
  checkWord(host, "model", ["none"]);
  checkWord(host, "recent", ["none"]);
  const shortcut = host.getAttribute("shortcut");
  if (shortcut !== null && !shortcuts.test(shortcut))
    reportAttribute("shortcut", shortcut, "`none`, or keys such as `mod+k /`");
  return {
    source,
    limit: readLimit(host.getAttribute("limit")),
    facets: (host.getAttribute("facets") ?? "").split(/[\s,]+/).filter(Boolean),
    base: readBase(host),
    keepsRecent: host.getAttribute("recent") !== "none",
  };
}

function readLimit(text: string | null): number {
  if (text === null) return defaultLimit;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  reportAttribute("limit", text, `a whole number from 1 to ${maxLimit}; ${defaultLimit} is used`);
  return defaultLimit;
}
