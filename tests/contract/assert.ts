/** Fails with what was found and what was expected. Compares by JSON, with byte arrays as lists of numbers. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const found = describe(actual);
  const wanted = describe(expected);
  if (found !== wanted) throw new Error(`${what}: found ${shorten(found)}, expected ${shorten(wanted)}`);
}

/** Fails unless the promise rejects with an error of that name and code; gives the error. */
export async function assertRejects(
  promise: Promise<unknown>,
  name: string,
  code: string,
): Promise<Error & { details: Record<string, unknown> }> {
  let outcome: unknown;
  try {
    outcome = await promise;
  } catch (error) {
    const { name: foundName, code: foundCode } = error as { name?: unknown; code?: unknown };
    assertEqual([foundName, foundCode], [name, code], `error ${String(error)}`);
    return error as Error & { details: Record<string, unknown> };
  }
  throw new Error(`expected ${name} ${code}, but the call gave ${shorten(describe(outcome))}`);
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => describePart(part));
}

function describePart(part: unknown): unknown {
  if (part === undefined) return "<undefined>";
  if (typeof part === "number" && !Number.isFinite(part)) return `<${part}>`;
  return part instanceof Uint8Array ? `<bytes ${part.join(" ")}>` : part;
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
