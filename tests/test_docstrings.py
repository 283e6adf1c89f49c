"""Every public method has a docstring: its own, or one that it inherits."""

import importlib
import inspect
import pkgutil

import arcwatch


def _methods():
    for found in pkgutil.walk_packages(arcwatch.__path__, "arcwatch."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for _, owner in inspect.getmembers(module, inspect.isclass):
            if owner.__module__ == found.name and not owner.__name__.startswith("_"):
                yield from ((owner, name) for name in vars(owner) if not name.startswith("_"))


def test_every_public_method_has_a_docstring():
    bare = [
        f"{owner.__module__}.{owner.__qualname__}.{name}"
        for owner, name in _methods()
        if inspect.isroutine(getattr(owner, name)) or isinstance(vars(owner)[name], property)
        if not inspect.getdoc(getattr(owner, name))
    ]

    assert bare == []
