import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyModels } from "./tiny-models.ts";

/** Answers a request by itself and returns true, or returns false. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A server that stands in for the hub: `/tests/<tiny model>/resolve/main/<path>`. */
export interface Hub {
  readonly url: string;
  /** Paths asked for, with their range. */
  readonly requests: string[];
  /** Set to let requests fail. */
  fault: Fault;
  close(): Promise<void>;
}

export async function startHub(): Promise<Hub> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter((part) => part !== undefined).join(" "));
    if (!hub.fault(request, response)) void answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const hub: Hub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    fault: () => false,
    close: () => new Promise((done) => (server.closeAllConnections(), server.close(() => done()))),
  };
  return hub;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const match = /^\/tests\/([\w-]+)\/resolve\/main\/(.+)$/.exec(request.url ?? "");
  const bytes = match && (await readFile(join(tinyModels, match[1]!, match[2]!)).catch(() => null));
  if (!bytes) return void response.writeHead(404).end("Entry not found");
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const rest = bytes.subarray(start);
  const range = start === 0 ? {} : { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(start === 0 ? 200 : 206, { "content-length": rest.length, ...range }).end(rest);
}
