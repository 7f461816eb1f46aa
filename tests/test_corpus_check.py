"""`northbound corpus check` names every planted error with its file and line, and finds nothing in the corpus we ship."""

from __future__ import annotations

import random
import re
import shutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.chain import Bot
from bot.cli import main
from corpus.check import Problem, check, counts, drafts, stale
from corpus.figures import numbers
from corpus.registry import BUNDLED, load_briefs, load_registry

TODAY = date(2026, 11, 22)
LAST_READ = date(2026, 11, 27)  # of the corpus we ship

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
url = "https://office.example/fees"
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
wrong = ["The open permit is still open.", "The open permit remains open.", "since the open permit is open, how do I apply"]
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
    "disagreements.toml": "",
    "splits.toml": "",
    "addresses.toml": """\
[seen]
"https://office.example/permits" = "read"
""",
    "figures.toml": """\
[[figure]]
id = "open-permit-fee"
about = "what the open permit cost"
programs = ["open-permit"]
values = ["155"]
unit = "Canadian dollars"
source = "permits"
as_of = "2026-06-30"
match = ['open permit cost <n> canadian']

[[figure]]
id = "biometrics-fee"
about = "the biometrics fee"
near = 'biometrics'
values = ["85"]
unit = "Canadian dollars"
source = "fees"
as_of = "2026-06-30"
match = ['biometrics … cost <n> canadian']
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


def found(folder: Path) -> list[str]:
    return [str(problem) for problem in check(folder, TODAY)]


# --- the corpus we ship


def test_the_bundled_corpus_is_in_order() -> None:
    assert [str(problem) for problem in check(BUNDLED, LAST_READ)] == []


def test_the_bundled_corpus_is_as_large_as_promised() -> None:
    registry = load_registry()
    documents = load_briefs(registry)
    sections = [section for document in documents for section in document.sections]
    assert len(registry.sources) >= 120
    assert len(registry.programs) >= 45
    assert len(registry.corrections) >= 40
    assert len(sections) >= 400
    assert sum(len(section.asked) for section in sections) >= 3000
    assert sum(section.unknown for section in sections) >= 60


def test_no_program_of_the_bundled_corpus_is_older_than_three_years() -> None:
    assert [str(problem) for problem in stale(3 * 365, BUNDLED, TODAY) if problem.kind == "program"] == []


# --- a small corpus, one error each


def test_a_corpus_without_errors_has_no_problems(small: Path) -> None:
    assert found(small) == []


LONG = "The open permit " + "really " * 35 + "closed on 17 July 2023."  # 3 + 35 + 5 words
ASKED = "asked: open permit closing date | is the open permit gone | owp ended when"


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "what"),
    [
        # registries
        ("sources.toml", 'kind = "news"', 'kind = "rumour"', "sources.toml, line 21", "choose from official"),
        ("sources.toml", 'published = "2026-01-05"', 'published = "5 January 2026"', "sources.toml, line 1", "not an ISO date"),
        ("sources.toml", 'published = "2026-01-05"', 'published = "2026-07-01"', "sources.toml, line 1", "after it was last known"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = "2025-02-30"', "sources.toml, line 21", "not an ISO date"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = ""', "sources.toml, line 21", "has no as_of"),
        ("sources.toml", 'as_of = "2025-12-31"', 'as_of = "2027-01-01"', "sources.toml, line 21", "after today"),
        ("sources.toml", '"https://office.example/permits"', '""', "sources.toml, line 1", "shown as a link"),
        ("sources.toml", '"https://office.example/permits"', '"office.example"', "sources.toml, line 1", "shown as a link"),
        ("sources.toml", 'fees"\nurl_verified = false', 'fees"\nurl_verified = true', "sources.toml, line 11", "not in addresses.toml"),
        ("sources.toml", "example/fees", "example/permits", "sources.toml, line 11", "only one of them is verified"),
        ("sources.toml", 'url = ""', 'url = "a paper"', "sources.toml, line 21", "is no address"),
        ("sources.toml", 'publisher = "A paper"', 'publisher = ""', "sources.toml, line 21", "no publisher"),
        ("sources.toml", 'id = "paper"', 'id = "fees"', "sources.toml, line 21", "stands twice"),
        ("programs.toml", 'standing = "closed"', 'standing = "shut"', "programs.toml, line 1", "choose from open, closed"),
        ("programs.toml", 'standing = "closed"', 'standing = "open"', "programs.toml, line 1", "its note tells otherwise"),
        ("programs.toml", 'standing = "closed"', 'standing = "proposed"', "programs.toml, line 1", "its note tells otherwise"),
        ("programs.toml", 'standing = "closed"\n', "", "programs.toml, line 1", "'standing' is missing"),
        ("programs.toml", 'since = "2023-07-17"', 'since = "2023-07-18"', "programs.toml, line 1", "does not name that day"),
        ("programs.toml", 'since = "2023-07-17"', 'since = "2026-07-17"', "programs.toml, line 1", "after it was last known"),
        ("programs.toml", 'since = "2023-07-17"', 'since = ""', "programs.toml, line 1", "'since' is empty"),
        ("programs.toml", 'since = "2023-07-17"', 'sinse = "2023-07-17"', "programs.toml, line 1", "'since' is missing"),
        ("programs.toml", 'note = ""', 'note = ""\nglanse = true', "programs.toml, line 11", "glanse"),
        ("programs.toml", 'note = ""', 'note = ""\nreplaced_by = "none"', "programs.toml, line 11", "is no program"),
        ("programs.toml", 'note = ""', 'note = ""\nreplaced_by = "general"', "programs.toml, line 11", "replaced by itself"),
        ("programs.toml", 'note = ""', 'note = ""\nreplaced_by = "open-permit"', "programs.toml, line 11", "is open, but replaced_by"),
        ("programs.toml", '["the 10,000 permit"]', '"the 10,000 permit"', "programs.toml, line 1", "not a list"),
        ("programs.toml", 'source = "permits"', 'source = "nowhere"', "programs.toml, line 1", "no source 'nowhere'"),
        ("programs.toml", '["move to canada"]', '["The 10,000 permit"]', "programs.toml, line 11", "share the alias"),
        ("programs.toml", '["move to canada"]', '["OPEN-permit"]', "programs.toml, line 11", "share the alias"),
        ("programs.toml", '["move to canada"]', '["move", "Move"]', "programs.toml, line 11", "2 times"),
        ("programs.toml", 'note = ""', 'note = "It is open."', "programs.toml, line 19", "name the subject"),
        ("corrections.toml", 'source = "permits"', 'source = "nowhere"', "corrections.toml, line 1", "no source 'nowhere'"),
        ("corrections.toml", "['open permit (?:is", "['open permit (?is", "corrections.toml, line 1", "does not compile"),
        ("corrections.toml", "['open permit (?:is", "['permit closed on', 'open (?:is", "permits.md, line 16", "still-open"),
        ("corrections.toml", "['open permit (?:is|remains) (?:still )?open']", "['shut']", "corrections.toml, line 1", "matches any of"),
        ("corrections.toml", "still )?open']", "still )?open', 'qwerty uiop']", "corrections.toml, line 1", "has the word 'qwerty'"),
        ("corrections.toml", '"The open permit remains open.", ', "", "corrections.toml, line 1", "2 wrong statements"),
        ("corrections.toml", "The open permit remains open.", "the open permit is STILL open", "corrections.toml, line 1", "twice"),
        ("corrections.toml", "17 July 2023.", "17 July 2022.", "corrections.toml, line 6", "stands nowhere else"),
        ("glossary.toml", 'long = "open work permit"', "", "glossary.toml, line 1", "'long' is missing"),
        ("glossary.toml", "[[term]]", '[[term]]\nlong = "a"\nshort = ["owp"]\n[[term]]', "glossary.toml, line 4", "share the short form"),
        ("addresses.toml", "[seen]", "[sean]", "addresses.toml", "cannot be read"),
        # figures
        ("figures.toml", 'source = "permits"', 'source = "nowhere"', "figures.toml, line 1", "no source 'nowhere'"),
        ("figures.toml", 'programs = ["open-permit"]', 'programs = ["shut"]', "figures.toml, line 1", "no program 'shut'"),
        ("figures.toml", 'id = "biometrics-fee"', 'id = "open-permit-fee"', "figures.toml, line 11", "stands twice"),
        ("figures.toml", "open permit cost <n> canadian", "open permit cost", "figures.toml, line 1", "has no slot"),
        ("figures.toml", "open permit cost <n> canadian", "open (permit cost <n>", "figures.toml, line 1", "does not compile"),
        ("figures.toml", 'values = ["155"]', 'values = "155"', "figures.toml, line 1", "not a list"),
        ("figures.toml", 'values = ["155"]', "", "figures.toml, line 1", "either values or rows"),
        ("figures.toml", 'values = ["155"]', 'values = ["165"]', "permits.md, line 23", "open-permit-fee"),
        ("figures.toml", 'as_of = "2026-06-30"\nmatch = [\'open', "match = ['open", "figures.toml, line 1", "'as_of' is missing"),
        # front matter and sections
        ("briefs/permits.md", "source: permits", "source: nowhere", "permits.md, line 2", "no source 'nowhere'"),
        ("briefs/permits.md", "source: permits", "sauce: permits", "permits.md, line 2", "expected one of"),
        ("briefs/permits.md", "program: open-permit", "program: shut-permit", "permits.md, line 10", "no program 'shut-permit'"),
        ("briefs/permits.md", "language: en", "language: xx", "permits.md, line 4", "choose from en, fr"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: June", "permits.md, line 5", "not an ISO date"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: 2026-13-01", "permits.md, line 5", "not an ISO date"),
        ("briefs/permits.md", "as_of: 2026-06-30\n", "", "permits.md, line 1", "lacks 'as_of'"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: 2026-12-24", "permits.md, line 10", "after today"),
        ("briefs/permits.md", "as_of: 2026-06-30", "as_of: 2026-07-01", "permits.md, line 10", "newer than 2026-06-30"),
        ("briefs/permits.md", "until: 2023-07-17", "until: 17 July 2023", "permits.md, line 13", "not an ISO date"),
        ("briefs/permits.md", "until: 2023", "from: 2023-08-01\nuntil: 2023", "permits.md, line 10", "must not be later"),
        ("briefs/permits.md", "until: 2023-07-17", "until: 2022-03-09", "permits.md, line 13", "no sentence of the brief"),
        ("briefs/permits.md", "until: 2023", "until: 2023-07-17\nuntil: 2023", "permits.md, line 14", "stands twice in the section"),
        ("briefs/permits.md", "until: 2023-07-17", "unknown: maybe", "permits.md, line 13", "write yes or no"),
        ("briefs/permits.md", "until: 2023-07-17", "from:", "permits.md, line 13", "from: is empty"),
        ("briefs/permits.md", "sources: paper", "sources: paper, journal", "permits.md, line 10", "no source 'journal'"),
        ("briefs/permits.md", "sources: paper", "sources: paper, permits", "permits.md, line 10", "own source"),
        ("briefs/permits.md", "sources: paper\n", "", "sources.toml, line 21", "nothing refers to it"),
        ("briefs/permits.md", ASKED, "asked: owp ended when | owp gone", "permits.md, line 10", "2 asked: variants"),
        ("briefs/permits.md", "owp cost", "~owp cost", "permits.md, line 19", "no yes or no to leave out"),
        ("briefs/permits.md", "owp cost", "Biometrics price?", "permits.md, line 19", "fees.md, line 10"),
        ("briefs/permits.md", "owp cost", "OWP cost | owp-cost", "permits.md, line 19", "asked twice in this section"),
        ("briefs/permits.md", "## What did the open permit cost?", "## When did the open permit close?", "permits.md, line 19", "line 10"),
        ("briefs/permits.md", "## What did the open permit cost?", "## When did the Open Permit close", "permits.md, line 19", "line 10"),
        ("briefs/permits.md", ASKED, f"aksed: dates\n{ASKED}", "permits.md, line 12", "looks like the key 'aksed:'"),
        (
            "briefs/permits.md",
            "any other charge.",
            "any other charge.\nAs_of: 2026-06-30",
            "permits.md, line 24",
            "put the key right under",
        ),
        ("briefs/permits.md", "any other charge.", "any other charge.\nTwo things count:", "permits.md, line 24", "leads to no list"),
        ("briefs/permits.md", "any other charge.", "any other charge.\n- A passport.", "permits.md, line 24", "has no lead-in"),
        ("briefs/permits.md", "any other charge.", "any other charge.\n| a | b |", "permits.md, line 24", "no list of ours"),
        ("briefs/permits.md", "until: 2023-07-17", "unknown: yes", "permits.md, line 10", "known unknown without a publisher"),
        # sentences
        ("briefs/permits.md", "The limit of the open permit", "It had a limit that", "permits.md, line 17", "name the subject"),
        ("briefs/permits.md", "The open permit closed on 17 July 2023, one", f"{LONG} One", "permits.md, line 16", "43 words"),
        ("briefs/permits.md", "without any other charge", "see https://x.example", "permits.md, line 23", "addresses stand in"),
        ("briefs/permits.md", "without any other charge", "see [the page](x)", "permits.md, line 23", "addresses stand in"),
        ("briefs/permits.md", "without any other charge", "see canada.ca/fees", "permits.md, line 23", "addresses stand in"),
        ("briefs/permits.md", "155 Canadian dollars", "$155", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "155 Canadian dollars", "155 dollars", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "cost 155 Canadian dollars", "has a 155 fee", "permits.md, line 23", "names no currency"),
        ("briefs/permits.md", "cost 155 Canadian dollars", "was paid with 155", "permits.md, line 23", "stands nowhere else"),
        ("briefs/permits.md", "closed on 17 July 2023, one", "is still open, one", "permits.md, line 16", "correction still-open"),
        ("briefs/permits.md", "one day after the first", "one day after the the first", "permits.md, line 16", "take one word out"),
        ("briefs/permits.md", "without any other charge", "as charged currently", "permits.md, line 23", "without a date"),
        (
            "briefs/permits.md",
            "without any other charge",
            "as in the Galactic Talent Stream",
            "permits.md, line 23",
            "no program has that name",
        ),
        ("briefs/permits.md", "17 July 2023, one", "31 June 2023, one", "permits.md, line 16", "no date that can be"),
        ("briefs/permits.md", "17 July 2023, one", "17 July 2203, one", "permits.md, line 16", "no date that can be"),
        ("briefs/permits.md", "17 July 2023, one", "17 July 2021, one", "permits.md, line 16", "stands nowhere else"),
        ("briefs/permits.md", "was 10,000 applications", "was 11,000 applications", "permits.md, line 17", "stands nowhere else"),
        ("briefs/permits.md", "155 Canadian dollars for", "165 Canadian dollars for", "permits.md, line 23", "open-permit-fee"),
        ("briefs/permits.md", "without any other charge", "for TEER 1 or 6 jobs", "permits.md, line 23", "no level"),
        ("briefs/permits.md", "any other charge", "change from 2024 to 2022", "permits.md, line 23", "ends before it begins"),
        ("briefs/permits.md", "any other charge", "change in 2023 and 2023", "permits.md, line 23", "names one thing twice"),
        ("briefs/permits.md", "When did the open permit close?", "Did the open permit close in 2021?", "permits.md, line 10", "'2021'"),
    ],
)
def test_a_planted_error_is_found_with_its_file_and_line(small: Path, name: str, old: str, new: str, where: str, what: str) -> None:
    plant(small, name, old, new)
    problems = found(small)
    assert any(problem.startswith(f"{where}: ") and what in problem for problem in problems), problems


def test_a_section_that_does_not_fit_into_one_passage_is_found(small: Path) -> None:
    more = "\n".join(f"Applicant number {n} for the open permit waited for a letter from the office." for n in range(12))
    plant(small, "briefs/permits.md", "The limit of the open permit", f"{more}\nThe limit of the open permit")
    assert any("permits.md, line 10" in problem and "cut into 2 passages" in problem for problem in found(small))


def test_a_passage_over_the_embedders_window_is_found(small: Path) -> None:
    codes = " ".join(str(code) for code in range(10_000_000, 10_000_090))  # 90 words, but more than two pieces each
    plant(small, "briefs/permits.md", "The limit of the open permit", f"Codes:\n- {codes}\nThe limit of the open permit")
    assert any("over the embedder's window of 256" in problem for problem in found(small))


def test_a_known_unknown_says_when_it_was_looked_for(small: Path) -> None:
    unknown = (
        "## Will the permit come back?\n\nasked: a | b | c\nunknown: yes\n\nNo page says whether the permit comes back.\n\n## What did"
    )
    plant(small, "briefs/permits.md", "## What did", unknown)
    assert found(small) == [
        "permits.md, line 19: 'Will the permit come back?' is a known unknown without a date; "
        "say until when it was looked for, or when it was last spoken of"
    ]


def test_two_briefs_that_state_another_number_for_the_same_thing_are_both_named(small: Path) -> None:
    plant(small, "figures.toml", 'values = ["155"]', 'values = ["155", "165"]')
    other = "The open permit cost 165 Canadian dollars for each applicant, with no other charge."
    plant(small, "briefs/fees.md", "Biometrics for", f"{other}\nBiometrics for")
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    (problem,) = found(small)
    assert "fees.md, line 14" in problem
    assert "permits.md, line 23" in problem
    assert "differs in canadian dollars" in problem


def test_a_registered_disagreement_is_no_disagreement(small: Path) -> None:
    plant(small, "figures.toml", 'values = ["155"]', 'values = ["155", "165"]')
    other = "The open permit cost 165 Canadian dollars for each applicant, with no other charge."
    plant(small, "briefs/fees.md", "Biometrics for", f"{other}\nBiometrics for")
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    head = """\
[[disagreement]]
id = "cost"
program = "open-permit"
about = "the cost"
asked = ["a", "b", "c"]
because = "The office decides."
"""
    value = """
[[disagreement.value]]
source = "{source}"
as_of = "2026-06-30"
says = "By one page it was {cost} Canadian dollars."
match = ["cost {cost}"]
"""
    values = value.format(source="permits", cost=155) + value.format(source="fees", cost=165)
    (small / "disagreements.toml").write_text(head + values, encoding="utf-8")
    assert found(small) == []


def test_the_note_of_an_earlier_standing_names_the_day_of_that_standing(small: Path) -> None:
    note = "The open permit was announced on 27 June 2023."
    history = f'history = [{{ standing = "announced", since = "2023-05-01", note = "{note}" }}]'
    plant(small, "programs.toml", 'aliases = ["the 10,000 permit"]', f'aliases = ["the 10,000 permit"]\n{history}')
    (problem,) = found(small)
    assert problem.startswith("programs.toml, line 1: open-permit was announced since 1 May 2023, but the note of that time")


def test_the_sides_of_a_disagreement_can_be_told_apart(small: Path) -> None:
    text = """\
[[disagreement]]
id = "cost"
program = "open-permit"
about = "the cost"
asked = ["a", "b"]
because = "The office decides."

[[disagreement.value]]
source = "permits"
as_of = "2026-06-30"
says = "By the office it was 155 Canadian dollars."
match = ["155"]

[[disagreement.value]]
source = "fees"
as_of = "2026-06-30"
says = "By the fee page it was 155 Canadian dollars."
match = ["165"]
"""
    (small / "disagreements.toml").write_text(text, encoding="utf-8")
    assert found(small) == [
        "disagreements.toml, line 1: cost has 2 asked variants; write at least 3",
        "disagreements.toml, line 1: cost: what fees says matches the pattern of permits; correct one of them",
    ]


def test_another_date_for_the_same_thing_is_a_disagreement(small: Path) -> None:
    closed = "The open permit closed on 18 July 2023, one day after the first application."
    plant(small, "briefs/fees.md", "Biometrics for", f"{closed}\nThe office named 18 July 2023.\nBiometrics for")
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    (problem,) = found(small)
    assert "differs in the date" in problem
    assert "fees.md, line 14" in problem


def test_numbers_of_different_days_do_not_disagree(small: Path) -> None:
    plant(small, "figures.toml", 'values = ["155"]', 'values = ["155", "165", "2024-04-30"]')
    other = "Until 30 April 2024 the open permit had cost 165 Canadian dollars for each applicant."
    plant(small, "briefs/fees.md", "Biometrics for", f"{other}\nOn 30 April 2024 that changed.\nBiometrics for")
    plant(small, "briefs/fees.md", "program: general", "program: open-permit")
    assert found(small) == []


def test_a_number_that_differs_from_the_usual_wording_is_odd(small: Path) -> None:
    usual = [f"{who} could stay for up to 6 months in Canada." for who in ("Visitors", "Spouses", "Parents")]
    odd = "Students could stay for up to 8 months in Canada."
    plant(small, "briefs/permits.md", "The limit of the", "\n".join((*usual, odd, "The limit of the")))
    plant(small, "figures.toml", 'values = ["155"]', 'values = ["155", "8"]')  # registered, so that it is not taken for a slip anyway
    (problem,) = found(small)
    assert problem.startswith("permits.md, line 20: ")
    assert "has '8', but '6' where 3 other sentences have the same words" in problem


def test_all_errors_of_a_corpus_are_reported_at_once_by_file_and_line(small: Path) -> None:
    plant(small, "briefs/permits.md", "until: 2023-07-17", "until: soon")
    plant(small, "briefs/permits.md", "language: en", "language: xx")
    plant(small, "briefs/fees.md", "85 Canadian dollars", "85 dollars")
    problems = check(small, TODAY)
    where = [(problem.file, problem.line) for problem in problems]
    assert where == sorted(where)
    assert {("fees.md", 14), ("permits.md", 4), ("permits.md", 13)} <= set(where)
    assert "2 format" in counts(problems)


def test_a_brief_that_cannot_be_read_is_one_problem_and_hides_no_other(small: Path) -> None:
    (small / "briefs" / "permits.md").write_bytes(b"---\nsource: permits\n\xff\n")
    plant(small, "briefs/fees.md", "85 Canadian dollars", "85 dollars")
    problems = found(small)
    assert any(problem.startswith("permits.md: not UTF-8") for problem in problems)
    assert any(problem.startswith("fees.md, line 14") for problem in problems)


def test_a_brief_under_another_name_and_a_file_that_is_no_brief_are_named(small: Path) -> None:
    (small / "briefs" / "fees.md").rename(small / "briefs" / "charges.md")
    (small / "briefs" / "notes.txt").write_text("later", encoding="utf-8")
    problems = found(small)
    assert "charges.md, line 2: is about 'fees'; name the file fees.md" in problems
    assert "notes.txt: is no brief; a brief is a .md file named after its source" in problems


def test_a_brief_that_was_deleted_is_missed(small: Path) -> None:
    (small / "briefs" / "fees.md").unlink()
    assert "sources.toml, line 11: fees has no brief, but a figure rests on it; write briefs/fees.md" in found(small)


@pytest.mark.parametrize("name", [f"{table}.toml" for table in "sources programs corrections glossary disagreements splits".split()])
def test_a_registry_that_is_not_toml_or_missing_is_named(small: Path, name: str) -> None:
    (small / name).write_text("[[x\n", encoding="utf-8")
    assert found(small)[0].startswith(f"{name}: not TOML")
    (small / name).unlink()
    assert "missing" in found(small)[0]


def test_drafts_are_entries_that_make_the_check_pass(small: Path) -> None:
    plant(small, "briefs/permits.md", "any other charge.", "any other charge.\nThe open permit office had 37 officers on 3 May 2023.")
    assert len(found(small)) == 2
    with (small / "figures.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(drafts(small)))
    assert found(small) == []


def test_programs_not_looked_at_for_long_are_warned_of_oldest_first_then_briefs(small: Path) -> None:
    plant(small, "programs.toml", 'as_of = "2026-06-30"\nsource = "permits"', 'as_of = "2026-01-01"\nsource = "permits"')
    assert [str(problem) for problem in stale(180, small, TODAY)] == [  # 1 January to 22 November: 325 days
        "programs.toml, line 1: open-permit was last known 325 days ago, 2026-01-01; read permits again"
    ]
    assert [(problem.file, problem.line) for problem in stale(100, small, TODAY)] == [
        ("programs.toml", 1),
        ("programs.toml", 11),
        ("fees.md", 10),
        ("permits.md", 10),
    ]
    assert "2 of 2 sections were last known over 100 days ago, the oldest 2026-06-30" in str(stale(100, small, TODAY)[3])
    assert stale(400, small, TODAY) == []


def test_the_command_warns_of_what_is_stale_and_with_strict_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.check.check", cache(check))  # what it finds is the same the second time, and takes long
    assert CliRunner().invoke(main, ["corpus", "check", "--stale-after", "soon"]).exit_code != 0
    warned = CliRunner().invoke(main, ["corpus", "check", "--stale-after", "9d"])
    assert warned.exit_code == 0, warned.output
    assert "warning: programs.toml, line" in warned.output
    assert CliRunner().invoke(main, ["corpus", "check", "--stale-after", "9d", "--strict"]).exit_code != 0


# --- the corpus we ship, with errors planted in it


@dataclass(frozen=True)
class Planted:
    """An error in a copy of the bundled corpus: `old` is a pattern, its first match becomes `new`.

    `at` is where the check names it: the "line" of the change, the "heading" above it, or the "entry" of the registry it stands in.
    """

    file: str
    old: str
    new: str
    what: str
    at: str = "line"

    def __str__(self) -> str:
        return f"{self.file.removeprefix('briefs/')}: {self.new[:40]}"


def fee(file: str, before: str, old: str, new: str, what: str) -> Planted:
    """A value in a sentence of a brief that is changed; what stands before it is a pattern."""
    return Planted(f"briefs/{file}.md", f"({before}){re.escape(old)}", rf"\g<1>{new}", what)


CORRECT = "correct "  # every problem with a number ends with what to correct
PLANTED = [
    # amounts and thresholds
    fee("ircc-fees", "A Canadian work permit costs ", "155", "165", CORRECT),
    fee("ircc-biometrics", "application cost ", "85", "95", CORRECT),
    fee("ircc-pr-fee-notice-2026", "permanent residence fee: from 575 to ", "600", "650", CORRECT),
    fee("ircc-ee-funds", "Settlement funds for 4 people: ", "28,362", "28,632", CORRECT),
    fee("ircc-crs", "CRS at age 35: 77 without a spouse, ", "70", "17", CORRECT),
    fee("ircc-ee-rounds", "STEM round of 8 December 2023: 5,900 invitations, cut-off ", "481", "418", CORRECT),
    fee("uscis-termination", "Up to ", "60 consecutive", "90 consecutive", CORRECT),
    fee("esdc-gts", "LMIA costs ", "1,000", "10,000", CORRECT),
    fee("ircc-fowp-2025", "must also have at least ", "16", "18", CORRECT),
    fee("ircc-levels-2026", "(?m:^)", "380,000 a year", "308,000 a year", CORRECT),
    fee("ircc-h1b-manual", "after it opened, when ", "10,000", "100,000", CORRECT),
    fee("aaip-tech", "CRS score of at least ", "300", "350", CORRECT),
    fee("ircc-citizenship", "citizenship after ", "1,095", "1,059", CORRECT),
    fee("ircc-pr-status", "resident needs ", "730", "750", CORRECT),
    fee("uscis-cap", "(?m:^)", "85,000 a year", "58,000 a year", CORRECT),
    fee("ircc-pgwp", "Within ", "180 days", "90 days", CORRECT),
    fee("ircc-super-visa", "insurance with at least ", "100,000", "10,000", CORRECT),
    fee("ircc-ee-language", "CLB 8: listening ", "7.5", "7.0", CORRECT),
    fee("ircc-fsw-factors", "Federal Skilled Worker points for 4 to 5 years: ", "13", "31", CORRECT),
    fee("ircc-ee-categories", r"cybersecurity specialists \(NOC ", "21220", "21202", "noc-codes"),
    fee("ircc-cusma-2024", "(?m:^- )", "T36 for", "T46 for", CORRECT),
    fee("welcomebc-pnp", "may nominate ", "5,254", "5,245", CORRECT),
    # days and years
    fee("ircc-extend-work", "renewal by ", "16 December 2026", "16 December 2025", CORRECT),
    fee("ircc-h1b-owp", "principal applicants on ", "17 July 2023", "18 July 2023", CORRECT),
    fee("pathtopr-crs", "CRS tables after ", "25 March 2025", "25 May 2025", CORRECT),
    fee("cbsa-flagpole-2024", "work and study permits on ", "23 December 2024", "23 December 2025", CORRECT),
    fee("ircc-suv", "Start-up Visa applications on ", "31 December 2025", "31 December 2026", CORRECT),
    fee("mltaikins-owp-2025", "open work permits since ", "21 January 2025", "12 January 2025", CORRECT),
    fee("ircc-ee-apply", "60 days since ", "26 June 2018", "26 July 2018", CORRECT),
    fee("budget-2025", "Budget of ", "4 November 2025", "14 November 2025", CORRECT),
    fee("ircc-h1b-notice-2024", "(?i:notice) of ", "18 March 2024", "18 March 2023", CORRECT),
    fee("article-004", "Some|The ", "2023 H-1B open work permit", "2022 H-1B open work permit", CORRECT),
    fee("cicc-register", r"for Canada, as of ", "30 June 2026", "31 June 2026", "no date that can be"),
    fee("ircc-accounts", r"fits an application, as of 30 June ", "2026", "2206", "no date that can be"),
    Planted("briefs/article-001.md", "from 22 March 2024 to 22 March 2026", "from 22 March 2027 to 22 March 2026", "before it begins"),
    Planted("briefs/ircc-cec.md", "TEER 0 or 1 jobs", "TEER 0 or 7 jobs", "no level"),
    # registries
    Planted("programs.toml", r"(Biometrics for a Canadian application cost )85", r"\g<1>58", "biometrics-fee"),
    Planted("corrections.toml", r"(losing an H-1B job is up to )60", r"\g<1>16", "grace-days"),
    Planted("programs.toml", r'(id = "quebec-ai-it-pilot"[^[]*?since = )"2026-01-01"', r'\1"2025-01-01"', "name that day", "entry"),
    Planted("programs.toml", r'(id = "flagpoling"[^[]*?standing = )"closed"', r'\1"open"', "its note tells otherwise", "entry"),
    Planted("programs.toml", r'(id = "start-up-visa"[^[]*?since = )"2025-12-31"', r'\1"2026-12-31"', "after it was last known", "entry"),
    Planted("programs.toml", r'(id = "fees"[^[]*?aliases = \[)', r'\1"EXPRESS-entry", ', "share the alias", "entry"),
    Planted("programs.toml", r'(id = "bc-pnp-tech-draws"[^[]*?replaced_by = )"[^"]*"', r'\1"bc-pnp-tech-draws"', "by itself", "entry"),
    Planted("sources.toml", r'(id = "irpa"[^[]*?as_of = )"[^"]*"', r'\1"2031-01-01"', "after today", "entry"),
    Planted("sources.toml", r'(id = "irpr"[^[]*?as_of = )"[^"]*"', r'\1""', "has no as_of", "entry"),
    Planted("sources.toml", r'(id = "ohip"[^[]*?publisher = )"[^"]*"', r'\1""', "has no publisher", "entry"),
    Planted("sources.toml", r'(url = "http[^"]*"\nurl_verified = )false', r"\1true", "is not in addresses.toml", "entry"),
    Planted("sources.toml", r'(id = "ircc-fees"[^[]*?url = )"[^"]*"', r'\1"not seen"', "'not seen'", "entry"),
    Planted("glossary.toml", r'short = \["PGWP"', 'short = ["BOWP"', "share the short form", "entry"),
    Planted("figures.toml", r'(id = "crs-sibling"(?:.|\n)*?source = )"ircc-crs"', r'\1"nowhere"', "no source", "entry"),
    Planted("corrections.toml", r"(id = \"gts-ten-day-permit\"[^[]*?wrong = \[)[^]]*\]", r'\1"a"]', "1 wrong statements", "entry"),
    # sections
    Planted("briefs/bc-msp.md", r"(?s)(## [^\n]*)(.*?)\n## [^\n]*", r"\1\2\n\1", "stands on line", "heading"),
    Planted("briefs/ssa-canada.md", "asked: ", "asked: alberta pnp allocation 2026 | ", "is asked in aaip-processing.md", "heading"),
    Planted("briefs/esdc-sin.md", r"asked: ([^|\n]*) \| ", r"asked: \1 | \1 | ", "asked twice in this section", "heading"),
    Planted("briefs/dos-visa-bulletin.md", r"(?:asked: [^\n]*\n)+", "asked: eb2 india | eb3 india\n", "2 asked: variants", "heading"),
    Planted("briefs/ircc-medical.md", r"sources: ", r"sources: gone-2026, ", "no source 'gone-2026'", "heading"),
    Planted("briefs/ircc-police.md", r"(asked: [^\n]*)", r"\1\nas_of: 2031-05-05", "after today", "heading"),
    Planted("briefs/ircc-processing.md", r"(asked: [^\n]*)", r"\1\nuntil: 2019-02-03", "no sentence of the brief"),
    Planted("briefs/ircc-reps.md", r"(asked: [^\n]*)", r"\1\nfrom: 2026-05-05\nuntil: 2026-04-04", "must not be later", "heading"),
    Planted("briefs/ircc-minor-study.md", r"(asked: [^\n]*)", r"\1\nunknown: maybe", "write yes or no"),
    Planted(
        "briefs/ircc-nomad.md", r"(?s)(unknown: yes.*?\n\n).*?(\n\n##|\Z)", r"\1Nobody knows that.\2", "unknown without a date", "heading"
    ),
    Planted(
        "briefs/ircc-pgp.md", r"(?s)(unknown: yes.*?\n\n).*?(\n\n##|\Z)", r"\1In 2026 nobody knows.\2", "without a publisher", "heading"
    ),
    Planted("briefs/sinp.md", r"\.\n\n## ", ".\nasked: sinp\n\n## ", "put the key right under"),
    Planted("briefs/cra-newcomers.md", r"\.\n\n## ", ".\nThree things count for tax:\n\n## ", "leads to no list"),
    Planted("briefs/ns-immigration.md", r"\.\n\n## ", ".\n- A job in Halifax.\n\n## ", "has no lead-in"),
    Planted("briefs/myvisaprompts-health.md", r"\.\n\n## ", ".\n| wait | place |\n\n## ", "no list of ours"),
    Planted(
        "briefs/ircc-ee-eca.md",
        r"\.\n\n## ",
        ".\n" + "The assessment takes a while in most of the cases that we saw.\n" * 13 + "\n## ",
        "passages",
        "heading",
    ),
    # sentences
    Planted("briefs/ircc-bowp.md", r"\.\n\n## ", ".\nThis permit is for workers.\n\n## ", "opens with 'This'"),
    Planted("briefs/ircc-franco-2023.md", r"\.\n\n## ", ".\nFrancophone Mobility " + "also " * 40 + "helps.\n\n## ", "43 words"),
    Planted("briefs/ircc-ict-2024.md", r"\.\n\n## ", ".\nIRCC's page is at www.canada.ca/ict today.\n\n## ", "addresses stand in"),
    Planted("briefs/ircc-fraud.md", r"\.\n\n## ", ".\nA false promise cost $500.\n\n## ", "names no currency"),
    Planted("briefs/ircc-employer-compliance.md", r"230 Canadian dollars", "230", "stands nowhere else"),
    Planted("briefs/ircc-pnp-ee.md", r"\.\n\n## ", ".\nProvinces currently choose by points.\n\n## ", "without a date"),
    Planted(
        "briefs/ircc-public-policies.md",
        r"\.\n\n## ",
        ".\nThe Galactic Talent Stream is another policy.\n\n## ",
        "no program has that name",
    ),
    Planted("briefs/ircc-entry-req.md", r"\.\n\n## ", ".\nThe border is is open at night.\n\n## ", "take one word out"),
    Planted("briefs/qp-tts-2023.md", r"\.\n\n## ", ".\nThe 2023 open work permit for H-1B holders is still open.\n\n## ", "calls wrong"),
    # briefs
    Planted("briefs/lf4i-mass-2026.md", r"as_of: \d{4}-\d\d-\d\d", "as_of: 2026-13-01", "not an ISO date"),
    Planted("briefs/ndcal-gnf-order.md", r"program: [\w-]+", "program: us-200k-payment", "no program 'us-200k-payment'", "first heading"),
    Planted("briefs/ca1-mullin-order.md", r"language: en", "language: english", "choose from en, fr"),
    Planted("briefs/eig-impact-2025.md", r"\A---\n", "***\n", "starts with '---'"),
    Planted("briefs/peak-2025.md", r"source: ", "sauce: ", "expected one of"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[Planted, int], list[Problem]]:
    """The line on which each error must be found, and what the check finds. All stand in one copy: a check reads everything anyway, and
    it must find each of them beside the others."""
    folder = copied(tmp_path_factory)
    lines: dict[Planted, int] = {}
    for file in {error.file for error in PLANTED}:
        text = (folder / file).read_text(encoding="utf-8")
        changes: list[tuple[re.Match[str], Planted]] = []
        for error in PLANTED:
            if error.file == file and (changed := re.search(error.old, text)):
                changes.append((changed, error))
        changes.sort(key=lambda change: change[0].start())
        after, last = "", 0
        begins: list[tuple[int, Planted]] = []
        for changed, error in changes:
            assert changed.start() >= last, f"{error} overlaps the one before it"
            new = changed.expand(error.new)
            same = next(
                (n for n, (old, now) in enumerate(zip(changed[0], new, strict=False)) if old != now), min(len(changed[0]), len(new))
            )
            after += text[last : changed.start()]
            begins.append((len(after) + same + (new[same : same + 1] == "\n"), error))
            after, last = after + new, changed.end()
        after += text[last:]
        (folder / file).write_text(after, encoding="utf-8")
        for begin, error in begins:
            lines[error] = named(after.split("\n"), after.count("\n", 0, begin) + 1, error.at)
    return lines, check(folder, TODAY)


def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundled") / "corpus"
    shutil.copytree(BUNDLED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def named(lines: list[str], line: int, at: str) -> int:
    """The line that the check names for an error on `line`: its own, that of the heading or entry above it, or of the first heading."""
    if at == "line":
        return line
    if at == "first heading":
        return next(number for number, text in enumerate(lines, 1) if text.startswith("## "))
    return next(number for number in range(line, 0, -1) if lines[number - 1].startswith("## " if at == "heading" else "[["))


@pytest.mark.parametrize("error", PLANTED, ids=str)
def test_an_error_planted_in_the_bundled_corpus_is_found(error: Planted, planted: tuple[dict[Planted, int], list[Problem]]) -> None:
    lines, problems = planted
    assert error in lines, f"nothing in {error.file} matches {error.old!r}: plant it elsewhere"
    where = f"{Path(error.file).name}, line {lines[error]}: "
    there = [str(problem) for problem in problems if problem.file == Path(error.file).name]
    assert any(problem.startswith(where) and error.what in problem for problem in there), (where, there)


def test_most_random_changes_of_a_number_or_a_day_are_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One number of one sentence changed in each of many briefs. Measured on 600 such changes: more than 80 of 100 are found."""
    folder = copied(tmp_path_factory)
    chance = random.Random(7)
    changed: dict[str, int] = {}
    for path in sorted((folder / "briefs").glob("*.md")):
        lines = path.read_text(encoding="utf-8").split("\n")
        body = [n for n, line in enumerate(lines) if numbers(line) and not re.match(r"\w+:|#|---", line)]
        if not body:
            continue
        at = chance.choice(body)
        value = chance.choice(list(re.finditer(r"(?<![\w.,/-])\d+(?:,\d{3})*(?![\w%/]|[.,]\d)", lines[at])) or [None])
        if value is None:
            continue
        other = (
            f"{int(value[0].replace(',', '')) + chance.choice((1, 2, 10)):,}"
            if "," in value[0]
            else str(int(value[0]) + chance.choice((1, 2)))
        )
        lines[at] = lines[at][: value.start()] + other + lines[at][value.end() :]
        path.write_text("\n".join(lines), encoding="utf-8")
        changed[path.name] = at + 1
    problems = check(folder, TODAY)
    hit = sum(any(problem.file == file and problem.line == line for problem in problems) for file, line in changed.items())
    assert len(changed) >= 100
    assert hit >= 0.7 * len(changed), f"{hit} of {len(changed)}"


def test_a_subject_is_neither_open_nor_closed(bot: Bot) -> None:
    answer = bot.answer("How much are biometrics?")
    assert answer.status == "answered" and answer.programs == () and {c.standing for c in answer.citations} == {""}
    assert [p.standing for p in bot.answer("Is the Start-up Visa work permit open?").programs][:1] == ["closed"]
