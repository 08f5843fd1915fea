"""Admin pages of price schedules: the table is looked at here, and entered in the form of its document."""

from django.contrib import admin

from contracts.admin.agreements import ExecutedFilter
from contracts.admin.base import EventLink, ReadOnlyAdmin, ReadOnlyInline, amount
from contracts.admin.filters import OfAgreement
from contracts.models import ComponentLimit, HourService, IncludedService, PriceSchedule, ServiceLevel
from contracts.schedule import findings

CHANGE, DISCARD = "contracts.change_priceschedule", "contracts.delete_priceschedule"


class IncludedServiceInline(ReadOnlyInline):
    model = IncludedService
    fields = ("name", "clause")
    verbose_name_plural = "Included services: never charged"


class HourServiceInline(ReadOnlyInline):
    model = HourService
    fields = ("name",)
    verbose_name_plural = "Services charged by hours"


def _of_amendment(schedule: PriceSchedule) -> tuple:
    return schedule.agreement_id, schedule.amendment.number


def _of_agreement(schedule: PriceSchedule) -> tuple:
    return (schedule.agreement_id,)


def _amendment_is_open(schedule: PriceSchedule) -> bool:
    return schedule.amendment_id is not None and not schedule.is_sealed and not schedule.is_closed


def _agreement_is_open(schedule: PriceSchedule) -> bool:
    return schedule.amendment_id is None and not schedule.is_sealed


def _links(title: str, page: str, permission: str, *, removes: bool = False) -> tuple[EventLink, EventLink]:
    """Return the button for the table of an amendment, and the one for that of an agreement itself."""
    return (
        EventLink(title, f"contracts:amendment_{page}", permission, _amendment_is_open, _of_amendment, removes),
        EventLink(title, f"contracts:agreement_{page}", permission, _agreement_is_open, _of_agreement, removes),
    )


@admin.register(PriceSchedule)
class PriceScheduleAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "agreement", "executed_on")
    list_select_related = ("agreement", "amendment")
    list_filter = (ExecutedFilter, OfAgreement)
    search_fields = ("clause", "agreement__number", "amendment__contract_number")
    fieldsets = (
        (
            None,
            {
                "fields": ("agreement", "amendment", "clause"),
                "description": "One appendix of prices, with the rules printed beside its table.",
            },
        ),
        (
            "Opening rule",
            {
                "fields": (("opening_level_code", "starting_level_code"), "opening_clause"),
                "description": "The level of the first annual period and of sites that open later, such as "
                "Appendix A, notes 3 and 4.",
            },
        ),
        (
            "Levels",
            {
                "fields": ("follows_counts", "follows_counts_clause"),
                "description": "Whether the level is that of the counts on the day a billing period falls due.",
            },
        ),
        (
            "Renewal review",
            {
                "fields": (("review_lead_days", "minimum_changed"), "review_clause"),
                "description": "When the review is due and what must have changed, such as Appendix A, note 3.",
            },
        ),
        (
            "Hours",
            {
                "fields": (
                    ("block_hours", "block_price"),
                    ("hourly_price", "minimum_hours"),
                    ("hourly_opens_after_blocks", "hourly_opens_in_month"),
                    "hours_clause",
                ),
                "description": "Prepaid blocks and hourly prices. Leave empty what the source does not state.",
            },
        ),
        (
            "System integration",
            {
                "fields": ("integration_clause",),
                "description": "Its price is given with each level for which the source states one.",
            },
        ),
    )
    inlines = (IncludedServiceInline, HourServiceInline)
    events = (
        *_links("Change the price table", "schedule", CHANGE),
        *_links("Take the price table off", "discard_schedule", DISCARD, removes=True),
    )

    def page_context(self, request, obj):
        row = PriceSchedule.objects.with_table().get(pk=obj.pk)
        schedule = row.as_schedule()
        cells = [[level.limit(component.code) for component in schedule.components] for level in schedule.levels]
        return {
            "components": schedule.components,
            "grid": list(zip(row.level_list, schedule.levels, cells, strict=True)),
            "findings": findings(schedule),
        }


class ComponentLimitInline(ReadOnlyInline):
    model = ComponentLimit
    fields = ("component", "stated", "printed")
    readonly_fields = ("stated",)
    ordering = ("component__rank",)
    verbose_name_plural = "Limits: one cell per component"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("component", "level__schedule")

    @admin.display(description="limit")
    def stated(self, limit: ComponentLimit) -> str:
        return str(limit.as_limit())


@admin.register(ServiceLevel)
class ServiceLevelAdmin(ReadOnlyAdmin):
    """One row of a price schedule."""

    list_display = (
        "name",
        "schedule",
        "agreement",
        "rank",
        amount("annual_price", "annual price"),
        amount("integration_price", "system integration price"),
    )
    list_select_related = ("schedule__agreement", "schedule__amendment")
    list_filter = (OfAgreement.through("schedule__agreement"),)
    search_fields = ("name", "code", "schedule__agreement__number", "schedule__amendment__contract_number")
    fields = ("schedule", ("rank", "code", "name"), ("annual_price", "integration_price"))
    inlines = (ComponentLimitInline,)

    @admin.display(ordering="schedule__agreement__number")
    def agreement(self, level: ServiceLevel):
        return level.schedule.agreement


@admin.register(ComponentLimit)
class ComponentLimitAdmin(ReadOnlyAdmin):
    """Cells of all tables."""

    list_display = ("component", "level", "schedule", "limit", "printed")
    list_select_related = ("component", "level__schedule__agreement", "level__schedule__amendment")
    list_filter = (OfAgreement.through("level__schedule__agreement"), "kind")
    search_fields = ("component__name", "component__code", "level__name", "level__schedule__agreement__number")
    fields = ("level", "component", "limit", "printed")
    readonly_fields = ("limit",)

    @admin.display(ordering="level__schedule")
    def schedule(self, row: ComponentLimit):
        return row.level.schedule

    @admin.display(description="limit", ordering="upper")
    def limit(self, row: ComponentLimit) -> str:
        return str(row.as_limit())
