"""No parser raises what it does not declare, or gives a figure that cannot be, whatever it is fed.

The suite runs a few hundred inputs a parser; ``pytest -m fuzz`` runs twenty thousand and prints a
table.  What once failed lies in ``tests/data/fuzz``, one file each, named by its parser.
"""

import ast
import re
import time
import tracemalloc
from pathlib import Path
from random import Random

import msgspec
import pytest

import arcwatch
from tests.fuzz.mutations import mutated
from tests.fuzz.parsers import DATA, NO_PARSERS, PARSERS, WITH_OTHERS

ROOT = Path(arcwatch.__file__).parent
FEW, MANY = 150, 20_000
"""Inputs a parser: in the suite, and with ``-m fuzz``."""
LARGEST = 2**64
"""What no counter of a server reaches."""

every_parser = pytest.mark.parametrize("name", PARSERS)


def sound(value, what="result"):
    """Every number that a parser of servers' answers gives is one that a server can have."""
    if isinstance(value, bool | str | bytes | None):
        return
    if isinstance(value, int):
        assert abs(value) < LARGEST, f"{what} has {value.bit_length()} bits"
    elif isinstance(value, float):
        assert not abs(value) >= LARGEST, f"{what} is {value}"
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            sound(getattr(value, field), f"{what}.{field}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            sound(inner, f"{what}[{key!r:.20}]")
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            sound(inner, f"{what}[]")


def fed(name, body):
    """What a parser makes of ``body``; None of what it refuses."""
    parser = PARSERS[name]
    try:
        result = parser.read(body)
    except parser.raises as error:
        refusal = getattr(error, "headline", str(error))
        return None if len(refusal) < 500 else pytest.fail(f"{len(refusal)} characters of reason")
    if name.startswith("wire.") and name not in RAW:
        sound(result)
    return result


RAW = {"wire.prometheus.Exposition", "wire.nats_system.opened", "wire.nats_system.parse_page"}
"""What is not a model yet: numbers as they came, for another parser to judge."""


def inputs(name, count, seed=0):
    """``count`` variants of a parser's seeds, always the same ones."""
    random, seeds = Random(f"{seed} {name}"), PARSERS[name].seeds
    return (mutated(random.choice(seeds), random) for _ in range(count))


@every_parser
def test_real_answers_are_read(name):
    for seed in PARSERS[name].seeds:
        PARSERS[name].read(seed)


@every_parser
def test_hostile_answers_are_read_or_refused(name):
    for body in inputs(name, FEW):
        fed(name, body)


@pytest.mark.parametrize("path", sorted((DATA / "fuzz").iterdir()), ids=lambda path: path.name)
def test_what_once_failed(path):
    fed(path.name.partition("~")[0], path.read_bytes())


def public_functions():
    """``room.module.name`` of each public function, and of each class that reads piece by piece."""
    for room in ("wire", "decode"):
        for path in sorted((ROOT / room).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if is_parser(node):
                    yield f"{room}.{path.stem}.{node.name}"


def is_parser(node):
    if isinstance(node, ast.ClassDef):
        methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        return node.name[0] != "_" and not methods.isdisjoint({"feed", "read"})
    return isinstance(node, ast.FunctionDef) and node.name[0] != "_"


def test_every_public_parser_is_fuzzed():
    known = {*PARSERS, *WITH_OTHERS, *NO_PARSERS}
    assert set(public_functions()) == known
    assert set(WITH_OTHERS.values()) <= PARSERS.keys()


@pytest.mark.parametrize("path", sorted((ROOT / "wire").glob("*.py")), ids=lambda path: path.stem)
def test_every_number_of_a_document_is_bounded(path):
    """A bare ``int`` takes 400 digits, a bare ``float`` 1e308: see ``arcwatch.wire.documents``."""
    bare = [
        f"{node.name}.{ast.unparse(field)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and "Struct" in "".join(map(ast.unparse, node.bases))
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        if re.search(r"\b(int|float)\b", ast.unparse(field.annotation))
    ]
    assert bare == []


@pytest.mark.fuzz
@every_parser
def test_hostile_answers_for_minutes(name, tmp_path, capsys):
    failures, slowest, refused = {}, (0.0, b""), 0
    for body in inputs(name, MANY, seed=1):
        began = time.process_time()
        try:
            refused += fed(name, body) is None
        except Exception as error:  # noqa: BLE001
            failures.setdefault(f"{type(error).__name__}: {error}"[:150], body)
        slowest = max(slowest, (time.process_time() - began, body))
    peak = max(map(memory_of(name), inputs(name, MANY // 50, seed=1)))
    for number, body in enumerate(failures.values()):
        (tmp_path / f"{name}~{number}").write_bytes(body)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{name:45} {MANY:7,} {refused:7,} refused {len(failures):3} kinds of exceptions"
            f" {slowest[0] * 1e3:8.1f} ms of {len(slowest[1]):7,} B {peak / 1e6:7.1f} MB"
        )
    assert not failures, f"inputs in {tmp_path}"
    assert slowest[0] < 2


def memory_of(name):
    """The most that a parser holds at once while it reads an input, in bytes."""

    def measured(body):
        tracemalloc.start()
        try:
            fed(name, body)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measured


REPEATED = [
    *(
        b'"',
        b"\\",
        b"{",
        b"[",
        b"a",
        b",",
        b" ",
        b"\n",
        b"9",
        b"-",
        b"\x80",
        b"\xff",
        b"\0",
        b"\x93",
    ),
    *(b'{"a":', b'a="', b'a="b",', b'\\"', b'a{t="', b"%41", b"1:", b"[[],", b'"a":0,', b"0m"),
    *(b"# TYPE a g\n", b"a 1\n", b'a{t="x"} 1\n', b"A: 1\r\n", b"MSG a 1 0\r\n\r\n", b"\x81\xa1a"),
]
"""What long inputs are made of."""


@pytest.mark.fuzz
@every_parser
def test_time_grows_with_the_input_and_no_faster(name):
    """Twice as much for twice as much; what is quadratic takes sixteen times as long for four."""
    for piece in REPEATED:
        for seed in (b"", PARSERS[name].seeds[0]):
            small, large = (timed(name, seed + piece * (size // len(piece))) for size in SIZES)
            assert large < 0.25 or large < 10 * small, (piece, len(seed), small, large)


SIZES = (200_000, 800_000)


def timed(name, body):
    def once():
        began = time.process_time()
        fed(name, body)
        return time.process_time() - began

    return min(once() for _ in range(2))
