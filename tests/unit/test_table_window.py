"""What a table still knows of what it told."""

from __future__ import annotations

from actors.domain.events import BetsClosed, MyBetsVoided, MyBonus, TableEvent
from actors.table_window import EVENTS_MAX, RESULTS_MAX, WINDOW_MS, Window
from tests.fakes.money import StillClock


def event(n: int) -> TableEvent:
    return BetsClosed(n.to_bytes(16, "big"))


def voided(n: int) -> MyBetsVoided:
    return MyBetsVoided("t", n.to_bytes(16, "big"), [], 0, "", 0, 0, 0)


def filled(events: int, clock: StillClock | None = None) -> Window:
    window = Window(clock or StillClock())
    for version in range(1, events + 1):
        window.add(version, [event(version)])
    return window


def test_events_behind_a_position_are_all_that_came_after_it() -> None:
    window = filled(5)
    assert window.behind(2, -1) == [event(3), event(4), event(5)]
    assert window.behind(5, -1) == []
    assert window.behind(0, -1) == [event(n) for n in range(1, 6)]


def test_events_that_the_gateway_has_are_left_out() -> None:
    window = filled(5)
    assert window.behind(2, 4) == [event(3), event(4)]
    assert window.behind(2, 1) == []
    assert window.behind(2, 99) == [event(3), event(4), event(5)]


def test_position_from_the_future_or_before_the_window_is_not_known() -> None:
    window = filled(EVENTS_MAX + 3)
    assert window.behind(EVENTS_MAX + 4, -1) is None
    assert window.behind(2, -1) is None
    assert window.behind(-1, -1) is None
    oldest = window.behind(3, -1)
    assert oldest is not None
    assert len(oldest) == EVENTS_MAX


def test_old_events_are_forgotten() -> None:
    clock = StillClock()
    window = filled(5, clock)
    clock.ms += WINDOW_MS + 1
    window.add(6, [event(6)])
    assert window.behind(4, -1) is None
    assert window.behind(5, -1) == [event(6)]


def test_left_out_version_hides_all_before_it() -> None:
    window = filled(5)
    window.restart(6)
    assert window.behind(5, -1) is None
    assert window.behind(6, -1) == []
    window.add(7, [event(7)])
    assert window.behind(6, -1) == [event(7)]


def test_results_are_told_again_from_the_position_on_and_to_nobody_else() -> None:
    window = filled(3)
    window.note([(7, voided(1)), (8, voided(2)), (7, MyBonus(1, 1, 1, 1, 1))])
    window.add(4, [event(4)])
    window.note([(7, voided(3))])
    assert window.results_since(7, 3) == [voided(1), voided(3)]
    assert window.results_since(7, 4) == [voided(3)]
    assert window.results_since(9, 0) == []


def test_results_go_with_the_events_and_are_bounded() -> None:
    window = filled(1)
    window.note([(player, voided(player)) for player in range(RESULTS_MAX + 1)])
    assert window.results_since(0, 0) == []
    assert window.results_since(1, 0) == [voided(1)]
    for version in range(2, EVENTS_MAX + 3):
        window.add(version, [event(version)])
    assert window.results_since(1, 0) == []
