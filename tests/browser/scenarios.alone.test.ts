import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, test } from "vitest";
import { launchBrowser } from "./harness/browser.ts";
import { expectPassed, startPageServer } from "./harness/page.ts";
import type { TestServer } from "./harness/server.ts";
import { scenarios } from "./scenarios/index.ts";

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startPageServer()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe("in a page of its own", () => {
  const timed = scenarios.filter(({ isTimed }) => isTimed === true);
  // Why longer than other tests: all queries of several rounds are timed, on cores that others may be using.
  test.each(timed)("$title", { timeout: 180_000 }, ({ name }) => expectPassed(browser, server.origin, name));
});
