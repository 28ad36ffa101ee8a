"""Startup files that sleep, loop, exit, become another program, die: the answer is true all the same.

Each run is over within 6 s, leaves no process, no file and the terminal as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

import leftovers
from commands import PROGRAM, changed, ensure_path, environment, naming, own_files, snapshot
from judging import ensure, hello, marked, required, scripts, verdicts, write
from logins import login_shell
from question import LAUNCH
from screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands import Snapshot
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")

LIMIT_S = 6.0  # besides what it computes, which takes longer on a busy machine
TIMEOUT = "1"  # where a shell hangs, or is gone
PATIENCE = {"xonsh": "2.5"}  # it takes a second to start even where nothing else runs
NO_HURRY = "20"  # where none hangs, but the machine may be busy
CTRL_C = b"\x03"
RESET = "PATH=/usr/bin:/bin"
UNWRITABLE = (".login", "config.fish")
BLOCK = "--- onpath: "
SLEEP = "sleep 98765"
PATIENCE_S = 120.0

# Runs the rest of its arguments on a terminal, and writes down how that was before and after.
WITNESS = """
import json, os, signal, subprocess, sys, termios, time

def terminal():
    return [repr(termios.tcgetattr(0)), os.tcgetpgrp(0), os.ttyname(0)]

out, *words = sys.argv[1:]
signal.signal(signal.SIGINT, lambda *_: None)  # and the default again for the child
before, start = terminal(), time.monotonic()
with open(out + ".stdout", "wb") as stdout:
    code = subprocess.call(words, stdout=None if "--live" in out else stdout)
took, cpu = time.monotonic() - start, sum(os.times()[2:4])
with open(out + ".new", "w") as file:
    saw = {"code": code, "took_s": took, "cpu_s": cpu, "before": before, "after": terminal()}
    json.dump(saw, file)
os.rename(out + ".new", out)
"""


@dataclass(frozen=True)
class Witnessed:
    """What came of a run at a terminal."""

    code: int
    stdout: str
    screen: str
    took_s: float
    cpu_s: float  # what it and its children computed
    slowness: float  # how much longer that takes than on a machine with nothing else to do
    before: list[Any]  # the terminal's settings, its foreground process group, its name
    after: list[Any]


@dataclass(frozen=True)
class Hazard:
    """What a startup file does, in the languages that can."""

    about: str
    texts: dict[str, str]
    is_served: bool | None = None  # whether the shell can be served; None: let the judge say
    limit_s: float = LIMIT_S


POSIX = ("bash", "zsh", "ksh93", "mksh", "yash", "dash")
FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "ksh93": ".kshrc",
    "mksh": ".mkshrc",
    "yash": ".yashrc",
    "dash": ".profile",
    "tcsh": ".tcshrc",
    "fish": ".config/fish/config.fish",
    "elvish": ".config/elvish/rc.elv",
    "nu": ".config/nushell/config.nu",
    "xonsh": ".xonshrc",
}
BANNER = "echo Welcome; echo oops >&2; printf '\\033[31mred\\033[0m\\007'\n"
BANNER_CSH = "echo Welcome; printf '\\033[31mred\\033[0m\\007'\n"
FLOOD = """awk 'BEGIN { for (i = 0; i < 100000; i++) print "line", i }'\n"""


def posix(text: str, names: tuple[str, ...] = POSIX, **others: str) -> dict[str, str]:
    """Return `text` for the shells `names` of the POSIX family, and the `others`."""
    return {**dict.fromkeys(names, text), **others}


HAZARDS = (
    Hazard(
        "sleeps",
        posix(
            "sleep 98765\n",
            ("bash", "zsh", "dash"),
            fish="sleep 98765\n",
            tcsh="sleep 98765\n",
            elvish="e:sleep 98765\n",
            nu="sleep 98765sec\n",
            xonsh="import time; time.sleep(98765)\n",
        ),
        is_served=False,
    ),
    Hazard(
        "loops",
        posix("while :; do :; done\n", ("bash", "yash"), nu="loop { }\n", elvish="while $true { }\n"),
        is_served=False,
    ),
    Hazard(
        "reads a line",
        posix(
            "read -r answer\n",
            ("bash", "zsh", "yash"),
            fish="read answer\n",
            tcsh="set answer = $<\n",
        ),
        is_served=True,
    ),
    # Its file is the login shell's too: two worlds, before and after the edit, wait for an answer.
    Hazard(
        "reads a line, which it does not get",
        {"dash": "read -r answer && : >typed\n"},
        is_served=True,
        limit_s=2 * LIMIT_S,
    ),
    Hazard(
        "reads a line of its terminal",
        posix("read -r answer </dev/tty\n", ("bash", "zsh")),
    ),
    # What is typed there would be the answer, and most often a yes.
    Hazard(
        "waits for a key",
        {
            "bash": "read -n 1 answer && : >typed\n",
            "zsh": "read -k 1 answer && : >typed\n",
            "ksh93": "read -n 1 answer && : >typed\n",
        },
        is_served=True,
    ),
    Hazard(
        "waits for a key that is not shown",
        {
            "bash": "read -s -n 1 answer && : >typed\n",
            "zsh": "read -sk 1 answer && : >typed\n",
            "fish": "read -s -n 1 answer && : >typed\n",
        },
        is_served=True,
    ),
    Hazard(
        "has a line edited",
        {
            "bash": "read -e answer && : >typed\n",
            "zsh": "vared -c answer && : >typed\n",
            "fish": "read answer && : >typed\n",
            "yash": "read -e answer && : >typed\n",
        },
        is_served=True,
    ),
    Hazard(
        "asks for a passphrase",
        posix(
            "printf 'Passphrase: ' >/dev/tty; stty -echo </dev/tty; read -r word </dev/tty\n",
            ("bash", "zsh", "mksh"),
        ),
    ),
    Hazard(
        "exits",
        posix("exit 0\n", nu="exit\n", elvish="exit\n"),
        is_served=False,
    ),
    Hazard("exits with an error", posix("exit 3\n", ("bash",)), is_served=False),
    Hazard("becomes fish", posix("exec fish\n", ("bash", "zsh")), is_served=True),
    Hazard(
        "becomes fish",
        posix(
            "exec fish\n",
            ("ksh93", "mksh", "dash"),
            tcsh="exec fish\n",
            elvish="exec fish\n",
            nu="exec fish\n",
        ),
    ),
    Hazard("becomes bash", posix("exec bash\n", ("zsh",), fish="exec bash\n")),
    Hazard(
        "becomes tmux",
        posix('[ -n "$TMUX" ] || exec tmux\n', ("bash", "zsh"), fish="set -q TMUX; or exec tmux\n"),
        is_served=True,
    ),
    Hazard(
        "becomes tmux, which takes its time",
        # More than a terminal has alone; four start one after the other, in two worlds and twice.
        posix('[ -n "$TMUX" ] || { [ -t 0 ] && exec tmux; }\nsleep 2.2\n', ("bash", "zsh")),
        is_served=True,
        limit_s=1.5 * LIMIT_S,  # one more shell like that in the pane starts when that one has not ended
    ),
    Hazard("becomes tmux again and again", posix("exec tmux\n", ("bash",))),
    Hazard("prints a banner in colour", posix(BANNER, fish=BANNER, tcsh=BANNER_CSH), is_served=True),
    Hazard(
        "prints 100,000 lines",
        posix(FLOOD, ("bash", "zsh", "dash"), fish=FLOOD, tcsh=FLOOD, elvish=FLOOD),
        is_served=True,
    ),
    Hazard(
        "has a syntax error",
        posix(
            "if then fi )\n",
            fish="if (\n",
            tcsh="if ( then\n",
            nu="if {\n",
            xonsh="if (\n",
            elvish="if (\n",
        ),
    ),
    Hazard("has a quote that is never closed", posix("echo 'never\n", ("bash", "zsh", "yash"))),
    Hazard(
        "sets PATH anew",
        posix(
            "PATH=/usr/local/bin:/usr/bin:/bin\n",
            tcsh="setenv PATH /usr/bin:/bin\n",
            elvish="set paths = [/usr/bin /bin]\n",
            nu="$env.PATH = [/usr/bin /bin]\n",
            xonsh="$PATH = ['/usr/bin', '/bin']\n",
        ),
        is_served=True,
    ),
    Hazard(
        "takes PATH away",
        posix(
            "unset PATH\n",
            ("bash", "zsh", "mksh"),
            fish="set -e PATH\n",
            tcsh="unsetenv PATH\n",
            elvish="unset-env PATH\n",
            nu="hide-env PATH\n",
            xonsh="del $PATH\n",
        ),
        is_served=True,
    ),
    Hazard("takes its own list away", {"tcsh": "unset path\n"}, is_served=True),
    Hazard("ends in `set -e; false`", posix("set -e; false\n")),
    Hazard(
        "kills itself",
        posix("kill -9 $$\n", fish="kill -9 $fish_pid\n", tcsh="kill -9 $$\n", elvish="kill -9 $pid\n"),
        is_served=False,
    ),
    Hazard(
        "starts daemons",
        posix(
            "sleep 98765 &\nsetsid sleep 98765 &\n(trap '' HUP; setsid sleep 98765 &)\n",
            ("bash", "zsh", "ksh93", "mksh", "yash", "dash"),
            fish="setsid sleep 98765 &\n",
            tcsh="setsid sleep 98765 &\n",
        ),
        is_served=True,
    ),
    Hazard("silences itself", posix("exec >/dev/null 2>&1\n", ("bash", "zsh", "mksh"))),
    Hazard(
        "traps signals", posix("trap '' TERM INT HUP QUIT\n", ("bash", "zsh", "dash")), is_served=True
    ),
    Hazard(
        "traps signals and sleeps",
        posix("trap '' TERM INT HUP QUIT\nsleep 98765\n", ("bash", "ksh93")),
        is_served=False,
    ),
    Hazard("hangs when it ends", posix("trap 'sleep 98765' EXIT\n", ("bash", "zsh")), is_served=True),
    Hazard(
        "goes elsewhere and tunes its terminal",
        posix("cd /; umask 077; stty -echo -icanon\n", ("bash", "mksh")),
    ),
)
CASES = [
    pytest.param(name, hazard, id=f"{name}-{hazard.about}")
    for hazard in HAZARDS
    for name in hazard.texts
]


@pytest.fixture
def temporary(home: Path) -> Iterator[Path]:
    """Make a folder for temporary files, and kill what a test that fails has left in `home`."""
    with tempfile.TemporaryDirectory() as folder:  # its name is short: elvish has a socket there
        yield Path(folder)
        for process in marked(str(home)):
            leftovers.strike(process)


def at_terminal(
    home: Path,
    temporary: Path,
    *arguments: str,
    is_live: bool = False,
    interrupts: Callable[[], bool] | None = None,
) -> Witnessed:
    """Run `ensure-path` at a terminal; its report goes to a file unless `is_live`.

    Ctrl-C is pressed once `interrupts` says so.
    """
    out = home.parent / ("witness--live" if is_live else "witness")
    runnable = []
    with closing(Screen()) as screen:
        witness = start_at(screen, home, temporary, out, *arguments)
        deadline = time.monotonic() + PATIENCE_S
        while witness.poll() is None and time.monotonic() < deadline:
            screen.watch(0.02)
            runnable.append(count_runnable())
            if interrupts and interrupts():
                screen.press(CTRL_C)
                interrupts = None
        witness.kill()
        witness.wait()
        while screen.watch(0.02):  # what was written at the last moment
            pass
    saw = json.loads(out.read_text())
    return Witnessed(
        stdout=Path(f"{out}.stdout").read_text(),
        screen=screen.shown.decode(errors="replace"),
        slowness=max(1.0, sum(runnable) / len(runnable) / (os.cpu_count() or 1)),
        **saw,
    )


def count_runnable() -> int:
    """Return how many threads of this machine run or wait for a processor (proc(5), "loadavg")."""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])


def start_at(
    screen: Screen, home: Path, temporary: Path, out: Path, *arguments: str
) -> subprocess.Popen[bytes]:
    """Start `ensure-path` and its witness at `screen`; what that sees goes to `out`."""
    words = [sys.executable, "-c", WITNESS, str(out), str(PROGRAM), str(scripts(home)), *arguments]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCH), screen.device, words[0], *words],
        env={**environment(home), "TMPDIR": str(temporary)},
        cwd=home,
        start_new_session=True,
    )


@pytest.mark.parametrize("option", ["--check", "--diff", "-v"])
@pytest.mark.parametrize("name", ["tcsh", "csh"])
def test_the_history_of_a_csh_is_as_it_was(
    home: Path, require: Require, temporary: Path, name: str, option: str
) -> None:
    """It rewrites the file when it ends; killed while it did, it lost half of it."""
    require(name)
    write(home, ".cshrc", "set history=2000\nset savehist=2000\n")
    write(home, ".history", "".join(f"echo precious {number}\n" for number in range(2000)))
    before = snapshot(home)
    for _ in range(5):
        ensure_path(home, scripts(home), option, "--shell", name, env={"TMPDIR": str(temporary)})
        after = snapshot(home)
        assert before[".history"] == after[".history"]
        assert [] == [each for each in after if each.startswith(".history.")]


def assert_nothing_left(home: Path, temporary: Path, run: Witnessed, limit_s: float = LIMIT_S) -> None:
    """Check that a run was over in time, and that nothing of it is left."""
    assert run.took_s - run.cpu_s * run.slowness < limit_s
    assert run.before == run.after
    assert {} == marked(str(home))
    assert [] == [path.name for path in temporary.iterdir()]


def assert_true(home: Path, name: str, document: dict[str, Any], *, hangs: bool) -> None:
    """Check what a report says of each mode against what the judge finds, unless the shell hangs."""
    said = verdicts(document, name)
    for mode in required(name):
        if said[mode] != "unknown" or not hangs:
            answers = [hello(name, mode, home)]
            if answers[0].ran and login_shell() == "bash":  # a yes means yes inside a login too
                answers.append(hello(name, mode, home, is_inside=True))
            is_told = said[mode] in {"effective", "shadowed"}
            assert is_told == all(answer.ran for answer in answers), (mode, document, answers)
    is_all = {said[mode] for mode in required(name)} <= {"effective", "shadowed"}
    assert (document["exit_code"] == 0) == is_all, document


def written(home: Path, before: Snapshot, without: tuple[str, ...]) -> set[str]:
    """Return the files that are not what they were `before`, but for the receipt and those `without`."""
    without = (*without, ".local/state/onpath")
    found = changed(before, snapshot(home, without=without))
    return {str(home / path) for path in found if not (home / path).is_dir()}


@pytest.mark.parametrize(("name", "hazard"), CASES)
def test_the_answer_is_true_in_time_and_nothing_is_left_where_a_startup_file(
    home: Path, temporary: Path, require: Require, name: str, hazard: Hazard
) -> None:
    require(name)
    for word in ("fish", "tmux"):
        if f"exec {word}" in hazard.texts[name] and not shutil.which(word):
            pytest.skip(f"{word} is not installed")
    write(home, FILES[name], hazard.texts[name])
    own = (*own_files(name, home), *own_files("fish", home))  # which others become
    before = snapshot(home, without=own)

    hangs = hazard.is_served is False
    timeout = PATIENCE.get(name, TIMEOUT) if hangs else NO_HURRY
    run = at_terminal(home, temporary, *naming(name), "--json", "--timeout", timeout)

    assert_nothing_left(home, temporary, run, hazard.limit_s)
    document: dict[str, Any] = json.loads(run.stdout)
    assert run.code == document["exit_code"]
    assert {edit["target"] for edit in document["edits"]} == written(home, before, own)
    assert_true(home, name, document, hangs=hangs)
    assert hazard.is_served is None or run.code == (0 if hazard.is_served else 3), document


@pytest.mark.parametrize(
    ("name", "files", "culprit"),
    [
        ("bash", {".bashrc": f"alias ll=ls\n\n{RESET}\nreturn\n"}, ".bashrc:3"),
        ("bash", {".bashrc": "true\n. ~/other\nreturn\n", "other": f"# theirs\n{RESET}\n"}, "other:2"),
        ("bash", {".profile": f"export {RESET}\nreturn\n"}, ".profile:1"),
        ("zsh", {".zlogin": f"\n{RESET}\nreturn\n"}, ".zlogin:2"),
        ("zsh", {".zshrc": "path=(/usr/bin /bin)\nreturn\n"}, ".zshrc:1"),
        ("ksh93", {".kshrc": f"true\n{RESET}\nreturn\n"}, ".kshrc:2"),
        ("mksh", {".mkshrc": f"true\n{RESET}\nreturn\n"}, ".mkshrc:2"),
        ("yash", {".yashrc": f"true\n{RESET}\nreturn\n"}, ".yashrc:2"),
        ("dash", {".profile": f"true\n{RESET}\nreturn\n"}, ".profile:2"),
        ("tcsh", {".login": "setenv PATH /usr/bin:/bin\n"}, ".login:1"),
        ("csh", {".login": "set path = (/usr/bin /bin)\n"}, ".login:1"),
        ("fish", {".config/fish/config.fish": "true\nset -gx PATH /usr/bin /bin\n"}, "config.fish:2"),
        ("nu", {".config/nushell/autoload/zzzz.nu": "$env.PATH = [/usr/bin /bin]\n"}, "zzzz.nu:1"),
        ("xonsh", {".config/xonsh/rc.d/zzzz.xsh": "$PATH = ['/usr/bin', '/bin']\n"}, "zzzz.xsh:1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_path_is_set_anew_later_the_file_and_the_line_are_named(
    home: Path, require: Require, name: str, files: dict[str, str], culprit: str
) -> None:
    """Where no other file can help: this one may not be written, or ends before our line."""
    require(name)
    for file, text in files.items():
        write(home, file, text).chmod(0o444 if file.endswith(UNWRITABLE) else 0o644)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    file, _, number = culprit.partition(":")
    line = next(text for each, text in files.items() if each.endswith(file)).splitlines()[
        int(number) - 1
    ]
    run = ensure(home, *naming(name))
    assert run.code in {1, 3}
    assert f"{culprit}: {line}" in run.stdout + run.stderr
    if run.code == 1:
        assert set() == written(home, before, own)


@pytest.mark.parametrize("profile", ["", f"{RESET}\nreturn\n"], ids=["one edit", "two edits"])
def test_an_edit_after_which_nothing_else_is_found_is_put_back(home: Path, profile: str) -> None:
    """It was taken for that of a shell without a PATH, whose children have one of /bin/sh's own."""
    only = "PROMPT_COMMAND='case $PATH in *$HOME/.local/bin*) PATH=$HOME/.local/bin ;; esac'\n"
    write(home, ".bashrc", only)
    write(home, ".bash_profile", profile)
    before = snapshot(home)
    run = ensure(home, "--shell", "bash")
    assert "bash interactive no longer finds " in run.stderr
    assert "bug" not in run.stderr
    assert set() == written(home, before, ()) - {str(home / ".bash_profile")}
    assert not hello("bash", "interactive", home).ran


def test_at_a_terminal_each_answer_is_shown_as_it_comes_and_nothing_else_stays(
    home: Path, temporary: Path
) -> None:
    run = at_terminal(home, temporary, "--shell", "bash", is_live=True)
    assert_nothing_left(home, temporary, run)
    assert run.code == 0
    lines = [line.rpartition("\r\x1b[K")[2] for line in run.screen.split("\r\n")]
    assert "asking fresh shells" in run.screen
    assert "asking fresh shells" not in "".join(lines)
    assert [str(scripts(home)), "bash", "bash", "For"] == [line.split()[0] for line in lines if line]


@pytest.mark.parametrize("moment", ["before an edit", "after an edit"])
def test_interrupted_at_the_terminal_everything_is_put_back(
    home: Path, temporary: Path, moment: str
) -> None:
    is_edited = moment == "after an edit"
    sleep = f'case $PATH in *"$HOME/.local/bin"*) {SLEEP} ;; esac' if is_edited else SLEEP
    bashrc = write(home, ".bashrc", f"{sleep}\n")
    before = snapshot(home)

    def interrupts() -> bool:
        is_asked = any(line.startswith(SLEEP) for line in marked(str(home)).values())
        return is_asked and is_edited == (BLOCK in bashrc.read_text())

    run = at_terminal(home, temporary, "--shell", "bash", interrupts=interrupts)

    assert_nothing_left(home, temporary, run)
    assert run.code == 130
    assert "interrupted" in run.screen
    assert before == snapshot(home)


def test_when_its_window_is_closed_everything_is_put_back(home: Path, temporary: Path) -> None:
    bashrc = write(home, ".bashrc", 'case $PATH in *"$HOME/.local/bin"*) sleep 98765 ;; esac\n')
    before = snapshot(home)
    with closing(Screen()) as screen:
        witness = start_at(screen, home, temporary, home.parent / "witness", "--shell", "bash")
        deadline = time.monotonic() + PATIENCE_S
        while BLOCK not in bashrc.read_text() and time.monotonic() < deadline:
            screen.watch(0.01)
    while marked(str(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    witness.wait()
    assert {} == marked(str(home))
    assert before == snapshot(home)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("name", ["mksh", "ksh93"])
def test_a_history_of_another_shell_stays(
    home: Path, tools: Path, require: Require, name: str, *, is_there: bool
) -> None:
    """Each of the two throws it away where it starts, and HISTFILE names it."""
    require(name)
    write(home, ".profile", "export HISTFILE=~/.history\n")
    if is_there:
        write(home, ".history", "ls\n" * 500)
    before = snapshot(home)
    ensure_path(home, tools, "--shell", name, "--check")
    assert {} == changed(before, snapshot(home))
