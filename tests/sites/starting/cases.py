"""A planned site of the second annual period, and a site of the same customer for every standing in its comparison."""

from datetime import date, timedelta

from contracts.models import Agreement, Party
from sites.models import Site
from sites.starting.queries import Compared, Start, start_of
from tests import factories, reference
from tests.reference import ANCHOR, SMALLEST

ON = date(2000, 1, 15)
STARTS_ON = date(2000, 2, 1)
POPULATION = 50_000


def past(agreement: Agreement, city: str, days: int | None, population: int | None = POPULATION, **fields) -> Site:
    """A site that reached the limit of its level, 15 gateway elements, so many days after its first one; or never."""
    site = factories.site(agreement, city, population=population, **fields)
    if days != 0:
        factories.counts(site, site.in_service_on, SMALLEST)
    if days is not None:
        factories.counts(site, site.in_service_on + timedelta(days=days), SMALLEST | {"GE": 15})
    return site


def planned(agreement: Agreement, city: str = "Macon", population: int | None = POPULATION) -> Site:
    """A site that starts in the second annual period."""
    return factories.site(agreement, city, STARTS_ON, population=population)


def agreement_of(customer: str, number: str) -> Agreement:
    """An agreement like the reference one, of another customer."""
    like = factories.agreement(f"{number}-supplier")
    row = Agreement.objects.create(
        number=number,
        dated_on=like.dated_on,
        executed_on=like.executed_on,
        supplier=like.supplier,
        customer=Party.objects.create(legal_name=customer, address="1 Main Street"),
        original_expires_on=like.original_expires_on,
        first_period_starts_on=ANCHOR,
    )
    factories.amendment(row, reference.AMENDMENT)
    return row


def every_case(agreement: Agreement) -> dict[str, Site]:
    """The cases by city; each city says what it shows."""
    elsewhere = factories.agreement("LNS980101JC")
    sites = [
        planned(agreement),
        past(agreement, "Fast", 200),
        past(agreement, "Slow", 400),
        past(elsewhere, "Elsewhere", 300, 62_500),
        past(agreement, "Bigger", 100, 90_000),
        past(agreement, "Unknown", 50, None),
        past(agreement, "Growing", None),
        past(agreement, "Before", 150, in_service_on=ANCHOR - timedelta(days=100)),
        past(agreement_of("Acme Telephone", "ACM-1"), "Stranger", 1),
    ]
    return {site.city: site for site in sites}


def start(site: Site, on: date = ON) -> Start:
    """What is known of a site's start, asked as the page does."""
    return start_of(site=Site.objects.select_related("agreement").get(pk=site.pk), on=on)


def one(found: Start, city: str) -> Compared:
    """One of the sites compared."""
    return next(each for each in found.compared if each.site.city == city)
