import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Started {
  const child = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    cwd: root,
    env,
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
    const address = /The (?:guide is|pages are) at (http:\S+)/.exec(output())?.[1];
    if (address) return address;
    if (child.exitCode !== null) throw new Error(output());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("npm start", () => {
  test("builds, serves under a strict policy, prints the address, and ends cleanly on SIGTERM", async () => {
    const started = start(["--port", "0"]);
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

  test("serves the pages of a folder, and deletes on SIGTERM what it made of them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "inkling-start-"));
    const work = join(folder, "work");
    try {
      await mkdir(join(folder, "pages"));
      await mkdir(work);
      await writeFile(join(folder, "pages/otters.md"), "# Otters\n\nThey hold hands in the water.\n");
      const started = start(["--port", "0", "--content", join(folder, "pages")], { ...process.env, TMPDIR: work });
      const address = await waitForAddress(started);
      const page = await fetch(`${address}otters.html`);
      expect(page.headers.has("content-security-policy")).toBe(false);
      expect(await page.text()).toContain('<inkling-search label="Search pages" index="./search-index/">');
      expect((await fetch(`${address}search-index/inkling-pieces.json`)).status).toBe(200);
      expect(started.output()).toContain("1 added");
      started.child.kill("SIGTERM");
      expect(await once(started.child, "exit")).toEqual([0, null]);
      expect((await readdir(work)).filter((name) => name.startsWith("inkling-content-"))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("takes the next free port if its own is taken", async () => {
    const taken = await serveFolder(root, { port: 4173, attempts: 50 });
    const address = await waitForAddress(start([]));
    expect(address).not.toBe(taken.url);
    await taken.close();
  });

  test.each([
    [["--port", "http"], /--port http is no port/],
    [["--port", "70000"], /--port 70000 is no port/],
    [["--colour"], /--colour/],
    [["--content", "package.json"], /--content package\.json is no folder/],
    [["--content", "models/none"], /--content models\/none is no folder/],
  ])("refuses %j with a reason", async (args, reason) => {
    const started = start(args);
    const [code] = (await once(started.child, "close")) as [number];
    expect(code).toBe(1);
    expect(started.output()).toMatch(reason);
  });

  test("says so if the port that was asked for is taken", async () => {
    const taken = await serveFolder(root);
    const { port } = new URL(taken.url);
    const started = start(["--port", port]);
    const [code] = (await once(started.child, "close")) as [number];
    expect(code).toBe(1);
    expect(started.output()).toContain(`Port ${port} is taken`);
    await taken.close();
  });
});
