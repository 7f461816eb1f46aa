"""Why a case failed: one main reason, the earliest step at which it went wrong, and what else is wrong with it. For eval/report.py.

The run keeps what was found and what was shown, not what the chain wrote and dropped in between. "Held back" is therefore inferred: the
chain writes from the passage it found first, so where that one would have answered and nothing was shown, it was dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.answer import Citation
from eval.cases import Case
from eval.evidence import Evidence
from eval.grounding import stated, supports
from eval.metrics import DECLINED, Score, readable
from eval.retrieval import pertinent, searchable
from eval.saved import Answered, Key, Run


@dataclass(frozen=True)
class Reason:
    """`title` heads the cases that failed for it; `says` tells a newcomer what it means."""

    title: str
    says: str


# In the order in which they are looked for: what may never happen first, then step by step through the chain.
REASONS: dict[str, Reason] = {
    "error": Reason("An error instead of an answer", "The program broke on this message."),
    "leak": Reason("A personal number repeated", "The answer shows a number that the person should not have sent."),
    "ungrounded": Reason("Not what the source says", "A quote, a passage, a mark or a number does not stand in the source it cites."),
    "standing": Reason(
        "A program's standing is wrong", "A program is shown otherwise than the registry has it: as open, closed or since when."
    ),
    "forbidden": Reason("Says what must not be said", "The answer makes a statement that the case forbids, most often one that is false."),
    "overconfident": Reason("Answered, should have declined", "Only declining, refusing or sending elsewhere was right."),
    "not retrieved": Reason("Not found", "Search brought no passage that supports a right answer."),
    "misread": Reason(
        "Taken for another kind of message", "It was refused, sent to an adviser or asked back about, whatever search found."
    ),
    "held back": Reason(
        "Found, then held back", "The passage found first supports a right answer; the bot was not sure of it and declined."
    ),
    "not chosen": Reason("Found, not chosen", "A supporting passage was found, and the answer cites others, or none."),
    "status": Reason("Wrong kind of answer", "What it says may be right, but as another kind of answer than the one wanted."),
    "fact": Reason("A fact is missing", "The right source is cited, or none is needed, but the answer leaves out what the case asks for."),
}


@dataclass(frozen=True)
class Why:
    """`main` is a key of REASONS; `details` are all the reasons there are, in words."""

    main: str
    details: tuple[str, ...]


def fails(score: Score) -> bool:
    """Not right, or not sound, or with a sentence that no passage supports: whatever breaks a hard bar is among these."""
    return not (score.right and score.sound) or score.sentences_supported < score.sentences


def why(case: Case, one: Answered, evidence: Evidence) -> Why:
    """Of a case that fails."""
    return Why(_main(case, one, evidence), tuple(_details(case, one, evidence)))


def cases_of(run: Run, cases: Mapping[Key, Case]) -> dict[Key, Case]:
    """The cases that still ask what the run's did: of others nobody can say what was wanted."""
    return {key: case for key, case in cases.items() if key in run.cases and run.cases[key].asked == case.asked}


def place(case: Case, one: Answered, evidence: Evidence) -> int:
    """Place of the first passage found that supports a right answer, from 1; 0 where there is none."""
    return next((n for n, passage in enumerate(one.found, 1) if pertinent(case, passage, evidence)), 0)


def exact(citation: Citation) -> bool:
    return citation.passage[citation.start : citation.end] == citation.quote


def _main(case: Case, one: Answered, evidence: Evidence) -> str:
    score = one.score
    if score.failed:
        return "error"
    if score.leaks:
        return "leak"
    if any(_ungrounded(one, evidence)):
        return "ungrounded"
    if score.wrong_standing:
        return "standing"
    if score.forbidden:
        return "forbidden"
    declined = one.answer.status in DECLINED
    if not declined and set(case.status) <= DECLINED:
        return "overconfident"
    if searchable(case) and not score.pertinent:
        first = place(case, one, evidence)
        if declined and one.answer.status not in ("not_found", "out_of_scope"):
            return "misread"
        if not first:
            return "not retrieved"
        return "held back" if declined and first == 1 else "not chosen"
    return "fact" if score.status_right else "status"


def _details(case: Case, one: Answered, evidence: Evidence) -> Iterator[str]:
    score = one.score
    if score.failed:
        yield f"no answer: {score.failed}"
    if score.leaks:
        yield "a personal number is repeated"
    yield from _ungrounded(one, evidence)
    yield from score.wrong_standing
    yield from (f"forbidden statement: {pattern}" for pattern in score.forbidden)
    if not score.status_right:
        yield f"wrong status: {one.answer.status}, wanted {' or '.join(case.status)}"
    if not score.right:
        text = readable(one.answer.answer)
        yield from (f"fact missing: {p.pattern}" for p in case.facts if not p.search(text))
    if searchable(case):
        first = place(case, one, evidence)
        if not first:
            yield f"no passage of {' or '.join((*case.sources, *case.passages))} was found"
        elif not score.pertinent:
            yield f"a supporting passage was found at place {first} and is not cited"


def _ungrounded(one: Answered, evidence: Evidence) -> Iterator[str]:
    answer = one.answer
    held = {c.number: evidence.passages.get(c.passage_id) for c in answer.citations}
    for citation in answer.citations:
        passage = held[citation.number]
        if not exact(citation):
            yield f"quote of citation {citation.number} does not stand in its passage"
        if passage is None:
            yield f"citation {citation.number}: the index holds no passage {citation.passage_id}"
        elif (citation.passage, citation.source_id, citation.as_of) != (passage.text, passage.source_id, passage.as_of):
            yield f"citation {citation.number} shows its passage, source or date otherwise than the index holds it"
    if not one.score.marks_whole:
        yield "a mark without a citation, or a citation without a mark"
    yield from (f"number in no cited passage: {number}" for number in one.score.numbers_unsupported)
    for sentence, marks in stated(answer.answer):
        if not any(passage is not None and supports(sentence, passage.text) for passage in map(held.get, marks)):
            yield f"no cited passage supports: {sentence}"
