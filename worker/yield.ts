/** Longest stretch of work without answering a query, in ms. */
const sliceMs = 10;

/**
 * Lets other tasks run, such as an arriving query. A message task, because nested timers are delayed by 4 ms each.
 */
function yieldToTasks(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * Gives a function that is called between small steps of a long task: it yields when the current slice of time is used up.
 *
 * @param signal - once aborted, the function rejects with its reason.
 */
export function createPacer(signal?: AbortSignal): () => Promise<void> {
  let sliceEnd = performance.now() + sliceMs;
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() < sliceEnd) return;
    await yieldToTasks();
    signal?.throwIfAborted();
    sliceEnd = performance.now() + sliceMs;
  };
}
