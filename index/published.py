"""An index on a Chroma server: published there by name when it was built, read from there by any number of answering processes.

    NAME-published            one record, "current": which build is live, and which was before; written last
    NAME-BUILD-rows           the vectors that are searched; row number is the id
    NAME-BUILD-files          the other files of the build in pieces

    HOME/published/NAME/current      the build that this machine took last
    HOME/published/NAME/BUILD/       its files, checked, mapped into memory, used again at the next start

A reader finds a whole build or none: the pointer is written when all of it is there. The build before is kept, for those who still read it
and to go back to; the one before that goes with the next publishing, and so does what a killed one left.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import json
import logging
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from corpus.errors import SearchIndexError
from index.build import BUILD_AGAIN, WRONG, Manifest, Progress, read_manifest, verified
from index.chroma_server import Gone, Server, ServerError
from index.embedder import sha256
from index.store import OpenStore, ServerStore

# Pieces are metadata, not documents: Chroma makes every document searchable, which took 14 times as long (docs/decisions/0013). Its Cloud
# takes values of 4096 bytes, 32 in a record: 3072 bytes are 4096 in base64. One request is near one megabyte.
_PIECE = 3072
_PIECES = 16
_RECORDS = 20
_POINTER = "current"
_MANIFEST = "manifest.json"
_BUILD = r"[0-9]{8}T[0-9]{12}"
_FILE = r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"  # below the build's folder, whatever a server says

_log = logging.getLogger("northbound.published")


@dataclass(frozen=True)
class Pointer:
    """What the server says is live. `manifest` is the sha256 of its manifest, `records` how many records its files are in."""

    build: str
    manifest: str
    records: int
    previous: str = ""  # the build before, or ""
    previous_manifest: str = ""
    previous_records: int = 0


@dataclass(frozen=True)
class Held:
    """A published build on this machine, its files found whole. `problem` says why it may not be the live one, or ""."""

    folder: Path
    manifest: Manifest
    open_store: OpenStore
    problem: str = ""


def publish(
    home: Path, folder: Path, server: Server, name: str, extra: Mapping[str, str] | None = None, progress: Progress = lambda *_: None
) -> None:
    """Put a finished build on the server and make it live there. `extra` are texts to go with it, by file name.

    Raises ServerError when the server fails: what was live there stays live. One machine publishes a name: of two at once one fails.
    """
    made = _prepared(home, folder, name, extra or {})
    build = made.name
    was = pointer(server, name, patient=True)
    _sweep(server, name, {was.build, was.previous} - {build} if was else set())
    vectors, files = _searched(folder), [path for path in sorted(made.rglob("*")) if path.is_file()]
    records = sum(max(1, math.ceil(path.stat().st_size / (_PIECE * _PIECES))) for path in files)
    now = Pointer(build, sha256(made / _MANIFEST), records)
    if was and was.build != build:
        now = replace(now, previous=was.build, previous_manifest=was.manifest, previous_records=was.records)
    into = {_rows(name, build): "cosine", _files(name, build): "l2"}
    of_rows, of_files = (server.create(collection, space) for collection, space in into.items())
    try:
        server.write(of_rows, vectors, _counting(progress, "publishing vectors", len(vectors)))
        _write_files(server, of_files, made, files, _counting(progress, "publishing files", records))
        _check_whole(server, name, build, len(vectors), records)
        _point(server, name, now)
        _sweep(server, name, {now.build, now.previous})
        _check_whole(server, name, build, len(vectors), records)  # another that published at the same moment may have swept it away
    except ServerError:
        if into.keys() <= set(server.names()):
            raise
        raise ServerError(
            f"{name} at {server.address}: another machine publishes under this name too, and has removed what this one had written; "
            "let one machine publish it, or set NORTHBOUND_INDEX_NAME to another name; then publish again: northbound index build"
        ) from None
    _keep_only(made.parent, {now.build, now.previous})


def pointer(server: Server, name: str, patient: bool = False) -> Pointer | None:
    """What is live on the server under a name; None where nothing was published. Raises ServerError."""
    try:
        told = server.get(server.find(_published(name), patient), [_POINTER], patient).get(_POINTER)
    except Gone:
        return None
    if told is None:
        return None
    try:
        made = Pointer(**told)
        builds = [made.build, *filter(None, [made.previous])]
        if all(re.fullmatch(_BUILD, build) for build in builds) and isinstance(made.records, int):
            return made
    except TypeError:
        pass
    raise ServerError(f"{_published(name)} at {server.address}: cannot be read ({str(told)[:200]}); publish again: northbound index build")


def go_back(server: Server, name: str) -> str:
    """Make the build before the live one live on the server, and give its name; the one that was live becomes the one before.

    Raises SearchIndexError where there is none, ServerError when the server fails.
    """
    now = pointer(server, name, patient=True)
    if now is None or not now.previous or now.previous > now.build:
        raise SearchIndexError(f"{name} at {server.address}: no earlier build to go back to")
    for collection in (_rows(name, now.previous), _files(name, now.previous)):
        server.find(collection, patient=True)
    _point(server, name, Pointer(now.previous, now.previous_manifest, now.previous_records, now.build, now.manifest, now.records))
    return now.previous


def hold(home: Path, server: Server, name: str, progress: Progress = lambda *_: None) -> Held:
    """The live build of the server on this machine, fetched where it is not here or is damaged; where that fails, the build taken last.

    Raises SearchIndexError where there is neither.
    """
    last = taken_last(home, name)
    try:
        live = pointer(server, name, patient=last is None)  # with nothing to go on with, waiting is better
        if live is None:
            raise ServerError(f"nothing is published as {name!r} at {server.address}; publish it: northbound index build")
        folder, manifest = _fetched(home, server, name, live, progress)
        problem = ""
    except SearchIndexError as error:
        if last is None:
            raise
        folder, problem = last, str(error)
        try:
            manifest = verified(folder)
        except SearchIndexError as damage:
            what = str(damage).removesuffix(BUILD_AGAIN)
            raise SearchIndexError(f"{what}; it cannot be fetched again ({error}); if that stays so, remove {folder}") from None
    return Held(folder, manifest, partial(_open_store, server, name), problem)


def taken_last(home: Path, name: str) -> Path | None:
    """The folder of the build that this machine took last, or None."""
    root = _root(home, name)
    try:
        build = (root / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return root / build if build and (root / build / _MANIFEST).exists() else None


def held_builds(home: Path, name: str) -> dict[str, Path]:
    """The folders of the published builds that this machine holds whole, by build."""
    return {path.parent.name: path.parent for path in _root(home, name).glob(f"[0-9]*/{_MANIFEST}")}


# Names


def _published(name: str) -> str:
    return f"{name}-published"


def _rows(name: str, build: str) -> str:
    return f"{name}-{build}-rows"


def _files(name: str, build: str) -> str:
    return f"{name}-{build}-files"


def _root(home: Path, name: str) -> Path:
    return home / "published" / name


# Publishing


def _prepared(home: Path, folder: Path, name: str, extra: Mapping[str, str]) -> Path:
    """The build as it travels, among those that this machine holds: its files, linked where the disk can, without Chroma's."""
    manifest = read_manifest(folder)
    made = _root(home, name) / manifest.build
    texts = {file: text.encode() for file, text in extra.items()}
    digests = {file: digest for file, digest in manifest.files.items() if not file.startswith("chroma/")}
    digests.update({file: hashlib.sha256(text).hexdigest() for file, text in texts.items()})
    with _writing(made.parent):
        shutil.rmtree(made, ignore_errors=True)
        new = made.with_name(f".fetching-{made.name}")
        shutil.rmtree(new, ignore_errors=True)
        for file in digests:
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            if file in texts:
                (new / file).write_bytes(texts[file])
            else:
                _link(folder / file, new / file)
        (new / _MANIFEST).write_text(json.dumps(asdict(replace(manifest, files=digests)), indent=1), encoding="utf-8")
        new.rename(made)
    return made


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def _searched(folder: Path) -> np.ndarray:
    """The vectors that are searched for passages: all but those of known errors and disagreements, which come last."""
    with np.load(folder / "rows.npz") as rows:
        count = int((rows["kind"] != WRONG).sum())
    return np.asanyarray(np.load(folder / "vectors.npy", mmap_mode="r")[:count])


def _write_files(server: Server, collection: str, folder: Path, files: list[Path], advance: Callable[[int], None]) -> None:
    batch: dict[str, dict[str, str | int]] = {}
    for number, record in enumerate(record for path in files for record in _records(path.relative_to(folder).as_posix(), path)):
        batch[str(number)] = record
        if len(batch) == _RECORDS:
            server.put(collection, batch)
            advance(len(batch))
            batch = {}
    if batch:
        server.put(collection, batch)
        advance(len(batch))


def _records(name: str, path: Path) -> Iterator[dict[str, str | int]]:
    """A file as records: its name, and a block of it as values p0, p1 and so on. An empty file is one record."""
    with path.open("rb") as file:
        block = file.read(_PIECE * _PIECES)
        while True:
            pieces = (block[start : start + _PIECE] for start in range(0, len(block), _PIECE))
            yield {"file": name, **{f"p{n}": base64.b64encode(piece).decode() for n, piece in enumerate(pieces)}}
            block = file.read(_PIECE * _PIECES)
            if not block:
                return


def _check_whole(server: Server, name: str, build: str, rows: int, records: int) -> None:
    """Raise ServerError unless all of a build is on the server."""
    for collection, count in ((_rows(name, build), rows), (_files(name, build), records)):
        held = server.count(server.find(collection, patient=True), patient=True)
        if held != count:
            raise ServerError(f"{collection} at {server.address}: {held} of {count} were kept; publish again: northbound index build")


def _point(server: Server, name: str, to: Pointer) -> None:
    try:
        collection = server.find(_published(name), patient=True)
    except Gone:
        collection = server.create(_published(name), "l2")
    server.put(collection, {_POINTER: asdict(to)})


def _sweep(server: Server, name: str, keep: set[str]) -> None:
    """Remove the builds of a name that are not kept: older ones, and what a killed publishing left."""
    for collection in server.names():
        found = re.fullmatch(rf"{re.escape(name)}-({_BUILD})-(?:rows|files)", collection)
        if found and found[1] not in keep:
            server.remove(collection)


def _counting(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        progress(what, done, total)

    return advance


# Fetching


def _fetched(home: Path, server: Server, name: str, live: Pointer, progress: Progress) -> tuple[Path, Manifest]:
    """The folder of a published build with its manifest, fetched where it is not here whole. Raises ServerError or SearchIndexError."""
    root = _root(home, name)
    folder = root / live.build
    with _writing(root):
        manifest = _whole(folder, live)
        if manifest is None:
            for left in root.glob(".fetching-*"):
                shutil.rmtree(left, ignore_errors=True)
            new = root / f".fetching-{live.build}"
            new.mkdir()
            manifest = _fetch(new, server, name, live, progress)
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
        if taken_last(home, name) != folder:
            (root / ".current.new").write_text(live.build + "\n", encoding="utf-8")
            os.replace(root / ".current.new", root / "current")
        _keep_only(root, {live.build, live.previous})
    return folder, manifest


def _whole(folder: Path, live: Pointer) -> Manifest | None:
    """The manifest of a build that lies here as it was published; None where it does not, or a file of it is damaged."""
    try:
        return verified(folder) if sha256(folder / _MANIFEST) == live.manifest else None
    except FileNotFoundError:
        return None
    except (OSError, SearchIndexError) as error:
        _log.warning("fetching build %s again: %s", live.build, str(error).removesuffix(BUILD_AGAIN))
        return None


def _fetch(new: Path, server: Server, name: str, live: Pointer, progress: Progress) -> Manifest:
    """Write a build's files into a new folder and check each against the manifest, and the manifest against the pointer."""
    collection, where = server.find(_files(name, live.build), patient=True), f"{_files(name, live.build)} at {server.address}"
    advance = _counting(progress, "fetching the index", live.records)
    for start in range(0, live.records, _RECORDS):
        ids = [str(number) for number in range(start, min(start + _RECORDS, live.records))]
        records = server.get(collection, ids)
        if len(records) < len(ids):
            raise ServerError(f"{where}: {len(ids) - len(records)} pieces are missing; publish again: northbound index build")
        for id in ids:
            _append(new, records[id], where)
        advance(len(ids))
    if not (new / _MANIFEST).exists() or sha256(new / _MANIFEST) != live.manifest:
        raise ServerError(f"{where}: not what was published; publish again: northbound index build")
    manifest = verified(new)
    for path in [path for path in new.rglob("*") if path.is_file()]:
        if path.relative_to(new).as_posix() not in {*manifest.files, _MANIFEST}:
            path.unlink()
    return manifest


def _append(folder: Path, record: Mapping[str, Any], where: str) -> None:
    file = str(record.get("file", ""))
    try:
        block = b"".join(base64.b64decode(record[f"p{n}"], validate=True) for n in range(_PIECES) if f"p{n}" in record)
    except (TypeError, ValueError, binascii.Error):
        block, file = b"", ""
    if not re.fullmatch(_FILE, file):
        raise ServerError(f"{where}: a piece cannot be read ({str(record)[:100]}); publish again: northbound index build")
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as out:
        out.write(block)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """One process at a time writes to the builds that this machine holds. Raises SearchIndexError where the folder cannot be written."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / "fetch.lock"):
            yield
    except OSError as error:
        todo = "make room on the disk" if error.errno == errno.ENOSPC else "set NORTHBOUND_HOME to a folder that can"
        raise SearchIndexError(f"{root}: cannot be written ({error.strerror or error}); {todo}") from None


def _keep_only(root: Path, builds: set[str]) -> None:
    """Remove the builds of this machine that nobody needs to start from; a process that has one mapped keeps it to its end."""
    for old in root.iterdir():
        if re.fullmatch(_BUILD, old.name) and old.name not in builds:
            shutil.rmtree(old, ignore_errors=True)


# Searching


def _open_store(server: Server, name: str, folder: Path, vectors: np.ndarray) -> ServerStore:
    return ServerStore(server, _rows(name, folder.name), vectors)
