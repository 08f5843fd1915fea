from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.money import ZERO
from sites.hours.refusals import chargeable_service, purchase_refusals, work_refusals
from tests.reference import AGREEMENT, AMENDMENT, ANCHOR, LATER, SCHEDULE, agreement, amendment
from tests.sites.hours.cases import with_schedule

SERVICES = ("Provisioning/Translations", "Customer Care")
SPRING = date(1999, 3, 5)


def refused(**values) -> list[tuple[str, str, str]]:
    """Return code, field and message of each refusal of 8 h of Customer Care on 5 March 1999, with values changed."""
    given = {
        "agreement": AGREEMENT,
        "services": SERVICES,
        "worked_on": SPRING,
        "hours": Decimal("8.00"),
        "service": "Customer Care",
        "person": "A. Person",
        "known_on": LATER,
    }
    return [(each.code, each.place, each.message) for each in work_refusals(**(given | values))]


def refused_purchase(**values) -> list[tuple[str, str, str]]:
    given = {"agreement": AGREEMENT, "bought_on": SPRING, "blocks": 2, "known_on": LATER}
    return [(each.code, each.place, each.message) for each in purchase_refusals(**(given | values))]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"hours": Decimal("0.01")},
        {"hours": Decimal("24")},
        {"hours": Decimal("7.250")},  # a trailing nought is no third decimal
        {"hours": Decimal("4.00"), "hours_on_file": Decimal("20.00")},
        {"worked_on": ANCHOR},
        {"worked_on": date(2000, 9, 30)},
        {"service": "provisioning / translations"},
        {"worked_on": None, "hours": None, "service": ""},  # nothing known yet
        {"worked_on": date(1998, 10, 10), "known_on": date(1998, 10, 12)},  # the terms are not known yet
    ],
)
def test_work_that_may_be_recorded_is_not_refused(values):
    assert refused(**values) == []


@pytest.mark.parametrize(
    ("hours", "code", "message"),
    [
        ("0.00", "NOT_POSITIVE", "0.00 is no amount of work. Enter more than 0 hours."),
        ("-1.00", "NOT_POSITIVE", "-1.00 is no amount of work. Enter more than 0 hours."),
        ("NaN", "NOT_POSITIVE", "NaN is no amount of work. Enter more than 0 hours."),
        ("Infinity", "NOT_POSITIVE", "Infinity is no amount of work. Enter more than 0 hours."),
        (
            "24.01",
            "MORE_THAN_A_DAY",
            "24.01 hours are more than a day has. Enter the hours of each day by themselves.",
        ),
        ("1E+40", "MORE_THAN_A_DAY", "1E+40 hours are more than a day has. Enter the hours of each day by themselves."),
        (
            "7.125",
            "MORE_THAN_TWO_DECIMALS",
            "7.125 has more than two decimals. Enter hundredths of an hour, such as 7.25.",
        ),
        (
            "0.001",
            "MORE_THAN_TWO_DECIMALS",
            "0.001 has more than two decimals. Enter hundredths of an hour, such as 7.25.",
        ),
    ],
)
def test_hours_are_hundredths_of_one_day(hours, code, message):
    assert refused(hours=Decimal(hours)) == [(code, "hours", message)]


def test_person_has_no_more_than_a_day():
    assert refused(hours=Decimal("4.01"), hours_on_file=Decimal("20.00")) == [
        (
            "MORE_THAN_A_DAY",
            "hours",
            "A. Person has 20.00 h on file for 5 March 1999; this entry would make it 24.01 h of 24.00 h. "
            "Correct the day, the person or the hours.",
        )
    ]
    ((_code, _place, message),) = refused(worked_on=None, person="", hours_on_file=Decimal("24.00"))
    assert message == (
        "The person has 24.00 h on file for that day; this entry would make it 32.00 h of 24.00 h. "
        "Correct the day, the person or the hours."
    )


def test_work_lies_within_the_term():
    assert refused(worked_on=date(1998, 9, 30)) == [
        (
            "BEFORE_FIRST_PERIOD",
            "worked_on",
            "The work of 30 September 1998 is before 1 October 1998, when the first annual period begins. "
            "Choose that day or a later one.",
        )
    ]
    assert refused(worked_on=date(2000, 10, 1)) == [
        (
            "AFTER_EXPIRATION",
            "worked_on",
            "The work of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC expires "
            "(Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
        )
    ]


def test_term_is_the_one_known_on_the_day():
    extended = agreement(amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30)))
    endless = replace(AGREEMENT, original_expires_on=None, amendments=(replace(AMENDMENT, expires_on=None),))

    assert refused(agreement=extended, worked_on=date(2000, 10, 1)) == []
    assert refused(agreement=endless, worked_on=date(2010, 10, 1)) == []
    ((code, _place, _message),) = refused(agreement=extended, worked_on=date(2000, 10, 1), known_on=date(2000, 8, 31))
    assert code == "AFTER_EXPIRATION"


@pytest.mark.parametrize(
    ("service", "services", "code", "message"),
    [
        (
            "Painting",
            SERVICES,
            "UNKNOWN_SERVICE",
            "“Painting” is no service that is charged by hours. Choose Provisioning/Translations or Customer Care.",
        ),
        (
            "Customer Care",
            (),
            "UNKNOWN_SERVICE",
            "The price schedule charges no service by hours. Enter its services by an amendment.",
        ),
        (
            "traffic management",
            SERVICES,
            "INCLUDED_IN_ANNUAL_PRICE",
            "Traffic Management is included in the annual price (Appendix A, note 1) and cannot be charged.",
        ),
    ],
)
def test_service_is_one_that_the_schedule_charges(service, services, code, message):
    assert refused(service=service, services=services) == [(code, "service", message)]


def test_included_service_is_refused_even_where_a_schedule_charges_it_by_hours():
    ((code, _place, _message),) = refused(service="Traffic Management", services=(*SERVICES, "Traffic Management"))

    assert code == "INCLUDED_IN_ANNUAL_PRICE"


def test_included_service_needs_no_clause_to_be_named():
    included = tuple(replace(each, clause="") for each in SCHEDULE.included)
    terms = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=replace(SCHEDULE, included=included)),))

    ((_code, _place, message),) = refused(agreement=terms, service="Network Management")

    assert message == "Network Management is included in the annual price and cannot be charged."


@pytest.mark.parametrize("worked_on", [None, date(1998, 9, 30)])
def test_included_service_is_unknown_where_no_schedule_says_so(worked_on):
    codes = [code for code, _place, _message in refused(service="Traffic Management", worked_on=worked_on)]

    assert codes[-1] == "UNKNOWN_SERVICE"


def test_every_refusal_is_told_at_once():
    found = refused(hours=ZERO, worked_on=date(2000, 10, 1), service="Painting")

    assert [(code, place) for code, place, _message in found] == [
        ("NOT_POSITIVE", "hours"),
        ("AFTER_EXPIRATION", "worked_on"),
        ("UNKNOWN_SERVICE", "service"),
    ]


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ("Customer Care", "Customer Care"),
        ("CUSTOMER_CARE", "Customer Care"),
        (" provisioning /  translations ", "Provisioning/Translations"),
        ("Customer", None),
        ("", None),
    ],
)
def test_chargeable_service_is_spelled_as_the_schedule_spells_it(service, found):
    assert chargeable_service(services=SERVICES, service=service) == found


@pytest.mark.parametrize(
    "values", [{}, {"blocks": Decimal("1.00")}, {"blocks": None, "bought_on": None}, {"bought_on": date(2000, 9, 30)}]
)
def test_purchase_that_may_be_recorded_is_not_refused(values):
    assert refused_purchase(**values) == []


@pytest.mark.parametrize("blocks", ["0", "-1", "0.5", "1.5", "NaN", "Infinity"])
def test_blocks_are_whole(blocks):
    assert refused_purchase(blocks=Decimal(blocks)) == [
        ("NOT_WHOLE_BLOCKS", "blocks", f"{blocks} is no number of blocks. Buy whole blocks.")
    ]


def test_purchase_lies_within_the_term_and_has_a_price():
    assert refused_purchase(bought_on=date(1998, 9, 30)) == [
        (
            "BEFORE_FIRST_PERIOD",
            "bought_on",
            "The purchase of 30 September 1998 is before 1 October 1998, when the first annual period begins. "
            "Choose that day or a later one.",
        )
    ]
    assert [code for code, _place, _message in refused_purchase(bought_on=date(2000, 10, 1))] == ["AFTER_EXPIRATION"]
    assert refused_purchase(agreement=with_schedule(block_price=None)) == [
        (
            "BLOCK_NOT_PRICED",
            "bought_on",
            "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) states no block of hours. "
            "Enter it by an amendment.",
        )
    ]
    ((code, _place, message),) = refused_purchase(bought_on=date(1998, 10, 10), known_on=date(1998, 10, 12))
    assert code == "BLOCK_NOT_PRICED"
    assert message == (
        "No price schedule on file, as known on 12 October 1998, covers 10 October 1998 under Agreement LNS970602JC. "
        "Amendment 1 (LNM980917MP) was executed on 20 October 1998 only. "
        "Enter the document that prices this day, or choose another day."
    )
