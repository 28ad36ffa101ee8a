"""A shell that works is not one that hangs; what a shell says of itself is quoted."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import worlds
from commands import HELLO, changed, ensure_path, snapshot
from judging import marked, within, write
from terminals import INTERACTIVE, LOGIN, SESSION, ask

if TYPE_CHECKING:
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")

RESET = "PATH=/usr/bin:/bin\n"
# Works for some seconds; it leaves the processor most of the time, as other tests want it too.
WORK = """python3 - <<'END'
import time
start = time.monotonic()
while time.monotonic() - start < {}:
    done = time.process_time() + 0.02
    while time.process_time() < done: pass
    time.sleep(0.06)
END
"""
LOOP = "while :; do :; done\n"


@pytest.mark.parametrize(
    ("name", "file", "time_s"),
    [("bash", ".bashrc", 7), ("zsh", ".zshrc", 3), ("fish", ".config/fish/config.fish", 3)],
)
def test_a_shell_that_sleeps_for_seconds_is_served(
    home: Path, tools: Path, require: Require, name: str, file: str, time_s: int
) -> None:
    """As one whose network is slow; longer than a terminal has before it is asked without one too."""
    require(name)
    write(home, file, f"sleep {time_s}\n")
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 0, run
    assert str(tools / HELLO) == ask(name, INTERACTIVE, home, command=HELLO).ran


def test_a_shell_that_was_started_beside_a_slow_terminal_removes_what_it_has_made(
    home: Path, tools: Path, require: Require
) -> None:
    """A folder that is a lock would have every later shell wait for good."""
    require("zsh")
    lock = "while ! mkdir ~/.lock 2>/dev/null; do :; done\nsleep 2.5\nrmdir ~/.lock\n"
    write(home, ".zshrc", lock)
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE, "--check")
    assert run.code == 1, run
    assert not (home / ".lock").exists()


def test_a_shell_beside_a_terminal_that_answers_reads_its_files_to_their_end(
    home: Path, tools: Path, require: Require
) -> None:
    """One that is slower than the time after which a second one starts beside it."""
    require("zsh")
    write(home, ".zshrc", "mkdir ~/.busy-$$\nsleep 6\nrmdir ~/.busy-$$\n")
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE, "--check")
    assert run.code == 1, run
    assert [] == [*home.glob(".busy-*")]


def test_shells_of_a_run_that_hold_a_lock_in_turn_all_answer_and_none_is_left_behind(
    home: Path, tools: Path
) -> None:
    """Each of them waits for the others, and is not ended while it holds it."""
    lock = "while ! mkdir ~/lock 2>/dev/null; do sleep 0.1; done\nsleep 6\n"
    write(home, ".bashrc", f'{lock}PATH="{tools}:$PATH"\nrmdir ~/lock\n')
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "bash", "--mode", INTERACTIVE, "--check")
    assert run.code == 0, run
    assert {} == changed(before, snapshot(home))


def test_a_shell_that_is_late_inside_a_login_alone_is_told_with_what_helps(
    home: Path, tools: Path, require: Require
) -> None:
    """And not as missing, as it is in a new session."""
    require("zsh")
    worlds.need_bash_login()
    write(home, ".profile", "export VPN=1\n")
    write(home, ".zshrc", '[ -n "$VPN" ] && sleep 60\n')
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE, "--timeout", "10")
    assert run.code == 3, run
    assert (
        "unknown: inside a login (a tmux pane, a desktop's terminal); no answer in 10 s; see "
        in run.stdout
    )
    assert "; if it is only slow: ensure-path" in run.stdout
    assert "--timeout 60" in run.stdout


def test_a_shell_that_works_for_three_seconds_is_served(home: Path, tools: Path) -> None:
    """As one with many plugins, on a busy machine."""
    write(home, ".bashrc", WORK.format(3))
    words = ("--shell", "bash", "--mode", INTERACTIVE, "--timeout", "20")
    run = ensure_path(home, tools, *words, timeout_s=120)
    assert run.code == 0, run
    assert str(tools / HELLO) == ask("bash", INTERACTIVE, home, command=HELLO).ran


def test_a_shell_that_works_for_longer_than_one_may_wait_is_served(home: Path, tools: Path) -> None:
    """More than ten seconds, in all of which it works."""
    write(home, ".profile", WORK.format(11))
    words = ("--shell", "bash", "--mode", SESSION, "--timeout", "30")
    run = ensure_path(home, tools, *words, timeout_s=300)
    assert run.code == 0, run


@pytest.mark.parametrize(
    "text",
    ["sleep 98765\n", "read -r x </dev/tty\nsleep 98765\n", LOOP],
    ids=["waits", "waits for the terminal", "works for ever"],
)
def test_a_shell_without_an_end_is_no_answer_and_the_cure_is_named(
    home: Path, tools: Path, text: str
) -> None:
    write(home, ".bashrc", text)
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "bash", "--mode", INTERACTIVE, "--timeout", "5")
    assert run.code == 3, run
    assert "unknown: no answer in 5 s" in run.stdout
    cure = f"ensure-path {tools} --shell bash --for interactive --timeout 60"
    lines = [line for line in run.stdout.splitlines() if "no answer" in line]
    assert lines
    assert all(line.endswith(f"; if it is only slow: {cure}") for line in lines)
    assert {} == changed(before, snapshot(home))
    assert {} == marked(f"HOME={home}")


def test_the_cure_that_is_named_is_longer_than_what_was_tried(home: Path, tools: Path) -> None:
    write(home, ".profile", "sleep 98765\n")
    words = ("--shell", "bash", "--mode", SESSION, "--timeout", "2")
    cure = f"ensure-path {tools} --shell bash --for session --timeout 60"
    assert cure in ensure_path(home, tools, *words).stdout


def test_the_cure_for_a_shell_that_waits_works_when_it_is_followed(home: Path, tools: Path) -> None:
    """To the letter: it is about the same directory, shell and mode, and says which verb it was.

    Such a shell has ten seconds of the thirty, or it would answer here. This one takes more than a
    terminal and then no terminal have.
    """
    write(home, ".bashrc", "sleep 22\n")
    words = ("--shell", "bash", "--mode", INTERACTIVE, "--timeout", "30")
    for verb in ((), ("--check",)):
        run = ensure_path(home, tools, *words, *verb)
        assert run.code == 3, run
        assert "unknown: no answer in 10 s; " in run.stdout
        cure = run.stdout.partition("; if it is only slow: ensure-path ")[2]
        assert ("--check" in cure) is bool(verb), run
    run = ensure_path(home, *shlex.split(cure.splitlines()[0].replace(" --check", "")))
    assert run.code == 0, run
    assert str(tools / HELLO) == ask("bash", INTERACTIVE, home, command=HELLO).ran


@pytest.mark.parametrize(
    "works",
    [
        *("sleep 3", "sleep 3 & wait", "read -r x < <(sleep 3; echo)"),
        "for x in {1..300}; do sleep 0.01; done",
        "for x in {1..30}; do $(sleep 0.1); done",
        *("read -rt 4 -p 'Attach? ' x", "TMOUT=4 read x"),
    ],
)
def test_on_a_terminal_a_shell_that_is_slow_there_is_still_heard(
    home: Path, tools: Path, works: str
) -> None:
    """After two seconds it is asked without one too; what the terminal says counts.

    Between two of its programs, nobody seems to work there. Who asks may do so for a limited time.
    """
    write(home, ".bashrc", f"[ -t 0 ] && {{ {works}; {RESET.strip()}; }}\n")
    run = ensure_path(home, tools, "--shell", "bash", "--mode", INTERACTIVE)
    answer = ask("bash", INTERACTIVE, home, command=HELLO)
    assert (run.code == 0) is (answer.ran == str(tools / HELLO)), (run, answer)


def test_a_question_with_a_limit_that_a_terminal_alone_asks_costs_no_other_mode_its_edit(
    home: Path, tools: Path
) -> None:
    """The answers with and without the edit are both those of the terminal, behind the question."""
    asks = "read -t 3 -p 'Update now? ' x; PATH=/usr/bin:/bin"
    write(home, ".bashrc", f"if [ -t 0 ]; then {asks}; fi\n")
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 0, run
    for mode in (LOGIN, INTERACTIVE):
        assert str(tools / HELLO) == ask("bash", mode, home, command=HELLO).ran


# What a shell says.


@pytest.mark.parametrize(
    ("name", "mode", "file", "text", "said"),
    [
        ("dash", SESSION, ".profile", "if true\n", "Syntax error"),
        ("dash", SESSION, ".profile", ". /nowhere/file\n", "cannot open"),
        ("zsh", LOGIN, ".zshenv", f"{RESET}readonly PATH\n", "read-only variable: PATH"),
    ],
)
def test_the_shells_own_words_are_quoted(
    home: Path, tools: Path, require: Require, name: str, mode: str, file: str, text: str, said: str
) -> None:
    require(name)
    write(home, file, text)
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", name, "--mode", mode)
    assert run.code in {1, 3}, run
    assert f"{name} said: " in run.stdout
    assert said in run.stdout
    assert {} == changed(before, snapshot(home))
    assert "" == ask(name, mode, home, command=HELLO, timeout_s=5).ran


def test_a_shell_that_cannot_read_its_file_is_not_told_as_one_that_sets_path_later(
    home: Path, tools: Path, require: Require
) -> None:
    require("elvish")
    write(home, ".config/elvish/rc.elv", "set edit:prompt = { put $nosuch }\n")
    run = ensure_path(home, tools, "--shell", "elvish")
    assert run.code == 1, run
    assert "may not have run its startup file; repair that, and run this again" in run.stdout
    assert "elvish said: Compilation error: variable $nosuch not found" in run.stdout
    assert "sets PATH again" not in run.stdout


def test_lines_are_counted_as_the_user_finds_them(home: Path, tools: Path, require: Require) -> None:
    """With a block of ours that stays, and without one that was put back."""
    require("dash")
    write(home, ".bash_profile", f'[ -n "$PR" ] && return\nexport PR=1\n{RESET}. ~/.aliases\n')
    write(home, ".bashrc", '[ -n "$RC" ] && return\nexport RC=1\n')
    run = ensure_path(home, tools, "--shell", "bash")
    told = run.stdout.partition("/.bash_profile:")[2].partition(":")[0]
    assert run.code == 3, run
    assert RESET.strip() == (home / ".bash_profile").read_text().split("\n")[int(told) - 1]
    write(home, ".profile", f"{RESET}a=(1 2)\n")
    run = ensure_path(home, tools, "--shell", "dash", "--mode", LOGIN)
    assert run.code == 1, run
    assert ".profile:1: " in run.stdout
    assert 'dash said: -dash: 2: Syntax error: "(" unexpected' in run.stdout


def test_a_read_only_path_is_told_in_the_words_of_bash(home: Path, tools: Path, tmp_path: Path) -> None:
    """Made so before any file of the user's is read, so no line of ours can help."""
    etc = tmp_path / "etc"
    write(etc, "bash.bashrc", "readonly PATH\n")
    write(home, ".bashrc", "umask 022\n")
    before = snapshot(home)
    words = ("--shell", "bash", "--mode", INTERACTIVE)
    run = ensure_path(home, tools, *words, within=tuple(within(etc)))
    assert run.code == 1, run
    assert "bash said: " in run.stdout
    assert "PATH: readonly variable" in run.stdout
    assert {} == changed(before, snapshot(home))


def test_a_look_quotes_too(home: Path, tools: Path, require: Require) -> None:
    require("dash")
    write(home, ".profile", "case x in\n")
    run = ensure_path(home, tools, "--shell", "dash", "--check", "--mode", SESSION)
    assert run.code in {1, 3}, run
    assert "Syntax error" in run.stdout


@pytest.mark.parametrize(
    ("name", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc"), ("dash", ".profile")]
)
def test_a_shell_that_has_nothing_to_say_is_not_quoted(
    home: Path, tools: Path, require: Require, name: str, file: str
) -> None:
    """Nor for what it says because it is asked: of our own program, of a terminal that it lacks."""
    require(name)
    write(home, file, "umask 022\n")
    run = ensure_path(home, tools, "--shell", name, "--check")
    assert run.code == 1, run
    assert "said" not in run.stdout
