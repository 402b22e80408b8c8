import { fileURLToPath } from "node:url";
import { expose, transfer } from "comlink";
import { createFileModelSource } from "../../../cli/model-source.ts";
import { type EmbedderApi, type EmbedderDescription, installErrorTransfer } from "../../../src/protocol.ts";
import type { ModelSource } from "../../../worker/model-slot.ts";
import { connectEmbedder } from "../../../worker/port-embedder.ts";
import type { Embedder } from "../../../worker/ports.ts";
import { loadStaticEmbedder } from "../../../worker/static-embedder.ts";

installErrorTransfer();

const modelFolder = fileURLToPath(new URL("../../../public/models/inkling-instant-v1", import.meta.url));
/** The model itself, without a port. */
export const small = loadStaticEmbedder(createFileModelSource(modelFolder), { dim: 128 });

/** Id of the second model of the tests: the built-in one at half of its dims, which makes other vectors. */
export const smallId = "small";

/** A real model at the other end of a real port. What it does wrong is set by the test. */
export class PortModel {
  readonly embedded: string[] = [];
  readonly queries: string[] = [];
  /** Of each call for documents, the numbers of those that its texts are from. */
  readonly documents: (readonly number[])[] = [];
  started = 0;
  stopped = 0;
  /** Runs before documents are embedded. */
  beforeBatch: (texts: readonly string[]) => Promise<void> = async () => {};
  /** Changes what is sent back. */
  spoil: (answer: Awaited<ReturnType<EmbedderApi["embed"]>>) => unknown = (answer) => answer;
  spoilDescription: (description: EmbedderDescription) => unknown = (description) => description;
  readonly id: string;
  readonly revision: string;
  port: MessagePort | null = null;

  constructor(id: string = smallId, revision: string = "1") {
    this.id = id;
    this.revision = revision;
  }

  /** What an engine is given. */
  source(limits?: Parameters<typeof connectEmbedder>[2]): ModelSource {
    return {
      id: this.id,
      tier: "neural",
      load: async (onBytes) => {
        this.started++;
        onBytes(10, 10);
        return connectEmbedder(await this.open(), this.id, limits);
      },
      stop: async () => void this.stopped++,
    };
  }

  /** Another port to the model. */
  async open(): Promise<MessagePort> {
    const inner = await small;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    expose(this.api(inner), port1);
    return port2;
  }

  private api(inner: Embedder): EmbedderApi {
    const { dim } = inner.fingerprint;
    const { id, revision } = this;
    return {
      describe: async () =>
        this.spoilDescription({
          id,
          revision,
          dim,
          denseWeight: 0.6,
          device: "wasm",
          dtype: "q8",
          bytes: 1234,
          fallbacks: [],
        }) as EmbedderDescription,
      embed: async (texts, kind, _titles, documents = []) => {
        if (kind === "document") {
          this.documents.push(documents);
          await this.beforeBatch(texts);
        }
        (kind === "document" ? this.embedded : this.queries).push(...texts);
        const answer = await embedWith(inner, texts, kind);
        const given = this.spoil(answer) as typeof answer;
        return given === answer ? transfer(given, [answer.vectors.buffer as ArrayBuffer]) : given;
      },
      close: async () => {},
    };
  }
}

async function embedWith(
  inner: Embedder,
  texts: readonly string[],
  kind: "query" | "document",
): ReturnType<EmbedderApi["embed"]> {
  const truncated = new Uint8Array(texts.length);
  if (kind === "document")
    return { vectors: await inner.embed(texts), coverage: new Float32Array(texts.length).fill(1), truncated };
  const { vector, coverage } = await inner.embedQuery(texts[0]!);
  return { vectors: vector, coverage: Float32Array.of(coverage), truncated };
}
