"""How often people may try what costs us mail, work or a guess."""

import ipaddress
from dataclasses import dataclass

from likeness import limit
from likeness.items.user import Limit

_MINUTE = 60


@dataclass(frozen=True)
class Rate:
    """So many in a window: by one network (many people may share it) and about one person."""

    network: int
    person: int
    window_seconds: int


RATES = {
    "register": Rate(network=300, person=10, window_seconds=60 * _MINUTE),
    "confirm": Rate(network=300, person=10, window_seconds=15 * _MINUTE),
    "resend": Rate(network=100, person=5, window_seconds=15 * _MINUTE),
    "login": Rate(network=300, person=10, window_seconds=15 * _MINUTE),
    "forgot": Rate(network=100, person=5, window_seconds=15 * _MINUTE),
    "reset": Rate(network=300, person=10, window_seconds=15 * _MINUTE),
    "password": Rate(network=300, person=10, window_seconds=15 * _MINUTE),
    "move": Rate(network=100, person=5, window_seconds=60 * _MINUTE),
    "move-to": Rate(network=100, person=5, window_seconds=60 * _MINUTE),
    "confirm-move": Rate(network=300, person=30, window_seconds=60 * _MINUTE),
    "receipt": Rate(network=300, person=300, window_seconds=15 * _MINUTE),
}
"""Of logins only the failed ones count against a person, so nobody is locked out by signing in often."""


def take(action: str, address: str, person: str) -> Limit:
    """Count one try from an IP address about a person (an e-mail address or a user id).

    Returns the person's window, for `likeness.limit.give_back`.

    Raises:
        TooManyRequests: for known and unknown people alike.
    """
    rate = RATES[action]
    take_network(action, address)
    return limit.take(f"{action}-person", person, rate.person, rate.window_seconds)


def take_network(action: str, address: str) -> None:
    """Count one try from an IP address that is about nobody.

    Raises:
        TooManyRequests: the network has tried too often.
    """
    rate = RATES[action]
    limit.take(f"{action}-network", network_of(address), rate.network, rate.window_seconds)


def network_of(address: str) -> str:
    """Return what one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
