"""The Pulsar half of the traffic: waits for the broker, sets it up, keeps it busy, starts over."""

from __future__ import annotations

import threading
import time

import httpx
import pulsar

from .plan import Clock, Schedule
from .pulsar_flow import Flow, send
from .pulsar_plan import Message, audit_history
from .pulsar_setup import is_ready, set_up, stored_entries
from .pulsar_topics import AUDIT, HISTORY_COUNT, INVOICES, Topic, plans
from .report import Report

PROBE_EVERY = 2.0
"""Seconds between two questions whether the broker still serves; twice no ends a flow."""


class PulsarSide(threading.Thread):
    """Runs until :meth:`stop`, through any number of brokers' deaths.

    Args:
        url: ``pulsar://…``.
        admin_url: ``http://…`` of the same broker.
        pace: Plan seconds in one real second.
        functions: Whether functions read notes.
        transactions: Whether invoices are published in transactions.
    """

    def __init__(
        self,
        url: str,
        admin_url: str,
        *,
        seed: int,
        pace: float,
        functions: bool = False,
        transactions: bool = False,
    ) -> None:
        super().__init__(name="pulsar", daemon=True)
        self._url, self._seed, self._pace = url, seed, pace
        self._functions, self._transactions = functions, transactions
        self._admin = httpx.Client(base_url=f"{admin_url.rstrip('/')}/admin/v2", timeout=10)
        self._stopped = threading.Event()
        self._report = Report("pulsar")

    def stop(self) -> None:
        """Ask the thread to end; it does within about two seconds unless the broker hangs."""
        self._stopped.set()

    def run(self) -> None:
        """Keep the broker busy whenever there is one."""
        self._report("waiting for the broker")
        while not is_ready(self._admin):
            if self._stopped.wait(1):
                return
        # only now, so that the waves begin with the broker and not with the wait for it
        clock = Clock(self._pace)
        schedules = {
            topic: Schedule(plan, patience=self._pace)
            for topic, plan in plans(self._seed, clock.unix_ms, functions=self._functions)
        }
        while not self._stopped.is_set():
            for schedule in schedules.values():
                schedule.due(clock.now())
            if is_ready(self._admin):
                self._run_flow(clock, schedules)
            self._stopped.wait(1)
        self._admin.close()

    def _run_flow(self, clock: Clock, schedules: dict[Topic, Schedule[Message]]) -> None:
        flow = Flow(self._url, clock, self._report)
        try:
            set_up(self._admin)
            self._begin(flow, schedules)
            self._report("flowing")
            self._watch(flow)
        except (httpx.HTTPError, pulsar.PulsarException) as error:
            self._report(f"interrupted: {error or type(error).__name__}")
        finally:
            flow.close()

    def _begin(self, flow: Flow, schedules: dict[Topic, Schedule[Message]]) -> None:
        for topic in (*schedules, *((INVOICES,) if self._transactions else ())):
            flow.consume(topic)
        producers = {topic: flow.producer(topic) for topic in schedules}
        if stored_entries(self._admin, AUDIT) == 0:
            until = round(time.time() * 1000)
            for entry in audit_history(self._seed, HISTORY_COUNT, until):
                send(producers[AUDIT], entry)
            producers[AUDIT].flush()
        flow.publish([(producers[topic], schedule) for topic, schedule in schedules.items()])

    def _watch(self, flow: Flow) -> None:
        missed = 0
        while missed < 2 and not flow.over.is_set() and not self._stopped.wait(PROBE_EVERY):
            missed = 0 if is_ready(self._admin) else missed + 1
        if missed == 2:
            self._report("the broker does not answer")
