"""Learned changes of low rank to the linear layers of a BERT model whose own weights stay as they are.

eval/contrastive.py and eval/reader.py learn with them.

Source: Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import math
from typing import Any

import torch


class Changed(torch.nn.Module):
    """A linear layer with a learned change, nothing at first: `strength` times up @ down is added to its weight."""

    def __init__(self, linear: torch.nn.Linear, rank: int, strength: float = 1.0) -> None:
        super().__init__()
        self.linear = linear
        self.down = torch.nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
        self.up = torch.nn.Parameter(torch.zeros(linear.out_features, rank))
        self.strength = strength

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.linear(given) + self.strength * (given @ self.down.T @ self.up.T)
        return made


def change(model: Any, rank: int, strength: float = 1.0) -> None:
    """Give every linear layer of a `BertModel`'s encoder a change; all else of the model is fixed."""
    model.requires_grad_(False)
    for layer in model.encoder.layer:
        inner = layer.attention.self
        inner.query, inner.key, inner.value = (Changed(one, rank, strength) for one in (inner.query, inner.key, inner.value))
        layer.attention.output.dense = Changed(layer.attention.output.dense, rank, strength)
        layer.intermediate.dense = Changed(layer.intermediate.dense, rank, strength)
        layer.output.dense = Changed(layer.output.dense, rank, strength)
