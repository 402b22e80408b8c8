import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const cores = availableParallelism();

/** What starts browsers: two files at a time, since a page and its worker keep about one core busy. */
const inBrowsers = {
  environment: "node",
  // Why after the others: nothing else takes the cores while a page is watched.
  sequence: { groupOrder: 1 },
  maxWorkers: Math.min(cores, 2),
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // Why so long: on a busy machine what a page does next may take seconds.
  expect: { poll: { timeout: 30_000 } },
} as const;

/** Files that compare times or pixels, or that need the one display that there is. */
const alone = "tests/{browser,e2e}/**/*.alone.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["tests/{unit,property,contract,golden,compat,types}/**/*.test.ts"],
          sequence: { groupOrder: 0 },
          // Why named: by default one core is left idle, which is half of a small machine.
          maxWorkers: cores,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...inBrowsers,
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          exclude: [alone],
          globalSetup: "tests/browser/harness/build-pages.ts",
        },
      },
      {
        test: {
          ...inBrowsers,
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          exclude: [alone],
          globalSetup: "tests/e2e/build-site.ts",
        },
      },
      {
        test: {
          ...inBrowsers,
          name: "alone",
          include: [alone],
          globalSetup: "tests/browser/harness/build-pages.ts",
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
        },
      },
    ],
  },
});
