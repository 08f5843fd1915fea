"""What every list page has in common: a permission, pages of one length, and rows prepared before they are drawn."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Paginator
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin, Table, TemplateColumn

from contracts.clock import business_date

ROWS_A_PAGE = 25


class EvenPages(Paginator):
    """Pages of one length: what the address says about their length is left unread."""

    def __init__(self, object_list, per_page, **kwargs):
        super().__init__(object_list, ROWS_A_PAGE, **kwargs)


class ListTable(Table):
    """A table that knows the business date; a column may ask for a permission of its own."""

    column_permissions: dict[str, str] = {}

    def __init__(self, *args, on, **kwargs):
        self.on = on
        self._prepared = {}
        super().__init__(*args, **kwargs)

    def prepare(self, record):
        """Return what the templates of a row's cells find as `row`. Without this there is nothing to find."""

    def row_of(self, record):
        """Return what `prepare` made of a row, made once."""
        if record.pk not in self._prepared:
            self._prepared[record.pk] = self.prepare(record)
        return self._prepared[record.pk]


class CellColumn(TemplateColumn):
    """A column whose cells a template draws from `record` and the prepared `row`; sorted only where told how."""

    def __init__(self, heading, template_name, **kwargs):
        kwargs.setdefault("orderable", "order_by" in kwargs)
        super().__init__(template_name=template_name, verbose_name=heading, empty_values=(), **kwargs)

    def get_context_data(self, *, record, table, **kwargs):
        """Add the prepared row."""
        return super().get_context_data(record=record, table=table, **kwargs) | {"row": table.row_of(record)}


class ListPage(PermissionRequiredMixin, SingleTableMixin, FilterView):
    """A list: the rows that the filters in its address choose, page by page. Its table is a `ListTable`."""

    table_pagination = {"paginator_class": EvenPages}
    template_name_suffix = "_list"

    def setup(self, request, *args, **kwargs):
        """Read the business date once, for the rows, the filters and the table."""
        super().setup(request, *args, **kwargs)
        self.on = business_date()

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

    def get_context_data(self, **kwargs):
        """Tell the template whether filters are at work, and whether a row shown is demonstration data."""
        filtered = any(self.request.GET.get(name) for name in self.filterset.filters)
        context = super().get_context_data(filtered=filtered, **kwargs)
        shown = [row.record for row in context["table"].paginated_rows]
        return context | {"is_demonstration": any(self.is_invented(record) for record in shown)}

    def is_invented(self, record) -> bool:
        """Whether a row is demonstration data, which its list must say."""
        return getattr(record, "is_demonstration", False)
