import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, createServer } from "vite";
import { root } from "../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";
import { collectErrors, launchBrowser, waitForValue } from "./harness/browser.ts";
import { startServer } from "./harness/server.ts";

const html = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>
  <body><script type="module" src="./main.js"></script></body>
</html>`;

const script = `import { wrap } from "comlink";
import { neural } from "inkling-search/neural";
const provider = neural(new URL("model/tiny-bert-mean/", document.baseURI), { dtype: "fp32" });
try {
  const port = await provider.start({ signal: new AbortController().signal, onBytes() {} });
  const api = wrap(port);
  const { vectors } = await api.embed(["reset password"], "query");
  window.answer = { description: await api.describe(), vector: [...vectors] };
} catch (error) {
  window.answer = { error: error.message };
}
`;

interface AppWindow {
  readonly answer?: {
    readonly error?: string;
    readonly description: { readonly device: string; readonly bytes: number };
    readonly vector: number[];
  };
}

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([createConsumer(), launchBrowser()]);
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await writeFile(join(project.folder, "index.html"), html);
  await writeFile(join(project.folder, "main.js"), script);
  for (const name of ["@huggingface/transformers", "onnxruntime-web"]) {
    await mkdir(join(project.folder, "node_modules", name, ".."), { recursive: true });
    await symlink(join(root, "node_modules", name), join(project.folder, "node_modules", name), "dir");
  }
  await cp(join(root, "tests/fixtures/models/tiny-bert-mean"), join(project.folder, "public/model/tiny-bert-mean"), {
    recursive: true,
  });
});

afterAll(async () => {
  await browser.close();
  await project.remove();
});

/** Opens the app in a fresh context; it must embed a text, and ask no other host for anything. */
async function expectEmbeds(url: string): Promise<void> {
  const context = await browser.newContext();
  const foreign: string[] = [];
  context.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !/^(data|blob):/.test(request.url()))
      foreign.push(request.url());
  });
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(url);
  const answer = await waitForValue(page, () => (window as AppWindow).answer).catch((error: unknown) => {
    throw new Error(`The app gave no answer. It said: ${errors.join(" | ") || "nothing"}`, { cause: error });
  });
  await context.close();
  expect(answer.error).toBeUndefined();
  expect(Math.hypot(...answer.vector)).toBeCloseTo(1, 4);
  expect(answer.description.device).toBe("wasm");
  expect(foreign).toEqual([]);
}

describe("the neural entry with Transformers.js installed, in a new Vite app", () => {
  test("embeds when the app is built, with nothing set", async () => {
    await build({ root: project.folder, configFile: false, logLevel: "error" });
    const server = await startServer({ folders: { "/": join(project.folder, "dist") } });
    await expectEmbeds(`${server.origin}/`);
    await server.close();
  });

  test("embeds while it is developed", async () => {
    // Why the allowance: Transformers.js is linked from here, and a dev server serves nothing outside of its project.
    const allowed = { port: 0, fs: { allow: [project.folder, root] } };
    const server = await createServer({ root: project.folder, configFile: false, logLevel: "error", server: allowed });
    await server.listen();
    await expectEmbeds(server.resolvedUrls?.local[0] ?? "");
    await server.close();
  });
});
