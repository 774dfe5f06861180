"""The theorems about the candidate, and judges that a planted bug would turn."""

import numpy as np
import pytest
import sympy as sp

from lstm_core import unroll
from lstm_core.activations import get
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.variants import NoForgetGate, NoInputGate
from lstm_core.experiments import candidate_proofs as proofs
from lstm_core.experiments import candidates, compare, rewriting, stats
from lstm_core.experiments.claims import candidate as claims
from lstm_core.gradcheck import assert_agree, complex_step
from lstm_core.symbolic import HALF, sigma, z

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}
POINTS = np.array([-3.0, -0.7, 0.4, 2.5])


# --- rows and cells -------------------------------------------------------------------


@pytest.mark.parametrize("name", candidates.ROWS)
def test_slopes_of_the_extra_rows_are_right(name):
    row = candidates.row(name)
    step = 1e-30
    for value, slope in ((row.value, row.d1), (row.d1, row.d2)):
        found = np.imag(value(POINTS + 1j * step)) / step
        np.testing.assert_allclose(slope(POINTS), found, rtol=1e-12, atol=1e-15)
    assert row(POINTS.astype(np.float32)).dtype == np.float32
    wide = row(np.linspace(-30, 30, 6001))
    assert row.range[0] - 1e-12 <= wide.min() and wide.max() <= row.range[1] + 1e-12


def test_a_wrong_slope_would_show():
    row = candidates.row("tied")._replace(d1=get("tanh").d1)
    found = np.imag(row(POINTS + 1e-30j)) / 1e-30
    assert not np.allclose(row.d1(POINTS), found)


@pytest.mark.parametrize(
    "slots, cell", [({"i": "one"}, NoInputGate()), ({"f": "one"}, NoForgetGate())]
)
def test_a_slot_held_at_one_is_the_cell_without_that_gate(slots, cell):
    rng = np.random.default_rng(0)
    held = LSTM(**{slot: candidates.row(name) for slot, name in slots.items()})
    p, xs = held.init(rng, 3, 4), rng.normal(size=(9, 5, 3))
    ours, _, _ = unroll.forward(held, p, xs)
    less = p._replace(**dict.fromkeys(slots))  # the gate's place is empty
    theirs, _, _ = unroll.forward(cell, less, xs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_the_tied_row_is_an_lstm_whose_i_and_g_share_their_weights():
    rng = np.random.default_rng(0)
    tied = LSTM(i=candidates.row("one"), candidate=candidates.row("tied"))
    p, xs = tied.init(rng, 3, 4), rng.normal(size=(9, 5, 3))
    ours, _, _ = unroll.forward(tied, p, xs)
    theirs, _, _ = unroll.forward(LSTM(), p._replace(i=p.g), xs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_updates_are_counted_from_the_mean_of_a_window():
    losses = np.ones((100, 1, 2))
    losses[50:, 0, 0] = 0
    losses[70, 0, 1] = 0  # one lucky batch is not enough
    assert compare.updates(losses, 0.5, window=10).tolist() == [[56, 100]]


# --- theorems -------------------------------------------------------------------------


def test_a_sigmoid_write_keeps_c_above_zero_and_a_signed_one_does_not():
    assert proofs.stays_above_zero(sigma(z))
    assert not proofs.stays_above_zero(sp.tanh(z))
    assert not proofs.stays_above_zero(sigma(z) - HALF)


def test_c_rises_for_certain_only_if_nothing_is_forgotten():
    assert proofs.rises(sigma(z), sp.Integer(1))
    assert not proofs.rises(sigma(z), HALF)
    assert not proofs.rises(sp.tanh(z), sp.Integer(1))
    assert proofs.falls_above_rest() and proofs.after_is_the_sum()


def test_a_wrong_rest_would_not_be_proved(monkeypatch):
    monkeypatch.setattr(proofs, "REST", proofs.i * proofs.g / (1 + proofs.f))
    assert not proofs.falls_above_rest()


def test_the_rest_is_where_a_cell_goes():
    c, f, i, g = 3.0, 0.8, 0.5, 0.2
    for _ in range(200):
        c = f * c + i * g
    assert c == pytest.approx(i * g / (1 - f))


def test_tanh_is_two_sigmoids_and_slopes_differ_by_four():
    assert proofs.two_sigmoids() and proofs.difference_is_a_cell()
    assert proofs.slopes_differ_by() == (4, 4)


@pytest.mark.parametrize("seed", range(3))
def test_a_bare_output_can_be_rewritten_and_the_others_cannot(seed):
    off = rewriting.differences(seed, T=40, D=3, H=4, B=5)
    assert off["bare"] < 1e-12
    assert off["squashed"] > 1e-3 and off["single"] > 1e-3


def test_without_the_factor_two_the_rewriting_fails(monkeypatch):
    """The planted bug: σ(a) - σ(-a) is tanh(a / 2)."""
    halves = rewriting.halves

    def bug(p):
        q = halves(p)
        return q._replace(g=q.g._replace(W=q.g.W / 2, U=q.g.U / 2))

    monkeypatch.setattr(rewriting, "halves", bug)
    assert rewriting.differences(0, T=40, D=3, H=4, B=5)["bare"] > 1e-3


def test_sums_of_writes_grow_like_T_and_like_its_root():
    mean, variance = proofs.sums(sp.Integer(1))
    assert mean == proofs.mu * proofs.T and variance == proofs.sd**2 * proofs.T
    mean, variance = proofs.sums(sp.Rational(9, 10))
    assert sp.limit(mean, proofs.T, sp.oo) == 10 * proofs.mu
    assert sp.limit(variance, proofs.T, sp.oo) == proofs.sd**2 / sp.Rational(19, 100)


def test_tied_weights_take_away_a_fifth_at_most():
    where, low = proofs.deepest_tied()
    assert low == pytest.approx((1 - 2**0.5) / 2) and where == pytest.approx(
        -0.8814, 1e-4
    )


def test_no_write_is_a_reset():
    assert proofs.write_is_a_shift() and proofs.forgetting_is_constant()
    assert proofs.one_write_for_all() == []
    assert proofs.one_write_for_all((1,)) == [(-1,)]


def test_every_letter_answers_to_x_and_to_h():
    assert all(claims.prove_both().values())
    rng = np.random.default_rng(0)
    p, h = LSTM().init(rng, 2, 3), rng.normal(size=(1, 3))
    x, c = rng.normal(size=(1, 2)), rng.normal(size=(1, 3))

    def letters(x, h):
        _, k = LSTM().step(p, x, type(LSTM().zero_state(p, 1))(h, c))
        return np.stack([k.i, k.f, k.o, k.g])

    for moved in (letters(x + 1e-30j, h), letters(x, h + 1e-30j)):
        assert (np.imag(moved) != 0).all()


# --- judges ---------------------------------------------------------------------------


def learnt(scores, updates=100):
    """What a part would return if every seed had these scores at the best rate."""
    scores = np.asarray(scores, float)
    rows = [np.zeros_like(scores), scores, np.zeros_like(scores)]
    return {
        "score": [row.tolist() for row in rows],
        "updates": [
            [600.0] * len(scores),
            [updates] * len(scores),
            [600] * len(scores),
        ],
        "diverged": [0, 0, 0],
        "at": [1, 600],
    }


def made(claim, levels, tasks, seeds=20):
    """Scores for each variant around a level, with noise that is shared by seed."""
    rng = np.random.default_rng(0)
    noise = {task: rng.normal(0, 0.2, seeds) for task in tasks}
    found = {}
    for part in claim.parts(range(seeds), False):
        name, _, task = part.key.rpartition(", ")
        if task in tasks:
            found[part.key] = learnt(levels[name] + noise[task])
    return found


def test_centring_and_bounding_are_told_apart():
    claim = CLAIMS["centred"]
    drift = {
        f"drift of {n}": {"alone": [[1.0, 4.0 + k] for k in range(20)],
                          "at_birth": [[1.0, 4.0 + k] for k in range(20)]}
        for n in claims.DRIFTERS
    }  # fmt: skip
    names = list(claims.CENTRED)
    level = dict.fromkeys(names, 8.0) | {"σ": 5.0, "tanh + 1": 5.0, "tanh + ½": 5.0}
    found = made(claim, level, ("counting", "orders")) | drift
    assert claim.judge(found, range(20), False).verdict == "fails"
    level = dict.fromkeys(names, 8.0) | {"identity": 5.0}
    found = made(claim, level, ("counting", "orders")) | drift
    assert claim.judge(found, range(20), False).verdict == "holds"
    found = made(claim, dict.fromkeys(names, 1.0), ("counting", "orders")) | drift
    assert claim.judge(found, range(20), False).verdict == "undecided"


@pytest.mark.parametrize(
    "levels, verdict",
    [
        ({"apart": 8, "tied": 6, "g alone": 7, "i alone": 5}, "fails"),
        ({"apart": 8, "tied": 6, "g alone": 8, "i alone": 5}, "holds"),
        ({"apart": 1, "tied": 1, "g alone": 1, "i alone": 1}, "undecided"),
    ],
)
def test_what_is_redundant_is_told(levels, verdict):
    claim = CLAIMS["same-vector"]
    found = made(claim, levels, ("counting", "adding"))
    assert claim.judge(found, range(20), False).verdict == verdict


def test_the_easier_task_says_what_same_vector_would_take():
    """Unsure of tied by 0.1 in counting, and by next to nothing in adding."""
    claim = CLAIMS["same-vector"]
    levels = {"apart": 8.0, "tied": 8.0, "g alone": 6.0, "i alone": 6.0}
    found = made(claim, levels, ("counting", "adding"))
    off = np.tile([-0.4, 0.4], 10)
    for task, lost in (("counting", 0.6), ("adding", 0.501)):
        apart = np.array(found[f"apart, {task}"]["score"][1])
        found[f"tied, {task}"] = learnt(apart - lost + off)
    outcome = claim.judge(found, range(20), False)
    seeds = 20 * (stats.paired("half", off).high / 0.1) ** 2
    assert outcome.verdict == "undecided" and 60 < seeds < 100
    assert f"about {float(f'{seeds:.2g}'):.0f} seeds" in outcome.sentence


@pytest.mark.parametrize(
    "lost, verdict",
    [
        (("identity", "sine", "sign"), "holds"),
        (("sign",), "depends"),
        ((), "fails"),
    ],
)
def test_properties_that_matter_are_told(lost, verdict):
    claim = CLAIMS["good-unit"]
    levels = {name: 5.0 if name in lost else 8.0 for name in claims.GOOD}
    found = made(claim, levels, ("counting", "adding"))
    assert claim.judge(found, range(20), False).verdict == verdict


@pytest.mark.parametrize("slow, verdict", [(300, "holds"), (110, "fails")])
def test_faster_is_decided_by_the_updates(slow, verdict):
    claim = CLAIMS["faster"]
    found = {}
    for part in claim.parts(range(20), False):
        updates = slow if part.key.startswith("σ,") else 100
        found[part.key] = learnt(np.full(20, 8.0), updates)
    assert claim.judge(found, range(20), False).verdict == verdict


def test_a_proof_that_fails_leaves_a_claim_undecided():
    """The planted bug: a theorem that is not proved."""
    found = {part.key: part.run(**part.settings)
             for part in CLAIMS["only-increase"].parts(range(3), True)}  # fmt: skip
    judge = CLAIMS["only-increase"].judge
    assert judge(found, range(3), True).verdict == "depends"
    found["proof"]["sigmoid stays >= 0"] = False
    assert judge(found, range(3), True).verdict == "undecided"


def test_gradients_of_a_network_with_tied_weights_are_right():
    rng = np.random.default_rng(0)
    cell = LSTM(i=candidates.row("one"), candidate=candidates.row("tied"))
    p, xs = cell.init(rng, 2, 3), rng.normal(size=(5, 2, 2))

    def loss(p):
        hs, _, _ = unroll.forward(cell, p, xs)
        return (hs**2).sum()

    hs, _, trace = unroll.forward(cell, p, xs)
    dp, _, _ = unroll.backward(cell, p, trace, 2 * hs)
    assert_agree(dp, complex_step(loss, p))
