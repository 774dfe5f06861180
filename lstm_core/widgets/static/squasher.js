// The squasher: value, slope and curvature of activations over one movable point.

import { activation, NAMES } from "./engine.js";
import {
  announcer, button, defaults, framed, h, linkRow, numberField, percent, set, short,
  show, slider, svg, write,
} from "./kit.js";
import { draggable, panel, stage, steppable, ticks } from "./plot.js";
import { GROUPS, ROWS } from "./rows.js";

// ---- what is drawn: f(gain z + shift) and its derivatives by z ----

const ORDERS = ["value", "d1", "d2"];
const HEADINGS = ["value", "slope: first derivative", "curvature: second derivative"];

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

const FAR = 64;

// Intervals of z, found on a grid and then halved to the last digits.
export function aliveIntervals(f, share, gain, shift) {
  const least = share * f.row.steepest;
  const alive = (u) => f.row.steepest > 0 && Math.abs(f.row.d1(u)) >= least;
  const edges = [];
  let inside = alive(-FAR);
  if (inside) edges.push(-Infinity);
  for (let u = -FAR; u < FAR; u += 1 / 16) {
    if (alive(u + 1 / 16) === inside) continue;
    edges.push((crossing(alive, u, u + 1 / 16) - shift) / gain);
    inside = !inside;
  }
  if (inside) edges.push(Infinity);
  return edges;
}

function crossing(alive, low, high) {
  const before = alive(low);
  for (let n = 0; n < 48; n++) {
    const middle = (low + high) / 2;
    if (alive(middle) === before) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export function aliveInWords(edges, threshold) {
  const below = `saturated (below ${short(threshold)} %)`;
  if (edges.length === 0) return "it has no slope anywhere, so no gradient passes";
  const [a, b] = edges;
  if (edges.length > 2) return `it is ${below} only in bands around its crests`;
  if (a === -Infinity && b === Infinity) return "it never saturates";
  if (b === Infinity) return `it is ${below} for z < ${show(a, 2)}`;
  if (a === -Infinity) return `it is ${below} for z > ${show(b, 2)}`;
  if (Math.abs(a + b) < 1e-6) return `it is ${below} beyond |z| > ${show(b, 2)}`;
  return `it is ${below} for z < ${show(a, 2)} and z > ${show(b, 2)}`;
}

// ---- the figure ----

const BLOCKS = { wide: [210, 140, 140], narrow: [168, 112, 112] };
const MARGIN = { left: 46, right: 14, top: 30, gap: 34, bottom: 40 };

function samples(fs, view, width) {
  const count = Math.min(240, Math.round(width / 2));
  const even = Array.from({ length: count + 1 }, (_, k) => view * ((2 * k) / count - 1));
  return fs.map((f) => {
    const extra = f.kinks.flatMap((z) => [z - 1e-9, NaN, z + 1e-9]);
    if (f.steepest > 1.2) {
      for (let k = -40; k <= 40; k++) extra.push((k / 40) * (2.5 / f.steepest) + centre(f));
    }
    const zs = even.concat(extra.filter((z) => Math.abs(z) < view));
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

function render({ model, el, anchor, caption, start }) {
  const spec = SPEC;
  const begin = start ?? snapshot();
  const put = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  function snapshot() {
    return Object.fromEntries(Object.keys(spec.fields).map((k) => [k, model.get(k)]));
  }

  // ---- the drawing ----
  let state = snapshot();
  let fs = [];
  const panels = ORDERS.map(() => panel());
  const rule = svg("line", { class: "rule" });
  const grip = svg(
    "g",
    { class: "grip", role: "slider", tabindex: 0, "aria-label": "point z in the picture" },
    svg("circle", { class: "halo", r: 15 }),
    svg("circle", { class: "knob", r: 8 }),
  );
  const surface = svg("rect", { class: "surface" });
  const axisName = svg("text", { class: "tick", "text-anchor": "end" }, "z");
  const picture = stage("Curves over z", drawCurves);
  picture.element.append(...panels.map((p) => p.element), axisName, surface, rule, grip);

  function drawCurves(width) {
    fs = state.functions.map((name) => composed(name, state));
    for (const f of fs) f.at0 = -state.shift / state.gain;
    const heights = width < 480 ? BLOCKS.narrow : BLOCKS.wide;
    const zs = samples(fs, state.view, width);
    let top = MARGIN.top;
    panels.forEach((p, order) => {
      const points = fs.map((f, n) => evaluate(f[ORDERS[order]], zs[n]));
      const box = {
        left: MARGIN.left,
        top,
        width: width - MARGIN.left - MARGIN.right,
        height: heights[order],
      };
      const ys = limits(order, points);
      p.place(box, [-state.view, state.view], ys);
      p.axes({
        heading: HEADINGS[order],
        xMarks: ticks(-state.view, state.view, width < 480 ? 4 : 8),
        yMarks: ticks(...ys, order === 0 ? 5 : 3),
        xLabels: order === 2,
      });
      p.curves.replaceChildren(
        ...fs.map((f, n) => svg("path", { d: p.path(points[n]), ...look(f.name) })),
        ...(order === 2 ? kinkMarks(p) : []),
      );
      top += heights[order] + MARGIN.gap;
    });
    const height = top - MARGIN.gap + MARGIN.bottom;
    set(axisName, { x: width - MARGIN.right, y: height - 6 });
    set(surface, { x: MARGIN.left, y: MARGIN.top, height: height - MARGIN.top - 22 });
    set(surface, { width: width - MARGIN.left - MARGIN.right });
    drawShade();
    drawPoint();
    return height;
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
    for (const f of fs) {
      f.alive = aliveIntervals(f, state.threshold / 100, state.gain, state.shift);
    }
    for (const p of panels) {
      const { top, height } = p.bounds();
      const blocks = fs.flatMap((f) =>
        gaps(f.alive, state.view).map(([a, b]) =>
          svg("rect", {
            x: p.x(a), y: top, width: p.x(b) - p.x(a), height, fill: look(f.name).stroke,
          }),
        ),
      );
      p.shade.replaceChildren(...blocks);
    }
  }

  function drawPoint() {
    const { z, view } = state;
    const inside = Math.abs(z) <= view;
    const at = panels[0].x(Math.max(-view, Math.min(view, z)));
    const { end } = panels[2].bounds();
    set(rule, { x1: at, x2: at, y1: MARGIN.top, y2: end + 4 });
    set(grip, { transform: `translate(${at} ${end + 4})`, "aria-valuenow": z });
    set(grip, { "aria-valuemin": -view, "aria-valuemax": view });
    set(grip, { "aria-valuetext": `z = ${short(z)}`, class: inside ? "grip" : "grip out" });
    set(rule, { class: inside ? "rule" : "rule out" });
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

  draggable(surface, picture.element, (x) => moveTo(panels[0].from(x)));
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
    get: () => model.get("z"),
    set: (z) => put({ z }),
  });

  // ---- the controls ----
  const slide = (key, label, more = {}) =>
    slider({ label, ...spec.fields[key], input: (v) => put({ [key]: v }), ...more });
  const two = (v) => show(v, 2);
  const controls = {
    z: slide("z", "z", { min: -8, max: 8, say: two }),
    gain: slide("gain", "gain", { say: two }),
    shift: slide("shift", "shift", { say: two }),
    threshold: slide("threshold", "saturated below", { say: (v) => `${short(v)} %` }),
    k: slide("k", "k in σ(kz)", { say: two }),
    slope: slide("slope", "leaky slope", { say: two }),
    steps: slide("steps", "steps T"),
    view: slide("view", "axis to ±"),
  };
  const exact = numberField({
    label: "exact z, from −300 to 300",
    hidden: true,
    ...spec.fields.z,
    input: (z) => put({ z }),
  });
  controls.z.element.querySelector(".number").remove();
  const chips = h("div", { class: "chips" });
  const chooser = h(
    "details",
    { class: "chooser" },
    h("summary", {}, "Choose functions"),
    chips,
  );
  const toggle = (name, on) => {
    const now = model.get("functions").filter((other) => other !== name);
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
        return h("label", { class: "chip" }, box, swatch(name), text);
      }),
    );
  }
  const swatch = (name) =>
    svg(
      "svg",
      { class: "swatch", width: 26, height: 10, "aria-hidden": "true" },
      svg("line", { x1: 1, x2: 25, y1: 5, y2: 5, ...look(name) }),
    );

  const presets = h(
    "div",
    { class: "presets", role: "group", "aria-label": "Presets" },
    Object.values(spec.presets).map(({ label, state: over }) =>
      button(label, () => put({ ...defaults(spec), ...over })),
    ),
  );
  const body = h("tbody");
  const head = ["function", "f", "f′", "f″", "gradient left"];
  const lastHead = h("th", { scope: "col" });
  const table = h(
    "table",
    { class: "numbers" },
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)), lastHead)),
    body,
  );
  const cells = new Map();

  function drawTable() {
    write(lastHead, `f′ to the ${state.steps}`);
    const names = state.functions;
    if (names.join() !== [...cells.keys()].join()) {
      cells.clear();
      body.replaceChildren(...names.map(tableRow));
    }
    for (const f of fs) {
      const { label, numbers } = cells.get(f.name);
      const [value, d1, d2] = ORDERS.map((order) => f[order](state.z));
      const left = f.steepest > 0 ? percent(Math.abs(d1) / f.steepest) : "none";
      const texts = [show(value), show(d1), show(d2), left, show(d1 ** state.steps)];
      write(label, labelOf(f.name, state));
      numbers.forEach((cell, k) => write(cell, texts[k]));
    }
  }
  function tableRow(name) {
    const label = h("span");
    const numbers = Array.from({ length: 5 }, () => h("td"));
    cells.set(name, { label, numbers });
    return h("tr", {}, h("th", { scope: "row" }, swatch(name), label), numbers);
  }

  const output = h("output", { class: "words", "aria-live": "polite" });
  const announce = announcer(output);
  const about = caption ?? h("p", { class: "caption" });
  const links = linkRow({ spec, start: begin, model, anchor, reset: () => put(begin) });

  el.classList.add("explorable");
  el.append(
    h(
      "div",
      { class: "body squasher" },
      presets,
      chooser,
      h("div", { class: "picture" }, picture.element),
      h("div", { class: "main-slider" }, controls.z.element, exact.element),
      h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Numbers" }, table),
      output,
      h(
        "details",
        { class: "more" },
        h("summary", {}, "Gain, shift, threshold and more"),
        ["gain", "shift", "threshold", "k", "slope", "steps", "view"].map(
          (key) => controls[key].element,
        ),
      ),
      links.element,
    ),
  );
  if (!caption) el.append(about);

  // ---- state to figure ----
  let drawn = "";
  function update() {
    state = snapshot();
    const { z, threshold, steps, ...shape } = state;
    const shapeNow = JSON.stringify([shape, threshold]);
    if (shapeNow !== drawn) {
      drawn = shapeNow;
      picture.redraw();
      drawChips();
    } else drawPoint();
    for (const [key, control] of Object.entries(controls)) control.show(state[key]);
    exact.show(z);
    const uses = (name) => state.functions.includes(name);
    controls.k.element.hidden = !uses("tempered_sigmoid");
    controls.slope.element.hidden = !uses("leaky_relu");
    drawTable();
    announce(words());
    write(about, describe());
    links.show();
  }

  function words() {
    const { z, threshold } = state;
    const said = fs.slice(0, 3).map((f) => {
      const d1 = f.d1(z);
      const share = f.steepest > 0 ? `, ${percent(Math.abs(d1) / f.steepest)} of its steepest` : "";
      return `${labelOf(f.name, state)} is ${show(f.value(z))}, its slope ${show(d1)}${share}; ${aliveInWords(f.alive, threshold)}.`;
    });
    return `At z = ${show(z, 2)}: ${said.join(" ")}`;
  }

  function describe() {
    const names = state.functions.map((name) => labelOf(name, state)).join(", ");
    const { gain, shift } = state;
    const moved = gain !== 1 || shift !== 0;
    const argument = moved ? ` of ${short(gain)}·z ${shift < 0 ? "−" : "+"} ${short(Math.abs(shift))}; slopes are taken by z` : "";
    return `${names}${argument}, with slope and curvature. Tinted: slope below ${short(state.threshold)} % of the steepest.`;
  }

  const ask = framed(update);
  const events = Object.keys(spec.fields).map((key) => `change:${key}`);
  for (const event of events) model.on(event, ask);
  picture.start();
  update();
  return () => {
    for (const event of events) model.off(event, ask);
    ask.cancel();
    announce.cancel();
    picture.stop();
    el.replaceChildren();
  };
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
