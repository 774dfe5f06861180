"""Limits on time, output and input for code that the book did not write.

The code runs in a thread of its own while the caller waits, in small slices, so that
the stop button of a notebook reaches the caller at once, on every system and in every
thread.  Code that is given up is told to end by an exception inside it.

What is left: one long call into C that holds the interpreter (`10 ** 10 ** 9`) stops
everything until it returns, and a thread that catches every exception goes on behind
the notebook until the kernel is restarted.  Where a Python has no threads, as in a
browser, there is no limit.
"""

import builtins
import contextlib
import contextvars
import ctypes
import sys
import threading
import time

_SLICE = 0.02  # s: how often the caller looks up
_PRINTED = 5000  # characters: of what is printed meanwhile


class TooSlow(BaseException):
    """The limit has passed; no `except Exception` of the code swallows it."""


def within(seconds, work):
    """What `work()` returns; raises `TooSlow` if it needs longer than that.

    `work` sees the caller's context.  What it raises is raised here.
    """
    context, outcome = contextvars.copy_context(), []

    def run():
        try:
            outcome.append((context.run(work), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # this Python has no threads
        return work()
    if not _ended(thread, seconds):
        raise TooSlow
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def _ended(thread, seconds):
    """Wait; whether the thread has ended by itself.  It is stopped if not."""
    end = time.monotonic() + seconds
    ended = False
    try:
        while not ended and time.monotonic() < end:
            thread.join(_SLICE)
            ended = not thread.is_alive()
    finally:
        if not ended:
            _stop(thread)
    return ended


def _stop(thread, attempts=10):
    """Raise `TooSlow` inside a thread that still runs, some times if it is caught."""
    for _ in range(attempts):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(TooSlow)
        )
        thread.join(_SLICE)


class Brief:
    """A stream that passes on so many characters, and says so when it stops."""

    def __init__(self, stream, left=_PRINTED):
        self._stream, self._left = stream, left

    def write(self, text):
        if self._left > 0:
            self._stream.write(text[: self._left])
            if len(text) > self._left:
                self._stream.write("\n… (what else is printed is left out)\n")
            self._left -= len(text)
        return len(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextlib.contextmanager
def apart():
    """Within this, what is printed is cut short and nobody is asked to type.

    A page drowns in an endless print, and a notebook that waits for what is typed into
    a thread that has been given up waits for ever.
    """
    before, builtins.input = builtins.input, _no_input
    try:
        with contextlib.redirect_stdout(Brief(sys.stdout)):
            yield
    finally:
        builtins.input = before


def _no_input(*words):
    raise RuntimeError("nobody types while a check runs; use the arguments")
