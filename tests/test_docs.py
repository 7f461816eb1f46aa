"""What the documents tell people to type exists, and what they point at is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from bot.cli import main
from tests.conftest import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "eval").rglob("*.md"))]
PAGES += [page for name in ("CHANGELOG.md", "CONTRIBUTING.md", "bench/README.md") if (page := ROOT / name).exists()]

_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```|((?:^(?: {4}|\t)[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def typed(page: Path, program: str) -> list[str]:
    """The lines of a page's code that call the program, without a prompt, a path or what is piped after it."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _BLOCK.finditer(text) for line in (block[1] or block[2]).splitlines()]
    lines += [code for code in _INLINE.findall(_BLOCK.sub("", text)) if code.startswith(f"{program} ")]
    calls = (re.match(rf"\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?({program}\b.*)", line) for line in lines)
    return [re.split(r"\s(?:#|\||&&|>)", call[1])[0].strip() for call in calls if call]


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it: "ask", "corpus add"."""
    found: dict[str, click.Command] = {}

    def add(group: click.Group, before: str) -> None:
        for name, command in group.commands.items():
            found[f"{before}{name}"] = command
            if isinstance(command, click.Group):
                add(command, f"{before}{name} ")

    add(main, "")
    return found


def what_is_wrong(call: str) -> str:
    """Why a command line of ours cannot be typed, or ""."""
    words = shlex.split(call.replace("…", " ").replace("[", " ").replace("]", " "))[1:]
    known = commands()
    name = next((n for n in (" ".join(words[:3]), " ".join(words[:2]), *words[:1]) if n in known), None)
    if name is None:
        return "" if not words or words[0].startswith("-") else f"no command {' '.join(words[:2])!r}"
    command = known[name]
    depth = len(name.split())
    if isinstance(command, click.Group) and len(words) > depth and words[depth].isalpha():
        return f"no command {' '.join(words[: depth + 1])!r}"
    options = {form for parameter in command.params for form in parameter.opts} | {"--help", "-h"}
    absent = [word for word in words if word.startswith("--") and word.split("=")[0] not in options]
    return f"{name} has no {', '.join(absent)}" if absent else ""


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_readme_is_written_and_names_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert {"make run", "make test"} <= {" ".join(call.split()[:2]) for call in typed(README, "make")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_told_exists_with_its_options(page: Path) -> None:
    assert [(call, wrong) for call in typed(page, "northbound") if (wrong := what_is_wrong(call))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_told_exists(page: Path) -> None:
    told = {word for call in typed(page, "make") for word in call.split()[1:2] if re.fullmatch(r"[a-z]+", word)}
    assert told - targets() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    inside = [link.split("#")[0] for link in _LINK.findall(text) if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    assert what_is_wrong("northbound ask --json 'is it open?'") == ""
    assert what_is_wrong("northbound corpus add letter.pdf --only") == ""
    assert what_is_wrong("northbound aks") == "no command 'aks'"
    assert what_is_wrong("northbound corpus ad x") == "no command 'corpus ad'"
    assert what_is_wrong("northbound desk user add priya --role desk") == ""
    assert what_is_wrong("northbound desk user ad priya") == "no command 'desk user ad'"
    assert what_is_wrong("northbound ask --jsn x") == "ask has no --jsn"


def test_every_target_of_the_makefile_is_listed_by_make_help() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))
    assert targets() - listed == {"chromium"}  # a step of `make test`, not a command
