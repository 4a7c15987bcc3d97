"""Rate limits count visitors, not our load balancer, and nobody can pretend to be another."""

from __future__ import annotations

import pytest

from procon.proxies import client_address, networks

OURS = networks("10.0.0.0/8, 127.0.0.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "wanted"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("203.0.113.9", "6.6.6.6", "203.0.113.9"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "6.6.6.6, lixo", "10.1.2.3"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("", "6.6.6.6", ""),
    ],
)
def test_only_what_our_proxies_appended_is_believed(peer: str, forwarded: str, wanted: str) -> None:
    assert client_address(peer, forwarded, OURS) == wanted


def test_without_proxies_the_peer_is_the_visitor() -> None:
    assert client_address("10.1.2.3", "6.6.6.6", networks("")) == "10.1.2.3"


def test_a_wrong_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match="dez"):
        networks("dez")
