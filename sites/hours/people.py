"""Who did the work: one person's name, however it is typed."""

import unicodedata

from contracts.schedule import Refused

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters that show nothing although they count as letters, marks or symbols."""
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_JOINERS = "\u200c\u200d"
"""Invisible as well, but they belong to the spelling of names in some scripts."""


def person_key(person: str) -> str:
    """Return what tells one person from another, however the name is capitalised, spaced and encoded.

    "Zoë" is one name whether its last letter is one character or two, in full-width letters too, and with characters in
    it that show nothing.
    """
    seen = "".join(character for character in person if not _shows_nothing(character))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())


def person_refusals(*, person: str, place: str = "person") -> list[Refused]:
    """Return what stops a name from being stored: characters in it that nobody can see."""
    for position, character in enumerate(person, start=1):
        if _shows_nothing(character) and character not in _JOINERS:
            message = f"Character {position} of the name shows nothing (U+{ord(character):04X})."
            return [Refused("INVISIBLE", place, f"{message} Type the name again without it.")]
    return []


def _shows_nothing(character: str) -> bool:
    if unicodedata.category(character) == "Cf" or character in _FILLERS:
        return True
    return any(first <= ord(character) <= last for first, last in _SELECTORS)
