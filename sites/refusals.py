"""What every recorded fact must be: text that a document can show, a day that has come, a reason where one is due."""

import unicodedata
from datetime import date

from django.core.exceptions import ValidationError

from contracts.fields import validate_plain_text
from contracts.periods import day_text
from contracts.refusal import Refusal
from contracts.schedule import Refused

LONGEST_REASON = 200
LONGEST_LINE = 100


def one_line(text: str) -> str:
    """Return a text without blanks around it or two in a row, and each letter as one character where there is one.

    So that one name is spelled one way.
    """
    return unicodedata.normalize("NFC", " ".join(text.split()))


def text_refusals(
    *, place: str, what: str, text: str, needed: bool = False, longest: int = LONGEST_LINE
) -> list[Refused]:
    """Return what stops a line of text from being stored; `what` names it in the sentence: "the person"."""
    text = text.strip()
    if not text:
        return [Refused("MISSING", place, f"Name {what}.")] if needed else []
    sentence = []
    if len(text) > longest:
        sentence.append(f"At most {longest} characters; {what} has {len(text)}. Shorten it.")
    try:
        validate_plain_text(text)
    except ValidationError as invalid:
        sentence += invalid.messages
    return [Refused("TEXT", place, message) for message in sentence]


def reason_refusals(*, reason: str, why: str) -> list[Refused]:
    """Return what stops a reason from being stored; `why` asks for it: "Say why the entry is reversed."."""
    if not reason.strip():
        return [Refused("NO_REASON", "reason", why)]
    return text_refusals(place="reason", what="the reason", text=reason, longest=LONGEST_REASON)


def later_refusals(*, place: str, what: str, day: date | None, on: date, then: str) -> list[Refused]:
    """Return a refusal of a day that is still to come; `then` says when the fact can be recorded."""
    if day is None or day <= on:
        return []
    return [Refused("STILL_TO_COME", place, f"{what} {day_text(day)} is after {day_text(on)}. {then}")]


class CannotRecord(Refusal):
    """Facts cannot be recorded so."""
