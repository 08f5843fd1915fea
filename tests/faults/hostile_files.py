"""G20: count files as people and worse send them, each through the import itself.

A bad file is refused with row, column and a remedy, and nothing is stored; a good one is stored exactly. Each takes
less than 5 seconds of processor time and 300 MB. In the control a reader that means well takes what it can.
"""

import resource
import time
from collections import Counter
from datetime import date

from django.db import transaction

from contracts.models import Agreement
from sites.imports import count_importing, count_rows, sheet_rows, tabular
from sites.imports.importing import KINDS, Incoming, import_file
from sites.imports.preview import SheetError
from sites.models import ComponentCount, CountChange, ImportedFile
from sites.refusals import CannotRecord
from tests import factories
from tests.faults.file_corpus import SITES, Case, corpus, workbooks
from tests.faults.outcome import Outcome
from tests.faults.scratch import Scratch
from tests.faults.workers import apart

TITLE = "hostile files"
ON = date(1999, 7, 15)
MOST_SECONDS, MOST_MEGABYTES = 5, 300


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Import each file; compare what came of it with its right answer."""
    scratch.fresh()
    apart(prepare)
    cases = [*corpus(500 if full else 90), *workbooks()]
    outcome = Outcome({"CSV files": len(cases) - 7, "XLSX files": 7, "imported exactly": 0, "refused": 0})
    slowest, largest = 0.0, 0
    for case in cases:
        verdict, seconds, megabytes = apart(lambda case=case: judged(case, control))
        slowest, largest = max(slowest, seconds), max(largest, megabytes)
        if verdict in outcome.figures:
            outcome.figures[verdict] += 1
        else:
            outcome.damage[f"{case.name}: {verdict}"] += 1
        outcome.add(Counter({"takes too long": seconds > MOST_SECONDS, "takes too much": megabytes > MOST_MEGABYTES}))
    outcome.figures |= {"slowest": f"{slowest:.1f} s", "largest": f"{largest} MB"}
    outcome.add(Counter({"something is stored": apart(anything_stored)}))
    return outcome


def prepare() -> None:
    """An agreement with the sites that the files name."""
    agreement = factories.agreement("FAULT-FILES")
    for city, state, clli in SITES:
        factories.site(agreement, city, state=state, clli=clli)


def anything_stored() -> bool:
    """Whether anything is left in the books after everything was rolled back."""
    return any(model.objects.exists() for model in (ComponentCount, CountChange, ImportedFile))


def judged(case: Case, control: bool) -> tuple[str, float, int]:
    """Import one file and take it back: the verdict, the seconds, and the megabytes that the process has had."""
    if control:
        read_with_good_will()
    agreement = Agreement.objects.get()
    began = time.process_time()
    with transaction.atomic():
        verdict = _verdict(case, agreement)
        transaction.set_rollback(True)
    seconds = time.process_time() - began
    return verdict, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _verdict(case: Case, agreement: Agreement) -> str:
    try:
        with transaction.atomic():
            file = Incoming(case.content, "hostile", agreement)
            import_file(kind=KINDS["counts"], file=file, reason="", on=ON, by=None)
    except CannotRecord as refusal:
        return _refusal(case, refusal.refused)
    except Exception as error:
        return f"fails with {type(error).__name__}"
    rows = ComponentCount.objects.values_list("site__city", "counted_on", "component_code", "quantity")
    stored = {f"{city} {day} {code}": quantity for city, day, code, quantity in rows}
    if case.stored is None:
        return "a bad file is stored"
    return "imported exactly" if stored == case.stored else "stored, but not what the file says"


def _refusal(case: Case, errors: tuple[SheetError, ...]) -> str:
    if case.stored is not None:
        return f"a good file is refused: {errors[0]}"
    if anything_stored():
        return "refused, but something is stored"
    if not {(error.row, error.column) for error in errors} & set(case.places):
        return f"refused at another place: {errors[0]}"
    if any(error.message.count(". ") == 0 and not error.message.endswith("headings.") for error in errors):
        return f"refused without a remedy: {errors[0]}"
    return "refused"


def read_with_good_will() -> None:
    """Read as many programs do: take what can be taken of a text, a number or a name, and leave out the rest."""

    def quantity(row, column):
        digits = "".join(letter for letter in str(row.cells[column].value) if letter.isdigit())
        return int(digits[:9]) if digits else None

    def cells_by_heading(number, cells, headings, errors):
        padded = [*cells, *[tabular.Cell(None)] * len(headings.keys)]
        return {key: cell for key, cell in zip(headings.keys, padded, strict=False) if key}

    def csv_rows(content):
        text = content.decode("utf-8", errors="replace")
        for line in tabular.csv.reader(text.splitlines()):
            yield [tabular.Cell(value) for value in line]

    count_rows._quantity = quantity
    sheet_rows._cells_by_heading = cells_by_heading
    tabular._csv_rows = csv_rows
    tabular._refuse_bomb = lambda content: None
    count_importing.date_faults = lambda *facts: []
