"""Forms of the monthly report: each hands what was typed to one function and puts its refusals at the fields."""

from collections.abc import Iterable

from django import forms

from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField
from sites.refusals import LONGEST_LINE, LONGEST_REASON
from sites.reports.content import Gap


class IssueForm(EventForm):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ReviseForm(IssueForm):
    reason = LineField(
        label="Reason of the revision", max_length=LONGEST_REASON, help_text="The report and its PDF print it."
    )


class FiguresField(forms.MultipleChoiceField):
    """Figures of a month, each by its site and component."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, gaps: Iterable[Gap], **kwargs):
        choices = [
            (f"{gap.key}:{code}", f"{gap.site}, {name}" + (f" ({gap.reason})" if gap.reason else ""))
            for gap in gaps
            for code, name in zip(gap.codes, gap.names, strict=True)
        ]
        message = "Choose figures of this month that have no count."
        super().__init__(choices=choices, error_messages={"invalid_choice": message, "required": message}, **kwargs)

    def clean(self, value):
        """Return pairs of a site's key and a component's code."""
        return [(int(key), code) for key, _, code in (one.partition(":") for one in super().clean(value))]


class MarkForm(EventForm):
    reason = LineField(label="Reason", max_length=LONGEST_REASON, help_text="The report prints it for the customer.")

    def __init__(self, *args, gaps: Iterable[Gap], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["figures"] = FiguresField(gaps, label="Figures without a count")
        self.order_fields(["figures", "reason"])


class UnmarkForm(EventForm):
    def __init__(self, *args, gaps: Iterable[Gap], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["marked"] = FiguresField(gaps, label="Figures marked as missing")


class AcknowledgeForm(EventForm):
    acknowledged_by = LineField(
        label="Acknowledged by", max_length=LONGEST_LINE, help_text="The customer’s person who confirmed it."
    )
    acknowledged_on = DayField(label="Acknowledged on")
    remark = LineField(label="Remark", required=False, max_length=LONGEST_REASON)
