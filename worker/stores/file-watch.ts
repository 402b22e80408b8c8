import { statSync } from "node:fs";

const INTERVAL_MS = 500;

/** Tells listeners when a file has been replaced or removed by someone else. Polls, and only while there are listeners. */
export class FileWatch {
  readonly #path: string;
  readonly #listeners = new Set<() => void>();
  #seen = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  listen(listener: () => void): () => void {
    // Why wrapped: the same function may be given twice, and each unsubscribes for itself.
    const entry = (): void => listener();
    if (this.#listeners.size === 0) this.accept();
    this.#listeners.add(entry);
    this.resume();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.pause();
    };
  }

  /** Takes the file as it is now for known: it is our own work. */
  accept(): void {
    this.#seen = signatureOf(this.#path);
  }

  /** Polls again after `pause`, for the listeners that stayed. */
  resume(): void {
    if (this.#timer || this.#listeners.size === 0) return;
    this.#timer = setInterval(() => this.#check(), INTERVAL_MS);
    this.#timer.unref();
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const found = signatureOf(this.#path);
    if (found === this.#seen) return;
    this.#seen = found;
    this.#listeners.forEach((listener) => listener());
  }
}

/** Changes whenever another file takes the place; empty where there is none. */
function signatureOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return "";
  }
}
