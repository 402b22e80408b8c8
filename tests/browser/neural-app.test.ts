import { existsSync } from "node:fs";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/paths.mjs";
import type { ConsumerProject } from "../package/packed.ts";
import { buildApp, createApp, openApp, serveSources } from "./harness/app.ts";
import { launchBrowser } from "./harness/browser.ts";
import { startServer, type TestServer } from "./harness/server.ts";

const hasBuiltIn = existsSync(join(root, "dist/models/inkling-neural-v1/inkling.json"));
if (!hasBuiltIn) console.log("Skipped: the built-in neural model is not here (public/models/inkling-neural-v1).");

const script = `import { wrap } from "comlink";
import { neural } from "inkling-search/neural";
const provider = location.hash === "#built-in" ? neural() : neural(new URL("model/tiny-bert-mean/", document.baseURI), { dtype: "fp32" });
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
  readonly description: { readonly id: string; readonly device: string };
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

/** Opens the app; it must embed a text by a model, and ask no other host for anything. */
async function expectEmbeds(url: string, model: string): Promise<void> {
  const { answer, foreign } = await openApp<Answer>(browser, url);
  expect(answer.error).toBeUndefined();
  expect(Math.hypot(...answer.vector)).toBeCloseTo(1, 4);
  expect(answer.description).toMatchObject({ id: model, device: "wasm" });
  expect(foreign).toEqual([]);
}

describe("the neural entry with Transformers.js installed, in a new Vite app", () => {
  describe("when the app is built", () => {
    let server: TestServer;

    beforeAll(async () => {
      await buildApp(project);
      server = await startServer({ folders: { "/": join(project.folder, "dist") } });
    });

    afterAll(() => server.close());

    test("embeds with nothing set", () => expectEmbeds(`${server.origin}/`, "tiny-bert-mean"));

    test.skipIf(!hasBuiltIn)("finds the built-in model among the app's files", () =>
      expectEmbeds(`${server.origin}/#built-in`, "inkling-neural-v1"),
    );
  });

  describe("while the app is developed", () => {
    let server: Awaited<ReturnType<typeof serveSources>>;

    beforeAll(async () => {
      // Why the allowance: Transformers.js is linked from here, and a dev server serves nothing outside of its project.
      server = await serveSources(project, [root]);
    });

    afterAll(() => server.close());

    test("embeds with nothing set", () => expectEmbeds(server.url, "tiny-bert-mean"));

    test.skipIf(!hasBuiltIn)("finds the built-in model beside the library", () =>
      expectEmbeds(`${server.url}#built-in`, "inkling-neural-v1"),
    );
  });
});
