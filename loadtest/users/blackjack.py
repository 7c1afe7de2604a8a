"""Players round a blackjack table: seats and bets behind, side bets, and every decision when they are asked."""

from __future__ import annotations

from clients.python.table_view import TableView
from loadtest.users.persona import STAKE_MINOR, Persona
from protocol.messages import Act, Chip, PlaceBets


class BlackjackPlayer(Persona):
    """One of many at the table. Decides at random: the books do not mind."""

    kind = "blackjack"
    interval_s = 1.5
    tables = ("blackjack-1",)

    def turn(self, due_s: float, *, rush: bool = False) -> None:
        """See `Persona`."""
        view = self.view()
        if view is None:
            self.enter()
        elif view.phase == "betting" and view.round_id and self.rng.random() < 0.3:
            self.request(PlaceBets(self.table_id, view.round_id, self.desk.new_id(), self.seats()), due_s)
        elif view.hands is not None:
            self.decide(view, due_s)

    def rest(self, due_s: float) -> None:
        """See `Persona`. A hand that stands is played to its end."""
        view = self.view()
        if view is not None and view.hands is not None:
            self.decide(view, due_s, stand=True)
        super().rest(due_s)

    def seats(self) -> list[Chip]:
        """Return a main bet, now and then with side bets, or a bet behind somebody else's."""
        seat, dice = 10 * self.rng.randrange(7), self.rng.random()
        if dice < 0.25:
            return [Chip(seat + 3, STAKE_MINOR)]
        side = [Chip(seat + 1, STAKE_MINOR), Chip(seat + 2, STAKE_MINOR)] if dice > 0.8 else []
        return [Chip(seat, STAKE_MINOR * self.rng.randint(1, 5)), *side]

    def decide(self, view: TableView, due_s: float, *, stand: bool = False) -> None:
        """Answer what my hand is asked, if it is. stand: with nothing that takes a stake."""
        hands = view.hands
        if hands is None:
            return
        if hands.insurance:
            asked = [hand for hand in hands.hands if hand.name == self.memory.name and hand.state == "acting"]
            actions = ["no_insurance"] if stand else ["insure", "no_insurance"]
        else:
            asked = [hands.hands[hands.acting]] if hands.acting >= 0 else []
            asked = [hand for hand in asked if hand.name == self.memory.name]
            actions = [one for one in hands.actions if not stand or one == "stand"]
        if asked and actions:
            action = self.rng.choice(actions)
            order = Act(self.table_id, view.round_id, self.desk.new_id(), asked[0].bet_id, action, asked[0].hand)
            self.request(order, due_s)
