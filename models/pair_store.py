"""Tokenised pairs as flat arrays on disk, and the batches drawn from them."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from text_tools import read_json_lines

MAX_TOKENS = 320
"""Longest training text, in tokens."""
UNKNOWN_ID = 1
NEIGHBOURHOOD = 256
"""Mean number of pairs in a neighbourhood; a batch of 2,048 then holds about eight topics."""
SOURCE_WEIGHTS = {
    "user-questions": 4.0, "reading-qa": 3.0, "questions-extra": 3.0, "advice-qa": 2.0, "medquad": 1.5,
    "wikipedia-lead": 1.0, "arxiv": 1.5, "pmc-trials": 2.0, "openstax-qa": 2.0, "openstax-sections": 1.5,
    "scitldr": 2.0, "docs-headings": 1.0, "docs-cloze": 1.0, "wordset": 0.4, "wordnet": 0.4, "phrases": 0.3,
    "trivia": 0.5, "bible": 0.3, "classic-books": 0.4, "dc-law": 0.7, "factbook": 0.7,
}
"""How often an epoch sees each pair of a source (1 where not named): question-like and varied sources more often."""


@dataclass
class Side:
    """The texts of one side: tokens of text i are `tokens[starts[i]:starts[i + 1]]`; equal texts have equal `groups`."""

    tokens: np.ndarray
    starts: np.ndarray
    groups: np.ndarray

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """Number of tokens of each text."""
        return self.starts[rows + 1] - self.starts[rows]

    def gather(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Token ids of the texts one after the other, and for each token the position of its text in `rows`."""
        lengths = self.lengths(rows)
        owners = np.repeat(np.arange(len(rows)), lengths)
        firsts = np.repeat(self.starts[rows] - (np.cumsum(lengths) - lengths), lengths)
        return self.tokens[firsts + np.arange(len(owners))], owners


@dataclass
class PairStore:
    """All pairs of all sources, and which rows belong to which source."""

    a: Side
    b: Side
    sources: dict[str, np.ndarray]

    @classmethod
    def open(cls, pairs: Path, tokenizer_path: Path, cache: Path) -> PairStore:
        """Reads the cached arrays of each source, tokenising those whose pairs or tokenizer have changed."""
        cache.mkdir(parents=True, exist_ok=True)
        words = WordCache(Tokenizer.from_file(str(tokenizer_path)))
        stamp = hashlib.sha256(tokenizer_path.read_bytes()).hexdigest()[:8]
        parts: dict[str, dict[str, np.ndarray]] = {}
        for path in sorted(pairs.glob("*.jsonl")):
            cached = cache / f"{path.stem}-{stamp}-{path.stat().st_size}.npz"
            if not cached.exists():
                np.savez(cached, **_tokenise(path, words))
            with np.load(cached) as arrays:
                parts[path.stem] = dict(arrays)
        sides = [_join(list(parts.values()), side) for side in "ab"]
        bounds = np.cumsum([0] + [len(part["a_groups"]) for part in parts.values()])
        sources = {name: np.arange(bounds[at], bounds[at + 1]) for at, name in enumerate(parts)}
        return cls(*sides, sources)

    def without_empty(self) -> PairStore:
        """Leaves out pairs of which a side has no known token."""
        usable = (self.a.lengths(np.arange(len(self.a.groups))) > 0) & (self.b.lengths(np.arange(len(self.b.groups))) > 0)
        return PairStore(self.a, self.b, {name: rows[usable[rows]] for name, rows in self.sources.items()})

    def token_counts(self, vocabulary_size: int) -> np.ndarray:
        """How often each token occurs on both sides."""
        return sum(np.bincount(side.tokens, minlength=vocabulary_size) for side in (self.a, self.b))


class WordCache:
    """Token ids of texts by way of their blank-separated words, each tokenised once.

    Nothing the tokenizer does reaches across a blank, so the ids are those of the whole text; it is many times faster.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: dict[str, list[int]] = {}

    def encode(self, texts: list[str]) -> list[np.ndarray]:
        """Known ids of each text, at most `MAX_TOKENS`."""
        split = [text.split() for text in texts]
        self._learn({word for words in split for word in words} - self._ids.keys())
        get = self._ids.__getitem__
        return [np.array(list(chain.from_iterable(map(get, words)))[:MAX_TOKENS], np.uint16) for words in split]

    def _learn(self, words: set[str]) -> None:
        new = list(words)
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True):
            self._ids[word] = [token for token in encoding.ids if token > UNKNOWN_ID]


def _tokenise(path: Path, words: WordCache) -> dict[str, np.ndarray]:
    """Tokens, lengths and text checksums of both sides of one source."""
    entries = list(read_json_lines(path))
    arrays: dict[str, np.ndarray] = {}
    for side in "ab":
        texts = [entry[side] for entry in entries]
        ids = words.encode(texts)
        arrays[f"{side}_tokens"] = np.concatenate(ids)
        arrays[f"{side}_lengths"] = np.fromiter(map(len, ids), np.int64, len(ids))
        arrays[f"{side}_groups"] = np.fromiter(map(_checksum, texts), np.int64, len(texts))
    return arrays


def _checksum(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.lower().encode(), digest_size=8).digest(), "little", signed=True)


def _join(parts: list[dict[str, np.ndarray]], side: str) -> Side:
    tokens, lengths, groups = (np.concatenate([part[f"{side}_{field}"] for part in parts])
                               for field in ("tokens", "lengths", "groups"))
    return Side(tokens, np.concatenate([[0], np.cumsum(lengths)]), groups)


@dataclass(frozen=True)
class BatchPlan:
    """How a training draws its batches; the options of both trainings have these names."""

    size: int
    mixed: float
    near_from: int
    seed: int

    @classmethod
    def of(cls, options: Namespace) -> BatchPlan:
        return cls(options.batch, options.mixed, options.near_from, options.seed)


def endless_batches(store: PairStore, plan: BatchPlan, skip: int, vectors: Callable[[], np.ndarray]) -> Iterator[np.ndarray]:
    """Epoch after epoch, without the first `skip` batches. Which they are depends only on the plan and their number, so a resumed
    training sees the same. `vectors` gives unit vectors of every `b` for neighbourhoods, as the model stands."""
    epoch = drawn = 0
    while True:
        random_ = np.random.default_rng((plan.seed, epoch))
        near = vectors() if epoch >= plan.near_from else None
        for rows in draw_batches(store, SOURCE_WEIGHTS, plan.size, plan.mixed, random_, near):
            drawn += 1
            if drawn > skip:
                yield rows
        epoch += 1


def draw_batches(store: PairStore, weights: dict[str, float], size: int, mixed_share: float,
                 random_: np.random.Generator, vectors: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The batches of one epoch, in random order. A source of weight 1.5 is seen one and a half times.

    `mixed_share` of the pairs go to batches of all sources; the others stay among their own source, where the wrong
    answers of a batch are harder. With `vectors` (of every `b`) these batches are made of a few neighbourhoods, where
    they are harder still. No batch holds a text twice, so no answer is ever its own wrong answer.
    """
    own: list[np.ndarray] = []
    mixed: list[np.ndarray] = []
    for name, rows in store.sources.items():
        drawn = _draw(rows, weights.get(name, 1.0), random_)
        cut = (int(len(drawn) * (1 - mixed_share)) // size) * size
        if vectors is not None and cut > size:
            drawn = np.concatenate([by_neighbourhood(drawn[:cut], vectors, random_), drawn[cut:]])
        own += [drawn[at : at + size] for at in range(0, cut, size)]
        mixed.append(drawn[cut:])
    pool = random_.permutation(np.concatenate(mixed))
    batches = own + [pool[at : at + size] for at in range(0, len(pool) - size + 1, size)]
    for at in random_.permutation(len(batches)):
        yield distinct(store, batches[at])


def by_neighbourhood(rows: np.ndarray, vectors: np.ndarray, random_: np.random.Generator) -> np.ndarray:
    """The rows, neighbours together: each goes to the nearest of some random ones, and these groups follow in random
    order. Other random ones each epoch, so that a pair meets different neighbours."""
    centres = vectors[random_.choice(rows, max(2, len(rows) // NEIGHBOURHOOD), replace=False)].T
    nearest = np.concatenate([np.argmax(vectors[rows[at : at + 8192]] @ centres, axis=1)
                              for at in range(0, len(rows), 8192)])
    return rows[np.lexsort((random_.random(len(rows)), nearest))]


def _draw(rows: np.ndarray, weight: float, random_: np.random.Generator) -> np.ndarray:
    whole, part = int(weight), weight - int(weight)
    times = [random_.permutation(rows) for _ in range(whole)]
    return np.concatenate([*times, random_.permutation(rows)[: int(len(rows) * part)]])


def distinct(store: PairStore, rows: np.ndarray) -> np.ndarray:
    """Leaves out pairs one of whose texts already occurs in the batch."""
    _, first = np.unique(store.b.groups[rows], return_index=True)
    rows = rows[np.sort(first)]
    _, first = np.unique(store.a.groups[rows], return_index=True)
    return rows[np.sort(first)]
