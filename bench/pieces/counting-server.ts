import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

/** A static server that counts what leaves it, headers included. */
export interface CountingServer {
  readonly origin: string;
  /** Bytes written to all connections so far, and requests answered. */
  counts(): { readonly bytes: number; readonly requests: number };
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
};

/** @param folders - folder by the path it is served under. */
export async function startCountingServer(folders: Readonly<Record<string, string>>): Promise<CountingServer> {
  const sockets = new Set<Socket>();
  let closedBytes = 0;
  let requests = 0;
  const server = createServer((request, response) => {
    void (async () => {
      requests++;
      const found = await read(new URL(request.url ?? "/", "http://localhost").pathname, folders);
      if (found === null) return void response.writeHead(404).end();
      response.writeHead(200, { ...found.headers, "content-length": found.bytes.length });
      response.end(found.bytes);
    })().catch(() => response.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      closedBytes += socket.bytesWritten;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    counts: () => ({
      requests,
      bytes: [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, closedBytes),
    }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Served {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

async function read(path: string, folders: Readonly<Record<string, string>>): Promise<Served | null> {
  const prefix = Object.keys(folders)
    .filter((each) => path.startsWith(each))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return null;
  const file = join(folders[prefix]!, normalize(`/${path.slice(prefix.length) || "index.html"}`));
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return null;
  const type = types[extname(file)];
  const headers = { "content-type": type ?? "application/octet-stream", "cache-control": "max-age=600" };
  return type === undefined
    ? { bytes, headers }
    : { bytes: gzipSync(bytes, { level: 9 }), headers: { ...headers, "content-encoding": "gzip" } };
}
