from datetime import date
from hashlib import sha256

import pytest

from contracts.sealing.digest import canonical_sha256

CONTENT = {"total": "1.00", "name": "Zürich", "lines": [{"number": 1, "site": None}]}


def test_digest_is_that_of_sorted_names_without_spaces_in_utf8():
    text = '{"lines":[{"number":1,"site":null}],"name":"Zürich","total":"1.00"}'

    assert canonical_sha256(CONTENT) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed", [{"total": "1.0"}, {"name": "Zurich"}, {"lines": [{"number": "1", "site": None}]}, {"more": None}]
)
def test_digest_depends_on_every_value(changed):
    assert canonical_sha256(CONTENT | changed) != canonical_sha256(CONTENT)


def test_what_json_does_not_know_is_refused_unless_somebody_writes_it():
    row = {"day": date(1998, 10, 1)}

    assert canonical_sha256(row, default=date.isoformat) == canonical_sha256({"day": "1998-10-01"})
    with pytest.raises(TypeError):
        canonical_sha256(row)
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_sha256({"share": float("nan")})
