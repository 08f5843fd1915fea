"""Events of a starting level that is on record: another level in its place, or none."""

from django.utils.functional import cached_property

from contracts.models import PriceSchedule
from contracts.money import money_text
from contracts.periods import day_text
from contracts.schedule import Schedule
from sites.charged import starting_levels
from sites.models import ChargedLevel, StartingLevelChange
from sites.service.views import SiteEvent
from sites.starting.forms import AnotherLevelForm, WithdrawLevelForm
from sites.starting.recording import change_starting_level, level_version, starting_level_of, withdraw_starting_level

PRICES = "contracts.view_priceschedule"


class LevelEvent(SiteEvent):
    permission_required = ("sites.change_chargedlevel", "sites.view_chargedlevel")

    @cached_property
    def stored(self) -> ChargedLevel | None:
        return starting_level_of(self.site)

    @cached_property
    def schedule(self) -> Schedule:
        return PriceSchedule.objects.with_table().get(pk=self.stored.level.schedule_id).as_schedule()

    def history(self):
        rows = StartingLevelChange.objects.filter(site=self.site).select_related("before", "after", "recorded_by")
        return rows.order_by("-pk")

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
