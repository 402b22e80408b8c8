"""Writes tiny models with random weights, one of each kind that a loader must understand, with the vectors it must get.

    PYTHONHASHSEED=0 python make_tiny_models.py --out ../tests/fixtures/models

The hash seed makes the files the same each time: `transformers` loops over sets. Each folder has the layout of a model on the Hugging Face hub. `golden.json` holds what torch computes for a few texts with the
steps of sentence-transformers: prompt, token ids, pooling, heads, norm. The models know nothing; only their form is real.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save as save_tensors
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, GteConfig, ModernBertConfig, NomicBertConfig, PreTrainedConfig, Qwen3Config, RobertaConfig
from transformers import Gemma3TextConfig

import tiny_tokenizers
from text_tools import stop
from tiny_encoders import HEADS, INNER, SEED, WIDTH, AlibiEncoder, from_config
from tiny_export import compare, export_onnx, quantize, run
from tiny_tokenizers import TinyTokenizer, TokenizerMaker

MAX_TOKENS = 64
QUERIES = ["reset password", "How do I stop the page from jumping while images load?", "Comment changer mon mot de passe ?"]
DOCUMENTS = [
    "Give every image a width, a height and an aspect ratio.",
    "Boil the potatoes; drain them!",
    "naïve café 日本 🔍",
]
TITLED = ("Layout shift", "Stop the page from jumping.")
MIN_INT8_COSINE = 0.99
MAX_LIKENESS = 0.995
"""Texts of a model must not be more alike than this, or a test of its vectors would pass with any of them."""


@dataclass(frozen=True)
class Tiny:
    """One tiny model: what it stands for and how its folder is laid out."""

    name: str
    stands_for: list[str]
    tokenizer: TokenizerMaker
    encoder: Callable[[TinyTokenizer], nn.Module]
    config: Callable[[TinyTokenizer], dict]
    inputs: list[str]
    pooling: str = "mean"
    outputs: list[str] = field(default_factory=lambda: ["last_hidden_state"])
    """Names of what the graph gives: states where it is `last_hidden_state` or `token_embeddings`, else vectors of texts."""
    prompts: dict[str, str] = field(default_factory=dict)
    dense: list[int] = field(default_factory=list)
    """Widths of the linear heads after pooling."""
    dense_files: bool = False
    """Whether the heads lie in files of their own, outside the graph."""
    is_bare: bool = False
    """Without the files of sentence-transformers that say how to pool: the graph does it."""
    says_all: bool = False
    """With an `inkling.json` that says what the registry says of the real ones, and the other files do not."""
    layer_norm: bool = False
    dim: int = WIDTH
    """Leading numbers kept, after the layer norm and before the vector gets length 1."""
    int8: bool = False


STATES = ("last_hidden_state", "token_embeddings")
BERT_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
PLAIN_INPUTS = ["input_ids", "attention_mask"]


class Head(nn.Module):
    """States to vectors of texts, as the modules after the transformer in sentence-transformers do it."""

    def __init__(self, model: Tiny) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(SEED + 1)
        widths = [WIDTH, *model.dense]
        self.dense = nn.ModuleList(nn.Linear(before, after, bias=False) for before, after in zip(widths, model.dense))
        self.model = model
        with torch.no_grad():
            for layer in self.dense:
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) / WIDTH ** 0.5)

    def forward(self, states: Tensor, attention_mask: Tensor) -> Tensor:
        """float32[batch, dim], of length 1"""
        vectors = pool(states, attention_mask, self.model.pooling)
        for layer in self.dense:
            vectors = layer(vectors)
        if self.model.layer_norm:
            vectors = F.layer_norm(vectors, vectors.shape[-1:])
        return F.normalize(vectors[:, : self.model.dim], dim=-1)


class Exported(nn.Module):
    """What becomes the ONNX file: the encoder, and the head where an output asks for it."""

    def __init__(self, model: Tiny, encoder: nn.Module, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.inputs = model.inputs
        self.outputs = model.outputs

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        states = self.encoder(*tensors)
        mask = tensors[self.inputs.index("attention_mask")]
        return tuple(states if name in STATES else self.head(states, mask) for name in self.outputs)


def pool(states: Tensor, attention_mask: Tensor, pooling: str) -> Tensor:
    """One vector per text, float32[batch, width], from its states. `last` expects padding on the left or none."""
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[:, -1]
    weights = attention_mask[:, :, None].float()
    return (states * weights).sum(1) / weights.sum(1).clamp_min(1e-9)


def bert_config(tokenizer: TinyTokenizer, layers: int = 1, **more: object) -> BertConfig:
    return BertConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=layers, num_attention_heads=HEADS,
                      intermediate_size=INNER, max_position_embeddings=MAX_TOKENS, pad_token_id=tokenizer.pad_id,
                      architectures=["BertModel"], **more)


def roberta_config(tokenizer: TinyTokenizer) -> RobertaConfig:
    # Why 2 more: positions of this kind begin after the id of padding.
    return RobertaConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                         intermediate_size=INNER, max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1,
                         architectures=["RobertaModel"], pad_token_id=1, bos_token_id=0, eos_token_id=2)


def modern_config(tokenizer: TinyTokenizer) -> ModernBertConfig:
    return ModernBertConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=HEADS,
                            intermediate_size=INNER, max_position_embeddings=MAX_TOKENS, global_attn_every_n_layers=2,
                            local_attention=16, architectures=["ModernBertModel"], pad_token_id=3, cls_token_id=1,
                            sep_token_id=2, bos_token_id=1, eos_token_id=2, reference_compile=False)


def built_in_config(tokenizer: TinyTokenizer) -> ModernBertConfig:
    return ModernBertConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                            intermediate_size=INNER, max_position_embeddings=MAX_TOKENS, global_attn_every_n_layers=1,
                            architectures=["ModernBertModel"], pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2,
                            eos_token_id=3, reference_compile=False)


def nomic_config(tokenizer: TinyTokenizer) -> NomicBertConfig:
    return NomicBertConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                           intermediate_size=INNER, max_position_embeddings=MAX_TOKENS, pad_token_id=0,
                           architectures=["NomicBertModel"])


def gte_config(tokenizer: TinyTokenizer) -> GteConfig:
    return GteConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                     intermediate_size=INNER, max_position_embeddings=MAX_TOKENS, pad_token_id=1, architectures=["GteModel"])


def gemma_config(tokenizer: TinyTokenizer) -> Gemma3TextConfig:
    return Gemma3TextConfig(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                            num_key_value_heads=1, head_dim=WIDTH // HEADS, intermediate_size=INNER, sliding_window=16,
                            max_position_embeddings=MAX_TOKENS, use_bidirectional_attention=True, pad_token_id=0,
                            eos_token_id=1, bos_token_id=2, query_pre_attn_scalar=WIDTH // HEADS, use_cache=False,
                            architectures=["Gemma3TextModel"])


def qwen_config(tokenizer: TinyTokenizer) -> Qwen3Config:
    return Qwen3Config(vocab_size=tokenizer.size, hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS,
                       num_key_value_heads=1, head_dim=WIDTH // HEADS, intermediate_size=INNER, use_cache=False,
                       max_position_embeddings=MAX_TOKENS, architectures=["Qwen3Model"], pad_token_id=0, eos_token_id=0)


def made_of(config: Callable[[TinyTokenizer], PreTrainedConfig], inputs: list[str]) -> dict:
    """Encoder and `config.json` of a class of `transformers`."""
    return {"encoder": lambda tokenizer: from_config(config(tokenizer), inputs),
            "config": lambda tokenizer: json.loads(config(tokenizer).to_json_string()), "inputs": inputs}


def jina_config(tokenizer: TinyTokenizer) -> dict:
    more = {"position_embedding_type": "alibi", "feed_forward_type": "geglu", "architectures": ["JinaBertModel"]}
    return json.loads(bert_config(tokenizer).to_json_string()) | more


MODELS = [
    Tiny("tiny-bert-mean", ["all-MiniLM-L6-v2", "gte-small", "e5-small-v2"], tiny_tokenizers.word_piece, int8=True,
         **made_of(bert_config, BERT_INPUTS)),
    Tiny("tiny-bert-cls", ["bge-small-en-v1.5", "snowflake-arctic-embed-xs"], tiny_tokenizers.word_piece, pooling="cls",
         prompts={"query": "Represent this sentence for searching relevant passages: "}, **made_of(bert_config, BERT_INPUTS)),
    # The real ones also are BERT with the vocabulary of XLM-RoBERTa.
    Tiny("tiny-e5-multilingual", ["multilingual-e5-small", "paraphrase-multilingual-MiniLM-L12-v2"], tiny_tokenizers.unigram,
         int8=True, prompts={"query": "query: ", "document": "passage: "}, **made_of(bert_config, BERT_INPUTS)),
    Tiny("tiny-roberta-cls", ["granite-embedding-30m-english"], tiny_tokenizers.byte_level_roberta, pooling="cls",
         **made_of(roberta_config, PLAIN_INPUTS)),
    Tiny("tiny-modernbert-cls", ["granite-embedding-small-english-r2"], tiny_tokenizers.byte_level_modern, pooling="cls",
         **made_of(modern_config, PLAIN_INPUTS)),
    # The built-in neural model's form: states, and beside them vectors that are pooled already.
    Tiny("tiny-modernbert-both", ["inkling-neural-v1"], tiny_tokenizers.word_piece, dim=12,
         outputs=["last_hidden_state", "sentence_embedding"], int8=True, says_all=True, **made_of(built_in_config, PLAIN_INPUTS)),
    Tiny("tiny-nomic", ["nomic-embed-text-v1.5"], tiny_tokenizers.word_piece, layer_norm=True, dim=8, says_all=True,
         prompts={"query": "search_query: ", "document": "search_document: "}, **made_of(nomic_config, BERT_INPUTS)),
    Tiny("tiny-jina-alibi", ["jina-embeddings-v2-small-en"], tiny_tokenizers.word_piece,
         lambda tokenizer: AlibiEncoder(tokenizer.size), jina_config, BERT_INPUTS),
    Tiny("tiny-gte-new", ["snowflake-arctic-embed-m-v2.0"], tiny_tokenizers.unigram, pooling="cls", dim=8,
         outputs=["token_embeddings", "sentence_embedding"], prompts={"query": "query: "},
         **made_of(gte_config, PLAIN_INPUTS)),
    Tiny("tiny-gemma-dense", ["embeddinggemma-300m"], tiny_tokenizers.byte_fallback, dense=[32, WIDTH],
         outputs=["last_hidden_state", "sentence_embedding"], is_bare=True, says_all=True,
         prompts={"query": "task: search result | query: ", "document": "title: {title|none} | text: "},
         **made_of(gemma_config, PLAIN_INPUTS)),
    Tiny("tiny-dense-files", ["mdbr-leaf-ir"], tiny_tokenizers.word_piece, dense=[24], dense_files=True, dim=24,
         prompts={"query": "Represent this sentence for searching relevant passages: "}, **made_of(bert_config, BERT_INPUTS)),
    Tiny("tiny-last-token", ["embedding models made from decoders"], tiny_tokenizers.byte_level_decoder, pooling="last",
         prompts={"query": "Find:\nQuery: "}, **made_of(qwen_config, PLAIN_INPUTS)),
    Tiny("tiny-pooled-only", ["exports that give vectors of texts only"], tiny_tokenizers.word_piece,
         outputs=["sentence_embedding"], **made_of(bert_config, PLAIN_INPUTS)),
    Tiny("tiny-other-name", ["exports that give states under a name of their own"], tiny_tokenizers.word_piece,
         outputs=["token_embeddings"], **made_of(bert_config, PLAIN_INPUTS)),
]


STATIC_STANDS_FOR = {"tiny-static": ["potion-base-8M", "potion-retrieval-32M"], "tiny-static-int8": ["potion-base-4M-int8"]}


def prompted(model: Tiny, kind: str, text: str, title: str | None) -> str:
    """The text as the tokenizer gets it."""
    return fill(model.prompts.get(kind, ""), title) + text


def fill(prompt: str, title: str | None) -> str:
    """The prompt with the title in its slot, or with what stands there for none."""
    return re.sub(r"\{title\|([^}]*)\}", lambda slot: title or slot[1], prompt)


def golden_texts(model: Tiny) -> list[dict]:
    entries = [{"kind": "query", "text": text} for text in QUERIES] + [{"kind": "document", "text": text} for text in DOCUMENTS]
    if "{title" in model.prompts.get("document", ""):
        entries.append({"kind": "document", "title": TITLED[0], "text": TITLED[1]})
    return entries


def inputs_of(model: Tiny, ids: list[list[int]], pad_id: int, left: bool) -> dict[str, Tensor]:
    """Rows of ids, padded to the longest. int64[batch, length]"""
    length = max(map(len, ids))
    rows, masks = [], []
    for row in ids:
        padding, ones = [pad_id] * (length - len(row)), [1] * len(row)
        rows.append(padding + row if left else row + padding)
        masks.append([0] * len(padding) + ones if left else ones + [0] * len(padding))
    tensors = {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(masks)}
    tensors["token_type_ids"] = torch.zeros_like(tensors["input_ids"])
    return {name: tensors[name] for name in model.inputs}


def vectors_from_onnx(model: Tiny, content: bytes, head: Head, inputs: dict[str, Tensor]) -> np.ndarray:
    """What a loader must get from the file: its outputs, with the steps that are left."""
    found = run(content, {name: value.numpy() for name, value in inputs.items()})
    for name in model.outputs:
        if name not in STATES:
            return found[name]
    states = torch.from_numpy(found[model.outputs[0]])
    with torch.no_grad():
        return head(states, inputs["attention_mask"]).numpy()


def cosines(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)


def make(model: Tiny, folder: Path) -> int:
    """Writes one folder. @returns its size in bytes"""
    tokenizer = model.tokenizer()
    encoder, head = model.encoder(tokenizer), Head(model)
    left = tokenizer.config.get("padding_side") == "left"
    entries = golden_texts(model)
    ids = [tokenizer.tokenizer.encode(prompted(model, entry["kind"], entry["text"], entry.get("title"))).ids for entry in entries]
    if max(map(len, ids)) > MAX_TOKENS:
        stop(f"{model.name}: a text of {max(map(len, ids))} tokens, {MAX_TOKENS} allowed")
    with torch.no_grad():
        vectors = np.concatenate([_vector(model, encoder, head, row) for row in ids])  # [texts, dim], each text alone
    module = Exported(model, encoder, head).eval()
    batch = inputs_of(model, ids, tokenizer.pad_id, left)
    content = export_onnx(module, inputs_of(model, ids[:2], tokenizer.pad_id, left), model.outputs)
    difference = compare(module, content, batch, model.outputs)
    files = {"onnx/model.onnx": content}
    worst = [cosines(vectors_from_onnx(model, content, head, batch), vectors).min()]
    if model.int8:
        files["onnx/model_quantized.onnx"] = quantize(content)
        worst.append(cosines(vectors_from_onnx(model, files["onnx/model_quantized.onnx"], head, batch), vectors).min())
    likeness = np.max(vectors @ vectors.T - 2 * np.eye(len(vectors)))
    print(f"{model.name:28}{sum(map(len, files.values())):8,} bytes  onnx-torch {difference:.1e}  cosines "
          f"{' '.join(f'{value:.5f}' for value in worst)}  most alike {likeness:.3f}")
    if worst[0] < 0.99999 or min(worst) < MIN_INT8_COSINE or likeness > MAX_LIKENESS:
        stop(f"{model.name}: see the line above")
    files |= layout_files(model, tokenizer, head)
    golden = golden_entries(entries, ids, vectors)
    if model.says_all:
        files["inkling.json"] = as_json(own_description(model, files, golden))
    files["golden.json"] = golden_file(model, golden)
    return write_folder(folder, files)


def _vector(model: Tiny, encoder: nn.Module, head: Head, ids: list[int]) -> np.ndarray:
    alone = inputs_of(model, [ids], 0, False)
    return head(encoder(*alone.values()), alone["attention_mask"]).numpy()


def golden_entries(entries: list[dict], ids: list[list[int]], vectors: np.ndarray) -> list[dict]:
    return [entry | {"ids": row, "vector": [round(float(value), 6) for value in vector]}
            for entry, row, vector in zip(entries, ids, vectors, strict=True)]


def golden_file(model: Tiny, golden: list[dict]) -> bytes:
    return as_json({
        "model": model.name, "standsFor": model.stands_for, "dim": len(golden[0]["vector"]), "pooling": model.pooling,
        "maxTokens": MAX_TOKENS, "prompts": {"query": "", "document": ""} | model.prompts, "outputs": model.outputs,
        "layerNorm": model.layer_norm, "entries": golden})


def own_description(model: Tiny, files: dict[str, bytes], golden: list[dict]) -> dict:
    """What `inkling.json` says."""
    described = {name: content for name, content in files.items() if name.startswith(("onnx/", "tokenizer", "config.json"))}
    return {
        "format": 1, "id": model.name, "revision": hashlib.sha256(files["onnx/model.onnx"]).hexdigest()[:16],
        "dim": model.dim, "matryoshkaDims": [model.dim, model.dim // 2],
        "pooling": "none" if model.is_bare else model.pooling, "layerNorm": model.layer_norm, "maxTokens": MAX_TOKENS,
        "prompts": {"query": "", "document": ""} | model.prompts, "fusion": {"denseWeight": 0.4}, "licence": "MIT",
        "files": {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                  for name, content in described.items()},
        "golden": [{"kind": entry["kind"], "text": entry["text"], "vector": entry["vector"]} for entry in golden[2:5]],
    }


def layout_files(model: Tiny, tokenizer: TinyTokenizer, head: Head) -> dict[str, bytes]:
    """The files beside the graph, as on the hub."""
    transformer = "sentence_transformers.models."
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    files = {
        "config.json": as_json(model.config(tokenizer)),
        "tokenizer.json": as_json(tokenizer.layout()),
        "tokenizer_config.json": as_json({"model_max_length": MAX_TOKENS} | tokenizer.config),
        "sentence_bert_config.json": as_json({"max_seq_length": MAX_TOKENS, "do_lower_case": False}),
        "config_sentence_transformers.json": as_json({
            "prompts": {kind: fill(prompt, None) for kind, prompt in model.prompts.items()}, "default_prompt_name": None,
            "similarity_fn_name": "cosine"}),
    }
    if model.is_bare:
        return files
    files |= {
        "1_Pooling/config.json": as_json({
            "word_embedding_dimension": WIDTH, "pooling_mode_cls_token": model.pooling == "cls",
            "pooling_mode_mean_tokens": model.pooling == "mean", "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False, "pooling_mode_weightedmean_tokens": False,
            "pooling_mode_lasttoken": model.pooling == "last", "include_prompt": True}),
    }
    for number, layer in enumerate(head.dense if model.dense_files else [], start=2):
        folder = f"{number}_Dense"
        modules.append((folder, "Dense"))
        files[f"{folder}/config.json"] = as_json({"in_features": layer.in_features, "out_features": layer.out_features,
                                                  "bias": False, "activation_function": "torch.nn.modules.linear.Identity"})
        files[f"{folder}/model.safetensors"] = save_tensors({"linear.weight": layer.weight.detach().contiguous()})
    modules.append((f"{len(modules)}_Normalize", "Normalize"))
    files["modules.json"] = as_json([{"idx": number, "name": str(number), "path": path, "type": transformer + kind}
                                     for number, (path, kind) in enumerate(modules)])
    return files


def static_golden(folder: Path) -> bytes:
    """Golden vectors of a model2vec folder that is not made here."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    table = load_tensors(folder / "model.safetensors")["embeddings"].float()
    texts = [*QUERIES, *DOCUMENTS, TITLED[1]]
    unknown = tokenizer.token_to_id(json.loads(tokenizer.to_str())["model"]["unk_token"])
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    vectors = static_vectors(table, ids, unknown)
    entries = golden_entries([{"kind": "document", "text": text} for text in texts], ids, vectors)
    return as_json({"model": folder.name, "dim": table.shape[1], "entries": entries})


def static_vectors(table: Tensor, ids: list[list[int]], unknown: int) -> np.ndarray:
    """The mean of the rows of the known tokens, at length 1. float32[texts, dim]"""
    known = [[id for id in row if id != unknown] for row in ids]
    return np.stack([F.normalize(table[row].float().mean(0), dim=0).numpy() for row in known])


def make_static(name: str, dtype: torch.dtype, folder: Path) -> int:
    """Writes a folder in the layout of model2vec: a row per token and nothing else. @returns its size in bytes"""
    tokenizer = tiny_tokenizers.word_piece()
    table = torch.randn((tokenizer.size, WIDTH), generator=torch.Generator().manual_seed(SEED))
    table = (table * 40).round().clamp(-127, 127).to(dtype) if dtype == torch.int8 else table
    unknown = tokenizer.tokenizer.token_to_id("[UNK]")
    entries = golden_texts(Tiny(name, [], tiny_tokenizers.word_piece, lambda _: nn.Identity(), lambda _: {}, []))
    ids = [tokenizer.tokenizer.encode(entry["text"], add_special_tokens=False).ids for entry in entries]
    vectors = static_vectors(table, ids, unknown)
    layout = tokenizer.layout() | {"post_processor": None}
    files = {
        "config.json": as_json({"model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": WIDTH,
                                "seq_length": 1_000_000, "normalize": True}),
        "tokenizer.json": as_json(layout),
        "modules.json": as_json([
            {"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"},
            {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}]),
        "model.safetensors": save_tensors({"embeddings": table}),
        "golden.json": as_json({"model": name, "standsFor": STATIC_STANDS_FOR[name], "dim": WIDTH, "pooling": "mean",
                                "entries": golden_entries(entries, ids, vectors)}),
    }
    return write_folder(folder, files)


def as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def write_folder(folder: Path, files: dict[str, bytes]) -> int:
    """Replaces the folder. @returns bytes written"""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sum(map(len, files.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("../tests/fixtures/models"))
    parser.add_argument("--only", nargs="*", help="names of the models to write; default: all")
    parser.add_argument("--static", type=Path, help="a folder of model2vec: its golden vectors are written to --golden instead")
    parser.add_argument("--golden", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.static:
        options.golden.write_bytes(static_golden(options.static))
        return
    sizes = {model.name: make(model, options.out / model.name) for model in MODELS
             if not options.only or model.name in options.only}
    for name, dtype in (("tiny-static", torch.float32), ("tiny-static-int8", torch.int8)):
        if not options.only or name in options.only:
            sizes[name] = make_static(name, dtype, options.out / name)
    print(f"{sum(sizes.values()):,} bytes in {len(sizes)} folders")


if __name__ == "__main__":
    main()
