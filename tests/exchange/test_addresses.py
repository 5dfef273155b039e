"""An address is shown without what opens it."""

from __future__ import annotations

import pytest

from workbench.exchange.addresses import shown_address


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://ana:pw@host:8443/a?key=abc", "https://ana:[secret]@host:8443/a"),
        ("https://ana:p@w@host/a", "https://ana:[secret]@host/a"),
        ("https://t0ken@host/a", "https://[secret]@host/a"),
        ("postgresql://ana:pw@host/db", "postgresql://ana:[secret]@host/db"),
        ("ssh://git@host/a", "ssh://git@host/a"),
        ("git@host:team/a.git", "git@host:team/a.git"),
        ("https://host:8443/a@b", "https://host:8443/a@b"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("dist/what?", "dist/what?"),
    ],
)
def test_an_address_is_shown_without_password_token_and_query(uri: str, shown: str) -> None:
    assert shown_address(uri) == shown
