/** What a site's robots.txt allows. */
export interface Robots {
  /** @param path - with its query, as in an address. */
  isAllowed(path: string): boolean;
  /** Wanted between two requests, in ms; 0 where nothing is said. */
  readonly delayMs: number;
  /** Addresses of sitemaps, as written. */
  readonly sitemaps: readonly string[];
}

/** Our name, as robots.txt may call it. */
const agent = "inkling";

/** More is not read; so says RFC 9309. */
const maxCharacters = 500 * 1024;

/** Longest wait that is kept; a site that asks for more is crawled with this one. */
const maxDelayMs = 60_000;

interface Rule {
  readonly pattern: string;
  readonly isAllowed: boolean;
}

interface Group {
  readonly agents: string[];
  readonly rules: Rule[];
  delayMs: number;
}

/**
 * Reads robots.txt by RFC 9309: the groups that name us, else those for all; the longest rule that fits decides, and of equal
 * ones the one that allows. `Crawl-delay` and `Sitemap` are read, too.
 */
export function parseRobots(text: string): Robots {
  const groups: Group[] = [];
  const sitemaps: string[] = [];
  let isNaming = false;
  for (const line of text.slice(0, maxCharacters).split(/\r\n?|\n/)) {
    const [, field, value] = /^\s*([a-z-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/i.exec(line) ?? [];
    if (field === undefined || value === undefined) continue;
    const name = field.toLowerCase();
    if (name === "sitemap") sitemaps.push(value);
    else if (name === "user-agent") {
      if (!isNaming) groups.push({ agents: [], rules: [], delayMs: 0 });
      groups.at(-1)!.agents.push(value.toLowerCase());
      isNaming = true;
    } else {
      isNaming = false;
      readRule(name, value, groups.at(-1));
    }
  }
  return decide(groups, sitemaps);
}

/** For a site without robots.txt. */
export const allowAll: Robots = { isAllowed: () => true, delayMs: 0, sitemaps: [] };

function readRule(name: string, value: string, group: Group | undefined): void {
  if (group === undefined) return;
  if (name === "crawl-delay") {
    const seconds = Number(value);
    if (seconds > 0) group.delayMs = Math.min(seconds * 1000, maxDelayMs);
  }
  // Why not if empty: `Disallow:` alone forbids nothing.
  if ((name === "allow" || name === "disallow") && value !== "") {
    group.rules.push({ pattern: normalize(value), isAllowed: name === "allow" });
  }
}

function decide(groups: readonly Group[], sitemaps: readonly string[]): Robots {
  const own = groups.filter(({ agents }) => agents.some((name) => name.replace(/\/.*$/, "") === agent));
  const used = own.length > 0 ? own : groups.filter(({ agents }) => agents.includes("*"));
  const rules = used
    .flatMap((group) => group.rules)
    .toSorted((a, b) => b.pattern.length - a.pattern.length || Number(b.isAllowed) - Number(a.isAllowed));
  return {
    isAllowed(path) {
      const normalized = normalize(path);
      return rules.find(({ pattern }) => fits(normalized, pattern))?.isAllowed ?? true;
    },
    delayMs: Math.max(0, ...used.map((group) => group.delayMs)),
    sitemaps,
  };
}

/** One way of writing for what can be written in several: `/café` and `/caf%c3%a9`, `~user` and `%7Euser`. */
function normalize(path: string): string {
  const plain = path.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
  return plain.replace(/\p{Cs}/gu, "\ufffd").replace(/[^!-~]+/g, encodeURIComponent);
}

/** Whether a path begins with a pattern in which `*` stands for anything, and `$` for the end. O(path · parts), whatever is written. */
function fits(path: string, pattern: string): boolean {
  const isWhole = pattern.endsWith("$");
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split("*");
  if (!path.startsWith(parts[0]!)) return false;
  let at = parts[0]!.length;
  for (const part of parts.slice(1, isWhole ? -1 : undefined)) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!isWhole) return true;
  const last = parts.at(-1)!;
  return parts.length === 1 ? at === path.length : path.length - last.length >= at && path.endsWith(last);
}
