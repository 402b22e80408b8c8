"""Four-bit quantization of a token table: 16 levels shared by all rows, and a scale for each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = 16


@dataclass
class QuantizedTable:
    """value = codebook[code] * scale[row]. codes: uint8[V, dim] below 16, scales: float16[V], codebook: float32[16]"""

    codes: np.ndarray
    scales: np.ndarray
    codebook: np.ndarray

    @classmethod
    def unpacked(cls, tensors: dict[str, np.ndarray]) -> QuantizedTable:
        """From the tensors of a file: `embeddings`, `scales`, `codebook`."""
        packed = tensors["embeddings"]
        codes = np.stack([packed & 15, packed >> 4], axis=2).reshape(len(packed), -1)
        return cls(codes, tensors["scales"], tensors["codebook"])

    def values(self) -> np.ndarray:
        """The table as the reader of the file will see it. float32[V, dim]"""
        return self.codebook[self.codes] * self.scales.astype(np.float32)[:, None]

    def packed(self) -> np.ndarray:
        """Two codes a byte: dimension 2j in the low nibble, 2j + 1 in the high one. uint8[V, dim / 2]"""
        return (self.codes[:, 0::2] | (self.codes[:, 1::2] << 4)).astype(np.uint8)


def quantize(table: np.ndarray, rounds: int = 12) -> QuantizedTable:
    """Alternates nearest codes, least-squares scales and mean levels (Lloyd's algorithm) for a few rounds."""
    lengths = np.sqrt((table**2).mean(axis=1))
    alive = lengths > 0
    scales = np.where(alive, lengths, 1).astype(np.float32)
    codebook = _first_levels(table[alive] / scales[alive, None])
    for _ in range(rounds):
        codes = nearest(table / scales[:, None], codebook)
        scales = _fit_scales(table, codebook[codes], scales)
        codebook = _fit_levels(table / scales[:, None], codes, alive, codebook)
    halves = np.where(alive, scales, 0).astype(np.float16)
    safe = np.where(alive, halves.astype(np.float32), 1)
    return QuantizedTable(nearest(table / safe[:, None], codebook), halves, codebook)


def nearest(values: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Index of the nearest level of an ascending codebook. uint8, shaped like `values`"""
    return np.searchsorted((codebook[1:] + codebook[:-1]) / 2, values).astype(np.uint8)


def _first_levels(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, (np.arange(LEVELS) + 0.5) / LEVELS).astype(np.float32)


def _fit_scales(table: np.ndarray, levels: np.ndarray, before: np.ndarray) -> np.ndarray:
    fitted = (table * levels).sum(axis=1) / np.maximum((levels**2).sum(axis=1), 1e-12)
    return np.where(fitted > 0, fitted, before).astype(np.float32)


def _fit_levels(values: np.ndarray, codes: np.ndarray, alive: np.ndarray, before: np.ndarray) -> np.ndarray:
    per_value = np.repeat(alive.astype(np.float64), values.shape[1])
    mass = np.bincount(codes.ravel(), per_value, LEVELS)
    total = np.bincount(codes.ravel(), per_value * values.ravel(), LEVELS)
    return np.sort(np.where(mass > 0, total / np.maximum(mass, 1e-12), before)).astype(np.float32)
