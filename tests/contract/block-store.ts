import type { Manifest } from "../../src/core/segment/manifest.ts";
import type { BlockStore, Commit } from "../../worker/ports.ts";
import { assertEqual, assertRejects } from "./assert.ts";

/** A place that no other test uses, and connections to it. */
export interface StoreLocation {
  /** Another connection to the same place. A driver without connections gives the same store again. */
  open(): Promise<BlockStore>;
  /** Makes a commit fail when it has come to the block of that name. Returns what mends it. */
  breakAt?(blockName: string): Promise<() => Promise<void>>;
  /** Removes what is left of the place. */
  destroy?(): Promise<void>;
}

/** Registers one test: `test` of vitest, or a collector in a browser page. */
export type RegisterTest = (title: string, body: () => Promise<void>) => void;

/** What the driver under test is expected to be. */
export interface StoreTraits {
  readonly driver: string;
  readonly persistent: boolean;
  /** Whether other connections hear of changes. */
  readonly notifies: boolean;
}

type Cases = Readonly<Record<string, (location: StoreLocation) => Promise<void>>>;

/** Runs every behaviour that all block stores share against one driver. */
export function testBlockStore(
  test: RegisterTest,
  traits: StoreTraits,
  makeLocation: () => Promise<StoreLocation>,
): void {
  const cases: Cases = {
    ...readingCases,
    ...commitCases,
    ...refusalCases,
    ...connectionCases,
    ...(traits.persistent ? persistentCases : {}),
    ...(traits.notifies ? changeCases : {}),
    "says which driver it is": async (location) => {
      const store = await location.open();
      assertEqual([store.driver, store.persistent], [traits.driver, traits.persistent], "driver");
    },
  };
  for (const [title, body] of Object.entries(cases)) {
    test(`${traits.driver} store: ${title}`, async () => {
      const location = await makeLocation();
      const opened: BlockStore[] = [];
      const open = async (): Promise<BlockStore> => {
        const store = await location.open();
        opened.push(store);
        return store;
      };
      try {
        await body({ ...location, open });
      } finally {
        for (const store of opened) await store.close();
        await location.destroy?.();
      }
    });
  }
}

function manifestOf(generation: number): Manifest {
  return { format: 1, analysis: 1, generation, segments: [] };
}

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function change(expectedGeneration: number, put: Record<string, Uint8Array> = {}, remove: string[] = []): Commit {
  const manifest = manifestOf(expectedGeneration + 1);
  return { expectedGeneration, manifest, put: new Map(Object.entries(put)), remove };
}

async function generationIn(store: BlockStore): Promise<number> {
  return ((await store.readManifest()) as Manifest | undefined)?.generation ?? 0;
}

async function assertStored(store: BlockStore, generation: number, blocks: Record<string, Uint8Array | undefined>) {
  assertEqual(await generationIn(store), generation, "generation");
  assertEqual(await store.readBlocks(Object.keys(blocks)), Object.values(blocks), Object.keys(blocks).join(", "));
}

const readingCases: Cases = {
  "a new store has no manifest and no blocks": async ({ open }) => {
    const store = await open();
    assertEqual(await store.readManifest(), undefined, "manifest");
    assertEqual(await store.readBlocks(["a", "b/c"]), [undefined, undefined], "blocks");
    assertEqual(await store.readBlocks([]), [], "no names");
  },
  "blocks come back in the order of the names asked for, gaps included": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1), b: bytesOf(2), c: bytesOf(3) }));
    const blocks = await store.readBlocks(["c", "none", "a", "c"]);
    assertEqual(blocks, [bytesOf(3), undefined, bytesOf(1), bytesOf(3)], "blocks");
  },
  "the manifest comes back as it was put": async ({ open }) => {
    const store = await open();
    const block = { name: "text/0", bytes: 5, checksum: 4_294_967_295 };
    const segment = {
      id: "00ff00ff00ff00ff",
      documents: 1,
      passages: 2,
      fieldLengths: [1, 2, 3] as const,
      blocks: { documents: block, passages: block, terms: block, postings: block, text: [block, block] },
      vectors: null,
      tombstones: null,
    };
    const manifest: Manifest = { ...manifestOf(1), segments: [segment] };
    await store.commit({ expectedGeneration: 0, manifest, put: new Map(), remove: [] });
    assertEqual(await store.readManifest(), manifest, "manifest");
  },
  "a block may be empty": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { empty: bytesOf() }));
    assertEqual(await store.readBlocks(["empty"]), [bytesOf()], "empty block");
  },
  "a block may have five megabytes": async ({ open }) => {
    const store = await open();
    const large = new Uint8Array(5_000_000).map((_value, place) => place * 31);
    await store.commit(change(0, { large }));
    const [found] = await store.readBlocks(["large"]);
    assertEqual(found?.length, large.length, "length");
    assertEqual(
      large.every((value, place) => found?.[place] === value),
      true,
      "same bytes",
    );
  },
  "names may have slashes, and similar names are different blocks": async ({ open }) => {
    const store = await open();
    const put = { "a/b": bytesOf(1), "a-b": bytesOf(2), "a.b": bytesOf(3), "a/b/c@1.0/128": bytesOf(4), a: bytesOf(5) };
    await store.commit(change(0, put));
    await assertStored(store, 1, put);
  },
  "bytes handed out are the caller's own": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1, 2, 3) }));
    const [found] = await store.readBlocks(["a"]);
    found?.fill(9);
    assertEqual(await store.readBlocks(["a"]), [bytesOf(1, 2, 3)], "block after the reader wrote into its copy");
    assertEqual(found?.buffer.byteLength, 3, "bytes in the buffer behind the copy");
  },
  "bytes and manifest handed in stay the caller's own": async ({ open }) => {
    const store = await open();
    const bytes = bytesOf(1, 2, 3);
    const commit = change(0, { a: bytes });
    await store.commit(commit);
    bytes.fill(9);
    (commit.manifest as { generation: number }).generation = 99;
    await assertStored(store, 1, { a: bytesOf(1, 2, 3) });
  },
  "of a view, only the part in view is stored": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { part: bytesOf(1, 2, 3, 4, 5).subarray(1, 3) }));
    const [part] = await store.readBlocks(["part"]);
    assertEqual([part, part?.buffer.byteLength], [bytesOf(2, 3), 2], "part");
  },
};

const commitCases: Cases = {
  "a commit puts and removes blocks and swaps the manifest": async ({ open }) => {
    const store = await open();
    assertEqual(await store.commit(change(0, { a: bytesOf(1), b: bytesOf(2) })), true, "first commit");
    assertEqual(await store.commit(change(1, { c: bytesOf(3) }, ["a"])), true, "second commit");
    await assertStored(store, 2, { a: undefined, b: bytesOf(2), c: bytesOf(3) });
  },
  "a commit may change the manifest alone": async ({ open }) => {
    const store = await open();
    assertEqual(await store.commit(change(0)), true, "commit");
    await assertStored(store, 1, {});
  },
  "removing a block that is not there is no error": async ({ open }) => {
    const store = await open();
    assertEqual(await store.commit(change(0, {}, ["none"])), true, "commit");
  },
  "a removed name can be put again": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1) }));
    await store.commit(change(1, {}, ["a"]));
    await store.commit(change(2, { a: bytesOf(2) }));
    await assertStored(store, 3, { a: bytesOf(2) });
  },
  "a commit against another generation changes nothing": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1) }));
    for (const stale of [0, 2, 7]) {
      assertEqual(await store.commit(change(stale, { b: bytesOf(2) }, ["a"])), false, `commit against ${stale}`);
    }
    await assertStored(store, 1, { a: bytesOf(1), b: undefined });
  },
  "a first commit against a generation that never was changes nothing": async ({ open }) => {
    const store = await open();
    assertEqual(await store.commit(change(3, { a: bytesOf(1) })), false, "commit");
    assertEqual(await store.readManifest(), undefined, "manifest");
    assertEqual(await store.readBlocks(["a"]), [undefined], "blocks");
  },
  "a commit that fails half-way leaves everything as it was, and the next one works": async (location) => {
    const { open, breakAt } = location;
    if (!breakAt) return;
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1) }));
    const broken = change(1, { b1: bytesOf(2), b2: bytesOf(3), b3: bytesOf(4) }, ["a"]);
    const mend = await breakAt("b2");
    await assertRejects(store.commit(broken), "StorageError", "storage/failed");
    await assertStored(store, 1, { a: bytesOf(1), b1: undefined, b3: undefined });
    await mend();
    assertEqual(await store.commit(broken), true, "the same commit again");
    await assertStored(store, 2, { a: undefined, b1: bytesOf(2), b2: bytesOf(3), b3: bytesOf(4) });
  },
  "clear removes all, and generations begin anew": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1), "b/c": bytesOf(2) }));
    await store.clear();
    assertEqual(await store.readManifest(), undefined, "manifest");
    assertEqual(await store.readBlocks(["a", "b/c"]), [undefined, undefined], "blocks");
    assertEqual(await store.commit(change(1)), false, "commit against the cleared generation");
    assertEqual(await store.commit(change(0, { a: bytesOf(3) })), true, "first commit after clear");
  },
  "clearing an empty store is no error": async ({ open }) => {
    const store = await open();
    await store.clear();
    await store.clear();
    assertEqual(await store.readManifest(), undefined, "manifest");
  },
};

const refusedNames = [
  "",
  "/a",
  "a/",
  "a//b",
  "../a",
  "a/../b",
  ".",
  ".hidden",
  "a\\b",
  "a b",
  "a\0",
  "ä",
  "a".repeat(201),
];

const refusalCases: Cases = {
  "names that a driver might misread are refused, and nothing is stored": async ({ open }) => {
    const store = await open();
    for (const name of refusedNames) {
      const put = new Map([
        ["fine", bytesOf(1)],
        [name, bytesOf(2)],
      ] as const);
      const commit = { expectedGeneration: 0, manifest: manifestOf(1), put, remove: [] };
      await assertRejects(store.commit(commit), "StorageError", "storage/failed");
      await assertRejects(store.commit(change(0, {}, [name])), "StorageError", "storage/failed");
      await assertRejects(store.readBlocks(["fine", name]), "StorageError", "storage/failed");
    }
    await assertStored(store, 0, { fine: undefined });
  },
  "a manifest that is not one generation further is refused": async ({ open }) => {
    const store = await open();
    for (const generation of [0, 2, Number.NaN]) {
      const commit = { ...change(0, { a: bytesOf(1) }), manifest: manifestOf(generation) };
      await assertRejects(store.commit(commit), "StorageError", "storage/failed");
    }
    await assertStored(store, 0, { a: undefined });
  },
  "a block both put and removed is refused": async ({ open }) => {
    const store = await open();
    await assertRejects(store.commit(change(0, { a: bytesOf(1) }, ["a"])), "StorageError", "storage/failed");
    await assertStored(store, 0, { a: undefined });
  },
};

const connectionCases: Cases = {
  "of two commits at once exactly one wins, and the loser succeeds on a second try": async ({ open }) => {
    const [left, right] = [await open(), await open()];
    const won = await Promise.all([
      left.commit(change(0, { left: bytesOf(1) })),
      right.commit(change(0, { right: bytesOf(2) })),
    ]);
    assertEqual(won.filter(Boolean).length, 1, "commits that won");
    const again = won[0]
      ? right.commit(change(1, { right: bytesOf(2) }))
      : left.commit(change(1, { left: bytesOf(1) }));
    assertEqual(await again, true, "second try");
    await assertStored(left, 2, { left: bytesOf(1), right: bytesOf(2) });
    await assertStored(right, 2, { left: bytesOf(1), right: bytesOf(2) });
  },
  "many connections that retry all get their block in": async ({ open }) => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const stores = await Promise.all(names.map(() => open()));
    await Promise.all(names.map((name, place) => commitUntilDone(stores[place]!, { [name]: bytesOf(place) })));
    await assertStored(
      stores[0]!,
      names.length,
      Object.fromEntries(names.map((name, place) => [name, bytesOf(place)])),
    );
  },
  "a call after close works on a new connection or says why not": async ({ open }) => {
    const store = await open();
    await store.commit(change(0, { a: bytesOf(1) }));
    await store.close();
    await store.close();
    try {
      await assertStored(store, 1, { a: bytesOf(1) });
    } catch (error) {
      assertEqual((error as Error).name, "StorageError", "error after close");
    }
  },
};

async function commitUntilDone(store: BlockStore, put: Record<string, Uint8Array>): Promise<void> {
  while (!(await store.commit(change(await generationIn(store), put))));
}

const persistentCases: Cases = {
  "what was committed is there for the next connection": async ({ open }) => {
    const first = await open();
    await first.commit(change(0, { "a/b": bytesOf(1, 2), c: bytesOf() }));
    await first.close();
    const second = await open();
    await assertStored(second, 1, { "a/b": bytesOf(1, 2), c: bytesOf() });
    assertEqual(await second.commit(change(1, {}, ["c"])), true, "commit on the next connection");
  },
  "one connection sees at once what another has committed or cleared": async ({ open }) => {
    const [writer, reader] = [await open(), await open()];
    assertEqual(await reader.readManifest(), undefined, "manifest before");
    await writer.commit(change(0, { a: bytesOf(1) }));
    await assertStored(reader, 1, { a: bytesOf(1) });
    await writer.clear();
    assertEqual(await reader.readManifest(), undefined, "manifest after clear");
  },
};

const changeCases: Cases = {
  "other connections hear of commits and clears, the writer itself does not": async ({ open }) => {
    const [writer, reader] = [await open(), await open()];
    let own = 0;
    writer.onChange(() => own++);
    for (const write of [() => writer.commit(change(0)), () => writer.clear()]) {
      const heard = nextChange(reader);
      await write();
      await heard;
    }
    assertEqual(own, 0, "calls at the writer");
  },
  "nothing is heard after unsubscribing, nor of a commit that was refused": async ({ open }) => {
    const [writer, reader] = [await open(), await open()];
    let calls = 0;
    reader.onChange(() => calls++)();
    await writer.commit(change(5));
    assertEqual(calls, 0, "calls after a refused commit");
    const heard = nextChange(reader);
    await writer.commit(change(0));
    await heard;
    assertEqual(calls, 0, "calls after unsubscribing");
  },
  "listeners stay through close and reopening": async ({ open }) => {
    const [writer, reader] = [await open(), await open()];
    const heard = nextChange(reader);
    await reader.close();
    await reader.readManifest();
    await writer.commit(change(0));
    await heard;
  },
};

/** Resolves with the next change; the test's own time limit is what fails it. */
function nextChange(store: BlockStore): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = store.onChange(() => {
      unsubscribe();
      resolve();
    });
  });
}
