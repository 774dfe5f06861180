"""Every cell, stated once more from its paper, for whoever can differentiate it.

Each function takes s, p, x and the state (h, or h and c) to the new state.  s has the
squasher of each slot of the cell, clip(z, limit), and held(z), which is z, but passes
no gradient on; p has the names of our parameters.  x, h and c are row vectors: tensors
of PyTorch, or the symbols of SymPy for one unit.
"""

from types import SimpleNamespace

from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.peephole import PeepholeLSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.cells.variants import (
    CoupledLSTM,
    NoForgetGate,
    NoInputGate,
    without_output_squash,
)


def squashers(cell, squash, **more):
    """The s of a cell, from squash(name, z); its other fields stay as they are."""

    def slot(value):
        name = getattr(value, "name", None)
        return value if name is None else lambda z: squash(name, z)

    slots = {name: slot(value) for name, value in vars(cell).items()}
    return SimpleNamespace(**slots, **more)


def affine(gate, x, h):
    return x @ gate.W + h @ gate.U + gate.b


def lstm(s, p, x, h, c):
    i, f, o = s.i(affine(p.i, x, h)), s.f(affine(p.f, x, h)), s.o(affine(p.o, x, h))
    c = f * c + i * s.candidate(affine(p.g, x, h))
    return o * s.output(c), c


def peephole(s, p, x, h, c):
    i = s.i(affine(p.i, x, h) + p.v.i * c)
    f = s.f(affine(p.f, x, h) + p.v.f * c)
    c = f * c + i * s.candidate(affine(p.g, x, h))
    return s.o(affine(p.o, x, h) + p.v.o * c) * s.output(c), c


def coupled(s, p, x, h, c):
    f = s.f(affine(p.f, x, h))
    c = f * c + (1 - f) * s.candidate(affine(p.g, x, h))
    return s.o(affine(p.o, x, h)) * s.output(c), c


def no_input_gate(s, p, x, h, c):
    c = s.f(affine(p.f, x, h)) * c + s.candidate(affine(p.g, x, h))
    return s.o(affine(p.o, x, h)) * s.output(c), c


def no_forget_gate(s, p, x, h, c):
    c = c + s.i(affine(p.i, x, h)) * s.candidate(affine(p.g, x, h))
    return s.o(affine(p.o, x, h)) * s.output(c), c


def truncated(s, p, x, h, c):
    return no_forget_gate(s, p, x, s.held(h), c)


def projected(s, p, x, h, c):
    i, f, o = s.i(affine(p.i, x, h)), s.f(affine(p.f, x, h)), s.o(affine(p.o, x, h))
    c = f * c + i * s.candidate(affine(p.g, x, h))
    c = s.clip(c, s.cell_clip)
    return s.clip((o * s.output(c)) @ p.R, s.output_clip), c


def gru(s, p, x, h):
    r, z = s.r(affine(p.r, x, h)), s.z(affine(p.z, x, h))
    n = s.candidate(x @ p.n.W + p.n.b + r * (h @ p.n.U + p.b_hn))
    return (z * h + (1 - z) * n,)


def gru_reset_first(s, p, x, h):
    r, z = s.r(affine(p.r, x, h)), s.z(affine(p.z, x, h))
    return (z * h + (1 - z) * s.candidate(affine(p.n, x, r * h)),)


def elman(s, p, x, h):
    return (s.activation(affine(p, x, h)),)


OTHER = {"o": "softplus", "candidate": "sine", "output": "g_1997"}
I, F = {"i": "softsign"}, {"f": "tempered_sigmoid"}
CLIPPED = ProjectedLSTM(P=2, cell_clip=0.6, output_clip=0.03)
CELLS = [
    (LSTM(), lstm),
    (LSTM(**I, **F, **OTHER), lstm),
    (without_output_squash(gates="hard_sigmoid"), lstm),
    (PeepholeLSTM(), peephole),
    (PeepholeLSTM(**I, **F, **OTHER), peephole),
    (CoupledLSTM(), coupled),
    (CoupledLSTM(**F, **OTHER), coupled),
    (NoInputGate(), no_input_gate),
    (NoInputGate(**F, **OTHER), no_input_gate),
    (NoForgetGate(), no_forget_gate),
    (NoForgetGate(**I, **OTHER), no_forget_gate),
    (OriginalLSTM(), no_forget_gate),
    (OriginalLSTM(truncated=True), truncated),
    (ProjectedLSTM(P=2), projected),
    (ProjectedLSTM(**I, **F, **OTHER, P=2), projected),
    (CLIPPED, projected),
    (GRU(), gru),
    (GRU(r="softsign", z="tempered_sigmoid", candidate="sine"), gru),
    (GRUResetFirst(), gru_reset_first),
    (GRUResetFirst(r="softsign", z="softplus", candidate="sine"), gru_reset_first),
    (Elman(), elman),
    (Elman("softsign"), elman),
]

# Slips that every route must see: a method of the cell, and what to write in it.
BUGS = [
    (LSTM(), lstm, "step", "+ i * g", "+ o * g"),
    (LSTM(), lstm, "step_back", "dc * k.g", "dc * k.i"),
    (PeepholeLSTM(), peephole, "step", "+ c * p.v.o", "+ c_prev * p.v.o"),
    (CoupledLSTM(), coupled, "step_back", "(k.c_prev - k.g)", "k.c_prev"),
    (NoInputGate(), no_input_gate, "step", "f * c_prev + g", "f * (c_prev + g)"),
    (NoForgetGate(), no_forget_gate, "step_back", "dc * k.g", "dc"),
    (ProjectedLSTM(P=2), projected, "step_back", "dm * k.s", "dm * k.c"),
    (CLIPPED, projected, "step_back", " * clip_d1(k.a_c, self.cell_clip)", ""),
    (CLIPPED, projected, "step_back", " * clip_d1(k.a_h, self.output_clip)", ""),
    (CLIPPED, projected, "step", "clip(a_h, self.output_clip)", "a_h"),
    (GRU(), gru, "step", "(1 - z) * n + z * h_prev", "z * n + (1 - z) * h_prev"),
    (GRU(), gru, "step_back", "dm = da_n * k.r", "dm = da_n"),
    (GRUResetFirst(), gru_reset_first, "step", "r * h_prev", "r * h_prev + 0.1"),
    (Elman(), elman, "step_back", "d.h * self", "0.5 * d.h * self"),
]


def label(value):
    """A name for pytest: that of the statement, or the candidate's squasher."""
    row = getattr(value, "candidate", None)
    return getattr(value, "__name__", None) or getattr(row, "name", "")
