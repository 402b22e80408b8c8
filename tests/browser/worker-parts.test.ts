import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./harness/browser.ts";
import { runScenario, startPageServer } from "./harness/page.ts";
import type { TestServer } from "./harness/server.ts";

const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:; style-src 'self'";
/** A name that is not this machine's own: a page of it over plain http has neither `crypto.subtle` nor locks. */
const plainHost = "plain-http.test";

let browser: Browser;
const servers: TestServer[] = [];

beforeAll(async () => {
  browser = await launchBrowser([`--host-resolver-rules=MAP ${plainHost} 127.0.0.1`]);
});

afterAll(async () => {
  await browser.close();
  await Promise.all(servers.map((server) => server.close()));
});

async function start(options: Parameters<typeof startPageServer>[0] = {}): Promise<TestServer> {
  const server = await startPageServer(options);
  servers.push(server);
  return server;
}

/** Runs a scenario in a context of its own. @returns the paths of the worker's parts that were asked for. */
async function run(origin: string, name: string, parameters: Record<string, string> = {}): Promise<string[]> {
  const context = await browser.newContext();
  const paths: string[] = [];
  context.on("request", (request) => paths.push(new URL(request.url()).pathname));
  const { failures, passed } = await runScenario(context, origin, name, { run: "parts", ...parameters });
  await context.close();
  expect([failures, passed]).toEqual([[], 1]);
  return paths.filter((path) => /\/worker-[\w-]+\.js$/.test(path)).toSorted();
}

describe("the parts of the worker", () => {
  test("are not asked for by a page that does not need them, each once by one that does", async () => {
    const { origin } = await start();
    expect(await run(origin, "round-trip")).toEqual([]);
    expect(await run(origin, "filters")).toEqual(["/dist/worker-filter.js"]);
  });

  test("load under a strict content security policy", async () => {
    const { origin } = await start({ headers: { "content-security-policy": strictPolicy } });
    expect(await run(origin, "filters")).toEqual(["/dist/worker-filter.js"]);
  });

  test("load from another origin together with the library", async () => {
    const [page, foreign] = await Promise.all([start(), start({ cors: true })]);
    const library = `${foreign.origin}/dist/index.js`;
    expect(await run(page.origin, "filters", { library })).toEqual(["/dist/worker-filter.js"]);
    expect(foreign.requests.map(({ path }) => path)).toContain("/dist/worker-filter.js");
  });

  test("check the model's files on a page of plain http, where the browser does not", async () => {
    const { origin } = await start();
    const plain = origin.replace("localhost", plainHost);
    expect(await run(plain, "round-trip")).toEqual(["/dist/worker-sha256.js"]);
    expect(await run(plain, "filters")).toEqual(["/dist/worker-filter.js", "/dist/worker-sha256.js"]);
  });
});
