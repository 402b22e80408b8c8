import { hashText } from "./hash.ts";
import type { Dtype, ModelSettings } from "./settings.ts";

/**
 * What tells a model's vectors from those of another state of it: its weights, its tokenizer, and all settings that vectors
 * depend on. Two readers of one folder get the same.
 *
 * @param hashes - of the weights and the tokenizer; not read where the model names its own state and runs as intended.
 */
export async function revisionOf(
  settings: ModelSettings,
  dtype: Dtype,
  isChanged: boolean,
  hashes: () => Promise<readonly string[]>,
): Promise<string> {
  const isAsIntended = !isChanged && dtype === settings.dtypes[0];
  if (settings.revision !== null && isAsIntended) return settings.revision;
  const { pooling, poolsPrompt, prompts, layerNorm, maxTokens, lateChunking } = settings;
  const shape = JSON.stringify([
    pooling,
    poolsPrompt,
    prompts.query,
    prompts.document,
    layerNorm,
    maxTokens,
    dtype,
    ...(lateChunking ? ["late"] : []),
  ]);
  return hashText(`${(await hashes()).join(" ")} ${shape}`);
}
