"""The gate: how soft or hard it is, how long it keeps, and whether it can learn."""

import numpy as np

from lstm_core import activations, prose, traces
from lstm_core.widgets import rows, still
from lstm_core.widgets.base import Explorable, activation, number, preset

VIEW = 8


class Gate(Explorable):
    """A gate f(kz), its slope, and what it does to a value carried through T steps.

    Each trait is an argument of the constructor, and a key of the link
    `gate?key=value&key=value`:

    function: of the gate, any name from `lstm_core.activations.NAMES` (sigmoid).
    k: how sharp; what is drawn is f(kz), 0.25 to 32 (1).
    z: the pre-activation, -8 to 8 (2.94, where a sigmoid is 0.95).
    T: steps that c = 1 is carried, each time multiplied by the gate; 1 to 100 (40).

    preset (before other keys): soft, sharp, switch, tanh, relu, hard-sigmoid,
        half-tanh (which is σ(2z)).
    """

    NAME = "gate"
    PRESETS = {
        "soft": preset("soft: σ(z)"),
        "sharp": preset("sharp: σ(8z)", k=8.0, z=0.36),
        "switch": preset("a switch", function="step", z=0.36),
        "tanh": preset("tanh as a gate", function="tanh", z=-1.0),
        "relu": preset("ReLU as a gate", function="relu", z=1.1),
        "hard-sigmoid": preset("hard sigmoid", function="hard_sigmoid", z=3.2),
        "half-tanh": preset("(1 + tanh z)/2", k=2.0, z=1.48),
    }

    function = activation("sigmoid")
    k = number(1.0, 0.25, 32, 0.25)
    z = number(2.94, -VIEW, VIEW, 0.02)
    T = number(40, 1, 100, 1, kind="whole")

    def value(self, z):
        """The gate f(kz) at z, an array or a number."""
        return activations.get(self.function)(self.k * np.asarray(z, float))

    def slope(self, z):
        """Its derivative with respect to z."""
        return self.k * activations.get(self.function).d1(self.k * np.asarray(z, float))

    def still(self):
        caption = self._caption()
        return self._picture(caption), caption

    def _caption(self):
        f, slope = float(self.value(self.z)), float(self.slope(self.z))
        reaches = self.T * f ** (self.T - 1) * slope
        learns = (
            f"Its slope there is {prose.number(slope)}, and ∂c/∂z after {self.T} steps "
            f"{prose.number(reaches)}: what its own weights learn from."
            if slope
            else "Its slope there is 0: nothing can be learnt through it."
        )
        name = rows.label(self.function)
        sharp = "" if self.k == 1 else f", sharpened {self.k:g} times,"
        at = f"{self.z:.2f}".replace("-", "−")
        return (
            f"The gate {name}{sharp} is f = {prose.number(f)} at z = {at}. "
            f"{_fate(f)}; after {self.T} steps {prose.number(f**self.T)} is left. "
            f"{learns}"
        )

    def _picture(self, label):
        zs = np.linspace(-VIEW, VIEW, 641)
        parts, look = [], {"stroke_width": 2.5}
        orders = (("the gate", self.value), ("its slope", self.slope))
        for k, (heading, order) in enumerate(orders):
            ys = order(zs)
            low, high = max(-1.25, min(0, ys.min())), min(2.25, max(0.3, ys.max()))
            axes = still.Axes(48, 26 + 140 * k, 340, 96, (-VIEW, VIEW), (low, high))
            marks = (0, 1) if k == 0 else (0, round(high, 2))
            parts.append(axes.grid(heading, (-VIEW, 0, VIEW), marks, k == 1))
            parts.append(axes.line(zs, ys, stroke="var(--f-line)", **look))
            here = float(order(self.z))
            if low <= here <= high:
                parts.append(axes.point(self.z, here, r=4.5, fill="var(--f-line)"))
        f, steps = float(self.value(self.z)), np.arange(self.T + 1)
        ends = (-1 if f < 0 else 0, 4 if f > 1 else 1)
        axes = still.Axes(48, 324, 340, 96, (0, self.T), ends)
        heading = "what is left of c = 1, over steps"
        parts.append(axes.grid(heading, (0, self.T), (0, 0.5, 1)))
        parts.append(axes.line(steps, f**steps, stroke="var(--c-line)", **look))
        return still.picture(446, label, *parts)


def _fate(f):
    """What becomes of a value that is multiplied by f at every step, in words."""
    half = float(traces.half_life(np.array([[f]]))[0])
    flips = "It flips sign at every step, and " if f < 0 else ""
    if abs(f) == 1:
        text = "nothing of its size is ever forgotten"
    elif abs(f) > 1:
        text = f"it grows, doubled after {np.log(2) / np.log(abs(f)):.1f} steps"
    elif f == 0:
        text = "all of it is gone after one step"
    else:
        text = f"half is gone after {half:.1f} steps"
    return flips + (text if flips else text[0].upper() + text[1:])
