"""Questions beside passages that answer them and passages that do not: eval/tune.py, train_reader.py and train_adapter.py learn from them.

Four openly licensed sets are read in the form they are published in, told from what stands in the file; none is kept here:

    SQuAD (CC BY-SA 4.0)          a paragraph and what can be asked of it; another paragraph of the same article. 2.0, 1.1, or a part of
                                  it with the same questions, as XQuAD's English file is
    SelQA (Apache-2.0)            a section with the sentences that answer; another section of the same article
    CLAPNQ (Apache-2.0)           a passage that answers a search engine's user, or the nearest one of the article where none does
    ConditionalQA (BSD-2-Clause)  each of the first sentences of a page that are evidence for an answer, by itself; a sentence that is
                                  evidence for another question about the page

and the bundled briefs: a way of asking, the passage it belongs to, and the nearest passage about another program.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.chain import Bot
from bot.compose import Asked
from corpus.errors import NorthboundError
from corpus.model import Passage
from corpus.registry import load_registry
from index.build import Progress, build_index, current
from index.embedder import Embedder
from index.search import Hit, Index, Query

_HELD = 15  # of a hundred subjects, as many are never learned from
_NEIGHBOURS = 4  # the wrong passage of a brief's question is one of so many nearest
_EVIDENCES, _SHORT = 3, 5  # of ConditionalQA's question so many sentences are read; one of so few words says nothing by itself
_LEAST_WORDS = 4  # of a way of asking: shorter ones are names, which many passages answer


class PairsError(NorthboundError):
    """A file that cannot be learned from."""


@dataclass(frozen=True)
class Pair:
    """A question with a passage, and whether the passage answers it. `origin` names the set, `subject` the article or brief: one subject's
    pairs are all learned from or all held out."""

    question: str
    heading: str
    text: str
    answers: bool
    origin: str
    subject: str

    @property
    def held(self) -> bool:
        """Whether it is kept to measure with. By a salted hash, as some sets were cut by a plain one."""
        return int(hashlib.sha256(f"held out: {self.subject}".encode()).hexdigest(), 16) % 100 < _HELD


def read_pairs(files: Iterable[Path], seed: int = 0) -> list[Pair]:
    """The pairs of some files, in their order. Raises PairsError for a file of none of these forms, or with nothing in it."""
    pairs: list[Pair] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise PairsError(f"{file}: cannot be read ({error}); give the JSON files of {_NAMES}") from None
        found = _read(file, text, random.Random(seed))
        if not found:
            raise PairsError(f"{file}: no question with a passage in it")
        pairs.extend(found)
    return pairs


def read_typed(file: Path) -> list[tuple[str, str]]:
    """Questions as somebody would type them, each with the id of the section that answers it. Raises PairsError for a file that cannot be
    read."""
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [(question, row["section"]) for row in rows for question in row["typed"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PairsError(f"{file}: cannot be read ({type(error).__name__}: {error})") from None


def from_briefs(passages: Sequence[Passage], embedder: Embedder, each: int = 2, seed: int = 0) -> list[Pair]:
    """Ways of asking for `each` passage's worth of the briefs: with its own passage, and with one of the nearest about another program.

    The way of asking is taken off the passage by whoever scores the pair (`as_passage` keeps no questions): else the answer is given away.
    """
    rng = random.Random(seed)
    own = [p for p in passages if p.kind == "section" and p.origin == "brief" and p.asked]
    texts = embedder.embed([p.text for p in own])
    taken = [(n, q) for n, p in enumerate(own) for q in _some([a for a in p.asked if len(a.split()) >= _LEAST_WORDS], each, rng)]
    vectors = embedder.embed([q for _, q in taken])
    pairs: list[Pair] = []
    for (number, question), vector in zip(taken, vectors, strict=True):
        right = own[number]
        near = [own[int(n)] for n in np.argsort(-(texts @ vector), kind="stable")]
        others = [p for p in near if p.program != right.program and p.heading != right.heading][:_NEIGHBOURS]
        if others:
            wrong = rng.choice(others)
            pairs.append(Pair(question, right.heading, right.text, True, "briefs", right.source_id))
            pairs.append(Pair(question, wrong.heading, wrong.text, False, "briefs", right.source_id))
    return pairs


def some_of(pairs: Sequence[Pair], most: int, seed: int = 0) -> list[Pair]:
    """At most so many of each set, questions whole: those of a question stay together, in the order they were read."""
    rng = random.Random(seed)
    chosen: set[tuple[str, str]] = set()
    for origin in sorted({p.origin for p in pairs}):
        left = most
        questions: dict[str, int] = defaultdict(int)
        for pair in pairs:
            if pair.origin == origin:
                questions[pair.question] += 1
        for question in rng.sample(sorted(questions), len(questions)):
            if questions[question] <= left:
                chosen.add((origin, question))
                left -= questions[question]
    return [p for p in pairs if (p.origin, p.question) in chosen]


def without(pairs: Sequence[Pair], questions: Iterable[str]) -> list[Pair]:
    """The pairs whose question is not among these: nothing is learned from what is measured with."""
    barred = {_plain(q) for q in questions}
    return [p for p in pairs if _plain(p.question) not in barred]


def found(pairs: Sequence[Pair], embedder: Embedder, progress: Progress = lambda *_: None) -> list[tuple[Asked, Hit]]:
    """What the bot understands of each question, and the hit that its search makes of the pair's passage. All passages are indexed
    together, so that words are as rare as they are among them."""
    numbers: dict[tuple[str, str], int] = {}
    for pair in pairs:
        numbers.setdefault((pair.heading, pair.text), len(numbers))
    passages = {key: as_passage(number, Pair("", *key, False, "", "")) for key, number in numbers.items()}
    made = []
    with tempfile.TemporaryDirectory(prefix="northbound-pairs-", ignore_cleanup_errors=True) as home:
        build_index(Path(home), list(passages.values()), embedder, only=True, progress=progress)
        bot = Bot(load_registry(), Index(current(Path(home)), embedder, {}), {})
        for pair in pairs:
            parts = bot.asked(bot.understand(pair.question))
            asked = parts[0] if parts else Asked((pair.question,))
            query = Query(asked.wordings, wants=asked.wants, concepts=asked.concepts)
            made.append((asked, bot.index.hit(passages[pair.heading, pair.text].id, query)))
    return made


def as_passage(number: int, pair: Pair) -> Passage:
    """The pair's passage as a file of a user's: its heading is the title, and nobody wrote how it is asked for."""
    return Passage(id=f"pair{number}#1", source_id=f"pair{number}", title=pair.heading, headings=(), text=pair.text, origin="file")


def _read(file: Path, text: str, rng: random.Random) -> list[Pair]:
    try:
        try:
            whole = json.loads(text)
        except ValueError:
            whole = [json.loads(line) for line in text.splitlines() if line.strip()]
        whole = [whole] if isinstance(whole, dict) and "data" not in whole else whole  # a file of one line
        if isinstance(whole, dict):
            return _squad(whole["data"], rng)
        for sign, read in _FORMS.items():
            if whole and isinstance(whole[0], dict) and sign in whole[0]:
                return read(whole, rng)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise PairsError(f"{file}: not as it is published ({type(error).__name__}: {error})") from None
    raise PairsError(f"{file}: not {_NAMES}, told by 'data', {', '.join(map(repr, _FORMS))}")


def _squad(articles: Sequence[Mapping[str, Any]], rng: random.Random) -> list[Pair]:
    """Its questions without an answer are left out: they were written to look like ones with, which no search for a passage meets."""
    pairs: list[Pair] = []
    for article in articles:
        title = article["title"].replace("_", " ")
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        for place, paragraph in enumerate(article["paragraphs"]):
            others = texts[:place] + texts[place + 1 :]
            for asked in paragraph["qas"]:
                if others and not asked.get("is_impossible"):
                    pair = Pair(asked["question"].strip(), title, texts[place], True, "SQuAD 2.0", title)
                    pairs.extend((pair, replace(pair, text=rng.choice(others), answers=False)))
    return pairs


def _selqa(rows: Sequence[Mapping[str, Any]], rng: random.Random) -> list[Pair]:
    sections: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        sections[row["article"]][row["section"]] = " ".join(row["candidates"])
    pairs: list[Pair] = []
    for row in rows:
        article = sections[row["article"]]
        others = [text for section, text in article.items() if section != row["section"]]
        if others and row["answers"]:
            pair = Pair(row["question"], row["article"], article[row["section"]], True, "SelQA", row["article"])
            pairs.extend((pair, replace(pair, text=rng.choice(others), answers=False)))
    return pairs


def _clapnq(rows: Sequence[Mapping[str, Any]], _: random.Random) -> list[Pair]:
    pairs: list[Pair] = []
    for row in rows:
        (passage, *_others) = row["passages"]
        answers = any(str(given.get("answer") or "").strip() for given in row.get("output") or ())
        title = str(passage.get("title") or "")
        pairs.append(Pair(row["input"], title, passage["text"], answers, "CLAPNQ", title))
    return pairs


def _conditional_qa(rows: Sequence[Mapping[str, Any]], rng: random.Random) -> list[Pair]:
    """A question is asked as it stands, without the scenario in front of it."""
    sentences = [[text for text in map(_without_tags, row["evidences"][:_EVIDENCES]) if len(text.split()) > _SHORT] for row in rows]
    pages: dict[str, dict[str, None]] = defaultdict(dict)
    for row, texts in zip(rows, sentences, strict=True):
        pages[row["url"]].update(dict.fromkeys(texts))
    pairs: list[Pair] = []
    for row, texts in zip(rows, sentences, strict=True):
        own = set(map(_without_tags, row["evidences"]))
        others = [text for text in pages[row["url"]] if text not in own]
        for text in texts if others else ():
            pair = Pair(row["question"].strip(), "", text, True, "ConditionalQA", row["url"])
            pairs.extend((pair, replace(pair, text=rng.choice(others), answers=False)))
    return pairs


# The sets but SQuAD, told by a field of their rows.
_FORMS: Mapping[str, Callable[[Sequence[Mapping[str, Any]], random.Random], list[Pair]]] = {
    "candidates": _selqa,
    "passages": _clapnq,
    "evidences": _conditional_qa,
}
_NAMES = "SQuAD 2.0, SelQA, CLAPNQ or ConditionalQA"


def _without_tags(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html).strip()


def _some(texts: Sequence[str], most: int, rng: random.Random) -> list[str]:
    return rng.sample(texts, min(most, len(texts)))


def _plain(question: str) -> str:
    return " ".join(question.lower().split()).rstrip("?. ")
