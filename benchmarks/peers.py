"""The training step that a user of another library would write, one maker each.

Each maker takes (T, B, D, H, dtype name) and returns a function of no arguments that
does one step: forwards over T, a linear readout to O numbers at every time step, the
mean squared error, its exact gradient, Adam.  The function returns the loss, and it
waits until the parameters are updated.  Each library is written as its users would
write it for speed: PyTorch with the fused Adam, JAX with the input projected for all
time steps outside the scan and the parameters donated.  PyTorch's loop over time is
there twice: as the equations have it, and with the input projected outside.

A maker that needs a library which is not there raises ImportError.
"""

from importlib.util import find_spec

import numpy as np

O = 2  # readout
RATE = 1e-3


def installed():
    """Which of the libraries are there."""
    return [name for name in ("torch", "jax", "keras") if find_spec(name)]


def data(T, B, D, dtype, seed=0):
    """Inputs (T, B, D) and targets (T, B, O), the same for every library."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(T, B, D)).astype(dtype), rng.normal(size=(T, B, O)).astype(
        dtype
    )


# --- PyTorch ---------------------------------------------------------------------


def _torch_step(parameters, predict, loss):
    import torch

    adam = torch.optim.Adam(parameters, lr=RATE, fused=True)

    def step():
        adam.zero_grad(set_to_none=True)
        error = loss(predict())
        error.backward()
        adam.step()
        return error.item()

    return step


def torch_lstm(T, B, D, H, dtype):
    """torch.nn.LSTM with a Linear readout."""
    import torch

    kind = getattr(torch, dtype)
    xs, targets = (torch.from_numpy(a) for a in data(T, B, D, dtype))
    lstm, readout = torch.nn.LSTM(D, H, dtype=kind), torch.nn.Linear(H, O, dtype=kind)
    return _torch_step(
        [*lstm.parameters(), *readout.parameters()],
        lambda: readout(lstm(xs)[0]),
        lambda ys: torch.nn.functional.mse_loss(ys, targets),
    )


def _torch_drawn(kind, *shape):
    import torch

    limit = shape[-2] ** -0.5 if len(shape) > 1 else 0.0
    return torch.empty(shape, dtype=kind).uniform_(-limit, limit).requires_grad_()


def torch_cell(*size, **choices):
    """A cell written by hand in PyTorch, so that its activations can be chosen."""

    def sums(xs, W, U, b):
        return ((lambda h, x=x: x @ W + h @ U + b) for x in xs.unbind())

    return _torch_loop(sums, *size, **choices)


def torch_cell_projected(*size, **choices):
    """The same by who knows PyTorch well: the inputs of all steps in one product."""
    import torch

    def sums(xs, W, U, b):
        return ((lambda h, a=a: torch.addmm(a, h, U)) for a in (xs @ W + b).unbind())

    return _torch_loop(sums, *size, **choices)


def _torch_loop(
    sums, T, B, D, H, dtype, gate="sigmoid", candidate="tanh", output="tanh"
):
    """sums(xs, W, U, b) gives for each time step a function of h to all four sums."""
    import torch

    kind = getattr(torch, dtype)
    xs, targets = (torch.from_numpy(a) for a in data(T, B, D, dtype))
    shapes = ((D, 4 * H), (H, 4 * H), (4 * H,), (H, O), (O,))
    parameters = W, U, b, V, v = [_torch_drawn(kind, *shape) for shape in shapes]
    gate, candidate, output = (_torch_squasher(n) for n in (gate, candidate, output))

    def predict():
        h = c = torch.zeros(B, H, dtype=kind)
        hs = []
        for a in sums(xs, W, U, b):
            i, f, o, g = a(h).chunk(4, dim=1)
            c = gate(f) * c + gate(i) * candidate(g)
            h = gate(o) * output(c)
            hs.append(h)
        return torch.stack(hs) @ V + v

    loss = torch.nn.functional.mse_loss
    return _torch_step(parameters, predict, lambda ys: loss(ys, targets))


def _torch_squasher(name):
    import torch

    return {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softsign": torch.nn.functional.softsign,
        "hard_tanh": torch.nn.functional.hardtanh,
        "identity": lambda z: z,
    }[name]


def torch_batched(batch, H, E, candidate):
    """E models at once in PyTorch by hand: one baddbmm for all of them a time step.

    batch: xs (T, B, D), one-hot targets (T, B, D) and mask (T, B), for next-symbol
    prediction by softmax cross-entropy.
    """
    import torch

    xs, targets, mask = (torch.from_numpy(a) for a in batch)
    T, B, D = xs.shape
    symbols = targets.argmax(-1)[:, None].expand(T, E, B).reshape(-1)
    weights = (mask / mask.sum())[:, None].expand(T, E, B).reshape(-1)
    shapes = ((E, D, 4 * H), (E, H, 4 * H), (E, 1, 4 * H), (E, H, D), (E, 1, D))
    W, U, b, V, v = parameters = [_torch_drawn(torch.float32, *s) for s in shapes]
    squash = _torch_squasher(candidate)

    def predict():
        h = c = torch.zeros(E, B, H)
        hs = []
        for xW in (xs[:, None] @ W + b).unbind():
            i, f, o, g = torch.baddbmm(xW, h, U).chunk(4, dim=2)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * squash(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            hs.append(h)
        return torch.stack(hs) @ V + v

    def loss(ys):
        entropy = torch.nn.functional.cross_entropy
        return (entropy(ys.reshape(-1, D), symbols, reduction="none") * weights).sum()

    return _torch_step(parameters, predict, loss)


# --- JAX ---------------------------------------------------------------------------


def _jax():
    import jax

    jax.config.update("jax_enable_x64", True)  # otherwise float64 is taken as float32
    return jax


def _jax_hidden(p, xs, squash):
    """The outputs (T, B, H) of an LSTM over xs (T, B, D)."""
    jax = _jax()
    jnp, sigmoid = jax.numpy, jax.nn.sigmoid

    def step(state, xW):
        h, c = state
        i, f, o, g = jnp.split(xW + h @ p["U"], 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * squash(g)
        h = sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((xs.shape[1], p["U"].shape[0]), xs.dtype)
    return jax.lax.scan(step, (zeros, zeros), xs @ p["W"] + p["b"])[1]


def _jax_adam(jax, p, m, v, k, gradient):
    jnp, tree = jax.numpy, jax.tree_util.tree_map
    m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    size = (RATE * jnp.sqrt(1 - 0.999**k) / (1 - 0.9**k)).astype(m["U"].dtype)
    p = tree(lambda p, m, v: p - size * m / (jnp.sqrt(v) + 1e-8), p, m, v)
    return p, m, v, k + 1


def _jax_drawn(shapes, dtype):
    rng = np.random.default_rng(1)
    return {
        name: (rng.uniform(-1, 1, shape) * H**-0.5).astype(dtype)
        for H in [shapes["U"][-2]]
        for name, shape in shapes.items()
    }


def _jax_step(p, loss):
    """The training step of one model, or of each of several under vmap, compiled."""
    jax = _jax()
    jnp = jax.numpy
    p = {name: jnp.asarray(array) for name, array in p.items()}
    zeros = {name: jnp.zeros_like(array) for name, array in p.items()}

    def update(p, m, v, k):
        error, gradient = jax.value_and_grad(loss)(p)
        return error, *_jax_adam(jax, p, m, v, k, gradient)

    many = p["U"].ndim == 3
    over = jax.vmap(update, in_axes=(0, 0, 0, None), out_axes=(0, 0, 0, 0, None))
    compiled = jax.jit(over if many else update, donate_argnums=(0, 1, 2))
    state = [p, zeros, {n: jnp.zeros_like(a) for n, a in p.items()}, jnp.asarray(1.0)]

    def step():
        error, *state[:] = compiled(*state)
        jax.block_until_ready(state)
        return np.asarray(error)

    return step


def jax_scan(T, B, D, H, dtype):
    """jax.lax.scan over time, the whole training step under one jit."""
    jax = _jax()
    xs, targets = (jax.numpy.asarray(a) for a in data(T, B, D, dtype))
    shapes = {"W": (D, 4 * H), "U": (H, 4 * H), "b": (4 * H,), "V": (H, O), "v": (O,)}

    def loss(p):
        ys = _jax_hidden(p, xs, jax.numpy.tanh) @ p["V"] + p["v"]
        return ((ys - targets) ** 2).mean()

    return _jax_step(_jax_drawn(shapes, dtype), loss)


def jax_vmap(batch, H, E, candidate):
    """E models at once by vmap; the batch as in `torch_batched`."""
    jax = _jax()
    jnp = jax.numpy
    xs, targets, mask = (jnp.asarray(a) for a in batch)
    D = xs.shape[-1]
    sizes = {"W": (D, 4 * H), "U": (H, 4 * H), "b": (4 * H,), "V": (H, D), "v": (D,)}
    shapes = {name: (E, *shape) for name, shape in sizes.items()}
    squash = {"identity": lambda z: z, "hard_tanh": jax.nn.hard_tanh}.get(candidate)
    squash = squash or getattr(
        jax.nn, {"softsign": "soft_sign"}.get(candidate, candidate)
    )

    def loss(p):
        ys = _jax_hidden(p, xs, squash) @ p["V"] + p["v"]
        entropy = -(targets * jax.nn.log_softmax(ys)).sum(-1)
        return (entropy * mask).sum() / mask.sum()

    return _jax_step(_jax_drawn(shapes, "float32"), loss)


# --- Keras, which fixes its backend when it is imported: run in a process of its own


def keras_lstm(T, B, D, H, dtype):
    """keras.layers.LSTM and Dense by train_on_batch, on the backend KERAS_BACKEND."""
    import keras

    keras.backend.set_floatx(dtype)
    xs, targets = (np.swapaxes(a, 0, 1).copy() for a in data(T, B, D, dtype))
    model = keras.Sequential(
        [
            keras.Input((T, D)),
            keras.layers.LSTM(H, return_sequences=True),
            keras.layers.Dense(O),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss="mse")
    return lambda: float(model.train_on_batch(xs, targets))
