"""Trains the WordPiece tokenizer on the text of the pairs.

    python tokenizer.py --pairs work/pairs --out work/tokenizer.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer

from text_tools import read_json_lines, stop

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_CHARS_PER_WORD = 100
ALPHABET_SIZE = 600
"""Single characters kept; others become `[UNK]`. The model is English first, so other scripts get few pieces."""


def blank_tokenizer() -> Tokenizer:
    """A BERT-like tokenizer without vocabulary: clean, split CJK characters, strip accents, lower-case."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]", max_input_chars_per_word=MAX_CHARS_PER_WORD))
    tokenizer.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def texts(folder: Path, per_source: int) -> Iterator[str]:
    """Both sides of at most `per_source` pairs of every source, so that no source rules the vocabulary."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, pair in enumerate(read_json_lines(path)):
            if number >= per_source:
                break
            yield pair["a"]
            yield pair["b"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, default=Path("work/pairs"), help="folder written by data.py")
    parser.add_argument("--out", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--vocabulary-size", type=int, default=29_200)
    parser.add_argument("--per-source", type=int, default=40_000, help="pairs read of each source")
    options = parser.parse_args()
    if not list(options.pairs.glob("*.jsonl")):
        stop(f"no pairs in {options.pairs}: run data.py first")
    tokenizer = blank_tokenizer()
    trainer = WordPieceTrainer(vocab_size=options.vocabulary_size, special_tokens=SPECIAL_TOKENS, min_frequency=3,
                               limit_alphabet=ALPHABET_SIZE, continuing_subword_prefix="##", show_progress=False)
    tokenizer.train_from_iterator(texts(options.pairs, options.per_source), trainer)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # Why compact: the file is downloaded; indentation would only add bytes.
    layout = json.loads(tokenizer.to_str())
    options.out.write_text(json.dumps(layout, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    print(f"{tokenizer.get_vocab_size():,} tokens, {options.out.stat().st_size:,} bytes in {options.out}")


if __name__ == "__main__":
    main()
