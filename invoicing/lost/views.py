"""Pages of what a restored database lacks: the list of what was explained, the explanation, and the PDFs."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django_filters import ChoiceFilter
from django_tables2 import Column, DateColumn

from contracts.models import LostRecord
from contracts.pages.downloads import download
from contracts.pages.event_page import EventPage
from contracts.pages.lists import CARD_FIRST, CellColumn, FileColumn, ListFilter, ListPage, ListTable
from contracts.printing.stored_files import path_of
from contracts.sealing.histories import name_of
from contracts.wording import plural
from invoicing.lost.explaining import explain
from invoicing.lost.forms import ExplainForm
from invoicing.lost.queries import Lost, lost_file, lost_now

EXPLAIN = "contracts.add_lostrecord"
NOTHING = "Nothing is missing: the database knows every number and report that the ledger and the PDFs know."


class LostTable(ListTable):
    """What was explained, the last first."""

    title = CellColumn("Document", "invoicing/cells/lost.html", order_by="pk")
    explanation = Column(order_by=("explanation", "-pk"), attrs=CARD_FIRST)
    reason = Column(orderable=False)
    recorded_on = DateColumn(verbose_name="Explained on", order_by=("recorded_on", "pk"))
    recorded_by = Column(verbose_name="By", orderable=False)
    file_name = FileColumn("PDF")

    def prepare(self, record: LostRecord) -> str:
        return name_of(record.title)

    def value_title(self, record) -> str:
        return self.row_of(record)


class LostFilter(ListFilter):
    """Find what was restored from files, or documented as gaps."""

    explanation = ChoiceFilter(choices=LostRecord.Explanation.choices, empty_label="All explanations")


class LostList(ListPage):
    """What a restored database lacked, and how finance explained it."""

    title = "Missing documents"
    permission_required = ("invoicing.view_invoice", "contracts.view_lostrecord")
    queryset = LostRecord.objects.select_related("recorded_by").order_by("-pk")
    table_class = LostTable
    filterset_class = LostFilter
    template_name = "invoicing/lost_list.html"

    def get_context_data(self, **kwargs):
        """Add what nobody has explained yet."""
        lost = lost_now()
        documents = [one.title for one in lost if not one.is_entry]
        return super().get_context_data(documents=documents, entries=len(lost) - len(documents), **kwargs)


class LostFile(PermissionRequiredMixin, View):
    """The PDF of something lost, as it lies in the folder."""

    permission_required = ("invoicing.view_invoice", "contracts.view_lostrecord")

    def get(self, request, *, title: str) -> HttpResponse:
        """Answer with the file, or say that there is none."""
        name = lost_file(title)
        if not name or not path_of(name).exists():
            raise Http404(f"There is no PDF of {title}.")
        return download(path_of(name).read_bytes(), name=name, inline=True)


class LostExplain(EventPage):
    """Explain everything that is lost, each with its reason, so that numbers can be given out again."""

    permission_required = ("invoicing.view_invoice", "contracts.view_lostrecord", EXPLAIN)
    template_name = "invoicing/lost_explain.html"
    form_class = ExplainForm
    title, button = "Explain missing documents", "Record the explanations"
    crumbs = "invoicing/parts/lost_crumbs.html"

    @cached_property
    def lost(self) -> list[Lost]:
        return lost_now()

    def refusal(self):
        return "" if self.lost else NOTHING

    def warnings(self):
        records = plural(len(self.lost), "record")
        yield (
            f"The ledgers or the PDFs know {records} that the database does not: it was restored from an older backup. "
            "Where there is a newer one, put that back instead: then nothing has to be explained."
        )

    def consequences(self):
        yield "Numbers go on after these; none of them is ever given out again. The explanations stay on file."
        yield "Restored from the file: the customer has the document, and its PDF stands for it."
        yield "Documented gap: the number stands for no document, such as one that was never sent."
        yield (
            "What a lost document billed is due again, and the next run drafts it. Where the customer has the lost "
            "document, issue that draft, credit it and waive the charge."
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"lost": self.lost}

    def perform(self, *, explanations):
        rows = explain(explanations=explanations, on=self.on, by=self.request.user)
        return f"{plural(len(rows), 'missing record is', 'missing records are')} explained. Numbers go on after them."

    def back(self):
        return reverse("invoicing:lost_list")
