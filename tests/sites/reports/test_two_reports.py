"""Two people issue the report of one month at once, each in a process of its own: one wins, the other is told."""

import time

import pytest
from django.db import connection

from sites.models import MonthlyReport
from tests.processes import manage, shared
from tests.sites.reports.cases import counted_sites

PEOPLE = 3
ISSUE = """
import time
from pathlib import Path
from contracts.models import Agreement
from sites.reports.reporting import CannotReport
from tests.sites.reports.cases import issued
folder, number = Path({folder!r}), {number}
agreement = Agreement.objects.get()
(folder / f"ready-{{number}}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
try:
    print("issued", issued(agreement).revision)
except CannotReport as told:
    print("told", told.refused[0].code)
"""


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_one_of_several_wins_and_the_others_are_told(tmp_path):
    counted_sites(3)
    environment = shared(tmp_path) | {"BUSINESS_DATE": "1998-11-05"}

    processes = [
        manage(environment, "shell", "-v0", "-c", ISSUE.format(folder=str(tmp_path), number=number))
        for number in range(PEOPLE)
    ]
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("ready-*"))) < PEOPLE and time.monotonic() < deadline:
        time.sleep(0.02)
    (tmp_path / "go").touch()
    message = sorted("".join(filter(None, process.communicate(timeout=120))).strip() for process in processes)

    assert message == ["issued 0", *["told ISSUED"] * (PEOPLE - 1)]
    if connection.vendor != "sqlite":
        assert MonthlyReport.objects.count() == 1
