"""The same run started twice at once, as two timers or two people would: everything is billed, and billed once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests import factories

ROOT = Path(__file__).resolve().parents[3]
RUN = ("draft_invoices", "--through", "1999-06-30", "--issue", "--on", "1999-07-01", "--format", "json")


def manage(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def prepare_file(environment, folder):
    """Fill an SQLite file of its own with the reference agreement and three sites: processes share no memory."""
    site_file = folder / "sites.json"
    cities = [{"city": city, "in_service_on": "1998-10-01"} for city in ("Akron", "Boise", "Casper")]
    site_file.write_text(json.dumps({"format": 1, "agreement": {"number": "LNS970602JC"}, "sites": cities}))
    for arguments in (
        ("migrate", "-v0"),
        ("load_agreement", str(ROOT / "data/reference.json")),
        ("load_agreement", str(site_file)),
    ):
        process = manage(environment, *arguments)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, output + errors


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_bill_every_month_once(tmp_path):
    environment = os.environ | {"DOCUMENTS_DIR": str(tmp_path / "documents"), "PAPERS_DIR": str(tmp_path / "papers")}
    if connection.vendor == "sqlite":
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'runs.sqlite3'}"
        prepare_file(environment, tmp_path)
    else:
        stored = connection.settings_dict
        environment["DATABASE_URL"] = f"postgres://{stored['USER']}@{stored['HOST']}:{stored['PORT']}/{stored['NAME']}"
        factories.sites(factories.agreement(), 3)

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
