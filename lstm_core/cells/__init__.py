"""Recurrent cells: each says what one step does, and how its gradient runs back.

A cell is an immutable record of choices (its activations) with four methods:
`init` draws parameters, `zero_state` is where a sequence starts, `step` goes one step
forwards and returns a trace, and `step_back`, beside it, takes that trace and the
gradients at the end of the step to those at its start.  A cell knows nothing of time;
`lstm_core.unroll` does.
"""
