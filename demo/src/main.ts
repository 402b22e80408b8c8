import type {} from "inkling-search/element";
import "../styles/main.css";
import { find } from "./element.ts";
import { openGuideIndex, type IndexState } from "./guide-index.ts";
import { showIndexState } from "./index-status.ts";
import { setUpMenu } from "./menu.ts";

const box = find<HTMLElementTagNameMap["inkling-search"]>("inkling-search");

function showState(state: IndexState): void {
  showIndexState(state);
  if (state.state === "failed") console.error(state.error);
  if (state.state === "ready" || (state.state === "reading" && state.progress.phase === "index")) box.refresh();
  if (state.state !== "ready") return;
  for (const { instead, error } of state.status.fallbacks)
    console.warn(`${error.message} Now in use: ${instead}.`, error);
}

function openIndex(): void {
  box.search ??= openGuideIndex(showState);
}

/** Lets each example on the first page be asked. */
function setUpExamples(): void {
  document.addEventListener("click", ({ target }) => {
    const example = target instanceof Element ? target.closest("[data-question]") : null;
    if (example) box.open(example.textContent ?? "");
  });
}

/** Opens the index of the guide; on other sites the box finds what is searched by itself. */
function setUpIndex(): void {
  if (document.documentElement.dataset["content"] === undefined) return;
  // Visitors who ask their browser to save data get the index when they begin to search, not before.
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData) box.addEventListener("inkling-open", openIndex, { once: true });
  else openIndex();
}

setUpMenu();
setUpExamples();
setUpIndex();
