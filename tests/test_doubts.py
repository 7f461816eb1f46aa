"""Who only doubts an answer is told it again, and a wrong premise is met with what is right, without a hedge and twice over."""

from __future__ import annotations

import pytest

from bot.answer import Turn
from bot.chain import Bot
from bot.doubts import only_doubts
from bot.wording import NOT_QUITE, STANDS
from tests.talking import talk

SPOKEN = ("is the spousal open work permit automatic", "No: the spouse has to apply for an open work permit.")


@pytest.mark.parametrize(
    ("message", "doubts"),
    [
        ("are you sure?", True),
        ("r u sure", True),
        ("that can't be right", True),
        ("my lawyer says it is automatic", True),
        ("it was like this for my cousin", True),
        ("but my friend got it last month without applying", True),
        ("really? my colleague says until march 2027", True),
        ("my lawyer says there is an exemption for doctors", False),
        ("are you sure? what does it cost", False),
        ("does my lawyer have to apply", False),
        ("my wife is in India", False),
        ("ok thanks", False),
    ],
)
def test_a_doubt_brings_up_nothing_but_that_somebody_says_otherwise(message: str, doubts: bool) -> None:
    assert only_doubts(message, SPOKEN) == doubts


@pytest.mark.parametrize(
    ("question", "right", "pushed"),
    [
        (
            "i am indian on h1b so i fly in with an eta, what is the price",
            "visitor visa, and not an eTA",
            ("my colleague flew with just an eta", "are you sure"),
        ),
        (
            "my 2023 h1b permit was for 3 years, how to renew for 3 more years",
            "never goes past three years",
            ("are you sure? my lawyer says yes", "really?"),
        ),
        ("since cec requires an offer, which companies count", "no job offer", ("my lawyer says it does", "r u sure")),
        (
            "my 24 yr old daughter studies, does she come as dependent",
            "22 or older",
            ("are you sure, ircc says students count", "my lawyer says she does"),
        ),
        (
            "is spouse open work permit automatic",
            "qualify",
            ("are you sure? it was like this for my cousin", "my agent says so too"),
        ),
        (
            "our agent writes the h1b family window was extended to 2027. may my husband file?",
            "ended on 26 September 2024",
            ("are you sure?", "my friend did it last week"),
        ),
        ("canadian pr is guaranteed in 6 months, correct", "no guarantee", ("are you sure", "my consultant says guaranteed")),
        ("stem rounds come every month, correct", "no monthly rhythm", ("are you sure", "people say every month")),
        ("grace period became 180 days, correct", "60 consecutive days", ("my lawyer says 180", "are you sure?")),
    ],
)
def test_what_is_right_is_said_plainly_and_holds_for_two_turns(bot: Bot, question: str, right: str, pushed: tuple[str, str]) -> None:
    first = bot.answer(question)
    assert right in first.answer and NOT_QUITE not in first.answer
    history = [Turn(role="user", content=question), Turn(role="assistant", content=first.answer)]
    for message in pushed:
        again = bot.answer(message, history)
        assert again.status == "answered" and again.answer.startswith(STANDS) and right in again.answer
        history += [Turn(role="user", content=message), Turn(role="assistant", content=again.answer)]


def test_what_our_sources_may_not_answer_stays_so_when_it_is_doubted(bot: Bot) -> None:
    history = [
        Turn(role="user", content="q"),
        Turn(role="assistant", content=f"{NOT_QUITE}\n\n{bot.answer('is pgp open').claims[0].text} [1]"),
    ]
    assert bot.answer("are you sure?", history).status == "partial"


def test_who_says_in_full_what_is_doubted_is_answered_on_that(bot: Bot) -> None:
    """The last answer lists occupations; whether there was a round in 2026 is told elsewhere."""
    answer = talk(
        bot,
        "What CRS did the last STEM draw need?",
        "which jobs are on the stem list then",
        "my lawyer told me there was a STEM round in 2026 at 481, are you sure there wasn't?",
    )
    assert STANDS not in answer.answer and "No STEM round after 11 April 2024" in answer.answer
