// Compares cells.js and flow.js in a folder with flow.json there; prints what differs.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const fixtures = JSON.parse(readFileSync(`${folder}/flow.json`, "utf8"));
const cells = await load("cells.js");
const { level } = await load("flow.js");

const wrong = [];
const worst = {};
const used = {};
const use = (name) => {
  used[name] = true;
  return cells[name];
};

// Entries agree to a share of the expected one, or of the largest of its list.
function compare(what, where, got, expected, share, whole = 0) {
  if (got?.length !== expected.length) return wrong.push(`${where}: ${got?.length}`);
  const top = whole * Math.max(0, ...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const size = Math.max(Math.abs(value), top);
    const error = Math.abs(got[k] - value);
    worst[what] = Math.max(worst[what] ?? 0, size ? error / size : 0);
    if (!(error <= share * size)) wrong.push(`${where}[${k}]: ${got[k]} for ${value}`);
  });
}

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
  if (found !== Object.keys(ways).join()) wrong.push(`${name}: ${found}`);
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
  if (level(value) !== k) wrong.push(`level ${value}: ${level(value)} for ${k}`);
}

const unproved = Object.keys(cells).filter((name) => !used[name]);
const count = wrong.length;
console.log(JSON.stringify({ wrong: wrong.slice(0, 20), count, worst, unproved }));
