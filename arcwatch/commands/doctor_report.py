"""What ``arcwatch doctor`` prints: text for people, and a document for scripts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from arcwatch import __version__
from arcwatch.doctor.check import SEVERITIES, Severity
from arcwatch.doctor.examine import Finding, Report, Result
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .paint import Page, Tone, cut

MOST = 10
"""Places that one check names in text; JSON names all."""

_TONES: dict[Severity, Tone] = {"critical": "bad", "warning": "warn", "note": ""}


def summary(report: Report) -> str:
    """One line: ``46 checks in 1.9s · 34 ok · 2 critical · 1 warning · 4 not possible``."""
    counts = [
        (report.count("ok"), "ok"),
        (report.found("critical"), "critical"),
        (report.found("warning"), "warning"),
        (report.found("note"), "note"),
        (report.count("not possible"), "not possible"),
        (len(report.silenced), "silenced"),
        (report.count("does not apply"), "not applicable"),
    ]
    parts = [f"{count:,} {_several(count, word)}" for count, word in counts if count]
    checks = units.things(len(report.results), "check")
    return " · ".join([f"{checks} in {units.duration(report.took)}", *parts])


def lines(report: Report, page: Page, *, everything: bool) -> Iterator[str]:
    """The summary, the findings by check, the worst first, and what was not possible."""
    yield summary(report)
    yield from (f"  {note}" for note in report.notes)
    for severity in SEVERITIES:
        for result in report.results:
            findings = [one for one in result.findings if not one.silence]
            if findings and findings[0].severity == severity:
                yield ""
                yield from _found(result, findings, page)
    others = [result for result in report.results if result.state == "not possible"]
    if others:
        yield ""
    for result in others:
        yield _fit(f"not possible  {result.check.question}  {result.why}", page)
    if everything:
        yield from _rest(report, page)


def document(report: Report, context: str, now: float) -> dict[str, Any]:
    """The whole document."""
    return {
        "version": __version__,
        "context": context,
        "time": units.rfc3339(now),
        "took": report.took,
        "summary": summary(report),
        "notes": report.notes,
        "counts": {
            "checks": len(report.results),
            "ok": report.count("ok"),
            **{severity: report.found(severity) for severity in SEVERITIES},
            "not_possible": report.count("not possible"),
            "does_not_apply": report.count("does not apply"),
            "silenced": len(report.silenced),
        },
        "findings": [_finding(one) for one in [*report.findings, *report.silenced]],
        "checks": [_check(result) for result in report.results],
    }


def _several(count: int, word: str) -> str:
    return f"{word}s" if count > 1 and word in ("warning", "note") else word


def _found(result: Result, findings: list[Finding], page: Page) -> Iterator[str]:
    check, severity = result.check, findings[0].severity
    head = page.paint(f"{severity:8}", _TONES[severity])
    yield f"{head}  {page.paint(check.finding, 'heading')}  ({check.id})"
    width = min(48, max(len(printable(one.fault.place)) for one in findings[:MOST]))
    for one in findings[:MOST]:
        figures = "; ".join(f"{e.figure} {e.value}" for e in one.fault.evidence)
        yield _fit(f"  {printable(one.fault.place):{width}}  {figures}", page)
    if more := len(findings[MOST:]):
        yield f"  and {more:,} more: --json lists them all"
    sources = ", ".join(dict.fromkeys(e.source for e in findings[0].fault.evidence))
    old = findings[0].age
    read = "" if old is None else f", up to {units.duration(old)} old"
    yield _fit(f"  from  {sources}{read}", page)
    yield from _wrapped("  why   ", check.why, page)
    yield from _wrapped("  fix   ", findings[0].fault.mend, page)
    if result.why:
        yield _fit(f"  not everywhere  {result.why}", page)


def _rest(report: Report, page: Page) -> Iterator[str]:
    if report.silenced:
        yield ""
    for one in report.silenced:
        silence = one.silence
        assert silence is not None
        until = f" until {units.rfc3339(silence.until)[:10]}" if silence.until else ""
        text = f"{one.check.finding}  {one.fault.place}  {silence.reason}{until}"
        yield _fit(f"silenced      {text}", page)
    yield ""
    for result in report.results:
        if result.state == "ok":
            places = units.things(result.places, "place")
            yield _fit(f"ok            {result.check.question}  {places}", page)
    for result in report.results:
        if result.state == "does not apply":
            yield _fit(f"–             {result.check.question}  {result.why or 'none'}", page)


def _wrapped(label: str, text: str, page: Page) -> list[str]:
    """Advice in full: what does not fit goes on under itself."""
    if page.width is None:
        return [label + printable(text)]
    indent = " " * len(label)
    return textwrap.wrap(
        printable(text), max(40, page.width), initial_indent=label, subsequent_indent=indent
    )


def _fit(line: str, page: Page) -> str:
    line = printable(line)
    return line if page.width is None else cut(line, page.width)


def _finding(one: Finding) -> dict[str, Any]:
    silence = one.silence
    return {
        "id": one.check.id,
        "severity": one.severity,
        "system": one.check.system,
        "finding": one.check.finding,
        "cluster": one.cluster,
        "place": one.fault.place,
        "evidence": [
            {"figure": e.figure, "value": e.value, "from": e.source} for e in one.fault.evidence
        ],
        "age": one.age,
        "why": one.check.why,
        "mend": one.fault.mend,
        "silenced": silence
        and {
            "reason": silence.reason,
            "at": silence.at,
            "until": None if silence.until is None else units.rfc3339(silence.until),
        },
    }


def _check(result: Result) -> dict[str, Any]:
    return {
        "id": result.check.id,
        "system": result.check.system,
        "severity": result.check.severity,
        "question": result.check.question,
        "state": result.state,
        "places": result.places,
        "findings": len(result.findings),
        "reason": result.why,
    }
