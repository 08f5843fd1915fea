"""Purchases, work and ledgers of the reference agreement, with the prices of hours changed where a case needs it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from contracts.schedule import Schedule
from contracts.terms import AgreementTerms
from sites.hours.entries import Purchase, Work
from sites.hours.ledger import HourLedger, hour_ledger
from tests.reference import AGREEMENT, AMENDMENT, LATER, SCHEDULE


def schedule(**prices) -> Schedule:
    """Return the reference schedule with other hour prices."""
    return replace(SCHEDULE, hours=replace(SCHEDULE.hours, **prices))


def with_schedule(terms=AGREEMENT, **prices) -> AgreementTerms:
    """Return an agreement with other hour prices from its first day."""
    return replace(terms, amendments=(replace(AMENDMENT, schedule=schedule(**prices)),))


def bought(key: int, day: date, blocks: int = 1) -> Purchase:
    return Purchase(key, day, blocks)


def worked(key: int, day: date, hours: str) -> Work:
    return Work(key, day, Decimal(hours))


def ledger(*events, terms: AgreementTerms = AGREEMENT, known_on: date = LATER) -> HourLedger:
    return hour_ledger(
        agreement=terms,
        purchases=[event for event in events if isinstance(event, Purchase)],
        work=[event for event in events if isinstance(event, Work)],
        known_on=known_on,
    )
