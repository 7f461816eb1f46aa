"""What the doors ask of a bot, and what stands in front of one: a bot that watches its index, counts its answers or knows reviewed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar, runtime_checkable

from bot.answer import Answer, Turn
from corpus.model import Passage, Program, Source


class Answering(Protocol):
    """A bot with what it stands on."""

    @property
    def programs(self) -> Mapping[str, Program]: ...

    @property
    def sources(self) -> Mapping[str, Source]: ...

    @property
    def corpus_version(self) -> str: ...

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer: ...


@runtime_checkable
class Quoting(Answering, Protocol):
    """A bot that can also say how a passage reads now: what stands behind reviewed answers."""

    def passage(self, id: str) -> Passage | None: ...


@runtime_checkable
class Searching(Protocol):
    """A bot that finds passages by other questions too, once it is told them: those of reviewed answers."""

    def favour(self, asked: Mapping[str, Sequence[str]]) -> None: ...


B = TypeVar("B", bound=Answering)


class InFront(Generic[B]):
    """What it stands on is what the bot behind it stands on."""

    _bot: B

    @property
    def programs(self) -> Mapping[str, Program]:
        return self._bot.programs

    @property
    def sources(self) -> Mapping[str, Source]:
        return self._bot.sources

    @property
    def corpus_version(self) -> str:
        return self._bot.corpus_version
