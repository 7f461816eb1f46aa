"""Two versions of a corpus, what the difference says, and what rests on it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import Settings
from corpus.diff import Changes, Reliance, affected, changes, registered_reliances, report, says_values, summed_up
from corpus.model import Passage
from corpus.pages import Snapshot, keep
from corpus.registry import load_briefs, load_registry
from eval.cases import load_set, set_names
from eval.reliances import KIND, case_reliances
from index.build import build_index
from tests.test_index import WordLengths

FEE = Passage("fees#permit", "fees", "Fees", ("Fee",), "A work permit costs CAN$155 until 1 December 2026.", program="work-permit")
CAP = Passage("owp#cap", "owp", "Permit", ("Cap",), "The permit took 10,000 applications.", program="owp-2023")
DEARER = replace(FEE, text="A work permit costs CAN$185 until 1 December 2026.")


def matters(found: Changes) -> list[bool]:
    return [one.matters for one in found.reworded]


def test_nothing_changed() -> None:
    found = changes([FEE, CAP], [CAP, FEE])
    assert (found.added, found.removed, found.reworded, found.programs) == ((), (), (), ())
    assert list(report(found, {})) == ["no passage changed"]


def test_a_new_date_of_knowledge_or_place_is_no_change() -> None:
    assert list(report(changes([FEE], [replace(FEE, as_of="2026-11-22", position=4, id="fees#permit-2")]), {})) == ["no passage changed"]


def test_an_added_passage_is_told_and_breaks_nothing() -> None:
    found = changes([FEE], [FEE, CAP])
    assert (found.added, found.programs) == ((CAP,), ("owp-2023",))
    assert affected(found, [Reliance("program", "owp-2023", program="owp-2023")]) == {}


def test_a_changed_number_and_date_are_picked_out_and_what_rests_on_them_is_named() -> None:
    new = replace(FEE, text="A work permit costs CAN$185 until December 31, 2026.")
    found = changes([FEE, CAP], [new, CAP])
    (one,) = found.reworded
    assert (one.gone, one.come) == (("2026-12-01", "CAN$155"), ("2026-12-31", "CAN$185"))
    hit = affected(found, [Reliance("program", "work-permit", program="work-permit"), Reliance("program", "owp-2023", program="owp-2023")])
    assert list(report(found, hit)) == [
        "reworded fees#permit",
        "  numbers and dates: 2026-12-01, CAN$155 -> 2026-12-31, CAN$185",
        "  - A work permit costs CAN$155 until 1 December 2026.",
        "  + A work permit costs CAN$185 until December 31, 2026.",
        "  program resting on it: work-permit",
        "about: work-permit",
        "0 removed, 1 reworded (1 with other numbers or dates), 0 added; to be read again: 1 program",
    ]


def test_other_words_with_the_same_numbers_matter_to_nobody() -> None:
    found = changes([FEE], [replace(FEE, text="The fee of a work permit is CAN$155 until December 1, 2026.")])
    assert matters(found) == [False]
    hit = affected(found, [Reliance("program", "work-permit", program="work-permit")])
    assert list(report(found, hit))[-1].endswith("; nothing that is relied on changed")


def test_a_rule_that_turned_into_its_opposite_without_a_number_matters() -> None:
    before = replace(FEE, text="The stream is open to everybody who works in the United States and has a degree.")
    found = changes([before], [replace(FEE, text="The stream is closed to everybody who works in the United States and has a degree.")])
    assert (found.reworded[0].turned, matters(found)) == (("closed", "open"), [True])
    assert "  only one of them says: closed, open" in list(report(found, {}))


def test_a_duration_is_told_with_its_unit() -> None:
    before = replace(FEE, text="Apply within 60 days of the invitation.")
    (one,) = changes([before], [replace(FEE, text="Apply within ninety or 90 days of the invitation.")]).reworded
    assert (one.gone, one.come) == (("60 days",), ("90 days",))


def test_the_day_on_which_a_page_was_last_saved_is_no_date_that_matters() -> None:
    text = "The stream takes applications all year round. Date modified: 2026-{}-01"
    assert matters(changes([replace(FEE, text=text.format("10"))], [replace(FEE, text=text.format("11"))])) == [False]


def test_a_shifted_numbered_id_is_not_taken_for_another_passage() -> None:
    first, second = replace(FEE, id="f#q"), replace(CAP, id="f#q-2", source_id="fees")
    new = replace(FEE, id="f#q", text="Photographs are to be in colour.")
    found = changes([first, second], [new, replace(first, id="f#q-2"), replace(second, id="f#q-3")])
    assert (found.added, found.removed, found.reworded) == ((new,), (), ())


def test_the_end_of_validity_counts_as_a_date() -> None:
    found = changes([CAP], [replace(CAP, valid_until="2026-12-16")])
    assert (found.reworded[0].come, matters(found)) == (("2026-12-16",), [True])


def test_one_of_two_equal_passages_removed_is_seen() -> None:
    found = changes([FEE, replace(FEE, id="fees#permit-2")], [FEE])
    assert len(found.removed) == 1
    assert not found.lost(found.removed[0])


def test_a_removed_passage_is_lost_unless_its_source_still_says_so_elsewhere() -> None:
    everything = replace(FEE, id="fees#all", text="All fees of this year, which hold " + "for everybody who applies, " * 9 + FEE.text)
    rest = Reliance("program", "work-permit", program="work-permit")
    for after, lost in (([CAP], True), ([replace(everything, source_id="other")], True), ([everything], False)):
        found = changes([FEE], after)
        assert ([p.id for p in found.removed], found.lost(FEE), bool(affected(found, [rest]))) == (["fees#permit"], lost, lost)


def test_our_own_register_holds_nothing_up() -> None:
    standing = replace(FEE, id="fees#standing", kind="standing")
    assert changes([FEE, standing], [standing]).lost(FEE)


def test_a_registered_statement_matters_however_it_is_reworded() -> None:
    standing = Passage(
        "owp#standing", "owp", "Permit", ("Where it stands",), "The permit takes nobody.", program="owp-2023", kind="standing"
    )
    found = changes([standing], [replace(standing, text="The permit takes everybody.")])
    assert summed_up(affected(found, [Reliance("program", "owp-2023", program="owp-2023")])) == "1 program"


FOUR = [
    Reliance("program", "work-permit", "fees", needs=says_values("Until 1 December 2026 the fee is CAN$155.")),
    Reliance("correction", "fee-is-free", "fees", needs=says_values("The fee is CAN$85.")),
    Reliance("evaluation case", "single-001", "fees", needs=(re.compile("155|one hundred").search,)),
    Reliance("reviewed answer", "r7", passage_id="fees#permit"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A work permit costs CAN$185 until 1 December 2026.", ["work-permit", "single-001", "r7"]),
        ("A work permit costs CAN$155 until 2 December 2026.", ["work-permit", "r7"]),
        ("A work permit costs one hundred and 55 dollars until 1 December 2026.", ["work-permit", "r7"]),
        ("The fee of a work permit is CAN$155 until 1 December 2026.", []),
    ],
)
def test_what_needs_something_that_is_no_longer_said_is_affected(text: str, names: list[str]) -> None:
    hit = affected(changes([FEE], [replace(FEE, text=text)]), FOUR)
    assert [reliance.id for reliance in hit.get("fees#permit", ())] == names


def test_what_rests_on_another_passage_or_source_is_not_affected() -> None:
    elsewhere = [
        Reliance("reviewed answer", "r8", passage_id="fees#other"),
        Reliance("correction", "c", "owp", needs=(re.compile("155").search,)),
    ]
    assert affected(changes([FEE], [DEARER]), elsewhere) == {}


def test_many_that_rest_on_one_passage_are_counted() -> None:
    many = [Reliance("evaluation case", f"s-{n}", "fees", needs=(re.compile("155").search,)) for n in range(9)]
    found = changes([FEE], [DEARER])
    lines = list(report(found, affected(found, many)))
    assert "  evaluation cases resting on it: s-0, s-1, s-2, s-3, s-4, s-5 and 3 more" in lines
    assert lines[-1].endswith("to be read again: 9 evaluation cases")


def test_the_registry_rests_on_its_sources_by_the_numbers_that_it_gives() -> None:
    registry = load_registry()
    manual = Passage(
        "ircc-h1b-manual#q", "ircc-h1b-manual", "", (), "The last day is 16 December 2026.", program="h1b-open-work-permit-2023"
    )
    hit = affected(changes([manual], [replace(manual, text="The last day is 16 March 2027.")]), registered_reliances(registry))
    assert ("program", "h1b-open-work-permit-2023") in {(r.kind, r.id) for r in hit[manual.id]}
    assert {r.kind for r in registered_reliances(registry)} == {"program", "correction", "disagreement"}
    assert "general" not in {r.program for r in registered_reliances(registry) if r.kind == "program"}


def test_every_evaluation_case_with_a_fact_rests_on_each_of_its_sources() -> None:
    cases = [case for name in set_names() for case in load_set(name)]
    made = case_reliances()
    assert {r.id for r in made} == {case.id for case in cases if case.facts and (case.sources or case.passages)}
    assert len(made) == sum(len(case.sources) + len(case.passages) for case in cases if case.facts)
    assert {r.kind for r in made} == {KIND}


def test_the_command_compares_the_live_build_with_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    assert "no index yet" in CliRunner().invoke(main, ["corpus", "diff"]).output
    cap = replace(
        CAP, source_id="ircc-h1b-manual", program="h1b-open-work-permit-2023", text="The permit took 10,000 applications in 2023."
    )
    build_index(tmp_path, [FEE, cap], WordLengths())
    assert "no earlier build" in CliRunner().invoke(main, ["corpus", "diff"]).output
    build_index(tmp_path, [FEE, replace(cap, text="The permit took 12,000 applications in 2023.")], WordLengths())
    done = CliRunner().invoke(main, ["corpus", "diff"])
    assert done.exit_code == 1
    assert "numbers and dates: 10000 -> 12000\n" in done.output
    assert re.search(r"northbound: something that is relied on changed; to be read again: .*\d+ evaluation cases?, 1 program", done.output)
    build_index(tmp_path, [FEE, replace(cap, text="In 2023 the permit took 12,000 applications.")], WordLengths())
    done = CliRunner().invoke(main, ["corpus", "diff"])
    assert (done.exit_code, done.output.splitlines()[-1][-35:]) == (0, "; nothing that is relied on changed")
    builds = sorted(path for path in (tmp_path / "index").iterdir() if path.is_dir())
    assert CliRunner().invoke(main, ["corpus", "diff", *map(str, builds)]).output == done.output
    assert CliRunner().invoke(main, ["corpus", "diff", str(builds[0])]).exit_code == 2


# --- pages


MANUAL = (
    "# Open work permits\n## Number of permits\nIRCC took {} applications for the 2023 H-1B open work permit.\n## Forms\nUse form IMM 5710."
)


def seen(home: Path, source_id: str, text: str, day: str) -> Path:
    """Keep a page as it was seen on a day; the file."""
    source = load_registry().sources[source_id]
    made = Snapshot(source.link, source.link, f"{day}T10:00:00", f"{day}T10:00:00", "", "", "en", text)
    keep(Settings(home=home).pages, source, made)
    return home / "pages" / source_id / f"{made.name}.json"


def test_since_a_day_the_pages_held_then_are_compared_with_those_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    old = seen(tmp_path, "ircc-h1b-manual", MANUAL.format("10,000"), "2026-10-01")
    new = seen(tmp_path, "ircc-h1b-manual", MANUAL.format("12,000"), "2026-11-01")
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2026-10-31"])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        "no index build of 2026-10-31 is kept: only pages are compared",
        "reworded ircc-h1b-manual#number-of-permits",
        "  numbers and dates: 10000 -> 12000",
        "  - IRCC took 10,000 applications for the 2023 H-1B open work permit.",
        "  + IRCC took 12,000 applications for the 2023 H-1B open work permit.",
    ]
    assert "  program resting on it: h1b-open-work-permit-2023" in lines
    assert any(line.startswith("  evaluation case") for line in lines)
    assert lines[-1].startswith("0 removed, 1 reworded (1 with other numbers or dates), 0 added; to be read again: ")
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2026-11-01"])
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "no passage changed")
    done = CliRunner().invoke(main, ["corpus", "diff", str(old), str(new)])
    assert (done.exit_code, done.stdout.splitlines()[1]) == (1, "  numbers and dates: 10000 -> 12000")


def test_a_page_first_fetched_since_is_held_against_our_brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    briefs = {brief.source.id: brief for brief in load_briefs(load_registry())}
    text = "\n".join(section.text for section in briefs["ircc-h1b-manual"].sections)
    assert "10,000" in text
    seen(tmp_path, "ircc-h1b-manual", "# Open work permits\n## Details\n" + text, "2026-11-01")
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2026-10-31"])
    assert done.exit_code == 0
    assert "first fetched after 2026-10-31: ircc-h1b-manual\n" in done.output
    seen(tmp_path, "ircc-h1b-manual", "# Open work permits\n## Details\n" + text.replace("10,000", "12,345"), "2026-11-02")
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2026-10-31"])
    assert done.exit_code == 1
    assert "ircc-h1b-manual.md, line " in done.output
    assert re.search(r"to be read again: \d+ sections of briefs", done.output)


def test_since_a_day_of_which_a_build_is_kept_all_else_is_compared_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    build_index(tmp_path, [FEE, CAP, replace(CAP, id="owp#page", text="A page says this.", origin="page")], WordLengths())
    build_index(tmp_path, [DEARER, CAP], WordLengths())
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2999-01-01"])
    assert (done.exit_code, done.stdout) == (0, "no passage changed\n")  # the live build was live then
    first, live = sorted((tmp_path / "index").glob("*/manifest.json"))
    first.write_text(re.sub(r'"built": "[^"]*"', '"built": "2026-10-01T10:00:00"', first.read_text()))
    live.write_text(re.sub(r'"built": "[^"]*"', '"built": "2026-11-01T10:00:00"', live.read_text()))
    done = CliRunner().invoke(main, ["corpus", "diff", "--since", "2026-10-15"])
    assert done.stdout.splitlines()[:2] == ["reworded fees#permit", "  numbers and dates: CAN$155 -> CAN$185"]


def test_a_day_or_file_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    assert "give an ISO date such as" in CliRunner().invoke(main, ["corpus", "diff", "--since", "yesterday"]).output
    (tmp_path / "a.json").write_text("{}")
    done = CliRunner().invoke(main, ["corpus", "diff", str(tmp_path / "a.json"), str(tmp_path / "a.json")])
    assert (done.exit_code, "is no registered source; name a snapshot" in done.output) == (1, True)
