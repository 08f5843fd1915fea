"""What a person should look at: sites without a switch by their counts, and sites billed in advance before they start.

The run and the home page say the same of a site.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.periods import AnnualPeriod, day_text
from contracts.readings import AdvanceStart, Readings, Timing
from sites.charged_days import charged_days


@dataclass(frozen=True)
class Service:
    """The days of a site's service and charges, and the counts of its switch by date."""

    in_service_on: date
    removed_on: date | None
    charged_through: date | None
    switch_counts: Sequence[tuple[date, int]]


def service_remarks(*, service: Service, period: AnnualPeriod, readings: Readings, on: date) -> Iterator[str]:
    """Yield what is remarkable about a site on a day of an annual period that is read so, each as a sentence or two."""
    if message := _without_switch(service, period, readings):
        yield message
    if readings.timing is Timing.IN_ADVANCE and service.in_service_on > on:
        yield from _starts_later(service, period, readings, on)


def _without_switch(service: Service, period: AnnualPeriod, readings: Readings) -> str:
    """That a site in service is charged for no day because its switch is counted as 0, or would be (note 3)."""
    facts = {"in_service_on": service.in_service_on, "removed_on": service.removed_on}
    facts |= {"period": period, "charged_through": service.charged_through}
    counts = service.switch_counts
    if charged_days(**facts) is None or charged_days(**facts, switch_counts=counts) is not None:
        return ""
    day = day_text(max(day for day, _quantity in counts if day <= period.span.last_day))
    way_out = "Correct the count if it has one, or end its service."
    if charged_days(**facts, switch_counts=counts, reading=readings.no_switch) is None:
        because = f"because its switch is counted as 0 on {day}"
        return f"nothing is charged in annual period {period.number}, {because}. {way_out}"
    although = f"although its switch is counted as 0 on {day} and no count says otherwise"
    return f"charged in annual period {period.number}, {although}. {way_out}"


def _starts_later(service: Service, period: AnnualPeriod, readings: Readings, on: date) -> Iterator[str]:
    for part in period.parts(readings.frequency.parts):
        if on in part and service.in_service_on in part:
            starts = f"in service from {day_text(service.in_service_on)} only, within the billing period {part}"
            if readings.advance_start is AdvanceStart.SERVICE:
                yield f"{starts}. Its instalment falls due on that day."
            else:
                yield f"{starts}. Its instalment fell due on {day_text(part.first_day)}, before it is in service."
