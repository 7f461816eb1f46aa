"""One question, as people type it: what answers leads, and what is only near is left out."""

from __future__ import annotations

import pytest

from bot.answer import Answer, Turn
from bot.chain import Bot


def first(answer: Answer) -> str:
    return answer.claims[0].text


def said(answer: Answer) -> str:
    return " ".join(claim.text for claim in answer.claims)


def headings(answer: Answer) -> list[str]:
    return [citation.heading for citation in answer.citations]


def test_a_yes_under_whether_they_can_does_not_answer_whether_they_need(bot: Bot) -> None:
    answer = bot.answer("do my kids need study permit for school grade 5")
    assert not first(answer).startswith("Yes")
    assert "school without a study permit" in said(answer)


def test_a_denial_may_be_taken_off_what_says_that_something_was_dropped(bot: Bot) -> None:
    assert first(bot.answer("ohip wait time")).startswith("Ontario dropped its three-month waiting period")


def test_without_may_be_typed_with_a_stroke(bot: Bot) -> None:
    answer = bot.answer("can i go canada for 10 days of work w/o work permit")
    assert "exempt from a work permit for 15 consecutive days" in first(answer)


@pytest.mark.parametrize("question", ["how long gts take total", "ohip wait time", "how to get SIN"])
def test_what_is_not_published_is_not_added_to_what_is(bot: Bot, question: str) -> None:
    assert not any("not known" in claim.join.lower() for claim in bot.answer(question).claims)


def test_a_few_words_that_name_no_program_are_about_one(bot: Bot) -> None:
    answer = bot.answer("i missed 60 days")
    assert "grace period" in first(answer)
    assert "Express Entry" not in said(answer)


def test_what_a_thing_is_is_not_added_to_what_holds_of_it(bot: Bot) -> None:
    answer = bot.answer("supervisa can my mom work")
    assert "neither a right to work" in first(answer)
    assert "What is a super visa?" not in headings(answer)


def test_of_two_as_good_the_one_asked_in_these_words_answers(bot: Bot) -> None:
    assert "11 April 2024: 4,500 invitations" in first(bot.answer("wen was last stem draw"))


def test_a_longer_passage_without_the_place_asked_about_does_not_answer_for_it(bot: Bot) -> None:
    assert "except Quebec" in first(bot.answer("quebec pnp how to apply"))


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("iec working holiday for indian age 29", "India has no youth mobility agreement"),
        ("settlement money needed for 4 people", "28,362 Canadian dollars for a family of four"),
        ("proof of funds 4 ppl", "28,362 Canadian dollars for a family of four"),
        ("funds for me, wife and 2 kids express entry", "28,362 Canadian dollars for a family of four"),
        ("settlement funds for couple no kids", "19,001 Canadian dollars for two people"),
        ("im a single mom with one daughter, settlement funds for express entry?", "19,001 Canadian dollars for two people"),
        ("how much bank balance for wife and one child", "23,360 Canadian dollars for a family of three"),
    ],
)
def test_the_case_that_is_named_comes_before_the_rule_in_general(bot: Bot, question: str, leads: str) -> None:
    assert leads in first(bot.answer(question))


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("super viza how long can they stay", "A super visa allows stays of up to five years"),
        ("how meny yeers super visa", "A super visa allows stays of up to five years"),
    ],
)
def test_the_sentence_that_answers_comes_before_one_that_introduces(bot: Bot, question: str, leads: str) -> None:
    assert first(bot.answer(question)).startswith(leads)


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("can i work for two employers on gts", "names one employer, one occupation and one location"),
        ("how long ICT takes", "About two weeks is the service standard"),
        ("my pgwp expirng nxt month wat to do", "Apply for another permit or status before"),
        ("my passport expires in 8 months will permit be shorter", "end no later than the passport"),
    ],
)
def test_what_people_ask_has_a_section_that_answers_it(bot: Bot, question: str, leads: str) -> None:
    assert leads in first(bot.answer(question))


@pytest.mark.parametrize(
    "question",
    [
        "how long is the i140 premium procesing",
        "do the 60 days start again if i get another job and lose it",
        "can i sponsor my sister to canada",
        "can i transfer my 401k to rrsp",
        "what is manitoba pnp application fee",
    ],
)
def test_a_near_miss_is_declined(bot: Bot, question: str) -> None:
    assert bot.answer(question).status == "not_found"


def test_two_words_that_ask_until_when_are_asked_back(bot: Bot) -> None:
    assert bot.answer("jusqu'à quand").status == "clarify"


@pytest.mark.parametrize(
    ("question", "status"),
    [("australia h1b same program exist?", "out_of_scope"), ("australian citizen, which program on h1b", "answered")],
)
def test_another_countrys_program_is_elsewhere_and_its_citizens_are_not(bot: Bot, question: str, status: str) -> None:
    assert bot.answer(question).status == status


def test_a_list_does_not_lead_without_what_stands_before_it(bot: Bot) -> None:
    assert first(bot.answer("settlement funds for a single person fsw", at="2025-06-20")).startswith(
        "14,690 Canadian dollars for one person"
    )


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("on h1b, i want to do a masters in canada, study permit needed?", "with a Canadian study permit"),
        ("bank balance to show for a canada study permit", "22,895 Canadian dollars for one person"),
        ("do phd students need attestation letter PAL", "at a public institution"),
        ("express entry got refused, is my money returned", "keeps the processing fee"),
        ("canada refused my work permit, i have h1b", "whose Canadian work permit was refused"),
        ("i am american can i flagpole", "citizens of the United States are among the groups"),
        ("my wife permit how many weeks if i come with gts", "shares the two-week processing"),
        ("can i keep working in us until gts comes", "goes on working in the United States"),
        ("btech from india eca or not", "egree from India or any other country"),
        ("already in toronto with work permit and job, proof of funds needed?", "needs no proof of funds"),
        ("lowest cut off in stem rounds", "481 points"),
        ("minimum ielts band for express entry", "6.0 in each"),
        ("open work permit total fees one person", "340 Canadian dollars"),
        ("is there appeal if ircc refuses", "ask the Federal Court"),
        ("which school teacher jobs are in express entry category", "The education category of Express Entry"),
        ("visa or work permit whats the difference", "A visa is for travelling to Canada"),
        ("my mother has us b2 visa can she come to canada", "a US visa does not replace a Canadian visa"),
        ("work permit approved, till when must i enter canada", "port of entry letter of introduction"),
        ("canadian passport then tn in usa possible?", "may work in the United States in TN status"),
        ("employer in canada abuses me closed permit", "open work permit for vulnerable workers"),
        ("can i claim ei in canada on work permit", "Employment Insurance (EI)"),
        ("child benefit in canada on work permit", "previous 18 months"),
        ("can my husband take a job while we are visitors in canada", "as a visitor may not take a job there"),
        (
            "my six years are over soon and no perm, what could i do in canada",
            "Canadian routes do not depend on H-1B time",
        ),
        ("which province is easy for pr if i do IT", "Alberta has a nominee route made for technology workers"),
        ("how do i reach ircc", "By IRCC's web form"),
        ("we are two adults and one kid, how much settlement money", "23,360 Canadian dollars for a family of three"),
        ("an earlier us visa refusal, do i have to say it to canada", "an earlier refusal has to be declared"),
        ("h1b stamp appointment in canada for an indian", "in their country of nationality or residence"),
        ("may i change planes in toronto with an indian passport and h1b", "takes a transit visa"),
        ("my name is spelled wrong on the work permit", "IRCC corrects its own mistakes"),
        ("my extension got refused what now", "Maintained status and the right to work end with the decision"),
        ("is there a lowest crs to get into the pool", "takes every candidate who meets the conditions"),
        ("can i fly to india while my pr application runs", "o rule keeps an applicant for permanent residence in one place"),
        ("ircc sent a pfl", "A procedural fairness letter (PFL) tells an applicant of a concern"),
        ("why do they refuse work permits", "The letter says why one work permit was refused"),
    ],
)
def test_what_was_missing_has_a_section_that_leads(bot: Bot, question: str, leads: str) -> None:
    assert leads in first(bot.answer(question))


@pytest.mark.parametrize(
    "question",
    ["photo size for the visa form", "how to write a letter of explanation", "cheap phone plan for newcomers", "tfsa for us persons"],
)
def test_what_our_sources_do_not_hold_is_said_and_not_guessed(bot: Bot, question: str) -> None:
    assert bot.answer(question).status == "not_found"


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("is my immigration consultant genuine how to check", "The public register of the College"),
        ("is canada still open for tech people without offer", "Express Entry is the main route to Canada without a job offer"),
        ("who can get cusma professional permit", "Only citizens of the United States or Mexico"),
    ],
)
def test_what_is_not_known_or_long_past_does_not_take_a_question_that_has_an_answer(bot: Bot, question: str, leads: str) -> None:
    answer = bot.answer(question)
    assert answer.status in ("answered", "partial")
    assert first(answer).startswith(leads)


def test_hours_of_work_for_students_do_not_answer_whether_one_may_study(bot: Bot) -> None:
    assert "24 hours" not in first(bot.answer("i work in canada on a permit, may i study in the evening"))


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("translation of police certificate", "As colour scans of the original"),
        ("is work permit same as visa", "A visa is for travelling"),
        ("work permit valid visa expired what to do", "A Canadian work permit is not a travel document"),
        ("documents for gss", "For two-week processing under the Global Skills Strategy"),
    ],
)
def test_a_question_of_ours_in_its_own_words_is_that_one(bot: Bot, question: str, leads: str) -> None:
    answer = bot.answer(question)
    assert (answer.status, first(answer)[: len(leads)]) == ("answered", leads)


@pytest.mark.parametrize("question", ["how much does it cost?", "am i eligible", "documents needed"])
def test_a_few_words_that_any_program_is_asked_by_are_asked_back(bot: Bot, question: str) -> None:
    assert bot.answer(question).asks_back


def test_whether_the_closed_permit_reopens_in_a_year_to_come_is_answered_with_what_is_known(bot: Bot) -> None:
    answer = bot.answer("will canada reopen h1b work permit in 2027")
    assert answer.status == "answered"
    assert "closed on 17 July 2023" in first(answer)
    assert "no second intake has been seen" in first(answer)


def test_two_places_are_compared_only_by_what_names_both(bot: Bot) -> None:
    assert bot.answer("is toronto or vancouver better for pr").status == "not_found"
    assert bot.answer("ontario or alberta better for software engineer pnp").status == "answered"


def test_a_line_of_a_table_that_is_asked_for_leads_without_the_others(bot: Bot) -> None:
    answer = bot.answer("how much bank balance for family of 3")
    assert first(answer).startswith("23,360 Canadian dollars for a family of three")
    assert "40,392" not in said(answer)
    assert first(bot.answer("family of 3 bank balance")).startswith("23,360 Canadian dollars")
    assert first(bot.answer("im 47, zero for age on 67 points grid?")) == "Federal Skilled Worker age points at 47 or more: 0."
    assert first(bot.answer("crs points for age 33")) == "CRS at age 33: 88 without a spouse, 80 with an accompanying spouse."


def test_two_children_are_not_two_people(bot: Bot) -> None:
    assert "28,362" in first(bot.answer("proof of funds for a couple with two kids"))
    assert "28,362" in said(bot.answer("me my wife and 2 kids how much settlement money"))


def test_a_day_of_the_asker_s_own_is_not_what_is_asked_about(bot: Bot) -> None:
    assert bot.answer("h1b valid till 2028, can i apply for express entry from the us now?").status != "not_found"


def test_a_case_above_an_age_is_no_denial(bot: Bot) -> None:
    assert first(bot.answer("is my daughter 22 covered")).startswith("No, as a rule: a child of 22 or older")


def test_what_holds_of_the_whole_answers_for_its_part(bot: Bot) -> None:
    answer = bot.answer("when should i request police certificates for cec")
    assert answer.status == "answered"
    assert "police certificate" in first(answer)


@pytest.mark.parametrize(
    "question", ["pr card renewal time", "pgwp length for 2 yr masters", "since when is GTS permanent, was a pilot earlier"]
)
def test_who_asks_for_no_yes_or_no_is_told_none(bot: Bot, question: str) -> None:
    assert not first(bot.answer(question)).startswith(("Yes", "No:"))


def test_the_next_code_is_another_permit(bot: Bot) -> None:
    assert bot.answer("C11 work permit").status == "not_found"
    assert bot.answer("c16 work permit").status == "answered"


def test_what_is_known_of_another_program_is_not_what_is_known_of_this_one(bot: Bot) -> None:
    answer = bot.answer("list of NOC codes eligible under accelerated pathway budget 2025")
    assert answer.status == "not_found"
    assert "No list of occupations has been published" in said(answer)
    assert "Alberta" not in said(answer)


@pytest.mark.parametrize("message", ["i have 2 yrs left on h1b", "I'm a physiotherapist, not a tech person.", "my wife is on h4 ead"])
def test_a_message_that_only_tells_something_is_asked_back_what_it_wants(bot: Bot, message: str) -> None:
    answer = bot.answer(message)
    assert (answer.status, answer.asks_back, answer.claims) == ("clarify", "What would you like to know about that?", ())
    assert len(answer.follow_ups) == 3 and all(f"- {question}" in answer.answer for question in answer.follow_ups)


@pytest.mark.parametrize(
    "message",
    ["my brother is canadian pr in brampton, any points for that", "I want to move to Quebec.", "i am on h1b, which way is fastest"],
)
def test_a_message_that_tells_and_asks_is_answered(bot: Bot, message: str) -> None:
    assert bot.answer(message).status == "answered"


def test_what_is_told_next_goes_into_the_question_before_it(bot: Bot) -> None:
    told = [
        Turn(role="user", content="I was laid off last week."),
        Turn(role="assistant", content="What would you like to know about that?"),
    ]
    answer = bot.answer("I'm on H-1B, the last day was the 3rd.", told)
    assert first(answer).startswith("Up to 60 consecutive days: an H-1B worker whose job ends")


def test_what_holds_in_many_cases_is_no_yes_to_whether_it_always_does(bot: Bot) -> None:
    always = bot.answer("wife gets open permit from any work permit of mine even cook job right")
    assert not first(always).startswith("Yes") and "TEER 4 and TEER 5 jobs do not qualify" in always.answer
    assert first(bot.answer("can my wife work in canada if i have a work permit")).startswith("Yes, in many cases")
    assert first(bot.answer("can my spouse work for any employer")).startswith("Yes:")


def test_a_yes_or_no_is_left_out_where_the_section_answers_another_question(bot: Bot) -> None:
    answer = bot.answer(
        "My American employer is sending me to Toronto for three years; into which country's pension system do I contribute?"
    )
    assert not first(answer).lower().startswith(("yes", "no"))
    assert "Pension Plan" in answer.answer


def test_a_limit_stays_when_the_yes_before_it_is_left_out(bot: Bot) -> None:
    searching = bot.without_reader()  # a reader finds the section on how it is done
    answer = searching.answer("h1b owp was given for 2 years, how i extend pls")
    assert first(answer).startswith("Only up to three years in total:")


@pytest.mark.parametrize(
    "question, begins",
    [
        ("from which day i am resident for tax normally when landing with family", "Usually on the day of arrival:"),
        ("when will my us green card date become current", "No date can be known in advance:"),
    ],
)
def test_what_an_open_question_is_answered_with_is_no_yes_or_no(bot: Bot, question: str, begins: str) -> None:
    assert first(bot.answer(question)).startswith(begins)


def test_who_holds_a_green_card_is_not_answered_for_h1b_alone(bot: Bot) -> None:
    answer = bot.answer("Can an Indian citizen with a US green card get a CUSMA professional work permit?")
    assert "green-card holder" in first(answer)


def test_where_a_paper_is_got_does_not_answer_which_are_needed(bot: Bot) -> None:
    answer = bot.answer("which police certificates do i need, lived in india till 2018 then the US")
    assert "each country where they lived six months or more" in first(answer)


def test_what_holds_in_one_province_is_not_said_of_another(bot: Bot) -> None:
    answer = bot.answer("if we go to ottawa does my husband's french help")
    assert "PSTQ" not in said(answer)


def test_money_to_show_is_no_fee(bot: Bot) -> None:
    answer = bot.answer("How much money do I have to show for a family of four in Express Entry?")
    assert first(answer).startswith("28,362 Canadian dollars")
    assert "1,525" not in said(answer)


@pytest.mark.parametrize(
    "question, held",
    [
        ("what is h1b", "specialty occupation"),
        ("how long is h1b", "Six years in all"),
        ("what was the cut-off of the last express entry draw", "19 August 2026"),
        ("do i need a medical exam for a canadian work permit", "designated country"),
        ("do i need lmia if my compny transfers me to canada office", "needs no labour market impact assessment"),
        ("my baby will be born in the US and i am canadian PR, is the baby canadian", "needs a parent who is a Canadian citizen"),
        ("when does the planned h1b fast lane start", "No opening date has been published for the accelerated H-1B pathway"),
        ("what did family get under the h1b stream of july", "could get a work permit, a study permit or a visitor visa"),
    ],
)
def test_what_people_ask_by_other_names_is_found(bot: Bot, question: str, held: str) -> None:
    assert held in said(bot.answer(question))


@pytest.mark.parametrize(
    "question, status",
    [
        ("can you email me this", "smalltalk"),
        ("Can you look up my application? My UCI is 1123456789", "answered"),
        ("sign me up for the accelerated pathway", "not_found"),
        ("call ircc for me", "answered"),
    ],
)
def test_who_wants_something_done_is_told_that_the_bot_only_answers(bot: Bot, question: str, status: str) -> None:
    answer = bot.answer(question)
    assert answer.answer.startswith("I cannot see any file, and I cannot send, fill in, file or book anything:")
    assert answer.status == status


@pytest.mark.parametrize("question", ["can you call ircc for me about my file", "can you pay the express entry profile fee for me"])
def test_a_request_is_not_answered_yes_or_no_by_the_rules(bot: Bot, question: str) -> None:
    refusal, told = bot.answer(question).answer.split("\n\n")[:2]
    assert refusal.startswith("I cannot see any file")
    assert not told.startswith(("Yes", "No:", "No,"))


def test_a_request_about_what_was_talked_of_is_refused_too(bot: Bot) -> None:
    history = (Turn(role="user", content="do i need biometrics"),)
    assert bot.answer("can u book it", history).answer.startswith("I cannot see any file")


def test_which_is_fastest_asks_among_what_the_last_answer_told_of(bot: Bot) -> None:
    routes = (Turn(role="user", content="what are the ways to get PR in canada"),)
    assert "the Global Talent Stream is the fastest" in bot.answer("which one is fastest", routes).answer


@pytest.mark.parametrize(
    "question", ["is gts open", "is gts open, right?", "gts is still open, right?", "is the global talent stream accepting people now"]
)
def test_what_is_open_is_not_said_with_a_no_to_something_else(bot: Bot, question: str) -> None:
    assert "he Global Talent Stream was open" in first(bot.answer(question))


@pytest.mark.parametrize(
    "question, held",
    [
        ("husband has hepatitis b wil we be refused", "No illness is named in the excessive demand rule"),
        ("whats the cost limit for excesive demand", "28,878 Canadian dollars a year"),
        ("toronto or vancouver for software?", "Canada's main tech centres"),
    ],
)
def test_an_illness_its_cost_and_two_cities_are_found(bot: Bot, question: str, held: str) -> None:
    assert held in bot.answer(question).answer.split("\n\n")[0]


def test_of_a_list_by_degree_the_line_of_another_degree_is_not_picked(bot: Bot) -> None:
    answer = bot.answer("what is my crs score if 30 with masters").answer
    assert answer.startswith("About 476")
    assert "age 30 with one bachelor's degree: 436" in bot.answer("crs score at age 30 with one bachelor's").answer


@pytest.mark.parametrize(
    "question", ["can you tell me how to check my application status", "can my employer apply for me", "can ircc email me the decision"]
)
def test_who_asks_how_something_is_done_wants_nothing_done(bot: Bot, question: str) -> None:
    assert "I cannot see any file" not in bot.answer(question).answer


def test_what_stands_on_the_card_is_no_end_of_the_status(bot: Bot) -> None:
    answer = bot.answer("Now that my PR card has lapsed I'm no longer a resident, so how do I reapply for PR?")
    assert "keeps the status when the PR card expires" in said(answer)


@pytest.mark.parametrize(
    ("question", "opens"),
    [
        ("can I get OHIP on a visitor visa", "No, as far as the pages seen go"),
        ("Can my kids study on visitor status", "No, not without a study permit"),
        ("can my children study on my GTS permit without study permit", "Yes, once in Canada"),
        ("can my cousin come with me as dependant", "No: dependants"),
        ("can i include my sister as a dependant", "No: dependants"),
        ("can my 22 year old come as dependent", "No, as a rule"),
        ("can my 20 year old come as dependent", "Under 22"),
        ("can i use my STEM OPT to work in canada", "No: OPT"),
        ("can I use my house equity / 401k as proof of funds", "No for a house or a loan"),
        ("can I study full time on work permit in Canada", "A course of six months or less, yes"),
        ("was the 100k fee cancelled", "Extended on paper and blocked in practice"),
        ("did trump cancel the 100000 h1b fee", "On paper Proclamation 11069"),
    ],
)
def test_a_yes_or_a_no_answers_what_was_asked(bot: Bot, question: str, opens: str) -> None:
    assert first(bot.answer(question)).startswith(opens)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("how can i extend my work permit in canada", "Online with IRCC"),
        ("hw long does the global skills strategy take", "Two weeks is IRCC's standard"),
        ("How much is the PR fee now and how long does it take", "1,590 Canadian dollars"),
        ("what was the CEC cutoff in January 2026", "511 on 7 January 2026, 509 on 21 January 2026"),
        ("cec cutoff june 2026", "516"),
        ("how many CRS points do i lose at 40", "lost 60 of the 110"),
        ("crs points at 40", "CRS at age 40: 50"),
    ],
)
def test_what_was_asked_for_comes_first(bot: Bot, question: str, told: str) -> None:
    answer = bot.answer(question)
    assert answer.status == "answered" and told in first(answer)


@pytest.mark.parametrize(
    "question",
    ["Do I pay US tax after moving to Canada? I am Indian", "how much does it cost to sponsor a spouse", "fee to sponsor my wife"],
)
def test_what_was_not_checked_is_said_not_to_be_known(bot: Bot, question: str) -> None:
    answer = bot.answer(question)
    assert answer.status == "not_found" and first(answer).startswith(("No rule", "No fee"))


def test_an_outcome_is_not_answered_with_the_no_of_another_question(bot: Bot) -> None:
    answer = bot.answer("Will my GTS application be approved if my employer has 2 employees?")
    assert answer.status == "advice" and first(answer).startswith("No approval rate")


def test_a_need_that_is_not_asked_about_gives_no_yes(bot: Bot) -> None:
    answer = bot.answer("Is a SIN expensive? I need it for payroll")
    assert first(answer).startswith("The Social Insurance Number costs nothing")
    assert not said(answer).startswith("Yes")


def test_a_year_of_somebodys_passport_is_not_what_is_asked_about(bot: Bot) -> None:
    answer = bot.answer(
        "I came to Calgary on the open permit for H1B in early 2024. They gave me only until 12 December 2026 because of my passport, now "
        "I have a new passport to 2035. My friend says that renewal closed in 2024. Is it true?"
    )
    assert answer.status == "answered" and first(answer).startswith("16 December 2026, that day included")


def test_who_somebody_is_is_told_alone(bot: Bot) -> None:
    assert [claim.text for claim in bot.answer("who is holthe").claims] == ["Mark Holthe is an immigration lawyer in Lethbridge, Alberta."]


def test_who_has_all_three_years_has_nothing_to_renew(bot: Bot) -> None:
    answer = bot.answer(
        "Asking for a client. She was approved in 2023 under the H1B open permit, full three years, used it in Vancouver since December "
        "2023. It ends December 2026 and she wants to renew it again under the same scheme. Can she?"
    )
    assert first(answer).startswith("No: a holder whose 2023 H-1B open work permit was issued for the full three years")


def test_what_is_said_of_visitors_does_not_answer_those_who_settle(bot: Bot) -> None:
    assert not first(bot.answer("is there a health card for all of us from day one if we land in ontario")).startswith("No, as far as")


def test_a_program_without_conditions_is_not_answered_with_those_of_another(bot: Bot) -> None:
    assert bot.answer("settlement funds for the Atlantic program, family of three").status == "not_found"


def test_of_two_sections_with_one_number_the_official_one_leads(bot: Bot) -> None:
    rule = bot.answer("laid off. last day 12 nov. how long do i have")
    assert rule.citations[0].kind == "official" and first(rule).startswith("Up to 60 consecutive days")
    told = bot.answer("how long can a laid off h1b stay by the star article")
    assert "as the Toronto Star wrote" in first(told)


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("hi i hv that 2023 open permit for h1b people, can i do freelance or only salaried job", "Nothing in IRCC's instructions"),
        (
            "I hold a Canadian open work permit and my employer is in Denver. Can I live in Calgary and keep working for them?",
            "Yes: an open work",
        ),
        ("my friend got the h1b open work permit in 2023, how can i get it too", "The 2023 open work permit for H-1B holders closed"),
        ("can i apply for the 2023 h1b open permit", "The 2023 open work permit for H-1B holders closed"),
    ],
)
def test_who_is_in_a_closed_program_is_answered_first_and_who_wants_in_is_told_that_it_is_closed(
    bot: Bot, question: str, leads: str
) -> None:
    answer = bot.answer(question)
    assert first(answer).startswith(leads) and "17 July 2023" in answer.answer


def test_before_or_after_is_answered_with_no_yes(bot: Bot) -> None:
    answer = bot.answer("do we have to see the doctor before or after sending the permanent residence application")
    assert first(answer).lower().startswith("since 21 august 2025 express entry applicants must do the immigration medical exam before")


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("What happens to health coverage in the first weeks if we land in Vancouver?", "British Columbia covers newcomers"),
        ("health card wait in alberta", "Alberta can cover"),
        ("how long is the health card wait in each province", "The wait differs by province"),
    ],
)
def test_of_a_list_by_province_the_line_of_theirs_comes_first(bot: Bot, question: str, leads: str) -> None:
    assert first(bot.answer(question)).startswith(leads)


def test_who_somebody_helped_to_apply_is_no_wish_to(bot: Bot) -> None:
    answer = bot.answer("who is kubeir kamal and what did he say about the people he helped apply")
    assert first(answer).startswith("Kubeir Kamal is an immigration consultant")


@pytest.mark.parametrize(
    ("question", "right"),
    [
        (
            "As an Indian with H1B I qualify for the USMCA professional permit, which code do I put T23?",
            "only for citizens of the United States or Mexico",
        ),
        (
            "My green card lets me use the USMCA professional permit for Canada. What profession code do I put?",
            "does not qualify for CUSMA",
        ),
    ],
)
def test_what_is_taken_for_granted_is_put_right_before_what_is_asked(bot: Bot, question: str, right: str) -> None:
    answer = bot.answer(question)
    assert right in first(answer) and "T36" in answer.answer


@pytest.mark.parametrize(
    "asked", ["does my analyst job count as stem for them", "does my job as a network technician fit the stem category?"]
)
def test_a_yes_to_another_trade_is_not_said(bot: Bot, asked: str) -> None:
    assert first(bot.answer(asked)).startswith("Cybersecurity specialists")
    assert first(bot.answer("im a cybersecurity engineer, does the stem category fit me")).startswith("Yes")
