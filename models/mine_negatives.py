"""Finds texts that look like the answer to a question and are not: hard negatives for contrastive training.

For each pair `(a, b)` of the chosen sources, half of the negatives are what BM25 ranks highest for `a`, half what a static
model does, among the `b` texts of all chosen sources. Left out: whatever is paired with the same `a`, texts as near to `a` as
`b` is or almost (by the static model: a cosine of 0.95 of the pair's own, or more), texts that nearly repeat `b`, and
repeated ones.

    python mine_negatives.py --model ../public/models/inkling-instant-v1 --out work/negatives

writes `all.npy`, int32[pairs, 2 * each]: rows of the pair store whose `b` is the negative, -1 for none; the first half of the
columns by words, the second by vectors, each best first. Sources not mined have -1 throughout. A file a source is written as
soon as it is done; a second call goes on after those.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from pair_store import PairStore, Side
from static_model import StaticModel, normalize
from text_tools import stop

SOURCES = ["user-questions", "reading-qa", "questions-extra", "advice-qa", "medquad", "arxiv", "scitldr", "pmc-trials",
           "docs-headings",
           "wikipedia-lead", "openstax-qa", "openstax-sections"]
K1, B = 1.2, 0.75
MAX_SHARE = 0.02
"""Tokens in a larger share of the texts tell too little to be looked up: their lists would be most of the work."""
QUERY_TOKENS = 16
"""The rarest tokens of a question that are looked up."""
CANDIDATES = 40
"""Texts looked at for each question by either way, of which the first few that pass are kept."""
QUERIES_AT_ONCE = 256
TEXTS_PER_CLUSTER = 640
PROBES = 8
"""Clusters of vectors that are searched for each question."""


@dataclass
class Pool:
    """Different texts that may be negatives: `rows` of the pair store, with their checksums and unit vectors."""

    rows: np.ndarray
    groups: np.ndarray
    vectors: np.ndarray


def counts_of(side: Side, rows: np.ndarray, vocabulary_size: int) -> sparse.csr_matrix:
    """How often each token stands in each text. float32[rows, V]"""
    tokens, owners = side.gather(rows)
    ones = np.ones(len(tokens), np.float32)
    counts = sparse.csr_matrix((ones, (owners, tokens.astype(np.int32))), (len(rows), vocabulary_size))
    counts.sum_duplicates()
    return counts


def embed(side: Side, rows: np.ndarray, model: StaticModel) -> np.ndarray:
    """Unit vectors of the texts. float32[rows, dim]"""
    vectors = np.empty((len(rows), model.table.shape[1]), np.float32)
    for at in range(0, len(rows), 20_000):
        counts = counts_of(side, rows[at : at + 20_000], len(model.table))
        counts.data **= model.weights.power
        vectors[at : at + 20_000] = normalize(counts @ model.table)
    return vectors


class WordIndex:
    """BM25 over the tokens of the pool."""

    def __init__(self, counts: sparse.csr_matrix) -> None:
        documents = np.bincount(counts.indices, minlength=counts.shape[1])
        self._idf = np.log1p((counts.shape[0] - documents + 0.5) / (documents + 0.5)).astype(np.float32)
        self._idf[documents > max(20, MAX_SHARE * counts.shape[0])] = 0
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        norms = K1 * (1 - B + B * lengths / max(lengths.mean(), 1))
        weights = counts.copy()
        weights.data = counts.data * (K1 + 1) / (counts.data + np.repeat(norms, np.diff(counts.indptr)).astype(np.float32))
        weights = weights @ sparse.diags(self._idf, dtype=np.float32)
        weights.eliminate_zeros()
        self._by_token = weights.T.tocsr()

    def best(self, counts: sparse.csr_matrix) -> np.ndarray:
        """Ordinals of the best texts for each question, best first, then -1. int32[questions, CANDIDATES]"""
        found = np.full((counts.shape[0], CANDIDATES), -1, np.int32)
        for at in range(0, counts.shape[0], QUERIES_AT_ONCE):
            scores = (self._question_tokens(counts[at : at + QUERIES_AT_ONCE]) @ self._by_token).tocsr()
            for row in range(scores.shape[0]):
                span = slice(scores.indptr[row], scores.indptr[row + 1])
                top = best_first(scores.data[span], CANDIDATES)
                found[at + row, : len(top)] = scores.indices[span][top]
        return found

    def _question_tokens(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Ones for the rarest tokens of each question."""
        kept, starts = [], [0]
        for row in range(counts.shape[0]):
            tokens = counts.indices[counts.indptr[row] : counts.indptr[row + 1]]
            tokens = tokens[best_first(self._idf[tokens], QUERY_TOKENS)]
            kept.append(tokens[self._idf[tokens] > 0])
            starts.append(starts[-1] + len(kept[-1]))
        tokens = np.concatenate(kept)
        return sparse.csr_matrix((np.ones(len(tokens), np.float32), tokens, starts), counts.shape)


class VectorIndex:
    """Nearest vectors of the pool, searched in the clusters that are nearest to a question."""

    def __init__(self, vectors: np.ndarray, random_: np.random.Generator) -> None:
        self._vectors = vectors
        count = max(1, len(vectors) // TEXTS_PER_CLUSTER)
        self._centres = vectors[random_.choice(len(vectors), count, replace=False)]
        for _ in range(3):
            nearest = self._nearest_centres(vectors, 1)[:, 0]
            sums = sparse.csr_matrix((np.ones(len(vectors), np.float32), (nearest, np.arange(len(vectors)))),
                                     (count, len(vectors)))
            self._centres = normalize(np.asarray(sums @ vectors, np.float32))
        nearest = self._nearest_centres(vectors, 1)[:, 0]
        order = np.argsort(nearest, kind="stable").astype(np.int32)
        self._members = np.split(order, np.searchsorted(nearest[order], np.arange(1, count)))

    def best(self, questions: np.ndarray) -> np.ndarray:
        """As `WordIndex.best`, by cosine."""
        probes = self._nearest_centres(questions, min(PROBES, len(self._centres)))
        shape = (len(questions), probes.shape[1], CANDIDATES)
        ordinals, scores = np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32)
        for cluster, members in enumerate(self._members):
            rows, slots = np.nonzero(probes == cluster)
            if not len(rows) or not len(members):
                continue
            found = questions[rows] @ self._vectors[members].T
            width = min(CANDIDATES, len(members))
            top = np.argpartition(-found, width - 1, axis=1)[:, :width]
            ordinals[rows, slots, :width] = members[top]
            scores[rows, slots, :width] = np.take_along_axis(found, top, axis=1)
        flat, flat_scores = ordinals.reshape(len(questions), -1), scores.reshape(len(questions), -1)
        order = np.argsort(-flat_scores, axis=1, kind="stable")[:, :CANDIDATES]
        return np.take_along_axis(flat, order, axis=1)

    def _nearest_centres(self, vectors: np.ndarray, count: int) -> np.ndarray:
        """int32[vectors, count]; the order among the count is not defined."""
        parts = []
        for at in range(0, len(vectors), 8192):
            distance = -(vectors[at : at + 8192] @ self._centres.T)
            parts.append(np.argpartition(distance, count - 1, axis=1)[:, :count].astype(np.int32))
        return np.concatenate(parts)


def best_first(scores: np.ndarray, count: int) -> np.ndarray:
    """Places of the highest scores, best first; ties by place."""
    if len(scores) > count:
        top = np.sort(np.argpartition(-scores, count - 1)[:count])
        return top[np.argsort(-scores[top], kind="stable")]
    return np.argsort(-scores, kind="stable")


class Miner:
    """Finds the negatives of one source after the other."""

    def __init__(self, store: PairStore, sources: list[str], model: StaticModel, each: int, nearest: float) -> None:
        self._store, self._model, self._each, self._nearest = store, model, each, nearest
        rows = np.concatenate([store.sources[name] for name in sources])
        _, first = np.unique(store.b.groups[rows], return_index=True)
        rows = rows[np.sort(first)].astype(np.int32)
        self._pool = Pool(rows, store.b.groups[rows], embed(store.b, rows, model))
        self._words = WordIndex(counts_of(store.b, rows, len(model.table)))
        self._near = VectorIndex(self._pool.vectors, np.random.default_rng(1))
        self._partners = _partners(store, sources)

    def mine(self, rows: np.ndarray) -> np.ndarray:
        """int32[rows, 2 * each]"""
        found = np.full((len(rows), 2 * self._each), -1, np.int32)
        for part in _slices(len(rows), 8192):
            found[part] = self._mine_some(rows[part])
        return found

    def _mine_some(self, rows: np.ndarray) -> np.ndarray:
        questions = embed(self._store.a, rows, self._model)
        answers = embed(self._store.b, rows, self._model)
        candidates = np.concatenate([self._words.best(counts_of(self._store.a, rows, len(self._model.table))),
                                     self._near.best(questions)], axis=1)
        passed = self._passed(rows, questions, answers, candidates)
        found = np.full((len(rows), 2 * self._each), -1, np.int32)
        for at in range(len(rows)):
            by_words = _take(candidates[at, :CANDIDATES][passed[at, :CANDIDATES]], self._each, ())
            by_vectors = _take(candidates[at, CANDIDATES:][passed[at, CANDIDATES:]], self._each, by_words)
            found[at, : len(by_words)] = self._pool.rows[by_words]
            found[at, self._each : self._each + len(by_vectors)] = self._pool.rows[by_vectors]
        return found

    def _passed(self, rows: np.ndarray, questions: np.ndarray, answers: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Which candidates are wrong answers as far as can be told. bool[rows, candidates]"""
        passed = candidates >= 0
        own = (questions * answers).sum(axis=1)
        for at, row in enumerate(rows):
            vectors = self._pool.vectors[candidates[at]]
            passed[at] &= vectors @ questions[at] < self._nearest * own[at]
            passed[at] &= vectors @ answers[at] < self._nearest
            passed[at] &= ~np.isin(self._pool.groups[candidates[at]], self._partners[int(self._store.a.groups[row])])
        return passed


def _partners(store: PairStore, sources: list[str]) -> dict[int, np.ndarray]:
    """Checksum of a question -> those of all its answers, in any of the sources."""
    rows = np.concatenate([store.sources[name] for name in sources])
    order = rows[np.argsort(store.a.groups[rows], kind="stable")]
    questions, starts = np.unique(store.a.groups[order], return_index=True)
    answers = np.split(store.b.groups[order], starts[1:])
    return {int(question): found for question, found in zip(questions, answers, strict=True)}


def _take(ordinals: np.ndarray, count: int, taken: list[int] | tuple[()]) -> list[int]:
    """The first few that are not taken already."""
    kept: list[int] = []
    for ordinal in ordinals.tolist():
        if len(kept) == count:
            break
        if ordinal not in taken:
            kept.append(ordinal)
    return kept


def _slices(length: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, length)) for at in range(0, length, size))


def stamp(store: PairStore, sources: list[str], options: argparse.Namespace) -> str:
    """Changes with everything that what was mined before depends on."""
    layout = [(name, int(rows[0]), len(rows)) for name, rows in store.sources.items()]
    weights = hashlib.sha256((options.model / "model.safetensors").read_bytes()).hexdigest()
    checksum = hashlib.sha256(repr((layout, sources, weights, options.each, options.nearest)).encode())
    checksum.update(store.a.groups.tobytes() + store.b.groups.tobytes())
    return checksum.hexdigest()[:12]


def mine_sources(store: PairStore, options: argparse.Namespace) -> dict[str, Path]:
    """Mines what is not there yet. Returns the file of each source."""
    usable = store.without_empty()
    mark = stamp(store, options.sources, options)
    files = {name: options.out / f"{name}-{mark}.npy" for name in options.sources}
    missing = [name for name, path in files.items() if not path.exists()]
    if not missing:
        return files
    began = time.monotonic()
    miner = Miner(usable, options.sources, StaticModel.load(options.model), options.each, options.nearest)
    print(f"index ready after {time.monotonic() - began:.0f} s", flush=True)
    for name in missing:
        rows = usable.sources[name]
        found = np.full((len(store.sources[name]), 2 * options.each), -1, np.int32)
        found[rows - store.sources[name][0]] = miner.mine(rows)
        # Why by another name first: an interrupted run must not leave half of a file behind.
        part = files[name].with_suffix(".part.npy")
        np.save(part, found)
        part.rename(files[name])
        print(f"{name:20}{len(rows):8,} pairs, {(found >= 0).sum(axis=1).mean():.2f} negatives each, "
              f"{(found < 0).all(axis=1).sum():,} without any, {time.monotonic() - began:.0f} s", flush=True)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, default=Path("work/pairs"), help="folder written by data.py")
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--cache", type=Path, default=Path("work/cache"))
    parser.add_argument("--model", type=Path, default=Path("../public/models/inkling-instant-v1"), help="a static model")
    parser.add_argument("--sources", nargs="+", default=SOURCES)
    parser.add_argument("--each", type=int, default=4, help="negatives by words, and as many by vectors")
    parser.add_argument("--nearest", type=float, default=0.95,
                        help="share of the pair's own cosine that a negative stays under")
    parser.add_argument("--out", type=Path, default=Path("work/negatives"))
    options = parser.parse_args()
    if options.tokenizer.read_bytes() != (options.model / "tokenizer.json").read_bytes():
        stop(f"{options.model} has another tokenizer than {options.tokenizer}: its rows belong to other tokens")
    store = PairStore.open(options.pairs, options.tokenizer, options.cache)
    unknown = [name for name in options.sources if name not in store.sources]
    if unknown:
        stop(f"no pairs of {', '.join(unknown)} in {options.pairs}; there are {', '.join(store.sources)}")
    options.out.mkdir(parents=True, exist_ok=True)
    files = mine_sources(store, options)
    whole = np.full((len(store.a.groups), 2 * options.each), -1, np.int32)
    for name, path in files.items():
        whole[store.sources[name]] = np.load(path)
    np.save(options.out / "all.npy", whole)
    print(f"{(whole >= 0).any(axis=1).sum():,} of {len(whole):,} pairs have negatives, in {options.out / 'all.npy'}")


if __name__ == "__main__":
    main()
