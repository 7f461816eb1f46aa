"""Whether a passage's opening "Yes:" or "No:" answers a question as it was asked, and the passage without it."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.pieces import Piece
from bot.scope import asks_whether_open
from corpus.sentences import VERDICT, opening_verdict
from index.keywords import terms
from index.search import Hit

_ALIKE = 0.74  # cosine below which a heading is another question than the one asked
_OPEN_QUESTION = re.compile(r"\b(?:what|how|which|when|who|where|why|should|shall)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\b(?:do|does|did|is|are|am|was|were|can|could|will|would|has|have|may|must) "
    r"(?:i|we|he|she|it|they|you|my|our|the|this|that|these|there|a|an|any|canada|ircc|uscis|employers?|h1b|spouses?|wife|husband|kids|children)\b",
    re.IGNORECASE,
)
# Whatever its form, a message with one of these wants a yes or a no: "still taking in 2026", "teer 3, wife open permit possible".
_WANTS_A_WORD = re.compile(
    r"^\W*(?:and |so |but |ok |then )*(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|must|may|any)\b"
    r"|\b(?:still|possible|allowed|accepted|required|right|correct|true|ok|okay|yes|whether|needs?|needed)\b",
    re.IGNORECASE,
)


# "Before or after?" is answered with neither yes nor no.
_EITHER = re.compile(
    r"\b(?:before or after|after or before|inside or outside|outside or inside|now or later|first or later)\b", re.IGNORECASE
)


def asks_for_a_word(question: str) -> bool:
    """Whether the message asks for a yes or a no, rather than naming a thing ("and taxes?") or telling something."""
    if _EITHER.search(question) is not None:
        return False
    if _YES_OR_NO.search(question) is not None or _WANTS_A_WORD.search(question) is not None:
        return True
    return question.rstrip().endswith("?") and len(terms(question)) > 2


def asks_openly(question: str) -> bool:
    """Whether it asks what, how or when, rather than for a yes or a no: whichever comes first. "Does it hit people who …" does not."""
    openly, closed = _OPEN_QUESTION.search(question), _YES_OR_NO.search(question)
    return openly is not None and (closed is None or openly.start() < closed.start())


# Words that turn a question round: "can I come without X?" is answered yes where "do I need X?" is answered no.
_TURNS = re.compile(
    r"\b(?:without|w/o|no|not|never|none|cannot|closed?(?! (?:work )?permit)|ended|over(?! (?:the age|\d))|expired|dead|gone|stopped"
    r"|loo?s(?:e|ing)|refused?|banned|prohibited|illegal|outdated|obsolete"
    r"|(?:giv(?:e|es|ing)|gave) (?:it |that |them )?up|surrender|renounce|forfeit"
    r"|outside|excluded?|excludes|enough|sufficient|suffices?|replaces?|exempt(?:ed)?|keep \w+ out|inadmissible|prevents?|hurts?|harms?"
    r"|cancel\w*|abolish\w*|scrap\w*|revoked?"
    r"|too (?:old|young|late|early|long|short|much|many|few|low|high)"
    r"|(?:do|does|did|is|are|was|were|has|have|had|ca|wo|would|could|should)n['’]?t)\b",
    re.IGNORECASE,
)
_NEED = re.compile(
    r"\b(?:needs?|needed|required?|requires|requirement|must|mandatory|necessary|compulsory|have to|has to)\b", re.IGNORECASE
)
_MATTERS = re.compile(
    r"\b(?:matters?|depends?|affects?|influences?|(?:make|makes|any) (?:a |any |much )?difference|relevant|restricted to|limited to"
    r"|only for|just for|only (?:if|when)|included?|includes|including|count(?:s|ed)? (?:in|towards?))\b",
    re.IGNORECASE,
)


def same_way_round(question: str, hit: Hit) -> bool:
    """Whether a "Yes:" or "No:" under the passage's heading answers the question as it was asked."""
    if asks_openly(question) or not asks_for_a_word(question) or hit.question < _ALIKE:
        return False
    if hit.asked_as in hit.passage.no_verdict:
        return False
    if yes_only_sometimes(question, hit):
        return False
    if asks_whether_open(question) != asks_whether_open(hit.passage.heading):
        return False
    if (_NEED.search(_asking(question)) is None) != (_NEED.search(hit.passage.heading) is None):
        return False  # "Can they go to school?" is answered yes where "do they need a permit for school?" is not
    if (_MATTERS.search(question) is None) != (_MATTERS.search(hit.passage.heading) is None):
        return False  # "Does nationality matter?" is answered no where "can an Indian use it?" is answered yes
    return len(_TURNS.findall(question)) % 2 == len(_TURNS.findall(hit.passage.heading)) % 2


def _asking(message: str) -> str:
    """The sentences of a message that ask, where some end so: "Is it expensive? I need it for payroll" does not ask for a need."""
    asking = [sentence for sentence in re.split(r"(?<=[.?!])\s+", message) if sentence.endswith("?")]
    return " ".join(asking) or message


def yes_only_sometimes(question: str, hit: Hit) -> bool:
    """Whether it is asked whether something always holds ("from any work permit, even a cook's"), and the passage's yes does sometimes; or
    the yes is to another trade: "I am a cybersecurity engineer" for an analyst."""
    said = opening_verdict(hit.passage.text)
    if said is None or _DENIAL.match(said.group()):
        return False
    if (trade := _OF_A_TRADE.match(hit.passage.heading)) is not None and set(terms(trade[1])).isdisjoint(terms(question)):
        return True
    if not _LIMITED.search(said.group()):
        return False
    return _ALWAYS.search(question) is not None and _ALWAYS.search(hit.passage.heading) is None


_OF_A_TRADE = re.compile(r"(?:I am an? |Are )([\w ,-]+?)(?:[.:?]| (?:in|still)\b)")
_ALWAYS = re.compile(
    r"\b(?:any|every|all|always|whatever|whichever|even|everyone|everybody|anyone|anybody|automatic(?:ally)?)\b", re.IGNORECASE
)
_LIMITED = re.compile(
    r"\b(?:cases|often|sometimes|usually|mostly|most|some|many|rule|principle|if|when|but|only|possibly)\b", re.IGNORECASE
)


def turned_round(question: str, hit: Hit) -> bool:
    """Whether both ask for a yes or a no, and the one denies what the other asks, as its heading and the nearest way of asking have it."""
    if _YES_OR_NO.search(question) is None or asks_openly(question) or asks_openly(hit.passage.heading):
        return False
    asked, *ours = (len(_TURNS.findall(text)) % 2 for text in (question, hit.passage.heading, hit.asked_as or hit.passage.heading))
    return asked not in ours


def gives_verdict(hit: Hit) -> bool:
    return opening_verdict(hit.passage.text) is not None


def without_verdict(piece: Piece, written_so: bool = False) -> Piece | None:
    """The piece without an opening "Yes:" or "No:"; None where what is left would no longer say the same, because the opening denies
    or limits it ("No, for most people:"). `written_so`: the brief says that what is asked is answered by what is left."""
    opening, verdict = opening_verdict(piece.quote), VERDICT.match(piece.quote)
    if opening is None:
        return piece
    if written_so and (only := _BUT_ONLY.match(opening.group())) is not None:
        return replace(piece, start=piece.start + only.end())
    if written_so and _ANSWERS_BY_ITSELF.match(opening.group()) and piece.quote[opening.end() :].strip(" -"):
        return replace(piece, start=piece.start + opening.end())
    if verdict is None:
        return None
    rest = piece.quote[verdict.end() :]
    if _DENIAL.search(verdict.group()) and not _DENIAL.search(rest):
        return None
    return replace(piece, start=piece.start + verdict.end())


def without_bare_verdict(piece: Piece) -> Piece | None:
    """The piece without an opening "Yes:" or "No:", also where what is left does not deny by itself: it is true as it stands. None where
    the opening says more, as what is left then lacks a condition."""
    verdict = VERDICT.match(piece.quote)
    return replace(piece, start=piece.start + verdict.end()) if verdict is not None else None


_BUT_ONLY = re.compile(r"yes, but (?=only\b)", re.IGNORECASE)
# "No, for most people:" can be left out of what follows it; "No date can be known:" is what is told.
_ANSWERS_BY_ITSELF = re.compile(r"(?!only\b|no (?!(?:longer|for|in|at|as|by|on|with|if|unless)\b)\w)", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:no|not|never|none|cannot|without|only|closed|ended|stopped|replaced|revoked|expired|removed|dropped|waived)\b|n['’]t\b",
    re.IGNORECASE,
)


def denies(quote: str) -> bool:
    """Whether a sentence denies something, or says that it is over."""
    return _DENIAL.search(quote) is not None
