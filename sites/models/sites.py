"""What happened: sites, their component counts and charged levels, and the annual renewal reviews."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from contracts.fields import MoneyField, PlainCharField, by_person
from contracts.models import Agreement, PriceSchedule, ServiceLevel
from contracts.sealing.frozen import FrozenModel
from contracts.sealing.guards import Seal
from contracts.terms import AgreementTerms, TermsFound
from sites.charged import AgreedLevel, Charged, LevelFacts, LevelFromDay, charged_on
from sites.counts.count import Count
from sites.models.files import ImportedFile
from sites.models.levels import LevelDecision
from sites.review_days import ReviewKind

SITES_AT_ONCE = 100
"""Sites that are read together with the terms of their agreements: SQLite looks for 1,000 at most at once."""


class SiteQuerySet(models.QuerySet):
    def with_agreement(self):
        return self.select_related("agreement__customer").order_by("agreement__number", "city", "state", "pk")

    def in_service(self, *, first_day, last_day):
        """Sites in service on at least one day of a span."""
        return self.filter(in_service_on__lte=last_day).filter(Q(removed_on=None) | Q(removed_on__gte=first_day))

    def with_levels(self):
        """Bring recorded levels along, as `level_facts()` reads them."""
        charged = ChargedLevel.objects.select_related("level").order_by("period_number")
        decided = LevelDecision.objects.select_related("level", "recorded_by")
        return self.prefetch_related(
            models.Prefetch("charged_levels", charged, to_attr="charged_level_list"),
            models.Prefetch("level_decisions", decided.order_by("pk"), to_attr="level_decision_list"),
        )

    def with_counts(self, *, through=None):
        """Bring component counts along, those made through a day, as `count_values()` reads them."""
        counts = ComponentCount.objects.order_by("counted_on", "component_code")
        if through is not None:
            counts = counts.filter(counted_on__lte=through)
        return self.prefetch_related(models.Prefetch("counts", counts, to_attr="count_list"))

    def with_latest_counts(self, *, on):
        """Bring along only the last count of each component made through a day, as `count_values()` reads them.

        Where levels follow the counts, those before it decide the charged level too, and come along.
        """
        created = ComponentCount.objects.filter(counted_on__lte=on)
        later = created.filter(
            site=models.OuterRef("site"),
            component_code=models.OuterRef("component_code"),
            counted_on__gt=models.OuterRef("counted_on"),
        )
        following = PriceSchedule.objects.filter(follows_counts=True).values("agreement")
        latest = created.filter(~models.Exists(later) | Q(site__agreement__in=following)).order_by("component_code")
        return self.prefetch_related(models.Prefetch("counts", latest, to_attr="count_list"))

    def with_agreement_terms(self):
        """Bring the agreement along with everything that its `as_terms()` reads, once for all its sites."""
        agreements = models.Prefetch("agreement", Agreement.objects.with_terms())
        return self.order_by("agreement__number", "city", "state", "pk").prefetch_related(agreements)


class Site(models.Model):
    """A customer city with a switch: the unit that is charged."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    city = PlainCharField(max_length=100)
    state = PlainCharField(max_length=50, blank=True)
    clli = PlainCharField("CLLI code", max_length=11, blank=True, help_text="Optional. Common Language Location code.")
    population = models.PositiveIntegerField(
        null=True, blank=True, help_text="For comparing sites in cities of like size."
    )
    in_service_on = models.DateField("in service from", help_text="First day of service; a later day plans the site.")
    removed_on = models.DateField(
        "last day in service", null=True, blank=True, help_text="The site stays charged to the annual period's end."
    )
    charged_through = models.DateField(
        "charged through",
        null=True,
        blank=True,
        help_text="Only where a person decided that charges end before the annual period does.",
    )
    charge_end_reason = PlainCharField(max_length=200, blank=True)
    file = models.ForeignKey(
        ImportedFile, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    is_demonstration = models.BooleanField("demonstration data", default=False)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["agreement", "city", "state"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "city", "state"],
                name="site_once_per_city",
                violation_error_message="The agreement already has a site in this city.",
            ),
            models.UniqueConstraint(
                fields=["agreement", "clli"],
                condition=~Q(clli=""),
                name="site_clli_once",
                violation_error_message="Another site of the agreement has this CLLI code.",
            ),
            models.CheckConstraint(
                condition=Q(removed_on=None) | Q(removed_on__gte=F("in_service_on")),
                name="site_removed_after_start",
                violation_error_message="The last day in service lies before the first.",
            ),
            models.CheckConstraint(
                condition=Q(charged_through=None, charge_end_reason="")
                | (Q(charged_through__gte=F("in_service_on"), removed_on__isnull=False) & ~Q(charge_end_reason="")),
                name="site_charge_end_has_reason",
                violation_error_message="Charges that end early need the last day in service, their own last day "
                "and a reason; or leave all of them empty.",
            ),
        ]
        permissions = [("end_service", "Can record that a site is removed")]

    def __str__(self):
        return f"{self.city}, {self.state}" if self.state else self.city

    def agreed_levels(self) -> tuple[AgreedLevel, ...]:
        """The levels recorded for annual periods as pure values. The row must come from `with_levels()`."""
        return tuple(row.as_agreed() for row in self.charged_level_list)

    def levels_from_days(self) -> tuple[LevelFromDay, ...]:
        """The levels decided from a day as pure values. The row must come from `with_levels()`."""
        return tuple(row.as_level() for row in self.level_decision_list)

    def charged_on(self, day: date, found: TermsFound, *, agreement: AgreementTerms) -> Charged | None:
        """Return the level charged on a day of the annual period of terms found, or None where nobody has decided one.

        The row must come from `with_levels()`, and from `with_counts()` where levels follow the counts.
        """
        return charged_on(
            agreement=agreement,
            schedule=found.schedule,
            period=found.period,
            day=day,
            site=LevelFacts(
                self.in_service_on,
                self.removed_on,
                self.agreed_levels(),
                self.levels_from_days(),
                self.count_values() if found.schedule.counted else (),
            ),
            known_on=found.known_on,
        )

    def count_values(self) -> tuple[Count, ...]:
        """The component counts as pure values, by date. The row must come from `with_counts()`."""
        return tuple(row.as_count() for row in self.count_list)


class ComponentCount(models.Model):
    """The quantity of one component at one site on one date. A count that is not there is not zero."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="counts")
    component_code = models.CharField("component", max_length=40)
    counted_on = models.DateField()
    quantity = models.PositiveIntegerField()
    source = PlainCharField(max_length=200, blank=True, help_text="Where the figure comes from, such as a file name.")
    recorded_by = by_person(editable=False)
    recorded_on = models.DateField(editable=False)

    class Meta:
        ordering = ["site", "counted_on", "component_code"]
        indexes = [
            models.Index(fields=["-counted_on", "-id"], name="counts_latest_first"),
            models.Index(fields=["component_code", "site"], condition=Q(quantity=0), name="counts_of_none"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "component_code", "counted_on"],
                name="count_once_per_day",
                violation_error_message="This component is already counted at the site on this date.",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="count_not_negative"),
        ]

    def __str__(self):
        return f"{self.component_code} {self.quantity} on {self.counted_on}"

    def as_count(self) -> Count:
        return Count(self.component_code, self.counted_on, self.quantity)


class RenewalReviewQuerySet(models.QuerySet):
    def with_agreement(self):
        return self.select_related("agreement__customer", "agreement__supplier").order_by(
            "-due_on", "agreement__number"
        )


class RenewalReview(FrozenModel):
    """The meeting paper of one annual period. It is sealed once both parties' agreement is recorded.

    A period whose term check was agreed has a price review beside it when the term is extended afterwards.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    period_number = models.PositiveSmallIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value.replace("-", " ")) for kind in ReviewKind])
    due_on = models.DateField()
    opened_on = models.DateField()
    opened_by = by_person()
    cut_off_on = models.DateField("data cut-off", help_text="Counts made through this day are in the paper.")
    meeting_on = models.DateField("meeting date", null=True, blank=True)
    customer_signer = PlainCharField("agreed for the customer by", max_length=100, blank=True)
    customer_agreed_on = models.DateField(null=True, blank=True)
    supplier_signer = PlainCharField("agreed for the supplier by", max_length=100, blank=True)
    supplier_agreed_on = models.DateField(null=True, blank=True)
    agreed_on = models.DateField("agreed on", null=True, blank=True, help_text="The later of the two dates.")
    recorded_by = by_person(editable=False)
    evidence = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Terms, readings and planned sites as the paper shows them."
    )
    is_demonstration = models.BooleanField("demonstration data", default=False)

    objects = RenewalReviewQuerySet.as_manager()
    seal = Seal("agreed_on", correction="What was agreed later is recorded by an amendment.")

    class Meta:
        ordering = ["-due_on", "agreement"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "period_number", "kind"],
                name="review_once_per_period_and_kind",
                violation_error_message="The annual period already has a review of this kind.",
            ),
            models.CheckConstraint(
                condition=Q(agreed_on=None)
                | (
                    Q(customer_agreed_on__lte=F("agreed_on"), supplier_agreed_on__lte=F("agreed_on"))
                    & ~Q(customer_signer="")
                    & ~Q(supplier_signer="")
                ),
                name="review_agreed_by_both",
                violation_error_message="A review is agreed once both parties' names and dates are recorded.",
            ),
        ]
        permissions = [
            ("open_review", "Can open and refresh a renewal review"),
            ("agree_review", "Can record both parties' agreement to a renewal review"),
            ("view_internal_review", "Can see the internal edition of a renewal review"),
        ]

    def __str__(self):
        return f"Review of annual period {self.period_number}, {self.agreement}"


class ReviewLine(FrozenModel):
    """One site in a renewal review: the evidence as it stood at the cut-off, the proposal and what was agreed."""

    review = models.ForeignKey(RenewalReview, on_delete=models.CASCADE, related_name="lines")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="review_lines")
    current_level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True)
    current_price = MoneyField(of="review.agreement", null=True)
    measured_level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True)
    eligible = models.BooleanField(null=True)
    proposed_level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True)
    proposed_price = MoneyField(of="review.agreement", null=True)
    needs_decision = models.BooleanField(default=False)
    foregone = MoneyField(of="review.agreement", default=0)
    evidence = models.JSONField(help_text="Counts then and now, what changed, level per component, flags and readings.")
    agreed_level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    agreed_price = MoneyField(of="review.agreement", null=True, blank=True)
    decision_reason = PlainCharField(max_length=200, blank=True)

    seal = Seal("agreed_on", via=("review",), correction="What was agreed later is recorded by an amendment.")

    class Meta:
        ordering = ["review", "site__city", "site__state"]
        constraints = [models.UniqueConstraint(fields=["review", "site"], name="review_line_once_per_site")]

    def __str__(self):
        return f"{self.site} in the {self.review}"


class ChargedLevel(FrozenModel):
    """A level recorded for a site and annual period: agreed at a review, or the level at which a later site starts.

    What was agreed at a review is sealed with it; a starting level can be corrected.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="charged_levels")
    period_number = models.PositiveSmallIntegerField("annual period")
    level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="+")
    agreed_on = models.DateField(help_text="The day on which the parties agreed it, or a person decided it.")
    is_starting = models.BooleanField("starting level", default=False)
    review_line = models.OneToOneField(
        ReviewLine, on_delete=models.PROTECT, related_name="charged_level", null=True, blank=True, editable=False
    )
    reason = PlainCharField(max_length=200, blank=True)

    seal = Seal(
        "agreed_on",
        via=("review_line", "review"),
        correction="What was agreed later is recorded by an amendment.",
    )

    class Meta:
        ordering = ["site", "period_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "period_number"],
                name="charged_level_once_per_period",
                violation_error_message="The site already has a level for this annual period.",
            )
        ]

    def __str__(self):
        return f"{self.site}: {self.level} in annual period {self.period_number}"

    def as_agreed(self) -> AgreedLevel:
        """Make the pure value. The level must be loaded."""
        return AgreedLevel(self.period_number, self.level.code, self.agreed_on, self.is_starting)
