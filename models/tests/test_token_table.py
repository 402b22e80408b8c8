"""The table in training: its sums against the reference reader, its gradients against small steps."""

import unittest

import numpy as np
import torch

from pair_store import PairStore, Side
from static_model import StaticModel, TokenWeights
from token_table import TokenTable, make_batch

SIZE, DIM = 40, 8
RANDOM = np.random.default_rng(5)
ROWS = RANDOM.standard_normal((SIZE, DIM)).astype(np.float32)
LOGS = RANDOM.standard_normal(SIZE).astype(np.float32) / 4
WEIGHTS = TokenWeights(power=0.75, lead_weight=1.0, lead_tokens=20, context_damping=1.0)


def side(lengths: list[int]) -> Side:
    return Side(RANDOM.integers(0, SIZE, sum(lengths)).astype(np.uint16), np.concatenate([[0], np.cumsum(lengths)]),
                np.arange(len(lengths)))


STORE = PairStore(side([3, 1, 6]), side([9, 2, 30]), {"texts": np.arange(3)})


def batch_of(table: TokenTable):
    batch = make_batch(STORE, np.arange(3), SIZE, WEIGHTS, torch.device("cpu"))
    return table.damped(batch, WEIGHTS.context_damping)


class Sums(unittest.TestCase):
    def test_are_those_of_the_reference_reader(self) -> None:
        table = TokenTable(ROWS.copy(), LOGS.copy(), torch.device("cpu"))
        sums = table.sums(batch_of(table)).numpy()
        reader = StaticModel(None, table.effective(), weights=WEIGHTS)
        for at, (texts, lead) in enumerate([(STORE.a, 0.0)] * 3 + [(STORE.b, 1.0)] * 3):
            ids = texts.tokens[texts.starts[at % 3] : texts.starts[at % 3 + 1]]
            leads = 1 + lead * np.exp(-np.arange(len(ids)) / WEIGHTS.lead_tokens)
            np.testing.assert_allclose(sums[at], reader._sum(ids, leads), rtol=1e-4, atol=1e-4)

    def test_gradients_are_those_of_small_steps(self) -> None:
        table = TokenTable(ROWS.copy(), LOGS.copy(), torch.device("cpu"))
        batch, slope = batch_of(table), torch.from_numpy(RANDOM.standard_normal((6, DIM)).astype(np.float32))
        before = float((table.sums(batch) * slope).sum())
        table.backward(batch, slope.clone())
        token, step = int(batch.tokens[0]), 1e-2
        for values, gradient in ((table.rows[token], table.rows.grad[token, 3]), (table.log_weights[token : token + 1], table.log_weights.grad[token])):
            place = 3 if len(values) > 1 else 0
            values[place] += step
            after = float((table.sums(batch) * slope).sum())
            values[place] -= step
            self.assertAlmostEqual((after - before) / step, float(gradient), delta=0.02 * abs(float(gradient)) + 0.02)


if __name__ == "__main__":
    unittest.main()
