"""Code that does what it likes, and what is left to tell of it."""

import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest

from backlit.check.sandbox import TimeIsUp, abbreviated, attempt, limited


def spin():
    while True:
        try:  # noqa: SIM105 - what a user writes
            sum(range(100))
        except Exception:
            pass


def swallow():
    for _ in range(3):
        try:
            while True:
                pass
        except BaseException:
            pass
    spin()


def endless():
    return endless()


def in_a_thread(call):
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return found[0]


@pytest.mark.parametrize("call", [spin, swallow])
@pytest.mark.parametrize("run", [lambda call: call(), in_a_thread], ids=["main", "thread"])
def test_what_hangs_is_ended(call, run):
    outcome = run(lambda: attempt(call, time_limit=0.1))
    assert outcome.reason == "it did not end within 0.1 seconds"
    assert outcome.seconds < 10
    assert outcome.line_in(__file__) in range(16, 40)
    time.sleep(0.15)  # nothing comes late


@pytest.mark.skipif(sys.platform == "win32", reason="no alarms there")
def test_a_sleeper_is_woken_and_an_alarm_of_others_kept():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        assert isinstance(attempt(lambda: time.sleep(30), time_limit=0.1).error, TimeIsUp)
        assert not rung
        time.sleep(0.5)
        assert rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_what_ends_in_time_is_left_alone():
    with limited(10):
        pass
    assert attempt(lambda: 3, time_limit=10).value == 3
    assert in_a_thread(lambda: attempt(lambda: 3, time_limit=10).value) == 3


def test_whatever_is_raised_is_told():
    assert attempt(endless).reason == "it calls itself without end (RecursionError)"
    assert attempt(lambda: sys.exit(3)).reason == "it ended the program (SystemExit: 3)"
    outcome = attempt(lambda: {}["no\nsuch"])
    assert not outcome.ok
    assert outcome.reason.startswith("KeyError: ")
    assert "\n" not in outcome.reason
    assert outcome.line_in(__file__)
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: (_ for _ in ()).throw(KeyboardInterrupt()))


def test_what_is_printed_and_warned_is_kept(capsys):
    def talk():
        print("one")  # noqa: T201
        print("two", file=sys.stderr)  # noqa: T201
        for _ in range(3):
            warnings.warn("odd", RuntimeWarning, stacklevel=1)

    outcome = attempt(talk)
    assert outcome.printed == "one\ntwo\n"
    assert outcome.warnings == ["RuntimeWarning: odd"]
    assert capsys.readouterr() == ("", "")
    much = attempt(
        lambda: sys.stdout.writelines(f"{i} {'x' * 1000}\n" for i in range(1000))
    ).printed
    assert len(much) < 11_000
    assert much.startswith("0 x")
    assert "999 x" in much


def test_long_texts_are_abbreviated():
    text = abbreviated("\n".join(f"{i} {'x' * 300}" for i in range(50)))
    assert len(text.splitlines()) == 8
    assert max(map(len, text.splitlines())) == 100
    assert "… 43 lines …" in text
    assert abbreviated("") == ""


TRACED = """
import sys, threading
from backlit.check.sandbox import attempt

def forever():
    while True:
        pass

def stubborn():
    while True:
        try:
            forever()
        except BaseException:
            return

def plain():
    return 1

def work():
    for call, limit in ((plain, 10), (forever, 0.05), (stubborn, 0.05)):
        attempt(call, time_limit=limit)

thread = threading.Thread(target=work)
thread.start()
thread.join()
lines = []
sys.settrace(lambda frame, event, value: lines.append(event))
plain()
sys.settrace(None)
print(lines)
"""


def test_a_debugger_goes_on_after_time_limits_in_a_thread():
    ran = subprocess.run(
        [sys.executable, "-c", TRACED], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "['call']\n"


def test_a_limit_that_ends_with_its_block_leaves_nothing_behind():
    def many():
        kinds = []
        for i in range(60):
            limit = 0.001 + 0.0002 * (i % 10)
            end = time.perf_counter() + 0.002

            def busy(end=end):
                while time.perf_counter() < end:
                    pass

            kinds.append(type(attempt(busy, time_limit=limit).error))
        for _ in range(100_000):  # what was left behind would be raised here
            pass
        return kinds

    kinds = in_a_thread(many)
    assert set(kinds) <= {type(None), TimeIsUp}
    assert not [t for t in threading.enumerate() if t.name == "backlit time limit"]
