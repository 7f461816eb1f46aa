"""Answer every case through the chain, then score what was written. One folder a run; what is in it is told in eval/saved.py.

run      -> answers.jsonl, case by case; a killed run goes on where it stopped
rescore  -> scores.jsonl and summary.json from the answers and the sets as they are now
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, zip_longest
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from tqdm import tqdm

from bot.answer import Answer, Timings, Turn
from bot.chain import Found, open_bot
from bot.documents import add_files, added_sources, index_corpus
from bot.settings import Settings
from corpus.model import Passage
from corpus.registry import load_registry
from corpus.twins import find_twins, read_twins
from eval.cases import NEEDS_ARTICLES, SETS, WRITTEN, Case, Set, conversations, load_sets, set_names
from eval.evidence import Evidence, as_json, evidence_of
from eval.gate import Bar, judge, read_bars
from eval.metrics import Score, groups, measure, score
from eval.retrieval import retrieval
from eval.saved import (
    ANSWERS,
    CONFIG,
    CORPUS,
    FORMAT,
    SCORES,
    SPEED,
    SUMMARY,
    TIMINGS,
    Key,
    Reply,
    Run,
    RunError,
    json_line,
    not_written,
    read_config,
    read_evidence,
    read_replies,
    reply_row,
    speed,
    whole_lines,
    write_whole,
)
from index.build import current, read_manifest, read_passages

_AT_ONCE = 4  # conversations that a worker takes at a time


class Traces(Protocol):
    """What the evaluation asks of a bot."""

    def trace(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> tuple[Answer, Found]: ...


@dataclass(frozen=True)
class Chosen:
    """Which cases to ask: sets by name (none: all that the index can answer), those whose set/id or question a pattern is found in, and
    of what is left of each set every so manieth conversation."""

    sets: tuple[str, ...] = ()
    filter: str = ""
    every: int = 1
    folder: Path = SETS


def run(settings: Settings, chosen: Chosen = Chosen(), out: Path | None = None, workers: int = 1) -> Path:
    """Answer and score; the folder. One that a killed run left is gone on with, if it was begun with the same inputs.

    Raises CaseError for a broken set, GateError for bars that cannot be read, RunError for a folder that is finished, of other inputs, in
    use, or cannot be written.
    """
    bars = read_bars()
    live = current(settings.home)
    manifest, passages = read_manifest(live), read_passages(live)
    names = list(chosen.sets) or [n for n in set_names(chosen.folder) if n != NEEDS_ARTICLES or manifest.only]
    sets = load_sets(names, chosen.folder)
    cases = choose(sets, chosen)
    planted = planted_files(chosen.folder) if any(case.documents for case in cases) else []
    settings = replace(settings, today=settings.today or max(WRITTEN, newest(passages)))
    config = {
        "format": FORMAT,
        "version": version("northbound"),
        "code": _code(),
        "sets": {one.name: one.sha256 for one in sets},
        "filter": chosen.filter,
        "every": chosen.every,
        "planted": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in planted},
        "today": settings.today,
        "corpus_version": manifest.corpus_version,
        "model": manifest.model,
        "only": manifest.only,
        "documents": len(manifest.documents),
        "cases": len(cases),
        **_worded_by(settings),
    }
    folder = out or settings.runs_folder / datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    with _opened(folder, config), _with_planted(settings, planted) as planted_home:
        _answer(folder, cases, settings, planted_home, workers)
        held = [*passages, *(read_passages(current(planted_home)) if planted_home else [])]
        replies = list(read_replies(folder))
        evidence = gather(held, replies, settings)
        write_whole(folder / CORPUS, json.dumps(as_json(evidence), ensure_ascii=False, indent=1) + "\n")
        _write_scores(folder, config, sets, cases, replies, evidence, bars)
    return folder


def _worded_by(settings: Settings) -> dict[str, str]:
    """The language model that words the answers and the digests of what it is told, where one is set."""
    if not settings.model:
        return {}
    from bot.prompt import prompt
    from bot.rewriting import PROMPT as FOLLOW_UP
    from bot.writing import PROMPT as ANSWER

    return {"language_model": settings.model, **{f"prompt {name}": prompt(name).digest for name in (ANSWER, FOLLOW_UP)}}


def rescore(folder: Path, sets: Path = SETS) -> Path:
    """Score a run's answers again, by the sets as they are now. Raises RunError for answers of a case that is gone or asks something else:
    those are named."""
    config, bars = read_config(folder), read_bars()
    replies = list(read_replies(folder))
    now = load_sets(list(config["sets"]), sets)
    cases = {case.key: case for one in now for case in one.cases}
    gone = [f"{reply.set}/{reply.answer.id}" for reply in replies if reply.key not in cases or cases[reply.key].asked != reply.asked]
    if gone:
        named = ", ".join(gone[:5]) + (" …" if len(gone) > 5 else "")
        raise RunError(f"{folder}: {len(gone)} of its cases are gone from their sets or ask something else now ({named}); run them again")
    if len(replies) != config["cases"]:
        raise RunError(
            f"{folder}: {len(replies)} of {config['cases']} cases are answered; to go on with it: northbound eval run --out {folder}"
        )
    (folder / SUMMARY).unlink(missing_ok=True)
    _write_scores(folder, config, now, [cases[reply.key] for reply in replies], replies, read_evidence(folder), bars)
    return folder


def choose(sets: Sequence[Set], chosen: Chosen) -> list[Case]:
    """Raises RunError when nothing is left, or the filter is no pattern."""
    try:
        wanted = re.compile(chosen.filter, re.IGNORECASE)
    except re.error as error:
        raise RunError(f"--filter {chosen.filter!r}: no pattern: {error}") from None
    found = []
    for one in sets:
        asked = [turns for turns in conversations(one.cases) if any(wanted.search(f"{c.set}/{c.id} {c.question}") for c in turns)]
        found += [case for turns in asked[:: chosen.every] for case in turns]
    if not found:
        names = ", ".join(one.name for one in sets) or "no set"
        raise RunError(f"no case to ask: none of {names} holds {chosen.filter!r}" if chosen.filter else f"no case to ask in {names}")
    return found


def ask(bot: Traces, turns: Sequence[Case]) -> Iterator[tuple[Reply, Timings]]:
    """Play one conversation, or ask one case. An error counts as an answer that was not given, and what comes after it is still asked."""
    said: list[Turn] = []
    for case in turns:
        failed = ""
        found: tuple[str, ...] = ()
        try:
            answer, what = bot.trace(case.question, (*case.history, *said), case.id, case.at)
            found = found_ids(what)
        except Exception as error:  # whatever it is: the run must tell of it, and of the cases behind it
            failed = f"{type(error).__name__}: {' '.join(str(error).split())}"
            answer = Answer(
                id=case.id, question=case.question, standalone_question="", language="en", status="not_found", answer="", at=case.at
            )
        said += [Turn(role="user", content=case.question), Turn(role="assistant", content=answer.answer)]
        yield Reply(case.set, answer.model_copy(update={"timings_ms": Timings()}), found, case.asked, failed), answer.timings_ms


def found_ids(found: Found) -> tuple[str, ...]:
    """Ids of the passages found, best first; where a message asks several things, the best of each, then the second of each, and so on."""
    ranked = (hit.passage.id for place in zip_longest(*found.hits) for hit in place if hit is not None)
    return tuple(dict.fromkeys(ranked))


def gather(held: Iterable[Passage], replies: Sequence[Reply], settings: Settings) -> Evidence:
    """What answers are checked against: of the passages that the index holds, those that were found or cited."""
    needed = chain.from_iterable((*reply.found, *(c.passage_id for c in reply.answer.citations)) for reply in replies)
    registry = load_registry()
    held = tuple(held)
    twins = find_twins({p.id: p for p in held}, registry.programs, read_twins())
    held = (*held, *(pair.passage for pair in twins.values()))
    return evidence_of(held, needed, registry.programs.values(), (*registry.sources, *added_sources(settings.documents)))


def score_all(cases: Sequence[Case], replies: Sequence[Reply], evidence: Evidence) -> list[Score]:
    """In the order of the cases."""
    by_key: Mapping[Key, Reply] = {reply.key: reply for reply in replies}
    found = retrieval({key: reply.found for key, reply in by_key.items()}, {case.key: case for case in cases}, evidence)
    scores = []
    for turns in conversations(cases):
        before: list[Score] = []
        for case in turns:
            reply = by_key[case.key]
            before.append(score(case, reply.answer, evidence, found.get(case.key), before, reply.failed))
        scores += before
    return scores


def summarise(scores: Sequence[Score]) -> dict[str, Any]:
    """Every measure over all and for every set: value, 95 % interval (null where no case is about it), n, and whether that is few."""
    return {
        name: {"n": len(group), "measures": {m: {**asdict(got), "few": got.few} for m, got in measure(group).items()}}
        for name, group in groups(scores).items()
    }


def absent(cases: Sequence[Case], evidence: Evidence) -> dict[str, list[str]]:
    """What cases name that there is no more, by set/id: sources, supporting passages, programs. Such cases are still asked and counted."""
    gone = {
        f"{case.set}/{case.id}": [
            *(s for s in case.sources if s not in evidence.sources),
            *(p for p in case.passages if p not in evidence.ids),
            *(p for p, _ in case.standing if p not in evidence.programs),
        ]
        for case in cases
    }
    return {id: names for id, names in gone.items() if names}


SHOWN = ("right", "facts found", "forbidden statements", "found@5", "citation recall", "citations pertinent", "words")


def table(summary: Mapping[str, Any]) -> str:
    """A row a set with the measures that are looked at first, then every measure over all cases with its interval."""
    made = summary["groups"]
    head = f"{'set':20}{'n':>6}" + "".join(f"{name:>{max(9, len(name) + 2)}}" for name in SHOWN)
    rows = [
        f"{name:20}{group['n']:>6}" + "".join(f"{_cell(group['measures'][m]['value']):>{max(9, len(m) + 2)}}" for m in SHOWN)
        for name, group in made.items()
    ]
    lines = [head, *rows[1:], rows[0], "", f"{'over all':24}{'value':>8}   {'95 % interval':16}{'n':>6}"]
    for name, got in made["all"]["measures"].items():
        if got["value"] is not None:
            few = "  few: the interval says little" if got["few"] else ""
            lines.append(
                f"{name:24}{_cell(got['value']):>8}   {_cell(got['low'])} to {_cell(got['high'])}".ljust(51) + f"{got['n']:>6}{few}"
            )
    if summary["drafts"]:
        lines += ["", f"not asked: {len(summary['drafts'])} drafts that nobody has finished: {', '.join(summary['drafts'])}"]
    for id, names in summary["absent"].items():
        lines.append(f"warning: {id} names what there is no more: {', '.join(names)}")
    return "\n".join(lines)


def newest(passages: Iterable[Passage]) -> str:
    """The newest day for which a passage is known to be true, "" where none carries a day: a run's today is not before it."""
    return max((p.as_of for p in passages if len(p.as_of) == 10), default="")


def planted_files(folder: Path) -> list[Path]:
    """Every planted document there is: which of them a case names makes no difference to the index that it is asked of."""
    return sorted(path for path in (folder / "documents").glob("*") if path.suffix in (".md", ".txt") and path.name != "README.md")


@contextmanager
def _opened(folder: Path, config: Mapping[str, Any]) -> Iterator[None]:
    """The run's folder with its config, for this process alone."""
    config = json.loads(json.dumps(config))
    lock = folder / ".running"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            if (folder / CONFIG).exists():
                begun = read_config(folder)
                if (folder / SUMMARY).exists():
                    raise RunError(
                        f"{folder}: exists already and is finished; give another --out, or score it again: northbound eval score {folder}"
                    )
                if differing := sorted(name for name in begun.keys() | config.keys() if begun.get(name) != config.get(name)):
                    raise RunError(f"{folder}: exists already and was begun with other {', '.join(differing)}; give another --out")
            elif any(path != lock for path in folder.iterdir()):
                raise RunError(f"{folder}: exists already and is no run; give another --out")
            else:
                write_whole(folder / CONFIG, json.dumps(config, indent=1) + "\n")
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    except Timeout:
        raise RunError(f"{folder}: another process is writing this run; wait for it, or give another --out") from None
    except OSError as error:
        raise not_written(folder, error) from None


@contextmanager
def _with_planted(settings: Settings, files: Sequence[Path]) -> Iterator[Path | None]:
    """A data folder for the length of the run, with an index of all that the live one is made from and the planted documents."""
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="northbound-planted-", ignore_cleanup_errors=True) as made:
        yield plant(settings, files, Path(made))


def plant(settings: Settings, files: Sequence[Path], home: Path) -> Path:
    """Build it in `home`, an empty folder. The live index is shown there first: what it holds already is not embedded again."""
    live = current(settings.home)
    (home / "index").mkdir()
    (home / "index" / live.name).symlink_to(live.resolve(), target_is_directory=True)
    (home / "index" / "current").write_text(live.name + "\n", encoding="utf-8")
    for name in ("models", "pages"):
        if (settings.home / name).is_dir():
            (home / name).symlink_to((settings.home / name).resolve(), target_is_directory=True)
    if settings.documents.is_dir():
        shutil.copytree(settings.documents, home / "documents")
    planted = replace(settings, home=home)
    add_files(files, planted, keep_alike=True)
    index_corpus(planted)
    return home


def _answer(folder: Path, cases: Sequence[Case], settings: Settings, planted: Path | None, workers: int) -> None:
    units = list(conversations(cases))
    done = _kept(folder, units)
    left = units[done:]
    with (folder / TIMINGS).open("a", encoding="utf-8") as timings, (folder / ANSWERS).open("a", encoding="utf-8") as answers:
        bar = tqdm(total=len(cases), initial=sum(map(len, units[:done])), desc="answering", unit="case", disable=None)
        with bar:
            for made in _replies(left, settings, planted, workers):
                timings.write("".join(json_line(timed) for _, timed in made))
                timings.flush()  # an answer that is kept has its timings
                answers.write("".join(json_line(reply_row(reply)) for reply, _ in made))
                answers.flush()
                bar.update(len(made))


def _kept(folder: Path, units: Sequence[Sequence[Case]]) -> int:
    """How many conversations a killed run answered to their end; what it left of others is dropped."""
    lines = list(whole_lines(folder / ANSWERS))
    done = kept = 0
    for turns in units:
        if [_head(line) for line in lines[kept : kept + len(turns)]] != [(case.set, case.id, case.asked) for case in turns]:
            break
        done, kept = done + 1, kept + len(turns)
    for name in (ANSWERS, TIMINGS):
        write_whole(folder / name, "".join(f"{line}\n" for line in list(whole_lines(folder / name))[:kept]))
    return done


def _head(line: str) -> tuple[str, str, str] | None:
    try:
        row = json.loads(line)
        return row["set"], row["id"], row["asked"]
    except (ValueError, KeyError, TypeError):
        return None


Made = list[tuple[Reply, dict[str, Any]]]


def _replies(units: Sequence[Sequence[Case]], settings: Settings, planted: Path | None, workers: int) -> Iterator[Made]:
    """What each conversation got, in order, whoever answered it first."""
    if workers == 1 or len(units) < 2:
        bots = _Bots(settings, planted)
        yield from map(bots.play, units)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (settings, planted, os.getpid()))
    try:
        yield from pool.map(_play, units, chunksize=_AT_ONCE)
    except BrokenProcessPool:
        raise RunError("a worker was ended, perhaps for want of memory; the same command with fewer --workers goes on") from None
    finally:
        pool.shutdown(cancel_futures=True)


class _Bots:
    """The bot over the live index and, opened when first asked for, the one over the planted documents too."""

    def __init__(self, settings: Settings, planted: Path | None) -> None:
        self._homes = {False: settings, True: replace(settings, home=planted) if planted else settings}
        self._open: dict[bool, Traces] = {}

    def play(self, turns: Sequence[Case]) -> Made:
        planted = bool(turns[0].documents)
        if planted not in self._open:
            self._open[planted] = open_bot(self._homes[planted])
        made = []
        for reply, timings in ask(self._open[planted], turns):
            peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
            made.append((reply, {"set": reply.set, "id": reply.answer.id, **timings.model_dump(), "peak_mb": peak}))
        return made


_bots: _Bots


def _begin(settings: Settings, planted: Path | None, parent: int) -> None:
    global _bots
    _bots = _Bots(settings, planted)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A worker waits for work for ever; when the run is killed there will be none."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _play(turns: Sequence[Case]) -> Made:
    return _bots.play(turns)


def _write_scores(
    folder: Path,
    config: Mapping[str, Any],
    sets: Sequence[Set],
    cases: Sequence[Case],
    replies: Sequence[Reply],
    evidence: Evidence,
    bars: Sequence[Bar],
) -> None:
    scores = score_all(cases, replies, evidence)
    summary = {
        "format": FORMAT,
        "sets": {one.name: one.sha256 for one in sets},
        "n": len(scores),
        "drafts": [id for one in sets for id in one.drafts],
        "absent": absent(cases, evidence),
        "groups": summarise(scores),
    }
    judged = judge(Run(folder, dict(config), {}, summary, evidence), bars)
    summary["bars"] = [verdict.row for verdict in judged]  # bot/runs.py shows them where no eval/ is loaded
    timings = [json.loads(line) for line in whole_lines(folder / TIMINGS)]
    write_whole(folder / SCORES, "".join(json_line(asdict(one)) for one in scores))
    write_whole(folder / SPEED, json.dumps(speed(timings), indent=1) + "\n")
    write_whole(folder / SUMMARY, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


def _code() -> str:
    """Twelve hex digits that change when the code or the registries do: answers of two codes do not belong into one run."""
    digest = hashlib.sha256()
    for package in ("bot", "corpus", "index"):
        folder = Path(__file__).parent.parent / package
        for path in sorted((*folder.glob("*.py"), *folder.glob("*.toml"))):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if value <= 1 else f"{value:.1f}"
