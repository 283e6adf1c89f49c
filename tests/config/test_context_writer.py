"""Adding to ``arcwatch.toml`` changes nothing else in it."""

import tomllib

import pytest

from arcwatch.config.context_writer import new_context, with_default
from arcwatch.errors import UsageError


def test_a_file_with_a_byte_order_mark_and_other_line_ends_stays_toml(tmp_path):
    path = tmp_path / "arcwatch.toml"
    path.write_bytes(b'\xef\xbb\xbf[context.x]\r\nnats = "nats://a"\r\n')
    for text in (with_default(path, "x"), new_context(path, "y", {"nats": "nats://b"})):
        assert tomllib.loads(text)["context"]["x"] == {"nats": "nats://a"}


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/"])
def test_what_is_no_file_is_left_alone(tmp_path, name):
    path = tmp_path / "arcwatch.toml"
    path.symlink_to(name)
    with pytest.raises(UsageError, match="cannot read settings"):
        new_context(path, "y", {"nats": "nats://b"})
