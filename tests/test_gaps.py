"""Gaps: alike questions together with how they come and go, taken up as a patch that can be applied, and closed by the bot's own answer."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.answer import Answer, Turn
from bot.gaps import ACTIONS, Gap, ask_again, drop, gaps, is_gap, table, take_up, taken_up
from bot.journal import Row
from bot.settings import Settings
from corpus.briefs import read_brief
from corpus.errors import NorthboundError, RequestError
from corpus.registry import load_registry
from eval.cases import load_sets
from index.embedder import Embedder
from tests.conftest import ROOT, Stored
from tests.small_bot import SmallBot, closed, not_found

TODAY = date(2026, 11, 20)
DOG = Gap(
    "Can I bring my dog to Canada?", 3, "2026-11-01", "2026-11-09", {"not_found": 3},
    ("Can I bring my dog to Canada?", "can i bring | my dog?", "My UCI is 1234-5678, can I bring a dog?"), id="0123456789ab",
)  # fmt: skip


def row(question: str, status: str = "not_found", day: date = TODAY, thumb: str = "", reason: str = "", support: float = 0.0) -> Row:
    return Row(
        f"{question}{day}{thumb}", f"{day}T10:00:00+00:00", question, question, status, ("a#1",) if support else (), support, 5.0,
        thumb=thumb, reason=reason,
    )  # fmt: skip


class Learning(SmallBot):
    """Declines until it has learned."""

    def __init__(self, said: Answer | None = None) -> None:
        super().__init__()
        self.said = said or not_found()

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        return self.said


def biometrics_section() -> str:
    """The id of a section of a real brief that asks about biometrics."""
    registry = load_registry()
    brief = read_brief(ROOT / "corpus" / "briefs" / "ircc-biometrics.md", registry.sources, registry.programs)
    from corpus.passages import slugify

    return f"ircc-biometrics#{slugify(brief.sections[0].headings[-1])}"


# Which they are


def test_a_thumb_says_more_than_a_status() -> None:
    assert is_gap(row("q", "answered", thumb="down", support=0.9)) and not is_gap(row("q", "not_found", thumb="up"))
    assert is_gap(row("q", "answered", support=0.49)) and not is_gap(row("q", "answered", support=0.5))


def test_a_group_tells_how_often_when_and_why(embedder: Embedder) -> None:
    rows = [row("Can I bring my dog to Canada?", day=TODAY - timedelta(days=n)) for n in (1, 2, 3, 20)]
    rows += [row("Can I bring my dog into Canada?", "answered", thumb="down", reason="It was about cats", support=0.9)]
    rows += [row("How do I convert my driving licence in Ontario?", day=TODAY - timedelta(days=n)) for n in (15, 16)]
    rows += [row("Is the permit open?", "answered", support=0.9)]
    dog, licence = gaps(rows, embedder, TODAY)
    assert (dog.count, dog.thumbs_down, dog.reasons, dog.passages) == (5, 1, ("It was about cats",), ("a#1",))
    assert dog.weeks == {"2026-10-26": 1, "2026-11-16": 4} and dog.trend == "rising"
    assert (licence.trend, licence.count) == ("falling", 2) and dog.id != licence.id
    shown = table([dog, licence])
    assert "rising" in shown and "(and 1 alike) [not_found 4, answered 1, thumbs down 1]" in shown


# What becomes of one


def copy_of_the_sources(folder: Path) -> Path:
    """What a patch may change, as in the repository."""
    for part in ("corpus", "eval/sets"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def applied(patch: Path, folder: Path) -> None:
    done = subprocess.run(["patch", "-p1", "-i", str(patch)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
def test_each_patch_applies_and_says_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path / "data", today="2026-11-20")
    tree = copy_of_the_sources(tmp_path / "tree")
    monkeypatch.setattr("bot.gaps._CORPUS", tree / "corpus")
    section, patches = biometrics_section(), []
    for action, target in (("asked", section), ("brief", "pets-in-canada"), ("correction", "express-entry"), ("case", "")):
        before = {path: path.read_bytes() for path in (tree / "corpus").rglob("*") if path.suffix in (".md", ".toml")}
        taken = take_up(DOG, action, target, "priya", SmallBot(), settings)
        assert {path: path.read_bytes() for path in before} == before  # never silently
        assert Path(taken.file).parent == settings.home / "changes" and "1234-5678" not in Path(taken.file).read_text()
        patches.append(Path(taken.file))
    for patch in patches:
        applied(patch, tree)
    registry = load_registry()
    brief = read_brief(tree / "corpus" / "briefs" / "ircc-biometrics.md", registry.sources, registry.programs)
    added = ("Can I bring my dog to Canada", "can i bring my dog", "My UCI is [UCI], can I bring a dog")
    assert [one for one in brief.sections[0].asked if "dog" in one] == list(added)
    draft = (tree / "corpus" / "briefs" / "pets-in-canada.md").read_text()
    assert "## Can I bring my dog to Canada?" in draft and "source: pets-in-canada" in draft
    corrections = (tree / "corpus" / "corrections.toml").read_text()
    assert corrections.endswith('as_of = ""\n') and '"can i bring my dog"' in corrections
    (drafts,) = load_sets(["drafts"], tree / "eval" / "sets")
    assert drafts.drafts == ("gap-0123456789ab",) and drafts.cases == ()


def test_a_section_without_asked_lines_gets_one_and_one_that_has_them_all_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    again = Gap("x", 1, "", "", {}, read_questions(), id="x")
    with pytest.raises(RequestError, match="lists these questions already"):
        take_up(again, "asked", biometrics_section(), "priya", SmallBot(), settings)
    assert not (tmp_path / "changes").exists() and taken_up(settings) == []


def read_questions() -> tuple[str, ...]:
    registry = load_registry()
    return read_brief(ROOT / "corpus" / "briefs" / "ircc-biometrics.md", registry.sources, registry.programs).sections[0].asked[:2]


@pytest.mark.parametrize(
    ("action", "target", "told"),
    [
        ("asked", "nowhere#x", "give the id of a passage of a brief"),
        ("asked", "../../etc/passwd#x", "give the id of a passage of a brief"),
        ("asked", "ircc-fees#no-such-section", "has 0 sections of that name"),
        ("brief", "ircc-fees", "corpus/briefs/ircc-fees.md exists"),
        ("brief", "../x", "give the id that the source is to have"),
        ("correction", "No such", "give the id of the program"),
        ("case", "../x", "give the name of a set"),
        ("delete", "x", "action 'delete': choose from asked, brief, correction, case"),
    ],
)
def test_a_target_that_cannot_be_one(tmp_path: Path, action: str, target: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        take_up(DOG, action, target, "priya", SmallBot(), Settings(home=tmp_path))
    assert taken_up(Settings(home=tmp_path)) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "changes").write_text("a file")
    with pytest.raises(NorthboundError, match="cannot be written"):
        take_up(DOG, "brief", "pets-in-canada", "priya", SmallBot(), Settings(home=tmp_path))
    assert taken_up(Settings(home=tmp_path)) == []


def test_a_gap_is_tracked_until_the_bot_answers_it(stored: Stored) -> None:
    settings, bot = stored(today="2026-11-20"), Learning()
    taken = take_up(DOG, "brief", "pets-in-canada", "priya", bot, settings)
    assert [(t.state, t.checked) for t in ask_again(bot, settings)] == [("open", "2026-11-20")]
    weak = closed().claims[0].model_copy(update={"support": 0.2})
    bot.said = closed().model_copy(update={"claims": (weak,)})
    assert [t.state for t in ask_again(bot, settings)] == ["open"]
    bot.said = closed()
    assert [t.state for t in ask_again(bot, settings)] == ["answered"]
    assert ask_again(bot, settings) == []  # it is closed
    (kept,) = taken_up(settings)
    assert (kept.id, kept.state, kept.by, kept.questions) == (taken.id, "answered", "priya", DOG.questions)


def test_a_bad_answer_does_not_close_the_gap_that_it_opened(stored: Stored) -> None:
    settings, bot = stored(today="2026-11-20"), Learning(closed())
    take_up(DOG, "correction", "express-entry", "priya", bot, settings)
    assert [t.state for t in ask_again(bot, settings)] == ["open"]  # the same words that got the thumb down
    first, *others = closed().claims
    bot.said = closed().model_copy(update={"claims": (first.model_copy(update={"text": "What is right."}), *others)})
    assert [t.state for t in ask_again(bot, settings)] == ["answered"]


def test_one_that_nothing_is_to_be_done_about_is_dropped(stored: Stored) -> None:
    settings = stored(today="2026-11-20")
    taken = take_up(DOG, "case", "drafts", "priya", Learning(), settings)
    assert drop(taken.id, settings).state == "dropped" and ask_again(Learning(closed()), settings) == []
    with pytest.raises(RequestError, match="no gap 'gone'"):
        drop("gone", settings)


def test_a_case_goes_behind_what_a_set_holds(tmp_path: Path) -> None:
    taken = take_up(DOG, "case", "single", "priya", SmallBot(), Settings(home=tmp_path))
    added = [line[1:] for line in Path(taken.file).read_text().splitlines() if line.startswith("+{")]
    assert [json.loads(line)["draft"] for line in added] == [True] and set(ACTIONS) == {"asked", "brief", "correction", "case"}
