/** A key, alone or together with Ctrl, or the command key on a Mac. */
export interface Shortcut {
  readonly key: string;
  readonly mod: boolean;
}

/** What the attribute `shortcut` means: `mod+k /` by default, `none` for none. Parts that are no shortcut are left out. */
export function parseShortcuts(text: string | null): Shortcut[] {
  const parts = (text ?? "mod+k /").toLowerCase().split(/[\s,]+/);
  return parts.flatMap((part) => {
    const mod = part.startsWith("mod+");
    const key = mod ? part.slice(4) : part;
    return [...key].length === 1 ? [{ key, mod }] : [];
  });
}

/** How a shortcut is written on a keyboard. */
export function showShortcut({ key, mod }: Shortcut): string {
  if (!mod) return key;
  return (/^(?:mac|ip)/i.test(navigator.platform) ? "⌘" : "Ctrl ") + key.toUpperCase();
}

const fields = "input,textarea,select,[contenteditable]:not([contenteditable=false])";

/** Why the path: of a field inside a shadow tree, the event's target tells no more than its host. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return target instanceof Element && target.closest(fields) !== null;
}

/** Whether a key press is one of the shortcuts. A plain key is none while the visitor writes somewhere. */
export function matchesShortcut(event: KeyboardEvent, shortcuts: readonly Shortcut[]): boolean {
  if (event.defaultPrevented || event.isComposing || event.altKey) return false;
  const pressed = event.key.toLowerCase();
  const hasMod = event.ctrlKey || event.metaKey;
  return shortcuts.some(({ key, mod }) => key === pressed && mod === hasMod && (mod || !isTyping(event)));
}
