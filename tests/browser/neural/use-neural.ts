import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { cosine } from "../../../src/core/vector/cosine.ts";
import type { NeuralOptions } from "../../../neural/index.ts";
import type { EmbedderDescription } from "../../../src/model-provider.ts";
import { type Surroundings, useBrowser } from "../harness/use-browser.ts";
import { type NeuralDriver, openNeuralPage, selfHosted, startNeuralServer, tinyModels, valueOf } from "./harness.ts";
import { type Hub, listFolders, startHub } from "./hub.ts";
import type { Outcome, StartRequest } from "./page/main.ts";

type Model = NonNullable<StartRequest["model"]>;
type PlainError = NonNullable<Outcome<unknown>["error"]>;

/** Texts and the vectors that a tiny model was made with. */
export interface Golden {
  readonly dim: number;
  readonly entries: readonly { kind: "query" | "document"; text: string; title?: string; vector: number[] }[];
}

/** What a tiny model must give. */
export async function readGolden(model: string): Promise<Golden> {
  return JSON.parse(await readFile(join(tinyModels, model, "golden.json"), "utf8")) as Golden;
}

/** A text that no tiny model reads at once. */
export const longText: string = "The browser keeps the place of an image free when it knows its size. ".repeat(60);

/** What the neural tests of a file have in common. */
export interface NeuralSurroundings extends Pick<Surroundings, "server" | "browser" | "context"> {
  /** A host with the tiny models, whose answers are as they should be at the beginning of each test. */
  readonly hub: Hub;
  /** The page of the test that is running. */
  readonly driver: NeuralDriver;
  /** Opens the page in another tab, which is `driver` from then on; of the file's server unless another is given. */
  visit(origin?: string): Promise<void>;
  /** Options by which the models come from the hub, and all else from the page's server. */
  remote(): typeof selfHosted & { readonly remoteHost: string };
  /** Starts a model of the hub. */
  start(model: Model, options?: NeuralOptions): Promise<EmbedderDescription>;
  /** The same with a model that cannot be used: its error. */
  refusal(model: Model, options?: NeuralOptions): Promise<PlainError>;
  /** The smallest cosine of all vectors that are known of the model which runs, each text embedded by itself. */
  worstCosine(model: string): Promise<number>;
}

/** Starts servers and a browser for the tests of a file, and opens the page before each. Call it at the top of the file. */
export function useNeural(flags: readonly string[] = []): NeuralSurroundings {
  // Why longer than other tests: each starts a runtime of 14 MB, some of them several times.
  vi.setConfig({ testTimeout: 180_000 });
  const base = useBrowser(startNeuralServer, { flags });
  let hub: Hub;
  let driver: NeuralDriver;
  const remote = (): ReturnType<NeuralSurroundings["remote"]> => ({ ...selfHosted, remoteHost: hub.origin });
  const visit = async (origin = base.server.origin): Promise<void> =>
    void (driver = await openNeuralPage(base.context, origin));

  beforeAll(async () => void (hub = await startHub(await listFolders(tinyModels))));
  beforeEach(() => visit());
  afterEach(() => hub.reset());
  afterAll(() => hub?.close());

  return {
    get server() {
      return base.server;
    },
    get browser() {
      return base.browser;
    },
    get context() {
      return base.context;
    },
    get hub() {
      return hub;
    },
    get driver() {
      return driver;
    },
    visit,
    remote,
    start: async (model, options) => valueOf(await driver.start({ model, options: { ...remote(), ...options } })),
    refusal: async (model, options) => errorOf(await driver.start({ model, options: { ...remote(), ...options } })),
    async worstCosine(model) {
      const { entries } = await readGolden(model);
      let worst = 1;
      for (const { kind, text, title, vector } of entries) {
        const { vectors } = valueOf(await driver.embed([text], kind, title === undefined ? undefined : [title]));
        worst = Math.min(worst, cosine(vectors[0]!, vector));
      }
      return worst;
    },
  };
}

/** The error of what went wrong. */
export function errorOf(outcome: Outcome<unknown>): PlainError {
  expect(outcome.error, "an error").toBeDefined();
  return outcome.error!;
}

/** An operator's name by one that nobody knows, of the same length. */
export function renameOperator(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const name = ["MatMul", "Gemm", "Softmax"].find((each) => changed.includes(each))!;
  changed.write("Qqqqqqq".slice(0, name.length), changed.indexOf(name));
  return changed;
}
