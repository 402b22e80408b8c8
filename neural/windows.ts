import { ModelError } from "../src/errors.ts";

/** The model's tokenizer, reduced to what is needed of it. */
export interface Tokenizer {
  /** Ids of a text, neither cut nor padded. */
  encode(text: string, addSpecialTokens: boolean): readonly number[];
  /** Id of the unknown token, or -1 where every text is known. */
  readonly unknownId: number;
  /** Share of a text that the model knows, 0 to 1. Absent: the share of ids that are not the unknown one. */
  readonly coverage?: (text: string) => number;
}

/** What a tokenizer puts around every text. */
export interface Frame {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** A piece of a text that goes through the model in one pass. */
export interface Window {
  readonly ids: readonly number[];
  /** Tokens of the text that this window is the first to hold: its weight among the windows of the text. */
  readonly weight: number;
  /** Leading ids that are not of the text: special tokens and prompt. */
  readonly head: number;
}

/** A text as the model reads it. */
export interface WindowedText {
  readonly windows: readonly Window[];
  /** Share of the text that the model knows, 0 to 1; 0 for a text without tokens. */
  readonly coverage: number;
  /** Whether some of the text is in no window. */
  readonly truncated: boolean;
}

/** Windows of one text at most: with 512 tokens each, about ten pages. */
export const maxWindows = 8;
/** One in so many tokens of a window is in the next one, too, so that no sentence is only seen cut. */
const OVERLAP = 8;
/** Longer than any token that says something: text beyond it needs no tokenizer to be known as too long. */
const MAX_CHARACTERS_PER_TOKEN = 16;

/**
 * The special tokens around a text, found by comparing a text with and without them.
 *
 * @throws {ModelError} `model/format` where the tokenizer does something else than to frame a text.
 */
export function findFrame(tokenizer: Tokenizer): Frame {
  const plain = tokenizer.encode("a", false);
  const framed = tokenizer.encode("a", true);
  for (let start = 0; plain.length > 0 && start + plain.length <= framed.length; start++) {
    if (plain.every((id, at) => framed[start + at] === id)) {
      return { prefix: framed.slice(0, start), suffix: framed.slice(start + plain.length) };
    }
  }
  throw new ModelError(
    "model/format",
    `The tokenizer gives [${plain.join(", ")}] for "a", and [${framed.join(", ")}] with special tokens; expected the same ` +
      `ids between them. The tokenizer.json is damaged or of another model: upload both from one release.`,
  );
}

/**
 * A prompt and a text as windows of at most `maxTokens` ids. Where all fits into one, tokens are those of prompt and text
 * as one string; else each window has the prompt, and the windows overlap.
 */
export function cutIntoWindows(
  tokenizer: Tokenizer,
  frame: Frame,
  prompt: string,
  text: string,
  maxTokens: number,
): WindowedText {
  const { prefix, suffix } = frame;
  const room = Math.max(1, maxTokens - prefix.length - suffix.length);
  const enough = room * maxWindows * MAX_CHARACTERS_PER_TOKEN;
  const read = text.length > enough ? cutWhole(text, enough) : text;
  const ids = tokenizer.encode(prompt + read, false);
  const promptLength = prompt === "" ? 0 : countShared(tokenizer.encode(prompt, false), ids);
  const body = ids.slice(promptLength);
  const coverage = body.length === 0 ? 0 : (tokenizer.coverage?.(read) ?? shareOfKnown(body, tokenizer.unknownId));
  // Why half: a prompt that fills the window would leave nothing of the text.
  const head = [...prefix, ...ids.slice(0, Math.min(promptLength, room >> 1))];
  const { parts, end } = divide(body, maxTokens - head.length - suffix.length);
  const windows = parts.map(({ part, fresh }) => ({
    ids: [...head, ...part, ...suffix],
    weight: fresh,
    head: head.length,
  }));
  return { windows, coverage, truncated: end < body.length || read.length < text.length };
}

function shareOfKnown(ids: readonly number[], unknownId: number): number {
  return ids.filter((id) => id !== unknownId).length / ids.length;
}

/** Overlapping parts of at most `room` ids, and where the last one ends. An empty body is one empty part. */
function divide(
  body: readonly number[],
  room: number,
): { parts: { part: readonly number[]; fresh: number }[]; end: number } {
  if (body.length <= room) return { parts: [{ part: body, fresh: Math.max(1, body.length) }], end: body.length };
  const step = Math.max(1, room - Math.floor(room / OVERLAP));
  const limit = Math.min(body.length, room + step * (maxWindows - 1));
  const parts = [];
  for (let end = 0; end < limit;) {
    const start = end === 0 ? 0 : Math.min(end - room + step, limit - room);
    const next = start + room;
    parts.push({ part: body.slice(start, next), fresh: next - end });
    end = next;
  }
  return { parts, end: limit };
}

function countShared(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return length;
}

/** The leading characters of a text, without half a character at the end. */
function cutWhole(text: string, length: number): string {
  const isHigh = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isHigh ? length - 1 : length);
}
