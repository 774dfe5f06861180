"""Exercises of the chapter "saturation": wrong answers and what they are told."""

import numpy as np

from lstm_core.exercises import saturation

RIGHT = {"sigmoid": np.log(9), "tanh": np.arctanh(0.8), "slope left": 0.36}


def centred(v):
    return v - v.mean(axis=0)


def follows(values, wanted):
    v, w = centred(values), centred(wanted)
    return w @ v / np.sqrt((v**2).sum(axis=0) * (w**2).sum())


def global_mean(values, wanted):
    v, w = values - values.mean(), centred(wanted)
    return w @ v / np.sqrt((v**2).sum(axis=0) * (w**2).sum())


def half_life(f):
    return np.log(2) / -np.log(f).mean(axis=0)


MISTAKES = {
    "7.1": [
        (RIGHT | {"sigmoid": 0.9}, "that is the value"),
        (RIGHT | {"sigmoid": -np.log(9)}, "where σ is 0.1"),
        (RIGHT | {"sigmoid": np.log(19)}, "a tenth of a range of 1"),
        (RIGHT | {"tanh": np.log(9)}, "that is for σ"),
        (RIGHT | {"tanh": np.arctanh(0.9)}, "2 wide"),
        (RIGHT | {"slope left": 0.09}, "the slope of σ itself"),
        (RIGHT | {"slope left": 0.64}, "the part that is lost"),
        (RIGHT | {"slope left": 36}, "in per cent"),
        (RIGHT | {"slope left": 0.5}, "a smaller number"),
    ],
    "7.2": [
        (lambda v, w: follows(v, w) ** 2, "that is r²"),
        (lambda v, w: np.abs(follows(v, w)), "without its sign"),
        (lambda v, w: centred(w) @ centred(v) / len(w), "the covariance"),
        (lambda v, w: centred(w) @ centred(v), "the sum of products"),
        (lambda v, w: w @ v / np.sqrt((v * v).sum(0) * (w @ w)), "taken away first"),
        (lambda v, w: follows(v, w) * len(w), "std divides by T"),
        (lambda v, w: centred(w) @ v / (centred(w) ** 2).sum(), "that is a slope"),
        (global_mean, "the mean over time is that of each cell"),
        (lambda v, w: follows(v, w).max(), "a single number"),
        (lambda v, w: follows(v.T, w), "your function stopped"),
        (lambda v, w: -follows(v, w), "only the sign"),
    ],
    "7.3": [
        (lambda f: np.log(2) / -np.log(f.mean(axis=0)), "the fractions multiply"),
        (lambda f: 1 / -np.log(f).mean(axis=0), "factor ln 2"),
        (lambda f: np.log(2) / np.log(f).mean(axis=0), "the signs cancel"),
        (lambda f: np.exp(np.log(f).mean(axis=0)), "left after one step"),
        (lambda f: (np.log(2) / -np.log(f)).mean(axis=0), "one open step"),
        (lambda f: np.log(2) / -np.log(f).mean(axis=1), "shape (100,)"),
        (lambda f: 1 / (1 - f.mean(axis=0)), "steady write"),
        (lambda f: np.log(2) / -np.log(f).sum(axis=0), "take their mean"),
        (lambda f: -np.log(f).mean(axis=0) / np.log(2), "upside down"),
    ],
}


PASSING = [
    ("7.1", RIGHT),
    ("7.1", {"sigmoid": 2.197, "tanh": 1.1, "slope left": 0.36}),
    ("7.2", follows),
    ("7.2", lambda v, w: np.array([np.corrcoef(one, w)[0, 1] for one in v.T])),
    ("7.3", half_life),
    ("7.3", lambda f: np.log(0.5) / np.mean(np.log(f), axis=0)),
]


def test_the_network_is_read_once():
    assert saturation._trace() is saturation._trace()
