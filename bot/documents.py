"""Documents that a user added: cleaned, kept in the data folder, indexed beside the briefs or instead of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from bot.settings import Settings
from bot.vocabulary import Vocabulary
from corpus.errors import CorpusError, ModelError, SearchIndexError
from corpus.model import GENERAL, Document, Passage, Section, Source
from corpus.pages import page_documents
from corpus.passages import passages, registered
from corpus.readers import Described, read_file
from corpus.registry import Registry, load_briefs, load_registry
from index.build import Manifest, Progress, build_index, corpus_version, current, read_manifest, texts_version, verify
from index.embedder import (
    DEFAULT_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    default_model_folder,
    fingerprint,
    load_embedder,
    valid_export,
    verify_weights,
)
from index.onnx_export import export

NOT_DESCRIBED = Described()


def add_files(paths: Iterable[Path], settings: Settings, described: Described = NOT_DESCRIBED) -> list[Document]:
    """Read files and keep them. All or none: a file that cannot be read is named, and nothing is added.

    Raises CorpusError with every problem in one message, and for a data folder that cannot be written.
    """
    registry = load_registry()
    documents, problems = [], []
    for path in paths:
        try:
            documents.append(read_file(path, described))
        except CorpusError as error:
            problems.append(str(error))
    taken = [d.source.id for d in documents if d.source.id in registry.sources]
    problems.extend(f"{i!r} is the id of a registered source; give another with --id" for i in taken)
    given = Counter(d.source.id for d in documents)
    problems.extend(f"{i!r} is the id of {n} of these files; add them one at a time with --id" for i, n in given.items() if n > 1)
    if problems:
        raise CorpusError("; ".join(problems))
    if not documents:
        raise CorpusError("no files given; name some: northbound corpus add FILE…")
    try:
        settings.documents.mkdir(parents=True, exist_ok=True)
        for document in documents:
            _keep(document, settings.documents)
    except OSError as error:
        raise CorpusError(f"{settings.documents}: cannot be written ({error.strerror}); set NORTHBOUND_HOME to a folder that can") from None
    return documents


def added_documents(folder: Path) -> list[Document]:
    """The documents that were added, by id."""
    return [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def added_sources(folder: Path) -> dict[str, Source]:
    return {d.source.id: d.source for d in added_documents(folder)}


def index_corpus(settings: Settings, only: Sequence[str] | None = None, progress: Progress = lambda *_: None) -> Manifest:
    """Build the index from the briefs and the added documents, or from the added documents `only` names.

    Exports the default model to ONNX on the first build, so that answering starts without torch.
    """
    return build_index(settings.home, _corpus(settings, only), _builder(settings, progress), only=only is not None, progress=progress)


def _corpus(settings: Settings, only: Sequence[str] | None) -> list[Passage]:
    """Every passage that the index is to hold, the registered ones last."""
    registry = load_registry()
    if only is not None:
        documents = [d for d in added_documents(settings.documents) if d.source.id in only]
    else:
        documents = whole_corpus(settings, registry)
    register = registered(registry.programs.values(), registry.corrections.values(), dict(registry.sources))
    return [*_about_programs(passages(documents), registry), *register]


def whole_corpus(settings: Settings, registry: Registry) -> list[Document]:
    """One document for each source, then the added ones. A page that was fetched speaks for its source in place of our brief."""
    pages = page_documents(settings.pages, registry.sources)
    briefs = [pages.pop(brief.source.id, brief) for brief in load_briefs(registry)]
    return [*briefs, *pages.values(), *added_documents(settings.documents)]


def _builder(settings: Settings, progress: Progress) -> Embedder:
    """The embedder to build with, exporting the default model first where it was not yet."""
    if settings.embedder == DEFAULT_MODEL:
        models = settings.exported.parent
        try:
            models.mkdir(parents=True, exist_ok=True)
            with FileLock(models / "export.lock"):
                if valid_export(settings.exported) is None:
                    _export(settings.exported, progress)
        except OSError as error:
            raise ModelError(f"{models}: cannot be written ({error.strerror or error}); set NORTHBOUND_HOME to a folder that can") from None
    return load_embedder(settings.embedder, settings.exported)


def _export(folder: Path, progress: Progress) -> None:
    verify_weights(default_model_folder())
    progress("loading the embedding model", 0, 1)
    embedder = load_embedder(DEFAULT_MODEL)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    progress("loading the embedding model", 1, 1)
    progress("preparing the fast model", 0, 1)
    try:
        export(embedder, folder)
    except ModelError as error:
        progress(f"going on with torch, which is slower to start: {error}", 1, 1)
    progress("preparing the fast model", 1, 1)


def _about_programs(made: Iterable[Passage], registry: Registry) -> list[Passage]:
    """A user's passages say nothing of programs: each is about the one that it names first or, naming none, that was last named above
    it in its document."""
    vocabulary = Vocabulary(registry, ())
    last: dict[str, str] = {}

    def about(passage: Passage) -> Passage:
        if passage.origin == "brief" or passage.program != GENERAL:
            return passage
        named = vocabulary.programs(vocabulary.spelled(f"{passage.heading} {passage.text}"))
        if named:
            last[passage.source_id] = named[0]
        return replace(passage, program=last.get(passage.source_id, GENERAL))

    return [about(passage) for passage in made]


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
    if manifest.model != fingerprint(settings.embedder):
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
