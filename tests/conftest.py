"""What the tests stand on: the real model, a real index over the bundled corpus, a small one, and the command as a real process."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from bot import cli, database
from bot.chain import Bot, open_bot
from bot.documents import index_corpus
from bot.settings import Settings
from corpus.model import Passage
from index import onnx_export, reader_export
from index.build import build_index, current
from index.embedder import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder, load_embedder, valid_export
from index.reader import Reader, default_learned, load_reader, valid_reader

ROOT = Path(__file__).parent.parent

# Enough to see by eye what should be found. Programs and sources are registered ones.
PASSAGES = (
    Passage(
        id="ircc-fees#work-permit",
        source_id="ircc-fees",
        title="Fees",
        headings=("How much does a work permit cost?",),
        text="A work permit costs CAN$155 for one person. Biometrics cost CAN$85 for one person.",
        asked=("work permit price", "fee for wp"),
    ),
    Passage(
        id="ircc-fees#citizenship",
        source_id="ircc-fees",
        title="Fees",
        headings=("How much does citizenship cost?",),
        text="A grant of citizenship costs CAN$653.75 for an adult.",
    ),
    Passage(
        id="ircc-h1b-owp#cap",
        source_id="ircc-h1b-owp",
        title="The 2023 open work permit",
        headings=("How many could apply?",),
        text="The 2023 open work permit for H-1B holders took 10,000 applications.",
        program="h1b-open-work-permit-2023",
    ),
    Passage(
        id="ircc-h1b-owp#correction-open",
        source_id="ircc-h1b-owp",
        title="The 2023 open work permit",
        headings=("A statement that circulates, corrected",),
        text="The 2023 open work permit for H-1B holders closed on 17 July 2023.",
        kind="correction",
        asked=("the open work permit for H-1B holders is still open",),
    ),
)

Stored = Callable[..., Settings]
Command = Callable[..., subprocess.CompletedProcess[str]]

# `make test` hands whole files to two processes in this order. The first makes the index that others need while the second is with
# what needs none for long; then come the files that take long, the longest first, so that no process has one left when the other is done.
# Which these are: `make test ARGS=--durations=100`.
FIRST = (
    "mutations page_visits desk_page page page_languages health_page peers runs staff cli building neutral reviewed database switching "
    "corpus_check model bad_input desk fetch remote_embedder model_real training embedder published readers_docx report api explain twins "
    "journal index splits"
).split()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", metavar="FOLDER", help="leave pictures of the pages that are tested in this folder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}.py": place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session", autouse=True)
def _patient() -> Iterator[None]:
    """A machine that runs tests may do much else: PostgreSQL is not away because it took two seconds to answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_CONNECT_SECONDS", 60)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The threads of torch wait for each other by spinning: beside another process of tests they take ten times as long as one alone."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def models(request: pytest.FixtureRequest) -> Path:
    """The exported model's folder, kept between sessions for as long as the code that exports it is the same."""
    modules = (onnx_export, reader_export)
    code = hashlib.sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in modules)).hexdigest()[:12]
    folder = Path(request.config.cache.mkdir(f"northbound-{code}")) / "models"
    with FileLock(folder.parent.parent / "northbound.lock"):  # the tests run in several processes: one makes it, the others find it
        if valid_export(folder / "onnx") is None:
            for older in folder.parent.parent.glob("northbound-*"):
                shutil.rmtree(older)
            made = load_embedder(DEFAULT_MODEL)
            assert isinstance(made, SentenceTransformerEmbedder)
            onnx_export.export(made, folder / "onnx")
        if valid_reader(folder / "reader") is None:
            reader_export.export_reader(default_learned(), folder / "reader")
    return folder


@pytest.fixture(scope="session")
def embedder(models: Path) -> Embedder:
    return load_embedder(DEFAULT_MODEL, models / "onnx")


@pytest.fixture(scope="session")
def reader(models: Path) -> Reader:
    return load_reader(models / "reader")


@pytest.fixture(scope="session")
def home(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index over the bundled corpus. Shared: read it, do not build in it.

    The last one is kept beside the model: a build embeds only what it does not hold. Of several processes the first builds it, and the
    others take it as it is.
    """
    folder = new_home(tmp_path_factory.mktemp("bundled") / "data", models)
    kept = models.parent / "index"
    session, made_in = os.environ.get("PYTEST_XDIST_TESTRUNUID", ""), models.parent / "index-made-in"
    with FileLock(models.parent / "index.lock"):
        if kept.is_dir():
            shutil.copytree(kept, folder / "index")
        if session and made_in.exists() and made_in.read_text() == session:
            return folder
        made_in.unlink(missing_ok=True)
        index_corpus(Settings(home=folder))
        live = current(folder)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(live, kept / live.name)
        shutil.copy(live.parent / "current", kept)
        made_in.write_text(session)
    return folder


@pytest.fixture(scope="session")
def bot(home: Path) -> Bot:
    return open_bot(Settings(home=home, today="2026-11-20"))


@pytest.fixture(scope="session")
def _small(models: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = new_home(tmp_path_factory.mktemp("small") / "data", models)
    build_index(folder, PASSAGES, embedder)
    return folder


@pytest.fixture
def small_home(_small: Path, tmp_path: Path) -> Path:
    """A data folder with an index of PASSAGES, of the test's own: it may be damaged and built in."""
    return Path(shutil.copytree(_small, tmp_path / "data", symlinks=True))


@pytest.fixture
def empty_home(models: Path, tmp_path: Path) -> Path:
    """A data folder without an index."""
    return new_home(tmp_path / "data", models)


def new_home(folder: Path, models: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "models").symlink_to(models, target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server; the test is skipped where none can be started."""
    from tests.postgres import serving

    with serving() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Stored:
    """Settings with a database of the test's own, in SQLite and in PostgreSQL: `stored(journal="on")`."""
    database = ""
    if request.param == "postgresql":
        from tests.postgres import fresh

        database = fresh(request.getfixturevalue("postgres"), f"test_{tmp_path.name.lower()}"[:60])
    return partial(Settings, home=tmp_path, database=database)


@pytest.fixture(scope="session")
def northbound() -> Command:
    """Run the command as a process: `northbound("ask", "…", home=home)`."""

    def run(
        *arguments: str | bytes | Path,
        home: Path,
        settings: Mapping[str, str] | None = None,
        input: bytes = b"",
        before: Callable[[], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            input=input,
            env=environment(home, settings),
            cwd=ROOT,
            capture_output=True,
            timeout=300,
            preexec_fn=before,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def northbound_here() -> Command:
    """The same in the process of the tests, in a tenth of the time: for tests of what is said, beside one that shows it of a process."""

    def run(
        *arguments: str | bytes | Path, home: Path, settings: Mapping[str, str] | None = None, input: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        others = {name: None for name in os.environ if name.startswith("NORTHBOUND_")}
        env = {**others, "NORTHBOUND_HOME": str(home), **(settings or {})}
        done = CliRunner().invoke(cli.main, [os.fsdecode(one) for one in arguments], input, env, prog_name="northbound")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(list(arguments), done.exit_code, done.stdout, done.stderr)

    return run


def environment(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: ours, without the settings of whoever runs the tests."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("NORTHBOUND_")}
    return {**ours, "NORTHBOUND_HOME": str(home), **(settings or {})}


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused command leaves."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("northbound: "), line
    return line.removeprefix("northbound: ")
