import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import { startServer } from "./harness/server.ts";
import { type Tab, useBrowser } from "./harness/use-browser.ts";

const here = useBrowser(() => startServer({ folders: { "/lib/": `${root}dist` } }));
let hashes: Readonly<Record<string, string>>;

beforeAll(async () => {
  hashes = JSON.parse(await readFile(`${root}dist/integrity.json`, "utf8")) as Record<string, string>;
});

/** Opens a page whose scripts are all pinned, as the guide has it, under the policy that it names. */
function openPinned(): Promise<Tab> {
  const scripts = Object.entries(hashes).filter(([name]) => name.endsWith(".js"));
  const map = JSON.stringify({ integrity: Object.fromEntries(scripts.map(([name, hash]) => [`/lib/${name}`, hash])) });
  const hashOfMap = createHash("sha256").update(map).digest("base64");
  const policy = `default-src 'none'; img-src data:; connect-src 'self'; script-src 'self' 'sha256-${hashOfMap}' 'wasm-unsafe-eval'`;
  const html = `<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,">
    <script type="importmap">${map}</script>
    <script type="module" src="/lib/inkling.js" integrity="${hashes["inkling.js"]}"></script></head>
    <body><inkling-search page></inkling-search><main>All about xylophones and other instruments.</main></body></html>`;
  const headers = { "content-type": "text/html", "content-security-policy": policy };
  here.server.alter(/^\/$/, { headers, body: () => html });
  return here.open("/");
}

test("a page whose scripts are all pinned by integrity.json searches", async () => {
  const { page, errors } = await openPinned();
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("combobox").fill("xylophones");
  await page.getByRole("option").first().waitFor();
  expect(errors).toEqual([]);
});

test.each(["inkling.js", "element-panel.js", "index.js"])(
  "where %s was altered, the browser refuses it",
  async (name) => {
    const restore = here.server.alter(new RegExp(`^/lib/${name}`), { body: (bytes) => `${bytes.toString()}\n` });
    try {
      const { page, errors } = await openPinned();
      await page.keyboard.press("/");
      await expect.poll(() => errors.join("\n"), { timeout: 10_000 }).toContain(`/lib/${name}`);
      expect(errors.join("\n")).toMatch(/integrity/);
    } finally {
      restore();
    }
  },
);
