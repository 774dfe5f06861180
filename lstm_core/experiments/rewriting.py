"""A tanh candidate written with σ alone: where it works, and where it does not.

tanh z = σ(2z) - σ(-2z), and the difference of two cells with the same gates is a cell
that is written the difference.  So two σ cells, subtracted where they are read, are one
tanh cell, if nothing squashes them before.

Chapter: candidate.
"""

import numpy as np

from lstm_core import unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params


def halves(p):
    """Parameters of 2H units with σ candidates for the Params p of H units.

    The first H units are written σ(2a), the others σ(-2a); where p reads h,
    these read the difference of the halves.  The output is to be the
    identity.
    """
    twice = Params(*(_side_by_side(gate, 1.0, 1.0) for gate in p))
    return twice._replace(g=_side_by_side(p.g, 2.0, -2.0))


def _side_by_side(gate, first, second):
    W, U, b = (
        np.concatenate([first * v, second * v], axis=-1) for v in gate
    )  # fmt: skip
    return Gate(W, np.concatenate([U, -U]), b)


def doubled(p):
    """Parameters of H units with the candidate σ(2a) for p, which has tanh a."""
    return p._replace(g=Gate(*(2.0 * v for v in p.g)))


def differences(seed, T, D, H, B):
    """How far each rewritten network is from its own: the largest |difference| of h.

    bare, squashed: `halves`, with the identity and with tanh for an output.
    single: `doubled`, with the identity; h is read as 2h - o, the shift taken once.
    """
    rng = np.random.default_rng(seed)
    p, xs = LSTM().init(rng, D, H), rng.normal(size=(T, B, D))
    off = {}
    for name, output in (("bare", "identity"), ("squashed", "tanh")):
        h, _, _ = unroll.forward(LSTM(output=output), p, xs)
        sigmoids = LSTM(candidate="sigmoid", output=output)
        both, _, _ = unroll.forward(sigmoids, halves(p), xs)
        off[name] = float(np.abs(both[..., :H] - both[..., H:] - h).max())
    blind = Params(*(Gate(q.W, 0 * q.U, q.b) for q in p))  # so that only c differs
    h, _, _ = unroll.forward(LSTM(output="identity"), blind, xs)
    one = LSTM(candidate="sigmoid", output="identity")
    half, _, k = unroll.forward(one, doubled(blind), xs)
    off["single"] = float(np.abs(2 * half - k.o - h).max())
    return off
