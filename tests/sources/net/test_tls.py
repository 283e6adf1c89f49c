"""The client certificate that the user named, whatever file that is."""

import os

import pytest
import trustme

from arcwatch.config.credentials import Tls
from arcwatch.sources.net.tls import own_certificate


@pytest.fixture
def named(tmp_path):
    path = tmp_path / "client.pem"
    trustme.CA().issue_cert("me.example").cert_chain_pems[0].write_to_path(path)
    return path


def test_it_is_read(named):
    assert own_certificate(Tls(cert=str(named))) is not None


def test_a_file_that_is_too_large_or_without_end_is_not_read(named):
    os.truncate(named, 1_000_000)
    assert own_certificate(Tls(cert=str(named))) is None
    assert own_certificate(Tls(cert="/dev/zero")) is None
