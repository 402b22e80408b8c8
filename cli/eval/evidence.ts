import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foldPhrase, parseQuery } from "../../src/core/lexical/query-terms.ts";
import { scoreWords } from "../../src/core/retrieval/lexical.ts";
import { defaultParameters } from "../../src/core/retrieval/parameters.ts";
import { embeddingText } from "../../src/core/segment/prepare.ts";
import type { SegmentReader } from "../../src/core/segment/reader.ts";
import { IndexState } from "../../worker/index-state.ts";
import type { BlockStore } from "../../worker/ports.ts";
import { utf8 } from "../../worker/utf8.ts";
import type { Collection } from "./collection.ts";
import type { Run, ToUrl } from "./evaluate.ts";

/** What is written of a test index, for another implementation of ranking to compute the same numbers from. */
export interface EvidenceSource {
  /** Holds the index. */
  readonly store: BlockStore;
  /** Those indexed, with the queries to write. */
  readonly collections: readonly Collection[];
  readonly toUrl: ToUrl;
  /** Pages that were asked for. */
  readonly limit: number;
  /** Runs on this index, to be compared with. */
  readonly runs: readonly Run[];
}

/**
 * Writes what ranking sees of an index, apart from vectors:
 *
 * - `passages.jsonl`: `{ document, section, text }` in the order of ordinals; `document` is a url, `text` as it is embedded
 * - `queries.jsonl`: `{ collection, id, text, judgements, terms, phrases, words }`; `terms` is their number, `phrases` for each quoted
 *   phrase the passages that hold it, `words` the number of passages with a word score
 * - `word-passages.u32`, `word-scores.f32`: for one query after the other, the passages with a word score and the scores, little-endian
 * - `ranking.json`: limit and ranking parameters
 * - `runs.json`: what each query reached here
 */
export async function writeEvidence(folder: string, source: EvidenceSource): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { readers } = (await IndexState.open(source.store)).snapshot;
  const passages = await readPassages(readers);
  await writeLines(join(folder, "passages.jsonl"), passages, ({ document, section, text }) => ({
    document,
    section,
    text,
  }));
  await writeQueries(folder, source, readers, passages);
  await writeJson(join(folder, "ranking.json"), { limit: source.limit, ...defaultParameters });
  await writeJson(
    join(folder, "runs.json"),
    source.runs.map(({ collection, mode, model, dim, ndcg }) => ({ collection, mode, model, dim, ndcg })),
  );
}

interface IndexedPassage {
  readonly document: string;
  readonly section: number;
  readonly text: string;
  /** What phrases are looked for in. */
  readonly folded: string;
}

async function readPassages(readers: readonly SegmentReader[]): Promise<IndexedPassage[]> {
  const passages: IndexedPassage[] = [];
  for (const reader of readers) {
    for (let document = 0; document < reader.documentCount; document++) {
      const [start, end] = reader.passageRange(document);
      for (let passage = start; passage < end; passage++) passages.push(await readPassage(reader, document, passage));
    }
  }
  return passages;
}

async function readPassage(reader: SegmentReader, document: number, passage: number): Promise<IndexedPassage> {
  const section = reader.sectionOf(passage);
  const { path } = reader.places(document)[section]!;
  const title = reader.title(document);
  const text = await reader.passageText(passage);
  return {
    document: reader.url(document),
    section,
    text: embeddingText(title, path, text),
    folded: foldPhrase([title, ...path, text].join("\n")),
  };
}

async function writeQueries(
  folder: string,
  { collections, toUrl }: EvidenceSource,
  readers: readonly SegmentReader[],
  passages: readonly IndexedPassage[],
): Promise<void> {
  const files = await Promise.all(
    ["queries.jsonl", "word-passages.u32", "word-scores.f32"].map((name) => open(join(folder, name), "w")),
  );
  const [queries, wordPassages, wordScores] = files as [FileHandle, FileHandle, FileHandle];
  try {
    for (const collection of collections) {
      for (const { id, text, judgements } of collection.queries) {
        const parsed = parseQuery(text);
        const words = scoredPassages(scoreWords(readers, parsed, defaultParameters, utf8).scores);
        await wordPassages.write(bytesOf(words.passages));
        await wordScores.write(bytesOf(words.scores));
        const line = {
          collection: collection.name,
          id,
          text,
          judgements: Object.fromEntries(
            [...judgements].map(([document, grade]) => [toUrl(collection, document), grade]),
          ),
          terms: parsed.terms.length,
          phrases: parsed.phrases.map((phrase) => passagesWith(phrase, passages)),
          words: words.scores.length,
        };
        await queries.write(`${JSON.stringify(line)}\n`);
      }
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

function passagesWith(phrase: string, passages: readonly IndexedPassage[]): number[] {
  return passages.flatMap(({ folded }, ordinal) => (folded.includes(phrase) ? [ordinal] : []));
}

/** Ordinals over all segments of the passages whose score is not 0, ascending, and their scores. */
function scoredPassages(segments: readonly Float32Array[]): { passages: Uint32Array; scores: Float32Array } {
  const count = segments.reduce((sum, scores) => sum + scores.reduce((n, score) => n + (score === 0 ? 0 : 1), 0), 0);
  const found = { passages: new Uint32Array(count), scores: new Float32Array(count) };
  let at = 0;
  let base = 0;
  for (const scores of segments) {
    scores.forEach((score, passage) => {
      if (score === 0) return;
      found.passages[at] = base + passage;
      found.scores[at++] = score;
    });
    base += scores.length;
  }
  return found;
}

function bytesOf(numbers: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function writeLines<Value>(
  path: string,
  values: readonly Value[],
  toLine: (value: Value) => object,
): Promise<void> {
  const file = await open(path, "w");
  try {
    for (let start = 0; start < values.length; start += 1000) {
      const lines = values.slice(start, start + 1000).map((value) => `${JSON.stringify(toLine(value))}\n`);
      await file.write(lines.join(""));
    }
  } finally {
    await file.close();
  }
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value)}\n`);
}
