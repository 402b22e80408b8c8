import { formatError } from "./format-error.ts";
import type { TokenWeights } from "./static-embedding.ts";

/** Newest `format` of `config.json` that is read here. */
export const MODEL_FORMAT = 1;

/** Size and hash that a file of the model must have. */
export interface ExpectedFile {
  readonly bytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** A text and the vector, or its leading numbers, that it must get. */
export interface GoldenVector {
  readonly text: string;
  readonly vector: readonly number[];
}

/** `config.json` of a static model, checked. */
export interface StaticModelConfig {
  readonly id: string;
  /** Hash of the weights. */
  readonly revision: string;
  readonly dim: number;
  /** Prefixes that the model was trained for, `dim` among them. */
  readonly matryoshkaDims: readonly number[];
  /** Tokens read of a text. */
  readonly maxTokens: number;
  /** What tokens count; each the same where the config says nothing. */
  readonly tokenWeights: TokenWeights;
  /** Put before a text of that kind. */
  readonly prompts: { readonly query: string; readonly document: string };
  /** Share of the dense score in fusion, 0 to 1. */
  readonly denseWeight: number;
  readonly files: Readonly<Record<"model.safetensors" | "tokenizer.json", ExpectedFile>>;
  readonly golden: readonly GoldenVector[];
}

type Check<Value> = (value: unknown) => value is Value;

/**
 * Reads a parsed `config.json`.
 *
 * @throws {ModelError} `model/format` if a field is missing or odd, or the format is newer than this library.
 */
export function readModelConfig(json: unknown): StaticModelConfig {
  const format = read(json, "format", isCount, "an integer >= 1");
  if (format > MODEL_FORMAT) throw newerFormat(format);
  read(json, "kind", (value): value is "static" => value === "static", `"static"`);
  const dim = read(json, "dim", isCount, "an integer >= 1");
  return {
    id: read(json, "id", isName, "letters, digits, dots and hyphens"),
    revision: read(json, "revision", isName, "letters, digits, dots and hyphens"),
    dim,
    matryoshkaDims: readDims(json, dim),
    maxTokens: read(json, "maxTokens", isCount, "an integer >= 1"),
    tokenWeights: {
      frequencyPower: readOr(json, "tokenFrequencyPower", isPower, "a number over 0, up to 1", 1),
      leadWeight: readOr(json, "leadWeight", isModest, "a number from 0 to 100", 0),
      leadTokens: readOr(json, "leadTokens", isLead, "an integer from 1 to 10000", 1),
      contextDamping: readOr(json, "contextDamping", isModest, "a number from 0 to 100", 0),
    },
    prompts: {
      query: readOr(json, "prompts.query", isText, "a text", ""),
      document: readOr(json, "prompts.document", isText, "a text", ""),
    },
    denseWeight: read(json, "fusion.denseWeight", isShare, "a number from 0 to 1"),
    files: {
      "model.safetensors": readFile(json, "model.safetensors"),
      "tokenizer.json": readFile(json, "tokenizer.json"),
    },
    golden: readOr(json, "golden", isGolden, "a list of text and vector", []),
  };
}

function readDims(json: unknown, dim: number): number[] {
  const isDims = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((prefix) => isCount(prefix) && prefix <= dim);
  return [...new Set([dim, ...readOr(json, "matryoshkaDims", isDims, `a list of integers from 1 to ${dim}`, [])])];
}

function readFile(json: unknown, name: string): ExpectedFile {
  const file = read(json, ["files", name], isFields, "size and hash of the file");
  return {
    bytes: read(file, "bytes", isCount, `the size of ${name}`),
    sha256: read(file, "sha256", isSha256, `64 hex digits for ${name}`),
  };
}

function readOr<Value>(json: unknown, path: string, check: Check<Value>, expected: string, fallback: Value): Value {
  return find(json, path.split(".")) === undefined ? fallback : read(json, path, check, expected);
}

function read<Value>(json: unknown, path: string | string[], check: Check<Value>, expected: string): Value {
  const steps = typeof path === "string" ? path.split(".") : path;
  const value = find(json, steps);
  if (check(value)) return value;
  const found = (JSON.stringify(value) ?? "nothing").slice(0, 80);
  const where = steps.join(".");
  throw formatError(`The model's config.json has ${found} in "${where}"; expected ${expected}.`, { where, found });
}

function find(json: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => (isFields(value) ? value[step] : undefined), json);
}

function newerFormat(format: number): Error {
  return formatError(
    `The model has format ${format}; this version of the library reads up to ${MODEL_FORMAT}. Update the library, or:`,
    { format, newest: MODEL_FORMAT },
  );
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

// Why a limit: each place gets a number of its own until the lead has faded, at 40 times as many places.
function isLead(value: unknown): value is number {
  return isCount(value) && value <= 10_000;
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function isPower(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 1;
}

// Why a limit: exp(-100) is still a number, and more would say nothing else.
function isModest(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 100;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

// Why so strict: id and revision become parts of block names.
function isName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(value);
}

function isSha256(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isGolden(value: unknown): value is GoldenVector[] {
  return (
    Array.isArray(value) &&
    value.every((entry) => isFields(entry) && isText(entry["text"]) && isVector(entry["vector"]))
  );
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number));
}
