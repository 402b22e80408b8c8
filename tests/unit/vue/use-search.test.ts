import { expect, test } from "vitest";
import { createRenderer, createSSRApp, defineComponent, h, nextTick, type Ref, ref, shallowRef } from "vue";
import { renderToString } from "vue/server-renderer";
import type { SearchSource } from "../../../src/live-query.ts";
import type { Search } from "../../../src/search.ts";
import type { QueryAnswer, QueryOptions } from "../../../src/types.ts";
import { type UseSearch, useSearch } from "../../../src/vue/index.ts";

/** Vue on a tree of plain objects: components live as in a page, without one. */
const { createApp } = createRenderer<object, object>({
  patchProp() {},
  insert() {},
  remove() {},
  createElement: () => ({}),
  createText: () => ({}),
  createComment: () => ({}),
  setText() {},
  setElementText() {},
  parentNode: () => null,
  nextSibling: () => null,
});

/** A search with a private member, as the real one has, that answers each question with its text. */
class EchoSearch extends EventTarget {
  readonly #asked: unknown[] = [];
  closed = 0;

  get asked(): readonly unknown[] {
    return this.#asked;
  }

  query(text: string, { limit }: QueryOptions): Promise<QueryAnswer> {
    this.#asked.push([text, limit]);
    return Promise.resolve({ hits: [{ url: `/${text}` }] } as unknown as QueryAnswer);
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Mounts a component that does nothing but search. */
function mount(
  text: Ref<string>,
  source: SearchSource | Ref<SearchSource>,
  limit = ref(5),
): UseSearch & { unmount(): void } {
  let found: UseSearch | undefined;
  const setup = (): (() => null) => {
    found = useSearch(text, source, () => ({ limit: limit.value }));
    return () => null;
  };
  const app = createApp(defineComponent({ setup }));
  app.mount({});
  return { ...found!, unmount: () => app.unmount() };
}

const urls = ({ hits }: UseSearch): readonly string[] => hits.value.map(({ url }) => url);

test("answers follow text and options, and the search is closed with the component", async () => {
  const search = new EchoSearch();
  const [text, limit] = [ref("tea"), ref(5)];
  const found = mount(text, () => Promise.resolve(search as never), limit);
  await settle();
  expect([urls(found), found.isPending.value, found.error.value]).toEqual([["/tea"], false, null]);
  text.value = "water";
  await settle();
  limit.value = 1;
  await settle();
  expect(urls(found)).toEqual(["/water"]);
  expect(search.asked).toEqual([
    ["tea", 5],
    ["water", 5],
    ["water", 1],
  ]);
  found.unmount();
  expect(search.closed).toBe(1);
});

test("options of the same content ask nothing anew; refresh does", async () => {
  const search = new EchoSearch();
  const found = mount(ref("tea"), search as never);
  await settle();
  await nextTick();
  expect(search.asked.length).toBe(1);
  found.refresh();
  await settle();
  expect(search.asked.length).toBe(2);
});

test("a search that comes later is asked then, and works behind a reactive reference", async () => {
  const source: Ref<SearchSource> = ref(null);
  const search = new EchoSearch();
  const found = mount(ref("tea"), source);
  await settle();
  expect([urls(found), found.isPending.value]).toEqual([[], false]);
  source.value = search as never as Search;
  await settle();
  expect(urls(found)).toEqual(["/tea"]);
  found.unmount();
  expect(search.closed).toBe(0);
});

test("on a server nothing is opened", async () => {
  let opened = 0;
  const text = shallowRef("tea");
  const setup = (): (() => unknown) => {
    const { hits, isPending } = useSearch(text, () => Promise.reject(new Error(`opened ${++opened} times`)));
    return () => h("p", `${hits.value.length} hits, ${isPending.value}`);
  };
  expect(await renderToString(createSSRApp(defineComponent({ setup })))).toContain("0 hits, false");
  await settle();
  expect(opened).toBe(0);
});
