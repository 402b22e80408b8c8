import { parseArgs, type ParseArgsConfig } from "node:util";
import { editDistance } from "../src/core/lexical/edit-distance.ts";
import { InvalidArgumentError } from "../src/errors.ts";
import type { QueryOptions, SearchMode, Where } from "../src/types.ts";

type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;

interface StrictConfig<Options extends OptionsConfig> {
  args: string[];
  options: Options;
  allowPositionals: true;
  strict: true;
}

/** Values of options by name, and what stands beside them. */
export type ParsedArguments<Options extends OptionsConfig> = Pick<
  ReturnType<typeof parseArgs<StrictConfig<Options>>>,
  "values" | "positionals"
>;

const modes: readonly SearchMode[] = ["words", "dense", "hybrid"];

/**
 * Reads a command's arguments.
 *
 * @throws {InvalidArgumentError} `argument/option` for an option that is unknown or lacks its value.
 */
export function parseArguments<const Options extends OptionsConfig>(
  args: readonly string[],
  options: Options,
): ParsedArguments<Options> {
  try {
    return parseArgs<StrictConfig<Options>>({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(describeRefusal(error, Object.keys(options)), error);
  }
}

/** Why not Node's own words for an unknown option: they tell of arguments that begin with a dash, which hardly anybody means. */
function describeRefusal(error: unknown, names: readonly string[]): string {
  if (!(error instanceof Error)) return String(error);
  const unknown = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (unknown === undefined) return `${error.message.replace(/[.\s]*$/, "")}. Add --help to see all options.`;
  const meant = nearestOf(unknown.replace(/^-+/, ""), names);
  const question = meant === undefined ? "" : ` Did you mean --${meant}?`;
  return `There is no option ${unknown}.${question} Add --help to see all options.`;
}

/** Most letters by which a word may be mistyped; a short one by less than all of its own. */
const maxTypos = 2;

/** The name that a mistyped word is nearest to; undefined where it is near none. */
export function nearestOf(word: string, names: readonly string[]): string | undefined {
  const near = names.map((name) => ({ name, typos: editDistance(word, name, maxTypos) }));
  const limit = Math.min(maxTypos, word.length - 1);
  return near.filter(({ typos }) => typos <= limit).sort((a, b) => a.typos - b.typos)[0]?.name;
}

/** The error for wrong usage; the command line ends with exit code 2. */
export function usageError(message: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError("argument/option", message, {}, cause);
}

/** Reads the value of `--mode`. @throws {InvalidArgumentError} `argument/mode`. */
export function parseMode(value: string): SearchMode {
  const mode = modes.find((candidate) => candidate === value);
  if (mode !== undefined) return mode;
  throw new InvalidArgumentError("argument/mode", `The mode is "${value}", expected one of: ${modes.join(", ")}.`, {
    mode: value,
  });
}

/** Reads the value of `--where`; what it says is checked by the query. @throws {InvalidArgumentError} `argument/where`. */
export function parseWhere(value: string): Where {
  try {
    return JSON.parse(value) as Where;
  } catch (error) {
    const message = `--where is no JSON: ${(error as Error).message}. Expected an object such as '{"lang":"en"}'.`;
    throw new InvalidArgumentError("argument/where", message, {}, error);
  }
}

/** Reads the value of `--sort`: names with a direction each, the last colon parts them. The directions are checked by the query. */
export function parseSort(value: string): NonNullable<QueryOptions["sort"]> {
  const keys = value.split(",").map((key) => /^(.*?)(?::([^:]*))?$/s.exec(key.trim())!);
  return Object.fromEntries(keys.map(([, name = "", order = ""]) => [name, order as "asc" | "desc"]));
}

/** Reads the value of `--limit`. @throws {InvalidArgumentError} `argument/limit`. */
export function parseLimit(value: string): number {
  const limit = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(limit)) return limit;
  throw new InvalidArgumentError("argument/limit", `The limit is "${value}", expected an integer of 0 or more.`, {
    limit: value,
  });
}
