"""The static embedding model in plain numpy: how an exported folder is read and a text becomes a vector.

This file is the reference for every other implementation of the format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer


@dataclass(frozen=True)
class TokenWeights:
    """How much a token of a text counts, beyond the weight that lies in its row."""

    power: float = 1.0
    """A token that occurs n times in a text counts n ** power."""
    lead_weight: float = 0.0
    """Documents open with title and heading: their token at place i counts 1 + lead_weight * exp(-i / lead_tokens)."""
    lead_tokens: int = 1
    context_damping: float = 0.0
    """A token whose row has cosine c with the sum of the text counts exp(-context_damping * c)."""

    @classmethod
    def of(cls, config: dict) -> TokenWeights:
        """As `config.json` names them."""
        return cls(config.get("tokenFrequencyPower", 1.0), config.get("leadWeight", 0.0), config.get("leadTokens", 1),
                   config.get("contextDamping", 0.0))

    def as_config(self) -> dict:
        """The entries of `config.json`."""
        return {"tokenFrequencyPower": self.power, "leadWeight": self.lead_weight, "leadTokens": self.lead_tokens,
                "contextDamping": self.context_damping}


class StaticModel:
    """A tokenizer and one row of floats per token. A text's vector is the weighted sum of its rows, at length 1."""

    def __init__(self, tokenizer: Tokenizer, table: np.ndarray, max_tokens: int = 512, power: float = 1.0,
                 weights: TokenWeights | None = None) -> None:
        """`table` is float32[V, dim] with the token weight folded in; rows of special tokens are 0."""
        self.tokenizer = tokenizer
        self.table = table
        self.max_tokens = max_tokens
        self.weights = weights or TokenWeights(power)

    @classmethod
    def load(cls, folder: Path) -> StaticModel:
        """Reads `tokenizer.json`, `model.safetensors` and, where present, `config.json`. Also reads model2vec folders."""
        config = json.loads((folder / "config.json").read_text())
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tensors = load_file(folder / "model.safetensors")
        return cls(tokenizer, dequantize(tensors), config.get("maxTokens", 512), weights=TokenWeights.of(config))

    def token_ids(self, text: str) -> list[int]:
        """Ids without special tokens, cut to `max_tokens`."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids[: self.max_tokens]

    def embed(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """Unit vectors float32[len(texts), dim] of documents; the zero vector where no token is known."""
        return self._embed(texts, dim, self.weights.lead_weight)

    def embed_queries(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """The same of queries, whose first words count like the others."""
        return self._embed(texts, dim, 0.0)

    def _embed(self, texts: list[str], dim: int | None, lead: float) -> np.ndarray:
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        sums = np.zeros((len(texts), self.table.shape[1]), np.float32)
        leads = 1 + lead * np.exp(-np.arange(self.max_tokens) / self.weights.lead_tokens)
        for row, encoding in enumerate(encodings):
            if encoding.ids:
                sums[row] = self._sum(np.array(encoding.ids[: self.max_tokens]), leads)
        return normalize(sums[:, :dim])

    def _sum(self, ids: np.ndarray, leads: np.ndarray) -> np.ndarray:
        found, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
        shares = np.bincount(places, leads[: len(ids)]) * counts ** (self.weights.power - 1)
        rows = self.table[found]
        total = shares @ rows
        if self.weights.context_damping == 0:
            return total
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(total)
        cosines = np.divide(rows @ total, lengths, out=np.zeros(len(rows)), where=lengths > 1e-12)
        return (shares * np.exp(-self.weights.context_damping * cosines)) @ rows


def normalize(vectors: np.ndarray) -> np.ndarray:
    """Rows at length 1; rows of zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-12)


def dequantize(tensors: dict[str, np.ndarray]) -> np.ndarray:
    """float32[V, dim] from int4 codes with a codebook, from int8 codes with row scales, or from plain floats."""
    codes = tensors["embeddings"]
    if "codebook" in tensors:
        # Why: dimension 2j is the low nibble of byte j, 2j+1 the high one.
        nibbles = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(codes), -1)
        rows = tensors["codebook"][nibbles]
    else:
        rows = codes.astype(np.float32)
    scales = tensors.get("scales")
    return rows if scales is None else rows * scales.astype(np.float32)[:, None]
