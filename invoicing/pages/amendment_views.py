"""The page that shows what an amendment changes in money, before and after it is signed."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView

from contracts.clock import business_date
from contracts.models import Agreement
from invoicing.runs.books import books_of
from invoicing.what_if.amendment_effect import amendment_effect


class AmendmentEffectPage(PermissionRequiredMixin, TemplateView):
    """What an amendment changes for each site, to the end of the term, and in what was billed."""

    permission_required = ("contracts.view_amendment", "invoicing.view_invoice")
    template_name = "invoicing/amendment_effect.html"

    def get_context_data(self, **kwargs):
        on = business_date()
        agreement = get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])
        amendment = next((row for row in agreement.amendment_list if row.number == self.kwargs["number"]), None)
        if amendment is None:
            raise Http404("The agreement has no amendment of this number.")
        books = books_of(agreements=[agreement], known_on=on, whole=True)[agreement.pk]
        effect = amendment_effect(
            agreement=agreement.as_terms(),
            number=amendment.number,
            sites=books.sites,
            facts=books.facts,
            billed=books.billed,
            known_on=on,
        )
        return super().get_context_data(
            agreement=agreement,
            amendment=amendment,
            effect=effect,
            is_demonstration=bool(books.demonstration),
            on=on,
            **kwargs,
        )
