"""Where the HTTP ports of bookies and of a functions worker are named."""

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import UsageError


@pytest.fixture
def loaded(tmp_path):
    def loads(written):
        config = tmp_path / "arcwatch.toml"
        config.write_text(f'[context.a.pulsar]\nurl = "pulsar://p:6650"\n{written}\n')
        environ = {"XDG_CONFIG_HOME": str(tmp_path), "ARCWATCH_CONFIG": str(config)}
        return load({}, context="a", environ=environ, directory=tmp_path).pulsar_credentials

    return loads


@pytest.mark.parametrize(
    ("written", "urls"),
    [
        ("", ()),
        ('bookie_admin = "http://*:8000"', ("http://*:8000",)),
        (
            'bookie_admin = ["http://b1:8000", "https://[::1]:8001/"]',
            ("http://b1:8000", "https://[::1]:8001/"),
        ),
    ],
)
def test_it_is_one_address_or_several(loaded, written, urls):
    assert loaded(written).bookie_admin == urls


@pytest.mark.parametrize(
    "written",
    [
        '"b1:8000"',
        '"http://b1"',
        '"http://user:secret@b1:8000"',
        '"http://b1:8000/admin"',
        '"http://*.x:8000"',
        '"http://b1:123456"',
        "7",
        "[]",
        '["http://b1:8000", 7]',
    ],
)
def test_anything_else_is_refused_with_an_example(loaded, written):
    with pytest.raises(UsageError) as error:
        loaded(f"bookie_admin = {written}")
    assert "bookie_admin" in error.value.what
    assert "secret" not in str(error.value)


def test_a_functions_worker_is_one_address(loaded):
    assert loaded("").functions_worker == ""
    found = loaded('functions_worker = "https://worker:6751"')
    assert (found.functions_worker, found.bookie_admin) == ("https://worker:6751", ())


@pytest.mark.parametrize(
    "written",
    ['"http://*:6750"', '["http://a:6750", "http://b:6750"]', '"worker"', '"http://u:p@w:1"'],
)
def test_what_is_no_address_of_one_worker_is_refused(loaded, written):
    with pytest.raises(UsageError, match="functions_worker"):
        loaded(f"functions_worker = {written}")
