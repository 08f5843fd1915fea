"""Books of the first release are brought to this one, and back: what they say stays the same sum, line by line."""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from contracts.sealing import guards
from invoicing.charges.charge import ChargeKey
from invoicing.documents import calculation
from invoicing.models import InvoiceLine
from invoicing.runs import books
from tests import reference

FIRST_RELEASE = [("contracts", "0001_agreements"), ("sites", "0001_sites_and_reviews"), ("invoicing", "0001_invoices")]
TABLE = "Amendment 1 (LNM980917MP), Appendix A, table"


def migrate(targets):
    """Migrate to some migrations; return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def latest():
    return migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


@pytest.fixture
def first_release(transactional_db):
    """The models of the first release, on its tables; afterwards the tables are those of this release again."""
    guards.drop_triggers()
    yield migrate(FIRST_RELEASE)
    guards.drop_triggers()
    latest()
    guards.create_triggers()


def instalment(number: int) -> dict:
    """The inputs of a monthly instalment of 163,000.00, as the first release stored them."""
    return {
        "rule": "instalment",
        "instalment": number,
        "frequency": "monthly",
        "proration": "monthly",
        "rounding": "cumulative",
        "period": {"number": 1, "first_period_starts_on": "1998-10-01", "last_day": "1999-09-30"},
        "priced": [
            {
                "first_day": "1998-10-01",
                "last_day": "1999-09-30",
                "annual_price": "163000.00",
                "level": "VERY_SMALL",
                "source": TABLE,
            }
        ],
        "basis": "opening",
    }


class OldBooks:
    """Rows of the first release: two agreements, of which one is executed and billed."""

    def __init__(self, models):
        self.models = models
        self.parties = {
            role: self.make("contracts.Party", legal_name=f"The {role}", address="1 Main Street")
            for role in ("supplier", "customer")
        }
        self.executed = self.agreement("LNS-1", date(1997, 9, 4))
        self.open = self.agreement("LNS-2", None)
        self.ames = self.make("sites.Site", agreement=self.executed, city="Ames", in_service_on=reference.ANCHOR)
        self.boise = self.make("sites.Site", agreement=self.executed, city="Boise", in_service_on=reference.ANCHOR)
        self.casper = self.make("sites.Site", agreement=self.executed, city="Casper", in_service_on=reference.ANCHOR)
        self.invoices = self.make("invoicing.NumberSeries", code="INVOICE", prefix="INV-")
        self.credits = self.make("invoicing.NumberSeries", code="CREDIT", prefix="CN-")

    def make(self, model, **values):
        return self.models.get_model(model).objects.create(**values)

    def agreement(self, number, executed_on):
        row = self.make(
            "contracts.Agreement",
            number=number,
            dated_on=date(1997, 9, 4),
            executed_on=executed_on,
            first_period_starts_on=reference.ANCHOR,
            **self.parties,
        )
        self.make(
            "contracts.ChosenReading",
            agreement=row,
            question="timing",
            choice="in-advance",
            chosen_by="A. Person",
            chosen_on=date(1997, 9, 4),
        )
        return row

    def document(self, number: int, *lines: dict, series=None, month: int = 10):
        series = series or self.invoices
        total = sum(line["amount"] for line in lines)
        row = self.make(
            "invoicing.Invoice",
            agreement=self.executed,
            kind="invoice" if total >= 0 else "credit-note",
            first_day=date(1998, month, 1),
            last_day=date(1998, month, 28),
            through=date(1998, month, 28),
            drafted_on=date(1999, 1, 4),
            total=total,
            series=series,
            number=number,
            number_text=f"{series.prefix}{number:05}",
            issued_on=date(1999, 1, 4),
            content={},
            content_sha256="0" * 64,
        )
        for position, line in enumerate(lines, start=1):
            self.make("invoicing.InvoiceLine", invoice=row, position=position, **line)

    def line(self, kind: str, site, amount: int, inputs: dict, **values) -> dict:
        days = {"first_day": date(1998, 10, 1), "last_day": date(1998, 10, 31), "period_number": 1}
        fixed = {"source": TABLE, "steps": []}
        return {"kind": kind, "site": site, "amount": amount, "inputs": inputs} | days | fixed | values

    def bill(self):
        """October and November of three sites, adjusted by a third document; credit notes take lines of both back."""
        for number, amount in ((1, 1358333), (2, 1358334)):
            lines = [
                self.line("instalment", site, amount, instalment(number), instalment=number, instalment_of=12)
                for site in (self.ames, self.boise, self.casper)
            ]
            self.document(number, *lines, month=9 + number)
        less = {"rule": "adjustment", "charges": [instalment(1), instalment(2)], "billed": "26666.67", "documents": []}
        gone = {"rule": "adjustment", "charges": [], "billed": "27166.67", "documents": []}
        named = gone | {"documents": ["INV-00001", "INV-00002"]}
        self.document(
            3,
            self.line("adjustment", self.ames, 50000, less),
            self.line("adjustment", self.boise, -2716667, gone),
            self.line("adjustment", self.casper, -2716667, named),
        )
        whole = {"rule": "credit", "document": "INV-00001", "billed": "13583.33"}
        nothing = {"rule": "credit", "document": "INV-00001", "billed": "13583.33"}
        self.document(
            1,
            self.line("credit", self.ames, -1358333, whole),
            self.line("credit", self.boise, -1358333, nothing),
            series=self.credits,
        )
        self.document(
            2,
            self.line("credit", self.ames, -50000, {"rule": "credit", "document": "INV-00003", "billed": "500.00"}),
            series=self.credits,
        )


def filled() -> list[tuple]:
    """What this release says of every line: its document and place, the spread of its amount, and what it credits."""
    lines = InvoiceLine.objects.select_related("invoice", "credits__invoice").order_by("pk")
    return [
        (
            f"{line.invoice.number_text} {line.position}",
            line.charge,
            line.shares,
            f"{line.credits.invoice.number_text} {line.credits.position}" if line.credits else None,
        )
        for line in lines
    ]


FILLED = [
    *((f"INV-0000{number} {position}", "annual", None, None) for number in (1, 2) for position in (1, 2, 3)),
    ("INV-00003 1", "annual", [[2, "500.00"]], None),
    ("INV-00003 2", "annual", [[2, "-27166.67"]], None),
    ("INV-00003 3", "annual", [[1, "-13583.33"], [2, "-13583.34"]], None),
    ("CN-00001 1", "annual", [[1, "-13583.33"]], "INV-00001 1"),
    ("CN-00001 2", "annual", [[1, "-13583.33"]], "INV-00001 2"),
    ("CN-00002 1", "annual", [[2, "-500.00"]], "INV-00003 1"),
]


def test_lines_of_the_first_release_say_what_they_belong_to_and_what_they_credit_also_after_going_back(first_release):
    old = OldBooks(first_release)
    old.bill()

    latest()

    assert filled() == FILLED
    held = books.billed(agreements=[old.executed.pk], known_on=date(1999, 1, 4))[old.executed.pk]
    sites = (old.ames, old.boise, old.casper)
    ames, boise, casper = (held[ChargeKey.of_site(site.pk, 1)] for site in sites)
    # 13,583.33 and 13,583.34 were billed, 500.00 were added; the credits take back 13,583.33 and 500.00.
    assert {number: str(part.amount) for number, part in ames.parts.items()} == {1: "0.00", 2: "13583.34"}
    assert ames.parts[2].documents == ("INV-00002", "INV-00003", "CN-00002")
    # An adjustment that names no invoice counts for the last instalment billed: the sum is right, -13,583.33.
    assert ({number: str(part.amount) for number, part in boise.parts.items()}, boise.of) == (
        {1: "0.00", 2: "-13583.33"},
        12,
    )
    assert {number: str(part.amount) for number, part in casper.parts.items()} == {1: "0.00", 2: "0.00"}
    lines = InvoiceLine.objects.order_by("pk")
    assert [calculation.recompute(line.inputs) for line in lines] == [line.amount for line in lines]

    lines = migrate(FIRST_RELEASE).get_model("invoicing.InvoiceLine").objects
    assert list(lines.order_by("pk").values_list("amount", flat=True)) == [
        *(1358333, 1358333, 1358333, 1358334, 1358334, 1358334),
        *(50000, -2716667, -2716667, -1358333, -1358333, -50000),
    ]
    latest()
    assert filled() == FILLED


def test_readings_of_executed_agreements_are_closed_and_the_others_stay_open(first_release):
    OldBooks(first_release)

    models = latest()
    readings = models.get_model("contracts.ChosenReading").objects
    closed = dict(readings.values_list("agreement__number", "closed_on"))
    assert closed == {"LNS-1": date(1997, 9, 4), "LNS-2": None}

    readings.filter(agreement__number="LNS-1").update(closed_on=date(1998, 1, 1))
    migrate([("contracts", "0002_hour_services_and_readings_by_date")])
    latest()
    assert dict(readings.values_list("agreement__number", "closed_on")) == {"LNS-1": date(1998, 1, 1), "LNS-2": None}


# ---- counts of earlier releases begin a history --------------------------------------------------------------------

BEFORE_HISTORY = [("sites", "0002_hours_integration_and_comparables")]


def histories(models) -> list[tuple]:
    columns = ("site__city", "component_code", "counted_on", "before", "after", "source", "recorded_on", "reason")
    rows = models.get_model("sites.CountChange").objects.order_by("pk")
    assert not rows.filter(recorded_at__isnull=False).exists(), "when they were entered is known by the day only"
    return list(rows.values_list(*columns, "recorded_by__username"))


def test_counts_on_file_begin_their_history_once_also_after_going_back(first_release):
    old = OldBooks(first_release)
    clerk = old.make("auth.User", username="clerk")
    july, august = date(1999, 7, 31), date(1999, 8, 2)
    facts = {"site": old.ames, "counted_on": july, "recorded_on": august}
    old.make("sites.ComponentCount", component_code="GE", quantity=12, source="letter", recorded_by=clerk, **facts)
    old.make("sites.ComponentCount", component_code="SLC", quantity=0, **facts)
    begun = [
        ("Ames", "GE", july, None, 12, "letter", august, "", "clerk"),
        ("Ames", "SLC", july, None, 0, "", august, "", None),
    ]

    assert histories(latest()) == begun

    migrate([("sites", "0003_count_history_and_monthly_reports")])
    assert histories(latest()) == begun
    migrate(BEFORE_HISTORY)
    assert histories(latest()) == begun
