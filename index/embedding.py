"""Embed many texts: on every core, in several processes where they are very many, each vector kept on disk as soon as it is made.

index/build.py calls `embed_all`. A build that is killed, or whose disk fills up, leaves its vectors in HOME/index/.embedded-*; the next
build with the same model takes them from there, and removes them when it is published. Texts that every index of a data folder holds are
embedded once, with the model (`ready`).

Run as a module with two arguments, `python -m index.embedding GRAPH TOKENIZER`, it is one of the processes: a line of JSON texts in, their
vectors out.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from corpus.errors import ModelError
from index.embedder import Embedder, OnnxEmbedder, cores

AT_ONCE = 32  # texts of about one length that are embedded, and then kept, together
WORTH_PROCESSES = 1000  # texts; fewer are embedded in threads before further processes have loaded the model
_MOST_PROCESSES = 16
_COPIED_AT_ONCE = 20_000  # rows that are copied to the file of a build together: 30 MB
SAVED = ".embedded-*"
_PIECE = re.compile(r"\w+|[^\w\s]")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Held:
    """Vectors of an index that is there already: the row of each text, and the rows."""

    rows: Mapping[str, int]
    vectors: np.ndarray


NOTHING_HELD = Held({}, np.zeros((0, 0), dtype=np.float32))


def embed_all(
    texts: Sequence[str],
    embedder: Embedder,
    held: Held,
    root: Path,
    file: Path,
    progress: Progress,
    processes: int | None = None,
    ready: Path | None = None,
) -> None:
    """Write the array of all texts' vectors, float32, a row for each text, to `file` (.npy). Each different text is embedded once; those
    held, those that an interrupted build left in `root`, and those made `ready` in a folder, are not. `processes`: default one for each
    core.

    Raises ModelError when an embedding process ends, OSError when the disk takes no more; what was embedded by then is kept.
    """
    with ExitStack() as stack:
        made = stack.enter_context(closing(Saved(ready, embedder.fingerprint))) if ready is not None else None
        saved = stack.enter_context(closing(Saved(root, embedder.fingerprint)))
        new = (text for text in texts if text not in held.rows and (made is None or text not in made))
        _embed_new(new, embedder, saved, progress, processes)
        _write(texts, held, made, saved, file)


def make_ready(texts: Iterable[str], embedder: Embedder, folder: Path, progress: Progress) -> None:
    """Embed texts that every index will hold, as far as they are not ready, and keep their vectors in the folder."""
    with closing(Saved(folder, embedder.fingerprint)) as saved:
        _embed_new(texts, embedder, saved, progress)


def _embed_new(texts: Iterable[str], embedder: Embedder, saved: Saved, progress: Progress, processes: int | None = None) -> None:
    """Embed each different text that is not saved yet, those of one length together, which spares padding, and save it."""
    new = sorted((text for text in dict.fromkeys(texts) if text not in saved), key=lambda text: (_length(text), len(text), text))
    done = 0
    with closing(_embedded(new, embedder, cores() if processes is None else processes)) as parts:
        for some, vectors in parts:
            saved.add(some, vectors)
            done += len(some)
            progress("embedding", done, len(new))


def _length(text: str) -> int:
    """Words and marks, which say how many pieces a model will cut a text into twice as well as letters do."""
    return len(_PIECE.findall(text))


def forget_saved(root: Path) -> None:
    """Remove what interrupted builds left: a newer one is published."""
    for left in root.glob(SAVED):
        left.unlink(missing_ok=True)


class Saved:
    """Vectors of one model on disk by text, written as they are made. A record is the text's digest, the vector and a checksum, so that
    what a kill or a power cut left half-written is known and made again."""

    def __init__(self, root: Path, fingerprint: str) -> None:
        self._path = root / SAVED.replace("*", hashlib.sha256(fingerprint.encode()).hexdigest()[:16])
        self._row: dict[bytes, int] = {}
        self._file: IO[bytes] | None = None
        self._record: np.dtype[Any] | None = None
        self._begin()

    def __contains__(self, text: str) -> bool:
        return _digest(text) in self._row

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the vectors of these texts. The first time, what is broken in the file is cut off."""
        if self._file is None and self._record is not None:
            self._file = self._path.open("r+b")
            self._file.truncate(_HEADER + len(self._row) * self._record.itemsize)
            self._file.seek(0, os.SEEK_END)
        elif self._file is None:
            self._record = _record(vectors.shape[1])
            self._file = self._path.open("wb")
            self._file.write(_header(vectors.shape[1]))
        assert self._record is not None
        records = np.zeros(len(texts), dtype=self._record)
        records["text"] = [np.frombuffer(_digest(text), dtype=np.uint8) for text in texts]
        records["vector"] = vectors
        records["sum"] = _sums(records)
        self._file.write(records.tobytes())
        self._file.flush()
        for text in texts:
            self._row[_digest(text)] = len(self._row)

    def vectors(self) -> np.ndarray:
        """All of them, shape (kept, dimension), mapped from the file."""
        if self._record is None or not self._row:
            return NOTHING_HELD.vectors
        return np.memmap(self._path, dtype=self._record, mode="r", offset=_HEADER, shape=(len(self._row),))["vector"]

    def row(self, text: str) -> int | None:
        """Where a text's vector stands among them; None where it is not saved."""
        return self._row.get(_digest(text))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begin(self) -> None:
        """Take the whole records that are there, up to the first broken one."""
        dimension = _dimension(self._path)
        if not dimension:
            return
        self._record = _record(dimension)
        size = self._record.itemsize
        there = (self._path.stat().st_size - _HEADER) // size
        for start in range(0, there, _COPIED_AT_ONCE):
            count = min(_COPIED_AT_ONCE, there - start)
            records = np.fromfile(self._path, dtype=self._record, count=count, offset=_HEADER + start * size)
            whole = _sums(records) == records["sum"]
            sound = len(records) if whole.all() else int(whole.argmin())
            for digest in records["text"][:sound]:
                self._row[digest.tobytes()] = len(self._row)
            if sound < len(records):
                break


_HEADER = 32  # bytes


def _header(dimension: int) -> bytes:
    return f"northbound vectors {dimension}".encode().ljust(_HEADER)


def _dimension(path: Path) -> int:
    """Of the vectors in the file; 0 where there is no such file or it is another kind."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return 0
    number = header.split()[-1:]
    return int(number[0]) if number and number[0].isdigit() and header == _header(int(number[0])) else 0


def _record(dimension: int) -> np.dtype[Any]:
    return np.dtype([("text", "u1", (16,)), ("vector", "<f4", (dimension,)), ("sum", "<u4")])


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sums(records: np.ndarray) -> np.ndarray:
    """The checksum of each record's text and vector."""
    size = records.dtype.itemsize
    held = memoryview(records.tobytes())
    return np.array([zlib.crc32(held[at : at + size - 4]) for at in range(0, len(held), size)], dtype=np.uint32)


def _write(texts: Sequence[str], held: Held, ready: Saved | None, saved: Saved, file: Path) -> None:
    sources: list[tuple[Callable[[str], int | None], np.ndarray]] = [(held.rows.get, held.vectors)]
    sources += [(one.row, one.vectors()) for one in (ready, saved) if one is not None]
    dimension = max(vectors.shape[1] for _, vectors in sources)
    with file.open("wb") as out:  # not a mapped file: on a full disk writing to one kills the process
        np.lib.format.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (len(texts), dimension)})
        for start in range(0, len(texts), _COPIED_AT_ONCE):
            some = texts[start : start + _COPIED_AT_ONCE]
            vectors = np.empty((len(some), dimension), dtype=np.float32)
            for at, text in enumerate(some):
                vectors[at] = next(made[row] for find, made in sources if (row := find(text)) is not None)
            out.write(vectors.tobytes())


def _embedded(texts: Sequence[str], embedder: Embedder, processes: int) -> Generator[tuple[Sequence[str], np.ndarray], None, None]:
    """The vectors of some texts at a time, in any order."""
    parts = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
    if processes < 2 or len(parts) < 2 or not isinstance(embedder, OnnxEmbedder):
        yield from ((part, embedder.embed(part)) for part in parts)
        return
    count = min(processes, _MOST_PROCESSES, len(parts))
    with ExitStack() as stack:
        idle: queue.SimpleQueue[Callable[[Sequence[str]], np.ndarray]] = queue.SimpleQueue()
        for _ in range(count):
            few = len(texts) < WORTH_PROCESSES
            idle.put(embedder.embed if few else stack.enter_context(closing(_Process(embedder))).embed)
        threads = stack.enter_context(ThreadPoolExecutor(count))

        def embed(part: Sequence[str]) -> tuple[Sequence[str], np.ndarray]:
            made_by = idle.get()
            try:
                return part, made_by(part)
            finally:
                idle.put(made_by)

        # The longest first: near the end only small pieces are left, and no core is idle for long.
        waiting = [threads.submit(embed, part) for part in reversed(parts)]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            for one in waiting:
                one.cancel()


class _Process:
    """Another process that embeds with one thread."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 – closed in `close`
        command = [sys.executable, "-m", "index.embedding", str(embedder.graph), str(embedder.tokenizer)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(list(texts)).encode() + b"\n")
            self._process.stdin.flush()
            size = int(self._process.stdout.readline())
            return np.frombuffer(self._process.stdout.read(size), dtype=np.float32).reshape(len(texts), -1)
        except (OSError, ValueError):  # ValueError: it ended before it had said all
            raise self._ended() from None

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def _ended(self) -> ModelError:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        reason = f"killed by signal {-code}, perhaps for want of memory" if code < 0 else lines[-1] if lines else f"exit code {code}"
        return ModelError(f"an embedding process ended ({reason}); what was embedded is kept: run the same again to go on from there")


def _serve(graph: Path, tokenizer: Path) -> None:
    embedder = OnnxEmbedder(graph, tokenizer, "")
    for line in sys.stdin.buffer:
        vectors = embedder.embed(json.loads(line)).tobytes()
        sys.stdout.buffer.write(b"%d\n" % len(vectors) + vectors)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
