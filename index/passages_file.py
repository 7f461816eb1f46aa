"""The passages of a build on disk: written once, then read one by one as they are asked for, so that memory does not grow with the corpus.

    passages.jsonl      one passage a line
    passages.npy        for each line where it starts and, to choose without reading it, its kind and whether it has questions
    passages.ids.npy    the digests of the ids in order, and below them the number of each one's passage: found by bisection

The two arrays take 26 bytes a passage and are mapped into memory, not loaded. index/build.py writes; whoever searches opens `Passages`.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np

from corpus.errors import SearchIndexError
from corpus.model import Passage

LINES, PLACES, IDS = "passages.jsonl", "passages.npy", "passages.ids.npy"
KINDS = ("section", "standing", "correction", "disagreement")
_PLACE = np.dtype([("start", "<u8"), ("kind", "u1"), ("asked", "?")])
_TUPLES = frozenset(f.name for f in fields(Passage) if str(f.type).startswith("tuple"))
_HEADINGS, _TEXT = b'"headings": ', b', "text": '  # what stands before them in a line, and after
_KEPT = 4096  # passages of about 2 kB that are kept as read


def write(passages: Sequence[Passage], folder: Path) -> None:
    """Write the three files. Raises OSError where the disk does not take them."""
    places = np.zeros(len(passages), dtype=_PLACE)
    digests = np.zeros(len(passages), dtype="<u8")
    start = 0
    with (folder / LINES).open("wb") as file:
        for number, passage in enumerate(passages):
            line = json.dumps(asdict(passage), ensure_ascii=False).encode() + b"\n"
            file.write(line)
            places[number] = start, KINDS.index(passage.kind), bool(passage.asked)
            digests[number] = _digest(passage.id)
            start += len(line)
    np.save(folder / PLACES, places)
    order = np.argsort(digests, kind="stable")
    np.save(folder / IDS, np.stack([digests[order], order.astype("<u8")]))


def decoded(line: str | bytes) -> Passage:
    """The passage that a line holds. Raises ValueError or TypeError where it holds none."""
    values: dict[str, Any] = {key: tuple(value) if key in _TUPLES else value for key, value in json.loads(line).items()}
    return Passage(**values)


class Passages(Sequence[Passage]):
    """The passages of a build in order; each is read when it is asked for, and those last asked for are kept. Safe to share between
    threads. `numbers` chooses by kind without reading one, `number` finds one by id."""

    def __init__(self, folder: Path) -> None:
        """Raises SearchIndexError where a file is missing, is not what it should be, or does not fit the others."""
        self._folder = folder
        try:
            self._places = np.load(folder / PLACES, mmap_mode="r")
            self._ids = np.load(folder / IDS, mmap_mode="r")
            with (folder / LINES).open("rb") as file:
                self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, EOFError) as error:
            raise self._unreadable(str(error)) from None
        if self._places.dtype != _PLACE or self._ids.dtype != "<u8" or self._ids.shape != (2, len(self._places)):
            raise self._unreadable("its parts do not fit together")
        self._numbers = range(len(self._places))
        # Plain arrays: memmap's own are cut in ten times the time.
        self._starts, (self._digests, self._by_digest) = np.asarray(self._places["start"]), np.asarray(self._ids)
        self.by_id: Mapping[str, Passage] = _ById(self)
        self._kept = lru_cache(maxsize=_KEPT)(self._read)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: SupportsIndex) -> Passage: ...
    @overload
    def __getitem__(self, number: slice) -> list[Passage]: ...
    def __getitem__(self, number: SupportsIndex | slice) -> Passage | list[Passage]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        return self._kept(self._numbers[number])

    def __iter__(self) -> Iterator[Passage]:
        """All of them from front to back; none is kept."""
        return (self._read(number) for number in range(len(self)))

    def numbers(self, kind: str = "", asked: bool = False) -> np.ndarray:
        """Where the passages of a kind (any, when "") stand, in order; with `asked` only those with questions of their own."""
        chosen = np.ones(len(self), dtype=bool) if not kind else self._places["kind"] == KINDS.index(kind)
        return np.flatnonzero(chosen & self._places["asked"] if asked else chosen)

    def headings(self, numbers: Iterable[int]) -> list[str]:
        """The heading of each of these passages, read without the rest of it."""
        return [self._heading(int(number)) for number in numbers]

    def number(self, passage_id: str) -> int:
        """Where the passage of this id stands. Raises KeyError when there is none."""
        digest = _digest(passage_id)
        at = int(self._digests.searchsorted(np.uint64(digest)))
        while at < len(self) and int(self._digests[at]) == digest:  # two ids may have one digest
            number = int(self._by_digest[at])
            if self[number].id == passage_id:
                return number
            at += 1
        raise KeyError(passage_id)

    def _line(self, number: int) -> bytes:
        end = int(self._starts[number + 1]) if number + 1 < len(self) else len(self._lines)
        return self._lines[int(self._starts[number]) : end]

    def _heading(self, number: int) -> str:
        line = self._line(number)
        begin = line.find(_HEADINGS) + len(_HEADINGS)  # inside a text its quotes would have backslashes
        end = line.find(_TEXT, begin)
        try:
            headings = json.loads(line[begin:end])
            return str(headings[-1]) if headings else self[number].heading
        except (ValueError, TypeError):
            return self[number].heading

    def _read(self, number: int) -> Passage:
        try:
            return decoded(self._line(number))
        except (ValueError, TypeError, AttributeError) as error:
            raise self._unreadable(f"passage {number}: {error}") from None

    def _unreadable(self, reason: str) -> SearchIndexError:
        return SearchIndexError(f"{self._folder / LINES}: cannot be read ({reason}); build again: northbound index build")


class _ById(Mapping[str, Passage]):
    """The same passages by id."""

    def __init__(self, passages: Passages) -> None:
        self._passages = passages

    def __getitem__(self, passage_id: str) -> Passage:
        return self._passages[self._passages.number(passage_id)]

    def __iter__(self) -> Iterator[str]:
        return (passage.id for passage in self._passages)

    def __len__(self) -> int:
        return len(self._passages)


def _digest(passage_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(passage_id.encode(), digest_size=8).digest(), "little")
