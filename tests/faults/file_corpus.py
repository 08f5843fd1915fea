"""Files as people and worse send them, each with the right answer: what is stored of it, or the place that is refused.

Every file is a count file for `SITES`. Made anew from a seed: the same seed gives the same files.
"""

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import openpyxl

FIRST = date(1998, 10, 1)
SITES = (("Augusta", "GA", "AUGSGAZZDS0"), ("Boise", "ID", ""), ("Île d'Or", "", ""), ("=Reno", "NV", ""))
HEADINGS = ("site", "date", "GE", "5ESS", "SLC", "SM", "DACS II", "DACS IV")
CODES = ("GE", "5ESS", "SLC", "SM", "DACS2", "DACS4")
NAMES = ("Augusta, GA", "boise", "AUGSGAZZDS0", "Île d'Or", "=Reno", "Boise, ID")
SHEET = "xl/worksheets/sheet1.xml"
BAD_COUNTS = (
    *("NaN", "Infinity", "-Infinity", "1e3", "1E+999999", "-1", "-0", "1.5", "8,5", "1.234,5", "1 000", "9" * 25),
    *(
        "8h",
        "0x8",
        "++1",
        "1 0",
        "(5)",
        "\u22125",
        "sNaN",
        "8\u200b",
        "True",
        "=8",
        "'=8",
        "\u0661\u0662",
        "\uff11\uff12",
    ),
    *(
        "1_0",
        "8\x00",
        "\x07",
        "½",
        "²",
        "#N/A",
        "null",
        "-",
        "1000000000",
        "٣",
        "1;DROP TABLE",
        "\u00a08",
        "8\t",
        "\ufeff8",
    ),
)
BAD_DAYS = (
    *("1999-02-29", "1999-13-01", "31/12/1999", "12/31/1999", "0000-00-00", "1999-1-1", "19990101", "1999-01-01T00:00"),
    *("45321", "\u0661999-01-01", "1999-01-01 ;", "yesterday", "9999-12-31", "1850-01-01", "1998-09-30", "1999-W01-1"),
    *("1999-06-31", "'1999-01-01", "1999-01-01\x00", "", "\u202e1999-01-01", "=TODAY()"),
)
BAD_SITES = (
    *("Nowhere", "", "AUGSGAZZDS1", "Augusta\u200b", "\u0410ugusta", "Augusta'", "../Augusta", "*", "%", "Augusta\x00"),
    *("Augusta, ME", "A" * 3000, "boise; --", "\u202eBoise", "1", "Augusta\nGA", "<script>", "Reno", "{{ 7*7 }}"),
)


@dataclass(frozen=True)
class Case:
    """One file and its right answer: the figures that are stored, or the rows and columns of which one is refused."""

    name: str
    content: bytes
    stored: dict[str, int] | None = None
    places: tuple[tuple[int | None, str], ...] = ()


def corpus(number: int, seed: int = 20) -> Iterator[Case]:
    """Yield so many CSV files: good ones, ones that are broken as a whole, and ones with one thing wrong."""
    rng = random.Random(seed)
    created = [*_good(rng), *_broken(rng)]
    while len(created) < number:
        created.append(_one_wrong(rng, len(created)))
    rng.shuffle(created)
    yield from created[:number]


def _rows(rng: random.Random, number: int) -> list[list[str]]:
    """Rows of sites and days, none of them twice, the figures as a spreadsheet writes them."""
    days = [(FIRST + timedelta(days=offset)).isoformat() for offset in range(1, 200)]
    places = rng.sample([(name, day) for name in ("Augusta, GA", "boise", "Île d'Or", "=Reno") for day in days], number)
    return [[name, day, *(str(rng.choice((0, 1, 7, 10, 41, 999_999_999))) for _ in CODES)] for name, day in places]


def _answer(rows: list[list[str]]) -> dict[str, int]:
    cities = {
        "augusta, ga": "Augusta",
        "boise": "Boise",
        "île d'or": "Île d'Or",
        "=reno": "=Reno",
        "boise, id": "Boise",
    }
    found = {}
    for name, day, *figures in rows:
        city = cities.get(name.strip().casefold(), "Augusta")
        found |= {f"{city} {day} {code}": int(text) for code, text in zip(CODES, figures, strict=True) if text.strip()}
    return found


def _text(rows: list[list[str]], headings=HEADINGS, *, ending="\r\n", mark=b"", **how) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=ending, **how)
    writer.writerow(headings)
    writer.writerows(rows)
    return mark + stream.getvalue().encode()


def _good(rng: random.Random) -> Iterator[Case]:
    for turn in range(4):
        rows = _rows(rng, rng.randrange(1, 40))
        order = rng.sample(range(len(HEADINGS)), len(HEADINGS))
        some = [[*row[:2], *(text if rng.random() < 0.7 else "" for text in row[2:])] for row in rows]
        some[0][2:] = ["0", "", "", "", "", ""]
        variants = {
            "plain": (rows, _text(rows)),
            "line feeds": (rows, _text(rows, ending="\n")),
            "byte order mark": (rows, _text(rows, mark=b"\xef\xbb\xbf")),
            "all quoted": (rows, _text(rows, quoting=csv.QUOTE_ALL)),
            "columns in another order": (
                rows,
                _text([[row[place] for place in order] for row in rows], [HEADINGS[place] for place in order]),
            ),
            "other names": (
                rows,
                _text(rows, ("CLLI", "Counted On", "gateway elements", "5 ess", "S-L-C", "sm", "dacs-2", "Dacs_4")),
            ),
            "blank lines": (rows, _text(rows) + b"\r\n\r\n"),
            "blanks around": (rows, _text([[f" {text} " for text in row] for row in rows])),
            "leading zeros": (rows, _text([[*row[:2], *(f"00{text}"[-9:] for text in row[2:])] for row in rows])),
            "cells left empty": (some, _text(some)),
            "guarded formula": (
                [["=Reno", "1999-01-01", *"123456"]],
                _text([["'=Reno", "1999-01-01", *"123456"]]),
            ),
        }
        for name, (message, content) in variants.items():
            yield Case(f"good {turn}: {name}", content, stored=_answer(message))


def _broken(rng: random.Random) -> Iterator[Case]:
    rows = _rows(rng, 12)
    base = _text(rows)
    noise = rng.randbytes(300)
    whole: dict[str, tuple[bytes, tuple]] = {
        "empty": (b"", ((None, ""),)),
        "only blanks": (b"   \r\n", ((None, ""),)),
        "headings alone": (_text([]), ((None, ""),)),
        "no headings": (base.split(b"\r\n", 1)[1], ((1, "site"),)),
        "utf-16": (base.decode().encode("utf-16"), ((1, ""),)),
        "png": (b"\x89PNG\r\n\x1a\n" + noise, ((1, ""),)),
        "pdf": (b"%PDF-1.7\n" + noise, ((2, ""), (3, ""), (1, "%PDF-1.7"))),
        "zip": (b"PK\x03\x04" + noise, ((None, ""),)),
        "html": (b"<html><table><tr><td>1</table>", ((1, "site"),)),
        "semicolons": (_text(rows, delimiter=";"), ((1, "site"),)),
        "tabs": (_text(rows, delimiter="\t"), ((1, "site"),)),
        "too many rows": (_text(rows[:1]) + b"x,y\r\n" * 50_001, ((None, ""),)),
        "too many bytes": (base + b"x" * 20_000_001, ((None, ""),)),
        "one cell of 10 MB": (_text([["y" * 10_000_000, *rows[0][1:]]]), ((2, ""),)),
        "100,000 columns": (base + b"x" + b",x" * 100_000, ((14, ""),)),
        "100,000 headings": (_text(rows, ["site", "date", *["x"] * 100_000]), ((1, ""),)),
        "zeros": (b"\x00" * 5000, ((1, "site"), (1, ""))),
        "open quote at once": (b'"' + base, ((1, ""), (2, ""), (1, "site"))),
        "nothing but commas": (b",,,,\r\n" * 30, ((1, "site"),)),
        "a row given twice": (_text([*rows, rows[3]]), ((14, "date"),)),
        "a site by two names": (
            _text([["Augusta, GA", "1999-01-01", *"111111"], ["AUGSGAZZDS0", "1999-01-01", *"111111"]]),
            ((3, "date"),),
        ),
    }
    for name, (content, places) in whole.items():
        yield Case(f"broken: {name}", content, places=places)
    for place, heading in enumerate(HEADINGS[:2]):
        less = [[*row[:place], *row[place + 1 :]] for row in rows]
        yield Case(
            f"broken: no column {heading}",
            _text(less, [*HEADINGS[:place], *HEADINGS[place + 1 :]]),
            places=((1, heading),),
        )
    for place, heading in enumerate(HEADINGS):
        twice = [[*row, row[place]] for row in rows]
        yield Case(f"broken: column {heading} twice", _text(twice, [*HEADINGS, heading]), places=((1, heading),))
    for heading in ("is_admin", "GE2", "=GE", "DACS", "G E X", "quantity\x00", "id", "<b>"):
        more = [[*row, "1"] for row in rows]
        yield Case(f"broken: unknown column {heading!r}", _text(more, [*HEADINGS, heading]), places=((1, heading),))


def _one_wrong(rng: random.Random, number: int) -> Case:
    rows = _rows(rng, rng.randrange(3, 30))
    at, kind = rng.randrange(len(rows)), rng.random()
    row, place = rows[at], at + 2
    if kind < 0.35:
        column = rng.randrange(2, len(HEADINGS))
        row[column] = rng.choice(BAD_COUNTS)
        return Case(f"{number}: count {row[column][:20]!a}", _text(rows), places=((place, HEADINGS[column]),))
    if kind < 0.55:
        row[1] = rng.choice(BAD_DAYS)
        return Case(f"{number}: date {row[1]!a}", _text(rows), places=((place, "date"),))
    if kind < 0.72:
        row[0] = rng.choice(BAD_SITES)
        return Case(f"{number}: site {row[0][:20]!a}", _text(rows), places=((place, "site"),))
    if kind < 0.8:
        rows[at] = row[: rng.randrange(1, len(row) - 1)]
        return Case(f"{number}: short row", _text(rows), places=((place, ""),))
    if kind < 0.88:
        row.append("more")
        return Case(f"{number}: long row", _text(rows), places=((place, ""),))
    lines = _text(rows).split(b"\r\n")
    if kind < 0.94:
        lines[at + 1] += b',"open'
        return Case(f"{number}: quote never closed", b"\r\n".join(lines), places=((place, ""),))
    lines[at + 1] += b" caf\xe9"
    return Case(f"{number}: a byte of Latin-1", b"\r\n".join(lines), places=((place, ""),))


# ---- workbooks ---------------------------------------------------------------------------------------------------


def workbooks() -> Iterator[Case]:
    """Yield seven workbooks: a good one, and six that attack the reader, each bounded to 64 MB unpacked."""
    good = [["Augusta", date(1999, 1, 5), 8, 1, 7, 1, 1, None], ["=Reno", "1999-01-05", 0, None, 12, 1, 1, 1]]
    content = _workbook(good)
    stored = {"Augusta": (8, 1, 7, 1, 1, None), "=Reno": (0, None, 12, 1, 1, 1)}
    answer = {
        f"{city} 1999-01-05 {code}": figure
        for city, figures in stored.items()
        for code, figure in zip(CODES, figures, strict=True)
        if figure is not None
    }
    yield Case("workbook: good", content, stored=answer)
    long = b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"A" * 64_000_000 + b"</t></is></c></row></sheetData>"
    yield Case("workbook: 64 MB in one cell", _rebuilt(content, _into(b"</sheetData>", long)), places=((None, ""),))
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(9)
    )
    laughs += b"]><sst><si><t>&j;</t></si></sst>"
    yield Case("workbook: laughs", _rebuilt(content, extra=[("xl/sharedStrings.xml", laughs)]), places=((None, ""),))
    external = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'

    def reads_a_file(name: str, data: bytes) -> bytes:
        return (
            external + re.sub(rb"<\?xml.*?\?>", b"", data).replace(b"<v>8</v>", b"<v>&x;</v>")
            if name == SHEET
            else data
        )

    yield Case("workbook: reads a file", _rebuilt(content, reads_a_file), places=((None, ""),))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    yield Case("workbook: 17 billion cells", _rebuilt(content, _into(b"</sheetData>", far)), places=((1048576, ""),))
    parts = [(f"xl/media/{position}", b"") for position in range(10_000)]
    yield Case("workbook: 10,000 parts", _rebuilt(content, extra=parts), places=((None, ""),))
    computed = _into(b"<v>8</v>", b"<f>2+6</f><v>8</v>")
    yield Case("workbook: a formula", _rebuilt(content, computed), places=((2, "GE"),))


def _workbook(rows: list[list]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(HEADINGS))
    for row in rows:
        book.active.append(row)
    book.active["A3"].data_type = "s"  # a text, whatever it begins with
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _into(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, data: data.replace(old, new, 1) if name == SHEET else data


def _rebuilt(content: bytes, change=lambda name, data: data, extra=()) -> bytes:
    source, stream = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, change(name, source.read(name)))
        for name, data in extra:
            archive.writestr(name, data)
    return stream.getvalue()
