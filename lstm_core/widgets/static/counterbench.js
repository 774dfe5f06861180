// The counter bench: an LSTM set by hand, one learned and one trained on, a GRU and a
// plain network read one string; where each is first wrong, and by which numbers.

import { activation } from "./engine.js";
import { frame, grouped, handle, moveHandle, numbers } from "./frame.js";
import {
  fetched, h, numberField, raised, range, set, short, show, slider, SUPERSCRIPTS, svg,
  write,
} from "./kit.js";
import { draggable, panel, pool, stage, steppable, tenth, ticks } from "./plot.js";
import { ROWS } from "./rows.js";

const { languages: LANGUAGES, nets: NETS, farthest: FARTHEST } = SPEC;
const LSTMS = ["hand", "learned", "tuned"];
const SLOTS = ["i", "f", "o", "candidate", "output"];
const USUAL = SLOTS.map((slot) => SPEC.fields[slot].default).join();

// ---- numbers of a type: after each operation float32 is rounded to ----

const rounding = (dtype) => (dtype === "float32" ? Math.fround : (v) => v);

// σ by the operations of lstm_core, each rounded; other functions are rounded once.
function squash(name, r) {
  const { value } = activation(name);
  if (name !== "sigmoid") return (z) => r(value(z));
  return (z) => {
    const e = r(Math.exp(-Math.abs(z)));
    return r((z >= 0 ? 1 : e) / r(1 + e));
  };
}

// ---- the networks; weights by the dotted names of lstm_core ----

const HAND = {
  anbn: {
    writes: [[0, -1], [1, -1], [-1, 1]],
    keeps: [1, -1],
    readout: [[0, 1, -1], [-1, 0, 1]],
    bias: (one, half, flag) => [0, -half, half - flag],
  },
  anbncn: {
    writes: [[0, 0, -1, -1], [1, 0, -1, -1], [-1, 1, 1, -1], [0, -1, -1, 1]],
    keeps: [1, 1, -1, -1],
    readout: [[0, 1, -1, 0], [0, 0, 1, -1], [-1, 0, 0, 0], [-1, 0, 0, 1]],
    bias: (one, half, flag) => [-flag, -half, half - one, half - flag],
  },
  brackets: {
    writes: [[0], [1], [-1]],
    keeps: [1],
    readout: [[0, 1, -1]],
    bias: (one, half) => [1, -half, half],
  },
};

// lstm_core.counters
export function handSet(language, K) {
  const { writes, keeps, readout, bias } = HAND[language];
  const open = activation("sigmoid").value(K);
  const levels = [1, Math.tanh(0.5), Math.tanh(Math.tanh(K))].map((v) => open * v);
  const blank = (rows) => range(rows, () => keeps.map(() => 0));
  const p = { "readout.W": readout, "readout.b": bias(...levels) };
  for (const gate of "ifog") {
    const b = { f: keeps, g: keeps.map(() => 0) }[gate] ?? keeps.map(() => 1);
    p[`body.${gate}.W`] =
      gate === "g" ? writes.map((row) => row.map((v) => K * v)) : blank(writes.length);
    p[`body.${gate}.U`] = blank(keeps.length);
    p[`body.${gate}.b`] = b.map((v) => K * v);
  }
  return p;
}

// Weights as they are shipped, in thousandths
export const learned = (p) => {
  const thousandths = (leaf) => (leaf.map ? leaf.map(thousandths) : leaf / 1000);
  const entries = Object.entries(p);
  return Object.fromEntries(entries.map(([name, leaf]) => [name, thousandths(leaf)]));
};

// lstm_core.counters.longest: how far a hand-set counter counts
export function law(K, dtype) {
  const r = rounding(dtype);
  const keep = squash("sigmoid", r)(r(K));
  const adds = r(keep * squash("tanh", r)(r(K)));
  if (keep === 1 && adds === 1) return dtype === "float32" ? 2 ** 24 : 2 ** 53;
  const lost = 1 - keep;
  const least = (1 - Math.sqrt(lost * (1 - keep / (2 * adds)))) / keep;
  return 1 + Math.trunc(Math.log(least) / Math.log(keep));
}

function product(U, x, j, r) {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum = r(sum + r(x[k] * U[k][j]));
  return sum;
}

// A network of the kind of net: step(symbol, state) to the next state, with its gates.
export function network(net, weights, slots, dtype) {
  const r = rounding(dtype);
  const typed = (leaf) => (leaf.map ? leaf.map(typed) : r(leaf));
  const leaf = (name) => typed(weights[name] ?? []);
  const gate = (name) => {
    const [W, U, b] = ["W", "U", "b"].map((part) => leaf(`body.${name}${part}`));
    return { W, U, b, at: (s, x, j) => r(r(W[s][j] + product(U, x, j, r)) + b[j]) };
  };
  const [out, bias] = [leaf("readout.W"), leaf("readout.b")];
  const says = (x) => bias.map((b, k) => r(product(out, x, k, r) + b) > 0);
  const units = (make) => range(out.length, make);
  const start = { h: units(() => 0), c: units(() => 0) };
  const [sigmoid, tanh] = ["sigmoid", "tanh"].map((name) => squash(name, r));

  const steps = {
    lstm() {
      const gates = [..."ifog"].map((name) => gate(`${name}.`));
      const [squashed, last] = [slots.slice(0, 4), slots[4]];
      const on = squashed.map((name) => squash(name, r));
      const output = squash(last, r);
      return (s, { h: x, c: old }) => {
        const [i, f, o, g] = gates.map((each, n) =>
          units((j) => on[n](each.at(s, x, j))),
        );
        const c = units((j) => r(r(f[j] * old[j]) + r(i[j] * g[j])));
        return { h: units((j) => r(o[j] * output(c[j]))), c, i, f, o, g };
      };
    },
    gru() {
      const [reset, update, fresh] = [..."rzn"].map((name) => gate(`${name}.`));
      const b = leaf("body.b_hn");
      return (s, { h: x }) => {
        const [open, z] = [reset, update].map((each) =>
          units((j) => sigmoid(each.at(s, x, j))),
        );
        const n = units((j) => {
          const m = r(product(fresh.U, x, j, r) + b[j]);
          return tanh(r(r(fresh.W[s][j] + r(open[j] * m)) + fresh.b[j]));
        });
        const now = units((j) => r(r(r(1 - z[j]) * n[j]) + r(z[j] * x[j])));
        return { h: now, r: open, z, n };
      };
    },
    rnn() {
      const only = gate("");
      return (s, { h: x }) => ({ h: units((j) => tanh(only.at(s, x, j))) });
    },
  };
  return { start, says, step: steps[LSTMS.includes(net) ? "lstm" : net]() };
}

// ---- strings ----

const either = (list, or = " or ") => list.join(or);

// A text such as aabb, a30 b30 or a³⁰b³⁰ to its symbols, numbers from 1.
export function symbols(language, text) {
  const { letters } = LANGUAGES[language];
  const most = SPEC.fields.string.max;
  if ([...text].length > most) throw new Error(`at most ${most} characters`);
  const plain = text.replace(/\s/g, "").replace(/[⁰¹²³⁴-⁹]/g, (d) => SUPERSCRIPTS.indexOf(d));
  const found = [];
  for (const [, mark, count] of [...plain.matchAll(/(\D)?(\d*)/gu)].slice(0, -1)) {
    if (!mark || !letters.includes(mark)) {
      const wanted = `${either([...letters], " and ")}, such as ${example(language)}`;
      throw new Error(`only ${wanted}, not “${mark ?? count}”`);
    }
    const times = count === "" ? 1 : Number(count);
    if (found.length + times > SPEC.symbols) {
      throw new Error(`at most ${SPEC.symbols} symbols`);
    }
    for (let k = 0; k < times; k++) found.push(1 + letters.indexOf(mark));
  }
  if (found.length === 0) throw new Error(`at least one of ${either([...letters])}`);
  return found;
}
const example = (language) => [...LANGUAGES[language].letters].map((l) => `${l}30`).join("");
const pure = (language, n) =>
  [...LANGUAGES[language].letters].flatMap((_, k) => new Array(n).fill(k + 1));

// What may follow S and each symbol, up to the first symbol that may not come there.
export function allowed(language, string) {
  const kinds = LANGUAGES[language].letters.length;
  const count = new Array(kinds).fill(0);
  const follows = () => {
    const [n, ...rest] = count;
    if (language === "brackets") return [true, n > rest[0], n === rest[0]];
    if (rest.every((m) => m === 0)) {
      return range(kinds + 1, (k) => k === 0 || (k === 1 && n > 0));
    }
    const done = rest.filter((m) => m === n).length;
    return range(kinds + 1, (k) => (k < kinds ? k === 1 + done : done === kinds - 1));
  };
  const rows = [follows()];
  for (const symbol of string) {
    if (!rows.at(-1)[symbol - 1]) break;
    count[symbol - 1]++;
    rows.push(follows());
  }
  return rows;
}

// In short: a³⁰b²; of many runs the last six.
export function spelled(language, string) {
  const runs = [];
  for (const s of string) {
    if (runs.at(-1)?.s === s) runs.at(-1).count++;
    else runs.push({ s, count: 1 });
  }
  const told = runs.slice(-6).map(({ s, count }) => {
    return LANGUAGES[language].letters[s - 1] + (count > 1 ? raised(count) : "");
  });
  return (runs.length > 6 ? "…" : "") + told.join("");
}

// ---- verdicts ----

const agrees = (said, row) => row.every((yes, k) => yes === said[k]);

// {trace, wrong}: the states after S and each symbol, the first wrong step or null. As
// far as the string begins like the one before, its states are those of that one.
export function judge(net, string, right) {
  const before = net.last ?? { string: [], trace: [] };
  let same = 0;
  while (same < before.string.length && before.string[same] === string[same]) same++;
  const trace = before.trace.slice(0, same + 1);
  for (let t = trace.length; t <= string.length; t++) {
    trace.push(net.step(t === 0 ? 0 : string[t - 1], trace[t - 1] ?? net.start));
  }
  net.last = { string, trace };
  const said = (state) => (state.said ??= net.says(state.h));
  const wrong = right.findIndex((row, t) => !agrees(said(trace[t]), row));
  return { trace, wrong: wrong < 0 ? null : wrong };
}

// The largest N, up to `FARTHEST`, with aⁿbⁿ (or so) right for n from 1 to N. All these
// strings begin alike, so each goes on from the run of a before it.
export function longest(net, language) {
  let state = net.step(0, net.start);
  let right = agrees(net.says(state.h), allowed(language, [])[0]);
  for (let n = 1; n <= FARTHEST; n++) {
    state = net.step(1, state);
    const string = pure(language, n);
    const rows = allowed(language, string).slice(n);
    right &&= agrees(net.says(state.h), rows[0]);
    let end = state;
    for (let k = n; right && k < string.length; k++) {
      end = net.step(string[k], end);
      right = agrees(net.says(end.h), rows[k - n + 1]);
    }
    if (!right) return n - 1;
  }
  return FARTHEST;
}

// What unit j keeps, f, and adds, i · g, at a symbol: means over the steps that read it.
export function paces(trace, string, symbol, j) {
  const read = trace.slice(1).filter((_, t) => string[t] === symbol);
  const mean = (f) => read.reduce((sum, state) => sum + f(state), 0) / read.length;
  return { keeps: mean(({ f }) => f[j]), adds: mean(({ i, g }) => i[j] * g[j]) };
}

// What c of unit j is made of after step `end`: all that was added, less what leaked.
export function budget(trace, j, end) {
  let [added, leaked] = [0, 0];
  for (let t = 0; t <= end; t++) {
    const { i, f, g } = trace[t];
    added += i[j] * g[j];
    if (t > 0) leaked += (1 - f[j]) * trace[t - 1].c[j];
  }
  return { added, leaked };
}

// How far the last a moved the state: if it did not, one a more is not seen.
export function moved(trace, string) {
  const last = string.lastIndexOf(1) + 1;
  return Math.max(...trace[last].h.map((v, k) => Math.abs(v - trace[last - 1].h[k])));
}

// ---- the figure ----

const exact = (v) => (Number.isInteger(v) ? short(v) : show(v));
// 0.99997 must not read as 1
const nearly = (v) => {
  const gap = 1 - v;
  const told = gap < 5e-4 ? show(gap) : short(gap, 5);
  return gap > 0 && gap < 0.01 ? `1 − ${told}` : exact(v);
};
const signed = (v) => (v < 0 ? exact(v) : `+${exact(v)}`);

function render(context) {
  const { put, get, slide, choose, controls, output, live, again } = frame(SPEC, context);
  const kept = new Map();
  const remembered = (key, make) => {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key);
  };

  // ---- what is shown ----
  let state, string, right, rows, at, trouble;
  let shipped = null; // the learned weights, once they are there
  let missing = "";
  fetched(context, "counterbench")
    .then((data) => (shipped = data), (error) => (missing = error.message))
    .then(again);

  const usual = () => SLOTS.map((slot) => state[slot]).join() === USUAL;
  const called = (net) => {
    const gain = net === "hand" ? `, K = ${short(state.K)}` : "";
    return NETS[net] + gain;
  };
  function made(net, dtype) {
    const slots = SLOTS.map((slot) => state[slot]);
    const own = [LSTMS.includes(net) ? slots : "", net === "hand" ? state.K : ""];
    const key = [net, state.language, dtype, ...own].join();
    return remembered(key, () => {
      const byHand = net === "hand";
      const weights = byHand
        ? handSet(state.language, state.K)
        : learned(shipped[state.language][net].p);
      return network(net, weights, slots, dtype);
    });
  }
  function reach(net, dtype) {
    if (net === "hand" && usual()) return law(state.K, dtype);
    const one = made(net, dtype);
    return (one.reach ??= longest(one, state.language));
  }
  const far = (net, dtype) => {
    const n = reach(net, dtype);
    if (n >= 2 ** 24) return `2${raised(Math.log2(n))}`;
    return n === FARTHEST && !(net === "hand" && usual()) ? `≥ ${n}` : String(n);
  };

  function compute() {
    trouble = "";
    string = pure(state.language, state.n);
    if (state.string) {
      try {
        string = symbols(state.language, state.string);
      } catch (error) {
        const shown = spelled(state.language, string);
        trouble = `Expected ${error.message}. Shown is ${shown}.`;
      }
    }
    right = allowed(state.language, string);
    const nets = shipped ? Object.keys(NETS) : ["hand"];
    rows = nets.map((net) => {
      const one = made(net, state.dtype);
      const letter = LSTMS.includes(net) ? "c" : "h";
      return { net, one, letter, ...judge(one, string, right) };
    });
    if (kept.size > 24) kept.clear(); // of many gains K
  }
  const chosen = () => rows.find(({ net }) => net === state.net) ?? rows[0];
  const spell = (t) => (t === 0 ? "S" : spelled(state.language, string.slice(0, t)));

  // ---- the drawing ----
  const panels = rowsOf(Object.keys(NETS).length);
  const lanes = rowsOf(5);
  const rule = svg("line", { class: "cursor" });
  const grip = handle("step of the string");
  const surface = svg("rect", { class: "surface" });
  const picture = stage("Cells and gates over the string", drawAll);
  const drawn = [...panels, ...lanes].map(({ p }) => p.element);
  picture.element.append(rule, ...drawn, surface, grip);

  function rowsOf(count) {
    return range(count, () => {
      const p = panel();
      const verdict = svg("text", { class: "tick taught", "text-anchor": "end" });
      const fault = svg("path", { fill: "none", stroke: "var(--ink)", "stroke-width": 2 });
      p.marks.append(fault);
      p.element.append(verdict);
      return { p, verdict, fault, lines: pool(p.curves, () => svg("path")) };
    });
  }

  // Where letters change, if that is seldom; else round numbers.
  function marks(width) {
    const changes = string.flatMap((s, t) => (s !== string[t - 1] ? [t] : []));
    const T = string.length;
    if (changes.length > 4) return ticks(0, T, width / 70);
    const clear = [];
    for (const t of [...changes, T]) {
      if (clear.length === 0 || ((t - clear.at(-1)) * width) / T > 34) clear.push(t);
    }
    return clear;
  }

  function drawAll(width) {
    const [left, across] = [44, width - 60];
    const letters = chosen().letter === "c" ? "hifog" : state.net === "gru" ? "rzn" : "";
    const xMarks = marks(across);
    let top = 26;
    panels.forEach(({ p }, n) => {
      set(p.element, { display: n < rows.length ? "" : "none" });
    });
    rows.forEach((row, n) => {
      const box = { left, top, width: across, height: 46 };
      const last = n === rows.length - 1 && letters.length === 0;
      drawRow(panels[n], row, box, { xMarks, xLabels: last });
      top += 72;
    });
    lanes.forEach((lane, n) => {
      const shown = n < letters.length;
      set(lane.p.element, { display: shown ? "" : "none" });
      if (!shown) return;
      const box = { left, top, width: across, height: 26 };
      drawLane(lane, letters[n], box, { xMarks, xLabels: n === letters.length - 1 });
      top += 36;
    });
    const foot = top - (letters.length ? 10 : 26);
    set(surface, { x: left, y: 8, width: across, height: foot });
    drawPlace(foot);
    return foot + 30;
  }

  function drawCurves({ p, lines }, letter, trace, box, ys) {
    const stride = Math.ceil(trace.length / Math.max(60, box.width / 2));
    p.place(box, [0, Math.max(1, string.length)], ys);
    set(p.element, { class: `panel of-${letter === "n" ? "g" : letter}` });
    const paths = lines(trace[0][letter].length);
    range(paths.length).forEach((j) => {
      const points = [];
      for (let t = 0; t < trace.length; t += stride) points.push(t, trace[t][letter][j]);
      points.push(string.length, trace.at(-1)[letter][j]);
      set(paths[j], { class: "past", d: p.path(points), style: "stroke-width:1.75" });
    });
  }

  function bounds(trace, letter, low, high) {
    const most = 3 * Math.max(4, string.length);
    for (const step of trace) {
      for (const v of step[letter]) {
        if (v < low) low = Math.max(v, -most);
        if (v > high) high = Math.min(v, most);
      }
    }
    const room = 0.04 * (high - low);
    return [low - room, high + room];
  }

  function drawRow(place, { net, letter, trace, wrong }, box, axes) {
    const { p, verdict, fault } = place;
    const ys = bounds(trace, letter, letter === "c" ? 0 : -1, 1);
    drawCurves(place, letter, trace, box, ys);
    const heading = `${net === chosen().net ? "▸ " : ""}${called(net)}: ${letter}`;
    p.axes({ heading, yMarks: ticks(...ys, 3), ...axes });
    set(verdict, { x: box.left + box.width, y: box.top - 8 });
    const fails = box.width < 420 ? "×" : "× wrong after";
    write(verdict, wrong === null ? "right" : `${fails} ${spell(wrong)}`);
    const x = wrong === null ? 0 : tenth(p.x(wrong));
    const cross = `v${box.height}m-5 -28l10 10m0 -10l-10 10`;
    set(fault, { d: wrong === null ? "" : `M${x} ${box.top}${cross}` });
  }

  function drawLane(place, letter, box, axes) {
    const { trace } = chosen();
    const low = "hgn".includes(letter) ? -1 : 0;
    drawCurves(place, letter, trace, box, bounds(trace, letter, low, 1));
    place.p.axes({ yMarks: [0], sayY: () => letter, ...axes });
  }

  function drawPlace(foot) {
    const x = tenth(panels[0].p.x(at));
    set(rule, { x1: x, x2: x, y1: panels[0].p.bounds().top, y2: foot });
    moveHandle(grip, x, foot, [0, at, string.length], `step ${at}, after ${spell(at)}`);
    const { one, net, trace } = chosen();
    const values = ["c", "h"].filter((k) => trace[at][k]).map((k) => {
      return `${k} = ${trace[at][k].map((v) => show(v, 2)).join(", ")}`;
    });
    const said = one.says(trace[at].h);
    const may = at < right.length ? `; what may follow: ${listed(right[at])}` : "";
    const told = `it says ${listed(said)}${may}`;
    write(pointed, `${called(net)} after ${spell(at)}: ${values.join("; ")}; ${told}`);
  }

  const listed = (row) => {
    const names = [...LANGUAGES[state.language].letters, "the end"];
    return either(names.filter((_, k) => row[k])) || "nothing";
  };

  const moveTo = (x, y) => {
    const t = Math.round(panels[0].p.from(x));
    const { net } =
      rows.find((_, n) => {
        const { top, end } = panels[n].p.bounds();
        return y >= top - 20 && y < end;
      }) ?? state;
    put({ t: Math.max(0, Math.min(string.length, t)), net });
  };
  for (const part of [surface, grip]) draggable(part, picture.element, moveTo);
  steppable(grip, {
    step: 1,
    page: 10,
    low: () => 0,
    high: () => string.length,
    // not what is drawn: the next key may come sooner
    get: () => (get("t") < 0 ? at : Math.min(get("t"), string.length)),
    set: (t) => put({ t }),
  });

  // ---- the controls ----
  const named = (entries) => entries.map(([key, each]) => [key, each.label ?? each]);
  choose("language", "language", named(Object.entries(LANGUAGES)));
  controls.language.element.addEventListener("change", () => put({ string: "", t: -1 }));
  choose("net", "network told", Object.entries(NETS));
  choose("dtype", "numbers", SPEC.fields.dtype.options.map((name) => [name, name]));
  for (const slot of SLOTS) choose(slot, slot, grouped());
  slide("K", "hand-set gain K");
  const longer = (n) => put({ n, string: "", t: -1 });
  const size = { ...SPEC.fields.n, label: "length n", input: longer };
  const sizes = [
    slider({ ...size, max: 100, quiet: true }),
    numberField({ ...size, label: "exact n", hidden: true }),
  ];
  controls.n = { show: (n) => sizes.forEach((each) => each.show(n)) };
  const problem = h("p", { class: "problem", role: "status", hidden: true });
  let empty = "";
  const complain = (text) => {
    write(problem, text);
    problem.hidden = !text;
  };
  const field = h("input", {
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    onchange: () => {
      const string = field.value.trim();
      try {
        if (string) symbols(state.language, string);
        put({ string, t: -1 });
        if (!string) field.dataset.shown = ""; // the usual one comes back into the field
        controls.string.show(string);
        empty = string ? "" : "Nothing was typed. Shown is the string of length n.";
        complain(empty);
      } catch (error) {
        complain(`Expected ${error.message}. The string stays as it was.`);
      }
    },
  });
  controls.string = {
    show(text) {
      const shown = text || spelled(get("language"), pure(get("language"), get("n")));
      if (shown !== field.dataset.shown) field.value = field.dataset.shown = shown;
    },
  };
  const pointed = h("div", { class: "pointed" });
  const table = numbers("How far each counts", [2, 2, 5]);
  const of = (...keys) => keys.map((key) => controls[key].element);

  // ---- words ----
  function fault({ wrong, one, trace }) {
    const said = listed(one.says(trace[wrong].h));
    return `first wrong after ${spell(wrong)}: it says ${said} may follow, where ${
      listed(right[wrong])} may.`;
  }

  function why(row) {
    const { net, trace, wrong } = row;
    if (!string.includes(1)) return "";
    if (!LSTMS.includes(net)) {
      const step = moved(trace, string);
      const a = LANGUAGES[state.language].letters[0];
      const last = `The last ${a} moved its h by ${step === 0 ? "nothing" : show(step)}`;
      if (wrong === null) return `${last}.`;
      const hidden = step < 0.01 ? `: one ${a} more or less is hardly seen` : "";
      return `Its h stays in (−1, 1), with nothing to add up in. ${last}${hidden}.`;
    }
    const told = unit(row, shipped?.[state.language][net]?.unit ?? 0);
    return net === "hand" && usual() ? `${told} ${lawful()}` : told;
  }

  function lawful() {
    const types = SPEC.fields.dtype.options;
    const told = types.map((dtype) => `${far("hand", dtype)} in ${dtype}`);
    const exact = types.filter((dtype) => reach("hand", dtype) >= 2 ** 24);
    const rounds = `In ${exact.join(" and ")} σ(K) is exactly 1, and nothing leaks.`;
    const more = exact.length ? rounds : "A larger K leaks less.";
    return `By its law it is right up to n = ${told.join(", ")}. ${more}`;
  }

  function unit({ trace, wrong }, j) {
    const [a, b] = LANGUAGES[state.language].letters;
    const up = paces(trace, string, 1, j);
    const told = `Cell ${j + 1} counts: at each ${a} it keeps f = ${nearly(up.keeps)}`;
    const first = `${told} and adds ${signed(up.adds)}`;
    if (!string.includes(2)) return `${first}.`;
    const down = paces(trace, string, 2, j);
    const second = `at each ${b} f = ${nearly(down.keeps)} and ${signed(down.adds)}`;
    const oneWay = up.adds * down.adds >= 0 ? " It cannot count down." : "";
    const end = wrong ?? trace.length - 1;
    const read = string.slice(0, end);
    const count = read.filter((s) => s === 1).length - read.filter((s) => s === 2).length;
    const { added, leaked } = budget(trace, j, end);
    const [sum, lost] = [added, leaked].map((v) => show(Math.abs(v) < 0.005 ? 0 : v, 2));
    const parts = `${sum} was added in all, ${lost} leaked away`;
    const c = `c = ${show(trace[end].c[j], 2)}, with ${count} ${a} still open`;
    return `${first}, ${second}.${oneWay} After ${spell(end)} ${c}: ${parts}.`;
  }

  function words() {
    const row = chosen();
    const { wrong, net } = row;
    const name = called(net)[0].toUpperCase() + called(net).slice(1);
    const ends = right.length <= string.length;
    const stops = ends
      ? ` Symbol ${right.length} may not come there: judged up to it.`
      : "";
    const all = `right at all of ${right.length} steps.`;
    const verdict = `${name} is ${wrong === null ? all : fault(row)}${stops}`;
    return `${verdict} ${why(row)}`;
  }

  function describe() {
    const ends = (net) => {
      const { counts } = shipped[state.language][net];
      return `${Math.min(...counts)} to ${Math.max(...counts)}`;
    };
    const seeds = Object.values(shipped?.[state.language] ?? {}).map(({ seed }) => seed);
    const reaches = shipped
      ? [
          `each learned network is the best of ${SPEC.runs} runs`,
          `(seeds ${seeds.join(", ")} from the top). The LSTM's runs reach`,
          `n = ${ends("learned")}; those trained on from hand-set weights with K = 8,`,
          `which reach ${law(8, "float64")}, end at ${ends("tuned")}.`,
        ].join(" ")
      : "the learned networks are on their way.";
    const slots = SLOTS.filter((slot) => state[slot] !== SPEC.fields[slot].default);
    const swapped = slots.map((slot) => `${slot} ${ROWS[state[slot]]?.label ?? state[slot]}`);
    const other = swapped.length ? ` Swapped in the LSTMs: ${swapped.join(", ")}.` : "";
    return [
      `Five networks read ${spell(string.length)} in ${state.dtype}; × is where each is`,
      `first wrong. Training had n up to ${SPEC.upto}; ${reaches}${other}`,
      "Below: what is inside the network marked ▸.",
    ].join(" ");
  }

  function update(now) {
    state = now;
    compute();
    complain([trouble, missing, empty].filter(Boolean).join(" "));
    empty = "";
    const end = chosen().wrong ?? string.length;
    at = state.t < 0 ? end : Math.min(state.t, string.length);
    picture.redraw();
    const heads = ["network", "up to n, float64", "up to n, float32", "this string"];
    const lines = rows.map(({ net, wrong, letter }) => ({
      look: { stroke: `var(--${letter}-line)` },
      name: NETS[net],
      values: [
        ...["float64", "float32"].map((dtype) => far(net, dtype)),
        wrong === null ? "right" : `wrong after ${spell(wrong)}`,
      ],
    }));
    table.show(heads, lines);
    return [words(), describe()];
  }

  return live(
    picture,
    update,
    h("div", { class: "gates" }, of("language", "net", "dtype")),
    h("label", { class: "sequence" }, h("span", { class: "name" }, "string"), field),
    problem,
    h("div", { class: "main-slider" }, sizes.map(({ element }) => element)),
    of("K"),
    h("div", { class: "picture" }, picture.element, pointed),
    output,
    table.element,
    h(
      "details",
      { class: "more" },
      h("summary", {}, "Swap a function in the three LSTMs"),
      of(...SLOTS),
    ),
  );
}

export default { render };
