/** What a page's thread was kept busy with, and what moved on the page, since it began to load. Times are in ms. */
export interface Seen {
  /** Tasks of more than 50 ms. */
  readonly longTasks: readonly { readonly start: number; readonly duration: number }[];
  /** Cumulative layout shift, as the web's metric has it: what follows a key press or click within half a second does not count. */
  readonly layoutShift: number;
  readonly now: number;
}

/** Watches a page from its first moment on. Runs in the page, before its own scripts; no function in it may have a name. */
export function watchPage(): void {
  type Shift = PerformanceEntry & { readonly value: number; readonly hadRecentInput: boolean };
  const entries: PerformanceEntry[] = [];
  const observers = ["longtask", "layout-shift"].map((type) => {
    const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
    observer.observe({ type, buffered: true });
    return observer;
  });
  Object.assign(globalThis, {
    readSeen(): Seen {
      for (const observer of observers) entries.push(...observer.takeRecords());
      const shifts = entries.filter(({ entryType }) => entryType === "layout-shift") as Shift[];
      const tasks = entries.filter(({ entryType }) => entryType === "longtask");
      return {
        longTasks: tasks.map(({ startTime, duration }) => ({ start: startTime, duration })),
        layoutShift: shifts.reduce((sum, { value, hadRecentInput }) => (hadRecentInput ? sum : sum + value), 0),
        now: performance.now(),
      };
    },
  });
}

/** Notes, in a page with an open dialog, when a key was pressed and when its answer was drawn. */
export function watchKeys(): void {
  const delays: number[] = [];
  Object.assign(globalThis, { delays });
  const root = document.querySelector("inkling-search")!.shadowRoot!;
  const list = root.querySelector<HTMLElement>("[part=list]")!;
  const pressed = new Map<string, number>();
  root.addEventListener(
    "input",
    ({ target, timeStamp }) => pressed.set((target as HTMLInputElement).value.trim(), timeStamp),
    { capture: true },
  );
  new MutationObserver(() => {
    const question = list.dataset["question"] ?? "";
    const time = pressed.get(question);
    pressed.delete(question);
    if (time === undefined) return;
    // Why a message: it comes after the frame that the callback stands before has been drawn.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => delays.push(performance.now() - time);
    requestAnimationFrame(() => port2.postMessage(null));
  }).observe(list, { attributeFilter: ["data-question"] });
}
