"""Mining on a handful of pairs, and going on after an interruption."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from mine_negatives import VectorIndex, best_first
from static_model import normalize

MODELS = Path(__file__).parents[1]
MODEL = MODELS / "../public/models/inkling-instant-v1"
FRUIT = [
    ("how are apples grown", "Apples grow on trees in orchards and are picked in autumn."),
    ("how are pears grown", "Pears grow on trees in orchards, and ripen after they are picked."),
    ("how are apples grown", "An apple tree needs sun, water and a neighbour of another kind."),
    ("how are cherries sold", "Cherries are sold by weight on markets in June."),
]
BOATS = [
    ("what moves a sailing boat", "Wind in its sails moves the boat."),
    ("who repairs a boat", "A shipwright repairs the boat in a yard."),
    ("where do apples float", "Apples float in water like a boat."),
    ("who repairs a boat", "a shipwright repairs the boat in a yard."),
]


class MiningTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "pairs").mkdir()
        self.write("boats", BOATS)
        self.write("fruit", FRUIT)
        self.write("other", [("a", "b"), ("c", "d")])

    def write(self, name: str, pairs: list[tuple[str, str]]) -> None:
        lines = [json.dumps({"a": a, "b": b}) for a, b in pairs]
        (self.folder / "pairs" / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))

    def mine(self, *more: str) -> str:
        done = subprocess.run(
            [sys.executable, "mine_negatives.py", "--pairs", self.folder / "pairs", "--tokenizer",
             MODEL / "tokenizer.json", "--cache", self.folder / "cache",
             "--model", MODEL, "--out", self.folder / "out", "--each", "2", "--sources", "boats", "fruit", *more],
            cwd=MODELS, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_negatives_are_other_texts_of_the_pool(self) -> None:
        self.mine()
        found = np.load(self.folder / "out" / "all.npy")
        self.assertEqual((found.shape, found.dtype), ((10, 4), np.int32))
        self.assertTrue((found[8:] == -1).all(), "the source that was not asked for")
        self.assertTrue((found[:8] >= 0).any())
        texts = [b.lower() for _, b in [*BOATS, *FRUIT]]
        for row, (question, answer) in enumerate([*BOATS, *FRUIT]):
            own = {b.lower() for a, b in [*BOATS, *FRUIT] if a == question} | {answer.lower()}
            negatives = [texts[at] for at in found[row] if at >= 0]
            self.assertEqual(len(negatives), len(set(negatives)), "none twice")
            self.assertFalse(own.intersection(negatives), "no answer to the same question")

    def test_a_nearer_limit_leaves_out_more(self) -> None:
        self.mine()
        usual = (np.load(self.folder / "out" / "all.npy") >= 0).sum()
        self.mine("--nearest", "0.1")
        self.assertLess((np.load(self.folder / "out" / "all.npy") >= 0).sum(), usual)

    def test_what_is_done_is_not_done_again_unless_pairs_change(self) -> None:
        self.assertIn("boats", self.mine())
        before = np.load(self.folder / "out" / "all.npy")
        next((self.folder / "out").glob("fruit-*.npy")).unlink()
        again = self.mine()
        self.assertIn("fruit", again)
        self.assertNotIn("boats  ", again)
        np.testing.assert_array_equal(np.load(self.folder / "out" / "all.npy"), before)
        self.write("fruit", [*FRUIT, ("what is a plum", "A plum is a fruit with a stone.")])
        self.assertIn("boats  ", self.mine())
        self.assertEqual(len(np.load(self.folder / "out" / "all.npy")), 11)


class IndexTest(unittest.TestCase):
    def test_clusters_find_most_of_what_a_full_scan_finds(self) -> None:
        random_ = np.random.default_rng(5)
        topics = normalize(random_.standard_normal((60, 32)).astype(np.float32))
        vectors = normalize(topics[random_.integers(0, 60, 9000)] + 0.15 * random_.standard_normal((9000,
                                                                                                    32)).astype(np.float32))
        questions = vectors[:200]
        found = VectorIndex(vectors, random_).best(questions)
        exact = np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, : found.shape[1]]
        shared = [len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), exact.tolist(), strict=True)]
        self.assertGreater(np.mean(shared), 0.9)
        self.assertEqual(found[:, 0].tolist(), list(range(200)))

    def test_ties_are_broken_by_place(self) -> None:
        self.assertEqual(best_first(np.array([1, 3, 3, 2], np.float32), 3).tolist(), [1, 2, 3])
        self.assertEqual(best_first(np.array([], np.float32), 3).tolist(), [])


if __name__ == "__main__":
    unittest.main()
