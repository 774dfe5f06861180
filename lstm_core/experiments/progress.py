"""How far a run has come: a bar in a terminal, elsewhere one line for each part."""

import shutil
import sys
import time


class Progress:
    """A consumer of finished parts.

    total: how many parts there are.
    """

    def __init__(self, total, stream=None):
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.total, self.begun = total, time.monotonic()
        self.done = self.computed = 0
        self.now = ""

    def part(self, claim, key, seconds, found=False):
        """A part is finished: computed, which took so long, or found there."""
        self.done += 1
        self.now = claim
        if not found:
            self.computed += 1
        if self.live:
            self.draw()
        elif not found:
            self.line(f"[{self.done}/{self.total}] {claim}: {key} ({seconds:.1f} s)")

    def left(self):
        """Seconds until the end, if the rest goes as what was computed; or None."""
        if not self.computed:
            return None
        gone = time.monotonic() - self.begun
        return (self.total - self.done) * gone / self.computed

    def draw(self):
        """Draw the bar again, in a terminal."""
        if not self.live:
            return
        width = min(shutil.get_terminal_size().columns - 1, 100)
        share = self.done / self.total if self.total else 1.0
        left = self.left()
        rest = "" if left is None or share == 1 else f", {duration(left)} left"
        words = f" {self.done}/{self.total} parts{rest}  {self.now}"
        size = max(width - len(words) - 2, 5)
        bar = ("#" * round(share * size)).ljust(size, ".")
        self.stream.write(f"\r[{bar}]{words}"[: width + 1].ljust(width + 1))
        self.stream.flush()

    def line(self, text):
        """Say something, in place of the bar."""
        self.clear()
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def clear(self):
        """Wipe the bar off, so that something else can be said."""
        if self.live:
            columns = shutil.get_terminal_size().columns - 1
            self.stream.write("\r" + " " * columns + "\r")
            self.stream.flush()

    def close(self):
        """Leave the line of the bar."""
        if self.live and self.done:
            self.stream.write("\n")
            self.stream.flush()


def duration(seconds):
    """A time as people say it: 40 s, 3 min, 1 h 20 min."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
