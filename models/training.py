"""What both trainings share: the options of text, batches and checkpoints, and how a run begins."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from pair_store import PairStore
from text_tools import stop


def training_parser(description: str, out: Path, log_every: int, save_every: int) -> argparse.ArgumentParser:
    """A parser with the options that both trainings have; each adds its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--pairs", type=Path, default=Path("work/pairs"), help="folder written by data.py")
    add("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    add("--eval", type=Path, help="collections whose even queries are watched during training")
    add("--held-out", type=Path, default=Path("work/held-out/user-questions"))
    add("--out", type=Path, default=out)
    add("--cache", type=Path, default=Path("work/cache"))
    add("--leave-out", nargs="+", default=[], metavar="SOURCE", help="sources not used")
    add("--mixed", type=float, default=0.3, help="share of pairs in batches of all sources")
    add("--near-from", type=int, default=1000, help="epoch from which batches are neighbourhoods")
    add("--minutes", type=float, default=0, help="end after this time even if steps are left")
    add("--threads", type=int, default=0)
    add("--seed", type=int, default=1)
    add("--log-every", type=int, default=log_every)
    add("--save-every", type=int, default=save_every)
    add("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser


def begin(options: argparse.Namespace) -> tuple[Tokenizer, PairStore]:
    """Tokenizer and pairs of a run; its folder is made and its options are written there."""
    if not options.tokenizer.exists():
        stop(f"no {options.tokenizer}: run tokenizer.py first")
    if options.threads:
        torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    store = PairStore.open(options.pairs, options.tokenizer, options.cache).without_empty()
    for name in options.leave_out:
        store.sources.pop(name)
    (options.out / "options.json").write_text(json.dumps(vars(options), default=str, indent=1))
    return Tokenizer.from_file(str(options.tokenizer)), store


def save_checkpoint(path: Path, state: dict) -> None:
    """Writes a checkpoint beside the last one and then takes its name, so that none is ever half written."""
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)
