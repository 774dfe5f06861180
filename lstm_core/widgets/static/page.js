// Brings every figure.explorable and every question of a page to life. A classic script,
// since module files are refused on pages opened from disk; the modules that this and
// other scripts handed over are loaded as Blob URLs. lstm_core/widgets/page.py writes all.
(() => {
  const SOURCES = globalThis.explorableModules;
  const FILES = globalThis.explorableFiles;
  const here = document.currentScript.src || location.href;
  const urls = new Map();
  const mounted = new Map();
  const asked = new Map();

  // The URL of a module whose neighbours' URLs stand in its imports.
  function url(name) {
    if (!urls.has(name)) {
      const text = SOURCES[name].replace(
        /(from\s*")\.\/([\w.-]+\.js)(")/g,
        (_, before, neighbour, after) => before + url(neighbour) + after,
      );
      const blob = new Blob([text], { type: "text/javascript" });
      urls.set(name, URL.createObjectURL(blob));
    }
    return urls.get(name);
  }

  // Data that comes on demand, by its name; pages opened from disk refuse to fetch.
  function load(name) {
    if (!asked.has(name)) asked.set(name, new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL(FILES[name], here);
      script.onload = () => done(globalThis.explorableData[name]);
      script.onerror = () => {
        asked.delete(name);
        failed(new Error("The data of this figure did not arrive; try again later."));
      };
      document.head.append(script);
    }));
    return asked.get(name);
  }

  // The part of a Jupyter model that the modules use.
  function tinyModel(state) {
    const listeners = new Map();
    const heard = (event) => listeners.get(event) ?? new Set();
    return {
      get: (key) => state[key],
      set(key, value) {
        if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
        state[key] = value;
        for (const tell of [...heard(`change:${key}`), ...heard("change")]) tell();
      },
      on(event, tell) {
        listeners.set(event, heard(event).add(tell));
      },
      off(event, tell) {
        heard(event).delete(tell);
      },
      save_changes() {},
    };
  }

  async function mount(figure) {
    const name = figure.dataset.explorable;
    const file = `${name}.js`;
    if (!(file in SOURCES) || figure.dataset.live) return;
    figure.dataset.live = "";
    const kit = await import(url("kit.js"));
    const module = await import(url(file));
    const own = JSON.parse(figure.dataset.state || "{}");
    const start = { ...kit.defaults(module.SPEC), ...own };
    const model = tinyModel({ ...start });
    const anchor = figure.id || name;
    const still = figure.querySelector(".still");
    const caption = figure.querySelector("figcaption");
    const problem = kit.h("p", { class: "problem", role: "status", hidden: true });
    const el = kit.h("div", { class: "live" });
    figure.prepend(problem, el);
    // A listing on the page joins in if a class around it says so, such as cell-code
    const code = [...document.querySelectorAll(`.${CSS.escape(anchor)}-code pre`)];
    module.default.render({ model, el, anchor, caption, start, code, load });
    if (still) still.hidden = true;
    const quiet = () => (problem.hidden = true);
    mounted.set(anchor, { figure, model, problem, kit, spec: module.SPEC, start, quiet });
    model.on("change", quiet);
  }

  // Sets the widget that the address names, scrolls to it and flashes it.
  function follow() {
    const [name, query] = location.hash.slice(1).split(/\?(.*)/s);
    const named = mounted.get(name);
    const here = named ?? (query !== undefined && mounted.values().next().value);
    if (!here) return;
    const { figure, model, problem, kit, spec, start } = here;
    if (query !== undefined) {
      const { state, problems } = named
        ? kit.readState(spec, start, query)
        : { state: {}, problems: [`This page has no figure “${name}”, as in the link.`] };
      for (const [key, value] of Object.entries(state)) model.set(key, value);
      model.save_changes();
      problem.textContent = problems.join(" ");
      problem.hidden = problems.length === 0;
    }
    figure.tabIndex = -1;
    figure.focus({ preventScroll: true });
    figure.scrollIntoView({ block: "nearest" });
    const { top } = figure.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) figure.scrollIntoView({ block: "start" });
    figure.classList.remove("flash");
    void figure.offsetWidth; // restarts the animation when a link is followed twice
    figure.classList.add("flash");
  }

  async function start() {
    const figures = document.querySelectorAll("figure.explorable[data-explorable]");
    for (const figure of figures) {
      try {
        await mount(figure);
      } catch (error) {
        console.error(error); // the figure that stands still remains
      }
    }
    const questions = document.querySelectorAll(".predict[data-predict]");
    if (questions.length > 0) {
      const predict = await import(url("predict.js"));
      for (const box of questions) predict.mount(box);
    }
    addEventListener("hashchange", follow);
    // A link to the address where the page already is changes no hash.
    addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href*='#']");
      const again = link && link.href === location.href && link.hash;
      if (again && !event.defaultPrevented && !event.metaKey && !event.ctrlKey) follow();
    });
    follow();
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
