"""The committed golden files are what the script writes."""

from __future__ import annotations

import gzip
import unittest
from pathlib import Path

from tokenizer_lines import characters, encoded, lines

ROOT = Path(__file__).parents[2]
TOKENIZER = ROOT / "public/models/inkling-instant-v1/tokenizer.json"


class GoldenTest(unittest.TestCase):
    def test_lines_and_ids_are_those_committed(self) -> None:
        committed = (ROOT / "tests/golden/tokenizer-lines.jsonl.gz").read_bytes()
        self.assertEqual(gzip.decompress(encoded(TOKENIZER)), gzip.decompress(committed))

    def test_characters_are_those_committed(self) -> None:
        committed = (ROOT / "tests/golden/tokenizer-characters.jsonl.gz").read_bytes()
        self.assertEqual(gzip.decompress(characters(TOKENIZER)), gzip.decompress(committed))

    def test_ten_thousand_lines_that_utf8_can_hold(self) -> None:
        drawn = lines()
        self.assertEqual(len(drawn), 10_000)
        for _, text in drawn:
            text.encode("utf-8")


if __name__ == "__main__":
    unittest.main()
