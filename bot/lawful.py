"""The lawful way to what somebody asked to get by a false one, as the section of our briefs that tells it: what a refusal points to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.pieces import Piece
from corpus.model import Passage
from corpus.pattern import Pattern
from corpus.sentences import spans

# What the false way is about, and the section. The first that fits counts: a test before the letter that proves it, a letter before money.
ROUTES: tuple[tuple[Pattern, str], ...] = tuple(
    (Pattern(rf"\b(?:{about})\b"), section)
    for about, section in (
        (r"ielts|celpip|tef|tcf|pte|(?:language|english|french) tests?", "ircc-ee-language#which-language-tests-does-express-entry-accept"),
        (r"marr(?:y|iage)|common[- ]law|spouse|joint lease|relationship", "ircc-fowp-2025#how-do-we-prove-a-common-law-relationship"),
        (r"brothers?|sisters?|siblings?|cousins?|nephews?|nieces?", "ircc-crs#do-i-get-crs-points-for-a-brother-or-sister-in-canada"),
        (r"degrees?|diplomas?|transcripts?|eca", "ircc-ee-eca#what-is-an-eca-and-do-i-need-one"),
        (r"lmias?|job offers?|offer letters?", "techtalentca-hubs#how-easy-is-it-to-find-a-tech-job-in-canada-right-now"),
        (
            r"(?:reference|experience|employ\w+|work|company) (?:letters?|certificates?)|letters? of (?:reference|experience|employment)|pay ?(?:stubs?|slips?)|letter",
            "ircc-ee-apply#what-must-my-employer-reference-letter-say",
        ),
        (r"bank|funds?|balance|money", "ircc-ee-funds#what-counts-as-proof-of-funds"),
        (
            r"dui|convict\w*|criminal|arrest\w*|record",
            "ircc-entry-req#can-a-criminal-record-or-a-dui-keep-me-out-of-canada",
        ),
        (r"(?:full|part)[- ]?time|hours", "ircc-fsw#how-much-work-experience-do-i-need-for-the-federal-skilled-w"),
        (r"stay\w*|remain\w*|overstay\w*|expir\w*", "ircc-extend-work#what-is-restoration-of-status"),
        (r"work\w*", "ircc-accounts#how-do-i-apply-for-a-canadian-work-permit-or-permanent-resid"),
    )
)
_ANSWERS = re.compile(r"(?:yes|no|not)\b", re.IGNORECASE)  # a question that was not asked


def route(text: str, passages: Mapping[str, Passage]) -> Piece | None:
    """The first sentence that states the rule for what the refused message is about; None where no section fits or is held."""
    section = next((section for about, section in ROUTES if about.search(text)), "")
    if section not in passages:
        return None
    passage = passages[section]
    found = [span for span in spans(passage.text) if not _ANSWERS.match(passage.text, span.start)]
    return Piece(passage, found[0].start, found[0].end, 1.0) if found else None
