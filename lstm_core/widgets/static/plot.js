// A small plotting module: one responsive SVG that holds panels with axes and lines.
// One unit of the SVG is one CSS pixel whatever the width, so text keeps its size; text
// and axes take the colour of the page. Nested <svg> clip, so no ids are needed.

import { set, short, svg, write } from "./kit.js";

// An SVG as wide as its parent; `draw(width)` returns its height and fills it.
export function stage(label, draw) {
  const element = svg("svg", { class: "stage", role: "group", "aria-label": label });
  let width = 0;
  const measure = () => {
    const now = Math.round(element.parentNode?.clientWidth ?? 0);
    if (now > 0 && now !== width) redraw((width = now));
  };
  const redraw = () => {
    const height = draw(width);
    set(element, { viewBox: `0 0 ${width} ${height}`, width, height });
  };
  const observer = new ResizeObserver(measure);
  return {
    element,
    start() {
      measure();
      observer.observe(element.parentNode);
    },
    redraw: () => width > 0 && redraw(),
    stop: () => observer.disconnect(),
  };
}

export const tenth = (v) => Math.round(v * 10) / 10;

// Round numbers that divide [low, high] into about `count` parts.
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.8);
  const marks = [];
  for (let k = Math.ceil(low / unit - 1e-9); k * unit <= high + 1e-9 * unit; k++) {
    marks.push(Number((k * unit).toPrecision(12)));
  }
  return marks;
}

// Gives a parent as many children as are asked for, and keeps those it has.
export function pool(parent, make) {
  return (count) => {
    while (parent.childElementCount < count) parent.append(make());
    while (parent.childElementCount > count) parent.lastElementChild.remove();
    return parent.children;
  };
}

// One pair of axes. Layers, from the back: shade, grid, curves, marks.
export function panel() {
  const shade = svg("g", { class: "shade" });
  const grid = svg("g", { class: "grid" });
  const labels = svg("g");
  const inner = svg("svg", { overflow: "hidden" });
  const curves = svg("g", { class: "curves" });
  const marks = svg("g", { class: "marks" });
  const title = svg("text", { class: "title" });
  const element = svg("g", { class: "panel" }, grid, labels, inner, title, marks);
  inner.append(shade, curves);
  let box, xs, ys;

  const x = (v) => box.left + ((v - xs[0]) / (xs[1] - xs[0])) * box.width;
  const y = (v) => box.top + box.height - ((v - ys[0]) / (ys[1] - ys[0])) * box.height;

  function place(newBox, newXs, newYs) {
    [box, xs, ys] = [newBox, newXs, newYs];
    set(inner, { x: box.left, y: box.top, width: box.width, height: box.height });
    const view = `${box.left} ${box.top} ${box.width} ${box.height}`;
    // Inline, since a page may style every svg of a figure.
    set(inner, { viewBox: view, style: `width:${box.width}px;height:${box.height}px` });
  }

  const lines = pool(grid, () => svg("line"));
  const texts = pool(labels, () => svg("text"));

  function axes(given) {
    const { heading = "", xMarks = [], yMarks = [], xLabels = false } = given;
    const { say = short, sayY = say } = given;
    const { left, top, width, height } = box;
    const named = xLabels ? xMarks : [];
    const line = lines(yMarks.length + xMarks.length);
    const text = texts(yMarks.length + named.length);
    yMarks.forEach((v, k) => {
      const at = tenth(y(v));
      const ends = { x1: left, x2: left + width, y1: at, y2: at };
      set(line[k], { class: v === 0 ? "zero" : "", ...ends });
      const where = { x: left - 6, y: at, "text-anchor": "end" };
      set(text[k], { class: "tick middle", ...where });
      write(text[k], sayY(v));
    });
    xMarks.forEach((v, n) => {
      const k = yMarks.length + n;
      const at = tenth(x(v));
      const ends = { x1: at, x2: at, y1: top, y2: top + height };
      set(line[k], { class: v === 0 ? "zero" : "", ...ends });
      if (!xLabels) return;
      const where = { x: at, y: top + height + 16, "text-anchor": "middle" };
      set(text[k], { class: "tick", ...where });
      write(text[k], say(v));
    });
    set(title, { x: left, y: top - 8 });
    write(title, heading);
  }

  // A path through points; NaN lifts the pen. Of a level run its ends are enough.
  function path(points) {
    const [sx, sy] = [x(xs[0] + 1) - x(xs[0]), y(ys[0] + 1) - y(ys[0])];
    const [ox, oy] = [x(0), y(0)];
    let text = "";
    let level = NaN;
    let end = -1; // of the level run, where it is not in the text yet
    const go = (pen, k, down) => (text += pen + tenth(ox + sx * points[k]) + " " + down);
    for (let k = 0; k < points.length; k += 2) {
      const value = points[k + 1];
      const down = tenth(Math.max(-9999, Math.min(9999, oy + sy * value)));
      if (down === level) {
        end = k;
        continue;
      }
      if (end >= 0) go("L", end, level);
      if (down === down) go(level === level ? "L" : "M", k, down);
      [level, end] = [down, -1];
    }
    if (end >= 0) go("L", end, level);
    return text;
  }

  const bounds = () => ({ ...box, right: box.left + box.width, end: box.top + box.height });
  const from = (px) => xs[0] + ((px - box.left) / box.width) * (xs[1] - xs[0]);
  return { element, inner, shade, curves, marks, place, axes, path, x, y, from, bounds };
}

// Calls `move(x, y)` in SVG units while a pointer presses on the surface. Sideways
// movements are ours, up and down still scroll the page.
export function draggable(surface, root, move) {
  const tell = (event) => {
    const frame = root.getBoundingClientRect();
    const scale = root.viewBox.baseVal.width / frame.width;
    move((event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale);
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    tell(event);
  });
  surface.addEventListener("pointermove", (event) => {
    if (surface.hasPointerCapture(event.pointerId)) tell(event);
  });
}

// Arrow keys, Page, Home and End for an element that acts as a slider.
export function steppable(element, { step, page, low, high, get, set: put }) {
  element.addEventListener("keydown", (event) => {
    const now = get();
    const next = {
      ArrowRight: now + step,
      ArrowUp: now + step,
      ArrowLeft: now - step,
      ArrowDown: now - step,
      PageUp: now + page,
      PageDown: now - page,
      Home: low(),
      End: high(),
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    put(Math.min(high(), Math.max(low(), Number(next.toFixed(6)))));
  });
}
