"""Price schedules: the service levels, limits and prices of one appendix, and the rules printed beside the table."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from contracts import schedule as pricing
from contracts.fields import HoursField, MoneyField, PlainCharField
from contracts.sealing.frozen import FrozenModel, FrozenQuerySet
from contracts.sealing.guards import Closing, Seal

NEXT_AMENDMENT = "Enter the next amendment instead."
SIGNATURES = ("customer_signed_on", "supplier_signed_on")
CODE = RegexValidator(r"^[A-Z0-9][A-Z0-9_]*\Z", "Use capital letters, digits and underscores, such as VERY_SMALL.")


class PriceScheduleQuerySet(FrozenQuerySet):
    def with_table(self, *, priced: bool = True):
        """Bring along what `as_schedule()` reads; unless `priced`, without levels and services."""
        limits = ComponentLimit.objects.select_related("component").order_by("component__rank")
        levels, included, hours = (
            model.objects.all() if priced else model.objects.none()
            for model in (ServiceLevel, IncludedService, HourService)
        )
        return (
            self.order_by("pk")
            .select_related("agreement")
            .prefetch_related(
                models.Prefetch("components", Component.objects.order_by("rank"), to_attr="component_list"),
                models.Prefetch(
                    "levels",
                    levels.order_by("rank").prefetch_related(models.Prefetch("limits", limits, to_attr="limit_list")),
                    to_attr="level_list",
                ),
                models.Prefetch("included_services", included.order_by("pk"), to_attr="included_list"),
                models.Prefetch("hour_services", hours.order_by("pk"), to_attr="hour_service_list"),
            )
        )


class PriceSchedule(FrozenModel):
    """One appendix of prices: of an amendment, or of the agreement itself."""

    agreement = models.ForeignKey("contracts.Agreement", on_delete=models.PROTECT, related_name="schedules")
    amendment = models.ForeignKey(
        "contracts.Amendment",
        on_delete=models.PROTECT,
        related_name="schedules",
        null=True,
        blank=True,
        help_text="Empty: the schedule is part of the agreement itself.",
    )
    clause = PlainCharField(max_length=100, help_text="How the source calls it, such as Appendix A.")
    integration_clause = PlainCharField(max_length=100, blank=True)
    hours_clause = PlainCharField(max_length=100, blank=True)
    block_hours = models.PositiveIntegerField("hours in a block", null=True, blank=True)
    block_price = MoneyField("price of a block", of="agreement", null=True, blank=True)
    hourly_price = MoneyField(of="agreement", null=True, blank=True)
    minimum_hours = HoursField("minimum hours of an hourly charge", null=True, blank=True)
    hourly_opens_after_blocks = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Completed blocks after which hours can be bought by the hour."
    )
    hourly_opens_in_month = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Month of the annual period from which hours can be bought by the hour."
    )
    review_lead_days = models.PositiveSmallIntegerField(
        "days from review to period end", null=True, blank=True, help_text="Empty: the schedule has no renewal review."
    )
    minimum_changed = models.PositiveSmallIntegerField(
        "components that must change", default=1, validators=[MinValueValidator(1)]
    )
    review_clause = PlainCharField(max_length=100, blank=True)
    opening_level_code = models.CharField(
        "level of the first annual period",
        max_length=40,
        blank=True,
        validators=[CODE],
        help_text="Code of the level at which every site is charged in the first annual period. Empty: no such rule.",
    )
    starting_level_code = models.CharField(
        "starting level of later sites", max_length=40, blank=True, validators=[CODE], help_text="Code of a level."
    )
    opening_clause = PlainCharField(max_length=100, blank=True)
    follows_counts = models.BooleanField(
        "levels follow the counts",
        default=False,
        help_text="A billing period is charged at the level measured on the day it falls due; no review holds a level.",
    )
    follows_counts_clause = PlainCharField(max_length=100, blank=True)
    executed_on = models.DateField(null=True, blank=True, editable=False)

    objects = PriceScheduleQuerySet.as_manager()
    seal = Seal("executed_on", joins="amendment", correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("amendment",), leaves=("executed_on",))

    class Meta:
        ordering = ["agreement", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["amendment"],
                name="schedule_one_per_amendment",
                violation_error_message="The amendment already has a price schedule.",
            ),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(amendment=None),
                name="schedule_one_original",
                violation_error_message="The agreement already has a price schedule of its own.",
            ),
            models.CheckConstraint(
                condition=Q(hourly_opens_in_month=None) | Q(hourly_opens_in_month__range=(1, 12)),
                name="schedule_month_of_period",
                violation_error_message="An annual period has the months 1 to 12.",
            ),
        ]

    def __str__(self):
        return f"{self.clause} of {self.amendment or self.agreement}"

    def clean(self):
        """Refuse a schedule of one agreement on another agreement's amendment."""
        if self.amendment_id and self.agreement_id and self.amendment.agreement_id != self.agreement_id:
            raise ValidationError({"amendment": f"{self.amendment} belongs to another agreement."})

    def as_schedule(self) -> pricing.Schedule:
        """Make the pure value of the schedule. The row must come from `with_table()`."""
        lead = self.review_lead_days
        return pricing.Schedule(
            components=tuple(component.as_component() for component in self.component_list),
            levels=tuple(level.as_level() for level in self.level_list),
            review=pricing.ReviewRule(lead, self.minimum_changed, self.review_clause) if lead is not None else None,
            opening=pricing.OpeningRule(
                self.opening_level_code or None, self.starting_level_code or None, self.opening_clause
            ),
            counted=pricing.CountedRule(self.follows_counts_clause) if self.follows_counts else None,
            hours=pricing.HourPrices(
                self.block_hours,
                self.block_price,
                self.hourly_price,
                self.minimum_hours,
                self.hourly_opens_after_blocks,
                self.hourly_opens_in_month,
            ),
            included=tuple(pricing.IncludedService(row.name, row.clause) for row in self.included_list),
            hour_services=tuple(row.name for row in self.hour_service_list),
            prices_clause=self.clause,
            integration_clause=self.integration_clause,
            hours_clause=self.hours_clause,
        )


class Component(FrozenModel):
    """One counted column of a price schedule."""

    schedule = models.ForeignKey(PriceSchedule, on_delete=models.PROTECT, related_name="components")
    code = models.CharField(max_length=40, validators=[CODE], help_text="Column name in files, such as GE.")
    name = PlainCharField(max_length=100)
    rank = models.PositiveSmallIntegerField(help_text="Its column in the table, from 1.")
    defines_site = models.BooleanField(
        "is the switch", default=False, help_text="A place with none of it is no site, and nothing is charged there."
    )

    seal = Seal("executed_on", via=("schedule",), correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("schedule", "amendment"))

    class Meta:
        ordering = ["schedule", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "code"], name="component_code_once"),
            models.UniqueConstraint(fields=["schedule", "rank"], name="component_rank_once"),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(defines_site=True),
                name="component_one_switch",
                violation_error_message="Another component of the schedule is the switch already.",
            ),
        ]

    def __str__(self):
        return self.name

    def as_component(self) -> pricing.Component:
        return pricing.Component(self.code, self.name, self.defines_site)


class ServiceLevel(FrozenModel):
    """One row of a price schedule."""

    schedule = models.ForeignKey(PriceSchedule, on_delete=models.PROTECT, related_name="levels")
    code = models.CharField(max_length=40, validators=[CODE])
    name = PlainCharField(max_length=100)
    rank = models.PositiveSmallIntegerField(help_text="From 1, the lowest level first.")
    annual_price = MoneyField(of="schedule.agreement", validators=[MinValueValidator(0)])
    integration_price = MoneyField(
        "system integration price",
        of="schedule.agreement",
        null=True,
        blank=True,
        help_text="Empty: the schedule states no price for this level.",
    )

    seal = Seal("executed_on", via=("schedule",), correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("schedule", "amendment"))

    class Meta:
        ordering = ["schedule", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "code"], name="level_code_once"),
            models.UniqueConstraint(fields=["schedule", "rank"], name="level_rank_once"),
            models.CheckConstraint(condition=Q(annual_price__gte=0), name="level_price_not_negative"),
        ]

    def __str__(self):
        return self.name

    def as_level(self) -> pricing.Level:
        """Make the pure value. The row must come from `PriceSchedule.objects.with_table()`."""
        limits = {row.component.code: row.as_limit() for row in self.limit_list}
        return pricing.Level(self.code, self.name, self.rank, self.annual_price, limits, self.integration_price)


class ComponentLimit(FrozenModel):
    """One cell of the table: how many of a component a level holds."""

    level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="limits")
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="limits")
    kind = models.CharField(
        max_length=12, choices=[(kind.value, kind.value.replace("-", " ")) for kind in pricing.LimitKind]
    )
    lower = models.PositiveIntegerField(null=True, blank=True)
    upper = models.PositiveIntegerField(null=True, blank=True)
    printed = PlainCharField(
        max_length=100, blank=True, help_text="The source's own text, where a misprint was corrected."
    )

    seal = Seal("executed_on", via=("level", "schedule"), correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("level", "schedule", "amendment"))

    class Meta:
        ordering = ["level", "component"]
        constraints = [
            models.UniqueConstraint(fields=["level", "component"], name="limit_once"),
            models.CheckConstraint(
                condition=Q(kind="range", lower__isnull=False, upper__gte=F("lower"))
                | Q(kind__in=["cap", "number"], lower=None, upper__isnull=False)
                | Q(kind="open", lower__isnull=False, upper=None)
                | Q(kind="not-stated", lower=None, upper=None),
                name="limit_figures_fit_kind",
                violation_error_message="A range needs two rising figures, a blank cell none, any other one.",
            ),
        ]

    def __str__(self):
        return f"{self.component}: {self.as_limit()}"

    def as_limit(self) -> pricing.Limit:
        return pricing.Limit(pricing.LimitKind(self.kind), self.lower, self.upper, self.printed)


class IncludedService(FrozenModel):
    """A service that the annual price includes; it can never be charged."""

    schedule = models.ForeignKey(PriceSchedule, on_delete=models.PROTECT, related_name="included_services")
    name = PlainCharField(max_length=100)
    clause = PlainCharField(max_length=100, blank=True)

    seal = Seal("executed_on", via=("schedule",), correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("schedule", "amendment"))

    class Meta:
        ordering = ["schedule", "pk"]
        constraints = [models.UniqueConstraint(fields=["schedule", "name"], name="included_service_once")]

    def __str__(self):
        return self.name


class HourService(FrozenModel):
    """A service that is charged by hours: prepaid in blocks, or by the hour."""

    schedule = models.ForeignKey(PriceSchedule, on_delete=models.PROTECT, related_name="hour_services")
    name = PlainCharField(max_length=100)

    seal = Seal("executed_on", via=("schedule",), correction=NEXT_AMENDMENT)
    closing = Closing(SIGNATURES, via=("schedule", "amendment"))

    class Meta:
        ordering = ["schedule", "pk"]
        constraints = [models.UniqueConstraint(fields=["schedule", "name"], name="hour_service_once")]

    def __str__(self):
        return self.name
