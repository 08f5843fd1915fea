"""Pages about what was agreed."""

from contracts.filters import AgreementFilter
from contracts.lists import ListPage
from contracts.models import Agreement
from contracts.tables import AgreementTable


class AgreementList(ListPage):
    """All agreements, with the end of their term and the next renewal review."""

    permission_required = "contracts.view_agreement"
    queryset = Agreement.objects.with_terms()
    table_class = AgreementTable
    filterset_class = AgreementFilter
