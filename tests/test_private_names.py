"""Tests reach for what a caller may: a parameter, a public name, or what a person sees."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent

PUBLIC = {"_replace", "_asdict", "_fields", "_exit"}
"""Documented names of named tuples, and of ``os``."""

ALLOWED = {
    "bench/clocked.py": {"_compositor_refresh"},  # what a frame costs Textual, which tells nobody
    "bench/painted.py": {"_compositor", "_background_screens"},  # paints without a terminal
    "commands/test_flags.py": {"_actions"},  # argparse has no public way to list what it takes
    "interrupted.py": {"_run"},  # cancels at each step of asyncio's own loop
    "processed.py": {"_flush_pending"},  # nats-py flushes after its PING
    # the loop and Textual have no public way to wait until nothing is left to be done
    "ui/conftest.py": {
        *("_parse_rules", "_variables", "_ready", "_exception_event", "_wait_for_screen"),
    },
    "ui/filled.py": {"_notifications", "_compositor"},  # Textual shows its screen to nobody else
}
"""Private names of libraries, by the one file that reaches for them; none of ours is needed."""


def reached_for(source):
    """Private names that are not the module's own: ``(line, name)``."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(ast.Name("self" | "cls") | ast.Call(ast.Name("super"))):
                continue
            case ast.Attribute(attr=name):
                names = [name]
            case ast.ImportFrom():
                names = [alias.name for alias in node.names]
            case ast.Call(
                ast.Attribute(attr="setattr" | "delattr") | ast.Name("getattr" | "setattr"),
                [_, ast.Constant(str(name)), *_],
            ) | ast.Call(ast.Attribute(attr="setattr"), [ast.Constant(str(name)), *_]):
                names = [name.rpartition(".")[2]]
            case _:
                continue
        for name in names:
            if name.startswith("_") and not name.startswith("__") and name not in PUBLIC:
                yield node.lineno, name


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("view._chart.moment", ["_chart"]),
        ("from arcwatch.commands.events import _start, run", ["_start"]),
        ("monkeypatch.setattr(Engine, '_beat', 1)", ["_beat"]),
        ("monkeypatch.setattr('arcwatch.cli._verbs', {})", ["_verbs"]),
        ("getattr(ring, '_frames', ())", ["_frames"]),
        ("class Fake:\n    def close(self):\n        self._open = super()._open", []),
        ("row._replace(at=1); type(row).__name__; os._exit(0)", []),
    ],
)
def test_a_private_name_is_found(source, names):
    assert [name for _, name in reached_for(source)] == names


def test_no_test_reaches_for_a_private_name():
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        place = str(path.relative_to(ROOT))
        for line, name in reached_for(path.read_text()):
            found.setdefault(place, set()).add(name)
            assert name in ALLOWED.get(place, ()), f"tests/{place}:{line} reaches for {name}"
    assert found == ALLOWED
