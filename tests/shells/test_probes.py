"""Fresh shells are asked and believed: bash and sh as they are, with every kind of startup file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Callable

import pytest

import leftovers
from onpath.errors import OnpathError
from onpath.host.session import new_session
from onpath.model import (
    COMMAND,
    EFFECTIVE,
    INSIDE,
    INTERACTIVE,
    LOGIN,
    MISSING,
    PROGRAM,
    SESSION,
    SHADOWED,
    UNKNOWN,
    Bench,
    Context,
    Installed,
)
from onpath.probes import attempts, questions, spawn, successors, worlds
from onpath.probes import bench as benches
from onpath.probes import unix as probes
from onpath.probes.inside import MARK
from onpath.shells import ROWS
from onpath.values import replace
from samples import everything, interrupt, make_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from onpath.model import Ask, Probe
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

# pytest-xdist has threads, and new Pythons warn of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

BASH = Installed("bash", shutil.which("bash") or "/bin/bash")
SH = Installed("sh", "/bin/sh")
PREPEND = 'PATH="$HOME/tools:$PATH"; export PATH\n'
TIMEOUT_S = 5.0
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="there is no /proc")


@pytest.fixture
def tools(home: Path) -> Path:
    """Make the directory that is to be on PATH."""
    directory = home / "tools"
    directory.mkdir()
    return directory


Open = Callable[..., Bench]


@pytest.fixture
def open_bench(home: Path, tools: Path) -> Iterator[Open]:
    """Return the function that opens a bench for `tools`; all are closed at the end."""
    opened: list[Bench] = []

    def make(*directories: str, proofs: bool = True, timeout_s: float = TIMEOUT_S) -> Bench:
        host = make_host(str(home), environ=dict(os.environ))
        bench = probes.open_bench(
            host,
            directories or (str(tools),),
            timeout_s=timeout_s,
            has_proofs=proofs,
            session=new_session(host)[0],
        )
        opened.append(bench)
        return bench

    yield make
    for bench in opened:
        if os.path.exists(bench.folder):
            probes.close_bench(bench)
        assert not os.path.exists(bench.folder)
        assert [] == leftovers.alive(-1, f"{MARK}={bench.nonce}")


def ask(bench: Bench, mode: str = INTERACTIVE, shell: Installed = BASH) -> Probe:
    """Ask one mode of one shell."""
    (probe,) = probes.ask_all(bench, asks((shell, mode)))
    return probe


def asks(*wanted: tuple[Installed, str]) -> list[tuple[Context, Installed, Ask]]:
    """Return how each mode of each shell is asked."""
    return [(Context(m, shell.name), shell, ROWS[shell.name].asks[m]) for shell, m in wanted]


# What is there, and what is not.


@pytest.mark.parametrize(
    ("mode", "files"),
    [
        (INTERACTIVE, (".bashrc",)),
        (LOGIN, (".profile",)),
        (LOGIN, (".bash_profile", ".profile")),
        (SESSION, (".profile",)),
    ],
)
def test_a_directory_that_a_startup_file_adds_is_effective(
    home: Path, open_bench: Open, mode: str, files: tuple[str, ...]
) -> None:
    (home / files[0]).write_text(PREPEND)
    for other in files[1:]:
        (home / other).write_text("exit 9\n")  # not read
    probe = ask(open_bench(), mode)
    assert (Context(mode, "bash"), EFFECTIVE, "") == (probe.context, probe.verdict, probe.reason)
    assert probe.path
    assert f"{home}/tools" == probe.path[0]
    assert 0 < probe.duration_ms < TIMEOUT_S * 1000
    assert probe.is_served


@pytest.mark.parametrize("mode", [INTERACTIVE, LOGIN, SESSION, COMMAND])
@pytest.mark.parametrize("proofs", [False, True])
def test_a_directory_that_nothing_adds_is_missing(open_bench: Open, mode: str, proofs: bool) -> None:
    probe = ask(open_bench(proofs=proofs), mode)
    assert (MISSING, "") == (probe.verdict, probe.reason)
    assert probe.path
    assert not probe.is_served


def test_a_path_that_the_caller_has_proves_nothing(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{home}/tools:{os.environ['PATH']}")
    assert MISSING == ask(open_bench()).verdict


def test_sh_is_asked_as_bash_is(home: Path, open_bench: Open) -> None:
    (home / ".profile").write_text(PREPEND)
    bench = open_bench()
    assert EFFECTIVE == ask(bench, LOGIN, SH).verdict
    assert MISSING == ask(bench, COMMAND, SH).verdict


def test_without_proof_programs_the_report_is_believed(home: Path, open_bench: Open) -> None:
    (home / ".bashrc").write_text(PREPEND)
    assert EFFECTIVE == ask(open_bench(proofs=False)).verdict


def test_a_link_to_the_directory_is_the_directory(home: Path, open_bench: Open) -> None:
    (home / "link").symlink_to("tools")
    (home / ".bashrc").write_text('PATH="$HOME/link:$PATH"\n')
    assert EFFECTIVE == ask(open_bench()).verdict


@pytest.mark.parametrize("name", ["a b", "it's", "$HOME", "é", "\udce9", "-n", "*"])
def test_a_directory_of_any_name_is_proven(home: Path, open_bench: Open, name: str) -> None:
    (home / name).mkdir()
    (home / ".bashrc").write_bytes(b"PATH=$(cat ~/.directory):$PATH\n")
    (home / ".directory").write_bytes(os.fsencode(home / name))
    assert EFFECTIVE == ask(open_bench(str(home / name))).verdict


def test_all_of_several_directories_must_be_there(home: Path, open_bench: Open) -> None:
    (home / "more").mkdir()
    bench = open_bench(f"{home}/tools", f"{home}/more")
    (home / ".bashrc").write_text(PREPEND)
    assert MISSING == ask(bench).verdict
    (home / ".bashrc").write_text(f"{PREPEND}PATH=$HOME/more:$PATH\n")
    assert EFFECTIVE == ask(bench).verdict


def test_a_program_that_does_not_run_is_no_proof(home: Path, open_bench: Open) -> None:
    (home / ".bashrc").write_text(f"{PREPEND}chmod a-x ~/tools/onpath-probe-*\n")
    probe = ask(open_bench())
    assert MISSING == probe.verdict
    assert "it is on PATH, but a program in it did not run" == probe.reason


def test_a_mount_on_which_nothing_runs_is_told(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells")
    (home / ".bashrc").write_text(PREPEND)
    flags = list(os.statvfs(home))
    flags[8] |= os.ST_NOEXEC
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(flags))
    probe = ask(open_bench(proofs=False))
    assert MISSING == probe.verdict
    assert "mounted noexec" in probe.reason


def test_a_directory_that_does_not_exist_is_told(home: Path, tools: Path, open_bench: Open) -> None:
    tools.rmdir()
    (home / ".bashrc").write_text(PREPEND)
    probe = ask(open_bench(proofs=False))
    assert (MISSING, "the directory does not exist") == (probe.verdict, probe.reason)


def put_command(directory: Path, name: str) -> None:
    """Put an executable into `directory`."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text("#!/bin/sh\n")
    (directory / name).chmod(0o755)


def test_commands_that_another_directory_hides_are_told(
    home: Path, tools: Path, open_bench: Open
) -> None:
    for name in ("one", "two", "three"):
        put_command(tools, name)
    put_command(home / "before", "two")
    put_command(home / "before", "one")
    put_command(home / "behind", "three")
    (home / ".bashrc").write_text("PATH=$HOME/before:$HOME/tools:$HOME/behind:$PATH\n")
    probe = ask(open_bench())
    assert SHADOWED == probe.verdict
    assert f"one is hidden by {home}/before/one; two is hidden by {home}/before/two" == probe.reason
    assert probe.is_served


# bash reports in its own words, as far as it can be sure of them.


@pytest.mark.parametrize(
    "line",
    [
        "builtin() { :; }",
        "builtin() { return 1; }",
        "alias builtin=false",
        "alias printf=false export=false",
        "printf() { echo mine; }; export() { echo mine; }",
        "enable -n printf export",
        "set -o noclobber",
        "set -eu",
        "set -o posix",
        "set -a",
        "IFS=/0123456789abcdef",
        "readonly PATH",
        "trap 'echo bye' EXIT DEBUG ERR",
        "shopt -s extglob failglob nocasematch",
        "declare -i PATH 2>/dev/null; declare +i PATH",
        "declare -u UP=x; export UP",
        'export LINES_OF=$(printf "a\\nb\\"c\\\\d") ODD=\'$x`y\'',
        "declare -ax LIST=(one two)",
    ],
)
@pytest.mark.parametrize("mode", [INTERACTIVE, LOGIN])
def test_what_bash_says_itself_is_what_its_children_get(
    home: Path, tools: Path, open_bench: Open, line: str, mode: str
) -> None:
    for name in (".bashrc", ".profile"):
        (home / name).write_text(PREPEND + line + "\n")
    bench = open_bench(proofs=False)
    context = Context(mode, "bash")
    ask_of = replace(ROWS["bash"].asks[mode], is_exporter=mode == LOGIN)
    (probe,) = probes.ask_all(bench, [(context, BASH, ask_of)])
    path = probe.path or ()
    assert (EFFECTIVE, str(tools)) == (probe.verdict, path[0] if path else ""), probe
    exported = dict(probe.exported)
    assert (":".join(path) if mode == LOGIN else None) == exported.get("PATH")
    assert "LIST" not in exported
    if mode == LOGIN and "LINES_OF" in line:
        assert ('a\nb"c\\d', "$x`y") == (exported["LINES_OF"], exported["ODD"])


@pytest.mark.parametrize("mode", [INTERACTIVE, LOGIN])
@pytest.mark.parametrize("proofs", [False, True])
def test_bash_that_ends_by_itself_writes_no_history_and_runs_no_logout(
    home: Path, tools: Path, open_bench: Open, mode: str, *, proofs: bool
) -> None:
    history = "HISTFILE=$HOME/.commands; set -o history; shopt -s histappend; history -s made-up\n"
    for name in (".bashrc", ".profile"):
        (home / name).write_text(PREPEND + history)
    (home / ".commands").write_text("ls\n" * 400)
    (home / ".bash_logout").write_text("touch ~/logged-out\n")
    before = everything(home)
    bench = open_bench(proofs=proofs)
    assert EFFECTIVE == ask(bench, mode).verdict
    probes.close_bench(bench)
    assert before == everything(home)
    assert [] == os.listdir(tools)


@pytest.mark.parametrize(
    "line",
    [
        "export -n PATH",
        "declare +x PATH",
        "unset PATH; PATH=$HOME/tools",
        "unset PATH; PATH=($HOME/tools /usr/bin); export PATH",
        "unset PATH; declare -A PATH=([0]=$HOME/tools); export PATH",
    ],
)
def test_a_path_that_bash_keeps_for_itself_is_missing(home: Path, open_bench: Open, line: str) -> None:
    """Its children do not get it, so that a program of the directory runs no other."""
    (home / ".bashrc").write_text(f"{PREPEND}{line}\n")
    assert MISSING == ask(open_bench(proofs=False)).verdict


# Shells that do not answer.


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("exit 3", "ended with status 3 before it answered"),
        ("exec true", "ended with status 0 before it answered"),
        ("kill -9 $$", "killed by signal 9 before it answered"),
        ("kill -SEGV $$", "crashed with signal 11"),
        ("set -e; false", "ended with status 1 before it answered"),
    ],
)
def test_a_shell_that_ends_is_unknown(home: Path, open_bench: Open, code: str, reason: str) -> None:
    (home / ".bashrc").write_text(f"{PREPEND}{code}\n")
    probe = ask(open_bench())
    assert (UNKNOWN, reason, None) == (probe.verdict, probe.reason, probe.path)
    assert not probe.is_served


LATE = "no answer in 0.2 s"


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("sleep 300", {LATE}),
        ("trap '' TERM INT HUP; while :; do sleep 1; done", {LATE}),
        ("exec sleep 300", {LATE, f"{LATE}, handed over to sleep"}),  # on a busy machine bash is so late
    ],
)
def test_a_shell_that_is_late_is_unknown_and_ended(
    home: Path, open_bench: Open, code: str, reasons: set[str]
) -> None:
    (home / ".bashrc").write_text(f"{code}\n")
    start = time.monotonic()
    probe = ask(open_bench(timeout_s=0.2))
    assert UNKNOWN == probe.verdict
    assert probe.reason in reasons
    assert "if it is only slow: ensure-path --timeout 60" == probe.cure
    assert time.monotonic() - start < 100


def test_the_path_that_a_busybox_gives_itself_is_nobodys(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Alpine it is /bin/sh; what is lost of that was never the user's."""
    busybox = shutil.which("busybox") or pytest.skip("busybox is not installed")
    (home / "sh").symlink_to(busybox)
    monkeypatch.setattr(attempts, "SH", str(home / "sh"))
    (home / ".bashrc").write_text("unset PATH\n")
    probe = ask(open_bench())
    assert (MISSING, ()) == (probe.verdict, probe.found)
    (home / ".bashrc").write_text("PATH=/usr/bin:/bin\n")
    assert ("/usr/bin", "/bin") == ask(open_bench()).found


def test_a_terminal_has_the_usual_size() -> None:
    ends = attempts.open_terminal()
    try:
        assert (80, 24) == os.get_terminal_size(ends[1])
    finally:
        for end in ends:
            os.close(end)


def test_a_named_pipe_in_place_of_a_startup_file_is_named(home: Path, open_bench: Open) -> None:
    os.mkfifo(home / ".bashrc")
    probe = ask(open_bench(timeout_s=0.2))
    assert UNKNOWN == probe.verdict
    assert f"{LATE}: it may wait for {home}/.bashrc, a named pipe" == probe.reason
    assert "put a file in its place" == probe.cure


@needs_proc
def test_a_shell_that_has_become_another_program_is_told() -> None:
    with subprocess.Popen([BASH.program, "-c", "exec sleep 30"], env={MARK: "0"}) as child:
        deadline = time.monotonic() + 20
        while successors.name(child.pid, BASH.program) != "sleep":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert "" == successors.name(child.pid, str(shutil.which("sleep")))
        child.kill()


@needs_proc
def test_a_shell_that_has_not_begun_is_not_told_as_this_program(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a child may still be what forked it."""
    monkeypatch.setattr(spawn, "GIVES_TERMINAL", False)  # who has one thread may start it without a fork
    monkeypatch.setattr(os, "execve", lambda *_: time.sleep(30))
    probe = ask(open_bench(timeout_s=0.2))
    assert (UNKNOWN, LATE) == (probe.verdict, probe.reason)


def test_a_shell_that_is_replaced_by_another_is_asked_through(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other has on its PATH is what the user has."""
    monkeypatch.setattr(attempts, "FIRST_LINE_S", 0.05)
    monkeypatch.setattr(attempts, "NEXT_LINE_S", 0.1)
    (home / ".bashrc").write_text(f"{PREPEND}exec /bin/sh\n")
    assert EFFECTIVE == ask(open_bench()).verdict
    (home / ".bashrc").write_text("exec /bin/sh\n")
    assert MISSING == ask(open_bench()).verdict


def test_a_proof_that_does_not_come_is_not_waited_for_at_the_next_prompt(
    home: Path, open_bench: Open, require: Require, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a path that is read-only tcsh tells its children another PATH than its own."""
    monkeypatch.setattr(attempts, "PROOF_GRACE", 1e6)
    path = f'setenv PATH "{home}/tools:/usr/bin:/bin"'
    (home / ".tcshrc").write_text(f"set -r path = (/usr/bin /bin)\n{path}\n")
    probe = ask(open_bench(), shell=Installed("tcsh", str(require("tcsh"))))
    assert (MISSING, "it is on PATH, but a program in it did not run") == (probe.verdict, probe.reason)


def test_a_program_that_cannot_be_started_is_unknown(open_bench: Open) -> None:
    probe = ask(open_bench(), shell=Installed("bash", "/nowhere/bash"))
    assert (UNKNOWN, "ended with status 127 before it answered") == (probe.verdict, probe.reason)


# Whatever startup files do, the answer comes through.


@pytest.mark.parametrize(
    "code",
    [
        "head -c 300000 /dev/zero",
        "exec >/dev/null 2>&1",
        "exec 2>&-",
        "read answer",
        "sleep 30 &",
        "cd /; umask 077; stty -echo 2>/dev/null; set -u",
        "trap 'sleep 30' EXIT",
        "alias printf=false mv=false sh=false; printf() { :; }",
        "set -o noclobber",
        "IFS=/",
        "shopt -s failglob nullglob 2>/dev/null; set -f",
        "unset HOME TMPDIR USER",
        "TMPDIR=/nowhere",
        "export LC_ALL=nonsense",
    ],
)
def test_no_startup_file_disturbs_the_answer(home: Path, open_bench: Open, code: str) -> None:
    (home / ".bashrc").write_text(f"{PREPEND}{code}\n")
    bench = open_bench()
    assert EFFECTIVE == ask(bench).verdict
    assert EFFECTIVE == ask(bench).verdict


@needs_proc
def test_what_startup_files_leave_running_is_ended(home: Path, open_bench: Open) -> None:
    """Also what went into a session of its own, as agents and servers do."""
    setsid = shutil.which("setsid") or pytest.skip("there is no setsid")
    (home / ".bashrc").write_text(f"{setsid} sleep 33 >/dev/null 2>&1 &\nsleep 33 &\nsleep 0.05\n")
    bench = open_bench()
    assert MISSING == ask(bench).verdict
    assert [] == leftovers.alive(-1, f"{MARK}={bench.nonce}")


# With and without a terminal.

ONLY_ON_A_TERMINAL = f"[ -t 0 ] || return\n{PREPEND}"
ONLY_WITHOUT_ONE = f"[ -t 0 ] && return\n{PREPEND}"


def test_what_needs_a_terminal_is_seen_on_one(home: Path, open_bench: Open) -> None:
    (home / ".bashrc").write_text(ONLY_ON_A_TERMINAL)
    bench = open_bench()
    assert EFFECTIVE == ask(bench).verdict
    assert EFFECTIVE == ask(bench).verdict


def test_what_a_terminal_does_not_have_is_no_proof(home: Path, open_bench: Open) -> None:
    """The user has one."""
    (home / ".bashrc").write_text(ONLY_WITHOUT_ONE)
    assert MISSING == ask(open_bench()).verdict


def test_what_waits_for_the_user_on_a_terminal_is_asked_without(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passphrase, say."""
    monkeypatch.setattr(attempts, "TERMINAL_TIMEOUT_S", 0.2)
    monkeypatch.setattr(attempts, "FIRST_LINE_S", 30)
    (home / ".bashrc").write_text(f"{PREPEND}[ -t 0 ] && read answer </dev/tty\n")
    assert EFFECTIVE == ask(open_bench()).verdict


@pytest.mark.parametrize("has_one", [True, False])
def test_a_startup_file_reaches_no_bus_of_the_users(
    home: Path, open_bench: Open, *, has_one: bool
) -> None:
    """What it told there of its environment would be a probe's."""
    (home / ".bashrc").write_text('echo "${XDG_RUNTIME_DIR-} ${DBUS_SESSION_BUS_ADDRESS-}" >~/told\n')
    bench = open_bench()
    own = {"XDG_RUNTIME_DIR": "/run/user/1000"} if has_one else {}
    others = {n: value for n, value in bench.session.items() if n != "XDG_RUNTIME_DIR"}
    ask(replace(bench, session={**others, **own}))
    folder, _, bus = (home / "told").read_text().strip().partition(" ")
    assert has_one == folder.startswith(bench.folder) == bus.startswith(f"unix:path={bench.folder}/")
    assert has_one == bool(folder) == bool(bus)


def test_without_an_interactive_mode_no_terminal_is_opened(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> tuple[int, int]:
        raise AssertionError("a terminal was opened")

    bench = open_bench()
    monkeypatch.setattr(os, "openpty", fail)
    for mode in (SESSION, COMMAND):
        assert MISSING == ask(bench, mode).verdict


# Several at once.


def test_the_answers_come_in_the_order_of_the_questions(home: Path, open_bench: Open) -> None:
    """And are told as they arrive: the first waits here until the others are there."""
    (home / ".profile").write_text(f"until [ -e ~/go ]; do sleep 0.01; done\n{PREPEND}")
    told: list[Context] = []
    steps = iter(range(9))
    wanted = asks((BASH, LOGIN), (BASH, COMMAND), (SH, COMMAND))

    def tell(probe: Probe) -> None:
        told.append(probe.context)
        if len(told) == 2:
            (home / "go").touch()

    answers = probes.ask_all(open_bench(), wanted, on_answer=tell, meanwhile=steps)
    asked = [context for context, _, _ in wanted]
    assert asked == [probe.context for probe in answers]
    assert [EFFECTIVE, MISSING, MISSING] == [probe.verdict for probe in answers]
    assert sorted(map(str, asked)) == sorted(map(str, told))
    assert Context(LOGIN, "bash") == told[-1]
    assert [] == list(steps)


def test_all_are_asked_side_by_side(home: Path, open_bench: Open) -> None:
    """Each of two waits here until it sees the other."""
    meet = ": >~/here.$$; until [ $(ls ~/here.* | wc -l) -gt 1 ]; do sleep 0.01; done\n"
    (home / ".profile").write_text(meet + PREPEND)
    answers = probes.ask_all(open_bench(), asks((BASH, SESSION), (SH, SESSION)))
    assert [EFFECTIVE, EFFECTIVE] == [probe.verdict for probe in answers]


# As fish 3, but its look and its mkdir are as far apart as on a busy machine.
MAKER = """#!/bin/sh
make() { [ -d "$1" ] || { echo $$ >>~/makers; sleep 0.2; mkdir -p "$1"; }; }
make ~/.config/fish; make ~/.local/share/fish
"""


def test_a_shell_that_makes_folders_at_its_first_start_makes_them_alone(
    home: Path, open_bench: Open
) -> None:
    fish = home / "fish"
    fish.write_text(
        MAKER + 'while [ "$1" != -c ]; do shift; done\nexec sh -c "${2##*; end; }"\n'  # without hooks
    )
    fish.chmod(0o755)
    modes = (LOGIN, INTERACTIVE, SESSION, COMMAND)
    wanted = asks(*((Installed("fish", str(fish)), mode) for mode in modes))
    answers = probes.ask_all(open_bench(), wanted)
    assert {(MISSING, "")} == {(probe.verdict, probe.reason) for probe in answers}
    makers = (home / "makers").read_text().split()
    assert 2 == len(makers)
    assert 1 == len(set(makers))


def test_so_does_a_shell_that_becomes_it_in_a_startup_file(home: Path, open_bench: Open) -> None:
    (home / "fish").write_text(MAKER)
    (home / "fish").chmod(0o755)
    for file in (".bashrc", ".profile"):
        (home / file).write_text("(exec ~/fish)\n")
    wanted = asks((BASH, LOGIN), (BASH, INTERACTIVE), (BASH, SESSION))
    answers = probes.ask_all(open_bench(), wanted)
    assert {(MISSING, "")} == {(probe.verdict, probe.reason) for probe in answers}
    assert 1 == len({*(home / "makers").read_text().split()})


def test_so_do_those_that_become_it_after_one_that_has_not(home: Path, open_bench: Open) -> None:
    """Once the login shell, which reads another file, had answered, all others started at once."""
    (home / "fish").write_text(MAKER)
    (home / "fish").chmod(0o755)
    (home / ".bashrc").write_text("(exec ~/fish)\n")
    (home / ".profile").write_text("export DONE=1\n")
    exporter = replace(ROWS["bash"].asks[LOGIN], is_exporter=True)
    interactive = ROWS["bash"].asks[INTERACTIVE]
    wanted = [
        (Context(LOGIN, "bash"), BASH, exporter),
        (Context(INTERACTIVE, "bash"), BASH, interactive),
        (Context(INTERACTIVE, "bash", INSIDE), BASH, interactive),
    ]
    answers = probes.ask_all(open_bench(), wanted)
    assert {(MISSING, "")} == {(probe.verdict, probe.reason) for probe in answers}
    assert 1 == len({*(home / "makers").read_text().split()})


# As antigen: what is compiled first tells the others that all is made anew, which takes longer.
COMPILER = """if [[ ~/.zshrc -nt ~/.zshrc.zwc ]] && mkdir ~/lock 2>/dev/null; then
    zcompile ~/.zshrc; sleep 0.3; : >~/made
fi
[[ -e ~/made ]] || echo $$ >>~/early
"""


def test_a_shell_that_compiles_a_changed_startup_file_does_it_alone(
    home: Path, open_bench: Open, require: Require
) -> None:
    (home / ".zshrc").write_text(COMPILER)
    (home / ".zshrc.zwc").touch()
    os.utime(home / ".zshrc.zwc", (0, 0))
    zsh = Installed("zsh", str(require("zsh")))
    answers = probes.ask_all(open_bench(), asks((zsh, LOGIN), (zsh, INTERACTIVE)))
    assert {(MISSING, "")} == {(probe.verdict, probe.reason) for probe in answers}
    assert (home / "made").exists()
    assert not (home / "early").exists()


def test_where_no_shell_can_make_its_folders_all_are_asked(home: Path, open_bench: Open) -> None:
    fish = home / "fish"
    fish.write_text("#!/bin/sh\n: >>~/asked.$$\nexit 1\n")
    fish.chmod(0o755)
    wanted = asks(*((Installed("fish", str(fish)), mode) for mode in (LOGIN, SESSION, COMMAND)))
    answers = probes.ask_all(open_bench(), wanted)
    assert [UNKNOWN] * 3 == [probe.verdict for probe in answers]
    assert 3 <= len([each for each in home.iterdir() if each.name.startswith("asked.")])


def test_nothing_to_ask_is_no_answer(open_bench: Open) -> None:
    assert () == probes.ask_all(open_bench(), [])


@needs_proc
def test_an_error_on_the_way_leaves_no_shell(home: Path, open_bench: Open) -> None:
    (home / ".bashrc").write_text("sleep 30\n")

    def stop() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    bench = open_bench()
    with pytest.raises(KeyboardInterrupt):
        probes.ask_all(bench, asks((BASH, INTERACTIVE), (BASH, LOGIN)), meanwhile=stop())
    assert [] == leftovers.alive(-1, f"{MARK}={bench.nonce}")


# What a fresh session has.

SECRETS = (
    *("SECRET", "DISPLAY", "SSH_CLIENT", "BASH_ENV", "POSIXLY_CORRECT", "TMUX", "ENV", "ZDOTDIR"),
    *("PROMPT_COMMAND", "SSH_AUTH_SOCK", "PYTHONPATH"),
)


@needs_proc
@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_interrupted_anywhere_it_leaves_no_shell(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At many lines, also of the cleaning up itself. Its private folder goes with the bench."""
    (home / ".bashrc").write_text("sleep 97531 &\n" + PREPEND)
    bench = open_bench()
    for module in (probes, questions):
        monkeypatch.setattr(module, "TICK_S", 0.02)  # fewer lines in the same time
    number = 1
    wanted = asks((BASH, LOGIN), (BASH, INTERACTIVE))
    files = [f"onpath/probes/{name}.py" for name in ("unix", "questions", "attempts", "spawn")]
    while interrupt(lambda: probes.ask_all(bench, wanted), number, *files):
        left = leftovers.alive(-1, f"{MARK}={bench.nonce}")
        assert [] == left, f"interrupted at line {number}"
        held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        assert set() == held, f"interrupted at line {number}"
        number += 5
    assert number > 400


def test_the_environment_is_made_and_not_inherited(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{home}/etc")
    bench = open_bench()
    ask = ROWS["bash"].asks[LOGIN]
    environ = worlds.environment(bench, BASH, ask, bench.session, f"{bench.folder}/own")
    expected = {
        "HOME": str(home),
        "SHELL": BASH.program,
        "TERM": "xterm-256color",
        "SHLVL": "1",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_TIME": "C",
        "LANG": "C.UTF-8",
        "TMPDIR": f"{bench.folder}/own",
        "TMUX_TMPDIR": f"{bench.folder}/own",
        "PATH": bench.session["PATH"],
        MARK: bench.nonce,
    }
    assert expected == {name: environ.get(name) for name in expected}
    assert {*SECRETS, "XDG_CONFIG_HOME"}.isdisjoint(environ)


def test_each_world_is_that_of_its_question(open_bench: Open) -> None:
    """What a login shell exports has its place, but not what is a probe's own."""
    bench = open_bench()
    world = {**bench.session, "PATH": "/usr/bin:/opt/x", "ZDOTDIR": "/z", "TMPDIR": "/t", "SHLVL": "3"}
    environ = worlds.environment(bench, SH, ROWS["sh"].asks[LOGIN], world, f"{bench.folder}/own")
    assert ("/usr/bin:/opt/x", "/z", "3") == (environ["PATH"], environ["ZDOTDIR"], environ["SHLVL"])
    assert f"{bench.folder}/own" == environ["TMPDIR"]


def test_inside_a_login_is_what_the_login_shell_exports(home: Path, open_bench: Open) -> None:
    """Only the interactive shell inside has the directory: its file looks for what the login exports."""
    (home / ".profile").write_text("export DONE=1\nNOT_EXPORTED=1\n")
    (home / ".bashrc").write_text('[ -z "$DONE" ] || ' + PREPEND)
    exporter = replace(ROWS["bash"].asks[LOGIN], is_exporter=True)
    wanted = [
        (Context(LOGIN, "bash"), BASH, exporter),
        (Context(INTERACTIVE, "bash"), BASH, ROWS["bash"].asks[INTERACTIVE]),
        (Context(INTERACTIVE, "bash", INSIDE), BASH, ROWS["bash"].asks[INTERACTIVE]),
    ]
    login, new, inside = probes.ask_all(open_bench(), wanted)
    assert [MISSING, MISSING, EFFECTIVE] == [login.verdict, new.verdict, inside.verdict]
    exported = dict(login.exported)
    assert ("1", str(home)) == (exported["DONE"], exported["HOME"])
    assert {"NOT_EXPORTED", "TMPDIR", MARK}.isdisjoint(exported)
    assert () == new.exported == inside.exported
    again = probes.ask_all(open_bench(), wanted[2:], inside=exported)
    assert [EFFECTIVE] == [probe.verdict for probe in again]


def test_where_a_login_exports_nothing_of_its_own_the_inside_has_no_answer(open_bench: Open) -> None:
    exporter = replace(ROWS["bash"].asks[LOGIN], is_exporter=True)
    inside = Context(INTERACTIVE, "bash", INSIDE)
    wanted = [
        (inside, BASH, ROWS["bash"].asks[INTERACTIVE]),
        (Context(LOGIN, "bash"), BASH, exporter),
    ]
    answers = probes.ask_all(open_bench(), wanted)
    # Debian's /etc/profile exports a PATH of its own; then there is an inside.
    assert [Context(LOGIN, "bash")] == [probe.context for probe in answers if not probe.context.world]
    assert () == probes.ask_all(open_bench(), wanted[:1])
    assert () == probes.ask_all(open_bench(), wanted[:1], inside=open_bench().session)


# The bench.


def test_the_private_folder_is_private_and_needs_no_quoting(open_bench: Open) -> None:
    bench = open_bench()
    assert 0o700 == os.stat(bench.folder).st_mode & 0o777
    assert benches.SAFE_CHARACTERS.issuperset(bench.folder)


def test_a_folder_for_temporary_files_that_needs_quoting_is_not_used(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "a b").mkdir()
    monkeypatch.setenv("TMPDIR", f"{home}/a b")
    assert " " not in open_bench().folder
    monkeypatch.setenv("TMPDIR", f"{home}/{'a' * 99}")
    assert len(open_bench().folder) < 50  # sockets may lie there


def test_the_folder_for_temporary_files_is_the_sessions(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        bench = open_bench()
        assert bench.folder.startswith(f"{folder}/onpath-")
        probes.close_bench(bench)


def test_where_the_session_names_no_folder_it_is_in_memory_where_programs_may_run(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A startup file may run what it puts there. What the session names is used all the same."""
    if not os.path.isdir(benches.MEMORY) or os.statvfs(benches.MEMORY).f_flag & os.ST_NOEXEC:
        pytest.skip("no memory in which programs may run")
    monkeypatch.delenv("TMPDIR", raising=False)
    assert open_bench().folder.startswith(f"{benches.MEMORY}/onpath-")
    monkeypatch.setattr(benches, "is_noexec", lambda folder: folder == benches.MEMORY)
    assert open_bench().folder.startswith("/tmp/onpath-")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=benches.MEMORY, prefix="short-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        bench = open_bench()
        assert bench.folder.startswith(f"{folder}/onpath-")
        probes.close_bench(bench)


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_folder_in_which_others_could_put_another_is_not_used(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """Their `report` would run as this user. A sticky folder, such as /tmp, is safe."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        monkeypatch.setenv("TMPDIR", f"{folder}/in")
        os.mkdir(f"{folder}/in")
        os.chmod(f"{folder}/in", mode)
        bench = open_bench()
        assert (mode == 0o1777) == bench.folder.startswith(folder)
        probes.close_bench(bench)
        os.chmod(f"{folder}/in", 0o700)
        os.chmod(folder, mode)  # what is above it counts as well
        bench = open_bench()
        assert (mode == 0o1777) == bench.folder.startswith(folder)
        probes.close_bench(bench)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_folder_of_somebody_else_is_not_used(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        os.chmod(folder, 0o1777)
        os.chown(folder, 54321, 54321)
        assert not open_bench().folder.startswith(folder)


def test_a_folder_without_room_gives_its_turn_to_the_next(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    real = vars(benches)["write"]

    def write(path: str, text: str) -> None:
        if path.startswith(temporary) and len(text) > 4096:
            raise OSError(28, "No space left on device", path)
        real(path, text)

    monkeypatch.setattr(benches, "write", write)
    assert not open_bench().folder.startswith(temporary)
    assert [] == os.listdir(temporary)


def test_a_private_folder_of_which_something_stays_goes_with_the_next(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    """A disk may fail for a moment; nothing else would ever remove it."""
    bench = open_bench()
    real = os.unlink

    def unlink(path: str, **where: int) -> None:
        if path.endswith("export"):
            raise OSError(5, "Input/output error", path)
        real(path, **where)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", unlink)
        probes.close_bench(bench)
    assert [os.path.basename(bench.folder)] == os.listdir(temporary)
    probes.close_bench(open_bench())
    assert [] == os.listdir(temporary)


def test_where_there_is_no_such_folder_it_says_so(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", fail)
        with pytest.raises(OnpathError, match=r"permission denied.*; set TMPDIR to one of your own"):
            open_bench()


def test_the_proof_programs_are_there_only_while_the_bench_is_open(
    tools: Path, open_bench: Open
) -> None:
    (tools / f"{PROGRAM}0123456789ab0").touch()
    mine = {"mine", f"{PROGRAM}of-mine", f"{PROGRAM}0123456789ab1", f"{PROGRAM}0123456789ab"}
    for name in mine:
        (tools / name).write_text("#!/bin/sh\necho mine\n")
    (tools / f"{PROGRAM}0123456789ab2").symlink_to(tools / "mine")
    mine.add(f"{PROGRAM}0123456789ab2")
    bench = open_bench()
    (program,) = set(os.listdir(tools)) - mine
    assert os.access(tools / program, os.X_OK)
    assert () == probes.close_bench(bench)
    assert mine == set(os.listdir(tools))


def test_a_look_leaves_the_directory_alone(tools: Path, open_bench: Open) -> None:
    (tools / f"{PROGRAM}0123456789ab0").touch()
    open_bench(proofs=False)
    assert [f"{PROGRAM}0123456789ab0"] == os.listdir(tools)


def test_where_no_proof_can_be_put_nothing_is_left(
    home: Path, tools: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "second").mkdir()
    monkeypatch.setenv("TMPDIR", str(home))
    real = os.open

    def open_one(path: str, flags: int, *mode: int) -> int:
        if "/second/" in str(path):
            raise OSError(28, "No space left on device", path)
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", open_one)
    with pytest.raises(OnpathError, match=r"no program can be put into .*/second .*no space left"):
        open_bench(str(tools), f"{home}/second")
    assert [] == os.listdir(tools)
    assert {"tools", "second"} == set(os.listdir(home))


# What killed runs have left.


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make a folder for temporary files; one of a long name would not be used."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield folder


@needs_proc
@pytest.mark.parametrize("words", [["--check"], []])
def test_the_folder_of_a_killed_run_goes_with_the_next_run(
    home: Path, tools: Path, temporary: str, words: list[str]
) -> None:
    """Nobody can clean up after SIGKILL; and as long as a run lives its folder stays."""
    (home / ".bashrc").write_text("[ -e ~/go ] || { : >~/started; sleep 30; }\n")
    argv = [sys.executable, "-m", "onpath", "--shell", "bash", "--timeout", "30", str(tools)]
    run = subprocess.Popen([*argv, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(home / "started")
        (folder,) = os.listdir(temporary)
        (home / "go").touch()
        subprocess.run([*argv, "--check"], stdout=subprocess.DEVNULL, check=False)
        assert [folder] == os.listdir(temporary)
        assert run.poll() is None
    finally:
        run.kill()
        run.wait()
        leftovers.kill(-1, f"HOME={home}")
    assert [folder] == os.listdir(temporary)
    subprocess.run([*argv, "--check"], stdout=subprocess.DEVNULL, check=False)
    assert [] == os.listdir(temporary)


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.005)


def test_of_several_folders_only_those_of_dead_runs_go(open_bench: Open, temporary: str) -> None:
    """A folder that is no bench of ours stays, whatever it is called."""
    alive, dead = open_bench(), open_bench()
    os.close(dead.lock)
    folder = f"{temporary}/onpath-"
    kept = {os.path.basename(alive.folder)}
    for name, report in (("00aa", None), ("00bb", "somebody's"), ("not-hex", benches.REPORT)):
        os.mkdir(f"{folder}{name}")
        kept.add(f"onpath-{name}")
        if report is not None:
            with open(f"{folder}{name}/{benches.REPORT_NAME}", "w", encoding="utf-8") as file:
                file.write(report)
    os.mkfifo(f"{folder}00cc")
    kept.add("onpath-00cc")
    last = open_bench()
    assert {*kept, os.path.basename(last.folder)} == set(os.listdir(temporary))
    for bench in (alive, last):
        probes.close_bench(bench)
    assert {*kept} - {os.path.basename(alive.folder)} == set(os.listdir(temporary))


def test_the_folder_of_another_user_stays(
    open_bench: Open, temporary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = open_bench()
    os.close(dead.lock)
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        fields = list(real(path))
        fields[4] += os.path.basename(path).startswith("onpath-")
        return os.stat_result(fields)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lstat)
        open_bench()
        assert 2 == len(os.listdir(temporary))
    open_bench()
    assert os.path.basename(dead.folder) not in os.listdir(temporary)


@pytest.mark.usefixtures("temporary")
def test_where_nobody_may_list_the_folders_or_lock_one_a_run_goes_on(
    home: Path, open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hardened /tmp; a file system without locks."""
    import fcntl  # noqa: PLC0415  (Unix)

    (home / ".bashrc").write_text(PREPEND)

    def fail(*_: object) -> None:
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", fail)
        assert EFFECTIVE == ask(open_bench()).verdict
        real = os.listdir
        patch.setattr(os, "listdir", lambda path: fail() if path == os.environ["TMPDIR"] else real(path))
        assert EFFECTIVE == ask(open_bench()).verdict
