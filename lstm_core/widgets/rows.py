"""How the explorables show each row of the activation table: label, group, line.

A row keeps its hue and its dash wherever it is drawn; rows that are often compared
differ in both.
"""

GROUPS = {
    "gates": "Into (0, 1)",
    "signed": "Around zero",
    "open": "Without a ceiling",
}


def _row(label, formula, group, hue, dash=""):
    return {
        "label": label,
        "formula": formula,
        "group": group,
        "hue": hue,
        "dash": dash,
    }


ROWS = {
    "sigmoid": _row("sigmoid σ", "σ(z)", "gates", "indigo"),
    "tanh": _row("tanh", "tanh z", "signed", "rose"),
    "hard_sigmoid": _row(
        "hard sigmoid", "z/6 + ½, cut to [0, 1]", "gates", "teal", "8 3"
    ),
    "hard_sigmoid_02": _row(
        "hard sigmoid 0.2", "0.2z + ½, cut to [0, 1]", "gates", "olive", "8 3 2 3"
    ),
    "hard_tanh": _row("hard tanh", "z, cut to [-1, 1]", "signed", "plum", "8 3"),
    "relu": _row("ReLU", "max(0, z)", "open", "teal"),
    "leaky_relu": _row("leaky ReLU", "max(z, slope · z)", "open", "plum", "8 3"),
    "softsign": _row("softsign", "z / (1 + |z|)", "signed", "olive"),
    "identity": _row("identity", "z", "open", "slate", "2 3"),
    "step": _row("step", "0 below zero, 1 above", "gates", "plum"),
    "sine": _row("sine", "sin z", "signed", "teal", "8 3 2 3"),
    "softplus": _row("softplus", "log(1 + exp z)", "open", "olive"),
    "g_1997": _row("g of 1997", "4σ(z) − 2", "signed", "teal"),
    "h_1997": _row("h of 1997", "2σ(z) − 1", "signed", "slate", "8 3"),
    "sigmoid_shifted": _row("σ(z) − ½", "σ(z) − ½", "signed", "indigo", "8 3"),
    "sigmoid_signed": _row("2σ(z) − 1", "2σ(z) − 1", "signed", "plum", "2 3"),
    "sigmoid_rescaled": _row("2σ(2z) − 1", "2σ(2z) − 1", "signed", "indigo", "6 6"),
    "tempered_sigmoid": _row("σ(kz)", "σ(kz)", "gates", "teal"),
}


def label(name):
    """The label of a row; "tempered_sigmoid(8)" becomes "σ(8z)"."""
    stem, _, rest = name.partition("(")
    number = rest.rstrip(")")
    if not number:
        return ROWS[stem]["label"]
    return f"σ({number}z)" if stem == "tempered_sigmoid" else f"leaky ReLU {number}"
