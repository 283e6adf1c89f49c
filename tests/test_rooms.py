"""The floor plan: who may import whom, what starting up may load, and what only asks."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "arcwatch"
SCREEN = {"textual", "rich"}
NETWORK = {"httpx", "nats", "pulsar"}
ROOMS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "_."}

FORBIDDEN = {
    "model": {"asyncio", *(f"arcwatch.{name}" for name in ROOMS - {"model"}), "arcwatch.errors"},
    "wire": {"asyncio", *(f"arcwatch.{name}" for name in ROOMS - {"wire", "model"})},
    "decode": {"asyncio", *(f"arcwatch.{name}" for name in ROOMS - {"decode", "model"})},
    "store": {"asyncio", *(f"arcwatch.{name}" for name in ROOMS - {"store", "model"})},
    "sources": {f"arcwatch.{name}" for name in ROOMS - {"sources", "wire", "model"}},
    "actions": {f"arcwatch.{name}" for name in ("ui", "store", "sources", "commands", "stack")},
    "ui": {"arcwatch.sources", "arcwatch.wire", "arcwatch.stack", "arcwatch.commands"},
    "stack": {f"arcwatch.{name}" for name in ("ui", "store", "sources", "wire", "commands")},
}
"""What each room may not import, besides the libraries that belong to other rooms."""

WRITES = {"POST", "PUT", "DELETE", "PATCH"}
WRITING = {"post", "put", "delete", "patch", "publish", "create_producer", "Producer"}
READ_BY_POST = {"analyzeBacklog", "backlogSize", "client_credentials"}
"""Two questions of Pulsar's admin API that are asked with a body and change nothing, and how an
OAuth2 issuer is asked for a token."""


@cache
def imports(path, package):
    """Every module that a file of ``package`` imports, inside functions too."""
    return tuple(_imports(path, package))


def _imports(path, package):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # a dot is the package itself, each further one its parent
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            module = base + (node.module or "")
            yield module.rstrip(".")
            yield from (f"{module.rstrip('.')}.{alias.name}" for alias in node.names)


def package_of(path):
    return ".".join(("arcwatch", *path.relative_to(ROOT).parent.parts))


def broken(paths, banned):
    """``file imports module`` for each import that is, or lies in, one of ``banned``."""
    return sorted(
        {
            f"{path.relative_to(ROOT)} imports {name}"
            for path in paths
            for name in imports(path, package_of(path))
            if any(name == module or name.startswith(f"{module}.") for module in banned)
        }
    )


def room(path):
    return path.relative_to(ROOT).parts[0]


def modules(*, outside=frozenset()):
    return [path for path in ROOT.rglob("*.py") if room(path) not in outside]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_room_imports_only_what_it_may(name):
    assert broken((ROOT / name).rglob("*.py"), FORBIDDEN[name]) == []


PURE = ("errors", "text", "units", "calendar_times", "times", "negative_times", "address", "places")
PURE += (
    "filter",
    "searched",
    "regular",
    "jq_fields",
    "sieve",
    "paging",
    "timeline",
    "replayed",
    "pace",
)
"""Modules of the house itself that compute and nothing else."""


def test_what_computes_does_nothing_else():
    apart = {"asyncio", "subprocess", *(f"arcwatch.{name}" for name in ROOMS - {"decode", "model"})}
    assert broken([ROOT / f"{name}.py" for name in PURE], apart) == []


def test_what_runs_jq_starts_without_us():
    assert broken([ROOT / "jq_worker.py"], {"arcwatch", "msgspec"}) == []


def test_only_the_screen_imports_what_draws():
    assert broken(modules(outside={"ui"}), SCREEN) == []


def test_only_sources_actions_and_stack_import_what_talks_to_servers():
    assert broken(modules(outside={"sources", "actions", "stack"}), NETWORK) == []


def test_the_screen_is_imported_by_the_dashboard_verb_alone():
    others = [path for path in modules(outside={"ui"}) if path.name != "dashboard.py"]
    assert broken(others, {"arcwatch.ui"}) == []


def test_an_import_inside_a_function_counts(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("def f():\n    import httpx.x\n    from ..store import rows\n")
    found = imports(module, "arcwatch.ui")
    assert found == ("httpx.x", "arcwatch.store", "arcwatch.store.rows")


def writing_in(source):
    """The outermost functions and classes' methods that write, or make something that does."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        nodes = list(ast.walk(function))
        texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        called = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
        called |= {n.id for n in nodes if isinstance(n, ast.Name)}
        allowed = any(name in text for name in READ_BY_POST for text in texts)
        if (texts & WRITES and not allowed) or called & WRITING:
            yield function.name


def test_sources_only_ask():
    writers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "sources").rglob("*.py")
        for name in writing_in(path.read_text())
    }
    assert writers == set()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('def f(c): c.build_request("DELETE", "/x")', ["f"]),
        ("async def f(c): await c.post('/x')", ["f"]),
        ("def f(c): return c.create_producer('t')", ["f"]),
        ("def f(c): c.request('POST', f'{t}/subscription/{s}/analyzeBacklog')", []),
        ("def f(c): c.get('/x')", []),
    ],
)
def test_writing_is_recognised(source, names):
    assert list(writing_in(source)) == names


def loaded(*lines):
    """Names of the top-level packages that a fresh interpreter has after ``lines``."""
    code = "\n".join(
        [
            "import sys, json",
            *lines,
            "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "module",
    [
        "arcwatch.engine",
        *(f"arcwatch.commands.{path.stem}" for path in (ROOT / "commands").glob("[a-z]*.py")),
    ],
)
def test_what_runs_without_a_screen_loads_none(module):
    assert loaded(f"import {module}") & SCREEN == set()


@pytest.mark.parametrize("module", ["arcwatch.engine", "arcwatch.ui.app"])
def test_the_first_paint_waits_for_no_network_library(module):
    assert loaded(f"import {module}") & NETWORK == set()


def test_the_version_is_told_with_the_standard_library_alone():
    lines = [
        "from arcwatch.cli import run",
        "try: run(['--version'])",
        "except SystemExit: pass",
    ]
    before = loaded("import argparse, importlib.metadata")
    extra = {name for name in loaded(*lines) - before if name not in sys.stdlib_module_names}
    assert extra == {"arcwatch"}


def test_jetstream_is_asked_where_the_context_says():
    """A subject that begins with ``$JS.API`` may be of another domain: `connection.jetstream`."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        if room(path) in ("sources", "actions")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("$JS.API.")
    ]
    assert found == []
