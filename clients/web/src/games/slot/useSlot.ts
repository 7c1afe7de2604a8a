/** The controller of an instant game's page; it lives as long as the page. */
import { useEffect, useMemo, useState } from "react";
import { useApp, useMedia, useSession } from "../../app/hooks";
import { refusalText } from "../../app/words";
import { SlotController } from "./controller";
import type { SlotRules } from "./machine";
import { seenSpin, shownMs } from "./show";

const MEMORY = "croupier.spin.";

export function useSlot(rules: SlotRules): SlotController {
  const session = useSession();
  const [, setVersion] = useState(0);
  const connected = useApp((state) => state.status === "connected");
  const lessMotion = useMedia("(prefers-reduced-motion: reduce)");
  const player = useApp((state) => state.player?.player_id ?? 0);
  const controller = useMemo(() => {
    const key = `${MEMORY}${rules.game}.${player}`;
    return new SlotController(
      {
        request: session.request.bind(session),
        connected: () => session.get().status === "connected",
        availableMinor: () => session.get().account?.money.available_minor ?? 0,
        serverNow: () => session.serverNow(),
        newId: session.newId,
        setTimer: (run, ms) => setTimeout(run, ms),
        clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
        recall: () => sessionStorage.getItem(key),
        remember: (text) => (text === null ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, text)),
      },
      rules,
      {
        changed: () => setVersion((before) => before + 1),
        refused: (refusal) => session.toast("error", refusalText(refusal), refusal.name),
        revealed: (round) => session.reveal(round),
      },
    );
  }, [session, rules, player]);
  useEffect(() => () => controller.dispose(), [controller]);
  useEffect(() => {
    if (connected) controller.connected();
  }, [controller, connected]);
  useEffect(() => {
    session.setSuspense(!lessMotion);
    return () => session.setSuspense(false);
  }, [session, lessMotion]);

  // The show goes on by itself: a free spin follows when the win before it was seen.
  const show = controller.show();
  const spin = show.at === "landing" || show.at === "shown" ? show.spin : -1;
  useEffect(() => {
    session.holdOn();
    if (show.at === "landing" && lessMotion) controller.step({ t: "landed" });
    const seen = show.at === "shown" ? seenSpin(show) : null;
    if (seen === null) return;
    const timer = setTimeout(() => controller.step({ t: "next" }), shownMs(seen));
    return () => clearTimeout(timer);
  }, [session, controller, show.at, spin, lessMotion]);
  return controller;
}
