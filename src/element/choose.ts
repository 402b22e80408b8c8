import { fire } from "./events.ts";
import { isThisPage, land, leaveNote } from "./landing.ts";
import type { Place } from "./options.ts";
import type { SearchHost } from "./shell.ts";

/** Opens a tab or a window by itself: the page stays as it is. */
function opensElsewhere({ ctrlKey, metaKey, shiftKey, button }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey || button !== 0;
}

/** Why not left to the browser: not all of them open a tab for a click that a key press stands for. */
function openTab(address: string, event: MouseEvent): void {
  event.preventDefault();
  open(address, "_blank", "noopener");
}

/**
 * Takes a visitor to the passage that was clicked on.
 *
 * @param root - the part of this page that is searched, where it is not the whole.
 * @returns whether the visitor was taken anywhere.
 */
export function choose(
  place: Place,
  query: string,
  event: MouseEvent,
  host: SearchHost,
  root: Element | null,
): boolean {
  const { hit, passage, address } = place;
  if (!address) {
    event.preventDefault();
    return false;
  }
  const isFollowed = fire(host, "inkling-select", { query, url: address.href, hit, passage });
  if (!isFollowed) event.preventDefault();
  else if (opensElsewhere(event)) {
    if (!event.isTrusted) openTab(place.element.href, event);
    return true;
  }
  host.close();
  if (!isFollowed) return true;
  if (isThisPage(address)) {
    event.preventDefault();
    if (address.hash) location.hash = address.hash;
    land(passage, root);
  } else leaveNote(address, passage);
  return true;
}
