"""Columns of files that come in: which one a heading names, however people write it.

“DACS IV”, “DACS 4”, “dacs-iv” and “DACS4” are one heading: case, blanks, hyphens, underscores and the two ways of
writing a small number make no difference. A heading that fits two columns names none.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEFT_OUT = ""
"""What a person chooses for a column that is not to be read."""

_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {f"{tens}{ones}": ten * 10 + one for ten, tens in enumerate(("", "x")) for one, ones in enumerate(_ONES)}
_ROMAN = {roman: str(number) for roman, number in _ROMAN.items() if number} | {"xx": "20"}
_ARABIC = {arabic: roman for roman, arabic in _ROMAN.items()}
_SEPARATORS = re.compile(r"[\s\-_./:#‐-―]+")
_NUMBERED = re.compile(r"([a-z]{2,})(1?[0-9]|20)")


@dataclass(frozen=True)
class Column:
    """A column that a file can have: what it holds, its title, and the names that people give it.

    A column that is needed can have one value for all rows, or others `instead`.
    """

    key: str
    title: str
    names: tuple[str, ...] = ()
    needed: bool = False
    example: str = ""
    help: str = ""
    instead: tuple[str, ...] = ()
    in_template: bool = True


@dataclass(frozen=True)
class Headings:
    """What each column of a file holds, by its place; None where nobody knows, and "" where it is left out.

    They stand in the first row of the file that is not empty.
    `unclear` are headings that name no column, or two: each with what to say about it.
    """

    keys: tuple[str | None, ...]
    titles: tuple[str, ...]
    unclear: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    chosen: tuple[tuple[str, str], ...] = ()
    row: int = 1

    @property
    def repeated(self) -> tuple[str, ...]:
        """Titles of columns that hold what one before them holds already."""
        return tuple(
            title
            for position, (key, title) in enumerate(zip(self.keys, self.titles, strict=True))
            if key and key in self.keys[:position]
        )


def heading_key(text: str) -> str:
    """Return what tells one heading from another: `DACS IV`, `dacs-4` and `Dacs_4` are `dacs4`."""
    words = _SEPARATORS.split(unicodedata.normalize("NFKC", text).casefold())
    return "".join(_ROMAN.get(word, word) for word in words)


def heading_keys(name: str) -> set[str]:
    """Return the keys under which a name is found: its own, `dacsiv` for `DACS4`, one plural `s` more or less."""
    key = heading_key(name)
    found = {key}
    if numbered := _NUMBERED.fullmatch(key):
        found.add(f"{numbered[1]}{_ARABIC.get(numbered[2], numbered[2])}")
    if len(name.split()) > 1 and not key[-1:].isdigit():
        found.add(key[:-1] if key.endswith("s") else f"{key}s")
    return found


def match_headings(
    headings: Sequence[str],
    *,
    columns: Sequence[Column],
    choices: Mapping[str, str] | None = None,
    others_left_out: bool = False,
    row: int = 1,
) -> Headings:
    """Find what each heading holds. `choices` gives, by heading, the key a person chose, or LEFT_OUT.

    With `others_left_out`, a column that nobody knows is left out.
    """
    choices = choices or {}
    exact, alike = _by_name(columns)
    titles = tuple(text if text.strip() else f"number {place}" for place, text in enumerate(headings, start=1))
    stored: list[str | None] = []
    unclear = []

    def found(text: str) -> tuple[str, ...]:
        return exact.get(text.strip().casefold()) or alike.get(heading_key(text)) or ()

    for heading, title in zip(headings, titles, strict=True):
        chosen = choices.get(title)
        keys = found(chosen or heading)
        if chosen == LEFT_OUT or (others_left_out and not keys and not chosen):
            stored.append(LEFT_OUT)
        elif len(keys) == 1:
            stored.append(keys[0])
        else:
            stored.append(None)
            unclear.append((title, _unclear(keys, columns)))
    return Headings(
        keys=tuple(stored),
        titles=titles,
        unclear=tuple(unclear),
        left_out=tuple(title for title, key in zip(titles, stored, strict=True) if key == LEFT_OUT),
        chosen=tuple((title, key) for title, key in zip(titles, stored, strict=True) if choices.get(title) and key),
        row=row,
    )


def _by_name(columns: Iterable[Column]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return the keys of columns by exact name, and by what is like a name."""
    exact: dict[str, tuple[str, ...]] = {}
    alike: dict[str, tuple[str, ...]] = {}
    for column in columns:
        for name in dict.fromkeys((column.key, column.title, *column.names)):
            _add(exact, name.casefold(), column.key)
            for key in heading_keys(name):
                _add(alike, key, column.key)
    for column in columns:  # the key itself is nobody else's name
        exact[column.key.casefold()] = tuple(
            dict.fromkeys(other.key for other in columns if other.key.casefold() == column.key.casefold())
        )
    return exact, alike


def _add(found: dict[str, tuple[str, ...]], name: str, key: str) -> None:
    if name and key not in found.get(name, ()):
        found[name] = (*found.get(name, ()), key)


def _unclear(keys: Sequence[str], columns: Sequence[Column]) -> str:
    titles = [column.title for column in columns if column.key in keys]
    if titles:
        return f"This could be {' or '.join(titles)}. Say which it is."
    return unknown_column(columns)


def unknown_column(columns: Iterable[Column]) -> str:
    """Say of a column that nobody knows which ones are known."""
    return f"This column is unknown. Known: {', '.join(column.title for column in columns)}."
