"""Startup files that start agents, daemons, other users' programs, and ensure-path: nothing is left.

As root and as a plain user: root may read and end everything, which hides most of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from commands import PROGRAM, Run, environment
from judging import IS_ROOT, as_user, home_of
from onpath import request, verbs
from onpath.probes.inside import MARK
from samples import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from programs import Require

if sys.platform != "linux":
    pytest.skip("only Linux tells what runs", allow_module_level=True)

BY_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root can take on another user")
USER = 54399  # nobody else's processes count
TIMEOUT_S = 120.0
SLEEP = os.path.realpath(shutil.which("sleep") or "/bin/sleep")
MODES = [word for mode in ("login", "interactive", "session", "command") for word in ("--for", mode)]


@pytest.fixture(params=["root", "user"] if IS_ROOT else ["user"])
def who(request: pytest.FixtureRequest) -> list[str]:
    """Return the words that run a command as root, or as a plain user."""
    return [] if request.param == "root" or not IS_ROOT else as_user(USER)


@pytest.fixture
def own_home(who: list[str]) -> Iterator[Path]:
    """Make a home of that user's."""
    with home_of(USER if who else None) as home:
        yield home


def run(who: Sequence[str], home: Path, *arguments: str, within: Sequence[str] = ()) -> Run:
    """Run `ensure-path` in that home, with a folder of its own for temporary files."""
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    if who:
        shutil.chown(temporary, USER, USER)
    done = subprocess.run(
        [*who, *within, PROGRAM, "--shell", "bash", *arguments],
        env={**environment(home), "TMPDIR": str(temporary)},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert [] == os.listdir(temporary)
    return Run(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))


def running(word: str) -> dict[int, str]:
    """Return the command lines that hold `word`; a zombie has none."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = os.fsdecode((folder / "cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
        if word in line and int(folder.name) != os.getpid():
            found[int(folder.name)] = line
    return found


def end(processes: Iterable[int]) -> None:
    """Kill what a test has left."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)


# What startup files leave running; `~` is the home, by which they are told from others.
LEFT = {
    "ssh-agent": 'eval "$(ssh-agent -a ~/agent.$$)" >/dev/null\n',
    "gpg-agent": "mkdir -pm 700 ~/g.$$; gpg-agent --homedir ~/g.$$ --daemon >/dev/null 2>&1\n",
    "a daemon": "(setsid sh -c 'setsid ~/sleep 4242 & exit' &)\n",
    "a daemon without our environment": "(env -i setsid ~/sleep 4242 &)\n",
    "a daemon that has children": "(env -i setsid sh -c '~/sleep 4242; :' &)\n",
    "a set-id program": "~/set-id 4242 &\n(setsid ~/set-id 4242 &)\n",
}


@pytest.mark.parametrize(("program", "text"), LEFT.items(), ids=LEFT)
def test_a_look_leaves_nothing_running(who: list[str], own_home: Path, program: str, text: str) -> None:
    """In none of the modes; nor does a run that edits, or one that undoes it."""
    if program.endswith("-agent") and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    for name in ("sleep", "set-id"):
        shutil.copy(SLEEP, own_home / name)
    (own_home / "set-id").chmod(0o4755)
    for name in (".bashrc", ".profile"):
        (own_home / name).write_text(text.replace("~", str(own_home)) + ":\n")
    for words in (("--check",), ("--check", *MODES), ()):
        done = run(who, own_home, *words)
        assert done.code in {0, 1, 3}, done
        assert "has left" not in done.stdout, done
        assert {} == running(str(own_home)), words
        # An agent that is asked to end removes its socket.
        assert [] == list(own_home.glob("agent.*")), words
    # And such a file does leave something where nobody ends it.
    shell = [*who, "bash", "--rcfile", f"{own_home}/.bashrc", "-ic", "exit"]
    subprocess.run(shell, env=environment(own_home), check=True, stdin=-3, stdout=-3, stderr=-3)
    deadline = time.monotonic() + TIMEOUT_S
    while not (left := running(str(own_home))):
        assert time.monotonic() < deadline
    for name in ("sleep", "set-id"):  # what is about to start one no longer can
        (own_home / name).unlink()
    while left:
        end(left)
        left = running(str(own_home))


@BY_ROOT
def test_what_is_another_users_is_told_and_not_waited_for() -> None:
    """`sudo x &`, and `exec sudo -i`: a plain user may not end it."""
    setpriv = shutil.which("setpriv") or pytest.skip("there is no setpriv")
    who = as_user(USER)
    with home_of(USER) as home:
        (home / "be-root").write_bytes(Path(setpriv).read_bytes())
        (home / "be-root").chmod(0o4755)
        shutil.copy(SLEEP, home / "odd-sleep")
        start = f"{home}/be-root --reuid=0 --regid=0 --clear-groups {home}/odd-sleep 4242"
        for text, reason in (
            (f"(setsid {start} &)\nuntil pgrep -u 0 odd-sleep; do sleep 0.01; done\n", "missing"),
            (f"exec {start}\n", "no answer in 3 s, handed over to odd-sleep"),
        ):
            (home / ".bashrc").write_text(text)
            start_s = time.monotonic()
            done = run(who, home, "--check", "--timeout", "3")
            took_s = time.monotonic() - start_s
            left = running(f"{home}/odd-sleep")
            try:
                assert reason in done.stdout, done
                cure = done.stdout.partition("and could not be ended; run sudo kill ")[2].split("\n")[0]
                assert set(map(int, cure.split())) == set(left) != set(), done
                assert (
                    "a startup file has left odd-sleep running, which is another user's" in done.stdout
                )
                assert took_s < 120, "the time limit is broken"
            finally:
                end(left)


# A startup file that calls ensure-path.

CALLS = {
    "each verb": "{p} --check -q; {p} -q; {p} --diff >/dev/null; {p} --undo; {p} --print >~/line\n",
    "with a cleared environment": "env -i HOME=$HOME {p} --check -q\n",
    "in the background": "{p} --check -q &\n({p} -q &)\n",
    "as a daemon with a cleared environment": "(env -i HOME=$HOME setsid {p} --check -q &)\nsleep 0.3\n",
    "the library": "{python} -c 'import onpath; onpath.check()' 2>~/said\n",
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_startup_file_that_calls_it_never_multiplies(
    who: list[str], own_home: Path, text: str
) -> None:
    """Sixty processes are enough, where there were as many as the limit allowed."""
    told = text.format(p=f"{PROGRAM} --shell bash", python=sys.executable)
    told = told.replace("--shell bash --undo", "--undo")
    (own_home / ".bashrc").write_text(told)
    (own_home / ".profile").write_text(". ~/.bashrc\n")
    for each in own_home.iterdir() if who else ():
        shutil.chown(each, USER, USER)
    before = sorted(each.name for each in own_home.iterdir())
    few = ("bash", "-c", 'ulimit -u 60; exec "$@"', "bash") if who else ()
    done = run(who, own_home, "--check", within=few)
    assert (1, "") == (done.code, done.stderr), done
    assert "missing" in done.stdout
    assert "unknown" not in done.stdout
    assert {} == running(str(own_home))
    made = {"tmp", "line", "said"}
    assert before == sorted(each.name for each in own_home.iterdir() if each.name not in made)
    if "--print" in text:
        assert "PATH" in (own_home / "line").read_text()
    if "import onpath" in text:
        assert "InsideProbeError: this is inside of a probe" in (own_home / "said").read_text()
    done = run(who, own_home, within=few)
    assert 0 == done.code, done
    assert 0 == run(who, own_home, "--check").code


@pytest.mark.parametrize("words", [["--check"], [], ["--diff"], ["--undo"], ["--check", "--json"]])
def test_inside_of_a_probe_a_run_ends_at_once_with_one_sentence(home: Path, words: list[str]) -> None:
    env = {**environment(home), MARK: "0123456789ab"}
    done = subprocess.run([PROGRAM, *words], env=env, capture_output=True, text=True, check=False)
    assert (3, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert f"run unset {MARK} and try again" in done.stderr
    assert [] == os.listdir(home)


@pytest.mark.parametrize("word", ["--print", "--help", "--version"])
def test_inside_of_a_probe_what_starts_nothing_works(home: Path, word: str) -> None:
    env = {**environment(home), MARK: "0123456789ab"}
    done = subprocess.run([PROGRAM, word], env=env, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout


# The login shell is asked before a look knows all that it will ask.


def test_a_look_that_ends_with_an_error_ends_the_shell_that_it_has_started(
    own_home: Path, who: list[str]
) -> None:
    shutil.copy(SLEEP, own_home / "sleep")
    (own_home / ".profile").write_text("~/sleep 4242 &\n")
    done = run(who, own_home, "--check", "--shell", "no-such-shell")
    assert done.code == 2
    assert "no-such-shell" in done.stderr
    assert {} == running(str(own_home))


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_a_look_that_is_interrupted_anywhere_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(SLEEP, tmp_path / "sleep")
    (tmp_path / ".bashrc").write_text("~/sleep 4242 &\n")
    with TemporaryDirectory(dir="/tmp", prefix="short-") as temporary:
        environ = {
            "HOME": str(tmp_path),
            "SHELL": "/bin/bash",
            "PATH": "/usr/bin:/bin",
            "TMPDIR": temporary,
        }
        monkeypatch.setattr(os, "environ", environ)
        asked = request.make("check", [str(tmp_path / "tools")], {"environ": environ})
        number = 1
        while interrupt(lambda: verbs.check(asked), number, "onpath/survey.py"):
            assert [] == os.listdir(temporary), f"interrupted at line {number}"
            assert {} == running(str(tmp_path)), f"interrupted at line {number}"
            number += 7
        assert number > 100


# What a startup file has begun: nothing is typed to it, and it is not cut off in the middle.

ASKS = """
import os, termios
terminal = os.open("/dev/tty", os.O_RDWR)
state = termios.tcgetattr(terminal)
state[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, state)
os.write(terminal, b"Password: ")
if os.read(terminal, 4096):
    open(os.environ["HOME"] + "/attempts", "w").close()
"""
# As git does: what is half done goes when it is asked to end.
FETCHES = """
import os, signal, sys, time
folder = os.environ["HOME"] + "/plugin"
def end(*_):
    os.rmdir(folder)
    os._exit(1)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)
os.mkdir(folder)
time.sleep({seconds})
os.mkdir(folder + "/whole")
"""


def begin(home: Path, code: str, line: str) -> None:
    """Have bash run a program of Python in its startup files, by `line`."""
    (home / "program.py").write_text(code)
    (home / ".bashrc").write_text(line.format(f"{sys.executable} ~/program.py"))
    (home / ".bash_profile").write_text(". ~/.bashrc\n")


@pytest.mark.parametrize("words", [(), ("--check",)])
def test_a_password_prompt_gets_no_answer(
    who: list[str], own_home: Path, words: tuple[str, ...]
) -> None:
    begin(own_home, ASKS, "case $- in *i*) ;; *) return ;; esac\n{}\n")
    run(who, own_home, *words)
    assert not (own_home / "attempts").exists()


@pytest.mark.parametrize("seconds", [3, 600])
def test_what_is_fetched_at_the_first_start_is_there_as_a_whole_or_not_at_all(
    who: list[str], own_home: Path, seconds: int
) -> None:
    begin(own_home, FETCHES.format(seconds=seconds), "[ -d ~/plugin ] || {}\n")
    run(who, own_home, "--check", "--timeout", "30" if seconds == 3 else "3")
    assert (seconds == 3) == (own_home / "plugin/whole").exists() == (own_home / "plugin").exists()


@pytest.mark.parametrize("line", ["({} &)\n", "{} &\n", "{} & disown\n"])
def test_a_job_in_the_background_is_asked_to_end(who: list[str], own_home: Path, line: str) -> None:
    begin(own_home, FETCHES.format(seconds=600), "[ -d ~/plugin ] || " + line)
    run(who, own_home)
    assert not (own_home / "plugin").exists()


@pytest.mark.parametrize("line", ["~/update &!\n", "(~/update) &|\n", "precmd() { ~/update &! }\n"])
def test_a_script_in_the_background_puts_back_what_it_has_changed_when_git_has_fetched(
    who: list[str], own_home: Path, line: str, require: Require
) -> None:
    """As Oh My Zsh's update, which a closed terminal does not end either."""
    require("zsh")
    shutil.copy(SLEEP, own_home / "git")
    update = own_home / "update"
    update.write_text("#!/bin/bash\nmkdir ~/lock || exit\n~/git 2; rmdir ~/lock; : >~/done\n")
    update.chmod(0o755)
    (own_home / ".zshrc").write_text(line)
    run(who, own_home, "--check", "--shell", "zsh")
    assert (own_home / "done").exists()
    assert not (own_home / "lock").exists()


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_session_of_the_users_own_tmux_gets_no_key(who: list[str], own_home: Path) -> None:
    """Whatever a startup file makes of the folder for sockets that a probe has."""
    line = "export TMUX_TMPDIR=$HOME\n"
    (own_home / ".bashrc").write_text(f'{line}[ -n "$TMUX" ] || exec tmux new-session -A -s main\n')
    (own_home / ".bash_profile").write_text(". ~/.bashrc\n")
    environ = {
        **environment(own_home),
        "TMUX_TMPDIR": str(own_home),
        "TERM": "xterm",
        "SHELL": "/bin/sh",
    }
    start = ["tmux", "new-session", "-d", "-s", "main", "cat >~/typed"]
    subprocess.run([*who, *start], env=environ, check=True, cwd="/")
    try:
        run(who, own_home, "--check")
        assert "" == (own_home / "typed").read_text()
    finally:
        subprocess.run([*who, "tmux", "kill-server"], env=environ, check=False, cwd="/")


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
@pytest.mark.parametrize(
    "words",
    [
        "exec tmux -S ~/socket new-session -A -s main",
        "exec tmux -S ~/socket",  # a session of its own, which would stay
        "exec tmux -S ~/socket new-session -t main",
        "tmux -S ~/socket attach || exec tmux -S ~/socket",
    ],
)
def test_a_session_of_the_users_own_tmux_is_joined_and_answered_by_a_shell_like_its_own(
    own_home: Path, words: str
) -> None:
    keeps = "HISTFILE=~/kept; PROMPT_COMMAND='history -a'\n"
    join = f'[ -n "$TMUX" ] || {{ {words}; }}\n'
    (own_home / ".bashrc").write_text(keeps + join)
    environ = {**environment(own_home), "TERM": "xterm", "SHELL": shutil.which("bash") or ""}
    tmux = ["tmux", "-S", str(own_home / "socket")]
    subprocess.run([*tmux, "new-session", "-d", "-s", "main"], env=environ, check=True, cwd=own_home)
    try:
        for options, code in ((["--check"], 1), ([], 0), (["--check"], 0)):
            assert code == run((), own_home, *options).code
        listed = [*tmux, "list-sessions", "-F", "#{session_name} #{session_attached}"]
        assert b"main 0\n" == subprocess.run(listed, env=environ, check=True, stdout=-1).stdout
        shown = subprocess.run([*tmux, "capture-pane", "-p"], env=environ, check=True, stdout=-1)
        assert b"onpath" not in shown.stdout
        assert not (own_home / "kept").exists()
    finally:
        subprocess.run([*tmux, "kill-server"], env=environ, check=False)


JOINS = {  # as startup files write it: the words that start the user's own, and those that list it
    '[ -n "$TMUX" ] || exec tmux -S ~/socket new-session -A -D -s main': (
        "tmux -S {home}/socket new-session -s main",
        "tmux -S {home}/socket list-clients",
    ),
    'export TMUX_TMPDIR=~; [ -n "$TMUX" ] || { tmux attach -d || tmux; }': (
        "env TMUX_TMPDIR={home} tmux",
        "env TMUX_TMPDIR={home} tmux list-clients",
    ),
    'export SCREENDIR=~/screens; [ -n "$STY" ] || exec screen -dRR': (
        "env SCREENDIR={home}/screens screen",
        "env SCREENDIR={home}/screens screen -ls",
    ),
}


@pytest.mark.parametrize("line", JOINS)
def test_the_users_own_terminal_is_not_detached_from_its_session(own_home: Path, line: str) -> None:
    """Where a startup file chooses the folder for sockets itself, and takes the session from others."""
    start, lists = (words.format(home=own_home).split() for words in JOINS[line])
    program = "screen" if "screen" in start else "tmux"
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    (own_home / "screens").mkdir(mode=0o700)
    environ = {**environment(own_home), "TERM": "xterm"}
    ours, theirs = os.openpty()
    client = subprocess.Popen(
        start, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    try:
        end = time.monotonic() + TIMEOUT_S
        while not is_attached(lists, environ) and time.monotonic() < end:
            assert client.poll() is None
            time.sleep(0.05)
        (own_home / ".bashrc").write_text(f"{line}\n")
        for options, code in ((["--check"], 1), ([], 0), (["--check"], 0)):
            assert code == run((), own_home, *options).code
            assert is_attached(lists, environ)
    finally:
        stop = ["-X", "quit"] if program == "screen" else ["kill-server"]
        subprocess.run([*lists[:-1], *stop], env=environ, check=False)
        os.close(ours)
        os.close(theirs)
        client.wait(TIMEOUT_S)


def is_attached(lists: list[str], environ: dict[str, str]) -> bool:
    """Say whether a terminal shows the session that the words list."""
    done = subprocess.run(lists, env=environ, check=False, stdout=-1, stderr=-3)
    return b"Attached" in done.stdout or b"/dev/pts/" in done.stdout


@pytest.mark.parametrize("words", ["exec fish", "fish; exit"])
def test_what_fish_does_at_its_first_start_is_left_to_a_start_of_the_users(
    words: str, require: Require
) -> None:
    """It has every manual page read, for half a minute, and leaves it at that where this was ended."""
    require("fish")
    for filled in ([], ["mine.fish"]):
        with home_of(None) as home:
            folder = home / ".local/share/fish/generated_completions"
            for name in filled:
                folder.mkdir(parents=True)
                (folder / name).touch()
            (home / ".bashrc").write_text(f"{words}\n")
            assert 1 == run((), home, "--check").code
            assert (home / ".config/fish").is_dir()  # it was started
            assert filled == ([*os.listdir(folder)] if folder.exists() else [])


def test_what_fish_does_at_its_first_start_is_no_work_that_is_waited_for(require: Require) -> None:
    """It does it while a startup file waits for its user too: a look took as long as one may work."""
    require("fish")
    with home_of(None) as home:
        (home / ".config/fish").mkdir(parents=True)
        (home / ".config/fish/config.fish").write_text("read -s -n 1 answer\n")
        before_s = sum(os.times()[2:4])
        assert 1 == run((), home, "--shell", "fish", "--check").code
        assert sum(os.times()[2:4]) - before_s < 15


@pytest.mark.skipif(not shutil.which("gpg-connect-agent"), reason="gpg-agent is not installed")
@pytest.mark.parametrize("file", [".bashrc", ".profile"])
def test_gpg_agent_asks_on_the_users_terminal_afterwards(file: str) -> None:
    """A startup file tells it of a probe's, or that there is none."""
    tell = "export GPG_TTY=$(tty); gpg-connect-agent updatestartuptty /bye >/dev/null; echo told >>told"
    with home_of(None) as home:
        (home / ".gnupg").mkdir(mode=0o700)
        (home / file).write_text(f"{tell}\n")
        environ = {**environment(home), "GPG_TTY": "/dev/pts/77"}

        def agent(*words: str) -> str:
            return subprocess.run(
                words, env=environ, cwd=home, check=True, stdout=subprocess.PIPE, text=True
            ).stdout

        agent("gpg-agent", "--daemon", "-q")
        try:
            agent("gpg-connect-agent", "updatestartuptty", "/bye")
            before = agent("gpg-connect-agent", "getinfo std_startup_env", "/bye")
            assert "/dev/pts/77" in before
            run((), home)
            assert (home / "told").exists()
            assert before == agent("gpg-connect-agent", "getinfo std_startup_env", "/bye")
        finally:
            agent("gpgconf", "--kill", "gpg-agent")
