"""The failing cases of a run as HTML, for eval/report.py: each closed until opened, under its set and the main reason why it failed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from bot.answer import Answer, Citation
from bot.wording import long_date
from eval.cases import Case
from eval.evidence import Evidence
from eval.failures import REASONS, Why, exact
from eval.metrics import DECLINED, Score, readable
from eval.retrieval import pertinent
from eval.saved import Answered, Key, Run

_GONE = "gone"  # in place of a reason, where the case is no longer in its set
_MARK = re.compile(r"\[(\d{1,3})\]")


def failing_cases(run: Run, cases: Mapping[Key, Case], reasons: Mapping[Key, Why | None]) -> Iterator[str]:
    """`reasons`: of each failing case, in the order of the run; None where its case is gone."""
    yield f'<section aria-labelledby="failures">\n<h2 id="failures">Failing cases: {len(reasons)}</h2>'
    if not reasons:
        yield "<p>None.</p></section>"
        return
    yield (
        "<p>Open a case to see what was asked, what was answered, what the answer stands on, and what was wanted. "
        "Wanted facts and forbidden statements are patterns: <code>a|b</code> means a or b, <code>.</code> any letter.</p>"
    )
    sets, order = list(dict.fromkeys(name for name, _ in run.cases)), [_GONE, *REASONS]
    by_reason = sorted(reasons, key=lambda key: (sets.index(key[0]), order.index(_main(reasons[key]))))
    yield from _index(by_reason)
    for set_name, keys in groupby(by_reason, key=lambda key: key[0]):
        yield f'<h3 id="{anchor("set", set_name)}">{text(named(set_name))}</h3>'
        for reason, some in groupby(keys, key=lambda key: _main(reasons[key])):
            chosen = list(some)
            title = REASONS[reason].title if reason != _GONE else "No longer in the set as it was asked"
            yield f'<h4 id="{anchor("group", set_name, reason)}">{text(title)} <span class="n">{len(chosen)}</span></h4>'
            for key in chosen:
                yield from _case(key, run, cases, reasons)
    yield "</section>"


def anchor(*parts: str) -> str:
    """The name of a place on the page."""
    return re.sub(r"[^\w.-]+", "-", "-".join(parts))


def text(content: str) -> str:
    return escape(content, quote=True)


def named(name: str) -> str:
    return name.replace("_", " ")


def one_of(names: Sequence[str]) -> str:
    """ "answered, partial or advice"."""
    *first, last = map(named, names)
    return f"{', '.join(first)} or {last}" if first else last


def day(iso: str) -> str:
    """An ISO date, month or year in words; anything else as it is."""
    try:
        return long_date(iso)
    except ValueError:
        return iso


def _main(why: Why | None) -> str:
    return why.main if why else _GONE


def _index(keys: Sequence[Key]) -> Iterator[str]:
    yield '<details class="index"><summary>Index by set and id</summary><nav aria-label="Failing cases by id">'
    for set_name, some in groupby(keys, key=lambda key: key[0]):
        links = " ".join(f'<a href="#{anchor("case", *key)}">{text(key[1])}</a>' for key in sorted(some, key=lambda key: key[1]))
        yield f"<p><b>{text(named(set_name))}</b> {links}</p>"
    yield "</nav></details>"


def _case(key: Key, run: Run, cases: Mapping[Key, Case], reasons: Mapping[Key, Why | None]) -> Iterator[str]:
    one, case, why = run.cases[key], cases.get(key), reasons[key]
    here = anchor("case", *key)
    line = f'<span class="id">{text(key[1])}</span> <span class="asked">{text(one.answer.question)}</span>'
    yield f'<details class="case"><summary>{line}</summary>'
    yield f'<article id="{here}" aria-label="Case {text(key[1])}">'
    if case is None or why is None:
        yield '<p class="why">This case is no longer in its set as it was asked: why it failed cannot be shown.</p>'
    else:
        items = "".join(f"<li>{text(detail)}</li>" for detail in why.details)
        reason = REASONS[why.main]
        yield f'<div class="why"><p><strong>{text(reason.title)}.</strong> {text(reason.says)}</p><ul>{items}</ul></div>'
        yield f'<p class="n">{text("; ".join(_circumstances(key, case)))}</p>'
        yield from _before(key, case, run, reasons)
    yield f'<h5>Question</h5>\n<p class="text said">{text(one.answer.question)}</p>'
    yield from _answer(one.answer, here)
    if case is not None:
        yield from _expected(case, one)
        yield from _wanted_sources(case, one, run.evidence)
    yield from _found(case, one, run.evidence)
    yield "</article></details>"


def _circumstances(key: Key, case: Case) -> Iterator[str]:
    yield f"Set {named(key[0])}, case {key[1]}"
    if case.conversation:
        yield f"message {case.turn} of a conversation ({case.kind})"
    if case.at:
        yield f"asked as of {day(case.at)}"
    if case.documents:
        yield f"with planted documents: {', '.join(case.documents)}"


def _before(key: Key, case: Case, run: Run, reasons: Mapping[Key, Why | None]) -> Iterator[str]:
    """What was said before: the history that the case gives, or the earlier turns as the run played them."""
    said = [f"<li><b>{'Person' if turn.role == 'user' else 'Northbound'}:</b> {_said(turn.content)}</li>" for turn in case.history]
    for turn in range(1, case.turn):
        earlier = key[0], f"{case.conversation}/{turn}"
        if earlier not in run.cases:
            continue
        answer = run.cases[earlier].answer
        failed = f' <a href="#{anchor("case", *earlier)}">(this failed too)</a>' if earlier in reasons else ""
        said.append(f"<li><b>Person:</b> {_said(answer.question)}</li>")
        said.append(f"<li><b>Northbound</b> ({text(named(answer.status))}){failed}<b>:</b> {_said(answer.answer)}</li>")
    if said:
        yield f'<h5>Said before</h5>\n<ul class="history">{"".join(said)}</ul>'


def _said(content: str) -> str:
    return f'<span class="text">{text(content)}</span>'


def _answer(answer: Answer, here: str) -> Iterator[str]:
    as_of = f", as of {day(answer.at)}" if answer.at else ""
    yield f'<h5>Answer <span class="status">{text(named(answer.status))}{text(as_of)}</span></h5>'
    yield f'<p class="text said">{_linked(answer, here) or "<em>empty</em>"}</p>'
    since = {p.id: f" since {day(p.since)}" if p.since else "" for p in answer.programs}
    beside = [f"{p.name}: {p.standing}{since[p.id]} (as of {day(p.as_of)})" for p in answer.programs]
    if shown := [*beside, *answer.caveats]:
        yield f'<p class="n">Shown beside it: {text(" · ".join(shown))}</p>'
    if answer.citations:
        yield "<h5>Citations</h5>"
        alike = groupby(answer.citations, key=lambda c: (c.passage_id, c.passage, c.source_id, c.as_of))
        yield f'<ul class="citations">{"".join(_citations(list(same), here) for _, same in alike)}</ul>'


def _linked(answer: Answer, here: str) -> str:
    """The answer's text with each mark a link to its citation."""
    numbers = {c.number for c in answer.citations}

    def link(mark: re.Match[str]) -> str:
        return f'<a href="#{here}-{mark[1]}">{mark[0]}</a>' if int(mark[1]) in numbers else mark[0]

    return _MARK.sub(link, text(answer.answer))


def _citations(same: Sequence[Citation], here: str) -> str:
    """Citations of one passage, which is shown once with the quote of each marked."""
    first = same[0]
    about = [first.publisher, first.kind, f"as of {day(first.as_of)}" if first.as_of else "", first.standing]
    shown, place, wrong = "", 0, ""
    for citation in sorted(same, key=lambda c: c.start):
        number = f'<b id="{here}-{int(citation.number)}">[{int(citation.number)}]</b>'
        if exact(citation) and citation.start >= place:
            quote = text(citation.passage[citation.start : citation.end])
            shown += f"{text(citation.passage[place : citation.start])}{number}&nbsp;<mark>{quote}</mark>"
            place = citation.end
        else:
            where = "Within the part marked above" if exact(citation) else "Not in this passage"
            wrong += f'\n<span class="bad">{number} {where}: <q>{text(citation.quote)}</q></span>'
    shown += text(first.passage[place:])
    return (
        f"<li><p><b>{text(first.title)}</b><br>{text(' · '.join(filter(None, about)))} "
        f'<span class="n">{text(first.passage_id)}</span></p><blockquote class="text">{shown}{wrong}</blockquote></li>'
    )


def _expected(case: Case, one: Answered) -> Iterator[str]:
    said = readable(one.answer.answer)
    excused = one.score.status_right and one.answer.status in DECLINED
    status = named(one.answer.status)
    rows = [("kind of answer", one_of(case.status), one.score.status_right, f"as wanted: {status}", f"was {status}")]
    missing = "missing, but declining is right too" if excused and one.score.right else "missing"
    rows += [("fact", p.pattern, bool(p.search(said)), "stated", missing) for p in case.facts]
    rows += [("never", p.pattern, p.pattern not in one.score.forbidden, "not said", "said") for p in (*case.forbid, *case.forbid_assertion)]
    rows += [("standing", f"{program}: {standing}", *_standing(program, one.score)) for program, standing in case.standing]
    yield '<h5>Wanted</h5>\n<div class="wide" tabindex="0" role="group" aria-label="Wanted">'
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("what", "wanted", "in the answer"))
    yield f'<table class="wanted"><thead><tr>{heads}</tr></thead><tbody>'
    for what, wanted, holds, yes, no in rows:
        shown = f"<code>{text(wanted)}</code>" if what in ("fact", "never") else text(wanted)
        verdict = f'<td class="good">✓ {text(yes)}</td>' if holds else f'<td class="bad">✗ {text(no)}</td>'
        yield f'<tr><th scope="row">{what}</th><td>{shown}</td>{verdict}</tr>'
    yield "</tbody></table></div>"
    if case.note:
        yield f'<p class="n">Note of whoever wrote the case: {text(case.note)}</p>'


def _standing(program: str, score: Score) -> tuple[bool, str, str]:
    wrong = [told for told in score.wrong_standing if program in told]
    return not wrong, "as wanted, or not shown", "; ".join(wrong)


def _wanted_sources(case: Case, one: Answered, evidence: Evidence) -> Iterator[str]:
    if not (wanted := (*case.sources, *case.passages)):
        return
    items = []
    for id in wanted:
        alone = _only(case, id)
        first = next((n for n, passage in enumerate(one.found, 1) if pertinent(alone, passage, evidence)), 0)
        cited = any(pertinent(alone, c.passage_id, evidence) for c in one.answer.citations)
        found = f"found at place {first}" if first else "not found"
        items.append(f"<li>{text(id)}: {found}, {'cited' if cited else 'not cited'}</li>")
    yield f'<h5>Sources wanted, any of them</h5>\n<ul class="sources">{"".join(items)}</ul>'


def _only(case: Case, wanted: str) -> Case:
    """The case as if nothing else supported it."""
    return replace(case, sources=(wanted,) if wanted in case.sources else (), passages=(wanted,) if wanted in case.passages else ())


def _found(case: Case | None, one: Answered, evidence: Evidence) -> Iterator[str]:
    cited = {c.passage_id for c in one.answer.citations}
    items = []
    for passage in one.found:
        told = ["supports a right answer"] if case is not None and pertinent(case, passage, evidence) else []
        told += ["cited"] if passage in cited else []
        items.append(f"<li>{text(passage)} <b>{text(', '.join(told))}</b></li>")
    yield "<h5>Passages found, best first</h5>"
    yield f'<ol class="found">{"".join(items)}</ol>' if items else '<p class="n">None.</p>'
