"""The last events of a table, so that a client who comes back is told exactly what he missed, or honestly nothing.

Events are dense in `version`. Results that players were told personally are kept beside them, by the version at that time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from actors.domain.events import MyBetsSettled, MyBetsVoided, PersonalEvent, TableEvent
from actors.ports import Clock

#: A client who was away for longer takes a snapshot.
WINDOW_MS: Final = 120_000
#: About a minute of a table whose stakes change all the time.
EVENTS_MAX: Final = 512
#: Of all players together; the oldest go first.
RESULTS_MAX: Final = 20_000

Result = MyBetsSettled | MyBetsVoided


class Window:
    """See the module. Dies with the incarnation: a new epoch begins with nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: deque[tuple[int, TableEvent]] = deque()  # when, what
        self._version = 0  # of the last event
        self._results: deque[tuple[int, int]] = deque()  # version then, whose
        self._by_player: dict[int, deque[tuple[int, Result]]] = {}  # his, with the version then

    def add(self, first_version: int, events: Sequence[TableEvent]) -> None:
        """Keep what has just been told; versions follow each other without a hole, or `restart` comes between."""
        assert first_version == self._version + 1 or not self._events
        now_ms = self._clock.now_ms()
        self._events.extend((now_ms, event) for event in events)
        self._version = first_version + len(events) - 1
        while self._events and (len(self._events) > EVENTS_MAX or self._events[0][0] < now_ms - WINDOW_MS):
            self._events.popleft()
        first = self._version - len(self._events)
        while self._results and self._results[0][0] < first:
            self._drop_result()

    def restart(self, version: int) -> None:
        """A version was left out: nothing before it can be told any more."""
        self._events.clear()
        self._version = version

    def note(self, told: Iterable[tuple[int, PersonalEvent]]) -> None:
        """Keep the results among what players were told."""
        for player_id, event in told:
            if isinstance(event, Result):
                self._results.append((self._version, player_id))
                self._by_player.setdefault(player_id, deque()).append((self._version, event))
                if len(self._results) > RESULTS_MAX:
                    self._drop_result()

    def behind(self, version: int, upto: int) -> list[TableEvent] | None:
        """Return the events after `version` as far as `upto` (-1: all); None: the window does not reach back so far."""
        first = self._version - len(self._events)
        if not first <= version <= self._version:
            return None
        end = self._version if upto < 0 else min(max(upto, version), self._version)
        return [self._events[at][1] for at in range(version - first, end - first)]

    def results_since(self, player_id: int, version: int) -> list[PersonalEvent]:
        """Return this player's results that were told when the table stood at `version` or later, oldest first."""
        return [event for then, event in self._by_player.get(player_id, ()) if then >= version]

    def _drop_result(self) -> None:
        player_id = self._results.popleft()[1]
        his = self._by_player[player_id]
        his.popleft()
        if not his:
            del self._by_player[player_id]
