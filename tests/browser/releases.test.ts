import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { version } from "../../src/version.ts";
import { startServer } from "./harness/server.ts";
import { useBrowser } from "./harness/use-browser.ts";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** Opens a search, adds a document and asks for it; leaves behind the url of the hit, or the error's code and message. */
const script = `
  const use = async () => {
    const search = await createSearch({ model: null });
    await search.add([{ url: "/a", text: "a heap of compost" }]);
    return (await search.query("compost")).hits[0].url;
  };
  window.outcome = use().catch(({ code, message }) => code + ": " + message);
`;

const here = useBrowser(async () => {
  const server = await startServer({ folders: { "/lib/": dist } });
  const body = `<!doctype html><title>Test</title>
    <script type="module">import { createSearch } from "/lib/index.js"; ${script}</script>`;
  server.alter(/^\/page\.html$/, { status: 200, headers: { "content-type": "text/html" }, body: () => body });
  return server;
});

async function useSearch(): Promise<{ outcome: string; databases: number }> {
  const { page } = await here.open("/page.html");
  return page.evaluate(async () => ({
    outcome: await (window as unknown as { outcome: Promise<string> }).outcome,
    databases: (await indexedDB.databases()).length,
  }));
}

test("a worker of another release is refused before it touches what is stored", async () => {
  const restore = here.server.alter(/worker\.js$/, {
    body: (bytes) => bytes.toString().replaceAll(version, "0.0.9"),
  });
  const { outcome, databases } = await useSearch();
  restore();
  expect(outcome).toMatch(/^library\/part: .*0\.0\.9.*Reload the page/);
  expect(outcome).toContain(version);
  expect(databases).toBe(0);
});

test("one of the same release answers", async () => {
  expect(await useSearch()).toEqual({ outcome: "/a", databases: 1 });
});
