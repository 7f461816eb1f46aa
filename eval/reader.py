"""A small cross-encoder: question and the nearest sentences of a passage read together, by the default model with low-rank changes.

Every linear layer of the verified model gets a learned change (eval/low_rank.py); the model's own weights stay as they are, so what is
learned is a file of under 2 MB. What the reader says is added to the log odds that the cosines give. eval/train_reader.py trains it and
says what it is worth; nothing answers with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from eval.low_rank import change
from index.embedder import default_model_folder, verify_weights
from index.search import Hit, Scored

_SENTENCES, _WORDS = 3, 90  # of the passage that are read
_QUESTION_PIECES, _PIECES = 40, 128  # word pieces of the question, and of all that is read
_CLS, _SEP = 101, 102
_RANK, _STRENGTH = 8, 2.0
_WARM_UP = 30  # steps


class Reader(torch.nn.Module):
    """`reader(ids, mask, types)` gives one number a row, to be added to log odds; 0 before it has learned anything."""

    def __init__(self, seed: int = 0) -> None:
        from transformers import BertModel

        super().__init__()
        torch.manual_seed(seed)
        folder = default_model_folder()
        verify_weights(folder)
        model: Any = BertModel.from_pretrained(str(folder), add_pooling_layer=False)
        change(model, _RANK, _STRENGTH)
        self.bert = model
        self.head = torch.nn.Linear(2 * model.config.hidden_size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.eval()

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        kept = mask.unsqueeze(-1).to(states.dtype)
        made: torch.Tensor = self.head(torch.cat([states[:, 0], (states * kept).sum(1) / kept.sum(1)], dim=1)).squeeze(1)
        return made

    def learned(self) -> dict[str, np.ndarray]:
        """What training changes, by name, as float16."""
        return {name: p.detach().cpu().numpy().astype(np.float16) for name, p in self.named_parameters() if p.requires_grad}

    def save(self, file: Path) -> None:
        np.savez_compressed(file, **self.learned())  # type: ignore[arg-type]

    def load(self, file: Path) -> None:
        """Raises ValueError where the file is not of a reader of this shape."""
        own = {name: p for name, p in self.named_parameters() if p.requires_grad}
        with np.load(file) as held:
            if {n: held[n].shape for n in held.files} != {n: tuple(p.shape) for n, p in own.items()}:
                raise ValueError(f"{file}: not the weights of such a reader; train one: python -m eval.train_reader")
            with torch.no_grad():
                for name, parameter in own.items():
                    parameter.copy_(torch.from_numpy(held[name].astype(np.float32)))


Read = tuple[tuple[int, ...], int]  # word pieces, and where the evidence begins in them


def evidence(hit: Hit) -> str:
    """The sentences of the passage nearest to the question, in the order of the text, about 90 words."""
    chosen: list[Scored] = []
    words = 0
    for scored in sorted(hit.sentences, key=lambda s: -s.cosine)[:_SENTENCES]:
        length = len(hit.quoted(scored).split())
        if not chosen or words + length <= _WORDS:
            chosen.append(scored)
            words += length
    return " ".join(hit.quoted(scored) for scored in sorted(chosen, key=lambda s: s.span.start))


def as_read(questions: Sequence[str], texts: Sequence[str]) -> list[Read]:
    """Questions and evidence as the reader takes them."""
    tokenizer = Tokenizer.from_file(str(default_model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    made = []
    for question, text in zip(questions, texts, strict=True):
        first = tokenizer.encode(question, add_special_tokens=False).ids[:_QUESTION_PIECES]
        second = tokenizer.encode(text, add_special_tokens=False).ids[: _PIECES - len(first) - 3]
        made.append(((_CLS, *first, _SEP, *second, _SEP), len(first) + 2))
    return made


def train(
    reader: Reader,
    rows: Sequence[Read],
    answers: Sequence[bool],
    odds: Sequence[float],
    *,
    epochs: int = 2,
    rate: float = 1e-3,
    batch: int = 16,
    seed: int = 0,
    device: str = "cpu",
    told: Callable[[int, int, float], None] = lambda *_: None,
) -> None:
    """Fit the reader so that its output plus `odds` (the log odds by cosines) says whether each row answers. `told` hears of every step:
    its number, of how many, and the loss."""
    rng = np.random.default_rng(seed)
    truth = torch.tensor([float(a) for a in answers], device=device)
    known = torch.tensor([float(o) for o in odds], device=device)
    changing = [p for p in reader.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(changing, lr=rate, weight_decay=0.01)
    steps = epochs * (len(rows) // batch)
    reader.to(device).train()
    step = 0
    for _ in range(epochs):
        for at in _batches(rows, batch, rng):
            for group in optimiser.param_groups:
                group["lr"] = rate * min((step + 1) / _WARM_UP, 1.0) * max(0.02, 1 - step / steps)
            z = reader(*_tensors([rows[i] for i in at], device)) + known[at]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(z, truth[at])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(changing, 1.0)
            optimiser.step()
            step += 1
            told(step, steps, loss.item())
    reader.eval()


def read(reader: Reader, rows: Sequence[Read], batch: int = 32, device: str = "cpu") -> np.ndarray:
    """What the reader adds to the log odds of each row."""
    made = np.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    reader.to(device).eval()
    with torch.no_grad():
        for start in range(0, len(order), batch):
            at = order[start : start + batch]
            made[at] = reader(*_tensors([rows[i] for i in at], device)).cpu().numpy()
    return made


def _batches(rows: Sequence[Read], batch: int, rng: np.random.Generator) -> list[list[int]]:
    """All rows in batches of about one length, in a random order; what does not fill one is left for another epoch."""
    shuffled = rng.permutation(len(rows))
    batches: list[list[int]] = []
    for start in range(0, len(shuffled), 8 * batch):
        near = sorted(shuffled[start : start + 8 * batch].tolist(), key=lambda i: len(rows[i][0]))
        batches.extend(near[i : i + batch] for i in range(0, len(near) - batch + 1, batch))
    return [batches[i] for i in rng.permutation(len(batches))]


def _tensors(rows: Sequence[Read], device: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    width = max(len(pieces) for pieces, _ in rows)
    ids, mask, types = (torch.zeros(len(rows), width, dtype=torch.long) for _ in range(3))
    for n, (pieces, second) in enumerate(rows):
        ids[n, : len(pieces)] = torch.tensor(pieces)
        mask[n, : len(pieces)] = 1
        types[n, second : len(pieces)] = 1
    return ids.to(device), mask.to(device), types.to(device)
