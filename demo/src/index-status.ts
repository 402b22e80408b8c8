import { find } from "./element.ts";
import type { Progress } from "inkling-search";
import type { IndexState } from "./guide-index.ts";

const toMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

function describeProgress({ phase, done, total }: Progress): string {
  if (phase === "model") return `Fetching the model: ${toMegabytes(done)} of ${toMegabytes(total)} MB`;
  if (phase === "embed" || phase === "upgrade") return `Learning what it means: ${done} of ${total} passages`;
  return `Reading the guide: ${done} of ${total} pages`;
}

function describe(state: IndexState): string {
  switch (state.state) {
    case "opening":
      return "Opening the index…";
    case "reading":
      return describeProgress(state.progress);
    case "ready": {
      const { passages, storage, model } = state.status;
      const kept = storage.persistent ? "" : ", kept for this visit only";
      const found = model.state === "failed" ? ", found by their words only" : "";
      return `Index ready: ${passages} passages, ${state.embedded} new${kept}${found}`;
    }
    case "failed":
      return "The index could not be brought up to date. The pages can be read as ever.";
  }
}

/** Shows the state of the index wherever the page has room for it. */
export function showIndexState(state: IndexState): void {
  for (const element of document.querySelectorAll("[data-index-status]")) element.textContent = describe(state);
  const { dataset } = find("#index-status");
  dataset["state"] = state.state;
  if (state.state === "ready") {
    dataset["passages"] = String(state.status.passages);
    dataset["embedded"] = String(state.embedded);
  }
  const bar = find<HTMLProgressElement>(".index-progress");
  bar.hidden = state.state !== "reading";
  if (state.state === "reading") {
    bar.max = Math.max(state.progress.total, 1);
    bar.value = state.progress.done;
  }
}
