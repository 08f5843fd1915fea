"""The golden cases of data/vectors.json: their words beside ours, their inputs and the comparison with what we find."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from contracts.levels import Flag
from contracts.money import ZERO
from contracts.periods import OutsideTerm
from contracts.readings import ChangeCounting, Frequency, LevelDecision, Proration, ReviewDay, Rounding
from contracts.schedule import Level
from contracts.terms import Expired, NotExecuted, NotOnFile, TermsFound
from sites.review_days import ReviewKind
from sites.reviews.review import Reason
from tests.reference import AMENDMENT, LEVELS

DATA = json.loads((Path(__file__).parent / "data" / "vectors.json").read_text(encoding="utf-8"))
VECTORS = DATA["vectors"]

# The vectors' words and ours.
FLAGS = {
    Flag.BLANK_CELL: "VL_BLANK_CELL",
    Flag.NO_EXACT_ROW: "NO_EXACT_ROW",
    Flag.BELOW_STATED_NUMBER: "BELOW_STATED_NUMBER",
    Flag.SEVERAL_SWITCHES: "MULTIPLE_5ESS",
    Flag.NO_SWITCH: "NO_5ESS",
    Flag.IN_GAP: "IN_GAP",
}
LEVEL_POLICIES = {
    "HIGHEST_NEEDED_ROW": LevelDecision.HIGHEST_NEEDED_ROW,
    "GATEWAY_ELEMENTS_DECIDE": LevelDecision.FIRST_COMPONENT,
}
CHANGE_POLICIES = {
    "NET_COUNT": ChangeCounting.NET_COUNT,
    "ANY_CHANGE": ChangeCounting.ANY_CHANGE,
    "BAND": ChangeCounting.BAND,
    "UNITS": ChangeCounting.UNITS,
}
REASONS = {Reason.NO_BASELINE: "NO_BASELINE"}
REVIEW_DAY_POLICIES = {"NONE": ReviewDay.DAYS_BEFORE, "INCLUSIVE_OF_BOTH_DAYS": ReviewDay.BOTH_DAYS_COUNTED}
REVIEW_KINDS = {ReviewKind.PRICE_REVIEW: "PRICE_REVIEW", ReviewKind.TERM_CHECK: "TERM_CHECK"}
OUTSIDE = {
    OutsideTerm.BEFORE_FIRST_PERIOD: "BEFORE_FIRST_PERIOD",
    OutsideTerm.AFTER_EXPIRATION: "AFTER_EXPIRATION",
}
STATUSES = {TermsFound: "IN_FORCE", NotOnFile: "NOT_ON_FILE", Expired: "EXPIRED", NotExecuted: "NOT_EXECUTED"}
SOURCES = {AMENDMENT.name: "AMENDMENT_1"}
PRORATION_POLICIES = {"DAILY": Proration.DAILY, "MONTHLY": Proration.MONTHLY}
INSTALMENT_POLICIES = {
    "CUMULATIVE": (Proration.MONTHLY, Rounding.CUMULATIVE),
    "LAST_ABSORBS": (Proration.MONTHLY, Rounding.LAST_ABSORBS),
    "CUMULATIVE_BY_DAYS": (Proration.DAILY, Rounding.CUMULATIVE),
}
FREQUENCIES = {12: Frequency.MONTHLY, 4: Frequency.QUARTERLY, 1: Frequency.ANNUAL}
BY_PRICE = {str(level.annual_price): level.code for level in LEVELS}


class Given:
    """The inputs of one vector; it remembers which were read, so that none is ignored."""

    def __init__(self, values: Mapping):
        self.values, self.unread = values, set(values)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __getitem__(self, key: str):
        self.unread.discard(key)
        return self.values[key]

    def get(self, key: str, default=None):
        self.unread.discard(key)
        return self.values.get(key, default)

    def day(self, key: str, default: date | None = None) -> date | None:
        text = self.get(key)
        return date.fromisoformat(text) if text else default

    def money(self, key: str) -> Decimal:
        return Decimal(self[key])


def text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def code(level: Level | None) -> str | None:
    return None if level is None else level.code


def total(lines) -> str:
    return text(sum((line.amount for line in lines), ZERO))


def differences(vector: Mapping, runners: Mapping) -> list[str]:
    """Return what a vector expects and does not get: unknown keys, other values, inputs that the runner ignored."""
    given = Given(vector["given"])
    found = runners[vector["group"]](given)
    expected = vector["expect"]
    wrong = [f"{key}: nothing answers it" for key in expected if key not in found]
    wrong += [
        f"{key}: {found[key]!r}, expected {value!r}"
        for key, value in expected.items()
        if key in found and (found[key] != value or type(found[key]) is not type(value))
    ]
    return wrong + [f"{key}: given, but not read" for key in sorted(given.unread)]
