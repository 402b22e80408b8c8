import { minTellingPiece } from "../src/core/model/coverage.ts";

/** The parts of tokenizer.json that tell whether it cuts words into bytes. */
interface Step {
  readonly type?: unknown;
  readonly pretokenizers?: readonly Step[];
  readonly decoders?: readonly Step[];
}

interface ByteLevelLayout {
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/** Text of a piece; undefined in place of a character of which it has some bytes only. */
type Piece = string | undefined;

/**
 * Gives the text of each id of a byte-level vocabulary, as that of GPT-2: its tokens are spelled by a letter for each byte.
 *
 * @param layout - content of tokenizer.json.
 * @returns null for tokenizers of other kinds.
 */
export function createPieceReader(layout: unknown): ((id: number) => Piece) | null {
  if (!isByteLevel(layout)) return null;
  const bytes = byteOfLetter();
  const tokens = new Map(Object.entries(layout.model.vocab).map(([token, id]) => [id, token]));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (id) => {
    // Why a letter without a byte is one as it stands: tokens that were added are spelled plainly.
    const spelled = Array.from(tokens.get(id) ?? "", (letter) => bytes.get(letter) ?? letter.charCodeAt(0));
    try {
      return decoder.decode(Uint8Array.from(spelled));
    } catch {
      return undefined;
    }
  };
}

function isByteLevel(layout: unknown): layout is ByteLevelLayout {
  const { model, pre_tokenizer, decoder } = (layout ?? {}) as {
    model?: { type?: unknown; vocab?: unknown };
    pre_tokenizer?: Step | null;
    decoder?: Step | null;
  };
  const hasVocabulary = model?.type === "BPE" && typeof model.vocab === "object" && model.vocab !== null;
  return hasVocabulary && (hasByteStep(pre_tokenizer) || hasByteStep(decoder));
}

function hasByteStep(step: Step | null | undefined): boolean {
  if (!step) return false;
  return step.type === "ByteLevel" || [...(step.pretokenizers ?? []), ...(step.decoders ?? [])].some(hasByteStep);
}

/** The letter that stands for each byte: itself where it can be printed, else one of those from U+0100 on, in their order. */
function byteOfLetter(): Map<string, number> {
  const bytes = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 0x100; byte++) {
    const isPrinted = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    bytes.set(String.fromCharCode(isPrinted ? byte : next++), byte);
  }
  return bytes;
}

const inWord = /[\p{L}\p{N}\p{M}]/u;
const beginsInWord = /^[\p{L}\p{N}\p{M}]/u;
const endsInWord = /[\p{L}\p{N}\p{M}]$/u;

/**
 * Share of the characters of a text that stand in whole words or in telling pieces of them, 0 to 1; punctuation counts as
 * known, bytes of a character that is cut count as a character that is not.
 *
 * @param pieces - all of the text, in order.
 */
export function shareOfTelling(pieces: readonly Piece[]): number {
  let [characters, telling] = [0, 0];
  pieces.forEach((piece, at) => {
    const length = piece === undefined ? 1 : Array.from(piece.trim()).length;
    characters += length;
    const goesOn = isInWord(pieces, at - 1, endsInWord) && isInWord(pieces, at, beginsInWord);
    const isGoneOn = isInWord(pieces, at, endsInWord) && isInWord(pieces, at + 1, beginsInWord);
    const isWhole = piece !== undefined && ((!goesOn && !isGoneOn) || !inWord.test(piece));
    if (piece !== undefined && (isWhole || length >= minTellingPiece)) telling += length;
  });
  return telling / Math.max(1, characters);
}

/** Whether a piece ends or begins within a word; of some bytes of a character nobody knows, so it does. */
function isInWord(pieces: readonly Piece[], at: number, where: RegExp): boolean {
  if (at < 0 || at >= pieces.length) return false;
  const piece = pieces[at];
  return piece === undefined || where.test(piece);
}
