"""The command line: a thin door. Expected errors become one line on standard error and exit code 1."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corpus.errors import NorthboundError, RequestError

if TYPE_CHECKING:
    from bot.answer import Answer, Turn
    from bot.journal import Row
    from bot.settings import Settings
    from index.build import Progress

_T = TypeVar("_T")

# No library may reach for the network or report usage: the default needs nothing.
for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "LANGSMITH_TRACING": "false",
}.items():
    os.environ.setdefault(_name, _value)


class _Group(click.Group):
    """Turns expected errors into one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NorthboundError as error:
            _complain(str(error))
            sys.exit(1)
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "northbound"
            _complain(f"{error.format_message().rstrip('.')}; see: {where} --help")
            sys.exit(error.exit_code)
        except BrokenPipeError:
            sys.exit(0)


def _complain(message: str) -> None:
    click.echo(f"northbound: {' '.join(message.split())}", err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="northbound")
def main() -> None:
    """Answers about moving to Canada from a US H-1B, with quotes, dates and sources."""


@main.command()
@click.argument("question", required=False)
@click.option("--history", type=click.Path(path_type=Path), help="JSON file: a list of {role, content}, oldest first.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON (the answer contract).")
@click.option("--batch", type=click.Path(path_type=Path), help="JSON Lines of {id, question, history?}; '-' reads standard input.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the answers of --batch; default: standard output.")
def ask(question: str | None, history: Path | None, as_json: bool, batch: Path | None, out: Path | None) -> None:
    """Answer one QUESTION, or every line of a file with --batch."""
    if (question is None) == (batch is None):
        raise click.UsageError("give a QUESTION or --batch FILE, not both")
    if batch is not None:
        _batch(batch, out)
        return
    assert question is not None
    _check(question)
    turns = _history(history) if history else ()
    answer = _bot().answer(question, turns, id="q1")
    click.echo(answer.model_dump_json(indent=2) if as_json else _plain(answer))


@main.command()
def chat() -> None:
    """A conversation in the terminal. An empty line or Ctrl-D ends it."""
    from bot.answer import Turn

    bot = _bot()
    click.echo("Ask about moving to Canada from a US H-1B. This is information, not legal advice. An empty line ends the conversation.")
    turns: list[Turn] = []
    while True:
        try:
            question = input("\n> ").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if not question:
            return
        try:
            answer = bot.answer(question, turns)
        except RequestError as error:
            click.echo(str(error))
            continue
        click.echo("\n" + _plain(answer))
        turns += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
def serve(host: str | None, port: int | None) -> None:
    """The page, the API, health and metrics. Builds the index first where there is none."""
    from dataclasses import replace

    settings = _settings()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    click.echo("starting …")
    from bot.server import listen
    from bot.server import serve as serve_page

    listen(settings.host, settings.port).close()  # before the index is built: nobody waits a minute to hear that the port is taken
    _ensure_index(settings)
    bot = _bot(settings)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Northbound is on http://{shown}:{settings.port} (Ctrl-C ends it)")
    try:
        serve_page(bot, settings)
    except KeyboardInterrupt:
        click.echo("ended")


@main.command()
def config() -> None:
    """Every setting with its value."""
    for name, value in asdict(_settings()).items():
        click.echo(f"NORTHBOUND_{name.upper()}={value}")


@main.group(cls=_Group)
def corpus() -> None:
    """The documents: list, add, check, refresh, diff."""


@corpus.command("list")
def corpus_list() -> None:
    """Every document with its kind, date and number of sections."""
    from bot.documents import whole_corpus
    from corpus.registry import load_registry

    for document in whole_corpus(_settings(), load_registry()):
        source, sections = document.source, len(document.sections)
        dated = source.as_of or "undated"
        click.echo(f"{source.id:32} {document.origin:6} {source.kind:12} {dated:10} {sections:3} sections  {document.title}")


@corpus.command("add")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--only", is_flag=True, help="Index just these files, without the briefs (the register of standings and corrections stays).")
@click.option("--title", default="", help="Title, where the file does not open with one.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--kind", default="document", help="official, law-firm, consultancy, news, research or document.")
@click.option("--url", default="", help="Where it was published.")
@click.option("--published", default="", help="ISO date of publication; default: a date printed in the text.")
@click.option("--id", "source_id", default="", help="Its id; default: from the file name.")
def corpus_add(paths: Sequence[Path], only: bool, title: str, publisher: str, kind: str, url: str, published: str, source_id: str) -> None:
    """Clean, keep and index files, beside the briefs or, with --only, instead of them."""
    from bot.documents import add_files, index_corpus
    from corpus.errors import CorpusError
    from corpus.model import KINDS, is_date
    from corpus.passages import slugify
    from corpus.readers import Described

    if kind not in KINDS:
        raise CorpusError(f"--kind {kind!r}; choose from {', '.join(KINDS)}")
    if not is_date(published):
        raise CorpusError(f"--published {published!r}: give an ISO date such as 2025-11-04")
    if source_id != slugify(source_id):
        raise CorpusError(f"--id {source_id!r}: use lower-case letters, digits and hyphens, such as {slugify(source_id) or 'my-letter'}")
    if source_id and len(paths) > 1:
        raise CorpusError("--id names one file; several were given")
    settings = _settings()
    documents = add_files(paths, settings, Described(source_id, title, publisher, kind, url, published))
    for document in documents:
        source = document.source
        click.echo(f"added {source.id}: {len(document.sections)} sections, {source.published or 'undated'}: {document.title}")
    with _progress() as progress:
        manifest = index_corpus(settings, [d.source.id for d in documents] if only else None, progress)
    click.echo(f"index {manifest.build}: {manifest.passages} passages of {len(manifest.documents)} documents")


@corpus.command("check")
@click.option("--stale-after", default="180d", help="Warn of what was last known to be true longer ago than this, in days.")
def corpus_check(stale_after: str) -> None:
    """Read the registries and briefs and print every problem with file and line; exit code 1 when there is one."""
    from corpus.check import check, stale
    from corpus.errors import CorpusError

    days = stale_after.removesuffix("d")
    if not days.isdigit():
        raise CorpusError(f"--stale-after {stale_after!r}: give days, such as 180d")
    problems = check()
    for problem in problems:
        click.echo(problem)
    for warning in stale(int(days)):
        click.echo(f"warning: {warning}")
    if problems:
        raise CorpusError(f"{len(problems)} problems in the corpus; each is named above with its file and line")
    click.echo("the corpus is in order")


@corpus.command("refresh")
@click.argument("source_ids", metavar="[SOURCE_ID]…", nargs=-1)
def corpus_refresh(source_ids: Sequence[str]) -> None:
    """Fetch the registered pages, or those of the sources named; one line for each. Exit code 1 when one failed.

    A page's text replaces our brief when the index is next built. Where a page cannot be used, what we last had stays.
    """
    from corpus.errors import CorpusError
    from corpus.fetch import refresh
    from corpus.registry import load_registry

    settings = _settings()
    counts: dict[str, int] = {}
    sources = load_registry().sources
    for outcome in refresh(sources, settings.pages, only=source_ids, loopback=settings.fetch_loopback):
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
        click.echo(f"{outcome.status:9} {outcome.source_id}: {outcome.detail}")
    click.echo(", ".join(f"{count} {status}" for status, count in counts.items()))
    click.echo("to answer from them, run: northbound index build")
    if failed := counts.get("failed"):
        raise CorpusError(f"{failed} of {sum(counts.values())} pages could not be fetched; each is named above with its reason")


@corpus.command("diff")
def corpus_diff() -> None:
    """What changed from the index build before to the live one: passages added, removed, reworded, with their numbers and dates.

    Exit code 1 when a passage was removed, or a number or date changed.
    """
    from corpus.diff import changes, report
    from corpus.errors import CorpusError
    from index.build import current, previous, read_passages

    home = _settings().home
    found = changes(read_passages(previous(home)), read_passages(current(home)))
    for line in report(found):
        click.echo(line)
    if found.relied_on:
        raise CorpusError("passages were removed, or say other numbers or dates; what rests on them is to be read again")


@main.group(cls=_Group)
def index() -> None:
    """The index: build, status, rollback."""


@index.command("build")
def index_build() -> None:
    """Build the index from the briefs and every added document, beside the live one, and swap it in."""
    from bot.documents import index_corpus

    with _progress() as progress:
        manifest = index_corpus(_settings(), None, progress)
    click.echo(f"index {manifest.build}: {manifest.passages} passages of {len(manifest.documents)} documents")


@index.command("status")
def index_status() -> None:
    """What the live index holds."""
    from index.build import current, read_manifest

    for name, value in asdict(read_manifest(current(_settings().home))).items():
        click.echo(f"{name}: {len(value) if isinstance(value, list | tuple | dict) else value}")


@index.command("rollback")
def index_rollback() -> None:
    """Make the index before the live one live again."""
    from index.build import rollback

    click.echo(f"live again: index {rollback(_settings().home).build}")


@main.group(cls=_Group, name="eval")
def evaluation() -> None:
    """Measure the answers."""


@evaluation.command("run")
@click.option("--set", "sets", multiple=True, help="A set in eval/sets, by name; default: all. May be given several times.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the run; default: a new one under the data folder.")
def eval_run(sets: Sequence[str], out: Path | None) -> None:
    """Answer every case through the chain and score it: a table here, JSON in the run's folder."""
    from eval.run import run

    settings = _settings()
    _ensure_index(settings)
    click.echo(run(settings, sets, out))


@evaluation.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
def eval_compare(before: Path, after: Path) -> None:
    """What got better and worse from one run's folder to another's; exit code 1 on a significant drop of right answers."""
    from eval.compare import compare

    made = compare(before, after)
    click.echo(made.text)
    if made.dropped:
        raise NorthboundError(f"right answers fell from {made.before:.3f} to {made.after:.3f} (n {made.n}, p = {made.p:.4f})")


@evaluation.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the page; default: report.html in the run's folder.")
def eval_report(run: Path, out: Path | None) -> None:
    """One page about a run, for a browser: numbers, statuses, and every failing case with why it failed."""
    from eval.report import report

    click.echo(f"written to {report(run, out)}")


@evaluation.command("bench")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with corpus.jsonl, queries.jsonl and qrels.tsv.")
def eval_bench(data: Path) -> None:
    """Measure search on a public set, beside the dense and the keyword leg alone."""
    from eval.bench import bench

    with _progress() as progress:
        table = bench(data, _settings(), progress)
    click.echo(table)


@main.group(cls=_Group)
def desk() -> None:
    """For support staff: draft a reply, see what was not answered, keep or forget the journal."""


@desk.command("draft")
@click.argument("message", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "as_format", default="text", help="text, markdown or html.")
def desk_draft(message: Path, as_format: str) -> None:
    """A reply to the client's message in the file MESSAGE ('-': standard input), ready to paste; what to check goes to standard error."""
    from bot.desk import FORMATS, draft

    word = _choice("--format", as_format, FORMATS)
    text = _text(message)
    made = draft(text, _bot())
    click.echo(word(made))
    click.echo("\nCheck before sending:" if made.checks else "\nCheck before sending: nothing was found to check.", err=True)
    for remark in made.checks:
        click.echo(f"- {remark}", err=True)


@desk.command("gaps")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, with every question of a group.")
def desk_gaps(as_json: bool) -> None:
    """What was declined or weakly supported in the journal, alike questions together."""
    from bot.desk import gaps, is_gap, table
    from index.embedder import load_embedder

    settings = _settings()
    rows = [row for row in _journal(settings) if is_gap(row)]
    found = gaps(rows, load_embedder(settings.embedder, settings.exported)) if rows else []
    if as_json:
        click.echo(json.dumps([asdict(gap) for gap in found], ensure_ascii=False, indent=2))
    else:
        click.echo(table(found) if found else "no gaps in the journal")


@desk.command("export")
@click.option("--format", "as_format", default="jsonl", help="csv or jsonl.")
def desk_export(as_format: str) -> None:
    """The journal, on standard output."""
    from bot.desk import EXPORTS

    write = _choice("--format", as_format, EXPORTS)
    click.echo(write(_journal(_settings())), nl=False)


@desk.command("forget")
@click.option("--before", help="Delete the days before this ISO date.")
@click.option("--all", "everything", is_flag=True, help="Delete every row.")
def desk_forget(before: str | None, everything: bool) -> None:
    """Delete from the journal, for good."""
    from datetime import date

    from bot.journal import forget

    if (before is None) != everything:
        raise click.UsageError("give --before DATE or --all")
    try:
        day = date.fromisoformat(before) if before is not None else None
    except ValueError:
        raise RequestError(f"--before {before!r}: give an ISO date such as 2026-02-12") from None
    click.echo(f"{forget(_settings(), day)} rows deleted")


def _journal(settings: Settings) -> list[Row]:
    from bot.journal import TURN_ON, read_rows

    rows = read_rows(settings)
    if settings.journal != "on":
        click.echo(f"these are earlier rows; {TURN_ON}", err=True)
    return rows


def _choice(option: str, given: str, known: Mapping[str, _T]) -> _T:
    if given not in known:
        raise RequestError(f"{option} {given!r}: choose from {', '.join(known)}")
    return known[given]


def _settings() -> Settings:
    from bot.settings import read_settings

    return read_settings()


def _bot(settings: Settings | None = None) -> Any:
    from bot.chain import open_bot

    return open_bot(settings or _settings())


def _ensure_index(settings: Settings) -> None:
    """Build the index where there is none, it is of another format or model, or the bundled corpus has changed since."""
    from bot.documents import chosen, index_corpus, needs_building

    if reason := needs_building(settings):
        click.echo(f"building the index ({reason}); this is done once", err=True)
        with _progress() as progress:
            index_corpus(settings, chosen(settings), progress)


def _check(question: str) -> None:
    from bot.understand import check_question

    check_question(question)


def _text(path: Path) -> str:
    try:
        return (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise RequestError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None


def _json(text: str, where: str, needed: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{where}: not JSON ({error}); {needed}") from None


def _history(path: Path) -> tuple[Turn, ...]:
    return _turns(_json(_text(path), str(path), "give a list of {role, content}, oldest first"), str(path))


def _turns(rows: Any, where: str) -> tuple[Turn, ...]:
    from pydantic import ValidationError

    from bot.answer import Turn

    if not isinstance(rows, list):
        raise RequestError(f"{where}: history is a list of {{role, content}}")
    try:
        return tuple(Turn.model_validate(row) for row in rows)
    except ValidationError as error:
        first = error.errors()[0]
        raise RequestError(f"{where}: history: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _batch(source: Path, out: Path | None) -> None:
    """Every line is read before the first is answered, and the answers are written whole: a bad line loses nothing."""
    asked = []
    problems: dict[int, str] = {}
    for number, line in enumerate(_text(source).split("\n"), 1):
        if not line.strip():
            continue
        try:
            asked.append(_asked(line, f"line {number}"))
        except RequestError as error:
            problems[number] = str(error)
    if problems:
        told, others = list(problems.values())[:5], list(problems)[5:]
        rest = f"; and {len(others)} more, in lines {', '.join(map(str, others))}" if others else ""
        raise RequestError(f"{source}: {'; '.join(told)}{rest}. Nothing was answered")
    if not asked:
        raise RequestError(f"{source}: holds no questions; give one {_LINE} a line")
    if out is not None and out.is_dir():
        raise RequestError(f"{out}: is a folder; name a file in it")
    bot = _bot()
    rows = (bot.answer(question, turns, id=name).model_dump_json() for name, question, turns in asked)
    if out is None:
        for row in rows:
            click.echo(row)
        return
    new = out.with_name(out.name + ".new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.writelines(row + "\n" for row in rows)
        new.replace(out)
    except OSError as error:
        raise RequestError(f"{out}: cannot be written: {error.strerror}") from None
    click.echo(f"{len(asked)} answers in {out}", err=True)


_LINE = '{"id": "…", "question": "…"}'


def _asked(line: str, where: str) -> tuple[str, str, tuple[Turn, ...]]:
    row = _json(line, where, f"give {_LINE}")
    if not isinstance(row, dict) or not isinstance(row.get("question"), str) or not isinstance(row.get("id"), str | int):
        raise RequestError(f"{where}: needs an object with 'id' and 'question'")
    try:
        _check(row["question"])
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from None
    return str(row["id"]), row["question"], _turns(row.get("history") or [], where)


def _plain(answer: Answer) -> str:
    """An answer for a terminal: the text, then one line for each source."""
    lines = [answer.answer]
    if answer.citations:
        lines.append("")
    for c in answer.citations:
        standing = f", {c.standing}" if c.standing else ""
        lines.append(f"[{c.number}] {c.publisher} ({c.kind}{standing}): {c.title}{f' {c.url}' if c.url else ''}")
    lines.extend(f"! {caveat}" for caveat in answer.caveats)
    return "\n".join(lines)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each slow step on a terminal; a line for each elsewhere."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in bars:
            if not sys.stderr.isatty():
                click.echo(f"{what} …", err=True)
            bars[what] = tqdm(total=total, desc=what, file=sys.stderr, disable=not sys.stderr.isatty(), leave=True)
        bars[what].update(done - bars[what].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


if __name__ == "__main__":
    main(prog_name="northbound")
