"""Values as an agreement file holds them: dates, money, hours and levels as text, and nothing that is empty."""

from datetime import date
from decimal import Decimal

from contracts.models import ServiceLevel
from sites.agreement_files.schedule_entry import money


def stated(**values: object) -> dict:
    """Leave out what is empty; write dates, money, hours and levels as the file holds them."""
    return {
        key: _plain(value) for key, value in values.items() if value not in (None, "", [], {}) and value is not False
    }


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, ServiceLevel):
        return level_reference(value)
    return value


def level_reference(level: ServiceLevel) -> str:
    """Name a level with its schedule: `1/SMALL`. The schedule's amendment must be loaded."""
    amendment = level.schedule.amendment
    return f"{amendment.number if amendment else 0}/{level.code}"
