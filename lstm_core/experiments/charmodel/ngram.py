"""What counting does without a network: an n-gram that falls back on shorter ones.

P(next | last n characters) mixes the share seen after them with P(next | last n - 1):
after a context seen N times with K different successors the shorter context weighs
K / (N + K) (the method C of Witten and Bell, 1991); the shortest falls back on 1/96.
"""

from collections import Counter, defaultdict

import numpy as np

from lstm_core.experiments.charmodel import corpus

LONGEST = 6


def counts(text, order):
    """For each context of up to `order` characters, a Counter of what followed it."""
    found = [defaultdict(Counter) for _ in range(order + 1)]
    for n, table in enumerate(found):
        for k in range(n, len(text)):
            table[text[k - n : k]][text[k]] += 1
    return found


def bits(text, tables):
    """Bits per character of a text for each order from 0 up: a list."""
    totals = [
        {context: (sum(c.values()), len(c)) for context, c in table.items()}
        for table in tables
    ]
    spent = np.zeros(len(tables))
    for k in range(len(tables), len(text)):
        p = 1 / len(corpus.ALPHABET)
        for n, table in enumerate(tables):
            context = text[k - n : k]
            if context in table:
                seen, kinds = totals[n][context]
                p = (table[context][text[k]] + kinds * p) / (seen + kinds)
            spent[n] -= np.log2(p)
    return (spent / (len(text) - len(tables))).tolist()
