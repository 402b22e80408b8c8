"""The library's ranking once more, in numpy: from passages, word scores and any embedder to nDCG@10.

`inkling eval --evidence <folder>` writes, for each index, the passages as they are embedded and the word scores of every
passage for every query. All that depends on vectors is computed here, written anew from docs/RANKING.md and checked against
the engine's own results (`evaluate.py --check`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from tokenizers import Tokenizer

from static_model import StaticModel, TokenWeights, normalize
from text_tools import read_json_lines, stop

DEPTH = 10
MODES = ("words", "dense", "hybrid")
TELLING_PIECE = 3
"""Shortest piece of a longer word, in UTF-16 units, that counts as known."""
MIN_COVERAGE = 0.25
"""Passages known to a smaller share get no vector."""
QUERY_COVERAGE = (0.5, 0.8)
"""The dense weight rises from none to all of it between these shares of the query's characters known."""
PREFERRED_PAGES = 100
PASSAGES_PER_PAGE = 3
"""Pages, and passages of each, in which quoted phrases are looked for."""


class Embedder(Protocol):
    """Anything that makes vectors of texts. Where it also has `coverage(texts)`, the share of each text that it knows,
    float32[n], meaning counts less or nothing for queries and passages that it knows little of. Where it has
    `embed_queries(texts)`, queries go there."""

    def embed(self, texts: list[str]) -> np.ndarray:
        """float32[len(texts), dim], length 1 or zeros."""
        ...


class Coverage:
    """How much of a text a vocabulary knows by more than single letters."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer, self._max_tokens = tokenizer, max_tokens
        self._seen: dict[str, tuple[int, int, int]] = {}

    def shares(self, texts: list[str]) -> np.ndarray:
        """Share of the characters of each text, cut as for embedding, that stand in whole words or in longer pieces."""
        return np.array([self._share(text) for text in texts], np.float32)

    def _share(self, text: str) -> float:
        left, characters, known = self._max_tokens, 0, 0
        # Why by blanks: nothing the tokenizer does reaches across one, and each part is counted only once.
        for part in text.split():
            if part not in self._seen:
                self._seen[part] = self._count(part)
            tokens, units_, known_ = self._seen[part]
            left, characters, known = left - tokens, characters + units_, known + known_
            if left < 0:
                break
        return known / max(1, characters)

    def _count(self, part: str) -> tuple[int, int, int]:
        """Tokens, characters and known characters."""
        tokenizer = self._tokenizer
        totals = (0, 0, 0)
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(part)):
            tokens = [token.value for token in tokenizer.model.tokenize(word)]
            totals = (totals[0] + len(tokens), totals[1] + units(word), totals[2] + known_units(word, tokens))
        return totals


class StaticEmbedder:
    """A static model as the library uses it."""

    def __init__(self, model: StaticModel) -> None:
        self.embed = model.embed
        self.embed_queries = model.embed_queries
        self.coverage = Coverage(model.tokenizer, model.max_tokens).shares


def known_units(word: str, tokens: list[str]) -> int:
    """Characters of a word that stand in a piece that tells something."""
    if tokens == ["[UNK]"]:
        return 0
    sizes = [units(token.removeprefix("##") if at else token) for at, token in enumerate(tokens)]
    return sum(size for size in sizes if size >= TELLING_PIECE or size == units(word))


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def load_static(path: Path, tokenizer: Path | None = None, weights: TokenWeights | None = None) -> StaticEmbedder:
    """A folder of a static model, or a table float32[V, dim] (`.npy`) with its tokenizer and what its tokens count."""
    if path.is_dir():
        return StaticEmbedder(StaticModel.load(path))
    if tokenizer is None:
        stop(f"{path} is a bare table: name its tokenizer")
    return StaticEmbedder(StaticModel(Tokenizer.from_file(str(tokenizer)), np.load(path).astype(np.float32), weights=weights))


@dataclass
class Evidence:
    """What ranking saw of one index, but for the vectors."""

    name: str
    texts: list[str]
    """Of each passage, as it is embedded."""
    documents: np.ndarray
    """int32[passages]: place of each passage's document in the order of urls."""
    sections: np.ndarray
    """int32[passages]: number of each passage's section, none shared between documents."""
    section_documents: np.ndarray
    queries: list[dict]
    gains: list[dict[int, float]]
    word_starts: np.ndarray
    word_passages: np.ndarray
    word_scores: np.ndarray
    parameters: dict
    runs: list[dict]

    @classmethod
    def load(cls, folder: Path) -> Evidence:
        """Reads a folder that `inkling eval --evidence` wrote."""
        if not (folder / "runs.json").exists():
            stop(f"no passages of {folder.name} in {folder.parent}: let `npm run -s inkling -- eval --collection <its folder> "
                 f"--compare dense,words --evidence {folder.parent}` write them")
        passages = list(read_json_lines(folder / "passages.jsonl"))
        queries = list(read_json_lines(folder / "queries.jsonl"))
        # Why this order: where scores are equal, the lower url goes first, compared by UTF-16 code units.
        urls = sorted({entry["document"] for entry in passages}, key=lambda url: url.encode("utf-16-be"))
        places = {url: at for at, url in enumerate(urls)}
        documents = np.array([places[entry["document"]] for entry in passages], np.int32)
        pairs = np.stack([documents, np.array([entry["section"] for entry in passages], np.int32)], axis=1)
        unique, sections = np.unique(pairs, axis=0, return_inverse=True)
        gains = [_gains(entry["judgements"], places) for entry in queries]
        return cls(folder.name, [entry["text"] for entry in passages], documents, sections.ravel().astype(np.int32),
                   unique[:, 0], queries, gains,
                   np.concatenate([[0], np.cumsum([entry["words"] for entry in queries])]),
                   np.fromfile(folder / "word-passages.u32", np.dtype("<u4")),
                   np.fromfile(folder / "word-scores.f32", np.dtype("<f4")),
                   json.loads((folder / "ranking.json").read_text()), json.loads((folder / "runs.json").read_text()))

    def words(self, query: int) -> np.ndarray:
        """Word score of every passage. float32[passages]"""
        scores = np.zeros(len(self.texts), np.float32)
        span = slice(self.word_starts[query], self.word_starts[query + 1])
        scores[self.word_passages[span]] = self.word_scores[span]
        return scores

    @cached_property
    def collections(self) -> np.ndarray:
        """Collection of each query."""
        return np.array([entry["collection"] for entry in self.queries])


def _gains(judgements: dict[str, float], places: dict[str, int]) -> dict[int, float]:
    """Gain 2^grade - 1 of each relevant document. One that is not in the index still counts for what would be best."""
    relevant = {url: grade for url, grade in judgements.items() if grade > 0}
    return {places.get(url, -1 - at): 2**grade - 1 for at, (url, grade) in enumerate(relevant.items())}


@dataclass
class Vectors:
    """Vectors of an index and its queries by one model, and how much of the queries the model knows."""

    passages: np.ndarray
    queries: np.ndarray
    query_weights: np.ndarray

    @classmethod
    def of(cls, embedder: Embedder, evidence: Evidence) -> Vectors:
        """Embeds everything once, at all dimensions."""
        queries = [entry["text"] for entry in evidence.queries]
        passages = np.asarray(embedder.embed(evidence.texts), np.float32)
        weights = np.ones(len(queries))
        if hasattr(embedder, "coverage"):
            passages = np.where(embedder.coverage(evidence.texts)[:, None] < MIN_COVERAGE, 0, passages)
            low, high = QUERY_COVERAGE
            weights = np.clip((embedder.coverage(queries) - low) / (high - low), 0, 1)
        embed_queries = getattr(embedder, "embed_queries", embedder.embed)
        return cls(passages, np.asarray(embed_queries(queries), np.float32), weights)

    def scorer(self, dim: int | None, int8: bool = True) -> Scorer:
        """Cosine by the leading numbers, by default rounded as the index rounds them."""
        parts = [normalize(part[:, :dim]) for part in (self.queries, self.passages)]
        return Int8Scorer(*parts) if int8 else FloatScorer(*parts)


class Scorer(Protocol):
    """Gives the cosine of some queries with every passage. float32[queries, passages]"""

    def __call__(self, queries: slice) -> np.ndarray: ...


class FloatScorer:
    """By the vectors as they are."""

    def __init__(self, queries: np.ndarray, passages: np.ndarray) -> None:
        self._queries, self._passages = queries, passages

    def __call__(self, queries: slice) -> np.ndarray:
        # Why: equal texts differ in the seventh decimal by where they stand in the product, and then no tie would be a tie.
        return np.round(self._queries[queries] @ self._passages.T, 6)


class Int8Scorer:
    """By int8 codes and a step for each vector, as the index holds them. Sums of codes are whole numbers below 2^24: exact."""

    def __init__(self, queries: np.ndarray, passages: np.ndarray) -> None:
        self._queries, self._query_steps = codes_of(queries)
        self._passages, self._passage_steps = codes_of(passages)

    def __call__(self, queries: slice) -> np.ndarray:
        sums = (self._queries[queries] @ self._passages.T).astype(np.float64)
        return (sums * self._query_steps[queries, None] * self._passage_steps).astype(np.float32)


def codes_of(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes -127 to 127, as float32 shaped like `vectors`, and the step of each row: a 127th of its largest number."""
    steps = (np.abs(vectors).max(axis=1, initial=0) / np.float32(127)).astype(np.float32)
    scaled = np.divide(vectors, steps[:, None], out=np.zeros_like(vectors), where=steps[:, None] > 0)
    return np.floor(scaled + np.float32(0.5)), steps


def ranked_scores(evidence: Evidence, vectors: Vectors | None, mode: str, dense_weight: float,
                  scorer: Scorer | None = None) -> np.ndarray:
    """nDCG@10 of every query in the order of `evidence.queries`."""
    values = np.zeros(len(evidence.queries))
    for start in range(0, len(values), 64):
        dense = scorer(slice(start, start + 64)) if scorer is not None else None
        for at in range(start, min(start + 64, len(values))):
            ranking = rank(evidence, at, None if dense is None else dense[at - start], vectors, mode, dense_weight)
            values[at] = ndcg_of(ranking, evidence.gains[at])
    return values


def rank(evidence: Evidence, query: int, dense: np.ndarray | None, vectors: Vectors | None, mode: str,
         dense_weight: float) -> np.ndarray:
    """Documents, best first, as places in the order of urls."""
    if evidence.queries[query]["terms"] == 0:
        dense = None
    weight = dense_weight * vectors.query_weights[query] if vectors is not None else 0.0
    if dense is not None and (not vectors.queries[query].any() or (mode == "hybrid" and weight == 0)):
        dense = None
    words = None if mode == "dense" else evidence.words(query)
    found, scores = fused(evidence, words, dense, weight)
    if not len(found):
        return np.empty(0, np.int32)
    documents, _ = grouped(evidence, found, scores)
    return prefer_phrases(evidence, query, found, scores, documents)


def fused(evidence: Evidence, words: np.ndarray | None, dense: np.ndarray | None, weight: float) -> tuple[np.ndarray,
                                                                                                          np.ndarray]:
    """Candidates of both retrievers, and the convex combination of their scores."""
    limits = evidence.parameters
    depth = min(len(evidence.texts), max(limits["minCandidates"], limits["limit"] * limits["oversampling"]))
    parts = []
    if words is not None:
        parts.append((words, 0.0, 1.0 if dense is None else 1 - weight))
    if dense is not None:
        mean = float(dense.mean(dtype=np.float64))
        parts.append((dense, mean if mean < dense.max() else -1.0, 1.0 if words is None else weight))
    lists = [shortlist(scores, floor, depth) for scores, floor, _ in parts]
    found = np.unique(np.concatenate(lists)) if lists else np.empty(0, np.int64)
    total = np.zeros(len(found))
    for (scores, floor, share), listed in zip(parts, lists, strict=True):
        width = float(scores[listed[0]]) - floor if len(listed) else 0.0
        if width > 0:
            total += share * np.clip((scores[found].astype(np.float64) - floor) / width, 0, 1)
    return found, total


def shortlist(scores: np.ndarray, floor: float, depth: int) -> np.ndarray:
    """Ordinals of the best passages above the floor, best first; ties by ordinal."""
    above = np.flatnonzero(scores > floor)
    if len(above) > depth:
        least = np.partition(scores[above], len(above) - depth)[len(above) - depth]
        above = above[scores[above] >= least]
    return above[np.argsort(-scores[above], kind="stable")][:depth]


def grouped(evidence: Evidence, found: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Documents and their scores, best first: the best section and, with decay, the next few."""
    sections, owners = np.unique(evidence.sections[found], return_inverse=True)
    best = np.zeros(len(sections))
    np.maximum.at(best, owners, scores)
    documents = evidence.section_documents[sections]
    order = np.lexsort((-best, documents))
    documents, best = documents[order], best[order]
    firsts = np.r_[True, documents[1:] != documents[:-1]]
    starts = np.flatnonzero(firsts)
    ranks = np.arange(len(documents)) - np.repeat(starts, np.diff(np.r_[starts, len(documents)]))
    shares = np.where(ranks < evidence.parameters["sectionsPerPage"],
                      evidence.parameters["sectionDecay"] ** ranks.astype(float), 0)
    totals = np.add.reduceat(best * shares, starts)
    order = np.lexsort((documents[starts], -totals))
    return documents[starts][order], totals[order]


def prefer_phrases(evidence: Evidence, query: int, found: np.ndarray, scores: np.ndarray,
                   documents: np.ndarray) -> np.ndarray:
    """The documents anew, those first that hold every quoted phrase in their best passages."""
    phrases = evidence.queries[query]["phrases"]
    if not phrases:
        return documents
    holds = np.zeros(len(documents), bool)
    for at, document in enumerate(documents[:PREFERRED_PAGES]):
        own = found[evidence.documents[found] == document]
        order = np.lexsort((own, -scores[np.searchsorted(found, own)]))
        top = set(own[order][:PASSAGES_PER_PAGE].tolist())
        holds[at] = all(top.intersection(phrase) for phrase in phrases)
    return np.concatenate([documents[holds], documents[~holds]])


def ndcg_of(ranking: np.ndarray, gains: dict[int, float]) -> float:
    """nDCG@10 of one ranking of documents; gains are 2^grade - 1."""
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    ideal = sorted(gains.values(), reverse=True)[:DEPTH]
    best = float(np.dot(ideal, discounts[: len(ideal)]))
    return sum(gains.get(int(document), 0.0) * discounts[at] for at,
               document in enumerate(ranking[:DEPTH])) / best if best else 0.0


def measure(embedder: Embedder | None, evidence: Evidence, dims: list[int], dense_weight: float,
            modes: tuple[str, ...] = MODES,
            int8: bool = True) -> dict[str, np.ndarray]:
    """nDCG@10 of every query for each way of ranking, by name: `words`, `dense-256`, `hybrid-256`."""
    results = {"words": ranked_scores(evidence, None, "words", 0)} if "words" in modes else {}
    if embedder is None or not {"dense", "hybrid"} & set(modes):
        return results
    vectors = Vectors.of(embedder, evidence)
    wanted = [mode for mode in ("dense", "hybrid") if mode in modes]
    for dim in dims:
        scorer = vectors.scorer(dim, int8)
        for mode in wanted:
            results[f"{mode}-{dim}"] = ranked_scores(evidence, vectors, mode, dense_weight, scorer)
    return {way: results[way] for way in ["words", *(f"{mode}-{dim}" for mode in wanted for dim in dims)] if way in results}
