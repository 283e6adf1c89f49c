"""`arcwatch check`: exit codes that monitoring relies on, and what each format says."""

import json
import re
import shutil
import subprocess
from math import inf
from types import SimpleNamespace

import pytest
from nagiosplugin import Range
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from arcwatch.cli import run
from arcwatch.commands.check_report import FORMATS, Report, Verdict
from arcwatch.config import alert_settings
from arcwatch.errors import UsageError
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.places import RuleTarget
from arcwatch.store.alerts.rules import Rule, parse_when

HOSTILE = 'js:A#b\x1b[2J|"\\\nc'


def verdict(value, *, when="backlog.age > 10m", severity="warning", unknown="", address="js:A#b"):
    """What one rule found at one place."""
    rule = Rule("late", parse_when(when)[0], severity=severity, hint="look")
    row = SimpleNamespace(cluster="east", stale=False)
    place = RuleTarget({"backlog.age": lambda p: value}, "nats", address, row)
    alerts = Alerts([rule])
    alerts.judge(lambda kind: [place], 1000.0, 1.0)
    return Verdict(rule, alerts.firing(), [(place, value)], unknown, bool(unknown))


WELL, LATE = verdict(5.0), verdict(842.0)
DEAD = verdict(842.0, severity="critical")
DARK = verdict(5.0, unknown="nobody tells")


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([WELL], 0),
        ([WELL, LATE], 1),
        ([LATE, DEAD, DARK], 2),
        ([WELL, DARK], 3),
        ([LATE, DARK], 1),
        ([], 0),
    ],
)
def test_the_exit_code_tells_what_is_violated_before_what_is_unknown(verdicts, code):
    assert Report(verdicts, []).code == code


def test_nagios_reads_one_line_with_performance_data():
    line = FORMATS["nagios"](Report([LATE], []), "local", 0.0).split("\n")[0]
    assert line == ("ARCWATCH WARNING - backlog.age > 10m: js:A#b 14m 02s | 'late'=842s;600;;0;")
    assert "'late'=842s;;600;0;" in FORMATS["nagios"](Report([DEAD], []), "local", 0.0)


def perfdata(value, when):
    """The performance data of a rule that looks at figures of one value."""
    conditions = parse_when(when)[0]
    rule = Rule("late", conditions)
    place = RuleTarget({c.metric.name: lambda p: value for c in conditions}, "nats", "js:A#b", None)
    told = FORMATS["nagios"](Report([Verdict(rule, [], [(place, value)], "", False)], []), "x", 0.0)
    return told.split("\n")[0].partition(" | ")[2]


PERFDATA = re.compile(r"'([^'=|]+)'=(-?[0-9.]+)(s|B|%|);([^;]*);([^;]*);([0-9.]*);([0-9.]*)")
"""``'label'=value[UOM];warn;crit;min;max`` of the Monitoring Plugins Development Guidelines."""


@pytest.mark.parametrize(
    ("when", "values"),
    [
        ("client.pending > 10MB", [0, 1e7, 12_500_600.0, 9.9e18]),
        ("backlog.growth > 5/s", [-1e9, 0, 5, 5.000001]),
        ("backlog.messages >= 10", [9, 10, 11]),
        ("topic.in_rate < 0.0001", [0, 1e-5, 0.0001, 1]),
        ("expires_in <= 2d", [0, 172_800, 172_801]),
        ("consumers == 0", [0, 1]),
        ("consumers != 1", [0, 1, 2]),
        ("storage.used > 90%", [0.05, 0.9, 0.93]),
        ("blocked", [0, 1]),
        ("expires_in >= 2d and expires_in <= 14d", [1, 172_800, 200_000, 1_209_601]),
    ],
)
def test_a_range_of_performance_data_means_what_the_rule_says(when, values):
    conditions = parse_when(when)[0]
    for value in values:
        label, figure, unit, warn, crit, *_ = PERFDATA.fullmatch(perfdata(value, when)).groups()
        assert float(figure) == pytest.approx(value * (100 if unit == "%" else 1), abs=1e-6)
        assert (float(figure) not in Range(warn)) == all(c.holds(value) for c in conditions)
        assert (crit, label.endswith("_per_second")) == ("", "/s" in when or "rate" in when)


def test_a_rule_on_two_figures_has_no_range_of_one():
    assert perfdata(0.0, "consumers == 0 and backlog.growth > 0") == "'late'=0;;;0;"


def test_a_rate_is_told_as_one():
    found = Verdict(Rule("r", parse_when("dead_letters > 0")[0]), [], [], "", False)
    assert found.rule.when == "dead_letters > 0/s"
    assert FORMATS["nagios"](Report([found], []), "x", 0.0).count("|") == 0


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_names_meant_to_do_harm_do_none(form):
    told = FORMATS[form](Report([verdict(842.0, address=HOSTILE)], []), "local", 0.0)
    assert "\x1b" not in told
    if form == "nagios":
        assert told.split("\n")[0].count("|") == 1


def test_prometheus_can_read_it():
    told = FORMATS["prometheus"](Report([verdict(842.0, address=HOSTILE)], []), "local", 5.0)
    # the strict reader, which wants an end
    families = {f.name: f.samples for f in text_string_to_metric_families(f"{told}\n# EOF\n")}
    assert families["arcwatch_check_status"][0].value == 1
    (worst,) = families["arcwatch_rule_worst"]
    assert (worst.value, worst.labels["cluster"]) == (842, "east")
    assert families["arcwatch_rule_violations"][0].labels == {"rule": "late", "severity": "warning"}


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool of Prometheus")
@pytest.mark.parametrize("value", [842.0, inf, 1e-9, 1e22])
def test_promtool_finds_nothing_amiss(value):
    hostile = verdict(value, address=HOSTILE)
    for report in (
        Report([hostile, verdict(3.0, severity="critical")], []),
        Report([], [], 'no "answer"\n\\'),
        Report([], []),
    ):
        told = FORMATS["prometheus"](report, "local", 1_796_000_000.5)
        argv = ["promtool", "check", "metrics"]
        ran = subprocess.run(argv, input=f"{told}\n".encode(), capture_output=True)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_json_names_every_violation_with_its_figure():
    told = json.loads(FORMATS["json"](Report([LATE, DARK], []), "local", 0.0))
    assert (told["status"], told["exit_code"]) == ("WARNING", 1)
    late, dark = told["rules"]
    assert (late["violations"][0]["value"], late["worst"]["address"]) == (842.0, "js:A#b")
    assert (dark["judged"], dark["why"]) == (False, "nobody tells")


@pytest.mark.parametrize(
    "argv",
    [
        ["--rule", "nobody"],
        ["--nonsense"],
        ["--for", "soon"],
        ["--format", "xml"],
        ["--context", "nowhere"],
        ["--nats-monitor", "http://127.0.0.1:1", "--pulsar", "off"],
        ["--nats", "off", "--pulsar", "off"],
    ],
)
def test_whatever_keeps_it_from_judging_is_unknown(argv, capsys):
    assert run(["check", *argv]) == 3
    assert capsys.readouterr().err.startswith("arcwatch: ")


def test_other_verbs_keep_their_exit_codes(capsys):
    assert run(["status", "--nonsense"]) == 2


def settings(tmp_path, text):
    path = tmp_path / "arcwatch.toml"
    path.write_text(text)
    return alert_settings.load({"ARCWATCH_CONFIG": str(path)})


def test_a_rule_of_the_file_joins_the_defaults_and_one_can_be_changed_or_left_out(tmp_path):
    found = settings(
        tmp_path,
        """
        [alerts]
        heartbeats = ["nats:arc.agents.*.heartbeat", "arc.jobs.>"]
        [alerts.rules.billing]
        when = 'backlog.age > "10m" for "2m"'
        at = ["persistent://arc/agents/*#billing", "kv:CARTS"]
        severity = "critical"
        clear = "5m"
        resolves = "1m"
        [alerts.rules.dead-letters]
        enabled = false
        [alerts.rules.blocked]
        severity = "critical"
        """,
    )
    assert found.heartbeats == ("arc.agents.*.heartbeat", "arc.jobs.>")
    rules = {rule.name: rule for rule in found.rules}
    assert "dead-letters" not in rules
    assert (rules["blocked"].severity, rules["blocked"].lasts) == ("critical", 30)
    billing = rules["billing"]
    assert billing.at == ("pulsar:arc/agents/*#billing", "js:KV_CARTS")
    assert (billing.lasts, billing.resolves, billing.conditions[0].clear) == (120, 60, 300)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("[alerts]\nrule = 1", "`rule`", "rules"),
        ("[alerts.rules.x]\nwhenn = 'blocked'", "`whenn`", "when"),
        ("[alerts.rules.x]\nat = ['js:A']", "a rule needs `when`", "backlog.age"),
        ("[alerts.rules.x]\nwhen = 'backlog.agee > 1m'", "backlog.agee", "backlog.age"),
        ("[alerts.rules.x]\nwhen = 'blocked'\nseverity = 'worst'", "worst", "warning"),
        ("[alerts.rules.x]\nwhen = 'blocked'\nat = ['pulsr:a/b/c']", "not a glob", "pulsar:"),
        ("[alerts.rules.x]\nwhen = 'blocked'\nresolves = '1 MB'", "1 MB", "1m"),
        ("[alerts]\nheartbeats = 'js:A'", "`heartbeats` must be", "arc.agents.*.heartbeat"),
        ("[alerts]\nheartbeats = ['>']", "`heartbeats` must be", "arc.agents.*.heartbeat"),
        ("[alerts.rules]\nx = 3", "`x` must be a table", "x"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_the_rule_and_the_nearest(tmp_path, text, what, hint):
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, text)
    assert what in caught.value.headline
    assert "arcwatch.toml" in caught.value.headline
    assert hint in caught.value.hint
