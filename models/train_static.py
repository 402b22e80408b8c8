"""Trains the token table of the static model by contrast: the partner of a text against all other texts of the batch.

A text's vector is the weighted sum of its token rows. The loss is taken at several prefixes of the vector, so that each
prefix is a good vector too (Matryoshka). Gradients are written out by hand: a table, two sums and a softmax need no
general machinery, and it is several times faster on a processor without an accelerator.

    python train_static.py --pairs work/pairs --tokenizer work/tokenizer.json --start work/start.npy --out work/static
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from evaluate import COLLECTIONS
from pair_store import BatchPlan, PairStore, endless_batches
from static_model import StaticModel, TokenWeights
from teacher import Teacher, Teachers
from token_table import TokenTable, bag, make_batch
from training import begin, save_checkpoint, training_parser
from watch_list import WatchList

SPECIAL_COUNT = 5
"""The first rows belong to special tokens and stay 0."""


def contrast(sums: torch.Tensor, count: int, dim: int, scale: float, dtype: torch.dtype) -> tuple[float, torch.Tensor]:
    """Symmetric in-batch softmax loss over the first `dim` numbers, and its gradient for those numbers.

    With unit vectors x and y, scores s = scale * x y^T, loss = mean over both directions of -log softmax(s)[i, i].
    """
    part = sums[:, :dim]
    lengths = part.norm(dim=1, keepdim=True).clamp_min(1e-6)
    unit = part / lengths
    x, y = unit[:count].to(dtype), unit[count:].to(dtype)
    # Why minus scale: cosines are at most 1, so no exponent is above 0 and none overflows.
    exponents = torch.addmm(torch.tensor(-scale, dtype=dtype, device=sums.device), x, y.T, alpha=scale).exp_()
    row, column = exponents.sum(1, dtype=torch.float32), exponents.sum(0, dtype=torch.float32)
    own = scale * ((unit[:count] * unit[count:]).sum(1) - 1)
    loss = (row.log() + column.log() - 2 * own).mean().item() / 2
    slope = exponents.mul_((1 / row).to(dtype)[:, None] + (1 / column).to(dtype)[None, :])
    toward = torch.cat([(slope @ y).float() - 2 * unit[count:], (slope.T @ x).float() - 2 * unit[:count]])
    toward *= scale / (2 * count)
    return loss, (toward - unit * (toward * unit).sum(1, keepdim=True)) / lengths


def matryoshka(sums: torch.Tensor, count: int, dims: dict[int, float], scale: float,
               dtype: torch.dtype) -> tuple[float, torch.Tensor]:
    """Weighted sum of the losses at several prefixes, and the gradient for the whole vector."""
    gradient = torch.zeros_like(sums)
    total = 0.0
    for dim, weight in dims.items():
        loss, part = contrast(sums, count, dim, scale, dtype)
        gradient[:, :dim] += weight * part
        total += weight * loss
    return total / sum(dims.values()), gradient


def distance(sums: torch.Tensor, targets: torch.Tensor, dims: dict[int, float]) -> tuple[float, torch.Tensor]:
    """Mean of 1 - cosine to the targets, over prefixes of both, and its gradient."""
    gradient, total = torch.zeros_like(sums), 0.0
    for dim, weight in dims.items():
        lengths = sums[:, :dim].norm(dim=1, keepdim=True).clamp_min(1e-6)
        unit, wanted = sums[:, :dim] / lengths, torch.nn.functional.normalize(targets[:, :dim])
        cosines = (unit * wanted).sum(1, keepdim=True)
        gradient[:, :dim] += weight * (unit * cosines - wanted) / lengths / len(sums)
        total += weight * (1 - cosines.mean().item())
    return total / sum(dims.values()), gradient


def start_table(counts: np.ndarray, dim: int, seed: int, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Random (or given) rows of length about 1 and the smooth inverse frequency a / (a + p) as first weight."""
    if rows is None:
        rows = np.random.default_rng(seed).standard_normal((len(counts), dim), np.float32) / math.sqrt(dim)
    share = counts / counts.sum()
    log_weights = np.log(1e-3 / (1e-3 + share)).astype(np.float32)
    rows[:SPECIAL_COUNT] = 0
    return rows, log_weights


def trained_table(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A trained table taken apart into rows of length 1 and their weights, to go on from."""
    lengths = np.maximum(np.linalg.norm(table, axis=1), 1e-6)
    return table / lengths[:, None], np.log(lengths)


class Trainer:
    """The loop: batches, steps, average of weights, checkpoints."""

    def __init__(self, store: PairStore, tokenizer: Tokenizer, options: argparse.Namespace) -> None:
        self.store, self.options = store, options
        self.weights = TokenWeights(options.power, options.lead_weight, options.lead_tokens, options.context_damping)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = torch.float32 if options.float32 else torch.bfloat16
        self.vocabulary_size = tokenizer.get_vocab_size()
        self.table = TokenTable(*self._first_table(), self.device)
        self.optimizer = self.table.optimizer(options.rate, options.weight_rate)
        self.teachers = load_teachers(options, self.weights)
        self.average = None
        self.step = 0
        self.dims = {dim: weight for dim, weight in ((options.dim, 1.0), (128, 0.5), (64, 0.25)) if dim <= options.dim}

    def _first_table(self) -> tuple[np.ndarray, np.ndarray]:
        options = self.options
        if options.table:
            return trained_table(np.load(options.table))
        rows = np.load(options.start) if options.start else None
        return start_table(self.store.token_counts(self.vocabulary_size), options.dim, options.seed, rows)

    def train(self, watch: WatchList) -> None:
        """Runs to the last step, or until the time is used up; then the rate has come down to 0 just the same."""
        began, losses = time.monotonic(), []
        for rows in endless_batches(self.store, BatchPlan.of(self.options), self.step, self.answer_vectors):
            progress = self._progress(began)
            if progress >= 1:
                break
            losses.append(self.take_step(rows, progress))
            if self.step % self.options.log_every == 0:
                print(f"step {self.step} loss {np.mean(losses):.4f} {time.monotonic() - began:.0f} s", flush=True)
                losses = []
            if self.step % self.options.save_every == 0:
                self.save()
                print(self.watched(watch), flush=True)
        self.save()
        np.save(self.options.out / "table.npy", self.result())
        print("final", self.watched(watch), flush=True)

    def watched(self, watch: WatchList) -> str:
        """One line of scores of the table to use."""
        return watch.line(StaticModel(watch.tokenizer, self.result(), weights=self.weights), (self.options.dim, 128, 64))

    def _progress(self, began: float) -> float:
        used = (time.monotonic() - began) / (self.options.minutes * 60) if self.options.minutes else 0.0
        return max(self.step / self.options.steps, used)

    def answer_vectors(self) -> np.ndarray:
        """Unit vectors of every `b` as the table stands, at the shortest prefix. float32[pairs, 64]"""
        side, table = self.store.b, torch.from_numpy(self.table.effective()[:, :64].copy())
        tokens, starts = torch.from_numpy(side.tokens.astype(np.int32)), torch.from_numpy(side.starts[:-1].astype(np.int32))
        return torch.nn.functional.normalize(bag(table, tokens, starts, None)).numpy()

    def take_step(self, rows: np.ndarray, progress: float) -> float:
        """One batch: sums, loss, gradients, Adam. Returns the loss."""
        random_ = np.random.default_rng((self.options.seed, self.step, 7))
        batch = make_batch(self.store, rows, self.vocabulary_size, self.weights, self.device, self.options.keep, random_)
        batch = self.table.damped(batch, self.weights.context_damping)
        sums = self.table.sums(batch)
        loss, gradient = matryoshka(sums, batch.count, self.dims, self.options.scale, self.dtype)
        if self.teachers:
            apart, toward = distance(sums, self.teachers.vectors(rows), self.dims)
            gradient = torch.lerp(gradient, self.options.align * toward, self.options.trust)
            loss = apart
        self.table.backward(batch, gradient)
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * min(1.0, (self.step + 1) / self.options.warm_up) * (1 - progress)
        self.optimizer.step()
        self.step += 1
        if self.options.average and progress > 0.5 and self.step % 10 == 0:
            self._add_to_average()
        return loss

    def _add_to_average(self) -> None:
        now = torch.from_numpy(self.table.effective())
        self.average = now if self.average is None else self.average.lerp_(now, 1 - self.options.average)

    def result(self) -> np.ndarray:
        """The table to use: the running average where there is one."""
        table = self.table.effective() if self.average is None else self.average.numpy().copy()
        table[:SPECIAL_COUNT] = 0
        return table

    def save(self) -> None:
        """Leaves a checkpoint to go on from."""
        save_checkpoint(self.options.out / "checkpoint.pt",
                        {"rows": self.table.rows, "log_weights": self.table.log_weights, "average": self.average,
                         "optimizer": self.optimizer.state_dict(), "step": self.step})

    def resume(self) -> None:
        """Goes on from the checkpoint of an interrupted run, if there is one."""
        path = self.options.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.table.rows.copy_(state["rows"])
        self.table.log_weights.copy_(state["log_weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average, self.step = state["average"], state["step"]
        print(f"resumed at step {self.step}", flush=True)


def load_teachers(options: argparse.Namespace, weights: TokenWeights) -> Teachers | None:
    """The teachers the options name, each with its share."""
    if not options.teachers:
        return None
    total = sum(options.shares)
    return Teachers([Teacher.load(path, share / total, options.pairs, options.tokenizer, options.cache)
                     for path, share in zip(options.teachers, options.shares, strict=True)], weights, options.dim, options.seed)


def arguments() -> argparse.Namespace:
    parser = training_parser(__doc__, Path("work/static"), log_every=50, save_every=500)
    parser.add_argument("--start", type=Path, help="first rows, float32[V, dim] (.npy)")
    parser.add_argument("--table", type=Path, help="a trained table to go on from, float32[V, dim] (.npy)")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--batch", type=int, default=2048, help="pairs a step")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=0.01, help="learning rate of the rows")
    parser.add_argument("--weight-rate", type=float, default=0.02, help="learning rate of the token weights' logarithms")
    parser.add_argument("--warm-up", type=int, default=50, help="steps")
    parser.add_argument("--scale", type=float, default=25.0, help="inverse temperature")
    parser.add_argument("--keep", type=float, default=1.0, help="probability that a token is kept")
    parser.add_argument("--power", type=float, default=1.0, help="a token that occurs n times in a text counts n**power")
    parser.add_argument("--lead-weight", type=float, default=0.0, help="the opening of a document counts up to 1 + this")
    parser.add_argument("--lead-tokens", type=int, default=20, help="how long an opening is")
    parser.add_argument("--context-damping", type=float, default=0.0, help="a token counts exp(-this * cosine to its text)")
    parser.add_argument("--teachers", type=Path, nargs="+", default=[], help="static models or tables to learn from")
    parser.add_argument("--shares", type=float, nargs="+", default=[], help="how much each teacher counts")
    parser.add_argument("--align", type=float, default=20.0, help="how much more steeply nearness to the teachers counts")
    parser.add_argument("--trust", type=float, default=0.7, help="share of the teachers' judgement, the rest is the pairs'")
    parser.add_argument("--average", type=float, default=0.0, help="decay of the running average (every ten steps)")
    parser.add_argument("--float32", action="store_true", help="scores in float32; slower, not better")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    tokenizer, store = begin(options)
    trainer = Trainer(store, tokenizer, options)
    if options.resume:
        trainer.resume()
    with torch.no_grad():
        trainer.train(WatchList(tokenizer, options.eval, options.held_out, COLLECTIONS))


if __name__ == "__main__":
    main()
