import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { listen } from "../harness/server.ts";

/** Changes an answer. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: (bytes: Buffer) => Buffer;
  /** The connection breaks after so many bytes of the body. */
  readonly breakAfter?: number;
  /** When it breaks: what has not been read by then never arrives. Default after a moment, whatever was read. */
  readonly until?: () => Promise<unknown>;
  /** How often; then the answer is as it should be. Default for ever. */
  readonly times?: number;
}

/** A host with models, as the Hugging Face hub serves them: `/<name>/resolve/main/<path>`, also in ranges. */
export interface Hub {
  readonly origin: string;
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly status: number }[];
  /** Changes the answers to paths that fit, the latest change first. */
  spoil(path: RegExp, fault: Fault): void;
  /** Ends all changes and forgets the requests. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * Starts a hub on a free port.
 *
 * @param models - folder of each model by its hub id.
 */
export async function startHub(models: Readonly<Record<string, string>>): Promise<Hub> {
  let faults: { path: RegExp; fault: Fault; left: number }[] = [];
  const requests: Hub["requests"] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const found = faults.find((each) => each.path.test(path) && each.left > 0);
    if (found !== undefined) found.left--;
    const fault = found?.fault ?? {};
    const bytes = await readModelFile(models, path);
    const cors = {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "content-range",
      "access-control-allow-headers": "range",
    };
    const { range } = request.headers;
    const send = (status: number, headers: Record<string, string>, body: Buffer): void => {
      requests.push({ path, range, status });
      response.writeHead(status, { ...cors, "content-length": String(body.length), ...headers, ...fault.headers });
      if (fault.breakAfter === undefined) return void response.end(body);
      const breakOff = (): void => void request.socket.destroy();
      response.write(
        body.subarray(0, fault.breakAfter),
        () => void (fault.until?.() ?? wait()).then(breakOff, breakOff),
      );
    };
    if (fault.status !== undefined) return send(fault.status, {}, Buffer.from("no"));
    if (bytes === null && fault.body === undefined) return send(404, {}, Buffer.from("not here"));
    const body = fault.body?.(bytes ?? Buffer.alloc(0)) ?? bytes!;
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (start === 0) return send(200, {}, body);
    return send(206, { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` }, body.subarray(start));
  };
  return {
    ...(await listen(answer)),
    requests,
    spoil: (path, fault) => void faults.unshift({ path, fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    reset() {
      faults = [];
      requests.length = 0;
    },
  };
}

function wait(): Promise<void> {
  return new Promise((done) => setTimeout(done, 100));
}

async function readModelFile(models: Readonly<Record<string, string>>, path: string): Promise<Buffer | null> {
  const id = Object.keys(models).find((each) => path.startsWith(`/${each}/resolve/main/`));
  if (id === undefined || path.includes("..")) return null;
  return readFile(join(models[id]!, path.slice(`/${id}/resolve/main/`.length))).catch(() => null);
}

/** The folders of a folder, by name. */
export async function listFolders(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  return Object.fromEntries(entries.filter((each) => each.isDirectory()).map(({ name }) => [name, join(folder, name)]));
}
