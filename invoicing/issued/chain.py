"""The chain of issued documents.

Every document carries a digest of itself and of the one before it in its series, so that none can be changed, dated
otherwise, renumbered or left out without all that follow. The last link proves the whole series: it is enough to have
kept that one elsewhere. The ledger keeps them all.
"""

import hashlib
import json
import re
from datetime import date


def chain_sha256(*, before: str, number: str, issued_on: date, content_sha256: str) -> str:
    """Return the link of a document: the SHA-256 of the link before it, its number, its date and its content's digest.

    The first document of a series has no link before it: an empty text.
    """
    text = json.dumps([before, number, issued_on.isoformat(), content_sha256], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def by_number(text: str) -> tuple[str, int]:
    """Return the key that sorts printed numbers by series and number: `INV-99999` before `INV-100000`."""
    digits = re.search("[0-9]*$", text)[0]
    return text.removesuffix(digits), int(digits or 0)
