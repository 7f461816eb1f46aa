"""Numbers, amounts, dates and durations of a text, each in one form."""

from __future__ import annotations

import pytest

from corpus.values import bare_values, sort_of, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US$100,000 and CAN$653.75", ["CAN$653.75", "US$100000"]),
        ("16 December 2026, Dec. 16, 2026, December 16th, 2026 and 2026-12-16", ["2026-12-16"] * 4),
        ("up to three years from July 2023", ["2023-07", "3 years"]),
        ("one year, a 60-day period, 90 days", ["1 years", "60 days", "90 days"]),
        ("5 per cent, 5% or 12 percent", ["12%", "5%", "5%"]),
        ("H-1B holders in 60 days, in 2026.", ["2026", "60 days"]),
        ("in 2023 an open permit, in 2024 a closed one", ["2023", "2024"]),
        ("the 10,000 places of 2023 1,200 people", ["10000", "1200", "2023"]),
        ("Form IMM 5710 and $155.00", ["$155", "5710"]),
        ("CLB 7 means 6.0 and 3.5 million", ["3.5 million", "6.0", "7"]),
        ("Apply at the office; one person", []),
        ("le 16 décembre 2026, le 1er juillet 2026, en août 2026", ["2026-07-01", "2026-08", "2026-12-16"]),
        ("10 000 places, 1 365,50 $, 155 $ CAN, 24,5 %", ["$1365.50", "10000", "24.5%", "CAN$155"]),
        ("deux ans, 15 jours, six mois, sept semaines", ["15 days", "2 years", "6 months", "7 weeks"]),
        ("Le 30 sept. 2026, sept personnes", ["2026-09-30", "7"]),
    ],
)
def test_values(text: str, expected: list[str]) -> None:
    assert sorted(values(text).elements()) == expected


def test_an_amount_is_the_same_with_its_currency_as_a_sign_or_a_word() -> None:
    assert bare_values("CAN$1,000") == bare_values("1,000 Canadian dollars") == bare_values("1 000 $") == {"1000": 1}


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        ("2026-12-16", "day"),
        ("2026-12", "month"),
        ("2026", "year"),
        ("60 days", "days"),
        ("5%", "%"),
        ("10000", "number"),
        ("5710", "number"),
    ],
)
def test_values_of_different_sorts_never_stand_for_one_another(value: str, sort: str) -> None:
    assert sort_of(value) == sort
