"""Take out of a page's text what is not its content: menus, sign-in lines, advertisements, captions, doubled paragraphs.

Each rule names a kind of boilerplate that any editor would strike. None knows a particular site.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter

# A line that only asks the reader to do something on the site, or belongs to the site rather than to the text.
_BOILERPLATE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(sign|log) ?(in|out|up|on)\b.{0,40}",
        r"(subscribe|register|newsletter|advertisement|sponsored|tweet|print|e-?mail|menu|home|search|comments?|share)\b.{0,25}",
        r"(skip to|share (this|on)|jump to|back to top|contact us|about us)\b.{0,40}",
        r".{0,40}\b(accept (all )?cookies|cookie (policy|settings)|privacy policy|terms of (use|service)|all rights reserved)\b.{0,60}",
        r"(copyright|©).*",
        r".*\b(registered .{0,20}account holder|create (an account|one now)|do not (yet )?have an? .{0,20}account)\b.*",
        r".*\bfollow (him|her|us|them|me) on \w+.*",
        r"conversations are opinions.*|code of conduct\.?|.*\bdoes not endorse these opinions\b.*",
        r"(read more|see also|see related|related|you may also like|recommended|click here|learn more|continue reading)\b.{0,80}",
        r"see (why|how|what|our|more)\b.{0,80}",
        r"(receive|get) .{0,40}\b(updates|alerts|notifications)\b.{0,20}\bby (e-?mail|text)\b.{0,20}",
        r"(.{0,30}: )?check (the|your) (.{0,20} )?status\b.{0,60}",
        r".{0,40}\b(validation error|page not found|error \d{3})\b.{0,60}",
        r"(get|book|schedule|request|start) (a|an|your|my|free)\b.{0,40}\b(consultation|assessment|evaluation|quote|call)\b.{0,80}",
        r"you may (pre-?)?qualify\b.{0,60}",
        r"(create|check|start) your .{0,40}(profile|eligibility)\.?",
        r"by [A-Z][\w.’'-]+( [A-Z][\w.’'-]+)+.{0,40}",
        r".{0,40}\b\d+\s*min\.? read",
    )
)
# A sentence inside a paragraph that is only a link to something else.
_LINK_SENTENCE = re.compile(
    r"\s*(?:See also|Read also|Read more|Click here|Create your|Also read|Find out (?:if|whether) you)\b"
    r"[^.!?\n]{0,100}[.!?]?\s*(?=$|[A-Z])",
    re.MULTILINE,
)
# A caption cut in mid-sentence ends on a word that cannot end one.
_CUT_OFF = re.compile(r"\b(a|an|the|of|to|and|or|in|for|with|is|are|by|that|its|their|on|at|from)$", re.IGNORECASE)
_CAPTION_WORDS = 8
_REPEATED_WORDS = 6  # a shorter line may be a heading whose text begins with the same words


def clean(text: str) -> str:
    """The text without what is not content. Lines keep their order and their wording; blank lines still part paragraphs.

    A line that stands twice is kept once; a short one (a caption or a menu entry) that stands twice, or opens a longer line, and has
    no full stop goes altogether. So does a line that runs on into boilerplate.
    """
    lines = [_without_links(line.strip()) for line in _normalise(text).split("\n")]
    counts = Counter(_key(line) for line in lines if line)
    kept: list[str] = []
    seen: set[str] = set()
    keys = sorted(counts)
    filled = [line for line in lines if line]
    after = iter([*filled[1:], ""])
    for line in lines:
        key = _key(line)
        if not line:
            if kept and kept[-1]:
                kept.append("")
            continue
        following = next(after)
        if is_boilerplate(line) or _CUT_OFF.search(line) or key in seen:
            continue
        if line[-1] not in ".?!":
            words = len(line.split())
            if counts[key] > 1 and words < _CAPTION_WORDS:
                continue
            if words >= _REPEATED_WORDS and _opens_another(key, keys):
                continue
            if following[:1].islower() and is_boilerplate(following):
                continue
        seen.add(key)
        kept.append(line)
    return "\n".join(kept).strip()


def is_boilerplate(line: str) -> bool:
    """Whether a whole line is a menu entry, a call to action, a byline or the like."""
    return any(pattern.fullmatch(line) for pattern in _BOILERPLATE)


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
