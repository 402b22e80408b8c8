/** Tells other connections of the same store that it has changed. Silent where there is no BroadcastChannel. */
export interface ChangeChannel {
  /** Opens the channel again after `close`, for the listeners that stayed. */
  resume(): void;
  post(generation: number): void;
  listen(listener: () => void): () => void;
  close(): void;
}

class BroadcastChanges implements ChangeChannel {
  readonly #name: string;
  readonly #listeners = new Set<() => void>();
  #channel: BroadcastChannel | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  resume(): void {
    if (this.#listeners.size > 0) this.#open();
  }

  post(generation: number): void {
    this.#open()?.postMessage(generation);
  }

  listen(listener: () => void): () => void {
    // Why wrapped: the same function may be given twice, and each unsubscribes for itself.
    const entry = (): void => listener();
    this.#listeners.add(entry);
    this.#open();
    return () => this.#listeners.delete(entry);
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #open(): BroadcastChannel | undefined {
    this.#channel ??= openChannel(this.#name);
    if (this.#channel) this.#channel.onmessage = () => this.#listeners.forEach((listener) => listener());
    return this.#channel;
  }
}

// Why caught: a sandboxed frame has the class but may not use it, and the store works without.
function openChannel(name: string): BroadcastChannel | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

/** A channel by name; a sender never hears its own posts. */
export function createChangeChannel(name: string): ChangeChannel {
  return new BroadcastChanges(name);
}
