import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/consumers/*.test.ts"],
    globalSetup: ["tests/consumers/pack.ts"],
    // Why one after another: each installs packages and builds an app, which takes all cores there are.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
