import { describe, expect, test } from "vitest";
import { type Locks, runAlone } from "../../../worker/stores/run-alone.ts";
import { defer } from "./engine-kit.ts";

const never = new AbortController().signal;
const still = async (): Promise<boolean> => false;

/** A browser's locks, of which another tab has all until it gives them back. Node of the oldest version has none. */
class TakenLocks {
  readonly #free = defer();
  asked = 0;

  request: Locks["request"] = async (_name: string, options: unknown, granted?: unknown) => {
    this.asked++;
    const { signal } = options as { signal: AbortSignal };
    await Promise.race([
      this.#free.promise,
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    ]);
    return (granted as () => Promise<never>)();
  };

  giveBack(): void {
    this.#free.resolve();
  }
}

describe("a task that is to run alone", () => {
  test("runs at once where there are no locks", async () => {
    expect(await runAlone("a", async () => 1, never, still, undefined)).toBe(1);
  });

  test("runs at once where locks may not be used", async () => {
    const locks = { request: () => Promise.reject(new DOMException("No.", "SecurityError")) };
    expect(
      await runAlone(
        "a",
        async () => 1,
        never,
        async () => true,
        locks as Locks,
      ),
    ).toBe(1);
  });

  test("waits for the lock", async () => {
    const locks = new TakenLocks();
    const order: string[] = [];
    const running = runAlone("a", async () => void order.push("task"), never, still, locks as Locks);
    await new Promise((resolve) => setImmediate(resolve));
    order.push("other");
    locks.giveBack();
    await running;
    expect(order).toEqual(["other", "task"]);
  });

  test("goes on waiting while the other one gets on, and begins when it stands still", async () => {
    const locks = new TakenLocks();
    const moves = [true, true, false];
    const asked: boolean[] = [];
    const hasMoved = async (): Promise<boolean> => (asked.push(moves[asked.length]!), asked.at(-1)!);
    expect(await runAlone("a", async () => "begun", never, hasMoved, locks as Locks, 5)).toBe("begun");
    expect([asked, locks.asked]).toEqual([moves, 3]);
  });

  test("is not begun when it is cancelled while it waits", async () => {
    const cancel = new AbortController();
    let isBegun = false;
    const running = runAlone("a", async () => void (isBegun = true), cancel.signal, still, new TakenLocks() as Locks);
    cancel.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(isBegun).toBe(false);
  });

  test("fails as it fails, and is not run again", async () => {
    const locks = new TakenLocks();
    locks.giveBack();
    let runs = 0;
    const fail = async (): Promise<never> => {
      runs++;
      throw new Error("broken");
    };
    await expect(runAlone("a", fail, never, async () => true, locks as Locks)).rejects.toThrow("broken");
    await expect(runAlone("a", fail, never, still, undefined)).rejects.toThrow("broken");
    expect(runs).toBe(2);
  });
});
