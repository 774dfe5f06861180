"""The claims of the book, each with the experiment that decides it.

    python -m lstm_core.experiments list
    python -m lstm_core.experiments run gate-range --seeds 0:20

`claims.get("gate-range")` is a claim with its prediction, its metric and its rule;
`results.load("gate-range")` is what came out.
"""
