"""From a torch module to a small ONNX file, compared with torch before it is kept."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

MAX_DIFFERENCE = 2e-5
"""Largest difference to torch of any output of the fp32 file."""


def export_onnx(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str]) -> bytes:
    """The module as an ONNX file. Batch and length of all inputs, int64[batch, length], are free.

    Why `dynamo=True`: the older exporter writes wrong graphs of these models without an error.
    """
    free = {0: torch.export.Dim("batch", min=1, max=1024), 1: torch.export.Dim("length", min=1, max=8192)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(module.eval(), tuple(inputs.values()), dynamo=True, input_names=list(inputs),
                                    output_names=outputs, dynamic_shapes=(tuple(dict(free) for _ in inputs),), verbose=False)
    model = program.model_proto
    _shrink(model)
    return model.SerializeToString()


def quantize(content: bytes) -> bytes:
    """The file with int8 weights and activations that are quantized while it runs."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.onnx"), Path(folder, "quantized.onnx")
        source.write_bytes(content)
        logging.getLogger().setLevel(logging.ERROR)
        quantize_dynamic(source, target, weight_type=QuantType.QUInt8, per_channel=False)
        model = onnx.load(target)
    _shrink(model)
    return model.SerializeToString()


def run(content: bytes, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of an ONNX file by name. Inputs that the file does not know are left out."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    known = {entry.name for entry in session.get_inputs()}
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(names, {name: value for name, value in inputs.items() if name in known}), strict=True))


@torch.no_grad()
def compare(module: nn.Module, content: bytes, inputs: dict[str, Tensor], outputs: list[str]) -> float:
    """Largest difference between torch and the file where the mask is 1. Stops where it is too large."""
    expected = module(*inputs.values())
    expected = [expected] if isinstance(expected, Tensor) else list(expected)
    found = run(content, {name: value.numpy() for name, value in inputs.items()})
    mask = inputs["attention_mask"].numpy().astype(bool)
    largest = 0.0
    for name, wanted in zip(outputs, expected, strict=True):
        # Why only where the mask is 1: states of padding mean nothing, and each attention kernel fills them differently.
        rows = mask if wanted.dim() == 3 else slice(None)
        largest = max(largest, float(np.abs(found[name][rows] - wanted.numpy()[rows]).max()))
    if not largest <= MAX_DIFFERENCE:
        raise SystemExit(f"error: the ONNX file differs from torch by {largest}, at most {MAX_DIFFERENCE} allowed")
    return largest


def _shrink(model: onnx.ModelProto) -> None:
    """Leaves out what only tells where the graph came from, and shortens the names inside."""
    del model.metadata_props[:]
    model.producer_version = ""
    model.doc_string = ""
    graph = model.graph
    del graph.value_info[:]
    del graph.metadata_props[:]
    kept = {entry.name for entry in [*graph.input, *graph.output]}
    short: dict[str, str] = {}

    def rename(name: str) -> str:
        return name if name in kept or name == "" else short.setdefault(name, f"v{len(short)}")

    for entry in graph.initializer:
        entry.name = rename(entry.name)
        entry.doc_string = ""
        del entry.metadata_props[:]
    for number, node in enumerate(graph.node):
        node.name = f"n{number}"
        node.doc_string = ""
        del node.metadata_props[:]
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]
    for entry in [*graph.input, *graph.output]:
        entry.doc_string = ""
        del entry.metadata_props[:]
