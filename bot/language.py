"""Which language a message is in, whether it is one that we read, and what is said in it: that answers are in English and French only, and
where to turn in distress.

Scripts tell most languages apart; the rest, and what is written in Latin letters, are told by their commonest words. An abbreviation-heavy
English question must never be taken for another language: without clear evidence it is English. bot/tongues.py reads what is not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ENGLISH, FRENCH = "en", "fr"

_SCRIPTS = (
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("pa", re.compile(r"[\u0a00-\u0a7f]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("fa", re.compile(r"[\u067e\u0686\u0698\u06af\u06cc\u06a9]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
# Words that no English question holds, and words that one may hold too: a name, an abbreviation, a word of both languages. Accents are off.
_SURE = {
    "fr": "je mon ma mes tu il elle nous vous votre vos leur leurs est suis sont etes sera ete etre avoir ai avez avons puis peux peut peuvent "
    "peuvent-ils faut dois doit combien quand quel quelle quels quelles quoi pourquoi ou qui que qu cest aux au du des dans sur avec sans pour "
    "chez cette ces une et mais donc aussi encore toujours deja apres avant pendant depuis jusqu femme mari conjoint conjointe enfant enfants "
    "famille permis travail travailler emploi offre demande voie frais argent besoin faire ne pas patron passeport victime pris releve ecole entreprise employeur residence entree etudes delai "
    "prolonger renouveler bonjour bonsoir merci ca cela y oui beaucoup voudrais veux etats unis rester biometrie ouvert ouverte titulaires "
    "detenteurs ont ils elles moi toi lui koi c'est obtenir preuve fonds personne annee jours mois langue francais anglais demenager visiteur le la les un "
    "cest meteo temps limite comment de donne entre cb",
    "es": "el los una unos mis puedo puede pueden para con sin cuanto cuanta cuesta como cuando donde quien porque cual cuales permiso trabajo "
    "trabajar oferta hijos esposa esposo marido mujer necesito tengo tiene hay del y por soy estoy quiero gracias hola residencia abierto sigue "
    "tiempo quedarme dinero estados unidos me mi sobre despidieron usar todavia aun yo muy pero renovar dias la las en es lo que",
    "pt": "os uma meu minha meus minhas posso pode podem para com sem quanto custa como quando onde quem qual trabalho oferta emprego filhos "
    "esposa marido preciso tenho tem ha da no na nas nos em ou nao visto ainda obrigado obrigada ola permissao residencia permanente aberto "
    "tempo ficar dinheiro estados unidos fui demitido eu voce sou estou quero e trabalhar renovar",
    "tl": "ang ng mga ako po ba kung paano magkano kailan pwede puwede bang pamilya asawa anak trabaho kailangan wala walang hindi naman lang "
    "gaano katagal saan sino ano bakit ilang para akong kong aking manatili magtrabaho natanggal bukas sarado salamat kumusta kamusta "
    "mag apply rin din yung ito iyon opo namin natin",
    "hi": "kya mujhe muje hai hain hoon chahiye chaiye chahie kitna kitni kitne kaise kese kahan kab kaun konsa mera meri mere main mein nahi "
    "nahin kar karna karne sakta sakti sakte raha rahi gaya gayi gai hoga hota hoti ke ki ko se liye lie aur lekin agar abhi naukri biwi "
    "patni pati bacche bachche paisa paise kharcha namaste shukriya dhanyavad reh rehna bhai yaar kr hu ka jaldi milega milta namaskar ji",
    "pa": "ki mainu menu meri mera mere hai han kinna kinni kinne kiven kithe kadon layi vaste chahidi chahida sakda sakdi sakde vich nahi "
    "naal toh hun haje hale gharwali gharwala vohti nyane naukri dasso sat sri akal dhanwad tusi assi kamm da di de ji",
    "te": "naku naaku nenu naa kavala kavali kaavala avasarama avasaram enta entha ela ekkada eppudu evaru undi unda undha cheyavacha cheyocha "
    "cheyali kosam bharya bharta pillalu udyogam poyindi inka ante enti dabbu rojulu nelalu andi namaskaram undochu lekunda ki lo",
}
_WEAK = frozenset(
    "ou du des pour dans sur est et no na da em e me mi y por ki ko se ka main hai hu ke a as ba po mag apply para visa on ai ma mes son "
    "de entre cb di te lo han com como con sin sera il y que qui sont permanente tiempo mere ela pati una para los unis unidos estados "
    "demande ces ont an plus famille residence offre frais personne travail le la les un las en es el lo que limite comment temps ji".split()
)
_SURE_SETS = {code: frozenset(words.split()) for code, words in _SURE.items()}
_ENGLISH = frozenset(
    "the is are was were do does did can could will would should may how what when where why which who my me i we you your he she they it its for "
    "with without from and or not to of in on at by this that these there if need get got apply have has had after before about any be been am "
    "but so then than as a an still now please want know tell much many long".split()
)

# Letters that nobody uses in a language that we read: Greek, Cyrillic, Armenian, Hebrew, Bengali, Gujarati, Odia, Tamil, Kannada to Tibetan,
# Burmese, Georgian, Ethiopic, Khmer, Japanese syllables; and those that Urdu has beyond Arabic and Persian, and Vietnamese beyond other Latin
# letters.
_UNREAD_LETTERS = re.compile(r"[\u0370-\u05ff\u0980-\u09ff\u0a80-\u0bff\u0c80-\u10ff\u1200-\u137f\u1780-\u17ff\u3041-\u3096\u30a1-\u30fa]")
_ONE_S_OWN = re.compile(r"[\u0679\u0688\u0691\u06ba\u06c1\u06d2]|[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
# Common words, accents off, of languages in Latin letters that we do not read; none is English, or common in a language that we read, but
# for a few that Italian shares with Portuguese.
_UNREAD = {
    "de": "ich wir mir mich dich meine meinen meiner und oder nicht kein keine wie wo warum wann welche welcher welches kostet kosten viel "
    "brauche brauchen kann konnen darf muss mochte bekommen bekomme eine einen einer einem sind habe haben wird werden fur ohne nach vom "
    "zum zur beim uber das der auch noch frau kinder arbeitserlaubnis arbeitsvisum aufenthalt antrag kanada ziehen umziehen arbeiten dauert gibt",
    "it": "sono ho abbiamo puoi devo voglio vorrei perche dove cosa mio miei mie moglie marito figli lavoro lavorare permesso della dello "
    "delle degli nel nella anche ancora serve bisogno vuole trasferirmi quali sposato licenziato domanda gli costa posso quanto tempo quando ci",
    "vi": "cua co khong duoc bao nhieu giay phep lao dong lam viec vo chong va tai muon dinh mat thoi hoi tien",
    "pl": "ile kosztuje czy moge jest dla moja moj zona praca prace pracy pozwolenie pozwolenia kanadzie kanady potrzebuje gdzie kiedy dlugo "
    "trwa chce sie od",
    "nl": "ik jij wij mijn hoe hoeveel wil heb heeft een het niet geen voor zonder naar werkvergunning vrouw kinderen nodig duurt waar wanneer",
    "tr": "bir ve icin kadar nasil calisma izni iznim gerekli yok kanada kanadaya esim ucreti nerede zaman istiyorum basvuru yapabilir miyim olarak kac",
    "id": "saya berapa biaya izin kerja bagaimana apakah bisa untuk dengan istri suami harus kapan kanada tidak ingin pindah",
    "ro": "cum costa munca trebuie vreau pentru sunt sotia unde fara lucrez",
    "sw": "kwa gani kiasi kibali kazi ninaweza naweza nataka mke mume watoto lini wapi jinsi kuhamia nini yangu",
    "hu": "mennyibe kerul munkavallalasi engedely hogyan mennyi mikor nekem felesegem kanadaban kanadaba szeretnek",
}
_UNREAD_SETS = tuple(frozenset(words.split()) for words in _UNREAD.values())
_NO_ACCENT = str.maketrans("đłıß", "dlis")  # letters that come apart into none

# In both, since neither is known to be read by who asked. The last sentence is there because distress is not heard in such a language.
UNREAD = (
    "I could not read this. I read English and French and, in part, Arabic, Chinese, Hindi, Korean, Persian, Portuguese, Punjabi, Spanish, "
    "Tagalog and Telugu; I answer in English or French. Please ask again in English or French: short and simple words are enough. "
    "In an emergency in the United States or Canada call 911; if you feel that you cannot go on, call or text 988.\n\n"
    "Je n’ai pas pu lire ceci. Je lis l’anglais et le français et, en partie, l’arabe, le chinois, le coréen, l’espagnol, l’hindi, le pendjabi, le "
    "persan, le portugais, le tagalog et le télougou; je réponds en anglais ou en français. Posez votre question de nouveau en anglais ou en "
    "français\u00a0: des mots courts et simples suffisent. En cas d’urgence aux États-Unis ou au Canada, appelez le 911; si vous n’en pouvez plus, "
    "appelez ou textez le 988."
)

# The first sentence alone where nothing of the sources follows.
_NOTICES = {
    "fr": ("", "Nos documents sur ce point sont en anglais\u00a0: voici la réponse en anglais."),
    "es": ("Solo puedo responder en inglés y en francés.", "Esto es lo que dicen nuestras fuentes, en inglés:"),
    "pt": ("Só posso responder em inglês e em francês.", "Veja o que dizem as nossas fontes, em inglês:"),
    "tl": ("Sa Ingles at Pranses lang po ako makakasagot.", "Narito po, sa Ingles, ang sinasabi ng aming mga pinagkunan:"),
    "hi": ("यहाँ उत्तर केवल अंग्रेज़ी और फ़्रेंच में मिलते हैं।", "हमारे स्रोत इस बारे में जो बताते हैं, वह नीचे अंग्रेज़ी में है:"),
    "pa": ("ਇੱਥੇ ਜਵਾਬ ਸਿਰਫ਼ ਅੰਗਰੇਜ਼ੀ ਅਤੇ ਫ਼ਰਾਂਸੀਸੀ ਵਿੱਚ ਮਿਲਦੇ ਹਨ।", "ਸਾਡੇ ਸਰੋਤ ਇਸ ਬਾਰੇ ਜੋ ਦੱਸਦੇ ਹਨ, ਉਹ ਹੇਠਾਂ ਅੰਗਰੇਜ਼ੀ ਵਿੱਚ ਹੈ:"),
    "te": ("ఇక్కడ సమాధానాలు ఇంగ్లీషు, ఫ్రెంచ్ భాషల్లో మాత్రమే ఇవ్వగలము.", "దీని గురించి మా మూలాధారాలు చెప్పేది కింద ఇంగ్లీషులో ఉంది:"),
    "zh": ("我只能用英语和法语回答。", "以下是我们的资料来源中的相关内容（英文）："),
    "ko": ("답변은 영어와 프랑스어로만 드릴 수 있습니다.", "저희 자료의 관련 내용을 아래에 영어로 보여 드립니다:"),
    "ar": ("يمكنني الإجابة بالإنجليزية والفرنسية فقط.", "إليك ما تقوله مصادرنا، بالإنجليزية:"),
    "fa": ("فقط می‌توانم به انگلیسی و فرانسوی پاسخ بدهم.", "آنچه منابع ما در این باره می‌گویند، در ادامه به انگلیسی آمده است:"),
}
# For those who write their language otherwise than its books do.
_OTHERWISE = {
    "hi": (
        "Yahan jawab sirf English aur French mein milte hain.",
        "Hamare sources is baare mein jo batate hain, woh neeche English mein hai:",
    ),
    "pa": (
        "Ithe jawab sirf English ate French vich milde han.",
        "Sade sources is baare jo dassde han, oh hethan English vich hai:",
    ),
    "te": (
        "Ikkada samadhanalu English, French lo matrame ivvagalamu.",
        "Deeni gurinchi maa sources cheppedi kinda English lo undi:",
    ),
    "zh": ("我只能用英語和法語回答。", "以下是我們的資料來源中的相關內容（英文）："),
}
_IN_FULL = {code: " ".join(part for part in both if part) for code, both in _NOTICES.items()}
# Every sentence that this module can put before an answer, for who must tell the bot's own words from a source's.
NOTICES = {
    **_IN_FULL,
    **{f"{code}, alone": only for code, (only, _) in _NOTICES.items() if only},
    **{f"{code}, otherwise": " ".join(both) for code, both in _OTHERWISE.items()},
    **{f"{code}, otherwise alone": only for code, (only, _) in _OTHERWISE.items()},
}

# Words of somebody who may not want to go on living, few and unmistakable.
_DISTRESS = {
    "fr": r"\bsuicid|\bme tuer\b|\b(?:veux|vais|voudrais|envie de|prêt à) (?:\w+ )?mourir\b|\ben finir avec (?:la|ma) vie\b|"
    r"\bmettre fin à (?:mes jours|ma vie)\b|\bveux plus (?:vivre|me réveiller)\b|\bplus envie de vivre\b|\bme faire du mal\b|"
    r"\benvie d[’']en finir\b|\bà quoi bon (?:vivre|continuer à vivre)\b|\bplus (?:aucune |de )?raison de vivre\b|\b(?:mieux|tranquilles?) sans moi\b|"
    r"\bfatiguée? de vivre\b",
    "es": r"\bsuicid|\bmatarme\b|\bquiero morir|\bno quiero (?:seguir )?vivi|\bacabar con mi vida\b|\bquitarme la vida\b|\bhacerme daño\b",
    "pt": r"\bsuic[ií]d|\bme matar\b|\bquero morrer\b|\bnão quero (?:mais )?viver\b|\bacabar com (?:a )?minha vida\b|\btirar (?:a )?minha (?:própria )?vida\b",
    "tl": r"\bmagpakamatay\b|\bgusto ko na(?:ng)? mamatay\b|\bayoko nang mabuhay\b|\bwakasan ang (?:aking )?buhay\b",
    "hi": r"आत्महत्या|आत्म हत्या|ख़ुदकुशी|खुदकुशी|मरना चाहत|मर जाना चाहत|जीना नहीं चाहत|\ba+tma?hatya|\bkhudkushi|\bmar(?:na| jaana| jana) chaht|\bj(?:ee|i)na nahi(?:n)? chaht",
    "pa": r"ਖੁਦਕੁਸ਼ੀ|ਖ਼ੁਦਕੁਸ਼ੀ|ਆਤਮ ਹੱਤਿਆ|ਆਤਮਹੱਤਿਆ|ਮਰਨਾ ਚਾਹੁੰ|ਜੀਣਾ ਨਹੀਂ ਚਾਹੁੰ|ਜਿਉਣਾ ਨਹੀਂ ਚਾਹੁੰ|\bmarna chauh|\bjeena nahi chauh",
    "te": r"ఆత్మహత్య|చనిపోవాలని|చచ్చిపోవాలని|బతకాలని లేదు|జీవించాలని లేదు|\bchanipovali|\bchachipovali",
    "zh": r"自杀|自殺|想死|不想活|活不下去|轻生|輕生|结束(?:自己的)?生命|結束(?:自己的)?生命",
    "ko": r"자살|죽고 ?싶|살고 ?싶지 ?않|목숨을 끊",
    "ar": r"انتحار|[أا]نتحر|[أا]ريد [أا]ن [أا]موت|[أا]قتل نفسي|لا [أا]ريد (?:[أا]ن )?(?:[أا]عيش|العيش)|[إا]نهاء حياتي",
    "fa": r"خودکشی|می.?خواهم بمیرم|می.?خوام بمیرم|خودم را بکشم|خودمو بکشم|نمی.?خواهم زنده",
}
_DISTRESSED = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in _DISTRESS.items()}
COMFORT = {
    "fr": "Je suis désolé que vous en soyez là. Je ne suis qu’un programme et je ne peux pas vous aider comme une personne le peut\u00a0: parlez à quelqu’un "
    "maintenant, s’il vous plaît. Au Canada et aux États-Unis, vous pouvez appeler ou texter le 988 à toute heure; c’est gratuit, et c’est aussi pour "
    "les gens qui s’inquiètent pour quelqu’un d’autre. En cas d’urgence, appelez le 911. Ailleurs, un numéro d’urgence local ou une personne près de "
    "vous peut aider. Les papiers et les échéances peuvent attendre que vous soyez en sécurité. Quand vous voudrez, posez-moi vos questions, une à "
    "la fois; il y a souvent plus de façons de rester ou de partir qu’il n’y paraît.",
    "es": "Lamento mucho que esté pasando por esto. Por favor, hable ahora con una persona: en Estados Unidos y en Canadá puede llamar o enviar un mensaje "
    "de texto al 988 a cualquier hora, gratis. En una emergencia, llame al 911.",
    "pt": "Sinto muito que você esteja passando por isso. Por favor, fale agora com uma pessoa: nos Estados Unidos e no Canadá, ligue ou envie uma mensagem "
    "de texto para o 988 a qualquer hora, de graça. Em uma emergência, ligue para o 911.",
    "tl": "Ikinalulungkot ko po ang pinagdaraanan ninyo. Makipag-usap po kayo ngayon sa isang tao: sa Estados Unidos at Canada, tumawag o mag-text sa 988 "
    "anumang oras, nang libre. Kung may emerhensiya, tumawag sa 911.",
    "hi": "मुझे बहुत दुख है कि आप इस हाल से गुज़र रहे हैं। कृपया अभी किसी इंसान से बात करें: अमेरिका और कनाडा में आप किसी भी समय 988 पर मुफ़्त कॉल या टेक्स्ट कर सकते हैं। "
    "आपात स्थिति में 911 पर कॉल करें।",
    "pa": "ਮੈਨੂੰ ਬਹੁਤ ਅਫ਼ਸੋਸ ਹੈ ਕਿ ਤੁਸੀਂ ਇਸ ਹਾਲਤ ਵਿੱਚੋਂ ਲੰਘ ਰਹੇ ਹੋ। ਕਿਰਪਾ ਕਰਕੇ ਹੁਣੇ ਕਿਸੇ ਇਨਸਾਨ ਨਾਲ ਗੱਲ ਕਰੋ: ਅਮਰੀਕਾ ਅਤੇ ਕੈਨੇਡਾ ਵਿੱਚ ਤੁਸੀਂ ਕਿਸੇ ਵੀ ਵੇਲੇ 988 'ਤੇ ਮੁਫ਼ਤ ਕਾਲ ਜਾਂ "
    "ਟੈਕਸਟ ਕਰ ਸਕਦੇ ਹੋ। ਐਮਰਜੈਂਸੀ ਵਿੱਚ 911 'ਤੇ ਕਾਲ ਕਰੋ।",
    "te": "మీరు ఈ పరిస్థితిలో ఉన్నందుకు చాలా బాధగా ఉంది. దయచేసి ఇప్పుడే ఒక మనిషితో మాట్లాడండి: అమెరికా, కెనడాలలో ఏ సమయంలోనైనా 988కు ఉచితంగా కాల్ లేదా టెక్స్ట్ చేయవచ్చు. "
    "అత్యవసర పరిస్థితిలో 911కు కాల్ చేయండి.",
    "zh": "听到您这样的处境，我很难过。请现在就找人谈谈：在美国和加拿大，您可以随时免费拨打 988 或发短信到 988。紧急情况请拨打 911。",
    "ko": "이렇게 힘든 상황에 계시다니 마음이 아픕니다. 지금 바로 사람과 이야기해 주세요. 미국과 캐나다에서는 언제든지 988로 무료로 전화하거나 문자를 보낼 수 있습니다. "
    "긴급한 경우에는 911로 전화하세요.",
    "ar": "يؤسفني كثيراً أنك تمر بهذا. أرجوك تحدث الآن مع شخص ما: في الولايات المتحدة وكندا يمكنك الاتصال بالرقم 988 أو إرسال رسالة نصية إليه مجاناً في أي "
    "وقت. وفي حالة الطوارئ اتصل بالرقم 911.",
    "fa": "بسیار متأسفم که در چنین شرایطی هستید. لطفاً همین حالا با کسی صحبت کنید: در آمریکا و کانادا می‌توانید در هر ساعتی رایگان با شمارهٔ 988 تماس بگیرید یا "
    "به آن پیامک بدهید. در شرایط اضطراری با 911 تماس بگیرید.",
}


@lru_cache(maxsize=64)  # a message is asked for twice, and with each one after it again
def detect(text: str, before: str = ENGLISH) -> str:
    """The language of a message: one that we have sentences in, or "en", which is also said of what is `unread`. `before` is that of the message before it: what is too short to
    tell is in the same."""
    if unread(text):
        return ENGLISH
    letters = sum(c.isalpha() for c in text)
    for language, script in _SCRIPTS:
        if letters and len(script.findall(text)) > 0.2 * letters or (language == "fa" and len(script.findall(text)) >= 2):
            return language
    words = re.findall(r"(?<![a-z\d])[a-z]+(?![a-z\d])", folded(text))  # the "e" of "E000123456" is no word
    if not words:
        return before if letters == 0 and before != ENGLISH and re.search(r"\d", text) else ENGLISH
    english = sum(word in _ENGLISH for word in words)
    counts = {code: sum(0.5 if w in _WEAK else 1.0 for w in set(words) & sure) for code, sure in _SURE_SETS.items()}
    accents = min(0.5 * len(set(_ACCENTED.findall(text))), 1.5)
    for code in ("fr", "es", "pt"):
        counts[code] += accents if counts[code] else 0.0
    best = max(counts, key=lambda code: (counts[code], code == before))
    score = counts[best]
    if before != ENGLISH and counts.get(before, 0.0) >= max(0.5, score - 1) and counts[before] >= english:
        return before
    if before != ENGLISH and not english and len(words) <= 4 and score < 1:
        return before
    enough = 1.0 if len(words) <= 3 and not english else 2.0 if english else 1.5
    return best if score >= enough and score > english and score >= 0.2 * len(set(words)) else ENGLISH


@lru_cache(maxsize=64)
def unread(text: str) -> bool:
    """Whether a message is in a language that we do not read: by its letters, else by two words of it that outnumber those of English and of
    any language that we read. An abbreviation or a name alone is no such word."""
    letters = sum(c.isalpha() for c in text)
    if letters and (len(_UNREAD_LETTERS.findall(text)) > 0.2 * letters or len(_ONE_S_OWN.findall(text)) >= 2):
        return True
    words = set(re.findall(r"[a-z]+", folded(text).translate(_NO_ACCENT)))
    found = max(len(words & known) for known in _UNREAD_SETS)
    return found >= 2 and found > max(len(words & read) for read in (_ENGLISH, *_SURE_SETS.values()))


_ACCENTED = re.compile(r"\b[a-z]*[à-öø-ÿœ][a-zà-öø-ÿœ]*", re.IGNORECASE)


def folded(text: str) -> str:
    """Lower case, Latin accents off."""
    plain = unicodedata.normalize("NFKD", text.lower()).replace("œ", "oe").replace("æ", "ae")
    return unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]", "", plain))


def distressed(text: str) -> str:
    """The language in which the text speaks of not wanting to live, or ""; English is bot/scope.py's."""
    return next((code for code, pattern in _DISTRESSED.items() if pattern.search(text)), "")


def notice(language: str, text: str, follows: bool) -> str:
    """What a message in a language without answers of its own is told first; `text` is the message, `follows` whether something of the
    sources does. "" where there is nothing to be told."""
    romanised = language in ("hi", "pa", "te") and not re.search(r"[\u0900-\u0d7f]", text)
    traditional = language == "zh" and re.search(r"[嗎麼這個們為學開證簽請費錢還會說現來對時間國經關應該與從後]", text) is not None
    only, below = (_OTHERWISE if romanised or traditional else _NOTICES).get(language, ("", ""))
    return " ".join(part for part in (only, below if follows else "") if part)
