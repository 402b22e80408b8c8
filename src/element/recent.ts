import { toJson } from "./to-json.ts";

const kept = 5;
const prefix = "inkling:recent:";

/** Searches that led somewhere, newest first. They stay in this browser, and only where it keeps anything. */
export class RecentSearches {
  readonly #key: string;

  /** @param name - those of other names are not seen. */
  constructor(name: string) {
    this.#key = prefix + name;
  }

  read(): string[] {
    try {
      const found: unknown = JSON.parse(localStorage.getItem(this.#key) ?? "[]");
      return Array.isArray(found) ? found.filter((text) => typeof text === "string").slice(0, kept) : [];
    } catch {
      return [];
    }
  }

  add(text: string): void {
    const others = this.read().filter((other) => other.toLowerCase() !== text.toLowerCase());
    this.#write([text, ...others].slice(0, kept));
  }

  clear(): void {
    this.#write([]);
  }

  #write(texts: readonly string[]): void {
    try {
      if (texts.length === 0) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, toJson(texts));
    } catch {
      // Storage is forbidden or full: there are no recent searches then.
    }
  }
}
