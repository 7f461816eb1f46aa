"""Take out of a page's text what is not its content: menus, sign-in lines, advertisements, captions, doubled paragraphs.

Each rule names a kind of boilerplate that any editor would strike. None knows a particular site.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter

# A line that belongs to the site rather than to the text, or only asks the reader to do something on it.
_BOILERPLATE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(advertisements?|sponsored( content)?|newsletter|tweet|print|e-?mail|menu|home|search|comments?|share|\d+ comments?)",
        r"(subscribe|register)\b.{0,30}\b(newsletter|updates|alerts|channel|now|today|here|free)\b.{0,20}",
        r"(share|print|e-?mail|save) this\b.{0,25}",
        r"(skip|jump) to\b.{0,40}|share on\b.{0,25}|back to top|(contact|about) us( today| now)?[.!]?",
        r".{0,40}\b(accept (all )?cookies|cookie (policy|settings)|privacy policy|terms of (use|service)|all rights reserved)\b.{0,60}",
        r"(copyright|©).*",
        r".*\bregistered .{0,20}account holder\b.{0,140}",
        r".{0,120}\bfollow (him|her|us|them|me) on \w+.{0,40}",
        r"conversations are opinions.*|code of conduct\.?|.*\bdoes not endorse these opinions\b.*",
        r"(read more|see also|see related|you may also like|click here|learn more|continue reading)\b.{0,80}",
        r"(related|recommended)( (posts?|articles?|stor(y|ies)|reading|links?|topics?|content|news|pages?|videos?|for you))?:?",
        r"see (why|how|what|our|more)\b.{0,80}",
        r"(receive|get) .{0,40}\b(updates|alerts|notifications)\b.{0,20}\bby (e-?mail|text)\b.{0,20}",
        r"(get|book|schedule|request|start) ((a|an|your|my|our|free|legal|initial|personal|expert|paid|online|immigration) ){1,4}"
        r"(consultation|assessment|evaluation|quote|call)\b.{0,80}",
        r"(you|see if you) may pre-?qualify\b.{0,60}",
        r"(check|test|start) your (free )?(eligibility|assessment)( now| today| here)?[.!]?",
        r".{0,40}\b\d+\s*min\.? read",
    )
)
# The same, where it is no sentence: "Sign in to your account." may be a step of an application.
_UNFINISHED = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i:(sign|log) ?(in|out|up|on)\b.{0,40})",
        r"(?i:(.{0,30}: )?check (the|your) (.{0,20} )?status\b.{0,60})",
        r"(?i:.{0,40}\b(validation error|page not found|error \d{3})\b.{0,60})",
        r"By [A-Z][\w.’'-]+( [A-Z][\w.’'-]+)+.{0,40}",
    )
)
# A sentence inside a paragraph that is only a link to something else.
_LINK_SENTENCE = re.compile(
    r"\s*(?:See also|Read also|Also read|Read more|Click here|Create your (?:\w+ ){0,3}profile|"
    r"(?:Find out|See|Check) (?:if|whether) you (?:are potentially|may be|might be|could be) (?:eligible|qualified)|"
    r"(?<=[.!?] )See (?!Section|Chapter|Part|Table|Appendix|Annex|Form|Schedule|Figure|Note)(?=[A-Z]))"
    r"\b[^.!?\n]{0,100}[.!?]?\s*(?=$|[A-Z])",
    re.MULTILINE,
)
# A caption cut in mid-sentence ends on a word that cannot end one.
_CUT_OFF = re.compile(r"\b(a|an|the|its|their)$", re.IGNORECASE)
_CUT_OFF_WORDS = 14
_ITEM = re.compile(r"(?:[-*•–]|\d{1,2}[.)])\s")
_CAPTION_WORDS = 8
_NEAR = 3  # lines above
_REPEATED_WORDS = 6  # a shorter line may be a heading whose text begins with the same words


def clean(text: str) -> str:
    """The text without what is not content. Lines keep their order and their wording; blank lines still part paragraphs.

    A paragraph that is doubled is kept once. A short line without a full stop goes altogether where it repeats the first line of the text
    (a caption), stands in a menu that is there twice, opens a longer line, or runs on into boilerplate. Items of a list stay as they are:
    two lists may share one. So do headings that return.
    """
    lines = [_without_links(line.strip()) for line in _normalise(text).split("\n")]
    filled = [line for line in lines if line]
    counts = Counter(map(_key, filled))
    keys = sorted(counts)
    kept: list[str] = []
    at = -1
    for line in lines:
        if not line:
            if kept and kept[-1]:
                kept.append("")
            continue
        at += 1
        before, following = filled[at - 1] if at else "", filled[at + 1] if at + 1 < len(filled) else ""
        if _ITEM.match(line) or not (
            is_boilerplate(line)
            or _is_cut_off(line, following)
            or _is_doubled(line, filled[max(0, at - _NEAR) : at])
            or (line[-1] not in ".?!:" and _is_caption(line, before, following, filled[0], counts, keys))
        ):
            kept.append(line)
    return "\n".join(kept).strip()


def _is_doubled(line: str, before: list[str]) -> bool:
    """Whether a line says again what stands just above. Further apart, two sections may say the same."""
    key = _key(line)
    return any(_key(earlier) == key for earlier in before)


def _is_caption(line: str, before: str, following: str, first: str, counts: Counter[str], keys: list[str]) -> bool:
    key, words = _key(line), len(line.split())
    if counts[key] > 1 and words < _CAPTION_WORDS and (key == _key(first) or _in_menu(before) or _in_menu(following)):
        return True
    if words >= _REPEATED_WORDS and _opens_another(key, keys):
        return True
    return following[:1].islower() and is_boilerplate(following)


def _in_menu(line: str) -> bool:
    return line != "" and line[-1] not in ".?!:" and len(line.split()) < _CAPTION_WORDS and not _ITEM.match(line)


def is_boilerplate(line: str) -> bool:
    """Whether a whole line is a menu entry, a call to action, a byline or the like."""
    if any(pattern.fullmatch(line) for pattern in _BOILERPLATE):
        return True
    return line[-1:] not in ".!?:" and any(pattern.fullmatch(line) for pattern in _UNFINISHED)


def _is_cut_off(line: str, following: str) -> bool:
    if _CUT_OFF.search(line) is None or len(line.split()) > _CUT_OFF_WORDS:
        return False
    return not _ITEM.match(following) and not following[:1].islower()


def _opens_another(key: str, keys: list[str]) -> bool:
    """Whether a longer line begins with this one. `keys` are sorted."""
    at = bisect_right(keys, f"{key} ")
    return at < len(keys) and keys[at].startswith(f"{key} ")


def _normalise(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "")
    return re.sub(r"[ \t]+", " ", text)


def _without_links(line: str) -> str:
    return _LINK_SENTENCE.sub(" ", line).strip()


def _key(line: str) -> str:
    return re.sub(r"\W+", " ", line).strip().lower()
