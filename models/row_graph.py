"""The part of the ONNX graph that puts token rows together from the bytes that ship: `CoarseRows.values`, then `with_rest`.

Every operator is one that all of ONNX Runtime's devices know since the first versions; packed bytes are parted by arithmetic, and
scales are float32, as a graphics card without 16-bit floats refuses to read others.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from coarse_rows import CoarseRows, signs

PREFIX = "rows_"


class Nodes:
    """Nodes and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        """The name of a new constant."""
        name = f"{PREFIX}constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str | float | np.ndarray, **attributes: object) -> str:
        """The name of the output of a new node; numbers and arrays among the inputs become constants."""
        names = [one if isinstance(one, str) else self.constant(np.asarray(one, np.float32) if isinstance(one, float) else one)
                 for one in inputs]
        out = f"{PREFIX}{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [out], **attributes))
        return out

    def bytes(self, table: np.ndarray, ids: str) -> str:
        """Rows of a table of bytes, as float32."""
        return self.node("Cast", self.node("Gather", table, ids), to=TensorProto.FLOAT)

    def scales(self, values: np.ndarray, ids: str) -> str:
        """The scale of each row. float32[..., 1]"""
        return self.node("Gather", values.astype(np.float32)[:, None], ids)


def row_nodes(rows: CoarseRows, width: int, ids: str, out: str) -> Nodes:
    """What makes float32[count, length, width], named `out`, of the token ids named `ids`."""
    graph = Nodes()
    fine = graph.node("Mul", graph.bytes(rows.fine, ids), graph.scales(rows.fine_scales, ids))
    codes = halves(graph, graph.bytes(rows.coarse.packed(), ids), rows.coarse.codes.shape[1])
    coarse = graph.node("Mul", graph.node("Gather", rows.coarse.codebook, codes), graph.scales(rows.coarse.scales, ids))
    leading = graph.node("Concat", fine, coarse, axis=-1)
    graph.node("Concat", leading, rest(graph, leading, width, rows.fine.shape[1] + rows.coarse.codes.shape[1]), axis=-1)
    graph.nodes[-1].output[0] = out
    return graph


def halves(graph: Nodes, packed: str, count: int) -> str:
    """Both codes of each byte, the low one first. int64[count, length, `count`]"""
    high = graph.node("Floor", graph.node("Mul", packed, 1 / 16))
    low = graph.node("Sub", packed, graph.node("Mul", high, 16.0))
    last = np.int64([-1])
    pairs = graph.node("Concat", graph.node("Unsqueeze", low, last), graph.node("Unsqueeze", high, last), axis=-1)
    return graph.node("Cast", graph.node("Reshape", pairs, np.int64([0, 0, count])), to=TensorProto.INT64)


def rest(graph: Nodes, leading: str, width: int, dim: int) -> str:
    """The numbers that bring each row to mean 0 and variance 1."""
    spare, last = width - dim, np.int64([-1])
    mean = graph.node("Mul", graph.node("ReduceSum", leading, last), -1 / spare)
    taken = graph.node("ReduceSum", graph.node("Mul", leading, leading), last)
    taken = graph.node("Add", taken, graph.node("Mul", graph.node("Mul", mean, mean), float(spare)))
    left = graph.node("Relu", graph.node("Sub", float(width), taken))
    root = graph.node("Sqrt", graph.node("Mul", left, 1 / spare))
    return graph.node("Add", mean, graph.node("Mul", root, signs(spare)[0]))
