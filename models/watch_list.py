"""What a training looks at while it runs: a few collections that are quick to embed, and held-out questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from evaluate import Collection, load_collection, ndcg
from ranking import Embedder

QUICK = ["scifact", "squad-dev", "datatalks-faq", "xquad-en", "cranfield"]
"""Collections with few and short documents, of different kinds."""


class WatchList:
    """Mean dense nDCG@10 on the even half of each collection's queries and on held-out questions."""

    def __init__(self, tokenizer: Tokenizer, root: Path | None, held_out: Path, names: list[str] = QUICK) -> None:
        self.tokenizer = tokenizer
        self._collections = [load_collection(root / name, "dev") for name in names] if root else []
        self._held_out = load_collection(held_out) if held_out.is_dir() else None

    def line(self, model: Embedder, dims: tuple[int, ...]) -> str:
        """One line of numbers for the log."""
        every = self._collections + ([self._held_out] if self._held_out else [])
        if not every:
            return "nothing to watch"
        scores = np.array([scored(model, collection, dims) for collection in every])
        watched = scores[: len(self._collections)]
        means = " ".join(f"{dim}:{value:.4f}" for dim, value in zip(dims, watched.mean(0), strict=True)) if len(watched) else ""
        return f"{means} | " + " ".join(f"{one.name} {row[0]:.3f}" for one, row in zip(every, scores, strict=True))


def scored(model: Embedder, collection: Collection, dims: tuple[int, ...]) -> list[float]:
    """Dense nDCG@10 at each prefix of the vectors."""
    texts, queries = model.embed(collection.texts), getattr(model, "embed_queries", model.embed)(collection.queries)
    values = []
    for dim in dims:
        lengths = [np.maximum(np.linalg.norm(part[:, :dim], axis=1, keepdims=True), 1e-9) for part in (texts, queries)]
        values.append(ndcg((queries[:, :dim] / lengths[1]) @ (texts[:, :dim] / lengths[0]).T, collection.gains).mean())
    return values
