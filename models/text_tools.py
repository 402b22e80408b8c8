"""Small text helpers shared by the data pipeline: reading, sentences, words, overlap with test collections."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

SHINGLE_WORDS = 8
"""Length, in words, of the shingles that decide whether a training text is a near-duplicate of a test text."""

_SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")
_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")


def stop(message: str) -> None:
    """Ends the program with a message for the person who ran it."""
    sys.exit(f"error: {message}")


def read_json_lines(path: Path) -> Iterator[dict]:
    """Yields the objects of a `.jsonl` or `.jsonl.gz` file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def clean(text: str) -> str:
    """The text with every run of white space made one space."""
    return _SPACE.sub(" ", text).strip()


def sentences(text: str) -> list[str]:
    """Splits English text at sentence ends. Rough, which is enough for making pairs."""
    return [part for part in _SENTENCE_BREAK.split(text) if part]


def words(text: str) -> list[str]:
    """Lower-case word runs, the unit of duplicate detection."""
    return _WORD.findall(text.lower())


def join_title(*parts: str) -> str:
    """Joins title, heading and text, leaving out what is empty or repeats the part before it."""
    kept: list[str] = []
    for part in map(clean, parts):
        if part and not (kept and kept[-1].lower() == part.lower()):
            kept.append(part)
    return ". ".join(kept)


class OverlapFilter:
    """Knows every 8-word shingle and every whole short text of some collections, and finds texts that share one.

    Words that never occur in the collections become 0; a shingle with a 0 cannot match, which keeps the test cheap.
    """

    _MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

    def __init__(self, texts: Iterable[str]) -> None:
        self._word_ids: dict[str, int] = {}
        self._whole: set[str] = set()
        hashes = [self._shingles(self._learn(text)) for text in texts]
        self._hashes = np.unique(np.concatenate(hashes)) if hashes else np.empty(0, np.uint64)

    @classmethod
    def of_collections(cls, root: Path) -> OverlapFilter:
        """Reads all documents and queries of the collections (folders with `corpus.jsonl`) below `root`."""
        return cls(text for folder in sorted(root.iterdir()) if (folder / "corpus.jsonl").exists()
                   for name in ("corpus.jsonl", "queries.jsonl") for text in _collection_texts(folder / name))

    def matches(self, texts: list[str]) -> np.ndarray:
        """For each text, whether it equals a collection text or shares a shingle with one. bool[len(texts)]"""
        found = np.zeros(len(texts), bool)
        ids, owners = [], []
        for number, text in enumerate(texts):
            parts = words(text)
            found[number] = " ".join(parts) in self._whole
            ids.append(np.fromiter((self._word_ids.get(part, 0) for part in parts), np.uint64, len(parts)))
            ids.append(np.zeros(1, np.uint64))  # Why: a 0 between texts stops shingles from crossing.
            owners.append(np.full(len(parts) + 1, number))
        flat = np.concatenate(ids) if ids else np.empty(0, np.uint64)
        if len(flat) < SHINGLE_WORDS:
            return found
        hits = self._contains(self._shingles(flat))
        found[np.concatenate(owners)[: len(hits)][hits]] = True
        return found

    def _learn(self, text: str) -> np.ndarray:
        parts = words(text)
        self._whole.add(" ".join(parts))
        return np.array([self._word_ids.setdefault(part, len(self._word_ids) + 1) for part in parts], np.uint64)

    def _shingles(self, ids: np.ndarray) -> np.ndarray:
        """Hashes of all windows of `SHINGLE_WORDS` words; 0 where the window holds an unknown word."""
        count = len(ids) - SHINGLE_WORDS + 1
        if count < 1:
            return np.empty(0, np.uint64)
        hashes = np.zeros(count, np.uint64)
        unknown = np.zeros(count, bool)
        for offset in range(SHINGLE_WORDS):
            window = ids[offset : offset + count]
            hashes = (hashes ^ window) * self._MULTIPLIER
            hashes ^= hashes >> np.uint64(29)
            unknown |= window == 0
        hashes[unknown] = 0
        return hashes

    def _contains(self, hashes: np.ndarray) -> np.ndarray:
        if not len(self._hashes):
            return np.zeros(len(hashes), bool)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return (self._hashes[places] == hashes) & (hashes != 0)


def _collection_texts(path: Path) -> Iterator[str]:
    for entry in read_json_lines(path):
        yield entry["text"]
        if entry.get("title"):
            yield f"{entry['title']} {entry['text']}"
