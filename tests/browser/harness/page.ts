import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright";
import { expect } from "vitest";
import type { ScenarioResult } from "../page/scenario.ts";
import { collectErrors, waitForValue } from "./browser.ts";
import { changeLastByte } from "./change-last-byte.ts";
import { pageFolders } from "./page-folders.ts";
import { startServer, type ServerOptions, type TestServer } from "./server.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts a server with the page, the built library, and the ways in which a model can fail to arrive. */
export async function startPageServer(options: Pick<ServerOptions, "headers" | "cors"> = {}): Promise<TestServer> {
  const dist = `${root}dist`;
  const folders = { "/": pageFolders.scenarios.built, "/dist/": dist, "/held/": dist, ...faultyFolders(dist) };
  const server = await startServer({ ...options, folders });
  holdOnRequest(server);
  spoil(server);
  return server;
}

function faultyFolders(dist: string): Record<string, string> {
  const faults = ["missing", "html", "truncated", "checksum", "unreachable", "part"];
  return Object.fromEntries(faults.map((fault) => [`/faulty/${fault}/`, dist]));
}

function spoil(server: TestServer): void {
  const html = "<!doctype html><title>Start</title><p>This app answers every address with its start page.</p>";
  server.alter(/^\/faulty\/missing\//, { status: 404 });
  server.alter(/^\/faulty\/html\//, { headers: { "content-type": "text/html" }, body: () => html });
  server.alter(/^\/faulty\/truncated\/.*\.safetensors/, { body: (bytes) => bytes.subarray(0, bytes.length >> 1) });
  server.alter(/^\/faulty\/checksum\/.*\.safetensors/, { body: changeLastByte });
  server.alter(/^\/faulty\/part\/documents\.js/, { status: 404 });
  server.alter(/^\/faulty\/unreachable\/.*\.safetensors/, { drop: true });
  server.alter(/^\/faulty\/unreachable\/worker-/, { drop: true });
}

/** After `/control/hold`, answers below `/held/` wait for `/control/release`. */
function holdOnRequest(server: TestServer): void {
  let gate: Promise<void> = Promise.resolve();
  let release = (): void => {};
  const hold = (): string => {
    gate = new Promise((resolve) => (release = resolve));
    return "held";
  };
  server.alter(/^\/control\/hold$/, { body: hold });
  server.alter(/^\/control\/release$/, { body: () => (release(), "released") });
  server.alter(/^\/held\//, { until: () => gate });
}

/** A scenario's result, and what the page said on the side. */
export interface ScenarioRun extends ScenarioResult {
  readonly errors: readonly string[];
}

/** Opens a scenario in a new tab and waits for its result. */
export async function runScenario(
  browser: Browser | BrowserContext,
  origin: string,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<ScenarioRun> {
  const page = await browser.newPage();
  const errors = collectErrors(page);
  try {
    await page.goto(`${origin}/?${new URLSearchParams({ scenario: name, ...parameters }).toString()}`);
    return { ...(await readResult(page)), errors };
  } catch (error) {
    throw new Error(`The scenario ${name} ended without a result. The page said: ${errors.join(" | ") || "nothing"}`, {
      cause: error,
    });
  } finally {
    await page.close();
  }
}

/** Runs a scenario in a context of its own, and expects that all went well in it. */
export async function expectPassed(
  browser: Browser,
  origin: string,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<void> {
  const context = await browser.newContext();
  try {
    const { failures, passed } = await runScenario(context, origin, name, parameters);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  } finally {
    await context.close();
  }
}

function readResult(page: Page): Promise<ScenarioResult> {
  return waitForValue(page, () => window.__result, 150_000);
}
