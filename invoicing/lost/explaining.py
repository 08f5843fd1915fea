"""Explaining what a restored database lacks, so that numbers go on after those that were given out."""

from collections.abc import Mapping
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.models import LostRecord
from contracts.printing.stored_files import sha256_of
from contracts.refusal import Refusal
from contracts.schedule import Refused
from invoicing.issued import numbering
from invoicing.lost.queries import Lost, lost_now
from invoicing.models import NumberSeries
from sites.refusals import LONGEST_REASON, text_refusals

CHANGED = "What is missing has changed since this page was opened. Look at it as it is now, then explain it."


ENTRIES = "entries"
"""The place of what is said of all lost entries of histories together."""


class CannotExplain(Refusal):
    """Something lost cannot be explained so; what concerns a title has the places `how-TITLE` and `reason-TITLE`."""


def explain(*, explanations: Mapping[str, tuple[str, str]], on: date, by: User | None) -> list[LostRecord]:
    """Record how everything that is lost is explained, each by its `key`: the kind of explanation and the reason.

    Numbers go on after the last one that was given out, on its date or later. Raises CannotExplain unless each has a
    reason, nothing is left out, and what is restored from a file has one.
    """
    for kind in numbering.SERIES:
        numbering.series_for(kind)  # a backup may be older than a series
    with numbering.one_at_a_time(), transaction.atomic():
        series = {row.code: row for row in NumberSeries.objects.select_for_update().order_by("pk")}
        lost = lost_now()
        if {one.key for one in lost} != set(explanations):
            raise CannotExplain(CHANGED)
        if faults := [fault for one in lost for fault in _faults(one, *explanations[one.key])]:
            raise CannotExplain(*dict.fromkeys(faults))
        rows = [_row(one, *explanations[one.key], on=on, by=by) for one in lost]
        LostRecord.objects.bulk_create(rows)
        for one in lost:
            if one.series:
                row = series[one.series]
                row.last_number += 1
                row.last_issued_on = max(filter(None, (row.last_issued_on, one.issued_on)), default=None)
        for row in series.values():
            row.save(update_fields=["last_number", "last_issued_on"])
    return rows


def _faults(lost: Lost, how: str, reason: str) -> list[Refused]:
    place, name = (ENTRIES, "the entries of histories") if lost.is_entry else (lost.title, lost.title)
    faults = []
    if how not in LostRecord.Explanation.values:
        faults.append(Refused("NO_EXPLANATION", f"how-{place}", f"Say how {name} is explained."))
    if how == LostRecord.Explanation.FILE and not lost.file_name:
        message = f"There is no PDF of {name} to restore it from: document the gap, or put its PDF back first."
        faults.append(Refused("NO_FILE", f"how-{place}", message))
    if not reason.strip():
        faults.append(Refused("NO_REASON", f"reason-{place}", f"Say how {name} came to be missing."))
    return faults + text_refusals(place=f"reason-{place}", what="the reason", text=reason, longest=LONGEST_REASON)


def _row(lost: Lost, how: str, reason: str, *, on: date, by: User | None) -> LostRecord:
    return LostRecord(
        title=lost.title,
        sha256=lost.sha256,
        file_name=lost.file_name,
        file_sha256=sha256_of(lost.file_name) if lost.file_name else "",
        explanation=how,
        reason=reason.strip(),
        recorded_on=on,
        recorded_by=by,
    )
