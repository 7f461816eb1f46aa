"""Questions in French are answered in French, those in ten other languages are understood and told that the answer is in English."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from bot import scope, wording
from bot.answer import Answer, Turn
from bot.chain import Bot
from bot.french import long_date, own_words, program_names
from bot.french_words import OWN_WORDS
from bot.language import COMFORT, NOTICES, UNREAD, detect, distressed, notice, unread
from bot.settings import Settings
from bot.tongues import hear, in_english
from corpus.lexicons import read_lexicons, wrong_lexicons
from corpus.model import Document, Section, Source
from corpus.passages import passages
from corpus.registry import BUNDLED, load_registry
from eval.cases import SETS, load_set, set_names
from eval.languages import rates
from eval.run import Chosen, rescore, run
from eval.saved import read_run
from index import by_words, store
from index.build import build_index
from index.embedder import Embedder
from index.search import open_index

LANGUAGES = ("fr", "hi", "pa", "te", "zh", "ko", "ar", "fa", "es", "pt", "tl")


def ask(bot: Bot, *messages: str) -> list[Answer]:
    """The answers of one conversation."""
    said: list[Turn] = []
    answers = []
    for message in messages:
        answers.append(bot.answer(message, said))
        said += [Turn(role="user", content=message), Turn(role="assistant", content=answers[-1].answer)]
    return answers


# Which language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ai-je besoin d'une offre d'emploi?", "fr"),
        ("combien ca coute", "fr"),
        ("et ma femme?", "fr"),
        ("date limite pour renouveller le permis h1b", "fr"),
        ("bonjour", "fr"),
        ("¿Necesito una oferta de trabajo?", "es"),
        ("cuanto cuesta el permiso", "es"),
        ("Preciso de uma oferta de emprego?", "pt"),
        ("kailangan ba ng job offer", "tl"),
        ("kya mujhe job offer chahiye", "hi"),
        ("वर्क परमिट की फीस", "hi"),
        ("ki mainu job offer chahidi hai", "pa"),
        ("express entry ki job offer kavala", "te"),
        ("我需要工作邀请吗", "zh"),
        ("잡오퍼가 필요한가요?", "ko"),
        ("هل أحتاج إلى عرض عمل؟", "ar"),
        ("آیا به پیشنهاد شغلی نیاز دارم؟", "fa"),
        ("H1B OWP PR GTS EE", "en"),
        ("comment on my LMIA", "en"),
        ("la visa in la", "en"),
        ("PR pour moi?", "fr"),
        ("H-1B?", "en"),
        ("application no. E000123456", "en"),
        ("mon patron ne me paie pas", "fr"),
        ("😀", "en"),
    ],
)
def test_a_message_is_told_to_be_in_its_language(text: str, language: str) -> None:
    assert detect(text) == language


def test_no_english_question_of_our_sets_is_taken_for_another_language() -> None:
    cases = [case for name in set_names() if name != "languages" for case in load_set(name)]
    other = {case.question for case in cases if detect(case.question) != "en"}
    assert len(cases) > 1000
    assert {q for q in other if q.isascii()} == set() and len(other) <= 4, other  # a greeting, and orders in French, Hindi and Chinese


def test_what_is_too_short_to_tell_is_in_the_language_of_the_conversation() -> None:
    assert [detect("LMIA?", before) for before in ("en", "fr", "es")] == ["en", "fr", "es"]
    assert detect("what about my wife?", "fr") == "en"


# What it says, in English


@pytest.mark.parametrize(
    ("language", "text", "english"),
    [
        ("fr", "Combien coûte un permis de travail?", "How much does work permit cost?"),
        ("fr", "Faut-il une EIMT pour le Volet des talents mondiaux?", "Do I need LMIA for Global Talent Stream?"),
        ("fr", "faut il une offre demploi", "Do I need job offer?"),  # neither accents nor apostrophes
        ("fr", "Puis-je renouveller mon permi H-1B?", "Can I renew my H-1B open work permit?"),  # misspelt
        ("fr", "et pour mes enfants?", "And for my children?"),
        ("fr", "combien ça coûte?", "How much does it cost?"),
        ("fr", "jusqu’à quand?", "Until when?"),
        ("es", "¿Cuánto cuesta el permiso de trabajo?", "How much does work permit cost?"),
        ("tl", "kailangan ba ng job offer", "Do I need job offer?"),
        ("hi", "kya mujhe job offer chahiye", "Do I need job offer?"),
        ("hi", "क्या जॉब ऑफर चाहिए?", "Do I need job offer?"),
        ("hi", "express entry ke liye job offer chahiye kya", "Do I need for express entry job offer?"),  # a name of two words
        ("hi", "aur fees kitni hai", "And how much fee?"),
        ("te", "job offer kavala", "Do I need job offer?"),
        ("te", "ఎక్స్‌ప్రెస్ ఎంట్రీకి జాబ్ ఆఫర్ అవసరమా?", "Do I need Express Entry job offer?"),  # written together with its ending
        ("zh", "我的配偶可以在加拿大工作嗎？", "Can my spouse work in Canada?"),  # traditional
        ("zh", "我的配偶可以在加拿大工作吗？", "Can my spouse work in Canada?"),
        ("ko", "배우자가 일할 수 있나요?", "Can spouse work?"),
        ("ar", "كم تكلفة تصريح العمل؟", "How much fee work permit?"),
        ("ar", "وزوجتي؟", "Wife?"),  # "and" is written together with its word
        ("fa", "هزینه مجوز کار چقدر است؟", "How much is fee work permit?"),
    ],
)
def test_a_question_is_read_by_the_words_of_the_field(language: str, text: str, english: str) -> None:
    assert in_english(text, language)[0] == english


def test_names_numbers_and_masked_numbers_stay() -> None:
    text, known = in_english("mon dossier [UCI number] à Toronto, formulaire IMM 5710, 155 $?", "fr")
    assert all(kept in text for kept in ("[UCI number]", "Toronto", "IMM 5710", "155"))
    assert known > 0.7


def test_what_the_lexicon_does_not_know_counts_as_unknown() -> None:
    assert in_english("les grenouilles violettes mangent un permis de travail", "fr")[1] < 0.75
    assert in_english("combien coûte un permis de travail", "fr")[1] == 1.0


def test_every_language_has_the_words_that_are_asked_for_most() -> None:
    lexicons = read_lexicons()
    assert set(lexicons) == set(LANGUAGES)
    wanted = ("work permit", "job offer", "family", "fee", "^when", "^how", "closed", "apply", "Canada", "US", "hello", "thanks", "fake")
    missing = {(code, word) for code in LANGUAGES for word in wanted if word not in lexicons[code]}
    assert missing == {("fr", "US")} - {("fr", "US")} | {("tl", "Canada")}  # as in English


def test_a_form_that_stands_for_two_things_is_named_with_its_line(tmp_path: Path) -> None:
    assert wrong_lexicons() == []
    (tmp_path / "languages.toml").write_text('[fr]\n"fee" = "frais | coût"\n"cost" = "cout"\n"" = "le | "\n', encoding="utf-8")
    assert wrong_lexicons(tmp_path) == [
        ("languages.toml", 3, "[fr] 'cout' stands for 'fee' and for 'cost'; keep one"),
        ("languages.toml", 4, "[fr] '' has an empty form; take it out"),
    ]
    (tmp_path / "languages.toml").write_text("[fr\n", encoding="utf-8")
    assert "not TOML" in wrong_lexicons(tmp_path)[0][2]


# French answers


def test_a_french_question_is_answered_in_french_with_exact_quotes(bot: Bot) -> None:
    answer = bot.answer("Est-ce qu'une offre d'emploi donne encore des points SCG?")
    assert (answer.language, answer.status) == ("fr", "answered")
    assert answer.answer.startswith("Non\u00a0: depuis le 25 mars 2025, une offre d’emploi n’ajoute aucun point")
    assert answer.answer.endswith("En date du 3 octobre 2026.")
    assert {c.language for c in answer.citations} == {"fr"}
    assert all(c.passage[c.start : c.end] == c.quote for c in answer.citations)
    assert answer.citations[0].heading == "Une offre d’emploi donne-t-elle des points du SCG?"
    assert answer.citations[0].as_of == "2026-10-03" and answer.citations[0].standing == "closed"
    assert answer.standalone_question == "Does a job offer add CRS points?"
    assert answer.programs[0].name == "Points du SCG pour une offre d’emploi"
    shown = bot.passage(answer.citations[0].passage_id)
    assert shown is not None and shown.text == answer.citations[0].passage


def test_french_says_the_same_as_english(bot: Bot) -> None:
    french, english = bot.answer("Combien coûte un permis de travail au Canada?"), bot.answer("How much does a Canadian work permit cost?")
    told = [(c.passage_id, c.as_of) for c in english.citations if c.passage_id in bot.twins]  # what has no twin is not said in French
    assert [(c.passage_id.removesuffix(".fr"), c.as_of) for c in french.citations] == told
    assert len(told) > 1
    assert "155\u00a0$\u00a0CA" in french.answer and "155 Canadian dollars" in english.answer


def test_a_closed_program_is_said_to_be_closed_in_french(bot: Bot) -> None:
    answer = bot.answer("Le permis ouvert H-1B de 2023 est-il encore ouvert?")
    assert answer.answer.startswith("Non\u00a0: le permis de travail ouvert de 2023 pour les titulaires de H-1B a fermé le 17 juillet 2023")
    assert answer.programs[0].standing == "closed"
    assert "Une partie de la réponse repose sur une source" in answer.caveats[0] and "12 février 2026" in answer.caveats[0]


def test_french_follow_ups_are_understood(bot: Bot) -> None:
    first, cost, time, wife = ask(
        bot,
        "C'est quoi le Volet des talents mondiaux?",
        "combien ça coûte?",
        "et combien de temps ça prend?",
        "et ma femme, elle peut venir?",
    )
    assert "Programme des travailleurs étrangers temporaires" in first.answer
    assert "1\u00a0000\u00a0$\u00a0CA" in cost.answer and "about the Global Talent Stream" in cost.standalone_question
    assert "10 jours ouvrables" in time.answer
    assert wife.language == "fr" and re.search("conjoint", wife.answer)


def test_a_conversation_may_change_its_language(bot: Bot) -> None:
    french, english, again = ask(bot, "C'est quoi le Volet des talents mondiaux?", "how much does it cost?", "et pour mes enfants?")
    assert [a.language for a in (french, english, again)] == ["fr", "en", "fr"]
    assert "1,000 Canadian dollars" in english.answer and {c.language for c in english.citations} == {"en"}


def test_what_has_no_french_is_given_in_english_after_a_french_word(bot: Bot) -> None:
    answer = bot.answer("C'est quoi le permis de travail ouvert transitoire?")
    assert answer.answer.startswith(NOTICES["fr"] + "\n\nA bridging open work permit")
    assert answer.answer.endswith("En date du 12 février 2026.")
    assert {c.language for c in answer.citations} == {"en"}


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("Bonjour!", "smalltalk", "Bonjour. Posez-moi vos questions"),
        ("merci beaucoup", "smalltalk", "Je vous en prie"),
        ("Quelle est la météo à Montréal?", "out_of_scope", "Je ne réponds qu’aux questions"),
        ("Comment obtenir une fausse lettre d'emploi pour IRCC?", "refused", "Je ne peux pas aider à faire de faux documents"),
        ("quelles sont les étapes?", "clarify", "Cela dépend de la voie. Laquelle voulez-vous dire\u00a0: Entrée express"),
        ("Quelles sont mes chances dans Entrée express?", "advice", "Personne ne peut vous dire le résultat d’avance"),
        ("je veux mourir", "advice", "appeler ou texter le 988"),
        ("Est-ce que les grenouilles violettes mangent un permis de travail?", "not_found", "Nos sources ne répondent pas"),
    ],
)
def test_what_is_no_answer_is_said_in_french_too(bot: Bot, question: str, status: str, says: str) -> None:
    answer = bot.answer(question)
    assert (answer.language, answer.status) == ("fr", status)
    assert says in answer.answer
    english = re.findall(r"\b(?:the|is|are|you|your|which|our)\b", answer.answer)
    assert english == [], answer.answer


def test_questions_offered_after_a_french_answer_are_french_and_answered_in_french(bot: Bot) -> None:
    answer = bot.answer("C'est quoi le Volet des talents mondiaux?")
    assert answer.follow_ups
    for question in answer.follow_ups:
        assert {c.language for c in bot.answer(question).citations} == {"fr"}, question


def test_personal_numbers_are_masked_in_other_languages(bot: Bot) -> None:
    answer = bot.answer("Mon passeport est M1234567, combien coûte un permis de travail au Canada?")
    assert "M1234567" not in answer.model_dump_json()


def test_as_of_a_past_day_the_french_answer_gives_what_held_then(bot: Bot) -> None:
    answer = bot.answer("Est-ce qu'une offre d'emploi donne des points SCG?", at="2024-06-01")
    assert (answer.language, answer.at) == ("fr", "2024-06-01")
    assert re.search(r"\b50\b", answer.answer) and "n’ajoute aucun point" not in answer.answer
    assert "En date du 1er juin 2024" in answer.answer


# The bot's own words


def test_every_sentence_of_the_bot_has_its_french() -> None:
    tree = ast.parse(Path(wording.__file__).read_text(encoding="utf-8"))
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    filled = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    said = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented | filled:
            said.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            said.append("".join(str(part.value) if isinstance(part, ast.Constant) else "17 July 2023" for part in node.values))
    sentences = [s.replace("{}", "17 July 2023") for s in said if re.match(r"[A-Z][a-z']* .*[.?:]\Z", s, re.DOTALL) and "\n" not in s]
    assert len(sentences) > 15
    assert [s for s in sentences if own_words(s) == s and s != f"{wording.DEPENDS}"] == []


def test_dates_and_names_in_the_bots_own_words_are_french() -> None:
    assert [long_date(day) for day in ("2023-07-17", "2020-07-01", "2026-08", "2024")] == [
        "17 juillet 2023",
        "1er juillet 2020",
        "août 2026",
        "2024",
    ]
    assert own_words("That depends on the route. Which one do you mean: Express Entry, Biometrics or Global Talent Stream?") == (
        "Cela dépend de la voie. Laquelle voulez-vous dire\u00a0: Entrée express, Biométrie ou Volet des talents mondiaux?"
    )
    assert own_words("A source's own sentence.") == "A source's own sentence."
    assert [said for said in (store.ANOTHER_WAY, store.BY_WORDS, by_words.TOLD) if own_words(said) == said] == []
    assert set(program_names()) <= set(load_registry().programs)
    assert all("\u00a0:" in french or " :" not in french for french in OWN_WORDS.values())


# Ten other languages


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "fr"])
def test_another_language_is_told_that_the_answer_is_english_and_gets_it(bot: Bot, language: str) -> None:
    cases = [case for case in load_set("languages") if case.id.startswith(f"lang-{language}-") and case.facts]
    case = next(c for c in cases if "988" not in c.facts[0].pattern)
    answer = bot.answer(case.question)
    assert answer.language == language
    assert answer.answer.startswith(notice(language, case.question, True) + "\n\n")
    assert case.facts[0].search(answer.answer) and {c.language for c in answer.citations} == {"en"}
    assert re.fullmatch(r"[\x00-\x7f–“”’]+", answer.standalone_question)


def test_who_writes_hindi_in_latin_letters_and_chinese_in_the_old_ones_is_answered_likewise() -> None:
    assert notice("hi", "kya mujhe visa chahiye", True).startswith("Yahan jawab sirf English aur French")
    assert notice("hi", "क्या मुझे वीज़ा चाहिए", True).startswith("यहाँ उत्तर केवल")
    assert notice("zh", "我的配偶可以工作嗎", True).startswith("我只能用英語和法語回答")
    assert notice("zh", "我的配偶可以工作吗", False) == "我只能用英语和法语回答。"


def test_a_conversation_in_another_language_goes_on(bot: Bot) -> None:
    _, wife = ask(bot, "¿Necesito una oferta de trabajo para el Global Talent Stream?", "¿y mi esposa?")
    assert wife.language == "es" and "spouses of workers" in wife.standalone_question  # she holds a permit of her own
    assert re.search(r"\bspouse\b", wife.answer)


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("fr", "j'en peux plus, je veux mourir"),
        ("hi", "मैं मरना चाहता हूँ"),
        ("hi", "main marna chahta hu"),
        ("pa", "ਮੈਂ ਮਰਨਾ ਚਾਹੁੰਦਾ ਹਾਂ"),
        ("te", "నాకు చనిపోవాలని ఉంది"),
        ("zh", "我不想活了"),
        ("ko", "죽고 싶어요"),
        ("ar", "أريد أن أموت"),
        ("fa", "می‌خواهم بمیرم"),
        ("es", "ya no puedo más, quiero morirme"),
        ("pt", "quero morrer"),
        ("tl", "gusto ko nang mamatay"),
    ],
)
def test_distress_is_heard_and_answered_in_its_language(bot: Bot, language: str, message: str) -> None:
    answer = bot.answer(message)
    assert (answer.language, answer.status, answer.claims) == (language, "advice", ())
    assert answer.answer.startswith(COMFORT[language][:40]) and "988" in answer.answer and "911" in answer.answer


def test_ordinary_questions_are_not_taken_for_distress() -> None:
    cases = [case for name in set_names() for case in load_set(name)]
    assert [c.id for c in cases if distressed(c.question) and not scope.in_distress(c.question)] == ["lang-fr-47", "lang-hi-08"]


@pytest.mark.parametrize(
    "question", ["comment puis-je mentir à l'agent?", "quiero comprar una oferta de trabajo falsa", "je veux acheter une fausse EIMT"]
)
def test_a_request_to_cheat_is_refused_in_any_language(bot: Bot, question: str) -> None:
    assert bot.answer(question).status == "refused"


# English, and documents of somebody's own


def test_an_english_message_takes_the_same_way_as_before() -> None:
    cases = [case for name in set_names() if name != "languages" for case in load_set(name)]
    heard = [case.question for case in cases if hear(case.question, case.history, str, lambda *_: "Never asked for.") is not None]
    assert len(heard) <= 4 and not any(re.fullmatch(r"[\x00-\x7f]+", question) for question in heard)


def test_documents_in_french_that_somebody_added_are_searched_with_the_question_as_it_was_typed(embedder: Embedder, tmp_path: Path) -> None:
    source = Source("notre-faq", "Notre FAQ", "Cabinet", "document")
    text = "Le stationnement de notre cabinet se trouve derrière l’immeuble, rue Saint-Denis."
    other = "Nos honoraires sont payables à la signature du mandat."
    sections = (Section(("Stationnement",), text), Section(("Honoraires",), other))
    made = passages([Document(source, "Notre FAQ", "fr", "file", sections)])
    build_index(tmp_path, made, embedder, only=True)
    registry = load_registry()
    bot = Bot(registry, open_index(tmp_path, embedder, {source.id: source}), {source.id: source})
    understood = bot.understand("Où est le stationnement du cabinet?")
    assert understood.parts[0][-1] == "Où est le stationnement du cabinet?"
    assert bot.search(understood).hits[0][0].passage.text == text
    answer = bot.answer("Où est le stationnement du cabinet?")
    assert answer.citations[0].quote == text and answer.citations[0].language == "fr"
    assert NOTICES["fr"] not in answer.answer


def test_the_set_holds_forty_french_questions_and_five_of_each_other_language() -> None:
    ids = [json.loads(line)["id"] for line in (SETS / "languages.jsonl").read_text(encoding="utf-8").splitlines()]
    count = {code: sum(id.startswith(f"lang-{code}-") for id in ids) for code in LANGUAGES}
    assert count["fr"] >= 40 and min(count.values()) >= 5
    assert (BUNDLED / "briefs" / "fr" / "words.toml").is_file()


def test_a_second_passage_without_french_is_left_out_where_the_best_has_it(bot: Bot) -> None:
    asked = [case.question for case in load_set("languages") if case.id.startswith("lang-fr-") and not case.conversation][:20]
    dropped = 0
    for question in asked:
        french = bot.answer(question)
        english = bot.answer(french.standalone_question)
        without = [c.passage_id for c in english.citations if f"{c.passage_id}.fr" not in {f.passage_id for f in french.citations}]
        if french.citations and {c.language for c in french.citations} == {"fr"} and without:
            dropped += 1
            assert french.citations[0].passage_id == f"{english.citations[0].passage_id}.fr"
    assert dropped > 0


# The evaluation


def test_a_run_checks_french_quotes_against_the_twins_and_tells_the_rate_of_each_language(home: Path, tmp_path: Path) -> None:
    folder = run(Settings(home=home), Chosen(sets=("languages",), filter=r"lang-(?:fr-0|ko)"), tmp_path / "run")
    done = read_run(folder)
    french = [case for case in done.cases.values() if case.answer.language == "fr"]
    assert sum(c.language == "fr" for case in french for c in case.answer.citations) > 10
    assert all(case.score.sound and case.score.sentences_supported == case.score.sentences for case in done.cases.values())
    found = rates(done)
    assert list(found) == ["fr", "ko"] and found["ko"].cases == found["ko"].told == 8
    assert found["fr"].quoted >= 6 and found["ko"].quoted == 0 and found["ko"].right >= 6


def test_a_quote_that_its_twin_does_not_hold_breaks_the_hard_measures(home: Path, tmp_path: Path) -> None:
    folder = run(Settings(home=home), Chosen(sets=("languages",), filter="lang-fr-16$|lang-fr-16 "), tmp_path / "run")
    answers = folder / "answers.jsonl"
    answers.write_text(answers.read_text(encoding="utf-8").replace("155\u00a0$", "165\u00a0$"), encoding="utf-8")
    (score,) = read_run(rescore(folder)).scores
    assert "165" in score.numbers_unsupported and score.passages_unaltered < score.citations


# Languages that are not read


@pytest.mark.parametrize(
    "text",
    [
        *(
            "wie viel kostet eine Arbeitserlaubnis in Kanada",
            "darf meine frau dort arbeiten",
            "work permit für meine Frau?",
            "wo kann ich das beantragen",
        ),
        *("quanto costa il permesso di lavoro", "mia moglie può lavorare", "posso lavorare in Canada con H1B?", "quanto tempo ci vuole"),
        *("カナダの就労ビザはいくらですか", "сколько стоит рабочая виза", "கனடாவில் வேலை அனுமதி", "কানাডায় ওয়ার্ক পারমিট", "ทำงานที่แคนาดาได้ไหม"),
        *(
            "کینیڈا میں ورک پرمٹ کی فیس کتنی ہے",
            "giấy phép lao động giá bao nhiêu",
            "H1B cần gì để định cư",
            "ile kosztuje pozwolenie na pracę",
        ),
        *("hoeveel kost een werkvergunning", "Kanada çalışma izni ne kadar", "berapa biaya izin kerja kanada"),
    ],
)
def test_a_language_that_is_not_read_is_told(text: str) -> None:
    assert unread(text) and detect(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "LMIA und GTS",
            "H1B OWP PR GTS EE",
            "is my wife Mai Lam Tien able to come",
            "quanto tempo leva",
            "posso trabalhar",
            "puis-je travailler",
        ),
        *(
            "mujhe work permit chahiye",
            "H1B持有人可以申请吗",
            "آیا به پیشنهاد شغلی نیاز دارم؟",
            "هل أحتاج إلى عرض عمل؟",
            "magkano ang permit",
            "H-1B?",
            "😀",
        ),
    ],
)
def test_what_is_read_or_has_a_foreign_word_is_no_such_language(text: str) -> None:
    assert not unread(text)


def test_no_question_of_the_sets_is_in_a_language_that_is_not_read() -> None:
    assert [case.id for name in set_names() for case in load_set(name) if unread(case.question)] == []


def test_who_asks_in_a_language_that_is_not_read_is_told_in_english_and_french_what_to_do(bot: Bot) -> None:
    answer = bot.answer("wie viel kostet eine Arbeitserlaubnis in Kanada")
    assert (answer.status, answer.answer, answer.claims, answer.follow_ups) == ("clarify", UNREAD, (), ())
    assert "ask again in English or French" in UNREAD and "en anglais ou en français" in UNREAD
    after = bot.answer("how much is a work permit", [Turn(role="user", content=answer.question), Turn(role="assistant", content=UNREAD)])
    assert after.language == "en" and after.answer != UNREAD


@pytest.mark.parametrize(
    "question",
    [
        "Est-ce que je vais avoir la RP avec 471 points?",
        "vais-je recevoir une invitation avec 500 points",
        "Comment truquer un relevé bancaire ?",
    ],
)
def test_an_outcome_and_a_forgery_are_understood_in_french(bot: Bot, question: str) -> None:
    assert bot.answer(question).status == ("refused" if "truquer" in question else "advice")
