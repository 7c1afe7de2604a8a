/**
 * The wheel and its ball, drawn by PixiJS. The result is never decided here: the ball is led to the number it is told.
 *
 * Modes of the ball:  rest --spin--> orbit --land--> landing --time--> rest
 * Nothing is drawn while nothing moves, so an idle table costs no power.
 */
import "pixi.js/unsafe-eval"; // shaders without eval, as the content security policy demands
import { Application, Container, FillGradient, Graphics, Text } from "pixi.js";
import { type Colour, colourOf } from "./geometry";

const TAU = 2 * Math.PI;
/** All lengths are in units of a wheel of radius 200. */
const RADIUS = 200;
const ORBIT = 172;
const POCKET = 101;
const BALL = 6.5;
/** Texels for each unit of length in the cached parts. */
const TEXTURE_SCALE = 2;
const ROTOR_RAD_S = 0.85;
const ORBIT_RAD_S = 6.2;
/** How long the rotor takes to stop after the ball lies. */
const COAST_S = 5;

const COLOURS: Record<Colour, number> = { red: 0xa92d36, black: 0x17191b, green: 0x1f8159 };
const BRASS = 0xd9b46c;
const IVORY = 0xf6eedd;

type Mode =
  | { readonly kind: "rest"; readonly number: number | null }
  | { readonly kind: "orbit" }
  | { readonly kind: "landing"; readonly number: number; readonly fromRel: number; readonly turn: number; done: number; durationS: number };

export class WheelView {
  private readonly app = new Application();
  private readonly rotor = new Container();
  private readonly ball = new Container();
  private readonly scene = new Container();
  private mode: Mode = { kind: "rest", number: null };
  private rotorAngle = 0;
  private rotorSpeed = 0;
  private ballAngle = 0;
  private frame = 0;
  private lastMs = 0;
  private dead = false;

  private constructor(
    private readonly wheel: readonly number[],
    private readonly red: ReadonlySet<number>,
  ) {}

  /** Draws into the canvas. Rejects where the browser has neither WebGL nor WebGPU. */
  static async create(canvas: HTMLCanvasElement, sizePx: number, wheel: readonly number[], red: ReadonlySet<number>): Promise<WheelView> {
    const view = new WheelView(wheel, red);
    await view.app.init({
      canvas,
      width: sizePx,
      height: sizePx,
      backgroundAlpha: 0,
      antialias: false, // the cached parts are smoothed when they are drawn
      autoDensity: true,
      resolution: Math.min(2, devicePixelRatio || 1),
      preference: "webgl",
      autoStart: false,
      sharedTicker: false,
      eventMode: "none",
    } as Parameters<Application["init"]>[0]);
    view.build();
    view.resize(sizePx);
    return view;
  }

  resize(sizePx: number): void {
    if (this.dead || sizePx <= 0) return;
    this.app.renderer.resize(sizePx, sizePx);
    this.scene.position.set(sizePx / 2);
    this.scene.scale.set(sizePx / 2 / RADIUS);
    this.wake();
  }

  /** The ball lies in this pocket, or is not there. */
  show(number: number | null): void {
    this.mode = { kind: "rest", number };
    this.wake();
  }

  /** The ball runs along the rim until `land`. */
  spin(): void {
    if (this.mode.kind === "orbit") return;
    this.mode = { kind: "orbit" };
    this.wake();
  }

  /** The ball falls into this pocket within so many seconds. */
  land(number: number, durationS: number): void {
    const rel = this.ballAngle - this.rotorAngle - this.pocketAngle(number);
    const fromRel = ((rel % TAU) + TAU) % TAU;
    // Turns chosen so that the ball starts at about the speed it orbits with: the easing starts at 3 * way / time.
    const turns = Math.max(1, Math.round((((ORBIT_RAD_S + ROTOR_RAD_S) * durationS) / 3 - fromRel) / TAU));
    this.mode = { kind: "landing", number, fromRel, turn: fromRel + turns * TAU, done: 0, durationS: Math.max(0.05, durationS) };
    this.wake();
  }

  destroy(): void {
    this.dead = true;
    cancelAnimationFrame(this.frame);
    this.app.destroy({ removeView: false }, { children: true, texture: true });
  }

  private pocketAngle(number: number): number {
    return (this.wheel.indexOf(number) * TAU) / this.wheel.length;
  }

  // --- motion -------------------------------------------------------------------------------------------------------

  private wake(): void {
    if (this.dead || this.frame !== 0) return;
    this.lastMs = performance.now();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(nowMs: number): void {
    this.frame = 0;
    if (this.dead) return;
    const dt = Math.min(0.1, Math.max(0, (nowMs - this.lastMs) / 1000));
    this.lastMs = nowMs;
    this.move(dt);
    this.app.render();
    if (this.mode.kind !== "rest" || this.rotorSpeed > 0) this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private move(dt: number): void {
    const rolling = this.mode.kind !== "rest";
    this.rotorSpeed = rolling
      ? Math.min(ROTOR_RAD_S, this.rotorSpeed + ROTOR_RAD_S * dt * 2)
      : Math.max(0, this.rotorSpeed - (ROTOR_RAD_S / COAST_S) * dt);
    this.rotorAngle = (this.rotorAngle + this.rotorSpeed * dt) % TAU;
    this.rotor.rotation = this.rotorAngle;
    this.ball.visible = !(this.mode.kind === "rest" && this.mode.number === null);
    const radius = this.moveBall(dt);
    this.ball.position.set(Math.sin(this.ballAngle) * radius, -Math.cos(this.ballAngle) * radius);
  }

  /** Sets the ball's angle and returns its distance from the centre. */
  private moveBall(dt: number): number {
    const { mode } = this;
    switch (mode.kind) {
      case "rest":
        this.ballAngle = this.rotorAngle + this.pocketAngle(mode.number ?? 0);
        return POCKET;
      case "orbit":
        this.ballAngle -= ORBIT_RAD_S * dt;
        return ORBIT;
      case "landing": {
        mode.done = Math.min(1, mode.done + dt / mode.durationS);
        const left = (1 - mode.done) ** 3;
        this.ballAngle = this.rotorAngle + this.pocketAngle(mode.number) + mode.turn * left;
        if (mode.done >= 1) this.mode = { kind: "rest", number: mode.number };
        return fallingRadius(mode.done);
      }
    }
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  private build(): void {
    const still = new Container();
    still.addChild(drawBowl(), drawDeflectors());
    this.rotor.addChild(this.drawPockets(), ...this.drawNumbers(), drawHub());
    this.scene.addChild(still, this.rotor, this.ball);
    this.ball.addChild(
      new Graphics().circle(1.5, 2.5, BALL).fill({ color: 0x000000, alpha: 0.45 }),
      new Graphics().circle(0, 0, BALL).fill(IVORY).circle(-2, -2, 2.2).fill(0xffffff),
    );
    // Drawn once into textures: a frame is then three pictures, which even a machine without a graphics card can do.
    for (const part of [still, this.rotor, this.ball]) part.cacheAsTexture({ resolution: TEXTURE_SCALE, antialias: true });
    this.app.stage.addChild(this.scene);
  }

  private drawPockets(): Graphics {
    const g = new Graphics();
    const step = TAU / this.wheel.length;
    this.wheel.forEach((number, index) => {
      const from = index * step - step / 2 - Math.PI / 2;
      const colour = COLOURS[colourOf(number, this.red)];
      g.moveTo(0, 0).arc(0, 0, 148, from, from + step).closePath().fill(colour);
      g.moveTo(0, 0).arc(0, 0, 117, from, from + step).closePath().fill({ color: 0x000000, alpha: 0.34 });
    });
    this.wheel.forEach((_, index) => {
      const angle = index * step - step / 2;
      g.moveTo(Math.sin(angle) * 84, -Math.cos(angle) * 84).lineTo(Math.sin(angle) * 148, -Math.cos(angle) * 148);
    });
    g.stroke({ width: 1.6, color: BRASS, alpha: 0.85 });
    g.circle(0, 0, 148).stroke({ width: 3, color: BRASS });
    g.circle(0, 0, 117).stroke({ width: 1.4, color: BRASS, alpha: 0.7 });
    return g;
  }

  private drawNumbers(): Container[] {
    return this.wheel.map((number) => {
      const label = new Text({
        text: String(number),
        style: { fontFamily: "Figtree Variable, Arial, sans-serif", fontSize: 34, fontWeight: "700", fill: IVORY },
      });
      label.anchor.set(0.5);
      label.scale.set(0.47); // drawn large and scaled down: sharp at any size
      const angle = this.pocketAngle(number);
      label.position.set(Math.sin(angle) * 132.5, -Math.cos(angle) * 132.5);
      label.rotation = angle;
      return label;
    });
  }
}

/** The way from the rim over the rotor's edge into the pocket, with two small leaps. done: 0 .. 1. */
function fallingRadius(done: number): number {
  if (done < 0.5) return ORBIT;
  const fall = (done - 0.5) / 0.5;
  const way = ORBIT - (ORBIT - POCKET) * Math.min(1, fall * 1.35) ** 1.6;
  const leap = fall > 0.45 ? Math.abs(Math.sin((fall - 0.45) * 11.4)) * 26 * (1 - fall) ** 1.4 : 0;
  return way + leap;
}

function radial(radius: number, stops: readonly [number, string][]): FillGradient {
  const gradient = new FillGradient({
    type: "radial",
    center: { x: 0, y: 0 },
    innerRadius: 0,
    outerCenter: { x: 0, y: 0 },
    outerRadius: radius,
    textureSpace: "global",
    colorStops: stops.map(([offset, color]) => ({ offset, color })),
  });
  return gradient;
}

function drawBowl(): Graphics {
  const wood = radial(RADIUS, [
    [0, "#5b2f1e"],
    [0.74, "#4a2416"],
    [0.8, "#6a3a24"],
    [0.9, "#4d2717"],
    [0.97, "#2a150d"],
    [1, "#1a0d08"],
  ]);
  return new Graphics()
    .circle(0, 0, 198)
    .fill(wood)
    .circle(0, 0, 197)
    .stroke({ width: 3, color: BRASS, alpha: 0.9 })
    .circle(0, 0, 184)
    .stroke({ width: 1.5, color: 0x000000, alpha: 0.5 })
    .circle(0, 0, 152)
    .fill({ color: 0x120a07, alpha: 0.8 });
}

function drawDeflectors(): Graphics {
  const g = new Graphics();
  for (let i = 0; i < 8; i += 1) {
    const angle = (i * TAU) / 8 + TAU / 16;
    const [sin, cos] = [Math.sin(angle), -Math.cos(angle)];
    const along = i % 2 === 0 ? [8, 3] : [3, 8];
    const [r, t] = along as [number, number];
    g.poly([sin * (162 + r), cos * (162 + r), sin * 162 - cos * t, cos * 162 + sin * t, sin * (162 - r), cos * (162 - r), sin * 162 + cos * t, cos * 162 - sin * t]);
  }
  return g.fill(0xe8cf97).stroke({ width: 0.8, color: 0x6b4f1d });
}

function drawHub(): Container {
  const hub = new Container();
  const bowl = radial(86, [
    [0, "#8a5a34"],
    [0.35, "#6b3d22"],
    [0.8, "#3d1f12"],
    [1, "#241109"],
  ]);
  const g = new Graphics().circle(0, 0, 85).fill(bowl).stroke({ width: 2.5, color: BRASS });
  for (let i = 0; i < 4; i += 1) {
    const angle = (i * TAU) / 4;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    g.moveTo(0, 0).lineTo(sin * 42, cos * 42);
  }
  g.stroke({ width: 6, color: 0xb98f45, cap: "round" });
  for (let i = 0; i < 4; i += 1) {
    const angle = (i * TAU) / 4;
    g.circle(Math.sin(angle) * 44, Math.cos(angle) * 44, 6.5);
  }
  g.fill(0xe6c98c).stroke({ width: 1, color: 0x6b4f1d });
  g.circle(0, 0, 20).fill(0xc49a4e).stroke({ width: 2, color: 0x6b4f1d });
  g.circle(-3, -3, 10).fill({ color: 0xf4dfae, alpha: 0.8 });
  hub.addChild(g);
  return hub;
}
