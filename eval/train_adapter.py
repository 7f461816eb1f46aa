"""Learn what the default model's weights are changed by (index/adapter.py), or say what it is worth on questions that it never saw.

    python -m eval.train_adapter selqa-ass-dev.json selqa-ass-test.json xquad.en.json conditionalqa/train.json conditionalqa/dev.json
    python -m eval.train_adapter FILE … --held-out      # learns without a part of our questions, measures with these, and writes nothing

Learned from: every heading and `asked:` line of the bundled briefs with its section; the questions of eval/typed.jsonl, five for each
section as somebody would type them, by other hands than the briefs; and the right pairs of the FILES, openly licensed questions of other
fields (eval/pairs.py says which), so that little is lost there. eval/contrastive.py says how. Under two hours on two cores, where one of
the 300 steps takes about 20 s, and seconds on a GPU. The same seed gives the same weights on the same kind of processor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
import torch
from tokenizers import Tokenizer

from corpus.errors import NorthboundError
from corpus.passages import passages
from corpus.registry import load_briefs, load_registry
from eval.contrastive import Examples, Recipe, learned, vectors
from eval.pairs import PairsError, read_pairs, read_typed
from index.adapter import WEIGHTS, Adapter, write_adapter
from index.build import dense_text
from index.embedder import default_model_folder, plain_embedder, verify_weights

TYPED = Path(__file__).with_name("typed.jsonl")
_QUESTION, _TEXT, _GENERAL = 64, 256, 200  # word pieces that are read of each
_LINES, _TYPED = 0.2, 0.5  # shares that are held out
_OF_QUESTIONS = 0.3  # the weight of a section's nearest question, beside that of its text
_ROW = "{:44}{:>10}{:>8}{:>8}{:>8}"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write what was learned; else where it is used.")
@click.option("--seed", default=0, show_default=True)
@click.option("--held-out", is_flag=True, help="Measure with questions that are not learned from; nothing is written.")
def main(files: Sequence[Path], out: Path, seed: int, held_out: bool) -> None:
    """Learn from the briefs, eval/typed.jsonl and FILES what the default model's weights are changed by."""
    try:
        examples = gathered(files)
        verify_weights(default_model_folder())
        if held_out:
            for line in measured(examples, Recipe(), seed):
                click.echo(line)
            return
        out.parent.mkdir(parents=True, exist_ok=True)
        write_adapter(out, learned(default_model_folder(), examples, Recipe(), seed, _told))
        click.echo(f"{out}: {out.stat().st_size:,} bytes, learned from {len(examples.questions) + len(examples.typed)} questions")
    except (NorthboundError, OSError) as error:
        sys.exit(f"eval.train_adapter: {error}")


def gathered(files: Sequence[Path], typed_file: Path = TYPED) -> Examples:
    """All that is learned from. Of each section the heading comes first among its questions. Raises PairsError for a file that cannot be
    read, or that asks of sections which the briefs do not have."""
    general = [pair for pair in read_pairs(files) if pair.answers]
    sections = [p for p in passages(load_briefs(load_registry())) if p.asked]
    typed = _typed(typed_file, {section.id: n for n, section in enumerate(sections)})
    asked = [(question, n) for n, section in enumerate(sections) for question in section.questions]
    return Examples(
        questions=as_pieces([question for question, _ in asked], _QUESTION),
        of=np.array([n for _, n in asked]),
        typed=as_pieces([question for question, _ in typed], _QUESTION),
        typed_of=np.array([n for _, n in typed]),
        texts=as_pieces([dense_text(section) for section in sections], _TEXT),
        general_questions=as_pieces([pair.question for pair in general], _QUESTION),
        general_texts=as_pieces([pair.text for pair in general], _GENERAL),
    )


def as_pieces(texts: Sequence[str], most: int) -> list[list[int]]:
    """The word pieces of each text, at most so many, as the model reads them."""
    tokenizer = Tokenizer.from_file(str(default_model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(most)
    return [encoded.ids for encoded in tokenizer.encode_batch(list(texts))]


def measured(examples: Examples, recipe: Recipe, seed: int = 0) -> Iterator[str]:
    """Learn without a fifth of the `asked:` lines and half of the typed questions; what these find, beside the model as published."""
    rng = np.random.default_rng(seed)
    heading = np.diff(examples.of, prepend=-1) != 0
    lines = ~heading & (rng.random(len(examples.questions)) < _LINES)
    typed = rng.random(len(examples.typed)) < _TYPED
    kept, away = examples.only(~lines, ~typed), examples.only(lines, typed)
    changes = learned(default_model_folder(), kept, recipe, seed, _told)
    yield _ROW.format("held out", "questions", "first", "of 3", "of 5")
    for name, adapter in (("as published", Adapter({}, "")), ("with what was learned", Adapter(changes, ""))):
        found = ranks(adapter, kept, [*away.questions, *away.typed], np.concatenate([away.of, away.typed_of]))
        for kind, part in (("asked: lines", found[: len(away.of)]), ("typed", found[len(away.of) :])):
            yield _ROW.format(f"{kind}, {name}", len(part), *(f"{(part <= most).mean():.3f}" for most in (1, 3, 5)))


def ranks(adapter: Adapter, known: Examples, questions: Sequence[Sequence[int]], of: np.ndarray) -> np.ndarray:
    """The rank, from 1, of each question's text among all. A text's score is made of the cosine to itself and of the best one to a question
    of it, of those that are known."""
    model = plain_embedder().model[0].model
    adapter.add_to(model)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    with torch.inference_mode():
        asked, texts, others = (vectors(model, pieces).cpu().numpy() for pieces in (questions, known.texts, known.questions))
    scores = (1 - _OF_QUESTIONS) * asked @ texts.T
    to_others = asked @ others.T
    for n in np.unique(known.of):
        scores[:, n] += _OF_QUESTIONS * to_others[:, known.of == n].max(axis=1)
    right = scores[np.arange(len(of)), of][:, None]
    made: np.ndarray = 1 + (scores > right).sum(axis=1)
    return made


def _typed(file: Path, sections: dict[str, int]) -> list[tuple[str, int]]:
    """Each question of the file with the number of its section."""
    asked = read_typed(file)
    if unknown := sorted({section for _, section in asked} - set(sections)):
        raise PairsError(f"{file}: the briefs have no section {', '.join(unknown)}; name the section that answers these questions now")
    return [(question, sections[section]) for question, section in asked]


def _told(step: int, steps: int, loss: float) -> None:
    click.echo(f"\rstep {step} of {steps}, loss {loss:.3f}", err=True, nl=step == steps)


if __name__ == "__main__":
    main()
