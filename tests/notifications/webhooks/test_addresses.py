"""Addresses that a webhook may not be sent to, however they are written; and that others may."""

import socket

import pytest

from services.notifications.webhooks.addresses import is_public

# IANA's special-purpose registries (RFC 6890), both ends where a block has two, and clouds' own addresses.
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - not to bind to
    "0.255.255.255", "10.0.0.0", "10.1.2.3", "10.255.255.255", "100.64.0.0", "100.100.100.200",
    "100.127.255.255", "127.0.0.1", "127.0.0.2", "127.255.255.254", "169.254.0.1", "169.254.169.254",
    "169.254.170.2", "172.16.0.0", "172.20.10.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1", "::", "::1", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2620:4f:8000::1", "3fff::1",
    "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1",
]  # fmt: skip
# What the system's resolver takes for an address, in other notations, and what is none at all.
OTHER_WORDS = [
    "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "0x7f.1", "0", "0x0",
    "127.0.0.1.", "１２７.0.0.1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255",
    "172.32.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
    "2001:4860:4860::8888",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_that_is_not_the_internets_is_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_what_is_no_address_as_resolvers_give_them_is_not_called(word: str) -> None:
    assert not is_public(word)


@pytest.mark.parametrize("word", ["0x7f000001", "2130706433", "017700000001", "127.1", "0x7f.1", "0"])
def test_other_notations_are_resolved_first_and_then_looked_at(word: str) -> None:
    found = socket.getaddrinfo(word, 443, type=socket.SOCK_STREAM)
    assert found
    assert not any(is_public(str(address[0])) for *_, address in found)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internets_own_are(address: str) -> None:
    assert is_public(address)
