from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.terms import (
    AmendmentState,
    Expired,
    NotExecuted,
    NotOnFile,
    Source,
    TermsFound,
    expiration_known,
    expiration_on_file,
    schedule_before,
    terms_on,
)
from tests.reference import AGREEMENT, AMENDMENT, ANCHOR, EXPIRES_ON, LATER, SCHEDULE, agreement, amendment

DEARER = replace(
    SCHEDULE, levels=tuple(replace(row, annual_price=row.annual_price + Decimal("5000")) for row in SCHEDULE.levels)
)


def found_on(service_on: date, *, known_on: date = LATER, of=AGREEMENT):
    return terms_on(agreement=of, service_on=service_on, known_on=known_on)


def message(text: str) -> str:
    """Let a long message be written over several lines."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("service_on", "number", "days"),
    [
        (date(1998, 10, 1), 1, 365),
        (date(1999, 9, 30), 1, 365),
        (date(1999, 10, 1), 2, 366),
        (date(2000, 7, 23), 2, 366),
        (date(2000, 9, 30), 2, 366),
    ],
)
def test_terms_in_force_carry_their_sources(service_on, number, days):
    assert found_on(service_on) == TermsFound(
        service_on,
        LATER,
        SCHEDULE,
        Source("Amendment 1 (LNM980917MP)", "Appendix A, table"),
        EXPIRES_ON,
        Source("Amendment 1 (LNM980917MP)", "clause 1"),
        found_on(service_on).period,
    )
    assert (found_on(service_on).period.number, found_on(service_on).period.span.days) == (number, days)


@pytest.mark.parametrize("service_on", [date(1997, 9, 4), date(1998, 9, 30)])
def test_nothing_before_the_amendment_is_on_file(service_on):
    found = found_on(service_on)

    day = f"{service_on.day} September {service_on.year}"
    assert found == NotOnFile(
        service_on,
        LATER,
        f"No price schedule on file covers {day} under Agreement LNS970602JC. "
        "Enter the document that prices this day, or choose another day.",
    )


def test_amendment_is_unknown_until_both_have_signed():
    assert found_on(date(1998, 10, 10), known_on=date(1998, 10, 19)) == NotOnFile(
        date(1998, 10, 10),
        date(1998, 10, 19),
        message(
            """No price schedule on file, as known on 19 October 1998, covers 10 October 1998 under Agreement
            LNS970602JC. Amendment 1 (LNM980917MP) was executed on 20 October 1998 only. Enter the document that prices
            this day, or choose another day."""
        ),
    )
    assert isinstance(found_on(date(1998, 10, 10), known_on=date(1998, 10, 20)), TermsFound)


@pytest.mark.parametrize(
    ("known_on", "service_on", "text"),
    [
        (
            LATER,
            date(2000, 10, 1),
            """Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1); 1 October 2000
            is after it. Extend the term by an amendment.""",
        ),
        (
            date(1998, 10, 19),
            date(2000, 7, 23),
            """Agreement LNS970602JC expired on 22 July 2000 (Agreement LNS970602JC); 23 July 2000 is after it. Extend
            the term by an amendment.""",
        ),
    ],
)
def test_expired_after_the_last_day_known(known_on, service_on, text):
    assert found_on(service_on, known_on=known_on) == Expired(service_on, known_on, message(text))


@pytest.mark.parametrize(
    ("unsigned", "missing"),
    [
        ({"customer_signature": None}, "the customer"),
        ({"supplier_signature": None}, "the supplier"),
        ({"customer_signature": None, "supplier_signature": None}, "the customer and of the supplier"),
    ],
)
def test_not_executed_names_the_missing_signature(unsigned, missing):
    draft = replace(AGREEMENT, amendments=(replace(AMENDMENT, **unsigned),))
    service_on = date(1998, 12, 1)

    assert found_on(service_on, of=draft) == NotExecuted(
        service_on,
        LATER,
        f"1 December 1998 has no price yet. Amendment 1 (LNM980917MP) is not executed: the signature of {missing} is "
        "missing. Record it to price this day.",
    )


def test_not_executed_where_an_unsigned_amendment_would_extend_the_term():
    unsigned = amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30), supplier_signature=None)

    assert found_on(date(2000, 10, 1), of=agreement(unsigned)) == NotExecuted(
        date(2000, 10, 1),
        LATER,
        message(
            """Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1); 1 October 2000
            is after it. Amendment 2 (LNM-2) is not executed: the signature of the supplier is missing. Record it to
            extend the term."""
        ),
    )


@pytest.mark.parametrize("expires_on", [None, date(2000, 9, 30)])
def test_expired_where_the_unsigned_amendment_would_not_reach_the_day(expires_on):
    unsigned = amendment(2, date(2000, 9, 1), expires_on=expires_on, supplier_signature=None)

    assert isinstance(found_on(date(2000, 10, 1), of=agreement(unsigned)), Expired)


def test_pending_amendment_is_named_beside_the_terms_in_force():
    unsigned = amendment(2, date(1999, 10, 1), schedule=DEARER, supplier_signature=None)
    both = agreement(unsigned)

    assert found_on(date(1999, 9, 30), of=both).pending == ()
    assert found_on(date(1999, 10, 1), of=both).pending == (
        "Amendment 2 (LNM-2) is not executed: the signature of the supplier is missing.",
    )
    assert found_on(date(1999, 10, 1), of=both).schedule is SCHEDULE


def test_second_amendment_supplies_the_schedule_from_its_effective_date():
    second = amendment(2, date(1999, 10, 1), signed_on=date(1999, 11, 5), schedule=DEARER, schedule_clause="Exhibit B")
    both = agreement(second)

    assert found_on(date(1999, 9, 30), of=both).schedule is SCHEDULE
    after = found_on(date(1999, 10, 1), of=both)
    assert (after.schedule, str(after.schedule_source)) == (DEARER, "Amendment 2 (LNM-2), Exhibit B")
    assert (after.expires_on, after.expiration_source.document) == (EXPIRES_ON, "Amendment 1 (LNM980917MP)")
    # Before it was executed the first amendment governed the same day.
    assert found_on(date(1999, 10, 1), known_on=date(1999, 11, 4), of=both).schedule is SCHEDULE


def test_what_an_amendment_does_not_set_stays():
    extension = amendment(2, date(2000, 8, 1), expires_on=date(2001, 9, 30), expiration_clause="clause 2")
    after = found_on(date(2000, 10, 1), of=agreement(extension))

    assert (after.schedule, after.schedule_source.document) == (SCHEDULE, "Amendment 1 (LNM980917MP)")
    assert (after.expires_on, str(after.expiration_source)) == (date(2001, 9, 30), "Amendment 2 (LNM-2), clause 2")
    assert after.period.number == 3


def test_latest_effective_amendment_governs_whatever_the_order_of_entry():
    second = amendment(2, date(1999, 10, 1), schedule=DEARER)
    turned = replace(AGREEMENT, amendments=(second, AMENDMENT))

    assert found_on(date(1999, 10, 1), of=turned).schedule is DEARER


def test_amendment_effective_later_governs_whatever_its_number():
    second = amendment(2, date(1999, 10, 1), schedule=DEARER, expires_on=date(2001, 9, 30))
    third = amendment(3, date(1999, 4, 1), schedule=replace(SCHEDULE))
    found = found_on(date(1999, 10, 1), of=agreement(second, third))

    assert found.schedule_source.document == "Amendment 2 (LNM-2)"


def test_expiration_known_and_expiration_on_file_are_those_of_the_highest_number():
    second = amendment(2, date(1998, 9, 15), expires_on=date(2001, 9, 30), signed_on=date(2000, 5, 1))
    of = agreement(second)

    assert expiration_on_file(agreement=of, before=3) == date(2001, 9, 30)
    assert expiration_known(agreement=of, known_on=LATER)[0] == date(2001, 9, 30)
    assert expiration_known(agreement=of, known_on=LATER, service_on=date(1998, 10, 1))[0] == date(2001, 9, 30)
    assert expiration_known(agreement=of, known_on=date(2000, 4, 30))[0] == EXPIRES_ON


def test_higher_number_governs_where_two_are_effective_on_one_day():
    second = amendment(2, AMENDMENT.effective_on, schedule=DEARER)

    assert found_on(date(1998, 10, 1), of=agreement(second)).schedule is DEARER


def test_shortened_term_truncates_the_annual_period():
    shorter = agreement(amendment(2, date(2000, 4, 1), expires_on=date(2000, 7, 22)))
    found = found_on(date(2000, 5, 1), of=shorter)

    # 1 October 1999 to 22 July 2000: 31+30+31+31+29+31+30+31+30+22
    assert (found.period.truncated, found.period.span.days, found.period.full_span.days) == (True, 296, 366)
    assert isinstance(found_on(date(2000, 7, 22), of=shorter), TermsFound)
    assert isinstance(found_on(date(2000, 7, 23), of=shorter), Expired)


def test_original_schedule_prices_days_of_the_agreement_once_it_is_on_file():
    filed = replace(
        AGREEMENT,
        first_period_starts_on=date(1997, 10, 1),
        original_schedule=DEARER,
        original_schedule_clause="Appendix A, section 2",
    )

    before = found_on(date(1998, 9, 30), of=filed)
    assert (before.schedule, str(before.schedule_source)) == (
        DEARER,
        "Agreement LNS970602JC, Appendix A, section 2",
    )
    assert (before.expires_on, str(before.expiration_source)) == (date(2000, 7, 22), "Agreement LNS970602JC")
    assert found_on(date(1998, 10, 1), of=filed).schedule is SCHEDULE
    assert isinstance(found_on(date(1997, 9, 3), of=filed), NotOnFile)


ORIGINAL = replace(AGREEMENT, amendments=(), original_schedule=DEARER)


@pytest.mark.parametrize(("known_on", "priced"), [(date(1997, 9, 3), False), (date(1997, 9, 4), True)])
def test_original_schedule_is_known_from_the_execution_of_the_agreement(known_on, priced):
    found = found_on(ANCHOR, known_on=known_on, of=ORIGINAL)

    assert isinstance(found, TermsFound if priced else NotOnFile)
    assert priced or found.message == message(
        """No price schedule on file, as known on 3 September 1997, covers 1 October 1998 under Agreement LNS970602JC.
        Agreement LNS970602JC was executed on 4 September 1997 only. Enter the document that prices this day, or choose
        another day."""
    )


def test_original_schedule_of_an_agreement_that_is_not_executed_prices_nothing():
    unsigned = replace(ORIGINAL, executed_on=None)

    assert found_on(ANCHOR, of=unsigned) == NotExecuted(
        ANCHOR,
        LATER,
        "1 October 1998 has no price yet. Agreement LNS970602JC is not executed: record its execution to price this "
        "day.",
    )
    assert isinstance(found_on(date(1997, 9, 3), of=unsigned), NotOnFile)  # before the agreement's date


UNEXECUTED = replace(AGREEMENT, executed_on=None)


def test_executed_amendment_of_an_agreement_that_is_not_executed_changes_nothing():
    assert found_on(ANCHOR, of=UNEXECUTED) == NotExecuted(
        ANCHOR,
        LATER,
        "1 October 1998 has no price yet. Agreement LNS970602JC is not executed: record its execution to price this "
        "day.",
    )
    assert expiration_known(agreement=UNEXECUTED, known_on=LATER)[0] == date(2000, 7, 22)
    assert schedule_before(agreement=UNEXECUTED, number=1, known_on=LATER)[0] is None


@pytest.mark.parametrize(
    ("service_on", "amendments", "refusal", "said"),
    [
        (
            date(2000, 7, 23),
            (AMENDMENT,),
            NotExecuted,
            "Agreement LNS970602JC expired on 22 July 2000 (Agreement LNS970602JC); 23 July 2000 is after it. "
            "Agreement LNS970602JC is not executed. Record its execution to extend the term.",
        ),
        (
            date(2000, 7, 23),
            (replace(AMENDMENT, supplier_signature=None),),
            NotExecuted,
            "Agreement LNS970602JC expired on 22 July 2000 (Agreement LNS970602JC); 23 July 2000 is after it. "
            "Amendment 1 (LNM980917MP) is not executed: the signature of the supplier is missing. Record it to extend "
            "the term.",
        ),
        (
            date(2000, 10, 1),
            (AMENDMENT,),
            Expired,
            "Agreement LNS970602JC expired on 22 July 2000 (Agreement LNS970602JC); 1 October 2000 is after it. "
            "Extend the term by an amendment.",
        ),
    ],
)
def test_expired_agreement_that_is_not_executed_says_what_is_missing(service_on, amendments, refusal, said):
    found = found_on(service_on, of=replace(UNEXECUTED, amendments=amendments))

    assert (type(found), found.message) == (refusal, said)


@pytest.mark.parametrize(("known_on", "priced"), [(date(1999, 2, 28), False), (date(1999, 3, 1), True)])
def test_amendment_is_known_from_the_execution_of_its_agreement_on(known_on, priced):
    late = replace(AGREEMENT, executed_on=date(1999, 3, 1))
    found = found_on(ANCHOR, known_on=known_on, of=late)

    assert isinstance(found, TermsFound if priced else NotOnFile)
    assert late.binds(AMENDMENT, known_on=known_on) is priced
    assert priced or "Agreement LNS970602JC was executed on 1 March 1999 only." in found.message


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, AmendmentState.EXECUTED),
        ({"supplier_signature": None}, AmendmentState.ONE_SIGNATURE),
        ({"customer_signature": None}, AmendmentState.ONE_SIGNATURE),
        ({"customer_signature": None, "supplier_signature": None}, AmendmentState.DRAFT),
    ],
)
def test_state_of_an_amendment_counts_its_signatures(changed, state):
    assert replace(AMENDMENT, **changed).state is state


def test_agreement_without_an_end_never_expires():
    endless = replace(AGREEMENT, original_expires_on=None, amendments=(replace(AMENDMENT, expires_on=None),))
    found = found_on(date(2030, 1, 1), of=endless)

    assert (found.expires_on, found.period.number) == (None, 32)


@pytest.mark.parametrize(
    ("known_on", "service_on", "expected"),
    [
        (date(1998, 10, 19), None, (date(2000, 7, 22), "Agreement LNS970602JC")),
        (date(1998, 10, 20), None, (date(2000, 9, 30), "Amendment 1 (LNM980917MP), clause 1")),
        (LATER, date(1998, 9, 30), (date(2000, 7, 22), "Agreement LNS970602JC")),
        (LATER, date(1998, 10, 1), (date(2000, 9, 30), "Amendment 1 (LNM980917MP), clause 1")),
    ],
)
def test_expiration_known_follows_the_latest_executed_amendment(known_on, service_on, expected):
    day, source = expiration_known(agreement=AGREEMENT, known_on=known_on, service_on=service_on)

    assert (day, str(source)) == expected


def test_executed_on_the_later_signature():
    assert AMENDMENT.executed_on == date(1998, 10, 20)
    assert AMENDMENT.retroactive_days == 19  # 1 to 20 October
    assert (AMENDMENT.executed_by(date(1998, 10, 19)), AMENDMENT.executed_by(date(1998, 10, 20))) == (False, True)
    assert AMENDMENT.missing_signatures == ()


def test_unsigned_amendment_is_not_executed():
    draft = replace(AMENDMENT, supplier_signature=None)

    assert (draft.executed_on, draft.retroactive_days) == (None, 0)
    assert draft.executed_by(LATER) is False
    assert draft.missing_signatures == ("the supplier",)


def test_amendment_signed_before_it_takes_effect_is_not_retroactive():
    assert replace(AMENDMENT, effective_on=date(1999, 1, 1)).retroactive_days == 0


def test_amendment_without_a_contract_number_is_called_by_its_number():
    assert replace(AMENDMENT, contract_number="").name == "Amendment 1"
