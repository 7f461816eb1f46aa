"""Can this passage answer this question, and with which of its sentences? Rows of question, passage, answerable and its gold sentences.

What is measured is the bot's own decision, `Answerability`, on the hit that its search makes of the given passage, and the sentences
that `compose` shows of it. All passages of the set are indexed together, so that words are as rare as they are among them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bot.answerability import NOT_FOUND
from bot.chain import Bot
from bot.compose import compose
from bot.reading import read_sentences
from corpus.model import Passage
from corpus.registry import load_registry
from eval.bench_curve import over_thresholds, write
from eval.bench_sets import BenchError, balanced, beside_known, decided, halved, halves, overlap_f1, paired, rows
from index.build import Progress, build_index, current
from index.embedder import Embedder
from index.reader import Reader
from index.search import Index, Query


@dataclass(frozen=True)
class Given:
    """A question with the passage it is to be answered from; `gold` is every set of places of `sentences` that a person chose."""

    id: str
    question: str
    title: str
    passage: str
    answerable: bool
    sentences: tuple[str, ...]
    gold: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Decided:
    """What was made of a row: how likely the passage answers, two cosines of the question, and the sentences shown, by place."""

    likely: float
    text: float
    sentence: float
    shown: frozenset[int]
    nearest: frozenset[int]


def answerability(
    file: Path, embedder: Embedder, reader: Reader, progress: Progress = lambda *_: None, keep: Path | None = None
) -> Iterator[str]:
    """Balanced accuracy of "this passage answers" beside cosines, and F1 of the sentences shown. A threshold is always chosen on the half
    of the rows that it is not used on, but for the bot's own. In `keep`: the bot's curve, NAME.svg."""
    read = read_given(file)
    made = decide(read, embedder, reader, progress)
    truth = np.array([one.answerable for one in read])
    half = halves([one.id for one in read], truth)
    likely, text, sentence = (np.array([getattr(one, name) for one in made]) for name in ("likely", "text", "sentence"))
    said = {
        f"the bot as it stands (at {NOT_FOUND:.2f})": likely >= NOT_FOUND,
        "the bot's likelihood": decided(likely, truth, half),
        "cosine of the passage": decided(text, truth, half),
        "cosine of the best sentence": decided(sentence, truth, half),
        "sum of both cosines": decided(text + sentence, truth, half),
    }
    yield f"{file.parent.name}: {len(read)} questions, {int(truth.sum())} answerable"
    yield f"{'':34}{'balanced':>10}{'kept':>8}{'let by':>8}"
    for name, yes in said.items():
        yield f"{name:34}{balanced(yes, truth):>10.3f}{yes[truth].mean():>8.3f}{yes[~truth].mean():>8.3f}"
    _, ours, *others = said
    for other in others:
        yield paired(ours, other, "balanced accuracy", halved(said[ours], truth), halved(said[other], truth))
    curve = over_thresholds(likely, truth)
    yield from curve.lines("likelihood")
    if keep is not None:
        title = f"{file.parent.name}: answerable questions and others, {len(read)}"
        yield write(keep, file.parent.name, curve, title, "how likely the passage answers", NOT_FOUND)
    judged = [(one, result) for one, result in zip(read, made, strict=True) if one.gold]
    for name in ("shown", "nearest"):
        chosen: list[frozenset[int]] = [getattr(result, name) for _, result in judged]
        f1 = [max(overlap_f1(set(places), set(gold)) for gold in one.gold) for (one, _), places in zip(judged, chosen, strict=True)]
        words = [sum(len(one.sentences[n].split()) for n in places) for (one, _), places in zip(judged, chosen, strict=True)]
        yield f"sentences, {name}: F1 {np.mean(f1):.3f}, {np.mean(words):.0f} words, over {len(judged)} questions"
    yield from beside_known(file.parent.name, {"balanced accuracy": balanced(said[ours], truth)})


def decide(read: Sequence[Given], embedder: Embedder, reader: Reader, progress: Progress = lambda *_: None) -> list[Decided]:
    """Each row through understand, search, the reader and compose, with its own passage as the one hit."""
    passages = {one.passage: _passage(number, one) for number, one in enumerate(read)}
    with tempfile.TemporaryDirectory(prefix="northbound-bench-", ignore_cleanup_errors=True) as home:
        build_index(Path(home), list(passages.values()), embedder, only=True, progress=progress)
        bot = Bot(load_registry(), Index(current(Path(home)), embedder, {}), {})
        return [_decided(one, passages[one.passage].id, bot, reader) for one in tqdm(read, desc="asking", disable=None)]


def _decided(one: Given, passage: str, bot: Bot, reader: Reader) -> Decided:
    asked = bot.asked(bot.understand(one.question))
    first = asked[0]
    hit = bot.index.hit(passage, Query(first.wordings, wants=first.wants, concepts=first.concepts))
    hit = read_sentences(reader, one.question, first, [hit], 0.0)[0]
    shown = [range(piece.start, piece.end) for piece in compose(first, [hit], bot.answerability)]
    places = _places(one)
    kept = frozenset(n for n, place in enumerate(places) if any(_share(place, span) > 0.5 for span in shown))
    best = max(hit.sentences, key=lambda scored: scored.cosine, default=None)
    near = range(best.span.start, best.span.end) if best is not None else range(0)
    nearest = frozenset(n for n, place in enumerate(places) if _share(place, near) > 0.5)
    likely = bot.answerability(first, bot.answerability.nearest(first, [hit]))
    return Decided(likely, hit.text, hit.sentence, kept, nearest)


def _places(one: Given) -> list[range]:
    """Where each sentence stands in the passage; an empty range for one that does not."""
    places, at = [], 0
    for sentence in one.sentences:
        start = one.passage.find(sentence, at)
        places.append(range(start, start + len(sentence)) if start >= 0 else range(0))
        at = max(at, start + len(sentence))
    return places


def _share(place: range, span: range) -> float:
    return len(range(max(place.start, span.start), min(place.stop, span.stop))) / len(place) if len(place) else 0.0


def read_given(file: Path) -> list[Given]:
    """Raises BenchError for a row without its fields, and for fewer than two answerable rows or two others."""
    read = []
    for number, (_, row) in enumerate(rows(file, {"question": str, "passage": str, "answerable": bool}), 1):
        sentences = tuple(str(sentence) for sentence in row.get("sentences") or ())
        gold = tuple(
            frozenset(n for n, s in enumerate(sentences) if s in chosen) for chosen in row.get("selected_sentences") or () if chosen
        )
        name = str(row.get("_id") or number)
        read.append(Given(name, row["question"], str(row.get("title") or ""), row["passage"], row["answerable"], sentences, gold))
    if not 2 <= sum(one.answerable for one in read) <= len(read) - 2:
        raise BenchError(f"{file}: needs at least two answerable rows and two others")
    return read


def _passage(number: int, one: Given) -> Passage:
    return Passage(id=f"row{number}#1", source_id=f"row{number}", title=one.title, headings=(), text=one.passage, origin="file")
