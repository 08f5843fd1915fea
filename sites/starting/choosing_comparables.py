"""Choosing the sites with which a site that is to start is compared; the level itself is recorded by `recording`."""

from collections.abc import Mapping
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.schedule import Refused
from sites.models import ComparableChoice, Site
from sites.refusals import CannotRecord
from sites.starting.history import Choice, Standing
from sites.starting.queries import Compared, Start, start_of

LONGEST_REASON = ComparableChoice._meta.get_field("reason").max_length


@transaction.atomic
def choose_comparables(*, site: Site, choices: Mapping[int, Choice], on: date, by: User | None) -> Start:
    """Record which sites are used in the comparison for a starting level, and why: all choices, or none (note 4).

    `choices` are by the key of the other site. A choice that differs from what the rule says needs a reason; one that
    says the same takes an earlier choice back. Raises CannotRecord, at the reason of the site (`reason_17`), for a
    choice without one, a site that has no days to count or belongs to another customer, and once the level is recorded.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    start = start_of(site=site, on=on)
    if start.closed:
        raise CannotRecord(Refused("CLOSED", "", f"{start.closed} The comparison stays as it is."))
    compared = {one.site.pk: one for one in start.compared}
    errors = [
        Refused("COMPARABLE", f"reason_{key}", message)
        for key, choice in choices.items()
        if (message := _fault(compared.get(key), choice))
    ]
    if errors:
        raise CannotRecord(*errors)
    for key, choice in choices.items():
        _store(site, compared[key], choice, on, by)
    return start_of(site=site, on=on)


def _differs(one: Compared, choice: Choice) -> bool:
    return choice.included is not one.judged.by_rule.is_used


def _fault(one: Compared | None, choice: Choice) -> str:
    """The sentence that refuses a choice, or an empty one."""
    if one is None:
        return "The comparison has no such site: only the customer's other sites can be compared. Leave it out."
    if not _differs(one, choice):
        return ""
    if one.judged.by_rule is Standing.NOT_REACHED:
        return f"{one.site} has not reached the limit of its level: there are no days to count. Leave it out."
    if not one.judged.by_rule.may_be_chosen:
        return f"No level is known for the first day of {one.site}: there are no days to count. Leave it out."
    if not choice.reason.strip():
        return f"Say why {one.site} is {'added' if choice.included else 'left out'}."
    if len(choice.reason.strip()) > LONGEST_REASON:
        return f"{one.site}: at most {LONGEST_REASON} characters; this reason has {len(choice.reason.strip())}."
    try:
        validate_plain_text(choice.reason)
    except ValidationError as invalid:
        return f"{one.site}: {' '.join(invalid.messages)}"
    return ""


def _store(site: Site, one: Compared, choice: Choice, on: date, by: User | None) -> None:
    """Keep a choice that differs from the rule; one on file that says the same already is kept as it was made."""
    stored = one.choice
    if not _differs(one, choice):
        if stored is not None:
            stored.delete()
        return
    reason = choice.reason.strip()
    if stored is not None and (stored.included, stored.reason) == (choice.included, reason):
        return
    ComparableChoice.objects.update_or_create(
        site=site,
        comparable=one.site,
        defaults={"included": choice.included, "reason": reason, "decided_on": on, "decided_by": by},
    )
