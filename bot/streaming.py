"""An answer as it comes, for doors that show it to a person: the page and the conversation in the terminal.

`Bot.stream` gives each claim once it is checked. With a language model that takes seconds, and each is worth showing; without one all of
them are there within milliseconds, and showing the answer whole, laid out as it will stay, is calmer.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from queue import Empty, SimpleQueue

from bot.answer import Answer, Part
from bot.wording import body

AT_ONCE = 0.05  # seconds: what follows within so short a time is shown together


def as_it_comes(said: Iterator[Part | Answer], at_once: float = AT_ONCE) -> Generator[tuple[Part, ...] | Answer]:
    """All claims so far, each time there are more and the next is not there at once; the answer last. Raises what `said` raises.

    `said` is read in a thread of its own. Closing this ends it after its next claim.
    """
    told: SimpleQueue[Part | Answer | BaseException] = SimpleQueue()
    left = threading.Event()

    def read() -> None:
        try:
            for one in said:
                told.put(one)
                if left.is_set():
                    break
            else:
                told.put(RuntimeError("the stream ended without an answer"))  # read only if it gave none
        except BaseException as error:  # raised again where it is waited for
            told.put(error)

    threading.Thread(target=read, name="northbound-answer", daemon=True).start()
    parts: list[Part] = []
    given = 0
    try:
        while True:
            try:
                one = told.get(timeout=at_once if len(parts) > given else None)
            except Empty:
                given = len(parts)
                yield tuple(parts)
                continue
            if isinstance(one, Answer):
                yield one
                return
            if isinstance(one, BaseException):
                raise one
            parts.append(one)
    finally:
        left.set()


def text_so_far(parts: Sequence[Part]) -> str:
    """The text of an answer of which these claims are known, laid out as the whole of it is going to be."""
    citations = {citation.number: citation for part in parts for citation in part.citations}
    return body([part.claim for part in parts], [citations[part.claim.citations[0]] for part in parts])
