"""Does what is shown stand in the passages it cites? Judged from the displayed text and the run's own copy of the index alone.

Nothing that the chain says of itself is believed: not its claims, not its supports, not the passages it prints. The text is cut at its
marks, and each sentence is looked for in the passage that the index held under the cited id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot import french, french_words, joins, wording
from bot.answer import Answer, Citation
from bot.language import COMFORT, NOTICES
from corpus.registry import load_registry
from corpus.sentences import spans
from eval.evidence import Evidence, Held
from index.keywords import terms

ENOUGH = 0.8  # share of a reworded sentence's terms that must stand in its passage
_MARK = re.compile(r"\[(\d{1,3})\]")
_MARKS = re.compile(r"((?:\s*\[\d{1,3}\])+)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:\d{{1,2}} )?(?:{_MONTHS}) \d{{4}}\b")
_NO = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|unless|except)\b|n['’]t\b", re.IGNORECASE)
_CLOSING = re.compile(r"(?:^|\n)(?:As of|En date du) ([^.\n]+)\.\s*$")
# What the bot says in its own words. Its constants are read from where they stand; "{}" in one is filled when it is said.
_OWN = sorted(
    (
        *(text for name, text in vars(wording).items() if name.isupper() and isinstance(text, str) and " " in text),
        *NOTICES.values(),
        *COMFORT.values(),
        *french_words.OWN_WORDS.values(),
        *joins.PHRASES,
        *(f"{said[:-1]}{end}" for phrase in joins.PHRASES for said in (phrase, french.own_words(phrase)) for end in (":", "\u00a0:")),
        french.REST,
        french.PARTLY,
        "Cela dépend de la voie.",
        "That depends on the route.",
        "IRCC's own pages, or a licensed immigration consultant or lawyer, can tell you more.",
    ),
    key=len,
    reverse=True,
)
# What opens a branch of an answer that depends stands in a line of its own; the same words may stand in a quote.
_WHENS = [branch.when for split in load_registry().splits.values() for branch in split.branches]
_BRANCHES = "|".join(re.escape(when) for when in (*_WHENS, *french.split_words().values()))
_FILLED = "|".join(re.escape(text).replace(re.escape("{}"), r"[^.\n]{1,60}?") for text in _OWN)
_OWN_WORDS = re.compile(rf"{_FILLED}|(?m:^(?:{_BRANCHES})\u00a0?:$)")


@dataclass(frozen=True)
class Grounding:
    """Counts over one answer.

    exact: quotes that stand in the passage at the place given. unaltered: citations that show the passage, source and date that the index
    holds under the id. marks: sentences and the marks behind them, pair by pair, of which `supporting` hold. sentences: those that state
    something, of which `supported` have a mark that holds. whole: every mark has one citation and every citation a mark. numbers: in
    sentences and in the closing date; `unsupported` lists those that stand in no cited passage.
    """

    citations: int
    exact: int
    unaltered: int
    marks: int
    supporting: int
    sentences: int
    supported: int
    whole: bool
    numbers: int
    unsupported: tuple[str, ...]


def ground(answer: Answer, evidence: Evidence) -> Grounding:
    cited = {c.number: evidence.passages.get(c.passage_id) for c in answer.citations}
    marks = supporting = sentences = supported = numbers = 0
    unsupported: list[str] = []
    for sentence, numbered in stated(answer.answer):
        holding = [held is not None and supports(sentence, held.text) for held in map(cited.get, numbered)]
        marks += len(numbered)
        supporting += sum(holding)
        sentences += 1
        supported += any(holding)
        texts = [held.text for held in map(cited.get, numbered) if held is not None]
        said = figures(sentence)
        numbers += len(said)
        unsupported += [figure for figure in said if not any(figure in figures(text) for text in texts)]
    if closing := _CLOSING.search(answer.answer):
        numbers += 1
        if closing[1] not in _dates(answer, cited.values()):
            unsupported.append(f"as of {closing[1]}")
    return Grounding(
        citations=len(answer.citations),
        exact=sum(c.passage[c.start : c.end] == c.quote for c in answer.citations),
        unaltered=sum(_unaltered(c, cited[c.number]) for c in answer.citations),
        marks=marks,
        supporting=supporting,
        sentences=sentences,
        supported=supported,
        whole=_whole(answer),
        numbers=numbers,
        unsupported=tuple(unsupported),
    )


def stated(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each sentence that states something, with the numbers of the marks that stand behind it.

    A mark is for all that stands before it in its paragraph since the mark before. The bot's own sentences and questions state nothing.
    """
    body = _OWN_WORDS.sub("\n\n", _CLOSING.sub("", text))
    for paragraph in re.split(r"\n\s*\n", body):
        parts = _MARKS.split(paragraph)
        for said, marks in zip(parts[::2], [*parts[1::2], ""], strict=True):
            for span in spans(said):
                sentence = said[span.start : span.end].strip()
                if re.search(r"\w", sentence) and not sentence.endswith("?"):
                    yield sentence, tuple(int(number) for number in _MARK.findall(marks))


def supports(sentence: str, passage: str) -> bool:
    """Whether a passage holds a sentence: word for word or, reworded, with every number and date, both saying yes or both no, and
    ENOUGH of its terms."""
    if _plain(sentence) in _plain(passage):
        return True
    own = set(terms(sentence))
    if not own or set(figures(sentence)) - set(figures(passage)):
        return False
    nearest = max((p for p in (passage[s.start : s.end] for s in spans(passage))), key=lambda p: len(own & set(terms(p))), default="")
    same = bool(_NO.search(sentence)) == bool(_NO.search(nearest))
    return same and len(own & set(terms(passage))) / len(own) >= ENOUGH


def figures(text: str) -> list[str]:
    """The numbers, amounts and whole dates of a text, each once, in a form that can be compared."""
    dates = _DATE.findall(text)
    rest = _DATE.sub(" ", text)
    numbers = [found.replace(",", "").rstrip(".") for found in _NUMBER.findall(rest)]
    return list(dict.fromkeys((*dates, *numbers, *(n for d in dates for n in _NUMBER.findall(d)))))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().lower()


def _unaltered(citation: Citation, held: Held | None) -> bool:
    """Whether the citation shows what the index holds. Of a passage that the index does not hold, nothing can be said for it."""
    return held is not None and (citation.passage, citation.source_id, citation.as_of) == (held.text, held.source_id, held.as_of)


def _whole(answer: Answer) -> bool:
    numbers = [c.number for c in answer.citations]
    quoted = {int(n) for c in answer.citations for n in _MARK.findall(c.quote)}  # a quote may hold brackets of its own
    marked = {int(n) for n in _MARK.findall(answer.answer)}
    return len(set(numbers)) == len(numbers) and set(numbers) <= marked <= set(numbers) | quoted


def _dates(answer: Answer, held: Iterable[Held | None]) -> set[str]:
    """What the closing line may say: the day that was asked about, or the oldest date of what is cited."""
    days = [answer.at] if answer.at else [one.as_of for one in held if one is not None and one.as_of]
    return {say(min(days)) for say in (wording.long_date, french.long_date)} if days else set()
