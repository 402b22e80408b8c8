"""Merges several trained tables of one tokenizer into one of 256 dimensions that ranks better than each.

The tables stand side by side, scaled so that each says as much, and the 256 directions in which texts differ most are kept.
Dot products of texts are nearly those of the whole; directions come in order of weight, so prefixes stay good.

    python merge_tables.py --tables work/one/table.npy work/two/table.npy --out work/merged.npy
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from pair_store import PairStore, Side
from text_tools import stop


def text_sums(sides: list[tuple[Side, np.ndarray]], table: np.ndarray) -> np.ndarray:
    """Sums of rows for the given texts of each side; texts of no known token are left out. float32[n, dim]"""
    parts = []
    for side, rows in sides:
        tokens, owners = side.gather(rows)
        starts = np.searchsorted(owners, np.arange(len(rows)))
        parts.append(torch.nn.functional.embedding_bag(torch.from_numpy(tokens.astype(np.int64)), torch.from_numpy(table),
                                                       torch.from_numpy(starts), mode="sum").numpy())
    sums = np.concatenate(parts)
    return sums[np.linalg.norm(sums, axis=1) > 1e-6]


def merge(tables: list[np.ndarray], sides: list[tuple[Side, np.ndarray]], dim: int) -> np.ndarray:
    """The merged table float32[V, dim], by the leading eigenvectors of the texts' second moments."""
    scaled = [table / np.linalg.norm(text_sums(sides, table), axis=1).mean() for table in tables]
    wide = np.concatenate(scaled, axis=1).astype(np.float32)
    sums = text_sums(sides, wide)
    units = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(units.T @ units)
    print(f"{wide.shape[1]} -> {dim} dimensions keep {values[-dim:].sum() / values.sum():.3f} of the texts' length")
    return (wide @ vectors[:, ::-1][:, :dim]).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="table.npy of several trainings")
    parser.add_argument("--pairs", type=Path, default=Path("work/pairs"))
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--cache", type=Path, default=Path("work/cache"))
    parser.add_argument("--out", type=Path, default=Path("work/merged.npy"))
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--texts", type=int, default=60_000, help="pairs whose texts are looked at")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    missing = [str(path) for path in options.tables if not path.exists()]
    if missing:
        stop(f"not found: {', '.join(missing)}; run train_static.py for each first")
    store = PairStore.open(options.pairs, options.tokenizer, options.cache)
    count = len(store.b.groups)
    rows = np.sort(np.random.default_rng(options.seed).choice(count, min(options.texts, count), replace=False))
    tables = [np.load(path).astype(np.float32) for path in options.tables]
    np.save(options.out, merge(tables, [(store.a, rows), (store.b, rows)], options.dim))


if __name__ == "__main__":
    main()
