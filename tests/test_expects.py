"""What sort of thing a question wants, and whether a text holds one."""

from __future__ import annotations

import pytest

from index.expects import expected, holds


@pytest.mark.parametrize(
    ("question", "sort"),
    [
        ("how many days do i have after a layoff", "duration"),
        ("How long does it take?", "duration"),
        ("how much time does it take", "duration"),
        ("gts processing time", "duration"),
        ("how old can my child be", "age"),
        ("how old may the bank statement be", "duration"),
        ("how recent must the reference letters be", "duration"),
        ("how much is the fee", "amount"),
        ("what is the fee for gts", "amount"),
        ("minimum salary for GTS", "amount"),
        ("how much money do I need", "amount"),
        ("how many points for a job offer", "points"),
        ("how many people got it", "number"),
        ("when did it close", "date"),
        ("what is the deadline", "date"),
        ("what if my nomination is refused", "refusal"),
        ("visa rejected, what now", "refusal"),
        ("my h1b was denied so i want to move", ""),
        ("wat documents do i need", "documents"),
        ("papers needed for the permit", "documents"),
        ("who pays", ""),
        ("is it open", ""),
        ("can my wife work", ""),
    ],
)
def test_the_question_says_what_it_wants(question: str, sort: str) -> None:
    assert expected(question) == sort


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("duration", "A worker has up to 60 consecutive days."),
        ("duration", "It takes two weeks."),
        ("duration", "There is no time limit."),
        ("amount", "It costs CAN$155."),
        ("amount", "It costs 1,000 Canadian dollars for each position."),
        ("amount", "The profile is free."),
        ("points", "A nomination gives 600 points."),
        ("points", "No points are given."),
        ("number", "About ten thousand people applied."),
        ("date", "It closed on 17 July 2023."),
        ("date", "No opening date has been published."),
    ],
)
def test_a_text_that_holds_what_is_wanted(sort: str, text: str) -> None:
    assert holds(sort, text)


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("duration", "It costs CAN$155."),
        ("amount", "It takes two weeks."),
        ("points", "The worker applies online."),
        ("number", "The employer pays."),
        ("date", "The employer pays."),
    ],
)
def test_a_text_about_something_else_does_not_hold_it(sort: str, text: str) -> None:
    assert not holds(sort, text)


def test_every_text_holds_nothing_in_particular() -> None:
    assert holds("", "") and holds("", "Anything.")
