from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from contracts.sealing.frozen import SealedRow
from contracts.terms import Signature
from sites.hours.position import ledger_of
from sites.hours.recording import change_work, correct_work, entry_version, reverse_blocks, reverse_work
from sites.models import BlockPurchase, WorkEntry
from tests import factories, reference
from tests.sites.hours.rows import CARE, ON, PROVISIONING, bought, worked
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

DAY = date(1999, 7, 12)


def billed(entry: WorkEntry) -> WorkEntry:
    WorkEntry.objects.filter(pk=entry.pk).update(billed_on=date(1999, 7, 13))
    entry.refresh_from_db()
    return entry


def says(entry: WorkEntry, **changed) -> dict:
    """The facts of an entry with some of them changed."""
    names = ("site", "worked_on", "service", "hours", "person", "reference")
    return {name: getattr(entry, name) for name in names} | changed


def events(agreement) -> dict[int, str]:
    """What becomes of each standing entry, in words."""
    terms = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()
    ledger = ledger_of(agreement_id=agreement.pk, terms=terms, known_on=ON)
    return {key: outcome.sentence for key, outcome in ledger.outcomes.items()}


# ---- blocks


def test_buy_blocks_records_purchase_with_person_and_day(agreement, clerk):
    purchase = bought(agreement, date(1999, 6, 1), 2, reference=" PO-7 ", by=clerk)

    row = BlockPurchase.objects.get()
    assert row == purchase
    assert (row.bought_on, row.blocks, row.reference) == (date(1999, 6, 1), 2, "PO-7")
    assert (row.recorded_on, row.recorded_by, row.billed_on, row.is_demonstration) == (ON, clerk, None, False)


def test_buy_blocks_for_demonstration_sites_alone_is_demonstration_data(agreement):
    factories.site(agreement, "Reno", is_demonstration=True)
    assert bought(agreement, DAY).is_demonstration is True

    factories.site(agreement, "Mobile")
    assert bought(agreement, DAY).is_demonstration is False


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"blocks": Decimal("1.5")}, [("blocks", "1.5 is no number of blocks. Buy whole blocks.")]),
        ({"blocks": Decimal("0.5")}, [("blocks", "0.5 is no number of blocks. Buy whole blocks.")]),
        ({"blocks": 0}, [("blocks", "0 is no number of blocks. Buy whole blocks.")]),
        ({"blocks": -1}, [("blocks", "-1 is no number of blocks. Buy whole blocks.")]),
        ({"blocks": 1001}, [("blocks", "1001 blocks at once are more than 1,000. Check the number.")]),
        (
            {"day": date(1999, 7, 16)},
            [
                (
                    "bought_on",
                    "The purchase of 16 July 1999 is after 15 July 1999. Record it on the day it is made.",
                )
            ],
        ),
        (
            {"day": date(1998, 9, 30)},
            [
                (
                    "bought_on",
                    "The purchase of 30 September 1998 is before 1 October 1998, when the first annual period begins."
                    " Choose that day or a later one.",
                )
            ],
        ),
        (
            {"day": date(2000, 10, 1), "on": date(2000, 12, 1)},
            [
                (
                    "bought_on",
                    "The purchase of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC expires "
                    "(Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
                )
            ],
        ),
        ({"reference": "x" * 101}, [("reference", "At most 100 characters; the order reference has 101. Shorten it.")]),
        (
            {"reference": "a\u202eb"},
            [("reference", "Character 2 cannot be printed (U+202E). Type the text again without it.")],
        ),
    ],
)
def test_buy_blocks_refuses_naming_the_field(agreement, facts, expected):
    assert refused(bought, agreement, **({"day": DAY} | facts)) == expected


def test_as_many_blocks_of_the_same_day_are_refused_unless_another_purchase_is_meant(agreement):
    bought(agreement, DAY, 2)
    reversed_ = bought(agreement, DAY, 1)
    reverse_blocks(purchase=reversed_, reason="Ordered twice", on=ON, by=None)

    assert refused(bought, agreement, DAY, 2, allow_duplicate=False) == [
        (
            "allow_duplicate",
            "A purchase of 2 blocks on 12 July 1999 is on file. "
            "If this is another one, confirm it below and record it again.",
        )
    ]
    bought(agreement, DAY, 1, allow_duplicate=False)
    bought(agreement, DAY, 2)


def test_buy_blocks_refuses_a_day_that_no_executed_document_prices():
    unsigned = replace(reference.AMENDMENT, supplier_signature=None)
    agreement = factories.agreement(amendments=(unsigned,))

    [(place, message)] = refused(bought, agreement, DAY)

    assert place == "bought_on"
    assert message.startswith("12 July 1999 has no price yet. Amendment 1 (LNM980917MP) is not executed")


def test_reverse_blocks_keeps_the_row_and_its_reason_and_frees_what_it_covered(agreement, site, clerk):
    purchase = bought(agreement, DAY)
    entry = worked(site, DAY, "8.00")
    assert events(agreement) == {entry.pk: "8.00 h from prepaid blocks."}

    reverse_blocks(purchase=purchase, reason=" Ordered twice ", on=ON, by=clerk)

    row = BlockPurchase.objects.get()
    assert (row.reversed_on, row.reversed_by, row.reversal_reason) == (ON, clerk, "Ordered twice")
    assert events(agreement) == {entry.pk: "8.00 h by the hour."}


def test_reverse_blocks_refuses_a_missing_reason_and_a_second_time(agreement):
    purchase = bought(agreement, DAY)
    assert refused(reverse_blocks, purchase=purchase, reason=" ", on=ON, by=None) == [
        ("reason", "Say why the purchase is reversed.")
    ]
    reverse_blocks(purchase=purchase, reason="Ordered twice", on=ON, by=None)

    assert refused(reverse_blocks, purchase=purchase, reason="Again", on=ON, by=None) == [
        ("", "The purchase was reversed on 15 July 1999: Ordered twice. Enter what is right.")
    ]


def test_reverse_blocks_takes_a_billed_purchase_back(agreement):
    purchase = bought(agreement, DAY)
    BlockPurchase.objects.update(billed_on=DAY)

    reverse_blocks(purchase=purchase, reason="Ordered twice", on=ON, by=None)

    assert BlockPurchase.objects.get().reversed_on == ON
    with pytest.raises(SealedRow):
        BlockPurchase.objects.update(blocks=3)


# ---- work


def test_enter_work_records_what_was_done(site, clerk):
    entry = worked(site, DAY, "7.25", service="customer care", person="  Ann   Example ", reference=" REQ-1 ", by=clerk)

    row = WorkEntry.objects.get()
    assert row == entry
    assert (row.site, row.worked_on, row.service, row.hours) == (site, DAY, CARE, Decimal("7.25"))
    assert (row.person, row.reference, row.recorded_on, row.recorded_by) == ("Ann Example", "REQ-1", ON, clerk)
    assert (row.is_demonstration, row.billed_on, row.file) == (False, None, None)


def test_enter_work_marks_work_at_a_demonstration_site(agreement):
    assert worked(factories.site(agreement, "Reno", is_demonstration=True), DAY).is_demonstration is True


KNOWN = "Choose Provisioning/Translations or Customer Care."


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"hours": "0"}, [("hours", "0 is no amount of work. Enter more than 0 hours.")]),
        ({"hours": "-1.5"}, [("hours", "-1.5 is no amount of work. Enter more than 0 hours.")]),
        (
            {"hours": "24.01"},
            [("hours", "24.01 hours are more than a day has. Enter the hours of each day by themselves.")],
        ),
        (
            {"hours": "7.255"},
            [("hours", "7.255 has more than two decimals. Enter hundredths of an hour, such as 7.25.")],
        ),
        ({"service": "Cleaning"}, [("service", f"“Cleaning” is no service that is charged by hours. {KNOWN}")]),
        (
            {"service": "Traffic Management"},
            [
                (
                    "service",
                    "Traffic Management is included in the annual price (Appendix A, note 1) and cannot be charged.",
                )
            ],
        ),
        ({"service": " "}, [("service", "Choose the service that was done.")]),
        ({"person": " "}, [("person", "Name the person who did the work.")]),
        (
            {"person": "x" * 101},
            [("person", "At most 100 characters; the person who did the work has 101. Shorten it.")],
        ),
        (
            {"reference": "x\x07"},
            [("reference", "Character 2 cannot be printed (U+0007). Type the text again without it.")],
        ),
        (
            {"day": date(1999, 7, 16)},
            [("worked_on", "Work of 16 July 1999 is after 15 July 1999. Enter it once it has been done.")],
        ),
        (
            {"day": date(1998, 9, 30)},
            [
                (
                    "worked_on",
                    "The work of 30 September 1998 is before 1 October 1998, when the first annual period begins. "
                    "Choose that day or a later one.",
                ),
                (
                    "site",
                    "30 September 1998 is before Augusta, GA's first day in service, 1 October 1998. "
                    "Correct the date or the site.",
                ),
            ],
        ),
        (
            {"day": date(2000, 10, 1), "on": date(2000, 12, 1)},
            [
                (
                    "worked_on",
                    "The work of 1 October 2000 is after 30 September 2000, when Agreement LNS970602JC expires "
                    "(Amendment 1 (LNM980917MP), clause 1). Choose an earlier day, or extend the term.",
                )
            ],
        ),
    ],
)
def test_enter_work_refuses_naming_the_field(site, facts, expected):
    assert refused(worked, site, **({"day": DAY} | facts)) == expected


def test_enter_work_refuses_every_fault_at_once(site):
    places = [place for place, _ in refused(worked, site, date(1999, 7, 16), "0", service="Cleaning", person="")]

    assert places == ["worked_on", "hours", "service", "person"]


def test_enter_work_refuses_a_site_that_is_not_in_service(agreement):
    later = factories.site(agreement, "Lubbock", date(1999, 7, 13))
    gone = factories.site(agreement, "Reno", removed_on=date(1999, 7, 11))

    assert refused(worked, later, DAY) == [
        ("site", "12 July 1999 is before Lubbock's first day in service, 13 July 1999. Correct the date or the site.")
    ]
    assert refused(worked, gone, DAY) == [
        ("site", "12 July 1999 is after Reno's last day in service, 11 July 1999. Correct the date or the site.")
    ]
    worked(later, date(1999, 7, 13))
    worked(gone, date(1999, 7, 11))


def test_enter_work_refuses_a_site_of_another_agreement(agreement):
    other = factories.site(factories.agreement("LNS980101JC"), "Reno")

    assert refused(worked, other, DAY, agreement=agreement) == [
        ("site", "Reno is no site of agreement LNS970602JC. Choose one of its sites.")
    ]


def test_a_day_has_24_hours_for_a_person_over_all_agreements(site):
    other = factories.site(factories.agreement("LNS980101JC"), "Reno")
    worked(site, DAY, "16.00")
    worked(other, DAY, "7.50", person="ANN example")
    worked(site, DAY, "8.00", person="Bob Example")
    worked(site, date(1999, 7, 13), "24.00")

    assert refused(worked, other, DAY, "0.51") == [
        (
            "hours",
            "Ann Example has 23.50 h on file for 12 July 1999; this entry would make it 24.01 h of 24.00 h. "
            "Correct the day, the person or the hours.",
        )
    ]
    worked(other, DAY, "0.50")


def test_reversed_hours_leave_room_for_others(site):
    entry = worked(site, DAY, "24.00")
    reverse_work(entry=entry, reason="Wrong person", on=ON, by=None)

    assert worked(site, DAY, "24.00").hours == Decimal(24)


def test_work_before_the_signatures_takes_the_services_that_have_been_entered():
    late = Signature("W.H. Pittman", "Director", date(1998, 10, 20))
    agreement = factories.agreement(amendments=(replace(reference.AMENDMENT, supplier_signature=late),))
    site = factories.site(agreement, "Augusta")

    entry = worked(site, date(1998, 10, 5), service=PROVISIONING, on=date(1998, 10, 6))

    assert entry.service == PROVISIONING
    assert [place for place, _ in refused(worked, site, date(1998, 10, 5), service="x", on=date(1998, 10, 6))] == [
        "service"
    ]


def test_an_entry_sent_twice_is_refused_unless_another_one_is_meant(site):
    worked(site, DAY, "1.00")

    assert refused(worked, site, DAY, "1.00", allow_duplicate=False) == [
        (
            "allow_duplicate",
            "An entry that says the same is on file. If this is another one, confirm it below and enter it again.",
        )
    ]
    worked(site, DAY, "1.00", allow_duplicate=False, service=PROVISIONING)
    worked(site, DAY, "1.01", allow_duplicate=False)
    worked(site, DAY, "1.00")
    assert WorkEntry.objects.count() == 4


# ---- changing, correcting, reversing


def test_change_work_changes_an_entry_that_is_not_billed(agreement, site, clerk):
    entry = worked(site, DAY, on=date(1999, 7, 13))
    other = factories.site(agreement, "Reno", is_demonstration=True)
    facts = {"site": other, "worked_on": date(1999, 7, 13), "service": PROVISIONING, "hours": Decimal("24")}

    change_work(entry=entry, reason="Misread", on=ON, by=clerk, person="Bob", reference="R-2", **facts)

    row = WorkEntry.objects.get()
    assert says(row) == facts | {"person": "Bob", "reference": "R-2"}
    assert (row.recorded_on, row.recorded_by, row.is_demonstration) == (date(1999, 7, 13), None, True)


def test_change_work_does_not_count_the_entry_against_itself(site):
    entry = worked(site, DAY, "20.00")

    assert change_work(
        entry=entry, reason="Misread", on=ON, by=None, **says(entry, hours=Decimal(24))
    ).hours == Decimal(24)


def test_change_work_refuses_a_billed_entry_and_names_the_next_step(site):
    entry = billed(worked(site, DAY))

    assert refused(change_work, entry=entry, reason="Misread", on=ON, by=None, **says(entry, hours=Decimal(1))) == [
        (
            "",
            "The entry was billed on 13 July 1999 and stays as it is. "
            "Enter a correcting entry: it reverses this one and says what is right.",
        )
    ]


def test_change_work_refuses_what_entering_refuses_and_another_agreements_site(site):
    entry = worked(site, DAY)
    other = factories.site(factories.agreement("LNS980101JC"), "Reno")

    assert refused(
        change_work, entry=entry, reason="Misread", on=ON, by=None, **says(entry, hours=Decimal(0), service="x")
    ) == [
        ("hours", "0 is no amount of work. Enter more than 0 hours."),
        ("service", f"“x” is no service that is charged by hours. {KNOWN}"),
    ]
    assert refused(change_work, entry=entry, reason="Misread", on=ON, by=None, **says(entry, site=other)) == [
        ("site", "Reno is no site of agreement LNS970602JC. Choose one of its sites.")
    ]


def test_change_work_refuses_when_somebody_else_has_changed_it(site):
    entry = worked(site, DAY)
    seen = entry_version(entry)
    change_work(entry=entry, reason="Misread", on=ON, by=None, seen=seen, **says(entry, hours=Decimal(2)))

    assert refused(
        change_work, entry=entry, reason="Misread", on=ON, by=None, seen=seen, **says(entry, hours=Decimal(3))
    ) == [("", "Somebody else has changed this entry since you opened it. Look at it as it is now, then change it.")]


def test_correct_work_reverses_a_billed_entry_and_enters_what_is_right(agreement, site, clerk):
    entry = billed(worked(site, DAY, "7.25"))

    new = correct_work(entry=entry, reason=" Misread ", on=ON, by=clerk, **says(entry, hours=Decimal("2.75")))

    old = WorkEntry.objects.get(pk=entry.pk)
    assert (old.reversed_on, old.reversed_by, old.reversal_reason) == (ON, clerk, "Misread")
    assert (old.hours, old.billed_on) == (Decimal("7.25"), date(1999, 7, 13))
    assert (new.replaces, new.hours, new.billed_on, new.recorded_by) == (old, Decimal("2.75"), None, clerk)
    assert events(agreement) == {new.pk: "2.75 h by the hour."}


def test_correct_work_counts_the_day_without_the_old_entry(site):
    entry = billed(worked(site, DAY, "20.00"))

    assert correct_work(entry=entry, reason="x", on=ON, by=None, **says(entry, hours=Decimal(24))).hours == Decimal(24)


def test_correct_work_refuses_no_reason_no_difference_and_a_second_time(site):
    entry = billed(worked(site, DAY))

    assert refused(correct_work, entry=entry, reason="", on=ON, by=None, **says(entry, hours=Decimal(0))) == [
        ("reason", "Say what is wrong with the entry."),
        ("hours", "0 is no amount of work. Enter more than 0 hours."),
    ]
    assert refused(correct_work, entry=entry, reason="x", on=ON, by=None, **says(entry)) == [
        ("", "Nothing is different. Change what is wrong, or reverse the entry without a replacement.")
    ]
    correct_work(entry=entry, reason="Misread", on=ON, by=None, **says(entry, hours=Decimal(1)))
    assert refused(correct_work, entry=entry, reason="x", on=ON, by=None, **says(entry, hours=Decimal(2))) == [
        ("", "The entry was reversed on 15 July 1999: Misread. Enter what is right.")
    ]


def test_reverse_work_keeps_the_entry_with_its_reason(site, clerk):
    entry = billed(worked(site, DAY))

    reverse_work(entry=entry, reason="Never done", on=ON, by=clerk)

    row = WorkEntry.objects.get()
    assert (row.reversed_on, row.reversed_by, row.reversal_reason) == (ON, clerk, "Never done")


def test_reverse_work_refuses_a_bad_reason_and_a_reversed_entry(site):
    entry = worked(site, DAY)
    assert refused(reverse_work, entry=entry, reason="", on=ON, by=None) == [
        ("reason", "Say why the entry is reversed.")
    ]
    assert refused(reverse_work, entry=entry, reason="x" * 201, on=ON, by=None) == [
        ("reason", "At most 200 characters; the reason has 201. Shorten it.")
    ]
    reverse_work(entry=entry, reason="Never done", on=ON, by=None)
    message = "The entry was reversed on 15 July 1999: Never done. Enter what is right."
    assert refused(reverse_work, entry=entry, reason="x", on=ON, by=None) == [("", message)]
    assert refused(change_work, entry=entry, reason="Misread", on=ON, by=None, **says(entry, hours=Decimal(1))) == [
        ("", message)
    ]
