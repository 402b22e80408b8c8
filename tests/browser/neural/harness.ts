import { join } from "node:path";
import type { BrowserContext, Page } from "playwright";
import { root } from "../../../scripts/lib/paths.mjs";
import type { EmbedderDescription } from "../../../src/model-provider.ts";
import { waitForValue } from "../harness/browser.ts";
import { pageFolders } from "../harness/page-folders.ts";
import { startServer, type ServerOptions, type TestServer } from "../harness/server.ts";
import type { Outcome, PlainTexts, StartRequest } from "./page/main.ts";

/** Where the tiny models are. */
export const tinyModels: string = join(root, "tests/fixtures/models");

/** Settings that keep a test within its two servers. */
export const selfHosted = { runtimeUrl: "/runtime/", wasmUrl: "/ort/" } as const;

/** Starts a server with the page, the built library, the runtime and ONNX Runtime's files. */
export function startNeuralServer(options: Pick<ServerOptions, "headers" | "cors"> = {}): Promise<TestServer> {
  return startServer({
    ...options,
    folders: {
      "/": pageFolders.neural.built,
      "/dist/": join(root, "dist"),
      "/models/": tinyModels,
      "/runtime/": join(root, "node_modules/@huggingface/transformers/dist"),
      "/ort/": join(root, "node_modules/onnxruntime-web/dist"),
    },
  });
}

/** The page, as a test drives it. */
export interface NeuralDriver {
  readonly page: Page;
  start(request: StartRequest): Promise<Outcome<EmbedderDescription>>;
  embed(
    texts: readonly string[],
    kind: "query" | "document",
    titles?: readonly string[],
    documents?: readonly number[],
  ): Promise<Outcome<PlainTexts>>;
  describe(): Promise<Outcome<EmbedderDescription>>;
  stop(): Promise<void>;
}

/** Opens the page in a new tab. */
export async function openNeuralPage(context: BrowserContext, origin: string): Promise<NeuralDriver> {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await waitForValue(page, () => window.neuralPage !== undefined);
  return {
    page,
    start: (request) => page.evaluate((each) => window.neuralPage!.start(each), request),
    embed: (texts, kind, titles, documents) =>
      page.evaluate(([each, as, ...rest]) => window.neuralPage!.embed(each, as, ...rest), [
        [...texts],
        kind,
        ...(titles || documents ? [[...(titles ?? texts.map(() => ""))]] : []),
        ...(documents ? [[...documents]] : []),
      ] as [string[], "query" | "document", string[]?, number[]?]),
    describe: () => page.evaluate(() => window.neuralPage!.describe()),
    stop: () => page.evaluate(() => window.neuralPage!.stop()),
  };
}

/** The value of what went well. @throws with the error's message else. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.error !== undefined) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.value;
}
