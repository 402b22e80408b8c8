"""Token rows as the neural model ships them: the leading numbers in a byte each, the others in four bits.

The rows come from a table whose directions stand in order of weight (`merge_tables.py`, `teacher.py`), so the leading ones are
worth more bits. A training begins with these very rows and leaves them as they are: the layers learn with the rows that ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantize import QuantizedTable, quantize

FINE = 128
"""Numbers of a row that have a byte each."""


@dataclass
class CoarseRows:
    """fine: int8[V, FINE], worth `fine * fine_scales[row]`, float16[V]; coarse: the other numbers."""

    fine: np.ndarray
    fine_scales: np.ndarray
    coarse: QuantizedTable

    @classmethod
    def of(cls, rows: np.ndarray) -> CoarseRows:
        """From float32[V, dim]; rows of zeros stay zeros."""
        head = rows[:, :FINE]
        scales = (np.abs(head).max(axis=1) / 127).astype(np.float16)
        steps = scales.astype(np.float32)[:, None]
        codes = np.divide(head, steps, out=np.zeros_like(head), where=steps > 0)
        return cls(np.clip(np.round(codes), -127, 127).astype(np.int8), scales, quantize(rows[:, FINE:]))

    @classmethod
    def load(cls, path: Path) -> CoarseRows:
        """What `save` wrote."""
        with np.load(path) as parts:
            return cls(parts["fine"], parts["fine_scales"], QuantizedTable(parts["codes"], parts["scales"], parts["codebook"]))

    def save(self, path: Path) -> None:
        """One `.npz` file."""
        coarse = self.coarse
        np.savez(path, fine=self.fine, fine_scales=self.fine_scales, codes=coarse.codes, scales=coarse.scales, codebook=coarse.codebook)

    def values(self) -> np.ndarray:
        """float32[V, dim], as the reader of the file will see them."""
        return np.concatenate([self.fine * self.fine_scales.astype(np.float32)[:, None], self.coarse.values()], axis=1)


def with_rest(rows: np.ndarray, width: int) -> np.ndarray:
    """float32[V, width] of mean 0 and variance 1: the rows, and numbers that hold both. A norm changes nothing of them."""
    spare = width - rows.shape[1]
    mean = -rows.sum(1, keepdims=True) / spare
    left = np.maximum(width - (rows**2).sum(1, keepdims=True) - spare * mean**2, 0)
    return np.concatenate([rows, mean + signs(spare) * np.sqrt(left / spare)], axis=1).astype(np.float32)


def signs(spare: int) -> np.ndarray:
    """1, -1, 1, ... of the numbers that hold a row's variance. float32[1, spare]"""
    return np.where(np.arange(spare) % 2 == 0, 1.0, -1.0)[None].astype(np.float32)
