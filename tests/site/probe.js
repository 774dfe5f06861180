// Questions that the tests ask a page from inside; loaded before its own scripts.
(() => {
  if (window.probe) return;

  const realTimeout = window.setTimeout.bind(window);
  const pause = (ms) => new Promise((go) => realTimeout(go, ms));
  // A page that nobody looks at gets no frames
  const frame = () => Promise.race([new Promise(requestAnimationFrame), pause(200)]);
  const ENOUGH = 6; // frames in which a figure would have been drawn anew
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const tidy = (text) => (text ?? "").replace(/\s+/g, " ").trim();

  function visible(element) {
    const box = element.getBoundingClientRect();
    return (
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      box.width > 1 && box.height > 1
    );
  }

  function where(element) {
    const name = tidy(nameOf(element) || element.textContent).slice(0, 50);
    const id = element.id ? `#${element.id}` : "";
    const kind = element.getAttribute("class")?.trim().split(/\s+/)[0];
    return `${element.localName}${id}${kind ? `.${kind}` : ""} “${name}”`;
  }

  // ---- listeners that outlive what they were added for ----

  const kept = new Map();
  const listening = (target) =>
    target === window || target === document || target instanceof MediaQueryList ||
    target === document.body || target === document.documentElement;
  const add = EventTarget.prototype.addEventListener;
  const remove = EventTarget.prototype.removeEventListener;
  const bare = (options) => Boolean(options?.capture ?? options);
  EventTarget.prototype.addEventListener = function (type, tell, options) {
    const target = this ?? window;
    if (tell && listening(target)) {
      if (!kept.has(target)) kept.set(target, new Map());
      const of = kept.get(target);
      const key = `${type} ${bare(options)}`;
      if (!of.has(key)) of.set(key, new Set());
      of.get(key).add(tell);
      options?.signal?.addEventListener("abort", () => of.get(key).delete(tell));
    }
    return add.call(target, type, tell, options);
  };
  EventTarget.prototype.removeEventListener = function (type, tell, options) {
    kept.get(this ?? window)?.get(`${type} ${bare(options)}`)?.delete(tell);
    return remove.call(this ?? window, type, tell, options);
  };

  const observers = new Set();
  for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
    const { observe, disconnect } = window[name].prototype;
    window[name].prototype.observe = function (...given) {
      observers.add(this);
      return observe.apply(this, given);
    };
    window[name].prototype.disconnect = function () {
      observers.delete(this);
      return disconnect.call(this);
    };
  }

  const intervals = new Set();
  const { setInterval, clearInterval } = window;
  window.setInterval = (...given) => {
    const id = setInterval(...given);
    intervals.add(id);
    return id;
  };
  window.clearInterval = (id) => {
    intervals.delete(id);
    clearInterval(id);
  };

  // How much a page holds on to: listeners on what outlives widgets, observers, timers.
  function held() {
    let listeners = 0;
    for (const of of kept.values()) {
      for (const set of of.values()) listeners += set.size;
    }
    return { listeners, observers: observers.size, intervals: intervals.size };
  }

  // ---- time ----

  // Short delays pass quickly, so that a test need not wait for a read-out to speak.
  function hurry(times) {
    window.setTimeout = (tell, ms = 0, ...given) =>
      realTimeout(tell, ms / times, ...given);
  }

  let drawing = 0;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (tell) =>
    request((now) => {
      const begin = performance.now();
      tell(now);
      drawing += performance.now() - begin;
    });

  // Script time in ms of moving a slider to each of some places, picture included, from
  // the shortest to the longest. Each place is visited several times and its best time
  // kept: the rest is what other programs took from the processor meanwhile; where that
  // is much, it takes more rounds.
  async function moves(range, places, rounds) {
    const [low, high] = [Number(range.min || 0), Number(range.max || 100)];
    const best = new Array(places).fill(Infinity);
    const slow = () => [...best].sort((a, b) => a - b)[Math.floor(0.95 * places)] > 16;
    for (let n = 0; n < places * (slow() ? 12 : 1) * rounds; n++) {
      const place = (n * 7) % places;
      await frame();
      drawing = 0;
      const begin = performance.now();
      range.value = low + ((high - low) * place) / places;
      range.dispatchEvent(new Event("input", { bubbles: true }));
      const heard = performance.now() - begin;
      await new Promise((go) => request(() => realTimeout(go)));
      best[place] = Math.min(best[place], heard + drawing);
    }
    return best.sort((a, b) => a - b);
  }

  // ---- the page ----

  const mounted = (figure) => figure.querySelector("input, select, button") !== null;

  // Waits until nothing more is to come: explorables, fonts, images further down.
  async function settle(ms = 10000) {
    const end = performance.now() + ms;
    const figures = all("figure.explorable");
    while (!figures.every(mounted) && performance.now() < end) await pause(20);
    for (const image of all("img[loading=lazy]")) image.loading = "eager";
    const images = all("img").map((image) => image.decode().catch(() => {}));
    await Promise.race([Promise.all([...images, document.fonts.ready]), pause(ms)]);
    await frame();
    await frame();
  }

  function drawn() {
    const found = [];
    const say = (text) => found.push(text);
    const h1 = all("h1").filter(visible).map((one) => tidy(one.textContent));
    if (h1.length !== 1) say(`one h1 was expected, seen are ${JSON.stringify(h1)}`);
    const fields = all("input[type=search], .search-button-field").filter(visible);
    if (fields.length !== 1) {
      say(`one search field was expected, ${fields.length} seen: ${fields.map(where)}`);
    }
    for (const image of all("img")) {
      const there = image.naturalWidth > 0;
      if (!there) say(`an image is not there: ${image.src.slice(0, 90)}`);
    }
    for (const math of all(".math")) {
      const typeset = math.querySelector("math, .katex");
      if (!typeset) say(`not typeset: ${tidy(math.textContent)}`);
    }
    for (const bad of all(".katex-error, merror")) say(`not typeset: ${where(bad)}`);
    const faces = [...document.fonts].filter((face) => /KaTeX/.test(face.family));
    for (const face of faces) {
      if (face.status === "error") say(`the font ${face.family} did not load`);
    }
    const loaded = faces.some((face) => face.status === "loaded");
    if (all(".katex").some(visible) && !loaded) {
      say("there is mathematics, but none of its fonts was loaded");
    }
    for (const figure of all("figure.explorable")) {
      if (!mounted(figure)) say(`the explorable ${where(figure)} is not alive`);
    }
    return found;
  }

  function overflow() {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const scrolls = (element) => {
      for (let box = element.parentElement; box; box = box.parentElement) {
        if (box === document.body) return false;
        if (getComputedStyle(box).overflowX !== "visible") return true;
      }
      return false;
    };
    const wide = all("body *").filter(
      (one) => visible(one) && !scrolls(one) &&
        one.getBoundingClientRect().right + scrollX > page.clientWidth + 0.5,
    );
    const names = wide.slice(0, 3).map(where);
    return [`${page.scrollWidth} px wide on a screen of ${page.clientWidth}: ${names}`];
  }

  // Text as large as it is seen: drawings are scaled.
  function small({ prose, least }) {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!tidy(walker.currentNode.textContent) || !visible(element)) continue;
      // Indices of a formula and letters that only mark a thing are no text to read
      const silent = ".katex, math, sup, sub, [aria-hidden=true], noscript";
      if (element.closest(silent)) continue;
      const matrix = element instanceof SVGElement && element.getScreenCTM?.();
      const scale = matrix ? Math.hypot(matrix.a, matrix.b) : 1;
      const size = scale * parseFloat(getComputedStyle(element).fontSize);
      const paragraph =
        element.matches("article p:not([class])") &&
        !element.closest("table, figure, .footnote, .citation");
      if (size < (paragraph ? prose : least) - 0.01) {
        const text = `${size.toFixed(1)} px: ${where(element)}`;
        found.set(`${element.localName} ${element.getAttribute("class")}`, text);
      }
    }
    return [...found.values()];
  }

  const CONTROLS =
    "input:not([type=hidden]), select, textarea, button, summary, " +
    "[role=slider], [role=button]";

  function targets(least) {
    return all(CONTROLS)
      .filter((one) => visible(one) && !one.disabled)
      .map((one) => {
        const parts = [one, ...(one.labels ?? [])];
        const boxes = parts.map((part) => part.getBoundingClientRect());
        const width = Math.max(...boxes.map((box) => box.width));
        const height = Math.max(...boxes.map((box) => box.height));
        return { one, width, height };
      })
      .filter(({ width, height }) => Math.min(width, height) < least - 0.5)
      .map(({ one, width, height }) => {
        const size = `${width.toFixed()} by ${height.toFixed()} px`;
        return `${where(one)}: ${size}`;
      });
  }

  // What no one can press on paper, and figures that a page's end may cut. An answer is
  // unfolded before it is printed; its summary stays as its title, and the letters of an
  // explorable's table stay in it. A figure taller than a page may be cut between parts.
  function printed() {
    const bars = ".bd-sidebar, .bd-header-article, .prev-next-footer";
    const seen = all(`${CONTROLS}, ${bars}`).filter(
      (one) => visible(one) && !one.matches("summary, tr .symbol"),
    );
    const kept = (one) => getComputedStyle(one).breakInside === "avoid";
    const whole = (one) => {
      const parts = all("svg, tr", one);
      return kept(one) || (parts.length > 1 && parts.every(kept));
    };
    const cut = all("article figure, article .math-display").filter((one) => !whole(one));
    return [
      ...seen.map((one) => `${where(one)} can be seen`),
      ...cut.map((one) => `${where(one)} can be cut`),
    ];
  }

  // ---- explorables ----

  const words = (elements) => elements.map((one) => one?.textContent).join(" ");

  function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    return tidy(
      element.getAttribute("aria-label") ||
        (by && words(by.split(/\s+/).map((id) => document.getElementById(id)))) ||
        words([...(element.labels ?? [])]) ||
        (element.matches("button, summary, a") ? element.textContent : "") ||
        element.getAttribute("title"),
    );
  }

  // A name for a control that survives a redrawing: what it is, which one of its kind.
  // Numbers beside a label change with the state, so they are no part of it.
  function keys(figure) {
    const count = new Map();
    return all(CONTROLS, figure).map((element) => {
      // Such a text field takes numbers and steps, as a number field does.
      const number = element.inputMode === "decimal" && "number";
      const role = element.getAttribute("role");
      const kind = role || number || element.type || element.localName;
      const name = element.labels?.length
        ? tidy(element.labels[0].querySelector(".name, span")?.textContent) ||
          nameOf(element)
        : nameOf(element);
      const stem = `${kind} ${name.replace(/[−\d.,]+/g, "#")}`;
      const n = count.get(stem) ?? 0;
      count.set(stem, n + 1);
      return { element, kind, name: nameOf(element), key: `${stem} ${n}` };
    });
  }

  function controls(figure) {
    return keys(figure).map(({ element, kind, name, key }) => ({
      kind,
      name,
      key,
      seen: visible(element),
      off: Boolean(element.disabled) || element.matches("[aria-disabled=true]"),
    }));
  }

  const find = (figure, key) => keys(figure).find((one) => one.key === key)?.element;

  function focused(figure) {
    const element = document.activeElement;
    if (!figure.contains(element)) return null;
    return keys(figure).find((one) => one.element === element)?.key ?? "";
  }

  const text = (figure, selector) =>
    all(selector, figure)
      .filter((one) => !one.closest("[hidden]"))
      .map((one) => tidy(one.textContent))
      .join("\n");
  // What states the numbers: the read-out, the table and the caption.
  const told = (figure) => text(figure, "output, figcaption, table");
  const everything = (figure) => {
    const fields = all("input, select", figure);
    const values = fields.map((one) => `${one.value} ${one.checked}`);
    const open = all("details", figure).map((one) => one.open);
    return [figure.innerHTML, ...values, ...open].join("\n");
  };
  const looks = { told, everything };

  // Waits until a figure says something else than before; null if it does not.
  async function changed(figure, look, before, ms) {
    const end = performance.now() + ms;
    for (let frames = 0; ; frames += 1) {
      const now = looks[look](figure);
      if (now !== before) return now;
      if (performance.now() > end && frames > ENOUGH) return null;
      await frame();
    }
  }

  // Waits until a figure has said the same for a while, and computes nothing more.
  const busy = (figure) => figure.querySelector("[aria-busy=true]") !== null;
  async function rests(figure, ms = 300, limit = 60000) {
    const end = performance.now() + limit;
    let [before, since, frames] = [told(figure), performance.now(), 0];
    while (performance.now() < end) {
      await frame();
      frames += 1;
      const now = told(figure);
      if (now !== before || busy(figure)) {
        [before, since, frames] = [now, performance.now(), 0];
      }
      if (performance.now() - since > ms && frames > ENOUGH) return now;
    }
    return null;
  }

  // ---- controls of the page ----

  async function answered(control, ms = 2500) {
    let answer = false;
    const tell = () => (answer = true);
    const watcher = new MutationObserver(tell);
    watcher.observe(document, {
      subtree: true, childList: true, attributes: true, characterData: true,
    });
    add.call(document, "focusin", tell, { once: true });
    control.click();
    for (let n = 0; n < ms / 20 && !answer; n++) await pause(20);
    watcher.disconnect();
    document.removeEventListener("focusin", tell);
    return answer;
  }

  // Presses one visible control of each look outside the explorables; names of those
  // after which nothing at all happens.
  async function dead() {
    const looks = new Set();
    const found = [];
    for (const one of all("button, summary, select, [role=button], label[for]")) {
      const look = `${one.localName} ${one.className} ${one.title}`;
      const other = !visible(one) || one.disabled || one.closest(".explorable");
      if (other || looks.has(look)) continue;
      looks.add(look);
      if (!(await answered(one))) found.push(`${where(one)} does nothing`);
    }
    return found;
  }

  window.probe = {
    all, visible, where, held, hurry, moves, settle, drawn, overflow, small, targets, printed,
    controls, find, focused, told, everything, changed, rests, dead,
    pause, frame, tidy,
  };
})();
