// Someone who presses everything, types nonsense and mangles links; seeded.
(() => {
  let seed = 1;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const NONSENSE = [
    "", " ", "0", "-0", "1e308", "-1e308", "1e999", "1e-320", "NaN", "Infinity", "−3",
    "undefined", "3.7", "()()((", "1, two", "0x10", "%E0%A4%A", "tanh", "relu", "step",
    "true", "identity", "leaky_relu(0.5)", "sigmoid(", "99999", "-1", "0.5", "__proto__",
  ];

  // What must not be seen: not in words, not in a drawing.
  const BAD = /\b(NaN|undefined|Infinity)\b|\[object /;
  function wrong(figure) {
    // What a reader typed is quoted, or is the text to read; where a side diverged, no number is one.
    const read = figure.querySelector(".read")?.innerText ?? "";
    const words = figure.innerText.replace(read, "").replace(/“[^”]*”/g, "");
    if (/diverged/.test(words)) return "";
    const found = BAD.exec(words);
    if (found) return words.slice(Math.max(0, found.index - 60), found.index + 40);
    for (const one of figure.querySelectorAll("svg *, input[type=range], progress")) {
      for (const { name, value } of one.attributes) {
        if (BAD.test(value)) return `${one.localName} ${name}="${value.slice(0, 80)}"`;
      }
    }
    return "";
  }

  function mangled(figure) {
    const href = figure.querySelector("a.permalink").getAttribute("href");
    let [name, query] = href.slice(1).split(/\?(.*)/s);
    const keys = query.split("&").map((part) => part.split("=")[0]).filter(Boolean);
    const key = keys.length && random() < 0.3 ? pick(keys) : pick(window.fields);
    query += `&${key}=${pick(NONSENSE)}`;
    const k = Math.floor(random() * query.length);
    const turn = random();
    if (turn < 0.2) query = query.slice(0, k) + query.slice(k + 1);
    else if (turn < 0.3) query = query.slice(0, k) + pick("&=?%#,()") + query.slice(k);
    else if (turn < 0.4) query = query + query;
    return `#${name}?${query}`;
  }

  function value(control) {
    const { min, max, type } = control;
    if (type === "range") return pick([min, max, +min + random() * (max - min)]);
    return pick([min || "0", max || "1", ...NONSENSE, String((random() - 0.5) * 20)]);
  }

  function act(figure) {
    if (random() < 0.15) return (location.hash = mangled(figure));
    const seen = (one) => one.checkVisibility() && !one.disabled;
    const all = figure.querySelectorAll("input, select, button, summary, [tabindex]");
    const control = pick([...all].filter(seen));
    if (!control) return "nothing";
    const name = (control.closest("label") ?? control).textContent.trim().slice(0, 40);
    const fire = (type) => control.dispatchEvent(new Event(type, { bubbles: true }));
    const free = ["range", "text", "number"].includes(control.type);
    if (free || control.localName === "select") {
      control.value = free ? value(control) : pick(control.options).value;
      if (free) fire("input");
      fire("change");
      return `${name}: ${control.value}`;
    }
    if (control.localName !== "g") control.click();
    else control.focus();
    return name;
  }

  // Acts some times; gives what was done, and what is wrong at the first fault.
  window.fuzz = async (from, times) => {
    seed = from;
    const done = [];
    for (let n = 0; n < times; n++) {
      const figure = document.querySelector("figure.explorable");
      done.push(act(figure));
      await new Promise(requestAnimationFrame);
      const fault = wrong(figure);
      if (fault) return { done, fault };
    }
    return { done, fault: "" };
  };
  window.wrong = () => wrong(document.querySelector("figure.explorable"));
})();
