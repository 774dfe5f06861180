// Compares the table, the cell and what the figures make of it with lstm_core.

import { fault, fixtures, load, proving, report } from "./proof.mjs";

const engine = await load("engine.js");
const squasher = await load("squasher.js");
const cell = await load("cell.js");
const use = proving(engine);
let compared = 0;

// Entry by entry, relative; a zero must be a zero.
function compare(where, got, expected) {
  if (Array.isArray(expected)) {
    if (got.length !== expected.length) fault(`${where}: ${got.length} entries`);
    expected.forEach((value, k) => compare(`${where}[${k}]`, got[k], value));
  } else if (expected !== null && typeof expected === "object") {
    for (const key of Object.keys(expected)) {
      compare(`${where}.${key}`, got[key], expected[key]);
    }
  } else {
    compared += 1;
    const size = Math.abs(expected);
    if (!(Math.abs(got - expected) <= 1e-12 * size)) {
      fault(`${where}: ${got} for ${expected}`);
    }
  }
}

// ---- the table ----
const { zs, rows, families } = fixtures.table;
for (const [name, expected] of Object.entries(rows)) {
  const row = use("activation")(name);
  for (const order of ["value", "d1", "d2"]) {
    zs.forEach((z, k) => compare(`${name}.${order}(${z})`, row[order](z), expected[order][k]));
  }
  compare(`${name}.kinks`, row.kinks, expected.kinks);
  compare(`${name}.steepest`, row.steepest, expected.steepest);
  row.range.forEach((end, k) => {
    const limit = expected.range[k] ?? (k ? Infinity : -Infinity);
    if (end !== limit) fault(`${name}.range: ${end} for ${limit}`);
  });
}
const names = Object.keys(rows).filter((name) => !name.includes("("));
if (use("NAMES").join() !== names.join()) fault(`NAMES: ${engine.NAMES}`);
for (const [name, [low, high]] of Object.entries(families)) {
  const family = use("FAMILIES")[name];
  if (family.low !== low || family.high !== (high ?? Infinity)) fault(`FAMILIES: ${name}`);
}
if (Object.keys(engine.FAMILIES).length !== Object.keys(families).length) {
  fault("FAMILIES: one too many");
}

// ---- the cell ----
for (const [n, run] of fixtures.runs.entries()) {
  const { slots, p, xs, start, dhs, dend } = run;
  const machine = use("lstm")(slots);
  compare(`run ${n} affine`, use("affine")(p.i, xs[0], start.h), run.affine);
  const { state, trace } = machine.step(p, xs[0], start);
  compare(`run ${n} step`, { state, trace }, run.step);
  compare(`run ${n} back`, machine.stepBack(p, trace, dend), run.back);
  const gate = use("affineBack")(p.i, xs[0], start.h, trace.a_i.map(() => 1));
  compare(`run ${n} affineBack`, gate.dp.W, xs[0].map((x) => trace.a_i.map(() => x)));
  const whole = use("forward")(machine, p, xs, start);
  compare(`run ${n} forward`, whole, run.forward);
  const back = use("backward")(machine, p, whole.trace, dhs, dend);
  compare(`run ${n} backward`, back, run.backward);
}

// ---- what the figures make of it ----
const close = (where, got, expected) => {
  const finite = got.filter(Number.isFinite);
  const far = finite.some((v, k) => !(Math.abs(v - expected[k]) < 1e-9));
  if (far || finite.length !== expected.length) fault(`${where}: ${got} for ${expected}`);
};
for (const { name, state, zs: at, expected, edges } of fixtures.composed) {
  const f = squasher.composed(name, state);
  for (const order of ["value", "d1", "d2"]) {
    const where = `composed ${name}.${order}`;
    at.forEach((z, k) => compare(`${where}(${z})`, f[order](z), expected[order][k]));
  }
  close(`edges of ${name}`, squasher.aliveIntervals(f, 0.05, state.gain, state.shift), edges);
}
for (const [n, { state, trace }] of fixtures.cells.entries()) {
  const { steps } = cell.run(state);
  for (const [key, values] of Object.entries(trace)) {
    values.forEach((v, t) => compare(`cell ${n} step ${t} ${key}`, steps[t][key], v));
  }
}
for (const { state, ends } of fixtures.writes) {
  const got = cell.writes(state);
  for (const key of ["tied", "untied"]) {
    ends[key].forEach((end, k) => {
      const limit = end ?? (k ? Infinity : -Infinity);
      const near = got[key][k] === limit || Math.abs(got[key][k] - limit) < 1e-7;
      if (!near) fault(`writes of ${state.i}, ${state.candidate}: ${got[key]}`);
    });
  }
}

report({ compared });
