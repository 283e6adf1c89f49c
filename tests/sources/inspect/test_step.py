"""One step of ``context test``, whatever is raised while it is tried."""

from arcwatch.sources.inspect.step import Examination


async def test_a_bug_in_one_step_is_a_step_that_failed(bugs):
    async def broken():
        raise OverflowError("int too large")

    step, found = await Examination("nats", "nats://h").trying("login", broken(), str)
    assert (step.verdict, found) == ("failed", None)
    assert "OverflowError: int too large" in step.result
    assert sum(bugs.values()) == 1
