// Compares saturation.js with what lstm_core measures on the stored histograms.

import { compare, fixtures, load, proving, read, report } from "./proof.mjs";

const stored = read("saturation.json");
const module = await load("saturation.js");
const use = proving(module);
for (const { state, when, zs, shares, ...told } of fixtures) {
  const name = module.SPEC.slots[state.slot].function;
  const one = use("unpacked")(stored[state.network][when][state.slot]);
  const where = `${state.network} ${when} ${state.slot} × ${state.scale}`;
  // shares of 1
  const near = (what, got, values) =>
    compare(what, `${where} ${what}`, got, values, 1e-12, 0, 1);
  near("below", zs.map((z) => use("below")(one, z)), shares);
  near("limit", [use("limit")(name, state.margin)], [told.limit]);
  near("slope", [use("meanSlope")(one, name, state.scale)], [told.slope]);
  near("bars", use("bars")(one, state.scale), told.bars);
  const { low, high, slope } = use("measure")(one, name, state);
  near("measures", [low, high, slope], told.measures);
}
report({ cases: fixtures.length });
