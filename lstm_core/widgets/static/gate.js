// The gate: f(kz) and its slope over a movable z; beside them what is left of a value
// that passes it T times, and the gradient that reaches the gate's own weights.

import { activation } from "./engine.js";
import { frame, grouped, handle, moveHandle, numbers } from "./frame.js";
import { h, raised, set, short, show, svg, write } from "./kit.js";
import { draggable, panel, pool, stage, steppable, tenth, ticks } from "./plot.js";
import { ROWS } from "./rows.js";

// ---- the arithmetic ----

// f(kz) and its derivative by z
export function sharpened({ function: name, k }) {
  const row = activation(name);
  return {
    value: (z) => row.value(k * z),
    d1: (z) => k * row.d1(k * z),
    kinks: row.kinks.map((u) => u / k),
    range: row.range,
  };
}

// c = 1 multiplied t times by f, and how it moves with z if f has this slope there
export const kept = (f, t) => f ** t;
export const reaching = (f, slope, t) => (t === 0 ? 0 : t * f ** (t - 1) * slope);

// Steps until half of a value's size is gone: never if |f| is 1 or more.
const halving = (f) => Math.LN2 / -Math.log(Math.abs(f));
export const halfLife = (f) => (Math.abs(f) < 1 ? halving(f) : Infinity);

// ---- words ----

const stem = (name) => name.replace(/\(.*/, "");

// σ(8z), tanh(2z), ReLU(z)
function gateName({ function: name, k }) {
  const given = /\((.*)\)$/.exec(name)?.[1];
  const label = ROWS[stem(name)].label;
  if (stem(name) === "sigmoid") return `σ(${k === 1 ? "" : short(k)}z)`;
  if (stem(name) === "tempered_sigmoid") return `σ(${short((given ?? 4) * k)}z)`;
  const full = given ? `${label} ${given}` : label;
  return k === 1 ? full : `${full} of ${short(k)}z`;
}

const exact = (v) => (Number.isInteger(v) ? short(v) : show(v));
// 0.99997 must not read as 1
const fraction = (f) => (f > 0.9995 && f < 1 ? `1 − ${show(1 - f)}` : exact(f));

function fate(f, T) {
  const size = Math.abs(f);
  const end = show(kept(f, T));
  const flips = f < 0 ? "no fraction: its sign flips at every step; " : "";
  if (f === 0) return "all of it is gone after one step";
  if (size === 1) return `${flips}nothing is ever forgotten`;
  if (size < 1) {
    const half = `half is gone after ${show(halfLife(f), 1)} steps`;
    return `${flips}${half}, ${end} is left after ${T}`;
  }
  const double = `doubled after ${show(-halving(f), 1)} steps`;
  const grows = `it grows, ${double}, ${end} after ${T}`;
  return `${flips || "no fraction: "}${grows}`;
}

function learning({ T, function: name }, f, slope) {
  if (slope === 0) {
    const where = name === "step" ? "0 on both sides of a switch" : "0 here";
    const nothing = "no gradient reaches its weights, nothing can be learnt through it";
    return `Its slope is ${where}: ${nothing}.`;
  }
  const whole = `${T} · f${raised(T - 1)} · slope = ${show(reaching(f, slope, T))}`;
  return [
    `Its slope is ${show(slope)}, and ∂c/∂z after ${T} steps is ${whole}:`,
    "what its own weights can learn from.",
  ].join(" ");
}

// ---- the figure ----

const VIEW = SPEC.fields.z.max;
const PLAIN = { function: "sigmoid", k: 1 };
const HEADINGS = [
  "the gate f over z",
  "its slope over z",
  "what is left of c = 1, by steps",
  "∂c/∂z, what it learns from",
];

function samples({ kinks }, k) {
  const zs = Array.from({ length: 161 }, (_, n) => VIEW * (n / 80 - 1));
  for (let u = -8; u <= 8; u += 0.25) if (Math.abs(u / k) < VIEW) zs.push(u / k);
  const clear = zs.filter((z) => !kinks.includes(z));
  for (const z of kinks) if (Math.abs(z) < VIEW) clear.push(z - 1e-9, z + 1e-9);
  return clear.sort((a, b) => a - b);
}

// Points [z, y, …] with the pen lifted at each kink, where a step would be a wall.
function traced(zs, f, kinks) {
  const points = [];
  zs.forEach((z, n) => {
    if (kinks.some((kink) => kink < z && kink > zs[n - 1])) points.push(z, NaN);
    points.push(z, f(z));
  });
  return points;
}

const between = (low, high) => (y) => y > low && y < high;
const heights = (points) => points.filter((y, n) => n % 2 && y === y);

function render(context) {
  const { put, get, slide, choose, controls, output, live } = frame(SPEC, context);
  const plain = sharpened(PLAIN);
  const isPlain = () => state.function === "sigmoid" && state.k === 1;
  let state, gate;

  // ---- the drawing ----
  const panels = HEADINGS.map(() => panel());
  const lines = panels.map((p) => pool(p.curves, () => svg("path")));
  const band = svg("rect", { fill: "var(--f)" });
  panels[0].shade.append(band);
  const rules = [0, 1].map(() => svg("line", { class: "cursor" }));
  const corner = svg("path", { class: "cursor", fill: "none" });
  const halves = svg("g", {}, corner, svg("text", { class: "tick" }));
  const grip = handle("z in the picture");
  const surfaces = [0, 1].map(() => svg("rect", { class: "surface" }));
  const picture = stage("Gate, slope, and what passes", drawAll);
  picture.element.append(
    ...rules, ...panels.map((p) => p.element), halves, ...surfaces, grip,
  );
  const look = { stroke: "var(--f-line)", "stroke-dasharray": "" };
  const dotted = { stroke: "var(--edge)", "stroke-dasharray": "2 3" };
  const beside = { ...dotted, style: "stroke-width:1.5" };

  function layout(width) {
    const wide = width >= 560;
    const across = wide ? (width - 114) / 2 : width - 54;
    const [high, apart] = wide ? [128, 170] : [104, 150];
    const boxes = panels.map((_, n) => ({
      left: wide && n > 1 ? across + 104 : 44,
      top: 26 + apart * (wide ? n % 2 : n),
      width: across,
      height: high,
    }));
    return { boxes, height: boxes[3].top + high + 34 };
  }

  function drawAll(width) {
    const { boxes, height } = layout(width);
    drawOver(boxes);
    drawThrough(boxes);
    drawPoint();
    return height;
  }

  // The gate and its slope, over z
  function drawOver(boxes) {
    ["value", "d1"].forEach((order, n) => {
      const p = panels[n];
      const points = traced(samples(gate, state.k), gate[order], gate.kinks);
      const ys = n === 0 ? fractions(points) : slopes(points);
      const yMarks = n === 0 ? [-1, 0, 1, 2].filter(between(...ys)) : ticks(...ys, 3);
      p.place(boxes[n], [-VIEW, VIEW], ys);
      p.axes({
        heading: HEADINGS[n],
        xMarks: ticks(-VIEW, VIEW, 4),
        yMarks,
        xLabels: true,
      });
      const [reference, curve] = lines[n](2);
      const usual = isPlain() ? [] : traced(samples(plain, 1), plain[order], []);
      set(reference, { d: p.path(usual), ...beside });
      set(curve, { d: p.path(points), ...look });
      const { left, top, width, height } = boxes[n];
      set(surfaces[n], { x: left, y: top - 10, width, height: height + 34 });
    });
    const { left, width } = boxes[0];
    const top = panels[0].y(1);
    set(band, { x: left, y: top, width, height: panels[0].y(0) - top });
  }
  const fractions = (points) => {
    const all = heights(points);
    const low = Math.max(-1.25, Math.min(-0.08, 1.08 * Math.min(...all)));
    return [low, Math.min(2.25, Math.max(1.08, ...all))];
  };
  const slopes = (points) => {
    const all = heights(points);
    const high = Math.max(0.27, ...all) * 1.08;
    return [Math.min(-0.08 * high, 1.08 * Math.min(...all)), high];
  };

  // What is left of c, and what reaches the weights, over steps
  function drawThrough(boxes) {
    const { z, T } = state;
    const [f, slope] = [gate.value(z), gate.d1(z)];
    const steps = Array.from({ length: T + 1 }, (_, t) => t);
    const left = steps.map((t) => kept(f, t));
    const moved = steps.map((t) => reaching(f, slope, t));
    const high = Math.abs(f) > 1 ? 4 : 1.08;
    const limits = [[f < 0 ? -high : -0.06, high], scale(moved)];
    [left, moved].forEach((values, k) => {
      const p = panels[k + 2];
      p.place(boxes[k + 2], [0, T], limits[k]);
      const yMarks = ticks(...limits[k], 3);
      const [heading, xMarks] = [HEADINGS[k + 2], ticks(0, T, 5)];
      p.axes({ heading, xMarks, yMarks, xLabels: true });
      const points = values.flatMap((v, t) => [t, v]);
      const [curve, dots] = lines[k + 2](2);
      const stroke = k === 0 ? "var(--c-line)" : "var(--f-line)";
      set(curve, { d: p.path(points), stroke });
      const style = "stroke-width:6;stroke-linecap:round";
      const near = (v) => tenth(Math.max(-99, Math.min(999, p.y(v))));
      const dot = (v, t) => `M${tenth(p.x(t))} ${near(v)}h0`;
      set(dots, { d: T > 60 ? "" : values.map(dot).join(""), stroke, style });
    });
    drawHalf(f);
  }
  // A scale that jumps rarely, so that a gradient of 0 is seen to be 0.
  const scale = (values) => {
    const sizes = values.map(Math.abs).filter(Number.isFinite);
    const top = Math.min(100, Math.max(0.4, ...sizes));
    const unit = 10 ** Math.floor(Math.log10(top));
    const round = [1, 2, 4, 10].find((m) => m * unit >= top * 0.999) * unit;
    return [Math.min(...values) < 0 ? -1.08 * round : -0.06 * round, 1.08 * round];
  };

  // Where half is gone
  function drawHalf(f) {
    const p = panels[2];
    const half = halfLife(f);
    const seen = f > 0 && half <= state.T;
    set(halves, { display: seen ? "" : "none" });
    if (!seen) return;
    const [x, y] = [p.x(half), p.y(0.5)];
    const [line, text] = halves.children;
    set(line, { d: `M${p.x(0)} ${y}H${x}V${p.y(0)}` });
    const anchor = half > 0.6 * state.T ? "end" : "start";
    set(text, { x: x + 5, y: y - 6, "text-anchor": anchor });
    write(text, `half after ${show(half, 1)}`);
  }

  function drawPoint() {
    const { z } = state;
    ["value", "d1"].forEach((order, n) => {
      const p = panels[n];
      const { top, end } = p.bounds();
      const [x, y] = [p.x(z), p.y(gate[order](z))];
      set(rules[n], { x1: x, x2: x, y1: top, y2: end });
      const seen = y >= top - 6 && y <= end + 6;
      const fill = look.stroke;
      const dot = svg("circle", { class: "dot", cx: x, cy: y, r: 5, fill });
      p.marks.replaceChildren(...(seen ? [dot] : []));
    });
    const p = panels[1];
    moveHandle(grip, p.x(z), p.bounds().end, [-VIEW, z, VIEW], `z = ${show(z, 2)}`);
  }

  const moveTo = (x) => {
    const z = Math.max(-VIEW, Math.min(VIEW, panels[0].from(x)));
    put({ z: Number(z.toFixed(2)) });
  };
  for (const part of [...surfaces, grip]) draggable(part, picture.element, moveTo);
  steppable(grip, {
    step: 0.1,
    page: 1,
    low: () => -VIEW,
    high: () => VIEW,
    get: () => get("z"),
    set: (z) => put({ z }),
  });

  // ---- the controls ----
  const two = (v) => show(v, 2);
  slide("z", "pre-activation z", two);
  slide("k", "sharpness k", two);
  slide("T", "steps T");
  choose("function", "gate", grouped());
  const table = numbers("Numbers at z", [4, 4, 4, 5, 6]);

  // ---- words ----
  function row(name, each, line) {
    const { z, T } = state;
    const [f, slope] = [each.value(z), each.d1(z)];
    const values = [f, slope, kept(f, T), reaching(f, slope, T)].map((v) => show(v));
    values.splice(2, 0, show(halfLife(f), 1));
    return { name, look: line, values };
  }

  function words() {
    const { z, T } = state;
    const [f, slope] = [gate.value(z), gate.d1(z)];
    const same = state.function === "sigmoid" && state.k === 2;
    const twin = " σ(2z) is (1 + tanh z)/2: tanh, moved into (0, 1), is a sigmoid.";
    const told = `At z = ${two(z)} the gate is f = ${fraction(f)}: ${fate(f, T)}.`;
    return `${told} ${learning(state, f, slope)}${same ? twin : ""}`;
  }

  function describe() {
    const [low, high] = gate.range;
    const leaves = "A gate should be a fraction, 0 to 1 (tinted); this one is not.";
    const area = "The area under its slope is 1: sharper is higher and narrower.";
    const fits = low === 0 && high === 1;
    const beside = isPlain() ? "" : " Dotted: σ(z).";
    const rise = state.function === "step" ? "It rises at one point." : area;
    const told = `${gateName(state)} as a gate, which c = 1 passes ${state.T} times.`;
    return `${told} ${fits ? rise : leaves}${beside}`;
  }

  function update(now) {
    state = now;
    gate = sharpened(state);
    picture.redraw();
    const rows = [row(gateName(state), gate, look), row("σ(z)", plain, beside)];
    const heads = ["gate", "f", "slope", "half-life", `c after ${state.T}`, "∂c/∂z"];
    table.show(heads, rows.slice(0, isPlain() ? 1 : 2));
    return [words(), describe()];
  }

  return live(
    picture,
    update,
    h("div", { class: "gates" }, controls.function.element),
    h("div", { class: "picture" }, picture.element),
    h("div", {}, ["z", "k", "T"].map((key) => controls[key].element)),
    output,
    table.element,
  );
}

export default { render };
