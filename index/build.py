"""Build an index beside the live one and swap it in whole.

    HOME/index/current            the name of the live build, replaced in one step
    HOME/index/<build>/           manifest.json, passages.* (index/passages_file.py), vectors.npy, rows.npz, chroma/, keywords/
    HOME/index/.building-*        a build that is not finished; the next one of the same vectors goes on from the copy of its store
    HOME/index/.embedded-*        the vectors of a build that was interrupted: the next one goes on from them

A build that is killed or fails leaves the live one untouched. The one that was live before is kept for `rollback`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from corpus.errors import SearchIndexError
from corpus.model import Passage
from corpus.sentences import spans
from index import passages_file, store
from index.embedder import Embedder, sha256
from index.embedding import NOTHING_HELD, Held, embed_all, forget_saved
from index.keywords import Keywords, terms

FORMAT = 3
_STORING = "storing"  # in a build's folder while Chroma takes its vectors: the sha256 of their file
_READ = (2, FORMAT)  # of format 2, what is new in 3 is worked out when it is opened
# What a row of the vector store stands for.
QUESTION, TEXT, SENTENCE, WRONG = 0, 1, 2, 3

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


@dataclass(frozen=True)
class Manifest:
    """What a build holds. `corpus_version` changes exactly when the passages do, `texts` when what is searched of them does (see
    `texts_version`). `files` are the sha256 of every file but Chroma's database, which Chroma writes to when it opens it."""

    format: int
    build: str
    built: str
    model: str
    passages: int
    rows: int
    corpus_version: str
    documents: tuple[str, ...]
    only: bool
    texts: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def build_index(
    home: Path,
    passages: Sequence[Passage],
    embedder: Embedder,
    *,
    only: bool = False,
    progress: Progress = lambda *_: None,
    ready: Path | None = None,
) -> Manifest:
    """Build and publish an index of the passages. `only` records that it holds a chosen part of the corpus; `ready` is a folder with
    vectors of texts that every index holds (`make_ready` in index/embedding.py).

    Raises SearchIndexError when there is nothing to index, two passages have one id, the folder cannot be written, the disk is full, or
    another build is running; ModelError when the embedding ends before it is done.
    """
    root = home / "index"
    twice = [passage for passage, count in Counter(p.id for p in passages).items() if count > 1]
    if twice:
        raise SearchIndexError(f"{len(twice)} ids stand for two passages each, {twice[0]} for one; give each its own")
    if not any(p.kind == "section" for p in passages):
        raise SearchIndexError("no documents to index; add some: northbound corpus add FILE…")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(root, error) from None
    with _locked(root):
        return _build(root, passages, embedder, only, progress, ready)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One writer at a time. Raises SearchIndexError when there is another or the folder cannot be written."""
    try:
        if not os.access(root, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with FileLock(root / "build.lock", timeout=0):
            yield
    except Timeout:
        raise SearchIndexError(f"{root}: another build is running; wait for it, then run this again") from None
    except OSError as error:
        raise _full(root, error) if error.errno in _FULL else _not_writable(root, error) from None


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LITTLE = 64 * 2**20  # bytes; where less is left and Chroma fails, that is why


def _full(root: Path, error: OSError | str) -> SearchIndexError:
    said = error if isinstance(error, str) else error.strerror
    free = shutil.disk_usage(root).free // 2**20
    return SearchIndexError(
        f"{root}: no room for the new index ({said}; {free:,} MB free); the live one is as it was, and what was embedded is kept: "
        "make room, or set NORTHBOUND_HOME to a folder on another disk, then run this again"
    )


def _not_writable(root: Path, error: OSError) -> SearchIndexError:
    return SearchIndexError(f"{root}: cannot be written ({error.strerror or error}); set NORTHBOUND_HOME to a folder that can")


def current(home: Path) -> Path:
    """The folder of the live build. Raises SearchIndexError when there is none."""
    pointer = home / "index" / "current"
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise SearchIndexError(f"{home / 'index'}: no index yet; build it: northbound index build") from None
    except (OSError, ValueError) as error:
        raise SearchIndexError(f"{pointer}: cannot be read ({error}); build again: northbound index build") from None
    folder = pointer.parent / name
    if not name or not (folder / "manifest.json").exists():
        raise SearchIndexError(f"{folder}: half-built or removed; build again: northbound index build")
    return folder


def read_manifest(folder: Path) -> Manifest:
    try:
        made = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if made.get("format") not in _READ:
            raise SearchIndexError(
                f"{folder}: index format {made.get('format')}, this version reads {FORMAT}; build again: northbound index build"
            )
        return Manifest(**{**made, "documents": tuple(made["documents"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SearchIndexError(f"{folder}/manifest.json: cannot be read ({error}){BUILD_AGAIN}") from None


BUILD_AGAIN = "; build again: northbound index build"


def verify(folder: Path, manifest: Manifest) -> None:
    """Raise SearchIndexError unless every file of the build is as it was written. A damaged vector file can crash the process."""
    for name, digest in manifest.files.items():
        try:
            whole = sha256(folder / name) == digest
        except OSError as error:
            raise SearchIndexError(f"{folder / name}: cannot be read ({error.strerror}){BUILD_AGAIN}") from None
        if not whole:
            raise SearchIndexError(f"{folder / name}: damaged: not what was written{BUILD_AGAIN}")


def verified(folder: Path) -> Manifest:
    """The manifest of a build, after `verify`. Raises SearchIndexError."""
    manifest = read_manifest(folder)
    verify(folder, manifest)
    return manifest


def rollback(home: Path) -> Manifest:
    """Make the build before the live one live again. Raises SearchIndexError when there is none, it is damaged, or a build is running."""
    root = current(home).parent
    with _locked(root):
        manifest = verified(previous(home))
        _publish(root, manifest.build)
    return manifest


def previous(home: Path) -> Path:
    """The folder of the build before the live one. Raises SearchIndexError when there is none."""
    live = current(home)
    older = [b for b in _builds(live.parent) if b.name < live.name]
    if not older:
        raise SearchIndexError(f"{live.parent}: no earlier build to go back to")
    return older[-1]


def builds(home: Path) -> list[Path]:
    """The folders of the builds that are kept, the oldest first; none where nothing was built."""
    root = home / "index"
    return _builds(root) if root.is_dir() else []


def corpus_version(passages: Sequence[Passage]) -> str:
    """Twelve hex digits that change exactly when a passage does."""
    digest = hashlib.sha256()
    for passage in sorted(passages, key=lambda p: p.id):
        digest.update(json.dumps(asdict(passage), sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()[:12]


def texts_version(passages: Sequence[Passage]) -> str:
    """Twelve hex digits that change when the same passages would be embedded or found by keywords in another form: when the code that
    splits sentences or stems words has changed since a build, its rows no longer fit."""
    texts, owner, kind = _rows(passages)
    keywords = [terms(keyword_text(p)) for p in passages if p.kind == "section"]
    return hashlib.sha256(json.dumps([texts, owner, kind, keywords]).encode()).hexdigest()[:12]


def _build(root: Path, passages: Sequence[Passage], embedder: Embedder, only: bool, progress: Progress, ready: Path | None) -> Manifest:
    for left in root.glob(".building-*"):
        _leave_only_the_store(left)
    now = datetime.now(UTC)
    name = now.strftime("%Y%m%dT%H%M%S%f")
    folder = root / f".building-{name}"
    folder.mkdir()
    try:
        manifest = _made(folder, name, now, passages, embedder, only, progress, ready)
        folder.rename(root / name)
    except BaseException:  # an interrupt too: only a kill leaves the folder to the next build
        shutil.rmtree(folder, ignore_errors=True)
        raise
    was_live = _pointed(root)
    _publish(root, name)
    forget_saved(root)
    for old in _builds(root):
        if old.name not in (name, was_live):
            shutil.rmtree(old, ignore_errors=True)
    return manifest


def _made(
    folder: Path,
    name: str,
    now: datetime,
    passages: Sequence[Passage],
    embedder: Embedder,
    only: bool,
    progress: Progress,
    ready: Path | None,
) -> Manifest:
    """Everything of a build, in its folder; the manifest is written last."""
    texts, owner, kind = _rows(passages)
    indexed = [p for p in passages if p.kind == "section"]
    with ThreadPoolExecutor(1) as beside:  # embedding leaves Python's lock alone most of the time
        rest = beside.submit(_write_rest, folder, passages, indexed, owner, kind)
        held = _held(folder.parent, embedder.fingerprint)
        embed_all(texts, embedder, held, folder.parent, folder / "vectors.npy", progress, ready=ready)
        version, searched = rest.result()
    _store(kind.index(WRONG) if WRONG in kind else len(kind), folder, progress)
    manifest = Manifest(
        format=FORMAT,
        build=name,
        built=now.isoformat(timespec="seconds"),
        model=embedder.fingerprint,
        passages=len(indexed),
        rows=len(texts),
        corpus_version=version,
        documents=tuple(dict.fromkeys(p.source_id for p in indexed)),
        only=only,
        texts=searched,
        files={str(p.relative_to(folder)): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file() and p.name != store.DATABASE},
    )
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    return manifest


def _write_rest(
    folder: Path, passages: Sequence[Passage], indexed: Sequence[Passage], owner: list[int], kind: list[int]
) -> tuple[str, str]:
    """Write what needs no vectors, and give `corpus_version` and `texts_version` of the passages."""
    store.prepare()
    np.savez(folder / "rows.npz", owner=np.array(owner, dtype=np.int32), kind=np.array(kind, dtype=np.uint8))
    Keywords.build([keyword_text(p) for p in indexed], folder / "keywords")
    passages_file.write(passages, folder)
    return corpus_version(passages), texts_version(passages)


def _leave_only_the_store(folder: Path) -> None:
    """Of a build that was killed: the copy of what Chroma had taken, where it came so far."""
    copy = store.kept_beside(folder / "chroma")
    kept = (copy, folder / _STORING) if (folder / _STORING).exists() and copy.is_dir() else ()
    for path in folder.iterdir():
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)


def _store(count: int, folder: Path, progress: Progress) -> None:
    """Put the vectors that are searched, the first so many, into Chroma, going on where a build of the same ones was killed. Raises
    SearchIndexError where it cannot."""
    digest, copy = sha256(folder / "vectors.npy"), store.kept_beside(folder / "chroma")
    for left in folder.parent.glob(".building-*"):
        if left != folder:
            if not copy.exists() and (left / _STORING).read_text(encoding="utf-8") == digest:
                store.kept_beside(left / "chroma").rename(copy)
            shutil.rmtree(left, ignore_errors=True)
    (folder / _STORING).write_text(digest, encoding="utf-8")
    try:
        store.write(folder / "chroma", folder / "vectors.npy", count, lambda done: progress("storing vectors", done, count))
    except OSError:
        raise
    except Exception as error:  # Chroma raises Rust's errors in its own words
        if "full" in str(error) or shutil.disk_usage(folder).free < _LITTLE:
            raise _full(folder.parent, str(error)) from None
        raise SearchIndexError(
            f"{folder.parent}: the vectors cannot be stored ({error}); the live index is as it was, and what was embedded is kept: "
            "run this again"
        ) from error
    (folder / _STORING).unlink()


def keyword_text(passage: Passage) -> str:
    """What keyword search sees of a passage: its title, headings, the ways it is asked for, and its text."""
    return "\n".join((passage.title, *passage.headings, *passage.asked, passage.text))


def dense_text(passage: Passage) -> str:
    """What the text row's vector is made from: the heading path in front of the text, so that a fragment keeps its subject."""
    return f"{' – '.join(passage.headings) or passage.title}. {passage.text}"


def searched_texts(passage: Passage) -> list[str]:
    """What a passage has a row each for, in the order of the rows: its heading and the ways it is asked for, its text, its sentences."""
    sentences = (passage.text[span.start : span.end] for span in spans(passage.text))
    return [*passage.questions, dense_text(passage), *sentences]


def read_passages(folder: Path) -> list[Passage]:
    """All passages of a build. Raises SearchIndexError where they cannot be read."""
    try:
        with (folder / passages_file.LINES).open("rb") as file:
            return [passages_file.decoded(line) for line in file]
    except (OSError, ValueError, TypeError) as error:
        raise SearchIndexError(f"{folder}/passages.jsonl: cannot be read ({error}); build again: northbound index build") from None


def _rows(passages: Sequence[Passage]) -> tuple[list[str], list[int], list[int]]:
    """Row texts, the passage each belongs to, and what it stands for. Rows of one passage lie together, in this order:
    its questions, its text, its sentences. The wordings of known errors and of disagreements come last
    and are not searched for passages."""
    texts: list[str] = []
    owner: list[int] = []
    kind: list[int] = []

    def add(number: int, row_kind: int, text: str) -> None:
        texts.append(text)
        owner.append(number)
        kind.append(row_kind)

    for number, passage in enumerate(passages):
        if passage.kind != "section":
            continue
        found = searched_texts(passage)
        questions = len(passage.questions)
        for place, text in enumerate(found):
            add(number, QUESTION if place < questions else TEXT if place == questions else SENTENCE, text)
    for number, passage in enumerate(passages):
        if passage.kind in ("correction", "disagreement"):
            for wording in passage.asked:
                add(number, WRONG, wording)
    return texts, owner, kind


def _held(root: Path, model: str) -> Held:
    """The vectors of the live build by text, to embed only what is new: none where another model or other code made it, or where it
    cannot be read."""
    try:
        folder = current(root.parent)
        manifest = read_manifest(folder)
        held = read_passages(folder)
        if manifest.model != model or manifest.texts != texts_version(held):
            return NOTHING_HELD
        verify(folder, manifest)
        rows = {text: row for row, text in enumerate(_rows(held)[0])}
        return Held(rows, np.load(folder / "vectors.npy", mmap_mode="r"))
    except (SearchIndexError, OSError, ValueError):
        return NOTHING_HELD


def _pointed(root: Path) -> str:
    """The name of the live build, or "" where there is none to be read."""
    try:
        return (root / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _publish(root: Path, name: str) -> None:
    pointer = root / ".current.new"
    pointer.write_text(name + "\n", encoding="utf-8")
    os.replace(pointer, root / "current")


def _builds(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".") and (p / "manifest.json").exists())
