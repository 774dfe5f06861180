// Gradient flow: how much of the gradient at the end is left at each step before, as
// maps of units by time and as lengths over time, whole and each way alone.

import { flow, norm } from "./cells.js";
import { frame, handle, moveHandle, numbers } from "./frame.js";
import { button, h, numberField, range, set, short, show, svg, write } from "./kit.js";
import { draggable, panel, pool, stage, steppable, tenth, ticks } from "./plot.js";

const { labels: LABELS, shown: SHOWN, shades: SHADES, decades: [LOW, HIGH] } = SPEC;
const LEVELS = HIGH - LOW + 1;

// What each network has to draw: which gradient, of what, its letter, line and name.
const PARTS = {
  lstm: [
    { way: "whole", of: "c", heading: "∂L/∂c" },
    { way: "whole", of: "h", heading: "∂L/∂h" },
    { way: "c", of: "c", heading: "∂L/∂c along the cell alone", alone: true },
    { way: "h", of: "h", heading: "∂L/∂h along h alone", alone: true },
  ],
  gru: [
    { way: "whole", of: "h", heading: "∂L/∂h" },
    { way: "z", of: "h", heading: "∂L/∂h through z alone", alone: true },
  ],
  rnn: [{ way: "whole", of: "h", heading: "∂L/∂h" }],
};

const look = ({ of, alone }) => ({
  stroke: `var(--${of}-line)`,
  "stroke-dasharray": alone ? "6 3" : "",
});

// 0 below the first power of ten, then one more for each that a value reaches.
export function level(value) {
  const power = Math.floor(Math.log10(Math.abs(value)));
  return Math.max(0, Math.min(LEVELS, power - LOW + 1));
}

const power = (n) => (n === 0 ? "1" : show(10 ** n, 0).replace("1.0×", ""));

function render(context) {
  const { put, get, slide, choose, controls, output, live } = frame(SPEC, context);

  // ---- what is shown ----
  let state, parts, maps, back, unit;
  let over = null; // the place under the pointer, {t, unit}

  function compute() {
    const found = flow(state);
    const end = norm(found.whole[state.T].h);
    parts = PARTS[state.cell].map((part) => {
      const rows = found[part.way].map((d) => d[part.of]);
      const norms = rows.map(norm);
      const share = () => norms[state.T - back] / end;
      return { ...part, rows, norms, share, factor: () => share() ** (1 / back) };
    });
    const alone = state.ways === "alone" && parts.some((part) => part.alone);
    maps = parts.filter((part) => Boolean(part.alone) === alone);
    over = null;
  }

  // ---- the drawing ----
  const fields = [panel(), panel()];
  const curves = panel();
  const cells = fields.map((p) => pool(p.shade, () => svg("path")));
  const lines = pool(curves.curves, () => svg("path"));
  const strips = pool(curves.marks, () => svg("rect"));
  const rule = svg("line", { class: "cursor" });
  const frames = fields.map(() =>
    svg("rect", { fill: "none", stroke: "var(--ink)", "stroke-width": 2 }),
  );
  const grip = handle("place in time");
  const surfaces = [0, 1, 2].map(() => svg("rect", { class: "surface" }));
  const picture = stage("Gradient by unit and time", drawAll);
  picture.element.append(
    ...fields.map((p) => p.element), curves.element, rule, ...frames, ...surfaces, grip,
  );

  function drawAll(width) {
    const [left, right] = [44, 30];
    const across = width - left - right;
    const ends = [-0.5, state.T + 0.5];
    const row = width < 480 ? 12 : 14;
    let top = 26;
    fields.forEach((p, n) => {
      const shown = n < maps.length;
      for (const part of [p.element, frames[n], surfaces[n]]) {
        set(part, { display: shown ? "" : "none" });
      }
      if (!shown) return;
      const box = { left, top, width: across, height: row * state.H };
      p.place(box, ends, [0, state.H]);
      p.axes({
        heading: maps[n].heading + (width < 480 ? "" : ", unit by unit"),
        yMarks: range(state.H).map((k) => k + 0.5),
        sayY: (y) => short(state.H - y + 0.5),
      });
      set(surfaces[n], { x: left, y: top, width: across, height: box.height });
      drawMap(p, maps[n], cells[n]);
      top += box.height + 34;
    });
    drawLines({ left, top, width: across, height: 156 }, ends);
    drawPlace();
    return top + 156 + 30;
  }

  function drawMap(p, { rows, of }, paths) {
    const { left, top, width, height } = p.bounds();
    const ground = `M${left} ${top}h${width}v${height}H${left}z`;
    const texts = [ground, ...range(LEVELS).fill("")];
    const xs = range(state.T + 2).map((t) => tenth(p.x(t - 0.5)));
    const apart = xs[1] - xs[0] > 5; // else cells of a level run together
    const high = tenth(p.y(0) - p.y(1) - 0.8);
    for (let k = 0; k < state.H; k++) {
      const y = tenth(p.y(state.H - k));
      let from = 0;
      rows.forEach((values, t) => {
        const n = level(values[k]);
        if (!apart && t < state.T && level(rows[t + 1][k]) === n) return;
        const end = tenth(xs[t + 1] - 0.8 * apart);
        if (n > 0) texts[n] += `M${xs[from]} ${y}H${end}v${high}H${xs[from]}z`;
        from = t + 1;
      });
    }
    const path = paths(LEVELS + 1);
    texts.forEach((d, n) => set(path[n], { d, fill: SHADES[of][n] }));
  }

  function drawLines(box, ends) {
    const decades = range(LEVELS).map((k) => LOW + k);
    curves.place(box, ends, [LOW, HIGH]);
    const dashed = box.width < 400 ? "" : ", dashed along one way alone";
    curves.axes({
      heading: `← back in time: lengths${dashed}`,
      yMarks: decades.filter((n) => n % 2 === 0),
      xMarks: ticks(0, state.T, box.width / 60),
      xLabels: true,
      sayY: power,
    });
    const path = lines(parts.length);
    parts.forEach((part, n) => {
      const points = part.norms.flatMap((v, t) => [t, v > 0 ? Math.log10(v) : NaN]);
      set(path[n], { d: curves.path(points), ...look(part) });
    });
    // The colours of the maps, each beside its power of ten
    const letters = [...new Set(maps.map(({ of }) => of))];
    const rect = strips(letters.length * (LEVELS - 1));
    letters.forEach((of, column) =>
      decades.slice(0, -1).forEach((n, k) => {
        const y = tenth(curves.y(n + 1));
        const x = box.left + box.width + 6 + 11 * column;
        const height = tenth(curves.y(n) - y);
        const place = { x, y, width: 9, height, fill: SHADES[of][k + 1] };
        set(rect[column * (LEVELS - 1) + k], place);
      }),
    );
    const { left, top, width, height } = box;
    set(surfaces[2], { x: left, y: top, width, height: height + 30 });
  }

  const here = () => over ?? { t: state.T - back, unit };

  function drawPlace() {
    const place = here();
    const x = tenth(curves.x(state.T - back));
    const foot = curves.bounds().end;
    set(rule, { x1: x, x2: x, y1: fields[0].bounds().top, y2: foot });
    moveHandle(grip, x, foot, [-state.T, -back, -1], `${back} steps back`);
    maps.forEach((part, n) => {
      const p = fields[n];
      const width = p.x(1) - p.x(0);
      const height = p.y(0) - p.y(1);
      const from = { x: p.x(place.t - 0.5), y: p.y(state.H - place.unit + 1) };
      set(frames[n], { x: tenth(from.x - 1), y: tenth(from.y - 1) });
      set(frames[n], { width: tenth(width + 1), height: tenth(height + 1) });
    });
    const values = maps.map(({ heading, rows }) => {
      return `${heading} ${show(rows[place.t][place.unit - 1], 2)}`;
    });
    const at = `${over ? "Under the pointer" : "At the mark"}: unit ${place.unit}`;
    write(pointed, `${at}, t = ${place.t}: ${values.join(", ")}`);
  }

  // The step and the unit at a point of the picture.
  function placeAt(x, y) {
    const t = Math.max(0, Math.min(state.T, Math.round(curves.from(x))));
    const row = maps.findIndex((_, n) => {
      const { top, end } = fields[n].bounds();
      return y >= top && y < end;
    });
    if (row < 0) return { t, unit };
    const { top, height } = fields[row].bounds();
    const n = 1 + Math.floor(((y - top) / height) * state.H);
    return { t, unit: Math.max(1, Math.min(state.H, n)) };
  }
  const moveTo = (x, y) => {
    const place = placeAt(x, y);
    put({ back: Math.max(1, state.T - place.t), unit: place.unit });
  };
  for (const part of [...surfaces, grip]) draggable(part, picture.element, moveTo);
  surfaces.forEach((surface, n) => {
    if (n === 2) return;
    surface.addEventListener("pointermove", ({ clientX, clientY }) => {
      const frame = picture.element.getBoundingClientRect();
      over = placeAt(clientX - frame.left, clientY - frame.top);
      drawPlace();
    });
    surface.addEventListener("pointerleave", () => {
      over = null;
      drawPlace();
    });
  });
  steppable(grip, {
    step: 1,
    page: 10,
    low: () => -state.T,
    high: () => -1,
    get: () => -Math.min(get("back"), get("T")),
    set: (v) => put({ back: -v }),
  });

  // ---- the controls ----
  for (const [key, label] of [
    ["back", "steps back"], ["forget_bias", "forget bias"], ["gain", "recurrent gain"],
    ["T", "steps T"], ["H", "units H"], ["unit", "unit told"],
  ]) slide(key, label);
  choose("cell", "network", Object.entries(LABELS));
  choose("ways", "maps of", Object.entries(SHOWN));
  const losses = range(9).map((k) => [k, k ? `unit ${k} of h` : "the sum of h"]);
  choose("loss", "L is, at the end,", losses, Number);
  const seeded = (seed) => put({ seed });
  controls.seed = numberField({ label: "seed", ...SPEC.fields.seed, input: seeded });
  controls.seed.element.classList.add("together");
  const another = button("Another start", () => {
    put({ seed: (get("seed") + 1) % (SPEC.fields.seed.max + 1) });
  });
  const pointed = h("div", { class: "pointed" });
  const table = numbers("Gradient at the mark", [1, 1, 1]);
  const of = (...keys) => keys.map((key) => controls[key].element);

  // ---- words ----
  function pace(each) {
    if (!(each > 0)) return "nothing of it arrives";
    const steps = show(Math.LN2 / Math.abs(Math.log(each)), 1);
    const half = `${each < 1 ? "half gone" : "doubled"} after ${steps} steps`;
    return `a factor of ${show(each)} a step, ${half}`;
  }

  function words() {
    const [first, z, c = z, out] = parts;
    const steps = `${back} step${back === 1 ? "" : "s"} back`;
    const where = state.cell === "lstm" ? " at the cell" : "";
    const left = `${show(first.share(), 2)} of the gradient is left${where}`;
    const told = `${steps} ${left}: ${pace(first.factor())}.`;
    if (state.cell === "rnn") return `${told} There is no other way than U and tanh.`;
    const much = c.share() / first.share();
    const compared = much < 2 ? `, ${show(100 * much, 0)}\u202f% of it` : "";
    const part = show(c.share(), 2) + compared;
    const keeps = "Through z alone, which keeps as f does,";
    if (state.cell === "gru") return `${told} ${keeps} ${part}.`;
    const rest = " The rest left the cell on its way, as h, and came back by the gates.";
    return [
      `${told} Along the cell alone, the product of f, ${part};`,
      `along h alone ${show(out.share(), 2)}.${much < 0.995 ? rest : ""}`,
    ].join(" ");
  }

  function describe() {
    const { cell, gain, loss, T, H, seed, ways } = state;
    const bias = cell === "rnn" ? "" : `${keeper()} ${short(state.forget_bias)}, `;
    const [, from] = losses[Math.min(loss, H)];
    return [
      `Gradient of ${from} at t = ${T}, back through ${LABELS[cell]}: ${H} units,`,
      `${bias}recurrent gain ${short(gain)}, seed ${seed}.`,
      `Maps of ${SHOWN[cell === "rnn" ? "whole" : ways]}; a shade is a power of ten,`,
      "as the strips beside the lines show. Signs are in the numbers.",
    ].join(" ");
  }
  const keeper = () => (state.cell === "gru" ? "bias of z" : "forget bias");

  // ---- state to figure ----
  const SHAPE = ["cell", "forget_bias", "T", "gain", "H", "seed", "loss", "ways"];
  let drawn = "";
  function update(now) {
    state = now;
    const shape = JSON.stringify(SHAPE.map((key) => state[key]));
    back = Math.min(state.back, state.T);
    unit = Math.min(state.unit, state.H);
    if (shape !== drawn) compute();
    drawn = shape;
    picture.redraw();
    set(controls.back.range, { max: state.T });
    set(controls.unit.range, { max: state.H });
    controls.back.show(back);
    controls.unit.show(unit);
    const [bias, ways] = of("forget_bias", "ways");
    bias.hidden = ways.hidden = state.cell === "rnn";
    write(bias.firstChild, keeper());
    const rows = parts.map((part) => {
      const one = part.rows[state.T - back][unit - 1];
      const values = [show(part.share(), 2), show(part.factor()), show(one, 2)];
      return { look: look(part), name: part.heading, values };
    });
    table.show([`${back} steps back`, "of the end", "a step", `unit ${unit}`], rows);
    return [words(), describe()];
  }

  return live(
    picture,
    update,
    h("div", { class: "gates" }, of("cell", "ways")),
    h("div", { class: "picture" }, picture.element, pointed),
    h("div", {}, of("back", "forget_bias", "gain", "T")),
    output,
    table.element,
    h("div", { class: "together" }, of("seed"), another),
    h(
      "details",
      { class: "more" },
      h("summary", {}, "Units, and what L is"),
      of("H", "unit", "loss"),
    ),
  );
}

export default { render };
