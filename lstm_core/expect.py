"""Checks at the edge: one sentence that says what was expected, and what came.

Each returns when all is well.  Nothing within a step is checked.
"""

import numpy as np

from lstm_core import tree


def part(what, value, methods, such_as):
    """Raise TypeError unless the value is an object, no class, with these methods."""
    if isinstance(value, type) or not all(hasattr(value, name) for name in methods):
        got = value if isinstance(value, type) else type(value)
        kind = "the class " * isinstance(value, type) + got.__name__
        raise TypeError(f"expected {what} such as {such_as}, got {kind}")


def layer(what, value):
    """Raise TypeError unless the value has what `lstm_core.layers` asks of a layer."""
    part(what, value, ("init", "forward", "backward", "size"), "Recurrent(LSTM(), 4)")


def whole(what, number, low=1):
    """Raise TypeError or ValueError unless the number is an integer >= low."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        raise TypeError(f"expected {what} as an integer, got {number!r}")
    if number < low:
        raise ValueError(f"expected {what} >= {low}, got {number}")


def generator(rng, method="integers"):
    """Raise TypeError unless rng is an object, no class, that draws numbers."""
    if isinstance(rng, type) or not hasattr(rng, method):
        raise TypeError(
            f"expected rng as a generator such as np.random.default_rng(0), got {rng!r}"
        )


def drawable(rng, shape, dtype):
    """Raise unless rng can draw numbers of that shape, to be of that type."""
    generator(rng, "uniform")
    for size in shape:
        whole("each size", size, 0)
    if np.dtype(dtype).kind not in "fc":
        raise TypeError(f"expected dtype as a type of floats, got {np.dtype(dtype)}")


def fields(what, record, kind):
    """Raise TypeError unless the record has the fields of that kind of record."""
    if getattr(record, "_fields", None) != kind._fields:
        want, got = _described(kind), _described(type(record))
        raise TypeError(f"expected {what} as {want}, got {got}")


def _described(kind):
    fields = getattr(kind, "_fields", None)
    return kind.__name__ + (f"({', '.join(fields)})" if fields else "")


def many(what, parts, n):
    """Raise TypeError unless there are n parts, in a tuple or a list."""
    got = len(parts) if isinstance(parts, tuple | list) else type(parts).__name__
    if got != n:
        raise TypeError(f"expected {what} as a tuple of {n} parts, got {got}")


def shape(what, array, want):
    """Raise ValueError unless the array has that shape."""
    if np.shape(array) != want:
        raise ValueError(f"expected {what} of shape {want}, got {np.shape(array)}")


def shapes(what, record, model):
    """Raise ValueError unless the record has the fields and shapes of the model."""
    want, got = ({n: np.shape(a) for n, a in tree.leaves(r)} for r in (model, record))
    if want != got:
        raise ValueError(
            f"expected {what} as a {type(model).__name__} of shapes {want}, got {got}"
        )


def typed(what, record, dtype=None, cure="convert one of them with .astype"):
    """The one precision of all leaves, real or complex (to take a complex step)."""
    for name, array in tree.leaves(record, what) or [(what, None)]:
        kind = getattr(array, "dtype", None)
        if getattr(kind, "kind", None) not in ("f", "c"):
            got = kind or type(array).__name__
            raise TypeError(
                f"expected {name} as an array of floats, got {got}: "
                f"convert it with np.asarray(..., float)"
            )
        precision = np.finfo(kind).dtype
        dtype = dtype or precision
        if precision != dtype:
            raise TypeError(
                f"expected {name} of type {dtype}, like the parameters, got {kind}: "
                f"{cure}"
            )
    return dtype


def outputs(ys):
    """The shape of outputs (T, B, K), or (T, E, B, K); raise if they are no such."""
    typed("ys", ys)
    part("ys", ys, ("ndim",), "model.forward(p, xs)[0]")
    if ys.ndim not in (3, 4):
        raise ValueError(f"expected ys of shape (T, B, K), got {ys.shape}")
    return ys.shape


def finite(what, record):
    """Raise ValueError for NaN and infinity, unless NumPy is told to ignore them."""
    if np.geterr()["invalid"] == "ignore":  # as `train` has it, to report divergence
        return
    for name, array in tree.leaves(record, what):
        if not np.isfinite(array).all():
            raise ValueError(f"expected finite numbers in {name}, got NaN or infinity")
