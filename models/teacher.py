"""What a model in training may learn from besides the pairs: how alike two static models, one of them published, find texts.

A teacher is a folder of a static model or a table, and how much it counts. Several together judge by the weighted sum of their
cosines. The vectors of a batch are made on the way; nothing of a teacher goes into the model but what its judgement teaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from pair_store import PairStore
from static_model import StaticModel, TokenWeights
from token_table import TokenTable, make_batch


@dataclass
class Teacher:
    """A static model, the pairs by its own tokenizer, and the share of its cosine in the judgement."""

    store: PairStore
    table: TokenTable
    share: float

    @classmethod
    def load(cls, path: Path, share: float, pairs: Path, tokenizer: Path, cache: Path) -> Teacher:
        """From a model's folder (with its own tokenizer), or from a table (.npy) that goes with `tokenizer`."""
        if path.is_dir():
            rows, tokenizer = StaticModel.load(path).table, path / "tokenizer.json"
        else:
            rows = np.load(path).astype(np.float32)
        return cls(PairStore.open(pairs, tokenizer, cache), TokenTable(rows, np.zeros(len(rows), np.float32), torch.device("cpu")), share)

    def vectors(self, rows: np.ndarray, weights: TokenWeights) -> torch.Tensor:
        """float32[2 * rows, dim]: vectors of all `a`, then of all `b`, whose dot products are the share of their cosines."""
        batch = make_batch(self.store, rows, len(self.table.rows), weights, self.table.rows.device)
        sums = self.table.sums(self.table.damped(batch, weights.context_damping))
        return F.normalize(sums) * self.share**0.5


class Teachers:
    """Several teachers whose vectors stand side by side, turned so that the directions in which texts differ most come first."""

    def __init__(self, teachers: list[Teacher], weights: TokenWeights, dim: int, seed: int, texts: int = 20_000) -> None:
        self._teachers, self._weights = teachers, weights
        count = len(teachers[0].store.b.groups)
        rows = np.sort(np.random.default_rng(seed).choice(count, min(texts, count), replace=False))
        both = torch.cat([self._side_by_side(part) for part in np.array_split(rows, -(-len(rows) // 2048))])
        values, directions = torch.linalg.eigh(both.T @ both)
        print(f"{both.shape[1]} -> {dim} dimensions keep {float(values[-dim:].sum() / values.sum()):.3f} of the teachers' vectors")
        self._turn = directions.flip(1)[:, :dim].contiguous()

    def _side_by_side(self, rows: np.ndarray) -> torch.Tensor:
        return torch.cat([teacher.vectors(rows, self._weights) for teacher in self._teachers], dim=1)

    @torch.no_grad()
    def vectors(self, rows: np.ndarray) -> torch.Tensor:
        """float32[2 * rows, dim] of all `a`, then of all `b`; about of length 1, their dot products judge."""
        return self._side_by_side(rows) @ self._turn
