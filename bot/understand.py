"""The first step: what is asked, in words that stand alone, and what sort of message it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from bot import harm, language, privacy, scope
from bot.answer import Turn
from bot.continuing import Before
from bot.followups import Rewriter, StandAlone, asks_nothing, goes_back, only_tells, says_which, stand_alone
from bot.several import DEGREE, of_each_place, without_its_text, without_numbering
from bot.story import SENTENCE_END, Story, read
from bot.swaps import place_in
from bot.vocabulary import Vocabulary
from corpus.errors import RequestError
from corpus.model import UNITED_STATES, Program, Split
from index.keywords import terms, words

if TYPE_CHECKING:
    from bot.splits import Splits
    from bot.tongues import Heard

MAX_QUESTION = 4_000  # characters; longer is a document, not a question
_KEPT_TURNS = 12  # what was said before that is no longer what a follow-up is about, unless it goes back to the very first question
_CARRIED = 1_000  # characters of a message that later ones may go on from
_NAMED = " – "  # before the program that a second question is about
_OWN = 5  # content words that make a question stand without the story before it
_LONG = 28  # words; a longer message is a story with a question in it
_TELLING = 4  # content words of a sentence that may be what is asked
_SAYS_NOTHING = 2  # content words of a question that asks only about what was told before it: "Is that allowed?"

Kind = Literal["question", "smalltalk", "out_of_scope", "refused", "outcome", "vague", "distress", "abuse", "unread"]


@dataclass(frozen=True)
class Understood:
    """`question` and `standalone` have personal numbers masked. `parts` are the questions in the message, each in several wordings
    for the search; `named` are the programs the question names itself, `inferred` those a follow-up takes from the conversation."""

    question: str
    standalone: str
    language: str
    kind: Kind
    parts: tuple[tuple[str, ...], ...] = ()
    context: tuple[str, ...] = ()
    before: tuple[str, ...] = ()  # the earlier questions among the context
    named: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    tense: int = 0  # 1: asks what will happen; -1: asks what has happened
    in_field: bool = True  # names something of the field, beyond a fee, a time and the like
    previous: tuple[str, ...] = ()  # wordings of the question that a follow-up goes on from
    typed: tuple[str, ...] = ()  # of a follow-up, wordings of what was typed, which does not stand alone
    at: str = ""  # the past ISO day to answer as of; "" is today
    split: Split | None = None  # the message has no answer before one thing is known (bot/splits.py)
    story: Story | None = None  # of a long message what it tells, and its questions in the order of the parts
    only_tells: bool = False  # asks nothing, and goes on from no question
    goes_on_telling: bool = False  # asks nothing in a conversation
    heard: Heard | None = None  # the message as it came, where that is not in English (bot/tongues.py)
    plain: str = ""  # what was typed, without thanks and without what a correction takes back; it need not stand alone
    before_it: Before | None = None  # what was said before, once a conversation has begun
    asked_before: tuple[str, ...] = ()  # the messages of the conversation before this one
    answered_before: tuple[str, ...] = ()  # and the answers to them
    apart: tuple[Understood, ...] = ()  # of several questions each by itself, those after the first as going on from it (bot/several.py)

    def of(self, number: int) -> Understood:
        """The question of this number by itself; of a message that was not taken apart, the message."""
        return self.apart[number] if self.apart else self

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs it is about, as far as the message and the conversation say."""
        return self.named or self.inferred

    def typed_of(self, part: Sequence[str]) -> str:
        """What was typed of one of the parts, which need not stand alone."""
        return self.plain if len(self.parts) == 1 else part[0].partition(_NAMED)[0]

    @property
    def tells(self) -> bool:
        """Whether it asks nothing."""
        return self.only_tells or self.goes_on_telling


def understand(
    question: str,
    history: Sequence[Turn],
    vocabulary: Vocabulary,
    programs: Mapping[str, Program],
    rewriter: Rewriter | None = None,
    splits: Splits | None = None,
    answered: Callable[[str], Sequence[str] | None] = lambda _: None,
) -> Understood:
    """What is asked, standing alone. A `rewriter` has the last word on how a follow-up reads; what it leaves (None) the rules say. `splits`
    tell which short questions mean several things, `answered` what programs an answer is about. Raises RequestError for an empty question
    or one longer than MAX_QUESTION characters."""
    check_question(question)
    masked = privacy.mask(_visible(question))
    spoken = language.detect(masked)
    plain = _written_out(scope.without_orders(re.sub(r"<[^>]{1,200}>", " ", privacy.unnumbered(masked))))
    if not re.search(r"\w", plain):  # nothing but orders, markup or signs: nothing is asked
        kind: Kind = "refused" if scope.asks_for_secrets(masked) else "vague" if re.search(r"\w", masked) else "smalltalk"
        return Understood(masked, masked, spoken, kind)
    recent = history if len(history) <= _KEPT_TURNS + 2 else (*history[:2], *history[-_KEPT_TURNS:])
    past = [Turn(role=t.role, content=_BECAUSE.sub("because", _carried(t))) for t in recent if t.content.strip()]
    if past:
        plain = _with_places(plain, vocabulary)
        past = [t.model_copy(update={"content": _with_places(t.content, vocabulary)}) if t.role == "user" else t for t in past]
    if scope.in_distress(plain, " ".join(turn.content for turn in past if turn.role == "user")):
        return Understood(masked, plain, spoken, "distress")
    if scope.is_smalltalk(plain):
        return Understood(masked, plain, spoken, "smalltalk")
    if splits and past and past[-1].role == "assistant" and (branch := splits.meant(past[-1].content, vocabulary.spelled(plain))):
        alone = StandAlone(branch.asks, plain, tuple(vocabulary.programs(vocabulary.spelled(branch.asks))))
    else:
        alone = stand_alone(
            plain,
            past,
            programs,
            lambda text: vocabulary.programs(vocabulary.spelled(text)),
            lambda text: _in_field(text, vocabulary),
            rewriter,
            lambda text: bool(vocabulary.concepts(vocabulary.spelled(text))),
            answered,
        )
    of_canada = not past and not alone.named and not scope.asks_of_the_us(plain)  # so are the cases of a split
    split = splits.find(vocabulary.spelled(plain)) if splits and of_canada else None
    if not alone.context:
        alone = _as_asked(alone, vocabulary)
    kind = "question"
    if harm.is_told(plain):
        kind = "abuse"
    elif scope.asks_to_cheat(plain) or scope.asks_for_secrets(plain):
        kind = "refused"
    elif scope.is_elsewhere(plain) or scope.asks_the_same_elsewhere(plain, " ".join(t.content for t in past if t.role == "user")):
        kind = "out_of_scope"
    elif scope.asks_for_outcome(plain):
        kind = "outcome"
    elif split is not None or (of_canada and scope.is_vague(plain)):
        kind = "vague"
    parts: tuple[tuple[str, ...], ...]
    previous: tuple[str, ...] = ()
    story: Story | None = None
    if alone.context:
        previous = _wordings(alone.previous, vocabulary)
        parts = tuple(_in_wordings(forms, vocabulary) for forms in _each_leaning(alone))
    elif story := read(alone.text, lambda text: _names_of_the_field(text, vocabulary), lambda text: _program_in(text, vocabulary)):
        parts = tuple(_in_wordings(question.forms, vocabulary) for question in story.questions)
    else:
        parts = tuple(
            (*_wordings(part, vocabulary), *_as_told(part, vocabulary), *_of_its_text(part, vocabulary))
            for part in _as_one_or_several(alone)
        )
    tense = 1 if kind == "outcome" or scope.asks_of_future(plain) else -1 if scope.asks_of_past(plain) else 0
    return Understood(
        masked,
        alone.text,
        spoken,
        kind,
        parts,
        alone.context,
        tuple(said for said in alone.context if any(turn.role == "user" and turn.content == said for turn in past)),
        alone.named,
        alone.inferred,
        tense,
        _names_of_the_field(alone.text, vocabulary),
        previous,
        typed=_wordings(alone.typed, vocabulary) if past and len(parts) == 1 and (alone.context or alone.text != alone.typed) else (),
        split=split if kind == "vague" else None,
        story=story,
        only_tells=kind == "question" and not past and story is None and only_tells(plain),
        goes_on_telling=kind == "question" and bool(past) and (only_tells(plain) or asks_nothing(plain)),
        plain=alone.text if past and says_which(alone.typed) else plain if goes_back(plain) else alone.typed,
        before_it=_before(past),
        asked_before=tuple(turn.content for turn in past if turn.role == "user"),
        answered_before=tuple(turn.content for turn in past if turn.role == "assistant"),
    )


def _before(past: Sequence[Turn]) -> Before | None:
    asked = [turn.content for turn in past if turn.role == "user"]
    answers = tuple(turn.content for turn in past if turn.role == "assistant")
    return Before(asked[0], asked[-1], past[-1].content if past[-1].role == "assistant" else "", answers) if asked else None


def _carried(turn: Turn) -> str:
    """What later messages may go on from: an answer, and of a user's message, where it is long, the beginning, which tells what it is
    about, and the end, where a story asks."""
    said = privacy.mask(turn.content)[:MAX_QUESTION]
    if turn.role == "assistant" or len(said) <= _CARRIED:
        return said
    beginning, end = said[: _CARRIED // 2], said[-_CARRIED // 2 :]
    return f"{beginning.rpartition(' ')[0] or beginning} … {end.partition(' ')[2] or end}"


def _with_places(text: str, vocabulary: Vocabulary) -> str:
    """With misspelt provinces and cities put right, so that a follow-up can change or take up a place: "and saskatchewen"."""
    return _LONG_WORD.sub(lambda word: put if place_in(put := vocabulary.spelled(word[0])) and not place_in(word[0]) else word[0], text)


def _as_asked(alone: StandAlone, vocabulary: Vocabulary) -> StandAlone:
    """Of a story that ends in a question, the programs that the question names; one that only the story names ("I have an approved
    I-140 … is the 2023 permit open?") is where the person stands, and at most suggested."""
    sentences = [s for s in SENTENCE_END.split(alone.text) if s.strip()]
    asking = [s for s in sentences if _is_question(s)] or sentences[-1:]
    question = " ".join(asking)
    if len(sentences) == 1 and len(question.split()) > _LONG:
        question = _last_question(question) or question
    if alone.named and all(p.startswith(UNITED_STATES) for p in alone.named):  # "need a medical if I did one for the green card?"
        question = _SUBORDINATE.sub(" ", question)
    if question == alone.text or not alone.named or _REFERS.search(question):
        return alone
    spelled = vocabulary.spelled(question)
    named = tuple(vocabulary.programs(spelled) or vocabulary.programs(vocabulary.expanded(spelled)))
    if not named and not vocabulary.concepts(spelled) and len(terms(question)) < _OWN:
        return alone  # "I have the 2023 open permit. How long is it good for?"
    return replace(alone, named=named, inferred=tuple(p for p in alone.named if p not in named))


def _names_of_the_field(text: str, vocabulary: Vocabulary) -> bool:
    """Whether the text names something of the field; a city or a country alone is not."""
    return bool(scope.domain_terms(text) - scope.PLACES or vocabulary.concepts(vocabulary.spelled(text)))


def _program_in(text: str, vocabulary: Vocabulary) -> str:
    """What the last program that the text names is called, or ""."""
    named = vocabulary.programs(vocabulary.spelled(text))
    return " ".join(vocabulary.label(named[-1]).split()) if named else ""


def _in_field(text: str, vocabulary: Vocabulary) -> bool:
    """Whether the text holds a word of the field, or one that asks for a fee, a time and the like."""
    return scope.speaks_of_the_field(text) or bool(vocabulary.concepts(vocabulary.spelled(text)))


def check_question(question: str) -> None:
    """Raise RequestError unless the question can be read: not blank, not too long, no zero bytes."""
    if not question.strip() or not _visible(question).strip():
        raise RequestError("the question is empty; type one, such as: do I need a job offer for Express Entry?")
    if len(question) > MAX_QUESTION:
        raise RequestError(f"the question has {len(question):,} characters; at most {MAX_QUESTION:,} are read: ask one thing at a time")
    if "\x00" in question:
        raise RequestError("the question holds zero bytes: it is not text")
    if any("\ud800" <= c <= "\udfff" for c in question):  # bytes that are not UTF-8 come as such from the shell
        raise RequestError("the question holds bytes that are not UTF-8: it is not text")


def past_day(text: str, today: date) -> str:
    """The ISO day to answer as of. Raises RequestError unless it is one, and not after today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RequestError(f"the day to answer as of, {text!r}, is no ISO date; give one such as 2024-03-01") from None
    if day > today:
        raise RequestError(f"the day to answer as of, {text}, is still to come; give one up to {today.isoformat()}")
    return day.isoformat()


def _written_out(text: str) -> str:
    """The message with the digits that stand for words written out: "money 4 fam of 5", "how 2 get", "b4 i apply"; in usual words what
    other languages ask as "since when does it exist"; without that help is needed with it; and what is asked for somebody else as it
    would be asked by them."""
    text = without_numbering(_HELP_WITH.sub("", text))
    text = _EXISTS.sub(r"when was \1 introduced", _BECAUSE.sub("because", _B4.sub("before", _AS_TO.sub("to", _AS_FOR.sub("for", text)))))
    return _on_behalf(text)


_HELP_WITH = re.compile(
    r"^\s*(?:(?:hi|hello|hey)\W+)?(?:(?:i|we) )?(?:need|want) (?:some |your )?help (?:with|on|about|regarding) (?=\w)", re.IGNORECASE
)


def _on_behalf(text: str) -> str:
    """Staff and friends wrap what is asked: of "Support desk: a client asks whether she can renew. What do I tell her?" it is "she can
    renew?"."""
    said, reported = _ASKS_FOR_THEM.subn(" ", _FROM_DESK.sub("", text), count=1)
    said = (_TELL_THEM.sub("", said) if reported else said).strip(" ,")
    if said == text or not terms(said):
        return text
    return f"{said.rstrip('. ')}?" if reported and not said.endswith("?") else said


_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_FROM_DESK = re.compile(
    r"^\W*(?:(?:hi|hello|hey)\W+)?(?:(?:support|help|service) ?desk|(?:support|hr|human resources|customer care)(?: team| staff| agent)?)"
    r"(?: here)?\s*[:,.–-]\s+",
    re.IGNORECASE,
)
_ASKS_FOR_THEM = re.compile(
    r"\b(?:(?:a|an|one|my|our|the|this) )?(?:client|customer|caller|applicant|candidate|employee|friend|colleague|coworker|cousin|user)"
    r"(?: of (?:mine|ours))? (?:asks?|asked|is asking|wants? to know|wanted to know|wonders?|is wondering)(?: me| us)?"
    r"(?: (?:whether|if))?[,:]? ",
    re.IGNORECASE,
)
_TELL_THEM = re.compile(
    r"(?:^|(?<=[.?!,;]))\s*(?:so |and )?what (?:do|should|can|shall) (?:i|we) (?:tell|say|answer|reply|respond)\b[^.?!]{0,25}[.?!]*\s*$",
    re.IGNORECASE,
)
_AS_FOR = re.compile(
    r"(?<![\d.,$-] )(?<!\bof )(?<!\bfor )\b4"
    r"(?= (?:me|my|us|our|him|her|them|a|an|the|it|this|that|fam|family|wife|husband|spouse|kids?|h-?1b|canada|pr|ee)\b)",
    re.IGNORECASE,
)
_AS_TO = re.compile(
    r"(?<=\w )(?<![\d.,$-] )(?<!\bof )(?<!\bfor )\b2"
    r"(?= (?:get|apply|go|come|do|be|move|work|stay|bring|pay|have|know|canada|the|my|extend|renew|find|start|take"
    r"|enter|travel)\b)",
    re.IGNORECASE,
)
# "Only for two years bc of my passport" names no province.
_BECAUSE = re.compile(
    r"(?<!\bin )(?<!\bto )(?<!\bof )(?<!\bfor )(?<!\bfrom )(?<!\bor )(?<!\band )(?<!\babout )(?<!\bis )(?<!\bthan )"
    r"\b(?:bc|bcoz|bcz|bcuz|becoz|becuz|cuz|coz)"
    r"(?= (?:of|my|i|i'?m|i'?ve|we|he|she|they|it|it'?s|our|there|his|her|their|ircc|uscis)\b)"
)
_B4 = re.compile(r"\bb4\b", re.IGNORECASE)
_EXISTS = re.compile(
    r"\b(?:since|from) when (?:(?:do|does|did|is|are|was|were|has|have) )?(?!(?:there|do|does|did|is|are|was|were|has|have)\b)"
    r"([\w -]{2,60}?) (?:exist(?:s|ed|ing)?|(?:been )?(?:there|around))\b",
    re.IGNORECASE,
)


def _visible(text: str) -> str:
    """Without control and direction characters, which can make a text look like another."""
    return re.sub(r"[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text)


def of_program(question: str, program: str) -> str:
    """A question that names no program, with what it is about."""
    return f"{question.rstrip('?.! ')}{_NAMED}{program}?" if program else question


def _as_one_or_several(alone: StandAlone) -> list[str]:
    """A question that stands alone; one on two places once for each; of two that an earlier message joined ("which form and how much for my
    wife – about the renewal?") each."""
    asked, behind, about = alone.text.rpartition(_NAMED)
    each = _each_asked(asked) if behind else []
    return [of_program(one, about.rstrip("?")) for one in each] if len(each) > 1 else of_each_place(alone.text)


def _each_leaning(alone: StandAlone) -> list[tuple[str, ...]]:
    """The forms of a follow-up: what was typed, what it leans on said behind it, and the question it goes on from; of two questions in one
    message ("is it closed and when is the next one") of each."""
    _, behind, leant_on = alone.text.rpartition(_NAMED)
    said = _each_asked(alone.typed) if behind else [alone.typed]
    texts = [alone.text] if len(said) == 1 else [of_program(one, leant_on.rstrip("?")) for one in said]
    before = " ".join(alone.previous.split()[:25])
    return [(one, text, f"{one.rstrip('?.! ')} ({before})") for one, text in zip(said, texts, strict=True)]


def _each_asked(text: str) -> list[str]:
    """The questions that a text joins, where each of two or three asks something itself; else the text."""
    each = [_JOINS.sub("", piece.strip(" ,;")) for piece in _BETWEEN.split(text)]
    return each if 1 < len(each) <= 3 and all(map(_asks_itself, each)) else [text]


def _asks_itself(piece: str) -> bool:
    """Whether a part of a message is a question with a word that says what is asked."""
    return bool(terms(piece)) and (_is_question(piece) or _QUESTION_WORD.match(piece) is not None)


def _is_question(piece: str) -> bool:
    return piece.rstrip().endswith("?") or _ASKS.match(piece) is not None


_SUBORDINATE = re.compile(
    r"\b(?:if|because|since|although|though|even if|even though|while|after|before|when) (?:i|i'?m|i'?ve|we|my|our)\b[^,.;?]*?"
    r"(?=[,.;?]|$|\b(?:can|could|will|would|do|does|is|are|should|must) (?:i|we|my|he|she|they|it)\b)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(?:it|its|they|them|(?:this|that|these|those)(?= (?:is|was|one|for|apply|work|need|take|cost|give|still|now)\b|\W*$))\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?<=[?])\s+|\n+|;\s+|\s+&\s+|(?<=[.!])\s+(?=(?:and |also |plus )?(?:what|how|can|do|does|is|are|will|when|where|which|who)\b)"
    r"|,?\s+(?:and|also|plus|nd?)\s+(?=(?:also )?(?:what|how|when|where|which|who|can|do|does|is|are|will|must|should|may|total how)\b)",
    re.IGNORECASE,
)


_JOINS = re.compile(r"^(?:(?:and|also|plus|nd?)\b[\s,]*)+(?=\w)", re.IGNORECASE)
_BARE_PRICE = re.compile(r"\bhow much$")  # "and how much?"


def _last_question(sentence: str) -> str:
    """What follows the last question word of a sentence that ran on, or ""."""
    starts = [m.start() for m in _QUESTION_WORD.finditer(sentence)]
    return next((sentence[at:] for at in reversed(starts) if len(sentence[at:].split()) >= 5), "")


_QUESTION_WORD = re.compile(
    r"\b(how|what|when|where|which|who|can (?:i|we|she|he|they)|do (?:i|we)|will (?:i|we|they|she|he)|is (?:it|there)|should i|am i)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"(and |also |plus |so |but |ok )*(what|how|can|could|do|does|did(?! {DEGREE})"
    r"|is|are|am|will|would|when|where|which|who|why|should|may)\b",
    re.IGNORECASE,
)


def _in_wordings(forms: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The wordings of each form of a question."""
    return tuple(dict.fromkeys(wording for form in forms for wording in _wordings(form, vocabulary)))


def _of_its_text(part: str, vocabulary: Vocabulary) -> list[str]:
    """A question without the words that name the text which it is asked of, where those were not all of it."""
    asked = without_its_text(part)
    return [vocabulary.expanded(vocabulary.spelled(asked))] if asked != part and len(terms(asked)) > 1 else []


def _as_told(part: str, vocabulary: Vocabulary) -> list[str]:
    """What a story tells, where the question after it says nothing by itself: "Our lawyer in New Jersey handles Canada too. Is that
    allowed?" A longer message is taken apart (bot/story.py)."""
    sentences = [s for s in SENTENCE_END.split(part) if s.strip()]
    asking = [s for s in sentences if _is_question(s)]
    if len(part.split()) > _LONG or not 0 < len(asking) < len(sentences):
        return []
    if not all(words(s) and len(terms(s)) <= _SAYS_NOTHING for s in asking):
        return []
    ours = [s for s in sentences if _names_of_the_field(s, vocabulary) or scope.speaks_of_own_move(s)]
    return [vocabulary.expanded(vocabulary.spelled(s)) for s in ours if len(terms(s)) >= _TELLING]


def _wordings(part: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The question as typed, with its spelling put right and its abbreviations expanded; of a long story also its asking sentence."""
    spelled = _BARE_PRICE.sub("how much does it cost", vocabulary.spelled(part))
    forms = [part, vocabulary.expanded(spelled)]
    if len(part.split()) > _LONG:
        sentences = [s for s in re.split(r"(?<=[.?!])\s+", part) if len(terms(s)) >= 2]
        asking = [s for s in sentences if _is_question(s)] or sentences[-1:]
        last = _last_question(asking[-1]) if asking else ""
        forms.extend(vocabulary.expanded(vocabulary.spelled(s)) for s in (*asking[-2:], last) if s)
    # The same words in other letters and signs are the same question; embedding them again is a third of the time of an answer.
    return tuple({tuple(words(form)): form for form in reversed(forms) if form.strip()}.values())[::-1]
