// The six equations of the step as native MathML, one element a symbol, and below each
// the same line with the numbers of the step.

import { h, math, set, write } from "./kit.js";

const mi = (text) => math("mi", {}, text);
const mo = (text) => math("mo", {}, text);

function symbol(sym, base, ...index) {
  const sub = index.length > 1 ? math("mrow", {}, ...index) : index[0];
  return math("msub", { "data-sym": sym, class: `sym of-${base}` }, mi(base), sub);
}
const now = (sym, base = sym) => symbol(sym, base, mi("t"));
const before = (sym, base) => symbol(sym, base, mi("t"), mo("−"), math("mn", {}, "1"));

function affine(k) {
  return math(
    "mrow",
    { "data-sym": `a_${k}`, class: "sym" },
    now("x"),
    symbol(`W_${k}`, "W", mi(k)),
    mo("+"),
    before("h_prev", "h"),
    symbol(`U_${k}`, "U", mi(k)),
    mo("+"),
    symbol(`b_${k}`, "b", mi(k)),
  );
}

export const ORDER = ["i", "f", "o", "g", "c", "h"];

// `names` gives each slot's function as it is written in an equation, such as σ.
export function equations() {
  const squashes = {};
  const lines = {};
  const squash = (slot) => {
    squashes[slot] = math("mi", { mathvariant: "normal" });
    return squashes[slot];
  };
  const sumOfG = affine("g");
  const called = (slot, inside) => [squash(slot), mo("("), inside, mo(")")];
  const rights = {
    i: () => called("i", affine("i")),
    f: () => called("f", affine("f")),
    o: () => called("o", affine("o")),
    g: () => called("candidate", sumOfG),
    c: () => [now("f"), mo("⊙"), before("c_prev", "c"), mo("+"), now("i"), mo("⊙"), now("g")],
    h: () => [
      now("o"),
      mo("⊙"),
      math("mrow", { "data-sym": "s", class: "sym" }, called("output", now("c"))),
    ],
  };
  const element = h(
    "div",
    { class: "equations" },
    ORDER.map((k) => {
      lines[k] = h("span", { class: "sum" });
      const equation = math("math", {}, now(k), mo("="), rights[k]());
      return h("div", { class: "equation" }, equation, lines[k]);
    }),
  );
  return {
    element,
    show({ sums, names, tied }) {
      for (const symbol of sumOfG.querySelectorAll("msub")) {
        const [base, index] = [...symbol.children].map((part) => part.textContent);
        if (!"WUb".includes(base)) continue;
        const from = tied ? "i" : "g";
        set(symbol, { "data-sym": `${base}_${from}` });
        if (index !== from) write(symbol.lastChild, from);
      }
      for (const [slot, name] of Object.entries(names)) write(squashes[slot], name);
      for (const [k, text] of Object.entries(sums)) {
        write(lines[k], text.replace(/ (?![=≈])/g, "\u00a0")); // a new line begins with = or ≈
      }
    },
  };
}
