"""G14: eight people enter the next amendment of one agreement at once, and then its price schedule."""

from collections import Counter
from dataclasses import replace
from datetime import date

from django.db.models import Count

from contracts.amendments.amending import CannotAmend, draft_amendment, enter_schedule
from contracts.models import Agreement, Amendment, PriceSchedule
from tests import reference
from tests.faults import cases, taking_out
from tests.faults.outcome import Outcome, failures
from tests.faults.scratch import Scratch
from tests.faults.workers import apart, race

TITLE = "amendments entered at once"
ON = date(2000, 6, 1)
SCHEDULE = replace(reference.LOWER, levels=reference.LOWER.levels[:2])


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Enter both at once; each agreement has one amendment more, with one schedule, and the others are told why."""
    scratch.fresh()
    rounds, writers = (300, 8) if full else (6, 8)
    created = cases.agreements(rounds, sites=0)
    if control:
        apart(without_constraints)
    outcome = Outcome()
    for act, message in ((enter_amendment, "amendments"), (enter_prices, "schedules")):
        ended = race(
            lambda number, act=act: act(created[number]),
            writers=writers,
            rounds=rounds,
            prepare=taking_out.locks if control else None,
        )
        outcome.damage += failures(ended)
        outcome.damage += sum((unexpected(process.value) for process in ended), Counter())
        stored = sum(result == "stored" for process in ended for result in process.value or ())
        outcome.figures |= {f"{message} stored": stored, f"{message} refused": rounds * writers - stored}
    outcome.figures = {"agreements": rounds, "writers": writers, **outcome.figures}
    outcome.damage += damage(rounds)
    return outcome


def without_constraints() -> None:
    """Drop what would refuse the second one."""
    taking_out.constraints(Amendment, "amendment_number_once")
    taking_out.constraints(PriceSchedule, "schedule_one_per_amendment")


def enter_amendment(agreement: Agreement) -> str:
    """Enter Amendment 2."""
    return _said(
        draft_amendment,
        agreement=agreement,
        number=2,
        contract_number="LNM-2",
        effective_on=date(2000, 10, 1),
        from_expires_on=reference.EXPIRES_ON,
        expires_on=date(2002, 9, 30),
    )


def enter_prices(agreement: Agreement) -> str:
    """Enter the price schedule of Amendment 2."""
    amendment = Amendment.objects.filter(agreement=agreement, number=2).earliest("pk")
    return _said(enter_schedule, agreement=agreement, amendment=amendment, schedule=SCHEDULE)


def _said(event, **values) -> str:
    try:
        event(**values, on=ON, by=None)
    except CannotAmend as refused:
        return " ".join(refusal.code for refusal in refused.refused)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "stored"


def unexpected(results: list[str] | None) -> Counter[str]:
    """Count the answers that no person should see: whoever came second is told that there is one already."""
    known = {"stored", "DUPLICATE_NUMBER", "HAS_SCHEDULE"}
    return Counter(f"answered {result[:80]}" for result in results or () if result not in known)


def damage(rounds: int) -> Counter[str]:
    """Count agreements that have none or several of what they should have one of."""
    amendments = Counter(Amendment.objects.filter(number=2).values_list("agreement_id", flat=True))
    schedules = Counter(PriceSchedule.objects.exclude(amendment__number=1).values_list("amendment_id", flat=True))
    torn = (
        PriceSchedule.objects.exclude(amendment__number=1)
        .annotate(rows=Count("levels"))
        .exclude(rows=len(SCHEDULE.levels))
    )
    return Counter(
        {
            "agreement without its amendment": rounds - len(amendments),
            "amendment stored several times": sum(times > 1 for times in amendments.values()),
            "amendment without its schedule": rounds - len(schedules),
            "schedule stored several times": sum(times > 1 for times in schedules.values()),
            "schedule without its rows": torn.count(),
        }
    )
