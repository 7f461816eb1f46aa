"""Whether a sentence that a language model wrote says what its source says. bot/writing.py asks, for each sentence before it is shown.

A sentence holds over one sentence of the passage that it cites. bot/gate.py must let it by, as every claim; and because a model can be
made to write anything, more is asked of its words: they are plain words, four fifths of them are the quote's, half of the quote's are
there, and every word of the quote that narrows it (if, only, unless, most, at least, a province …) has its like. What does not hold gives
way to the source's own sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot import gate
from bot.pieces import Piece
from corpus.sentences import leans, spans
from index.keywords import terms

# On 206 sentences that a person reworded (eval/paraphrases.jsonl) the gate keeps 194 and what is asked besides 156; of 1,644 that were
# made false the gate lets 12 by and both 3.
_NEW_WORDS = 0.2  # share of a sentence's words that its quote lacks, at most: eval/grounding.py asks for as much
_KEPT_WORDS = 0.5  # share of the quote's words that the sentence has, at least
_REPEATED = 0.85  # share of a sentence's words that makes it the same as another
_NEAR = 0.3  # share of a refused sentence's words that makes a source's sentence the one that was meant

ADDRESS = re.compile(
    r"\b(?:https?|ftp|file|mailto|javascript|data):\S+|\bwww\.\S+"
    r"|\b(?:[a-z0-9-]+\.)+(?:ca|com|org|net|gov|edu|io|info|int|eu|fr|uk|us|de|in|co|me|app|ai|dev|xyz|top|example)\b(?:/\S*)?",
    re.IGNORECASE,
)
# Markup, addresses, signs of another format, and what cannot be seen or read: no plain sentence holds these.
_SPOILT = re.compile(r"[<>{}\[\]|`*_~\\^@#=\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\ue000-\uf8ff]")
_VERDICT = re.compile(r"(yes|no)\s*[:,.–-]\s+", re.IGNORECASE)
# Words that narrow a sentence: who leaves one out says more than the source does.
_NARROWING = tuple(
    re.compile(rf"\b(?:{words})\b{or_else}", re.IGNORECASE)
    for words, or_else in (
        ("not|no|never|none|nobody|nothing|neither|nor|cannot", r"|n['’]t\b"),
        ("without", ""),
        ("if|provided|as long as|in case|whether", ""),
        ("only|just|solely|alone", ""),
        ("unless|except|other than|apart from|excluding", ""),
        ("until|till|up to|at most|maximum|at the latest", ""),
        ("at least|minimum|at the earliest", ""),
        (r"more|over|above|longer|later|exceed\w*", ""),
        ("less|fewer|under|below|shorter|earlier|sooner", ""),
        ("before|ahead of|prior to", ""),
        ("within", ""),
        ("outside|inside", ""),
        ("must|has to|have to|had to|needs?|needed|required?|requires|mandatory|obliged", ""),
        ("should|recommended|advised", ""),
        ("expected|likely|planned|plans?|proposed|proposes|announced|intends?|intended", ""),
        ("usually|normally|generally|often|mostly|sometimes|rarely|typically|most|many|some|few", ""),
        ("about|around|approximately|roughly|nearly|almost", ""),
        ("first|last|next|previous|new|old|again", ""),
        ("either|or", ""),
        ("both|all|every|each|any", ""),
    )
)
_PLACE = re.compile(
    r"\b(?:Quebec|Québec|Ontario|British Columbia|Alberta|Manitoba|Saskatchewan|Nova Scotia|New Brunswick|Newfoundland|Labrador|"
    r"Prince Edward Island|Yukon|Nunavut|Northwest Territories|India|China|Mexico|overseas|abroad)\b"
)
_OF_EVERY_TEXT = frozenset("’‘“”–—…")


@dataclass(frozen=True)
class Said:
    """A statement of the answer: its quote, and the model's words for it; "" where the source's own stand."""

    piece: Piece
    text: str = ""

    @property
    def shown(self) -> str:
        return self.text or self.piece.quote


@dataclass(frozen=True)
class Unit:
    """A sentence of a piece: `start` to `end` in its passage, and `whole`, where the sentence that it leans on begins."""

    piece: Piece
    start: int
    end: int
    whole: int

    @property
    def alone(self) -> Piece:
        """It with what it leans on, as a quote of its own."""
        return replace(self.piece, start=self.whole, end=self.end)


@dataclass(frozen=True)
class Group:
    """What the model is given under one number: the sentences of one passage."""

    heading: str
    units: tuple[Unit, ...]


def groups(pieces: Sequence[Piece]) -> list[Group]:
    by_passage: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_passage.setdefault(piece.passage.id, []).append(piece)
    return [Group(of[0].passage.heading, tuple(unit for piece in of for unit in _units(piece))) for of in by_passage.values()]


def _units(piece: Piece) -> list[Unit]:
    text = piece.passage.text
    cut = [(max(s.start, piece.start), min(s.end, piece.end)) for s in spans(text) if s.end > piece.start and s.start < piece.end]
    units: list[Unit] = []
    for start, end in cut:
        leaning = units and leans(text[start:end])
        units.append(Unit(piece, start, end, units[-1].whole if leaning else start))
    return units


class Check:
    """Holds the model's sentences against the sources' for one answer. `told` is what was said so far."""

    def __init__(self, groups: Sequence[Group], told: Sequence[Said]) -> None:
        self._groups = groups
        self.told = list(told)
        self.lead = groups[0].units[0]

    def said(self, sentence: str, numbers: Sequence[int]) -> Said | None:
        """The sentence with its quote, or the source's own sentence that was meant, or None where neither may be shown."""
        if not numbers or not all(1 <= n <= len(self._groups) for n in numbers):
            return None
        units = [unit for n in numbers for unit in self._groups[n - 1].units]
        own = set(terms(sentence))
        nearest = sorted(units, key=lambda unit: -len(own & set(terms(_text(unit)))))
        if plain := _plain(sentence):
            for unit in nearest[:4]:
                if (one := self._worded(plain, unit)) is not None:
                    return one
        meant = nearest[0]
        share = len(own & set(terms(_text(meant)))) / len(own) if own else 0.0
        return self._own(meant) if share >= _NEAR else None

    def untold_of(self, ready: Sequence[Said]) -> Iterator[Said]:
        """Those that say something new; from then on they are told."""
        for one in ready:
            own = set(terms(one.shown))
            if not any(own and len(own & set(terms(before.shown))) / len(own) >= _REPEATED for before in self.told):
                self.told.append(one)
                yield one

    def opens(self, one: Said) -> bool:
        """Whether it says what the first of the sources' sentences does."""
        return one.piece.passage.id == self.lead.piece.passage.id and one.piece.start <= self.lead.start < one.piece.end

    def left_of(self, rest: Sequence[Piece]) -> Iterator[Said]:
        """What was not told yet, in the sources' own words and order; neighbours stay together, and a piece of which nothing was told
        stays as it is."""
        for piece in rest:
            units = [unit for group in self._groups for unit in group.units if unit.piece == piece]
            covered = [self._is_covered(unit) for unit in units]
            if not any(covered):
                runs = [Said(piece)]
            else:
                grouped = groupby(zip(units, covered, strict=True), lambda pair: pair[1])
                runs = [self._run([unit for unit, _ in run]) for told, run in grouped if not told]
            self.told += runs
            yield from runs

    def _run(self, units: Sequence[Unit]) -> Said:
        first = self._own(units[0])
        return replace(first, piece=replace(first.piece, end=units[-1].end))

    def _own(self, unit: Unit) -> Said:
        """The source's own sentence, with what it leans on where that was not said just before."""
        return Said(replace(unit.piece, start=unit.start if self._goes_on(unit) else unit.whole, end=unit.end))

    def _is_covered(self, unit: Unit) -> bool:
        return any(
            one.piece.passage.id == unit.piece.passage.id and one.piece.start <= unit.start and unit.end <= one.piece.end
            for one in self.told
        )

    def _worded(self, sentence: str, unit: Unit) -> Said | None:
        """The sentence over this quote, if that says it."""
        text, quote = unit.piece.passage.text, _text(unit)
        if leans(sentence) and not self._goes_on(unit):
            return None
        opening = _VERDICT.match(quote)
        if (verdict := _VERDICT.match(sentence)) is not None:  # a yes or no is the source's, and only where it stands
            sentence = _capital(sentence[verdict.end() :])
        body = quote[opening.end() :] if opening is not None else quote
        for start in dict.fromkeys((unit.start, unit.whole)):
            evidence = body if start == unit.start else text[start : unit.end]
            if not _keeps_to(sentence, evidence):
                continue
            shown = sentence if opening is None else opening.group() + _as_in(sentence, body)
            gated = gate.judge(shown, [text[start : unit.end]])
            if gated.passes:
                support = min(unit.piece.support, gated.support)
                return Said(replace(unit.piece, start=start, end=unit.end, support=support), shown)
        return None

    def _goes_on(self, unit: Unit) -> bool:
        """Whether what was said last is of this unit or the one before it, so that "it" is understood."""
        if not self.told:
            return False
        last = self.told[-1].piece
        return last.passage.id == unit.piece.passage.id and unit.whole <= last.start and last.end <= unit.end


def _keeps_to(sentence: str, quote: str) -> bool:
    """Whether the sentence keeps to the words of the quote, and to its conditions."""
    own, held = set(terms(sentence)), set(terms(quote))
    if not own or len(own - held) > _NEW_WORDS * len(own) or len(own & held) < _KEPT_WORDS * len(held):
        return False
    if {c for c in sentence if not c.isascii()} - set(quote) - _OF_EVERY_TEXT:  # signs and scripts that terms do not see
        return False
    if any(words.search(quote) and not words.search(sentence) for words in _NARROWING):
        return False
    return not set(_PLACE.findall(quote)) - set(_PLACE.findall(sentence))


def _text(unit: Unit) -> str:
    return unit.piece.passage.text[unit.start : unit.end]


def is_plain(text: str) -> bool:
    """Whether it is words and nothing else: no markup, no address, nothing that cannot be seen."""
    return not (_SPOILT.search(text) or ADDRESS.search(text))


def _plain(sentence: str) -> str:
    """The sentence as it would be shown; "" where it is none, or holds what is no part of one."""
    if not is_plain(sentence) or sentence.endswith("?"):
        return ""
    ended = sentence if sentence[-1] in ".!…" else f"{sentence.rstrip(' ,;:')}."
    return _capital(ended)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _as_in(sentence: str, quote: str) -> str:
    """The sentence with a small first letter where the quote has one."""
    small = sentence[:1].lower() + sentence[1:]
    return small if quote.startswith(small.split(" ", 1)[0] + " ") else sentence
