"""Playing a demonstration: facts come in, invoices and reports are issued, reviews are held, each on its own day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from contracts.models import Agreement
from contracts.money import money_text
from contracts.periods import ONE_DAY, Month
from invoicing.credits.crediting import confirm_waiver, credit
from invoicing.demonstration.reports import as_read, correct_counts, report_days, report_on
from invoicing.demonstration.strangers import keep_account
from invoicing.models import Invoice, Waiver
from invoicing.runs.drafting import RunResult, draft_invoices
from sites.agreement_files.known import as_known_on
from sites.agreement_files.loading import load_agreement
from sites.models import RenewalReview, Site
from sites.review_days import ReviewKind
from sites.reviews.reviewing import open_due_reviews, record_agreement


@dataclass(frozen=True)
class Played:
    """One day of the demonstration and what happened on it, in words."""

    on: date
    what: str


def play(*, reference: Mapping, demonstration: Mapping, until: date, by=None) -> Iterator[Played]:
    """Load the agreement and play its demonstration through a day, month by month, as its users would have done.

    On the first day after each month the facts known by then are loaded, reviews that are due are opened, and the month
    is billed and issued; agreements of both parties, credits by hand, corrections of counts and monthly reports are
    recorded on their dates. Playing on from an earlier day, or playing the same days again, adds only what is missing.
    """
    agreement = _agreement(reference, until, by)
    resumed = Invoice.objects.filter(agreement=agreement).aggregate(day=Max("issued_on"))["day"]
    days = _days(agreement, demonstration, until)
    for day in sorted({*days, *(day for day in report_days(demonstration) if day <= until)}):
        if resumed is None or day > resumed:
            yield from _day(agreement, demonstration, day, facts_come_in=day in days, by=by)
    _last_facts(agreement, demonstration, until, by)


@transaction.atomic
def _day(agreement: Agreement, demonstration: Mapping, day: date, *, facts_come_in: bool, by) -> list[Played]:
    """Play one day whole or not at all, and keep what is on file after it."""
    correct_counts(agreement=agreement, demonstration=demonstration, day=day, by=by)
    happened = []
    if facts_come_in:
        load_agreement(as_read(agreement, as_known_on(demonstration, day), demonstration, day), on=day, by=by)
        for events in (_review, _credit, _bill):
            happened += events(agreement, demonstration, day, by)
    happened += [
        Played(day, what) for what in report_on(agreement=agreement, demonstration=demonstration, day=day, by=by)
    ]
    keep_account()
    return happened


@transaction.atomic
def _last_facts(agreement: Agreement, demonstration: Mapping, until: date, by) -> None:
    load_agreement(as_read(agreement, as_known_on(demonstration, until), demonstration, until), on=until, by=by)
    keep_account()


@transaction.atomic
def _agreement(reference: Mapping, until: date, by) -> Agreement:
    """Load what the parties signed; where the demonstration is played on, that is there already."""
    load_agreement(reference, on=until, by=by)
    keep_account()
    return Agreement.objects.get(number=reference["agreement"]["number"])


def _days(agreement: Agreement, demonstration: Mapping, until: date) -> list[date]:
    """The days on which facts come in: the first of each month, and those of the plan's agreements and credits."""
    month = Month.of(agreement.first_period_starts_on).following()
    days = {date.fromisoformat(plan["supplier"]["agreed_on"]) for plan in _agreements(demonstration)}
    days |= {date.fromisoformat(plan["on"]) for plan in _credits(demonstration)}
    while month.span.first_day <= until:
        days.add(month.span.first_day)
        month = month.following()
    return sorted(day for day in (*days, until) if day <= until)


def _agreements(demonstration: Mapping) -> list[Mapping]:
    return demonstration.get("plan", {}).get("review_agreements", [])


def _credits(demonstration: Mapping) -> list[Mapping]:
    return demonstration.get("plan", {}).get("credits", [])


def _review(agreement: Agreement, demonstration: Mapping, day: date, by) -> Iterator[Played]:
    for opened in open_due_reviews(on=day, by=by):
        yield Played(day, str(opened))
    for plan in _agreements(demonstration):
        agreed_on = max(date.fromisoformat(plan[side]["agreed_on"]) for side in ("customer", "supplier"))
        review = RenewalReview.objects.filter(
            agreement=agreement,
            period_number=plan["period"],
            kind=ReviewKind.PRICE_REVIEW,
            agreed_on=None,
            opened_on__lte=agreed_on,
        ).first()
        if review is not None and agreed_on <= day:
            record_agreement(review=review, on=day, by=by, **_agreement_arguments(agreement, plan))
            yield Played(day, f"{review}: agreed by both parties")


def _agreement_arguments(agreement: Agreement, plan: Mapping) -> dict:
    keys = {str(site): site.pk for site in Site.objects.filter(agreement=agreement)}
    return {
        "meeting_on": date.fromisoformat(plan["meeting_on"]),
        "customer_signer": plan["customer"]["name"],
        "customer_agreed_on": date.fromisoformat(plan["customer"]["agreed_on"]),
        "supplier_signer": plan["supplier"]["name"],
        "supplier_agreed_on": date.fromisoformat(plan["supplier"]["agreed_on"]),
        "decisions": {
            keys[decision["site"]]: (decision["level"], decision["reason"]) for decision in plan.get("decisions", [])
        },
    }


def _credit(agreement: Agreement, demonstration: Mapping, day: date, by) -> Iterator[Played]:
    for plan in _credits(demonstration):
        if date.fromisoformat(plan["on"]) != day:
            continue
        first_day = date.fromisoformat(f"{plan['month']}-01")
        invoice = Invoice.objects.get(agreement=agreement, origin=Invoice.Origin.RUN, first_day=first_day)
        line = next(line for line in invoice.lines.select_related("site") if str(line.site) == plan["site"])
        waived = plan.get("waiver")
        note = credit(
            invoice=invoice,
            amounts={line.position: Decimal(plan["amount"])},
            reason=plan["reason"],
            waive=waived is not None,
            on=day,
            by=by,
        )
        for waiver in Waiver.objects.filter(line__invoice=note).order_by("pk"):
            confirm_waiver(waiver=waiver, on=day, by=_person(waived["confirmed_by"]))
        yield Played(day, f"{note}, {money_text(note.total)}")


def _person(name: str) -> User:
    """The invented person of a name, who cannot sign in."""
    first_name, last_name = name.split()
    values = {"first_name": first_name, "last_name": last_name, "is_active": False}
    return User.objects.get_or_create(username=name.lower().replace(" ", "."), defaults=values)[0]


def _bill(agreement: Agreement, _demonstration: Mapping, day: date, by) -> Iterator[Played]:
    """Bill the month that ended the day before, or that ends on the last day played."""
    month = Month.of(day)
    if day not in (month.span.first_day, month.span.last_day):
        return
    through_day = day if day == month.span.last_day else day - ONE_DAY
    for result in draft_invoices(through=through_day, on=day, by=by, agreements=[agreement], issue_drafts=True):
        yield from _reported(day, result)


def _reported(day: date, result: RunResult) -> Iterator[Played]:
    for document in result.documents:
        yield Played(day, f"{document}, {money_text(document.total)}")
    for sentence in (*result.notices, result.refusal):
        if sentence:
            yield Played(day, sentence)
