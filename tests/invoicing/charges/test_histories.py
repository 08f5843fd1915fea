"""Histories of an agreement made at random: after every run, what was billed for a charge is what is due for it.

Levels are agreed late, amendments are signed long after they take effect, terms end sooner or later, sites move, start
and leave, hours and integrations are recorded, reversed and recorded again, and credits are given and waived between
the runs. HISTORIES=10000 in the environment asks for more of them than the suite does.
"""

import os
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contracts.money import ZERO, hundredths
from contracts.periods import add_months
from contracts.readings import Frequency, Minimum, Proration, Rounding, Timing
from contracts.terms import expiration_known
from invoicing.charges.charge import ChargeKey
from invoicing.charges.due import Due, due_through
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.charges.integration import INTEGRATION
from invoicing.charges.unbilled import NOTHING_BILLED, BilledPart, unbilled
from sites.hours.entries import Purchase, Work
from sites.integration.prices import CompletedOrder
from tests import reference

HISTORIES = int(os.environ.get("HISTORIES", "120"))
LEVELS = ("VERY_SMALL", "SMALL", "MEDIUM")
TERM = st.integers(0, 730).map(lambda days: reference.ANCHOR + timedelta(days=days))
EARLY = st.integers(0, 200).map(lambda days: reference.ANCHOR + timedelta(days=days))
PENNIES = st.sampled_from(["0.01", "1.00", "679.17", "13583.33", "13583.34", "100000.00"]).map(Decimal)


class Histories(RuleBasedStateMachine):
    """One agreement whose facts change while it is billed, as the pure rules see it."""

    @initialize(
        frequency=st.sampled_from(Frequency),
        timing=st.sampled_from(Timing),
        proration=st.sampled_from(Proration),
        rounding=st.sampled_from(Rounding),
        minimum=st.sampled_from(Minimum),
        starts=st.lists(EARLY, min_size=1, max_size=3),
        months=st.integers(0, 25),
    )
    def begin(self, starts, months, **readings):
        """Sites that have been billed for some months."""
        self.terms = reference.agreement(**readings)
        self.sites = {key: reference.site(key, in_service_on=start) for key, start in enumerate(starts, start=1)}
        self.today = add_months(date(1998, 10, 20), months)
        self.purchases: list[Purchase] = []
        self.work: list[Work] = []
        self.orders: list[CompletedOrder] = []
        self.billed: dict = {}
        self.keys = 0
        self.invoices_are_run(0)

    # ---- facts

    @rule(days=st.sampled_from([1, 9, 20, 31, 92, 200]))
    def time_passes(self, days):
        self.today += timedelta(days=days)

    @rule(key=st.integers(1, 3), period=st.sampled_from([2, 3]), level=st.sampled_from(LEVELS))
    def level_is_agreed(self, key, period, level):
        site = self.site(key)
        if all(agreed.period_number != period for agreed in site.agreed):
            self.change(site, agreed=(*site.agreed, reference.agreed(period, level, self.today)))

    @rule(factor=st.sampled_from(["0.95", "1.00", "1.0333"]), day=TERM, term=st.sampled_from([None, -120, 0, 365]))
    def amendment_is_signed(self, factor, day, term):
        last = self.terms.amendments[-1]
        levels = tuple(
            replace(level, annual_price=hundredths(level.annual_price * Decimal(factor))) for level in reference.LEVELS
        )
        amendment = reference.amendment(
            last.number + 1,
            max(day, last.effective_on),
            schedule=replace(reference.SCHEDULE, levels=levels),
            signed_on=self.today,
            expires_on=None if term is None else reference.EXPIRES_ON + timedelta(days=term),
        )
        self.terms = replace(self.terms, amendments=(*self.terms.amendments, amendment))

    @rule(key=st.integers(1, 3), day=TERM)
    def start_is_corrected(self, key, day):
        site = self.site(key)
        self.change(site, in_service_on=day, removed_on=None, charged_through=None)

    @rule(day=TERM)
    def site_is_added(self, day):
        if len(self.sites) < 4:
            key = len(self.sites) + 1
            self.sites[key] = reference.site(key, in_service_on=day)

    @rule(key=st.integers(1, 3), days=st.integers(0, 400), ends=st.booleans())
    def site_leaves(self, key, days, ends):
        site = self.site(key)
        last = site.in_service_on + timedelta(days=days)
        self.change(site, removed_on=last, charged_through=last if ends else None)

    @rule(day=TERM, blocks=st.integers(1, 10))
    def blocks_are_bought(self, day, blocks):
        self.purchases.append(Purchase(self.key(), day, blocks))

    @rule(day=TERM, hours=st.sampled_from(["0.01", "0.40", "1.00", "7.75", "24.00", "3000.00"]), key=st.integers(1, 3))
    def work_is_entered(self, day, hours, key):
        self.work.append(Work(self.key(), day, Decimal(hours), self.site(key).key, "Customer Care", "A. Person"))

    @precondition(lambda self: self.work or self.purchases or self.orders)
    @rule(place=st.integers(0, 50))
    def something_is_reversed(self, place):
        rows = next(rows for rows in (self.work, self.purchases, self.orders) if rows)
        rows.pop(place % len(rows))

    @rule(day=TERM, key=st.integers(1, 3))
    def cutover_is_completed(self, day, key):
        self.orders.append(CompletedOrder(self.key(), self.site(key).key, day))

    # ---- billing

    @precondition(lambda self: self.billed)
    @rule(place=st.integers(0, 200), amount=st.one_of(st.none(), PENNIES), waives=st.booleans())
    def something_is_credited(self, place, amount, waives):
        keys = sorted(self.billed, key=str)
        key = keys[place % len(keys)]
        was = self.billed[key]
        numbers = sorted(was.parts)
        number = numbers[place % len(numbers)]
        part = was.parts[number]
        taken = part.amount if amount is None else min(amount, part.amount)
        if taken > 0:
            credited = replace(
                part,
                amount=part.amount - taken,
                documents=(*part.documents, "CN"),
                waived=part.waived + (taken if waives else ZERO),
            )
            self.billed[key] = replace(was, parts={**was.parts, number: credited})

    @rule(days=st.sampled_from([0, 45, -40, -200]))
    def invoices_are_run(self, days):
        """A run through the day, a day to come or an earlier one bills the difference, and the next run nothing."""
        due = self.due(self.today + timedelta(days=days))
        if not isinstance(due, Due):
            return
        documents = unbilled(due=due, billed=self.billed, sites=self.sites)
        before, self.billed = self.billed, reference.with_documents(self.billed, documents)

        assert unbilled(due=due, billed=self.billed, sites=self.sites) == (), "A second run bills nothing."
        for document in documents:
            assert document.charges or document.adjustments
            assert all(line.amount for line in (*document.charges, *document.adjustments))
        for key, was in before.items():
            for number, part in was.parts.items():
                if not self.is_settled(due, key, number, was):
                    assert self.billed[key].parts[number] == part, "What is not due yet, or not known, stands."
        self.compare(due)

    def compare(self, due: Due):
        """What was billed for each charge is what is due for it, less what was waived."""
        now: dict[ChargeKey, dict[int, Decimal]] = {}
        for charge in (*due.ahead, *due.charges):
            now.setdefault(charge.key, {})[charge.part] = charge.amount
        fallen_due = {(charge.key, charge.part) for charge in due.charges}
        for key in {*now, *self.billed} - due.undecided - due.later:
            was = self.billed.get(key, NOTHING_BILLED)
            parts = {part for part in now.get(key, {}) if (key, part) in fallen_due}
            parts |= {part for part in was.parts if self.is_settled(due, key, part, was)}
            expected = sum((self.owed(now.get(key, {}), was, part) for part in parts), ZERO)
            billed = sum((was.parts[part].amount for part in parts if part in was.parts), ZERO)
            assert billed == expected, (key, billed, expected)

    @staticmethod
    def owed(now, was, part) -> Decimal:
        charge, billed = now.get(part, ZERO), was.parts.get(part, BilledPart())
        return min(max(charge - billed.waived, billed.amount, ZERO), charge)

    def is_settled(self, due: Due, key: ChargeKey, part: int, was) -> bool:
        """Whether a part that was billed would have fallen due by the run's date, or never can any more."""
        if key in due.undecided or key in due.later:
            return False
        if not key.is_annual:
            return True
        period = reference.period(key.period, expires_on=None)
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.today)
        span = period.parts(was.of)[part - 1]
        if span.first_day > expires_on:
            return True
        in_advance = self.terms.readings.timing is Timing.IN_ADVANCE
        return (span.first_day if in_advance else min(span.last_day, expires_on)) <= due.through

    # ---- helpers

    def due(self, through: date):
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.today)
        return due_through(
            agreement=self.terms,
            sites=self.sites.values(),
            through=min(through, expires_on),
            known_on=self.today,
            facts={BLOCK: tuple(self.purchases), HOURS: tuple(self.work), INTEGRATION: tuple(self.orders)},
        )

    def site(self, key: int):
        return self.sites[min(key, len(self.sites))]

    def change(self, site, **facts):
        self.sites[site.key] = replace(site, **facts)

    def key(self) -> int:
        self.keys += 1
        return self.keys


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    derandomize="HISTORIES" not in os.environ,
    max_examples=HISTORIES,
    stateful_step_count=20,
    deadline=None,
    database=None,
)
