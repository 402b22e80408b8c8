import { optionError } from "../core/option-error.ts";
import type { PageHost } from "../page-host.ts";
import { unlessAborted } from "../promises.ts";
import type { AddResult } from "../types.ts";
import type { AddPageOptions } from "./options.ts";
import { LivePage } from "./live-page.ts";
import { watchPage } from "./watch-page.ts";

/**
 * Adds the live page to an index; see `Search.addPage`.
 *
 * @param ended - aborted when the search is closed.
 */
export async function addPage(host: PageHost, options: AddPageOptions, ended: AbortSignal): Promise<AddResult> {
  checkPageOptions(options);
  const signal = options.signal === undefined ? ended : AbortSignal.any([ended, options.signal]);
  signal.throwIfAborted();
  const page = new LivePage(host, options, signal);
  const reading = options.watch === true ? watchPage(page, host, options, signal) : page.update();
  return unlessAborted(reading, signal).finally(() => page.rest());
}

function checkPageOptions({ root, url, watch }: AddPageOptions): void {
  if (root !== undefined && !(root instanceof Node && "querySelector" in root)) {
    throw optionError("root", root, "a document, an element or a shadow root");
  }
  if (url !== undefined && (typeof url !== "string" || url === "")) {
    throw optionError("url", url, "a string that is not empty");
  }
  if (watch !== undefined && typeof watch !== "boolean") throw optionError("watch", watch, "true or false");
}
