"""When the engine asks, in virtual time: an hour of it passes in no time at all."""

import asyncio
import selectors
from collections import defaultdict
from contextlib import asynccontextmanager, suppress

import pytest
from msgspec.structs import replace

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.errors import NotThereError, RefusedError, SourceError
from arcwatch.model.nats import NatsHealth
from arcwatch.model.pulsar import (
    Coordinator,
    PulsarBookies,
    PulsarBroker,
    PulsarBrokers,
    PulsarHealth,
    PulsarTopic,
    Subscription,
    Topic,
)
from arcwatch.model.reading import Failure, Paused, Stage
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.store import Store


class Jump(selectors.DefaultSelector):
    """Waits by moving the clock: a selector that never blocks."""

    now = 0.0

    def select(self, timeout=None):
        # sums of floats would drift away from the beats that tests count in
        self.now = round(self.now + (timeout or 0.0), 9)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on which sleeping takes no time."""

    def __init__(self):
        self.jump = Jump()
        super().__init__(self.jump)

    def time(self):
        return self.jump.now


class VirtualClock:
    def __init__(self):
        self.slept = 0.0

    def now(self):
        return 1_700_000_000.0 + self.steady()

    def steady(self):
        return asyncio.get_running_loop().time() + self.slept


class Place:
    """What servers of every kind have in common: they note when they are asked."""

    def __init__(self, answer=None):
        self.asked = defaultdict(list)
        self.answer = answer

    async def noted(self, part, otherwise, *about):
        self.asked[part].append(asyncio.get_running_loop().time())
        told = await self.answer(part, len(self.asked[part]), *about) if self.answer else None
        return otherwise if told is None else told


class Server(Place):
    """A NATS server.  ``answer(part, n)`` may sleep, raise, or return a body of its own."""

    def __init__(self, url="http://n1:8222", answer=None):
        super().__init__(answer)
        self.url = url

    async def varz(self):
        return await self.noted("varz", NatsHealth(True, ""))

    async def connections(self):
        return await self.noted("connz", NatsHealth(True, ""))

    async def jetstream(self):
        return await self.noted("jsz", NatsHealth(True, ""))

    async def links(self):
        return await self.noted("links", NatsHealth(True, ""))

    async def accounts(self):
        return await self.noted("accounts", NatsHealth(True, ""))

    async def healthz(self):
        return await self.noted("healthz", NatsHealth(True, ""))


class Cluster(Place):
    """A Pulsar cluster, asked as ``answer(part, n, broker or topic)``."""

    url = "http://p1:8080"

    def __init__(self, answer=None, listed=("p1:8080",), topics=()):
        super().__init__(answer)
        self.listed, self.topics = listed, topics

    async def brokers(self):
        return await self.noted("brokers", PulsarBrokers(self.listed), None)

    async def bookies(self):
        return await self.noted("bookies", PulsarBookies(()), None)

    async def ready(self, broker):
        return await self.noted(f"ready {broker}", PulsarHealth(broker, True, ""), broker)

    async def metrics(self, broker):
        return await self.noted(f"metrics {broker}", page(broker, self.topics), broker)

    async def topic(self, name, *, consumers=False):
        return await self.noted("topic", PulsarTopic(name, 100, 10, ()), name)

    async def ask(self, path, *, about, version="v2"):
        self.asked[f"{version}/{path}"].append(asyncio.get_running_loop().time())
        raise RefusedError("refused", where=path)


def page(broker, topics):
    return PulsarBroker(
        broker=broker,
        cluster="belt",
        version="4.0.8",
        started=1.0,
        heap_used=None,
        heap_max=None,
        direct_used=None,
        direct_max=None,
        topic_metrics=True,
        topics=tuple(topic(name, backlog) for name, backlog in topics),
        lines=1,
        size=1,
    )


def topic(name, backlog):
    sub = Subscription("s", backlog, 0, 0, 0, 0, 0, False, 0.0, None, None, None)
    return Topic(name, 0, 0, 0, 0, 0, 0, 0, 0, 0, (sub,))


def listing(*servers):
    async def listed():
        return servers

    return listed


def engine_of(
    *servers,
    cluster=None,
    stages=None,
    refresh=1.0,
    chance=0.0,
    store=None,
    beside=None,
    clock=None,
):
    @asynccontextmanager
    async def sources(settings):
        yield listing(*servers), cluster

    return Engine(
        # no client port that is read beside what is asked here
        replace(load({}, environ={}), nats=None, pulsar=None),
        store or Store(),
        clock=clock or VirtualClock(),
        refresh=refresh,
        stages=stages,
        beside={"rules": beside} if beside else {},
        chance=lambda: chance,
        sources=sources,
    )


def run(engine, until, *others):
    """Run an engine for so long, with other coroutines beside it, and return its store."""

    async def main():
        with suppress(TimeoutError):
            async with asyncio.timeout(until), asyncio.TaskGroup() as group:
                group.create_task(engine.run())
                for other in others:
                    group.create_task(other)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
    return engine.store


def after(seconds, does):
    """A coroutine that does something later."""

    async def later():
        await asyncio.sleep(seconds)
        does()

    return later()


def on(part, does):
    """An ``answer`` that concerns one part: ``does(n)`` is awaited there, the rest answers."""

    async def answer(asked, n, *about):
        return await does(n) if asked == part else None

    return answer


async def silence(n):
    await asyncio.Event().wait()


# -- beats ------------------------------------------------------------------------------------


def test_each_question_has_its_own_beat():
    server, cluster = Server(), Cluster()
    run(engine_of(server, cluster=cluster), 20.5)
    assert server.asked["varz"] == pytest.approx(list(range(21)))
    assert server.asked["connz"] == server.asked["jsz"] == pytest.approx(list(range(0, 21, 2)))
    assert server.asked["links"] == pytest.approx(list(range(0, 21, 2)))
    assert server.asked["accounts"] == pytest.approx(list(range(0, 21, 5)))
    assert server.asked["healthz"] == cluster.asked["brokers"] == pytest.approx([0, 10, 20])
    assert cluster.asked["metrics p1:8080"] == pytest.approx(list(range(0, 21, 2)))
    assert cluster.asked["ready p1:8080"] == pytest.approx([0, 10, 20])


def test_a_slower_refresh_slows_the_rest_along():
    server, cluster = Server(), Cluster()
    run(engine_of(server, cluster=cluster, refresh=5.0), 20.5)
    assert server.asked["varz"] == pytest.approx([0, 5, 10, 15, 20])
    assert server.asked["connz"] == cluster.asked["metrics p1:8080"] == pytest.approx([0, 10, 20])


def test_a_slow_answer_skips_beats_and_keeps_the_grid():
    async def slow_once(n):
        await asyncio.sleep(2.4 if n == 2 else 0.1)

    server = Server(answer=on("varz", slow_once))
    run(engine_of(server), 7.5)
    assert server.asked["varz"] == pytest.approx([0, 1, 4, 5, 6, 7])


def test_a_question_is_never_asked_while_it_is_being_answered():
    async def always_slow(n):
        await asyncio.sleep(3.5)

    server = Server(answer=on("varz", always_slow))
    run(engine_of(server), 12.5)
    assert server.asked["varz"] == pytest.approx([0, 4, 8, 12])


def test_silence_delays_nothing_else():
    silent, well = Server("http://n1:8222"), Server("http://n2:8222")
    silent.answer = on("varz", silence)
    run(engine_of(silent, well), 9.5)
    assert silent.asked["connz"] == pytest.approx([0, 2, 4, 6, 8])
    assert well.asked["varz"] == pytest.approx(list(range(10)))


def test_a_page_that_is_long_to_make_is_asked_for_more_rarely():
    async def heavy(n):
        await asyncio.sleep(0.5 if n <= 2 else 0.05)

    cluster = Cluster(answer=on("metrics p1:8080", heavy))
    run(engine_of(cluster=cluster), 18.5)
    # 20 × 0.5 s once it took that twice; lighter again, it falls back to the beat
    assert cluster.asked["metrics p1:8080"] == pytest.approx([0, 2, 12, 14, 16, 18])


def test_one_page_that_took_long_does_not_delay_the_next():
    async def slow_once(n):
        await asyncio.sleep(25.0 if n == 3 else 0.05)

    cluster = Cluster(answer=on("metrics p1:8080", slow_once))
    run(engine_of(cluster=cluster), 36.5)
    assert cluster.asked["metrics p1:8080"] == pytest.approx([0, 2, 4, 30, 32, 34, 36])


# -- failures ---------------------------------------------------------------------------------


def test_a_server_that_is_down_is_asked_ever_more_rarely_and_at_once_on_the_beat_when_back():
    async def down_until_30(n):
        if asyncio.get_running_loop().time() < 30:
            raise SourceError("cannot connect")

    server = Server(answer=on("varz", down_until_30))
    run(engine_of(server), 38.5)
    assert server.asked["varz"] == pytest.approx([0, 2, 6, 14, 24, 34, 35, 36, 37, 38])


def test_who_is_down_is_not_asked_by_everybody_at_once():
    async def down(n):
        raise SourceError("cannot connect")

    server = Server(answer=on("varz", down))
    run(engine_of(server, chance=1.0), 5)
    # at 2 and at 6 it would be due: 30 of 100 sooner than that
    assert server.asked["varz"] == pytest.approx([0, 1.4, 1.4 + 0.7 * 4.6])


def test_after_sleep_everything_is_asked_at_once_and_nothing_is_compared_with_before():
    server, clock = Server(), VirtualClock()
    engine = engine_of(server, clock=clock)
    told = []
    engine.store.apply = told.append

    def sleep():
        clock.slept += 8 * 3600

    run(engine, 12, after(5.5, sleep))
    (paused,) = [reading.body for reading in told if isinstance(reading.body, Paused)]
    assert paused.seconds == pytest.approx(8 * 3600, abs=1)
    # the health's own beat would be due at 10
    assert server.asked["healthz"] == pytest.approx([0, 6], abs=0.5)
    first = next(i for i, reading in enumerate(told) if reading.body is paused)
    assert {round(reading.at) for reading in told[:first]} <= set(
        range(1_700_000_000, 1_700_000_006)
    )


def test_backing_off_never_asks_more_often_than_the_beat():
    async def down(n):
        raise SourceError("cannot connect")

    server = Server(answer=on("varz", down))
    run(engine_of(server, refresh=30.0), 100)
    assert server.asked["varz"] == pytest.approx([0, 30, 60, 90])


def test_one_answer_that_fails_backs_off_alone():
    async def down(n):
        raise SourceError("cannot connect")

    server = Server(answer=on("jsz", down))
    run(engine_of(server), 10.5)
    assert server.asked["jsz"] == pytest.approx([0, 4])
    assert len(server.asked["varz"]) == 11


def test_an_answer_that_never_ends_is_a_failure_with_a_name():
    store = run(engine_of(Server(answer=on("varz", silence))), 10.5)
    failure = store.contact("nats", "http://n1:8222", "varz").failure
    assert failure == Failure("no answer in time", "http://n1:8222", "waited 10 s", "")


@pytest.mark.parametrize("part", ["varz", "metrics p1:8080"])
def test_a_server_that_freezes_is_a_failure_within_ten_seconds(part):
    async def freeze(n):
        if n > 3:
            await silence(n)

    server, cluster = Server(answer=on(part, freeze)), Cluster(answer=on(part, freeze))
    store = run(engine_of(server, cluster=cluster), 4 + 10)
    source = ("nats", "http://n1:8222") if part == "varz" else ("pulsar", "p1:8080")
    contact = store.contact(*source, part.split()[0])
    assert contact.failing
    assert contact.answers == 3


def test_an_answer_that_is_late_for_what_it_usually_takes_is_waited_for_in_silence():
    async def slow(n):
        await asyncio.sleep(5.0 if n < 3 else 14.0)

    store = run(engine_of(cluster=Cluster(answer=on("metrics p1:8080", slow))), 300)
    contact = store.contact("pulsar", "p1:8080", "metrics")
    assert (contact.failures, contact.answers > 3) == (0, True)


def test_what_a_source_says_of_its_failure_is_kept():
    async def down(n):
        raise SourceError("cannot connect", where="w", why="refused", hint="start it")

    store = run(engine_of(Server(answer=on("varz", down))), 0.5)
    failure = store.contact("nats", "http://n1:8222", "varz").failure
    assert failure == Failure("cannot connect", "w", "refused", "start it")


def test_a_failure_is_dated_to_the_middle_of_the_wait():
    async def down(n):
        await asyncio.sleep(3.0)
        raise SourceError("cannot connect")

    store = run(engine_of(Server(answer=on("varz", down))), 4)
    contact = store.contact("nats", "http://n1:8222", "varz")
    assert contact.failing_since == pytest.approx(1_700_000_001.5)


@pytest.mark.parametrize("method", ["run", "sample_twice"])
def test_what_a_source_raises_beyond_the_declared_is_a_problem_of_that_question(method, bugs):
    async def broken(n):
        raise ZeroDivisionError("of nobody's making")

    store, server = Store(), Server(answer=on("varz", broken))
    engine = engine_of(server, store=store)
    if method == "run":
        run(engine, 60)
    else:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(engine.sample_twice(1.0))
    (problem,) = store.problems()
    assert problem.what == "varz could not be read"
    assert problem.why == "ZeroDivisionError: of nobody's making"
    assert "please report" in problem.hint
    assert len(server.asked["connz"]) >= (20 if method == "run" else 2)
    assert sum(bugs.values()) == len(server.asked["varz"])
    # asked ever more rarely, as what does not answer is
    assert len(server.asked["varz"]) < 10


def test_what_the_store_cannot_take_in_is_a_problem_of_that_question(bugs, monkeypatch):
    take = NatsServerState.apply

    def choke(state, reading):
        if reading.part == "jsz":
            raise OverflowError
        take(state, reading)

    monkeypatch.setattr(NatsServerState, "apply", choke)
    store, server = Store(), Server()
    run(engine_of(server, store=store), 30)
    (problem,) = store.problems()
    assert (problem.what, problem.why) == ("jsz could not be processed", "OverflowError")
    assert store.contact("nats", "http://n1:8222", "jsz").answers == 0
    assert store.contact("nats", "http://n1:8222", "varz").answers == 31
    assert bugs


@pytest.mark.parametrize("part", ["topic", "opened", "names"])
def test_a_bug_about_one_topic_leaves_the_others_asked(part, bugs):
    async def answer(asked, n, about):
        if asked == "topic" and about.endswith("/bad"):
            raise ZeroDivisionError
        return None

    class Listing(Cluster):
        async def ask(self, path, *, about):
            raise ZeroDivisionError

    names = [f"persistent://a/b/{name}" for name in ("bad", "good")]
    kind = Cluster if part == "topic" else Listing
    cluster = kind(answer, topics=[(name, 5) for name in names])
    store = Store()
    engine = engine_of(cluster=cluster, store=store)
    if part == "opened":
        engine.open_topic(names[1])
    if part == "names":
        engine.list_names(["a/b"])
    run(engine, 90)
    problems = [problem for problem in store.problems() if "ZeroDivisionError" in problem.why]
    assert problems
    assert len(cluster.asked["topic"]) >= 4
    assert len(cluster.asked["metrics p1:8080"]) > 40


def test_what_runs_beside_begins_again_after_a_bug(bugs):
    begun = []

    async def beside():
        begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        raise ZeroDivisionError

    store = Store()
    engine = engine_of(Server(), store=store, beside=beside)
    run(engine, 10)
    assert begun == [0, 1.5, 4.0, 8.5]
    (problem,) = store.problems()
    assert "rules" in problem.what
    assert "ZeroDivisionError" in problem.why


def test_cancelling_ends_everything_and_closes_what_was_opened():
    closed = []

    @asynccontextmanager
    async def sources(settings):
        try:
            yield listing(Server(answer=on("varz", silence))), Cluster()
        finally:
            closed.append(asyncio.get_running_loop().time())

    async def main():
        engine = Engine(load({}, environ={}), Store(), clock=VirtualClock(), sources=sources)
        task = asyncio.create_task(engine.run())
        await asyncio.sleep(5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == set()
    assert closed == [5]


# -- asking now -------------------------------------------------------------------------------


def test_refresh_asks_everything_now_and_starts_a_new_grid():
    server = Server()
    engine = engine_of(server)
    run(engine, 5.0, after(2.3, engine.refresh))
    assert server.asked["varz"] == pytest.approx([0, 1, 2, 2.3, 3.3, 4.3])
    assert server.asked["healthz"] == pytest.approx([0, 2.3])


def test_refresh_does_not_wait_for_the_back_off():
    async def down(n):
        raise SourceError("cannot connect")

    server = Server(answer=on("varz", down))
    engine = engine_of(server)
    run(engine, 24, after(15, engine.refresh))
    assert server.asked["varz"] == pytest.approx([0, 2, 6, 14, 15, 17, 21])


def test_a_local_stack_that_has_come_up_is_asked_at_once():
    class Coming:
        def read(self):
            up = asyncio.get_running_loop().time() >= 20.1
            return {"nats": Stage("" if up else "starting")}

    async def down(n):
        if asyncio.get_running_loop().time() < 20.1:
            raise SourceError("cannot connect")

    server = Server(answer=on("varz", down))
    run(engine_of(server, stages=Coming()), 21)
    assert server.asked["varz"][-1] == pytest.approx(20.25)


def test_only_changes_of_a_stage_are_told():
    class Still:
        def read(self):
            return {"nats": Stage("starting")}

    store = run(engine_of(stages=Still()), 60)
    # beside it, when what ends of each system was told
    assert store.version == 3


def test_what_is_left_out_is_told_with_who_said_so():
    engine = Engine(load({"nats": "off"}, environ={}), Store())
    assert engine.store.stages["nats"] == Stage("disabled by --nats", off=True)
    assert "pulsar" not in engine.store.stages


# -- brokers ----------------------------------------------------------------------------------


def test_brokers_come_and_go_with_the_clusters_own_list():
    lists = [("a:1", "b:1"), ("b:1", "c:1"), ("b:1", "c:1")]

    async def listed(n):
        return PulsarBrokers(lists[n - 1])

    cluster = Cluster(answer=on("brokers", listed))
    store = run(engine_of(cluster=cluster), 20.5)
    # at 10 it is due in the moment in which it is found to be gone
    assert cluster.asked["metrics a:1"][:5] == pytest.approx([0, 2, 4, 6, 8])
    assert len(cluster.asked["metrics a:1"]) <= 6
    assert cluster.asked["metrics b:1"] == pytest.approx(list(range(0, 21, 2)))
    assert cluster.asked["metrics c:1"] == pytest.approx([10, 12, 14, 16, 18, 20])
    assert cluster.asked["ready a:1"] in ([0], [0, 10])
    assert [row.broker for row in store.pulsar_brokers()] == ["b:1", "c:1"]


def test_a_broker_that_left_while_it_was_asked_says_nothing_any_more():
    lists = [("a:1",), ("b:1",)]

    async def answer(part, n, about):
        if part == "brokers":
            return PulsarBrokers(lists[min(n, 2) - 1])
        if part == "metrics a:1":
            await asyncio.sleep(15)
        return None

    store = run(engine_of(cluster=Cluster(answer)), 30)
    assert [row.broker for row in store.pulsar_brokers()] == ["b:1"]
    assert store.contact("pulsar", "a:1", "metrics") is None


def test_brokers_are_asked_on_while_their_list_cannot_be_had():
    async def once(n):
        if n > 1:
            raise SourceError("cannot connect")

    cluster = Cluster(answer=on("brokers", once))
    run(engine_of(cluster=cluster), 30.5)
    assert cluster.asked["metrics p1:8080"] == pytest.approx(list(range(0, 31, 2)))


# -- topics, one by one -----------------------------------------------------------------------


def names(count, base="persistent://t/n/x"):
    return [f"{base}{number:03}" for number in range(count)]


def asked_about(cluster_answer):
    """An ``answer`` that notes ``(moment, topic)`` of each topic asked about, and the list."""
    noted = []

    async def answer(part, n, about):
        if part == "topic":
            noted.append((asyncio.get_running_loop().time(), about))
        return await cluster_answer(part, n, about) if cluster_answer else None

    return answer, noted


def test_only_topics_on_screen_and_of_the_worst_backlogs_are_asked_about():
    idle, waiting = names(5, "persistent://t/n/idle"), names(30, "persistent://t/n/waiting")
    answer, noted = asked_about(None)
    topics = [(name, 0) for name in idle] + [(name, 100 + i) for i, name in enumerate(waiting)]
    engine = engine_of(cluster=Cluster(answer, topics=topics))
    engine.focus([idle[3], "persistent://t/n/not-loaded"])
    run(engine, 29)
    assert {name for _, name in noted} == {idle[3], *waiting[10:]}


def test_nothing_is_asked_about_where_nothing_is_wanted():
    answer, noted = asked_about(None)
    run(engine_of(cluster=Cluster(answer, topics=[(names(1)[0], 0)])), 60)
    assert noted == []


def test_open_transactions_are_asked_about_only_where_a_page_tells_of_one():
    opened = 0

    async def with_coordinator(n):
        return replace(page("p1:8080", ()), coordinators=(Coordinator("0", opened, 0, 0, 0, 0),))

    cluster = Cluster(answer=on("metrics p1:8080", with_coordinator))
    engine = engine_of(cluster=cluster)

    def begin():
        nonlocal opened
        opened = 1

    run(engine, 33.0, after(12.0, begin), after(25.0, lambda: engine.show_parts(["transactions"])))
    asked = cluster.asked["v3/transactions/slowTransactions/0"]
    # on its own beat, and at once when somebody looks
    assert asked == pytest.approx([20.0, 25.0])
    assert engine.store.pulsar_transactions() == []


def test_topics_are_asked_about_eight_at_once_and_each_twice_a_minute():
    wanted = names(20)
    answer, noted = asked_about(None)
    engine = engine_of(cluster=Cluster(answer, topics=[(name, 0) for name in wanted]))
    engine.focus(wanted)
    run(engine, 61)
    moments = defaultdict(list)
    for at, _ in noted:
        moments[at].append(1)
    assert max(map(len, moments.values())) == 8
    asked = defaultdict(list)
    for at, name in noted:
        asked[name].append(at)
    for first, second in asked.values():
        assert 30 <= second - first <= 32.1


def test_more_topics_than_there_is_room_for_all_get_their_turn():
    wanted = names(200)
    answer, noted = asked_about(None)
    engine = engine_of(cluster=Cluster(answer, topics=[(name, 0) for name in wanted]))
    engine.focus(wanted)
    run(engine, 51)
    assert {name for _, name in noted} == set(wanted)
    assert len(noted) == len(wanted)


def test_leaving_a_topic_and_coming_back_does_not_ask_about_it_sooner():
    wanted = names(1)
    answer, noted = asked_about(None)
    engine = engine_of(cluster=Cluster(answer, topics=[(wanted[0], 0)]))
    engine.focus(wanted)
    leave, back = after(5, lambda: engine.focus(())), after(9, lambda: engine.focus(wanted))
    run(engine, 33, leave, back)
    assert [at for at, _ in noted] == pytest.approx([2, 32])


def test_topics_that_nobody_wants_any_more_are_forgotten():
    first, then = names(8, "persistent://t/n/a"), names(8, "persistent://t/n/b")
    answer, noted = asked_about(None)
    topics = [(name, 0) for name in (*first, *then)]
    engine = engine_of(cluster=Cluster(answer, topics=topics))
    engine.focus(first)
    run(engine, 45, after(5, lambda: engine.focus(then)), after(41, lambda: engine.focus(first)))
    # forgotten at 32, so asked about as if for the first time
    assert [at for at, name in noted if name == first[0]] == pytest.approx([2, 42])


def test_a_topic_that_was_deleted_is_no_problem():
    async def gone(part, n, about):
        if part == "topic":
            raise NotThereError("no such topic")

    wanted = names(1)
    engine = engine_of(cluster=Cluster(gone, topics=[(wanted[0], 5)]))
    assert run(engine, 10).problems() == []


def test_topics_none_of_which_answers_are_a_problem_that_ends_with_them():
    async def refused(part, n, about):
        if part == "topic":
            raise SourceError("HTTP 403", where="http://p1:8080/x")

    wanted = names(3)
    cluster = Cluster(refused, topics=[(name, 0) for name in wanted])
    engine = engine_of(cluster=cluster)
    engine.focus(wanted)
    seen = []
    run(
        engine,
        30,
        after(5, lambda: seen.append([p.what for p in engine.store.problems()])),
        after(6, lambda: engine.focus(())),
        after(29, lambda: seen.append([p.what for p in engine.store.problems()])),
    )
    assert seen == [["HTTP 403"], []]


def test_topics_are_asked_about_ever_more_rarely_while_none_answers():
    async def refused(part, n, about):
        if part == "topic":
            raise SourceError("HTTP 500")

    wanted = names(80)
    answer, noted = asked_about(refused)
    engine = engine_of(cluster=Cluster(answer, topics=[(name, 0) for name in wanted]))
    engine.focus(wanted)
    run(engine, 40)
    assert sorted({at for at, _ in noted}) == pytest.approx([2, 6, 14, 24, 34])


# -- one look ---------------------------------------------------------------------------------


def look(engine, interval):
    async def main():
        await engine.sample_twice(interval)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def test_a_look_asks_what_counts_twice_and_the_rest_once():
    server, cluster = Server(), Cluster(topics=[(name, 0) for name in names(20)])
    assert look(engine_of(server, cluster=cluster), 3.0) == pytest.approx(3.0)
    assert server.asked["varz"] == server.asked["connz"] == server.asked["jsz"] == [0, 3]
    assert cluster.asked["metrics p1:8080"] == [0, 3]
    assert server.asked["healthz"] == cluster.asked["ready p1:8080"] == [0]
    assert cluster.asked["brokers"] == [0]
    assert len(cluster.asked["topic"]) == 20


def test_a_slow_cluster_does_not_shorten_the_interval_of_anything():
    async def slow(part, n, about):
        await asyncio.sleep({"brokers": 2.5, "metrics p1:8080": 4.0}.get(part, 0))

    server, cluster = Server(), Cluster(slow)
    look(engine_of(server, cluster=cluster), 1.0)
    assert server.asked["varz"] == [0, 1]
    assert cluster.asked["metrics p1:8080"] == [2.5, 6.5]


def test_a_look_does_not_ask_again_what_did_not_answer():
    async def down(n):
        raise SourceError("cannot connect")

    server = Server(answer=on("varz", down))
    look(engine_of(server), 1.0)
    assert server.asked["varz"] == [0]
    assert server.asked["connz"] == [0, 1]


def test_a_look_gives_up_on_topics_when_none_answers():
    async def silent(part, n, about):
        if part == "topic":
            await asyncio.sleep(10)
            raise SourceError("no answer in time")

    cluster = Cluster(silent, topics=[(name, 9) for name in names(50)])
    assert look(engine_of(cluster=cluster), 1.0) == pytest.approx(11)


def test_a_look_at_a_cluster_that_is_silent_waits_for_one_answer_and_not_for_each():
    async def silent(part, n, about):
        await silence(n)

    assert look(engine_of(cluster=Cluster(silent)), 1.0) == pytest.approx(10)


def test_a_look_asks_about_what_waits_first():
    topics = [(name, 0) for name in names(300)]
    topics[250] = (topics[250][0], 7)
    topics[260] = (topics[260][0], 9)
    answer, noted = asked_about(None)
    look(engine_of(cluster=Cluster(answer, topics=topics)), 1.0)
    assert [name for _, name in noted][:2] == [topics[260][0], topics[250][0]]
    assert len(noted) == 200


def test_looking_at_nothing_ends_at_once():
    assert look(engine_of(), 5.0) == 0
