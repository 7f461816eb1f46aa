"""A follow-up is made to stand alone: what it is about is taken from the conversation and said in words."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import pytest

from bot import scope
from bot.answer import Turn
from bot.chain import Bot
from bot.followups import StandAlone, asks_nothing, only_tells, stand_alone
from bot.phrases import phrases
from bot.swaps import swapped, told_apart
from bot.topics import resolve
from bot.understand import Understood, understand
from bot.vocabulary import Vocabulary
from corpus.model import Program
from corpus.registry import load_registry
from tests.talking import talk

PILOT = Program("pilot", "2023 pilot", "closed", "2023-07-17", "2026-01-01", "s", replaced_by="pathway", aliases=("h1b pilot",))
PATHWAY = Program("pathway", "accelerated pathway", "announced", "2025-11-04", "2026-01-01", "s", aliases=("new h1b pathway",))
ENTRY = Program("entry", "Express Entry", "open", "", "2026-01-01", "s", aliases=("ee",))
FEES = Program("fees", "Government fees", "open", "", "2026-01-01", "s", aliases=("application fee",))
PROGRAMS = {p.id: p for p in (PILOT, PATHWAY, ENTRY, FEES)}

OPEN = ("Is the h1b pilot still open?", "No, it closed on 17 July 2023.")


def named_in(text: str) -> list[str]:
    """Programs whose name or alias stands in the text, in order of appearance."""
    forms = {p.id: "|".join((p.name, *p.aliases)) for p in PROGRAMS.values()}
    found = {i: re.search(rf"\b(?:{form})\b", text, re.IGNORECASE) for i, form in forms.items()}
    return [i for _, i in sorted((m.start(), i) for i, m in found.items() if m)]


def said(*contents: str) -> list[Turn]:
    """A conversation: the user speaks first, then by turns."""
    return [Turn(role="assistant" if n % 2 else "user", content=content) for n, content in enumerate(contents)]


def alone(question: str, *history: str) -> StandAlone:
    return stand_alone(question, said(*history), PROGRAMS, named_in, scope.speaks_of_the_field)


def test_without_a_history_a_question_stays_as_it_is() -> None:
    assert alone("and how much is it?") == StandAlone("and how much is it?", "and how much is it?")


@pytest.mark.parametrize(
    "question",
    ["what about my wife?", "and my wife?", "how much is it", "when did it close", "who can extend that?", "how long does it take", "why?"],
)
def test_a_follow_up_takes_its_program_from_the_conversation(question: str) -> None:
    made = alone(question, *OPEN)
    assert made.text == f"{question.rstrip('?')} –{'' if 'about' in question else ' about'} the 2023 pilot?"
    assert (made.typed, made.named, made.inferred) == (question, (), ("pilot",))
    assert made.previous == OPEN[0]
    assert made.context == OPEN


@pytest.mark.parametrize(
    "question",
    [
        "What language test do I need for permanent residence in Ontario?",
        "How many days must a permanent resident live in Canada to become a citizen?",
        "How is the weather-related emergency pay of nurses taxed?",
    ],
)
def test_a_question_of_its_own_starts_afresh(question: str) -> None:
    assert alone(question, *OPEN) == StandAlone(question, question)


@pytest.mark.parametrize(
    "question",
    ["What language test does Express Entry ask of my husband?", "Is Express Entry the same for married people who bring two children?"],
)
def test_a_question_that_names_its_own_program_and_subject_starts_afresh(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.named, made.inferred, made.context) == (("entry",), (), ())


@pytest.mark.parametrize("question", ["and for Express Entry?", "what about ee?", "and Express Entry", "ok and for ee"])
def test_and_for_another_program_asks_the_last_question_again_about_it(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.text, made.named) == ("Is Express Entry still open?", ("entry",))
    assert made.context == ()  # the old program is not searched for any more


def test_a_fee_in_the_last_question_is_not_the_program_that_is_swapped() -> None:
    made = alone("and for Express Entry?", "What is the application fee for the h1b pilot?", "It was 155 dollars.")
    assert made.text == "What is the application fee for Express Entry?"


def test_and_for_another_program_with_words_of_its_own_keeps_them() -> None:
    made = alone("what about the cost of Express Entry?", *OPEN)
    assert made.text.startswith("what about the cost of Express Entry") and made.named == ("entry",)


@pytest.mark.parametrize(
    "question",
    [
        "no i meant the new one",
        "no, I meant the new one.",
        "not that, the new one",
        "I mean the accelerated one",
        "no i mean the new accelerated one",
    ],
)
def test_what_was_meant_is_asked_instead(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.text, made.named) == ("Is the accelerated pathway still open?", ("pathway",))


@pytest.mark.parametrize("question", ["and the old one?", "no i meant the 2023 one", "no, the first one", "what about the previous one"])
def test_the_old_one_is_the_one_before(question: str) -> None:
    assert alone(question, "Is the accelerated pathway open?", "No opening has been published.").text == "Is the 2023 pilot open?"


def test_a_question_about_the_new_one_keeps_its_own_words() -> None:
    assert alone("how much is the new one?", *OPEN).text == "how much is the accelerated pathway?"


def test_a_correction_by_name_asks_about_the_name() -> None:
    assert alone("I was asking about Express Entry", *OPEN).text == "Is Express Entry still open?"


def test_a_correction_without_a_program_keeps_what_was_said() -> None:
    assert alone("i meant for my wife", *OPEN).text == "Is the h1b pilot still open – for my wife?"


@pytest.mark.parametrize(
    "opening",
    ["different question: ", "Ok, another topic, ", "never mind. ", "forget that, ", "one last thing: ", "changing the subject - "],
)
def test_a_switch_of_topic_leaves_the_conversation_behind(opening: str) -> None:
    assert alone(f"{opening}what is the fee", *OPEN) == StandAlone("what is the fee", "what is the fee")


def test_thanks_before_a_question_are_not_part_of_it() -> None:
    assert alone("thanks, and how do I renew it?", *OPEN).text == "and how do I renew it – about the 2023 pilot?"


def test_the_latest_program_counts_and_the_users_word_before_the_answers() -> None:
    history = ("Is the h1b pilot open?", "No. Express Entry is.", "Is the accelerated pathway open?", "No. Express Entry is.")
    assert alone("how much is it?", *history).inferred == ("pathway",)


def test_of_two_programs_in_a_question_the_one_that_was_answered_about_is_talked_of() -> None:
    question = "h1b pilot holders in Express Entry"
    assert alone("how long does it take?", question, "The h1b pilot closed.").inferred == ("pilot",)
    assert alone("how long does it take?", question, "Nothing is known.").inferred == ("entry",)


def test_an_answers_program_counts_where_the_user_named_none() -> None:
    assert alone("how much is it?", "which route needs no job offer?", "Express Entry needs none.").inferred == ("entry",)


def test_a_conversation_without_programs_is_still_searched_with_its_words() -> None:
    made = alone("must it be in cash?", "how much money must I show?", "15,263 dollars for one person.")
    assert made.text == "must it be in cash – after “how much money must I show”"
    assert made.inferred == () and "how much money must I show?" in made.context


@pytest.mark.parametrize(
    ("question", "history", "text"),
    [
        ("How is it made?", ("Tell me about pine honey.",), "How is pine honey made?"),
        ("What are its uses?", ("What is pine honey?",), "What are pine honey's uses?"),
        # What a pronoun takes up stays the topic, through any number of follow-ups.
        ("Why is it dark?", ("Tell me about pine honey.", "Bees make it.", "How is it made?", "From sap."), "Why is pine honey dark?"),
        # What is asked for by its name becomes it.
        ("How old do they get?", ("Tell me about pine honey.", "", "What are pine trees?", "Conifers."), "How old do pine trees get?"),
        ("and the colours?", ("Can you tell me about pine honey?",), "and the colours of pine honey?"),
        # Of a conversation that is not about the field, a short question leans though it names nothing of the field.
        ("Which grades sell?", ("Tell me about pine honey.",), "Which grades sell (pine honey)?"),
        # A thing is said in full where the answer did, and what the answer turned to stands behind.
        ("Is the honey safe?", ("What do bees make?", "Bees make heather honey."), "Is the heather honey safe (bees)?"),
        # A pronoun stands for the latest that is one or several as it is, and for what the same sentence names before it.
        ("Is it safe?", ("Tell me about pine honey.", "", "What are pine trees?", "Conifers."), "Is pine honey safe?"),
        ("Are these trees safe and are they old?", ("Tell me about pine honey.",), "Are these trees safe and are they old (pine honey)?"),
        # Where the answer turned to something else, that is what the user goes on about.
        (
            "Is it dear?",
            ("What do bees make?", "Heather honey. People eat heather honey. Heather honey sells."),
            "Is heather honey dear (bees)?",
        ),
        # A person has a name.
        ("Where did he live?", ("Who kept bees?", "Anton Janscha kept bees and wrote on them."), "Where did Anton Janscha live (bees)?"),
        # A short form is said in full.
        ("Are VMs slow?", ("What is a virtual machine?", "", "How is it made?", ""), "Are virtual machines slow?"),
        ("Who leads the College?", ("What is the US Electoral College?",), "Who leads the US Electoral College?"),
        # The rules of a union are rules on something.
        ("What are the EU rules?", ("Tell me about honey labels.",), "What are the EU rules of honey labels?"),
        # Another place or part is not put in the place of the topic.
        ("What about the costs?", ("Tell me about pine honey.",), "What about the costs of pine honey?"),
        # A question that names its own thing is left alone.
        ("What is maple syrup?", ("Tell me about pine honey.", "Bees make it."), "What is maple syrup?"),
        ("What is sap and why is it sweet?", ("Tell me about pine honey.",), "What is sap and why is it sweet?"),
        # The last question is asked again of something else.
        ("What about heather honey?", ("Tell me about pine honey.", "", "How is it made?", "From sap."), "How is heather honey made?"),
    ],
)
def test_a_follow_up_without_a_program_takes_the_topic_of_the_conversation(question: str, history: tuple[str, ...], text: str) -> None:
    assert alone(question, *history).text == text


@pytest.mark.parametrize("opening", ["How much is a used car?", "How long do bees live?"])
def test_a_conversation_that_only_asks_for_a_price_or_a_time_is_not_one_of_the_field(opening: str) -> None:
    registry = load_registry()
    thing = opening.rstrip("?").split()[-1 if "car" in opening else -2]
    made = understand("How does it compare to a bus?", said(opening, "It depends."), Vocabulary(registry, ()), registry.programs)
    assert thing in made.standalone and "after" not in made.standalone


def test_what_an_answer_of_ours_begins_with_makes_a_conversation_one_of_the_field() -> None:
    registry = load_registry()
    history = said("an agent guarantees my approval, possible?", "Nobody can guarantee the approval of a Canadian immigration application.")
    made = understand("who is allowed to take money for this", history, Vocabulary(registry, ()), registry.programs)
    assert made.standalone == "who is allowed to take money for this – after “an agent guarantees my approval, possible”"


def test_in_a_conversation_of_the_field_a_short_question_about_something_else_stays_as_it_is() -> None:
    assert alone("Which grades sell?", "How much is a work permit?").text == "Which grades sell?"


@pytest.mark.parametrize(
    ("question", "last", "again"),
    [
        ("and bc?", "how long is the wait for a health card in Ontario", "how long is the wait for a health card in bc?"),
        ("and in Quebec", "is there a tech draw?", "is there a tech draw in Quebec?"),
        ("what about chinese citizens?", "do indians need a visa", "do chinese citizens need a visa?"),
        ("and people from mexico?", "can people from india work", "can people from mexico work?"),
        ("and if we are 4?", "settlement funds for one person", "settlement funds for 4 people?"),
        ("for two people", "how much money must I show", "how much money must I show for two people?"),
        ("and my wife?", "can i work there", "can my wife work there?"),
        ("what about my son", "does my wife need a permit", "does my son need a permit?"),
        ("and the first one", "what was the score of the last one", "what was the score of the first one?"),
        ("and for French", "how many points for a nomination", "how many points for French?"),
        ("what about kids 19 yrs", "can my h4 spouse work in Canada", "can kids 19 yrs work in Canada?"),
        ("we are actually 3", "proof of funds for a family of 4", "proof of funds for a family of 3?"),
    ],
)
def test_a_fragment_puts_its_value_in_the_place_of_the_last_questions(question: str, last: str, again: str) -> None:
    assert swapped(question, last) == again


@pytest.mark.parametrize(
    ("question", "last"),
    [
        ("and how much is it in bc", "how long is the wait in Ontario"),  # says more than the place
        ("and bc?", "is Ontario or Alberta faster"),  # which of the two?
        ("and ontario?", "is Ontario fast"),  # nothing changes
        ("and my wife?", "is the pilot open"),  # no place for her
        ("family?", "can family members come"),  # nothing changes
    ],
)
def test_a_question_with_no_one_place_for_the_value_is_not_asked_again(question: str, last: str) -> None:
    assert swapped(question, last) == ""


def test_a_follow_up_to_a_fragment_goes_on_from_what_the_fragment_meant() -> None:
    history = ("How much is health cover in Ontario?", "Nothing.", "and bc?", "75 dollars.")
    assert alone("alberta", *history).text == "How much is health cover in alberta?"
    history = ("How much is health cover in Ontario?", "Nothing.", "and the waiting time?", "None.")
    assert alone("and bc?", *history).text == "How much is health cover in bc?"


def test_after_a_correction_the_right_program_is_the_one_talked_of() -> None:
    made = alone("will it need a job offer", *OPEN, "no, I meant the new one", "It is not open.")
    assert (made.text, made.inferred) == ("will it need a job offer – about the accelerated pathway?", ("pathway",))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("we are 2, not 5", "settlement money for 2 persons"),
        ("not 5, 2", "settlement money for 2 persons?"),
        ("no i mean Express Entry. fee how much", "fee how much – about Express Entry?"),
        ("I meant what it costs", "what it costs – after “settlement money for 5 persons”"),
    ],
)
def test_a_correction_changes_a_word_or_is_the_question(question: str, text: str) -> None:
    assert alone(question, "settlement money for 5 persons", "32,168 dollars.").text.rstrip("?") == text.rstrip("?")


def test_a_clause_finishes_the_last_question() -> None:
    made = alone("even if i am only a visitor?", "can my kids go to school", "Yes, with a permit.")
    assert made.text == "can my kids go to school, if i am only a visitor?"
    assert alone("if i lose my job can i stay in canada", *OPEN).text == "if i lose my job can i stay in canada"


@pytest.mark.parametrize("question", ["in usd?", "and by car?", "at the border"])
def test_a_phrase_that_says_how_or_where_finishes_the_last_question(question: str) -> None:
    history = ("how do I prove the settlement money", "With letters.")
    assert alone(question, *history).text == f"how do I prove the settlement money, {question.removeprefix('and ').rstrip('?')}?"
    assert alone("in that case?", *history).text == "in that case – after “how do I prove the settlement money”"


def test_a_clause_after_a_few_words_finishes_the_question_before_them() -> None:
    history = ("can I work for a US company as a visitor", "Yes.", "how long", "Six months.")
    assert alone("and if the company is Canadian?", *history).text == (
        "can I work for a US company as a visitor, if the company is Canadian?"
    )


def test_what_a_conversation_is_about_is_said_however_many_short_questions_came_between() -> None:
    history = ("must a work permit holder have a medical exam", "Yes.", "how much is it", "It differs.", "where", "At a clinic.")
    assert alone("validity", *history).text == "validity – after “must a work permit holder have a medical exam”"


@pytest.mark.parametrize(
    ("asked", "inferred"),
    [
        ("what is an lmia", ()),
        ("is an lmia needed", ()),
        ("how to get job offer from usa employer", ()),
        ("which routes need an lmia", ("entry",)),
        ("can my wife work", ("entry",)),
    ],
)
def test_what_is_asked_about_by_its_name_is_the_subject_and_not_the_program_that_the_answer_begins_with(
    asked: str, inferred: tuple[str, ...]
) -> None:
    assert alone("who applies for it", asked, "Express Entry needs none.").inferred == inferred


def test_there_is_the_place_that_the_last_question_named() -> None:
    history = ("can I go to Canada after the h1b pilot", "Yes.")
    assert alone("can i work there", *history).text == "can i work in Canada – about the 2023 pilot?"
    assert alone("is there a fee", *history).text == "is there a fee – about the 2023 pilot?"


def test_a_question_that_compares_names_both() -> None:
    made = alone("how is it different from express entry", *OPEN)
    assert (made.text, made.named) == ("how is the 2023 pilot different from express entry", ("pilot", "entry"))


def test_a_question_that_breaks_off_goes_on_from_the_last() -> None:
    assert (
        alone("how many days to apply after", "what is an invitation", "A message.").text == "how many days to apply after (an invitation)?"
    )


def test_a_correction_may_be_of_the_question_before_a_fragment() -> None:
    history = ("does Express Entry let my wife work", "Yes.", "and the age limit", "None.")
    assert alone("no, study not work", *history).text == "and the age limit – after “does Express Entry let my wife study”"


def test_a_program_whose_name_was_changed_is_not_asked_about_any_more() -> None:
    registry = load_registry()
    vocabulary = Vocabulary(registry, ())
    first = "can my wife get a spouse work permit"
    assert understand(first, (), vocabulary, registry.programs).named == ("spousal-open-work-permit",)
    kids = understand("no, child not spouse", said(first, "Yes."), vocabulary, registry.programs)
    assert (kids.standalone, kids.named) == ("can my wife get a child work permit", ())


@pytest.mark.parametrize(
    ("question", "text"),
    [("the permit for it i mean", "the permit for it – about the 2023 pilot?"), ("Express Entry i meant", "Is Express Entry still open?")],
)
def test_what_was_meant_may_stand_first(question: str, text: str) -> None:
    assert alone(question, *OPEN).text == text


def test_several_fragments_go_on_from_the_same_question() -> None:
    history = ("how many Express Entry points for a job offer", "None.", "and my brother?", "15.")
    assert alone("and a diploma from Waterloo", *history).previous == "how many Express Entry points for a job offer"


def test_another_province_is_asked_about_its_own_program_and_the_next_by_the_question_as_it_was() -> None:
    registry = load_registry()
    vocabulary = Vocabulary(registry, ())

    def standing_alone(question: str, *history: str) -> str:
        return understand(question, said(*history), vocabulary, registry.programs).standalone

    first, second = "is the ontario pnp still open", "and quebec?"
    quebec = standing_alone(second, first, "Yes.")
    assert quebec == "is the Quebec Skilled Worker Selection Program (PSTQ) still open?"
    assert standing_alone("and bc", first, "Yes.", second, "Yes.") == "is the bc pnp still open?"


@pytest.mark.parametrize(
    ("question", "text", "inferred"),
    [
        ("going back to the first thing, when did it fill up?", "when did it fill up – about the 2023 pilot?", "pilot"),
        ("back to Express Entry, is there an age limit?", "is there an age limit – about Express Entry?", "entry"),
        ("as for the pilot, can they work on it", "can they work on it – about the pilot?", "pilot"),
    ],
)
def test_a_question_may_go_back_to_an_earlier_one(question: str, text: str, inferred: str) -> None:
    history = (*OPEN, "How old may I be for Express Entry?", "Any age.", "What is the accelerated pathway?", "A promise.")
    made = alone(question, *history)
    assert (made.text, made.inferred) == (text, (inferred,))


def test_what_somebody_else_says_is_about_the_last_answer() -> None:
    assert alone("a blog says it ended in 2024", *OPEN).inferred == ("pilot",)


def test_a_noun_that_nobody_named_is_the_programs() -> None:
    assert alone("who can give the offer", *OPEN).inferred == ("pilot",)


def test_the_program_that_an_answer_opens_with_is_the_one_a_follow_up_is_about() -> None:
    answer = "Express Entry needs none. The h1b pilot needed none either."
    assert alone("how much is it?", "which route needs no job offer?", answer).inferred == ("entry",)


def test_a_rewriter_has_the_last_word_and_may_leave_it_to_the_rules() -> None:
    def of_entry(question: str, history: Sequence[Turn]) -> str | None:
        return "What does Express Entry cost?" if "cost" in question else None

    made = stand_alone("what does it cost", said(*OPEN), PROGRAMS, named_in, scope.speaks_of_the_field, of_entry)
    assert (made.text, made.typed, made.named, made.inferred) == ("What does Express Entry cost?", "what does it cost", ("entry",), ())
    assert made.previous == OPEN[0]
    by_rules = stand_alone("when did it close", said(*OPEN), PROGRAMS, named_in, scope.speaks_of_the_field, of_entry)
    assert by_rules == alone("when did it close", *OPEN)
    first = stand_alone("what does it cost", [], PROGRAMS, named_in, scope.speaks_of_the_field, of_entry)
    assert first.text == "what does it cost"  # there is nothing to rewrite it from


def test_noun_phrases_end_at_verbs_and_prepositions_and_keep_names_whole() -> None:
    assert [p.text for p in phrases("How does the main function of a virtual machine differ in Salt Lake City?")] == [
        "function",
        "virtual machine",
        "Salt Lake City",
    ]


def test_a_follow_up_in_another_script_is_searched_with_the_conversation() -> None:
    registry = load_registry()
    understood = understand("और मेरी पत्नी?", said("Is the super visa open?", "Yes."), Vocabulary(registry, ()), registry.programs)
    assert understood.language == "hi" and understood.question == "और मेरी पत्नी?"
    assert understood.parts[0]


@pytest.mark.parametrize("word", ["a", "and ", "no, ", "i mean ", "back to ", "4 ", "it ", "-", "my son ", "not a, "])
def test_the_longest_message_is_read_in_a_moment(word: str) -> None:
    question = (word * 4000)[:3980] + " work permit fee"
    began = time.process_time()
    alone(question, *OPEN)
    alone("how much is it?", question, question)
    resolve("how much is it?", said("Tell me about pine honey.", question, question, question))
    assert time.process_time() - began < 1


def test_two_hundred_turns_are_read_in_a_moment() -> None:
    history = [text for n in range(99) for text in (f"What is the cut-off of Express Entry in round {n}?", "It was 500.")]
    began = time.process_time()
    assert alone("how much is it?", *history, *OPEN).inferred == ("pilot",)
    assert time.process_time() - began < 0.5


def test_a_history_of_answers_alone_is_no_conversation() -> None:
    history = [Turn(role="assistant", content="Hello. Ask me about the 2023 pilot.")]
    assert stand_alone("how much is it?", history, PROGRAMS, named_in, scope.speaks_of_the_field).text == "how much is it?"


REGISTRY = load_registry()
VOCABULARY = Vocabulary(REGISTRY, ())


def of_the_field(*contents: str) -> Understood:
    """What the last message of a conversation asks, with the programs and words of the real registry."""
    return understand(contents[-1], said(*contents[:-1]), VOCABULARY, REGISTRY.programs)


GTS = ("how long does gts take", "About 10 business days for the Global Talent Stream LMIA.")


def test_for_whom_or_what_finishes_a_question_about_an_amount_or_a_time() -> None:
    assert of_the_field(*GTS, "n for my wifes permit").standalone == "how long does gts take, for my wifes permit?"
    assert of_the_field("how much is biometrics", "85 dollars.", "and my kids").standalone == "how much is biometrics for my kids?"


def test_what_a_relative_pays_or_needs_is_asked_of_the_spouses_own_permit_and_not_of_the_workers() -> None:
    job_offer = of_the_field(*GTS, "n for my wifes permit", "Two weeks.", "does she need a job offer")
    assert job_offer.standalone == "does my wife need a job offer – about the Open work permit for spouses of workers?"
    assert of_the_field(*GTS, "and my wife", "She may come.", "how long does her permit take").programs == ("global-talent-stream",)


@pytest.mark.parametrize(
    ("asked", "question", "text"),
    [
        ("can my kids come on the 2023 h1b open work permit", "can they still apply", "can my kids still apply"),
        ("can my daughter study on the super visa", "what is the limit for her", "what is the limit for my daughter"),
        ("does my brother get a super visa", "how long is his stay", "how long is my brother’s stay"),
        # Officers and employers are "they" too, and whoever is a citizen applies as anybody does.
        ("can i apply for a super visa", "what do they ask", "what do they ask"),
        ("my husband is a us citizen, can he use cusma", "does he need lmia", "does he need lmia"),
    ],
)
def test_a_pronoun_stands_for_the_relative_that_the_user_spoke_of(asked: str, question: str, text: str) -> None:
    assert of_the_field(asked, "It depends.", question).standalone.startswith(f"{text} – about ")


def test_they_are_the_children_only_right_after_these_were_named() -> None:
    history = ("can my kids come on the super visa", "No.", "how much is the super visa", "100 dollars.")
    assert of_the_field(*history, "what do they ask for").standalone.startswith("what do they ask for – about")


def test_a_correction_of_a_word_that_was_not_said_still_puts_the_right_one_in() -> None:
    assert (
        of_the_field("do indians need a visa for canada", "Yes.", "not mexicans, chinese").standalone
        == "do chinese need a visa for canada?"
    )


def test_another_thing_to_do_takes_the_place_of_the_last_questions() -> None:
    assert of_the_field("can my wife work in canada", "Yes.", "what about study").standalone == "can my wife study in canada?"
    again = of_the_field("my wife is on h4 can she work in canada", "No.", "what about my son").standalone
    assert again == "my son is on h4 can my son work in canada?"
    assert of_the_field("can i work in canada", "Yes.", "no i meant study not work").standalone == "can i study in canada"


def test_what_is_closed_can_only_open_again() -> None:
    closed = ("is the 2023 h1b open work permit still open", "No, it closed.")
    assert of_the_field(*closed, "wen will it open").standalone == "when will it reopen – about the 2023 open work permit for H-1B holders?"
    again = of_the_field(*closed, "wen will it open", "No.", "what about the new one").standalone
    assert again == "when will it open – about the Accelerated pathway for H-1B holders (Budget 2025)?"
    new = ("is the accelerated pathway open", "No.")
    assert "will it open –" in of_the_field(*new, "when will it open").standalone


def test_the_new_one_is_understood_without_the_word_one_and_takes_the_year_of_the_old_one_away() -> None:
    new = of_the_field("is the 2023 h1b open work permit still open", "No.", "and the new?")
    assert (new.standalone, new.named) == (
        "is the Accelerated pathway for H-1B holders (Budget 2025) still open?",
        ("h1b-accelerated-pathway",),
    )


@pytest.mark.parametrize(
    ("conversation", "text"),
    [
        (("how does gts work", "Fast.", "whats the difference with ict"), "whats the difference with ict, the Global Talent Stream?"),
        (
            ("how does gts work", "Fast.", "how is it different from ict", "So.", "which one is faster"),
            "which one is faster, the Global Talent Stream or Intra-company transfer?",
        ),
        (
            ("how does gts work", "Fast.", "how is it different from ict", "So.", "and from express entry"),
            "how is the Global Talent Stream different from Express Entry?",
        ),
        (
            ("is quebec peq open", "Yes.", "and pstq", "Yes.", "how is it different"),
            "how is the Quebec Skilled Worker Selection Program (PSTQ) different from the Quebec Experience Program (PEQ)?",
        ),
        (
            ("is the accelerated pathway open", "No.", "is it same as the 2023 one"),
            "is the Accelerated pathway for H-1B holders (Budget 2025) same as the 2023 open work permit for H-1B holders",
        ),
    ],
)
def test_a_comparison_names_both_things(conversation: tuple[str, ...], text: str) -> None:
    assert of_the_field(*conversation).standalone == text


def test_it_beside_a_program_is_the_thing_asked_about_before() -> None:
    assert of_the_field("what is lmia", "A document.", "do ict workers need it").standalone == "do ict workers need lmia"


def test_another_program_is_not_asked_for_among_the_things_of_the_last() -> None:
    asked = ("does h1b work count for cec", "No.")
    other = of_the_field(*asked, "then which program counts it")
    assert (other.standalone, other.inferred) == ("then which program counts it – after “does h1b work count for cec”", ())
    assert of_the_field(*asked, "what else is there for me").standalone == "What are my options to move to Canada?"


def test_the_second_one_is_the_second_of_what_the_last_answer_lists() -> None:
    rows = "The routes:\n- Express Entry, without an offer.\n- The Global Talent Stream, with an employer."
    second = of_the_field("what can i choose", rows, "second one, how long does it take")
    assert (second.standalone, second.named) == ("how long does it take – about the Global Talent Stream?", ("global-talent-stream",))
    back = "That depends on the route. Which one do you mean: Express Entry, Global Talent Stream or Biometrics?"
    assert of_the_field("can i work in canada", back, "the first").standalone == "can i work in canada – about Express Entry?"
    named = "Express Entry needs none, the Global Talent Stream does."
    assert of_the_field("which needs an offer", named, "and the first one you said, is it open").named == ("express-entry",)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("sorry we are 4 now, baby came", "settlement funds for a family of 4?"),
        ("and if we were 5", "settlement funds for a family of 5?"),
        ("only me", "settlement funds for a family of 1?"),
    ],
)
def test_how_many_a_family_is_may_be_told_in_passing(question: str, text: str) -> None:
    assert of_the_field("settlement funds for a family of 2", "19,001.", question).standalone == text


def test_what_the_user_tells_of_themselves_finishes_the_last_question() -> None:
    told = of_the_field("how long is a medical exam good", "A year.", "i did mine in 2024")
    assert told.standalone == "how long is a medical exam good, i did mine in 2024?"
    pushed = of_the_field("is bowp open", "Yes.", "i have read that it closed").standalone
    assert pushed.startswith("i have read that it closed – about")


@pytest.mark.parametrize(
    "question", ["do i need visa im indian", "do i need a medical exam", "and for a normal open work permit what is the fee"]
)
def test_a_short_question_that_says_all_it_needs_is_left_alone(question: str) -> None:
    assert of_the_field("how long is the h1b grace period", "60 days.", question).standalone == question


def test_till_when_leans_and_how_many_goes_on_from_the_latest_subject() -> None:
    renewal = ("can i extend my 2023 h1b owp", "Yes.")
    assert of_the_field(*renewal, "till wat date can i").inferred == ("h1b-owp-renewal",)
    taxed = ("can i work remotely for my us company from canada", "Yes.", "do i pay tax in canada", "Yes.")
    assert of_the_field(*taxed, "how many days").standalone == "how many days – after “do i pay tax in canada”"


def test_the_fees_are_no_subject_of_their_own() -> None:
    made = of_the_field("what are the government fees", "1,590 dollars.", "when do i pay")
    assert (made.standalone, made.inferred) == ("when do i pay – after “what are the government fees”", ())


def test_a_fee_for_a_relative_keeps_the_program_that_the_question_named() -> None:
    made = of_the_field("Is there a fee for the accelerated pathway", "None.", "how about for my wife")
    assert made.standalone == "Is there a fee for the accelerated pathway for my wife?"


def test_a_green_card_holder_takes_the_place_of_another_nationality() -> None:
    made = of_the_field("do chinese citizens need a visa to visit canada", "Yes.", "and us green card holders")
    assert made.standalone == "do us green card holders need a visa to visit canada?"


def test_a_conversation_about_canada_is_of_the_field_however_little_its_questions_say() -> None:
    history = ("my daughter is 17 can she study in canada", "Yes.", "what if she turns 18", "Then not.")
    assert of_the_field(*history, "and my son hes 23 can he come for pr").standalone.startswith("and my son hes 23 can he come for pr")


def test_a_follow_up_to_a_renewal_is_about_the_renewal() -> None:
    history = ("i have the 2023 h1b open work permit for 2 years can i renew", "Yes.", "which form")
    assert of_the_field(*history).inferred == ("h1b-owp-renewal",)
    assert of_the_field("is the 2023 h1b open work permit open", "No.", "which form").inferred == ("h1b-open-work-permit-2023",)


def test_the_pathway_is_the_one_that_the_last_answer_named() -> None:
    answer = "The 1.7 billion dollars are for Impact+; none are for the accelerated pathway for H-1B holders."
    history = ("what is the Canada Global Impact+ Research Talent Initiative", answer)
    assert of_the_field(*history, "so when does the pathway open").inferred == ("h1b-accelerated-pathway",)


def test_one_supposition_takes_the_place_of_the_other() -> None:
    history = ("how much money must I show", "15,263.", "what if my parents come", "More.")
    assert alone("what if I already work there", *history).text == "how much money must I show, if I already work there?"


def test_still_there_is_no_place_and_much_may_lose_its_vowel() -> None:
    history = ("do I pay the 100k h1b fee if I come back from canada", "Perhaps.")
    assert of_the_field(*history, "is it still there").standalone.startswith("is it still there – about")
    assert of_the_field("super visa for my mom", "Yes.", "how mch insurance").inferred == ("super-visa",)


@pytest.mark.parametrize("typed", ["jk how much is it tho", "lol how much is it", "haha, btw how much is it though?", "how much is it bro"])
def test_words_around_a_question_are_no_part_of_it(typed: str) -> None:
    made = alone(typed, *OPEN)
    assert made.text == "how much is it – about the 2023 pilot?" and made.typed.rstrip("?") == "how much is it"


def test_a_program_named_with_instead_is_what_the_last_question_is_asked_of() -> None:
    assert alone("and express entry instead?", "does my boss pay for the h1b pilot", "…").text == "does my boss pay for Express Entry?"


def test_a_program_that_was_only_talked_of_is_not_named_by_the_question_asked_again_of_a_relative() -> None:
    again = alone("and my parents?", *OPEN, "can my wife work", "…")
    assert again == StandAlone("can my parents work – about the 2023 pilot?", "and my parents?", (), ("pilot",))
    assert alone("and my parents?", "can my wife use the h1b pilot", "…").named == ("pilot",)  # named before: named still


@pytest.mark.parametrize(
    ("before", "made"),
    [
        ("proof of funds for express entry family of 4", "does the h1b pilot need proof of funds"),
        ("are there quotas in express entry", "are there quotas in the 2023 pilot?"),
    ],
)
def test_whether_another_program_needs_it_is_asked_of_the_thing_before(before: str, made: str) -> None:
    assert alone("does the h1b pilot need it", before, "…") == StandAlone(made, "does the h1b pilot need it", ("pilot",))


def test_whether_a_program_does_more_with_it_than_need_it_is_left_as_it_is() -> None:
    assert alone("does the h1b pilot refund it", "proof of funds for express entry", "…").text == "does the h1b pilot refund it"


@pytest.mark.parametrize("question", ["is there something new for founders", "is there any other program", "are there similar routes?"])
def test_what_asks_whether_there_is_something_else_is_not_about_the_program_talked_of(question: str) -> None:
    assert alone(question, *OPEN).about == ()
    assert alone("is there a deadline", *OPEN).about == ("pilot",)


def test_what_instead_asks_for_what_took_its_place_or_for_the_other_ways() -> None:
    assert alone("so what instead?", *OPEN) == StandAlone("What is the accelerated pathway?", "so what instead?", ("pathway",))
    assert alone("what instead", "is express entry open", "…").text == "What are my options to move to Canada?"
    quebec = Program("quebec", "Quebec Experience Program", "closed", "2025-11-19", "2026-01-01", "s", aliases=("peq",))
    history = said("is peq open", "It ended.")
    made = stand_alone(
        "what instead", history, {"quebec": quebec}, lambda text: ["quebec"] if "peq" in text.lower() else [], scope.speaks_of_the_field
    )
    assert made.text == "How can I move to Quebec?"


def test_a_fee_that_bears_no_name_is_that_of_the_program_talked_of() -> None:
    assert alone("application fee?", *OPEN).about == ("pilot",)
    assert alone("application fee?").named == ("fees",)


def test_a_spouse_s_papers_are_those_of_the_spouse_s_own_permit() -> None:
    stream = Program("global-talent-stream", "Global Talent Stream", "open", "", "2026-01-01", "s", aliases=("gts",))
    spouses = Program("spousal-open-work-permit", "open permit for spouses", "open", "", "2026-01-01", "s")
    both = {p.id: p for p in (stream, spouses)}

    def follow(question: str, last: str) -> StandAlone:
        names = {"gts": stream.id, "global talent stream": stream.id, "open permit for spouses": spouses.id}
        found = lambda text: [id for name, id in names.items() if name in text.lower()]  # noqa: E731
        return stand_alone(question, said(last, "…"), both, found, scope.speaks_of_the_field)

    assert follow("and for my wife", "documents for gts") == StandAlone(
        "documents for the open permit for spouses?", "and for my wife", (), ("spousal-open-work-permit",)
    )
    assert follow("and for my wife", "language test for gts").about == ("global-talent-stream",)


@pytest.mark.parametrize(
    ("typed", "nothing"),
    [
        ("and if i move there first?", True),
        ("i have 478", True),
        ("gave it 6 years ago", True),
        ("got mine for 18 months only", True),
        ("if i move, how much is it?", False),  # asks as well
        ("but i have an offer", False),  # objects
        ("did they need it", False),
        ("cost?", False),
    ],
)
def test_what_supposes_or_tells_something_asks_nothing(typed: str, nothing: bool) -> None:
    assert asks_nothing(typed) is nothing


def test_what_can_be_done_until_a_program_opens_is_something_else() -> None:
    announced = ("when does the new h1b pathway open", "No date has been published.")
    assert alone("ok what can i do meanwhile", *announced).text == "What are my options to move to Canada?"
    assert alone("what can i do meanwhile", "is express entry open", "Yes.").about == ("entry",)


@pytest.mark.parametrize(
    ("conversation", "text"),
    [
        (("is my US experience counted for CRS", "Yes.", "and canadian one?"), "is my canadian experience counted for CRS?"),
        (
            ("is my US experience counted for CRS", "Yes.", "how many yrs max", "Three.", "the canadian one"),
            "is my canadian experience counted for CRS?",
        ),
        (("do i need a police certificate from india", "Yes.", "and usa one"), "do i need a police certificate from the US?"),
        (("is a temporary permit enough", "No.", "and a permanent one"), "is a permanent permit enough?"),
    ],
)
def test_the_other_one_of_a_kind_is_told_apart_as_the_last_was(conversation: tuple[str, ...], text: str) -> None:
    assert of_the_field(*conversation).standalone == text


def test_one_that_is_told_apart_by_nothing_the_question_said_is_left_to_the_other_rules() -> None:
    assert told_apart("and canadian one?", "how long does it take") == ""
    assert told_apart("and canadian one?", "is my canadian experience counted") == ""  # it is the one already
    assert told_apart("and canadian one for my wife?", "is my US experience counted") == ""  # says more


def test_in_a_country_is_where_and_a_country_alone_is_whence() -> None:
    assert swapped("no i meant in the us", "how long can i stay") == ""  # "no i meant" is bot/followups.py's to read
    assert swapped("in the us", "how long can i stay") == "how long can i stay in the us?"
    assert swapped("india", "how long can i stay") == "how long can i stay for people from india?"


def test_a_correction_keeps_what_the_corrected_question_leant_on() -> None:
    history = ("i got laid off in texas, what are my options", "Four steps.", "how long can i stay", "Six months.", "no i meant in the us")
    made = of_the_field(*history)
    assert made.standalone == "how long can i stay in the us – after “i got laid off in texas, what are my options”"
    assert made.previous[0] == "i got laid off in texas, what are my options"


def test_how_much_of_it_asks_for_a_share_and_not_for_the_price_of_the_program() -> None:
    history = (
        "how long until citizenship",
        "Three years.",
        "does time on work permit count",
        "A permanent resident's days do.",
        "how much of it",
    )
    made = of_the_field(*history)
    assert made.standalone == "how much of it – after “does time on work permit count”" and made.inferred == ()


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("and the other one", "how fast is the 2023 pilot?"),
        ("do i need a job offer for the other one", "do i need a job offer – about the 2023 pilot?"),
        ("second?", "how fast is the 2023 pilot?"),
        ("fee of the former", "fee – about Express Entry?"),
    ],
)
def test_the_other_one_and_the_second_are_of_what_was_spoken_of(question: str, text: str) -> None:
    history = ("Express Entry or 2023 pilot", "Both.", "how fast is Express Entry", "Six months.")
    assert alone(question, *history).text == text


def test_which_is_better_is_of_the_two_that_were_compared_though_one_was_asked_about_since() -> None:
    history = ("gts vs express entry", "They differ.", "fees of the first one", "1,000 dollars.")
    assert of_the_field(*history, "which is better").standalone == "which is better, the Global Talent Stream or Express Entry?"
    assert "Express Entry" not in of_the_field("what is the gts", "A stream.", "which is better").standalone


def test_that_age_is_the_one_that_was_told_last() -> None:
    history = ("i am 38 years old, is it too late for Express Entry", "No.")
    assert alone("how many points for that age", *history).text == "how many points for age 38 – about Express Entry?"
    assert "age 41" in alone("and for my age?", "im 29", "Good.", "sorry i'm 41. Express Entry ok?", "Yes.").text
    assert "that age" in alone("how many points for that age", "i have 12 years of work, Express Entry ok?", "Yes.").text  # no age told


@pytest.mark.parametrize(
    ("question", "text", "typed"),
    [
        ("are you sure?", "do i need a job offer for Express Entry", "do i need a job offer for Express Entry"),
        ("really? my lawyer said yes", "do i need a job offer for Express Entry, my lawyer said yes?", "my lawyer said yes"),
        ("my friend had one, sure?", "do i need a job offer for Express Entry, my friend had one?", "my friend had one"),
    ],
)
def test_who_doubts_the_answer_asks_the_last_question_again(question: str, text: str, typed: str) -> None:
    made = alone(question, "do i need a job offer for Express Entry", "No.")
    assert (made.text, made.typed, made.about) == (text, typed, ("entry",))


def test_who_is_not_sure_of_something_doubts_no_answer() -> None:
    assert "not sure" in alone("my employer is not sure", "do i need a job offer for Express Entry", "No.").text


def test_what_is_said_against_the_answer_leans_on_it_though_it_names_something_else() -> None:
    history = ("can i use the 2023 pilot with a green card", "No.")
    assert alone("but a green card is like Express Entry, that covers residents", *history).previous == history[0]
    assert alone("but can i use Express Entry with a green card in summer", *history).previous == ""


def test_a_doubt_that_asks_something_else_is_read_for_what_it_asks() -> None:
    assert "job offer" not in alone("really? can i bring my cat", "do i need a job offer for Express Entry", "No.").text


def test_it_after_a_thing_of_the_field_is_that_thing_and_goes_on_to_the_next_program() -> None:
    history = ("proof of funds how much for 3", "23,360 dollars.", "do i need it if i have job offer", "No.")
    assert of_the_field(*history[:3]).standalone.startswith("do i need proof of funds if i have job offer")
    made = of_the_field(*history, "and with cec")
    assert made.standalone == "do i need proof of funds if i have job offer – about the Canadian Experience Class?"


def test_since_when_something_is_closed_is_asked_of_the_closed_one_that_the_answer_named() -> None:
    answer = "The accelerated pathway is not open. The 2023 pilot closed on 17 July 2023."
    assert alone("since when closed", "is the accelerated pathway open", answer).inferred == ("pilot",)
    assert alone("since when is that", "is the accelerated pathway open", answer).inferred == ("pathway",)  # nothing has closed


def test_who_is_a_citizen_in_an_answer_does_not_make_it_one_about_citizenship() -> None:
    answer = "Yes, with a plan to live in Canada: a Canadian citizen who lives abroad may sponsor a spouse."
    assert of_the_field("my spouse is from toronto can she sponsor me", answer, "how long").inferred == ()
    assert of_the_field("what is canadian citizenship", "A status.", "how long").inferred == ("citizenship",)


def test_a_province_named_in_a_follow_up_is_asked_about_its_own_program() -> None:
    history = ("what does the alberta tech pathway ask", "A job.", "how long does it take", "Months.")
    made = of_the_field(*history, "and the fees of british columbia then")
    assert all("bc" in program for program in made.programs)


def test_what_canada_does_is_not_the_american_program_talked_of() -> None:
    history = ("do i pay the 100k h1b fee if i come back", "Perhaps.")
    assert of_the_field(*history, "is canada doing something because of it").inferred == ()
    assert of_the_field(*history, "is it still there").inferred == ("us-100k-payment",)


def test_several_are_people_and_a_card_is_put_for_those_who_hold_it() -> None:
    assert (
        swapped("for 2", "funds for one person") == "funds for 2 people?"
        and swapped("for 1", "funds for 2 people") == "funds for 1 people?"
    )
    assert swapped("and for a us green card", "is entry free") == "is entry free for us green card holders?"


@pytest.mark.parametrize(
    ("message", "tells"),
    [
        ("I have two years left on my H-1B", True),
        ("I'm a nurse, not a tech person.", True),
        ("I am a nurse, my wife is on H-4", True),
        ("mine is from 2023", True),
        ("I have a job offer. Is it enough", False),
        ("my brother is in Brampton, any points for that", False),
        ("I am on F-1, my company was to file. from which day did the payment begin", False),
        ("I'm looking for a way to Canada", False),
        ("I have a bachelor's?", False),
        ("h1b six years over", False),
    ],
)
def test_what_only_tells_neither_asks_nor_says_what_is_wanted(message: str, tells: bool) -> None:
    assert only_tells(message) is tells


ROUTES = (
    "what are my routes to canada",
    "Routes to Canada:\n- Express Entry, for permanent residence.\n- The accelerated pathway, announced only.",
)


@pytest.mark.parametrize(
    "question, text",
    [("whats the quikest of those", "Which route is fastest?"), ("and the cheapest of them?", "Which route is cheapest?")],
)
def test_the_best_of_those_asks_which_route_it_is(question: str, text: str) -> None:
    assert alone(question, *ROUTES).text == text


def test_most_of_them_asks_for_no_best() -> None:
    assert alone("do most of them need an offer", *ROUTES).text != "Which route is most?"


@pytest.mark.parametrize("question", ["what replaced it", "what has it been replaced by", "is there a replacement for it", "what instead?"])
def test_what_replaced_it_is_the_program_that_came_in_its_place(question: str) -> None:
    made = alone(question, *OPEN)
    if question == "what has it been replaced by":  # asks the same of the program itself
        assert made.about == ("pilot",)
    else:
        assert (made.text, made.named) == ("What is the accelerated pathway?", ("pathway",))


def test_need_it_is_the_thing_that_the_last_answer_still_tells_of() -> None:
    history = (
        "do i need biometrics for express entry",
        "Biometrics are needed.",
        "when must i give it",
        "Biometrics are given within 30 days.",
    )
    made = alone("do i need it if i already work in canada", *history)
    assert made.text == "do i need biometrics if i already work in canada – about Express Entry?"
    assert made.typed == "do i need biometrics if i already work in canada"


@pytest.mark.parametrize("question", ["does my stock count", "will overtime be counted?"])
def test_what_counts_counts_towards_what_was_spoken_of(question: str) -> None:
    made = alone(question, "how much money do i need for express entry", "23,360 dollars for three.")
    assert made.about == ("entry",)


def test_for_that_after_a_place_is_a_move_there() -> None:
    made = alone("can we use express entry for that", "can we move to Montreal", "Quebec selects its own.")
    assert made.text == "can we use express entry for a move to Montreal?"
    assert made.named == ("entry",)


def test_who_is_spoken_of_keeps_the_age_that_was_told() -> None:
    made = alone("does she need a visa", "my daughter is 19, can she study on the h1b pilot", "Yes: the pilot lets her study.")
    assert made.text.startswith("does my 19-year-old daughter need a visa")


def test_the_last_round_is_no_row_of_a_list() -> None:
    assert alone("what was the last one", *ROUTES).named == ()


@pytest.mark.parametrize("long", ["word " * 800, "x" * 4000, "gts, " * 800, "fees for us " * 330], ids=["word", "no space", "list", "fees"])
@pytest.mark.parametrize(
    "question", ["if I am only a visitor?", "are you sure?", "same for bc?", "no, not gts, express entry", "what about the first one"]
)
def test_of_a_long_message_only_so_much_is_carried_into_a_later_one(long: str, question: str) -> None:
    understood = of_the_field(long, "The Global Talent Stream is for employers.", question)
    assert len(understood.standalone) < 1_100 and all(len(text) < 1_100 for text in understood.context)


@pytest.mark.parametrize("story", ["{asked} {told}", "{told} {asked}"], ids=["asked first", "asked last"])
def test_what_a_long_message_is_about_and_what_it_asks_are_carried(story: str) -> None:
    told = "I am a data engineer in Dallas, my wife is on H-4 and we have two kids who go to school here. " * 30
    understood = of_the_field(story.format(told=told, asked="Can I come under the Global Talent Stream?"), "Yes.", "how long does it take?")
    assert understood.inferred == ("global-talent-stream",)


TWO_ASKED_ABOUT = ("How much does GTS cost?", "1,000 dollars.", "what about BOWP?", "155 plus 100 dollars.")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("no sorry, the first one. who pays?", "who pays – about the Global Talent Stream?"),
        ("no, the first one", "How much does the Global Talent Stream cost?"),
        ("no i meant the frist one", "How much does the Global Talent Stream cost?"),
        ("sorry i was asking about the first", "How much does the Global Talent Stream cost?"),
        ("who pays for the first one", "who pays – about the Global Talent Stream?"),
        ("and for that first thing, who applies", "who applies – about the Global Talent Stream?"),
        ("is an offer needed for the second one", "is an offer needed – about the Bridging open work permit?"),
        ("what about the previous one", "How much does the Global Talent Stream cost?"),
    ],
)
def test_the_first_one_is_the_first_that_was_asked_about(question: str, text: str) -> None:
    assert of_the_field(*TWO_ASKED_ABOUT, question).standalone == text


def test_what_comes_first_is_none_of_what_was_asked_about() -> None:
    assert "Global Talent Stream" not in of_the_field(*TWO_ASKED_ABOUT, "what should I do first").standalone


def test_the_first_of_rounds_is_a_round() -> None:
    assert (
        of_the_field("what was the last STEM draw", "On 11 April 2024.", "and the first one?").standalone == "what was the first STEM draw?"
    )


DECLINED = ("what's the weather in Toronto?", scope.DECLINED)
OPTIONS = ("my options for canada", "These are:\n- Express Entry, without an offer.\n- The Global Talent Stream, with one.")


def test_the_weather_of_a_city_is_of_no_program() -> None:
    for question in ("what's the weather in Toronto?", "whats the rent in vancouver", "how are the winters in calgary"):
        made = of_the_field("what is GTS", "A stream.", question)
        assert (made.standalone, made.programs) == (question, ())
    assert of_the_field("what is the oinp", "A program.", "what is the fee in Ontario").programs  # a fee is one of something


def test_what_was_declined_is_not_gone_on_from() -> None:
    thing = of_the_field(*OPTIONS, *DECLINED, "what do I need for that first thing")
    assert (thing.standalone, thing.named) == ("what do I need – about Express Entry?", ("express-entry",))
    assert of_the_field("what is GTS", "A stream.", *DECLINED, "how long does it take").programs == ("global-talent-stream",)
    assert of_the_field(*DECLINED, "how do I get PR").standalone == "how do I get PR"
    assert of_the_field(*DECLINED, "and in Vancouver?").standalone == "what's the weather in Vancouver?"


@pytest.mark.parametrize("question", ["What is LMIA?", "what's an lmia", "what is a NOC"])
def test_a_term_that_is_asked_for_by_its_name_is_of_no_program(question: str) -> None:
    made = of_the_field("can my wife work in canada", "Yes: a spouse can get an open work permit.", question)
    assert (made.standalone, made.programs) == (question, ())


def test_a_fee_that_is_asked_for_is_of_the_program() -> None:
    assert of_the_field("what is GTS", "A stream.", "what is processing time").programs == ("global-talent-stream",)


@pytest.mark.parametrize("people", ["French speakers", "healthcare workers"])
def test_for_whom_was_meant_keeps_the_program_of_the_question(people: str) -> None:
    made = of_the_field("Express Entry minimum score", "It depends.", f"I meant for {people}")
    assert (made.standalone, made.named[0]) == (f"Express Entry minimum score for {people}?", "express-entry")
    assert "British Columbia" in of_the_field("Express Entry minimum score", "It depends.", "i mean for BC PNP").standalone


@pytest.mark.parametrize(
    ("asked", "then", "text"),
    [
        ("was the age limit 22 for kids", "what if he is 23", "was the age limit 22 for kids, if he is 23?"),
        ("my son is 20, can he come", "what if he is 23", "my son is 23 can he come?"),
        ("how much is PR fee for a couple", "and for 2 kids", "how much is PR fee for a couple and 2 kids?"),
        ("how much is express entry for 2 adults", "and 2 kids", "how much is express entry for 2 adults and 2 kids?"),
        ("how much is express entry for 2 adults", "for 3 adults", "how much is express entry for 3 adults?"),
        ("what is a bridging open work permit", "and the spousal open work permit", "what is the Open work permit for spouses of workers?"),
        ("how much is the PR fee", "why so much", "how much is the PR fee, and why so much?"),
        ("how much is the PR fee", "but why", "how much is the PR fee, and why?"),
    ],
)
def test_what_is_asked_again_reads_as_it_was_meant(asked: str, then: str, text: str) -> None:
    assert of_the_field(asked, "So and so.", then).standalone == text


def test_the_one_of_a_year_is_the_program_of_that_year() -> None:
    made = alone("what about the one from 2023, can i still get into that?", "when will the new h1b pathway open", "No date is known.")
    assert made.named == ("pilot",) and "the 2023 pilot" in made.text


def test_what_is_left_aside_is_not_asked_about() -> None:
    made = alone("ok forget the pilot. does french help for express entry", *OPEN)
    assert made == StandAlone("does french help for express entry", "does french help for express entry", ("entry",))


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("what about express entry, am i in that", "am i in express entry", ("entry",)),
        ("and what about social security, do i pay both sides", "do i pay both sides – about social security?", ()),
    ],
)
def test_what_is_asked_behind_what_about_is_asked_of_what_is_named_there(question: str, text: str, named: Sequence[str]) -> None:
    made = alone(question, *OPEN)
    assert (made.text, made.named) == (text, named)


def test_a_correction_with_a_question_of_its_own_asks_that_one() -> None:
    history = ("is the new h1b pathway open", "No. The h1b pilot closed in 2023.")
    made = alone("no i meant the old one. how many people did they take", *history)
    assert made.text == "how many people did they take – about the 2023 pilot?"


def test_a_section_that_only_names_a_program_is_not_about_it() -> None:
    """ "Parents are no dependants in a pilot application" is about parents."""
    history = said("can my parents come too", "Not as dependants: parents are none in an application of the h1b pilot.")
    about = [
        stand_alone("how much is it", history, PROGRAMS, named_in, scope.speaks_of_the_field, answered=answered).inferred
        for answered in (lambda _: None, lambda _: ())
    ]
    assert about == [("pilot",), ()]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("married", "how many points for my age 35, married?"),
        ("and if single?", "how many points for my age 35, single?"),
        ("im not married", "how many points for my age 35, not married?"),
    ],
)
def test_how_somebody_is_counted_asks_the_last_question_again(question: str, text: str) -> None:
    made = alone(question, "how many points for my age 35", "77 or 70.")
    assert made.text == text and not made.context


def test_one_way_of_being_counted_takes_the_place_of_the_other() -> None:
    assert alone("and single?", "points for age 35", "77 or 70.", "married", "70.").text == "points for age 35, single?"


def test_what_if_by_another_program_asks_the_last_question_of_that() -> None:
    history = ("how much money must I show for the h1b pilot", "None.")
    for question in ("what if I'm applying under Express Entry", "and if we go through ee?", "if i apply via Express Entry"):
        assert alone(question, *history).text == "how much money must I show for Express Entry?"
        assert not asks_nothing(question)
    assert asks_nothing("what if I'm applying from India")


def test_a_citizen_of_another_country_takes_the_place_of_those_asked_for() -> None:
    asked = "can I get my work permit at the border"
    assert swapped("and for an american coworker of mine?", asked) == f"{asked} for American citizens?"
    assert swapped("and for an american coworker of mine?", f"{asked} for people from China?") == f"{asked} for American citizens?"


def test_an_answer_may_move_the_conversation_on() -> None:
    """Who was taken to ask about one program, and is answered about another, goes on about that one."""
    history = said("what does the h1b pilot cost", "155 dollars.", "how much money must I show", "15,263 dollars in Express Entry.")

    def about(answered: Sequence[str]) -> tuple[str, ...]:
        def told(answer: str) -> Sequence[str]:
            return answered if "15,263" in answer else ("pilot",)

        return stand_alone("how long does it take", history, PROGRAMS, named_in, scope.speaks_of_the_field, answered=told).inferred

    assert about(("entry",)) == ("entry",)
    assert about(("fees",)) == ("pilot",)  # a fee is of something


@pytest.mark.parametrize(
    ("before", "message", "standalone"),
    [
        (("what language score for FSW", "CLB 7."), "is it the same for CEC?", "what language score for the Canadian Experience Class?"),
        (("how much is the fee for gts", "1,000."), "and for express entry is it the same", "how much is the fee for Express Entry?"),
        (("what does the article say about gts", "It is fast."), "and about pay", "what does the article say about pay?"),
    ],
)
def test_the_last_question_is_asked_of_another_thing(before: tuple[str, str], message: str, standalone: str) -> None:
    assert of_the_field(*before, message).standalone == standalone


def test_a_supposition_that_goes_on_to_ask_finishes_no_question() -> None:
    before = ("can my wife work in canada", "Yes.")
    spliced = of_the_field(*before, "and if I only have a closed permit").standalone
    assert spliced.startswith("can my wife work in canada")
    asked = of_the_field(*before, "and if the province nominates me, then the months change for her?").standalone
    assert not asked.startswith("can my wife work in canada")


def test_the_last_one_is_a_round_where_a_score_is_asked_for() -> None:
    understood = of_the_field("can a nurse do express entry", "By Express Entry.", "what score did the last one have")
    assert "STEM" not in understood.standalone and understood.inferred == ("express-entry",)


def test_what_comes_after_anyway_is_asked() -> None:
    before = ("is the 2023 h1b permit open", "No.")
    message = "are you sure?? my roommate says it reopened. anyway how fast can an employer get me in"
    assert of_the_field(*before, message).standalone == "how fast can an employer get me in"


def test_what_was_just_told_comes_after_what_is_new(bot: Bot) -> None:
    asked = ["Hi, I'm an ICU nurse in Florida on H-1B. Is Canada realistic for me?", "how long must I have worked as a nurse"]
    told = bot.answer(asked[0]).claims[0].text
    answer = talk(bot, *asked)
    assert "12 months" in answer.claims[0].text and "since 18 february 2026" in answer.claims[0].text.lower()
    assert told in [claim.text for claim in answer.claims[1:]]


def test_money_back_is_not_what_follows_a_refusal(bot: Bot) -> None:
    answer = talk(bot, "what does the gts lmia cost us", "what if it's refused, do we get the money back")
    assert "is not refunded when the application is refused" in answer.claims[0].text


def test_the_last_date_for_whoever_was_laid_off_is_none_of_a_renewal(bot: Bot) -> None:
    answer = talk(bot, "they laid me off on nov 2, h1b, i94 till 2027 october. how many days", "so what is the last date again for me")
    assert answer.citations[0].source_id == "uscis-termination"
    assert "1 January 2027" in answer.caveats[0]


def test_a_price_and_a_day_that_somebody_else_named_are_looked_up(bot: Bot) -> None:
    answer = talk(
        bot,
        "is the new quick route for us H-1B families open already",
        "will it need a job offer?",
        "are you sure? my cousin said it began January 2 and costs 600 to 800",
    )
    assert "2 January 2026" in answer.answer and "600" not in answer.claims[0].text


def test_he_is_whom_the_answer_names(bot: Bot) -> None:
    answer = talk(bot, "star story about canada poaching h1b workers, who said audacious", "what did he say if only few stay")
    assert answer.standalone_question.startswith("what did Jack Kim say")
    assert answer.claims[0].text.startswith("A thousand: lawyer Jack Kim reckoned")


def test_who_he_is_is_asked_of_whom_the_answer_names(bot: Bot) -> None:
    answer = talk(bot, "How good is the tech pay in Canada", "a lawyer in the newspaper said something too", "who was he")
    assert answer.standalone_question.startswith("who was Mark Holthe")
    assert answer.claims[0].text.startswith("Mark Holthe, an immigration lawyer in Lethbridge")


def test_the_new_one_after_talk_of_a_renewal_is_the_permit_that_comes_of_it(bot: Bot) -> None:
    client = "He holds the H-1B open work permit of 2023, issued 15 March 2024, cut to 20 December 2026 for his passport. Can he extend?"
    answer = talk(bot, client, "until what day would the new one go at most", "which form and what is the fee")
    assert "IMM 5710" in answer.claims[0].text and "155 Canadian dollars" in answer.answer
    assert "three years from the start of the first one" in talk(bot, client, "until what day would the new one go at most").claims[0].text


def test_who_is_offered_the_new_one_for_money_is_told_that_nobody_can_sell_it(bot: Bot) -> None:
    offer = "Are you sure? my cousin said his agent already sends people on the new one for $3000"
    answer = talk(
        bot, "Got laid off on October 20, software engineer, Indian. How long can I remain?", "Is Canada taking H-1B people now?", offer
    )
    assert "Accelerated pathway" in answer.standalone_question
    assert answer.claims[0].citations and answer.citations[0].source_id == "ircc-fraud"


def test_the_other_one_after_an_objection_is_told_of_by_itself(bot: Bot) -> None:
    answer = talk(
        bot, "which visa is for founders", "but a blog says the innovation stream welcomes founders", "and the self employed one?"
    )
    assert answer.standalone_question == "What is Self-Employed Persons Program?"
    assert answer.programs[0].standing == "paused" and "30 April 2024" in answer.claims[0].text


def test_how_long_somebody_must_have_worked_is_no_time_that_a_program_takes(bot: Bot) -> None:
    answer = talk(bot, "nurse in Phoenix on h1b, is there something for nurses to stay in canada for good", "how long must I have worked?")
    assert answer.claims[0].text.startswith("12 months in the listed occupation")


def test_what_somebody_thinks_is_told_without_where_a_program_stands(bot: Bot) -> None:
    answer = talk(bot, "who is kubeir kamal", "and does kamal think they'll stay?")
    assert "Kubeir Kamal expected" in answer.claims[0].text


def test_with_whom_somebody_comes_is_no_other_program() -> None:
    assert asks_nothing("what if i come with my wife") and not asks_nothing("what if i apply under CEC")
