import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";

const contentTypes = {
  ".bin": "application/octet-stream",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".xml": "application/xml; charset=utf-8",
};

/** The strictest content security policy under which the library works at full speed; the guide holds to it. */
export const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Gives the real path of what a request names, or null: outside of the folder, hidden, or not there. */
async function findFile(folder, pathname) {
  let path;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes("\0") || path.split(/[/\\]/).some((part) => part.startsWith("."))) return null;
  const wanted = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  const real = await realpath(wanted).catch(() => null);
  if (!real?.startsWith(folder + sep)) return null;
  const facts = await stat(real);
  return facts.isFile() ? { path: real, facts } : null;
}

/** Gives a sitemap of the folder's pages: addresses in one are absolute, and only here it is known what they begin with. */
async function makeSitemap(folder, host) {
  const names = await readdir(folder, { recursive: true });
  const pages = names.map((name) => name.split(sep)).filter((parts) => /\.x?html?$/i.test(parts.at(-1) ?? ""));
  const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const entries = pages.map((parts) => {
    const address = `http://${host}/${parts.map(encodeURIComponent).join("/")}`;
    return `<url><loc>${escape(address)}</loc></url>`;
  });
  return `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.toSorted().join("")}</urlset>\n`;
}

async function sendSitemap(folder, request, response) {
  const text = await makeSitemap(folder, request.headers.host ?? "localhost");
  response.writeHead(200, { "Content-Type": contentTypes[".xml"], "Cache-Control": "no-cache" });
  response.end(request.method === "HEAD" ? undefined : text);
}

function refuse(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
  response.end(`${text}\n`);
}

async function answer(folder, policy, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "Only GET and HEAD are answered here.");
  }
  const [pathname = "/"] = (request.url ?? "/").split(/[?#]/);
  const file = await findFile(folder, pathname);
  if (!file && pathname === "/sitemap.xml") return sendSitemap(folder, request, response);
  if (!file) return refuse(response, 404, "There is no such page.");
  const tag = `W/"${file.facts.size.toString(36)}-${Math.trunc(file.facts.mtimeMs).toString(36)}"`;
  const headers = {
    "Cache-Control": pathname.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    ...(policy === null ? {} : { "Content-Security-Policy": policy }),
    "Content-Type": contentTypes[extname(file.path).toLowerCase()] ?? "application/octet-stream",
    ETag: tag,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304, headers).end();
  response.writeHead(200, { ...headers, "Content-Length": file.facts.size });
  if (request.method === "HEAD") return void response.end();
  createReadStream(file.path)
    .on("error", () => response.destroy())
    .pipe(response);
}

function listen(server, host, port) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/**
 * Serves the files of a folder, and nothing outside of it; and a sitemap of its pages, where it has none.
 *
 * @param {string} folder
 * @param {{ host?: string, port?: number, attempts?: number, policy?: string | null }} [options]
 * @param options.port - the first port to try; 0 lets the system choose one.
 * @param options.policy - the content security policy of every answer; null sends none.
 * @param options.attempts - how many ports are tried, one after the other, while they are taken.
 * @returns the address, and a function that ends the server together with its open connections.
 */
export async function serveFolder(folder, { host = "127.0.0.1", port = 0, attempts = 1, policy = strictPolicy } = {}) {
  const root = await realpath(folder);
  const server = createServer((request, response) => {
    answer(root, policy, request, response).catch(() =>
      response.headersSent ? response.destroy() : refuse(response, 500, "The file could not be read."),
    );
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await listen(server, host, port === 0 ? 0 : port + attempt - 1);
      break;
    } catch (error) {
      if (error.code !== "EADDRINUSE" || attempt >= attempts) throw error;
    }
  }
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
