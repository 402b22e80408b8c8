"""The ranking in numpy against the engine on a small collection, and against a plain loop on random scores."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from ranking import Evidence, StaticEmbedder, Vectors, codes_of, fused, grouped, measure, prefer_phrases
from static_model import StaticModel, normalize

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "public/models/inkling-instant-v1"
PARAMETERS = {"limit": 10, "minCandidates": 30, "oversampling": 2, "sectionDecay": 0.2, "sectionsPerPage": 3}


def random_evidence(random_: np.random.Generator, passages: int = 300, documents: int = 40) -> Evidence:
    """An index with one query and random word scores, two thirds of them 0."""
    owners = np.sort(random_.integers(0, documents, passages)).astype(np.int32)
    pairs = np.stack([owners, random_.integers(0, 4, passages)], axis=1)
    unique, sections = np.unique(pairs, axis=0, return_inverse=True)
    scored = np.flatnonzero(random_.random(passages) < 0.33)
    query = {"collection": "one", "text": "", "terms": 1, "phrases": [], "words": len(scored)}
    return Evidence("one", [""] * passages, owners, sections.ravel(), unique[:, 0], [query], [{}],
                    np.array([0, len(scored)]), scored,
                    random_.random(len(scored)).astype(np.float32) * 9, PARAMETERS, [])


def by_loops(evidence: Evidence, words: np.ndarray, dense: np.ndarray, weight: float) -> list[int]:
    """Documents as docs/RANKING.md ranks them, one passage after the other."""
    floor = float(dense.astype(np.float64).mean())
    depth = max(30, 20)
    lists = [sorted((-score, at) for at, score in enumerate(scores) if score > low)[:depth] for scores,
             low in ((words, 0), (dense, floor))]
    sections: dict[tuple[int, int], float] = {}
    for at in {at for found in lists for _, at in found}:
        score = weight * max(0.0,
                             min(1.0, (dense[at] - floor) / (dense.max() - floor))) + (1 - weight) * words[at] / words.max()
        key = (int(evidence.documents[at]), int(evidence.sections[at]))
        sections[key] = max(score, sections.get(key, 0.0))
    totals = {document: sum(0.2**rank * score for rank,
                            score in enumerate(sorted((s for (d, _), s in sections.items() if d == document),
                                                      reverse=True)[:3]))
              for document in {document for document, _ in sections}}
    return sorted(totals, key=lambda document: (-totals[document], document))


class RankingTest(unittest.TestCase):
    def test_fused_and_grouped_as_by_plain_loops(self) -> None:
        for seed in range(20):
            random_ = np.random.default_rng(seed)
            evidence = random_evidence(random_)
            dense = random_.standard_normal(300).astype(np.float32) / 4
            found, scores = fused(evidence, evidence.words(0), dense, 0.3)
            self.assertEqual(grouped(evidence, found, scores)[0].tolist(), by_loops(evidence, evidence.words(0), dense, 0.3))

    def test_documents_that_hold_every_phrase_go_first(self) -> None:
        random_ = np.random.default_rng(3)
        evidence = random_evidence(random_)
        found, scores = fused(evidence, evidence.words(0), None, 0)
        documents, _ = grouped(evidence, found, scores)
        wanted = documents[5]
        own = found[evidence.documents[found] == wanted]
        best = int(own[np.argmax(scores[evidence.documents[found] == wanted])])
        evidence.queries[0]["phrases"] = [[best], [best, 0]]
        ranking = prefer_phrases(evidence, 0, found, scores, documents)
        self.assertEqual(ranking.tolist(), [wanted, *[document for document in documents if document != wanted]])
        evidence.queries[0]["phrases"] = [[best], []]
        self.assertEqual(prefer_phrases(evidence, 0, found, scores, documents).tolist(), documents.tolist())

    def test_rounding_is_that_of_int8_codes(self) -> None:
        codes, steps = codes_of(np.array([[254, 3, -3, 0.8], [0, 0, 0, 0]], np.float32))
        self.assertEqual(codes.tolist(), [[127, 2, -1, 0], [0, 0, 0, 0]])
        self.assertEqual(steps.tolist(), [2, 0])

    def test_equal_texts_have_equal_scores_wherever_they_stand(self) -> None:
        random_ = np.random.default_rng(7)
        passages = normalize(np.tile(random_.standard_normal((1, 256)).astype(np.float32), (1001, 1)))
        vectors = Vectors(passages, normalize(random_.standard_normal((3, 256)).astype(np.float32)), np.ones(3))
        for int8 in (True, False):
            self.assertTrue((np.ptp(vectors.scorer(None, int8)(slice(0, 3)), axis=1) == 0).all())

    def test_text_of_a_foreign_script_is_not_known(self) -> None:
        embedder = StaticEmbedder(StaticModel.load(MODEL))
        english, greek, code, nothing = embedder.coverage(["where is the password stored", "Πώς αλλάζω τον κωδικό;",
                                                           "xqzvkj", ""])
        self.assertGreater(english, 0.9)
        self.assertLess(greek, 0.5)
        self.assertLess(code, 0.5)
        self.assertEqual(nothing, 0)


class AgreementTest(unittest.TestCase):
    @unittest.skipIf(shutil.which("npm") is None or not (ROOT / "node_modules").exists(), "needs npm and installed packages")
    def test_same_numbers_as_the_command_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            collection = Path(folder) / "one"
            shutil.copytree(ROOT / "tests/fixtures/collection", collection)
            # Quotes, punctuation alone, a foreign script, and a document that is judged but missing.
            with (collection / "queries.jsonl").open("a", encoding="utf-8") as queries:
                for key, text in (("4", '"catches wind"'), ("5", "?!"), ("6", "Πώς αλλάζω sail"), ("7", "boats")):
                    queries.write(json.dumps({"_id": key, "text": text}) + "\n")
            with (collection / "qrels.tsv").open("a", encoding="utf-8") as qrels:
                qrels.write("4\tboat\t1\n5\tboat\t1\n6\tcanoe\t1\n7\tboat\t1\n7\tlost\t2\n")
            subprocess.run(["npm", "run", "-s", "inkling", "--", "eval", "--collection", str(collection), "--compare",
                            "dense,words",
                            "--evidence", folder + "/out"], cwd=ROOT, check=True, capture_output=True)
            evidence = Evidence.load(Path(folder) / "out" / "one")
            found = measure(StaticEmbedder(StaticModel.load(MODEL)), evidence, [256], 0.3)
            for run in evidence.runs:
                way = "words" if run["mode"] == "words" else f"{run['mode']}-256"
                np.testing.assert_allclose(found[way], run["ndcg"], atol=1e-9, err_msg=way)

    def test_an_embedder_without_coverage_is_enough(self) -> None:
        class Constant:
            def embed(self, texts: list[str]) -> np.ndarray:
                return np.eye(3, dtype=np.float32)[[len(text) % 3 for text in texts]]

        evidence = random_evidence(np.random.default_rng(1))
        vectors = Vectors.of(Constant(), evidence)
        self.assertEqual(vectors.passages.shape, (300, 3))
        self.assertEqual(vectors.query_weights.tolist(), [1.0])


if __name__ == "__main__":
    unittest.main()
