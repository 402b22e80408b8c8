"""Measures a model on retrieval collections as the library ranks: nDCG@10 of dense, and of words and both fused.

Rules: queries without a positive judgement are dropped; more than 1,000 queries are sampled by floor(i*n/1000); gain is
2^rel - 1; ties are broken by document id; all documents of the collection are ranked. What is not about vectors is read from
what the command line wrote (`ranking.py` says what): the passages of each document, and their scores by words.

    (cd .. && npm run -s inkling -- eval --collection <folder> ... --compare dense,words --evidence <evidence>)
    python evaluate.py --model ../public/models/inkling-instant-v1 --evidence <evidence> --hybrid --check

`<evidence>` is any folder, by its whole path.

The functions for whole documents (`load_collection`, `ndcg`) serve trainings (`watch_list.py`), which need a quick look, not
the last digit.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export_static import DENSE_WEIGHT, WEIGHTS
from ranking import Embedder, Evidence, load_static, measure
from text_tools import read_json_lines

COLLECTIONS = ["scifact", "cranfield", "cisi", "cacm", "squad-dev", "datatalks-faq", "trecqa-dev", "wikiqa-dev",
               "xquad-en"]
MAX_QUERIES = 1000
DEPTH = 10
AGREEMENT = 0.002
"""Largest difference to the engine's mean nDCG@10 of a collection that `--check` lets pass."""


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
    entries = entries[half_of(half)]
    texts = [f"{entry.get('title', '')} {entry['text']}".strip() for entry in documents]
    return Collection(folder.name, texts, [entry["text"] for entry in entries],
                      [judged[entry["_id"]] for entry in entries])


def half_of(half: str) -> slice:
    """The even (dev) or odd (report) ones, or all."""
    return {"all": slice(None), "dev": slice(0, None, 2), "report": slice(1, None, 2)}[half]


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


Results = dict[str, dict[str, np.ndarray]]
"""nDCG@10 of every query, by collection and way of ranking."""


def evaluate(embedder: Embedder, indexes: list[Evidence], dims: list[int], weight: float,
             modes: tuple[str, ...] = ("dense",),
             int8: bool = True, half: str = "all") -> Results:
    """Measures an embedder on each index. That of all collections together gives a line for each, named `pooled/<name>`."""
    results: Results = {}
    for index in indexes:
        values = measure(embedder, index, dims, weight, modes, int8)
        for collection in dict.fromkeys(index.collections):
            own = np.flatnonzero(index.collections == collection)[half_of(half)]
            name = collection if index.name != "pooled" else f"pooled/{collection}"
            results[name] = {way: value[own] for way, value in values.items()}
    return results


def means(results: Results) -> dict[str, dict[str, float]]:
    """Of each collection, and of all of them, each counting alike; those of the pooled index apart."""
    table = {name: {way: float(value.mean()) for way, value in values.items()} for name, values in results.items()}
    for label, is_pooled in (("mean", False), ("pooled/mean", True)):
        rows = [values for name, values in table.items() if name.startswith("pooled/") == is_pooled]
        if rows:
            table[label] = {way: float(np.mean([row[way] for row in rows])) for way in rows[0]}
    return table


def print_table(results: Results) -> None:
    """One line a collection, then the means."""
    table = means(results)
    ways = list(next(iter(table.values())))
    print(f"{'collection':24}{'queries':>8}" + "".join(f"{way:>12}" for way in ways))
    for name, row in table.items():
        count = len(results[name][ways[0]]) if name in results else ""
        print(f"{name:24}{count:>8}" + "".join(f"{row[way]:12.4f}" for way in ways))


def engine_means(indexes: list[Evidence], dim: int) -> dict[str, dict[str, float]]:
    """What `inkling eval` reached with vectors of this length, named as `means` names it."""
    table: dict[str, dict[str, float]] = {}
    for index in indexes:
        for run in index.runs:
            way = "words" if run["mode"] == "words" else f"{run['mode']}-{dim}"
            if run["mode"] == "words" or run["dim"] == dim:
                name = run["collection"] if index.name != "pooled" else f"pooled/{run['collection']}"
                table.setdefault(name, {})[way] = float(np.mean(run["ndcg"]))
    return table


def check(results: Results, indexes: list[Evidence], dim: int) -> bool:
    """Prints where engine and this program differ most. Returns whether every mean is within `AGREEMENT`."""
    ours, theirs = means(results), engine_means(indexes, dim)
    differences = [(abs(ours[name][way] - value), name, way, ours[name][way], value)
                   for name, row in theirs.items() for way, value in row.items() if way in ours[name]]
    if not differences:
        print(f"check: inkling eval left no results at {dim} dimensions; run it with --compare dense,words")
        return False
    worst = max(differences)
    print(f"check: {len(differences)} means, largest difference {worst[0]:.5f} "
          f"({worst[1]}, {worst[2]}: {worst[3]:.5f} here, {worst[4]:.5f} by inkling eval)")
    return worst[0] < AGREEMENT


def bootstrap(differences: np.ndarray, rounds: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean of paired differences."""
    random_ = np.random.default_rng(1)
    drawn = differences[random_.integers(0, len(differences), (rounds, len(differences)))].mean(axis=1)
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def compare(ours: Results, theirs: Results) -> None:
    """Prints the baseline's table and paired bootstrap intervals of every way of ranking that vectors have a part in."""
    print("\nbaseline")
    print_table(theirs)
    for way in next(iter(ours.values())):
        if way == "words":
            continue
        print(f"\ndifference of {way}, 95 % interval (paired bootstrap)")
        for name in ours:
            difference = ours[name][way] - theirs[name][way]
            low, high = bootstrap(difference)
            print(f"{name:24}{difference.mean():+9.4f}   [{low:+.4f}, {high:+.4f}]")


def dense_weight(folder: Path) -> float:
    """The model's own share of the dense score; that of the instant model where its folder names none."""
    for name in ("inkling.json", "config.json"):
        if (folder / name).exists():
            return json.loads((folder / name).read_text(encoding="utf-8")).get("fusion", {}).get("denseWeight", DENSE_WEIGHT)
    return DENSE_WEIGHT


def load_embedder(path: Path, tokenizer: Path) -> Embedder:
    """A folder of either built-in kind, a token table (.npy), or what `train_neural.py` left (.pt)."""
    # Why here: who measures a static model needs neither torch nor ONNX Runtime.
    if (path / "inkling.json").exists():
        from neural_folder import NeuralFolder
        return NeuralFolder.load(path)
    if path.suffix == ".pt":
        from train_neural import NeuralEmbedder
        return NeuralEmbedder.load(path, tokenizer)
    return load_static(path, tokenizer, WEIGHTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../public/models/inkling-instant-v1"),
                        help="folder of a model, a token table (.npy), or a trained neural model (.pt)")
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"), help="of a token table; it counts tokens as the release does")
    parser.add_argument("--baseline", type=Path, help="another model or table; prints paired differences")
    parser.add_argument("--evidence", type=Path, default=Path("work/evidence"),
                        help="folder written by inkling eval --evidence")
    parser.add_argument("--collections", nargs="+", default=COLLECTIONS)
    parser.add_argument("--half", choices=["all", "dev", "report"], default="all")
    parser.add_argument("--dims", type=int, nargs="+", default=[256, 128, 64])
    parser.add_argument("--hybrid", action="store_true", help="also rank by words and by both")
    parser.add_argument("--pooled", action="store_true", help="also the index of all collections together")
    parser.add_argument("--float", action="store_true", help="do not round vectors to int8 as the index does")
    parser.add_argument("--dense-weight", type=float, help="share of the dense score; default: the model's own")
    parser.add_argument("--check", action="store_true",
                        help="compare with what inkling eval reached; exit code 1 where they differ")
    parser.add_argument("--json", type=Path, help="write the means to this file")
    options = parser.parse_args()
    indexes = [Evidence.load(options.evidence / name) for name in [*options.collections,
                                                                   *(["pooled"] if options.pooled else [])]]
    modes = ("words", "dense", "hybrid") if options.hybrid else ("dense",)

    def run(path: Path) -> Results:
        weight = dense_weight(path) if options.dense_weight is None else options.dense_weight
        embedder = load_embedder(path, options.tokenizer)
        return evaluate(embedder, indexes, options.dims, weight, modes, not options.float, options.half)

    results = run(options.model)
    print_table(results)
    if options.baseline:
        compare(results, run(options.baseline))
    if options.json:
        rounded = {name: {way: round(value, 5) for way, value in row.items()} for name, row in means(results).items()}
        options.json.write_text(json.dumps(rounded, indent=1) + "\n")
    if options.check and not check(results, indexes, options.dims[0]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
