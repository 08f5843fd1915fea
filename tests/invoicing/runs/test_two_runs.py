"""The same run started twice at once, as two timers or two people would: everything is billed, and billed once."""

import json

import pytest

from tests import factories
from tests.processes import manage, shared

RUN = ("draft_invoices", "--through", "1999-06-30", "--issue", "--on", "1999-07-01", "--format", "json")


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_bill_every_month_once(tmp_path):
    factories.sites(factories.agreement(), 3)
    environment = shared(tmp_path)

    both = [manage(environment, *RUN), manage(environment, *RUN)]
    finished = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], finished
    documents = [
        document for output, _errors in finished for result in json.loads(output) for document in result["documents"]
    ]
    assert sorted(document["number"] for document in documents) == [f"INV-{number:05}" for number in range(1, 10)]
    assert sorted(document["first_day"][:7] for document in documents) == [
        *(f"1998-{month}" for month in (10, 11, 12)),
        *(f"1999-{month:02}" for month in range(1, 7)),
    ]
    # Nine months of three sites: 163,000 x 9/12 = 122,250.00 each.
    assert sum(int(document["total"].replace(".", "")) for document in documents) == 3 * 122_250_00
    assert len(list((tmp_path / "documents").glob("INV-*.pdf"))) == 9
