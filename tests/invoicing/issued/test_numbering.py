"""Numbers are gapless and never taken twice, whoever asks at the same time and whatever is rolled back."""

from datetime import date
from pathlib import Path

import pytest
from django.db import transaction

from invoicing.issued import numbering
from invoicing.issued.numbering import CannotNumber
from invoicing.models import NumberSeries
from tests.processes import ROOT, python, shared

PROCESSES, TIMES = 4, 25


@pytest.mark.django_db
def test_numbers_follow_each_other_and_are_printed_with_their_prefix():
    series = numbering.series_for("credit-note")
    assert [numbering.take(series=series, on=date(1999, 1, day)) for day in (1, 1, 2)] == [
        (1, "CN-00001"),
        (2, "CN-00002"),
        (3, "CN-00003"),
    ]


@pytest.mark.django_db
def test_a_rolled_back_number_is_given_out_again():
    series = numbering.series_for("invoice")
    with transaction.atomic():
        numbering.take(series=series, on=date(1999, 1, 1))
        transaction.set_rollback(True)
    assert numbering.take(series=series, on=date(1998, 12, 1)) == (1, "INV-00001")


@pytest.mark.django_db
def test_an_earlier_date_than_the_last_document_is_refused():
    series = numbering.series_for("invoice")
    numbering.take(series=series, on=date(1999, 1, 2))
    with pytest.raises(CannotNumber, match="INV-00001 is dated 2 January 1999"), transaction.atomic():
        numbering.take(series=series, on=date(1999, 1, 1))
    assert NumberSeries.objects.get().last_number == 1


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_four_processes_at_once_leave_no_gap_and_no_duplicate(tmp_path):
    numbering.series_for("invoice")
    environment = shared(tmp_path) | {"PYTHONPATH": str(ROOT)}
    running = [python(environment, Path(__file__).with_name("take_numbers.py"), TIMES) for _ in range(PROCESSES)]
    finished = [process.communicate(timeout=120) for process in running]
    assert [errors for _numbers, errors in finished] == [""] * PROCESSES
    numbers = sorted(int(line) for output, _errors in finished for line in output.split())
    taken = PROCESSES * TIMES * 4 // 5  # every fifth one was rolled back
    assert numbers == list(range(1, taken + 1))
