"""Layers: what turns one sequence into another, each with its way back.

Every layer is a frozen record of choices with three methods and, unless it is the last,
the `size` of its outputs:

    init(rng, D, dtype=float64) -> p
    forward(p, xs, state=None, lengths=None) -> (ys, state, trace)
    backward(p, trace, dys, dstate=None) -> (dp, dxs, dstate)

xs (T, B, D) becomes ys (T, B, size).  state is what the layer carries from one piece
of a sequence to the next, None where there is nothing to carry; lengths (B,) are those
of sequences that are padded at their ends.  Bigger layers take smaller ones as
arguments.  A leading axis E of all parameters trains E models at once, on xs
(T, E, B, D) or on shared xs (T, B, D); the gradient of xs has the axis in either case.
A layer made of something else, and a method given the records of another layer, raise
TypeError or ValueError, with a sentence that says what was expected.

Chapter: stacking.
"""

from lstm_core.layers.recurrent import Bidirectional, Both, Recurrent, Run
from lstm_core.layers.stack import Model, Parts, Stack
from lstm_core.layers.stepwise import Affine, Embedding, Linear, Table

__all__ = [
    "Affine",
    "Bidirectional",
    "Both",
    "Embedding",
    "Linear",
    "Model",
    "Parts",
    "Recurrent",
    "Run",
    "Stack",
    "Table",
]
