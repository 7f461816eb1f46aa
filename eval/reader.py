"""Learn the reader (index/reader.py): a change of low rank to each linear layer of the default model, and an output.

Of each question in a batch a text that answers it, where there is one, and some that do not are read. Two things are asked: that the
answering text score more than the others, and that it, and no other, score more than nothing.

Sources of the losses: Nogueira and Cho 2019, Passage Re-ranking with BERT (the second); Gao et al. 2021, Rethink Training of BERT Rerankers
in Multi-Stage Retrieval Pipeline (the first, over the passages that a search brought up).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from eval.low_rank import Changed, change
from index.adapter import Adapter, Change
from index.reader import OUTPUTS, Headed, Learned, Pieces, arrays, together
from index.reader_export import ReaderModel, published

_SURE = 4  # of the texts that a person named as wrong so many are read at least, where there are so many
_AT_ONCE = 256  # rows that are read at once
_OF_LIKE_LENGTH = 32  # of these, by a processor


@dataclass(frozen=True)
class Asked:
    """A question in its wordings, with the numbers of the texts that answer it and of those that do not, the nearest first; the first
    `named` of these a person named. `share`: how often a round reads it."""

    wordings: tuple[tuple[int, ...], ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]
    named: int
    share: float


@dataclass(frozen=True)
class Examples:
    """What is learned from."""

    asked: Sequence[Asked]
    texts: Sequence[Headed]


@dataclass(frozen=True)
class Recipe:
    """How it is learned. `questions` a step, with so many `wrong` texts each at most; `warm_up`: steps until the whole `rate`; `yes` is the
    weight of a text that answers beside one that does not; `other` the chance that another wording than the first is read, `bare` that a
    text is read without its heading."""

    rank: int = 32
    strength: float = 2.0
    rounds: int = 8
    questions: int = 64
    wrong: int = 6
    rate: float = 1e-3
    warm_up: int = 100
    decay: float = 0.01
    yes: float = 2.0
    other: float = 0.5
    bare: float = 0.1


@dataclass(frozen=True)
class _Batch:
    """Rows with the question of each, and whether it answers (1 or 0): shape (rows,)."""

    rows: Sequence[Pieces]
    of: torch.Tensor
    answers: torch.Tensor


def learned(
    folder: Path,
    examples: Examples,
    recipe: Recipe,
    seed: int = 0,
    told: Callable[[int, int, float], None] = lambda *_: None,
    before: Learned | None = None,
) -> Learned:
    """What the model in `folder` learns, from nothing or from what it had learned `before`. A GPU is used where there is one, in bfloat16;
    the same seed gives the same on the same kind of processor. `told` hears of every step: its number, of how many, and the loss."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = ReaderModel(published(folder))
    change(model.bert, recipe.rank, recipe.strength)
    layers = {name: layer for name, layer in model.bert.named_modules() if isinstance(layer, Changed)}
    if before is not None:
        _begin_with(model, layers, before)
    model.to(device).train()
    changing = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(changing, lr=recipe.rate, weight_decay=recipe.decay)
    rounds = [_round(examples.asked, recipe.questions, rng) for _ in range(recipe.rounds)]
    steps = sum(map(len, rounds))
    for step, some in enumerate(some for batches in rounds for some in batches):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min((step + 1) / recipe.warm_up, 1.0) * max(0.01, 1 - step / steps)
        loss = _loss(model, _batch(examples, some, recipe, rng), recipe, device)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(changing, 1.0)
        optimiser.step()
        told(step + 1, steps, loss.item())
    changes = {name: Change(_array(layer.down), layer.strength * _array(layer.up)) for name, layer in layers.items()}
    return Learned(Adapter(changes, ""), {name: _array(array) for name, array in model.state_dict().items() if name in OUTPUTS})


def _begin_with(model: ReaderModel, layers: Mapping[str, Changed], before: Learned) -> None:
    """Raises KeyError or RuntimeError where what was learned is of another rank or of other layers."""
    outputs = {name: torch.from_numpy(array) for name, array in before.outputs.items()}
    model.load_state_dict(outputs, strict=False)
    for name, layer in layers.items():
        one = before.adapter.changes[name]
        arrays_of = {"down": torch.from_numpy(one.down), "up": torch.from_numpy(one.up) / layer.strength}
        layer.load_state_dict(arrays_of, strict=False)


def read(model: ReaderModel, rows: Sequence[Pieces]) -> np.ndarray:
    """The log odds of each row."""
    device = next(model.parameters()).device.type
    with torch.inference_mode():
        parts = [_odds(model, rows[start : start + _AT_ONCE], device).cpu().numpy() for start in range(0, len(rows), _AT_ONCE)]
    return np.concatenate([np.zeros(0), *parts])


def _odds(model: ReaderModel, rows: Sequence[Pieces], device: str) -> torch.Tensor:
    """The log odds of rows: float32, shape (rows,). A processor reads those of like length together: padding costs it as much as words."""
    many = len(rows) if device == "cuda" else _OF_LIKE_LENGTH
    order = sorted(range(len(rows)), key=lambda n: len(rows[n].ids))
    said: list[torch.Tensor] = []
    for start in range(0, len(order), many):
        ids, mask, types = (torch.from_numpy(array).to(device) for array in arrays([rows[n] for n in order[start : start + many]]))
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda" or _in_half()):
            said.append(model(ids, mask, types).float())
    places = torch.empty(len(order), dtype=torch.long)
    places[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(said)[places.to(device)]


@cache
def _in_half() -> bool:
    """Whether the processor multiplies 16-bit numbers itself, in half the time or less."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _loss(model: ReaderModel, batch: _Batch, recipe: Recipe, device: str) -> torch.Tensor:
    odds = _odds(model, batch.rows, device)
    of, answers = batch.of.to(device), batch.answers.to(device)
    many = int(of.max()) + 1
    rows = torch.zeros(many, device=device).index_add_(0, of, torch.ones_like(odds))
    each = functional.binary_cross_entropy_with_logits(odds, answers, reduction="none", pos_weight=torch.tensor(recipe.yes, device=device))
    nothing = (each / rows[of]).sum() / many
    highest = odds.detach().max()
    whole = torch.log(torch.zeros(many, device=device).index_add_(0, of, torch.exp(odds - highest))) + highest
    others = ((whole[of] - odds) * answers).sum() / answers.sum().clamp(min=1)
    loss: torch.Tensor = nothing + others
    return loss


def _round(asked: Sequence[Asked], size: int, rng: np.random.Generator) -> list[list[int]]:
    """The numbers of the questions of a round, in batches: one of a share of 0.5 is in every other round, one of 3 three times in each."""
    times = [int(one.share) + (rng.random() < one.share % 1) for one in asked]
    order = rng.permutation(np.repeat(np.arange(len(asked)), times)).tolist()
    return [order[start : start + size] for start in range(0, max(len(order) - size, 0) + 1, size)]


def _batch(examples: Examples, numbers: Sequence[int], recipe: Recipe, rng: np.random.Generator) -> _Batch:
    rows: list[Pieces] = []
    of: list[int] = []
    answers: list[float] = []
    for place, number in enumerate(numbers):
        one = examples.asked[number]
        wording = one.wordings[rng.integers(1, len(one.wordings)) if len(one.wordings) > 1 and rng.random() < recipe.other else 0]
        for text, right in _texts(one, recipe.wrong, rng):
            headed = examples.texts[text]
            if rng.random() < recipe.bare:
                headed = Headed(headed.ids[headed.heading :], 0)
            rows.append(together(wording, headed))
            of.append(place)
            answers.append(float(right))
    return _Batch(rows, torch.tensor(of), torch.tensor(answers))


def _texts(one: Asked, most: int, rng: np.random.Generator) -> Iterator[tuple[int, bool]]:
    """A text that answers, and some of those that do not, the nearest always."""
    if one.right:
        yield int(rng.choice(one.right)), True
    wrong = list(one.wrong)
    if len(wrong) > most:
        first = max(2, min(one.named, _SURE))
        wrong = wrong[:first] + [wrong[first + int(n)] for n in rng.permutation(len(wrong) - first)[: most - first]]
    for text in wrong:
        yield text, False


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
