"""What stops a run, and what a fresh program heeds: in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("signals of Unix", allow_module_level=True)

HEADER = "import os, signal, sys\nfrom onpath.probes import signals\n"
UNTIL_STOPPED = """
signals.stop_once()
try:
    os.kill(os.getpid(), signal.{first})
except KeyboardInterrupt:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)
    print("put back")
"""


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own, behind `words`."""
    argv = [*words, sys.executable, "-c", HEADER + code]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_interrupts_and_no_other_does(first: str) -> None:
    done = run(UNTIL_STOPPED.format(first=first))
    assert ("put back\n", 0) == (done.stdout, done.returncode), done


def test_signals_that_come_together_interrupt_once() -> None:
    """Before Python 3.9.3 an ignored one that was pending was an error (bpo-43406)."""
    code = """
names = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
signals.stop_once()
signal.pthread_sigmask(signal.SIG_BLOCK, names)
for number in names:
    os.kill(os.getpid(), number)
try:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, names)
    for _ in range(1000):
        pass
except KeyboardInterrupt:
    print("once")
"""
    assert ("once\n", "") == ((done := run(code)).stdout, done.stderr)


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    code = "signals.stop_once()\nos.kill(os.getpid(), signal.SIGHUP)\nprint('here')\n"
    ignoring = "trap '' HUP; exec \"$@\""
    assert "here\n" == run(code, "/bin/sh", "-c", ignoring, "sh").stdout


@pytest.mark.parametrize("name", ["SIGPIPE", "SIGXFSZ", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_a_fresh_program_heeds_what_this_one_ignores(name: str) -> None:
    code = f"""
signal.signal(signal.{name}, signal.SIG_IGN)
signals.heed_all()
os.execv("/bin/sh", ["sh", "-c", "kill -{name[3:]} $$; echo ignored"])
"""
    done = run(code)
    assert ("", -signal.Signals[name].value) == (done.stdout, done.returncode)


def test_it_knows_the_number_that_no_process_can_ignore() -> None:
    assert run(f"os.kill(os.getpid(), {signal.SIGKILL})").returncode == -signal.SIGKILL
    from onpath.probes import signals  # noqa: PLC0415

    assert signal.SIGKILL == signals.KILL
    assert os.getpid() > 1
