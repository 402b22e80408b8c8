import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { serveFolder } from "../../demo/server.mjs";
import { collectErrors, launchBrowser } from "../browser/harness/browser.ts";
import { ask, waitUntilReady } from "./site.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let running: ChildProcess | undefined;

afterEach(() => {
  running?.kill("SIGKILL");
  running = undefined;
});

interface Started {
  readonly child: ChildProcess;
  /** What was printed so far. */
  readonly output: () => string;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, output: () => output };
}

async function waitForAddress({ child, output }: Started): Promise<string> {
  for (;;) {
    const address = /The guide is at (http:\S+)/.exec(output())?.[1];
    if (address) return address;
    if (child.exitCode !== null) throw new Error(output());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("npm start", () => {
  test("builds, serves under a strict policy, prints the address, and ends cleanly on SIGTERM", async () => {
    const started = start("--port", "0");
    const address = await waitForAddress(started);
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const errors = collectErrors(page);
      const answer = await page.goto(address);
      expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
      expect((await waitUntilReady(page)).passages).toBeGreaterThan(80);
      expect((await ask(page, "which languages are understood"))[0]?.href).toBe("./limits.html#languages");
      await page.getByRole("option").first().click();
      await page.waitForURL(/limits/);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
    started.child.kill("SIGTERM");
    expect(await once(started.child, "exit")).toEqual([0, null]);
    await expect(fetch(address)).rejects.toThrow();
  });

  test("takes the next free port if its own is taken", async () => {
    const taken = await serveFolder(root, { port: 4173, attempts: 50 });
    const address = await waitForAddress(start());
    expect(address).not.toBe(taken.url);
    await taken.close();
  });

  test.each([
    [["--port", "http"], /--port http is no port/],
    [["--port", "70000"], /--port 70000 is no port/],
    [["--colour"], /--colour/],
  ])("refuses %j with a reason", async (args, reason) => {
    const started = start(...args);
    const [code] = (await once(started.child, "close")) as [number];
    expect(code).toBe(1);
    expect(started.output()).toMatch(reason);
  });

  test("says so if the port that was asked for is taken", async () => {
    const taken = await serveFolder(root);
    const { port } = new URL(taken.url);
    const started = start("--port", port);
    const [code] = (await once(started.child, "close")) as [number];
    expect(code).toBe(1);
    expect(started.output()).toContain(`Port ${port} is taken`);
    await taken.close();
  });
});
