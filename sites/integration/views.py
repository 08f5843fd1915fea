"""Pages about a site's system integration: its orders and prices, and every event with its form."""

from pathlib import PurePath

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View

from contracts.clock import business_date
from contracts.periods import day_text
from sites.integration.forms import AttachForm, CancellationForm, CompletionForm, DocumentForm, OrderForm, QuotationForm
from sites.integration.ordering import (
    attach_document,
    attach_quotation,
    cancel_order,
    complete_integration,
    order_integration,
    record_quotation,
)
from sites.integration.pages import integration_page
from sites.models import IntegrationOrder, Quotation, Site
from sites.refusals import CannotRecord


class OfSite(PermissionRequiredMixin):
    """What the pages about one site's integration share."""

    permission_required = "sites.view_integrationorder"

    @cached_property
    def on(self):
        """The business date."""
        return business_date()

    @property
    def site_key(self) -> int:
        """The key of the site: that of the address, unless the address names one of its orders."""
        return self.kwargs["pk"]

    @cached_property
    def site(self) -> Site:
        """The site with its agreement and levels."""
        return get_object_or_404(Site.objects.with_agreement_terms().with_levels(), pk=self.site_key)

    @cached_property
    def shown(self):
        """The orders and quotations with their prices."""
        orders = IntegrationOrder.objects.filter(site=self.site).order_by("-ordered_on", "-pk")
        return integration_page(
            site=self.site,
            agreement=self.site.agreement.as_terms(),
            orders=orders.select_related("quotation", "completed_by", "replaces"),
            quotations=Quotation.objects.filter(site=self.site).order_by("pk"),
            on=self.on,
        )

    def get_context_data(self, **kwargs):
        """Add the site and its orders."""
        return super().get_context_data(site=self.site, page=self.shown, on=self.on, **kwargs)


class Integration(OfSite, TemplateView):
    """The orders of a site, with the price or the way to one."""

    template_name = "sites/integration.html"


class IntegrationEvent(OfSite, FormView):
    """A form whose facts one function records, or refuses with sentences at the fields."""

    title = button = ""
    template_name = "sites/integration_event.html"

    def perform(self, form) -> str:
        """Do it by one call and return the message. Raises CannotRecord."""
        raise NotImplementedError

    def form_valid(self, form):
        """Record it, or put what was refused at its fields."""
        try:
            message = self.perform(form)
        except CannotRecord as refusal:
            form.show_refusal(refusal)
            return self.form_invalid(form)
        messages.success(self.request, message)
        return redirect("sites:integration", self.site.pk)

    def get_context_data(self, **kwargs):
        """Add what the page is called, and the fields line by line."""
        context = super().get_context_data(
            title=self.title, button=self.button, ordering=isinstance(self, Order), **kwargs
        )
        return context | {"lines": context["form"].lines()}


class Order(IntegrationEvent):
    """Order the integration of a site."""

    permission_required = "sites.order_integration"
    title, button = "Order system integration", "Record the order"
    form_class = OrderForm

    def get_initial(self):
        """Propose the business date."""
        return {"ordered_on": self.on}

    def get_form_kwargs(self):
        """Ask for the reason where an order stands, and whose place it takes where a billed one was cancelled."""
        return super().get_form_kwargs() | {
            "site": self.site,
            "ordered_before": bool(self.shown.standing),
            "replaceable": list(IntegrationOrder.objects.filter(site=self.site).replaceable()),
        }

    def perform(self, form):
        order = order_integration(site=self.site, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"System integration of {self.site} is ordered on {day_text(order.ordered_on)}."


class Quote(IntegrationEvent):
    """Record a quotation with its document."""

    permission_required = "sites.order_integration"
    title, button = "Record a quotation", "Record the quotation"
    form_class = QuotationForm

    def perform(self, form):
        quotation = record_quotation(site=self.site, on=self.on, by=self.request.user, **form.cleaned_data)
        message = f"Quotation {quotation.number} is recorded, executed on {day_text(quotation.executed_on)}."
        return f"{message} Attach it to an order to give that its price."


class AttachDocument(IntegrationEvent):
    """Attach the signed document to a quotation that is on file without it."""

    permission_required = "sites.order_integration"
    title, button = "Attach the signed document", "Attach the document"
    form_class = DocumentForm

    @cached_property
    def quotation(self) -> Quotation:
        """The quotation."""
        return get_object_or_404(Quotation.objects.select_related("site"), pk=self.kwargs["pk"])

    @property
    def site_key(self):
        """That of the quotation."""
        return self.quotation.site_id

    def get_context_data(self, **kwargs):
        """Add the quotation."""
        return super().get_context_data(quotation=self.quotation, **kwargs)

    def perform(self, form):
        quotation = attach_document(
            quotation=self.quotation, on=self.on, by=self.request.user, document=form.cleaned_data["document"]
        )
        return f"The signed document of {quotation} is attached: its price counts, where the schedule states none."


class OrderEvent(IntegrationEvent):
    """An event of one order; `event` lets the page say what will happen."""

    event = ""

    @cached_property
    def order(self) -> IntegrationOrder:
        """The order."""
        return get_object_or_404(IntegrationOrder.objects.select_related("site"), pk=self.kwargs["pk"])

    @property
    def site_key(self):
        """That of the order."""
        return self.order.site_id

    def get_context_data(self, **kwargs):
        """Add the order as the site's page shows it."""
        shown = next(one for one in self.shown.orders if one.order.pk == self.order.pk)
        return super().get_context_data(shown=shown, event=self.event, **kwargs)


class Attach(OrderEvent):
    """Attach a quotation to an order."""

    permission_required = "sites.order_integration"
    event = "attach"
    title, button = "Attach a quotation", "Attach the quotation"
    form_class = AttachForm

    def get_form_kwargs(self):
        """Offer the quotations of the site."""
        return super().get_form_kwargs() | {"site": self.site}

    def perform(self, form):
        order = attach_quotation(order=self.order, on=self.on, by=self.request.user, **form.cleaned_data)
        message = f"Quotation {order.quotation.number} is attached to the order of {day_text(order.ordered_on)}."
        return (
            message if order.billed_on is None else f"{message} The next invoice run bills or credits the difference."
        )


class Complete(OrderEvent):
    """Record that a cutover is complete."""

    permission_required = "sites.complete_integration"
    event = "complete"
    title, button = "Record that the cutover is complete", "Record the cutover"
    form_class = CompletionForm

    def get_initial(self):
        """Propose the business date."""
        return {"completed_on": self.on}

    def perform(self, form):
        order = complete_integration(order=self.order, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"The cutover of {self.site} is complete on {day_text(order.completed_on)}."


class Cancel(OrderEvent):
    """Cancel an order."""

    permission_required = "sites.order_integration"
    event = "cancel"
    title, button = "Cancel the order", "Cancel the order"
    form_class = CancellationForm

    def perform(self, form):
        order = cancel_order(order=self.order, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"The order of {day_text(order.ordered_on)} is cancelled."


class QuotationFile(PermissionRequiredMixin, View):
    """The signed document of a quotation; it states a price."""

    permission_required = ("sites.view_quotation", "contracts.view_priceschedule")

    def get(self, request, pk):
        """Send the document."""
        quotation = get_object_or_404(Quotation, pk=pk)
        try:
            file = quotation.document.open("rb") if quotation.document else None
        except FileNotFoundError:
            file = None
        if file is None:
            raise Http404("The signed document is not on file.")
        name = f"{quotation.number}{PurePath(quotation.document.name).suffix}"
        return FileResponse(file, as_attachment=True, filename=name)
