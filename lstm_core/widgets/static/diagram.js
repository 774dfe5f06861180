// The diagram of one LSTM step: wires, affine sums, gates, products and the two states.
// Every part carries data-sym, the letter it stands for and lights up, and data-also, what
// else it is lit with.

import { set, svg, write } from "./kit.js";

const COLUMN = { f: 86, i: 150, g: 214, o: 278 };
const MIDDLE = (COLUMN.i + COLUMN.g) / 2;
const ROW = { cell: 46, product: 108, box: 180, squash: 232, sum: 274, h: 308, x: 322 };
const WIDTH = 350;
const HEIGHT = 346;

const wire = (sym, d, kind = "", also) =>
  svg("path", { class: `wire ${kind}`, "data-sym": sym, "data-also": also, d });
const label = (x, y, anchor, ...content) =>
  svg("text", { x, y, "text-anchor": anchor }, ...content);

// A letter with its index, such as h with t-1, as one text element.
export const letter = (base, index) => [
  svg("tspan", { class: "letter" }, base),
  index ? svg("tspan", { class: "index", dy: 4 }, index) : null,
];

const end = (sym, text) =>
  svg("g", { "data-sym": sym, class: `end of-${sym[0]}` }, text);

function operator(sym, x, y, text) {
  return svg(
    "g",
    { class: "operator", "data-sym": sym, transform: `translate(${x} ${y})` },
    svg("circle", { r: 11 }),
    svg("text", { "text-anchor": "middle", class: "middle" }, text),
  );
}

export function diagram() {
  const values = {};
  const squashes = {};
  const fills = {};
  const value = (key, x, y, anchor, sym = key) => {
    values[key] = svg("text", { class: "value", "data-sym": sym, x, y, "text-anchor": anchor });
    return values[key];
  };
  const squash = (slot, sym, x, y) => {
    const text = svg("text", { "text-anchor": "middle", class: "middle" });
    squashes[slot] = text;
    const at = { "data-sym": sym, transform: `translate(${x} ${y})` };
    const pill = svg("rect", { x: -19, y: -11, width: 38, height: 22, rx: 11 });
    return svg("g", { class: "squash", ...at }, pill, text);
  };

  const wires = [
    wire("c_prev", `M8 ${ROW.cell}H${COLUMN.f - 11}`, "to-c"),
    wire("c", `M${COLUMN.f + 11} ${ROW.cell}H${MIDDLE - 11}`, "to-c"),
    wire("c", `M${MIDDLE + 11} ${ROW.cell}H${WIDTH - 8}`, "to-c"),
    wire("f", `M${COLUMN.f} ${ROW.box - 24}V${ROW.cell + 11}`, "of-f"),
    wire("i", `M${COLUMN.i} ${ROW.box - 24}V${ROW.product}H${MIDDLE - 11}`, "of-i"),
    wire("g", `M${COLUMN.g} ${ROW.box - 24}V${ROW.product}H${MIDDLE + 11}`, "of-g"),
    wire("c", `M${MIDDLE} ${ROW.product - 11}V${ROW.cell + 11}`, "thin"),
    wire("s", `M${COLUMN.o} ${ROW.cell}V${ROW.product - 11}`, "thin"),
    wire("o", `M${COLUMN.o} ${ROW.box - 24}V${ROW.product + 11}`, "of-o"),
    wire("h", `M${COLUMN.o + 11} ${ROW.product}H${WIDTH - 8}`, "to-h"),
    wire("h_prev", `M8 ${ROW.h}H${COLUMN.o - 9}`, "to-h"),
    wire("x", `M8 ${ROW.x}H${COLUMN.o + 9}`, "from-x"),
  ];
  const gates = Object.keys(COLUMN).map((k) => column(k));

  function column(k) {
    const x = COLUMN[k];
    fills[k] = svg("rect", { class: `fill of-${k}`, x: -28, width: 56 });
    const box = svg(
      "g",
      { class: `box of-${k}`, "data-sym": k, transform: `translate(${x} ${ROW.box})` },
      svg("rect", { class: "back", x: -29, y: -24, width: 58, height: 48, rx: 5 }),
      fills[k],
      svg("rect", { class: "frame", x: -29, y: -24, width: 58, height: 48, rx: 5 }),
      svg("text", { "text-anchor": "middle", y: -4 }, ...letter(k)),
      value(k, 0, 15, "middle"),
    );
    const sum = svg(
      "g",
      { class: "sum", "data-sym": `a_${k}`, transform: `translate(${x} ${ROW.sum})` },
      svg("rect", { x: -29, y: -12, width: 58, height: 24, rx: 12 }),
      value(`a_${k}`, 0, 5, "middle"),
    );
    return svg(
      "g",
      {},
      wire(`a_${k}`, `M${x} ${ROW.sum - 12}V${ROW.box + 24}`, "thin"),
      wire(`U_${k}`, `M${x - 9} ${ROW.h}V${ROW.sum + 12}`, "to-h", "h_prev"),
      wire(`W_${k}`, `M${x + 9} ${ROW.x}V${ROW.sum + 12}`, "from-x", "x"),
      squash(k === "g" ? "candidate" : k, k, x, ROW.squash),
      sum,
      box,
    );
  }

  const element = svg(
    "svg",
    {
      class: "diagram",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": "Diagram of the step; the table below has its numbers",
    },
    wires,
    gates,
    operator("c", COLUMN.f, ROW.cell, "×"),
    operator("c", MIDDLE, ROW.cell, "+"),
    operator("c", MIDDLE, ROW.product, "×"),
    operator("h", COLUMN.o, ROW.product, "×"),
    squash("output", "s", COLUMN.o, 76),
    end("c_prev", label(8, 32, "start", letter("c", "t−1"))),
    value("c_prev", 8, 66, "start"),
    end("c", label(WIDTH - 8, 32, "end", letter("c", "t"))),
    value("c", WIDTH - 8, 66, "end"),
    end("h", label(WIDTH - 8, 97, "end", letter("h", "t"))),
    value("h", WIDTH - 8, 128, "end"),
    end("h_prev", label(8, 281, "start", letter("h", "t−1"))),
    value("h_prev", 8, 300, "start"),
    end("x", label(8, 340, "start", letter("x", "t"))),
    value("x", 34, 340, "start"),
    value("kept", COLUMN.f + 8, ROW.cell + 24, "start", "c"),
    value("added", MIDDLE, ROW.product + 26, "middle", "c"),
    value("s", COLUMN.o - 24, 81, "end"),
  );

  // How full a box is drawn: from the floor of its range, or both ways from its zero.
  function fill(k, v, [low, high]) {
    const from = Math.max(low, Number.isFinite(high) ? -high : -1, -1);
    const to = Math.min(high, 1);
    const share = (u) => (Math.min(to, Math.max(from, u)) - from) / (to - from);
    const [a, b] = [share(Math.min(0, v)), share(Math.max(0, v))];
    set(fills[k], { y: 23 - 46 * b, height: Math.max(0, 46 * (b - a)) });
  }

  return {
    element,
    show({ numbers, ranges, names }) {
      for (const [key, text] of Object.entries(numbers)) {
        if (values[key]) write(values[key], text);
      }
      for (const [slot, name] of Object.entries(names)) write(squashes[slot], name);
      for (const [k, [v, range]] of Object.entries(ranges)) fill(k, v, range);
    },
  };
}
