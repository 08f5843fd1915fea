"""Loading agreement files: what is new in a file is added, what is on file stays, a contradiction refuses the whole."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.money import ZERO
from contracts.parties.names import name_key
from contracts.periods import day_text
from sites.agreement_files.agreement_file import CannotLoad, Document, Problem, day_of, place_of
from sites.agreement_files.checks import apparent_problems, content_problems, schedule_warnings
from sites.agreement_files.comparison import compare, tally
from sites.agreement_files.exporting import export_agreement, export_parties
from sites.agreement_files.schema import form_problems, sound_parts
from sites.agreement_files.sections import QUOTATIONS, SITES, WORK, counts_placed, expanded, placed
from sites.agreement_files.writing import Writing
from sites.counts.counting import withdrawn_figures
from sites.hours.prices import hours_text
from sites.hours.queries import PersonDay, hours_on_file
from sites.hours.recording import lock_people
from sites.hours.refusals import MOST_HOURS
from sites.models import Quotation, Site
from sites.reports.lacking import keep_months


@dataclass(frozen=True)
class Loaded:
    """What loading a file did: rows by kind that were added, completed, or already on file."""

    agreement: Agreement | None
    added: Counter = field(default_factory=Counter)
    completed: Counter = field(default_factory=Counter)
    present: Counter = field(default_factory=Counter)
    warnings: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.added or self.completed)


@transaction.atomic
def load_agreement(document: Document, *, on: date, by: User | None, dry_run: bool = False) -> Loaded:
    """Load an agreement file: whole, or not at all.

    What is on file stays as it is, so that loading a file again changes nothing; a larger file than before adds what is
    new. Raises CannotLoad with every problem and its place: a departure from the published form, an unknown name, a
    repeat, a fact later than `on`, a level that no event would record, and any value that contradicts one on file. Of a
    file that departs from the form, the parts that do not are checked for repeats and later facts. `dry_run`
    writes nothing in the end.
    """
    problems = form_problems(document)
    sound = sound_parts(document) if problems else document
    problems += tuple(_text_problems(sound, []))
    if problems:
        raise CannotLoad((*problems, *apparent_problems(sound, on=on)))
    document = expanded(document)
    filed = Agreement.objects.filter(number=document["agreement"]["number"])
    if "work" in document:
        lock_people(filed.values("pk"))
    agreement = filed.select_for_update().first()
    stored = expanded(export_agreement(agreement)) if agreement else {}
    stored["parties"] = export_parties()
    comparison = compare(document, stored)
    problems = (
        *content_problems(document, stored, on=on),
        *comparison.contradictions,
        *_day_problems(document, stored),
        *_quotation_problems(document, agreement),
        *_withdrawn_problems(document, agreement),
    )
    if problems:
        raise CannotLoad(problems)
    added, completed = tally(comparison.additions, stored)
    if added or completed:
        agreement = Writing(document, stored, on=on, by=by).write(agreement, comparison.additions)
        keep_months(agreements=[agreement.pk], on=on)
    warnings = schedule_warnings(document) if added or completed else ()
    if dry_run:
        transaction.set_rollback(True)
    return Loaded(agreement, added, completed, comparison.present, warnings)


def _withdrawn_problems(document: Document, agreement: Agreement | None) -> Iterator[Problem]:
    """Find counts that were withdrawn: a file must not bring back what a person took out with a reason."""
    if agreement is None or not any("counts" in row for row in document.get("sites", [])):
        return
    withdrawn = {
        (change.site.city, change.site.state, change.counted_on.isoformat(), change.component_code): change
        for change in withdrawn_figures(sites=Site.objects.filter(agreement=agreement))
    }
    for within, row in placed(document, SITES):
        for place, day, code, quantity in counts_placed(row, within):
            if change := withdrawn.get((*SITES.key(row), day, code)):
                message = f"{quantity}: the figure was withdrawn on {day_text(change.recorded_on)} ({change.reason})."
                yield Problem(place, f"{message} Leave it out, or record it again on the page of its history.")


def _text_problems(value: object, path: list[str | int]) -> Iterator[Problem]:
    """Find text that no document could show."""
    if isinstance(value, str):
        try:
            validate_plain_text(value)
        except ValidationError as error:
            yield from (Problem(place_of(path), message) for message in error.messages)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _text_problems(inner, [*path, key])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _text_problems(inner, [*path, index])


def _day_problems(document: Document, stored: Document) -> Iterator[Problem]:
    """Yield the new entries of a file with which a person's day gets more than 24 hours, under all agreements.

    Reversed entries do not count, nor those on file that the file reverses. One query.
    """
    on_file = {WORK.key(row): row for row in stored.get("work", [])}
    new: dict[PersonDay, list[tuple[str, Decimal]]] = {}
    freed: dict[PersonDay, Decimal] = {}
    for place, row in placed(document, WORK):
        day, earlier = (name_key(row["person"]), day_of(row["date"])), on_file.get(WORK.key(row))
        if earlier is None and "reversed" not in row and Decimal(row["hours"]) <= MOST_HOURS:
            new.setdefault(day, []).append((f"{place}.hours", Decimal(row["hours"])))
        elif earlier is not None and "reversed" in row and "reversed" not in earlier:
            freed[day] = freed.get(day, ZERO) + Decimal(earlier["hours"])
    filed = hours_on_file(days={day for _person, day in new}) if new else {}
    for day, rows in new.items():
        total = filed.get(day, ZERO) - freed.get(day, ZERO)
        for place, hours in rows:
            total += hours
            if total > MOST_HOURS:
                message = (
                    f"With this entry the person would have {hours_text(total)} on {day_text(day[1])}; a day has 24."
                )
                yield Problem(place, f"{message} Correct the day, the person or the hours.")


def _quotation_problems(document: Document, agreement: Agreement | None) -> Iterator[Problem]:
    """Yield the quotations whose number is on file for another agreement. One query."""
    numbers = {row["number"]: place for place, row in placed(document, QUOTATIONS)}
    if not numbers:
        return
    others = Quotation.objects.filter(number__in=list(numbers)).exclude(site__agreement=agreement)
    for number in others.order_by("number").values_list("number", flat=True):
        message = f"Quotation {number} is on file for another agreement. Check the number."
        yield Problem(f"{numbers[number]}.number", message)
