import { readFile } from "node:fs/promises";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type * as Library from "../../src/index.ts";
import { launchBrowser, waitForValue } from "./harness/browser.ts";
import { readRecipe } from "./harness/guide.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import { openTab } from "./harness/use-browser.ts";

declare global {
  interface Window {
    outcome?: Outcome;
  }
}

interface Outcome {
  readonly code?: string;
  readonly url?: string;
  readonly tier?: string;
  readonly drinks?: readonly string[];
  readonly fallbacks?: readonly Library.Fallback[];
  /** Or the code of what keeps the page from being read. */
  readonly added?: number | string;
}

const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title></head>
<body><main><h1>Kites</h1><p>Flown on windy days.</p></main><script type="module" src="/app.js"></script></body></html>`;

/** Searches by words, meaning and attributes, and reads the page. @param worker - the option of that name, as code. */
const script = (library = "/lib/index.js", worker = "undefined"): string => `
  import { createSearch } from "${library}";
  window.outcome = await run().catch(({ code }) => ({ code }));
  async function run() {
    const search = await createSearch({ name: "policy", worker: ${worker} });
    await search.add([
      { url: "/tea", title: "Tea", attributes: { kind: "drink" }, text: "Pour boiling water over the leaves." },
      { url: "/bike", title: "Bicycle", text: "Take the wheel off, find the hole in the inner tube and glue a patch on it." },
    ]);
    const { hits, tier } = await search.query("how do I repair a flat tyre?");
    const { hits: drinks } = await search.query("water", { where: { kind: "drink" } });
    const { fallbacks } = await search.status();
    const added = await search.addPage().then((result) => result.added, ({ code }) => code);
    return { url: hits[0]?.url, tier, drinks: drinks.map(({ url }) => url), fallbacks, added };
  }`;

const whole: Outcome = { url: "/bike", tier: "instant", drinks: ["/tea"], fallbacks: [], added: 1 };

let browser: Browser;
let policies: readonly string[];
let servers: TestServer[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  const guide = await readFile(`${root}docs/guide/content-security-policy.md`, "utf8");
  policies = [...guide.matchAll(/```\n(script-src[^`]*)\n```/g)].map((match) => match[1]!);
});

afterAll(() => browser?.close());

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function serve(options: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

/** What an app comes to when everything that its host sends has a policy, and nothing is allowed but what it names. */
async function run(policy: string, code: string = script()): Promise<[outcome: Outcome, errors: readonly string[]]> {
  const headers = { "content-security-policy": `default-src 'none'; img-src 'self'; ${policy}` };
  const server = await serve({ folders: { "/lib/": `${root}dist` }, headers });
  server.alter(/^\/$/, { headers: { ...headers, "content-type": "text/html" }, body: () => html });
  server.alter(/^\/app\.js$/, { body: () => code });
  server.alter(/^\/favicon/, { body: () => "" });
  const context = await browser.newContext();
  const { page, errors } = await openTab(context, `${server.origin}/`);
  const outcome = await waitForValue(page, () => window.outcome);
  await context.close();
  return [outcome, errors];
}

/** The minimum that the guide names, without one of its sources. */
const minimum = (without = ""): string => policies[0]!.replace(without, "");

test("the guide's minimum is enough for words, meaning, attributes and reading the page", async () => {
  expect(await run(minimum())).toEqual([whole, []]);
});

test("the guide's minimum for a library on another host is, too", async () => {
  const other = await serve({ folders: { "/lib/": `${root}dist` }, cors: true });
  const policy = policies[1]!
    .replaceAll("https://cdn.example", other.origin)
    .replace("script-src", "script-src 'self'");
  expect(await run(policy, script(`${other.origin}/lib/index.js`))).toEqual([whole, []]);
});

test("without 'wasm-unsafe-eval' everything is found", async () => {
  const [outcome] = await run(minimum(" 'wasm-unsafe-eval'"));
  expect({ ...outcome, fallbacks: [] }).toEqual(whole);
});

test("without connect-src words answer, and the status says why", async () => {
  const [outcome] = await run(minimum("; connect-src 'self'"));
  expect(outcome).toMatchObject({ tier: "words", drinks: ["/tea"], added: 1 });
  expect(outcome.fallbacks!.map(({ feature, error }) => [feature, error.code])).toEqual([
    ["model", "model/unreachable"],
  ]);
});

test("where a worker is forbidden the app is told by its code", async () => {
  const [outcome] = await run(`${minimum()}; worker-src 'none'`);
  expect(outcome).toEqual({ code: "worker/start" });
});

test("under trusted types a default policy lets all workers start", async () => {
  const recipe = await readRecipe("content-security-policy.md", "trusted-types.js");
  const trusted = `${recipe.replaceAll("/search/", "/lib/")}\n${script()}`;
  expect(await run(`${minimum()}; require-trusted-types-for 'script'`, trusted)).toEqual([whole, []]);
});

test("under trusted types a search whose worker the app starts answers, and reading the page is refused by its code", async () => {
  const trusted = `const policy = trustedTypes.createPolicy("inkling", { createScriptURL: (url) => url });
    ${script(undefined, `() => new Worker(policy.createScriptURL("/lib/worker.js"), { type: "module" })`)}`;
  const [outcome] = await run(`${minimum()}; require-trusted-types-for 'script'`, trusted);
  expect(outcome).toEqual({ ...whole, added: "worker/start" });
});
