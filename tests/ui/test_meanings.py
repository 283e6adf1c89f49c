"""One meaning a key, in every view, and in a map of the user's own."""

from collections import defaultdict

import pytest

from arcwatch.errors import UsageError
from arcwatch.ui.meanings import MEANINGS, bindings, check, clashes


def test_no_key_has_two_meanings_in_any_two_views():
    assert clashes({}) == []


def test_each_binding_has_an_id_and_a_meaning_and_each_meaning_a_binding():
    ids = defaultdict(set)
    for binding in bindings():
        ids[binding.id].add(binding.action)
    assert set(ids) == set(MEANINGS)
    assert [id for id, actions in ids.items() if len(actions) > 1] == []


def test_a_binding_that_is_added_with_another_meaning_is_found():
    assert ("d", "messages.difference", "tail.mode") in clashes({"tail.mode": "d"})


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"tail": "b"}, ("b has two meanings", "`tail` (tail) and `browse` (history)")),
        ({"history.mark": "?"}, ("question_mark has two meanings", "(help)")),
        ({"view.natz": "n"}, ("no key is called 'view.natz'", "did you mean view.nats?")),
    ],
)
def test_a_map_that_gives_a_key_two_meanings_is_refused_with_both_names(chosen, told):
    with pytest.raises(UsageError) as refused:
        check(chosen, "keys in config.toml")
    words = f"{refused.value.headline} {refused.value.hint}"
    for part in (*told, "keys in config.toml"):
        assert part in words


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param({"view.nats": "ctrl+n"}, id="a key that is free"),
        pytest.param({"tail": "b", "browse": "t"}, id="swapped"),
        pytest.param({"prompt.close": "ctrl+g"}, id="while something is typed"),
        pytest.param({"screenshot": "ctrl+s"}, id="what has no key"),
    ],
)
def test_a_map_of_one_meaning_a_key_is_taken(chosen):
    check(chosen, "keys in config.toml")
