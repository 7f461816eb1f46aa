"""Documents that a user added: cleaned, kept in the data folder, indexed beside the briefs or instead of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bot.settings import Settings
from bot.vocabulary import Vocabulary
from corpus.errors import CorpusError, SearchIndexError
from corpus.model import GENERAL, Document, Passage, Section, Source
from corpus.passages import passages, registered
from corpus.readers import Described, read_file
from corpus.registry import Registry, load_briefs, load_registry
from index.build import Manifest, Progress, build_index, corpus_version, current, read_manifest
from index.embedder import (
    DEFAULT_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    default_model_folder,
    fingerprint,
    load_embedder,
    verify_weights,
)
from index.onnx_export import export


def add_files(paths: Iterable[Path], settings: Settings, described: Described = Described()) -> list[Document]:
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
    added = added_documents(settings.documents)
    documents = [d for d in added if d.source.id in only] if only is not None else [*load_briefs(registry), *added]
    register = registered(registry.programs.values(), registry.corrections.values(), dict(registry.sources))
    return [*_about_programs(passages(documents), registry), *register]


def _builder(settings: Settings, progress: Progress) -> Embedder:
    """The embedder to build with, exporting the default model first where it was not yet."""
    if settings.embedder == DEFAULT_MODEL and not (settings.exported / "export.json").exists():
        progress("loading the embedding model", 0, 1)
        verify_weights(default_model_folder())
        embedder = load_embedder(DEFAULT_MODEL)
        assert isinstance(embedder, SentenceTransformerEmbedder)
        progress("preparing the fast model", 0, 1)
        export(embedder, settings.exported)
        progress("preparing the fast model", 1, 1)
    return load_embedder(settings.embedder, settings.exported)


def _about_programs(made: Iterable[Passage], registry: Registry) -> list[Passage]:
    """A user's passages say nothing of programs: the one that a passage names first is the one it is about."""
    vocabulary = Vocabulary(registry, ())

    def about(passage: Passage) -> Passage:
        if passage.origin == "brief" or passage.program != GENERAL:
            return passage
        named = vocabulary.programs(vocabulary.spelled(f"{passage.heading} {passage.text}"))
        return replace(passage, program=named[0]) if named else passage

    return [about(passage) for passage in made]


def _keep(document: Document, folder: Path) -> None:
    path = folder / f"{document.source.id}.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(document), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def _read(path: Path) -> Document:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        tuples: Callable[[dict[str, object]], dict[str, object]] = lambda section: {
            key: tuple(value) if isinstance(value, list) else value for key, value in section.items()
        }
        sections = tuple(Section(**tuples(section)) for section in row["sections"])  # type: ignore[arg-type]
        return Document(Source(**row["source"]), row["title"], row["language"], row["origin"], sections)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); remove it and add the file again") from None


def needs_building(settings: Settings) -> str:
    """Why the index must be built before answering, or "" when the live one will do.

    An index of chosen documents (`corpus add --only`) was asked for and is left as it is.
    """
    try:
        manifest = read_manifest(current(settings.home))
    except SearchIndexError as error:
        return str(error).split(":", 1)[-1].split(";")[0].strip()
    if manifest.model != fingerprint(settings.embedder):
        return f"the live one was made by {manifest.model}"
    if not manifest.only and manifest.corpus_version != corpus_version(_corpus(settings, None)):
        return "the corpus has changed"
    return ""
