import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launchBrowser } from "./harness/browser.ts";
import { expectPassed, runScenario, startPageServer } from "./harness/page.ts";
import { isolationHeaders, type TestServer } from "./harness/server.ts";
import { scenarios } from "./scenarios/index.ts";

const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:; style-src 'self'";

// Why longer than other tests: some index a thousand pages and ask for each of them, on cores that others may be using.
vi.setConfig({ testTimeout: 180_000 });

let browser: Browser;
let server: TestServer;
const others: TestServer[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startPageServer();
});

afterAll(async () => {
  await browser.close();
  await Promise.all([server, ...others].map((each) => each.close()));
});

async function startOther(options: Parameters<typeof startPageServer>[0]): Promise<TestServer> {
  const other = await startPageServer(options);
  others.push(other);
  return other;
}

describe("in a page of its own", () => {
  const untimed = scenarios.filter(({ isTimed }) => isTimed !== true);
  test.each(untimed)("$title", ({ name }) => expectPassed(browser, server.origin, name));
});

describe("the round trip", () => {
  test("works under a strict content security policy", async () => {
    const strict = await startOther({ headers: { "content-security-policy": strictPolicy } });
    await expectPassed(browser, strict.origin, "round-trip");
  });

  test("works in a cross-origin isolated page", async () => {
    const isolated = await startOther({ headers: isolationHeaders });
    await expectPassed(browser, isolated.origin, "round-trip");
  });

  test("works with the library loaded from another origin", async () => {
    const foreign = await startOther({ cors: true });
    await expectPassed(browser, server.origin, "round-trip", { library: `${foreign.origin}/dist/index.js` });
    expect(foreign.requests.some((request) => request.path.endsWith("/model.safetensors"))).toBe(true);
  });

  test("asks for nothing but the library's own files", async () => {
    const paths: string[] = [];
    const context = await browser.newContext();
    context.on("request", (request) => paths.push(request.url().replace(server.origin, "").replace(/\?.*/, "")));
    const result = await runScenario(context, server.origin, "round-trip");
    await context.close();
    expect(result.failures).toEqual([]);
    expect(paths.filter((path) => !/^\/(dist\/|assets\/|$)|^data:/.test(path))).toEqual([]);
    expect(paths).toContain("/dist/worker.js");
  });
});
