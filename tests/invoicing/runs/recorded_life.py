"""The life of an agreement on real rows: what people record about it, each event by the product's own function.

An event that the product refuses leaves everything as it was. Hypothesis chooses what happens; see
`test_book_histories`, which bills it.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contracts.amendments.amending import CannotAmend, draft_amendment, enter_schedule, record_signature
from contracts.amendments.choosing_readings import CannotChoose
from contracts.models import Agreement, Amendment
from contracts.money import hundredths
from contracts.readings import ANNUAL_QUESTIONS, QUESTIONS
from contracts.schedule import Schedule
from contracts.terms import expiration_known, expiration_on_file
from invoicing.readings.changing import change_reading
from sites.counts.recording import record_counts
from sites.hours.recording import buy_blocks, change_work, correct_work, enter_work, reverse_blocks, reverse_work
from sites.integration.ordering import (
    attach_quotation,
    cancel_order,
    complete_integration,
    order_integration,
    record_quotation,
)
from sites.levels.recording import decide_level
from sites.models import BlockPurchase, IntegrationOrder, Quotation, RenewalReview, ServiceChange, Site, WorkEntry
from sites.refusals import CannotRecord
from sites.reviews.reviewing import CannotReview, open_review, record_agreement, refresh_review
from sites.service.recording import correct_service, end_service
from sites.starting.recording import change_starting_level, record_starting_level, withdraw_starting_level
from tests import factories, reference
from tests.sites.levels.deciding import FACTS

REFUSALS = (CannotAmend, CannotChoose, CannotRecord, CannotReview)

HOURS = replace(
    reference.SCHEDULE.hours, block_hours=20, block_price=Decimal("1620.00"), opens_after_blocks=2, opens_in_month=10
)
"""Blocks so small that a few days of work use them up; the price of an hour is the same."""

AMENDMENT = replace(reference.AMENDMENT, schedule=replace(reference.SCHEDULE, hours=HOURS))

PLACES = st.integers(0, 99)
"""Which of the rows on file an event concerns."""

DAYS_AGO = st.integers(0, 400)
STARTS = st.integers(-20, 720).map(lambda days: reference.ANCHOR + timedelta(days=days))
EARLY = st.integers(0, 200).map(lambda days: reference.ANCHOR + timedelta(days=days))
LEVELS = st.sampled_from([level.code for level in reference.LEVELS])
WORKED = st.sampled_from(["0.01", "0.40", "1.00", "7.75", "24.00"]).map(Decimal)
SERVICES = st.sampled_from(reference.SCHEDULE.hour_services)
READINGS = st.sampled_from([(key, choice) for key in ANNUAL_QUESTIONS for choice in QUESTIONS[key].offered])
Day = ServiceChange.Day


class RecordedLife(RuleBasedStateMachine):
    """One agreement, its amendments, readings and sites, and what is counted, worked, bought and ordered there."""

    @initialize(
        starts=st.lists(EARLY, min_size=1, max_size=3),
        readings=st.lists(READINGS, max_size=3),
        days=st.integers(0, 400),
    )
    def begin(self, starts, readings, days):
        """An agreement with sites, read in its own way from the beginning."""
        self.names = 0
        self.today = reference.AMENDMENT.executed_on
        self.agreement = factories.agreement(amendments=(AMENDMENT,), held_above_percent=None)
        for question, choice in readings:
            self.read(question, choice, reference.ANCHOR)
        for start in starts:
            self.add_site(start)
        self.today += timedelta(days=days)

    # ---- what has been agreed

    @rule(days=st.sampled_from([1, 9, 20, 31, 92, 200]))
    def time_passes(self, days):
        self.today += timedelta(days=days)

    @rule(reading=READINGS, period=st.integers(1, 3))
    def clause_is_read_otherwise(self, reading, period):
        self.read(*reading, reference.period(period, expires_on=None).full_span.first_day)

    def read(self, question: str, choice: str, applies_from: date):
        self.record(
            change_reading,
            agreement=self.agreement,
            question=question,
            choice=choice,
            applies_from=applies_from,
            clause="",
            chosen_by="A. Reader",
            chosen_on=self.today,
            reason="Read otherwise",
        )

    @rule(
        factor=st.sampled_from(["0.95", "1.00", "1.0333", "0.70"]).map(Decimal),
        day=STARTS,
        days=st.sampled_from([None, None, -120, 0, 365]),
        signed=st.integers(0, 2),
        ago=DAYS_AGO,
    )
    def amendment_is_entered(self, factor, day, days, signed, ago):
        """Other prices from a day that may be long over, another term, and as many signatures as there are yet."""
        terms = self.terms()
        last = terms.amendments[-1]
        on_file = expiration_on_file(agreement=terms, before=last.number + 1)
        with self.all_or_nothing():
            amendment = draft_amendment(
                agreement=self.agreement,
                number=last.number + 1,
                contract_number=f"LNM-{last.number + 1}",
                effective_on=max(day, last.effective_on),
                from_expires_on=None if days is None else on_file,
                expires_on=None if days is None else reference.EXPIRES_ON + timedelta(days=days),
                on=self.today,
                by=None,
            )
            enter_schedule(
                agreement=self.agreement, amendment=amendment, schedule=repriced(factor), on=self.today, by=None
            )
            for side in ("customer", "supplier")[:signed]:
                self.sign(amendment, side, ago)

    @precondition(lambda self: Amendment.objects.filter(executed_on=None).exists())
    @rule(ago=DAYS_AGO)
    def amendment_is_signed(self, ago):
        amendment = Amendment.objects.filter(executed_on=None).earliest("number")
        with self.all_or_nothing():
            for side in ("customer", "supplier"):
                if getattr(amendment, f"{side}_signed_on") is None:
                    self.sign(amendment, side, ago)

    def sign(self, amendment: Amendment, side: str, ago: int):
        record_signature(
            amendment=amendment, side=side, name="A. Signer", title="", signed_on=self.ago(ago), on=self.today, by=None
        )

    @rule(period=st.integers(1, 2), codes=st.lists(LEVELS, min_size=4, max_size=4), ago=DAYS_AGO)
    def levels_are_agreed(self, period, codes, ago):
        """Both parties agree to a review, weeks or months after its period is over."""
        on = {"on": self.today, "by": None}
        with self.all_or_nothing():
            review = open_review(agreement=self.agreement, period_number=period, **on)
            review = refresh_review(review=RenewalReview.objects.get(pk=review.pk), **on)
            lines = review.lines.filter(needs_decision=True).order_by("site")
            decisions = {line.site_id: (codes[place % 4], "Agreed") for place, line in enumerate(lines)}
            names = {"customer_signer": "A. Customer", "supplier_signer": "A. Supplier"}
            days = {"customer_agreed_on": self.ago(ago), "supplier_agreed_on": self.ago(ago), "meeting_on": None}
            record_agreement(review=review, decisions=decisions, **names, **days, **on)

    # ---- sites

    @precondition(lambda self: self.sites().count() < 4)
    @rule(day=STARTS)
    def site_is_added(self, day):
        self.add_site(day)

    def add_site(self, day: date):
        factories.site(self.agreement, f"City {self.name()}", day)

    @rule(place=PLACES, day=STARTS)
    def start_is_corrected(self, place, day):
        self.correct_days(self.one(self.sites(), place), {Day.FIRST: day})

    @rule(place=PLACES)
    def removal_is_taken_back(self, place):
        self.correct_days(self.one(self.sites(), place), {Day.LAST: None, Day.CHARGED: None})

    def correct_days(self, site: Site, days: dict):
        self.record(correct_service, site=site, days=days, reason="Recorded wrong")

    @rule(place=PLACES, days=st.integers(0, 400), ends=st.booleans())
    def site_leaves(self, place, days, ends):
        site = self.one(self.sites(), place)
        last = site.in_service_on + timedelta(days=days)
        early = {"charged_through": last, "reason": "Agreed"} if ends else {}
        self.record(end_service, site=site, last_day=last, **early)

    @rule(place=PLACES, level=LEVELS, period=st.integers(2, 3))
    def starting_level_is_decided(self, place, level, period):
        site = self.one(self.sites(), place)
        self.record(record_starting_level, site=site, period_number=period, level_code=level, reason="Decided")

    @rule(place=PLACES, level=LEVELS)
    def starting_level_is_changed(self, place, level):
        site = self.one(self.sites(), place)
        self.record(change_starting_level, site=site, level_code=level, reason="Decided anew")

    @rule(place=PLACES)
    def starting_level_is_withdrawn(self, place):
        self.record(withdraw_starting_level, site=self.one(self.sites(), place), reason="Never agreed")

    @rule(place=PLACES, level=LEVELS, ago=DAYS_AGO, days=st.one_of(st.none(), st.integers(0, 90)))
    def level_is_decided_from_a_day(self, place, level, ago, days):
        """Both parties agree to another level from a day, to the end of its annual period or for some days of it."""
        day = self.ago(ago)
        through = None if days is None else day + timedelta(days=days)
        facts = FACTS | {"effective_on": day, "through": through, "level_code": level, "agreed_on": self.today}
        self.record(decide_level, site=self.one(self.sites(), place), **facts | {"reason": f"Word {self.name()}"})

    @rule(
        place=PLACES,
        ago=st.one_of(DAYS_AGO, st.none()),
        switches=st.sampled_from([0, 1]),
        others=st.sampled_from([{}, {"GE": 10, "SLC": 5}, {"GE": 20, "SLC": 9}]),
    )
    def site_is_counted(self, place, ago, switches, others):
        """Its switch is counted as 0, or as 1 again; on a day that was counted before, the count is corrected."""
        site = self.one(self.sites(), place)
        day = site.in_service_on if ago is None else max(self.ago(ago), site.in_service_on)
        counted = {"5ESS": switches, **others}
        self.record(record_counts, site=site, counted_on=day, quantities=counted, source="", reason="Counted again")

    # ---- hours

    @rule(ago=DAYS_AGO, blocks=st.integers(1, 3), replaces=st.booleans())
    def blocks_are_bought(self, ago, blocks, replaces):
        """Now, or found to have been bought long ago; perhaps in place of a purchase that was taken back."""
        taken_back = BlockPurchase.objects.replaceable().first() if replaces else None
        self.record(buy_blocks, agreement=self.agreement, bought_on=self.ago(ago), blocks=blocks, replaces=taken_back)

    @precondition(lambda self: standing(BlockPurchase).exists())
    @rule(place=PLACES)
    def purchase_is_reversed(self, place):
        self.record(reverse_blocks, purchase=self.one(standing(BlockPurchase), place), reason="Not ordered")

    @rule(place=PLACES, ago=DAYS_AGO, hours=WORKED, service=SERVICES)
    def work_is_entered(self, place, ago, hours, service):
        self.record(enter_work, **self.done(place, ago, hours, service))

    @precondition(lambda self: standing(WorkEntry).exists())
    @rule(entry=PLACES, place=PLACES, hours=WORKED, service=SERVICES, moved=st.booleans(), ago=DAYS_AGO)
    def work_is_corrected(self, entry, place, hours, service, moved, ago):
        """What is not billed is changed; what is billed is reversed, and entered anew in its place."""
        row = self.one(standing(WorkEntry), entry)
        message = self.done(place, ago, hours, service)
        if not moved:
            message |= {"worked_on": row.worked_on, "site": row.site}
        if row.billed_on is None and place % 2:
            self.record(change_work, entry=row, reason="Wrong", **message)
        else:
            self.record(correct_work, entry=row, reason="Wrong", **message)

    @precondition(lambda self: standing(WorkEntry).exists())
    @rule(place=PLACES)
    def work_is_reversed(self, place):
        self.record(reverse_work, entry=self.one(standing(WorkEntry), place), reason="Not done")

    def done(self, place: int, ago: int, hours: Decimal, service: str) -> dict:
        site, person = self.one(self.sites(), place), f"Technician {self.name()}"
        return {"site": site, "worked_on": self.ago(ago), "service": service, "hours": hours, "person": person}

    # ---- integration

    @rule(place=PLACES, ago=DAYS_AGO, replaces=st.booleans(), completes=st.booleans())
    def integration_is_ordered(self, place, ago, replaces, completes):
        site = self.one(self.sites(), place)
        taken_back = IntegrationOrder.objects.filter(site=site).replaceable().first() if replaces else None
        day = {"ordered_on": self.ago(ago), "reason": "Once more", "replaces": taken_back}
        order = self.record(order_integration, site=site, **day)
        if order is not None and completes:
            self.record(complete_integration, order=order, completed_on=self.ago(ago))

    @precondition(lambda self: standing(IntegrationOrder).exists())
    @rule(place=PLACES, ago=DAYS_AGO)
    def cutover_is_completed(self, place, ago):
        order = self.one(standing(IntegrationOrder), place)
        self.record(complete_integration, order=order, completed_on=max(self.ago(ago), order.ordered_on))

    @precondition(lambda self: standing(IntegrationOrder).exists())
    @rule(place=PLACES)
    def order_is_cancelled(self, place):
        self.record(cancel_order, order=self.one(standing(IntegrationOrder), place), reason="Withdrawn")

    @precondition(lambda self: standing(IntegrationOrder).exists())
    @rule(place=PLACES, ago=DAYS_AGO)
    def quotation_is_attached(self, place, ago):
        order = self.one(standing(IntegrationOrder), place)
        quotation = self.quoted(order.site, self.ago(ago))
        if quotation is not None:
            self.record(attach_quotation, order=order, quotation=quotation)

    def quoted(self, site: Site, day: date) -> Quotation | None:
        number = f"Q-{self.name()}"
        return self.record(
            record_quotation,
            site=site,
            number=number,
            dated_on=day,
            price=Decimal("145000.00"),
            document=SimpleUploadedFile(f"{number}.pdf", b"%PDF-1.4"),
            customer_signer="A. Customer",
            customer_signed_on=day,
            supplier_signer="A. Supplier",
            supplier_signed_on=day,
        )

    # ---- helpers

    def record(self, event: Callable, **facts):
        """Record an event today; return its row, or None where the product refuses it."""
        with self.all_or_nothing():
            return event(**facts, on=self.today, by=None)

    @contextmanager
    def all_or_nothing(self):
        """Take back what was written where a later step of the same event is refused."""
        try:
            with transaction.atomic():
                yield
        except REFUSALS:
            pass

    def terms(self):
        """The agreement with everything that was agreed, as the rules see it."""
        return Agreement.objects.with_terms().get(pk=self.agreement.pk).as_terms()

    def last_day(self) -> date:
        """The last day of the term as it is known today."""
        expires_on, _source = expiration_known(agreement=self.terms(), known_on=self.today)
        return expires_on

    def sites(self):
        """All sites, in the order in which they were entered."""
        return Site.objects.order_by("pk")

    def one(self, rows, place: int):
        """One of some rows."""
        found = list(rows)
        return found[place % len(found)]

    def ago(self, days: int) -> date:
        """So many days before today, within the first annual period or later."""
        return max(self.today - timedelta(days=days), reference.ANCHOR)

    def name(self) -> int:
        """A number that nothing else is called by."""
        self.names += 1
        return self.names


def standing(model):
    """Rows that nobody has taken back, in the order in which they were recorded."""
    return model.objects.filter(reversed_on=None).order_by("pk")


def repriced(factor: Decimal) -> Schedule:
    """The price schedule with every price changed by the same factor."""

    def changed(price: Decimal | None) -> Decimal | None:
        return None if price is None else hundredths(price * factor)

    levels = tuple(
        replace(
            level,
            annual_price=changed(level.annual_price),
            integration_price=changed(level.integration_price),
        )
        for level in reference.LEVELS
    )
    hours = replace(HOURS, block_price=changed(HOURS.block_price), hourly_price=changed(HOURS.hourly_price))
    return replace(AMENDMENT.schedule, levels=levels, hours=hours)
