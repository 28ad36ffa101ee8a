"""A snippet as it is put into a startup file, and as the line for this session."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

import terminals
from onpath.errors import UnspellableError
from onpath.host import unix
from onpath.model import APPEND, PREPEND
from onpath.shells import ALIASES, UNIX_ROWS, WINDOWS_ROWS, render
from samples import BOUNDED, DIRECTORIES, HOME, installed, make_host

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.shells import Startup

DIRECTORY = f"{HOME}/.local/bin"
STARTUPS = [
    (row.name, startup)
    for row in UNIX_ROWS.values()
    for startup in dict.fromkeys(s for startups in row.startup.values() for s in startups)
]

POSIX = """\
case ${PATH-}: in
    "$HOME/.local/bin":* | "$HOME/.local/bin"/:* | *:"$HOME/.local/bin":* | *:"$HOME/.local/bin"/:*) ;;
    *) PATH="$HOME/.local/bin"${PATH:+:$PATH} && export PATH ;;
esac
"""


def test_the_usual_block_of_a_posix_shell_is_this() -> None:
    """What the user finds in a file."""
    assert POSIX == render.body("zsh", DIRECTORY, HOME, PREPEND)


def test_the_usual_drop_in_of_fish_is_this() -> None:
    word = '"$HOME/.local/bin"'
    line = f"contains -- {word} $PATH; or contains -- {word}/ $PATH; or set -gx PATH {word} $PATH\n"
    assert line == render.body("fish", DIRECTORY, HOME, PREPEND)


@pytest.mark.parametrize("order", [PREPEND, APPEND])
@pytest.mark.parametrize(("name", "startup"), STARTUPS, ids=lambda value: str(value)[:9])
def test_a_block_has_code_only(name: str, startup: Startup, order: str) -> None:
    """No placeholder, no tag, no line of the other order or for linters, no comment is left."""
    body = render.body(name, DIRECTORY, HOME, order, startup)
    lines = body.splitlines()
    assert body.endswith("\n")
    assert lines
    assert [] == [line for line in lines if line.lstrip().startswith("#") or not line.strip()]
    for mark in (render.DIRECTORY, "# prepend", "# append", "shellcheck"):
        assert mark not in body


@pytest.mark.parametrize("name", UNIX_ROWS)
def test_the_two_orders_differ(name: str) -> None:
    assert render.body(name, DIRECTORY, HOME, PREPEND) != render.body(name, DIRECTORY, HOME, APPEND)


@pytest.mark.parametrize("order", [PREPEND, APPEND])
@pytest.mark.parametrize("name", UNIX_ROWS)
def test_every_shell_has_a_line_for_this_session(name: str, order: str) -> None:
    line = render.now(name, DIRECTORY, HOME, order)
    assert "\n" not in line
    assert render.DIRECTORY not in line
    assert line.strip() == line != ""


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (PREPEND, {'set "PATH=D;%PATH%"', "$env:Path = 'D' + ';' + $env:Path"}),
        (APPEND, {'set "PATH=%PATH%;D"', "$env:Path = $env:Path + ';' + 'D'"}),
    ],
)
def test_every_shell_of_windows_has_a_line_for_this_session(order: str, expected: set[str]) -> None:
    """There it is PATH's `;` that counts, whatever the shell would have on Unix."""
    found = {
        render.now(name, "D", "", order, row.windows.snippet)
        for name, row in WINDOWS_ROWS.items()
        if row.windows
    }
    assert expected == found


def test_a_snippet_of_no_shell_has_its_two_orders_too() -> None:
    """As environment.d has, which no shell reads."""
    found = [render.lines("environment.conf", "D", order) for order in (PREPEND, APPEND)]
    assert ["PATH=D:$PATH\n", "PATH=$PATH:D\n"] == found


def test_the_line_of_a_posix_shell_reads_well() -> None:
    assert 'export PATH="$HOME/.local/bin:$PATH"' == render.now("bash", DIRECTORY, HOME)


def run(shell: str, code: str, path: str | None) -> list[str]:
    """Return the PATH entries that `code` leads to in a real `shell`, in which PATH was `path`."""
    script = f'set -eu\n{code}{code}printf %s "$PATH"\n'
    program = shutil.which(shell) or pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [program, "-c", "unset PATH\n" * (path is None) + script],
        env={"HOME": HOME, "LC_ALL": "C.UTF-8", **({} if path is None else {"PATH": path})},
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert b"" == done.stderr
    return done.stdout.decode("utf-8", "surrogateescape").split(":")


@pytest.mark.parametrize("shell", ["/bin/sh", "bash"])
@pytest.mark.parametrize(
    ("path", "prepended", "appended"),
    [
        ("/bin", [DIRECTORY, "/bin"], ["/bin", DIRECTORY]),
        (f"/bin:{DIRECTORY}", ["/bin", DIRECTORY], ["/bin", DIRECTORY]),
        (f"{DIRECTORY}/:/bin", [f"{DIRECTORY}/", "/bin"], [f"{DIRECTORY}/", "/bin"]),
        (f"{DIRECTORY}2", [DIRECTORY, f"{DIRECTORY}2"], [f"{DIRECTORY}2", DIRECTORY]),
        ("", [DIRECTORY], [DIRECTORY]),
        (None, [DIRECTORY], [DIRECTORY]),
    ],
)
def test_a_block_adds_the_directory_once(
    shell: str, path: str | None, prepended: list[str], appended: list[str]
) -> None:
    """Run twice, as in a nested shell, under `set -eu`, also where PATH is empty or not set."""
    assert prepended == run(shell, render.body("sh", DIRECTORY, HOME, PREPEND), path)
    assert appended == run(shell, render.body("sh", DIRECTORY, HOME, APPEND), path)


def test_the_block_of_bashrc_adds_it_once_and_not_in_login_shells() -> None:
    """Debian's `.profile` reads `.bashrc` and then prepends the directory without looking."""
    bashrc = UNIX_ROWS["bash"].startup["interactive"][0]
    code = render.body("bash", DIRECTORY, HOME, PREPEND, bashrc)
    assert [DIRECTORY, "/bin"] == run("bash", code, "/bin")
    program = shutil.which("bash") or pytest.skip("bash is not installed")
    done = subprocess.run(
        [program, "--noprofile", "-l", "-c", f"PATH=/bin; {code}\nprintf %s $PATH"],
        env={"HOME": HOME},
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert b"/bin" == done.stdout


@settings(BOUNDED, max_examples=BOUNDED.max_examples // 2)
@given(DIRECTORIES)
def test_a_block_adds_any_name_once(directory: str) -> None:
    assert [directory, "/bin"] == run("/bin/sh", render.body("sh", directory, HOME, PREPEND), "/bin")


@settings(BOUNDED, max_examples=BOUNDED.max_examples // 3)
@given(DIRECTORIES)
def test_the_line_for_this_session_adds_any_name(directory: str) -> None:
    path = run("/bin/sh", render.now("sh", directory, HOME) + "\n", "/bin")
    assert [directory, directory, "/bin"] == path  # it was run twice, and asks nothing


def test_a_name_that_cannot_be_spelled_is_refused() -> None:
    with pytest.raises(UnspellableError):
        render.body("tcsh", "/opt/*", HOME, PREPEND)
    with pytest.raises(UnspellableError):
        render.now("tcsh", "/opt/*", HOME)


def activation(shell: str, order: str | None = None) -> str:
    """Return the line by which a session of `shell` gets two directories."""
    host = make_host(environ={"HOME": HOME, "PATH": "/bin"}, running=installed(shell))
    return unix.activation(host, ("/opt/a", "/opt/b"), order)


def test_the_line_for_several_keeps_their_order() -> None:
    """The first that is named is to be the first on PATH."""
    line = activation("sh")
    assert ["/opt/a", "/opt/b", "/bin"] == list(dict.fromkeys(run("/bin/sh", f"{line}\n", "/bin")))


@pytest.mark.parametrize(
    ("order", "expected"),
    [(PREPEND, ["/opt/a", "/opt/b", "/bin"]), (APPEND, ["/bin", "/opt/a", "/opt/b"])],
)
@pytest.mark.parametrize("shell", ["bash", "tcsh", "fish", "nu", "xonsh", "elvish", "rc", "pwsh"])
def test_the_line_for_several_runs_in_its_own_shell(
    home: Path, shell: str, order: str, expected: list[str]
) -> None:
    program = terminals.find(shell) or pytest.skip(f"{shell} is not installed")
    line = activation(ALIASES[shell], order)
    done = subprocess.run(
        [program, "-c", f"{line}; /bin/sh -c 'printf %s \"$PATH\"'"],
        env={"HOME": str(home), "PATH": "/bin"},
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert expected == done.stdout.decode().split(":")
