"""An exact, readable LSTM in NumPy, with every activation swappable.

Importing the package loads NumPy and nothing else.  Start with
`lstm_core.cells.lstm` (one step, forwards and backwards), then
`lstm_core.unroll` (time) and `lstm_core.activations` (the table of squashers);
`lstm_core.layers`, `lstm_core.tasks` and `lstm_core.train` are for models that learn.
"""

__version__ = "0.1.0"
