"""Admin pages of sites and of what happened at them."""

from functools import partial

from django.contrib import admin
from django.utils.text import smart_split

from contracts.admin import EventLink, ReadOnlyAdmin, ReadOnlyInline, RecordAdmin, amount, named
from contracts.admin.filters import NamedFilter, OfAgreement
from contracts.clock import business_date
from contracts.models import Component
from sites.admin.forms import COUNT, CountForm, save_count
from sites.models import (
    ChargedLevel,
    ComponentCount,
    CountChange,
    LevelDecision,
    RenewalReview,
    ReviewLine,
    ServiceChange,
    Site,
    StartingLevelChange,
)
from sites.refusals import CannotRecord
from sites.starting.queries import closed_on

MOST_DATES = 12
MOST_COUNTS = 400
RECORDED_BY = named("recorded_by", "recorded by")


class ChargedLevelInline(ReadOnlyInline):
    model = ChargedLevel
    fields = ("period_number", "level", "agreed_on", "is_starting", "reason")
    ordering = ("period_number",)
    classes = ()
    show_change_link = True
    verbose_name_plural = "Charged levels on record: starting levels, and those agreed at a review"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("level", "site")


def _of_agreement(site: Site) -> tuple:
    return (site.agreement_id,)


def _is_to_start(site: Site) -> bool:
    return not closed_on(site_key=site.pk, on=business_date())[1]


@admin.register(Site)
class SiteAdmin(RecordAdmin):
    list_display = ("__str__", "agreement", "clli", "in_service_on", "removed_on", "is_demonstration")
    list_select_related = ("agreement",)
    list_filter = (OfAgreement, "is_demonstration")
    search_fields = ("city", "state", "clli")
    autocomplete_fields = ("agreement",)
    date_hierarchy = "in_service_on"
    inlines = (ChargedLevelInline,)
    events = (
        EventLink(
            "Enter counts", "sites:counts", "sites.add_componentcount", address=lambda site: (site.agreement_id,)
        ),
        EventLink("Record the starting level", "sites:starting_level", "sites.add_chargedlevel", _is_to_start),
        EventLink("Correct the days in service", "sites:service_correct", "sites.change_site"),
        EventLink("End the service", "sites:service_end", "sites.end_service", lambda site: site.removed_on is None),
    )
    events_of_service = ("in_service_on", "removed_on", "charged_through", "charge_end_reason")
    facts = (
        (
            None,
            {
                "fields": ("agreement", ("city", "state"), ("clli", "population")),
                "description": "One site per agreement and city: the charge is per site, not per switch.",
            },
        ),
        (
            "Service",
            {
                "fields": ("in_service_on", "is_demonstration"),
                "description": "Sites that open after the first annual period start at their starting level, such as "
                "Appendix A, note 4.",
            },
        ),
    )
    ended = (
        "End of service",
        {
            "fields": (("removed_on", "charged_through"), "charge_end_reason"),
            "description": "Recorded by its button. The site stays charged to the annual period's end unless "
            "a person decided otherwise.",
        },
    )

    def get_fieldsets(self, request, obj=None):
        return self.facts if obj is None else (*self.facts, self.ended)

    def get_readonly_fields(self, request, obj=None):
        """The agreement stays; the days in service of a site on file are corrected, and end, by events."""
        return () if obj is None else ("agreement", *self.events_of_service)

    def page_context(self, request, obj):
        if not request.user.has_perm("sites.view_componentcount"):
            return {}
        rows = list(obj.counts.order_by("-counted_on", "component_code")[:MOST_COUNTS])
        days = list(dict.fromkeys(row.counted_on for row in rows))[:MOST_DATES]
        codes = sorted({row.component_code for row in rows})
        stored = {(row.counted_on, row.component_code): row for row in rows}
        return {
            "count_codes": codes,
            "recent_counts": [(day, [stored.get((day, code)) for code in codes]) for day in days],
        }


class FoundBySite:
    """Records of sites: a word means the sites that have it, and only where none has, what stands in the record.

    Sites are few and their records are many: reading every record with its site takes seconds.
    """

    search_help_text = "City, state or CLLI code of a site; else what stands in the record."

    def get_search_results(self, request, queryset, search_term):
        """Return the records in which every word is found."""
        find_sites = partial(self.admin_site.get_model_admin(Site).get_search_results, request, Site.objects.order_by())
        parts = list(smart_split(search_term))
        for words in [search_term] if parts and find_sites(search_term)[0].exists() else parts:
            sites, _ = find_sites(words)
            if sites.exists():
                queryset = queryset.filter(site__in=sites.values("pk"))
            else:
                records, _ = super().get_search_results(request, self.model.objects.order_by(), words)
                queryset = queryset.filter(pk__in=records.values("pk"))
        return queryset, False


class ComponentFilter(NamedFilter):
    title, parameter_name = "component", "component_code"

    def names(self):
        return Component.objects.values_list("code", flat=True)


@admin.register(ComponentCount)
class ComponentCountAdmin(FoundBySite, RecordAdmin):
    noun, nouns = "count", "counts"
    form = CountForm
    list_display = ("site", "agreement", "component_code", "counted_on", "quantity", "source")
    ordering = ("-counted_on", "-pk")
    list_display_links = ("component_code",)
    list_select_related = ("site__agreement",)
    list_filter = (OfAgreement.through("site__agreement"), ComponentFilter)
    search_fields = ("component_code", "source")
    autocomplete_fields = ("site",)
    date_hierarchy = "counted_on"
    refusals = (CannotRecord,)

    @admin.display(ordering="site__agreement__number")
    def agreement(self, count: ComponentCount):
        return count.site.agreement

    def get_fields(self, request, obj=None):
        return (*COUNT[:-1], "unchanged", COUNT[-1]) if obj is None else (*COUNT, RECORDED_BY, "recorded_on")

    def has_change_permission(self, request, obj=None):
        """A figure is corrected and withdrawn on its history page, which shows the documents that depend on it."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """What was recorded stays in the history."""
        return False

    def save_model(self, request, obj, form, change):
        """Record the count by the same function as every other count."""
        save_count(user=request.user, **{name: getattr(obj, name) for name in COUNT})
        stored = ComponentCount.objects.get(site=obj.site, counted_on=obj.counted_on, component_code=obj.component_code)
        obj.pk, obj._state = stored.pk, stored._state


@admin.register(CountChange)
class CountChangeAdmin(FoundBySite, ReadOnlyAdmin):
    noun, nouns = "change of a count", "changes of counts"
    list_display = (
        *("recorded_on", "site", "component_code", "counted_on"),
        *("before", "after", "recorded_by", "reason"),
    )
    list_select_related = ("site", "recorded_by")
    list_filter = (OfAgreement.through("site__agreement"), ComponentFilter)
    ordering = ("-pk",)
    search_fields = ("component_code", "source", "reason", "file__name", "recorded_by__username")
    date_hierarchy = "recorded_on"
    fieldsets = (
        (None, {"fields": ("site", ("component_code", "counted_on"), ("before", "after"), "reason")}),
        ("From", {"fields": ("source", "file")}),
        ("Recorded", {"fields": (("recorded_on", "recorded_at"), "recorded_by")}),
    )


@admin.register(ChargedLevel)
class ChargedLevelAdmin(ReadOnlyAdmin):
    """Levels on record; a starting level is changed and withdrawn by events."""

    list_display = ("site", "agreement", "period_number", "level", "agreed_on", "is_starting")
    list_select_related = ("site__agreement", "level")
    list_filter = (OfAgreement.through("site__agreement"), "period_number", "is_starting")
    search_fields = ("site__city", "site__state", "site__clli", "level__name")
    fields = ("site", "period_number", "level", "agreed_on", "is_starting", "reason")
    events = (
        EventLink(
            "Change the starting level",
            "sites:starting_level_change",
            "sites.change_chargedlevel",
            lambda level: level.is_starting,
            lambda level: (level.site_id,),
        ),
        EventLink(
            "Withdraw the starting level",
            "sites:starting_level_withdraw",
            "sites.change_chargedlevel",
            lambda level: level.is_starting,
            lambda level: (level.site_id,),
            removes=True,
        ),
    )

    @admin.display(ordering="site__agreement__number")
    def agreement(self, charged: ChargedLevel):
        return charged.site.agreement


@admin.register(LevelDecision)
class LevelDecisionAdmin(ReadOnlyAdmin):
    """Levels that hold from a day; another one from the same day takes the place of one that was wrong."""

    list_display = ("site", "effective_on", "through", "level", "cause", "document", "agreed_on", "recorded_on")
    list_select_related = ("site", "level")
    list_filter = (OfAgreement.through("site__agreement"), "cause")
    ordering = ("-pk",)
    search_fields = ("site__city", "site__state", "site__clli", "document", "reason")


class SiteChangeAdmin(ReadOnlyAdmin):
    """The history of a fact of a site: who changed what, when and why."""

    list_filter = (OfAgreement.through("site__agreement"),)
    ordering = ("-pk",)
    search_fields = ("site__city", "site__state", "site__clli", "reason", "recorded_by__username")
    date_hierarchy = "recorded_on"


@admin.register(ServiceChange)
class ServiceChangeAdmin(SiteChangeAdmin):
    noun, nouns = "change of service", "changes of days in service"
    list_display = ("recorded_on", "site", "day", "before", "after", "recorded_by", "reason")
    list_select_related = ("site", "recorded_by")


@admin.register(StartingLevelChange)
class StartingLevelChangeAdmin(SiteChangeAdmin):
    noun, nouns = "change of a starting level", "changes of starting levels"
    list_display = ("recorded_on", "site", "period_number", "before", "after", "recorded_by", "reason")
    list_select_related = ("site", "recorded_by", "before", "after")


class ReviewLineInline(ReadOnlyInline):
    model = ReviewLine
    fields = (
        "site",
        "current_level",
        "current_price",
        "measured_level",
        "eligible",
        "proposed_level",
        "proposed_price",
        "foregone",
        "needs_decision",
        "agreed_level",
        "agreed_price",
        "decision_reason",
    )
    ordering = ("site__city", "site__state", "pk")
    verbose_name_plural = "Sites"

    def get_fields(self, request, obj=None):
        """Leave the foregone amount out for those who do not see the internal edition."""
        fields = super().get_fields(request, obj)
        if request.user.has_perm("sites.view_internal_review"):
            return fields
        return [name for name in fields if name is not amount("foregone", "foregone")]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related(
                "site", "review__agreement", "current_level", "measured_level", "proposed_level", "agreed_level"
            )
        )


@admin.register(RenewalReview)
class RenewalReviewAdmin(ReadOnlyAdmin):
    """Renewal reviews; opened and agreed on their own page."""

    noun, nouns = "review", "renewal reviews"
    list_display = ("agreement", "period_number", "kind", "due_on", "opened_on", "agreed_on")
    list_display_links = ("period_number",)
    list_select_related = ("agreement",)
    list_filter = (OfAgreement, "kind", "is_demonstration")
    search_fields = ("agreement__number", "agreement__customer__legal_name")
    date_hierarchy = "due_on"
    inlines = (ReviewLineInline,)
    sealed_by = "Agreed"
    fieldsets = (
        (None, {"fields": ("agreement", ("period_number", "first_day", "last_day"), "kind")}),
        ("Dates", {"fields": (("due_on", "cut_off_on", "meeting_on"), ("opened_on", "opened_by"))}),
        (
            "Agreement of both parties",
            {
                "fields": (
                    ("customer_signer", "customer_agreed_on"),
                    ("supplier_signer", "supplier_agreed_on"),
                    ("agreed_on", "is_demonstration"),
                ),
                "description": "Recorded on the page of the review.",
            },
        ),
    )
