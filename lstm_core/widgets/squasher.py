"""The squasher: a function, its slope and its curvature under one movable point."""

import traitlets

from lstm_core import activations
from lstm_core.widgets import rows, still
from lstm_core.widgets.base import Explorable, activation_name, number, preset


class ActivationNames(traitlets.List):
    """A list of names of activations, at least one, none twice."""

    def validate(self, obj, value):
        names = [value] if isinstance(value, str) else list(value)
        names = list(dict.fromkeys(activation_name(name) for name in names))
        if not names:
            raise traitlets.TraitError(
                "expected functions as a list of at least one activation, got none"
            )
        return names


class Squasher(Explorable):
    """Value, first and second derivative of activation functions at a movable z.

    Each trait is an argument of the constructor, and a key of the link
    `squasher?key=value&key=value`:

    functions: names from `lstm_core.activations.NAMES`, with commas in a link; also
        "tempered_sigmoid(8)" and "leaky_relu(0.2)". Default sigmoid,tanh.
    z: the point, -300 to 300 (2).
    gain, shift: what is drawn is f(gain · z + shift), and its derivatives with respect
        to z; gain 0.1 to 5 (1), shift -6 to 6 (0).
    threshold: a function counts as saturated where its slope is below this percentage
        of its steepest, 0.5 to 50 (5).
    k: the k of plain tempered_sigmoid, 0.25 to 32 (4); slope: of plain leaky_relu,
        0.01 to 0.9 (0.01).
    steps: how often the slope is multiplied with itself, 1 to 100 (10).
    view: the axis runs from -view to view, 1 to 20 (6).

    preset (before other keys): pair, rescaled, soft-to-hard, relu, curvature,
        squashers-1997.
    """

    NAME = "squasher"
    PRESETS = {
        "pair": preset("σ and tanh", functions=["sigmoid", "tanh"], z=2.0),
        "rescaled": preset(
            "tanh = rescaled σ", functions=["tanh", "sigmoid_rescaled"], z=0.8, view=4
        ),
        "soft-to-hard": preset(
            "soft to hard",
            functions=["sigmoid", "tempered_sigmoid", "step"],
            z=0.5,
            k=8.0,
            view=4,
        ),
        "relu": preset(
            "ReLU family",
            functions=["relu", "leaky_relu", "softplus"],
            z=-1.0,
            slope=0.1,
            view=4,
        ),
        "curvature": preset(
            "curvature", functions=["sigmoid", "tanh", "softsign"], z=0.65, view=4
        ),
        "squashers-1997": preset(
            "1997", functions=["g_1997", "h_1997", "sigmoid"], z=1.0
        ),
    }

    functions = ActivationNames(default_value=["sigmoid", "tanh"]).tag(
        sync=True, kind="activations"
    )
    z = number(2.0, -300, 300, 0.05)
    gain = number(1.0, 0.1, 5, 0.05)
    shift = number(0.0, -6, 6, 0.05)
    threshold = number(5.0, 0.5, 50, 0.5)
    k = number(4.0, 0.25, 32, 0.25)
    slope = number(0.01, 0.01, 0.9, 0.01)
    steps = number(10, 1, 100, 1, kind="whole")
    view = number(6, 1, 20, 1, kind="whole")

    def still(self):
        named = [(name, self._row(name)) for name in self.functions]
        picture = still.curves(
            named, self.gain, self.shift, self.z, self.view, self._caption()
        )
        return picture, self._caption()

    def _row(self, name):
        parameter = {"tempered_sigmoid": self.k, "leaky_relu": self.slope}.get(name)
        return activations.get(name if parameter is None else f"{name}({parameter:g})")

    def _caption(self):
        """What the figure that stands still shows, in words and numbers."""
        import numpy as np

        z = np.array(self.z)
        u = self.gain * z + self.shift
        seen = ", ".join(
            f"{rows.label(name)} is {float(row(u)):.3f} and its slope "
            f"{self.gain * float(row.d1(u)):.3f}"
            for name, row in ((name, self._row(name)) for name in self.functions)
        )
        return f"At z = {self.z:.2f} {seen}.".replace("-", "−")
