import { describe, expect, test } from "vitest";
import { formatTable } from "../../../bench/report.ts";
import { type MeasuredTiers, tierRows } from "../../../bench/tier-rows.ts";

const run = { coldMs: 250, queriesMs: [1, 2, 3], passagesPerSecond: 1234, device: "", dtype: "" };
const size = { raw: 2_000, gz: 1_000 };

const measured: MeasuredTiers = {
  tiers: [
    { name: "words", run, size },
    { name: "neural, 1 thread", run: { ...run, device: "wasm", dtype: "q8" }, size },
  ],
  upgrade: { idleMs: [1, 2, 4], upgradingMs: [2, 3, 6], upgradeMs: 900 },
  skipped: ["neural, WebGPU: no adapter"],
};

describe("the rows of the tiers", () => {
  const lines = formatTable(tierRows(measured)).split("\n");

  test("say of each tier what it loads, how long it starts and answers, and how fast it embeds", () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        "| tier words: bytes of all it loads | 2,000 (1,000) bytes (gz) |",
        "| tier words: nothing cached to first answer | 250 ms |",
        "| tier words: query, p50 / p95, as the page sees it | 2.0 / 3.0 ms |",
        "| tier words: indexed | 1,234 passages/s |",
        "| tier neural, 1 thread: embedded and indexed (wasm, q8) | 1,234 passages/s |",
      ]),
    );
  });

  test("compare queries during an upgrade with those at rest", () => {
    expect(lines).toContain("| p95 during an upgrade, in p95 at rest | 1.50 |");
    expect(tierRows({ ...measured, upgrade: null }).map(({ what }) => what)).not.toContain(
      "p95 during an upgrade, in p95 at rest",
    );
  });

  test("say what was not measured, and why", () => {
    expect(lines.at(-1)).toBe("| not measured | neural, WebGPU: no adapter |");
  });
});
