"""A kind of charge that no product module has heard of: a training day, at a price per day.

It goes the whole way: due, drafted, issued, printed, explained, credited and verified. What it needs is here: its
facts, what they cost, its entry in the table of kinds, a key of the invoice line, and the migration that
`makemigrations` makes of it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.urls import reverse

from contracts.fields import MoneyField
from contracts.money import hundredths, money_text
from contracts.periods import day_text
from contracts.sealing.frozen import SealedRow
from contracts.sealing.guards import Seal, create_triggers, drop_triggers
from contracts.terms import NotInForce, terms_on
from invoicing.audit.auditing import Verification
from invoicing.charges.charge import ChargeKey, Known, OneOff, Outcome, Unpriced, stored_money
from invoicing.charges.kinds import KINDS, Kind
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import InvoiceLine, Waiver, charge_constraints
from sites.models import Site
from sites.models.facts import REVERSE, ChargedFact, ChargedFactQuerySet, reversal_constraint
from tests import factories
from tests.contracts.printing.printed import pages
from tests.invoicing.billing_cases import DECEMBER, NOVEMBER, OCTOBER, issue_through, line_amounts, run
from tests.people import VIEWER, client_of
from tests.reading import words
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db(transaction=True)

TRAINING = "training"
CLAUSE = "Order form, training"


# ---- what it costs: a module beside `charges/integration.py` -----------------------------------------------------


def training_charges(known: Known) -> Iterator[Outcome]:
    for training in known.facts_of(TRAINING):
        key = ChargeKey(TRAINING, training.pk)
        terms = terms_on(agreement=known.agreement, service_on=training.held_on, known_on=known.known_on)
        if isinstance(terms, NotInForce):
            yield Unpriced(key, training.held_on, f"Training: nothing is billed. {terms.message}")
            continue
        amount = hundredths(training.price * training.days)
        yield OneOff(
            key=key,
            site=known.sites[training.site_id],
            period=terms.period,
            due_on=training.held_on,
            description="Training on site",
            amount=amount,
            source=CLAUSE,
            steps=(
                f"{training.days} days of training from {day_text(training.held_on)} ({CLAUSE}).",
                f"{training.days} × {money_text(training.price)} is {money_text(amount)}.",
            ),
            facts={"rule": TRAINING, "days": training.days, "price": str(training.price)},
            quantity=Decimal(training.days),
            unit_price=training.price,
        )


def recompute_training(inputs: Mapping) -> Decimal:
    return hundredths(Decimal(inputs["price"]) * inputs["days"])


def training_in_words(inputs: Mapping) -> Iterator[tuple[str, str]]:
    yield "Days", str(inputs["days"])
    yield "Price of a day", stored_money(inputs["price"])


KIND = Kind(
    label="Training",
    column="training_day",
    rule=TRAINING,
    charges=training_charges,
    recompute=recompute_training,
    in_words=training_in_words,
    quantity=lambda quantity: f"{quantity:.0f} days",
    taken_back="the training was called off",
)


# ---- its facts, and the key of the line --------------------------------------------------------------------------


def training_model() -> type[ChargedFact]:
    """What a module of `sites/models` would hold."""

    class TrainingDay(ChargedFact):
        dated_by = "held_on"

        site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
        held_on = models.DateField()
        days = models.PositiveSmallIntegerField()
        price = MoneyField(of="site.agreement")

        objects = ChargedFactQuerySet.as_manager()
        seal = Seal("billed_on", columns=("site", "held_on", "days", "price", "billed_on"), correction=REVERSE)

        class Meta:
            app_label = "sites"
            constraints = [reversal_constraint("training")]

        def __str__(self):
            return f"Training on {self.held_on}"

        def as_fact(self):
            return self

    return TrainingDay


@pytest.fixture
def training_day(monkeypatch) -> Iterator[type[ChargedFact]]:
    """The kind, its model and its column, as if they had been in the product all the time; all gone afterwards."""
    monkeypatch.setitem(KINDS, TRAINING, KIND)
    loader = MigrationLoader(connection)
    before = loader.project_state()
    model = training_model()
    key = models.ForeignKey(model, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    InvoiceLine.add_to_class(KIND.column, key)
    replaced = {constraint.name: constraint for constraint in charge_constraints()}
    kept = [constraint for constraint in InvoiceLine._meta.constraints if constraint.name not in replaced]
    monkeypatch.setattr(InvoiceLine._meta, "constraints", [*kept, *replaced.values()])
    made = MigrationAutodetector(before, ProjectState.from_apps(apps)).changes(loader.graph)
    migrations = [made[app][0] for app in ("sites", "invoicing")]
    states = [before]
    drop_triggers()
    with connection.schema_editor() as editor:
        for migration in migrations:
            states.append(migration.apply(states[-1].clone(), editor))
    create_triggers()
    yield model
    drop_triggers()
    for rows in (Waiver, InvoiceLine, model):
        models.QuerySet(rows).all()._raw_delete(connection.alias)
    with connection.schema_editor() as editor:
        for migration, state in zip(reversed(migrations), reversed(states[:-1]), strict=True):
            migration.unapply(state.clone(), editor)
    InvoiceLine._meta.local_fields.remove(key)
    delattr(InvoiceLine, key.name)
    delattr(InvoiceLine, key.attname)
    del apps.all_models["sites"][model._meta.model_name]
    apps.clear_cache()
    create_triggers()


@pytest.fixture
def site() -> Site:
    return factories.site(factories.agreement(), "Tampa", state="FL")


def test_the_migration_adds_a_table_a_key_and_what_a_line_must_name(training_day):
    assert InvoiceLine.fact_model(TRAINING) is training_day
    with connection.cursor() as cursor:
        columns = {
            column.name for column in connection.introspection.get_table_description(cursor, "invoicing_invoiceline")
        }
        found = set(connection.introspection.get_constraints(cursor, "invoicing_invoiceline"))
    assert "training_day_id" in columns
    assert {"invoice_line_training_day_once", "invoice_line_names_its_charge"} <= found


def test_a_new_kind_goes_the_whole_way(training_day, site, settings):
    settings.BUSINESS_DATE = DECEMBER
    training = training_day.objects.create(
        site=site, held_on=date(1998, 10, 12), days=2, price=Decimal("950.50"), recorded_on=date(1998, 10, 12)
    )

    (result,) = run(OCTOBER)  # due, and drafted
    (draft,) = result.documents
    assert line_amounts(draft) == ["13583.33", "1901.00"]

    (invoice,) = issue_through(OCTOBER)
    line = invoice.lines.get(charge=TRAINING)
    assert (line.training_day, line.site, line.description) == (training, site, "Training on site")
    assert [group["name"] for group in invoice.content["by_level"]] == ["Very Small", "Training"]
    assert invoice.content["lines"][1]["quantity"] == "2 days"
    assert run(OCTOBER)[0].documents == ()  # billed once

    training.refresh_from_db()
    assert training.billed_on == OCTOBER
    training.days = 3
    with pytest.raises(SealedRow):
        training.save()

    text = " ".join(" ".join(pages(INVOICE_PDFS.read(invoice))).split())
    assert "Training on site" in text
    assert "2 × 950.50 is 1,901.00." in text

    page = words(client_of(VIEWER).get(reverse("invoicing:invoice_detail", args=[invoice.pk])))
    assert "Days 2 Price of a day 950.50" in page

    note = credit(invoice=invoice, reason="Held by others", on=NOVEMBER, by=None, amounts={2: Decimal("1901.00")})
    assert [(row.charge, row.training_day, str(row.amount)) for row in note.lines.all()] == [
        (TRAINING, training, "-1901.00")
    ]
    (again,) = issue_through(NOVEMBER)  # what was not waived is due again
    assert line_amounts(again) == ["13583.34", "1901.00"]

    assert [finding.text for finding in Verification().findings()] == []


def test_what_was_waived_stays_waived_for_what_replaces_it(training_day, site):
    values = {"site": site, "held_on": date(1998, 10, 12), "days": 2, "price": Decimal("950.50")}
    training = training_day.objects.create(recorded_on=OCTOBER, **values)
    (invoice,) = issue_through(OCTOBER)
    credit_and_waive(invoice=invoice, reason="A gift", on=NOVEMBER, by=None, amounts={2: Decimal("1901.00")})
    training_day.objects.filter(pk=training.pk).update(reversed_on=NOVEMBER, reversal_reason="Other days")
    training_day.objects.create(recorded_on=NOVEMBER, replaces=training, **values)

    (following,) = issue_through(NOVEMBER)

    assert line_amounts(following) == ["13583.34"]


def test_what_is_taken_back_says_why(training_day, site):
    training = training_day.objects.create(
        site=site, held_on=date(1998, 10, 12), days=2, price=Decimal("950.50"), recorded_on=OCTOBER
    )
    issue_through(OCTOBER)
    training_day.objects.filter(pk=training.pk).update(reversed_on=NOVEMBER, reversal_reason="Nobody came")

    (invoice,) = issue_through(NOVEMBER)

    assert line_amounts(invoice) == ["13583.34", "-1901.00"]
    assert invoice.lines.get(charge=TRAINING).steps[0] == (
        "Nothing is due any more for Training on site: the training was called off."
    )
    assert [finding.text for finding in Verification().findings()] == []
