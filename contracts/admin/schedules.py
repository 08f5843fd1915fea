"""Admin pages of price schedules: levels, limits, components and included services."""

from django import forms
from django.contrib import admin

from contracts.admin.agreements import ExecutedFilter
from contracts.admin.base import ReadOnlyAdmin, RecordAdmin, RecordInline, amount
from contracts.admin.discarding import DiscardLevel, DiscardSchedule
from contracts.admin.forms import LimitForm, LimitFormSet, PriceScheduleForm
from contracts.amendments.amending import CannotAmend
from contracts.models import Component, ComponentLimit, IncludedService, PriceSchedule, ServiceLevel
from contracts.schedule import Weight, findings


class ComponentInline(RecordInline):
    """The counted columns of the table."""

    model = Component
    fields = ("rank", "code", "name", "defines_site")
    ordering = ("rank",)
    verbose_name_plural = "Components: the columns of the table"


class ServiceLevelInline(RecordInline):
    """The rows of the table; their limits are entered on the page of each level."""

    model = ServiceLevel
    fields = ("rank", "code", "name", "annual_price", "integration_price")
    ordering = ("rank",)
    show_change_link = True
    can_delete = False
    classes = ()
    verbose_name_plural = "Service levels: the rows of the table; the limits stand on the page of each row"


class IncludedServiceInline(RecordInline):
    """Services that the annual price includes."""

    model = IncludedService
    fields = ("name", "clause")
    verbose_name_plural = "Included services: never charged"


@admin.register(PriceSchedule)
class PriceScheduleAdmin(RecordAdmin):
    """One appendix of prices."""

    form = PriceScheduleForm
    list_display = ("__str__", "agreement", "executed_on")
    list_select_related = ("agreement", "amendment")
    list_filter = (ExecutedFilter, ("agreement", admin.RelatedOnlyFieldListFilter))
    search_fields = ("clause", "agreement__number", "amendment__contract_number")
    autocomplete_fields = ("agreement", "amendment")
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
                "description": "Its price stands with each level for which the source states one.",
            },
        ),
    )
    inlines = (ComponentInline, ServiceLevelInline, IncludedServiceInline)
    events = (DiscardSchedule,)
    refusals = (CannotAmend,)

    def get_readonly_fields(self, request, obj=None):
        names = super().get_readonly_fields(request, obj)
        return names if obj is None else [*names, "agreement", "amendment"]

    def page_context(self, request, obj):
        row = PriceSchedule.objects.with_table().get(pk=obj.pk)
        schedule = row.as_schedule()
        cells = [[level.limit(component.code) for component in schedule.components] for level in schedule.levels]
        return {
            "components": schedule.components,
            "grid": list(zip(row.level_list, schedule.levels, cells, strict=True)),
            "findings": findings(schedule),
            "errors_found": any(finding.weight is Weight.ERROR for finding in findings(schedule)),
            "may_change": self.has_change_permission(request, obj),
        }


class ComponentLimitInline(RecordInline):
    """The cells of one row of the table."""

    model = ComponentLimit
    form = LimitForm
    formset = LimitFormSet
    fields = ("component", "stated", "printed")
    ordering = ("component__rank",)
    verbose_name_plural = "Limits: one cell per component"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("component")

    @admin.display(description="limit")
    def stated(self, limit: ComponentLimit) -> str:
        """The cell as it reads."""
        return str(limit.as_limit())

    def missing(self, level: ServiceLevel) -> list[Component]:
        """Return the components for which the level has no cell yet."""
        return list(level.schedule.components.exclude(limits__level=level).order_by("rank"))

    def get_extra(self, request, obj=None, **kwargs):
        return len(self.missing(obj)) if obj else 0

    def get_max_num(self, request, obj=None, **kwargs):
        return obj.schedule.components.count() if obj else 0

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if "component" in formset.form.base_fields:
            field: forms.ModelChoiceField = formset.form.base_fields["component"]
            field.queryset = obj.schedule.components.order_by("rank")
        return formset


@admin.register(ServiceLevel)
class ServiceLevelAdmin(RecordAdmin):
    """One row of a price schedule; added on the page of the schedule."""

    list_display = (
        "name",
        "schedule",
        "agreement",
        "rank",
        amount("annual_price", "annual price"),
        amount("integration_price", "system integration price"),
    )
    list_select_related = ("schedule__agreement", "schedule__amendment")
    list_filter = (("schedule__agreement", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "code", "schedule__agreement__number", "schedule__amendment__contract_number")
    fields = ("schedule", ("rank", "code", "name"), ("annual_price", "integration_price"))
    readonly_fields = ("schedule",)
    inlines = (ComponentLimitInline,)
    events = (DiscardLevel,)
    refusals = (CannotAmend,)

    def has_add_permission(self, request):
        return False

    @admin.display(ordering="schedule__agreement__number")
    def agreement(self, level: ServiceLevel):
        """The agreement of its schedule."""
        return level.schedule.agreement

    def get_formset_kwargs(self, request, obj, inline, prefix):
        """Start a row for each component without a cell; a row left as it is stays not stated."""
        values = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, ComponentLimitInline) and inline.has_add_permission(request, obj):
            values["initial"] = [{"component": component.pk} for component in inline.missing(obj)]
        return values


@admin.register(ComponentLimit)
class ComponentLimitAdmin(ReadOnlyAdmin):
    """Cells of all tables; entered on the page of their level."""

    list_display = ("component", "level", "schedule", "limit", "printed")
    list_select_related = ("component", "level__schedule__agreement", "level__schedule__amendment")
    list_filter = (("level__schedule__agreement", admin.RelatedOnlyFieldListFilter), "kind")
    search_fields = ("component__name", "component__code", "level__name", "level__schedule__agreement__number")
    fields = ("level", "component", "limit", "printed")
    readonly_fields = ("limit",)

    @admin.display(ordering="level__schedule")
    def schedule(self, row: ComponentLimit):
        """The schedule of its level."""
        return row.level.schedule

    @admin.display(description="limit", ordering="upper")
    def limit(self, row: ComponentLimit) -> str:
        """The cell as it reads."""
        return str(row.as_limit())
