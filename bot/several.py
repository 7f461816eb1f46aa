"""Where a message may ask more than one thing: "how long does it take, and can my wife work meanwhile?".

Words alone do not tell: "must I live there or is an offer enough" is one question, "bridging permit length and cost" are two. So the places
where a message may come apart are found here, generously, and bot/chain.py reads what follows each as it reads the next message of a
conversation. It is another question where that brings up another passage, and is likely answered by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from itertools import islice

from bot.swaps import TWO_PLACES
from index.keywords import terms, words

MOST = 4  # questions that one answer has room for
_FEW = 10  # words; so few may ask without a verb
_A_LINE = 16  # words; so few may where what is asked for has a name
_PLACES = 40  # at which a message may come apart are looked at: somebody may write nothing but commas


def segments(message: str) -> list[tuple[int, int]]:
    """The spans of what may be questions of their own, in order; each but the first begins with one, and what is told before a question
    belongs to it. One span where the message asks one thing."""
    starts, ends = [0], [len(message)]
    length = len(words(message))
    verbless = length <= _A_LINE and not _TELLS.search(message)  # may ask so: "bridging permit length and cost"
    for joint in islice(_JOINT.finditer(message), _PLACES):
        before, after = message[starts[-1] : joint.start()].strip(), message[joint.end() :].strip()
        if len(starts) == MOST or not before or not after or _GOES_ON.match(after):
            continue
        if _OF_US.search(before) and _AND_THEM.match(after):
            continue
        ended = before.endswith(("?", ".", "!"))
        apart = _asks(before) and (
            _BEGINS.match(after) is not None
            or _ASKED_OF_THEM.match(after) is not None
            or ended
            and _LEADS_TO_ONE.match(after) is not None
            or before.endswith("?")
            and _ADDS.match(after) is not None
        )
        if verbless and not ended and not set("+&") & set(joint.group()) and _BOUND.search(before) is None:
            apart = apart or length <= _FEW or _THING.search(before) is not None and _THING.search(after) is not None
        if apart:
            starts.append(joint.end())
            ends[-1:] = [joint.start(), len(message)]
    return list(zip(starts, ends, strict=True))


def names_a_text(segment: str) -> bool:
    """Whether a part of a message only names the text that the next one is asked of: "star story on Canada, who said audacious"."""
    return _A_TEXT.match(segment.strip()) is not None


def asks_of_a_text(question: str) -> bool:
    """Whether a question names the text that it is asked of: "in the piece on H-1B refusals", "what does the report say about"."""
    return _IN_A_TEXT.search(question) is not None


def without_its_text(question: str) -> str:
    """A question without the words that name the text which it is asked of: "which companies are named in the piece on H-1B refusals"."""
    plain, named = _IN_A_TEXT.subn("", question)
    return re.sub(r"^\W+", "", plain) if named else question


def without_numbering(message: str) -> str:
    """A message whose questions are numbered, one on a line without their numbers: "1) is it open? 2) what does it cost?"."""
    numbers = list(_NUMBERING.finditer(message))
    if len(numbers) < 2 or [int(found[1]) for found in numbers] != list(range(1, len(numbers) + 1)):
        return message
    return _NUMBERING.sub("\n", message).strip()


def of_each_place(message: str) -> list[str]:
    """A few words on two places, once for each: "health card wait bc vs ontario", for each province has rules of its own."""
    both = TWO_PLACES.search(message) if len(words(message)) <= _A_LINE and not _WHICH_IS.search(message) else None
    return [f"{message[: both.start()]}{place}{message[both.end() :]}" for place in (both[1], both[2])] if both else [message]


def of_each_thing(message: str) -> list[str]:
    """What is asked of several things at once, once for each: "do I need biometrics and a police certificate for a work permit"."""
    found = _OF_THINGS.match(message)
    if found is None:
        return [message]
    things = [thing.strip() for thing in _LISTED.split(found["things"]) if thing.strip()]
    if any(_OF_SOMEBODY.match(thing) for thing in things) or len(things) > MOST:
        return [message]
    each = [f"{found['head']} {thing}{found['tail'] or ''}" for thing in things]
    if found["rest"] is None:
        return each
    rest = _OF_THEM.sub(lambda them: f"{_OF_ONE.get(them[1].lower(), '') if them[1] else ''}{{}}", found["rest"], count=1)
    of_them = [rest.format(thing) for thing in things]
    return [question for pair in zip(each, of_them, strict=True) for question in pair] if len(each) + len(of_them) <= MOST else [message]


def of_each_name(message: str, is_name: Callable[[str], bool]) -> list[str]:
    """A few words on two things that have names, once for each: "msp and ohip waiting period". `is_name` says of a few words whether they
    are the name of one."""
    if len(words(message)) > _A_LINE or _SETS_BESIDE.search(message):
        return [message]
    for joint in _BETWEEN_NAMES.finditer(message):
        before, after = message[: joint.start()].split(), message[joint.end() :].split()
        first = next((at for at in range(len(before)) if is_name(" ".join(before[at:]))), None)
        last = next((at for at in range(len(after), 0, -1) if is_name(" ".join(after[:at]))), None)
        if first is not None and last is not None and (first or last < len(after)):
            return [" ".join((*before[:first], *name, *after[last:])) for name in (before[first:], after[:last])]
    return [message]


def of_each_of_two(message: str) -> list[str]:
    """What is asked of each of two that stand before it, once for each: "GTS vs Express Entry: how long does each take"."""
    found = _OF_EACH.match(message)
    return [f"{found['head']}{one.strip()}{found['rest']}" for one in (found["one"], found["other"])] if found is not None else [message]


def compares(message: str, names: Set[str]) -> bool:
    """Whether a message does no more than to put several things beside each other: "compare the super visa and the PGP", "OINP or BC PNP?".
    `names` are the terms of their names."""
    return _COMPARES.search(message) is not None and set(terms(message)) - names <= _COMPARING


def _asks(text: str) -> bool:
    """Whether a question stands in it, or the name of something that is asked for: "super visa insurance amount"."""
    if text.endswith("?") or _ASKS_WITHIN.search(_GOES_ON_TELLING.sub(" ", text)):
        return True
    tells = _TELLS.search(text) is not None or _OF_MINE.match(text) is not None
    return _THING.search(text) is not None and not tells and not text.endswith((".", "!"))


_COMPARES = re.compile(r"\b(?:vs|versus|or|compar\w+|differ\w*)\b", re.IGNORECASE)
_COMPARING = frozenset(
    terms(
        "compare compared comparing comparison versus vs difference differences different differ between better best please pls one"
        " permit permits visa visas program programs route routes option options stream worker workers employee holder holders h1b canada"
    )
)
_AUX = r"(?:can|could|do|does|did|is|are|am|was|were|will|would|should|shall|may|must|has|have|need)"
DEGREE = r"(?:\d|(?:my |an? )?(?:masters?|bachelors?|ms|phd|mba|degree)\b)"  # "did 1 yr masters at Waterloo" asks nothing
_WHO = (
    r"(?:i|we|he|she|it|they|you|one|there|this|that|these|those|the|an?|any|my|our|his|her|their|your|its|canada|canadian|ircc|both"
    r"|wife|husband|spouse|kids?|son|daughter|employer|company|anyone|somebody|someone)"
)
_PERSON = r"(?:wife|husband|spouse|partner|kids?|children|son|daughter|family|parents|employer|company)"
_WH = r"(?:what|whats|wat|how|hows|when|wen|where|which|who|whom|whose|why|until when|till when)"
_BY = r"(?:(?:for|from|by|at|on|in|to|till|until|up to|after|before|with|of|within|under|during) )?"
_JOINT = re.compile(
    r"(?<=[?.!])\s+|\?+(?=\w)|\s*\n+\s*|\s*;\s+|\s+/\s+|,?\s+(?:and|nd?|plus|also|&|\+)\s+(?:also\s+|then\s+)?|,\s+", re.IGNORECASE
)
_BEGINS = re.compile(
    rf"(?:(?:and|nd?|also|plus|then|so|ok|if (?:yes|so|not|no))[\s,]+)*"
    rf"(?:{_BY}{_WH}\b|(?!did {DEGREE}|can(?:not|['’]?t)\b){_AUX}(?:n[o']?t)? (?:also )?\w+\b)",
    re.IGNORECASE,
)
_ASKED_OF_THEM = re.compile(rf"(?:my |our |the )?{_PERSON} (?:also )?(?:can|could|must|should|may|allowed)\b[^.]*$", re.IGNORECASE)
# After a full stop or a question mark a question may stand behind what leads to it: "My wife is a nurse. Can she ...".
_LEADS_TO_ONE = re.compile(rf"[^?]*?(?:[.,]\s+|\b)(?:{_WH}|{_AUX} {_WHO})\b", re.IGNORECASE)
_ASKS_WITHIN = re.compile(
    rf"(?:^|[.,;:!?]\s+|\b(?:and|n|so|but|know|ask|wonder|wondering|tell me) ){_BEGINS.pattern}"
    rf"|\b(?:how (?:long|much|many|old|soon|often|far)|what\b|from when|when (?:is|are|does|do|will|can)"
    rf"|{_AUX} (?:i|we|they|he|she|it|my|our))\b",
    re.IGNORECASE,
)
# What has a question's words and asks nothing: "and have lived there", "IRCC has it.", ", who will move with me", "when I drive up", and
# "since the extra points are gone".
_GOES_ON_TELLING = re.compile(
    rf"\b(?:and|but|n) (?:also )?(?:{_AUX}(?:n['’]?t)? (?!{_WHO}\b)\w+|(?:have|has|had) (?:an?|no|the|my|our)\b)"
    r"|\b(?:have|has|had) (?:it|them)(?=\s*[.,;])"
    r"|, (?:who|whom|whose|which)\b[^,.?;]*"
    r"|(?:^|(?<=[.;!?]\s))(?:when|while|before|after|since|because|although|as) (?:i|we|he|she|they|my|our|the|an?)\b",
    re.IGNORECASE,
)
_OF_MINE = re.compile(r"\W*(?:my|our|his|her|since|before|after|as|because|although)\b", re.IGNORECASE)  # nobody asks so for a thing
_ADDS = re.compile(r"(?:and|nd?|also|plus)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:or|either|neither|nor|than|as|but|which is|who is|who are|which are)\b|(?:who|whose|which)\b[^,?]{1,60},\s"
    r"|(?:and )?who (?:must |has to )?pays?\b"  # belongs to what it costs
    r"|(?:correct|right|true|yes|no|huh|ok|okay|please|pls|plz|thanks|thank you)\W*$"
    r"|(?:isn'?t it|(?:am i|is (?:that|this|it)) (?:right|correct|true|so))\W*$"
    rf"|(?:\w+ )?(?:{_PERSON}|people|persons|adults)\W*$",  # "biometrics fee for me and wife", "settlement funds, four people"
    re.IGNORECASE,
)
# "Funds for me, wife and 2 kids in Express Entry"
_OF_US, _AND_THEM = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rf"\b(?:me|us|myself|{_PERSON})$", rf"(?:my |our |\d |one |two |three )?{_PERSON}\b(?! (?:can|could|must|should|may))")
)
_TEXT = (
    r"(?:(?:the|that|this|your) )?(?:[\w'’-]+ ){0,4}?(?:story|article|piece|(?<!police )(?<!medical )(?<!eca )report|newspaper"
    r"|star\b(?! (?:article|story|report|piece)))\b"
    r"(?: (?:by|from) the [\w'’-]+(?: star)?)?"
)
_ON = r"(?: (?:on|about|of) [^,.?!]+)?"
_A_TEXT = re.compile(rf"(?:(?:in|about|from) )?{_TEXT}{_ON}$", re.IGNORECASE)
_IN_A_TEXT = re.compile(
    rf",? ?\b(?:according to|as told in|in|from|by|per) (?=the |that |this |your ){_TEXT}{_ON}"
    rf"| ?\b(?:do|does|did) {_TEXT} (?:say|tell|give|name|mention|list|claim|write|report)\b(?: (?:about|on|of))?",
    re.IGNORECASE,
)
_BOUND = re.compile(r"\b(?:between|both|either|neither)\b[^,.?]*$", re.IGNORECASE)  # "the difference between CEC and FSW"
_WHICH_IS = re.compile(r"\b(?:which|better|best|faster|easier|cheaper|compared?|differen\w+|choose|prefer)\b", re.IGNORECASE)
_SETS_BESIDE = re.compile(rf"{_WHICH_IS.pattern}|{_BOUND.pattern}|\b(?:or|vs|versus|than|from)\b", re.IGNORECASE)
_OF_EACH = re.compile(
    r"\W*(?:compare )?(?P<one>[^,:;?.]{2,40}?) (?:vs\.?|versus|and|or|&) (?P<other>[^,:;?.]{2,40}?)\s*[,:;–-]\s*"
    r"(?P<head>(?:what|how|where|when|who|which|why)\b[^,;?]*?\b)(?:each(?: one| of them)?|both(?: of them)?|they)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_BETWEEN_NAMES = re.compile(r"\s+(?:and|&|nd?)\s+(?:also\s+|the\s+)?|\s*[/&]\s*", re.IGNORECASE)
_THING = re.compile(
    r"\b(?:amounts?|fees?|costs?|prices?|scores?|points|funds|deadlines?|last dates?|times?|validity|documents?|papers|forms?|conditions?|"
    r"requirements?|criteria|eligibility|minimum|maximum|limits?|income|insurance|wages?|salary|quota|cap|valid|expiry|bonus|needed|required)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(r"\b(?:i|im|i'm|ive|i've|we|am)\b", re.IGNORECASE)
_A_THING = r"[\w'-]+(?: [\w'-]+){0,3}?"
_LISTED = re.compile(r",\s*(?:(?:and|&|n) )?|\s+(?:and|&|n)\s+", re.IGNORECASE)
_OF_THINGS = re.compile(
    r"(?P<head>[^,.?!]*\b(?:need|needs|needed|require|required|have to (?:give|do|take|pay|show)|costs? (?:of|for)|fees? (?:of|for)))"
    rf" (?P<things>{_A_THING}(?:, {_A_THING})*,? (?:and|&|n) {_A_THING})(?P<tail> (?:for|to|in|on|with|when|if)\b[^,]*?)"
    rf"(?:,? (?:and|&|n) (?P<rest>{_WH} [^,?]*\b(?:they|them|these|those)\b[^,?]*?))?[?.!\s]*$",
    re.IGNORECASE,
)
_OF_THEM = re.compile(r"\b(are |do )?(?:they|them|these|those)\b", re.IGNORECASE)
_OF_ONE = {"are ": "is ", "do ": "does "}
_NUMBERING = re.compile(r"(?:^|(?<=\s))\(?([1-9])[.)]\s+(?=[^\W\d])")
_OF_SOMEBODY = re.compile(rf"(?:for|to|in|by|me|us|i|we|he|she|they|myself|both|(?:my |the |our )?{_PERSON})\b", re.IGNORECASE)
