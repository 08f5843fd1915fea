"""What happened: sites, counts, levels and reviews, monthly reports, hours bought and worked, system integration."""

from sites.models.counts import ColumnName, CountChange, MissingCount
from sites.models.files import FileLayout, ImportedFile
from sites.models.history import ComparableChoice
from sites.models.hours import BlockPurchase, WorkChange, WorkEntry
from sites.models.integration import IntegrationOrder, Quotation
from sites.models.levels import LevelDecision
from sites.models.reports import LackingFigures, MonthlyReport, ReportAcknowledgment, ReportPdf
from sites.models.service import ServiceChange, StartingLevelChange
from sites.models.sites import ChargedLevel, ComponentCount, RenewalReview, ReviewLine, Site

__all__ = [
    "BlockPurchase",
    "ChargedLevel",
    "ColumnName",
    "ComparableChoice",
    "ComponentCount",
    "CountChange",
    "FileLayout",
    "ImportedFile",
    "IntegrationOrder",
    "LackingFigures",
    "LevelDecision",
    "MissingCount",
    "MonthlyReport",
    "Quotation",
    "RenewalReview",
    "ReportAcknowledgment",
    "ReportPdf",
    "ReviewLine",
    "ServiceChange",
    "Site",
    "StartingLevelChange",
    "WorkChange",
    "WorkEntry",
]
