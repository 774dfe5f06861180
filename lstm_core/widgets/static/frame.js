// The frame of an explorable: state, presets, controls, words, caption and links; what
// is inside draws itself and says what it shows. Most need no more than `live`.

import { NAMES } from "./engine.js";
import {
  announcer, framed, h, linkRow, presetRow, set, slider, svg, write,
} from "./kit.js";
import { GROUPS, ROWS } from "./rows.js";

export function frame(spec, { model, el, anchor, caption, start }) {
  const keys = Object.keys(spec.fields);
  const snapshot = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  const begin = start ?? snapshot();
  const put = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  const controls = {};
  const output = h("output", { class: "words", "aria-live": "polite" });

  function slide(key, label, say) {
    const input = (value) => put({ [key]: value });
    return (controls[key] = slider({ label, ...spec.fields[key], say, input }));
  }

  // A native select; options are [value, text], or [label, options] for a group.
  function choose(key, label, options, read = String) {
    const box = h("select", { onchange: () => put({ [key]: read(box.value) }) });
    box.append(...options.map(option));
    const name = h("span", { class: "name" }, label);
    const element = h("label", { class: "choice" }, name, box);
    const show = (value) => {
      box.value = value;
      if (box.value === String(value)) return;
      box.append(option([value, value])); // such as σ(8z), which only links name
      box.value = value;
    };
    return (controls[key] = { element, show });
  }

  // Puts the children between presets and links, which call `first` before they act.
  function shell(name, children, first = () => {}) {
    const change = (changes) => {
      first();
      put(changes);
    };
    const presets = presetRow(spec, change);
    const announce = announcer(output);
    const about = caption ?? h("p", { class: "about" });
    const reset = () => change(begin);
    const links = linkRow({ spec, start: begin, model, anchor, reset });
    const row = h("div", { class: "presets", role: "group", "aria-label": "Presets" });
    row.append(...presets.map(({ element }) => element));
    el.classList.add("explorable");
    el.append(h("div", { class: `inside ${name}` }, row, children, links.element));
    if (!caption) el.append(about);
    let told;
    return {
      show(state) {
        for (const [key, control] of Object.entries(controls)) control.show(state[key]);
        for (const preset of presets) preset.show(state);
        links.show();
      },
      tell(words, text) {
        if (words !== told) announce((told = words)); // else each frame would put it off
        write(about, text);
      },
      stop() {
        announce.cancel();
        el.replaceChildren();
      },
    };
  }

  // Calls `update` before the next frame when the state changes, or when asked to.
  function watch(update) {
    const ask = framed(update);
    const events = keys.map((key) => `change:${key}`);
    for (const event of events) model.on(event, ask);
    const stop = () => {
      for (const event of events) model.off(event, ask);
      ask.cancel();
    };
    return { ask, stop };
  }

  let ask = () => {}; // to draw again, also without a change of state

  // Shows the children and keeps them so; draw(state) gives the words and the caption.
  function live(picture, draw, ...children) {
    const { show, tell, stop } = shell("", children);
    const update = () => {
      const state = snapshot();
      show(state);
      tell(...draw(state));
    };
    const watched = watch(update);
    ask = watched.ask;
    update();
    picture.start();
    return () => {
      watched.stop();
      ask = () => {};
      picture.stop();
      stop();
    };
  }
  const get = (key) => model.get(key);
  const again = () => ask();
  const own = { snapshot, shell, watch };
  return { put, get, slide, choose, controls, output, live, again, ...own };
}

// An element of a select, from [value, text] or, for a group, [label, options].
export const option = ([value, text]) =>
  Array.isArray(text)
    ? h("optgroup", { label: value }, text.map(option))
    : h("option", { value }, text);

// All activations as options of `choose`, group by group.
export const grouped = (label = (name) => ROWS[name].label) =>
  Object.entries(GROUPS).map(([group, heading]) => {
    const names = NAMES.filter((name) => ROWS[name].group === group);
    return [heading, names.map((name) => [name, label(name)])];
  });

export const swatch = (look) =>
  svg(
    "svg",
    { class: "swatch", width: 26, height: 10, "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 25, y1: 5, y2: 5, ...look }),
  );

// A table of numbers: show(heads, rows), a row { look, name, values: [text] }. Narrow
// pages lay a row out as a grid, its columns in these parts.
export function numbers(label, parts) {
  const columns = parts.map((part) => `${part}fr`).join(" ");
  const style = `grid-template-columns:${columns};gap:0 .4rem`;
  const head = () => h("th", { scope: "col", role: "columnheader" });
  const heads = [head(), ...parts.map(head)];
  // Roles are spelled out because a grid has none.
  const body = h("tbody", { role: "rowgroup" });
  const element = h(
    "table",
    { class: "numbers", role: "table", "aria-label": label },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row", style }, heads)),
    body,
  );
  let shown = "";
  const makeRow = ({ look, name }) => {
    const cells = heads.slice(1).map(() => h("td", { role: "cell" }));
    const title = h("th", { scope: "row", role: "rowheader" }, swatch(look), name);
    return h("tr", { role: "row", style }, title, cells);
  };
  function show(titles, rows) {
    titles.forEach((title, k) => write(heads[k], title));
    const names = rows.map(({ name }) => name).join();
    if (names !== shown) body.replaceChildren(...rows.map(makeRow));
    shown = names;
    rows.forEach(({ values }, n) =>
      values.forEach((value, k) => write(body.children[n].children[k + 1], value)),
    );
  }
  return { element, show };
}

// The handle on an axis, a slider of its own: steppable and draggable.
export const handle = (label) =>
  svg(
    "g",
    { class: "grip", role: "slider", tabindex: 0, "aria-label": label },
    svg("circle", { class: "halo", r: 15 }),
    svg("circle", { class: "knob", r: 8 }),
  );

export function moveHandle(grip, x, y, [min, now, max], text) {
  set(grip, {
    transform: `translate(${x} ${y})`,
    "aria-valuemin": min,
    "aria-valuenow": now,
    "aria-valuemax": max,
    "aria-valuetext": text,
  });
}
