#!/usr/bin/env python
"""Time the PDF of a monthly report with 12 and with 200 sites, from its content to its bytes.

    .venv/bin/python bench/report_pdf.py [--runs 3]

The press is warm: style sheet and fonts are read. Prints the seconds on the clock and those of the press's processor
for the fastest of the runs, and ends with 1 when one of them is above its limit (2 and 12 seconds on the clock). Needs
no database.
"""

import argparse
import os
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "signs nothing here")
GROWING = ("GE", "SLC")
LIMITS = {12: 2.0, 200: 12.0}


def content_of(number: int) -> dict:
    """The report of July 1999 for so many sites, counted at the end of every month since October 1998."""
    from contracts.models import Agreement, Party
    from contracts.periods import Month
    from sites.reports.content import report_content
    from sites.reports.monthly_report import FiledCount, ReportedSite, monthly_figures
    from tests import reference

    july = Month(1999, 7)
    days = [date(1998, 10, 1)]
    days += [Month(1998 + (8 + step) // 12, (8 + step) % 12 + 1).span.last_day for step in range(1, 11)]
    sites = [
        ReportedSite(
            key=key,
            name=f"City {key:03}, NV",
            in_service_on=date(1998, 10, 1),
            removed_on=None,
            counts=tuple(
                FiledCount(
                    code, day, quantity + (step * (key % 4) // 3 if code in ("GE", "SLC") else 0), "monthly count"
                )
                for step, day in enumerate(days)
                for code, quantity in (reference.SMALLEST | {"GE": 8 + key % 30}).items()
            ),
            hours={"Customer Care": Decimal("7.50")} if key % 3 == 0 else {},
        )
        for key in range(1, number + 1)
    ]
    figures = monthly_figures(
        agreement=reference.AGREEMENT,
        month=july,
        sites=sites,
        components=lambda day: reference.COMPONENTS,
        on=july.span.last_day + timedelta(days=5),
    )
    agreement = Agreement(
        number=reference.AGREEMENT.number,
        dated_on=reference.AGREEMENT.dated_on,
        supplier=Party(legal_name="Lucent Technologies Inc.", address="283 King George Road\nWarren, New Jersey"),
        customer=Party(legal_name="KMC Telecom Inc.", address="1545 Route 206\nBedminster, New Jersey"),
    )
    return report_content(
        agreement=agreement, figures=figures, days_after=10, demonstration=False, issued_on=date(1999, 8, 5)
    )


def processor_seconds(pid: int) -> float:
    """Seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Time both sizes and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="renders of each size (default 3)")
    options = parser.parse_args()

    import django

    django.setup()
    from contracts.printing import pdf
    from sites.reports.printing import render_report

    render_report(content_of(1))  # the press warms up
    slow = False
    for number, limit in LIMITS.items():
        content, best, used = content_of(number), None, 0.0
        for _run in range(options.runs):
            before, begun = processor_seconds(pdf._printer.pid), time.perf_counter()
            printed = render_report(content)
            seconds = time.perf_counter() - begun
            if best is None or seconds < best:
                best, used = seconds, processor_seconds(pdf._printer.pid) - before
        load = os.getloadavg()[0]
        size = f"{printed.pages} pages, {len(printed.data) // 1024:,} kB"
        print(f"{number:4} sites: {best:6.2f} s, press {used:5.2f} s; {size}; limit {limit:g} s; load {load:.1f}")
        slow = slow or best > limit
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
