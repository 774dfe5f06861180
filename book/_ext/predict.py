"""{predict}: a question that readers answer before they see the answer.

    ```{predict} Which of the two lets more through at $z = 3$?
    :choices: $\\sigma$ | $\\tanh$
    :answer: $\\sigma$

    The explanation, as long as it takes.
    ```

asks for one of the choices. Two other kinds ask for a number, and for a curve drawn by
hand over a few points, which is compared with a row of the table of activations:

    :answer: {glue:text}`steepest`        :sketch: tanh.d1
    :within: 0.05                         :x: -4 4
    :unit: per cent                       :y: 0 1.2
                                          :points: 9
                                          :label: slope

`within` says which error still counts as right (0), `unit` what stands after the field;
`x` and `y` are the ends of the axes, and `label` names what is drawn.
Without JavaScript, on paper and in notebooks, it is the question and a folded answer.
"""

import json
from html import escape

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from lstm_core import activations
from lstm_core.widgets import rows, still

ORDERS = {"value": "value", "d1": "slope", "d2": "bend"}


class predict(nodes.General, nodes.Element):
    """A question, perhaps its choices, and the folded answer."""


class predict_question(nodes.Part, nodes.TextElement):
    """What is asked."""


class predict_answer(nodes.Part, nodes.Element):
    """What is folded: the right answer, if it is one thing, and the explanation."""


class predict_truth(nodes.Part, nodes.TextElement):
    """The right choice or number."""


def span(argument):
    """Two numbers, the lower first."""
    low, high = map(float, argument.split())
    if not low < high:
        raise ValueError(f"expected two numbers, the lower first, got {argument!r}")
    return [low, high]


def curve(argument):
    """A row of the table and an order, such as tanh.d1."""
    name, _, order = argument.strip().rpartition(".")
    if order not in ORDERS:
        raise ValueError(f"expected NAME.ORDER such as tanh.d1, got {argument!r}")
    activations.get(name)
    return name, order


class Predict(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "choices": directives.unchanged_required,
        "answer": directives.unchanged_required,
        "within": float,
        "unit": directives.unchanged_required,
        "sketch": curve,
        "x": span,
        "y": span,
        "points": directives.positive_int,
        "label": directives.unchanged_required,
    }

    def run(self):
        self.assert_has_content()
        asked = self.asked()
        question = self.inline(predict_question, self.arguments[0])
        answer = predict_answer(asked=asked)
        if "answer" in self.options:
            answer += self.inline(predict_truth, self.options["answer"])
        self.state.nested_parse(self.content, self.content_offset, answer)
        choices = [self.choice(text) for text in self.choices()]
        listed = [nodes.bullet_list("", *choices, classes=["choices"])]
        made = predict("", question, *(listed if choices else ()), answer, asked=asked)
        self.set_source_info(made)
        return [made]

    def asked(self):
        """What the page's script must know."""
        given, choices = self.options, self.choices()
        if ("answer" in given) == ("sketch" in given):
            raise self.error("predict: give either an answer or a sketch")
        if "sketch" in given:
            name, order = given["sketch"]
            return {
                "kind": "sketch",
                "curve": name,
                "order": order,
                "x": given.get("x", [-4, 4]),
                "y": given.get("y", [-1, 1]),
                "points": given.get("points", 9),
                "label": given.get("label", ORDERS[order]),
            }
        if not choices:
            within, unit = given.get("within", 0), given.get("unit", "")
            return {"kind": "number", "within": within, "unit": unit}
        if given["answer"].strip() not in choices:
            raise self.error(
                f"predict: expected the answer to be one of {choices}, "
                f"got {given['answer']!r}"
            )
        return {"kind": "choice", "answer": choices.index(given["answer"].strip())}

    def choices(self):
        texts = self.options.get("choices", "").split("|")
        return [text.strip() for text in texts if text.strip()]

    def choice(self, text):
        return nodes.list_item("", self.inline(nodes.paragraph, text))

    def inline(self, kind, text):
        content, problems = self.state.inline_text(text, self.lineno)
        return kind(text, "", *content, *problems)


# --- HTML -------------------------------------------------------------------------


def visit_predict(translator, node):
    asked = escape(json.dumps(node["asked"], ensure_ascii=False))
    translator.body.append(f'<div class="predict" data-predict="{asked}">\n')


def depart_predict(translator, node):
    translator.body.append("</div>\n")


def visit_question(translator, node):
    translator.body.append('<p class="question">')


def visit_truth(translator, node):
    translator.body.append('<p class="truth">')


def depart_line(translator, node):
    translator.body.append("</p>\n")


def visit_answer(translator, node):
    translator.body.append('<details class="answer"><summary>Answer</summary>\n')
    if node["asked"]["kind"] == "sketch":
        translator.body.append(f'<div class="still">{picture(node["asked"])}</div>\n')


def depart_answer(translator, node):
    translator.body.append("</details>\n")


def picture(asked):
    """The curve itself, for readers without JavaScript and for print."""
    f = getattr(activations.get(asked["curve"]), asked["order"])
    (left, right), (low, high) = asked["x"], asked["y"]
    z = np.linspace(left, right, 161)
    axes = still.Axes(48, 26, 340, 150, (left, right), (low, high))
    marks = sorted({left, right, 0.0} if left < 0 < right else {left, right})
    hue = rows.ROWS[asked["curve"].partition("(")[0]]["hue"]
    label = f"{asked['label']} of {rows.label(asked['curve'])}"
    words = f"{label}: {f(z[0]):.2f} at {left:g}, {f(z[80]):.2f} in the middle, "
    words += f"{f(z[-1]):.2f} at {right:g}"
    line = axes.line(z, f(z), stroke=f"var(--{hue})", stroke_width=2.5)
    return still.picture(206, words, axes.grid(label, marks, [low, high]), line)


def setup(app):
    app.add_directive("predict", Predict)
    app.add_node(predict, html=(visit_predict, depart_predict))
    app.add_node(predict_question, html=(visit_question, depart_line))
    app.add_node(predict_truth, html=(visit_truth, depart_line))
    app.add_node(predict_answer, html=(visit_answer, depart_answer))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
