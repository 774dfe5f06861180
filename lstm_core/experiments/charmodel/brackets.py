"""Which cell follows how deep in brackets the text is."""

import numpy as np

OPEN, CLOSE = "([{", ")]}"


def depth(text):
    """Open brackets after each character (T,), an array of floats.

    All three kinds count alike, in comments and strings as well.  A closing bracket too
    many counts nothing, and an empty line closes all, so that one bracket that is never
    closed does not spoil the rest.
    """
    now, found = 0, np.zeros(len(text))
    for t, character in enumerate(text):
        now = max(0, now + (character in OPEN) - (character in CLOSE))
        now = 0 if text[max(0, t - 1) : t + 1] == "\n\n" else now
        found[t] = now
    return found


def correlations(values, depths):
    """Pearson's r of each column of values (T, H) with depths (T,); 0 if flat."""
    v, d = values - values.mean(axis=0), depths - depths.mean()
    sizes = np.sqrt((v**2).sum(axis=0) * (d**2).sum())
    return np.divide(d @ v, sizes, out=np.zeros(v.shape[1]), where=sizes > 0)


def rank(rs, cell):
    """The place of a cell, from 1, among all by the size of r."""
    return 1 + int(np.sum(np.abs(rs) > abs(rs[cell])))
