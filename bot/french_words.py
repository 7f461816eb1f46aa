"""What the bot says in its own words, in French, by the English of bot/wording.py. bot/french.py looks it up.

"{}" is a day, a list of programs or a question. Whoever adds a sentence to bot/wording.py adds it here too: tests/test_languages.py
misses it.
"""

from __future__ import annotations

from bot import joins, wording
from bot.language import COMFORT, FRENCH
from index import by_words, store

OWN_WORDS = {
    wording.HELLO: (
        "Bonjour. Posez-moi vos questions sur le passage du H-1B américain au Canada\u00a0: permis de travail, Entrée express, "
        "provinces, famille, frais, ou que faire après un licenciement. Je réponds par des citations de sources nommées; c’est de "
        "l’information, pas un avis juridique."
    ),
    wording.THANKS: "Je vous en prie. Posez d’autres questions quand vous voulez.",
    wording.WHO: (
        "Je suis Northbound, un programme qui répond aux questions sur le passage du H-1B américain au Canada en citant des sources "
        "nommées et datées. Je ne suis ni avocat ni le gouvernement, et je ne peux ni voir ni décider aucune demande."
    ),
    wording.DISTRESS: COMFORT[FRENCH],
    wording.ABUSE: (
        "Je suis désolé. Personne ne devrait être traité ainsi, et vous avez raison de demander de l’aide. Je ne suis qu’un programme "
        "et je ne peux pas vous aider comme une personne le peut. Si vous ou quelqu’un d’autre êtes en danger, appelez le 911, aux "
        "États-Unis comme au Canada. Quand c’est trop lourd à porter, vous pouvez y appeler ou texter le 988 à toute heure; c’est "
        "gratuit. La police, un médecin ou un refuge près de vous peut nommer ceux qui aident là où vous êtes. Si vous le pouvez sans "
        "danger, gardez des copies de vos papiers et des traces de ce qui s’est passé, et parlez à un avocat en immigration ou à une "
        "clinique juridique avant que votre statut ne change."
    ),
    wording.NOTHING_ON_ABUSE: (
        "Sur les permis pour les personnes maltraitées chez elles, exploitées ou victimes de traite, nos sources ne contiennent rien de "
        "plus. Les pages d’IRCC, ou un avocat en immigration, peuvent vous dire ce qui existe."
    ),
    wording.ELSEWHERE: (
        "Je ne réponds qu’aux questions sur le passage du H-1B américain au Canada. Pour d’autres sujets et d’autres pays, veuillez "
        "chercher ailleurs."
    ),
    wording.REFUSED: (
        "Je ne peux pas aider à faire de faux documents ou de fausses déclarations, à cacher des faits à un agent ou à contourner les "
        "règles. Je peux vous aider à trouver une voie légale\u00a0: décrivez-moi votre situation, ou consultez un consultant réglementé"
        " ou un avocat."
    ),
    wording.SECRETS: (
        "Je n’ai ni instructions cachées ni clés à montrer\u00a0: je réponds, d’après des sources nommées, aux questions sur le passage "
        "du H-1B américain au Canada."
    ),
    wording.NOT_IN_SOURCES: "Nos sources ne répondent pas à cette question.",
    wording.ADVICE: (
        "Personne ne peut vous dire le résultat d’avance\u00a0: seul l’agent qui décide le peut. Pour un avis sur votre propre cas, "
        "consultez un consultant en immigration réglementé ou un avocat."
    ),
    wording.NOT_YET_KNOWN: "Personne ne peut le savoir d’avance. Ce que nos sources en disent\u00a0:",
    wording.CANNOT_ACT: (
        "Je ne peux voir aucun dossier, ni envoyer, remplir, déposer ou réserver quoi que ce soit\u00a0: je ne fais que répondre, d’après "
        "des sources nommées et datées, aux questions sur le passage du H-1B américain au Canada."
    ),
    wording.NEAREST: "Ce qu’elles contiennent de plus proche\u00a0:",
    wording.NOT_QUITE: (
        "Il se peut que nos sources ne répondent pas exactement à cette question. Ce qu’elles contiennent de plus proche\u00a0:"
    ),
    wording.NEARLY: "Ce que nos sources contiennent de plus proche\u00a0:",
    wording.SEE: "C’est ce que nos sources contiennent de plus proche\u00a0: voyez si c’est bien ce que vous demandiez.",
    wording.NOTHING_FOR: "Nos sources ne contiennent rien pour {}. Ce qu’elles contiennent de plus proche\u00a0:",
    wording.STANDS: (
        "Nos sources disent toujours ceci. Si on vous a dit le contraire, demandez la règle et sa date, pour que cela puisse être vérifié."
    ),
    wording.RULES: "Ce que nos sources en disent\u00a0:",
    wording.HELD_UNTIL: "Ce que nos sources en disent a valu jusqu’au {}; ce qui vaut depuis, elles ne le disent pas\u00a0:",
    wording.LAST_DAY: "Le {} est le dernier jour où cela vaut.",
    wording.NOT_YET_THERE: "Le {}, cela n’existait pas encore. Comment cela a commencé\u00a0:",
    wording.WHAT: "Que voulez-vous savoir à ce sujet\u00a0?",
    wording.TOLD: "Que voulez-vous savoir à ce sujet\u00a0? Nos sources peuvent répondre, par exemple\u00a0:",
    wording.UNREADABLE: "Je n’ai pas pu y lire une question. Que voulez-vous savoir sur le passage du H-1B américain au Canada?",
    "That depends on the route. {}": "Cela dépend de la voie. {}",
    "Which one do you mean: {}?": "Laquelle voulez-vous dire\u00a0: {}?",
    "IRCC's own pages, or a licensed immigration consultant or lawyer, can tell you more.": (
        "Les pages d’IRCC, ou un consultant en immigration réglementé ou un avocat, peuvent vous en dire plus."
    ),
    store.ANOTHER_WAY: (
        "Le serveur de recherche n’a pas pu être joint\u00a0: la réponse a été trouvée avec la copie de l’index sur cette machine."
    ),
    store.BY_WORDS: (
        "Le serveur de recherche n’a pas pu être joint\u00a0: la réponse a été trouvée par ses mots seulement, et il peut manquer "
        "quelque chose. Posez la question de nouveau plus tard."
    ),
    by_words.TOLD: (
        "Le serveur d’encodage n’a pas pu être joint\u00a0: la réponse a été trouvée par ses mots seulement, et il peut manquer quelque "
        "chose. Posez la question de nouveau plus tard."
    ),
    "As of {}.": "En date du {}.",
    "This is what stood on {}, as far as our sources tell it; what stands today may differ.": (
        "Voici ce qui valait le {}, d’après nos sources; ce qui vaut aujourd’hui peut être différent."
    ),
    "Part of this rests on a source last known to be true on {}: check that it still holds.": (
        "Une partie de la réponse repose sur une source dont la dernière vérification date du {}\u00a0: vérifiez qu’elle vaut toujours."
    ),
    "Part of this rests on a document that carries no date.": "Une partie de la réponse repose sur un document sans date.",
    "Published sources differ on this; all sides are quoted, the one with authority first.": (
        "Les sources publiées divergent sur ce point; toutes les versions sont citées, celle qui fait autorité d’abord."
    ),
    "Our sources may not answer all of your question.": "Il se peut que nos sources ne répondent pas à toute votre question.",
    "No official page is among the sources of this answer.": "Aucune page officielle ne figure parmi les sources de cette réponse.",
    "A source that says otherwise is out of date; what is right is given instead.": (
        "Une source qui dit le contraire est dépassée; ce qui est juste est donné à sa place."
    ),
    f"{wording.DEPENDS} {{}}": "Cela dépend. {}",
    joins.UNKNOWN: "Ce qu’on ne sait pas encore\u00a0:",
    joins.KNOWN: "Ce qu’on sait déjà\u00a0:",
    joins.ITSELF: "Sur votre question\u00a0:",
    joins.SECOND: "Sur votre deuxième question\u00a0:",
    joins.NEXT: "Sur votre question suivante\u00a0:",
    joins.DIFFER: "Les sources divergent sur ce point\u00a0:",
    joins.LAWFUL: "La voie légale\u00a0:",
    joins.ELSEWHERE: "Ailleurs, on lit\u00a0:",
    joins.FORMER: "Comme c’était auparavant\u00a0:",
    joins.LATER: "Constaté plus tard\u00a0:",
    joins.ALSO: "De plus,",
    joins.BESIDES: "Par ailleurs,",
    joins.SAME_SOURCE: "La même source dit aussi\u00a0:",
    joins.OTHER_SOURCE: "D’une autre source\u00a0:",
    joins.ITS_WORDS: "Le document lui-même dit\u00a0:",
    "As for family,": "Pour la famille,",
    "As for the cost,": "Pour le coût,",
    "As for the time it takes,": "Pour le délai,",
    "As for how long it lasts,": "Pour la durée,",
    "As for documents,": "Pour les documents,",
    "As for a job offer,": "Pour l’offre d’emploi,",
    "As for points,": "Pour les points,",
    "As for permanent residence,": "Pour la résidence permanente,",
    "As for how to apply,": "Pour la manière de présenter la demande,",
    "As for a refusal,": "En cas de refus,",
    "As for Quebec,": "Pour le Québec,",
}
