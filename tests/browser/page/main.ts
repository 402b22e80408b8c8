import type * as Library from "inkling-search";
import { scenarios } from "../scenarios/index.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";

declare global {
  interface Window {
    __result?: ScenarioResult;
  }
}

/** What outlives a reload of the page. */
interface Progress {
  readonly run: string;
  readonly stage: number;
  readonly carried: unknown;
  readonly passed: number;
  readonly failures: readonly string[];
}

const parameters = new URLSearchParams(location.search);
const wanted = parameters.get("scenario") ?? "";
const key = `scenario:${wanted}`;

function readProgress(): Progress {
  const stored = sessionStorage.getItem(key);
  // Why not always: pages of plain http have no `randomUUID`; they are told a name in their address.
  const run = parameters.has("run") ? "" : crypto.randomUUID().slice(0, 8);
  const fresh: Progress = { run, stage: 0, carried: null, passed: 0, failures: [] };
  return stored === null ? fresh : (JSON.parse(stored) as Progress);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const code = "code" in error ? ` [${String(error.code)}]` : "";
  return `${error.name}${code}: ${error.message}`;
}

async function runStage(scenario: Scenario, progress: Progress): Promise<void> {
  let { passed } = progress;
  const failures = [...progress.failures];
  const check: ScenarioContext["check"] = async (title, body) => {
    try {
      await body();
      passed++;
    } catch (error) {
      failures.push(`${title}: ${describe(error)}`);
    }
  };
  // Why: the address is only known at run time; some scenarios load the library from another origin.
  const library = (await import(/* @vite-ignore */ parameters.get("library") ?? "/dist/index.js")) as typeof Library;
  const { stage, carried, run } = progress;
  const name = `${scenario.name}-${parameters.get("run") ?? run}`;
  let carry: unknown;
  await check(`stage ${stage}`, async () => {
    carry = (await scenario.run({ library, name, stage, carried, parameters, check }))?.carry;
  });
  if (carry !== undefined) {
    const next: Progress = { run, stage: stage + 1, carried: carry, passed, failures };
    sessionStorage.setItem(key, JSON.stringify(next));
    location.reload();
  } else {
    sessionStorage.removeItem(key);
    finish({ name: scenario.name, passed, failures });
  }
}

function finish(result: ScenarioResult): void {
  window.__result = result;
  const output = document.querySelector("#result");
  if (output !== null) output.textContent = JSON.stringify(result, null, 2);
  document.title = result.failures.length === 0 ? "passed" : "failed";
}

const scenario = scenarios.find((candidate) => candidate.name === wanted);
if (scenario === undefined) {
  const known = scenarios.map((candidate) => candidate.name).join(", ");
  finish({ name: wanted, passed: 0, failures: [`There is no scenario "${wanted}". Known are: ${known}`] });
} else {
  runStage(scenario, readProgress()).catch((error: unknown) =>
    finish({ name: wanted, passed: 0, failures: [describe(error)] }),
  );
}
