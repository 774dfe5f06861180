// Compares counterbench.js in a folder with counter.json there; prints what differs.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const module = await import(pathToFileURL(`${folder}/counterbench.js`).href);
const fixtures = JSON.parse(readFileSync(`${folder}/counter.json`, "utf8"));

const wrong = [];
const worst = {};
const used = new Set(["SPEC", "default"]);
const use = (name) => {
  used.add(name);
  return module[name];
};
const flat = (node) => (Array.isArray(node) ? node.flatMap(flat) : [node]);

// Entries agree to a share of the expected one, or of the largest of its list.
function near(what, where, got, expected, share, whole = 0) {
  if (got?.length !== expected.length) return wrong.push(`${where}: ${got?.length}`);
  const top = whole * Math.max(0, ...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const size = Math.max(Math.abs(value), top);
    const error = Math.abs(got[k] - value);
    worst[what] = Math.max(worst[what] ?? 0, size ? error / size : 0);
    if (!(error <= share * size)) wrong.push(`${where}[${k}]: ${got[k]} for ${value}`);
  });
}
function same(where, got, expected) {
  const [mine, theirs] = [got, expected].map((one) => JSON.stringify(one));
  if (mine !== theirs) wrong.push(`${where}: ${mine} for ${theirs}`);
}

for (const { language, K, p } of fixtures.hand) {
  const got = use("handSet")(language, K);
  for (const [name, leaf] of Object.entries(p)) {
    near("hand", `${language} ${K} ${name}`, flat(got[name]), flat(leaf), 1e-12);
  }
}
for (const { K, dtype, n } of fixtures.laws) {
  same(`law ${K} ${dtype}`, use("law")(K, dtype), n);
}
for (const { language, text, found } of fixtures.texts) {
  let got = null;
  try {
    got = use("symbols")(language, text);
  } catch (error) {
    if (!/^(at most|at least|only) /.test(error.message)) wrong.push(error.message);
  }
  same(`symbols ${text.slice(0, 40)}`, got, found);
}
for (const { language, string, rows, short } of fixtures.strings) {
  same(`allowed ${short}`, use("allowed")(language, string), rows);
  same("spelled", use("spelled")(language, string), short);
}
for (const run of fixtures.runs) {
  const { net, state, string, trace, said, breaks, reach } = run;
  const { language, K, dtype } = state;
  const weights =
    net === "hand"
      ? use("handSet")(language, K)
      : use("learned")(fixtures.shipped[language][net].p);
  const slots = ["i", "f", "o", "candidate", "output"].map((slot) => state[slot]);
  const one = use("network")(net, weights, slots, dtype);
  const right = use("allowed")(language, string);
  use("judge")(one, [1, 1, 2], []); // whose states it may go on from
  const got = use("judge")(one, string, right);
  const where = `${language} ${net} ${dtype} ${slots}`;
  const share = dtype === "float64" ? 1e-12 : 2e-5;
  for (const [field, rows] of Object.entries(trace)) {
    const mine = got.trace.flatMap((step) => step[field]);
    near(dtype, `${where} ${field}`, mine, rows.flat(), share, 1);
  }
  same(`${where} says`, got.trace.map(({ h }) => one.says(h)), said);
  same(`${where} breaks`, got.wrong, breaks);
  if (reach !== undefined) {
    same(`${where} reach`, use("longest")(one, language), reach);
  }
  if (run.paces) {
    const { added, leaked } = use("budget")(got.trace, run.unit, run.budget.end);
    const [sum, lost] = [run.budget.added, run.budget.leaked];
    near("budget", `${where} budget`, [added, leaked], [sum, lost], 1e-10, 1);
    run.paces.forEach(({ keeps, adds }, k) => {
      const found = use("paces")(got.trace, string, k + 1, run.unit);
      near("paces", `${where} paces`, [found.keeps, found.adds], [keeps, adds], 1e-11);
    });
  } else if (run.moved !== undefined) {
    const found = use("moved")(got.trace, string);
    near("moved", `${where} moved`, [found], [run.moved], 1e-6);
  }
}

const unproved = Object.keys(module).filter((name) => !used.has(name));
const count = wrong.length;
console.log(JSON.stringify({ wrong: wrong.slice(0, 20), count, worst, unproved }));
