/** Keys of the dealer's desk: they work wherever the focus is, except in a field for text and over a dialog. */
import { useEffect, useRef } from "react";

/** Calls onKey with every key; it says whether that meant something here. */
export function useDeskKeys(onKey: (key: string) => boolean): void {
  const now = useRef(onKey);
  now.current = onKey;
  useEffect(() => {
    function listen(event: KeyboardEvent): void {
      const typing = event.target instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (now.current(event.key)) event.preventDefault();
    }
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
