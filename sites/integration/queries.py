"""What system integration costs at a site on a day, asked of the stored rows (note 5)."""

from datetime import date

from contracts.schedule import Level
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from sites.integration.prices import Priced, PriceNotStated, integration_price
from sites.models import Quotation, Site


def price_of(
    *, agreement: AgreementTerms, site: Site, quotation: Quotation | None, day: date, known_on: date
) -> Priced | PriceNotStated:
    """Return what the integration of a site costs when its cutover is complete on a day, as known on a day.

    The site must come from `with_levels()`. A day without terms in force is a price not stated, with its sentence.
    """
    found = terms_on(agreement=agreement, service_on=day, known_on=known_on)
    if isinstance(found, NotInForce):
        return PriceNotStated(found.message)
    return integration_price(
        schedule=found.schedule,
        level=_level(agreement, found, site),
        quotation=quotation.as_quoted() if quotation else None,
        known_on=known_on,
    )


def _level(agreement: AgreementTerms, found: TermsFound, site: Site) -> Level | None:
    """The level at which the site is charged in the annual period of the cutover."""
    charged = site.charged_on(found.service_on, found, agreement=agreement)
    return found.schedule.level(charged.level_code) if charged else None
