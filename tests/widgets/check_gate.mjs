// Compares gate.js with what a cell that only forgets gives in lstm_core.

import { compare, fault, fixtures, load, proving, report } from "./proof.mjs";

const use = proving(await load("gate.js"));
const near = (where, got, value) => {
  if (value !== null) compare("gate", where, [got], [value], 1e-12, 0, 1e-288);
  else if (got !== Infinity) fault(`${where}: ${got} for ∞`);
};
for (const { state, kinks, f, slope, half, c, moved } of fixtures) {
  const name = `${state.function} k ${state.k} z ${state.z} T ${state.T}`;
  const row = use("sharpened")(state);
  near(`${name} f`, row.value(state.z), f);
  near(`${name} slope`, row.d1(state.z), slope);
  kinks.forEach((kink, k) => near(`${name} kink`, row.kinks[k], kink));
  near(`${name} half-life`, use("halfLife")(f), half);
  c.forEach((value, t) => near(`${name} c ${t}`, use("kept")(f, t), value));
  moved.forEach((v, t) => near(`${name} ∂ ${t}`, use("reaching")(f, slope, t), v));
}
report({ cases: fixtures.length });
