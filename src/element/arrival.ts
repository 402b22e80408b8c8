import { noteKey } from "./note.ts";

/** Lands on the passage for which the visitor came from another page, if that is how this one was opened. */
export function expectLanding(): void {
  try {
    // Why no message where that fails: the page is there, and the browser has scrolled to the section.
    if (sessionStorage.getItem(noteKey))
      import("./panel.ts").then(({ finishLanding }) => finishLanding()).catch(() => undefined);
  } catch {
    // Storage is forbidden here, so no page could leave a note.
  }
}
