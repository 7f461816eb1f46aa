"""A page and our brief of it as one document: what the page says, it says; what it leaves out stays ours; what it denies is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.documents import whole_corpus
from bot.settings import Settings
from corpus.merge import Merged, merged
from corpus.model import Document, Section, Source
from corpus.pages import Snapshot, keep
from corpus.passages import passages
from corpus.registry import load_registry
from corpus.text import read_markdown

IRCC = Source("fees", "Fees", "IRCC", "official", "https://fees.example/fees", True, as_of="2026-11-20")

PERMIT = Section(
    ("How much does a work permit cost?",),
    "A work permit costs 155 Canadian dollars for one person, as of 1 March 2026.",
    line=9,
    asked=("wp fee", "price of work permit"),
    program="work-permit",
    as_of="2026-03-01",
)
RESTORE = Section(
    ("How much does restoration cost?",),
    "Restoration of status costs 246.25 Canadian dollars for one person.\nRestoration is asked for within 90 days.",
    line=15,
    asked=("restore status fee",),
    as_of="2026-03-01",
)
REFUND = Section(("Is the fee paid back?",), "Nobody gets a fee back after a refusal.", line=21, asked=("refund",), as_of="2026-03-01")
BRIEF = Document(replace(IRCC, as_of="2026-03-01"), "What IRCC charges", "en", "brief", (PERMIT, RESTORE, REFUND))

PAGE = """# Fees
## Temporary residents
- Application: Work permit for one person; Fee: $155.00
- Application: Biometrics for one person; Fee: $85.00
## Restore your status
You can ask for restoration of your status within 90 days of losing it. It costs $246.25 for one person.
## Paying
Pay with a credit card when you apply online."""


def page(text: str = PAGE) -> Document:
    title, sections = read_markdown(text)
    return Document(IRCC, title, "en", "page", tuple(sections))


def said(one: Merged) -> list[tuple[str, str]]:
    """Whose words each passage of the document holds, and how it opens."""
    return [(p.origin, " ".join(p.text.split()[:4])) for p in passages([one.document])]


def test_the_page_speaks_with_the_questions_of_the_brief_and_the_brief_where_the_page_is_silent() -> None:
    one = merged(BRIEF, page(PAGE.replace("155.00", "155").replace("85.00", "85")))
    assert one.withdrawn == ()
    assert said(one) == [
        ("page", "- Application: Work permit"),
        ("page", "You can ask for"),
        ("page", "Pay with a credit"),
        ("brief", "Nobody gets a fee"),
    ]
    fees, restore, paying, refund = passages([one.document])
    assert fees.asked == ("How much does a work permit cost?", "wp fee", "price of work permit")
    assert (fees.headings, fees.program, fees.as_of) == (("Temporary residents",), "work-permit", "2026-11-20")
    assert restore.asked == ("How much does restoration cost?", "restore status fee")
    assert paying.asked == ()
    assert (refund.asked, refund.as_of, refund.headings) == (("refund",), "2026-03-01", ("Is the fee paid back?",))


def test_cents_that_are_none_are_no_other_amount() -> None:
    assert merged(BRIEF, page()).withdrawn == ()
    assert said(merged(BRIEF, page())) == said(merged(BRIEF, page(PAGE.replace("155.00", "155").replace("85.00", "85"))))


def test_a_section_that_the_page_contradicts_is_withdrawn_and_its_questions_lead_to_the_page() -> None:
    one = merged(BRIEF, page(PAGE.replace("155.00", "185.00")))
    (gone,) = one.withdrawn
    assert str(gone) == (
        "fees.md, line 9: withdrawn: 'How much does a work permit cost?' says: A work permit costs 155 Canadian dollars for one person, "
        "as of 1 March 2026. But the page now says: Application: Work permit for one person; Fee: $185.00"
    )
    assert not any("155" in p.text for p in passages([one.document]))
    assert passages([one.document])[0].asked == ("How much does a work permit cost?", "wp fee", "price of work permit")


def test_a_section_goes_whole_when_one_of_its_sentences_is_contradicted() -> None:
    one = merged(BRIEF, page(PAGE.replace("within 90 days", "within 60 days")))
    assert [w.heading for w in one.withdrawn] == ["How much does restoration cost?"]
    assert [p.origin for p in passages([one.document])] == ["page", "page", "page", "brief"]


def test_of_a_section_that_the_page_holds_in_part_the_rest_stays_without_the_questions() -> None:
    whole = "You can ask for restoration of your status within 90 days of losing it. It"
    one = merged(BRIEF, page(PAGE.replace(whole, "Restoration of status")))
    assert one.withdrawn == ()
    (rest,) = (p for p in passages([one.document]) if p.origin == "brief" and "restoration" in p.headings[0])
    assert (rest.text, rest.asked) == ("Restoration is asked for within 90 days.", ())


def test_a_list_keeps_its_lead_for_what_is_left_of_it() -> None:
    listed = Section(
        ("What are the fees?",),
        "IRCC charges these fees:\n- Work permit for one person: 155 Canadian dollars.\n"
        "- Certified copy of a record: 30 Canadian dollars.\nOther fees:\n- Biometrics for one person: 85 Canadian dollars.",
    )
    one = merged(replace(BRIEF, sections=(listed,)), page())
    assert [p.text for p in passages([one.document]) if p.origin == "brief"] == [
        "IRCC charges these fees:\n- Certified copy of a record: 30 Canadian dollars."
    ]


def test_another_row_of_a_table_is_no_contradiction() -> None:
    rows = Section(("How much for 4 people?",), "Settlement funds for 4 people: 28,362 Canadian dollars.")
    table = page(
        "# Funds\n## Table\n- People: 2; Settlement funds: $19,001\n- People: 3; Settlement funds: $23,360\nThese are settlement funds."
    )
    one = merged(replace(BRIEF, sections=(rows,)), table)
    assert one.withdrawn == ()
    assert ("brief", "Settlement funds for 4") in said(one)


def test_another_date_of_the_same_permit_is_no_contradiction() -> None:
    told = Section(("When was it announced?",), "27 June 2023: the 2023 H-1B open work permit was announced.")
    last = "The last day on which IRCC takes an application to renew a 2023 H-1B open work permit is 16 March 2027."
    renewing = page(f"# Permits\n## Renewing\n{last}")
    assert merged(replace(BRIEF, sections=(told,)), renewing).withdrawn == ()


def test_our_own_day_of_reading_is_not_looked_for_on_the_page() -> None:
    seen = replace(PERMIT, text="A work permit costs 155 Canadian dollars for one person, as of the pages seen up to 7 October 2026.")
    assert [p.origin for p in passages([merged(replace(BRIEF, sections=(seen,)), page()).document])] == ["page", "page", "page"]


def test_what_an_earlier_wording_of_the_page_still_said_is_withdrawn() -> None:
    shorter = page(PAGE.replace(" It costs $246.25 for one person.", ""))
    assert [w.heading for w in merged(BRIEF, shorter).withdrawn] == []  # the page may never have said it
    (gone,) = merged(BRIEF, shorter, [page()]).withdrawn
    assert str(gone).endswith("says: Restoration of status costs 246.25 Canadian dollars for one person. But the page no longer does")


def test_a_page_in_another_language_leaves_the_brief_as_it_is() -> None:
    french = replace(page("# Frais\n## Résidents temporaires\nUn permis de travail coûte 155 $ pour une personne."), language="fr")
    one = merged(BRIEF, french)
    assert one.withdrawn == ()
    assert [s for s in one.document.sections if s.origin == "brief"] == [replace(s, origin="brief") for s in BRIEF.sections]


def test_a_passage_of_two_programs_is_about_neither_alone() -> None:
    other = replace(PERMIT, headings=("And for H-1B holders?",), program="h1b", asked=("h1b fee",))
    first, *_ = passages([merged(replace(BRIEF, sections=(PERMIT, other)), page()).document])
    assert (first.program, first.asked[-2:]) == ("general", ("And for H-1B holders?", "h1b fee"))


@pytest.mark.parametrize("times", [1, 40])
def test_cutting_the_page_again_changes_nothing(times: int) -> None:
    text = PAGE + "\n## Long\n" + "\n".join(f"Sentence number {n} of a long page says little." for n in range(times))
    assert [p.text for p in passages([merged(BRIEF, page(text)).document]) if p.origin == "page"] == [
        p.text for p in passages([page(text)])
    ]


def test_the_corpus_holds_the_page_beside_what_is_left_of_the_brief(tmp_path: Path) -> None:
    registry, settings = load_registry(), Settings(home=tmp_path)
    source = registry.sources["ircc-h1b-manual"]
    before = {d.source.id: d for d in whole_corpus(settings, registry)}
    text = (
        "# Open work permits\n## Fees\nThis page of a test says nothing that our brief does; it is only here to be long enough for a page."
    )
    made = Snapshot(source.link, source.link, "2026-11-22T10:00:00", "2026-11-22T10:00:00", "", "", "en", text)
    keep(settings.pages, source, made)
    after = {d.source.id: d for d in whole_corpus(settings, registry)}
    assert {i for i in after if after[i] != before[i]} == {"ircc-h1b-manual"}
    page_first, *brief = passages([after["ircc-h1b-manual"]])
    assert (page_first.origin, page_first.as_of) == ("page", "2026-11-22")
    assert [p.text for p in brief] == [p.text for p in passages([before["ircc-h1b-manual"]])]
    assert {p.origin for p in brief} == {"brief"}
    keep(settings.pages, registry.sources["ircc-h1b-owp"], made)  # of an address that is not this source's
    assert {d.source.id: d for d in whole_corpus(settings, registry)} == after
