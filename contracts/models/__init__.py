"""What was agreed: parties, agreements, their amendments and price schedules, and how unclear clauses are read."""

from contracts.models.agreements import Agreement, Amendment, ChosenReading, Party, PartyAlias
from contracts.models.schedules import Component, ComponentLimit, IncludedService, PriceSchedule, ServiceLevel

__all__ = [
    "Agreement",
    "Amendment",
    "ChosenReading",
    "Component",
    "ComponentLimit",
    "IncludedService",
    "Party",
    "PartyAlias",
    "PriceSchedule",
    "ServiceLevel",
]
