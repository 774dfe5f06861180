// The swap lab: two LSTMs that differ in their squashers alone, trained in the page.

import { Draws } from "./draws.js";
import { activation } from "./engine.js";
import { frame, grouped, option, swatch } from "./frame.js";
import {
  button, h, percent, raised, readState, set, short, show, slider, svg, write,
} from "./kit.js";
import { adding, brackets, learner, register, runs, TESTED } from "./learn.js";
import { draggable, panel, pool, stage, tenth, ticks } from "./plot.js";
import { ROWS } from "./rows.js";

const SIDES = ["A", "B"];
const SLOTS = ["i", "f", "o", "candidate", "output"];
const GATES = ["i", "f", "o", "g"];
const LOOKS = {
  A: { stroke: "var(--indigo)" },
  B: { stroke: "var(--rose)", "stroke-dasharray": "8 3" },
};
const CHECKS = 50; // how often a run is examined
const LASTS = 3000; // milliseconds, if the processor is fast enough
const SLICE = 8; // milliseconds of a frame
const SEEDS = 10;

const { upto, T, B } = SPEC.sizes;
const TASKS = {
  counting: {
    label: "count: aⁿbⁿ",
    taught: `aⁿbⁿ with n up to ${upto}`,
    make: () => runs({ upto, B }),
    reads: `a${raised(upto)}b${raised(upto)}`,
  },
  brackets: {
    label: "brackets",
    taught: `balanced brackets of up to ${upto} pairs`,
    make: () => brackets({ upto, B }),
    reads: `(${raised(upto)})${raised(upto)}`,
  },
  register: {
    label: "three states",
    taught: `a memory of three states over ${T} steps`,
    make: () => register({ T, B }),
    reads: "a sequence",
  },
  adding: {
    label: "adding",
    taught: `the sum of two marked numbers of ${T}`,
    make: () => adding({ T, B }),
    reads: "a sequence",
  },
};

// ---- training: both sides of one seed, and what is found out on the way ----

function pair(state, seed = state.seed) {
  const task = TASKS[state.task].make();
  const every = Math.max(1, Math.round(state.steps / CHECKS));
  const sides = SIDES.map((side) => {
    const choice = (slot) => [slot, state[`${side}_${slot}`]];
    const slots = Object.fromEntries(SLOTS.map(choice));
    const { H, rate, forget_bias: forgetBias } = state;
    const limit = state.clip || Infinity;
    const one = learner({ slots, task, H, rate, forgetBias, limit, seed });
    return { one, losses: [], marks: [], score: 0 };
  });
  const counts = Boolean(task.examples);
  const self = { k: 0, steps: state.steps, every, sides, done: false, counts };

  const judge = (side) => {
    side.score = counts ? side.one.exact(SPEC.farthest) : side.one.accuracy();
  };
  // Between two checks, for a reader who has stopped there.
  self.look = () => sides.filter(({ one }) => !one.diverged).forEach(judge);

  function examine(side) {
    const { losses, marks } = side;
    judge(side);
    const last = losses.slice(marks.length ? marks.at(-1).k : 0);
    const loss = last.reduce((sum, v) => sum + v, 0) / last.length;
    marks.push({ k: self.k, loss, score: side.score });
  }
  self.step = () => {
    self.k += 1;
    self.done = self.k === self.steps || sides.every(({ one }) => one.diverged);
    for (const side of sides) {
      if (side.one.diverged) continue;
      side.one.step();
      if (side.one.diverged) continue;
      side.losses.push(side.one.loss);
      if (self.k % self.every === 0 || self.k === self.steps) examine(side);
    }
    self.done ||= sides.every(({ one }) => one.diverged);
  };

  // The gates and the cell while each side reads the longest sequence of training.
  const single = task.examples ? task.examples([upto]) : task.draw(new Draws(0), 1);
  self.probe = () => sides.map(({ one }) => one.probe(single));
  return self;
}

const middle = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const n = sorted.length;
  return (sorted[Math.floor((n - 1) / 2)] + sorted[Math.ceil((n - 1) / 2)]) / 2;
};

// Lowest, middle and highest of the runs' marks at each check, for one side.
function band(finished, n, key) {
  const marks = finished.map(({ sides }) => sides[n].marks);
  const most = Math.max(0, ...marks.map((list) => list.length));
  return Array.from({ length: most }, (_, m) => {
    const here = marks.filter((list) => list.length > m).map((list) => list[m]);
    const values = here.map((mark) => mark[key]);
    return {
      k: here[0].k,
      low: Math.min(...values),
      mid: middle(values),
      high: Math.max(...values),
    };
  });
}

// ---- words ----

function called(name) {
  const [, stem, given] = /^(\w+)(?:\((.*)\))?$/.exec(name);
  if (given === undefined) return ROWS[stem].label;
  return stem === "leaky_relu" ? `leaky ReLU ${given}` : `σ(${given}z)`;
}

// The slots of a side that the other side fills otherwise.
function differences(state, side) {
  const slots = SLOTS.filter((slot) => state[`A_${slot}`] !== state[`B_${slot}`]);
  const mine = (slot) => called(state[`${side}_${slot}`]);
  const gates = slots.slice(0, 3).join() === "i,f,o";
  const together = gates && new Set(["i", "f", "o"].map(mine)).size === 1;
  const parts = together ? [`gates ${mine("i")}`] : [];
  const others = slots.slice(together ? 3 : 0).map((slot) => `${slot} ${mine(slot)}`);
  return [...parts, ...others].join(", ");
}

function overSeeds(scores, counts) {
  const say = counts ? (v) => short(v) : percent;
  const verb = counts ? "counts up to" : "is right on";
  const told = SIDES.map((side) => {
    const list = scores[side];
    if (!list.length) return `${side} diverges every time`;
    const ends = [Math.min(...list), middle(list), Math.max(...list)];
    const [low, mid, high] = ends.map((v) => say(v));
    return `${side} ${verb} ${low} at worst, ${mid} in the middle and ${high} at best`;
  });
  return told.join("; ");
}

function scoreInWords(run, side) {
  if (!run.counts) return percent(side.score);
  return `n = ${side.score}${side.score >= SPEC.farthest ? " or more" : ""}`;
}

function lossInWords(run, n) {
  const { one, losses } = run.sides[n];
  if (one.diverged) return `${SIDES[n]} diverged at update ${losses.length + 1}`;
  return `the loss of ${SIDES[n]} is ${show(losses.at(-1), 4)}`;
}

const DIVERGED =
  "Diverged means that a number has left the range of the computer’s arithmetic; " +
  "the weights from before it are kept.";

// What has come of it so far.
function outcome(run) {
  const [a, b] = [0, 1].map((n) => lossInWords(run, n));
  const lost = run.sides.filter(({ one }) => one.diverged).length;
  const why = lost ? ` ${DIVERGED}` : "";
  return `After ${run.k} updates ${a} and ${b}.${why} ${rightInWords(run)}`;
}

function rightInWords(run) {
  const told = run.sides.flatMap((side, n) => {
    if (side.one.diverged) return [];
    const verb = run.counts ? "is right for every string up to" : "has right";
    return [`${SIDES[n]} ${verb} ${scoreInWords(run, side)}`];
  });
  if (!told.length) return "";
  const said = told.join(run.counts ? ", " : " and ");
  return run.counts
    ? `${said}; training had none beyond n = ${upto}.`
    : `Of ${TESTED} sequences not seen in training ${said}.`;
}

// ---- the figure ----

function render(context) {
  const spec = SPEC;
  const { put, output, snapshot, shell, watch } = frame(spec, context);
  const { el } = context;
  let state = snapshot();
  let run = pair(state);
  let ten = null;

  // ---- time: slices of frames ----
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  let playing = false;
  let unseen = false; // where motion is unwelcome, only what is learnt in the end is drawn
  let waiting = 0;
  let before = 0;
  let drawn = 0;
  const ask = () => (waiting ||= requestAnimationFrame(advanceAll));
  function advanceAll(now) {
    waiting = 0;
    const end = performance.now() + SLICE;
    const passed = Math.min(100, before ? now - before : 17);
    before = now;
    if (playing) advance(end, (run.steps * passed) / LASTS);
    else if (ten?.going) train(ten, end);
    const still = !playing && !ten?.going;
    if (still || (!(playing && unseen) && now - drawn > (calm() ? 1000 : 45))) {
      drawn = now;
      update();
    }
    if (still) before = 0;
    else ask();
  }
  let owed = 0;
  function advance(end, more) {
    owed = Math.min(owed + more, run.steps / 10 + 1);
    while (owed >= 1 && !run.done && performance.now() < end) {
      run.step();
      owed -= 1;
    }
    if (run.done) playing = false;
  }
  function train(job, end) {
    while (job.going && performance.now() < end) {
      job.now ??= pair(job.state, job.state.seed + job.finished.length);
      job.now.step();
      if (!job.now.done) continue;
      job.finished.push(job.now);
      job.now = null;
      job.going = job.finished.length < SEEDS;
    }
  }
  function play() {
    if (run.done) restart();
    playing = true;
    unseen = false;
    ask();
  }
  function pause() {
    playing = false;
    ask();
  }
  function restart() {
    run = pair(state);
    owed = 0;
  }

  // ---- the picture ----
  const [lossPanel, scorePanel] = [panel(), panel()];
  const cellPanels = SIDES.map(() => panel());
  const lanes = SIDES.map(() => GATES.map(lanePart));
  const inLayers = (p, tag, layer = "curves") => pool(p[layer], () => svg(tag));
  const layers = [lossPanel, scorePanel].map((p) => ({
    bands: inLayers(p, "path", "shade"),
    curves: inLayers(p, "path"),
    ends: inLayers(p, "text", "marks"),
  }));
  const units = cellPanels.map((p) => inLayers(p, "path"));
  const taught = svg("line", { class: "cursor" });
  const taughtName = svg("text", { class: "tick taught" });
  const picture = stage("Loss, what is right, and the cells and gates of A and B", draw);
  const cursors = [0, 1].map(() => svg("line", { class: "cursor" }));
  const surfaces = [0, 1].map(() => svg("rect", { class: "surface" }));
  picture.element.append(
    ...cursors,
    lossPanel.element,
    scorePanel.element,
    taught,
    taughtName,
    ...cellPanels.map((p) => p.element),
    ...lanes.flat().map(({ element }) => element),
    ...surfaces,
  );
  const overTime = [lossPanel, scorePanel];
  surfaces.forEach((surface, n) =>
    draggable(surface, picture.element, (x) => readAt(overTime[n].from(x))),
  );

  // ---- one update, read off exactly ----
  let at = 0;
  function readAt(k) {
    at = Math.max(1, Math.min(run.steps, Math.round(k)));
    drawCursor();
  }
  function drawCursor() {
    overTime.forEach((p, n) => {
      const { top, end } = p.bounds();
      const x = tenth(p.x(at));
      const visibility = at ? "visible" : "hidden";
      set(cursors[n], { x1: x, x2: x, y1: top, y2: end, visibility });
    });
    reading.show(at);
    write(readOff, at ? readings() : "");
  }
  const readings = () =>
    run.sides
      .map(({ losses, one }, n) => {
        if (at <= losses.length) return `${SIDES[n]} ${show(losses[at - 1], 4)}`;
        return `${SIDES[n]} ${one.diverged ? "diverged" : "not there yet"}`;
      })
      .join(", ");
  const reading = slider({
    label: "read loss at update",
    min: 1,
    max: 1,
    step: 1,
    say: (k) => (k ? String(k) : ""),
    input: readAt,
  });
  const readOff = h("span", { class: "number" });

  function lanePart(k) {
    const floor = svg("line");
    const lines = svg("g", { class: "curves" });
    const name = svg("text", { class: "letter middle", "text-anchor": "end" }, k);
    const element = svg("g", { class: `lane of-${k}` }, floor, lines, name);
    return { element, floor, name, lines: pool(lines, () => svg("path")) };
  }

  function draw(width) {
    const narrow = width < 520;
    const [left, right, top] = [44, 20, 26];
    const wide = narrow ? width - left - right : width / 2 - left - right;
    const tall = narrow ? 120 : 170;
    const second = narrow
      ? { left, top: top + tall + 62, width: wide, height: tall }
      : { left: width / 2 + left, top, width: wide, height: tall };
    drawLosses({ left, top, width: wide, height: tall });
    drawScores(second);
    const below = second.top + tall + 62;
    const half = (width - 30) / 2;
    const boxes = [0, 1].map((n) => ({
      left: 30 + n * half + (n ? 18 : 0),
      top: below,
      width: half - 18,
      height: narrow ? 80 : 96,
    }));
    drawProbe(boxes);
    overTime.forEach((p, n) => {
      const { left: x, top: y, width: across, height: tall } = p.bounds();
      set(surfaces[n], { x, y, width: across, height: tall });
    });
    drawCursor();
    return below + boxes[0].height + 26 + GATES.length * 34;
  }

  const updates = ({ width }) => ticks(0, run.steps, width / 60);

  function drawLosses(box) {
    const logs = run.sides.map(({ losses }) => losses.map((v) => Math.log10(v)));
    const bands = banded("loss", Math.log10);
    const ends = bands.flat(2).flatMap(({ low, high }) => [low, high]);
    const seen = [...logs.flat(), ...ends].filter(Number.isFinite);
    const low = seen.reduce((a, b) => Math.min(a, Math.floor(b)), -2);
    const high = Math.min(2, seen.reduce((a, b) => Math.max(a, Math.ceil(b)), 0));
    lossPanel.place(box, [0, run.steps], [low, high]);
    const unit = Math.ceil((high - low) / 5);
    const yMarks = ticks(low, high, 5).filter((v) => v % unit === 0);
    lossPanel.axes({
      heading: "loss by updates",
      xMarks: updates(box).slice(1),
      yMarks,
      xLabels: true,
      say: (v) => (v > 2 ? short(v) : String(Number((10 ** v).toPrecision(1)))),
    });
    const points = logs.map((list) => spread(list, box.width));
    curves(layers[0], lossPanel, points, bands);
  }
  function drawScores(box) {
    const share = run.counts ? 1 : 100;
    const bands = banded("score", (v) => v * share);
    const points = run.sides.map(({ marks }) =>
      [0, 0, ...marks.flatMap(({ k, score }) => [k, score * share])],
    );
    const scores = points.flat().filter((_, k) => k % 2);
    const tops = [...scores, ...bands.flat(2).map(({ high }) => high)];
    const most = run.counts ? Math.max(2 * upto, 1.08 * Math.max(0, ...tops)) : 104;
    scorePanel.place(box, [0, run.steps], [0, most]);
    scorePanel.axes({
      heading: run.counts ? "right for every string up to n" : "sequences right, %",
      xMarks: updates(box),
      xLabels: true,
      yMarks: ticks(0, most, box.height / 34),
    });
    const at = tenth(scorePanel.y(upto));
    const [x1, x2] = [box.left, box.left + box.width];
    const visibility = run.counts ? "visible" : "hidden";
    set(taught, { x1, x2, y1: at, y2: at, visibility });
    set(taughtName, { x: x1 + 4, y: at - 5, visibility });
    write(taughtName, "longest string in training");
    curves(layers[1], scorePanel, points, bands);
  }

  // Whether the stored seeds are seeds of this state.
  const usual = () =>
    Object.keys(spec.fields).every((k) => k === "seed" || state[k] === spec.fields[k].default);
  const kept = (side) =>
    spec.band[side].map(([low, mid, high], m) => ({ k: (m + 1) * spec.every, low, mid, high }));
  // Of both sides, those of the stored seeds and those of the ten trained here.
  function banded(key, scale) {
    const scaled = ({ k, low, mid, high }) =>
      ({ k, low: scale(low), mid: scale(mid), high: scale(high) });
    const stored = key === "loss" && usual();
    const trained = ten?.finished ?? [];
    return [(side) => (stored ? kept(side) : []), (_, n) => band(trained, n, key)].map(
      (marks) => SIDES.map((side, n) => marks(side, n).map(scaled)),
    );
  }

  // At most two points to a pixel.
  function spread(list, width) {
    const stride = Math.max(1, Math.floor(list.length / (2 * width)));
    const points = [];
    for (let k = 0; k < list.length; k += stride) points.push(k + 1, list[k]);
    return points;
  }

  function curves({ bands, curves: lines, ends }, p, points, areas) {
    const filled = bands(8);
    const path = lines(2);
    const names = ends(2);
    const { left, top, end } = p.bounds();
    const places = points.map((list) =>
      list.length ? [p.x(list.at(-2)), p.y(list.at(-1))] : [left, end],
    );
    const [a, b] = places.map(([, y]) => y);
    const apart = Math.abs(a - b) < 15 ? (a <= b ? 7 : -7) : 0; // names must not meet
    SIDES.forEach((side, n) => {
      const { stroke } = LOOKS[side];
      areas.forEach((both, m) => {
        const lows = both[n].map(({ k, low }) => [k, low]);
        const highs = both[n].map(({ k, high }) => [k, high]).reverse();
        const edge = p.path([...lows, ...highs].flat());
        const of = m ? "ten" : "before";
        const look = { class: `band ${of}`, d: edge && `${edge}Z`, fill: stroke, stroke };
        set(filled[n + 4 * m], look);
        const mid = p.path(both[n].flatMap((one) => [one.k, one.mid]));
        set(filled[n + 4 * m + 2], { class: "mid", d: mid, stroke });
      });
      set(path[n], { d: p.path(points[n]), ...LOOKS[side] });
      const [x, y] = places[n];
      const room = Math.abs(apart);
      const within = Math.max(top + 8 + room, Math.min(end - room, y));
      const beside = within + (n ? apart : -apart);
      set(names[n], { class: "end middle", x: tenth(x + 5), y: tenth(beside) });
      const { diverged } = run.sides[n].one;
      const curve = points[n].length > 2; // one point is not
      write(names[n], diverged ? `${side}×` : curve ? side : "");
    });
  }

  function drawProbe(boxes) {
    const seen = run.probe();
    const cs = seen.flatMap(({ c }) => c.flat()).filter(Number.isFinite);
    const low = Math.max(-3 * upto, Math.min(-1, ...cs));
    const high = Math.min(3 * upto, Math.max(1, ...cs));
    const room = 0.06 * (high - low);
    const over = ` over ${TASKS[state.task].reads}`;
    SIDES.forEach((side, n) => {
      const { c, ...gates } = seen[n];
      const steps = c[0].length;
      const p = cellPanels[n];
      p.place(boxes[n], [0, steps], [low - room, high + room]);
      p.axes({
        heading: `c of ${side}${boxes[n].width < 150 ? "" : over}`,
        yMarks: ticks(low, high, 4),
        say: (v) => (n === 0 ? short(v) : ""),
      });
      set(p.element, { class: "panel of-c" });
      const lines = units[n](c.length);
      c.forEach((unit, j) => {
        const points = [0, 0, ...unit.flatMap((v, t) => [t + 1, v])];
        set(lines[j], { class: "past", d: p.path(points) });
      });
      GATES.forEach((k, row) => {
        drawLane(lanes[n][row], k, side, gates[k], boxes[n], row);
      });
    });
  }

  function drawLane({ floor, lines, name }, k, side, values, box, row) {
    const slot = k === "g" ? "candidate" : k;
    let [low, high] = activation(state[`${side}_${slot}`]).range;
    const all = values.flat().filter(Number.isFinite);
    if (low === -Infinity) low = Math.min(0, ...all);
    if (high === Infinity) high = Math.max(1, ...all);
    const [top, tall] = [box.top + box.height + 18 + row * 34, 26];
    const y = (v) => tenth(top + tall - (tall * (v - low)) / (high - low));
    const x = (t) => tenth(box.left + ((t + 1) * box.width) / values[0].length);
    const paths = lines(values.length);
    values.forEach((unit, j) => {
      const points = unit.map((v, t) => (Number.isFinite(v) ? `${x(t)} ${y(v)}` : ""));
      set(paths[j], { d: `M${points.filter(Boolean).join("L")}`, stroke: "var(--line)" });
    });
    const zero = y(Math.max(low, Math.min(high, 0)));
    set(floor, { x1: box.left, x2: box.left + box.width, y1: zero, y2: zero });
    set(name, { x: box.left - 8, y: top + tall / 2 });
  }

  // ---- controls ----
  const playButton = button("Train", () => (playing ? pause() : play()));
  const stepButton = button("Step", () => {
    playing = false;
    if (!run.done) run.step();
    ask();
  });
  const againButton = button("Same start", () => {
    playing = false;
    restart();
    ask();
  });
  const tenButton = button("Ten seeds", () => {
    if (ten?.going) ten.going = false;
    else {
      playing = false;
      const fresh = !ten || ten.finished.length === SEEDS;
      if (fresh) ten = { state: { ...state }, finished: [], now: null };
      ten.going = true;
    }
    ask();
  });
  const progress = h("progress", { max: SEEDS, "aria-label": "seeds trained" });
  const where = h("span", { class: "number" });

  const complaint = h("p", { class: "problem", role: "status", hidden: true });
  const fields = {};
  function field(key, label, turn) {
    const { step } = spec.fields[key];
    const input = h("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      onchange: () => take(key, input.value),
      onkeydown: (event) => {
        const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const { min, max } = spec.fields[key];
        const next = turn ? turn(state[key], by) : state[key] + by * step;
        put({ [key]: Number(Math.min(max, Math.max(min, next)).toPrecision(6)) });
      },
    });
    fields[key] = input;
    return h("label", { class: "field" }, h("span", { class: "name" }, label), input);
  }
  // What links accept is what fields accept, and the sentence is the same.
  function take(key, text) {
    const query = `${key}=${encodeURIComponent(text.trim())}`;
    const { state: next, problems } = readState(spec, state, query);
    const sentence = problems.map((p) => p.replace(/^.*?: e/, "E")).join(" ");
    write(complaint, sentence && `${sentence} It stays at ${short(state[key], 6)}.`);
    complaint.hidden = !sentence;
    set(fields[key], { "aria-invalid": Boolean(sentence) });
    if (!sentence) put({ [key]: next[key] });
  }

  const selects = {};
  const choose = (key, label, options) => {
    const select = h("select", { onchange: () => put({ [key]: select.value }) }, options);
    selects[key] = select;
    return h("label", { class: "field" }, label, select);
  };
  const functions = () => grouped().map(option);
  const aside = (text) => h("span", { class: "unseen" }, text);
  const head = (text, side) => h("span", { class: "name" }, side ? swatch(LOOKS[side]) : null, text);
  const slotGrid = h(
    "div",
    { class: "swaps", role: "group", "aria-label": "Squashers of A and B" },
    [head(""), ...SIDES.map((side) => head(side, side))],
    SLOTS.map((slot) => [
      head(slot),
      SIDES.map((side) =>
        choose(`${side}_${slot}`, aside(`${slot} of ${side}`), functions()),
      ),
    ]),
  );

  const td = () => h("td", { role: "cell" });
  const th = (text) => h("th", { scope: "col", role: "columnheader" }, text);
  const rows = SIDES.map(() => ({ what: h("span"), loss: td(), score: td() }));
  const scoreHead = th("");
  const table = h(
    "table",
    { class: "numbers sides", role: "table", "aria-label": "Both sides" },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        ["side", "loss"].map(th),
        scoreHead,
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      SIDES.map((side, n) =>
        h(
          "tr",
          { role: "row" },
          h(
            "th",
            { scope: "row", role: "rowheader" },
            swatch(LOOKS[side]),
            `${side}: `,
            rows[n].what,
          ),
          rows[n].loss,
          rows[n].score,
        ),
      ),
    ),
  );
  const { show: showFrame, tell, stop } = shell("swaplab", [
    h(
      "div",
      { class: "together" },
      playButton,
      stepButton,
      againButton,
      tenButton,
      progress,
      where,
    ),
    table,
    h("div", { class: "picture" }, picture.element),
    h("div", { class: "reading" }, reading.element, readOff),
    output,
    slotGrid,
    h(
      "div",
      { class: "settings" },
      choose(
        "task",
        h("span", { class: "name" }, "task"),
        Object.keys(TASKS).map((key) => h("option", { value: key }, TASKS[key].label)),
      ),
      field("H", "units H"),
      field("rate", "learning rate", (v, by) => v * 2 ** by),
      field("forget_bias", "forget bias"),
      field("clip", "clip (0: no)"),
      field("steps", "updates"),
      field("seed", "seed"),
    ),
    complaint,
  ]);

  // ---- state to figure ----
  function update() {
    if (!playing && run.k) run.look();
    picture.redraw();
    el.classList.toggle("fresh", run.k === 0);
    set(el, { "aria-busy": playing || Boolean(ten?.going) });
    write(playButton, playing ? "Pause" : run.done ? "Train again" : "Train");
    stepButton.disabled = run.done;
    againButton.disabled = run.k === 0;
    const seeds = ten?.finished.length ?? 0;
    const partly = ten && seeds < SEEDS;
    write(tenButton, ten?.going ? "Stop" : partly ? "Go on" : "Ten seeds");
    progress.hidden = !partly;
    progress.value = seeds + (ten?.now ? ten.now.k / ten.now.steps : 0);
    const place = `update ${run.k} of ${run.steps}`;
    write(where, ten?.going ? `${seeds} of ${SEEDS} seeds` : place);
    write(scoreHead, run.counts ? "right up to" : "all right");
    run.sides.forEach((side, n) => {
      const { what, loss, score } = rows[n];
      const { diverged } = side.one;
      write(what, differences(state, SIDES[n]) || "the same squashers");
      const last = run.k ? show(side.losses.at(-1) ?? NaN, 4) : "–";
      write(loss, diverged ? `diverged at ${side.losses.length + 1}` : last);
      write(score, run.k && !diverged ? scoreInWords(run, side) : "–");
    });
    tell(words(), describe());
  }

  function showState() {
    for (const [key, input] of Object.entries(fields)) {
      input.value = String(state[key]);
      set(input, { "aria-invalid": false });
    }
    complaint.hidden = true;
    for (const [key, select] of Object.entries(selects)) {
      if (![...select.options].some(({ value }) => value === state[key])) {
        select.append(h("option", { value: state[key] }, called(state[key])));
      }
      select.value = state[key];
    }
    SLOTS.forEach((slot) => {
      const differs = state[`A_${slot}`] !== state[`B_${slot}`];
      selects[`B_${slot}`].classList.toggle("differs", differs);
    });
    showFrame(state);
    set(reading.range, { max: state.steps });
    at = Math.min(at, state.steps);
  }

  function words() {
    if (playing || run.k === 0) {
      const [a, b] = SIDES.map((side) => differences(state, side) || "as the other");
      const same = `from the same weights, for ${run.steps} updates (seed ${state.seed})`;
      return `${playing ? "Training" : "To be trained"} ${same}: A with ${a}; B with ${b}.`;
    }
    const seeds = ten?.finished.length && !ten.going ? ` ${bandInWords(ten)}` : "";
    return outcome(run) + seeds;
  }
  function bandInWords({ finished }) {
    const scores = {};
    let gone = "";
    SIDES.forEach((side, n) => {
      const kept = finished.map(({ sides }) => sides[n]).filter(({ one }) => !one.diverged);
      const lost = finished.length - kept.length;
      scores[side] = kept.map(({ score }) => score);
      if (lost) gone += ` ${side} diverged in ${lost} of ${finished.length}.`;
    });
    return `Over ${finished.length} seeds ${overSeeds(scores, run.counts)}.${gone}`;
  }

  function describe() {
    const [a, b] = SIDES.map((side) => differences(state, side));
    const apart = a ? `A: ${a}. B: ${b}.` : "A and B are the same.";
    const units = `${state.H} unit${state.H > 1 ? "s" : ""}`;
    const { taught: what, reads } = TASKS[state.task];
    const half = `the middle half of ${spec.seeds} seeds, trained before by lstm_core`;
    const seeds = ten?.finished.length
      ? `Lines are this one seed; bands are ${ten.finished.length} seeds, from the ` +
        `lowest to the highest, the middle dotted.${usual() ? ` Outlined: ${half}, losses only.` : ""}`
      : usual()
        ? `This is one seed. Over ${spec.ten.A.length} seeds ${overSeeds(spec.ten, true)}. ` +
          `The bands of losses are ${half}.`
        : "This is one seed; “Ten seeds” shows how much hangs on it.";
    return (
      `Two LSTMs of ${units} learn ${what}, from the same weights on the same batches ` +
      `(seed ${state.seed}). ${apart} Below the curves: c and the gates of every unit ` +
      `at the moment, over ${reads}. ${seeds}`
    );
  }

  // Training begins by itself once the picture is in view.
  let met = false;
  const eyes = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      eyes.disconnect();
      met = true;
      play();
      unseen = calm();
      update();
    },
    { threshold: 0.2 },
  );

  const changed = watch(() => {
    state = snapshot();
    ten = null;
    restart();
    showState();
    playing = met;
    unseen = calm();
    update();
    if (playing) ask();
  });
  picture.start();
  showState();
  update();
  eyes.observe(picture.element);
  return () => {
    changed.stop();
    eyes.disconnect();
    cancelAnimationFrame(waiting);
    picture.stop();
    el.removeAttribute("aria-busy");
    stop();
  };
}

export default { render };
