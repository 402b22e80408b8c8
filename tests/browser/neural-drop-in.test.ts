import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./harness/browser.ts";
import { addDocuments, openSearchPage, readStatus } from "./harness/search-page.ts";
import { startServer, type TestServer } from "./harness/server.ts";
import { startNeuralServer } from "./neural/harness.ts";
import { handbook } from "./scenarios/documents.ts";

/** A page without a bundler: the drop-in, the neural entry, the runtime and the model all come from another host. */
const page = (host: string): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title>
<link rel="icon" href="data:,">
<inkling-search></inkling-search>
<script type="module" src="${host}/dist/inkling.js"></script>
<script type="module">
  import { createSearch } from "${host}/dist/index.js";
  import { neural } from "${host}/dist/neural.js";
  const options = { dtype: "fp32", runtimeUrl: "${host}/runtime/", wasmUrl: "${host}/ort/" };
  const model = neural("${host}/models/tiny-bert-mean/", options);
  const search = createSearch({ name: "drop-in", model, upgrade: "always" });
  document.querySelector("inkling-search").search = search;
  window.search = await search;
</script></html>`;

let browser: Browser;
let host: TestServer;
let server: TestServer;

beforeAll(async () => {
  [browser, host, server] = await Promise.all([
    launchBrowser(),
    startNeuralServer({ cors: true }),
    startServer({ folders: {} }),
  ]);
  server.alter(/^\/$/, { status: 200, headers: { "content-type": "text/html" }, body: () => page(host.origin) });
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([host?.close(), server?.close()]);
});

test("the drop-in answers with a transformer, whose runtime comes from an absolute address", async () => {
  const context = await browser.newContext();
  const tab = await openSearchPage(context, server.origin);
  await addDocuments(tab, handbook);
  await expect.poll(async () => (await readStatus(tab)).tier, { timeout: 100_000 }).toBe("neural");
  expect((await readStatus(tab)).fallbacks).toEqual([]);
  await tab.getByRole("button").click();
  await tab.getByRole("combobox").fill("encrypted disks");
  await tab.getByRole("option", { name: /Your computer/ }).waitFor();
  await context.close();
}, 180_000);
