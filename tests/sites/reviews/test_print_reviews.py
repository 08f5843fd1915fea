"""The command that prints review papers into files."""

from datetime import date
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from sites.reviews.reviewing import open_review
from tests import factories
from tests.reference import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement():
    row = factories.agreement()
    site = factories.site(row, "Tampa")
    factories.counts(site, date(1998, 10, 1), counts(GE=45, SLC=24, SM=3))
    factories.counts(site, date(1999, 7, 31), counts(GE=45, SLC=24, SM=3))
    return row


def test_both_editions_are_written_and_only_one_is_internal(agreement, tmp_path, settings):
    settings.BUSINESS_DATE = date(1999, 8, 2)
    open_review(agreement=agreement, period_number=1, on=date(1999, 8, 1), by=None)
    output = StringIO()
    call_command("print_reviews", "--to", str(tmp_path / "papers"), stdout=output)
    customer, internal = (
        tmp_path / "papers" / f"price-review-LNS970602JC-period-1-{edition}.pdf" for edition in ("customer", "internal")
    )
    assert output.getvalue().splitlines() == [str(customer), str(internal)]
    texts = [
        "".join(page.extract_text() for page in PdfReader(BytesIO(path.read_bytes())).pages)
        for path in (customer, internal)
    ]
    # Measured Large all along and unchanged: 320,000 - 163,000 = 157,000 are foregone, which the customer is not told.
    assert ["157,000.00" in text for text in texts] == [False, True]


def test_one_edition_into_a_folder_beside_the_invoices(agreement, settings):
    open_review(agreement=agreement, period_number=1, on=date(1999, 8, 1), by=None)
    call_command("print_reviews", "--edition", "customer", "--period", "1", stdout=StringIO())
    assert [path.name for path in settings.DOCUMENTS_DIR.iterdir()] == ["reviews"]
    assert [path.name for path in (settings.DOCUMENTS_DIR / "reviews").iterdir()] == [
        "price-review-LNS970602JC-period-1-customer.pdf"
    ]


def test_no_review_is_refused_with_the_next_step(agreement):
    with pytest.raises(CommandError, match="No such review is open. Run manage.py open_reviews"):
        call_command("print_reviews")
