"""The places that escape goes back to."""

from arcwatch.ui.trail import MOST, Trail, Whereabouts


def place(number):
    return Whereabouts("nats", number, f"place {number}")


def test_the_last_place_that_was_left_is_gone_back_to_first():
    trail = Trail()
    assert (trail.last, trail.back()) == (None, None)
    for number in (1, 2):
        trail.leave(place(number))
    assert trail.last == place(2)
    assert [trail.back(), trail.back(), trail.back()] == [place(2), place(1), None]


def test_the_same_twice_in_a_row_is_one():
    trail = Trail()
    for number in (1, 1, 2, 1):
        trail.leave(place(number))
    assert [trail.back(), trail.back(), trail.back(), trail.back()] == [
        place(1),
        place(2),
        place(1),
        None,
    ]


def test_only_the_latest_are_remembered():
    trail = Trail()
    for number in range(MOST + 5):
        trail.leave(place(number))
    back = [trail.back() for _ in range(MOST)]
    assert (back[0], back[-1], trail.last) == (place(MOST + 4), place(5), None)
