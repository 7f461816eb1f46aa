"""The gate: a claim passes only if its quotes hold its numbers, months and names, agree on yes or no, and are as certain."""

from __future__ import annotations

import pytest

from bot.gate import ENOUGH, evidence, judge

CLOSED = "The 2023 open work permit for H-1B holders closed on 17 July 2023, when 10,000 applications had been received."
FEE = "The employer pays 1,000 Canadian dollars for each position under the Global Talent Stream."
NEEDS_NONE = "Express Entry does not require a job offer from a Canadian employer."
MAY = "A person with a nomination may apply online for permanent residence."


@pytest.mark.parametrize("quote", [CLOSED, FEE, NEEDS_NONE, MAY])
def test_a_quote_given_word_for_word_passes(quote: str) -> None:
    assert judge(quote, [quote]).passes
    assert judge(quote, [quote]).support == 1.0


def test_a_part_of_a_quote_passes() -> None:
    assert judge("H-1B holders closed on 17 July 2023", [CLOSED]).passes


def test_other_words_for_the_same_pass_when_most_of_them_stand_in_the_quote() -> None:
    verdict = judge("H-1B holders sent 10,000 applications for the open work permit before it closed.", [CLOSED])
    # 9 terms, of which "sent" and "befor" do not stand in the quote ("before" and "sent" are no stop words).
    assert verdict.passes and ENOUGH <= verdict.support < 1


def test_numbers_may_be_written_with_or_without_commas() -> None:
    assert judge("10000 applications had been received.", [CLOSED]).passes


def test_two_quotes_may_support_a_claim_together() -> None:
    claim = "The open work permit for H-1B holders closed, and the Global Talent Stream position costs 1,000 dollars."
    assert not judge(claim, [CLOSED]).passes
    assert judge(claim, [CLOSED, FEE]).support > judge(claim.replace("1,000", "10,000"), [CLOSED]).support


@pytest.mark.parametrize(
    ("claim", "quote", "reason"),
    [
        (
            "The open work permit for H-1B holders closed when 20,000 applications had been received.",
            CLOSED,
            "number not in the quote: 20000",
        ),
        ("The open work permit for H-1B holders closed on 18 July 2023.", CLOSED, "number not in the quote: 18"),
        ("The employer pays 1,000.50 Canadian dollars for each position.", FEE, "number not in the quote: 1000.50"),
        ("The open work permit for H-1B holders closed on 17 June 2023.", CLOSED, "month not in the quote: june"),
        ("The employer pays 1,000 Canadian dollars under the Francophone stream.", FEE, "name not in the quote: francophone"),
        ("The employer pays IRCC 1,000 Canadian dollars for each position.", FEE, "name not in the quote: ircc"),
        ("Express Entry does require a job offer from a Canadian employer.", NEEDS_NONE, "says yes where the quote says no"),
        ("The employer never pays 1,000 Canadian dollars for each position.", FEE, "says yes where the quote says no"),
        ("The employer doesn't pay 1,000 Canadian dollars for each position.", FEE, "says yes where the quote says no"),
        ("A person with a nomination must apply online for permanent residence.", MAY, "not as certain in the quote: must"),
        ("The employer will pay 1,000 Canadian dollars for each position.", FEE, "not as certain in the quote: will"),
        ("The employer pays wages, taxes, pensions, insurance and rent.", FEE, "too little of it stands in the quote"),
    ],
)
def test_a_claim_that_says_more_than_its_quote_is_refused_with_the_reason(claim: str, quote: str, reason: str) -> None:
    verdict = judge(claim, [quote])
    assert not verdict.passes
    assert verdict.reason.startswith(reason)


def test_a_claim_without_a_quote_is_refused() -> None:
    assert judge("Anything at all.", []).reason == "no quote"


def test_of_several_quotes_the_nearest_says_whether_it_is_yes() -> None:
    claim = "The employer pays 1,000 Canadian dollars for each position."
    assert judge(claim, [FEE, NEEDS_NONE]).passes  # that another quote says no to something else is nothing to this claim
    refused = judge("Express Entry does require a job offer from a Canadian employer.", [NEEDS_NONE, FEE])
    assert refused.reason.startswith("says yes where the quote says no")


def test_evidence_is_what_holds_most_then_what_adds_most() -> None:
    claim = "The open work permit for H-1B holders closed in 2023, and a position costs 1,000 dollars."
    sentences = [MAY, FEE, "It closed in 2023.", CLOSED]
    assert evidence(claim, sentences) == [3, 1]  # the third adds nothing to the fourth
    assert evidence(claim, sentences, at_most=1) == [3]
    assert evidence(claim, sentences, adds=4) == [3]  # FEE adds 1000, dollar, posit and no fourth
    assert evidence(claim, []) == []
