"""Questions beside passages that answer them and passages that do not: eval/tune.py, train_reader.py and train_adapter.py learn from them.

Four openly licensed sets are read in the form they are published in, told from what stands in the file; none is kept here:

    SQuAD (CC BY-SA 4.0)          a paragraph and what can be asked of it; another paragraph of the same article. 2.0, 1.1, or a part of
                                  it with the same questions, as XQuAD's English file is
    SelQA (Apache-2.0)            a section with the sentences that answer; another section of the same article
    CLAPNQ (Apache-2.0)           a passage that answers a search engine's user, or the nearest one of the article where none does
    ConditionalQA (BSD-2-Clause)  each of the first sentences of a page that are evidence for an answer, by itself; a sentence that is
                                  evidence for another question about the page
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.asked import Asked
from bot.chain import Bot
from corpus.errors import NorthboundError
from corpus.model import Passage
from corpus.registry import load_registry
from corpus.sentences import spans
from index.build import Progress, build_index, current
from index.embedder import Embedder
from index.search import Hit, Index, Query

_EVIDENCES, _SHORT = 3, 5  # of ConditionalQA's question so many sentences are read; one of so few words says nothing by itself


class PairsError(NorthboundError):
    """A file that cannot be learned from."""


@dataclass(frozen=True)
class Pair:
    """A question with a passage, and whether the passage answers it. `origin` names the set, `subject` the article.
    `quotes`: the words of the passage that answer, where the set says so."""

    question: str
    heading: str
    text: str
    answers: bool
    origin: str
    subject: str
    quotes: tuple[str, ...] = ()


def read_pairs(files: Iterable[Path], seed: int = 0, *, look_alikes: bool = False) -> list[Pair]:
    """The pairs of some files, in their order; with SQuAD's `look_alikes`, which its paragraph does not answer though they were written to
    look as if it did. Raises PairsError for a file of none of these forms, or with nothing in it."""
    pairs: list[Pair] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise PairsError(f"{file}: cannot be read ({error}); give the JSON files of {_NAMES}") from None
        found = _read(file, text, random.Random(seed), look_alikes)
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


def _read(file: Path, text: str, rng: random.Random, look_alikes: bool) -> list[Pair]:
    try:
        try:
            whole = json.loads(text)
        except ValueError:
            whole = [json.loads(line) for line in text.splitlines() if line.strip()]
        whole = [whole] if isinstance(whole, dict) and "data" not in whole else whole  # a file of one line
        if isinstance(whole, dict):
            return _squad(whole["data"], rng, look_alikes)
        for sign, read in _FORMS.items():
            if whole and isinstance(whole[0], dict) and sign in whole[0]:
                return read(whole, rng)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise PairsError(f"{file}: not as it is published ({type(error).__name__}: {error})") from None
    raise PairsError(f"{file}: not {_NAMES}, told by 'data', {', '.join(map(repr, _FORMS))}")


def _squad(articles: Sequence[Mapping[str, Any]], rng: random.Random, look_alikes: bool) -> list[Pair]:
    """Its questions without an answer are left out where no `look_alikes` are wanted: no search for a passage meets such questions."""
    pairs: list[Pair] = []
    for article in articles:
        title = article["title"].replace("_", " ")
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        for place, paragraph in enumerate(article["paragraphs"]):
            others = texts[:place] + texts[place + 1 :]
            for asked in paragraph["qas"]:
                question, text = asked["question"].strip(), texts[place]
                if asked.get("is_impossible"):
                    if look_alikes:
                        pairs.append(Pair(question, title, text, False, "SQuAD 2.0", title))
                elif others:
                    begins = {given["answer_start"] for given in asked["answers"]}
                    quotes = tuple(text[s.start : s.end] for s in spans(text) if any(s.start <= begin < s.end for begin in begins))
                    pair = Pair(question, title, text, True, "SQuAD 2.0", title, quotes)
                    pairs.extend((pair, replace(pair, text=rng.choice(others), answers=False, quotes=())))
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
            quotes = tuple(row["candidates"][number] for number in row["answers"])
            pair = Pair(row["question"], row["article"], article[row["section"]], True, "SelQA", row["article"], quotes)
            pairs.extend((pair, replace(pair, text=rng.choice(others), answers=False, quotes=())))
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
