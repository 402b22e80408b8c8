"""Chooses the share of the dense score on half of the collections and reports it on the other half.

The halves are fixed here, before any number was seen: each has one of every kind (science, abstracts of old literature,
encyclopaedia questions, everyday questions). Both directions are printed; what ships is the share that is best on both
halves together, and what it is worth is what each half says of the other's choice.

    python choose_weight.py --model ../public/models/inkling-instant-v1
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from evaluate import load_embedder
from ranking import Evidence, Vectors, ranked_scores

HALVES = (("scifact", "cisi", "squad-dev", "trecqa-dev", "user-questions"),
          ("cranfield", "cacm", "xquad-en", "wikiqa-dev", "datatalks-faq"))
WEIGHTS = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)


def sweep(embedder, evidence: Evidence, dim: int) -> list[float]:
    """Mean hybrid nDCG@10 of one collection at each weight; everything is embedded once."""
    vectors = Vectors.of(embedder, evidence)
    scorer = vectors.scorer(dim)
    return [float(ranked_scores(evidence, vectors, "hybrid" if weight else "words", weight, scorer if weight else None).mean())
            for weight in WEIGHTS]


def report(table: dict[str, list[float]]) -> None:
    """A line a collection, the means of both halves, and what each half's choice is worth on the other."""
    print(f"{'':16}" + "".join(f"{weight:8}" for weight in WEIGHTS))
    for name, values in table.items():
        print(f"{name:16}" + "".join(f"{value:8.4f}" for value in values))
    means = [np.mean([table[name] for name in half if name in table], axis=0) for half in HALVES]
    for label, values in zip(("first half", "second half", "both"), [*means, np.mean(means, axis=0)], strict=True):
        print(f"{label:16}" + "".join(f"{value:8.4f}" for value in values) + f"   best at {WEIGHTS[int(np.argmax(values))]}")
    for chosen, other, names in ((means[0], means[1], "first, reported on the second"), (means[1], means[0], "second, reported on the first")):
        at = int(np.argmax(chosen))
        print(f"chosen on the {names}: {WEIGHTS[at]} gives {other[at]:.4f}, words alone {other[0]:.4f}, best possible {other.max():.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("../public/models/inkling-instant-v1"))
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"), help="of a bare table or checkpoint")
    parser.add_argument("--evidence", type=Path, default=Path("work/evidence"), help="folder written by inkling eval --evidence")
    parser.add_argument("--dim", type=int, default=256)
    options = parser.parse_args()
    embedder = load_embedder(options.model, options.tokenizer)
    names = [name for half in HALVES for name in half if (options.evidence / name).is_dir()]
    report({name: sweep(embedder, Evidence.load(options.evidence / name), options.dim) for name in names})


if __name__ == "__main__":
    main()
