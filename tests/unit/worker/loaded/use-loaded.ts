import "fake-indexeddb/auto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { openEngine } from "../../../../cli/engine.ts";
import type { LoadOptions, QueryAnswer } from "../../../../src/types.ts";
import type { Engine } from "../../../../worker/engine.ts";
import { openFileStore } from "../../../../worker/stores/files.ts";
import { createMemoryStore } from "../../../../worker/stores/memory.ts";
import { startServer, type TestServer } from "../../../browser/harness/server.ts";
import { writePage } from "../../cli/site/site-kit.ts";
import { build } from "./site-in-pieces.ts";

/** A site, and two searches over its index: what one finds is what the other must find. */
export interface LoadedSite {
  /** Folder that is removed at the end; the pages are in `site` below it, and their index in `site/inkling`. */
  readonly folder: string;
  /** Serves the index, anew for each test. */
  readonly server: TestServer;
  /** Reads the whole index from its files. */
  readonly whole: Engine;
  /** Has nothing yet; anew for each test. */
  readonly loaded: Engine;
  /** Lets `loaded` load the index in pieces. */
  load(attributes?: LoadOptions["attributes"]): Promise<void>;
  /** The same, and waits until its meaning answers. */
  loadWithMeaning(attributes?: LoadOptions["attributes"]): Promise<void>;
}

/**
 * Builds the index of some pages, once for all tests of a file. Call it at the top of the file.
 *
 * @param pages - HTML by path.
 */
export function useLoaded(pages: Readonly<Record<string, string>>): LoadedSite {
  let folder: string;
  let server: TestServer;
  let whole: Engine;
  let loaded: Engine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkling-use-loaded-"));
    for (const [path, html] of Object.entries(pages)) await writePage(join(folder, "site"), path, html);
    await build(join(folder, "site"));
    whole = await openEngine("whole", await openFileStore(join(folder, "site/inkling")), { model: undefined });
    await whole.modelReady();
  }, 120_000);
  afterAll(async () => {
    await whole?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    server = await startServer({ folders: { "/": join(folder, "site/inkling") } });
    loaded = await openEngine("test", createMemoryStore(), { model: undefined });
  });
  afterEach(async () => {
    await loaded.close();
    await server.close();
  });

  const load: LoadedSite["load"] = async (attributes = {}) =>
    void (await loaded.load(`${server.origin}/`, { attributes }));
  return {
    get folder() {
      return folder;
    },
    get server() {
      return server;
    },
    get whole() {
      return whole;
    },
    get loaded() {
      return loaded;
    },
    load,
    async loadWithMeaning(attributes) {
      await load(attributes);
      await loaded.query("warm up", { mode: "dense" });
    },
  };
}

/** Paths of the pages that were found, in order. */
export function urlsOf({ hits }: QueryAnswer): string[] {
  return hits.map(({ url }) => url);
}
