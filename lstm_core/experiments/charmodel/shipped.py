"""The trained network that the book ships: eight bits a weight, in one file.

`lstm_core/widgets/static/reader.json` serves Python and the page alike.  In it
are W (96, 4H), U (H, 4H) and V (H, 96), with columns i, f, o, g of the first two side
by side; each row is signed bytes times one scale.  Biases are decimal numbers.  Written
by

    python -m lstm_core.experiments.charmodel --seed 0
    python -m lstm_core.experiments.charmodel --seed 0 --ship
"""

import base64
import json
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

from lstm_core import fused
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import Params
from lstm_core.experiments.charmodel import brackets, corpus, ngram, training
from lstm_core.layers import Affine, Parts

STORED = Path(__file__).parents[2] / "widgets" / "static" / "reader.json"


# --- eight bits a weight ------------------------------------------------------------


def squeeze(p):
    """Parameters as a dict that JSON can hold: alphabet, H, rows, scales, b, d."""
    body, readout = p
    W, U = (np.hstack([getattr(gate, one) for gate in body]) for one in "WU")
    rows, scales = [], []
    for matrix in (W, U, readout.W):
        largest = np.abs(matrix).max(axis=1)
        scale = np.array([float(f"{v / 127:.4g}") or 1.0 for v in largest])
        rows.append(np.clip(np.round(matrix / scale[:, None]), -127, 127))
        scales += scale.tolist()
    flat = np.concatenate([one.astype(np.int8).ravel() for one in rows])
    return {
        "alphabet": corpus.ALPHABET,
        "H": body.i.b.size,
        "rows": base64.b64encode(flat.tobytes()).decode(),
        "scales": scales,
        "b": _short(np.hstack([gate.b for gate in body])),
        "d": _short(readout.b),
    }


def _short(numbers):
    return [float(f"{v:.4g}") for v in numbers]


def unsqueeze(stored):
    """The parameters that `squeeze` wrote, in float64: `Parts(Params, Affine)`."""
    H, K = stored["H"], len(stored["alphabet"])
    flat = np.frombuffer(base64.b64decode(stored["rows"]), np.int8).astype(float)
    shapes, scales = ((K, 4 * H), (H, 4 * H), (H, K)), np.array(stored["scales"])
    matrices = []
    for rows, columns in shapes:
        part, flat = np.split(flat, [rows * columns])
        scale, scales = np.split(scales, [rows])
        matrices.append(part.reshape(rows, columns) * scale[:, None])
    W, U, V = matrices
    each = zip(
        np.split(W, 4, axis=1),
        np.split(U, 4, axis=1),
        np.split(np.array(stored["b"]), 4),
        strict=True,
    )
    body = Params(*(Gate(*one) for one in each))
    return Parts(body, Affine(V, np.array(stored["d"])))


# --- what is known of them ------------------------------------------------------------


def write(p, seed, curve, folder):
    """Write the file, with what is known of the network; returns its path."""
    record = squeeze(p)
    p8 = unsqueeze(record)
    tables = ngram.counts(corpus.text("train"), ngram.LONGEST)
    peer = Path(folder) / f"pytorch-{seed}.json"
    peers = json.loads(peer.read_text(encoding="utf-8")) if peer.exists() else None
    record["known"] = {
        "seed": seed,
        "command": f"python -m lstm_core.experiments.charmodel --seed {seed} --ship",
        "sympy": metadata.version("sympy"),
        "characters": {part: len(corpus.text(part)) for part in corpus.PARTS},
        "updates": curve[-1][0],
        "curve": curve,
        "bits": training.bits(p8, "report"),
        "unsqueezed": training.bits(p, "report"),
        "pytorch": peers,
        "ngram": {k: ngram.bits(corpus.text(k), tables) for k in ("choose", "report")},
        **{letter: following(p8, letter) for letter in "ch"},
    }
    STORED.write_text(json.dumps(record, separators=(",", ":")) + "\n", "utf-8")
    return STORED


def following(p, letter):
    """The cell whose c or h follows the depth of brackets best, chosen on one text.

    Gives its number, r on that text (`chosen`) and on another (`r`), its rank there,
    and the r of all cells there.
    """
    rs = {part: _correlations(p, letter, part) for part in ("choose", "report")}
    cell = int(np.abs(rs["choose"]).argmax())
    return {
        "cell": cell,
        "chosen": float(rs["choose"][cell]),
        "r": float(rs["report"][cell]),
        "rank": brackets.rank(rs["report"], cell),
        "all": [round(float(r), 3) for r in rs["report"]],
    }


def _correlations(p, letter, part):
    values, depths = [], []
    for pieces, _, trace in reading(p, corpus.text(part)):
        found = np.swapaxes(getattr(trace, letter), 0, 1)  # (pieces, T, H)
        values.append(found.reshape(-1, found.shape[-1]))
        depths += [brackets.depth(piece) for piece in pieces]
    return brackets.correlations(np.vstack(values), np.concatenate(depths))


# --- what others use ------------------------------------------------------------------


@cache
def stored():
    """What the file holds: weights, and what is known of them."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def load():
    """(model, parameters, alphabet) of the network that the book ships, in float64."""
    return training.model(stored()["H"]), unsqueeze(stored()), stored()["alphabet"]


def birth(seed=0):
    """The parameters that the training of a seed began with, in float64."""
    theta, _ = training.start(seed)
    return Parts(*fused.unpack(theta.astype(float), training.H))


def excerpt(part="report", start=0, length=4000):
    """A fixed piece of text that the network was not trained on."""
    return corpus.text(part)[start : start + length]


def read(p, text):
    """(logits, trace) of parameters p reading a text: fields (T, 1, ...)."""
    xs = corpus.one_hot(corpus.encode(text), p[1].W.dtype)
    logits, _, trace = training.run(p, xs[:, None])
    return logits, trace


def reading(p, text, T=600, B=20):
    """The same for a long text in pieces of T characters, each read from a fresh start.

    Yields (pieces, logits, trace) for B pieces at a time; what is left is left out.
    """
    pieces = [text[k : k + T] for k in range(0, len(text) - T + 1, T)]
    for k in range(0, len(pieces), B):
        some = pieces[k : k + B]
        codes = np.stack([corpus.encode(piece) for piece in some], axis=1)
        logits, _, trace = training.run(p, corpus.one_hot(codes, p[1].W.dtype))
        yield some, logits, trace
