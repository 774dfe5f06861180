"""What a practitioner gives by mistake, and the one sentence that comes back."""

import math

import numpy as np
import pytest

from lstm_core import fused, losses, padding, tasks, traces, train, tree, unroll
from lstm_core.activations import Activation
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.cells.lstm import LSTM, State
from lstm_core.cells.peephole import PeepholeLSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.cells.variants import NoForgetGate
from lstm_core.draws import Draws
from lstm_core.layers import (
    Bidirectional,
    Embedding,
    Linear,
    Model,
    Recurrent,
    Stack,
    Table,
)
from lstm_core.optim import SGD, Adam

T, B, D, H = 5, 2, 3, 4
CELL = LSTM()
VALUE = "expected value of {} to take z (3,) to an array (3,)"
LAYER = Recurrent(CELL, H)
BOTH, TWO, MODEL = Bidirectional(LAYER), Stack((LAYER, LAYER)), Model(LAYER, Linear(2))
P, P_BOTH, P_TWO, P_MODEL = (
    each.init(np.random.default_rng(0), D) for each in (LAYER, BOTH, TWO, MODEL)
)
XS = np.random.default_rng(1).normal(size=(T, B, D))
HS, STATE, TRACE = unroll.forward(CELL, P, XS)
ONES = np.ones((T, B, D))
ADDING = tasks.Adding(T=6, B=2)
ADDER = Model(Recurrent(CELL, H), Linear(1))


def drawn(cell):
    return cell.init(np.random.default_rng(0), D, H)


def forward(cell, p, xs=XS):
    return lambda: unroll.forward(cell, p, xs)


def made(thing, *sizes, rng=0, **more):
    return lambda: thing.init(rng, *sizes, **more)


GIVEN = {
    "model": ADDER,
    "start": ADDER.init(np.random.default_rng(0), 2),
    "draw": ADDING.draw,
    "loss": ADDING.loss,
    "optimiser": Adam(),
    "rng": np.random.default_rng(0),
    "steps": 1,
}


def fit(**changed):
    return lambda: list(train.fit(**GIVEN | changed))


RNG = "expected rng as a generator such as np.random.default_rng(0), got 0"
A_LAYER = "such as Recurrent(LSTM(), 4), got"
DRAWING = (
    *(tasks.Adding(), tasks.TemporalOrder(), tasks.Copy(), tasks.Register()),
    *(tasks.Rows(), tasks.DigitStrings(), tasks.Brackets(), tasks.Runs()),
    tasks.Text("abc" * 9, T=2),
)


class Tensor:
    """What another library has: a shape, and a type that NumPy does not know."""

    shape, ndim, dtype = (T, B, D), 3, "float32 of another library"


CASES = {
    # where it begins: generators, sizes, types
    "a seed for a cell": (made(CELL, D, H), RNG),
    "a seed for peepholes": (made(PeepholeLSTM(), D, H), RNG),
    "a seed for a projection": (made(ProjectedLSTM(P=2), D, H), RNG),
    "a seed for a readout": (made(Linear(2), D), RNG),
    "a seed for an embedding": (made(Embedding(2), D), RNG),
    "a seed for a model": (made(MODEL, D), RNG),
    **{f"a seed for {task}": (lambda t=task: t.draw(0), RNG) for task in DRAWING},
    **{
        f"a class for {task}": (
            lambda t=task: t.draw(np.random.Generator),
            RNG[:-1] + "<class 'numpy.random",
        )
        for task in DRAWING
    },
    "a class as generator": (
        made(MODEL, D, rng=Draws),
        RNG[:-1] + "<class 'lstm_core.draws.Draws'>",
    ),
    "no generator": (made(BOTH, D, rng=None), RNG[:-1] + "None"),
    "a size in halves": (
        made(CELL, D, 4.5, rng=np.random.default_rng(0)),
        "expected H as an integer, got 4.5",
    ),
    "a size in words": (
        made(CELL, "3", H, rng=np.random.default_rng(0)),
        "expected each size as an integer, got '3'",
    ),
    "a size that is true": (
        made(CELL, D, True, rng=np.random.default_rng(0)),
        "expected H as an integer, got True",
    ),
    "a negative size": (
        made(CELL, -1, H, rng=np.random.default_rng(0)),
        "expected each size >= 0, got -1",
    ),
    "integers to learn": (
        made(CELL, D, H, rng=np.random.default_rng(0), dtype=int),
        "expected dtype as a type of floats, got int64",
    ),
    "a function as activation": (
        lambda: LSTM(candidate=np.sin),
        'expected a name such as "tanh" or "leaky_relu(0.2)", got <ufunc \'sin\'>: '
        "make it an Activation(name, value, d1)",
    ),
    "an activation that returns nothing": (
        lambda: LSTM(candidate=Activation("none", lambda z: None, np.cos)),
        f"{VALUE.format('none')}, got array(None, dtype=object)",
    ),
    "an activation of one number": (
        lambda: LSTM(candidate=Activation("sin", math.sin, math.cos)),
        f"{VALUE.format('sin')}, got TypeError('only ",
    ),
    "an activation that adds up": (
        lambda: LSTM(candidate=Activation("sum", np.sum, np.cos)),
        f"{VALUE.format('sum')}, got array(0.)",
    ),
    "an activation in place of z": (
        lambda: LSTM(candidate=Activation("ours", lambda z: np.sin(z, z), np.cos)),
        f"{VALUE.format('ours')}, got ValueError('output array is read-only')",
    ),
    "an activation in place of z, at its fixed points": (
        lambda: LSTM(candidate=Activation("sign", lambda z: np.sign(z, z), np.cos)),
        f"{VALUE.format('sign')}, got ValueError('output array is read-only')",
    ),
    "no slope": (
        lambda: LSTM(candidate=Activation("sin", np.sin, None)),
        "expected d1 of sin to take z (3,) to an array (3,), "
        "got TypeError(\"'NoneType' object is not callable\")",
    ),
    "a slope that returns nothing": (
        lambda: LSTM(candidate=Activation("line", lambda z: z + 0, lambda z: None)),
        "expected d1 of line to take z (3,) to an array (3,), got array(None, ",
    ),
    "a slope of fewer": (
        lambda: LSTM(candidate=Activation("line", lambda z: z, lambda z: z[:2])),
        "expected d1 of line to take z (3,) to an array (3,), got array([-1.,  0.])",
    ),
    "no limit": (
        lambda: ProjectedLSTM(P=2, cell_clip=None),
        "expected cell_clip > 0, got None",
    ),
    "half an output": (
        lambda: ProjectedLSTM(P=2.5),
        "expected P as an integer, got 2.5",
    ),
    "half a step": (
        lambda: tasks.Adding(T=5.5),
        "expected Adding with T as an integer, got 5.5",
    ),
    # what layers are made of
    "a class as cell": (
        lambda: Recurrent(LSTM, H),
        "expected cell such as LSTM(), got the class LSTM",
    ),
    "cell and size exchanged": (
        lambda: Recurrent(H, CELL),
        "expected cell such as LSTM(), got int",
    ),
    "no units": (lambda: Recurrent(CELL, 0), "expected H >= 1, got 0"),
    "a cell both ways": (lambda: Bidirectional(CELL), f"expected layer {A_LAYER} LSTM"),
    "two both ways": (
        lambda: Bidirectional((LAYER, LAYER)),
        f"expected layer {A_LAYER} tuple",
    ),
    "a stack of one": (
        lambda: Stack(LAYER),
        "expected layers such as (Recurrent(LSTM(), 4),), got Recurrent",
    ),
    "a stack of cells": (
        lambda: Stack((LAYER, CELL)),
        f"expected layers[1] {A_LAYER} LSTM",
    ),
    "a list in a list": (
        lambda: Stack([[LAYER, LAYER]]),
        f"expected layers[0] {A_LAYER} list",
    ),
    "a model of a cell": (
        lambda: Model(CELL, Linear(2)),
        f"expected body {A_LAYER} LSTM",
    ),
    "a model in a model": (
        lambda: Model(MODEL, Linear(2)),
        f"expected body {A_LAYER} Model",
    ),
    "a model both ways": (
        lambda: Bidirectional(MODEL),
        f"expected layer {A_LAYER} Model",
    ),
    "a size as readout": (
        lambda: Model(LAYER, 2),
        "expected readout such as Linear(1), got int",
    ),
    "no outputs": (lambda: Linear(0), "expected size >= 1, got 0"),
    "no columns": (lambda: Embedding(0), "expected size >= 1, got 0"),
    # the parameters of another cell or layer
    "LSTM's in a GRU": (
        forward(GRU(), P),
        "expected p as GRU.init draws it, with p.b_hn, got i, f, o, g",
    ),
    "LSTM's with peepholes": (
        forward(PeepholeLSTM(), P),
        "expected p as PeepholeLSTM.init draws it, with p.v.f, got i, f, o, g",
    ),
    "peepholes in an LSTM": (
        forward(CELL, drawn(PeepholeLSTM())),
        "expected p as LSTM.init draws it, without p.v.f, got i, f, o, g, v",
    ),
    "no forget gate": (
        forward(CELL, drawn(NoForgetGate())),
        "expected p as LSTM.init draws it, with p.f.U, got i, o, g",
    ),
    "a forget gate too many": (
        forward(NoForgetGate(), P),
        "expected p as NoForgetGate.init draws it, without p.f.U, got i, f, o, g",
    ),
    "the other GRU's": (
        forward(GRUResetFirst(), drawn(GRU())),
        "expected p as GRUResetFirst.init draws it, without p.b_hn, got r, z, n, b_hn",
    ),
    "the whole model's": (
        forward(CELL, P_MODEL),
        "expected p as LSTM.init draws it, without p.body.f.U, got body, readout",
    ),
    "a list of gates": (
        forward(CELL, list(P)),
        "expected p as cell.init draws it, got list",
    ),
    "no cell": (
        forward("LSTM", P),
        "expected cell such as LSTM(), got str",
    ),
    "one layer's both ways": (
        lambda: BOTH.forward(P, XS),
        "expected p as Both(ahead, back), got Params",
    ),
    "one state both ways": (
        lambda: BOTH.forward(P_BOTH, XS, STATE),
        "expected state as Both(ahead, back), got State",
    ),
    "one layer's in a stack": (
        lambda: TWO.forward(P, XS),
        "expected p as a tuple of 2 parts, got 4",
    ),
    "nothing in a stack": (
        lambda: TWO.forward(None, XS),
        "expected p as cell.init draws it, got NoneType",
    ),
    "one state in a stack": (
        lambda: TWO.forward(P_TWO, XS, (STATE,)),
        "expected state as a tuple of 2 parts, got 1",
    ),
    "the body's in a model": (
        lambda: MODEL.forward(P, XS),
        "expected p as Parts(body, readout), got Params",
    ),
    "a cell's in a readout": (
        lambda: MODEL.forward(P_MODEL._replace(readout=P), XS),
        "expected p as Affine(W, b), got Params",
    ),
    "an array in an embedding": (
        lambda: Embedding(2).forward(np.ones((3, 2)), np.zeros((T, B), int)),
        "expected p as Table(W), got ndarray",
    ),
    "no inputs": (
        forward(CELL, P, None),
        "expected xs as an array of floats, got NoneType: convert it with np.asarray",
    ),
    "a tensor": (
        forward(CELL, P, Tensor()),
        "expected xs as an array of floats, got float32 of another library: convert",
    ),
    # the way back
    "no trace": (
        lambda: unroll.backward(CELL, P, None, HS),
        "expected trace as Trace(x, h_prev, c_prev, a_i, a_f, a_o, a_g, i, f, o, g, c, "
        "s, h), got NoneType",
    ),
    "all that forward returns": (
        lambda: unroll.backward(CELL, P, (HS, STATE, TRACE), HS),
        "expected trace as Trace(x, h_prev, c_prev, a_i, a_f, a_o, a_g, i, f, o, g, c, "
        "s, h), got tuple",
    ),
    "the trace of another cell": (
        lambda: unroll.backward(Elman(), drawn(Elman()), TRACE, HS),
        "expected trace as Trace(x, h_prev, a, h), got Trace(x, h_prev, c_prev, a_i, ",
    ),
    "parameters of another H": (
        lambda: unroll.backward(
            CELL, CELL.init(np.random.default_rng(0), D, 6), TRACE, HS
        ),
        "expected trace.h of shape (5, 2, 6), got (5, 2, 4)",
    ),
    "parameters of another D": (
        lambda: unroll.backward(
            CELL, CELL.init(np.random.default_rng(0), 1, H), TRACE, HS
        ),
        "expected trace.x of shape (5, 2, 1), got (5, 2, 3)",
    ),
    "the cell's trace to a layer": (
        lambda: LAYER.backward(P, TRACE, HS),
        "expected trace as Run(steps, lengths), got Trace",
    ),
    "the cell's trace both ways": (
        lambda: BOTH.backward(P_BOTH, TRACE, HS),
        "expected trace as Run(steps, lengths), got Trace",
    ),
    "half of what comes back": (
        lambda: BOTH.backward(P_BOTH, BOTH.forward(P_BOTH, XS)[2], HS),
        "expected dys of shape (5, 2, 8), got (5, 2, 4)",
    ),
    "no trace of a model": (
        lambda: MODEL.backward(P_MODEL, None, HS),
        "expected trace as Parts(body, readout), got NoneType",
    ),
    "dys of the body": (
        lambda: MODEL.backward(P_MODEL, MODEL.forward(P_MODEL, XS)[2], HS),
        "expected dys of shape (5, 2, 2), got (5, 2, 4)",
    ),
    "dys in a list": (
        lambda: MODEL.backward(P_MODEL, MODEL.forward(P_MODEL, XS)[2], [[[1.0, 2.0]]]),
        "expected dys as an array of floats, got list: convert it with np.asarray",
    ),
    "dys of an embedding": (
        lambda: Embedding(2).backward(
            Table(np.ones((3, 2))), (np.zeros((T, B), int),), ONES
        ),
        "expected dys of shape (5, 2, 2), got (5, 2, 3)",
    ),
    # losses, masks, lengths
    "a mask for every output": (
        lambda: losses.mse(ONES, ONES, ONES),
        "expected mask of shape (5, 2), got (5, 2, 3)",
    ),
    "a mask of words": (
        lambda: losses.mse(ONES, ONES, np.full((T, B), "no")),
        "expected mask as booleans or weights, got <U2",
    ),
    "a mask of NaN": (
        lambda: losses.mse(ONES, ONES, np.full((T, B), np.nan)),
        "expected a mask with at least one step that counts, got none",
    ),
    "targets one-hot": (
        lambda: losses.cross_entropy(ONES, ONES.astype(int)),
        "expected targets of shape (5, 2), got (5, 2, 3)",
    ),
    "outputs in a list": (
        lambda: losses.logistic(ONES.tolist(), ONES),
        "expected ys as an array of floats, got list: convert it with np.asarray",
    ),
    "outputs of integers": (
        lambda: losses.mse(ONES.astype(int), ONES),
        "expected ys as an array of floats, got int64: convert it with np.asarray",
    ),
    "all that a model returns": (
        lambda: losses.mse(MODEL.forward(P_MODEL, XS), ONES),
        "expected ys such as model.forward(p, xs)[0], got tuple",
    ),
    "no outputs to judge": (
        lambda: losses.mse(None, ONES),
        "expected ys as an array of floats, got NoneType: convert it with np.asarray",
    ),
    "answers of -1 and 1": (
        lambda: losses.logistic(ONES, np.sign(XS)),
        "expected targets from 0 to 1, got -1.0 to 1.0",
    ),
    "answers of NaN": (
        lambda: losses.logistic(ONES, np.nan * XS),
        "expected targets from 0 to 1, got nan to nan",
    ),
    "outputs of one step": (
        lambda: losses.mse(ONES[0], ONES[0]),
        "expected ys of shape (T, B, K), got (2, 3)",
    ),
    "labels of one step": (
        lambda: losses.ctc(ONES[0], np.ones((B, 1), int)),
        "expected ys of shape (T, B, K), got (2, 3)",
    ),
    "a mask for lengths": (
        lambda: padding.reverse(XS, np.ones((T, B), bool)),
        "expected lengths as 2 integers from 0 to 5, got [[True, True], [True, True],",
    ),
    # training and looking at traces
    "a task for draw": (
        fit(draw=ADDING),
        "expected draw such as task.draw, got Adding",
    ),
    "a draw of two arrays": (
        fit(draw=lambda rng: ADDING.draw(rng)[:2]),
        "expected batch such as Batch(xs, ys, mask), got tuple",
    ),
    "a cell to train": (
        fit(model=CELL),
        "expected model such as Model(body, readout), got LSTM",
    ),
    "a model and its parameters exchanged": (
        fit(model=GIVEN["start"], start=ADDER),
        "expected model such as Model(body, readout), got Parts",
    ),
    "no clip, as elsewhere": (fit(clip=None), "expected clip such as 1.0, got None"),
    "a loss by name": (fit(loss="mse"), "expected loss such as task.loss, got str"),
    "Adam itself": (
        fit(optimiser=Adam),
        "expected optimiser such as Adam(1e-2), got the class Adam",
    ),
    "a seed for training": (fit(rng=0), RNG),
    "a layer of other units": (
        lambda: Recurrent(CELL, 9).forward(P, XS),
        "expected outputs by p of shape (5, 2, 9), got (5, 2, 4)",
    ),
    "outputs of other sizes": (
        lambda: ADDING.correct(np.ones((6, 2, 3)), ADDING.draw(GIVEN["rng"])),
        "expected outputs of shape (6, 2, 1), got (6, 2, 3)",
    ),
    "chunks of nothing": (
        lambda: tasks.exact(MODEL, P_MODEL, tasks.Runs("ab"), 10, chunk=0),
        "expected chunk >= 1, got 0",
    ),
    "examples up to 1e3": (
        lambda: tasks.exact(MODEL, P_MODEL, tasks.Runs("ab"), 1e3),
        "expected upto as an integer, got 1000.0",
    ),
    "memory of another optimiser": (
        fit(start=next(train.fit(**GIVEN)), optimiser=SGD(0.1)),
        "expected start.memory as a tuple of shapes {}, got {'k': (), ",
    ),
    "steps in floats": (fit(steps=1e3), "expected steps as an integer, got 1000.0"),
    "a GRU, fused": (
        fit(model=Model(Recurrent(GRU(), H), Linear(1)), grad=fused.value_and_grad),
        "expected a recurrent LSTM with a linear readout, got Model(body=Recurrent(",
    ),
    "a layer's trace": (
        lambda: traces.squashed(CELL, LAYER.forward(P, XS)[2]),
        "expected trace as Trace(x, h_prev, c_prev, a_i, a_f, a_o, a_g, i, f, o, g, c, "
        "s, h), got Run(steps, lengths)",
    ),
    "a layer for its cell": (
        lambda: traces.squashed(LAYER, TRACE),
        "expected cell such as LSTM(), got Recurrent",
    ),
    "cell and trace exchanged": (
        lambda: traces.squashed(TRACE, CELL),
        "expected cell such as LSTM(), got Trace",
    ),
    "a cell by name": (
        lambda: traces.squashed("LSTM", TRACE),
        "expected cell such as LSTM(), got str",
    ),
    "a trace of the LSTM for a GRU": (
        lambda: traces.squashed(GRU(), TRACE),
        "expected trace as Trace(x, h_prev, a_r, a_z, a_n, r, z, m, n, h), got Trace(",
    ),
    "a state for a trace": (
        lambda: traces.squashed(CELL, STATE),
        "expected trace as Trace(x, h_prev, c_prev, a_i, a_f, a_o, a_g, i, f, o, g, c, "
        "s, h), got State(h, c)",
    ),
    # languages
    "no n": (
        lambda: tasks.Runs("ab").example(0),
        "expected n >= 1, got 0",
    ),
    "half an n": (
        lambda: tasks.Brackets().examples([2.5]),
        "expected n as an integer, got 2.5",
    ),
    "an n below 0": (
        lambda: tasks.Brackets(2).example(-1),
        "expected n >= 0, got -1",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_in_one_sentence(case):
    mistake, sentence = CASES[case]
    with pytest.raises((TypeError, ValueError)) as error:
        mistake()
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_what_is_right_passes():
    assert len(fit()()) == 1
    for each, p in ((LAYER, P), (BOTH, P_BOTH), (TWO, P_TWO), (MODEL, P_MODEL)):
        ys, state, trace = each.forward(p, XS)
        dp, dxs, dstate = each.backward(p, trace, np.ones_like(ys))
        assert dxs.shape == XS.shape
        again = each.forward(p, XS, state, lengths=[T, 3])
        assert each.backward(p, again[2], np.ones_like(ys), dstate)[1].shape == XS.shape
    assert TWO.forward(list(P_TWO), XS)[0].shape == (T, B, H)  # as read from a file


class Last:
    """A readout of one's own: nothing follows it, so nobody asks for its size."""

    init, forward, backward = Linear(2).init, Linear(2).forward, Linear(2).backward


def test_a_readout_needs_no_size():
    model = Model(LAYER, Last())
    p = model.init(np.random.default_rng(0), D)
    ys, _, trace = model.forward(p, XS)
    assert model.backward(p, trace, np.ones_like(ys))[1].shape == XS.shape


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_diverges_is_told_by_its_loss():
    """Numbers of the reader's may be refused; not those that a model has come to."""
    cell = LSTM(gates="relu", candidate="relu", output="relu")
    model = Model(Recurrent(cell, 2), Linear(2))
    p = model.init(np.random.default_rng(0), 2)
    p = tree.map(lambda leaf: np.full_like(leaf, 1e60), p)
    batch = tasks.Batch(np.ones((6, 2, 2)), np.ones((6, 2, 2)), None)
    assert not np.isfinite(train.value_and_grad(model, p, batch, losses.mse)[0])


def test_a_cell_prints_as_its_choices_even_with_an_activation_of_ones_own():
    own = Activation("bump", np.sin, np.cos, kinks=[], range=[-1, 1])
    assert repr(Elman(own)) == "Elman(activation=bump)"
    assert unroll.forward(Elman(own), drawn(Elman()), XS)[0].shape == (T, B, H)


def test_another_state_is_still_told_by_its_shapes():
    with pytest.raises(ValueError, match="expected state as a State of shapes"):
        TWO.forward(P_TWO, XS, STATE)  # two parts, but of one layer
    small = State(*tree.map(lambda a: a[:1], STATE))
    with pytest.raises(ValueError, match="expected state as a State of shapes"):
        LAYER.forward(P, XS, small)
