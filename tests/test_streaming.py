"""An answer as it comes: shown sentence by sentence where that takes time, and whole where it is there at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bot.answer import Answer, Part, parts
from bot.cli import _spoken
from bot.streaming import AT_ONCE, as_it_comes, text_so_far
from corpus.errors import RequestError
from tests.small_bot import FIRST, NEWS, SECOND, closed

ANSWER = closed()


def slowly() -> Iterator[Part | Answer]:
    for part in parts(ANSWER):
        yield part
        time.sleep(4 * AT_ONCE)
    yield ANSWER


def test_what_is_there_at_once_is_given_whole() -> None:
    assert list(as_it_comes(iter([*parts(ANSWER), ANSWER]), at_once=5)) == [ANSWER]


def test_what_takes_time_is_given_as_far_as_it_is_known() -> None:
    given = list(as_it_comes(slowly()))
    assert [len(said) for said in given[:-1] if isinstance(said, tuple)] == [1, 2, 3]
    assert given[-1] == ANSWER


def test_the_text_so_far_is_how_the_whole_begins() -> None:
    *_, all_parts = (said for said in as_it_comes(slowly()) if isinstance(said, tuple))
    assert text_so_far(all_parts[:1]) == f"{FIRST} [1]"
    assert text_so_far(all_parts) == f"{FIRST} [1] {SECOND} [2]\n\n{NEWS} [3]"
    assert ANSWER.answer.startswith(text_so_far(all_parts))


def test_what_goes_wrong_is_raised_where_it_is_waited_for() -> None:
    def broken() -> Iterator[Part | Answer]:
        yield next(parts(ANSWER))
        time.sleep(4 * AT_ONCE)
        raise RequestError("no")

    coming = as_it_comes(broken())
    assert len(next(coming)) == 1  # type: ignore[arg-type]
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
                assert go.wait(10)
        finally:
            ended.set()

    coming = as_it_comes(endless())
    next(coming)
    coming.close()
    go.set()
    assert ended.wait(10)
    assert len(asked_for) == 2


def test_the_terminal_prints_each_sentence_once_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def watched() -> Iterator[Part | Answer]:
        for said in slowly():
            seen.append(capsys.readouterr().out)
            yield said

    assert _spoken(watched()) == ANSWER
    seen.append(capsys.readouterr().out)
    assert [text.strip() for text in seen[1:4]] == [f"{FIRST} [1]", f"{SECOND} [2]", f"{NEWS} [3]"]
    assert "".join(seen).count(FIRST) == 1
    assert seen[-1].startswith("\n\nAs of 20 July 2023.\n\n[1] IRCC (official, closed, our summary")


def test_the_terminal_begins_again_where_the_answer_is_laid_out_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    other = ANSWER.model_copy(update={"answer": f"That depends.\n\n{ANSWER.answer}"})

    def turned() -> Iterator[Part | Answer]:
        yield next(parts(ANSWER))
        time.sleep(4 * AT_ONCE)
        yield other

    assert _spoken(turned()) == other
    printed = capsys.readouterr().out
    assert printed.startswith(f"\n{FIRST} [1]\n\nThat depends.\n\n{FIRST} [1] {SECOND}")
