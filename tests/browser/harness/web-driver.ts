import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A browser of another maker, driven by what it brings itself: keys that are pressed in it are real ones. */
export interface DrivenBrowser {
  open(url: string): Promise<void>;
  /** Presses keys one after the other; those of `keys` by their names, together with Ctrl where it says so. */
  press(text: string, options?: { readonly ctrl?: boolean }): Promise<void>;
  /** Runs the body of a function in the page. @returns what it returns, as JSON carries it. */
  run(body: string): Promise<unknown>;
  /** Asks again until the body returns something true. @throws after half a minute. */
  waitFor(body: string): Promise<unknown>;
  countWindows(): Promise<number>;
  close(): Promise<void>;
}

/** Keys that are no characters, as WebDriver writes them. */
export const keys = { enter: "\uE007", escape: "\uE00C", down: "\uE015", tab: "\uE004", control: "\uE009" } as const;

/** What WebDriver calls its commands, in both of its forms. */
interface Commands {
  send(command: "open" | "press" | "run" | "windows", parameters: object): Promise<unknown>;
  end(): Promise<void>;
}

/** A kind of browser, and how it is started; null where it is not on this machine. */
export interface DrivenEngine {
  readonly name: string;
  readonly start: (() => Promise<DrivenBrowser>) | null;
}

const miniBrowser = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** Those there are, as far as Debian has them. */
export const drivenEngines: readonly DrivenEngine[] = [
  { name: "Firefox", start: isOnPath("firefox-esr") ? startFirefox : null },
  {
    name: "WebKitGTK",
    start: isOnPath("WebKitWebDriver") && isOnPath("xvfb-run") && existsSync(miniBrowser) ? startWebKit : null,
  },
];

function isOnPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const startLimitMs = 60_000;
const waitLimitMs = 30_000;
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Tries something until it works, or time is over. */
async function retry<T>(run: () => Promise<T>, limitMs: number): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(100);
    }
  }
}

function drive({ send, end }: Commands): DrivenBrowser {
  const run = (script: string): Promise<unknown> => send("run", { script, args: [] });
  return {
    open: async (url) => void (await send("open", { url })),
    async press(text, { ctrl = false } = {}) {
      const held = ctrl ? [keys.control] : [];
      const strokes = [...text].flatMap((value) => [
        { type: "keyDown", value },
        { type: "keyUp", value },
      ]);
      const actions = [
        ...held.map((value) => ({ type: "keyDown", value })),
        ...strokes,
        ...held.map((value) => ({ type: "keyUp", value })),
      ];
      await send("press", { actions: [{ type: "key", id: "keyboard", actions }] });
    },
    run,
    waitFor: (body) =>
      retry(async () => {
        const value = await run(body);
        if (!value) throw new Error(`Nothing true within ${waitLimitMs} ms: ${body}`);
        return value;
      }, waitLimitMs),
    countWindows: async () => ((await send("windows", {})) as readonly unknown[]).length,
    close: end,
  };
}

/** A process with a folder of its own; both end together, with all that the process has started. */
async function startProcess(
  command: (folder: string) => Promise<readonly string[]>,
): Promise<{ child: ChildProcess; end(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-driven-"));
  const [program, ...args] = await command(folder);
  const env = { ...process.env, HOME: folder, WEBKIT_DISABLE_COMPOSITING_MODE: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  const child = spawn(program!, args, { stdio: "ignore", detached: true, env });
  return {
    child,
    async end() {
      if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Speaks Marionette, which every Firefox has: lines of JSON over TCP, each after its length. */
async function startFirefox(): Promise<DrivenBrowser> {
  const port = await findFreePort();
  const browser = await startProcess(async (profile) => {
    await writeFile(join(profile, "user.js"), `user_pref("marionette.port", ${port});\n`);
    return ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile];
  });
  const names = {
    open: "WebDriver:Navigate",
    press: "WebDriver:PerformActions",
    run: "WebDriver:ExecuteScript",
    windows: "WebDriver:GetWindowHandles",
  };
  try {
    const socket = await retry(() => openSocket(port), startLimitMs);
    const call = speakMarionette(socket);
    await call("WebDriver:NewSession", {});
    return drive({
      async send(command, parameters) {
        const result = (await call(names[command], parameters)) as { value?: unknown };
        return command === "windows" ? result : result.value;
      },
      async end() {
        socket.destroy();
        await browser.end();
      },
    });
  } catch (error) {
    await browser.end();
    throw error;
  }
}

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

type Waiting = { resolve(value: unknown): void; reject(error: Error): void };

function speakMarionette(socket: Socket): (name: string, parameters: object) => Promise<unknown> {
  const waiting = new Map<number, Waiting>();
  let received = Buffer.alloc(0);
  let lastId = 0;
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    for (;;) {
      const colon = received.indexOf(":");
      const end = colon + 1 + Number(received.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(colon + 1, end).toString()) as unknown;
      received = received.subarray(end);
      // Why the check: the first message is a greeting.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message as [number, number, { message: string } | null, unknown];
      const { resolve, reject } = waiting.get(id)!;
      waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    }
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Firefox has ended."));
  });
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      const text = Buffer.from(JSON.stringify([0, id, name, parameters]));
      socket.write(`${text.length}:${text.toString()}`);
    });
}

/** Speaks WebDriver over HTTP with the driver of WebKitGTK. */
async function startWebKit(): Promise<DrivenBrowser> {
  const port = await findFreePort();
  const driver = await startProcess(async () => ["xvfb-run", "-a", "WebKitWebDriver", `--port=${port}`]);
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error((value as { message: string }).message);
    return value;
  };
  const options = { binary: miniBrowser, args: ["--automation"] };
  const wanted = { alwaysMatch: { browserName: "MiniBrowser", "webkitgtk:browserOptions": options } };
  try {
    const { sessionId } = (await retry(() => ask("POST", "/session", { capabilities: wanted }), startLimitMs)) as {
      sessionId: string;
    };
    const paths = { open: "url", press: "actions", run: "execute/sync", windows: "window/handles" };
    return drive({
      send: (command, parameters) =>
        command === "windows"
          ? ask("GET", `/session/${sessionId}/${paths.windows}`)
          : ask("POST", `/session/${sessionId}/${paths[command]}`, parameters),
      async end() {
        await ask("DELETE", `/session/${sessionId}`).catch(() => undefined);
        await driver.end();
      },
    });
  } catch (error) {
    await driver.end();
    throw error;
  }
}
