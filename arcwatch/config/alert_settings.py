"""Alert rules and receivers: ``[alerts]`` in ``arcwatch.toml`` over the default rules.

::

    [alerts]
    defaults = true                        # false: only the rules below
    on_alert = "logger -t arcwatch"        # a command; the alert is JSON on its standard input
    webhook = "https://alerts.example/hook"
    bell = true                            # the terminal's, on the screen
    heartbeats = ["arc.agents.*.heartbeat"]  # who is silent here for six beats is lost

    [alerts.rules.billing-late]
    when = 'backlog.age > "10m" for "2m"'
    at = ["pulsar:arc/agents/*#billing", "js:ORDERS#*"]
    severity = "critical"                  # or warning
    clear = "5m"                           # well again below this
    resolves = "1m"                        # and only after so long

    [alerts.rules.dead-letters]            # a default rule by its name: what is given replaces
    enabled = false
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.errors import NotationError, UsageError
from arcwatch.notation.address import Subject, parse_address
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.alerts.rules import SEVERITIES, Rule, parse_glob, parse_when
from arcwatch.text.control_characters import printable
from arcwatch.text.units import parse_duration

from .files import check_keys, nearest, read_document

_KEYS = ("defaults", "on_alert", "webhook", "bell", "heartbeats", "rules")
_RULE = ("when", "at", "except", "severity", "clear", "resolves", "hint", "enabled")


class AlertSettings(Struct, frozen=True):
    """The alert rules, and the receivers of alerts."""

    rules: tuple[Rule, ...]
    on_alert: str = ""
    """A command line for a shell; empty is none."""
    webhook: str = ""
    """An URL; empty is none."""
    bell: bool = False
    """Whether the screen rings when an alert begins to fire."""
    heartbeats: tuple[str, ...] = ()
    """NATS subjects of heartbeats, which are subscribed to."""


def load(environ: Mapping[str, str] | None = None) -> AlertSettings:
    """Read the settings.

    Args:
        environ: Instead of the process's environment: ``ARCWATCH_CONFIG`` is the file.
    """
    path, document = read_document(os.environ if environ is None else environ)
    table = _table(document.get("alerts", {}), "alerts", str(path))
    check_keys(table, _KEYS, f"alerts in {path}")
    where = f"alerts in {path}"
    with_defaults = _yes(table, "defaults", where, usual=True)
    rules = {rule.name: rule for rule in default_rules()} if with_defaults else {}
    known = {rule.name: rule for rule in default_rules()}
    for name, written in _table(table.get("rules", {}), "alerts.rules", str(path)).items():
        here = f"alerts.rules.{printable(name, limit=60)} in {path}"
        rule = _rule(name, _table(written, name, here), known.get(name), here)
        rules.pop(name, None)
        if rule is not None:
            rules[name] = rule
    webhook = _text(table, "webhook", where)
    check_webhook(webhook)
    on_alert = _text(table, "on_alert", where)
    bell = _yes(table, "bell", where, usual=False)
    return AlertSettings(tuple(rules.values()), on_alert, webhook, bell, _subjects(table, where))


def check_webhook(url: str) -> None:
    """Refuse what is no URL of a webhook; empty is none.

    Raises:
        UsageError: It is none; its text is not shown, since it may hold a secret.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        hint = "write https://alerts.example/hook"
        raise UsageError("not the URL of a webhook", where="webhook", hint=hint)


def chosen(rules: tuple[Rule, ...], names: list[str]) -> tuple[Rule, ...]:
    """The rules of these names, or all where none is given."""
    by_name = {rule.name: rule for rule in rules}
    for name in names:
        if name not in by_name:
            what = f"no rule is called {printable(name, limit=60)!r}"
            raise UsageError(what, where="--rule", hint=nearest(name, tuple(by_name)))
    return tuple(by_name[name] for name in dict.fromkeys(names)) if names else rules


def _subjects(table: Mapping[str, object], where: str) -> tuple[str, ...]:
    written = table.get("heartbeats", [])
    found = []
    for text in written if isinstance(written, list) else [written]:
        try:
            place = parse_address(text) if isinstance(text, str) else None
        except UsageError as error:
            raise UsageError(error.what, where=where, why=error.why, hint=error.hint) from error
        if not isinstance(place, Subject) or place.subject == ">":
            hint = 'write heartbeats = ["arc.agents.*.heartbeat"]'
            raise UsageError("`heartbeats` must be NATS subjects", where=where, hint=hint)
        found.append(place.subject)
    return tuple(found)


def _yes(table: Mapping[str, object], key: str, where: str, *, usual: bool) -> bool:
    value = table.get(key, usual)
    if not isinstance(value, bool):
        raise UsageError(f"`{key}` must be true or false", where=where)
    return value


def _rule(name: str, table: Mapping[str, object], base: Rule | None, where: str) -> Rule | None:
    """The rule that a table writes; None where it is switched off."""
    check_keys(table, _RULE, where)
    enabled = _yes(table, "enabled", where, usual=True)
    try:
        rule = _conditions(name, table, base, where)
        rule = replace(
            rule,
            at=_globs(table, "at", rule.at, where),
            apart=_globs(table, "except", rule.apart, where),
        )
    except NotationError as error:
        # which rule matters as much as which character of it
        raise UsageError(
            error.what, where=where, why=f"{error.why}, at {error.where}", hint=error.hint
        ) from error
    severity = _text(table, "severity", where) or rule.severity
    if severity not in SEVERITIES:
        what = f"no severity is called {printable(severity, limit=40)!r}"
        raise UsageError(what, where=where, hint=nearest(severity, SEVERITIES))
    rule = replace(
        rule,
        severity=next(s for s in SEVERITIES if s == severity),
        hint=_text(table, "hint", where) or rule.hint,
    )
    return rule if enabled else None


def _conditions(name: str, table: Mapping[str, object], base: Rule | None, where: str) -> Rule:
    when, clear = _text(table, "when", where), _text(table, "clear", where)
    if not when and base is None:
        hint = """write when = 'backlog.age > "10m" for "2m"'"""
        raise UsageError("a rule needs `when`", where=where, hint=hint)
    if when or base is None:
        conditions, lasts = parse_when(when, clear=clear)
        base = replace(base, conditions=conditions, lasts=lasts) if base else None
        rule = base or Rule(name, conditions, lasts)
    else:
        if clear:
            raise UsageError("`clear` goes with `when`", where=where)
        rule = base
    resolves = _text(table, "resolves", where)
    if not resolves:
        return rule
    seconds = parse_duration(resolves)
    if seconds is None:
        what = f"cannot use {printable(resolves, limit=40)!r} as `resolves`"
        raise UsageError(what, where=where, hint='write "1m"')
    return replace(rule, resolves=seconds)


def _globs(
    table: Mapping[str, object], key: str, before: tuple[str, ...], where: str
) -> tuple[str, ...]:
    if key not in table:
        return before
    value = table[key]
    globs = value if isinstance(value, list) else [value]
    texts = [glob for glob in globs if isinstance(glob, str)]
    if len(texts) < len(globs):
        hint = f'write {key} = ["pulsar:a/b/*"]'
        raise UsageError(f"`{key}` must be addresses", where=where, hint=hint)
    return tuple(map(parse_glob, texts))


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"`{key}` must be text", where=where, hint=f'write {key} = "…"')
    return value


def _table(value: object, name: str, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        hint = f"write [{name}]"
        raise UsageError(f"`{printable(name, limit=60)}` must be a table", where=where, hint=hint)
    return value
