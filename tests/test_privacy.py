"""Personal numbers are masked by the shape their issuer prints; forms, codes, amounts and dates are not personal."""

from __future__ import annotations

import pytest

from bot.privacy import mask, unnumbered


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("write to a.b+c@mail.example.co.uk please", "write to [email] please"),
        ("EAC2190123456", "[USCIS receipt number]"),
        ("receipt IOE-09-123-45678", "receipt [USCIS receipt number]"),
        ("wac 21 901 23456 is pending", "[USCIS receipt number] is pending"),
        ("A123456789", "[A-number]"),
        ("A-123-456-789", "[A-number]"),
        ("A# 12345678", "[A-number]"),
        ("1234-5678", "[UCI]"),
        ("12-3456-7890", "[UCI]"),
        ("UCI: 1112223334", "UCI: [number]"),
        ("my client id is 11122233", "my client id is [number]"),
        ("passport no. M1234567", "passport no. [passport number]"),
        ("passport: 123456789", "passport: [passport number]"),
        ("J8369854", "[passport number]"),
        ("z1234567", "[passport number]"),
        ("E12345678", "[passport number]"),
        ("W302456789", "[IRCC application number]"),
        ("E000123456", "[IRCC application number]"),
        ("123-45-6789", "[social security number]"),
        ("my SSN is 123456789", "my SSN is [number]"),
        ("123 456 789", "[SIN]"),
        ("sin 123-456-789", "sin [SIN]"),
        ("call 416-555-0199", "call [phone number]"),
        ("(416) 555-0199", "[phone number]"),
        ("416.555.0199", "[phone number]"),
        ("1-416-555-0199", "[phone number]"),
        ("+1 416 555 0199", "[phone number]"),
        ("+91 98765 43210", "[phone number]"),
        ("+919876543210", "[phone number]"),
        ("text me on 4165550199", "text me on [phone number]"),
        ("SIN046454286", "SIN[number]"),
        ("SIN #046.454.286", "SIN #[number]"),
        ("social insurance number 046 454286", "social insurance number [number]"),
        ("uci1123456789", "uci[number]"),
        ("W-301234567", "[IRCC application number]"),
        ("w301234567", "[IRCC application number]"),
        ("V 3012 34567", "[IRCC application number]"),
        ("12AB34567", "[passport number]"),
        ("4111 1111 1111 1111", "[card number]"),
        ("5500-0000-0000-0004", "[card number]"),
    ],
)
def test_a_personal_number_is_masked(written: str, shown: str) -> None:
    assert mask(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "I have an I-797, an I-797C, an I-94 and an approved I-140",
        "IMM 5710, IMM5710 or IMM 1295?",
        "from H-1B to L1A or EB-2",
        "NOC 21231 and 21232, TEER 0 1 2 3",
        "R205(d) and R186(u)",
        "CLB 9, CRS 491-516, 500 to 550 points",
        "C$1,525 or CAN$155 or $ 1,365.00",
        "settlement funds of 15,263 or 15263 dollars",
        "a salary of $150,000-200,000, or 150 000 - 200 000",
        "380,000 in 2026, 10,000-15,000 later",
        "the budget is 1700000000 dollars",
        "2026-2028 levels plan, tax year 2023-2024",
        "on 16 July 2023, 2023-07-17 and 07/17/2023",
        "60 days, 1,095 days, 730 days",
        "priority date 2013-06-01",
        "E 2025 15000 admissions, since 2023",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask(text) == text


def test_several_numbers_in_one_message_are_all_masked() -> None:
    assert mask("passport M1234567, UCI 1234-5678, phone 416-555-0199") == "passport [passport number], UCI [UCI], phone [phone number]"


def test_masking_twice_changes_nothing_more() -> None:
    once = mask("EAC2190123456 and a.b@example.com and my SSN is 123456789")
    assert mask(once) == once


@pytest.mark.parametrize(
    "text, masked",
    [
        ("call me on 98765 43210 about my I-797", "call me on [phone number] about my I-797"),
        ("Phone:\n450 0840", "Phone:\n[phone number]"),
        ("reach me at +41 (0)69 979 80 58", "reach me at [phone number]"),
        ("my office is 463-612-6138x036", "my office is [phone number]"),
    ],
)
def test_a_phone_abroad_is_told_by_the_word_before_it(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text", ["registered 343,981 and selected 120,141", "call within 60 days", "phone bill 2024-2025", "registered on 2026-03-04"]
)
def test_amounts_and_days_after_such_a_word_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my receipt EAC2190012345 is approved. can I apply?", "my receipt is approved. can I apply?"),
        ("my application no. W301234567 is pending, can I work", "my application is pending, can I work"),
        ("my SSN is 123-45-6789 can i get GTS", "can i get GTS"),
        ("A-number A012345678 can i use CUSMA", "can i use CUSMA"),
        ("my passport number is M1234567, and my email is a@b.com. do I need a visa", "do I need a visa"),
        ("reply to me on a@b.com or 647-555-0182 about proof of funds", "about proof of funds"),
        ("E004417823 is my express entry profile, is 498 enough", "is 498 enough"),
        ("my SIN 912 345 678, when does it expire", "my SIN, when does it expire"),  # the rest speaks of it
        ("EAC2190012345", ""),
        ("see [1] and [the list]", "see [1] and [the list]"),
    ],
)
def test_a_message_reads_as_if_no_number_had_been_given(text: str, left: str) -> None:
    assert unnumbered(mask(text)) == left
