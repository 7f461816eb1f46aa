"""What sort of thing a question asks for, and whether a text holds one: "how many days" wants a duration, "how much" an amount.

A passage about the right subject that lacks the sort of thing asked for is not an answer.
"""

from __future__ import annotations

import re

_NUMBER_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty|ninety|hundred|thousand|half|twice|none|zero|no)"
_UNIT = r"(?:minute|hour|day|week|month|year)s?"
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"

# Tried in order; the first that matches the question decides. (what is expected, how it is asked for, what it looks like)
_SORTS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (name, re.compile(asked, re.IGNORECASE), re.compile(shape, re.IGNORECASE))
    for name, asked, shape in (
        (
            "age",
            r"\bage (?:limit|cap|bar|criteri\w+|restriction|requirement)s?\b|\b(?:max\w*|min\w*|upper) age\b|\bhow old\b|\btoo (?:old|young)\b",
            r"\bage[ds]?\b|\bolder?\b|\byounger\b|\b(?:under|over) \d\d\b|\bborn\b|\badults?\b|\bminors?\b",
        ),
        (
            "duration",
            rf"\bhow (?:many|much) (?:more )?{_UNIT}\b|\bhow (?:long|fast|quick\w*|soon|slow)\b|\b(?:max\w*|number of|no of) {_UNIT}\b|\bin how few\b|\bprocessing times?\b|\bhow much time\b",
            rf"\b(?:\d+|{_NUMBER_WORD})(?:[ -]\w+)?[ -]{_UNIT}\b|\b\d+\b.{{0,12}}\b{_UNIT}\b|\b(?:under|over|aged?) \d+|\bno (?:time )?limit|\bnot (?:been )?(?:published|announced|known)|\bcannot be\b|\bovernight\b|\buntil\b",
        ),
        (
            "amount",
            r"\bhow much\W*$|\bhow (?:high|big|low) .{0,20}\b(?:salary|wage|pay|fee)|\bhow much (?:is|are|does|do|did|will|would|it|the|to|i|for|money|cost|fee|dollars?)\b(?!.{0,20}\b(?:time|points?|crs|score|experience|work exp|years?)\b)|\b(?:fees?|costs?|price|salary|wages?|dollars?) ?(?:amount|for|of|to|in|\?|$)|\bwhat(?:'s| is| are| was) the .{0,25}\b(?:fees?|cost|price|salary)\b|\bhow much .{0,30}\b(?:pay|earn|cost|fee)",
            rf"[$€£]\s?\d|\b\d[\d,.]*k?\s?(?:canadian |us )?(?:dollars|cad|usd)\b|\bfree\b|\bno (?:\w+ )?fee|\bnot (?:been )?(?:published|announced|charged|known)|\bunknown\b|\b{_NUMBER_WORD} dollars|\bper ?cent|\d%|\blower\b|\bwages?\b",
        ),
        (
            "points",
            r"\bhow (?:many|much) .{0,25}\bpoints?\b|\bmax\w* .{0,20}\b(?:crs|score|points)\b|\bpoints (?:for|of)\b|\bhow (?:many|much) .{0,20}\bcrs\b|\bbonus crs\b",
            rf"\b(?:\d+|{_NUMBER_WORD}) (?:[\w-]+ ){{0,3}}points?\b|\bpoints?\b[^.]{{0,30}}\b\d+|\bout of (?:a )?(?:possible )?\d|\bno points\b",
        ),
        (
            "number",
            r"\bhow many\b|\bquota\b|\bhow much (?:people|percent)\b|\bwhat(?:\W?s| is| was| are| were)? (?:the )?(?:percent|share|number)\b|\bthe number of\b|\bpercent\w*\b",
            rf"\d|\b{_NUMBER_WORD}\b",
        ),
        (
            "date",
            r"\b(?:since )?when (?:is|was|did|does|do|will|can|are|were|exactly|the)\b|\bwh(?:at|ich) (?:month|year|date|day)\b|\bsince when\b|\bdeadline\b|\blast date\b|\bfrom when\b|\buntil when\b|\bwhat time of\b|\bfrom which\b",
            rf"\b{_MONTH}\b|\b(?:19|20)\d\d\b|\bnot (?:yet )?(?:been )?(?:published|announced|opened|set|known)|\bno (?:\w+ )?(?:date|opening)|\bcoming months\b|\b\d+ days\b",
        ),
        (
            "refusal",
            r"^(?!.*\bh-?1-?b\b(?! (?:open|owp|work permit|permit))\W+(?:\w+\W+){0,3}(?:refus|reject|den(?:y|ie)))(?:\W*(?:(?:hi|hello|so|ok|but)\W+)?(?:my|our|i|we|they|ircc)\b(?:\W+\w+){0,6}?\W+(?:refused|rejected|denied|refusal|rejection|denial)(?:\W+\w+){0,4}\W*$|.*?(?:\b(?:if|when|after|once|in case|why)\b[^.?]{0,60}\b(?:refus(?:ed|al|es?)|reject(?:ed|ion|s)?|den(?:y|ied|ial)|turned down)\b|\b(?:refus(?:ed|al)|reject(?:ed|ion)|denied|denial)\b[^.?]{0,40}\b(?:what (?:now|next|can|to|should|options)|again|re-?apply|appeal)))",
            r"\b(?:refus|reject|den(?:y|ied|ial)|turn(?:s|ed)? down|not approve|appeal|apply again|judicial review)",
        ),
        (
            "documents",
            r"\b(?:what|wat|which|wich|all|any|list of)\b[^.?]{0,30}\b(?:documents?|docs?|papers|paperwork|checklist)\b|\b(?:documents?|docs|papers|paperwork|checklist)\b[^.?]{0,20}\b(?:needed|required|need|list|for)\b",
            r"\b(?:documents?|letters?|certificates?|proof|passports?|forms?|IMM|checklist|papers|records?|evidence|contracts?|test results?|reports?|assessment)\b",
        ),
    )
)
_SHAPES = {name: shape for name, _, shape in _SORTS}
ONLY = frozenset({"age", "refusal", "documents"})  # who asks for one of these is told it or nothing; the rest may be said in other words


def expected(question: str) -> str:
    """What the question wants: "age", "duration", "amount", "points", "number", "date", "refusal" (what follows one), "documents", or ""
    when it is none of these."""
    return next((name for name, asked, _ in _SORTS if asked.search(question)), "")


def holds(sort: str, text: str) -> bool:
    """Whether the text holds something of that sort; every text holds ""."""
    return not sort or _SHAPES[sort].search(text) is not None
