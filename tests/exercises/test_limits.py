"""No answer hangs a notebook, and its stop button still works."""

import builtins
import itertools
import signal
import threading
import time

import numpy as np
import pytest

from lstm_core.exercises import limits
from lstm_core.exercises.limits import TooSlow, within
from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.toolbox import call

CALLED = Exercise("9.1", "Do.", lambda answer: str(call(answer)), ("look",))
BRIEF = 0.3  # s: the limit here, for answers that never end
# Where the exception meets a callback of the collector, it is ignored, and comes again
AGAIN = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = [pytest.mark.clock, pytest.mark.filterwarnings(AGAIN)]


def check(answer, seconds=5):
    started = time.monotonic()
    verdict = Registry([CALLED], seconds=seconds).check("9.1", answer)
    assert time.monotonic() - started < 3
    return verdict


def endless():
    for _ in itertools.count():
        pass


def asleep():
    time.sleep(3600)


def stubborn():
    while True:
        try:
            time.sleep(0.01)
        except BaseException:  # as a bare `except:` would
            pass


def crowded():
    while True:
        try:
            np.linalg.svd(np.ones((200, 200)))
        except Exception:
            continue


def bottomless(n=0):
    return bottomless(n + 1)


@pytest.mark.parametrize("answer", [endless, asleep, stubborn, crowded])
def test_what_does_not_end_is_given_up(answer):
    verdict = check(answer, BRIEF)
    assert verdict.outcome == "wrong"
    assert "within 0.3 seconds" in repr(verdict) and "never ends" in repr(verdict)


@pytest.mark.parametrize("answer", [endless, crowded])
def test_what_is_given_up_ends(answer):
    before = threading.active_count()
    check(answer, BRIEF)
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_an_endless_print_is_cut_short(capfd):
    def prints():
        while True:
            print("again and again")

    assert "given up" in repr(check(prints, BRIEF))
    said = capfd.readouterr().out
    assert said.startswith("again") and said.endswith("is left out)\n")
    assert len(said) < 6000
    print("as before")
    assert capfd.readouterr().out == "as before\n"


def test_what_is_printed_is_seen(capfd):
    check(lambda: print("here"))
    assert capfd.readouterr().out == "here\n"


def test_nobody_is_asked_to_type():
    before = builtins.input
    assert "nobody types while a check runs" in repr(check(lambda: input("T? ")))
    assert builtins.input is before


def test_numpy_is_put_back_and_it_is_said():
    right = np.tanh

    def meddle():
        np.tanh = np.sin
        return 1

    try:
        assert "another `np.tanh`: it has been put back" in repr(check(meddle))
        assert np.tanh is right
        meddle()
        assert "put back" in repr(check(lambda: 1)) and np.tanh is right
        assert check(lambda: 1)
    finally:
        np.tanh = right


def test_a_repr_that_does_not_end_is_given_up():
    class Slow:
        def __repr__(self):
            endless()

    assert "given up" in repr(check(lambda: Slow(), BRIEF))


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_an_answer_that_ends_programs_gets_a_sentence(error):
    def leave():
        raise error

    assert error.__name__ in repr(check(leave))
    broken = Exercise("9.1", "Do.", lambda answer: answer(), ("look",))
    assert error.__name__ in repr(Registry([broken]).check("9.1", leave))


def test_an_answer_without_a_bottom_gets_a_sentence():
    assert "calls itself" in repr(check(bottomless))


def test_the_limit_is_five_seconds_and_an_exercise_may_have_its_own():
    assert CALLED.seconds == 5
    short = CALLED._replace(seconds=0.2)
    assert "within 0.2 seconds" in repr(Registry([short]).check("9.1", endless))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
@pytest.mark.parametrize("answer", [endless, asleep, stubborn])
def test_the_stop_button_stops_the_check(answer):
    def press(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    registry, started = Registry([CALLED], seconds=60), time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            registry.check("9.1", answer)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 2
    assert not registry.tried


def test_the_stop_button_of_a_real_notebook_stops_the_check():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        code = (
            "from lstm_core.exercises import check\n"
            "def slope(z):\n    while True: pass\n"
            "print('begun', flush=True)\ncheck('2.2', slope)"
        )
        sent = client.execute(code)
        while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        time.sleep(0.3)
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=10))["parent_header"].get(
            "msg_id"
        ) != sent:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_limit_holds_in_any_thread():
    said = []
    thread = threading.Thread(target=lambda: said.append(check(endless, BRIEF)))
    thread.start()
    thread.join(10)
    assert "given up" in repr(said[0])


def test_without_threads_there_is_no_limit_but_an_answer(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert within(1, lambda: 3) == 3


def test_work_sees_the_settings_of_its_caller():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        within(1, lambda: np.ones(1) / np.zeros(1))


def test_a_limit_that_does_nothing_would_show(monkeypatch):
    """The planted bug: a limit that only waits."""
    monkeypatch.setattr(limits, "_stop", lambda thread: None)
    before = set(threading.enumerate())
    release = threading.Event()
    with pytest.raises(TooSlow):
        within(0.05, release.wait)
    assert set(threading.enumerate()) - before
    release.set()
