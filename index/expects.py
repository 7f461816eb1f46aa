"""What sort of thing a question asks for, and whether a text holds one: "how many days" wants a duration, "how much" an amount.

A passage about the right subject that lacks the sort of thing asked for is not an answer.
"""

from __future__ import annotations

from functools import cache

from corpus.pattern import Pattern

_NUMBER_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty|ninety|hundred|thousand|half|twice|none|zero|no)"
_UNIT = r"(?:minute|hour|day|week|month|year)s?"
# Of these the days since they were issued are asked for, of people the years of their life.
_PAPER = r"\b(?:(?:bank )?statements?|letters?|documents?|certificates?|results?|reports?|photos?|exams?|tests?|medicals?|biometrics)\b"
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"

# Tried in order; the first that matches the question decides. (what is expected, how it is asked for, what it looks like: any of these)
_SORTS: tuple[tuple[str, Pattern, tuple[str, ...]], ...] = tuple(
    (name, Pattern(asked), shapes)
    for name, asked, shapes in (
        (
            "age",
            rf"\bage (?:limit|cap|bar|criteri\w+|restriction|requirement)s?\b|\b(?:max\w*|min\w*|upper) age\b|\bhow old\b(?!.{{0,20}}{_PAPER})|\btoo (?:old|young)\b",
            (
                r"\bage[ds]?\b",
                r"\bolder?\b",
                r"\byounger\b",
                r"\b(?:under|over) \d\d\b",
                r"\bborn\b",
                r"\badults?\b",
                r"\bminors?\b",
            ),
        ),
        (
            "duration",
            rf"\bhow (?:many|much) (?:more )?{_UNIT}\b|\bhow (?:long|fast|quick\w*|soon|slow)\b|\b(?:max\w*|number of|no of) {_UNIT}\b|\bin how few\b|\bprocessing times?\b|\bhow much time\b|\bhow (?:old|recent)\b.{{0,20}}{_PAPER}",
            (
                rf"\b(?:\d+|{_NUMBER_WORD})(?:[ -]\w+)?[ -]{_UNIT}\b",
                rf"\b\d+\b.{{0,12}}\b{_UNIT}\b",
                r"\b(?:under|over|aged?) \d+",
                r"\bno (?:time )?limit",
                r"\bnot (?:been )?(?:published|announced|known)",
                r"\bcannot be\b",
                r"\bovernight\b",
                r"\buntil\b",
            ),
        ),
        (
            "amount",
            r"\bhow (?:much\W*$|(?:expensive|costly|cheap)\b)|\b(?:is|are) .{0,40}\b(?:expensive|costly)\b|\bhow (?:high|big|low) .{0,20}\b(?:salary|wage|pay|fee)|\bhow much (?:is|are|does|do|did|will|would|it|the|to|i|for|money|cost|fee|dollars?)\b(?!.{0,20}\b(?:time|points?|crs|score|experience|work exp|years?)\b)|\b(?:fees?|costs?|price|salary|wages?|dollars?) ?(?:amount|for|of|to|in|\?|$)|\bwhat(?:'s| is| are| was) the .{0,25}\b(?:fees?|cost|price|salary)\b|\bhow much .{0,30}\b(?:pay|earn|cost|fee)",
            (
                r"[$€£]\s?\d",
                r"\b\d[\d,.]*k?\s?(?:canadian |us )?(?:dollars|cad|usd)\b",
                r"\bfree\b",
                r"\bno (?:\w+ )?fee",
                r"\bnot (?:been )?(?:published|announced|charged|known)",
                r"\bunknown\b",
                rf"\b{_NUMBER_WORD} dollars",
                r"\bper ?cent",
                r"\d%",
                r"\blower\b",
                r"\bwages?\b",
            ),
        ),
        (
            "points",
            r"\bhow (?:many|much) .{0,25}\bpoints?\b|\bmax\w* .{0,20}\b(?:crs|score|points)\b|\bpoints (?:for|of)\b|\bhow (?:many|much) .{0,20}\bcrs\b|\bbonus crs\b",
            (
                rf"\b(?:\d+|{_NUMBER_WORD}) (?:[\w-]+ ){{0,3}}points?\b",
                r"\bpoints?\b[^.]{0,30}\b\d+",
                r"\bout of (?:a )?(?:possible )?\d",
                r"\bno points\b",
            ),
        ),
        (
            "number",
            r"\bhow many\b|\bquota\b|\bhow much (?:people|percent)\b|\bwhat(?:\W?s| is| was| are| were)? (?:the )?(?:percent|share|number)\b|\bthe number of\b|\bpercent\w*\b",
            (r"\d", rf"\b{_NUMBER_WORD}\b"),
        ),
        (
            "date",
            r"\b(?:since )?when (?:is|was|did|does|do|will|can|are|were|exactly|the)\b|\bwh(?:at|ich) (?:month|year|date|day)\b|\bsince when\b|\bdeadline\b|\blast date\b|\bfrom when\b|\buntil when\b|\bwhat time of\b|\bfrom which\b",
            (
                r"\b(?:19|20)\d\d\b",
                rf"\b{_MONTH}\b",
                r"\bnot (?:yet )?(?:been )?(?:published|announced|opened|set|known)",
                r"\bno (?:\w+ )?(?:date|opening)",
                r"\bcoming months\b",
                r"\b\d+ days\b",
            ),
        ),
        (
            "refusal",
            r"^(?!.*\b(?:refund\w*|(?:money|fees?|that|it|them|some|all) back)\b)(?!.*\bh-?1-?b\b(?! (?:open|owp|work permit|permit))\W+(?:\w+\W+){0,3}(?:refus|reject|den(?:y|ie)))(?:\W*(?:(?:hi|hello|so|ok|but)\W+)?(?:my|our|i|we|they|ircc)\b(?:\W+\w+){0,6}?\W+(?:refused|rejected|denied|refusal|rejection|denial)(?:\W+\w+){0,4}\W*$|.*?(?:\b(?:if|when|after|once|in case|why)\b[^.?]{0,60}\b(?:refus(?:ed|al|es?)|reject(?:ed|ion|s)?|den(?:y|ied|ial)|turned down)\b|\b(?:refus(?:ed|al)|reject(?:ed|ion)|denied|denial)\b[^.?]{0,40}\b(?:what (?:now|next|can|to|should|options)|again|re-?apply|appeal)))",
            (r"\b(?:refus|reject|den(?:y|ied|ial)|turn(?:s|ed)? down|not approve|appeal|apply again|judicial review)",),
        ),
        (
            "documents",
            r"\b(?:what|wat|which|wich|all|any|list of)\b[^.?]{0,30}\b(?:documents?|docs?|papers|paperwork|checklist)\b|\b(?:documents?|docs|papers|paperwork|checklist)\b[^.?]{0,20}\b(?:needed|required|need|list|for)\b",
            (
                r"\b(?:documents?|letters?|certificates?|proof|passports?|forms?|IMM|checklist|papers|records?|evidence|contracts?|test results?|reports?|(?<!impact )assessment)\b",
            ),
        ),
    )
)
_SHAPES = {name: shapes for name, _, shapes in _SORTS}
ONLY = frozenset({"age", "refusal", "documents"})  # who asks for one of these is told it or nothing; the rest may be said in other words


def expected(question: str) -> str:
    """What the question wants: "age", "duration", "amount", "points", "number", "date", "refusal" (what follows one), "documents", or ""
    when it is none of these."""
    return next((name for name, asked, _ in _SORTS if asked.search(question) is not None), "")


def holds(sort: str, text: str) -> bool:
    """Whether the text holds something of that sort; every text holds ""."""
    return not sort or any(shape.search(text) is not None for shape in _shapes(sort))


@cache
def _shapes(sort: str) -> tuple[Pattern, ...]:
    """What it looks like, each alone: most are passed over for want of a word, which of all in one pattern none would be."""
    return tuple(map(Pattern, _SHAPES[sort]))
