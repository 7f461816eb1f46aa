"""Northbound beside the stock LangChain recipe, on the same texts and questions. `northbound eval bench --peers` calls `compare_peers`.

The recipe is the one of its tutorials: RecursiveCharacterTextSplitter 1000/200, Chroma, the same sentence-transformers model. Quality,
build time and latency are measured in this process, one question to each side in turn; memory and the two starts, with the index to build
and with the index there, in fresh processes for each side, one after the other, because what two sides hold in one process cannot be told
apart. `python -m eval.peers TOLD START` is such a process; so that a side starts with what it needs itself and no more, the modules of the
other are imported where they are used.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.settings import Settings
from eval.bench_sets import BenchError, rows
from index.embedder import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder, default_model_folder, fingerprint, load_embedder

if TYPE_CHECKING:
    from bot.chain import Bot
    from index.build import Progress

K = 5
NEEDS = ("langchain_chroma", "langchain_text_splitters")
Found = list[tuple[str, str]]  # document and text of each passage, best first


@dataclass(frozen=True)
class Question:
    """A question with the documents that answer it and, where given, words of which a right passage holds one."""

    id: str
    text: str
    documents: tuple[str, ...]
    words: tuple[str, ...]

    def answered_by(self, document: str, text: str) -> bool:
        return document in self.documents and (not self.words or any(_plain(w) in _plain(text) for w in self.words))


@dataclass(frozen=True)
class Job:
    """Texts by document, the questions, and where the texts are files: the folder."""

    name: str
    texts: Mapping[str, str]
    titles: Mapping[str, str]
    questions: tuple[Question, ...]
    folder: Path | None = None


@dataclass(frozen=True)
class Side:
    """One side, ready: how many passages it holds, how long building took in seconds, and how it answers."""

    passages: int
    seconds: float
    find: Callable[[str], Found]
    answer: Callable[[str], Found] | None = None  # what is shown: the whole answer's quotes; None where the first passage is shown


@dataclass(frozen=True)
class Alone:
    """What a side was alone in a fresh process: seconds from its start to the first answer, and resident memory in MB after all
    questions."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Way:
    """A side: how it is built from a job, in a folder, and how what lies in the folder is opened and asked; `public` tells that it was
    built from a public set."""

    build: Callable[[Job, Settings, Path, Progress], Side]
    open: Callable[[Settings, Path, bool], Callable[[str], object]]


def compare_peers(
    settings: Settings, data: Path | None, documents: Path | None, questions: Path | None, progress: Progress = lambda *_: None
) -> Iterator[str]:
    """The table, on a public set (`data`) or on a folder of texts with a file of questions. Ours is `1` in every ratio.

    Raises BenchError when the recipe's packages are not installed, or the texts or questions cannot be used.
    """
    if missing := [name for name in NEEDS if importlib.util.find_spec(name) is None]:
        raise BenchError(f"{', '.join(missing)}: not installed; the recipe needs them: pip install -e '.[peers]' (make setup does)")
    from bot.documents import prepare_model

    job = read_job(data, documents, questions)
    prepare_model(settings, progress)  # once for a data folder, and so no part of building an index; the recipe's model is there too
    importlib.import_module("chromadb")  # all sides store in it, and the first would pay for what the next find done
    with tempfile.TemporaryDirectory(prefix="northbound-peers-", ignore_cleanup_errors=True) as folder:
        made = {name: way.build(job, settings, Path(folder), progress) for name, way in SIDES.items()}
        seen = _asked(job, made)
        asked = Path(folder) / "asked.json"
        asked.write_text(json.dumps([question.text for question in job.questions]), encoding="utf-8")
        opened = {name: _in_own_process(name, settings, {"opened": folder, "asked": asked, "public": data or ""}) for name in SIDES}
    given = {key: path for key, path in (("data", data), ("documents", documents), ("questions", questions)) if path is not None}
    built = {name: _in_own_process(name, settings, given) for name in SIDES}
    yield from _table(job, made, seen, built, opened)


def read_job(data: Path | None, documents: Path | None, questions: Path | None) -> Job:
    """A public set in the common form, or a folder of .txt and .md files with rows of {id, question, gold_docs, gold_text}."""
    if data is not None:
        from eval.bench_retrieval import read_bench

        read = read_bench(data)
        asked = tuple(Question(one.id, one.text, tuple(one.relevant), ()) for one in read.asked)
        return Job(data.name, {p.source_id: p.text for p in read.passages}, {p.source_id: p.heading for p in read.passages}, asked)
    assert documents is not None and questions is not None
    if not documents.is_dir():
        raise BenchError(f"{documents}: no such folder; give one of .txt and .md files")
    files = sorted(path for path in documents.rglob("*") if path.suffix in (".txt", ".md"))
    if not files:
        raise BenchError(f"{documents}: holds no .txt and no .md file")
    texts = {str(path.relative_to(documents)): path.read_text(encoding="utf-8", errors="replace") for path in files}
    needed = {"id": str, "question": str, "gold_docs": list, "gold_text": list}
    found = tuple(Question(r["id"], r["question"], tuple(r["gold_docs"]), tuple(r["gold_text"])) for _, r in rows(questions, needed))
    if not found:
        raise BenchError(f"{questions}: holds no questions")
    return Job(documents.name, texts, {}, found, documents)


def northbound(job: Job, settings: Settings, folder: Path, progress: Progress = lambda *_: None) -> Side:
    """Our side. Files are added as a user adds them, and answered by the bot; a public set is indexed as it is, and searched."""
    from bot.chain import open_bot
    from bot.documents import add_files, index_corpus
    from corpus.model import Passage
    from index.build import build_index

    ours = _ours(settings, folder)
    _share_model(settings, ours)
    start = time.perf_counter()
    if job.folder is None:
        passages = [
            Passage(id=f"{name}#1", source_id=name, title="", headings=(title,) if title else (), text=job.texts[name], origin="file")
            for name, title in ((name, job.titles.get(name, "")) for name in job.texts)
        ]
        embedder = load_embedder(ours.embedder, ours.exported)
        build_index(ours.home, passages, embedder, only=True, progress=progress)
        bot = _searching(ours, embedder)
        names = {name: name for name in job.texts}
    else:
        added = add_files([job.folder / name for name in job.texts], ours, keep_alike=True)
        names = dict(zip(added.ids, job.texts, strict=True))
        index_corpus(ours, added.ids, progress)
        bot = open_bot(ours)
    seconds = time.perf_counter() - start

    @cache
    def searching() -> Bot:
        """Another bot on the same index where the first one answers: what one has embedded is not given to the other."""
        return bot if job.folder is None else open_bot(ours)

    def find(question: str) -> Found:
        hits = [hit for some in searching().search(searching().understand(question)).hits for hit in some]
        ranked = sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:K]
        return [(names.get(hit.passage.source_id, hit.passage.source_id), hit.passage.text) for hit in ranked]

    def answer(question: str) -> Found:
        return [(names.get(c.source_id, c.source_id), c.quote) for c in bot.answer(question).citations]

    return Side(bot.index.manifest.passages, seconds, find, answer if job.folder is not None else None)


def _open_ours(settings: Settings, folder: Path, public: bool) -> Callable[[str], object]:
    """Our side as `northbound ask` opens it; of a public set only the search."""
    from bot.chain import open_bot

    ours = _ours(settings, folder)
    if not public:
        return open_bot(ours).answer
    bot = _searching(ours, load_embedder(ours.embedder, ours.exported))
    return lambda question: bot.search(bot.understand(question))


def _ours(settings: Settings, folder: Path) -> Settings:
    return replace(settings, home=folder / "northbound")


def _searching(ours: Settings, embedder: Embedder) -> Bot:
    """A bot on an index that holds a public set alone."""
    from bot.chain import Bot
    from corpus.registry import load_registry
    from index.build import current
    from index.reader import load_reader
    from index.search import Index

    return Bot(load_registry(), Index(current(ours.home), embedder, {}), {}, reader=load_reader(ours.exported_reader))


def langchain(job: Job, settings: Settings, folder: Path, progress: Progress = lambda *_: None) -> Side:
    """The recipe as it stands, with the embedding model through sentence-transformers."""
    return _recipe(job, _through_torch(settings.embedder), folder / "langchain")


def langchain_onnx(job: Job, settings: Settings, folder: Path, progress: Progress = lambda *_: None) -> Side:
    """The recipe with our embedder, so that the engine that runs the model makes no difference."""
    return _recipe(job, load_embedder(settings.embedder, settings.exported), folder / "langchain-onnx")


def _open_langchain(settings: Settings, folder: Path, public: bool) -> Callable[[str], object]:
    return _asking(_recipe_store(_through_torch(settings.embedder), folder / "langchain"))


def _open_langchain_onnx(settings: Settings, folder: Path, public: bool) -> Callable[[str], object]:
    return _asking(_recipe_store(load_embedder(settings.embedder, settings.exported), folder / "langchain-onnx"))


OURS, STOCK = "Northbound", "LangChain stock"
SIDES: dict[str, Way] = {
    OURS: Way(northbound, _open_ours),
    STOCK: Way(langchain, _open_langchain),
    "LangChain, our engine": Way(langchain_onnx, _open_langchain_onnx),
}


def _recipe(job: Job, embedder: Embedder, folder: Path) -> Side:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    start = time.perf_counter()
    whole = [Document("\n".join(t for t in (job.titles.get(n, ""), text) if t), metadata={"source": n}) for n, text in job.texts.items()]
    cut = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(whole)
    store = _recipe_store(embedder, folder)
    for at in range(0, len(cut), 5000):  # Chroma takes at most 5461 at once
        store.add_documents(cut[at : at + 5000])
    seconds = time.perf_counter() - start

    return Side(len(cut), seconds, _asking(store))


def _recipe_store(embedder: Embedder, folder: Path) -> Any:
    """langchain-huggingface wraps the same call of sentence-transformers that `Embedder` does; it wants an older huggingface-hub than the
    rest of us, so the wrapper is written here."""
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings

    class Same(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [list(map(float, vector)) for vector in embedder.embed(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Chroma(collection_name="peer", embedding_function=Same(), persist_directory=str(folder))


def _asking(store: Any) -> Callable[[str], Found]:
    return lambda question: [(str(d.metadata["source"]), d.page_content) for d, _ in store.similarity_search_with_score(question, k=K)]


def _through_torch(model: str) -> Embedder:
    return SentenceTransformerEmbedder(str(default_model_folder()) if model == DEFAULT_MODEL else model, fingerprint(model))


@dataclass(frozen=True)
class Seen:
    """For each question: the place of the first right passage (0: none among the first five), whether what is shown holds the answer,
    the words shown, and milliseconds."""

    places: np.ndarray
    shown: np.ndarray
    words: np.ndarray
    milliseconds: np.ndarray


def _asked(job: Job, made: Mapping[str, Side]) -> dict[str, Seen]:
    """Every question to every side in turn, so that what slows the machine slows all."""
    from tqdm import tqdm

    values: dict[str, list[tuple[float, ...]]] = {name: [] for name in (*made, *(_whole(n) for n, s in made.items() if s.answer))}
    for side in made.values():
        for ask in (side.find, side.answer):
            if ask is not None:
                ask("What is loaded at the first call is not the price of a question.")
    for question in tqdm(job.questions, desc="asking", disable=None):
        for name, side in made.items():
            start = time.perf_counter()
            found = side.find(question.text)
            spent = (time.perf_counter() - start) * 1000
            place = _place(question, found)
            values[name].append((place, place == 1, sum(len(text.split()) for _, text in found[:1]), spent))
            if side.answer is not None:
                start = time.perf_counter()
                quotes = side.answer(question.text)
                spent = (time.perf_counter() - start) * 1000
                place = _place(question, quotes)
                values[_whole(name)].append((place, place > 0, sum(len(text.split()) for _, text in quotes), spent))
    return {name: Seen(*np.array(rows).T) for name, rows in values.items()}


def _whole(name: str) -> str:
    return f"{name}, whole answer"


def _place(question: Question, found: Found) -> int:
    return next((place for place, (document, text) in enumerate(found, 1) if question.answered_by(document, text)), 0)


def _in_own_process(name: str, settings: Settings, given: Mapping[str, str | Path]) -> Alone:
    """A side in a process of its own: what was built before, where it is `given` as `opened`, or built there from a job."""
    ours = {key: str(value) for key, value in asdict(settings).items() if key in ("home", "embedder")}
    told = json.dumps({"side": name, "settings": ours, **{key: str(value) for key, value in given.items()}})
    start = time.time()
    done = subprocess.run([sys.executable, "-m", "eval.peers", told, str(start)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{name} failed in a process of its own: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else '?'}")
    return Alone(**json.loads(done.stdout.splitlines()[-1]))


def main(told: str, start: float) -> None:
    """One side alone: open or build it, answer every question, and print an Alone."""
    given: dict[str, Any] = json.loads(told)
    settings = Settings(home=Path(given["settings"]["home"]), embedder=given["settings"]["embedder"])
    way = SIDES[given["side"]]
    if "opened" in given:
        questions = json.loads(Path(given["asked"]).read_text(encoding="utf-8"))
        _ask_all(way.open(settings, Path(given["opened"]), bool(given["public"])), questions, start)
        return
    job = read_job(*(Path(given[key]) if key in given else None for key in ("data", "documents", "questions")))
    with tempfile.TemporaryDirectory(prefix="northbound-peers-", ignore_cleanup_errors=True) as folder:
        side = way.build(job, settings, Path(folder), lambda *_: None)
        _ask_all(side.answer or side.find, [question.text for question in job.questions], start)


def _ask_all(ask: Callable[[str], object], questions: list[str], start: float) -> None:
    ask(questions[0])
    seconds = time.time() - start
    for question in questions:
        ask(question)
    print(json.dumps({"seconds": seconds, "megabytes": _resident()}))


def _resident() -> float:
    """Resident memory of this process in MB. On Linux as it is now, elsewhere its peak."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _share_model(settings: Settings, other: Settings) -> None:
    """The exported model of the user's data folder serves the other one too."""
    if settings.exported.is_dir():
        other.home.mkdir(parents=True, exist_ok=True)
        other.exported.parent.symlink_to(settings.exported.parent.resolve(), target_is_directory=True)


def _table(
    job: Job, made: Mapping[str, Side], seen: Mapping[str, Seen], built: Mapping[str, Alone], opened: Mapping[str, Alone]
) -> Iterator[str]:
    yield f"{job.name}: {len(job.texts)} documents, {len(job.questions)} questions"
    yield f"{'':28}{'passages':>9}{'hit@1':>7}{'hit@5':>7}{'MRR':>7}{'shown':>7}{'words':>7}{'p50 ms':>8}{'p95 ms':>8}"
    for name, values in seen.items():
        side = made.get(name)
        mrr = np.mean([1 / place if place else 0.0 for place in values.places])
        yield (
            f"{name:28}{side.passages if side else '':>9}{np.mean(values.places == 1):>7.3f}{np.mean(values.places > 0):>7.3f}{mrr:>7.3f}"
            f"{values.shown.mean():>7.3f}{values.words.mean():>7.0f}{np.median(values.milliseconds):>8.1f}"
            f"{np.percentile(values.milliseconds, 95):>8.1f}"
        )
    yield "shown: the first passage, or the whole answer, holds what answers; words: how many it has"
    yield f"{'':28}{'build s':>9}{'cold s':>9}{'MB':>9}{'open s':>9}{'MB':>9}"
    for name in made:
        one, other = built[name], opened[name]
        yield (f"{name:28}{made[name].seconds:>9.2f}{one.seconds:>9.2f}{one.megabytes:>9.0f}{other.seconds:>9.2f}{other.megabytes:>9.0f}")
    yield (
        "from the start of a fresh process to its first answer: cold with the index to build, open with the index there; "
        "MB: resident after all questions"
    )
    for name in made:
        if name == OURS:
            continue
        ours, theirs = seen[_whole(OURS)] if _whole(OURS) in seen else seen[OURS], seen[name]
        ratios = {
            "shown": (ours.shown.mean(), theirs.shown.mean()),
            "hit@5": (np.mean(seen[OURS].places > 0), np.mean(theirs.places > 0)),
            "p50": (np.median(ours.milliseconds), np.median(theirs.milliseconds)),
            "p95": (np.percentile(ours.milliseconds, 95), np.percentile(theirs.milliseconds, 95)),
            "build": (made[OURS].seconds, made[name].seconds),
            "cold": (built[OURS].seconds, built[name].seconds),
            "its memory": (built[OURS].megabytes, built[name].megabytes),
            "open": (opened[OURS].seconds, opened[name].seconds),
            "its memory then": (opened[OURS].megabytes, opened[name].megabytes),
        }
        yield f"ours as a share of {name}: " + ", ".join(f"{what} {a / b:.2f}" if b else f"{what} –" for what, (a, b) in ratios.items())


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'")).lower()


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    main(sys.argv[1], float(sys.argv[2]))
