"""Pages about a site's system integration: its orders and prices, and every event with its form."""

from pathlib import PurePath

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from contracts.money import money_text
from contracts.pages.address import Dated
from contracts.pages.downloads import download
from contracts.pages.event_page import EventPage
from contracts.periods import day_text
from sites.hours.forms import ReasonForm
from sites.integration.forms import AttachForm, CompletionForm, DocumentForm, OrderForm, QuotationForm
from sites.integration.ordering import (
    attach_document,
    attach_quotation,
    cancel_order,
    complete_integration,
    order_integration,
    record_quotation,
    why_cancelled,
    why_complete,
    why_documented,
    why_quoted,
)
from sites.integration.pages import OrderShown, integration_page, price_text
from sites.models import IntegrationOrder, Quotation, Site


class OfSite(PermissionRequiredMixin, Dated):
    """What the pages about one site's integration share."""

    permission_required = "sites.view_integrationorder"

    @property
    def site_key(self) -> int:
        """The key of the site: that of the address, unless the address names one of its orders."""
        return self.kwargs["pk"]

    @cached_property
    def site(self) -> Site:
        return get_object_or_404(
            Site.objects.with_agreement_terms().with_levels().with_counts(through=self.on), pk=self.site_key
        )

    @cached_property
    def shown(self):
        orders = IntegrationOrder.objects.filter(site=self.site).order_by("-ordered_on", "-pk")
        return integration_page(
            site=self.site,
            agreement=self.site.agreement.as_terms(),
            orders=orders.select_related("quotation__site__agreement", "completed_by", "replaces"),
            quotations=Quotation.objects.filter(site=self.site).select_related("site__agreement").order_by("pk"),
            on=self.on,
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(site=self.site, page=self.shown, on=self.on, **kwargs)


class Integration(OfSite, TemplateView):
    """The orders of a site, with the price or the way to one."""

    template_name = "sites/integration.html"


class IntegrationEvent(OfSite, EventPage):
    crumbs = "sites/parts/integration_crumbs.html"
    styles = ("hours.css",)
    back_name = "Back to system integration"

    def demonstration(self):
        return "Demonstration data: this site and its orders are invented." if self.site.is_demonstration else ""

    def back(self):
        return reverse("sites:integration", args=[self.site.pk])


class Order(IntegrationEvent):
    permission_required = "sites.order_integration"
    title, button = "Order system integration", "Record the order"
    form_class = OrderForm

    def get_initial(self):
        return {"ordered_on": self.on}

    def get_form_kwargs(self):
        """Ask for the reason where an order stands, and whose place it takes where a billed one was cancelled."""
        return super().get_form_kwargs() | {
            "site": self.site,
            "ordered_before": bool(self.shown.standing),
            "replaceable": list(IntegrationOrder.objects.filter(site=self.site).replaceable()),
        }

    def about(self):
        return [("Price", price_text(self.shown.price))]

    def warnings(self):
        for one in self.shown.standing:
            complete = ", and its cutover is complete" if one.order.completed_on else ""
            ordered_on = day_text(one.order.ordered_on)
            yield f"System integration of {self.site} is ordered on {ordered_on} already{complete}."

    def perform(self, **facts):
        order = order_integration(site=self.site, on=self.on, by=self.request.user, **facts)
        return f"System integration of {self.site} is ordered on {day_text(order.ordered_on)}."


class Quote(IntegrationEvent):
    permission_required = "sites.order_integration"
    title, button = "Record a quotation", "Record the quotation"
    form_class = QuotationForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"currency": self.site.agreement.currency}

    def warnings(self):
        if self.shown.is_priced:
            price = f"The price schedule states a price for this site: {price_text(self.shown.price)}."
            yield f"{price} A quotation gives a price only where the schedule states none."

    def perform(self, **facts):
        quotation = record_quotation(site=self.site, on=self.on, by=self.request.user, **facts)
        message = f"Quotation {quotation.number} is recorded, executed on {day_text(quotation.executed_on)}."
        return f"{message} Attach it to an order to give that its price."


class AttachDocument(IntegrationEvent):
    permission_required = "sites.order_integration"
    title, button = "Attach the signed document", "Attach the document"
    form_class = DocumentForm

    @cached_property
    def quotation(self) -> Quotation:
        return get_object_or_404(Quotation.objects.select_related("site__agreement"), pk=self.kwargs["pk"])

    @property
    def site_key(self):
        return self.quotation.site_id

    def refusal(self):
        return why_documented(self.quotation)

    def about(self):
        one = self.quotation
        return [
            ("Quotation", f"{one.number} of {day_text(one.dated_on)}, {money_text(one.price)}"),
            ("Signed by both parties", f"{day_text(one.executed_on)}: {one.customer_signer} and {one.supplier_signer}"),
        ]

    def consequences(self):
        yield "The document stays with the quotation for good."
        yield "Its price counts from then on where the price schedule states none."
        yield "The next invoice run bills what is complete."

    def perform(self, **facts):
        quotation = attach_document(quotation=self.quotation, on=self.on, by=self.request.user, **facts)
        return f"The signed document of {quotation} is attached: its price counts, where the schedule states none."


class OrderEvent(IntegrationEvent):
    @cached_property
    def order(self) -> IntegrationOrder:
        return get_object_or_404(IntegrationOrder.objects.select_related("site"), pk=self.kwargs["pk"])

    @cached_property
    def order_shown(self) -> OrderShown:
        """The order as the site's page shows it."""
        return next(one for one in self.shown.orders if one.order.pk == self.order.pk)

    @property
    def site_key(self):
        return self.order.site_id

    def refusal(self):
        return why_cancelled(self.order)

    def about(self):
        order = self.order
        reference = f", {order.reference}" if order.reference else ""
        yield "Order", f"{self.site}, ordered on {day_text(order.ordered_on)}{reference}"
        if order.completed_on:
            yield "Cutover", f"Completed on {day_text(order.completed_on)}"
        yield "Price", price_text(self.order_shown.price)
        if order.billed_on:
            yield "Billed", day_text(order.billed_on)


class Attach(OrderEvent):
    permission_required = "sites.order_integration"
    title, button = "Attach a quotation", "Attach the quotation"
    form_class = AttachForm

    def refusal(self):
        missing = "" if self.shown.quotations else f"No quotation is on file for {self.site}. Record a quotation first."
        return super().refusal() or why_quoted(self.order) or missing

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"site": self.site}

    def perform(self, **facts):
        order = attach_quotation(order=self.order, on=self.on, by=self.request.user, **facts)
        message = f"Quotation {order.quotation.number} is attached to the order of {day_text(order.ordered_on)}."
        return (
            message if order.billed_on is None else f"{message} The next invoice run bills or credits the difference."
        )


class Complete(OrderEvent):
    permission_required = "sites.complete_integration"
    title, button = "Record that the cutover is complete", "Record the cutover"
    form_class = CompletionForm

    def refusal(self):
        return super().refusal() or why_complete(self.order)

    def get_initial(self):
        return {"completed_on": self.on}

    def consequences(self):
        if self.order_shown.is_priced:
            return ["The next invoice run charges it once, at the price of the day of the cutover."]
        lacks = f"the signed document of {self.order_shown.order.quotation} is attached"
        lacks = lacks if self.order_shown.lacks_document else "a signed quotation is attached to the order"
        return [f"The cutover is on file. Nothing is charged until {lacks}."]

    def perform(self, **facts):
        order = complete_integration(order=self.order, on=self.on, by=self.request.user, **facts)
        return f"The cutover of {self.site} is complete on {day_text(order.completed_on)}."


class Cancel(OrderEvent):
    permission_required = "sites.order_integration"
    title, button, danger = "Cancel the order", "Cancel the order", True
    form_class = ReasonForm

    def consequences(self):
        yield "The order no longer counts and stays on file with your reason."
        billed = "Once the order is cancelled the next invoice run credits it."
        yield billed if self.order.billed_on else "Nothing was billed for it."

    def perform(self, **facts):
        order = cancel_order(order=self.order, on=self.on, by=self.request.user, **facts)
        return f"The order of {day_text(order.ordered_on)} is cancelled."


class QuotationFile(PermissionRequiredMixin, View):
    """The signed document of a quotation; it states a price."""

    permission_required = ("sites.view_quotation", "contracts.view_priceschedule")

    def get(self, request, pk):
        quotation = get_object_or_404(Quotation.objects.select_related("site__agreement"), pk=pk)
        try:
            file = quotation.document.open("rb") if quotation.document else None
        except FileNotFoundError:
            file = None
        if file is None:
            raise Http404("The signed document is not on file.")
        ending = PurePath(quotation.document.name).suffix
        name = f"{quotation.site.agreement.number}-quotation-{quotation.number}{ending}"
        return download(file, name=name)
