import type { AttributeScalar } from "../../types.ts";

/** What all values of an attribute are: it says how they are compared. Found, not declared. */
export type AttributeType = "keyword" | "number" | "date" | "boolean";

const numeric = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** The number that a value is or spells in plain digits; NaN for others. Pages know texts only, so `"12.50"` counts. */
export function toNumber(value: AttributeScalar): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && numeric.test(value) ? Number(value) : NaN;
}

const isoDate =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?)?)?$/i;
const dayMs = 86_400_000;

/**
 * The moment that an ISO 8601 date spells, in ms since 1970; NaN for others and for days that do not exist. A year, a month or a
 * day alone is its first moment. A time without zone counts as UTC, so that every machine compares alike.
 */
export function toTime(value: AttributeScalar): number {
  const found = typeof value === "string" ? isoDate.exec(value) : null;
  if (found === null) return NaN;
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(found[i] ?? (i < 4 ? 1 : 0)));
  const monthStart = toUtc(year!, month!);
  const monthDays = (toUtc(year!, month! + 1) - monthStart) / dayMs;
  const isReal = year! >= 100 && month! >= 1 && month! <= 12 && day! >= 1 && day! <= monthDays;
  if (!isReal || hour! > 23 || minute! > 59 || second! > 59) return NaN;
  const zone = (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * (found[8] === "-" ? -1 : 1);
  const clock = ((hour! * 60 + minute! - zone) * 60 + second!) * 1000 + Math.floor(Number(`0.${found[7] ?? 0}`) * 1000);
  return monthStart + (day! - 1) * dayMs + clock;
}

/** First moment of a month, counted from 1, in ms since 1970. */
function toUtc(year: number, month: number): number {
  // oxlint-disable-next-line no-restricted-globals -- arithmetic on its arguments; no clock is read
  return Date.UTC(year, month - 1);
}

/** Compares two values of a list: -1, 0 or 1. Texts by lower-cased UTF-16 code units, then as they are, the same on every machine. */
export function compareValues(a: number | string, b: number | string): number {
  if (typeof a === "string" && typeof b === "string") return compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b);
  return compare(a, b);
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
