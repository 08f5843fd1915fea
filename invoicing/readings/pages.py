"""What the register of readings shows, composed from rows already loaded: nothing here asks the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.fixed_readings import FixedReading, integration_reading, payment_reading, tax_reading
from contracts.models import Agreement, ChosenReading
from contracts.money import NOTHING
from contracts.periods import ONE_DAY, AnnualPeriod
from contracts.readings import (
    ANNUAL_QUESTIONS,
    BILLING_QUESTIONS,
    ENTRY_QUESTIONS,
    HOUR_QUESTIONS,
    QUESTIONS,
    REVIEW_QUESTIONS,
    START_QUESTIONS,
    Question,
)
from contracts.schedule import Refused
from contracts.terms import TermsFound, expiration_known, terms_on
from invoicing.readings.effects import Effect, OnFile, current_period, reading_effects
from invoicing.readings.settled import Settled, first_open_day

GROUPS = (
    ("billing", "What is billed, and when", BILLING_QUESTIONS),
    ("hours", "Hours", (*HOUR_QUESTIONS, *ENTRY_QUESTIONS)),
    ("reviews", "Levels and reviews", REVIEW_QUESTIONS),
    ("starts", "Starting levels", START_QUESTIONS),
)


@dataclass(frozen=True)
class Made:
    """One reading of a question, chosen or by default, and the days to which it applies; an open end is None.

    `replaced` marks one that never applied: another was chosen from the same day.
    """

    sentence: str
    first_day: date | None = None
    last_day: date | None = None
    row: ChosenReading | None = None
    replaced: bool = False


@dataclass(frozen=True)
class Alternative:
    """Another reading, what it would change in the current annual period, and whether it can be chosen at all."""

    sentence: str
    effect: Effect
    offered: bool = True


@dataclass(frozen=True)
class RegisterEntry:
    """One question in the register.

    `opens_on` is the day proposed for another reading, None where none can be chosen for the `refusal`. `seen` tells
    one state of the question from the next: the key of its last choice, 0 where nobody chose. `options` are what can be
    chosen: the alternatives, and the present reading too where another one was chosen for a later day.
    """

    question: Question
    present: Made
    earlier: tuple[Made, ...]
    planned: tuple[Made, ...]
    alternatives: tuple[Alternative, ...]
    options: tuple[Alternative, ...]
    settled: Settled | None
    opens_on: date | None
    refusal: str
    seen: int

    @property
    def decides_amounts(self) -> bool:
        """Whether what is due depends on it, and it applies to whole annual periods."""
        return self.question.key in ANNUAL_QUESTIONS

    @property
    def decides_reviews(self) -> bool:
        """Whether a review depends on it, so that one that is agreed stays as it is read."""
        return self.question.key in REVIEW_QUESTIONS


@dataclass(frozen=True)
class Group:
    """Questions that belong together."""

    key: str
    title: str
    entries: tuple[RegisterEntry, ...]


@dataclass(frozen=True)
class Register:
    """The register of one agreement on a day; `period` is the annual period that alternatives are compared in."""

    on: date
    period: AnnualPeriod | None
    is_demonstration: bool
    groups: tuple[Group, ...]
    fixed: tuple[FixedReading, ...] = ()

    def entry(self, key: str) -> RegisterEntry:
        return next(entry for group in self.groups for entry in group.entries if entry.question.key == key)


def reading_register(*, agreement: Agreement, known: OnFile, settled: Mapping[str, Settled]) -> Register:
    """Compose the register. The agreement comes from `with_terms()`."""
    effects = reading_effects(known=known)
    entries = {key: _entry(agreement, known, key, settled.get(key), effects[key]) for key in QUESTIONS}
    groups = tuple(Group(key, title, tuple(entries[question] for question in asked)) for key, title, asked in GROUPS)
    return Register(known.on, current_period(known=known), known.is_demonstration, groups, _fixed(agreement, known))


def _fixed(agreement: Agreement, known: OnFile) -> tuple[FixedReading, ...]:
    """The readings without alternatives; prices are those in force, or the last ones of a term that has ended."""
    terms = known.agreement
    expires_on, _source = expiration_known(agreement=terms, known_on=known.on)
    day = known.on if expires_on is None else min(known.on, expires_on)
    found = terms_on(agreement=terms, service_on=day, known_on=known.on)
    sizes = [integration_reading(schedule=found.schedule)] if isinstance(found, TermsFound) else []
    return (*sizes, payment_reading(net_days=agreement.net_days), tax_reading())


def _entry(
    agreement: Agreement, known: OnFile, key: str, settled: Settled | None, effects: Sequence[Effect]
) -> RegisterEntry:
    question, on = QUESTIONS[key], known.on
    rows = [row for row in agreement.chosen_list if row.question == key]
    created = _made(question, rows)
    begun = [one for one in created if not one.replaced and (one.first_day is None or one.first_day <= on)]
    opens_on = first_open_day(agreement=known.agreement, question=key, settled=settled, on=on)
    alternatives = tuple(
        Alternative(question.sentence(effect.choice), effect, effect.choice in question.offered) for effect in effects
    )
    offered = tuple(alternative for alternative in alternatives if alternative.offered)
    if not offered:
        opens_on = Refused("BY_AMENDMENT", "choice", "Another reading is agreed by an amendment: none can be chosen.")
    refused = isinstance(opens_on, Refused)
    planned = tuple(one for one in created if not one.replaced and one not in begun)
    as_now = Alternative(begun[-1].sentence, Effect(_choice(known, key), "The clause is read so now.", NOTHING))
    return RegisterEntry(
        question=question,
        present=begun[-1],
        earlier=tuple(one for one in created if one.replaced or one in begun[:-1]),
        planned=planned,
        alternatives=alternatives,
        options=(as_now, *offered) if planned else offered,
        settled=settled,
        opens_on=None if refused else opens_on,
        refusal=opens_on.message if refused else "",
        seen=max((row.pk for row in rows), default=0),
    )


def _choice(known: OnFile, key: str) -> StrEnum:
    return known.agreement.readings_on(known.on).of_question(key).choice


def _made(question: Question, rows: Sequence[ChosenReading]) -> list[Made]:
    """The readings of a question in the order in which they come to apply; the default where nobody chose at first."""
    starts: list[tuple[str, date | None, ChosenReading | None]] = [
        (question.sentence(question.choices(row.choice)), row.applies_from, row) for row in rows
    ]
    if not rows or rows[0].applies_from is not None:
        starts.insert(0, (question.sentence(question.default), None, None))
    created = []
    for number, (sentence, first_day, row) in enumerate(starts):
        later = [day for _sentence, day, _row in starts[number + 1 :]]
        replaced = bool(later) and later[0] == first_day
        last_day = later[0] - ONE_DAY if later and not replaced else None
        created.append(Made(sentence, first_day, last_day, row, replaced))
    return created
