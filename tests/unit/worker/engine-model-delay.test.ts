import { describe, expect, test } from "vitest";
import type { EngineOptions } from "../../../worker/engine.ts";
import type { BlockStore } from "../../../worker/ports.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import { defer, openEngine, pages, WatchedModel } from "./engine-kit.ts";

const never = 600_000;

/** Options of an engine whose empty index waits for its model, and what tells when it begins to load. */
function watchLoading(modelDelayMs: number): {
  options: Partial<EngineOptions>;
  begun: Promise<void>;
  count(): number;
} {
  const begun = defer();
  let count = 0;
  const loadEmbedder = async (): Promise<WatchedModel> => {
    count++;
    begun.resolve();
    return WatchedModel.load();
  };
  return { options: { modelDelayMs, loadEmbedder }, begun: begun.promise, count: () => count };
}

describe("the model of an empty index", () => {
  test("is not loaded before the delay is over: an index in pieces may be loaded that needs none", async () => {
    const { options, count } = watchLoading(never);
    const engine = await openEngine(options);
    expect((await engine.query("anything")).hits).toEqual([]);
    expect(await engine.status()).toMatchObject({ model: { state: "waiting" } });
    expect(count()).toBe(0);
  });

  test("is loaded when the delay is over", async () => {
    const { options, begun, count } = watchLoading(1);
    await openEngine(options);
    await begun;
    expect(count()).toBe(1);
  });

  test("is loaded with the first documents, whatever the delay", async () => {
    const { options, count } = watchLoading(never);
    const engine = await openEngine(options);
    await engine.add(pages);
    expect((await engine.query("plants get sick")).mode).toBe("hybrid");
    expect(count()).toBe(1);
  });
});

test("the model of an index with documents is loaded at once, whatever the delay", async () => {
  const store: BlockStore = createMemoryStore();
  const first = await openEngine({ store });
  await first.add(pages);
  await first.close();
  const { options, begun } = watchLoading(never);
  const engine = await openEngine({ ...options, store });
  await begun;
  expect((await engine.query("plants get sick")).hits.length).toBeGreaterThan(0);
});
