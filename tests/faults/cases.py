"""Books to ruin: agreements with sites, on the reference terms."""

from datetime import date

from django.db import transaction

from contracts.models import Agreement
from tests import factories

TERM_ENDS = date(2000, 9, 30)
AFTERWARDS = date(2000, 10, 2)
"""A day on which the whole term can be billed."""


def agreements(number: int, *, sites: int = 1, beginning: int = 1) -> list[Agreement]:
    """So many agreements, each with so many sites in service from the first day."""
    created = []
    for position in range(beginning, beginning + number):
        with transaction.atomic():
            created.append(factories.agreement(f"FAULT-{position:05}", held_above_percent=None))
            factories.sites(created[-1], sites)
    return created
