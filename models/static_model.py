"""The static embedding model in plain numpy: how an exported folder is read and a text becomes a vector.

This file is the reference for every other implementation of the format.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer


class StaticModel:
    """A tokenizer and one row of floats per token. A text's vector is the sum of its rows, at length 1."""

    def __init__(self, tokenizer: Tokenizer, table: np.ndarray, max_tokens: int = 512, power: float = 1.0) -> None:
        """`table` is float32[V, dim] with the token weight folded in; rows of special tokens are 0. A token that occurs
        n times in a text counts n ** power."""
        self.tokenizer = tokenizer
        self.table = table
        self.max_tokens = max_tokens
        self.power = power

    @classmethod
    def load(cls, folder: Path) -> StaticModel:
        """Reads `tokenizer.json`, `model.safetensors` and, where present, `config.json`. Also reads model2vec folders."""
        config = json.loads((folder / "config.json").read_text())
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tensors = load_file(folder / "model.safetensors")
        return cls(tokenizer, dequantize(tensors), config.get("maxTokens", 512), config.get("tokenFrequencyPower", 1.0))

    def token_ids(self, text: str) -> list[int]:
        """Ids without special tokens, cut to `max_tokens`."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids[: self.max_tokens]

    def embed(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """Unit vectors float32[len(texts), dim]; the zero vector where no token is known."""
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        sums = np.zeros((len(texts), self.table.shape[1]), np.float32)
        for row, encoding in enumerate(encodings):
            ids, counts = np.unique(encoding.ids[: self.max_tokens], return_counts=True)
            if len(ids):
                sums[row] = counts.astype(np.float32) ** self.power @ self.table[ids]
        return normalize(sums[:, :dim])


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
