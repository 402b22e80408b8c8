import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NeuralOptions } from "../../neural/index.ts";
import { root } from "../../scripts/lib/paths.mjs";
import { launchBrowser } from "./harness/browser.ts";
import type { TestServer } from "./harness/server.ts";
import { openNeuralPage, selfHosted, startNeuralServer } from "./neural/harness.ts";
import type { Answers } from "./neural/page/main.ts";

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startNeuralServer();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Searches some documents, once the built-in neural model has taken over or has failed to. */
function searchInPage(page: Page, options: NeuralOptions, until: "done" | "failed"): Promise<Answers> {
  return page.evaluate((request) => window.neuralPage!.search(...request), [options, until] as const);
}

const builtIn = join(root, "public/models/inkling-neural-v1/inkling.json");
const isHere = existsSync(builtIn);
if (!isHere) console.log("Skipped: the built-in neural model is not here (public/models/inkling-neural-v1).");

describe.skipIf(!isHere)("a search with the neural model", () => {
  test("answers with the instant model first, then with the neural one", async () => {
    const { page } = await openNeuralPage(await browser.newContext(), server.origin);
    const { tiers, url, tier, status, upgraded } = await searchInPage(page, selfHosted, "done");
    expect(tiers.at(-1)).toBe("neural");
    expect([url, tier, status.tier]).toEqual(["/bike", "neural", "neural"]);
    const { dim } = JSON.parse(readFileSync(builtIn, "utf8")) as { dim: number };
    expect(status.upgrade).toMatchObject({
      state: "done",
      error: null,
      model: { id: "inkling-neural-v1", device: "wasm", dtype: "q8", dim },
    });
    expect(upgraded).toEqual([3, 3]);
  });

  test("answers with the instant model where the neural one cannot be had, and says why", async () => {
    const { page } = await openNeuralPage(await browser.newContext(), server.origin);
    const restore = server.alter(/model_quantized\.onnx$/, { status: 404 });
    const { url, tier, status } = await searchInPage(page, selfHosted, "failed");
    restore();
    expect([url, tier]).toEqual(["/bike", "instant"]);
    expect(status.upgrade?.error).toMatchObject({ name: "ModelError", code: "model/missing" });
    expect(status.upgrade?.error?.details["url"]).toContain("model_quantized.onnx");
  });
});
