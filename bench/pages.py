"""What each page costs on a small desk and on the large one (python bench/pages.py SMALL_URL LARGE_URL [PART]).

Both desks are those of bench/large.py, with 1 copy and with 200; DOCUMENTS_DIR may be any folder. Every page, or each
with PART in its name, is asked for three times as a superuser, in this process: the least processor time, statements
and bytes, side by side.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("BUSINESS_DATE", "2008-09-15")
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

TIMES = 3


def measured(part: str) -> dict[str, tuple[float, int, int]]:
    """Ask for every page whose name holds a part: processor seconds, statements and bytes by name."""
    import django

    django.setup()

    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    user, _created = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user)
    found = {}
    for name, address in pages().items():
        if part not in name:
            continue
        seconds = []
        for _ in range(TIMES):
            with CaptureQueriesContext(connection) as queries:
                began = time.process_time()
                answer = client.get(address)
                seconds.append(time.process_time() - began)
        status = "" if answer.status_code == 200 else f" ({answer.status_code})"
        found[name + status] = min(seconds), len(queries), len(answer.content)
    return found


def pages() -> dict[str, str]:
    """Addresses by name: lists, then the pages of an agreement in its tenth year, and of the largest one on file."""
    from django.db.models import Max
    from django.urls import reverse

    from contracts.models import Agreement
    from invoicing.models import Invoice
    from sites.models import RenewalReview, Site

    old = Agreement.objects.get(number="OLD-A")
    big = Agreement.objects.filter(number="BIG-500").first() or old
    found = {
        name: reverse(name)
        for name in (
            *("home", "search"),
            *("contracts:agreement_list", "sites:site_list", "sites:review_list", "sites:report_list"),
            *("invoicing:invoice_list", "invoicing:run", "invoicing:correction_list", "invoicing:waiver_list"),
            *("invoicing:lost_list", "invoicing:invoice_discard", "admin:index"),
            *(f"admin:sites_{model}_changelist" for model in ("site", "componentcount", "countchange", "workentry")),
            *(f"admin:invoicing_{model}_changelist" for model in ("invoice", "invoicepdf")),
        )
    }
    found["invoices, last page"] = f"{reverse('invoicing:invoice_list')}?page=2000"
    found |= {f"search for {text}": f"{reverse('search')}?q={text}" for text in ("1", "inv", "Technician")}
    found["invoices by total"] = f"{reverse('invoicing:invoice_list')}?sort=total"
    for label, agreement in (("old", old), ("big", big)):
        site = Site.objects.filter(agreement=agreement).order_by("pk")[0]
        last = Invoice.objects.issued().filter(agreement=agreement).aggregate(key=Max("pk"))["key"]
        review = RenewalReview.objects.filter(agreement=agreement).order_by("-pk")[:1]
        of = {
            "sites:agreement_detail": (agreement.pk,),
            "sites:month_grid": (agreement.pk, "2008-07"),
            "sites:month_report": (agreement.pk, "2008-07"),
            "sites:agreement_reports": (agreement.pk,),
            "sites:level_outlook": (agreement.pk,),
            "invoicing:reading_register": (agreement.pk,),
            "sites:site_detail": (site.pk,),
            "sites:site_history": (site.pk,),
            "sites:hours": (agreement.pk,),
            "sites:hours_entries": (agreement.pk,),
            "sites:imports": (agreement.pk,),
            "invoicing:invoice_detail": (last,),
            "invoicing:correction_detail": (agreement.pk,),
            **({"sites:review_detail": (review[0].pk,)} if review else {}),
        }
        found |= {f"{name} {label}": address(name, args) for name, args in of.items()}
    return found


def address(name: str, args: tuple) -> str:
    """The address of a page; months are written as in addresses."""
    from django.urls import reverse

    from contracts.periods import Month

    return reverse(name, args=[Month(2008, 7) if arg == "2008-07" else arg for arg in args])


def main(small: str, large: str, part: str = "") -> None:
    """Measure each desk in a process of its own and print them side by side."""
    desks = [
        json.loads(
            subprocess.run(
                [sys.executable, __file__, "--one", part],
                env=os.environ | {"DATABASE_URL": url},
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
        for url in (small, large)
    ]
    print(f"{'page':<44}{'processor seconds':>20}{'times':>7}{'statements':>12}{'kB':>14}")
    for name, (seconds, statements, size) in desks[1].items():
        was = desks[0].get(name, (0, 0, 0))
        ratio = f"{seconds / was[0]:.1f}" if was[0] else ""
        print(
            f"{name:<44}{was[0]:>10.3f}{seconds:>10.3f}{ratio:>7}{was[1]:>6}{statements:>6}"
            f"{was[2] / 1000:>7.0f}{size / 1000:>7.0f}"
        )


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print(json.dumps(measured(sys.argv[2])))
    else:
        main(*sys.argv[1:])
