"""The lists of an agreement's imports and of the layouts that are kept: their columns and filters."""

from django.db.models import Q
from django_filters import ChoiceFilter
from django_tables2 import A, Column

from contracts.pages.lists import CellColumn, FileColumn, ListFilter, ListTable, TabFilter
from sites.imports.importing import KINDS
from sites.imports.layouts import Layout
from sites.models import FileLayout, ImportedFile


class ImportTable(ListTable):
    """Imports, the latest first. Rows come with those who imported and undid them."""

    name = Column("File", linkify=("sites:import_detail", {"pk": A("pk")}), attrs={"td": {"class": "value"}})
    kind = CellColumn("Kind", "sites/cells/import_kind.html")
    brought = CellColumn("Brought", "sites/cells/import_brought.html")
    rows_brought = FileColumn("Rows", accessor="rows")
    imported_on = CellColumn("Imported", "sites/cells/import_day.html", attrs={"td": {"class": "date"}})
    imported_by = Column("By", empty_values=())
    state = CellColumn("State", "sites/cells/import_state.html")
    undone_on = FileColumn("Undone on")

    class Meta:
        attrs = {"class": "table prose"}
        row_attrs = {"class": lambda record: "taken-back" if record.undone_on else ""}
        orderable = False

    def prepare(self, record: ImportedFile) -> str:
        """What the file brought, in words."""
        return KINDS[record.kind].counted(record.rows)

    def value_kind(self, record: ImportedFile) -> str:
        return record.get_kind_display() + ("" if record.agreement_id else ", all agreements")

    def value_brought(self, record: ImportedFile) -> str:
        return self.row_of(record)

    def render_imported_by(self, value) -> str:
        return str(value or "a command")

    def value_state(self, record: ImportedFile) -> str:
        return "Undone" if record.undone_on else "Stored"


class LayoutTable(ListTable):
    """Layouts that are kept by name, and what was chosen in each."""

    name = Column()
    kind = Column("Files of")
    chosen = Column("What was chosen", empty_values=())
    events = CellColumn(
        "Change", "sites/cells/layout_events.html", exclude_from_export=True, attrs={"td": {"class": "date"}}
    )

    class Meta:
        attrs = {"class": "table prose"}
        orderable = False

    def render_chosen(self, record: FileLayout) -> str:
        return " ".join(Layout(**record.layout).choices())


class LayoutFilter(ListFilter):
    """Find kept layouts by the kind of their files."""

    kind = ChoiceFilter(label="Files of", choices=ImportedFile.Kind.choices, empty_label="All kinds")


class ImportFilter(ListFilter):
    """Find imports by kind and by whether they were undone."""

    state = TabFilter({"stored": "Stored", "undone": "Undone"})
    kind = ChoiceFilter(choices=ImportedFile.Kind.choices, empty_label="All kinds")

    def state_condition(self, state):
        return Q(undone_on__isnull=state == "stored")
