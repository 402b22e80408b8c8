"""Writes the folder of the neural model that ships, and its golden vectors, from a training's result.

The float graph is compared with torch and with `transformers.ModernBertModel` before anything is quantized: an exporter that
is silently wrong has been met. Matrices become int8 with one scale a column and activations are rounded while running. Token
rows are those the training began with and left alone, a byte for each leading number and four bits for the others
(`coarse_rows.py`); the graph puts them together.

    python export_neural.py --runs work/neural [work/neural-2 ...]      # several: their weights are averaged
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from coarse_rows import CoarseRows, with_rest
from export_static import DENSE_WEIGHT, MATRYOSHKA_DIMS, as_json, file_entry, rounded, write
from golden_texts import CONFIG_TEXTS, GOLDEN_TEXTS
from neural_folder import ONNX_FILE, NeuralFolder
from neural_model import CLS_ID, NeuralModel, NeuralShape
from row_graph import row_nodes
from static_model import normalize
from text_tools import stop

MODEL_ID = "inkling-neural-v1"
MAX_BYTES = 12_000_000
"""Budget of the ONNX file."""
TOLERANCE = 1e-4
"""Largest difference of a unit vector's number between torch and the float graph."""
INPUTS = ["input_ids", "attention_mask"]
OUTPUTS = ["last_hidden_state", "sentence_embedding"]


class Exported(torch.nn.Module):
    """The encoder with a second output: the text's unit vector."""

    def __init__(self, model: NeuralModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = self.model(input_ids, attention_mask)
        weights = attention_mask[:, :, None].float()
        pooled = ((states * weights).sum(1) / weights.sum(1).clamp_min(1))[:, : self.model.shape.dim]
        return states, pooled / pooled.norm(dim=1, keepdim=True).clamp_min(1e-12)


def load_runs(folders: list[Path]) -> tuple[NeuralModel, CoarseRows]:
    """The mean of several trainings' weights (they must have begun alike), and the token rows they share."""
    states = [torch.load(folder / "model.pt", map_location="cpu") for folder in folders]
    model = NeuralModel(NeuralShape(**states[0]["shape"]))
    weights = {name: torch.stack([state["weights"][name].float() for state in states]).mean(0)
               for name in states[0]["weights"]}
    model.load_state_dict(weights)
    rows = CoarseRows.load(folders[0] / "rows.npz")
    if np.abs(with_rest(rows.values(), model.shape.width) - model.embeddings.tok_embeddings.weight.detach().numpy()).max() > 1e-5:
        stop(f"the rows in {folders[0]} are not those of its model")
    with torch.no_grad():
        # Why: what lies beyond `dim` only carries a token's weight; readers that keep all numbers then rank the same.
        model.final_norm.weight[model.shape.dim :] = 0
    return model.eval(), rows


def float_graph(model: NeuralModel, path: Path) -> None:
    """Writes the ONNX graph in float32 with free batch and length."""
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=model.shape.max_tokens)
    ids = torch.randint(5, 1000, (2, 12))
    program = torch.onnx.export(Exported(model).eval(), (ids, torch.ones_like(ids)), dynamo=True, input_names=INPUTS, output_names=OUTPUTS,
                                dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}), optimize=True, verbose=False)
    program.save(str(path), external_data=False)


def quantized_graph(path: Path, rows: CoarseRows, width: int) -> bytes:
    """The same graph with int8 matrices and the token rows as they ship."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "int8.onnx"
        quantize_dynamic(path, target, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8, per_channel=True,
                         extra_options={"MatMulConstBOnly": True})
        graph = onnx.load(target)
    with_coarse_rows(graph.graph, rows, width)
    onnx.checker.check_model(graph)
    return graph.SerializeToString()


def with_coarse_rows(graph: onnx.GraphProto, rows: CoarseRows, width: int) -> None:
    """Puts nodes that read the shipped rows in the place of the one that reads float rows."""
    [table] = [one for one in graph.initializer if list(one.dims) == [len(rows.fine), width]]
    [gather] = [node for node in graph.node if table.name in node.input]
    made = row_nodes(rows, width, gather.input[1], gather.output[0])
    at = list(graph.node).index(gather)
    graph.node.remove(gather)
    graph.initializer.remove(table)
    for place, node in enumerate(made.nodes):
        graph.node.insert(at + place, node)
    graph.initializer.extend(made.constants)


def tokenizer_bytes(path: Path) -> bytes:
    """The instant model's tokenizer, with [CLS] put in front of every text. "[CLS]" in a text stays plain text."""
    layout = json.loads(path.read_text(encoding="utf-8"))
    layout["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                 {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [CLS_ID], "tokens": ["[CLS]"]}},
    }
    return json.dumps(layout, ensure_ascii=False, separators=(",", ":")).encode()


def tokenizer_settings(max_tokens: int) -> dict:
    """`tokenizer_config.json`"""
    return {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": max_tokens, "pad_token": "[PAD]", "unk_token": "[UNK]",
            "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]", "clean_up_tokenization_spaces": True,
            "model_input_names": INPUTS}


def check_against_transformers(model: NeuralModel, tokenizer: Tokenizer) -> float:
    """Largest difference of hidden states to those of `transformers.ModernBertModel` with the same weights, token weights taken out."""
    from transformers import ModernBertConfig, ModernBertModel

    theirs = ModernBertModel(ModernBertConfig(**model.shape.as_config(), attn_implementation="eager")).eval()
    theirs.load_state_dict(model.state_dict())
    ids = torch.tensor([tokenizer.encode(CONFIG_TEXTS[0]).ids])
    mask = torch.ones_like(ids)
    with torch.no_grad():
        expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
        ours = model(ids, mask)
        weights = model.token_weights(expected, ids, mask)[:, :, None]
    return float((expected * weights - ours).abs().max())


def check_graph(model: NeuralModel, path: Path, tokenizer: Tokenizer) -> float:
    """Largest difference of the float graph's unit vectors to torch, over all golden texts."""
    reader = NeuralFolder(tokenizer, path, model.shape.dim, model.shape.max_tokens)
    return float(np.abs(reader.embed(GOLDEN_TEXTS) - torch_vectors(model, reader)).max())


@torch.inference_mode()
def torch_vectors(model: NeuralModel, reader: NeuralFolder) -> np.ndarray:
    """Unit vectors of the golden texts, one at a time and so without padding."""
    rows = [torch.tensor([ids]) for ids in reader.token_ids(GOLDEN_TEXTS)]
    return normalize(np.concatenate([model.pooled(ids, torch.ones_like(ids)).numpy() for ids in rows]))


def settings(model: NeuralModel, reader: NeuralFolder, files: dict[str, bytes]) -> dict:
    """`inkling.json`: what a reader must know that Hugging Face's files do not say."""
    return {
        "format": 1, "id": MODEL_ID, "revision": hashlib.sha256(files[ONNX_FILE]).hexdigest()[:16], "kind": "transformer",
        "languages": ["en"], "dim": model.shape.dim, "matryoshkaDims": [model.shape.dim, *MATRYOSHKA_DIMS], "pooling": "mean",
        "maxTokens": model.shape.max_tokens, "prompts": {"query": "", "document": ""}, "fusion": {"denseWeight": DENSE_WEIGHT},
        "licence": "MIT", "files": {name: file_entry(content) for name, content in files.items()},
        "golden": [{"text": text, "vector": rounded(vector)}
                   for text, vector in zip(CONFIG_TEXTS, reader.embed(CONFIG_TEXTS), strict=True)],
    }


def golden(model: NeuralModel, reader: NeuralFolder, revision: str) -> dict:
    """Ids and vectors of the golden texts, by the float model in torch and by the int8 file in ONNX Runtime."""
    entries = [{"text": text, "ids": ids, "float": rounded(exact), "int8": rounded(ours)}
               for text, ids, exact, ours in zip(GOLDEN_TEXTS, reader.token_ids(GOLDEN_TEXTS), torch_vectors(model, reader),
                                                 np.concatenate([reader.embed([text]) for text in GOLDEN_TEXTS]), strict=True)]
    return {"model": MODEL_ID, "revision": revision, "dim": model.shape.dim, "maxTokens": model.shape.max_tokens,
            "about": "ids: with [CLS], cut to maxTokens. Each text embedded by itself: int8 activations are rounded by the batch's largest.",
            "entries": entries}


def export(model: NeuralModel, rows: CoarseRows, tokenizer_path: Path, out: Path, golden_path: Path) -> None:
    """Checks, quantizes, writes everything and prints the sizes."""
    layout = tokenizer_bytes(tokenizer_path)
    tokenizer = Tokenizer.from_str(layout.decode())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.onnx"
        float_graph(model, path)
        apart = {"transformers": check_against_transformers(model, tokenizer), "the graph": check_graph(model, path, tokenizer)}
        print(", ".join(f"largest difference to {name}: {value:.1e}" for name, value in apart.items()))
        if max(apart.values()) > TOLERANCE:
            stop("the exported model is not the trained one")
        content = quantized_graph(path, rows, model.shape.width)
    if len(content) > MAX_BYTES:
        stop(f"{len(content):,} bytes, {MAX_BYTES:,} allowed: train fewer layers")
    files = {ONNX_FILE: content, "tokenizer.json": layout, "config.json": as_json(model.shape.as_config(), 2),
             "tokenizer_config.json": as_json(tokenizer_settings(model.shape.max_tokens), 2)}
    reader = NeuralFolder(tokenizer, content, model.shape.dim, model.shape.max_tokens)
    described = settings(model, reader, files)
    entries = golden(model, reader, described["revision"])
    worst = min(float(np.dot(entry["float"], entry["int8"])) for entry in entries["entries"] if any(entry["float"]))
    write(golden_path, as_json(entries, None))
    for name, part in {**files, "inkling.json": as_json(described, 2)}.items():
        write(out / name, part)
        print(f"{name:28}{len(part):12,} bytes {len(gzip.compress(part, 9)):12,} gzip")
    print(f"revision {described['revision']}; worst cosine of int8 to float over the golden texts {worst:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, nargs="+", default=[Path("work/neural")], help="folders written by train_neural.py")
    parser.add_argument("--tokenizer", type=Path, default=Path("../public/models/inkling-instant-v1/tokenizer.json"))
    parser.add_argument("--out", type=Path, default=Path(f"../public/models/{MODEL_ID}"))
    parser.add_argument("--golden", type=Path, default=Path(f"../tests/golden/{MODEL_ID}.json"))
    options = parser.parse_args()
    missing = [str(folder) for folder in options.runs if not (folder / "model.pt").exists()]
    if missing:
        stop(f"no model.pt in {', '.join(missing)}: run train_neural.py first")
    export(*load_runs(options.runs), options.tokenizer, options.out, options.golden)


if __name__ == "__main__":
    main()
