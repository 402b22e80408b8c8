import type { Progress } from "inkling-search";
import { expectEqual, expectTrue, rejectionOf, type Scenario } from "../page/scenario.ts";
import { handbook, manyDocuments } from "./documents.ts";

/** The whole public surface once, in the order an app would use it. */
export const roundTrip: Scenario = {
  name: "round-trip",
  title: "documents are added, found, removed, cleared, and the search closed",
  async run({ library, name }) {
    const search = await library.createSearch({ name });
    expectEqual((await search.query("holiday")).hits, [], "hits of an empty index");
    const added = await search.add(handbook);
    expectEqual([added.added, added.replaced, added.unchanged], [handbook.length, 0, 0], "added, replaced, unchanged");
    expectEqual([added.embedded, added.withoutVector], [added.passages, 0], "embedded, withoutVector");

    const answer = await search.query("my notebook was stolen, whom do I tell?", { limit: 3 });
    expectEqual([answer.mode, answer.tier, answer.truncated], ["hybrid", "instant", false], "mode, tier, truncated");
    const best = answer.hits[0];
    expectEqual([best?.url, best?.title], ["/handbook/laptop", "Your computer"], "url and title of the first hit");
    expectEqual([best?.passages[0]?.section, best?.passages[0]?.anchor], ["Lost or stolen", "lost"], "its passage");
    expectTrue(answer.total >= answer.hits.length, "total is at least the number of hits", answer.total);
    expectTrue(answer.timings.totalMs > 0, "timings are filled in", answer.timings);

    const words = await search.query("E0308", { mode: "words" });
    expectEqual(
      words.hits.map((hit) => hit.url),
      ["/handbook/laptop"],
      "hits of an error code",
    );
    const passage = words.hits[0]?.passages[0];
    const marked = passage?.ranges.map(([start, end]) => passage.excerpt.slice(start, end));
    expectEqual(marked, ["E0308"], "the words that the ranges mark");

    const attributes = (await search.query("thirty days of holiday")).hits[0]?.attributes;
    expectEqual(attributes, { department: "people", year: 2026 }, "attributes of a hit");

    expectEqual(await search.remove(["/handbook/laptop", "/never/added"]), { removed: 1 }, "remove");
    expectEqual((await search.query("E0308", { mode: "words" })).hits, [], "hits after remove");
    const status = await search.status();
    expectEqual([status.documents, status.withoutVector], [handbook.length - 1, 0], "status after remove");
    expectEqual([status.storage.driver, status.storage.persistent], ["indexeddb", true], "storage");
    expectEqual([status.model.state, status.fallbacks], ["ready", []], "model state and fallbacks");

    await search.clear();
    expectEqual((await search.status()).documents, 0, "documents after clear");
    expectEqual((await search.query("coffee")).hits, [], "hits after clear");
    await search.close();
    await search.close();
    const error = await rejectionOf(search.query("coffee"), "query after close");
    expectTrue(error instanceof library.SearchError, "a SearchError after close", String(error));
    expectEqual(error.code, "search/closed", "code after close");
  },
};

/** Progress of `add`. */
export const progress: Scenario = {
  name: "progress",
  title: "add reports progress in every phase, growing, up to the end",
  async run({ library, name }) {
    const opening: Progress[] = [];
    const search = await library.createSearch({ name, onProgress: (each) => opening.push(each) });
    const seen: Progress[] = [];
    const documents = manyDocuments(300);
    const result = await search.add(documents, { onProgress: (each) => seen.push(each) });
    for (const phase of ["receive", "index"] as const) {
      const steps = seen.filter((each) => each.phase === phase);
      expectTrue(steps.length > 1, `more than one report in phase ${phase}`, steps.length);
      const growing = steps.every((step, i) => i === 0 || step.done >= (steps[i - 1]?.done ?? 0));
      expectTrue(growing, `done grows in phase ${phase}`, steps.slice(0, 20));
      const totals = [...new Set(steps.map((step) => step.total))];
      expectEqual(totals, [documents.length], `totals of phase ${phase}`);
      const last = steps.at(-1);
      expectEqual(last?.done, last?.total, `done at the end of phase ${phase}`);
    }
    expectEqual([result.added, result.withoutVector], [documents.length, 0], "added, withoutVector");
    const model = opening.filter((each) => each.phase === "model").at(-1);
    expectTrue(model !== undefined && model.done > 100_000, "bytes of the model are reported", model);
    await search.close();
  },
};

/** Nothing of the page's past is done again. */
export const secondVisit: Scenario = {
  name: "second-visit",
  title: "a second visit embeds nothing and answers from what is stored",
  async run({ library, name, stage }) {
    const search = await library.createSearch({ name });
    if (stage === 0) {
      await search.add(handbook);
      return { carry: (await search.status()).generation };
    }
    const question = "how many days off do I get?";
    expectEqual((await search.query(question)).hits[0]?.url, "/handbook/leave", "first hit, before anything is added");
    const generation = (await search.status()).generation;
    const again = await search.add(handbook);
    expectEqual([again.unchanged, again.embedded], [handbook.length, 0], "unchanged documents, embedded passages");
    expectEqual((await search.status()).generation, generation, "generation after adding the same again");
    expectEqual(
      (await search.query(question)).hits[0]?.url,
      "/handbook/leave",
      "first hit, after adding the same again",
    );

    const changed = handbook.map((document) =>
      document.url === "/handbook/kitchen" ? { ...document, attributes: { floor: 2 } } : document,
    );
    const third = await search.add(changed);
    expectEqual([third.replaced, third.unchanged], [1, handbook.length - 1], "replaced, unchanged");
    expectEqual(third.embedded, 0, "passages embedded where only an attribute changed");
    expectEqual((await search.query("coffee")).hits[0]?.attributes, { floor: 2 }, "the new attribute");
    await search.close();
  },
};

/** The index stays in memory where the page wants it so. */
export const inMemory: Scenario = {
  name: "in-memory",
  title: "storage: memory leaves nothing in the browser's databases",
  async run({ library, name }) {
    const search = await library.createSearch({ name, storage: "memory" });
    await search.add(handbook);
    expectEqual((await search.query("coffee")).hits[0]?.url, "/handbook/kitchen", "first hit");
    expectEqual((await search.status()).storage, { driver: "memory", persistent: false, persisted: null }, "storage");
    const databases = (await indexedDB.databases()).map((database) => database.name ?? "");
    expectTrue(!databases.some((each) => each.includes(name)), "no database of that name", databases);
    await search.close();
  },
};
