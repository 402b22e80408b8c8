import type { Utf8 } from "../utf8.ts";
import { PayloadReader, PayloadWriter, unreadable } from "./bytes.ts";

/** What is shown of a passage. */
export interface PassageText {
  /** Of the document, in the whole index. */
  readonly document: number;
  readonly url: string;
  readonly title: string;
  /** JSON, or `""`. */
  readonly attributes: string;
  /** Headings from the outermost to the passage's own. */
  readonly path: readonly string[];
  readonly anchor: string;
  /** Language of its section, else of the document; `""` where none is known. */
  readonly lang: string;
  /** Whether it goes on with the section of the passage before it. */
  readonly continues: boolean;
  readonly text: string;
}

const sameSection = 0;
const newSection = 1;
const newDocument = 2;

/** Payload of the texts of consecutive passages. What a passage shares with the one before it is not repeated. */
export function encodeTexts(passages: readonly PassageText[], utf8: Utf8): Uint8Array {
  const writer = new PayloadWriter(utf8);
  writer.number(passages.length);
  passages.forEach((passage, i) => {
    const previous = passages[i - 1];
    const isNewDocument = previous?.document !== passage.document;
    const isNewSection = isNewDocument || !passage.continues;
    writer.number(
      (isNewDocument ? newDocument : isNewSection ? newSection : sameSection) * 2 + (passage.continues ? 1 : 0),
    );
    if (isNewDocument) {
      writer.number(passage.document);
      for (const text of [passage.url, passage.title, passage.attributes]) writer.text(text);
    }
    if (!isNewSection) return;
    writer.number(passage.path.length);
    for (const heading of passage.path) writer.text(heading);
    writer.text(passage.anchor);
  });
  for (const { text } of passages) writer.text(text);
  if (passages.some(({ lang }) => lang !== "")) writeLanguages(passages, writer);
  return writer.finish();
}

/** Why at the end: earlier versions read no further than the texts. */
function writeLanguages(passages: readonly PassageText[], writer: PayloadWriter): void {
  passages.forEach(({ lang }, i) => {
    const isSame = lang === (passages[i - 1]?.lang ?? "");
    writer.number(isSame ? sameLanguage : otherLanguage);
    if (!isSame) writer.text(lang);
  });
}

const sameLanguage = 0;
const otherLanguage = 1;

export function decodeTexts(payload: Uint8Array, utf8: Utf8): PassageText[] {
  const reader = new PayloadReader(payload, utf8);
  const count = reader.count();
  const passages: Omit<PassageText, "text" | "lang">[] = [];
  for (let i = 0; i < count; i++) {
    const packed = reader.number();
    const kind = packed >>> 1;
    const continues = (packed & 1) === 1;
    const previous = passages.at(-1);
    if (kind !== newDocument && previous === undefined) throw unreadable("its first passage is of no document");
    const document =
      kind === newDocument
        ? { document: reader.number(), url: reader.text(), title: reader.text(), attributes: reader.text() }
        : previous!;
    const section =
      kind === sameSection
        ? previous!
        : { path: Array.from({ length: reader.count() }, () => reader.text()), anchor: reader.text() };
    const { url, title, attributes } = document;
    passages.push({
      document: document.document,
      url,
      title,
      attributes,
      path: section.path,
      anchor: section.anchor,
      continues,
    });
  }
  const texts = passages.map(() => reader.text());
  let lang = "";
  return passages.map((passage, i) => {
    if (!reader.isAtEnd && reader.number() === otherLanguage) lang = reader.text();
    return { ...passage, lang, text: texts[i]! };
  });
}
