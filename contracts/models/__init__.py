"""What was agreed: parties, agreements, their amendments and price schedules, and how unclear clauses are read."""

from contracts.models.agreements import Agreement, Amendment, ChosenReading, Party, PartyAlias, WithdrawnSignature
from contracts.models.lost import LostRecord
from contracts.models.schedules import (
    Component,
    ComponentLimit,
    HourService,
    IncludedService,
    PriceSchedule,
    ServiceLevel,
)

__all__ = [
    "Agreement",
    "Amendment",
    "ChosenReading",
    "Component",
    "ComponentLimit",
    "HourService",
    "IncludedService",
    "LostRecord",
    "Party",
    "PartyAlias",
    "PriceSchedule",
    "ServiceLevel",
    "WithdrawnSignature",
]
