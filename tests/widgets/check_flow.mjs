// Compares cells.js and flow.js with steps and whole ways back of lstm_core.

import { compare, fault, fixtures, load, proving, report } from "./proof.mjs";

const use = proving(await load("cells.js"));
const { level } = await load("flow.js");

// ---- one step of each network, some gates deep in their tails ----
for (const { name, p, x, before, trace, after, d, back } of fixtures.steps) {
  const cell = use("CELLS")[name];
  const got = cell.step(p, x, before);
  for (const [key, values] of Object.entries(trace)) {
    compare("steps", `${name} ${key}`, got.trace[key], values, 1e-12);
  }
  for (const [key, values] of Object.entries(after)) {
    compare("steps", `${name} after ${key}`, got.state[key], values, 1e-12);
  }
  const found = cell.back(p, got.trace, d);
  for (const [key, values] of Object.entries(back)) {
    compare("back", `${name} back ${key}`, found[key], values, 1e-12, 1);
  }
}

// ---- whole runs from a seed ----
const flat = (node) =>
  typeof node === "object" ? Object.values(node).flatMap(flat) : [node];
for (const [n, { state, p, xs, ways }] of fixtures.runs.entries()) {
  const name = `run ${n} (${state.cell})`;
  compare("start", `${name} weights`, flat(use("draw")(state)), p, 0);
  compare("start", `${name} inputs`, flat(use("inputs")(state)), xs, 0);
  const got = use("flow")(state);
  const found = Object.keys(got).join();
  if (found !== Object.keys(ways).join()) fault(`${name}: ${found}`);
  for (const [way, fields] of Object.entries(ways)) {
    for (const [field, { rows, norms }] of Object.entries(fields)) {
      const where = `${name} ${way} ${field}`;
      const mine = got[way].map((d) => d[field]);
      compare("norms", where, mine.map(use("norm")), norms, 1e-12);
      rows.forEach((row, t) => {
        compare("entries", `${where} ${t}`, mine[t], row, 1e-12, 1);
      });
    }
  }
}
for (const { value, k } of fixtures.levels) {
  if (level(value) !== k) fault(`level ${value}: ${level(value)} for ${k}`);
}

report();
