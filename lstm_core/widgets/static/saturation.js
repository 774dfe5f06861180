// Saturation: histograms of a network's pre-activations over the function that squashes
// them and over its slope, at birth and after training, times a scale.

import { activation } from "./engine.js";
import { frame, handle, moveHandle, numbers } from "./frame.js";
import { fetched, h, percent, range, set, short, show, svg } from "./kit.js";
import { draggable, panel, stage, steppable, tenth, ticks } from "./plot.js";
import { ROWS } from "./rows.js";

const { slots: SLOTS, networks: NETWORKS } = SPEC;
const [FAR, WIDTH, VIEW, BAR] = SPEC.bins;
const BINS = Math.round((2 * FAR) / WIDTH);

// ---- the arithmetic ----

// {shares of the bins, and totals: the share below each of their edges}
export function unpacked([first, parts]) {
  const counts = [0];
  const part = (k) => parts[k - first] ?? 0;
  for (let k = 0; k < BINS; k++) counts.push(counts[k] + part(k));
  const whole = counts[BINS];
  return {
    shares: range(BINS).map((k) => part(k) / whole),
    totals: counts.map((n) => n / whole),
  };
}

const edge = (k) => -FAR + (2 * FAR * k) / BINS;

// The share of pre-activations below z, those of a bin spread evenly.
export function below({ totals }, z) {
  const place = Math.max(0, Math.min(BINS, ((z + FAR) / (2 * FAR)) * BINS));
  const k = Math.min(BINS - 1, Math.floor(place));
  return totals[k] + (place - k) * (totals[k + 1] - totals[k]);
}

// The z > 0 from which a value is within margin of its range from its high end.
export function limit(name, margin) {
  const far = Math.log((1 - margin) / margin);
  return name === "sigmoid" ? far : far / 2;
}
const marginAt = (name, z) => 1 / (1 + Math.exp(name === "sigmoid" ? z : 2 * z));

// The mean of the slope over pre-activations times scale, as a share of the steepest.
export function meanSlope({ shares }, name, scale) {
  const { value, steepest } = activation(name);
  let mean = 0;
  shares.forEach((share, k) => {
    if (share === 0) return;
    const rise = value(scale * edge(k + 1)) - value(scale * edge(k));
    mean += (share * rise) / (scale * WIDTH);
  });
  return mean / steepest;
}

export function measure(histogram, name, { scale, margin }) {
  const far = limit(name, margin) / scale;
  const low = below(histogram, -far);
  const high = 1 - below(histogram, far);
  return { low, high, slope: meanSlope(histogram, name, scale) };
}

// The share of scaled pre-activations in each bar of the picture, the outer two open.
export function bars(histogram, scale) {
  const count = Math.round((2 * VIEW) / BAR);
  const cut = (k) => {
    if (k === 0 || k === count) return k && 1;
    return below(histogram, (BAR * k - VIEW) / scale);
  };
  return range(count).map((k) => cut(k + 1) - cut(k));
}

// ---- the figure ----

const histogramsIn = (stored) => {
  const made = new Map();
  return (...keys) => {
    const key = keys.join();
    const packed = () => keys.reduce((node, name) => node[name], stored);
    if (!made.has(key)) made.set(key, unpacked(packed()));
    return made.get(key);
  };
};

function render(context) {
  const { put, get, slide, choose, controls, output, live, again } = frame(SPEC, context);
  let state, name, row, born, now, histogramOf;
  let missing = "The histograms are on their way.";
  fetched(context, "saturation")
    .then((stored) => (histogramOf = histogramsIn(stored)), (e) => (missing = e.message))
    .then(again);

  const panels = [panel(), panel()];
  const [full, outline, curve] = ["shade", "shade", "curves"].map((layer) =>
    panels.map((p) => {
      const path = svg("path");
      p[layer].append(path);
      return path;
    }),
  );
  const ends = panels.map((p) => {
    const both = [0, 1].map(() => svg("rect", { fill: "var(--ink)" }));
    p.shade.prepend(...both);
    return both;
  });
  const surfaces = panels.map(() => svg("rect", { class: "surface" }));
  const grip = handle("where saturation begins");
  const picture = stage("Pre-activations over their function and its slope", drawAll);
  picture.element.append(...panels.map((p) => p.element), ...surfaces, grip);

  function drawAll(width) {
    const wide = width >= 620;
    const across = wide ? (width - 112) / 2 : width - 54;
    const high = wide ? 190 : 150;
    const heights = [born, now].map((one) => (one ? bars(one, state.scale) : []));
    const tallest = heights.map((one) => 1.08 * Math.max(...one));
    const middle = (k) => BAR * (k + 0.5) - VIEW;
    const passing = heights[1].map((v, k) => (v * row.d1(middle(k))) / row.steepest);
    const kinds = [heights[1], passing, heights[0], heights[1]];
    const tops = [tallest[1], tallest[1], tallest[0], tallest[1]];
    panels.forEach((p, n) => {
      const left = 44 + (wide ? n * (across + 62) : 0);
      const from = 26 + (wide ? 0 : n * 206);
      const place = { left, top: from, width: across, height: high };
      const [order, ys] = n ? ["d1", [0, row.steepest]] : ["value", row.range];
      p.place(place, [-VIEW, VIEW], ys);
      p.axes({
        heading: n ? "its slope, and what passes" : `${ROWS[name].label} over z`,
        xMarks: ticks(-VIEW, VIEW, 4),
        yMarks: ticks(...ys, 3),
        xLabels: true,
      });
      const line = { fill: "none", stroke: "var(--ink)", "stroke-width": 1.25 };
      const fill = { fill: `var(--${state.slot})`, "fill-opacity": 0.6 };
      set(full[n], { d: around(p, kinds[n], tops[n]), ...fill });
      set(outline[n], { d: around(p, kinds[n + 2], tops[n + 2]), ...line });
      const points = range(161).flatMap((k) => [VIEW * (k / 80 - 1), 0]);
      for (let k = 0; k < points.length; k += 2) points[k + 1] = row[order](points[k]);
      set(curve[n], { d: p.path(points), stroke: `var(--${state.slot}-line)` });
      const far = Math.min(VIEW, limit(name, state.margin));
      [p.x(-VIEW), p.x(far)].forEach((x, k) => {
        const size = { width: tenth(p.x(VIEW) - p.x(far)), height: high };
        set(ends[n][k], { x: tenth(x), y: place.top, ...size });
      });
      set(surfaces[n], { x: left, y: place.top, width: across, height: high + 24 });
    });
    drawGrip();
    return panels[1].bounds().end + 34;
  }

  // One path around bars, of which the height `top` would fill the panel.
  function around(p, heights, top) {
    const { height, end } = p.bounds();
    const steps = heights.map((v, k) => {
      const y = tenth(end - (v / top) * height);
      return `V${y}H${tenth(p.x(BAR * (k + 1) - VIEW))}`;
    });
    return `M${tenth(p.x(-VIEW))} ${end}${steps.join("")}V${end}z`;
  }

  function drawGrip() {
    const z = limit(name, state.margin);
    const [from, to] = [0.3, 0.01].map((margin) => limit(name, margin));
    const p = panels[1];
    const said = `z = ${show(z, 2)}, ${percent(state.margin)} of the range`;
    moveHandle(grip, tenth(p.x(z)), p.bounds().end, [from, z, to], said);
  }

  const begin = (z) => {
    const margin = marginAt(name, Math.abs(z));
    put({ margin: Math.max(0.01, Math.min(0.3, Number(margin.toFixed(3)))) });
  };
  for (const part of [...surfaces, grip]) {
    draggable(part, picture.element, (x) => {
      const near = x > panels[1].bounds().left - 10 ? panels[1] : panels[0];
      begin(near.from(x));
    });
  }
  steppable(grip, {
    step: 0.1,
    page: 0.5,
    low: () => limit(name, 0.3),
    high: () => limit(name, 0.01),
    get: () => limit(name, get("margin")),
    set: begin,
  });

  // ---- the controls ----
  const named = (record) =>
    Object.entries(record).map(([key, { label }]) => [key, label]);
  choose("network", "network", named(NETWORKS));
  choose("slot", "what is squashed", named(SLOTS));
  slide("scale", "scale", (v) => `× ${short(v)}`);
  slide("margin", "margin", (v) => percent(v));
  const table = numbers("All that is squashed", [4, 4, 4, 4]);

  // ---- words ----
  const of = (slot, when) =>
    measure(histogramOf(state.network, when, slot), SLOTS[slot].function, state);

  function words() {
    const [before, after] = [born, now].map((one) => measure(one, name, state));
    const [low, high] = row.range;
    const reach = state.margin * (high - low);
    const [bottom, top] = [low + reach, high - reach].map((v) => short(v));
    const { label } = SLOTS[state.slot];
    const [lower, upper, share] = [after.low, after.high, after.low + after.high].map(
      percent,
    );
    const sides = `${lower} below ${bottom}, ${upper} above ${top}`;
    const started = percent(before.low + before.high);
    const slopes = [after, before].map(({ slope }) => percent(slope));
    return [
      `Of the ${label} ${share} is saturated (${sides}), at birth ${started}.`,
      `The mean slope, what of the gradient passes, is ${slopes[0]} of the steepest,`,
      `at birth ${slopes[1]}.`,
    ].join(" ");
  }

  function describe() {
    const { told } = NETWORKS[state.network];
    const scale = state.scale === 1 ? "" : ` times ${short(state.scale)}`;
    return [
      `Pre-activations${scale} of the ${SLOTS[state.slot].label}, of ${told}:`,
      "full after training, outline at birth, each to its own height. By its slope: all",
      "after training, and full what of it passes. Tinted ends are saturated; the outer bars hold all beyond.",
    ].join(" ");
  }

  function update(given) {
    state = given;
    name = SLOTS[state.slot].function;
    row = activation(name);
    [born, now] = ["birth", "trained"].map((when) =>
      histogramOf?.(state.network, when, state.slot),
    );
    picture.redraw();
    if (!histogramOf) return [missing, describe()];
    const rows = Object.entries(SLOTS).map(([slot, { label }]) => {
      const [before, after] = ["birth", "trained"].map((when) => of(slot, when));
      const values = [before, after].map(({ low, high }) => percent(low + high));
      values.push(percent(before.slope), percent(after.slope));
      return { look: { stroke: `var(--${slot}-line)` }, name: label, values };
    });
    const heads = ["saturated at birth", "trained", "slope at birth", "trained"];
    table.show(["squashed", ...heads], rows);
    return [words(), describe()];
  }

  const elements = (...keys) => keys.map((key) => controls[key].element);
  return live(
    picture,
    update,
    h("div", { class: "gates" }, elements("network", "slot")),
    h("div", { class: "picture" }, picture.element),
    h("div", {}, elements("scale", "margin")),
    output,
    table.element,
  );
}

export default { render };
