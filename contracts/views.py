"""Pages about what was agreed."""

from django.views.generic import ListView

from contracts.models import Agreement


class AgreementList(ListView):
    """All agreements."""

    model = Agreement
