"""Who names the day on which a time begins that a source gives in days is told the day on which it ends."""

from __future__ import annotations

from datetime import date

import pytest

from bot.chain import Bot
from bot.counting import beside_their_score, counted_from, fewer_than_asked
from tests.talking import talk

TODAY = date(2026, 11, 20)
GRACE = "Up to 60 consecutive days: an H-1B worker whose job ends may stay for 60 calendar days or until the I-94 ends."
RESTORED = "IRCC must receive the restoration application within 90 days of the loss of status."
INVITED = "60 days: an invitation to apply is valid for 60 days only."


@pytest.mark.parametrize(
    ("said", "quote", "end"),
    [
        ("laid off. last day 12 nov. how long do i have", GRACE, "11 January 2027"),
        ("I was laid off on November 2nd, 2026", GRACE, "1 January 2027"),
        ("fired yesterday, how many days", GRACE, "18 January 2027"),
        ("my last day at work is jan 12", GRACE, "13 March 2027"),
        ("got laid off last friday", GRACE, "12 January 2027"),
        ("laid off on wed, what now", GRACE, "17 January 2027"),
        ("my work permit expired 3 weeks ago", RESTORED, "28 January 2027"),
        ("lost my status on 2026-08-01, can I restore it", RESTORED, "ended on 30 October 2026"),
        ("got the ita on 3 nov", INVITED, "2 January 2027"),
    ],
)
def test_the_day_that_a_time_ends_is_counted(said: str, quote: str, end: str) -> None:
    assert end in counted_from([said], quote, TODAY)


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("how long do i have after a layoff", GRACE),  # no day
        ("laid off on 12 nov, and my wife on 14 nov", GRACE),  # whose?
        ("laid off on 12 nov", RESTORED),  # another event than the one that its time begins with
        ("my passport expired on 1 nov", RESTORED),
        ("laid off on 31 feb", GRACE),
        ("laid off on 12 nov", "A job in Canada for 1,095 days within five years."),
        ("laid off on 12 nov", "The job is looked at within 10 business days."),
        ("laid off on 12 nov", "For a job 30 days are counted, and 60 days after."),
    ],
)
def test_nothing_is_counted_where_the_day_or_the_time_is_not_clear(said: str, quote: str) -> None:
    assert counted_from([said], quote, TODAY) == ""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("his permit will have 14 months on it by then",), "14 months, as you write, are fewer than the 16 that this rule asks for."),
        (("can my wife come", "his permit is for 12 months"), "12 months, as you write, are fewer than the 16 that this rule asks for."),
        (("there are 9 months left", "sorry, 20 months left"), ""),
        (("my permit has 16 months left",), ""),
        (("I worked 10 months in Ohio",), ""),
        (("she has 8 months remaining and he has 12 months left",), ""),  # whose?
    ],
)
def test_fewer_months_than_a_rule_asks_for_are_told(said: tuple[str, ...], told: str) -> None:
    quote = "The spouse may apply if at least 16 months of work authorisation are left."
    assert fewer_than_asked(said, quote) == told
    assert fewer_than_asked(said, "At least 16 months of experience are asked for.") == ""


TRADES = "477 was the cut-off in the Express Entry trades round of 2 April 2026, with 3,000 invitations."
ALBERTA = "Express Entry: an active profile with a CRS score of at least 300."
SEVERAL = (
    "The latest cut-offs seen, of 22 to 25 June 2026, were 730 for nominees, 516 for the Canadian Experience Class and 475 for health care."
)


@pytest.mark.parametrize(
    ("said", "quote", "told"),
    [
        (("my crs is 455, I'm a welder",), TRADES, "455, the score you name, is 22 points below the cut-off of 477;"),
        (("i have 490 points", "what was the last trades draw"), TRADES, "490, the score you name, is 13 points above the cut-off of 477;"),
        (("crs 477, trades",), TRADES, "477, the score you name, is equal to the cut-off of 477;"),
        (("points 395. is it a good chance", "pardon, 359 are my points not 395"), TRADES, "359, the score you name, is 118 points below"),
        (("CRS 342, offer in Calgary",), ALBERTA, "342, the score you name, meets the 300 that are asked for at least."),
        (("my score: 280",), ALBERTA, "280, the score you name, does not reach the 300 that are asked for at least."),
        (("I got 470 crs",), SEVERAL, "470, the score you name, is below each of these cut-offs, 475 to 730;"),
    ],
)
def test_a_score_that_somebody_names_is_put_beside_the_cut_off_that_is_quoted(said: tuple[str, ...], quote: str, told: str) -> None:
    assert beside_their_score(said, quote).startswith(told)


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("what crs was needed in the trades round", TRADES),
        ("I read that the cut-off was 410, right?", TRADES),  # not theirs
        ("does a nomination add 600 points to my score", TRADES),
        ("crs 500, which round", SEVERAL),  # above one and below another
        ("my crs is 455 and my husband's crs is 470", TRADES),  # whose?
        ("I have 300 dollars", ALBERTA),
        ("my crs is 455", "The medical exam is valid for 12 months; 455 centres do it."),
    ],
)
def test_no_score_is_compared_where_none_is_named_or_no_cut_off_is_given(said: str, quote: str) -> None:
    assert beside_their_score([said], quote) == ""


def test_an_i94_that_ends_before_is_told_and_what_was_said_earlier_counts(bot: Bot) -> None:
    told = talk(bot, "laid off. last day 12 nov. how long do i have", "my i94 says 31 december though").caveats[0]
    assert told == (
        "Counted from 12 November 2026, 60 days end on 11 January 2027; an I-94 that ends on 31 December 2026 ends before that. "
        "The count is ours: have it confirmed."
    )
    assert not any("Counted" in caveat for caveat in bot.answer("I was laid off on 12 November. Can my wife work in Canada?").caveats)


def test_an_i94_that_ends_in_so_many_days_is_told_too(bot: Bot) -> None:
    told = bot.answer(
        "I was laid off on 23 November. My I-94 ends in 41 days. My manager says that I have the full sixty days, is it so?"
    ).caveats[0]
    assert told.startswith("Counted from 23 November 2026, 60 days end on 22 January 2027; an I-94 that ends on ")
    told = counted_from(["I was laid off on 23 November and must leave in 30 days, my boss says"], GRACE, date(2026, 11, 28))
    assert told == "Counted from 23 November 2026, 60 days end on 22 January 2027. The count is ours: have it confirmed."


def test_the_last_day_at_a_job_is_no_deadline(bot: Bot) -> None:
    answer = bot.answer("my last day at google is jan 12, how long can i stay in us")
    assert "60" in answer.claims[0].text and "13 March 2027" in answer.caveats[0]


def test_months_that_do_not_suffice_are_told_beside_the_rule(bot: Bot) -> None:
    answer = talk(bot, "can my wife work in canada with my permit", "there are 14 months left on it")
    assert "16" in answer.answer and answer.caveats[0] == "14 months, as you write, are fewer than the 16 that this rule asks for."
