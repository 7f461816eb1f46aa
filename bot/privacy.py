"""Mask personal numbers before anything is stored, echoed or sent. Form codes (I-797, IMM 5710) and amounts are not personal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# Order matters: the more specific first. Each shape is the one its issuer prints.
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    ("USCIS receipt number", re.compile(r"\b(?:EAC|WAC|LIN|SRC|MSC|NBC|IOE|YSC|MCT)[- ]?\d{2}[- ]?\d{3}[- ]?\d{5}\b", re.IGNORECASE)),
    ("A-number", re.compile(r"\bA[-#: ]{0,2}(?:\d{3}[- ]?\d{3}[- ]?\d{3}|\d{8})\b", re.IGNORECASE)),
    ("UCI", re.compile(r"\b(?:\d{2}-\d{4}-\d{4}|(?!(?:19|20)\d\d-(?:19|20)\d\d\b)\d{4}-\d{4}|\d{4}-\d{3}-\d{3})\b")),  # 2026-2028 are years
    ("number", re.compile(r"(?i)\b(?:UCI|client id)(?![a-z])[\s:#a-z]{0,12}(\d[\d -]{6,12}\d)")),
    ("passport number", re.compile(r"(?i)\bpassport\b[\s:#a-z.]{0,20}\b([A-Z]{0,2}\d{6,9})\b")),
    ("IRCC application number", re.compile(r"(?i)\b(?:[A-Z]{1,2}-?\d{9}|[BEFSUVW] ?(?!(?:19|20)\d\d )\d{4} \d{5})\b")),
    ("passport number", re.compile(r"(?i)\b(?:[A-Z]{1,2}\d{7,8}|\d{2}[A-Z]{2}\d{5})\b")),
    ("social security number", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("SIN", re.compile(r"\b\d{3}[- ]\d{3}[- ]\d{3}\b")),
    (
        "number",
        re.compile(
            r"(?i)\b(?:sin|ssn|social (?:insurance|security))(?![a-z])[\s:#.a-z]{0,20}"
            r"(\d{3}[ .-]?(?:\d{3}[ .-]?\d{3}|\d{2}[ .-]?\d{4}))\b"
        ),
    ),
    (
        "phone number",
        re.compile(
            r"(?<![\w$])(?:\+?\d{1,3}[\s.-])?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]\d{4}(?:\s?x\d{2,5})?\b|(?<![\w$])\+\d[\d\s().-]{8,18}\d\b"
        ),
    ),
    # Abroad numbers are grouped in every way; a word that asks to be called tells them from amounts.
    (
        "phone number",
        re.compile(
            r"(?i)\b(?:phone|telephone|tel|mobile|cell(?:phone)?|whatsapp|fax|landline|call(?: me| us)?"
            r"|(?:reach|ring|text|contact) (?:me|us)|answering at|messages to|registered)\b"
            r"[^\d$€£]{0,30}?((?!(?:19|20)\d\d-)\+?\(?\d[\d(). -]{5,16}\d)"
            r"(?![\d,]|\s*(?:%|dollars?|cad|usd|days?|weeks?|months?|years?|points)\b)"
        ),
    ),
    # Nine to twelve digits in one run are a phone, a UCI, an SSN or the like; a round one, or one of dollars, is an amount.
    ("number", re.compile(r"(?i)(?<![\w$.,/-])(?!\d*0{5}\b)\d{9,12}\b(?![.,/-]?\d)(?!\s*(?:dollars?|cad|usd|people|persons)\b)")),
)
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")


_MARK = rf"\[(?:{'|'.join(dict.fromkeys(['card number', *(name for name, _ in _SHAPES)]))})\]"
# What a message does no more with a number than give it: "my SSN is [number]", "A-number [A-number]", "reach me at [email] or [phone
# number]"; of "my receipt [number] is approved" more is said.
_GIVEN = re.compile(
    r"(?:\b(?:and|with|my|our|his|her|the|wife'?s|husband'?s|uscis|ircc)\s+)*\b"
    r"(?:ssn|sin|social (?:security|insurance)|a[- ]?(?:number|num|no)|alien|uci|client id|passport|receipt|application|file|case|e-?mail"
    r"|phone|mobile|cell|card)"
    rf"(?: (?:registration )?(?:number|num|no|id|address)\b)?\W*(?:is\b|are\b)?[\s:=#.-]*{_MARK}"
    r"(?!\s*(?:is|was|are|has|had|got|gets?|expire[sd]?|came|will|shows?|says|issued|still|pending|approved|denied|refused|rejected|valid)\b)"
    r"[\s,.;]*"
    rf"|\b(?:reply|write|e-?mail|call|text|contact|reach|ring)(?: to)?(?: me| us)?(?: back)?(?: on| at| via| by)? {_MARK}"
    rf"(?:,? (?:or|and) {_MARK})*[\s,.;]*"
    rf"|{_MARK} is (?:my|our|his|her) [^,.;?!]{{1,40}}[,.;]\s*",
    re.IGNORECASE,
)
_UNSAID = re.compile(rf"(?: (?:number|num|no)\b\.?)?\s*#?{_MARK}", re.IGNORECASE)
_SPEAKS_OF_IT = re.compile(r"\b(?:it|its|this|that)\b", re.IGNORECASE)


def mask(text: str) -> str:
    """The text with each personal number replaced by its name in brackets, such as "[passport number]"."""
    text = _CARD.sub(lambda found: "[card number]" if _luhn(found.group()) else found.group(), text)
    for name, shape in _SHAPES:
        text = shape.sub(_replacer(name), text)
    return text


def unnumbered(masked: str) -> str:
    """A masked message as it would read had its writer given no number: the marks are nothing that is asked about, nor is what only
    introduces them, unless the rest speaks of it ("my SIN is [SIN], when does it expire?")."""
    if "[" not in masked:
        return masked
    rest = _UNSAID.sub("", _GIVEN.sub(" ", masked)).strip(" ,;")
    return rest if re.search(r"\w", rest) and not _SPEAKS_OF_IT.search(rest) else _UNSAID.sub("", masked).strip()


def identifies(text: str) -> bool:
    """Whether the text says by its label, or by a shape that nothing else has, the number of one person's paper, file or card."""
    if any(_luhn(found.group()) for found in _CARD.finditer(text)):
        return True
    own = (name != "phone number" and (shape.groups or name in ("USCIS receipt number", "A-number")) for name, shape in _SHAPES)
    return any(shape.search(text) for (_, shape), of_one in zip(_SHAPES, own, strict=True) if of_one)


def for_browsers() -> dict[str, Any]:
    """The same shapes as JavaScript's regular expressions: the desk masks what it keeps in the browser (bot/desk-mask.js)."""
    shapes = [
        {"name": name, "pattern": _javascript(shape.pattern), "ignores_case": bool(shape.flags & re.IGNORECASE)} for name, shape in _SHAPES
    ]
    return {"card": _javascript(_CARD.pattern), "shapes": shapes}


def _javascript(pattern: str) -> str:
    """With letters and digits of every script, which `\\w`, `\\d` and `\\b` are here, and the flag for case left to whoever compiles it."""
    letter = r"\p{L}\p{N}_"
    outside = {r"\d": r"\p{Nd}", r"\w": f"[{letter}]", r"\b": f"(?:(?<=[{letter}])(?![{letter}])|(?<![{letter}])(?=[{letter}]))"}
    inside = {r"\d": r"\p{Nd}", r"\w": letter}
    out, in_class = "", False
    for token in re.findall(r"\\.|.", pattern.removeprefix("(?i)"), re.DOTALL):
        in_class = token == "[" or (in_class and token != "]")
        out += (inside if in_class else outside).get(token, token)
    return out


def _replacer(name: str) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        if found.re.groups:  # a label in front of the number stays readable
            return found.group()[: found.start(1) - found.start()] + f"[{name}]"
        return f"[{name}]"

    return replace


def _luhn(digits: str) -> bool:
    numbers = [int(c) for c in digits if c.isdigit()]
    doubled = [n if i % 2 == 0 else (n * 2 - 9 if n > 4 else n * 2) for i, n in enumerate(reversed(numbers))]
    return sum(doubled) % 10 == 0
