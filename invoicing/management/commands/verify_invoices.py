"""Read every issued document again and say what is not as it was issued."""

import json

from django.core.management.base import CommandError

from contracts.management.command_arguments import DeskCommand, agreements
from contracts.wording import plural
from invoicing.audit.auditing import Head, Verification
from invoicing.audit.checks import Finding


class Command(DeskCommand):
    """One line per finding; exit code 1 when there is one. Notes are no findings."""

    help = (
        "Check every issued document: content, lines, totals, credits, numbers, dates, chain, ledger and stored PDF; "
        "and that the guards of sealed rows are in place. Changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--agreement",
            metavar="NUMBER",
            help="only the documents of this agreement; numbers, files and guards as a whole are not checked then",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args, **options):
        agreement = agreements([options["agreement"]])[0] if options["agreement"] else None
        verification = Verification(agreement=agreement)
        print_as = self.print_json if options["format"] == "json" else self.print_text
        found = print_as(verification)
        if found:
            raise CommandError(
                f"{plural(found, 'finding')} in {_documents(verification)}. Each is listed above.", returncode=1
            )

    def print_text(self, verification: Verification) -> int:
        """Print the findings as they come, and last what was read."""
        found = 0
        for finding in verification.findings():
            self.stdout.write(finding.text)
            found += not finding.is_note
        if not found:
            self.stdout.write(
                f"{_documents(verification)} with {verification.lines:,} lines and {verification.pdfs:,} PDFs: all as "
                "they were issued."
            )
        for head in verification.heads:
            self.stdout.write(_head(head))
        return found

    def print_json(self, verification: Verification) -> int:
        """Print everything as one object."""
        findings = list(verification.findings())
        message = {
            "documents": verification.documents,
            "lines": verification.lines,
            "pdfs": verification.pdfs,
            "findings": [_finding(one) for one in findings if not one.is_note],
            "notes": [_finding(one) for one in findings if one.is_note],
            "series": [
                {
                    "series": head.series,
                    "documents": head.documents,
                    "last": head.last,
                    "issued_on": head.issued_on.isoformat(),
                    "chain_sha256": head.link,
                }
                for head in verification.heads
            ],
        }
        self.stdout.write(json.dumps(message, indent=2))
        return len(message["findings"])


def _documents(verification: Verification) -> str:
    return plural(verification.documents, "document")


def _finding(finding: Finding) -> dict:
    return {"place": finding.place, "message": finding.message}


def _head(head: Head) -> str:
    return f"Series {head.series} ends with {head.last} of {head.issued_on}; chain {head.link or 'not kept'}"
