"""Which shells are here, and which of them the user sits in: by made-up processes, and by real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest
import shellingham

from onpath import host as detect
from onpath.errors import NoHomeError, UsageError
from onpath.host import Process, users
from onpath.model import Installed
from samples import make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("processes of Unix", allow_module_level=True)

BINS = "/made-up/bin"  # where no link can lead elsewhere


def process(program: str, *argv: str, tty: bool = True) -> Process:
    """Return what `/proc` would say; without `argv` it was called by its own name."""
    path = program if program.startswith("/") else f"{BINS}/{program}"
    return Process(0, 0, path, argv or (os.path.basename(path),), is_at_terminal=tty)


def running(*ancestors: Process, environ: dict[str, str] | None = None) -> str | None:
    """Return the shell that is found from these `ancestors`, the parent first."""
    parent = os.getppid()

    def read(pid: int) -> Process | None:
        number = 0 if pid == parent else pid - 100_000
        if not 0 <= number < len(ancestors):
            return None
        one = ancestors[number]
        return Process(pid, 100_000 + number + 1, one.program, one.argv, one.is_at_terminal)

    found = detect.running_shell(environ or {}, read)
    return found.name if found else None


ZSH = process("zsh")
PIPED = {"tty": False}


@pytest.mark.parametrize(
    ("shell", "ancestors"),
    [
        # Typed at a prompt.
        ("bash", [process("bash")]),
        ("bash", [process("bash", "-bash")]),
        ("zsh", [process("zsh", "-zsh")]),
        ("zsh", [process("zsh-5.9", "zsh")]),
        ("fish", [process("fish", "/usr/bin/fish", "-l")]),
        ("ksh93", [process("ksh93", "-ksh")]),
        ("mksh", [process("mksh-static", "mksh")]),
        ("yash", [process("yash", "yash", "-i", "-l")]),
        ("rc", [process("rc.byron", "rc", "-l")]),
        ("nushell", [process("nu")]),
        ("elvish", [process("elvish")]),
        ("powershell", [process("pwsh", "pwsh", "-NoLogo")]),
        ("bash", [process("bash", "bash", "--rcfile", "/x"), ZSH]),
        # csh puts its terminal on other descriptors, and a dash before its name.
        ("csh", [process("bsd-csh", "-csh", **PIPED)]),
        ("tcsh", [process("tcsh", "-csh", **PIPED)]),
        ("zsh", [process("bsd-csh", "csh", "-c", "ensure-path"), ZSH]),
        # busybox is many programs.
        ("ash", [process("busybox", "sh")]),
        ("ash", [process("busybox", "-sh")]),
        ("ash", [process("busybox", "busybox", "sh")]),
        ("ash", [process("busybox", "busybox", "ash", "-l")]),
        ("zsh", [process("busybox", "busybox", "sh", "-c", "ensure-path"), ZSH]),
        ("zsh", [process("busybox", "sh", "install.sh"), ZSH]),
        ("zsh", [process("busybox", "busybox", "vi"), ZSH]),
        ("zsh", [process("busybox", "vi"), ZSH]),
        ("zsh", [process("busybox", "less", "README"), ZSH]),
        # xonsh is a script.
        ("xonsh", [process("python3.11", "python3", f"{BINS}/xonsh")]),
        ("xonsh", [process("python3.11", "/usr/bin/python3", f"{BINS}/xonsh", "-l")]),
        ("xonsh", [process("python3.13", "/usr/bin/python3", "-sP", f"{BINS}/xonsh")]),
        ("zsh", [process("python3.11", "python3", f"{BINS}/xonsh", "-c", "ensure-path"), ZSH]),
        ("zsh", [process("python3.11", "python3", f"{BINS}/xonsh", "script.xsh"), ZSH]),
        ("zsh", [process("python3.11", "python3", "-m", "onpath"), ZSH]),
        ("zsh", [process("python3.11", "python3"), ZSH]),
        # A shell that runs something for another is passed over.
        ("zsh", [process("bash", "sh", **PIPED), process("curl"), ZSH]),
        ("zsh", [process("bash", "bash", **PIPED), ZSH]),
        ("zsh", [process("dash", "sh", "-c", "ensure-path"), process("make"), ZSH]),
        ("zsh", [process("dash", "/bin/sh", "-ec", "ensure-path"), process("make"), ZSH]),
        ("zsh", [process("bash", "bash", "install.sh"), ZSH]),
        ("zsh", [process("bash", "/bin/bash", "-e", "./install.sh"), ZSH]),
        ("zsh", [process("bash", "bash", "-o", "pipefail", "install.sh"), ZSH]),
        ("zsh", [process("bash", "bash", "-o", "errexit", "-c", "x"), ZSH]),
        ("zsh", [process("bash", "/bin/bash", "-lc", "ensure-path"), ZSH]),
        ("zsh", [process("xargs"), process("setsid"), ZSH]),
        # `-i -c` is what an editor starts to have the user's environment.
        ("bash", [process("bash", "bash", "-ic", "ensure-path", **PIPED), ZSH]),
        # What stands between.
        ("fish", [process("fish"), process("tmux: server", "tmux")]),
        ("bash", [process("bash"), process("sudo", "sudo", "-s"), ZSH]),
        ("zsh", [process("sudo", "sudo", "ensure-path"), ZSH]),
        ("bash", [process("su", "su", "-"), process("bash")]),
        ("zsh", [process("script", "script", "-qc", "x"), ZSH]),
        # A container's first process.
        ("ash", [process("busybox", "/bin/sh")]),
        (None, [process("bash", "bash", "-c", "ensure-path", **PIPED)]),
        (None, [process("systemd", "/sbin/init", **PIPED)]),
        (None, [process("sshd"), process("systemd")]),
    ],
)
def test_the_shell_that_the_user_sits_in_is_found(shell: str | None, ancestors: list[Process]) -> None:
    """However indirectly this program was started from it."""
    assert shell == running(*ancestors)


def test_a_chain_without_an_end_ends() -> None:
    loop = Process(7, 7, f"{BINS}/make", ("make",), is_at_terminal=True)
    assert detect.running_shell({}, lambda _: loop) is None


# Without /proc.


def blind(_pid: int) -> Process | None:
    """There is no /proc."""
    return None


@pytest.mark.parametrize(
    "error",
    [
        shellingham.ShellDetectionFailure(),
        PermissionError(13, "Permission denied", "ps"),
        FileNotFoundError("ps"),
        UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        ValueError("not enough values to unpack"),
        KeyError("PID"),
    ],
)
def test_whatever_shellingham_raises_is_no_shell(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> tuple[str, str]:
        raise error

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert detect.running_shell({}, blind) is None


def test_the_first_process_of_a_container_has_no_parent_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker run image ensure-path`."""

    def fail() -> tuple[str, str]:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(os, "getppid", lambda: 0)
    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert detect.running_shell({"SHELL": "/bin/bash"}) is None


def make_programs(folder: Path, *names: str) -> str:
    """Put executables of these `names` into `folder`."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_without_proc_shellingham_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_programs(tmp_path, "zsh")
    for answer in (("zsh", f"{folder}/zsh"), ("zsh", "zsh"), ("zsh", "-zsh")):
        monkeypatch.setattr(shellingham, "detect_shell", lambda answer=answer: answer)
        assert Installed("zsh", f"{folder}/zsh") == detect.running_shell({"PATH": folder}, blind)


def test_what_shellingham_tells_of_an_unknown_shell_is_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("cmd", "C:\\Windows\\cmd.exe"))
    assert detect.running_shell({}, blind) is None


def test_where_proc_answers_shellingham_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would name the `sh` of `curl | sh`."""
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    assert running(process("make"), process("sshd")) is None


# What a program is.


@pytest.mark.parametrize(
    ("name", "shell"),
    [
        ("bash", "bash"),
        ("zsh-5.9", "zsh"),
        ("rc.byron", "rc"),
        ("rc", "rc"),
        ("bsd-csh", "csh"),
        ("csh", "csh"),
        ("ksh", "ksh93"),
        ("lksh", "mksh"),
        ("nu", "nushell"),
        ("nu-0.98", "nushell"),
        ("pwsh-preview", "powershell"),
        ("busybox", "ash"),
        ("python3.11", None),
        ("bashful", None),
        ("sh-agent", None),
        ("rc-service", None),
        ("rc-update", None),
        ("fish-config", None),
    ],
)
def test_a_program_is_known_by_its_name(name: str, shell: str | None) -> None:
    """A version may follow the name; `rc-service` of OpenRC is no version of rc."""
    found = detect.recognize(f"{BINS}/{name}")
    assert shell == (found.name if found else None)
    assert found is None or f"{BINS}/{name}" == found.program


@pytest.mark.parametrize(
    ("links", "shell"),
    [
        (["sh", "dash"], "dash"),
        (["sh", "busybox"], "ash"),
        (["csh", "tcsh"], "tcsh"),
        (["csh", "alternative", "bsd-csh"], "csh"),
        (["ksh", "mksh"], "mksh"),
        (["sh", "something"], "sh"),
        (["zsh", "zsh-5.9"], "zsh"),
    ],
)
def test_links_are_followed(tmp_path: Path, links: list[str], shell: str) -> None:
    """`/bin/sh` may be anything."""
    for name, target in zip(links, links[1:]):
        (tmp_path / name).symlink_to(target)
    assert Installed(shell, f"{tmp_path}/{links[0]}") == detect.recognize(f"{tmp_path}/{links[0]}")


def test_only_a_file_that_can_be_run_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch(0o644)
    folder = make_programs(tmp_path, "program")
    found = {name: detect.which(name, [folder]) for name in ("folder", "text", "nothing", "program")}
    assert {"folder": None, "text": None, "nothing": None, "program": f"{folder}/program"} == found


def test_the_first_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But never by a relative entry: that is wherever the user happens to be."""
    monkeypatch.chdir(tmp_path)
    one, other = (make_programs(tmp_path / name, "fish") for name in ("one", "other"))
    assert Installed("fish", f"{other}/fish") == detect.find_shell(
        "fish", {"PATH": f":.:one:{other}:{one}"}
    )


def test_another_program_of_the_same_name_is_not_it(tmp_path: Path) -> None:
    """`sh` that is dash is served as dash."""
    folder = make_programs(tmp_path, "dash")
    (tmp_path / "sh").symlink_to("dash")
    assert detect.find_shell("sh", {"PATH": folder}) is None
    assert Installed("dash", f"{folder}/dash") == detect.find_shell("dash", {"PATH": folder})


# What the user calls a shell.


@pytest.mark.parametrize(
    ("name", "shell"),
    [("fish", "fish"), ("pwsh", "powershell"), ("powershell", "powershell"), ("nu", "nushell")],
)
def test_a_shell_is_named_by_its_name_or_its_programs(tmp_path: Path, name: str, shell: str) -> None:
    folder = make_programs(tmp_path, "fish", "pwsh", "nu")
    assert shell == detect.named_shell(name, make_host(environ={"PATH": folder})).name


def test_a_shell_is_named_by_its_path(tmp_path: Path) -> None:
    folder = make_programs(tmp_path, "bash")
    assert Installed("bash", f"{folder}/bash") == detect.named_shell(f"{folder}/bash", make_host())


def test_a_shell_that_is_named_by_a_relative_path_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started with the home as its folder."""
    folder = make_programs(tmp_path, "bash")
    monkeypatch.chdir(tmp_path.parent)
    name = f"./{tmp_path.name}/bash"
    assert os.path.normpath(f"{folder}/bash") == os.path.normpath(
        detect.named_shell(name, make_host()).program
    )


def test_sh_is_the_shell_that_it_is(tmp_path: Path) -> None:
    folder = make_programs(tmp_path, "dash")
    (tmp_path / "sh").symlink_to("dash")
    found = detect.named_shell("sh", make_host(environ={"PATH": folder}))
    assert Installed("dash", f"{folder}/sh") == found


@pytest.mark.parametrize("name", ["", "cmd", "bashful", "BASH", "/nowhere/bash", "./bash", "/bin/ls"])
def test_an_unknown_shell_is_a_usage_error_that_tells_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="knows bash, zsh, "):
        detect.named_shell(name, make_host())


def test_a_shell_that_is_not_installed_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "USUAL_BINS", ())
    with pytest.raises(UsageError, match="fish is not installed; install it, or leave out --shell fish"):
        detect.named_shell("fish", make_host(environ={"PATH": "/nowhere"}))


# The machine.


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[str, str, str] | None], None]:
    """Return the function that sets the user's line in the password database."""
    monkeypatch.setattr(detect, "running_shell", lambda _: None)

    def set_entry(line: tuple[str, str, str] | None) -> None:
        monkeypatch.setattr(users, "own_entry", lambda: line)

    return set_entry


Entry = Callable[["tuple[str, str, str] | None"], None]


def test_the_home_is_what_was_asked_for_else_of_the_session_else_of_the_user(
    tmp_path: Path, entry: Entry
) -> None:
    homes = [tmp_path / name for name in ("asked", "session", "user")]
    for home in homes:
        home.mkdir()
    entry(("ada", str(homes[2]), "/bin/sh"))
    environ = {"HOME": str(homes[1])}
    found = [
        detect.detect(environ, home=str(homes[0])).home,
        detect.detect(environ).home,
        detect.detect({"HOME": ""}).home,
        detect.detect({}).home,
    ]
    assert list(map(str, [homes[0], homes[1], homes[2], homes[2]])) == found


def test_a_home_has_no_slash_at_its_end(tmp_path: Path, entry: Entry) -> None:
    entry(None)
    assert str(tmp_path) == detect.detect({"HOME": f"{tmp_path}//"}).home
    assert "/" == detect.detect({"HOME": "/"}).home


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "there is no home directory; set HOME"),
        ({"HOME": "relative"}, "there is no home directory; set HOME"),
        ({"HOME": "/nowhere/at/all"}, "/nowhere/at/all does not exist; create it"),
    ],
)
def test_without_a_home_nothing_can_be_done(entry: Entry, environ: dict[str, str], message: str) -> None:
    entry(None)
    with pytest.raises(NoHomeError, match=message):
        detect.detect(environ)


@pytest.mark.parametrize(
    ("of_user", "of_session", "shell"),
    [
        ("fish", "zsh", "fish"),
        ("", "zsh", "zsh"),
        ("nologin", "zsh", "zsh"),
        ("removed", "zsh", "zsh"),
        ("nologin", "", None),
    ],
)
def test_the_login_shell_is_the_users_else_the_sessions(
    tmp_path: Path, entry: Entry, of_user: str, of_session: str, shell: str | None
) -> None:
    """One that is no shell, or is not there any more, does not count."""
    folder = make_programs(tmp_path, "fish", "zsh", "nologin")
    entry(("ada", str(tmp_path), f"{folder}/{of_user}"))
    host = detect.detect({"HOME": folder, "SHELL": f"{folder}/{of_session}"})
    assert shell == (host.login.name if host.login else None)


@pytest.mark.parametrize(
    ("line", "environ", "user"),
    [
        (("ada", "/", ""), {"USER": "eve"}, "ada"),
        (None, {"USER": "eve", "LOGNAME": "bob"}, "eve"),
        (None, {"LOGNAME": "bob"}, "bob"),
        (None, {}, ""),
    ],
)
def test_the_user_is_told_by_the_database_else_the_session(
    entry: Entry, line: tuple[str, str, str] | None, environ: dict[str, str], user: str
) -> None:
    entry(line)
    assert user == detect.detect({"HOME": "/", **environ}).user


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CI": "true"}, {"ci"}),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, {"wsl"}),
        ({"TERMUX_VERSION": "0.118"}, {"termux"}),
    ],
)
def test_what_is_peculiar_is_told(environ: dict[str, str], words: set[str]) -> None:
    assert words <= set(detect.surroundings(environ))
    assert words.isdisjoint(detect.surroundings({}))


# Real processes.

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="there is no /proc")


@needs_proc
def test_proc_tells_of_this_process() -> None:
    found = detect.read_process(os.getpid())
    assert found
    assert (os.getpid(), os.getppid()) == (found.pid, found.parent)
    assert os.path.realpath(sys.executable) == found.program


@needs_proc
@pytest.mark.parametrize("name", ["a) R (b) 1 2", "new\nline", "zsh"])
def test_proc_tells_of_a_process_of_any_name(tmp_path: Path, name: str) -> None:
    """Also when its program has been removed, as by an update."""
    cat, program = os.path.realpath(shutil.which("cat") or ""), tmp_path / name
    if os.path.basename(cat) != "cat":
        pytest.skip("here it is a program of many names")
    shutil.copy(cat, program)
    with subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"there\n")
        child.stdin.flush()
        child.stdout.readline()  # now it runs
        program.unlink()
        found = detect.read_process(child.pid)
        child.stdin.close()
    expected = Process(child.pid, os.getpid(), str(program), (str(program), "-"), is_at_terminal=False)
    assert expected == found


@needs_proc
def test_proc_tells_who_is_at_a_terminal() -> None:
    outer, inner = os.openpty()
    with subprocess.Popen(["sleep", "5"], stdin=inner) as child:
        found = detect.read_process(child.pid)
        child.kill()
    os.close(outer)
    os.close(inner)
    assert found
    assert found.is_at_terminal


def test_a_process_that_is_not_there_is_none() -> None:
    assert detect.read_process(2**22 + 1) is None
