import { useCallback, useEffect, useRef, useState } from "react";
import {
  keyOf,
  type LiveAnswer,
  LiveQuery,
  type LiveQueryOptions,
  noAnswer,
  type SearchSource,
} from "../live-query.ts";

export type { LiveAnswer, LiveQueryOptions, SearchSource };

/** What `useSearch` gives a component. */
export interface UseSearch extends LiveAnswer {
  /** Asks the same question again, after documents were added for instance. The same function at every rendering. */
  readonly refresh: () => void;
}

/**
 * Asks a search whenever the text or the options change, and gives the latest answer; those that were overtaken are dropped.
 * On a server it gives an empty answer and opens nothing.
 *
 * @param text - the question as it stands in the field. A blank one has no answer.
 * @param source - a function is called once, when the component is mounted, and its search is closed when it is unmounted.
 *   A search or a promise may be replaced by another, or come later: null until then.
 * @param options - as of `search.query`. Compared by content, so a new object at every rendering asks nothing anew.
 */
export function useSearch(text: string, source: SearchSource, options: LiveQueryOptions = {}): UseSearch {
  const [state, setState] = useState(noAnswer);
  const live = useRef<LiveQuery | null>(null);
  // Why: most functions are made anew by every rendering, and mean the same.
  const origin = typeof source === "function" ? "function" : source;
  useEffect(() => {
    const current = new LiveQuery(source, setState);
    live.current = current;
    return () => current.close();
  }, [origin]);
  useEffect(() => live.current?.ask(text, options), [origin, text, keyOf(options)]);
  const refresh = useCallback(() => live.current?.refresh(), []);
  return { ...state, refresh };
}
