"""Learn the adapter of the default model (index/adapter.py) from the bundled briefs, and print what it is worth on sections it never saw.

    python -m eval.train_adapter [OUT.npz] [--seed N]

Pairs: every heading and `asked:` line with its section's text. A question's negatives are all other sections, among them the same rule of
neighbouring programs. Under two minutes on two cores, most of it embedding; the same seed gives the same weights. Public sets take no
part: `northbound eval bench` measures on them.

Source of the loss: van den Oord et al. 2018, Representation Learning with Contrastive Predictive Coding, with every section as a negative.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from corpus.passages import passages
from corpus.registry import load_briefs, load_registry
from index.adapter import WEIGHTS, Adapter, write_adapter
from index.build import dense_text
from index.embedder import plain_embedder

RANK = 64
EPOCHS = 3
BATCH = 256
LEARNING_RATE = 1e-3
TEMPERATURE = 0.05
# All of what was learned is best for this field; a quarter less keeps nearly all of that and costs other fields half as much.
SHRINK = 0.75
HELD_OUT = 0.15


@dataclass(frozen=True)
class Pairs:
    """`questions[i]` is asked of `texts[of[i]]`; float32 vectors of length 1, shapes (n, dimension) and (m, dimension)."""

    questions: np.ndarray
    texts: np.ndarray
    of: np.ndarray

    def among(self, chosen: np.ndarray) -> Pairs:
        """The pairs of the chosen texts (a mask), which alone are each other's negatives."""
        number = np.cumsum(chosen) - 1
        keep = chosen[self.of]
        return Pairs(self.questions[keep], self.texts[chosen], number[self.of[keep]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    pairs = embedded()
    unseen = np.random.default_rng(chosen.seed).random(len(pairs.texts)) < HELD_OUT
    print(f"{len(pairs.questions)} questions of {len(pairs.texts)} sections; {int(unseen.sum())} sections held out")
    down, up = learned(pairs.among(~unseen), chosen.seed)
    for name, to in (("as published", np.zeros_like(up)), ("with the adapter", up)):
        first, five = found(pairs, unseen, down, to)
        print(f"held-out sections found among all by their questions, {name}: first {first:.3f}, among five {five:.3f}")
    write_adapter(chosen.out, *learned(pairs, chosen.seed))
    print(f"learned from all sections: {chosen.out}, {chosen.out.stat().st_size:,} bytes")


def embedded() -> Pairs:
    """The pairs of the bundled briefs, through the model as published."""
    registry = load_registry()
    sections = [p for p in passages(load_briefs(registry)) if p.asked]
    asked = [(question, n) for n, p in enumerate(sections) for question in p.questions]
    embedder = plain_embedder()
    return Pairs(
        embedder.embed([question for question, _ in asked]),
        embedder.embed([dense_text(section) for section in sections]),
        np.array([n for _, n in asked]),
    )


def learned(pairs: Pairs, seed: int, epochs: int = EPOCHS) -> tuple[np.ndarray, np.ndarray]:
    """The two maps, shapes (RANK, dimension) and (dimension, RANK)."""
    torch.manual_seed(seed)
    dimension = pairs.texts.shape[1]
    up = torch.zeros(dimension, RANK, requires_grad=True)  # nothing is moved at first
    down = (0.05 * torch.randn(RANK, dimension)).requires_grad_()
    optimizer = torch.optim.AdamW([up, down], lr=LEARNING_RATE, weight_decay=0.0)
    questions, texts, of = (torch.from_numpy(part) for part in (pairs.questions, pairs.texts, pairs.of))

    def moved(vectors: torch.Tensor) -> torch.Tensor:
        return functional.normalize(vectors + vectors @ down.T @ up.T, dim=1)

    for _ in range(epochs):
        for batch in torch.split(torch.randperm(len(questions)), BATCH):
            loss = functional.cross_entropy(moved(questions[batch]) @ moved(texts).T / TEMPERATURE, of[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return down.detach().numpy(), SHRINK * up.detach().numpy()


def found(pairs: Pairs, unseen: np.ndarray, down: np.ndarray, up: np.ndarray) -> tuple[float, float]:
    """Share of the unseen sections' questions whose section is the first, and among the first five, of all sections."""
    moved = Adapter(down, up, digest="")
    asked = unseen[pairs.of]
    nearest = np.argsort(-(moved(pairs.questions[asked]) @ moved(pairs.texts).T), axis=1, kind="stable")[:, :5]
    right = nearest == pairs.of[asked][:, None]
    return float(right[:, 0].mean()), float(right.any(axis=1).mean())


if __name__ == "__main__":
    main()
