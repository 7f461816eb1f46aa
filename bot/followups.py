"""Make a follow-up stand alone: decide whether it leans on the conversation at all, find what it is about, and say so in words.

No language model. The conversation is read from its start, so that a follow-up to a follow-up goes on from what that one meant. A
question leans when it opens like a continuation, holds a pronoun with nothing before it to stand for, or is too short to be a question
of its own; a question that names its own program and its own subject starts afresh.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from bot.answer import Turn
from bot.others import says_it_expired
from bot.phrases import focus, phrases
from bot.scope import ASKING, DECLINED, PLACES, asks_whether_open, domain_terms, is_vague
from bot.swaps import citizenship_in, closing, place_in, places_in, province_of, relative_in, swapped, told_apart, without_places
from bot.topics import introduces, resolve
from corpus.model import UNITED_STATES, Program
from index.keywords import terms

_OPENS = re.compile(
    r"(and|or|but|so|ok(ay)?( so| and| but)?|also|then|what about|how about|what if|and if|even|same|why|why not|really|which one|"
    r"no,? i mean\w*|i mean\w*|not that|for|in that case|till|until|by when|"
    r"does that|is that|is it|can it|will it|does it|how much is it|yes|yeah|no)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(it|its|that|this|they|them|those|these|there|then|one|ones|same|he|she|both|either|former|latter|such|too|instead|else)\b"
    r"|\bcount(?:s|ed)?\W*$",  # "does my stock count": towards what was spoken of
    re.IGNORECASE,
)
# "My daughter is 19, can she study": the pronoun has its noun before it and refers to nothing else.
_PERSON = re.compile(
    r"\b(?:my|our|a|the) (?:\w+ )?(?:wife|husband|spouse|partner|daughter|son|kids?|child(?:ren)?|baby|mother|father|parents?|brother|"
    r"sister|friend|employer|boss|company)\b"
    r".{0,60}?\b(?:he|she|they|them|it|his|her|their)\b",
    re.IGNORECASE,
)
_MEANS = r"(?:(?:i|we)(?:'m| am| was| were)? (?:mean|meant|asking about|talking about|asking for))"
_CORRECTS = re.compile(
    rf"^\W*(?:(?:no|nope|sorry|ok|oh|hmm|but|wait|actually)\b[\s,.!:;-]*)*(?:"
    rf"(?:(?:i|we) (?:do ?n.?t|did ?n.?t|do not|did not) mean|not) (?:that(?: one)?|this(?: one)?|it|the \w+(?: \w+)?|\w+(?: \w+)?)"
    rf"\s*[,;.:]\s*(?:(?:but|rather|{_MEANS})\b\s*)*(?P<right>.+)|"
    rf"{_MEANS}\b\s*(?:about\s+)?(?P<meant>.+?)(?:,? (?:and )?not [\w ]+)?|(?P<last>.+?)(?<!what)[\s,]+i mean(?:t)?)[\s?.!]*$",
    re.IGNORECASE,
)
# "I meant for French speakers": those for whom the last question is asked, whatever is named after them.
_FOR_PEOPLE = re.compile(
    r"for (?:the )?(?:[\w-]+ ){1,3}"
    r"(?:speakers?|workers?|students?|graduates?|professionals?|engineers?|applicants?|candidates?|people|persons?)",
    re.IGNORECASE,
)
_NEW = re.compile(r"\b(new|newer|latest|upcoming|2025|2026|next|coming|recent)\b", re.IGNORECASE)
_OLD = re.compile(r"\b(old|older|first|original|previous|earlier|2023)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:the|that|this) (\w+(?: \w+){0,2}?) (?:one|program(?:me)?|version)\b", re.IGNORECASE)
_RENEWS = re.compile(r"\b(?:renew\w*|exten[ds]\w*|extension)\b", re.IGNORECASE)
# "The one from 2023".
_ONE_OF_YEAR = re.compile(r"\b(?:the|that) one (?:from|of|in|back in) (20\d\d)\b", re.IGNORECASE)
# "Forget Quebec. does French help for the rest of Canada": what is left aside is not asked about.
_ASIDE = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|anyway|no|alright)\b\W*)*(?:forget|never ?mind|leave aside|enough of|enough about)(?: about)? "
    r"(?!it\b|that\b|this\b)(?:the |my )?(?:[\w-]+ ){0,3}?[\w-]+\s*[.,;:!–-]+\s*(?!(?:what|how) about\b)(?=\w)",
    re.IGNORECASE,
)
# "What about social security, do I pay both sides": the question is asked of what is named before it.
_OF_THIS = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|then|but)\b\W*)*(?:what|how) about (?P<what>[^,;:?.!]+)[,;:?]\s*(?:and |but |so )?(?P<rest>\w.*)$",
    re.IGNORECASE,
)
_REFERS_TO_IT = re.compile(r"\b(?:it|that|this|them|those|one)\b(?! \w+ly\b)", re.IGNORECASE)
_WHAT_OR_HOW = re.compile(r"\W*(?:(?:and|so|ok|btw)\b\W*)*(?:what|whats|how|hows|who|where)\b(?! about)", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:how|what|whats|when|where|which|who|why|am|is|are|was|were|can|could|do|does|did|will|would|should|may|must|has|have)\b",
    re.IGNORECASE,
)
_OPENER = re.compile(r"\W*(?:(?:ok(?:ay)?|so|but|then)\b\W*)*(?:and|or|also|what about|how about|for|same for)\b", re.IGNORECASE)
# "We are 2, not 5", "not ontario, bc", "I have a PhD not a master's": one word of the last question was wrong.
_INSTEAD = re.compile(
    r"^.*?(?:\bnot (?:an? |the )?(?P<old>[\w-]+)\s*[,;.]\s*(?:but |rather )?(?:an? |the )?(?P<new>[\w-]+(?: [\w-]+)?)|"
    r"(?P<right>[\w-]+),? (?:and )?not (?:an? |the )?(?P<wrong>[\w-]+))[\s?.!]*$",
    re.IGNORECASE,
)
# What somebody else says against the last answer.
_PUSHES = re.compile(r"\b(?:says?|said|saying|read|heard|told (?:me|us)|saw|wrote|claims?)\b", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"^\W*(?:(?:and|so|then|also|but|ok(?:ay)?)\b\W*)*(?:what(?:'?s| is| are)|who(?:'?s| is| are)|tell me about)\b", re.IGNORECASE
)
_KIND_WORDS = frozenset(terms("one program version permit pathway policy stream visa"))  # say what sort of thing, not which
_OURS = frozenset(terms("canada canadian h1b h4 ircc uscis visa"))  # whoever says one of these asks about the field
_PEOPLE = frozenset(terms("family spouse dependent"))
_ANSWERS = frozenset(terms("no yes yeah not"))
_LAST_LINK = re.compile(r"\b(?:for|in|of|under|on|about|to|with|by)(?: the)?\W*$", re.IGNORECASE)
_NEEDING = frozenset(terms("need needs needed require requires required ask asks want wants count counts same also too"))
_ALIKE = frozenset(terms("same thing mean meant"))
_RATHER = frozenset(terms("instead rather also too then"))
_LONG = 300  # characters; a longer message tells its own story
_SHORT = 4  # fewer content words than this rarely make a question of their own
_THANKS = re.compile(
    r"^(?:(?:thanks?( you)?( so much| a lot)?|thx|ty|ok(ay)?)[\s,.!:;-]+|"
    r"(?:great|cool|perfect|got it|nice|alright)(?:[,.!:;-][\s,.!:;-]*| (?=(?:and|so|but|now|then|what|how)\b)))",  # "cool name" is a name
    re.IGNORECASE,
)
# Words around a question that are no part of it: "jk how many points tho".
_FILLS = re.compile(
    r"^\W*(?:(?:jk|lol|lmao|ha(?:ha)+|hehe|btw|hm+|um+|oh|ah+|bro|dude)\b[\s,.!:;-]+)+(?=\w)|"
    r"(?<=\w)[\s,]+(?:tho|though|lol|jk|haha|bro|dude|btw)(?=[\s?.!]*$)",
    re.IGNORECASE,
)
_SWITCH = re.compile(
    r"^\W*((ok(ay)?|anyway|alright|so)\W+)*("
    r"((a |an )?(totally |completely )?(different|another|other|unrelated|separate|new) (question|topic|thing|subject))|"
    r"((just )?(one )?(last|more) (thing|question))|"
    r"changing (the )?(topic|subject)|leave (that|it|this)( one)?|forget (that|it|this|about (that|it|this))|never ?mind( that)?|moving on|"
    r"on (a|another) (different|other) (note|topic)|"
    r"switching (topics?|gears)|anyway)\b[\s,.:;!-]*",
    re.IGNORECASE,
)
# "Are you sure? my roommate says otherwise. anyway how fast is it": what comes last is asked.
_MOVES_ON = re.compile(
    r"^.*[.?!,]\s*(?:ok(?:ay)? )?anyway\b[\s,:]*(?=(?:how|what|when|where|which|who|can|could|do|does|is|are|will|must)\b)", re.IGNORECASE
)
_BACK = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|and|but|now|well|thanks)\b[\s,.!]*)*"
    r"(?:(?:(?:going|coming|come|go|getting|let.?s go|to go|to come) )?back to|returning to|as for|regarding|about my)\b\s+"
    r"(?P<what>[^,:;.?]+)[,:;.?]\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_FIRST = re.compile(r"\b(first|beginning|start|original|initial)\b", re.IGNORECASE)
# A name whose last noun is one of these takes an article: "the Global Talent Stream", but "Express Entry".
_COUNTED = re.compile(
    r"\b(?:permit|pathway|program|stream|class|strategy|plan|initiative|pilot|visa|category|number|period|payment|fee|measure|draws|points|"
    r"extension|renewal|selection|card)\b(?= (?:for|of|in|after|on|to|\()|$)",
    re.IGNORECASE,
)


# A clause that has no question of its own finishes the last one: "kids can go to school" – "if I am only a visitor?".
_CLAUSE = re.compile(
    r"^\W*(?:(?:and|or|but|also|so|ok(?:ay)?|even|what|how about|what about)\b[\s,]*)*"
    r"(?P<clause>(?:if|while|without|unless|because|in case|(?:together )?with)\b"
    r"(?:(?!\b(?:can|could|do|does|did|is|are|am|will|would|should|may|must) (?:i|we|he|she|they|it|my|our|his|her|their|the)\b|"
    r"\b(?:how|what|where|which|who|why)\b).)+?)[\s?.!]*$",
    re.IGNORECASE,
)
# What follows from a supposition, or more that is supposed: ", then the months change", ", and my permit runs out".
_CONCLUDES = re.compile(r"^if\b.*,\s*(?:(?:then|and|so|but)\s+)?(?:the |my |our |his |her |their )?\w+(?:\s+\S+){2,}$", re.IGNORECASE)
# "How is it different from the other program?"
_COMPARES = re.compile(
    r"\b(it|this|that)\b(?=.*\b(?:different|differs?|compared?|better|worse|faster|slower|cheaper|harder|easier|same)\b)", re.IGNORECASE
)
_DIFFERS = re.compile(r"\b(?:different|differs?|differences?|compared?|versus|vs|better|faster|same as)\b", re.IGNORECASE)
_DIFFERENCE = re.compile(r"\bdifferences?\b", re.IGNORECASE)
_WHICH_ONE = re.compile(
    r"\b(?:which|what)(?: (?:one|of (?:them|these|the two)))?\b"
    r"(?=.*\b(?:better|faster|quicker|easier|cheaper|best|for me|suits?|should)\b)",
    re.IGNORECASE,
)
# "Then which program counts it": another than the one talked of.
_WHICH_OTHER = re.compile(
    r"\bwhich (?:other )?(?:one|programs?|programmes?|routes?|streams?|ways?|pathways?|options?|provinces?)\b(?! (?:of|did|do) )",
    re.IGNORECASE,
)
# "Is there something new for founders": whatever it is, not the one talked of.
_SOMETHING = re.compile(
    r"\b(?:is|are) there (?:(?:some|any)thing (?:new|other|else|similar|better|faster|easier|like (?:it|that|this)|for)"
    r"|(?:a |any |some )?(?:new|newer|other|another|similar) (?:\w+ )?"
    r"(?:one|way|route|program|programme|pilot|stream|option|pathway|permit|visa)s?)\b",
    re.IGNORECASE,
)
# A place that was named, not "is there a fee" nor "out there".
_THERE = re.compile(
    r"(?<=\w )(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bstill )(?<!\bout )(?<!\bof )"
    r"(?<!\bin )(?<!\bover )there\b(?= *(?:[?.!,]|$|(?:and|for|with|on)\b))",
    re.IGNORECASE,
)
_THAT_ONE = re.compile(r"\b(?:that|this) one\b", re.IGNORECASE)
# What asks for a program is answered with one; what names a thing of its own is not about the program that the answer begins with.
_WHICH_WAY = re.compile(
    r"\b(?:which|what|any|other|best|options?)\b.{0,40}\b(?:ways?|routes?|paths?|pathways?|programs?|programmes?|streams?|options?|permits?|visas?)\b",
    re.IGNORECASE,
)
# Breaks off: "how many days to apply after".
_DANGLES = re.compile(r"\b(?:after|before|for|from|with|without|until|till|then|meanwhile)\W*$", re.IGNORECASE)
_NEEDS = re.compile(
    r"\b(?:need(?:ed|s)?|required?|mandatory|compulsory|how (?:to|(?:do|can|could) (?:i|we)) (?:get|obtain|find))\b", re.IGNORECASE
)
_WHY = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?)\b\W*)*(?P<why>why(?: (?!(?:do|does|did|is|are|was|were|can|must)\b)\w+){0,4})\W*$", re.IGNORECASE
)
_BARE = re.compile(r"\bthe \w+\W*$", re.IGNORECASE)  # "how long is the permit", "who can give the offer": which one was said before
# "Are you sure?", "really? my lawyer says …": the last answer is doubted.
_DOUBTS = re.compile(
    r"^\W*(?:(?:but|hmm+|no|wait|ok)\b\W*)*(?:(?:are|r) (?:you|u) (?:really |very )?sure|(?:you|u) sure|sure|really|seriously"
    r"|is (?:that|this|it) (?:really )?(?:true|right|correct))\b\s*(?:about (?:it|that|this)\b\s*)?(?:[?.!,:;-]+\s*|$)|"
    r"(?:[,.;!?]\s*|\s(?=(?:are|r|you|u)\b))(?:(?:are |r )?(?:you |u ))?sure\W*$",
    re.IGNORECASE,
)
# What somebody else says that is: "my cousin said it began on 2 January".
_CLAIMS = re.compile(
    r"\b(?:says?|said|told (?:me|us)|wrote|writes|claims?|heard|read|saw)\b(?: that)? ((?:it|they|there|this|that) \w+.*)$", re.IGNORECASE
)
_AFTER = re.compile(r" – after “.+”$")
# "How much of it": a share of what the last question was about, not its price.
_SHARE_OF = re.compile(r"\bhow (?:much|many) of (?:it|this|that|them|those|these)\b", re.IGNORECASE)
# "The other one" of what was spoken of; what compares two names the other one itself.
_THE_OTHER = re.compile(
    r"\b(?:the )?(?:other|(?P<before>previous|earlier)) (?:one|program(?:me)?|option|route|way|stream|pathway)\b(?! (?:is|are|was|than)\b)",
    re.IGNORECASE,
)
# "For the second", "the latter?", of two that a question named, or of those asked about one after the other.
_NUMBERED = re.compile(
    r"\b(?:(?:the|that|this) )?(first|second|third|1st|2nd|3rd|former|latter)"
    r"(?: (?:one|thing|option|program(?:me)?|route|way|stream)\b|(?=\W*$))",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(rf"^\W*(?:(?:no|nope|not|sorry|oops|wait|actually|oh|ok|but|and|{_MEANS})\b\W*)+", re.IGNORECASE)
# "How many points for that age": the age that somebody told before.
_THAT_AGE = re.compile(r"\b(?:that|this|my) age\b", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:i ?['’]?m|i am|aged?|turn(?:ed|ing)?|i will be|i ?['’]?ll be) (?:now |only |already |just )?(?P<said>[1-6]\d)\b"
    r"(?! ?(?:%|k\b|months?|weeks?|days?|hours?|years? (?!old)|yrs? (?!old)))|\b(?P<old>[1-6]\d) ?-?(?:years?|yrs?|y)[- /]?(?:old|o)\b",
    re.IGNORECASE,
)
# "Is Canada doing anything about it", after talk of the United States: what Canada does is not the American program.
_CANADA_DOES = re.compile(r"\b(?:is|does|did|has|will|can|would) (?:canada|ircc|the canadian government)\b", re.IGNORECASE)
# Takes for granted that something has closed.
_CLOSING = re.compile(
    r"\b(?:since when|when|why|how|what day|which day)\b.{0,20}\b(?:close[ds]?|closing|shut|ended?|stop(?:ped)?)\b", re.IGNORECASE
)
# "Do I need it", "must I show it": the thing that the last question was about.
_OF_A_THING = re.compile(r"\b(?:need|require|show|submit) (it|them|one)\b", re.IGNORECASE)
# How people type the words that a follow-up opens with.
_TYPED = {
    "n": "and",
    "nd": "and",
    "abt": "about",
    "bout": "about",
    "wat": "what",
    "wht": "what",
    "hw": "how",
    "mch": "much",
    "wen": "when",
    "whn": "when",
    "yr": "year",
    "yrs": "years",
    "frist": "first",
    "firts": "first",
}
_TYPED_SO = re.compile(rf"(?<![\w'’-])(?:{'|'.join(_TYPED)})(?![\w'’-])")
# "My wife is the software one" tells who she is.
_IS_ONE = re.compile(r"\b(?:i|we|he|she|they|(?:my|our|his|her|their) \w+)(?: (?:is|am|are|was)|['’](?:m|s|re))\s*$", re.IGNORECASE)
_BARE_ONE = re.compile(
    r"^\W*(?:(?:and|but|or|so|ok(?:ay)?|what about|how about|is)\b[\s,]*)*(?:the )?(new|newer|old|older|accelerated)\W*$", re.IGNORECASE
)
# "She", "for her" and "her permit" after "my wife": whom the user spoke of last.
_SOMEBODY = re.compile(
    r"\b(?:(?P<own>his|their|her(?= \w)(?! (?:in|to|with|on|at|if|from|and|or|too|also|now|then|for|as|when|while|here|there|be)\b))"
    r"|(?P<who>she|he|they|her|him|them))\b(?!['’])",
    re.IGNORECASE,
)
# "My husband is a US citizen": the question is about what he could apply for himself, as about anybody.
_APPLIES = re.compile(r"\b(?:citizens?|nationals?|passports?|engineers?|developers?|nurses?|doctors?)\b", re.IGNORECASE)
_SOMEBODY_THERE = re.compile(r"\b(?:Canadian )?(?:citizens?|permanent residents?)\b", re.IGNORECASE)
# "My daughter is 19": who is spoken of later is of that age.
_HOW_OLD = re.compile(
    r"\b(?:my|our) (\w+)(?: is|['’]s|,)? (?:now |just |only |aged? )?(\d{1,2})(?! ?(?:%|k\b|months?|weeks?|days?|hours?))\b", re.IGNORECASE
)
# "What did he say if only few stay", after an answer that names a lawyer.
_SAYS = re.compile(
    r"\b(?:says?|said|think|thinks|thought|means?|meant|calls?|called|expects?|expected|believes?|quoted?|predict\w*)\b", re.IGNORECASE
)
_WHO_IS = re.compile(r"\W*(?:(?:and|so|but|ok|okay)\b\W*)*who(?:['’]?s| is| was) (?:he|she)\b", re.IGNORECASE)
_NAME, _WHOSE = r"([A-Z][\w'’-]+ [A-Z][\w'’-]+)", r"(?:lawyer|consultant|reporter|minister|professor|economist|analyst)"
_NAMES_SOMEBODY = re.compile(
    rf"\b(?i:{_WHOSE}) {_NAME}|\b{_NAME},? (?:is |was |of )?(?:an? |the )?(?:[\w-]+ ){{0,3}}?(?i:{_WHOSE}|law firm)\b"
)
_SHE, _HE = frozenset(("she", "her")), frozenset(("he", "him", "his"))
# Money and an offer are asked of the permit that somebody holds, and a worker's spouse holds a permit of her or his own.
_OWN_PERMIT = re.compile(
    r"\b(?:fees?|costs?|how much|price|pay|job offer|offer|lmia|employer|documents?|docs|papers|forms?)\b", re.IGNORECASE
)
_SPOUSE = re.compile(r"\b(?:wife|husband|spouse|partner)(?:['’]?s)?\b", re.IGNORECASE)
_SPOUSES = "spousal-open-work-permit"
_OF_WORKERS = frozenset("global-talent-stream global-skills-strategy intra-company-transfer francophone-mobility work-permit".split())
# Says something of somebody and asks nothing: the last question is asked again with it.
_STATES = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|well|actually|sorry)\b[\s,]*)*"
    r"(?:i['’]?m|i['’]?ve|we['’]re|we['’]?ve|s?he['’]?s|they['’]?re|they['’]?ve"
    r"|(?:i|we|s?he|they) (?:al+ready |just |only |also |still |now )?"
    r"(?:am|are|is|have|has|had|was|were|got|gave|did|do|paid|sent|applied|lost|filed|submitted|received"
    r"|signed|earn|make|live|lived|hold)|mine (?:is|was)"
    r"|(?:my|our) (?:\w+ )?\w+ (?:is|was|are|were|has|had|stays?|lives?|works?|expires?|ends?|remains?))\b"
    r"(?! (?:mean|meant|asking|talking))",
    re.IGNORECASE,
)
# The same without its subject: "gave it 6 years ago", "got mine for 18 months only".
_TOLD = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|well|actually|already)\b[\s,]*)*"
    r"(?:(?:got|gave|paid|applied|lost|filed|submitted|moved|worked|received|finished)\b|been (?:with|in|on|at|here|there|working)\b)",
    re.IGNORECASE,
)
# "It already expired 20 days ago", and what somebody may hold that does.
_IT_EXPIRED = re.compile(
    r"\b(?:it|that|mine)\b(?= (?:(?:has|is|was|had|already|just) ){0,2}(?:expired|ran out|run out|lapsed))", re.IGNORECASE
)
_HELD = re.compile(r"\b(?:work permit|study permit|visitor record|permit)\b", re.IGNORECASE)
# "Married": how somebody is counted, which the last question is asked again with.
_MARRIED = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|what|if|i['’]?m|i am|we['’]?re|we are)\b[\s,]*)*"
    r"((?:not |un)?married|single|divorced|with(?:out)? (?:a |my )?(?:spouse|partner))\W*$",
    re.IGNORECASE,
)
# "And for the study permit is it the same", "is it the same for my wife": the last question is asked of that.
_IS_THE_SAME = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?)\b[\s,]*)*(?:(?:for|in|with|under|about) (?P<of>[^,?]+?),? )?(?:is|are|does|would)"
    r"(?: (?:it|that|this|they|the))? (?:be )?(?:the )?same(?! as\b)"
    r"(?: (?:number|amount|fee|price|cost|time|rules?|thing|score|deadline|days|years|for|in|with|under|too))*"
    r"(?: (?:the )?(?P<what>[^?]+?))?\W*$",
    re.IGNORECASE,
)
# "And about pay", after what somebody says about something.
_AND_ABOUT = re.compile(r"^\W*(?:(?:and|so|ok(?:ay)?)\b[\s,]*)*(?:(?:what|how) )?about (.+?)\W*$", re.IGNORECASE)
_SAYS_ABOUT = re.compile(r"^.*\b(?:says?|said|think|thinks|thought|tells?|told|writes?|wrote) (?:about|on|of)\b", re.IGNORECASE)
# "What if I'm applying under CEC": the last question is asked of that.
_BY_ANOTHER = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?)\b[\s,]*)*(?:what )?if (?:i|we)(?:['’]?m| am|['’]re| are)? "
    r"(?:apply|applying|go|going|come|coming|qualify|do (?:it|that)|get (?:it|in|pr)) "
    r"(?:in )?(?:under|through|thru|via|by|with|using) (?:the )?(?!(?:my|our|his|her|me|us|them|an?)\b)(.+?)\W*$",
    re.IGNORECASE,
)
_QUESTIONS = re.compile(
    r"\b(?:how|what|when|where|which|who|why)\b|^\W*(?:is|are|can|could|do|does|did|will|would|should|may|must)\b", re.IGNORECASE
)
_PARTS = re.compile(r"\s*[,;.:]\s+|\s+-+\s+")
# What follows a comma tells more of it, and names nothing that is asked for: "not a nurse", "since 2019", "the last day was Friday".
_GOES_ON = re.compile(
    r"^\W*(?:(?:but|and|also)\b\s*)?(?:(?:not|no|since|for|with|without|in|at|on|from|until|till|after|before|as)\b"
    r"|(?:the|it|this|that) (?:\w+ ){0,3}(?:is|was|are|were|has|had)\b)",
    re.IGNORECASE,
)
# "What's the quickest of those?", after an answer that names several routes.
_OF_THOSE = re.compile(
    r"\b(?:the )?(?!(?:most|least|rest|cost|test|list|last|first|west|est)\b)(\w+est|best) (?:one |way |route |option )?"
    r"(?:of|among|from|out of) (?:those|these|them|all)\b",
    re.IGNORECASE,
)
_FASTEST = re.compile(r"(?:qui(?:c?k|ck)|fast|soon|speedi)\w*", re.IGNORECASE)
# "Can we use Express Entry for that", after a place was spoken of.
_FOR_THAT = re.compile(r"\bfor (that|this|it|there)\b(?=\W*$)", re.IGNORECASE)
# Says what is wanted, or that something is.
_WANTS = re.compile(
    r"\b(?:want\w*|wish\w*|hope|hoping|look(?:ing)? (?:for|to|at|into)|try(?:ing)?|plan(?:s|ning|ned)?|think(?:ing)?|"
    r"consider\w*|interested|help|advi[cs]e|options?|next|confused|wonder\w*|curious|sure|worried|eligible|allowed|enough|possible|please|pls|plz|or)\b",
    re.IGNORECASE,
)
_OBJECTS = re.compile(r"^\W*but\b(?! what if| if)", re.IGNORECASE)
_SUPPOSES = re.compile(r"^\W*(?:(?:and|or|but|so|ok(?:ay)?|even|what)\b[\s,]*)*(?:if|unless|because|in case)\b", re.IGNORECASE)
_OTHER_WAY = re.compile(
    r"\b(?:what|anything|something) else (?:is there|can i do|could i do|do i have|is possible|for me)\b|\balternatives?\b|\bmy options\b|"
    r"\bwhat (?:can|could|should) (?:i|we) (?:actually |really |still |even )?apply for(?: (?:now|today|instead|then))?\W*$|"
    r"\b(?:other|another|alternative|different|remaining) (?:ways?|options?|routes?|paths?|pathways?|possibilit(?:y|ies))\b",
    re.IGNORECASE,
)
_OPTIONS = "What are my options to move to Canada?"
# While a program is not open, what can be done is something else.
_MEANWHILE = re.compile(
    r"\bwhat (?:can|could|should|do) (?:i|we) do\b.{0,12}\b(?:meanwhile|in the meantime|meantime|until then|till then)\b|"
    r"^\W*(?:(?:so|and|ok(?:ay)?|but)\b[\s,]*)*(?:what )?(?:meanwhile|in the meantime|until then|till then)\W*$",
    re.IGNORECASE,
)
_INSTEAD_OF_IT = re.compile(
    r"^\W*(?:(?:so|then|and|ok(?:ay)?|but)\b[\s,]*)*"
    r"(?:(?:what|anything|something)(?: can i (?:do|use|apply for)| is there| do i do)?(?: now)? instead"
    r"|what(?:['’]?s| has| is| have)? (?:been )?(?:replaced|replacing|replaces) (?:it|that|this|them)(?: with)?"
    r"|(?:what(?:['’]?s| is| was)|is there) (?:the|a|an|its|any) (?:replacement|successor)(?: (?:for|of|to) (?:it|that|this))?)\W*$",
    re.IGNORECASE,
)
_NTH = re.compile(
    r"\b(?:(?:the|that|this) )?(first|second|third|fourth|1st|2nd|3rd|4th|last)(?: (?:one|thing|option|way|route|program(?:me)?))?\b"
    r"(?: (?:that )?(?:you|u) (?:said|mentioned|named|gave|listed))?",
    re.IGNORECASE,
)
_THE_LATEST = re.compile(  # of rounds, not of a list
    r"\b(?:was|were|when|since|scores?|cut-?offs?|points|draws?|rounds?|invitations?)\b.*\blast\b", re.IGNORECASE
)
_YOU_SAID = re.compile(r"\b(?:you|u) (?:said|mentioned|named|gave|listed)\b", re.IGNORECASE)
_PLACE_OF = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1}
_ASKED_BACK = re.compile(r"Which one do you mean: (.+)\?\s*$")
_COMING = re.compile(r"\b(?:will|when|going to|gonna)\b(?=.*\bopen\b)", re.IGNORECASE)
_OVER = frozenset(("closed", "paused", "replaced"))
_NOT_OPEN = _OVER | {"announced", "proposed"}
_IT = re.compile(r"(?<=\w )\b(?:it|this|that)\b(?= *(?:[?.!,]|$|too|also|as well|for|from))", re.IGNORECASE)
_OF_AN_AMOUNT = re.compile(
    r"\b(?:how (?:long|much|many|soon)|fees?|costs?|who pays|times?|when|which forms?|what forms?|documents?|points?)\b", re.IGNORECASE
)
_ORDINARY = re.compile(
    r"\b(?:normal|regular|ordinary|usual|standard) (?:\w+ ){0,3}(?:permits?|visas?)\b", re.IGNORECASE
)  # not the one talked of
_SORT = re.compile(r"\bthe (pathway|stream|strategy|pilot|draws?)\b", re.IGNORECASE)
_RENEWS = re.compile(
    r"\b(?:renew\w*|extend\w*|extensions?|(?:rest|remainder) of (?:the|my|our)|remaining (?:years?|months?|time))\b", re.IGNORECASE
)
_IN_GENERAL = "work-permit"
_LATELY = 3  # questions back
NO_SUBJECT = frozenset(("fees",))  # programs that only say what sort of thing is asked


class Rewriter(Protocol):
    """Writes a follow-up as a stand-alone question, as a language model can; None where it has nothing better than the rules."""

    def __call__(self, question: str, history: Sequence[Turn]) -> str | None: ...


@dataclass(frozen=True)
class StandAlone:
    """The question as it reads alone. `typed` is what was typed, for searching both forms; `named` are the programs it names itself,
    `inferred` those it takes from the conversation; `context` is what the search adds from the history, empty for a new topic;
    `previous` is the question that it goes on from."""

    text: str
    typed: str
    named: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    previous: str = ""

    @property
    def about(self) -> tuple[str, ...]:
        return self.named or self.inferred


@dataclass(frozen=True)
class _Field:
    """What is known of the field: its programs, the programs that a text names, whether it holds a word of the field, whether it names one
    of its terms, and what an answer of ours is about, None where that isn't known."""

    programs: Mapping[str, Program]
    named_in: Callable[[str], list[str]]
    speaks: Callable[[str], bool]
    terms_in: Callable[[str], bool]
    answered: Callable[[str], Sequence[str] | None] = lambda _: None

    def asks_of_a_thing(self, question: str) -> bool:
        """Whether a question is about a thing of the field that is no program: "what is an LMIA", "is a medical exam needed"."""
        about, needs = focus(question), _NEEDS.search(question)
        if needs is not None and self.terms_in(question[needs.end() :]):
            return True
        return about is not None and (needs is not None or introduces(question)) and self.terms_in(about.text)


@dataclass
class _Said:
    """The conversation so far: the user's questions standing alone, the messages as they were, and the last answer."""

    asked: list[StandAlone] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    answer: str = ""

    def up_to(self, question: int) -> _Said:
        """The conversation as it was after the question of this number, from 0."""
        users = [place for place, turn in enumerate(self.turns) if turn.role == "user"]
        end = users[question + 1] if question + 1 < len(users) else len(self.turns)
        answered = [turn.content for turn in self.turns[users[question] : end] if turn.role == "assistant"]
        return _Said(self.asked[: question + 1], self.turns[:end], answered[-1] if answered else "")


def stand_alone(
    question: str,
    history: Sequence[Turn],
    programs: Mapping[str, Program],
    named_in: Callable[[str], list[str]],
    in_field: Callable[[str], bool],
    rewriter: Rewriter | None = None,
    names_term: Callable[[str], bool] | None = None,
    answered: Callable[[str], Sequence[str] | None] = lambda _: None,
) -> StandAlone:
    """Rewrite `question` so that it reads alone. `named_in` finds the programs a text names; `in_field` tells whether it holds a word
    of the field, or one that asks for a fee, a time and the like, `names_term` (else the same) whether it names a term of the glossary
    or a program; `answered` tells what programs an answer is about, None where it doesn't know. What a `rewriter` gives takes the place
    of the text; everything else, and the text where it gives None, is as the rules have it."""
    known = _Field(programs, lru_cache(maxsize=None)(named_in), in_field, names_term or in_field, answered)
    made = _by_rules(question, history, known)
    text = rewriter(made.typed, history) if rewriter is not None and history else None
    if text is None or not text.strip():
        return made
    named = tuple(named_in(text))
    return replace(made, text=text.strip(), named=named or made.named, inferred=() if named else made.inferred)


def _by_rules(question: str, history: Sequence[Turn], known: _Field) -> StandAlone:
    if history:
        question = _TYPED_SO.sub(lambda typed: _TYPED[typed[0]], question)
        history = [
            t.model_copy(update={"content": _TYPED_SO.sub(lambda m: _TYPED[m[0]], t.content)}) if t.role == "user" else t for t in history
        ]
    history = _without_declined(history, question)
    if _is_elsewhere(history, known):
        return _of_anything(question, history, known.named_in)
    said = _Said()
    for turn in history:
        if turn.role == "user":
            said.asked.append(_stand_alone(turn.content, said, known))
            said.answer = ""
        elif said.asked:
            said.answer = turn.content
        said.turns.append(turn)
    return _stand_alone(question, said, known)


def _without_declined(history: Sequence[Turn], question: str) -> Sequence[Turn]:
    """The conversation without what was declined as being of something else, on which only what goes on from it leans: "how's the weather
    in Toronto" – "and in Vancouver?"."""
    declined = [
        place
        for place, turn in enumerate(history[1:], 1)
        if turn.role == "assistant" and DECLINED in turn.content and history[place - 1].role == "user"
    ]
    if declined and declined[-1] == len(history) - 1 and (_OPENS.match(question) or _REFERS.search(question)) and not _NTH.search(question):
        declined.pop()
    gone = {at for place in declined for at in (place - 1, place)}
    return [turn for place, turn in enumerate(history) if place not in gone] if gone else history


def _is_elsewhere(history: Sequence[Turn], known: _Field) -> bool:
    """Whether a conversation is about something else than the field: no program is named in it, and few of its questions hold a word of
    the field, or it began with something else and few hold a word that is the field's alone ("how much is a used car?")."""
    asked = [turn.content for turn in history if turn.role == "user"]
    if not asked or any(known.named_in(_opening(turn)) for turn in history):
        return False
    if any(_OURS & set(terms(one)) for one in asked):
        return False
    telling = [one for one in asked if len(terms(one)) > 1] or asked  # "usa" may answer what we asked
    if 2 * sum(map(known.speaks, telling)) <= len(telling):
        return True
    if any(turn.role == "assistant" and len(domain_terms(_opening(turn))) > 1 for turn in history):
        return False
    strictly = [bool(domain_terms(one)) or known.terms_in(one) for one in asked]
    return not strictly[0] and 2 * sum(strictly) < len(asked)


def _of_anything(question: str, history: Sequence[Turn], named_in: Callable[[str], list[str]]) -> StandAlone:
    """In a conversation that is mostly about something else than the field, a new word is no sign of a new topic."""
    plain = _THANKS.sub("", question.strip()) or question
    fresh = _SWITCH.match(plain)
    plain = (plain[fresh.end() :] if fresh else question.strip()) or plain
    text = plain if fresh else resolve(plain, history)
    named = tuple(named_in(plain))
    if text == plain:
        return StandAlone(plain, plain, named)
    asked = [turn.content for turn in history if turn.role == "user"]
    answers = [turn.content for turn in history if turn.role == "assistant"]
    inferred = () if named else tuple(named_in(text))[:1]
    return StandAlone(text, plain, named, inferred, tuple(dict.fromkeys((asked[0], asked[-1], *answers[-1:]))), asked[-1])


def _stand_alone(question: str, said: _Said, known: _Field) -> StandAlone:
    question = _FILLS.sub("", question.strip()) or question
    question = _THANKS.sub("", question.strip()) or question
    fresh = _SWITCH.match(question) or (said.asked and (_ASIDE.match(question) or _MOVES_ON.match(question)))
    question = (question[fresh.end() :] if fresh else question) or question
    named = known.named_in(question)
    if said.asked and is_vague(question) and NO_SUBJECT.issuperset(named):
        named = []  # "application fee?"
    if not said.asked or fresh:
        return StandAlone(question, question, tuple(named))
    last = said.asked[-1]
    if (same := _IS_THE_SAME.match(question)) is not None and terms(of := same["of"] or same["what"] or ""):
        question, named = f"and for {of}?", known.named_in(of)
    if (about := _AND_ABOUT.match(question)) is not None and (says := _SAYS_ABOUT.match(last.text)) is not None:
        text = f"{says[0]} {about[1]}?"  # "what does the report say about pay"
        return StandAlone(text, question, tuple(known.named_in(text)), (), _context(said), last.text)
    if (by := _BY_ANOTHER.match(question)) and named and named[0] in known.programs and _says_only(by[1], known.programs[named[0]]):
        question = f"what about {by[1]}?"
    if says_it_expired(question):  # what was asked of a permit that lasts is not asked of one that does not
        permits = (held[0] for asked in reversed(said.asked) if (held := _HELD.search(asked.text)))
        question = _IT_EXPIRED.sub(f"my {next(permits, 'permit')}", question, count=1)
        return StandAlone(question, question, tuple(named))
    if len(question) > _LONG:
        return StandAlone(question, question, tuple(named))
    if not named and (doubts := _DOUBTS.search(question)) is not None:
        against = f"{question[: doubts.start()]}{question[doubts.end() :]}".strip(" ,.;:?!")
        if not terms(against):
            return last
        claims = _CLAIMS.search(against)
        if claims is not None and last.about and last.about[0] in known.programs and re.search(r"\d", against):
            text = _about(f"{claims[1]}?", known.programs[last.about[0]])  # "my cousin said it began on 2 January and costs 600"
            return StandAlone(text, question, (), last.about, _context(said), last.text)
        if not _ASKS.match(against) and len(terms(against)) <= 2 * _SHORT:
            doubted = last.previous if last.previous and not _ASKS.search(last.typed) else last.text  # a fragment is no question by itself
            return StandAlone(f"{_bare(doubted)}, {against}?", against, (), last.about, _context(said), doubted)
    if (back := _BACK.match(question)) is not None:
        return _of_before(back, said, known)
    if (instead := _INSTEAD.match(question)) is not None and (put := _put_right(instead, last, said, known)):
        return put
    if (corrects := _CORRECTS.match(question)) is not None:
        return _corrected(corrects, said, known)
    if (of_this := _OF_THIS.match(question)) is not None and (of_it := _asked_of(of_this, said, known)) is not None:
        return of_it
    if all(program.startswith(UNITED_STATES) for program in named) and (again := _elsewhere(question, last, said, known)):
        return again
    if (
        not named
        and _MEANWHILE.search(question)
        and any(known.programs[p].standing in _NOT_OPEN for p in last.about if p in known.programs)
    ):
        return StandAlone(_OPTIONS, question)
    if not named and _OTHER_WAY.search(question) and len(terms(question)) <= _SHORT:
        return StandAlone(_OPTIONS, question)
    if not named and _INSTEAD_OF_IT.match(question):
        return _in_its_place(question, last, known)
    if not named and (of_those := _OF_THOSE.search(question)) is not None and len(_programs_of(said.answer, known)) > 1:
        return StandAlone(f"Which route is {_FASTEST.sub('fastest', of_those[1])}?", question)
    if not named and (one := _one_of_them(question, said, known)) is not None:
        return one
    apart = next(filter(None, (told_apart(question, _bare(one.text)) for one in said.asked[: -_LATELY - 1 : -1])), "")
    if not named and apart:
        return StandAlone(apart, question, tuple(known.named_in(apart)), () if known.named_in(apart) else last.inferred)
    stands = not named or only_tells(question) and all(program.startswith(UNITED_STATES) for program in named)  # "I'm on H-1B"
    if (state := _MARRIED.match(question)) is not None:  # how somebody is counted: the last question again, with that
        asked = _bare(last.text).rsplit(", ", 1)[0] if _MARRIED.match(last.typed) else _bare(last.text)
        return StandAlone(f"{asked}, {state[1]}?", question, tuple(known.named_in(asked)), last.inferred)
    added = "" if not stands else clause["clause"] if (clause := _only_supposes(question)) else _finishing(question, last)
    if added:
        instead_of = bool(last.previous and _only_supposes(last.typed) and _only_supposes(question))  # one supposition for the other
        asked = _bare(last.previous if instead_of else last.text)
        text = f"{asked if instead_of or len(terms(asked)) >= _SHORT else _subject(last)}, {added}?"
        text = _about(text, known.programs[last.inferred[0]]) if last.inferred and last.inferred[0] in known.programs else text
        return StandAlone(text, question, (), last.about, _context(said), last.text)
    talked_of = _talked_of(said, known)
    old = _ONE_OF_YEAR.search(question) or _ONE.search(question) or _BARE_ONE.match(question)
    if old is not None and (_THE_LATEST.search(question) or _IS_ONE.search(question[: old.start()])):
        old = None
    if old is not None and _NEW.fullmatch(old[1]) and _RENEWS.search(last.text):  # it is the permit that comes of it
        old = None
    if not named and old is not None and (meant := _which(old[1], talked_of, known.programs)):
        own = f"{question[: old.start()]}{_named(known.programs[meant])}{question[old.end() :]}"
        if (both := _comparing(own, [meant], talked_of, last, known)) is not None:
            return both
        return _of_another(question, old, known.programs[meant], last, known)
    spoken = _with_a_thing(_at_that_age(_with_somebody(question, said), said), talked_of, said, known)
    if named and (that := _FOR_THAT.search(question)) is not None and (place := _place_talked_of(last, known)):
        return StandAlone(f"{question[: that.start(1)]}a move to {place.title()}?", question, tuple(named))
    if named and (it := _IT.search(question)) is not None:
        if thing := _thing_asked_of(said, known):
            return StandAlone(f"{question[: it.start()]}{thing}{question[it.end() :]}", question, tuple(named))
        if needing := _needing_it(question, it, named, last, known):
            return StandAlone(needing, question, tuple(named))
    spoken_of = list(dict.fromkeys(program for asked in reversed(said.asked) for program in asked.about if program in known.programs))
    if (both := _comparing(question, named, talked_of, last, known, spoken_of, _pair(said))) is not None:
        return both
    if not _leans(question, named, talked_of, known) or _is_of_canada(question, named, talked_of, known):
        return StandAlone(spoken, question, tuple(named))
    # "And for Express Entry?" asks the last question again; "what about my wife?" asks a new one about the same program.
    if named and named[0] in known.programs and _says_only(question, known.programs[named[0]]):
        program = known.programs[named[0]]
        if objects(last.typed):  # "But a blog says that founders are welcome" is nothing that could be asked again
            return StandAlone(f"What is {program.name}?", question, tuple(named))
        text = (_again if _OPENER.match(question) else _with_program)(_bare(last.text), program, known)
        if text:
            return StandAlone(text, question, tuple(named))
    needed = _OF_A_THING.search(question) is not None and spoken != question  # what was typed without its "it" is near to nothing
    return _leaning(spoken, named, _of_a_spouse(spoken, talked_of, known), said, known, spoken if needed else question)


def _asked_of(of_this: re.Match[str], said: _Said, known: _Field) -> StandAlone | None:
    """The question behind "what about …", asked of what is named there; None where that changes the last question: a place, a relative, a
    program with nothing to put it in for."""
    what, rest = of_this["what"].strip(), of_this["rest"]
    if not _ASKS.match(rest) or place_in(what) or relative_in(what) or _REFERS.search(what) or not terms(what):
        return None
    named = tuple(known.named_in(what))
    if (it := _REFERS_TO_IT.search(rest)) is not None:
        return StandAlone(f"{rest[: it.start()]}{what}{rest[it.end() :]}", of_this[0], named or tuple(known.named_in(rest)))
    if named:
        return None
    return StandAlone(f"{rest.rstrip('?.! ')} – about {what}?", of_this[0], tuple(known.named_in(rest)), (), _context(said), what)


def _in_its_place(question: str, last: StandAlone, known: _Field) -> StandAlone:
    """ "What instead?": what came in the program's place, or else the ways to the place that it was for, or to Canada."""
    program = known.programs.get(last.about[0]) if last.about else None
    if program is not None and program.replaced_by in known.programs:
        return StandAlone(f"What is {_named(known.programs[program.replaced_by])}?", question, (program.replaced_by,))
    place = next((place for name in _names(program) if (place := place_in(name))), "") if program is not None else ""
    return StandAlone(f"How can I move to {place.title()}?" if place else _OPTIONS, question)


def _comparing(
    question: str,
    named: Sequence[str],
    talked_of: Sequence[str],
    last: StandAlone,
    known: _Field,
    asked_of: Sequence[str] = (),
    pair: Sequence[str] = (),
) -> StandAlone | None:
    """The question with both things that it compares: "how is it different from X", "what is the difference with X", "how is it
    different" after two that were `asked_of`, the latest first, and, after a `pair` was compared, "which one is faster"."""
    others = [program for program in talked_of if program in known.programs and program not in named]
    it = _COMPARES.search(question)
    if named and others:
        other = _named(known.programs[others[0]])
        if it is not None:
            return StandAlone(f"{question[: it.start(1)]}{other}{question[it.end(1) :]}", question, (others[0], *named))
        if len(named) == 1 and _DIFFERENCE.search(question):
            return StandAlone(f"{question.rstrip('?.! ')}, {other}?", question, (*named, others[0]))
    if named:
        return None
    if it is not None and len(asked_of) > 1 and re.search(r"\bdiffer\w*\W*$", question, re.IGNORECASE):
        first, second = (_named(known.programs[program]) for program in asked_of[:2])
        return StandAlone(
            f"{question[: it.start(1)]}{first}{question[it.end(1) :].rstrip('?.! ')} from {second}?", question, tuple(asked_of[:2])
        )
    two = [program for program in pair or last.named if program in known.programs]
    compared = _DIFFERS.search(last.text) or " or " in last.text or set(last.about) < set(two)
    if len(two) == 2 and compared and _WHICH_ONE.search(question):
        first, second = (_named(known.programs[program]) for program in two)
        return StandAlone(f"{question.rstrip('?.! ')}, {first} or {second}?", question, tuple(two))
    return None


def _finishing(question: str, last: StandAlone) -> str:
    """What finishes the last question: where, how or when, for whom an amount or a time is asked, or what the user says of themselves."""
    if added := closing(question, for_whom=bool(_OF_AN_AMOUNT.search(last.text))):
        return added
    tells = only_tells(question) or (
        _STATES.match(question) and not _ASKS.search(_STATES.sub("", question)) and not _PUSHES.search(question)
    )
    return question.strip().rstrip("?.! ") if tells and len(terms(question)) <= _SHORT else ""


def needed_in(question: str) -> str:
    """The words for what a question asks the need of: "do I need *biometrics*"; "" for any other."""
    needs = _NEEDS.search(question)
    return question[needs.end() :] if needs is not None else ""


def _only_supposes(question: str) -> re.Match[str] | None:
    """The clause that finishes the last question, where a question is no more than that: "if the province nominates him, then the months
    change?" goes on to ask something."""
    clause = _CLAUSE.match(question)
    return clause if clause is not None and _CONCLUDES.search(clause["clause"]) is None else None


def asks_nothing(typed: str) -> bool:
    """Whether what was typed supposes or tells something and asks nothing: "and if I move there first?", "gave it 6 years ago". Who objects
    ("but I have an offer") asks about what is objected."""
    if _OBJECTS.match(typed) or _BY_ANOTHER.match(typed):
        return False
    if _SUPPOSES.match(typed):
        return _only_supposes(typed) is not None
    told = _STATES.match(typed) or _TOLD.match(typed)
    return told is not None and not _ASKS.search(typed[told.end() :]) and not _PUSHES.search(typed)


def only_tells(message: str) -> bool:
    """Whether a message tells where somebody stands, and neither asks anything nor says what is wanted: "I have two years left on H-1B"."""
    told = _STATES.match(message) or _TOLD.match(message)
    if told is None or "?" in message:
        return False
    if any(asks.search(message[told.end() :]) for asks in (_PUSHES, _NEEDS)) or _WANTS.search(message) is not None:
        return False
    first, *others = _PARTS.split(message[told.end() :].strip(" .!"))
    if _ASKS.search(first) or any(_QUESTIONS.search(part) for part in others):
        return False
    return all(any(tells.match(part) for tells in (_STATES, _TOLD, _GOES_ON)) for part in others)


def objects(message: str) -> bool:
    """Whether a message is said against the last answer: "but every open permit has a holder fee"."""
    return _OBJECTS.match(message) is not None


def goes_back(message: str) -> bool:
    """Whether a message names what it comes back to before it asks: "back to the SIN, does it end with my permit"."""
    return _BACK.match(message) is not None


def says_which(typed: str) -> bool:
    """Whether what was typed only says which one is meant, as "same in bc?", "no, the new one" and "what if 3" do: what is asked of it is
    in the question before."""
    own = set(terms(_NEW.sub(" ", _OLD.sub(" ", typed)))) - _KIND_WORDS - _RATHER - _ANSWERS - _ALIKE - PLACES
    return all(term.isdigit() for term in own)


def _with_somebody(question: str, said: _Said) -> str:
    """With the relative in place of the pronoun that stands for one: the last that the user spoke of and that it can be."""
    pronoun = _SOMEBODY.search(question)
    if pronoun is None or _PERSON.search(question) or relative_in(question):
        return question
    word = pronoun[0].lower()
    one, sex = word in _SHE | _HE, "f" if word in _SHE else "m"
    asked = said.asked if one else said.asked[-1:]  # "they" is mostly somebody else: officers, an employer
    told = next((was.typed for was in reversed(asked) if relative_in(was.typed, sex if one else "pl")), "")
    somebody = one and (_SAYS.search(question) or _WHO_IS.match(question))
    if not told and somebody and (named := _NAMES_SOMEBODY.search(said.answer)) is not None:
        return f"{question[: pronoun.start()]}{named[1] or named[2]}{'’s' if pronoun['own'] else ''}{question[pronoun.end() :]}"
    if not told or _APPLIES.search(told):
        return question
    relative = relative_in(told, sex if one else "pl")
    if (aged := _HOW_OLD.search(told)) is not None and relative == f"my {aged[1].lower()}":
        relative = f"my {aged[2]}-year-old {aged[1].lower()}"
    return f"{question[: pronoun.start()]}{relative}{'’s' if pronoun['own'] else ''}{question[pronoun.end() :]}"


def _of_a_spouse(question: str, talked_of: Sequence[str], known: _Field) -> Sequence[str]:
    """The spouse's own permit before the worker's, where a fee or an offer is asked of her or him."""
    own = talked_of[:1] and talked_of[0] in _OF_WORKERS and _SPOUSES in known.programs
    return (_SPOUSES, *talked_of) if own and _SPOUSE.search(question) and _OWN_PERMIT.search(question) else talked_of


def _is_of_canada(question: str, named: Sequence[str], talked_of: Sequence[str], known: _Field) -> bool:
    """Whether a question that only is short says all that it needs: "do I need a visa, I am Indian", or, after talk of the United States,
    what Canada wants: "do I need a medical exam"."""
    needs = _NEEDS.search(question)
    if named or needs is None or _REFERS.search(question) or _OPENS.match(question):
        return False
    if citizenship_in(question) and re.search(r"\bvisa\b", question, re.IGNORECASE):
        return True
    return bool(talked_of) and talked_of[0].startswith(UNITED_STATES) and known.terms_in(question[needs.end() :])


def _at_that_age(question: str, said: _Said) -> str:
    """With the age that the user told last for "that age"."""
    if _THAT_AGE.search(question) is None:
        return question
    told = (aged["said"] or aged["old"] for one in reversed(said.asked) for aged in reversed(list(_AGED.finditer(one.typed))))
    age = next(told, "")
    return _THAT_AGE.sub(f"age {age}", question, count=1) if age else question


def _with_a_thing(question: str, talked_of: Sequence[str], said: _Said, known: _Field) -> str:
    """With the thing of the field that was asked about last for "it" in "do I need it": of the last question, where no program is talked
    of that it could stand for, or else of one of the last that the answer still tells of."""
    it = _OF_A_THING.search(question)
    if it is None or known.named_in(question) or any(known.terms_in(p.text) for p in phrases(question[: it.start()])):
        return question
    told = set(terms(_first_sentence(said.answer)))
    things = [
        p
        for back, one in enumerate(said.asked[:-_LATELY:-1])
        for p in phrases(_bare(one.text))
        if known.terms_in(f"{p.text}{p.tail}") and not known.named_in(p.text) and (not back and not one.about or set(terms(p.text)) <= told)
    ]
    if not things:
        return question
    return f"{question[: it.start(1)]}{things[0].said}{question[it.end(1) :]}"


def _one_of_them(question: str, said: _Said, known: _Field) -> StandAlone | None:
    """The question about one of several by its place: of those that the last answer lists, or those spoken of; who takes back what was
    understood ("no, the first one") means one of the latter."""
    ways = (_of_the_other, _of_the_list) if _TAKES_BACK.match(question) and not _OPENER.match(question) else (_of_the_list, _of_the_other)
    return next((made for way in ways if (made := way(question, said, known)) is not None), None)


def _of_the_other(question: str, said: _Said, known: _Field) -> StandAlone | None:
    """The question about "the other one": of what the user spoke of, or else of what the answers named, the first that is not talked of
    now; and about "the second" or "the latter": of two that a question named, or of those asked about in this conversation."""
    numbered, other = _NUMBERED.search(question), _THE_OTHER.search(question)
    place = numbered or other
    if place is None or len(terms(question)) > _SHORT + 2 or _COMPARES.search(question) or _DIFFERS.search(question):
        return None
    now = said.asked[-1].about[:1]
    spoken = _spoken_of(said, known)
    if numbered is not None:
        among = _pair(said) or (spoken if len(spoken) > 1 and " " in numbered[0] else ())  # "what must I do first" means none of them
        at = _PLACE_OF[numbered[1].lower()]
        meant = among[at] if at < len(among) else ""
    elif place["before"]:
        meant = "" if any(p.replaced_by in now for p in known.programs.values()) else next((p for p in spoken[::-1] if p not in now), "")
    else:
        answers = [turn.content for turn in reversed(said.turns) if turn.role == "assistant"]
        named = (p for answer in answers[:_LATELY] for p in known.named_in(answer))
        asked = (p for one in reversed(said.asked) for p in one.about)
        meant = next((p for p in (*asked, *named) if now and p not in now and p in known.programs), "")
    if meant not in known.programs:
        return None
    rest = _without(place, question)
    own = set(terms(rest)) - _ANSWERS
    return StandAlone(
        _about(rest, known.programs[meant]) if own else _again(said.asked[-1].text, known.programs[meant], known),
        question,
        (meant,),
    )


def _without(named: re.Match[str], question: str) -> str:
    """A question without what it names by its place, and without what takes back the last: "no, the first one. who pays"."""
    before, after = _LAST_LINK.sub("", question[: named.start()]), question[named.end() :]
    rest = _TAKES_BACK.sub("", f"{before.strip()} {after.strip(' ,.:;')}").strip(" ,.:;?!")
    return _LAST_LINK.sub("", rest)


def _spoken_of(said: _Said, known: _Field) -> list[str]:
    """The programs that the user asked about, in the order of asking; of a question of several, the first. What they hold in the United
    States says where they stand."""
    asked = (program for one in said.asked for program in one.about[:1] if program in known.programs)
    return list(dict.fromkeys(p for p in asked if p not in NO_SUBJECT and not p.startswith(UNITED_STATES)))


def _pair(said: _Said) -> tuple[str, ...]:
    """The two programs that a question named last, or ()."""
    return next((one.named for one in said.asked[::-1] if len(one.named) == 2), ())


def _of_the_list(question: str, said: _Said, known: _Field) -> StandAlone | None:
    """The question about "the second one", of the programs that the last answer lists or asks back about; None where it lists none."""
    nth = _NTH.search(question)
    if nth is None or len(terms(question)) > _SHORT + 2 or _THE_LATEST.search(question):
        return None
    listed = _programs_of(said.answer, known)
    if len(listed) < 2 and _YOU_SAID.search(question):
        listed = list(dict.fromkeys(known.named_in(said.answer)))
    place = _PLACE_OF[nth[1].lower()]
    if len(listed) < 2 or place >= len(listed) or listed[place] not in known.programs:
        return None
    program = known.programs[listed[place]]
    rest = _without(nth, question)
    own = set(terms(rest)) - _ANSWERS
    return StandAlone(_about(rest if own else _bare(said.asked[-1].text), program), question, (program.id,))


def _place_talked_of(last: StandAlone, known: _Field) -> str:
    """The province or city that the last question named, or the one whose program it was about; or ""."""
    return place_in(last.text) or next((place for program in last.about if (place := place_in(_label(program, known)))), "")


def _programs_of(answer: str, known: _Field) -> list[str]:
    """The programs that an answer lists or asks back about."""
    back = _ASKED_BACK.search(answer)
    rows = re.split(r", | or ", back[1]) if back else [row for row in answer.splitlines() if row.startswith("- ")]
    return list(dict.fromkeys(program for row in rows for program in known.named_in(row)[:1]))


def _needing_it(question: str, it: re.Match[str], named: Sequence[str], last: StandAlone, known: _Field) -> str:
    """ "Does CEC need it?" with what "it" is: the last question's thing ("proof of funds for Express Entry"), or else that question asked
    of the program named now; "" where more is asked than that, or the last question was of no program."""
    program = known.programs.get(named[0])
    if program is None or len(named) > 1 or named[0] in last.about:
        return ""
    own = {term for name in _names(program) for term in terms(name)}
    if not set(terms(question)) - own <= _NEEDING:
        return ""
    asked = _bare(last.text)
    before = next((known.programs[p] for p in known.named_in(asked) if p in known.programs), None)
    mention = _mention(asked, before) if before is not None else None
    thing = _LAST_LINK.sub("", asked[: mention.start()]).strip() if mention is not None and not _ASKS.search(asked) else ""
    if thing:
        return f"{question[: it.start()]}{thing}{question[it.end() :]}"
    return _with_program(asked, program, known)


def _thing_asked_of(said: _Said, known: _Field) -> str:
    """The thing of the field that the user last asked about by its name: "lmia" after "what is lmia"."""
    for one in reversed(said.asked):
        if known.asks_of_a_thing(one.text) and (about := focus(_bare(one.text))) is not None:
            return about.said
    return ""


def _placed(question: str, said: _Said) -> str:
    """With the place for "there", where the last question named one: "can i work there" after "can i go to canada"."""
    there = _THERE.search(question)
    place = next(iter(places_in(said.asked[-1].text)), "") if there and said.asked else ""
    return f"{question[: there.start()]}in {place}{question[there.end() :]}" if there and place else question


def _leaning(question: str, named: Sequence[str], talked_of: Sequence[str], said: _Said, known: _Field, typed: str = "") -> StandAlone:
    """What it leans on said behind it: the program, or else the topic of the conversation. `typed` where that was put in other words."""
    last, typed = said.asked[-1], typed or question
    american = bool(talked_of) and talked_of[0].startswith(UNITED_STATES)
    sorts = (_WHICH_OTHER, _SOMETHING, _SHARE_OF, *((_CANADA_DOES,) if american else ()))
    another = any(sort.search(question) for sort in sorts)
    about = named or [program for program in talked_of[:1] if program not in NO_SUBJECT and not another]
    if not named:
        about = _narrowed(question, about, said, known)
    if _THAT_ONE.search(question):  # what the last answer came to
        about = [p for p in known.named_in(_first_sentence(said.answer)) if p not in last.about][:1] or about
    text = question = _placed(question.rstrip(), said)
    if not named and about and about[0] in known.programs:
        if known.programs[about[0]].standing in _OVER and _COMING.search(text):
            text = re.sub(r"\bopen\b", "reopen", text, count=1, flags=re.IGNORECASE)
        extended = about[0] == _IN_GENERAL and any(_RENEWS.search(one.text) for one in said.asked[-_LATELY:]) and is_vague(question)
        if extended:
            typed = text = f"{text.rstrip('?.! ')}, for an extension"
        text = _about(text, known.programs[about[0]])
    elif introduces(last.text) and not named:
        text = resolve(question, (Turn(role="user", content=last.text),))
    if text == question.rstrip() and not named and (why := _WHY.match(text)) is not None:
        text = f"{_subject(last)}, and {why['why'].lower()}?"
    elif text == question.rstrip() and (not named or len(terms(question)) <= 3):
        text = f"{text.rstrip('?.! ')} – after “{' '.join(_subject(last).split()[:25])}”"
    # "crs points for a job offer", "and french?", "and a sibling?": a fragment goes on from the question, not from the fragment before it.
    fragments = last.previous and not _ASKS.search(last.typed) and not _ASKS.search(typed)
    return StandAlone(text, typed, tuple(named), () if named else tuple(about), _context(said), last.previous if fragments else last.text)


def _narrowed(question: str, about: Sequence[str], said: _Said, known: _Field) -> Sequence[str]:
    """The program meant where the one talked of is too wide or not the one: its renewal, when that is what was asked about, the province's
    that the question names, the closed one that the last answer named besides, when the question asks of a closing, or the one there that
    "the pathway" or "the stream" says."""
    sort = _SORT.search(question)
    if sort is not None and about and sort[1].lower() not in _label(about[0], known):
        about = [p for p in known.named_in(said.answer) if sort[1].lower() in _label(p, known)][:1] or about
    place = province_of(place_in(question))
    if place and about and place not in (label := _label(about[0], known)):  # each province has a program of its own
        there = [p for p in (_which(place, about, known.programs),) if p]
        about = there or ([] if place_in(label) else about)
    if _CLOSING.search(question) and not any(known.programs[p].standing in _OVER for p in about if p in known.programs):
        about = [p for p in known.named_in(said.answer) if p in known.programs and known.programs[p].standing in _OVER][:1] or about
    if about and any(_RENEWS.search(one.text) for one in said.asked[-_LATELY:]):
        renewals = (p for p in known.programs.values() if p.name.startswith("Renewal of "))
        about = [p.id for p in renewals if about[0] in known.named_in(p.name.removeprefix("Renewal of "))][:1] or about
    return about


def _label(program: str, known: _Field) -> str:
    return known.programs[program].name.lower() if program in known.programs else ""


def _context(said: _Said) -> tuple[str, ...]:
    """What the search hears of the conversation: its first and its last question, and the last answer."""
    users = [turn.content for turn in said.turns if turn.role == "user"]
    return tuple(dict.fromkeys(text for text in (users[0], users[-1], said.answer) if text))


def _subject(one: StandAlone) -> str:
    """The question that says what the conversation is about: this one, or where it says little, what it was said to come after."""
    after, own = re.search(r" – after “(.+)”", one.text), _bare(one.text)
    says_little = len(set(terms(own)) - ASKING) < 2 and not domain_terms(own) - PLACES - ASKING - _PEOPLE
    return after[1] if after and says_little else own


def _bare(question: str) -> str:
    """Without what was said behind it."""
    return re.split(r" – (?:about|after)\b", question, maxsplit=1)[0].rstrip("?.! ")


def _about(question: str, program: Program) -> str:
    """ "how much is it – about Express Entry?"; a question that opens with "about" does not say it twice."""
    said = question.rstrip("?.! ")
    return f"{said} – {'' if re.search(r'about', said, re.IGNORECASE) else 'about '}{_named(program)}?"


def _named(program: Program) -> str:
    """The program's name with its article."""
    return f"the {program.name}" if _COUNTED.search(program.name) else program.name


def _of_before(back: re.Match[str], said: _Said, known: _Field) -> StandAlone:
    """Goes back to an earlier question, the first or the latest that shares most words with what is named, and on from there."""
    what, rest = back["what"], back["rest"]
    wanted, programs = set(terms(what)), set(known.named_in(what))
    shared = [len(wanted & set(terms(one.text))) + 2 * len(programs & set(one.about)) for one in said.asked]
    place = 0 if _FIRST.search(what) else max(range(len(shared)), key=lambda n: (shared[n], n))
    then = said.up_to(place)
    if not rest:
        return then.asked[-1]
    named = known.named_in(rest)
    if named:
        return StandAlone(rest, rest, tuple(named))
    if not programs and not _FIRST.search(what) and shared[place] == 0:
        return StandAlone(f"{rest.rstrip('?.! ')} – about {what}?", rest, (), tuple(programs))
    talked_of = sorted(programs) or _talked_of(then, known)
    made = _leaning(rest, (), talked_of, then, known)
    if programs or _FIRST.search(what):
        return made
    return StandAlone(f"{rest.rstrip('?.! ')} – about {what}?", rest, (), made.inferred, made.context, made.previous)


def _put_right(instead: re.Match[str], last: StandAlone, said: _Said, known: _Field) -> StandAlone | None:
    """The last question with the right word in place of the wrong one, if it held the wrong one."""
    wrong, right = instead["old"] or instead["wrong"], instead["new"] or instead["right"]
    if place_in(right) and (again := _elsewhere(right, last, said, known)) is not None:
        return again
    noun = re.escape(right.split()[-1])  # "not study, work permit"
    own = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?: {noun})?(?![\w-])(?!.* – )", re.IGNORECASE)
    for asked in (last.text, last.previous):  # of a fragment, the question that it goes on from
        text = own.sub(lambda _: right, _bare(asked), count=1)
        if text != _bare(asked):
            text = _without_name_beside(text, right, known)
            text = text if asked == last.text else f"{_bare(last.text)} – after “{text}”"
            return _changed(text, right, last, known)
    return None


def _without_name_beside(text: str, thing: str, known: _Field) -> str:
    """Of "fees for work permit express entry", where the thing took the place of another, without the program that the other one was of."""
    own = known.named_in(thing)
    for program in known.named_in(text):
        found = _mention(text, known.programs[program]) if program in known.programs and program not in own else None
        if found is not None and text[: found.start()].rstrip().lower().endswith(thing.lower()):
            return f"{text[: found.start()].rstrip()}{text[found.end() :]}"
    return text


def _elsewhere(question: str, last: StandAlone, said: _Said, known: _Field) -> StandAlone | None:
    """The last question asked again of another place, nationality, relative or number, if that is all the question names."""
    if asks_whether_open(last.text) and re.search(r"\bmy\b", question, re.IGNORECASE):
        return None  # "what about my wife?" after "is it open?" asks how the program treats her
    fragment = last.previous and _OPENER.match(last.typed) and not _ASKS.search(_OPENER.sub("", last.typed))
    asked = _bare(last.previous if fragment else last.text)  # a fragment holds no place of its own: the question before it does
    again = swapped(question, asked)
    if not again:
        return None
    own = known.programs.get(_SPOUSES) if _OF_WORKERS.intersection(last.about[:1]) and _OWN_PERMIT.search(again) else None
    if own is not None and _SPOUSE.search(question):
        return StandAlone(_with_program(asked, own, known) or _about(asked, own), question, (), (_SPOUSES,))
    if relative_in(question) and known.named_in(asked) and not known.named_in(again) and (added := closing(question, for_whom=True)):
        again = f"{asked} {added}?"
    place, programs = place_in(question), [known.programs[p] for p in last.about if p in known.programs]
    if place and any(place_in(program.name) for program in programs):
        # Each province has a program of its own.
        other = _which(place, [p.id for p in programs], known.programs)
        if not other:
            return StandAlone(again, question, tuple(known.named_in(again)))
        # The next place is put into the question as it was, whose program is not this province's.
        return StandAlone(_with_program(again, known.programs[other], known) or again, question, (other,), previous=asked)
    if last.inferred and last.inferred[0] in known.programs and not known.named_in(again):
        return StandAlone(_about(again, known.programs[last.inferred[0]]), question, (), last.inferred)
    return _changed(again, question, replace(last, previous="") if fragment else last, known)


def _changed(text: str, typed: str, last: StandAlone, known: _Field) -> StandAlone:
    """The last question with a word changed, and the program that it was about, unless the changed word was part of that name; what it
    leant on where it was about none."""
    named = tuple(known.named_in(text))
    if not named and not last.about and last.previous and (behind := _AFTER.search(last.text)) is not None and " – after “" not in text:
        return StandAlone(f"{text.rstrip('?.! ')}{behind[0]}", typed, (), (), last.context, last.previous)
    kept = () if named or known.named_in(last.text) else last.named
    return StandAlone(text, typed, named or kept, () if named else last.inferred)


def _leans(question: str, named: Sequence[str], talked_of: Sequence[str], known: _Field) -> bool:
    content = terms(question)
    if _ORDINARY.search(question):
        return False
    objects = _OBJECTS.match(question)
    if objects and len(content) <= 9 and not question.rstrip().endswith("?") and not _ASKS.match(question[objects.end() :].lstrip()):
        return True  # "but a green card is permanent residence" is said against the last answer, whatever it names
    if named and named[0] not in talked_of and len(content) <= 1:
        return True
    if named and talked_of and named[0] not in talked_of:
        # Names another program: it leans only as "what about X?" does, carrying the last question's subject.
        return _OPENER.match(question) is not None and not _ASKS.search(_OPENER.sub("", question)) and len(content) <= _SHORT
    if introduces(question) and not is_vague(question) and known.terms_in(question) and not _REFERS.search(question):
        return False  # "what is an LMIA" is asked of no program
    if _WHAT_OR_HOW.match(question) and places_in(question) and not _REFERS.search(question):
        elsewhere = set(content) - PLACES - ASKING
        if elsewhere and not known.speaks(without_places(question)):
            return False  # "what's the weather in Toronto"
    if _INTRODUCES.match(question) and len(content) > 2 and not _REFERS.search(re.sub(r"^\W*then\b", "", question, flags=re.IGNORECASE)):
        return False
    if _PUSHES.search(question) and not _ASKS.search(question) and len(content) <= 8:
        return True
    if _DANGLES.search(question) and len(content) <= 5:
        return True
    if _OPENS.match(question) and len(content) <= 9:
        return True
    if _REFERS.search(_PERSON.sub(" ", question)) and len(content) <= 8:
        return True
    return (
        len(content) < _SHORT
        and not named
        and (
            len(content) <= 1
            or known.speaks(question)
            or len(content) <= 2
            and not _ASKS.search(question)
            or _BARE.search(question) is not None
        )
    )


def _with_program(previous: str, program: Program, known: _Field) -> str:
    """The last question with `program` for the one it named, or "" where it named none or several. "Fee" and the like are no subject."""
    mentions: dict[str, str] = {}
    place = place_in(program.name)
    for before in (known.programs[p] for p in known.named_in(previous) if p in known.programs):
        found = _mention(previous, before, place)
        if found is not None:
            mentions.setdefault(before.id, f"{previous[: found.start()]}{_named(program)}{previous[found.end() :].rstrip('?.! ')}?")
    if program.id in mentions or len(mentions) > (2 if _DIFFERS.search(previous) else 1):
        return ""
    return next(reversed(mentions.values()), "")  # of two that are compared, the one that the other is compared with


def _mention(text: str, program: Program, place: str = "") -> re.Match[str] | None:
    """Where a text names the program, by its longest name there, with its article and with the `place` before it; None where it only asks
    for a fee and the like."""
    own = rf"(?:{re.escape(place)} )?" if place else ""  # "quebec pnp" is not "quebec the Quebec program"
    for name in sorted(_names(program), key=len, reverse=True):
        found = re.search(rf"(?<!\w)(?:(?:the|an?) )?(?:20\d\d )?{own}{re.escape(name)}(?!\w)", text, re.IGNORECASE)
        if found and not is_vague(name):
            return found
    return None


def _says_only(question: str, program: Program) -> bool:
    """Whether the question holds nothing but the program's name, as in "and Express Entry instead?"."""
    return set(terms(question)) - _RATHER - _KIND_WORDS <= {term for name in _names(program) for term in terms(name)}


def _talked_of(said: _Said, known: _Field) -> list[str]:
    """Programs that the conversation was about, the latest exchange first; of an exchange what the question meant, then what the answer
    says first."""
    found: dict[str, None] = {}
    answered: Sequence[str] = ()
    exchange = len(said.asked)
    for turn in reversed(said.turns):
        if turn.role == "assistant":
            # A section of the guide that only names a program is not about it.
            about = known.answered(turn.content)
            answered = known.named_in(_opening(turn))[:1] if about is None else about[:1]
            continue
        exchange -= 1
        one = said.asked[exchange]
        # Of several in a question the one that was answered about: "min crs for the alberta tech pathway" is about the latter.
        wholes = {known.programs[program].part_of for program in answered if program in known.programs}
        moved_on = bool(one.inferred) and not one.named and not {*answered, *wholes} & {*one.about, *NO_SUBJECT, _IN_GENERAL}
        found.update(dict.fromkeys((*(program for program in answered if moved_on or program in one.about), *reversed(one.about))))
        if one.about or _WHICH_WAY.search(one.text) or not known.asks_of_a_thing(one.text):
            found.update(dict.fromkeys(answered))
        answered = ()
    return list(found)


def _opening(turn: Turn) -> str:
    """What the user asked; of an answer its first sentence, which says what it is about. Somebody who is a citizen or resident there is no
    program: "a Canadian citizen may sponsor a spouse" is not about citizenship."""
    return turn.content if turn.role == "user" else _SOMEBODY_THERE.sub("somebody", _first_sentence(turn.content))


def _first_sentence(answer: str) -> str:
    return _SENTENCE_END.split(answer, maxsplit=1)[0]


def _corrected(corrects: re.Match[str], said: _Said, known: _Field) -> StandAlone:
    """The user says what was meant, and may ask of that besides."""
    meant = (corrects["right"] or corrects["meant"] or corrects["last"]).strip(" ?.!")
    which, _, rest = meant.partition(". ")
    if rest and _ASKS.search(rest) and not _ASKS.search(which):  # "I meant the old one. how many did they take"
        put_right = _corrected_to(which, said, known)
        if put_right.about and put_right.about[0] in known.programs:
            text = _about(rest, known.programs[put_right.about[0]])
            return StandAlone(text, rest, put_right.named, put_right.inferred, _context(said), put_right.text)
    return _corrected_to(meant, said, known)


def _corrected_to(meant: str, said: _Said, known: _Field) -> StandAlone:
    """What was meant is the question where it has words of its own, else the last question is asked again about it."""
    last = said.asked[-1]
    if (one_of_them := _one_of_them(f"no, {meant}", said, known)) is not None:
        return one_of_them
    if _FOR_PEOPLE.fullmatch(meant) and (asked_of := known.named_in(_bare(last.text))):
        return StandAlone(f"{_bare(last.text)} {meant}?", meant, tuple(asked_of))
    talked_of = _talked_of(said, known)
    named = tuple(known.named_in(meant))
    programs = [known.programs[p] for p in named if p in known.programs]
    if programs and not _says_only(meant, programs[0]):
        return StandAlone(meant, meant, named)
    if not programs and (again := _elsewhere(meant, last, said, known)):
        return again
    one = _ONE.search(meant)
    if not named and one is not None and _OLD.search(meant) and (old := _over_in(said, known)):
        named = (old,)
    about = named or ((other,) if (other := _which(one[1] if one else meant, talked_of, known.programs)) else ())
    if about and about[0] in known.programs:
        return StandAlone(_again(last.text, known.programs[about[0]], known), meant, about)
    if _ASKS.search(meant) or _REFERS.search(meant):
        return _leaning(meant, (), last.about, said, known)
    return StandAlone(f"{_bare(last.text)} – {meant}?", meant, (), last.about, _context(said), last.text)


def _of_another(question: str, one: re.Match[str], program: Program, last: StandAlone, known: _Field) -> StandAlone:
    """Ask the last question of the other program ("and the old one?"), or this question ("how much is the new one?")."""
    before, after = question[: one.start()], question[one.end() :]
    own = set(terms(before + after)) - _ANSWERS
    text = f"{before}{_named(program)}{after}" if own else _again(last.text, program, known)
    return StandAlone(text, question, (program.id,))


def _again(previous: str, program: Program, known: _Field) -> str:
    """The last question, asked of this program."""
    asked = _bare(previous)
    if program.standing not in _OVER:  # what was asked of a closed one
        asked = re.sub(r"\breopen\b", "open", asked)
    return _with_program(asked, program, known) or _about(asked, program)


def _which(said: str, talked_of: Sequence[str], programs: Mapping[str, Program]) -> str:
    """The program meant by "the new one", "the old one" or "the accelerated one" after another was talked of, or "".

    Its successor or predecessor, else the one with a name that holds the words said and most of the other's own words; an old one
    without such a name is a closed program whose name is most like the other's.
    """
    wanted = set(terms(said)) - _KIND_WORDS
    wanted = {word for word in wanted if not _NEW.fullmatch(word) and not _OLD.fullmatch(word)} or wanted  # "the new accelerated one"
    for program in (programs[p] for p in talked_of if p in programs):
        if _NEW.search(said) and program.replaced_by in programs:
            return program.replaced_by
        if _NEW.fullmatch(said) and program.standing == "announced":
            return program.id
        if _OLD.search(said) and (before := next((p.id for p in programs.values() if p.replaced_by == program.id), "")):
            return before
        own = {term for name in _names(program) for term in terms(name)}
        others = [p for p in programs.values() if p.id != program.id]
        named = [(len(own & set(terms(n))), p.id) for p in others for n in _names(p) if wanted and wanted <= set(terms(n))]
        if not any(shared for shared, _ in named) and _OLD.search(said) and said.lower() != "first":
            named = [(len(set(terms(program.name)) & set(terms(p.name))), p.id) for p in others if p.standing in ("closed", "replaced")]
        best = max(named, key=lambda row: row[0], default=(0, ""))
        if best[0] or (best[1] and len({p for _, p in named}) == 1):
            return best[1]
    return ""


def _over_in(said: _Said, known: _Field) -> str:
    """The program that the answers named last and that is over, or ""."""
    answers = (turn.content for turn in reversed(said.turns) if turn.role == "assistant")
    named = (known.programs[p] for answer in answers for p in known.named_in(answer) if p in known.programs)
    return next((program.id for program in named if program.standing in _OVER), "")


def _names(program: Program) -> tuple[str, ...]:
    return (program.name, *program.aliases)
