"""`northbound corpus check` names every planted error with its file and line, and finds nothing in the corpus we ship."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from corpus.check import check, stale
from corpus.registry import BUNDLED

TODAY = date(2026, 11, 22)

# Three sources, two of them with a brief, two programs, one correction: small enough to know every line.
SMALL = {
    "sources.toml": """\
[[source]]
id = "permits"
title = "Work permits"
publisher = "The office"
kind = "official"
url = "https://office.example/permits"
url_verified = true
published = "2026-01-05"
as_of = "2026-06-30"

[[source]]
id = "fees"
title = "Fees"
publisher = "The office"
kind = "official"
url = ""
url_verified = false
published = ""
as_of = "2026-06-30"

[[source]]
id = "paper"
title = "What a paper said"
publisher = "A paper"
kind = "news"
url = ""
url_verified = false
published = "2025"
as_of = "2025-12-31"
""",
    "programs.toml": """\
[[program]]
id = "open-permit"
name = "Open permit"
standing = "closed"
since = "2023-07-17"
as_of = "2026-06-30"
source = "permits"
aliases = ["the 10,000 permit"]
note = "The open permit closed on 17 July 2023, when 10,000 applications had been received."

[[program]]
id = "general"
name = "General questions"
standing = "open"
since = ""
as_of = "2026-06-30"
source = "fees"
aliases = ["move to canada"]
note = ""
""",
    "corrections.toml": """\
[[correction]]
id = "still-open"
program = "open-permit"
wrong = ["The open permit is still open."]
match = ['open permit (?:is|remains) (?:still )?open']
right = "The open permit closed on 17 July 2023."
since = "2023-07-17"
source = "permits"
as_of = "2026-06-30"
""",
    "glossary.toml": """\
[[term]]
long = "open work permit"
short = ["OWP"]
""",
    "briefs/permits.md": """\
---
source: permits
program: open-permit
language: en
as_of: 2026-06-30
---

# The open permit

## When did the open permit close?

asked: open permit closing date | is the open permit gone | owp ended when
until: 2023-07-17
sources: paper

The open permit closed on 17 July 2023, one day after the first application.
The limit of the open permit was 10,000 applications from principal applicants.

## What did the open permit cost?

asked: open permit price | fee for the open permit | owp cost

The open permit cost 155 Canadian dollars for each applicant, without any other charge.
""",
    "briefs/fees.md": """\
---
source: fees
program: general
language: en
as_of: 2026-06-30
---

# Fees

## What do biometrics cost?

asked: biometrics price | fingerprint fee canada | how much for biometrics

Biometrics for a Canadian permit cost 85 Canadian dollars for one person, as of 30 June 2026.
""",
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A corpus folder of the test's own."""
    (tmp_path / "briefs").mkdir()
    for name, text in SMALL.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def plant(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_the_bundled_corpus_is_in_order() -> None:
    assert check(BUNDLED, TODAY) == []


def test_a_corpus_without_errors_has_no_problems(small: Path) -> None:
    assert check(small, TODAY) == []


LONG = "The open permit " + "really " * 35 + "closed on 17 July 2023."  # 3 + 35 + 5 words
ASKED = "asked: open permit closing date | is the open permit gone | owp ended when"


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "what"),
    [
        # registries
        ("sources.toml", 'kind = "news"', 'kind = "rumour"', "sources.toml, line 21", "choose from official"),
        ("sources.toml", 'published = "2026-01-05"', 'published = "5 January 2026"', "sources.toml, line 1", "not an ISO date"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = "2025-02-30"', "sources.toml, line 21", "not an ISO date"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = ""', "sources.toml, line 21", "has no as_of"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = "2027-01-01"', "sources.toml, line 21", "after today"),
        ("sources.toml", '"https://office.example/permits"', '""', "sources.toml, line 1", "shown as a link"),
        ("sources.toml", 'id = "paper"', 'id = "fees"', "sources.toml, line 21", "stands twice"),
        ("programs.toml", 'standing = "closed"', 'standing = "shut"', "programs.toml, line 1", "choose from open, closed"),
        ("programs.toml", 'standing = "closed"\n', "", "programs.toml, line 1", "'standing' is missing"),
        ("programs.toml", 'since = "2023-07-17"', 'sinse = "2023-07-17"', "programs.toml, line 1", "'since' is missing"),
        ("programs.toml", 'note = ""', 'note = ""\nglanse = true', "programs.toml, line 11", "glanse"),
        ("programs.toml", '["the 10,000 permit"]', '"the 10,000 permit"', "programs.toml, line 1", "not a list"),
        ("programs.toml", 'source = "permits"', 'source = "nowhere"', "programs.toml, line 1", "no source 'nowhere'"),
        ("programs.toml", '["move to canada"]', '["The 10,000 permit"]', "programs.toml, line 11", "share the alias"),
        ("programs.toml", 'note = ""', 'note = "It is open."', "programs.toml, line 11", "name the subject"),
        ("corrections.toml", 'source = "permits"', 'source = "nowhere"', "corrections.toml, line 1", "no source 'nowhere'"),
        ("corrections.toml", "['open permit (?:is", "['open permit (?is", "corrections.toml, line 1", "does not compile"),
        ("corrections.toml", "['open permit (?:is", "['permit closed on', 'open (?:is", "permits.md, line 16", "still-open"),
        ("glossary.toml", 'long = "open work permit"', "", "glossary.toml, line 1", "'long' is missing"),
        # front matter and sections
        ("briefs/permits.md", "source: permits", "source: nowhere", "permits.md, line 2", "no source 'nowhere'"),
        ("briefs/permits.md", "source: permits", "sauce: permits", "permits.md, line 2", "expected one of"),
        ("briefs/permits.md", "program: open-permit", "program: shut-permit", "permits.md, line 10", "no program 'shut-permit'"),
        ("briefs/permits.md", "language: en", "language: xx", "permits.md, line 4", "choose from en, fr"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: June", "permits.md, line 5", "not an ISO date"),
        ("briefs/permits.md", "as_of: 2026-06-30\n", "", "permits.md, line 1", "lacks 'as_of'"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: 2026-12-24", "permits.md, line 10", "after today"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: 2026-07-01", "permits.md, line 10", "newer than 2026-06-30"),
        ("briefs/permits.md", "until: 2023-07-17", "until: 17 July 2023", "permits.md, line 13", "not an ISO date"),
        ("briefs/permits.md", "until: 2023", "from: 2023-08-01\nuntil: 2023", "permits.md, line 10", "must not be later"),
        ("briefs/permits.md", "sources: paper", "sources: paper, journal", "permits.md, line 10", "no source 'journal'"),
        ("briefs/permits.md", "sources: paper\n", "", "sources.toml, line 21", "nothing refers to it"),
        ("briefs/permits.md", ASKED, "asked: owp ended when | owp gone", "permits.md, line 10", "2 asked: variants"),
        ("briefs/permits.md", "owp cost", "Biometrics price?", "permits.md, line 19", "fees.md, line 10"),
        ("briefs/permits.md", "## What did the open permit cost?", "## When did the open permit close?", "permits.md, line 19", "line 10"),
        ("briefs/permits.md", ASKED, f"aksed: dates\n{ASKED}", "permits.md, line 12", "looks like the key 'aksed:'"),
        # sentences
        ("briefs/permits.md", "The limit of the open permit", "It had a limit that", "permits.md, line 17", "name the subject"),
        ("briefs/permits.md", "The open permit closed on 17 July 2023, one", f"{LONG} One", "permits.md, line 16", "43 words"),
        ("briefs/permits.md", "without any other charge", "see https://x.example", "permits.md, line 23", "addresses stand in"),
        ("briefs/permits.md", "155 Canadian dollars", "$155", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "155 Canadian dollars", "155 dollars", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "cost 155 Canadian dollars", "has a 155 fee", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "closed on 17 July 2023, one", "is still open, one", "permits.md, line 16", "correction still-open"),
    ],
)
def test_a_planted_error_is_found_with_its_file_and_line(small: Path, name: str, old: str, new: str, where: str, what: str) -> None:
    plant(small, name, old, new)
    found = check(small, TODAY)
    assert any(problem.startswith(f"{where}: ") and what in problem for problem in found), found


def test_a_section_that_does_not_fit_into_one_passage_is_found(small: Path) -> None:
    more = "\n".join(f"Applicant number {n} for the open permit waited for a letter from the office." for n in range(12))
    plant(small, "briefs/permits.md", "The limit of the open permit", f"{more}\nThe limit of the open permit")
    assert any("permits.md, line 10" in problem and "cut into 2 passages" in problem for problem in check(small, TODAY))


def test_a_passage_over_the_embedders_window_is_found(small: Path) -> None:
    codes = " ".join(str(code) for code in range(10_000_000, 10_000_090))  # 90 words, but three pieces each: 270
    plant(small, "briefs/permits.md", "The limit of the open permit", f"- {codes}\nThe limit of the open permit")
    assert any("over the embedder's window of 256" in problem for problem in check(small, TODAY))


def test_two_briefs_that_state_another_number_for_the_same_thing_are_both_named(small: Path) -> None:
    plant(
        small,
        "briefs/fees.md",
        "Biometrics for",
        "The open permit cost 165 Canadian dollars for each applicant, with no other charge.\nBiometrics for",
    )
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    (problem,) = check(small, TODAY)
    assert "fees.md, line 14" in problem
    assert "permits.md, line 23" in problem
    assert "differs in canadian dollars" in problem


def test_another_date_for_the_same_thing_is_a_disagreement(small: Path) -> None:
    closed = "The open permit closed on 18 July 2023, one day after the first application."
    plant(small, "briefs/fees.md", "Biometrics for", f"{closed}\nBiometrics for")
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    (problem,) = check(small, TODAY)
    assert "differs in the date" in problem
    assert "fees.md, line 14" in problem


def test_numbers_of_different_days_do_not_disagree(small: Path) -> None:
    plant(
        small,
        "briefs/fees.md",
        "Biometrics for",
        "Until 30 April 2024 the open permit had cost 165 Canadian dollars for each applicant.\nBiometrics for",
    )
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    assert check(small, TODAY) == []


def test_all_errors_of_a_corpus_are_reported_at_once(small: Path) -> None:
    plant(small, "briefs/permits.md", "until: 2023-07-17", "until: soon")
    plant(small, "briefs/permits.md", "language: en", "language: xx")
    plant(small, "briefs/fees.md", "85 Canadian dollars", "85 dollars")
    assert [problem.split(":")[0] for problem in check(small, TODAY)] == ["permits.md, line 4", "permits.md, line 13", "fees.md, line 14"]


def test_a_brief_that_cannot_be_read_is_one_problem_and_hides_no_other(small: Path) -> None:
    (small / "briefs" / "permits.md").write_bytes(b"---\nsource: permits\n\xff\n")
    plant(small, "briefs/fees.md", "85 Canadian dollars", "85 dollars")
    first, *others = check(small, TODAY)
    assert first.startswith("permits.md: not UTF-8")
    assert any(other.startswith("fees.md, line 14") for other in others)


def test_a_registry_that_is_not_toml_or_missing_is_named(small: Path) -> None:
    plant(small, "sources.toml", 'kind = "news"', "kind = news")
    assert check(small, TODAY)[0].startswith("sources.toml: not TOML")
    (small / "sources.toml").unlink()
    assert "missing" in check(small, TODAY)[0]


def test_programs_not_looked_at_for_long_are_warned_of_oldest_first(small: Path) -> None:
    plant(small, "programs.toml", 'as_of = "2026-06-30"\nsource = "permits"', 'as_of = "2026-01-01"\nsource = "permits"')
    assert stale(180, small, TODAY) == [  # 1 January to 22 November: 325 days
        "programs.toml, line 1: open-permit was last known 325 days ago, 2026-01-01; read permits again"
    ]
    assert [line.split()[3] for line in stale(100, small, TODAY)] == ["open-permit", "general"]
    assert stale(400, small, TODAY) == []
