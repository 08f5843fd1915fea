"""What falls due once: blocks of hours, hours by the hour, system integration."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.readings import BlockCompletion, BlockCount, Minimum, Timing
from invoicing.charges.charge import ANNUAL, ONLY_PART, ChargeKey, OneOff
from invoicing.charges.due import Due, due_through
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.charges.integration import INTEGRATION
from invoicing.charges.unbilled import unbilled
from invoicing.documents.calculation import recompute
from sites.hours.entries import Purchase, Work
from sites.integration.prices import CompletedOrder, Quoted
from tests.reference import AGREEMENT, LATER, SCHEDULE, agreed, agreement, amendment, site, with_documents

HOURS_CLAUSE = "Amendment 1 (LNM980917MP), Appendix A, hours"
NOTE_5 = "Amendment 1 (LNM980917MP), Appendix A, note 5"
JULY = date(1999, 7, 8)
AMES = site(name="Ames, IA")


def bought(day: date, blocks: int = 1, *, key: int = 1) -> Purchase:
    return Purchase(key, day, blocks)


def worked(day: date, hours: str, *, key: int = 1, reference: str = "") -> Work:
    return Work(key, day, Decimal(hours), AMES.key, "Customer Care", "A. Person", reference)


def ordered(day: date, *, key: int = 1, quotation: Quoted | None = None) -> CompletedOrder:
    return CompletedOrder(key, AMES.key, day, quotation)


def due(*events, through: date = date(2000, 9, 30), of=AGREEMENT, known_on: date = LATER, sites=(AMES,)) -> Due:
    facts = {
        kind: tuple(event for event in events if isinstance(event, value))
        for kind, value in ((BLOCK, Purchase), (HOURS, Work), (INTEGRATION, CompletedOrder))
    }
    return due_through(agreement=of, sites=sites, through=through, known_on=known_on, facts=facts)


def once(found: Due) -> list[OneOff]:
    return [charge for charge in found.charges if isinstance(charge, OneOff)]


def only(*events, **options) -> OneOff:
    """The one charge of what happened; computed again from what is stored of it, it is the same."""
    (charge,) = once(due(*events, **options))
    assert recompute(json.loads(json.dumps(charge.facts))) == charge.amount
    return charge


# ---- blocks ------------------------------------------------------------------------------------------------------


def test_two_blocks_cost_243000_and_say_why():
    charge = only(bought(date(1998, 11, 5), 2))

    assert (charge.key, charge.part) == (ChargeKey(BLOCK, 1), ONLY_PART)
    assert (str(charge.amount), charge.quantity, str(charge.unit_price)) == ("243000.00", Decimal(2), "121500.00")
    assert (charge.description, charge.source) == ("2 blocks of 1,500 prepaid hours", HOURS_CLAUSE)
    assert (charge.due_on, charge.site, charge.period.number) == (date(1998, 11, 5), None, 1)
    assert charge.steps == (
        f"2 blocks bought on 5 November 1998: 1,500 hours each, for all sites ({HOURS_CLAUSE}).",
        "2 × 121,500.00 is 243,000.00.",
    )


def test_block_costs_what_the_schedule_of_its_day_says():
    dearer = replace(SCHEDULE, hours=replace(SCHEDULE.hours, block_price=Decimal("125000.00")))
    of = agreement(amendment(2, date(1999, 3, 1), schedule=dearer))
    found = due(bought(date(1999, 2, 28)), bought(date(1999, 3, 1), key=2), of=of)

    assert [str(charge.amount) for charge in once(found)] == ["121500.00", "125000.00"]
    assert [charge.source for charge in once(found)] == [HOURS_CLAUSE, "Amendment 2 (LNM-2), Appendix A, hours"]


def test_block_that_the_schedule_does_not_price_is_a_notice_and_undecided():
    unpriced = replace(SCHEDULE, hours=replace(SCHEDULE.hours, block_price=None))
    found = due(bought(date(1999, 3, 5)), of=agreement(amendment(2, date(1999, 3, 1), schedule=unpriced)))

    assert (once(found), found.undecided) == ([], {ChargeKey(BLOCK, 1)})
    assert found.notices == (
        "1 block bought on 5 March 1999: nothing is billed. The price schedule in force (Amendment 2 (LNM-2)) states "
        "no block of hours. Enter it by an amendment.",
    )


# ---- hours -------------------------------------------------------------------------------------------------------


def test_hours_after_the_first_of_july_are_charged_by_the_hour():
    charge = only(worked(JULY, "7.75", reference="TT-4711"))

    assert (charge.key, charge.site, charge.due_on) == (ChargeKey(HOURS, 1), AMES, JULY)
    assert (str(charge.amount), charge.quantity, str(charge.unit_price)) == ("627.75", Decimal("7.75"), "81.00")
    assert (charge.description, charge.source) == ("Customer Care, TT-4711", HOURS_CLAUSE)
    assert charge.steps == (
        f"7.75 h of Customer Care on 8 July 1999 by A. Person ({HOURS_CLAUSE}).",
        "Hourly prices were open: month 10 of the annual period had begun.",
        "7.75 h × 81.00 an hour is 627.75.",
    )


@pytest.mark.parametrize(
    ("hours", "amount", "charged"),
    [("0.50", "81.00", "1.00 h"), ("0.99", "81.00", "1.00 h"), ("1.00", "81.00", None), ("1.25", "101.25", None)],
)
def test_entry_by_the_hour_is_charged_at_least_one_hour(hours, amount, charged):
    charge = only(worked(JULY, hours))

    assert str(charge.amount) == amount
    message = [step for step in charge.steps if step.startswith("The entry is charged at least")]
    assert [step.split(". ")[0] for step in message] == (
        [f"The entry is charged at least 1.00 h: {charged} are charged"] if charged else []
    )


def test_minimum_of_a_month_is_charged_to_its_first_entry():
    of = agreement(minimum=Minimum.PER_MONTH)
    charge = only(worked(JULY, "0.40"), worked(date(1999, 7, 20), "0.30", key=2), of=of)

    # 0.40 h and 0.30 h share one hour: all of it is charged with the first entry.
    assert (charge.key.subject, str(charge.amount)) == (1, "81.00")
    assert charge.steps[2].startswith("The hourly work of the month is charged at least 1.00 h: 1.00 h are charged.")


def test_hours_that_share_a_minimum_keep_what_was_done_before_and_others_do_not():
    entries = [worked(JULY, "0.25"), worked(JULY, "0.50", key=2), worked(JULY, "1.00", key=3)]
    first, third = once(due(*entries, of=agreement(minimum=Minimum.PER_MONTH)))

    # 1.00, 0.00 and 0.75 h are charged.
    assert [recompute(json.loads(json.dumps(charge.facts))) for charge in (first, third)] == [
        Decimal("81.00"),
        Decimal("60.75"),
    ]
    kept = {name: Decimal(hours) for name, hours in first.facts["before"].items()}
    assert kept == {"prepaid": 0, "hourly": 0, "billed": 0}
    assert third.facts["before"] == {"prepaid": "0.00", "hourly": "0.75", "billed": "1.00"}
    assert not any("before" in charge.facts for charge in once(due(*entries)))


def test_hours_that_a_block_covers_in_part_are_charged_for_the_rest():
    found = due(bought(date(1998, 11, 5)), worked(JULY, "1499.60"), worked(date(1999, 7, 9), "2.00", key=2))
    block, rest = once(found)

    # 0.40 h are left of the block: 1.60 h x 81.00 = 129.60
    assert (str(block.amount), str(rest.amount)) == ("121500.00", "129.60")
    assert rest.key == ChargeKey(HOURS, 2)
    assert rest.steps[1] == "0.40 h were prepaid in blocks, 1.60 h were not."
    assert recompute(rest.facts) == rest.amount


def test_entry_that_a_block_covers_in_part_is_topped_up_as_a_whole():
    found = due(bought(date(1998, 11, 5)), worked(JULY, "1499.60"), worked(date(1999, 7, 9), "0.50", key=2))
    _block, rest = once(found)

    # 0.40 h prepaid and 0.10 h by the hour make one hour, of which 0.60 h are charged: 48.60
    assert (str(rest.amount), rest.quantity) == ("48.60", Decimal("0.60"))
    assert rest.steps[3].startswith("The entry is charged at least 1.00 h: 0.60 h are charged.")
    assert recompute(rest.facts) == rest.amount


def test_prepaid_hours_are_no_charge():
    assert [charge.key.kind for charge in once(due(bought(date(1998, 11, 5)), worked(JULY, "7.75")))] == [BLOCK]


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        ({}, "Hourly prices were open: 10 blocks had been completed in the annual period."),
        (
            {"block_count": BlockCount.WHOLE_TERM},
            "Hourly prices were open: 10 blocks had been completed in the term.",
        ),
        (
            {"block_completion": BlockCompletion.PURCHASED},
            "Hourly prices were open: 10 blocks had been bought in the annual period.",
        ),
    ],
)
def test_hours_after_the_tenth_block_say_what_opened_hourly_prices(readings, sentence):
    used = worked(date(1998, 12, 1), "15000.00")
    found = due(bought(date(1998, 11, 5), 10), used, worked(date(1998, 12, 2), "2.00", key=2), of=agreement(**readings))
    _blocks, hourly = once(found)

    assert (str(hourly.amount), hourly.steps[1]) == ("162.00", sentence)
    assert recompute(hourly.facts) == hourly.amount


def test_hours_that_wait_for_a_block_are_a_notice_and_no_charge():
    found = due(worked(date(1999, 2, 10), "7.50"), worked(date(1999, 3, 10), "2.00", key=2), through=date(1999, 2, 28))

    assert (once(found), found.undecided) == ([], frozenset())
    assert found.notices == (
        "7.50 h worked through 28 February 1999 wait for a block of hours: nothing is billed for them. "
        "Buy a block to cover them.",
    )


def test_hours_of_a_day_without_terms_are_a_notice_and_undecided():
    late = replace(AGREEMENT, amendments=(replace(AGREEMENT.amendments[0], effective_on=date(1998, 11, 1)),))
    found = due(worked(date(1998, 10, 15), "2.00"), through=date(1998, 11, 30), of=late, sites=(AMES,))

    assert found.undecided == {ChargeKey(HOURS, 1)}
    assert found.notices[-1].startswith(
        "2.00 h worked on 15 October 1998: nothing is billed. No price schedule on file"
    )


def test_an_included_service_is_never_charged_whoever_recorded_it():
    entry = Work(1, JULY, Decimal("7.75"), AMES.key, "Traffic Management", "A. Person")
    found = due(entry)

    assert once(found) == []
    included = "Traffic Management is included in the annual price (Appendix A, note 1) and cannot be charged"
    assert found.notices == (
        f"7.75 h worked on 8 July 1999: nothing is billed. {included}. Reverse the entry, or correct its service.",
    )
    assert found.uncharged == {ChargeKey(HOURS, 1): f"the entry stands, and {included}"}
    assert due(entry, through=date(1999, 7, 7)).notices == ()


# ---- system integration ------------------------------------------------------------------------------------------


def test_integration_of_a_very_small_site_costs_100000():
    charge = only(ordered(date(1999, 2, 20)))

    assert (charge.key, charge.site, charge.due_on) == (
        ChargeKey(INTEGRATION, 1),
        AMES,
        date(1999, 2, 20),
    )
    assert (str(charge.amount), charge.quantity, charge.unit_price) == ("100000.00", None, None)
    assert (charge.description, charge.source) == ("System integration (turnover/cutover)", NOTE_5)
    assert charge.steps == (
        "Cutover completed on 20 February 1999, the site charged at Very Small in the annual period.",
        f"Once per site: 100,000.00 ({NOTE_5}).",
    )


def test_a_second_integration_says_that_it_was_ordered_once_more_and_why():
    again = replace(ordered(date(1999, 6, 20), key=2), again_because="The switch was moved to another building.")
    first, second = once(due(ordered(date(1999, 2, 20)), again, through=date(1999, 6, 30)))

    assert first.steps[1:] == (f"Once per site: 100,000.00 ({NOTE_5}).",)
    assert second.steps[1:] == (
        "Ordered once more for the same site, confirmed with the reason: The switch was moved to another building.",
        f"For this cutover: 100,000.00 ({NOTE_5}).",
    )
    assert second.facts["again_because"] == "The switch was moved to another building."
    assert "again_because" not in first.facts
    assert recompute(second.facts) == second.amount == first.amount


MEDIUM = site(name="Ames, IA", agreed=(agreed(2, "MEDIUM", date(1999, 9, 15)),))
QUOTED = Quoted("Q-17", Decimal("135000.00"), date(2000, 1, 10))


@pytest.mark.parametrize(
    ("quotation", "known_on", "sentence"),
    [
        (
            None,
            LATER,
            "The price schedule states no price for system integration at a Medium site (Appendix A, note 5). "
            "Attach a quotation with its own price that both parties have signed.",
        ),
        (
            QUOTED,
            date(2000, 1, 9),
            "Quotation Q-17 is not signed by both parties yet. Record both signatures first.",
        ),
    ],
)
def test_integration_of_a_medium_site_without_an_executed_quotation_is_undecided(quotation, known_on, sentence):
    through = date(1999, 12, 31)
    found = due(ordered(date(1999, 12, 5), quotation=quotation), sites=(MEDIUM,), through=through, known_on=known_on)

    assert (once(found), found.undecided) == ([], {ChargeKey(INTEGRATION, 1)})
    assert found.notices == (f"System integration of Ames, IA: nothing is billed. {sentence}",)


def test_integration_of_a_medium_site_costs_what_its_executed_quotation_says():
    charge = only(ordered(date(1999, 12, 5), quotation=QUOTED), sites=(MEDIUM,), known_on=date(2000, 1, 10))

    assert (str(charge.amount), charge.source) == ("135000.00", "Quotation Q-17")
    assert charge.steps[1] == "Once per site: 135,000.00 (Quotation Q-17)."
    assert charge.facts == {"rule": "integration", "level": "MEDIUM", "price": "135000.00", "quotation": "Q-17"}


def test_quotation_beside_a_stated_price_is_left_aside():
    charge = only(ordered(date(1999, 2, 20), quotation=QUOTED))

    assert (str(charge.amount), charge.source, charge.facts["quotation"]) == ("100000.00", NOTE_5, "")


def test_integration_completed_on_a_day_that_is_not_on_file_is_undecided():
    found = due(ordered(date(1998, 9, 20)), through=date(1998, 10, 31))

    assert (once(found), found.undecided) == ([], {ChargeKey(INTEGRATION, 1)})
    assert found.notices[0].startswith("System integration of Ames, IA: nothing is billed. No price schedule on file")


# ---- days --------------------------------------------------------------------------------------------------------


def test_nothing_is_due_and_nothing_said_before_its_day():
    facts = (bought(date(1999, 2, 10)), ordered(date(2000, 3, 1)), worked(JULY, "2.00"))
    before = due(*facts, through=date(1999, 2, 9), sites=(AMES,))
    on_the_day = due(*facts, through=date(1999, 2, 10))
    medium = due(ordered(date(1999, 12, 5)), through=date(1999, 12, 4), sites=(MEDIUM,))

    assert (once(before), len(before.later)) == ([], 2)  # the block covers the work
    assert [charge.key.kind for charge in once(on_the_day)] == [BLOCK]
    assert (medium.notices, medium.undecided) == ((), {ChargeKey(INTEGRATION, 1)})


def test_what_was_billed_is_not_taken_back_by_a_run_through_an_earlier_date():
    of = agreement(timing=Timing.IN_ADVANCE)
    facts = (bought(date(1999, 2, 10)), ordered(date(1999, 2, 20)))
    found = due(*facts, through=date(1999, 2, 28), of=of)
    billed = with_documents({}, unbilled(due=found, billed={}, sites={1: AMES}))

    earlier = due(*facts, through=date(1999, 2, 15), of=of)

    assert unbilled(due=earlier, billed=billed, sites={1: AMES}) == ()


def test_what_has_no_price_any_more_stands_as_it_was_billed():
    """The site turns out to have been Medium in the annual period: the schedule prices no integration of that size."""
    at_first = due(ordered(date(1999, 12, 5)), through=date(1999, 12, 31))
    billed = with_documents({}, unbilled(due=at_first, billed={}, sites={1: AMES}))
    assert str(billed[ChargeKey(INTEGRATION, 1)].amount) == "100000.00"

    after = due(ordered(date(1999, 12, 5)), through=date(1999, 12, 31), sites=(MEDIUM,))
    (document,) = unbilled(due=after, billed=billed, sites={1: MEDIUM})

    assert [adjustment.key.kind for adjustment in document.adjustments] == [ANNUAL]
    assert len(after.notices) == 1


def test_what_did_not_happen_after_all_is_credited_with_its_own_clause():
    found = due(bought(date(1999, 2, 10)), through=date(1999, 2, 28))
    billed = with_documents({}, unbilled(due=found, billed={}, sites={1: AMES}))

    (document,) = unbilled(due=due(through=date(1999, 2, 28)), billed=billed, sites={1: AMES})

    (adjustment,) = document.adjustments
    assert (str(adjustment.amount), adjustment.site, adjustment.source) == ("-121500.00", None, HOURS_CLAUSE)
    assert adjustment.documents == ("D0-5",)
    assert str(document.part) == "February 1999"
