// The mathematics of the explorables: activations and the LSTM cell, no page, no state.
// The forms are those of lstm_core, exact in the tails: derivatives are functions of
// the pre-activation z, since 1 - y * y is exactly 0 where the truth is 1e-17.

// ---- activations ----

const logistic = (z) => {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
};
const logistic1 = (z) => {
  const e = Math.exp(-Math.abs(z));
  return e / ((1 + e) * (1 + e));
};
const logistic2 = (z) => -logistic1(z) * Math.tanh(z / 2);

const tanh1 = (z) => 4 * logistic1(2 * z);
const tanh2 = (z) => -2 * Math.tanh(z) * tanh1(z);

// height * tanh(z / width): what every sigmoid becomes that is shifted to be odd
const scaledTanh = (height, width) => ({
  value: (z) => height * Math.tanh(z / width),
  d1: (z) => (height / width) * tanh1(z / width),
  d2: (z) => (height / width ** 2) * tanh2(z / width),
  kinks: [],
  range: [-height, height],
  steepest: height / width,
});

// slope * z + middle, clipped to [low, high]
const clipped = (slope, middle, low, high) => {
  const [left, right] = [(low - middle) / slope, (high - middle) / slope];
  const value = (z) => (z <= left ? low : z >= right ? high : slope * z + middle);
  return {
    value,
    d1: (z) => (z > left && z < right ? slope : 0),
    d2: () => 0,
    kinks: [left, right],
    range: [low, high],
    steepest: slope,
  };
};

const tempered = (k) => ({
  value: (z) => logistic(k * z),
  d1: (z) => k * logistic1(k * z),
  d2: (z) => k * k * logistic2(k * z),
  kinks: [],
  range: [0, 1],
  steepest: k / 4,
});

const rectifier = (slope) => ({
  value: (z) => (z > 0 ? z : slope && slope * z),
  d1: (z) => (z > 0 ? 1 : slope),
  d2: () => 0,
  kinks: [0],
  range: [slope ? -Infinity : 0, Infinity],
  steepest: 1,
});

const TABLE = {
  sigmoid: {
    value: logistic,
    d1: logistic1,
    d2: logistic2,
    kinks: [],
    range: [0, 1],
    steepest: 1 / 4,
  },
  tanh: {
    value: Math.tanh,
    d1: tanh1,
    d2: tanh2,
    kinks: [],
    range: [-1, 1],
    steepest: 1,
  },
  hard_sigmoid: clipped(1 / 6, 1 / 2, 0, 1),
  hard_sigmoid_02: clipped(0.2, 1 / 2, 0, 1),
  hard_tanh: clipped(1, 0, -1, 1),
  relu: rectifier(0),
  leaky_relu: rectifier(0.01),
  softsign: {
    value: (z) => z / (1 + Math.abs(z)),
    d1: (z) => (1 / (1 + Math.abs(z))) ** 2,
    d2: (z) => -2 * Math.sign(z) * (1 / (1 + Math.abs(z))) ** 3,
    kinks: [0],
    range: [-1, 1],
    steepest: 1,
  },
  identity: {
    value: (z) => z,
    d1: () => 1,
    d2: () => 0,
    kinks: [],
    range: [-Infinity, Infinity],
    steepest: 1,
  },
  step: {
    value: (z) => (Math.sign(z) + 1) / 2,
    d1: () => 0,
    d2: () => 0,
    kinks: [0],
    range: [0, 1],
    steepest: 0,
  },
  sine: {
    value: Math.sin,
    d1: Math.cos,
    d2: (z) => -Math.sin(z),
    kinks: [],
    range: [-1, 1],
    steepest: 1,
  },
  softplus: {
    value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    d1: logistic,
    d2: logistic1,
    kinks: [],
    range: [0, Infinity],
    steepest: 1,
  },
  g_1997: scaledTanh(2, 2),
  h_1997: scaledTanh(1, 2),
  sigmoid_shifted: scaledTanh(0.5, 2),
  sigmoid_signed: scaledTanh(1, 2),
  sigmoid_rescaled: scaledTanh(1, 1),
  tempered_sigmoid: tempered(4),
};

// The two rows with a parameter: its bounds are open.
export const FAMILIES = {
  tempered_sigmoid: { make: tempered, low: 0, high: Infinity },
  leaky_relu: { make: rectifier, low: 0, high: 1 },
};

export const NAMES = Object.keys(TABLE);

// One row by its name; "tempered_sigmoid(8)" and "leaky_relu(0.2)" carry a parameter.
export function activation(name) {
  if (Object.hasOwn(TABLE, name)) return TABLE[name];
  const [, stem = "", number] = /^(\w+)\((.+)\)$/.exec(name) ?? [];
  const p = Number(number);
  const family = Object.hasOwn(FAMILIES, stem) ? FAMILIES[stem] : null;
  if (!family || !(p > family.low && p < family.high)) {
    throw new Error(`expected an activation such as tanh, got "${name}"`);
  }
  return family.make(p);
}

// ---- one LSTM step: x (D), h and c (H), W (D)(H), U (H)(H), b (H), row vectors ----

const map = (vector, entry) => vector.map(entry);
const add = (a, b) => a.map((v, k) => v + b[k]);
const times = (a, b) => a.map((v, k) => v * b[k]);
const rowTimes = (x, W) =>
  W[0].map((_, j) => x.reduce((sum, v, k) => sum + v * W[k][j], 0));
const timesColumn = (W, d) =>
  W.map((row) => row.reduce((sum, v, j) => sum + v * d[j], 0));
const outer = (x, d) => x.map((v) => d.map((w) => v * w));

export function affine(p, x, h) {
  return add(add(rowTimes(x, p.W), rowTimes(h, p.U)), p.b);
}

export function affineBack(p, x, h, da) {
  return {
    dp: { W: outer(x, da), U: outer(h, da), b: da },
    dx: timesColumn(p.W, da),
    dh: timesColumn(p.U, da),
  };
}

// slots names five activations: i, f, o, candidate, output
export function lstm(slots) {
  const on = Object.fromEntries(
    Object.entries(slots).map(([slot, name]) => [slot, activation(name)]),
  );

  function step(p, x, { h: h_prev, c: c_prev }) {
    const a_i = affine(p.i, x, h_prev);
    const a_f = affine(p.f, x, h_prev);
    const a_o = affine(p.o, x, h_prev);
    const a_g = affine(p.g, x, h_prev);
    const i = map(a_i, on.i.value);
    const f = map(a_f, on.f.value);
    const o = map(a_o, on.o.value);
    const g = map(a_g, on.candidate.value);
    const c = add(times(f, c_prev), times(i, g));
    const s = map(c, on.output.value);
    const h = times(o, s);
    const trace = { x, h_prev, c_prev, a_i, a_f, a_o, a_g, i, f, o, g, c, s, h };
    return { state: { h, c }, trace };
  }

  function stepBack(p, t, { h: dh, c: dc_next }) {
    const ds = times(dh, t.o);
    const dc = add(dc_next, times(ds, map(t.c, on.output.d1)));
    const da = {
      i: times(times(dc, t.g), map(t.a_i, on.i.d1)),
      f: times(times(dc, t.c_prev), map(t.a_f, on.f.d1)),
      o: times(times(dh, t.s), map(t.a_o, on.o.d1)),
      g: times(times(dc, t.i), map(t.a_g, on.candidate.d1)),
    };
    const back = Object.keys(da).map((k) => affineBack(p[k], t.x, t.h_prev, da[k]));
    const [bi, bf, bo, bg] = back;
    return {
      dp: { i: bi.dp, f: bf.dp, o: bo.dp, g: bg.dp },
      dx: back.map((b) => b.dx).reduce(add),
      dstate: { h: back.map((b) => b.dh).reduce(add), c: times(dc, t.f) },
    };
  }
  return { step, stepBack };
}

// ---- time ----

export function forward(cell, p, xs, state) {
  const trace = [];
  for (const x of xs) {
    const now = cell.step(p, x, state);
    trace.push(now.trace);
    state = now.state;
  }
  return { hs: trace.map((t) => t.h), state, trace };
}

export function backward(cell, p, trace, dhs, dstate) {
  let dp = null;
  const dxs = [];
  for (let t = trace.length - 1; t >= 0; t--) {
    const back = cell.stepBack(p, trace[t], { h: add(dstate.h, dhs[t]), c: dstate.c });
    dp = dp ? addGates(dp, back.dp) : back.dp;
    dxs.unshift(back.dx);
    dstate = back.dstate;
  }
  return { dp, dxs, dstate };
}

const addGates = (one, other) =>
  Object.fromEntries(
    Object.keys(one).map((k) => [
      k,
      {
        W: one[k].W.map((row, r) => add(row, other[k].W[r])),
        U: one[k].U.map((row, r) => add(row, other[k].U[r])),
        b: add(one[k].b, other[k].b),
      },
    ]),
  );
