"""Renewal reviews: opening and refreshing the paper of an annual period, and recording what both parties agreed."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.locking import locked_agreement
from contracts.models import Agreement
from contracts.periods import day_text
from contracts.refusal import Refusal
from contracts.schedule import Refused, Schedule
from contracts.wording import listed, plural
from sites.hours.position import hours_evidence
from sites.models import ChargedLevel, RenewalReview, ReviewLine, Site
from sites.review_days import ReviewKind
from sites.reviews.evidence import late_sentence
from sites.reviews.queries import Concerned, ReviewFacts, concerned, line_of, paper_evidence, review_facts, review_held
from sites.reviews.review import Outcome, ReviewTerms, agreed_price_refusal, late_change
from sites.reviews.unopened import Unopened, agreements_to_look_at, batched, unopened_reviews
from sites.starting.queries import histories

logger = logging.getLogger(__name__)

Decisions = Mapping[int, tuple[str | None, str]]
"""By site: the code of the agreed level, None to agree what is proposed, and the reason."""


REFRESHED = "The review was refreshed since this page was opened. Look at its proposals, then record."


class CannotReview(Refusal):
    """A review cannot be opened, refreshed or agreed; what concerns the level of site 17 has the place `level_17`."""


# ---- opening -----------------------------------------------------------------------------------------------------


@transaction.atomic
def open_review(
    *, agreement: Agreement, period_number: int, on: date, by: User | None, cut_off_on: date | None = None
) -> RenewalReview:
    """Open the review of an annual period; one that is open already is returned as it is (note 3).

    It may be opened before its due date; opened after it, the paper says by how many days. Counts made through the
    cut-off are in it: the opening day unless told otherwise. After an extension the price review of a period is opened
    beside its agreed term check. Raises CannotReview where the period has no review.
    """
    agreement = locked_agreement(agreement.pk)
    basis = review_facts(agreement=agreement, period_number=period_number, known_on=on)
    stored = review_held(
        reviews=RenewalReview.objects.filter(agreement=agreement, period_number=period_number),
        kind=None if isinstance(basis, Refused) else basis.kind,
    )
    if stored is not None:
        return stored
    basis = _unless_refused(basis)
    review = RenewalReview(
        agreement=agreement,
        period_number=period_number,
        opened_on=on,
        opened_by=by,
        **_dates(basis, on=on, cut_off_on=cut_off_on),
    )
    _fill(review, basis)
    return review


@transaction.atomic
def refresh_review(
    *, review: RenewalReview, on: date, by: User | None, cut_off_on: date | None = None
) -> RenewalReview:
    """Make the lines of a review anew from the terms, levels and counts known by now.

    A term check becomes a price review once the term is extended. Raises CannotReview once the review is agreed.
    """
    review = _locked_review(review)
    if message := why_agreed(review):
        raise CannotReview(message)
    basis = _facts(locked_agreement(review.agreement_id), review.period_number, on)
    for name, value in _dates(basis, on=on, cut_off_on=cut_off_on).items():
        setattr(review, name, value)
    _refuse_second(review)
    ReviewLine.objects.filter(review=review).delete()
    _fill(review, basis)
    return review


def why_agreed(review: RenewalReview) -> str:
    """Say why a review takes no further event: both parties agreed to it. Empty before."""
    if review.agreed_on is None:
        return ""
    message = f"The review was agreed on {day_text(review.agreed_on)} and stays as it is."
    return f"{message} What was agreed later is recorded by an amendment."


def not_begun(found: ReviewTerms, *, on: date) -> str:
    """Say why a review cannot be opened yet: its annual period has not begun. Empty from its first day."""
    period = found.due.period
    if on >= period.span.first_day:
        return ""
    return f"Annual period {period.number} begins on {day_text(period.span.first_day)}. Open its review from that day."


def _refuse_second(review: RenewalReview) -> None:
    """Refuse that a review becomes one of the kind of another: the terms went back to those of an earlier paper."""
    same = RenewalReview.objects.filter(
        agreement=review.agreement_id, period_number=review.period_number, kind=review.kind
    ).exclude(pk=review.pk)
    if same.exists():
        message = f"Annual period {review.period_number} has a {review.get_kind_display()} on file"
        raise CannotReview(f"{message}, which agrees with the terms known by now. Continue with that paper.")


@dataclass(frozen=True)
class Opened:
    """What `open_due_reviews` did for one annual period: the review, or the sentence that refused it."""

    agreement: Agreement
    period_number: int
    review: RenewalReview | None = None
    refusal: str = ""

    def __str__(self):
        named = f"{self.agreement}: review of annual period {self.period_number}"
        if self.review is None:
            return f"{named} refused: {self.refusal}"
        late = self.review.opened_on - self.review.due_on
        message = f", {plural(late.days, 'day')} late" if late.days > 0 else ""
        return f"{named} opened ({self.review.get_kind_display()}, due {day_text(self.review.due_on)}{message})"


def open_due_reviews(*, on: date, by: User | None, agreements: Iterable[Agreement] | None = None) -> list[Opened]:
    """Open every review that is due by a day and has not been opened, after the expiration too.

    A second run opens nothing. An agreement that fails is listed with its cause and does not stop the others.
    """
    keys = agreements_to_look_at(on=on, due_by=on)
    if agreements is not None:
        chosen = {agreement.pk for agreement in agreements}
        keys = [key for key in keys if key in chosen]
    unopened = (each for some in batched(keys) for each in unopened_reviews(keys=some, on=on, due_by=on))
    return [_open_due(each, on=on, by=by) for each in unopened]


def _open_due(due: Unopened, *, on: date, by: User | None) -> Opened:
    agreement, number = due.agreement, due.period_number
    if due.refusal:
        return Opened(agreement, number, refusal=due.refusal)
    try:
        return Opened(agreement, number, open_review(agreement=agreement, period_number=number, on=on, by=by))
    except CannotReview as refused:
        return Opened(agreement, number, refusal=str(refused))
    except Exception as error:
        logger.exception("The review of agreement %s, annual period %s, failed", agreement.number, number)
        return Opened(agreement, number, refusal=f"{type(error).__name__}: {error}")


# ---- what a review is made of --------------------------------------------------------------------------------


def _locked_review(review: RenewalReview) -> RenewalReview:
    RenewalReview.objects.select_for_update().get(pk=review.pk)
    return RenewalReview.objects.select_related("agreement").get(pk=review.pk)


def _facts(agreement: Agreement, period_number: int, known_on: date) -> ReviewFacts:
    return _unless_refused(review_facts(agreement=agreement, period_number=period_number, known_on=known_on))


def _unless_refused(basis: ReviewFacts | Refused) -> ReviewFacts:
    if isinstance(basis, Refused):
        raise CannotReview(basis)
    return basis


def _dates(basis: ReviewFacts, *, on: date, cut_off_on: date | None) -> dict:
    """The dates and the kind of a review that is made on a day."""
    span = basis.found.due.period.span
    if message := not_begun(basis.found, on=on):
        raise CannotReview(message)
    cut_off_on = cut_off_on or min(on, span.last_day)
    if cut_off_on > on or cut_off_on not in span:
        message = f"The data cut-off must lie within {span}, and not after {day_text(on)}."
        raise CannotReview(Refused("CUT_OFF", "cut_off_on", message))
    return {
        "first_day": span.first_day,
        "last_day": span.last_day,
        "kind": basis.kind,
        "due_on": basis.found.due.due_on,
        "cut_off_on": cut_off_on,
    }


def _fill(review: RenewalReview, basis: ReviewFacts) -> None:
    """Save the review with its evidence and its lines: a fixed number of queries for any number of sites."""
    sites = concerned(
        basis=basis,
        sites=Site.objects.filter(agreement_id=review.agreement_id)
        .with_levels()
        .with_counts(through=review.cut_off_on)
        .order_by("city", "state", "pk"),
    )
    found = histories(sites=sites.planned, counted_through=review.cut_off_on, known_on=basis.known_on)
    review.evidence = paper_evidence(basis=basis, sites=sites, histories=found) | {
        "hours": hours_evidence(
            agreement_id=review.agreement_id, terms=basis.agreement, on=review.cut_off_on, known_on=basis.known_on
        ),
    }
    review.is_demonstration = sites.is_demonstration
    review.save()
    ReviewLine.objects.bulk_create([line_of(review=review, basis=basis, site=site) for site in sites.reviewed])


# ---- agreeing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def record_agreement(
    *,
    review: RenewalReview,
    meeting_on: date | None,
    customer_signer: str,
    customer_agreed_on: date,
    supplier_signer: str,
    supplier_agreed_on: date,
    decisions: Decisions,
    on: date,
    by: User | None,
    seen: str | None = None,
) -> RenewalReview:
    """Record that both parties agreed to a review, and the levels of the next annual period that follow (note 3).

    Every line gets the level proposed unless a decision says otherwise. A line that needs a decision must have one,
    with a reason; so must every level that differs from the proposal. A site that is not eligible keeps its level. A
    term check settles no levels. `seen` is the version of the paper that the parties had before them; one that was
    refreshed since is refused, and so is one that lacks a site by now. Raises CannotReview with every problem at its
    place, and records nothing then.
    """
    review = _locked_review(review)
    if message := why_agreed(review):
        raise CannotReview(message)
    lines = list(review.lines.select_related("site", *LEVELS).order_by("site__city", "site__state", "pk"))
    if seen is not None and seen != version(review=review, lines=lines):
        raise CannotReview(REFRESHED)
    parties = {
        "customer_signer": customer_signer.strip(),
        "customer_agreed_on": customer_agreed_on,
        "supplier_signer": supplier_signer.strip(),
        "supplier_agreed_on": supplier_agreed_on,
        "meeting_on": meeting_on,
    }
    basis = _facts(locked_agreement(review.agreement_id), review.period_number, on)
    problems: dict[str, str] = _party_problems(review, parties, on)
    _refuse_unless_current(review, lines, basis)
    problems |= _decision_problems(review, lines, basis, decisions)
    if problems:
        raise CannotReview(*(Refused("", place, message) for place, message in problems.items()))
    agreed_on = max(customer_agreed_on, supplier_agreed_on)
    if basis.settles_prices:
        _write_levels(review, lines, basis, decisions, agreed_on)
    for name, value in parties.items():
        setattr(review, name, value)
    review.agreed_on = agreed_on
    review.recorded_by = by
    review.save()
    return review


LEVELS = ("current_level", "measured_level__schedule__agreement", "proposed_level", "agreed_level")


def version(*, review: RenewalReview, lines: Iterable[ReviewLine]) -> str:
    """Return what tells one state of a review from the next: a refresh makes its lines anew."""
    return f"{review.cut_off_on.isoformat()}-{max((line.pk for line in lines), default=0)}"


def _party_problems(review: RenewalReview, parties: Mapping, on: date) -> dict[str, str]:
    problems: dict[str, str] = {}
    for side in ("customer", "supplier"):
        name = parties[f"{side}_signer"]
        if not name:
            problems[f"{side}_signer"] = f"Give the name of the person who agreed for the {side}."
        elif fault := _text_fault(name, 100):
            problems[f"{side}_signer"] = f"The name for the {side}: {fault}"
    days = {
        "meeting_on": "The meeting",
        "customer_agreed_on": "The customer's agreement",
        "supplier_agreed_on": "The supplier's agreement",
    }
    for place, what in days.items():
        day = parties[place]
        if day is not None and day > on:
            problems[place] = f"{what} is dated {day_text(day)}, which is still to come. Record it on that day."
        elif day is not None and day < review.first_day:
            problems[place] = f"{what} is dated before the annual period under review ({day_text(review.first_day)})."
    return problems


def _text_fault(text: str, longest: int) -> str:
    try:
        validate_plain_text(text)
    except ValidationError as error:
        return " ".join(error.messages)
    return f"At most {longest} characters; this has {len(text)}." if len(text) > longest else ""


def _refuse_unless_current(review: RenewalReview, lines: list[ReviewLine], basis: ReviewFacts) -> None:
    """Refuse a paper whose terms, or whose sites, have changed since it was made."""
    rows = {level.pk for level in basis.next_levels.values()}
    proposed = {line.proposed_level_id for line in lines if line.proposed_level_id}
    if review.kind != basis.kind or not proposed <= rows:
        raise CannotReview("The terms of the next annual period changed since the review was made. Refresh it first.")
    if review.evidence.get("readings", basis.readings_shown) != basis.readings_shown:
        raise CannotReview("Another reading was chosen since the review was made. Refresh it first.")
    sites = concerned(
        basis=basis, sites=Site.objects.filter(agreement_id=review.agreement_id).order_by("city", "state")
    )
    _refuse_unless_complete(lines, sites)


def _refuse_unless_complete(lines: list[ReviewLine], sites: Concerned) -> None:
    """Refuse a paper that lacks a site, or has one that no longer belongs in it."""
    shown = {line.site_id for line in lines}
    lacking = [str(site) for site in sites.reviewed if site.pk not in shown]
    over = [str(line.site) for line in lines if line.site not in sites.reviewed]
    message = []
    if lacking:
        message.append(f"{_are(lacking)} in service on the review's day and not in the paper.")
    if over:
        message.append(f"{_are(over)} in the paper and no longer to be reviewed.")
    if message:
        raise CannotReview(f"Refresh the review: {' '.join(message)}")


def _are(names: list[str]) -> str:
    """`Akron is`, or `Akron and Boise are`."""
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'}"


def _decision_problems(
    review: RenewalReview, lines: list[ReviewLine], basis: ReviewFacts, decisions: Decisions
) -> dict[str, str]:
    problems: dict[str, str] = {}
    by_site = {line.site_id: line for line in lines}
    for key in set(decisions) - set(by_site):
        problems[f"level_{key}"] = (
            "A decision names a site that is not in the review. Refresh the review, or leave it out."
        )
    if not basis.settles_prices:
        if decisions:
            problems["decisions"] = "A term check settles no levels: extend the term by an amendment first."
        return problems
    recorded = set(
        ChargedLevel.objects.filter(site__in=by_site, period_number=review.period_number + 1).values_list(
            "site_id", flat=True
        )
    )
    for line in lines:
        code, reason = decisions.get(line.site_id, (None, ""))
        problem = _line_problem(line, basis.prices, code or None, reason.strip(), line.site_id in decisions)
        if line.site_id in recorded:
            problem = f"{line.site}: a level is recorded for the next annual period already. Correct that record first."
        if problem:
            problems[f"level_{line.site_id}"] = problem
    return problems


def _line_problem(line: ReviewLine, prices: Schedule, code: str | None, reason: str, decided: bool) -> str:
    """The sentence that refuses what was decided for one site, or an empty one."""
    wanted = code or (line.proposed_level.code if line.proposed_level else None)
    differs = line.proposed_level is None or wanted != line.proposed_level.code
    if wanted is None:
        return f"{line.site} needs a decision: {line.evidence.get('proposal', '')} Choose a level and give a reason."
    if refused := agreed_price_refusal(schedule=prices, level_code=wanted, annual_price=None):
        return f"{line.site}: {refused.message}"
    if line.eligible is False and line.proposed_level is not None and differs:
        return (
            f"{line.site} is not eligible: {line.evidence.get('why', '')} Its level stays {line.proposed_level.name}; "
            "another one needs an amendment."
        )
    if line.needs_decision and not decided:
        return f"{line.site} needs a decision: {line.evidence.get('proposal', '')} Confirm a level and give a reason."
    if (differs or line.needs_decision) and not reason:
        return f"{line.site}: give the reason for {prices.level(wanted).name}."
    if fault := _text_fault(reason, 200):
        return f"{line.site}, reason: {fault}"
    return ""


def _write_levels(
    review: RenewalReview, lines: list[ReviewLine], basis: ReviewFacts, decisions: Decisions, agreed_on: date
) -> None:
    levels = []
    for line in lines:
        code, reason = decisions.get(line.site_id, (None, ""))
        line.agreed_level = basis.next_levels[code or line.proposed_level.code]
        line.agreed_price = line.agreed_level.annual_price
        line.decision_reason = reason.strip()
        levels.append(
            ChargedLevel(
                site_id=line.site_id,
                period_number=review.period_number + 1,
                level=line.agreed_level,
                agreed_on=agreed_on,
                review_line=line,
                reason=line.decision_reason,
            )
        )
    ReviewLine.objects.bulk_update(lines, ["agreed_level", "agreed_price", "decision_reason"])
    ChargedLevel.objects.bulk_create(levels)


# ---- late changes ------------------------------------------------------------------------------------------------


def late_changes(*, review: RenewalReview, lines: Iterable[ReviewLine], on: date) -> dict[int, str]:
    """Run the test again with the counts through the period's end; return where it comes out differently, by site.

    There are none before the period's last day, and none at a term check. `lines` must have their levels loaded. The
    number of queries does not depend on that of the lines.
    """
    if review.kind != ReviewKind.PRICE_REVIEW or on < review.last_day:
        return {}
    known_on = date.fromisoformat(review.evidence.get("known_on", review.opened_on.isoformat()))
    basis = _facts(Agreement.objects.with_terms().get(pk=review.agreement_id), review.period_number, known_on)
    sites = {
        site.pk: site for site in Site.objects.filter(review_lines__review=review).with_counts(through=review.last_day)
    }
    names = {part.code: part.name for part in basis.components}
    late = {}
    for line in lines:
        level = basis.prices.level(line.current_level.code) if line.current_level else None
        found = basis.find(sites[line.site_id], cut_off_on=review.last_day, current_level=level)
        before = Outcome(line.eligible, line.proposed_level.code if line.proposed_level else None)
        if late_change(at_review=before, at_period_end=found.outcome):
            late[line.site_id] = late_sentence(found=found, last_day=review.last_day, names=names)
    return late
