"""What can be charged, and how a charge is known again: its kind and its subject, as the books and the run name it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.periods import AnnualPeriod, DaySpan
from contracts.readings import Readings
from contracts.schedule import Schedule
from contracts.terms import AgreementTerms
from invoicing.charges.instalments import Instalment, PricedDays
from sites.charged import AgreedLevel, Basis, Charged, charged_days, charged_in

ONLY_PART = 1
"""The part of a charge that has no instalments."""


class ChargeKind(StrEnum):
    """The kinds of charge."""

    ANNUAL = "annual"
    BLOCK = "block"
    HOURS = "hours"
    INTEGRATION = "integration"


class ChargeKey(NamedTuple):
    """What is due and what was billed are compared by this key.

    The subject is the key of a site, a purchase of blocks, a work entry or an order of integration. A site's annual
    charge has one key for each annual period, and its instalments as parts.
    """

    kind: ChargeKind
    subject: int
    period: int = 0

    @classmethod
    def of_site(cls, site_key: int, period_number: int) -> "ChargeKey":
        """The annual charge of one site in one annual period."""
        return cls(ChargeKind.ANNUAL, site_key, period_number)


@dataclass(frozen=True)
class SiteFacts:
    """What is known of one site: its key, service days, agreed levels and switch counts by date."""

    key: int
    name: str
    in_service_on: date
    removed_on: date | None = None
    charged_through: date | None = None
    agreed: tuple[AgreedLevel, ...] = ()
    switch_counts: tuple[tuple[date, int], ...] = ()

    def charged_days(self, period: AnnualPeriod, *, by_switch: bool = True) -> DaySpan | None:
        """Return the days of an annual period for which it is charged; those of its service alone if not `by_switch`.

        None where there are none.
        """
        return charged_days(
            period=period,
            in_service_on=self.in_service_on,
            removed_on=self.removed_on,
            charged_through=self.charged_through,
            switch_counts=self.switch_counts if by_switch else (),
        )

    def charged_in(
        self, *, agreement: AgreementTerms, schedule: Schedule, period: AnnualPeriod, known_on: date
    ) -> Charged | None:
        """Return the level at which it is charged in an annual period, or None where none is decided."""
        return charged_in(
            agreement=agreement,
            schedule=schedule,
            period=period,
            in_service_on=self.in_service_on,
            removed_on=self.removed_on,
            agreed=self.agreed,
            known_on=known_on,
        )


@dataclass(frozen=True)
class Charge:
    """One instalment of a site's annual charge, with everything that explains it."""

    site: SiteFacts
    period: AnnualPeriod
    instalment: Instalment
    priced: tuple[PricedDays, ...]
    readings: Readings
    due_on: date

    @property
    def key(self) -> ChargeKey:
        """Site and annual period."""
        return ChargeKey.of_site(self.site.key, self.period.number)

    @property
    def part(self) -> int:
        """The instalment's number."""
        return self.instalment.number

    @property
    def amount(self) -> Decimal:
        """The instalment in cents."""
        return self.instalment.amount

    @property
    def basis(self) -> Basis:
        """What the level rests on at the end of the instalment's service."""
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
    """A charge that falls due once, on the day of what is charged: blocks bought, hours worked, a cutover completed.

    `quantity` is in blocks or hours, `unit_price` the price of one; an integration has neither. `facts` are the values
    from which the amount can be computed again, `steps` the calculation in words.
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

    @property
    def part(self) -> int:
        """It has no instalments."""
        return ONLY_PART


AnyCharge = Charge | OneOff
