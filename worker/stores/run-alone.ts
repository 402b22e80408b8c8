/** How long another tab may hold the lock without getting on, in ms: longer than any batch of passages takes. */
const maxStillMs = 60_000;

/** The part of the Web Locks API that is used. */
export type Locks = Pick<LockManager, "request">;

/**
 * Runs a task while no other tab runs one of the same name; at once where the browser has no locks.
 *
 * Why the other one must get on: a browser may freeze a tab that has the lock, and only closing it would give the lock back.
 *
 * @param hasMoved - whether the task of the other tab has done something since it was asked last.
 * @throws what the task throws; the signal's reason when it is aborted before the task has begun.
 */
export async function runAlone<Result>(
  name: string,
  task: () => Promise<Result>,
  signal: AbortSignal,
  hasMoved: () => Promise<boolean>,
  locks: Locks | undefined = globalThis.navigator?.locks,
  stillMs: number = maxStillMs,
): Promise<Result> {
  for (;;) {
    const limit = AbortSignal.timeout(stillMs);
    let isBegun = locks === undefined;
    const begin = (): Promise<Result> => {
      isBegun = true;
      return task();
    };
    try {
      return await (locks?.request(name, { signal: AbortSignal.any([signal, limit]) }, begin) ?? task());
    } catch (error) {
      if (isBegun || signal.aborted) throw error;
      // Why also without the limit: a sandboxed frame has the locks but may not use them.
      if (!limit.aborted || !(await hasMoved())) return task();
    }
  }
}
