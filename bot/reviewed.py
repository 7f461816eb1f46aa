"""Reviewed answers: what a member of staff wrote, or let stand, for one question, and the rule by which applicants are given it.

`Reviewing` goes around the bot that a door answers with. A reviewed answer takes the place of the bot's only where the question asks the
same (bot/same.py) of the same programs, under the same conditions, in the same language; where each of its passages reads as it did on the
day of the review and each of its programs stands as it did; and while it has neither expired nor been withdrawn. In every other case, and
whenever the database cannot be read, the bot's own answer is given: what cannot be known to hold is not served. Until it is withdrawn, its
question helps to find the passages that it rests on.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from bot.answer import Answer, Citation, Claim, Part, ProgramStanding, Turn, parts
from bot.answer import Reviewed as Shown
from bot.answering import InFront, Quoting, Searching
from bot.gate import TOO_LITTLE, judge
from bot.privacy import mask
from bot.same import Form, Sameness
from bot.settings import Settings
from bot.understand import understand
from bot.wording import STALE_DAYS, cited, long_date
from corpus.errors import NorthboundError, RequestError
from corpus.model import GENERAL, Passage, Program

LONGEST_DAYS = 365  # a review holds at most so long
USUAL_DAYS = 180
_REST_SECONDS = 30.0  # a database that could not be read is left alone so long
_REPLACEABLE = ("answered", "partial", "clarify", "not_found", "advice")  # what was refused or is no question of ours stays so
_OLD = "Part of this rests on a source last known to be true on {day}: check that it still holds."  # as bot/wording.py says it
_log = logging.getLogger("northbound.reviewed")


class EditedMeanwhile(RequestError):
    """Somebody else has changed the reviewed answer since it was read, or there is one for the question; `current` is how it stands now."""

    def __init__(self, message: str, current: Review) -> None:
        super().__init__(message)
        self.current = current


class Asks(Protocol):
    """Whatever answers."""

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer: ...


class Quoted(BaseModel):
    """The quote that supports a claim, and the passage it stands in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passage_id: str = Field(max_length=300)
    quote: str = Field(min_length=1, max_length=4_000)


class Said(BaseModel):
    """One claim as staff write it, with the quotes that support it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=2_000)
    quotes: tuple[Quoted, ...] = Field(min_length=1, max_length=8)


class Written(BaseModel):
    """A reviewed answer as staff write it. `conditions` are what a question must also say, such as "I live in Quebec"; `programs` those it
    must be about, which follow-ups take from the conversation. `expires` is an ISO day; "" is in USUAL_DAYS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=1, max_length=1_000)
    programs: tuple[str, ...] = Field(default=(), max_length=8)
    conditions: tuple[str, ...] = Field(default=(), max_length=8)
    language: str = Field(default="en", max_length=16)
    claims: tuple[Said, ...] = Field(min_length=1, max_length=20)
    expires: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=4_000)


@dataclass(frozen=True)
class Review:
    """A reviewed answer as it is kept. `passages` holds the digest of each cited passage, `standings` the standing of each program, as
    they were on the day `reviewed`. `version` counts its changes from 1; `withdrawn` is the day it was, or ""."""

    id: str
    version: int
    question: str
    programs: tuple[str, ...]
    conditions: tuple[str, ...]
    language: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    passages: Mapping[str, str]
    standings: Mapping[str, str]
    reviewer: str
    reviewed: str
    expires: str
    withdrawn: str = ""
    note: str = ""

    @property
    def asks(self) -> str:
        """The question with its conditions, as one text."""
        return ". ".join((self.question, *self.conditions))


@dataclass(frozen=True)
class Change:
    """One entry of a reviewed answer's history: who did what, when (UTC), and how it stood after."""

    version: int
    at: str
    by: str
    what: str  # "made", "edited", "withdrawn" or "restored"
    review: Review


# Keeping them


def write(written: Written, by: str, bot: Quoting, same: Sameness, settings: Settings, id: str = "", version: int = 0) -> Review:
    """Keep a new reviewed answer, or with `id` and the `version` that was read, a change of one.

    Raises RequestError for what may not be said (a quote that does not stand in its passage, a number that no quote holds, a scope that no
    question can meet), and EditedMeanwhile when somebody else was faster, or the question has another reviewed answer: of two, either
    could be served.
    """
    review = _made(written, by, bot, same, _today(settings))
    _only_one(replace(review, id=id), same, settings)
    if not id:
        return _keep(replace(review, id=uuid.uuid4().hex, version=1), by, "made", settings)
    return _change(
        id, version, by, "edited", lambda old: replace(review, id=id, version=old.version + 1, withdrawn=old.withdrawn), settings
    )


def withdraw(id: str, version: int, by: str, settings: Settings) -> Review:
    """Serve it no more, from the next question on. Raises as `write`."""
    return _change(
        id, version, by, "withdrawn", lambda old: replace(old, version=old.version + 1, withdrawn=_today(settings).isoformat()), settings
    )


def restore(id: str, version: int, by: str, bot: Quoting, same: Sameness, settings: Settings) -> Review:
    """Take a withdrawal back, which is a review anew: what it says is checked against the passages as they are now. Raises as `write`."""

    def renewed(old: Review) -> Review:
        written = as_written(old)
        if old.expires <= _today(settings).isoformat():
            written = written.model_copy(update={"expires": ""})
        made = replace(_made(written, by, bot, same, _today(settings)), id=id, version=old.version + 1)
        _only_one(made, same, settings)
        return made

    return _change(id, version, by, "restored", renewed, settings)


def reviews(settings: Settings) -> list[Review]:
    """All of them, also those withdrawn or expired; the last reviewed first."""
    from bot.database import exists, reviewed, transaction

    if not exists(settings):
        return []
    with transaction(settings, reading=True) as connection:
        found = connection.execute(reviewed.select().order_by(reviewed.c.reviewed.desc(), reviewed.c.id)).mappings().all()
    return [_read(row) for row in found]


def review(id: str, settings: Settings) -> Review:
    """Raises RequestError when there is none of this id."""
    found = next((one for one in reviews(settings) if one.id == id), None)
    if found is None:
        raise RequestError(f"no reviewed answer {id!r}; see them at the desk")
    return found


def history(id: str, settings: Settings) -> list[Change]:
    """Every change of one, oldest first."""
    from bot.database import exists, reviewed_history, transaction

    if not exists(settings):
        return []
    chosen = reviewed_history.select().where(reviewed_history.c.reviewed_id == id).order_by(reviewed_history.c.version)
    with transaction(settings, reading=True) as connection:
        found = connection.execute(chosen).mappings().all()
    return [Change(row["version"], row["at"], row["by"], row["what"], _read(row["content"])) for row in found]


def as_written(old: Review) -> Written:
    """The reviewed answer as its author gave it, to be edited."""
    by_number = {c.number: c for c in old.citations}
    claims = tuple(
        Said(
            text=claim.text,
            quotes=tuple(Quoted(passage_id=by_number[n].passage_id, quote=by_number[n].quote) for n in claim.citations),
        )
        for claim in old.claims
    )
    return Written(
        question=old.question, programs=old.programs, conditions=old.conditions, language=old.language, claims=claims,
        expires=old.expires, note=old.note,
    )  # fmt: skip


def from_answer(answer: Answer, same: Sameness) -> Written:
    """An answer of the bot as the first wording of a reviewed one. Raises RequestError for one that claims nothing."""
    if not answer.claims:
        raise RequestError(f"an answer of status {answer.status} claims nothing that could be reviewed; write the claims with their quotes")
    by_number = {c.number: c for c in answer.citations}
    claims = tuple(
        Said(text=c.text, quotes=tuple(Quoted(passage_id=by_number[n].passage_id, quote=by_number[n].quote) for n in c.citations))
        for c in answer.claims
    )
    form = same.form(answer.standalone_question)
    return Written(
        question=answer.standalone_question, programs=tuple(sorted(form.programs)) if form else (), language=answer.language, claims=claims
    )


# Serving them


class Reviewing(InFront[Quoting]):
    """Answers as the bot does, but with the reviewed answer where there is one for the question. Safe to share between threads."""

    def __init__(self, bot: Quoting, same: Callable[[], Sameness], settings: Settings) -> None:
        """`same` is asked for only once there are reviewed answers."""
        self._bot, self._same, self._settings = bot, same, settings
        self._lock = threading.Lock()
        self._known = _Known()
        self._favoured = ""  # the stamp of those whose questions help the search
        self._rests_until = 0.0

    def passage(self, id: str) -> Passage | None:
        return self._bot.passage(id)

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        """Answer one message. The bot reads it in any case: a reviewed answer stands for the question as it reads alone."""
        self._favour()
        answer = self._bot.answer(question, history, id, at)
        if at or answer.status not in _REPLACEABLE:
            return answer
        try:
            found = self._for(answer.standalone_question, answer.language)
        except NorthboundError as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            _log.warning("no reviewed answer is served: %s", error)
            return answer
        except Exception:  # as with the journal: it may not cost the answer that is there
            _log.exception("no reviewed answer is served")
            return answer
        return served(found, answer, self._bot.programs, _today(self._settings)) if found is not None else answer

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
        """The same claim by claim, and the whole answer last."""
        self._favour()
        if not at and self._may_be_for(question, history):
            answer = self.answer(question, history, id, at)
            yield from parts(answer)
            yield answer
        else:
            yield from claim_by_claim(self._bot, question, history, id, at)

    def _favour(self) -> None:
        """Have the passages that reviewed answers rest on found by what these were asked for: where one does not stand for a question, it
        still tells where to look."""
        try:
            known = self._current()
            if known.stamp == self._favoured or not isinstance(self._bot, Searching):
                return
            asked: dict[str, tuple[str, ...]] = {}
            for one in known.reviews:
                if one.language == "en":  # the search compares questions in English
                    asked |= {id: (*asked.get(id, ()), one.question) for id in one.passages}
            self._bot.favour(asked)
            self._favoured = known.stamp
        except NorthboundError as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            _log.warning("no reviewed answer is served: %s", error)
        except Exception:  # it may not cost the answer
            _log.exception("reviewed answers do not help the search")

    def _may_be_for(self, question: str, history: Sequence[Turn]) -> bool:
        """Whether a reviewed answer seems to be meant, by the rules alone: what was spoken cannot be taken back."""
        try:
            if not self._current().reviews:
                return False
            same = self._same()
            alone = understand(question, history, same.vocabulary, self._bot.programs).standalone
            return any(self._for(alone, language) is not None for language in {one.language for one in self._known.reviews})
        except NorthboundError:
            return False  # `answer` tells why

    def _for(self, alone: str, language: str) -> Review | None:
        """The reviewed answer for a question as it reads alone."""
        known = self._current()
        if not known.reviews:
            return None
        same = self._same()
        asked = same.form(alone)
        if asked is None:
            return None
        for one in known.reviews:
            form = reviewed_form(one, same) if one.language == language else None
            if form is None or not same.same(asked, form, slips=language == "en"):
                continue
            if not unservable(one, self._bot, _today(self._settings)):
                return one
        return None

    def _current(self) -> _Known:
        """The reviewed answers that have not been withdrawn, read anew when one of them has changed: versions only grow."""
        from sqlalchemy import func, select

        from bot.database import exists, reviewed, transaction

        if time.monotonic() < self._rests_until or not exists(self._settings):
            return _Known()
        with transaction(self._settings, reading=True) as connection:
            found = select(func.count(), func.coalesce(func.sum(reviewed.c.version), 0), func.coalesce(func.max(reviewed.c.id), ""))
            stamp = str(tuple(connection.execute(found).one()))
            if stamp == self._known.stamp:
                return self._known
            rows = connection.execute(reviewed.select().where(reviewed.c.withdrawn == "").order_by(reviewed.c.id)).mappings().all()
        with self._lock:
            self._known = _Known(stamp, tuple(_read(row) for row in rows))
            return self._known


def claim_by_claim(bot: Asks, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
    """What a bot says, claim by claim as soon as each is checked where it can do that, and the whole answer last."""
    stream = getattr(bot, "stream", None)
    if stream is not None:
        yield from stream(question, history, id, at)
        return
    answer = bot.answer(question, history, id, at)
    yield from parts(answer)
    yield answer


@dataclass(frozen=True)
class _Known:
    stamp: str = ""
    reviews: tuple[Review, ...] = field(default=())


def reviewed_form(one: Review, same: Sameness) -> Form | None:
    """What a question must ask to be given this answer."""
    form = same.form(one.asks)
    return Form(form.clauses, frozenset(one.programs)) if form is not None else None


def unservable(one: Review, bot: Quoting, today: date) -> str:
    """Why it may not be served, in words for the desk; "" when it may."""
    if one.withdrawn:
        return f"withdrawn on {long_date(one.withdrawn)}"
    if one.expires < today.isoformat():
        return f"expired on {long_date(one.expires)}"
    for id, digest in one.passages.items():
        passage = bot.passage(id)
        if passage is None:
            return f"the passage {id} is no longer in the sources"
        if digest_of(passage) != digest:
            return f"the passage {id} has changed since the review"
    for id, standing in one.standings.items():
        now = bot.programs[id].standing if id in bot.programs else "no longer registered"
        if now != standing:
            return (
                f"{bot.programs[id].name if id in bot.programs else id} was {standing or 'without a standing'} at the review and is {now}"
            )
    return ""


def served(one: Review, answer: Answer, programs: Mapping[str, Program], today: date) -> Answer:
    """The reviewed answer in place of the bot's: with the question as it was asked, and the dates and standings of now."""
    dated = sorted(c.as_of for c in one.citations if c.as_of)
    last = f"Reviewed by {one.reviewer} on {long_date(one.reviewed)}."
    stale = (today - timedelta(days=STALE_DAYS)).isoformat()
    old = bool(dated) and dated[0] < stale[: len(dated[0])]
    shown = [programs[id] for id in one.standings if id in programs and programs[id].standing]
    return answer.model_copy(
        update={
            "status": "answered",
            "answer": "\n\n".join(
                (
                    " ".join(f"{claim.text} {' '.join(f'[{n}]' for n in claim.citations)}" for claim in one.claims),
                    f"As of {long_date(dated[0])}. {last}" if dated else last,
                )
            ),
            "claims": one.claims,
            "citations": one.citations,
            "programs": tuple(ProgramStanding(id=p.id, name=p.name, standing=p.standing, since=p.since, as_of=p.as_of) for p in shown),
            "caveats": (_OLD.format(day=long_date(dated[0])),) if old else (),
            "disagreements": (),
            "asks_back": "",
            "follow_ups": answer.follow_ups if answer.status in ("answered", "partial") else (),
            "mode": "reviewed",
            "reviewed": Shown(id=one.id, by=one.reviewer, on=one.reviewed, expires=one.expires),
        }
    )  # fmt: skip


def digest_of(passage: Passage) -> str:
    """What a review remembers of a passage: its words, and the day until which they were known to hold."""
    return hashlib.sha256("\x00".join((passage.text, passage.as_of, passage.valid_from, passage.valid_until)).encode()).hexdigest()


# How they are made


def _made(written: Written, by: str, bot: Quoting, same: Sameness, today: date) -> Review:
    """Without id and version. Raises RequestError with everything that is wrong."""
    question, conditions = mask(written.question.strip()), tuple(mask(c.strip()) for c in written.conditions if c.strip())
    problems = list(_scope_problems(question, conditions, written, bot, same))
    expires = written.expires or (today + timedelta(days=USUAL_DAYS)).isoformat()
    try:
        days = (date.fromisoformat(expires) - today).days
        if not 0 < days <= LONGEST_DAYS:
            problems.append(f"expires {expires!r}: give a day from tomorrow to {LONGEST_DAYS} days from now")
    except ValueError:
        problems.append(f"expires {expires!r}: give an ISO date such as 2027-02-12")
    citations: dict[tuple[str, str], Citation] = {}
    claims: list[Claim] = []
    for place, said in enumerate(written.claims, 1):
        made = [_citation(quoted, len(citations) + 1, citations, bot) for quoted in said.quotes]
        if wrong := [one for one in made if isinstance(one, str)]:
            problems += [f"claim {place}: {one}" for one in wrong]
            continue
        cited = [one for one in made if isinstance(one, Citation)]
        text = mask(" ".join(said.text.split()))
        verdict = judge(text, [c.quote for c in cited])
        if not verdict.passes and verdict.reason != TOO_LITTLE:  # other words for the same are for the reviewer to judge, the rest is not
            problems.append(f"claim {place}: {verdict.reason}")
        if re.search(r"\[\d+\]", text):
            problems.append(f"claim {place}: leave the marks out; they are set by the quotes")
        as_of = min((c.as_of for c in cited if c.as_of), default="")
        claims.append(Claim(text=text, citations=tuple(c.number for c in cited), as_of=as_of, support=round(verdict.support, 3)))
    if problems:
        raise RequestError("; ".join(problems))
    passages = {c.passage_id: found for c in citations.values() if (found := bot.passage(c.passage_id)) is not None}
    about = dict.fromkeys((*written.programs, *(p.program for p in passages.values() if p.program != GENERAL)))
    return Review(
        id="",
        version=0,
        question=question,
        programs=tuple(sorted(set(written.programs))),
        conditions=conditions,
        language=written.language,
        claims=tuple(claims),
        citations=tuple(citations.values()),
        passages={id: digest_of(passage) for id, passage in passages.items()},
        standings={id: bot.programs[id].standing for id in about if id in bot.programs},
        reviewer=by,
        reviewed=today.isoformat(),
        expires=expires,
        note=mask(written.note.strip()),
    )


def _scope_problems(question: str, conditions: Sequence[str], written: Written, bot: Quoting, same: Sameness) -> Iterable[str]:
    if unknown := [id for id in written.programs if id not in bot.programs]:
        yield f"no program {', '.join(unknown)}; see them: /api/v1/programs"
    form = same.form(". ".join((question, *conditions)))
    if form is None:
        yield "the question cannot be compared with others: it asks nothing, or is not in Latin letters"
    elif missing := sorted(form.programs - set(written.programs)):
        yield f"the question names {', '.join(missing)}, so no question could match without it: add it to programs"


def _only_one(new: Review, same: Sameness, settings: Settings) -> None:
    """Raises EditedMeanwhile where another reviewed answer, neither withdrawn nor expired, is for the same question."""
    form = reviewed_form(new, same)
    for one in reviews(settings):
        if one.id == new.id or one.withdrawn or one.language != new.language or one.expires < _today(settings).isoformat():
            continue
        held = reviewed_form(one, same)
        if form is not None and held is not None and form.key == held.key and form.programs == held.programs:
            raise EditedMeanwhile(
                f"there is a reviewed answer to this question, by {one.reviewer} (version {one.version}); change that one", one
            )


def _citation(quoted: Quoted, number: int, known: dict[tuple[str, str], Citation], bot: Quoting) -> Citation | str:
    """The citation of a quote, one for the same quote of the same passage; or why there is none."""
    if (held := known.get((quoted.passage_id, quoted.quote))) is not None:
        return held
    passage = bot.passage(quoted.passage_id)
    if passage is None:
        return f"no passage {quoted.passage_id!r} in the index in use"
    source = bot.sources.get(passage.source_id)
    start = passage.text.find(quoted.quote)
    if source is None or start < 0:
        return f"the quote does not stand in {quoted.passage_id}: copy it from the passage, letter by letter"
    end = start + len(quoted.quote)
    known[quoted.passage_id, quoted.quote] = cited(number, passage, start, end, source, bot.programs.get(passage.program))
    return known[quoted.passage_id, quoted.quote]


def _keep(one: Review, by: str, what: str, settings: Settings) -> Review:
    from bot.database import reviewed, reviewed_history, transaction

    row = _row(one)
    with transaction(settings) as connection:
        connection.execute(reviewed.insert().values(row))
        connection.execute(reviewed_history.insert().values(_entry(one, by, what, row)))
    return one


def _change(id: str, version: int, by: str, what: str, changed: Callable[[Review], Review], settings: Settings) -> Review:
    """Change the row only if it is still of the version that was read: of two who edit one answer, the second is told."""
    from bot.database import reviewed, reviewed_history, transaction

    old = review(id, settings)
    if old.version != version:
        raise _too_late(old, version, settings)
    new = changed(old)
    row = _row(new)
    with transaction(settings) as connection:
        of_version = (reviewed.c.id == id) & (reviewed.c.version == version)
        if done := connection.execute(reviewed.update().where(of_version).values(row)).rowcount:
            connection.execute(reviewed_history.insert().values(_entry(new, by, what, row)))
    if not done:
        raise _too_late(review(id, settings), version, settings)
    return new


def _too_late(now: Review, version: int, settings: Settings) -> EditedMeanwhile:
    by = next((change.by for change in reversed(history(now.id, settings))), now.reviewer)
    return EditedMeanwhile(
        f"this answer was changed by {by} meanwhile (version {now.version}, yours began from {version}); compare, then save again", now
    )


def _entry(one: Review, by: str, what: str, row: dict[str, Any]) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"reviewed_id": one.id, "version": one.version, "at": at, "by": by, "what": what, "content": row}


def _row(one: Review) -> dict[str, Any]:
    row = {**asdict(replace(one, claims=(), citations=())), "passages": dict(one.passages), "standings": dict(one.standings)}
    row |= {"claims": [c.model_dump(mode="json") for c in one.claims], "citations": [c.model_dump(mode="json") for c in one.citations]}
    return row | {"programs": list(one.programs), "conditions": list(one.conditions)}


def _read(row: Mapping[Any, Any]) -> Review:
    return Review(
        **{
            **row,
            "programs": tuple(row["programs"]),
            "conditions": tuple(row["conditions"]),
            "claims": tuple(Claim.model_validate(c) for c in row["claims"]),
            "citations": tuple(Citation.model_validate(c) for c in row["citations"]),
        }
    )


def _today(settings: Settings) -> date:
    return date.fromisoformat(settings.today) if settings.today else datetime.now(UTC).date()
