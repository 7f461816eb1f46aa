"""Say an answer in the language it was asked in: in French from the twins of what it quotes, in others as far as telling that it is
English.

The chain answers in English whatever was asked (bot/tongues.py), and this is its last step. A quote is replaced by the same sentences of
its twin (corpus/twins.py), the bot's own words by those of bot/french_words.py; what has no twin stays English and is said to be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

import Stemmer

from bot import wording
from bot.answer import Answer, Citation, Claim
from bot.check import Checked
from bot.french_words import OWN_WORDS
from bot.joins import fitted
from bot.language import COMFORT, FRENCH, NOTICES, folded, notice
from bot.pieces import Piece
from bot.tongues import Heard
from corpus.model import Passage
from corpus.registry import load_registry
from corpus.twins import Pair, read_words
from corpus.values import values

REST = "Nos documents disent le reste en anglais seulement\u00a0:"
PARTLY = "Une partie de ce qui suit n’existe qu’en anglais dans nos documents."
_FEWEST = 3  # words that tell what is asked; a follow-up has fewer
_SURELY = 0.65  # share of the words in common, by rarity, at which a question is one that a twin is asked by
_IN_CONVERSATION = 0.8  # the same after other messages, where "how long does it take" asks about what those named
_MONTHS = "January February March April May June July August September October November December".split()
_FRENCH_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_DATE = re.compile(rf"\b(?:(\d{{1,2}}) )?({'|'.join(_MONTHS)}) (\d{{4}})\b")
_PATTERNS = [
    (re.compile(re.escape(english).replace(re.escape("{}"), "(.+?)") + r"\Z", re.DOTALL), french) for english, french in OWN_WORDS.items()
]


def fitting(checked: Checked, drafted: Sequence[Sequence[Piece]], twins: Mapping[str, Pair]) -> Checked:
    """What is checked without the second-best passages that have no twin, where the best one has: an answer in one language reads better
    than a little more of it in two."""
    first = {pieces[0].passage.id for pieces in drafted if pieces}
    leading = next((p for p in checked.pieces if p.passage.kind == "section"), None)
    if leading is None or not _has_twin(leading, twins):
        return checked
    kept = tuple(p for p in checked.pieces if _has_twin(p, twins) or p.passage.kind != "section" or p.passage.id in first)
    return replace(checked, pieces=kept)


def speak(answer: Answer, heard: Heard, offered: Iterable[Passage], twins: Mapping[str, Pair]) -> Answer:
    """The English answer as it is given to somebody who asked in another language."""
    answer = answer.model_copy(update={"question": heard.said, "language": heard.language})
    if heard.language == FRENCH:
        return _in_french(answer, heard, offered, twins)
    if answer.citations and all(citation.language == heard.language for citation in answer.citations):
        return answer  # from documents that somebody added in that language
    told = COMFORT[heard.language] if heard.distress else notice(heard.language, heard.said, bool(answer.claims))
    return answer.model_copy(update={"answer": f"{told}\n\n{answer.answer}"})


def read_back(answer: str, twins: Mapping[str, Pair]) -> str:
    """An earlier answer in English: its French sentences in those of the passages that they are twins of."""
    if answer.isascii():
        return answer
    found = [(french, english) for english, french in split_words().items() if french in answer]
    for pair in twins.values():
        for ours, theirs in pair.spans:
            french = pair.twin.text[theirs.start : theirs.end]
            if french in answer:
                found.append((french, pair.english.text[ours.start : ours.end]))
    for french, english in sorted(found, key=lambda both: -len(both[0])):
        answer = answer.replace(french, english)
    return answer


def long_date(iso: str) -> str:
    """An ISO date, month or year in French words: "17 juillet 2023", "juillet 2023", "2023"."""
    return _dated(wording.long_date(iso))


def own_words(text: str) -> str:
    """A sentence of the bot's own, or of a registry, in French; itself where it is none that is known."""
    for pattern, french in _PATTERNS:
        if found := pattern.match(text):
            said = [_dated(_named(own_words(group))) for group in found.groups()]
            return french.format(*said) if said else french
    return split_words().get(text, text)


def _in_french(answer: Answer, heard: Heard, offered: Iterable[Passage], twins: Mapping[str, Pair]) -> Answer:
    claims, citations = _exchanged(answer, twins)
    follow_ups = _follow_ups(answer, citations, heard, offered, twins)
    said = _said(answer, claims, citations, follow_ups)
    if said is None:  # laid out otherwise than with one claim after the other, and not all of it French
        claims, citations, said = answer.claims, answer.citations, [NOTICES[FRENCH], answer.answer]
    names = program_names()
    return answer.model_copy(
        update={
            "answer": "\n\n".join(paragraph for paragraph in said if paragraph),
            "claims": claims,
            "citations": citations,
            "caveats": tuple(own_words(caveat) for caveat in answer.caveats),
            "follow_ups": follow_ups,
            "asks_back": own_words(answer.asks_back),
            "programs": tuple(p.model_copy(update={"name": names.get(p.id, p.name)}) for p in answer.programs),
        }
    )


def _said(answer: Answer, claims: Sequence[Claim], citations: Sequence[Citation], follow_ups: Sequence[str]) -> list[str] | None:
    """The paragraphs of the answer with these claims for its own; None where they are not to be found in it."""
    body = wording.body(answer.claims, answer.citations)
    if body and body in answer.answer:
        before, _, after = answer.answer.partition(body)
        said = [own_words(paragraph) for paragraph in _paragraphs(before)]
        return [*said, *_runs(claims, citations), *(own_words(paragraph) for paragraph in _paragraphs(after))]
    if citations and all(citation.language != FRENCH for citation in citations):
        return None
    text = answer.answer
    for english, french, citation in zip(answer.claims, claims, citations, strict=True):
        text = text.replace(f"{english.text} [{citation.number}]", f"{french.text} [{citation.number}]")
    said = [PARTLY] if any(citation.language != FRENCH for citation in citations) else []
    for paragraph in _paragraphs(text):
        if paragraph.startswith(wording.NEAREST):
            said.append(_nearest(follow_ups))
            continue
        opening, colon, rest = paragraph.partition(":\n")
        said.append(f"{own_words(opening)}\u00a0:\n{rest}" if colon and claims else own_words(paragraph))
    return said


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]


def _exchanged(answer: Answer, twins: Mapping[str, Pair]) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Claims and citations with the twin's words where there is a twin of the very words that are quoted."""
    claims, citations = list(answer.claims), list(answer.citations)
    for at, (claim, citation) in enumerate(zip(answer.claims, answer.citations, strict=True)):
        pair = twins.get(citation.passage_id)
        if pair is None or pair.english.text != citation.passage or claim.text.lower() != citation.quote.lower():
            continue
        place = pair.place(citation.start, citation.end)
        if place is None:
            continue
        passage = pair.passage
        quote = passage.text[slice(*place)]
        shown = {"passage_id": passage.id, "heading": passage.heading, "passage": passage.text, "language": FRENCH}
        citations[at] = citation.model_copy(update={**shown, "quote": quote, "start": place[0], "end": place[1]})
        claims[at] = claim.model_copy(update={"text": quote[:1].upper() + quote[1:], "join": _join(claim.join, quote)})
    return tuple(claims), tuple(citations)


def _join(english: str, quote: str) -> str:
    """What is said in French before a quote."""
    phrase = english if english in OWN_WORDS else f"{english[:-1]},"
    return fitted(own_words(phrase), quote, "\u00a0:") if english else ""


def _runs(claims: Sequence[Claim], citations: Sequence[Citation]) -> Iterator[str]:
    """The claims, those of one language together, the English ones with a word before them."""
    at = 0
    while at < len(claims):
        language = citations[at].language
        end = next((n for n in range(at, len(claims)) if citations[n].language != language), len(claims))
        if language != FRENCH:
            yield REST if at else NOTICES[FRENCH]
        yield wording.body(claims[at:end], citations[at:end])
        at = end


def _follow_ups(
    answer: Answer, citations: Sequence[Citation], heard: Heard, offered: Iterable[Passage], twins: Mapping[str, Pair]
) -> tuple[str, ...]:
    """The questions offered, as far as a twin answers them; for a question that leaves its program open, itself with each program."""
    if answer.status == "clarify" and not answer.claims:
        choices = (question.rsplit(" – ", 1)[-1].rstrip("?") for question in answer.follow_ups)
        return tuple(f"{heard.said.strip(' ?.!')} – {_named(name)}?" for name in choices)
    if answer.asks_back and answer.claims:  # one choice for each claim, in their order
        chosen = zip(answer.follow_ups, citations, strict=False)
        return tuple(citation.heading if citation.language == FRENCH else question for question, citation in chosen)
    if not answer.follow_ups:
        return ()
    found = (twins[passage.id].twin.heading for passage in offered if passage.id in twins)
    return tuple(islice((question for question in found if question.endswith("?")), wording.FOLLOW_UPS))


def _nearest(follow_ups: Sequence[str]) -> str:
    """The list of the nearest questions, as far as they are French."""
    return "\n".join((OWN_WORDS[wording.NEAREST], *(f"- {question}" for question in follow_ups))) if follow_ups else ""


def _has_twin(piece: Piece, twins: Mapping[str, Pair]) -> bool:
    pair = twins.get(piece.passage.id)
    return pair is not None and pair.english.text == piece.passage.text and pair.place(piece.start, piece.end) is not None


def _dated(text: str) -> str:
    """The text with its dates in French."""
    return _DATE.sub(lambda m: " ".join(part for part in (_ordinal(m[1]), _FRENCH_MONTHS[_MONTHS.index(m[2])], m[3]) if part), text)


def _ordinal(day: str | None) -> str:
    return "1er" if day == "1" else day or ""


def _named(text: str) -> str:
    """The text with the names of programs in French."""
    for english, french in _names():
        text = text.replace(english, french)
    return re.sub(r" or (?=[^,]*\Z)", " ou ", text)


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, str], ...]:
    """The English and the French name of each program that has one, the longest first."""
    names = program_names()
    both = [(program.name, names[program.id]) for program in load_registry().programs.values() if program.id in names]
    return tuple(sorted(both, key=lambda pair: -len(pair[0])))


def program_names() -> Mapping[str, str]:
    """What programs are called in French, by id."""
    return _words()["programs"]


def split_words() -> Mapping[str, str]:
    """What splits.toml asks and says, by its English."""
    return _words()["splits"]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, str]]:
    return read_words()


# Questions that a twin is asked by


@dataclass(frozen=True)
class FrenchQuestions:
    """The ways in which the twins are asked for, as stems, with the numbers in them and the English heading that they stand for."""

    asked: tuple[tuple[frozenset[str], frozenset[str], str], ...]
    rarity: Mapping[str, float]

    @classmethod
    def of(cls, twins: Mapping[str, Pair]) -> FrenchQuestions:
        asked = [
            (_stems(question), frozenset(values(question)), pair.english.heading)
            for pair in twins.values()
            if not pair.twin.is_registered
            for question in (pair.twin.heading, *pair.twin.asked)
        ]
        count: dict[str, int] = {}
        for stems, _, _ in asked:
            for stem in stems:
                count[stem] = count.get(stem, 0) + 1
        return cls(tuple(asked), {stem: 1 / n**0.5 for stem, n in count.items()})

    def meant(self, question: str, alone: bool) -> str:
        """The English heading of the twin that is asked for in these words, nearly; "" where none is. `alone`: nothing was said before."""
        stems, numbers = _stems(question), frozenset(values(question))
        if len(stems) < _FEWEST:
            return ""
        best, heading = 0.0, ""
        for held, held_numbers, of in self.asked:
            if held_numbers != numbers:
                continue
            both = sum(self._rarity(s) for s in stems & held)
            share = both / max(sum(self._rarity(s) for s in stems), sum(self._rarity(s) for s in held))
            if share > best:
                best, heading = share, of
        return heading if best >= (_SURELY if alone else _IN_CONVERSATION) else ""

    def _rarity(self, stem: str) -> float:
        return self.rarity.get(stem, 1.0)


_stemmer = Stemmer.Stemmer("french")
_STOPS = frozenset(
    "le la les l un une des du de d au aux en et ou que qu qui est ce c je j il elle on nous vous mon ma mes son sa ses ne n pas se s y a "
    "ai pour par dans sur avec cela ca quel quelle quels quelles comment quand".split()
)


def _stems(text: str) -> frozenset[str]:
    found = re.findall(r"h-?1b|[a-z0-9]+", unicodedata.normalize("NFC", folded(text.replace("’", "'"))))
    return frozenset(_stemmer.stemWord(word.replace("-", "")) for word in found if word not in _STOPS)
