"""A level from a day, as a test decides it: a change order from 15 January 1999, unless told otherwise."""

from datetime import date

from sites.levels.recording import decide_level
from sites.models import LevelDecision, Site

FROM, ON = date(1999, 1, 15), date(1999, 2, 10)
FACTS = {
    "effective_on": FROM,
    "level_code": "MEDIUM",
    "cause": LevelDecision.Cause.CHANGE_ORDER,
    "document": "Change Order 7",
    "customer_signer": "A. Customer",
    "supplier_signer": "B. Supplier",
    "agreed_on": date(1999, 2, 8),
    "reason": "Merged with the exchange next door",
}
SENTENCE = (
    "Change order, Change Order 7, from 15 January 1999, agreed on 8 February 1999 by A. Customer for the customer and "
    "B. Supplier for the supplier: Merged with the exchange next door."
)


def decide(site: Site, *, on: date = ON, **changed: object) -> LevelDecision:
    return decide_level(site=site, on=on, by=None, **FACTS | changed)
