import { ModelError } from "../src/errors.ts";
import type { TextEmbedder, TextKind } from "./embedder.ts";
import { heapBytes } from "./heap.ts";
import { openModel } from "./open-model.ts";
import type { NeuralWorkerApi } from "./protocol.ts";
import { sendTexts } from "./send-texts.ts";
import { TaskQueue } from "./task-queue.ts";

/** Texts in a step of a measurement: large enough for a GPU to show what it can. */
const measuredTexts = 8;

/** The worker's side of `NeuralWorkerApi`: one model, queries before documents. */
export function createNeuralWorkerApi(): NeuralWorkerApi {
  const queue = new TaskQueue();
  let embedder: TextEmbedder | undefined;
  const opened = (): TextEmbedder => {
    if (embedder !== undefined) return embedder;
    throw new ModelError("model/device", "The neural worker has no model: open() comes first.");
  };
  return {
    async open(options, onBytes) {
      const ready = await openModel(options, onBytes);
      embedder = ready.embedder;
      return ready.opened;
    },
    async embed(texts, kind, context) {
      return sendTexts(await queue.run(opened().steps(texts, kind, context), kind === "query"));
    },
    measure: (texts, limitMs) => queue.run(measureSteps(opened(), texts, limitMs), false),
    heapBytes: async () => heapBytes(),
  };
}

/** Embeds again and again until the time is over. @returns texts per second */
async function* measureSteps(
  embedder: TextEmbedder,
  texts: readonly string[],
  limitMs: number,
): AsyncGenerator<undefined, number> {
  const kind: TextKind = "plain";
  const batch = Array.from({ length: measuredTexts }, (_, at) => texts[at % texts.length]!);
  const started = performance.now();
  let done = 0;
  do {
    await embedder.embed(batch, kind);
    done += batch.length;
    yield;
  } while (performance.now() - started < limitMs);
  return (done * 1000) / (performance.now() - started);
}
