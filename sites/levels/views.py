"""The event of a level that is charged from a day on."""

from django.utils.functional import cached_property

from contracts.periods import day_text
from contracts.terms import NotInForce, terms_on
from sites.levels.forms import LevelDecisionForm
from sites.levels.recording import decide_level, levels_version
from sites.models import Site
from sites.service.views import SiteEvent

PRICES = "contracts.view_priceschedule"


class DecideLevel(SiteEvent):
    """Record the level that both parties agreed from a day, outside a review."""

    template_name = "sites/level_decision.html"
    permission_required = ("sites.add_leveldecision", "sites.view_chargedlevel")
    form_class = LevelDecisionForm
    title, button = "Charge another level from a day", "Record the level"

    @cached_property
    def site(self) -> Site:
        rows = Site.objects.with_agreement_terms().with_levels().with_counts(through=self.on)
        return rows.get(pk=super().site.pk)

    @cached_property
    def found(self):
        """The terms on the business date, or on the site's first day where that is still to come."""
        day = max(self.on, self.site.in_service_on)
        return terms_on(agreement=self.site.agreement.as_terms(), service_on=day, known_on=self.on)

    def refusal(self):
        return self.found.message if isinstance(self.found, NotInForce) else ""

    def history(self):
        return []

    def about(self):
        day, schedule = self.found.service_on, self.found.schedule
        charged = self.site.charged_on(day, self.found, agreement=self.site.agreement.as_terms())
        level = schedule.level(charged.level_code) if charged else None
        now = f"{level.name if level else charged.level_code}. {charged.why}" if charged else "None is decided."
        return [("Site", str(self.site)), (f"Level on {day_text(day)}", now)]

    def consequences(self):
        return [
            f"{self.site} is charged at the level chosen from the first day to the last.",
            "The level of the last day of the annual period goes on after it until a review agrees another one.",
            "Of several levels for one day the one recorded last holds. Nothing that is recorded changes: a mistake is "
            "put right by another level from the same day.",
            "The next invoice run bills or credits the difference to what was billed for these days.",
        ]

    def get_form_kwargs(self):
        levels = sorted(self.found.schedule.levels, key=lambda level: level.rank)
        return super().get_form_kwargs() | {"levels": levels, "with_prices": self.request.user.has_perm(PRICES)}

    def get_initial(self):
        return {"seen": levels_version(self.site)}

    def perform(self, **facts):
        decided = decide_level(site=self.site, on=self.on, by=self.request.user, **facts)
        through = f" through {day_text(decided.through)}" if decided.through else ""
        return f"{self.site} is charged at {decided.level} from {day_text(decided.effective_on)}{through}."
