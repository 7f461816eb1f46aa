"""Which language a question is in, and how to say in it that the answer is in English.

Scripts tell most languages apart; the rest are told by their commonest words. Our documents are in English, and an abbreviation-heavy
English question must never be taken for another language: without clear evidence it is English.
"""

from __future__ import annotations

import re

_SCRIPTS = (
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("pa", re.compile(r"[\u0a00-\u0a7f]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("fa", re.compile(r"[\u067e\u0686\u0698\u06af\u06cc]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
_WORDS = {
    "fr": "le la les des une est je mon ma mes puis pour avec sans combien comment quand quel quelle peut peux faut il elle nous vous votre "
    "permis travail emploi offre famille enfants conjoint demande entrée ai au aux du dans sur et ou que qui pas ne".split(),
    "es": "el los las una es mi mis puedo para con sin cuánto cuanto cómo como cuándo cuando qué que cuál permiso trabajo oferta familia hijos "
    "esposa necesito tengo hay del en y por".split(),
    "pt": "o os as um uma é meu minha posso para com sem quanto como quando qual que trabalho oferta família filhos esposa preciso tenho há do da "
    "no na em e ou por não visto".split(),
    "tl": "ang ng mga sa ko ako po ba kung paano magkano kailan pwede puwede pamilya asawa anak trabaho kailangan may wala hindi na at para".split(),
}
_ENGLISH = frozenset(
    "the is are was do does can could will would how what when where why which who my me i you for with without from and or not to of in on it "
    "this that if need get apply have has after before about any there".split()
)

NOTICES = {
    "fr": "Nos documents sont en anglais : voici la réponse en anglais.",
    "es": "Nuestros documentos están en inglés: esta es la respuesta en inglés.",
    "pt": "Nossos documentos estão em inglês: esta é a resposta em inglês.",
    "tl": "Nasa Ingles ang aming mga dokumento: narito ang sagot sa Ingles.",
    "hi": "हमारे दस्तावेज़ अंग्रेज़ी में हैं: उत्तर अंग्रेज़ी में है।",
    "pa": "ਸਾਡੇ ਦਸਤਾਵੇਜ਼ ਅੰਗਰੇਜ਼ੀ ਵਿੱਚ ਹਨ: ਜਵਾਬ ਅੰਗਰੇਜ਼ੀ ਵਿੱਚ ਹੈ।",
    "te": "మా పత్రాలు ఆంగ్లంలో ఉన్నాయి: సమాధానం ఆంగ్లంలో ఉంది.",
    "zh": "我们的资料为英文，以下是英文回答。",
    "ko": "저희 자료는 영어로 되어 있어 답변도 영어로 드립니다.",
    "ar": "وثائقنا باللغة الإنجليزية، والإجابة أدناه بالإنجليزية.",
    "fa": "اسناد ما به انگلیسی است؛ پاسخ به انگلیسی آمده است.",
}


def detect(text: str) -> str:
    """The question's language: one of NOTICES, or "en"."""
    letters = sum(c.isalpha() for c in text)
    for language, script in _SCRIPTS:
        if letters and len(script.findall(text)) > 0.3 * letters or (language == "fa" and len(script.findall(text)) >= 2):
            return language
    words = re.findall(r"[a-zà-öø-ÿ']+", text.lower())
    if len(words) < 3:
        return "en"
    english = sum(word in _ENGLISH for word in words)
    best, hits = max(((lang, len(set(words) & set(common))) for lang, common in _WORDS.items()), key=lambda pair: pair[1])
    return best if hits >= 2 and hits > english and hits >= 0.25 * len(words) else "en"
