"""A message that only doubts the last answer: "are you sure?", "my lawyer says it is automatic", "it was like this for my cousin".

It brings nothing that could be looked up, and what the answer rests on is as true as before: bot/chain.py says it again. Who brings
something new ("my lawyer says there is an exemption for doctors") asks about that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.scope import ASKING
from index.keywords import terms

_OPENS = re.compile(
    r"^\W*(?:(?:but|hmm+|no|nope|wait|ok(?:ay)?|well|so|and|come on|c'?mon|please|pls|lol|hey|that'?s odd|strange|impossible)\b\W*)+",
    re.IGNORECASE,
)
_DOUBTS = re.compile(
    r"\b(?:(?:are|r) (?:you|u|ya) (?:really |very |absolutely |100% )?(?:sure|certain)|(?:you|u) sure|really|seriously|for real"
    r"|(?:is|are) (?:that|this|it|you) (?:really |actually )?(?:true|right|correct)|(?:that|this|it)(?:'?s| is| was| can'?t be| cannot be) "
    r"(?:not |really )?(?:true|right|correct|wrong|false|nonsense|bs|what i (?:heard|read))"
    r"|(?:you|u)(?:'?re| are|r)? (?:must be )?(?:wrong|mistaken)"
    r"|i (?:do not|don'?t) (?:think so|believe (?:you|u|it|that|this))|i doubt (?:it|that)|not true|check again|double[- ]check)\b",
    re.IGNORECASE,
)
_OTHERS = (
    r"(?:(?:my|our|the|his|her|a|an|some|one|another) )?(?:\w+'?s )?(?:immigration )?(?:lawyers?|attorneys?|solicitor|consultants?|agents?|"
    r"advisors?|friends?|cousins?|brother|sister|uncle|aunt|coll?eag?ues?|co-?workers?|roommate|neighbou?rs?)"
)
_SOMEBODY = (
    rf"(?:{_OTHERS}|(?:my |our |the |an? |some )?(?:hr|employer|boss|manager|recruiter|officer|people|everyone|everybody|somebody|someone"
    r"|guy|chatgpt|reddit|youtube\w*|google|ircc|uscis|website|blog|article|news))"
)
_REPORTS = re.compile(
    rf"\b{_SOMEBODY}(?:'?s (?:e-?mail|letter|website|blog|office))?(?: (?:just|also|clearly|always|still|already|really|even))* "
    r"(?:says?|said|saying|told|tells?|thinks?|insists?|insisted|claims?|claimed|confirm(?:s|ed)|wrote|writes|swears?|swore)\b"
    rf"|\b{_OTHERS}\b"
    rf"|\b(?:it|that|this)(?:'?s| is| was| has been| worked| went)\b.{{0,24}}\b(?:for|with|by) {_SOMEBODY}\b"
    rf"|\baccording to {_SOMEBODY}\b|\bsame (?:for|with) {_SOMEBODY}\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:what|when|where|which|who|how|why|can i|should i|do i|could i|may i)\b"
    r"|^\W*(?:can|could|do|does|did|is|are|will|would|should|may|must)\b",
    re.IGNORECASE,
)
_LONGEST = 24  # words
# What is told of somebody beside what was spoken of, and tells nothing that could be looked up.
_TOLD = frozenset(
    terms(
        "same similar like this that way so otherwise different opposite else yes no not never always still just only also already even "
        "got get gets had has have did done does it came come went go goes flew fly work works worked fine ok okay approved issued last "
        "next this month months week weeks year years yesterday recently ago now today online internet count counts true right wrong "
        "correct sure certain told says said say think thinks too he she they him her them me my mine i we you his their one guy people "
        "can could may might allowed possible easily automatically automaticaly automatic definitely didnt didn dont don doesnt doesn "
        "wasnt wasn isnt isn wont won really there here about with without from all any "
        "until till since before after january february march april may june july august september october november december"
    )
)


_SOLD = re.compile(
    r"\b(?:agents?|consultants?|lawyers?|guy|somebody|someone)\b.{0,50}"
    r"(?:\bsells?\b|\bsold\b|\bsend(?:s|ing)?\b|\bcharg\w+|\btakes? \$?\d|\bfor \$ ?\d)",
    re.IGNORECASE,
)


def only_doubts(message: str, spoken: Iterable[str]) -> bool:
    """Whether a message doubts the last answer, or tells that somebody says or did otherwise, and brings up nothing beyond what was
    `spoken` of: the last question and its answer."""
    if len(message.split()) > _LONGEST or _SOLD.search(message) is not None:
        return False  # whether a place can be bought is another question than whether there is one
    left = _OPENS.sub("", message)
    doubts, reports = _DOUBTS.search(left), _REPORTS.search(left)
    if doubts is None and reports is None:
        return False
    left = _DOUBTS.sub(" ", left)
    asks = _ASKS.search(left) is not None
    left = _REPORTS.sub(" ", left)
    if asks:
        return False
    news = {term for term in terms(left) if not term.isdigit()} - _TOLD - ASKING  # another number or day than ours is what is doubted
    news -= {term for text in spoken for term in terms(text)}
    return len(news) <= (doubts is not None and reports is not None)  # who doubts it outright may put in a word what is held against it
