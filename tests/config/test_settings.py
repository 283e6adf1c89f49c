"""Where to look: who wins, who is told to have won, and how a mistake is named."""

import os

import pytest

from arcwatch.config.settings import PLACES, flags_of, load
from arcwatch.errors import UsageError


@pytest.fixture
def settings(tmp_path):
    """Loads settings: ``settings(flags, env={…}, dotenv="…", toml="…", context=…)``."""

    def loads(flags=None, *, env=None, dotenv=None, toml=None, context=None):
        environ = dict(env or {})
        environ.setdefault("ARCWATCH_CONFIG", str(tmp_path / "arcwatch.toml"))
        (tmp_path / "arcwatch.toml").write_text(toml or "")
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv)
        return load(flags or {}, context=context, environ=environ, directory=tmp_path)

    return loads


@pytest.fixture
def mistake(settings):
    """The error that loading settings ends with."""

    def fails(*args, **kwargs):
        with pytest.raises(UsageError) as caught:
            settings(*args, **kwargs)
        return caught.value

    return fails


def addresses(settings):
    return (
        settings.nats,
        ",".join(settings.nats_monitors) or None,
        settings.pulsar,
        settings.pulsar_admin,
    )


LOCAL = (
    "nats://localhost:4222",
    "http://localhost:8222",
    "pulsar://localhost:6650",
    "http://localhost:8080",
)
PROD = '[context.prod]\nnats = "nats://prod"\nnats_monitor = ["http://p1", "http://p2:1"]\n'


# -- who wins -----------------------------------------------------------------------------------


def test_with_nothing_said_it_is_localhost(settings):
    found = settings()
    assert addresses(found) == LOCAL
    assert (found.context, set(found.origins.values())) == ("local", {"default"})


LAYERS = [
    ("flags", "--nats"),
    ("context", "context.chosen in "),
    ("env", "NATS_URL"),
    ("dotenv", "NATS_URL in .env"),
    ("default", "context.usual in "),
]
"""Who can say something, the strongest first, and the beginning of how their origin is told."""


@pytest.mark.parametrize("strongest", range(len(LAYERS)))
def test_the_strongest_of_those_that_say_something_wins(settings, strongest):
    said = dict(LAYERS[strongest:])
    usual = '[context.usual]\nnats = "nats://default"\n'
    found = settings(
        {"nats": "nats://flags"} if "flags" in said else {},
        env={"NATS_URL": "nats://env"} if "env" in said else {},
        dotenv="NATS_URL=nats://dotenv" if "dotenv" in said else "",
        toml='default = "usual"\n[context.chosen]\nnats = "nats://context"\n' + usual,
        context="chosen" if "context" in said else None,
    )
    winner, origin = LAYERS[strongest]
    assert found.nats == f"nats://{winner}:4222"
    assert found.origins["nats"].startswith(origin)


def test_each_setting_goes_its_own_way(settings):
    found = settings(
        {"pulsar": "pulsar://flag"},
        env={"ARCWATCH_PULSAR_ADMIN": "http://flag:1"},
        dotenv="ARCWATCH_PULSAR=pulsar://dotenv\nARCWATCH_NATS_MONITOR=http://dotenv",
        toml=f'default = "prod"\n{PROD}',
    )
    assert addresses(found) == (
        "nats://prod:4222",
        "http://dotenv:8222",
        "pulsar://flag:6650",
        "http://flag:1",
    )


@pytest.mark.parametrize(
    ("named", "watched"),
    [
        ("nats://other", "http://other:8222"),
        ("nats://prod:4333", "http://prod:9"),
        ("nats://prod,nats://other", "http://prod:9"),
        ("off", None),
    ],
)
def test_a_client_address_takes_no_figures_of_another_host_along(settings, named, watched):
    toml = 'default = "prod"\n[context.prod]\nnats = "nats://prod"\nnats_monitor = "http://prod:9"'
    found = settings({"nats": named}, toml=toml)
    assert addresses(found)[1] == watched


def test_figures_that_are_off_stay_off_wherever_the_client_goes(settings):
    found = settings({"nats": "nats://other"}, env={"ARCWATCH_NATS_MONITOR": "off"})
    assert addresses(found)[:2] == ("nats://other:4222", None)


def test_the_figures_of_every_server_may_be_had_beside_the_one_name_that_clients_use(settings):
    found = settings({"nats_monitor": "http://n1,http://n2"}, env={"NATS_URL": "nats://balanced"})
    assert addresses(found)[:2] == ("nats://balanced:4222", "http://n1:8222,http://n2:8222")


@pytest.mark.parametrize(
    ("context", "env", "dotenv", "name"),
    [
        ("a", {"ARCWATCH_CONTEXT": "b"}, "ARCWATCH_CONTEXT=c", "a"),
        (None, {"ARCWATCH_CONTEXT": "b"}, "ARCWATCH_CONTEXT=c", "b"),
        (None, {}, "", "d"),
    ],
)
def test_a_context_is_chosen_like_any_other_setting(settings, context, env, dotenv, name):
    toml = 'default = "d"\n' + "".join(f'[context.{n}]\nnats = "nats://{n}"\n' for n in "abcd")
    found = settings(context=context, env=env, dotenv=dotenv, toml=toml)
    assert (found.context, found.nats) == (name, f"nats://{name}:4222")


def test_a_context_of_the_environment_is_weaker_than_its_addresses(settings):
    env = {"ARCWATCH_CONTEXT": "prod", "NATS_URL": "nats://env"}
    assert settings(env=env, toml=PROD).nats == "nats://env:4222"


@pytest.mark.parametrize("empty", [{"NATS_URL": ""}, {}])
def test_an_empty_variable_says_nothing(settings, empty):
    found = settings({"nats": ""}, env=empty, dotenv="NATS_URL=\nARCWATCH_PULSAR=")
    assert addresses(found) == LOCAL


def test_the_settings_file_is_in_the_users_configuration_folder(tmp_path, monkeypatch):
    from platformdirs import user_config_path

    path = user_config_path("arcwatch") / "arcwatch.toml"
    path.parent.mkdir(parents=True)
    path.write_text('default = "home"\n[context.home]\n')
    monkeypatch.chdir(tmp_path)
    assert load({}, environ={}).context == "home"


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "written", "read"),
    [
        ("nats", "n1", "nats://n1:4222"),
        ("nats", "n1:4333", "nats://n1:4333"),
        ("nats", "nats", "nats://nats:4222"),
        ("nats", "tls://nats:", "tls://nats:4222"),
        ("nats", "nats://me:pw@n1", "nats://me:pw@n1:4222"),
        ("nats", "n1, tls://n2, n3:1", "nats://n1:4222,tls://n2:4222,tls://n3:1"),
        ("nats", "[::1]", "nats://[::1]:4222"),
        ("nats", "nats://[fe80::1]:4333/", "nats://[fe80::1]:4333"),
        ("nats", "wss://n1/path", "wss://n1/path"),
        ("nats_monitor", "http", "http://http:8222"),
        ("nats_monitor", "HTTPS://n1/nats/", "https://n1/nats"),
        ("nats_monitor", "http://n1,http://n2,n1:8222", "http://n1:8222,http://n2:8222"),
        ("pulsar", "pulsar", "pulsar://pulsar:6650"),
        ("pulsar", "pulsar+ssl://p1,p2", "pulsar+ssl://p1:6651,pulsar+ssl://p2:6651"),
        ("pulsar_admin", "me:pw@p1", "http://me:pw@p1:8080"),
        ("pulsar_admin", "https://p1:8443", "https://p1:8443"),
    ],
)
def test_an_address_is_completed(settings, place, written, read):
    assert addresses(settings({place: written}))[PLACES.index(place)] == read


@pytest.mark.parametrize(
    ("flags", "place", "read"),
    [
        ({"nats": "tls://me:pw@n1:4333"}, "nats_monitor", "http://n1:8222"),
        ({"nats": "n1,n2,n1:4333"}, "nats_monitor", "http://n1:8222,http://n2:8222"),
        ({"nats_monitor": "https://n1/x,n2"}, "nats", "nats://n1:4222,nats://n2:4222"),
        ({"pulsar": "pulsar://[::1]:6660"}, "pulsar_admin", "http://[::1]:8080"),
        ({"pulsar": "p1,p2"}, "pulsar_admin", "http://p1:8080"),
        ({"pulsar_admin": "http://p1:81"}, "pulsar", "pulsar://p1:6650"),
    ],
)
def test_one_address_of_a_system_leads_to_the_other(settings, flags, place, read):
    found = settings(flags)
    assert addresses(found)[PLACES.index(place)] == read
    assert found.origins[place] == f"beside --{next(iter(flags)).replace('_', '-')}"


@pytest.mark.parametrize("off", ["off", "OFF", " Off "])
def test_off_leaves_a_system_out(settings, off):
    found = settings({"nats": off})
    assert addresses(found) == (None, None, *LOCAL[2:])
    assert (found.origins["nats"], found.origins["nats_monitor"]) == ("--nats", "--nats")


def test_off_leaves_a_system_out_whatever_weaker_places_say(settings):
    found = settings(
        {"nats": "off"},
        env={"ARCWATCH_PULSAR": "off"},
        toml=f'default = "prod"\n{PROD}pulsar_admin = "http://p1"\n',
    )
    assert addresses(found) == (None, None, None, None)


def test_a_stronger_place_brings_back_what_is_off(settings):
    found = settings({"nats_monitor": "http://n1"}, env={"NATS_URL": "off"})
    assert addresses(found)[:2] == (None, "http://n1:8222")


def test_off_for_the_figures_alone_leaves_the_rest(settings):
    assert addresses(settings({"pulsar_admin": "off"}))[2:] == ("pulsar://localhost:6650", None)


# -- mistakes -----------------------------------------------------------------------------------

SECRETS = ("s3cret", "hunter2", "pa55")


@pytest.mark.parametrize(
    ("place", "written", "what", "why"),
    [
        ("nats", "http://h", "'http://h'", "it begins with none of nats://, tls://, ws://, wss://"),
        ("nats_monitor", "nats://h", "'nats://h'", "none of http://, https://"),
        ("pulsar", "pulsar://", "'pulsar://'", "has no host"),
        ("pulsar", "a,,b", "'a,,b'", "has no host"),
        ("nats", "h:70000", "'h:70000'", "not a number up to 65535"),
        ("nats", "me:s3cret@h:x", "'…@h:x'", "not a number"),
        ("nats", "nats://me:s3cret@", "'nats://…@'", "has no host"),
        ("nats", "nats://me:hunter2/pa55@h", "'nats://…@h'", "in a password, / is written %2F"),
        ("nats", "nats://me:pa55#1@h", "'nats://…@h'", "# is %23"),
        ("nats", "nats://me:s3cret\u2100@h", "'nats://…@h'", "it is not a URL"),
        ("nats", "me:s3cret@h,ftp://me:pa55@i", "'…@h,ftp://…@i'", "it begins with none of"),
        ("nats", "nats://[::1", "'nats://[::1'", "it is not a URL"),
        ("nats", "::1", "'::1'", "not a number"),
        ("nats", "nats://a b", "'nats://a b'", "has more than"),
        ("nats", "nats://a\x1bcb", "'nats://a␛cb'", "has more than"),
        ("nats_monitor", "http://h/?token=s3cret", "'http://h/'", "has more than"),
        ("pulsar_admin", "p1,p2", "'p1,p2'", "one address is enough"),
        ("nats", "x" * 300 + ":s3cret@h:x", "'…@h:x'", "not a number"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_without_secrets(
    mistake, place, written, what, why
):
    error = mistake({place: written})
    assert error.exit_code == 2
    assert error.where == f"--{place.replace('_', '-')}"
    assert error.what == f"cannot use {what}"
    assert why in error.why
    assert "or off to disable this part" in error.hint
    assert not any(secret in f"{error.headline} {error.hint}" for secret in SECRETS)


@pytest.mark.parametrize(
    ("dotenv", "note"),
    [
        ("ARCWATCH_PULSAR pulsar://me:s3cret@h", ".env line 1: ignored: not NAME=value"),
        ("A='one\ntwo'\nNATS_URL\n", ".env line 3: ignored: not NAME=value"),
        ('A=1\nNATS_URL="nats://me:s3cret@h\n', ".env line 2: ignored: not NAME=value"),
        (
            "\nARCWATCH_NATS_MONITR=http://h",
            ".env line 2: ignored: no setting is called ARCWATCH_NATS_MONITR;"
            " did you mean ARCWATCH_NATS_MONITOR?",
        ),
    ],
)
def test_a_line_of_dotenv_that_is_none_stops_nothing_and_is_not_quoted(settings, dotenv, note):
    found = settings(dotenv=f"{dotenv}\nARCWATCH_PULSAR=pulsar://there")
    assert found.notes == (note,)
    assert not any(secret in note for secret in SECRETS)


def test_lines_of_other_programs_are_passed_over(settings):
    text = "# mine\nif [ -z $X ]; then\nPASSWORD hunter2\nfi\nARCWATCH_PULSAR=pulsar://there\n"
    found = settings(dotenv=text)
    assert (found.pulsar, found.notes) == ("pulsar://there:6650", ())


def test_an_address_of_dotenv_that_cannot_be_used_names_the_variable(mistake):
    assert mistake(dotenv="NATS_URL=x://h").where == "NATS_URL in .env"


def test_a_variable_that_is_none_of_ours_names_the_nearest(mistake):
    error = mistake(env={"ARCWATCH_NATS_MONITR": "http://h"})
    where = "the environment"
    assert (error.what, error.where) == ("no setting is called ARCWATCH_NATS_MONITR", where)
    assert error.hint == "did you mean ARCWATCH_NATS_MONITOR?"


def test_variables_of_others_are_none_of_our_business(settings):
    assert addresses(settings(env={"NATS_UR": "x"}, dotenv="PULSAR_URL=x\nexport B\n")) == LOCAL


def test_a_dotenv_that_is_a_folder_is_none(settings, tmp_path):
    (tmp_path / ".env").mkdir()
    assert addresses(settings()) == LOCAL


@pytest.mark.parametrize(
    ("toml", "what", "where", "hint"),
    [
        ("contxt = 1", "no setting is called `contxt`", "{}", "did you mean context?"),
        ("context = 1", "`context` must be a table", "{}", "write [context.NAME]"),
        ("context.x = 1", "a context must be a table", "context.x in {}", "write [context.x]"),
        (
            'context.x.nats-monitor = "h"',
            "no setting is called `nats-monitor`",
            "context.x in {}",
            "did you mean nats_monitor?",
        ),
        ("context.x.zzz = 1", "no setting is called `zzz`", "context.x in {}", "one of nats, "),
        ("context.x.nats = 4222", "`nats` must be text", "context.x in {}", "write nats = "),
        ("context.x.nats = []", "`nats` must be text", "context.x in {}", "write nats = "),
        ('context.y.nats = ""', "there is no context called 'x'", "{}", "one of y"),
        ('context.xx.nats = ""', "there is no context called 'x'", "{}", "did you mean xx?"),
        ("", "there is no context called 'x'", "{}", "`arcwatch context add NAME"),
    ],
)
def test_a_mistake_in_the_settings_file_names_the_key(mistake, tmp_path, toml, what, where, hint):
    error = mistake(toml=toml, context="x")
    assert error.what == what
    assert error.where == where.format(tmp_path / "arcwatch.toml")
    assert error.hint.startswith(hint)


def test_a_settings_file_that_is_not_toml_names_the_line(mistake, tmp_path):
    error = mistake(toml='default = "x"\n[context.x]\nnats = nats://h\n')
    assert (error.what, error.where) == ("not TOML", str(tmp_path / "arcwatch.toml"))
    assert "line 3" in error.why


def test_an_address_in_the_settings_file_names_its_context(mistake, tmp_path):
    error = mistake(toml='default = "x"\n[context.x]\nnats = "h:x"\n')
    assert error.where == f"context.x in {tmp_path}/arcwatch.toml"


def test_a_settings_file_that_was_named_must_exist(tmp_path):
    with pytest.raises(UsageError, match=r"no such file \(ARCWATCH_CONFIG=/nowhere/a.toml\)"):
        load({}, environ={"ARCWATCH_CONFIG": "/nowhere/a.toml"}, directory=tmp_path)


@pytest.mark.parametrize("variable", ["ARCWATCH_CONFIG", "NATS_CONTEXT", "PULSAR_CLIENT_CONF"])
@pytest.mark.parametrize("name", ["x" * 5_000, "/" + "x" * 5_000])
def test_a_name_that_no_file_can_have_is_a_mistake(settings, variable, name):
    with pytest.raises(UsageError):
        settings(env={variable: name})


def test_a_missing_file_is_told_with_the_context_it_was_to_hold(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    with pytest.raises(UsageError) as caught:
        load({}, context="prod", environ={}, directory=tmp_path)
    assert caught.value.why == "there is no such file"


# -- elsewhere ----------------------------------------------------------------------------------


def test_the_null_device_is_a_settings_file_without_settings():
    assert load({}, environ={"ARCWATCH_CONFIG": os.devnull}).nats == "nats://localhost:4222"


def test_another_run_is_led_to_the_same_brokers_without_a_login(settings):
    flags = {"pulsar": "pulsar://me:s3cret@p", "nats": "off"}
    found = settings(flags, context="mine", toml='[context.mine]\npulsar_admin = "http://p:8080"')
    words = ("--context", "mine", "--nats", "off", "--pulsar", "pulsar://…@p:6650")
    assert [*flags_of(found)][: len(words)] == [*words]
    assert flags_of(settings(env={"NATS_URL": "nats://n"})) == ()
