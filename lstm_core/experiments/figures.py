"""Figures of results, with every seed visible; each function returns a figure.

>>> fig = strips({"tanh": losses_tanh, "sigmoid": losses_sigmoid}, xlabel="last loss")
>>> plotting.show(fig, "losses", alt=in_words({"tanh": ...}), caption="One sentence.")

The axes are in `fig.axes`; `strips` and `panels` may be put on a logarithmic axis
afterwards: `ax.set_xscale("log")` and `plotting.powers(ax.xaxis)`.

Chapter: claims.
"""

import textwrap
from itertools import pairwise

import numpy as np
from matplotlib.ticker import LogLocator

from lstm_core import palette, plotting
from lstm_core.experiments import stats
from lstm_core.prose import number, together

_HUES = tuple(palette.CURVES["light"].values())
_DASHES = ("-", "--", "-.", ":", (0, (6, 2)), (0, (1, 1)))
_INK = "#000000"  # takes the colour of the page's text
_WRAP = 17  # characters of a variant's name on one line
_DOT = 3.7  # points across
_POINTS = 40  # of a curve; more cannot be told apart and weigh on the page


def strips(values, xlabel, lost="diverged"):
    """One row for each variant: a dot for each seed, the median and its interval.

    values: variant → numbers (S,).  What is not finite is counted at the right, with
    the word `lost`.  The bar is the 95 % BCa interval of the median, the tick in it
    the median.
    """
    fig, ax = plotting.figure(height=0.75 + 0.42 * len(values))
    _strips(ax, values, lost)
    ax.set_xlabel(xlabel)
    return fig


def panels(groups, xlabel, lost="diverged", colours=()):
    """Small multiples of `strips` below each other, with one axis for all.

    groups: title → {variant: numbers (S,)}.  colours: one for each row, where the rows
    have colours of their own, as the letters of a cell have.
    """
    rows = [len(values) for values in groups.values()]
    fig, axes = plotting.figure(
        len(groups),
        height=0.6 + sum(0.4 + 0.36 * n for n in rows),
        sharex=True,
        squeeze=False,
        height_ratios=rows,
    )
    for ax, (title, values) in zip(axes[:, 0], groups.items(), strict=True):
        _strips(ax, values, lost, colours)
        ax.set_title(title, fontsize=10, loc="left")
    axes[-1, 0].set_xlabel(xlabel)
    return fig


def _strips(ax, values, lost, colours=()):
    for row, (_, numbers, hue) in enumerate(_coloured(values, colours)):
        numbers = np.asarray(numbers, float).ravel()
        finite = numbers[np.isfinite(numbers)]
        _dots(ax, finite, row, hue)
        if len(finite):
            _interval(ax, _middle(finite), row)
        if len(finite) < len(numbers):
            _count_lost(ax, row, f"{len(numbers) - len(finite)} {lost}")
    ax.set_yticks(range(len(values)), [textwrap.fill(v, _WRAP) for v in values])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(values) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)


def _middle(finite):
    """The median with its interval; of a single number, that number."""
    if len(finite) == 1:
        return stats.exactly("median", finite[0])
    return stats.bootstrap("median", finite)


def _dots(ax, numbers, row, hue):
    """A dot for each number: lines without length whose ends are round.

    A line may have many, so a row is a few elements of the page and not hundreds.  What
    one line crosses twice is no darker, so neighbours belong to different lines.
    """
    x = np.sort(numbers)
    y = row + _spread(len(x))
    lines = max(4, len(x) // 30)  # Matplotlib simplifies lines of 128 points
    for k in range(min(lines, len(x))):
        ends = np.repeat([x[k::lines], y[k::lines]], 3, axis=1)
        ends[:, 2::3] = np.nan  # lifts the pen
        ax.plot(*ends, color=hue, alpha=0.55, lw=_DOT, solid_capstyle="round")


def _spread(n):
    """Offsets across a row that keep dots of equal value apart, the same every time."""
    return 0.3 * (np.arange(n) * 21 % 34 / 34 - 0.5)  # near the golden ratio


def _interval(ax, effect, row):
    ax.plot([effect.low, effect.high], [row, row], color=_INK, lw=1.6)
    ax.plot(effect.value, row, "|", color=_INK, ms=11, mew=2)


def _count_lost(ax, row, text):
    ax.text(
        1.0, row - 0.42, text, transform=ax.get_yaxis_transform(), ha="right",
        va="center", fontsize=8,
    )  # fmt: skip


def _coloured(values, colours=()):
    hues = colours or _HUES
    for k, (variant, numbers) in enumerate(values.items()):
        yield variant, numbers, hues[k % len(hues)]


def forest(effects, xlabel="", smallest=None):
    """One row for each `Effect`: its name, its value, its 95 % interval, its n.

    smallest: the smallest effect worth naming; a grey band goes from -smallest to it.
    """
    fig, ax = plotting.figure(height=0.7 + 0.5 * len(effects))
    if smallest is not None:
        ax.axvspan(-smallest, smallest, color=_INK, alpha=0.08, lw=0)
    for row, effect in enumerate(effects):
        ax.plot([0, 0], [row - 0.18, row + 0.18], color=_INK, lw=0.8)
        ax.plot([effect.low, effect.high], [row, row], color=_HUES[0], lw=2)
        ax.plot(effect.value, row, "o", color=_HUES[0], ms=5)
        count = f", n = {effect.n}" if effect.n > 1 else ""
        ax.text(
            0.0, row - 0.36, f"{effect.name}{count}", va="center", fontsize=9,
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip
    ax.set_ylim(len(effects) - 0.6, -0.75)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(xlabel)
    return fig


def curves(updates, losses, ylabel="loss"):
    """Losses on the way: a thin line for each seed, a thick one for their median.

    updates (K,).  losses: variant → (K, S); NaN where a seed has none.
    """
    updates = np.asarray(updates)
    kept = np.unique(np.linspace(0, len(updates) - 1, _POINTS).astype(int))
    fig, ax = plotting.figure(height=3.2)
    ends = {}
    for k, (variant, lines, hue) in enumerate(_coloured(losses)):
        lines = np.asarray(lines, float)[kept]
        lines = np.where(lines > 0, lines, np.nan)  # a logarithm has no place for it
        ax.semilogy(updates[kept], lines, color=hue, lw=0.6, alpha=0.3)
        with np.errstate(all="ignore"):
            middle = _median(lines)
        ax.semilogy(updates[kept], middle, color=hue, lw=2, ls=_DASHES[k % 6])
        ends[variant] = (middle, hue)
    ax.set(xlabel="updates", ylabel=ylabel)
    _label_logarithmic(ax)
    _name_ends(ax, updates[-1], ends)
    return fig


def _label_logarithmic(ax):
    """Powers of ten, or 1, 2, 5 where fewer than two decades are shown."""
    ax.minorticks_off()
    low, high = ax.get_ylim()
    if high / low >= 100:
        plotting.powers(ax.yaxis)
    else:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(lambda value, _: number(value))


def _median(lines):
    """The median of the finite numbers of each row of (K, S); NaN where none is."""
    return np.array(
        [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan
         for row in lines]
    )  # fmt: skip


def _name_ends(ax, x, ends):
    """Each variant's name at the right end of its curve, pushed apart."""
    low, high = np.log(ax.get_ylim())
    places = []
    for variant, (middle, hue) in ends.items():
        finite = middle[np.isfinite(middle)]
        y = (np.log(finite[-1]) - low) / (high - low) if len(finite) else 1.0
        places.append([y, variant, hue])
    places.sort(key=lambda place: place[0])
    for below, above in pairwise(places):
        above[0] = max(above[0], below[0] + 0.07)
    over = max(places[-1][0] - 1, 0) if places else 0
    for y, variant, hue in places:
        ax.annotate(
            variant, (1.01, y - over), xycoords="axes fraction", color=hue, fontsize=9,
            va="center",
        )  # fmt: skip


def in_words(values, lost="diverged"):
    """What `strips` shows, for the alternative text: medians, intervals and counts."""
    rows = []
    for variant, numbers in values.items():
        numbers = np.asarray(numbers, float).ravel()
        finite = numbers[np.isfinite(numbers)]
        gone = len(numbers) - len(finite)
        words = f"{variant}: all {gone} {lost}"
        if len(finite):
            effect = _middle(finite)
            value, low, high = together(effect.value, effect.low, effect.high)
            words = f"{variant}: median {value}"
            if low != high:
                words += f", interval {low} to {high}"
            words += f", {len(finite)} {'seed' if len(finite) == 1 else 'seeds'}"
            words += f", {gone} {lost}" if gone else ""
        rows.append(words)
    return "; ".join(rows) + "."
