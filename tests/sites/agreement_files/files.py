"""Agreement files for tests: the two that come with the product, and a copy of one that may be changed at will."""

import copy
import json
from datetime import date
from pathlib import Path

import pytest

from contracts.amendments.amending import copy_schedule_in_force, draft_amendment, record_signature
from contracts.models import Agreement, Amendment, Party, PriceSchedule, ServiceLevel
from sites.agreement_files.exporting import export_agreement
from sites.agreement_files.loading import CannotLoad, Loaded, load_agreement
from sites.models import ChargedLevel, ComponentCount, RenewalReview, ReviewLine, Site

DATA = Path(__file__).resolve().parents[3] / "data"
REFERENCE_TEXT = (DATA / "reference.json").read_text(encoding="utf-8")
DEMONSTRATION_TEXT = (DATA / "demonstration.json").read_text(encoding="utf-8")


def reference() -> dict:
    """The reference agreement."""
    return json.loads(REFERENCE_TEXT)


def demonstration() -> dict:
    """The demonstration's sites and counts."""
    return json.loads(DEMONSTRATION_TEXT)


def changed(document: dict, place: str, value: object) -> dict:
    """A copy with one value changed, or taken out (None): changed(d, "amendments.0.number", 2)."""
    result = copy.deepcopy(document)
    *way, last = [int(step) if step.isdigit() and step != "5ESS" else step for step in place.split(".")]
    inner = result
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return result


def renamed(document: dict, number: str) -> dict:
    """The same agreement under another number."""
    return changed(document, "agreement.number", number)


def small(*sites: dict) -> dict:
    """The reference agreement with these sites, each of which may leave out what a test does not care for."""
    rows = [{"city": f"City {number:02}", "in_service_on": "1998-10-01", **site} for number, site in enumerate(sites)]
    return {**reference(), "sites": rows}


def agreed_review(levels: dict[str, str], period: int = 1, **changed: object) -> dict:
    """The review of an annual period at which both parties agreed a level for each of some sites."""
    year = 1998 + period
    return {
        "period": period,
        "kind": "price-review",
        "first_day": f"{year - 1}-10-01",
        "last_day": f"{year}-09-30",
        "due_on": f"{year}-08-01",
        "opened_on": f"{year}-08-01",
        "cut_off_on": f"{year}-08-01",
        "customer": {"name": "Ann Example", "agreed_on": f"{year}-08-10"},
        "supplier": {"name": "Bob Example", "agreed_on": f"{year}-08-12"},
        "lines": [{"site": site, "agreed_level": level} for site, level in levels.items()],
        **changed,
    }


ON = date(2000, 12, 1)


def load(document, on=ON, **arguments) -> Loaded:
    return load_agreement(document, on=on, by=None, **arguments)


def exported(number="LNS970602JC") -> dict:
    return export_agreement(Agreement.objects.get(number=number))


def rows() -> dict[str, int]:
    """How many rows there are of every kind."""
    kinds = (Party, Agreement, Amendment, PriceSchedule, ServiceLevel, Site, ComponentCount, RenewalReview, ReviewLine)
    return {kind.__name__: kind.objects.count() for kind in (*kinds, ChargedLevel)}


def refused(document, on=ON) -> list[str]:
    """Return every problem of a document, which must be refused and leave everything as it was."""
    before = rows()
    with pytest.raises(CannotLoad) as caught:
        load(document, on=on)
    assert rows() == before
    return [str(problem) for problem in caught.value.problems]


def second_amendment(agreement, *, signed: bool) -> Amendment:
    on = date(2000, 6, 1)
    amendment = draft_amendment(
        agreement=agreement,
        number=2,
        contract_number="LNM000601MP",
        effective_on=date(2000, 10, 1),
        from_expires_on=date(2000, 9, 30),
        expires_on=date(2002, 9, 30),
        on=on,
        by=None,
    )
    schedule = copy_schedule_in_force(amendment=amendment, on=on, by=None)
    schedule.levels.filter(code="SMALL").update(annual_price="205000.00")
    record_signature(amendment=amendment, side="customer", name="A", title="", signed_on=on, on=on, by=None)
    if signed:
        record_signature(amendment=amendment, side="supplier", name="B", title="C", signed_on=on, on=on, by=None)
    return amendment
