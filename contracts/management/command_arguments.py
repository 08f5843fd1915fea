"""Arguments of commands, read the same way by all of them."""

from collections.abc import Sequence
from datetime import date

from django.core.management.base import CommandError

from contracts.models import Agreement


def day(text: str) -> date:
    """Read a date given on the command line. Raises CommandError for anything but year-month-day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a date. Write year-month-day, such as 1999-06-30.") from None


def agreements(numbers: Sequence[str] | None) -> list[Agreement]:
    """Return the agreements of the given numbers, or all of them. Raises CommandError naming those not on file."""
    if not numbers:
        return list(Agreement.objects.order_by("number"))
    found = {agreement.number: agreement for agreement in Agreement.objects.filter(number__in=numbers)}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise CommandError(
            f"Not on file: agreement {', '.join(unknown)}. Check the number, or load the agreement first."
        )
    return [found[number] for number in dict.fromkeys(numbers)]
