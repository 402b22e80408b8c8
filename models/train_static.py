"""Trains the token table of the static model by contrast: the partner of a text against all other texts of the batch.

A text's vector is the weighted sum of its token rows. The loss is taken at several prefixes of the vector, so that each
prefix is a good vector too (Matryoshka). Gradients are written out by hand: a table, two sums and a softmax need no
general machinery, and it is several times faster on a processor without an accelerator.

    python train_static.py --pairs work/pairs --tokenizer work/tokenizer.json --start work/start.npy --out work/static
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import coo_matrix
from tokenizers import Tokenizer

from evaluate import COLLECTIONS, DenseScorer, load_collection, ndcg
from pair_store import PairStore, draw_batches
from static_model import StaticModel
from text_tools import stop

SPECIAL_COUNT = 5
"""The first rows belong to special tokens and stay 0."""
SOURCE_WEIGHTS = {
    "user-questions": 4.0, "reading-qa": 3.0, "questions-extra": 3.0, "advice-qa": 2.0, "medquad": 1.5,
    "wikipedia-lead": 1.0, "arxiv": 1.5, "pmc-trials": 2.0, "openstax-qa": 2.0, "openstax-sections": 1.5,
    "scitldr": 2.0, "docs-headings": 1.0, "docs-cloze": 1.0, "wordset": 0.4, "wordnet": 0.4, "phrases": 0.3,
    "trivia": 0.5, "bible": 0.3, "classic-books": 0.4, "dc-law": 0.7, "factbook": 0.7,
}
"""How often an epoch sees each pair of a source (1 where not named): question-like and varied sources more often."""


@dataclass
class Batch:
    """Texts as bags of tokens with amounts, first all `a`, then all `b`; the same once more, sorted by token."""

    tokens: torch.Tensor
    amounts: torch.Tensor
    starts: torch.Tensor
    owners: torch.Tensor
    owner_amounts: torch.Tensor
    owner_starts: torch.Tensor
    count: int


def make_batch(store: PairStore, rows: np.ndarray, vocabulary_size: int, keep: float, power: float,
               device: torch.device, random_: np.random.Generator) -> Batch:
    """Gathers the tokens of the rows, dropping each with probability 1 - keep. A token that occurs n times in a text
    counts n ** power."""
    a_tokens, a_owners = store.a.gather(rows)
    b_tokens, b_owners = store.b.gather(rows)
    tokens = np.concatenate([a_tokens, b_tokens]).astype(np.int32)
    owners = np.concatenate([a_owners, b_owners + len(rows)]).astype(np.int32)
    if keep < 1:
        kept = random_.random(len(tokens), dtype=np.float32) < keep
        tokens, owners = tokens[kept], owners[kept]
    shape = (2 * len(rows), vocabulary_size)
    by_text = coo_matrix((np.ones(len(tokens), np.float32), (owners, tokens)), shape).tocsr()
    by_text.data **= power
    by_token = by_text.tocsc()
    arrays = [part for matrix in (by_text, by_token) for part in (matrix.indices, matrix.data, matrix.indptr[:-1])]
    return Batch(*(torch.from_numpy(array).to(device) for array in arrays), len(rows))


class TokenTable:
    """Rows and logarithms of weights, one each per token, with Adam. A token's effective row is exp(weight) * row."""

    def __init__(self, rows: np.ndarray, log_weights: np.ndarray, device: torch.device) -> None:
        self.rows = torch.from_numpy(rows).float().to(device)
        self.log_weights = torch.from_numpy(log_weights).float().to(device)
        self.rows.grad = torch.zeros_like(self.rows)
        self.log_weights.grad = torch.zeros_like(self.log_weights)

    def optimizer(self, rate: float, weight_rate: float) -> torch.optim.Optimizer:
        """Adam over both parts; `weight_rate` is that of the logarithms of the weights."""
        groups = [{"params": [self.rows], "lr": rate, "top": rate},
                  {"params": [self.log_weights], "lr": weight_rate, "top": weight_rate}]
        return torch.optim.Adam(groups, betas=(0.9, 0.99), eps=1e-10, fused=True)

    def sums(self, batch: Batch) -> torch.Tensor:
        """float32[2 * count, dim]: the weighted sum of each text's rows."""
        weights = self.log_weights.exp()[batch.tokens] * batch.amounts
        return _bag(self.rows, batch.tokens, batch.starts, weights)

    def backward(self, batch: Batch, gradient: torch.Tensor) -> None:
        """Stores the gradients of rows and weights, given that of the sums."""
        per_token = _bag(gradient, batch.owners, batch.owner_starts, batch.owner_amounts)
        weights = self.log_weights.exp()[:, None]
        self.log_weights.grad = (per_token * self.rows).sum(1) * weights[:, 0]
        self.rows.grad = per_token.mul_(weights)

    def effective(self) -> np.ndarray:
        """float32[V, dim] with the weights folded in."""
        return (self.rows * self.log_weights.exp()[:, None]).cpu().numpy()


def _bag(table: torch.Tensor, tokens: torch.Tensor, starts: torch.Tensor,
         weights: torch.Tensor | None) -> torch.Tensor:
    return torch.nn.functional.embedding_bag(tokens, table, starts, mode="sum", per_sample_weights=weights)


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


class Watch:
    """Mean dense nDCG@10 on the even half of each collection's queries and on held-out questions."""

    def __init__(self, tokenizer: Tokenizer, root: Path | None, held_out: Path, power: float) -> None:
        self._tokenizer, self._power = tokenizer, power
        self._collections = [load_collection(root / name, "dev") for name in COLLECTIONS] if root else []
        self._held_out = load_collection(held_out) if held_out.is_dir() else None

    def line(self, table: np.ndarray, dims: tuple[int, ...]) -> str:
        """One line of numbers for the log."""
        model = StaticModel(self._tokenizer, table, power=self._power)
        every = self._collections + ([self._held_out] if self._held_out else [])
        scores = np.array([self._one(model, collection, dims) for collection in every])
        if not len(scores):
            return "nothing to watch"
        mean = scores[: len(self._collections)].mean(0) if self._collections else []
        held = scores[-1][0] if self._held_out else float("nan")
        return (f"dev {' '.join(f'{dim}:{value:.4f}' for dim, value in zip(dims, mean, strict=False))} held-out {held:.4f} | "
                + " ".join(f"{row[0]:.3f}" for row in scores))

    def _one(self, model: StaticModel, collection, dims: tuple[int, ...]) -> list[float]:
        scorer = DenseScorer(model, collection)
        return [ndcg(scorer.scores(dim), collection.gains).mean() for dim in dims]


class Trainer:
    """The loop: batches, steps, average of weights, checkpoints."""

    def __init__(self, store: PairStore, tokenizer: Tokenizer, options: argparse.Namespace) -> None:
        self.store, self.options = store, options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = torch.float32 if options.float32 else torch.bfloat16
        self.vocabulary_size = tokenizer.get_vocab_size()
        self.table = TokenTable(*self._first_table(), self.device)
        self.optimizer = self.table.optimizer(options.rate, options.weight_rate)
        self.average = None
        self.step = 0
        self.dims = {dim: weight for dim, weight in ((options.dim, 1.0), (128, 0.5), (64, 0.25)) if dim <= options.dim}

    def _first_table(self) -> tuple[np.ndarray, np.ndarray]:
        options = self.options
        if options.table:
            return trained_table(np.load(options.table))
        rows = np.load(options.start) if options.start else None
        return start_table(self.store.token_counts(self.vocabulary_size), options.dim, options.seed, rows)

    def train(self, watch: Watch) -> None:
        """Runs to the last step, or until the time is used up; then the rate has come down to 0 just the same."""
        began, losses = time.monotonic(), []
        for rows in self.batches():
            progress = self._progress(began)
            if progress >= 1:
                break
            losses.append(self.take_step(rows, progress))
            if self.step % self.options.log_every == 0:
                print(f"step {self.step} loss {np.mean(losses):.4f} {time.monotonic() - began:.0f} s", flush=True)
                losses = []
            if self.step % self.options.save_every == 0:
                self.save()
                print(watch.line(self.result(), (self.options.dim, 128, 64)), flush=True)
        self.save()
        np.save(self.options.out / "table.npy", self.result())
        print("final", watch.line(self.result(), (self.options.dim, 128, 64)), flush=True)

    def _progress(self, began: float) -> float:
        used = (time.monotonic() - began) / (self.options.minutes * 60) if self.options.minutes else 0.0
        return max(self.step / self.options.steps, used)

    def batches(self):
        """Endless batches; which ones depends only on the seed and the step, so a resumed run sees the same."""
        epoch = skipped = 0
        while True:
            random_ = np.random.default_rng((self.options.seed, epoch))
            near = self.answer_vectors() if epoch >= self.options.near_from else None
            for rows in draw_batches(self.store, SOURCE_WEIGHTS, self.options.batch, self.options.mixed, random_, near):
                skipped += 1
                if skipped > self.step:
                    yield rows
            epoch += 1

    def answer_vectors(self) -> np.ndarray:
        """Unit vectors of every `b` as the table stands, at the shortest prefix. float32[pairs, 64]"""
        side, table = self.store.b, torch.from_numpy(self.table.effective()[:, :64].copy())
        tokens, starts = torch.from_numpy(side.tokens.astype(np.int32)), torch.from_numpy(side.starts[:-1].astype(np.int32))
        return torch.nn.functional.normalize(_bag(table, tokens, starts, None)).numpy()

    def take_step(self, rows: np.ndarray, progress: float) -> float:
        """One batch: sums, loss, gradients, Adam. Returns the loss."""
        random_ = np.random.default_rng((self.options.seed, self.step, 7))
        batch = make_batch(self.store, rows, self.vocabulary_size, self.options.keep, self.options.power, self.device,
                           random_)
        sums = self.table.sums(batch)
        loss, gradient = matryoshka(sums, batch.count, self.dims, self.options.scale, self.dtype)
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
        """Writes a checkpoint beside the last one and then takes its name, so that none is ever half written."""
        path = self.options.out / "checkpoint.pt"
        torch.save({"rows": self.table.rows, "log_weights": self.table.log_weights, "average": self.average,
                    "optimizer": self.optimizer.state_dict(), "step": self.step}, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").rename(path)

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


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, default=Path("work/pairs"), help="folder written by data.py")
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--eval", type=Path, help="collections whose even queries are watched during training")
    parser.add_argument("--held-out", type=Path, default=Path("work/held-out/user-questions"))
    parser.add_argument("--out", type=Path, default=Path("work/static"))
    parser.add_argument("--cache", type=Path, default=Path("work/cache"))
    parser.add_argument("--start", type=Path, help="first rows, float32[V, dim] (.npy)")
    parser.add_argument("--table", type=Path, help="a trained table to go on from, float32[V, dim] (.npy)")
    parser.add_argument("--leave-out", nargs="+", default=[], metavar="SOURCE", help="sources not used")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--batch", type=int, default=2048, help="pairs a step")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=0, help="end after this time even if steps are left")
    parser.add_argument("--rate", type=float, default=0.01, help="learning rate of the rows")
    parser.add_argument("--weight-rate", type=float, default=0.02, help="learning rate of the token weights' logarithms")
    parser.add_argument("--warm-up", type=int, default=50, help="steps")
    parser.add_argument("--scale", type=float, default=25.0, help="inverse temperature")
    parser.add_argument("--keep", type=float, default=1.0, help="probability that a token is kept")
    parser.add_argument("--power", type=float, default=1.0, help="a token that occurs n times in a text counts n**power")
    parser.add_argument("--mixed", type=float, default=0.3, help="share of pairs in batches of all sources")
    parser.add_argument("--near-from", type=int, default=1000, help="epoch from which batches are neighbourhoods")
    parser.add_argument("--average", type=float, default=0.0, help="decay of the running average (every ten steps)")
    parser.add_argument("--float32", action="store_true", help="scores in float32; slower, not better")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if not options.tokenizer.exists():
        stop(f"no {options.tokenizer}: run tokenizer.py first")
    if options.threads:
        torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    store = PairStore.open(options.pairs, options.tokenizer, options.cache).without_empty()
    for name in options.leave_out:
        store.sources.pop(name)
    (options.out / "options.json").write_text(json.dumps(vars(options), default=str, indent=1))
    trainer = Trainer(store, tokenizer, options)
    if options.resume:
        trainer.resume()
    with torch.no_grad():
        trainer.train(Watch(tokenizer, options.eval, options.held_out, options.power))


if __name__ == "__main__":
    main()
