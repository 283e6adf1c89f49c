"""What several tests of filters need."""

import pytest

from arcwatch.filters.jq_process import JqProcess


@pytest.fixture
def quick():
    """A jq process of our own."""
    process = JqProcess()
    yield process
    process.close()
