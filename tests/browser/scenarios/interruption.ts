import type { Search } from "inkling-search";
import { expectEqual, expectTrue, rejectionOf, type Scenario } from "../page/scenario.ts";
import { manyDocuments } from "./documents.ts";

const count = 1_200;

/** Every document that counts as indexed answers with its first and with its last passage; no other one does. */
async function expectWhole(search: Search): Promise<number> {
  for (;;) {
    const { documents, generation } = await search.status();
    const found = await countWhole(search);
    // Why again: a commit that had begun when its call was aborted ends all the same, and may do so meanwhile.
    if ((await search.status()).generation !== generation) continue;
    expectEqual(found, documents, "documents that answer, beside documents that status() counts");
    return documents;
  }
}

async function countWhole(search: Search): Promise<number> {
  let found = 0;
  for (let i = 0; i < count; i++) {
    const [first, last] = await Promise.all(
      [`first${i}x`, `last${i}x`].map(async (word) => (await search.query(word, { mode: "words" })).hits[0]?.url),
    );
    expectEqual(first, last, `page of the last passage of document ${i}, beside that of its first`);
    if (first === `/log/${i}`) found++;
  }
  return found;
}

/** Adds on; resolves as soon as some documents have been committed, with what is still running. */
async function addUntilCommitted(search: Search, signal?: AbortSignal): Promise<{ adding: Promise<unknown> }> {
  const adding = search.add(manyDocuments(count), signal === undefined ? {} : { signal });
  adding.catch(() => {});
  while ((await search.status()).documents === 0) await new Promise((done) => setTimeout(done, 5));
  return { adding };
}

/** AbortSignal on a long call. */
export const cancellation: Scenario = {
  name: "cancellation",
  title: "an aborted add rejects with the signal's reason; what was committed stays, whole",
  async run({ library, name, check }) {
    const search = await library.createSearch({ name });
    const reason = new Error("the visitor left");
    const controller = new AbortController();
    const { adding } = await addUntilCommitted(search, controller.signal);
    controller.abort(reason);
    expectTrue((await rejectionOf(adding, "the aborted add")) === reason, "it rejects with the signal's own reason");
    const documents = await expectWhole(search);
    expectTrue(documents > 0 && documents < count, "some documents were committed, not all", documents);

    await check("adding again goes on where the first call was stopped", async () => {
      const again = await search.add(manyDocuments(count));
      expectEqual([again.unchanged, again.added], [documents, count - documents], "unchanged, added");
    });
    await check("a signal aborted beforehand changes nothing", async () => {
      const { generation } = await search.status();
      const aborted = AbortSignal.abort();
      const error = await rejectionOf(search.add([{ url: "/late", text: "late" }], { signal: aborted }), "add");
      expectTrue(error === aborted.reason, "the signal's reason", String(error));
      expectTrue(
        (await rejectionOf(search.query("late", { signal: aborted }), "query")) === aborted.reason,
        "query too",
      );
      expectEqual((await search.status()).generation, generation, "generation");
    });
    await search.close();
  },
};

/** A tab that dies. */
export const killedWorker: Scenario = {
  name: "killed-worker",
  title: "a worker killed half-way through add loses nothing committed and leaves nothing half visible",
  async run({ library, name, stage, carried }) {
    if (stage === 0) {
      let worker: Worker | undefined;
      const start = (): Worker => (worker = new Worker("/dist/worker.js", { type: "module" }));
      const search = await library.createSearch({ name, worker: start });
      await addUntilCommitted(search);
      const { documents } = await search.status();
      worker?.terminate();
      return { carry: documents };
    }
    const search = await library.createSearch({ name });
    const documents = await expectWhole(search);
    expectTrue(
      documents >= Number(carried) && documents < count,
      `from ${String(carried)} documents on, not all`,
      documents,
    );
    const again = await search.add(manyDocuments(count));
    expectEqual([again.unchanged, again.added], [documents, count - documents], "unchanged, added");
    expectEqual(await expectWhole(search), count, "documents in the end");
    expectEqual((await search.status()).withoutVector, 0, "passages without a vector");
    await search.close();
  },
};

/** Queries do not wait for `add`. */
export const queryWhileIndexing: Scenario = {
  name: "query-while-indexing",
  title: "a query during indexing is answered before add ends, with what is committed so far",
  async run({ library, name }) {
    const search = await library.createSearch({ name });
    let running = true;
    const adding = search.add(manyDocuments(count)).finally(() => (running = false));
    let answers = 0;
    let withHits = 0;
    while (running) {
      const answer = await search.query("repairs the fog signal in heavy weather");
      if (!running) break;
      answers++;
      if (answer.hits.length > 0) withHits++;
    }
    await adding;
    expectTrue(answers >= 5, "at least five answers while indexing", answers);
    expectTrue(withHits >= 1, "answers with hits while indexing", withHits);
    await search.close();
  },
};

/** Two tabs, one index. The second one is a frame of the same page with a library and a worker of its own. */
export const twoTabs: Scenario = {
  name: "two-tabs",
  title: "two tabs that add at once both end up in the index",
  async run({ library, name, parameters }) {
    const half = 300;
    if (parameters.get("tab") === "second") {
      const search = await library.createSearch({ name });
      await search.add(manyDocuments(half, half));
      await search.close();
      return;
    }
    const search = await library.createSearch({ name });
    const run = name.slice(this.name.length + 1);
    const frame = document.createElement("iframe");
    frame.src = `?scenario=${this.name}&tab=second&run=${run}`;
    document.body.append(frame);
    await search.add(manyDocuments(half));
    while (frame.contentWindow?.__result === undefined) await new Promise((done) => setTimeout(done, 20));
    expectEqual(frame.contentWindow.__result.failures, [], "failures in the second tab");
    expectEqual((await search.status()).documents, 2 * half, "documents");
    for (const i of [0, half - 1, half, 2 * half - 1]) {
      const { hits } = await search.query(`last${i}x`, { mode: "words" });
      expectEqual(hits[0]?.url, `/log/${i}`, `first hit for document ${i}`);
    }
    await search.close();
  },
};
