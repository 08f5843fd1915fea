#!/usr/bin/env python
"""Compare the price of a warm one-page invoice PDF with a bare WeasyPrint render of the same HTML and CSS.

    .venv/bin/python bench/invoice_pdf.py [--runs 15] [--limit 1.3]

Ours goes the whole way: frozen content, template, tagged PDF/UA with a fetcher of its own. Bare is
`weasyprint.HTML(string=...).write_pdf(stylesheets=[...])`, which reads style sheet and fonts for each document. The
third way is bare too, but keeps style sheet and fonts as ours does: no tags, no metadata, nothing left to save. The
runs alternate and medians are compared. Ends with 1 when ours costs more than the limit times either of them. Needs no
database.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "signs nothing here")


def main() -> int:
    """Time the three ways and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="renders of each kind (default 15)")
    parser.add_argument("--limit", type=float, default=1.3, help="highest allowed ratio (default 1.3)")
    options = parser.parse_args()

    import django

    django.setup()
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    from invoicing.documents.printing import content_html, render_content
    from tests.invoicing import factories

    content = factories.content(factories.sites(1))
    html = content_html(content)
    style_sheet = ROOT / "static" / "print" / "document.css"
    fonts = FontConfiguration()
    kept = weasyprint.CSS(style_sheet, font_config=fonts)
    ways: dict[str, Callable[[], object]] = {
        "ours, from content to bytes": lambda: render_content(content),
        "bare": lambda: weasyprint.HTML(string=html).write_pdf(stylesheets=[style_sheet]),
        "bare, style sheet and fonts kept": lambda: weasyprint.HTML(string=html).write_pdf(
            stylesheets=[kept], font_config=fonts
        ),
    }
    pages = render_content(content).pages
    if pages != 1:
        print(f"The invoice has {pages} pages, not one.")
        return 1
    for render in ways.values():
        render()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.runs):
        for name, render in ways.items():
            begun = time.perf_counter()
            render()
            times[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        print(f"{name:<42} {median * 1000:7.1f} ms (median of {options.runs})")
    ours, bare, bare_kept = medians.values()
    print(f"ratio: {ours / bare:.2f} to bare, {ours / bare_kept:.2f} to bare with all kept (limit {options.limit})")
    return 0 if ours / min(bare, bare_kept) <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
