/** How token states become one vector. `none`: the model's output is one vector already. */
export type Pooling = "mean" | "cls" | "last" | "none";

/** Number type of the weights; names a file in `onnx/`, see `onnxFile`. */
export type Dtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "q4f16";

/** Put in front of a text. `{title}` stands for the document's title, `{title|none}` for it or, without one, for "none". */
export interface Prompts {
  readonly query: string;
  readonly document: string;
}

/** A text whose vector is known. */
export interface GoldenText {
  readonly text: string;
  /** As what it is embedded. Absent: as it stands, without a prompt. */
  readonly kind?: "query" | "document";
  readonly vector: readonly number[];
}

/** A file's size and content, as `inkling.json` states them. */
export interface ExpectedFile {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** All that must be known of a model besides its files. */
export interface ModelSettings {
  readonly id: string;
  /** `transformer` runs an ONNX file, `static` adds up rows of a table. */
  readonly kind: "transformer" | "static";
  /** Numbers that the model gives; `null` where only running it tells. */
  readonly dim: number | null;
  /** Lengths to which its vectors may be cut, longest first; empty where it was not trained for that. */
  readonly matryoshkaDims: readonly number[];
  readonly pooling: Pooling;
  /** Tokens in one pass, special tokens and prompt among them. */
  readonly maxTokens: number;
  readonly prompts: Prompts;
  /** False where tokens of the prompt stay out of the mean. */
  readonly poolsPrompt: boolean;
  /** Whether vectors are brought to mean 0 and variance 1, before they are cut. */
  readonly layerNorm: boolean;
  /** Whether passages of a document go through the model together, each then getting the mean of its own tokens. */
  readonly lateChunking: boolean;
  /** Share of the dense score in fusion, 0 to 1. */
  readonly denseWeight: number;
  /** BCP 47 tags of the languages that it was trained for, `many`, or null where nothing tells. */
  readonly languages: readonly string[] | "many" | null;
  /** What there is, the one to prefer first. */
  readonly dtypes: readonly Dtype[];
  /** Vectors of some texts; the self-test compares. */
  readonly golden: readonly GoldenText[];
  /** Files by path, checked when read; empty where nothing is known. */
  readonly files: Readonly<Record<string, ExpectedFile>>;
  /** The model's own name for its state, or null where only the files tell. */
  readonly revision: string | null;
}

const suffixes: Readonly<Record<Dtype, string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
};

/** Every dtype by name. */
export const dtypes: readonly Dtype[] = Object.keys(suffixes) as Dtype[];

/** Path of the ONNX file with weights of a dtype, as the Hugging Face hub lays them out. */
export function onnxFile(dtype: Dtype): string {
  return `onnx/model${suffixes[dtype]}.onnx`;
}

/** Whether a prompt has a place for the document's title. */
export function hasTitleSlot(prompt: string): boolean {
  return titleSlot.test(prompt);
}

const titleSlot = /\{title(?:\|([^}]*))?\}/;

/** A prompt with the title in its slot. */
export function fillPrompt(prompt: string, title: string): string {
  return prompt.replace(new RegExp(titleSlot, "g"), (_, without: string | undefined) => title || (without ?? ""));
}
