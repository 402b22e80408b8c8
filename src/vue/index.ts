import {
  computed,
  type ComputedRef,
  markRaw,
  type MaybeRefOrGetter,
  onMounted,
  onUnmounted,
  type Ref,
  shallowRef,
  toRaw,
  toValue,
  unref,
  watch,
} from "vue";
import {
  keyOf,
  type LiveAnswer,
  LiveQuery,
  type LiveQueryOptions,
  noAnswer,
  type SearchSource,
} from "../live-query.ts";

export type { LiveAnswer, LiveQueryOptions, SearchSource };

/** What `useSearch` gives a component: each part of a `LiveAnswer` as a ref. */
export type UseSearch = { readonly [Part in keyof LiveAnswer]: ComputedRef<LiveAnswer[Part]> } & {
  /** Asks the same question again, after documents were added for instance. */
  readonly refresh: () => void;
};

/**
 * Asks a search whenever the text or the options change, and gives the latest answer; those that were overtaken are dropped.
 * Called in `setup`. On a server it gives an empty answer and opens nothing.
 *
 * @param text - the question as it stands in the field. A blank one has no answer.
 * @param source - a function is called when the component is mounted, and its search is closed when it is unmounted. A search
 *   or a promise may come later, by a ref that is null until then.
 * @param options - as of `search.query`.
 */
export function useSearch(
  text: MaybeRefOrGetter<string>,
  source: SearchSource | Ref<SearchSource>,
  options: MaybeRefOrGetter<LiveQueryOptions> = {},
): UseSearch {
  const state = shallowRef(noAnswer);
  let live: LiveQuery | null = null;
  const show = (next: LiveAnswer): void => {
    // Why: a search has private members, which cannot be reached through the proxies that Vue would make of it.
    if (next.search !== null) markRaw(next.search);
    state.value = next;
  };
  const ask = (): void => live?.ask(toValue(text), toValue(options));
  const open = (given: SearchSource): void => {
    live?.close();
    live = new LiveQuery(toRaw(given), show);
    ask();
  };
  onMounted(() => {
    watch(() => unref(source), open, { immediate: true });
    watch([() => toValue(text), () => keyOf(toValue(options))], ask);
  });
  onUnmounted(() => live?.close());
  const part = <Part extends keyof LiveAnswer>(name: Part): ComputedRef<LiveAnswer[Part]> =>
    computed(() => state.value[name]);
  return {
    search: part("search"),
    answer: part("answer"),
    hits: part("hits"),
    isPending: part("isPending"),
    error: part("error"),
    refresh: () => live?.refresh(),
  };
}
