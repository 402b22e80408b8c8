"""Encoders of a few thousand random weights: the classes of `transformers`, and one written here where it has none."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModel, PreTrainedConfig

WIDTH = 16
HEADS = 2
INNER = 32
SEED = 24


def from_config(config: PreTrainedConfig, inputs: list[str]) -> nn.Module:
    """The encoder of a `transformers` config, with weights large enough that texts get different vectors."""
    torch.manual_seed(SEED)
    # Why eager: the exporter follows it without the shortcuts that depend on the length of the text.
    config._attn_implementation = "eager"
    return States(AutoModel.from_config(config).eval(), inputs)


class States(nn.Module):
    """A `transformers` model as a function of its inputs in order, giving the last hidden states."""

    def __init__(self, model: nn.Module, inputs: list[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs
        _randomize(model)

    def forward(self, *tensors: Tensor) -> Tensor:
        named = dict(zip(self.inputs, tensors, strict=True))
        return self.model(**named).last_hidden_state


class AlibiEncoder(nn.Module):
    """A BERT whose attention falls with distance instead of knowing positions, and whose MLP is gated.

    Stands in for the encoder of jina-embeddings-v2, whose own class is not part of `transformers`: same inputs, same output,
    same mathematics per layer, not the same parameter names.
    """

    def __init__(self, vocabulary_size: int, layers: int = 1) -> None:
        super().__init__()
        torch.manual_seed(SEED)
        self.words = nn.Embedding(vocabulary_size, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(AlibiLayer() for _ in range(layers))
        _randomize(self)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        states = self.norm(self.words(input_ids) + self.types(token_type_ids))
        place = torch.arange(input_ids.shape[1])
        distance = (place[:, None] - place[None, :]).abs().float()
        slopes = torch.tensor([2.0 ** (-8 * (head + 1) / HEADS) for head in range(HEADS)])
        hidden = (1 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        bias = hidden - slopes[None, :, None, None] * distance
        for layer in self.layers:
            states = layer(states, bias)
        return states


class AlibiLayer(nn.Module):
    """Attention with a bias and a gated MLP, each normed after it is added."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.gated = nn.Linear(WIDTH, 2 * INNER, bias=False)
        self.out = nn.Linear(INNER, WIDTH)
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        count, length, _ = states.shape
        query, key, value = self.mix(states).view(count, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) / math.sqrt(WIDTH // HEADS) + bias
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(count, length, WIDTH)
        states = self.norms[0](states + self.mixed(mixed))
        gate, opened = self.gated(states).chunk(2, dim=-1)
        return self.norms[1](states + self.out(F.gelu(gate) * opened))


@torch.no_grad()
def _randomize(model: nn.Module) -> None:
    """Weights far larger than the start of a training, so that attention is not flat and no two texts look alike."""
    generator = torch.Generator().manual_seed(SEED)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            # Why so little for positions and types: all texts share them.
            shared = "position" in name or "type" in name
            scale = 0.2 if shared else 1.0 if "embed" in name or "words" in name else 1.5 / math.sqrt(parameter.shape[1])
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
        elif "norm" in name.lower() and name.endswith("weight"):
            continue
        else:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
