"""Claims about where the choices came from.

Chapter: history.
"""

from lstm_core.experiments import compare
from lstm_core.experiments.claim import Claim, Outcome

SMALLEST = 0.5  # doublings: 1.4 times as far

# Documentary: the year in which each was published, with its key in references.bib.
YEARS = {
    "rectifiers in a network (Fukushima)": 1969,
    "LSTM with centred sigmoids g and h (Hochreiter and Schmidhuber)": 1997,
    "forget gate (Gers, Schmidhuber and Cummins)": 2000,
    "rectified units in Boltzmann machines (Nair and Hinton)": 2010,
    "deep rectifier networks (Glorot, Bordes and Bengio)": 2011,
}
CELLS = {
    "1997": {"cell": "1997"},
    "1997, ReLU for g and h": {
        "cell": "1997",
        "slots": {"candidate": "relu", "output": "relu"},
    },
    "modern": {},
    "modern, ReLU in both": {"slots": {"candidate": "relu", "output": "relu"}},
}


def _fashion_parts(seeds, quick):
    return compare.variants(compare.counting, seeds, quick, CELLS)


def _fashion_judge(found, seeds, quick):
    bests = compare.bests(found)
    effects = (
        compare.against(bests, "1997, ReLU for g and h", "1997"),
        compare.against(bests, "modern, ReLU in both", "modern"),
    )
    verdict = compare.of_all(effects, -SMALLEST)
    if not compare.can_count(bests["modern"]):
        verdict = "undecided"
    reach = compare.medians(bests)
    sentence = (
        "Rectifiers were published in 1969 and widely adopted from 2010 on, so in 1997 "
        f"they were no habit; but put into the cell of 1997 today, they take the "
        f"median reach from {reach['1997']:g} to {reach['1997, ReLU for g and h']:g}, "
        f"and that of the modern cell from {reach['modern']:g} to "
        f"{reach['modern, ReLU in both']:g}."
    ) + compare.would_take(verdict, effects, -SMALLEST)
    failed = compare.failures(bests, learned=10)
    numbers = {"reach": reach, "years": YEARS}
    return Outcome(verdict, sentence, effects, numbers, failed)


FASHION = Claim(
    id="fashion",
    statement="Sigmoid and tanh are there because it was 1997 and ReLU had not been "
    "adopted.",
    source="comments on why the LSTM uses tanh",
    kind="documentary",
    chapter="history",
    prediction="Fails as a sufficient reason: the dates are right, but a rectifier in "
    "candidate and output makes both the cell of 1997 and today's count less far.",
    metric="Years of publication; and reach in counting, as in gate-range, with ReLU "
    "for g and h in the cell of 1997 and in the modern one, paired by seed.",
    rule="Holds if ReLU is not worse in either cell by more than the smallest effect "
    "(then only habit is left as a reason), fails if it is worse in both, undecided if "
    "no interval is clear; otherwise depends.",
    smallest="half a doubling of the reach",
    parts=_fashion_parts,
    judge=_fashion_judge,
)

CLAIMS = (FASHION,)
