"""Ten ways of making the bot worse. Each must move the measure that is there to catch it, and break the gate; the bot as it is must not.

Some spoil answers after they were given, as a careless change behind the chain would; the others ask the chain another way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

import bot.check
import bot.wording
from bot.answer import Answer, Citation, Turn
from bot.chain import Bot, Found
from bot.settings import Settings
from corpus.sentences import spans
from eval.cases import NEEDS_ARTICLES, Case, conversations, load_sets, set_names
from eval.evidence import Evidence
from eval.gate import Verdict, measured, read_bars, verdicts
from eval.run import ask, gather, score_all, summarise
from eval.saved import Reply

PHONE = "647-555-0182"
_EVERY = {"follow_ups": 4, "unanswerable": 2, "single": 24, "time_travel": 16}  # of the other sets a twelfth
# Asked as of days on which the program stood otherwise, and with a number that must not come back.
_OWN = (
    ("then", "Is the 2023 H-1B open work permit open?", "2023-07-16"),
    ("soon", "Is the accelerated pathway for H-1B holders open?", "2026-01-15"),
    ("told", f"call me at {PHONE}: how much is biometrics for one person?", ""),
)


@dataclass(frozen=True)
class Sample:
    """Real cases, what the bot as it is says to them, and what that is checked against."""

    cases: tuple[Case, ...]
    replies: tuple[Reply, ...]
    evidence: Evidence
    bot: Bot
    measures: dict[str, Any]
    verdicts: list[Verdict]


@pytest.fixture(scope="module")
def sample(bot: Bot) -> Sample:
    cases = []
    for one in load_sets([name for name in set_names() if name != NEEDS_ARTICLES]):
        units = [turns for turns in conversations(one.cases) if len(turns) < 4 and not turns[0].documents]
        cases += [case for turns in units[:: _EVERY.get(one.name, 12)] for case in turns]
    plain = Case("", "own", "", (), ("answered", "partial"), (), (), (), ())
    cases += [replace(plain, id=id, question=question, at=at) for id, question, at in _OWN]
    replies = answers(bot, cases)
    evidence = gather(bot.index.passages, replies, Settings())
    return Sample(tuple(cases), replies, evidence, bot, *judged(cases, replies, evidence))


def answers(bot: Any, cases: Iterable[Case]) -> tuple[Reply, ...]:
    return tuple(reply for turns in conversations(cases) for reply, _ in ask(bot, turns))


def judged(cases: Sequence[Case], replies: Sequence[Reply], evidence: Evidence, part: bool = False) -> tuple[dict[str, Any], list[Verdict]]:
    """The measures over all, and every bar."""
    groups = summarise(score_all(cases, replies, evidence))
    return groups["all"]["measures"], verdicts(measured({"groups": groups}), read_bars(), part)


def spoiled(sample: Sample, how: Callable[[Case, Answer, Reply], Answer]) -> list[Reply]:
    return [replace(r, answer=how(case, r.answer, r)) for case, r in zip(sample.cases, sample.replies, strict=True)]


def breaks(sample: Sample, changed: Sequence[Reply], *names: str) -> None:
    """With these answers in place of the bot's own each named measure is another, and a bar on one of them that held is broken."""
    by_key = {reply.key: reply for reply in (*sample.replies, *changed)}
    replies = [by_key[case.key] for case in sample.cases]
    after, found = judged(sample.cases, replies, gather(sample.bot.index.passages, replies, Settings()))
    for name in names:
        assert after[name]["value"] != sample.measures[name]["value"], (name, after[name])
    pairs = zip(sample.verdicts, found, strict=True)
    broken = {then.bar.measure for before, then in pairs if before.holds and not then.holds}
    assert broken & set(names), (broken, {name: (sample.measures[name], after[name]) for name in names})


def test_the_bot_as_it_is_reaches_every_bar(sample: Sample) -> None:
    _, found = judged(sample.cases, sample.replies, sample.evidence, part=True)
    assert [verdict.text for verdict in found if not verdict.holds] == []
    assert sum(bool(reply.answer.citations) for reply in sample.replies) > 25  # there is something to spoil
    assert sum(case.depth > 1 for case in sample.cases) > 10


# 1


def without_last_mark(case: Case, answer: Answer, reply: Reply) -> Answer:
    last = f" [{len(answer.citations)}]"
    return answer.model_copy(update={"answer": answer.answer.replace(last, "")}) if answer.citations else answer


def without_last_citation(case: Case, answer: Answer, reply: Reply) -> Answer:
    return without_last_mark(case, answer, reply).model_copy(update={"citations": answer.citations[:-1]})


def test_a_dropped_citation_is_caught(sample: Sample) -> None:
    breaks(sample, spoiled(sample, without_last_mark), "marks whole", "citation recall")
    breaks(sample, spoiled(sample, without_last_citation), "citation recall")


# 2


def with_quotes_swapped(case: Case, answer: Answer, reply: Reply) -> Answer:
    if len(answer.citations) < 2:
        return answer
    one, two, *others = answer.citations
    swapped = (one.model_copy(update={"quote": two.quote}), two.model_copy(update={"quote": one.quote}))
    return answer.model_copy(update={"citations": (*swapped, *others)})


def with_marks_swapped(case: Case, answer: Answer, reply: Reply) -> Answer:
    text = answer.answer.replace("[1]", "[0]").replace("[2]", "[1]").replace("[0]", "[2]") if len(answer.citations) > 1 else answer.answer
    return answer.model_copy(update={"answer": text})


def test_two_swapped_quotes_are_caught(sample: Sample) -> None:
    breaks(sample, spoiled(sample, with_quotes_swapped), "quotes exact")
    breaks(sample, spoiled(sample, with_marks_swapped), "citation recall", "citation precision")


# 3


def another_digit(text: str) -> str:
    return re.sub(r"\d(?= (?:Canadian )?dollars|\.\d\d (?:Canadian )?dollars)", lambda m: str((int(m.group()) + 1) % 10), text)


def with_another_fee(case: Case, answer: Answer, reply: Reply) -> Answer:
    return answer.model_copy(update={"answer": another_digit(answer.answer)})


def with_another_fee_throughout(case: Case, answer: Answer, reply: Reply) -> Answer:
    citations = tuple(c.model_copy(update={"quote": another_digit(c.quote), "passage": another_digit(c.passage)}) for c in answer.citations)
    return with_another_fee(case, answer, reply).model_copy(update={"citations": citations})


def test_a_fee_that_is_one_digit_off_is_caught_even_where_the_passage_shown_agrees_with_it(sample: Sample) -> None:
    breaks(sample, spoiled(sample, with_another_fee), "unsupported numbers", "citation recall")
    throughout = spoiled(sample, with_another_fee_throughout)
    breaks(sample, throughout, "passages unaltered")
    breaks(sample, throughout, "unsupported numbers")


# 4


@dataclass(frozen=True)
class Another:
    """The bot, asked in another way than the evaluation asks it."""

    asked: Callable[[str, Sequence[Turn], str, str], tuple[Answer, Found]]

    def trace(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> tuple[Answer, Found]:
        return self.asked(question, history, id, at)


def test_a_bot_that_ignores_what_was_said_before_is_caught(sample: Sample) -> None:
    forgetful = Another(lambda question, history, id, at: sample.bot.trace(question, (), id, at))
    spoken = {(case.set, case.conversation or case.id) for case in sample.cases if case.depth > 1}
    cases = [case for case in sample.cases if (case.set, case.conversation or case.id) in spoken]
    breaks(sample, answers(forgetful, cases), "follow-ups", "depth 2")


# 5, 6


def first_sentence(evidence: Evidence, passage: str, like: Citation) -> Citation:
    held = evidence.passages[passage]
    span = spans(held.text)[0]
    place = {"passage_id": passage, "passage": held.text, "quote": held.text[span.start : span.end], "start": span.start, "end": span.end}
    return like.model_copy(update={**place, "number": 1, "source_id": held.source_id, "as_of": held.as_of})


def test_a_bot_that_never_declines_is_caught(sample: Sample) -> None:
    like = next(reply.answer.citations[0] for reply in sample.replies if reply.answer.citations)

    def never(case: Case, answer: Answer, reply: Reply) -> Answer:
        if answer.status in ("answered", "partial") or not reply.found:
            return answer.model_copy(update={"status": "answered"})
        quoted = first_sentence(sample.evidence, reply.found[0], like)
        return answer.model_copy(update={"status": "answered", "answer": f"{quoted.quote} [1]", "citations": (quoted,), "programs": ()})

    breaks(sample, spoiled(sample, never), "declining recall", "declining F1", "status right")


def test_a_bot_that_always_declines_is_caught(sample: Sample) -> None:
    def always(case: Case, answer: Answer, reply: Reply) -> Answer:
        empty: dict[str, Any] = {"citations": (), "claims": (), "programs": ()}
        return answer.model_copy(update={"status": "not_found", "answer": bot.wording.NOT_IN_SOURCES, **empty})

    breaks(sample, spoiled(sample, always), "over-refusal", "declining precision", "right", "facts found")


# 7


def test_a_bot_that_cites_the_second_best_passage_is_caught(sample: Sample) -> None:
    def relabelled(case: Case, answer: Answer, reply: Reply) -> Answer:
        """The right words under the wrong source."""
        if not answer.citations or len(reply.found) < 2:
            return answer
        other = next(passage for passage in reply.found[::-1] if passage != answer.citations[0].passage_id)
        wrong = first_sentence(sample.evidence, other, answer.citations[0])
        return answer.model_copy(update={"citations": (wrong, *answer.citations[1:])})

    def answered_from_it(case: Case, answer: Answer, reply: Reply) -> Answer:
        """Honestly quoted, but not what answers."""
        if not answer.citations or len(reply.found) < 2:
            return answer
        second = first_sentence(sample.evidence, reply.found[1], answer.citations[0])
        return answer.model_copy(update={"answer": f"{second.quote} [1]", "citations": (second,), "programs": ()})

    breaks(sample, spoiled(sample, relabelled), "citation precision", "citation recall")
    breaks(sample, spoiled(sample, answered_from_it), "right", "facts found", "citations pertinent")


# 8


def test_an_answer_as_of_another_day_is_caught_even_where_it_claims_to_be_of_the_day_asked(sample: Sample) -> None:
    def on_another_day(question: str, history: Sequence[Turn], id: str, at: str) -> tuple[Answer, Found]:
        answer, found = sample.bot.trace(question, history, id, "" if at else "2023-07-16")
        return answer.model_copy(update={"at": at}), found

    dated = [case for case in sample.cases if case.at or case.set == "own"]
    breaks(sample, answers(Another(on_another_day), dated), "wrong standing", "time travel")


# 9


def test_a_leaked_phone_number_is_caught(sample: Sample) -> None:
    def unmasked(case: Case, answer: Answer, reply: Reply) -> Answer:
        return answer.model_copy(update={"standalone_question": case.question})

    breaks(sample, spoiled(sample, unmasked), "leaks")


# 10


def test_a_lowered_gate_is_caught(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate between a passage that was found and an answer is how likely the one answers: lowered, what is not known is answered."""
    for module in (bot.check, bot.wording):
        monkeypatch.setattr(module, "NOT_FOUND", 0.0)
        monkeypatch.setattr(module, "SURE", 0.0)
    unknown = [case for case in sample.cases if case.set == "unanswerable"]
    breaks(sample, answers(sample.bot, unknown), "declining recall", "declining F1", "forbidden statements")
