"""Reads a folder of the neural model as a browser does: tokenizer, ONNX file, mean over the tokens.

This file is the reference for every other reader of the folder.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ranking import Coverage
from static_model import normalize

ONNX_FILE = "onnx/model_quantized.onnx"


class NeuralFolder:
    """Texts -> unit vectors by ONNX Runtime."""

    def __init__(self, tokenizer: Tokenizer, onnx: Path | bytes, dim: int, max_tokens: int, group_tokens: int = 8192) -> None:
        self.tokenizer, self.dim, self.max_tokens, self.group_tokens = tokenizer, dim, max_tokens, group_tokens
        self.coverage = Coverage(tokenizer, max_tokens).shares
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(onnx if isinstance(onnx, bytes) else str(onnx), settings,
                                                     providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls, folder: Path) -> NeuralFolder:
        """Reads `tokenizer.json`, `inkling.json` and the ONNX file."""
        settings = json.loads((folder / "inkling.json").read_text(encoding="utf-8"))
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), folder / ONNX_FILE, settings["dim"], settings["maxTokens"])

    def token_ids(self, texts: list[str]) -> list[list[int]]:
        """Ids with [CLS] in front, cut to `max_tokens`."""
        return [encoding.ids[: self.max_tokens] for encoding in self.tokenizer.encode_batch(texts)]

    def embed(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """Unit vectors float32[len(texts), dim]."""
        ids = self.token_ids(texts)
        vectors = np.zeros((len(texts), self.dim), np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(ids[at]))
        group: list[int] = []
        for at in order:
            if group and (len(group) + 1) * len(ids[at]) > self.group_tokens:
                vectors[group] = self._pooled([ids[one] for one in group])
                group = []
            group.append(at)
        if group:
            vectors[group] = self._pooled([ids[one] for one in group])
        return normalize(vectors[:, :dim])

    def _pooled(self, ids: list[list[int]]) -> np.ndarray:
        longest = max(map(len, ids))
        padded = np.array([row + [0] * (longest - len(row)) for row in ids], np.int64)
        mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], np.int64)
        (states,) = self._session.run(["last_hidden_state"], {"input_ids": padded, "attention_mask": mask})
        return (states * mask[:, :, None]).sum(1)[:, : self.dim] / mask.sum(1, keepdims=True)
