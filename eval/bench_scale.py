"""Search at sizes for which nobody here has documents. `northbound eval bench --scale 10k,100k,1M` calls `scale`.

What is measured is what serves: `build_index` and `Index.search`, the second in a fresh process for each size, which is also how its
memory is read. Only the model is left out: the vectors are made up. A size is a number of rows, that is of vectors; a passage has one for
its heading, one for its text and one for each of its sentences.

A passage is some sentences of the live index, chosen at random, each with numbers of its own: "… for one person (417, 892)." Its rows lie
where its sentences lie in the live index, moved by half of another row's vector and by noise, so that they cluster as real ones do.
A query is a question of the live index with its vector moved in the same way. `python -m eval.bench_scale TOLD` is the fresh process.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from bot.settings import Settings
from corpus.model import Passage
from corpus.sentences import spans
from eval.bench_sets import BenchError
from index.build import WRONG, Progress, build_index, current, dense_text, read_passages
from index.search import Index, Query
from index.store import nearest_exactly

DEPTH = 10  # how far down a ranking is compared with that of exact search
ASKED = 200  # queries for each size
_MADE = "northbound-scale-"  # before the name of the folder of an index that is measured
_WARM = 20  # queries before those that count
_OTHER, _NOISE = 0.5, 0.3  # how far a vector is moved from where its text lies: the lengths of the two parts
_NUMBERS = re.compile(r" \(\d+, \d+\)")
_SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class Answering:
    """A fresh process that answers from an index: seconds until it was open, milliseconds of each search, and of processor time in it, MB
    resident after all of them and how many of those are its own (the rest are pages of files, which the system takes back when it needs
    them), and the share of exact search's first ten passages that were found, mean over the queries."""

    opened: float
    milliseconds: tuple[float, ...]
    processor: tuple[float, ...]
    resident: float
    own: float
    recall: float


@dataclass(frozen=True)
class Size:
    """One line of the table. Disk is in MB of 10^6 bytes, memory in MB of 2^20. `build_processor` and `processor` are seconds to build and
    milliseconds of a search (median) in processor time, of all threads: where the machine does other work too, they move less. `load` is
    how many processes wanted to run, mean of the last minute."""

    rows: int
    passages: int
    build: float
    build_processor: float
    disk: float
    opened: float
    resident: float
    own: float
    p50: float
    p95: float
    processor: float
    recall: float
    load: float


_COLUMNS: tuple[tuple[str, int, str, Callable[[Size], float]], ...] = (
    ("rows", 10, ",", lambda one: one.rows),
    ("passages", 10, ",", lambda one: one.passages),
    ("build s", 9, ".1f", lambda one: one.build),
    ("cpu s", 8, ".1f", lambda one: one.build_processor),
    ("rows/s", 8, ".0f", lambda one: one.rows / one.build),
    ("disk MB", 9, ".0f", lambda one: one.disk),
    ("open s", 8, ".1f", lambda one: one.opened),
    ("MB", 8, ".0f", lambda one: one.resident),
    ("own MB", 8, ".0f", lambda one: one.own),
    ("p50 ms", 8, ".1f", lambda one: one.p50),
    ("p95 ms", 8, ".1f", lambda one: one.p95),
    ("cpu ms", 8, ".1f", lambda one: one.processor),
    ("recall", 8, ".3f", lambda one: one.recall),
    ("load", 6, ".0f", lambda one: one.load),
)


def scale(sizes: Sequence[int], settings: Settings, keep: Path | None = None, progress: Progress = lambda *_: None) -> Iterator[str]:
    """Build and ask an index of each size, and give the table line by line as it comes. In `keep`: scale.json and scale.svg.

    Nothing is gone on with where one was killed, and what it left in `keep` is removed. Raises SearchIndexError when there is no live index
    to make passages from, BenchError where another measures in `keep`.
    """
    current(settings.home)
    with _alone_in(keep):
        yield from _scaled(sizes, settings, keep, progress)


@contextmanager
def _alone_in(keep: Path | None) -> Iterator[None]:
    """A folder in which nobody else measures, without what one that was killed has left."""
    if keep is None:
        yield
        return
    keep.mkdir(parents=True, exist_ok=True)
    lock = FileLock(keep / ".scale.lock", timeout=0)
    try:
        with lock:
            for left in keep.glob(f"{_MADE}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
            Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout:
        raise BenchError(f"{keep}: another --scale measures there now; give another --keep, or wait for its end") from None


def _scaled(sizes: Sequence[int], settings: Settings, keep: Path | None, progress: Progress) -> Iterator[str]:
    yield "".join(f"{name:>{width}}" for name, width, _, _ in _COLUMNS)
    measured: list[Size] = []
    for rows in sizes:
        one = _measured(rows, settings.home, keep, progress)
        measured.append(one)
        yield "".join(f"{value(one):>{width}{form}}" for _, width, form, value in _COLUMNS)
    yield "build: without the model, whose vectors are made up; MB: resident after all queries, own: without the pages of mapped files"
    yield "cpu: processor time of all threads; load: processes that wanted to run while this was measured, of every user"
    yield f"recall: share of exact search's first {DEPTH} passages that are among the first {DEPTH}; {ASKED} queries"
    if len(measured) > 1:
        first, last = measured[0], measured[-1]
        per_million = 1e6 / (last.rows - first.rows)
        yield (
            f"for each further million rows: {(last.resident - first.resident) * per_million:,.0f} MB resident, "
            f"{(last.own - first.own) * per_million:,.0f} MB of them its own, {(last.disk - first.disk) * per_million:,.0f} MB on disk"
        )
    if keep is not None:
        (keep / "scale.json").write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n", encoding="utf-8")
        (keep / "scale.svg").write_text(plot(measured), encoding="utf-8")
        yield f"written to {keep / 'scale.json'} and {keep / 'scale.svg'}"


def sizes_of(text: str) -> tuple[int, ...]:
    """ "10k,1M" as (10000, 1000000), in rising order. Raises BenchError for what is no size."""
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)([kKmM]?)\s*", part)
        if match is None or not int(match[1]):
            raise BenchError(f"--scale {text!r}: {part.strip()!r} is no size; give numbers of rows such as 10k,100k,1M")
        found.append(int(match[1]) * _SUFFIXES[match[2].lower()])
    return tuple(sorted(set(found)))


def _measured(rows: int, home: Path, keep: Path | None, progress: Progress) -> Size:
    with tempfile.TemporaryDirectory(prefix=_MADE, dir=keep, ignore_cleanup_errors=True) as folder:
        known = Known(home)
        passages = list(made_up(known, rows))
        start, worked = time.perf_counter(), time.process_time()
        manifest = build_index(Path(folder), passages, Clustered(known), only=True, progress=progress)
        build, worked = time.perf_counter() - start, time.process_time() - worked
        del passages
        disk = sum(path.stat().st_size for path in current(Path(folder)).rglob("*") if path.is_file()) / 1e6
        seen = _in_own_process(home, Path(folder))
        return Size(
            manifest.rows,
            manifest.passages,
            build,
            worked,
            disk,
            seen.opened,
            seen.resident,
            seen.own,
            float(np.median(seen.milliseconds)),
            float(np.percentile(seen.milliseconds, 95)),
            float(np.median(seen.processor)),
            seen.recall,
            os.getloadavg()[0],
        )


class Known:
    """What passages and vectors are made from: the live index's sentences and questions, and the vectors of its rows."""

    def __init__(self, home: Path) -> None:
        live = current(home)
        passages = read_passages(live)
        kind, owner = (np.load(live / "rows.npz")[name] for name in ("kind", "owner"))
        self.vectors = np.load(live / "vectors.npy")[kind != WRONG]
        self.sentences: list[str] = []
        self.headings: list[str] = []
        self.questions: list[str] = []
        self.places: dict[str, int] = {}  # the row of each heading, question and sentence
        row = 0
        for passage in (passages[number] for number in dict.fromkeys(owner[kind != WRONG].tolist())):
            asked = passage.questions
            sentences = [passage.text[span.start : span.end] for span in spans(passage.text)]
            self.headings += passage.headings[-1:]
            self.questions += asked
            self.sentences += sentences
            for text in (*asked, dense_text(passage), *sentences):
                self.places.setdefault(_bare(text), row)
                row += 1


def made_up(known: Known, rows: int) -> Iterator[Passage]:
    """Passages with so many rows between them, or a few more. The same for the same live index: there is no chance in it."""
    chance = random.Random(rows)
    made = number = 0
    while made < rows:
        heading = f"{chance.choice(known.headings)} ({number // 1000}, {number % 1000})"
        chosen = (chance.choice(known.sentences) for _ in range(chance.randint(2, 4)))
        text = " ".join(_numbered(sentence, chance) for sentence in chosen)
        yield Passage(
            id=f"{number // 50}#{number % 50}", source_id=f"{number // 50}", title="", headings=(heading,), text=text, origin="file"
        )
        made += 2 + len(spans(text))
        number += 1


def _numbered(sentence: str, chance: random.Random) -> str:
    words = sentence.replace("\n", " ").rstrip(" .:;")
    return f"{words} ({chance.randrange(1000)}, {chance.randrange(1000)})."


class Clustered:
    """Vectors that are made up: where the parts of a text lie in the live index, moved as the module's docstring says. The same text has
    always the same vector, of length 1."""

    engine = "made up"
    fingerprint = "made-up@1"

    def __init__(self, known: Known) -> None:
        self._known = known
        noise = np.random.default_rng(0).standard_normal((4096, known.vectors.shape[1]), dtype=np.float32)
        self._noise = noise / np.linalg.norm(noise, axis=1, keepdims=True)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32, shape (len(texts), dimension of the live index)."""
        held = self._known.vectors
        chance = np.array([np.frombuffer(hashlib.blake2b(t.encode(), digest_size=12).digest(), dtype="<u4") for t in texts])
        made = np.stack([self._centre(text) for text in texts])
        made += _OTHER * held[chance[:, 0] % len(held)]
        noise = self._noise[chance[:, 1] % len(self._noise)] + self._noise[chance[:, 2] % len(self._noise)]
        made += _NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    def _centre(self, text: str) -> np.ndarray:
        """The middle of the known parts of a text, of length 1; nothing where none is known."""
        places = [place for part in _NUMBERS.split(text) if (place := self._known.places.get(_bare(part))) is not None]
        middle = self._known.vectors[places].sum(axis=0)
        length = float(np.linalg.norm(middle))
        return np.asarray(middle / length if length else middle, dtype=np.float32)


def _bare(text: str) -> str:
    return text.replace("\n", " ").strip(" .:;?")


def _in_own_process(home: Path, folder: Path) -> Answering:
    told = json.dumps({"home": str(home), "folder": str(folder)})
    done = subprocess.run([sys.executable, "-m", "eval.bench_scale", told], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"the answering process failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else '?'}")
    made = json.loads(done.stdout.splitlines()[-1])
    return Answering(**{**made, "milliseconds": tuple(made["milliseconds"]), "processor": tuple(made["processor"])})


def main(told: str) -> None:
    """Answer from the index in a folder, and print an Answering."""
    given = json.loads(told)
    known, live = Known(Path(given["home"])), current(Path(given["folder"]))
    embedder = Clustered(known)
    chance = random.Random(0)
    queries = [Query((f"{chance.choice(known.questions)} ({number}, {number})",)) for number in range(_WARM + ASKED)]
    start = time.perf_counter()
    index = Index(live, embedder, {})
    opened = time.perf_counter() - start
    milliseconds, processor, found = [], [], []
    for query in queries:
        start, worked = time.perf_counter(), time.process_time()
        hits = index.search(query, DEPTH)
        milliseconds.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - worked) * 1000)
        found.append({hit.passage.id for hit in hits})
    resident, own = _memory()
    exact = Index(live, embedder, {}, open_store=_Exact)
    best = [{hit.passage.id for hit in exact.search(query, DEPTH)} for query in queries[_WARM:]]
    recall = float(np.mean([len(ours & theirs) / len(theirs) for ours, theirs in zip(found[_WARM:], best, strict=True)]))
    print(json.dumps(asdict(Answering(opened, tuple(milliseconds[_WARM:]), tuple(processor[_WARM:]), resident, own, recall))))


class _Exact:
    """A store that compares a query with every vector."""

    def __init__(self, folder: Path, vectors: np.ndarray) -> None:
        self.count, self._vectors = len(vectors), vectors

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        return nearest_exactly(self._vectors, vectors, k)


def _memory() -> tuple[float, float]:
    """Memory of this process in MB: resident, and without the pages of mapped files. Where there is no /proc, its peak twice."""
    status = Path("/proc/self/status")
    if status.exists():
        held = dict(re.findall(r"(\w+):\s+(\d+) kB", status.read_text(encoding="utf-8")))
        return int(held["VmRSS"]) / 1024, int(held["RssAnon"]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return peak, peak


@dataclass(frozen=True)
class _Panel:
    """One of the plot's four: its title, and its lines, each with a name and the value of a size."""

    title: str
    lines: tuple[tuple[str, Callable[[Size], float]], ...]


_PANELS = (
    _Panel("milliseconds of a search", (("p95", lambda one: one.p95), ("p50", lambda one: one.p50))),
    _Panel("MB of memory", (("resident", lambda one: one.resident), ("own", lambda one: one.own))),
    _Panel("seconds to build", (("", lambda one: one.build),)),
    _Panel(f"share of exact search's first {DEPTH} found", (("", lambda one: one.recall),)),
)
_WIDTH, _HEIGHT = 400, 260  # of a panel


def plot(measured: Sequence[Size]) -> str:
    """The figures as one SVG picture for a browser: four panels, over the number of rows on a logarithmic scale."""
    panels = (
        f'<g transform="translate({_WIDTH * (n % 2)},{_HEIGHT * (n // 2)})">{"".join(_drawn(panel, measured))}</g>'
        for n, panel in enumerate(_PANELS)
    )
    size = f"{_WIDTH * 2} {_HEIGHT * 2}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="Search at {len(measured)} sizes"><rect width="100%" height="100%" fill="white"/>{"".join(panels)}</svg>\n'
    )


def _drawn(panel: _Panel, measured: Sequence[Size]) -> Iterator[str]:
    left, right, top, bottom = 60, _WIDTH - 60, 40, _HEIGHT - 40
    logs = [float(np.log10(one.rows)) for one in measured]
    low, high = min(logs) - 0.1, max(logs) + 0.1
    full = max(value(one) for _, value in panel.lines for one in measured) or 1.0

    def at(log: float, value: float) -> tuple[float, float]:
        return left + (right - left) * (log - low) / (high - low), bottom - (bottom - top) * value / full

    yield f'<text x="{left}" y="22" font-weight="bold">{escape(panel.title)}</text>'
    for share in (0.0, 0.5, 1.0):
        y = at(low, full * share)[1]
        yield f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{full * share:,.4g}</text>'
    for one, log in zip(measured, logs, strict=True):
        yield f'<text x="{at(log, 0)[0]:.1f}" y="{bottom + 18}" text-anchor="middle">{one.rows:,}</text>'
    for (name, value), colour in zip(panel.lines, ("#0b5394", "#b45f06"), strict=False):
        points = [at(log, value(one)) for one, log in zip(measured, logs, strict=True)]
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for (x, y), one in zip(points, measured, strict=True):
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"><title>{one.rows:,} rows: {value(one):,.4g}</title></circle>'
        yield f'<text x="{points[-1][0] + 8:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{escape(name)}</text>'


if __name__ == "__main__":
    main(sys.argv[1])
