"""Hostile requests: every address of the registry with every parameter its page knows, and values nobody means.

What a page takes is not written down here: it is what the page asks of a request while it answers one, the filters
of a list of records with the lookups of their fields, and what the patterns of the address leave open.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http import HTTPStatus
from http.cookies import SimpleCookie
from random import Random
from urllib.parse import parse_qsl, quote, unquote

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.views import main as record_lists
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils.datastructures import MultiValueDict

VALUES = [
    *("", " ", "0", "-1", "1", "2", "1e3", "NaN", "Infinity", "-Infinity", "0x10", "1_000", "1,000.00", "٣", "²"),
    *("9999", "10000", "0000", "32768", "2147483648", "9223372036854775808", "9" * 20, "-" + "9" * 20, "9" * 400),
    *("1999-07-15", "1999-02-30", "9999-12-31", "0001-01-01", "10000-01-01", "1998-13", "1999-07", "1999-07-15T00:00Z"),
    *(
        "12/31/1999",
        "yes",
        "no",
        "True",
        "None",
        "null",
        "on",
        "all",
        "csv",
        "xlsx",
        "[]",
        "{}",
        '{"a": 1}',
        "a,b",
        ";",
    ),
    *(
        "' OR 1=1 --",
        "%",
        "_",
        "\\",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "http://elsewhere.example/",
        "//x",
    ),
    *("\0", "a\0b", "\r\nSet-Cookie: a=b", "\x1b[0m", "\u202e", "\uffff", "\ud800", "é" * 300, "x" * 5000, "🙂"),
    *("__class__", "{{ 7*7 }}", "username", "password", "-number", "number,-number", "..", ".", "draft", "issued"),
]
LEGIBLE = [value for value in VALUES if "\0" not in value]
"""Values that are not refused before a page reads them."""
SENT = "unheard_of"
"""A field of every form that is sent here, which tells a form from an address."""
NAMES = ["page", "per_page", "sort", "export", "q", "next", "unheard_of", "o", "p", "e", "all", "_popup", "_to_field"]
NAMES += ["_changelist_filters", "id", "pk__in", "user", "last_login__year"]
LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__year", "__month", "__day", "__gte", "__lt", "__in", "__range")
_INPUT = re.compile(r"<(input|select|textarea|button)\b([^>]*)>", re.I)
_ATTRIBUTE = re.compile(r'\b(name|value|type)="([^"]*)"')
_LINK = re.compile(r'href="[^"?#]*\?([^"#]*)')
LATER_ROW = re.compile(r"-[1-9]\d*-")
"""In a name: a row of a form after its first, which stands for all of them."""
SLOW = (".pdf", "/pdf/", ".xlsx")
QUERY, FORM, FILE, PATH = "query", "form", "file", "path"
"""Where a parameter stands. One that is known by two of these is two."""

Parameter = tuple[str, str]
"""Where it stands, and its name."""


@dataclass
class Page:
    """An address with the parameters that its page knows, and what its form sends."""

    name: str
    path: str
    parameters: list[str] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)
    visible: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Asked:
    """One request, how it was answered, what it wrote and where it broke."""

    method: str
    address: str
    sent: dict
    status: int
    wrote: tuple[str, ...]
    fault: str
    html: str = field(repr=False)
    read: frozenset[Parameter] = field(repr=False)

    @property
    def broken(self) -> bool:
        """Whether the fault is the server's, or a row was written by a request that only looks."""
        return self.status >= 500 or (self.method != "POST" and bool(self.wrote))


def names(patterns: Iterable = (), before: str = "") -> Iterator[str]:
    """Every name in the registry of addresses."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            space = f"{before}{pattern.namespace}:" if pattern.namespace else before
            yield from names(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{before}{pattern.name}"


def pages(arguments: dict[str, tuple]) -> list[Page]:
    """Every address of the registry, with arguments that lead to a page."""
    return [Page(name, _path(name, arguments)) for name in dict.fromkeys(names())]


def _path(name: str, arguments: dict[str, tuple]) -> str:
    """The address of a page; one that no arguments were given for takes those of another that fit."""
    for args in (arguments.get(name, ()), _admin_arguments(name), ("contracts",), *arguments.values(), (1, "counts")):
        try:
            return reverse(name, args=args)
        except (NoReverseMatch, AttributeError):  # of another kind
            continue
    raise LookupError(f"No arguments lead to {name}.")


def _admin_arguments(name: str) -> tuple:
    """The key of a row of the model whose record page it is."""
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            if name.rpartition("_")[2] in ("changelist", "add"):
                return ()
            return (model._default_manager.order_by("pk").values_list("pk", flat=True).first() or 1,)
    return ()


def learn(page: Page, html: str) -> None:
    """Read off a page what its form sends, and what its links ask."""
    for tag, attributes in _INPUT.findall(html):
        shown = {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
        if "name" in shown and shown.get("type") != "file":
            page.form.setdefault(shown["name"], shown.get("value", ""))
        if "name" in shown and tag != "button" and shown.get("type") not in ("hidden", "submit"):
            page.visible.add(shown["name"])
    linked = [name for query in _LINK.findall(html) for name, _ in parse_qsl(unescape(query), keep_blank_values=True)]
    page.parameters = list(dict.fromkeys([*page.form, *linked, *NAMES]))


# ---- each parameter of each address once -------------------------------------------------------------------------


def record_filters(page: Page) -> set[Parameter]:
    """What a list of records can be asked: each filter and date with each lookup that it takes, order and page."""
    for model, model_admin in admin.site._registry.items():
        if page.name == f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist":
            names = {record_lists.ORDER_VAR, record_lists.PAGE_VAR, record_lists.ERROR_FLAG}
            names |= set(record_lists.IGNORED_PARAMS)
            for one in filter(None, (*model_admin.list_filter, model_admin.date_hierarchy)):
                names |= set(_filter_names(model_admin, one))
            return {(QUERY, name) for name in names}
    return set()


def _filter_names(model_admin: admin.ModelAdmin, one) -> Iterator[str]:
    if isinstance(one, type):
        yield from one.expected_parameters(one)
        return
    name = one[0] if isinstance(one, tuple) else one
    lookups = model_admin.model._meta.get_field(name).get_lookups()
    for asked in (name, *(f"{name}__{lookup}" for lookup in lookups)):
        if any(model_admin.lookup_allowed(asked, value, None) for value in ("1", "1999-07-15")):
            yield asked


def path_parts(page: Page) -> dict[Parameter, list[str]]:
    """The parts of an address that its pattern leaves open, each with hostile addresses: those it takes come first."""
    found, pattern = {}, resolve(page.path).route.split("/")
    parts = page.path.strip("/").split("/")
    for place, left_open in enumerate(pattern):
        if not (name := re.search(r"<(?:\w+:)?(\w+)>", left_open)):
            continue
        addresses = []
        for value in VALUES:
            typed = re.sub(r"<[^>]*>|\^?\(.*\)", lambda _, value=value: _quoted(value), left_open)
            addresses.append("/".join(["", *parts[:place], typed, *parts[place + 1 :], ""][: len(pattern) + 1]))
        found[PATH, name[1]] = addresses
    return found


def taken(page: Page, address: str) -> bool:
    """Whether an address leads to the same page."""
    try:
        return resolve(unquote(address)).view_name == page.name
    except Resolver404:
        return False


@dataclass(frozen=True)
class Taken:
    """What a page takes: filters that are sent alone, what else its address is asked, and what its form sends."""

    alone: set[Parameter]
    asked: set[Parameter]
    typed: set[Parameter]
    parts: dict[Parameter, list[str]]


class Sweep:
    """Ask every page for what it takes, then send each of that once with a value that nobody means.

    All pages are asked before any such value is sent: what is known is the same whichever values chance takes.

    `known` and `sent` hold the parameters of each page by the name of its address; a parameter counts as sent where
    its page has asked for it in the very request that carried its hostile value, so that no other value hid it.
    """

    def __init__(self, client: Client, chance: Random, note: Callable[["Asked"], None]):
        self.client, self.chance, self.note = client, chance, note
        self.known: set[tuple[str, Parameter]] = set()
        self.sent: set[tuple[str, Parameter]] = set()
        self.number = 0

    def pages(self, pages: Iterable[Page]) -> None:
        """Learn what every page takes, and send it."""
        for page, takes in [(page, self._learn(page)) for page in pages]:
            self._send(page, takes)

    def _learn(self, page: Page) -> Taken:
        opened = self._ask("GET", page.path)
        learn(page, opened.html)
        asked = {one for one in opened.read if one[0] == QUERY}
        alone = record_filters(page)
        filters = getattr(getattr(resolve(page.path).func, "view_class", None), "filterset_class", None)
        if filters:
            alone = {(QUERY, name) for name in filters.base_filters}
        posted = self._ask("POST", page.path, {SENT: "", **page.form})
        typed = {one for one in posted.read if one[1] != SENT and not LATER_ROW.search(one[1])}
        parts = path_parts(page)
        self.known |= {(page.name, one) for one in asked | alone | typed | set(parts)}
        return Taken(alone, asked - alone, typed - asked - alone, parts)

    def _send(self, page: Page, takes: Taken) -> None:
        for one in sorted(takes.alone):
            self._query(page, [one], counts_at_once=True)
        self._until_read(page, takes.asked, self._query)
        self._until_read(page, {one for one in takes.typed if one[0] == QUERY}, self._form)
        for steers in (True, False):
            group = {one for one in takes.typed if one[0] != QUERY and (one[1] not in page.visible) == steers}
            self._until_read(page, group, self._form)
        for one, addresses in takes.parts.items():
            self.chance.shuffle(addresses)
            self._ask("GET", next((address for address in addresses if taken(page, address)), addresses[0]))
            self.sent.add((page.name, one))

    def _until_read(self, page: Page, group: Iterable[Parameter], send: Callable) -> None:
        """Send all at once; what the page did not come to read goes again, each without what hid it."""
        group = sorted(group)
        read = send(page, group) if group else set()
        for one in group:
            if one not in read:
                send(page, [one])

    def _query(self, page: Page, group: list[Parameter], *, counts_at_once: bool = False) -> set[Parameter]:
        query = "&".join(f"{_quoted(name)}={_quoted(self.chance.choice(LEGIBLE))}" for _, name in group)
        answer = self._ask("GET", f"{page.path}?{query}")
        return self._count(page, set(group) if counts_at_once else answer.read & set(group))

    def _form(self, page: Page, group: list[Parameter]) -> set[Parameter]:
        sent, asked = {SENT: "", **page.form}, []
        for place, name in group:
            value = self.chance.choice(LEGIBLE)
            if place == QUERY:
                asked.append(f"{_quoted(name)}={_quoted(value)}")
            else:
                sent[name] = _upload(value) if place == FILE else value
        answer = self._ask("POST", f"{page.path}?{'&'.join(asked)}", sent)
        return self._count(page, answer.read & set(group))

    def _count(self, page: Page, read: set[Parameter]) -> set[Parameter]:
        self.sent |= {(page.name, one) for one in read}
        return read

    def _ask(self, method: str, address: str, sent: dict | None = None) -> "Asked":
        self.number += 1
        answer = ask(self.client, (method, address, sent or {}, {}))
        self.note(answer)
        return answer


# ---- any of them, at random --------------------------------------------------------------------------------------


def requests(pages: list[Page], chance: Random, number: int) -> Iterator[tuple[str, str, dict, dict]]:
    """Yield so many requests: method, address, what is sent, and headers. Every page comes before any comes again.

    Slow ones seldom come.
    """
    waiting: list[Page] = []
    for _ in range(number):
        if not waiting:
            waiting = [page for page in pages if not page.path.endswith(SLOW) or chance.random() < 0.1]
            chance.shuffle(waiting)
        page = waiting.pop()
        path = page.path
        if chance.random() < 0.2:
            parts = path.split("/")
            place = chance.randrange(1, len(parts))
            parts[place] = _quoted(chance.choice(VALUES))
            path = "/".join(parts)
        asked = [(chance.choice(page.parameters), _value(chance, page)) for _ in range(chance.randrange(6))]
        if chance.random() < 0.1:
            asked = [(f"{name}{chance.choice(VALUES)}", value) for name, value in asked]
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in asked)
        methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS"]
        method = chance.choices(methods, [76, 18, 3, 2, 1])[0]
        headers = {}
        if chance.random() < 0.03:
            named = chance.choice(["HTTP_REFERER", "HTTP_ACCEPT", "HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE"])
            headers[named] = chance.choice(["\\000" * 12, 'sessionid="\\000aaaaaaaaaaaa"', "a..b", "1.2.3.4, x", "*/*"])
        yield method, f"{path}?{query}" if query else path, _sent(chance, page) if method == "POST" else {}, headers


def _value(chance: Random, page: Page) -> str:
    return chance.choice([*VALUES, *list(page.form.values())[:5]])


def _sent(chance: Random, page: Page) -> dict:
    """What the page's form sends, with some of it replaced."""
    sent = dict(page.form)
    for name in chance.sample(list(sent), min(len(sent), chance.randrange(4))):
        sent[name] = chance.choice(VALUES)
    if chance.random() < 0.3:
        sent[chance.choice([*page.parameters, "confirmed"])] = chance.choice(VALUES)
    if chance.random() < 0.2:
        sent[chance.choice(["file", "document"])] = _upload(chance.choice(VALUES))
    return sent


def _upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.csv", text.encode(errors="replace"))


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


# ---- one request -------------------------------------------------------------------------------------------------


@contextmanager
def noting_reads() -> Iterator[set[Parameter]]:
    """Note what is asked of the address and of the form of a request that is answered meanwhile."""
    read: set[Parameter] = set()
    filling: list[bool] = []

    def place_of(data) -> str:
        return FORM if dict.__contains__(data, SENT) else QUERY

    def noted(method: Callable) -> Callable:
        def asks(self, name, *more, **options):
            if not filling:
                read.add((place_of(self), name))
            return method(self, name, *more, **options)

        return asks

    def fills(self, name, value):
        filling.append(True)
        try:
            MultiValueDict.appendlist(self, name, value)
        finally:
            filling.pop()

    def widget_value(self, widget, name):
        place = FILE if isinstance(widget, forms.FileInput) else place_of(self.data)
        read.add((place, name))
        return widget.value_from_datadict(self.data, self.files, name)

    with pytest.MonkeyPatch.context() as django:
        for method in ("__getitem__", "getlist", "__contains__"):
            django.setattr(QueryDict, method, noted(getattr(QueryDict, method)))
        django.setattr(QueryDict, "appendlist", fills)
        django.setattr(forms.BaseForm, "_widget_data_value", widget_value)
        yield read


def ask(client: Client, request: tuple[str, str, dict, dict]) -> Asked:
    """Send one request, note what it writes, and take that back."""
    method, address, sent, headers = request
    wrote, cookies = [], client.cookies.output(header="", sep=";")

    def note(execute, sql, params, many, context):
        word = sql.lstrip("( ").split(None, 1)[0].upper()
        if word not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"):
            wrote.append(sql[:80])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note), noting_reads() as read:
            if method == "POST":
                data = {
                    name: value.encode(errors="replace").decode() if isinstance(value, str) else value
                    for name, value in sent.items()
                }
                answer = client.post(address, data, **headers)
            else:
                answer = client.generic(method, address, **headers)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    fault = traceback.format_exception(*answer.exc_info)[-3:] if answer.exc_info else []
    html = body.decode(errors="replace") if "html" in answer.get("Content-Type", "") else ""
    read = frozenset(read) if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED else frozenset()
    return Asked(method, address, sent, answer.status_code, tuple(wrote), "".join(fault), html, read)
