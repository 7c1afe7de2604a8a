import { useConnectionState } from "../../app/hooks";

/** Says over the cloth why nothing can be staked: no connection, or a table at rest. what: what is blocked. rest: what rests. */
export function ClothNote({ phase, what = "Betting", rest = "This table is paused." }: { phase: string; what?: string; rest?: string }) {
  const connection = useConnectionState();
  if (connection === "connected") {
    if (phase !== "paused") return null;
    return (
      <p className="cloth-note" role="status" data-testid="at-rest">
        {rest}
      </p>
    );
  }
  const moving = connection === "moving";
  return (
    <p className="cloth-note" role={moving ? "status" : "alert"} data-testid="betting-blocked">
      {moving
        ? "Moving to another server, one moment."
        : `${connection === "offline" ? "You are offline." : "Connecting again."} ${what} is not possible right now; bets already accepted stand.`}
    </p>
  );
}
