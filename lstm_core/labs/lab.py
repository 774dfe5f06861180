"""What the labs share: controls, the picture that they redraw, and its still form."""

import html

import anywidget
import ipywidgets

HOW = (
    "This is a picture. Run the cell in a notebook, by the buttons at the top of the "
    "page or on your machine, and it has controls."
)


class Names(anywidget.AnyWidget):
    """Unseen; gives the handles beside it the names of their sliders.

    ipywidgets writes a name next to a slider, but does not tie the two together, so
    that a screen reader would say only "slider".
    """

    _esm = """
    const rows = ".widget-inline-hbox";
    function name(box) {
      for (const row of box.querySelectorAll(rows)) {
        const text = row.querySelector(".widget-label").textContent;
        for (const one of row.querySelectorAll(".noUi-handle, .widget-readout")) {
          one.setAttribute("aria-label", text);
        }
      }
    }
    function render({ el }) {
      el.hidden = true;
      const eyes = new MutationObserver(() => name(el.closest(".widget-vbox")));
      const begin = () => {
        const box = el.closest(".widget-vbox");
        if (!box) return void (waiting = requestAnimationFrame(begin));
        name(box);
        eyes.observe(box, { childList: true, subtree: true });
      };
      let waiting = requestAnimationFrame(begin);
      return () => {
        cancelAnimationFrame(waiting);
        eyes.disconnect();
      };
    }
    export default { render };
    """


class Lab:
    """Controls {name: widget} and draw(**values), which makes a `plotting.Picture`."""

    def __init__(self, draw, controls):
        self.draw, self.controls = draw, controls
        self.picture = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([*controls.values(), Names(), self.picture])
        for control in controls.values():
            control.observe(self._redraw, "value")
        self._redraw()

    @property
    def values(self):
        """What the controls say, {name: value}."""
        return {name: control.value for name, control in self.controls.items()}

    def _redraw(self, change=None):
        try:
            self.picture.value = self.draw(**self.values)._repr_html_()
        except Exception as error:  # of a reader's own function: to be read, not lost
            said = html.escape(f"{type(error).__name__}: {error}")
            self.picture.value = f"<p>There is no picture of this: {said}</p>"

    def _repr_mimebundle_(self, **kwargs):
        bundle = self.widget._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        still = f"{self.picture.value}\n<p>{HOW}</p>"
        return {**data, "text/html": still}, metadata


def slider(label, value, low, high, step):
    """A slider of numbers, whole ones if value is; it tells when it is let go."""
    whole = isinstance(value, int)
    make = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    more = {"min": low, "max": high, "step": step, "continuous_update": False}
    return make(value, description=label, **more)


def choice(label, options, value=None):
    """A choice of names, or of pairs (name, value)."""
    more = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(options=options, description=label, **more)
