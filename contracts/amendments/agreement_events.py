"""Events of an agreement itself: that both parties have signed it, and its own price table taken off before that."""

from django.urls import reverse

from contracts.amendments.amending import discard_schedule, execute_agreement
from contracts.amendments.pages import SEALED_FOR_GOOD
from contracts.models import PriceSchedule
from contracts.pages.address import OfAgreement
from contracts.pages.agreement import price_table
from contracts.pages.event_page import EventForm, EventPage
from contracts.pages.inputs import DayField
from contracts.periods import day_text


class ExecutionForm(EventForm):
    executed_on = DayField(label="Executed on", help_text="The later of the two parties’ signature dates.")


class AgreementEvent(OfAgreement, EventPage):
    crumbs = "contracts/parts/agreement_crumbs.html"

    @property
    def schedule(self) -> PriceSchedule | None:
        return self.agreement.original_schedules[0] if self.agreement.original_schedules else None

    def refusal(self):
        sealed = f"Agreement {self.agreement} is executed: its own price table is sealed. Enter an amendment instead."
        return sealed if self.agreement.is_sealed else ""

    def subject(self):
        return self.agreement

    def back(self):
        return reverse("sites:agreement_detail", args=[self.agreement.pk])


class ExecuteAgreement(AgreementEvent):
    permission_required = "contracts.execute_agreement"
    form_class = ExecutionForm
    title, button = "Record that the agreement is signed", "Record the execution"

    def get_initial(self):
        return {"executed_on": self.agreement.dated_on}

    def refusal(self):
        if not self.agreement.is_sealed:
            return ""
        executed_on = day_text(self.agreement.executed_on)
        return f"Agreement {self.agreement} was executed on {executed_on}. Enter an amendment instead."

    def about(self):
        return [
            ("Agreement", str(self.agreement)),
            ("Its own price table", self.schedule.clause if self.schedule else "None on file"),
        ]

    def warnings(self):
        if self.schedule is None:
            return ["Without its own price table nothing before the first amendment can be billed. Enter it first."]
        remarks = price_table(self.schedule.as_schedule()).remarks
        return [f"Error. {one.message}" if one.weight == "error" else one.message for one in remarks]

    def consequences(self):
        return [
            "Number, dates, parties, currency and original expiration are sealed as both parties signed them.",
            "Its own price table and its readings are sealed with it.",
            SEALED_FOR_GOOD,
        ]

    def perform(self, **facts):
        done = execute_agreement(agreement=self.agreement, on=self.on, by=self.request.user, **facts)
        return f"Agreement {done} is executed as of {day_text(done.executed_on)}. Enter its amendments next."


class DiscardOwnSchedule(AgreementEvent):
    permission_required = "contracts.delete_priceschedule"
    title = button = "Take the price table off"
    danger = True

    def refusal(self):
        return super().refusal() or ("" if self.schedule else f"Agreement {self.agreement} has no price table.")

    def consequences(self):
        return [
            f"The price table of agreement {self.agreement} is deleted: all levels, limits, components and services.",
            "Until a table is entered again, nothing before the first amendment has a price.",
        ]

    def perform(self):
        discard_schedule(schedule=self.schedule, on=self.on, by=self.request.user)
        return f"The price table of agreement {self.agreement} is taken off."
