import "fake-indexeddb/auto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openEngine } from "../../../cli/engine.ts";
import { extractPage } from "../../../src/extract/extract-page.ts";
import { parseHtml } from "../../../src/extract/parse-html.ts";
import type { Document, QueryAnswer } from "../../../src/types.ts";
import type { Engine } from "../../../worker/engine.ts";
import type { BlockStore } from "../../../worker/ports.ts";
import { openFileStore } from "../../../worker/stores/files.ts";
import { openIndexedDbStore } from "../../../worker/stores/indexeddb.ts";
import { createMemoryStore } from "../../../worker/stores/memory.ts";
import { startServer, type TestServer } from "../../browser/harness/server.ts";
import { build } from "./loaded/site-in-pieces.ts";

/** Pages that say the same of a heron; what differs is how much their parts count, and in which language they are. */
const site: Readonly<Record<string, string>> = {
  "plain.html": `<html lang="en"><title>One</title><main><h2>Birds</h2><p>The heron stands in the pond.</p></main>`,
  "raised.html": `<html lang="en"><title>Two</title><main>
    <h2>Birds</h2><div data-inkling-weight="3"><p>The heron stands in the pond.</p></div></main>`,
  "lowered.html": `<html lang="en"><title>Three</title><main data-inkling-weight="2">
    <h2>Birds</h2><p>Nothing of interest is told in this part of the page.</p>
    <section data-pagefind-weight="0.1"><h3>Notes</h3><p>The heron stands in the pond.</p></section></main>`,
  "spoken.html": `<html lang="en"><title>Four</title><main><h2>Birds</h2><p>An English sentence goes before it.</p>
    <blockquote lang="fr"><p>Le héron au long bec emmanché d'un long cou.</p></blockquote></main>`,
  "silent.html": `<title>Five</title><main><p>Heron.</p></main>`,
};

function documentsOf(): Document[] {
  return Object.entries(site).map(([path, html]) => {
    const page = extractPage(parseHtml(html), path);
    if ("skipped" in page) throw new Error(page.skipped);
    return page.document;
  });
}

/** What an answer says that weights and languages of parts decide on. */
function told({ hits }: QueryAnswer): object[] {
  return hits.map(({ url, passages }) => ({
    url,
    passages: passages.map(({ section, excerpt, lang }) => ({ section, excerpt, lang })),
  }));
}

const open: Engine[] = [];

async function openIndex(store: BlockStore): Promise<Engine> {
  const engine = await openEngine("weights", store, { model: undefined });
  open.push(engine);
  await engine.modelReady();
  return engine;
}

/** Answers by words alone, and by both, to a word that all pages have and to one of another language. */
async function answersOf(engine: Engine): Promise<{ told: object[][]; scores: number[] }> {
  const answers = [
    await engine.query("heron pond", { mode: "words" }),
    await engine.query("heron pond", { mode: "hybrid" }),
    await engine.query("long bec", { mode: "words" }),
  ];
  return { told: answers.map(told), scores: answers.flatMap(({ hits }) => hits.map(({ score }) => score)) };
}

describe("weight and language of a part of a page", () => {
  let folder: string;
  let expected: Awaited<ReturnType<typeof answersOf>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkling-weights-"));
    for (const [path, html] of Object.entries(site)) await writeFile(join(folder, path), html);
    await build(folder);
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    const engine = await openIndex(createMemoryStore());
    await engine.add(documentsOf());
    expected = await answersOf(engine);
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((engine) => engine.close()));
  });

  test("decide on the order of pages, and are told with the passage", async () => {
    const [words, hybrid, french] = expected.told as { url: string; passages: { lang?: string }[] }[][];
    for (const hits of [words!, hybrid!]) {
      const order = hits.map(({ url }) => url).filter((url) => url !== "spoken.html");
      expect([order[0], order[1], order.at(-1)]).toEqual(["raised.html", "plain.html", "lowered.html"]);
    }
    expect(french![0]!.url).toBe("spoken.html");
    expect(french![0]!.passages[0]!.lang).toBe("fr");
    expect(words![1]!.passages[0]!.lang).toBe("en");
    expect(words!.find(({ url }) => url === "silent.html")!.passages[0]!.lang).toBeUndefined();
  });

  test("multiply with the weight of the page", async () => {
    const engine = await openIndex(createMemoryStore());
    const scores: number[] = [];
    for (const [page, part] of [
      [1, 1],
      [2, 1],
      [1, 3],
      [2, 3],
    ] as const) {
      await engine.add([
        { url: "/a", title: "A", attributes: { weight: page }, sections: [{ text: "heron", weight: part }] },
      ]);
      scores.push((await engine.query("heron", { mode: "words" })).hits[0]!.score);
    }
    expect(scores.map((score) => score / scores[0]!)).toEqual([1, 2, 3, 6]);
  });

  test.each([-1, 10.5, Number.NaN, "2", null])(
    "a weight of %j is refused, with what was found and expected",
    async (weight) => {
      const engine = await openIndex(createMemoryStore());
      const added = engine.add([{ url: "/a", sections: [{ text: "x" }, { text: "y", weight: weight as number }] }]);
      await expect(added).rejects.toMatchObject({
        code: "argument/sections",
        message: expect.stringMatching(
          /^Document "\/a", section 1, has the weight .*, expected a number from 0 to 10\.$/,
        ) as string,
      });
      expect(await engine.status()).toMatchObject({ documents: 0 });
    },
  );

  test("a language that is none is passed over, with a warning", async () => {
    const engine = await openIndex(createMemoryStore());
    const { warnings } = await engine.add([
      { url: "/a", lang: "en", sections: [{ text: "heron", lang: "no language" }] },
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(["lang/unknown"]);
    expect((await engine.query("heron")).hits[0]!.passages[0]!.lang).toBe("en");
  });

  test.each([
    ["IndexedDB", () => openIndexedDbStore("section-weights")],
    ["files", () => openFileStore(join(folder, ".reopened"))],
  ])("are the same when the index is reopened from %s", async (_, openStore) => {
    const first = await openIndex(await openStore());
    await first.add(documentsOf());
    await open.pop()!.close();
    const reopened = await openIndex(await openStore());
    expect(await answersOf(reopened)).toEqual(expected);
    expect(await reopened.add(documentsOf())).toMatchObject({ unchanged: 5, replaced: 0 });
  });

  test("survive the merging of segments", async () => {
    const engine = await openIndex(createMemoryStore());
    for (const document of documentsOf()) await engine.add([document]);
    for (let i = 0; i < 12; i++) await engine.add([{ url: `/other/${i}`, text: `Filler number ${i}.` }]);
    await engine.remove(Array.from({ length: 12 }, (_, i) => `/other/${i}`));
    expect((await engine.status()).segments).toBeLessThanOrEqual(9);
    expect((await answersOf(engine)).told).toEqual(expected.told);
  });

  test("are the same in an index that the command line has built", async () => {
    const { told: found, scores } = await answersOf(await openIndex(await openFileStore(join(folder, "inkling"))));
    expect(found).toEqual(expected.told);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected.scores[i]!, 6));
  });

  describe("in pieces", () => {
    let server: TestServer;

    beforeEach(async () => {
      server = await startServer({ folders: { "/": join(folder, "inkling") } });
    });

    afterEach(() => server.close());

    test("are the same in an index that is loaded in pieces", async () => {
      const engine = await openIndex(createMemoryStore());
      await engine.load(`${server.origin}/`);
      await engine.query("warm up", { mode: "dense" });
      const { told: found, scores } = await answersOf(engine);
      expect(found.map((hits) => hits.slice(0, 2))).toEqual(expected.told.map((hits) => hits.slice(0, 2)));
      // Levels of postings are 8 % apart.
      scores.forEach((score, i) => expect(Math.abs(score / expected.scores[i]! - 1)).toBeLessThan(0.1));
    });
  });
});
