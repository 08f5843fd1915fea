from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.amendments.amending import (
    CannotAmend,
    copy_schedule_in_force,
    discard_amendment,
    discard_schedule,
    draft_amendment,
    enter_schedule,
    execute_agreement,
    record_signature,
)
from contracts.models import Agreement, Amendment, ComponentLimit, PriceSchedule
from contracts.schedule import NOT_STATED, Limit, LimitKind
from contracts.sealing.frozen import SealedRow
from contracts.terms import NotExecuted, NotOnFile, TermsFound, terms_on
from tests import factories, reference

pytestmark = pytest.mark.django_db

ON = date(2000, 6, 1)
END = date(2000, 9, 30)


def drafted(agreement, number=2, **changed) -> Amendment:
    values = {
        "contract_number": "LNM000601MP",
        "effective_on": date(2000, 10, 1),
        "from_expires_on": END,
        "expires_on": date(2002, 9, 30),
    }
    return draft_amendment(agreement=agreement, number=number, on=ON, by=None, **(values | changed))


def signed(amendment, side="customer", signed_on=date(2000, 5, 30), on=ON, **changed) -> Amendment:
    values = {"name": "Ann Example", "title": "President"} | changed
    return record_signature(amendment=amendment, side=side, signed_on=signed_on, on=on, by=None, **values)


def refused(call, *args, **kwargs) -> list[tuple[str, str]]:
    """Return place and sentence of every refusal of a call, which must be refused."""
    with pytest.raises(CannotAmend) as caught:
        call(*args, **kwargs)
    return [(refusal.place, refusal.message) for refusal in caught.value.refused]


# ---- drafting


def test_draft_amendment_stores_what_was_entered_unsigned(agreement):
    row = Amendment.objects.get(pk=drafted(agreement, expiration_clause="clause 1").pk)

    assert (row.number, row.contract_number, row.effective_on) == (2, "LNM000601MP", date(2000, 10, 1))
    assert (row.from_expires_on, row.expires_on, row.expiration_clause) == (END, date(2002, 9, 30), "clause 1")
    assert (row.executed_on, row.customer_signed_on, row.supplier_signed_on) == (None, None, None)


@pytest.mark.parametrize(
    ("number", "changed", "expected"),
    [
        (1, {"from_expires_on": date(2000, 7, 22)}, [("number", "Amendment 1 is already on file. The next is 2.")]),
        (3, {}, [("number", "Amendment 2 comes next, not 3.")]),
        (
            2,
            {"from_expires_on": date(2000, 7, 22)},
            [
                (
                    "from_expires_on",
                    "The amendment extends from 22 July 2000, but the expiration on file is 30 September 2000. "
                    "Correct one of the two.",
                )
            ],
        ),
        (
            2,
            {"contract_number": "x" * 41},
            [("contract_number", "Ensure this value has at most 40 characters (it has 41).")],
        ),
        (2, {"expires_on": None}, [("", "Give the new expiration as well as the one it extends from.")]),
    ],
)
def test_draft_amendment_refuses_naming_the_field(agreement, number, changed, expected):
    assert refused(drafted, agreement, number, **changed) == expected
    assert Amendment.objects.count() == 1


def test_draft_amendment_reports_two_faults_at_once(agreement):
    places = [place for place, _message in refused(drafted, agreement, 5, from_expires_on=None)]

    assert places == ["number", "from_expires_on"]


# ---- schedules


def test_copy_schedule_in_force_takes_every_cell(agreement):
    copied = copy_schedule_in_force(amendment=drafted(agreement), on=ON, by=None)

    row = PriceSchedule.objects.with_table().get(pk=copied.pk)
    assert row.as_schedule() == reference.SCHEDULE
    assert (row.clause, row.executed_on, row.amendment.number) == ("Appendix A, table", None, 2)


def test_copy_schedule_in_force_leaves_an_open_copy_and_the_sealed_original(agreement):
    amendment = drafted(agreement)
    copied = copy_schedule_in_force(amendment=amendment, on=ON, by=None)

    copied.levels.filter(code="SMALL").update(annual_price=Decimal("210000.00"))

    original = PriceSchedule.objects.get(amendment__number=1)
    with pytest.raises(SealedRow):
        original.levels.filter(code="SMALL").update(annual_price=Decimal("210000.00"))
    assert original.levels.get(code="SMALL").annual_price == Decimal("198000.00")


def test_copy_schedule_in_force_takes_the_schedule_known_on_the_day(agreement):
    second = drafted(agreement, effective_on=date(1999, 10, 1))
    dearer = replace(reference.SCHEDULE, levels=(replace(reference.VERY_SMALL, annual_price=Decimal("170000.00")),))
    enter_schedule(agreement=agreement, amendment=second, schedule=dearer, on=ON, by=None)
    third = drafted(agreement, 3, from_expires_on=date(2002, 9, 30), expires_on=date(2003, 9, 30))

    before = copy_schedule_in_force(amendment=third, on=ON, by=None)

    assert before.levels.count() == 5
    before.included_services.all().delete()
    before.hour_services.all().delete()
    for level in before.levels.all():
        level.limits.all().delete()
    before.levels.all().delete()
    before.components.all().delete()
    before.delete()
    signed(signed(second), "supplier")
    assert copy_schedule_in_force(amendment=third, on=ON, by=None).levels.count() == 1


def test_copy_schedule_in_force_refuses_where_nothing_is_in_force():
    agreement = factories.agreement(amendments=())
    amendment = drafted(agreement, 1, from_expires_on=date(2000, 7, 22))

    [(place, message)] = refused(copy_schedule_in_force, amendment=amendment, on=ON, by=None)

    assert place == "copy_schedule"
    assert message.startswith("There is no schedule to copy. No price schedule on file covers 22 July 2000")


def test_copy_schedule_in_force_refuses_a_second_schedule(agreement):
    amendment = drafted(agreement)
    copy_schedule_in_force(amendment=amendment, on=ON, by=None)

    assert refused(copy_schedule_in_force, amendment=amendment, on=ON, by=None) == [
        ("schedule", "Amendment 2 (LNM000601MP) already has a price schedule. Change its rows instead.")
    ]


def test_enter_schedule_refuses_an_executed_amendment(agreement):
    amendment = agreement.amendments.get()

    [(place, message)] = refused(
        enter_schedule, agreement=agreement, amendment=amendment, schedule=reference.SCHEDULE, on=ON, by=None
    )

    assert (place, message) == (
        "executed_on",
        "Amendment 1 (LNM980917MP) was executed on 20 October 1998 and is sealed. Enter the next amendment instead.",
    )


def test_enter_schedule_seals_the_original_appendix_of_an_executed_agreement(agreement):
    row = enter_schedule(agreement=agreement, amendment=None, schedule=reference.SCHEDULE, on=ON, by=None)

    assert row.executed_on == agreement.executed_on
    with pytest.raises(SealedRow):
        row.levels.update(annual_price=0)


# ---- signatures


def test_record_signature_stores_one_side_and_executes_with_the_other(agreement):
    amendment = drafted(agreement)
    schedule = copy_schedule_in_force(amendment=amendment, on=ON, by=None)

    first = signed(amendment, "supplier", date(2000, 5, 31), name=" Bob Example ", title="")
    assert (first.supplier_signer, first.supplier_signer_title, first.executed_on) == ("Bob Example", "", None)

    second = signed(amendment, "customer", date(2000, 5, 30))
    assert second.executed_on == date(2000, 5, 31)
    schedule.refresh_from_db()
    assert schedule.executed_on == date(2000, 5, 31)


def test_record_signature_seals_the_amendment_and_its_schedule(agreement):
    amendment = drafted(agreement)
    schedule = copy_schedule_in_force(amendment=amendment, on=ON, by=None)
    signed(amendment, "supplier")
    signed(amendment, "customer")
    amendment.refresh_from_db()

    amendment.contract_number = "other"
    for change in (amendment.save, schedule.levels.all().delete, amendment.delete):
        with pytest.raises(SealedRow):
            change()


def test_record_signature_refuses_a_party_that_has_signed(agreement):
    amendment = drafted(agreement)
    signed(amendment, name="Typing Error")

    assert refused(signed, amendment, name="Ann Example") == [
        (
            "customer_signed_on",
            "Typing Error signed Amendment 2 (LNM000601MP) for the customer on 30 May 2000. "
            "Withdraw that signature first, with a reason.",
        )
    ]
    amendment.refresh_from_db()
    assert amendment.customer_signer == "Typing Error"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"signed_on": date(2000, 6, 2)},
            (
                "customer_signed_on",
                "The signature of the customer is dated 2 June 2000, which is after 1 June 2000. "
                "Record it once it has happened.",
            ),
        ),
        ({"name": "  "}, ("customer_signer", "Name the person who signed for the customer.")),
        ({"name": "x" * 101}, ("customer_signer", "Ensure this value has at most 100 characters (it has 101).")),
        (
            {"title": "a\x07"},
            ("customer_signer_title", "Character 2 cannot be printed (U+0007). Type the text again without it."),
        ),
    ],
)
def test_record_signature_refuses_naming_the_field(agreement, changed, expected):
    amendment = drafted(agreement)

    assert refused(signed, amendment, **changed) == [expected]
    amendment.refresh_from_db()
    assert (amendment.customer_signer, amendment.customer_signed_on) == ("", None)


def test_record_signature_refuses_an_executed_amendment(agreement):
    [(place, message)] = refused(signed, agreement.amendments.get())

    assert place == "executed_on"
    assert message.startswith("Amendment 1 (LNM980917MP) was executed on 20 October 1998 and is sealed.")


def test_record_signature_knows_two_sides_only(agreement):
    with pytest.raises(ValueError, match="'witness' is neither customer nor supplier"):
        signed(drafted(agreement), "witness")


def with_limit(level, code, limit):
    return replace(level, limits={**level.limits, code: limit})


def test_enter_schedule_refuses_every_error_with_its_place(agreement):
    amendment = drafted(agreement)
    small = with_limit(reference.SMALL, "GE", Limit(LimitKind.RANGE, 15, 25))
    opening = replace(reference.SCHEDULE.opening, starting_level="TINY")
    wrong = replace(reference.SCHEDULE, levels=(reference.VERY_SMALL, small, *reference.LEVELS[2:]), opening=opening)

    assert refused(enter_schedule, agreement=agreement, amendment=amendment, schedule=wrong, on=ON, by=None) == [
        ("starting level", "The starting level TINY is no row of the schedule."),
        ("gateway elements", "gateway elements: 15 is in Very Small and in Small."),
    ]
    assert not amendment.schedules.exists()


def test_record_signature_refuses_a_schedule_with_errors_and_keeps_it_open(agreement):
    amendment = drafted(agreement)
    schedule = copy_schedule_in_force(amendment=amendment, on=ON, by=None)
    ComponentLimit.objects.filter(level__schedule=schedule, level__code="SMALL", component__code="GE").update(lower=15)

    assert refused(signed, amendment, "customer") == [
        ("gateway elements", "gateway elements: 15 is in Very Small and in Small.")
    ]
    amendment.refresh_from_db()
    assert (amendment.executed_on, amendment.customer_signer) == (None, "")


def test_record_signature_passes_over_warnings(agreement):
    amendment = drafted(agreement)
    gap = with_limit(reference.SMALL, "GE", Limit(LimitKind.RANGE, 18, 25))
    cheaper = replace(reference.MEDIUM, annual_price=Decimal("1.00"))
    blank = with_limit(reference.LARGE, "SLC", NOT_STATED)
    schedule = replace(reference.SCHEDULE, levels=(reference.VERY_SMALL, gap, cheaper, blank))
    enter_schedule(agreement=agreement, amendment=amendment, schedule=schedule, on=ON, by=None)
    signed(amendment, "supplier")

    assert signed(amendment, "customer").executed_on == date(2000, 5, 30)


def test_draft_amendment_refuses_to_take_effect_before_the_one_before_it(agreement):
    [(place, message)] = refused(drafted, agreement, effective_on=date(1998, 9, 30))

    assert place == "effective_on"
    assert message.startswith("The amendment would take effect on 30 September 1998, before Amendment 1 (LNM980917MP)")


def test_record_signature_refuses_an_effective_date_that_has_moved_since(agreement):
    second = drafted(agreement)
    drafted(agreement, 3, from_expires_on=None, expires_on=None)
    Amendment.objects.filter(pk=second.pk).update(effective_on=date(2000, 10, 2))

    [(place, message)] = refused(signed, second, "supplier")

    assert place == "effective_on"
    assert "would take effect on 2 October 2000, after Amendment 3 (LNM000601MP) on 1 October 2000." in message


def test_record_signature_executes_nothing_under_an_agreement_that_is_not_executed():
    agreement = open_agreement()
    amendment = drafted(agreement, 1, from_expires_on=None, expires_on=None)
    signed(amendment, "supplier")

    assert refused(signed, amendment, "customer") == [
        (
            "agreement",
            "Agreement OPEN-1, which Amendment 1 (LNM000601MP) changes, is not executed. "
            "Record the agreement's own execution first.",
        )
    ]
    amendment.refresh_from_db()
    assert (amendment.executed_on, amendment.customer_signer) == (None, "")

    execute_agreement(agreement=agreement, executed_on=date(1997, 9, 5), on=ON, by=None)
    assert signed(amendment, "customer").executed_on == date(2000, 5, 30)


@pytest.mark.parametrize("signatures", [0, 1])
def test_each_signature_refuses_an_expiration_that_has_moved_since(signatures):
    agreement = factories.agreement(amendments=())
    first = drafted(agreement, 1, effective_on=date(1998, 10, 1), from_expires_on=date(2000, 7, 22), expires_on=END)
    second = drafted(agreement, 2)
    for _ in range(signatures):
        signed(second, "supplier")
    Amendment.objects.filter(pk=first.pk).update(expires_on=date(2000, 12, 31))

    assert refused(signed, second, "customer") == [
        (
            "from_expires_on",
            "Amendment 2 (LNM000601MP) extends from 30 September 2000, but the expiration on file is 31 December 2000. "
            "Correct one of the two.",
        )
    ]


# ---- the agreement itself


def open_agreement() -> Agreement:
    row = factories.agreement(amendments=())
    Agreement.objects.bulk_create(
        [
            Agreement(
                number="OPEN-1",
                dated_on=date(1997, 9, 4),
                supplier=row.supplier,
                customer=row.customer,
                first_period_starts_on=date(1998, 10, 1),
            )
        ]
    )
    return Agreement.objects.get(number="OPEN-1")


def test_own_schedule_prices_from_the_execution_of_the_agreement_on():
    agreement = open_agreement()
    enter_schedule(agreement=agreement, amendment=None, schedule=reference.SCHEDULE, on=ON, by=None)

    def asked(known_on=ON):
        terms = Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()
        return type(terms_on(agreement=terms, service_on=reference.ANCHOR, known_on=known_on))

    assert asked() is NotExecuted
    execute_agreement(agreement=agreement, executed_on=date(1997, 9, 5), on=ON, by=None)
    assert (asked(date(1997, 9, 4)), asked(date(1997, 9, 5))) == (NotOnFile, TermsFound)


def test_execute_agreement_seals_its_terms_and_its_own_schedule():
    agreement = open_agreement()
    schedule = enter_schedule(agreement=agreement, amendment=None, schedule=reference.SCHEDULE, on=ON, by=None)
    assert schedule.executed_on is None

    executed = execute_agreement(agreement=agreement, executed_on=date(1997, 9, 5), on=ON, by=None)

    schedule.refresh_from_db()
    assert (executed.executed_on, schedule.executed_on) == (date(1997, 9, 5), date(1997, 9, 5))
    executed.number = "OTHER"
    with pytest.raises(SealedRow):
        executed.save()


@pytest.mark.parametrize(
    ("executed_on", "expected"),
    [
        (
            date(2000, 6, 2),
            "The execution is dated 2 June 2000, which is after 1 June 2000. Record it once it has happened.",
        ),
    ],
)
def test_execute_agreement_refuses_a_later_day(executed_on, expected):
    assert refused(execute_agreement, agreement=open_agreement(), executed_on=executed_on, on=ON, by=None) == [
        ("executed_on", expected)
    ]


def test_execute_agreement_refuses_a_second_time(agreement):
    [(place, message)] = refused(execute_agreement, agreement=agreement, executed_on=ON, on=ON, by=None)

    assert place == "executed_on"
    assert message == (
        "Agreement LNS970602JC was executed on 4 September 1997 and is sealed. Enter an amendment instead."
    )


def test_execute_agreement_refuses_a_schedule_with_errors():
    agreement = open_agreement()
    schedule = enter_schedule(agreement=agreement, amendment=None, schedule=reference.SCHEDULE, on=ON, by=None)
    ComponentLimit.objects.filter(level__schedule=schedule).delete()
    schedule.levels.all().delete()

    places = [
        place for place, _message in refused(execute_agreement, agreement=agreement, executed_on=ON, on=ON, by=None)
    ]

    assert places == ["schedule", "opening level", "starting level"]
    agreement.refresh_from_db()
    assert agreement.executed_on is None


# ---- discarding


def test_discarded_amendment_takes_its_schedule_along_and_frees_its_number(agreement):
    row = drafted(agreement)
    copy_schedule_in_force(amendment=row, on=ON, by=None)
    discard_amendment(amendment=row, on=ON, by=None)

    assert list(agreement.amendments.values_list("number", flat=True)) == [1]
    assert PriceSchedule.objects.count() == 1
    assert drafted(agreement).number == 2


def test_discard_amendment_refuses_one_that_others_follow(agreement):
    row = drafted(agreement)
    drafted(agreement, number=3, contract_number="", from_expires_on=None, expires_on=None)

    message = "Amendment 3 follows Amendment 2 (LNM000601MP). Discard Amendment 3 first."
    assert refused(discard_amendment, amendment=row, on=ON, by=None) == [("number", message)]


def test_nothing_sealed_is_discarded(agreement):
    row, schedule = agreement.amendments.get(), agreement.schedules.get()
    message = " was executed on 20 October 1998 and is sealed. Enter the next amendment instead."

    assert refused(discard_amendment, amendment=row, on=ON, by=None) == [("executed_on", f"{row}{message}")]
    assert refused(discard_schedule, schedule=schedule, on=ON, by=None) == [("schedule", f"{schedule}{message}")]
