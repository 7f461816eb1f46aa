"""Choose and order whole sentences from the passages found: the extractive answer.

A passage that was written as the answer to the question (a brief's section, an FAQ entry) is given from its first sentence on. From
running prose the sentences that answer best are taken, with the one before where a sentence leans on it. Nothing is reworded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from functools import partial

from bot.answerability import (
    ASKED_SO,
    NEAR_OURS,
    Answerability,
    ahead_of_the_rest,
    is_doubtful,
    probability,
    surely_answers,
    was_found_to_answer,
)
from bot.asked import COUNTED, YEAR, Asked, day_and_numbers, is_asked, is_written_answer
from bot.others import (
    AGE_LIMIT,
    NUMBER_WORDS,
    beside_the_refusal,
    citizenships_in,
    is_of_their_card,
    is_of_their_month,
    is_of_their_stay,
    is_their_age,
    of_another_status,
    of_others,
    people_in,
)
from bot.pieces import Piece, Unit, merged, says_the_same, units_of
from bot.prose import AS_GOOD, TYPED, from_prose, names_given
from bot.scope import asks_for_outcome, asks_to_act, gives_orders
from bot.swaps import place_in, places_in, province_of
from bot.verdicts import (
    asks_for_a_word,
    asks_openly,
    denies,
    gives_verdict,
    same_way_round,
    turned_round,
    without_bare_verdict,
    without_verdict,
    yes_only_sometimes,
)
from corpus.model import GENERAL
from corpus.sentences import VERDICT, opening_verdict
from index.expects import expected, holds
from index.keywords import STOPWORDS, terms
from index.search import Hit

MAX_WORDS = 100  # of an answer; a list may run a little over
WITH_LIST = 150  # words of an answer whose list is asked for
_RELATED = 0.57  # cosine to a question of ours below which a second passage is about something else
_RESEMBLES = 0.65  # or its first sentence answers another question
_LACKS = 0.2  # share of the question's terms: what answers without them answers another question ("quebec pnp how to apply")
# What a sentence is worth as the first that is said, beside its cosine. Fitted to the sentences that the hands of eval/strangers.jsonl of
# whom no reader learned named as the answer, 418 (`python -m eval.tune_leading HOME`).
_ANSWERS, _TYPED_LEADS, _WRITTEN_FIRST = 1.0, 0.4, 0.1
# By how much more a later one is worth: with less it answers as often as the first; and, of 67 sections that open with a yes or no, beside
# one that is asked for: 37 answer with more, and the first in 4, with less 16 and 12.
_CLEARLY, _OVER_A_WORD = 0.05, 0.3
_ASKED_RATHER = 0.08  # cosine by which one of two passages whose question is the one asked answers a nearer one
_CASE_FOR_RULE = 0.15  # in score, how far behind the rule in general the very case that is asked about may lie
_NAMES_ONE = 5  # terms of a message that can be about one thing only
_FIRST_OF_SEVERAL = 65  # words of the best passage where others are nearly as good: what it lacks, the next may hold
_ALSO_YES_OR_NO = ("refusal", "documents")  # sorts of thing that may be asked for with a yes or no: "can I apply again after a refusal?"
# Cosine to its question below which a section's yes or no is not shown at all: of 25 such answers to eval/typed_kept.jsonl, 15 were of the
# section that is asked for; of 83 from there to .79, 69 (November 2026).
_ANOTHER_QUESTION = 0.65
# Share of a sentence's terms that stand in those before it, where it says nothing more: at 0.75 one answer of 1,077 lost a fact.
_TOLD = 0.8
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")


def compose(
    asked: Asked,
    hits: Sequence[Hit],
    answers: Answerability,
    wrong: Callable[[str], str] = lambda _: "",
    budget: int = MAX_WORDS,
) -> list[Piece]:
    """Pieces that answer one question, in reading order, about `budget` words. Empty when there are no hits.

    `wrong` gives the id of the correction that a sentence runs against, or "".
    """
    hits = [said for hit in hits if (said := _without_orders(hit)).sentences]
    if not hits:
        return []
    best = hits[0]
    if best.passage.origin != "brief":
        return from_prose(asked, hits, answers, wrong, budget)
    others = [hit for hit in hits[1:4] if is_written_answer(hit) and hit.score >= best.score - _near(best) and hit.question >= _RELATED]
    others = [hit for hit in others if not of_others(asked, hit) and not beside_the_refusal(asked, hit)]
    if best.passage.unknown:  # what is known of another program is not what is known of this one
        others = [hit for hit in others if hit.passage.program in (best.passage.program, GENERAL)]
    if asked.tense >= 0 and not _is_over(best, asked.day):  # what was true once is no part of what is true now
        others = [hit for hit in others if not _is_over(hit, asked.day)]
    if (meant := next((hit for hit in hits[1:4] if _is_meant(asked, hit, best)), None)) is not None:
        others = [best, *(hit for hit in others if hit is not meant)]
        best = meant
    elif others and others[0].score >= best.score - AS_GOOD * (1 + best.passage.unknown) and _answers_rather(asked, others[0], best):
        best, others[0] = others[0], best
    rest, others = others, [hit for hit in others if not _is_beside(asked, hit, best)]
    # Half a table misleads, and the next passages do not hold the rest.
    first = budget if not others or _has_list(best) else min(budget, _FIRST_OF_SEVERAL)
    pieces = _from_answer(asked, best, answers(asked, best, ahead_of_the_rest(hits)), first, rather=True)
    openly = asked.wants and asked.wants not in _ALSO_YES_OR_NO
    if openly or is_doubtful(best) or not same_way_round(asked.wordings[0], best):
        turned = turned_round(asked.wordings[0], best)
        plain = without_verdict(pieces[0], best.asked_as in best.passage.no_verdict or yes_only_sometimes(asked.wordings[0], best))
        if plain is None and turned and others and others[0].question >= ASKED_SO:  # which is asked too, and not the other way round
            return compose(asked, others, answers, wrong, budget)
        if plain is None and (turned or is_doubtful(best)):  # what stands behind a bare yes or no says it by itself
            plain = without_bare_verdict(pieces[0])
        if plain is None and is_doubtful(best):  # a yes or no that cannot be taken off answers its own question only
            return compose(asked, others or rest, answers, wrong, budget)
        if plain is None and others and turned and not was_found_to_answer(best):
            return compose(asked, others, answers, wrong, budget)  # "Do I lose it?" is not answered "Yes, for a time: you may live there"
        question = asked.wordings[0]
        word = VERDICT.match(pieces[0].quote) is not None
        unasked = asks_openly(question) or best.question < _ANOTHER_QUESTION or word and not asks_for_a_word(question)
        a_word = word or not asks_openly(best.passage.heading)  # "Usually on the day of arrival:" answers "When …?"
        pieces[0] = plain or without_verdict(pieces[0], turned or unasked and a_word) or pieces[0]
    for hit in others:
        left = budget - sum(p.words for p in pieces)
        if left >= 20:
            more = [without_verdict(piece) for piece in _from_answer(asked, hit, answers(asked, hit), min(left, 45))]
            pieces.extend(_new([piece for piece in more if piece is not None], pieces))
    return _once(pieces)


def _without_orders(hit: Hit) -> Hit:
    """A passage that somebody added without its sentences that speak to the program: they say what their writer wants in any answer."""
    if hit.passage.origin == "brief":
        return hit
    return replace(hit, sentences=tuple(scored for scored in hit.sentences if not gives_orders(hit.quoted(scored))))


def _is_beside(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether a further passage is near the best one and answers nothing more: what a thing is, what is not published of one that is, and
    what holds of another program where a message of few words names none, or where the best is of the one that a follow-up goes on about.
    Not if its own question is nearer to the one asked."""
    if hit.question >= best.question or hit.score >= best.score:
        return False
    if hit.passage.unknown and not best.passage.unknown:
        return asked.tense <= 0
    programs = {hit.passage.program, best.passage.program} - {GENERAL}
    another = not asked.programs and len(programs) == 2 and len(terms(asked.wordings[0])) <= _NAMES_ONE
    another = another or best.passage.program in asked.talked_of and not programs <= asked.talked_of
    return another or _DEFINES.match(hit.passage.heading) is not None


def _is_meant(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether another passage stands under the very case that the message names and the best one under the rule in general: for a
    citizenship, a green card, an age, a month, a stay as a visitor, or a family of so many; or tells that an outcome cannot be known where
    the best one says yes or no to something else."""
    if is_of_their_stay(asked, hit, best) or is_of_their_card(asked, hit, best):
        return is_written_answer(hit) and hit.score >= best.score - 2 * _CASE_FOR_RULE  # it shares no word with what they want
    if hit.score < best.score - _CASE_FOR_RULE or not is_written_answer(hit):
        return False
    if hit.passage.unknown:
        alike = hit.passage.program == best.passage.program and gives_verdict(best) and not is_asked(best)
        return alike and asks_for_outcome(asked.wordings[0])
    if is_of_their_month(asked, hit, best):
        return True
    if is_their_age(asked, hit.passage.heading) and AGE_LIMIT.search(best.passage.heading) is None:
        return _asks_what(hit.passage.heading) in ("", _asks_what(asked.wordings[0]))
    people = people_in(asked.said)
    many = people & people_in(hit.passage.heading) and people.isdisjoint(people_in(best.passage.heading))
    # A family of so many may be told of for its fees or its funds.
    of_another_thing = best.passage.source_id != hit.passage.source_id and people & people_in(best.passage.text)
    theirs = citizenships_in(asked.said) & citizenships_in(hit.passage.heading)
    of_theirs = theirs and not theirs & citizenships_in(best.passage.text) and not of_another_status(asked.said, hit.passage.heading)
    if of_theirs and _asks_what(asked.wordings[0]) == _asks_what(best.passage.heading) != _asks_what(hit.passage.heading):
        return False  # "which police certificates do I need, I lived in India": not where the Indian one is got
    return bool(many and not of_another_thing) or bool(of_theirs)


_WHAT = re.compile(r"\b(?:what|which|where|when|why|who|how (?:much|many|long|often|fast)|how)\b", re.IGNORECASE)


def _asks_what(question: str) -> str:
    """The word by which it asks: "which", "how long"; "" for a yes or a no."""
    found = _WHAT.search(question) if asks_openly(question) else None
    return found[0].lower() if found is not None else ""


def _is_over(hit: Hit, day: str) -> bool:
    return bool(hit.passage.valid_until) and hit.passage.valid_until < day


def _answers_rather(asked: Asked, other: Hit, best: Hit) -> bool:
    """Whether, of two passages that are as good, the second is the sort of answer that is asked for and the first is not. What a reader put
    first it has found to answer rather.

    "How many days?" is not answered by "No, a margin is safer: …", nor "does it apply to me?" by what it is. What is not published
    answers a question about what is to come, and no other while something is."""
    question = asked.wordings[0]
    if best.read is not None and (other.read is None or other.read < best.read):
        return False
    if best.passage.unknown and not other.passage.unknown:
        return asked.tense <= 0 and other.question >= best.question and not surely_answers(best)
    unpublished = other.passage.unknown and not best.passage.unknown
    if not unpublished and other.question >= max(ASKED_SO, best.question + _ASKED_RATHER) and other.overlap >= best.overlap:
        return _DEFINES.match(other.passage.heading) is None and other.score >= best.score - AS_GOOD / 2
    if _has_list(other) and not _has_list(best) and any(asks_for_several(wording) for wording in asked.wordings):
        return other.question > best.question - _ASKED_RATHER and other.overlap > best.overlap - _LACKS
    if asks_openly(question) or asks_to_act(question):  # "Can you pay it for me?" is asked of the program, not of the rules
        return gives_verdict(best) and not gives_verdict(other) and other.question > best.question - _ASKED_RATHER
    near = other.question >= best.question - _ASKED_RATHER / 2  # a case of its own is further off than the rule
    return near and asks_openly(best.passage.heading) and gives_verdict(other) and same_way_round(question, other)


_DEFINES = re.compile(r"what (?:is|are|was|were) ", re.IGNORECASE)  # it resembles every question about the thing


def _near(best: Hit) -> float:
    """How far behind the best hit another may lie and still be shown: a sure match stands alone."""
    return 0.12 if best.question > NEAR_OURS else 0.23


def _from_answer(asked: Asked, hit: Hit, support: float, budget: int, rather: bool = False) -> list[Piece]:
    """The passage from its first sentence on; when it is longer than the budget, the first sentence and the nearest others, those
    that hold the sort of thing asked for before the rest. Of a list with one line that is asked for that line comes first, without the
    others, and where a later fact is asked for `rather` than the first, that one comes first. A first sentence that gives another sort of
    thing to a question that the message only resembles ("How long …?") is left out."""
    units = units_of(hit)
    text = hit.passage.text
    nearest = max(units, key=partial(_worth, asked, hit, units[0]))
    if nearest != units[0] and hit.question < _RESEMBLES and expected(hit.passage.heading) not in ("", asked.wants):
        units = [nearest, *(unit for unit in units[1:] if unit != nearest)]
    if (line := _line_asked_for(asked, hit) or _line_of_the_place(asked, hit)) is not None:
        alone = Piece(hit.passage, line.start, line.end, support)
        around = replace(hit, sentences=tuple(s for s in hit.sentences if s.span.kind == "sentence"))
        rest = _from_answer(asked, around, support, budget - line.words) if around.sentences else []
        return [alone, *(plain for piece in rest if (plain := without_verdict(piece)) is not None)]
    named = _names_what_is_asked(asked, hit, units)
    if named is not None and _WHO_IS.match(asked.wordings[0]):
        return [Piece(hit.passage, named.start, named.end, support)]  # and not who the others are
    naming = _holds_now(asked, hit, units) or named
    if rather and (leads := naming or (nearest if _leads(asked, hit, units[0], nearest) else units[0])) != units[0]:
        others = [unit for unit in units if unit.end <= leads.start or leads.end <= unit.start]
        opening = [unit for unit in units[:1] if unit in others and "\n" not in text[unit.start : unit.end]]
        left = budget - leads.words - sum(unit.words for unit in opening)
        behind = _within(asked, text, [unit for unit in others if unit not in opening], left)
        after = [without_verdict(piece, True) for piece in merged(hit.passage, [*opening, *behind], support)]
        return [Piece(hit.passage, leads.start, leads.end, support), *(piece for piece in after if piece is not None)]
    return merged(hit.passage, [units[0], *_within(asked, text, units[1:], budget - units[0].words)], support)


def _within(asked: Asked, text: str, units: Sequence[Unit], budget: int) -> list[Unit]:
    """Of the units those nearest to the question that fit into so many words, those that hold the sort of thing asked for, or name a
    number or a level of the question or the citizenship of who asks, before the rest. A list may take more where one is asked for."""
    chosen: list[Unit] = []
    used = 0
    list_too = max(budget, budget + WITH_LIST - MAX_WORDS) if any(asks_for_several(wording) for wording in asked.wordings) else budget

    def worth(unit: Unit) -> float:
        said = text[unit.start : unit.end]
        typed = bool(asked.wants) and holds(asked.wants, said) or not theirs.isdisjoint(citizenships_in(said))
        typed = typed or not numbers.isdisjoint(COUNTED.findall(said)) or not levels.isdisjoint(_levels(said))
        return unit.cosine + (TYPED if typed else 0.0)

    theirs, levels, (_, numbers) = citizenships_in(asked.said), _levels(asked.wordings[0]), day_and_numbers(asked.wordings[0])
    for unit in sorted(units, key=worth, reverse=True):
        if used + unit.words <= (list_too if "\n" in text[unit.start : unit.end] else budget):
            chosen.append(unit)
            used += unit.words
    return chosen


_LEVEL = re.compile(r"\b(teer|clb|nclc|level|phase|category) ?(\d{1,2})\b", re.IGNORECASE)


def _levels(text: str) -> frozenset[str]:
    """The levels of jobs, of a language and the like that a text names: "TEER 2"."""
    return frozenset(f"{name.lower()} {number}" for name, number in _LEVEL.findall(text))


def _worth(asked: Asked, hit: Hit, first: Unit, unit: Unit) -> float:
    """What a unit of a passage is worth as the first that is said: its cosine, how likely it answers by itself for a reader, that it holds
    the sort of thing asked for, and that it was written to come first."""
    read = hit.alone.get((unit.start, unit.end))
    answers = unit.cosine + (_ANSWERS * probability(read) if read is not None else 0.0)
    typed = asks_openly(asked.wordings[0]) and bool(asked.wants) and holds(asked.wants, hit.passage.text[unit.start : unit.end])
    return answers + (_TYPED_LEADS if typed else 0.0) + (_WRITTEN_FIRST if unit == first else 0.0)


def _leads(asked: Asked, hit: Hit, first: Unit, nearest: Unit) -> bool:
    """Whether a later thing that a passage says comes before its first. Of 878 messages whose section and sentence are known it would do so
    without these bounds in 298, where it answers in 222 and the first in 63 (November 2026)."""
    text = hit.passage.text
    opening, later = (text[unit.start : unit.end] for unit in (first, nearest))
    says_yes_or_no = opening_verdict(text) is not None and not asks_openly(asked.wordings[0])
    if _worth(asked, hit, first, nearest) < _worth(asked, hit, first, first) + (_OVER_A_WORD if says_yes_or_no else _CLEARLY):
        return False
    if (_OTHERS_OF_A_LIST if "\n" in later else _EXCEPTION).match(later) is not None:
        return False
    if asked.day and hit.passage.as_of > asked.day:
        return False  # as of a past day: its first sentence says how things stood, and what came of them follows
    if hit.passage.unknown or is_asked(hit) or hit.asked_as == hit.passage.heading and hit.question >= NEAR_OURS:
        return False  # nothing is published, or what is asked is what the section was written to answer
    several = asks_for_several(asked.wordings[0])
    if several and "\n" in opening or not several and "\n" in later and _FIGURE.search(opening) is not None:
        return False  # who asks for several has them; of a table the line that most ask for stands before it
    if asked.tense >= 0 and not asked.wants and _HAS_ENDED.search(opening) is not None:
        return False  # that nobody can apply any more is told before what else there was
    if (others := citizenships_in(later)) and others.isdisjoint(citizenships_in(asked.said)):
        return False
    if (theirs := people_in(asked.said)) and (others_still := people_in(later)) and theirs.isdisjoint(others_still):
        return False
    return opening_verdict(text) is None or not same_way_round(asked.wordings[0], hit)


_OTHERS_OF_A_LIST = re.compile(r"(?:Other|Earlier|Further|More)\b")
_EXCEPTION = re.compile(r"(?:An exception|Exceptions?|Except|Unless)\b")
_HAS_ENDED = re.compile(r"\b(?:stopped|closed|ended|paused|suspended|revoked|expired|no longer)\b", re.IGNORECASE)


# Who asks so is answered by a list: what one can do, and what it takes.
_ASKS_FOR_SEVERAL = re.compile(
    r"\b(?:options|ways|routes|pathways|choices|alternatives|steps|documents|papers|checklist|requirements|conditions|criteria"
    r"|what (?:all|else)|(?:what|how) (?:to|(?:should|can|must|do) (?:i|we)) (?:do|file|bring|send|apply|start|begin|prepare|submit))\b",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Whether a list answers it, which may then be longer than an answer is otherwise."""
    return _ASKS_FOR_SEVERAL.search(question) is not None


def _holds_now(asked: Asked, hit: Hit, units: Sequence[Unit]) -> Unit | None:
    """Of a section on what held once, the later sentence that says what has held since, where the past is not asked about."""
    if not _is_over(hit, asked.day) or asked.tense < 0 or is_asked(hit) or YEAR.search(asked.said) or _ONCE.search(asked.said):
        return None
    text = hit.passage.text
    return next((unit for unit in units[1:] if _SINCE_THEN.match(text[unit.start : unit.end])), None)


_SINCE_THEN = re.compile(r"Since (?:\d|then)")
_ONCE = re.compile(r"\b(?:before|earlier|previous(?:ly)?|old|used to|was|were|did|had|until|formerly|ago|history)\b", re.IGNORECASE)
_IN_NAMES_OF_PROGRAMS = frozenset(
    "class experience program programme federal provincial skilled skills trades stream pathway pilot plan strategy temporary states "
    "united nominee national number insurance social security notice policy january february march april june july august september "
    "october november december".split()
)


_WHO_IS = re.compile(r"\W*(?:and |so )?who(?:['’]?s| is| was)\b", re.IGNORECASE)


def _names_what_is_asked(asked: Asked, hit: Hit, units: Sequence[Unit]) -> Unit | None:
    """The one later sentence that names a person or a company of whom the message asks and of whom neither the heading nor the first
    sentence speaks: of those whom a section presents, the one that is asked about."""
    text = hit.passage.text
    if len(units) < 2 or opening_verdict(text) is not None:
        return None
    known = f"{hit.passage.heading} {text[units[0].start : units[0].end]}".lower()
    names = {name for name in names_given(asked.wordings[0], text) - _IN_NAMES_OF_PROGRAMS if name not in known}
    naming = [unit for unit in units[1:] if any(name in text[unit.start : unit.end].lower() for name in names)]
    return naming[0] if len(naming) == 1 and "\n" not in text[naming[0].start : naming[0].end] else None


def _has_list(hit: Hit) -> bool:
    return any(scored.span.kind == "item" for scored in hit.sentences)


_PEOPLE_WORDS = frozenset("people ppl persons person members".split())
_FOLLOWS_A_NUMBER = STOPWORDS | frozenset("now please pls total yr yrs year years old single married alone canada express entry".split())


def _line_asked_for(asked: Asked, hit: Hit) -> Unit | None:
    """The one item of a list that is about a number in the question ("family of three": "… for 3 people: …", "age 33": "CRS at age 33:
    …"); None where none or several are. An item is about what stands before its colon, and a number is of what it counts: "two kids" is not
    "2 people"."""
    words = re.findall(r"\d+|[a-z]+", asked.said.lower())
    people = set(map(str, people_in(asked.said)))
    text = hit.passage.text
    about = []
    for scored in hit.sentences:
        head, colon, _ = text[scored.span.start : scored.span.end].partition(":")
        held = set(re.findall(r"(?<![\d.,])\d+(?![\d.,])|[a-z]+", head.lower()))
        alike = any(_counts_alike(words, at, held) for at in range(len(words))) or held & people and held & _PEOPLE_WORDS
        if scored.span.kind == "item" and colon and alike and not _of_another_degree(asked.said, head):
            about.append(scored)
    if len(about) != 1:
        return None
    span = about[0].span
    return Unit(span.start, span.end, about[0].cosine, len(text[span.start : span.end].split()))


def _line_of_the_place(asked: Asked, hit: Hit) -> Unit | None:
    """The one item of a list by province that is about the province, or a city in it, that the question names; None where none is, or the
    list is of something else."""
    place = province_of(place_in(asked.said))
    if not place or province_of(place_in(hit.passage.heading)):
        return None
    text = hit.passage.text
    items = [scored for scored in hit.sentences if scored.span.kind == "item"]
    named = [{province_of(one.lower()) for one in places_in(text[item.span.start : item.span.end])} for item in items]
    theirs = [item for item, places in zip(items, named, strict=True) if place in places]
    if len(theirs) != 1 or sum(map(bool, named)) < len(items):
        return None
    span = theirs[0].span
    return Unit(span.start, span.end, theirs[0].cosine, len(text[span.start : span.end].split()))


_DEGREES = (
    re.compile(r"\bbachelor\w*|\b(?:btech|b\.?tech|undergrad\w*)\b", re.IGNORECASE),
    re.compile(r"\bmaster['’]?s?\b|\b(?:mba|m\.?tech)\b", re.IGNORECASE),
    re.compile(r"\bdoctora\w*|\bph\.?d\b", re.IGNORECASE),
)


def _of_another_degree(said: str, head: str) -> bool:
    """Whether a line is of a degree, and another is named in the question alone."""
    asked, told = ({n for n, degree in enumerate(_DEGREES) if degree.search(text)} for text in (said, head))
    return bool(asked and told) and asked.isdisjoint(told)


def _counts_alike(words: Sequence[str], at: int, held: Set[str]) -> bool:
    """Whether the word at a place is a number that a line's head holds too, of the same thing."""
    number = NUMBER_WORDS.get(words[at], words[at])
    if not number.isdigit() or number not in held:
        return False
    after, before = words[at + 1] if at + 1 < len(words) else "", words[at - 1] if at else ""
    family = at > 1 and before == "of" and words[at - 2] in ("family", "fam", "household")
    people = (family or after in _PEOPLE_WORDS) and not held.isdisjoint(_PEOPLE_WORDS)
    aged = before in ("im", "am", "aged", "turned", "turning") and "age" in held
    return people or aged or not after or after in held or after in _FOLLOWS_A_NUMBER or before in held - STOPWORDS


def _new(pieces: Sequence[Piece], shown: Sequence[Piece]) -> list[Piece]:
    """The pieces that say something the shown ones do not."""
    said = [(set(terms(p.quote)), denies(p.quote)) for p in shown]
    return [p for p in pieces if not any(says_the_same(set(terms(p.quote)), other) and denies(p.quote) is denied for other, denied in said)]


def _once(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without those of which everything was said: their words, their numbers, and that they deny. A list stays."""
    kept: list[Piece] = []
    for piece in pieces:
        own, said = set(terms(piece.quote)), [one.quote for one in kept]
        held = {term for quote in said for term in terms(quote)}
        told = len(own & held) >= _TOLD * len(own) and set(_FIGURE.findall(piece.quote)) <= {f for q in said for f in _FIGURE.findall(q)}
        denied = not denies(piece.quote) or any(map(denies, said))
        if not (kept and own and told and denied) or "\n" in piece.quote:
            kept.append(piece)
    return kept
