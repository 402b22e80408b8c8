import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../../scripts/lib/paths.mjs";
import { cosine } from "../../../src/core/vector/cosine.ts";
import { launchBrowser } from "../harness/browser.ts";
import { openNeuralPage, selfHosted, valueOf } from "./harness.ts";
import { longText, useNeural } from "./use-neural.ts";

const builtIn = join(root, "public/models/inkling-neural-v1/inkling.json");
const hasBuiltIn = existsSync(builtIn);
if (!hasBuiltIn) console.log("Skipped: the built-in neural model is not here (public/models/inkling-neural-v1).");

const here = useNeural();

describe.skipIf(!hasBuiltIn)("the built-in neural model", () => {
  const questions = [
    "stop the page from jumping while images load",
    "why is my query slow",
    "ändere das Passwort",
    longText.slice(0, 900),
  ];

  test("is taken by default, and gives the vectors it was released with", async () => {
    const { id, revision, dim, golden } = JSON.parse(await readFile(builtIn, "utf8")) as {
      id: string;
      revision: string;
      dim: number;
      golden: { text: string; vector: number[] }[];
    };
    const description = valueOf(await here.driver.start({ options: selfHosted }));
    expect(description).toMatchObject({ id, revision, dim, device: "wasm", dtype: "q8", fallbacks: [] });
    for (const { text, vector } of golden) {
      const { vectors } = valueOf(await here.driver.embed([text], "query"));
      expect(cosine(vectors[0]!, vector), text).toBeGreaterThan(0.99);
    }
  });

  test("gives shorter vectors where they are asked for", async () => {
    const whole =
      valueOf(await here.driver.start({ options: selfHosted })) && valueOf(await here.driver.embed(questions, "query"));
    expect(valueOf(await here.driver.start({ options: { ...selfHosted, dim: 64 } })).dim).toBe(64);
    const { vectors } = valueOf(await here.driver.embed(questions, "query"));
    for (const [at, vector] of vectors.entries()) {
      expect(vector).toHaveLength(64);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
      expect(cosine(vector, whole.vectors[at]!.slice(0, 64))).toBeGreaterThan(0.999);
    }
  });

  test("gives the same vectors on WebGPU as on WASM", { timeout: 300_000 }, async () => {
    const imitating = await launchBrowser(["--enable-unsafe-webgpu"]);
    try {
      const driver = await openNeuralPage(await imitating.newContext(), here.server.origin);
      const found: number[][][] = [];
      for (const device of ["wasm", "webgpu"] as const) {
        const description = valueOf(await driver.start({ options: { ...selfHosted, device } }));
        expect(description, JSON.stringify(description.fallbacks)).toMatchObject({ device, fallbacks: [] });
        const vectors: number[][] = [];
        for (const text of questions) vectors.push(...valueOf(await driver.embed([text], "query")).vectors);
        found.push(vectors);
      }
      for (const at of questions.keys()) expect(cosine(found[0]![at]!, found[1]![at]!)).toBeGreaterThan(0.999);
    } finally {
      await imitating.close();
    }
  });
});
