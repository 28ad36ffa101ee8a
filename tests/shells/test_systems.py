"""New homes and system files of the distributions: right in all of them, and only once on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands import (
    HELLO,
    changed,
    check_effective,
    code_of,
    ensure_path,
    own_files,
    put_tools,
    snapshot,
)
from namespaces import Asked, ask_within, enter, why_not
from remote import by_ssh, why_no_sshd
from systems import SYSTEMS, put_files
from terminals import COMMAND, INTERACTIVE, LOGIN, MODES, SESSION, ask

if TYPE_CHECKING:
    from programs import Require

# Debian's and Fedora's files know the second; nobody's knows the first.
DIRECTORIES = ("tools", ".local/bin")
BASH_SKELETONS = tuple(name for name, system in SYSTEMS.items() if ".bashrc" in system.home)
# For `ssh host cmd` bash reads .bashrc, and by these variables it knows that it is so.
SSH = {"SSH_CLIENT": "127.0.0.1 50000 22", "SSH_CONNECTION": "127.0.0.1 50000 127.0.0.1 22"}

# The shells of a system, and the modes that are asked for. In all four zsh has three files, of which
# one may make up for another.
USUAL_MODES = (LOGIN, INTERACTIVE)
ON_SYSTEMS = (
    *((system, "bash", USUAL_MODES) for system in SYSTEMS),
    *((system, "zsh", USUAL_MODES) for system in ("Ubuntu", "Arch", "Alpine")),
    *((system, "zsh", MODES) for system in ("Debian", "Ubuntu", "Fedora", "macOS")),
    ("Alpine", "ash", (LOGIN, SESSION)),
)


@pytest.fixture(scope="module")
def namespace(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where /etc cannot have other files for some processes."""
    if reason := why_not(tmp_path_factory.mktemp("etc")):
        pytest.skip(reason)


@pytest.mark.parametrize("place", DIRECTORIES)
@pytest.mark.parametrize("system", BASH_SKELETONS)
def test_bash_in_a_new_home_is_served_also_without_a_terminal(
    home: Path, require: Require, system: str, place: str
) -> None:
    require("bash")
    put_files(home, SYSTEMS[system].home)
    tools = put_tools(home, place)
    before = snapshot(home)

    run = ensure_path(home, tools, "--shell", "bash")

    assert run.code == 0, run
    for mode in (LOGIN, INTERACTIVE, SESSION):
        check_effective("bash", mode, home, tools)
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home)) == {}


@pytest.mark.parametrize("place", DIRECTORIES)
@pytest.mark.parametrize("system", ["Debian", "Ubuntu", "Fedora"])
def test_bash_by_ssh_finds_commands_in_a_new_home(
    home: Path, require: Require, system: str, place: str
) -> None:
    require("bash")
    if not ask("bash", COMMAND, marked_home(home), env=SSH).path[-1].endswith("/marked"):
        pytest.skip("this bash was built without SSH_SOURCE_BASHRC")
    put_files(home, SYSTEMS[system].home)
    tools = put_tools(home, place)
    assert ensure_path(home, tools, "--shell", "bash").code == 0
    check_effective("bash", COMMAND, home, tools, SSH)


def marked_home(home: Path) -> Path:
    """Return a new home, whose .bashrc appends to PATH."""
    other = home / "marked"
    other.mkdir()
    (other / ".bashrc").write_text("PATH=$PATH:$HOME\n")
    return other


@pytest.mark.skipif(not Path("/etc/skel/.bashrc").exists(), reason="this system has no skeleton")
@pytest.mark.parametrize("place", DIRECTORIES)
def test_a_new_home_of_this_system_is_served(home: Path, require: Require, place: str) -> None:
    require("bash")
    shutil.copytree("/etc/skel", home, dirs_exist_ok=True)
    names = [name for name in ("bash", "dash", "ksh93", "mksh") if require(name)]
    own = own_files("ksh93", home)
    before = snapshot(home, without=own)
    run = ensure_path(home, home / place, *(word for name in names for word in ("--shell", name)))
    assert run.code == code_of(*names), run
    for name in names:
        for mode in (LOGIN,) if name == "dash" else USUAL_MODES:
            path = ask(name, mode, home).path
            assert path.count(str(home / place)) == 1, (name, mode, path)
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("place", DIRECTORIES)
@pytest.mark.parametrize("row", ON_SYSTEMS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_mode_is_served_under_the_files_of_the_system(
    home: Path, tmp_path: Path, require: Require, row: tuple[str, str, tuple[str, ...]], place: str
) -> None:
    system, name, modes = row
    require(name)
    put_files(home, SYSTEMS[system].home)
    put_files(tmp_path / "etc", SYSTEMS[system].etc)
    tools = put_tools(home, place)
    within = enter(tmp_path / "etc")
    before = snapshot(home)

    words = [word for mode in modes for word in ("--mode", mode)]
    run = ensure_path(home, tools, "--shell", name, *words, within=within)

    assert run.code == 0, run
    questions = [Asked(name, mode) for mode in modes]
    heard = ask_within(tmp_path / "etc", home, HELLO, questions)
    ran = [str(tools / HELLO)] * len(modes)
    assert ran == [each.ran for each in heard], heard
    assert [1] * len(modes) == [each.path.count(str(tools)) for each in heard], heard
    # A login shell within a login shell, as tmux starts it on macOS: reordered, but not doubled.
    path = ":".join(heard[modes.index(LOGIN)].path)
    (inner,) = ask_within(tmp_path / "etc", home, HELLO, [Asked(name, LOGIN, path)])
    assert (str(tools / HELLO), 1) == (inner.ran, inner.path.count(str(tools))), inner
    ensure_path(home, "--undo", within=within)
    assert changed(before, snapshot(home)) == {}


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("system", ["Debian", "Ubuntu", "Fedora"])
def test_a_real_sshd_finds_commands_in_a_new_home(
    home: Path, tmp_path: Path, require: Require, system: str
) -> None:
    etc = tmp_path / "etc"
    if reason := why_no_sshd(etc):
        pytest.skip(reason)
    put_files(home, SYSTEMS[system].home)
    put_files(etc, SYSTEMS[system].etc)
    tools = put_tools(home)
    assert ensure_path(home, tools, "--shell", "bash", within=enter(etc)).code == 0

    said = by_ssh(home, etc, str(require("bash")), f'{HELLO} "$HOME/ran"; echo "$PATH"')

    assert str(tools / HELLO) == (home / "ran").read_text()
    assert said.strip().split(":").count(str(tools)) == 1
