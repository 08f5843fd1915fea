"""The page that everybody begins with: what needs them today."""

from django.views.generic import TemplateView

from contracts.clock import business_date
from contracts.pages.address import KnownParameters
from desk.today import outlook
from desk.today.waiting import Desk, waiting_for
from sites.models import Site


class Today(KnownParameters, TemplateView):
    """What waits for the person, what is coming, what was done lately, and the money of the month."""

    template_name = "desk/today.html"

    def get_context_data(self, **kwargs):
        desk = Desk(self.request.user, business_date())
        waiting = waiting_for(desk)
        return super().get_context_data(
            on=desk.on,
            may_see=bool(self.request.user.get_all_permissions()),
            waiting=waiting,
            number=sum(each.number for each in waiting),
            or_more=any(each.or_more for each in waiting),
            has_invented=Site.objects.filter(is_demonstration=True).exists(),
            money=outlook.money(desk),
            coming=outlook.coming(desk),
            lately=outlook.lately(desk),
            **kwargs,
        )
