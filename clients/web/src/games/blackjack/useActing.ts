/** The controller of what I do with my hands; it lives as long as the table is shown. */
import { useMemo, useState } from "react";
import { useSession } from "../../app/hooks";
import { refusalText } from "../../app/words";
import { ActController } from "./acting";

export function useActing(): ActController {
  const session = useSession();
  const [, setVersion] = useState(0);
  return useMemo(
    () =>
      new ActController(
        {
          request: session.request.bind(session),
          snapshot: () => session.get().table?.snapshot ?? null,
          connected: () => session.get().status === "connected",
          serverNow: () => session.serverNow(),
          newId: session.newId,
        },
        {
          changed: () => setVersion((before) => before + 1),
          refused: (refusal) => session.toast("error", refusalText(refusal), refusal.name),
        },
      ),
    [session],
  );
}
