"""What keeps a fact from being recorded at a site on a day, each reason with the field it concerns."""

from datetime import date

from contracts.periods import day_text
from contracts.schedule import Refused
from contracts.terms import AgreementTerms, expiration_known


def out_of_service(*, name: str, in_service_on: date, removed_on: date | None, worked_on: date) -> tuple[Refused, ...]:
    """Return a refusal of work at a site on a day on which it is not in service."""
    if worked_on < in_service_on:
        message = f"{day_text(worked_on)} is before {name}'s first day in service, {day_text(in_service_on)}."
    elif removed_on is not None and worked_on > removed_on:
        message = f"{day_text(worked_on)} is after {name}'s last day in service, {day_text(removed_on)}."
    else:
        return ()
    return (Refused("NOT_IN_SERVICE", "site", f"{message} Correct the date or the site."),)


def integration_day_refusals(
    *, agreement: AgreementTerms, name: str, removed_on: date | None, day: date, known_on: date, place: str, what: str
) -> tuple[Refused, ...]:
    """Return what stops an order of integration or its cutover on a day: the term, and the site's removal (note 5).

    A day before the site's first day in service is none of them: a planned site can be ordered, and the cutover is
    what turns the site over to service.
    """
    message, begins_on = f"{what} {day_text(day)} is", agreement.first_period_starts_on
    expires_on, source = expiration_known(agreement=agreement, known_on=known_on)
    if day < begins_on:
        message = (
            f"{message} before {day_text(begins_on)}, when the first annual period begins. Choose that day or a later"
        )
        return (Refused("BEFORE_FIRST_PERIOD", place, f"{message} one."),)
    if expires_on is not None and day > expires_on:
        message = (
            f"{message} after {day_text(expires_on)}, when {agreement.name} expires ({source}). Choose an earlier day"
        )
        return (Refused("AFTER_EXPIRATION", place, f"{message}, or extend the term."),)
    if removed_on is not None and day > removed_on:
        message = f"{message} after {name}'s last day in service, {day_text(removed_on)}."
        return (Refused("REMOVED", place, f"{message} Correct the day or the site."),)
    return ()


def before_order(*, ordered_on: date, completed_on: date) -> tuple[Refused, ...]:
    """Return a refusal of a cutover that was complete before it was ordered."""
    if completed_on >= ordered_on:
        return ()
    message = f"The cutover of {day_text(completed_on)} is before its order of {day_text(ordered_on)}."
    return (Refused("BEFORE_ORDER", "completed_on", f"{message} Correct one of the two."),)
