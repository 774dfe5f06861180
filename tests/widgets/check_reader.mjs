// Compares reader.js with how lstm_core reads some texts with the shipped weights.

import { compare, fault, fixtures, load, proving, read, report } from "./proof.mjs";

const use = proving(await load("reader.js"));
const net = use("network")(read("reader.json"));
const near = (where, got, expected) => compare("reader", where, got, expected, 1e-12, 1);
for (const { text, depth, steps, next } of fixtures.cases) {
  near(`depth of ${text}`, use("depths")(text), depth);
  let now = net.zero;
  text.split("").forEach((mark, t) => {
    now = net.step(mark, now);
    near(`${text} ${t}`, [...now], steps[t]);
    const odds = Object.fromEntries(net.next(now));
    const got = Object.keys(next[t]).map((k) => odds[k]);
    near(`${text} ${t} next`, got, Object.values(next[t]));
  });
  const shares = net.next(now).map(([, p]) => p);
  if (shares.some((p, k) => p > shares[k - 1])) fault(`${text}: not sorted`);
}
for (const { xs, ys, r } of fixtures.pairs) {
  near("r", [use("correlation")(xs, ys)], [r]);
}
report();
