import { describe, expect, it } from "vitest";
import { gameOf, titleOf, VIEWS, viewOf } from "../../src/games/registry";

describe("the registry", () => {
  it("names every game once", () => {
    const names = VIEWS.flatMap((view) => view.games.map((game) => game.name));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(VIEWS.map((view) => [view.title, view] as const))("%s has a table or a page of its own", (_, view) => {
    expect(view.Table ?? view.Instant).toBeDefined();
    for (const game of view.games) expect(viewOf(game.name)).toBe(view);
  });

  it("knows no view of a game that it never heard of", () => {
    expect(viewOf("tiddlywinks")).toBeNull();
    expect(titleOf("tiddlywinks")).toBe("tiddlywinks");
  });

  it("tells which game a page is about", () => {
    expect(gameOf("/table/x", "baccarat")).toBe("baccarat");
    expect(gameOf("/play/slot", "")).toBe("slot");
    expect(gameOf("/rules/crash", "roulette")).toBe("crash");
    expect(gameOf("/lobby", "baccarat")).toBe("roulette");
    expect(gameOf("/table/x", "")).toBe("roulette");
  });
});
