"""What every list has in common: a permission, tabs, filters, pages of one length, and files of all that is listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.text import slugify
from django_filters import ChoiceFilter, FilterSet
from django_filters.views import FilterView
from django_tables2 import Column, SingleTableMixin, Table, TemplateColumn
from django_tables2.data import TableQuerysetData
from django_tables2.rows import BoundRow

from contracts.clock import business_date
from contracts.pages.address import KnownParameters
from contracts.pages.downloads import download
from contracts.printing.sheets import TYPES, Sheet, Value, csv_bytes, workbook

ROWS_A_PAGE = 25
ROWS_OF_A_TABLE = 50
"""Rows of a table that stands on a page beside other things, such as the lines of a document."""
ROWS_AT_ONCE = 1000
"""Rows of the database that a file reads at a time, so that a long list never stands in memory as a whole."""
MOST_IN_A_FILE = 25_000
CARD_FIRST = {"td": {"class": "card-first"}}
"""What a phone shows first of a row, as it does amounts and the column `State`."""


class EvenPages(Paginator):
    """Pages of one length: what the address says about their length is left unread."""

    most = ROWS_A_PAGE

    def __init__(self, object_list, per_page, **kwargs):
        super().__init__(object_list, min(ROWS_A_PAGE, self.most), **kwargs)

    def page(self, number):
        """Return a page. The database finds its rows by their order alone, and reads no row of the pages before."""
        page = super().page(number)
        rows = page.object_list.data
        if isinstance(rows, QuerySet) and page.has_previous():
            page.object_list.data = self.object_list.data.data.filter(pk__in=rows.values("pk"))
        return page


def page_of(rows: Sequence, asked: str | None) -> Page:
    """Return the page that an address asks for of a table that stands on its page beside other things."""
    return Paginator(rows, ROWS_OF_A_TABLE).get_page(asked)


# ---- filters -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tab:
    """One state of a list with the number of rows in it; `value` is that of its filter, None for all."""

    name: str
    value: str | None
    count: int
    address: str


class TabFilter(ChoiceFilter):
    """A filter that the page shows as tabs: its states by what stands in the address, each with its name."""

    def __init__(self, states: Mapping[str, str], **kwargs):
        super().__init__(choices=list(states.items()), widget=forms.HiddenInput, **{"label": "State"} | kwargs)
        self.states = states

    def filter(self, qs, value):
        """The rows of one state."""
        return qs.filter(self.parent.state_condition(value)) if value else qs


class ListFilter(FilterSet):
    """The filters of a list on the business date `on`. One of them may be a `TabFilter`."""

    on: date

    class Meta:
        fields = []

    def state_condition(self, state: str) -> Q:
        """Which rows are in a state of the tabs."""
        raise NotImplementedError

    @cached_property
    def tab_name(self) -> str:
        """The name of the filter that is shown as tabs; empty where there is none."""
        return next((name for name, each in self.filters.items() if isinstance(each, TabFilter)), "")

    def tabs(self) -> tuple[Tab, ...]:
        """Count the rows of each state that the other filters let through, in one query."""
        if not self.tab_name:
            return ()
        rows = self.queryset if self.form.is_valid() or not self.is_bound else self.queryset.none()
        for name, value in getattr(self.form, "cleaned_data", {}).items():
            if name != self.tab_name:
                rows = self.filters[name].filter(rows, value)
        states = self.filters[self.tab_name].states
        counted = {f"state_{state}": Count("pk", filter=self.state_condition(state)) for state in states}
        counts = rows.order_by().aggregate(every=Count("pk"), **counted)
        return self.tabs_of({None: counts["every"], **{state: counts[f"state_{state}"] for state in states}})

    def tabs_of(self, counts: Mapping[str | None, int]) -> tuple[Tab, ...]:
        """Return the tabs with their counts; the one of None is all rows."""
        names = {None: "All", **self.filters[self.tab_name].states}
        return tuple(Tab(names[state], state, count, self._address(state)) for state, count in counts.items())

    def _address(self, state: str | None) -> str:
        """The first page of a state under the same filters."""
        asked = self.data.copy()
        for name in (self.tab_name, "page", "export"):
            asked.pop(name, None)
        if state is not None:
            asked[self.tab_name] = state
        return f"?{asked.urlencode()}"

    def at_work(self) -> bool:
        """Whether the address asks for some of the rows only."""
        return any(self.data.get(name) for name in self.form.fields)

    def chosen(self) -> list[tuple[str, Value]]:
        """Name what every filter at work lets through, as a file does."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        fields = self.form.fields
        return [
            (str(fields[name].label or name.capitalize()), _choice(fields[name], value))
            for name, value in cleaned.items()
            if value not in (None, "")
        ]


def _choice(field: forms.Field, value) -> Value:
    if isinstance(value, date):
        return value
    names = dict(field.choices) if isinstance(field, forms.ChoiceField) and isinstance(value, str) else {}
    return str(names.get(value, value))


# ---- columns -----------------------------------------------------------------------------------------------------


class ListTable(Table):
    """A table that knows the business date; a column may ask for a permission of its own.

    A file of the list has the same columns, and those that are not `visible`: only files have them. A cell of it holds
    what `value_<column>` returns; without that, what `render_<column>` does, or the date, number or text itself.
    """

    column_permissions: dict[str, str] = {}

    def __init__(self, *args, on, **kwargs):
        self.on = on
        self._prepared = (None, None)
        super().__init__(*args, **kwargs)
        for column in self.columns.iterall():
            if not hasattr(self, f"value_{column.name}") and not hasattr(self, f"render_{column.name}"):
                column.value = _typed

    def prepare(self, record):
        """Return what the templates of a row's cells find as `row`. Without this there is nothing to find."""

    def row_of(self, record):
        """Return what `prepare` made of a row, made once while the row is drawn or written."""
        if self._prepared[0] is not record:
            self._prepared = (record, self.prepare(record))
        return self._prepared[1]

    def written_columns(self) -> list:
        """The columns of a file: those that the reader may see, but for the ones that only a page has."""
        return [column for column in self.columns.iterall() if not column.column.exclude_from_export]

    def written_rows(self) -> Iterator[Sequence[Value]]:
        """Yield every row of a file in the order of the list; of a long one, some are read at a time."""
        names = [column.name for column in self.written_columns()]
        data = self.data
        stored = isinstance(data, TableQuerysetData)
        for record in data.data.iterator(chunk_size=ROWS_AT_ONCE) if stored else data:
            row = BoundRow(record, table=self)
            yield [row.get_cell_value(name) for name in names]

    def number_of_rows(self) -> int:
        """How many rows a file would have, counted by the database where they are there."""
        return self.data.data.count() if isinstance(self.data, TableQuerysetData) else len(self.data)


def _typed(value) -> Value:
    """What a file holds of a column's own value: a date or number as such, anything else as text."""
    return value if value is None or isinstance(value, date | Decimal | int) else str(value)


class CellColumn(TemplateColumn):
    """A column whose cells a template draws from `record` and the prepared `row`; sorted only where told how."""

    def __init__(self, heading, template_name, **kwargs):
        kwargs.setdefault("orderable", "order_by" in kwargs)
        super().__init__(template_name=template_name, verbose_name=heading, empty_values=(), **kwargs)

    def get_context_data(self, *, record, table, **kwargs):
        """Add the prepared row."""
        return super().get_context_data(record=record, table=table, **kwargs) | {"row": table.row_of(record)}


class FileColumn(Column):
    """A column that only files have, such as the currency that a page writes beside the amount."""

    def __init__(self, heading, **kwargs):
        super().__init__(verbose_name=heading, visible=False, empty_values=(), orderable=False, **kwargs)


# ---- the page ----------------------------------------------------------------------------------------------------


class ListPage(PermissionRequiredMixin, KnownParameters, SingleTableMixin, FilterView):
    """A list: the rows that tabs and filters of its address choose, page by page, and all of them as a file.

    Its table is a `ListTable`, its filters are a `ListFilter`. `title` heads the page and names its files; `also_read`
    are parameters of the address that are no filter, `endings` name the files that can be had of it.
    """

    title: str
    also_read: Sequence[str] = ()
    endings: Sequence[str] = tuple(TYPES)
    table_pagination = {"paginator_class": EvenPages}
    template_name_suffix = "_list"

    @property
    def parameters(self) -> list[str]:
        return ["page", "sort", "export", *self.filterset_class.base_filters, *self.also_read]

    def setup(self, request, *args, **kwargs):
        """Read the business date once, for the rows, the filters and the table."""
        super().setup(request, *args, **kwargs)
        self.on = business_date()

    def get(self, request, *args, **kwargs):
        """Show the list, or send it as a file; filters that cannot be read are shown instead of sent."""
        ending = request.GET.get("export")
        if ending in self.endings:
            self.filterset = self.get_filterset(self.get_filterset_class())
            if self.filterset.is_valid():
                self.object_list, self.table_pagination = self.filterset.qs, False
                return self.file(ending)
        return super().get(request, *args, **kwargs)

    def get_filterset(self, filterset_class):
        """Give the filters the business date."""
        filterset = super().get_filterset(filterset_class)
        filterset.on = self.on
        return filterset

    def get_table_kwargs(self):
        """Give the table the business date and leave out the columns that the reader may not see."""
        permissions = self.table_class.column_permissions
        hidden = [column for column, permission in permissions.items() if not self.request.user.has_perm(permission)]
        return {"on": self.on, "exclude": hidden}

    @cached_property
    def tabs(self) -> tuple[Tab, ...]:
        """The states of the list with their counts."""
        return self.filterset.tabs()

    def get_context_data(self, **kwargs):
        """Tell the template whether filters are at work, and whether a row shown is demonstration data."""
        state = self.request.GET.get(self.filterset.tab_name) or None
        context = super().get_context_data(
            title=self.title, on=self.on, tabs=self.tabs, state=state, filtered=self.filterset.at_work(), **kwargs
        )
        shown = [row.record for row in context["table"].paginated_rows]
        return context | {"is_demonstration": any(self.is_invented(record) for record in shown)}

    def is_invented(self, record) -> bool:
        """Whether a row is demonstration data, which its list must say."""
        return getattr(record, "is_demonstration", False)

    # ---- files

    def file(self, ending: str) -> HttpResponse:
        """Send all that is listed, in its order. A list too long for a file says so on its page."""
        table = self.get_table(**self.get_table_kwargs())
        number = table.number_of_rows()
        if number > MOST_IN_A_FILE:
            return self.no_file(
                f"A file holds at most {MOST_IN_A_FILE:,} rows, and this list has {number:,}. Filter it first."
            )
        sheet = Sheet(self.title, [str(each.header) for each in table.written_columns()], table.written_rows())
        if ending == "csv":
            data = csv_bytes(sheet.headings, sheet.rows)
        else:
            data = workbook([sheet, self.about(table, number)], title=self.title, created_on=self.on)
        return download(data, name=self.file_name(ending))

    def file_name(self, ending: str) -> str:
        """Name a file by the list and the business date, and say whether it is filtered."""
        some = "-filtered" if self.filterset.at_work() else ""
        return f"{slugify(self.title)}-{self.on.isoformat()}{some}.{ending}"

    def no_file(self, message: str) -> HttpResponse:
        """Lead back to the list, which says why there is no file."""
        messages.error(self.request, message)
        asked = self.request.GET.copy()
        del asked["export"]
        return redirect(f"{self.request.path}?{asked.urlencode()}")

    def about(self, table: ListTable, number: int) -> Sheet:
        """The second sheet of a workbook: which list it is, on which day, and what its filters let through."""
        rows = [("List", self.title), ("Business date", self.on), ("Rows", number), *self.filterset.chosen()]
        return Sheet("About this list", ["What", "Value"], rows)
