"""Briefs and users' files become documents; documents become passages with stable ids; passages become sentences that can be quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.briefs import read_brief
from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.model import Document, Passage, Section, Source, is_date
from corpus.passages import PROSE_WORDS, passages, slugify
from corpus.readers import READERS, Described, read_file, read_markdown, read_text
from corpus.sentences import leans, spans

OFFICE = Source("office", "Permits", "The office", "official", as_of="2026-06-30")

BRIEF = """\
---
source: office
program: open-permit
as_of: 2026-06-30
---

# Permits

## Is the open permit closed?

asked: open permit status | owp closed?
asked: ~can i still get the open permit
as_of: 2026-02-12
from: 2023-07-17
unknown: yes
program: other-permit
sources: paper, journal

Yes: the open permit closed on 17 July 2023.
The limits of the open permit were:
- 10,000 applications
- three years

## What does the permit cost?

The permit costs 155 Canadian dollars.
"""


def brief(folder: Path, text: str) -> Document:
    path = folder / "office.md"
    path.write_text(text, encoding="utf-8")
    return read_brief(path, {"office": OFFICE}, {"open-permit", "other-permit", "general"})


def as_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans(text)]


# --- briefs


def test_a_brief_becomes_sections_with_what_stands_under_their_headings(tmp_path: Path) -> None:
    document = brief(tmp_path, BRIEF)
    first, second = document.sections
    assert (document.source, document.title, document.language, document.origin) == (OFFICE, "Permits", "en", "brief")
    assert first.headings == ("Is the open permit closed?",)
    assert first.line == 9
    assert first.asked == ("open permit status", "owp closed?", "can i still get the open permit")
    assert first.no_verdict == ("can i still get the open permit",)
    assert (first.as_of, first.valid_from, first.valid_until) == ("2026-02-12", "2023-07-17", "")
    assert first.unknown
    assert first.program == "other-permit"
    assert first.sources == ("paper", "journal")
    assert first.text.startswith("Yes: the open permit closed")
    assert first.text.endswith("- three years")
    assert (second.program, second.as_of, second.unknown, second.asked) == ("open-permit", "2026-06-30", False, ())


def test_a_deeper_heading_keeps_the_one_above_it(tmp_path: Path) -> None:
    document = brief(tmp_path, BRIEF.replace("## What does", "### What does"))
    assert document.sections[1].headings == ("Is the open permit closed?", "What does the permit cost?")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\nsource", "source", "office.md, line 1: a brief starts with '---'"),
        ("as_of: 2026-06-30\n---", "as_of: 2026-06-30", "has no closing"),
        ("# Permits", "Permits", "needs one '# title'"),
        ("The permit costs 155 Canadian dollars.", "", "office.md, line 24: the section 'What does the permit cost?' has no text"),
        ("from: 2023-07-17", "from: 2023-7-17", "office.md, line 14: from '2023-7-17' is not an ISO date"),
    ],
)
def test_a_brief_that_is_not_as_the_format_says_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(CorpusError) as refused:
        brief(tmp_path, BRIEF.replace(old, new, 1))
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["", "2026", "2026-02", "2024-02-29"])
def test_dates_may_be_whole_short_or_unknown(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13", "20260101", "May 2026", "2026-1-1", None])
def test_what_is_no_date_is_none(text: object) -> None:
    assert not is_date(text)


# --- what is not content


@pytest.mark.parametrize(
    "line",
    [
        "Home",
        "Menu",
        "Sign In",
        "Log in to your account",
        "Subscribe to our newsletter",
        "Advertisement",
        "Share this article",
        "Skip to main content",
        "© 2026 The Paper",
        "By Ada Lovelace",
        "4 min read",
        "Book a free consultation with our lawyers",
        "You may pre-qualify for a program.",
        "See also Express Entry",
        "Read more: ten tips",
        "This site uses cookies: accept all cookies",
        "Ada is a reporter. Follow her on Twitter: @ada",
        "Check the status of your application",
        "Receive automatic case updates by email or text",
    ],
)
def test_lines_that_belong_to_the_site_are_removed(line: str) -> None:
    closed, cost = "The permit closed in 2023.", "The fee was 155 dollars."
    assert clean(f"{closed}\n\n{line}\n\n{cost}") == f"{closed}\n\n{cost}"


@pytest.mark.parametrize(
    "line",
    [
        "Home ownership is not proof of residence.",
        "By 17 July 2023 the limit was reached.",
        "Search for a job in Canada before you apply, because most streams need an offer.",
        "Print the letter and show it to the officer at the border.",
        "Sign the form and send it with the two photographs that the instructions ask for.",
        "See the officer's instructions, which say that status counts.",
        "Get a police certificate from each country.",
        "Get an educational credential assessment before you apply.",
        "If you do not have an account, create an account first, or ask the office to make one.",
        "Sign in to your account.",
        "Check the status of the form.",
        "By mail or by courier, to the office in Ottawa",
        "You may qualify for a longer stay.",
        "Find out if you need an appointment.",
        "This applies to you if you paid the fee, and",
        "Home Support Worker Pilot",
        "Related work experience",
    ],
)
def test_sentences_that_begin_like_a_menu_stay(line: str) -> None:
    assert clean(f"The permit closed in 2023.\n{line}") == f"The permit closed in 2023.\n{line}"


def test_a_doubled_paragraph_is_kept_once() -> None:
    lead = "The minister says the permits are part of the first strategy for tech workers."
    assert clean(f"{lead}\n\n{lead}\n\nThe permits closed on Monday.") == f"{lead}\n\nThe permits closed on Monday."


def test_a_list_keeps_its_items_and_a_later_section_its_sentence_though_they_stand_elsewhere_too() -> None:
    apply = "Apply at the ministry, and bring the letter."
    text = f"{apply}\nBring:\n- the form\n- a photo, or\nA child brings:\n- the form\n- a photo, or\nThen wait.\n{apply}"
    assert clean(text) == text


def test_captions_go_when_they_repeat_are_cut_off_or_open_a_longer_line() -> None:
    text = """\
permit options
The permit closed in 2023.
permit options
The lawyer says that the program is an
View the status of your file online
View the status of your file online with the number on your notice.
"""
    assert clean(text) == "The permit closed in 2023.\nView the status of your file online with the number on your notice."


def test_a_line_that_runs_on_into_boilerplate_goes_with_it() -> None:
    assert clean("The permit closed.\n\nThe Paper\ndoes not endorse these opinions.") == "The permit closed."


def test_a_link_inside_a_paragraph_is_taken_out_of_it() -> None:
    assert clean("The limit was 10,000. See also The new rules. Families did not count.") == "The limit was 10,000. Families did not count."


def test_windows_line_ends_and_hard_spaces_are_made_plain() -> None:
    assert clean("The\u00a0fee is  155.\r\nThe rest\u200b follows.") == "The fee is 155.\nThe rest follows."


# --- readers


def test_plain_text_becomes_sections_under_its_short_lines() -> None:
    title, sections = read_text(
        """\
Work permits for engineers

The office issues permits.

Who may apply

Engineers with an offer may apply.
They apply online.
"""
    )
    assert title == "Work permits for engineers"
    assert [(s.headings, s.text) for s in sections] == [
        ((), "The office issues permits."),
        (("Who may apply",), "Engineers with an offer may apply.\nThey apply online."),
    ]


def test_the_questions_of_an_faq_keep_their_answers() -> None:
    _, sections = read_text(
        """\
The office answers what people ask about the permit, in short.

Frequently Asked Questions

Do I need an offer?

No offer is needed for the open permit.

Can my family come?

Yes, with applications of their own.
"""
    )
    assert [(s.headings, s.text) for s in sections[1:]] == [
        (("Do I need an offer?",), "No offer is needed for the open permit."),
        (("Can my family come?",), "Yes, with applications of their own."),
    ]


def test_a_list_stays_with_its_lead_in() -> None:
    _, sections = read_text("The rules of the permit are short.\nA worker should:\n- gather papers\n- watch the news\n")
    (passage,) = passages([Document(OFFICE, "Permits", "en", "file", tuple(sections))])
    assert passage.text.endswith("A worker should:\n- gather papers\n- watch the news")
    assert [span.kind for span in spans(passage.text)] == ["sentence", "lead", "item", "item"]


def test_a_line_that_opens_a_list_without_a_colon_stays_with_it_too() -> None:
    _, (section,) = read_markdown("To be eligible, you must\n\n- have status\n- live here\n")
    (passage,) = passages([Document(OFFICE, "Permits", "en", "file", (section,))])
    assert passage.text == "To be eligible, you must:\n- have status\n- live here"


def test_markdown_that_a_person_wrapped_and_marked_up_is_read_as_it_is_meant() -> None:
    title, sections = read_markdown(
        """\
My permits
==========

This paragraph was wrapped by hand at about seventy columns, as many
people do, and its sentence goes on over the lines until it ends.

| Person | Fee |
|--------|----:|
| Adult  | $155 |

**Do I need an offer?**
No, not for the open one.

<details><summary>Can my <b>family</b> come?</summary>
Yes, each with a form.
</details>

Q: How long is it valid?
A: Three years at most.

Q2. Is it open? A: No, it closed.

Fees
----
- gather papers that are
  needed
""",
        by_hand=True,
    )
    assert title == "My permits"
    assert [(s.headings, s.text) for s in sections] == [
        (
            (),
            "This paragraph was wrapped by hand at about seventy columns, as many people do, and its sentence goes on over the lines until "
            "it ends.\n- Person: Adult; Fee: $155",
        ),
        (("Do I need an offer?",), "No, not for the open one."),
        (("Can my family come?",), "Yes, each with a form."),
        (("How long is it valid?",), "Three years at most."),
        (("Is it open?",), "No, it closed."),
        (("Fees",), "- gather papers that are needed"),
    ]


def test_questions_and_answers_marked_by_letters_are_pairs_in_plain_text_too() -> None:
    title, sections = read_text("Permit notes\n\nQ: How long is it valid?\nA: Three years at most.\n\nQ2. Is it open? A: No, it closed.\n")
    assert title == "Permit notes"
    assert [(s.headings, s.text) for s in sections] == [
        (("How long is it valid?",), "Three years at most."),
        (("Is it open?",), "No, it closed."),
    ]


def test_markdown_keeps_the_path_of_its_headings_and_loses_its_marks() -> None:
    title, sections = read_markdown(
        """\
---
layout: page
---
# Permits

The **open** permit has [closed](https://office.example/closed).

## Fees

### Biometrics

![a form](form.png)
Biometrics cost `85` dollars.
"""
    )
    assert title == "Permits"
    assert [(s.headings, s.text) for s in sections] == [
        ((), "The open permit has closed."),
        (("Fees", "Biometrics"), "Biometrics cost 85 dollars."),
    ]


def test_a_file_is_described_by_the_user_or_by_itself(tmp_path: Path) -> None:
    path = as_file(tmp_path, "My Notes.txt", "Permits in short\n\nWed., July 19, 2023\n\nThe open permit closed on Monday evening.\n")
    own = read_file(path).source
    assert (own.id, own.title, own.publisher, own.kind, own.published) == (
        "my-notes",
        "Permits in short",
        "My Notes.txt",
        "document",
        "2023-07-19",
    )
    assert own.link == ""
    given = read_file(path, Described("notes", "The notes", "Me", "news", "https://me.example/notes", "2023-07-20")).source
    assert (given.id, given.title, given.publisher, given.kind, given.published) == ("notes", "The notes", "Me", "news", "2023-07-20")
    assert given.link == "https://me.example/notes"


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes("\ufeffThe permit closed in July 2023, and nobody can apply for it now.\n".encode())
    assert read_file(path).sections[0].text.startswith("The permit")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\n\t\n", "empty"),
        ("menu.txt", b"Home\nMenu\nSign In\n", "no content left"),
        ("picture.txt", b"\x89PNG\r\n\x00\x00\x00", "is a picture; run OCR first"),
        ("program.txt", b"\x7fELF\x00\x00", "zero bytes"),
        ("latin.txt", "Le Québec décide seul de ses travailleurs.".encode("latin-1"), "not UTF-8 (byte 5)"),
        ("table.xlsx", b"PK\x03\x04", "no reader for '.xlsx'"),
        ("noname", b"The permit closed.", "no reader for 'a file without suffix'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name_and_reason(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorpusError) as refused:
        read_file(path)
    assert name in str(refused.value)
    assert message in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file"):
        read_file(tmp_path / "gone.txt")
    with pytest.raises(CorpusError, match="is a folder"):
        read_file(tmp_path)


def test_the_message_about_a_suffix_names_every_reader(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as refused:
        read_file(as_file(tmp_path, "notes.rtf", "{}"))
    assert all(suffix in str(refused.value) for suffix in READERS)


# --- passages


def ids(*sections: Section) -> list[str]:
    return [passage.id for passage in passages([Document(OFFICE, "Permits", "en", "file", sections)])]


def test_ids_come_from_source_and_heading_and_stay_when_text_or_order_changes() -> None:
    fee, who = Section(("What is the fee?",), "The fee is 155 dollars."), Section(("Who may apply?",), "Engineers may.")
    assert ids(fee, who) == ["office#what-is-the-fee", "office#who-may-apply"]
    assert ids(who, Section(fee.headings, "The fee is 165 dollars.")) == ["office#who-may-apply", "office#what-is-the-fee"]


def test_sections_of_one_heading_and_sections_without_are_numbered() -> None:
    fee = Section(("Fee",), "One.")
    assert ids(fee, Section((), "Two."), fee) == ["office#fee", "office#permits", "office#fee-2"]


def test_an_accented_heading_gives_a_plain_id() -> None:
    assert slugify("Où habiter à Montréal?") == "ou-habiter-a-montreal"
    assert len(slugify("word " * 40)) <= 60


def test_a_long_section_is_cut_between_paragraphs_and_nothing_is_lost() -> None:
    paragraphs = [f"Paragraph {n} says " + "something more " * 10 for n in range(8)]  # 3 + 20 words each: two fit into 60
    cut = passages([Document(OFFICE, "Permits", "en", "file", (Section(("Long",), "\n".join(paragraphs)),))])
    assert [passage.position for passage in cut] == [0, 1, 2, 3]
    assert all(len(passage.text.split()) <= PROSE_WORDS for passage in cut)
    assert "\n".join(passage.text for passage in cut) == "\n".join(paragraphs)


def test_a_long_list_repeats_its_lead_in_in_each_piece() -> None:
    items = "\n".join(f"- item {n} with seven more words in all here" for n in range(30))
    cut = passages([Document(OFFICE, "Permits", "en", "file", (Section(("List",), f"The list:\n{items}"),))])
    assert len(cut) > 1
    assert all(passage.text.startswith("The list:\n- item") for passage in cut)


def test_a_passage_carries_what_its_section_knows(tmp_path: Path) -> None:
    first, second = passages([brief(tmp_path, BRIEF)])
    assert isinstance(first, Passage)
    assert (first.heading, first.program, first.as_of, first.unknown) == ("Is the open permit closed?", "other-permit", "2026-02-12", True)
    assert first.corroborated_by == ("paper", "journal")
    assert (second.position, second.origin, second.kind) == (1, "brief", "section")


# --- sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. visa is valid. The U.K. one is not.", ["The U.S. visa is valid.", "The U.K. one is not."]),
        ("He works in the U.S. The permit is Canadian.", ["He works in the U.S.", "The permit is Canadian."]),
        ("Form No. 5710 costs nothing. Mr. Fraser said so.", ["Form No. 5710 costs nothing.", "Mr. Fraser said so."]),
        ("On Wed. 19 July 2023 it closed. On Dec. 16 it opens.", ["On Wed. 19 July 2023 it closed.", "On Dec. 16 it opens."]),
        ("The fee is 401.25 dollars. It rose.", ["The fee is 401.25 dollars.", "It rose."]),
        ("It ends at 11:59 p.m. on Monday. Then it is over.", ["It ends at 11:59 p.m. on Monday.", "Then it is over."]),
        ("“We knew.” The limit was hit.", ["“We knew.”", "The limit was hit."]),
        ("Is it open? No! It closed.", ["Is it open?", "No!", "It closed."]),
        ("A list, e.g. of papers, is enough. Send it.", ["A list, e.g. of papers, is enough.", "Send it."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("", []),
    ],
)
def test_text_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_lists_are_cut_into_a_lead_and_whole_items() -> None:
    text = "Bring these. The papers are:\n- a passport. It must be valid.\n2. two photographs\n* a form"
    assert [(text[s.start : s.end], s.kind) for s in spans(text)] == [
        ("Bring these.", "sentence"),
        ("The papers are:", "lead"),
        ("a passport. It must be valid.", "item"),
        ("two photographs", "item"),
        ("a form", "item"),
    ]


def test_every_span_is_a_substring_in_order_without_space_around_it() -> None:
    text = "  The fee is 155.  It rose… \n\n- one \n-  two. And more.\n\tLast line (really).  "
    found = spans(text)
    assert all(text[s.start : s.end] == text[s.start : s.end].strip() != "" for s in found)
    assert all(before.end <= after.start for before, after in zip(found, found[1:], strict=False))
    kept = "".join(text[s.start : s.end] for s in found)
    assert sorted(kept.replace(" ", "")) == sorted(text.replace("- ", "").replace(" ", "").replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize("sentence", ["It closed.", "They apply online.", "However, it closed.", "“This is new.”", "Such permits end."])
def test_a_sentence_that_points_back_leans(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize("sentence", ["The permit closed.", "Items are listed.", "Sonia applied.", "IRCC closed it."])
def test_a_sentence_that_names_its_subject_does_not_lean(sentence: str) -> None:
    assert not leans(sentence)
