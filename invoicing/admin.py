"""The admin inspects what is owed: nothing here is entered or changed, documents are written by their events."""

from django.contrib import admin
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, LPad

from contracts.admin import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin, amount
from contracts.admin.filters import OfAgreement
from invoicing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries


class InvoiceLineInline(ReadOnlyInline):
    model = InvoiceLine
    fields = (
        "position",
        "site",
        "kind",
        "period_number",
        "instalment",
        "first_day",
        "last_day",
        "level_name",
        "annual_price",
        "provisional",
        "amount",
    )
    ordering = ("position",)
    verbose_name_plural = "Lines"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("site", "invoice")


NUMBER = Concat("series__prefix", LPad(Cast("number", CharField()), 20, Value("0")))
"""By series and number, `INV-99999` before `INV-100000`; drafts come first."""


class IssuedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "issued"

    def lookups(self, request, model_admin):
        return (("yes", "Issued"), ("no", "Draft"))

    def queryset(self, request, queryset):
        return {"yes": queryset.issued, "no": queryset.drafts}.get(self.value(), queryset.all)()


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    nouns = "invoices and credit notes"
    list_display = (
        "document",
        "agreement",
        "customer",
        "first_day",
        amount("total", "total"),
        "issued_on",
        "is_demonstration",
    )
    list_select_related = ("agreement__customer",)
    list_filter = (IssuedFilter, "kind", OfAgreement, "is_demonstration")
    search_fields = ("number_text", "agreement__number", "agreement__customer__legal_name", "content_sha256")
    ordering = ("-first_day", "-number", "-pk")
    date_hierarchy = "first_day"
    inlines = (InvoiceLineInline,)
    sealed_by = "Issued"
    fieldsets = (
        (None, {"fields": (("number_text", "kind"), "agreement", ("first_day", "last_day", "through"), "total")}),
        ("Origin", {"fields": (("origin", "reason"), ("drafted_on", "drafted_by"), "is_demonstration")}),
        ("Issue", {"fields": (("issued_on", "issued_by"), "series", "content_sha256")}),
    )

    @admin.display(ordering=NUMBER)
    def document(self, invoice: Invoice):
        return str(invoice)

    @admin.display(ordering="agreement__customer__legal_name")
    def customer(self, invoice: Invoice):
        return invoice.agreement.customer

    def page_context(self, request, obj):
        return {
            "pdf": InvoicePdf.objects.filter(invoice=obj).first(),
            "corrects": list(obj.corrects.order_by("pk")),
            "corrected_by": list(obj.corrected_by.order_by("pk")),
        }


@admin.register(InvoicePdf)
class InvoicePdfAdmin(ReadOnlyAdmin):
    noun, nouns = "stored PDF", "stored PDFs"
    list_display = ("file_name", "invoice", "pages", "size", "made_at")
    list_select_related = ("invoice",)
    search_fields = ("file_name", "sha256", "invoice__number_text")
    sortable_by = ("pages", "size", "made_at")  # a file name is no number
    date_hierarchy = "made_at"


@admin.register(NumberSeries)
class NumberSeriesAdmin(RecordAdmin):
    """Number series: set up before the first number is taken, looked at afterwards."""

    list_display = ("code", "prefix", "digits", "last_number", "last_issued_on")
    search_fields = ("code", "prefix")
    readonly_fields = ("last_number", "last_issued_on")

    def has_change_permission(self, request, obj=None):
        """Refuse to change how numbers look once one was taken."""
        return not (obj and obj.last_number) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Refuse to delete a series that has given out numbers."""
        return not (obj and obj.last_number) and super().has_delete_permission(request, obj)
