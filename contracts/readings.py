"""The readings of clauses that are unclear or silent: the choices, the default and the sentence printed for each.

A rule takes its reading as an argument; an agreement's `ChosenReading` rows say which one applies to it. The clause a
question belongs to is data of the agreement and stands there, not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

_Choice = TypeVar("_Choice", bound=StrEnum)


class LevelDecision(StrEnum):
    """Which row of the price table a configuration falls in."""

    HIGHEST_NEEDED_ROW = "highest-needed-row"
    FIRST_COMPONENT = "first-component"


class ChangeCounting(StrEnum):
    """When a component counts as changed during an annual period."""

    NET_COUNT = "net-count"
    ANY_CHANGE = "any-change"
    BAND = "band"
    UNITS = "units"


class ReviewDay(StrEnum):
    """How the days before the period's end are counted."""

    DAYS_BEFORE = "days-before"
    BOTH_DAYS_COUNTED = "both-days-counted"


class Frequency(StrEnum):
    """How often an annual price is billed."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"

    @property
    def parts(self) -> int:
        """Instalments in one annual period."""
        return {Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4, Frequency.ANNUAL: 1}[self]


class Timing(StrEnum):
    """When an instalment becomes due."""

    IN_ARREARS = "in-arrears"
    IN_ADVANCE = "in-advance"


class Proration(StrEnum):
    """How a part of an annual period is priced."""

    MONTHLY = "monthly"
    DAILY = "daily"
    NONE = "none"


class Rounding(StrEnum):
    """How the cents of the instalments are made to meet the whole."""

    CUMULATIVE = "cumulative"
    LAST_ABSORBS = "last-absorbs"


class BlockCount(StrEnum):
    """Over which time completed hour blocks are counted towards hourly prices."""

    ANNUAL_PERIOD = "annual-period"
    WHOLE_TERM = "whole-term"


class BlockCompletion(StrEnum):
    """When an hour block counts as completed."""

    LAST_HOUR_USED = "last-hour-used"
    PURCHASED = "purchased"


class Minimum(StrEnum):
    """To what the minimum charge for hourly work applies."""

    PER_ENTRY = "per-entry"
    PER_MONTH = "per-month"


class MinuteRounding(StrEnum):
    """To what the time of a work entry is rounded: which way, and to how many hundredths of an hour."""

    NONE = "none"
    NEAREST_HUNDREDTH = "nearest-1"
    UP_HUNDREDTH = "up-1"
    NEAREST_6_MINUTES = "nearest-10"
    UP_6_MINUTES = "up-10"
    NEAREST_15_MINUTES = "nearest-25"
    UP_15_MINUTES = "up-25"
    NEAREST_30_MINUTES = "nearest-50"
    UP_30_MINUTES = "up-50"
    NEAREST_HOUR = "nearest-100"
    UP_HOUR = "up-100"

    @property
    def way(self) -> str:
        """`nearest` or `up`; empty where nothing is rounded."""
        return self.value.partition("-")[0] if self.step else ""

    @property
    def step(self) -> int:
        """To how many hundredths of an hour is rounded; 0 where nothing is."""
        return int(self.value.partition("-")[2] or 0)


MINUTE_STEPS = {1: "hundredth of an hour", 10: "6 minutes", 25: "15 minutes", 50: "30 minutes", 100: "hour"}
"""What hours can be rounded to, in hundredths of an hour."""


class StartingHistory(StrEnum):
    """When the history of other cities supports a higher starting level."""

    ONE_IN_A_YEAR = "one-in-a-year"
    THREE_IN_A_YEAR = "three-in-a-year"
    ONE_IN_HALF_A_YEAR = "one-in-half-a-year"
    NARROW = "narrow"


class SiteCharge(StrEnum):
    """For what the annual price of a level is charged."""

    PER_SITE = "per-site"
    PER_SWITCH = "per-switch"


class NoSwitch(StrEnum):
    """From when a site is charged whose first count in an annual period says that it has no switch."""

    FIRST_COUNT = "first-count"
    FIRST_DAY = "first-day"


class AdvanceStart(StrEnum):
    """When an instalment in advance falls due for a site that starts within the billing period."""

    SERVICE = "first-day-in-service"
    BILLING_PERIOD = "billing-period"


class UntilAgreed(StrEnum):
    """What is billed for an annual period until both parties have agreed its level."""

    PREVIOUS_LEVEL = "previous-level"
    NOTHING = "nothing"


class BlankCell(StrEnum):
    """What a blank cell of the price table says of a count above every figure in its column."""

    CONFIRMED = "person-confirms"
    NO_LIMIT = "no-limit"
    NO_LEVEL = "no-level"


class NotEligible(StrEnum):
    """What is proposed for a site where too few components changed."""

    PRICE_STAYS = "price-stays"
    LOWER_LEVEL = "lower-level"
    MEASURED_LEVEL = "measured-level"


@dataclass(frozen=True)
class Question:
    """A question that a contract leaves open: its choices, the default, and a sentence for each choice.

    What stands in `by_amendment` goes against other words of a contract: it is compared but cannot be chosen. A
    question that is not `printed` is on a document only where it is read otherwise than by default.
    """

    key: str
    title: str
    default: StrEnum
    sentences: Mapping[StrEnum, str]
    by_amendment: frozenset[StrEnum] = frozenset()
    printed: bool = True

    @property
    def offered(self) -> tuple[StrEnum, ...]:
        """The choices that can be made without an amendment."""
        return tuple(choice for choice in self.choices if choice not in self.by_amendment)

    @property
    def choices(self) -> type[StrEnum]:
        """The enumeration whose members answer the question."""
        return type(self.default)

    def sentence(self, choice: StrEnum) -> str:
        """Return the sentence printed where the choice is applied."""
        return self.sentences[choice]


def _rounding_sentence(choice: MinuteRounding) -> str:
    if not choice.step:
        return "The time of a work entry is not rounded: it is entered in hundredths of an hour."
    up, step = choice.way == "up", MINUTE_STEPS[choice.step]
    how = f"up to the next full {step}." if up else f"to the nearest {step}; half of it goes up."
    return f"Each work entry by itself is rounded {how}"


QUESTIONS: Mapping[str, Question] = {
    question.key: question
    for question in (
        Question(
            "level",
            "Which service level does a configuration fall in?",
            LevelDecision.HIGHEST_NEEDED_ROW,
            {
                LevelDecision.HIGHEST_NEEDED_ROW: "The lowest level whose row holds every component decides.",
                LevelDecision.FIRST_COMPONENT: "The first component of the table decides alone.",
            },
        ),
        Question(
            "change",
            "When has a component changed during the annual period?",
            ChangeCounting.NET_COUNT,
            {
                ChangeCounting.NET_COUNT: "A component has changed when its count at the review differs from its count "
                "at the period's start; decreases are changes.",
                ChangeCounting.ANY_CHANGE: "A component has changed when its count changed at any time in the period, "
                "even if it went back.",
                ChangeCounting.BAND: "A component has changed when its count moved to another row of the table.",
                ChangeCounting.UNITS: "Each single unit added or removed is a change, of whichever component.",
            },
        ),
        Question(
            "review-day",
            "How are the days before the period's end counted?",
            ReviewDay.DAYS_BEFORE,
            {
                ReviewDay.DAYS_BEFORE: "The review is due that many calendar days before the period's last day, "
                "whatever the weekday.",
                ReviewDay.BOTH_DAYS_COUNTED: "Both the review's day and the period's last day are counted.",
            },
        ),
        Question(
            "frequency",
            "How often is the annual price billed?",
            Frequency.MONTHLY,
            {
                Frequency.MONTHLY: "The annual price is billed in twelve monthly instalments.",
                Frequency.QUARTERLY: "The annual price is billed in four quarterly instalments.",
                Frequency.ANNUAL: "The annual price is billed once for the annual period.",
            },
        ),
        Question(
            "timing",
            "When is an instalment due?",
            Timing.IN_ARREARS,
            {
                Timing.IN_ARREARS: "Instalments are billed in arrears, after the service.",
                Timing.IN_ADVANCE: "Instalments are billed in advance, on the first day of the billing period.",
            },
        ),
        Question(
            "proration",
            "What does part of an annual period cost?",
            Proration.MONTHLY,
            {
                Proration.MONTHLY: "A whole month costs one twelfth of the annual price; "
                "part of a month counts by its days.",
                Proration.DAILY: "Part of a period costs its share of the days of the annual period.",
                Proration.NONE: "A site in service for part of a period costs the whole annual price.",
            },
        ),
        Question(
            "rounding",
            "How do the instalments meet the annual price to the cent?",
            Rounding.CUMULATIVE,
            {
                Rounding.CUMULATIVE: "Each instalment is the rounded amount due through it less the one before; "
                "together they are the annual price exactly.",
                Rounding.LAST_ABSORBS: "Each instalment is rounded by itself; the last one carries the difference.",
            },
        ),
        Question(
            "site-charge",
            "What does one annual price cover?",
            SiteCharge.PER_SITE,
            {
                SiteCharge.PER_SITE: "One charge per site, not per switch.",
                SiteCharge.PER_SWITCH: "One charge for each switch counted at a site on its first charged day.",
            },
            by_amendment=frozenset({SiteCharge.PER_SWITCH}),
        ),
        Question(
            "no-switch",
            "Is a site charged before a switch is counted there?",
            NoSwitch.FIRST_COUNT,
            {
                NoSwitch.FIRST_COUNT: "Where the first count of the annual period says that there is no switch, "
                "nothing is charged before one is counted.",
                NoSwitch.FIRST_DAY: "A site is charged from its first day in service, unless the switch was counted as "
                "0 by that day.",
            },
            printed=False,
        ),
        Question(
            "advance-start",
            "When does an instalment in advance fall due for a site that starts later?",
            AdvanceStart.SERVICE,
            {
                AdvanceStart.SERVICE: "Nothing falls due before a site is in service: its first instalment falls due "
                "on its first day.",
                AdvanceStart.BILLING_PERIOD: "All instalments fall due on the first day of the billing period, for "
                "sites that start later in it too.",
            },
            printed=False,
        ),
        Question(
            "until-agreed",
            "What is billed until both parties agree the level?",
            UntilAgreed.PREVIOUS_LEVEL,
            {
                UntilAgreed.PREVIOUS_LEVEL: "The previous level is billed provisionally; the difference follows once "
                "both parties agree.",
                UntilAgreed.NOTHING: "Nothing is billed for a site in the review until both parties agree its level.",
            },
            printed=False,
        ),
        Question(
            "block-count",
            "Over which time are completed hour blocks counted?",
            BlockCount.ANNUAL_PERIOD,
            {
                BlockCount.ANNUAL_PERIOD: "Completed blocks are counted anew in each annual period.",
                BlockCount.WHOLE_TERM: "Completed blocks are counted over the whole term.",
            },
        ),
        Question(
            "block-completion",
            "When does an hour block count as completed?",
            BlockCompletion.LAST_HOUR_USED,
            {
                BlockCompletion.LAST_HOUR_USED: "A block is completed on the day its last hour is used.",
                BlockCompletion.PURCHASED: "A block is completed on the day it is bought.",
            },
        ),
        Question(
            "minimum",
            "To what does the minimum charge for hourly work apply?",
            Minimum.PER_ENTRY,
            {
                Minimum.PER_ENTRY: "The minimum applies to each work entry by itself.",
                Minimum.PER_MONTH: "The minimum applies to the hourly work of one month together.",
            },
        ),
        Question(
            "minutes",
            "To what is the time of a work entry rounded?",
            MinuteRounding.NONE,
            {choice: _rounding_sentence(choice) for choice in MinuteRounding},
            printed=False,
        ),
        Question(
            "blank-cell",
            "How is a blank cell of the price table read?",
            BlankCell.CONFIRMED,
            {
                BlankCell.CONFIRMED: "The row with the blank cell holds the count; a person confirms before it is "
                "proposed.",
                BlankCell.NO_LIMIT: "The row with the blank cell has no limit and is proposed as any other.",
                BlankCell.NO_LEVEL: "A blank cell states no limit: no row holds the count, and a person decides.",
            },
            printed=False,
        ),
        Question(
            "not-eligible",
            "What is proposed for a site that is not eligible?",
            NotEligible.PRICE_STAYS,
            {
                NotEligible.PRICE_STAYS: "The price stays, whatever level the counts measure.",
                NotEligible.LOWER_LEVEL: "A lower measured level is proposed all the same; only an increase needs "
                "the changes.",
                NotEligible.MEASURED_LEVEL: "The measured level is proposed all the same, up or down.",
            },
            by_amendment=frozenset({NotEligible.MEASURED_LEVEL}),
            printed=False,
        ),
        Question(
            "history",
            "When does history support a higher starting level?",
            StartingHistory.ONE_IN_A_YEAR,
            {
                StartingHistory.ONE_IN_A_YEAR: "At least 1 city whose population differs by at most 25 % has become "
                "full, the median of such cities within 365 days.",
                StartingHistory.THREE_IN_A_YEAR: "At least 3 cities whose population differs by at most 25 % have "
                "become full, their median within 365 days.",
                StartingHistory.ONE_IN_HALF_A_YEAR: "At least 1 city whose population differs by at most 25 % has "
                "become full, the median of such cities within 182 days.",
                StartingHistory.NARROW: "At least 1 city whose population differs by at most 10 % has become full, the "
                "median of such cities within 365 days.",
            },
        ),
    )
}


BILLING_QUESTIONS = (
    *("frequency", "timing", "proration", "rounding"),
    *("site-charge", "no-switch", "advance-start", "until-agreed"),
)
HOUR_QUESTIONS = ("block-count", "block-completion", "minimum")
ENTRY_QUESTIONS = ("minutes",)
"""The questions whose readings decide what is entered, and change nothing that is on file."""
REVIEW_QUESTIONS = ("level", "blank-cell", "change", "not-eligible", "review-day")
START_QUESTIONS = ("history",)
ANNUAL_QUESTIONS = (*BILLING_QUESTIONS, *HOUR_QUESTIONS)
"""The questions whose readings hold for whole annual periods, since what is due is counted by annual period."""


@dataclass(frozen=True)
class Chosen:
    """The reading that applies to an agreement, with who chose it; `chosen_by` is empty where the default applies."""

    question: Question
    choice: StrEnum
    clause: str = ""
    chosen_by: str = ""
    chosen_on: str = ""

    @property
    def sentence(self) -> str:
        return self.question.sentence(self.choice)

    @property
    def is_printed(self) -> bool:
        """Whether documents that depend on it state it."""
        return self.question.printed or self.choice != self.question.default

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The sentences of the choices not taken."""
        return tuple(text for choice, text in self.question.sentences.items() if choice != self.choice)


class _Answer(Generic[_Choice]):
    """The choice that answers one question, looked up once: billing asks for it at every instalment."""

    def __init__(self, key: str, choices: type[_Choice]):
        self.key, self.choices = key, choices

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, readings: "Readings", owner: type | None = None) -> _Choice:
        answer = readings.__dict__[self.name] = self.choices(readings.of_question(self.key).choice)
        return answer


@dataclass(frozen=True)
class Readings:
    """All readings of one agreement, by question; a question nobody answered has its default."""

    chosen: tuple[Chosen, ...]

    @classmethod
    def of(cls, chosen: Mapping[str, Chosen]) -> "Readings":
        """Complete the chosen readings with the defaults, in the order of `QUESTIONS`."""
        return cls(tuple(chosen.get(key) or Chosen(q, q.default) for key, q in QUESTIONS.items()))

    def of_question(self, key: str) -> Chosen:
        """Return the reading of one question. Raises KeyError for an unknown key."""
        return next(chosen for chosen in self.chosen if chosen.question is QUESTIONS[key])

    level = _Answer("level", LevelDecision)
    change = _Answer("change", ChangeCounting)
    review_day = _Answer("review-day", ReviewDay)
    frequency = _Answer("frequency", Frequency)
    timing = _Answer("timing", Timing)
    proration = _Answer("proration", Proration)
    rounding = _Answer("rounding", Rounding)
    site_charge = _Answer("site-charge", SiteCharge)
    no_switch = _Answer("no-switch", NoSwitch)
    advance_start = _Answer("advance-start", AdvanceStart)
    until_agreed = _Answer("until-agreed", UntilAgreed)
    block_count = _Answer("block-count", BlockCount)
    block_completion = _Answer("block-completion", BlockCompletion)
    minimum = _Answer("minimum", Minimum)
    minutes = _Answer("minutes", MinuteRounding)
    blank_cell = _Answer("blank-cell", BlankCell)
    not_eligible = _Answer("not-eligible", NotEligible)
    history = _Answer("history", StartingHistory)


DEFAULT_READINGS = Readings.of({})
