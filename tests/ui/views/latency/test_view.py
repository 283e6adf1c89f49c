"""View 6 under a user's hands."""

from contextlib import asynccontextmanager

import pytest

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.ui.widgets.chart import Chart
from tests.ui.filled import LONG, Platform, words_on

pytestmark = pytest.mark.usefixtures("an_hour_east")


@asynccontextmanager
async def running(platform, size=(160, 48)):
    async with platform.app().run_test(size=size) as pilot:
        await pilot.press("6")
        await pilot.pause()
        yield pilot


async def lines(pilot):
    # what was not there has a size after the first, and is drawn with the second
    for _ in range(2):
        pilot.app.frame()
        await pilot.pause()
    return words_on(pilot.app)


async def test_each_source_says_what_its_figures_are_of_and_what_is_not_told():
    async with running(Platform(lasting=LONG)) as pilot:
        text = await lines(pilot)
        publish = next(line for line in text if "pulsar publish" in line and "p1:8080" in line)
        write = next(line for line in text if "pulsar write" in line and "p1:8080" in line)
        assert "1m 00s" in publish
        # a broker tells neither how many were published nor their 90th percentile
        assert publish.split("1m 00s")[1].split()[:4] == ["–", "2.10", "ms", "–"]
        assert write.split("1m 00s")[1].split()[:4] == ["3,430", "≤", "5.00", "ms"]


async def test_a_row_opens_into_its_percentiles_on_a_small_screen_too():
    async with running(Platform(lasting=LONG), (80, 24)) as pilot:
        pilot.app.view.filter = "rtt"
        pilot.app.frame()
        await pilot.press("enter")
        text = "\n".join(await lines(pilot))
        assert "PERCENTILE" in text
        assert "99.99" in text


async def test_before_anything_is_known_it_says_what_to_do():
    async with running(Platform(lasting=0)) as pilot:
        text = " ".join("\n".join(await lines(pilot)).split())
        assert "P starts a probe" in text


async def test_a_large_screen_has_a_heat_map_of_the_hour_and_the_distribution():
    async with running(Platform(lasting=LONG)) as pilot:
        pilot.app.view.filter = "write"
        text = "\n".join(await lines(pilot))
        assert "last hour, each minute" in text
        assert "≤10 ms" in text
        assert "p99.99" in text
        assert "log scale" in text


async def test_the_percentiles_are_lines_over_time():
    async with running(Platform(lasting=LONG)) as pilot:
        pilot.app.view.filter = "write"
        text = await lines(pilot)
        assert any("pulsar write p1:8080  5m  log scale" in line for line in text)
        assert any("├ 10.0 ms" in line for line in text)


@pytest.mark.parametrize("size", [(160, 48), (132, 36), (100, 30), (80, 24)])
async def test_round_trips_that_were_measured_once_are_text_and_no_line(size):
    async with running(Platform(lasting=LONG), size) as pilot:
        pilot.app.view.filter = "rtt"
        text = "\n".join(await lines(pilot))
        assert "p99.99" in text
        assert "up to an hour old" in text
        chart = pilot.app.view.query_one(Chart)
        assert "rtt" not in "".join(chart.render_line(y).text for y in range(chart.size.height))
        assert "last hour, each minute" not in text


async def test_on_the_smallest_screen_the_list_has_all_lines():
    async with running(Platform(lasting=LONG), (40, 10)) as pilot:
        pilot.app.view.filter = "rtt"
        text = "\n".join(await lines(pilot))
        assert "nats rtt" in text
        assert "p99.99" not in text


async def test_services_are_asked_while_their_tab_is_on_show():
    platform = Platform(lasting=LONG)
    wanted = []
    async with running(platform) as pilot:
        pilot.app.view.showing.watcher.watch_details = wanted.append
        await pilot.press("L")
        assert "Loading …" in "\n".join(await lines(pilot))
        assert wanted == [[DetailTarget("", None, services=True)]]
        one = ServiceEndpoint("tasks", "1", "i1", "run", "t.run", "q", 9, 2, 0.012, "broken")
        platform.tell("nats", "$SRV.STATS", "services", ServiceAnswers((one,)))
        text = "\n".join(await lines(pilot))
        assert "tasks" in text
        assert "12.0 ms" in text
        assert "could not be drawn" not in text
        await pilot.press("1")
        await pilot.pause()
        assert wanted[-1] == []
