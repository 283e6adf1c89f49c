"""``stack up --functions --transactions --traffic``: something for all of them to do."""

import httpx
import pytest

from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from tests.stack.test_geo import until

pytestmark = pytest.mark.slow


@pytest.fixture
def admin(tmp_path):
    extras = ("functions", "transactions")
    stack = local.start(tmp_path / "home", ports=Ports.free(), traffic=True, extras=extras)
    stack.ready(600)
    yield f"{stack.endpoints.pulsar_admin}/admin/v3"
    stack.stop()


def test_one_function_works_and_one_fails_and_transactions_end_in_every_way(admin):
    functions = f"{admin}/functions/arc/agents"
    until(lambda: asked(f"{functions}/shout/stats").get("processedSuccessfullyTotal", 0) > 1)
    until(lambda: asked(f"{functions}/broken/stats").get("userExceptionsTotal", 0) > 1)
    topic = f"{admin}/transactions/transactionBufferStats/arc/agents/invoices"
    until(lambda: asked(topic).get("totalAbortedTransactions", 0) > 0)
    until(lambda: asked(f"{admin}/transactions/slowTransactions/9000"))


def asked(url):
    answer = httpx.get(url, timeout=30)
    return answer.json() if answer.is_success else {}
