"""Labs: what a reader changes in Python, with a kernel behind it.

    from lstm_core import labs
    labs.counter()                       # counters by hand and by training
    labs.saturation()                    # train, and see where the gates work
    labs.activation(value, derivative)   # bring your own, against tanh over seeds

A lab has sliders (ipywidgets), a picture that Matplotlib draws again from `lstm_core`,
and a progress bar where something takes time.  A page without a kernel shows a picture
made before, and says how to run the lab.

Each is loaded when it is first named.
"""

import importlib

_HOMES = {"counter": "counting", "saturation": "saturating", "activation": "own"}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'lstm_core.labs' has no attribute {name!r}")
    return getattr(importlib.import_module(f"lstm_core.labs.{_HOMES[name]}"), name)


def __dir__():
    return __all__
