import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "../../worker/engine.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { indexV1Documents, loadCompatEmbedder } from "./index-v1-content.ts";

// The folder was written once by `make-index-v1.ts` and is never written again: it stands for indexes on visitors' disks.
const fixture = fileURLToPath(new URL("index-v1", import.meta.url));

describe("an index of format 1", () => {
  let folder: string;
  let engine: Engine;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkling-index-v1-"));
    await cp(fixture, folder, { recursive: true });
    engine = await createEngine({ name: "index-v1", store: await openFileStore(folder), modelId: "letters", loadEmbedder: loadCompatEmbedder });
    await engine.modelReady();
  });

  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  test("opens whole, without any fallback", async () => {
    expect(await engine.status()).toMatchObject({ documents: 4, segments: 2, withoutVector: 0, tier: "instant", fallbacks: [] });
  });

  test("gives pages, sections, anchors, attributes and excerpts as they were added", async () => {
    const [zebra] = (await engine.query("zebra", { mode: "words" })).hits;
    expect(zebra).toMatchObject({ url: "layout.html", title: "Boxes", attributes: indexV1Documents[0]!.attributes });
    expect(zebra!.passages[0]).toMatchObject({ section: "Details", path: ["aspect-ratio", "Details"], anchor: "aspect-ratio" });
    expect(zebra!.passages[0]!.excerpt).toContain("The last one says zebra.");
    const [rain] = (await engine.query("𠮷野家", { mode: "words" })).hits;
    expect(rain!.passages[0]!.excerpt).toBe(indexV1Documents[1]!.text);
    expect((await engine.query("καφεσ", { mode: "words" })).hits[0]!.url).toBe("ελ.html");
    expect((await engine.query("pumpkin", { mode: "words" })).hits[0]!.url).toBe("second.html");
  });

  test("is filtered by attributes, which were written before there were filters", async () => {
    const where = { year: { gte: 2020 }, tags: "b", draft: false, lang: "en" };
    const { hits, facets } = await engine.query("zebra boxes pumpkin", { where, facets: ["tags", "lang"], limit: 5 });
    expect(hits.map(({ url }) => url)).toEqual(["layout.html"]);
    expect(facets).toEqual({ tags: [{ value: "a", count: 1 }, { value: "b", count: 1 }], lang: [{ value: "en", count: 1 }] });
  });

  test("keeps removed documents removed", async () => {
    expect((await engine.query("removed", { mode: "words" })).hits).toEqual([]);
  });

  test("answers by its vectors: a passage is nearest to its own text", async () => {
    const answer = await engine.query("Second segment\nWritten by another call, with pumpkins.", { mode: "dense" });
    expect(answer).toMatchObject({ mode: "dense", tier: "instant" });
    expect(answer.hits[0]!.url).toBe("second.html");
  });

  test("takes its documents for unchanged, and can be added to", async () => {
    expect(await engine.add(indexV1Documents)).toMatchObject({ unchanged: 3, added: 0, replaced: 0, embedded: 0 });
    expect(await engine.add([{ url: "new.html", text: "A new page about giraffes." }])).toMatchObject({ added: 1 });
    expect((await engine.query("giraffe", { mode: "words" })).hits[0]!.url).toBe("new.html");
  });
});
