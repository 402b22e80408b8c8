import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const mimeTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".md": "text/markdown; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

/** Headers that make a page cross-origin isolated. */
export const isolationHeaders: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** What a request got. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
}

/** A change to what a path would be answered with. */
export interface Alteration {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Gets the file's bytes, empty where there is none. */
  readonly body?: (bytes: Buffer) => Buffer | string;
  /** The answer waits for it. */
  readonly until?: Promise<unknown> | (() => Promise<unknown>);
  /** The connection breaks instead of an answer. */
  readonly drop?: boolean;
}

export interface ServerOptions {
  /** Folder by the path it is served under; the longest path that fits is taken. `{ "/": "demo/dist" }` */
  readonly folders: Readonly<Record<string, string>>;
  /** Sent with every answer, such as a content security policy. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `access-control-allow-origin: *`. Default false. */
  readonly cors?: boolean;
}

/** A static server on a free port of this machine. */
export interface TestServer {
  /** `http://localhost:PORT`, without a slash at the end. */
  readonly origin: string;
  readonly requests: readonly ServedRequest[];
  /** Changes the answers to paths that fit, the latest change first. Returns what takes the change back. */
  alter(path: RegExp, alteration: Alteration): () => void;
  /** Stops listening and drops open connections: the network is off from then on. */
  close(): Promise<void>;
}

interface Rule {
  readonly path: RegExp;
  readonly alteration: Alteration;
}

/** Starts a static server. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const rules: Rule[] = [];
  const requests: ServedRequest[] = [];
  const listening = await listen((request, response) => {
    response.on("close", () =>
      requests.push({ method: request.method ?? "", path: request.url ?? "", status: response.statusCode }),
    );
    return answer(request, response, options, rules);
  });
  return {
    ...listening,
    requests,
    alter(path, alteration) {
      const rule = { path, alteration };
      rules.unshift(rule);
      return () => void rules.splice(rules.indexOf(rule), 1);
    },
  };
}

/** Holds answers back, changed or as they are. @returns what lets them come, and those after them. */
export function holdBack(server: TestServer, path: RegExp, alteration: Alteration = {}): () => void {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const restore = server.alter(path, { ...alteration, until: gate });
  return () => {
    release();
    restore();
  };
}

/** Listens on a free port of this machine; an answer that fails is no failure of the test's process. */
export async function listen(
  answerTo: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Pick<TestServer, "origin" | "close">> {
  const server = createServer((request, response) => {
    answerTo(request, response).catch((error: unknown) => {
      // Why: an answer that has begun cannot become another one, and what is thrown here would end all tests.
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeAllConnections();
  await closed;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  rules: readonly Rule[],
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const file = await findFile(path, options.folders);
  const alteration = rules.find((rule) => rule.path.test(request.url ?? ""))?.alteration;
  await (typeof alteration?.until === "function" ? alteration.until() : alteration?.until);
  if (alteration?.drop === true) return void request.socket.destroy();
  const headers = {
    "content-type": mimeTypes[extname(file ?? path)] ?? "application/octet-stream",
    "cache-control": "no-cache",
    ...(options.cors === true ? { "access-control-allow-origin": "*" } : {}),
    ...options.headers,
    ...alteration?.headers,
  };
  if (alteration?.body !== undefined) {
    const body = Buffer.from(alteration.body(file === null ? Buffer.alloc(0) : await readFile(file)));
    response.writeHead(alteration.status ?? 200, { ...headers, "content-length": body.length }).end(body);
  } else if (file === null || (alteration?.status ?? 200) !== 200) {
    response.writeHead(alteration?.status ?? 404, { ...headers, "content-type": "text/plain" }).end("not here");
  } else {
    response.writeHead(200, { ...headers, "content-length": (await stat(file)).size });
    // Why not `pipe`: a file that goes away meanwhile would be an error that nobody catches.
    await pipeline(createReadStream(file), response).catch(() => response.destroy());
  }
}

/** The file of a path, `index.html` for a folder; null where there is none, or where the path leaves the folder. */
async function findFile(path: string, folders: ServerOptions["folders"]): Promise<string | null> {
  const prefixes = Object.keys(folders).filter((prefix) => path.startsWith(prefix));
  const prefix = prefixes.sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return null;
  const folder = resolve(folders[prefix] ?? "");
  const file = join(folder, normalize(`/${decodeURIComponent(path.slice(prefix.length))}`));
  if (file !== folder && !file.startsWith(folder + sep)) return null;
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  return found.isDirectory() ? findIndex(file) : file;
}

async function findIndex(folder: string): Promise<string | null> {
  const index = join(folder, "index.html");
  return stat(index).then(
    () => index,
    () => null,
  );
}
