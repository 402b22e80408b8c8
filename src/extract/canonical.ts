/** A page and the address that it names as its own. */
export interface CanonicalPage {
  /** Path of the file, with `/`. */
  readonly path: string;
  /** As written; `""` where it names none. */
  readonly canonical: string;
}

/** In a smaller site, one address for many pages may be meant. */
const minPagesToDoubt = 8;

/** What came of the canonical addresses of a site's pages. */
export interface CanonicalChoice {
  /** Path of a page that is left out -> path of the page that has its address. */
  readonly copies: ReadonlyMap<string, string>;
  /** Addresses that were not believed, because a large part of the site's pages names them, and by how many. */
  readonly doubted: ReadonlyMap<string, number>;
}

/**
 * Chooses one page of all that name the same canonical address: the one whose path the address ends with, else the first by
 * path. An address that at least eight pages and a fifth of the site name is a mistake of their template, and is not followed.
 */
export function chooseCanonical(pages: readonly CanonicalPage[]): CanonicalChoice {
  const groups = new Map<string, string[]>();
  for (const { path, canonical } of pages) {
    const key = addressKey(canonical);
    if (key === "") continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [path]);
    else group.push(path);
  }
  const copies = new Map<string, string>();
  const doubted = new Map<string, number>();
  for (const [address, paths] of groups) {
    if (paths.length < 2) continue;
    if (paths.length >= minPagesToDoubt && paths.length * 5 >= pages.length) doubted.set(address, paths.length);
    else {
      const original = findOriginal(address, paths);
      for (const path of paths) if (path !== original) copies.set(path, original);
    }
  }
  return { copies, doubted };
}

/** The address without what does not tell pages apart: query, fragment, `index.html`, a slash at the end. Relative ones name no page alone. */
function addressKey(canonical: string): string {
  if (!/^(?:https?:)?\/\//i.test(canonical) && !canonical.startsWith("/")) return "";
  return canonical
    .replace(/[?#].*$/s, "")
    .replace(/^https?:/i, "")
    .replace(/(?:\/index\.x?html?|\/)$/i, "");
}

function findOriginal(address: string, paths: readonly string[]): string {
  const sorted = paths.toSorted((a, b) => (a < b ? -1 : 1));
  const length = (path: string): number => {
    const tail = `/${path}`.replace(/(?:\/index\.x?html?|\/)$/i, "");
    return [tail, tail.replace(/\.[a-z]+$/i, "")].some((end) => address.endsWith(end)) ? tail.length : -1;
  };
  return sorted.reduce((best, path) => (length(path) > length(best) ? path : best));
}
