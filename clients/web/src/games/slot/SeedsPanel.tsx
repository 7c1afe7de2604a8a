import { useState } from "react";
import { Link } from "wouter";
import { Dialog } from "../../app/Dialog";
import { isClientSeed, type SlotController } from "./controller";

/** A client seed for people who do not care to invent one. It only has to be theirs, not secret. */
function suggestion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function RotateDialog({ controller, busy, onClose }: { controller: SlotController; busy: boolean; onClose: () => void }) {
  const [text, setText] = useState(suggestion);
  const sound = isClientSeed(text);
  return (
    <Dialog title="Reveal my seeds" testId="rotate-dialog" onClose={onClose}>
      <p>
        The server's seed of your rounds so far is shown to you, so that you can check each of them. The next one, whose commitment you see already, comes into use together with the client seed that you
        choose here.
      </p>
      <form
        className="seeds-form"
        onSubmit={(event) => {
          event.preventDefault();
          void controller.rotate(text).then((done) => done && onClose());
        }}
      >
        <label className="field">
          <span>Your client seed</span>
          <input value={text} maxLength={64} spellCheck={false} autoComplete="off" data-testid="client-seed-input" aria-invalid={!sound} onChange={(event) => setText(event.target.value)} />
          <small>1 to 64 letters, digits or signs, without blanks and colons.</small>
        </label>
        <div className="dialog-actions">
          <button type="submit" className="button primary" data-testid="rotate-submit" disabled={!sound || busy || controller.isRotating()}>
            Reveal and go on
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What my rounds are drawn from: committed to before, told after. */
export function SeedsPanel({ controller, game, busy }: { controller: SlotController; game: string; busy: boolean }) {
  const [rotate, setRotate] = useState(false);
  const seeds = controller.fairness();
  return (
    <section className="panel seeds" aria-labelledby="seeds-title" data-testid="seeds">
      <h3 id="seeds-title">Provable fairness</h3>
      {seeds === null ? (
        <p className="faint" role="status">
          Asking for your seeds…
        </p>
      ) : (
        <>
          <dl className="seeds-list">
            <div>
              <dt>Commitment to the server's seed</dt>
              <dd>
                <code data-testid="commitment">{seeds.commitment}</code>
              </dd>
            </div>
            <div>
              <dt>Your client seed</dt>
              <dd>
                <code data-testid="client-seed">{seeds.clientSeed}</code>
              </dd>
            </div>
            <div>
              <dt>Next round's nonce</dt>
              <dd data-testid="nonce" data-nonce={seeds.nonce}>
                {seeds.nonce}
              </dd>
            </div>
            <div>
              <dt>Commitment to the seed after it</dt>
              <dd>
                <code data-testid="next-commitment">{seeds.nextCommitment}</code>
              </dd>
            </div>
          </dl>
          <button type="button" className="button small" data-testid="rotate-open" disabled={busy || controller.isRotating()} onClick={() => setRotate(true)}>
            Reveal and change seeds
          </button>
          {seeds.revealed.length > 0 && (
            <details className="seeds-old" data-testid="revealed">
              <summary>Revealed seeds ({seeds.revealed.length})</summary>
              <ul className="plain">
                {seeds.revealed.map((pair) => (
                  <li key={pair.commitment} data-testid="revealed-seed" data-seed={pair.server_seed} data-rounds={pair.rounds}>
                    <code>{pair.server_seed}</code> with <code>{pair.client_seed}</code>, {pair.rounds === 1 ? "1 round" : `${pair.rounds} rounds`}.{" "}
                    <Link href={`/verify?${new URLSearchParams({ game, commitment: pair.commitment, seed: pair.server_seed, client_seed: pair.client_seed })}`}>Check</Link>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
      {rotate && <RotateDialog controller={controller} busy={busy} onClose={() => setRotate(false)} />}
    </section>
  );
}
