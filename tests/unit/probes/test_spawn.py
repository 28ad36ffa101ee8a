"""A process in a session of its own has what it is given, nothing else, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from judging import beside_the_last
from onpath.host import proc
from onpath.probes import spawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("processes of Unix", allow_module_level=True)

import resource

# pytest-xdist has threads, and new Pythons warn of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

TIMEOUT_S = 10.0
NONCE = os.urandom(6).hex()  # the same tests run beside this one, and kill by their own
HEADER = "import os, signal, sys\nfrom onpath.probes import spawn\n"
UNTIL_STOPPED = """
spawn.interrupt_once()
try:
    os.kill(os.getpid(), signal.{first})
except KeyboardInterrupt:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)
    print("put back")
"""
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="there is no /proc")


@pytest.fixture(autouse=True, params=["in a command", "in a library", "beside other threads"])
def own_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start programs in each way: the process is the command line's own, or not, and has one thread."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(spawn._Process, "is_ours", request.param == "in a command")  # noqa: SLF001
    monkeypatch.setattr(proc, "has_one_thread", lambda: request.param == "in a library")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


class Child:
    """`/bin/sh` with a text to run, started by the code under test."""

    def __init__(
        self,
        folder: Path,
        code: str,
        environ: dict[str, str] | None = None,
        terminal: int | None = None,
        program: str = "/bin/sh",
        name: str = "name",
    ) -> None:
        self.output = folder / f"output{len(os.listdir(folder))}"
        stdin = os.open(os.devnull, os.O_RDONLY)
        output = os.open(self.output, os.O_WRONLY | os.O_CREAT)
        self.pid = spawn.spawn(
            program,
            (name, "-c", code),
            environ={"PATH": "/usr/bin:/bin"} if environ is None else environ,
            folder=str(folder),
            stdin=stdin,
            output=output,
            errors=output,
            terminal=terminal,
        )
        os.close(stdin)
        os.close(output)
        self.is_reaped = False

    def wait(self) -> int:
        """Return its exit status."""
        deadline = time.monotonic() + TIMEOUT_S
        while (status := spawn.reap(self.pid)) is None:
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.001)
        self.is_reaped = True
        return status

    def say(self) -> list[str]:
        """Return the lines that it writes until it ends."""
        assert 0 == self.wait()
        return os.fsdecode(self.output.read_bytes()).splitlines()

    def wait_for_line(self) -> str:
        """Return its first line, while it goes on."""
        deadline = time.monotonic() + TIMEOUT_S
        while "\n" not in (text := self.output.read_text()):
            assert time.monotonic() < deadline, "it says nothing"
            time.sleep(0.001)
        return text.splitlines()[0]


@pytest.fixture
def children() -> Iterator[list[Child]]:
    """Keep the children of a test, and end them."""
    started: list[Child] = []
    yield started
    for child in started:
        spawn.kill_session(child.pid, is_reaped=child.is_reaped)


def is_running(pid: int) -> bool:
    """Say whether `pid` runs: a zombie that waits for its parent does not."""
    ps = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return bool(ps.stdout.strip()) and not ps.stdout.lstrip().startswith(b"Z")


def wait_until_gone(pid: int) -> bool:
    """Say whether `pid` ends within the time."""
    deadline = time.monotonic() + TIMEOUT_S
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_it_has_the_environment_that_it_is_given_and_no_other(tmp_path: Path) -> None:
    lines = Child(tmp_path, "/usr/bin/env", {"GIVEN": "é\udce9", "PATH": "/bin"}).say()
    own = {"PWD", "OLDPWD", "SHLVL", "_"}  # of sh itself
    found = {line for line in lines if line.partition("=")[0] not in own}
    assert {"GIVEN=é\udce9", "PATH=/bin"} == found


def test_it_begins_in_the_folder_that_it_is_given(tmp_path: Path) -> None:
    assert [os.path.realpath(tmp_path)] == Child(tmp_path, "pwd -P").say()


def test_it_is_called_as_it_is_told(tmp_path: Path) -> None:
    """The first word of its arguments makes a login shell."""
    assert ["-name"] == Child(tmp_path, 'echo "$0"', name="-name").say()[-1:]


def test_its_input_and_both_outputs_are_the_given_ones(tmp_path: Path) -> None:
    assert ["out", "err", "end of input"] == Child(
        tmp_path, "echo out; echo err >&2; read line || echo end of input"
    ).say()


@needs_proc
def test_it_has_no_other_files_open(tmp_path: Path) -> None:
    code = "for n in 3 4 5 6 7 8 9; do test ! -e /proc/$$/fd/$n || echo $n; done"
    with open(os.devnull, "rb"):
        assert [] == Child(tmp_path, code).say()


def test_it_leads_a_session_of_its_own(tmp_path: Path, children: list[Child]) -> None:
    child = Child(tmp_path, "echo; exec sleep 30")
    children.append(child)
    child.wait_for_line()
    assert (child.pid, child.pid) == (os.getsid(child.pid), os.getpgid(child.pid))
    assert child.pid != os.getsid(0)


def test_it_has_no_terminal_unless_it_is_given_one(tmp_path: Path) -> None:
    assert ["none"] == Child(tmp_path, "(: </dev/tty) 2>/dev/null || echo none").say()


def test_a_terminal_that_it_is_given_is_its_own(tmp_path: Path, children: list[Child]) -> None:
    """Its controlling terminal, and all three of its streams."""
    outer, inner = os.openpty()
    name = os.ttyname(inner)
    child = Child(tmp_path, "tty; tty <&1; tty <&2; echo yes >/dev/tty; read x", terminal=inner)
    children.append(child)
    os.close(inner)
    shown = b""
    deadline = time.monotonic() + TIMEOUT_S
    while b"yes" not in shown:
        assert time.monotonic() < deadline
        shown += os.read(outer, 1000)
    os.close(outer)
    assert [name, name, name, "yes"] == shown.decode().split()


def test_it_may_have_a_thousand_files_open_and_no_more(tmp_path: Path) -> None:
    """bsd-csh closes every one up to the limit, one by one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 5000) if hard > 0 else 5000, hard))
    try:
        (limit,) = Child(tmp_path, "ulimit -n").say()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert int(limit) <= spawn.MAX_FILES


def test_a_library_leaves_the_folder_and_the_limit_of_its_process_as_they_are(tmp_path: Path) -> None:
    if spawn._Process.is_ours:  # noqa: SLF001
        pytest.skip("a command's own process may be changed")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = (min(hard, 5000) if hard > 0 else 5000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
    folder = os.getcwd()
    try:
        assert [str(tmp_path)] == Child(tmp_path, "pwd").say()
        assert (folder, wanted) == (os.getcwd(), resource.getrlimit(resource.RLIMIT_NOFILE))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_lower_limit_stays(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        lines = Child(tmp_path, "ulimit -n").say()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ["200"] == lines


@pytest.mark.parametrize("program", ["/nowhere/sh", "/", os.devnull])
def test_a_program_that_cannot_be_started_ends_with_127(tmp_path: Path, program: str) -> None:
    """And not as a second copy of this program."""
    assert 127 == Child(tmp_path, "", program=program).wait()


def test_how_it_ended_is_told(tmp_path: Path) -> None:
    assert 3 == Child(tmp_path, "exit 3").wait()
    assert -9 == Child(tmp_path, "kill -9 $$").wait()


def test_a_process_that_runs_has_no_status_yet(tmp_path: Path, children: list[Child]) -> None:
    child = Child(tmp_path, "echo; exec sleep 30")
    children.append(child)
    child.wait_for_line()
    assert spawn.reap(child.pid) is None


def test_a_process_that_is_not_ours_counts_as_ended() -> None:
    assert 0 == spawn.reap(os.getppid())


def test_it_gets_the_signals_that_python_ignores(tmp_path: Path) -> None:
    """`while :; do echo; done | head -n 1` in a startup file ends by SIGPIPE."""
    assert -signal.SIGPIPE == Child(tmp_path, "kill -PIPE $$").wait()


def test_killing_its_session_ends_its_children_too(tmp_path: Path) -> None:
    """Also those that ignore every other signal."""
    child = Child(tmp_path, "trap '' TERM INT HUP; sleep 30 & echo $!; wait")
    other = int(child.wait_for_line())
    spawn.kill_session(child.pid, is_reaped=False)
    assert wait_until_gone(other)
    assert not is_running(child.pid)


# A shell that runs what it is told in the foreground of its terminal. Until it is that, its child is the
# shell still, and handles a hang-up: as bsd-csh's does, which writes the history then.
FORKING = """
import os, signal
def hung_up(*_):
    open("hung up", "w").close()
    os._exit(1)
signal.signal(signal.SIGHUP, hung_up)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
terminal = os.open("/dev/tty", os.O_RDWR)
print("ready", flush=True)
os.read(terminal, 100)
if not os.fork():
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpgrp())
    open("forked", "w").close()
while True:
    signal.pause()
"""


@needs_proc
def test_a_child_that_it_starts_while_it_is_killed_does_not_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that was typed twice is run a second time as soon as the first has an answer."""
    outer, inner = os.openpty()
    child = Child(tmp_path, FORKING, terminal=inner, program=sys.executable)
    os.close(inner)
    deadline = time.monotonic() + TIMEOUT_S
    shown = b""
    while b"ready" not in shown:
        assert time.monotonic() < deadline, "it says nothing"
        shown += os.read(outer, 100)
    look = spawn.descendants

    def look_too_early(pid: int) -> list[int]:
        found = look(pid)
        os.write(outer, b"run\n")
        while not (tmp_path / "forked").exists() and proc.state(child.pid) != b"T":
            assert time.monotonic() < deadline, "it neither runs nor stands still"
        return found

    monkeypatch.setattr(spawn, "descendants", look_too_early)
    spawn.kill_session(child.pid, is_reaped=False, terminal=outer)
    assert not is_running(child.pid)
    time.sleep(0.1)  # for what would have been in time
    assert not (tmp_path / "hung up").exists()


KILLED_IN_BETWEEN = """
outer, inner = os.openpty() if {has_terminal} else (None, None)
null = os.open(os.devnull, os.O_RDWR)
streams = dict(stdin=null, output=null, errors=null, terminal=inner)
environ = {{"PATH": "/usr/bin:/bin"}}
pid = spawn.spawn("/bin/sh", ("sh", "-c", "sleep 60; :"), environ=environ, folder="/", **streams)
print(pid, flush=True)
spawn.descendants = lambda _: os._exit(0)
spawn.kill_session(pid, is_reaped=False, terminal=outer)
"""


@needs_proc
@pytest.mark.parametrize("has_terminal", [True, False])
def test_where_this_process_is_killed_in_between_nothing_stands_still_for_ever(
    *, has_terminal: bool
) -> None:
    """What has a terminal ends with it; what has none goes on to its own end."""
    program = HEADER + KILLED_IN_BETWEEN.format(has_terminal=has_terminal)
    pid = int(subprocess.run([sys.executable, "-c", program], stdout=-1, check=True).stdout)
    if has_terminal:
        assert wait_until_gone(pid)
    else:
        assert proc.state(pid) not in {b"", b"T"}
        spawn.kill(-pid)


def test_its_children_are_ended_even_if_it_has_ended_itself(tmp_path: Path) -> None:
    child = Child(tmp_path, "sleep 30 & echo $!")
    (line,) = child.say()
    spawn.kill_session(child.pid, is_reaped=True)
    assert wait_until_gone(int(line))


def test_a_process_that_got_the_number_of_a_reaped_one_lives_on() -> None:
    with subprocess.Popen(["sleep", "30"]) as other:  # of this process's group
        spawn.kill_session(other.pid, is_reaped=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.2)
        other.kill()


def test_killing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    child = Child(tmp_path, ":")
    child.wait()
    spawn.kill_session(child.pid, is_reaped=True)
    spawn.kill_session(child.pid, is_reaped=False)


@needs_proc
def test_what_went_into_a_session_of_its_own_is_known_by_its_mark(
    tmp_path: Path, children: list[Child]
) -> None:
    """An agent or a server that a startup file left; another's process stays."""
    environ = {"PATH": "/usr/bin:/bin", "MARK": NONCE}
    marked = Child(tmp_path, "echo; exec sleep 30", environ)
    other = Child(tmp_path, "echo; exec sleep 30", {**environ, "MARK": NONCE[:-2]})
    children += [marked, other]
    for child in (marked, other):
        child.wait_for_line()
    spawn.kill_marked(f"MARK={NONCE}", since=marked.pid - 1)
    assert -9 == marked.wait()
    assert is_running(other.pid)


@needs_proc
def test_older_processes_and_this_one_are_never_killed(
    tmp_path: Path, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    child = Child(tmp_path, "echo; exec sleep 30", {"PATH": "/usr/bin:/bin", "MARK": NONCE})
    children.append(child)
    child.wait_for_line()
    spawn.kill_marked(f"MARK={NONCE}", since=child.pid)
    assert is_running(child.pid)
    with open("/proc/self/environ", "rb") as file:
        own = os.fsdecode(file.read().split(b"\0")[0])
    monkeypatch.setattr(os, "listdir", lambda _: [str(os.getpid()), "self", "uptime"])
    spawn.kill_marked(own, since=0)
    assert is_running(os.getpid())


def test_without_proc_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> list[str]:
        raise FileNotFoundError(2, "No such file or directory", "/proc")

    monkeypatch.setattr(os, "listdir", fail)
    spawn.kill_marked("MARK=x", since=0)


# Signals: what stops a run, and what a fresh program takes notice of.


def run_python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own, behind `words`."""
    argv = [*words, sys.executable, "-c", HEADER + code]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_interrupts_and_no_other_does(first: str) -> None:
    done = run_python(UNTIL_STOPPED.format(first=first))
    assert ("put back\n", 0) == (done.stdout, done.returncode), done


def test_signals_that_come_together_interrupt_once() -> None:
    """Before Python 3.9.3 an ignored one that was pending was an error (bpo-43406)."""
    code = """
names = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
spawn.interrupt_once()
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
    assert ("once\n", "") == ((done := run_python(code)).stdout, done.stderr)


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    code = "spawn.interrupt_once()\nos.kill(os.getpid(), signal.SIGHUP)\nprint('here')\n"
    ignoring = "trap '' HUP; exec \"$@\""
    assert "here\n" == run_python(code, "/bin/sh", "-c", ignoring, "sh").stdout


@pytest.mark.parametrize("name", ["SIGPIPE", "SIGXFSZ", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_a_fresh_program_gets_the_signals_that_this_one_ignores(name: str) -> None:
    code = f"""
signal.signal(signal.{name}, signal.SIG_IGN)
spawn.restore_defaults()
os.execv("/bin/sh", ["sh", "-c", "kill -{name[3:]} $$; echo ignored"])
"""
    done = run_python(code)
    assert ("", -signal.Signals[name].value) == (done.stdout, done.returncode)


@needs_proc
def test_no_signal_is_held_back_from_a_fresh_program(tmp_path: Path) -> None:
    held = {signal.SIGCHLD, signal.SIGUSR1}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        (line,) = Child(tmp_path, "grep SigBlk /proc/self/status").say()
        assert held <= signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert 0 == int(line.split()[1], 16)


ENDED = """
def end_a_child():
    child = os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {})
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
"""
needs_watch = pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="there is no sigtimedwait")


@needs_watch
def test_a_child_that_ends_before_the_wait_is_not_waited_for() -> None:
    """Else a look takes a tick longer each time, or, as here, an hour."""
    code = """
watch = spawn.Watch()
watch.wait(3600)  # returns at once, for a look
for _ in range(3):
    end_a_child()
    watch.wait(3600)
watch.release()
print(signal.SIGCHLD in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    done = subprocess.run(
        [sys.executable, "-c", HEADER + ENDED + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ("False\n", "") == (done.stdout, done.stderr)


@needs_watch
def test_a_program_with_a_handler_for_its_children_hears_of_them_after_the_wait() -> None:
    code = """
heard = []
signal.signal(signal.SIGCHLD, lambda *_: heard.append(1))
watch = spawn.Watch()
watch.wait(3600)
end_a_child()
watch.wait(3600)
print(len(heard))
watch.release()
print(len(heard))
"""
    assert "0\n1\n" == run_python(ENDED + code).stdout


def test_it_knows_the_number_that_no_process_can_ignore() -> None:
    assert run_python(f"os.kill(os.getpid(), {signal.SIGKILL})").returncode == -signal.SIGKILL
    assert signal.SIGKILL == spawn.KILL
    assert os.getpid() > 1


@needs_proc
def test_what_a_shell_has_started_may_put_its_things_away_and_the_shell_goes_no_further(
    tmp_path: Path, children: list[Child]
) -> None:
    tidy = "import os, signal, time; signal.signal(15, lambda *_: (os.remove('lock'), os._exit(1)))"
    # One long sleep would not see a signal that comes just before it.
    sleep = "[time.sleep(0.05) for _ in range(12000)]"
    work = f"{sys.executable} -c \"{tidy}; open('lock', 'w'); print(flush=True); {sleep}\""
    for code in (f"{work}; : >went-on", f"({work}; : >went-on) & wait", f"({work} &); exec sleep 600"):
        child = Child(tmp_path, code)
        children.append(child)
        child.wait_for_line()
        assert (tmp_path / "lock").exists()
        spawn.kill_session(child.pid, is_reaped=False)
        assert not (tmp_path / "lock").exists()
    assert not (tmp_path / "went-on").exists()


# Where the numbers of processes begin again.


def test_what_was_started_after_the_last_number_is_still_known() -> None:
    code = """
from onpath.probes import spawn
print(spawn.processor_time_s(shell.pid) > 0.1)
spawn.kill_marked("MARK=mine", since=shell.pid - 1)
shell.wait()
while running() != [other.pid]:  # killed, and not yet gone
    time.sleep(0.01)
print("the other alone")
"""
    assert ["True", "the other alone"] == beside_the_last(code)


# Whether a shell works or waits.


@needs_proc
def test_the_processor_time_of_a_session_is_that_of_all_that_it_has_started(
    tmp_path: Path, children: list[Child]
) -> None:
    """Also of what has ended meanwhile; and not of other sessions."""
    busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
    works = Child(tmp_path, f"({busy}); {busy} & wait; echo; exec sleep 30")
    waits = Child(tmp_path, "echo; exec sleep 30")
    children += [works, waits]
    for child in (works, waits):
        child.wait_for_line()
    assert spawn.processor_time_s(works.pid) > 0.1
    assert spawn.processor_time_s(waits.pid) < 0.1


@needs_proc
def test_a_program_that_does_not_count_adds_no_processor_time(
    tmp_path: Path, children: list[Child]
) -> None:
    (tmp_path / "reads-pages").write_text("while :; do :; done\n")
    shell = Child(tmp_path, f"sh {tmp_path}/reads-pages & echo; exec sleep 30")
    children.append(shell)
    shell.wait_for_line()
    while spawn.processor_time_s(shell.pid) < 0.2:
        assert spawn.reap(shell.pid) is None
    assert spawn.processor_time_s(shell.pid, ("/writes-pages", "/reads-pages")) < 0.1


def test_where_nothing_tells_no_processor_time_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> list[str]:
        raise FileNotFoundError(2, "No such file or directory", "/proc")

    monkeypatch.setattr(os, "listdir", fail)
    assert 0 == spawn.processor_time_s(os.getpid())


def test_an_interrupt_while_it_forks_is_not_swallowed() -> None:
    """`logging`, which `venv` imports, has Python run something before each fork, and after it."""
    code = """
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGTERM))
spawn.interrupt_once()
try:
    spawn.fork(lambda: None)
    while True:
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    assert ("interrupted\n", "") == ((done := run_python(code)).stdout, done.stderr)


def test_an_interrupt_at_the_first_line_of_a_child_leaves_no_twin() -> None:
    code = """
def work():
    while True:
        pass

os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
spawn.interrupt_once()
pid = spawn.fork(work)
print(os.waitpid(pid, 0)[1] >> 8)
"""
    assert (f"{spawn.NOT_DONE}\n", "") == ((done := run_python(code)).stdout, done.stderr)


@pytest.mark.parametrize("times", [0, 3])
def test_an_interrupt_in_a_finalizer_is_not_lost(times: int) -> None:
    """Python only tells of one there, and goes on; so it does in a callback of its collector."""
    code = f"""
class First:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

class Again:
    def __del__(self):
        while True:
            pass

spawn.interrupt_once()
First()
try:
    for _ in range({times}):
        Again()
    while True:
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    assert ("interrupted\n", "") == ((done := run_python(code)).stdout, done.stderr)


def test_whatever_else_a_finalizer_fails_by_is_told_as_ever() -> None:
    code = "class Each:\n    def __del__(self):\n        1 / 0\n\nspawn.interrupt_once()\nEach()\n"
    assert "ZeroDivisionError" in run_python(code).stderr
