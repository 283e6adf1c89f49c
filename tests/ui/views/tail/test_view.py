"""Messages as they come, under a user's hands."""

import asyncio
import json
import re
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from arcwatch.config.appearance import THEMES, Appearance
from arcwatch.errors import SourceError
from arcwatch.model.tail import Counts, Frame, TailOptions
from arcwatch.session.queue_groups import QueueGroups
from tests.ui.filled import EVIL, Platform, notes_on
from tests.ui.tailed import BEATS, EVENTS, NOW, Tailed, beat, beats, event, mixed

pytestmark = pytest.mark.usefixtures("an_hour_east")

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def numbers(tailed):
    """The ``seq`` of every heartbeat on screen."""
    listed = tailed.view.list
    lines = [listed.render_line(y).text for y in range(1, listed.size.height)]
    return [int(found[1]) for line in lines if (found := re.search(r'"seq": (\d+)', line))]


def notes(tailed):
    return notes_on(tailed.app)


def text_of(lines):
    return "\n".join(lines)


# -- the list -------------------------------------------------------------------------------------


async def test_it_follows_until_the_reader_moves_and_then_holds_the_place():
    async with Tailed(BEATS, keep=200).running() as tailed:
        tailed.bring(beats(100))
        assert "following" in text_of(await tailed.drawn())
        assert numbers(tailed)[-1] == 99
        await tailed.press("k", "k")
        held = numbers(tailed)
        tailed.bring(beats(50, 100))
        assert "50 newer" in text_of(await tailed.drawn())
        assert numbers(tailed) == held
        assert json.loads(tailed.view.list.cursor_item.body)["seq"] == 97
        await tailed.press("G")
        assert numbers(tailed)[-1] == 149
        # what falls off takes the reader along to the oldest that is left
        await tailed.press("g")
        assert numbers(tailed)[0] == 0
        tailed.bring(beats(150, 150))
        lines = await tailed.drawn()
        assert numbers(tailed)[0] == 100
        assert "evicted 100" in text_of(lines)
        await tailed.press("end")
        tailed.bring(beats(1, 300))
        await tailed.drawn()
        assert numbers(tailed)[-1] == 300


async def test_delayed_messages_say_when_they_are_due():
    async with Tailed("pulsar:arc/agents/*").running() as tailed:
        late = event(7, origin=0, deliver_at=1_900_000_000_123_000_000)
        tailed.bring([event(6, origin=0, deliver_at=0), late])
        assert " ".join(await tailed.drawn()).count("due 2030-03-17 ") == 1


async def test_the_cursor_goes_by_rows_and_screens_and_the_last_row_is_followed():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(100))
        await tailed.drawn()
        listed, page = tailed.view.list, tailed.view.list.size.height - 1
        went = []
        for key in ["g", "j", "down", "k", "pagedown", "pageup", "home"]:
            await tailed.press(key)
            went.append(listed.cursor)
        assert went == [0, 1, 2, 1, 1 + page, 1, 0]
        assert not listed.following
        await tailed.press(*["pagedown"] * 5)
        assert (listed.cursor, listed.following) == (99, True)
        listed.on_mouse_scroll_up()
        assert not listed.following
        listed.on_mouse_scroll_down()
        assert listed.following
        await tailed.pilot.click(listed, offset=(5, 1))
        assert listed.cursor == 100 - page
        await tailed.pilot.mouse_down(listed, offset=(listed.size.width - 1, 1))
        assert listed.cursor == 0


async def test_a_held_picture_stands_still_and_nothing_is_missed():
    async with Tailed(BEATS, keep=100).running() as tailed:
        tailed.bring(beats(100))
        await tailed.press("p")
        held = numbers(tailed)
        tailed.bring(beats(150, 100))
        lines = await tailed.drawn()
        assert (numbers(tailed), "held, 150 newer" in text_of(lines)) == (held, True)
        await tailed.press("g", "enter")
        assert json.loads(tailed.view.inspector.opened.message.body)["seq"] == 0
        await tailed.press("escape", "p", "G")
        assert numbers(tailed)[-1] == 249
        assert "seen 250" in text_of(await tailed.drawn())


async def test_only_what_is_on_screen_is_read():
    async with Tailed(BEATS).running() as tailed:
        read = []
        values = tailed.tailing.values
        real = values.read
        values.read = lambda message: (read.append(message), real(message))[1]
        tailed.bring(beats(5_000))
        await tailed.drawn()
        assert len(read) == tailed.view.list.size.height - 1
        await tailed.drawn()
        assert len(read) == tailed.view.list.size.height - 1


# -- the filter -----------------------------------------------------------------------------------


async def test_a_filter_narrows_counts_and_is_taken_back_without_loss():
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(mixed(300))
        await tailed.press("slash", *"agent-02 failed")
        lines = await tailed.press("enter")
        kept = tailed.tailing.kept
        assert 0 < kept.end < 40
        told = f"words  {kept.end} shown of 300 received"
        assert tailed.app.filter_input.counts.content == told
        assert f"filtered out {300 - kept.end}" in text_of(lines)
        tailed.bring([event(2_000, b"agent-02 failed late")])
        await tailed.drawn()
        assert "late" in tailed.view.list.render_line(kept.end).text
        # n and N go by matches
        await tailed.press("g", "n", "n", "N")
        assert tailed.view.list.cursor == 1
        lines = await tailed.press("N", "N")
        assert "no earlier match" in notes(tailed)
        # with context all are there, and n goes from match to match
        await tailed.press("C")
        assert kept.end == 301
        await tailed.press("n")
        assert kept.is_match(tailed.view.list.cursor)
        lines = await tailed.press("escape")
        assert (kept.matches, tailed.tailing.ring.kept) == (None, 301)
        assert "filtered out 0" in text_of(lines)


async def test_what_a_filter_could_not_judge_goes_with_the_filter():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(50))
        await tailed.press("slash", *".nosuch | error")
        counts = tailed.app.filter_input.counts
        assert "failed" in counts.content
        await tailed.press(*["backspace"] * 30)
        assert tailed.app.filter_input.text == counts.content == ""
        await tailed.press(*"agent")
        assert "failed" not in counts.content


async def test_the_cursor_stays_on_its_message_while_the_filter_changes():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(500))
        await tailed.press("g", *["j"] * 7)
        await tailed.press("slash", *"a2", "enter")
        assert json.loads(tailed.view.list.cursor_item.body)["seq"] == 7
        await tailed.press("j", "escape")
        assert json.loads(tailed.view.list.cursor_item.body)["seq"] == 12


async def test_a_filter_that_cannot_be_read_says_why_and_the_last_one_stays():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(50))
        await tailed.press("slash")
        typed, counts = tailed.app.filter_input.typed, tailed.app.filter_input.counts
        for text, found, told in [
            ("/a[13]/", 20, "20 shown of 50 received"),
            ("/a[13]", 20, "the closing / is missing"),
            (".value.seq > 47", 2, "2 shown of 50 received"),
            (".value | tonumber", 0, "50 failed: "),
        ]:
            typed.value = text
            await tailed.pilot.pause()
            await tailed.drawn()
            assert tailed.tailing.kept.end == found
            assert told in counts.content


async def test_nothing_matches_is_said_with_what_is_kept():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(10))
        lines = await tailed.press("slash", *"nowhere", "enter")
        assert "10 messages still kept." in text_of(lines)


# -- the opened message ---------------------------------------------------------------------------


async def test_a_filter_says_its_kind_while_it_is_typed_and_its_arithmetic_after():
    async with Tailed(BEATS, keep=500).running() as tailed:
        tailed.bring(beats(300))
        counts = tailed.app.filter_input.counts
        for typed, kind in (("seq", "words"), ("/se", "regex"), (".va", "jq")):
            await tailed.press("slash", *typed)
            assert counts.content.split()[0] == kind
            await tailed.press("escape")
        await tailed.press("slash", *".value.seq < 12", "enter")
        assert counts.content == "jq  12 shown of 300 received"
        tailed.bring(beats(300, 300))
        await tailed.drawn()
        assert counts.content == "jq  0 shown of the last 500"


async def test_nothing_is_said_to_match_a_filter_that_is_gone():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(300))
        await tailed.press("slash", *"nowhere")
        assert "Nothing matches 'nowhere'" in text_of(await tailed.drawn())
        # typed further it is another filter, which cannot be read: the last one still holds
        tailed.view.filter = ".nowhere["
        assert "Nothing matches 'nowhere'" in text_of(await tailed.drawn())
        lines = text_of(await tailed.press("escape"))
        assert "Nothing" not in lines
        assert len(numbers(tailed)) > 10


async def test_field_names_are_completed_by_the_messages_seen():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(3))
        await tailed.drawn()
        await tailed.press("slash", *".value.st")
        assert "tab complete" in (await tailed.drawn())[-1]
        # the suggestion is looked up after the key
        await tailed.pilot.pause()
        await tailed.press("tab")
        assert tailed.app.filter_input.text == ".value.state"
        await tailed.press(*' == "well"', "enter")
        assert tailed.tailing.kept.end == 3
        # a table's filter is words
        await tailed.press("L", "slash", ".")
        assert "tab complete" not in (await tailed.drawn())[-1]


async def test_f_filters_by_the_value_under_the_cursor_and_again_adds_it():
    async with Tailed(EVENTS).running() as tailed:
        tailed.bring([event(number, origin=0) for number in range(50)])
        await tailed.press("k", "enter", "j", "f")
        assert tailed.view.filter == '.value.state == "started"'
        await tailed.press("j", "j", "l", "j", "f")
        assert tailed.view.filter == (
            '.value.state == "started" and .value.agent.tools[0] == "search"'
        )
        await tailed.press("f", "k", "f")
        assert any("f filters by" in note for note in notes(tailed))
        assert tailed.view.filter.count("==") == 2
        # of a row in the list it is the key, or the subject
        await tailed.press("escape", "f")
        key = tailed.view.list.cursor_item.key
        assert tailed.view.filter.endswith(f'and .key == "{key}"')
        assert 0 < tailed.tailing.kept.end < 10


async def test_f_replaces_words_which_jq_cannot_be_added_to():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(10))
        await tailed.press("slash", *"well", "enter", "f")
        assert tailed.view.filter == '.subject == "arc.agents.a4.heartbeat"'


async def test_x_shows_the_message_under_the_cursor_in_full_then_pretty():
    async with Tailed(BEATS).running(size=(60, 24)) as tailed:
        long = json.dumps({"seq": 7, "note": "y" * 90, "end": "here"}).encode()
        tailed.bring([beat(0), beat(1, long), beat(2, b"\x1b[2Jtext")])
        await tailed.drawn()
        whole = tailed.view.whole

        def text():
            return [whole.render_line(y).text.rstrip() for y in range(whole.size.height)]

        assert not whole.display
        await tailed.press("k", "x")
        assert "x pretty" in text()[0]
        assert "".join(line.strip() for line in text()).endswith('"end": "here"}')
        await tailed.press("x")
        assert [line.strip() for line in text()[1:3]] == ["{", '"seq": 7,']
        assert "}" in [line.strip() for line in text()]
        # what is under the cursor is shown, as it moves and as it is filtered by
        await tailed.press("j")
        assert text()[1] == " ␛[2Jtext"
        await tailed.press("slash", *"note", "enter", "x")
        assert not whole.display
        tailed.bring(beats(20, 3))
        await tailed.press("escape", "enter")
        assert not whole.display


async def test_fields_have_columns_of_their_own_and_leave_the_value():
    async with Tailed(EVENTS).running() as tailed:
        tailed.bring([event(number, origin=0) for number in range(5)])
        tailed.bring([event(5, b'{"task": "t-5", "ms": 1204, "state": null}', origin=0)])
        tailed.bring([event(6, b"no json", origin=0)])
        await tailed.press("colon", *"columns .task state, .ms", "enter")
        await tailed.drawn()
        titles, *rows = listed(tailed)
        assert titles.split()[3:] == ["KEY", ".task", ".state", ".ms", "SIZE", "VALUE"]
        assert re.search(r"agent-04 +t-4 +done +\d+ B +\{.agent.:", rows[4])
        assert re.search(r" t-5 +null +1204 +42 B +\{\}", rows[5])
        assert re.search(r"agent-06 +7 B +no json", rows[6])
        # what is copied is all of it
        await tailed.press("k")
        assert json.loads(tailed.view.copied()) == {"task": "t-5", "ms": 1204, "state": None}
        assert tailed.app.showing.fields.known == {EVENTS: [".task", ".state", ".ms"]}
        # o asks for them, says what is wrong and keeps what was typed
        await tailed.press("o", "space", *"a..b", "enter")
        prompt = tailed.view.prompt
        assert prompt.typed.value == ".task .state .ms a..b"
        assert "'a..b' is not a field" in text_of(await tailed.drawn())
        await tailed.press(*["backspace"] * 30, "enter")
        assert "task" not in listed(tailed)[0]


async def test_a_field_whose_name_has_blanks_has_a_column_by_either_way():
    async with Tailed(EVENTS).running() as tailed:
        tailed.bring([event(5, b'{"a name, long": "x-5", "ms": 1204}', origin=0)])
        await tailed.press("colon")
        tailed.app.screen.focused.value = 'columns .["a name, long"] .ms'
        await tailed.press("enter")
        await tailed.drawn()
        chosen = {EVENTS: ['.["a name, long"]', ".ms"]}
        assert tailed.app.showing.fields.known == chosen
        await tailed.press("o", "enter")
        assert tailed.app.showing.fields.known == chosen
        await tailed.press("colon")
        tailed.app.screen.focused.value = r'columns .["\q"]'
        await tailed.press("enter")
        assert "is not a field" in text_of(await tailed.drawn())


async def test_columns_are_those_of_the_address_also_in_its_history():
    async with Tailed(BEATS, "nats:orders.>").running() as tailed:
        tailed.app.showing.fields.choose([BEATS], [("seq",)])
        tailed.app.showing.fields.choose(["nats:orders.>"], [("total",), ("seq",)])
        tailed.bring([*beats(3), beat(3, b'{"total": 12, "seq": 9}', origin=1)])
        await tailed.drawn()
        assert ".seq" in listed(tailed)[0]
        assert re.search(r" 9 +12 ", listed(tailed)[4])
        tailed.view.untail("nats:orders.>")
        await tailed.drawn()
        assert ".total" not in listed(tailed)[0]


async def test_a_tail_is_saved_by_name_offered_opened_and_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(beats(3))
        await tailed.press("slash", *".value.seq < 2", "enter")
        await tailed.press("colon", *"save one agent", "enter")
        assert any("saved one agent" in note for note in notes(tailed))
        await tailed.press("escape")
        tailed.view.untail(BEATS)
        tailed.tail("js:ORDERS")
        await tailed.press("colon", *"open one agent", "enter")
        await tailed.drawn()
        assert tailed.tailing.addresses == [EVENTS, BEATS]
        assert tailed.view.filter == ".value.seq < 2"
        await tailed.press("colon", *"open nothing", "enter")
        assert "nothing was saved as 'nothing'" in text_of(await tailed.drawn())
    again = Tailed(recent=["js:AUDIT"])
    async with again.running():
        lines = text_of(await again.drawn())
        assert re.search(rf"one agent +{re.escape(BEATS)} {re.escape(EVENTS)}", lines)
        await again.press("j", "delete", "enter")
        assert again.tailing.addresses == [BEATS, EVENTS]
        assert again.view.filter == ".value.seq < 2"
        assert "js:AUDIT" not in again.tailing.recent
    gone = Tailed()
    async with gone.running():
        await gone.press("delete")
        assert "one agent" not in text_of(await gone.drawn())
        assert gone.app.showing.saved.known == {}


async def test_a_message_opens_folds_walks_and_closes():
    async with Tailed(EVENTS).running() as tailed:
        tailed.bring([event(number, origin=0) for number in range(50)])
        await tailed.drawn()
        lines = await tailed.press("k", "enter")
        shown = text_of(lines)
        for told in ("49 of 50", "agent-03", "12:48:0", "arc-1-22", '"t-48"', "▾ agent", "tools"):
            assert told in shown
        await tailed.press("j", "j", "left")
        assert '▸ agent  {"tools":["search","browse"]}' in text_of(await tailed.drawn())
        assert "▾ agent" in text_of(await tailed.press("right"))
        assert "50 of 50" in text_of(await tailed.press("J"))
        assert "48 of 50" in text_of(await tailed.press("K", "K"))
        assert "producer" in text_of(await tailed.press("L", "L"))
        assert "▸ Value" in text_of(await tailed.press("x"))
        assert "▸ Text" in text_of(await tailed.press("x"))
        assert "7b 22 74 61 73 6b" in text_of(await tailed.press("x"))
        # the list takes the keys with tab, and what is open goes with its cursor
        assert "▸ Hex" in text_of(await tailed.press("tab", "k"))
        assert json.loads(tailed.view.inspector.opened.message.body)["task"] == "t-46"
        await tailed.press("escape")
        assert not tailed.view.inspecting
        assert tailed.view.list.has_focus


async def test_while_a_message_is_open_the_list_does_not_run_away_and_follows_again_after():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(100))
        await tailed.drawn()
        await tailed.press("enter")
        tailed.bring(beats(100, 100))
        assert "100 of" in text_of(await tailed.drawn())
        await tailed.press("escape")
        assert tailed.view.list.following


async def test_the_difference_is_to_the_last_message_of_the_same_key_or_subject():
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(mixed(60))
        tailed.bring([event(99, b'{"task":"t-x","state":"done","more":1}', key="agent-02")])
        await tailed.drawn()
        lines = text_of(await tailed.press("enter", "d"))
        assert "earlier with the key agent-02" in lines
        assert re.search(r"~ task +\"t-\d+\" → \"t-x\"", lines)
        assert "+ more  1" in lines
        assert "- agent" in lines
        tailed.bring([beat(1_000, b"{}", subject="arc.alone")])
        await tailed.press("escape", "G", "enter", "d")
        assert "in the last 61" in text_of(await tailed.drawn())


async def test_values_and_records_are_copied_harmlessly(monkeypatch):
    async with Tailed(EVENTS).running() as tailed:
        copied = []
        monkeypatch.setattr(tailed.app, "copy_to_clipboard", copied.append)
        tailed.bring([event(4, origin=0), event(5, EVIL.encode() + b"\nrm -rf /", origin=0)])
        await tailed.drawn()
        await tailed.press("y", "k", "y", "Y", "enter", "j", "y")
        assert not CONTROL.search(copied[0].replace("\n", ""))
        assert json.loads(copied[1])["task"] == "t-4"
        assert json.loads(copied[2])["address"] == "pulsar:arc/agents/task-events-partition-0"
        assert copied[3] == "done"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/tmp", "that is a folder; name a file in it (/tmp)"),
        ("x" * 300, "cannot be written"),
        ("/no-such-folder/a.csv", "No such file or directory"),
        ("~nobody-of-that-name/a.csv", "home directory"),
    ],
)
async def test_a_name_that_no_file_can_have_is_told(name, said):
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(mixed(3))
        await tailed.drawn()
        await tailed.press("w")
        tailed.app.screen.focused.value = name
        await tailed.press("enter")
        assert said in text_of(await tailed.drawn())
        # asked again, with what was typed
        assert tailed.view.prompt.typed.has_focus
        assert tailed.view.prompt.typed.value == name


async def test_messages_are_written_and_no_file_is_replaced_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(mixed(1_200))
        await tailed.drawn()
        await tailed.press("w", "enter")
        await tailed.written()
        lines = (tmp_path / "messages.ndjson").read_text().splitlines()
        assert [json.loads(line)["size"] for line in lines] == [m.size for m in mixed(1_200)]
        await tailed.press("slash", *"started", "enter", "w", "enter")
        assert "messages.ndjson already exists; replace it?" in text_of(await tailed.drawn())
        await tailed.press("enter")
        assert len((tmp_path / "messages.ndjson").read_text().splitlines()) == 1_200
        await tailed.press("w", *["backspace"] * len("messages.ndjson"), *"a.csv", "enter")
        await tailed.written()
        written = (tmp_path / "a.csv").read_text().splitlines()
        assert len(written) == 1 + tailed.tailing.kept.end
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "messages.ndjson"]
        assert any("wrote" in note for note in notes(tailed))


# -- addresses ------------------------------------------------------------------------------------


async def test_several_addresses_have_a_line_and_a_mark_each_and_can_be_taken_away():
    tailed = Tailed(BEATS)
    async with tailed.running():
        await tailed.press("colon", *"tail js:ORDERS", "enter")
        assert tailed.feed.asked == [TailOptions((BEATS,), clock="received"), ("add", "js:ORDERS")]
        tailed.bring([*beats(10), beat(11, b"order", origin=1, subject="orders.eu")])
        lines = text_of(await tailed.drawn())
        assert re.search(r"○ +nats:arc.agents.\*.heartbeat +following +10", lines)
        assert re.search(r"◇ +js:ORDERS +following +1", lines)
        assert re.search(r"◇ +\d\d:.*orders.eu", lines)
        await tailed.press("tab", "j", "delete")
        assert tailed.feed.asked[-1] == ("remove", "js:ORDERS")
        await tailed.press("colon", *"tail kv:CONFIG", "enter", "M")
        assert tailed.feed.asked[-2:] == [("add", "js:KV_CONFIG"), ("mode", "full", False)]
        assert any("even if that slows publishers down" in note for note in notes(tailed))
        assert tailed.tailing.recent[:3] == ["js:KV_CONFIG", "js:ORDERS", BEATS]


async def test_the_state_of_the_tail_is_connecting_until_something_was_connected():
    async with Tailed(BEATS).running() as tailed:
        for state in ("connecting", "following", "reconnecting", "following"):
            tailed.tailing.take(Frame(b"\x90", 0, 0, 0, (Counts(BEATS, 0, state),)))
            lines = text_of(await tailed.drawn())
            # beside the messages, and in the line of the address
            assert lines.count(state) == 2
            others = {"following", "connecting"} - {state, state.removeprefix("re")}
            assert not [other for other in others if other in lines]


def listed(tailed):
    """The lines of the list, its titles first."""
    shown = tailed.view.list
    return [shown.render_line(y).text.rstrip() for y in range(shown.size.height)]


async def test_losses_and_reconnections_are_lines_at_their_time_that_scroll_away():
    async with Tailed(BEATS, EVENTS).running() as tailed:
        tailed.bring(beats(3))
        lost = Counts(EVENTS, 1, "reconnecting", gaps=1, text=f"the broker closed it {EVIL}")
        tailed.tailing.take(Frame(b"\x90", 0, 0, 0, (lost,)))
        tailed.bring([*beats(2, 3), event(5)])
        await tailed.drawn()
        rows = listed(tailed)[1:9]
        told = [number for number, row in enumerate(rows) if row.startswith(" ─ □ 10:50:00.000  ")]
        assert told == [3, 4]
        assert "connection lost: the broker closed it" in rows[3]
        assert "back after" in rows[4]
        assert not CONTROL.search("".join(rows))
        # a notice is no message: not opened, not walked to, not copied, not written
        await tailed.press("g", "j", "j", "j", "enter")
        assert not tailed.view.inspecting
        assert any("the broker closed it" in note for note in notes(tailed))
        assert tailed.view.copied() == ""
        assert len(list(tailed.view.all_rows())) == 6
        await tailed.press("k", "enter", "J")
        assert json.loads(tailed.view.inspector.opened.message.body)["seq"] == 3
        assert "4 of 6" in text_of(await tailed.drawn())
        await tailed.press("escape", "slash", *"seq", "enter")
        assert sum("─ □" in row for row in listed(tailed)) == 2
        tailed.bring(beats(100, 6))
        await tailed.press("G")
        assert not any("─ □" in row for row in listed(tailed))
        # nor does anything stay above the list
        tailed.app.clear_notifications()
        assert "closed" not in text_of(await tailed.drawn())


async def test_messages_of_several_addresses_are_in_the_order_of_their_arrival():
    async with Tailed(BEATS, EVENTS).running() as tailed:
        hours = 3_600 * 10**9
        tailed.bring([event(0, publish_time=NOW + 9 * hours), beat(1), event(2, publish_time=NOW)])
        lines = text_of(await tailed.drawn())
        assert "time received" in lines
        times = [re.search(r"10:50:00\.\d+", row)[0] for row in listed(tailed)[1:4]]
        assert times == ["10:50:00.000", "10:50:00.007", "10:50:00.014"]
        assert tailed.feed.asked[0].clock == "received"


async def test_a_source_keeps_its_mark_when_another_is_removed():
    async with Tailed(BEATS, "nats:orders.>", EVENTS).running() as tailed:
        tailed.bring([beat(0), beat(1, origin=1), event(2, origin=2)])
        await tailed.drawn()
        marks = [row.split()[0] for row in listed(tailed)[1:4]]
        assert marks == ["○", "○2", "□"]
        tailed.view.untail(BEATS)
        await tailed.drawn()
        assert [row.split()[0] for row in listed(tailed)[1:4]] == marks
        tailed.tail(BEATS)
        await tailed.drawn()
        assert re.search(r"○ +nats:arc.agents.\*.heartbeat", text_of(await tailed.drawn()))


@pytest.mark.parametrize(
    ("address", "message", "titles"),
    [
        (BEATS, beat(0), ["TIME", "AFTER", "FROM", "SIZE", "VALUE"]),
        ("nats:arc.agents.a0.heartbeat", beat(0), ["TIME", "AFTER", "SIZE", "VALUE"]),
        (
            "pulsar:arc/agents/task-events",
            event(1, origin=0),
            ["TIME", "AFTER", "FROM", "KEY", "SIZE", "VALUE"],
        ),
        (
            "pulsar:arc/agents/task-events-partition-1",
            event(1, origin=0, key=None),
            ["TIME", "AFTER", "SIZE", "VALUE"],
        ),
    ],
)
async def test_a_column_that_is_the_same_in_every_row_is_not_drawn(address, message, titles):
    async with Tailed(address).running() as tailed:
        tailed.bring([message])
        # twice: which columns there are is seen by what is on screen
        await tailed.drawn()
        tailed.bring([message])
        lines = text_of(await tailed.drawn())
        assert listed(tailed)[0].split() == titles
        assert ("FROM" in titles and "p1" not in listed(tailed)[1]) or (f" · {address}" in lines)


async def test_forty_by_ten_with_five_addresses_shows_seven_messages():
    addresses = [BEATS, EVENTS, "nats:a.>", "js:ORDERS", "js:AUDIT"]
    async with Tailed(*addresses).running(size=(40, 10)) as tailed:
        tailed.bring(beats(50))
        lines = await tailed.drawn()
        assert sum("10:50:00." in line for line in lines) == 7
        assert re.search(r"following +seen 50", text_of(lines))


async def test_addresses_in_quotes_are_those_without():
    tailed = Tailed(BEATS)
    async with tailed.running():
        await tailed.press("colon", *"tail 'js:ORDERS' \"kv:CONFIG\"", "enter")
        assert tailed.feed.asked[-2:] == [("add", "js:ORDERS"), ("add", "js:KV_CONFIG")]
        await tailed.press("colon", *"stop 'js:ORDERS'", "enter")
        assert tailed.feed.asked[-1] == ("remove", "js:ORDERS")
        await tailed.press("colon", *"tail 'js:LAST", "enter")
        assert tailed.feed.asked[-1] == ("remove", "js:ORDERS")
        assert "a quote is not closed ('js:LAST)" in text_of(await tailed.drawn())


async def test_what_is_wrong_with_an_address_is_said_in_place():
    tailed = Tailed(BEATS, "pulsar:arc/agents/gone")
    async with tailed.running():
        failed = Counts(
            "pulsar:arc/agents/gone",
            1,
            "failed",
            text=f"there is no such topic {EVIL}",
            hint="arcwatch never creates a topic",
        )
        gap = Counts(BEATS, 0, "reconnecting", gaps=1, text="connection lost", dropped_here=7)
        tailed.feed.bring(Frame(b"\x90", 0, 0, 0, (gap, failed)))
        lines = await tailed.drawn()
        shown = text_of(lines)
        for told in ("connection lost", "no such topic", "never creates", "failed", "reconnecting"):
            assert told in shown
        assert not CONTROL.search("".join(lines))
        tailed.feed.bring(SourceError("the tail process ended", hint="open it again"))
        assert "the tail process ended" in text_of(await tailed.drawn())
        tailed.view.tail(BEATS)
        await tailed.drawn()
        assert len(tailed.feed.asked) == 2
        assert "has ended" not in text_of(await tailed.drawn())


async def test_where_nothing_is_tailed_it_says_what_to_do_and_offers_what_was():
    tailed = Tailed(recent=["nats:orders.>", "js:AUDIT"])
    async with tailed.running():
        lines = text_of(await tailed.drawn())
        assert ":tail ADDRESS" in lines
        assert "nats:orders.>" in lines
        await tailed.press("j", "enter")
        assert tailed.tailing.addresses == ["js:AUDIT"]
        assert tailed.view.list.has_focus
        tailed.view.untail("js:AUDIT")
        await tailed.press("t", *"x..y", "enter")
        assert "not an address" in text_of(await tailed.drawn())


async def test_t_tails_what_the_row_is_about_and_says_when_it_is_about_nothing():
    platform, tailed = Platform(), Tailed()
    tailed.app = platform.app(tailing=tailed.tailing)
    async with tailed.running():
        for view, sheet, row, address in [
            ("overview", "", "", "pulsar:arc/agents/task-events"),
            ("nats", "streams", "AUDIT", "js:AUDIT"),
            ("nats", "consumers", "workers", "js:TASKS"),
            ("pulsar", "subscriptions", "dispatcher", "pulsar:arc/agents/commands"),
        ]:
            tailed.app.action_view(view, lambda sheet=sheet: tailed.view.show_sheet(sheet))
            await tailed.drawn()
            if row:
                assert tailed.view.table.select_where(lambda shown, row=row: row in repr(shown))
            await tailed.press("t")
            assert (tailed.view.id, tailed.tailing.recent[0]) == ("tail", address)
        await tailed.press("2", "colon", *"servers", "enter", "t")
        assert tailed.view.id == "nats"
        assert any("can be tailed" in note for note in notes(tailed))


# -- what comes to harm ---------------------------------------------------------------------------


def deep(levels):
    return b"[" * levels + b"]" * levels


HOSTILE = {
    "escape codes": EVIL.encode(),
    "markup": b"[/b][red]x[/] {'a': '[@click=quit]'}",
    "half a character": "é".encode()[:1] + b"x",
    "nothing": b"",
    "deep": deep(10_000),
    "large": json.dumps({"a": ["x" * 500] * 10_000, EVIL: EVIL}).encode(),
    "large text": b"line\n" * 1_000_000,
    "bytes": bytes(range(256)) * 10,
}


async def test_no_payload_does_harm():
    names = {
        "subject": f"arc.{EVIL}" + "s" * 10_000,
        "headers": tuple((f"h{n}{EVIL}", EVIL * 3) for n in range(1_000)),
        "reply": EVIL,
        "key": EVIL,
    }
    async with Tailed(BEATS).running() as tailed:
        messages = [beat(n, body) for n, body in enumerate(HOSTILE.values())]
        tailed.bring([*messages, beat(99, HOSTILE["large"], **names)])
        lines = await tailed.drawn()
        assert not CONTROL.search("".join(lines))
        await tailed.press("enter")
        inspector = tailed.view.inspector
        for _ in range(len(messages) + 1):
            assert not CONTROL.search("".join(await tailed.drawn()))
            for sheet in inspector.sheets:
                inspector.show_sheet(sheet)
                inspector.lines.action_fold(False)
                shown = [inspector.lines.line(y) for y in range(inspector.lines.size.height)]
                assert not CONTROL.search("".join(strip.text for strip in shown))
                assert {strip.cell_length for strip in shown} == {inspector.size.width}
            await tailed.pilot.press("d", "K")


# -- what is made of messages ---------------------------------------------------------------------


async def test_subjects_are_counted_as_a_tree_that_leads_back_to_the_messages():
    async with Tailed(BEATS).running() as tailed:
        tailed.bring(beats(50))
        await tailed.press("L")
        await tailed.heard()
        lines = text_of(await tailed.drawn())
        assert re.search(r"▾ arc +5 +50", lines)
        assert re.search(r"▸ a3 +1 +10", lines)
        tailed.bring(beats(5, 50))
        await tailed.heard()
        assert re.search(r"▾ arc +5 +55", text_of(await tailed.drawn()))
        await tailed.press("slash", *"a3", "enter", "G", "enter")
        assert (tailed.view.table, tailed.view.filter) == (None, "arc.agents.a3.heartbeat")
        await tailed.drawn()
        assert tailed.tailing.kept.end == 11
        await tailed.press("L", "escape", "escape")
        assert tailed.view.list.has_focus


async def test_requests_stand_beside_their_replies_and_lead_back_to_both():
    now = NOW / 1e9

    def at(when, subject, **more):
        seen = beat(0, subject.encode(), subject=subject, **more)
        return replace(seen, received_time=int(when * 1e9))

    async def asked(subject):
        return {"workers": 3, "audit": 1}

    @asynccontextmanager
    async def opened():
        yield asked

    groups = QueueGroups(opened, pause=lambda seconds: asyncio.sleep(0))
    async with Tailed(BEATS, groups=groups).running() as tailed:
        tailed.now = NOW - 30 * 10**9
        tailed.bring([at(now - 31, "arc.tasks.before", reply="_INBOX.a.0")])
        await tailed.press("L", "L")
        assert tailed.feed.asked[-1] == ("mode", "auto", True)
        assert any("_INBOX" in note for note in notes(tailed))
        tailed.bring(
            [
                at(now - 29.5, "arc.tasks.before", reply="_INBOX.a.0"),
                at(now - 20, "arc.tasks.lost", reply="_INBOX.a.1"),
                at(now - 2, "arc.tasks.run", reply="_INBOX.a.2"),
                at(now - 1.75, "_INBOX.a.2"),
                at(now - 1, "arc.tasks.slow", reply='_INBOX.a."3'),
            ]
        )
        tailed.now = NOW
        await tailed.heard()
        await tailed.drawn()
        await tailed.heard()
        lines = text_of(await tailed.drawn())
        assert "requests  1 answered, 1 waiting, 1 unanswered" in lines
        assert re.search(r"answered +10:49:58 +arc.tasks.run +250 ms +workers ×3, audit", lines)
        assert re.search(r"no reply +10:49:40 +arc.tasks.lost ", lines)
        assert re.search(r"waiting +10:49:59 +arc.tasks.slow ", lines)
        await tailed.press("slash", *"answered", "enter", "enter")
        assert tailed.view.table is None
        await tailed.drawn()
        found = [message.body for message in tailed.view.all_rows()]
        assert found == [b"arc.tasks.run", b"_INBOX.a.2"]
        await tailed.press("L", "L", "escape", "slash", *"slow", "enter", "enter")
        await tailed.drawn()
        assert tailed.tailing.kept.end == 1
        # of what is sampled, nobody knows which replies there were
        await tailed.press("L", "L", "escape")
        tailed.bring([at(now - 9, "arc.tasks.sampled", reply="_INBOX.a.4")], mode="sampled")
        await tailed.heard()
        assert "requests are paired in full mode only: M" in text_of(await tailed.drawn())
        assert tailed.tailing.analysis.requests.unanswered == 1


@pytest.mark.parametrize("quote", ["", "'", '"'])
async def test_presence_tells_who_is_alive_and_since_when_others_are_not(quote):
    now = NOW / 1e9

    def said(agent, at):
        return replace(beat(agent), received_time=int(at * 1e9))

    async with Tailed().running() as tailed:
        await tailed.press("colon", *f"presence {quote}arc.agents.*.heartbeat{quote}", "enter")
        well = [said(1, now - 10 + n) for n in range(11)]
        lost = [said(2, now - 60 + n) for n in range(10)]
        tailed.bring([*lost, *well, said(3, now)])
        await tailed.heard()
        lines = text_of(await tailed.drawn())
        assert "presence by nats:arc.agents.*.heartbeat" in lines
        assert re.search(r"lost +a2 +10:49:10 +10:49:09 +1.0s +10", lines)
        assert re.search(r"alive +a1 .* 10:50:00 +1.0s +11", lines)
        assert re.search(r"new +a3 ", lines)
        assert tailed.tailing.addresses == [BEATS]


@pytest.mark.parametrize(("size", "beside"), [((140, 30), True), ((131, 30), False)])
async def test_an_open_message_stands_beside_its_list_where_there_is_room(size, beside):
    async with Tailed(EVENTS).running(size=size) as tailed:
        tailed.bring([event(number, origin=0) for number in range(50)])
        await tailed.press("k", "enter")
        shown, opened = tailed.view.list.region, tailed.view.inspector.region
        assert (opened.x == shown.right, opened.y == shown.bottom) == (beside, not beside)
        assert ("FROM" in listed(tailed)[0]) != beside
        # the next message changes what is open, and nothing moves
        await tailed.press("J")
        assert (tailed.view.list.region, tailed.view.inspector.region) == (shown, opened)
        await tailed.press("escape")
        assert tailed.view.list.size.width == size[0]
        assert "FROM" in listed(tailed)[0]


@pytest.mark.parametrize("theme", [*THEMES, None])
async def test_parts_of_a_value_and_matches_are_told_apart_in_every_theme(theme):
    look = Appearance(theme, "braille", 1.0, mouse=True, colour=theme is not None, keys={})
    tailed = Tailed(BEATS)
    tailed.app = tailed.platform.app(tailing=tailed.tailing, appearance=look)
    async with tailed.running():
        tailed.bring(beats(3))
        await tailed.press("slash", *"well", "enter")
        strip = tailed.view.list.render_line(2)
        styles = {segment.text.strip(): segment.style for segment in strip}
        assert (styles["well"].reverse, styles["well"].bold) == (True, True)
        colours = [styles[text].color for text in ('"seq"', "1", '"')]
        # a key, a number, and the quotes of a string
        assert len(set(colours)) == 3
        under = {segment.text.strip(): segment.style for segment in tailed.view.list.render_line(3)}
        assert under["well"].reverse != under['"seq"'].reverse
