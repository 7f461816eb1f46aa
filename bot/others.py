"""Whether a passage is about another person, age, number, relative, country, year, month or time than the question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

from bot.asked import YEAR, Asked, day_and_numbers, is_asked, is_written_answer, years_among
from bot.scope import asks_of_the_us
from corpus.model import GENERAL, UNITED_STATES
from corpus.sentences import opening_verdict
from corpus.timeline import written_later
from index.expects import holds
from index.keywords import stem, terms
from index.search import Hit


def of_others(asked: Asked, hit: Hit) -> bool:
    """Whether the question names a citizenship, an age, a family of so many, a country's employer or paper, and the passage's heading only
    others."""
    if of_another_age(asked, hit) or of_another_number(asked, hit) or of_another_country(asked, hit):
        return True
    named = citizenships_in(asked.said)
    held = citizenships_in(hit.passage.heading) if named else frozenset()
    return bool(held) and not named & held and _OF_EVERY_NATIONALITY.search(hit.passage.text) is None


_OF_EVERY_NATIONALITY = re.compile(
    r"\b(?:every|any|all|whatever the|no matter the) nationalit\w+\b|\bnationality does not matter\b", re.IGNORECASE
)


def of_another_number(asked: Asked, hit: Hit) -> bool:
    """Whether the question speaks of so many people, and the passage's heading of others."""
    many = people_in(asked.said)
    return bool(many) and bool(other := people_in(hit.passage.heading)) and many.isdisjoint(other)


def of_another_time(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on what was before a day, and the question on what is since one, or the other way round."""
    sides = [frozenset(side for side, said in _SIDES.items() if said.search(text)) for text in (asked.said, hit.passage.heading)]
    return all(len(side) == 1 for side in sides) and sides[0] != sides[1]


def of_what_was(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on what was until a day ("did green-card holders need an eTA before April 2022"), and nothing in the
    question looks back."""
    heading = hit.passage.heading
    if not (_ASKS_OF_THE_PAST.search(heading) and _SIDES["before"].search(heading)) or written_later(heading, asked.day):
        return False
    return asked.tense >= 0 and not (_ASKS_OF_THE_PAST.search(asked.said) or _A_YEAR.search(asked.said))


_ASKS_OF_THE_PAST = re.compile(r"\b(?:did|was|were|had|used to|before|until|earlier|previous(?:ly)?|old(?:er)?|back then)\b", re.IGNORECASE)
_A_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTHS = {
    name[:3].lower(): name for name in "January February March April May June July August September October November December".split()
}
_BY_NAME = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_SOME_DAY = rf"(?:the )?(?:20\d\d\b|(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?)?{_BY_NAME}\b)"
_SIDES = {
    "before": re.compile(rf"\b(?:before|until|till|prior to|up to) {_SOME_DAY}", re.IGNORECASE),
    "since": re.compile(rf"\b(?:after|since|from|starting|as of|as from) {_SOME_DAY}", re.IGNORECASE),
}


def of_another_age(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on those over (or under) an age, and every age that the question gives lies on the other side."""
    beyond = _beyond_its_limit(asked, hit.passage.heading)
    return bool(beyond) and all(beyond)


def is_their_age(asked: Asked, heading: str) -> bool:
    """Whether a heading is on those over (or under) an age, and every age that the question gives lies on that side."""
    beyond = _beyond_its_limit(asked, heading)
    return bool(beyond) and not any(beyond)


def _beyond_its_limit(asked: Asked, heading: str) -> list[bool]:
    """Of each age that the question gives whether it lies on the other side of the one that a heading names; none where it names none."""
    limit = AGE_LIMIT.search(heading)
    ages = [int(found[1] or found[2]) - (_COMING.search(found[0]) is not None) for found in _AGED.finditer(asked.said)] if limit else []
    return [age < int(limit[2]) if limit[1].lower() == "over" else age >= int(limit[2]) for age in ages] if limit else []


AGE_LIMIT = re.compile(r"\b(over|under) (\d{1,2})\b(?![,.]?\d)", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:daughter|son|kid|child|boy|girl|she|he|i am|i'?m|who) "
    r"(?:is |turns? |turned |will be |turning )?(?:now |already |only |just )?(\d{1,2})\b"
    r"(?! ?(?:%|days?|weeks?|months?|hours?|points?|people|years? (?:in|of|at|on)))|\b(\d{1,2})[ -]?(?:years?|yrs?|yr|y)[ -]?(?:old|o)\b",
    re.IGNORECASE,
)
_COMING = re.compile(r"\b(?:turns?|turning|will be)\b", re.IGNORECASE)  # who turns 22 is 21


_KIN = {
    "spouse": re.compile(r"\b(?:wife|husband|hubby|spouses?|partner|fianc[eé]e?|girlfriend|boyfriend)\b", re.IGNORECASE),
    "child": re.compile(r"\b(?:sons?|daughters?|kids?|child(?:ren)?|baby|toddler|stepchildren|stepson|stepdaughter)\b", re.IGNORECASE),
    "parent": re.compile(r"\b(?:parents?|mother|father|mom|mum|dad|grandparents?|in-laws?)\b", re.IGNORECASE),
    "sibling": re.compile(r"\b(?:brothers?|sisters?|siblings?)\b", re.IGNORECASE),
    "other": re.compile(r"\b(?:cousins?|nephews?|nieces?|uncles?|aunts?)\b", re.IGNORECASE),
}


@lru_cache(4096)  # of headings, and of one question beside each of them
def _kin(text: str) -> frozenset[str]:
    return frozenset(kin for kin, named in _KIN.items() if named.search(text))


def of_another_relative(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on another relative than the question names: a child of over 22 where a sister is meant."""
    meant, told_of = _kin(asked.wordings[0]), _kin(hit.passage.heading)
    return len(meant) == 1 and bool(told_of) and meant.isdisjoint(told_of) and not is_asked(hit)


def of_theirs(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading names a citizenship that the question names."""
    named = citizenships_in(asked.said)
    return bool(named) and not named.isdisjoint(citizenships_in(hit.passage.heading))


def of_another_birth(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on who is born in Canada, and the question on who is born elsewhere, or the other way round."""
    where = [{place.lower() == "in canada" for place in _BIRTH.findall(text)} for text in (asked.wordings[0], hit.passage.heading)]
    return all(len(one) == 1 for one in where) and where[0] != where[1]


_BIRTH = re.compile(r"\b(?:born|birth) ((?:in|outside) (?!19|20)[\w-]+|abroad)", re.IGNORECASE)


def of_another_country(asked: Asked, hit: Hit) -> bool:
    """Whether the passage, or the yes that it opens with, is on an employer of the one of the two countries where the question is on one of
    the other; or the passage on what is Canada's where what is the United States' is asked about."""
    heading, opening = hit.passage.heading, opening_verdict(hit.passage.text)
    if is_asked(hit):
        return False
    meant, told_of = _employers(asked.wordings[0]), _employers(heading) or _employers(opening.group() if opening is not None else "")
    if len(meant) == 1 and told_of and meant.isdisjoint(told_of):
        return True
    american = hit.passage.program.startswith(UNITED_STATES) or _AMERICAN.search(heading) is not None
    return not american and asks_of_the_us(asked.wordings[0])


_EMPLOYER = r"(?:compan(?:y|ies)|employers?|firms?|start-?ups?|clients?|business(?:es)?|boss)"
_CANADIAN_PLACE = r"canada|toronto|vancouver|montr[eé]al|ottawa|calgary|edmonton|waterloo|halifax|winnipeg|ontario|qu[eé]bec|alberta"
_US_PLACE = r"(?:the )?(?:us|u\.s\.|usa|united states)|america|california|texas|new york|new jersey|seattle|silicon valley|boston|chicago"
_EMPLOYERS = {
    country: re.compile(rf"\b(?:{adjective}|{place})(?:[ -][\w-]+)? {_EMPLOYER}\b|\b{_EMPLOYER} (?:in|of) (?:{place})\b", re.IGNORECASE)
    for country, adjective, place in (("canada", "canadian", _CANADIAN_PLACE), ("us", "american", _US_PLACE))
}
_AMERICAN = re.compile(r"\b(?:us|u\.s\.|american?|united states|green[ -]cards?)\b", re.IGNORECASE)


@lru_cache(4096)  # of headings, and of one question beside each of them
def _employers(text: str) -> frozenset[str]:
    """Of which of the two countries a text names an employer."""
    return frozenset(country for country, named in _EMPLOYERS.items() if named.search(text))


def beside_the_refusal(asked: Asked, hit: Hit) -> bool:
    """Whether it is asked what follows a refusal, and the passage tells of none, or of one in a program that the question does not name."""
    named = {GENERAL, *(program for program, _ in asked.programs)}
    return asked.wants == "refusal" and not (hit.passage.program in named and holds(asked.wants, hit.passage.text))


def counts_others(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether a number of people of one citizenship is asked for, and these passages, which speak of no such people, count others."""
    named = citizenships_in(asked.wordings[0]) if asked.wants == "number" else frozenset()
    return bool(named) and all(named.isdisjoint(citizenships_in(hit.passage.text)) for hit in hits)


# Citizenships that a heading singles out, each with the country. "A Mexican citizen can …" is no answer for an Indian one.
_CITIZENS = {
    stem(word): pair
    for pair in (
        "india indian,china chinese,mexico mexican,philippines filipino,brazil brazilian,nepal nepali,pakistan pakistani,korea korean,"
        "bangladesh bangladeshi,japan japanese,taiwan taiwanese,iran iranian,nigeria nigerian,vietnam vietnamese,france french,"
        "germany german,uk british,ireland irish,australia australian"
    ).split(",")
    for word in pair.split()
}
_OF_THE_US = re.compile(
    r"\b(?:citizens? of (?:the )?(?:us|usa|u\.s\.|united states|america)|(?:us|usa|u\.s\.|american) (?:citizen|passport)s?)\b",
    re.IGNORECASE,
)
_NATIONAL = re.compile(r"\b(?:citizen|citizenship|passport|national)s?\b", re.IGNORECASE)
_BORN = re.compile(r"\bborn (?:and (?:raised|brought up) )?in [\w']+", re.IGNORECASE)


@lru_cache(4096)  # of headings, and of one question beside each of them
def citizenships_in(text: str) -> frozenset[str]:
    """Those that a text names. Where somebody was born does not count beside a citizenship."""
    text, of_the_us = _OF_THE_US.subn(" ", _BORN.sub(" ", text) if _NATIONAL.search(text) else text)
    return frozenset(_CITIZENS[t] for t in terms(text) if t in _CITIZENS) | (frozenset({"us american"}) if of_the_us else frozenset())


_GREEN_CARD = re.compile(r"\b(?:us |u\.s\. |american )?(?:green[ -]?card|lawful permanent resident|lpr)\b", re.IGNORECASE)


def of_another_status(said: str, heading: str) -> bool:
    """Whether a heading is of those on H-1B alone where somebody with a green card asks."""
    return _GREEN_CARD.search(said) is not None and _GREEN_CARD.search(heading) is None and "H-1B" in heading


_OF_ME = re.compile(
    r"\b(?:i['’]?m|i am|we['’]?re|we are|i (?:hold|have|got)|i['’]ve|my (?:passport|citizenship|nationality)|as an?)\b", re.IGNORECASE
)
_SOMEBODY_ELSE = re.compile(r"\b(?:he|she|his|her|they|their|friend|co-?worker|coll?eague|people|citizens?|nationals?)\b", re.IGNORECASE)


def told_of_the_asker(question: str, before: Sequence[str]) -> tuple[str, ...]:
    """What the messages before told last of whose citizen, or of what card, the asker is, where this one speaks of no such thing and of
    nobody else; that a permit has expired; that they are visitors; and how many they are, where a sum is asked for."""
    sentences = [sentence for message in reversed(before) for sentence in re.split(r"(?<=[.?!])\s+", message)]
    told: tuple[str, ...] = next(((sentence,) for sentence in sentences if says_it_expired(sentence)), ())
    if _OF_A_SUM.search(question) and not people_in(question) and not _FOR_ONE.search(question):
        told += next(((sentence,) for sentence in sentences if people_in(sentence) and not _SOMEBODY_ELSE.search(sentence)), ())
    if not _PERMITTED.search(" ".join((question, *before[-1:]))):
        told += next(((sentence,) for sentence in sentences if _AS_VISITOR.search(sentence)), ())
    if citizenships_in(question) or _GREEN_CARD.search(question) or _kin(question) or _SOMEBODY_ELSE.search(question):
        return told
    mine = (sentence for sentence in sentences if _OF_ME.search(sentence) and not _kin(sentence))
    return (*told, *next(((sentence,) for sentence in mine if citizenships_in(sentence) or _GREEN_CARD.search(sentence)), ()))


_OF_A_SUM = re.compile(r"\b(?:how much|money|funds?|bank|balance|fees?|costs?|price|total)\b", re.IGNORECASE)
_FOR_ONE = re.compile(r"\b(?:alone|single|only me|just me|one person|per person|each|he|she|his|her|parents?|mom|dad)\b", re.IGNORECASE)


def is_of_their_card(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether somebody who told of a green card asks, and this passage is on such people where the best one speaks of none."""
    if _GREEN_CARD.search(asked.said) is None or _GREEN_CARD.search(asked.wordings[0]):
        return False
    return _alone_is_on(_CARD_HOLDERS, _GREEN_CARD, hit, best)


def _alone_is_on(them: re.Pattern[str], spoken: re.Pattern[str], hit: Hit, best: Hit) -> bool:
    """Whether this passage is on `them`, by its heading, and the best one, on the same program, has not `spoken` of such people."""
    if hit.passage.program != best.passage.program or them.search(hit.passage.heading) is None:
        return False
    return spoken.search(f"{best.passage.heading}\n{best.passage.text}") is None


_CARD_HOLDERS = re.compile(r"\bgreen[ -]card holders?\b|\blawful permanent residents?\b", re.IGNORECASE)
_RAN_OUT = re.compile(
    r"\b(?:expired|ran out|lapsed)\b.{0,16}\b(?:ago|last|already|yesterday)\b"
    r"|\b(?:has|have|is|already|just|it) (?:already )?(?:expired|run out|lapsed)\b",
    re.IGNORECASE,
)
_IN_TIME = re.compile(r"\b(?:appl\w+|filed?|renew\w*|exten\w+|pending|submitted|before|in time|restor\w+)\b", re.IGNORECASE)
_WHILE_IT_LASTS = re.compile(
    r"^(?!.*\b(?:restor\w+|expired)\b).*\b(?:expires|renew\w*|extend|extension|while .*(?:decided|pending))\b", re.IGNORECASE
)


def says_it_expired(text: str) -> bool:
    """Whether a permit is said to have expired, and nothing to have been filed."""
    return _RAN_OUT.search(text) is not None and _IN_TIME.search(text) is None


def of_what_has_not_ended(asked: Asked, hit: Hit) -> bool:
    """Whether a permit is said to have expired, and the passage's heading is on what is done while it lasts."""
    return says_it_expired(asked.said) and _WHILE_IT_LASTS.search(hit.passage.heading) is not None and not is_asked(hit)


_SO_MANY = re.compile(
    r"\b(?:family|fam|household|couple) of (\w+)|\b(\w+) (?:people|ppl|persons?|members|family members|of us)\b", re.IGNORECASE
)
_PARTNER = r"(?:wife|husband|hubby|spouse|partner)"
_COUPLE_AND = re.compile(
    rf"\b(?:couple|(?:two|2) (?:parents|adults)|{_PARTNER})\W+(?:(?:and|with|plus|n)\W+)?(\w+)(?: or (\w+))? (?:kids?|child(?:ren)?)\b",
    re.IGNORECASE,
)
_US_TWO = re.compile(
    rf"\b(?:me|myself|i)\W+(?:and|n|plus|&|with)\W+(?:my )?{_PARTNER}\b|\b{_PARTNER}\W+(?:and|n|plus|&)\W+(?:i|me|myself)\b", re.IGNORECASE
)
# "I'm alone with my daughter": two, where nobody else is named.
_AND_ONE_CHILD = re.compile(
    r"\b(?:me|myself|alone|single (?:mother|mom|mum|father|dad|parent))\W+(?:(?:and|n|plus|&|with|of)\W+)?(?:my |an? |one )?"
    r"(?:daughter|son|kid|child|baby)\b",
    re.IGNORECASE,
)
_SMALL = {"no": 0, "without": 0, "a": 1, "one": 1}
NUMBER_WORDS = {word: str(n) for n, word in enumerate("two three four five six seven eight nine ten".split(), 2)}


@lru_cache(4096)  # of headings, and of one question beside each of them
def people_in(text: str) -> frozenset[int]:
    """How many people a text may speak of: a family of so many, a couple with so many children, "me and my wife" or "alone with my son"."""
    many = [_count(word) for found in _SO_MANY.finditer(text) for word in found.groups() if word]
    with_children = [_count(word) for found in _COUPLE_AND.finditer(text) for word in found.groups() if word]
    alone = {2} if _US_TWO.search(text) and _kin(text) == {"spouse"} else frozenset[int]()
    alone |= {2} if _AND_ONE_CHILD.search(text) and "spouse" not in _kin(text) else frozenset[int]()
    return frozenset([n for n in many if n] + [2 + n for n in with_children if n is not None]) | alone


def _count(word: str) -> int | None:
    word = word.lower()
    if word in _SMALL:
        return _SMALL[word]
    digits = NUMBER_WORDS.get(word, word)
    return int(digits) if digits.isdigit() and len(digits) <= 2 else None


_NUMBERS = ("number", "amount", "points")


def of_no_such_year(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether a number of a year is asked for, and none of these passages names that year, a span of years or was published in it."""
    years = years_among(day_and_numbers(asked.wordings[0])[1]) if asked.wants in _NUMBERS else frozenset()
    if not years:
        return False
    return not any(hit.passage.as_of[:4] in years or _speaks_of(years, hit.passage.text) for hit in hits)


_YEARS_ON = re.compile(r"(?:19|20)\d\d ?(?:to|and|until|[-–]) ?(?:the )?(?:19|20)\d\d")


def _speaks_of(years: Set[str], text: str) -> bool:
    """Whether a text names one of these years, or a span of years."""
    return _YEARS_ON.search(text) is not None or not years.isdisjoint(YEAR.findall(text))


_FIGURES = re.compile(
    r"\b(?:cut-?offs?|scores?|crs|fees?|costs?|prices?|nominations?|allocations?|quotas?|caps?|registrations?|invit\w+|funds|savings|wages?)\b",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"\b(?:i|i'?m|i'?ve|my|me|we|our|us|he|she|his|her|they|their|wife|husband|son|daughter)\b", re.IGNORECASE)


def of_another_year(asked: Asked, hit: Hit) -> bool:
    """Whether a figure of a year gone by is asked for, and the passage, which was written as an answer, speaks of no such year: what a fee
    was in 2021 is not what it is. A year in somebody's own life ("gave biometrics in 2019") is not asked of."""
    years = _years_asked_of(asked.wordings[0], asked.day[:4]) if is_written_answer(hit) else frozenset()
    if not years or not (asked.wants in _NUMBERS or _FIGURES.search(asked.wordings[0])):
        return False
    return years.isdisjoint(YEAR.findall(hit.passage.heading)) and not _speaks_of(years, hit.passage.text)


@lru_cache(64)
def _years_asked_of(question: str, now: str) -> frozenset[str]:
    """The years before `now` in the parts of a question that speak of nobody."""
    parts = (part for part in re.split(r"[.,;:?!]\s", question) if not _OF_SOMEBODY.search(part))
    return frozenset(year for part in parts for year in YEAR.findall(part) if year < now)


_OF_ONE_DAY = re.compile(r"\b(?:cut-?offs?|scores?|rounds?|draws?|invit\w+)\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\.?,? (20\d\d)\b", re.IGNORECASE)


def is_of_their_month(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether a round of some month is asked about, and this passage on the same program tells of that month where the best does not."""
    question = asked.wordings[0]
    months = _months(question) if _OF_ONE_DAY.search(question) and hit.passage.program == best.passage.program else frozenset()
    return bool(months & _months(hit.passage.text)) and months.isdisjoint(_months(best.passage.text))


_PERMITTED = re.compile(r"\b(?:permits?|pr|permanent residen\w+|employer|job offer|owp|lmia)\b", re.IGNORECASE)
_AS_VISITOR = re.compile(
    r"\bas (?:an? )?(?:visitor|tourist)\b|\b(?:i'?m|i am|we are|we'?re) (?:only |just |still )?(?:an? )?(?:visitors?|tourists?)\b"
    r"|\b(?:on|with|have|got) (?:an? |my |our )?(?:visitor|tourist) (?:visas?|status|record)\b",
    re.IGNORECASE,
)
_OF_VISITORS = re.compile(r"\b(?:visit\w*|tourists?)\b", re.IGNORECASE)


def is_of_their_stay(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether somebody asks who is in Canada as a visitor, and this passage on the same program is on visitors where the best speaks of
    none: what holds for workers does not hold for them."""
    return _AS_VISITOR.search(asked.said) is not None and _alone_is_on(_OF_VISITORS, _OF_VISITORS, hit, best)


def month_not_held(question: str, texts: Iterable[str]) -> str:
    """The month and year of which a round, a draw or a score is asked, "October 2026", where none of the texts tells of it; else ""."""
    asked = list(_MONTH.finditer(question)) if _OF_ONE_DAY.search(question) else []
    if len(asked) != 1 or _months(asked[0][0]) & _months("\n".join(texts)):
        return ""
    return f"{_MONTHS[asked[0][1].lower()]} {asked[0][2]}"


def _months(text: str) -> frozenset[tuple[str, str]]:
    return frozenset((month.lower(), year) for month, year in _MONTH.findall(text))
