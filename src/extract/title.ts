const separator = /\s+[—–|·•»«:]+\s+|\s+-+\s+|:\s+/;

/**
 * Cuts the name of the site off a page's title: `file — CMake 3.25 Documentation` becomes `file`. Cut is only what stands
 * beside the page's first heading, and only the outermost part, so that `box - CSS | MDN` keeps `CSS`.
 *
 * @param title - the text of `<title>`.
 * @param heading - the page's first heading; `""` where it has none. A section number before it does not count.
 */
export function cutSiteName(title: string, heading: string): string {
  const subject = heading.replace(/^(?:\d+\.)*\d+\.?\s+/, "");
  if (subject === "" || title === subject || title === heading) return title;
  if (title.startsWith(subject)) return cutEnd(title, subject);
  return title.endsWith(subject) ? cutStart(title, subject) : title;
}

/** Cuts the name of the manual off a title by Texinfo's `makeinfo`, which calls every page `Node (Manual)`. */
export function cutManualName(title: string): string {
  return title.replace(/(\S) \(.*\)$/, "$1");
}

function cutEnd(title: string, subject: string): string {
  const rest = title.slice(subject.length);
  const parts = splitParts(rest);
  return parts[0] === "" && parts.length > 1 ? title.slice(0, title.length - lastLength(parts)) : title;
}

function cutStart(title: string, subject: string): string {
  const match = separator.exec(title.slice(0, title.length - subject.length));
  return match === null ? title : title.slice(match.index + match[0].length);
}

/** Parts and the separators between them, in turn. */
function splitParts(text: string): string[] {
  return text.split(new RegExp(`(${separator.source})`));
}

function lastLength(parts: readonly string[]): number {
  return parts.at(-1)!.length + parts.at(-2)!.length;
}
