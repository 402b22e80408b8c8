/**
 * Brings a date as pages write it into one form: `2026-03-01`, or `2026-03-01T12:00:00.000Z` where a time is given. A time
 * without zone counts as UTC, so that every machine reads the same.
 *
 * @returns `undefined` for what is no ISO 8601 or RFC 2822 date, or for a day that does not exist.
 */
export function normalizeDate(text: string): string | undefined {
  const trimmed = text.trim();
  const day = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(trimmed);
  if (day !== null) return existingDay(`${day[1]}-${day[2]}-${day[3]}`);
  const time = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(trimmed);
  if (time !== null) {
    if (existingDay(time[1]!) === undefined) return undefined;
    const zone = (time[3] ?? "Z").toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
    return toIso(`${time[1]}T${time[2]!.replace(/(\.\d{3})\d+$/, "$1")}${zone}`);
  }
  const isMail = /^(?:[a-z]{3},\s*)?\d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})? (?:GMT|UTC|Z|[+-]\d{4})$/i.test(
    trimmed,
  );
  return isMail ? toIso(trimmed) : undefined;
}

function existingDay(day: string): string | undefined {
  const iso = toIso(`${day}T00:00:00.000Z`);
  // Why compared: 31 February becomes 3 March.
  return iso?.startsWith(day) === true ? day : undefined;
}

function toIso(text: string): string | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
