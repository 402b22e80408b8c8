/** Longest tasks of the main thread while something ran, in ms. Tasks of 50 ms and less are not told by the browser. */
export interface MainThread {
  readonly longestTaskMs: number;
  readonly tasksOver50Ms: number;
}

/** Watches the main thread from now until the returned function is called. */
export function watchMainThread(): () => Promise<MainThread> {
  const durations: number[] = [];
  const note = (entries: PerformanceEntryList): void => entries.forEach((entry) => durations.push(entry.duration));
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: "longtask" });
  return async () => {
    // Why: entries are delivered after the task that caused them.
    await new Promise((done) => setTimeout(done, 100));
    note(observer.takeRecords());
    observer.disconnect();
    return { longestTaskMs: Math.max(0, ...durations), tasksOver50Ms: durations.length };
  };
}

/** What a call gave, and how long it took in ms. */
export async function time<Value>(call: () => Promise<Value> | Value): Promise<{ value: Value; ms: number }> {
  const start = performance.now();
  const value = await call();
  return { value, ms: performance.now() - start };
}

/** Fetches JSON and leaves the page idle for a moment, so that reading it does not count as work of what follows. */
export async function readJson<Value>(path: string): Promise<Value> {
  const value = (await (await fetch(path)).json()) as Value;
  await new Promise((done) => setTimeout(done, 200));
  return value;
}
