"""Events that take something off the file which nobody has signed yet."""

from django.db import models

from contracts.admin.signing import Amending
from contracts.amendments.amending import discard_amendment, discard_level, discard_schedule
from contracts.models import Amendment, PriceSchedule, ServiceLevel


class Discard(Amending):
    """Take a row off the file; the page it belonged to says so."""

    removes = True
    closed = (
        "What a party has signed stays. Withdraw the signature while it is the only one; enter the next amendment once "
        "both have signed."
    )

    @classmethod
    def offered(cls, row: models.Model) -> bool:
        return not row.is_sealed and not row.is_closed


class DiscardAmendment(Discard):
    """Take an amendment that is not executed off the file."""

    slug = "discard"
    title = "Discard the amendment"
    button = "Discard the amendment"
    permission = "contracts.delete_amendment"

    @property
    def subject(self):
        return self.row.agreement

    def consequences(self) -> list[str]:
        return [f"{self.row} is taken off the file, with its price schedule."]

    def perform(self, data: dict) -> str:
        name = str(self.row)
        discard_amendment(amendment=Amendment.objects.get(pk=self.row.pk), on=self.on, by=self.request.user)
        return f"{name} is discarded. Its number is free for the next amendment."


class DiscardSchedule(Discard):
    """Take a price schedule that is not sealed off the file."""

    slug = "discard"
    title = "Discard the price schedule"
    button = "Discard the price schedule"
    permission = "contracts.delete_priceschedule"

    @property
    def subject(self):
        return self.row.amendment or self.row.agreement

    def consequences(self) -> list[str]:
        return [f"{self.row} is taken off the file: all levels, limits, components and included services."]

    def perform(self, data: dict) -> str:
        name = str(self.row)
        discard_schedule(schedule=PriceSchedule.objects.get(pk=self.row.pk), on=self.on, by=self.request.user)
        return f"{name} is discarded. Enter another one, or copy the one in force."


class DiscardLevel(Discard):
    """Take a row off the table of a price schedule that is not sealed."""

    slug = "discard"
    title = "Discard the level"
    button = "Discard the level"
    permission = "contracts.delete_servicelevel"

    @property
    def subject(self):
        return self.row.schedule

    def consequences(self) -> list[str]:
        return [f"{self.row} is taken off the table of {self.row.schedule}, with its limits."]

    def perform(self, data: dict) -> str:
        name = str(self.row)
        discard_level(level=ServiceLevel.objects.get(pk=self.row.pk), on=self.on, by=self.request.user)
        return f"{name} is discarded. Check the table as it reads now."
