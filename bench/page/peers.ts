import { create, insertMultiple, save, search as searchOrama } from "@orama/orama";
import lunr from "lunr";
import MiniSearch from "minisearch";
import type { Document } from "inkling-search";
import { readJson, time } from "./measure.ts";

/** What a peer took for the same documents and queries, on the main thread, where it is meant to run. */
export interface PeerRun {
  readonly name: string;
  readonly indexMs: number;
  readonly queriesMs: readonly number[];
  /** Of the index as JSON, which is how these libraries store it. */
  readonly indexBytes: number;
}

interface Peer {
  index(documents: readonly Document[]): unknown;
  query(text: string): unknown;
  serialize(): unknown;
}

const limit = 10;

// Why prefix and fuzzy: the settings of MiniSearch's own first example for search as you type; ours tolerates typos, too.
function miniSearch(): Peer {
  const index = new MiniSearch({ fields: ["title", "text"], idField: "url", storeFields: ["title"] });
  return {
    index: (documents) => index.addAll(documents),
    query: (text) => index.search(text, { prefix: true, fuzzy: 0.2 }).slice(0, limit),
    serialize: () => index,
  };
}

function lunrSearch(): Peer {
  let index: lunr.Index | undefined;
  return {
    index: (documents) => {
      index = lunr((builder) => {
        builder.ref("url");
        builder.field("title");
        builder.field("text");
        for (const document of documents) builder.add(document);
      });
    },
    // Why: lunr reads `:`, `~`, `^`, `+`, `-` and `*` as operators, and throws where they do not fit.
    query: (text) => index?.search(text.replace(/[^\p{L}\p{N}\s]+/gu, " ")).slice(0, limit),
    serialize: () => index,
  };
}

function orama(): Peer {
  const database = create({ schema: { url: "string", title: "string", text: "string" } as const });
  return {
    index: (documents) =>
      insertMultiple(
        database,
        documents.map(({ url, title, text }) => ({ url, title: title ?? "", text: text ?? "" })),
      ),
    query: (term) => searchOrama(database, { term, properties: ["title", "text"], limit }),
    serialize: () => save(database),
  };
}

const peers: Readonly<Record<string, () => Peer>> = { MiniSearch: miniSearch, Lunr: lunrSearch, Orama: orama };

/** Names of the peers that can be measured. */
export const peerNames: readonly string[] = Object.keys(peers);

/** Measures one peer. */
export async function runPeer(name: string): Promise<PeerRun> {
  const peer = peers[name]?.();
  if (peer === undefined) throw new Error(`There is no peer ${name}; there are ${peerNames.join(", ")}.`);
  const documents = await readJson<Document[]>("/data/documents.json");
  const queries = await readJson<string[]>("/data/queries.json");
  const { ms: indexMs } = await time(() => peer.index(documents));
  for (const query of queries.slice(0, 20)) await peer.query(query);
  const queriesMs: number[] = [];
  for (const query of queries) queriesMs.push((await time(() => peer.query(query))).ms);
  const indexBytes = new TextEncoder().encode(JSON.stringify(peer.serialize())).length;
  return { name, indexMs, queriesMs, indexBytes };
}
