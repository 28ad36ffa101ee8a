"""Nothing is typed but to a shell that waits for a line: to no password prompt, to no tmux of others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

import pytest

from onpath.host import proc
from onpath.probes import attempts, multiplexers, readers, spawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from programs import Require

if sys.platform != "linux":
    pytest.skip("only Linux tells who reads a terminal", allow_module_level=True)

# pytest-xdist has threads, and new Pythons warn of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

PATIENCE_S = 30.0
LOOK_S = 5.0
MARK = "ONPATH_TEST=" + os.urandom(6).hex()
PYTHON = f"{sys.executable} -c"
# What each does with its terminal until it is killed; it says when it has begun.
BEGIN = 'open("on", "w")'
HIDES = (
    f"import termios as t; a = t.tcgetattr(0); a[3] &= ~t.ECHO; t.tcsetattr(0, 0, a); {BEGIN}; input()"
)
TAKES_KEYS = f"import os, tty; tty.setraw(0); {BEGIN}; os.read(0, 9)"
READS = f"{BEGIN}; input()"


class Terminal:
    """A program on a terminal of its own, in a home."""

    def __init__(self, home: Path, *words: str, **environ: str) -> None:
        self.home = home
        self.outer, inner = attempts.open_terminal()
        name, value = MARK.split("=")
        environ = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
            name: value,
            **environ,
        }
        self.pid = spawn.spawn(
            *(shutil.which(words[0]) or words[0], words),
            environ=environ,
            folder=str(home),
            stdin=inner,
            output=inner,
            errors=inner,
            terminal=inner,
        )
        os.close(inner)

    def watched(self, given: str = "", *, was_asked: bool = True) -> readers.Watched:
        """Return it as it is looked at; `given` is in the command line of a shell without a prompt."""
        return readers.Watched(self.pid, self.outer, MARK.encode(), given, was_asked)

    def shown(self) -> bytes:
        """Return what it shows now."""
        try:
            return os.read(self.outer, 65536)
        except BlockingIOError:
            return b""

    def is_at_prompt(self) -> bool:
        """Say what is said of it."""
        return readers.is_at_prompt(self.watched())

    def is_busy(self) -> bool:
        """Say what is said of it."""
        return readers.is_busy(self.watched())

    def waits_for_user(self) -> bool:
        """Say what is said of it."""
        return readers.waits_for_user(self.watched())

    def has_begun(self) -> bool:
        """Say whether its startup file has come so far."""
        return (self.home / "on").exists()


@contextmanager
def terminal(home: Path, *words: str, **environ: str) -> Iterator[Terminal]:
    """Run a program on a terminal, and end it."""
    running = Terminal(home, *words, **environ)
    try:
        yield running
    finally:
        spawn.kill_session(running.pid, is_reaped=False, terminal=running.outer)
        spawn.kill_marked(MARK, since=running.pid - 1)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(params=["bash", "zsh", "dash", "mksh"])
def shell(request: pytest.FixtureRequest, require: Require) -> str:
    require(request.param)
    return str(request.param)


RC = {"bash": ".bashrc", "zsh": ".zshrc", "mksh": ".mkshrc", "dash": "rc"}


def test_a_shell_at_its_prompt_waits_for_a_line(tmp_path: Path, shell: str) -> None:
    (tmp_path / RC[shell]).write_text("(sleep 60 </dev/null >/dev/null 2>&1 &)\n")  # nobody's business
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.is_at_prompt)
        wait_for(lambda: not shown.is_busy())  # the prompt of dash is known only by that


@pytest.mark.parametrize("code", [HIDES, TAKES_KEYS, READS], ids=["hides", "takes keys", "reads"])
def test_a_program_that_a_startup_file_runs_gets_nothing(tmp_path: Path, shell: str, code: str) -> None:
    (tmp_path / RC[shell]).write_text(f"{PYTHON} '{code}'\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.has_begun)
        for _ in range(9):
            assert not shown.is_at_prompt()


@pytest.mark.parametrize("echo", ["-echo", "echo"])
def test_a_question_of_a_startup_file_gets_nothing(tmp_path: Path, shell: str, echo: str) -> None:
    if shell == "dash" and echo == "echo":
        pytest.skip("its prompt looks the same")
    (tmp_path / RC[shell]).write_text(f"stty {echo}; : >on; read answer\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.has_begun)
        time.sleep(0.05)
        for _ in range(9):
            assert not shown.is_at_prompt()


@pytest.mark.parametrize(
    ("shell", "words"),
    [("bash", "read -n 1"), ("zsh", "read -k 1"), ("zsh", "read -q"), ("ksh93", "read -n 1")],
)
def test_a_question_for_a_key_gets_nothing(
    tmp_path: Path, require: Require, shell: str, words: str
) -> None:
    require(shell)
    (tmp_path / RC.get(shell, ".kshrc")).write_text(f": >on; {words} answer\n")
    with terminal(tmp_path, shell, "-i", ENV=".kshrc") as shown:
        wait_for(shown.has_begun)
        wait_for(shown.waits_for_user)
        for _ in range(9):
            assert not shown.is_at_prompt()


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", "read -e answer"),
        ("bash", "read -s -n 1 answer"),
        ("zsh", "vared -c answer"),
        ("zsh", "read -sk 1 answer"),
        ("yash", "read -e answer"),
    ],
)
def test_a_shell_that_has_its_question_comes_to_no_prompt(
    tmp_path: Path, require: Require, shell: str, words: str
) -> None:
    """What it reads may look like one: the line is edited in the same way."""
    require(shell)
    (tmp_path / RC.get(shell, ".yashrc")).write_text(f": >on; {words}\n")
    with terminal(tmp_path, shell, "-i", "-c", "echo answered") as shown:
        wait_for(shown.has_begun)
        watched = shown.watched("answered")
        wait_for(lambda: readers.waits_for_user(watched))
        for _ in range(9):
            assert not readers.is_at_prompt(watched)


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "read -s -n 1 answer"), ("zsh", "read -sk 1 answer")]
)
def test_a_key_that_is_not_shown_is_not_a_line(
    tmp_path: Path, require: Require, shell: str, words: str
) -> None:
    """Also in a shell that another one has become: who edits a line takes Enter as a key."""
    require(shell)
    (tmp_path / RC[shell]).write_text(f": >on; {words}\n")
    with terminal(tmp_path, shell, "-i") as shown:
        wait_for(shown.has_begun)
        wait_for(shown.waits_for_user)
        for _ in range(9):
            assert not shown.is_at_prompt()


@pytest.mark.parametrize(
    "shell", ["fish", "tcsh", "yash", "ash", "ksh93", "elvish", "rc", "xonsh", "xonsh-0.14"]
)
def test_the_prompt_of_each_shell_is_known(tmp_path: Path, require: Require, shell: str) -> None:
    program = require(shell)
    with terminal(tmp_path, str(program), *(("-i",) if shell == "ash" else ())) as shown:
        wait_for(shown.is_at_prompt)


def test_nushell_is_at_its_prompt_when_it_has_asked_where_the_cursor_is(
    tmp_path: Path, require: Require
) -> None:
    """`input` of a startup file has the terminal in the same state."""
    program = require("nu")
    folder = tmp_path / ".config" / "nushell"
    folder.mkdir(parents=True)
    (folder / "config.nu").write_text("'' | save on; let answer = (input)\n")
    with terminal(tmp_path, str(program), "-e", "true") as shown:
        wait_for(shown.has_begun)
        watched = shown.watched(was_asked=False)
        wait_for(lambda: readers.waits_for_user(watched))
        for _ in range(9):
            assert not readers.is_at_prompt(watched)
        os.write(shown.outer, b"\r")
        wait_for(lambda: attempts.ASKS_PLACE in shown.shown())
        wait_for(shown.is_at_prompt)


def test_a_shell_whose_startup_file_works_is_busy_and_one_that_asks_is_not(
    tmp_path: Path, shell: str
) -> None:
    (tmp_path / RC[shell]).write_text(f": >on; sleep 60; {PYTHON} '{HIDES}'\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(lambda: bool(sleeps(shown)))
        assert shown.is_busy()
        assert not shown.is_at_prompt()
        (tmp_path / "on").unlink()
        os.kill(sleeps(shown)[0], 9)
        wait_for(shown.has_begun)
        wait_for(lambda: not shown.is_busy())


def kernel_tells() -> bool:
    """Say whether the kernel tells where a process sleeps; gVisor's does not."""
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        try:
            end = time.monotonic() + LOOK_S
            while proc.waits_in(sleeping.pid) == "0" and time.monotonic() < end:
                time.sleep(0.005)
            return proc.waits_in(sleeping.pid) != "0"
        finally:
            sleeping.kill()


def test_what_a_shell_has_done_in_the_background_reads_nothing(tmp_path: Path, shell: str) -> None:
    """As fish has manual pages read at its first start, with the terminal and in the foreground."""
    script = tmp_path / "create_manpage_completions.py"
    script.write_text(f"{BEGIN}\nimport time; time.sleep(60)\n")
    (tmp_path / RC[shell]).write_text(f"set +m; {sys.executable} {script} <&0 &\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.has_begun)
        wait_for(shown.is_at_prompt)


WAITS = {
    "a job": "sleep 60 </dev/null & wait $!",
    "a pipe": "IFS= read -r answer <fifo",
}


@pytest.mark.parametrize("words", WAITS.values(), ids=list(WAITS))
def test_a_shell_that_waits_for_a_program_does_not_wait_for_its_user(
    tmp_path: Path, shell: str, words: str
) -> None:
    """Though it sleeps, and nobody else is in the foreground."""
    if not kernel_tells():
        pytest.skip("this kernel does not tell where a process sleeps")
    os.mkfifo(tmp_path / "fifo")
    held = os.open(tmp_path / "fifo", os.O_RDWR)
    (tmp_path / RC[shell]).write_text(f": >on; {words}\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.has_begun)
        wait_for(lambda: shown.is_busy() and not shown.waits_for_user())
    os.close(held)


def test_a_shell_that_reads_in_a_subshell_waits_for_its_user(tmp_path: Path, shell: str) -> None:
    (tmp_path / RC[shell]).write_text("answer=$(: >on; read x; echo $x)\n")
    with terminal(tmp_path, shell, "-i", ENV=RC[shell]) as shown:
        wait_for(shown.has_begun)
        wait_for(lambda: shown.waits_for_user() and not shown.is_busy())


# A leader whose program has ended, and that has not taken the terminal back: as a shell for a moment.
NOBODY = f"""import os, signal, time
child = os.fork()
if not child:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpid())
    os._exit(0)
os.waitpid(child, 0)
{BEGIN}
time.sleep(60)
"""


def test_where_nobody_has_the_terminal_the_shell_is_not_through(tmp_path: Path) -> None:
    """Else its answer would not be waited for."""
    with terminal(tmp_path, sys.executable, "-c", NOBODY) as shown:
        wait_for(shown.has_begun)
        assert [] == readers._in_foreground(shown.pid)  # noqa: SLF001
        assert shown.is_busy()
        assert not shown.waits_for_user()
        assert not shown.is_at_prompt()


def sleeps(shown: Terminal) -> list[int]:
    """Return the processes in the foreground that are a `sleep`."""
    return [each.pid for each in readers._in_foreground(shown.pid) if is_sleep(each.pid)]  # noqa: SLF001


def is_sleep(pid: int) -> bool:
    return os.path.basename(os.readlink(f"/proc/{pid}/exe")) in {"sleep", "coreutils", "busybox"}


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_tmux_that_we_have_started_is_typed_to_and_another_is_not(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm", "SHELL": "/bin/sh"}
    tmux, socket = shutil.which("tmux") or "", str(tmp_path / "s")
    subprocess.run([tmux, "-S", socket, "new-session", "-d", "cat"], env=environ, check=True)
    try:
        with terminal(tmp_path, tmux, "-S", socket, "attach") as shown:
            clients = [tmux, "-S", socket, "list-clients"]
            wait_for(lambda: bool(subprocess.run(clients, capture_output=True, check=True).stdout))
            for _ in range(9):
                assert not shown.is_at_prompt()
        with terminal(tmp_path, tmux, "-S", f"{socket}2", "new-session", SHELL="/bin/sh") as shown:
            wait_for(shown.is_at_prompt)
    finally:
        for each in (socket, f"{socket}2"):
            subprocess.run([tmux, "-S", each, "kill-server"], env=environ, check=False, stderr=-3)


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("read answer", ()),
        ("read -s answer", ()),
        ("read -n 1 answer", ()),
        (f"{PYTHON} '{TAKES_KEYS}'", ()),
        # A window beside that of the shell: nobody tells which of them gets what is typed.
        (": >on", (";", "split-window", f"{PYTHON} '{READS}'")),
    ],
)
def test_what_asks_in_a_tmux_of_ours_gets_nothing(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (tmp_path / ".bashrc").write_text(f": >on; {text}\n")
    tmux, socket = shutil.which("tmux") or "", str(tmp_path / "s")
    try:
        with terminal(tmp_path, tmux, "-S", socket, "new-session", "bash", *words) as shown:
            wait_for(shown.has_begun)
            wait_for(shown.waits_for_user if not words else lambda: len(windows(shown)) > 1)
            for _ in range(9):
                assert not shown.is_at_prompt()
    finally:
        subprocess.run([tmux, "-S", socket, "kill-server"], check=False, stderr=-3)


def windows(shown: Terminal) -> list[int]:
    """Return the sessions below the tmux of a terminal."""
    return multiplexers.windows({"tmux"}, MARK.encode(), frozenset({shown.pid}))


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_shell_that_still_starts_in_a_tmux_of_ours_is_busy(tmp_path: Path) -> None:
    """It answers when it is through: nothing else may be taken for its answer."""
    (tmp_path / ".bashrc").write_text(": >on; sleep 60\n")
    tmux, socket = shutil.which("tmux") or "", str(tmp_path / "s")
    try:
        with terminal(tmp_path, tmux, "-S", socket, "new-session", "bash") as shown:
            wait_for(shown.has_begun)
            wait_for(shown.is_busy)
            assert not shown.waits_for_user()
            assert not shown.is_at_prompt()
    finally:
        subprocess.run([tmux, "-S", socket, "kill-server"], check=False, stderr=-3)
