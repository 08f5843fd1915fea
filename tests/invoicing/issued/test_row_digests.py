"""The digests of rows: every column that is changed behind the application is found, shown or not."""

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import models

from invoicing.documents.printing import content_html, render_content
from invoicing.issued.row_digests import LEFT_OUT, SEALED, row_digests, sealed_columns
from invoicing.models import Invoice, InvoiceLine
from sites.models import Site
from tests import factories
from tests.invoicing.audit.books_to_damage import (
    DECEMBER,
    Books,
    damage,
    found,
    issued_through,
    line,
    other_row,
    set_invoice,
    set_line,
    undone,
    without_digests,
)
from tests.invoicing.billing_cases import blocks, order, work

pytestmark = pytest.mark.django_db

NOTE = (
    "Books: note: 4 documents were issued before rows had digests: of their rows, only what they show and compute is "
    "compared."
)


@pytest.fixture
def old_books(books) -> Books:
    without_digests(books)
    assert found() == [NOTE]
    return books


# ---- which columns are in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Invoice, InvoiceLine])
def test_a_column_is_in_unless_it_is_left_out_with_a_reason(model):
    names = [field.name for field in model._meta.concrete_fields]

    assert [name for name in names if name not in sealed_columns(model)] == list(LEFT_OUT[model])
    assert all(LEFT_OUT[model].values())


def test_content_keeps_a_digest_of_the_document_and_of_each_line(books):
    sealed = books.by_number["INV-00003"].content[SEALED]

    assert sealed["columns"]["line"] == list(sealed_columns(InvoiceLine))
    assert [len(digest) for digest in (sealed["document"], *sealed["lines"])] == [64] * 4
    assert len(set(sealed["lines"])) == 3


def another(field: models.Field, row: models.Model):
    """A value for a column, as the database keeps it, that is not the one it has."""
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return field.related_model._default_manager.exclude(pk=value).latest("pk").pk
    if field.name == "inputs":
        value["priced"][0]["source"] = "Amendment 9"
        return json.dumps(value)
    if isinstance(field, models.JSONField):
        return json.dumps({"steps": ["As agreed."], "shares": [[1, "13583.33"]]}[field.name])
    if isinstance(field, models.DateField):
        return (value or row.issued_on) + timedelta(days=1)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.CharField):
        return next((choice for choice, _label in field.choices or () if choice != value), f"{value}x")
    return 7


@pytest.fixture
def other_rows(books, finance):
    """A row of everything that a column can name, beside the ones that the books name."""
    factories.agreement("OTHER")
    blocks(books.agreement, DECEMBER)
    site = factories.site(books.agreement, "Cody")
    work(site, DECEMBER, "1.00")
    order(site, DECEMBER)


def found_by_column(model: type[models.Model], change: Callable[[models.Field], tuple]) -> dict[str, list[str]]:
    """What is found where one column is changed, and nothing else, column by column."""
    result = {}
    for name in sealed_columns(model):
        with undone():
            damage(change(model._meta.get_field(name)))
            result[name] = found()
    return result


def test_any_column_of_a_line_that_is_changed_is_found(books, other_rows):
    row = line(books, "INV-00002", 1)
    assert found() == []

    by_column = found_by_column(
        InvoiceLine,
        lambda field: set_line(books, "INV-00002", 1, **{field.column: another(field, copy.deepcopy(row))}),
    )

    expected = dict.fromkeys(by_column, other_row("INV-00002", 1)) | {"position": other_row("INV-00002", 7)}
    assert [name for name, message in by_column.items() if expected[name] not in message] == []


def test_any_column_of_a_document_that_is_changed_is_found(books, other_rows):
    row = Invoice.objects.get(number_text="INV-00003")
    assert found() == []

    by_column = found_by_column(
        Invoice, lambda field: set_invoice(books, "INV-00003", **{field.column: another(field, row)})
    )

    expected = dict.fromkeys(by_column, other_row("INV-00003")) | {"number_text": other_row("INV-00003x")}
    assert [name for name, message in by_column.items() if expected[name] not in message] == []


# ---- what else digests are and are not -----------------------------------------------------------------------------


def test_a_month_is_not_billed_again_unnoticed(books):
    damage(set_line(books, "INV-00001", 1, period_number=2))

    assert found() == [
        "CN-00001: line 1 takes back line 1 of INV-00001, which is another charge.",
        other_row("INV-00001", 1),
        "INV-00001: line 1 is of annual period 2, its stored inputs are of annual period 1.",
    ]


def test_a_column_that_was_added_later_is_not_asked_of_older_documents(books):
    first = books.by_number["INV-00001"]
    fewer = {"document": ["total", "reason"], "line": ["amount", "steps"]}
    content = first.content | {
        SEALED: row_digests(invoice=first, lines=first.lines.order_by("position"), columns=fewer)
    }
    damage(set_invoice(books, "INV-00001", content=json.dumps(content)))

    message = found()
    damage(set_invoice(books, "INV-00001", reason="None"), set_line(books, "INV-00001", 2, level_code="x"))

    assert other_row("INV-00001") not in message
    assert other_row("INV-00001") in found()
    assert other_row("INV-00001", 2) not in found()


def test_a_column_that_is_no_more_is_said(books):
    first = books.by_number["INV-00001"]
    content = copy.deepcopy(first.content)
    content[SEALED]["columns"]["line"].append("discount")
    damage(set_invoice(books, "INV-00001", content=json.dumps(content)))

    assert found()[0] == (
        "INV-00001: what is stored cannot be read (InvoiceLine has no field named 'discount'). "
        "Compare it with a backup."
    )


def test_digests_are_neither_printed_nor_shown(books, client, finance):
    first = books.by_number["INV-00001"]
    shown = {name: value for name, value in first.content.items() if name != SEALED}
    client.force_login(finance)
    page = client.get(f"/invoices/{first.pk}/").content.decode()

    assert content_html(first.content) == content_html(shown)
    assert render_content(first.content) == render_content(shown)
    for digest in (first.content[SEALED]["document"], *first.content[SEALED]["lines"]):
        assert digest not in page


# ---- documents that were issued before -----------------------------------------------------------------------------


OLD_DAMAGE = [
    ("INV-00001", 1, {"source": "Amendment 9"}, "line 1 of the content says {source} for source, the row Amendment 9."),
    (
        "INV-00001",
        1,
        {"steps": '["As agreed."]'},
        "line 1 of the content shows another calculation than the steps of the row.",
    ),
    ("INV-00001", 1, {"level_name": "Large"}, "line 1 of the content says Very Small for level, the row Large."),
    ("INV-00001", 1, {"quantity": 200}, "line 1 of the content says nothing for quantity, the row 2.00."),
    (
        "INV-00002",
        1,
        {"period_number": 2},
        "line 1 is of annual period 2, its stored inputs are of annual period 1.",
    ),
    (
        "INV-00003",
        3,
        {"period_number": 2},
        "line 3 of the content says Adjustment, annual period 1 for about, the row Adjustment, annual period 2.",
    ),
    ("INV-00003", 3, {"shares": '[[2, "-6134.41"]]'}, "line 3 has other shares than its stored inputs give."),
    (
        "CN-00001",
        1,
        {"shares": '[[2, "-500.00"]]'},
        "line 1 takes back instalments that line 1 of INV-00001 did not bill.",
    ),
    ("CN-00001", None, {"reason": "Late end"}, "the content says Late start for reason, the row Late end."),
    ("CN-00001", None, {"reason": ""}, "the content says Late start for reason, the row nothing."),
    ("INV-00001", None, {"reason": "Late end"}, "the content says nothing for reason, the row Late end."),
]


def test_what_an_older_document_shows_is_compared_with_its_rows(old_books):
    source = old_books.by_number["INV-00001"].content["source"]
    missed = []
    for number, position, values, message in OLD_DAMAGE:
        with undone():
            row = set_line(old_books, number, position, **values) if position else None
            damage(row or set_invoice(old_books, number, **values))
            sentence = found()
        missed += (
            [message] if f"{number}: {message.format(source=source)}" not in sentence or NOTE not in sentence else []
        )

    assert missed == []


def test_line_of_an_older_document_that_was_moved_to_another_site_is_found(old_books):
    boise = Site.objects.get(city="Boise")

    damage(set_line(old_books, "INV-00002", 1, site_id=boise.pk, instalment=7))

    assert "INV-00002: line 1 of the content says Akron for site, the row Boise." in found()


def test_site_that_is_called_otherwise_by_now_is_no_finding(old_books):
    Site.objects.filter(city="Akron").update(city="Akron North")

    assert found() == [NOTE]


def test_documents_issued_later_have_digests_all_the_same(old_books):
    (document,) = issued_through(old_books.agreement, date(1999, 1, 31), date(1999, 2, 1))

    assert SEALED in document.content
    assert NOTE in found()
    assert found(agreement=old_books.agreement)[-1] == NOTE
