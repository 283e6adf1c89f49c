"""Several clusters of one platform in a context: each is one of its own, with its own login."""

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import UsageError

WORLD = """
[context.world]
color = "red"
read_only = true
nats = "nats://n1:4222"

[[context.world.pulsar]]
name = "us"
url = "pulsar://us1:6650"
admin = "http://us1:8080"
token = "env:US_TOKEN"

[[context.world.pulsar]]
name = "eu"
url = "pulsar://eu1:6650"
token = "env:EU_TOKEN"
"""


NATS = """
[context.world]
pulsar = "pulsar://p1:6650"

[[context.world.nats]]
name = "east"
url = "nats://e1:4222"
creds = "east.creds"

[[context.world.nats]]
name = "west"
url = "nats://w1,nats://w2"
monitor = "http://w1:9222"
token = "env:WEST_TOKEN"
"""


@pytest.fixture
def settings(tmp_path):
    def loads(toml=WORLD, context="world", flags=None, dotenv="", **environ):
        (tmp_path / "arcwatch.toml").write_text(toml)
        (tmp_path / ".env").write_text(dotenv)
        environ["ARCWATCH_CONFIG"] = str(tmp_path / "arcwatch.toml")
        return load(flags or {}, context=context, environ=environ, directory=tmp_path)

    return loads


def test_each_is_a_context_of_its_own_with_its_own_addresses_and_login(settings):
    world = settings()
    assert [(one.context, one.cluster) for one in world.clusters] == [
        ("world.us", "us"),
        ("world.eu", "eu"),
    ]
    us, eu = world.clusters
    assert us.addresses("pulsar") == ("pulsar://us1:6650", "http://us1:8080")
    assert eu.addresses("pulsar") == ("pulsar://eu1:6650", "http://eu1:8080")
    assert (us.pulsar_credentials.method, eu.pulsar_credentials.method) == (
        "token of env:US_TOKEN",
        "token of env:EU_TOKEN",
    )
    assert us.addresses("nats") == eu.addresses("nats") == ()
    assert us.read_only
    assert us.color == "red"


def test_each_of_nats_has_its_own_login_and_the_other_system_is_not_asked_twice(settings):
    world = settings(NATS)
    east, west = world.clusters
    assert (world.addresses("nats"), world.nats_credentials.creds) == ((), None)
    assert world.pulsar == "pulsar://p1:6650"
    assert east.addresses("nats") == ("nats://e1:4222", "http://e1:8222")
    assert west.addresses("nats") == ("nats://w1:4222,nats://w2:4222", "http://w1:9222")
    assert "east.creds" in east.nats_credentials.method
    assert "WEST_TOKEN" in west.nats_credentials.method
    assert (east.nats_credentials.token, west.nats_credentials.creds) == (None, None)
    assert east.addresses("pulsar") == west.addresses("pulsar") == ()
    with pytest.raises(UsageError, match="which NATS cluster"):
        world.check_one("nats")
    world.check_one("pulsar")
    assert world.of("nats", "west") is west
    assert world.of("pulsar", "west") is world


def test_a_login_of_the_environment_goes_to_none_of_them(settings):
    world = settings(NATS, NATS_TOKEN="everyone", NATS_URL="nats://elsewhere:4222")
    east, west = world.clusters
    assert (east.nats, west.nats) == ("nats://e1:4222", "nats://w1:4222,nats://w2:4222")
    assert east.nats_credentials.token is None
    assert "WEST_TOKEN" in west.nats_credentials.method


def test_a_cluster_may_have_both_systems(settings):
    pulsar = 'pulsar = [{ name = "east", url = "pulsar://p1" }]'
    east, west = settings(NATS.replace('pulsar = "pulsar://p1:6650"', pulsar)).clusters
    assert (east.cluster, east.nats) == ("east", "nats://e1:4222")
    assert east.pulsar == "pulsar://p1:6650"
    assert (west.cluster, west.pulsar, west.nats_monitors) == ("west", None, ("http://w1:9222",))


def test_what_is_about_one_finds_none_and_says_which_there_are(settings):
    world = settings()
    assert world.addresses("pulsar") == ()
    assert world.pulsar_credentials.token is None
    assert world.nats == "nats://n1:4222"
    world.check_one("nats")
    with pytest.raises(UsageError, match="which Pulsar cluster") as caught:
        world.check_one("pulsar")
    assert "world.us:: or world.eu::" in caught.value.hint


def test_one_of_them_can_be_asked_for_as_a_context(settings):
    eu = settings(context="world.eu")
    assert (eu.context, eu.pulsar, eu.nats, eu.clusters) == (
        "world.eu",
        "pulsar://eu1:6650",
        None,
        (),
    )
    with pytest.raises(UsageError, match="no context called"):
        settings(context="world.asia")


def test_an_address_from_a_stronger_place_is_another_cluster_than_these(settings):
    for flags in ({"pulsar_admin": "http://us1:8080"}, {"pulsar": "pulsar://us1:6650"}):
        alone = settings(flags=flags)
        assert alone.clusters == ()
        assert alone.addresses("pulsar") == ("pulsar://us1:6650", "http://us1:8080")
        # nobody said whose it is
        assert alone.pulsar_credentials.token is None
    assert settings(flags={"pulsar": "off"}).clusters == ()


def test_the_working_directory_leads_none_of_them_elsewhere(settings):
    world = settings(dotenv="ARCWATCH_PULSAR=pulsar://evil:6650\n")
    assert [one.pulsar for one in world.clusters] == ["pulsar://us1:6650", "pulsar://eu1:6650"]
    default = settings('default = "world"\n' + WORLD, None, dotenv="ARCWATCH_PULSAR=pulsar://evil")
    assert default.clusters == ()
    assert default.pulsar_credentials.token is None


@pytest.mark.parametrize(
    ("environ", "dotenv"),
    [
        ({"ARCWATCH_PULSAR": "pulsar://eu1:6650"}, ""),
        ({"ARCWATCH_PULSAR_ADMIN": "http://eu1:8080"}, ""),
        ({}, "ARCWATCH_PULSAR=pulsar://evil:6650\nARCWATCH_PULSAR_ADMIN=http://evil:8080\n"),
        ({"PULSAR_CLIENT_CONF": "client.conf"}, ""),
    ],
)
@pytest.mark.parametrize("named", ['admin = "http://us1:8080"', 'url = "pulsar://us1:6650"'])
def test_an_address_that_is_left_out_is_on_the_same_host(
    settings, tmp_path, monkeypatch, named, environ, dotenv
):
    """Another's would be sent the login of this one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.conf").write_text(
        "brokerServiceUrl=pulsar://eu1:6650\nwebServiceUrl=http://eu1:8080\n"
    )
    toml = f'[context.world]\npulsar = [{{ name = "us", {named}, token = "env:US_TOKEN" }}]\n'
    (us,) = settings(toml, dotenv=dotenv, **environ).clusters
    assert us.addresses("pulsar") == ("pulsar://us1:6650", "http://us1:8080")
    assert us.pulsar_credentials.method == "token of env:US_TOKEN"


def test_several_hosts_of_one_cluster_are_that_cluster(settings):
    (us,) = settings('[context.world]\npulsar = [{ name = "us", url = "pulsar://a,b" }]\n').clusters
    assert us.addresses("pulsar") == ("pulsar://a:6650,pulsar://b:6650", "http://a:8080")
    (us,) = settings(
        '[context.world]\nnats = [{ name = "us", url = "nats://a,nats://b" }]\n'
    ).clusters
    assert us.nats_monitors == ("http://a:8222", "http://b:8222")


@pytest.mark.parametrize(
    ("environ", "dotenv"),
    [
        ({"NATS_URL": "nats://e2:4222"}, ""),
        ({"ARCWATCH_NATS_MONITOR": "http://e2:8222"}, ""),
        ({}, "NATS_URL=nats://evil:4222\nARCWATCH_NATS_MONITOR=http://evil:8222\n"),
    ],
)
@pytest.mark.parametrize("named", ['monitor = "http://e1:8222"', 'url = "nats://e1:4222"'])
def test_an_address_of_nats_that_is_left_out_is_on_the_same_host(settings, named, environ, dotenv):
    """Another's would be sent the login of this one."""
    toml = f'[context.world]\nnats = [{{ name = "east", {named}, token = "env:EAST_TOKEN" }}]\n'
    (east,) = settings(toml, dotenv=dotenv, **environ).clusters
    assert east.addresses("nats") == ("nats://e1:4222", "http://e1:8222")
    assert east.nats_credentials.method == "token of env:EAST_TOKEN"


def test_a_cluster_of_both_systems_takes_neither_address_from_elsewhere(settings, tmp_path):
    (tmp_path / "us.conf").write_text("authPlugin=token\nauthParams=token:abc\n")
    toml = (
        '[context.world]\nnats = [{ name = "us", url = "nats://us1" }]\n'
        f'pulsar = [{{ name = "us", client_conf = "{tmp_path}/us.conf" }}]\n'
    )
    with pytest.raises(UsageError, match="`pulsar` has no address"):
        settings(toml, ARCWATCH_PULSAR="pulsar://eu1:6650")


def test_a_cluster_without_an_address_is_not_looked_for_elsewhere(settings, tmp_path):
    (tmp_path / "us.conf").write_text("authPlugin=token\nauthParams=token:abc\n")
    toml = f'[context.world]\npulsar = [{{ name = "us", client_conf = "{tmp_path}/us.conf" }}]\n'
    with pytest.raises(UsageError, match="no address"):
        settings(toml, ARCWATCH_PULSAR="pulsar://eu1:6650")


def test_nothing_is_asked_of_a_system_that_a_verb_leaves_out(settings):
    world = settings().without("pulsar")
    assert [one.pulsar_admin for one in world.clusters] == [None, None]
    assert world.nats_monitors


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('pulsar = [{ url = "pulsar://a" }]', "needs a `name`"),
        ('pulsar = [{ name = "a b" }]', "needs a `name`"),
        ('pulsar = [{ name = "a" }, "pulsar://b"]', "needs a `name`"),
        ('pulsar = [{ name = "a", token = "env:T" }]', "the cluster 'a' of `pulsar` has no `url`"),
        ('pulsar = [{ name = "a", url = "a" }, { name = "a", url = "b" }]', "the same name"),
        (
            'pulsar = [{ name = "a", url = "a" }]\npulsar_admin = "http://b"',
            "cannot be combined",
        ),
        (
            'pulsar = [{ name = "a", url = "a" }]\n[context."c.a"]\nnats = "off"',
            "two contexts are called c.a",
        ),
        ('nats = [{ name = "a", creds = "x" }]', "the cluster 'a' of `nats` has no `url`"),
        ('nats = [{ name = "a", url = "a" }]\nnats_monitor = "http://b"', "cannot be combined"),
        ('nats = [{ name = "a", url = "a", admin = "x" }]', "no setting is called `admin`"),
        ('pulsar = [{ name = "a", url = "a", urll = "x" }]', "no setting is called `urll`"),
    ],
)
def test_a_mistake_says_what_is_wrong(settings, toml, says):
    with pytest.raises(UsageError) as caught:
        settings(f"[context.c]\n{toml}\n", "c")
    assert says in caught.value.headline
