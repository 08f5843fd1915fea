"""A day in an address: `1999-07-31`."""

from datetime import date


class DayPath:
    """Turn `1999-07-31` into a day and back; anything else is no address."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the day that an address names. Raises ValueError for one that the calendar does not have."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()
