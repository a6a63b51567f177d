"""Billing: what a person has and spent."""

from infra.access import LEDGER_READ
from infra.constructs.house import House
from infra.data_stack import DataStack


def billing(house: House, data: DataStack) -> None:
    """Deploy the feature."""
    handler = house.entry("billing", "handler")
    house.signing.grant_read(handler)
    data.credits.grant(handler, *LEDGER_READ)
    house.api.route(handler, "GET /v1/credits", "GET /v1/credits/entries")
