export { type ModelSpec, neural, type NeuralOptions } from "./neural.ts";
export { builtInNeuralModelId, findRegistryEntry, registry, type RegistryEntry } from "./registry.ts";
export type { Dtype, Pooling, Prompts } from "./settings.ts";
export type { EmbeddedTexts, EmbedderApi, EmbedderDescription, ModelProvider } from "../src/model-provider.ts";
