"""A calendar month in an address: `1998-10`."""

from contracts.periods import Month


class MonthPath:
    """Turn `1998-10` into a month and back; anything else is no address."""

    regex = "(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> Month:
        """Return the month that an address names."""
        year, month = value.split("-")
        return Month(int(year), int(month))

    def to_url(self, value: Month) -> str:
        return f"{value.year}-{value.month:02}"
