"""Pages about what was agreed."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import JsonResponse
from django.views import View

from contracts.models import Agreement
from contracts.pages.filters import AgreementFilter, agreements_with
from contracts.pages.lists import ListPage
from contracts.pages.tables import AgreementTable


class AgreementList(ListPage):
    """All agreements, with the end of their term and the next renewal review."""

    title = "Agreements"
    permission_required = "contracts.view_agreement"
    queryset = Agreement.objects.with_terms()
    table_class = AgreementTable
    filterset_class = AgreementFilter


class AgreementSuggestions(PermissionRequiredMixin, View):
    """The first agreements that a typed text may mean: the number of each, with its customer."""

    permission_required = "contracts.view_agreement"
    most = 20

    def get(self, request):
        found = agreements_with(request.GET.get("q", "")[:200]).order_by("number", "pk")
        rows = found.values_list("number", "customer__legal_name")[: self.most]
        return JsonResponse([{"value": number, "label": customer} for number, customer in rows], safe=False)
