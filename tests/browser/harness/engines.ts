import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A browser that is started by its command, and that nothing drives: the page sends its result by itself. */
export interface Engine {
  readonly name: string;
  /** Null where it is not on this machine. */
  readonly command: ((url: string, profile: string) => readonly string[]) | null;
}

const miniBrowser = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** Browsers of other makers, as far as Debian has them. */
export const engines: readonly Engine[] = [
  {
    name: "Firefox",
    command: isOnPath("firefox-esr")
      ? (url, profile) => ["firefox-esr", "--headless", "--no-remote", "--profile", profile, url]
      : null,
  },
  {
    name: "WebKitGTK",
    command:
      isOnPath("xvfb-run") && existsSync(miniBrowser)
        ? (url) => ["xvfb-run", "-a", miniBrowser, "--private", url]
        : null,
  },
];

function isOnPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** A place that pages send a result to, and the first result that comes. */
export interface ResultSink {
  readonly url: string;
  readonly result: Promise<unknown>;
  close(): void;
}

/** Starts a place for a result, which comes as the JSON body of a POST. */
export async function startSink(): Promise<ResultSink> {
  let settle: (result: unknown) => void = () => {};
  const result = new Promise<unknown>((resolve) => (settle = resolve));
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      response.writeHead(200, { "access-control-allow-origin": "*" }).end();
      if (request.method === "POST") settle(JSON.parse(Buffer.concat(pieces).toString()));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    result,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Opens a page in a browser with a profile of its own until a task is done. */
export async function openIn<T>({ name, command }: Engine, url: string, task: Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "inkling-engine-"));
  const [program, ...args] = command!(url, profile);
  const env = { ...process.env, HOME: profile, WEBKIT_DISABLE_COMPOSITING_MODE: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  // Why detached: the group holds every process that the browser starts, and ends as one.
  const child = spawn(program!, args, { stdio: "ignore", detached: true, env });
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${name} ended with code ${code} before the page gave a result.`)));
  });
  try {
    return await Promise.race([task, ended]);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
