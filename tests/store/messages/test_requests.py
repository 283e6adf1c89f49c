"""Requests, replies, and what is missing."""

import pytest

from arcwatch.model.message import Message
from arcwatch.store.messages import requests as module
from arcwatch.store.messages.requests import Requests

SECOND = 1_000_000_000


def request(reply, at):
    return Message("nats", "nats:svc", at * SECOND, 1, b"?", subject="svc", reply=reply)


def reply(subject, at):
    return Message("nats", f"nats:{subject}", int(at * SECOND), 1, b"!", subject=subject)


def test_a_request_is_paired_with_its_first_reply():
    requests = Requests()
    (pair,) = requests.update([request("_INBOX.a", 1), reply("_INBOX.a", 3), reply("_INBOX.a", 4)])
    assert (pair.latency, requests.answered, requests.open()) == (2.0, 1, [])


def test_a_reply_that_overtakes_its_request_is_still_its_reply():
    requests = Requests()
    (pair,) = requests.update([reply("_INBOX.a", 1), request("_INBOX.a", 1)])
    assert pair.reply.body == b"!"


def test_a_request_without_a_reply_is_told_once():
    requests = Requests()
    requests.update([request("_INBOX.a", 1), request("_INBOX.b", 4)])
    assert requests.overdue(5 * SECOND) == []
    (late,) = requests.overdue(7 * SECOND)
    assert (late.request.reply, late.latency) == ("_INBOX.a", None)
    assert requests.overdue(7 * SECOND) == []
    assert [waiting.request.reply for waiting in requests.open()] == ["_INBOX.b"]


def test_requests_that_nobody_answers_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(module, "MOST_OPEN", 10)
    requests = Requests()
    requests.update(request(f"_INBOX.{n}", 1) for n in range(15))
    assert len(requests.overdue(SECOND)) == 5
    assert requests.unanswered == pytest.approx(5)
