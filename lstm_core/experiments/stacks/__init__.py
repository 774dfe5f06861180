"""Small stacks of LSTMs, trained once: their weights are in `weights`.

    python -m lstm_core.experiments.stacks autoencoder     digits through a narrow code
    python -m lstm_core.experiments.stacks reader          strings of digits, by CTC
    python -m lstm_core.experiments.stacks language        text from both ends, as ELMo
    python -m lstm_core.experiments.stacks libraries       stacks of Keras and PyTorch

Each takes minutes at most, is seeded, and goes on where it was cut off.  `libraries`
alone needs Keras and PyTorch.

Chapter: stacking.
"""
