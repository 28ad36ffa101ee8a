"""Which shells are here: a program is known by its name, and a name leads to a program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.errors import UsageError
from onpath.host import installed
from onpath.host.installed import (
    find_shell,
    login_shell,
    named_shell,
    own_folders,
    recognize,
    told_shells,
    which,
    why_useless,
)
from onpath.model import Installed
from onpath.values import replace
from samples import HOME, make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("programs of Unix", allow_module_level=True)

BINS = "/made-up/bin"  # where no link can lead elsewhere


def make_programs(folder: Path, *names: str) -> str:
    """Put executables of these `names` into `folder`."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


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
        ("pwsh-preview", "pwsh"),
        ("busybox", "ash"),
        ("python3.11", None),
        ("bashful", None),
        ("sh-agent", None),
        ("rc-service", None),
        ("rc-update", None),
        ("fish-config", None),
        ("cmd", None),
        ("powershell", None),
    ],
)
def test_a_program_is_known_by_its_name(name: str, shell: str | None) -> None:
    """A version may follow it; but `rc-service` is no rc, and on Unix `cmd` is no shell of Windows."""
    found = recognize(f"{BINS}/{name}")
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
    assert Installed(shell, f"{tmp_path}/{links[0]}") == recognize(f"{tmp_path}/{links[0]}")


def test_only_a_file_that_can_be_run_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch(0o644)
    folder = make_programs(tmp_path, "program")
    found = {name: which(name, [folder]) for name in ("folder", "text", "nothing", "program")}
    assert {"folder": None, "text": None, "nothing": None, "program": f"{folder}/program"} == found


@pytest.fixture
def nothing_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no shell but those of the test."""
    monkeypatch.setattr(installed, "USUAL_BINS", ())


@pytest.mark.usefixtures("nothing_usual")
def test_the_first_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But never by a relative entry: that is wherever the user happens to be."""
    monkeypatch.chdir(tmp_path)
    one, other = (make_programs(tmp_path / name, "fish") for name in ("one", "other"))
    assert Installed("fish", f"{other}/fish") == find_shell("fish", {"PATH": f":.:one:{other}:{one}"})


@pytest.mark.usefixtures("nothing_usual")
def test_a_program_may_lie_in_other_folders(tmp_path: Path) -> None:
    """Those that are on PATH, in its order, come first."""
    one, other = (make_programs(tmp_path / name, "fish") for name in ("one", "other"))
    assert Installed("fish", f"{other}/fish") == find_shell("fish", {"PATH": one + "x"}, (other, one))
    path = f"{one}:{other}"
    assert Installed("fish", f"{one}/fish") == find_shell("fish", {"PATH": path}, (other, one))


def test_what_a_session_alone_puts_on_path_hides_no_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`PATH=/tmp/evil:$PATH`: it would run as a part of every look. Nor does SHELL choose the folder."""
    evil = make_programs(tmp_path / "evil", "fish", "zsh", "nu")
    usual, own, login = (make_programs(tmp_path / name, "fish") for name in ("usual", "own", "login"))
    monkeypatch.setattr(installed, "USUAL_BINS", (usual,))
    environ = {"PATH": f"{evil}:{own}:{usual}", "SHELL": f"{evil}/zsh"}
    for more, expected in (((), usual), ((evil,), usual), ((own, evil), own)):
        assert Installed("fish", f"{expected}/fish") == find_shell("fish", environ, more)
    assert Installed("nushell", f"{evil}/nu") == find_shell("nushell", environ)  # nowhere else
    host = make_host(environ=environ, login=Installed("fish", f"{login}/fish"))
    assert f"{login}/fish" == named_shell("fish", host, (own,)).program
    assert f"{evil}/fish" == named_shell(f"{evil}/fish", host).program  # who names it means it


def test_a_user_has_folders_of_ones_own() -> None:
    """Beside the login shell, in those of managers, and where `pip install --user` puts xonsh."""
    told = (("passwd: ", "/opt/zsh/bin/zsh"), ("SHELL=", "fish"))
    found = own_folders(replace(make_host(), told_shells=told), ("/d/bin",))
    assert ("/opt/zsh/bin", "/d/bin") == (found[0], found[-1])
    expected = {f"{HOME}/.nix-profile/bin", f"{HOME}/.cargo/bin", "/etc/profiles/per-user/ada/bin"}
    assert expected <= set(found)
    assert all(map(os.path.isabs, found))


# Which shell is told to be the user's.


def test_the_login_shell_is_told_by_termux_the_database_and_the_session(tmp_path: Path) -> None:
    """Android has no database that chsh could edit: in Termux it makes a link."""
    assert [] == list(told_shells("", str(tmp_path), {}))
    both = [("passwd: ", "/bin/sh"), ("SHELL=", "zsh")]
    assert both == list(told_shells("/bin/sh", str(tmp_path), {"SHELL": "zsh"}))
    (tmp_path / ".termux").mkdir()
    link = tmp_path / ".termux" / "shell"
    for target, program in (("/usr/bin/fish", "/usr/bin/fish"), ("fish", f"{tmp_path}/.termux/fish")):
        link.symlink_to(target)
        told = list(told_shells("/bin/sh", str(tmp_path), {"SHELL": "zsh"}))
        assert [(f"{link}: ", program), *both] == told
        link.unlink()


def test_the_first_that_is_a_shell_is_the_login_shell(tmp_path: Path) -> None:
    folder = make_programs(tmp_path, "nologin", "fish", "zsh")
    told = [("", name) for name in ("fish", "/gone/zsh", f"{folder}/nologin", f"{folder}/fish", "/x")]
    assert Installed("fish", f"{folder}/fish") == login_shell(told)
    assert login_shell(told[:3]) is None


def test_what_is_told_and_is_no_shell_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative name is not that of a program in the current folder."""
    folder = make_programs(tmp_path, "fish", "nologin")
    (tmp_path / "zsh").touch(0o644)
    monkeypatch.chdir(tmp_path)
    reasons = {
        "fish": "is not an absolute path",
        "": "is not an absolute path",
        "/usr/bin/env fish": "does not exist",
        f"{folder}/zsh": "cannot be run",
        folder: "cannot be run",
        f"{folder}/nologin": "is not a shell that onpath knows",
        f"{folder}/fish": "",
    }
    assert reasons == {program: why_useless(program) for program in reasons}


@pytest.mark.usefixtures("nothing_usual")
def test_another_program_of_the_same_name_is_not_it(tmp_path: Path) -> None:
    """`sh` that is dash is served as dash."""
    folder = make_programs(tmp_path, "dash")
    (tmp_path / "sh").symlink_to("dash")
    assert find_shell("sh", {"PATH": folder}) is None
    assert Installed("dash", f"{folder}/dash") == find_shell("dash", {"PATH": folder})


# What the user calls a shell.


@pytest.mark.parametrize(
    ("name", "shell"),
    [("fish", "fish"), ("pwsh", "pwsh"), ("nu", "nushell"), ("nushell", "nushell")],
)
def test_a_shell_is_named_by_its_name_or_its_programs(tmp_path: Path, name: str, shell: str) -> None:
    folder = make_programs(tmp_path, "fish", "pwsh", "nu")
    assert shell == named_shell(name, make_host(environ={"PATH": folder})).name


def test_a_shell_is_named_by_its_path(tmp_path: Path) -> None:
    folder = make_programs(tmp_path, "bash")
    assert Installed("bash", f"{folder}/bash") == named_shell(f"{folder}/bash", make_host())


def test_a_shell_that_is_named_by_a_relative_path_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started with the home as its folder."""
    folder = make_programs(tmp_path, "bash")
    monkeypatch.chdir(tmp_path.parent)
    name = f"./{tmp_path.name}/bash"
    assert os.path.normpath(f"{folder}/bash") == os.path.normpath(named_shell(name, make_host()).program)


@pytest.mark.usefixtures("nothing_usual")
def test_sh_is_the_shell_that_it_is(tmp_path: Path) -> None:
    folder = make_programs(tmp_path, "dash")
    (tmp_path / "sh").symlink_to("dash")
    found = named_shell("sh", make_host(environ={"PATH": folder}))
    assert Installed("dash", f"{folder}/sh") == found


@pytest.mark.parametrize(
    "name", ["", "cmd", "powershell", "bashful", "BASH", "/nowhere/bash", "./bash", "/bin/ls"]
)
def test_an_unknown_shell_is_a_usage_error_that_tells_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="knows: bash, zsh, "):
        named_shell(name, make_host())


def test_a_path_that_leads_to_no_shell_is_told_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "zsh").write_text("")
    for path, fact in {"/nowhere/zsh": "does not exist", f"{tmp_path}/zsh": "cannot be run"}.items():
        with pytest.raises(UsageError, match=f"zsh {fact}; "):
            named_shell(path, make_host())


def test_a_shell_that_is_not_installed_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "USUAL_BINS", ())
    with pytest.raises(UsageError, match="fish is not installed; install it, or leave out --shell fish"):
        named_shell("fish", make_host(environ={"PATH": "/nowhere"}))
