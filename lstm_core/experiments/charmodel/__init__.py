"""A character model of Python source code, and what its cells do.

    model, p, alphabet = charmodel.load()          # as shipped, eight bits a weight
    logits, trace = charmodel.read(p, charmodel.excerpt())
    p0 = charmodel.birth(seed=0)                   # the weights that it began with

It reads SymPy's own sources, one character a step, and says which comes next; 100 cells
in one layer.  Trained by

    python -m lstm_core.experiments.charmodel --seed 0

Chapter: saturation.
"""

from lstm_core.experiments.charmodel.brackets import correlations, depth
from lstm_core.experiments.charmodel.corpus import ALPHABET
from lstm_core.experiments.charmodel.shipped import birth, excerpt, load, read

__all__ = ["ALPHABET", "birth", "correlations", "depth", "excerpt", "load", "read"]
