"""The neural model: a small ModernBERT encoder that begins as the instant model and learns to read from there.

Parameter names, shapes and arithmetic are those of `transformers.ModernBertModel` with full attention in every layer, so the
weights load there unchanged (`export_neural.py` checks that). One thing is added: each hidden state is multiplied by what its token
counts, as in the instant model (repeats, the opening of a text, and tokens that say what all of the text says). The ONNX
file does this too, so whoever pools its output by a plain mean gets the same vector.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coarse_rows import CoarseRows, with_rest

CLS_ID = 2
"""Every text begins with this token: attention may rest on it, and no text is empty."""


@dataclass(frozen=True)
class NeuralShape:
    """Sizes of the encoder. `dim` is the length of a text's vector: the leading part of the hidden width."""

    vocabulary_size: int
    width: int = 384
    layers: int = 2
    heads: int = 6
    inner: int = 512
    dim: int = 352
    max_tokens: int = 512
    frequency_power: float = 0.75
    lead_weight: float = 1.0
    lead_tokens: int = 20
    context_damping: float = 1.0
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    def as_config(self) -> dict:
        """The entries of a Hugging Face `config.json`."""
        full = ["full_attention"] * self.layers
        rope = {"rope_type": "default", "rope_theta": self.rope_base}
        return {
            "architectures": ["ModernBertModel"], "model_type": "modernbert", "vocab_size": self.vocabulary_size,
            "hidden_size": self.width, "num_hidden_layers": self.layers, "num_attention_heads": self.heads,
            "intermediate_size": self.inner, "max_position_embeddings": self.max_tokens, "hidden_activation": "gelu",
            "norm_eps": self.norm_epsilon, "norm_bias": False, "attention_bias": False, "mlp_bias": False,
            "global_attn_every_n_layers": 1, "local_attention": 2 * self.max_tokens, "layer_types": full,
            "global_rope_theta": self.rope_base, "local_rope_theta": self.rope_base,
            "rope_parameters": {"full_attention": rope, "sliding_attention": rope},
            "pad_token_id": 0, "cls_token_id": CLS_ID, "bos_token_id": CLS_ID, "sep_token_id": 3, "eos_token_id": 3,
            "token_frequency_power": self.frequency_power, "lead_weight": self.lead_weight,
            "lead_tokens": self.lead_tokens, "context_damping": self.context_damping, "attention_dropout": 0.0, "embedding_dropout": 0.0, "mlp_dropout": 0.0, "torch_dtype": "float32",
        }

    def as_dict(self) -> dict:
        """Plain values, for checkpoints."""
        return asdict(self)


class Embeddings(nn.Module):
    """Token rows, each brought to mean 0 and variance 1."""

    def __init__(self, shape: NeuralShape) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(shape.vocabulary_size, shape.width, padding_idx=0)
        self.norm = nn.LayerNorm(shape.width, shape.norm_epsilon, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        return self.norm(self.tok_embeddings(ids))


class Attention(nn.Module):
    """Self-attention of all heads with rotary positions."""

    def __init__(self, shape: NeuralShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.Wqkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.Wo = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        count, length, width = x.shape
        query, key, value = self.Wqkv(x).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key = rotate(query, rotation), rotate(key, rotation)
        # Why by hand: for texts this short it trains twice as fast on a processor as the fused kernel.
        scores = query * query.shape[-1] ** -0.5 @ key.transpose(2, 3)
        mixed = (scores + mask.to(scores.dtype)).softmax(-1).to(value.dtype) @ value
        return self.Wo(mixed.transpose(1, 2).reshape(count, length, width))


class GatedMlp(nn.Module):
    """GELU of one half times the other half."""

    def __init__(self, shape: NeuralShape) -> None:
        super().__init__()
        self.Wi = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.Wo = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        opened, gate = self.Wi(x).chunk(2, dim=-1)
        return self.Wo(F.gelu(opened) * gate)


class Layer(nn.Module):
    """Attention and gated MLP, each added to what was there. The first layer's input is normed already."""

    def __init__(self, shape: NeuralShape, first: bool) -> None:
        super().__init__()
        norm = (lambda: nn.LayerNorm(shape.width, shape.norm_epsilon, bias=False))
        self.attn_norm = nn.Identity() if first else norm()
        self.attn = Attention(shape)
        self.mlp_norm = norm()
        self.mlp = GatedMlp(shape)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        x = x + self.attn(self.attn_norm(x), rotation, mask)
        return x + self.mlp(self.mlp_norm(x))


class NeuralModel(nn.Module):
    """Token ids -> hidden states -> the mean over a text's tokens, cut to `dim`, at length 1."""

    def __init__(self, shape: NeuralShape) -> None:
        super().__init__()
        self.shape = shape
        self.embeddings = Embeddings(shape)
        self.layers = nn.ModuleList(Layer(shape, at == 0) for at in range(shape.layers))
        self.final_norm = nn.LayerNorm(shape.width, shape.norm_epsilon, bias=False)
        rates = shape.rope_base ** (-torch.arange(0, shape.width // shape.heads, 2) / (shape.width // shape.heads))
        angles = torch.arange(shape.max_tokens)[:, None] * torch.cat([rates, rates])[None]
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)
        # Why minus one: the first token is [CLS].
        places = (torch.arange(shape.max_tokens) - 1).clamp_min(0)
        self.register_buffer("leads", 1 + shape.lead_weight * torch.exp(-places / shape.lead_tokens), persistent=False)
        self._start()

    def _start(self) -> None:
        for name, parameter in self.named_parameters():
            if name.endswith(("attn.Wo.weight", "mlp.Wo.weight")):
                # Why 0: each layer then begins by adding nothing, and the model begins as the table it was given.
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02 if "embeddings" in name else self.shape.width ** -0.5 / 2)

    def forward(self, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Hidden states float32[count, length, width] of ids int64[count, length]; the mask is 1 on tokens, 0 on padding."""
        rotation = self.cosines[: ids.shape[1]], self.sines[: ids.shape[1]]
        # Why added and not boolean: the exporter and each attention kernel agree on this form.
        mask = (1.0 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        x = self.embeddings(ids)
        for layer in self.layers:
            x = layer(x, rotation, mask)
        return self.weighted(self.final_norm(x), ids, attention_mask)

    def weighted(self, states: Tensor, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Hidden states times what each token counts."""
        return states * self.token_weights(states, ids, attention_mask)[:, :, None]

    def token_weights(self, states: Tensor, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """float32[count, length]: what each token counts in the mean; see `TokenWeights` of the static model."""
        shape = self.shape
        equal = (ids[:, :, None] == ids[:, None, :]).float() * attention_mask[:, None, :].float()
        shares = equal.sum(2).clamp_min(1) ** (shape.frequency_power - 1) * self.leads[: ids.shape[1]]
        own = states[:, :, : shape.dim].float()
        total = (own * (shares * attention_mask)[:, :, None]).sum(1, keepdim=True)
        lengths = (own.square().sum(2) * total.square().sum(2)).clamp_min(1e-12).sqrt()
        return shares * torch.exp(-shape.context_damping * (own * total).sum(2) / lengths)

    def pooled(self, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """float32[count, dim]: means over the tokens of each text, not yet of length 1."""
        return mean_pool(self(ids, attention_mask), attention_mask)[:, : self.shape.dim]

    @torch.no_grad()
    def start_pooled(self, ids: Tensor, attention_mask: Tensor) -> Tensor:
        """float32[count, dim]: what `pooled` gave before any training, by the token rows alone."""
        states = self.weighted(F.layer_norm(self.embeddings(ids), [self.shape.width]), ids, attention_mask)
        return mean_pool(states, attention_mask)[:, : self.shape.dim]

    @torch.no_grad()
    def start_from(self, table: np.ndarray, quantile: float = 0.999) -> CoarseRows:
        """Makes the untrained model rank as the static `table`, float32[V, dim] with token weights folded in, but for what the
        rows lose as they ship. Returns these rows.

        Every hidden state has the same length after a norm, so a token's weight is said by how much of that length lies in
        the leading `dim` numbers, which count, and how much in the others, which are cut off.
        """
        rows = CoarseRows.of(scaled(table.astype(np.float32), self.shape.width, quantile))
        self.embeddings.tok_embeddings.weight.copy_(torch.from_numpy(with_rest(rows.values(), self.shape.width)))
        return rows


def mean_pool(states: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean over the tokens where the mask is 1. float32[count, width]"""
    weights = attention_mask[:, :, None].to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp_min(1)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turns each pair of numbers by its position's angle. x: [count, heads, length, head width]"""
    cosines, sines = (part.to(x.dtype) for part in rotation)
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
    return x * cosines + turned * sines


def scaled(table: np.ndarray, width: int, quantile: float) -> np.ndarray:
    """The table times one factor, its longest rows shortened, so that `with_rest` can fill each row up to variance 1."""
    lengths = np.linalg.norm(table, axis=1)
    longest = np.quantile(lengths[lengths > 0], quantile)
    # Why 0.97: the rest holds the mean at 0, even where all of a row's numbers have one sign.
    return table * (0.97 * np.sqrt(width) / np.maximum(lengths, longest))[:, None]
