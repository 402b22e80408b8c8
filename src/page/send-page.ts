import { type PageTreeEvents, readStart, readTokens } from "../page-tree.ts";
import type { TreeToken } from "../extract/tree-tokens.ts";

/** Longest stretch of reading without letting the page work, in ms: a task over 50 ms can be felt. */
const sliceMs = 8;

/** Steps between two looks at the clock, and steps sent at once: copying them costs about as much as making them. */
const stepsPerLook = 32;
const stepsPerSlice = 1500;

/**
 * Reads a live page in slices, each in a moment when the page has nothing else to do, and sends them.
 *
 * @param root - a document, or a part of one, which then counts as the main content of its page.
 * @param send - takes a slice; the next one is read when it is done.
 * @returns how long the page was kept from its own work, in ms.
 */
export async function sendPage(
  root: ParentNode & Node,
  send: (tokens: readonly TreeToken[]) => Promise<void>,
  signal: AbortSignal,
  events: PageTreeEvents = {},
): Promise<number> {
  await idle();
  let slice: TreeToken[] = [];
  let started = performance.now();
  let busyMs = 0;
  const sendSlice = (): Promise<void> => {
    const sent = send(slice);
    busyMs += performance.now() - started;
    return sent;
  };
  for (const token of root.nodeType === Node.DOCUMENT_NODE ? readTokens(root, events) : readPart(root, events)) {
    slice.push(token);
    const isFull =
      slice.length >= stepsPerSlice || (slice.length % stepsPerLook === 0 && performance.now() > started + sliceMs);
    if (!isFull) continue;
    signal.throwIfAborted();
    await sendSlice();
    await idle();
    slice = [];
    started = performance.now();
  }
  signal.throwIfAborted();
  await sendSlice();
  return busyMs;
}

/** A page of which one part is the content: its head, and the part as the main element. */
function* readPart(root: ParentNode & Node, events: PageTreeEvents): Generator<TreeToken, void> {
  const { documentElement, head } = root.ownerDocument!;
  yield readStart(documentElement);
  yield ["head", {}];
  yield* readTokens(head, events);
  yield null;
  const language = (root as Partial<Element>).closest?.("[lang]")?.getAttribute("lang");
  yield ["main", language ? { lang: language } : {}];
  if (root.nodeType === Node.ELEMENT_NODE) {
    yield readStart(root as Element);
    yield* readTokens(root, events);
    yield null;
  } else yield* readTokens(root, events);
  yield null;
  yield null;
}

/** Why with a longest wait: a page that is never idle is read all the same. */
function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(resolve, { timeout: 200 });
    else setTimeout(resolve);
  });
}
