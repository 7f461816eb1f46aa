"""Learn low-rank changes of an embedding model from questions and the texts that answer them: for eval/train_adapter.py.

Of each question in a batch, three things are asked: that its text be nearer than the texts of the other questions; that another question of
the same text be nearer than questions of other texts; and, of questions from other fields, that they stay near their own text and keep
the cosines that the model as published gives them, so that what is learned here costs nothing there.

Sources of the losses: van den Oord et al. 2018, Representation Learning with Contrastive Predictive Coding (the first and third); Khosla et
al. 2020, Supervised Contrastive Learning (the second); Li and Hoiem 2016, Learning without Forgetting (keeping the cosines).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from eval.low_rank import Changed, change
from index.adapter import Change

Pieces = Sequence[Sequence[int]]  # the word pieces of each of several texts, the two special ones included

_WARM_UP = 30  # steps
_TOGETHER = 64  # texts of about one length that are read at once


@dataclass(frozen=True)
class Examples:
    """`questions[i]` is answered by `texts[of[i]]`, and `typed[i]` by `texts[typed_of[i]]`: `typed` are by other authors than the texts.
    `general_questions[i]` is answered by `general_texts[i]`, in other fields."""

    questions: Pieces
    of: np.ndarray
    typed: Pieces
    typed_of: np.ndarray
    texts: Pieces
    general_questions: Pieces
    general_texts: Pieces

    def only(self, questions: np.ndarray, typed: np.ndarray) -> Examples:
        """With those questions alone that two masks keep."""
        kept, kept_typed = np.flatnonzero(questions).tolist(), np.flatnonzero(typed).tolist()
        return replace(
            self,
            questions=[self.questions[n] for n in kept],
            of=self.of[kept],
            typed=[self.typed[n] for n in kept_typed],
            typed_of=self.typed_of[kept_typed],
        )


@dataclass(frozen=True)
class Recipe:
    """How it is learned. The sizes are those of a batch, in texts; `pieces`: a longer text is cut there; `shrink`: the share of what was
    learned that is kept."""

    rank: int = 16
    steps: int = 300
    questions: int = 128
    others: int = 256
    general: int = 32
    pieces: int = 96
    rate: float = 1e-3
    temperature: float = 0.05
    typed: float = 0.4
    general_weight: float = 0.5
    kept_weight: float = 100.0
    shrink: float = 0.75


def learned(
    folder: Path, examples: Examples, recipe: Recipe, seed: int = 0, told: Callable[[int, int, float], None] = lambda *_: None
) -> dict[str, Change]:
    """The changes to the model in `folder`, by layer. A GPU is used where there is one; the same seed gives the same changes on the same
    kind of processor. `told` hears of every step: its number, of how many, and the loss."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    published, model = _loaded(folder).to(device), _loaded(folder)
    change(model, recipe.rank)
    model.to(device)
    changing = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(changing, lr=recipe.rate, weight_decay=0.0)
    groups = _by_text(examples.of, len(examples.texts))
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min((step + 1) / _WARM_UP, 1.0) * (0.5 + 0.5 * math.cos(math.pi * step / recipe.steps))
        loss = _own(model, examples, groups, recipe, rng) + _general(model, published, examples, recipe, rng)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(changing, 1.0)
        optimiser.step()
        told(step + 1, recipe.steps, loss.item())
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, Changed)}
    return {name: Change(_array(layer.down), recipe.shrink * layer.strength * _array(layer.up)) for name, layer in layers.items()}


def vectors(model: torch.nn.Module, pieces: Pieces, longest: int = 256) -> torch.Tensor:
    """The mean over the pieces of each text, of length 1: float32, shape (texts, dimension). A longer text is cut."""
    cut = [[*one[: longest - 1], one[-1]] if len(one) > longest else one for one in pieces]
    order = sorted(range(len(cut)), key=lambda n: len(cut[n]))
    found = torch.cat([_of_one_length(model, [cut[n] for n in order[i : i + _TOGETHER]]) for i in range(0, len(order), _TOGETHER)])
    return found[torch.from_numpy(np.argsort(order)).to(found.device)]


def _of_one_length(model: torch.nn.Module, pieces: Pieces) -> torch.Tensor:
    device = next(model.parameters()).device
    width = max(map(len, pieces))
    width += -width % 8  # few widths, as a GPU prepares itself for each
    ids, mask = torch.zeros(len(pieces), width, dtype=torch.long), torch.zeros(len(pieces), width, dtype=torch.long)
    for n, one in enumerate(pieces):
        ids[n, : len(one)] = torch.tensor(one)
        mask[n, : len(one)] = 1
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        states = model(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
    real = mask.to(device).unsqueeze(-1).float()
    return functional.normalize((states.float() * real).sum(1) / real.sum(1), dim=-1)


def _own(
    model: torch.nn.Module, examples: Examples, groups: Sequence[np.ndarray], recipe: Recipe, rng: np.random.Generator
) -> torch.Tensor:
    """Our questions: to their texts, and to other questions of the same text."""
    if len(examples.typed) and rng.random() < recipe.typed:
        at = rng.integers(len(examples.typed), size=recipe.questions)
        asked, of = [examples.typed[n] for n in at], examples.typed_of[at]
        at = np.full(recipe.questions, -1)  # none of them is among the other questions
    else:
        at = rng.integers(len(examples.questions), size=recipe.questions)
        asked, of = [examples.questions[n] for n in at], examples.of[at]
    texts, place = np.unique(of, return_inverse=True)
    q = vectors(model, asked, recipe.pieces)
    to_texts = q @ vectors(model, [examples.texts[n] for n in texts], recipe.pieces).T / recipe.temperature
    loss = functional.cross_entropy(to_texts, torch.from_numpy(place).to(q.device))

    same = [rng.choice(groups[n]) for n in texts if len(groups[n])]
    others = np.unique([*same, *rng.integers(len(examples.questions), size=recipe.others)])
    to_others = q @ vectors(model, [examples.questions[n] for n in others], recipe.pieces).T / recipe.temperature
    itself = torch.from_numpy(others[None] == at[:, None]).to(q.device)
    right = torch.from_numpy(examples.of[others][None] == of[:, None]).to(q.device) & ~itself
    to_others = to_others.masked_fill(itself, -1e4)
    has = right.any(1)
    if has.any():
        apart = torch.logsumexp(to_others, 1) - torch.logsumexp(to_others.masked_fill(~right, -1e4), 1)
        loss = loss + apart[has].mean()
    return loss


def _general(
    model: torch.nn.Module, published: torch.nn.Module, examples: Examples, recipe: Recipe, rng: np.random.Generator
) -> torch.Tensor | float:
    """Questions of other fields: to their texts, and with the cosines that they had."""
    if not len(examples.general_questions):
        return 0.0
    at = rng.choice(len(examples.general_questions), size=min(recipe.general, len(examples.general_questions)), replace=False)
    asked, texts = [examples.general_questions[n] for n in at], [examples.general_texts[n] for n in at]
    q, t = vectors(model, asked, recipe.pieces), vectors(model, texts, recipe.pieces)
    with torch.no_grad():
        q0, t0 = vectors(published, asked, recipe.pieces), vectors(published, texts, recipe.pieces)
    own = torch.arange(len(at), device=q.device)
    alike = (t0 @ t0.T > 0.98) & ~torch.eye(len(at), dtype=torch.bool, device=q.device)  # a text that answers two of the questions
    to_texts = (q @ t.T / recipe.temperature).masked_fill(alike, -1e4)
    moved = sum(((a @ b.T - a0 @ b0.T) ** 2).mean() for a, b, a0, b0 in ((q, t, q0, t0), (q, q, q0, q0), (t, t, t0, t0)))
    return recipe.general_weight * functional.cross_entropy(to_texts, own) + recipe.kept_weight * moved


def _loaded(folder: Path) -> torch.nn.Module:
    from transformers import BertModel

    model: torch.nn.Module = BertModel.from_pretrained(str(folder), add_pooling_layer=False)
    return model.eval()  # without dropout


def _by_text(of: np.ndarray, texts: int) -> list[np.ndarray]:
    """The questions of each text, by number."""
    order = np.argsort(of, kind="stable")
    return np.split(order, np.searchsorted(of[order], np.arange(1, texts)))


def _array(parameter: torch.Tensor) -> np.ndarray:
    made: np.ndarray = parameter.detach().cpu().numpy()
    return made
