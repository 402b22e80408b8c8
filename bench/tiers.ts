import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import type { Browser } from "playwright";
import { root } from "../scripts/lib/paths.mjs";
import { launchBrowser } from "../tests/browser/harness/browser.ts";
import { isolationHeaders, type ServerOptions, startServer, type TestServer } from "../tests/browser/harness/server.ts";
import type { TierSetup } from "./page/tiers.ts";
import { sizeOf } from "./sizes.ts";
import type { MeasuredTier, MeasuredTiers } from "./tier-rows.ts";

/** What tiers are measured with. */
export interface TierOptions {
  /** Folder with `page/`, `documents.json` and `queries.json`. */
  readonly folder: string;
  /** Documents of the corpus. */
  readonly documents: number;
  /** Folder of the model in the neural tier, or null for the built-in one. */
  readonly neural: string | null;
  readonly say: (line: string) => void;
}

/** More bring nothing. */
const maxThreads = 4;

const builtIn = join(root, "public/models/inkling-neural-v1");

/** Measures each tier in a browser of its own, so that nothing is cached; the neural one also on an isolated page. */
export async function measureTiers(options: TierOptions): Promise<MeasuredTiers> {
  const model = options.neural ?? builtIn;
  const skipped: string[] = [];
  const tiers: MeasuredTier[] = [];
  const measure = async (name: string, setup: TierSetup, isIsolated = false): Promise<void> => {
    options.say(`tier ${name} …`);
    const run = await inPage(options, model, isIsolated, async (page, server) => {
      const value = await page.evaluate(([each, count]) => window.bench!.runTier(each, count), [
        setup,
        options.documents,
      ] as const);
      return { run: value, size: await sizeOf(requestedFiles(server, foldersOf(options, model))) };
    });
    tiers.push({ name, ...run });
  };
  await measure("words", { tier: "words" });
  await measure("instant", { tier: "instant" });
  if (!existsSync(join(model, "config.json"))) {
    skipped.push(`neural: there is no model in ${relative(root, model)}; name the folder of one with --neural`);
    return { tiers, upgrade: null, skipped };
  }
  const setup = { tier: "neural", modelUrl: "/neural-model/", device: "wasm", threads: 1 } as const;
  await measure("neural, 1 thread", setup);
  const threads = Math.min(maxThreads, cpus().length);
  await measure(`neural, ${threads} threads on an isolated page`, { ...setup, threads }, true);
  if (await inPage(options, model, false, (page) => page.evaluate(() => window.bench!.hasGpu())))
    await measure("neural, WebGPU", { ...setup, device: "webgpu" });
  else skipped.push("neural, WebGPU: this browser gives no adapter of a real graphics card");
  options.say("queries during an upgrade …");
  const upgrade = await inPage(options, model, false, (page) =>
    page.evaluate(([each, count]) => window.bench!.runUpgrade(each, count), [setup, options.documents] as const),
  );
  return { tiers, upgrade, skipped };
}

function foldersOf({ folder }: TierOptions, model: string): ServerOptions["folders"] {
  return {
    "/": join(folder, "page"),
    "/data/": folder,
    "/dist/": join(root, "dist"),
    "/neural-model/": model,
    "/runtime/": join(root, "node_modules/@huggingface/transformers/dist"),
    "/ort/": join(root, "node_modules/onnxruntime-web/dist"),
  };
}

type Page = Awaited<ReturnType<Browser["newPage"]>>;

async function inPage<Value>(
  options: TierOptions,
  model: string,
  isIsolated: boolean,
  call: (page: Page, server: TestServer) => Promise<Value>,
): Promise<Value> {
  const headers = { "cache-control": "max-age=3600", ...(isIsolated && isolationHeaders) };
  const server = await startServer({ folders: foldersOf(options, model), headers });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(600_000);
    await page.goto(server.origin);
    return await call(page, server);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Files that were sent for the library, the runtime and the model, each once. */
function requestedFiles({ requests }: TestServer, folders: ServerOptions["folders"]): string[] {
  const counted = ["/dist/", "/neural-model/", "/runtime/", "/ort/"];
  const files = requests
    .filter(({ status }) => status === 200)
    .flatMap(({ path }) => {
      const prefix = counted.find((each) => path.startsWith(each));
      return prefix === undefined ? [] : [join(folders[prefix]!, path.slice(prefix.length))];
    });
  return [...new Set(files)];
}
