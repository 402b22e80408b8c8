"""Measures a model on retrieval collections: nDCG@10 of dense, and optionally of words and of both fused.

Rules: queries without a positive judgement are dropped; more than 1,000 queries are sampled by floor(i*n/1000); gain is
2^rel - 1; ties are broken by document id; all documents of the collection are ranked. A document is embedded as one text,
title and text joined (`--passage-chars 1200` takes the best of its passages instead).

    python evaluate.py --model ../public/models/inkling-instant-v1 --eval ../shared/eval --hybrid
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export_static import DENSE_WEIGHT
from static_model import StaticModel, normalize
from text_tools import read_json_lines, sentences, stop

COLLECTIONS = ["scifact", "cranfield", "cisi", "cacm", "squad-dev", "datatalks-faq", "trecqa-dev", "wikiqa-dev",
               "xquad-en"]
MAX_QUERIES = 1000
DEPTH = 10


@dataclass
class Collection:
    """Documents and judged queries; documents are sorted by id, so that a stable sort breaks ties by id."""

    name: str
    texts: list[str]
    queries: list[str]
    gains: list[dict[int, float]]


def load_collection(folder: Path, half: str = "all") -> Collection:
    """Reads `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`; `half` keeps the even (dev) or odd (report) queries."""
    documents = sorted(read_json_lines(folder / "corpus.jsonl"), key=lambda entry: entry["_id"])
    ordinals = {entry["_id"]: at for at, entry in enumerate(documents)}
    judged: dict[str, dict[int, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, relevance = line.split("\t")
        if float(relevance) > 0 and document in ordinals:
            judged.setdefault(query, {})[ordinals[document]] = 2 ** float(relevance) - 1
    entries = [entry for entry in read_json_lines(folder / "queries.jsonl") if entry["_id"] in judged]
    if len(entries) > MAX_QUERIES:
        entries = [entries[at * len(entries) // MAX_QUERIES] for at in range(MAX_QUERIES)]
    entries = {"all": entries, "dev": entries[0::2], "report": entries[1::2]}[half]
    texts = [f"{entry.get('title', '')} {entry['text']}".strip() for entry in documents]
    return Collection(folder.name, texts, [entry["text"] for entry in entries],
                      [judged[entry["_id"]] for entry in entries])


def ndcg(scores: np.ndarray, gains: list[dict[int, float]]) -> np.ndarray:
    """nDCG@10 of each query. scores: [queries, documents]"""
    # Why: equal texts differ in the seventh decimal by where they stand in the product, and then no tie would be a tie.
    order = np.argsort(-np.round(scores, 6), axis=1, kind="stable")[:, :DEPTH]
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    values = np.zeros(len(gains))
    for row, judged in enumerate(gains):
        found = sum(judged.get(int(at), 0.0) * discounts[rank] for rank, at in enumerate(order[row]))
        ideal = np.dot(sorted(judged.values(), reverse=True)[:DEPTH], discounts[: min(len(judged), DEPTH)])
        values[row] = found / ideal
    return values


def passages(text: str, limit: int) -> list[str]:
    """Cuts a text at sentence ends into passages of at most about `limit` characters."""
    parts, current = [], ""
    for sentence in sentences(text):
        if current and len(current) + len(sentence) >= limit:
            parts.append(current)
            current = ""
        current = f"{current} {sentence}".strip()
    return [*parts, current]


class DenseScorer:
    """Cosine of a query with every document; the tokens' work is done once for all dimensions."""

    def __init__(self, model: StaticModel, collection: Collection, passage_chars: int = 0) -> None:
        cut = [passages(text, passage_chars) if passage_chars else [text] for text in collection.texts]
        self._starts = np.cumsum([0] + [len(parts) for parts in cut[:-1]])
        self._documents = model.embed([part for parts in cut for part in parts])
        self._queries = model.embed(collection.queries)

    def scores(self, dim: int | None = None) -> np.ndarray:
        """float32[queries, documents]; a document scores as its best passage."""
        passage_scores = normalize(self._queries[:, :dim]) @ normalize(self._documents[:, :dim]).T
        return np.maximum.reduceat(passage_scores, self._starts, axis=1)


def word_scores(collection: Collection) -> np.ndarray:
    """BM25 (k1 1.2, b 0.75) over stemmed English words."""
    import bm25s
    import Stemmer
    stemmer = Stemmer.Stemmer("english")

    def tokens(texts: list[str]) -> list[list[str]]:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False)

    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    retriever.index(tokens(collection.texts), show_progress=False)
    return np.stack([retriever.get_scores(query) if query else np.zeros(len(collection.texts), np.float32)
                     for query in tokens(collection.queries)])


def scaled(scores: np.ndarray) -> np.ndarray:
    """Each query's scores brought to 0..1."""
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    return (scores - low) / np.maximum(high - low, 1e-9)


def fuse(dense: np.ndarray, word: np.ndarray, weight: float = DENSE_WEIGHT) -> np.ndarray:
    """Convex combination of the scaled scores; `weight` is the share of the dense one."""
    return weight * scaled(dense) + (1 - weight) * scaled(word)


def bootstrap(differences: np.ndarray, rounds: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean of paired differences."""
    random_ = np.random.default_rng(1)
    means = differences[random_.integers(0, len(differences), (rounds, len(differences)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def measure(model: StaticModel, collection: Collection, dims: list[int], hybrid: bool,
            passage_chars: int, dense_weight: float) -> dict[str, np.ndarray]:
    """nDCG@10 per query for each way of ranking, by name (`dense-256`, `words`, `hybrid-256`)."""
    scorer = DenseScorer(model, collection, passage_chars)
    dense = {dim: scorer.scores(dim) for dim in dims}
    results = {f"dense-{dim}": ndcg(scores, collection.gains) for dim, scores in dense.items()}
    if hybrid:
        word = word_scores(collection)
        results["words"] = ndcg(word, collection.gains)
        results |= {f"hybrid-{dim}": ndcg(fuse(scores, word, dense_weight), collection.gains)
                    for dim, scores in dense.items()}
    return results


def pooled(collections: list[Collection]) -> Collection:
    """All collections in one index; a document without a judgement for a query counts as not relevant."""
    texts, queries, gains = [], [], []
    for collection in collections:
        start = len(texts)
        texts += collection.texts
        queries += collection.queries
        gains += [{at + start: gain for at, gain in judged.items()} for judged in collection.gains]
    return Collection("pooled", texts, queries, gains)


def print_table(results: dict[str, dict[str, np.ndarray]]) -> None:
    """One line a collection, and the mean over collections (the pooled index stands apart)."""
    names = list(next(iter(results.values())))
    print(f"{'collection':18}{'queries':>8}" + "".join(f"{name:>12}" for name in names))
    for collection, values in results.items():
        count = len(values[names[0]])
        print(f"{collection:18}{count:8}" + "".join(f"{values[name].mean():12.4f}" for name in names))
    single = [values for collection, values in results.items() if collection != "pooled"]
    print(f"{'mean':26}" + "".join(f"{np.mean([values[name].mean() for values in single]):12.4f}" for name in names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../public/models/inkling-instant-v1"))
    parser.add_argument("--baseline", type=Path, help="another model folder; prints paired differences")
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"), help="folder of collections")
    parser.add_argument("--collections", nargs="+", default=COLLECTIONS)
    parser.add_argument("--half", choices=["all", "dev", "report"], default="all")
    parser.add_argument("--dims", type=int, nargs="+", help="default: 256 128 64 as far as the model has them")
    parser.add_argument("--hybrid", action="store_true", help="also rank by words (BM25) and by both")
    parser.add_argument("--pooled", action="store_true", help="also one index of all collections")
    parser.add_argument("--passage-chars", type=int, default=0, help="score a document as its best passage of this size")
    parser.add_argument("--dense-weight", type=float, help="share of the dense score; default: the model's own")
    parser.add_argument("--json", type=Path, help="write the means to this file")
    options = parser.parse_args()
    missing = [name for name in options.collections if not (options.eval / name / "corpus.jsonl").exists()]
    if missing:
        stop(f"not found in {options.eval}: {', '.join(missing)}; name the folder of collections with --eval")
    collections = [load_collection(options.eval / name, options.half) for name in options.collections]
    if options.pooled:
        collections.append(pooled(collections))
    results = evaluate(options.model, collections, options)
    print_table(results)
    if options.baseline:
        compare(results, evaluate(options.baseline, collections, options))
    if options.json:
        means = {name: {way: round(float(value.mean()), 4) for way, value in values.items()}
                 for name, values in results.items()}
        options.json.write_text(json.dumps(means, indent=1) + "\n")


def evaluate(folder: Path, collections: list[Collection], options: argparse.Namespace) -> dict:
    """Results of one model folder on all collections, by collection and way of ranking."""
    model = StaticModel.load(folder)
    dims = options.dims or [dim for dim in (256, 128, 64) if dim <= model.table.shape[1]]
    weight = options.dense_weight if options.dense_weight is not None else dense_weight(folder)
    return {collection.name: measure(model, collection, dims, options.hybrid, options.passage_chars, weight)
            for collection in collections}


def dense_weight(folder: Path) -> float:
    """The model's own share of the dense score; that of the release where its `config.json` names none."""
    fusion = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("fusion", {})
    return fusion.get("denseWeight", DENSE_WEIGHT)


def compare(ours: dict, theirs: dict) -> None:
    """Prints the baseline's table and paired bootstrap intervals of the widest dense ranking."""
    print("\nbaseline")
    print_table(theirs)
    print("\ndifference of the widest dense ranking, 95 % interval (paired bootstrap)")
    for name in ours:
        first, second = next(iter(ours[name].values())), next(iter(theirs[name].values()))
        low, high = bootstrap(first - second)
        print(f"{name:18}{(first - second).mean():+9.4f}   [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
