"""What pages know before they read anything else: the business date, and the agreement that the address names."""

from collections.abc import Sequence
from datetime import date

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from contracts.clock import business_date
from contracts.models import Agreement


class KnownParameters:
    """A page that reads some parameters of its address: others travel into none of its links."""

    parameters: Sequence[str] = ()

    def setup(self, request, *args, **kwargs):
        """Leave out of the address what this page does not read."""
        asked = QueryDict(mutable=True)
        for name in self.parameters:
            if name in request.GET:
                asked.setlist(name, request.GET.getlist(name))
        request.GET = asked
        super().setup(request, *args, **kwargs)


class Dated:
    """A page that reads the business date once."""

    @cached_property
    def on(self) -> date:
        return business_date()


class OfAgreement(Dated):
    """A page of one agreement, which comes with everything that its terms are read from."""

    @property
    def agreement_key(self) -> int:
        """The key of the agreement: that of the address, unless the address names something of it."""
        return self.kwargs["pk"]

    @cached_property
    def agreement(self) -> Agreement:
        return get_object_or_404(Agreement.objects.with_terms(), pk=self.agreement_key)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(**({"agreement": self.agreement, "on": self.on} | kwargs))
