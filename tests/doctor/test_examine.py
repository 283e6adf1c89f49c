"""Checks run in several clusters at once."""

from arcwatch.doctor.examine import examine_each
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import CHECKS
from arcwatch.model.silence import Silence
from arcwatch.store.store import Store
from tests.doctor.conftest import NOW, World


def pictures(spoilt=("west",), **parts):
    """Two clusters, in one or both of which a part is spoilt."""
    found = []
    for name in ("east", "west"):
        world = World()
        for part, value in parts.items() if name in spoilt else ():
            setattr(world, part, value)
        found.append(world.picture(name, f"world.{name}::"))
    return found


def result(report, check):
    return next(one for one in report.results if one.check.id == check)


def test_a_fault_is_at_the_place_of_its_cluster_and_the_other_counts_as_judged():
    report = examine_each(pictures(stream={"max_age": None}), CHECKS, ())
    (found,) = report.findings
    assert (found.cluster, found.fault.place) == ("west", "world.west::js:ORDERS")
    assert result(report, "js-unbounded").places == 2


def test_servers_of_two_clusters_are_not_compared():
    old = {"version": "2.12.0"}
    report = examine_each(pictures(server=old, others=old), CHECKS, ())
    assert result(report, "nats-mixed-versions").state == "ok"


def test_a_cluster_that_does_not_answer_leaves_a_check_undecided_and_is_named():
    well = World().picture("east", "world.east::")
    report = examine_each([well, Picture(Store(), NOW, None, "west")], CHECKS, ())
    unasked = result(report, "js-unbounded")
    assert unasked.state == "not possible"
    assert unasked.why.startswith("west: ")


def test_what_is_found_in_one_is_found_though_another_does_not_answer():
    spoilt = pictures(stream={"max_age": None})[1]
    report = examine_each([Picture(Store(), NOW, None, "east"), spoilt], CHECKS, ())
    found = result(report, "js-unbounded")
    assert (found.state, len(found.findings)) == ("found", 1)
    assert found.why.startswith("east: ")


def test_a_silence_and_a_place_apply_to_one_cluster_of_two():
    both = pictures(("east", "west"), stream={"max_age": None})
    silent = Silence("js-unbounded", "a test", "world.east::*")
    report = examine_each(both, CHECKS, [silent])
    assert [one.cluster for one in report.findings] == ["west"]
    assert [one.cluster for one in report.silenced] == ["east"]
    report = examine_each(both, CHECKS, (), "world.east::js:ORDERS")
    assert [one.cluster for one in report.findings] == ["east"]
