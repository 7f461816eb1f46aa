"""Choose what the reader (index/reader.py) counts for running prose, and say what comes of it.

    python -m eval.tune_prose HOME ARTICLES

HOME is a data folder with an index of the five articles alone (`northbound corpus add --only`), ARTICLES the folder of their texts. The
questions are those of of_articles.jsonl, by five hands who read the articles: each with the places, in letters of the file, of what
answers it, so that nothing of the articles is kept here. Two of the hands (KEPT) are told of and nothing is chosen with them.

Told: for how many sentences that are read, how little less than the best these may be worth, and several weights of the log odds
(`SENTENCES` and `LESS` in bot/reading.py, `READ_ALONE` in bot/prose.py), how often the sentence that answers is worth most, of the
questions with one among those that could be read; and by logistic regression the constant and the weights of both log odds
(`Answerability.prose_read`), with the shares of questions that lie below several sums of the two.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answerability import MOST_READ, ahead_of_the_rest
from bot.asked import is_written_answer
from bot.chain import Bot, open_bot
from bot.prose import READ_ALONE, quotable
from bot.reading import LESS, SENTENCES
from bot.settings import Settings
from corpus.errors import NorthboundError
from eval.cases import WRITTEN
from eval.script import run
from index.reader import Reader, load_reader

ASKED = Path(__file__).with_name("of_articles.jsonl")
KEPT = frozenset({"p3", "p4"})  # hands
_MOST = 12  # sentences of a question that are looked at
_MANY, _LITTLE = (4, 6, 8), (0.1, 0.2, 0.3)  # sentences that are read, and worth
_WEIGHTS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15)
_SUMS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
_LEAST_LIKELY = 1e-3


@dataclass(frozen=True)
class Seen:
    """A question: of its sentences, worth most first, the worth, what the reader says of each and which answer; the log odds, without
    the reader, that what was found answers; and whether anything in the articles does."""

    worth: np.ndarray
    odds: np.ndarray
    right: np.ndarray
    unread: float
    answered: bool

    def best(self, many: int, less: float, weight: float) -> int:
        """The place of the sentence that is worth most when so many are read. One that is not read counts as the least of those read."""
        read = np.arange(len(self.worth)) < min(many, int(np.sum(self.worth >= self.worth[0] - less)))
        counted = np.clip(np.where(read, self.odds, self.odds[read].min()), -MOST_READ, MOST_READ)
        return int(np.argmax(self.worth + weight * counted))


def main(home: Path, articles: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    settings = Settings(home=home, today=WRITTEN)
    bot, reader = open_bot(settings).without_reader(), load_reader(settings.exported_reader)
    seen: dict[bool, list[Seen]] = {False: [], True: []}
    for hand, one in _look(bot, reader, articles):
        seen[hand in KEPT].append(one)
    near = {kept: [one for one in each if one.right.any()] for kept, each in seen.items()}
    print(f"{len(near[False])} and {len(near[True])} (kept) questions with a sentence that answers among {_MOST}; worth most, by weight:")
    for many, less in itertools.product(_MANY, _LITTLE):
        row = [[np.mean([one.right[one.best(many, less, weight)] for one in near[kept]]) for kept in (False, True)] for weight in _WEIGHTS]
        told = (f"{weight} {chosen:.3f} ({kept:.3f})" for weight, (chosen, kept) in zip(_WEIGHTS, row, strict=True))
        print(f"  {many} read, {less} less: {', '.join(told)}")
    rows, truth = _rows(seen[False])
    model = LogisticRegression(C=10.0).fit(rows, truth)
    measures, by_reader = model.coef_[0]
    print(f"prose that is read: constant {model.intercept_[0]:.2f}, by the measures {measures:.2f}, by the reader {by_reader:.2f}")
    for kept in (False, True):
        rows, truth = _rows(seen[kept])
        sums = model.decision_function(rows)
        print(f"{'kept' if kept else 'chosen with'}: {truth.sum()} answered first, {(~truth).sum()} that nothing answers; below a sum:")
        print("  " + ", ".join(f"{bound} {np.mean(sums[truth] < bound):.2f} {np.mean(sums[~truth] < bound):.2f}" for bound in _SUMS))


def _rows(seen: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    """Both log odds of the questions whose best sentence answers, or that nothing answers, and which is which."""
    firsts = [(one, one.best(SENTENCES, LESS, READ_ALONE)) for one in seen]
    told = [(one, first) for one, first in firsts if one.right[first] or not one.answered]
    return np.array([(one.unread, one.odds[:SENTENCES].max()) for one, _ in told]), np.array([one.answered for one, _ in told])


def _look(bot: Bot, reader: Reader, articles: Path) -> Iterator[tuple[str, Seen]]:
    """The questions that ask one thing, each with its hand. Raises NorthboundError for an article that is missing or another."""
    texts: dict[str, str] = {}
    for line in ASKED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if len(row["asks"]) > 1:
            continue
        answers = [_words(_quoted(texts, articles, place)) for asked in row["asks"] for place in asked]
        found = bot.search(bot.understand(row["question"]))
        if not found.hits or not found.hits[0] or is_written_answer(found.hits[0][0]):
            continue
        asked, hits = found.asked[0], found.hits[0]
        units = quotable(asked, hits)[:_MOST]
        odds = reader.read(row["question"], [(one.hit.passage.heading, one.text) for one in units])
        likely = bot.answerability(asked, bot.answerability.nearest(asked, hits), ahead_of_the_rest(hits))
        likely = min(max(likely, _LEAST_LIKELY), 1 - _LEAST_LIKELY)
        yield (
            row["id"].partition("-")[0],
            Seen(
                np.array([one.worth for one in units]),
                np.array(odds),
                np.array([any((said := _words(one.text)) in answer or answer in said for answer in answers) for one in units]),
                float(np.log(likely / (1 - likely))),
                bool(answers),
            ),
        )


def _quoted(texts: dict[str, str], articles: Path, place: tuple[str, int, int]) -> str:
    name, start, end = place
    if name not in texts:
        file = articles / name
        if not file.is_file():
            raise NorthboundError(f"{file}: not found; ARTICLES is the folder with the five articles that {ASKED.name} tells places of")
        texts[name] = file.read_text(encoding="utf-8")
    if end > len(texts[name]):
        raise NorthboundError(f"{articles / name}: {len(texts[name])} letters, and {ASKED.name} tells of a place up to {end}: another text")
    return texts[name][start:end]


_SIGNS = str.maketrans("’‘“”–—", "''\"\"--")


def _words(text: str) -> str:
    """In lower case, with plain signs and single spaces, without what marks a list item."""
    return " ".join(text.translate(_SIGNS).lower().split()).lstrip("-•* ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    parser.add_argument("articles", type=Path, metavar="ARTICLES")
    given = parser.parse_args()
    run("tune_prose", lambda: main(given.home, given.articles))
