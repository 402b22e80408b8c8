import { ModelError } from "../src/errors.ts";
import type { EmbeddedTexts, EmbedderDescription } from "../src/model-provider.ts";
import type { TextContext } from "./embedder.ts";

/** A running model, as a provider needs it. */
export interface Host {
  describe(): Promise<EmbedderDescription>;
  embed(texts: readonly string[], kind: "query" | "document", context?: TextContext): Promise<EmbeddedTexts>;
  stop(reason: Error): void;
}

/** One model for queries and another, usually larger one for documents, whose vectors fit together. */
export class PairedHosts implements Host {
  readonly #id: string;
  readonly #queries: Host;
  readonly #documents: Host;

  constructor(id: string, queries: Host, documents: Host) {
    this.#id = id;
    this.#queries = queries;
    this.#documents = documents;
  }

  /** @throws {ModelError} `model/output` where the vectors have different lengths; and what either model throws. */
  async describe(): Promise<EmbedderDescription> {
    const [queries, documents] = await Promise.all([this.#queries.describe(), this.#documents.describe()]);
    if (queries.dim !== documents.dim) throw unequal(queries, documents);
    return {
      ...queries,
      id: this.#id,
      revision: `${queries.revision}+${documents.revision}`,
      bytes: queries.bytes + documents.bytes,
      isContextual: documents.isContextual === true,
      fallbacks: [...queries.fallbacks, ...documents.fallbacks],
    };
  }

  embed(texts: readonly string[], kind: "query" | "document", context?: TextContext): Promise<EmbeddedTexts> {
    return (kind === "query" ? this.#queries : this.#documents).embed(texts, kind, context);
  }

  stop(reason: Error): void {
    this.#queries.stop(reason);
    this.#documents.stop(reason);
  }
}

function unequal(queries: EmbedderDescription, documents: EmbedderDescription): ModelError {
  return new ModelError(
    "model/output",
    `"${queries.id}" for queries gives ${queries.dim} numbers, "${documents.id}" for documents ${documents.dim}; expected the ` +
      `same. Choose models that were made for each other, or a \`dim\` that both have.`,
    { queryDim: queries.dim, documentDim: documents.dim },
  );
}
