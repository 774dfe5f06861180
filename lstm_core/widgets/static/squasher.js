// The squasher: value, slope and curvature of activations over one movable point.

import { activation, NAMES } from "./engine.js";
import { frame, handle, moveHandle, numbers, swatch } from "./frame.js";
import { h, numberField, percent, set, short, show, slider, svg, write } from "./kit.js";
import { draggable, panel, pool, stage, steppable, ticks } from "./plot.js";
import { GROUPS, ROWS } from "./rows.js";

// ---- what is drawn: f(gain z + shift) and its derivatives by z ----

const ORDERS = ["value", "d1", "d2"];
const HEADINGS = ["value", "slope: first derivative", "curvature: second derivative"];

const ordinal = (n) => {
  const teen = n % 100 > 10 && n % 100 < 14;
  return (!teen && ["th", "st", "nd", "rd"][n % 10]) || "th";
};

const stem = (name) => name.replace(/\(.*/, "");

function look(name) {
  const { hue, dash } = ROWS[stem(name)];
  return { stroke: `var(--${hue})`, "stroke-dasharray": dash };
}

export function labelOf(name, { k, slope }) {
  const given = /\((.*)\)$/.exec(name)?.[1];
  if (stem(name) === "tempered_sigmoid") return `σ(${given ?? short(k)}z)`;
  if (stem(name) === "leaky_relu") return `leaky ReLU ${given ?? short(slope)}`;
  return ROWS[name].label;
}

export function composed(name, state) {
  const plain = { tempered_sigmoid: state.k, leaky_relu: state.slope }[name];
  const row = activation(plain === undefined ? name : `${name}(${plain})`);
  const { gain, shift } = state;
  const inner = (z) => gain * z + shift;
  return {
    name,
    row,
    value: (z) => row.value(inner(z)),
    d1: (z) => gain * row.d1(inner(z)),
    d2: (z) => gain * gain * row.d2(inner(z)),
    kinks: row.kinks.map((u) => (u - shift) / gain),
    steepest: gain * row.steepest,
  };
}

// ---- where it is alive: |slope| at least a share of its maximum ----

const FAR = 32;
const STEP = 1 / 128; // narrower than the bands around the crests of a sine at 0.5 %

// Ends of the intervals, in z; those at infinity included.
export function aliveIntervals(f, share, gain, shift) {
  return aliveEdges(f.row, share).map((u) => (u - shift) / gain);
}

// The same of the row itself, found on a grid and then halved to the last digits.
const known = new WeakMap();
function aliveEdges(row, share) {
  const before = known.get(row);
  if (before?.share === share) return before.edges;
  const least = share * row.steepest;
  const alive = (u) => least > 0 && Math.abs(row.d1(u)) >= least;
  const edges = [];
  let inside = alive(-FAR);
  if (inside) edges.push(-Infinity);
  for (let u = -FAR; u < FAR; u += STEP) {
    if (alive(u + STEP) === inside) continue;
    edges.push(crossing(alive, u, u + STEP));
    inside = !inside;
  }
  if (inside) edges.push(Infinity);
  known.set(row, { share, edges });
  return edges;
}

function crossing(alive, low, high) {
  const before = alive(low);
  for (let n = 0; n < 48; n++) {
    const middle = (low + high) / 2;
    if (alive(middle) === before) low = middle;
    else high = middle;
  }
  const middle = (low + high) / 2;
  return Math.abs(middle) < 1e-9 ? 0 : middle;
}

export function aliveInWords(edges, threshold) {
  const below = `saturated (below ${short(threshold)}\u202f%)`;
  if (edges.length === 0) return "no gradient passes anywhere";
  const [a, b] = edges;
  if (edges.length > 2) return `it is ${below} only in bands around its crests`;
  if (a === -Infinity && b === Infinity) return "it never saturates";
  if (b === Infinity) return `it is ${below} for z < ${show(a, 2)}`;
  if (a === -Infinity) return `it is ${below} for z > ${show(b, 2)}`;
  if (Math.abs(a + b) < 1e-6) return `it is ${below} where |z| > ${show(b, 2)}`;
  return `it is ${below} for z < ${show(a, 2)} and z > ${show(b, 2)}`;
}

// ---- the figure ----

// Places of the three panels: one above the other, or value beside slope and curvature.
function layout(width) {
  const [left, right, top] = [44, 12, 28];
  if (width < 520) {
    const wide = width - left - right;
    const at = (y, height) => ({ left, top: y, width: wide, height });
    return { boxes: [at(top, 168), at(228, 100), at(360, 100)], columns: 1, height: 490 };
  }
  const half = width / 2;
  const wide = half - left - right;
  const beside = (y) => ({ left: half + left, top: y, width: wide, height: 126 });
  const value = { left, top, width: wide, height: 286 };
  return { boxes: [value, beside(top), beside(188)], columns: 2, height: 344 };
}

function samples(fs, view, width) {
  const count = Math.round(width / 2.5);
  const even = Array.from({ length: count + 1 }, (_, k) => view * ((2 * k) / count - 1));
  return fs.map((f) => {
    const extra = f.kinks.flatMap((z) => [z - 1e-9, z + 1e-9]);
    if (f.steepest > 1.2) {
      for (let k = -30; k <= 30; k++) extra.push((k / 30) * (2.5 / f.steepest) + centre(f));
    }
    const clear = (z) => Math.abs(z) < view && !f.kinks.includes(z);
    const zs = even.filter((z) => !f.kinks.includes(z)).concat(extra.filter(clear));
    zs.sort((a, b) => a - b);
    return withGaps(zs, f.kinks.filter((z) => Math.abs(z) < view));
  });
}

const centre = (f) => (f.kinks.length ? f.kinks[0] : f.at0);

function withGaps(zs, kinks) {
  for (const kink of kinks) zs.splice(zs.findIndex((z) => z > kink), 0, NaN);
  return zs;
}

function limits(order, values) {
  const cap = order === 0 ? 4 : Infinity;
  let [low, high] = [Infinity, -Infinity];
  for (const points of values) {
    for (let k = 1; k < points.length; k += 2) {
      if (points[k] < low) low = points[k];
      if (points[k] > high) high = points[k];
    }
  }
  low = Math.max(-cap, Math.min(low, 0));
  high = Math.min(cap, Math.max(high, 0));
  if (high - low < 1e-9) [low, high] = [-1, 1];
  const room = 0.06 * (high - low);
  return [low - room, high + room];
}

function render(context) {
  const { put, get, slide, controls, output, live } = frame(SPEC, context);

  // ---- the drawing ----
  let state;
  let fs = [];
  const panels = ORDERS.map(() => panel());
  const kinks = svg("g");
  panels[2].inner.append(kinks);
  const lines = panels.map((p) => pool(p.curves, () => svg("path")));
  const blocks = panels.map((p) => pool(p.shade, () => svg("rect")));
  const rules = [0, 1].map(() => svg("line", { class: "cursor" }));
  const grip = handle("point z in the picture");
  const surfaces = panels.map(() => svg("rect", { class: "surface" }));
  const picture = stage("Curves over z", drawCurves);
  picture.element.append(...rules, ...panels.map((p) => p.element), ...surfaces, grip);
  let columns = 1;

  function compose() {
    const { functions, threshold, gain, shift } = state;
    fs = functions.map((name) => composed(name, state));
    for (const f of fs) {
      f.at0 = -shift / gain;
      f.alive = aliveIntervals(f, threshold / 100, gain, shift);
    }
  }

  function drawCurves(width) {
    const places = layout(width);
    columns = places.columns;
    const zs = samples(fs, state.view, places.boxes[0].width);
    panels.forEach((p, order) => {
      const points = fs.map((f, n) => evaluate(f[ORDERS[order]], zs[n]));
      const ys = limits(order, points);
      const box = places.boxes[order];
      p.place(box, [-state.view, state.view], ys);
      p.axes({
        heading: HEADINGS[order],
        xMarks: ticks(-state.view, state.view, 6),
        yMarks: ticks(...ys, box.height / 30),
        xLabels: order === 2 || (order === 0 && columns === 2),
      });
      const curves = lines[order](fs.length);
      fs.forEach((f, n) => set(curves[n], { d: p.path(points[n]), ...look(f.name) }));
      if (order === 2) kinks.replaceChildren(...kinkMarks(p));
      const { left, top, width, height } = box;
      set(surfaces[order], { x: left, y: top - 12, width, height: height + 34 });
    });
    drawShade();
    drawPoint();
    return places.height;
  }

  function evaluate(f, zs) {
    const points = new Array(2 * zs.length);
    zs.forEach((z, k) => {
      points[2 * k] = z;
      points[2 * k + 1] = z !== z ? NaN : f(z);
    });
    return points;
  }

  // Where the slope jumps there is no curvature: a hollow diamond says so.
  const kinkMarks = (p) =>
    fs.flatMap((f) =>
      f.kinks
        .filter((z) => Math.abs(z) < state.view)
        .map((z) => {
          const [x, y] = [p.x(z), p.y(0)];
          const d = `M${x - 5} ${y}L${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}Z`;
          return svg("path", { class: "kink", d, stroke: look(f.name).stroke });
        }),
    );

  function drawShade() {
    // A slope of zero everywhere, such as that of step, would tint the whole axis.
    const sloped = fs.filter((f) => f.alive.length > 0);
    const shaded = sloped.flatMap((f) =>
      gaps(f.alive, state.view).map(([a, b]) => [a, b, look(f.name).stroke]),
    );
    panels.forEach((p, order) => {
      const { top, height } = p.bounds();
      const rects = blocks[order](shaded.length);
      shaded.forEach(([a, b, fill], n) => {
        const [x, end] = [p.x(a), p.x(b)];
        set(rects[n], { x, y: top, width: end - x, height, fill });
      });
    });
  }

  function drawPoint() {
    const { z, view } = state;
    const inside = Math.abs(z) <= view;
    const near = Math.max(-view, Math.min(view, z));
    const foot = panels[columns === 1 ? 2 : 0].bounds().end;
    rules.forEach((rule, n) => {
      const p = panels[n];
      const x = p.x(near);
      const end = columns === 1 ? foot : panels[2 * n].bounds().end;
      set(rule, { x1: x, x2: x, y1: p.bounds().top, y2: end });
      set(rule, { class: inside ? "cursor" : "cursor out" });
    });
    set(grip, { class: inside ? "grip" : "grip out" });
    moveHandle(grip, panels[0].x(near), foot, [-view, near, view], `z = ${short(z)}`);
    panels.forEach((p, order) => {
      const marks = inside ? fs.flatMap((f) => pointMarks(p, f, order, z)) : [];
      p.marks.replaceChildren(...marks);
    });
  }

  function pointMarks(p, f, order, z) {
    const { stroke } = look(f.name);
    const value = f[ORDERS[order]](z);
    const { top, end } = p.bounds();
    const [x, y] = [p.x(z), p.y(value)];
    if (!(y >= top - 6 && y <= end + 6)) return [];
    const dot = svg("circle", { class: "dot", cx: x, cy: y, r: 4.5, fill: stroke });
    if (order !== 0) return [dot];
    const across = (p.x(1) - p.x(0)) / 1;
    const up = (p.y(0) - p.y(1)) * f.d1(z);
    const reach = 46 / Math.hypot(across, up);
    const ends = {
      x1: x - across * reach, y1: y + up * reach,
      x2: x + across * reach, y2: y - up * reach,
    };
    return [svg("line", { class: "tangent", stroke, ...ends }), dot];
  }

  surfaces.forEach((surface, n) =>
    draggable(surface, picture.element, (x) => moveTo(panels[n].from(x))),
  );
  draggable(grip, picture.element, (x) => moveTo(panels[0].from(x)));
  const moveTo = (z) => {
    const near = Math.max(-state.view, Math.min(state.view, z));
    put({ z: Number(near.toFixed(2)) });
  };
  steppable(grip, {
    step: 0.05,
    page: 0.5,
    low: () => -state.view,
    high: () => state.view,
    get: () => get("z"),
    set: (z) => put({ z }),
  });

  // ---- the controls ----
  const two = (v) => show(v, 2);
  const point = { ...SPEC.fields.z, input: (z) => put({ z }) };
  const roughly = slider({ ...point, label: "z", say: two, quiet: true });
  const exact = numberField({ ...point, label: "exact z, from −300 to 300", hidden: true });
  controls.z = {
    show(now) {
      set(roughly.range, { min: -get("view"), max: get("view") });
      roughly.show(now);
      exact.show(now);
    },
  };
  slide("gain", "gain", two);
  slide("shift", "shift", two);
  slide("threshold", "saturated below", (v) => `${short(v)}\u202f%`);
  slide("k", "k in σ(kz)", two);
  slide("slope", "leaky slope", two);
  slide("steps", "steps T");
  slide("view", "axis to ±");
  const chips = h("div", { class: "chips" });
  const legend = h("span", { class: "together" });
  const chooser = h(
    "details",
    { class: "chooser" },
    h("summary", {}, h("span", {}, "Functions"), legend),
    chips,
  );
  const toggle = (name, on) => {
    const now = get("functions").filter((other) => other !== name);
    if (on) now.push(name);
    if (now.length === 0) return drawChips();
    put({ functions: now });
  };
  const boxes = new Map();
  function drawChips() {
    const picked = state.functions;
    const names = [...NAMES, ...picked.filter((name) => name.includes("("))];
    if (names.some((name) => !boxes.has(name)) || boxes.size !== names.length) {
      boxes.clear();
      chips.replaceChildren(...Object.keys(GROUPS).map((group) => chipGroup(group, names)));
    }
    legend.replaceChildren(
      ...picked.map((name) =>
        h("span", { class: "legend" }, swatch(look(name)), labelOf(name, state)),
      ),
    );
    for (const [name, { box, text }] of boxes) {
      box.checked = picked.includes(name);
      write(text, labelOf(name, state));
    }
  }
  function chipGroup(group, names) {
    const inGroup = names.filter((name) => ROWS[stem(name)].group === group);
    return h(
      "fieldset",
      {},
      h("legend", {}, GROUPS[group]),
      inGroup.map((name) => {
        const box = h("input", {
          type: "checkbox",
          onchange: () => toggle(name, box.checked),
        });
        const text = h("span");
        boxes.set(name, { box, text });
        return h("label", { class: "chip" }, box, swatch(look(name)), text);
      }),
    );
  }
  const table = numbers("Numbers at z", [10, 10, 10, 11, 15]);

  function showNumbers() {
    const last = `f′ to the ${state.steps}${ordinal(state.steps)}`;
    const rows = fs.map((f) => {
      const [value, d1, d2] = ORDERS.map((order) => f[order](state.z));
      const left = f.steepest > 0 ? percent(Math.abs(d1) / f.steepest) : "none";
      const values = [show(value), show(d1), show(d2), left, show(d1 ** state.steps)];
      return { look: look(f.name), name: labelOf(f.name, state), values };
    });
    table.show(["function", "f", "f′", "f″", "of steepest", last], rows);
  }

  let drawn = "";
  let chosen = "";
  function update(now) {
    state = now;
    const { z, steps, ...shape } = state;
    const shapeNow = JSON.stringify(shape);
    if (shapeNow === drawn) drawPoint();
    else {
      compose();
      picture.redraw();
    }
    drawn = shapeNow;
    const choice = JSON.stringify([state.functions, state.k, state.slope]);
    if (choice !== chosen) drawChips();
    chosen = choice;
    const uses = (name) => state.functions.includes(name);
    controls.k.element.hidden = !uses("tempered_sigmoid");
    controls.slope.element.hidden = !uses("leaky_relu");
    showNumbers();
    return [words(), describe()];
  }

  function words() {
    const { z, threshold } = state;
    const said = fs.slice(0, 3).map((f) => {
      const d1 = f.d1(z);
      const left = percent(Math.abs(d1) / f.steepest);
      const share = f.steepest > 0 ? `, ${left} of its steepest` : "";
      const value = `${labelOf(f.name, state)} is ${show(f.value(z))}`;
      const where = aliveInWords(f.alive, threshold);
      return `${value}, its slope ${show(d1)}${share}; ${where}.`;
    });
    return `At z = ${show(z, 2)}: ${said.join(" ")}`;
  }

  function describe() {
    const names = state.functions.map((name) => labelOf(name, state)).join(", ");
    const { gain, shift } = state;
    const moved = gain !== 1 || shift !== 0;
    const sum = `${short(gain)}·z ${shift < 0 ? "−" : "+"} ${short(Math.abs(shift))}`;
    return [
      moved ? `${names} of ${sum}; slopes are taken by z` : names,
      `, with slope and curvature, for z from −${state.view} to ${state.view}.`,
      ` Tinted: slope below ${short(state.threshold)}\u202f% of the steepest, `,
      "each function in the colour of its curve; where tints overlap they darken.",
    ].join("");
  }

  const more = ["gain", "shift", "threshold", "k", "slope", "steps", "view"];
  return live(
    picture,
    update,
    chooser,
    h("div", { class: "picture" }, picture.element),
    h("div", { class: "main-slider" }, roughly.element, exact.element),
    h("div", { class: "squasher" }, table.element),
    output,
    h(
      "details",
      { class: "more" },
      h("summary", {}, "Gain, shift, threshold and more"),
      more.map((key) => controls[key].element),
    ),
  );
}

// The parts of [-view, view] that lie outside the intervals.
function gaps(edges, view) {
  const inside = [-view, ...edges.map((e) => Math.max(-view, Math.min(view, e))), view];
  const found = [];
  for (let k = 0; k < inside.length; k += 2) {
    if (inside[k + 1] - inside[k] > 1e-9) found.push([inside[k], inside[k + 1]]);
  }
  return found;
}

export default { render };
