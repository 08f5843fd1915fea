"""What can be charged, and how a charge is known again: its kind and its subject, as the books and the run name it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.money import money_text
from contracts.periods import ONE_DAY, AnnualPeriod, DaySpan
from contracts.readings import DEFAULT_READINGS, Readings
from contracts.schedule import Schedule
from contracts.terms import AgreementTerms, Source, TermsFound
from invoicing.charges.instalments import Instalment, PricedDays
from sites.charged import AgreedLevel, Basis, Charged, LevelFacts, LevelFromDay, charged_on
from sites.charged_days import charged_days
from sites.counts.count import Count

ONLY_PART = 1
"""The part of a charge that has no instalments."""


ANNUAL = "annual"
"""The kind of a site's annual charge. It alone has instalments; every other kind is charged once."""


class ChargeKey(NamedTuple):
    """What is due and what was billed are compared by this key.

    The kind is a code of `kinds.KINDS`; the subject is the key of a site, or of the fact that is charged once. A site's
    annual charge has one key for each annual period, and its instalments as parts.
    """

    kind: str
    subject: int
    period: int = 0

    @classmethod
    def of_site(cls, site_key: int, period_number: int) -> "ChargeKey":
        """The annual charge of one site in one annual period."""
        return cls(ANNUAL, site_key, period_number)

    @property
    def is_annual(self) -> bool:
        """Whether it has instalments."""
        return self.kind == ANNUAL


@dataclass(frozen=True)
class SiteFacts:
    """What is known of one site: its key, service days, recorded levels and switch counts by date.

    `counts` are those of all components, and needed only where levels follow them.
    """

    key: int
    name: str
    in_service_on: date
    removed_on: date | None = None
    charged_through: date | None = None
    agreed: tuple[AgreedLevel, ...] = ()
    switch_counts: tuple[tuple[date, int], ...] = ()
    dated: tuple[LevelFromDay, ...] = ()
    counts: tuple[Count, ...] = ()

    def charged_days(self, period: AnnualPeriod, readings: Readings | None) -> DaySpan | None:
        """Return the days of an annual period for which it is charged, by the readings of that period.

        Without readings they are the days of its service, whatever is counted. None where there are none.
        """
        return charged_days(
            period=period,
            in_service_on=self.in_service_on,
            removed_on=self.removed_on,
            charged_through=self.charged_through,
            switch_counts=self.switch_counts if readings else (),
            reading=(readings or DEFAULT_READINGS).no_switch,
        )

    def spread_through(self, period: AnnualPeriod) -> date | None:
        """Return the day of an annual period to which charges would go on; None where no recorded credit ends them."""
        if self.charged_through is None or self.charged_through >= period.span.last_day:
            return None
        return period.span.last_day

    def charged_on(
        self, day: date, *, agreement: AgreementTerms, schedule: Schedule, period: AnnualPeriod, known_on: date
    ) -> Charged | None:
        """Return the level at which it is charged on a day of an annual period, or None where none is decided."""
        return charged_on(
            agreement=agreement,
            schedule=schedule,
            period=period,
            day=day,
            site=LevelFacts(self.in_service_on, self.removed_on, self.agreed, self.dated, self.counts),
            known_on=known_on,
        )

    def levels_turn_on(self, known_on: date) -> set[date]:
        """Return the days on which a level decided from a day begins, or another one takes its place again."""
        known = [level for level in self.dated if level.recorded_on <= known_on]
        return {level.effective_on for level in known} | {level.through + ONE_DAY for level in known if level.through}


@dataclass(frozen=True)
class Charge:
    """One instalment of a site's annual charge, with everything that explains it.

    Where charges end early by a recorded credit, `spread_through` is the day through which they would have gone.
    """

    site: SiteFacts
    period: AnnualPeriod
    instalment: Instalment
    priced: tuple[PricedDays, ...]
    readings: Readings
    due_on: date
    spread_through: date | None = None

    @property
    def key(self) -> ChargeKey:
        return ChargeKey.of_site(self.site.key, self.period.number)

    @property
    def part(self) -> int:
        return self.instalment.number

    @property
    def amount(self) -> Decimal:
        """The instalment, rounded."""
        return self.instalment.amount

    @property
    def basis(self) -> Basis:
        """Why the level is charged at the end of the instalment's service."""
        return self.last_priced.basis

    @property
    def provisional(self) -> bool:
        """Whether the level only goes on until the parties agree."""
        return self.basis is Basis.CONTINUED

    @property
    def last_priced(self) -> PricedDays:
        """The price that holds at the end of the instalment's service."""
        return next(
            p for p in reversed(self.priced) if self.instalment.service.overlap(p.days.first_day, p.days.last_day)
        )

    @property
    def source(self) -> str:
        """Document and clause of the price."""
        return self.last_priced.source


@dataclass(frozen=True)
class OneOff:
    """A charge that falls due once, on the day of what is charged.

    `unit_price` is the price of one of the `quantity`, where there is one. `facts` are the values from which the amount
    can be computed again, `steps` the calculation in words. `usual_unit_price` is what one costs otherwise: a
    price far above it is likely mistyped.
    """

    key: ChargeKey
    site: SiteFacts | None
    period: AnnualPeriod
    due_on: date
    description: str
    amount: Decimal
    source: str
    steps: tuple[str, ...]
    facts: dict
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    usual_unit_price: Decimal | None = None

    @property
    def part(self) -> int:
        """It has no instalments."""
        return ONLY_PART


AnyCharge = Charge | OneOff


@dataclass(frozen=True)
class Unpriced:
    """What happened on a day and has no price: what is due for it is not known, and the notice says why."""

    key: ChargeKey
    day: date
    notice: str


@dataclass(frozen=True)
class Uncharged:
    """What happened, stands and costs nothing: the message says what became of it."""

    key: ChargeKey
    message: str


def price_source(found: TermsFound, clause: str) -> str:
    """Return the document in force and the clause of a price in it."""
    return str(Source(found.schedule_source.document, clause or found.schedule_source.clause))


def stored_money(amount: str) -> str:
    """Write an amount as it is stored with the inputs of a line."""
    return money_text(Decimal(amount))


InWords = Iterator[tuple[str, str]]
"""The stored inputs of a charge, by name and in words."""


Outcome = OneOff | Unpriced | Uncharged | str
"""What comes of facts that are charged once; a text is a notice about several of them."""


Facts = Mapping[str, tuple]
"""What has happened under one agreement and is charged once, by the kind of its charge."""

NO_FACTS: Facts = {}


@dataclass(frozen=True)
class Known:
    """What is known of one agreement on a day, for charges that fall due once."""

    agreement: AgreementTerms
    sites: Mapping[int, SiteFacts]
    facts: Facts
    through: date
    known_on: date

    def facts_of(self, kind: str) -> tuple:
        return self.facts.get(kind, ())
