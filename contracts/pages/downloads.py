"""How a file is sent: every download goes through here, so that its name is right in every browser."""

import unicodedata
import zipfile
from datetime import date
from pathlib import PurePath
from typing import BinaryIO

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from contracts.printing.sheets import TYPES as SHEETS

TYPES = {f".{ending}": named for ending, named in SHEETS.items()} | {
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def download(content: bytes | BinaryIO, *, name: str, inline: bool = False) -> HttpResponseBase:
    """Send a file under a name that says what it is; its type follows from the ending of the name."""
    name = plain_name(name)
    if not isinstance(content, bytes):
        return FileResponse(content, as_attachment=not inline, filename=name)
    headers = {"Content-Disposition": content_disposition_header(not inline, name)}
    return HttpResponse(content, content_type=TYPES[PurePath(name).suffix], headers=headers)


def zip_entry(name: str, day: date) -> zipfile.ZipInfo:
    """Return an entry of a ZIP file that is dated by its document, readable for its owner and group."""
    entry = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
    entry.external_attr = 0o640 << 16
    return entry


def plain_name(name: str) -> str:
    """Return a name of letters and figures of any script: what a file system or a shell reads otherwise is a hyphen."""
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" or letter in "-_." else "-" for letter in name)
