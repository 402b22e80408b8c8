"""Writes the folder that ships, and the golden vectors, from a trained table.

    python export_static.py --table work/rows/table.npy --tokenizer work/tokenizer.json
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save
from tokenizers import Tokenizer

from golden_texts import CONFIG_TEXTS, GOLDEN_TEXTS
from quantize import QuantizedTable, quantize
from static_model import StaticModel, TokenWeights
from text_tools import stop

MODEL_ID = "inkling-instant-v1"
METADATA = {"quantization": "int4-codebook", "nibbles": "even dimension low, odd dimension high", "version": "1",
            "format": "inkling-static"}
MATRYOSHKA_DIMS = [256, 128, 64]
MAX_TOKENS = 512
WEIGHTS = TokenWeights(power=0.75, lead_weight=2.0, lead_tokens=20, context_damping=1.0)
"""The tables of the release are trained with this power; the rest is said when embedding only, and measured in RESULTS.md."""
DENSE_WEIGHT = 0.45
"""Share of the dense score in the library's fused score; chosen by `choose_weight.py`."""
MAX_BYTES = 4_000_000
"""Budget: model.safetensors as it is, tokenizer.json and config.json compressed with gzip -9."""


def model_bytes(quantized: QuantizedTable) -> bytes:
    """The safetensors file; the same table gives the same bytes, and so the same revision."""
    tensors = {"embeddings": quantized.packed(), "scales": quantized.scales, "codebook": quantized.codebook}
    content = save(tensors, metadata=METADATA)
    # Why: safetensors writes the metadata in a different order each time.
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start]) | {"__metadata__": METADATA}
    fixed = json.dumps(header, separators=(",", ":")).encode()
    fixed += b" " * (-len(fixed) % 8)
    return len(fixed).to_bytes(8, "little") + fixed + content[start:]


def tokenizer_bytes(path: Path) -> bytes:
    """The tokenizer without added tokens, so that "[CLS]" in a text is plain text for every reader of the file."""
    layout = json.loads(path.read_text(encoding="utf-8"))
    layout |= {"added_tokens": [], "truncation": None, "padding": None, "post_processor": None}
    layout["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    return json.dumps(layout, ensure_ascii=False, separators=(",", ":")).encode()


def file_entry(content: bytes) -> dict:
    """Size and checksum as kept in `config.json`."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def rounded(vector: np.ndarray) -> list[float]:
    """Six decimals: a difference of 1e-6 is far below what the tests allow."""
    return [round(float(value), 6) + 0.0 for value in vector]


def config(model: StaticModel, files: dict[str, bytes]) -> dict:
    """What a reader must know before it reads the other files."""
    vectors = model.embed(CONFIG_TEXTS)
    weights = model.weights.as_config()
    # Why the weights too: vectors made with others must not meet these.
    revision = hashlib.sha256(files["model.safetensors"] + json.dumps(weights, sort_keys=True).encode()).hexdigest()[:16]
    return {
        "format": 1, "id": MODEL_ID, "revision": revision,
        "kind": "static", "languages": ["en"], "dim": model.table.shape[1], "matryoshkaDims": MATRYOSHKA_DIMS,
        "vocabularySize": len(model.table), "quantization": "int4-codebook", "pooling": "weighted-mean", **weights,
        "maxTokens": MAX_TOKENS, "prompts": {"query": "", "document": ""}, "fusion": {"denseWeight": DENSE_WEIGHT},
        "licence": "MIT", "files": {name: file_entry(content) for name, content in files.items()},
        "golden": [{"text": text, "vector": rounded(vector)} for text, vector in zip(CONFIG_TEXTS, vectors, strict=True)],
    }


def golden(model: StaticModel, revision: str) -> dict:
    """Token ids and vectors of the golden texts; `ids` are not cut, vectors use the first `maxTokens` of them."""
    vectors = model.embed(GOLDEN_TEXTS)
    queries = model.embed_queries(GOLDEN_TEXTS)
    entries = [{"text": text, "ids": model.tokenizer.encode(text, add_special_tokens=False).ids, "vector": rounded(vector),
                "query": rounded(query)} for text, vector, query in zip(GOLDEN_TEXTS, vectors, queries, strict=True)]
    return {"model": MODEL_ID, "revision": revision, "dim": model.table.shape[1], "maxTokens": MAX_TOKENS,
            "about": "ids: all tokens, no special ones, not cut. vector: of the first maxTokens ids as a document, from the quantized rows; query: the same as a query.",
            "entries": entries}


def write(path: Path, content: bytes) -> None:
    """Writes under another name first, so that a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.rename(path)


def as_json(value: dict, indent: int | None) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()


def shipped_bytes(files: dict[str, bytes]) -> int:
    """What counts against the budget."""
    return sum(len(content) if name.endswith(".safetensors") else len(gzip.compress(content, 9))
               for name, content in files.items())


def export(quantized: QuantizedTable, tokenizer_path: Path, out: Path, golden_path: Path) -> None:
    """Checks the budget, writes everything and prints the sizes."""
    files = {"model.safetensors": model_bytes(quantized), "tokenizer.json": tokenizer_bytes(tokenizer_path)}
    model = StaticModel(Tokenizer.from_str(files["tokenizer.json"].decode()), quantized.values(), MAX_TOKENS,
                        weights=WEIGHTS)
    settings = config(model, files)
    files["config.json"] = as_json(settings, 2)
    total = shipped_bytes(files)
    if total > MAX_BYTES:
        stop(f"{total:,} bytes, {MAX_BYTES:,} allowed: train with a smaller --vocabulary-size")
    write(golden_path, as_json(golden(model, settings["revision"]), None))
    for name, content in files.items():
        write(out / name, content)
        print(f"{name:20}{len(content):10,} bytes {len(gzip.compress(content, 9)):10,} gzip")
    print(f"counted against the budget: {total:,} of {MAX_BYTES:,}; revision {settings['revision']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=Path("work/rows/table.npy"), help="float32[V, dim]; the leading numbers ship")
    parser.add_argument("--tokenizer", type=Path, default=Path("work/tokenizer.json"))
    parser.add_argument("--quantized", type=Path, help="a shipped folder instead: the same rows and tokenizer, other settings")
    parser.add_argument("--out", type=Path, default=Path(f"../public/models/{MODEL_ID}"))
    parser.add_argument("--golden", type=Path, default=Path(f"../tests/golden/{MODEL_ID}.json"))
    options = parser.parse_args()
    if options.quantized:
        export(QuantizedTable.unpacked(load_file(options.quantized / "model.safetensors")), options.quantized / "tokenizer.json",
               options.out, options.golden)
        return
    for path in (options.table, options.tokenizer):
        if not path.exists():
            stop(f"no {path}: run train_release.sh first")
    table = np.load(options.table)[:, :MATRYOSHKA_DIMS[0]]
    if table.shape[1] < MATRYOSHKA_DIMS[0]:
        stop(f"the table has {table.shape[1]} dimensions, {MATRYOSHKA_DIMS[0]} or more expected")
    quantized = quantize(table)
    print(f"relative error of four bits: {np.linalg.norm(quantized.values() - table) / np.linalg.norm(table):.4f}")
    export(quantized, options.tokenizer, options.out, options.golden)


if __name__ == "__main__":
    main()
