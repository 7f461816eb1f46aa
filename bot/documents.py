"""Documents that a user added: cleaned, kept in the data folder, indexed beside the briefs or instead of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from bot.privacy import identifies, mask
from bot.settings import Settings
from bot.vocabulary import Vocabulary
from corpus.described import NOT_DESCRIBED, Described
from corpus.errors import CorpusError, ModelError, SearchIndexError
from corpus.model import GENERAL, Document, Passage, Section, Source
from corpus.passages import passages, registered
from corpus.registry import Registry, load_briefs, load_registry
from corpus.sentences import spans
from corpus.similar import Held
from corpus.spoken import ENGLISH
from index.build import Manifest, Progress, build_index, corpus_version, current, read_manifest, texts_version, verify
from index.embedder import (
    DEFAULT_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    default_model_folder,
    exported_embedder,
    fingerprint,
    load_embedder,
    valid_export,
    verify_weights,
)
from index.embedding import make_ready
from index.onnx_export import export
from index.published import publish
from index.reader import default_learned, valid_reader
from index.remote_embedder import EmbedderAway

if TYPE_CHECKING:
    from corpus.fetch import Limits
    from corpus.gather import Item

MOST_PAGES = 200  # of a sitemap, unless told otherwise
_SOURCES = "sources.json"  # what a published build says of the documents that were added


@dataclass(frozen=True)
class Added:
    """What became of what `corpus add` was pointed at. `updated` are the ids that were held before; `skipped`, `failed` and `notes` hold
    a line each. `ids` are the documents asked for, whether added now or, where one was skipped, held already."""

    documents: tuple[Document, ...]
    ids: tuple[str, ...]
    updated: frozenset[str] = frozenset()
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def add_files(
    targets: Iterable[str | Path],
    settings: Settings,
    described: Described = NOT_DESCRIBED,
    *,
    keep_alike: bool = False,
    most: int = MOST_PAGES,
    limits: Limits | None = None,
    progress: Progress = lambda *_: None,
) -> Added:
    """Read files, folders and addresses, and keep what they say.

    All or none of what is named one by one: a file that cannot be read is named, and nothing is added. Of a folder and of a sitemap what
    can be read is added, and each that cannot is told in `failed`. A document nearly the same as one held is skipped, unless `keep_alike`
    or its numbers are others; the same id again replaces what was held.

    Raises CorpusError with every problem in one message, and for a data folder that cannot be written.
    """
    from corpus.gather import gather  # answering imports this module and needs no readers

    notes: list[str] = []
    items = list(
        gather(list(targets), described, most=most, loopback=settings.fetch_loopback, limits=limits, progress=progress, tell=notes.append)
    )
    if not items:
        raise CorpusError("no files given; name some: northbound corpus add FILE…")
    adding = _Adding(settings.documents, load_registry(), keep_alike, notes)
    alone = [item for item in items if item.alone]
    adding.all_or_none(alone)
    others = [item for item in items if not item.alone]
    for done, item in enumerate(others, 1):
        adding.one(item)
        progress("reading", done, len(others))
    if adding.failed and not adding.ids:
        raise CorpusError(*adding.failed)
    return adding.result()


class _Adding:
    """What is held, and what becomes of each new document beside it."""

    def __init__(self, folder: Path, registry: Registry, keep_alike: bool, notes: list[str]) -> None:
        self._folder, self._registry, self._keep_alike, self._notes = folder, registry, keep_alike, notes
        held = added_documents(folder)
        self._before = {document.source.id for document in held}
        self._held = Held(held)
        self.ids: list[str] = []
        self.failed: list[str] = []
        self._skipped: list[str] = []
        self._documents: list[Document] = []

    def all_or_none(self, items: Sequence[Item]) -> None:
        """Raises CorpusError with every problem, before anything is kept."""
        read: list[tuple[Item, Document]] = []
        problems: list[str] = []
        for item in items:
            try:
                read.append((item, self._described(item.read())))
            except CorpusError as error:
                problems += error.problems
        given = Counter(document.source.id for _, document in read)
        problems += [f"{i!r} is the id of {n} of these files; add them one at a time with --id" for i, n in given.items() if n > 1]
        if problems:
            raise CorpusError(*problems)
        for item, document in read:
            self._take(item, document)

    def one(self, item: Item) -> None:
        try:
            document = self._described(item.read())
        except CorpusError as error:
            self.failed += error.problems
            return
        from corpus.gather import short_id

        if document.source.id in self.ids:  # of another file whose name gives the same id
            document = replace(document, source=replace(document.source, id=short_id(f"{item.name} {document.source.id}", always=True)))
        self._take(item, document)

    def result(self) -> Added:
        updated = frozenset(document.source.id for document in self._documents) & self._before
        return Added(tuple(self._documents), tuple(self.ids), updated, tuple(self._skipped), tuple(self.failed), tuple(self._notes))

    def _described(self, document: Document) -> Document:
        """Raises CorpusError for an id that a registered source has, and for a program that is not registered."""
        source = document.source
        if source.id in self._registry.sources:
            raise CorpusError(f"{source.id!r} is the id of a registered source; give another with --id")
        program = next((section.program for section in document.sections if section.program != GENERAL), GENERAL)
        if program != GENERAL and program not in self._registry.programs:
            raise CorpusError(f"{source.id}: no program {program!r}; programs: {', '.join(self._registry.programs)}")
        return document

    def _take(self, item: Item, document: Document) -> None:
        document = self._masked(item, document)
        alike = self._held.nearest(document)
        source = document.source
        if alike is not None:
            other = alike.other.source.id
            same = f"{alike.share:.0%} the same as {other} ({alike.other.title})"
            if not self._keep_alike and not alike.numbers:
                how = f"--id {other} puts it in its place, --keep-alike keeps both"
                self._skipped.append(f"{item.name}: {same}; {how}")
                self.ids.append(other)
                return
            if alike.numbers:
                shown = ", ".join(alike.numbers[:5]) + (", …" if len(alike.numbers) > 5 else "")
                self._notes.append(f"{item.name}: {same} but for its numbers ({shown}); both are kept")
        if document.language != ENGLISH:
            self._notes.append(
                f"{item.name}: its language is {document.language!r}; questions are compared in English, so little of it is found"
            )
        self._write(document)
        self._held.add(document)
        self.ids.append(source.id)
        self._documents.append(document)

    def _masked(self, item: Item, document: Document) -> Document:
        """A text about one person, told by the numbers of their papers, without the sentences that hold such numbers or say where to
        reach somebody: what is added is quoted to everybody. A text without such numbers keeps its telephone numbers and addresses: they
        are an office's."""
        if not any(identifies(section.text) for section in document.sections):
            return document
        told = "holds numbers of somebody's papers; the sentences with those, with e-mail addresses and with telephone numbers are left out"
        self._notes.append(f"{item.name}: {told}")
        kept = (replace(section, text=_impersonal(section.text)) for section in document.sections)
        return replace(document, sections=tuple(section for section in kept if section.text))

    def _write(self, document: Document) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _keep(document, self._folder)
        except OSError as error:
            raise CorpusError(f"{self._folder}: cannot be written ({error.strerror}); set NORTHBOUND_HOME to a folder that can") from None


def _impersonal(text: str) -> str:
    """The text without the sentences that hold a personal number or address."""
    for span in reversed(spans(text)):
        if mask(text[span.start : span.end]) != text[span.start : span.end]:
            text = text[: span.start] + text[span.end :]
    lines = (re.sub(r"  +", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if re.search(r"\w", line))


def added_documents(folder: Path) -> list[Document]:
    """The documents that were added, by id."""
    return [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def added_sources(folder: Path) -> dict[str, Source]:
    return {d.source.id: d.source for d in added_documents(folder)}


def published_sources(folder: Path) -> dict[str, Source]:
    """The sources of the added documents that a published build holds, by id."""
    try:
        return {row["id"]: Source(**row) for row in json.loads((folder / _SOURCES).read_text(encoding="utf-8"))}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchIndexError(f"{folder / _SOURCES}: cannot be read ({error}); publish again: northbound index build") from None


def index_corpus(settings: Settings, only: Sequence[str] | None = None, progress: Progress = lambda *_: None) -> Manifest:
    """Build the index from the briefs and the added documents, or from the added documents `only` names.

    Exports the default model to ONNX on the first build, so that answering starts without torch.
    """
    embedder = prepare_model(settings, progress)
    ready = settings.exported.parent if settings.embedder == DEFAULT_MODEL else None
    return build_index(settings.home, _corpus(settings, only), embedder, only=only is not None, progress=progress, ready=ready)


def publish_corpus(settings: Settings, progress: Progress = lambda *_: None) -> None:
    """Publish the live index of this machine to the Chroma server, with what is known of the added documents.

    Raises ServerError when the server fails; what was live there stays live.
    """
    held = [asdict(source) for source in added_sources(settings.documents).values()]
    told = {_SOURCES: json.dumps(held, ensure_ascii=False)}
    publish(settings.home, current(settings.home), settings.chroma_server, settings.index_name, told, progress)


def _corpus(settings: Settings, only: Sequence[str] | None) -> list[Passage]:
    """Every passage that the index is to hold, the registered ones last."""
    registry = load_registry()
    if only is not None:
        documents = [d for d in added_documents(settings.documents) if d.source.id in only]
    else:
        documents = whole_corpus(settings, registry)
    documents = sorted(documents, key=lambda document: document.source.id)  # whatever the files are called
    return [*_about_programs(passages(documents), registry), *registered(registry)]


def whole_corpus(settings: Settings, registry: Registry) -> list[Document]:
    """One document for each source, then the added ones. A page that was fetched speaks for its source; of our brief stays what the page
    does not speak of."""
    from corpus.merge import spoken  # answering imports this module and reads no pages

    held = spoken(load_briefs(registry), settings.pages, registry.sources)
    return [*(one.document for one in held), *added_documents(settings.documents)]


def prepare_model(settings: Settings, progress: Progress = lambda *_: None) -> Embedder:
    """The embedder to build with. What is done once for a data folder is done where it was not yet: the reader is exported, so that
    answering starts without torch, the default model is too, and the wordings that every index holds are embedded with it."""
    models = settings.exported.parent
    try:
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / "export.lock"):
            if valid_reader(settings.exported_reader) is None:
                _export_reader(settings.exported_reader, progress)
            if settings.embedder != DEFAULT_MODEL:
                return load_embedder(settings.embedder, settings.exported, settings.embedder_key)
            graph = valid_export(settings.exported) or _export(settings.exported, progress)
            embedder = exported_embedder(graph) if graph is not None else load_embedder(DEFAULT_MODEL)
            wordings = (wording for passage in registered(load_registry()) for wording in passage.asked)
            make_ready(wordings, embedder, models, progress)
    except OSError as error:
        raise ModelError(f"{models}: cannot be written ({error.strerror or error}); set NORTHBOUND_HOME to a folder that can") from None
    return embedder


def _export(folder: Path, progress: Progress) -> Path | None:
    """The graph, or None where its vectors are not those of the model."""
    verify_weights(default_model_folder())
    progress("loading the embedding model", 0, 1)
    embedder = load_embedder(DEFAULT_MODEL)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    progress("loading the embedding model", 1, 1)
    progress("preparing the fast model", 0, 1)
    try:
        graph = export(embedder, folder)
    except ModelError as error:
        progress(f"going on with torch, which is slower to start: {error}", 1, 1)
        return None
    progress("preparing the fast model", 1, 1)
    return graph


def _export_reader(folder: Path, progress: Progress) -> None:
    verify_weights(default_model_folder())
    progress("preparing the reader", 0, 1)
    try:
        from index.reader_export import export_reader  # imports torch: only where there is none yet

        export_reader(default_learned(), folder)
    except ModelError as error:
        progress(f"going on with torch, which is slower to start: {error}", 1, 1)
    else:
        progress("preparing the reader", 1, 1)


def _about_programs(made: Iterable[Passage], registry: Registry) -> list[Passage]:
    """A user's passages say nothing of programs: each is about the one that it names first or its heading names. One that names none and
    speaks of "the program" or goes on from what stands before it is about the one last named under its heading, or else first in its
    document, that somebody must be told of: one that is not simply open. Who else is named, a consultant or a department, is no subject."""
    vocabulary = Vocabulary(registry, ())
    last: dict[tuple[str, ...], str] = {}

    def named_in(text: str) -> list[str]:
        named = vocabulary.programs(vocabulary.spelled(_DEPARTMENTS.sub(" ", text)))
        return [program for program in named if registry.programs[program].standing]

    def about(passage: Passage) -> Passage:
        if passage.origin == "brief" or passage.program != GENERAL:
            return passage
        section, document = (passage.source_id, passage.heading), (passage.source_id,)
        under, said = named_in(passage.heading), named_in(passage.text)
        named = next((program for program in (*(u for u in under if u in said), *said, *under)), "")
        if named and registry.programs[named].standing != "open":
            last[section] = named
            last.setdefault(document, named)
        if not named and (_GOES_ON.match(passage.text) is not None or _THE_PROGRAM.search(f"{passage.heading} {passage.text}") is not None):
            named = last.get(section) or last.get(document, "")
        return replace(passage, program=named or GENERAL)

    return [about(passage) for passage in made]


_GOES_ON = re.compile(r"(?:it|its|this|these|they|their)\b", re.IGNORECASE)
_THE_PROGRAM = re.compile(
    r"\b(?:the|this|that) (?:\w+[ -]){0,2}(?:programm?e?|stream|pathway|initiative|measure|strategy|scheme|pilot)\b(?! (?:of|for|like)\b)",
    re.IGNORECASE,
)
# Departments with the name of a subject in theirs.
_DEPARTMENTS = re.compile(
    r"\b(?:immigration, )?refugees,? and citizenship canada\b|\bcitizenship and immigration (?:services|canada)\b", re.IGNORECASE
)


def _keep(document: Document, folder: Path) -> None:
    path = folder / f"{document.source.id}.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(document), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def _read(path: Path) -> Document:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        sections = tuple(_section(section) for section in row["sections"])
        return Document(Source(**row["source"]), row["title"], row["language"], row["origin"], sections)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); remove it and add the file again") from None


def _section(row: dict[str, Any]) -> Section:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Section(**values)


def needs_building(settings: Settings) -> str:
    """Why the index must be built before answering, or "" when the live one will do."""
    try:
        folder = current(settings.home)
        manifest = read_manifest(folder)
        verify(folder, manifest)
    except SearchIndexError as error:
        return str(error).rsplit("; ", 1)[0].removeprefix(f"{settings.home / 'index'}: ")
    with suppress(EmbedderAway):  # whether its model is still the same is seen when it is back
        if manifest.model != fingerprint(settings.embedder, settings.embedder_key):
            return f"the live one was made by {manifest.model}"
    held = _corpus(settings, chosen(settings))
    if manifest.corpus_version != corpus_version(held):
        return "the corpus has changed"
    if manifest.texts != texts_version(held):
        return "this version reads texts in another way"
    return ""


def chosen(settings: Settings) -> tuple[str, ...] | None:
    """The documents that the live index was asked to hold instead of the briefs (`corpus add --only`); None where it holds all."""
    try:
        manifest = read_manifest(current(settings.home))
    except SearchIndexError:
        return None
    return manifest.documents if manifest.only else None
