"""Pages as sites make them: the content is kept whole, the site around it goes, and what belongs together stays together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from corpus.charsets import decode
from corpus.errors import CorpusError
from corpus.html import stated_date, to_markdown
from corpus.readers import read_file
from tests.conftest import ROOT
from tests.memory import peak

TITLE = "Fees and times for a work permit"
PARAGRAPHS = (
    "The fee for a work permit is 155 dollars for one person, and biometrics cost 85 dollars more when they are needed.",
    "The office decides on most applications within twelve weeks, but a missing letter makes it wait until the letter has come.",
    "A worker who changes employers has to apply again before the first day of the new post, unless the permit is an open one.",
    "Families may be named in the same form; each member pays the fee alone and gives fingerprints once in ten years.",
)
FAQ = (
    ("Do I need an offer of work?", "No offer is needed for the open permit, but the closed permit names an employer."),
    ("Can my children go to school?", "Yes, children of a permit holder may go to school without a study permit of their own."),
    ("How long is the permit valid?", "It is valid for three years at most, and never longer than the passport."),
)
SITE = (
    "Our services",
    "Why choose our firm",
    "We use cookies to make this site better for you.",
    "Post it to your friends",
    "News for you each week in one letter",
    "Ten best cities for newcomers",
    "Why your visa was refused and what to do",
    "© 2026 Permit Lawyers LLP",
    "Great article, thanks a lot for this!",
)
MENU = '<ul><li><a href="/s">Our services</a></li><li><a href="/a">Why choose our firm</a></li></ul>'
COOKIES = "<p>We use cookies to make this site better for you.</p><button>Accept</button>"
SHARE = '<div class="share"><a href="https://social.example">Post it to your friends</a></div>'
LETTER = "<form><label>News for you each week in one letter</label><input></form>"
RELATED = (
    '<h3>More posts</h3><ul><li><a href="/1">Ten best cities for newcomers</a></li>'
    '<li><a href="/2">Why your visa was refused and what to do</a></li></ul>'
)
COMMENTS = '<div id="comments"><p>Great article, thanks a lot for this!</p></div>'
FOOT = "<p>© 2026 Permit Lawyers LLP</p>"
FIRST, LAST = ("".join(f"<p>{p}</p>" for p in part) for part in (PARAGRAPHS[:2], PARAGRAPHS[2:]))


def government(inner: str) -> str:
    return (
        f'<div id="notice" class="cookie-notice">{COOKIES}</div><header><nav>{MENU}</nav></header><main><h1>{TITLE}</h1>{FIRST}'
        f"{inner}{LAST}</main><aside>{RELATED}</aside><footer>{FOOT}</footer>"
    )


def blog(inner: str) -> str:
    return (
        f'<div class="cookie-banner">{COOKIES}</div><div class="top-menu">{MENU}</div><div id="content"><h1>{TITLE}</h1>{SHARE}{FIRST}'
        f'{inner}{LAST}</div><div class="sidebar">{LETTER}{RELATED}</div>{COMMENTS}<div id="footer">{FOOT}</div>'
    )


def laid_out_with_tables(inner: str) -> str:
    return f'<table><tr><td width="150">{MENU}</td><td><h1>{TITLE}</h1>{FIRST}{inner}{LAST}</td></tr></table>'


def article(inner: str) -> str:
    return (
        f'<div class="menu">{MENU}</div><article><header><h1>{TITLE}</h1></header>{FIRST}{inner}{LAST}<footer>{SHARE}</footer></article>'
        f'<section class="related">{RELATED}</section>{COMMENTS}<footer>{FOOT}</footer>'
    )


def wrapped_in_a_form(inner: str) -> str:
    return f'<form id="page"><div class="menu">{MENU}</div><div id="content"><h1>{TITLE}</h1>{FIRST}{inner}{LAST}</div></form>'


LAYOUTS = (government, blog, laid_out_with_tables, article, wrapped_in_a_form)
QUESTIONS = {
    "details": "".join(f"<details><summary>{q}</summary><p>{a}</p></details>" for q, a in FAQ),
    "terms": "<dl>" + "".join(f"<dt>{q}</dt><dd>{a}</dd>" for q, a in FAQ) + "</dl>",
    "accordion": "".join(f'<h3><button aria-expanded="false">{q}</button></h3><div class="panel">{a}</div>' for q, a in FAQ),
    "buttons": "".join(f'<button aria-controls="p{n}">{q}</button><div id="p{n}"><p>{a}</p></div>' for n, (q, a) in enumerate(FAQ)),
    "bold": "".join(f"<p><strong>{q}</strong></p><p>{a}</p>" for q, a in FAQ),
    "one paragraph": "".join(f"<p><b>{q}</b><br>{a}</p>" for q, a in FAQ),
    "blocks": "".join(f'<div class="q"><span>{q}</span></div><div class="a">{a}</div>' for q, a in FAQ),
}


def saved(folder: Path, body: str, head: str = "") -> Path:
    path = folder / "page.html"
    path.write_text(f'<!DOCTYPE html><html lang="en"><head><title>{TITLE} | Permit Lawyers</title>{head}</head><body>{body}</body></html>')
    return path


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("questions", QUESTIONS)
def test_a_question_keeps_its_answer_the_content_is_whole_and_the_site_is_gone(tmp_path: Path, layout: object, questions: str) -> None:
    assert callable(layout)
    document = read_file(saved(tmp_path, layout(QUESTIONS[questions])))
    assert document.title == TITLE
    answers = {section.headings[-1]: section.text.split("\n")[0] for section in document.sections if section.headings}
    assert answers == dict(FAQ)
    text = "\n".join(section.text for section in document.sections)
    assert all(paragraph in text.split("\n") for paragraph in PARAGRAPHS)
    assert [line for line in SITE if line in text] == []


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_each_row_of_a_table_keeps_its_headers(tmp_path: Path, layout: object) -> None:
    assert callable(layout)
    table = (
        "<table><caption>Fees by person</caption><thead><tr><th>Person</th><th colspan=2>Cost</th></tr><tr><th></th><th>Fee</th>"
        "<th>Weeks</th></tr>"
        '</thead><tr><th scope="row">Adult</th><td rowspan=2>$155</td><td>12</td></tr><tr><th scope="row">Student</th><td>9</td></tr>'
        "<tr><td colspan=3>Under 18</td></tr><tr><td>Child</td><td>$100</td><td></td></tr></table>"
    )
    text = "\n".join(section.text for section in read_file(saved(tmp_path, layout(table))).sections)
    assert (
        "Fees by person:\n- Person: Adult; Cost Fee: $155; Cost Weeks: 12\n- Person: Student; Cost Fee: $155; Cost Weeks: 9\n"
        "Under 18:\n- Person: Child; Cost Fee: $100\n"
    ) in text


def test_a_table_without_headers_names_each_row_by_its_first_cell() -> None:
    html = f"<main>{FIRST}<table><tr><td>Fee</td><td>155 dollars</td></tr><tr><td>Time</td><td>twelve weeks</td></tr></table></main>"
    assert to_markdown(html)[0].endswith("- Fee: 155 dollars\n- Time: twelve weeks")


def test_nested_lists_stay_in_order_under_their_lead() -> None:
    html = (
        f"<main>{FIRST}<p>Bring these papers:<ul><li>a passport<ul><li><p>valid for a year</p></ul><li>two <b>photographs</b></ul></main>"
    )
    assert to_markdown(html)[0].endswith("Bring these papers:\n- a passport\n- valid for a year\n- two photographs")


def test_html_as_lines() -> None:
    html = """<html lang="fr-CA"><head><title>Site | Fees</title><style>p {}</style></head><body><header><h1>Site</h1></header>
    <p>Aside from the main part.</p><main><header><h1>Fees &amp; dates</h1></header><p>#1 What a <b>work</b> permit
    costs, in Canadian dollars, for one person who applies alone on paper:<ul><li><p>CAN$155<li>biometrics: CAN$85</ul>
    <table><tr><th>Who<th>Fee<tr><td>Adult<td>CAN$653.75</tr><tr><td><p>Child</p></td><td>CAN$100</td></tr></table>
    <form>Was this helpful?</form><h2>Paying</h2>By card.<script>let a = "<p>no</p>"</script></main>
    <footer>Contact</footer></body></html>"""
    assert to_markdown(html) == (
        "# Fees & dates\n1 What a work permit costs, in Canadian dollars, for one person who applies alone on paper:\n- CAN$155\n"
        "- biometrics: CAN$85\n- Who: Adult; Fee: CAN$653.75\n- Who: Child; Fee: CAN$100\n## Paying\nBy card.",
        "fr",
    )


def test_the_date_that_a_page_states_for_machines_is_its_date(tmp_path: Path) -> None:
    head = '<meta property="article:published_time" content="2025-11-04T10:00:00Z">'
    assert read_file(saved(tmp_path, blog(""), head)).source.published == "2025-11-04"
    assert stated_date('<meta name="dcterms.issued" content="soon">') == ""


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + PARAGRAPHS[0],
        "<ul><li>" * 5_000 + PARAGRAPHS[0],
        "<table><tr><td>" * 3_000 + PARAGRAPHS[0],
        "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + f">{PARAGRAPHS[0]}</p>",
        f"<table><tr><td rowspan=99999 colspan=99999>x<td>y</table><p>{PARAGRAPHS[0]}",
        f'<?xml version="1.0" encoding="latin-1"?><html><body><p>{PARAGRAPHS[0]}',
        f"\x00<p>{PARAGRAPHS[0]}\udc80</p>",
    ],
    ids=["deep", "deep lists", "deep tables", "attributes", "spans", "declaration", "no characters"],
)
def test_a_page_made_to_stall_a_reader_is_read_all_the_same(html: str) -> None:
    assert PARAGRAPHS[0] in to_markdown(html)[0]


@pytest.mark.parametrize("html", ["", "<!-- nothing -->", "<script>1</script>"])
def test_a_page_without_text_has_no_lines(html: str) -> None:
    assert to_markdown(html) == ("", "en")


def test_charsets() -> None:
    assert decode(b'<meta charset="windows-1251">\xcf\xf0') == '<meta charset="windows-1251">Пр'
    assert decode("Québec".encode("utf-16")) == "Québec"
    assert decode("Québec".encode(), "no-such-charset") == "Québec"
    assert decode("Québec".encode("cp1252")) == "Québec"


def test_text_named_html_is_not_taken_for_a_page(tmp_path: Path) -> None:
    path = tmp_path / "notes.html"
    path.write_text("The permit closed in 2023.")
    with pytest.raises(CorpusError, match="holds no HTML; rename it to notes.txt"):
        read_file(path)


def test_a_large_page_is_read_in_a_fraction_of_a_gigabyte(tmp_path: Path) -> None:
    path = saved(tmp_path, "<main>" + "".join(f"<p>Rule {n}. {PARAGRAPHS[n % 4]}</p>" for n in range(20_000)) + "</main>")
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(path)!r}))") < 500_000_000


def test_answering_and_help_load_no_reader_s_library() -> None:
    script = "import sys, bot.cli, bot.chain, bot.documents; print([m for m in sys.modules if m.partition('.')[0] in sys.argv[1:]])"
    libraries = "trafilatura lxml pypdf docx py3langid defusedxml justext httpcore".split()
    done = subprocess.run([sys.executable, "-c", script, *libraries], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
