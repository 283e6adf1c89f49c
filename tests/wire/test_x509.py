"""Certificates that were made here: whose they are, and when they end."""

import datetime
import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.wire.x509 import read_certificate


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.parametrize("year", [2031, 2060])
def test_the_name_and_the_end_of_either_kind_of_time(authority, year):
    ends = datetime.datetime(year, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)
    made = authority.issue_cert("me.example", common_name="agénts", not_after=ends)
    der = ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())
    assert read_certificate(der) == ("agénts", ends.timestamp())
    assert read_certificate(der[:-20]) is None


def test_a_subject_without_a_common_name(authority):
    made = authority.issue_cert("me.example")
    der = ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())
    assert read_certificate(der).common_name == ""


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_none(data):
    assert read_certificate(data) is None
