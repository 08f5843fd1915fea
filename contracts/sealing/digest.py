"""The digest of frozen content: the same values give the same digest, whatever the order of their names."""

import hashlib
import json
from collections.abc import Callable, Mapping


def canonical_sha256(content: Mapping, *, default: Callable[[object], str] | None = None) -> str:
    """Return the SHA-256 of JSON values in their canonical form: sorted names, no spaces, UTF-8.

    `default` writes a value that JSON does not know; without it such a value is a TypeError.
    """
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=default
    )
    return hashlib.sha256(text.encode()).hexdigest()
