"""What the labs share: sliders of ipywidgets get the names that stand beside them."""

from lstm_core.labs.lab import Names

ROW = (
    '<div class="widget-inline-hbox"><label class="widget-label">{0}</label>'
    '<div class="noUi-handle" role="slider" tabindex="0"></div></div>'
)
MOUNT = """async (text) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const el = document.createElement("div");
  const clean = widget.render({ el });
  const frame = () => new Promise(requestAnimationFrame);
  const box = document.querySelector(".widget-vbox");
  await frame();
  box.append(el); // JupyterLab renders first, and puts it into the page later
  for (let k = 0; k < 3; k++) await frame();
  const named = () => [...box.querySelectorAll(".noUi-handle")]
    .map((handle) => handle.getAttribute("aria-label"));
  const first = named();
  box.firstChild.lastChild.outerHTML = box.firstChild.lastChild.outerHTML
    .replace(/aria-label="[^"]*"/, ""); // as when the ends of a slider change
  await frame();
  const second = named();
  clean();
  box.firstChild.lastChild.outerHTML = '<div class="noUi-handle"></div>';
  await frame();
  return [first, second, named(), el.hidden];
}"""


def test_handles_have_names_for_as_long_as_the_lab_is_shown(browser):
    page = browser.new_page()
    rows = "".join(map(ROW.format, ("gain K", "n")))
    page.set_content(f'<div class="widget-vbox">{rows}</div>')
    first, second, after, hidden = page.evaluate(MOUNT, Names()._esm)
    assert first == second == ["gain K", "n"]
    assert after == [None, "n"] and hidden
    page.close()
