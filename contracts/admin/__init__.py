"""The admin enters and inspects what was agreed. `sites` and `invoicing` build their pages on the same base classes."""

from contracts.admin import agreements, people, schedules
from contracts.admin.base import DayField, ReadOnlyAdmin, ReadOnlyInline, RecordAdmin, RecordInline, amount, named
from contracts.admin.events import EventView

__all__ = [
    "DayField",
    "EventView",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "RecordAdmin",
    "RecordInline",
    "agreements",
    "amount",
    "named",
    "people",
    "schedules",
]
