"""A button that trains in the background, one that stops, and a bar between them."""

import html
import threading

import ipywidgets


class Training:
    """Runs `begin() -> (total, updates)`, where updates yields how many are done.

    show(): draws what there is, after the last update or when it was stopped.  What is
    in `locked` cannot be moved meanwhile.  An error is shown as a sentence.
    """

    def __init__(self, begin, show, locked=()):
        self.begin, self.show, self.locked = begin, show, tuple(locked)
        self.button = ipywidgets.Button(description="Train", button_style="primary")
        self.stop = ipywidgets.Button(description="Stop", disabled=True)
        self.bar = ipywidgets.IntProgress(0, 0, 1, description="updates")
        self.said = ipywidgets.HTML()
        self._stopping = threading.Event()
        self.button.on_click(self._start)
        self.stop.on_click(lambda _: self._stopping.set())
        row = ipywidgets.HBox([self.button, self.stop, self.bar, self.said])
        row.layout.flex_flow = "row wrap"
        self.widget = row

    def run(self):
        """Train here and now; an interrupted kernel stops it as the button does."""
        self._busy(True)
        self._stopping.clear()
        try:
            total, updates = self.begin()
            self.bar.max, done = total, 0
            for done in updates:
                if done % max(1, total // 50) == 0 or done == total:
                    self.bar.value = done
                    self.said.value = f"{done} of {total}"
                if self._stopping.is_set():
                    break
            self._end(done, total)
        except KeyboardInterrupt:
            self._end(self.bar.value, self.bar.max)
        except Exception as error:  # of a reader's own function: to be read, not lost
            self.said.value = html.escape(f"{type(error).__name__}: {error}")
        finally:
            self._busy(False)

    def _end(self, done, total):
        self.bar.value = done
        self.show()
        what = "Done" if done == total else "Stopped"
        self.said.value = f"{what} after {done} of {total} updates."

    def _start(self, _):
        # A thread, since the kernel must hear the stop button meanwhile
        threading.Thread(target=self.run, daemon=True).start()

    def _busy(self, busy):
        self.button.disabled, self.stop.disabled = busy, not busy
        for control in self.locked:
            control.disabled = busy
