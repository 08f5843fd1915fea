"""A site that was counted at the start of the term and once more, and where its agreement is shown."""

from datetime import date

from django.urls import reverse

from contracts.models import Agreement
from sites.models import Site
from tests import factories, reference


def counted(site: Site, **changed) -> Site:
    factories.counts(site, date(1998, 10, 1), reference.counts())
    factories.counts(site, date(1999, 7, 1), reference.counts(**changed))
    return site


def agreement_page(agreement: Agreement) -> str:
    return reverse("sites:agreement_detail", args=[agreement.pk])
