"""What loses its parent comes to this process and is ended, but not what is others'."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from onpath.probes import orphans

if sys.platform != "linux":
    pytest.skip("only Linux has child subreapers", allow_module_level=True)

NONCE = os.urandom(6).hex()  # the same tests run beside this one, and kill by their own
MARK = f"MARK={NONCE}"
HEADER = f"""
import os, subprocess, sys, threading, time
from onpath.probes import orphans, spawn

def daemon(*words, mark={NONCE!r}):
    # Starts `words` in a session of its own, whose parent is gone; returns when it runs.
    start = ['setsid', 'sh', '-c', 'setsid "$@" >/dev/null & echo $!', 'sh', *words]
    env = {{"PATH": os.environ["PATH"], **({{"MARK": mark}} if mark else {{}})}}
    pid = int(subprocess.run(start, env=env, stdout=subprocess.PIPE).stdout)
    while os.path.basename(os.readlink(f"/proc/{{pid}}/exe")) != "sleep":
        time.sleep(0.001)
    return pid

def is_running(pid):
    try:
        with open(f"/proc/{{pid}}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False

MARK = {MARK!r}
"""


def run(code: str) -> list[str]:
    """Run `code` in a Python of its own, and return the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", HEADER + code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (0, "") == (done.returncode, done.stderr), done
    return done.stdout.split()


@pytest.mark.parametrize("mark", [NONCE, ""], ids=["with", "without"])
def test_a_daemon_is_ended_with_or_without_its_mark(mark: str) -> None:
    code = f"""
adoption = orphans.Adoption()
pids = [daemon("sleep", "60", mark={mark!r}) for _ in range(3)]
print(adoption.is_whole, all(map(is_running, pids)), adoption.end(MARK), *map(is_running, pids))
adoption.close()
print(orphans._get())
"""
    assert ["True", "True", "()", "False", "False", "False", "0"] == run(code)


def test_what_a_daemon_has_started_is_ended_as_well() -> None:
    code = """
adoption = orphans.Adoption()
daemon("sleep", "60")
inner = "setsid sh -c 'setsid sleep 61 & sleep 62' & exec sleep 63"
daemon("sh", "-c", inner)
print(adoption.end(MARK), orphans._has_children())
"""
    assert ["()", "False"] == run(code)


def test_it_waits_for_nothing_where_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_has_children", lambda: False)
    monkeypatch.setattr(orphans, "_children", lambda: 1 / 0)
    adoption = orphans.Adoption()
    assert () == adoption.end(MARK)
    adoption.close()


def test_a_child_that_was_there_before_stays() -> None:
    code = """
with subprocess.Popen(["sleep", "60"]) as other:
    adoption = orphans.Adoption()
    pid = daemon("sleep", "60")
    print(adoption.is_whole, adoption.end(MARK), is_running(pid), is_running(other.pid), other.poll())
    adoption.close()
    other.kill()
"""
    assert ["False", "()", "False", "True", "None"] == run(code)


def test_what_another_thread_starts_meanwhile_stays() -> None:
    """A program that uses the library may have any."""
    code = """
started, others = threading.Event(), []

def start():
    others.append(subprocess.Popen(["sleep", "60"], start_new_session=True))
    started.set()
    time.sleep(60)

adoption = orphans.Adoption()
threading.Thread(target=start, daemon=True).start()
adoption = orphans.Adoption()
started.wait()
pid = daemon("sleep", "60")
print(adoption.is_whole, adoption.end(MARK), is_running(pid), others[0].poll())
others[0].kill()
sys.stdout.flush()
os._exit(0)
"""
    assert ["False", "()", "False", "None"] == run(code)


def test_a_supervisor_stays_one() -> None:
    code = """
orphans.prctl(orphans.SET_SUBREAPER, 1)
orphans.Adoption().close()
print(orphans._get())
"""
    assert ["1"] == run(code)


def test_without_the_kernels_help_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another system, another C library, another Python."""
    monkeypatch.setattr(orphans, "prctl", lambda *_: -1)
    adoption = orphans.Adoption()
    assert (False, False, ()) == (adoption.is_on, adoption.is_whole, adoption.end(MARK))
    adoption.close()


def test_a_call_that_fails_is_no_error() -> None:
    assert orphans.prctl(-1) == -1
