"""The terms of an agreement as its file and the database tell them together."""

from collections.abc import Mapping

from contracts.schedule import Schedule
from contracts.terms import AgreementTerms, AmendmentTerms, Signature
from sites.agreement_files.agreement_file import Document, day_of
from sites.agreement_files.sections import AMENDMENTS, merged


def terms_of(document: Document, stored: Document, schedules: Mapping[int, tuple[str, Schedule]]) -> AgreementTerms:
    """Return the terms of an agreement whose own values are complete; readings are left at their defaults.

    `schedules` are the price schedules of both by amendment number. An amendment without its effective date, which is a
    problem of its own, is left out.
    """
    agreement = {**stored.get("agreement", {}), **document["agreement"]}
    return AgreementTerms(
        number=agreement["number"],
        dated_on=day_of(agreement["dated_on"]),
        first_period_starts_on=day_of(agreement["first_period_starts_on"]),
        original_expires_on=day_of(agreement.get("original_expires_on")),
        executed_on=day_of(agreement.get("executed_on")),
        amendments=tuple(
            amendment_terms(amendment, schedules.get(number, ("", None))[1])
            for (number,), amendment in sorted(merged(AMENDMENTS, stored, document).items())
            if "effective_on" in amendment
        ),
        original_schedule=schedules[0][1] if 0 in schedules else None,
    )


def amendment_terms(amendment: Mapping, schedule: Schedule | None = None) -> AmendmentTerms:
    """Return the terms of an amendment; without its effective date, as if it were effective from the beginning."""
    return AmendmentTerms(
        number=amendment["number"],
        contract_number=amendment.get("contract_number", ""),
        effective_on=day_of(amendment.get("effective_on", "0001-01-01")),
        customer_signature=_signature(amendment.get("customer_signature")),
        supplier_signature=_signature(amendment.get("supplier_signature")),
        expires_on=day_of(amendment.get("expires_on")),
        expiration_clause=amendment.get("expiration_clause", ""),
        schedule=schedule,
    )


def _signature(entry: Mapping | None) -> Signature | None:
    return Signature(entry["name"], entry.get("title", ""), day_of(entry["signed_on"])) if entry else None
