"""What waits for somebody, by kind: how much of it, the first of it in order, and the list that has all of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.urls import reverse

from contracts.models import Agreement, Amendment
from contracts.money import money_text
from contracts.periods import ONE_DAY, Month, day_text
from contracts.wording import plural
from invoicing.models import Invoice, InvoiceRun, Waiver
from sites.counts.first_counts import all_first_counts_due
from sites.models import RenewalReview, Site
from sites.reports.months import OVERDUE, AgreementMonth, Months
from sites.reports.state import ReportState
from sites.reviews.unopened import AGREEMENTS_AT_ONCE, Unopened, agreements_to_look_at, unopened_reviews
from sites.service.queries import sites_to_look_at

FIRST = 5
"""Of each kind so many are named; the others are counted."""
REVIEWS_WITHIN = timedelta(days=60)
"""Reviews that fall due within so many days are coming."""
MOST_COUNTED = 100
"""Of what can only be found by looking at site after site, no more are counted."""


@dataclass(frozen=True)
class Item:
    """One thing that waits: what it is, why it waits, and the page on which it is solved."""

    what: str
    why: str
    address: str
    button: str


@dataclass(frozen=True)
class Waiting:
    """All of one kind. `number` counts it, and with `or_more` at least that; `items` are the first of it."""

    title: str
    number: int
    items: tuple[Item, ...]
    address: str = ""
    or_more: bool = False

    @property
    def others(self) -> int:
        """How many are not named."""
        return self.number - len(self.items)


@dataclass(frozen=True)
class Desk:
    """The desk as one person finds it on a day; what several kinds read is read once."""

    user: User
    on: date

    @cached_property
    def months(self) -> Months:
        """The months of all agreements, with the state of their reports."""
        return Months(Agreement.objects.all(), on=self.on, days_after=settings.REPORT_DUE_DAYS)

    @cached_property
    def agreements_to_review(self) -> list[int]:
        """The agreements that may have a review due by now, by number."""
        return agreements_to_look_at(on=self.on, due_by=self.on)

    @cached_property
    def unopened(self) -> list[Unopened]:
        """The reviews of the first of them that are not opened, and those that fall due in the next days."""
        due_by = self.on + REVIEWS_WITHIN
        soon = agreements_to_look_at(on=self.on, due_by=due_by)[:AGREEMENTS_AT_ONCE]
        keys = {*soon, *self.agreements_to_review[:AGREEMENTS_AT_ONCE]}
        return unopened_reviews(keys=keys, on=self.on, due_by=due_by)


@dataclass(frozen=True)
class Kind:
    """One kind of thing that can wait, for those who may do something about it."""

    title: str
    permissions: tuple[str, ...]
    find: Callable[[Desk], "Found"]


@dataclass(frozen=True)
class Found:
    """What a kind found: see `Waiting`."""

    items: Sequence[Item]
    number: int
    address: str = ""
    or_more: bool = False


def waiting_for(desk: Desk) -> list[Waiting]:
    """Return what waits for a person, by kind, in the order of the kinds; those without anything are left out.

    How many queries it asks depends on what the person may do, not on how much is on file.
    """
    found = ((kind, kind.find(desk)) for kind in KINDS if desk.user.has_perms(kind.permissions))
    return [
        Waiting(kind.title, one.number, tuple(one.items), one.address, one.or_more) for kind, one in found if one.number
    ]


def _stored(rows: QuerySet, item: Callable[..., Item], address: str = "") -> Found:
    first = [item(row) for row in rows[:FIRST]]
    return Found(first, len(first) if len(first) < FIRST else rows.count(), address)


def _looked_for(rows: Iterable, item: Callable[..., Item], address: str) -> Found:
    found = list(islice(rows, MOST_COUNTED))
    return Found([item(row) for row in found[:FIRST]], len(found), address, len(found) == MOST_COUNTED)


def _of_months(desk: Desk, state: str, item: Callable[[AgreementMonth], Item]) -> Found:
    number = desk.months.counts[state]
    rows = desk.months.of_state(state)[0:FIRST] if number else ()
    return Found([item(row) for row in rows], number, f"{reverse('sites:report_list')}?state={state}")


# ---- reviews and reports -----------------------------------------------------------------------------------------


def reviews_to_open(desk: Desk) -> Found:
    """Reviews that are due and not opened: of the first agreements that may have one, by number."""
    rows = [row for row in desk.unopened if row.due_on is None or row.due_on <= desk.on]
    items = [unopened_item(row, desk.on) for row in rows[:FIRST]]
    or_more = len(desk.agreements_to_review) > AGREEMENTS_AT_ONCE
    return Found(items, len(rows), reverse("sites:review_list"), or_more)


def unopened_item(review: Unopened, on: date) -> Item:
    """Name a review that is not opened, with its day or with what stands in its way."""
    agreement, due_on = review.agreement, review.due_on
    since = "" if due_on is None else f"{'Due since' if due_on < on else 'Due'} {day_text(due_on)}."
    return Item(
        review_text(review),
        review.refusal or since,
        reverse("sites:review_open", args=[agreement.pk, review.period_number]),
        "Open the review",
    )


def reviews_to_agree(desk: Desk) -> Found:
    """Reviews that are open."""

    def item(review: RenewalReview) -> Item:
        return Item(
            review_text(review),
            f"Due {day_text(review.due_on)}, opened {day_text(review.opened_on)}; not agreed by both parties.",
            reverse("sites:review_detail", args=[review.pk]),
            "Go to the review",
        )

    rows = RenewalReview.objects.filter(agreed_on=None).select_related("agreement__customer").order_by("due_on", "pk")
    return _stored(rows, item, f"{reverse('sites:review_list')}?state=open")


def late_reports(desk: Desk) -> Found:
    """Months whose report should have been issued by now."""

    def item(row: AgreementMonth) -> Item:
        status = row.status
        lacks = f", and {plural(status.lacking, 'figure')} to count" if status.lacking else ""
        return Item(
            f"{row.agreement.number}, {row.agreement.customer}: report of {status.month}",
            f"Due {day_text(status.due_on)}: {plural(status.days_late, 'day')} late{lacks}.",
            reverse("sites:month_report", args=[row.agreement.pk, status.month]),
            "Go to the report",
        )

    return _of_months(desk, OVERDUE, item)


# ---- counts ------------------------------------------------------------------------------------------------------


def missing_counts(desk: Desk) -> Found:
    """Months that are over and not counted in full."""

    def item(row: AgreementMonth) -> Item:
        return Item(
            f"{row.agreement.number}, {row.agreement.customer}: counts of {row.status.month}",
            f"{plural(row.status.lacking, 'figure')} to count.",
            reverse("sites:month_grid", args=[row.agreement.pk, row.status.month]),
            "Enter counts",
        )

    return _of_months(desk, ReportState.MISSING, item)


def first_counts(desk: Desk) -> Found:
    """Sites in service that were never counted."""
    return _looked_for(
        all_first_counts_due(on=desk.on),
        lambda one: Item(
            f"{one.site}, {one.site.agreement.number}",
            f"{one.sentence[:1].upper()}{one.sentence[1:]}. No review can say what has changed since.",
            f"{reverse('sites:month_grid', args=[one.site.agreement_id, one.month])}?site={one.site.pk}",
            "Enter the first count",
        ),
        f"{reverse('sites:site_list')}?first_count=due",
    )


def sites_with_remarks(desk: Desk) -> Found:
    """Sites that a person should look at."""
    return _looked_for(
        sites_to_look_at(on=desk.on),
        lambda found: Item(
            f"{found[0]}, {found[0].agreement.number}",
            f"{found[1][:1].upper()}{found[1][1:]}",
            reverse("sites:site_detail", args=[found[0].pk]),
            "Look at the site",
        ),
        f"{reverse('sites:site_list')}?look_at=yes",
    )


# ---- agreements --------------------------------------------------------------------------------------------------


def agreements_to_sign(desk: Desk) -> Found:
    """Agreements that are entered and not signed."""
    rows = Agreement.objects.filter(executed_on=None).with_parties()
    return _stored(
        rows,
        lambda row: Item(
            f"{row.number}, {row.customer}",
            "Not signed: nothing is billed, and its terms can still be changed.",
            reverse("sites:agreement_detail", args=[row.pk]),
            "Go to the agreement",
        ),
    )


def amendments_to_sign(desk: Desk) -> Found:
    """Amendments that not both parties have signed."""

    def item(row: Amendment) -> Item:
        signed = (("customer", row.customer_signed_on), ("supplier", row.supplier_signed_on))
        lacking = " and ".join(side for side, day in signed if day is None)
        return Item(
            f"{row.agreement.number}, {row.agreement.customer}: Amendment {row.number}",
            f"Effective {day_text(row.effective_on)}; not signed by the {lacking}.",
            reverse("contracts:amendment_detail", args=[row.agreement_id, row.number]),
            "Go to the amendment",
        )

    rows = Amendment.objects.filter(executed_on=None).select_related("agreement__customer")
    return _stored(rows.order_by("effective_on", "pk"), item)


def review_text(review: Unopened | RenewalReview) -> str:
    """Name a review in a line."""
    kind = str(review.kind).replace("-", " ")
    return f"{review.agreement.number}, {review.agreement.customer}: {kind} of annual period {review.period_number}"


# ---- money -------------------------------------------------------------------------------------------------------


def not_billed(desk: Desk) -> Found:
    """Agreements with a site in service that no run has billed through the month that is over."""
    month = Month.of(Month.of(desk.on).span.first_day - ONE_DAY).span
    serving = Site.objects.filter(agreement=OuterRef("pk")).in_service(
        first_day=month.first_day, last_day=month.last_day
    )
    runs = Invoice.objects.filter(agreement=OuterRef("pk"), origin=Invoice.Origin.RUN).order_by("-through")
    rows = Agreement.objects.with_expiration(known_on=desk.on).annotate(last=Subquery(runs.values("through")[:1]))
    executed = rows.filter(Exists(serving), executed_on__isnull=False, first_period_starts_on__lte=month.last_day)
    running = executed.filter(Q(expiration=None) | Q(expiration__gte=month.first_day))
    behind = running.filter(Q(last=None) | Q(last__lt=month.last_day)).select_related("customer").order_by("number")
    address = f"{reverse('invoicing:run')}?through={month.last_day.isoformat()}"
    return _stored(
        behind,
        lambda row: Item(
            f"{row.number}, {row.customer}",
            f"Billed through {day_text(row.last)}; {Month.of(month.first_day)} is over."
            if row.last
            else f"Nothing is billed yet; {Month.of(month.first_day)} is over.",
            f"{address}&agreement={quote(row.number)}",
            "Run its invoices",
        ),
        address,
    )


def drafts(desk: Desk) -> Found:
    """Drafts to check and issue, those first that can be issued."""

    def item(row: Invoice) -> Item:
        when = (
            f"Can be issued from {day_text(row.issue_from)}."
            if row.issue_from and row.issue_from > desk.on
            else "Can be issued."
        )
        held = f"Held for a look: {row.held_because[0]}" if row.held_because else when
        return Item(
            f"{row.agreement.number}, {row.agreement.customer}: {row.get_kind_display().lower()} through "
            f"{day_text(row.last_day)}, {money_text(row.total)} {row.agreement.currency}",
            held or row.waits(desk.on) or "Can be issued.",
            reverse("invoicing:invoice_detail", args=[row.pk]),
            "Check the draft",
        )

    rows = Invoice.objects.filter(issued_on=None).select_related("agreement__customer").defer("content")
    return _stored(rows.order_by("issue_from", "pk"), item, f"{reverse('invoicing:invoice_list')}?state=draft")


def documents_without_pdf(desk: Desk) -> Found:
    """Issued documents whose printing failed or was broken off."""
    rows = Invoice.objects.filter(issued_on__isnull=False, pdf=None).select_related("agreement__customer")
    return _stored(
        rows.defer("content").order_by("pk"),
        lambda row: Item(
            f"{row.number_text}, {row.agreement.customer}",
            f"Issued {day_text(row.issued_on)}, and its PDF is not made.",
            reverse("invoicing:invoice_make_pdf", args=[row.pk]),
            "Make the PDF",
        ),
    )


def waivers_to_confirm(desk: Desk) -> Found:
    """Waivers that somebody else has proposed."""
    rows = Waiver.objects.filter(decided_on=None, withdrawn_on=None).exclude(recorded_by=desk.user)
    documents = Prefetch("line__invoice", Invoice.objects.select_related("agreement").defer("content"))
    return _stored(
        rows.prefetch_related("line__site", documents).order_by("pk"),
        lambda row: Item(
            f"{row.line.invoice.agreement.number}: {row.line.site or row.line.get_charge_display()}",
            f"Proposed {day_text(row.recorded_on)}: {row.reason}",
            reverse("invoicing:waiver_confirm", args=[row.pk]),
            "Confirm or refuse",
        ),
        f"{reverse('invoicing:waiver_list')}?state=proposed",
    )


def refused_in_last_run(desk: Desk) -> Found:
    """Agreements that the last run could not bill."""
    run = InvoiceRun.objects.order_by("-pk").first()
    refused = [result for result in run.results if result["refusal"]] if run else []
    address = reverse("invoicing:run_detail", args=[run.pk]) if refused else ""
    items = [Item(each["agreement"], each["refusal"], address, "Go to the run") for each in refused[:FIRST]]
    return Found(items, len(refused), address)


KINDS = (
    Kind("Agreements to bill", ("invoicing.draft_invoice",), not_billed),
    Kind("Reviews to open", ("sites.open_review",), reviews_to_open),
    Kind("Reviews to agree on", ("sites.agree_review",), reviews_to_agree),
    Kind("Refused in the last run", ("invoicing.draft_invoice",), refused_in_last_run),
    Kind("Drafts to check and issue", ("invoicing.issue_invoice",), drafts),
    Kind("Documents without a PDF", ("invoicing.issue_invoice",), documents_without_pdf),
    Kind("Waivers to confirm", ("invoicing.waive_charge",), waivers_to_confirm),
    Kind("Monthly reports that are late", ("sites.issue_report",), late_reports),
    Kind("Months with figures to count", ("sites.view_monthlyreport", "sites.add_componentcount"), missing_counts),
    Kind("First counts", ("sites.view_site", "sites.add_componentcount"), first_counts),
    Kind("Sites to look at", ("sites.view_site",), sites_with_remarks),
    Kind("Agreements to sign", ("contracts.execute_agreement",), agreements_to_sign),
    Kind("Amendments to sign", ("contracts.execute_agreement",), amendments_to_sign),
)
