// The cell: one step of a scalar LSTM in equation, diagram, plot and numbers, in which
// every symbol lights up everywhere.

import { diagram } from "./diagram.js";
import { activation, forward, lstm } from "./engine.js";
import { equations } from "./equations.js";
import { frame, grouped } from "./frame.js";
import {
  button, checkbox, h, numberField, percent, sequence, set, short, show, slider, svg, write,
} from "./kit.js";
import { listing } from "./listing.js";
import { draggable, panel, pool, stage, tenth, ticks } from "./plot.js";

const SLOTS = ["i", "f", "o", "candidate", "output"];
const GATES = ["i", "f", "o", "g"];
const slotOf = (k) => (k === "g" ? "candidate" : k);
const sumOf = (state, k) => (state.tied && k === "g" ? "i" : k);

// ---- the run of the cell over its sequence ----

export function run(state) {
  const { xs, marks } = sequence(state.x);
  const slots = Object.fromEntries(SLOTS.map((slot) => [slot, state[slot]]));
  const weights = (k) => ({
    W: [[state[`W_${k}`]]],
    U: [[state[`U_${k}`]]],
    b: [state[`b_${k}`]],
  });
  const p = Object.fromEntries(GATES.map((k) => [k, weights(sumOf(state, k))]));
  const inputs = xs.map((x) => [x]);
  const { trace } = forward(lstm(slots), p, inputs, { h: [0], c: [0] });
  const steps = trace.map((step) =>
    Object.fromEntries(Object.entries(step).map(([key, [v]]) => [key, v])),
  );
  return { xs, marks, steps };
}

// Least and most that i · g can be: tied, where both squash one sum a, and untied.
export function writes(state) {
  const [i, g] = [activation(state.i), activation(state.candidate)];
  const tied = (a) => i.value(a) * g.value(a);
  const corners = i.range.flatMap((u) => g.range.map((v) => u * v || 0));
  return {
    tied: [-extreme((a) => -tied(a)), extreme(tied)],
    untied: [Math.min(...corners), Math.max(...corners)],
  };
}

// The most of f: on a grid, then nearer and nearer to its best point, and far out.
function extreme(f) {
  let [best, step] = [0, 1 / 8];
  for (let a = -40; a <= 40; a += step) if (f(a) > f(best)) best = a;
  for (; step > 1e-9; step /= 2) {
    for (const a of [best - step, best + step]) if (f(a) > f(best)) best = a;
  }
  const most = Math.max(f(best), f(-1e12), f(1e12));
  return most > 1e6 ? Infinity : most;
}

// ---- words ----

const WRITTEN = { sigmoid: "σ", tanh: "tanh", identity: "id", sine: "sin", relu: "ReLU" };
const BRIEF = {
  hard_sigmoid: "hσ", hard_sigmoid_02: "hσ₂", hard_tanh: "htanh", leaky_relu: "lReLU",
  softsign: "ssgn", step: "step", softplus: "s⁺", g_1997: "g₉₇", h_1997: "h₉₇",
  sigmoid_shifted: "σ−½", sigmoid_signed: "2σ−1", sigmoid_rescaled: "2σ₂−1",
  tempered_sigmoid: "σₖ",
};
// What is left of a cancellation has no digits worth reading.
const say = (v, digits) => (nearZero(v) ? "≈ 0" : show(v, digits ?? digitsOf(v)));
const nearZero = (v) => v !== 0 && Math.abs(v) < 1e-9;
const is = (v) => (nearZero(v) ? "≈ 0" : `= ${say(v)}`);

// Three, or as many as tell v from 1, up to where its percentage reads 100 as well.
function digitsOf(v) {
  const gap = 1 - Math.abs(v);
  return gap > 5e-7 && gap <= 5e-4 ? Math.ceil(-Math.log10(gap)) : 3;
}

const stem = (name) => name.replace(/\(.*/, "");
const written = (name) => WRITTEN[name] ?? BRIEF[stem(name)];

const MEANING = {
  x: "input",
  h_prev: "output of the step before",
  c_prev: "cell of the step before",
  i: "input gate",
  f: "forget gate",
  o: "output gate",
  g: "candidate",
  c: "cell",
  s: "squashed cell",
  h: "output",
};
const INDEX = { h_prev: "t−1", c_prev: "t−1" };

// What a gate lets through of something: a share, or a multiple if it is none.
function part(v, whole) {
  if (v < 0 || v > 1) return `${say(v)} times ${whole}`;
  const share = v > 0 && v < 0.001 ? "less than 0.1\u202f%" : percent(v);
  return `${share} of ${whole}`;
}

function does(key, step) {
  const v = step[key];
  switch (key) {
    case "i":
      return `lets in ${part(v, "g")}`;
    case "f":
      return `keeps ${part(v, "c")}`;
    case "o":
      return `shows ${part(v, "s")}`;
    case "g":
      return v === 0 ? "writes nothing" : `would write ${signed(v)}`;
    case "c":
      return "what is remembered";
    case "s":
      return "what could be read";
    case "h":
      return "what is read";
    default:
      return "";
  }
}
const signed = (v) => (v > 0 && !nearZero(v) ? `+${say(v)}` : say(v));

// Forgetting and writing the opposite may leave the same: which of them was it?
export function change({ c_prev, f, i, g, c }) {
  const written = i * g;
  const [gone, kept] = [Math.abs(f) < 0.05, Math.abs(f - 1) < 0.05];
  const writes = Math.abs(written) >= 0.05;
  if (Math.abs(c_prev) < 0.05) return "";
  if (gone && writes) return ` Overwritten: c would be near ${show(c, 2)} whatever it was.`;
  if (gone) return " Forgotten: c would be near 0 whatever it was.";
  if (!kept || !writes || written * c_prev > 0) return "";
  if (Math.abs(c) >= 0.05) {
    return ` Taken away, not forgotten: what is left depends on what there was.`;
  }
  return ` Cancelled, not forgotten: c is near 0 only because it was ${show(c_prev, 2)}.`;
}

// What is lost when i and g squash one sum.
function tiedInWords(state, step) {
  const { tied, untied } = writes(state);
  const span = ([low, high]) => `from ${show(low)} to ${show(high)}`;
  const lost = [
    untied[0] < tied[0] - 0.001 ? `below ${show(tied[0])}` : "",
    untied[1] > tied[1] + 0.001 ? `above ${show(tied[1])}` : "",
  ].filter(Boolean);
  const sum = step ? `, here ${show(step.a_i, 2)}` : "";
  return [
    ` Tied, i and g squash the same sum${sum}: i · g goes ${span(tied)},`,
    `untied it could go ${span(untied)}.`,
    lost.length ? `Lost: every write ${lost.join(" and ")}.` : "No size of write is lost,",
    lost.length ? "" : "but what and how much are no longer two decisions.",
  ].join(" ").trimEnd();
}

function inWords(state, { xs, marks, steps }, t) {
  const length = xs.length;
  const bond = state.tied ? tiedInWords(state, steps[t - 1]) : "";
  if (t === 0) return `Before the first of ${length} steps: c and h are 0.${bond}`;
  const { x, c_prev, f, i, g, c, o, s, h: out } = steps[t - 1];
  const mark = marks ? ` “${marks[t - 1]}”,` : "";
  const read = state.output === "identity" ? "the cell" : "the squashed cell";
  const by = c - c_prev;
  const moved =
    Math.abs(by) < 0.0005
      ? `c stays at ${say(c)}`
      : `c ${by > 0 ? "rises" : "falls"} from ${say(c_prev)} to ${say(c)}`;
  return [
    `Step ${t} of ${length} reads${mark} x = ${short(x)}.`,
    `The cell keeps ${part(f, "what it held")}`,
    `and lets in ${part(i, `the candidate ${say(g)}`)}: ${moved}.${change(steps[t - 1])}`,
    `It shows ${part(o, `${read} ${say(s)}`)}: h ${is(out)}.${bond}`,
  ].join(" ");
}

const bracketed = (v) => (v < 0 || nearZero(v) ? `(${say(v)})` : say(v));
const weight = (v) => (v < 0 ? `(${short(v)})` : short(v));

function sums(state, step) {
  const affine = (k) => {
    const from = sumOf(state, k);
    const [W, U, b] = ["W", "U", "b"].map((name) => weight(state[`${name}_${from}`]));
    return `${weight(step.x)} · ${W} + ${bracketed(step.h_prev)} · ${U} + ${b}`;
  };
  const gate = (k) => {
    const name = written(state[slotOf(k)]);
    return `= ${name}(${affine(k)}) = ${name}(${say(step[`a_${k}`], 2)}) ${is(step[k])}`;
  };
  const [f, c_prev, i, g, o, s] = ["f", "c_prev", "i", "g", "o", "s"].map((key) =>
    bracketed(step[key]),
  );
  const c = say(step.c);
  return {
    ...Object.fromEntries(GATES.map((k) => [k, gate(k)])),
    c: `= ${f} · ${c_prev} + ${i} · ${g} ${is(step.c)}`,
    h: `= ${o} · ${written(state.output)}(${c}) = ${o} · ${s} ${is(step.h)}`,
  };
}

// ---- the figure ----

// `code`: listings of the step on the page, <pre> elements, to be linked with it.
function render(context) {
  const { put, choose, controls, output, snapshot, shell, watch } = frame(SPEC, context);
  const { el, code = [] } = context;
  let state = snapshot();
  let history = run(state);
  const steps = () => history.steps.length;
  const now = () => Math.min(state.t, steps());
  const go = (t) => put({ t: Math.max(0, Math.min(steps(), t)) });

  const drawing = diagram();
  const formulas = equations();
  const plots = plotsOverTime();

  // ---- transport ----
  let timer = 0;
  const play = button("Play", () => (timer ? pause() : resume()));
  const pause = () => {
    clearTimeout(timer);
    timer = 0;
    write(play, "Play");
  };
  const tick = () => {
    timer = 0;
    if (now() >= steps()) return pause();
    go(now() + 1);
    timer = setTimeout(tick, 900);
  };
  const resume = () => {
    write(play, "Pause");
    if (now() >= steps()) go(0);
    timer = setTimeout(tick, 300);
  };
  const by = (move) => () => {
    pause();
    go(move());
  };
  const first = button("To start", by(() => 0));
  const back = button("Back", by(() => now() - 1));
  const next = button("Step", by(() => now() + 1));
  const where = h("span", { class: "number" });
  const time = slider({
    label: "step t",
    min: 0,
    max: 1,
    step: 1,
    say: (t) => `${t} of ${steps()}`,
    quiet: true,
    input: (t) => {
      pause();
      go(t);
    },
  });

  // ---- the sequence ----
  const complaint = h("p", { class: "problem", role: "status", hidden: true });
  const text = h("input", {
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    oninput: () => {
      const sorry = complain(text.value);
      if (!sorry) put({ x: text.value });
    },
  });
  const complain = (value) => {
    let sorry = "";
    try {
      sequence(value);
    } catch (error) {
      sorry = `Expected ${error.message}.`;
    }
    write(complaint, sorry);
    complaint.hidden = !sorry;
    set(text, { "aria-invalid": Boolean(sorry) });
    return sorry;
  };
  const named = { role: "group", "aria-label": "Steps of the sequence" };
  const strip = h("div", { class: "strip", ...named });
  let stripFor = "";
  function drawStrip() {
    if (stripFor !== state.x) {
      stripFor = state.x;
      const { xs, marks } = history;
      strip.replaceChildren(
        ...xs.map((x, k) => {
          const face = marks ? marks[k] : short(x);
          const name = `step ${k + 1}: ${marks ? `${face}, ` : ""}x = ${short(x)}`;
          return button(face, by(() => k + 1), { "aria-label": name });
        }),
      );
    }
    [...strip.children].forEach((item, k) => {
      set(item, { class: k < now() ? "past" : "" });
      if (k === now() - 1) set(item, { "aria-current": "step" });
      else item.removeAttribute("aria-current");
    });
  }

  // ---- table ----
  const cells = {};
  const body = h("tbody", { role: "rowgroup" });
  for (const [key, meaning] of Object.entries(MEANING)) body.append(tableRow(key, meaning));
  function tableRow(key, meaning) {
    const base = key[0];
    const index = h("sub", {}, INDEX[key] ?? "t");
    const name = h(
      "button",
      { type: "button", class: `symbol of-${base}`, "data-sym": key, "aria-pressed": "false" },
      h("i", {}, base),
      index,
    );
    const spoken = INDEX[key] ? "t minus 1" : "t";
    set(name, { "aria-label": `light up ${meaning}, ${base} ${spoken}` });
    cells[key] = { name, before: td(), value: td(), does: td("does") };
    const { before, value, does: effect } = cells[key];
    return h(
      "tr",
      { role: "row", "data-sym": key },
      h("th", { scope: "row", role: "rowheader" }, name),
      h("td", { role: "cell", class: "meaning" }, meaning),
      before,
      value,
      effect,
    );
  }
  function td(name = "") {
    return h("td", { role: "cell", class: name });
  }
  const heads = ["symbol", "what it is", "goes in", "value", "what it does"];
  const table = h(
    "table",
    { class: "numbers cells", role: "table", "aria-label": "Numbers of the step" },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        heads.map((name) => h("th", { scope: "col", role: "columnheader" }, name)),
      ),
    ),
    body,
  );

  // ---- weights and activations ----
  const chooser = (slot, label) => choose(slot, label, grouped()).element;
  const weightRow = (name, k) => {
    const key = `${name}_${k}`;
    const field = SPEC.fields[key];
    const slide = slider({
      label: `${name} of ${k}`,
      ...field,
      min: -16,
      max: 16,
      quiet: true,
      input: (v) => put({ [key]: v }),
    });
    const exact = numberField({
      label: `${name} of ${k}, exactly`,
      hidden: true,
      ...field,
      input: (v) => put({ [key]: v }),
    });
    controls[key] = {
      show(now) {
        slide.show(now);
        exact.show(now);
      },
    };
    return h("div", { class: "weight", "data-sym": key }, slide.element, exact.element);
  };
  const gateBox = (k) =>
    h(
      "fieldset",
      { class: "gate" },
      h("legend", { class: `of-${k}` }, MEANING[k]),
      chooser(slotOf(k), `activation of ${k}`),
      k === "g" ? borrowed : null,
      ["W", "U", "b"].map((name) => weightRow(name, k)),
    );
  const tie = checkbox({ label: "tie i and g: same weights for both", input: (tied) => put({ tied }) });
  controls.tied = tie;
  const borrowed = h("p", { class: "hint", hidden: true }, "W, U and b are those of i");

  // ---- lighting ----
  let pinned = "";
  let focused = "";
  let lit = "";
  const held = () => focused || pinned;
  const symbolOf = (event) =>
    event.target.closest?.("[data-sym]")?.getAttribute("data-sym") ?? "";
  const everywhere = (selector) =>
    places.flatMap((place) => [...place.querySelectorAll(selector)]);
  function light(sym) {
    if (sym === lit) return;
    lit = sym;
    for (const node of everywhere(".on")) node.classList.remove("on");
    if (!sym) return;
    const each = sym.split(" ").flatMap((k) => [`[data-sym~="${k}"]`, `[data-also~="${k}"]`]);
    for (const node of everywhere(each.join())) node.classList.add("on");
  }
  function pin(sym) {
    pinned = pinned === sym ? "" : sym;
    light(pinned);
    for (const [key, { name }] of Object.entries(cells)) {
      set(name, { "aria-pressed": pinned.split(" ").includes(key) });
    }
    for (const one of listings) one.mark(pinned);
  }
  const listeners = {
    pointerover: (event) => event.pointerType === "mouse" && light(symbolOf(event) || held()),
    pointerleave: () => light(held()),
    focusin: (event) => light((focused = symbolOf(event)) || pinned),
    focusout: () => light((focused = "") || pinned),
    click: (event) => {
      const sym = symbolOf(event);
      const plain = !event.target.closest("input, select, label, .strip, .surface");
      const selects = event.target.closest(".line") && !getSelection().isCollapsed;
      if (sym && plain && !selects) pin(sym);
    },
  };

  // ---- the listings: those of the page, and one of them again beside the diagram ----
  const copy = code[0]?.cloneNode(true);
  copy?.removeAttribute("id");
  const symbols = [...Object.keys(MEANING), ...GATES.map((k) => `a_${k}`)];
  const link = (pre) => listing(pre, symbols, { say, pin });
  const listings = [copy, ...code].filter(Boolean).map(link);
  const places = [el, ...code];
  const asCode = button("Show as code", () => {
    const on = asCode.getAttribute("aria-pressed") === "false";
    set(asCode, { "aria-pressed": on });
    set(beside, { class: on ? "beside as-code" : "beside" });
  });
  set(asCode, { "aria-pressed": false });
  const beside = h(
    "div",
    { class: "beside" },
    formulas.element,
    copy ? h("section", { class: "highlight" }, copy) : null,
  );
  for (const place of places) {
    for (const [name, tell] of Object.entries(listeners)) place.addEventListener(name, tell);
  }

  // ---- plots ----
  function plotsOverTime() {
    const [cell, output] = [panel(), panel()];
    const laneTitle = svg("text", { class: "title" }, "gates and candidate");
    const laneParts = Object.fromEntries(GATES.map((k) => [k, lanePart(k)]));
    const lanes = svg("g", {}, laneTitle, GATES.map((k) => laneParts[k].element));
    const cursor = [0, 1, 2].map(() => svg("line", { class: "cursor" }));
    const surfaces = [0, 1, 2].map(() => svg("rect", { class: "surface" }));
    const self = stage("c, h and the gates over time", draw);
    self.element.append(...cursor, cell.element, output.element, lanes, ...surfaces);
    const pools = (layer, tag) => ({
      c: pool(cell[layer], () => svg(tag)),
      h: pool(output[layer], () => svg(tag)),
    });
    const lines = pools("curves", "path");
    const points = pools("marks", "circle");
    const laneX = (box, t) => box.left + (t / steps()) * box.width;

    function lanePart(k) {
      const bars = svg("g");
      const floor = svg("line");
      const name = svg("text", { class: "letter middle", "text-anchor": "end" }, k);
      const look = { class: `lane of-${k}`, "data-sym": k };
      const element = svg("g", look, floor, bars, name);
      return { element, floor, name, bars: pool(bars, () => svg("rect")) };
    }

    function draw(width) {
      const narrow = width < 520;
      const [left, right, top, tall] = [38, 10, 28, narrow ? 110 : 128];
      const share = width / (narrow ? 2 : 3);
      const wide = share - left - right;
      const box = (k) => ({ left: k * share + left, top, width: wide, height: tall });
      const below = { left: 26, top: tall + 78, width: width - 26 - right, height: 116 };
      const gateBox = narrow ? below : { ...box(2), left: 2 * share + 30, width: share - 40 };
      curve(cell, box(0), "c", "cell c");
      curve(output, box(1), "h", "output h");
      lane(gateBox);
      [box(0), box(1), gateBox].forEach((b, k) => {
        const at = tenth(laneX(b, now()));
        set(cursor[k], { x1: at, x2: at, y1: b.top - 4, y2: b.top + b.height + 4 });
        set(surfaces[k], { x: b.left - 8, y: b.top - 8, width: b.width + 16 });
        set(surfaces[k], { height: b.height + 30 });
        places[k] = b;
      });
      return narrow ? below.top + below.height + 26 : top + tall + 30;
    }
    const places = [];
    surfaces.forEach((surface, k) =>
      draggable(surface, self.element, (x) => {
        pause();
        go(Math.round(((x - places[k].left) / places[k].width) * steps()));
      }),
    );

    function curve(p, box, key, heading) {
      const values = [0, ...history.steps.map((step) => step[key])].map(finite);
      const floor = key === "h" ? -1 : 0;
      const low = Math.min(floor, ...values);
      const high = Math.max(1, ...values);
      const room = 0.08 * (high - low);
      p.place(box, [0, steps()], [low - room, high + room]);
      p.axes({
        heading,
        xMarks: ticks(0, steps(), box.width / 26).filter(Number.isInteger),
        yMarks: ticks(low - room, high + room, box.height / 36),
        xLabels: true,
      });
      const upto = (from, to) =>
        p.path(values.flatMap((v, t) => (t >= from && t <= to ? [t, v] : [])));
      set(p.element, { "data-sym": key, class: `panel of-${key}` });
      const [later, earlier] = lines[key](2);
      set(later, { d: upto(now(), steps()), class: "future" });
      set(earlier, { d: upto(0, now()), class: "past" });
      const dots = points[key](values.length);
      values.forEach((v, t) => {
        const look = t === now() ? "dot current" : t < now() ? "dot" : "dot future";
        const size = t === now() ? 6 : values.length > 24 ? 2.5 : 3.5;
        set(dots[t], { class: look, cx: tenth(p.x(t)), cy: tenth(p.y(v)), r: size });
      });
    }

    function lane(box) {
      const tall = box.height / 4;
      const wide = box.width / steps();
      set(laneTitle, { x: box.left, y: box.top - 8 });
      GATES.forEach((k, n) => {
        const [low] = activation(state[slotOf(k)]).range;
        const values = history.steps.map((step) => finite(step[k]));
        const most = Math.max(1, ...values.map(Math.abs));
        const both = low < 0 || values.some((v) => v < 0);
        const foot = box.top + tall * (n + 1) - 3;
        const room = both ? (tall - 7) / 2 : tall - 7;
        const zero = both ? foot - room : foot;
        const { bars, floor, name } = laneParts[k];
        const rects = bars(values.length);
        values.forEach((v, t) => {
          const up = (v * room) / most;
          set(rects[t], {
            class: t < now() ? "bar" : "bar future",
            x: tenth(box.left + t * wide + 1),
            width: tenth(Math.max(1, wide - 2)),
            y: tenth(Math.min(zero, zero - up)),
            height: tenth(Math.max(1, Math.abs(up))),
          });
        });
        set(floor, { x1: box.left, x2: box.left + box.width, y1: zero, y2: zero });
        set(name, { x: box.left - 8, y: foot - (tall - 7) / 2 });
      });
    }
    return self;
  }

  // ---- page ----
  const children = [
    h("div", { class: "steps" }, strip, h("div", { class: "together" }, first, back, next, play)),
    h("div", { class: "pair" }, drawing.element, beside),
    h("div", { class: "times" }, time.element, where, copy ? asCode : null),
    h("div", { class: "picture" }, plots.element),
    output,
    table,
    h("label", { class: "sequence" }, h("span", { class: "name" }, "input sequence x"), text),
    complaint,
    h("div", { class: "together tie" }, tie.element),
    h(
      "details",
      { class: "more" },
      h("summary", {}, "Weights and activations"),
      h(
        "div",
        { class: "gates" },
        GATES.map(gateBox),
        h(
          "fieldset",
          { class: "gate" },
          h("legend", { class: "of-h" }, "output"),
          chooser("output", "activation of s"),
        ),
      ),
    ),
  ];
  const { show: showFrame, tell, stop } = shell("step", children, pause);

  // ---- state to figure ----
  function update() {
    state = snapshot();
    try {
      history = run(state);
    } catch {
      return; // the field says what is wrong, the last good run stays
    }
    const t = now();
    const step = t > 0 ? history.steps[t - 1] : null;
    showStep(step);
    drawStrip();
    plots.redraw();
    if (document.activeElement !== text && !same(text.value, state.x)) text.value = state.x;
    set(time.range, { max: steps() });
    time.show(t);
    write(where, `${t} of ${steps()}`);
    [first.disabled, back.disabled, next.disabled] = [t === 0, t === 0, t === steps()];
    showFrame(state);
    borrowed.hidden = !state.tied;
    for (const row of el.querySelectorAll(".weight[data-sym$=_g]")) row.hidden = state.tied;
    tell(inWords(state, history, t), describe());
    const again = lit;
    lit = "";
    light(again);
  }
  const same = (a, b) => a === b;

  function showStep(step) {
    const names = Object.fromEntries(SLOTS.map((slot) => [slot, written(state[slot])]));
    const numbers = {};
    for (const [key, cellsOf] of Object.entries(cells)) {
      const v = step?.[key];
      numbers[key] = step ? fit(v) : "";
      write(cellsOf.value, step ? say(v) : "–");
      write(cellsOf.does, step ? does(key, step) : "");
      const before = key === "s" ? step?.c : step?.[`a_${key}`];
      write(cellsOf.before, before === undefined ? "" : say(before, 2));
    }
    for (const k of GATES) numbers[`a_${k}`] = step ? fit(step[`a_${k}`], 2) : "";
    numbers.kept = step ? fit(step.f * step.c_prev) : "";
    numbers.added = step ? fit(step.i * step.g) : "";
    const ranges = Object.fromEntries(
      GATES.map((k) => [k, [step?.[k] ?? 0, activation(state[slotOf(k)]).range]]),
    );
    drawing.show({ numbers, names, ranges });
    const none = Object.fromEntries(["i", "f", "g", "o", "c", "h"].map((k) => [k, ""]));
    formulas.show({ sums: step ? sums(state, step) : none, names, tied: state.tied });
    for (const one of listings) one.show(step);
  }

  function describe() {
    const { i, f, o, candidate, output: out, tied } = state;
    const [a, b, c] = [i, f, o].map(written);
    const alike = i === f && f === o;
    const gates = alike ? `${a} for the gates` : `${a}, ${b} and ${c} for i, f and o`;
    const bond = tied ? " (tied to i)" : "";
    return [
      `A cell of one unit with ${gates}, ${written(candidate)} for the candidate${bond}`,
      `and ${written(out)} for the output, after ${now()} of ${steps()} steps.`,
    ].join(" ");
  }

  const watched = watch(update);
  plots.start();
  update();
  return () => {
    watched.stop();
    for (const place of places) {
      for (const [name, tell] of Object.entries(listeners)) {
        place.removeEventListener(name, tell);
      }
    }
    for (const one of listings) one.stop();
    pause();
    plots.stop();
    stop();
  };
}

const finite = (v) => (Number.isFinite(v) ? v : 0);

// Short enough for the diagram's boxes.
function fit(v, digits = digitsOf(v)) {
  if (v !== 0 && Math.abs(v) < 0.0005) return "≈ 0";
  const text = show(v, digits);
  if (digits > 3) return text.length > 7 ? fit(v, 3) : text;
  return text.length > 6 && digits > 0 ? fit(v, digits - 1) : text;
}

export default { render };
