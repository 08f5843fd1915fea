"""Hostile requests: every address of the registry with every parameter its page knows, and values nobody means."""

import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from random import Random
from urllib.parse import parse_qsl, quote

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

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
NAMES = ["page", "per_page", "sort", "export", "q", "next", "unheard_of", "o", "p", "e", "all", "_popup", "_to_field"]
NAMES += ["_changelist_filters", "id", "pk__in", "user", "last_login__year"]
LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__year", "__month", "__day", "__gte", "__lt", "__in", "__range")
_INPUT = re.compile(r"<(input|select|textarea|button)\b([^>]*)>", re.I)
_ATTRIBUTE = re.compile(r'\b(name|value|type)="([^"]*)"')
_LINK = re.compile(r'href="[^"?#]*\?([^"#]*)')
SLOW = (".pdf", "/pdf/", ".xlsx")


@dataclass
class Page:
    """An address with the parameters that its page knows, and what its form sends."""

    name: str
    path: str
    parameters: list[str] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request, how it was answered, what it wrote and where it broke."""

    method: str
    address: str
    sent: dict
    status: int
    wrote: tuple[str, ...]
    fault: str


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


def _learn(page: Page, client: Client) -> None:
    """Read the names of parameters off the page as it is sent, and those of a record list off its definition."""
    answer = client.get(page.path)
    html = "" if answer.streaming else answer.content.decode(errors="replace")
    for _tag, attributes in _INPUT.findall(html):
        shown = {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
        if "name" in shown and shown.get("type") != "file":
            page.form.setdefault(shown["name"], shown.get("value", ""))
    linked = [name for query in _LINK.findall(html) for name, _ in parse_qsl(unescape(query), keep_blank_values=True)]
    page.parameters = list(dict.fromkeys([*page.form, *linked, *NAMES]))
    for model, model_admin in admin.site._registry.items():
        if page.name == f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist":
            filters = [one[0] if isinstance(one, tuple) else one for one in model_admin.list_filter]
            fields = [one for one in (*filters, model_admin.date_hierarchy) if isinstance(one, str)]
            page.parameters += [f"{one}{lookup}" for one in fields for lookup in LOOKUPS]
            page.parameters += [getattr(one, "parameter_name", "") or "id" for one in filters if isinstance(one, type)]


def requests(pages: list[Page], client: Client, chance: Random, number: int) -> Iterator[tuple[str, str, dict, dict]]:
    """Yield so many requests: method, address, what is sent, and headers. Every page comes before any comes again.

    In the first round each is opened at its own address; slow ones seldom come again.
    """
    waiting = chance.sample(pages, len(pages))
    for count in range(number):
        if not waiting:
            waiting = [page for page in pages if not page.path.endswith(SLOW) or chance.random() < 0.1]
            chance.shuffle(waiting)
        page = waiting.pop()
        if not page.parameters:
            _learn(page, client)
        path = page.path
        first = count < len(pages)
        if not first and chance.random() < 0.2:
            parts = path.split("/")
            place = chance.randrange(1, len(parts))
            parts[place] = _quoted(chance.choice(VALUES))
            path = "/".join(parts)
        asked = [(chance.choice(page.parameters), _value(chance, page)) for _ in range(chance.randrange(6))]
        if chance.random() < 0.1:
            asked = [(f"{name}{chance.choice(VALUES)}", value) for name, value in asked]
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in asked)
        methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS"]
        method = "GET" if first else chance.choices(methods, [76, 18, 3, 2, 1])[0]
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
        sent[chance.choice(["file", "document"])] = SimpleUploadedFile(
            "a.csv", chance.choice(VALUES).encode(errors="replace")
        )
    return sent


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def ask(client: Client, request: tuple[str, str, dict, dict]) -> Asked:
    """Send one request, note what it writes, and take that back."""
    method, address, sent, headers = request
    wrote, cookies = [], client.cookies.output(header="", sep=";")

    def note(execute, sql, params, many, context):
        word = sql.split(None, 1)[0].upper()
        if word not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"):
            wrote.append(sql[:80])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            if method == "POST":
                data = {
                    name: value.encode(errors="replace") if isinstance(value, str) else value
                    for name, value in sent.items()
                }
                answer = client.post(address, data, **headers)
            else:
                answer = client.generic(method, address, **headers)
            if answer.streaming:
                b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    fault = traceback.format_exception(*answer.exc_info)[-3:] if answer.exc_info else []
    return Asked(method, address, sent, answer.status_code, tuple(wrote), "".join(fault))
