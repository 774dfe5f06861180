// Questions that are answered before the answer is shown: one of several choices, a
// number, or a curve drawn over a few points. What was said stands beside the answer.

import { activation } from "./engine.js";
import { button, h, set, short, show, svg } from "./kit.js";
import { draggable, panel, stage, ticks } from "./plot.js";
import { ROWS } from "./rows.js";

const copies = (node) => [...node.childNodes].map((child) => child.cloneNode(true));

// A name for what may be a formula only: KaTeX writes it twice, and its source besides.
function spoken(nodes) {
  const text = h("span", {}, nodes.map((node) => node.cloneNode(true)));
  for (const node of text.querySelectorAll(".katex-html, annotation")) node.remove();
  return text.textContent.trim();
}

// Each kind gives what the reader works with: `ready()`, whether there is something to
// commit to; `verdict()`, the nodes that tell it from the truth; `clear()`.

function choice({ answer }, box, tell) {
  const faces = [...box.querySelectorAll(".choices > li")].map((item) =>
    copies(item.querySelector("p") ?? item),
  );
  const radios = faces.map((face) => {
    const name = { name: "choice", "aria-label": spoken(face) };
    return h("input", { type: "radio", ...name, oninput: tell });
  });
  const element = h(
    "div",
    { class: "together", role: "radiogroup", "aria-label": "Your answer" },
    radios.map((radio, k) => h("label", { class: "chip" }, radio, h("span", {}, faces[k]))),
  );
  const picked = () => radios.findIndex((radio) => radio.checked);
  const again = (k) => faces[k].map((node) => node.cloneNode(true));
  return {
    element,
    first: () => radios[0],
    ready: () => picked() >= 0,
    verdict() {
      const said = ["You said ", h("b", {}, again(picked()))];
      if (picked() === answer) return [...said, ", and so it is."];
      return [...said, ". It is ", h("b", {}, again(answer)), "."];
    },
    clear: () => radios.forEach((radio) => (radio.checked = false)),
  };
}

function number({ within, unit }, box, tell) {
  const sentence = "Expected a number, such as 0.25.";
  const problem = h("p", { class: "problem", role: "alert", hidden: true }, sentence);
  const oninput = () => {
    problem.hidden = !field.validity.badInput;
    tell();
  };
  const field = h("input", { type: "number", step: "any", inputmode: "text", oninput });
  const name = h("span", { class: "name" }, "Your answer");
  const element = h("div", {}, h("label", { class: "together" }, name, field, unit), problem);
  const read = (text) => Number.parseFloat(text.replace("−", "-"));
  return {
    element,
    first: () => field,
    ready: () => Number.isFinite(field.valueAsNumber),
    verdict() {
      const truth = read(box.querySelector(".truth").textContent);
      const off = Math.abs(field.valueAsNumber - truth);
      const near = off <= within ? "close enough" : `off by ${short(off)}`;
      const end = off === 0 ? ", and so it is." : `. It is ${short(truth)}: ${near}.`;
      return ["You said ", h("b", {}, short(field.valueAsNumber)), end];
    },
    clear: () => (field.value = ""),
  };
}

function sketch({ curve, order, x, y, points, label }, box, tell) {
  const f = activation(curve)[order];
  const { hue, label: name } = ROWS[curve.replace(/\(.*/, "")];
  const gap = (x[1] - x[0]) / (points - 1);
  const at = Array.from({ length: points }, (_, k) => x[0] + k * gap);
  const floor = Math.max(y[0], Math.min(y[1], 0));
  const values = at.map(() => floor);
  let [touched, shown, last, current] = [false, false, -1, 0];

  // ---- picture ----
  const axes = panel();
  const [truth, mine] = [`var(--${hue})`, "currentColor"].map((stroke) =>
    svg("path", { stroke, "stroke-dasharray": stroke === "currentColor" ? "6 4" : "" }),
  );
  axes.curves.append(truth, mine);
  const surface = svg("rect", { class: "surface" });
  const handles = at.map((z, k) =>
    svg(
      "g",
      {
        class: "grip",
        role: "slider",
        "aria-label": `${label} at z = ${short(z, 1)}`,
        "aria-orientation": "vertical",
        "aria-valuemin": y[0],
        "aria-valuemax": y[1],
        tabindex: k === 0 ? 0 : -1,
        onkeydown: (event) => press(event, k),
        onfocus: () => choose(k),
      },
      svg("circle", { class: "halo", r: 13 }),
      svg("circle", { class: "knob", r: 6 }),
    ),
  );
  const picture = stage(`Your ${label}, to draw`, (width) => {
    const place = { left: 40, top: 26, width: width - 54, height: 170 };
    // knobs at the ends must not cover the labels
    const [wide, tall] = [0.04 * (x[1] - x[0]), 0.07 * (y[1] - y[0])];
    axes.place(place, [x[0] - wide, x[1] + wide], [y[0] - tall, y[1]]);
    axes.axes({
      heading: `${label} of ${name}`,
      xMarks: ticks(...x, 8),
      yMarks: ticks(...y, 5),
      xLabels: true,
    });
    set(surface, { x: place.left, y: place.top - 8, width: place.width, height: 186 });
    redraw();
    return place.top + place.height + 26;
  });
  picture.element.append(axes.element, surface, ...handles);

  function redraw() {
    set(mine, { d: axes.path(at.flatMap((z, k) => [z, values[k]])) });
    const zs = Array.from({ length: 241 }, (_, k) => x[0] + (k / 240) * (x[1] - x[0]));
    set(truth, { d: shown ? axes.path(zs.flatMap((z) => [z, f(z)])) : "" });
    handles.forEach((handle, k) => {
      set(handle, {
        transform: `translate(${axes.x(at[k])} ${axes.y(values[k])})`,
        "aria-valuenow": values[k],
        "aria-valuetext": show(values[k], 2),
        "aria-disabled": shown,
      });
    });
  }
  function put(k, v) {
    if (shown) return;
    values[k] = Number(Math.min(y[1], Math.max(y[0], v)).toFixed(2));
    touched = true;
    redraw();
    tell();
  }

  // ---- pointer: a stroke sets every point that it passes ----
  surface.addEventListener("pointerdown", () => (last = -1));
  draggable(surface, picture.element, (px, py) => {
    const share = (axes.from(px) - x[0]) / (x[1] - x[0]);
    const k = Math.min(points - 1, Math.max(0, Math.round(share * (points - 1))));
    const v = (axes.y(0) - py) / (axes.y(0) - axes.y(1));
    const [from, to] = last < 0 ? [k, k] : [Math.min(last, k), Math.max(last, k)];
    const [start, span] = [values[Math.max(0, last)], k - last];
    for (let n = from; n <= to; n++) {
      if (n === k) put(n, v);
      else if (n !== last) put(n, start + ((n - last) / span) * (v - start));
    }
    last = k;
    choose(k);
  });

  // ---- keyboard: one tab stop, left and right from point to point ----
  const step = (y[1] - y[0]) / 24;
  function press(event, k) {
    const near = { ArrowLeft: k - 1, ArrowRight: k + 1 }[event.key];
    const next = {
      ArrowUp: values[k] + step,
      ArrowDown: values[k] - step,
      PageUp: values[k] + 5 * step,
      PageDown: values[k] - 5 * step,
      Home: y[0],
      End: y[1],
    }[event.key];
    if (near === undefined && next === undefined) return;
    event.preventDefault();
    if (near === undefined) put(k, next);
    else handles[near]?.focus();
  }
  function choose(k) {
    set(handles[current], { tabindex: -1 });
    set(handles[(current = k)], { tabindex: 0 });
  }

  const hint = h("p", { class: "hint" }, "Drag across the picture, or use the arrow keys: ");
  hint.append("← → to go from point to point, ↑ ↓ to move it.");
  return {
    element: h("div", {}, h("div", { class: "picture" }, picture.element), hint),
    first: () => handles[0],
    ready: () => touched,
    start: picture.start,
    stop: picture.stop,
    verdict() {
      shown = true;
      redraw();
      const off = at.map((z, k) => Math.abs(values[k] - f(z)));
      const most = off.indexOf(Math.max(...off));
      const mean = off.reduce((sum, v) => sum + v) / points;
      const worst = [show(values[most], 2), show(f(at[most]), 2)];
      return [
        `Dashed is yours: ${show(mean, 2)} off on average, and most at`,
        ` z = ${short(at[most], 1)}, where you drew ${worst[0]} and it is ${worst[1]}.`,
      ];
    },
    clear() {
      [touched, shown] = [false, false];
      values.fill(floor);
      redraw();
    },
  };
}

const KINDS = { choice, number, sketch };

// Brings one question to life; gives what takes it down again.
export function mount(box) {
  const asked = JSON.parse(box.dataset.predict);
  const answer = box.querySelector(".answer");
  const choices = [...box.querySelectorAll(":scope > .choices")];
  const truth = [...answer.querySelectorAll(":scope > :is(.truth, .still)")];
  const commit = h("button", { type: "submit", disabled: true }, "Commit");
  const reset = button("Reset", () => {
    work.clear();
    settle(false);
    work.first().focus();
  });
  const work = KINDS[asked.kind](asked, box, () => (commit.disabled = !work.ready()));
  const fields = h("fieldset", {}, work.element);
  const said = h("p", { class: "verdict", role: "status" });
  const onsubmit = (event) => {
    event.preventDefault();
    if (commit.disabled) return;
    settle(true);
    reset.focus({ preventScroll: true });
  };
  const form = h(
    "form",
    { class: "explorable commit", onsubmit },
    fields,
    h("div", { class: "together" }, commit, reset),
    said,
  );
  function settle(done) {
    fields.disabled = done;
    commit.hidden = done;
    commit.disabled = true;
    reset.hidden = !done;
    said.replaceChildren(...(done ? work.verdict() : []));
    for (const node of truth) node.hidden = done; // the verdict says it
    answer.open = done;
  }
  for (const node of choices) node.hidden = true;
  answer.before(form);
  settle(false);
  work.start?.();
  return () => {
    work.stop?.();
    form.remove();
    for (const node of [...choices, ...truth]) node.hidden = false;
  };
}
