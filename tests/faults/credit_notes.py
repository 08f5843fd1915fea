"""G9: invoices are credited again and again, in whole and in part, waived and billed anew; never more than was billed.

The life of the books is played by Hypothesis on real rows; then eight people credit the same invoice at once.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.periods import add_months
from contracts.printing import pdf
from invoicing.credits import crediting
from invoicing.credits.crediting import (
    CannotCredit,
    CreditableLine,
    credit,
    creditable_lines,
    withdraw_waiver,
)
from invoicing.models import Invoice, InvoiceLine, Waiver
from invoicing.runs import books
from invoicing.runs.drafting import draft_invoices
from tests.faults import cases, taking_out
from tests.faults.numbers_under_load import FastPrinter
from tests.faults.outcome import Outcome, failures
from tests.faults.retroactive import issued
from tests.faults.scratch import Scratch
from tests.faults.soundness import damage_to_books
from tests.faults.workers import apart, race
from tests.waivers import credit_and_waive

TITLE = "credit notes"
CENT = Decimal("0.01")
FIRST_DAY = date(1998, 10, 1)


class Damage(AssertionError):
    """The books say what they must never say."""


class BooksOfCredits(RuleBasedStateMachine):
    """One agreement with two sites: months are billed, lines credited, charges waived, waivers withdrawn."""

    def __init__(self):
        super().__init__()
        self.held = transaction.atomic()
        self.held.__enter__()
        self.month = 0
        self.today = FIRST_DAY
        self.issued: dict[int, str] = {}

    def teardown(self):
        """Take everything back that this life has written."""
        transaction.set_rollback(True)
        self.held.__exit__(None, None, None)

    @initialize()
    def first_month(self):
        """Begin with a month to credit."""
        self.bill_next_month()

    @precondition(lambda self: self.month < 12)
    @rule()
    def bill_next_month(self):
        """Bill one month more; what was credited and not waived is billed again."""
        self.month += 1
        through = add_months(FIRST_DAY, self.month) - timedelta(days=1)
        self.today = max(self.today, through)
        self._run(through)

    @rule()
    def run_again(self):
        """Run for the same month once more."""
        self._run(add_months(FIRST_DAY, self.month) - timedelta(days=1))

    def _run(self, through: date):
        (result,) = draft_invoices(through=through, on=self.today, by=None, issue_drafts=True)
        if result.refusal:
            raise Damage(f"a run was refused: {result.refusal}")

    @rule(choice=st.integers(0, 99), waived=st.booleans())
    def credit_whole(self, choice: int, waived: bool):
        """Take back all that is left of an invoice."""
        self._credit(choice, None, waived)

    @rule(
        choice=st.integers(0, 99),
        position=st.integers(1, 4),
        part=st.sampled_from(("a cent", "half", "all", "a cent too much", "double")),
        waived=st.booleans(),
    )
    def credit_part(self, choice: int, position: int, part: str, waived: bool):
        """Take back some of a line, up to the last cent and beyond."""
        invoice = self._invoice(choice)
        lines = {each.line.position: each.left for each in creditable_lines(invoice=invoice, on=self.today)}
        left = lines.get(position, Decimal(0))
        amount = {
            "a cent": CENT,
            "half": (left / 2).quantize(CENT, rounding="ROUND_HALF_UP"),
            "all": left,
            "a cent too much": left + CENT,
            "double": left * 2 + CENT,
        }[part]
        self._credit(choice, {position: amount}, waived)

    def _invoice(self, choice: int) -> Invoice:
        invoices = list(Invoice.objects.issued().filter(kind=Invoice.Kind.INVOICE).order_by("pk"))
        return invoices[choice % len(invoices)]

    def _credit(self, choice: int, amounts: dict | None, waived: bool):
        take_back = credit_and_waive if waived else credit
        try:
            take_back(invoice=self._invoice(choice), reason="Agreed", on=self.today, by=None, amounts=amounts)
        except CannotCredit:
            return

    @precondition(lambda self: Waiver.objects.filter(withdrawn_on=None).exists())
    @rule()
    def withdraw(self):
        """Withdraw the oldest waiver, so that its charge falls due again."""
        waiver = Waiver.objects.filter(withdrawn_on=None).earliest("pk")
        withdraw_waiver(waiver=waiver, reason="Decided anew", on=self.today, by=None)

    @invariant()
    def no_line_is_credited_beyond_its_amount(self):
        """What the credits of a line add up to is never more than the line."""
        for line in InvoiceLine.objects.exclude(credited_by=None).prefetch_related("credited_by").distinct():
            taken = -sum(other.amount for other in line.credited_by.all())
            if not (0 <= taken <= line.amount if line.amount >= 0 else line.amount <= taken <= 0):
                raise Damage(f"{taken} of {line.amount} taken back")

    @invariant()
    def no_charge_is_billed_below_nothing(self):
        """What was billed of a site and annual period is never negative, nor more than its price."""
        billed: Counter = Counter()
        for site, period, amount in InvoiceLine.objects.filter(invoice__issued_on__isnull=False).values_list(
            "site_id", "period_number", "amount"
        ):
            billed[site, period] += amount
        if any(not 0 <= amount <= Decimal("163000.00") for amount in billed.values()):
            raise Damage(f"billed {dict(billed)}")

    @invariant()
    def originals_stay_as_they_are(self):
        """What was issued once is the same ever after."""
        now = dict(Invoice.objects.issued().values_list("pk", "content_sha256"))
        if any(now.get(key) != value for key, value in self.issued.items()):
            raise Damage("an issued document has changed")
        self.issued = now

    @invariant()
    def books_are_sound(self):
        """Numbers, lines and totals hold."""
        found = damage_to_books()
        if found:
            raise Damage(f"books: {dict(found)}")


def check(scratch: Scratch, *, full: bool, control: bool) -> Outcome:
    """Play many lives of the books, and then let eight people credit the same invoice."""
    scratch.fresh()
    cases.agreements(1, sites=2)
    lives, steps = ((40 if control else 300), 25) if full else ((10 if control else 3), 8)
    outcome = Outcome({"lives": lives, "steps of each": steps})
    outcome.part("played", apart(lambda: play(lives, steps, control, random=full), seconds=3600))
    outcome.part("at once", credited_at_once(scratch, rounds=50 if full else 2, control=control))
    return outcome


def play(lives: int, steps: int, control: bool, *, random: bool) -> dict[str, int]:
    """Play the lives; return the damage that the first damaged one found."""
    if control:
        forget_earlier_credits()
    pdf._printer = FastPrinter()
    profile = settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=not random,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(BooksOfCredits, settings=profile)
    except Exception as error:
        return {f"{type(error).__name__}: {str(error)[:100]}": 1}
    return {}


def forget_earlier_credits() -> None:
    """Let every credit find the whole invoice, as if nothing had been taken back before."""
    remembered = crediting.creditable_lines

    def forgotten(*, invoice: Invoice, on: date) -> tuple[CreditableLine, ...]:
        lines = [each.line for each in remembered(invoice=invoice, on=on)]
        for line in lines:
            line._prefetched_objects_cache["credited_by"] = InvoiceLine.objects.none()
        return tuple(CreditableLine(line, dict(books.line_shares(vars(line)))) for line in lines)

    crediting.creditable_lines = forgotten


# ---- at once -----------------------------------------------------------------------------------------------------


def credited_at_once(scratch: Scratch, *, rounds: int, control: bool) -> Counter[str]:
    """Eight people credit the same invoice in the same moment: one credit note, and seven are told."""
    scratch.fresh()
    cases.agreements(rounds)
    apart(bill_october)
    invoices = list(Invoice.objects.issued().order_by("pk"))

    def credit_one(number: int) -> str:
        pdf._printer = FastPrinter()
        try:
            credit(invoice=invoices[number], reason="Agreed", on=cases.AFTERWARDS, by=None)
        except CannotCredit:
            return "refused"
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:60]}"
        return "credited"

    before = apart(issued)
    ended = race(credit_one, writers=8, rounds=rounds, prepare=taking_out.locks if control else None)
    found = failures(ended)
    answers = Counter(answer for process in ended for answer in process.value or ())
    found["credited several times"] = max(0, answers.pop("credited", 0) - rounds)
    answers.pop("refused", 0)
    found += answers
    taken = Counter(
        Invoice.objects.filter(origin=Invoice.Origin.CREDIT, issued_on__isnull=False).values_list(
            "agreement", flat=True
        )
    )
    found["invoice without or with several credit notes"] = sum(
        taken[invoice.agreement_id] != 1 for invoice in invoices
    )
    after = apart(issued)
    found["originals changed"] = sum(after.get(name) != row for name, row in before.items())
    return +(found + Counter(apart(damage_to_books)))


def bill_october() -> None:
    """Issue a month."""
    pdf._printer = FastPrinter()
    draft_invoices(through=date(1998, 10, 31), on=cases.AFTERWARDS, by=None, issue_drafts=True)
