"""What a client's message asks: thirty as people write them, and the rules one by one."""

from __future__ import annotations

import pytest

from bot.messages import Asked, split

# Each message and what it asks, in order. Names, numbers and addresses are made up.
MESSAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        """Hello sir,
I am on H1B since 2019, laid off last week. how many days i have to leave
and wat about my mom, passport expire in march
pls reply fast
Ravi""",
        ("how many days i have to leave", "and wat about my mom, passport expire in march"),
    ),
    (
        """Hi there!! Quick one - can my husband work if i come on GTS work permit, and my kids school is free or not.
Also do we need medical
Thx
Meena""",
        ("Quick one - can my husband work if i come on GTS work permit, and my kids school is free or not.", "Also do we need medical"),
    ),
    (
        """Fwd: Question from client
---------- Forwarded message ---------
From: Amit Shah <[email]>
Date: Mon, 9 Nov 2026 at 10:12
Subject: PR query
To: <[email]>

Dear team
my wife is on h4 she has ead. she wants apply express entry as main applicant. possible?
2nd: crs score needed now a days
regards
Amit""",
        ("she wants apply express entry as main applicant. possible?", "crs score needed now a days"),
    ),
    (
        """need to know the fee for PR for 4 people
and processing time
and if biometrics are again needed, we did them 2 yrs back""",
        ("need to know the fee for PR for 4 people", "and processing time", "and if biometrics are again needed, we did them 2 yrs back"),
    ),
    (
        """Good evening, thank you for your earlier reply, it was very helpful.
One more doubt. Suppose my LMIA job offer is withdrawn after I get the ITA. What happens to my points. Can I still submit
Kind regards,
Lakshmi Narayanan
Senior Software Engineer | Example Corp | [phone number]
This e-mail is confidential and intended only for the recipient. If you are not the intended recipient, please delete it.""",
        ("What happens to my points.", "Can I still submit"),
    ),
    (
        """hi i have h1b approved i797 but visa stamp not there in passport. i want to know wheather i can apply for canada open work permit for h1b or its closed, also my wife""",
        ("i want to know wheather i can apply for canada open work permit for h1b or its closed, also my wife",),
    ),
    (
        """1. PR fees
2. How long
3. Wife - open work permit?
4. Kids 19 yrs old can come?
Thanks in advance!""",
        ("PR fees", "How long", "Wife - open work permit?", "Kids 19 yrs old can come?"),
    ),
    (
        """Dear Madam, I am so stressed. I was terminated on the 3rd and my grace period is ending. I don't know whether to go to India or Canada. I have 8 yrs exp as data engineer. Please guide me on the fastest way to get a work permit in Canada. God bless.""",
        ("I don't know whether to go to India or Canada.", "Please guide me on the fastest way to get a work permit in Canada."),
    ),
    (
        """> On Tue, Nov 10, 2026 at 9:00 AM Support <[email]> wrote:
> Thank you for contacting us. Do you have a valid job offer?
> Regards, Support

Yes I have it. So now what is next step and how much time
Sent from my iPhone""",
        ("So now what is next step and how much time",),
    ),
    (
        """Hello, My name is Chen. Hope you are doing well. I would like to ask about bringing my parents. They are 62 and 60. I heard about super visa. Insurance amount? And how long they may stay each time""",
        ("I would like to ask about bringing my parents.", "Insurance amount?", "And how long they may stay each time"),
    ),
    (
        """can u tell me pls
- is express entry draw happening this month
- min score for stem
- my spouse ielts needed or no
- can i apply without ielts""",
        ("is express entry draw happening this month", "min score for stem", "my spouse ielts needed or no", "can i apply without ielts"),
    ),
    (
        """Do I need to show proof of funds if I have a job offer. I have heard both yes and no. Also wondering about tax: would I be resident of both""",
        ("Do I need to show proof of funds if I have a job offer.", "Also wondering about tax: would I be resident of both"),
    ),
    (
        """Subject: URGENT!!! work permit refused

Hi, got refusal yesterday. Reason "not satisfied will leave canada". Can appeal?? or apply again. how many times allowed. Please advise urgently

--
Sanjay K.
[phone number]""",
        ("Can appeal?? or apply again.", "how many times allowed."),
    ),
    (
        """hey team what documents i need for GTS, employer ready, and my h1b ends 12/31. can i start working from US before permit comes""",
        ("what documents i need for GTS, employer ready, and my h1b ends 12/31.", "can i start working from US before permit comes"),
    ),
    (
        """My situation: H1B, I-140 approved, priority date 2013, India EB2. Wife H4 EAD. 2 kids (US citizens). We think of moving to Toronto next summer.
Questions:
a) Best route
b) Cost for whole family
c) Will kids get health care immediately
d) If we keep I-140 alive while in Canada
Awaiting your response.""",
        ("Best route", "Cost for whole family", "Will kids get health care immediately", "If we keep I-140 alive while in Canada"),
    ),
    (
        """Hola, mi esposa y yo... sorry english. We are in Texas with H1B. Is possible to go Canada with no IELTS? My english is basic. How much IELTS is needed for FSW""",
        ("Is possible to go Canada with no IELTS?", "How much IELTS is needed for FSW"),
    ),
    (
        """ok thanks for info. but u did not answer about my dog, also what about my car can i bring it w/o tax""",
        ("but u did not answer about my dog, also what about my car can i bring it w/o tax",),
    ),
    (
        """Is there any age limit for express entry. I am 47""",
        ("Is there any age limit for express entry.",),
    ),
    (
        """Hi, I'm trying to understand the difference between closed work permit and open work permit. And bridging. My employer says closed is fine. Not sure.""",
        ("I'm trying to understand the difference between closed work permit and open work permit.", "And bridging."),
    ),
    (
        """Greetings of the day! Kindly let me know the procedure for sponsoring my fiancee, she lives in Brazil, we plan marriage in may. Moreover kindly confirm minimum income required. Thanking you.""",
        (
            "Kindly let me know the procedure for sponsoring my fiancee, she lives in Brazil, we plan marriage in may.",
            "Moreover kindly confirm minimum income required.",
        ),
    ),
    (
        """I came to canada on visitor visa in august with my h1b expired in sept
now i got offer from canadian company
they ask if i can apply inside or must go back
they also say flagpole
what u say""",
        ("they ask if i can apply inside or must go back",),
    ),
    (
        """For my mother - passport validity needed? For father - he has old refusal 2015, problem? For me - PGWP 3 yr, enough for PR?""",
        (
            "For my mother - passport validity needed?",
            "For father - he has old refusal 2015, problem?",
            "For me - PGWP 3 yr, enough for PR?",
        ),
    ),
    (
        """Team,

See below from the customer. Please handle.

Regards
Ops

-----Original Message-----
From: priya
Sent: Friday, 6 November 2026 14:22
To: info
Subject: RE: RE: query

my h1b max out is june 2027. which is better alberta or ontario pnp. whether french gives more points. when is next draw. Any help appreciated""",
        ("which is better alberta or ontario pnp.", "whether french gives more points.", "when is next draw."),
    ),
    (
        """passport is expired. mom's too. renew first or apply first""",
        ("passport is expired. mom's too. renew first or apply first",),
    ),
    (
        """Hi Team,
Just checking in on my previous email.
Could you please respond to the queries at the earliest.
Thanks""",
        ("Could you please respond to the queries at the earliest.",),
    ),
    (
        """hello i m nurse in new jersey on h1b . can i register in ontario . what exam is there. how much nurses get paid in canada. and my husband is truck driver he can get job also? we have 1 baby""",
        (
            "can i register in ontario .",
            "what exam is there.",
            "how much nurses get paid in canada.",
            "and my husband is truck driver he can get job also?",
        ),
    ),
    (
        """Hi,
About the new accelerated pathway for H1B holders announced in budget - when will it open? has the date been told. do i have to be in US. who all are eligible. is there cap like last time
Regards,
Vikram Rao | Manager
Example LLC, 123 Main Street, Dallas TX 75001 | www.example.com""",
        (
            "About the new accelerated pathway for H1B holders announced in budget - when will it open?",
            "has the date been told.",
            "do i have to be in US.",
            "who all are eligible.",
            "is there cap like last time",
        ),
    ),
    (
        """i applied in sept, file no [IRCC application number], no update, normal? Also address change - do i inform""",
        ("i applied in sept, file no [IRCC application number], no update, normal?", "Also address change - do i inform"),
    ),
    (
        """Wife pregnant. Delivery in Canada cost if on work permit? OHIP waiting period?

Me: software dev, 35
Her: teacher, 33
Points for us approx

Much obliged""",
        ("Delivery in Canada cost if on work permit?", "OHIP waiting period?", "Points for us approx"),
    ),
    (
        """Please, what is a TEER. what is my NOC if i am scrum master. I want also know CRS with 2 yrs exp, masters, clb 9, single, 31""",
        (
            "Please, what is a TEER.",
            "what is my NOC if i am scrum master.",
            "I want also know CRS with 2 yrs exp, masters, clb 9, single, 31",
        ),
    ),
)


@pytest.mark.parametrize(("message", "questions"), MESSAGES, ids=[message.split("\n")[0][:40] for message, _ in MESSAGES])
def test_every_question_of_a_messy_message_is_seen(message: str, questions: tuple[str, ...]) -> None:
    assert tuple(asked.question for asked in split(message)[0]) == questions


@pytest.mark.parametrize(
    ("message", "questions", "left"),
    [
        ("Is it open?", [Asked("Is it open?")], []),
        ("Is it open? IS IT OPEN?", [Asked("Is it open?")], []),
        ("Dear Sir,\nfees for biometrics\nThanks", [Asked("fees for biometrics")], []),
        ("Dear Sir,\nabout biometrics\nThanks", [Asked("Dear Sir, about biometrics Thanks")], []),
        ("Thanks, can you tell me the fee", [Asked("can you tell me the fee")], []),
        ("From: a\nSubject: b\n> - can i renew\nmore text", [Asked("can i renew")], ["more text"]),
        ("a) can i renew\nb) what is PGWP", [Asked("can i renew"), Asked("what is PGWP")], []),
        ("is it open?\n" + "x" * 5000, [Asked("is it open?")], ["x" * 5000]),
    ],
)
def test_a_message_is_split_into_its_questions(message: str, questions: list[Asked], left: list[str]) -> None:
    assert split(message) == (questions, left)


@pytest.mark.parametrize(
    "statement",
    [
        "I asked for leave.",
        "They asked for my passport.",
        "I was laid off when I was in India.",
        "I have an H-1B which I got in 2019.",
        "I need to send my passport to the consulate.",
        "My lawyer told me that it closed.",
        "My CRS score is 480.",
        "IELTS 8 each, masters, 5 years experience.",
        "We paid the fees last week.",
        "The officer said it is not allowed.",
        "My company, which is in Texas, closed.",
        "My husband is the main applicant.",
        "I am so stressed.",
        "Priority date 2013",
        "CRS score 480",
        "My PR application is in process.",
        "and we have 2 kids aged 4 and 7",
    ],
)
def test_what_tells_something_is_no_question(statement: str) -> None:
    questions, left = split(f"Is it open?\n{statement}")
    assert [asked.question for asked in questions] == ["Is it open?"] and left == [statement]


@pytest.mark.parametrize(
    "text",
    [
        "for PR how i apply",
        "hey team what documents i need",
        "hw much time",
        "so i can apply or not",
        "my wife also possible",
        "it is ok i think, but will it affect my green card",
        "Cost for family",
        "wondering if i can move in march",
        "need advice on PNP",
        "whn is next draw",
        "y was it refused",
        "any chance to extend",
    ],
)
def test_what_asks_needs_no_question_mark(text: str) -> None:
    questions, _ = split(f"Is it open?\nMy wife is on H-4.\n{text}")
    assert [asked.question for asked in questions] == ["Is it open?", text.removeprefix("hey team ")]


def test_what_only_asks_for_an_answer_is_left_out_unless_it_refers_to_a_question() -> None:
    told = "Can you help me?\nCan I renew my permit? Is it possible?\nPlease tell me soon"
    assert [asked.question for asked in split(told)[0]] == ["Can I renew my permit?", "Is it possible?"]


def test_the_mail_that_is_answered_is_not_asked_again_and_one_that_is_passed_on_is() -> None:
    earlier = "-----Original Message-----\nFrom: Support\nDo you have a job offer?"
    assert [asked.question for asked in split(f"Yes. How long does it take?\n\n{earlier}")[0]] == ["How long does it take?"]
    assert [asked.question for asked in split(f"See below.\n\n{earlier}")[0]] == ["Do you have a job offer?"]
    quoted = "On Tue, Nov 10, 2026 at 9:00 Support wrote:\n> Do you have a job offer?"
    assert [asked.question for asked in split(f"{quoted}\n\nYes. How long does it take?")[0]] == ["How long does it take?"]
    forwarded = "Can you take this one?\n---------- Forwarded message ---------\nFrom: client\nHow long does it take?"
    assert [asked.question for asked in split(forwarded)[0]] == ["How long does it take?"]


def test_what_a_mail_program_broke_is_one_sentence_and_what_a_person_broke_is_two() -> None:
    broken = (
        "I would like to know whether my husband who is now on an H-4 visa\n"
        "and has an EAD could work from the first day if we come to Canada on\n"
        "a closed work permit."
    )
    assert [asked.question for asked in split(broken)[0]] == [" ".join(broken.split())]
    typed = "i am on h1b since 2019 and was laid off last week, how many days do i have\nand wat about my mom, passport expire in march"
    assert [asked.question for asked in split(typed)[0]] == typed.split("\n")


def test_a_list_of_facts_is_a_story_and_a_list_of_questions_is_asked_item_by_item() -> None:
    facts = "My situation:\n- H-1B since 2019\n- I-140 approved\n\nWhat is the best way?"
    assert split(facts)[0] == [Asked("What is the best way?", "My situation: H-1B since 2019 I-140 approved")]
    led = "My questions:\n- PR for parents\n- the H-1B permit\n- my dog"
    assert [asked.question for asked in split(led)[0]] == ["PR for parents", "the H-1B permit", "my dog"]
    listed = "Please clarify: 1) PR for parents 2) how long 3) the H-1B permit"
    assert [asked.question for asked in split(listed)[0]] == ["PR for parents", "how long", "the H-1B permit"]


def test_a_short_question_takes_the_sentence_before_it_along() -> None:
    assert split("My wife is on H-4. She would apply for PR. Possible?")[0] == [
        Asked("She would apply for PR. Possible?", "My wife is on H-4.")
    ]


def test_signatures_and_notices_are_neither_asked_nor_left_over() -> None:
    signed = (
        "Can I renew?\n\nKind regards,\nA. Person\nEngineer | Example Corp\nThis e-mail is confidential and for the recipient only, please."
    )
    assert split(signed) == ([Asked("Can I renew?")], [])
    assert split("Can I renew?\n\nThanks,\nA. Person\nPS how much is it")[0] == [Asked("Can I renew?"), Asked("PS how much is it")]
