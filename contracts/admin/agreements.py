"""Admin pages of parties, agreements and amendments."""

from pathlib import PurePath

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import path, reverse

from contracts.admin.base import EventLink, ReadOnlyAdmin, RecordAdmin, RecordInline
from contracts.admin.filters import OfAgreement
from contracts.admin.forms import AmendmentForm, PartyForm, party_like
from contracts.amendments import amending
from contracts.amendments.pages import SIDES
from contracts.clock import business_date
from contracts.comparison import amendment_changes
from contracts.models import Agreement, Amendment, ChosenReading, Party, PartyAlias
from contracts.pages.downloads import download
from contracts.terms import expiration_known, next_amendment_number


class PartyAliasInline(RecordInline):
    model = PartyAlias
    verbose_name = "alias"
    verbose_name_plural = "Aliases: other spellings found in documents"


@admin.register(Party)
class PartyAdmin(RecordAdmin):
    verb = "Add"
    list_display = ("legal_name", "division", "state_of_incorporation")
    search_fields = ("legal_name", "division", "aliases__name")
    inlines = (PartyAliasInline,)
    form = PartyForm

    def get_fields(self, request, obj=None):
        """Ask whether it is another party where one on file is spelled alike."""
        asks = request.method == "POST" and party_like(request.POST.get("legal_name", ""), but=obj and obj.pk)
        return (*PartyForm.Meta.fields, "another") if asks else PartyForm.Meta.fields


class ChosenReadingInline(RecordInline, admin.StackedInline):
    """How unclear clauses of an agreement are read."""

    template = "admin/edit_inline/stacked.html"
    model = ChosenReading
    fields = (("question", "clause"), "choice", ("chosen_by", "chosen_on"), "remark")
    verbose_name = "reading"
    verbose_name_plural = "Readings: how unclear or silent clauses are read"

    def get_fields(self, request, obj=None):
        """Readings of an executed agreement may apply from a later day: the page of readings chooses them."""
        names = super().get_fields(request, obj)
        return ("applies_from", *names) if self.sealed_with(obj) else names

    def get_queryset(self, request):
        return super().get_queryset(request).in_order()


class ExecutedFilter(admin.SimpleListFilter):
    title = "signatures"
    parameter_name = "executed"

    def lookups(self, request, model_admin):
        return (("yes", "Executed"), ("no", "Not executed"))

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(executed_on__isnull=self.value() == "no")


@admin.register(Agreement)
class AgreementAdmin(RecordAdmin):
    list_display = ("number", "customer", "supplier", "dated_on", "expiration", "executed_on")
    list_select_related = ("customer", "supplier")
    list_filter = (ExecutedFilter, "currency")
    search_fields = (
        "number",
        "customer_reference",
        "customer__legal_name",
        "customer__aliases__name",
        "supplier__legal_name",
        "supplier__aliases__name",
    )
    autocomplete_fields = ("supplier", "customer")
    readonly_fields = ("executed_on",)
    fieldsets = (
        (None, {"fields": (("number", "title"), ("dated_on", "executed_on"))}),
        (
            "Parties",
            {
                "fields": ("customer", "supplier", "customer_reference"),
                "description": "Named on the first page of the agreement.",
            },
        ),
        (
            "Term",
            {
                "fields": (("original_expires_on", "first_period_starts_on"),),
                "description": "From the agreement's clause on its term, before any amendment. The annual periods are "
                "those in which the price schedule charges.",
            },
        ),
        (
            "Payment",
            {
                "fields": (("currency", "net_days"),),
                "description": "From the agreement's clause on payment. Nothing is invented where it is silent.",
            },
        ),
        (
            "Drafts held for a look",
            {
                "fields": (("held_above_percent", "held_above_times"),),
                "description": "Bounds of our own, no terms of the agreement: a run leaves such drafts and lists them.",
            },
        ),
    )
    inlines = (ChosenReadingInline,)
    events = (
        EventLink(
            "Record that the agreement is signed",
            "contracts:agreement_execute",
            "contracts.execute_agreement",
            lambda agreement: not agreement.is_sealed,
        ),
        EventLink(
            "Enter or change its own price table",
            "contracts:agreement_schedule",
            "contracts.change_priceschedule",
            lambda agreement: not agreement.is_sealed,
        ),
    )
    refusals = (amending.CannotAmend,)

    def save_formset(self, request, form, formset, change):
        """Note who recorded a reading, or recorded it anew."""
        for inline in formset.forms if formset.model is ChosenReading else ():
            if inline.has_changed():
                inline.instance.recorded_by = request.user
        super().save_formset(request, form, formset, change)

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        match = request.resolver_match
        return queryset.with_terms() if match and match.url_name == "contracts_agreement_changelist" else queryset

    @admin.display(description="expiration")
    def expiration(self, agreement: Agreement):
        """The last day of the term as known today."""
        expires_on, _source = expiration_known(agreement=agreement.as_terms(), known_on=business_date())
        return expires_on

    def page_context(self, request, obj):
        if not request.user.has_perm("contracts.view_amendment"):
            return {}
        return {
            "amendments": list(obj.amendments.order_by("number").prefetch_related("schedules")),
            "original_schedule": obj.schedules.filter(amendment=None).first(),
            "may_amend": request.user.has_perm("contracts.add_amendment"),
        }


def _address(amendment: Amendment) -> tuple:
    return amendment.agreement_id, amendment.number


def _is_draft(amendment: Amendment) -> bool:
    return not amendment.is_sealed and not amendment.is_closed


@admin.register(Amendment)
class AmendmentAdmin(RecordAdmin):
    form = AmendmentForm
    list_display = ("__str__", "agreement", "effective_on", "expires_on", "executed_on")
    list_select_related = ("agreement",)
    list_filter = (ExecutedFilter, OfAgreement)
    search_fields = (
        "contract_number",
        "agreement__number",
        "agreement__customer__legal_name",
        "agreement__customer__aliases__name",
    )
    date_hierarchy = "effective_on"
    autocomplete_fields = ("agreement",)
    events = (
        *(
            EventLink(
                f"Record the {side}’s signature",
                "contracts:amendment_sign",
                "contracts.execute_agreement",
                lambda row, side=side: getattr(row, f"{side}_signed_on") is None,
                lambda row, side=side: (*_address(row), side),
            )
            for side in SIDES
        ),
        EventLink(
            "Copy the schedule in force",
            "contracts:amendment_copy_schedule",
            "contracts.add_priceschedule",
            lambda row: _is_draft(row) and not row.schedules.exists(),
            _address,
        ),
        EventLink(
            "Attach the scanned document",
            "contracts:amendment_attach_scan",
            "contracts.change_amendment",
            lambda row: row.is_sealed and not row.document,
            _address,
        ),
        EventLink(
            "Discard the amendment",
            "contracts:amendment_discard",
            "contracts.delete_amendment",
            _is_draft,
            _address,
            removes=True,
        ),
    )
    refusals = (amending.CannotAmend,)
    terms = (
        (
            None,
            {
                "fields": ("agreement", ("number", "contract_number"), "effective_on"),
                "description": "Numbers run from 1 without a gap. The effective date is in the clause on charges, "
                "such as clause 2; it may be earlier than the signatures.",
            },
        ),
        (
            "Term",
            {
                "fields": (("from_expires_on", "expires_on"), "expiration_clause"),
                "description": "From the clause on the term, such as clause 1. Leave all empty when the amendment does "
                "not move the expiration.",
            },
        ),
    )
    signatures = (
        "Signatures",
        {
            "fields": (
                ("customer_signer", "customer_signer_title", "customer_signed_on"),
                ("supplier_signer", "supplier_signer_title", "supplier_signed_on"),
                "executed_on",
            ),
            "description": "Each is recorded as an event. The amendment is executed on the later of the two dates.",
        },
    )
    recorded = (
        "customer_signer",
        "customer_signer_title",
        "customer_signed_on",
        "supplier_signer",
        "supplier_signer_title",
        "supplier_signed_on",
        "executed_on",
    )

    def get_urls(self):
        scan = self.admin_site.admin_view(self.scan_view)
        return [path("<path:object_id>/scan/", scan, name="contracts_amendment_scan"), *super().get_urls()]

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return (*self.terms, ("Document", {"fields": ("document",)}))
        scan = "document" if self.has_change_permission(request, obj) else "scan"
        return (*self.terms, ("Document", {"fields": (scan,)}), self.signatures)

    def get_readonly_fields(self, request, obj=None):
        """The number never changes; what the parties sign is closed from the first signature on."""
        if obj is None:
            return ()
        signed = flatten_fieldsets(self.terms) if obj.is_closed else ("agreement", "number")
        return (*signed, "scan", *self.recorded)

    def get_changeform_initial_data(self, request):
        """Propose the number that comes next; the expiration is typed from the document, so that it can be checked."""
        initial = super().get_changeform_initial_data(request)
        agreement = Agreement.objects.with_terms().filter(pk=initial.get("agreement")).first()
        if agreement is None:
            return initial
        return {"number": next_amendment_number(agreement=agreement.as_terms())} | initial

    def save_model(self, request, obj, form, change):
        """Enter a new amendment through the checks of its event; change one that is not executed."""
        if change:
            super().save_model(request, obj, form, change)
            return
        entered = {name: value for name, value in form.cleaned_data.items() if name != "document"}
        drafted = amending.draft_amendment(on=business_date(), by=request.user, **entered)
        obj.pk, obj._state = drafted.pk, drafted._state
        if obj.document:
            obj.save(update_fields=["document"])

    @admin.display(description="scanned document")
    def scan(self, amendment: Amendment):
        """The name of the scan; the button above opens it."""
        return PurePath(amendment.document.name).name or "none attached"

    def scan_view(self, request: HttpRequest, object_id: str):
        """Send the scanned document to people who may see the amendment."""
        amendment = self.get_object(request, object_id)
        if not self.has_view_permission(request, amendment):
            raise PermissionDenied
        if amendment is None or not amendment.document:
            raise Http404("No document was scanned.")
        try:
            ending = PurePath(amendment.document.name).suffix
            name = f"{amendment.agreement.number}-amendment-{amendment.number}{ending}"
            return download(amendment.document.open("rb"), name=name)
        except FileNotFoundError:
            raise Http404("The scanned document is not in its folder.") from None

    def page_context(self, request, obj):
        agreement = Agreement.objects.with_terms().get(pk=obj.agreement_id)
        terms = agreement.as_terms()
        return {
            "changes": amendment_changes(agreement=terms, number=obj.number, known_on=business_date()),
            "schedule": obj.schedules.first(),
            "may_enter_schedule": _is_draft(obj) and request.user.has_perm("contracts.change_priceschedule"),
            "scan_url": reverse("admin:contracts_amendment_scan", args=[obj.pk]) if obj.document else "",
        }


@admin.register(ChosenReading)
class ChosenReadingAdmin(ReadOnlyAdmin):
    """How unclear clauses are read; entered on the page of the agreement."""

    noun, nouns = "reading", "readings of unclear clauses"
    list_display = (
        *("agreement", "question", "choice", "applies_from", "clause", "chosen_by", "chosen_on", "recorded_by"),
    )
    list_display_links = ("question",)
    list_select_related = ("agreement", "recorded_by")
    list_filter = ("question", OfAgreement)
    search_fields = ("agreement__number", "clause", "chosen_by")
