import type { Document } from "inkling-search";

/** Names that others give to what a document has. */
const urlNames = ["url", "id", "href", "path", "slug", "permalink", "link"];
const titleNames = ["title", "name", "heading", "question"];
const textNames = ["text", "content", "body", "description", "summary", "answer"];

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads records of JSON: a list, an object that holds one, or a record on each line. Records are taken as documents where they are
 * some, else their fields are guessed by their names.
 *
 * @param path - of the file, for addresses of records without one, and for messages.
 * @throws {Error} in words for the visitor, where there are no records or one has no text.
 */
export function parseRecords(source: string, path: string): Document[] {
  const rows = findRows(source, path);
  if (rows.length === 0) throw new Error(`${path} has no records: a list of objects is expected.`);
  return rows.map((row, position) => toDocument(row, `${path} #${position + 1}`));
}

function findRows(source: string, path: string): readonly unknown[] {
  const lines = source.split("\n").filter((line) => line.trim() !== "");
  try {
    if (/\.(?:jsonl|ndjson)$/i.test(path)) return lines.map((line) => JSON.parse(line) as unknown);
    const value = JSON.parse(source) as unknown;
    if (Array.isArray(value)) return value;
    const lists = typeof value === "object" && value !== null ? Object.values(value) : [];
    return lists.find((each): each is unknown[] => Array.isArray(each) && each.length > 0) ?? [];
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

function toDocument(row: unknown, place: string): Document {
  if (typeof row !== "object" || row === null) throw new Error(`${place} is no object, but ${JSON.stringify(row)}.`);
  const { sections, lang, attributes } = row as Row;
  const rest = {
    url: pick(row as Row, urlNames) ?? place,
    title: pick(row as Row, titleNames) ?? "",
    ...(typeof lang === "string" ? { lang } : {}),
    ...(attributes === undefined ? {} : { attributes: attributes as NonNullable<Document["attributes"]> }),
  };
  if (Array.isArray(sections)) return { ...rest, sections: sections as NonNullable<Document["sections"]> };
  const text = pick(row as Row, textNames);
  if (text === undefined && rest.title === "")
    throw new Error(`${place} has no text: one of ${textNames.join(", ")} is expected.`);
  return { ...rest, text: text ?? "" };
}

/** The first of some fields that has a value. */
function pick(row: Row, names: readonly string[]): string | undefined {
  const found = names.map((name) => row[name]).find((value) => typeof value === "string" || typeof value === "number");
  return found === undefined || found === "" ? undefined : String(found);
}
