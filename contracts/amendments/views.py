"""Pages of amendments: what one says, its price table, and what it changes."""

from functools import cached_property

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.views.generic import TemplateView

from contracts.amendments.pages import AmendmentShown, amendment_shown
from contracts.amendments.schedule_pages import table_context
from contracts.models import Amendment, PriceSchedule, WithdrawnSignature
from contracts.pages.address import OfAgreement
from contracts.price_table.form import ScheduleForm
from contracts.terms import AgreementTerms, schedule_before


class AgreementPage(PermissionRequiredMixin, OfAgreement):
    @cached_property
    def terms(self) -> AgreementTerms:
        return self.agreement.as_terms()

    def get_context_data(self, **kwargs):
        return super().get_context_data(terms=self.terms, **kwargs)


class AmendmentPage(AgreementPage):
    @cached_property
    def amendment(self) -> Amendment:
        for amendment in self.agreement.amendment_list:
            if amendment.number == self.kwargs["number"]:
                return amendment
        raise Http404("No such amendment.")

    @property
    def schedule(self) -> PriceSchedule | None:
        return self.amendment.schedule_list[0] if self.amendment.schedule_list else None

    @property
    def shown(self) -> AmendmentShown:
        withdrawn = WithdrawnSignature.objects.filter(amendment=self.amendment).select_related("withdrawn_by")
        return amendment_shown(
            agreement=self.agreement,
            terms=self.terms,
            number=self.amendment.number,
            withdrawn=withdrawn.order_by("pk"),
            known_on=self.on,
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(amendment=self.amendment, **({"shown": self.shown} | kwargs))


class AmendmentDetail(AmendmentPage, TemplateView):
    """One amendment: how far it has come, what it says, and its price table, open for changes while it is a draft."""

    permission_required = "contracts.view_amendment"
    template_name = "contracts/amendment_detail.html"

    def get_context_data(self, **kwargs):
        shown = self.shown
        may_change = shown.is_draft and self.request.user.has_perm("contracts.change_priceschedule")
        if may_change and self.schedule is not None:
            before, source = schedule_before(agreement=self.terms, number=self.amendment.number, known_on=self.on)
            schedule = self.schedule.as_schedule()
            kwargs |= table_context(
                form=ScheduleForm.of(schedule, currency=self.agreement.currency),
                stored=schedule,
                before=before,
                source=source,
                row=self.amendment,
            )
        return super().get_context_data(shown=shown, may_change_schedule=may_change, **kwargs)


class AmendmentComparison(AmendmentPage, TemplateView):
    """What an amendment changes, beside what is in force, cell by cell."""

    permission_required = ("contracts.view_amendment", "contracts.view_priceschedule")
    template_name = "contracts/amendment_comparison.html"
