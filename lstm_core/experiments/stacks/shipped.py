"""Trained weights on disk: float16 in `weights/NAME.npz`, by dotted names.

Chapter: stacking.
"""

from pathlib import Path

import numpy as np

from lstm_core import tree

FOLDER = Path(__file__).with_name("weights")


def save(name, p, folder=FOLDER, **more):
    """Write parameters p, and more arrays as they are; the path of the file."""
    leaves = {f"p.{key}": np.float16(leaf) for key, leaf in tree.leaves(p)}
    path = Path(folder) / f"{name}.npz"
    np.savez_compressed(path, **leaves, **more)
    return path


def arrays(name):
    """All arrays of a file, by name."""
    with np.load(FOLDER / f"{name}.npz") as found:
        return dict(found)


def load(name, like, dtype=np.float64):
    """Parameters of the shapes of `like`, such as `model.init` draws them."""
    found = arrays(name)
    for key, leaf in tree.leaves(like):
        array = found[f"p.{key}"]
        if array.shape != leaf.shape:
            raise ValueError(
                f"expected {key} of shape {leaf.shape} in {name}, got {array.shape}"
            )
        like = tree.replace(like, key, array.astype(dtype))
    return like
