import type { Size } from "./sizes.ts";
import { percentile, type Spread } from "./statistics.ts";

/** A line of the report. */
export interface Row {
  readonly what: string;
  readonly value: Spread | number | string;
  readonly unit: string;
}

/** A table in Markdown. Several runs show their median, and least to greatest in brackets. */
export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, value, unit }) =>
    `| ${what} | ${formatValue(value)} ${unit} |`.replace(/ +\|$/, " |"),
  );
  return ["| what | value |", "|---|---|", ...lines].join("\n");
}

function formatValue(value: Row["value"]): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatNumber(value);
  const { median, min, max, runs } = value;
  return runs === 1 ? formatNumber(median) : `${formatNumber(median)} (${formatNumber(min)} to ${formatNumber(max)})`;
}

function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** Median and 95th percentile. */
export function formatQuantiles(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.95).toFixed(1)}`;
}

/** Bytes as they are, and compressed. */
export function formatSize({ raw, gz }: Size): string {
  return `${raw.toLocaleString("en-US")} (${gz.toLocaleString("en-US")})`;
}
