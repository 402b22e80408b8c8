"""The tiny models as they lie in the repository against what this code makes, and against ONNX Runtime without torch."""

from __future__ import annotations

import json
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import tiny_tokenizers
from make_tiny_models import MODELS, fill
from tiny_export import run

FIXTURES = Path(__file__).parents[2] / "tests/fixtures/models"


def golden_of(name: str) -> dict:
    return json.loads((FIXTURES / name / "golden.json").read_text())


class TinyTokenizerTest(unittest.TestCase):
    def test_a_tokenizer_is_the_same_each_time_and_the_one_that_was_written(self) -> None:
        for model in MODELS:
            layout = model.tokenizer().layout()
            self.assertEqual(layout, model.tokenizer().layout(), model.name)
            self.assertEqual(layout, json.loads((FIXTURES / model.name / "tokenizer.json").read_text()), model.name)

    def test_merges_join_the_most_frequent_pair_first_and_the_first_of_the_alphabet_at_a_tie(self) -> None:
        merges = tiny_tokenizers.learn_merges(Counter({"abab": 2, "cd": 3, "ef": 3}), 3)
        self.assertEqual(merges, [("a", "b"), ("c", "d"), ("e", "f")])

    def test_pieces_are_those_that_save_most(self) -> None:
        self.assertEqual(tiny_tokenizers.frequent_pieces({"aaa": 1, "bc": 5}, 2), [("bc", 5), ("aa", 2)])

    def test_ids_of_the_golden_texts(self) -> None:
        for model in MODELS:
            tokenizer = Tokenizer.from_file(str(FIXTURES / model.name / "tokenizer.json"))
            for entry in golden_of(model.name)["entries"]:
                text = fill(model.prompts.get(entry["kind"], ""), entry.get("title")) + entry["text"]
                self.assertEqual(tokenizer.encode(text).ids, entry["ids"], f"{model.name}: {text}")


class PromptTest(unittest.TestCase):
    def test_the_title_fills_its_slot(self) -> None:
        self.assertEqual(fill("title: {title|none} | text: ", "Tea"), "title: Tea | text: ")
        self.assertEqual(fill("title: {title|none} | text: ", None), "title: none | text: ")


class GoldenVectorTest(unittest.TestCase):
    def test_states_of_the_files_pooled_by_hand(self) -> None:
        for name in ("tiny-bert-mean", "tiny-bert-cls", "tiny-roberta-cls", "tiny-e5-multilingual"):
            content = (FIXTURES / name / "onnx/model.onnx").read_bytes()
            for entry in golden_of(name)["entries"]:
                ids = np.array([entry["ids"]], np.int64)
                inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
                states = run(content, inputs)["last_hidden_state"][0]
                vector = states[0] if name.endswith("-cls") else states.mean(0)
                np.testing.assert_allclose(vector / np.linalg.norm(vector), entry["vector"], atol=1e-5)


if __name__ == "__main__":
    unittest.main()
