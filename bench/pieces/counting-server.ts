import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

/** What the server speaks: browsers open six connections of HTTP/1.1 to a host, and one of HTTP/2 for all requests. */
export type Protocol = "http1" | "http2";

/** A request that was answered. */
export interface CountedRequest {
  readonly path: string;
  /** When it arrived, in ms since the server began to listen. */
  readonly atMs: number;
  /** Of the body. */
  readonly bytes: number;
}

/** A static server that counts what leaves it, headers and encryption included. */
export interface CountingServer {
  readonly origin: string;
  /** Answered so far, in order of arrival. */
  readonly requests: readonly CountedRequest[];
  /** Bytes written to all connections so far. */
  bytes(): number;
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
};

/** A key with a certificate that nobody has signed, for a server of this machine. */
export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Flag by which a Chromium trusts it; without trust, it would cache nothing. */
  readonly flag: string;
}

/** Makes a certificate. Needs the program `openssl`. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "inkling-certificate-"));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", keyFile, "-out", certFile], {
      stdio: "ignore",
    });
    const cert = readFileSync(certFile);
    const publicKey = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
    const hash = createHash("sha256").update(publicKey).digest("base64");
    return { key: readFileSync(keyFile), cert, flag: `--ignore-certificate-errors-spki-list=${hash}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param folders - folder by the path it is served under.
 * @param certificate - to speak HTTP/2 with; null: HTTP/1.1.
 */
export async function startCountingServer(
  folders: Readonly<Record<string, string>>,
  certificate: Certificate | null = null,
): Promise<CountingServer> {
  const sockets = new Set<Socket>();
  const requests: CountedRequest[] = [];
  let closedBytes = 0;
  let started = 0;
  const answer = async (url: string | undefined, response: Answerable): Promise<void> => {
    const path = new URL(url ?? "/", "http://localhost").pathname;
    const atMs = performance.now() - started;
    const found = await read(path, folders);
    requests.push({ path, atMs, bytes: found?.bytes.length ?? 0 });
    if (found === null) return void response.writeHead(404, {}).end(Buffer.alloc(0));
    response.writeHead(200, { ...found.headers, "content-length": found.bytes.length });
    response.end(found.bytes);
  };
  const server: Server =
    certificate === null
      ? createServer((request, response) => void answer(request.url, response).catch(() => response.destroy()))
      : createSecureServer(certificate, (request, response) => {
          void answer(request.url, response).catch(() => response.stream.close());
        });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      closedBytes += socket.bytesWritten;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  started = performance.now();
  return {
    origin: `${certificate === null ? "http" : "https"}://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    bytes: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, closedBytes),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What both protocols' answers have. */
interface Answerable {
  writeHead(status: number, headers: Record<string, string | number>): Answerable;
  end(bytes: Buffer): unknown;
}

interface Served {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Text files as they are sent, by their path on disk: compressing takes longer than a round trip. */
const compressed = new Map<string, Buffer>();

async function read(path: string, folders: Readonly<Record<string, string>>): Promise<Served | null> {
  const prefix = Object.keys(folders)
    .filter((each) => path.startsWith(each))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return null;
  const file = join(folders[prefix]!, normalize(`/${path.slice(prefix.length) || "index.html"}`));
  const type = types[extname(file)];
  const headers = { "content-type": type ?? "application/octet-stream", "cache-control": "max-age=600" };
  const bytes = compressed.get(file) ?? (await readFile(file).catch(() => null));
  if (bytes === null) return null;
  if (type === undefined) return { bytes, headers };
  const sent = compressed.get(file) ?? gzipSync(bytes, { level: 9 });
  compressed.set(file, sent);
  return { bytes: sent, headers: { ...headers, "content-encoding": "gzip" } };
}
