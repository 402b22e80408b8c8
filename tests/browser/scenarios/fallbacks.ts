import type * as Library from "inkling-search";
import type { SearchErrorCode } from "inkling-search";
import { expectEqual, expectTrue, rejectionOf, type Scenario } from "../page/scenario.ts";
import { openRawDatabase } from "./database.ts";
import { handbook } from "./documents.ts";

/** Ways in which a model's files can be wrong, with the folder the test server spoils in that way. */
const faults: readonly [folder: string, codes: readonly SearchErrorCode[]][] = [
  ["/faulty/missing/", ["model/missing"]],
  ["/faulty/html/", ["model/missing", "model/format"]],
  ["/faulty/truncated/", ["model/truncated"]],
  ["/faulty/checksum/", ["model/checksum"]],
  ["/faulty/unreachable/", ["model/unreachable"]],
];

/** Words answer before the model is there. */
export const slowModel: Scenario = {
  name: "slow-model",
  title: "words answer while the model is loading; betteranswers tells when meaning does",
  async run({ library, name }) {
    await fetch("/control/hold");
    const search = await library.createSearch({ name, assetsUrl: "/held/" });
    const better = new Promise<Event>((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
    const adding = search.add(handbook);
    while ((await search.status()).documents < handbook.length) await new Promise((done) => setTimeout(done, 10));
    const early = await search.query("encrypted disks");
    expectEqual([early.tier, early.mode], ["words", "words"], "tier and mode while the model loads");
    expectEqual(early.hits[0]?.url, "/handbook/laptop", "first hit while the model loads");
    const status = await search.status();
    expectEqual([status.model.state, status.tier], ["loading", "words"], "state of the model, tier");
    await fetch("/control/release");
    const event = await better;
    expectTrue(event instanceof library.BetterAnswersEvent, "a BetterAnswersEvent");
    expectEqual(event.tier, "instant", "tier of the event");
    const result = await adding;
    expectEqual([result.embedded, result.withoutVector], [result.passages, 0], "embedded, withoutVector");
    const late = await search.query("encrypted disks");
    expectEqual([late.tier, late.mode], ["instant", "hybrid"], "tier and mode with the model");
    await search.close();
  },
};

/** A model that cannot be had. */
export const faultyModel: Scenario = {
  name: "faulty-model",
  title: "a model that is missing, no model, truncated, changed or unreachable is told by its code, and words answer",
  async run({ library, name, check }) {
    for (const [folder, codes] of faults) {
      await check(folder, async () => {
        const search = await library.createSearch({ name: `${name}${folder}`, assetsUrl: folder });
        const result = await search.add(handbook);
        expectEqual([result.added, result.embedded], [handbook.length, 0], "added, embedded");
        expectEqual(result.withoutVector, result.passages, "passages without a vector");
        const status = await search.status();
        expectEqual(status.model.state, "failed", "state of the model");
        const code = status.model.error?.code;
        expectTrue(code !== undefined && codes.includes(code), `one of ${codes.join(", ")}`, status.model.error);
        expectTrue(
          status.fallbacks.some((each) => each.feature === "model"),
          "a fallback of the model",
          status.fallbacks,
        );
        const answer = await search.query("who cleans the plates, dishwasher?");
        expectEqual([answer.tier, answer.hits[0]?.url], ["words", "/handbook/kitchen"], "tier, first hit");
        const error = await rejectionOf(search.query("plates", { mode: "dense" }), "a query by meaning alone");
        expectTrue(error instanceof library.ModelError, "a ModelError", String(error));
        await search.close();
      });
    }
    await check("the next visit with the model embeds what has no vector", async () => {
      const search = await library.createSearch({ name: `${name}/faulty/missing/` });
      if ((await search.status()).withoutVector > 0) {
        await new Promise((resolve) => search.addEventListener("betteranswers", resolve, { once: true }));
      }
      const status = await search.status();
      expectEqual([status.withoutVector, status.tier], [0, "instant"], "passages without a vector, tier");
      await search.close();
    });
  },
};

/** A browser that refuses storage. */
export const withoutStorage: Scenario = {
  name: "without-storage",
  title: "where IndexedDB is refused the index lives in memory, and status() says why",
  async run({ library, name }) {
    const search = await library.createSearch({ name, workerUrl: "/worker-without-storage.js" });
    await search.add(handbook);
    expectEqual((await search.query("coffee")).hits[0]?.url, "/handbook/kitchen", "first hit");
    const status = await search.status();
    expectEqual(status.storage, { driver: "memory", persistent: false, persisted: null }, "storage");
    const fallback = status.fallbacks.find((each) => each.feature === "storage");
    expectEqual(fallback?.error.code, "storage/unavailable", "code of the fallback");
    await search.close();
  },
};

/** An index from the future. */
export const newerFormat: Scenario = {
  name: "newer-format",
  title: "an index of a newer format is refused with index/newer-format and left as it is",
  async run({ library, name }) {
    const search = await library.createSearch({ name });
    await search.add(handbook);
    await search.close();
    const database = await openRawDatabase(name);
    const manifest = { ...(await database.readManifest()), format: 999 };
    await database.writeManifest(manifest);
    const blocks = await database.blockNames();
    const error = await rejectionOf(library.createSearch({ name }), "createSearch");
    expectTrue(error instanceof library.IndexFormatError, "an IndexFormatError", String(error));
    expectEqual(error.code, "index/newer-format", "code");
    expectEqual(await database.readManifest(), manifest, "manifest");
    expectEqual(await database.blockNames(), blocks, "blocks");
    database.close();
  },
};

/** Damaged bytes on the disk. */
export const corruptBlock: Scenario = {
  name: "corrupt-block",
  title: "a damaged or missing block is told by status(), and the rest of the index answers",
  async run({ library, name, check }) {
    const damage: [what: string, code: SearchErrorCode, spoil: (bytes: Uint8Array) => Uint8Array | undefined][] = [
      ["changed", "index/checksum", (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte))],
      ["shortened", "index/truncated", (bytes) => bytes.slice(0, bytes.length >> 1)],
      ["removed", "index/missing-block", () => undefined],
    ];
    for (const [what, code, spoil] of damage) {
      await check(`a block that was ${what}`, async () => {
        const index = `${name}-${what}`;
        const search = await library.createSearch({ name: index });
        await search.add(handbook.slice(0, 2));
        await search.add(handbook.slice(2));
        await search.close();
        const database = await openRawDatabase(index);
        const manifest = (await database.readManifest()) as { segments: { blocks: { postings: { name: string } } }[] };
        expectEqual(manifest.segments.length, 2, "segments");
        const block = manifest.segments[0]?.blocks.postings.name ?? "";
        await database.writeBlock(block, spoil(await database.readBlock(block)));
        database.close();

        const damaged = await library.createSearch({ name: index });
        const answer = await damaged.query("coffee and plates", { mode: "words" });
        expectEqual(answer.hits[0]?.url, "/handbook/kitchen", "first hit, of the sound part");
        const { fallbacks } = await damaged.status();
        const codes = fallbacks.filter((each) => each.feature === "index").map((each) => each.error.code);
        expectEqual(codes, [code], "codes of the fallbacks");
        await check(`adding again mends what was ${what}`, async () => {
          await damaged.add(handbook);
          const { hits } = await damaged.query("stolen computer");
          expectEqual(hits[0]?.url, "/handbook/laptop", "first hit, of the mended part");
        });
        await damaged.close();
      });
    }
  },
};

/** A file of the library that is not served. */
export const missingFile: Scenario = {
  name: "missing-file",
  title: "a file of the library that is not served is told by its code, and the rest works",
  async run({ name }) {
    const address = "/faulty/part/index.js";
    const library = (await import(/* @vite-ignore */ address)) as typeof Library;
    const search = await library.createSearch({ name, storage: "memory", model: null });
    const error = await rejectionOf(search.add(handbook), "add without documents.js");
    expectTrue(error instanceof library.SearchError, "a SearchError", String(error));
    expectEqual(error.code, "library/part", "code");
    expectEqual((await search.query("holiday")).hits, [], "hits");
    await search.close();
  },
};
