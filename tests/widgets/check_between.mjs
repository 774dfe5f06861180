// Compares between.js with what passes between two layers of lstm_core.

import { compare, fixtures, load, proving, report } from "./proof.mjs";

const use = proving(await load("between.js"));
for (const { state, arrays, measures } of fixtures) {
  const found = use("pass")(state, state.between);
  for (const [key, values] of Object.entries(arrays)) {
    compare(key, `${state.between} ${key}`, found[key].flat(), values, 1e-12, 1);
  }
  const mine = use("measure")(found);
  for (const [key, value] of Object.entries(measures)) {
    compare(key, `${state.between} ${key}`, [mine[key]], [value], 1e-12);
  }
}
report({ cases: fixtures.length });
