"""Forms of the pages about system integration."""

from collections.abc import Sequence

from django import forms

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import AmountField, DayField
from contracts.pages.scans import ScanField
from sites.hours.forms import ReplacesField
from sites.models import IntegrationOrder, Quotation, Site
from sites.refusals import LONGEST_LINE, LONGEST_REASON


class QuotationField(forms.ModelChoiceField):
    def __init__(self, *args, site: Site, **kwargs):
        super().__init__(
            *args,
            label="Quotation",
            queryset=Quotation.objects.filter(site=site).order_by("pk"),
            error_messages={"invalid_choice": f"This is no quotation for {site}. Record it first."},
            **kwargs,
        )


class OrderForm(EventForm):
    """An order of one site's integration; a second one asks for the reason."""

    beside = (("ordered_on", "reference"),)

    def __init__(self, *args, site: Site, ordered_before: bool, replaceable: Sequence[IntegrationOrder] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ordered_on"] = DayField(label="Ordered on")
        self.fields["reference"] = forms.CharField(
            label="Order reference", required=False, max_length=LONGEST_LINE, help_text="The customer’s order."
        )
        quotation = QuotationField(
            site=site,
            required=False,
            empty_label="None",
            help_text="Only for a size that the price schedule does not price.",
        )
        if quotation.queryset.exists():
            self.fields["quotation"] = quotation
        if replaceable:
            self.fields["replaces"] = ReplacesField(rows=replaceable, what="order", taken_back="cancelled")
        if ordered_before:
            self.fields["reason"] = forms.CharField(
                label="Reason for a second order",
                required=False,
                max_length=LONGEST_REASON,
                help_text="Integration is charged once per site. Say why this one is ordered again.",
            )


class QuotationForm(EventForm):
    beside = (
        ("number", "dated_on"),
        ("price", "document"),
        ("customer_signer", "customer_signed_on"),
        ("supplier_signer", "supplier_signed_on"),
    )

    number = forms.CharField(label="Number", max_length=40, help_text="As printed on the quotation.")
    dated_on = DayField(label="Dated")
    price = AmountField(label="Price")
    document = ScanField(
        label="Signed document", widget=forms.FileInput, help_text="PDF, PNG or JPEG of at most 20 MB."
    )
    customer_signer = forms.CharField(label="Signed for the customer by", max_length=LONGEST_LINE)
    customer_signed_on = DayField(label="Customer’s date")
    supplier_signer = forms.CharField(label="Signed for the supplier by", max_length=LONGEST_LINE)
    supplier_signed_on = DayField(label="Supplier’s date")

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["price"].currency = currency
        self.fields["price"].help_text = f"In {currency}, the currency of the agreement."


class DocumentForm(EventForm):
    document = ScanField(
        label="Signed document", widget=forms.FileInput, help_text="PDF, PNG or JPEG of at most 20 MB."
    )


class AttachForm(EventForm):
    def __init__(self, *args, site: Site, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["quotation"] = QuotationField(site=site, empty_label="Choose a quotation")


class CompletionForm(EventForm):
    completed_on = DayField(label="Cutover completed on")
