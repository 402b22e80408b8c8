import { describe, expect, test, vi } from "vitest";
import { keyOf, type LiveAnswer, LiveQuery, type SearchSource } from "../../src/live-query.ts";
import type { Search } from "../../src/search.ts";
import type { QueryAnswer, QueryOptions } from "../../src/types.ts";

/** A question that was asked, and what ends it. */
interface Asked {
  readonly text: string;
  readonly options: QueryOptions;
  answer(): void;
  fail(error: Error): void;
}

/** A search whose answers come when a test says so, in any order. */
class SlowSearch extends EventTarget {
  readonly asked: Asked[] = [];
  closed = 0;

  query(text: string, options: QueryOptions): Promise<QueryAnswer> {
    return new Promise((resolve, reject) => {
      const answer = (): void => resolve({ hits: [{ url: `/${text}` }] } as unknown as QueryAnswer);
      this.asked.push({ text, options, answer, fail: reject });
    });
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** A component that asks, and everything that it was told. */
function start(source: (search: SlowSearch) => SearchSource = (search) => () => Promise.resolve(search as never)): {
  search: SlowSearch;
  live: LiveQuery;
  states: LiveAnswer[];
  /** What it shows now. */
  shown(): readonly unknown[];
} {
  const search = new SlowSearch();
  const states: LiveAnswer[] = [];
  const live = new LiveQuery(source(search), (state) => states.push(state));
  const shown = (): readonly unknown[] => {
    const { hits, isPending, error } = states.at(-1)!;
    return [hits.map(({ url }) => url), isPending, error];
  };
  return { search, live, states, shown };
}

/** Every promise that can settle has. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A component that shows the answer to "tea". */
async function startAnswered(): Promise<ReturnType<typeof start>> {
  const started = start();
  await settle();
  started.live.ask("tea", {});
  started.search.asked[0]!.answer();
  await settle();
  return started;
}

describe("a question", () => {
  test("asked before the search is open is answered as soon as it is", async () => {
    const { search, live, shown } = start();
    live.ask("tea", { limit: 3 });
    expect(shown()).toEqual([[], true, null]);
    await settle();
    expect(search.asked).toMatchObject([{ text: "tea", options: { limit: 3 } }]);
    search.asked[0]!.answer();
    await settle();
    expect(shown()).toEqual([["/tea"], false, null]);
  });

  test("that was overtaken is aborted, and its answer is dropped even if it comes last", async () => {
    const { search, live, states, shown } = start();
    await settle();
    live.ask("te", {});
    live.ask("tea", {});
    const [early, late] = search.asked;
    expect([early!.options.signal!.aborted, late!.options.signal!.aborted]).toEqual([true, false]);
    late!.answer();
    await settle();
    early!.answer();
    await settle();
    expect(shown()).toEqual([["/tea"], false, null]);
    expect(states.flatMap(({ hits }) => hits.map(({ url }) => url))).not.toContain("/te");
  });

  test("keeps the answer to the one before until its own is there", async () => {
    const { live, shown } = await startAnswered();
    live.ask("teapot", {});
    expect(shown()).toEqual([["/tea"], true, null]);
  });

  test("that is blank is not asked, and clears what is shown", async () => {
    const { search, live, shown } = await startAnswered();
    live.ask("  ", {});
    live.refresh();
    expect([search.asked.length, shown()]).toEqual([1, [[], false, null]]);
  });

  test("that is blank lists all documents where an order is given", async () => {
    const { search, live } = start();
    await settle();
    live.ask("", { sort: { date: "desc" } });
    expect(search.asked).toMatchObject([{ text: "", options: { sort: { date: "desc" } } }]);
  });

  test("that cannot be answered shows why, until the next one can", async () => {
    const { search, live, shown } = start();
    await settle();
    live.ask("tea", {});
    search.asked[0]!.fail(new Error("no"));
    await settle();
    expect(shown()).toEqual([[], false, new Error("no")]);
    live.ask("water", {});
    search.asked[1]!.answer();
    await settle();
    expect(shown()).toEqual([["/water"], false, null]);
  });

  test("is asked again when better answers are there, and what is shown stays meanwhile", async () => {
    const { search, shown } = await startAnswered();
    search.dispatchEvent(new Event("betteranswers"));
    expect([search.asked.length, shown()]).toEqual([2, [["/tea"], false, null]]);
  });
});

describe("a search", () => {
  test("that was opened for the component is closed with it", async () => {
    const { search, live } = start();
    await settle();
    live.close();
    live.close();
    expect(search.closed).toBe(1);
  });

  test("that the app opened stays open, and is not listened to any more", async () => {
    const { search, live, states } = start((given) => Promise.resolve(given as never));
    await settle();
    live.ask("tea", {});
    live.close();
    search.asked[0]!.answer();
    const { length } = states;
    search.dispatchEvent(new Event("betteranswers"));
    await settle();
    expect([search.closed, search.asked.length, states.length]).toEqual([0, 1, length]);
  });

  test("is not opened for a component that is gone at once", async () => {
    const open = vi.fn<() => Promise<Search>>();
    const { live } = start(() => open);
    live.close();
    await settle();
    expect(open).not.toHaveBeenCalled();
  });

  test("that opens after the component is gone is closed, and the function that opens it is told", async () => {
    let finish = (): void => {};
    let told: AbortSignal | undefined;
    const { search, live, states } = start((given) => (signal) => {
      told = signal;
      return new Promise((resolve) => (finish = () => resolve(given as never)));
    });
    await settle();
    live.close();
    expect(told!.aborted).toBe(true);
    finish();
    await settle();
    expect([search.closed, states]).toEqual([1, []]);
  });

  test("that cannot be opened shows why, and no question waits for it", async () => {
    const { live, shown } = start(() => () => Promise.reject(new Error("blocked")));
    live.ask("tea", {});
    await settle();
    expect(shown()).toEqual([[], false, new Error("blocked")]);
    live.ask("", {});
    live.ask("water", {});
    expect(shown()).toEqual([[], false, new Error("blocked")]);
  });

  test.each([[{ name: "docs" }], [undefined], ["docs"]])(
    "that is none, but %j, is refused with the remedy",
    async (wrong) => {
      const { shown } = start(() => wrong as never);
      await settle();
      expect(shown()[2]).toMatchObject({
        code: "argument/option",
        message: expect.stringContaining("createSearch(") as string,
      });
    },
  );

  test("that is yet to come lets nothing wait", async () => {
    const { live, shown } = start(() => null);
    live.ask("tea", {});
    await settle();
    expect(shown()).toEqual([[], false, null]);
  });
});

test("options are compared by content, and what cannot be written is left to the query", () => {
  expect(keyOf({ limit: 1, where: { lang: "en" } })).toBe(keyOf({ limit: 1, where: { lang: "en" } }));
  expect(keyOf({ limit: 1 })).not.toBe(keyOf({ limit: 2 }));
  const circle: Record<string, unknown> = {};
  circle["where"] = circle;
  expect(keyOf(circle)).toBe("unreadable");
});
