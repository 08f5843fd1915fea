"""Hours and orders as rows, recorded as their users would: the reference agreement, its sites and people."""

from datetime import date
from decimal import Decimal

from contracts.models import Agreement
from sites.hours.recording import buy_blocks, enter_work
from sites.models import BlockPurchase, Site, WorkEntry

ON = date(1999, 7, 15)
PROVISIONING, CARE = "Provisioning/Translations", "Customer Care"


def bought(agreement: Agreement, day: date, blocks: int = 1, on: date = ON, **facts) -> BlockPurchase:
    return buy_blocks(agreement=agreement, bought_on=day, blocks=blocks, on=on, by=facts.pop("by", None), **facts)


def worked(site: Site, day: date, hours: str = "7.25", on: date = ON, **facts) -> WorkEntry:
    values = {"service": CARE, "person": "Ann Example", "by": None} | facts
    return enter_work(site=site, worked_on=day, hours=Decimal(hours), on=on, **values)


def team(site: Site, day: date, hours: int, **facts) -> None:
    """So many hours of one day, by as many people as it takes."""
    shares = [24] * (hours // 24) + [hours % 24] * bool(hours % 24)
    WorkEntry.objects.bulk_create(
        WorkEntry(
            site=site,
            worked_on=day,
            service=CARE,
            hours=Decimal(share),
            person=f"Technician {number}",
            recorded_on=ON,
            **facts,
        )
        for number, share in enumerate(shares)
    )
