"""The help: of the view first, then what does not apply, then the words; searched, laid out."""

import ast
import re
from pathlib import Path

import pytest

from arcwatch import ui
from arcwatch.ui.meanings import MEANINGS, TYPING, bindings
from arcwatch.ui.screens.help import Row, Section, is_in, laid_out, lines_of, searched
from arcwatch.ui.screens.help_words import CHANGES, DOES, NOT_NOW, WORDS
from tests.ui.filled import LONG, Platform
from tests.ui.test_app import running
from tests.ui.test_space import drawn

pytestmark = pytest.mark.usefixtures("an_hour_east")

SIZES = [(160, 48), (100, 30), (80, 24)]


def test_every_key_is_explained():
    ids = {id for id in MEANINGS if not id.startswith(TYPING)}
    assert ids == set(DOES)
    assert {binding.id for binding in bindings()} >= {*NOT_NOW, *CHANGES}


async def helped(pilot, *keys):
    await pilot.press(*keys, "question_mark")
    await pilot.pause()
    return await drawn(pilot)


async def test_the_keys_of_the_view_come_first():
    async with running(size=(80, 60)) as pilot:
        lines = await helped(pilot, "2")
        text = "\n".join(lines)
        titles = ["IN NATS", "THESE DO NOT APPLY HERE NOW", "EVERYWHERE"]
        found = [text.find(title) for title in titles]
        assert found == sorted(found)
        assert found[0] > 0
        assert "show internal" in text[found[0] : found[1]]


async def test_what_does_not_apply_says_why():
    async with running(size=(95, 90)) as pilot:
        lines = await helped(pilot, "2")
        (line,) = [line for line in lines if "no row is open" in line]
        assert "J" in line
        assert any("read-only here" in line for line in lines)


async def test_only_words_of_this_screen_are_explained():
    async with running(size=(80, 120)) as pilot:
        text = "\n".join(await helped(pilot))
        assert "drains in" in text
        assert "hot " not in text
        await pilot.press("escape")
        assert "p99" not in "\n".join(await helped(pilot, "3"))


async def test_a_key_of_the_users_own_is_named_as_it_is():
    async with running(size=(80, 70)) as pilot:
        pilot.app.set_keymap({"totals": "ctrl+t"})
        text = "\n".join(await helped(pilot, "2"))
        assert "^t" in text


async def test_the_help_is_searched():
    async with running(size=(100, 30)) as pilot:
        await helped(pilot, "2")
        await pilot.press("slash", *"compare")
        await pilot.pause()
        text = "\n".join(await drawn(pilot))
        assert "compare up to four rows" in text
        assert "this help" not in text
        await pilot.press("escape")
        await pilot.pause()
        assert "this help" in "\n".join(await drawn(pilot))
        await pilot.press("slash", *"qqqq")
        await pilot.pause()
        assert "No key or word matches." in "\n".join(await drawn(pilot))


SECTIONS = [
    Section("One", [Row("J K", "open the next row of the list, or the previous one")]),
    Section("Two", [Row("ctrl+c", "quit"), Row("x", "a b c d e f g h i j k l m n o p q r s t")]),
]


def test_text_wraps_under_itself_and_no_key_runs_into_it():
    lines = [line.plain for line in lines_of(SECTIONS, 24)]
    assert lines[:3] == ["ONE", "J K     open the next", "        row of the list,"]
    assert "ctrl+c  quit" in lines
    assert all(len(line) <= 24 for line in lines)


@pytest.mark.parametrize(("columns", "most"), [(1, 40), (2, 83)])
def test_sections_stand_side_by_side_where_there_is_room(columns, most):
    text = laid_out(SECTIONS, most, columns=columns)
    lines = text.plain.splitlines()
    assert max(map(len, lines)) <= most
    assert any("ONE" in line and "TWO" in line for line in lines) == (columns == 2)


def test_a_search_looks_in_keys_and_in_what_they_do():
    assert searched(SECTIONS, "CTRL quit") == [Section("Two", [Row("ctrl+c", "quit")])]
    assert searched(SECTIONS, "nothing has this") == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["1", "2", "7"])
async def test_no_line_is_cut(key, size):
    async with running(size=size) as pilot:
        lines = await helped(pilot, key)
        assert "\u2026" not in "".join(line for line in lines if "│" in line and "▸" not in line)


SAYS_ITSELF = set(
    """
    ABORTED|ACCESS|ACCOUNT|ADDRESS|API|AT|AVERAGE|B/S|B/S 60s|BEGUN|BOOKIE|BROKER|BUCKET|BYTES|
    CHECK|CHUNKS|CLIENT|CLOSED|CLUSTER|COLUMN|COMMITTED|CONNECTION|CLIENT OR TOPIC|CONSUMER|
    CONSUMERS|COORDINATOR|COUNT|CPU %|DATE|DELAY|DELIVERED|DESCRIPTION|DIGEST|DIRECTION|ENDPOINT|
    ERROR|ERRORS|EVIDENCE|FAILED/S|FINDING|FIRING|FOR|FROM|FUNCTION|GROUP|HEALTH|HOST|IDLE|INPUTS|
    INSTANCE|KEY|KEYS|KIND|LANG|LAST|LAST ERROR|LAST UTC|LASTED|LATENCY|LEADER|LIFETIME|LIMIT|
    LINKS|MEM|MEMBER|MEMORY|MESSAGES|MSG/S|NAME|NEW POSITION|NEWEST|NOW|OBJECT|OF|OFFLINE|OLDEST|
    OPEN|OPEN FOR|OPERATION|OUTPUT|PARTITION|PEERS|PERCENTILE|PLACE|POSITION|PRODUCER|
    PUBLISHES TO|QUEUE GROUP|QUEUE GROUPS|READ B/S|READ ERRORS|REASON|RECEIVED|REMOTE|
    REMOTE CLUSTER|REPLICAS|REPLY|REQ/S|REQUEST|REQUESTS|RESTARTS|RETENTION|RULE|RUNNING|SAVED|
    SEEN|SENT|SEQUENCE|SERVER|SERVICE|SEVERITY|SINCE|SIZE|SORT|SOURCE|STATE|STORAGE|STORED|
    STREAM|STREAMS|SUBJECT|SUBJECTS|SUBSCRIPTION|SYSTEM|TAILED|TEXT|TIME|TOPIC|TOPICS|TOTAL|
    TRANSACTION|TTL|TYPE|UP|UPTIME|VALUE|VERSION|WAITING|WHAT|WHEN|WHERE|WHY|WIDTH|WORST|
    LAST OFFLOAD|LAST VALUE|OFFLOAD B/S|/S|FIELDS|SET BY|REGISTERED|POLICY|
    DIFFERENCE FROM THE ONE BEFORE|NAMESPACES|RESOURCE GROUP|IN LIMIT|OUT LIMIT|
    IN B/S LIMIT|OUT B/S LIMIT|
    CAUSE|ALSO|TRY|SELECTED|EVENTS|DEAD LETTERS|NATS|MEDIAN|HOUR AGO|DOWN|CET|MB|GB|GROWTH|MIN|
    MSG|JS|TASKS|ORDERS|AUDIT
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
"""Headings whose words are those of the field, and names."""


def headings():
    """The heading of every column, as the modules of the screen have it."""
    for path in Path(ui.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in COLUMNS:
                texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
                yield from (
                    text
                    for text in texts[1:2]
                    if isinstance(text, str) and text and text == text.upper()
                )


COLUMNS = {"Column", "word", "figure", "moment", "_count"}


def unexplained(texts):
    found = {*texts} - SAYS_ITSELF
    return {text for text in found if not any(is_in(word, text) for word, _ in WORDS)}


def test_every_heading_of_a_column_says_what_it_is_or_is_explained():
    assert len({*headings()}) > 150
    assert unexplained(headings()) == set()


@pytest.mark.parametrize("size", [(220, 60), (80, 24)])
async def test_every_heading_on_the_overview_is_explained(size):
    app = Platform(lasting=LONG, trouble=True).app()
    async with app.run_test(size=size) as pilot:
        lines = await drawn(pilot)
    found = {each for line in lines for each in CAPITALS.findall(line)}
    assert unexplained({each.strip() for each in found}) == set()


CAPITALS = re.compile(r"(?<![\w#.])[A-Z]{2,}(?: [A-Z]{2,})*\??(?![\w#.%])")
