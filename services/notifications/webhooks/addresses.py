"""Which addresses a webhook may be sent to: such as anybody on the internet reaches, and no others.

Whoever names an address could else have this network call its own machines (server-side request forgery).
Names are nothing to go by, since a name may stand for another address each time it is asked: what counts is
the address that is connected to. See IANA's registries of special-purpose addresses (RFC 6890).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# All that is not the internet's, and what leads there: carriers' own, documentation, benchmarks, 6to4 relays.
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)  # fmt: skip
# Of IPv6 only this is given out to the internet: no mapped, translated, local or multicast address is in it.
_GIVEN_OUT_6 = IPv6Network("2000::/3")
# And of that, what is not: protocols (Teredo among them), documentation, 6to4.
_NOT_PUBLIC_6 = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)


def is_public(address: str) -> bool:
    """Whether an address, as the resolver gives it, is one of the internet's."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC_4)
    return (
        found.scope_id is None
        and found in _GIVEN_OUT_6
        and not any(found in network for network in _NOT_PUBLIC_6)
    )
