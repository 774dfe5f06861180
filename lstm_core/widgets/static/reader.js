// The bracket reader: a character model that has learnt Python reads what is typed, and
// the text shows what one of its cells does.

import { activation } from "./engine.js";
import { frame } from "./frame.js";
import { button, fetched, h, percent, set, show, svg, write } from "./kit.js";
import { draggable, panel, pool, stage, ticks } from "./plot.js";

// ---- the network of lstm_core.experiments.charmodel ----

const SLOTS = ["i", "f", "o", "g", "c", "h"];
const sigmoid = activation("sigmoid").value;

export function network({ alphabet, H, rows, scales, b, d }) {
  const K = alphabet.length;
  const bytes = Int8Array.from(atob(rows), (mark) => mark.charCodeAt(0));
  const weights = Float64Array.from(bytes);
  const starts = []; // rows of 4H that meet x, then h; then of K that tell what is next
  let at = 0;
  scales.forEach((scale, row) => {
    starts.push(at);
    const end = at + (row < K + H ? 4 * H : K);
    for (; at < end; at++) weights[at] *= scale;
  });
  function add(sum, row, times) {
    const start = starts[row];
    for (let j = 0; j < sum.length; j++) sum[j] += times * weights[start + j];
  }
  const outputs = (now) => now.subarray(5 * H);
  return {
    zero: new Float64Array(6 * H),
    knows: (mark) => alphabet.includes(mark),
    // i, f, o, g, c, h of all cells, from a character and those before it
    step(mark, before) {
      const a = Float64Array.from(b);
      const code = alphabet.indexOf(mark);
      if (code >= 0) add(a, code, 1);
      outputs(before).forEach((v, k) => add(a, K + k, v));
      const now = a.map((v, k) => (k < 3 * H ? sigmoid(v) : Math.tanh(v)));
      const all = new Float64Array(6 * H);
      all.set(now);
      for (let k = 0; k < H; k++) {
        const c = all[H + k] * before[4 * H + k] + all[k] * all[3 * H + k];
        all[4 * H + k] = c;
        all[5 * H + k] = all[2 * H + k] * Math.tanh(c);
      }
      return all;
    },
    // [character, probability] of all that may be next, the likeliest first
    next(now) {
      const y = Float64Array.from(d);
      outputs(now).forEach((v, k) => add(y, K + H + k, v));
      const top = Math.max(...y);
      const odds = y.map((v) => Math.exp(v - top));
      const sum = odds.reduce((one, other) => one + other);
      const all = [...alphabet].map((mark, k) => [mark, odds[k] / sum]);
      return all.sort((one, other) => other[1] - one[1]);
    },
  };
}

// Open brackets after each character; an empty line closes all.
export function depths(text) {
  let now = 0;
  return text.split("").map((mark, t, all) => {
    now = Math.max(0, now + "([{".includes(mark) - ")]}".includes(mark));
    if (mark === "\n" && all[t - 1] === "\n") now = 0;
    return now;
  });
}

// Pearson's r, 0 if one of them never changes
export function correlation(xs, ys) {
  const mean = (all) => all.reduce((sum, v) => sum + v, 0) / all.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((x, k) => {
    xy += (x - mx) * (ys[k] - my);
    xx += (x - mx) ** 2;
    yy += (ys[k] - my) ** 2;
  });
  return xx * yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

// ---- the figure ----

const { best, names, fields, cells } = SPEC;
const LONGEST = fields.text.max;
const SIGNED = "gch";
const called = (mark) =>
  ({ "\n": "a new line", " ": "a space" })[mark] ?? `“${mark}”`;

function render(context) {
  const { put, slide, choose, controls, output, live, again } = frame(SPEC, context);
  let state, net, known;
  let [seen, run] = ["", []]; // what was read, and what all cells did then
  let values = [];
  let problem = "Its weights are on their way.";

  // ---- reading: only what has changed, and never long at a time ----

  function read() {
    const text = state.text;
    let same = 0;
    while (same < run.length && text[same] === seen[same]) same++;
    [seen, run.length] = [text, same];
    const begun = performance.now();
    while (run.length < text.length && performance.now() - begun < 8) {
      run.push(net.step(text[run.length], run.at(-1) ?? net.zero));
    }
    if (run.length < text.length) again();
    const place = SLOTS.indexOf(state.what) * (net.zero.length / 6) + state.cell;
    values = run.map((all) => all[place]);
  }

  // ---- the text, with a bar under each letter ----

  const page = h("div", { class: "read", "aria-hidden": "true" });
  page.addEventListener("click", ({ target }) => {
    const k = [...page.children].indexOf(target);
    if (k >= 0) put({ at: k + 1 });
  });
  const spans = pool(page, () => h("span"));
  const [shown, looks] = [[], []]; // what stands in the page, to spare it work
  let marked;
  function drawText(full) {
    const { text, what, at } = state;
    const all = spans(text.length);
    const foot = SIGNED.includes(what) ? 50 : 0;
    const begun = performance.now();
    shown.length = looks.length = Math.min(looks.length, text.length);
    for (let k = 0; k < text.length; k++) {
      if (performance.now() - begun > 3) {
        again();
        break;
      }
      const v = (values[k] ?? 0) / full;
      const end = foot + Math.round(v * (100 - foot) * 0.4) / 0.4;
      const [a, b] = end < foot ? [end, foot] : [foot, end];
      const look = `--a:${a}%;--b:${b}%;--t:${0.35 * (b - a) * (foot ? 2 : 1)}%;`;
      const style = `${look}--fill:var(--${v < 0 ? "edge" : what})`;
      if (looks[k] !== style) all[k].setAttribute("style", (looks[k] = style));
      if (shown[k] !== text[k]) write(all[k], text[k] === "\n" ? "↵\n" : text[k]);
      shown[k] = text[k];
    }
    marked?.classList.remove("at");
    marked = all[at - 1];
    marked?.classList.add("at");
  }

  // ---- the same as curves ----

  const panels = [panel(), panel()];
  const curves = panels.map((p) => p.curves.appendChild(svg("path")));
  const rules = panels.map(() => svg("line", { class: "cursor" }));
  const surface = svg("rect", { class: "surface" });
  const picture = stage("Open brackets and the cell, by character", drawCurves);
  picture.element.append(...panels.map((p) => p.element), ...rules, surface);
  draggable(surface, picture.element, (x) => {
    const k = Math.round(panels[0].from(x));
    put({ at: Math.max(1, Math.min(state.text.length, k)) });
  });
  const around = (all) => {
    const [low, high] = [Math.min(0, ...all), Math.max(0.5, ...all)];
    return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
  };
  function drawCurves(width) {
    const { text, at, what } = state;
    const xs = [1, Math.max(2, text.length)];
    const stairs = depths(text).flatMap((v, k) => [k + 1, v, k + 2, v]);
    const points = values.flatMap((v, k) => [k + 1, v]);
    [stairs, points].forEach((line, n) => {
      const p = panels[n];
      const ys = around(line.filter((_, k) => k % 2));
      p.place({ left: 40, top: 24 + 96 * n, width: width - 50, height: 60 }, xs, ys);
      const heading = n ? `${what} of cell ${state.cell}` : "open brackets";
      p.axes({ heading, xMarks: ticks(...xs, 6), yMarks: ticks(...ys, 3), xLabels: n > 0 });
      set(curves[n], { d: p.path(line), stroke: `var(--${n ? `${what}-line` : "edge"})` });
      const { top, end } = p.bounds();
      set(rules[n], { x1: p.x(at), x2: p.x(at), y1: top, y2: end });
    });
    set(surface, { x: 40, y: 12, width: width - 50, height: 180 });
    return 206;
  }

  // ---- the controls ----

  const area = h("textarea", {
    rows: 6,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    "data-lm-suppress-shortcuts": "",
    oninput: () => take(area.value),
  });
  controls.text = {
    element: h("label", { class: "typed" }, "Text to read", area),
    show: (text) => area.value !== text && (area.value = text),
  };
  let cut = "";
  function take(typed) {
    const text = typed.replaceAll("\t", "    ");
    const long = `Only the first ${LONGEST} of ${text.length} characters are read. `;
    cut = text.length > LONGEST ? long : "";
    area.value = text.slice(0, LONGEST);
    put({ text: area.value, at: Math.max(1, Math.min(area.selectionEnd, LONGEST)) });
  }
  slide("cell", "cell");
  slide("at", "after character");
  choose("what", "shows its", names);
  const { what: theirs, cell: follower, r, rank } = best;
  const follow = button(`${theirs} of cell ${follower} follows brackets best`, () =>
    put({ cell: follower, what: theirs }),
  );
  const note = h("p", { class: "hint", role: "status" });
  const expected = h("ol", { class: "next" });

  function strange() {
    const odd = [...new Set([...state.text].filter((mark) => !net.knows(mark)))];
    const one = odd.length === 1;
    const told = `${odd.slice(0, 5).join(" ")} ${one ? "is" : "are"} unknown to it`;
    return odd.length ? `${told}: it sees ${one ? "a gap" : "gaps"} there.` : "";
  }

  // ---- words ----

  function guess(k) {
    const [likeliest, comes] = [net.next(run[k - 1] ?? net.zero), state.text[k]];
    const rows = likeliest.slice(0, 5).map(([mark, p]) => {
      const style = `--p:${Math.round(100 * p)}%`;
      const text = h("b", {}, mark === "\n" ? "↵" : mark === " " ? "␣" : mark);
      return h("li", { style, "aria-label": `${called(mark)}, ${percent(p)}` }, text, percent(p));
    });
    expected.replaceChildren(...rows);
    const [mark, p] = likeliest[0];
    const told = `Next it expects ${called(mark)} (${percent(p)})`;
    const share = likeliest.find(([mark]) => mark === comes)?.[1];
    const right = mark === comes ? "; so it is" : `; what comes is ${called(comes)}`;
    return `${told}${comes === undefined ? "" : right}${
      share === undefined || mark === comes ? "" : ` (${percent(share)})`
    }.`;
  }

  function words(depth) {
    const { text, what, cell, at } = state;
    const k = Math.min(at, run.length);
    if (k === 0) return `Nothing is read yet. ${guess(0)}`;
    const open = depth[k - 1];
    const brackets = `${open} bracket${open === 1 ? " is" : "s are"} open`;
    const said = `After character ${k}, ${called(text[k - 1])}: ${brackets}, ${what}`;
    const r = show(correlation(values, depth.slice(0, values.length)), 2);
    return [
      `${said} of cell ${cell} is ${show(values[k - 1], 2)}. ${guess(k)}`,
      `Over this text ${what} and the brackets correlate with r = ${r}.`,
    ].join(" ");
  }

  function describe(full) {
    const { what, cell } = state;
    const scale = net ? `, full at ${show(full, 2)}` : ""; // unknown until it has read
    const bars = SIGNED.includes(what)
      ? `up if positive, down and grey if negative${scale}`
      : "full at 1";
    const held = known?.[what]?.all[cell];
    return [
      `A network of ${cells} cells that learnt Python from source code reads this text.`,
      ` Bars: ${what} of cell ${cell} after each character, ${bars}.`,
      held === undefined ? "" : ` On unseen code its r with brackets is ${show(held, 2)}.`,
      ` ${theirs} of cell ${follower} followed brackets best where the cell was chosen;`,
      ` on other unseen code r = ${show(r, 2)}, rank ${rank} of ${cells}.`,
    ].join("");
  }

  function update(now) {
    state = { ...now, at: Math.max(1, Math.min(now.at, now.text.length)) };
    if (net) read();
    const sizes = values.map(Math.abs);
    const full = SIGNED.includes(state.what) ? Math.max(0.01, ...sizes) : 1;
    drawText(full);
    picture.redraw();
    const followed = state.what === theirs && state.cell === follower;
    set(follow, { "aria-pressed": followed });
    set(controls.at.range, { max: Math.max(1, now.text.length) });
    context.el.classList.toggle("fresh", !net); // paper has the picture instead
    write(note, net ? cut + strange() : problem);
    return [net ? words(depths(now.text)) : problem, describe(full)];
  }

  // ---- weights, once the figure comes into view ----

  let gone = false;
  const watch = new IntersectionObserver(async ([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    watch.disconnect();
    try {
      const data = await fetched(context, "reader");
      [net, known] = [network(data), data.known];
    } catch (error) {
      problem = error.message;
    }
    if (!gone) again();
  }, { rootMargin: "300px" });

  const stop = live(
    picture,
    update,
    controls.text.element,
    note,
    page,
    h("div", { class: "gates" }, controls.what.element, follow),
    h("div", {}, controls.cell.element, controls.at.element),
    output,
    h("div", { class: "together" }, "It expects next:", expected),
    h("div", { class: "picture" }, picture.element),
  );
  watch.observe(context.el);
  return () => {
    gone = true;
    watch.disconnect();
    stop();
  };
}

export default { render };
