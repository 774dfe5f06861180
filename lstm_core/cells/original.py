"""The LSTM of 1997: no forget gate, its own squashers, and its own learning rule.

The candidate is squashed into (-2, 2) and the cell into (-1, 1) on its way out
(Hochreiter and Schmidhuber, 1997).  Everything else is `NoForgetGate`.

Chapter: history.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.activations import Activation
from lstm_core.cells.lstm import State
from lstm_core.cells.variants import NoForgetGate


@dataclass(frozen=True)
class OriginalLSTM(NoForgetGate):
    """The cell of 1997; slots as in `LSTM`, f unused.

    truncated: learn as the paper did.  An error that has reached the pre-activation of
        a gate or of the candidate changes the weights there but goes no further back
        in time, so that only the cell carries errors.  False: the exact gradient.
    """

    candidate: Activation = "g_1997"
    output: Activation = "h_1997"
    truncated: bool = False

    def step_back(self, p, k, d):
        """Back through one step, as `LSTM.step_back`; truncated, ∂L/∂h before it is 0.

        The gradient of x is whole in both: it stays within the step.
        """
        dp, dx, d_prev = NoForgetGate.step_back(self, p, k, d)
        if self.truncated:
            d_prev = State(h=np.zeros_like(d_prev.h), c=d_prev.c)
        return dp, dx, d_prev
