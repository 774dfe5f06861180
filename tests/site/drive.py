"""A reader without a mouse: reach every control of a figure, move it, see it answer."""

import re

# Keys to try on a control, until the figure says something else.
KEYS = {
    "range": ("ArrowRight", "ArrowLeft", "End", "Home"),
    "slider": ("ArrowRight", "ArrowLeft", "End", "Home"),
    "number": ("ArrowUp", "ArrowDown"),
    "select-one": ("ArrowDown", "ArrowUp", "End", "Home"),
    "checkbox": ("Space",),
    "radio": ("ArrowRight", "ArrowLeft"),
    "button": ("Enter",),
    "summary": ("Enter",),
}
TYPED = {
    "number": ("0.37", "5"),
    "text": ("1, -1, 0.5, 1", "1, 1", "aabb"),
    "textarea": ("f(a[0])",),
    "search": ("tanh",),
}
MOVERS = ("range", "slider", "number", "select-one", "checkbox", "radio")
MOVERS += ("text", "textarea")
# Such a control changes the picture, not what there is to say about it.
VIEW = re.compile("axis|^read |^step of")
WAIT = 600
HURRY = 20


class Figure:
    """One explorable on an open page, asked through probe.js."""

    def __init__(self, page, handle):
        self.page, self.handle = page, handle

    def ask(self, question, *given):
        """The value of a JavaScript expression in `figure` and `given`."""
        return self.page.evaluate(
            f"([figure, given]) => {question}", [self.handle, list(given)]
        )

    def controls(self):
        """Controls that can be seen: dictionaries with key, kind, name and off."""
        return [one for one in self.ask("probe.controls(figure)") if one["seen"]]

    def look(self, look="told"):
        return self.ask("probe[given[0]](figure)", look)

    def changed(self, before, look="told", wait=WAIT):
        return (
            self.ask("probe.changed(figure, ...given)", look, before, wait) is not None
        )

    def rest(self):
        """What the figure says once it has said the same for a while; None if never."""
        return self.ask("probe.rests(figure)")

    def focus(self, key):
        """Put the focus on a control; whether it is still there."""
        return self.ask(
            "(one => (one?.focus(), Boolean(one)))(probe.find(figure, given[0]))", key
        )

    def press(self, key, keys):
        if self.focus(key):
            self.page.keyboard.press(keys)

    def type(self, key, text):
        self.press(key, "ControlOrMeta+A")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def find(self, pattern):
        """The control whose name matches a compiled pattern, or None."""
        return next((c for c in self.controls() if pattern.search(c["name"])), None)


def figures(page):
    """All explorables of an open page, with short delays made shorter."""
    # Words that were asked for before still come at their own pace
    page.evaluate(f"(probe.hurry({HURRY}), probe.pause(400))")
    found = page.query_selector_all("figure.explorable")
    return [Figure(page, handle) for handle in found]


def tabbed(figure, limit=400):
    """Keys of the controls that Tab comes to, in order."""
    figure.ask("(figure.tabIndex = -1, figure.focus())")
    reached = []
    for _ in range(limit):
        figure.page.keyboard.press("Tab")
        key = figure.ask("probe.focused(figure)")
        if key is None:
            break
        reached.append(key)
    return reached


def answers(figure, control):
    """Whether the figure answers when a control is moved by the keyboard."""
    moves = control["kind"] in MOVERS and not VIEW.search(control["name"])
    look = "told" if moves else "everything"
    before = figure.look(look)
    for keys in KEYS.get(control["kind"], ()):
        figure.press(control["key"], keys)
        if figure.changed(before, look, WAIT if look == "everything" else WAIT // 2):
            return True
    for text in TYPED.get(control["kind"], ()):
        figure.type(control["key"], text)
        if figure.changed(before, look):
            return True
    return False


def exercise(figure):
    """Move every control of a figure; sentences about those that do nothing."""
    tried, silent = set(), []
    while True:
        control = next((c for c in figure.controls() if c["key"] not in tried), None)
        if control is None:
            break
        tried.add(control["key"])
        if control["off"] or not answers(figure, control):
            silent.append(control)
        if control["kind"] == "button":
            quiet(figure)
        if control["kind"] == "summary":
            unfold(figure, control)
    reached = set(tabbed(figure))
    found = [
        f"Tab does not come to {c['kind']} “{c['name']}”"
        for c in figure.controls()
        if not (c["off"] or c["key"] in reached or c["kind"] == "radio")
    ]
    found += [
        f"{c['kind']} “{c['name']}” does nothing"
        for c in silent
        if not answers_elsewhere(figure, c)
    ]
    return found


def disturb(figure, count=3):
    """Move some controls, to get away from where a figure is; what it says then."""
    for control in figure.controls():
        turns = control["kind"] in ("range", "select-one") and not control["off"]
        if count and turns and not VIEW.search(control["name"]):
            count -= answers(figure, control)
    return figure.rest()


def unfold(figure, control):
    """Leave what a summary folds open."""
    opened = "probe.find(figure, given[0]).parentElement.open"
    if not figure.ask(opened, control["key"]):
        figure.press(control["key"], "Enter")


def quiet(figure):
    """Stop what a button has set going."""
    for control in figure.controls():
        if control["name"].lower() in ("pause", "stop"):
            figure.press(control["key"], "Enter")


def presets(figure):
    group = "[role=group][aria-label*=Preset i] button"
    return figure.handle.query_selector_all(group)


def answers_elsewhere(figure, control):
    """Whether a control that did nothing answers from some other state.

    One that is gone in all of them, such as a Stop when all is done, is no fault.
    """
    gone = True
    for preset in [None, *presets(figure)]:
        if preset:
            preset.press("Enter")
            figure.rest()
        here = {c["key"]: c for c in figure.controls()}
        if now := here.get(control["key"]):
            gone = False
            if not now["off"] and answers(figure, now):
                quiet(figure)
                return True
    return gone


def drag(figure):
    """Move with a pointer what can be dragged; what does not follow is told."""
    found = []
    draggable = "[role=slider], .surface, input[type=range]"
    points = figure.handle.query_selector_all(draggable)
    for point in points:
        if not figure.ask("probe.visible(given[0])", point):
            continue
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        start = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        view = VIEW.search(point.get_attribute("aria-label") or "")
        look = "everything" if view else "told"
        if not any(_pulled(figure, start, by, look) for by in (70, -110)):
            name = figure.ask("probe.where(given[0])", point)
            found.append(f"{name} cannot be dragged")
    return found


def _pulled(figure, start, by, look):
    before = figure.look(look)
    mouse = figure.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(start[0] + by, start[1], steps=4)
    mouse.up()
    return figure.changed(before, look)
