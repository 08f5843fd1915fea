"""What holds for every history of purchases and work, on a schedule small enough that blocks are used up quickly."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.money import ZERO
from contracts.readings import BlockCompletion, BlockCount, Minimum
from sites.hours.entries import Purchase, Work
from tests.reference import ANCHOR, LATER, agreement, bounded
from tests.sites.hours.cases import ledger, with_schedule

SMALL = {"block_hours": 10, "opens_after_blocks": 2}
DAYS = [ANCHOR + timedelta(days=30 * number) for number in (-1, 0, 1, 2, 5, 8, 9, 10, 11, 12, 13, 20, 24, 25)]
days = st.sampled_from(DAYS)
choices = st.fixed_dictionaries(
    {
        "block_count": st.sampled_from(BlockCount),
        "block_completion": st.sampled_from(BlockCompletion),
        "minimum": st.sampled_from(Minimum),
    }
)
purchases = st.lists(st.tuples(days, st.integers(1, 3)), max_size=6).map(
    lambda drawn: [Purchase(key, day, blocks) for key, (day, blocks) in enumerate(drawn)]
)
work = st.lists(
    st.tuples(days, st.one_of(st.integers(0, 120), st.integers(0, 2400), st.sampled_from([999, 1000, 1001, 2000]))),
    max_size=12,
).map(lambda drawn: [Work(key, day, Decimal(hours).scaleb(-2)) for key, (day, hours) in enumerate(drawn)])


@bounded
@given(purchases, work, choices)
def test_every_hour_is_accounted_for(purchases, work, choices):
    found = ledger(*purchases, *work, terms=with_schedule(agreement(**choices), **SMALL))

    for outcome in found.outcomes.values():
        parts = (outcome.prepaid, outcome.hourly, outcome.waiting)
        assert sum(parts) == outcome.work.hours
        assert min(parts) >= 0
        assert not (outcome.hourly and outcome.waiting)
    for row in found.rows:
        assert min(row.balance, row.waiting) >= 0
    drawn = sum((outcome.prepaid for outcome in found.outcomes.values()), ZERO)
    brought = sum((each.hours for each in found.purchases.values()), ZERO)
    assert drawn + found.balance_on(LATER) == brought
    assert sum((row.hours_in for row in found.rows), ZERO) == brought
    assert sum((row.hours_out for row in found.rows), ZERO) == drawn
    assert sum((block.used for block in found.blocks), ZERO) == drawn


@bounded
@given(purchases, work, choices)
def test_blocks_are_used_up_one_after_the_other(purchases, work, choices):
    found = ledger(*purchases, *work, terms=with_schedule(agreement(**choices), **SMALL))

    completed = [block.completed_on for block in found.blocks if block.completed_on]
    assert completed == sorted(completed)
    assert [block.left == 0 for block in found.blocks] == [block.completed_on is not None for block in found.blocks]
    started = [block for block in found.blocks if block.used]
    assert started == list(found.blocks[: len(started)])
    assert all(block.completed_on for block in started[:-1])
    for day in DAYS:  # at the end of a day nobody waits beside prepaid hours
        assert not (found.balance_on(day) and found.waiting_on(day))


@bounded
@given(purchases, work, choices, st.randoms(use_true_random=False))
def test_order_in_which_events_are_given_does_not_matter(purchases, work, choices, random):
    terms = with_schedule(agreement(**choices), **SMALL)
    shuffled = [*purchases, *work]
    random.shuffle(shuffled)

    assert ledger(*shuffled, terms=terms) == ledger(*purchases, *work, terms=terms)


@bounded
@given(purchases, work, choices, days)
def test_later_event_never_changes_what_earlier_work_is_charged(purchases, work, choices, through):
    terms = with_schedule(agreement(**choices), **SMALL)
    whole = ledger(*purchases, *work, terms=terms)
    known = [event for event in purchases if event.bought_on <= through]
    part = ledger(*known, *(entry for entry in work if entry.worked_on <= through), terms=terms)

    for key, outcome in part.outcomes.items():
        later = whole.outcomes[key]
        assert (outcome.hourly, outcome.billed, outcome.opened_by) == (later.hourly, later.billed, later.opened_by)
        assert outcome.waiting >= later.waiting
    assert part.rows == tuple(row for row in whole.rows if row.day <= through)


@bounded
@given(purchases, work, choices)
def test_charge_is_at_least_the_work_and_at_most_the_minimum_more(purchases, work, choices):
    each, month = (
        ledger(*purchases, *work, terms=with_schedule(agreement(**choices | {"minimum": minimum}), **SMALL))
        for minimum in (Minimum.PER_ENTRY, Minimum.PER_MONTH)
    )

    for outcome in each.outcomes.values():
        whole = outcome.prepaid + outcome.billed
        assert (whole >= 1 and outcome.billed >= outcome.hourly) if outcome.hourly else outcome.billed == 0
        assert outcome.billed == outcome.hourly or whole == 1
    together, alone, as_worked = (
        sum((getattr(outcome, what) for outcome in found.outcomes.values()), ZERO)
        for found, what in ((month, "billed"), (each, "billed"), (each, "hourly"))
    )
    assert as_worked <= together <= alone
