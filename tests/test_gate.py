"""The gate: a claim passes only if its quotes hold its numbers, names, limits and its yes or no, each with what it belongs to."""

from __future__ import annotations

import pytest

from bot.gate import ENOUGH, TOO_LITTLE, evidence, judge
from bot.gate_alike import NEAR
from bot.gate_near import nearness
from bot.gate_reading import read

CLOSED = "The 2023 open work permit for H-1B holders closed on 17 July 2023, when 10,000 applications had been received."
FEE = "The employer pays 1,000 Canadian dollars for each position under the Global Talent Stream."
TWO_FEES = "A work permit costs 155 Canadian dollars, and biometrics cost 85 Canadian dollars for one person."
NEEDS_NONE = "Express Entry does not require a job offer from a Canadian employer."
MAY = "A person with a nomination may apply online for permanent residence."
MUST = "The employer must give the worker a signed contract before the first day of work."
DAYS = "An H-1B holder who loses the job has up to 60 days to find another employer."
DATES = "Bill C-3 got Royal Assent on 20 November 2025 and came into force on 15 December 2025."
ONLY = "The two-week standard covers applications from outside Canada only."
MOST = "Most applicants get a decision within six months."
PEOPLE = "An Indian citizen who lost 36 months of status must show 20 documents at the fifth interview abroad."
OUTSIDE = "Existing visas are outside the payment, which is pending in court."
NO_DATE = "No exact date for the new system has been published in the pages seen, as of 11 August 2026."
TWO_SPEEDS = "The LMIA takes 10 business days at ESDC, and the permit takes two weeks at IRCC."
WITHOUT = "A worker with an open permit can be hired without a test or a fee."
POINTS = "A bachelor's degree gives 21 points, a master's 23 and a PhD 25 on the grid."
UNLESS = "A holder may not work in Quebec unless the province has issued an acceptance certificate."

# What a quote says in other words, by what the words change.
FAITHFUL = [
    ("word for word", CLOSED, CLOSED),
    ("without a clause", CLOSED, "The 2023 open work permit for H-1B holders closed on 17 July 2023."),
    ("other date form", CLOSED, "The 2023 open work permit for H-1B holders closed on July 17, 2023."),
    ("short month", CLOSED, "The 2023 open work permit for H-1B holders closed on 17 Jul 2023."),
    ("no comma in the number", CLOSED, "It closed when 10000 applications had been received."),
    ("abbreviation", CLOSED, "The 2023 OWP for H-1B holders closed on 17 July 2023."),
    ("other word for the same", CLOSED, "The 2023 open work permit for H-1B holders ended on 17 July 2023."),
    ("currency as a sign", FEE, "The employer pays CAN$1,000 for each position under the Global Talent Stream."),
    ("currency as a code", FEE, "Under the Global Talent Stream the employer pays CAD 1,000 for each position."),
    ("passive", FEE, "1,000 Canadian dollars are paid by the employer for each position under the Global Talent Stream."),
    ("abbreviated program", FEE, "The employer pays 1,000 Canadian dollars for each position under the GTS."),
    ("contraction", NEEDS_NONE, "Express Entry doesn't require a job offer from a Canadian employer."),
    ("no before the noun", NEEDS_NONE, "Express Entry requires no job offer from a Canadian employer."),
    ("can for may", MAY, "A person with a nomination can apply online for permanent residence."),
    ("has to for must", MUST, "The employer has to give the worker a signed contract before the first day of work."),
    ("the other way round", MUST, "Before the first day of work the employer must give the worker a signed contract."),
    ("figures for words", MOST, "Most applicants get a decision within 6 months."),
    ("at most for up to", DAYS, "An H-1B holder who loses the job has at most 60 days to find another employer."),
    ("both dates, other order", DATES, "Bill C-3 came into force on 15 December 2025 and got Royal Assent on 20 November 2025."),
    ("only moved", ONLY, "Only applications from outside Canada are covered by the two-week standard."),
    ("years for months", PEOPLE, "An Indian citizen who lost three years of status must show 20 documents at the fifth interview abroad."),
    ("weeks for days", "It takes 14 days.", "It takes two weeks."),
    ("a country for its people", PEOPLE, "A citizen of India who lost 36 months of status must show 20 documents."),
    ("an ordinal as a figure", PEOPLE, "At the 5th interview abroad an Indian citizen must show 20 documents."),
    ("a number in two words", "The list covers 36 occupations in demand.", "Thirty-six occupations in demand are covered by the list."),
    ("half a year", "A course of six months needs no permit.", "A course of half a year needs no permit."),
    (
        "a word that is near",
        "The employer must buy the uniform for the worker.",
        "The uniform for the worker has to be purchased by the employer.",
    ),
    ("not what is outside", OUTSIDE, "The payment does not apply to existing visas."),
    ("no day in other words", NO_DATE, "As of August 11, 2026, none of the pages seen gives an exact date for the new system."),
    ("neither for without", WITHOUT, "Hiring a worker with an open permit takes neither a test nor a fee."),
    ("points in the other order", POINTS, "On the grid you get 25 points for a PhD, 23 for a master's degree and 21 for a bachelor's."),
    (
        "applicants for who applies",
        "Times grow when more people apply than there are places.",
        "Times grow if there are more applicants than places.",
    ),
    ("each for per", "Stays of up to five years per entry are allowed.", "Stays of up to five years are allowed for each entry."),
    ("as long as for up to", "Stays of up to ten years are allowed.", "Stays as long as ten years are allowed."),
    ("on the last day for until", "The stream was open until 9 October 2025.", "The stream was open up to and including October 9, 2025."),
    ("addressed to the reader", UNLESS, "You may not work in Quebec unless the province has issued an acceptance certificate."),
]

# What a quote does not say, by what was changed.
UNFAITHFUL = [
    ("digit", CLOSED, "The 2023 open work permit for H-1B holders closed when 20,000 applications had been received."),
    ("day", CLOSED, "The 2023 open work permit for H-1B holders closed on 18 July 2023."),
    ("month", CLOSED, "The 2023 open work permit for H-1B holders closed on 17 June 2023."),
    ("year", CLOSED, "The 2024 open work permit for H-1B holders closed on 17 July 2024."),
    ("cents", FEE, "The employer pays 1,000.50 Canadian dollars for each position."),
    ("unit", DAYS, "An H-1B holder who loses the job has up to 60 weeks to find another employer."),
    ("currency", FEE, "The employer pays 1,000 US dollars for each position under the Global Talent Stream."),
    ("currency code", FEE, "The employer pays USD 1,000 for each position."),
    ("amounts swapped", TWO_FEES, "A work permit costs 85 Canadian dollars, and biometrics cost 155 Canadian dollars for one person."),
    ("the other one's amount", TWO_FEES, "Biometrics cost 155 Canadian dollars for one person."),
    ("dates swapped", DATES, "Bill C-3 got Royal Assent on 15 December 2025 and came into force on 20 November 2025."),
    ("negation taken out", NEEDS_NONE, "Express Entry does require a job offer from a Canadian employer."),
    ("negation put in", FEE, "The employer never pays 1,000 Canadian dollars for each position."),
    ("contracted negation put in", FEE, "The employer doesn't pay 1,000 Canadian dollars for each position."),
    ("cannot", MAY, "A person with a nomination cannot apply online for permanent residence."),
    ("no longer", FEE, "The employer no longer pays 1,000 Canadian dollars for each position."),
    ("unless left out", UNLESS, "A holder may not work in Quebec."),
    ("may to must", MAY, "A person with a nomination must apply online for permanent residence."),
    ("must to may", MUST, "The employer may give the worker a signed contract before the first day of work."),
    ("may left out", MAY, "A person with a nomination applies online for permanent residence."),
    ("will put in", FEE, "The employer will pay 1,000 Canadian dollars for each position."),
    ("program", FEE, "The employer pays 1,000 Canadian dollars for each position under the Francophone stream."),
    ("program of common words", CLOSED, "The 2023 spousal open work permit for H-1B holders closed on 17 July 2023."),
    ("party", MUST, "The spouse must give the worker a signed contract before the first day of work."),
    ("parties swapped", MUST, "The worker must give the employer a signed contract before the first day of work."),
    ("country", NEEDS_NONE, "Express Entry does not require a job offer from a United States employer."),
    ("country of two", ONLY, "The two-week standard covers applications from inside Canada only."),
    ("agency", FEE, "The employer pays IRCC 1,000 Canadian dollars for each position."),
    ("at most to at least", DAYS, "An H-1B holder who loses the job has at least 60 days to find another employer."),
    ("up to left out", DAYS, "An H-1B holder who loses the job has 60 days to find another employer."),
    ("before to after", MUST, "The employer must give the worker a signed contract after the first day of work."),
    ("most to all", MOST, "All applicants get a decision within six months."),
    ("most left out", MOST, "Applicants get a decision within six months."),
    ("only left out", ONLY, "The two-week standard covers applications from outside Canada."),
    ("standing", CLOSED, "The 2023 open work permit for H-1B holders opened on 17 July 2023."),
    ("opposite", MAY, "A person with a nomination may apply online for temporary residence."),
    ("addition", MAY, "A person with a nomination and a clean driving record may apply online for permanent residence."),
    (
        "addition of one word",
        FEE,
        "The employer pays 1,000 Canadian dollars and insurance for each position under the Global Talent Stream.",
    ),
    (
        "years for as many months",
        PEOPLE,
        "An Indian citizen who lost 36 years of status must show 20 documents at the fifth interview abroad.",
    ),
    ("another people", PEOPLE, "A Chinese citizen who lost 36 months of status must show 20 documents at the fifth interview abroad."),
    ("another ordinal", PEOPLE, "At the 6th interview abroad an Indian citizen must show 20 documents."),
    (
        "another number in two words",
        "The list covers 36 occupations in demand.",
        "Thirty-seven occupations in demand are covered by the list.",
    ),
    ("a word that is near but the opposite", MAY, "A person with a nomination may apply offline for temporary residence."),
    ("inside what it is outside of", OUTSIDE, "Existing visas fall under the payment, which is pending in court."),
    ("a day where there is none", NO_DATE, "The date for the new system is 11 August 2026."),
    ("the last of what is denied", WITHOUT, "A worker with an open permit can be hired without a test, but the employer pays a fee."),
    ("points swapped", POINTS, "A bachelor's degree gives 23 points, a master's 21 and a PhD 25 on the grid."),
    ("must beside another denial", "Who has no visa can fall under the payment.", "Without a visa one must make the payment."),
    ("longer to shorter", "The times in 2026 were slightly longer.", "The times in 2026 were slightly shorter."),
    ("a condition turned into all", "Workers who have lived here for two years are the focus.", "All workers here are the focus."),
    ("about something else", FEE, "The employer pays wages, taxes, pensions, insurance and rent."),
]


@pytest.mark.parametrize(("quote", "claim"), [row[1:] for row in FAITHFUL], ids=[row[0] for row in FAITHFUL])
def test_other_words_for_the_same_pass(quote: str, claim: str) -> None:
    verdict = judge(claim, [quote])
    assert verdict.passes, verdict
    assert verdict.support >= ENOUGH


@pytest.mark.parametrize(("quote", "claim"), [row[1:] for row in UNFAITHFUL], ids=[row[0] for row in UNFAITHFUL])
def test_a_claim_that_says_something_else_is_refused_with_a_reason(quote: str, claim: str) -> None:
    verdict = judge(claim, [quote])
    assert not verdict.passes
    assert verdict.reason


@pytest.mark.parametrize(
    ("claim", "quote", "reason"),
    [
        ("It closed when 20,000 applications had been received.", CLOSED, "number not in the quote: 20000"),
        ("The permit closed on 18 July 2023.", CLOSED, "date not in the quote: 2023-07-18"),
        ("The employer pays 1,000 Canadian dollars under the Francophone stream.", FEE, "name not in the quote: francophone"),
        ("Express Entry does require a job offer.", NEEDS_NONE, "says yes where the quote says no"),
        ("The employer never pays 1,000 Canadian dollars.", FEE, "says no where the quote says yes"),
        ("A person with a nomination must apply online.", MAY, "not as certain in the quote: must"),
        ("A person with a nomination applies online.", MAY, "more certain than the quote: leaves out may"),
        ("Biometrics cost 155 Canadian dollars for one person.", TWO_FEES, "155 belongs to something else in the quote, where 85 stands"),
    ],
)
def test_the_reason_names_what_differs(claim: str, quote: str, reason: str) -> None:
    assert judge(claim, [quote]).reason == reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18 months", "eighteen-month"),
        ("on Feb 18, 2026", "on 18 February 2026"),
        ("from March 4 to 19, 2026", "from 4 to 19 March 2026"),
        ("12 May and 8 June 2026", "12 May 2026 and 8 June 2026"),
        ("CAN$1,525", "1,525 Canadian dollars"),
        ("US$100,000", "100,000 US dollars"),
        ("12%", "12 per cent"),
        ("1.1 million", "1,100,000"),
        ("10 to 16 weeks", "10 weeks to 16 weeks"),
    ],
)
def test_values_are_read_alike_however_they_are_written(one: str, other: str) -> None:
    values = [[token.key for token in read(f"It is {text}.").tokens if token.kind == "value"] for text in (one, other)]
    assert values[0] == values[1] != []


@pytest.mark.parametrize(("one", "other"), [("buy", "purchase"), ("latest", "newest"), ("danger", "risk"), ("caution", "warn")])
def test_words_for_the_same_lie_nearer_than_others(one: str, other: str) -> None:
    assert nearness(one, ["permit", other]) >= NEAR > nearness(one, ["permit", "worker", "borrow"])


def test_a_word_that_is_not_in_the_table_is_near_to_nothing() -> None:
    assert nearness("xqzzt", ["permit"]) == nearness("permit", ["xqzzt"]) == nearness("permit", []) == 0.0


def test_a_month_is_not_a_modal() -> None:
    assert [act.kind for act in read("It opened in May 2026.").acts if act.kind == "modal"] == []
    assert [act.name for act in read("It may open in 2026.").acts if act.kind == "modal"] == ["may"]


def test_a_part_of_a_sentence_does_not_pass_because_it_stands_there() -> None:
    quote = "It is not true that the permit is open to everyone."
    assert "the permit is open to everyone" in quote
    assert not judge("the permit is open to everyone", [quote]).passes


def test_a_whole_sentence_of_a_longer_quote_passes_as_it_stands() -> None:
    verdict = judge(MAY, [f"{NEEDS_NONE} {MAY} {FEE}"])
    assert verdict.passes and verdict.support == 1.0


def test_two_quotes_may_support_a_claim_together() -> None:
    claim = (
        "The open work permit for H-1B holders closed on 17 July 2023, and the Global Talent Stream costs 1,000 dollars for each position."
    )
    assert not judge(claim, [CLOSED]).passes
    assert judge(claim, [CLOSED, FEE]).passes
    assert not judge(claim.replace("1,000", "10,000"), [CLOSED, FEE]).passes  # the number stands there, for something else


def test_that_another_quote_says_no_to_something_else_is_nothing_to_the_claim() -> None:
    claim = "The employer pays CAD 1,000 for each position."
    assert judge(claim, [FEE, NEEDS_NONE]).passes
    assert judge("Express Entry does require a job offer.", [NEEDS_NONE, FEE]).reason == "says yes where the quote says no"


def test_a_claim_without_a_quote_is_refused() -> None:
    assert judge("Anything at all.", []).reason == "no quote"


def test_support_falls_with_what_does_not_stand_in_the_quote() -> None:
    less = judge("The employer pays for travel, rent, insurance, food and a telephone.", [FEE])
    assert less.support < judge("The employer pays for each position.", [FEE]).support
    few = judge("Wages differ.", [FEE])
    assert (few.passes, few.reason) == (False, TOO_LITTLE) or "not in the quote" in few.reason


def test_evidence_is_what_holds_most_then_what_adds_most() -> None:
    claim = "The open work permit for H-1B holders closed in 2023, and a position costs 1,000 dollars."
    sentences = [MAY, FEE, "It closed in 2023.", CLOSED]
    assert evidence(claim, sentences) == [3, 1]  # the third adds nothing to the fourth
    assert evidence(claim, sentences, at_most=1) == [3]
    assert evidence(claim, sentences, adds=4) == [3]  # FEE adds 1000, dollar, posit and no fourth
    assert evidence(claim, []) == []


@pytest.mark.parametrize("opening", ["No.", "No:", "No,", "no. "])
def test_a_verdict_may_stand_as_a_sentence(opening: str) -> None:
    quote = "The 2023 open work permit for H-1B holders closed on 17 July 2023, the day after it opened."
    assert judge(f"{opening} It closed on 17 July 2023.", [quote]).passes
    assert not judge(f"{opening} It closed on 16 July 2023.", [quote]).passes
    assert not judge(f"{opening.replace('N', 'Y').replace('n', 'y').replace('o', 'es')} It opened on 17 July 2023.", [quote]).passes
