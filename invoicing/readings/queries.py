"""What the register of readings is based on: everything on file of one agreement on a day."""

from datetime import date

from contracts.models import Agreement
from invoicing.readings.effects import OnFile
from invoicing.runs.books import books_of
from sites.counts.count import Count
from sites.models import ComponentCount, RenewalReview


def on_file(*, agreement: Agreement, on: date) -> OnFile:
    """Return what is on file of an agreement on a day, in a fixed number of queries. The row comes from `with_terms()`.

    Of sites, levels and hours it is what a run would know on that day, of counts those made by then.
    """
    books = books_of(agreements=[agreement], known_on=on, whole=True)[agreement.pk]
    counts: dict[int, list[Count]] = {}
    created = ComponentCount.objects.filter(site__agreement=agreement, counted_on__lte=on)
    rows = created.order_by("counted_on", "component_code", "pk")
    for site, *count in rows.values_list("site", "component_code", "counted_on", "quantity"):
        counts.setdefault(site, []).append(Count(*count))
    agreed = RenewalReview.objects.filter(agreement=agreement, agreed_on__isnull=False)
    return OnFile(
        agreement=agreement.as_terms(),
        on=on,
        currency=agreement.currency,
        sites=tuple(books.sites.values()),
        facts=books.facts,
        counts={key: tuple(values) for key, values in counts.items()},
        agreed_reviews=dict(agreed.order_by("-agreed_on", "pk").values_list("period_number", "agreed_on")),
        is_demonstration=bool(books.demonstration),
    )
