"""The neural model begins as the static one, does not feel padding, and keeps its vectors through export's rounding."""

from __future__ import annotations

import tempfile
import unittest
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from onnx import TensorProto, helper
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from coarse_rows import CoarseRows, with_rest
from export_neural import load_runs, tokenizer_bytes
from neural_model import CLS_ID, NeuralModel, NeuralShape
from pair_store import Side
from row_graph import row_nodes
from static_model import StaticModel
from train_neural import NeuralEmbedder, Trainer, length_groups, padded

FOLDER = Path(__file__).parents[2] / "public/models/inkling-instant-v1"
TEXTS = ["how do I freeze the top row", "Rows, rows and rows: repeat the first row of a table on every page.", "naïve café", "a"]


def trained_like(seed: int = 1) -> NeuralModel:
    """A model whose layers do something."""
    torch.manual_seed(seed)
    model = NeuralModel(NeuralShape(29_200, dim=256))
    model.start_from(StaticModel.load(FOLDER).table)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("Wo.weight"):
                torch.nn.init.normal_(parameter, std=0.03)
    return model.eval()


def side_of(lengths: list[int]) -> Side:
    random_ = np.random.default_rng(3)
    tokens = random_.integers(5, 29_000, sum(lengths)).astype(np.uint16)
    return Side(tokens, np.concatenate([[0], np.cumsum(lengths)]), np.arange(len(lengths)))


class Start(unittest.TestCase):
    def test_ranks_as_the_static_model(self) -> None:
        static = StaticModel.load(FOLDER)
        model = NeuralModel(NeuralShape(29_200, dim=256))
        static.table = model.start_from(static.table, quantile=1.0).values()
        ours = NeuralEmbedder(model, Tokenizer.from_file(str(FOLDER / "tokenizer.json"))).embed(TEXTS)
        self.assertGreater(float((ours * static.embed(TEXTS)).sum(1).min()), 0.999)

    def test_layers_change_that(self) -> None:
        ours = NeuralEmbedder(trained_like(), Tokenizer.from_file(str(FOLDER / "tokenizer.json"))).embed(TEXTS)
        self.assertLess(float((ours * StaticModel.load(FOLDER).embed(TEXTS)).sum(1).min()), 0.995)


class Batches(unittest.TestCase):
    def test_every_text_is_in_one_group(self) -> None:
        side = side_of([1, 50, 3, 200, 7, 7, 90])
        groups = length_groups(side, np.arange(7), 64, 128)
        self.assertEqual(sorted(np.concatenate(groups).tolist()), list(range(7)))
        self.assertGreater(len(groups), 1)

    def test_padding_is_not_felt(self) -> None:
        side, model = side_of([5, 60]), trained_like()
        device = torch.device("cpu")
        with torch.inference_mode():
            alone = model.pooled(*padded(side, np.array([0]), 64, device))
            beside = model.pooled(*padded(side, np.array([0, 1]), 64, device))[:1]
        self.assertLess(float((alone - beside).abs().max()), 1e-5)

    def test_texts_are_cut_and_begin_with_cls(self) -> None:
        ids, mask = padded(side_of([100]), np.array([0]), 64, torch.device("cpu"))
        self.assertEqual(ids.shape, (1, 64))
        self.assertEqual(int(ids[0, 0]), CLS_ID)
        self.assertEqual(int(mask.sum()), 64)


class Negatives(unittest.TestCase):
    def test_none_is_an_answer_of_the_batch(self) -> None:
        trainer = Trainer.__new__(Trainer)
        trainer.options, trainer.step = Namespace(seed=1), 0
        trainer.store = Namespace(b=side_of([2] * 6))
        trainer.negatives = np.array([[1, 4], [0, 5], [4, 4], [-1, -1], [0, 0], [0, 0]], np.int32)
        for step in range(20):
            trainer.step = step
            found = trainer.mined(np.array([0, 1, 3]))
            self.assertTrue(set(found.tolist()) <= {4, 5})


class Export(unittest.TestCase):
    def test_the_rows_of_the_graph_are_those_of_the_model(self) -> None:
        random_ = np.random.default_rng(4)
        rows = CoarseRows.of(random_.standard_normal((50, 192)).astype(np.float32) * random_.uniform(0, 1.2, (50, 1)).astype(np.float32))
        made = row_nodes(rows, 224, "ids", "out")
        graph = helper.make_graph(made.nodes, "rows", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["a", "b"])],
                                  [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["a", "b", 224])], made.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        ids = np.arange(50, dtype=np.int64).reshape(2, 25)
        (read,) = InferenceSession(model.SerializeToString()).run(None, {"ids": ids})
        expected = with_rest(rows.values(), 224)
        self.assertLess(float(np.abs(read.reshape(50, 224) - expected).max()), 1e-4)
        self.assertLess(float(np.abs(expected.mean(1)).max()), 1e-5)

    def test_only_runs_with_their_own_rows_are_exported(self) -> None:
        model = trained_like()
        with tempfile.TemporaryDirectory() as folder:
            torch.save({"shape": model.shape.as_dict(), "weights": model.state_dict()}, Path(folder) / "model.pt")
            table = StaticModel.load(FOLDER).table
            model.start_from(table).save(Path(folder) / "rows.npz")
            load_runs([Path(folder)])
            model.start_from(table[::-1]).save(Path(folder) / "rows.npz")
            with self.assertRaises(SystemExit):
                load_runs([Path(folder)])

    def test_the_tokenizer_adds_cls_and_takes_it_from_no_text(self) -> None:
        tokenizer = Tokenizer.from_str(tokenizer_bytes(FOLDER / "tokenizer.json").decode())
        self.assertEqual(tokenizer.encode("").ids, [CLS_ID])
        self.assertEqual(tokenizer.encode("[CLS] a").ids.count(CLS_ID), 1)


if __name__ == "__main__":
    unittest.main()
