"""Recurrent cells: each says what one step does, and how its gradient runs back.

A cell is an immutable record of choices (its activations) with three methods:
`init` draws parameters, `step` goes one step forwards and returns a trace, and
`step_back`, beside it, takes that trace and the gradients at the end of the step to
those at its start.  A cell knows nothing of time; `lstm_core.unroll` does.
"""
