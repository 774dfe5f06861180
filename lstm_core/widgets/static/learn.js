// Training in the page: what lstm_core does, with the same numbers from the same seed.
// Weights, tasks, losses, the LSTM and its gradient, clipping and Adam, as pure
// functions on flat Float64Arrays; no page, so that it is tested against lstm_core.

import { DATA, Draws } from "./draws.js";
import { activation } from "./engine.js";

const times = (count, make) => Array.from({ length: count }, (_, k) => make(k));

// The places of a list's entries, from the smallest entry to the largest.
const argsort = (list) =>
  times(list.length, (k) => k).sort((a, b) => list[a] - list[b]);

// ---- tasks: batches of xs (T B D), targets (T B K), or (T B) for the softmax ----

function empty(T, B, D, K) {
  return {
    T,
    B,
    xs: new Float64Array(T * B * D),
    ys: new Float64Array(T * B * K),
    mask: new Uint8Array(T * B),
    lengths: new Int32Array(B).fill(T),
  };
}

// A language from strings [symbols, allowed]: what may follow each symbol, yes or no.
function language({ upto, B, D, example, string }) {
  function together(strings) {
    const T = Math.max(...strings.map(([symbols]) => symbols.length));
    const batch = empty(T, strings.length, D, D);
    strings.forEach(([symbols, allowed], b) => {
      batch.lengths[b] = symbols.length;
      symbols.forEach((symbol, t) => {
        const n = t * strings.length + b;
        batch.xs[n * D + symbol] = 1;
        batch.mask[n] = 1;
        allowed[t].forEach((yes, k) => (batch.ys[n * D + k] = yes));
      });
    });
    return batch;
  }
  return {
    D,
    K: D,
    B,
    loss: logistic,
    right(ys, batch, n) {
      const from = n * D;
      return every(D, (k) => ys[from + k] > 0 === batch.ys[from + k] > 0);
    },
    examples: (ns) => together(ns.map(example)),
    draw(draws, count = B) {
      const ns = times(count, () => draws.integers(1, upto + 1));
      return together(ns.map((n) => string(n, draws)));
    },
  };
}

const every = (count, holds) => {
  for (let k = 0; k < count; k++) if (!holds(k)) return false;
  return true;
};

// aⁿbⁿ: Runs("ab") of lstm_core.tasks
export function runs({ upto, B }) {
  const example = (n) => {
    const symbols = times(2 * n + 1, (t) => (t === 0 ? 0 : t <= n ? 1 : 2));
    const allowed = symbols.map((symbol, t) => {
      if (symbol === 1) return [1, 1, 0];
      return t === 0 ? [1, 0, 0] : t < 2 * n ? [0, 1, 0] : [0, 0, 1];
    });
    return [symbols, allowed];
  };
  return language({ upto, B, D: 3, example, string: example });
}

// Dyck-1: Brackets(1) of lstm_core.tasks
export function brackets({ upto, B }) {
  const marked = (steps) => {
    let depth = 0;
    const heights = [0, ...steps.map((step) => (depth += step))];
    const symbols = [0, ...steps.map((step) => (step > 0 ? 1 : 2))];
    return [symbols, heights.map((d) => [1, d > 0 ? 1 : 0, d === 0 ? 1 : 0])];
  };
  const example = (n) => marked(times(2 * n, (k) => (k < n ? 1 : -1)));
  const string = (n, draws) => {
    const order = argsort(times(2 * n + 1, () => draws.fraction()));
    const steps = order.map((place) => (place <= n ? 1 : -1));
    let [height, lowest, from] = [0, Infinity, 0];
    steps.forEach((step, k) => {
      height += step;
      if (height <= lowest) [lowest, from] = [height, k];
    });
    for (let k = 0; k < 2 * n; k++) draws.fraction(); // which would mix several kinds
    return marked(times(2 * n, (k) => steps[(from + 2 + k) % (2 * n + 1)]));
  };
  return language({ upto, B, D: 3, example, string });
}

// The memory of three states: Register of lstm_core.tasks
export function register({ T, B }) {
  const [D, K] = [4, 3];
  return {
    D,
    K,
    B,
    loss: crossEntropy,
    right(ys, batch, n) {
      const target = n * K + batch.ys[n];
      let top = n * K;
      for (let k = top + 1; k < n * K + K; k++) if (ys[k] > ys[top]) top = k;
      return top === target;
    },
    draw(draws, count = B) {
      const batch = empty(T, count, D, 1);
      const orders = times(T * count, () => draws.integers(0, 4));
      const content = new Int32Array(count);
      orders.forEach((order, n) => {
        const b = n % count;
        if (order < 3 && Math.abs(content[b] + order - 1) > 1) order = 1;
        content[b] = order === 3 ? 0 : content[b] + order - 1;
        batch.xs[n * D + order] = 1;
        batch.ys[n] = content[b] + 1;
        batch.mask[n] = 1;
      });
      return batch;
    },
  };
}

// The sum of two marked numbers: Adding of lstm_core.tasks
export function adding({ T, B }) {
  const [D, half] = [2, Math.floor(T / 2)];
  return {
    D,
    K: 1,
    B,
    loss: squared,
    right: (ys, batch, n) => Math.abs(ys[n] - batch.ys[n]) < 0.04,
    draw(draws, count = B) {
      const batch = empty(T, count, D, 1);
      const { xs, ys, mask } = batch;
      for (let n = 0; n < T * count; n++) xs[n * D] = draws.uniform(0, 1);
      const places = [[0, half], [half, T]].map(([low, high]) =>
        times(count, () => draws.integers(low, high)),
      );
      for (let b = 0; b < count; b++) {
        const last = (T - 1) * count + b;
        for (const marked of places) {
          const at = (marked[b] * count + b) * D;
          xs[at + 1] = 1;
          ys[last] += xs[at];
        }
        mask[last] = 1;
      }
      return batch;
    },
  };
}

// ---- losses: the mean over what counts; dys becomes its gradient ----

const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const sigma = activation("sigmoid").value;

const counted = (mask) => mask.reduce((sum, one) => sum + one, 0);

// Adds up `one(n)`, the loss of step n, over the steps that count.
function total({ mask }, K, dys, one) {
  let sum = 0;
  for (let n = 0; n < mask.length; n++) {
    if (mask[n]) sum += one(n);
    else dys.fill(0, n * K, n * K + K);
  }
  return sum;
}

export function squared(ys, batch, K, dys) {
  const weight = 1 / (counted(batch.mask) * K);
  return total(batch, K, dys, (n) => {
    let sum = 0;
    for (let k = n * K; k < n * K + K; k++) {
      const error = ys[k] - batch.ys[k];
      dys[k] = 2 * weight * error;
      sum += weight * error * error;
    }
    return sum;
  });
}

export function logistic(ys, batch, K, dys) {
  const weight = 1 / (counted(batch.mask) * K);
  return total(batch, K, dys, (n) => {
    let sum = 0;
    for (let k = n * K; k < n * K + K; k++) {
      const [y, yes] = [ys[k], batch.ys[k]];
      dys[k] = weight * ((1 - yes) * sigma(y) - yes * sigma(-y));
      sum += weight * (yes * softplus(-y) + (1 - yes) * softplus(y));
    }
    return sum;
  });
}

export function crossEntropy(ys, batch, K, dys) {
  const weight = 1 / counted(batch.mask);
  return total(batch, K, dys, (n) => {
    const [from, target] = [n * K, n * K + batch.ys[n]];
    let top = from;
    for (let k = from; k < from + K; k++) if (ys[k] > ys[top]) top = k;
    let rest = 0;
    for (let k = from; k < from + K; k++) {
      if (k !== top) rest += Math.exp(ys[k] - ys[top]);
    }
    const loss = ys[top] - ys[target] + Math.log1p(rest);
    for (let k = from; k < from + K; k++) {
      const wrong = Math.exp(ys[k] - ys[target] - loss);
      dys[k] = weight * (k === target ? Math.expm1(-loss) : wrong);
    }
    return weight * loss;
  });
}

// ---- squashers that write value y and slope d of a[from] to a[from + count - 1] ----

function squasher(name) {
  if (name === "sigmoid") return squashSigmoid;
  if (name === "tanh") return squashTanh;
  const { value, d1 } = activation(name);
  return (a, y, d, from, count) => {
    for (let k = from; k < from + count; k++) {
      y[k] = value(a[k]);
      d[k] = d1(a[k]);
    }
  };
}

// One exponential serves both, and both keep their precision in the tails.
function squashSigmoid(a, y, d, from, count) {
  for (let k = from; k < from + count; k++) {
    const e = Math.exp(-Math.abs(a[k]));
    const r = 1 / (1 + e);
    y[k] = a[k] >= 0 ? r : e * r;
    d[k] = e * r * r;
  }
}

function squashTanh(a, y, d, from, count) {
  for (let k = from; k < from + count; k++) {
    const u = 2 * Math.abs(a[k]);
    const less = Math.expm1(-u);
    const e = u < 1 ? 1 + less : Math.exp(-u);
    const r = 1 / (2 + less);
    y[k] = a[k] < 0 ? less * r : -less * r;
    d[k] = 4 * e * r * r;
  }
}

// ---- the network: an LSTM and a linear readout, all parameters in one array ----

// theta: W (D H), U (H H), b (H) of i, f, o and g, then the readout’s W (H K), b (K)
const gateSize = ({ D, H }) => H * (D + H + 1);
export const size = (shape) => 4 * gateSize(shape) + shape.K * (shape.H + 1);

export function initial(draws, shape, forgetBias) {
  const { D, H, K } = shape;
  const theta = new Float64Array(size(shape));
  const limit = 1 / Math.sqrt(H);
  const draw = (from, count) => {
    for (let k = from; k < from + count; k++) theta[k] = draws.uniform(-limit, limit);
  };
  for (let q = 0; q < 4; q++) draw(q * gateSize(shape), H * (D + H));
  draw(4 * gateSize(shape), H * K);
  const bias = gateSize(shape) + H * (D + H);
  theta.fill(forgetBias, bias, bias + H);
  return theta;
}

const GATES = ["i", "f", "o", "candidate"];

export function network(slots, shape) {
  const { D, H, K } = shape;
  const G = gateSize(shape);
  const readout = 4 * G;
  const squash = GATES.map((slot) => squasher(slots[slot]));
  const squashCell = squasher(slots.output);
  const run = { room: 0 };
  const da = new Float64Array(4 * H);

  // Arrays for T B steps; c and h have the state before the first step in front.
  function make(steps, B) {
    if (run.room < steps + B) {
      const array = (width) => new Float64Array((steps + B) * width);
      run.room = steps + B;
      run.a = GATES.map(() => array(H));
      run.y = GATES.map(() => array(H));
      run.d = GATES.map(() => array(H));
      [run.s, run.ds, run.c, run.h, run.dh, run.dc] = times(6, () => array(H));
      run.ys = array(K);
    }
    run.c.fill(0, 0, B * H);
    run.h.fill(0, 0, B * H);
  }

  function forward(theta, { T, B, xs, lengths }) {
    make(T * B, B);
    const { a, y, d, s, ds, c, h, ys } = run;
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        if (t >= lengths[b]) continue;
        const n = t * B + b;
        const before = n * H;
        const now = before + B * H;
        for (let q = 0; q < 4; q++) {
          affine(theta, q * G, xs, n * D, h, before, a[q], now);
          squash[q](a[q], y[q], d[q], now, H);
        }
        for (let j = 0; j < H; j++) {
          const k = now + j;
          c[k] = y[1][k] * c[before + j] + y[0][k] * y[3][k];
        }
        squashCell(c, s, ds, now, H);
        for (let k = now; k < now + H; k++) h[k] = y[2][k] * s[k];
        for (let m = 0; m < K; m++) {
          let sum = theta[readout + H * K + m];
          for (let j = 0; j < H; j++) sum += h[now + j] * theta[readout + j * K + m];
          ys[n * K + m] = sum;
        }
      }
    }
    return ys;
  }

  function affine(theta, W, xs, x, h, before, a, now) {
    const [U, bias] = [W + D * H, W + (D + H) * H];
    for (let j = 0; j < H; j++) {
      let sum = theta[bias + j];
      for (let k = 0; k < D; k++) sum += xs[x + k] * theta[W + k * H + j];
      for (let k = 0; k < H; k++) sum += h[before + k] * theta[U + k * H + j];
      a[now + j] = sum;
    }
  }

  // Adds the gradient of the run that `forward` has left behind up in dtheta.
  function backward(theta, { T, B, xs, lengths }, dys, dtheta) {
    const { y, d, s, ds, c, h, dh, dc } = run;
    dtheta.fill(0);
    dh.fill(0, 0, B * H);
    dc.fill(0, 0, B * H);
    for (let t = T - 1; t >= 0; t--) {
      for (let b = 0; b < B; b++) {
        if (t >= lengths[b]) continue;
        const n = t * B + b;
        const before = n * H;
        const now = before + B * H;
        for (let j = 0; j < H; j++) {
          const k = now + j;
          let dhj = dh[b * H + j];
          for (let m = 0; m < K; m++) {
            const dy = dys[n * K + m];
            dtheta[readout + j * K + m] += h[k] * dy;
            dhj += theta[readout + j * K + m] * dy;
          }
          const dcj = dc[b * H + j] + dhj * y[2][k] * ds[k];
          da[j] = dcj * y[3][k] * d[0][k];
          da[H + j] = dcj * c[before + j] * d[1][k];
          da[2 * H + j] = dhj * s[k] * d[2][k];
          da[3 * H + j] = dcj * y[0][k] * d[3][k];
          dc[b * H + j] = dcj * y[1][k];
        }
        for (let m = 0; m < K; m++) dtheta[readout + H * K + m] += dys[n * K + m];
        dh.fill(0, b * H, b * H + H);
        for (let q = 0; q < 4; q++) {
          affineBack(theta, q * G, xs, n * D, h, before, q * H, dh, b * H, dtheta);
        }
      }
    }
  }

  function affineBack(theta, W, xs, x, h, before, from, dh, to, dtheta) {
    const [U, bias] = [W + D * H, W + (D + H) * H];
    for (let j = 0; j < H; j++) dtheta[bias + j] += da[from + j];
    for (let k = 0; k < D; k++) {
      const v = xs[x + k];
      for (let j = 0; j < H; j++) dtheta[W + k * H + j] += v * da[from + j];
    }
    for (let k = 0; k < H; k++) {
      const v = h[before + k];
      let sum = 0;
      for (let j = 0; j < H; j++) {
        dtheta[U + k * H + j] += v * da[from + j];
        sum += theta[U + k * H + j] * da[from + j];
      }
      dh[to + k] += sum;
    }
  }

  // The values of one field at every step of a single sequence, unit by unit.
  function field(name, T) {
    const values = name === "c" ? run.c : run.y["ifog".indexOf(name)];
    return times(H, (j) => times(T, (t) => values[(t + 1) * H + j]));
  }
  return { forward, backward, field };
}

// ---- clipping and Adam, as lstm_core.optim has them ----

// Shortens the gradient to the limit; returns how long it was.
export function clip(gradient, limit) {
  let top = 0;
  for (const v of gradient) if (!(Math.abs(v) <= top)) top = Math.abs(v);
  const scale = top > 0 ? top : 1;
  let sum = 0;
  for (const v of gradient) sum += (v / scale) ** 2;
  const norm = top * Math.sqrt(sum);
  const factor = Math.min(1, limit / (norm + 1e-6));
  if (factor !== 1) for (let k = 0; k < gradient.length; k++) gradient[k] *= factor;
  return norm;
}

export function adam(rate, count) {
  const [m, v] = [new Float64Array(count), new Float64Array(count)];
  let k = 0;
  // The parameters after one update, written to next.
  return (theta, gradient, next) => {
    k += 1;
    const root = Math.sqrt(1 - 0.999 ** k);
    const step = rate / (1 - 0.9 ** k);
    for (let j = 0; j < count; j++) {
      const d = gradient[j];
      m[j] += (1 - 0.9) * (d - m[j]);
      v[j] = 0.999 * v[j] + (1 - 0.999) * d * d;
      next[j] = theta[j] - step * (m[j] / (Math.sqrt(v[j]) / root + 1e-8));
    }
  };
}

// ---- one side of the lab ----

// Weights come from the seed, batches from the seed + DATA, the test from seed + TEST:
// whatever differs between two sides, they see the same.
export const TEST = 2_000_000;
export const TESTED = 64;

export function learner({ slots, task, H, rate, forgetBias, limit = Infinity, seed }) {
  const shape = { D: task.D, H, K: task.K };
  const net = network(slots, shape);
  const update = adam(rate, size(shape));
  const data = new Draws(seed + DATA);
  const test = task.draw(new Draws(seed + TEST), TESTED);
  const gradient = new Float64Array(size(shape));
  let theta = initial(new Draws(seed), shape, forgetBias);
  let next = new Float64Array(size(shape));
  let dys = new Float64Array(0);
  const self = { k: 0, loss: NaN, norm: NaN, diverged: false };

  // One update; after divergence the last finite parameters stay.
  self.step = () => {
    const batch = task.draw(data);
    const ys = net.forward(theta, batch);
    const count = batch.T * batch.B * shape.K;
    if (dys.length < count) dys = new Float64Array(count);
    self.loss = task.loss(ys, batch, shape.K, dys);
    net.backward(theta, batch, dys, gradient);
    self.norm = clip(gradient, limit);
    update(theta, gradient, next);
    self.k += 1;
    const finite = Number.isFinite(self.loss) && Number.isFinite(self.norm);
    self.diverged ||= !(finite && next.every(Number.isFinite));
    if (!self.diverged) [theta, next] = [next, theta];
  };

  // Of a batch: which sequences have the perfect answer.
  const judge = (batch) => {
    const ys = net.forward(theta, batch);
    return times(batch.B, (b) =>
      every(batch.lengths[b], (t) => {
        const n = t * batch.B + b;
        return !batch.mask[n] || task.right(ys, batch, n);
      }),
    );
  };
  self.accuracy = () => judge(test).filter(Boolean).length / TESTED;

  // The largest N, at most upto, with every example from 1 to N right.
  self.exact = (upto, chunk = 10) => {
    for (let first = 1; first <= upto; first += chunk) {
      const ns = times(Math.min(chunk, upto + 1 - first), (k) => first + k);
      const wrong = judge(task.examples(ns)).indexOf(false);
      if (wrong >= 0) return first + wrong - 1;
    }
    return upto;
  };

  // Gates and cell over one sequence: {i, f, o, g, c}, each units by steps.
  self.probe = (batch) => {
    net.forward(theta, batch);
    return Object.fromEntries([..."ifogc"].map((k) => [k, net.field(k, batch.T)]));
  };
  self.theta = () => theta;
  self.gradient = () => gradient;
  return self;
}
