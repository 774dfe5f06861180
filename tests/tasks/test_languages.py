import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.draws import Draws
from lstm_core.tasks import Brackets, Runs, exact, languages
from tests.helpers import mutated

LANGUAGES = [Runs("ab", 5), Runs("abc", 5), Brackets(1, 5), Brackets(2, 5)]
SYMBOLS = {Runs: "Sabc", Brackets: "S()[]"}
ALL = pytest.mark.parametrize("language", LANGUAGES, ids=str)


def spell(language, symbols):
    return "".join(SYMBOLS[type(language)][k] for k in symbols)


def member(language, word):
    """Whether a word, without S, is in the language, by its definition."""
    if isinstance(language, Runs):
        n = word.count("a")
        return n > 0 and word == "".join(letter * n for letter in language.letters)
    for pair in ("()", "[]"):
        mine = re.sub(f"[^{re.escape(pair)}]", "", word)
        while pair in mine:
            mine = mine.replace(pair, "")
        if mine:
            return False
    return True


def words(language, longest):
    alphabet = SYMBOLS[type(language)][1 : language.D]
    found, front = set(), {""}
    for _ in range(longest):
        front = {word + letter for word in front for letter in alphabet}
        found |= {word for word in front if member(language, word)}
    return found | {word for word in [""] if member(language, word)}


def may_follow(prefix, known, alphabet):
    """What follows the prefix in any of the known words, T = $ for nothing."""
    longer = (word for word in known if word.startswith(prefix) and word != prefix)
    follow = {word[len(prefix)] for word in longer}
    return follow | ({"$"} if prefix in known else set())


@pytest.mark.parametrize(
    "language, longest",
    [(Runs("ab"), 8), (Runs("abc"), 9), (Brackets(1), 8), (Brackets(2), 6)],
    ids=str,
)
def test_what_is_allowed_is_what_the_language_allows(language, longest):
    """Every word that is short enough for all its continuations to be known."""
    known = words(language, longest)
    alphabet = SYMBOLS[type(language)][1 : language.D] + "$"
    for n in range(1, 3):
        symbols, allowed = language.example(n)
        word = spell(language, symbols)[1:]
        assert member(language, word)
        for t in range(len(symbols)):
            if 2 * len(word[:t]) + 1 > longest and isinstance(language, Brackets):
                continue
            got = {alphabet[k] for k in np.flatnonzero(allowed[t])}
            assert got == may_follow(word[:t], known, alphabet), word[:t]


@ALL
@given(seed=st.integers(0, 2**32 - 1))
def test_drawn_strings_are_of_the_language_and_marked_as_examples_are(language, seed):
    batch = language.draw(Draws(seed))
    assert batch.xs.shape[1:] == (32, language.D)
    assert batch.ys.shape == (*batch.xs.shape[:2], language.K)
    np.testing.assert_array_equal(batch.mask.sum(axis=0), batch.lengths)
    for b, n in enumerate(batch.lengths):
        symbols = batch.xs[:n, b].argmax(axis=-1)
        word = spell(language, symbols)
        assert word[0] == "S" and member(language, word[1:])
        ends = batch.ys[:n, b, -1]
        assert ends[-1]
        follows = batch.ys[np.arange(n - 1), b, symbols[1:] - 1]
        assert follows.all()


def test_the_docstring_of_runs():
    symbols, allowed = Runs("ab").example(2)
    assert spell(Runs(), symbols) == "Saabb"
    shown = ["".join("abT"[k] for k in np.flatnonzero(row)) for row in allowed]
    assert shown == ["a", "ab", "ab", "b", "T"]


def test_examples_of_brackets():
    assert spell(Brackets(1), Brackets(1).example(2)[0]) == "S(())"
    assert spell(Brackets(2), Brackets(2).example(2)[0]) == "S(([[))]]"


def test_every_balanced_word_is_as_likely():
    rng, counts = np.random.default_rng(1), {}
    for _ in range(5000):
        word = tuple(languages._dyck(3, rng))
        counts[word] = counts.get(word, 0) + 1
    assert len(counts) == 5  # the third Catalan number
    assert max(abs(n - 1000) for n in counts.values()) < 4 * np.sqrt(800)


def test_a_wrong_rotation_is_found():
    wrong = mutated(languages._dyck, "heights.min())[-1]", "heights.min())[0]")
    heights = [wrong(3, np.random.default_rng(k)).cumsum().min() for k in range(20)]
    assert min(heights) < 0


class Told:
    """A stand-in for a model: it knows the answers, but errs for some n."""

    def __init__(self, language, wrong, models=()):
        self.language, self.wrong, self.models = language, wrong, models
        self.longest = 0

    def forward(self, p, xs, lengths):
        per_model = []
        for wrong in self.wrong if self.models else [self.wrong]:
            ys = np.zeros((*xs.shape[:2], self.language.K))
            for b, length in enumerate(lengths):
                n = (length - 1) // (self.language.D - 1)
                self.longest = max(self.longest, n)
                ys[:length, b] = np.where(self.language.example(n)[1], 1.0, -1.0)
                if n in wrong:
                    ys[length - 1, b, -1] = 0.0
            per_model.append(ys)
        return np.stack(per_model, axis=1) if self.models else per_model[0], None, None


@pytest.mark.parametrize("chunk", [1, 3, 50])
@ALL
def test_exact_is_the_largest_n_before_the_first_error(language, chunk):
    for wrong, want in (({4, 7}, 3), ({1}, 0), (set(), 9)):
        assert exact(Told(language, wrong), None, language, 9, chunk) == want
    both = Told(language, [{4}, {6, 8}], (2,))
    np.testing.assert_array_equal(exact(both, None, language, 9, chunk), [3, 5])


def test_exact_runs_no_more_than_it_needs():
    told = Told(Runs(), {4})
    exact(told, None, Runs(), 1000, chunk=5)
    assert told.longest == 5


def test_correct_needs_every_answer_at_every_step():
    language = Runs("ab")
    batch = language.examples([1, 3])
    ys = np.where(batch.ys, 0.1, -0.1)
    assert language.correct(ys, batch).tolist() == [True, True]
    ys[2, 1, 0] = -1
    assert language.correct(ys, batch).tolist() == [True, False]
    ys[-1, 0] = 99  # padding
    assert language.correct(ys, batch).tolist() == [True, False]
    both = np.stack([ys, np.where(batch.ys, 0.1, -0.1)], axis=1)
    assert language.correct(both, batch).tolist() == [[True, False], [True, True]]


def test_the_type_of_the_inputs_is_chosen():
    assert Runs(dtype=np.float32).draw(Draws(1)).xs.dtype == np.float32


def test_sizes_that_make_no_sense():
    with pytest.raises(ValueError, match="expected Runs with upto >= 1, got 0"):
        Runs("ab", upto=0)
