// Compares draws.js and learn.js with draws, batches and whole runs of lstm_core.

import { compare, fault, fixtures, load, proving, report } from "./proof.mjs";

const use = proving(await load("draws.js"), await load("learn.js"));

// ---- draws ----
for (const { seed, uniform, integers, normal } of fixtures.draws) {
  const draws = new (use("Draws"))(seed);
  const take = (list, one) => list.map(() => one());
  compare("draws", `uniform ${seed}`, take(uniform, () => draws.uniform(-2, 5)), uniform, 0);
  compare("draws", `integers ${seed}`, take(integers, () => draws.integers(-3, 8)), integers, 0);
  compare("normal", `normal ${seed}`, take(normal, () => draws.normal(2, 3)), normal, 1e-13);
}

// ---- batches ----
const make = ({ name, sizes }) => use(name)(sizes);
for (const { task, seed, batches } of fixtures.batches) {
  const draws = new (use("Draws"))(seed);
  for (const batch of batches) {
    const got = make(task).draw(draws);
    for (const key of ["xs", "ys", "mask", "lengths"]) {
      compare("batches", `${task.name} ${key}`, [...got[key]], batch[key], 0);
    }
  }
}

// ---- losses ----
const losses = { mse: "squared", logistic: "logistic", cross_entropy: "crossEntropy" };
for (const { loss, K, ys, batch, value, dys } of fixtures.losses) {
  const got = new Array(ys.length).fill(1);
  const total = use(losses[loss])(ys, batch, K, got);
  compare("losses", loss, [total], [value], 1e-12);
  compare("losses", `${loss} dys`, got, dys, 1e-12);
}

// ---- one run of forward and backward, from given weights ----
for (const [n, run] of fixtures.gradients.entries()) {
  const { slots, shape, theta, batch, dys, ys, fields } = run;
  const net = use("network")(slots, shape);
  for (const other of [batch, run.single]) net.forward(Float64Array.from(theta), other);
  const got = net.forward(Float64Array.from(theta), batch);
  const live = [...batch.mask].flatMap((m, k) => Array(shape.K).fill(m).map((v, j) => v && k * shape.K + j + 1));
  const at = live.filter(Boolean).map((k) => k - 1);
  compare("forward", `run ${n} ys`, at.map((k) => got[k]), at.map((k) => ys[k]), 1e-12, 1e-2);
  const dtheta = new Float64Array(use("size")(shape));
  net.backward(Float64Array.from(theta), batch, dys, dtheta);
  compare("gradient", `run ${n} gradient`, [...dtheta], run.dtheta, 1e-12, run.floor);
  net.forward(Float64Array.from(theta), run.single);
  for (const [name, units] of Object.entries(fields)) {
    units.forEach((unit, j) =>
      compare("fields", `run ${n} ${name}`, net.field(name, run.single.T)[j], unit, 1e-12),
    );
  }
}

// ---- clip and Adam ----
for (const { gradients, limit, rate, norms, clipped, thetas } of fixtures.updates) {
  const update = use("adam")(rate, gradients[0].length);
  let theta = new Float64Array(gradients[0].length);
  gradients.forEach((given, k) => {
    const gradient = Float64Array.from(given);
    compare("clip", `norm ${k}`, [use("clip")(gradient, limit ?? Infinity)], [norms[k]], 1e-12);
    compare("clip", `clipped ${k}`, [...gradient], clipped[k], 1e-12);
    const next = new Float64Array(theta.length);
    update(theta, gradient, next);
    theta = next;
    compare("adam", `theta ${k}`, [...theta], thetas[k], 1e-12);
  });
}

// ---- whole runs: the same seed, the same data ----
for (const run of fixtures.runs) {
  const { name, config, start, losses, norms, diverged, last, accuracy, exact } = run;
  const task = make(config.task);
  const { H, seed, forgetBias } = config;
  const shape = { D: task.D, H, K: task.K };
  const theta = use("initial")(new (use("Draws"))(seed), shape, forgetBias);
  compare("start", `${name} start`, [...theta], start, 0);
  const one = use("learner")({ ...config, limit: config.limit ?? Infinity, task });
  compare("start", `${name} own start`, [...one.theta()], start, 0);
  const got = { losses: [], norms: [] };
  while (!one.diverged && got.losses.length < losses.length) {
    one.step();
    got.losses.push(one.loss);
    got.norms.push(one.norm);
  }
  const numbers = (list) => list.filter(Number.isFinite);
  compare("losses of runs", `${name} loss`, numbers(got.losses), numbers(losses), 1e-9);
  compare("norms of runs", `${name} norm`, numbers(got.norms), numbers(norms), 1e-8);
  if (got.losses.length !== losses.length) fault(`${name}: ${got.losses.length} updates`);
  if (one.diverged !== diverged) fault(`${name}: diverged ${one.diverged}`);
  compare("parameters of runs", `${name} end`, [...one.theta()], last, 1e-7, 1e-3);
  if (one.accuracy() !== accuracy) fault(`${name}: accuracy ${one.accuracy()} for ${accuracy}`);
  if (exact !== null && one.exact(60) !== exact) fault(`${name}: N ${one.exact(60)} for ${exact}`);
}
for (const [key, value] of Object.entries(fixtures.constants)) {
  if (use(key) !== value) fault(`${key}: ${use(key)} for ${value}`);
}

report();
