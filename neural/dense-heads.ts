import { parseSafetensors, readNumbers } from "../src/core/model/safetensors.ts";
import { ModelError } from "../src/errors.ts";
import { parseObject } from "./describe-model.ts";
import type { ModelFiles } from "./model-files.ts";

/** A linear layer behind the pooling. */
export interface DenseHead {
  readonly width: { readonly from: number; readonly to: number };
  /** Float32 [to, from], row-major */
  readonly weights: Float32Array;
  /** Float32 [to], or null */
  readonly bias: Float32Array | null;
  readonly activate: (value: number) => number;
}

const identity = "torch.nn.modules.linear.Identity";
const activations: Readonly<Record<string, (value: number) => number>> = {
  [identity]: (value) => value,
  "torch.nn.modules.activation.Tanh": Math.tanh,
  "torch.nn.modules.activation.ReLU": (value) => Math.max(0, value),
};

/**
 * The linear layers that `modules.json` lists behind the pooling; none where there is no such file.
 *
 * @throws {ModelError} `model/format` for a layer or activation that is not known here.
 */
export async function readDenseHeads(files: Pick<ModelFiles, "read" | "readOptional" | "urlOf">): Promise<DenseHead[]> {
  const bytes = await files.readOptional("modules.json");
  if (bytes === null) return [];
  const modules = parseModules(bytes, files.urlOf("modules.json"));
  const paths = modules.filter(({ type }) => type.endsWith(".Dense")).map(({ path }) => path);
  return Promise.all(paths.map((path) => readHead(files, path)));
}

function parseModules(bytes: Uint8Array, url: string): { type: string; path: string }[] {
  let modules: unknown;
  try {
    modules = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    modules = undefined;
  }
  const isList =
    Array.isArray(modules) && modules.every((each) => typeof each?.type === "string" && typeof each?.path === "string");
  if (isList) return modules as { type: string; path: string }[];
  throw wrong(url, "is no list of modules with type and path");
}

async function readHead(files: Pick<ModelFiles, "read" | "urlOf">, path: string): Promise<DenseHead> {
  const url = files.urlOf(`${path}/config.json`);
  const [config, file] = await Promise.all([
    files.read(`${path}/config.json`).then((bytes) => parseObject(bytes, url)),
    files.read(`${path}/model.safetensors`),
  ]);
  const tensors = parseSafetensors(file, (bytes) => new TextDecoder().decode(bytes));
  const numbers = (name: string): Float32Array | null => {
    const tensor = tensors.get(name);
    return tensor === undefined ? null : Float32Array.from(readNumbers(tensor));
  };
  const width = { from: Number(config["in_features"]), to: Number(config["out_features"]) };
  const weights = numbers("linear.weight");
  if (weights === null || weights.length !== width.from * width.to) {
    throw wrong(
      url,
      `promises ${width.to} x ${width.from} weights; the safetensors file has ${weights?.length ?? "none"}`,
    );
  }
  const { activation_function: activation = identity } = config;
  const activate = typeof activation === "string" ? activations[activation] : undefined;
  if (activate === undefined)
    throw wrong(
      url,
      `asks for the activation ${JSON.stringify(activation)}; expected ${Object.keys(activations).join(", ")}`,
    );
  return { width, weights, bias: numbers("linear.bias"), activate };
}

function wrong(url: string, what: string): ModelError {
  return new ModelError("model/format", `${url} ${what}. Use the files as the model's authors published them.`, {
    url,
  });
}

/**
 * Vectors behind all heads.
 *
 * @param vectors - Float32 [rows, width]
 * @throws {ModelError} `model/format` where a head expects vectors of another length.
 */
export function applyHeads(
  vectors: Float32Array,
  width: number,
  heads: readonly DenseHead[],
): { vectors: Float32Array; width: number } {
  for (const head of heads) {
    if (head.width.from !== width) {
      throw wrong(
        "modules.json",
        `has a linear layer for vectors of ${head.width.from} numbers; the layer before gives ${width}`,
      );
    }
    vectors = applyHead(vectors, head);
    width = head.width.to;
  }
  return { vectors, width };
}

function applyHead(vectors: Float32Array, { width, weights, bias, activate }: DenseHead): Float32Array {
  const rows = vectors.length / width.from;
  const result = new Float32Array(rows * width.to);
  for (let row = 0; row < rows; row++) {
    for (let to = 0; to < width.to; to++) {
      let sum = bias?.[to] ?? 0;
      for (let from = 0; from < width.from; from++)
        sum += weights[to * width.from + from]! * vectors[row * width.from + from]!;
      result[row * width.to + to] = activate(sum);
    }
  }
  return result;
}
