import type { TierRun, UpgradeRun } from "./page/tiers.ts";
import { formatQuantiles, formatSize, type Row } from "./report.ts";
import type { Size } from "./sizes.ts";
import { percentile } from "./statistics.ts";

/** What was measured of one tier, and all files that its pages asked for. */
export interface MeasuredTier {
  readonly name: string;
  readonly run: TierRun;
  readonly size: Size;
}

/** The tiers of this library on this machine. */
export interface MeasuredTiers {
  readonly tiers: readonly MeasuredTier[];
  readonly upgrade: UpgradeRun | null;
  /** Why a row is not there. */
  readonly skipped: readonly string[];
}

/** Lines of the report. */
export function tierRows({ tiers, upgrade, skipped }: MeasuredTiers): Row[] {
  const rows = tiers.flatMap(({ name, run, size }): Row[] => {
    const how = run.device === "" ? "" : ` (${[run.device, run.dtype].filter((word) => word !== "").join(", ")})`;
    return [
      { what: `tier ${name}: bytes of all it loads`, value: formatSize(size), unit: "bytes (gz)" },
      { what: `tier ${name}: nothing cached to first answer`, value: run.coldMs, unit: "ms" },
      {
        what: `tier ${name}: query, p50 / p95, as the page sees it`,
        value: formatQuantiles(run.queriesMs),
        unit: "ms",
      },
      {
        what: `tier ${name}: ${name === "words" ? "indexed" : "embedded and indexed"}${how}`,
        value: run.passagesPerSecond,
        unit: "passages/s",
      },
    ];
  });
  if (upgrade !== null) {
    const [idle, busy] = [percentile(upgrade.idleMs, 0.95), percentile(upgrade.upgradingMs, 0.95)];
    rows.push(
      { what: "instant query at rest, p50 / p95", value: formatQuantiles(upgrade.idleMs), unit: "ms" },
      { what: "instant query during an upgrade, p50 / p95", value: formatQuantiles(upgrade.upgradingMs), unit: "ms" },
      { what: "p95 during an upgrade, in p95 at rest", value: busy / idle, unit: "" },
    );
  }
  return [...rows, ...skipped.map((why) => ({ what: "not measured", value: why, unit: "" }))];
}
