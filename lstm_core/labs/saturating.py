"""The saturation lab: train, and see where every gate works as it learns.

The run that it starts with stands in saturating.json beside this module, written by

    python -c "from lstm_core.labs import saturating; saturating.write()"
"""

import json
from pathlib import Path

import ipywidgets
import numpy as np

from lstm_core import activations, fused, palette, plotting, prose, tree, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import sweep
from lstm_core.labs.lab import Lab, choice, slider
from lstm_core.labs.training import Training
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Runs, side_by_side
from lstm_core.train import fit
from lstm_core.widgets import saturation as stored
from lstm_core.widgets.saturation import BAR, SLOTS, VIEW

TASK = Runs("ab", upto=10, B=16)
CLIP = 1.0
SEEN = 20  # histograms on the way
STORED = Path(__file__).with_name("saturating.json")


def histograms(p):
    """{slot: packed} of networks p, leaves (E, ...), that read aⁿbⁿ, n = 1 to 20."""
    batch = TASK.examples(stored.READ)
    _, _, trace = unroll.forward(LSTM(), p.body, batch.xs)
    return stored.histograms(trace, batch.mask)


def unpacked(packed):
    """{slot: parts (BINS,)} of what `histograms` gives."""
    return {slot: stored.unpacked(*one) for slot, one in packed.items()}


def learn(seeds, forget_bias, H, updates):
    """Yield (k, histograms or None) after k updates, 0 included.

    All seeds at once, as the figure's networks were trained.
    """
    model = Model(Recurrent(LSTM(), H), Linear(TASK.K))
    start = tree.stack([model.init(Draws(seed), TASK.D) for seed in seeds])
    start = tree.replace(start, "body.f.b", np.full((len(seeds), H), forget_bias))
    yield 0, histograms(start)
    steps = fit(
        model,
        fused.pack(*start),
        lambda rngs: side_by_side([TASK.draw(rng) for rng in rngs]),
        TASK.loss,
        Adam(stored.RATE),
        [Draws(sweep.DATA + seed) for seed in seeds],
        updates,
        CLIP,
        fused.value_and_grad,
    )
    for step in steps:
        seen = step.k % max(1, updates // SEEN) == 0 or step.k == updates
        p = type(start)(*fused.unpack(step.p, H)) if seen else None
        yield step.k, histograms(p) if seen else None


class Saturating(Lab):
    """Sliders over a training run: which gate, how far, and times what."""

    def __init__(self):
        shipped = json.loads(STORED.read_text("utf-8"))
        self.runs = {int(k): unpacked(packed) for k, packed in shipped.items()}
        self.told = len(stored.SEEDS), stored.H, 1.0  # seeds, units, forget bias
        self.after = ipywidgets.SelectionSlider(
            options=sorted(self.runs), value=stored.UPDATES, description="updates"
        )
        labels = [(one["label"], slot) for slot, one in SLOTS.items()]
        super().__init__(
            self._picture,
            {
                "slot": choice("gate", labels, "f"),
                "scale": slider("scale", 1.0, 0.1, 10.0, 0.1),
                "after": self.after,
            },
        )
        self.settings = {
            "forget_bias": slider("forget bias", 1.0, -2.0, 5.0, 0.5),
            "H": slider("units", stored.H, 1, 16, 1),
            "seeds": slider("seeds", len(stored.SEEDS), 2, 20, 1),
            "updates": slider("train for", stored.UPDATES, 100, 3000, 100),
        }
        locked = self.settings.values()
        self.training = Training(self._begin, self._show, locked)
        top = ipywidgets.VBox([*locked, self.training.widget])
        self.widget.children = [top, *self.widget.children]

    def _begin(self):
        now = {name: control.value for name, control in self.settings.items()}
        self.fresh = {}
        self.settled = now["seeds"], now["H"], now["forget_bias"]
        return now["updates"], self._updates(**now | {"seeds": range(now["seeds"])})

    def _updates(self, **settings):
        for k, found in learn(**settings):
            if found:
                self.fresh[k] = unpacked(found)
            yield k

    def _show(self):
        self.runs, self.told = self.fresh, self.settled
        self.after.options = sorted(self.runs)
        self.after.value = max(self.runs)
        self._redraw()

    def _picture(self, slot, scale, after):
        return draw(self.runs, slot, scale, after, self.told)


def draw(runs, slot, scale, after, told):
    """The picture: one gate's histogram over its curve; all gates over the updates."""
    after = after if after in runs else max(runs)
    function = SLOTS[slot]["function"]
    row = activations.get(function)
    fig, (over, growth) = plotting.figure(2, 1, width=4.8, height=5.2)
    low, high = row.range
    birth, now = (stored.bars(runs[k][slot], scale) for k in (0, after))
    birth, now = (0.95 * (high - low) * h / h.max() for h in (birth, now))
    places = np.arange(len(now)) * BAR - VIEW
    fill = {"width": BAR, "align": "edge", "bottom": low, "alpha": 0.5}
    over.bar(places, now, color=palette.LINES["light"][slot], **fill)
    edges = np.append(places, VIEW)
    over.stairs(low + birth, edges, baseline=low, color="black")
    zs = np.linspace(-VIEW, VIEW, 201)
    over.plot(zs, row(zs), color=palette.LINES["light"][slot], linewidth=2)
    over.set(xlabel="pre-activation", title=SLOTS[slot]["label"])
    updates = sorted(runs)
    for one in SLOTS:
        shares = [100 * _measure(runs[k], one, scale).saturated for k in updates]
        colour = palette.LINES["light"][one]
        look = {"color": colour, "marker": f"${one}$", "label": one}
        growth.plot(updates, shares, linewidth=2.5 if one == slot else 1.2, **look)
    growth.axvline(after, color="black", linewidth=1, linestyle=":")
    growth.set(xlabel="updates", title="% saturated", ylim=(-3, 103))
    growth.legend(frameon=False, ncols=5, handlelength=1, columnspacing=0.8)
    words = _words(runs, slot, scale, after, told)
    return plotting.show(fig, "saturation-lab", words, words)


def _measure(parts, slot, scale):
    return stored.measure(parts[slot], SLOTS[slot]["function"], scale, 0.1)


def _words(runs, slot, scale, after, told):
    seeds, H, forget_bias = told
    birth, now = (_measure(runs[k], slot, scale) for k in (0, after))
    times = "" if scale == 1 else f", with pre-activations × {scale:g},"
    return (
        f"{seeds} networks of {H} units, forget bias {prose.number(forget_bias)}, read "
        f"aⁿbⁿ. After {after} updates{times} {prose.number(100 * now.saturated, 2)} % "
        f"of the {SLOTS[slot]['label']} is saturated, at birth (outline, on its own "
        f"scale) {prose.number(100 * birth.saturated, 2)} %; the mean slope is "
        f"{prose.number(100 * now.slope, 2)} % of the steepest, at birth "
        f"{prose.number(100 * birth.slope, 2)} %."
    )


def saturation():
    """The lab: train counting networks, and see which gates saturate, and when.

    `saturation().training.run()` trains without the button.
    """
    return Saturating()


def write():
    """Train as the sliders are set at first, and write what the lab starts with."""
    given = stored.SEEDS, 1.0, stored.H, stored.UPDATES
    found = {k: packed for k, packed in learn(*given) if packed and k % 100 == 0}
    STORED.write_text(json.dumps(found, separators=(",", ":")) + "\n", "utf-8")
