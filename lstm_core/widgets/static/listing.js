// Links a listing of the page with the symbols of a figure. What a line stands for is
// read from its own text: the names that it binds.

import { set, short } from "./kit.js";

// Names that a line of Python binds: those it assigns, or the parameters of a def.
export function bound(text) {
  const [, names = ""] =
    /^\s*def \w+\((.*)\)/.exec(text) ?? /^\s*([\w\s,]+?)\s*=(?!=)/.exec(text) ?? [];
  return names.split(",").map((name) => name.trim());
}

// The tokens of a listing, line by line; one that spans lines is cut.
function tokens(pre) {
  const lines = [[]];
  for (const node of pre.childNodes) {
    node.textContent.split("\n").forEach((text, k) => {
      if (k > 0) lines.push([]);
      if (text === "") return;
      const part = node.cloneNode();
      part.textContent = text;
      lines.at(-1).push(part);
    });
  }
  return lines;
}

// One tab stop for the whole listing; arrow keys move in it. The listing itself stays
// text: numbers stand beside it as generated content, so that nobody copies them.
export function listing(pre, keys, { say, pin }) {
  const before = [...pre.childNodes];
  const options = [];
  const lines = tokens(pre).map(line);
  pre.replaceChildren(...lines.flatMap((one, k) => (k ? ["\n", one] : [one])));
  pre.classList.add("linked-code");
  set(pre, { role: "listbox", "aria-label": "Lines of the step: arrow keys move" });
  const plain = options.map(({ length, comment }) => (comment ? 0 : length));
  const column = Math.max(0, ...plain) + 2;
  if (options.length) options[0].element.tabIndex = 0;

  function line(parts) {
    const text = parts.map((part) => part.textContent).join("");
    const names = bound(text).filter((name) => keys.includes(name));
    parts.forEach((part, k) => {
      const attribute = parts[k - 1]?.textContent.endsWith(".");
      if (keys.includes(part.textContent) && !attribute) {
        part.setAttribute("data-also", part.textContent);
      }
    });
    const element = document.createElement("span");
    element.append(...parts);
    if (names.length === 0) return element;
    const uses = [...text.matchAll(/\bp\.(\w)\b/g)].map(([, k]) => `W_${k} U_${k} b_${k}`);
    set(element, { class: "line", role: "option", "aria-selected": false, tabindex: -1 });
    set(element, { "data-sym": names.join(" "), "data-also": uses.join(" ") });
    options.push({ element, names, length: text.length, comment: text.includes("#") });
    return element;
  }

  const listeners = {
    keydown(event) {
      const at = options.findIndex(({ element }) => element === document.activeElement);
      if (at < 0) return;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 };
      if (event.key === "Enter" || event.key === " ") pin(options[at].names.join(" "));
      else if (event.key in to) options[to[event.key]]?.element.focus();
      else return;
      event.preventDefault();
    },
    focusin({ target }) {
      if (!options.some(({ element }) => element === target)) return;
      for (const { element } of options) element.tabIndex = element === target ? 0 : -1;
    },
  };
  for (const [name, tell] of Object.entries(listeners)) pre.addEventListener(name, tell);

  return {
    element: pre,
    show(step) {
      for (const { element, names, length, comment } of options) {
        const number = (key) => (key === "x" ? short(step.x) : say(step[key]));
        const room = " ".repeat(Math.max(2, column - length));
        const mark = comment ? "" : "# ";
        const value = step ? `${room}${mark}${names.map(number).join(", ")}` : "";
        set(element, { "data-value": value });
      }
    },
    mark(pinned) {
      for (const { element, names } of options) {
        set(element, { "aria-selected": names.join(" ") === pinned });
      }
    },
    stop() {
      for (const [name, tell] of Object.entries(listeners)) pre.removeEventListener(name, tell);
      pre.classList.remove("linked-code");
      const ours = ["role", "aria-label", ...(pre.className ? [] : ["class"])];
      for (const name of ours) pre.removeAttribute(name);
      pre.replaceChildren(...before);
    },
  };
}
