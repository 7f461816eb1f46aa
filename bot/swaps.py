"""Ask the last question again with one thing changed: "and bc?", "what about chinese citizens?", "and if we are 4?".

`bot/followups.py` calls it first: a fragment that names nothing but a place, a nationality, a relative or a number says what is to be
put in the place of the last question's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.keywords import words

# "Has Ottawa announced it", "Ottawa says": the government.
_OTTAWA = r"(?<!has )(?<!did )(?<!does )(?<!will )ottawa(?! (?:has|will|says?|said|announce\w*|publish\w*|plans?|wants?)\b)"
_PROVINCES = {  # by what they and their cities are called
    "ontario": rf"{_OTTAWA}|ontario|toronto|waterloo",
    "quebec": r"qu[eé]bec|montr[eé]al",
    "british columbia": r"british columbia|b\.?c\.?|vancouver|victoria",
    "alberta": r"alberta|calgary|edmonton",
    "saskatchewan": r"saskatchewan|sask|saskatoon|regina",
    "manitoba": r"manitoba|winnipeg",
    "nova scotia": r"nova scotia|halifax",
}
_PLACES = "|".join((*_PROVINCES.values(), r"new brunswick|newfoundland|prince edward island|pei|yukon|nunavut|northwest territories"))
_COUNTRIES = (
    "india|china|mexico|pakistan|bangladesh|nepal|sri lanka|nigeria|ghana|kenya|egypt|iran|turkey|brazil|colombia|philippines|vietnam|"
    "korea|south korea|japan|taiwan|hong kong|singapore|uk|france|germany|italy|spain|russia|ukraine|israel|australia|the us|usa|the usa"
)
_NATIONALITIES = (
    "indian|chinese|mexican|american|pakistani|bangladeshi|nepali|sri lankan|nigerian|ghanaian|kenyan|egyptian|iranian|turkish|"
    "brazilian|colombian|filipino|vietnamese|korean|japanese|taiwanese|singaporean|british|french|german|italian|spanish|russian|"
    "ukrainian|israeli|australian"
)
_RELATIVES = (
    "wife|husband|spouse|partner|son|daughter|kids?|child|children|parents?|mother|father|mom|dad|brother|sister|family|fianc[eé]e?"
)


@dataclass(frozen=True)
class _Kind:
    """What can take each other's place, and how one is added to a question that has none; "" where it is not."""

    value: re.Pattern[str]
    added: str = ""


def _kind(pattern: str, added: str = "") -> _Kind:
    return _Kind(re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE), added)


_ACTIVITIES = "work(?:ing)?|stud(?:y|ying)|travel(?:l?ing)?|visit(?:ing)?|live|living|immigrate|retire"
_ORDINALS = "first|second|third|fourth|fifth|last|latest|other|next|previous"
_KINDS = (
    _kind(_PLACES, "in {}"),
    _kind(
        rf"(?:an? |the )?(?:(?:{_NATIONALITIES}|us|uk) (?:citizens?|nationals?|passport ?holders?|passports?|people)|"
        rf"us green card(?: ?holders?)?)|(?:{_NATIONALITIES})s?",
        "for {}",
    ),
    _kind(_COUNTRIES, "for people from {}"),
    _kind(
        rf"(?:(?:my|our|his|her|their|the) )?"
        rf"(?:\d+[- ]?(?:years?|yrs?|yo)[- ](?:old )?|own |adult |minor |young |common[- ]law |h-?4 )*(?:{_RELATIVES})"
        rf"(?: (?:of |aged? )?\d+ ?(?:years?|yrs?|yo)\b(?: old)?)?"
    ),
    _kind(_ACTIVITIES),
    _kind(rf"(?:the )?(?:{_ORDINALS}) (?:one|two|category|round|draw|stage|step|part|type|kind|year)"),
)
# "The last STEM draw" – "and the first one?".
_ONE_IN_A_ROW = re.compile(rf"(?:the )?({_ORDINALS}) ones?", re.IGNORECASE)
_IN_A_ROW = re.compile(rf"\b({_ORDINALS}) (?:[\w-]+ ){{0,3}}(?:draws?|rounds?|selections?)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"^\W*(?:(?:and|or|but|also|so|ok(?:ay)?|then|now|no|not|sorry|thanks|thx|hmm|actually|(?:what|how) (?:about|abt|bout)|what if|same|"
    r"is it the same)\b[\s,.!-]*)*",
    re.IGNORECASE,
)
_AROUND = frozenset(
    "for in of from with to at if i am im we are its it is he she they you the a an then too also as well instead about someone somebody "
    "who has have having holders holder people person persons us only just say that are same actually really now make "
    "coworker coworkers colleague colleagues "
    "friend friends teammate manager mine my our ours another other".split()
)
_PEOPLE = r"(?:people|persons?|applicants?|members?|adults?|of us|we are)"
_IN_A_COUNTRY = re.compile(rf"in (?:{_COUNTRIES})", re.IGNORECASE)
# "US experience" – "and Canadian one?": what a noun of the last question is told apart by.
_TELLING_APART = (
    r"us|u\.s\.|american|usa|canadian|indian|foreign|overseas|domestic|local|provincial|federal|temporary|permanent|"
    r"full[- ]time|part[- ]time|paper|online|open|closed|english|french"
)
_ANOTHER_ONE = re.compile(rf"(?:(?:an?|the|my|our) )?({_TELLING_APART}) ones?", re.IGNORECASE)
_HEADS = r"(?:people|persons?|applicants?|members?|adults?|kids?|children|years?|months?|days?|of us|family members)"
_NUMBER = re.compile(
    rf"(?<![\w$.,-])(?:\d[\d,]*(?![\w.-])|(?:two|three|four|five|six|seven|eight|nine|ten)\b|one(?= {_HEADS}))", re.IGNORECASE
)
_APART = re.compile(rf"(?<![\w-])({_TELLING_APART})(?= [a-z-]{{3,}})", re.IGNORECASE)
_COUNTRY_OF = {"us": "the US", "u.s.": "the US", "usa": "the US", "american": "the US", "canadian": "Canada", "indian": "India"}
_FROM_A_COUNTRY = re.compile(rf"\b(?:from|of) ((?:the )?(?:{_COUNTRIES}|canada))(?![\w-])", re.IGNORECASE)
_WE_ARE = re.compile(
    rf"\bwe(?:['’]re| are| were| r| will be| would be| become)"
    rf"(?: (?:actually|now|only|just|really|total))*,? ({_NUMBER.pattern})(?! (?:years?|months?|days?)\b)",
    re.IGNORECASE,
)
_FOR_OTHERS = re.compile(rf" for (?:people from (?:{_COUNTRIES})|(?:{_NATIONALITIES}) (?:citizens|nationals|people))$", re.IGNORECASE)
_CARD = re.compile(r"^(?:an? |the )?(us green card)$", re.IGNORECASE)
_ONE_PERSON = re.compile(r"(?<=^ )person\b", re.IGNORECASE)
_PHRASE = re.compile(r"(for|in|with|from|at|on)(?: (?:an?|the|my|our))?(?: [\w'-]+){1,3}", re.IGNORECASE)
_ANY_PLACE = re.compile(rf"(?<![\w-])(?:{_PLACES}|canada|(?:the )?(?:usa|united states|states)|america)(?![\w-])", re.IGNORECASE)
TWO_PLACES = re.compile(
    rf"(?<![\w-])({_PLACES})\s*(?:\bvs\b\.?|\bversus\b|\bor\b|\band\b|&|/|,)\s*(?:in |for )?({_PLACES})(?![\w-])", re.IGNORECASE
)
_CIRCUMSTANCE = re.compile(
    r"(?:in|by|at|from|via|through|during|on|inside|outside|within)(?: (?:an?|the|my|our))?(?: [\w'-]+){1,3}", re.IGNORECASE
)
_AN_ANSWER = re.compile(r"\b(?:case|that|this|it|which|what|where|when|how|general|total|then)\b", re.IGNORECASE)  # "in that case"
_FOR = re.compile(r"for(?: (?:an?|the|my|our|his|her|their))?(?: [\w'’-]+){1,3}", re.IGNORECASE)
# "A permit for me and my wife" – "and for 2 kids": they come to the others, and do not take their place.
_ADDS = re.compile(r"\W*(?:and|plus|with|also)\b", re.IGNORECASE)
_KIDS = re.compile(
    r"(?:for |with )?((?:\d|one|two|three|four|five|my|our|the|a) (?:\w+ )?(?:kids?|child(?:ren)?|sons?|daughters?))", re.IGNORECASE
)
_PARTNER = r"(?:wife|husband|spouse|partner)"
_FOR_ADULTS = re.compile(
    rf"\bfor (?:me|us|myself|a couple|(?:\d|two) adults|(?:me|myself) and my {_PARTNER}|my {_PARTNER} and (?:me|i|myself))$", re.IGNORECASE
)
# "Is the age limit 19" – "what if he is 23": his age is no limit.
_A_LIMIT = re.compile(r"\bage limit\b|\b(?:what|maximum|minimum|max|min|up to|limit of) age\b", re.IGNORECASE)
_OF_THAT_AGE = re.compile(r"\b(?:he|she|they|son|daughter|kid|child)\b", re.IGNORECASE)
_RELATIVE = re.compile(rf"\b(?:{_RELATIVES})\b", re.IGNORECASE)
_SOMEBODY = re.compile(rf"\b({_RELATIVES})(?:['’]?s)?\b", re.IGNORECASE)
_SHE = frozenset("wife mother mom daughter sister spouse partner fiancee fiancée".split())
_HE = frozenset("husband father dad son brother spouse partner fiance fiancé".split())
_SEVERAL = frozenset("kids children parents family".split())
_SHE_ASKED = re.compile(r"\b(can|could|may|must|should|will|would|does|is) (?:she|he)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(?:how much|fees?|costs?|price)\b", re.IGNORECASE)
_ALONE = re.compile(r"\b(?:(?:just|only) (?:me|myself)|(?:i )?(?:go |going |am |come )?(?:by myself|alone))\b", re.IGNORECASE)
_I_ASK = re.compile(r"\b(can|could|may|must|should|will|would|do|did|am) (?:i|we)\b", re.IGNORECASE)
_THIRD = {"do": "does", "am": "is"}


def swapped(fragment: str, question: str) -> str:
    """The question with the fragment's value in place of its own of that kind, or "" where the fragment says more than a value, or the
    question has no place for it."""
    said = _OPENING.sub("", fragment.strip()).rstrip("?.! ")
    question = question.rstrip("?.! ")
    if _ADDS.match(fragment) and (kids := _KIDS.fullmatch(said)) and _FOR_ADULTS.search(question):
        return f"{question} and {kids[1]}?"
    if (one := _ONE_IN_A_ROW.fullmatch(said)) and len(row := list(_IN_A_ROW.finditer(question))) == 1:
        return f"{question[: row[0].start(1)]}{one[1].lower()}{question[row[0].end(1) :]}?"
    for kind in _KINDS:
        new = kind.value.findall(said)
        if len(new) == 1 and _nothing_else(kind.value.sub(" ", said)):
            if (where := _IN_A_COUNTRY.fullmatch(said)) and not kind.value.search(question):  # where, not whence
                return f"{question} {where[0]}?"
            return _put(kind, new[0], question) or _prepositional(said, question) or _added(kind, new[0], question)
    return _counted(said, question) or _prepositional(said, question)


def told_apart(fragment: str, question: str) -> str:
    """The question of the other one of a kind: "is my US experience counted" asked again of "and Canadian one?", "a certificate from India"
    of "and the US one"; "" where the fragment says more, or the question tells no noun apart in that way."""
    one = _ANOTHER_ONE.fullmatch(_OPENING.sub("", fragment.strip()).rstrip("?.! "))
    if one and (country := _COUNTRY_OF.get(one[1].lower())) and len(whence := list(_FROM_A_COUNTRY.finditer(question))) == 1:
        return f"{question[: whence[0].start(1)]}{country}{question[whence[0].end(1) :].rstrip('?.! ')}?"
    held = list(_APART.finditer(question)) if one else []
    if not one or len(held) != 1 or held[0][1].lower() == one[1].lower():
        return ""
    return f"{question[: held[0].start(1)]}{one[1]}{question[held[0].end(1) :].rstrip('?.! ')}?"


def closing(fragment: str, for_whom: bool = False) -> str:
    """What a fragment adds to the end of the last question, where it is nothing but a phrase that says where, how or when: "in usd?", or,
    `for_whom`, for whom or what: "and for my wife's permit"."""
    said = _OPENING.sub("", fragment.strip()).rstrip("?.! ")
    phrase = _CIRCUMSTANCE.fullmatch(said) or for_whom and _FOR.fullmatch(said)
    return said if phrase and not _AN_ANSWER.search(said) else ""


def relative_in(text: str, kind: str = "") -> str:
    """The last relative that a text names, with "my"; `kind` "f", "m" or "pl" where it must be one woman, one man, or several; or ""."""
    of = {"f": _SHE, "m": _HE, "pl": _SEVERAL}.get(kind)
    found = [m[1].lower() for m in _SOMEBODY.finditer(text) if of is None or m[1].lower() in of]
    return f"my {found[-1]}" if found else ""


def citizenship_in(text: str) -> bool:
    """Whether a text says whose citizen somebody is."""
    return _KINDS[1].value.search(text) is not None


def place_in(text: str) -> str:
    """The one province or city that a text names, or ""."""
    found = _KINDS[0].value.findall(text)
    return found[0].lower() if len(found) == 1 else ""


def province_of(place: str) -> str:
    """The province that a place lies in, as `place_in` gives it, or the place itself where it is one."""
    return next((name for name, places in _PROVINCES.items() if re.fullmatch(places, place, re.IGNORECASE)), place.lower())


def places_in(text: str) -> list[str]:
    """The provinces and cities of Canada, and the two countries, that a text names, in order."""
    return [found[0] for found in _ANY_PLACE.finditer(text)]


def without_places(text: str) -> str:
    """A text without the places that it names."""
    return _ANY_PLACE.sub(" ", text)


def _nothing_else(rest: str) -> bool:
    return set(words(rest)) <= _AROUND


def _put(kind: _Kind, new: str, question: str) -> str:
    held = list(kind.value.finditer(question))
    if len(held) != 1 or held[0][0].lower() == new.lower():
        return ""
    rest = question[held[0].end() :]
    if _RELATIVE.search(new):  # "my wife is on H-4, can she work": the question is about the other one as well
        rest = _SHE_ASKED.sub(lambda asks: f"{asks[1]} {new}", rest)
    return f"{question[: held[0].start()]}{new}{rest}?"


def _added(kind: _Kind, new: str, question: str) -> str:
    if kind.value.search(question):
        return ""
    if kind.added:
        new = _CARD.sub(r"\1 holders", new)  # the people, not what they hold
        if re.fullmatch(rf"(?:{_NATIONALITIES})s?", new, re.IGNORECASE):  # in the place of those asked for before
            question, new = _FOR_OTHERS.sub("", question), f"{new.rstrip('s').capitalize()} citizens"
        return f"{question} {kind.added.format(new)}?"
    asks = _I_ASK.search(question) if _RELATIVE.search(new) else None
    if asks is None and _RELATIVE.search(new) and _MONEY.search(question) and not re.search(r"\bfor\b", question):
        return f"{question} for {new}?"
    return f"{question[: asks.start()]}{_THIRD.get(asks[1].lower(), asks[1])} {new}{question[asks.end() :]}?" if asks else ""


def _prepositional(said: str, question: str) -> str:
    """ "How many points for a nomination" asked again "for French": a phrase with the same preposition takes the last one's place."""
    phrase = _PHRASE.fullmatch(said)
    held = list(re.finditer(rf"\b{phrase[1]} [^,;]+$", question, re.IGNORECASE)) if phrase else []
    return f"{question[: held[0].start()]}{said}?" if len(held) == 1 and len(held[0][0].split()) <= 7 else ""


def _counted(said: str, question: str) -> str:
    """The same for a number: "and if we are 4?", "5 people?"."""
    said = _ALONE.sub("1 person", said)
    new, held = _NUMBER.findall(said), list(_NUMBER.finditer(question))
    if (many := _WE_ARE.search(said)) and not re.search(r"\b(?:how|what|when|where|which|who|can|do|does|is)\b", said, re.IGNORECASE):
        said, new = f"we are {many[1]}", [many[1]]  # "we are 4 now, the baby came"
    if len(new) != 1 or len(held) > 1 or not _nothing_else(re.sub(_HEADS, " ", _NUMBER.sub(" ", said), flags=re.IGNORECASE)):
        return ""
    if _A_LIMIT.search(question) and _OF_THAT_AGE.search(said):
        return ""
    question = question.rstrip("?.! ")
    if held:
        rest = question[held[0].end() :]
        if new[0].lower() not in ("1", "one"):
            rest = _ONE_PERSON.sub("people", rest, count=1)
        return f"{question[: held[0].start()]}{new[0]}{rest}?"
    return f"{question} for {new[0]} people?" if re.search(rf"\b{_PEOPLE}\b", said, re.IGNORECASE) else ""
