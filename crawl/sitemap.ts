import { Parser } from "htmlparser2";

/** What an address gave that was taken for a sitemap. */
export interface Sitemap {
  /** Addresses of pages, as written. */
  readonly pages: readonly string[];
  /** Addresses of further sitemaps, as written. */
  readonly sitemaps: readonly string[];
}

/** As the protocol has it. */
const maxEntries = 50_000;

/**
 * Reads a sitemap: XML with pages or with further sitemaps, or a text with an address a line.
 *
 * @returns null where the text is neither.
 */
export function parseSitemap(text: string): Sitemap | null {
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b/i.test(text.slice(0, 4096)))
    return parseXml(text);
  const lines = text.split(/\r\n?|\n/).map((line) => line.trim());
  const isList = lines.every((line) => line === "" || /^https?:\/\/\S+$/i.test(line));
  const pages = lines.filter((line) => line !== "").slice(0, maxEntries);
  return isList && pages.length > 0 ? { pages, sitemaps: [] } : null;
}

function parseXml(text: string): Sitemap {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  const open: string[] = [];
  let address = "";
  const parser = new Parser(
    {
      onopentagname: (name) => {
        open.push(localName(name));
        address = "";
      },
      ontext: (piece) => {
        if (open.at(-1) === "loc") address += piece;
      },
      onclosetag: () => {
        const name = open.pop();
        const list = open.at(-1) === "url" ? pages : open.at(-1) === "sitemap" ? sitemaps : null;
        // Why only there: pictures and videos of a page have a `loc`, too.
        if (name === "loc" && list !== null && address.trim() !== "" && list.length < maxEntries)
          list.push(address.trim());
      },
    },
    { xmlMode: true },
  );
  parser.end(text);
  return { pages, sitemaps };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1).toLowerCase();
}
