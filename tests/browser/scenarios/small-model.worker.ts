import { expose, transfer } from "comlink";
import { installErrorTransfer, type EmbedderApi } from "../../../src/protocol.ts";
import { ModelError } from "../../../src/errors.ts";
import { loadStaticEmbedder } from "../../../worker/static-embedder.ts";

/** What the page says at first: the port to answer on, how long a batch is to take, and when to fail. */
export interface SmallModelSettings {
  readonly port: MessagePort;
  readonly modelUrls: Readonly<Record<string, string>>;
  readonly id: string;
  /** Extra ms for each batch of documents. */
  readonly batchMs: number;
  /** Batches after which embedding fails. */
  readonly failAfter: number;
}

installErrorTransfer();

// Why not onmessage of Comlink: the page has one thing to say, and everything else goes through the port.
self.addEventListener("message", ({ data }: MessageEvent<SmallModelSettings>) => {
  expose(createApi(data), data.port);
});

function createApi({ modelUrls, id, batchMs, failAfter }: SmallModelSettings): EmbedderApi {
  const loading = loadStaticEmbedder(modelUrls, { dim: 128 });
  let batches = 0;
  return {
    describe: async () => {
      const { dim } = (await loading).fingerprint;
      return { id, revision: "1", dim, denseWeight: 0.4, device: "wasm", dtype: "q4", bytes: 0, fallbacks: [] };
    },
    embed: async (texts, kind) => {
      const embedder = await loading;
      const truncated = new Uint8Array(texts.length);
      if (kind === "query") {
        const { vector, coverage } = await embedder.embedQuery(texts[0] ?? "");
        return { vectors: vector, coverage: Float32Array.of(coverage), truncated };
      }
      if (++batches > failAfter) throw new ModelError("model/failed", "The device was lost.", { device: "wasm" });
      await new Promise((resolve) => setTimeout(resolve, batchMs));
      const vectors = await embedder.embed(texts);
      const answer = { vectors, coverage: new Float32Array(texts.length).fill(1), truncated };
      self.postMessage(texts.length);
      return transfer(answer, [vectors.buffer as ArrayBuffer]);
    },
    close: async () => {},
  };
}
