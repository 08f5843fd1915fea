"""Admin pages of hours and of system integration: they are searched and looked at here, and written by their events."""

from django.contrib import admin

from contracts.admin import ReadOnlyAdmin, amount
from contracts.admin.filters import NamedFilter, OfAgreement
from contracts.models import HourService
from sites.models import BlockPurchase, ImportedFile, IntegrationOrder, Quotation, WorkEntry

SITE_SEARCH = ("site__city", "site__state", "site__clli", "site__agreement__number")
OF_AGREEMENT = OfAgreement.through("site__agreement")


class ServiceFilter(NamedFilter):
    title, parameter_name = "service", "service"

    def names(self):
        return HourService.objects.values_list("name", flat=True)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return (("standing", "Standing"), ("taken-back", "Reversed or cancelled"))

    def queryset(self, request, queryset):
        chosen = {"standing": {"reversed_on": None}, "taken-back": {"reversed_on__isnull": False}}
        return queryset.filter(**chosen.get(self.value(), {}))


class FactAdmin(ReadOnlyAdmin):
    """Facts that are recorded, reversed and billed by events."""

    sealed_by = "Billed"


@admin.register(BlockPurchase)
class BlockPurchaseAdmin(FactAdmin):
    list_display = ("bought_on", "agreement", "blocks", "reference", "billed_on", "reversed_on", "is_demonstration")
    list_select_related = ("agreement",)
    list_filter = (OfAgreement, StateFilter, "is_demonstration")
    search_fields = ("agreement__number", "reference", "reversal_reason")
    date_hierarchy = "bought_on"
    fieldsets = (
        (None, {"fields": ("agreement", ("bought_on", "blocks"), "reference", "is_demonstration")}),
        ("Recorded", {"fields": (("recorded_on", "recorded_by"), "billed_on")}),
        ("Reversed", {"fields": (("reversed_on", "reversed_by"), "reversal_reason")}),
    )


@admin.register(WorkEntry)
class WorkEntryAdmin(FactAdmin):
    list_display = (
        "worked_on",
        "site",
        "agreement",
        "service",
        amount("hours", "hours"),
        "person",
        "reference",
        "billed_on",
        "reversed_on",
    )
    list_select_related = ("site__agreement",)
    list_filter = (OF_AGREEMENT, ServiceFilter, StateFilter, "is_demonstration")
    search_fields = (*SITE_SEARCH, "person", "reference", "service", "reversal_reason")
    date_hierarchy = "worked_on"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("site", "worked_on"),
                    ("service", "hours"),
                    ("person", "reference"),
                    ("replaces", "is_demonstration"),
                )
            },
        ),
        ("Recorded", {"fields": (("recorded_on", "recorded_by"), "file", "billed_on")}),
        ("Reversed", {"fields": (("reversed_on", "reversed_by"), "reversal_reason")}),
    )

    @admin.display(ordering="site__agreement__number")
    def agreement(self, entry: WorkEntry):
        return entry.site.agreement


@admin.register(IntegrationOrder)
class IntegrationOrderAdmin(FactAdmin):
    list_display = (
        *("ordered_on", "site", "agreement", "reference", "completed_on"),
        *("quotation", "billed_on", "reversed_on", "is_demonstration"),
    )
    list_select_related = ("site__agreement", "quotation")
    list_filter = (OF_AGREEMENT, StateFilter, "is_demonstration")
    search_fields = (*SITE_SEARCH, "reference", "quotation__number", "duplicate_reason", "reversal_reason")
    date_hierarchy = "ordered_on"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("site", "ordered_on"),
                    ("reference", "quotation"),
                    ("duplicate_reason", "is_demonstration"),
                )
            },
        ),
        ("Cutover", {"fields": (("completed_on", "completed_by"), "billed_on")}),
        ("Recorded", {"fields": (("recorded_on", "recorded_by"),)}),
        ("Cancelled", {"fields": (("reversed_on", "reversed_by"), "reversal_reason")}),
    )

    @admin.display(ordering="site__agreement__number")
    def agreement(self, order: IntegrationOrder):
        return order.site.agreement


@admin.register(Quotation)
class QuotationAdmin(ReadOnlyAdmin):
    """Quotations of system integration; the signed document leaves through the site's page."""

    list_display = ("number", "site", "dated_on", amount("price", "price"), "executed_on")
    list_select_related = ("site__agreement",)
    list_filter = (OF_AGREEMENT,)
    search_fields = ("number", *SITE_SEARCH, "customer_signer", "supplier_signer")
    date_hierarchy = "executed_on"
    fieldsets = (
        (None, {"fields": (("site", "number"), ("dated_on", "price"))}),
        (
            "Signatures",
            {
                "fields": (
                    ("customer_signer", "customer_signed_on"),
                    ("supplier_signer", "supplier_signed_on"),
                    "executed_on",
                )
            },
        ),
        ("Recorded", {"fields": (("recorded_on", "recorded_by"),)}),
    )


@admin.register(ImportedFile)
class ImportedFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "rows", "imported_on", "imported_by")
    list_select_related = ("imported_by",)
    list_filter = ("kind",)
    search_fields = ("name", "sha256")
    date_hierarchy = "imported_on"
