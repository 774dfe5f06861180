// Between layers: what layer 1 hands up, what of it arrives at layer 2 behind a
// function, and what of the gradient comes back: a bar for each unit and step.

import { Draws } from "./draws.js";
import { activation, backward, forward, lstm } from "./engine.js";
import { frame, grouped, handle, moveHandle, numbers } from "./frame.js";
import {
  button, h, numberField, percent, range, set, short, show, svg,
} from "./kit.js";
import { draggable, panel, stage, steppable, tenth } from "./plot.js";
import { ROWS } from "./rows.js";

const { text: TEXT, inputs: INPUTS } = SPEC;
const T = INPUTS.length;
const cell = lstm({
  i: "sigmoid", f: "sigmoid", o: "sigmoid", candidate: "tanh", output: "tanh",
});

// ---- the arithmetic ----

// A layer's weights as LSTM().init(draws, D, H) draws them, W and U times the gain.
function layer(draws, D, H, gain) {
  const limit = 1 / Math.sqrt(H);
  const row = () => range(H).map(() => gain * draws.uniform(-limit, limit));
  const gate = (bias) => ({
    W: range(D).map(row), U: range(H).map(row), b: range(H).map(() => bias),
  });
  return { i: gate(0), f: gate(1), o: gate(0), g: gate(0) };
}

// Both layers, {before, after: h and what arrives; above, below: the gradient of what
// arrives and of h}, each a list of T lists of H; L is the sum of the last outputs.
export function pass({ H, gain, seed }, name) {
  const between = activation(name);
  const draws = new Draws(seed);
  const [low, high] = [layer(draws, 1, H, gain), layer(draws, H, H, 1)];
  const zeros = range(H).map(() => 0);
  const start = { h: zeros, c: zeros };
  const before = forward(cell, low, INPUTS.map((x) => [x]), start).hs;
  const after = before.map((row) => row.map(between.value));
  const { trace } = forward(cell, high, after, start);
  const dhs = range(T).map((t) => zeros.map(() => (t === T - 1 ? 1 : 0)));
  const above = backward(cell, high, trace, dhs, start).dxs;
  const below = above.map((row, t) =>
    row.map((d, k) => d * between.d1(before[t][k])),
  );
  return { before, after, above, below };
}

const length = (rows) => Math.hypot(...rows.flat());

// How many arrive as 0, and with the other sign; which shares of length are left.
export function measure({ before, after, above, below }) {
  const was = before.flat();
  const is = after.flat();
  const count = (test) => was.filter((v, k) => test(v, is[k])).length;
  return {
    total: was.length,
    deleted: count((v, now) => v !== 0 && now === 0),
    turned: count((v, now) => v * now < 0),
    size: length(after) / length(before),
    gradient: length(below) / length(above),
  };
}

// ---- the figure ----

const label = (name) =>
  name === "identity" ? "nothing" : (ROWS[name]?.label ?? name.replace("_", " "));
const times = (v) => (v > 1.0005 ? `${show(v, 1)} times` : percent(v));
const PANELS = [
  { heading: "h of layer 1; full: what arrives", keys: ["before", "after"] },
  { heading: "∂L/∂arriving; full: ∂L/∂h", keys: ["above", "below"] },
];
const COMPARED = ["identity", "tanh", "relu"];

function render(context) {
  const { put, get, slide, choose, controls, output, live } = frame(SPEC, context);
  let state, found, unit;
  let passed = {}; // for each function the result and its measures
  let drawn = "";

  const panels = PANELS.map(() => panel());
  const bars = panels.map((p) => {
    const full = svg("path", { fill: "var(--h-line)" });
    const outline = svg("path", { style: "stroke-width:1", stroke: "var(--ink)" });
    p.shade.append(full);
    p.curves.append(outline);
    return [outline, full];
  });
  const marks = panels.map(() =>
    svg("rect", { fill: "none", stroke: "var(--ink)", "stroke-width": 1.5 }),
  );
  const surfaces = panels.map(() => svg("rect", { class: "surface" }));
  const grip = handle("step in the picture");
  const picture = stage("What layer 1 hands up, and what comes back", drawAll);
  picture.element.append(
    ...panels.map((p) => p.element), ...marks, ...surfaces, grip,
  );

  function drawAll(width) {
    const wide = width >= 620;
    const row = 30;
    const across = wide ? (width - 80) / 2 : width - 40;
    panels.forEach((p, n) => {
      const left = 28 + (wide ? n * (across + 44) : 0);
      const top = 26 + (wide ? 0 : n * (row * state.H + 60));
      const box = { left, top, width: across, height: row * state.H };
      p.place(box, [0.5, T + 0.5], [0, state.H]);
      p.axes({
        heading: PANELS[n].heading,
        xMarks: range(T).map((t) => t + 1),
        yMarks: range(state.H).map((k) => k + 0.5),
        xLabels: true,
        say: (t) => TEXT[t - 1],
        sayY: (y) => short(state.H - y + 0.5),
      });
      drawBars(p, bars[n], PANELS[n].keys.map((key) => found[key]));
      set(surfaces[n], { x: left, y: top, width: across, height: box.height + 20 });
    });
    drawMark();
    return panels[1].bounds().end + 40;
  }

  // One path for all bars of a kind; the longest of both kinds fills its unit's row.
  function drawBars(p, paths, kinds) {
    const half = 0.36 * (p.x(1) - p.x(0));
    const sizes = range(state.H).map((k) => {
      const all = kinds.flat().map((row) => Math.abs(row[k]));
      return (0.44 * (p.y(0) - p.y(1))) / Math.max(1e-300, ...all);
    });
    kinds.forEach((rows, n) => {
      const d = rows.flatMap((row, t) =>
        row.map((v, k) => {
          if (v === 0) return "";
          const [x, y] = [tenth(p.x(t + 1) - half), tenth(p.y(state.H - k - 0.5))];
          const [across, up] = [tenth(2 * half), tenth(sizes[k] * v)];
          return `M${x} ${y}h${across}v${-up}h${-across}z`;
        }),
      );
      set(paths[n], { d: d.join("") });
    });
  }

  function drawMark() {
    panels.forEach((p, n) => {
      const [x, y] = [p.x(state.t - 0.5), p.y(state.H - unit + 1)];
      const size = { width: tenth(p.x(1) - p.x(0)), height: tenth(p.y(0) - p.y(1)) };
      set(marks[n], { x: tenth(x), y: tenth(y), ...size });
    });
    const { end } = panels[0].bounds();
    const said = `step ${state.t} of ${T}`;
    moveHandle(grip, tenth(panels[0].x(state.t)), end + 26, [1, state.t, T], said);
  }

  surfaces.forEach((surface, n) =>
    draggable(surface, picture.element, (x, y) => {
      const { top, height } = panels[n].bounds();
      const row = 1 + Math.floor(((y - top) / height) * state.H);
      put({ t: near(panels[n].from(x)), unit: Math.max(1, Math.min(state.H, row)) });
    }),
  );
  draggable(grip, picture.element, (x) => put({ t: near(panels[0].from(x)) }));
  const near = (t) => Math.max(1, Math.min(T, Math.round(t)));
  steppable(grip, {
    step: 1, page: 2, low: () => 1, high: () => T, get: () => get("t"),
    set: (t) => put({ t }),
  });

  // ---- the controls ----
  choose("between", "between the layers", grouped(label));
  slide("gain", "weights times");
  slide("H", "units H");
  slide("t", "step t");
  slide("unit", "unit told");
  const seeded = (seed) => put({ seed });
  controls.seed = numberField({ label: "seed", ...SPEC.fields.seed, input: seeded });
  controls.seed.element.classList.add("together");
  const another = button("Other weights", () =>
    put({ seed: (get("seed") + 1) % (SPEC.fields.seed.max + 1) }),
  );
  const table = numbers("What passes", [4, 4, 4, 4]);

  // ---- words ----
  function told() {
    const [was, is, above, below] = ["before", "after", "above", "below"].map((key) =>
      show(found[key][state.t - 1][unit - 1]),
    );
    const place = `Unit ${unit} at step ${state.t}, ${TEXT[state.t - 1]}`;
    const back = `a gradient of ${above} there comes back as ${below}`;
    return `${place}: h = ${was} arrives as ${is}, and ${back}.`;
  }

  function words() {
    const { total, deleted, turned, size, gradient } = passed[state.between].measures;
    if (state.between === "identity") {
      const all = `All ${total} numbers that layer 1 hands up arrive as they are`;
      return `${all}, and all of the gradient comes back. They are squashed already.`;
    }
    const gone = deleted
      ? `deletes ${deleted} of ${total} numbers (${percent(deleted / total)})`
      : `deletes none of ${total} numbers`;
    const flips = turned ? `, and ${turned} arrive with the other sign` : "";
    const why = deleted && gradient < 1 ? ", none to what was deleted" : "";
    const much = (v, what) => times(v) + (v > 1.0005 ? ` ${what}` : ` of ${what}`);
    const [there, back] = [much(size, "h"), much(gradient, "its gradient")];
    return [
      `Between the layers, ${label(state.between)} ${gone}${flips}. By length,`,
      `${there} arrives and ${back} comes back${why}.`,
    ].join(" ");
  }

  function describe() {
    const between = label(state.between);
    const times = `, those of layer 1 times ${short(state.gain)}`;
    const gain = state.gain === 1 ? "" : times;
    return [
      `Two layers of ${state.H} units read ${TEXT}, ${between} between them: untrained`,
      `weights of seed ${state.seed}${gain}. A bar is one unit at one step, up is`,
      "positive, each unit on its own scale; a bar without filling is gone. L is the",
      "sum of layer 2's last outputs; its gradient comes down through the function.",
    ].join(" ");
  }

  function compute() {
    const key = JSON.stringify([state.H, state.gain, state.seed]);
    if (key !== drawn) passed = {};
    drawn = key;
    for (const name of [...COMPARED, state.between]) {
      if (passed[name]) continue;
      const result = pass(state, name);
      passed[name] = { ...result, measures: measure(result) };
    }
    found = passed[state.between];
  }

  function update(now) {
    state = now;
    unit = Math.min(state.unit, state.H);
    compute();
    picture.redraw();
    set(controls.unit.range, { max: state.H });
    controls.unit.show(unit);
    const rows = [...new Set([...COMPARED, state.between])].map((name) => {
      const { deleted, turned, size, gradient } = passed[name].measures;
      const mine = name === state.between;
      const look = { stroke: mine ? "var(--h-line)" : "var(--hair)" };
      const values = [`${deleted}`, `${turned}`, times(size), times(gradient)];
      return { look, name: label(name) + (mine ? " (shown)" : ""), values };
    });
    table.show(["between", "deleted", "sign turned", "length left", "gradient"], rows);
    return [`${words()} ${told()}`, describe()];
  }

  const of = (...keys) => keys.map((key) => controls[key].element);
  return live(
    picture,
    update,
    h("div", { class: "gates" }, of("between")),
    h("div", { class: "picture" }, picture.element),
    h("div", {}, of("t", "unit", "gain", "H")),
    output,
    table.element,
    h("div", { class: "together" }, of("seed"), another),
  );
}

export default { render };
