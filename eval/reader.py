"""Learn the reader (index/reader.py): a change of low rank to each linear layer of the default model, and two outputs.

Of each question in a batch a text that answers it, where there is one, and some that do not are read. Three things are asked: that the
answering text score more than the others; that it, and no other, score more than nothing; and that the sentence which answers be preferred
to the others of its text.

Sources of the losses: Nogueira and Cho 2019, Passage Re-ranking with BERT (the second); Gao et al. 2021, Rethink Training of BERT Rerankers
in Multi-Stage Retrieval Pipeline (the first, over the passages that a search brought up).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from eval.low_rank import Changed, change
from index.adapter import Adapter, Change
from index.reader import Learned, Passaged, Pieces, arrays, together
from index.reader_export import ReaderModel, published

_SURE = 4  # of the texts that a person named as wrong so many are read at least, where there are so many
_AT_ONCE = 256  # rows that are read at once
_NOTHING = -30.0  # the place of a sentence that is not there


@dataclass(frozen=True)
class Asked:
    """A question in one wording or two, with the numbers of the texts that answer it and of those that do not, the nearest first; the first
    `named` of these a person named. `told`: of a text that answers, the numbers of the sentences that do, from 0 on. `share`: how often a
    round reads it."""

    wordings: tuple[tuple[int, ...], ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]
    named: int
    told: Mapping[int, tuple[int, ...]]
    share: float


@dataclass(frozen=True)
class Examples:
    """What is learned from."""

    asked: Sequence[Asked]
    texts: Sequence[Passaged]


@dataclass(frozen=True)
class Recipe:
    """How it is learned. `questions` a step, with so many `wrong` texts each at most; `warm_up`: steps until the whole `rate`; `yes` is the
    weight of a text that answers beside one that does not; `sentences` that of the third thing asked; `other` the chance that the second
    wording is read, `bare` that a text is read without its heading."""

    rank: int = 32
    strength: float = 2.0
    rounds: int = 8
    questions: int = 64
    wrong: int = 6
    rate: float = 1e-3
    warm_up: int = 100
    decay: float = 0.01
    yes: float = 2.0
    sentences: float = 0.3
    other: float = 0.5
    bare: float = 0.1


@dataclass(frozen=True)
class _Batch:
    """Rows with the question of each, whether it answers (1 or 0), and which of its sentences do: shape (rows, sentences)."""

    rows: Sequence[Pieces]
    of: torch.Tensor
    answers: torch.Tensor
    told: torch.Tensor


def learned(
    folder: Path, examples: Examples, recipe: Recipe, seed: int = 0, told: Callable[[int, int, float], None] = lambda *_: None
) -> Learned:
    """What the model in `folder` learns. A GPU is used where there is one, in bfloat16; the same seed gives the same on the same kind of
    processor. `told` hears of every step: its number, of how many, and the loss."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = ReaderModel(published(folder))
    change(model.bert, recipe.rank, recipe.strength)
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
    layers = {name: layer for name, layer in model.bert.named_modules() if isinstance(layer, Changed)}
    changes = {name: Change(_array(layer.down), layer.strength * _array(layer.up)) for name, layer in layers.items()}
    outputs = {f"{name}.{part}": _array(getattr(getattr(model, name), part)) for name in ("answers", "told") for part in ("weight", "bias")}
    return Learned(Adapter(changes, ""), outputs)


def read(model: ReaderModel, rows: Sequence[Pieces]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The log odds of each row, and a number for each of its sentences, the higher the more likely it answers."""
    device = next(model.parameters()).device.type
    answers = np.zeros(len(rows))
    sentences: list[np.ndarray] = [np.zeros(0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda n: len(rows[n].ids))
    with torch.inference_mode():
        for start in range(0, len(order), _AT_ONCE):
            at = order[start : start + _AT_ONCE]
            odds, of_each = _outputs(model, [rows[n] for n in at], device)
            answers[at] = odds.float().cpu().numpy()
            for n, row in zip(at, of_each.cpu().numpy(), strict=True):
                sentences[n] = row[: rows[n].length]
    return answers, sentences


def _outputs(model: ReaderModel, rows: Sequence[Pieces], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The log odds of rows, and the mean over the pieces of each sentence: float32, shape (rows, the most sentences)."""
    ids, mask, types = (torch.from_numpy(array).to(device) for array in arrays(rows))
    with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
        odds, told = model(ids, mask, types)
    places = torch.zeros_like(ids)
    for n, row in enumerate(rows):
        places[n, : len(row.sentences)] = torch.tensor(row.sentences)
    most = max(max((row.length for row in rows), default=0), int(places.max())) + 1
    total = torch.zeros(len(rows), most, device=device).scatter_add(1, places, told.float())
    count = torch.zeros(len(rows), most, device=device).scatter_add(1, places, torch.ones_like(told, dtype=torch.float32))
    return odds.float(), (total / count.clamp(min=1)).masked_fill(count == 0, _NOTHING)[:, 1:]


def _loss(model: ReaderModel, batch: _Batch, recipe: Recipe, device: str) -> torch.Tensor:
    odds, sentences = _outputs(model, batch.rows, device)
    of, answers, told = batch.of.to(device), batch.answers.to(device), batch.told.to(device)
    many = int(of.max()) + 1
    rows = torch.zeros(many, device=device).index_add_(0, of, torch.ones_like(odds))
    each = functional.binary_cross_entropy_with_logits(odds, answers, reduction="none", pos_weight=torch.tensor(recipe.yes, device=device))
    nothing = (each / rows[of]).sum() / many
    highest = odds.detach().max()
    whole = torch.log(torch.zeros(many, device=device).index_add_(0, of, torch.exp(odds - highest))) + highest
    others = ((whole[of] - odds) * answers).sum() / answers.sum().clamp(min=1)
    loss = nothing + others
    if (known := told.sum(1) > 0).any():
        likely = functional.log_softmax(sentences[known], dim=1).masked_fill(told[known][:, : sentences.shape[1]] == 0, _NOTHING * 100)
        loss = loss - recipe.sentences * torch.logsumexp(likely, dim=1).mean()
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
    told: list[tuple[int, ...]] = []
    for place, number in enumerate(numbers):
        one = examples.asked[number]
        wording = one.wordings[1 if len(one.wordings) > 1 and rng.random() < recipe.other else 0]
        for text, right in _texts(one, recipe.wrong, rng):
            passage = examples.texts[text]
            if rng.random() < recipe.bare:
                passage = Passaged(passage.ids[passage.heading :], passage.sentences[passage.heading :], 0, passage.length)
            rows.append(together(wording, passage))
            of.append(place)
            answers.append(float(right))
            told.append(one.told.get(text, ()) if right else ())
    most = max(row.length for row in rows)
    which = torch.zeros(len(rows), max(most, 1))
    for n, (row, sentences) in enumerate(zip(rows, told, strict=True)):
        which[n, [s for s in sentences if s + 1 in row.sentences]] = 1.0  # what was cut off is not to be found
    return _Batch(rows, torch.tensor(of), torch.tensor(answers), which)


def _texts(one: Asked, most: int, rng: np.random.Generator) -> Iterator[tuple[int, bool]]:
    """A text that answers, rather one of which it is known where, and some of those that do not, the nearest always."""
    if one.right:
        known = [text for text in one.right if one.told.get(text)]
        yield int(rng.choice(known if known and rng.random() < 0.8 else one.right)), True
    wrong = list(one.wrong)
    if len(wrong) > most:
        first = max(2, min(one.named, _SURE))
        wrong = wrong[:first] + [wrong[first + int(n)] for n in rng.permutation(len(wrong) - first)[: most - first]]
    for text in wrong:
        yield text, False


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
