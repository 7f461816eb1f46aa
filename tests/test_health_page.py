"""The maintainers' page in a real Chromium over a real index with two builds, and what it says where there is little to say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot import database
from bot.health import drawn, health
from bot.live import LiveBot
from bot.logins import add_user
from bot.runs import saved_runs
from bot.settings import Settings, read_settings
from corpus.errors import RequestError
from corpus.model import Passage
from eval.gate import read_bars
from index.build import build_index, current
from index.embedder import Embedder
from tests.conftest import PASSAGES, ROOT, Stored
from tests.saved_run import CLOSED, write_run, write_set
from tests.small_bot import HoldingBot, closed, not_found
from tests.test_logins import PASSWORD, cheaply  # noqa: F401
from tests.test_page import WIDE, Shots, Visit, browser, served, shots  # noqa: F401
from tests.test_page_visits import violations

MORE = Passage(
    id="ircc-fees#biometrics-family",
    source_id="ircc-fees",
    title="Fees",
    headings=("How much are biometrics for a family?",),
    text="Biometrics cost CAN$170 for a family.",
)
STATUSES = ("answered", "answered", "answered", "partial", "clarify", "not_found", "advice")


@dataclass(frozen=True)
class Place:
    """A data folder with a server over it."""

    address: str
    settings: Settings
    older: str
    newer: str


def ask(settings: Settings, days: int, each: int, passages: tuple[str, ...] = ("ircc-fees#work-permit", "ircc-h1b-owp#cap")) -> None:
    """Rows of the last days, as many each day, with times that differ."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": f"{day}-{n}", "at": (now - timedelta(days=day)).isoformat(timespec="seconds"), "question": "q",
            "standalone_question": "q", "status": STATUSES[(n + day) % len(STATUSES)], "language": "fr" if n % 5 == 0 else "en",
            "programs": [], "passages": list(passages[: 1 + n % 2]), "support": 0.9, "mode": "extractive", "corpus_version": "x",
            "understand_ms": 1.0, "search_ms": 4.0 + n, "compose_ms": 1.0, "check_ms": 0.5, "total_ms": 7.0 + n,
            "thumb": "up" if n == 0 else "", "reason": "",
        }
        for day in range(days) for n in range(each)
    ]  # fmt: skip
    with database.transaction(settings) as connection:
        connection.execute(database.journal.insert(), rows)


def evaluate(folder: Path, sets: Path, *right: int) -> None:
    """A run for each number, of forty cases of which so many were answered rightly."""
    folder.mkdir(exist_ok=True)
    for n, count in enumerate(right):
        answers = [(closed(), ["manual#1"])] * count + [(not_found(), [])] * (40 - count)
        write_run(folder / f"202611{10 + n}T080000", sets, answers)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("cases") / "sets", *({**CLOSED, "id": f"c{n}"} for n in range(40)))


@contextmanager
def standing(home: Path, embedder: Embedder, sets: Path) -> Iterator[Place]:
    """A server over a data folder with two builds, two members of staff, twenty days of questions and three runs."""
    settings = Settings(home=home, journal="on", today="2026-11-20")
    older = current(home).name
    newer = build_index(home, (*PASSAGES, MORE), embedder).build
    add_user("maya", PASSWORD, "maintainer", settings)
    add_user("priya", PASSWORD, "desk", settings)
    ask(settings, 20, 12)
    evaluate(settings.runs_folder, sets, 38, 36, 20)
    bot = LiveBot(settings, every=0.1)
    with served(bot, settings) as address:
        yield Place(address, settings, older, newer)
    bot.close()


@pytest.fixture(scope="module")
def place(_small: Path, embedder: Embedder, sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """To look at."""
    home = Path(shutil.copytree(_small, tmp_path_factory.mktemp("health") / "data", symlinks=True))
    with standing(home, embedder, sets) as place:
        yield place


@pytest.fixture
def changing(small_home: Path, embedder: Embedder, sets: Path) -> Iterator[Place]:
    """One of the test's own."""
    with standing(small_home, embedder, sets) as place:
        yield place


@pytest.fixture
def visits(browser: Browser) -> Iterator[Any]:  # noqa: F811
    """Opens /health for somebody, and afterwards checks that nothing outside was asked for and no rule of the policy was broken."""
    with ExitStack() as opened:

        def visit(place: Place, name: str = "maya", viewport: ViewportSize = WIDE, **options: Any) -> Visit:
            context = browser.new_context(viewport=viewport, **options)
            context.set_default_timeout(10_000)
            seen = Visit(context.new_page())
            seen.page.on("request", lambda request: seen.requests.append(request.url))
            seen.page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
            seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
            opened.callback(context.close)
            opened.callback(check, seen, place.address)
            seen.page.goto(f"{place.address}/health")
            log_in(seen.page, name)
            return seen

        yield visit


def check(seen: Visit, address: str) -> None:
    assert [url for url in seen.requests if not url.startswith((address, "data:"))] == []
    assert [error for error in seen.errors if "401" not in error] == []  # Chromium tells of the first question for the session


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Health", level=1)).to_be_visible(timeout=30_000)
    expect(page.locator("#index")).to_be_visible(timeout=30_000)


def all_drawn(page: Page) -> None:
    """Wait until every plot is there, as an image that the browser could read."""
    expect(page.locator("figure.waiting")).to_have_count(0, timeout=30_000)
    expect(page.locator("figure img.screen").first).to_be_visible()
    page.wait_for_function("() => [...document.querySelectorAll('figure img')].every((image) => image.naturalWidth > 100)")


# What it shows


def test_the_page_shows_how_the_bot_does_at_every_width_and_on_paper(
    visits: Any, place: Place, shots: Shots, sets: Path  # noqa: F811
) -> None:  # fmt: skip
    page = visits(place).page
    all_drawn(page)
    look = page.locator(".looks")
    expect(look).to_contain_text("Right answers fell from 90.0 % to 50.0 % since the run before.")
    assert [line.get_attribute("class") for line in look.locator("li").all()] == ["bad", "bad", "warn", "warn", "warn"]
    expect(look).to_contain_text("The last evaluation run was of other documents than those in use")
    assert page.locator(".tiles").inner_text().split("\n")[:2] == ["Questions", "240"]
    questions = page.get_by_role("table", name="What became of the questions")
    assert questions.locator("tbody tr").first.inner_text().split() == ["Answered", "102", "42.5", "%"]
    expect(page.get_by_role("table", name=re.compile("^Milliseconds"))).to_contain_text("Whole answer")
    expect(page.get_by_text("Languages", exact=True)).to_be_visible()
    measures = page.get_by_role("table", name=re.compile("^Over all cases"))
    expect(measures.locator("tr", has_text="Right answers")).to_contain_text("worse, hardly by chance")
    assert [image.get_attribute("alt")[:7] for image in page.locator("img.screen").all()] == ["Columns", "Lines: ", "Lines o"]
    used = page.get_by_role("table", name=re.compile("^Passages by how many"))
    expect(used.locator("tbody tr").first).to_contain_text("How much does a work permit cost?")
    expect(page.locator("main")).to_contain_text("No answer cites 2 of the 4 passages in the index in use")
    builds = page.get_by_role("table", name=re.compile("^Builds of the index"))
    assert re.findall(r"[0-9]{8}T[0-9]{12}", builds.inner_text()) == [place.newer, place.older]
    for width in (390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("figure img.screen").first).to_have_attribute("width", str(min(width - 32, 680)), timeout=30_000)
        all_drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shots(page, f"health-{width}.png", full_page=True)
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    assert page.locator("figure img.paper").first.is_visible() and not page.locator("figure img.screen").first.is_visible()
    assert not page.get_by_role("button", name="Go back").is_visible()
    shots(page, "health-print.png", full_page=True)
    page.emulate_media(media="screen", color_scheme="dark")
    shots(page, "health-dark.png", full_page=True)
    accent = re.compile("%2385c4ec")  # of dark, in which the pictures for the screen are drawn again
    expect(page.locator("img.screen").first).to_have_attribute("src", accent)
    assert accent.search(page.locator("img.paper").first.get_attribute("src") or "") is None


def test_axe_finds_nothing_serious_on_a_light_phone_and_a_dark_desk(visits: Any, place: Place) -> None:
    seen = visits(place, viewport=ViewportSize(width=390, height=844), bypass_csp=True)
    page = seen.page
    all_drawn(page)
    for closed_one in page.locator("main > section > details > summary").all():
        closed_one.click()
    found = violations(seen)
    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(seen)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1280, "height": 844})
    page.emulate_media(color_scheme="dark")
    expect(page.locator("figure img.screen").first).to_have_attribute("width", "680", timeout=30_000)
    all_drawn(page)
    found += violations(seen)
    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert found + violations(seen) == []


def test_another_time_is_chosen_and_the_plots_follow(visits: Any, place: Place) -> None:
    page = visits(place).page
    all_drawn(page)
    before = page.locator('[data-plot="questions"] img.screen').get_attribute("src")
    page.get_by_label("Time", exact=True).select_option(label="the last 7 days")
    expect(page.locator(".tiles dd").first).to_contain_text("84", timeout=30_000)
    expect(page.get_by_label("Time", exact=True)).to_be_focused()
    all_drawn(page)
    assert page.locator('[data-plot="questions"] img.screen').get_attribute("src") != before


# Going back


def test_a_maintainer_goes_back_by_keyboard_alone_unless_somebody_was_faster(visits: Any, changing: Place, embedder: Embedder) -> None:
    seen = visits(changing)
    page, home = seen.page, changing.settings.home
    back = page.get_by_role("button", name=f"Go back to build {changing.older}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if back.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Every server on this data folder answers from build {changing.older}")
    expect(dialog).to_contain_text("It holds 3 passages of 2 documents; the one that is live holds 4 passages of 2 documents.")
    page.keyboard.press("Escape")
    expect(back).to_be_focused()
    assert current(home).name == changing.newer  # nothing was done

    newest = build_index(home, PASSAGES[:2], embedder).build
    go_back(page)
    expect(page.get_by_role("alert")).to_contain_text(f"The index has changed meanwhile: {newest} is live now; nothing was done.")
    assert current(home).name == newest
    assert "400" in seen.errors.pop()

    page.get_by_role("button", name=f"Go back to build {changing.newer}").focus()
    expect(page.get_by_role("table", name=re.compile("^Builds of the index")).locator("tbody tr").first).to_contain_text(newest)
    go_back(page)
    expect(page.locator("#going")).to_contain_text(f"Build {changing.newer} answers now.", timeout=30_000)
    expect(page.locator("#index")).to_be_focused()
    rows = page.get_by_role("table", name=re.compile("^Builds of the index")).locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("set aside; the next build of the index removes it")
    expect(rows.nth(1)).to_contain_text("in use, live")
    expect(page.locator("main")).to_contain_text("There is no earlier build to go back to")
    expect(page.get_by_role("button", name="Go back")).to_have_count(0)
    assert current(home).name == changing.newer


def go_back(page: Page) -> None:
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("northbound index build")
    expect(page.get_by_role("button", name="Go back", exact=True)).to_be_focused()
    page.keyboard.press("Enter")


def test_the_desk_may_look_and_not_go_back(visits: Any, place: Place) -> None:
    page = visits(place, "priya").page
    expect(page.locator("main")).to_contain_text(f"To go back to build {place.older} takes the role maintainer; you have desk.")
    expect(page.get_by_role("button", name="Go back")).to_have_count(0)


# Where there is little to say


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, today="2026-11-20")


def looks(settings: Settings) -> list[str]:
    return [look["text"] for look in health(HoldingBot(), settings)["attention"]]


def test_without_users_there_is_no_page_and_nothing_to_load(settings: Settings) -> None:
    from fastapi.testclient import TestClient

    from bot.server import create_app

    client = TestClient(create_app(HoldingBot(), settings))
    for path in (
        "/health",
        "/staff/health.js",
        "/staff/health.css",
        "/desk/api/health",
        "/desk/api/health/plots",
        "/desk/api/health/index",
    ):
        assert client.get(path).status_code == 404
    add_user("maya", PASSWORD, "maintainer", settings)
    page = client.get("/health")
    assert page.status_code == 200 and "trusted-types 'none'" in page.headers["content-security-policy"]
    assert client.get("/desk/api/health").status_code == 401


def test_no_journal_no_run_and_no_build_each_say_what_to_do(settings: Settings) -> None:
    seen = health(HoldingBot(), settings)
    assert "start the server with NORTHBOUND_JOURNAL=on" in seen["journal"]["note"] and seen["journal"]["questions"] == 0
    assert "No evaluation run was found. To make one: northbound eval run" in seen["evaluation"]["note"]
    assert seen["index"]["builds"] == [] and "build it: northbound index build" in seen["index"]["no_back"]
    assert drawn(settings) == {}
    assert [look["section"] for look in seen["attention"]] == ["evaluation", "corpus", "questions"]


def test_an_empty_journal_and_one_that_was_turned_off_say_so(settings: Settings) -> None:
    on = replace(settings, journal="on")
    assert health(HoldingBot(), on)["journal"]["note"].startswith("No question was asked since")
    ask(on, 1, 3)
    assert health(HoldingBot(), on)["journal"]["note"] == ""
    off = health(HoldingBot(), settings)["journal"]
    assert off["note"].endswith("What is shown is from before.") and off["questions"] == 3


def test_one_run_alone_and_a_damaged_one_are_told(settings: Settings, sets: Path) -> None:
    evaluate(settings.runs_folder, sets, 38)
    damages: dict[str, tuple[str, str | None]] = {
        "20261101T000000": ("summary.json", "{"),
        "20261102T000000": ("summary.json", None),
        "20261103T000000": ("config.json", '{"format": 1}'),
        "20261104T000000": ("config.json", None),
        "20261105T000000": ("summary.json", '{"sets": {}, "n": 1, "groups": 3}'),
    }
    for name, (file, text) in damages.items():
        folder = shutil.copytree(settings.runs_folder / "20261110T080000", settings.runs_folder / name)
        (folder / file).unlink()
        if text is not None:
            (folder / file).write_text(text, encoding="utf-8")
    seen = health(HoldingBot(), settings)["evaluation"]
    assert seen["note"].startswith("This is the only run of these cases") and seen["before"] is None
    reasons = [one["reason"] for one in seen["unreadable"]]
    assert len(reasons) == 5
    for reason, (what, remedy) in zip(
        reasons,
        (
            ("summary.json is damaged: not JSON", "northbound eval score"),
            ("not finished", "northbound eval run with --out"),
            ("of format 1, and this version reads 2", "run again"),
            ("config.json is missing", "move the folder away"),
            ("not of this version", "score it again"),
        ),
        strict=True,
    ):
        assert what in reason and remedy in reason
    assert "5 folders among the evaluation runs cannot be read" in looks(settings)


def test_a_run_of_before_without_its_bars_is_shown_and_scoring_it_again_adds_them(settings: Settings, sets: Path) -> None:
    from eval.run import rescore

    evaluate(settings.runs_folder, sets, 38)
    (folder,) = settings.runs_folder.iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert len(summary.pop("bars")) == len(read_bars())
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    seen = health(HoldingBot(), settings)["evaluation"]
    assert seen["bars"] is None and "northbound eval score adds them to the folder 20261110T080000" in seen["note"]
    rescore(folder, sets)
    assert len(health(HoldingBot(), settings)["evaluation"]["bars"]) == len(read_bars())


def test_broken_bars_come_first_with_their_reasons(settings: Settings, sets: Path) -> None:
    evaluate(settings.runs_folder, sets, 38)
    (folder,) = settings.runs_folder.iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for bar in summary["bars"]:
        bar["holds"] = bar["measure"] not in ("leaks", "wrong standing") and (bar["measure"], bar["group"]) != ("right", "single")
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert looks(settings)[:2] == [
        "2 bars that may never break are broken in the last evaluation run: leaks, wrong standing",
        "1 bar is broken in the last evaluation run: right (single)",
    ]


def test_runs_of_other_cases_are_not_compared(settings: Settings, sets: Path) -> None:
    evaluate(settings.runs_folder, sets, 38, 36)
    few = write_set(sets.parent / "few", {**CLOSED, "id": "c0"}, name="few")
    write_run(settings.runs_folder / "20261120T080000", few, [(not_found(), [])], "few")
    seen = health(HoldingBot(), settings)["evaluation"]
    assert seen["choice"] == "mine" and (seen["last"]["name"], seen["before"]["name"]) == ("20261111T080000", "20261110T080000")
    assert {choice["label"]: choice["runs"] for choice in seen["choices"]} == {"mine": 2, "few": 1}
    part = health(HoldingBot(), settings, choice="few")["evaluation"]
    assert part["last"]["name"] == "20261120T080000" and part["before"] is None
    with pytest.raises(RequestError, match="load the page again"):
        health(HoldingBot(), settings, choice="gone")


def test_runs_are_found_where_the_setting_says_and_eval_run_writes_there(tmp_path: Path) -> None:
    assert read_settings({"NORTHBOUND_HOME": str(tmp_path)}).runs_folder == tmp_path / "runs"
    assert read_settings({"NORTHBOUND_RUNS": "/srv/runs"}).runs_folder == Path("/srv/runs")


def test_a_run_of_the_real_evaluation_is_found_without_a_further_step(small_home: Path, tmp_path: Path) -> None:
    from eval.run import Chosen, run

    settings = Settings(home=small_home)
    sets = write_set(tmp_path / "cases", {"id": "fee", "question": "How much does citizenship cost?", "status": ["answered"]})
    folder = run(settings, Chosen(folder=sets))
    ((found,), unreadable) = saved_runs(settings.runs_folder)
    assert (found.name, found.cases, unreadable) == (folder.name, 1, [])
    assert found.bars is not None and [bar.measure for bar in found.bars] == [bar.measure for bar in read_bars()]
    assert found.groups["all"]["right"].n == 1 and found.slowest and abs(found.begun - datetime.now(UTC)) < timedelta(minutes=10)


# The figures and the plots


def test_the_page_counts_the_same_in_both_databases(stored: Stored) -> None:
    settings = stored(journal="on", today="2026-11-20")
    ask(settings, 3, 10, ("manual#1", "paper#1"))
    seen = health(HoldingBot(), settings, days=2)
    journal = seen["journal"]
    assert journal["questions"] == 20 and [sum(day.values()) for day in journal["days"].values()] == [10, 10]
    assert journal["latency_ms"]["total"] == {"p50": 11.0, "p90": 15.0, "p99": 16.0}
    assert [(one["id"], one["count"]) for one in journal["passages"]["most"]] == [("manual#1", 20), ("paper#1", 10)]
    assert [(one["id"], one["uses"]) for one in seen["corpus"]["stale"]] == [("manual", 20), ("paper", 10)]
    assert {one["as_of"] for one in seen["corpus"]["stale"]} == {"2026-02-12", "2023-07-20"}


def test_a_plot_is_an_image_in_the_colors_of_the_page_and_tells_apart_without_them(settings: Settings, sets: Path) -> None:
    on = replace(settings, journal="on")
    ask(on, 5, 14)
    evaluate(on.runs_folder, sets, 38, 36)
    made = drawn(on, width=340)
    assert set(made) == {"questions", "latency", "runs"}
    for plot in made.values():
        assert plot["alt"].endswith(("every day.", "every run."))
        root = ElementTree.fromstring(plot["svg"])
        assert root.get("viewBox", "").startswith("0 0 340 ") and not root.findall(".//script")
        assert set(re.findall(r"#[0-9a-f]{6}\b", plot["svg"])) <= {"#000000"}, "every color is a variable of the page"
        assert "var(--ink)" in plot["svg"] and "DejaVu" not in plot["svg"]
    words = " ".join(ElementTree.fromstring(made["questions"]["svg"]).itertext())
    assert {"answered", "partly answered", "asked back", "not found"} <= {word.strip() for word in re.split(r"\s{2,}", words)}
    assert made["questions"]["svg"].count("<pattern") == 2  # what has the color of another is told apart by its lines and dots


def test_the_routes_load_neither_the_plotting_library_nor_the_evaluation() -> None:
    code = "import sys, bot.staff; print([name for name in sys.modules if name.split('.')[0] in ('matplotlib', 'eval')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_published_index_is_shown_with_what_going_back_brings(small_home: Path, embedder: Embedder) -> None:
    from bot.builds import index_state, roll_back
    from index.published import publish
    from tests.chroma_process import ChromaProcess

    first = current(small_home)
    chroma = ChromaProcess(small_home / "server")
    try:
        settings = Settings(home=small_home, chroma_url=chroma.url, chroma_seconds=60, index_name="health")
        publish(small_home, first, chroma.server, "health")
        assert "no earlier build" in index_state(HoldingBot(), settings)["no_back"]
        second = build_index(small_home, (*PASSAGES, MORE), embedder).build
        publish(small_home, current(small_home), chroma.server, "health")
        seen = index_state(HoldingBot(), settings)
        assert (seen["live"], seen["back"]["build"]) == (second, first.name)
        assert "Every process that reads this index answers" in seen["back"]["plan"][0] and "holds 3 passages" in seen["back"]["plan"][1]
        assert roll_back(settings, "maya", first.name) == first.name
        assert index_state(HoldingBot(), settings)["live"] == first.name
    finally:
        chroma.kill()
