"""From where our own install scripts download."""

from __future__ import annotations

import pytest

from onpath.installers import download


@pytest.mark.parametrize(
    ("address", "schemes"),
    [
        ("https://example.org/x", ("https",)),
        ("https://localhost/x", ("https",)),
        *((f"http://{host}/x", ("http", "https")) for host in ("localhost", "127.0.0.1:80", "[::1]:1")),
        *((f"http://{host}/x", ()) for host in ("example.org", "localhost.example.org", "localhost@x")),
        *((f"http://{host}/x", ()) for host in ("127.0.0.1:80@x", "127.0.0.1.x", "localhost:x@y")),
        *((address, ()) for address in ("ftp://localhost/x", "file:///x", "HTTPS://x", "x", "")),
    ],
)
def test_an_address_is_https_or_of_this_machine(address: str, schemes: tuple[str, ...]) -> None:
    assert schemes == download.schemes_of(address)
