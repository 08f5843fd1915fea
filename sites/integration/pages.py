"""What the page of a site's system integration shows, composed from rows already loaded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.money import money_text
from contracts.terms import AgreementTerms
from sites.integration.prices import Priced, PriceNotStated
from sites.integration.queries import price_of
from sites.models import IntegrationOrder, Quotation, Site


def price_text(price: Priced | PriceNotStated) -> str:
    """Write a price with what states it, or that none is stated and what to do."""
    return (
        f"{money_text(price.amount)} ({price.clause})" if isinstance(price, Priced) else f"Not stated. {price.message}"
    )


@dataclass(frozen=True)
class OrderShown:
    """One order with its price: that of its cutover, or of one complete today."""

    order: IntegrationOrder
    price: Priced | PriceNotStated

    @property
    def is_priced(self) -> bool:
        return isinstance(self.price, Priced)

    @property
    def lacks_document(self) -> bool:
        """Whether the order has no price because the document of its quotation is not on file."""
        return not self.is_priced and self.order.quotation_id is not None and not self.order.quotation.document

    @property
    def can_be_quoted(self) -> bool:
        """Whether a quotation can give the order the price that it lacks; a billed order takes one once."""
        return not self.is_priced and (self.order.billed_on is None or self.order.quotation_id is None)

    @property
    def state(self) -> str:
        if self.order.reversed_on is not None:
            return "Cancelled"
        if self.order.billed_on is not None:
            return "Billed"
        return "Ordered" if self.order.completed_on is None else "Complete"


@dataclass(frozen=True)
class IntegrationPage:
    """The orders and quotations of a site, and what an order of today would cost once its cutover is complete."""

    site: Site
    price: Priced | PriceNotStated
    orders: tuple[OrderShown, ...]
    quotations: tuple[Quotation, ...]

    @property
    def is_priced(self) -> bool:
        """Whether the schedule states a price for the site."""
        return isinstance(self.price, Priced)

    @property
    def standing(self) -> tuple[OrderShown, ...]:
        return tuple(shown for shown in self.orders if shown.order.reversed_on is None)


def integration_page(
    *,
    site: Site,
    agreement: AgreementTerms,
    orders: Iterable[IntegrationOrder],
    quotations: Iterable[Quotation],
    on: date,
) -> IntegrationPage:
    """Compose the page. The site must come from `with_levels()`, the orders with their quotations."""
    return IntegrationPage(
        site=site,
        price=price_of(agreement=agreement, site=site, quotation=None, day=on, known_on=on),
        orders=tuple(
            OrderShown(
                order,
                price_of(
                    agreement=agreement,
                    site=site,
                    quotation=order.quotation,
                    day=order.completed_on or max(on, order.ordered_on),
                    known_on=on,
                ),
            )
            for order in orders
        ),
        quotations=tuple(quotations),
    )
