import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Section } from "../../src/types.ts";
import { usageError } from "../arguments.ts";
import { isRecord, parseLine } from "../read-queries.ts";
import type { Judgements } from "./metrics.ts";

/** A document of a test collection: plain text, or sections under headings where a line has `sections`. */
export interface CollectionDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly sections?: readonly Section[];
}

/** A query with what is relevant to it. */
export interface JudgedQuery {
  readonly id: string;
  readonly text: string;
  readonly judgements: Judgements;
}

/** A test collection: documents, and the queries it is evaluated by. */
export interface Collection {
  readonly name: string;
  readonly documents: readonly CollectionDocument[];
  readonly queries: readonly JudgedQuery[];
}

/** Most queries that are run; of more an even sample is. */
const maxQueries = 1000;

/**
 * Reads a collection in the layout of BEIR: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`. Queries without a relevant document are
 * dropped; of more than 1,000 those at floor(i · n / 1000) are kept.
 *
 * @throws {InvalidArgumentError} that names the file, and the line where one is wrong.
 */
export async function readCollection(folder: string): Promise<Collection> {
  const documents = await readRecords(join(folder, "corpus.jsonl"), (record) => ({
    id: readField(record, "_id"),
    title: readField(record, "title", ""),
    text: readField(record, "text", ""),
    ...(isRecord(record) && Array.isArray(record["sections"]) ? { sections: record["sections"] as Section[] } : {}),
  }));
  const qrels = readQrels(await readLines(join(folder, "qrels.tsv")), join(folder, "qrels.tsv"));
  const queries = await readRecords(join(folder, "queries.jsonl"), (record) => {
    const id = readField(record, "_id");
    return { id, text: readField(record, "text"), judgements: qrels.get(id) ?? new Map<string, number>() };
  });
  return { name: basename(resolve(folder)), documents, queries: sampleEvenly(queries.filter(hasRelevant), maxQueries) };
}

/** Keeps at most `count` values, those at floor(i · n / count). */
export function sampleEvenly<Value>(values: readonly Value[], count: number): readonly Value[] {
  if (values.length <= count) return values;
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]!);
}

function hasRelevant({ judgements }: JudgedQuery): boolean {
  return [...judgements.values()].some((grade) => grade > 0);
}

async function readRecords<Value>(path: string, read: (record: unknown) => Value): Promise<Value[]> {
  const lines = await readLines(path);
  return lines.flatMap((line, i) => (line.trim() === "" ? [] : [readRecord(line, `${path}:${i + 1}`, read)]));
}

function readRecord<Value>(line: string, where: string, read: (record: unknown) => Value): Value {
  const record = parseLine(line, where);
  try {
    return read(record);
  } catch (error) {
    throw usageError(`${where}: ${(error as Error).message}`, error);
  }
}

function readField(record: unknown, name: string, missing?: string): string {
  const value = isRecord(record) ? (record[name] ?? missing) : undefined;
  if (typeof value === "string") return value;
  throw new TypeError(`the field "${name}" is ${JSON.stringify(value)}, expected a string.`);
}

async function readLines(path: string): Promise<string[]> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const expected = "A collection is a folder with corpus.jsonl, queries.jsonl and qrels.tsv.";
    throw usageError(`The file "${path}" cannot be read (${error.code ?? error.message}). ${expected}`, error);
  });
  return content.split(/\r?\n/);
}

/** Reads lines of query id, document id and grade, with a header or without. */
export function readQrels(lines: readonly string[], path: string): Map<string, Map<string, number>> {
  const qrels = new Map<string, Map<string, number>>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "" || (i === 0 && /^query-id\t/i.test(line))) continue;
    const [query, document, grade, ...rest] = line.split("\t");
    const value = Number(grade);
    if (!query || !document || rest.length > 0 || grade?.trim() === "" || !Number.isFinite(value)) {
      throw usageError(
        `${path}:${i + 1} is "${line.slice(0, 80)}". Expected query id, document id and a number, divided by tabs.`,
      );
    }
    if (!qrels.has(query)) qrels.set(query, new Map());
    qrels.get(query)!.set(document, value);
  }
  return qrels;
}
