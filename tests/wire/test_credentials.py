"""Tokens and certificates that others wrote: whose they are, and when they end."""

import base64
import datetime
import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.wire.credentials import Claims, claims_of, read_certificate

DEEP = b'{"x":' + b"[" * 100_000


@pytest.mark.parametrize(
    "payload",
    [DEEP, DEEP + b"]" * 100_000 + b"}", b'{"sub":"\xff"}', b'{"exp":1e400}', b'{"sub":5}'],
    ids=["deep", "deep and whole", "not UTF-8", "beyond any time", "a subject that is none"],
)
def test_a_payload_that_is_no_claims_has_none(payload):
    assert claims_of(f"e30.{base64.urlsafe_b64encode(payload).decode()}.") == Claims()


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
