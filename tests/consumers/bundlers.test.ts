import { mkdir, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import { openApp, type OpenedApp } from "../browser/harness/app.ts";
import { launchBrowser } from "../browser/harness/browser.ts";
import { startServer } from "../browser/harness/server.ts";
import { findTraces, useConsumer } from "./harness.ts";

/** What only the optional peer and its runtime have in their files, or our own neural entry. */
const tracesOfPeer = /huggingface|onnxruntime|ort-wasm|ort\.webgpu|neural-worker/i;
/** What only the bindings for React and Vue have in theirs. */
const tracesOfBindings = /The source of useSearch/;

const app = useConsumer("bundled");
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

/** Builds the app of one entry. @returns the folder it is in. */
async function bundle(bundler: string, entry: string, output = entry): Promise<string> {
  const folder = join("out", bundler, output);
  await app.run(process.execPath, "build-app.js", bundler, `${entry}.js`, folder);
  return join(app.folder, folder);
}

async function open(folder: string): Promise<OpenedApp<Record<string, unknown>>> {
  const server = await startServer({ folders: { "/": folder } });
  return openApp<Record<string, unknown>>(browser, `${server.origin}/`).finally(() => server.close());
}

/** Puts the peer into the app. Why linked: it weighs several hundred MB. */
async function linkPeer(): Promise<void> {
  for (const peer of ["@huggingface/transformers", "onnxruntime-web", "onnxruntime-common"]) {
    const place = join(app.folder, "node_modules", peer);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, "node_modules", peer), place, "dir").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

test.each(["@huggingface", "react", "vue"])("the optional peer %s is not installed with the library", async (peer) => {
  expect(await stat(join(app.folder, "node_modules", peer)).catch(() => null)).toBeNull();
});

describe.each(["vite", "webpack", "rollup", "esbuild"])("an app that is built by %s", (bundler) => {
  test("searches by words, meaning and attributes and reads its page, with no trace of what it does not import", async () => {
    const folder = await bundle(bundler, "main");
    expect(await findTraces(folder, tracesOfPeer)).toEqual([]);
    expect(await findTraces(folder, tracesOfBindings)).toEqual([]);
    expect(await open(folder)).toEqual({
      answer: { url: "/bike", tier: "instant", drinks: ["/tea"], fallbacks: [], page: [0, "page/skipped"] },
      errors: [],
      foreign: [],
    });
  });

  test("has the elements, in the language of its page", async () => {
    const { answer, errors, foreign } = await open(await bundle(bundler, "main-with-element"));
    expect(answer).toMatchObject({ found: 1, close: "Schließen" });
    expect(answer["list"]).toContain("All about xylophones");
    expect([errors, foreign]).toEqual([[], []]);
  });

  // Why before the peer is linked: a search for traces that finds none anywhere would prove nothing.
  test("shows in its files, or by not building, that it imports the neural tier without the peer", async () => {
    const folder = await bundle(bundler, "main-with-neural", "without-peer").catch(() => null);
    if (folder !== null) expect(await findTraces(folder, tracesOfPeer)).not.toEqual([]);
  });

  test("builds with the neural tier and its peer", async () => {
    await linkPeer();
    const folder = await bundle(bundler, "main-with-neural", "with-peer");
    expect(await findTraces(folder, tracesOfPeer)).not.toEqual([]);
  });
});

test.each(["vite", "webpack"])("%s bundles the worker by the name of its entry, too", async (bundler) => {
  const { answer, errors } = await open(await bundle(bundler, "main-with-worker"));
  expect([answer, errors]).toEqual([{ drinks: ["/tea"], fallbacks: [] }, []]);
});
