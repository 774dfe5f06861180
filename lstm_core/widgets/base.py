"""What the explorables share: state, presets, and a figure that stands still."""

import functools
import html
import json
import math

import anywidget
import numpy as np
import traitlets

from lstm_core import activations, names
from lstm_core.widgets import assets


class Number(traitlets.Float):
    """A number between `min` and `max`, whole if tagged so; the error is a sentence."""

    def validate(self, obj, value):
        number = _as_float(value)
        whole = self.metadata["kind"] == "whole"
        good = number is not None and self.min <= number <= self.max
        if not good or whole and number != math.floor(number):
            raise traitlets.TraitError(
                f"expected {self.name} as a {'whole ' * whole}number "
                f"from {self.min:g} to {self.max:g}, got {value!r}"
            )
        return int(number) if whole else number


def _as_float(value):
    """A NumPy number as a float; None for what is no number."""
    if isinstance(value, (bool, str)):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def number(default, low, high, step, **more):
    """A trait that holds a number; `step` is the step of its slider."""
    more = {"sync": True, "kind": "number", "step": step, **more}
    return Number(default, min=low, max=high).tag(**more)


class Flag(traitlets.Bool):
    """True or False; the error is a sentence."""

    def validate(self, obj, value):
        if not isinstance(value, (bool, np.bool_)):
            raise traitlets.TraitError(
                f"expected {self.name} as True or False, got {value!r}"
            )
        return bool(value)


def flag(default):
    """A trait that holds True or False, a checkbox of the figure."""
    return Flag(default).tag(sync=True, kind="flag")


class ActivationName(traitlets.Unicode):
    """The name of a row of the activation table; the error lists near matches."""

    def validate(self, obj, value):
        return activation_name(value)


def activation_name(value):
    """The name itself, or a TraitError that lists near matches."""
    if isinstance(value, activations.Activation):
        value = value.name
    try:
        activations.get(value)
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None
    return value


class Choice(traitlets.Unicode):
    """One of the names in its `options`; the error lists near matches."""

    def validate(self, obj, value):
        options = self.metadata["options"]
        if value not in options:
            raise traitlets.TraitError(str(names.unknown(self.name, value, options)))
        return value


def choice(options, default=None):
    """A trait that holds one of some names, the first of them unless given."""
    options = tuple(options)
    more = {"sync": True, "kind": "choice", "options": options}
    return Choice(default or options[0]).tag(**more)


def activation(default):
    """A trait that holds the name of an activation."""
    return ActivationName(default).tag(sync=True, kind="activation")


def preset(label, **state):
    """What one of `PRESETS` is: the text of its button, and what it sets."""
    return {"label": label, "state": state}


class Explorable(anywidget.AnyWidget):
    """A figure that moves.  Subclasses name their module and their presets.

    State is the traits tagged with a `kind`: they are what a constructor takes, what a
    link in the page's address may set (`page.html#NAME?trait=value&trait=value`, or
    `preset=...` first), and what Python can observe and link.

    `DATA` names what its module asks for on demand (see `lstm_core.widgets.page`).

    Constructor arguments beside the traits: `preset`, the name of one of `PRESETS`,
    where to start from; `anchor`, the name by which links find this figure (the name of
    the explorable unless given; needed when a page shows it twice).
    """

    NAME = ""
    PRESETS = {}
    DATA = ()
    _data = traitlets.Dict().tag(sync=True)

    def __init__(self, preset=None, anchor=None, **state):
        self.anchor = anchor or self.NAME
        # anywidget makes traits of these two; the traits that the module's spec lists
        # are not yet known when the class is created
        self._esm = assets.standalone(self.module())
        self._css = assets.stylesheet()
        if preset is not None:
            state = {**self.preset(preset), **state}
        unknown = [key for key in state if key not in self.fields()]
        if unknown:
            raise TypeError(
                str(names.unknown("argument", unknown[0], tuple(self.fields())))
            )
        super().__init__(_data={name: assets.data(name) for name in self.DATA}, **state)

    @classmethod
    def preset(cls, name):
        """The values that a preset sets; ValueError names near matches."""
        if name not in cls.PRESETS:
            raise names.unknown("preset", name, tuple(cls.PRESETS))
        return cls.PRESETS[name]["state"]

    @classmethod
    def fields(cls):
        """The traits that make up the state, {name: trait}."""
        return {k: t for k, t in cls.class_traits().items() if "kind" in t.metadata}

    @classmethod
    def spec(cls):
        """What the module must know of the class: defaults, bounds, presets."""
        fields = {}
        for name, trait in cls.fields().items():
            entry = {"kind": trait.metadata["kind"], "default": trait.default()}
            if isinstance(trait, Number):
                entry |= {"min": trait.min, "max": trait.max}
                entry |= {"step": trait.metadata["step"]}
            if isinstance(trait, Choice):
                entry["options"] = trait.metadata["options"]
            fields[name] = entry
        return {"fields": fields, "presets": cls.PRESETS}

    @classmethod
    @functools.cache
    def module(cls):
        """The text of the ES module, its imports still relative, its spec inside."""
        text = assets.source(f"{cls.NAME}.js")
        return assets.constants(SPEC=cls.spec()) + text

    def state(self):
        """The state that differs from the defaults, {name: value}."""
        return {
            name: getattr(self, name)
            for name, trait in self.fields().items()
            if getattr(self, name) != trait.default()
        }

    def still(self):
        """The figure that stands still: (SVG text, caption)."""
        raise NotImplementedError

    def figure(self):
        """The static default as HTML; the page's script brings it to life."""
        picture, caption = self.still()
        state = html.escape(json.dumps(self.state(), ensure_ascii=False))
        return (
            f'<figure class="explorable" id="{html.escape(self.anchor)}"'
            f' data-explorable="{self.NAME}" data-state="{state}">\n'
            f'<div class="still">{picture}</div>\n'
            f"<figcaption>{html.escape(caption)}</figcaption>\n</figure>"
        )

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self.figure()}, metadata
