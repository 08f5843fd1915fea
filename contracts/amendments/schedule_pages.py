"""What the form of a price table needs on a page, whatever document the table belongs to."""

from django.urls import reverse

from contracts.amendments.schedule_writing import schedule_version
from contracts.models import Agreement, Amendment
from contracts.price_table.form import PercentForm, ScheduleForm
from contracts.price_table.layout import entry_table
from contracts.schedule import Schedule


def table_context(
    *,
    form: ScheduleForm,
    stored: Schedule | None,
    before: Schedule | None,
    source: str,
    row: Agreement | Amendment,
    **more,
) -> dict:
    """Return what the form needs: the table that is `stored`, the one `before` it and its source, and the document."""
    if isinstance(row, Amendment):
        place, address = "contracts:amendment_{}", (row.agreement_id, row.number)
    else:
        place, address = "contracts:agreement_{}", (row.pk,)
    return {
        "form": form,
        "table": entry_table(form=form, in_force=before),
        "against": source if before else None,
        "percent": PercentForm(prefix="fill"),
        "seen": schedule_version(stored) if stored else "",
        "save_address": reverse(place.format("schedule"), args=address),
        "discard_address": reverse(place.format("discard_schedule"), args=address) if stored else "",
        **more,
    }
