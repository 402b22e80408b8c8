"""A table of token rows in training: texts as bags of tokens, their sums, and the gradients of rows and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.sparse import coo_matrix

from pair_store import PairStore
from static_model import TokenWeights


@dataclass
class Batch:
    """Texts as bags of tokens with amounts, first all `a`, then all `b`; the same once more, sorted by token."""

    tokens: torch.Tensor
    amounts: torch.Tensor
    starts: torch.Tensor
    owners: torch.Tensor
    owner_amounts: torch.Tensor
    owner_starts: torch.Tensor
    by_token: torch.Tensor
    """Where each entry of the second order stands in the first."""
    count: int


def make_batch(store: PairStore, rows: np.ndarray, vocabulary_size: int, weights: TokenWeights, device: torch.device,
               keep: float = 1.0, random_: np.random.Generator | None = None) -> Batch:
    """Gathers the tokens of the rows, dropping each with probability 1 - keep. A token that occurs n times in a text
    counts n ** power; in `b`, the documents, the opening counts more."""
    a_tokens, a_owners = store.a.gather(rows)
    b_tokens, b_owners = store.b.gather(rows)
    tokens = np.concatenate([a_tokens, b_tokens]).astype(np.int32)
    owners = np.concatenate([a_owners, b_owners + len(rows)]).astype(np.int32)
    leads = np.concatenate([np.ones(len(a_tokens)), leads_of(b_owners, weights)]).astype(np.float32)
    if keep < 1:
        kept = random_.random(len(tokens), dtype=np.float32) < keep
        tokens, owners, leads = tokens[kept], owners[kept], leads[kept]
    shape = (2 * len(rows), vocabulary_size)
    by_text = coo_matrix((np.ones(len(tokens), np.float32), (owners, tokens)), shape).tocsr()
    amounts = by_text.data ** (weights.power - 1) * coo_matrix((leads, (owners, tokens)), shape).tocsr().data
    by_text.data = np.arange(len(amounts), dtype=np.int64)
    by_token = by_text.tocsc()
    arrays = [by_text.indices, amounts, by_text.indptr[:-1], by_token.indices, amounts[by_token.data],
              by_token.indptr[:-1], by_token.data]
    return Batch(*(torch.from_numpy(array).to(device) for array in arrays), len(rows))


def leads_of(owners: np.ndarray, weights: TokenWeights) -> np.ndarray:
    """What each token counts by its place in its text; the tokens of a text stand together, in order."""
    if weights.lead_weight == 0:
        return np.ones(len(owners))
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    places = np.arange(len(owners)) - np.repeat(firsts, np.diff(np.append(firsts, len(owners))))
    return 1 + weights.lead_weight * np.exp(-places / weights.lead_tokens)


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
        return bag(self.rows, batch.tokens, batch.starts, weights)

    def damped(self, batch: Batch, damping: float) -> Batch:
        """The batch with the amounts of `TokenWeights.context_damping`, taken as given by the gradients."""
        if damping == 0:
            return batch
        totals = self.sums(batch)
        lengths = torch.diff(batch.starts, append=batch.starts.new_tensor([len(batch.tokens)]))
        owners = torch.repeat_interleave(torch.arange(len(lengths), device=totals.device), lengths)
        cosines = torch.cat([torch.cosine_similarity(self.rows[batch.tokens[part].long()], totals[owners[part]], dim=1)
                             for part in torch.arange(len(owners), device=totals.device).split(65_536)])
        amounts = batch.amounts * torch.exp(-damping * cosines)
        return replace(batch, amounts=amounts, owner_amounts=amounts[batch.by_token])

    def backward(self, batch: Batch, gradient: torch.Tensor) -> None:
        """Stores the gradients of rows and weights, given that of the sums."""
        per_token = bag(gradient, batch.owners, batch.owner_starts, batch.owner_amounts)
        weights = self.log_weights.exp()[:, None]
        self.log_weights.grad = (per_token * self.rows).sum(1) * weights[:, 0]
        self.rows.grad = per_token.mul_(weights)

    def effective(self) -> np.ndarray:
        """float32[V, dim] with the weights folded in."""
        return (self.rows * self.log_weights.exp()[:, None]).cpu().numpy()


def bag(table: torch.Tensor, tokens: torch.Tensor, starts: torch.Tensor,
         weights: torch.Tensor | None) -> torch.Tensor:
    return torch.nn.functional.embedding_bag(tokens, table, starts, mode="sum", per_sample_weights=weights)
