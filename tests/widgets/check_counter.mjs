// Compares counterbench.js with the counters, strings and runs of lstm_core.

import { compare, fault, fixtures, load, proving, report, same } from "./proof.mjs";

const use = proving(await load("counterbench.js"));
const flat = (node) => (Array.isArray(node) ? node.flatMap(flat) : [node]);

for (const { language, K, p } of fixtures.hand) {
  const got = use("handSet")(language, K);
  for (const [name, leaf] of Object.entries(p)) {
    compare("hand", `${language} ${K} ${name}`, flat(got[name]), flat(leaf), 1e-12);
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
    if (!/^(at most|at least|only) /.test(error.message)) fault(error.message);
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
    compare(dtype, `${where} ${field}`, mine, rows.flat(), share, 1);
  }
  same(`${where} says`, got.trace.map(({ h }) => one.says(h)), said);
  same(`${where} breaks`, got.wrong, breaks);
  if (reach !== undefined) {
    same(`${where} reach`, use("longest")(one, language), reach);
  }
  if (run.paces) {
    const { added, leaked } = use("budget")(got.trace, run.unit, run.budget.end);
    const [sum, lost] = [run.budget.added, run.budget.leaked];
    compare("budget", `${where} budget`, [added, leaked], [sum, lost], 1e-10, 1);
    run.paces.forEach(({ keeps, adds }, k) => {
      const found = use("paces")(got.trace, string, k + 1, run.unit);
      compare("paces", `${where} paces`, [found.keeps, found.adds], [keeps, adds], 1e-11);
    });
  } else if (run.moved !== undefined) {
    const found = use("moved")(got.trace, string);
    compare("moved", `${where} moved`, [found], [run.moved], 1e-6);
  }
}

report();
