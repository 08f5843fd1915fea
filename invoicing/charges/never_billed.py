"""What falls into billing periods that runs have passed and was never billed: a site added or moved, a late entry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.periods import day_text
from invoicing.charges.charge import AnyCharge, Charge, ChargeKey, OneOff
from invoicing.charges.due import Due
from invoicing.charges.unbilled import Billed, new_charges
from sites.charged import Basis


@dataclass(frozen=True)
class Passed:
    """How far issued runs have billed: the latest day of a run, and the last day of a billing period they billed."""

    through: date
    last_day: date


def never_billed(*, due: Due, billed: Mapping[ChargeKey, Billed], passed: Passed | None) -> tuple[AnyCharge, ...]:
    """Return what a run bills for the first time although runs have passed its days: no regular charge of the run.

    An instalment is passed where its billing period was, what falls due once where its day was.
    """
    if passed is None:
        return ()
    return tuple(charge for charge in new_charges(due=due, billed=billed) if _is_passed(charge, passed))


def _is_passed(charge: AnyCharge, passed: Passed) -> bool:
    last_day = charge.due_on if isinstance(charge, OneOff) else charge.instalment.part.last_day
    return charge.due_on <= passed.through and last_day <= passed.last_day


def why_never_billed(*, charge: AnyCharge) -> Iterator[str]:
    """Yield why it is due, in sentences: what is on file by now was not so when its days were billed."""
    if isinstance(charge, OneOff):
        yield "Never billed: it was recorded or changed after its day was billed."
        yield charge.steps[0]
    else:
        yield f"Never billed: {_since(charge)}."


def _since(charge: Charge) -> str:
    site, period, part = charge.site, charge.period, charge.instalment.part
    late = (level for level in site.agreed if level.period_number == period.number and level.agreed_on > part.last_day)
    level = next(late, None) if charge.basis in (Basis.AGREED, Basis.STARTING) else None
    if level is not None:
        return f"its level was agreed on {day_text(level.agreed_on)}"
    whole, switched = site.charged_days(period, by_switch=False), site.charged_days(period)
    if switched.first_day > whole.first_day:
        return f"a switch is counted from {day_text(switched.first_day)}"
    ends = f" to {day_text(site.charged_through)}" if site.charged_through else ""
    return f"in service from {day_text(site.in_service_on)}{ends}"
