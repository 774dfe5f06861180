"""A fast LSTM: the mathematics of `cells.lstm.LSTM.step`, laid out for the machine.

`step` says what is computed; this module computes the same numbers, to their last few
bits, several times faster.  A step is three products, o · s, i · g and f · c, of a gate
and of what it lets through.  They are kept that way: gates o, i, f above each other,
and values s, g, c above each other.  The rest follows from three decisions.

*Columns are samples.*  A block of H rows and B columns (E · B for an ensemble) is one
contiguous piece of memory, and so are blocks above each other: σ of three gates is one
call, and so are i · g and f · c.  (While all gates are σ they are kept as 1 + e⁻ᵃ, and
the products are quotients: one call less.)

*One matrix holds all parameters*, theta.  Its rows are the gates o, i, f, the candidate
g and the readout y; its columns meet 1 (the biases), x and h.  One product a step gives
all pre-activations and the readout of the step before; one product a step backwards
gives ∂L/∂h; one product for each chunk of steps gives ∂L/∂theta.

*Calls are bound once.*  A `Plan` allocates the arrays for T steps and lists the NumPy
calls on them, in order.  To run it is to call them all.

Slopes are taken for a chunk of steps at a time, while it is in the cache.  They keep
their relative precision in both tails, as those of `activations` do: σ' is e⁻ᵃ · y · y,
and tanh' is 1 - y² only while that stays above `TAIL`.

To train a `Model(Recurrent(LSTM(...), H), Linear(O))`, or E of them at once:

    theta = pack(*model.init(rng, D))
    for step in fit(model, theta, draw, loss, optimiser, rng, steps,
                    grad=fused.value_and_grad): ...
    p, readout = unpack(step.p, H)

Appendix: speed.
"""

import math
from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from lstm_core import activations, losses, padding, tree, unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params, State, Trace
from lstm_core.layers import Linear

TAIL = 1 / 64  # below it 1 - y² has lost two of its sixteen digits
CACHE = 2**21  # bytes for what the slopes of one chunk of steps are computed from
PAGE = 2**21  # bytes of a large page
SHORT = 1200, 10**6  # entries and products of what OpenBLAS multiplies in place


# --- one matrix of parameters -------------------------------------------------------


class Readout(NamedTuple):
    """Weights W (H, O) and b (O,) of the readout y = hW + b."""

    W: np.ndarray
    b: np.ndarray


def pack(p, readout):
    """theta (4H + O, 1 + D + H) of an LSTM's Params and of its readout's W and b.

    An ensemble has the axis E in front.  Where the rows of the readout meet x, theta
    is 0, and so is its gradient.
    """
    *E, D, H = p.i.W.shape
    theta = np.zeros((*E, 4 * H + readout.b.shape[-1], 1 + D + H), p.i.W.dtype)
    views = tree.leaves(unpack(theta, H))
    for (_, view), (_, leaf) in zip(views, tree.leaves((p, readout)), strict=True):
        view[...] = leaf
    return theta


def unpack(theta, H):
    """The (Params, Readout) that theta holds: views, which change when it does."""
    rows = np.split(theta, [H, 2 * H, 3 * H, 4 * H], axis=-2)
    o, i, f, g, y = (_gate(block, H) for block in rows)
    return Params(i, f, o, g), Readout(y.U, y.b)


def _gate(rows, H):
    b, W, U = np.split(rows, [1, rows.shape[-1] - H], axis=-1)
    return Gate(W.mT, U.mT, b[..., 0])


# --- squashing in place -------------------------------------------------------------
# Each family of the activation table knows calls for its value and slope.  Its numbers
# are read off the row, and the row's own functions serve every other activation.


def _bind(function, *operands):
    """The call of a ufunc, the last operand being where to put what comes out."""
    *taken, out = operands  # numbers as arrays: NumPy takes them up sooner
    shape = out.shape if function in (np.maximum, np.minimum) else ()
    taken = [_full(v, shape, out.dtype) if np.isscalar(v) else v for v in taken]
    return (
        partial(function, *taken, out=out) if shape else partial(function, *taken, out)
    )


_full = cache(lambda number, shape, dtype: np.full(shape, number, dtype))


class Squash:
    """Any activation φ; e is room for what the slope can use again."""

    scale = 1.0  # what a comes multiplied by

    def __init__(self, row):
        self.row, (self.low, self.high) = row, row.range
        slopes = row.d1(np.array([-1.0, 0.0]))
        self.left, self.middle = np.broadcast_to(slopes, 2).tolist()

    def value(self, a, e, y):
        """Calls that put φ(a) into y."""
        if isinstance(self.row.value, np.ufunc):
            return [_bind(self.row.value, a, y)]
        return [lambda: np.copyto(y, self.row.value(a))]

    def slope(self, a, e, y, d):
        """Calls that put φ'(a) into d, given y and e."""
        return [lambda: np.copyto(d, self.row.d1(a))]


class Sigmoid(Squash):
    """σ(kz) = 1 / (1 + e), where e = e⁻ᵏᶻ is had as a power of two."""

    def __init__(self, row):
        super().__init__(row)
        self.k = 4 * self.middle
        self.scale = -self.k / np.log(2)

    def value(self, a, e, y):
        return [_bind(np.exp2, a, e), _bind(np.add, e, 1, y), *self.invert(y)]

    def invert(self, y):
        return [_bind(np.divide, 1, y, y)]

    def slope(self, a, e, y, d, let=np.multiply):
        """With let=np.divide, y is 1 + e still."""
        calls = [partial(_finite, e), _bind(let, e, y, d), _bind(let, d, y, d)]
        return calls + [_bind(np.multiply, d, self.k, d)] * (self.k != 1)


def _finite(e):
    if not e.max() < np.inf:  # where y is 0, and so shall e · y · y be
        np.minimum(e, np.finfo(e.dtype).max, out=e)


class Tanh(Squash):
    """high · tanh(z / width)."""

    def __init__(self, row):
        super().__init__(row)
        self.scale = self.middle / self.high

    def value(self, a, e, y):
        calls = [_bind(np.tanh, a, y)]
        return calls + [_bind(np.multiply, y, self.high, y)] * (self.high != 1)

    def slope(self, a, e, y, d):
        return [partial(self.slopes(y, d, [(a, d)], e[None]), y[-1])]

    def slopes(self, y, d, parts, room, rest=()):
        """A call that puts the slopes at a into d, for the parts (a, d) of y and d.

        rest: calls that fill what else d has.  room, for as many numbers as the parts:
        the tails are computed there, and twice as fast if it has no gaps.
        The call takes some of y, of any part.  Should one of these be in the upper
        tail, as soon happens in training, it need not try 1 - y² for all.
        """
        ratio, least = self.middle / self.high**2, TAIL * self.middle
        far = 0.6 * np.log(np.finfo(d.dtype).max)
        bulk = [_bind(np.multiply, y, y, d)]
        bulk += [_bind(np.multiply, d, ratio, d)] * (ratio != 1)
        bulk += [_bind(np.subtract, self.middle, d, d), *rest]
        places = list(zip(room, parts, strict=True))
        tails = [
            *(partial(np.copyto, copy, a) for copy, (a, _) in places),
            partial(_clip_if_far, room, far),
            _bind(np.cosh, room, room),
            _bind(np.square, room, room),
            _bind(np.divide, self.middle, room, room),
            *(partial(np.copyto, d, copy) for copy, (_, d) in places),
            *rest,
        ]

        def call(some):
            if self.middle - ratio * np.square(some.max()) > least:
                for one in bulk:
                    one()
                if d.min() > least:
                    return
            for one in tails:
                one()

        return call


def _clip_if_far(room, far):
    """Clip where cosh would be slow to overflow, to judge by the last step."""
    if not np.abs(room[:, -1]).max() < far / 2:
        room.clip(-far, far, room)


class Clipped(Squash):
    """A straight line, clipped to its range."""

    def value(self, a, e, y):
        left, _ = self.row.kinks
        offset = self.low - self.middle * left
        calls = [_bind(np.multiply, a, self.middle, y)] * (self.middle != 1)
        a = y if calls else a
        calls += [_bind(np.add, a, offset, y)] * (offset != 0)
        a = y if calls else a
        return [
            *calls,
            _bind(np.maximum, a, self.low, y),
            _bind(np.minimum, y, self.high, y),
        ]

    def slope(self, a, e, y, d):
        """The kinks lie alike on both sides of 0."""
        calls = [_bind(np.absolute, a, d), _bind(np.less, d, self.row.kinks[1], d)]
        return calls + [_bind(np.multiply, d, self.middle, d)] * (self.middle != 1)


class Rectifier(Squash):
    """z where z > 0, else left · z."""

    def value(self, a, e, y):
        if self.left:
            return [_bind(np.multiply, a, self.left, e), _bind(np.maximum, a, e, y)]
        return [_bind(np.maximum, a, 0, y)]

    def slope(self, a, e, y, d):
        calls = [_bind(np.greater, a, 0, d)]
        if self.left:
            calls += [_bind(np.multiply, d, 1 - self.left, d)]
            calls += [_bind(np.add, d, self.left, d)]
        return calls


class Step(Squash):
    """(1 + sign z) / 2, which is flat."""

    def value(self, a, e, y):
        calls = [_bind(np.sign, a, y), _bind(np.add, y, 1, y)]
        return [*calls, _bind(np.multiply, y, 0.5, y)]

    def slope(self, a, e, y, d):
        return [partial(d.fill, 0)]


class Softsign(Squash):
    """z / (1 + |z|), with e = 1 + |z|."""

    def value(self, a, e, y):
        calls = [_bind(np.absolute, a, e), _bind(np.add, e, 1, e)]
        return [*calls, _bind(np.divide, a, e, y)]

    def slope(self, a, e, y, d):
        return [_bind(np.divide, 1, e, d), _bind(np.multiply, d, d, d)]


class Softplus(Squash):
    """log(1 + e), where e = eᶻ, or z where that is more: it may not overflow."""

    def value(self, a, e, y):
        most = np.log(np.finfo(a.dtype).max) - 1
        calls = [_bind(np.minimum, a, most, e), _bind(np.exp, e, e)]
        return [*calls, _bind(np.log1p, e, y), _bind(np.maximum, y, a, y)]

    def slope(self, a, e, y, d):
        return [_bind(np.add, e, 1, d), _bind(np.divide, e, d, d)]


class Sine(Squash):
    """2e / (1 + e²), where e = tan(z / 2); its slope is 1 - e · y."""

    scale = 0.5

    def value(self, a, e, y):
        calls = [_bind(np.tan, a, e), _bind(np.multiply, e, e, y)]
        calls += [_bind(np.add, y, 1, y), _bind(np.divide, e, y, y)]
        return [*calls, _bind(np.add, y, y, y)]

    def slope(self, a, e, y, d):
        return [_bind(np.multiply, e, y, d), _bind(np.subtract, 1, d, d)]


FAMILIES = {
    Sigmoid: ("sigmoid", "tempered_sigmoid"),
    Tanh: ("tanh", "g_1997", "h_1997", "sigmoid_shifted", "sigmoid_signed")
    + ("sigmoid_rescaled",),
    Clipped: ("hard_sigmoid", "hard_sigmoid_02", "hard_tanh"),
    Rectifier: ("relu", "leaky_relu"),
    Step: ("step",),
    Softsign: ("softsign",),
    Softplus: ("softplus",),
    Sine: ("sine",),
}


@cache
def squash(row):
    """The Squash of the family that the row belongs to, if it is one of the table."""
    for family, stems in FAMILIES.items():
        if row.name.split("(")[0] in stems and activations.get(row.name) == row:
            return family(row)
    return Squash(row)


# --- the plan -----------------------------------------------------------------------


class Sizes(NamedTuple):
    """E is () or (models,).  O numbers are read out at each step; or O = 0."""

    E: tuple
    T: int
    B: int
    D: int
    H: int
    O: int
    dtype: np.dtype


def _apart(shapes, N, dtype):
    """Zeros (*shape, *N) for each name of a shape."""
    return {name: np.zeros((*shape, *N), dtype) for name, shape in shapes.items()}


def _together(shapes, N, dtype):
    """The same, all in one piece of memory.

    A large piece starts where a page of `PAGE` bytes may: Linux then gives NumPy such
    pages, and a step takes 3 % less time.
    """
    sizes = [math.prod((*shape, *N)) for shape in shapes.values()]
    size, page = sum(sizes), PAGE // dtype.itemsize
    block = np.zeros(size + page * (size >= page), dtype)
    start = -block.ctypes.data % PAGE // dtype.itemsize * (size >= page)
    pieces = np.split(block[start : start + size], np.cumsum(sizes)[:-1])
    names = zip(shapes, pieces, strict=True)
    return {name: piece.reshape(*shapes[name], *N) for name, piece in names}


class Plan:
    """The arrays of up to T steps, and the calls that fill them.

    Z[t] is what theta meets at step t: 1, x, and the h before it.  A, dA, gates and
    values have a place k for each step of a chunk; values[k] holds s and g of its step,
    and the c before it.  to_gates[t] and to_values[t] are the factors that lead back to
    a_o, a_i, a_f and to c, a_g, the c before.  N stands for B, or for E, B.

    arrays: `_together` is faster; but of what that gives, any view keeps all.
    """

    def __init__(self, cell, sizes, chunk=None, arrays=_together):
        E, T, B, D, H, O, dtype = self.sizes = sizes
        N, rows, columns = (*E, B), 4 * H + O, 1 + D + H
        new = partial(np.zeros, dtype=dtype)
        fitting = CACHE // (20 * H * new(N).nbytes)
        n = self.chunk = chunk or min(T, max(8, fitting))
        slots = cell.o, cell.i, cell.f, cell.candidate, cell.output
        *self.squash_gates, self.squash_g, self.squash_s = map(squash, slots)
        self.o, self.i, self.f, self.a_g = (slice(k * H, k * H + H) for k in range(4))
        self.let = np.divide if self._quotients else np.multiply  # gate, of a value
        self.s, self.g, self.c = self.o, self.i, self.f
        self.y = slice(4 * H, rows)
        self.theta, self.scaled, self.dtheta, self.part = new((4, *E, rows, columns))
        self.scale = np.ones((rows, 1), dtype)
        for place, r in (*self._gates(), (self.squash_g, self.a_g)):
            self.scale[r] = place.scale
        self.back = new((*E, D + H, rows))
        shapes = {"Z": (T + 1, columns), "room_Z": (n + 1, columns), "products": (2, H)}
        shapes |= dict.fromkeys(("A", "dA", "room_dA"), (n + 1, rows))
        shapes |= dict.fromkeys(("gates", "e_gates"), (n, 3 * H))
        shapes |= dict.fromkeys(("values", "e_values"), (n + 1, 3 * H))
        shapes |= dict.fromkeys(("to_gates", "to_values"), (T, 3 * H))
        shapes |= dict.fromkeys(("dh", "dc", "through_s"), (H,))
        vars(self).update(arrays(shapes, N, dtype))
        self.i_g, self.f_c = self.products
        self.Z[:, 0] = 1
        self.x, self.h = self.Z[:, 1 : 1 + D], self.Z[:, 1 + D :]
        self.errors, self.y_dA = self.dA, self.y  # of dA, what theta leads to
        self.dhs, self.dx = new((T, H, *N)), new((T, D, *N))
        self.room_y = new((2, O * T, *N))

    def load(self, theta, xs, state=None):
        """Put parameters, inputs and the initial state (None: zeros) in place."""
        self.theta[...] = theta
        xs = xs[:, None] if self.x.ndim > xs.ndim else xs
        self.x[: len(xs)] = xs.transpose(0, -1, *range(1, xs.ndim - 1))
        h, c = (0, 0) if state is None else map(_first, state)
        self.h[0], self.values[0, self.c] = h, c

    def readouts(self, T):
        """Room for ys and dys (O, T, *N) of T steps."""
        E, _, B, _, _, O, _ = self.sizes
        return self.room_y[:, : O * T].reshape(2, O, T, *E, B, copy=False)

    def _chunks(self, T):
        return [(t, min(t + self.chunk, T)) for t in range(0, T, self.chunk)]

    def _gates(self):
        """What squashes o, i and f, with its rows; neighbours that are alike as one."""
        found, each = [], (self.o, self.i, self.f)
        for squash, rows in zip(self.squash_gates, each, strict=True):
            if found and found[-1][0] is squash:
                rows = slice(found.pop()[1].start, rows.stop)
            found.append((squash, rows))
        return found

    @property
    def _quotients(self):
        """Whether all gates stay 1 + e⁻ᵃ until their slopes are due."""
        return len(self._gates()) == 1 and isinstance(self.squash_gates[0], Sigmoid)

    # --- forwards

    def forwards(self, T):
        """Calls from theta, x and the initial state to ys and all slopes."""
        calls = [partial(np.multiply, self.theta, self.scale, self.scaled)]
        for t0, t1 in self._chunks(T):
            for t in range(t0, t1):
                calls += self.step(t, t - t0)
            calls += self._slopes(t0, t1) + self._hand_on(t0, t1, T)
        return calls

    def traced(self):
        """Calls that leave every step in its place, in a plan of one chunk."""
        calls = [partial(np.multiply, self.theta, self.scale, self.scaled)]
        for t in range(self.sizes.T):
            calls += self.step(t, t)
        if self._quotients:
            calls += self.squash_gates[0].invert(self.gates)
        return calls

    def step(self, t, k):
        """`LSTM.step` at time t, place k."""
        a, e, y, u = self.A[k], self.e_gates[k], self.gates[k], self.values[k]
        c, H = self.values[k + 1, self.c], self.sizes.H
        calls, gates = [_product(self.scaled, self.Z[t], a)], self._gates()
        if len(gates) == 3 and gates[0][0] is gates[2][0]:  # one call; i writes over it
            gates = [(gates[0][0], slice(0, 3 * H)), gates[1]]
        for squash, r in gates:
            calls += squash.value(*map(_flat, (a[r], e[r], y[r])))
        if self._quotients:
            calls.pop()
        e, g, s = self.e_values[k], self.g, self.s
        calls += self.squash_g.value(*map(_flat, (a[self.a_g], e[g], u[g])))
        calls += [
            _call(self.let, u[H:], y[H:], self.products),
            _call(np.add, self.i_g, self.f_c, c),
        ]
        c, e, s = _flat(c), _flat(e[s]), _flat(u[s])
        if self.squash_s.scale != 1:
            calls.append(_bind(np.multiply, c, self.squash_s.scale, e))
            c = e
        calls += self.squash_s.value(c, e, s)
        return [*calls, _call(self.let, s, y[self.o], self.h[t + 1])]

    def _slopes(self, t0, t1):
        """All factors that lead back through the steps from t0 to t1."""
        n = t1 - t0
        A, e, y = self.A[:n], self.e_gates[:n], self.gates[:n]
        dy, du = self.to_gates[t0:t1], self.to_values[t0:t1]
        if self._quotients:
            calls = self.squash_gates[0].slope(A, e, y, dy, self.let)
        else:
            calls = []
            for squash, r in self._gates():
                calls += squash.slope(A[:, r], e[:, r], y[:, r], dy[:, r])
        # from here on, e is room for others
        return calls + self._value_slopes(n, du) + self._factors(t0, t1, dy, du)

    def _factors(self, t0, t1, dy, du):
        """Slopes of gates times values, and of values times gates, in place."""
        y, u = self.gates[: t1 - t0], self.values[: t1 - t0]
        return [partial(np.multiply, dy, u, dy), partial(self.let, du, y, du)]

    def _value_slopes(self, n, du):
        """Slopes of s and g, and 1 for c, in du."""
        e, u, s, g = self.e_values[:n], self.values[:n], self.s, self.g
        c, a_g = self.values[1 : n + 1, self.c], self.A[:n, self.a_g]
        c = c if self.squash_s.scale == 1 else e[:, s]
        slots = [
            (self.squash_s, c, e[:, s], u[:, s], du[:, s]),
            (self.squash_g, a_g, e[:, g], u[:, g], du[:, g]),
        ]
        calls = [partial(du[:, self.c].fill, 1)]
        if self.squash_s is self.squash_g and isinstance(self.squash_s, Tanh):
            parts = [(a, d) for _, a, _, _, d in slots]
            room = _flat(self.e_gates)[: 2 * c.size].reshape(2, *c.shape)
            call = self.squash_s.slopes(u, du, parts, room, rest=calls)
            return [partial(call, u[n - 1, : 2 * self.sizes.H])]
        for squash, *arrays in slots:
            calls += squash.slope(*arrays)
        return calls

    def _hand_on(self, t0, t1, T):
        """Readouts of the steps before t1 to ys; c, or the last readout, in place."""
        n, first, (ys, _) = t1 - t0, max(t0, 1), self.readouts(T)
        if t1 < T:
            call = _call(np.copyto, self.values[0, self.c], self.values[n, self.c])
        else:
            n, t1, weights = n + 1, t1 + 1, self.scaled[..., self.y, :]
            call = _product(weights, self.Z[T], self.A[n - 1, self.y])
        read = self.A[first - t0 : n, self.y].swapaxes(0, 1)
        return [call, partial(np.copyto, ys[:, first - 1 : t1 - 1], read)]

    # --- and back

    def backwards(self, T):
        """Calls from dys, or dhs if nothing is read out, and dc after the last step.

        They lead to dtheta and, from dhs, to dx and to dh and dc before the first step.
        """
        calls = self._turn()
        for t0, t1 in reversed(self._chunks(T)):
            calls += self._errors(t0, t1, T)
            for t in reversed(range(t0, t1)):
                calls += self.step_back(t, t - t0)
            calls += self._into_dtheta(t0, t1 + (t1 == T), T)
        D, y = self.sizes.D, self.y_dA
        if not self.sizes.O:
            return [*calls, _product(self.back[..., D:, :], self.dA[0], self.dh)]
        return [*calls, partial(self.dtheta[..., y, 1 : 1 + D].fill, 0)]

    def _turn(self):
        """The matrix that leads back."""
        return [partial(np.copyto, self.back, self.theta[..., 1:].mT)]

    def _errors(self, t0, t1, T):
        """∂L/∂y of the steps before t1 to dA, and dA of the step at t1 to its place."""
        n, first, (_, dys) = t1 - t0, max(t0, 1), self.readouts(T)
        calls = [partial(np.copyto, self.dA[n], self.dA[0])]
        if t1 == T:
            calls = [partial(self.dA[n].fill, 0)]
            n, t1 = n + 1, t1 + 1
        before, to = (
            dys[:, first - 1 : t1 - 1].swapaxes(0, 1),
            self.errors[:, self.y_dA],
        )
        calls.append(partial(np.copyto, to[first - t0 : n], before))
        return calls + [partial(to[0].fill, 0)] * (t0 == 0)

    def step_back(self, t, k):
        """`LSTM.step_back` at time t, place k."""
        to, da, dh, dc = self.to_gates[t], self.dA[k], self.dh, self.dc
        through, D, mul = self.to_values[t], self.sizes.D, np.multiply
        calls = [_product(self.back[..., D:, :], self.dA[k + 1], dh)]
        if not self.sizes.O:
            calls.append(_call(np.add, dh, self.dhs[t], dh))
        calls += [
            _call(mul, to[self.o], dh, da[self.o]),
            _call(mul, through[self.s], dh, self.through_s),
            _call(np.add, dc, self.through_s, dc),
            _call(mul, to[self.i], dc, da[self.i]),
            _call(mul, to[self.f], dc, da[self.f]),
            _call(mul, through[self.g], dc, da[self.a_g]),
            _call(mul, through[self.c], dc, dc),
        ]
        if not self.sizes.O:
            calls.append(_product(self.back[..., :D, :], da, self.dx[t]))
        return calls

    def _into_dtheta(self, t0, t1, T):
        """Add to dtheta what the products of the steps from t0 to t1 give."""
        dA, gather_dA = _side_by_side(self.errors[: t1 - t0], self.room_dA)
        Z, gather_Z = _side_by_side(self.Z[t0:t1], self.room_Z)
        to = self.part if t1 < T else self.dtheta  # the last steps come first
        calls = [gather_dA, gather_Z, *_short_products(dA, Z.mT, to)]
        if t1 < T:
            calls.append(_call(np.add, self.dtheta, to, self.dtheta))
        return calls

    def gradient(self):
        """dtheta, for the caller to keep."""
        return self.dtheta.copy()


class Narrow(Plan):
    """A plan of few numbers, where calls cost more than they: back by half the calls.

    One product gives ∂L/∂h twice, for o and s; one with 0 and 1 gives ∂L/∂c four
    times, for the c before, i, f and g.  Each meets its factors in one call, since the
    rows of a step are o, s, c, i, f, g in `to` and c, i, f, g, y, o, s in dA: its s is
    followed by c of the step after it, and the sum of these two is ∂L/∂c.
    """

    MOST = 1024  # bytes of one block

    def __init__(self, cell, sizes, chunk=None):
        super().__init__(cell, sizes, chunk)
        (_, T, B, _, H, O, dtype), n = sizes, self.chunk
        new = partial(np.zeros, dtype=dtype)
        self.back, self.dh, self.dc = (
            new((2, H, 4 * H + O)),
            new((2, H, B)),
            new((4, H, B)),
        )
        self.to, self.dA = new((T, 6 * H, B)), new((n + 1, 6 * H + O, B))
        self.errors, self.y_dA = self.dA[:, H:-H], slice(3 * H, 3 * H + O)
        self.sums = np.kron(np.ones((4, 2), dtype), np.eye(H, dtype=dtype))

    @classmethod
    def fits(cls, sizes):
        block = sizes.H * sizes.B * sizes.dtype.itemsize
        return sizes.O and not sizes.E and block <= cls.MOST

    def _factors(self, t0, t1, dy, du):
        n, H = t1 - t0, self.sizes.H
        gates = np.multiply, dy, self.values[:n]
        values = self.let, du, self.gates[:n]
        rows = {0: self.o, 1: self.s, 2: self.c, 3: slice(H, 3 * H), 5: self.g}
        calls = []
        for place, r in rows.items():
            call, slopes, others = gates if place in (0, 3) else values
            to = self.to[t0:t1, place * H :][:, : r.stop - r.start]
            calls.append(partial(call, slopes[:, r], others[:, r], to))
        return calls

    def _turn(self):
        weights, H = self.theta[:, 1 + self.sizes.D :].mT, self.sizes.H
        return [
            partial(np.copyto, self.back[..., :-H], weights[:, H:]),
            partial(np.copyto, self.back[..., -H:], weights[:, :H]),
        ]

    def step_back(self, t, k):
        _, _, B, _, H, O, _ = self.sizes
        s_and_c = self.dA.reshape(-1, B)[k * len(self.dA[0]) + 5 * H + O :][: 2 * H]
        back, dh, dc = (
            v.reshape(-1, v.shape[-1]) for v in (self.back, self.dh, self.dc)
        )
        return [
            _product(back, self.errors[k + 1], dh),
            _call(np.multiply, self.to[t, : 2 * H], dh, self.dA[k, -2 * H :]),
            _product(self.sums, s_and_c, dc),
            _call(np.multiply, self.to[t, 2 * H :], dc, self.dA[k, : 4 * H]),
        ]

    def gradient(self):
        H = self.sizes.H
        return np.concatenate([self.dtheta[-H:], self.dtheta[:-H]])


def _flat(array):
    """A contiguous array as one row: the shape that NumPy is fastest with."""
    return np.reshape(array, -1, copy=False)


def _call(function, *arrays):
    return partial(function, *map(_flat, arrays))


def _first(block):
    """A block (..., rows) as (rows, ...)."""
    return block.transpose(-1, *range(block.ndim - 1))


def _last(block):
    """A block (rows, ...) as (..., rows)."""
    return block.transpose(*range(1, block.ndim), 0)


def _models(block):
    """A block (rows, B) as it is; (rows, E, B) as E matrices (rows, B)."""
    return block.swapaxes(0, -2)


def _product(weights, block, out):
    return _dot(weights, _models(block), _models(out))


def _dot(left, right, out):
    if left.ndim == 2:
        return partial(left.dot, right, out)
    return partial(np.matmul, left, right, out)


def _short_products(left, right, out):
    """Calls that put the product into out, some rows at a time if that is faster."""
    (rows, inner), columns = left.shape[-2:], right.shape[-1]
    fitting = min(SHORT[0] // columns, SHORT[1] // (columns * inner))
    parts = -(-rows // fitting) if fitting >= 8 else 1
    split = (np.array_split(block, parts, axis=-2) for block in (left, out))
    return [_dot(some, right, place) for some, place in zip(*split, strict=True)]


def _side_by_side(blocks, room):
    """Steps (n, rows, *N) as a matrix ([E,] rows, n · B), and the call to copy them."""
    blocks = np.moveaxis(blocks, 0, -2).swapaxes(0, -3)
    matrix = _flat(room)[: blocks.size].reshape(blocks.shape)
    row = np.dtype((np.void, blocks.shape[-1] * blocks.itemsize))  # moved as one number
    copy = partial(np.copyto, matrix.view(row), blocks.view(row))
    return matrix.reshape(*blocks.shape[:-2], -1), copy


def run(calls):
    """Make the calls, in their order."""
    with np.errstate(over="ignore"):  # e⁻ᵃ may overflow: then σ is 0
        for call in calls:
            call()


# --- in place of unroll -------------------------------------------------------------


def forward(cell, p, xs, state=None, lengths=None):
    """`unroll.forward`, faster where `cell` is an LSTM and lengths are not given.

    The trace is laid out as (T, H, B) in memory and shown as (T, B, H).
    """
    if type(cell) is not LSTM or lengths is not None or np.iscomplexobj(xs):
        return unroll.forward(cell, p, xs, state, lengths)
    state = unroll.checked(cell, p, xs, state)
    theta, sizes = _without_readout(p, xs)
    plan = Plan(cell, sizes, chunk=len(xs), arrays=_apart)
    plan.load(theta, xs, state)
    run(plan.traced())
    trace = _trace(plan, xs)
    return trace.h, State(trace.h[-1], trace.c[-1]), trace


def _without_readout(p, xs):
    *E, D, H = p.i.W.shape
    theta = pack(p, Readout(np.empty((*E, H, 0)), np.empty((*E, 0))))
    return theta, Sizes(tuple(E), len(xs), xs.shape[-2], D, H, 0, theta.dtype)


def _trace(plan, xs):
    """The Trace of what the calls in `plan.traced` have left behind."""
    A, y, u, T = plan.A, plan.gates, plan.values, len(xs)
    if not (plan.scale == 1).all():
        np.divide(A, plan.scale.reshape(-1, *(1,) * (A.ndim - 2)), out=A)
    a_o, a_i, a_f, a_g = (A[:T, r] for r in (plan.o, plan.i, plan.f, plan.a_g))
    o, i, f = (y[:, r] for r in (plan.o, plan.i, plan.f))
    s, g = u[:T, plan.s], u[:T, plan.g]
    h, c = plan.h, u[:, plan.c]
    blocks = (h[:-1], c[:-1], a_i, a_f, a_o, a_g, i, f, o, g, c[1:], s, h[1:])
    return Trace(xs, *(np.moveaxis(block, 1, -1) for block in blocks))


def backward(cell, p, trace, dhs, dstate=None, lengths=None):
    """`unroll.backward`, faster where `cell` is an LSTM and lengths are not given."""
    fits = type(cell) is LSTM and lengths is None and not np.iscomplexobj(dhs)
    if not fits:
        return unroll.backward(cell, p, trace, dhs, dstate, lengths)
    unroll.arriving(cell, p, trace, dhs, dstate)
    theta, sizes = _without_readout(p, trace.x)
    plan = Plan(cell, sizes, arrays=_apart)
    plan.load(theta, trace.x, None)
    _factors(plan, cell, trace)
    plan.dhs[...] = np.moveaxis(dhs, -1, 1)
    if dstate is not None:
        plan.dhs[-1] += np.moveaxis(dstate.h, -1, 0)
        plan.dc[...] = np.moveaxis(dstate.c, -1, 0)
    run(plan.backwards(sizes.T))
    dh, dc = (np.moveaxis(block, 0, -1) for block in (plan.dh, plan.dc))
    return unpack(plan.dtheta, sizes.H)[0], np.moveaxis(plan.dx, 1, -1), State(dh, dc)


def _factors(plan, cell, k):
    """What `LSTM.step_back` multiplies by, from the trace k of all steps."""
    to, through = plan.to_gates, plan.to_values
    for place, factor in (
        (plan.h[:-1], k.h_prev),
        (to[:, plan.o], k.s * cell.o.d1(k.a_o)),
        (to[:, plan.i], k.g * cell.i.d1(k.a_i)),
        (to[:, plan.f], k.c_prev * cell.f.d1(k.a_f)),
        (through[:, plan.s], k.o * cell.output.d1(k.c)),
        (through[:, plan.g], k.i * cell.candidate.d1(k.a_g)),
        (through[:, plan.c], k.f),
    ):
        place[...] = np.moveaxis(factor, -1, 1)


# --- in place of train.value_and_grad -----------------------------------------------


def kept(plan):
    """The plan, which from now on lists its calls but once."""
    for name in ("step", "step_back", "readouts", "forwards", "backwards"):
        setattr(plan, name, cache(getattr(plan, name)))
    return plan


@lru_cache(maxsize=8)
def _plan(cell, sizes):
    return kept((Narrow if Narrow.fits(sizes) else Plan)(cell, sizes))


def value_and_grad(model, p, batch, loss):
    """(loss, dp) on a batch of a `Model` that reads an LSTM out linearly.

    p: its parameters, or theta, as `pack` makes it of them: then dp is ∂loss/∂theta,
        and the optimiser has one array to move instead of fourteen.
    Raises TypeError or ValueError for other models, and if the batch does not fit.
    """
    if not isinstance(p, np.ndarray):
        value, dtheta = value_and_grad(model, pack(*p), batch, loss)
        leaves = iter(tree.leaves(unpack(dtheta, model.body.H)))
        return value, tree.map(lambda _: next(leaves)[1], p)
    sizes, T = _sizes(model, p, batch), len(batch.xs)
    plan = _plan(model.body.cell, sizes)
    plan.load(p, batch.xs)
    run(plan.forwards(T))
    ys, dys = plan.readouts(T)
    value = _LOSSES.get(loss, partial(_any, loss))(ys, dys, batch.ys, batch.mask)
    plan.dc.fill(0)
    run(plan.backwards(T))
    return value, plan.gradient()


def _sizes(model, theta, batch):
    """The sizes of a plan that the batch fits into, with room for other lengths."""
    body, readout = getattr(model, "body", None), getattr(model, "readout", None)
    if type(getattr(body, "cell", None)) is not LSTM or type(readout) is not Linear:
        raise TypeError(f"expected a recurrent LSTM with a linear readout, got {model}")
    T, *_, B, D = batch.xs.shape
    (*E, rows, columns), H = theta.shape, body.H
    if (rows, columns) != (4 * H + readout.size, 1 + D + H):
        raise ValueError(f"expected xs (T, B, {columns - 1 - H}), got {batch.xs.shape}")
    if batch.xs.dtype != theta.dtype:
        raise TypeError(f"expected xs of type {theta.dtype}, got {batch.xs.dtype}")
    if batch.lengths is not None:
        late = ~padding.live(batch.lengths, T, B, E)
        mask = np.asarray(True if batch.mask is None else batch.mask)
        if E:  # lengths and mask may be those of all models
            late, mask = (v[:, None] if v.ndim == 2 else v for v in (late, mask))
        if np.any(mask * late):
            raise ValueError("expected a mask that is 0 after the end of each sequence")
    room = 1 << (T - 1).bit_length()
    return Sizes(tuple(E), room, B, D, H, readout.size, theta.dtype)


# Losses of ys (O, T, *N), where one number of all samples is one contiguous row.


def _any(loss, ys, dys, targets, mask):
    value, d = loss(_last(ys), targets, mask)
    dys[...] = np.moveaxis(d, -1, 0)
    return value


def _mse(ys, dys, targets, mask):
    """`losses.mse`, in place."""
    targets = _first(losses.aligned("targets", targets, _last(ys), 3))
    error = np.subtract(ys, targets, dtype=ys.dtype)
    np.multiply(error, _weights(_last(ys), mask) * 2 / len(ys), out=dys)
    if dys.ndim == 3:
        return np.vdot(error, dys) / 2
    return _per_model(error * dys) / 2


def _weights(view, mask):
    """Weights (T, *N), or a number, that turn a sum into the mean over what counts."""
    if mask is None:
        return np.array(1 / (len(view) * view.shape[-2]), view.dtype)
    return losses.mean_weights(view, mask)[..., 0]


def _per_model(terms):
    """The sum over all axes but E."""
    return terms.sum(axis=(0, 1, -1) if terms.ndim == 4 else None)


def _cross_entropy(ys, dys, targets, mask):
    """`losses.cross_entropy` with a row of zeros and ones for each symbol, not indices.

    z is 0 at the target and top the largest z; what is left of the loss is
    log(e^-top + rest), rest being the sum over all but the target: near the loss of
    0 it is log(1 + rest), and nothing is rounded away.
    """
    view, y, dy = _last(ys), ys.reshape(len(ys), -1), dys.reshape(len(ys), -1)
    targets = losses.aligned("targets", targets, view, 2)
    if targets.dtype.kind not in "iu" or targets.min() < 0 or targets.max() >= len(ys):
        return losses.cross_entropy(view, targets, mask)  # which says what is wrong
    weights = np.broadcast_to(_weights(view, mask), ys.shape[1:]).ravel()
    targets = np.broadcast_to(targets, ys.shape[1:]).ravel()
    hot = np.equal(targets, np.arange(len(ys))[:, None]).astype(ys.dtype)
    z = y - (y * hot).sum(axis=0)
    top = z.max(axis=0)
    others = np.exp(z - top) * (1 - hot)
    rest, at = others.sum(axis=0), np.expm1(-top)
    np.multiply(others - hot * rest, weights / (1 + at + rest), out=dy)
    terms = weights * (top + np.log1p(at + rest))
    return _per_model(terms.reshape(1, *ys.shape[1:]))


_LOSSES = {losses.mse: _mse, losses.cross_entropy: _cross_entropy}
