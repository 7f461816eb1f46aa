"""Whether somebody tells of harm that another does to them: at home, at work, or by who holds them and their papers.

Each rule is one that a support agent would write down: who does it, what is done, and to whom. A word of harm alone tells nothing: a
company hits a cap, a charge of violence may be the asker's own, and an employer may hold a passport for the visa to be stamped.
"""

from __future__ import annotations

import re

from corpus.pattern import Pattern

_AT_HOME = (
    r"hus?b[ae]nd|hubby|wife|spouse|partner|boyfriend|girlfriend|fianc\w+|in[- ]?laws?|father|mother|parents?|brother|uncle|family|ex"
)
_AT_WORK = r"boss|employer|manager|supervisor|owner|recruiter|agent|agency|consultancy|contractor|company|landlord"
_WHO = rf"(?:{_AT_HOME}|{_AT_WORK}|he|she|they|someone|somebody)"
_WHOM = r"(?:me|us|her|him|them|my \w+)"
_THEIRS = r"(?:my|our|her|his|their)"
_PAPERS = r"(?:passports?|papers?|documents?|visa|i-?94|id|ids|green card|phone)"
_SUFFERER = r"(?:i|we|he|she|my (?!h-?1b|visa|permit|status|data|card|account|case|file)\w+(?: \w+)?(?: (?:on|in|from) \S+)?)"

_VIOLENT = (
    r"(?:hits?|hitting|be+a?ts?|beaten|beating|slap(?:s|ped)?|slapping|punch(?:es|ed)?|punching|kick(?:s|ed)?|chok(?:es|ed|ing)|strangl\w+|"
    r"raped?|rapes|molest\w*|assault\w*|abus(?:es?|ed|ing)|tortur\w+|grop(?:es|ed|ing)|touch(?:es|ed|ing)|(?:sexually )?harass\w*|hurts?|hurting)"
)
_HARMED = tuple(
    Pattern(pattern)
    for pattern in (
        # "My husband beats me", and no husband who beats me by 40 points.
        rf"\b{_WHO}\b(?: \w+){{0,3}}? {_VIOLENT} {_WHOM}\b(?! (?:with (?:a |the |an )?(?:fees?|bills?|lay-?off|news|questions?)|to it|by \d|in (?:the )?(?:crs|points|scores?|draw)))",
        rf"\b{_SUFFERER}(?:'m| am|'ve| have| is| was| are| were| has| get| got| gets)(?: \w+){{0,3}}? (?:abused|beaten|traffick\w+|assaulted|raped|molested|tortured|enslaved|exploited"
        r"|held (?:captive|hostage|against)|sexually harassed)\b",
        rf"\b(?:{_AT_HOME}|{_AT_WORK})\b (?:is|was|gets|got|became|has become)(?: \w+)? (?:violent|abusive|beating|hitting)\b(?! crimes?\b)",
        # Papers that are taken to hold somebody; what is kept for a stamp or a filing is not.
        rf"\b(?:{_AT_WORK}|he|she|they|someone|somebody)\b(?:,? (?!need|allow|suppos|legal|can\b|may\b|must\b|should\b|have\b)\w+){{0,6}}? (?:took|takes|taken|keeps?|kept|keeping|holds?|holding|held|hid|hides|hiding|confiscat\w+|seiz\w+|stole|withh\w+"
        rf"|(?:wo|do|does|would|will|did) ?n[o']?t (?:give|return)(?: me)?(?: back)?) {_THEIRS} (?:\w+ )?(?:passports?|papers?|documents?|ids?|green card|phone)\b"
        r"(?!.{0,30}\b(?:stamp\w*|renewal|appointment|interview|copy|copies|by mistake|lawyer|biometrics?|notary))"
        r"(?! (?:for|to) (?:the |my |a |an |our )?(?:\w+ )?(?:visas?|lmia|applications?|filings?|appl(?:y|ied)|file|get|process|submit|make|renew|permits?|check|scan|copy))",
        rf"\b(?:{_AT_HOME})\b(?: \w+){{0,3}}? (?:took(?: away)?|hid|hides|hiding|confiscat\w+|seiz\w+|withh\w+"
        rf"|(?:wo|do|does|would|will|did) ?n[o']?t (?:give|return)(?: me)?(?: back)?) {_THEIRS} (?:\w+ )?{_PAPERS}\b(?!.{{0,20}}\bby mistake)",
        rf"\b(?:{_AT_HOME}|{_AT_WORK}|he|she|they)\b(?: \w+){{0,6}}? threat(?:s|en|ens|ened|ening)\b"
        rf"(?: {_WHOM}(?! with (?:an? )?(?:law\w*|legal|suit|bond|penalt\w+|terminat\w+|layoff|firing|bad))| (?:\w+ )?(?:{_WHOM} )?(?:to|with|of) (?:deport|kill|hurt|harm|hit|beat|call|report|take|send|cancel)\w*)",
        rf"\b{_WHO}\b(?: \w+){{0,3}}? (?:lock(?:s|ed)? {_WHOM} (?:in|up|inside)|(?:wo|do|does) ?n[o']?t (?:let|allow) {_WHOM} (?:to )?(?:leave|out of|go out of) (?:the |this |my )?(?:house|home|apartment|room|flat))\b",
        rf"\b(?:forc(?:es|ed|ing)|mak(?:es|ing)) {_WHOM} (?:to )?(?:marry|have sex|sleep with|work (?:without (?:pay|wages|salary)|for free|for nothing|unpaid|day and night|like a slave))\b",
        r"\b(?:afraid|scared|terrified|fear(?:ing|ful)?) (?:of|for) (?:my (?:own )?(?:life|safety)\b|my (?:husband|wife|boyfriend|girlfriend|partner|ex|in-?laws)\b(?!'?s))|\b(?:not safe|unsafe) (?:at|in my|in our) (?:home|house)\b",
        r"\b(?:run|running|ran|escap\w+|flee|fled|fleeing|get away|got away) (?:away )?(?:from )?(?:my |an? |the |her |his )?(?:violent |abusive )(?:\w+)|\b(?:run|running|ran|escap\w+|flee|fled|fleeing) (?:away )?from (?:my|her) (?:husband|wife|partner|boyfriend|trafficker)\b",
    )
)
# Named as such; it is the asker's own where they speak of somebody, and not where it is a charge or a word of the law.
_NAMED = Pattern(
    r"\b(?:domestic|family|conjugal) (?:violence|abuse)\b|\babusive (?:husband|wife|spouse|partner|boyfriend|girlfriend|relationship|marriage|home|employer|boss|in-?laws|job|workplace)\b"
    r"|\b(?:physical|sexual|emotional)(?:ly)? abus\w+|\bhuman traffick\w+|\bforced labou?r\b|\bforced marriage\b|\b(?:victims?|survivors?) of (?:\w+ )?(?:abuse|violence|traffick\w+)\b",
)
_SOMEBODY = re.compile(r"\b(?:i|i'm|im|me|my|we|us|our|her|she|his|he|friend|sister|victim of)\b|\bhelp\b", re.IGNORECASE)
_OF_THE_LAW = re.compile(
    r"\b(?:charg\w+|convict\w*|arrest\w*|accus\w+|record|inadmissib\w*|misdemeanou?r|felony|police (?:certificates?|clearance|report)|statistics|how many)\b",
    re.IGNORECASE,
)
_EMPLOYS = re.compile(rf"\b(?:{_AT_WORK})s?\b", re.IGNORECASE)
_PAYS = re.compile(r"\b(?:work(?:er|ers|ing|s)?|job|wages?|salary|paid|pay|pays)\b", re.IGNORECASE)
_IS_FAMILY = re.compile(rf"\b(?:{_AT_HOME})\b", re.IGNORECASE)


def is_told(text: str) -> bool:
    """Whether somebody is hurt, threatened, exploited or held by another, the asker or whom they ask for."""
    if _OF_THE_LAW.search(text) is not None:
        return False
    named = _NAMED.search(text) is not None and _SOMEBODY.search(text) is not None
    return named or any(pattern.search(text) for pattern in _HARMED)


def is_at_work(text: str) -> bool:
    """Whether the harm that is told of is done by who employs or recruits, or where somebody works and no family is spoken of."""
    return _EMPLOYS.search(text) is not None or _PAYS.search(text) is not None and _IS_FAMILY.search(text) is None
