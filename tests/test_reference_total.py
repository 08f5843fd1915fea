"""The reference term with everything that is billed: sites, blocks, hours, integrations, corrections and credits.

Four sites. Akron is Very Small throughout. Boise is agreed at Medium for the second annual period, late, on 1999-12-10.
Casper starts on 1999-01-15. Dayton starts on 1999-11-01, at Small. What every month and the whole term must come to is
computed here a second time, in plain decimals and by hand; docs/rules.md tells the same story.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from contracts.periods import ONE_DAY, Month
from invoicing.audit.auditing import Verification
from invoicing.credits.crediting import credit, creditable_lines
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice, InvoiceLine
from invoicing.runs.drafting import draft_invoices
from sites.hours.recording import buy_blocks, correct_work, enter_work
from sites.integration.ordering import attach_quotation, complete_integration, order_integration
from sites.models import IntegrationOrder, WorkEntry
from tests import factories
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db

FIRST_MONTH, LAST_DAY = Month(1998, 10), date(2000, 9, 30)
CARE, PROVISIONING = "Customer Care", "Provisioning/Translations"

# ---- the second opinion: what the term comes to ----------------------------------------------------------------------

# First annual period: everybody at Very Small. Casper has 17 of 31 days of January and eight whole months:
# 163,000 / 12 x (17/31 + 8) = 116,115.591... .
SITES_YEAR_1 = Decimal("163000.00") + Decimal("163000.00") + Decimal("116115.59")
# Second annual period: Akron and Casper at Very Small, Boise at Medium from its first day, Dayton eleven months of
# Small: 198,000 / 12 x 11 = 181,500.
SITES_YEAR_2 = Decimal("163000.00") + Decimal("245000.00") + Decimal("163000.00") + Decimal("181500.00")
# One block in October 1998, two in April 1999, one in November 1999.
BLOCKS = 4 * Decimal("121500.00")
# Hours that no block covered, at 81.00. July 1999: 0.60 h of an entry of 1.00 h, and 0.50 h charged as 1.00 h. August:
# 1.25 h. September: 8.00 h. The 6.00 h billed in August were 4.00 h. July 2000: 3.00 h of an entry of 10.00 h.
HOURS = {
    "partly prepaid": Decimal("48.60"),  # 0.60 x 81.00
    "minimum": Decimal("81.00"),  # 1.00 x 81.00
    "above the minimum": Decimal("101.25"),  # 1.25 x 81.00
    "billed": Decimal("486.00"),  # 6.00 x 81.00
    "reversed": Decimal("-486.00"),
    "corrected": Decimal("324.00"),  # 4.00 x 81.00
    "September": Decimal("648.00"),  # 8.00 x 81.00
    "second year": Decimal("243.00"),  # 3.00 x 81.00
}
# Akron at Very Small costs the price of the schedule; Boise at Medium has none there, its quotation says 145,000.
INTEGRATIONS = Decimal("100000.00") + Decimal("145000.00")
# Akron's November 1998 is taken back and billed again; 1,500.00 of Casper's February 1999 are waived.
CREDITED = -Decimal("13583.34") + Decimal("13583.34") - Decimal("1500.00")

TOTAL = Decimal("1925561.44")


def test_the_derivation_adds_up():
    parts = (SITES_YEAR_1, SITES_YEAR_2, BLOCKS, sum(HOURS.values()), INTEGRATIONS, CREDITED)
    assert [str(part) for part in parts] == [
        "442115.59",
        "752500.00",
        "486000.00",
        "1445.85",
        "245000.00",
        "-1500.00",
    ]
    assert sum(parts) == TOTAL


def instalment(annual_price: int, month: int, *, before: Decimal = Decimal(0)) -> Decimal:
    """Instalment `month` of a price, `before` being the twelfths that were not in service."""

    def through(months: int) -> Decimal:
        exact = Decimal(annual_price) * max(months - before, Decimal(0)) / 12
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    return through(month) - through(month - 1)


NOT_IN_JANUARY = 3 + Decimal(14) / 31
"""What Casper was not in service in the first annual period: October to December and 14 of 31 days of January."""


def sites_in(month: Month) -> Decimal:
    """What the sites come to in a month, as far as the levels were known when it was billed."""
    number = (month.year - 1998) * 12 + month.month - 9
    if number <= 12:
        casper = instalment(163_000, number, before=NOT_IN_JANUARY) if number >= 4 else Decimal(0)
        return 2 * instalment(163_000, number) + casper
    number -= 12
    boise = instalment(163_000 if number <= 2 else 245_000, number)
    dayton = instalment(198_000, number, before=Decimal(1)) if number >= 2 else Decimal(0)
    return 2 * instalment(163_000, number) + boise + dayton


BESIDES = {
    Month(1998, 10): Decimal("121500.00"),  # a block
    Month(1998, 12): Decimal("100000.00") + Decimal("13583.34"),  # Akron's cutover; its November billed again
    Month(1999, 4): Decimal("243000.00"),  # two blocks, which also cover the hours that waited
    Month(1999, 7): HOURS["partly prepaid"] + HOURS["minimum"],
    Month(1999, 8): HOURS["above the minimum"] + HOURS["billed"],
    Month(1999, 9): HOURS["reversed"] + HOURS["corrected"] + HOURS["September"],
    Month(1999, 11): Decimal("121500.00"),  # a block; by the hour nothing is sold from October 1
    # Boise for October and November at Medium, 245,000 / 12 x 2 = 40,833.33, less 27,166.67 billed at Very Small
    Month(1999, 12): Decimal("40833.33") - Decimal("27166.67"),
    Month(2000, 2): Decimal("145000.00"),  # Boise's cutover
    Month(2000, 7): HOURS["second year"],
}
BY_HAND = [Decimal("-13583.34"), Decimal("-1500.00")]
WAITING = {Month(1999, 3): "100.00 h", Month(1999, 10): "3.00 h"}


# ---- the term as its users play it -----------------------------------------------------------------------------------


class Term:
    """The agreement with its sites, and what happened on which day."""

    def __init__(self):
        self.agreement = factories.agreement()
        self.akron = factories.site(self.agreement, "Akron")
        self.boise = factories.site(self.agreement, "Boise")
        self.casper = factories.site(self.agreement, "Casper", date(1999, 1, 15))
        self.dayton = factories.site(self.agreement, "Dayton", date(1999, 11, 1))

    def events(self) -> list[tuple[date, Callable[[date], object]]]:
        """What happens besides the monthly runs, in the order of the days."""
        return [
            # The first block: 1,400 h of work leave 100 h.
            (date(1998, 10, 26), lambda on: self.buy(1, on)),
            (date(1998, 11, 20), lambda on: order_integration(site=self.akron, ordered_on=on, on=on, by=None)),
            (date(1998, 12, 10), self.credit_november),
            (date(1998, 12, 15), lambda on: self.cut_over(self.akron, on)),
            (date(1999, 1, 20), lambda on: factories.team_work(self.akron, on, 1400)),
            # Of 200 h in March, 100 h complete the block and 100 h wait for another.
            (date(1999, 3, 16), lambda on: factories.team_work(self.boise, on, 200)),
            (date(1999, 3, 18), self.waive_some_of_february),
            # Two blocks cover them: 2,900 h are left, and 39.50 h after June.
            (date(1999, 4, 12), lambda on: self.buy(2, on)),
            (date(1999, 6, 8), lambda on: factories.team_work(self.casper, on, 2860)),
            (date(1999, 6, 30), lambda on: self.work(self.akron, on, "0.50")),
            # Hourly prices open on July 1; what is prepaid still goes first.
            (date(1999, 7, 6), lambda on: self.work(self.akron, on, "24.00")),
            (date(1999, 7, 7), lambda on: self.work(self.akron, on, "15.10")),
            (date(1999, 7, 12), lambda on: self.work(self.boise, on, "1.00")),  # 0.40 h prepaid, 0.60 h by the hour
            (date(1999, 7, 20), lambda on: self.work(self.boise, on, "0.50")),  # the minimum
            (date(1999, 8, 3), lambda on: self.work(self.casper, on, "1.25")),
            (date(1999, 8, 17), lambda on: self.work(self.casper, on, "6.00", reference="CC-0817")),
            (date(1999, 9, 14), self.correct_august),
            (date(1999, 9, 21), lambda on: self.work(self.akron, on, "8.00")),
            # They close on October 1: 3 h wait for the block of November, which is used up but for 7 h by June.
            (date(1999, 10, 4), lambda on: self.work(self.akron, on, "3.00")),
            (date(1999, 10, 18), self.decide_daytons_start),
            (date(1999, 11, 8), lambda on: self.buy(1, on)),
            (date(1999, 12, 10), self.agree),
            (date(2000, 1, 10), lambda on: order_integration(site=self.boise, ordered_on=on, on=on, by=None)),
            (date(2000, 2, 1), self.quote),
            (date(2000, 2, 15), lambda on: self.cut_over(self.boise, on)),
            (date(2000, 5, 9), lambda on: factories.team_work(self.dayton, on, 1490)),
            (date(2000, 7, 11), lambda on: self.work(self.dayton, on, "10.00", service=PROVISIONING)),
        ]

    def buy(self, number: int, on: date) -> None:
        buy_blocks(agreement=self.agreement, bought_on=on, blocks=number, on=on, by=None)

    def work(self, site, on: date, hours: str, service: str = CARE, reference: str = "") -> None:
        values = {"service": service, "hours": Decimal(hours), "person": "T. Weaver", "reference": reference}
        enter_work(site=site, worked_on=on, **values, on=on, by=None)

    def correct_august(self, on: date) -> None:
        entry = WorkEntry.objects.get(reference="CC-0817")
        assert entry.billed_on == date(1999, 9, 1)
        right = {"service": CARE, "hours": Decimal("4.00"), "person": "T. Weaver", "reference": "CC-0817"}
        reason = "Two hours belong to another customer."
        correct_work(entry=entry, reason=reason, site=self.casper, worked_on=entry.worked_on, **right, on=on, by=None)

    def credit_november(self, on: date) -> None:
        invoice = Invoice.objects.get(number_text="INV-00002")
        amounts = {self.line_of(invoice, self.akron): Decimal("13583.34")}
        credit(invoice=invoice, reason="Sent to a closed cost center.", on=on, by=None, amounts=amounts)

    def waive_some_of_february(self, on: date) -> None:
        invoice = Invoice.objects.get(number_text="INV-00005")
        amounts = {self.line_of(invoice, self.casper): Decimal("1500.00")}
        credit_and_waive(invoice=invoice, reason="Three days of outage in February.", on=on, by=None, amounts=amounts)

    def line_of(self, invoice: Invoice, site) -> int:
        (each,) = [each for each in creditable_lines(invoice=invoice, on=LAST_DAY) if each.line.site == site]
        return each.line.position

    def cut_over(self, site, on: date) -> None:
        order = IntegrationOrder.objects.get(site=site)
        complete_integration(order=order, completed_on=on, on=on, by=None)

    def quote(self, on: date) -> None:
        quotation = factories.quotation(self.boise, "Q-2000-7", "145000.00", on)
        attach_quotation(order=IntegrationOrder.objects.get(site=self.boise), quotation=quotation, on=on, by=None)

    def decide_daytons_start(self, on: date) -> None:
        factories.charged_level(self.dayton, 2, "SMALL", on, is_starting=True, reason="Comparable cities fill early.")

    def agree(self, on: date) -> None:
        for site, level in ((self.akron, "VERY_SMALL"), (self.boise, "MEDIUM"), (self.casper, "VERY_SMALL")):
            factories.charged_level(site, 2, level, on)


def play() -> dict[Month, Invoice]:
    """Play the term; return the one invoice of each month's run."""
    term = Term()
    to_come = term.events()
    invoices = {}
    month = FIRST_MONTH
    while month.span.first_day <= LAST_DAY:
        month_end, next_day = month.span.last_day, month.span.last_day + ONE_DAY
        while to_come and to_come[0][0] <= month_end:
            day, happens = to_come.pop(0)
            happens(day)
        (result,) = draft_invoices(through=month_end, on=next_day, by=None, issue_drafts=True)
        assert result.refusal == ""
        waiting = [f"{WAITING[month]} worked through"] if month in WAITING else []
        assert [notice[: len(message)] for notice, message in zip(result.notices, waiting, strict=True)] == waiting
        (invoices[month],) = result.documents
        month = month.following()
    assert to_come == []
    return invoices


@pytest.mark.full
def test_everything_billed_in_the_reference_term_comes_to_its_total():
    invoices = play()
    every_month_and_the_term_come_to_what_was_computed_by_hand(invoices)
    corrections_say_what_they_correct()
    nothing_is_left_to_bill_and_every_document_holds_what_it_says()


def every_month_and_the_term_come_to_what_was_computed_by_hand(invoices):
    assert len(invoices) == 24
    assert {month: invoice.total for month, invoice in invoices.items()} == {
        month: sites_in(month) + BESIDES.get(month, Decimal(0)) for month in invoices
    }
    credited = Invoice.objects.filter(origin=Invoice.Origin.CREDIT).order_by("number")
    assert [note.total for note in credited] == BY_HAND

    assert billed(charge="block") == BLOCKS
    assert billed(charge="hours") == sum(HOURS.values())
    assert billed(charge="integration") == INTEGRATIONS
    assert billed(charge="annual", period_number=1) == SITES_YEAR_1 + CREDITED
    assert billed(charge="annual", period_number=2) == SITES_YEAR_2
    assert billed() == sum(invoice.total for invoice in Invoice.objects.issued()) == TOTAL


def billed(**where) -> Decimal:
    return sum((line.amount for line in InvoiceLine.objects.filter(**where)), Decimal(0))


def corrections_say_what_they_correct():
    lines = InvoiceLine.objects.filter(kind="adjustment").select_related("invoice").order_by("invoice__number", "pk")
    assert [(line.invoice.number_text, line.charge, str(line.amount), line.steps[-1]) for line in lines] == [
        ("INV-00003", "annual", "13583.34", "13,583.34 due, less 0.00 billed (INV-00002, CN-00001), is 13,583.34."),
        ("INV-00012", "hours", "-486.00", "0.00 due, less 486.00 billed (INV-00011), is -486.00."),
        (
            "INV-00015",
            "annual",
            "13666.66",
            "40,833.33 due, less 27,166.67 billed (INV-00013, INV-00014), is 13,666.66.",
        ),
    ]


def nothing_is_left_to_bill_and_every_document_holds_what_it_says():
    (again,) = draft_invoices(through=LAST_DAY, on=date(2000, 11, 1), by=None)
    assert (again.documents, again.refusal) == ((), "")
    INVOICE_PDFS.make_missing()
    make_good()
    reading = Verification()
    assert [finding for finding in reading.findings() if not finding.is_note] == []
    assert (reading.documents, reading.pdfs) == (26, 26)
