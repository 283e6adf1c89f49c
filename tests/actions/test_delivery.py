"""Delivering alerts: tried again, given up, and never waited for."""

import asyncio
import contextlib
import json

import httpx
import psutil
import pytest

from arcwatch.actions import webhook
from arcwatch.actions.alert_command import AlertCommand
from arcwatch.actions.delivery import TRIES, WAITING, Delivery, DeliveryError
from arcwatch.actions.webhook import Webhook


class Receiver:
    """Fails as often as it is told to, and notes what it took."""

    def __init__(self, *failures):
        self.failures, self.took, self.slept = list(failures), [], []

    async def send(self, body):
        if self.failures:
            raise DeliveryError("cannot deliver", again=self.failures.pop(0))
        self.took.append(body)

    async def sleep(self, seconds):
        self.slept.append(seconds)


async def delivered(receiver, *bodies):
    delivery = Delivery(receiver.send, sleep=receiver.sleep)
    delivery.put(bodies)
    await delivery.drain()
    return delivery


async def test_what_fails_is_tried_again_ever_more_rarely_and_in_order():
    receiver = Receiver(True, True, True)
    delivery = await delivered(receiver, b"a", b"b")
    assert receiver.took == [b"a", b"b"]
    assert receiver.slept == [1, 2, 4]
    assert (delivery.failure, delivery.lost) == (None, 0)


async def test_what_fails_for_minutes_is_given_up_and_counted():
    receiver = Receiver(*[True] * TRIES)
    delivery = await delivered(receiver, b"a", b"b")
    assert (receiver.took, delivery.lost) == ([b"b"], 1)
    assert 120 < sum(receiver.slept) < 300


async def test_what_no_try_can_help_is_given_up_at_once():
    receiver = Receiver(False)
    delivery = await delivered(receiver, b"a")
    assert (receiver.slept, delivery.lost, delivery.failure.again) == ([], 1, False)


async def test_a_receiver_that_never_answers_costs_a_bounded_queue():
    delivery = Delivery(lambda body: asyncio.Event().wait())
    keeping = asyncio.create_task(delivery.run())
    for n in range(10 * WAITING):
        delivery.put([b"%d" % n])
        await asyncio.sleep(0)
    assert delivery.lost == 10 * WAITING - WAITING - 1
    keeping.cancel()


def hook(answer):
    """A webhook whose receiver is the function ``answer(request)``; and what it was sent."""
    sent = []

    def noted(request):
        sent.append((str(request.url), request.content))
        return answer(request)

    def client():
        return httpx.AsyncClient(transport=httpx.MockTransport(noted), follow_redirects=False)

    return Webhook("https://me:secret@alerts.test/hook/token", client=client), sent


async def test_a_webhook_posts_json():
    one, sent = hook(lambda request: httpx.Response(202))
    await one.send(b"{}")
    assert sent == [("https://me:secret@alerts.test/hook/token", b"{}")]


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_on_the_same_host_is_followed_with_the_body(status):
    def answer(request):
        if request.url.path == "/hook/token":
            return httpx.Response(status, headers={"location": "/new"})
        return httpx.Response(200)

    one, sent = hook(answer)
    await one.send(b"{}")
    assert [body for _, body in sent] == [b"{}", b"{}"]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.test/hook",
        "http://alerts.test/hook",
        "https://alerts.test:444/hook",
        "//evil.test/x",
        "https://alerts.test@evil.test/",
        "",
    ],
)
async def test_a_redirect_to_another_host_is_refused_and_not_tried_again(location):
    one, sent = hook(lambda request: httpx.Response(307, headers={"location": location}))
    with pytest.raises(DeliveryError) as caught:
        await one.send(b"{}")
    assert not caught.value.again
    assert {httpx.URL(url).host for url, _ in sent} == {"alerts.test"}


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (429, True), (404, False), (301, False)]
)
async def test_a_refusal_tells_no_secret_and_whether_to_try_again(status, again):
    one, _ = hook(lambda request: httpx.Response(status, headers={"location": "https://x.test/"}))
    with pytest.raises(DeliveryError) as caught:
        await one.send(b"{}")
    assert caught.value.again is again
    assert caught.value.headline == f"cannot deliver alerts (https://alerts.test): HTTP {status}"


async def test_a_webhook_that_hangs_is_left(monkeypatch, serve):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.05)

    async def hang(reader, writer):
        await reader.read()

    port = await serve(hang)
    with pytest.raises(DeliveryError, match=r"no answer in 0.05 s|ReadTimeout"):
        await Webhook(f"http://127.0.0.1:{port}/").send(b"{}")


async def test_an_answer_without_end_is_not_read(serve):
    async def flood(reader, writer):
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n")

    port = await serve(flood)
    await Webhook(f"http://127.0.0.1:{port}/").send(b"{}")


async def test_a_command_reads_the_alert(tmp_path):
    out = tmp_path / "out"
    await AlertCommand(f"cat > '{out}'; echo noise; echo noise >&2").send(json.dumps({}).encode())
    assert out.read_text() == "{}"


async def test_a_command_that_fails_is_tried_again_and_one_that_does_not_read_is_fine():
    with pytest.raises(DeliveryError, match="exit code 3") as caught:
        await AlertCommand("exit 3").send(b"{}")
    assert caught.value.again
    await AlertCommand("true").send(b"x" * 1_000_000)


async def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    out = tmp_path / "pid"
    command = f"sleep 60 & echo $! > '{out}'; wait"
    with pytest.raises(DeliveryError, match=r"longer than 0.3 s"):
        await AlertCommand(command, timeout=0.3).send(b"{}")
    with contextlib.suppress(psutil.NoSuchProcess):
        sleeping = psutil.Process(int(out.read_text()))
        # killed already, and gone as soon as the system comes to it; a zombie until init has
        while sleeping.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):  # noqa: ASYNC110 - a process is no event
            await asyncio.sleep(0.01)
