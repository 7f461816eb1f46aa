"""The command line: a thin door. Expected errors become one line on standard error and exit code 1."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corpus.errors import NorthboundError, RequestError

if TYPE_CHECKING:
    from bot.answer import Answer, Part, Turn
    from bot.journal import Row
    from bot.settings import Settings
    from corpus.diff import Since
    from corpus.model import Passage
    from corpus.registry import Registry
    from index.build import Progress

_T = TypeVar("_T")

# No library may reach for the network or report usage: the default needs nothing.
for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "OPENBLAS_NUM_THREADS": "1",  # vectors of an answer are compared as fast by one thread, and two wait for each other
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "LANGSMITH_TRACING": "false",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for some reads the metadata of every installed package
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
@click.option("--batch", type=click.Path(path_type=Path), help="JSON Lines of {id, question, history?, at?}; '-' reads standard input.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the answers of --batch; default: standard output.")
@click.option("--at", default="", help="Answer as of a past ISO day, such as 2024-03-01, from what was in force then.")
@click.option("--explain", "explained", is_flag=True, help="After the answer: the hits with their scores, what was cut, why the first won.")
@click.option("--as-case", "case_set", metavar="SET", help="Append the question to this set in eval/sets, as a draft to finish.")
def ask(
    question: str | None,
    history: Path | None,
    as_json: bool,
    batch: Path | None,
    out: Path | None,
    at: str,
    explained: bool,
    case_set: str | None,
) -> None:
    """Answer one QUESTION, or every line of a file with --batch: a line that cannot be answered is named, and the exit code is then 1."""
    if (question is None) == (batch is None):
        raise click.UsageError("give a QUESTION or --batch FILE, not both")
    if batch is not None:
        if explained or case_set is not None:
            raise click.UsageError("--explain and --as-case go with a QUESTION")
        if at:
            raise click.UsageError('--at goes with a QUESTION; in a batch file each line may have its own: "at"')
        _batch(batch, out)
        return
    assert question is not None
    _check(question)
    turns = _history(history) if history else ()
    bot = _bot()
    if explained:
        from bot.explain import as_json as explained_json
        from bot.explain import as_text, explain

        explanation = explain(bot, question, turns, at)
        answer = explanation.answer
        names = {program.id: program.name for program in bot.programs.values()}
        click.echo(explained_json(explanation) if as_json else f"{_plain(answer)}\n\n{as_text(explanation, names)}")
    else:
        answer = bot.answer(question, turns, id="q1", at=at)
        click.echo(answer.model_dump_json(indent=2) if as_json else _plain(answer))
    if case_set is not None:
        _as_case(answer, turns, case_set)


def _as_case(answer: Answer, turns: Sequence[Turn], name: str) -> None:
    from eval.promote import from_answer, promote

    path, id = promote(from_answer(answer.model_dump_json(), turns), name)
    click.echo(
        f"{id} is in {path}: write there what a right answer holds (status, facts, sources, passages), take its draft field out, then: "
        f"northbound eval run --set {name} --filter {id}",
        err=True,  # standard output is the answer's
    )


@main.command()
def chat() -> None:
    """A conversation in the terminal. An empty line or Ctrl-D ends it; Ctrl-C stops an answer."""
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
            answer = _spoken(bot.stream(question, turns))
            click.echo(_offers(answer), nl=False)
        except RequestError as error:
            click.echo(str(error))
            continue
        except KeyboardInterrupt:
            click.echo("\nstopped")
            continue
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
    from bot.listening import listen

    listen(settings.host, settings.port).close()  # before the page is loaded and the index built: who hears that it is taken has not waited
    from bot.server import serve as serve_page

    _ensure_index(settings)
    from bot.live import LiveBot

    bot = LiveBot(settings)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Northbound is on http://{shown}:{settings.port} (Ctrl-C ends it)")
    with suppress(KeyboardInterrupt):  # the server ends by itself, and only most times raises the signal again
        serve_page(bot, settings)
    click.echo("ended")


@main.command()
def mcp() -> None:
    """A tool for other assistants, by the Model Context Protocol over standard input and output. Needs northbound[mcp]."""
    from bot.mcp import serve as serve_tools

    serve_tools(_settings())


@main.command()
def config() -> None:
    """Every setting with its value."""
    for name, value in _settings().shown().items():
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
@click.argument("targets", metavar="PATH_OR_URL…", nargs=-1)
@click.option("--only", is_flag=True, help="Index just these, without the briefs (the register of standings and corrections stays).")
@click.option("--title", default="", help="Title, where the file does not open with one.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--kind", default="", help="official, law-firm, consultancy, news, research, guide or document (the default).")
@click.option("--url", default="", help="Where it was published.")
@click.option("--published", default="", help="ISO date of publication; default: a date printed in the text.")
@click.option("--language", default="", help="Its language, such as fr; default: as its words tell.")
@click.option("--program", default="", help="The program that it is about, by its id in programs.toml; default: as its sections tell.")
@click.option("--id", "source_id", default="", help="Its id; default: from the file name. An id that is held is replaced.")
@click.option("--keep-alike", is_flag=True, help="Keep a document that is nearly the same as one already held.")
@click.option("--limit", default=200, type=click.IntRange(1, 10_000), help="The most pages of a sitemap that are fetched; default: 200.")
def corpus_add(targets: Sequence[str], only: bool, source_id: str, keep_alike: bool, limit: int, **described: str) -> None:
    """Read, clean, keep and index files, folders, web pages and sitemaps, beside the briefs or, with --only, instead of them.

    What a side file says of a file (notes.pdf.toml or notes.toml: title, publisher, kind, url, published, language, program, id) counts
    where no option does. Of a folder or sitemap, what can be read is added; exit code 1 when something could not.
    """
    from bot.documents import add_files, index_corpus
    from corpus.described import Described, wrong
    from corpus.errors import CorpusError

    told = Described(id=source_id, **described)
    for key, value in asdict(told).items():
        if reason := wrong(key, value):
            raise CorpusError(f"--{key} {value!r}{reason}")
    if source_id and len(targets) > 1:
        raise CorpusError("--id names one file; several were given")
    settings = _settings()
    with _progress() as progress:
        added = add_files(targets, settings, told, keep_alike=keep_alike, most=limit, progress=progress)
    for document in added.documents:
        source, done = document.source, "updated" if document.source.id in added.updated else "added"
        click.echo(f"{done} {source.id}: {len(document.sections)} sections, {source.published or 'undated'}: {document.title}")
    for word, lines in (("skipped", added.skipped), ("failed", added.failed), ("note", added.notes)):
        for line in lines:
            click.echo(f"{word} {line}")
    if added.documents or only:
        with _progress() as progress:
            manifest = index_corpus(settings, added.ids if only else None, progress)
        click.echo(f"index {manifest.build}: {manifest.passages} passages of {len(manifest.documents)} documents")
        _publish(settings)
    if added.failed:
        raise CorpusError(f"{len(added.failed)} of {len(added.ids) + len(added.failed)} could not be added; each is named above")


@corpus.command("check")
@click.option("--stale-after", default="180d", help="Warn of what was last known to be true longer ago than this, in days.")
@click.option("--strict", is_flag=True, help="Exit with 1 also when a program is stale.")
@click.option("--drafts", is_flag=True, help="Print an entry for figures.toml for each number that stands in one sentence only, and stop.")
def corpus_check(stale_after: str, strict: bool, drafts: bool) -> None:
    """Read the registries and briefs and print every problem with file and line; exit code 1 when there is one."""
    from corpus import check
    from corpus.errors import CorpusError

    days = stale_after.removesuffix("d")
    if not days.isdigit():
        raise CorpusError(f"--stale-after {stale_after!r}: give days, such as 180d")
    if drafts:
        for entry in check.drafts():
            click.echo(entry)
        return
    problems = check.check()
    for problem in problems:
        click.echo(problem)
    warnings = [] if any(problem.kind == "format" for problem in problems) else check.stale(int(days))
    for warning in warnings:
        click.echo(f"warning: {warning}")
    if problems:
        raise CorpusError(f"{len(problems)} problems in the corpus ({check.counts(problems)}); each is named above with its file and line")
    if strict and (stale := [warning for warning in warnings if warning.kind == "program"]):
        raise CorpusError(f"{len(stale)} programs were last known over {days} days ago; each is named above")
    click.echo("the corpus is in order" + (f", with {len(warnings)} warnings" if warnings else ""))


@corpus.command("twins")
@click.option("--reviewed", "ids", multiple=True, metavar="PASSAGE_ID", help="Record that its twin was read against its present text.")
def corpus_twins(ids: Sequence[str]) -> None:
    """The sections that we have in French, a line each: the English passage, and whether its twin is shown or why not."""
    from corpus.registry import BUNDLED, load_briefs, load_registry
    from corpus.twins import read_twins, review, wrong_twins

    registry, folder = load_registry(), BUNDLED / "briefs"
    documents = load_briefs(registry)
    if ids:
        for file in review(registry, documents, folder, ids):
            click.echo(f"{file}: recorded")
        return
    problems = {(file, line): told for file, line, told in reversed(wrong_twins(registry, documents, folder))}
    for twin in read_twins(folder):
        click.echo(f"{twin.of}  {twin.language}  {problems.get((twin.file, twin.line), 'shown')}")


@corpus.command("refresh")
@click.argument("source_ids", metavar="[SOURCE_ID]…", nargs=-1)
@click.option("--accept", is_flag=True, help="Take the pages of the sources named although they shrank much or moved.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: {source_id, status, detail} for each source.")
def corpus_refresh(source_ids: Sequence[str], accept: bool, as_json: bool) -> None:
    """Fetch the registered pages, or those of the sources named; one line for each. Exit code 1 when one failed.

    A page speaks for its source when the index is next built, and our brief only where the page is silent. Where a page cannot be used,
    what we last had stays. Sections of a brief that a page contradicts are named, and left out until they are corrected.
    """
    from corpus.errors import CorpusError
    from corpus.fetch import due, refresh
    from corpus.merge import spoken
    from corpus.registry import load_briefs, load_registry

    if accept and not source_ids:
        raise click.UsageError("--accept goes with the ids of the sources whose pages you have read")
    settings = _settings()
    counts: dict[str, int] = {}
    registry = load_registry()
    asked = due(registry.sources, source_ids)
    done = refresh(registry.sources, settings.pages, only=source_ids, accept=accept, loopback=settings.fetch_loopback)
    for number, outcome in enumerate(done, 1):
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
        place = f"{number:{len(str(len(asked)))}}/{len(asked)}"
        plain = f"{place} {outcome.status:9} {outcome.source_id}: {outcome.detail}"
        click.echo(json.dumps(asdict(outcome), ensure_ascii=False) if as_json else plain)
    if not as_json:
        withdrawn = [w for one in spoken(load_briefs(registry), settings.pages, registry.sources) for w in one.withdrawn]
        for section in withdrawn:
            click.echo(str(section))
        told = f"; {len(withdrawn)} sections of briefs withdrawn" if withdrawn else ""
        click.echo(", ".join(f"{count} {status}" for status, count in counts.items()) + told)
        click.echo("to see what changed: northbound corpus diff --since DATE; to answer from it: northbound index build")
    if failed := counts.get("failed"):
        raise CorpusError(f"{failed} of {len(asked)} pages could not be used; each is named above with its reason")


@corpus.command("diff")
@click.argument("versions", metavar="[OLD NEW]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--since", default="", help="Compare the pages held at the end of this ISO day, and the build live then, with those of now.")
def corpus_diff(versions: Sequence[Path], since: str) -> None:
    """What changed: passages added, removed, reworded, with their numbers and dates, and what rests on them.

    From the index build before to the live one; with OLD and NEW, two snapshots of a page (HOME/pages/…/….json) or two folders of
    index builds. Exit code 1 when something that is relied on changed.
    """
    from corpus.diff import affected, changes, registered_reliances, report, summed_up
    from corpus.errors import CorpusError
    from corpus.registry import load_registry
    from eval.reliances import case_reliances

    if versions and (since or len(versions) != 2):
        raise click.UsageError("give OLD and NEW, or --since DATE, or neither")
    registry = load_registry()
    pages = _pages_since(since, registry) if since else None
    before, after = _versions(versions, registry) if pages is None else _with_builds(pages, since)
    found = changes(before, after)
    hit = affected(found, [*registered_reliances(registry), *case_reliances()], pages.about if pages else {})
    for line in report(found, hit):
        click.echo(line)
    withdrawn = f"{len(pages.withdrawn)} sections of briefs" if pages and pages.withdrawn else ""
    if hit or withdrawn:
        both = ", ".join(filter(None, (summed_up(hit), withdrawn)))
        raise CorpusError(f"something that is relied on changed; to be read again: {both}")


def _versions(given: Sequence[Path], registry: Registry) -> tuple[list[Passage], list[Passage]]:
    """The passages of the two snapshots or builds given, or of the build before and the live one."""
    from corpus.diff import snapshot_passages
    from index.build import current, previous, read_passages

    home = _settings().home
    old, new = given or (previous(home), current(home))
    before, after = (snapshot_passages(p, registry.sources) if p.suffix == ".json" else read_passages(p) for p in (old, new))
    return before, after


def _pages_since(day: str, registry: Registry) -> Since:
    """The pages held at the end of a day and those of now; tells which were fetched only later."""
    from datetime import date

    from corpus.diff import pages_since
    from corpus.errors import CorpusError
    from corpus.registry import load_briefs

    try:
        day = date.fromisoformat(day).isoformat()
    except ValueError:
        raise CorpusError(f"--since {day!r}: give an ISO date such as 2026-02-12") from None
    pages = pages_since(_settings().pages, registry.sources, load_briefs(registry), day)
    for source in pages.new:
        click.echo(f"first fetched after {day}: {source}")
    for section in pages.withdrawn:
        click.echo(str(section))
    return pages


def _with_builds(pages: Since, day: str) -> tuple[list[Passage], list[Passage]]:
    """The pages of a day and of now, with what else the index builds live then and now hold, where the first is kept."""
    from corpus.errors import SearchIndexError
    from index.build import current, previous, read_manifest, read_passages

    before, after, home = list(pages.then), list(pages.now), _settings().home
    try:
        live = current(home)
        then = live if read_manifest(live).built[:10] <= day else previous(home)
        kept = read_manifest(then).built[:10] <= day
    except SearchIndexError:
        kept = False
    if not kept:
        click.echo(f"no index build of {day} is kept: only pages are compared")
        return before, after
    before += [passage for passage in read_passages(then) if passage.origin != "page"]
    after += [passage for passage in read_passages(live) if passage.origin != "page"]
    return before, after


@main.group(cls=_Group)
def index() -> None:
    """The index: build, status, rollback."""


@index.command("build")
def index_build() -> None:
    """Build the index from the briefs and every added document, beside the live one, and swap it in.

    With NORTHBOUND_CHROMA_URL it is then published to that server.
    """
    from bot.documents import index_corpus

    settings = _settings()
    with _progress() as progress:
        manifest = index_corpus(settings, None, progress)
    click.echo(f"index {manifest.build}: {manifest.passages} passages of {len(manifest.documents)} documents")
    _publish(settings)


@index.command("status")
def index_status() -> None:
    """What the live index holds: that of the Chroma server where one is set."""
    from index.build import current, read_manifest
    from index.embedder import fingerprint
    from index.remote_embedder import EmbedderAway

    settings = _settings()
    if settings.chroma_url:
        from index.published import hold

        held = hold(settings.home, settings.chroma_server, settings.index_name)
        folder = held.folder
        click.echo(f"published: {settings.index_name} at {settings.chroma_server.address}{f'; {held.problem}' if held.problem else ''}")
    else:
        folder = current(settings.home)
    manifest = read_manifest(folder)
    for name, value in asdict(manifest).items():
        click.echo(f"{name}: {len(value) if isinstance(value, list | tuple | dict) else value}")
    with suppress(EmbedderAway):  # whether its model is still the same is seen when it is back
        if manifest.model != (ours := fingerprint(settings.embedder, settings.embedder_key)):
            _complain(
                f"{folder}: made by the model {manifest.model}, but NORTHBOUND_EMBEDDER gives {ours}: no question is answered from it; "
                "set that, or build again: northbound index build"
            )


@index.command("rollback")
def index_rollback() -> None:
    """Make the index before the live one live again: on the Chroma server where one is set, and on this machine."""
    from corpus.errors import SearchIndexError
    from index.build import previous, rollback

    settings = _settings()
    if settings.chroma_url:
        from index.published import go_back

        build = go_back(settings.chroma_server, settings.index_name)
        click.echo(f"live again: {settings.index_name} {build} at {settings.chroma_server.address}")
        try:
            here = previous(settings.home).name
        except SearchIndexError:
            return  # built on another machine
        if here != build:
            return
    click.echo(f"live again: index {rollback(settings.home).build}")


@main.group(cls=_Group, name="eval")
def evaluation() -> None:
    """Measure the answers."""


@evaluation.command("run")
@click.option("--set", "sets", multiple=True, help="A set in eval/sets, by name; default: all. May be given several times.")
@click.option("--filter", "pattern", default="", help="Only cases whose set/id or question this pattern is found in.")
@click.option("--every", type=click.IntRange(min=1), default=1, help="Of each set only every so manieth case or conversation.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the run; default: a new one under the data folder.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that answer; the answers are the same.")
def eval_run(sets: Sequence[str], pattern: str, every: int, out: Path | None, workers: int) -> None:
    """Answer every case through the chain and score it: a table here, JSON in the run's folder. With --out of a run that was killed, the
    same command goes on where it stopped."""
    from eval.run import Chosen, run

    settings = _local()
    _ensure_index(settings)
    _shown(run(settings, Chosen(tuple(sets), pattern, every), out, workers))


@evaluation.command("score")
@click.argument("run", type=click.Path(path_type=Path))
def eval_score(run: Path) -> None:
    """Score the answers of a run's folder again, by the sets as they are now."""
    from eval.run import rescore

    _shown(rescore(run))


@evaluation.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--common", is_flag=True, help="Compare the cases that both hold, though the runs are of other sets.")
def eval_compare(before: Path, after: Path, common: bool) -> None:
    """What got better and worse from one run's folder to another's; exit code 1 on a significant drop of right answers or when the
    second breaks a hard bar (eval/gate.toml)."""
    from eval.compare import compare

    made = compare(before, after, common)
    click.echo(made.text)
    if made.dropped:
        raise NorthboundError(f"right answers fell from {made.before:.3f} to {made.after:.3f} (n {made.n}, p = {made.p:.4f})")
    if made.broken:
        raise NorthboundError(f"{after} breaks hard bars: {', '.join(verdict.bar.measure for verdict in made.broken)}")


@evaluation.command("gate")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that answer, where a new run is made.")
def eval_gate(run: Path | None, workers: int) -> None:
    """Whether a run's folder, or a new run of all sets, reaches every bar of eval/gate.toml; exit code 1 when it does not."""
    from eval.gate import judge, told
    from eval.run import run as answer_all
    from eval.saved import read_run

    if run is None:
        settings = _local()
        _ensure_index(settings)
        run = answer_all(settings, workers=workers)
        _shown(run)
    found = judge(read_run(run))
    click.echo(told(found))
    if broken := sum(not verdict.holds for verdict in found):
        raise NorthboundError(f"{broken} of {len(found)} bars are broken; each is named above with its reason")


@evaluation.command("case")
@click.option("--from", "source", type=click.Path(path_type=Path, allow_dash=True), help="A saved answer (ask --json), or '-'.")
@click.option("--gap", type=click.IntRange(min=1), help="This gap of `desk gaps`, counted from 1.")
@click.option("--row", help="This row of `desk export`, by its id.")
@click.option("--history", type=click.Path(path_type=Path), help="JSON file of what was said before: a list of {role, content}.")
@click.option("--set", "name", default="drafts", help="The set to write to; default: drafts.")
def eval_case(source: Path | None, gap: int | None, row: str | None, history: Path | None, name: str) -> None:
    """Make a case from what was asked: a draft with the fields filled in, for a person to finish."""
    from eval.promote import from_answer, from_gap, from_row, promote

    if sum(given is not None for given in (source, gap, row)) != 1:
        raise click.UsageError("give one of --from FILE, --gap N and --row ID")
    turns = _history(history) if history else ()
    if source is not None:
        seen = from_answer(_text(source), turns)
    elif gap is not None:
        seen = from_gap(gap, _settings())
    else:
        seen = from_row(row or "", _settings())
    path, id = promote(seen, name)
    click.echo(f"{id} is in {path}: finish its facts and take its draft field out")


def _shown(run: Path) -> None:
    from eval.run import table
    from eval.saved import SUMMARY

    summary = json.loads((run / SUMMARY).read_text(encoding="utf-8"))
    click.echo(f"{table(summary)}\n\n{summary['n']} cases; written to {run}")


@evaluation.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the page; default: report.html in the run's folder.")
def eval_report(run: Path, out: Path | None) -> None:
    """One page about a run, for a browser and for paper: numbers with charts, earlier runs beside it, and every failing case with why."""
    from eval.report import report

    click.echo(f"written to {report(run, out)}")


@evaluation.command("bench")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of a public set; its files tell what it measures.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the set's index and curves, or the figures of --scale or --gate.")
@click.option("--peers", is_flag=True, help="Beside the stock LangChain recipe, on --data or on --corpus with --questions.")
@click.option("--corpus", "documents", type=click.Path(path_type=Path), help="For --peers: folder of .txt and .md files.")
@click.option("--questions", type=click.Path(path_type=Path), help="For --peers: JSON Lines of {id, question, gold_docs, gold_text}.")
@click.option("--scale", "sizes", metavar="SIZES", help="Made-up indexes of so many rows, such as 10k,100k,1M; see below.")
@click.option("--gate", "own", is_flag=True, help="Instead of a set: our own sentences, made false in one place or reworded.")
def eval_bench(
    data: Path | None, keep: Path | None, peers: bool, documents: Path | None, questions: Path | None, sizes: str | None, own: bool
) -> None:
    """Measure search, rewriting, declining, the claim gate or safety on a public set, beside the numbers that others got.

    --scale takes the place of a set: its passages are made of sentences of the live index, which must be built first. One that was stopped
    is begun anew by the same command, which removes what it left in --keep. --gate takes the place of a set, too.
    """
    if own:
        if data is not None or peers or documents is not None or questions is not None or sizes is not None:
            raise click.UsageError("--gate makes its own sentences; only --keep goes with it")
        from eval.bench_gate import gate_lines

        for line in gate_lines(keep):
            click.echo(line)
        return
    if sizes is not None:
        if data is not None or peers or documents is not None or questions is not None:
            raise click.UsageError("--scale makes its own documents; only --keep goes with it")
        from eval.bench_scale import scale, sizes_of

        with _progress() as progress:
            for line in scale(sizes_of(sizes), _settings(), keep, progress):
                click.echo(line)
        return
    if (data is None) == (documents is None) or (documents is None) != (questions is None) or (documents is not None and not peers):
        raise click.UsageError("give --data DIR, or --peers with --corpus DIR and --questions FILE, or --scale SIZES, or --gate")
    if peers:
        from eval.peers import compare_peers

        with _progress() as progress:
            for line in compare_peers(_local(), data, documents, questions, progress):
                click.echo(line)
        return
    from eval.bench import bench

    assert data is not None
    with _progress() as progress:
        for line in bench(data, _local(), keep, progress):
            click.echo(line)


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
    from bot.gaps import gaps, is_gap, table
    from index.embedder import load_embedder

    settings = _settings()
    rows = [row for row in _journal(settings) if is_gap(row)]
    found = gaps(rows, load_embedder(settings.embedder, settings.exported, settings.embedder_key)) if rows else []
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


@desk.command("migrate")
@click.option("--to", "revision", default="", help="A revision, such as 0001, or base; default: the newest.")
def desk_migrate(revision: str) -> None:
    """Bring the database's tables to a revision. Up is done by itself; down is for going back to an earlier version.

    On the way down what that version has no table for is lost. base gives version 0.3.0 back its journal.
    """
    from bot.database import HEAD, migrate

    to = revision or HEAD
    click.echo(f"from {migrate(_settings(), to)} to {to}")


@desk.group("user", cls=_Group)
def desk_user() -> None:
    """Who may log in at /desk and /health. Without anybody these pages do not exist."""


@desk_user.command("add")
@click.argument("name")
@click.option("--role", default="desk", help="desk (drafts, reviewed answers, gaps) or maintainer (also going back to an earlier index).")
def desk_user_add(name: str, role: str) -> None:
    """Add NAME, or give NAME a new password and role. The password is asked for, or read as one line from standard input."""
    from bot.logins import add_user

    if sys.stdin.isatty():
        password = click.prompt("password", hide_input=True, confirmation_prompt=True)
    else:
        password = _text(Path("-")).partition("\n")[0].rstrip("\r")
    new = add_user(name, password, role, _settings())
    click.echo(f"{name} is added as {role}" if new else f"{name} has a new password and is {role}; earlier logins have ended")


@desk_user.command("list")
def desk_user_list() -> None:
    """Everybody who may log in, with their role."""
    from bot.logins import list_users

    for user in list_users(_settings()):
        locked = f", locked until {user.locked_until}" if user.locked_until else ""
        click.echo(f"{user.name:32} {user.role:10} since {user.created}{locked}")


@desk_user.command("remove")
@click.argument("name")
def desk_user_remove(name: str) -> None:
    """Take NAME away; their logins end at once."""
    from bot.logins import remove_user

    remove_user(name, _settings())
    click.echo(f"{name} is removed")


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


def _local() -> Settings:
    """The settings for what is measured: the index of this machine, whatever a server holds."""
    from dataclasses import replace

    return replace(_settings(), chroma_url="")


def _publish(settings: Settings) -> None:
    """Publish what was just built, where there is a server to publish to."""
    if settings.chroma_url:
        from bot.documents import publish_corpus

        with _progress() as progress:
            publish_corpus(settings, progress)
        click.echo(f"published as {settings.index_name} at {settings.chroma_server.address}")


def _bot(settings: Settings | None = None) -> Any:
    from bot.chain import open_bot

    return open_bot(settings or _settings())


def _ensure_index(settings: Settings) -> None:
    """Build the index where there is none, it is of another format or model, or the bundled corpus has changed since. With a Chroma server
    it is built where it is published: then only the model is made ready."""
    from bot.documents import chosen, index_corpus, needs_building, prepare_model

    if settings.chroma_url:
        with _progress() as progress:
            prepare_model(settings, progress)
        return
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
    """Every line that can be answered is, and the answers are written whole; those that cannot are named, and the exit code is 1."""
    asked = []
    problems: dict[int, str] = {}
    today = _settings().today
    for number, line in enumerate(_text(source).split("\n"), 1):
        if not line.strip():
            continue
        try:
            asked.append(_asked(line, f"line {number}", today))
        except RequestError as error:
            problems[number] = str(error)
    if not asked and problems:
        raise RequestError(f"{source}: {_told(problems)}. Nothing was answered")
    if not asked:
        raise RequestError(f"{source}: holds no questions; give one {_LINE} a line")
    if out is not None and out.is_dir():
        raise RequestError(f"{out}: is a folder; name a file in it")
    bot = _bot()

    rows = (bot.answer(question, turns, id=name, at=at).model_dump_json() for name, question, turns, at in asked)
    if out is None:
        for row in rows:
            click.echo(row)
    else:
        new = out.with_name(out.name + ".new")
        try:
            with new.open("w", encoding="utf-8") as file:
                file.writelines(row + "\n" for row in rows)
            new.replace(out)
        except OSError as error:
            raise RequestError(f"{out}: cannot be written: {error.strerror}") from None
        click.echo(f"{len(asked)} answers in {out}", err=True)
    if problems:
        raise RequestError(f"{source}: {_told(problems)}. The other {len(asked)} were answered")


def _told(problems: Mapping[int, str]) -> str:
    """What is wrong with the lines of these numbers: the first five with the reason."""
    told, others = list(problems.values())[:5], list(problems)[5:]
    return "; ".join(told) + (f"; and {len(others)} more, in lines {', '.join(map(str, others))}" if others else "")


_LINE = '{"id": "…", "question": "…"}'


def _asked(line: str, where: str, today: str) -> tuple[str, str, tuple[Turn, ...], str]:
    from datetime import date

    from bot.understand import past_day

    row = _json(line, where, f"give {_LINE}")
    if not isinstance(row, dict) or not isinstance(row.get("question"), str) or not isinstance(row.get("id"), str | int):
        raise RequestError(f"{where}: needs an object with 'id' and 'question'")
    at = row.get("at") or ""
    try:
        _check(row["question"])
        if at:
            past_day(str(at), date.fromisoformat(today) if today else date.today())
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from None
    return str(row["id"]), row["question"], _turns(row.get("history") or [], where), str(at)


# Whose words a citation holds.
_WORDS_OF = {"brief": "our summary", "file": "the document's own words", "page": "the page's own words"}


def _spoken(said: Iterator[Part | Answer]) -> Answer:
    """An answer for a terminal, printed as it comes."""
    from bot.answer import Answer
    from bot.streaming import as_it_comes, text_so_far

    click.echo()
    printed = ""
    for one in as_it_comes(said):
        whole = _plain(one) if isinstance(one, Answer) else text_so_far(one)
        goes_on = whole.startswith(printed)  # else it is laid out otherwise than it seemed, and is told again
        click.echo(whole[len(printed) :] if goes_on else f"\n\n{whole}", nl=isinstance(one, Answer))
        printed = whole
    assert isinstance(one, Answer)  # it comes last
    return one


def _offers(answer: Answer) -> str:
    """What could be asked next, as the page shows it on buttons; "" where the answer's own text lists it."""
    from bot.render import offers, own_words

    label, questions = offers(answer, own_words(answer))
    return "\n".join((f"\n{label}:", *(f"- {question}" for question in questions), "")) if questions else ""


def _plain(answer: Answer) -> str:
    """An answer for a terminal: the text, then one line for each source, with a link to the quoted place where the page has it."""
    from bot.render import page_link
    from bot.wording import long_date

    lines = [answer.answer]
    told: set[str] = set()
    if answer.citations:
        lines.append("")
    for c in answer.citations:
        dated = f"as of {long_date(c.as_of)}" if c.as_of else ""
        marks = ", ".join(part for part in (c.kind, c.standing, _WORDS_OF[c.origin], dated) if part)
        lines.append(f"[{c.number}] {c.publisher} ({marks}): {c.title} {page_link(c)}".rstrip())
        if c.rests_on and c.passage_id not in told:
            lines.append(f"    rests also on: {'; '.join(f'{one.publisher} {one.url}'.rstrip() for one in c.rests_on)}")
        told.add(c.passage_id)
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
