import { noteKey } from "./note.ts";

/** Lands on the passage for which the visitor came from another page, if that is how this one was opened. */
export function expectLanding(): void {
  try {
    if (sessionStorage.getItem(noteKey) === null) return;
  } catch {
    // Storage is forbidden here, so no page could leave a note.
    return;
  }
  // Why no message where that fails: the page is there, and the browser has scrolled to the section.
  import("./panel.ts").then(({ finishLanding }) => finishLanding()).catch(() => undefined);
}
