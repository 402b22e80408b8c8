import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../package/packed.ts";
import { buildApp, createApp, openApp, serveSources } from "./harness/app.ts";
import { launchBrowser } from "./harness/browser.ts";
import { startServer } from "./harness/server.ts";

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

interface Answer {
  readonly error?: string;
  readonly description: { readonly device: string };
  readonly vector: number[];
}

let project: ConsumerProject;
let browser: Browser;

beforeAll(async () => {
  [project, browser] = await Promise.all([createApp(script), launchBrowser()]);
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

/** Opens the app; it must embed a text, and ask no other host for anything. */
async function expectEmbeds(url: string): Promise<void> {
  const { answer, foreign } = await openApp<Answer>(browser, url);
  expect(answer.error).toBeUndefined();
  expect(Math.hypot(...answer.vector)).toBeCloseTo(1, 4);
  expect(answer.description.device).toBe("wasm");
  expect(foreign).toEqual([]);
}

describe("the neural entry with Transformers.js installed, in a new Vite app", () => {
  test("embeds when the app is built, with nothing set", async () => {
    await buildApp(project);
    const server = await startServer({ folders: { "/": join(project.folder, "dist") } });
    await expectEmbeds(`${server.origin}/`);
    await server.close();
  });

  test("embeds while it is developed", async () => {
    // Why the allowance: Transformers.js is linked from here, and a dev server serves nothing outside of its project.
    const server = await serveSources(project, [root]);
    await expectEmbeds(server.url);
    await server.close();
  });
});
