"""Trains the neural model, from the table of the instant model: by contrast, or by guessing masked words.

A step draws pairs as `train_static.py` does. The two sides are cut into groups of about the same length, so that little is
padded, and the loss is taken over the whole batch, at several prefixes of the vector (Matryoshka).

    python train_neural.py --out work/neural --minutes 60
    python train_neural.py --task masked --out work/neural-masked --minutes 15     # then --start-from work/neural-masked
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from neural_model import CLS_ID, NeuralModel, NeuralShape
from pair_store import BatchPlan, PairStore, Side, endless_batches
from ranking import Coverage
from static_model import StaticModel, normalize
from training import begin, save_checkpoint, training_parser
from watch_list import WatchList

MASK_ID = 4
MASKED_SHARE = 0.25
"""Share of the tokens that the masked task hides. Small models on short texts do well with more than BERT's 0.15."""
SPECIAL_COUNT = 5
ROUND_TO = 8
"""Groups are padded to a multiple of this many tokens."""


def padded(side: Side, rows: np.ndarray, longest: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids int64[rows, length], each beginning with [CLS], and their mask."""
    lengths = np.minimum(side.lengths(rows), longest - 1)
    width = -(-(int(lengths.max()) + 1) // ROUND_TO) * ROUND_TO
    ids = np.zeros((len(rows), min(width, longest)), np.int64)
    ids[:, 0] = CLS_ID
    columns = np.arange(ids.shape[1] - 1)[None]
    inside = columns < lengths[:, None]
    ids[:, 1:][inside] = side.tokens[(side.starts[rows][:, None] + columns)[inside]]
    mask = np.ones(ids.shape, np.int64)
    mask[:, 1:] = inside
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def length_groups(side: Side, rows: np.ndarray, longest: int, most_tokens: int) -> list[np.ndarray]:
    """Positions within `rows`, shortest texts first, in groups of at most about `most_tokens` with padding."""
    lengths = np.minimum(side.lengths(rows) + 1, longest)
    groups, current = [], []
    for at in np.argsort(lengths, kind="stable"):
        if current and (len(current) + 1) * lengths[at] > most_tokens:
            groups.append(np.array(current))
            current = []
        current.append(at)
    return [*groups, np.array(current)]


def prefix_loss(a: Tensor, b: Tensor, dims: dict[int, float], scale: float) -> Tensor:
    """Softmax loss in both directions, summed over prefixes of the vectors. `b` may hold more rows than `a`: these are wrong
    answers to all."""
    total = torch.zeros(())
    own = torch.arange(len(a), device=a.device)
    for dim, weight in dims.items():
        x, y = F.normalize(a[:, :dim], dim=1), F.normalize(b[:, :dim], dim=1)
        scores = scale * (x @ y.T).float()
        total = total + weight * (F.cross_entropy(scores, own) + F.cross_entropy(scores[:, : len(a)].T, own)) / 2
    return total / sum(dims.values())


class Trainer:
    """The loop: batches, steps, a running average of the weights, checkpoints."""

    def __init__(self, store: PairStore, model: NeuralModel, options: argparse.Namespace) -> None:
        self.store, self.model, self.options = store, model, options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device)
        self.optimizer = self._optimizer()
        self.average: dict[str, Tensor] | None = None
        self.step, self.used = 0, 0.0
        self.dims = {model.shape.dim: 1.0, 256: 0.5, 128: 0.5}
        self.negatives = np.load(options.negatives, mmap_mode="r") if options.negatives else None

    def _optimizer(self) -> torch.optim.Optimizer:
        options = self.options
        # Why: the rows are the ones that ship, and training them on overfits (RESULTS.md).
        self.model.embeddings.requires_grad_(False)
        norms = [p for p in self.model.parameters() if p.dim() == 1 and p.requires_grad]
        matrices = [p for name, p in self.model.named_parameters() if p.dim() == 2 and "tok_embeddings" not in name]
        groups = [{"params": norms, "top": options.rate, "weight_decay": 0.0},
                  {"params": matrices, "top": options.rate, "weight_decay": options.decay}]
        return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, options.beta), fused=True)

    def train(self, watch: WatchList) -> None:
        """Runs to the last step, or until the time is used up; then the rate has come down to 0 just the same."""
        began, before, losses, seen = time.monotonic(), self.used, [], 0
        for rows in endless_batches(self.store, BatchPlan.of(self.options), self.step, self._near_vectors):
            progress = self.progress()
            if progress >= 1:
                break
            losses.append(self.take_step(rows, progress))
            seen += len(rows)
            self.used = before + time.monotonic() - began
            if self.step % self.options.log_every == 0:
                print(f"step {self.step} loss {np.mean(losses):.4f} {self.used:.0f} s {seen / (self.used - before):.0f} pairs/s",
                      flush=True)
                losses = []
            if self.step % self.options.save_every == 0:
                self.save()
                print(self.watched(watch), flush=True)
        self.save()
        torch.save({"shape": self.model.shape.as_dict(), "weights": self.result()}, self.options.out / "model.pt")
        print("final", self.watched(watch), flush=True)

    def progress(self) -> float:
        """How much of the training is done, 0 to 1, by steps or by time, whichever is further."""
        by_time = self.used / (self.options.minutes * 60) if self.options.minutes else 0.0
        return max(self.step / self.options.steps, by_time)

    def _near_vectors(self) -> np.ndarray:
        """Unit vectors of every `b` by the token rows alone, float32[pairs, 64]: enough to say who is whose neighbour."""
        rows = self.model.embeddings.tok_embeddings.weight.detach()[:, :64].cpu().contiguous()
        tokens = torch.from_numpy(self.store.b.tokens.astype(np.int32))
        starts = torch.from_numpy(self.store.b.starts[:-1].astype(np.int32))
        return F.normalize(F.embedding_bag(tokens, rows, starts, mode="sum")).numpy()

    def take_step(self, rows: np.ndarray, progress: float) -> float:
        """One batch: loss, gradients, step. Returns the loss."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * min(1.0, (self.step + 1) / self.options.warm_up) * (1 - progress)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=not self.options.float32):
            loss = self.masked_loss(rows) if self.options.task == "masked" else self.contrast_loss(rows)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        if self.options.average and progress > 0.3 and self.step % 5 == 0:
            self._add_to_average()
        return loss.item()

    @property
    def longest(self) -> int:
        """Longest text in tokens: the last part of a training reads on to where passages in use end."""
        return self.options.longest if self.progress() < 1 - self.options.long_share else self.options.longest_at_end

    def contrast_loss(self, rows: np.ndarray) -> Tensor:
        """Partners against all other texts of the batch, and against mined wrong answers where there are some."""
        answers = np.concatenate([rows, self.mined(rows)])
        (a, start_a), (b, start_b) = self.vectors(self.store.a, rows), self.vectors(self.store.b, answers)
        drift = 2 - F.cosine_similarity(a, start_a).mean() - F.cosine_similarity(b, start_b).mean()
        return prefix_loss(a, b, self.dims, self.options.scale) + self.options.hold * drift

    def mined(self, rows: np.ndarray) -> np.ndarray:
        """One mined wrong answer for each row that has any, as rows whose `b` it is; none that is an answer in the batch."""
        if self.negatives is None:
            return rows[:0]
        random_ = np.random.default_rng((self.options.seed, self.step, 11))
        found = self.negatives[rows]
        picked = found[np.arange(len(rows)), random_.integers(0, found.shape[1], len(rows))]
        picked = np.unique(picked[picked >= 0])
        groups = self.store.b.groups
        return picked[~np.isin(groups[picked], groups[rows])]

    def vectors(self, side: Side, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Of the texts of one side, in the order of `rows`: vectors, and those of the untrained model. float32[rows, dim]"""
        longest, parts, starts, order = self.longest, [], [], []
        for group in length_groups(side, rows, longest, self.options.group_tokens):
            texts = padded(side, rows[group], longest, self.device)
            parts.append(self.model.pooled(*texts).float())
            starts.append(self.model.start_pooled(*texts).float())
            order.append(group)
        place = np.empty(len(rows), np.int64)
        place[np.concatenate(order)] = np.arange(len(rows))
        at = torch.from_numpy(place).to(self.device)
        return torch.cat(parts)[at], torch.cat(starts)[at]

    def masked_loss(self, rows: np.ndarray) -> Tensor:
        """Hidden words guessed from their neighbours; a token's row is also what it is recognised by."""
        random_ = np.random.default_rng((self.options.seed, self.step, 13))
        losses, counts, longest = [], [], self.longest
        for group in length_groups(self.store.b, rows, longest, self.options.group_tokens):
            ids, mask = padded(self.store.b, rows[group], longest, self.device)
            hidden = torch.from_numpy(random_.random(ids.shape) < MASKED_SHARE).to(self.device) & (mask > 0) & (ids >= SPECIAL_COUNT)
            if not hidden.any():
                continue
            states = self.model(ids.masked_fill(hidden, MASK_ID), mask)[hidden]
            table = self.model.embeddings.norm(self.model.embeddings.tok_embeddings.weight)
            scores = states @ table.T * self.model.shape.width ** -0.5
            losses.append(F.cross_entropy(scores.float(), ids[hidden], reduction="sum"))
            counts.append(int(hidden.sum()))
        return torch.stack(losses).sum() / sum(counts)

    def _add_to_average(self) -> None:
        now = self.model.state_dict()
        if self.average is None:
            self.average = {name: value.clone() for name, value in now.items()}
        for name, value in self.average.items():
            value.lerp_(now[name], 1 - self.options.average)

    def result(self) -> dict[str, Tensor]:
        """The weights to use: the running average where there is one."""
        return self.average if self.average is not None else self.model.state_dict()

    def watched(self, watch: WatchList) -> str:
        """One line of scores of the weights to use."""
        now = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.result())
        line = watch.line(NeuralEmbedder(self.model, watch.tokenizer), (self.model.shape.dim, 256, 128))
        self.model.load_state_dict(now)
        return line

    def save(self) -> None:
        """Leaves a checkpoint to go on from."""
        save_checkpoint(self.options.out / "checkpoint.pt",
                        {"shape": self.model.shape.as_dict(), "weights": self.model.state_dict(), "average": self.average,
                         "optimizer": self.optimizer.state_dict(), "step": self.step, "used": self.used})

    def resume(self) -> None:
        """Goes on from the checkpoint of an interrupted run, if there is one."""
        path = self.options.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average, self.step, self.used = state["average"], state["step"], state["used"]
        print(f"resumed at step {self.step}", flush=True)


class NeuralEmbedder:
    """Texts -> unit vectors, by the model in torch."""

    def __init__(self, model: NeuralModel, tokenizer: Tokenizer, group_tokens: int = 16_384) -> None:
        self.model, self.tokenizer, self.group_tokens = model, tokenizer, group_tokens
        self.max_tokens = model.shape.max_tokens
        self.coverage = Coverage(tokenizer, model.shape.max_tokens).shares

    @classmethod
    def load(cls, path: Path, tokenizer: Path) -> NeuralEmbedder:
        """Reads `model.pt` or a checkpoint."""
        state = torch.load(path, map_location="cpu")
        model = NeuralModel(NeuralShape(**state["shape"]))
        model.load_state_dict(state.get("average") or state["weights"])
        return cls(model, Tokenizer.from_file(str(tokenizer)))

    @torch.inference_mode()
    def embed(self, texts: list[str], dim: int | None = None) -> np.ndarray:
        """float32[len(texts), dim]; texts are cut to the model's longest."""
        self.model.eval()
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts, add_special_tokens=False)]
        side = Side(np.array([token for row in ids for token in row], np.int64),
                    np.concatenate([[0], np.cumsum([len(row) for row in ids])]), np.arange(len(ids)))
        vectors = np.zeros((len(texts), self.model.shape.dim), np.float32)
        longest = self.model.shape.max_tokens
        device = next(self.model.parameters()).device
        for group in length_groups(side, np.arange(len(texts)), longest, self.group_tokens):
            with torch.autocast(device.type, torch.bfloat16):
                vectors[group] = self.model.pooled(*padded(side, group, longest, device)).float().cpu().numpy()
        return normalize(vectors[:, :dim])


def new_model(options: argparse.Namespace, vocabulary_size: int) -> NeuralModel:
    """A model that ranks as the instant model, or one that another run left behind. Its rows are written beside the run."""
    torch.manual_seed(options.seed)
    if options.start_from:
        state = torch.load(options.start_from / "model.pt")
        model = NeuralModel(NeuralShape(**state["shape"]))
        model.load_state_dict(state["weights"])
        shutil.copy(options.start_from / "rows.npz", options.out / "rows.npz")
        return model
    table = np.load(options.table) if options.table else StaticModel.load(options.instant).table
    model = NeuralModel(NeuralShape(vocabulary_size, options.width, options.layers, options.heads, options.inner, table.shape[1]))
    model.start_from(table).save(options.out / "rows.npz")
    return model


def arguments() -> argparse.Namespace:
    parser = training_parser(__doc__, Path("work/neural"), log_every=20, save_every=400)
    add = parser.add_argument
    add("--task", choices=["contrast", "masked"], default="contrast")
    add("--instant", type=Path, default=Path("../public/models/inkling-instant-v1"), help="static model to begin as")
    add("--table", type=Path, help="a static table to begin as instead, float32[V, dim] (.npy)")
    add("--start-from", type=Path, help="folder of another run, to go on from its result")
    add("--negatives", type=Path, help="int32[pairs, k] written by mine_negatives.py")
    add("--width", type=int, default=384)
    add("--layers", type=int, default=2)
    add("--heads", type=int, default=6)
    add("--inner", type=int, default=512, help="width of the gated MLP")
    add("--batch", type=int, default=1024, help="pairs a step")
    add("--longest", type=int, default=64, help="longest text, in tokens")
    add("--longest-at-end", type=int, default=224, help="the same for the last part of the training")
    add("--long-share", type=float, default=0.25, help="that part")
    add("--group-tokens", type=int, default=4096, help="tokens with padding that go through the model at once")
    add("--steps", type=int, default=1_000_000)
    add("--rate", type=float, default=3e-4, help="learning rate of the layers")
    add("--decay", type=float, default=0.01)
    add("--beta", type=float, default=0.98)
    add("--warm-up", type=int, default=50, help="steps")
    add("--scale", type=float, default=25.0, help="inverse temperature")
    add("--hold", type=float, default=3.0, help="how much staying near the untrained model's vectors counts")
    add("--average", type=float, default=0.0, help="decay of the running average (every five steps)")
    add("--float32", action="store_true", help="no bfloat16")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    tokenizer, store = begin(options)
    trainer = Trainer(store, new_model(options, tokenizer.get_vocab_size()), options)
    if options.resume:
        trainer.resume()
    watch = WatchList(tokenizer, options.eval, options.held_out)
    if trainer.step == 0:
        print("start", trainer.watched(watch), flush=True)
    trainer.train(watch)


if __name__ == "__main__":
    main()
