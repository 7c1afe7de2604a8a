import { describe, expect, it } from "vitest";
import { BANKER, BANKER_PAIR, coupOf, describeCoup, fateOf, handOf, ownersOf, PLAYER, PLAYER_PAIR, SUPER_SIX, TIE, totalOf, valueOf } from "../../src/games/baccarat/punto";
import { aNumber } from "./coups";

describe("an outcome", () => {
  it("is read from its bits", () => {
    expect(coupOf(aNumber({ winner: 1, bankerPair: true, player: 3, banker: 7, cards: 5 }))).toEqual({ winner: "banker", playerPair: false, bankerPair: true, player: 3, banker: 7, cards: 5 });
    expect(coupOf(aNumber({ winner: 2, playerPair: true, player: 6, banker: 6, cards: 6 }))).toMatchObject({ winner: "tie", playerPair: true, cards: 6 });
  });

  it("is told in words", () => {
    expect(describeCoup(coupOf(aNumber({ winner: 0, player: 9, banker: 2 })))).toBe("Player wins, 9 to 2.");
    expect(describeCoup(coupOf(aNumber({ winner: 2, player: 6, banker: 6, playerPair: true })))).toBe("Tie, 6 all. Player pair.");
  });
});

describe("cards", () => {
  it("count one for an ace, nothing for tens and pictures", () => {
    expect([0, 1, 8, 9, 10, 11, 12, 13].map(valueOf)).toEqual([1, 2, 9, 0, 0, 0, 0, 1]);
    expect(totalOf([8, 8])).toBe(8);
  });

  it.each([
    ["a natural", [7, 1, 0, 2], "PBPB"],
    ["six cards", [0, 1, 1, 2, 3, 4], "PBPBPB"],
    ["a fifth card for the player, who has 5 or less", [0, 5, 3, 0, 4], "PBPBP"],
    ["a fifth card for the banker, since the player stood on 6", [0, 1, 4, 2, 4], "PBPBB"],
    ["a fifth card for the banker, since the player stood on 7", [9, 1, 6, 2, 4], "PBPBB"],
  ])("are whose they are: %s", (_, cards, owners) => {
    expect(ownersOf(cards).map((owner) => (owner === "player" ? "P" : "B")).join("")).toBe(owners);
  });

  it("lie in their hands as far as they are dealt", () => {
    const cards = [0, 1, 4, 2, 30];
    expect(handOf("banker", cards)).toEqual([1, 2, 30]);
    expect(handOf("banker", cards, 4)).toEqual([1, 2]);
    expect(handOf("player", cards, 1)).toEqual([0]);
  });
});

describe("a bet", () => {
  const tie = coupOf(aNumber({ winner: 2, player: 6, banker: 6 }));
  const six = coupOf(aNumber({ winner: 1, player: 2, banker: 6, playerPair: true }));

  it("on player or banker comes back on a tie", () => {
    expect([PLAYER, BANKER, TIE, SUPER_SIX].map((position) => fateOf(position, tie))).toEqual(["push", "push", "won", "lost"]);
  });

  it("on super six wins only with the banker's six", () => {
    expect([PLAYER, BANKER, TIE, SUPER_SIX].map((position) => fateOf(position, six))).toEqual(["lost", "won", "lost", "won"]);
  });

  it("on a pair goes by that hand alone", () => {
    expect([PLAYER_PAIR, BANKER_PAIR].map((position) => fateOf(position, six))).toEqual(["won", "lost"]);
  });
});
