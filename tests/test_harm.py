"""Who is hurt, threatened or held by another is answered as a person, told where help is, and then told what the sources hold."""

from __future__ import annotations

import pytest

from bot import harm
from bot.chain import Bot
from bot.wording import ABUSE, NOTHING_ON_ABUSE


@pytest.mark.parametrize(
    "text",
    [
        *("my wife slaps me daily", "husband beets me up, i m on h4", "my huband is abusing me mentally", "I was beaten by my husband"),
        *("my spouse is violent, what happens if i leave him", "scared of my husband", "he locks me in the house and took my papers"),
        *("my husband doesnt let me leave the house", "my ex boyfriend threatens to call ICE on me", "in laws confiscated my passport"),
        *("I am being trafficked", "the agency took my documents and makes me work for free", "i was raped by my employer"),
        *("my boss took my passport and doesnt pay me", "employer wont give back my passport and salary", "my boss touches me at work"),
        *("she is on H4 and her husband hits her, what can she do", "My friend on H4 is beaten by her husband"),
        *("i am a victim of family violence, is there a permit for me", "domestic violence, on h4, where can I go"),
    ],
)
def test_harm_that_another_does_is_heard_of_oneself_and_of_another(text: str) -> None:
    assert harm.is_told(text)


@pytest.mark.parametrize(
    "text",
    [
        *("my employer holds my passport for the visa stamping", "my employer took my passport for LMIA", "does IRCC hold my passport"),
        *("my employer keeps a copy of my passport", "is my employer allowed to keep my passport", "the officer took my passport"),
        *("my husband hit the 6 year limit on H1B", "my company hit the cap", "my wife beats me by 40 points, who is principal"),
        *("my employer hit me with a fee for GTS", "my husband was hit by the layoff", "my husband took my last name"),
        *("my manager forces me to work from office in texas", "my employer threatens me with a lawsuit if I quit"),
        *("is the H1B program being abused", "my wife was convicted of assault", "does a domestic violence charge make me inadmissible"),
        *("my spouse holds a work permit", "my husband holds an Indian passport", "what is the open work permit for vulnerable workers"),
    ],
)
def test_a_word_of_harm_alone_tells_of_none(text: str) -> None:
    assert not harm.is_told(text)


def test_who_is_harmed_at_work_is_told_of_the_permit_that_there_is(bot: Bot) -> None:
    answer = bot.answer("my boss took my passport and doesnt pay me")
    assert answer.status == "advice" and answer.answer.startswith(ABUSE) and "911" in answer.answer
    assert answer.claims[0].text.startswith("A worker in Canada with a valid employer-specific permit who is abused")
    assert "Nobody can tell you the outcome" not in answer.answer and not answer.follow_ups


def test_who_is_harmed_at_home_is_told_that_the_sources_hold_nothing(bot: Bot) -> None:
    answer = bot.answer("my husband hits me and holds my passport, I am on H4")
    assert (answer.status, answer.claims, answer.answer) == ("advice", (), f"{ABUSE}\n\n{NOTHING_ON_ABUSE}")


@pytest.mark.parametrize("message", ["mon mari me frappe, je suis en H4", "mon patron a confisqué mon passeport et ne me paie pas"])
def test_harm_is_heard_in_french_and_answered_in_it(bot: Bot, message: str) -> None:
    answer = bot.answer(message)
    assert answer.status == "advice" and answer.answer.startswith("Je suis désolé.") and "911" in answer.answer


@pytest.mark.parametrize("message", ["mi esposo me golpea", "meu marido me bate", "mera pati mujhe marta hai"])
def test_harm_is_heard_in_languages_that_are_read_in_part(bot: Bot, message: str) -> None:
    answer = bot.answer(message)
    assert answer.status == "advice" and ABUSE in answer.answer
