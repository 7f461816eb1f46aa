"""Making follow-ups stand alone: rewrites.jsonl with what was typed, the conversation, and a person's stand-alone wording.

What is measured is `bot.understand.understand`, which the bot's search goes by: its stand-alone question against the person's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answer import Turn
from bot.understand import understand
from bot.vocabulary import Vocabulary
from corpus.registry import load_registry
from eval.bench_sets import BenchError, beside_known, paired, rows

OURS, TYPED, AUTOMATIC = "stand-alone question", "as typed", "the set's own rewriter"


@dataclass(frozen=True)
class Turned:
    """A turn of a conversation: what was typed, a person's stand-alone wording, and another rewriter's, "" where there is none."""

    year: str
    typed: str
    manual: str
    automatic: str
    history: tuple[Turn, ...]

    @property
    def changes(self) -> bool:
        """Whether the person wrote something else than was typed; spaces do not count."""
        return self.typed.split() != self.manual.split()


def rewriting(file: Path) -> Iterator[str]:
    """ROUGE-1 by year on the turns that a person reworded, and how often the others were left as they are."""
    read = read_rewrites(file)
    wordings = {OURS: ours(read), TYPED: [one.typed for one in read]}
    if any(one.automatic for one in read):
        wordings[AUTOMATIC] = [one.automatic for one in read]
    yield f"{file.parent.name}: {len(read)} turns, {sum(one.changes for one in read)} of which a person reworded"
    for year in dict.fromkeys(one.year for one in read):
        yield from _year(f"{file.parent.name}/{year}", [n for n, one in enumerate(read) if one.year == year], read, wordings)


def ours(read: Sequence[Turned]) -> list[str]:
    """The stand-alone question of each turn, as the bot makes it."""
    registry = load_registry()
    vocabulary = Vocabulary(registry, ())
    return [understand(one.typed, one.history, vocabulary, registry.programs).standalone for one in read]


def rouge(wording: str, reference: str) -> tuple[float, float, float]:
    """ROUGE-1 recall, precision and F1: words in common, each counted as often as both hold it, as a share of the reference's words, of
    the wording's, and the harmonic mean of the two. Words are runs of letters and digits, lower case.

    Source: Lin 2004, https://aclanthology.org/W04-1013.
    """
    held, wanted = Counter(_words(wording)), Counter(_words(reference))
    common = (held & wanted).total()
    recall, precision = common / max(wanted.total(), 1), common / max(held.total(), 1)
    return recall, precision, 2 * recall * precision / (recall + precision) if common else 0.0


def read_rewrites(file: Path) -> list[Turned]:
    """Raises BenchError for a row without its fields and for a file without rows."""
    read = []
    for _, row in rows(file, {"raw": str, "manual": str, "history": list}):
        answers = [answer if isinstance(answer, str) else "" for answer in row.get("responses") or []]
        turns: list[Turn] = []
        for place, question in enumerate(row["history"]):
            turns.append(Turn(role="user", content=str(question)))
            if place < len(answers) and answers[place]:
                turns.append(Turn(role="assistant", content=answers[place]))
        read.append(Turned(str(row.get("year") or "all"), row["raw"], row["manual"], row.get("automatic") or "", tuple(turns)))
    if not read:
        raise BenchError(f"{file}: holds no rows")
    return read


def _year(name: str, chosen: Sequence[int], read: Sequence[Turned], wordings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    changed = [n for n in chosen if read[n].changes]
    same = [n for n in chosen if not read[n].changes]
    if not changed:
        return
    scores = {
        row: np.array([rouge(given[n], read[n].manual) for n in changed])
        for row, given in wordings.items()
        if all(given[n] for n in changed)
    }
    yield f"{name}: {len(changed)} reworded turns, {len(same)} others"
    yield f"{'ROUGE-1':26}{'recall':>11}{'precision':>11}{'F1':>11}{'others kept':>13}"
    for row, values in scores.items():
        kept = np.mean([_words(wordings[row][n]) == _words(read[n].typed) for n in same]) if same else float("nan")
        yield f"{row:26}" + "".join(f"{mean:>11.3f}" for mean in values.mean(axis=0)) + f"{kept:>13.3f}"
    for row, values in scores.items():
        if row != OURS:
            for place, measure in enumerate(("recall", "F1")):
                yield paired(OURS, row, measure, scores[OURS][:, 2 * place], values[:, 2 * place])
    yield from beside_known(name, {"recall": float(scores[OURS][:, 0].mean())})


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
