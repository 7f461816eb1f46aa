"""What the gate is measured on: true sentences of our own briefs, made false in one place, and reworded so that they stay true.

eval/bench_gate.py counts how many of the false ones the gate stops and how many of the true ones it loses; eval/train_gate.py learns from
the passages that are not counted. Beside them stand the sentences of paraphrases.jsonl, written by hand.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.model import Passage
from corpus.passages import passages
from corpus.registry import load_briefs, load_registry
from corpus.sentences import leans, spans
from eval.bench_sets import BenchError
from index.keywords import terms

PARAPHRASES = Path(__file__).with_name("paraphrases.jsonl")
HALVES = ("dev", "held", "free", "fresh")
_SHORTEST, _LONGEST = 8, 45  # words of a sentence that is taken
EACH = 60  # sentences of a kind, at most


@dataclass(frozen=True)
class Said:
    """A claim with its quotes. `true`: whether they support it. `kind`: how it was made; `held`: whether it is kept to measure with."""

    claim: str
    quotes: tuple[str, ...]
    true: bool
    kind: str
    held: bool


def briefs() -> list[Passage]:
    """The English passages of the bundled briefs."""
    return passages(one for one in load_briefs(load_registry()) if one.language == "en")


def made(given: Sequence[Passage], each: int = EACH, seed: int = 0) -> list[Said]:
    """Of each kind up to `each` sentences for either half. A passage's sentences are all in one half, and a sentence is used once of a
    kind: of two passages that share it, by the first."""
    rng = random.Random(seed)
    found: list[Said] = []
    for held in (False, True):
        own = [p for p in given if _held(p) is held]
        sentences = list(dict.fromkeys(s for p in own for s in _sentences(p)))
        rng.shuffle(sentences)
        for true, kinds in ((False, MUTATIONS), (True, REWORDINGS)):
            for kind, make in kinds.items():
                found += _some((Said(c, (s,), true, kind, held) for s in sentences if (c := make(s, rng)) and c != s), each)
        found += _some((Said(s, (s,), True, "word for word", held) for s in sentences), each)
        found += _some((Said(s, (q,), False, "another quote", held) for s in sentences[: 2 * each] if (q := _another(s, sentences))), each)
        found += _some((Said(c, q, True, "two joined", held) for p in own for c, q in _two_joined(p)), each)
    return found


def by_hand(file: Path = PARAPHRASES, half: str = "") -> list[Said]:
    """The sentences written by hand, of one half or of all: what a careful writer made of a quote, and what a careless one did. Raises
    BenchError.

    "dev" is there to choose on, "held" was kept apart when the checks were made. "free" and "fresh" are of other sentences and worded more
    freely, as a language model does, by one who knew the checks, before any of it was judged: "free" to work with, "fresh" only to count.
    """
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        if row.get("half") not in HALVES:
            raise BenchError(f"{file}, line {number}: 'half' is {row.get('half')!r}; write {', '.join(HALVES)}")
        if half not in ("", row["half"]):
            continue
        quotes, held = (row["quote"],), row["half"] in ("held", "fresh")
        found += [Said(claim, quotes, True, "by hand", held) for claim in row["faithful"]]
        found += [Said(one["claim"], quotes, False, one["kind"], held) for one in row["unfaithful"]]
    return found


def _held(passage: Passage) -> bool:
    return int(hashlib.sha256(f"gate: {passage.id}".encode()).hexdigest(), 16) % 2 == 1


def _some(them: Iterable[Said], each: int) -> list[Said]:
    return [one for one, _ in zip(them, range(each), strict=False)]


def _sentences(passage: Passage) -> Iterator[str]:
    for span in spans(passage.text):
        sentence = passage.text[span.start : span.end]
        if span.kind == "sentence" and _SHORTEST <= len(sentence.split()) <= _LONGEST and sentence.endswith("."):
            yield sentence


# --- Made false


def _swap(pairs: Mapping[str, Sequence[str]], unless: str = r"(?!)") -> Callable[[str, random.Random], str]:
    """One of the words, wherever it stands, becomes one of those given for it; not where `unless` matches what follows it."""
    words = "|".join(sorted(map(re.escape, pairs), key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])(?!{unless})", re.IGNORECASE)

    def make(sentence: str, rng: random.Random) -> str:
        places = list(pattern.finditer(sentence))
        if not places:
            return ""
        place = rng.choice(places)
        other = rng.choice(pairs[place[0]] if place[0] in pairs else pairs[place[0].lower()])
        return _put(sentence, place, other)

    return make


def _put(sentence: str, place: re.Match[str], other: str) -> str:
    """With another text in the place, large where it opens the sentence."""
    other = other[:1].upper() + other[1:] if place.start() == 0 else other
    return sentence[: place.start()] + other + sentence[place.end() :]


def _each_way(*groups: Sequence[str]) -> dict[str, list[str]]:
    return {word: [other for other in group if other != word] for group in groups for word in group}


_MONTHS = "January February March April May June July August September October November December".split()
_DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)})(?: (\d{{4}}))?\b")
_FIGURE = re.compile(r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?![\w-])")


def _digit(sentence: str, rng: random.Random) -> str:
    places = list(_FIGURE.finditer(sentence))
    if not places:
        return ""
    place = rng.choice(places)
    at = rng.choice([n for n, c in enumerate(place[0]) if c.isdigit()])
    digit = str((int(place[0][at]) + rng.randint(1, 8)) % 10)
    return _put(sentence, place, place[0][:at] + ("1" if at == 0 and digit == "0" and place[0][0] != "1" else digit) + place[0][at + 1 :])


def _date(sentence: str, rng: random.Random) -> str:
    places = list(_DATE.finditer(sentence))
    if not places:
        return ""
    place = rng.choice(places)
    day, month, year = int(place[1]), _MONTHS.index(place[2]), place[3]
    part = rng.choice(["day", "month", *(["year"] if year else [])])
    if part == "day":
        day = day + 1 if day < 28 else day - 1
    elif part == "month":
        month = (month + rng.randint(1, 11)) % 12
    else:
        year = str(int(year) + rng.choice([-1, 1]))
    return _put(sentence, place, " ".join(filter(None, (str(day), _MONTHS[month], year))))


_AUXILIARY = re.compile(r"\b(is|are|was|were|may|must|can|will|has|have|had)\b(?! (?:not|no|none|never|to|an?|the)\b)(?= [a-z])")
_DENYING = re.compile(r"\b(?:not|no|none|never|nor|neither|nobody|nothing|cannot|without)\b|n't", re.IGNORECASE)
_DENIALS = (
    (re.compile(r"\b(is|are|was|were|may|must|will|has|have|had|should) not\b"), r"\1"),
    (re.compile(r"\b(?:does|do|did) not\b"), "does"),
    (re.compile(r"\bcannot\b"), "can"),
    (re.compile(r"\bwithout\b"), "with"),
    (re.compile(r"^No (?=[a-z])"), "A "),
    (re.compile(r"(?<=[a-z] )no (?=[a-z])"), "a "),
    (re.compile(r"\bnever\b"), "always"),
    (re.compile(r"\bno longer\b"), "still"),
)  # fmt: skip


def _undenied(sentence: str, rng: random.Random) -> str:
    for pattern, plain in _DENIALS:
        if places := list(pattern.finditer(sentence)):
            place = rng.choice(places)
            return sentence[: place.start()] + place.expand(plain) + sentence[place.end() :]
    return ""


def _denied(sentence: str, rng: random.Random) -> str:
    places = list(_AUXILIARY.finditer(sentence))
    if not places or _DENYING.search(sentence):  # two of them may be as good as none
        return ""
    place = rng.choice(places)
    return _put(sentence, place, "cannot" if place[0] == "can" else f"{place[0]} {rng.choice(['not', 'not', 'no longer'])}")


def _negated(sentence: str, rng: random.Random) -> str:
    """Its "not" taken out, or one put in."""
    return (_undenied(sentence, rng) or _denied(sentence, rng)) if rng.random() < 0.6 else _denied(sentence, rng)


def _two_swapped(pattern: re.Pattern[str]) -> Callable[[str, random.Random], str]:
    """Two different ones in one sentence change places."""

    def make(sentence: str, rng: random.Random) -> str:
        places = list(pattern.finditer(sentence))
        pairs = [
            (a, b)
            for n, a in enumerate(places)
            for b in places[n + 1 :]
            if a[0][:5].lower() != b[0][:5].lower() and _parted(sentence[a.end() : b.start()])
        ]
        if not pairs:
            return ""
        first, second = rng.choice(pairs)
        middle = sentence[first.end() : second.start()]
        return _opened(sentence[: first.start()] + second[0] + middle + first[0] + sentence[second.end() :])

    return make


def _anothers(sentence: str, rng: random.Random) -> str:
    """The part of the sentence with one of two numbers, but with the other: "A costs 5, and B costs 7" as "A costs 7"."""
    places = [place for place in _PLAIN_FIGURE.finditer(sentence) if not re.match(r",? (?:or|to|and) \d", sentence[place.end() :])]
    pairs = [(a, b) for a, b in zip(places, places[1:], strict=False) if a[0] != b[0] and _parted(sentence[a.end() : b.start()])]
    cuts = [(a, b, parted) for a, b in pairs if (parted := re.search(r",? and |; |, ", sentence[a.end() : b.start()]))]
    if not cuts:
        return ""
    first, second, parted_at = rng.choice(cuts)
    end = first.end() + parted_at.start()
    return f"{sentence[: first.start()]}{second[0]}{sentence[first.end() : end]}." if len(sentence[:end].split()) >= 5 else ""


def _parted(between: str) -> bool:
    """Whether two stand in different parts of the sentence: in a row of them the order says nothing."""
    return re.search(r"[A-Za-z]", re.sub(rf"\b(?:and|or|to|{'|'.join(_MONTHS)})\b", "", between)) is not None


def _opened(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


_PROGRAMS = (
    "Express Entry",
    "the Global Talent Stream",
    "the Federal Skilled Worker Program",
    "the Canadian Experience Class",
    "the Federal Skilled Trades Program",
    "the Start-up Visa",
    "the Innovation Stream",
    "the accelerated H-1B pathway",
    "the 2023 H-1B open work permit",
    "the Provincial Nominee Program",
    "the spousal open work permit",
    "the bridging open work permit",
    "the post-graduation work permit",
    "Francophone Mobility",
    "the super visa",
)
_NAMED = {name.removeprefix("the "): [o.removeprefix("the ") for o in _PROGRAMS if o != name] for name in _PROGRAMS}
_PARTIES = _each_way(
    ("worker", "employer", "spouse", "child"),
    ("workers", "employers", "spouses", "children"),
    ("applicant", "employer", "parent"),
    ("applicants", "employers", "parents"),
    ("holder", "employer", "spouse"),
    ("holders", "employers", "spouses"),
    ("family members", "employers", "parents"),
    ("candidate", "employer"),
    ("candidates", "employers"),
    ("Canada", "the United States"),
    ("IRCC", "USCIS", "the employer"),
    ("Ontario", "Alberta", "Saskatchewan", "Quebec", "British Columbia", "Nova Scotia"),
)
_ADDED = (
    "and also to parents",
    "and their cousins",
    "with a tax refund",
    "and free health insurance",
    "after an interview at the consulate",
    "and a bank guarantee",
    "with police escort",
    "plus a signing bonus",
    "and a driving licence",
    "if the mayor agrees",
    "and a security deposit",
    "and only on Mondays",
)


def _added(sentence: str, rng: random.Random) -> str:
    """Something that no source says, at the end or before the first comma."""
    more = rng.choice(_ADDED)
    comma = re.search(r"(?<=[a-z]),(?= )", sentence)
    if comma and rng.random() < 0.4:
        return f"{sentence[: comma.start()]} {more}{sentence[comma.start() :]}"
    return f"{sentence[:-1]} {more}."


_PARTY = re.compile(r"\b(?:workers?|employers?|spouses?|child(?:ren)?|parents?|Canada|the United States|Quebec|Ontario|IRCC|USCIS)\b")
_PLAIN_FIGURE = re.compile(rf"(?<![\w.,/-])(?!(?:19|20)\d\d\b)\d[\d,]*(?:\.\d+)?(?![\w-])(?! (?:{'|'.join(_MONTHS)}))")


def _another(sentence: str, sentences: Sequence[str]) -> str:
    """The sentence that has most words in common with it, of those that cannot say the same; "" where none is near."""
    own = set(terms(sentence))
    shares = {other: len(own & set(terms(other))) / len(own) for other in sentences if other != sentence}
    near = {other: share for other, share in shares.items() if 0.3 <= share <= 0.6}
    return max(near, key=lambda other: near[other], default="")


MUTATIONS: Mapping[str, Callable[[str, random.Random], str]] = {
    "digit": _digit,
    "date": _date,
    "unit": _swap(
        _each_way(("days", "weeks", "months", "years"), ("day", "week", "month", "year"), ("hours", "days"))
        | {"percent": ["points", "dollars"], "per cent": ["points"]}
    ),
    "currency": _swap({"Canadian dollars": ["US dollars", "euros"], "US dollars": ["Canadian dollars"], "US dollar": ["Canadian dollar"]}),
    "negation": _negated,
    "modal": _swap({
        "must": ["may", "should", "can"], "may": ["must", "will"], "can": ["must", "will"], "will": ["may", "must"], "should": ["must"],
        "could": ["must", "will"], "is expected to": ["will", "must"], "are expected to": ["will"], "planned to": ["required to"],
    }, unless=" (?:generally )?not"),
    "program": _swap(_NAMED),
    "party": _swap(_PARTIES),
    "parties swapped": _two_swapped(_PARTY),
    "comparative": _swap({
        "at least": ["at most", "less than"], "at most": ["at least", "more than"], "up to": ["at least", "more than"],
        "more than": ["less than", "at most"], "less than": ["more than"], "fewer than": ["more than"], "before": ["after"],
        "after": ["before"], "until": ["after", "since"], "since": ["until", "before"],
    }),
    "quantifier": _swap({
        "all": ["some", "few"], "every": ["hardly any"], "each": ["only one"], "any": ["no"], "most": ["all", "few"],
        "some": ["all", "most"],
        "only": ["also", "usually"], "usually": ["always", "never"], "none": ["all", "some"], "both": ["neither"], "often": ["always"],
        "several": ["all"], "rarely": ["usually"],
    }),
    "standing": _swap({
        "closed": ["opened", "reopened"], "opened": ["closed", "paused"], "ended": ["began", "reopened"], "paused": ["reopened", "ended"],
        "announced": ["opened", "closed"], "proposed": ["adopted"], "replaced": ["kept"], "reopened": ["closed"], "expired": ["began"],
    }),
    "numbers swapped": _two_swapped(_PLAIN_FIGURE),
    "another's number": _anothers,
    "dates swapped": _two_swapped(re.compile(rf"\b\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}\b")),
    "antonym": _swap({
        "inside": ["outside"], "outside": ["inside"], "permanent": ["temporary"], "temporary": ["permanent"], "approved": ["refused"],
        "refused": ["approved"], "raised": ["lowered"], "rose": ["fell"], "fell": ["rose"], "first": ["last"], "last": ["first"],
        "full-time": ["part-time"], "higher": ["lower"], "lower": ["higher"], "accepted": ["rejected"], "valid": ["invalid"],
        "same": ["opposite"],
        "includes": ["excludes"], "included": ["excluded"], "start": ["end"], "begins": ["ends"], "ends": ["begins"], "early": ["late"],
        "new": ["old"], "high": ["low"], "online": ["in person"], "old": ["new"], "lost": ["won"], "loses": ["gains"], "public": ["secret"],
    }),
    "addition": _added,
}  # fmt: skip


# --- Reworded


def _shortened(sentence: str, rng: random.Random) -> str:
    """Without the clause that names who says it, or the day."""
    for pattern in (
        r", as [A-Z][^,]{3,60} (?:reports?|reported|wrote|says|writes)(?: [^,]{3,40})?(?=\.$)",
        r", as of (?:the pages? seen up to )?[^,]{3,40}(?=\.$)",
        r", according to [^,]{3,70}(?=\.$)",
        r", for example,",
        r" \([^()]{2,30}\)",
        r", (?:such as|among them) [^.;:]{3,80}(?=\.$)",
    ):
        shorter = re.sub(pattern, "", sentence, count=1)
        if shorter != sentence and len(shorter.split()) >= 6:
            return shorter
    return ""


def _fronted(sentence: str, rng: random.Random) -> str:
    """What stands behind the last comma, a date or a source, before everything else."""
    found = re.fullmatch(r"([A-Z][^;:]+), ((?:as of|according to|as [A-Z])[^,;:]{3,70})\.", sentence)
    return f"{_opened(found[2])}, {_lowered(found[1])}." if found else ""


def _lowered(sentence: str) -> str:
    first = sentence.split()[0].rstrip(",")
    return sentence if first not in _SMALL else sentence[0].lower() + sentence[1:]


_SMALL = frozenset("The A An No Some All Each Every This That People It In For To Most Both Only Up About".split())


def _us_dates(sentence: str, rng: random.Random) -> str:
    return _DATE.sub(lambda d: f"{d[2] if rng.random() < 0.6 else d[2][:3]} {d[1]}" + (f", {d[3]}" if d[3] else ""), sentence)


_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def _numbers_otherwise(sentence: str, rng: random.Random) -> str:
    """6,000 as 6000, ten as 10, 5 as five."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", sentence)
    if plain != sentence:
        return plain
    words = re.sub(
        rf"\b({'|'.join(_NUMBER_WORDS[2:])})\b(?= (?:days|weeks|months|years|points))", lambda w: str(_NUMBER_WORDS.index(w[1])), sentence
    )
    return (
        words
        if words != sentence
        else re.sub(r"(?<![\w.,-])([2-9])(?= (?:days|weeks|months|years|points)\b)", lambda d: _NUMBER_WORDS[int(d[1])], sentence)
    )


def _amounts(sentence: str, rng: random.Random) -> str:
    """155 Canadian dollars as CAN$155 or CAD 155."""
    signs = {"Canadian": ("CAN$", "CAD "), "US": ("US$", "USD ")}
    amount = re.compile(r"(?<![\w.,$-])(\d[\d,]*(?:\.\d+)?) (Canadian|US) dollars")
    return amount.sub(lambda found: rng.choice(signs[found[2]]) + found[1], sentence)


def _each(pairs: Mapping[str, str]) -> Callable[[str, random.Random], str]:
    """Every one of the words written in the other way."""
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, pairs), key=len, reverse=True))})(?![\w-])")
    return lambda sentence, _: _opened(pattern.sub(lambda found: pairs[found[0]], sentence))


_VERBS = {
    "publishes": "published", "published": "published", "sends": "sent", "handles": "handled", "pays": "paid", "issues": "issued",
    "sets": "set",
    "decides": "decided", "lists": "listed", "selects": "selected", "selected": "selected", "invited": "invited", "announced": "announced",
    "gives": "given", "gave": "given", "names": "named", "reports": "reported", "uses": "used", "shows": "shown", "makes": "made",
    "needs": "needed",
}  # fmt: skip
_ACTIVE = re.compile(
    rf"^((?:The |An? )?(?:[A-Z]?[\w-]+ ){{0,2}}[\w-]+) ({'|'.join(_VERBS)}) ((?:the|an?|its|[\d,]+|new|no) [^,;:.]{{3,60}}?)"
    r"((?: (?:for|to|on|in|by|with|from|when|after|before|as|within)\b[^;:]*)?)\.$"
)


def _passive(sentence: str, rng: random.Random) -> str:
    found = _ACTIVE.match(sentence)
    if found is None or re.search(r"\b(?:that|which|who|and|not)\b", found[1] + found[3]):
        return ""
    past = found[2].endswith("ed") or found[2] == "gave"
    many = re.search(r"s\b(?! (?:for|of|to))", found[3].split(" of ")[0]) is not None
    verb = ("were" if many else "was") if past else ("are" if many else "is")
    return f"{_opened(found[3])} {verb} {_VERBS[found[2]]} by {_lowered(found[1])}{found[4]}."


def _two_joined(passage: Passage) -> Iterator[tuple[str, tuple[str, ...]]]:
    own = [s for s in _sentences(passage) if ":" not in s]
    for first, second in zip(own, own[1:], strict=False):
        if not leans(second) and len((first + second).split()) <= 60:
            yield f"{first[:-1]}, and {_lowered(second)}", (first, second)


REWORDINGS: Mapping[str, Callable[[str, random.Random], str]] = {
    "shortened": _shortened,
    "fronted": _fronted,
    "dates in US form": _us_dates,
    "numbers otherwise": _numbers_otherwise,
    "abbreviated": _each({
        "open work permit": "OWP", "permanent residence": "PR", "Global Talent Stream": "GTS", "Canadian Experience Class": "CEC",
        "post-graduation work permit": "PGWP", "Provincial Nominee Program": "PNP", "United States": "US", "Social Insurance Number": "SIN",
        "Start-up Visa": "SUV", "Federal Skilled Trades Program": "FSTP", "Federal Skilled Worker Program": "FSWP", "Express Entry": "EE",
    }),
    "contracted": _each({
        "does not": "doesn't", "do not": "don't", "did not": "didn't", "is not": "isn't", "are not": "aren't", "was not": "wasn't",
        "were not": "weren't", "cannot": "can't", "will not": "won't", "has not": "hasn't", "have not": "haven't", "need not": "needn't",
    }),
    "amounts otherwise": _amounts,
    "plain synonyms": _each({
        "must": "has to", "may": "can", "about": "approximately", "per cent": "percent", "percent": "%", "for example": "for instance",
        "such as": "for example", "reside": "live", "resides": "lives", "receives": "gets", "received": "got", "begins": "starts",
        "requires": "needs", "required": "needed", "until": "up to and including", "employees": "workers", "shows": "proves",
        "whole": "entire",
        "allows": "lets", "each": "every", "also": "too", "keeps": "retains", "obtain": "get", "submit": "send", "permitted": "allowed",
        "fewer": "less", "kept": "retained", "children": "kids", "expects": "anticipates", "stays": "remains",
    }),
    "passive": _passive,
}  # fmt: skip
