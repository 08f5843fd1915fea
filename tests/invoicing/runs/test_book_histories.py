"""Histories on real rows: after every run, the issued lines of each charge add up to what is due for it, to the cent.

`recorded_life` records what happens; here it is billed, credited and waived. What is due is computed beside the run,
from rows read here, and what was billed is added up here from the issued lines. BOOK_HISTORIES=10000 in the environment
asks for that many lives, made at random, instead of the few that are the same on every machine.
"""

import os
import tempfile
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.test import TestCase, override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from contracts.money import ZERO
from contracts.periods import AnnualPeriod, annual_period
from contracts.printing import pdf
from contracts.readings import Timing
from contracts.terms import expiration_known
from invoicing.audit.auditing import Verification
from invoicing.charges.charge import ANNUAL, ONLY_PART, ChargeKey, SiteFacts
from invoicing.charges.due import Due, due_through
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.charges.integration import INTEGRATION
from invoicing.credits.crediting import CannotCredit, credit, creditable_lines, withdraw_waiver
from invoicing.models import Correction, Invoice, InvoiceLine, NumberSeries, Waiver
from invoicing.runs.drafting import draft_invoices
from sites.hours.recording import buy_blocks, correct_work, reverse_blocks
from sites.integration.ordering import cancel_order, complete_integration, order_integration
from sites.integration.prices import CompletedOrder, Quoted
from sites.models import BlockPurchase, ChargedLevel, ComponentCount, IntegrationOrder, WorkEntry
from tests import reference
from tests.faults.numbers_under_load import FastPrinter
from tests.invoicing.runs.recorded_life import PLACES, WORKED, RecordedLife, standing
from tests.waivers import credit_and_waive

LIVES = os.environ.get("BOOK_HISTORIES")
CENT = Decimal("0.01")
REPLACED = {BLOCK: BlockPurchase, HOURS: WorkEntry, INTEGRATION: IntegrationOrder}

Parts = dict[ChargeKey, dict[int, Decimal]]
"""Amounts by charge and by part of the charge."""


class BookHistories(RecordedLife):
    """The books of one agreement whose facts change while it is billed."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.own = override_settings(
            DOCUMENTS_DIR=Path(self.folder.name, "documents"), MEDIA_ROOT=Path(self.folder.name, "uploads")
        )
        self.own.enable()
        self.held = transaction.atomic()
        self.held.__enter__()
        self.issued: dict[tuple, tuple] = {}

    def teardown(self):
        """Bill this life to its end, and take everything back that it has written."""
        try:
            if hasattr(self, "agreement"):
                self.today += timedelta(days=400)
                self.invoices_are_run(0)
        finally:
            transaction.set_rollback(True)
            self.held.__exit__(None, None, None)
            self.own.disable()
            self.folder.cleanup()

    # ---- billing

    @rule(ago=st.sampled_from([0, 0, 0, 1, 40, 200]))
    def invoices_are_run(self, ago):
        """A run through today or an earlier day bills the difference and nothing else, and the next run nothing."""
        ago = 0 if Invoice.objects.drafts().exists() else ago
        through = min(self.ago(ago), self.last_day())
        due, before, waived = self.due(through), billed(), waived_parts()
        self.bill(through)
        self.compare(due, before, waived, billed())
        documents = Invoice.objects.count()
        self.bill(through)
        assert Invoice.objects.count() == documents, "A second run bills nothing."
        self.check_books()

    @rule(days=st.sampled_from([20, 31, 92]))
    def weeks_are_billed(self, days):
        """Time passes, and what it brought is billed."""
        self.today += timedelta(days=days)
        self.invoices_are_run(0)

    @rule()
    def invoices_are_drafted(self):
        """What is due is drafted and left lying; the next run makes anew what has changed by then."""
        through = min(self.today, self.last_day())
        (result,) = draft_invoices(through=through, on=self.today, by=None)
        assert result.refusal == ""

    def bill(self, through: date):
        with TestCase.captureOnCommitCallbacks(execute=True):
            (result,) = draft_invoices(through=through, on=self.today, by=None, issue_drafts=True)
        assert result.refusal == ""
        assert not Invoice.objects.drafts().exists(), "Everything that was drafted is issued."

    @precondition(lambda self: credited_lines().exists())
    @rule(
        line=PLACES,
        what=st.sampled_from(["charged once", "charged once", "line", "whole invoice"]),
        part=st.sampled_from(["half", "a cent", "all"]),
        waives=st.sampled_from([True, True, False]),
    )
    def something_is_credited(self, line, what, part, waives):
        """An invoice is taken back whole, or some of one of its lines, and perhaps waived."""
        once = credited_lines().exclude(charge=ANNUAL)
        chosen = self.one(once if what == "charged once" and once.exists() else credited_lines(), line)
        amounts = None
        if what != "whole invoice":
            lines = creditable_lines(invoice=chosen.invoice, on=self.today)
            left = next(each.left for each in lines if each.line == chosen)
            half = (left / 2).quantize(CENT, rounding="ROUND_DOWN")
            amounts = {chosen.position: {"a cent": CENT, "half": half, "all": left}[part]}
        take_back = credit_and_waive if waives else credit
        with suppress(CannotCredit), TestCase.captureOnCommitCallbacks(execute=True):
            take_back(invoice=chosen.invoice, reason="Agreed", on=self.today, by=None, amounts=amounts)

    @precondition(lambda self: Waiver.objects.filter(withdrawn_on=None).exists())
    @rule(place=PLACES)
    def waiver_is_withdrawn(self, place):
        waiver = self.one(Waiver.objects.filter(withdrawn_on=None).order_by("pk"), place)
        withdraw_waiver(waiver=waiver, reason="Decided anew", on=self.today, by=None)

    @precondition(lambda self: waivers_of_what_is_charged_once().exists())
    @rule(place=PLACES, hours=WORKED, blocks=st.integers(1, 3))
    def what_was_waived_is_recorded_anew(self, place, hours, blocks):
        """Work, a purchase or an order that was waived is taken back, and another one put in its place and billed."""
        line = self.one(waivers_of_what_is_charged_once(), place).line
        entry, purchase, order = line.work_entry, line.block_purchase, line.integration_order
        if entry is not None:
            message = {name: getattr(entry, name) for name in ("site", "worked_on", "service", "person")}
            self.record(correct_work, entry=entry, reason="Wrong", hours=hours, **message)
        elif purchase is not None:
            self.record(reverse_blocks, purchase=purchase, reason="Wrong")
            new = {"agreement": self.agreement, "bought_on": purchase.bought_on, "blocks": blocks}
            self.record(buy_blocks, replaces=purchase, **new)
        else:
            self.record(cancel_order, order=order, reason="Wrong")
            new = {"site": order.site, "ordered_on": order.ordered_on, "reason": "Once more"}
            placed = self.record(order_integration, replaces=order, **new)
            if placed is not None:
                self.record(complete_integration, order=placed, completed_on=order.completed_on)
        self.invoices_are_run(0)

    # ---- what must hold

    def compare(self, due: Due, before: Parts, waived: Parts, now: Parts):
        """What was billed for each charge is what is due for it, less what was waived; what is not due yet stands."""
        owed: Parts = defaultdict(dict)
        for charge in due.charges:
            owed[charge.key][charge.part] = charge.amount
        for key in {*owed, *before, *now}:
            was, has = before.get(key, {}), now.get(key, {})
            comparable = {
                part for part in {*owed[key], *was, *has} if part in owed[key] or self.settled(due, key, part)
            }
            if key in due.undecided or key in due.later:
                comparable = set()
            expected = sum((self.after_waiver(owed[key], was, waived.get(key, {}), part) for part in comparable), ZERO)
            assert sum((has.get(part, ZERO) for part in comparable), ZERO) == expected, key
            for part in {*was, *has} - comparable:
                assert has.get(part) == was.get(part), f"{key}, {part}: what is not due yet, or not known, stands."

    @staticmethod
    def after_waiver(owed: dict, was: dict, waived: dict, part: int) -> Decimal:
        """A waiver bars billing and never causes a credit: due lies between the price less what was waived, and it."""
        price = owed.get(part, ZERO)
        stands = max(was.get(part, ZERO), ZERO)
        return min(max(price - waived.get(part, ZERO), stands), price)

    @staticmethod
    def settled(due: Due, key: ChargeKey, part: int) -> bool:
        """Whether a part for which nothing is due would have fallen due by the run's date, or never can any more."""
        if not key.is_annual:
            return True
        expires_on, _source = expiration_known(agreement=due.agreement, known_on=due.known_on)
        period = annual_period(number=key.period, first_period_starts_on=reference.ANCHOR, expires_on=expires_on)
        if not isinstance(period, AnnualPeriod):
            return True
        readings = due.agreement.readings_on(period.full_span.first_day)
        span = period.parts(readings.frequency.parts)[part - 1]
        if span.first_day > period.span.last_day:
            return True
        in_advance = readings.timing is Timing.IN_ADVANCE
        return (span.first_day if in_advance else min(span.last_day, period.span.last_day)) <= due.through

    def check_books(self):
        """Numbers have no gap, every line computes to its amount, and what was issued stays as it was."""
        found = [str(finding) for finding in Verification().findings() if not finding.is_note]
        assert found == []
        for series in NumberSeries.objects.order_by("pk"):
            numbers = Invoice.objects.issued().filter(series=series).order_by("number").values_list("number", flat=True)
            assert list(numbers) == list(range(1, series.last_number + 1))
        rows = issued_rows()
        assert {key: rows.get(key) for key in self.issued} == self.issued, "What was issued stays as it is."
        self.issued = rows

    # ---- what is due, read beside the run

    def due(self, through: date) -> Due:
        due = due_through(
            agreement=self.terms(),
            sites=[self.site_facts(site) for site in self.sites().order_by("city", "pk")],
            through=through,
            known_on=self.today,
            facts={
                BLOCK: tuple(row.as_fact() for row in standing(BlockPurchase).order_by("bought_on", "pk")),
                HOURS: tuple(row.as_fact() for row in standing(WorkEntry).order_by("worked_on", "pk")),
                INTEGRATION: tuple(
                    order_facts(row) for row in standing(IntegrationOrder).filter(completed_on__isnull=False)
                ),
            },
        )
        assert isinstance(due, Due)
        return due

    def site_facts(self, site) -> SiteFacts:
        levels = ChargedLevel.objects.filter(site=site).select_related("level").order_by("period_number")
        switches = ComponentCount.objects.filter(site=site, component_code="5ESS", counted_on__lte=self.today)
        return SiteFacts(
            key=site.pk,
            name=str(site),
            in_service_on=site.in_service_on,
            removed_on=site.removed_on,
            charged_through=site.charged_through,
            agreed=tuple(level.as_agreed() for level in levels),
            dated=tuple(row.as_level() for row in site.level_decisions.select_related("level").order_by("pk")),
            switch_counts=tuple(switches.order_by("counted_on").values_list("counted_on", "quantity")),
        )


def order_facts(row: IntegrationOrder) -> CompletedOrder:
    """A completed order with the price that was quoted for it."""
    quoted = row.quotation and Quoted(row.quotation.number, row.quotation.price, row.quotation.executed_on)
    return CompletedOrder(row.pk, row.site_id, row.completed_on, quoted)


# ---- what the issued lines say


def credited_lines():
    """The lines of invoices, the youngest first."""
    invoices = {"invoice__issued_on__isnull": False, "invoice__kind": Invoice.Kind.INVOICE}
    return InvoiceLine.objects.filter(**invoices).select_related("invoice").order_by("-invoice", "position")


def waivers_of_what_is_charged_once():
    """The waivers of work, purchases and integrations, the youngest first."""
    subjects = ("line__work_entry__site", "line__block_purchase", "line__integration_order__site")
    rows = Waiver.objects.filter(withdrawn_on=None).exclude(line__charge=ANNUAL)
    return rows.select_related(*subjects).order_by("-pk")


def billed() -> Parts:
    """Add up the lines of everything that was issued, by charge and part."""
    found: Parts = defaultdict(lambda: defaultdict(lambda: ZERO))
    for line in InvoiceLine.objects.filter(invoice__issued_on__isnull=False):
        for part, amount in shares(line):
            found[charged_by(line)][part] += amount
    return {key: dict(parts) for key, parts in found.items()}


def waived_parts() -> Parts:
    """What was waived of each charge and part, and of the charges in whose place it stands."""
    found: Parts = defaultdict(lambda: defaultdict(lambda: ZERO))
    for waiver in Waiver.objects.filter(withdrawn_on=None).select_related("line"):
        for part, amount in shares(waiver.line):
            found[charged_by(waiver.line)][part] -= amount
    for kind, model in REPLACED.items():
        for row in model.objects.exclude(replaces=None).order_by("pk"):  # recorded later than what it replaces
            replaced = found.get(ChargeKey(kind, row.replaces_id), {})
            if replaced:
                found[ChargeKey(kind, row.pk)][ONLY_PART] += replaced[ONLY_PART]
    return found


def charged_by(line: InvoiceLine) -> ChargeKey:
    """The charge of a line."""
    if line.charge == ANNUAL:
        return ChargeKey.of_site(line.site_id, line.period_number)
    subject = line.block_purchase_id or line.work_entry_id or line.integration_order_id
    return ChargeKey(line.charge, subject)


def shares(line: InvoiceLine) -> list[tuple[int, Decimal]]:
    """How much of a line belongs to which part of its charge."""
    if line.instalment is not None:
        return [(line.instalment, line.amount)]
    if line.shares is not None:
        return [(part, Decimal(amount)) for part, amount in line.shares]
    return [(ONLY_PART, line.amount)]


def issued_rows() -> dict[tuple, tuple]:
    """Every column of what was issued; the content by its SHA-256, which `Verification` computes again."""
    columns = [field.attname for field in Invoice._meta.concrete_fields if field.name != "content"]
    found = {("document", row[0]): row for row in Invoice.objects.issued().values_list("pk", *columns)}
    lines = InvoiceLine.objects.filter(invoice__issued_on__isnull=False).values_list()
    links = Correction.objects.filter(document__issued_on__isnull=False).values_list()
    return found | {("line", row[0]): row for row in lines} | {("link", row[0]): row for row in links}


# ---- the test


@pytest.fixture
def fast_printer(monkeypatch):
    """Store something as every PDF is stored, without setting type."""
    monkeypatch.setattr(pdf, "_printer", FastPrinter())


@pytest.mark.full
@pytest.mark.usefixtures("db", "fast_printer")
def test_issued_lines_add_up_to_what_is_due_whatever_happened():
    profile = settings(
        max_examples=int(LIVES or 6),
        stateful_step_count=30,
        derandomize=LIVES is None,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(BookHistories, settings=profile)
