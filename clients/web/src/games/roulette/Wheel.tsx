import { useEffect, useRef, useState } from "react";
import type { RoundShow } from "../shared/useRoundShow";
import type { WheelView } from "./wheelView";

interface Props {
  wheel: readonly number[];
  red: ReadonlySet<number>;
  phase: string;
  number: number | null;
  show: RoundShow;
}

/** Holds the canvas. The wheel is decoration: the result stands beside it as text. PixiJS is fetched only here. */
export function Wheel({ wheel, red, phase, number, show }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<WheelView | null>(null);
  const [broken, setBroken] = useState(false);

  useEffect(() => {
    // A canvas whose context was given up cannot be drawn on again, so every view gets a canvas of its own.
    const box = frame.current;
    if (!box) return;
    const own = document.createElement("canvas");
    box.prepend(own);
    canvas.current = own;
    let gone = false;
    let made: WheelView | null = null;
    document.fonts
      .load('700 16px "Figtree Variable"', "0")
      .then(() => import("./wheelView"))
      .then(({ WheelView: View }) => View.create(own, box.clientWidth, wheel, red))
      .then(
        (ready) => {
          made = ready;
          if (gone) ready.destroy();
          else setView(ready);
        },
        () => setBroken(true), // no WebGL: the numbers tell all there is to know
      );
    return () => {
      gone = true;
      setView(null);
      made?.destroy();
      own.remove();
    };
  }, [wheel, red]);

  useEffect(() => {
    const box = frame.current;
    if (!view || !box) return;
    const observer = new ResizeObserver(() => view.resize(box.clientWidth));
    observer.observe(box);
    return () => observer.disconnect();
  }, [view]);

  const { rolling, rollMs, key } = show;
  const lands = rolling && rollMs > 0;
  useEffect(() => {
    if (!view) return;
    if (lands && number !== null) view.land(number, rollMs / 1000);
    else if (phase === "closed") view.spin();
    else view.show(number);
  }, [view, lands, key, phase === "closed", number, Math.round(rollMs / 400)]);

  return (
    <div ref={frame} className={`wheel ${broken ? "wheel-broken" : ""}`} aria-hidden="true" data-testid="wheel" data-ready={view !== null}>
      {broken && <span>{number ?? ""}</span>}
    </div>
  );
}
