"""The one sequence that runs through the book, and a cell set by hand that counts it.

Brackets to count and a pause in which the count must be remembered.  An opening bracket
is +1, a closing one -1, any other character 0.  The scalar cell holds its gates open
with a bias of `GAIN` and lets the candidate follow the sign of the input:

    i = f = o = σ(8) = 0.9997,  g = tanh(8x)

so that c counts the open brackets.

Chapter: one-step, where the sequence is met first.
"""

TEXT = "(()())··"
GAIN = 8.0

# (W, U, b) of each gate and of the candidate: one number each
WEIGHTS = {
    "i": (0.0, 0.0, GAIN),
    "f": (0.0, 0.0, GAIN),
    "o": (0.0, 0.0, GAIN),
    "g": (GAIN, 0.0, 0.0),
}


def encode(text):
    """The inputs of a text, a list of floats: ( and [ are 1, ) and ] are -1, else 0."""
    return [float((mark in "([") - (mark in ")]")) for mark in text]


INPUTS = encode(TEXT)  # 1, 1, -1, 1, -1, -1, 0, 0
