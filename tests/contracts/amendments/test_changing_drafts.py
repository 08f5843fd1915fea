"""A draft can change until the first party signs; that signature can be withdrawn until the second one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from contracts.amendments.amending import (
    CannotAmend,
    amendment_version,
    attach_scan,
    change_amendment,
    change_schedule,
    copy_schedule_in_force,
    discard_amendment,
    discard_schedule,
    draft_amendment,
    enter_schedule,
    record_signature,
    schedule_version,
    withdraw_signature,
)
from contracts.models import Amendment, PriceSchedule, WithdrawnSignature
from contracts.schedule import Component, HourPrices, IncludedService, Level, Limit, LimitKind, OpeningRule, Schedule
from contracts.sealing.frozen import SealedRow
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, user_of

pytestmark = pytest.mark.django_db

ON = date(2000, 6, 1)
END = date(2000, 9, 30)
SIGNED = (
    "Ann Example signed Amendment 2 (LNM000601MP) for the customer on 30 May 2000. Withdraw that signature first, with "
    "a reason."
)


@pytest.fixture
def draft(agreement) -> Amendment:
    return draft_amendment(
        agreement=agreement,
        number=2,
        contract_number="LNM000601MP",
        effective_on=date(2000, 10, 1),
        from_expires_on=END,
        expires_on=date(2002, 9, 30),
        on=ON,
        by=None,
    )


@pytest.fixture
def table(draft) -> PriceSchedule:
    return copy_schedule_in_force(amendment=draft, on=ON, by=None)


def stored(schedule: PriceSchedule) -> Schedule:
    return PriceSchedule.objects.with_table().get(pk=schedule.pk).as_schedule()


def signed(amendment, side="customer", signed_on=date(2000, 5, 30)) -> Amendment:
    return record_signature(
        amendment=amendment, side=side, name="Ann Example", title="President", signed_on=signed_on, on=ON, by=None
    )


def withdrawn(amendment, side="customer", reason="A price was wrong.", by=None) -> Amendment:
    return withdraw_signature(amendment=amendment, side=side, reason=reason, on=ON, by=by)


def changed(amendment, **values) -> Amendment:
    message = {
        "contract_number": "LNM000601MP",
        "effective_on": date(2000, 10, 1),
        "from_expires_on": END,
        "expires_on": date(2002, 9, 30),
    }
    return change_amendment(amendment=amendment, on=ON, by=None, **(message | values))


def refused(call, *args, **kwargs) -> list[tuple[str, str, str]]:
    """Return code, place and sentence of every refusal of a call, which must be refused."""
    with pytest.raises(CannotAmend) as caught:
        call(*args, **kwargs)
    return [(refusal.code, refusal.place, refusal.message) for refusal in caught.value.refused]


# ---- what a draft says


def test_change_amendment_stores_what_it_says_now(draft):
    changed(
        draft,
        contract_number="LNM000615MP",
        effective_on=date(2000, 8, 1),
        expires_on=date(2001, 9, 30),
        expiration_clause="clause 2",
    )

    row = Amendment.objects.get(pk=draft.pk)
    assert (row.number, row.contract_number, row.effective_on) == (2, "LNM000615MP", date(2000, 8, 1))
    assert (row.from_expires_on, row.expires_on, row.expiration_clause) == (END, date(2001, 9, 30), "clause 2")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"effective_on": date(1998, 9, 30)},
            (
                "OUT_OF_ORDER",
                "effective_on",
                "The amendment would take effect on 30 September 1998, before Amendment 1 (LNM980917MP) on 1 October "
                "1998. Amendments take effect in the order of their numbers. Correct the effective date.",
            ),
        ),
        (
            {"from_expires_on": date(2000, 7, 22)},
            (
                "EXPIRATION_MISMATCH",
                "from_expires_on",
                "The amendment extends from 22 July 2000, but the expiration on file is 30 September 2000. Correct one "
                "of the two.",
            ),
        ),
        (
            {"contract_number": "x" * 41},
            ("INVALID", "contract_number", "Ensure this value has at most 40 characters (it has 41)."),
        ),
    ],
)
def test_change_amendment_refuses_naming_the_field(draft, values, expected):
    assert refused(changed, draft, **values) == [expected]
    draft.refresh_from_db()
    assert (draft.effective_on, draft.from_expires_on, draft.contract_number) == (
        date(2000, 10, 1),
        END,
        "LNM000601MP",
    )


def test_change_amendment_refuses_what_somebody_else_has_changed_meanwhile(draft):
    seen = amendment_version(draft)
    changed(draft, seen=seen, contract_number="first")

    [(code, place, message)] = refused(changed, draft, seen=seen, contract_number="second")

    assert (code, place) == ("STALE", "")
    assert message == (
        "Somebody else has changed Amendment 2 (first) since you opened it. Nothing is saved: compare, then save again "
        "to replace it with yours."
    )
    draft.refresh_from_db()
    assert draft.contract_number == "first"


# ---- its price table


def test_change_schedule_puts_another_table_in_place_of_the_one_on_file(table):
    other = Schedule(
        components=(Component("FAX", "fax lines"), Component("5ESS", "5ESS", defines_site=True)),
        levels=(
            Level("ONE", "One", 1, Decimal("1000.00"), {"FAX": Limit(LimitKind.CAP, None, 9, "up to g")}),
            Level("TWO", "Two", 2, Decimal("2000.00"), {"5ESS": Limit(LimitKind.NUMBER, None, 1)}, Decimal("5.00")),
        ),
        opening=OpeningRule("ONE", None, "note 7"),
        hours=HourPrices(block_hours=100, minimum_hours=Decimal("0.50")),
        included=(IncludedService("Advice", "note 1"),),
        hour_services=("Repairs",),
        prices_clause="Appendix B",
        integration_clause="note 8",
        hours_clause="note 9",
    )

    row = change_schedule(schedule=table, value=other, on=ON, by=None)

    kept = stored(row)
    assert row.pk == table.pk
    assert [level.limit("5ESS").kind for level in kept.levels] == [LimitKind.NOT_STATED, LimitKind.NUMBER]
    assert kept == replace(
        other,
        levels=tuple(
            replace(level, limits={part.code: level.limit(part.code) for part in other.components})
            for level in other.levels
        ),
    )


def test_change_schedule_leaves_the_sealed_one_it_was_copied_from(table):
    dearer = replace(reference.SCHEDULE, levels=(replace(reference.VERY_SMALL, annual_price=Decimal("1.00")),))
    change_schedule(schedule=table, value=dearer, on=ON, by=None)

    assert stored(table).levels[0].annual_price == Decimal("1.00")
    assert stored(PriceSchedule.objects.get(amendment__number=1)) == reference.SCHEDULE


def with_levels(*levels: Level, **values) -> Schedule:
    return replace(reference.SCHEDULE, levels=levels, **values)


def limited(level: Level, code: str, limit: Limit) -> Level:
    return replace(level, limits={**level.limits, code: limit})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            with_levels(reference.VERY_SMALL, limited(reference.SMALL, "GE", Limit(LimitKind.RANGE, 15, 25))),
            [("BANDS_OVERLAP", "gateway elements", "gateway elements: 15 is in Very Small and in Small.")],
        ),
        (
            with_levels(reference.VERY_SMALL, opening=OpeningRule("VERY_SMALL", "TINY")),
            [("UNKNOWN_LEVEL", "starting level", "The starting level TINY is no row of the schedule.")],
        ),
        (
            with_levels(limited(reference.VERY_SMALL, "SLC", Limit(LimitKind.CAP, None, -8))),
            [("INVALID", "SLC: up to -8, upper", "Ensure this value is greater than or equal to 0.")],
        ),
        (
            with_levels(replace(reference.VERY_SMALL, annual_price=Decimal("-1.00"))),
            [("INVALID", "Very Small, annual_price", "Ensure this value is greater than or equal to 0.")],
        ),
        (
            with_levels(replace(reference.VERY_SMALL, code="very small"), opening=OpeningRule(None, None)),
            [
                (
                    "INVALID",
                    "Very Small, code",
                    "Use capital letters, digits and underscores, such as VERY_SMALL.",
                )
            ],
        ),
    ],
    ids=["overlap", "unknown level", "negative limit", "negative price", "bad code"],
)
def test_change_schedule_refuses_naming_the_place(table, value, expected):
    assert refused(change_schedule, schedule=table, value=value, on=ON, by=None) == expected
    assert stored(table) == reference.SCHEDULE


def test_change_schedule_passes_over_warnings(table):
    cheaper = replace(reference.SMALL, annual_price=Decimal("1.00"))
    change_schedule(schedule=table, value=with_levels(reference.VERY_SMALL, cheaper), on=ON, by=None)

    assert [level.annual_price for level in stored(table).levels] == [Decimal("163000.00"), Decimal("1.00")]


def test_change_schedule_refuses_what_somebody_else_has_changed_meanwhile(table):
    seen = schedule_version(stored(table))
    first = with_levels(reference.VERY_SMALL)
    change_schedule(schedule=table, value=first, seen=seen, on=ON, by=None)

    [(code, place, message)] = refused(
        change_schedule, schedule=table, value=reference.SCHEDULE, seen=seen, on=ON, by=None
    )

    assert (code, place) == ("STALE", "")
    assert message.startswith(
        "Somebody else has changed Appendix A, table of Amendment 2 (LNM000601MP) since you opened"
    )
    assert len(stored(table).levels) == 1


def test_change_schedule_refuses_a_level_that_a_site_is_charged_at(agreement, table):
    factories.charged_level(factories.site(agreement, "Reno"), 2, "SMALL", ON)

    for call in (
        lambda: change_schedule(schedule=table, value=reference.SCHEDULE, on=ON, by=None),
        lambda: discard_schedule(schedule=table, on=ON, by=None),
    ):
        assert refused(call) == [
            (
                "IN_USE",
                "schedule",
                "A level of Appendix A, table of Amendment 2 (LNM000601MP) is recorded for a site. Correct the level "
                "of that site first.",
            )
        ]
    assert stored(table) == reference.SCHEDULE


# ---- after the first signature


def test_first_signature_closes_the_draft_for_every_function(agreement, draft, table):
    signed(draft)

    for call in (
        lambda: changed(draft),
        lambda: change_schedule(schedule=table, value=reference.SCHEDULE, on=ON, by=None),
        lambda: copy_schedule_in_force(amendment=draft, on=ON, by=None),
        lambda: enter_schedule(agreement=agreement, amendment=draft, schedule=reference.SCHEDULE, on=ON, by=None),
        lambda: discard_schedule(schedule=table, on=ON, by=None),
        lambda: discard_amendment(amendment=draft, on=ON, by=None),
    ):
        assert refused(call) == [("SIGNED", "signature", SIGNED)]
    assert stored(table) == reference.SCHEDULE


def test_withdraw_signature_opens_the_draft_and_keeps_what_was_signed(draft, table):
    manager = user_of(ACCOUNT_MANAGER)
    signed(draft)

    row = withdrawn(draft, by=manager)

    assert (row.customer_signer, row.customer_signer_title, row.customer_signed_on) == ("", "", None)
    trace = WithdrawnSignature.objects.get()
    assert (trace.amendment, trace.side, trace.name, trace.title) == (draft, "customer", "Ann Example", "President")
    assert (trace.signed_on, trace.withdrawn_on, trace.withdrawn_by) == (date(2000, 5, 30), ON, manager)
    assert trace.reason == "A price was wrong."
    assert changed(draft, contract_number="other").contract_number == "other"
    dearer = with_levels(replace(reference.VERY_SMALL, annual_price=Decimal("170000.00")))
    change_schedule(schedule=table, value=dearer, on=ON, by=None)
    assert stored(table).levels[0].annual_price == Decimal("170000.00")


@pytest.mark.parametrize("statement", ["UPDATE contracts_withdrawnsignature SET name = 'X'", "DELETE FROM {0}"])
def test_a_withdrawn_signature_stays_in_every_way(draft, table, statement):
    signed(draft)
    withdrawn(draft)
    trace = WithdrawnSignature.objects.get()

    trace.reason = "Another one"
    with pytest.raises(SealedRow):
        trace.save()
    with pytest.raises(SealedRow):
        trace.delete()
    with pytest.raises(SealedRow):
        WithdrawnSignature.objects.update(reason="Another one")
    with pytest.raises(IntegrityError, match="is sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("contracts_withdrawnsignature"))
    with pytest.raises(ProtectedError):
        draft.delete()


def test_withdrawn_signature_is_recorded_anew_and_executes(draft, table):
    signed(draft)
    withdrawn(draft)
    signed(draft, signed_on=date(2000, 5, 31))

    assert signed(draft, "supplier").executed_on == date(2000, 5, 31)
    table.refresh_from_db()
    assert table.executed_on == date(2000, 5, 31)


def test_withdraw_signature_refuses_an_executed_amendment(draft):
    signed(draft)
    signed(draft, "supplier")

    [(code, place, message)] = refused(withdrawn, draft)

    assert (code, place) == ("EXECUTED", "executed_on")
    assert message == (
        "Amendment 2 (LNM000601MP) was executed on 30 May 2000 and is sealed. What has changed since belongs into the "
        "next amendment."
    )
    assert not WithdrawnSignature.objects.exists()


@pytest.mark.parametrize(
    ("side", "reason", "expected"),
    [
        (
            "supplier",
            "x",
            (
                "NOT_SIGNED",
                "supplier_signed_on",
                "The supplier has not signed Amendment 2 (LNM000601MP): there is nothing to withdraw.",
            ),
        ),
        ("customer", "  ", ("NO_REASON", "reason", "Say why the signature is withdrawn.")),
        ("customer", "x" * 201, ("INVALID", "reason", "Ensure this value has at most 200 characters (it has 201).")),
    ],
)
def test_withdraw_signature_refuses_naming_the_field(draft, side, reason, expected):
    signed(draft)

    assert refused(withdrawn, draft, side, reason) == [expected]
    draft.refresh_from_db()
    assert draft.customer_signed_on == date(2000, 5, 30)


def test_withdraw_signature_knows_two_sides_only(draft):
    with pytest.raises(ValueError, match="'witness' is neither customer nor supplier"):
        withdrawn(draft, "witness")


def test_draft_with_a_withdrawn_signature_is_changed_and_not_discarded(draft):
    signed(draft)
    withdrawn(draft)

    assert refused(discard_amendment, amendment=draft, on=ON, by=None) == [
        (
            "WITHDRAWN",
            "number",
            "The signature of Ann Example on Amendment 2 (LNM000601MP) was withdrawn on 1 June 2000, which stays on "
            "file. Change Amendment 2 (LNM000601MP) into what comes next instead.",
        )
    ]
    assert WithdrawnSignature.objects.count() == 1


def test_scan_is_attached_while_the_draft_is_closed(draft):
    signed(draft)

    assert attach_scan(amendment=draft, document="amendments/two.pdf", on=ON, by=None).document == "amendments/two.pdf"
