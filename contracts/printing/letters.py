"""The letters that documents can show: those of the fonts in `static/print/fonts`, and no others."""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import unescape

from contracts.printing.worker import LETTERS
from contracts.wording import cut

_TEXT = re.compile(r'[^<>"]+')
"""A text of an HTML page, or what stands around it."""


@cache
def _beyond() -> re.Pattern:
    runs = [run for of_font in json.loads(LETTERS.read_text()).values() for run in of_font]
    return re.compile("[^\\n\\r\\t" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs) + "]")


def missing_letter(text: str) -> str:
    """Name the first letter of a text that no font has: `“😀” (GRINNING FACE, U+1F600)`; empty where all are there."""
    found = None if text.isascii() and text.isprintable() else _beyond().search(text)
    if found is None:
        return ""
    return f"“{found[0]}” ({unicodedata.name(found[0], 'without a name')}, U+{ord(found[0]):04X})"


def missing_in(content: object) -> str:
    """Say which letter of frozen content no font has, and in which of its texts; empty where all are there."""
    if isinstance(content, str):
        missing = missing_letter(content)
        return f"No font of the documents has {missing}, in “{cut(content, 100)}”." if missing else ""
    inner = content.values() if isinstance(content, Mapping) else content if isinstance(content, list) else ()
    return next((message for each in inner if (message := missing_in(each))), "")


def missing_in_page(html: str) -> str:
    """Say which letter of an HTML page no font has, and in which of its texts; empty where all are there."""
    if not missing_letter(unescape(html)):
        return ""
    return missing_in([unescape(text).strip() for text in _TEXT.findall(html)])
