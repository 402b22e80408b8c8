import { ModelError } from "../src/errors.ts";
import type { ModelFiles } from "./model-files.ts";
import { findRegistryEntry, type RegistryEntry } from "./registry.ts";
import {
  type Dtype,
  dtypes,
  type ExpectedFile,
  type GoldenText,
  type ModelSettings,
  type Pooling,
} from "./settings.ts";

/** What a caller knows better than the files; each value wins over all other sources. */
export type SettingsOverrides = Partial<Omit<ModelSettings, "id" | "files" | "revision">>;

/**
 * Longest single pass unless a caller says otherwise, in tokens: attention needs memory by its square. Longer text goes
 * through in windows.
 */
const practicalTokens = 1024;
/** Where nothing says how many tokens a model takes. */
const usualTokens = 512;
/** Where nothing says how much the vectors should count beside the words: near what the built-in models measured best with. */
const usualDenseWeight = 0.4;
const poolings: readonly Pooling[] = ["mean", "cls", "last", "none"];

/**
 * The settings of a model, out of `inkling.json`, else the registry, else the files that Hugging Face's libraries write.
 *
 * @param id - hub id or name; looked up in the registry.
 * @throws {ModelError} `model/missing` for a folder without config.json, `model/format` for files that contradict themselves.
 */
export async function describeModel(
  files: Pick<ModelFiles, "read" | "readOptional" | "readFresh" | "urlOf">,
  id: string,
  overrides: SettingsOverrides = {},
): Promise<ModelSettings> {
  const own = await readObject(files, "inkling.json", "fresh");
  const config = await readObject(files, "config.json", "fresh");
  if (config === null) throw withoutConfig(files.urlOf("config.json"));
  const entry = findRegistryEntry(id);
  const known = own === null ? entry && fromRegistry(entry) : readOwnSettings(own, files.urlOf("inkling.json"));
  const found = known ?? (await readHubSettings(files, config));
  const settings = { ...defaults, ...found, ...withoutUndefined(overrides) };
  const maxTokens = overrides.maxTokens ?? Math.min(settings.maxTokens, practicalTokens);
  if (settings.lateChunking && (settings.kind === "static" || settings.pooling !== "mean"))
    throw wrong(
      files.urlOf("config.json"),
      `is of a ${settings.kind} model with pooling "${settings.pooling}"; late chunking needs a transformer whose tokens are averaged`,
    );
  return { ...settings, id: (own?.["id"] as string | undefined) ?? entry?.id ?? id, maxTokens };
}

const defaults: Omit<ModelSettings, "id"> = {
  kind: "transformer",
  dim: null,
  matryoshkaDims: [],
  pooling: "mean",
  maxTokens: usualTokens,
  prompts: { query: "", document: "" },
  poolsPrompt: true,
  layerNorm: false,
  lateChunking: false,
  denseWeight: usualDenseWeight,
  languages: null,
  dtypes: ["q8", "fp32"],
  golden: [],
  files: {},
  revision: null,
};

function withoutUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function withoutConfig(url: string): ModelError {
  return new ModelError(
    "model/missing",
    `There is no config.json at ${url}. A model's folder has config.json, tokenizer.json and onnx/model….onnx, as on the ` +
      `Hugging Face hub: check the id or address.`,
    { url, status: 404 },
  );
}

/** The settings of a registry entry. */
export function fromRegistry(entry: RegistryEntry): Partial<ModelSettings> {
  const { kind, dim, pooling, maxTokens } = entry;
  return {
    kind,
    dim,
    pooling,
    maxTokens,
    matryoshkaDims: entry.matryoshkaDims ?? [],
    prompts: { query: "", document: "", ...entry.prompts },
    layerNorm: entry.layerNorm ?? false,
    languages: entry.languages,
    dtypes: entry.dtypes,
  };
}

type Json = Readonly<Record<string, unknown>>;

async function readObject(
  files: Pick<ModelFiles, "readOptional" | "readFresh" | "urlOf">,
  path: string,
  how: "fresh" | "kept" = "kept",
): Promise<Json | null> {
  const bytes = await (how === "fresh" ? files.readFresh(path) : files.readOptional(path));
  if (bytes === null) return null;
  return parseObject(bytes, files.urlOf(path));
}

/** A JSON object. @throws {ModelError} `model/format` */
export function parseObject(bytes: Uint8Array, url: string): Json {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw wrong(url, `begins with ${JSON.stringify(text.slice(0, 40))}; expected a JSON object`);
}

function wrong(url: string, what: string): ModelError {
  return new ModelError("model/format", `${url} ${what}. Use the file as the model's authors published it.`, { url });
}

/** The settings in `inkling.json`. @throws {ModelError} `model/format` */
export function readOwnSettings(own: Json, url: string): Partial<ModelSettings> {
  const need = (is: boolean, name: string, expected: string): void => {
    if (!is) throw wrong(url, `has ${name} = ${JSON.stringify(own[name])?.slice(0, 60)}; expected ${expected}`);
  };
  const optional = (name: string, is: (value: unknown) => boolean, expected: string): void =>
    need(own[name] === undefined || is(own[name]), name, expected);
  need(own["format"] === 1, "format", "1");
  need(isText(own["id"]), "id", "a name");
  need(isText(own["revision"]), "revision", "a text");
  optional("kind", (value) => value === "transformer" || value === "static", '"transformer" or "static"');
  optional("dim", isCount, "a whole number above 0");
  optional("matryoshkaDims", (value) => Array.isArray(value) && value.every(isCount), "whole numbers above 0");
  optional("pooling", (value) => poolings.includes(value as Pooling), poolings.join(", "));
  optional("maxTokens", isCount, "a whole number above 0");
  optional("prompts", isPrompts, "texts by role");
  optional("layerNorm", (value) => typeof value === "boolean", "true or false");
  optional("lateChunking", (value) => typeof value === "boolean", "true or false");
  optional("languages", isLanguages, 'tags such as ["en"], or "many"');
  optional("fusion", isFusion, "{ denseWeight: 0 to 1 }");
  optional("dtypes", (value) => Array.isArray(value) && value.every(isDtype), dtypes.join(", "));
  optional("files", isFiles, "{ path: { bytes, sha256 } }");
  optional("golden", isGolden, "[{ text, kind: query or document, vector }]");
  const { denseWeight } = (own["fusion"] ?? {}) as { denseWeight?: number };
  return withoutUndefined({
    kind: own["kind"] as ModelSettings["kind"],
    dim: own["dim"] as number,
    matryoshkaDims: own["matryoshkaDims"] as number[],
    pooling: own["pooling"] as Pooling,
    maxTokens: own["maxTokens"] as number,
    prompts: own["prompts"] === undefined ? undefined : { query: "", document: "", ...(own["prompts"] as object) },
    layerNorm: own["layerNorm"] as boolean,
    lateChunking: own["lateChunking"] as boolean,
    denseWeight,
    languages: own["languages"] as ModelSettings["languages"],
    dtypes: (own["dtypes"] as Dtype[] | undefined) ?? dtypesOf(own["files"] as object | undefined),
    golden: own["golden"] as GoldenText[],
    files: own["files"] as Record<string, ExpectedFile>,
    revision: own["revision"] as string,
  }) as Partial<ModelSettings>;
}

/** The dtypes among the files that are listed, smallest first as `dtypes` would be preferred. */
function dtypesOf(files: object | undefined): Dtype[] | undefined {
  if (files === undefined) return undefined;
  const names: readonly [Dtype, string][] = [
    ["q8", "onnx/model_quantized.onnx"],
    ["fp32", "onnx/model.onnx"],
    ["fp16", "onnx/model_fp16.onnx"],
    ["q4", "onnx/model_q4.onnx"],
  ];
  const found = names.filter(([, path]) => path in files).map(([dtype]) => dtype);
  return found.length > 0 ? found : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isDtype(value: unknown): boolean {
  return dtypes.includes(value as Dtype);
}

function isPrompts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((prompt) => typeof prompt === "string");
}

function isLanguages(value: unknown): boolean {
  return value === "many" || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

function isFusion(value: unknown): boolean {
  const weight = isRecord(value) ? value["denseWeight"] : undefined;
  return typeof weight === "number" && weight >= 0 && weight <= 1;
}

function isFiles(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.values(value).every((file) => isRecord(file) && isSize(file["bytes"]) && isHash(file["sha256"]))
  );
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isGolden(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (each) => isRecord(each) && typeof each["text"] === "string" && isKind(each["kind"]) && isNumbers(each["vector"]),
    )
  );
}

function isKind(value: unknown): boolean {
  return value === undefined || value === "query" || value === "document";
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each));
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the configuration files of Hugging Face's libraries say. */
async function readHubSettings(
  files: Pick<ModelFiles, "readOptional" | "readFresh" | "urlOf">,
  config: Json,
): Promise<Partial<ModelSettings>> {
  const read = (path: string): Promise<Json | null> => readObject(files, path);
  const [pooling, sentence, bert, tokenizer] = await Promise.all([
    read("1_Pooling/config.json"),
    read("config_sentence_transformers.json"),
    read("sentence_bert_config.json"),
    read("tokenizer_config.json"),
  ]);
  const isStatic = isStaticConfig(config);
  return withoutUndefined({
    kind: isStatic ? "static" : "transformer",
    pooling: pooling === null ? undefined : readPooling(pooling, files.urlOf("1_Pooling/config.json")),
    poolsPrompt: pooling?.["include_prompt"] !== false,
    maxTokens: readMaxTokens(config, bert, tokenizer),
    prompts: readPrompts(sentence?.["prompts"]),
    dtypes: isStatic ? ["fp32"] : undefined,
  } satisfies { [Name in keyof ModelSettings]?: ModelSettings[Name] | undefined }) as Partial<ModelSettings>;
}

function isStaticConfig(config: Json): boolean {
  const architectures = Array.isArray(config["architectures"]) ? (config["architectures"] as unknown[]) : [];
  return config["model_type"] === "model2vec" || architectures.includes("StaticModel");
}

/** @throws {ModelError} `model/format` for a pooling that is not known here. */
export function readPooling(config: Json, url: string): Pooling {
  if (config["pooling_mode_cls_token"] === true || config["pooling_mode"] === "cls") return "cls";
  if (config["pooling_mode_lasttoken"] === true || config["pooling_mode"] === "lasttoken") return "last";
  if (config["pooling_mode_mean_tokens"] === true || config["pooling_mode"] === "mean") return "mean";
  const modes = Object.keys(config).filter((name) => config[name] === true);
  throw wrong(url, `asks for the pooling ${modes.join(", ") || "none"}; expected mean, cls or last token`);
}

/** Architectures whose positions begin behind the padding id. */
const offsetArchitectures = new Set(["roberta", "xlm-roberta", "camembert", "mpnet"]);

/** Tokens in one pass, by the first file that gives a number that can be meant. */
export function readMaxTokens(config: Json, bert: Json | null, tokenizer: Json | null): number {
  const offset = offsetArchitectures.has(String(config["model_type"])) ? 2 : 0;
  const positions = Number(config["max_position_embeddings"] ?? Number.NaN) - offset;
  const stated = [bert?.["max_seq_length"], tokenizer?.["model_max_length"]].map(Number);
  // Why the bound: libraries write 1e30 where they mean that there is no limit.
  const meant = stated.filter((value) => value > 0 && value < 1e6);
  const limit = Number.isFinite(positions) && positions > 0 ? positions : usualTokens;
  return Math.min(meant[0] ?? limit, Number.isFinite(positions) && positions > 0 ? positions : Infinity);
}

function readPrompts(prompts: unknown): ModelSettings["prompts"] | undefined {
  if (!isRecord(prompts)) return undefined;
  const text = (...names: string[]): string =>
    (names.map((name) => prompts[name]).find((prompt) => typeof prompt === "string") as string | undefined) ?? "";
  return {
    query: text("query", "Retrieval-query", "retrieval.query"),
    document: text("document", "passage", "Retrieval-document", "retrieval.passage"),
  };
}
