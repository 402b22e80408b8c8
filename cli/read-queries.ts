import { readFile } from "node:fs/promises";
import { usageError } from "./arguments.ts";

/**
 * Reads a file of queries: one a line, or in a `.jsonl` file an object with `text` or `query` a line. Empty lines are skipped.
 *
 * @throws {InvalidArgumentError} that names the file and, for a line that is no such object, the line.
 */
export async function readQueries(path: string): Promise<string[]> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw usageError(
      `The file of queries "${path}" cannot be read (${error.code ?? error.message}). Give an existing file.`,
      error,
    );
  });
  const lines = content.replace(/^\ufeff/, "").split(/\r?\n/);
  const read = path.toLowerCase().endsWith(".jsonl") ? readQueryLine : (line: string): string => line.trim();
  return lines.flatMap((line, i) => (line.trim() === "" ? [] : [read(line, `${path}:${i + 1}`)]));
}

function readQueryLine(line: string, where: string): string {
  const record = parseLine(line, where);
  const query = isRecord(record) ? (record["text"] ?? record["query"]) : undefined;
  if (typeof query === "string") return query;
  throw usageError(`${where} has no query: ${line.slice(0, 80)}. Expected an object with "text" or "query".`);
}

/** Parses a line of JSON. @throws {InvalidArgumentError} that names the line. */
export function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw usageError(`${where} is no JSON: ${line.slice(0, 80)}. Expected one JSON object a line.`, error);
  }
}

/** Whether a value is an object with named fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
