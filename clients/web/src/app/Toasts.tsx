import { useApp, useSession } from "./hooks";
import { CloseIcon } from "./icons";

/** Messages that pass. Errors carry their code, so that a person can quote it. */
export function Toasts() {
  const session = useSession();
  const toasts = useApp((state) => state.toasts);
  return (
    <div className="toasts" aria-live="polite" role="status">
      {toasts.map((toast) => (
        <div key={toast.id} className={`toast toast-${toast.tone}`} data-testid={`${toast.tone}-toast`} data-code={toast.code}>
          <span>{toast.text}</span>
          {toast.code !== "" && <code>{toast.code}</code>}
          <button type="button" className="button quiet round small" aria-label="Dismiss" onClick={() => session.dismiss(toast.id)}>
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
