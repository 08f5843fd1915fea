"""Hours coming in: blocks bought and work done, one by one, and what of them turned out to be wrong.

An entry that is not billed can be changed with a reason; what it said before stays in its history. A billed one stays
as it was: it is reversed with a reason, and what is right is entered anew; the next run then bills or credits the
difference.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q, QuerySet

from contracts.locking import locked_agreement
from contracts.models import Agreement
from contracts.money import ZERO, hundredths
from contracts.parties.names import name_key
from contracts.periods import day_text
from contracts.schedule import Refused
from sites.hours.prices import blocks_text
from sites.hours.queries import hours_on_file, services_on
from sites.hours.refusals import chargeable_service, purchase_refusals, work_refusals
from sites.models import BlockPurchase, Site, WorkChange, WorkEntry
from sites.models.hours import MOST_BLOCKS
from sites.refusals import CannotRecord, later_refusals, one_line, reason_refusals, text_refusals
from sites.site_refusals import out_of_service

ENTER_ANEW = "Enter a correcting entry: it reverses this one and says what is right."
STALE = "Somebody else has changed this entry since you opened it. Look at it as it is now, then change it."


# ---- blocks ------------------------------------------------------------------------------------------------------


@transaction.atomic
def buy_blocks(
    *,
    agreement: Agreement,
    bought_on: date,
    blocks: int | Decimal,
    reference: str = "",
    replaces: BlockPurchase | None = None,
    allow_duplicate: bool = True,
    on: date,
    by: User | None,
) -> BlockPurchase:
    """Record that whole blocks of prepaid hours were bought (hours, paragraph 1).

    A purchase that `replaces` a billed one that was reversed takes over what was waived of it; any other is a new
    charge. Raises CannotRecord, naming the field, for a part of a block, a day outside the term or after `on`, a day on
    which no block has a price, and a purchase that cannot be replaced. With `allow_duplicate` False, also where as many
    blocks of the same day are on file: a form that was sent twice.
    """
    agreement = locked_agreement(agreement.pk)
    faults = [
        *purchase_refusals(agreement=agreement.as_terms(), bought_on=bought_on, blocks=blocks, known_on=on),
        *later_refusals(
            place="bought_on", what="The purchase of", day=bought_on, on=on, then="Record it on the day it is made."
        ),
        *text_refusals(place="reference", what="the order reference", text=reference),
        *replacement_refusals(replaces, among=BlockPurchase.objects.filter(agreement=agreement).replaceable()),
    ]
    if blocks > MOST_BLOCKS:
        message = f"{blocks} blocks at once are more than {MOST_BLOCKS:,}. Check the number."
        faults.append(Refused("TOO_MANY_BLOCKS", "blocks", message))
    if not faults and not allow_duplicate:
        faults = _bought_already(agreement, bought_on, int(blocks))
    if faults:
        raise CannotRecord(*faults)
    return BlockPurchase.objects.create(
        agreement=agreement,
        bought_on=bought_on,
        blocks=int(blocks),
        reference=reference.strip(),
        replaces=replaces,
        recorded_on=on,
        recorded_by=by,
        is_demonstration=only_demonstration(agreement),
    )


def _bought_already(agreement: Agreement, bought_on: date, blocks: int) -> list[Refused]:
    same = BlockPurchase.objects.filter(agreement=agreement, bought_on=bought_on, blocks=blocks, reversed_on=None)
    if not same.exists():
        return []
    message = (
        f"A purchase of {blocks_text(blocks)} on {day_text(bought_on)} is on file. If this is another one, confirm"
    )
    return [Refused("ALIKE", "allow_duplicate", f"{message} it below and record it again.")]


@transaction.atomic
def reverse_blocks(*, purchase: BlockPurchase, reason: str, on: date, by: User | None) -> BlockPurchase:
    """Take a purchase of blocks back, billed or not; hours that they covered need another block.

    The row stays on file with the reason. Raises CannotRecord without a reason and for one that is reversed already.
    """
    locked_agreement(purchase.agreement_id)
    purchase = BlockPurchase.objects.select_for_update().get(pk=purchase.pk)
    _refuse_reversed(purchase)
    faults = reason_refusals(reason=reason, why="Say why the purchase is reversed.")
    if faults:
        raise CannotRecord(*faults)
    return _reverse(purchase, reason, on, by)


def only_demonstration(agreement: Agreement) -> bool:
    """Whether an agreement has sites and each of them is demonstration data: what is bought for them is, too."""
    marks = set(Site.objects.filter(agreement=agreement).order_by().values_list("is_demonstration", flat=True))
    return marks == {True}


# ---- work --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorkFacts:
    """What somebody says was done: the facts of one work entry."""

    site: Site
    worked_on: date
    service: str
    hours: Decimal
    person: str
    reference: str = ""

    def tidied(self) -> "WorkFacts":
        """Return them with the site as it is on file now, and no blanks that say nothing."""
        return replace(
            self,
            site=Site.objects.get(pk=self.site.pk),
            service=self.service.strip(),
            person=one_line(self.person),
            reference=self.reference.strip(),
        )


@transaction.atomic
def enter_work(
    *, agreement: Agreement | None = None, allow_duplicate: bool = True, on: date, by: User | None, **facts
) -> WorkEntry:
    """Record hours done for a site on one day (hours, paragraphs 1 and 2); the facts are those of `WorkFacts`.

    Raises CannotRecord, naming the field, for work outside the term or after `on`, at a site that is not in service or
    belongs to another agreement than the one given, for hours that are no positive hundredths or make more than 24 for
    the person on that day under all agreements, and for a service that the schedule does not charge by hours. With
    `allow_duplicate` False, also for an entry that is on file word for word: a form that was sent twice.
    """
    done = WorkFacts(**facts)
    agreement = _lock_for_work(done.site.agreement_id if agreement is None else agreement.pk)
    done = done.tidied()
    faults = _faults(agreement, done, on=on)
    if not faults and not allow_duplicate:
        faults = _alike(done)
    if faults:
        raise CannotRecord(*faults)
    return _created(agreement, done, on, by)


@transaction.atomic
def change_work(*, entry: WorkEntry, reason: str, seen: str = "", on: date, by: User | None, **facts) -> WorkEntry:
    """Change an entry that is not billed to other `WorkFacts`; what it said before stays on file, with the reason.

    Raises CannotRecord for a billed or reversed entry, without a reason, where nothing would differ, for what
    `enter_work` refuses, and where somebody else has changed it since it was `seen`.
    """
    agreement, entry = _locked(entry)
    if message := why_unchangeable(entry):
        raise CannotRecord(message)
    if seen and seen != entry_version(entry):
        raise CannotRecord(Refused("STALE", "", STALE))
    same = "Nothing is different. Change what is wrong, or leave the entry as it is."
    done = _instead(entry, agreement, facts, reason=reason, why="Say why the entry is changed.", same=same, on=on)
    before = entry.as_said()
    for name, value in _values(agreement, done, on).items():
        setattr(entry, name, value)
    entry.is_demonstration = done.site.is_demonstration
    entry.save()
    WorkChange.objects.create(
        entry=entry, before=before, after=entry.as_said(), reason=reason.strip(), changed_on=on, changed_by=by
    )
    return entry


@transaction.atomic
def correct_work(*, entry: WorkEntry, reason: str, on: date, by: User | None, **facts) -> WorkEntry:
    """Reverse an entry, billed or not, with a reason, and enter the right `WorkFacts` in its place; return the new one.

    Raises CannotRecord for an entry that is reversed already, without a reason, where nothing would differ, and for
    what `enter_work` refuses.
    """
    agreement, entry = _locked(entry)
    _refuse_reversed(entry)
    same = "Nothing is different. Change what is wrong, or reverse the entry without a replacement."
    done = _instead(entry, agreement, facts, reason=reason, why="Say what is wrong with the entry.", same=same, on=on)
    _reverse(entry, reason, on, by)
    return _created(agreement, done, on, by, replaces=entry)


@transaction.atomic
def reverse_work(*, entry: WorkEntry, reason: str, on: date, by: User | None) -> WorkEntry:
    """Take an entry back, billed or not, without another one in its place; it stays on file with the reason.

    Raises CannotRecord without a reason and for an entry that is reversed already.
    """
    _agreement, entry = _locked(entry)
    _refuse_reversed(entry)
    faults = reason_refusals(reason=reason, why="Say why the entry is reversed.")
    if faults:
        raise CannotRecord(*faults)
    return _reverse(entry, reason, on, by)


def entry_version(entry: WorkEntry) -> str:
    """Return a mark of what an entry says, by which `change_work` notices that somebody else has changed it."""
    message = (entry.site_id, entry.worked_on, entry.service, entry.hours, entry.person, entry.reference)
    return hashlib.sha256(repr(message).encode()).hexdigest()[:16]


# ---- what all of them share --------------------------------------------------------------------------------------


def replacement_refusals(replaces: models.Model | None, *, among: QuerySet) -> list[Refused]:
    """Return why something cannot be recorded in place of a charge that was taken back."""
    if replaces is None or among.filter(pk=replaces.pk).exists():
        return []
    message = f"{replaces} cannot be replaced: it is still valid, was never billed, or has already been replaced."
    return [Refused("NOT_REPLACEABLE", "replaces", f"{message} Record a new charge, or choose again.")]


def lock_people(agreements: Collection[int] | QuerySet) -> None:
    """Lock agreements for entering work, in the order of their keys, and before them the oldest one on file.

    A person's day counts over all agreements: on the oldest one, entries of different agreements wait for each other.
    """
    oldest = Agreement.objects.order_by("pk").values("pk")[:1]
    rows = Agreement.objects.select_for_update().filter(Q(pk__in=oldest) | Q(pk__in=agreements))
    list(rows.order_by("pk").values_list("pk", flat=True))


def _lock_for_work(key: int) -> Agreement:
    lock_people([key])
    return Agreement.objects.with_terms().get(pk=key)


def _locked(entry: WorkEntry) -> tuple[Agreement, WorkEntry]:
    key = Site.objects.values_list("agreement", flat=True).get(pk=entry.site_id)
    agreement = _lock_for_work(key)
    WorkEntry.objects.select_for_update().get(pk=entry.pk)
    return agreement, WorkEntry.objects.select_related("site").get(pk=entry.pk)


def _faults(agreement: Agreement, done: WorkFacts, *, on: date, instead_of: WorkEntry | None = None) -> list[Refused]:
    terms = agreement.as_terms()
    filed = hours_on_file(days=[done.worked_on], without=instead_of)
    faults = [
        *later_refusals(
            place="worked_on", what="Work of", day=done.worked_on, on=on, then="Enter it once it has been done."
        ),
        *work_refusals(
            agreement=terms,
            services=services_on(terms=terms, day=done.worked_on, known_on=on),
            worked_on=done.worked_on,
            hours=done.hours,
            service=done.service,
            known_on=on,
            person=done.person,
            hours_on_file=filed.get((name_key(done.person), done.worked_on), ZERO),
        ),
        *text_refusals(place="person", what="the person who did the work", text=done.person, needed=True),
        *text_refusals(place="reference", what="the request reference", text=done.reference),
    ]
    if not done.service:
        faults.append(Refused("NO_SERVICE", "service", "Choose the service that was done."))
    if done.site.agreement_id != agreement.pk:
        message = f"{done.site} is no site of agreement {agreement.number}. Choose one of its sites."
        return [*faults, Refused("OTHER_AGREEMENT", "site", message)]
    site = {name: getattr(done.site, name) for name in ("in_service_on", "removed_on")}
    return [*faults, *out_of_service(name=str(done.site), worked_on=done.worked_on, **site)]


def _instead(
    entry: WorkEntry, agreement: Agreement, facts: Mapping, *, reason: str, why: str, same: str, on: date
) -> WorkFacts:
    """Return the facts that take the place of an entry's. Raises CannotRecord for what is wrong with them."""
    done = WorkFacts(**facts).tidied()
    faults = [*reason_refusals(reason=reason, why=why), *_faults(agreement, done, on=on, instead_of=entry)]
    if not faults and _says_the_same(entry, agreement, done, on):
        faults.append(Refused("SAME", "", same))
    if faults:
        raise CannotRecord(*faults)
    return done


def _created(
    agreement: Agreement, done: WorkFacts, on: date, by: User | None, replaces: WorkEntry | None = None
) -> WorkEntry:
    return WorkEntry.objects.create(
        **_values(agreement, done, on),
        replaces=replaces,
        recorded_on=on,
        recorded_by=by,
        is_demonstration=done.site.is_demonstration,
    )


def _alike(done: WorkFacts) -> list[Refused]:
    sentence = ("site", "worked_on", "hours", "person", "reference")
    same = WorkEntry.objects.filter(reversed_on=None, **{name: getattr(done, name) for name in sentence})
    if not any(chargeable_service(services=[row.service], service=done.service) for row in same):
        return []
    message = "An entry that says the same is on file. If this is another one, confirm it below and enter it again."
    return [Refused("ALIKE", "allow_duplicate", message)]


def _values(agreement: Agreement, done: WorkFacts, on: date) -> dict:
    """What is stored of work that has no fault: the service as the schedule spells it, whole hundredths of hours."""
    services = services_on(terms=agreement.as_terms(), day=done.worked_on, known_on=on)
    return {
        "site": done.site,
        "worked_on": done.worked_on,
        "service": chargeable_service(services=services, service=done.service),
        "hours": hundredths(done.hours),
        "person": done.person,
        "reference": done.reference,
    }


def _says_the_same(entry: WorkEntry, agreement: Agreement, done: WorkFacts, on: date) -> bool:
    return all(getattr(entry, name) == value for name, value in _values(agreement, done, on).items())


def why_reversed(row: BlockPurchase | WorkEntry) -> str:
    """Say why a row takes no further event: it is reversed. Empty for one that stands."""
    if row.reversed_on is None:
        return ""
    what = "purchase" if isinstance(row, BlockPurchase) else "entry"
    return f"The {what} was reversed on {day_text(row.reversed_on)}: {row.reversal_reason}. Enter what is right."


def why_unchangeable(entry: WorkEntry) -> str:
    """Say why an entry cannot be changed: it is reversed, or billed. Empty for one that can."""
    if entry.reversed_on is None and entry.billed_on is not None:
        return f"The entry was billed on {day_text(entry.billed_on)} and stays as it is. {ENTER_ANEW}"
    return why_reversed(entry)


def _refuse_reversed(row: BlockPurchase | WorkEntry) -> None:
    if message := why_reversed(row):
        raise CannotRecord(message)


def _reverse(row: BlockPurchase | WorkEntry, reason: str, on: date, by: User | None) -> BlockPurchase | WorkEntry:
    row.reversed_on, row.reversed_by, row.reversal_reason = on, by, reason.strip()
    row.save(update_fields=["reversed_on", "reversed_by", "reversal_reason"])
    return row
