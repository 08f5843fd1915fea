"""The admin enters and inspects what was agreed. `sites` and `invoicing` build their pages on the same base classes."""

from contracts.admin import agreements, people, schedules
from contracts.admin.base import (
    DayField,
    EventLink,
    ReadOnlyAdmin,
    ReadOnlyInline,
    RecordAdmin,
    RecordInline,
    amount,
    named,
)

__all__ = [
    "DayField",
    "EventLink",
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
