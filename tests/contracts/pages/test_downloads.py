"""How files are sent: one way for all, under names that every browser keeps."""

import io

import pytest

from contracts.pages.downloads import download


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("INV-1-A 8/2-1998-10.pdf", 'attachment; filename="INV-1-A-8-2-1998-10.pdf"'),
        ('A"8\\..\r\nX: y\u202efdp.csv', 'attachment; filename="A-8-..--X--y-fdp.csv"'),
        ("Ören-中文-हिन्दी.xlsx", "attachment; filename*=utf-8''%C3%96ren-%E4%B8%AD%E6%96%87-"
         "%E0%A4%B9%E0%A4%BF%E0%A4%A8%E0%A5%8D%E0%A4%A6%E0%A5%80.xlsx"),
    ],
)  # fmt: skip
def test_name_is_kept_in_every_script_and_harmless(name, header):
    assert download(b"x", name=name).headers["Content-Disposition"] == header
    assert download(io.BytesIO(b"x"), name=name).headers["Content-Disposition"] == header


def test_type_follows_from_the_ending():
    types = [download(b"x", name=f"a.{ending}").headers["Content-Type"] for ending in ("pdf", "csv", "xlsx")]

    assert types[:2] == ["application/pdf", "text/csv; charset=utf-8"]
    assert types[2].endswith("spreadsheetml.sheet")
    assert download(b"x", name="a.pdf", inline=True).headers["Content-Disposition"] == 'inline; filename="a.pdf"'
