// What the explorables share: elements, numbers, controls, and state in a link.

import { activation } from "./engine.js";

// ---- elements ----

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected"]);

const FOCUSED = "input, select, button, summary, a, [tabindex]";

function build(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) element[key] = value;
    else if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  // Or JupyterLab takes the arrow keys; it looks at the focused element only.
  if (element.matches(FOCUSED)) element.setAttribute("data-lm-suppress-shortcuts", "");
  element.append(...children.flat(Infinity).filter((child) => child != null));
  return element;
}

export const h = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);
export const math = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(MATHML, tag), attributes, children);

// Sets attributes only where they differ, which spares the browser work.
export function set(element, attributes) {
  for (const key in attributes) { // Object.entries takes several times as long
    const text = String(attributes[key]);
    if (element.getAttribute(key) !== text) element.setAttribute(key, text);
  }
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Data that comes on demand: `load` is the page's, in Jupyter the widget has it already.
export const fetched = async ({ model, load }, name) =>
  load ? load(name) : model.get("_data")[name];

// ---- numbers ----

export const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
export const raised = (n) =>
  [...String(n)].map((d) => (d === "-" ? "⁻" : SUPERSCRIPTS[d])).join("");

// A number as it is read: fixed digits, or a power of ten where these would show nothing.
export function show(x, digits = 3) {
  if (Number.isNaN(x)) return "not a number";
  if (!Number.isFinite(x)) return x < 0 ? "−∞" : "∞";
  const size = Math.abs(x);
  if (size !== 0 && (size < 0.5 * 10 ** -digits || size >= 1e5)) {
    const [mantissa, exponent] = x.toExponential(1).split("e");
    return `${mantissa.replace("-", "−")}×10${raised(Number(exponent))}`;
  }
  return x.toFixed(digits).replace("-", "−");
}

// A number without the zeros at its end, for controls and short lists.
export const short = (x, digits = 3) => String(+x.toFixed(digits)).replace("-", "−");

export function percent(share) {
  const value = 100 * share;
  if (value !== 0 && value < 0.1) return `${show(value, 1)}\u202f%`;
  // 99.97 must not read as 100
  const gap = Math.ceil(-Math.log10(100 - value));
  const digits = value > 99 && value < 100 ? Math.min(4, Math.max(1, gap)) : 0;
  return `${short(value, value < 10 ? 1 : digits)}\u202f%`;
}

export function range(count, make = (k) => k) {
  const list = []; // Array.from takes several times as long
  for (let k = 0; k < count; k++) list.push(make(k));
  return list;
}

// ---- time ----

// Calls `draw` once before the next frame, however often it is asked to.
export function framed(draw) {
  let waiting = 0;
  const ask = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      draw();
    });
  };
  ask.cancel = () => cancelAnimationFrame(waiting);
  return ask;
}

// Writes to a live region only when the reader pauses, so that dragging stays quiet.
export function announcer(output, pause = 250) {
  let timer = 0;
  let first = true;
  const tell = (text) => {
    clearTimeout(timer);
    if (first) write(output, text);
    else timer = setTimeout(() => write(output, text), pause);
    first = false;
  };
  tell.cancel = () => clearTimeout(timer);
  return tell;
}

// ---- controls: each has an element and `show(value)` ----

// A quiet one shows no number: another field does.
export function slider({ label, min, max, step, say = short, input, quiet = false }) {
  const range = h("input", {
    type: "range",
    min,
    max,
    step,
    oninput: () => input(Number(range.value)),
  });
  const number = h("span", { class: "number" });
  const element = h(
    "label",
    { class: "slider" },
    h("span", { class: "name" }, label),
    range,
    quiet ? null : number,
  );
  return {
    element,
    range,
    show(now) {
      if (Number(range.value) !== now) range.value = now;
      write(number, say(now));
      set(range, { "aria-valuetext": say(now) });
    },
  };
}

// What a link refuses a field refuses, with a sentence beside it.
export function numberField({ label, kind, min, max, step, input, hidden = false }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const field = h("input", {
    type: "number",
    min,
    max,
    step: "any",
    inputmode: "text",
    onchange: () => {
      problem.remove();
      try {
        input(READERS[kind](field.value, { min, max }));
      } catch ({ message }) {
        const got = field.value && `, got “${field.value}”`;
        write(problem, `Expected ${message}${got}. It stays at ${current}.`);
        element.parentNode.after(problem);
        field.value = current;
      }
    },
    onkeydown: (event) => {
      const turn = { ArrowUp: step, ArrowDown: -step }[event.key];
      if (!turn) return;
      event.preventDefault();
      problem.remove();
      const next = Math.min(max, Math.max(min, Number(field.value) + turn));
      input(Number(next.toFixed(6)));
    },
  });
  let current = "";
  const name = h("span", { class: hidden ? "unseen" : "name" }, label);
  const element = h("label", { class: "field" }, name, field);
  return {
    element,
    field,
    show(value) {
      const text = String(value);
      // what is being typed stays, whatever else is drawn anew
      const typing = text === current && document.activeElement === field;
      if (!typing && field.value !== text) field.value = text;
      current = text;
    },
  };
}

export function checkbox({ label, input }) {
  const box = h("input", { type: "checkbox", onchange: () => input(box.checked) });
  return {
    element: h("label", { class: "chip" }, box, h("span", { class: "name" }, label)),
    box,
    show: (on) => (box.checked = on),
  };
}

export function button(label, press, attributes = {}) {
  return h("button", { type: "button", onclick: press, ...attributes }, label);
}

// A button for each preset, pressed while the state is the preset's.
export function presetRow(spec, put) {
  return Object.values(spec.presets).map(({ label, state: over }) => {
    const whole = { ...defaults(spec), ...over };
    const element = button(label, () => put(whole));
    return {
      element,
      show(state) {
        const pressed = Object.keys(whole).every((key) => same(whole[key], state[key]));
        set(element, { "aria-pressed": pressed });
      },
    };
  });
}

// ---- state: defaults, and state in a link ----

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export const defaults = (spec) =>
  Object.fromEntries(Object.entries(spec.fields).map(([k, f]) => [k, f.default]));

const READERS = {
  number(text, { min, max }) {
    const value = Number(text.replace("−", "-"));
    const good = text.trim() !== "" && value >= min && value <= max;
    if (!good) throw new Error(`a number from ${short(min, 6)} to ${short(max)}`);
    return value;
  },
  whole(text, field) {
    const value = READERS.number(text, field);
    const { min, max } = field;
    if (!Number.isInteger(value)) throw new Error(`a whole number, ${min} to ${max}`);
    return value;
  },
  flag(text) {
    if (text !== "true" && text !== "false") throw new Error("true or false");
    return text === "true";
  },
  choice(text, { options }) {
    if (!options.includes(text)) throw new Error(`one of ${options.join(", ")}`);
    return text;
  },
  activation(text) {
    try {
      activation(text);
    } catch {
      throw new Error("the name of an activation such as tanh");
    }
    return text;
  },
  activations(text) {
    const list = text.split(",").filter(Boolean);
    if (list.length === 0) throw new Error("names of activations, with commas between");
    return list.map((name) => READERS.activation(name));
  },
  sequence(text) {
    sequence(text);
    return text;
  },
  text(text, { max }) {
    if (text.length > max) throw new Error(`at most ${max} characters`);
    return text;
  },
};

// Text from a link to a state: what it says over what the figure starts with, and a
// sentence about each part that is not understood and so keeps its start.
export function readState(spec, start, query) {
  const state = { ...start };
  const problems = [];
  const parts = query.split("&").filter(Boolean).map(decode);
  for (const [key, text] of parts) {
    if (key === "preset" && Object.hasOwn(spec.presets, text)) {
      Object.assign(state, spec.presets[text].state);
    }
  }
  for (const [key, text] of parts) {
    if (key === "preset" && Object.hasOwn(spec.presets, text)) continue;
    const problem = readPart(spec, state, key, text);
    if (problem) problems.push(problem);
  }
  return { state, problems };
}

function readPart(spec, state, key, text) {
  const sorry = (expected, got) =>
    `Part of this link was left out: expected ${expected}, got “${got}”.`;
  if (text === null) return sorry("key=value", key);
  if (key === "preset") return sorry(`one of ${Object.keys(spec.presets).join(", ")}`, text);
  if (!Object.hasOwn(spec.fields, key)) {
    return sorry(`one of ${Object.keys(spec.fields).join(", ")}`, key);
  }
  try {
    state[key] = READERS[spec.fields[key].kind](text, spec.fields[key]);
  } catch (error) {
    return sorry(`${key} as ${error.message}`, text);
  }
  return null;
}

function decode(part) {
  const [key, text] = part.split(/=(.*)/s);
  try {
    return [decodeURIComponent(key), text === undefined ? null : decodeURIComponent(text)];
  } catch {
    return [part, null];
  }
}

// The link to a state: only what differs from what the figure starts with.
export function writeState(spec, start, state) {
  return Object.keys(spec.fields)
    .filter((key) => !same(state[key], start[key]))
    .map((key) => `${key}=${encodeURIComponent(state[key]).replaceAll("%2C", ",")}`)
    .join("&");
}

// ---- sequences: numbers with commas, or text whose brackets count ----

export const LONGEST = 40;

export function sequence(text) {
  const brackets = /[()[\]]/.test(text);
  const marks = brackets ? [...text.trim()] : text.split(/[,;\s]+/).filter(Boolean);
  const xs = marks.map((mark) => (brackets ? bracket(mark) : entry(mark)));
  if (xs.length === 0) throw new Error("at least one number, or text with brackets");
  if (xs.length > LONGEST) {
    throw new Error(`at most ${LONGEST} steps, not ${xs.length}`);
  }
  return { xs, marks: brackets ? marks : null };
}

const bracket = (mark) => ("([".includes(mark) ? 1 : ")]".includes(mark) ? -1 : 0);

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

function entry(mark) {
  const digits = mark.replace("−", "-");
  const value = NUMBER.test(digits) ? Number(digits) : Infinity;
  if (Math.abs(value) > 100) {
    throw new Error(
      "numbers from −100 to 100 with commas between, or text with brackets",
    );
  }
  return value;
}

// ---- the row of link buttons below an explorable ----

export function linkRow({ spec, start, model, anchor, reset }) {
  const row = h("div", { class: "links" }, button("Reset", reset));
  if (!anchor) return { element: row, show() {} };
  const link = h("a", { class: "permalink" }, "Link to this state");
  const copy = button("Copy link", async () => {
    history.replaceState(history.state, "", link.hash);
    try {
      await navigator.clipboard.writeText(location.href);
      write(said, "Copied.");
    } catch {
      write(said, "It is in the address bar.");
    }
  });
  const said = h("span", { class: "said", role: "status" });
  row.append(copy, link, said);
  const state = () =>
    Object.fromEntries(Object.keys(spec.fields).map((k) => [k, model.get(k)]));
  return {
    element: row,
    show() {
      const query = writeState(spec, start, state());
      set(link, { href: `#${anchor}?${query}` });
      write(said, "");
    },
  };
}
