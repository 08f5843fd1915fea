"""Pages about what was agreed."""

from contracts.models import Agreement
from contracts.pages.filters import AgreementFilter
from contracts.pages.lists import ListPage
from contracts.pages.tables import AgreementTable


class AgreementList(ListPage):
    """All agreements, with the end of their term and the next renewal review."""

    title = "Agreements"
    permission_required = "contracts.view_agreement"
    queryset = Agreement.objects.with_terms()
    table_class = AgreementTable
    filterset_class = AgreementFilter
