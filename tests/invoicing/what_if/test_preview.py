"""What a run would correct, laid out by site, annual period, instalment and earlier document: plain values only."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.periods import DaySpan
from invoicing.charges.charge import ONLY_PART, ChargeKey, SiteFacts
from invoicing.charges.due import due_through
from invoicing.charges.hours import BLOCK
from invoicing.charges.unbilled import Billed, BilledPart, adjustments, unbilled
from invoicing.documents.calculation import adjustment_steps
from invoicing.what_if.compare import Amounts
from invoicing.what_if.preview import Earlier, Preview, corrections_preview, touching
from tests import reference

LATE = reference.amendment(
    2, date(1999, 1, 1), schedule=reference.LOWER, schedule_clause="Table 2", signed_on=date(1999, 3, 10)
)
FEBRUARY = date(1999, 2, 28)
NUMBERS = tuple(f"INV-0000{number}" for number in range(1, 6))
EARLIER = {
    number: Earlier(number, key, period)
    for key, (number, period) in enumerate(
        zip(
            (*NUMBERS, "CN-00001"),
            ("October 1998", "November 1998", "December 1998", "January 1999", "February 1999", "x"),
            strict=True,
        ),
        start=11,
    )
}
OPENING = "Every site is charged at this level in the first annual period, whatever its counts."


def due(sites, agreement=reference.AGREEMENT, through=FEBRUARY):
    return due_through(agreement=agreement, sites=sites, through=through, known_on=reference.LATER)


def billed_through_february(*sites: SiteFacts) -> dict[ChargeKey, Billed]:
    """What the five invoices to February have billed."""
    documents = unbilled(due=due(sites), billed={}, sites={site.key: site for site in sites})
    return reference.with_documents({}, documents, names=NUMBERS)


def preview(billed, sites, *, agreement=reference.AGREEMENT, through=FEBRUARY, earlier=EARLIER) -> Preview:
    now, by_key = due(sites, agreement, through), {site.key: site for site in sites}
    return corrections_preview(
        corrections=adjustments(due=now, billed=billed, sites=by_key),
        documents=unbilled(due=now, billed=billed, sites=by_key),
        earlier=earlier,
        currency="USD",
    )


def causes(shown: Preview) -> list[tuple[str, ...]]:
    return [alike.of for site in shown.sites for period in site.rows for alike in period.rows]


AKRON, BOISE = reference.site(1, name="Akron"), reference.site(2, name="Boise")


def test_a_retroactive_amendment_is_shown_by_document_site_and_instalment():
    shown = preview(billed_through_february(AKRON, BOISE), [AKRON, BOISE], agreement=reference.agreement(LATE))

    # Billed 13,583.33 for January and 13,583.34 for February; due 12,904.17 and 12,904.16.
    january, february = (
        Amounts(Decimal("13583.33"), Decimal("12904.17")),
        Amounts(Decimal("13583.34"), Decimal("12904.16")),
    )
    assert [(each.of.number, len(each.rows), each.amounts) for each in shown.documents] == [
        ("INV-00004", 2, Amounts(Decimal("27166.66"), Decimal("25808.34"))),
        ("INV-00005", 2, Amounts(Decimal("27166.68"), Decimal("25808.32"))),
    ]
    akron, boise = shown.sites
    (period,) = akron.rows
    (alike,) = period.rows
    assert (akron.of, period.of.number) == (AKRON, 1)
    assert period.of.span == DaySpan(date(1998, 10, 1), date(1999, 9, 30))
    assert [(part.days, part.what, part.amounts) for part in alike.rows] == [
        ("January 1999", "instalment 4", january),
        ("February 1999", "instalment 5", february),
    ]
    assert [document.key for document in alike.rows[0].documents] == [14]
    assert alike.of == ("Very Small at 154,850.00 a year (Amendment 2 (LNM-2), Table 2).", OPENING)
    assert akron.amounts.difference == period.amounts.difference == boise.amounts.difference == Decimal("-1358.34")
    assert (shown.parts, shown.amounts) == (4, Amounts(Decimal("54333.34"), Decimal("51616.66")))
    assert shown.outcome == "a credit note of 2,716.68 USD with 2 lines"


def test_documents_and_sites_add_up_to_the_whole():
    shown = preview(billed_through_february(AKRON, BOISE), [AKRON, BOISE], agreement=reference.agreement(LATE))

    for parts in (shown.documents, shown.sites):
        assert sum(part.amounts.before for part in parts) == shown.amounts.before
        assert sum(part.amounts.after for part in parts) == shown.amounts.after


def test_the_difference_goes_on_the_next_invoice_where_one_is_drafted():
    shown = preview(
        billed_through_february(AKRON), [AKRON], agreement=reference.agreement(LATE), through=date(1999, 3, 31)
    )

    # March costs 12,904.17, less 1,358.34.
    assert shown.outcome == "1 line on the invoice for March 1999, which comes to 11,545.83 USD"


def test_a_correction_above_the_next_charges_makes_a_credit_note_of_them():
    gone = replace(AKRON, in_service_on=date(1999, 2, 1))
    shown = preview(billed_through_february(AKRON), [gone], through=date(1999, 3, 31))

    # 67,916.67 was billed to February and 13,583.33 is due for it; March costs 13,583.34.
    assert shown.outcome == "1 line beside the charges of March 1999, which come to a credit note of 40,750.00 USD"


def test_a_level_agreed_late_is_a_positive_difference_with_its_basis():
    late = replace(AKRON, agreed=(reference.agreed(2, "MEDIUM", date(1999, 12, 10)),))
    was = unbilled(due=due([AKRON], through=date(1999, 11, 30)), billed={}, sites={1: AKRON})
    numbers = [f"N{position}" for position in range(len(was))]
    billed = reference.with_documents({}, was, names=tuple(numbers))
    earlier = {number: Earlier(number, key) for key, number in enumerate(numbers)}

    shown = preview(billed, [late], through=date(1999, 11, 30), earlier=earlier)

    # 40,833.33 due for two months, 27,166.67 billed.
    assert (str(shown.amounts.before), str(shown.amounts.after), str(shown.amounts.difference)) == (
        "27166.67",
        "40833.33",
        "13666.66",
    )
    assert causes(shown) == [
        (
            "Medium at 245,000.00 a year (Amendment 1 (LNM980917MP), Appendix A, table).",
            "Both parties agreed this level for the annual period.",
        )
    ]
    assert shown.outcome == "an invoice of 13,666.66 USD with 1 line"


def test_nothing_to_correct_is_an_empty_preview():
    assert preview(billed_through_february(AKRON), [AKRON]) == Preview()


# ---- why nothing is due any more -------------------------------------------------------------------------------------


def gone(site: SiteFacts | None = None, agreement=reference.AGREEMENT) -> list[str]:
    """The causes where Akron, billed through February, is now this site, or none."""
    shown = preview(billed_through_february(AKRON), [site] if site else [], agreement=agreement)
    return [message for each in causes(shown) for message in each if message.startswith("Nothing is due")]


def test_a_later_first_day_is_named_and_the_part_of_a_month_too():
    moved = replace(AKRON, in_service_on=date(1998, 11, 15))
    shown = preview(billed_through_february(AKRON), [moved])

    assert gone(moved) == ["Nothing is due any more: the site is in service from 15 November 1998."]
    november = next(alike for alike in shown.sites[0].rows[0].rows if alike.rows[0].days == "November 1998")
    assert november.of[-1] == "Service from 15 November 1998 to 30 November 1998."


def test_the_end_of_charges_is_named():
    ended = replace(AKRON, charged_through=date(1999, 1, 31))

    assert gone(ended) == ["Nothing is due any more: charges for the site end on 31 January 1999."]


def test_a_removal_before_the_period_is_named():
    removed = replace(AKRON, removed_on=date(1998, 9, 30))

    assert gone(removed) == ["Nothing is due any more: the site was removed on 30 September 1998."]


def test_a_site_that_is_gone_and_days_without_a_price_say_what_is_known():
    assert gone() == ["Nothing is due any more: no site or price on file calls for it."]


def test_an_earlier_end_of_the_term_is_named_with_its_document():
    shorter = reference.amendment(2, date(1998, 10, 1), expires_on=date(1999, 1, 31), expiration_clause="clause 1")
    now = due([AKRON], reference.agreement(shorter), through=date(1999, 1, 31))
    billed = billed_through_february(AKRON)

    shown = corrections_preview(
        corrections=adjustments(due=now, billed=billed, sites={1: AKRON}),
        documents=(),
        earlier=EARLIER,
        currency="USD",
    )

    assert causes(shown) == [
        ("Nothing is due any more: the term ends on 31 January 1999 (Amendment 2 (LNM-2), clause 1).",)
    ]
    assert shown.outcome == ""


def test_a_term_that_ends_within_a_month_is_named_with_the_document_that_ends_it():
    shorter = reference.amendment(2, date(1998, 10, 1), expires_on=date(1999, 1, 15), expiration_clause="clause 1")
    now = due([AKRON], reference.agreement(shorter), through=date(1999, 1, 15))
    (correction,) = adjustments(due=now, billed=billed_through_february(AKRON), sites={1: AKRON})

    shown = corrections_preview(corrections=[correction], documents=(), earlier=EARLIER, currency="USD")

    # January still has a price, and its source is that of the price; the end of the term is that of the amendment.
    ends = "he term ends on 15 January 1999 (Amendment 2 (LNM-2), clause 1)"
    january, february = causes(shown)
    assert january[-1] == f"T{ends}."
    assert february == (f"Nothing is due any more: t{ends}.",)
    assert f"Nothing is due any more for instalment 5: t{ends}." in adjustment_steps(correction)


def test_a_term_that_no_longer_reaches_an_annual_period_is_named():
    shorter = reference.amendment(2, date(1998, 10, 1), expires_on=date(1999, 8, 31), expiration_clause="clause 1")
    was = unbilled(due=due([AKRON], through=date(1999, 10, 31)), billed={}, sites={1: AKRON})
    billed = reference.with_documents({}, was, names=tuple(f"N{number}" for number in range(len(was))))
    now = due([AKRON], reference.agreement(shorter), through=date(1999, 8, 31))

    corrections = adjustments(due=now, billed=billed, sites={1: AKRON})

    ends = "the term ends on 31 August 1999 (Amendment 2 (LNM-2), clause 1)."
    assert [adjustment_steps(each)[-2] for each in corrections] == [
        f"Nothing is due any more for instalment 12: {ends}",
        f"Nothing is due any more for instalment 1: {ends}",
    ]


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ([(date(1998, 10, 1), 0)], "the site's switch is counted as 0 on 1 October 1998"),
        ([(date(1998, 9, 1), 0), (date(1999, 1, 1), 1)], "the site's switch is counted as 0 until 31 December 1998"),
    ],
)
def test_a_switch_counted_as_0_is_named(counts, why):
    none = replace(AKRON, switch_counts=tuple(counts))
    corrections = adjustments(due=due([none]), billed=billed_through_february(AKRON), sites={1: none})

    assert set(gone(none)) == {f"Nothing is due any more: {why}."}
    assert any(step.endswith(f": {why}.") for step in adjustment_steps(corrections[0]))


# ---- credits, waivers and what falls due once ------------------------------------------------------------------------


def test_what_was_credited_and_not_waived_is_due_again():
    billed = billed_through_february(AKRON)
    (key,) = billed
    october = billed[key].parts[1]
    credited = BilledPart(october.amount - 500, (*october.documents, "CN-00001"), Decimal("200.00"))
    billed[key] = replace(billed[key], parts={**billed[key].parts, 1: credited})
    earlier = EARLIER | {"CN-00001": Earlier("CN-00001", 20, by_credit=True)}

    shown = preview(billed, [AKRON], earlier=earlier)

    ((part,),) = [alike.rows for alike in shown.sites[0].rows[0].rows]
    assert (str(part.amounts.before), str(part.amounts.after), str(part.waived)) == ("13083.33", "13383.33", "200.00")
    assert part.causes[-2:] == (
        "Taken back by CN-00001; what was not waived is due again.",
        "200.00 of it was waived.",
    )
    assert [each.of.number for each in shown.documents] == ["INV-00001"]  # the first that billed it


def test_what_several_documents_billed_is_counted_under_the_first():
    billed = billed_through_february(AKRON, BOISE)
    key = ChargeKey.of_site(AKRON.key, 1)
    january = billed[key].parts[4]
    credited = BilledPart(january.amount - 500, (*january.documents, "CN-00001"), Decimal("500.00"))
    billed[key] = replace(billed[key], parts={**billed[key].parts, 4: credited})
    earlier = EARLIER | {"CN-00001": Earlier("CN-00001", 20, by_credit=True)}

    shown = preview(billed, [AKRON, BOISE], agreement=reference.agreement(LATE), earlier=earlier)

    assert [(each.of.number, len(each.rows)) for each in shown.documents] == [("INV-00004", 2), ("INV-00005", 2)]
    first = shown.sites[0].rows[0].rows[0]
    assert [document.number for document in first.rows[0].documents] == ["INV-00004", "CN-00001"]
    assert not any("due again" in cause for cause in first.of)  # it falls: nothing of it is due again


def test_what_falls_due_once_is_named_by_its_description():
    key = ChargeKey(BLOCK, 7)
    was = Billed(
        parts={ONLY_PART: BilledPart(Decimal("243000.00"), ("INV-00002",))},
        description="2 blocks of 1,500 prepaid hours",
        days=DaySpan(date(1998, 11, 5), date(1998, 11, 5)),
    )
    shown = preview({key: was}, [AKRON], through=date(1998, 11, 30))

    (site,) = shown.sites
    ((part,),) = [alike.rows for alike in site.rows[0].rows]
    assert site.of is None
    assert (part.what, part.days) == ("2 blocks of 1,500 prepaid hours", "5 November 1998")
    assert part.causes == ("Nothing is due any more: the purchase was reversed.",)
    assert part.amounts == Amounts(Decimal("243000.00"), Decimal("0.00"))


def test_touching_finds_the_parts_of_one_document():
    billed, sites = billed_through_february(AKRON), {1: AKRON}
    now = due([AKRON], reference.agreement(LATE))
    corrections = adjustments(due=now, billed=billed, sites=sites)

    assert [part.number for part in touching(corrections=corrections, number="INV-00005")] == [5]
    assert touching(corrections=corrections, number="INV-00001") == ()
