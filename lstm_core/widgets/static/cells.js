// Three small networks, the LSTM, the GRU and the plain one, and what of a loss at the
// end reaches back through each: lstm_core.traces.gradient_norms, unit by unit. Only
// the gradient of the state is taken, since no weight is learnt here.

import { DATA, Draws } from "./draws.js";
import { activation, affine, lstm } from "./engine.js";

const [sigmoid, tanh] = ["sigmoid", "tanh"].map(activation);
const times = (count, make) => Array.from({ length: count }, (_, k) => make(k));
const zeros = (count) => new Array(count).fill(0);

// Adds da Uᵀ, the share of one gate, to dh.
function addThrough(U, da, dh) {
  for (let j = 0; j < dh.length; j++) {
    let sum = 0;
    for (let k = 0; k < da.length; k++) sum += U[j][k] * da[k];
    dh[j] += sum;
  }
}

// ---- the networks: step to (state, trace), and back to ∂L/∂(state before) ----

const usual = lstm({
  i: "sigmoid", f: "sigmoid", o: "sigmoid", candidate: "tanh", output: "tanh",
});

const LSTM = {
  gates: ["i", "f", "o", "g"],
  keeper: "f",
  zero: (H) => ({ h: zeros(H), c: zeros(H) }),
  step: usual.step,
  back(p, t, d) {
    const da = { i: [], f: [], o: [], g: [] };
    const before = { h: zeros(t.h.length), c: [] };
    for (let k = 0; k < t.h.length; k++) {
      const dc = d.c[k] + d.h[k] * t.o[k] * tanh.d1(t.c[k]);
      da.i.push(dc * t.g[k] * sigmoid.d1(t.a_i[k]));
      da.f.push(dc * t.c_prev[k] * sigmoid.d1(t.a_f[k]));
      da.o.push(d.h[k] * t.s[k] * sigmoid.d1(t.a_o[k]));
      da.g.push(dc * t.i[k] * tanh.d1(t.a_g[k]));
      before.c.push(dc * t.f[k]);
    }
    for (const gate of LSTM.gates) addThrough(p[gate].U, da[gate], before.h);
    return before;
  },
};
// One way of two: what it hands on, with the other cut.
const only = (field) => (p, t, d) => {
  const before = LSTM.back(p, t, d);
  return { ...LSTM.zero(t.h.length), [field]: before[field] };
};
LSTM.ways = { c: only("c"), h: only("h") };

const GRU = {
  gates: ["r", "z", "n"],
  keeper: "z",
  zero: (H) => ({ h: zeros(H) }),
  step(p, x, { h: h_prev }) {
    const none = zeros(h_prev.length);
    const a_r = affine(p.r, x, h_prev);
    const r = a_r.map(sigmoid.value);
    const a_z = affine(p.z, x, h_prev);
    const z = a_z.map(sigmoid.value);
    const m = affine({ W: p.n.W, U: p.n.U, b: p.b_hn }, x.map(() => 0), h_prev);
    const a_n = affine(p.n, x, none).map((v, k) => v + r[k] * m[k]);
    const n = a_n.map(tanh.value);
    const h = n.map((v, k) => (1 - z[k]) * v + z[k] * h_prev[k]);
    return { state: { h }, trace: { x, h_prev, a_r, a_z, a_n, r, z, m, n, h } };
  },
  back(p, t, d) {
    const [da_r, da_z, dm] = [[], [], []];
    const before = { h: [] };
    for (let k = 0; k < t.h.length; k++) {
      const da_n = d.h[k] * (1 - t.z[k]) * tanh.d1(t.a_n[k]);
      da_z.push(d.h[k] * (t.h_prev[k] - t.n[k]) * sigmoid.d1(t.a_z[k]));
      da_r.push(da_n * t.m[k] * sigmoid.d1(t.a_r[k]));
      dm.push(da_n * t.r[k]);
      before.h.push(d.h[k] * t.z[k]);
    }
    addThrough(p.r.U, da_r, before.h);
    addThrough(p.z.U, da_z, before.h);
    addThrough(p.n.U, dm, before.h);
    return before;
  },
  // What z keeps of the old h, and nothing through r, z and n.
  ways: { z: (p, t, d) => ({ h: d.h.map((v, k) => v * t.z[k]) }) },
};

const RNN = {
  gates: [],
  zero: GRU.zero,
  step(p, x, { h: h_prev }) {
    const a = affine(p, x, h_prev);
    const h = a.map(tanh.value);
    return { state: { h }, trace: { x, h_prev, a, h } };
  },
  back(p, t, d) {
    const before = { h: zeros(t.h.length) };
    const da = d.h.map((v, k) => v * tanh.d1(t.a[k]));
    addThrough(p.U, da, before.h);
    return before;
  },
  ways: {},
};

export const CELLS = { lstm: LSTM, gru: GRU, rnn: RNN };

// ---- the same start from the same seed ----

const INPUTS = 2;

// Weights as cell.init(Draws(seed), 2, H) draws them; U is then multiplied by the gain.
export function draw({ cell, H, seed, forget_bias, gain }) {
  const draws = new Draws(seed);
  const limit = 1 / Math.sqrt(H);
  const entry = () => draws.uniform(-limit, limit);
  const rows = (count) => times(count, () => times(H, entry));
  const gate = (bias) => ({
    W: rows(INPUTS),
    U: rows(H).map((row) => row.map((u) => gain * u)),
    b: new Array(H).fill(bias),
  });
  const { gates, keeper } = CELLS[cell];
  if (gates.length === 0) return gate(0);
  const p = gates.map((name) => [name, gate(name === keeper ? forget_bias : 0)]);
  return { ...Object.fromEntries(p), ...(cell === "gru" ? { b_hn: zeros(H) } : {}) };
}

export function inputs({ seed, T }) {
  const draws = new Draws(seed + DATA);
  return times(T, () => times(INPUTS, () => draws.uniform(-1, 1)));
}

// ---- back through time ----

// The length of a vector, even where squares overflow or vanish.
export function norm(v) {
  const top = Math.max(...v.map(Math.abs));
  if (!(top > 0)) return top;
  return top * Math.sqrt(v.reduce((sum, x) => sum + (x / top) ** 2, 0));
}

// ∂L/∂(state after step t) for t from 0, the start, to T. dh: ∂L/∂h at the end.
function reach(cell, p, trace, dh, back) {
  let d = { ...cell.zero(dh.length), h: dh };
  const found = [d];
  for (let t = trace.length - 1; t >= 0; t--) found.push((d = back(p, trace[t], d)));
  return found.reverse();
}

// {whole, and each way alone}: lists of T + 1 states; loss 0 is the sum of h at the
// end, loss k its unit k.
export function flow(state) {
  const cell = CELLS[state.cell];
  const p = draw(state);
  const xs = inputs(state);
  const trace = [];
  let now = cell.zero(state.H);
  for (const x of xs) {
    const next = cell.step(p, x, now);
    trace.push(next.trace);
    now = next.state;
  }
  const unit = Math.min(state.loss, state.H);
  const dh = times(state.H, (k) => (unit === 0 || k === unit - 1 ? 1 : 0));
  const ways = { whole: cell.back, ...cell.ways };
  return Object.fromEntries(
    Object.entries(ways).map(([name, back]) => [name, reach(cell, p, trace, dh, back)]),
  );
}
