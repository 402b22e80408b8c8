import { cutIntoWindows, type Frame, type Tokenizer } from "./windows.ts";

/** Ids of a row from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Texts that go through the model together, so that each is read in the light of the others. */
export interface Pass {
  readonly ids: readonly number[];
  /** Index of each text that gets its vector from this pass, and where it stands. */
  readonly spans: readonly (Span & { readonly text: number })[];
}

/** A text of a pass. */
export interface PassText {
  readonly text: number;
  readonly ids: readonly number[];
}

/**
 * Packs texts of one document into passes of at most `maxTokens` ids, in their order and as many as fit. The last text of a
 * pass is read once more at the beginning of the next one, where there is room: no text but the first is without what stands
 * before it.
 *
 * @param texts - each short enough for a pass by itself.
 * @param head - ids at the beginning of every pass: special tokens and prompt.
 */
export function packPasses(
  texts: readonly PassText[],
  head: readonly number[],
  suffix: readonly number[],
  maxTokens: number,
): Pass[] {
  const room = maxTokens - head.length - suffix.length;
  const passes: Pass[] = [];
  let ids: number[] = [];
  let spans: Pass["spans"][number][] = [];
  const close = (): void => {
    if (spans.length > 0) passes.push({ ids: [...head, ...ids, ...suffix], spans });
    [ids, spans] = [[], []];
  };
  texts.forEach(({ text, ids: own }, at) => {
    if (ids.length + own.length > room) {
      close();
      const before = texts[at - 1]?.ids ?? [];
      if (before.length + own.length <= room) ids.push(...before);
    }
    const start = head.length + ids.length;
    spans.push({ text, start, end: start + own.length });
    ids.push(...own);
  });
  close();
  return passes;
}

/** Ids of a text without anything around it; null where they are more than `room`. */
export function idsWithin(tokenizer: Tokenizer, frame: Frame, text: string, room: number): readonly number[] | null {
  const { prefix, suffix } = frame;
  const { windows, truncated } = cutIntoWindows(
    tokenizer,
    frame,
    "",
    text,
    Math.max(1, room) + prefix.length + suffix.length,
  );
  const [only] = windows;
  if (windows.length > 1 || truncated || room < 1) return null;
  return only!.ids.slice(prefix.length, only!.ids.length - suffix.length);
}
