"""The report is one page that loads nothing, escapes everything, and says of each failing case why it failed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize
from pypdf import PdfReader

from bot import wording
from bot.answer import Answer, Claim, Timings
from corpus.errors import NorthboundError
from eval import charts
from eval.cases import load_set
from eval.charts import Mark
from eval.coverage import coverage, sureness
from eval.failures import REASONS, Why, why
from eval.metrics import MEASURES
from eval.report import _HEADINGS, page, report
from eval.saved import Answered, Run, read_run
from tests import chromium
from tests.conftest import Command, complaint
from tests.saved_run import CLOSED, EVIDENCE, write_run, write_set
from tests.small_bot import FIRST, SECOND, closed, from_evil_document, news, not_found, plain
from tests.test_page import PHONE, WIDE

browser = chromium.browser
EVIL = "<script>window.ran=1</script>\"'<img src=https://evil.example/x>"
VOID = ("meta", "br")


class Tags(HTMLParser):
    """Every tag with its attributes, and whether each that opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def ran(folder: Path, *told: tuple[dict[str, Any], Answer, tuple[str, ...]], name: str = "run", **config: Any) -> Run:
    """A run of one set: of each case, what differs from CLOSED, the answer, and the passages found."""
    sets = write_set(folder / "sets", *({**CLOSED, "id": f"case-{n}", **case} for n, (case, _, _) in enumerate(told, 1)))
    return read_run(write_run(folder / name, sets, [(answer, found) for _, answer, found in told], **config))


def shown(run: Run) -> str:
    return page(run, {case.key: case for case in load_set("mine", run.folder.parent / "sets")})


def made(folder: Path, case: dict[str, Any], answer: Answer, found: tuple[str, ...] = ()) -> tuple[str, Why]:
    """The page of a run of one case, and why the case failed."""
    run = ran(folder, (case, answer, found))
    (one,) = load_set("mine", folder / "sets")
    (answered,) = run.cases.values()
    return shown(run), why(one, answered, run.evidence)


def words(html: str) -> str:
    """What a reader sees of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("</style>")[-1])).split())


def sided() -> Answer:
    """An answer from the newspaper alone."""
    return closed().model_copy(
        update={"answer": "Lawyers said on 20 July 2023 that the limit was reached in 48 hours. [3]", "citations": (news(3),)}
    )


LEAKING = closed().model_copy(update={"caveats": ("1123456789",)})
# In the bot's own words, which state nothing.
ADVICE = plain("Is the permit open?", "advice", wording.ADVICE)
NOT_FOUND = plain("Is the permit open?", "not_found", wording.NOT_IN_SOURCES)
FORGED = closed().model_copy(
    update={"citations": (closed().citations[0].model_copy(update={"quote": "It is open."}), *closed().citations[1:])}
)


@pytest.mark.parametrize(
    ("case", "answer", "found", "main", "details"),
    [
        (
            {},
            NOT_FOUND,
            (),
            "not retrieved",
            ["wrong status: not_found, wanted answered", "fact missing: 17 July 2023", "no passage of manual was found"],
        ),
        ({"facts": []}, NOT_FOUND, ("other#1", "manual#1"), "not chosen", ["a supporting passage was found at place 2 and is not cited"]),
        ({"facts": []}, NOT_FOUND, ("manual#1",), "held back", ["a supporting passage was found at place 1 and is not cited"]),
        ({"facts": []}, ADVICE, ("manual#1",), "misread", ["wrong status: advice, wanted answered"]),
        ({}, sided(), ("manual#1", "paper#1"), "not chosen", ["fact missing: 17 July 2023"]),
        ({"facts": ["10,000", "20,000"]}, closed(), ("manual#1",), "fact", ["fact missing: 20,000"]),
        (
            {"status": ["partial", "advice"], "facts": []},
            closed(),
            ("manual#1",),
            "status",
            ["wrong status: answered, wanted partial or advice"],
        ),
        ({"status": ["refused"], "facts": []}, closed(), (), "overconfident", ["wrong status: answered, wanted refused"]),
        ({"forbid": ["10,000"]}, closed(), ("manual#1",), "forbidden", ["forbidden statement: 10,000"]),
        ({"question": "My UCI is 1123456789."}, LEAKING, ("manual#1",), "leak", ["a personal number is repeated"]),
        ({}, FORGED, ("manual#1",), "ungrounded", ["quote of citation 1 does not stand in its passage"]),
        ({"standing": {"h1b-open-work-permit-2023": "open"}}, closed(), ("manual#1",), "standing", ["h1b-open-work-permit-2023"]),
    ],
)
def test_a_case_has_one_main_reason_and_all_of_them_in_words(
    tmp_path: Path, case: dict[str, Any], answer: Answer, found: tuple[str, ...], main: str, details: list[str]
) -> None:
    text, told = made(tmp_path, case, answer, found)
    assert told.main == main
    for detail in details:
        assert any(detail in one for one in told.details), told.details
    assert REASONS[main].title in words(text) and 'id="case-mine-case-1"' in text


def test_an_error_is_the_reason_whatever_came_of_it(tmp_path: Path) -> None:
    run = ran(tmp_path, ({}, plain("Is the permit open?", "not_found", ""), ()))
    (case,) = load_set("mine", tmp_path / "sets")
    (one,) = run.cases.values()
    broken = replace(one, score=replace(one.score, failed="KeyError: 'x'"))
    assert why(case, broken, run.evidence).main == "error" and "no answer: KeyError: 'x'" in why(case, broken, run.evidence).details


def test_a_sentence_that_no_passage_supports_is_named_though_the_case_is_right(tmp_path: Path) -> None:
    answer = closed().model_copy(update={"answer": f"{FIRST} [1] Apply at any bank in Canada. [2]\n\nLawyers agree. [3]"})
    text, told = made(tmp_path, {}, answer, ("manual#1",))
    assert told.main == "ungrounded" and "Failing cases: 1" in text
    assert "no cited passage supports: Apply at any bank in Canada." in told.details


def test_a_failing_case_is_shown_with_all_that_explains_it(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "I hold an H-1B."}, {"role": "assistant", "content": "Noted."}]
    case = {"facts": ["17 July", "20,000"], "forbid": ["reopened"], "history": history, "note": "a trap", "at": "2024-03-01"}
    text, _ = made(tmp_path, case, closed(), ("paper#1", "manual#1"))
    for part in (f"<b>[1]</b>&nbsp;<mark>{FIRST}</mark>".replace("<b>", '<b id="case-mine-case-1-1">'), f"<mark>{SECOND}</mark>"):
        assert part in text  # one passage, shown once with both quotes
    assert text.count("No second intake is known.") == 1
    seen = words(text)
    for part in (
        "Person: I hold an H-1B.",
        "Northbound: Noted.",
        "a trap",
        "asked as of 1 March 2024",
        "IRCC · official · as of 12 February 2026 · closed",
        "fact 17 July ✓ stated",
        "fact 20,000 ✗ missing",
        "never reopened ✓ not said",
        "kind of answer answered ✓ as wanted: answered",
        "manual: found at place 2, cited",
        "manual#1 supports a right answer, cited",
        "0.0 % of 1 message ",
        "2023 open work permit: closed since 17 July 2023",
    ):
        assert part in seen, part


def test_of_a_conversation_what_was_said_before_is_shown_and_what_failed_before_is_linked(tmp_path: Path) -> None:
    first = {"question": "Is the permit open?", "kind": "start", "status": ["answered"], "facts": ["18 July"], "sources": ["manual"]}
    second = {"question": "And my wife?", "kind": "follow", "status": ["answered"], "facts": ["spouse"], "sources": ["manual"]}
    sets = write_set(tmp_path / "sets", {"id": "talk", "turns": [first, second]})
    text = shown(read_run(write_run(tmp_path / "run", sets, [(closed(), ("manual#1",)), (not_found("And my wife?"), ())])))
    later = words(text.split('id="case-mine-talk-2"')[1])
    assert "message 2 of a conversation (follow)" in later
    assert f"Person: Is the permit open? Northbound (answered) (this failed too) : {FIRST} [1]" in later
    assert '<a href="#case-mine-talk-1">' in text


def test_a_run_without_failures_says_so(tmp_path: Path) -> None:
    text = shown(ran(tmp_path, ({}, closed(), ("manual#1",))))
    assert "Failing cases: 0" in text and "<article" not in text and "No case failed." in text


def test_numbers_over_few_cases_are_marked(tmp_path: Path) -> None:
    few = shown(ran(tmp_path, *[({}, closed(), ("manual#1",))] * 3, name="few"))
    many = shown(ran(tmp_path, *[({}, closed(), ("manual#1",))] * 30, name="many"))
    assert "Fewer than 30 cases: all, mine." in few and few.count("Only 3 cases: a chart over so few says little.") == 2
    assert "Fewer than 30 cases" not in many and "a chart over so few" not in many


def test_ranks_kinds_and_times_are_counted(tmp_path: Path) -> None:
    def timed(answer: Answer, total: float) -> Answer:
        return answer.model_copy(update={"timings_ms": Timings(search=total / 2, total=total)})

    run = ran(
        tmp_path,
        ({}, timed(closed(), 10), ("manual#1",)),
        ({}, timed(closed(), 20), ("other#1", "other#2", "other#3", "manual#1")),
        ({"status": ["answered", "not_found"]}, timed(not_found(), 30), ("other#1",)),
        ({"status": ["refused"]}, timed(closed(), 400), ()),
    )
    seen, text = words(shown(run)), shown(run)
    assert (
        "Of 3 messages for which some source supports a right answer, search put such a passage first for 1 and among the first five for 2"
        in seen
    )
    assert "Place of the first supporting passage: 1: 1, 2: 0, 3: 0, 4–5: 1, 6–10: 0, later: 0, none: 1" in text
    assert "Half of 4 answers took at most 25 ms (p50)" in seen and "The slowest took 400 ms." in seen
    grid = seen.split("Wanted kind of answer against the one given")[1].split("How long")[0]
    assert "4 other mixtures" not in grid and "3 other mixtures, fewer than 5 cases each ✓ 2 ✗ 1 ✓ 1 4" in grid


def test_every_measure_that_a_case_is_about_is_told_with_the_direction_that_is_better(tmp_path: Path) -> None:
    run = ran(tmp_path, ({}, closed(), ("manual#1",)))
    seen = words(shown(run)).split("Every measure over all cases")[1]
    for name, got in run.summary["groups"]["all"]["measures"].items():
        assert name in seen, name
        assert (MEASURES[name].says in seen) == (got["n"] > 0), name
    assert (
        "right 100.0 % 100.0 to 100.0 % ; 1 case few more" in seen and "forbidden statements 0.0 % 0.0 to 0.0 % ; 1 case few less" in seen
    )
    assert set(_HEADINGS) <= set(MEASURES)


def test_bars_that_are_broken_come_first_and_say_why_they_are_there(tmp_path: Path) -> None:
    text, _ = made(tmp_path, {"question": "My UCI is 1123456789."}, LEAKING, ("manual#1",))
    assert "Hard bars broken 1 of " in words(text)
    seen = words(text).split("Bars and whether this run holds them")[1]
    assert seen.startswith(" bar verdict is leaks hard ✗ broken 100.0 %")
    assert "Must be at most 0.0 %. Personal numbers are masked" in seen and "quotes exact hard ✓ held" in seen


def test_a_soft_bar_that_only_the_interval_of_a_few_cases_reaches_says_so(tmp_path: Path) -> None:
    seen = words(shown(ran(tmp_path, ({}, closed(), ("manual#1",)), ({}, NOT_FOUND, ("manual#1",)))))
    assert "right soft ✓ held, by its interval 50.0 % 0.0 to 100.0 % ; 2 cases" in seen
    assert "leaks hard – not judged –" in seen and " could not be judged: no case of this run is about them." in seen


def test_runs_of_the_same_cases_that_lie_beside_are_a_trend(tmp_path: Path) -> None:
    alone = shown(ran(tmp_path, ({}, closed(), ("manual#1",)), name="20261120T080000"))
    assert "No other run of these sets" in words(alone)
    write_run(tmp_path / "20261121T090000", tmp_path / "sets", [(FORGED.model_copy(update={"answer": "No idea. [1] [2] [3]"}), ())])
    write_run(tmp_path / "20261122T090000", tmp_path / "sets", [(closed(), ())], filter="closed")  # another choice of cases
    (tmp_path / "20261123T090000").mkdir()
    (tmp_path / "20261123T090000" / "config.json").write_text("{", encoding="utf-8")
    (tmp_path / "20261123T090000" / "summary.json").write_text("{}", encoding="utf-8")
    text = shown(read_run(tmp_path / "20261120T080000"))
    assert "Share right: run 1: 100.0\u00a0%, run 2: 0.0\u00a0%" in text
    seen = words(text).split("Runs of these sets")[-1].split("Every measure")[0]
    assert "1. 20261120T080000 (this run) 20 November 2026, 08:00 100.0 %" in seen
    assert "2. 20261121T090000 21 November 2026, 09:00 0.0 %" in seen and "✗ quotes exact" in seen
    assert "20261122" not in seen and "20261123" not in seen


def test_the_curve_takes_equally_sure_answers_together_and_ends_at_what_was_answered() -> None:
    made = coverage([(0.9, True), (0.9, True), (0.5, True), (0.5, False)], of=8)
    assert made is not None
    assert [(p.sure, p.given, p.wrong, p.share) for p in made.points] == [(0.9, 2, 0, 2 / 8), (0.5, 4, 1, 4 / 8)]
    assert made.points[-1].error == 1 / 4
    assert made.area == pytest.approx((0 / 1 + 0 / 2 + 0.5 / 3 + 1 / 4) / 4)  # half an error expected in each of the last two
    assert made.best == pytest.approx((0 + 0 + 0 + 1 / 4) / 4)
    assert made.at_least(0.6) is made.points[0] and made.at_least(0.95) is None
    assert coverage([], of=8) is None


def test_an_answer_is_as_sure_as_its_surest_section_and_not_as_a_note_of_the_registry() -> None:
    claims = (Claim(text=FIRST, citations=(1,), as_of="", support=1.0), Claim(text="x", citations=(3,), as_of="", support=0.6))
    answer = closed().model_copy(update={"claims": claims})
    note = replace(EVIDENCE, passages={**EVIDENCE.passages, "manual#1": replace(EVIDENCE.passages["manual#1"], kind="standing")})
    assert (sureness(answer, EVIDENCE), sureness(answer, note), sureness(not_found(), note)) == (1.0, 0.6, 0.0)


def test_charts_are_drawn_to_scale() -> None:
    assert 'class="fill" width="75.0"' in charts.bar(0.75, 0.7, 0.8)
    drawn = charts.columns([("1", 30), ("2", 10)], "label", "place")
    first, second = (float(height) for height in re.findall(r'class="fill".*?height="([\d.]+)"', drawn))
    assert first == pytest.approx(3 * second, abs=0.2) and ">30</text>" in drawn
    path = re.search(
        r'polyline class="line" points="([^"]+)"', charts.curve([(0.1, 0.0), (0.8, 0.2)], "label", "share", Mark(0.8, "today"))
    )
    assert path is not None
    (x, y), (x2, y2) = (map(float, point.split(",")) for point in path[1].split())
    assert x2 > x and y2 < y  # an error is drawn upwards
    low, high = re.findall(
        r'circle class="dot( hollow)?" cx="[\d.]+" cy="([\d.]+)"', charts.trend([(0.7, 0.6, 0.8), (0.9, 0.8, 1.0)], 1, "l", "a")
    )
    assert (low[0], high[0]) == (" hollow", "") and float(high[1]) < float(low[1])
    assert [charts.step(top) for top in (0.3, 4, 17, 800)] == pytest.approx([0.1, 1, 5, 200])


def test_nothing_in_a_case_or_an_answer_becomes_markup_and_nothing_is_loaded(tmp_path: Path) -> None:
    text = shown(hostile(tmp_path))
    tags = Tags(text)
    assert tags.open == []
    assert {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe", "object", "form", "image", "use"} == set()
    assert {name for _, attributes in tags.seen for name in attributes} & {"src", "srcset", "onerror", "onload", "style"} == set()
    assert all((attributes["href"] or "").startswith("#") for _, attributes in tags.seen if "href" in attributes)
    assert "url(" not in text and "@import" not in text


def hostile(folder: Path) -> Run:
    """Markup wherever a case, an answer, a document or a folder can bring some, and words that do not break."""
    case: dict[str, Any] = {
        "question": EVIL,
        "history": [{"role": "user", "content": EVIL}, {"role": "assistant", "content": "x" * 400}],
        "note": EVIL,
        "sources": [EVIL],
        "facts": ["nowhere", "y" * 300],
        "forbid": ["script"],
    }
    long = not_found("Supercalifragilistic" * 30)
    plain_cases = [({"facts": ["z"]}, closed(), ("manual#1",))] * 20
    return ran(folder, (case, from_evil_document(EVIL), (EVIL,)), ({}, long, ("other#1",)), *plain_cases, corpus_version=EVIL, model=EVIL)


def test_the_places_that_the_page_points_at_are_on_it_and_there_once(tmp_path: Path) -> None:
    tags = Tags(shown(hostile(tmp_path))).seen
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for _, a in tags if "href" in a} <= {f"#{id}" for id in ids}
    assert {a["aria-labelledby"] for _, a in tags if "aria-labelledby" in a} <= set(ids)


def test_headings_go_down_one_level_at_a_time_and_tables_have_a_scope_for_every_head(tmp_path: Path) -> None:
    tags = Tags(shown(hostile(tmp_path))).seen
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all(a.get("scope") in ("row", "col", "colgroup") for tag, a in tags if tag == "th")
    assert [tag for tag, _ in tags if tag in ("header", "main", "footer")] == ["header", "main", "footer"]


def test_a_case_that_left_its_set_or_asks_something_else_now_is_still_shown(tmp_path: Path) -> None:
    run = ran(tmp_path, ({}, not_found(), ()))
    assert isinstance(run.cases["mine", "case-1"], Answered)
    edited = write_set(tmp_path / "edited", {**CLOSED, "id": "case-1", "question": "Was it open?"})
    for cases in ({}, {case.key: case for case in load_set("mine", edited)}):
        text = page(run, cases)
        assert "No longer in the sets as asked: 1 case of this run." in text
        assert "Our sources do not answer this." in text and "why it failed cannot be shown" in text


def test_the_page_says_when_what_is_wanted_was_edited_after_scoring(tmp_path: Path) -> None:
    run = ran(tmp_path, ({}, closed(), ("manual#1",)))
    write_set(tmp_path / "sets", {**CLOSED, "id": "case-1", "facts": ["18 July"]})
    text = report(run.folder, sets=tmp_path / "sets").read_text(encoding="utf-8")
    assert f"northbound eval score {run.folder}" in text and "Edited since this run was scored: mine" in text


def test_the_page_is_written_into_the_run_or_where_it_is_told(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", CLOSED)
    folder = write_run(tmp_path / "run", sets, [(closed(), ("manual#1",))])
    assert report(folder, sets=sets) == folder / "report.html"
    assert report(folder, tmp_path / "page.html", sets).read_bytes() == (folder / "report.html").read_bytes()
    for out, reason in ((tmp_path, "is a folder"), (tmp_path / "none" / "page.html", "cannot be written")):
        with pytest.raises(NorthboundError, match=reason):
            report(folder, out, sets)
    assert not list(tmp_path.rglob("*.new"))


def test_the_command_refuses_what_is_no_run(northbound: Command, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    told = complaint(northbound("eval", "report", tmp_path / "half", home=tmp_path))
    assert "half: not a whole run: config.json, answers.jsonl, corpus.json, scores.jsonl, summary.json missing" in told


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_a_request_a_complaint_or_a_sideways_scroll(
    browser: Browser, tmp_path: Path, size: ViewportSize, scheme: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(shown(hostile(tmp_path)), encoding="utf-8")
    with browser.new_context(viewport=size, color_scheme=scheme) as context:  # type: ignore[arg-type]
        tab = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(file.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert asked == [file.as_uri()] and said == []
        assert tab.evaluate("window.ran") is None
        assert tab.get_by_role("heading", level=2).all_inner_texts()[:2] == ["Right answers, set by set", "What must hold"]
        assert tab.get_by_role("img").count() == 2  # ranks and declining; there are no timings and no other run
        assert (
            tab.evaluate("getComputedStyle(document.body).backgroundColor")
            == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 29)"}[scheme]
        )


def test_a_link_opens_the_closed_case_it_leads_to_and_the_keyboard_opens_any(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(shown(hostile(tmp_path)), encoding="utf-8")
    tab = browser.new_page(viewport=WIDE)
    tab.goto(file.as_uri())
    case = tab.locator("#case-mine-case-7")
    assert not case.is_visible()
    tab.locator(".index > summary").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("link", name="case-7", exact=True).click()
    assert case.is_visible()
    tab.locator("#case-mine-case-9").locator("xpath=..").locator("summary").focus()
    tab.keyboard.press("Space")
    assert tab.locator("#case-mine-case-9").is_visible()
    tab.close()


def test_on_paper_every_case_is_open(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(shown(ran(tmp_path, ({"note": "a trap for the hasty"}, not_found(), ("other#1",)))), encoding="utf-8")
    tab = browser.new_page()
    tab.goto(file.as_uri())
    paper = " ".join(" ".join(sheet.extract_text().split()) for sheet in PdfReader(BytesIO(tab.pdf(format="A4"))).pages)
    tab.close()
    assert "a trap for the hasty" in paper and "How well Northbound answered" in paper
