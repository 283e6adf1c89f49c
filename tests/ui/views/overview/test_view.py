"""Both systems at a glance: what they do, what is wrong with them, or why there is nothing."""

import re
from contextlib import asynccontextmanager

import pytest

from arcwatch.model.nats import NatsHealth
from arcwatch.model.reading import Stage
from arcwatch.ui.last_session import Memory
from tests.ui.filled import ADMIN, LONG, Platform, drawn, refused, strips_on

pytestmark = pytest.mark.usefixtures("an_hour_east")

SIZES = [(160, 48), (80, 24)]


@asynccontextmanager
async def running(platform, size=(160, 48)):
    async with platform.app().run_test(size=size) as pilot:
        await drawn(pilot)
        yield pilot


async def told(platform, size=(160, 48)):
    async with running(platform, size) as pilot:
        return "\n".join(await drawn(pilot))


# -- what they do ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_figures_of_both_systems_are_told_with_their_units(size):
    text = await told(Platform(lasting=100), size)
    assert "1.95k" in text
    assert "418 kB/s" in text
    assert "conns 7   subs 311   slow 0   stalls 0" in text
    assert "topics 4   subs 5   stored" in text


async def test_the_ranking_says_where_each_backlog_is_going():
    lines = (await told(Platform())).splitlines()
    billing, reporter, dispatcher, workers, _ = [line for line in lines if line[1:2] in [*"▲▼="]]
    assert billing[1] == "▲"
    # of a topic on two brokers, the first of which alone had told at first
    assert "+700     growing" in billing
    assert "+140" in reporter
    assert dispatcher[1] == "▼"
    assert "12m 00s" in dispatcher
    assert "keeping up" in workers


async def test_on_the_smallest_screen_a_backlog_still_has_a_name_and_a_size():
    text = await told(Platform(lasting=100), (40, 10))
    assert any("arc/agent" in line and "#billing" in line for line in text.splitlines())
    assert "≈ 370,000" in text


async def test_charts_use_the_room_there_is_after_every_resize():
    async with running(Platform(lasting=100)) as pilot:
        high = sum("⣿" in line for line in await drawn(pilot))
        await pilot.resize_terminal(160, 32)
        low = sum("⣿" in line for line in await drawn(pilot))
        await pilot.resize_terminal(160, 48)
        assert sum("⣿" in line for line in await drawn(pilot)) == high > low


async def test_v_goes_through_the_layouts_and_around_and_each_size_has_its_own():
    async with running(Platform(lasting=100)) as pilot:
        app = pilot.app
        full = await drawn(pilot)
        await pilot.press("v")
        assert not any("─ Why" in line for line in await drawn(pilot))
        await pilot.resize_terminal(100, 30)
        assert any("─ Why" in line for line in await drawn(pilot))
        await pilot.resize_terminal(160, 48)
        await pilot.press("v")
        assert sum("⣿" in line for line in await drawn(pilot))
        assert app.showing.layouts == {"overview 160x44": "charts"}
        await pilot.press("v")
        await drawn(pilot)
        assert await drawn(pilot) == full
        await pilot.press("v", "q")
    assert app.left.layouts == {"overview 160x44": "list"}


async def test_a_layout_that_was_left_is_come_back_to_and_one_that_is_none_is_not():
    for left, is_there in (("list", False), ("zoom newest", False), ("zoom nothing", True)):
        memory = Memory(layouts={"overview 160x44": left})
        async with Platform().app(memory=memory).run_test(size=(160, 48)) as pilot:
            await drawn(pilot)
            assert any("─ Why" in line for line in await drawn(pilot)) == is_there


async def test_one_pane_has_the_focus_and_takes_the_whole_view_and_gives_it_back():
    async with running(Platform(lasting=100)) as pilot:
        titles = []
        for _ in range(4):
            lines = await drawn(pilot)
            titles += [word for line in lines for word in re.findall(r"(?:^|│)━ (\w+)", line)]
            await pilot.press("tab")
        assert titles == ["Backlogs", "Why", "Top", "Newest"]
        await pilot.press("tab", "tab", "V")
        lines = await drawn(pilot)
        assert lines[1].lstrip("│").startswith("━ Top talkers")
        assert not any("Backlogs" in line for line in lines)
        await pilot.press("V")
        assert any("Backlogs" in line for line in await drawn(pilot))


async def test_the_cursor_of_the_ranking_chooses_what_is_charted_and_explained():
    async with running(Platform(lasting=100)) as pilot:
        for name in ("task-events#billing", "TASKS#reporter"):
            text = "\n".join(await drawn(pilot))
            assert f"SELECTED  {name}" in text
            assert f"─ Why  {name}" in text
            await pilot.press("j")


async def test_a_tip_stays_until_something_else_was_looked_at():
    async with running(Platform()) as pilot:
        pilot.app.showing.tip = "j k walk the backlogs"
        pilot.app.draw()
        assert "TRY FIRST  j k walk the backlogs" in "\n".join(await drawn(pilot))
        await pilot.press("2", "1")
        assert "TRY FIRST" not in "\n".join(await drawn(pilot))


# -- what is wrong --------------------------------------------------------------------------------


async def test_nothing_is_said_of_problems_while_all_is_well():
    async with running(Platform()) as pilot:
        assert not pilot.app.problems_line.display


async def test_the_problems_line_says_what_is_silent_and_since_when():
    text = await told(Platform(trouble=True), (220, 48))
    assert "no connection: connection refused  http://10.0.0.3:8222/varz  since 10:50:22" in text
    assert "no connection: connection refused  http://p2:8080/metrics/  since 10:50:22" in text


async def test_an_unhealthy_server_is_a_problem_until_it_is_well_again():
    platform = Platform()
    async with running(platform) as pilot:
        platform.tell("nats", "http://10.0.0.1:8222", "healthz", NatsHealth(False, "no quorum"))
        assert "no quorum" in "\n".join(await drawn(pilot))
        platform.tell("nats", "http://10.0.0.1:8222", "healthz", NatsHealth(True, ""))
        assert "no quorum" not in "\n".join(await drawn(pilot))


def lane_title(lines, name):
    return next(line for line in lines if line.startswith(f" {name} "))


async def test_a_system_is_degraded_by_what_is_wrong_with_it_and_by_nothing_else():
    platform = Platform()
    async with running(platform) as pilot:
        titles = [lane_title(await drawn(pilot), name) for name in ("NATS", "Pulsar")]
        assert all("degraded" not in title for title in titles)
        platform.tell("nats", "http://10.0.0.1:8222", "healthz", NatsHealth(False, "no quorum"))
        lines = await drawn(pilot)
        assert "NATS     degraded: unhealthy" in lane_title(lines, "NATS")
        assert "Pulsar   ok" in lane_title(lines, "Pulsar")


async def test_where_some_questions_have_no_answer_nothing_is_called_empty():
    platform = nothing(nats=NatsHealth(True, ""), pulsar=Stage("left out", off=True))
    platform.tell("nats", "http://h:8222", "jsz", refused("http://h:8222/jsz"))
    text = await told(platform)
    assert "No backlog as far as known: NATS not fully answering." in text
    assert "every subscription and consumer has caught up" not in text


async def test_a_server_that_is_silent_is_left_out_of_sums():
    lines = (await told(Platform(trouble=True))).splitlines()
    (conns,) = [line for line in lines if "conns" in line]
    # n3 had two of ten
    assert "conns 8 " in conns


@pytest.mark.parametrize("size", SIZES)
async def test_a_system_that_fell_silent_keeps_what_it_said_last_greyed_and_dated(size):
    async with running(Platform(dark=True), size) as pilot:
        lines = await drawn(pilot)
        text = "\n".join(lines)
        assert text.count("DOWN since 10:50:22") == 2
        assert "conns 7" in text
        assert "up 12d" not in text
        y = next(y for y, line in enumerate(lines) if "conns 7" in line)
        strips = strips_on(pilot.app)
        panel = pilot.app.query_one("#lanes")
        dim = panel.style_of("dim").color
        figures = [segment for segment in strips[y] if "conns" in segment.text]
        assert [segment.style.color for segment in figures] == [dim]


async def test_stale_backlogs_have_neither_a_direction_nor_an_end():
    lines = (await told(Platform(dark=True))).splitlines()
    ranking = [line for line in lines if line[1:3] == "? "]
    assert len(ranking) == 5
    # neither in, nor out, nor growth, nor an end
    assert [row.count("–") for row in ranking] == [4] * 5


async def test_what_is_wrong_with_a_backlog_is_said_beside_it_and_what_comes_of_it_below():
    async with running(Platform(trouble=True, lasting=400.0), (220, 48)) as pilot:
        await pilot.press("j")
        lines = await drawn(pilot)
    reporter, nobody = (
        next(line for line in lines if word in line)
        for word in (" js      TASKS#reporter", "#nobody")
    )
    assert reporter.endswith("too few consumers")
    assert any("ALSO" in line and "evicted unconsumed in" in line for line in lines)
    assert nobody.endswith("no consumers")
    # it waited from before anybody looked
    assert "≥6m 30s" in nobody


# -- why there is nothing -------------------------------------------------------------------------


def nothing(**bodies):
    """A platform of which only these things are known: ``nats=body``, ``pulsar=body``."""
    platform = Platform(lasting=0)
    for system, body in bodies.items():
        part, source = ("varz", "http://h:8222") if system == "nats" else ("brokers", ADMIN)
        platform.tell(system, source, part, body)
    return platform


FETCHING = Stage("fetching Pulsar 4.0.8: 112 of 245 MB")
REASONS = [
    pytest.param(nothing(), "connecting …", id="nobody asked yet"),
    pytest.param(nothing(pulsar=FETCHING), "starting", id="starting"),
    pytest.param(nothing(pulsar=FETCHING), "fetching Pulsar 4.0.8: 112 of 245 MB", id="fetching"),
    pytest.param(nothing(pulsar=Stage("no room", failed=True)), "did not start", id="failed"),
    pytest.param(
        nothing(pulsar=Stage("disabled by --no-pulsar", off=True)),
        "Pulsar   off · disabled by --no-pulsar",
        id="off",
    ),
    pytest.param(nothing(pulsar=refused("http://h:1/x")), "DOWN since 10:50:00", id="down"),
    pytest.param(nothing(pulsar=refused("http://h:1/x", "run it")), "try: run it", id="hint"),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("platform", "why"), REASONS)
async def test_an_empty_half_says_why(platform, why, size):
    async with running(platform, size) as pilot:
        lines = await drawn(pilot)
        y = next(y for y, line in enumerate(lines) if line.startswith(" Pulsar "))
        assert why in "\n".join(lines[y : y + 5])


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        pytest.param(
            nothing(nats=refused("x"), pulsar=refused("y")),
            "Backlogs are unknown: no server has answered.",
            id="nothing answers",
        ),
        pytest.param(
            nothing(nats=NatsHealth(True, ""), pulsar=refused("y")),
            "No backlog in NATS.  Pulsar is not answering.",
            id="one answers",
        ),
        pytest.param(
            nothing(nats=NatsHealth(True, ""), pulsar=Stage("left out", off=True)),
            "No backlog: every subscription and consumer has caught up.",
            id="one is left out",
        ),
    ],
)
async def test_an_empty_ranking_claims_no_more_than_is_known(platform, said):
    assert said in await told(platform)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Stage("fetching Pulsar 4.0.8: 112 of 245 MB"), "fetching Pulsar 4.0.8: 112 of 245 MB"),
        (Stage("disabled by --no-pulsar", off=True), "disabled by --no-pulsar"),
        (refused("http://h:8080/x", "run it"), "no connection (http://h:8080/x).  run it"),
    ],
)
async def test_an_empty_table_says_why(body, said):
    async with running(nothing(pulsar=body)) as pilot:
        await pilot.press("3")
        assert said in "\n".join(await drawn(pilot))


async def test_all_lanes_are_read_at_one_moment_which_leads_to_its_history():
    async with running(Platform(lasting=LONG)) as pilot:
        largest = await drawn(pilot)
        await pilot.press("less_than_sign", "less_than_sign")
        read = await drawn(pilot)
        (time,) = [line for line in read if line.startswith(" TIME")]
        assert "▲ " in time
        for end in ("in", "out", "msgs"):
            scales = [
                [line for line in lines if re.search(rf"[┬┴] .* {end}$", line)]
                for lines in (largest, read)
            ]
            assert scales[0]
            assert scales[0] != scales[1]
        assert pilot.app.view.browsed[1].endswith("Z")
        await pilot.press("escape")
        assert pilot.app.view.browsed[1] == ""
        assert not any("TIME     ▲" in line for line in await drawn(pilot))
