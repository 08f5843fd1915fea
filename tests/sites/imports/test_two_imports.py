"""Work that comes in twice at once, as two people would send it: a day keeps its 24 hours, a file comes in once."""

import json
import threading
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction

from sites.models import Site, WorkEntry
from sites.refusals import CannotRecord
from tests.processes import manage, shared
from tests.sites.agreement_files.files import load, renamed, small
from tests.sites.hours.rows import worked

CITIES = {"LNS-1": "Augusta", "LNS-2": "Reno"}


def documents() -> list[dict]:
    return [renamed(small({"city": city}), number) for number, city in CITIES.items()]


@pytest.fixture
def environment(tmp_path) -> dict:
    """Processes find two agreements of one site each."""
    for document in documents():
        load(document)
    return shared(tmp_path) | {"BUSINESS_DATE": "1999-07-15"}


def run(environment: dict, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Run commands at once; return code and output of each."""
    processes = [manage(environment, *command) for command in commands]
    outputs = ["".join(process.communicate(timeout=240)) for process in processes]
    return [(process.returncode, output) for process, output in zip(processes, outputs, strict=True)]


def written(folder: Path, name: str, *rows: str) -> str:
    path = folder / name
    path.write_text("\n".join(("date,site,service,hours,person,reference", *rows)), encoding="utf-8")
    return str(path)


def exported_hours(environment: dict) -> list[str]:
    outputs = run(environment, *(("export_agreement", number) for number in CITIES))
    return [row["hours"] for _code, output in outputs for row in json.loads(output).get("work", [])]


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_a_day_keeps_its_24_hours_when_two_agreements_enter_at_once(environment, tmp_path):
    days = range(1, 9)
    files = [
        written(tmp_path, f"{city}.csv", *(f"1999-07-{day:02},{city},Customer Care,16,Ann," for day in days))
        for city in CITIES.values()
    ]

    results = run(
        environment, *(("import_work", file, "--agreement", number) for file, number in zip(files, CITIES, strict=True))
    )

    assert sorted(code for code, _output in results) == [0, 1], results
    [refused] = [output for code, output in results if code]
    assert "With 16.00 h on file, Ann would have 32.00 h on 1 July 1999; a day has 24." in refused
    assert exported_hours(environment) == ["16.00"] * len(days)


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_the_same_file_at_once_comes_in_once(environment, tmp_path):
    file = written(tmp_path, "july.csv", "1999-07-01,Reno,Customer Care,1,Ann,")

    results = run(environment, ("import_work", file), ("import_work", file))

    message = Counter(output.split(".")[0] for _code, output in results)
    assert [code for code, _output in results] == [0, 0], results
    assert sorted(message) == ["1 entry with 1", "This file was imported on 15 July 1999 as july"]
    assert exported_hours(environment) == ["1.00"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_entries_of_two_agreements_wait_for_each_other():
    first, second = (load(document).agreement for document in documents())
    sites = {agreement.pk: Site.objects.get(agreement=agreement) for agreement in (first, second)}
    entered, outcome = threading.Event(), []

    def enter(agreement) -> None:
        entered.wait(timeout=20)
        try:
            worked(sites[agreement.pk], date(1999, 7, 1), "16.00")
            outcome.append("entered")
        except CannotRecord as refusal:
            outcome.append(refusal.refused[0].code)
        finally:
            connection.close()

    other = threading.Thread(target=enter, args=(second,))
    other.start()
    with transaction.atomic():
        worked(sites[first.pk], date(1999, 7, 1), "16.00")
        entered.set()
        other.join(timeout=2)  # without the lock it would have entered by now, not seeing what is not committed
        assert outcome == []
    other.join(timeout=20)

    assert outcome == ["MORE_THAN_A_DAY"]
    assert WorkEntry.objects.count() == 1
