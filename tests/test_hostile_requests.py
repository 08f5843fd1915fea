"""No request breaks a page: every parameter of every address with values that nobody means, seeded.

Each parameter of each address is sent once. HOSTILE_REQUESTS says how many requests follow at random (20,000 walk every
address about eighty times), HOSTILE_SEED which values are sent.
"""

import logging
import os
from collections import Counter
from random import Random

import pytest
from django.contrib import admin
from django.urls import reverse

from contracts.periods import Month
from tests.full_desk import every_page
from tests.hostile_requests import Asked, Sweep, ask, pages, requests
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client

pytestmark = pytest.mark.django_db

NUMBER = int(os.environ.get("HOSTILE_REQUESTS", "50"))
SEED = int(os.environ.get("HOSTILE_SEED", "1998"))


def filters() -> list[str]:
    """The address of every list of records with each of its filters, and each of its keys and their keys."""
    found = []
    for model, model_admin in admin.site._registry.items():
        keys = [field for field in model._meta.concrete_fields if field.is_relation]
        beyond = [(key, far) for key in keys for far in key.related_model._meta.concrete_fields if far.is_relation]
        names = [name for name in model_admin.list_filter if isinstance(name, str)]
        names += [key.name for key in keys] + [f"{key.name}__{far.name}" for key, far in beyond]
        listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        found += [f"{listed}?{name}{lookup}=" for name in names for lookup in ("", "__exact", "__id__exact")]
    return found


@pytest.mark.parametrize("value", ["9" * 20, "-" + "9" * 20])
def test_no_filter_takes_a_number_that_no_database_holds(value):
    client = superuser_client()
    client.raise_request_exception = False

    answers = {address: client.get(f"{address}{value}").status_code for address in filters()}

    assert len(answers) > 200
    assert {status for status in answers.values() if status >= 500} == set()


@pytest.fixture
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_quiet")
def test_no_request_breaks_a_page_and_none_that_looks_writes(settings, tmp_path):
    arguments = every_page(settings, tmp_path)
    month = (*arguments["sites:agreement_detail"], Month(1999, 7))
    arguments |= {name: month for name in ("sites:month_grid_figures", "sites:report_pdf", "sites:report_xlsx")}
    clients = [superuser_client(), *map(client_of, (ACCOUNT_MANAGER, FINANCE, DATA_ENTRY, VIEWER))]
    for client in clients:
        client.raise_request_exception = False
    chance, faults, answers = Random(SEED), {}, Counter()

    def note(answer: Asked) -> None:
        answers[answer.status] += 1
        if answer.broken:
            faults.setdefault((answer.fault, answer.method != "POST" and answer.wrote), answer)

    sweep, every = Sweep(clients[0], chance, note), pages(arguments)
    sweep.pages(every)
    for request in requests(every, chance, NUMBER):
        note(ask(chance.choices(clients, [12, 2, 2, 2, 2])[0], request))
    print(
        f"{len(sweep.known):,} parameters of {len(every)} addresses in {sweep.number:,} requests, {NUMBER:,} more at "
        f"random, seed {SEED}: {dict(sorted(answers.items()))}"
    )  # shown with -rP
    print(*faults.values(), sep="\n")

    assert not faults
    assert sweep.known - sweep.sent == set()
