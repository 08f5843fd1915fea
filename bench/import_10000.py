"""Time an import: 10,000 rows with 6 components each (python bench/import_10000.py [ROWS] [csv|xlsx]).

The preview, the confirmation, the preview of the same figures with every tenth changed, its confirmation, and the
undoing, each by the pages themselves as a browser asks for them: seconds, seconds that this process worked itself, and
the peak of memory. It works in a test database that it makes and removes again, of the kind that DATABASE_URL names.
Ends with 1 when a preview or a confirmation takes longer than 15 seconds, or the memory passes 600 MB.
"""

import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["UPLOADS_DIR"] = tempfile.mkdtemp()
os.environ["BUSINESS_DATE"] = "2000-09-01"
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from contracts.models import Agreement  # noqa: E402
from contracts.printing.sheets import Sheet, csv_bytes, workbook  # noqa: E402
from sites.models import ComponentCount, CountChange, ImportedFile  # noqa: E402
from tests import factories  # noqa: E402

HEADINGS = ("site", "date", "gateway elements", "5 ESS", "SLC", "SM", "DACS II", "DACS IV")
FIRST, ON = date(1998, 10, 1), date(2000, 9, 1)  # the business date too
MOST_SECONDS, MOST_MEGABYTES = 15, 600


def rows(number: int, changed: bool) -> list[tuple]:
    """So many rows for 200 sites, every tenth figure another one where asked for."""
    return [
        (
            f"City {position % 200 + 1:04}",
            FIRST + timedelta(days=position // 200),
            *((position + place) % 40 + (changed and (position + place) % 10 == 0) for place in range(6)),
        )
        for position in range(number)
    ]


def content(number: int, ending: str, *, changed: bool = False) -> bytes:
    """The file of these rows."""
    created = rows(number, changed)
    if ending == "csv":
        return csv_bytes(HEADINGS, created)
    return workbook([Sheet("Counts", HEADINGS, created)], title="Counts", created_on=ON)


def timed(name: str, act: Callable[[], object], seconds: list[float]) -> object:
    """Do it, and print what it took."""
    began, worked = time.perf_counter(), time.process_time()
    result = act()
    seconds.append(time.perf_counter() - began)
    print(
        f"{name:<34} {seconds[-1]:6.1f} s ({time.process_time() - worked:.1f} s of work), peak {peak():.0f} MB",
        flush=True,
    )
    return result


def peak() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answered(response) -> str:
    """The text of an answer, which must be one."""
    if response.status_code not in (200, 302):
        raise RuntimeError(f"The page answers {response.status_code}.")
    return response.content.decode()


def hidden(page: str, name: str) -> str:
    """What a hidden field of a page holds."""
    return re.search(f'name="{name}" value="([^"]+)"', page)[1]


def main(number: int, ending: str) -> int:
    """Import, correct, and take back."""
    factories.sites(factories.agreement(), 200)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("root"))
    address = f"/agreements/{Agreement.objects.get().pk}/import/counts/"
    print(f"{connection.vendor}: {number:,} rows x 6 components, {ending}, before: {peak():.0f} MB")
    seconds: list[float] = []
    for changed, what in ((False, "new"), (True, "a tenth changed")):
        file = SimpleUploadedFile(f"counts.{ending}", content(number, ending, changed=changed))
        preview = timed(
            f"preview, {what}", lambda file=file: answered(client.post(address, {"file": file}, follow=True)), seconds
        )
        said = {name: hidden(preview, name) for name in ("mark", "shown")} | {"confirm": "1", "reason": "Recounted"}
        timed(f"confirmation, {what}", lambda said=said: answered(client.post(address, said)), seconds)
        print(f"    page of {len(preview) / 1e6:.1f} MB, {ComponentCount.objects.count():,} figures on file")
    undo = f"/imports/{ImportedFile.objects.latest('pk').pk}/undo/"
    timed("undo", lambda: answered(client.post(undo, {"reason": "Measured"})), [])
    print(f"    {ImportedFile.objects.count()} imports, {CountChange.objects.count():,} entries of history")
    return 0 if max(seconds) <= MOST_SECONDS and peak() <= MOST_MEGABYTES else 1


if __name__ == "__main__":
    arguments = sys.argv[1:] + ["10000", "csv"][len(sys.argv[1:]) :]
    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        code = main(int(arguments[0]), arguments[1])
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)
    sys.exit(code)
