"""What a renewal review is based on: the terms of its period, its sites and what it says of each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.models import Agreement, ServiceLevel
from contracts.money import NOTHING
from contracts.periods import day_text
from contracts.readings import Readings
from contracts.schedule import Component, Level, Refused, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, expiration_known, terms_on
from sites.charged import Basis
from sites.models import RenewalReview, ReviewLine, Site
from sites.review_days import ReviewKind, in_review
from sites.reviews.evidence import Compared, Findings, as_evidence, findings
from sites.reviews.review import ReviewTerms, review_terms

READINGS_SHOWN = ("change", "not-eligible", "level", "blank-cell", "site-charge", "review-day")


@dataclass(frozen=True)
class ReviewFacts:
    """The terms of one review, with the rows of the database that its levels stand for."""

    agreement: AgreementTerms
    found: ReviewTerms
    known_on: date
    levels: Mapping[str, ServiceLevel]
    next_levels: Mapping[str, ServiceLevel]

    @property
    def kind(self) -> ReviewKind:
        return self.found.due.kind

    @property
    def settles_prices(self) -> bool:
        """Whether there is a next annual period whose prices the parties settle."""
        return self.kind is ReviewKind.PRICE_REVIEW

    @property
    def schedule(self) -> Schedule:
        """The schedule whose review rule governs the period."""
        return self.found.terms.schedule

    @property
    def prices(self) -> Schedule:
        """The schedule of the next annual period; at a term check there is none, and the present one stands in."""
        return self.found.next_terms.schedule if self.found.next_terms else self.schedule

    @property
    def readings(self) -> Readings:
        """The readings that apply on the annual period's last day."""
        return self.agreement.readings_on(self.found.due.period.full_span.last_day)

    @property
    def readings_shown(self) -> list[dict]:
        """The readings that decide what the paper says, in words, as it keeps them."""
        chosen = (self.readings.of_question(key) for key in READINGS_SHOWN)
        return [
            {"title": each.question.title, "sentence": each.sentence, "clause": each.clause}
            for each in chosen
            if each.is_printed
        ]

    @property
    def components(self) -> tuple[Component, ...]:
        """Every component that either schedule counts, once."""
        both = (*self.schedule.components, *self.prices.components)
        return tuple({component.code: component for component in both}.values())

    def find(self, site: Site, *, cut_off_on: date, current_level: Level | None) -> Findings:
        """Run the test for one site with the counts made through a day; they must have been brought along."""
        counted = Compared.of(
            counts=site.count_values(),
            period=self.found.due.period.span,
            in_service_on=site.in_service_on,
            cut_off_on=cut_off_on,
        )
        return findings(
            schedule=self.schedule,
            prices=self.prices,
            counted=counted,
            current_level=current_level,
            readings=self.readings,
        )


def review_facts(*, agreement: Agreement, period_number: int, known_on: date) -> ReviewFacts | Refused:
    """Return what the review of an annual period is based on, or why there is none. The row is from `with_terms()`."""
    terms = agreement.as_terms()
    found = review_terms(agreement=terms, period_number=period_number, known_on=known_on)
    if isinstance(found, Refused):
        return found
    return ReviewFacts(
        agreement=terms,
        found=found,
        known_on=known_on,
        levels=_level_rows(agreement, found.terms),
        next_levels=_level_rows(agreement, found.next_terms or found.terms),
    )


def review_held(*, reviews: Iterable[RenewalReview], kind: ReviewKind | None) -> RenewalReview | None:
    """Return, of the reviews of one annual period, the one that stands for its review of a kind.

    That is the one of this kind, or else one that is open: a refresh makes it the right kind. An agreed term check does
    not stand for the price review that an extension asks for. Without a kind (the period has no review), any of them.
    """
    reviews = sorted(reviews, key=lambda review: (review.kind != kind, review.agreed_on is not None))
    return next((one for one in reviews if kind in (None, one.kind) or one.agreed_on is None), None)


def _level_rows(agreement: Agreement, terms: TermsFound) -> dict[str, ServiceLevel]:
    """The rows of the schedule in some terms, by code; its source names the document that holds it."""
    for amendment in agreement.amendment_list:
        if amendment.as_terms().name == terms.schedule_source.document:
            return {level.code: level for level in amendment.schedule_list[0].level_list}
    return {level.code: level for level in agreement.original_schedules[0].level_list}


# ---- sites -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Concerned:
    """The sites of an agreement as a review sees them: reviewed, ending before the next period, and opening later."""

    reviewed: tuple[Site, ...]
    leaving: tuple[Site, ...]
    planned: tuple[Site, ...]

    @property
    def is_demonstration(self) -> bool:
        return any(site.is_demonstration for site in (*self.reviewed, *self.leaving, *self.planned))


def concerned(*, basis: ReviewFacts, sites: Iterable[Site]) -> Concerned:
    """Sort the sites of an agreement by their service on the review's due date (note 3)."""
    sites = tuple(sites)
    review_on = basis.found.due.due_on
    present = [
        site
        for site in sites
        if in_review(in_service_on=site.in_service_on, removed_on=site.removed_on, review_on=review_on)
    ]
    leaving = tuple(site for site in present if _leaves(site, basis))
    return Concerned(
        reviewed=tuple(site for site in present if site not in leaving),
        leaving=leaving,
        planned=tuple(site for site in sites if site.in_service_on > review_on),
    )


def _leaves(site: Site, basis: ReviewFacts) -> bool:
    following = basis.found.due.next_period
    return following is not None and site.removed_on is not None and site.removed_on < following.span.first_day


def line_of(*, review: RenewalReview, basis: ReviewFacts, site: Site) -> ReviewLine:
    """Return the line of one site, not saved: its levels and prices, the proposal and the evidence for it."""
    charged = site.charged_on(basis.found.due.period.span.last_day, basis.found.terms, agreement=basis.agreement)
    stored = basis.schedule.level(charged.level_code) if charged else None
    goes_on = basis.prices.level(stored.code) if stored else None
    found = basis.find(site, cut_off_on=review.cut_off_on, current_level=goes_on)
    proposal = found.proposed if basis.settles_prices else None
    proposed = proposal.level if proposal else None
    evidence = as_evidence(found, schedule=basis.schedule, prices=basis.prices, charged=charged)
    return ReviewLine(
        review=review,
        site=site,
        current_level=basis.levels[stored.code] if stored else None,
        current_price=stored.annual_price if stored else None,
        measured_level=basis.next_levels[found.measured.level.code] if found.measured.level else None,
        eligible=found.eligible.eligible,
        proposed_level=basis.next_levels[proposed.code] if proposed else None,
        proposed_price=proposed.annual_price if proposed else None,
        needs_decision=basis.settles_prices and found.needs_decision,
        foregone=proposal.foregone if proposal else NOTHING,
        evidence=evidence if basis.settles_prices else evidence | {"proposal": "", "other_readings": []},
    )


# ---- the paper beside its lines ------------------------------------------------------------------------------------


def paper_evidence(*, basis: ReviewFacts, sites: Concerned, histories: Sequence[Mapping]) -> dict:
    """Return what the paper says beside its lines, as plain data: kept with the review, it says the same for ever.

    `histories` are what history proposes for the planned sites.
    """
    proposed = {history["site"]: history for history in histories}
    expires_on, source = expiration_known(agreement=basis.agreement, known_on=basis.known_on)
    following = basis.found.due.next_period
    return {
        "known_on": basis.known_on.isoformat(),
        "rule_source": str(basis.found.terms.schedule_source),
        "rule_clause": basis.schedule.review.clause,
        "lead_days": basis.schedule.review.lead_days,
        "minimum_changed": basis.schedule.review.minimum_changed,
        "price_source": str((basis.found.next_terms or basis.found.terms).schedule_source),
        "next_first_day": following.span.first_day.isoformat() if following else None,
        "next_last_day": following.span.last_day.isoformat() if following else None,
        "expires_on": expires_on.isoformat() if expires_on else None,
        "expiration_source": str(source),
        "components": [{"code": part.code, "name": part.name} for part in basis.components],
        "levels": [
            {"code": level.code, "name": level.name, "price": str(level.annual_price)}
            for level in sorted(basis.prices.levels, key=lambda level: level.rank)
        ],
        "readings": basis.readings_shown,
        "planned": [_planned(basis, site, proposed.get(str(site))) for site in sites.planned],
        "leaving": [{"site": str(site), "last_day": site.removed_on.isoformat()} for site in sites.leaving],
        "histories": list(histories),
    }


def _planned(basis: ReviewFacts, site: Site, history: Mapping | None) -> dict:
    """A site that opens after the review's day: the level at which it starts, or the one that history proposes."""
    terms = terms_on(agreement=basis.agreement, service_on=site.in_service_on, known_on=basis.known_on)
    if isinstance(terms, NotInForce):
        return _opening(site, remark=terms.message)
    charged = site.charged_on(terms.service_on, terms, agreement=basis.agreement)
    level = terms.schedule.level(charged.level_code) if charged else None
    if level is not None and charged.basis is Basis.OPENING:
        return _opening(site, level.name, level.annual_price, charged.why)
    if level is not None and (decided_on := _decided_on(site, terms.period.number, basis.known_on)):
        return _opening(site, level.name, level.annual_price, f"A person decided it on {day_text(decided_on)}.")
    if history is None or history["level"] is None:
        return _opening(site, remark="No starting level is decided yet: a person decides.")
    remark = f"Proposed, a person decides: {history['sentence']}"
    return _opening(site, history["level"], history["price"], remark, proposed=True)


def _decided_on(site: Site, period_number: int, known_on: date) -> date | None:
    """The day on which a person decided at which level a site starts, if one has by now."""
    decided = (one.agreed_on for one in site.agreed_levels() if one.period_number == period_number)
    return next((day for day in decided if day <= known_on), None)


def _opening(
    site: Site, level: str | None = None, price: object = None, remark: str = "", *, proposed: bool = False
) -> dict:
    return {
        "site": str(site),
        "in_service_on": site.in_service_on.isoformat(),
        "level": level,
        "price": None if price is None else str(price),
        "proposed": proposed,
        "remark": remark,
    }
