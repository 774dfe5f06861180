"""Figures of what the stacks see and say: digits in ink, alignments, surprises.

Chapter: stacking.
"""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lstm_core import palette, plotting

_INK = "#000000"  # takes the colour of the page's text
_HUES = tuple(palette.CURVES["light"].values())
_LEVELS = 6  # shades of ink, one path each, so that a figure stays small


def ink(ax, image, left=0.0, top=0.0):
    """Draw image (rows, columns), 0 for paper to 1 for ink; a point is 1 by 1."""
    shade = np.round(np.clip(image, 0, 1) * _LEVELS).astype(int)
    for level in range(1, _LEVELS + 1):
        squares = [
            Path([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)], closed=True)
            for y, x in np.argwhere(shade == level) + (top, left)
        ]
        if squares:
            path = Path.make_compound_path(*squares)
            ax.add_patch(PathPatch(path, fc=_INK, lw=0, alpha=level / _LEVELS))


def _bare(ax):
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def gallery(rows):
    """One row of digits below each name: {name: images (N, 8, 8), 0 to 1}."""
    wide, high = 10 * len(next(iter(rows.values()))), 16 * len(rows)
    fig, ax = plotting.figure(width=4.6, height=4.6 * high / wide)
    for r, (name, images) in enumerate(rows.items()):
        ax.text(0, 16 * r + 2, name, va="center", fontsize=10)
        for k, image in enumerate(images):
            ink(ax, image, 10 * k, 16 * r + 5)
    ax.set(xlim=(-0.5, wide - 1.5), ylim=(high - 2.5, -0.5), xticks=[], yticks=[])
    ax.set_aspect("equal")
    _bare(ax)
    return fig


def alignment(image, chances):
    """A string of digits above what the network says of each of its columns.

    image (8, T) from 0 to 1; chances (T, 11): of the blank, and of the digits 0 to 9.
    """
    fig, (above, below) = plotting.figure(
        2, 1, width=4.6, height=3.0, sharex=True, height_ratios=(1, 1.7)
    )
    T = len(chances)
    ink(above, image)
    above.set(ylim=(8.2, -0.2), xlim=(-1, T))
    above.set_yticks([])
    above.tick_params(labelbottom=False)
    _bare(above)
    steps = np.arange(T) + 0.5
    below.plot(steps, chances[:, 0], color=_INK, lw=1, ls=(0, (3, 2)), alpha=0.7)
    below.text(T + 0.3, chances[-1, 0], "blank", va="center", fontsize=10)
    said = [k for k in range(1, chances.shape[1]) if chances[:, k].max() > 0.1]
    for k, hue in zip(said, _HUES * 2, strict=False):
        below.plot(steps, chances[:, k], color=hue, lw=1.8)
    for t, k in peaks(chances):
        hue = _HUES[said.index(k) % len(_HUES)]
        below.text(t + 0.5, 1.06, str(k - 1), color=hue, ha="center", weight="bold")
    below.set(ylim=(0, 1.2), xlabel="step (a column of 8 points)", ylabel="probability")
    return fig


def peaks(chances):
    """(t, label) of the best path, each label once, where it is surest."""
    best, found, t = chances.argmax(axis=1), [], 0
    while t < len(best):
        end = t + 1
        while end < len(best) and best[end] == best[t]:
            end += 1
        if best[t]:
            found.append((t + int(chances[t:end, best[t]].argmax()), int(best[t])))
        t = end
    return found


def surprises(text, ahead, back):
    """Bits for each character, upwards read from the left, downwards from the right.

    ahead, back: (len(text),), NaN for a character that a direction has to do without.
    """
    fig, ax = plotting.figure(width=4.6, height=2.8)
    places = np.arange(len(text))
    ax.bar(places, np.nan_to_num(ahead), color=_HUES[0], width=0.7)
    ax.bar(places, -np.nan_to_num(back), color=_HUES[1], width=0.7)
    ax.axhline(0, color=_INK, lw=0.8)
    ax.set_xticks(places, [c if c != "\n" else "↵" for c in text], fontsize=10)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.7, len(text) - 0.3)
    top = np.ceil(np.nanmax([ahead, back]))
    ax.set_ylim(-1.25 * top, 1.25 * top)
    ticks = np.arange(-top // 5 * 5 + 5, top + 1, 5)
    ax.set_yticks(ticks, [f"{abs(tick):g}" for tick in ticks])
    ax.set_ylabel("surprise in bits")
    for y, words, hue in (
        (1.1, "read from the left →", 0),
        (-1.2, "← from the right", 1),
    ):
        ax.text(-0.5, y * top, words, color=_HUES[hue], fontsize=10)
    return fig
