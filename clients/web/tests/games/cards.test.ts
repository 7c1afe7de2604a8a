import { describe, expect, it } from "vitest";
import { cardsText, faceOf, HIDDEN } from "../../src/games/shared/cards";

describe("a card", () => {
  it("is numbered by rank, then suit: spades, hearts, diamonds, clubs", () => {
    expect([0, 12, 13, 35, 51].map((card) => faceOf(card).name)).toEqual(["Ace of spades", "King of spades", "Ace of hearts", "Ten of diamonds", "King of clubs"]);
    expect([9, 22].map((card) => [faceOf(card).rank, faceOf(card).red])).toEqual([["10", false], ["10", true]]);
  });

  it("of another number is no card", () => {
    expect(() => faceOf(52)).toThrow(RangeError);
    expect(() => faceOf(HIDDEN)).toThrow(RangeError);
  });
});

it("cards are told in words, the hidden one as hidden", () => {
  expect(cardsText([0, HIDDEN])).toBe("Ace of spades and a hidden card");
  expect(cardsText([1, 14, 27])).toBe("Two of spades, Two of hearts and Two of diamonds");
  expect(cardsText([])).toBe("no cards");
});
