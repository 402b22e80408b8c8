import type * as Library from "inkling-search";

/** What a scenario is given. */
export interface ScenarioContext {
  /** The package as it is published: `dist/index.js`. */
  readonly library: typeof Library;
  /** A database name that no other scenario uses; the same in every stage. */
  readonly name: string;
  /** 0 at first; grows by one with each reload of the page that the scenario asks for. */
  readonly stage: number;
  /** What the stage before passed on. */
  readonly carried: unknown;
  /** Parameters of the page's address. */
  readonly parameters: URLSearchParams;
  /** Notes a failure under a title and goes on, so that a run lists all of them. */
  check(title: string, body: () => Promise<void> | void): Promise<void>;
}

/** Asks for a reload of the page, after which the scenario goes on with the next stage. */
export interface NextStage {
  readonly carry: unknown;
}

/** A behaviour that needs a browser. It runs inside the page, so that any driver can open it. */
export interface Scenario {
  /** In the page's address: `?scenario=name`. */
  readonly name: string;
  /** A sentence on the behaviour. */
  readonly title: string;
  /** Whether it compares times, so that nothing else may take the cores meanwhile. Default false. */
  readonly isTimed?: boolean;
  run(context: ScenarioContext): Promise<void | NextStage>;
}

/** What a finished scenario leaves in `window.__result`. */
export interface ScenarioResult {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly string[];
}

/** @throws with `what`, the value found and the value expected, unless both are the same as JSON. */
export function expectEqual(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

/** @throws with `what` and, where given, the value found. */
export function expectTrue(condition: boolean, what: string, found?: unknown): asserts condition {
  if (!condition) throw new Error(found === undefined ? what : `${what}: found ${JSON.stringify(found)}`);
}

/** What a promise rejected with. @throws if it was fulfilled. */
export async function rejectionOf(promise: Promise<unknown>, what: string): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  throw new Error(`${what}: was fulfilled with ${JSON.stringify(outcome.value)?.slice(0, 200)}, expected a rejection`);
}
