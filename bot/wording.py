"""Put what was checked into an Answer: the status, the text with its marks, citations, caveats, and what to ask next.

The sentences here are the bot's own and state no fact about immigration: every fact is a quote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from itertools import islice

from bot import harm, lawful, scope
from bot.answer import Answer, Beside, Citation, Claim, Differing, ProgramStanding, Status
from bot.answerability import NEARLY_SURE, NOT_FOUND, SURE
from bot.asked import VERY, is_asked
from bot.check import Checked
from bot.counting import beside_their_score, counted_from, fewer_than_asked
from bot.followups import NO_SUBJECT
from bot.joins import LAWFUL, fitted, joins
from bot.language import FRENCH, NOTICES, UNREAD
from bot.offers import offered
from bot.others import month_not_held
from bot.pieces import Piece
from bot.understand import Understood
from corpus.model import GENERAL, UNITED_STATES, Passage, Program, Source, Split
from corpus.registry import Registry
from corpus.sentences import VERDICT, spans
from index.expects import expected
from index.search import Hit, Index, Query

STALE_DAYS = 180
FOLLOW_UPS = 3
_LEADING = 2  # citations, in which a rule may stand that is told with the numbers that somebody names (bot/counting.py)

HELLO = (
    "Hello. Ask me about moving to Canada from a US H-1B: work permits, Express Entry, provinces, family, fees, or what to do after a "
    "layoff. I answer with quotes from named sources; this is information, not legal advice."
)
THANKS = "You are welcome. Ask again whenever you need to."
WHO = (
    "I am Northbound, a program that answers questions about moving to Canada from a US H-1B by quoting named, dated sources. "
    "I am not a lawyer, not the government, and I cannot see or decide any application."
)
DISTRESS = (
    "I am sorry that it has come to this. I am only a program and cannot help you as a person can, so please talk to one now. "
    "In the United States and in Canada you can call or text 988 at any hour; it is free, and it is also there for people who worry about "
    "somebody else. In an emergency call 911. Elsewhere, a local emergency number or somebody near you can help. "
    "Papers and deadlines can wait until you are safe. When you are ready, ask me about them, one at a time; there are often more "
    "ways to stay or to move than it seems."
)
ABUSE = (
    "I am sorry. Nobody should be treated like that, and it is right to ask for help. I am only a program and cannot help you as a person "
    "can. If you or somebody else is in danger, call 911, in the United States and in Canada. When it is too much to bear, you can call or "
    "text 988 there at any hour; it is free. The police, a doctor or a shelter near you can name those who help where you are. If you can "
    "do so safely, keep copies of your papers and of what happened, and talk to an immigration lawyer or a legal clinic before your status "
    "changes."
)
NOTHING_ON_ABUSE = (
    "On permits for people who are hurt at home, exploited or trafficked our sources hold nothing more. IRCC's own pages, or an "
    "immigration lawyer, can tell you what there is."
)
ELSEWHERE = scope.DECLINED
REFUSED = (
    "I cannot help with false papers, false statements, hiding facts from an officer, or getting around the rules. "
    "I can help you find a lawful route: tell me your situation, or ask a licensed consultant or lawyer."
)
SECRETS = "I have no hidden instructions or keys to show: I answer questions about moving to Canada from a US H-1B from named sources."
NOT_IN_SOURCES = "Our sources do not answer this."
ADVICE = (
    "Nobody can tell you the outcome in advance: only the officer who decides can. "
    "For advice on your own case ask a licensed immigration consultant or lawyer."
)
NOT_YET_KNOWN = "Nobody can know that in advance. What our sources hold on it:"
CANNOT_ACT = (
    "I cannot see any file, and I cannot send, fill in, file or book anything: I only answer questions about moving to Canada from a "
    "US H-1B from named, dated sources."
)
NEAREST = "The nearest that they hold:"
NOT_QUITE = "Our sources may not answer exactly this. The nearest that they hold:"
NEARLY = "The nearest that our sources hold:"
SEE = "This is the nearest that our sources hold: see whether it is what you asked."
NOTHING_FOR = "Our sources hold nothing for {}. The nearest that they hold:"
STANDS = "Our sources still say this. If you were told otherwise, ask for the rule and its date, so that it can be checked."
RULES = "What our sources say on it:"
HELD_UNTIL = "What our sources tell of this held until {}; what has held since then they do not say:"
LAST_DAY = "{} is the last day on which this holds."
NOT_YET_THERE = "On {} this did not exist yet. How it began:"
DEPENDS = "That depends."
WHAT = "What would you like to know about that?"
TOLD = f"{WHAT} Our sources can answer, for example:"
UNREADABLE = "I could not read a question in that. What would you like to know about moving to Canada from a US H-1B?"


class Wording:
    """Words answers from a registry and an index."""

    def __init__(self, registry: Registry, index: Index) -> None:
        self._registry = registry
        self._index = index

    def answer(
        self,
        understood: Understood,
        hits: Sequence[Sequence[Hit]],
        checked: Checked,
        sources: Mapping[str, Source],
        today: date,
        told: Set[str] = frozenset(),
    ) -> Answer:
        """The Answer without id, corpus version and timings. `told` are the ids of the passages that earlier answers quoted."""
        status = _status(understood, hits, checked, self._index.manifest.only)
        pieces = _shown(status, checked)
        if status == "refused" and not scope.asks_for_secrets(understood.question):
            pieces = (*self._consequences(), *self._lawful(understood))
        elif understood.kind == "abuse":
            pieces = self._for_the_harmed(understood, hits, pieces)
            checked = Checked(pieces, checked.answered, unknown=False, programs=())
        citations = tuple(self._citation(number, piece, sources) for number, piece in enumerate(pieces, 1))
        said_before = [""] * len(pieces)
        if understood.split is None:  # each case has a heading there
            asks_standing = scope.asks_whether_open(understood.question)
            phrases = joins(
                _also_of_the_first(pieces, hits),
                f"{understood.question} {understood.standalone}",
                today=today.isoformat(),
                at=understood.at,
                asks_standing=asks_standing,
                ended=self._ended,
            )
            if status == "refused":
                phrases = [LAWFUL if n else "" for n in range(len(pieces))]
            said_before = [fitted(phrase, citation.quote) for phrase, citation in zip(phrases, citations, strict=True)]
        claims = tuple(
            Claim(text=c.quote[:1].upper() + c.quote[1:], citations=(c.number,), as_of=c.as_of, support=round(p.support, 3), join=join)
            for c, p, join in zip(citations, pieces, said_before, strict=True)
        )
        choices = self._choices(understood, hits) if status == "clarify" and not understood.tells else ()
        day = understood.at or today.isoformat()
        follow_ups = (
            tuple(f"{understood.question.strip(' ?.!')} – {name}?" for name in choices)
            or (_asked_in_full(understood.split, citations) if understood.split else ())
            or self._follow_ups(status, understood, hits, pieces, told, day)
        )
        held = _held_until(pieces, understood, day)
        text = _text(status, understood, claims, citations, follow_ups, choices, checked, held)
        return Answer(
            id="",
            question=understood.question,
            standalone_question=understood.standalone,
            language=understood.language,
            status=status,
            answer=text,
            claims=claims,
            citations=citations,
            programs=tuple(self._program(i) for i in checked.programs if self._registry.programs[i].standing) if claims else (),
            caveats=tuple(_caveats(understood, status, citations, checked, today)),
            follow_ups=follow_ups,
            disagreements=tuple(d for i in checked.differing if (d := self._differing(i, citations)) is not None),
            at=understood.at,
            asks_back=_asks_back(status, understood, choices),
        )

    def _citation(self, number: int, piece: Piece, sources: Mapping[str, Source]) -> Citation:
        passage = piece.passage
        beside = [sources[id] for id in passage.corroborated_by if id in sources and id != passage.source_id]
        program = self._registry.programs.get(passage.program)
        return cited(number, passage, piece.start, piece.end, sources[passage.source_id], program, beside)

    def _differing(self, disagreement_id: str, citations: Sequence[Citation]) -> Differing | None:
        """The disagreement with the citations of its sides; None where the answer does not show them."""
        sides = [c.number for c in citations if f"#disagreement-{disagreement_id}-" in c.passage_id]
        about = self._registry.disagreements[disagreement_id].about
        return Differing(id=disagreement_id, about=about, citations=tuple(sides), authority=sides[0]) if sides else None

    @property
    def _ended(self) -> frozenset[str]:
        return frozenset(program.id for program in self._registry.programs.values() if program.standing in ("closed", "replaced"))

    def _program(self, program_id: str) -> ProgramStanding:
        program = self._registry.programs[program_id]
        return ProgramStanding(id=program.id, name=program.name, standing=program.standing, since=program.since, as_of=program.as_of)

    def _consequences(self) -> tuple[Piece, ...]:
        """What the sources say of false papers, so that a refusal helps."""
        hits = self._index.search(Query(("What happens if false documents or false statements are given? misrepresentation",)), k=1)
        if not hits or "misrepresent" not in hits[0].passage.text.lower():
            return ()
        quoted = next(
            (s.span for s in hits[0].sentences if "misrepresent" in hits[0].passage.text[s.span.start : s.span.end].lower()), None
        )
        return (Piece(hits[0].passage, quoted.start, quoted.end, 1.0),) if quoted is not None else ()

    def _lawful(self, understood: Understood) -> tuple[Piece, ...]:
        """The lawful way to what was asked to be got by a false one; not in French, where most of these sections have no twin."""
        if understood.heard is not None and understood.heard.language == FRENCH:
            return ()
        found = lawful.route(understood.standalone, self._index.passages.by_id)
        return (found,) if found is not None else ()

    def _for_the_harmed(self, understood: Understood, hits: Sequence[Sequence[Hit]], pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        """What the sources say for who is harmed: what answers the very question, else the permit that there is for the harmed at work."""
        if hits and hits[0] and is_asked(hits[0][0]):
            return pieces
        passage = self._index.passages.by_id.get(_MISTREATED) if harm.is_at_work(understood.standalone) else None
        if passage is None:
            return ()
        first, *others = (Piece(passage, span.start, span.end, 1.0) for span in spans(passage.text))
        yes = VERDICT.match(first.quote)  # nobody asked whether one may
        return (replace(first, start=first.start + yes.end()) if yes is not None else first, *others)

    def _follow_ups(
        self, status: Status, understood: Understood, hits: Sequence[Sequence[Hit]], pieces: Sequence[Piece], told: Set[str], day: str
    ) -> tuple[str, ...]:
        """Questions our documents answer as of an ISO day, near to this one and not answered yet."""
        if status in ("refused", "smalltalk", "out_of_scope") or understood.kind in ("abuse", "unread"):
            return ()
        next_ones = offered(self._index, understood, hits, [piece.passage for piece in pieces], told, day)
        return tuple(passage.heading for passage in islice(next_ones, FOLLOW_UPS))

    def _choices(self, understood: Understood, hits: Sequence[Sequence[Hit]]) -> tuple[str, ...]:
        """Names of the programs among which a vague question splits: those its best passages are about, then the usual routes. What is of
        the United States, and the renewal of what few hold, is meant only where the question says so."""
        programs = [p for part in hits for h in part if (p := self._registry.programs.get(h.passage.program)) and p.id != GENERAL]
        programs += [p for p in self._registry.programs.values() if p.glance and p.standing == "open"]
        renews = re.search(r"\b(?:renew|extend|extension)", understood.question, re.IGNORECASE)
        ids = dict.fromkeys(
            p.id
            for p in programs
            if p.id not in NO_SUBJECT and not p.id.startswith(UNITED_STATES) and (renews or not p.name.startswith("Renewal of "))
        )
        return tuple(self._registry.programs[i].name for i in list(ids)[:4]) if hits else ()


def _also_of_the_first(pieces: Sequence[Piece], hits: Sequence[Sequence[Hit]]) -> Sequence[Piece]:
    """The pieces, of which those of a second question that answer the first as well, and come first, are of the first."""
    if len(hits) < 2 or not hits[0] or not pieces or pieces[0].part != 1:
        return pieces
    best = hits[0][0].passage.id
    return [replace(piece, part=0) if piece.part == 1 and piece.passage.id == best else piece for piece in pieces]


def cited(
    number: int, passage: Passage, start: int, end: int, source: Source, program: Program | None, beside: Sequence[Source] = ()
) -> Citation:
    """The citation of `passage.text[start:end]`. `program` is the one the passage is about, where it is registered; `beside` are the other
    sources that the passage rests on."""
    return Citation(
        number=number,
        source_id=source.id,
        title=source.title,
        publisher=source.publisher,
        kind=source.kind,
        url=source.link,
        published=source.published,
        as_of=passage.as_of,
        standing=program.standing if program is not None and program.id != GENERAL else "",
        passage_id=passage.id,
        heading=passage.heading,
        passage=passage.text,
        quote=passage.text[start:end],
        start=start,
        end=end,
        origin=passage.origin,
        rests_on=tuple(Beside(source_id=one.id, publisher=one.publisher, title=one.title, kind=one.kind, url=one.link) for one in beside),
        language=passage.language,
    )


def long_date(iso: str) -> str:
    """An ISO date, month or year in words: "17 July 2023", "July 2023", "2023"."""
    parts = iso.split("-")
    if len(parts) == 3:
        day = date.fromisoformat(iso)
        return f"{day.day} {day:%B} {day.year}"
    return f"{date(int(parts[0]), int(parts[1]), 1):%B} {parts[0]}" if len(parts) == 2 else iso


_MISTREATED = "ircc-extend-work#my-canadian-employer-mistreats-me-can-i-leave-on-an-employer"
_QUOTED = 160  # letters of a question that is named in a caveat, at most
_TOLD_OF = 0.78  # cosine to a question of ours from which a message that only tells something is one that it answers: "I was laid off"
_OURS = 0.91  # cosine from which few words that name no program are the question of a section about none


def _status(understood: Understood, hits: Sequence[Sequence[Hit]], checked: Checked, of_others: bool = False) -> Status:
    """`of_others`: the documents are of somebody's own choice, whose subject may be any."""
    if understood.kind in ("smalltalk", "out_of_scope", "refused"):
        return understood.kind
    if understood.kind in ("distress", "abuse"):
        return "advice"
    if understood.kind == "unread":
        return "clarify"
    if understood.split is not None:
        return "partial"  # each thing that it can mean is answered in one sentence
    if checked.again and not checked.unknown:
        return "answered" if checked.answered[0] >= SURE else "partial"
    if not re.search(r"\w", understood.question) or (understood.kind == "vague" and not _is_ours(understood, hits)):
        return "clarify"
    if understood.only_tells and max((part[0].question for part in hits if part), default=0.0) < _TOLD_OF:
        return "clarify"
    sure = [p >= NOT_FOUND for p in checked.answered]
    if understood.kind == "outcome":
        return "advice"
    if checked.corrected:
        return "answered"
    if not any(sure) and understood.goes_on_telling:
        return "clarify"  # "I already paid him": what is wanted to be known is not said yet
    if not any(sure):
        elsewhere: Status = "smalltalk" if scope.asks_to_act(understood.question) else "out_of_scope"
        return "not_found" if of_others or _in_domain(understood, hits) else elsewhere
    if scope.asks_to_predict(understood.question) and not any(part[0].question >= VERY for part in hits if part):
        return "not_found"
    if checked.unknown and not (len(sure) > 1 and not all(p.passage.unknown for p in checked.pieces)):
        return "not_found"
    if not checked.pieces:
        return "not_found"
    return "answered" if all(sure) and max(checked.answered) >= SURE else "partial"


def _is_ours(understood: Understood, hits: Sequence[Sequence[Hit]]) -> bool:
    """Whether few words are the very question of a section about no single program: "I want to move to Canada". A fee or a time is one of
    something, and is asked back."""
    return not expected(understood.question) and any(
        part[0].passage.program == GENERAL and part[0].question >= _OURS for part in hits if part
    )


def _in_domain(understood: Understood, hits: Sequence[Sequence[Hit]]) -> bool:
    """Whether a question that our documents do not answer is at least about their subject."""
    nearest = max((max(h.question, h.text, h.sentence) for part in hits for h in part[:1]), default=0.0)
    asked = understood.question
    return understood.in_field or nearest >= 0.55 or scope.speaks_of_own_move(asked) or scope.asks_whom_canada_takes(asked)


def _shown(status: Status, checked: Checked) -> tuple[Piece, ...]:
    if status in ("smalltalk", "out_of_scope", "refused", "clarify"):
        return ()
    return checked.pieces


def _text(
    status: Status,
    understood: Understood,
    claims: Sequence[Claim],
    citations: Sequence[Citation],
    follow_ups: Sequence[str],
    choices: Sequence[str],
    checked: Checked,
    held: str,
) -> str:
    lines: list[str] = []
    behind: list[str] = []
    if understood.kind == "distress":
        return DISTRESS
    if understood.kind == "unread":
        return UNREAD
    if understood.language in NOTICES and status not in ("smalltalk",):
        lines.append(NOTICES[understood.language])
    acts = scope.asks_to_act(understood.question)
    if acts and status != "refused":
        lines.append(CANNOT_ACT)
    if status == "smalltalk" and not acts:
        lines.append(_smalltalk(understood.question))
    elif status == "out_of_scope":
        lines.append(ELSEWHERE)
    elif understood.kind == "abuse":
        lines += [ABUSE, RULES if claims else NOTHING_ON_ABUSE]
    elif status == "refused":
        lines.append(SECRETS if scope.asks_for_secrets(understood.question) else REFUSED)
    elif understood.split is not None:
        lines.append(f"{DEPENDS} {_asks_back(status, understood, choices)}")
    elif status == "clarify":
        told = understood.tells and bool(follow_ups)
        nothing = _listed(TOLD, follow_ups) if told else UNREADABLE
        lines.append(f"That depends on the route. {_asks_back(status, understood, choices)}" if choices else nothing)
    elif status == "not_found" and not claims:
        lines.append(NOT_IN_SOURCES)
    elif checked.not_yet:
        lines.append(NOT_YET_THERE.format(long_date(understood.at)))
    elif status == "not_found" and scope.asks_to_predict(understood.question):
        lines.append(NOT_YET_KNOWN)
    elif claims and checked.again and status == "answered":
        lines.append(STANDS)
    elif claims and status == "partial" and len(checked.answered) == 1:
        month = month_not_held(understood.standalone, (claim.text for claim in claims))
        nearly = checked.answered[0] >= NEARLY_SURE
        if acts or understood.goes_on_telling:
            lines.append(RULES)
        elif nearly and not month and understood.before_it is None:
            behind.append(SEE)
        else:
            lines.append(NOTHING_FOR.format(month) if month else NEARLY if nearly else NOT_QUITE)
    elif claims and status == "advice":
        lines.append(RULES)
    if held:
        lines.append(held)
    text = _by_branch(understood.split, claims, citations) if understood.split is not None else body(claims, citations)
    if text:
        lines.append(text)
    lines += behind
    if status == "advice" and understood.kind != "abuse":
        lines.append(ADVICE)
    elif status == "not_found" and not claims:
        if follow_ups:
            lines.append(_listed(NEAREST, follow_ups))
        lines.append("IRCC's own pages, or a licensed immigration consultant or lawyer, can tell you more.")
    dated = [c.as_of for c in citations if c.as_of]
    if dated and status not in ("refused",):
        lines.append(f"As of {long_date(understood.at or min(dated))}.")
    return "\n\n".join(lines)


def _held_until(pieces: Sequence[Piece], understood: Understood, day: str) -> str:
    """What is said before a section whose rule has run out by an ISO day, or does on it; "" where the past is asked about."""
    first = next((piece for piece in pieces if piece.passage.kind == "section"), None)
    if first is None or understood.tense < 0:
        return ""
    if first is pieces[0] and first.passage.ran_out(day):
        return HELD_UNTIL.format(long_date(first.passage.valid_until))
    return LAST_DAY.format(long_date(day)) if first.passage.valid_until == day and long_date(day) not in first.quote else ""


def _listed(title: str, questions: Sequence[str]) -> str:
    return "\n".join((title, *(f"- {question}" for question in questions)))


def _asks_back(status: Status, understood: Understood, choices: Sequence[str]) -> str:
    if understood.split is not None:
        return understood.split.question
    if status == "clarify" and understood.tells:
        return WHAT
    return f"Which one do you mean: {_or(choices)}?" if status == "clarify" and choices else ""


def _by_branch(split: Split, claims: Sequence[Claim], citations: Sequence[Citation]) -> str:
    """What holds for each thing that the question can mean, one paragraph each."""
    when = {branch.passage: branch.when for branch in split.branches}
    return "\n\n".join(f"{when[c.passage_id]}:\n{claim.text} [{c.number}]" for claim, c in zip(claims, citations, strict=True))


def _asked_in_full(split: Split, citations: Sequence[Citation]) -> tuple[str, ...]:
    shown = {c.passage_id for c in citations}
    return tuple(branch.asks for branch in split.branches if branch.passage in shown)


def body(claims: Sequence[Claim], citations: Sequence[Citation]) -> str:
    """Claims with their joins and marks: sentences of one passage run on, another passage starts a new paragraph, lists stay lists."""
    out = ""
    for number, (claim, citation) in enumerate(zip(claims, citations, strict=True)):
        marked = f"{claim.said} [{citation.number}]"
        if number:
            same = citation.passage_id == citations[number - 1].passage_id
            out += "\n" if "\n" in claim.text or "\n" in claims[number - 1].text else (" " if same else "\n\n")
        out += marked
    return out


def _smalltalk(question: str) -> str:
    if re.search(r"\b(who|what) (are|r) (you|u)\b|\bare you\b|\bwhat (can|do) you\b|\bhow do you work\b", question, re.IGNORECASE):
        return WHO
    return THANKS if re.search(r"\b(thank|thx|ty|bye|cheers|great|appreciate|got it|helpful|helped)", question, re.IGNORECASE) else HELLO


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _caveats(understood: Understood, status: Status, citations: Sequence[Citation], checked: Checked, today: date) -> list[str]:
    found: list[str] = []
    at = understood.at
    dated = [c.as_of for c in citations if c.as_of]
    if at and citations:
        found.append(f"This is what stood on {long_date(at)}, as far as our sources tell it; what stands today may differ.")
    elif dated and (today - _day(min(dated))).days > STALE_DAYS:
        found.append(f"Part of this rests on a source last known to be true on {long_date(min(dated))}: check that it still holds.")
    if not at and understood.heard is None:
        said, quotes = (*understood.asked_before, understood.question), [citation.quote for citation in citations[:_LEADING]]
        told = dict.fromkeys(fewer_than_asked(said, quote) or counted_from(said, quote, today) for quote in quotes)
        score = next(filter(None, (beside_their_score(said, quote) for quote in quotes)), "")
        found = [*filter(None, (*told, score)), *found]
    if any(not c.as_of for c in citations):
        found.append("Part of this rests on a document that carries no date.")
    if checked.differing:
        found.append("Published sources differ on this; all sides are quoted, the one with authority first.")
    if status == "partial" and understood.split is None and len(checked.answered) > 1:
        found.append(_left_open(understood, checked.answered))
    kinds = {c.kind for c in citations} | {one.kind for c in citations for one in c.rests_on}
    if citations and "official" not in kinds:
        found.append("No official page is among the sources of this answer.")
    if checked.dropped and checked.corrected:
        found.append("A source that says otherwise is out of date; what is right is given instead.")
    return found


def _left_open(understood: Understood, answered: Sequence[float]) -> str:
    """Which of the questions is not answered, in the words that it was asked in; or that not all may be."""
    story = understood.story
    each = [question.asked for question in story.questions] if story else [part[0] for part in understood.parts]
    alone = [question for question, likely in zip(each, answered, strict=False) if likely < NOT_FOUND]
    if not alone or understood.heard is not None or any(len(question) > _QUOTED for question in alone):
        return "Our sources may not answer all of your question."
    return f"Our sources may not answer this part of your question: {' / '.join(alone)}"


def _day(iso: str) -> date:
    """The last day of an ISO date, month or year, for ages: a month-dated fact is not called stale early."""
    parts = [int(p) for p in iso.split("-")]
    if len(parts) == 3:
        return date(*parts)
    return date(parts[0], parts[1], 28) if len(parts) == 2 else date(parts[0], 12, 31)
