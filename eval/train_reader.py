"""Learn the reader (index/reader.npz) from our own questions and openly licensed ones, and say what it is worth to hands it never saw.

    python -m eval.train_reader HOME selqa-ass-dev.json selqa-ass-test.json squad-dev-v2.0.json conditionalqa-train.json

HOME is a data folder with an index of the bundled corpus. Each question is looked for as the bot looks for it; the passages that the search
brings up and that do not answer are what it learns to tell from those that do. Where it is known which sentences answer, these are also
read by themselves, beside the others of the same texts; and of our own questions a wording with typing errors is read too. Learned from:
every `asked:` line of the briefs; the questions of typed.jsonl, typed_kept.jsonl and typed_facts.jsonl; the messages of strangers.jsonl and
those of continued.jsonl, but those of the hands in NOT_LEARNED, with which its weight beside the search is chosen
(eval/tune_reading.py); and the FILES (eval/pairs.py says which). Never from strangers_kept.jsonl, which is measured with, nor from the
articles. Ten minutes to look everything up and five to learn on a GPU; where there is none, one round is learned instead of eight, with
three texts a question instead of seven: under two hours on two cores. With `--before FILE` it goes on from what was learned, and with
`--newest HAND` as well it learns for one round above all from the hands so named, while a third of the rest keeps in mind what was learned
before: about an hour on two cores; with `--way 0.5` what is kept lies half the way between what was learned before and now. The same seed
gives the same weights on the same kind of processor.

Source of the typing errors: Zhuang and Zuccon 2021, Dealing with Typos for BERT-based Passage Retrieval and Ranking,
https://arxiv.org/abs/2108.12139
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from bot.answer import Turn
from bot.chain import Bot, open_bot
from bot.reading import NEAR, behind, by_reader, placed_by
from bot.settings import Settings
from corpus.errors import NorthboundError
from corpus.model import Passage
from corpus.sentences import spans
from eval.cases import WRITTEN
from eval.pairs import Pair, read_pairs, read_typed
from eval.reader import Asked, Examples, Recipe, learned, read
from eval.train_adapter import TYPED
from eval.tune import TYPED as TYPED_KEPT
from eval.tune_answerability import KEPT, STRANGERS
from eval.tune_followups import CONTINUED
from index.adapter import Adapter, Change
from index.embedder import default_model_folder, verify_weights
from index.reader import WEIGHTS, Headed, Learned, of_question, of_text, read_learned, together, write_learned
from index.reader_export import with_learned

NOT_LEARNED = frozenset({"s4", "s5", "s13", "s14", "s19", "s25", "s28", "s30", "w3", "w7", "w11", "w17"})  # hands
ON_PROCESSOR = replace(Recipe(), rounds=1, wrong=2)
GOING_ON = replace(Recipe(), rounds=4, rate=5e-4, warm_up=50)
OF_THE_NEWEST = replace(Recipe(), rounds=1, rate=5e-4, warm_up=30, wrong=4)
_LOOKED_AT = 12  # hits
_ALIKE = 0.8  # share of the words of the shorter text in the other, from which one says what the other does
_NEWEST, _KEPT_IN_MIND = 3.0, 1 / 3  # how often the newest hands are read, and all else, beside what is usual
_SHARES = {"asked": 0.5, "typed": 1.0, "strangers": 3.0, "continued": 2.0, "general": 0.6}
_ALONE = 0.5  # of the share of a question, the part of its sentences by themselves
_OF_OTHERS = 3  # sentences of texts that do not answer
_MISTYPED = 0.25  # of the words of four letters and more


@dataclass(frozen=True)
class Question:
    """A message with the sections that answer it, none where nothing does; `near` ones do not; `quotes`: the words that do, by section."""

    of: str
    wordings: tuple[str, ...]
    right: tuple[str, ...]
    hits: tuple[str, ...]
    near: tuple[str, ...] = ()
    quotes: Mapping[str, Sequence[str]] | None = None
    hand: str = ""


_Wordings = tuple[tuple[int, ...], ...]
_Text = tuple[str, str]  # a heading, and what stands under it


class Gathering:
    """Questions and texts as they are found, each text once; of the `newest` hands, where some are named, above all."""

    def __init__(self, newest: Collection[str] = (), seed: int = 0) -> None:
        self._newest = newest
        self.asked: list[Asked] = []
        self.texts: list[Headed] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._rng = random.Random(seed)

    def text(self, heading: str, text: str) -> int:
        key = (heading, text)
        if key not in self._numbers:
            self._numbers[key] = len(self.texts)
            self.texts.append(of_text(heading, text))
        return self._numbers[key]

    def add(self, question: Question, passages: Mapping[str, Passage]) -> None:
        """A message with what was found for it; what says the same as a section that answers is neither right nor wrong."""
        right = {id: passages[id] for id in question.right}
        same = [set(one.text.lower().split()) for one in right.values()]
        wrong = [id for id in question.near if id not in right]
        for id in question.hits:
            words = set(passages[id].text.lower().split())
            alike = any(len(words & own) > _ALIKE * min(len(words), len(own)) for own in same)
            if id not in right and id not in wrong and not alike and passages[id].kind == "section":
                wrong.append(id)
        texts = {id: (passages[id].heading, passages[id].text) for id in (*right, *wrong)}
        mistyped = mistyped_as(question.wordings[0], self._rng)
        wordings = tuple(dict.fromkeys(of_question(wording) for wording in (*question.wordings, mistyped)))
        named, share = len(question.near), self._share(question.of, question.hand)
        self._add(wordings, [texts[id] for id in right], [texts[id] for id in wrong], named, share)
        if question.quotes or named:
            told = [(texts[id], question.quotes.get(id, ()) if question.quotes else ()) for id in right]
            self._add_sentences(wordings, told, [texts[id] for id in wrong], share)

    def _share(self, of: str, hand: str = "") -> float:
        more = 1.0 if not self._newest else _NEWEST if hand in self._newest else _KEPT_IN_MIND
        return _SHARES[of] * more

    def add_pairs(self, pairs: Sequence[Pair]) -> None:
        """The pairs of one question."""
        right, wrong = ([pair for pair in pairs if pair.answers is answers] for answers in (True, False))
        wordings, others = (of_question(pairs[0].question),), [(pair.heading, pair.text) for pair in wrong]
        share = self._share("general")
        self._add(wordings, [(pair.heading, pair.text) for pair in right], others, 0, share)
        self._add_sentences(wordings, [((pair.heading, pair.text), pair.quotes) for pair in right], others, share)

    def _add(self, wordings: _Wordings, right: Sequence[_Text], wrong: Sequence[_Text], named: int, share: float) -> None:
        right_ones, wrong_ones = (tuple(dict.fromkeys(self.text(*text) for text in texts)) for texts in (right, wrong))
        self.asked.append(Asked(wordings, right_ones, wrong_ones, named, share))

    def _add_sentences(
        self, wordings: _Wordings, right: Sequence[tuple[_Text, Sequence[str]]], wrong: Sequence[_Text], share: float
    ) -> None:
        """The sentences that answer, by themselves, beside others of the same texts and some of those that do not answer; nothing where a
        text answers and it is not known where."""
        answering: list[_Text] = []
        beside: list[_Text] = []
        for (heading, text), quotes in right:
            told = told_by(text, quotes)
            for number, sentence in enumerate(sentences_of(text) if told else ()):
                (answering if number in told else beside).append((heading, sentence))
        others = [(heading, sentence) for heading, text in wrong for sentence in sentences_of(text)]
        beside += self._rng.sample(others, min(_OF_OTHERS, len(others)))
        if beside and (answering or not right):
            self._add(wordings, answering, beside, 0, _ALONE * share)


def sentences_of(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans(text)]


def mistyped_as(text: str, rng: random.Random) -> str:
    """The text with a letter left out, doubled, changed for another or for its neighbour in some of its longer words."""

    def mistype(word: re.Match[str]) -> str:
        said = word[0]
        if rng.random() >= _MISTYPED:
            return said
        at = rng.randrange(1, len(said) - 1)
        return rng.choice(
            (
                said[:at] + said[at + 1 :],
                said[:at] + said[at] + said[at:],
                said[:at] + said[at + 1] + said[at] + said[at + 2 :],
                said[:at] + rng.choice(_LETTERS) + said[at + 1 :],
            )
        )

    return re.sub(r"[^\W\d_]{4,}", mistype, text)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def told_by(text: str, quotes: Sequence[str]) -> tuple[int, ...]:
    """The numbers of the sentences of a text that are among these words of it."""
    said = [" ".join(quote.split()) for quote in quotes]
    sentences = (" ".join(sentence.split()) for sentence in sentences_of(text))
    return tuple(n for n, sentence in enumerate(sentences) if any(sentence in one or one in sentence for one in said if one))


def gathered(bot: Bot, files: Sequence[Path], newest: Collection[str] = ()) -> Examples:
    """All that is learned from, above all the `newest` hands. Raises PairsError for a file that cannot be read."""
    made = Gathering(newest)
    for question in [*_of_briefs(bot), *_of_typed(bot), *_of_strangers(bot, STRANGERS, False), *_continued(bot)]:
        made.add(question, bot.index.passages.by_id)
    of_one: dict[tuple[str, str], list[Pair]] = {}
    for pair in read_pairs(files, look_alikes=True):
        of_one.setdefault((pair.subject, pair.question), []).append(pair)
    for pairs in of_one.values():
        made.add_pairs(pairs)
    return Examples(made.asked, made.texts)


def _of_briefs(bot: Bot) -> Iterator[Question]:
    for passage in list(bot.index.passages.by_id.values()):
        if passage.asked and passage.origin == "brief":
            for question in passage.asked:
                yield _looked_up(bot, "asked", question, (passage.id,))


def _of_typed(bot: Bot) -> Iterator[Question]:
    for file in (TYPED, *TYPED_KEPT):
        for question, section in read_typed(file):
            yield _looked_up(bot, "typed", question, (section,))


def _of_strangers(bot: Bot, file: Path, kept: bool) -> Iterator[Question]:
    """Those of the hands that are learned from, or else those of the others. What answers one of two things that are asked answers; those
    that are kept ask one."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        hand = row["id"].partition("-")[0]
        if (hand in NOT_LEARNED or file == KEPT) == kept and (len(row["asks"]) < 2 or not kept):
            right = tuple(dict.fromkeys(section for asked in row["asks"] for section in asked))
            found = _looked_up(bot, "strangers", row["question"], right)
            yield replace(found, near=tuple(row.get("near", ())), quotes=row.get("quotes"), hand=hand)


def _looked_up(bot: Bot, of: str, text: str, right: tuple[str, ...]) -> Question:
    found = bot.search(bot.understand(text))
    hits = tuple(dict.fromkeys(hit.passage.id for of_one in found.hits for hit in of_one[:_LOOKED_AT]))
    wordings = found.asked[0].wordings if len(found.asked) == 1 else (text,)
    return Question(of, (text, wordings[min(1, len(wordings) - 1)]), right, hits)


def _continued(bot: Bot) -> Iterator[Question]:
    """The messages of conversations that are held with the bot, the later ones as they stand alone, or else behind the question before."""
    for line in CONTINUED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        said: list[Turn] = []
        hand = row["id"].partition("-")[0]
        for turn in row["turns"] if hand not in NOT_LEARNED else ():
            answer, found = bot.trace(turn["question"], said)
            if len(found.hits) == 1:
                hits = tuple(hit.passage.id for hit in found.hits[0][:_LOOKED_AT])
                alone = answer.standalone_question or turn["question"]
                other = behind(said[-2].content, turn["question"]) if said else found.asked[0].wordings[-1]
                yield Question("continued", (alone, other), tuple(turn["passages"]), hits, hand=hand)
            said += [Turn(role="user", content=turn["question"]), Turn(role="assistant", content=answer.answer)]


def between(before: Learned, after: Learned, way: float) -> Learned:
    """What lies so far on the way, 0 to 1, from what was learned before to what was learned from there on: of both it keeps most.

    Source: Wortsman et al. 2022, Robust fine-tuning of zero-shot models, https://arxiv.org/abs/2109.01903
    """

    def mixed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray((1 - way) * one + way * other, dtype=np.float32)

    changes = {
        name: Change(mixed(old.down, after.adapter.changes[name].down), mixed(old.up, after.adapter.changes[name].up))
        for name, old in before.adapter.changes.items()
    }
    return Learned(Adapter(changes, ""), {name: mixed(old, after.outputs[name]) for name, old in before.outputs.items()})


def measured(bot: Bot, made: Learned) -> Iterator[str]:
    """Of hands that were not learned from: how often a section that answers comes first by the search, by the reader alone, and by both, of
    those with one among the first three; and the area under the curve of what the reader says of the first hit, right or of a message that
    nothing answers."""
    model = with_learned(made)
    for name, file in (("hands whose weight it is chosen with", STRANGERS), ("hands that nothing is chosen with", KEPT)):
        places: list[tuple[bool, bool, bool]] = []
        odds: dict[bool, list[float]] = {True: [], False: []}
        for question in _of_strangers(bot, file, True):
            found = bot.search(bot.understand(question.wordings[0]))
            hits = found.hits[0][:NEAR] if found.hits else ()
            if not hits:
                continue
            asked = of_question(question.wordings[0])
            of_each = read(model, [together(asked, of_text(hit.passage.heading, hit.passage.text)) for hit in hits])
            right = np.array([hit.passage.id in question.right for hit in hits])
            if right.any():
                both = np.array([placed_by(hit) + by_reader(replace(hit, read=odd)) for hit, odd in zip(hits, of_each, strict=True)])
                places.append((bool(right[0]), bool(right[of_each.argmax()]), bool(right[both.argmax()])))
            if right[0] or not question.right:
                odds[bool(right[0])].append(float(of_each[0]))
        first, alone, both_first = np.mean(places, axis=0)
        area = roc_auc_score([1] * len(odds[True]) + [0] * len(odds[False]), [*odds[True], *odds[False]])
        yield f"{name}: {len(places)} answered in three, first {first:.3f}, by the reader {alone:.3f}, by both {both_first:.3f}"
        yield f"  first right ({len(odds[True])}) or nothing answers ({len(odds[False])}): area {area:.3f}"


@click.command()
@click.argument("home", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write what was learned; else where it is used.")
@click.option("--before", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="What was learned before, to go on from.")
@click.option("--newest", multiple=True, help="A hand to learn from above all, with --before; may be given several times.")
@click.option("--way", default=1.0, show_default=True, type=click.FloatRange(0, 1), help="How far to go from what was learned before.")
@click.option("--seed", default=0, show_default=True)
def main(home: Path, files: Sequence[Path], out: Path, before: Path | None, newest: Sequence[str], way: float, seed: int) -> None:
    """Learn from the index in HOME, our sets of questions and FILES which passage answers a question."""
    try:
        if newest and before is None:
            raise click.UsageError("--newest needs what was learned before: give --before FILE as well")
        verify_weights(default_model_folder())
        bot = open_bot(Settings(home=home, today=WRITTEN)).without_reader()
        examples = gathered(bot, files, newest)
        if newest:
            recipe = OF_THE_NEWEST
        elif not torch.cuda.is_available():
            recipe = ON_PROCESSOR
        else:
            recipe = Recipe() if before is None else GOING_ON
        known = read_learned(before) if before is not None else None
        made = learned(default_model_folder(), examples, recipe, seed, _told, known)
        made = made if known is None else between(known, made, way)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_learned(out, made)
        click.echo(f"{out}: {out.stat().st_size:,} bytes, learned from {len(examples.asked)} questions")
        for line in measured(bot, made):
            click.echo(line)
    except (NorthboundError, OSError) as error:
        sys.exit(f"eval.train_reader: {error}")


def _told(step: int, steps: int, loss: float) -> None:
    if step % 20 == 0 or step == steps:
        click.echo(f"\rstep {step} of {steps}, loss {loss:.3f}", err=True, nl=step == steps)


if __name__ == "__main__":
    main()
