"""An answer as it comes: shown sentence by sentence where that takes time, and whole where it is there at once."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest

from bot.answer import Answer, Part, parts
from bot.cli import _spoken
from bot.streaming import as_it_comes, text_so_far
from corpus.errors import RequestError
from tests.small_bot import FIRST, NEWS, SECOND, closed
from tests.waiting import until

ANSWER = closed()


class Slow:
    """An answer of which each claim comes once those before it are shown."""

    def __init__(self) -> None:
        self._shown = threading.Semaphore(0)

    def __iter__(self) -> Iterator[Part | Answer]:
        for part in parts(ANSWER):
            yield part
            assert self._shown.acquire(timeout=60)
        yield ANSWER

    def given(self) -> Iterator[tuple[Part, ...] | Answer]:
        for said in as_it_comes(iter(self)):
            yield said
            self._shown.release()


def test_what_is_there_at_once_is_given_whole() -> None:
    assert list(as_it_comes(iter([*parts(ANSWER), ANSWER]), at_once=60)) == [ANSWER]


def test_what_takes_time_is_given_as_far_as_it_is_known() -> None:
    given = list(Slow().given())
    assert [len(said) for said in given[:-1] if isinstance(said, tuple)] == [1, 2, 3]
    assert given[-1] == ANSWER


def test_the_text_so_far_is_how_the_whole_begins() -> None:
    *_, all_parts = (said for said in Slow().given() if isinstance(said, tuple))
    assert text_so_far(all_parts[:1]) == f"{FIRST} [1]"
    assert text_so_far(all_parts) == f"{FIRST} [1] {SECOND} [2]\n\n{NEWS} [3]"
    assert ANSWER.answer.startswith(text_so_far(all_parts))


def test_what_goes_wrong_is_raised_where_it_is_waited_for() -> None:
    go = threading.Event()

    def broken() -> Iterator[Part | Answer]:
        yield next(parts(ANSWER))
        assert go.wait(60)
        raise RequestError("no")

    coming = as_it_comes(broken())
    assert len(next(coming)) == 1  # type: ignore[arg-type]
    go.set()
    with pytest.raises(RequestError, match="no"):
        next(coming)
    with pytest.raises(RuntimeError, match="without an answer"):
        list(as_it_comes(iter(())))


def test_who_goes_away_ends_it_after_the_next_sentence() -> None:
    asked_for: list[int] = []
    go, ended = threading.Event(), threading.Event()

    def endless() -> Iterator[Part | Answer]:
        try:
            while True:
                asked_for.append(len(asked_for))
                yield next(parts(ANSWER))
                assert go.wait(60)
        finally:
            ended.set()

    coming = as_it_comes(endless())
    next(coming)
    coming.close()
    go.set()
    assert ended.wait(60)
    assert len(asked_for) == 2


def test_the_terminal_prints_each_sentence_once_it_is_there() -> None:
    printed = io.StringIO()  # can be looked at from the thread in which the answer is made

    def watched() -> Iterator[Part | Answer]:
        for part, text in zip(parts(ANSWER), (f"{FIRST} [1]", f"{SECOND} [2]", f"{NEWS} [3]"), strict=True):
            yield part
            until(lambda text=text: printed.getvalue().endswith(text))  # type: ignore[misc]
        yield ANSWER

    with redirect_stdout(printed):
        assert _spoken(watched()) == ANSWER
    said, rest = printed.getvalue().split(NEWS, 1)
    assert said == f"\n{FIRST} [1] {SECOND} [2]\n\n"
    assert rest.startswith(" [3]\n\nAs of 20 July 2023.\n\n[1] IRCC (official, closed, our summary")


def test_the_terminal_begins_again_where_the_answer_is_laid_out_otherwise() -> None:
    printed = io.StringIO()
    other = ANSWER.model_copy(update={"answer": f"That depends.\n\n{ANSWER.answer}"})

    def turned() -> Iterator[Part | Answer]:
        yield next(parts(ANSWER))
        until(lambda: printed.getvalue() == f"\n{FIRST} [1]")
        yield other

    with redirect_stdout(printed):
        assert _spoken(turned()) == other
    assert printed.getvalue().startswith(f"\n{FIRST} [1]\n\nThat depends.\n\n{FIRST} [1] {SECOND}")
