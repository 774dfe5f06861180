// What the pages need beside the theme: nothing here is missed when it does not run.
(() => {
  // A box whose content is wider than itself must be reachable by the keyboard, and
  // look as if there were more
  const boxes = ".scroll, .pst-scrollable-table-container, .cell_output > .output, pre";
  const mark = () => {
    for (const box of document.querySelectorAll(boxes)) {
      const over = box.scrollWidth - box.clientWidth;
      box.classList.toggle("wider", over > 1);
      if (over > 0) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  addEventListener("load", mark);
  addEventListener("resize", mark);

  // Paper has no click: print what is folded. And it is white: print the light page
  const page = document.documentElement.dataset;
  let opened = [];
  let theme;
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const box of opened) box.open = true;
    theme = page.theme;
    page.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const box of opened) box.open = false;
    page.theme = theme;
  });
})();
