import type { Document, Progress, Search, Status } from "inkling-search";

/** How far the index is. `embedded` counts the passages that went through the model on this visit. */
export type IndexState =
  | { readonly state: "opening" }
  | { readonly state: "reading"; readonly progress: Progress }
  | { readonly state: "ready"; readonly status: Status; readonly embedded: number }
  | { readonly state: "failed"; readonly error: unknown };

const pagesKey = "inkling-guide:pages";

/** Gives the pages indexed on an earlier visit; none where the browser keeps no such notes. */
function recallPages(): string[] {
  try {
    return JSON.parse(localStorage.getItem(pagesKey) ?? "[]") as string[];
  } catch {
    return [];
  }
}

function rememberPages(urls: readonly string[]): void {
  try {
    localStorage.setItem(pagesKey, JSON.stringify(urls));
  } catch {
    // Storage is forbidden here: pages that are taken out of the guide later stay in this visitor's index.
  }
}

async function readDocuments(): Promise<Document[]> {
  const address = document.documentElement.dataset["content"] ?? "";
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return (await response.json()) as Document[];
}

async function update(search: Search, onProgress: (progress: Progress) => void): Promise<IndexState> {
  const documents = await readDocuments();
  const { embedded } = await search.add(documents, { onProgress });
  const urls = documents.map(({ url }) => url);
  const gone = recallPages().filter((url) => !urls.includes(url));
  if (gone.length > 0) await search.remove(gone);
  rememberPages(urls);
  return { state: "ready", status: await search.status(), embedded };
}

/**
 * Opens the index of the guide and brings it up to date: what was indexed on an earlier visit is not indexed again.
 *
 * @returns the open search, which answers while the guide is still being read.
 */
export function openGuideIndex(onState: (state: IndexState) => void): Promise<Search> {
  onState({ state: "opening" });
  let isSettled = false;
  // Why the check: a progress message may come after the call it belongs to has ended.
  const onProgress = (progress: Progress): void => {
    if (!isSettled) onState({ state: "reading", progress });
  };
  // Why loaded here: the pages can be read, and their menu works, where the library cannot be had.
  const search = import("inkling-search").then(({ createSearch }) =>
    createSearch({ name: "inkling-guide", onProgress }),
  );
  void search
    .then((opened) => update(opened, onProgress))
    .catch((error: unknown): IndexState => ({ state: "failed", error }))
    .then((state) => {
      isSettled = true;
      onState(state);
    });
  return search;
}
