"""Discarding drafts: many at once, all of them in one transaction; what was issued meanwhile is left."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from contracts.models import Agreement
from invoicing.models import Invoice

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Discarded:
    """What became of chosen drafts: how many were discarded, which were issued meanwhile, how many were gone."""

    drafts: int
    issued: tuple[Invoice, ...]
    gone: int


@transaction.atomic
def discard_drafts(*, keys: Collection[int], by: User | None) -> Discarded:
    """Discard chosen drafts. A document that somebody issued meanwhile is left, one that a run replaced is gone.

    The next run drafts again whatever is due and not billed.
    """
    chosen = Invoice.objects.filter(pk__in=keys)
    agreements = Agreement.objects.filter(pk__in=chosen.order_by().values("agreement"))
    list(agreements.select_for_update().order_by("pk").values_list("pk"))  # before their documents, as a run does
    rows = list(chosen.select_for_update().defer("content").order_by("pk"))
    drafts = [row.pk for row in rows if not row.is_issued]
    Invoice.objects.filter(pk__in=drafts).delete()
    logger.info("%s discarded %s drafts", by, len(drafts))
    return Discarded(len(drafts), tuple(row for row in rows if row.is_issued), len(set(keys)) - len(rows))
