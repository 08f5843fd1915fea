"""What happened: sites with their counts, levels and reviews, hours bought and worked, and system integration."""

from sites.models.history import ComparableChoice
from sites.models.hours import BlockPurchase, ImportedFile, WorkEntry
from sites.models.integration import IntegrationOrder, Quotation
from sites.models.sites import ChargedLevel, ComponentCount, RenewalReview, ReviewLine, Site

__all__ = [
    "BlockPurchase",
    "ChargedLevel",
    "ComparableChoice",
    "ComponentCount",
    "ImportedFile",
    "IntegrationOrder",
    "Quotation",
    "RenewalReview",
    "ReviewLine",
    "Site",
    "WorkEntry",
]
