"""Names: characters in them that nobody can see, and names that differ in so little that they may be one."""

import re
import unicodedata
from collections.abc import Mapping

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters that show nothing although they count as letters, marks or symbols."""
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
JOINERS = "\u200c\u200d"
"""Invisible as well, but they belong to the spelling of names in some scripts."""
_JOINED = re.compile(
    "(ARABIC|SYRIAC|THAANA|NKO|DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA|"
    "MYANMAR|KHMER|MONGOLIAN) "
)
SHORTEST = 5
"""Letters of a name from which one letter more or less is taken for a slip."""


def shows_nothing(character: str) -> bool:
    """Whether a character is invisible, or assigned to no letter at all, such as U+FFFF."""
    if unicodedata.category(character) in ("Cf", "Cn", "Zl", "Zp") or character in _FILLERS:
        return True
    return any(first <= ord(character) <= last for first, last in _SELECTORS)


def hides(text: str, place: int) -> bool:
    """Whether the character at a place of a text is invisible and joins no letters of a script that is so spelled."""
    if not shows_nothing(text[place]):
        return False
    beside = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return text[place] not in JOINERS or len(beside) < 2 or not all(map(_is_joined, beside))


def _is_joined(character: str) -> bool:
    return bool(_JOINED.match(unicodedata.name(character, "")))


def name_key(name: str) -> str:
    """Return what tells one name from another, however it is capitalised, spaced and encoded.

    "Zoë" is one name whether its last letter is one character or two, in full-width letters too, and with characters in
    it that show nothing.
    """
    seen = "".join(character for character in name if not shows_nothing(character))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())


def alike(name: str, known: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the first of the known spellings that a name may be, and whose it is; None where there is none.

    Two are alike where they differ in case, accents, blanks, punctuation, invisible characters or one letter only.
    """
    own = _letters(name)
    return next(((spelling, owner) for spelling, owner in known.items() if _near(own, _letters(spelling))), None)


def party_alike_text(name: str, spelling: str, owner: str) -> str:
    """Say that a party may be on file already, and what to do in either case."""
    known = f"“{spelling}”, an alias of {owner}" if spelling != owner else f"“{owner}”"
    return (
        f"“{name}” is spelled like {known}, which is on file. Use that party, with this spelling as an alias; where it "
        "is another one, add it under Records > Parties and confirm that."
    )


def _letters(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", name_key(name)) if each.isalnum())


def _near(one: str, other: str) -> bool:
    """Whether two are the same but for one letter that was added, left out or mistaken."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST or len(long) - len(short) > 1:
        return False
    first = next((place for place, letter in enumerate(short) if letter != long[place]), len(short))
    return short[first + (len(short) == len(long)) :] == long[first + 1 :]
