"""Gaps: what people asked and were not answered well, alike questions together, and what is done about each.

    journal -> gaps -> taken up as a change of a file, for a maintainer to review and apply -> asked again -> answered

Taking a gap up never changes the corpus: it writes a patch (`HOME/changes/….patch`, for `patch -p1` or `git apply` in the repository) and
remembers the gap until the bot answers it. `northbound desk gaps`, the desk and eval/promote.py use this.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import corpus
from bot.answer import Answer, Turn
from bot.journal import Row
from bot.privacy import mask
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError
from corpus.model import GENERAL
from corpus.passages import slugify
from index.embedder import Embedder

WEAK = 0.5  # support of the best claim; below it an answer counts as a gap
ALIKE = 0.76  # cosine; questions nearer than this are one gap
DECLINED = ("not_found", "out_of_scope", "refused", "advice")
TREND_DAYS = 14  # asked in these last days, against as many before
_CORPUS = Path(corpus.__file__).parent
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,60}")


class Asks(Protocol):
    """What is asked of a bot here."""

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "") -> Answer: ...


@dataclass(frozen=True)
class Gap:
    """Questions alike that were declined, weakly supported or thumbed down. `question` is the one asked most often; days are UTC.
    `weeks` counts by the Monday of each week, `trend` compares the last TREND_DAYS with those before: "rising", "steady" or "falling"."""

    question: str
    count: int
    first: str
    last: str
    statuses: dict[str, int]
    questions: tuple[str, ...]
    thumbs_down: int = 0
    reasons: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()  # what was cited all the same, most often first
    weeks: dict[str, int] = field(default_factory=dict)
    trend: str = "steady"
    id: str = ""  # of its question: the same for as long as that is the one asked most often


@dataclass(frozen=True)
class Taken:
    """A gap that somebody took up: how, in which file the change stands, and whether the bot answers it by now. `before` is what the
    bot said when it was taken up, as a digest, and `found` what it said when last asked."""

    id: str
    question: str
    questions: tuple[str, ...]
    action: str
    target: str
    file: str
    opened: str
    by: str
    state: str = "open"  # then "answered", or "dropped"
    checked: str = ""
    found: str = ""


def gaps(rows: Iterable[Row], embedder: Embedder, today: date | None = None) -> list[Gap]:
    """The journal's gaps, alike ones together, most frequent first.

    Greedy: the more often a question was asked, the earlier it is placed; it joins the nearest group whose first question is at least
    ALIKE, or starts one.
    """
    asked: dict[str, list[Row]] = {}
    for row in rows:
        if is_gap(row):
            asked.setdefault(row.standalone_question.strip(), []).append(row)
    if not asked:
        return []
    texts = sorted(asked, key=lambda text: -len(asked[text]))
    vectors = embedder.embed(texts)
    leaders: list[int] = []
    members: list[list[int]] = []
    for place in range(len(texts)):
        near = vectors[leaders] @ vectors[place] if leaders else None
        if near is not None and near.max() >= ALIKE:
            members[int(near.argmax())].append(place)
        else:
            leaders.append(place)
            members.append([place])
    day = today or datetime.now(UTC).date()
    found = [_gap([texts[i] for i in group], [row for i in group for row in asked[texts[i]]], day) for group in members]
    return sorted(found, key=lambda gap: (-gap.count, gap.first))


def is_gap(row: Row) -> bool:
    """Whether a row is of a question that was declined, whose best claim is weakly supported, or whose answer got a thumb down. A thumb
    up says that declining was right."""
    if row.thumb:
        return row.thumb == "down"
    return row.status in DECLINED or (row.status in ("answered", "partial") and row.support < WEAK)


def table(found: Sequence[Gap]) -> str:
    """The gaps for a terminal."""
    lines = [f"{'times':>5}  {'first':10}  {'last':10}  {'trend':7}  question"]
    for gap in found:
        others = f" (and {len(gap.questions) - 1} alike)" if len(gap.questions) > 1 else ""
        kinds = ", ".join(f"{status} {count}" for status, count in gap.statuses.items())
        down = f", thumbs down {gap.thumbs_down}" if gap.thumbs_down else ""
        told = f"{' '.join(gap.question.split())}{others} [{kinds}{down}]"
        lines.append(f"{gap.count:5}  {gap.first:10}  {gap.last:10}  {gap.trend:7}  {told}")
    return "\n".join(lines)


# Taking one up


def take_up(gap: Gap, action: str, target: str, by: str, bot: Asks, settings: Settings, folder: Path | None = None) -> Taken:
    """Write the change that would close the gap, as a patch in `folder` (HOME/changes), and remember the gap until it is answered.

    action: one of ACTIONS; target: what the change is made to, as ACTIONS says. Raises RequestError for a target that cannot be one,
    NorthboundError where the patch cannot be written.
    """
    from bot.database import gaps as table
    from bot.database import transaction

    if action not in ACTIONS:
        raise RequestError(f"action {action!r}: choose from {', '.join(ACTIONS)}")
    patch = ACTIONS[action].change(gap, target)
    id = uuid.uuid4().hex
    folder = folder or settings.home / "changes"
    file = folder / f"{_today(settings).isoformat()}-{action}-{slugify(gap.question)[:40].strip('-') or 'gap'}-{id[:6]}.patch"
    before = _said(bot.answer(gap.question))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(patch, encoding="utf-8")
    except OSError as error:
        raise NorthboundError(f"{file}: cannot be written: {error.strerror}; check NORTHBOUND_HOME") from error
    taken = Taken(id, gap.question, gap.questions, action, target, str(file), _today(settings).isoformat(), by, found=before)
    with transaction(settings) as connection:
        connection.execute(table.insert().values({**asdict(taken), "questions": list(taken.questions)}))
    return taken


def taken_up(settings: Settings) -> list[Taken]:
    """Every gap that somebody took up; the last first."""
    from bot.database import exists, transaction
    from bot.database import gaps as table

    if not exists(settings):
        return []
    with transaction(settings, reading=True) as connection:
        found = connection.execute(table.select().order_by(table.c.opened.desc(), table.c.id)).mappings().all()
    return [Taken(**{**row, "questions": tuple(row["questions"])}) for row in found]


def change_of(taken: Taken) -> str:
    """The change that stands in its file, to be looked at; "" where the file is not on this machine, or not any more."""
    try:
        return Path(taken.file).read_text(encoding="utf-8")
    except OSError:
        return ""


def ask_again(bot: Asks, settings: Settings) -> list[Taken]:
    """Ask the bot each open gap again; those that it answers now are closed. All that were open, as they are after.

    Answered is: with support that is not weak, and not in the words of the day on which the gap was taken up, since those were no good.
    """
    checked = []
    for taken in taken_up(settings):
        if taken.state == "open":
            answer = bot.answer(taken.question)
            said = _said(answer)
            good = answer.status == "answered" and max((c.support for c in answer.claims), default=0.0) >= WEAK
            state = "answered" if good and said != taken.found else "open"
            taken = replace(taken, state=state, checked=_today(settings).isoformat())
            _note(taken, settings)
            checked.append(taken)
    return checked


def drop(id: str, settings: Settings) -> Taken:
    """Track it no more: nothing is to be done about it. Raises RequestError when there is none of this id."""
    found = next((taken for taken in taken_up(settings) if taken.id == id), None)
    if found is None:
        raise RequestError(f"no gap {id!r} was taken up; see them at the desk")
    found = replace(found, state="dropped")
    _note(found, settings)
    return found


@dataclass(frozen=True)
class Action:
    """One way to close a gap: what its target is, in words, and the patch that it makes."""

    target: str
    change: Callable[[Gap, str], str]


def _asked_line(gap: Gap, passage_id: str) -> str:
    """The questions as further `asked:` variants of the section that answers them."""
    source, _, slug = passage_id.partition("#")
    path = _CORPUS / "briefs" / f"{source}.md"
    if not _SLUG.fullmatch(source) or not path.is_file():
        raise RequestError(f"target {passage_id!r}: give the id of a passage of a brief, such as ircc-fees#how-much-are-biometrics")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    heads = [n for n, line in enumerate(lines) if (head := re.match(r"#{2,4}\s+(.+)", line)) and slugify(head[1].strip()) == slug]
    if len(heads) != 1:
        raise RequestError(f"target {passage_id!r}: {source}.md has {len(heads)} sections of that name; give one that it has once")
    new = list(lines)
    at = next((n for n in range(heads[0] + 1, len(lines)) if lines[n].strip()), len(lines))
    while at < len(lines) and re.match(r"(?:program|as_of|from|until|unknown|sources):", lines[at]):
        at += 1
    listed = lines[at].removeprefix("asked:") if at < len(lines) and lines[at].startswith("asked:") else ""
    held = {variant.strip().lower() for variant in listed.split("|")} if listed else set()
    fresh = [q for q in _variants(gap) if q.lower() not in held]
    if not fresh:
        raise RequestError(f"target {passage_id!r}: the section lists these questions already")
    if held:
        new[at] = f"{lines[at].rstrip()} | {' | '.join(fresh)}\n"
    else:
        new.insert(at, f"asked: {' | '.join(fresh)}\n")
    return _patch(f"corpus/briefs/{source}.md", lines, new)


def _brief(gap: Gap, source: str) -> str:
    """A brief to write: the frame with the question, for a person to fill. `corpus check` names what is still missing."""
    if not _SLUG.fullmatch(source):
        raise RequestError(f"target {source!r}: give the id that the source is to have, such as ircc-pets")
    name = f"corpus/briefs/{source}.md"
    if (_CORPUS / "briefs" / f"{source}.md").exists():
        raise RequestError(f"target {source!r}: {name} exists; give another id, or add an asked: line to a section of it")
    heading = " ".join(gap.question.split()).strip("?!. #")
    lines = [
        "---", f"source: {source}", f"program: {GENERAL}", "language: en", "as_of: ", "---", "", "# (title: what the source is about)", "",
        f"## {heading[:1].upper()}{heading[1:]}?", "", f"asked: {' | '.join(_variants(gap))}", "",
        "(Write here what the source says: the first sentence answers. Register the source in sources.toml. docs/corpus-format.md)",
    ]  # fmt: skip
    return _patch(name, [], [f"{line}\n" for line in lines])


def _correction(gap: Gap, program: str) -> str:
    """A correction to finish: the wrong statement is what was asked from."""
    if not _SLUG.fullmatch(program):
        raise RequestError(f"target {program!r}: give the id of the program that the statement is about, such as express-entry")
    lines = (_CORPUS / "corrections.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    wrong = ", ".join(json.dumps(question, ensure_ascii=False) for question in _variants(gap))
    entry = [
        "", "[[correction]]", f'id = "{slugify(gap.question)[:40].strip("-")}"', f'program = "{program}"',
        f"wrong = [{wrong}]  # as statements, three or more", "match = []", 'right = ""  # what is so, and since when', 'since = ""',
        'source = ""', 'as_of = ""',
    ]  # fmt: skip
    return _patch("corpus/corrections.toml", lines, [*lines, *(f"{line}\n" for line in entry)])


def _case(gap: Gap, name: str) -> str:
    """A draft case at the end of a set, for a person to finish."""
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", name or "drafts"):
        raise RequestError(f"target {name!r}: give the name of a set in eval/sets, such as drafts")
    name = name or "drafts"
    path = _CORPUS.parent / "eval" / "sets" / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    row: dict[str, Any] = {"id": f"gap-{gap.id}", "question": _masked(gap.question), "status": list(gap.statuses)[:1]}
    row |= {"facts": [], "forbid": [], "sources": []}
    row |= {"passages": list(gap.passages[:5])} if gap.passages else {}
    asked = f"asked {gap.count} times from {gap.first} to {gap.last}"
    row["note"] = f"{asked}; finish: status, facts, sources and passages of a right answer"
    return _patch(f"eval/sets/{name}.jsonl", lines, [*lines, json.dumps(row | {"draft": True}, ensure_ascii=False) + "\n"])


ACTIONS: Mapping[str, Action] = {
    "asked": Action("the id of the passage that answers it, of a brief", _asked_line),
    "brief": Action("the id that the new source is to have", _brief),
    "correction": Action("the id of the program that the wrong statement is about", _correction),
    "case": Action("the evaluation set; empty: drafts", _case),
}


def _patch(name: str, old: Sequence[str], new: Sequence[str]) -> str:
    """The change as a unified diff from the root of the repository."""
    if old and not old[-1].endswith("\n"):
        raise RequestError(f"{name}: its last line has no line break; add one first")
    return "".join(difflib.unified_diff(old, new, f"a/{name}" if old else "/dev/null", f"b/{name}"))


def _variants(gap: Gap) -> list[str]:
    """The questions as `asked:` variants, those asked most often first: one line, no separator of the format, eight at most."""
    plain = (re.sub(r"[|\s]+", " ", _masked(question)).strip(" ?.!#") for question in gap.questions)
    return [question[:150] for question in dict.fromkeys(plain) if question][:8]


def _masked(question: str) -> str:
    return mask(" ".join(question.split()))


def _gap(texts: Sequence[str], rows: Sequence[Row], today: date) -> Gap:
    days = sorted(row.day for row in rows)
    monday = Counter((d := date.fromisoformat(day)) - timedelta(days=d.weekday()) for day in days)
    recent = sum(day > (today - timedelta(days=TREND_DAYS)).isoformat() for day in days)
    earlier = sum((today - timedelta(days=2 * TREND_DAYS)).isoformat() < day for day in days) - recent
    cited = Counter(passage for row in rows for passage in row.passages)
    return Gap(
        question=texts[0],
        count=len(rows),
        first=days[0],
        last=days[-1],
        statuses=dict(Counter(row.status for row in rows).most_common()),
        questions=tuple(texts),
        thumbs_down=sum(row.thumb == "down" for row in rows),
        reasons=tuple(dict.fromkeys(row.reason for row in rows if row.thumb == "down" and row.reason)),
        passages=tuple(passage for passage, _ in cited.most_common()),
        weeks={day.isoformat(): monday[day] for day in sorted(monday)},
        trend="rising" if recent > earlier else "falling" if recent < earlier else "steady",
        id=hashlib.sha256(texts[0].lower().encode()).hexdigest()[:12],
    )


def _said(answer: Answer) -> str:
    return hashlib.sha256(json.dumps([answer.status, [claim.text for claim in answer.claims]]).encode()).hexdigest()[:16]


def _note(taken: Taken, settings: Settings) -> None:
    from bot.database import gaps as table
    from bot.database import transaction

    with transaction(settings) as connection:
        kept = {"state": taken.state, "checked": taken.checked}
        connection.execute(table.update().where(table.c.id == taken.id).values(kept))


def _today(settings: Settings) -> date:
    return date.fromisoformat(settings.today) if settings.today else datetime.now(UTC).date()
