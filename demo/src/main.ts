import "../styles/main.css";
import { openGuideIndex, type GuideIndex, type IndexState } from "./guide-index.ts";
import { showIndexState } from "./index-status.ts";
import { clearOnEscape, finishLanding, goTo } from "./landing.ts";
import { setUpMenu } from "./menu.ts";
import { setUpSearchBox } from "./search-box.ts";
import { find } from "./element.ts";

let indexState: IndexState = { state: "opening" };
let opened: GuideIndex | null = null;

function showState(state: IndexState): void {
  indexState = state;
  showIndexState(state);
  if (state.state === "failed") console.error(state.error);
  if (state.state === "reading" && state.progress.phase === "index") searchBox.refresh();
  if (state.state !== "ready") return;
  for (const { instead, error } of state.status.fallbacks)
    console.warn(`${error.message} Now in use: ${instead}.`, error);
}

function openIndex(): GuideIndex {
  if (opened) return opened;
  opened = openGuideIndex(showState);
  const { search, ready } = opened;
  search.then(
    (started) => started.addEventListener("betteranswers", searchBox.refresh),
    () => undefined,
  );
  void ready.then(searchBox.refresh);
  return opened;
}

const searchBox = setUpSearchBox({
  ask: async (text, signal) => (await openIndex().search).query(text, { limit: 6, signal }),
  open: goTo,
  explainNothing: () =>
    ({
      ready: "Nothing in the guide answers that. Other words may help, or a whole question.",
      failed: "The guide could not be read, so it cannot be searched now. Reloading the page may help.",
    })[indexState.state as string] ?? "The guide is still being read. Answers follow in a moment.",
});

setUpMenu();
clearOnEscape();
finishLanding();

// Visitors who ask their browser to save data get the index when they begin to search, not before.
const { connection } = navigator as { connection?: { saveData?: boolean } };
if (connection?.saveData) find("#query").addEventListener("focus", openIndex, { once: true });
else openIndex();
