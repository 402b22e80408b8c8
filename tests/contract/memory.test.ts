import { test } from "vitest";
import { createMemoryStore } from "../../worker/stores/memory.ts";
import { testBlockStore } from "./block-store.ts";

testBlockStore(test, { driver: "memory", persistent: false, notifies: false }, async () => {
  const store = createMemoryStore();
  return { open: async () => store };
});
