"""A client's message, in any mess: what of it asks something, and what is said in front of that. bot/desk.py drafts a reply to it.

    message -> the client's own words -> lists and sentences -> Asked

Each rule is about how people write and none about what they ask. A statement taken for a question costs staff a glance; a question that is
passed over costs the client an answer: where it is not clear, it is a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.understand import MAX_QUESTION

_STORY_WORDS = 40  # of what stands before a question and asks nothing
_WRAPPED = 60  # characters: a line at least as long may have been broken by a mail program
_WIDEST, _WORD = 100, 12  # a mail program breaks no line later, and leaves less than a word free
_TERSE = 10  # words: a thing to be told is named in so many, more are a sentence


@dataclass(frozen=True)
class Asked:
    """A question of the message and what stands in front of it, both masked."""

    question: str
    story: str = ""


@dataclass(frozen=True)
class _Piece:
    """A sentence, or a line that is none. `of` is the list that it is an item of, 0 for none; `leads` says that a list follows."""

    text: str
    asks: bool
    of: int = 0
    leads: bool = False


def split(message: str) -> tuple[list[Asked], list[str]]:
    """The questions of a message, in order, and what belongs to none of them.

    A message without anything like a question is one question whole.
    """
    own, others = _own_words(message.splitlines())
    pieces = list(_with_lists(_pieces(own)))
    if others and not any(piece.asks for piece in pieces):  # nothing is asked above it: it is what somebody passes on
        own, others = others, []
        pieces = list(_with_lists(_pieces(own)))
    questions, left = _questions(pieces)
    if not questions:
        whole = " ".join(message.split())
        return [Asked(whole[:MAX_QUESTION])], [whole[MAX_QUESTION:]] if len(whole) > MAX_QUESTION else []
    return questions, left


def _questions(pieces: Sequence[_Piece]) -> tuple[list[Asked], list[str]]:
    questions: dict[str, Asked] = {}
    story: list[str] = []
    left: list[str] = []
    goes_on = False  # whether the piece before asked something
    requests = [n for n, piece in enumerate(pieces) if piece.asks and not _says_something(piece.text)]
    asked_elsewhere = len(requests) < sum(piece.asks for piece in pieces)
    for n, piece in enumerate(pieces):
        text = piece.text
        if len(text) > MAX_QUESTION // 2:
            left.append(text)
        elif n in requests and story and (text.endswith("?") or not asked_elsewhere):  # "possible?" asks about what stands before it
            joined = f"{story.pop()} {text}"
            questions.setdefault(joined.lower(), Asked(joined, _shortened(story)))
            story, goes_on = [], True
        elif n in requests and asked_elsewhere and not (text.endswith("?") and _REFERS.search(text)):
            continue  # "can u tell me pls" leads on to another
        elif goes_on and _OR_ELSE.match(text) and not piece.asks:
            key, before = questions.popitem()
            questions[f"{key} {text.lower()}"] = replace(before, question=f"{before.question} {text}")
        elif piece.asks or (goes_on and (joins := _GOES_ON.match(text)) and not _TELLS.match(text, joins.end())):
            questions.setdefault(text.lower(), Asked(text, _shortened(story)))
            story, goes_on = [], True
        elif _says_something(text):
            story.append(text)
            goes_on = False
    return list(questions.values()), left + story


# Whose words they are


def _own_words(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """What the client wrote, and the mail that it answers or that is passed on: what follows a line such as "On … wrote:", or is quoted."""
    own: list[str] = []
    others: list[str] = []
    below = earlier = False  # below a rule, which mail programs put above all of the earlier mail; in a quotation with a name to it
    for line in lines:
        bare = _QUOTED.sub("", line).strip()
        if _FORWARDED.match(bare):
            own, others, below = [], [*own, *others], False  # the client's words are what is passed on
        elif _ORIGINAL.match(bare):
            below = True
        elif _WROTE.fullmatch(bare):
            earlier = True
        elif below or (earlier and (not bare or line.lstrip().startswith(">"))):
            others.append(bare)
        else:
            own.append(line)
            earlier = False
    return own, others


# Sentences


def _pieces(lines: Sequence[str]) -> Iterator[_Piece]:
    """What is said, piece by piece, without greetings, thanks, headers and signatures."""
    closed = False  # after "Regards": what follows is who writes
    of, listed = 0, False
    for line in _unwrapped(lines):
        mark = _MARK.match(line)
        bare = " ".join(line[mark.end() :].split()) if mark else ""
        if subject := _SUBJECT.match(bare):
            bare = bare[subject.end() :] if _asks(bare[subject.end() :]) else ""
        if not bare:
            continue
        if bool(mark and mark["item"]) != listed:
            listed, of = not listed, of + (not listed)
        if _CLOSING.fullmatch(bare) and not _asks(bare):
            closed = True
            continue
        for text in _SENTENCE_END.split(bare):
            text = _GREETING.sub("", text) if _asks(text) or not _COURTESY.fullmatch(text) else text
            if not re.search(r"\w", text) or (_COURTESY.fullmatch(text) and not _asks(text)):
                continue
            asks = _asks(text)
            if closed and not asks and _is_signature(text):
                continue
            closed = closed and not asks
            yield _Piece(text, asks, of if listed else 0, leads=text.endswith(":") or not _says_something(text))


def _with_lists(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """The pieces, where every item of a list of questions is one, in however few words: the line before says so, or half of the items ask."""
    lists: dict[int, list[_Piece]] = {}
    asking: set[int] = set()
    read = list(pieces)
    for n, piece in enumerate(read):
        if piece.of and piece.of not in lists and n:
            before = read[n - 1]
            if before.leads and (before.asks or _FOR_QUESTIONS.search(before.text)):
                asking.add(piece.of)
        lists.setdefault(piece.of, []).append(piece)
    asking |= {of for of, items in lists.items() if len(items) > 1 and 2 * sum(item.asks for item in items) >= len(items)}
    yield from (replace(piece, asks=piece.asks or (piece.of > 0 and piece.of in asking)) for piece in read)


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """The lines as they were written: what a mail program broke is joined, and a list on one line is one line an item."""
    held, last = "", ""
    widest = max(map(len, lines), default=0)
    broken = widest <= _WIDEST and sum(len(line) > widest - _WORD for line in lines) > 1  # more than one line is full: a program broke them
    for line in lines:
        line = line.rstrip()
        full = len(last) > widest - _WORD if broken else len(last) >= _WRAPPED
        if full and len(last) >= _WRAPPED and last[-1] not in ".?!:;" and (_LOWER if broken else _RUNS_ON).match(line):
            held = f"{held} {_QUOTED.sub('', line).strip()}"
        else:
            yield from _items(held)
            held = line
        last = line
    yield from _items(held)


def _items(line: str) -> Iterator[str]:
    """A line with "1) … 2) …" or "a. … b. …" in it as its items."""
    starts = list(_NUMBER.finditer(line))
    names = [m["number"].lower() for m in starts]
    rising = len(names) > 1 and names in (list("12345678"[: len(names)]), list("abcdefgh"[: len(names)]))
    cuts = [m.start() for m in starts] if rising else []
    yield from (line[start:end].strip() for start, end in zip([0, *cuts], [*cuts, len(line)], strict=True))


def _is_signature(text: str) -> bool:
    return not _TELLS.search(text) and (len(text.split()) <= 8 or _OF_SENDER.search(text) is not None)


def _shortened(story: Sequence[str]) -> str:
    """As many of the last sentences as make _STORY_WORDS words."""
    kept: list[str] = []
    for sentence in reversed(story):
        if sum(len(s.split()) for s in (sentence, *kept)) > _STORY_WORDS:
            break
        kept.insert(0, sentence)
    return " ".join(kept)


# What asks


def _asks(text: str) -> bool:
    """Whether a piece asks something: by its sign, by how it begins, by saying so, or by naming in a few words a thing to be told."""
    if text.endswith("?"):
        return True
    plain = _GREETING.sub("", text)
    if _BEGINS.match(plain) or _SAYS_SO.search(plain) or _INVERTED.search(plain) or _OR_NOT.search(plain):
        return True
    return len(plain.split()) <= _TERSE and bool(_THING.search(plain)) and not _TELLS.search(plain) and not _KNOWN.search(plain)


def _says_something(text: str) -> bool:
    """Whether it has a word that is not only there to ask: "can u tell me pls" has none."""
    return any(word not in _FRAME for word in re.findall(r"[^\W_]+", _TO_US.sub(" ", text.lower())))


# Connecting words, and how question words are spelt in a hurry.
_JOIN = r"(?:(?:and|also|plus|so|but|or|ok|okay|then|next|now|moreover|further|furthermore|additionally|besides|lastly|finally|again|first(?:ly)?|second(?:ly)?|third(?:ly)?|pls|plz|please|kindly|actually|btw|ps|p\.s)\b[\s,.:-]*)"
_WH = r"(?:what|wat|wht|whats|what's|wats|how|hw|hows|how's|when|whn|wen|where|wher|whr|which|wich|whch|who|whos|who's|whom|whose|why|y)"
_AUX = (
    r"(?:can|could|cud|cn|do|does|dose|did|is|are|am|will|wil|would|wud|should|shud|may|must|shall|isn't|aren't|don't|doesn't|won't|can't)"
)
_SUBJECT_WORD = r"(?:i|we|u|you|he|she|they|it|my|our|your|his|her|their|the|this|that|these|there|any|anyone|someone|both|ircc|uscis)"
_ABOUT = r"(?:what|wat|wht|how|when|where|which|who|why|whether|wheather|weather|wether|if|about|abt)"

_BEGINS = re.compile(
    rf"^{_JOIN}*(?:{_WH}\b|{_AUX}\b(?! the needful)|(?:has|have|had|was|were) {_SUBJECT_WORD}\b|(?:whether|wheather|wether)\b|any (?:way|chance|idea|possibility|option)\b"
    r"|(?:possible|ok|okay|allowed|necessary|mandatory) (?:to|for|if)\b)",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"\b(?:tell (?:me|us)|let (?:me|us) know|(?:want|wants|need|like|love|wish|wanna|trying)(?: also| just)?(?: to)?(?: also| just)? (?:know|no|ask|understand|clarify|check|confirm|find out)"
    r"|(?:wondering|curious|confused|unsure|not sure|no idea|not clear|unclear|don'?t know|dont know|do not know|doubt|query|question)"
    rf"(?: (?:is|was|regarding|on|as to))?[\s:,-]*{_ABOUT}"
    rf"|(?<!\bi )(?<!\bwe )(?:ask|asks|asked|asking|enquire|inquire|know|check|see|confirm|advise|tell|say|clarify|answer|clarification|information|info|details|guidance|help"
    rf"|guide|suggest|explain)(?: (?:me|us|him|her|them|on|more|pls|please|with|regarding))*[\s:,-]+{_ABOUT}\b"
    r"|(?<!\bi )(?<!\bwe )(?:tell|know|explain|confirm|clarify|advise|suggest|share)(?: me| us)? the"
    r"|(?:please|pls|plz|kindly|can (?:you|u)|could (?:you|u))(?: (?:me|us|to|some|your))*"
    r" (?:advise|advice|explain|guide|guidance|suggest|suggestions?|clarify|confirm|share|provide|list|send|give|help)"
    r"|(?:need|wants?|any|some)(?: (?:your|some|any|a bit of))* (?:advice|guidance|suggestions?|help|clarification)"
    r"|explain|any idea|(?:is|am|are) (?:that|it|i|this) (?:true|right|correct))\b",
    re.IGNORECASE,
)
# The verb before its subject, or a question word before the verb, in the middle of a line.
_INVERTED = re.compile(
    rf"\b(?:(?:can|could|should|does|will|would|may) (?:i|we|she|he|they|it|my|the|u|you)|do (?:i|we|they|u|you)|(?:is|are) (?:there|it|they|we|she|he)|am i"
    rf"|(?:what|wat|how|where|when) (?:to|about|abt|much|many|long|is|are|do|does|can|will|should|would|if)|which (?:to|one|do|does|can|should)"
    rf"|(?:what|wat|how|where|why) (?:i|we|she|he|they|my|the|it)|(?:what|wat|which|how many|how much) (?:all )?\w+ (?:i|we|she|he|they|u|you|to)"
    rf"|{_WH} (?:all )?(?:\w+ )?(?:is|are|was|will be) (?:needed|required|allowed|eligible|mandatory|possible))\b",
    re.IGNORECASE,
)
_OR_NOT = re.compile(r"\bor (?:not|no)\b\W*$|(?<!not )\b(?:right|correct|possible|allowed|isn'?t it|is it)\W*$", re.IGNORECASE)
_THING = re.compile(
    r"\b(?:amounts?|fees?|costs?|prices?|charges?|scores?|points|cut ?off|funds|deadlines?|last dates?|timelines?|time ?frame|(?:processing|waiting) (?:times?|period)|validity|documents?|docs|papers|forms?|"
    r"conditions?|requirements?|criteria|eligibility|procedure|process (?:for|of|to)|steps?|routes?|options?|ways? (?:to|for|of)|difference|minimum|min|maximum|max|limits?|age|income|insurance|wages?|"
    r"salary|quota|cap|status of|chances|next draws?|draw dates?|list of|details (?:of|on|about|for)|needed|required|mandatory|compulsory|allowed|necessary)\b",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(?:\b(?:is|was|of|are|got|age|date)|[:=-])\s*\$?\d|\b(?:scores?|points|age|salary|income|min|max|fees?|time)\W+\$?\d", re.IGNORECASE
)
_TELLS = re.compile(
    r"\b(?:i|we|he|she|they|it|my \w+|our \w+|his \w+|her \w+|wife|husband|mother|father|mom|dad|spouse|son|daughter|kids?|employer|company)"
    r"(?: \w+){0,2}(?:['’](?:m|ve|s|re|d|ll)| ?(?:am|is|are|was|were|have|has|had|got|came|live[sd]?|works?|worked|did|do(?:es)? not|don'?t|applied|paid|heard|think|plan|want|need|lost|know|said|says|told)\b)"
    r"|\b(?:im|ive)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:(?:and|also|plus|or|as well as|moreover|same for|then)\b[\s,]*)+", re.IGNORECASE)
_OR_ELSE = re.compile(r"or\b", re.IGNORECASE)
_REFERS = re.compile(
    r"^(?!.*\b(?:help|tell|know|advi[sc]e|reply|explain|guide|suggest|clarify|answer|respond)\b).*(?:\b(?:it|that|this|they|these)\b|^(?:how|why|when|what)\b)",
    re.IGNORECASE,
)
_TO_US = re.compile(r"\b(?:tell|help|let|give|guide|advise|inform|show|reply to) us\b")
_FOR_QUESTIONS = re.compile(
    r"\b(?:questions?|queries|query|doubts?|know|following|below|ask|asks|answers?|clarify|help|info|information|points)\b", re.IGNORECASE
)
_FRAME = frozenset(
    "a about above advance advice advise all also am an and any anybody anyone appreciate appreciated are as asap ask asking at be below can clarification clarify clear "
    "confirm confused could cud do does doubt doubts earliest explain fast few following for from get give good got guide guidance have hear help helpful here hi hello how i if in "
    "is it kindly know let like me more my need now of ok okay on one or other out pl please pls plz possible queries query question questions quick quickly reply request respond "
    "response right say see so some soon suggest suggestion suggestions team tell that the there these thing things this to true u understand urgent urgently "
    "want wat we what whats wht will with wondering would wud you your sir madam correct ur something fine normal problem".split()
)


# What stands around what is said


_QUOTED = re.compile(r"^\s*(?:>\s*)+")
_FORWARDED = re.compile(r"(?:-{2,}\s*)?(?:forwarded message|begin forwarded message)\b", re.IGNORECASE)
_ORIGINAL = re.compile(r"(?:-{2,}\s*original message\b|_{10,}$)", re.IGNORECASE)
_WROTE = re.compile(r"(?:on|am|le) .{5,120} (?:wrote|schrieb|a écrit)\s*:", re.IGNORECASE)
# What stands in front of a line: quotation; then bullets, numbers.
_MARK = re.compile(
    r"^\s*(?:>\s*)*(?P<item>[-*•·–→]+\s+|\(?\d{1,2}(?:st|nd|rd|th)?[.):]\s*(?=\D)|\(?[a-h][.)]\s+|(?:q|que|question)\s*\d{0,2}[:.)-]\s*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:^|(?<=\s))\(?(?P<number>[1-8a-h])[.)](?=\s*\D)", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:(?:subject|re|fwd?|fw)\s*:\s*)+", re.IGNORECASE)
_RUNS_ON = re.compile(rf"^(?:>\s*)*(?!{_JOIN}|{_WH}\b|{_AUX}\b)[a-z(]")
_LOWER = re.compile(r"^(?:>\s*)*[a-z(]")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?![.])")
_PEOPLE = r"(?:sir|madam|ma'?am|team|all|everyone|folks|guys|there|friend|friends|support|officer|dear|bro|mam|sirs?/madams?|sir or madam)"
_HAIL = rf"(?:hi+|hello+|hey+|hai|dear|good (?:morning|afternoon|evening|day)|gm|namaste|namaskar|greetings(?: of the day)?|salam|hola|bonjour)\b(?:[ ,]+{_PEOPLE}\b)*"
# A greeting in front of something else: with a sign after it, or before one who asks.
_GREETING = re.compile(
    rf"^(?:{_HAIL}\s*[,!.:-]*\s+|{_PEOPLE}\s*[,!:]\s+|(?:ok |okay )?(?:thanks|thank you|thx)\s*[,!.]+\s+)+(?=\S)", re.IGNORECASE
)
_THANKS = r"(?:many |much |a lot of )?(?:thanks|thank you|thanking you|thx|tks|ty|regards|rgds|best|best regards|kind regards|warm regards|warmly|cheers|sincerely|yours (?:sincerely|truly|faithfully)|much obliged|respectfully)"
_CLOSING = re.compile(rf"(?:{_THANKS}\b[\w '&,]{{0,40}}[!.,]*|-{{2,}}.*|sent from my .*|get outlook for .*)", re.IGNORECASE)
_COURTESY = re.compile(
    rf"(?:{_HAIL}[\w .']{{0,40}}[,!.:]*|{_PEOPLE}\s*[,!.:]*"
    rf"|(?:ok |okay )?{_THANKS}\b[\w '&,-]{{0,60}}[!.]*"
    r"|(?:i )?hope (?:you|u|this|all|everything)\b[^?]{0,60}|(?:my name is|this is|myself) (?-i:[A-Z]\w+(?: [A-Z]\w*){0,2})(?: here)?[.!,]*"
    r"|(?:god bless(?: you)?|bless you|have a (?:nice|good|great) \w+|(?:much|highly|really|any help is|any help|help is|greatly) (?:obliged|appreciated)|appreciate (?:it|your \w+)"
    r"|(?:i am |i'm )?(?:awaiting|waiting for|looking forward to)\b.{0,60}|sorry (?:for )?(?:my )?(?:bad )?english|(?:just )?(?:checking|following) (?:in|up)\b.{0,60}"
    r"|(?:please|pls|plz|kindly) (?:reply|respond|revert|answer|do the needful|handle|treat)\b.{0,40}|do the needful|reply (?:fast|soon|asap))[.!]*"
    r"|(?:from|to|cc|bcc|sent|date|attachments?|importance)\s*:.*|sent from my .*|on .{5,80} wrote:|-{2,}.*|_{5,})",
    re.IGNORECASE,
)
_OF_SENDER = re.compile(
    r"\||@|www\.|https?:|\[(?:phone number|email)\]|confidential|intended (?:only|recipient)|privileged|disclaimer|delete it|\b[A-Z]{2} \d{5}\b",
    re.IGNORECASE,
)
