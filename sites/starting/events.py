"""Events of a starting level: it is proposed from history and decided, another one takes its place, or none does."""

from django.urls import reverse
from django.utils.functional import cached_property

from contracts.models import PriceSchedule
from contracts.money import money_text
from contracts.periods import day_text
from contracts.schedule import Schedule
from sites.charged import starting_levels
from sites.models import ChargedLevel, StartingLevelChange
from sites.service.views import SiteEvent
from sites.starting.choosing_comparables import choose_comparables
from sites.starting.forms import AnotherLevelForm, ComparisonForm, StartingLevelForm, WithdrawLevelForm
from sites.starting.queries import Start, start_of
from sites.starting.recording import (
    change_starting_level,
    level_version,
    record_starting_level,
    starting_level_of,
    withdraw_starting_level,
)

DECIDE = "sites.add_chargedlevel"
PRICES = "contracts.view_priceschedule"


class StartEvent(SiteEvent):
    def history(self):
        rows = StartingLevelChange.objects.filter(site=self.site).select_related("before", "after", "recorded_by")
        return rows.order_by("-pk")


class StartingLevel(StartEvent):
    """GET shows the comparison and the proposal; POST keeps the comparison, or records the level that a person chose.

    Both forms are for those who may record starting levels; other readers see what they say.
    """

    template_name = "sites/site_starting_level.html"
    styles = ("reviews.css", "starting.css")

    def get_permission_required(self):
        seen = ("sites.view_site", "sites.view_chargedlevel")
        return (*seen, DECIDE) if self.request.method == "POST" else seen

    @property
    def title(self) -> str:
        return f"Starting level of {self.site}"

    @cached_property
    def start(self) -> Start:
        return start_of(site=self.site, on=self.on)

    @property
    def compares(self) -> bool:
        """Whether the comparison was sent, and not the decision."""
        return "compare" in self.request.POST

    def refusal(self):
        return self.start.closed if self.request.method == "POST" else ""

    def back(self):
        return reverse("sites:starting_level", args=[self.site.pk])

    def after(self):
        return self.back() if self.compares else super().back()

    def get_form_class(self):
        return ComparisonForm if self.compares else StartingLevelForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | ({"start": self.start} if self.compares else self._choice())

    def _choice(self) -> dict:
        """The levels that can be chosen, and the one that history proposes."""
        return {
            "levels": starting_levels(schedule=self.start.found.schedule),
            "proposed": self.start.proposal.level,
            "with_prices": self.request.user.has_perm(PRICES),
        }

    def perform(self, choices=None, **facts):
        known = {"site": self.site, "on": self.on, "by": self.request.user}
        if choices is not None:
            return f"The comparison is kept. {choose_comparables(choices=choices, **known).proposal.sentence}"
        number = self.start.found.period.number
        charged = record_starting_level(period_number=number, **known, **facts)
        return f"{self.site} starts at {charged.level.name} in annual period {number}."

    def get_context_data(self, form=None, **kwargs):
        """Show both forms; one with something wrong in it comes back as it was sent."""
        may_decide = not self.start.closed and self.request.user.has_perm(DECIDE)
        comparison = form if form and self.compares else ComparisonForm(start=self.start)
        decision = form if form and not self.compares else None
        if may_decide and decision is None:
            decision = StartingLevelForm(**self._choice())
        forms = {"comparison": comparison, "rows": comparison.rows(), "decision": decision}
        return super().get_context_data(form=form, start=self.start, may_decide=may_decide, **forms, **kwargs)


class LevelEvent(StartEvent):
    permission_required = ("sites.change_chargedlevel", "sites.view_chargedlevel")

    @cached_property
    def stored(self) -> ChargedLevel | None:
        return starting_level_of(self.site)

    @cached_property
    def schedule(self) -> Schedule:
        return PriceSchedule.objects.with_table().get(pk=self.stored.level.schedule_id).as_schedule()

    def refusal(self):
        return "" if self.stored else f"No starting level is recorded for {self.site}."

    def about(self):
        reason = f": {self.stored.reason}" if self.stored.reason else ""
        return [
            ("Site", str(self.site)),
            ("Starting level", f"{self.stored.level}, decided on {day_text(self.stored.agreed_on)}{reason}"),
            ("Annual period", str(self.stored.period_number)),
        ]

    def get_initial(self):
        return {"seen": level_version(self.stored)}


class ChangeStartingLevel(LevelEvent):
    form_class = AnotherLevelForm
    title, button = "Change the starting level", "Record the change"

    def get_form_kwargs(self):
        others = [level for level in starting_levels(schedule=self.schedule) if level.code != self.stored.level.code]
        return super().get_form_kwargs() | {"levels": others, "with_prices": self.request.user.has_perm(PRICES)}

    def consequences(self):
        return [
            f"{self.site} is charged at the level chosen in annual period {self.stored.period_number}, from its first "
            "day in service, and after it until a review agrees another one.",
            "The next invoice run bills or credits the difference to what was billed.",
        ]

    def perform(self, **facts):
        stored = change_starting_level(site=self.site, on=self.on, by=self.request.user, **facts)
        return f"{self.site} starts at {stored.level} in annual period {stored.period_number}."


class WithdrawStartingLevel(LevelEvent):
    form_class = WithdrawLevelForm
    title, button = "Withdraw the starting level", "Withdraw the level"
    danger = True

    def consequences(self):
        level = self.schedule.level(self.schedule.opening.starting_level or "")
        then = f"it starts at {level.name}, the starting level of the price schedule" if level else "it has no level"
        if level and self.request.user.has_perm(PRICES):
            then = f"{then} ({money_text(level.annual_price)} a year)"
        return [
            f"{self.site} has no starting level on record any more: {then}, until another one is recorded.",
            "The next invoice run bills or credits the difference to what was billed.",
        ]

    def perform(self, **facts):
        withdraw_starting_level(site=self.site, on=self.on, by=self.request.user, **facts)
        return f"The starting level of {self.site} is withdrawn."
