"""First rows for training, from how often tokens stand near each other: a factorised table of pointwise mutual information.

    python start_rows.py --pairs work/pairs --tokenizer work/tokenizer.json --out work/start.npy
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from tokenizers import Tokenizer

from pair_store import PairStore
from text_tools import stop

WINDOW = 6
"""Tokens on one side that count as near."""
SMOOTHING = 0.75
"""Exponent on the frequency of the context, which keeps rare contexts from ruling (Levy, Goldberg, Dagan 2015)."""


def near_counts(tokens: np.ndarray, owners: np.ndarray, size: int) -> csr_matrix:
    """How often token i has token j within the window, in the same text; nearer pairs count more. [V, V]"""
    total = csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        same = owners[:-distance] == owners[distance:]
        left, right = tokens[:-distance][same], tokens[distance:][same]
        amounts = np.full(len(left), 1 / distance, np.float32)
        total = total + coo_matrix((amounts, (left, right)), (size, size)).tocsr()
    return (total + total.T).tocsr()


def positive_information(counts: csr_matrix) -> csr_matrix:
    """max(0, log p(i, j) / (p(i) p(j))) of the pairs seen at least twice."""
    counts.data[counts.data < 1] = 0
    counts.eliminate_zeros()
    row = np.asarray(counts.sum(1)).ravel()
    column = row**SMOOTHING
    table = counts.tocoo()
    values = np.log(table.data * column.sum() / (row[table.row] * column[table.col]))
    kept = values > 0
    return coo_matrix((values[kept], (table.row[kept], table.col[kept])), table.shape).tocsr()


def factorise(matrix: csr_matrix, dim: int, seed: int, rounds: int = 4) -> np.ndarray:
    """Left singular vectors times the root of their values, by subspace iteration. float32[V, dim]"""
    random_ = np.random.default_rng(seed)
    basis = random_.standard_normal((matrix.shape[1], dim + 16)).astype(np.float32)
    for _ in range(rounds):
        basis, _ = np.linalg.qr(matrix @ basis)
    left, values, _ = np.linalg.svd((matrix.T @ basis).T.astype(np.float32), full_matrices=False)
    return ((basis @ left)[:, :dim] * np.sqrt(values[:dim])).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, default=Path("work/pairs"))
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--cache", type=Path, default=Path("work/cache"))
    parser.add_argument("--out", type=Path, default=Path("work/start.npy"))
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not options.tokenizer.exists():
        stop(f"no {options.tokenizer}: run tokenizer.py first")
    size = Tokenizer.from_file(str(options.tokenizer)).get_vocab_size()
    store = PairStore.open(options.pairs, options.tokenizer, options.cache)
    owners = np.repeat(np.arange(len(store.b.groups), dtype=np.int32), np.diff(store.b.starts))
    matrix = positive_information(near_counts(store.b.tokens, owners, size))
    print(f"{matrix.nnz:,} pairs of tokens with positive information", flush=True)
    rows = factorise(matrix, options.dim, options.seed)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    # Why noise: tokens without neighbours would start, and stay, at exactly 0.
    rows = rows / np.maximum(lengths, 1e-6) + np.random.default_rng(options.seed).normal(0, 0.01, rows.shape)
    np.save(options.out, rows.astype(np.float32))


if __name__ == "__main__":
    main()
