"""What is wrong with the hours and the integration of an agreement file, each with its place."""

from datetime import date

import pytest

from contracts.models import Agreement
from sites.models import BlockPurchase, IntegrationOrder, Site, WorkEntry
from tests import factories
from tests.sites.agreement_files.fact_rows import (
    DAY,
    entry,
    every_fact,
    order,
    purchase,
    quotation,
    refused_facts,
    reversed_on,
    with_facts,
    without_hours,
)
from tests.sites.agreement_files.files import exported, load, refused, renamed
from tests.sites.hours.rows import worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement() -> Agreement:
    return load(with_facts()).agreement


@pytest.fixture
def reno(agreement) -> Site:
    return Site.objects.get(city="Reno")


KNOWN = "Choose Provisioning/Translations or Customer Care."


def test_facts_are_judged_by_the_rules_of_every_other_fact(agreement):
    load(with_facts() | {"sites": [{"city": "Waco", "removed_on": "1999-12-31"}]})

    assert refused_facts(
        blocks=[purchase("1998-09-30")],
        work=[
            entry(hours="0.00"),
            entry(service="Cleaning", person="Dee"),
            entry(service="Traffic Management", person="Eli"),
            entry(service="customer care", person="Fay"),
            entry(site="Nowhere"),
            entry(site="Waco", date="2000-01-03"),
            entry(date="2000-10-01", person="Bob"),
            entry(hours="24.50", person="Cho"),
        ],
        orders=[
            order("2000-10-01"),
            order("1999-11-02", site="Waco", completed_on="1999-11-01"),
            order("1999-11-02", site="Nowhere"),
            order("1999-11-03", site="Waco", quotation="Q-9", duplicate_reason="Second switch"),
        ],
        quotations=[quotation(site="Nowhere", price="0.00")],
    ) == [
        "blocks[0].bought_on: The purchase of 30 September 1998 is before 1 October 1998, when the first annual "
        "period begins. Choose that day or a later one.",
        "work[0].hours: 0.00 is no amount of work. Enter more than 0 hours.",
        f"work[1].service: “Cleaning” is no service that is charged by hours. {KNOWN}",
        "work[2].service: Traffic Management is included in the annual price (Appendix A, note 1) and cannot be "
        "charged.",
        'work[3].service: Write "Customer Care", as the price schedule does.',
        'work[4].site: "Nowhere" is no site of the file or on file.',
        "work[5].site: 3 January 2000 is after Waco's last day in service, 31 December 1999. "
        "Correct the date or the site.",
        "work[6].date: The work of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC expires "
        "(Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
        "work[7].hours: 24.50 hours are more than a day has. Enter the hours of each day by themselves.",
        'quotations[0].site: "Nowhere" is no site of the file or on file.',
        "quotations[0].price: 0.00 is no price. Give the amount that the quotation states.",
        'orders[3].quotation: "Q-9" is no quotation for Waco, in the file or on file.',
        "orders[0].ordered_on: The order of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC "
        "expires (Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
        "orders[1].completed_on: The cutover of 1 November 1999 is before its order of 2 November 1999. "
        "Correct one of the two.",
        'orders[2].site: "Nowhere" is no site of the file or on file.',
    ]


@pytest.mark.parametrize(
    ("section", "row", "place"),
    [
        ("blocks", purchase(blocks=1.5), "blocks[0].blocks"),
        ("blocks", purchase(blocks=0), "blocks[0].blocks"),
        ("work", entry(hours="7.255"), "work[0].hours"),
        ("work", entry(hours=7.25), "work[0].hours"),
        ("work", entry(hours="-1.00"), "work[0].hours"),
        ("work", {"date": "1999-07-12"}, "work[0].site"),
        ("work", entry(number=1), "work[0].number"),
        ("work", entry(reversed={"on": "1999-07-13"}), "work[0].reversed.reason"),
        ("orders", {"site": "Reno"}, "orders[0].ordered_on"),
        ("quotations", {"number": "Q-1"}, "quotations[0].site"),
    ],
)
def test_form_of_facts_is_checked(section, row, place):
    assert refused_facts(**{section: [row]})[0].startswith(f"{place}: ")


def test_rows_that_say_the_same_are_numbered():
    again = "is in the file twice. Keep one of them, or give the second"

    assert refused_facts(
        blocks=[purchase()] * 2,
        work=[entry(), entry(hours="1.00"), entry(person="Bob", number=3)],
        orders=[order()] * 2,
    ) == [
        f'blocks[1]: The purchase of blocks 1999-01-04 {again} "number": 2.',
        f'work[1]: The work entry 1999-07-12, Reno, Customer Care, Ann Example {again} "number": 2.',
        f'orders[1]: The order of integration 1999-11-01, Reno {again} "number": 2.',
        "work[2].number: There is no work entry number 2 that says the same. Number them from 1.",
    ]


def test_a_second_order_of_a_site_needs_its_reason(agreement):
    load(with_facts(orders=[order()]))

    assert refused_facts(orders=[order("1999-12-01")]) == [
        "orders[0].duplicate_reason: System integration of Reno is ordered more than once. "
        "This is missing: say why it is ordered again."
    ]
    load(with_facts(orders=[order("1999-12-01", duplicate_reason="Second switch")]))
    assert IntegrationOrder.objects.count() == 2


def test_facts_to_come_are_refused():
    problems = refused(
        with_facts(
            blocks=[purchase("1999-07-16")],
            work=[entry(date="1999-07-16"), entry(reversed={"on": "1999-07-16", "reason": "x"})],
            orders=[order("1999-07-01", completed_on="1999-07-16")],
        ),
        on=date(1999, 7, 15),
    )

    later = "1999-07-16 is after 1999-07-15. Load what has happened by then, and the rest when it has."
    places = ("blocks[0].bought_on", "work[0].date", "work[1].reversed.on", "orders[0].completed_on")
    assert [problem for problem in problems if "is after 1999-07-15" in problem] == [
        f"{place}: {later}" for place in places
    ]


def test_a_day_has_24_hours_over_the_file_and_all_agreements(agreement, reno):
    worked(factories.site(factories.agreement("LNS980101JC"), "Elsewhere"), DAY, "10.00")
    load(with_facts(work=[entry(hours="10.00", reference="R-1")]))
    gone = reversed_on("1999-07-20")

    assert refused_facts(work=[entry(hours="4.00"), entry(hours="0.01", reference="R-2")]) == [
        "work[1].hours: With this entry the person would have 24.01 h on 12 July 1999; a day has 24. "
        "Correct the day, the person or the hours."
    ]
    load(with_facts(work=[entry(hours="10.00", reference="R-1", **gone), entry(hours="14.00", reference="R-2")]))
    assert WorkEntry.objects.filter(reversed_on=None).count() == 2


def test_an_entry_replaces_a_reversed_one_and_that_once():
    gone = reversed_on("1999-07-20")
    text_of = "1999-07-12, Reno, Customer Care, Ann Example"

    assert refused_facts(work=[entry(person="Bob", replaces=without_hours())]) == [
        f"work[0].replaces: There is no work entry {text_of} in the file or on file."
    ]
    assert refused_facts(work=[entry(), entry(person="Bob", replaces=without_hours())]) == [
        f"work[1].replaces: The work entry {text_of} is not reversed. Only a reversed one is replaced."
    ]
    message = f"Another work entry already replaces {text_of}. Keep one of them."
    both = [entry(**gone), entry(person="Bob", replaces=without_hours()), entry(person="Cho", replaces=without_hours())]
    assert refused_facts(work=both) == [f"work[1].replaces: {message}", f"work[2].replaces: {message}"]


def test_a_purchase_and_an_order_replace_what_was_taken_back():
    gone = reversed_on("1999-07-20")
    day, ordered = {"bought_on": "1999-07-12"}, order("1999-07-12")
    stands = "is not reversed. Only a reversed one is replaced."

    assert refused_facts(
        blocks=[day | {"blocks": 1}, day | {"blocks": 1, "number": 2, "replaces": day}],
        orders=[ordered, ordered | {"number": 2, "duplicate_reason": "Again", "replaces": ordered}],
    ) == [
        f"blocks[1].replaces: The purchase of blocks 1999-07-12 {stands}",
        f"orders[1].replaces: The order of integration 1999-07-12, Reno {stands}",
    ]
    load(
        with_facts(
            blocks=[day | {"blocks": 1} | gone, day | {"blocks": 1, "number": 2, "replaces": day}],
            orders=[ordered | gone, ordered | {"number": 2, "replaces": ordered}],
        )
    )
    for model in (BlockPurchase, IntegrationOrder):
        first, second = model.objects.order_by("pk")
        assert (first.replaces, second.replaces) == (None, first)
    document = exported()
    assert [row.get("replaces") for row in document["blocks"]] == [None, day]
    assert [row.get("replaces") for row in document["orders"]] == [None, ordered]


def test_an_order_replaces_one_of_its_own_site():
    ordered, other = order("1999-07-12"), order("1999-07-13", site="Macon", replaces=order("1999-07-12"))

    message = (
        "The order of integration 1999-07-12, Reno is for another site than this one, and cannot be replaced by it."
    )
    assert f"orders[1].replaces: {message}" in refused_facts(orders=[ordered | reversed_on("1999-07-20"), other])


def test_a_quotation_number_of_another_agreement_is_refused(agreement, reno):
    every_fact(agreement, reno)

    document = renamed(exported(), "LNS-2")
    del document["work"]

    assert refused(document) == [
        "quotations[0].number: Quotation Q-1 is on file for another agreement. Check the number."
    ]


def test_repeats_and_later_facts_are_found_although_other_parts_are_wrong():
    document = with_facts(
        work=[entry(), entry(), entry(reference=7), entry(date="2001-01-01")], blocks=[{"bought_on": "x", "blocks": 1}]
    )

    assert [problem.split(":")[0] for problem in refused(document)] == [
        "blocks[0].bought_on",
        "work[2].reference",
        "work[1]",
        "work[3].date",
    ]
