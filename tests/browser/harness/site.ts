import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "../../../scripts/lib/paths.mjs";

/** What a site gives for a path. */
export interface SitePage {
  /** Default 200. */
  readonly status?: number;
  /** Default: HTML in UTF-8. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request that a site got. */
export interface SiteRequest {
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** `performance.now()` of its arrival. */
  readonly at: number;
}

/** A site on a free port of this machine, with the built library below `/dist/`. */
export interface TestSite {
  readonly origin: string;
  /** By path with query. Changed while the site runs; a function is asked at each request. */
  readonly pages: Map<string, SitePage | (() => SitePage | Promise<SitePage>)>;
  /** Of everything but the library. */
  readonly requests: SiteRequest[];
  close(): Promise<void>;
}

/** Opens a search of the published library; where there is a parameter, under that name. */
const appPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<title>App</title><link rel="icon" href="data:,"><script type="module">
  import { createSearch } from "/dist/index.js";
  window.search = await createSearch({ name: new URLSearchParams(location.search).get("name") ?? "site" });
</script></head><body><p>The page that asks.</p></body></html>`;

/** Starts a site. A page with an `etag` or `last-modified` header is answered with 304 where the request has the same. */
export async function startSite(pages: Readonly<Record<string, SitePage | string>> = {}): Promise<TestSite> {
  const site: Pick<TestSite, "pages" | "requests"> = { pages: new Map(), requests: [] };
  for (const [path, page] of Object.entries(pages))
    site.pages.set(path, typeof page === "string" ? { body: page } : page);
  const server = createServer((request, response) => {
    answer(request, response, site).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    ...site,
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { pages, requests }: Pick<TestSite, "pages" | "requests">,
): Promise<void> {
  const path = request.url ?? "/";
  if (path.startsWith("/dist/")) return sendFile(path, response);
  const at = performance.now();
  const found = path.startsWith("/app") ? { body: appPage } : pages.get(path);
  const page = (await (typeof found === "function" ? found() : found)) ?? { status: 404, body: "not here" };
  const headers: Record<string, string> = { "content-type": "text/html; charset=utf-8", ...page.headers };
  const isSame =
    (headers["etag"] !== undefined && request.headers["if-none-match"] === headers["etag"]) ||
    (headers["last-modified"] !== undefined && request.headers["if-modified-since"] === headers["last-modified"]);
  const status = isSame ? 304 : (page.status ?? 200);
  requests.push({ path, status, headers: request.headers, at });
  response.writeHead(status, headers).end(isSame ? undefined : page.body);
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const bytes = await readFile(join(root, path.replace(/\?.*/, ""))).catch(() => null);
  const type = path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
  response.writeHead(bytes === null ? 404 : 200, { "content-type": type }).end(bytes);
}

/** A page of prose under a heading, with links. */
export function prose(title: string, text: string, links: readonly string[] = []): string {
  const list = links.map((href) => `<a href="${href}">on</a>`).join(" ");
  return `<!doctype html><html lang="en"><head><title>${title}</title></head><body><nav>${list}</nav>
<main><h1 id="top">${title}</h1><p>${text}</p></main></body></html>`;
}
