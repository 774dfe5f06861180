"""Trained weights on disk: one row of float16 in `weights/NAME.npz`.

Chapter: stacking.
"""

from pathlib import Path

import numpy as np

from lstm_core import tree

FOLDER = Path(__file__).with_name("weights")


def save(name, p, folder=FOLDER, **more):
    """Write parameters p, and more arrays as they are; the path of the file.

    The leaves of p stand one after another: an array of its own for each would take
    more room than most of them.
    """
    leaves = [np.ravel(leaf).astype(np.float16) for _, leaf in tree.leaves(p)]
    if leaves:
        more["p"] = np.concatenate(leaves)
    path = Path(folder) / f"{name}.npz"
    np.savez_compressed(path, **more)
    return path


def arrays(name, folder=FOLDER):
    """All arrays of a file, by name."""
    with np.load(Path(folder) / f"{name}.npz") as found:
        return dict(found)


def load(name, like, dtype=np.float64, folder=FOLDER):
    """Parameters of the shapes of `like`, such as `model.init` draws them.

    Raises ValueError where the file holds more or fewer numbers.
    """
    row, start = arrays(name, folder)["p"], 0
    total = sum(leaf.size for _, leaf in tree.leaves(like))
    if row.shape != (total,):
        raise ValueError(f"expected {total} weights in {name}, got {row.size}")
    for key, leaf in tree.leaves(like):
        part = row[start : start + leaf.size]
        like = tree.replace(like, key, part.astype(dtype).reshape(leaf.shape))
        start += leaf.size
    return like
