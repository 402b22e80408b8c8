"""Tokenizers with a few hundred tokens, of the kinds that embedding models use. Their pieces come from the sentences below.

Vocabularies are counted here and not by the trainers of `tokenizers`, which break ties differently each time.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SENTENCES = [
    "Stop the page from jumping while images load: give every image a width, a height and an aspect ratio.",
    "How do I reset my password? Open the settings, choose security, then ask for a new one by mail.",
    "A vaccine trains the immune system to recognise a virus before an infection happens.",
    "The index lives in the browser, so searching works without a network and without a server.",
    "Boil the potatoes for twenty minutes, drain them, and mash them with butter and warm milk.",
    "Why does the train to the coast leave an hour later on Sundays and on public holidays?",
    "Function calls inside a loop are cheap, but allocating memory in every step is not.",
    "query: passage: search_query: search_document: task: search result title: none text: Represent this sentence for "
    "searching relevant passages",
    "Comment réinitialiser mon mot de passe ? Wie setze ich mein Passwort zurück? ¿Cómo cambio la contraseña?",
]
"""What the vocabularies are learned from: enough for pieces of several letters, far too little for good ones."""

PIECES = 70
"""Pieces of several letters in each vocabulary, beside its characters and special tokens."""
LONGEST_PIECE = 6


@dataclass(frozen=True)
class TinyTokenizer:
    """A tokenizer with the entries of its `tokenizer_config.json`."""

    tokenizer: Tokenizer
    config: dict
    pad_id: int

    @property
    def size(self) -> int:
        return self.tokenizer.get_vocab_size()

    def layout(self) -> dict:
        """What `tokenizer.json` holds."""
        return json.loads(self.tokenizer.to_str())


def word_piece() -> TinyTokenizer:
    """Lower-cased WordPiece with [CLS] and [SEP], as of BERT."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = Counter(word for sentence in SENTENCES for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(sentence)))
    letters = sorted({letter for word in words for letter in word})
    begins = [piece for piece, _ in frequent_pieces({word[:LONGEST_PIECE]: count for word, count in words.items()}, PIECES // 2)]
    inner = [f"##{piece}" for piece, _ in frequent_pieces({word[1:]: count for word, count in words.items()}, PIECES // 2)]
    tokens = [*special, *letters, *(f"##{letter}" for letter in letters if letter.isalpha()), *begins, *inner]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = _template(tokenizer, "[CLS]", "[SEP]")
    tokenizer.decoder = decoders.WordPiece()
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "unk_token": "[UNK]", "sep_token": "[SEP]",
              "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
    return TinyTokenizer(tokenizer, config, 0)


def unigram() -> TinyTokenizer:
    """SentencePiece Unigram with <s> and </s>, as of XLM-RoBERTa."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    words = Counter(f"▁{word}" for sentence in SENTENCES for word in sentence.split())
    letters = Counter(letter for word, count in words.items() for letter in word for _ in range(count))
    pieces = [*sorted(letters.items()), *frequent_pieces(words, PIECES)]
    total = sum(count for _, count in pieces)
    scores = [(token, 0.0) for token in special] + [(piece, round(math.log(count / total), 4)) for piece, count in pieces]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=special.index("<unk>")))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = _template(tokenizer, "<s>", "</s>")
    tokenizer.decoder = decoders.Metaspace()
    config = {"tokenizer_class": "XLMRobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
              "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
    return TinyTokenizer(tokenizer, config, 1)


def byte_level_roberta() -> TinyTokenizer:
    """BPE over bytes with <s> and </s>, as of RoBERTa."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = _byte_level(special)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    config = {"tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
              "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
    return TinyTokenizer(tokenizer, config, 1)


def byte_level_modern() -> TinyTokenizer:
    """BPE over bytes with [CLS] and [SEP], as of ModernBERT."""
    tokenizer = _byte_level(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = _template(tokenizer, "[CLS]", "[SEP]")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
              "cls_token": "[CLS]", "mask_token": "[MASK]", "model_input_names": ["input_ids", "attention_mask"]}
    return TinyTokenizer(tokenizer, config, 3)


def byte_level_decoder() -> TinyTokenizer:
    """BPE over bytes that ends a text with its own token and is padded on the left, as of embedding models made from decoders."""
    tokenizer = _byte_level(["<|endoftext|>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <|endoftext|>", special_tokens=[("<|endoftext|>", tokenizer.token_to_id("<|endoftext|>"))])
    config = {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
              "padding_side": "left", "model_input_names": ["input_ids", "attention_mask"]}
    return TinyTokenizer(tokenizer, config, 0)


def byte_fallback() -> TinyTokenizer:
    """BPE over characters that spells unknown ones in bytes, with <bos> and <eos>, as of Gemma."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    hexadecimal = [f"<0x{byte:02X}>" for byte in range(256)]
    words = Counter(f"▁{word}" for sentence in SENTENCES for word in sentence.split())
    letters = sorted({letter for word in words for letter in word})
    merges = learn_merges(words, PIECES)
    tokens = [*special, *hexadecimal, *letters, *(left + right for left, right in merges)]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = _template(tokenizer, "<bos>", "<eos>")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    config = {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>",
              "pad_token": "<pad>", "add_bos_token": True, "add_eos_token": True,
              "model_input_names": ["input_ids", "attention_mask"]}
    return TinyTokenizer(tokenizer, config, 0)


def frequent_pieces(words: dict[str, int], count: int) -> list[tuple[str, int]]:
    """The pieces of 2 letters and more that save most, with how often they occur; ties by the alphabet."""
    found: Counter[str] = Counter()
    for word, times in words.items():
        for start in range(len(word)):
            for end in range(start + 2, min(start + LONGEST_PIECE, len(word)) + 1):
                found[word[start:end]] += times
    return sorted(found.items(), key=lambda entry: (-entry[1] * (len(entry[0]) - 1), entry[0]))[:count]


def learn_merges(words: dict[str, int], count: int) -> list[tuple[str, str]]:
    """Merges of byte pair encoding: the most frequent pair each time, ties by the alphabet."""
    split = {word: list(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        split = {word: _merged(parts, best) for word, parts in split.items()}
    return merges


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _byte_level(special: list[str]) -> Tokenizer:
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = Counter(word for sentence in SENTENCES for word, _ in splitter.pre_tokenize_str(sentence))
    merges = learn_merges(words, PIECES // 2)
    tokens = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(left + right for left, right in merges)]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = splitter, decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer


def _template(tokenizer: Tokenizer, first: str, last: str) -> processors.TemplateProcessing:
    pairs = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    return processors.TemplateProcessing(single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1",
                                         special_tokens=pairs)


TokenizerMaker = Callable[[], TinyTokenizer]
