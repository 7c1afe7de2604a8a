from __future__ import annotations

from protocol.clock import ServerClock


def test_offset_is_from_the_middle_of_the_round_trip() -> None:
    clock = ServerClock()
    clock.learn(1_000, 5_050, 1_100)
    assert (clock.rtt_ms, clock.offset_ms, clock.server_ms(2_000)) == (100, 4_000, 6_000)


def test_quickest_round_trip_wins() -> None:
    clock = ServerClock()
    clock.learn(1_000, 5_050, 1_100)
    clock.learn(2_000, 6_005, 2_010)
    clock.learn(3_000, 9_000, 4_000)
    assert (clock.rtt_ms, clock.offset_ms) == (10, 4_000)


def test_old_round_trips_are_forgotten() -> None:
    clock = ServerClock()
    clock.learn(0, 1, 2)
    for at_ms in range(1_000, 17_000, 1_000):
        clock.learn(at_ms, at_ms + 500, at_ms + 20)
    assert clock.rtt_ms == 20


def test_clock_without_a_round_trip_takes_mine_for_the_servers() -> None:
    clock = ServerClock()
    assert (clock.rtt_ms, clock.server_ms(7)) == (-1, 7)
