"""The words by which the gate tells what a sentence commits itself to. bot/gate_reading.py looks them up; nothing here is about one source.

A row that maps several words to one says that they may stand for each other in a faithful rewording; what maps to different names may not.
"""

from __future__ import annotations

MONTHS = "january february march april may june july august september october november december".split()


def _rows(text: str) -> dict[str, str]:
    """ "name: word word" a line, as a word's name."""
    found = {}
    for line in text.strip().splitlines():
        name, _, words = line.partition(":")
        found.update(dict.fromkeys(words.split(), name.strip()))
    return found


# Peoples and the places they are of.
PEOPLES = _rows("""
india: india indian indians
china: china chinese
mexico: mexico mexican mexicans
philippines: philippines filipino filipinos
pakistan: pakistan pakistani pakistanis
nepal: nepal nepali nepalese
bangladesh: bangladesh bangladeshi
brazil: brazil brazilian brazilians
nigeria: nigeria nigerian nigerians
korea: korea korean koreans
japan: japan japanese
vietnam: vietnam vietnamese
iran: iran iranian iranians
france: france french
germany: germany german germans
britain: britain british uk
ireland: ireland irish
australia: australia australian australians
europe: europe european europeans
""")

NUMBERS = {
    word: str(n)
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
        "twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100"}

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()

# Several words that act as one. Tried from the longest; what they become is looked up in the tables below.
PHRASES = {
    "half a year": "six months",
    "a year and a half": "eighteen months",
    "a fortnight": "two weeks",
    "a dozen": "twelve",
    "at once": "immediately",
    "right away": "immediately",
    "add up to": "total",
    "adds up to": "total",
    "added up to": "total",
    "without a break": "continuous",
    "without interruption": "continuous",
    "would like to": "want to",
    "take away": "lose",
    "takes away": "lose",
    "taken away": "lost",
    "no one": "nobody",
    "for as long as": "while",
    "not just": "not only",
    "not merely": "not only",
    "limited to": "only",
    "restricted to": "only",
    "regardless of": "whatever",
    "no matter": "whatever",
    "irrespective of": "whatever",
    "starting from": "since",
    "starting on": "since",
    "not any more": "no_longer",
    "no longer": "no_longer",
    "not until": "only after",
    "on or after": "since",
    "on or before": "until",
    "no later than": "until",
    "not later than": "until",
    "at the latest": "until",
    "at a minimum": "at_least",
    "at minimum": "at_least",
    "at the least": "at_least",
    "at the most": "at_most",
    "at a maximum": "at_most",
    "at least": "at_least",
    "no less than": "at_least",
    "no fewer than": "at_least",
    "not less than": "at_least",
    "not fewer than": "at_least",
    "a minimum of": "at_least",
    "minimum of": "at_least",
    "or more": "or_more",
    "or higher": "or_more",
    "or above": "or_more",
    "or older": "or_more",
    "or over": "or_more",
    "and over": "or_more",
    "and above": "or_more",
    "and older": "or_more",
    "and under": "or_less",
    "and younger": "or_less",
    "or lower": "or_less",
    "or below": "or_less",
    "or younger": "or_less",
    "at most": "at_most",
    "no more than": "at_most",
    "not more than": "at_most",
    "not over": "at_most",
    "a maximum of": "at_most",
    "maximum of": "at_most",
    "up to and including": "until",
    "up to": "up_to",
    "or less": "or_less",
    "or fewer": "or_less",
    "more than": "more_than",
    "greater than": "more_than",
    "higher than": "more_than",
    "longer than": "more_than",
    "in excess of": "more_than",
    "less than": "less_than",
    "fewer than": "less_than",
    "lower than": "less_than",
    "shorter than": "less_than",
    "younger than": "less_than",
    "older than": "more_than",
    "earlier than": "before",
    "later than": "after",
    "another country": "abroad",
    "other countries": "abroad",
    "a foreign country": "abroad",
    "as of": "as_of",
    "as from": "since",
    "prior to": "before",
    "as soon as": "after",
    "has to": "must",
    "have to": "must",
    "had to": "must",
    "having to": "must",
    "need to": "must",
    "needs to": "must",
    "needed to": "must",
    "is required to": "must",
    "are required to": "must",
    "was required to": "must",
    "were required to": "must",
    "is obliged to": "must",
    "are obliged to": "must",
    "need not": "not must",
    "allowed to": "may",
    "permitted to": "may",
    "is able to": "can",
    "are able to": "can",
    "is allowed to": "may",
    "are allowed to": "may",
    "was allowed to": "may",
    "were allowed to": "may",
    "is permitted to": "may",
    "are permitted to": "may",
    "is expected to": "expected",
    "are expected to": "expected",
    "was expected to": "expected",
    "is planned to": "expected",
    "are planned to": "expected",
    "is likely to": "likely",
    "are likely to": "likely",
    "only if": "only_if",
    "only when": "only_if",
    "as long as": "only_if",
    "provided that": "only_if",
    "on condition that": "only_if",
    "in addition": "also",
    "as well as": "and",
    "rather than": "not",
    "instead of": "not",
    "other than": "other",
    "apart from": "except",
    "such as": "such_as",
    "for example": "such_as",
    "for instance": "such_as",
    "according to": "according",
    "out of date": "outdated",
    "due to": "because",
    "because of": "because",
    "part time": "part_time",
    "full time": "full_time",
    "in person": "in_person",
    "common law": "common_law",
}

NEGATIONS = frozenset("not no never none nobody nothing neither nor without unless except no_longer cannot nowhere".split())
# Those that make an exception of what follows; dropped, the rule becomes wider.
EXCEPTIONS = frozenset("unless except".split())

# Verbs that deny: "the law bars some" is "some may not".
DENYING = frozenset(
    "bars barred bans banned prohibit prohibits prohibited forbid forbids forbidden exclude excludes excluded refuse refuses refused deny "
    "denies denied reject rejects rejected lack lacks lacked fail fails failed removed abolished revoked outside exclude excludes excluded "
    "excluding block blocks blocked pending whatever nothing free exempt exempts exempted exemption invalid ineligible unable impossible "
    "avoid avoids avoided stop stops stopped lose loses lost end ends ended waive waives waived waiver missing".split()
)

MODALS = _rows("""
must: must obliged mandatory obligatory compulsory
should: should ought recommended advised
may: may can could might optional
will: will shall would
expected: expected planned plans plan likely proposed proposes intends intended probably
""")
# What may stand in a quote for a modal of the claim, or in a claim for one of the quote, without being one itself.
IMPLY = _rows("""
must: need needs needed require requires required requirement only_if obligation limit limits condition conditions rule rules
may: let lets letting allow allows allowed permits permitted possible possibly able enable enables eligible right entitled
will: going
expected: expect expects announced plan planning proposal forecast assume assumes assumed hope hopes hoped guess guessed foresaw foresees
should: advise advises advice better suggests
""")

LIMITS = _rows("""
at_least: at_least or_more
at_most: at_most or_less
more_than: more_than over above exceeds exceeding exceed
less_than: less_than under below
before: before
after: after once following
since: since
until: until till up_to
""")
# What may stand in a quote for a limit of the claim: "from 2023 to 2024" says until when, too.
STANDS_FOR = {
    name: frozenset(words.split())
    for name, words in {
        "until": "to through by ends end expire between inclusive",
        "since": "from on began start force effect",
        "after": "when upon if since of from on",
        "before": "ahead until already",
        "more_than": "",
        "less_than": "",
        "at_least": "from",
        "at_most": "within limit cap most until",
    }.items()
}

QUANTIFIERS = _rows("""
all: all every everyone everybody each any anyone always whole entire
most: most mostly usually generally typically often
some: some several sometimes certain partly occasionally
few: few rarely seldom hardly
only: only solely exclusively only_if
both: both
half: half
almost: almost nearly
""")

STANDINGS = _rows("""
open: open opens opened reopen reopens reopened reopening opening resumed resumes
closed: closed close closes closing closure ended ends ceased stopped expired discontinued terminated abolished
paused: paused pause pauses suspended suspends suspension frozen
announced: announced
proposed: proposed
replaced: replaced replaces superseded supersedes
revoked: revoked rescinded vacated repealed
""")

PARTIES = _rows("""
worker: worker workers employee employees
employer: employer employers company companies firm firms
spouse: spouse spouses partner partners husband wife common_law spousal
child: child children kid kids son daughter
minor: minor minors
dependant: dependant dependants dependent dependents
parent: parent parents mother father
family: family families relative relatives
applicant: applicant applicants
candidate: candidate candidates
student: student students
graduate: graduate graduates
citizen: citizen citizens citizenship
national: national nationals
resident: resident residents
visitor: visitor visitors
founder: founder founders entrepreneur entrepreneurs
consultant: consultant consultants
lawyer: lawyer lawyers attorney attorneys
nominee: nominee nominees
sponsor: sponsor sponsors
principal: principal
client: client clients
officer: officer officers
physician: physician physicians doctor doctors
nurse: nurse nurses
us: us_
canada: canada canadian canadians
ontario: ontario ontarian
quebec: quebec québec
alberta: alberta albertan
british_columbia: bc columbia
saskatchewan: saskatchewan
manitoba: manitoba
nova_scotia: scotia
new_brunswick: brunswick
""")

# What of a quote may stand for a party of the claim: who applies is an applicant.
DOING = {
    name: frozenset(words.split())
    for name, words in {
        "applicant": "apply applies applied applying application applications",
        "sponsor": "sponsor sponsors sponsored sponsoring sponsorship",
        "nominee": "nominate nominated nomination nominations",
        "student": "study studies studied studying",
        "graduate": "graduate graduated graduation",
        "visitor": "visit visits visited visiting",
        "resident": "reside resides resided residing residence",
        "candidate": "profile pool applicant applicants",
        "founder": "found founded founding startup",
        "employer": "employ employs employed employing",
        "worker": "work works worked working",
        "citizen": "citizenship",
        "canada": "abroad overseas ontario quebec alberta bc columbia saskatchewan manitoba scotia brunswick",
    }.items()
}

PLACES = frozenset("us canada ontario quebec alberta british_columbia saskatchewan manitoba nova_scotia new_brunswick".split())

# Two of a pair never stand for each other.
OPPOSITES = tuple(
    tuple(pair.split("/"))
    for pair in """
rise rises rose risen/fall falls fell fallen
raise raises raised increase increases increased grew grown/lower lowers lowered reduce reduces reduced decrease decreases decreased cut
accept accepts accepted/refuse refuses refused reject rejects rejected decline declines declined
approve approves approved grant grants granted/refuse refuses refused deny denies denied
first/last
high higher highest/low lower lowest
early earlier earliest/late later latest
inside within/outside
temporary/permanent
join joins joined enter enters entered/leave leaves left exit exits
arrive arrives arrived/leave leaves left depart departs departed
extend extends extended lengthened/cut cuts shortened shorten curtailed
full_time/part_time
together jointly/separately
minimum/maximum
include includes included including/exclude excludes excluded excluding
allow allows allowed permits permitted/prohibit prohibits prohibited forbid forbids forbidden ban bans banned bar bars barred
uphold upheld left affirmed/overturned overturn reversed vacated
single/married
mandatory compulsory/optional voluntary
same/different
old older/new newer
open opened reopened/closed ended
start starts started begin begins began begun/end ends ended stop stops stopped finish finished
lawful legal legally/unlawful illegal illegally
valid/invalid expired
possible/impossible
easier easy/harder hard difficult
faster fast quicker quickly/slower slow slowly
largest larger large/smallest smaller small
longer longest/shorter shortest
more/fewer less
better/worse
older oldest/younger youngest
stricter strict tighter/looser
above/below
under/outside
sooner/later
rich wealthy/poor
safe/unsafe dangerous risky
true correct right/false wrong incorrect
agree agrees agreed/disagree disagrees disagreed differ differs
added adds/removed removes
strong stronger/weak weaker
success successful/failure failed
public/private
online/paper
before/after
genuine/fake
skilled/unskilled
married/unmarried
available/unavailable
able/unable
eligible/ineligible
complete/incomplete
exempt/subject
free/paid
win won/lose lost
hire hired/fire fired dismissed
domestic/foreign
gain gains gained keep keeps kept retain retains retained/lose loses lost
majority most/minority
""".strip().splitlines()
    for pair in [pair]
)

# Other words for the same, as a careful writer uses them. A row's words may stand for each other.
SAME = tuple(
    line.split()
    for line in """
apply applies applied application applications applying
live lives lived living reside resides resided residing residence
get gets got receive receives received obtain obtains obtained given gain gains
give gives gave given grant grants granted provide provides provided
end ends ended ending close closes closed expire expires expired expiry expiration
start starts started begin begins began beginning open opens opened
need needs needed require requires required requirement requirements must ask asks asked condition
permit permits visa
let lets allow allows allowed permit permits permitted
show shows showed prove proves proved proof demonstrate demonstrates evidence
keep keeps kept stay stays stayed remain remains remained maintain maintains retain retains retained
pay pays paid payment payments cost costs fee fees charge charges charged price
rise rose risen rises increase increased increases raise raised up went
fall fell fallen falls decrease decreased lower lowered lowers reduce reduced reduces cut
cut shorten shortened shortens
extend extends extended extension renew renews renewed renewal
invite invites invited invitation invitations
choose chooses chose chosen select selects selected selection
say says said report reports reported state states stated write writes wrote tell tells told mention mentions named names according
publish publishes published appear appears appeared announce announced
limit limits cap maximum ceiling
about around approximately roughly some nearly
stop stops stopped end ended
work works worked working employment job jobs
help helps helped support supports supported assist useful
send sends sent submit submits submitted file files filed
change changes changed amend amended
now current currently present today
new another different other
hire hires hired employ employs employed recruit
travel travels travelled go goes come comes came
use uses used using
count counts counted
hold holds held have has own
main principal primary
spouse partner
purpose aim goal
reason because why
country countries
tax taxed taxes
score scores points
include includes included including among
add adds added plus extra additional
total altogether sum
decide decides decided decision
law legislation act
valid validity lasts
fast faster quick quicker quickly speed
big large major
buy purchase
letter document paper documents papers
enough sufficient
outdated old
time period
continue continues continued
former earlier previous before
arrive arrives arrived arrival arrivals came
process processes processed processing handled handle handles
check checks checked verify
finish finished complete completed
measure policy
plan plans planned
yearly annual annually year
meet meets met satisfy satisfies satisfied fulfil fulfils fulfill fulfills fulfilled
agree agrees agreed agreement
sign signs signed signature
monthly month
candidate applicant
possible can may could
exam exams examination examinations
number numbers
leave leaves left
together combined
fewer less
lead leads led
early earlier
accept accepts accepted recognised recognized
route pathway way path option
first beforehand before
abroad foreign overseas outside
certain sure assured secure guaranteed guarantee
just merely only plain simply alone
advice advise advises advised tell tells told recommend recommends
issue issues issued send sends sent give gives
gather
make makes made earn earns earned income pay pays
money funds fund funded financial finances
turn turns turned convert converts converted
come comes came bring brings brought attract attracts attracted
describe describes described
name names named call calls called term known
depend depends depending vary varies
concern concerns concerning
cover covers covered covering include includes apply applies
beforehand advance ahead
buy purchase take
back return returns returned returning
edit edits edited change changes changed modify
need needs take takes
mail post
border crossing
warn warns warned caution cautions cautioned
quote quotes quoted give gives put puts
treat treats treated regard regards hold holds held understand understood read
entry enter enters entering come comes
""".strip().splitlines()
)

# Words that commit to nothing: they may be in a claim though no quote has them.
NEUTRAL = frozenset(
    """
    a an the and or but nor of to in on at by for from with as into about over under per via than then so also too that this these
    those there here it its he she they them their his her you your we our i who whom whose which what when where why how if is
    are was were be been being am do does did done doing has have had having because while although though whether such such_as
    according example yes case cases thing things way ways fact means mean meaning person people someone somebody anyone one ones
    yourself themselves itself himself herself want wants wanted like say says said page pages source sources therefore thus hence
    however moreover still already again even very quite rather well just ie eg etc say states note noted canada_ amount amounts
    dollar dollars figure figures number day days week weeks month months year years hour hours minute minutes limit period rule
    rules option currently now time information please remember general generally overall specifically namely both either first_
    out up off down between within through during against among around including concerning regarding under depending allows make
    makes made take takes took taken get gets got go goes went come comes came
    """.split()
)
STOP = frozenset(
    """
    a an the and or but of to in on at by for from with as into about than then so also too that this these those there here it
    its he she they them their his her you your we our i who whom whose which what when where why how if is are was were be been
    being am do does did done doing has have had having because while although though yes no
    """.split()
)
UNITS = frozenset("day week month year hour minute".split())
# A claim may not bring these of its own, as little as a name.
EXACT = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth last twice double triple outside inside abroad "
    "overseas part_time full_time spousal bridging super accelerated francophone online in_person euros euro rupees pounds".split()
)
